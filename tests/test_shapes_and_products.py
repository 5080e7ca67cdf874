"""What the table of cases does not say of shapes, joining and products."""

from __future__ import annotations

from inspect import signature

import numpy as np
import pytest

import autograd as ag


def leaf(*shape):
    return ag.Tensor(np.random.default_rng(len(shape)).uniform(-2, 2, shape), requires_grad=True)


def made(operation, *shapes):
    """The names of the entries that the operation records."""
    return [entry.name for entry in ag.tape(operation(*(leaf(*shape) for shape in shapes)))]


# ---------------------------------------------------------------------- errors

REFUSED = [
    (lambda x, v: np.concatenate([x, v]), ValueError, r"concatenate: .*\(2, 3\), \(3,\).*same"),
    (lambda x, v: np.concatenate([x, x], axis=2), IndexError, "concatenate: axis 2 is out of bounds"),
    (lambda x, v: np.concatenate([x], dtype="float32", casting="safe"), TypeError, "concatenate: .*astype"),
    (lambda x, v: np.concatenate([x, 1j * np.ones((2, 3))]), TypeError, "concatenate: .*complex"),
    (lambda x, v: np.stack([x, v]), ValueError, r"stack: .*\(2, 3\), \(3,\).*same"),
    (lambda x, v: np.vstack([x, v[:2]]), ValueError, "vstack: .*axis 0"),
    (lambda x, v: np.hstack([x, v]), ValueError, "hstack: .*axis 1"),
    (lambda x, v: np.dstack([x, v]), ValueError, "dstack: .*axis 2"),
    (lambda x, v: np.column_stack([x, v]), ValueError, "column_stack: .*axis 1"),
    (lambda x, v: np.append(x, v, axis=0), ValueError, "append: .*axis 0"),
    (lambda x, v: np.block([[x], [v, v]]), ValueError, "block: .*axis 0"),
    (lambda x, v: np.block([x, [v]]), ValueError, "block: .*where a block should be.*depth"),
    (lambda x, v: np.block([[x], []]), ValueError, "block: .*empty"),
    (lambda x, v: np.block([[x], (v,)]), ValueError, "block: .*tuple"),
    (lambda x, v: np.split(x, 2, axis=1), ValueError, "split: .*axis 1 .*2 equal.*array_split"),
    (lambda x, v: np.split(x, 1.5), TypeError, "split: .*1.5"),
    (lambda x, v: np.split(v, [2, 1]), ValueError, "split: .*overlap"),
    (lambda x, v: np.array_split(v, 0), ValueError, "array_split: .*at least 1"),
    (lambda x, v: np.hsplit(v[0], 1), ValueError, "hsplit: .*at least 1"),
    (lambda x, v: np.vsplit(v, 1), ValueError, "vsplit: .*at least 2"),
    (lambda x, v: np.dsplit(x, 1), ValueError, "dsplit: .*at least 3"),
    (lambda x, v: np.delete(x, 5, axis=1), IndexError, "delete: index 5 .*obj=5"),
    (lambda x, v: np.insert(x, 9, 1, axis=1), IndexError, "insert: index 9 .*obj=9"),
    (lambda x, v: np.insert(x, 1, v, axis=1), ValueError, "insert: .*broadcast"),
    (lambda x, v: np.insert(np.arange(3), 1, v), TypeError, "insert: int64 .*astype"),
    (lambda x, v: np.pad(x, 1, "empty"), ValueError, "pad: .*'empty'.*no derivative.*edge"),
    (lambda x, v: np.pad(x, 1, lambda *_: None), ValueError, "pad: .*function.*no derivative"),
    (lambda x, v: np.pad(x, 1, "edge", constant_values=1), ValueError, "pad: .*constant_values.*edge"),
    (lambda x, v: np.pad(x, -1), ValueError, "pad: .*-1"),
    (lambda x, v: np.pad(x, 1, constant_values=v[0]), ValueError, "pad: .*plain number"),
    (lambda x, v: np.pad(x, [[1, 2, 3]]), ValueError, "pad: .*for 2 axes"),
    (lambda x, v: np.pad(x[:0], 1, "edge"), ValueError, "pad: .*axis 0 .*'constant'"),
    (lambda x, v: np.pad(x, 1, "mean", stat_length=0), ValueError, "pad: .*stat_length=0"),
    (lambda x, v: np.pad(x, 1, "reflect", reflect_type="add"), ValueError, "pad: .*'add'.*'odd'"),
    (lambda x, v: np.reshape(x, 4), ValueError, "reshape: .*size 6"),
    (lambda x, v: np.reshape(x, 6, order="A"), ValueError, "reshape: order='A'.*'C' or 'F'"),
    (lambda x, v: np.ravel(x, order="K"), ValueError, "ravel: order='K'.*'C' or 'F'"),
    (lambda x, v: np.rollaxis(x, 1, 4), IndexError, "rollaxis: start=4"),
    (lambda x, v: np.matrix_transpose(v), ValueError, "matrix_transpose: .*at least 2"),
    (lambda x, v: np.broadcast_arrays(x, v[:2]), ValueError, "broadcast_arrays: .*mismatch"),
    (lambda x, v: np.meshgrid(v, v, indexing="ab"), ValueError, "meshgrid: .*'ab'.*'ij'"),
    (lambda x, v: np.fliplr(v), ValueError, "fliplr: .*at least 2"),
    (lambda x, v: np.repeat(x, [1, 2], axis=1), ValueError, r"repeat: .*\[1, 2\].*3 places.*axis 1"),
    (lambda x, v: np.repeat(x, -1), ValueError, "repeat: .*-1"),
    (lambda x, v: np.tile(x, -1), ValueError, "tile: .*-1"),
    (lambda x, v: np.tile(x, 1.5), TypeError, "tile: .*1.5"),
    (lambda x, v: np.resize(v[:0], 3), ValueError, "resize: .*at least one"),
    (lambda x, v: np.diagonal(v), ValueError, "diagonal: .*at least 2"),
    (lambda x, v: np.diagonal(x, 0, 1, 1), ValueError, "diagonal: .*different"),
    (lambda x, v: np.diag(v[0]), ValueError, r"diag: .*shape \(\).*np.diagonal"),
    (lambda x, v: np.vander(x), ValueError, "vander: .*one axis"),
    (lambda x, v: np.dot(x, x), ValueError, "dot: .*axes 1 and 0.*same length"),
    (lambda x, v: np.inner(x, v[:2]), ValueError, "inner: .*same length"),
    (lambda x, v: np.vdot(x, v), ValueError, "vdot: .*same length"),
    (lambda x, v: np.tensordot(x, x, 1), ValueError, "tensordot: .*same length"),
    (lambda x, v: np.tensordot(x, x, 3), IndexError, "tensordot: axis"),
    (lambda x, v: np.tensordot(x, x, ([0, 0], [0, 1])), ValueError, "tensordot: .*twice"),
    (lambda x, v: np.tensordot(x, x, ([0, 1], [0])), ValueError, "tensordot: .*as many"),
    (lambda x, v: np.vecdot(x, v[:1]), ValueError, "vecdot: .*same length"),
    (lambda x, v: np.einsum("ij,jk->ik", x, x), ValueError, "einsum: .*'j'.*'ij,jk->ik'"),
    (lambda x, v: np.einsum("ii", x), ValueError, "einsum: .*same letter"),
    (lambda x, v: np.einsum("ij", x, x), ValueError, "einsum: .*, here 1"),
    (lambda x, v: np.einsum("ijk", x), ValueError, "einsum: each axis needs a letter"),
    (lambda x, v: np.einsum("i->ii", v), ValueError, "einsum: .*once"),
    (lambda x, v: np.einsum("i->j", v), ValueError, "einsum: .*in an operand"),
    (lambda x, v: np.einsum("i1", x), ValueError, "einsum: subscripts are letters"),
    (lambda x, v: np.einsum("...i...", x), ValueError, "einsum: .*needs a letter"),
    (lambda x, v: np.einsum("...i->i", x), ValueError, r"einsum: the result needs `\.\.\.`"),
    (lambda x, v: np.einsum(x, [0, 77]), ValueError, "einsum: .*77.*below 52"),
    (lambda x, v: np.einsum("ij,ij,ij", x, x, x, optimize="fast"), ValueError, "einsum: .*optimize='fast'"),
    (lambda x, v: np.einsum("ij", x, dtype="float32"), TypeError, "np.einsum: .*'dtype'"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_what_can_not_be_done_is_refused_in_the_name_of_the_operation(call, kind, message):
    with pytest.raises(kind, match=message) as raised:
        call(leaf(2, 3), leaf(3))
    assert "ends=" not in str(raised.value)
    assert "\n" not in str(raised.value)


# ---------------------------------------------------------------------- shapes


def test_a_result_of_the_same_shape_is_a_tensor_of_its_own():
    for same in (
        np.atleast_1d,
        np.ravel,
        lambda x: np.broadcast_arrays(x)[0],
        lambda x: np.tile(x, 1),
    ):
        x = ag.tensor([1.0, 2.0])
        y = same(x)
        y += 1
        np.testing.assert_array_equal(x.numpy(), [1, 2])


@pytest.mark.skipif("copy" not in signature(np.reshape).parameters, reason="NumPy is too old")
def test_reshape_copies_if_asked_and_refuses_if_it_would_have_to():
    x = leaf(2, 3)
    np.testing.assert_array_equal(ag.reshape(x, 6, copy=True).numpy(), x.numpy().reshape(6))
    with pytest.raises(ValueError, match=r"reshape: .*copy"):
        ag.reshape(x, 6, order="F", copy=False)


def test_the_powers_of_0_have_finite_derivatives():
    x = ag.tensor([0.0, 2.0], requires_grad=True)
    (slope,) = ag.gradients(np.vander(x, 3).sum(), x, create_graph=True)
    np.testing.assert_array_equal(slope.numpy(), [1, 5])
    np.testing.assert_array_equal(ag.gradients(slope.sum(), x)[0].numpy(), [2, 2])


def test_a_plain_array_stays_what_numpy_makes_of_it():
    z = np.array([1 + 2j, 3j])
    assert ag.vdot(z, z) == np.vdot(z, z)
    assert ag.vecdot(z, z) == np.vecdot(z, z)
    assert type(ag.einsum("i,i", [1.0, 2.0], [3.0, 4.0])) is np.float64
    assert ag.meshgrid(np.arange(2), np.arange(3))[0].flags.writeable
    assert ag.pad([1.0], 1, "empty").shape == (3,)  # has no derivative, and needs none


# ---------------------------------------------------------------------- joining


def test_a_dtype_to_join_in_is_converted_back_in_the_gradient():
    x = leaf(3)
    z = np.concatenate([x, np.zeros(2)], dtype=np.float32, casting="same_kind")
    assert z.dtype == np.float32
    z.sum().backward()
    assert x.grad.dtype == np.float64
    np.testing.assert_array_equal(x.grad.numpy(), np.ones(3))


def test_what_is_inserted_has_the_dtype_of_what_it_is_inserted_into():
    x = ag.Tensor(np.zeros(2, np.float32), requires_grad=True)
    values = leaf(2)
    z = np.insert(x, [0, 2], values)
    assert z.dtype == np.float32
    slopes = ag.gradients(z, [x, values], np.arange(4))
    np.testing.assert_array_equal(slopes[0].numpy(), [1, 2])
    np.testing.assert_array_equal(slopes[1].numpy(), [0, 3])


MODES = [
    *({"mode": mode} for mode in ("edge", "wrap", "reflect", "symmetric", "mean", "linear_ramp")),
    *({"mode": mode, "reflect_type": "odd"} for mode in ("reflect", "symmetric")),
]

BY_AXIS = [{-1: (4, 5), 0: 1}] if np.lib.NumpyVersion(np.__version__) >= "2.2.0" else []


@pytest.mark.parametrize("static", MODES, ids=str)
@pytest.mark.parametrize("width", [(7, 9), *BY_AXIS, [[3], [8]]], ids=str)
def test_borders_wider_than_the_array_are_numpys(static, width):
    x = leaf(2, 3)
    pairs = ((1, 1), (4, 5)) if isinstance(width, dict) else width  # as old NumPys want it
    expected = np.pad(x.numpy(), pairs, **static)
    np.testing.assert_allclose(np.pad(x, width, **static).numpy(), expected, 1e-13, 1e-13)
    assert ag.gradcheck(lambda x: np.pad(x, width, **static), x.numpy())


# ---------------------------------------------------------------------- products


def test_a_product_of_two_is_one_entry_and_of_several_one_less_than_operands():
    assert made(lambda x, y: np.einsum("bij,bkj->bki", x, y), (2, 3, 4), (2, 5, 4)) == ["einsum"]
    assert made(lambda *xs: np.einsum("ij,jk,kl", *xs), (2, 3), (3, 4), (4, 5)) == ["einsum"] * 2
    assert made(np.tensordot, (2, 3, 4), (3, 4, 2)) == ["einsum"]


def test_several_operands_are_multiplied_in_the_cheap_order():
    """The vector first, as NumPy's path has it, so that there is never a product of matrices."""
    product = np.einsum("ij,jk,k->i", leaf(20, 20), leaf(20, 20), leaf(20))
    assert [entry.shape for entry in ag.tape(product)] == [(20,), (20,)]


@pytest.mark.parametrize("seed", range(40))
def test_einsum_is_numpys_whatever_the_letters(seed):
    rng = np.random.default_rng(seed)
    sizes = dict(zip("abcde", rng.integers(1, 4, 5), strict=True))
    terms = [
        "".join(rng.choice(list("abcde"), rng.integers(0, 4))) for _ in range(rng.integers(1, 4))
    ]
    there = sorted(set("".join(terms)))
    chosen = rng.permutation(there)[: rng.integers(0, len(there) + 1)] if there else []
    subscripts = ",".join(terms) + ("" if seed % 3 == 0 else "->" + "".join(chosen))
    xs = []
    for term in terms:
        thin = rng.choice(list("abcde"))  # broadcast, if it is longer elsewhere
        xs.append(rng.standard_normal([1 if c == thin else sizes[c] for c in term]))
    tensors = [ag.Tensor(x, requires_grad=True) for x in xs]
    expected = np.einsum(subscripts, *xs)
    np.testing.assert_allclose(np.einsum(subscripts, *tensors).numpy(), expected, 1e-12, 1e-12)
    assert ag.gradcheck(lambda *xs: np.einsum(subscripts, *xs), xs, order=1)


def test_the_order_of_einsum_may_have_a_limit_of_memory():
    xs = leaf(2, 3), leaf(3, 2), leaf(2, 4)
    expected = np.einsum("ij,jk,kl", *(x.numpy() for x in xs))
    for optimize in (("greedy", 1), ["optimal", 100], ["einsum_path", [0, 2], [0, 1]]):
        z = np.einsum("ij,jk,kl", *xs, optimize=optimize)
        np.testing.assert_allclose(z.numpy(), expected, rtol=1e-13)


def test_integers_and_constants_are_multiplied_as_by_numpy():
    x = np.array([[1, 2], [3, 4]], np.int8)
    z = np.einsum("ij->", ag.tensor(x))
    assert (z.dtype, z.item()) == (np.int8, 10)
    assert not np.einsum("ij,j", ag.tensor(x), np.ones(2)).requires_grad
    np.testing.assert_array_equal(np.kron(ag.tensor(x), [1, 2]).numpy(), np.kron(x, [1, 2]))


def test_einsum_of_a_tensor_and_numbers_and_lists():
    x = leaf(3)
    np.testing.assert_allclose(np.einsum(",i->i", 2.0, x).numpy(), 2 * x.numpy())
    np.testing.assert_allclose(np.einsum("i,i", [1.0, 2.0, 3.0], x).numpy(), [1, 2, 3] @ x.numpy())


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.repeat(x, 3, axis=0),
        lambda x: np.take(x, [0, -1, 0], axis=-1),
        lambda x: np.pad(x, 1),
        lambda x: np.pad(x, (1, 2), mode="edge"),
    ],
)
def test_a_number_is_repeated_taken_from_and_padded_as_in_numpy(function):
    x = leaf()
    z = function(x)
    np.testing.assert_array_equal(z.numpy(), function(x.numpy()))
    z.sum().backward()
    assert x.grad.item() == z.size


def test_a_border_of_no_width_is_a_tensor_of_its_own():
    x = leaf(2) * 1
    before = x.numpy()
    z = np.pad(x, 0, mode="edge")
    z += 1
    np.testing.assert_array_equal(x.numpy(), before)


def test_sections_and_places_are_integers():
    x = leaf(4)
    for call in (lambda: np.split(x, [1.5]), lambda: np.delete(x, ag.tensor(1.0))):
        with pytest.raises((TypeError, IndexError), match=r"^(split|delete): "):
            call()
    with pytest.raises(ValueError, match="array_split: received 100"):
        np.array_split(x, 10**20)
    assert ag.power([1.0, 2.0], 2).tolist() == [1, 4]
    assert ag.fold([[1.0, 1, 1]] * 2, (4,), 2).tolist() == [1, 2, 2, 1]
    with pytest.warns(PendingDeprecationWarning):  # NumPy's opinion of it
        matrix = np.asmatrix([[1.0, 2.0]])
    assert np.outer(matrix, ag.tensor([1.0])).shape == (2, 1)


def test_modf_of_what_is_infinite_and_of_integers():
    with np.errstate(all="raise"):
        fraction, whole = np.modf(ag.tensor([-np.inf, 1.5]))
    assert (fraction.tolist(), whole.tolist()) == ([-0.0, 0.5], [-np.inf, 1.0])
    assert [part.dtype for part in np.modf(ag.tensor(np.array([2], np.uint8)))] == [np.float16] * 2


def test_a_slope_of_logaddexp2_beside_an_array_of_fewer_digits():
    x, y = ag.tensor([1.3], requires_grad=True), np.array([0.7], np.float16)
    np.logaddexp2(x, y).backward()
    assert float(x.grad) == pytest.approx(1 / (1 + 2 ** (float(y[0]) - 1.3)), rel=1e-14)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64, bool])
def test_an_unsigned_exponent_does_not_wrap_around(dtype):
    x, y = ag.tensor([3.0, -2.0], requires_grad=True), np.array([0, 1], dtype)
    np.power(x, y).sum().backward()
    assert x.grad.tolist() == [0, 1]
