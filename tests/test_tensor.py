"""The handle: construction, values, escapes, Python's and NumPy's protocols."""

import copy
import pickle
from typing import get_type_hints

import numpy as np
import pytest

import autograd as ag
from autograd import GradientError, Tensor


def leaf(values, **kwargs):
    return Tensor(values, requires_grad=True, **kwargs)


# ------------------------------------------------------------------ construction


@pytest.mark.parametrize(
    ("data", "shape", "dtype"),
    [
        (2.5, (), "float64"),
        (3, (), "int64"),
        (True, (), "bool"),
        ([1, 2], (2,), "int64"),
        ([[1.0], [2.0]], (2, 1), "float64"),
        ((), (0,), "float64"),
        (np.float32(1), (), "float32"),
        (np.zeros((0, 3), np.float16), (0, 3), "float16"),
        (np.zeros((1, 2)).view(np.matrix), (1, 2), "float64"),
        (range(3), (3,), "int64"),
    ],
)
def test_construction_keeps_numpys_shape_and_dtype(data, shape, dtype):
    t = Tensor(data)
    assert t.shape == shape
    assert t.dtype == dtype
    assert type(t.data) is np.ndarray
    assert (t.ndim, t.size) == (t.data.ndim, t.data.size)


@pytest.mark.parametrize(
    "data", [1j, np.array([1 + 2j]), "text", np.array(["a"]), [object()], None, [None], {"a": 1},
             np.array(["2020-01-01"], "M8[D]"), np.zeros(2, [("a", float)])],
)  # fmt: skip
def test_values_without_a_gradient_theory_are_refused(data):
    with pytest.raises(TypeError, match="can't be differentiated"):
        Tensor(data)


def test_a_masked_array_is_refused_because_its_mask_would_be_lost():
    with pytest.raises(TypeError, match="lose its mask"):
        Tensor(np.ma.masked_array([1.0, 2.0], [True, False]))


@pytest.mark.parametrize("data", [1, [1, 2], True, np.arange(3)])
def test_integers_and_booleans_cannot_require_a_gradient(data):
    with pytest.raises(TypeError, match=r"only floating-point.*dtype=float"):
        Tensor(data, requires_grad=True)
    assert Tensor(data, requires_grad=True, dtype=float).dtype == np.float64


def test_it_owns_its_values_unless_told_to_share():
    a = np.ones(3)
    owned, shared = Tensor(a), Tensor(a, copy=False)
    a[0] = 5
    assert owned.tolist() == [1, 1, 1]
    assert shared.tolist() == [5, 1, 1]


def test_big_endian_read_only_strided_and_memory_mapped_arrays_are_taken(tmp_path):
    big = np.array([1.0, 2.0], dtype=">f8")
    frozen = np.array([1.0, 2.0])
    frozen.flags.writeable = False
    mapped = np.memmap(tmp_path / "a", dtype="float64", mode="w+", shape=(2,))
    mapped[:] = [1, 2]
    for a in (big, frozen, mapped, np.array([1.0, 9, 2])[::2], np.array([2.0, 1.0])[::-1]):
        t = leaf(a)
        (t * t).sum().backward()
        assert t.grad.tolist() == [2, 4]
        assert t.grad.dtype == t.dtype == np.float64
        t.data -= 1
        assert t.tolist() == [0, 1]


def test_a_tensor_from_a_tensor_is_a_copy_and_drops_no_gradient_silently():
    c = Tensor([1.0])
    assert Tensor(c).tolist() == [1.0]
    assert leaf(c).is_leaf
    with pytest.raises(TypeError, match="detach"):
        Tensor(leaf([1.0]) * 2)


def test_another_librarys_array_flows_through_unchanged():
    class Foreign(np.lib.mixins.NDArrayOperatorsMixin):
        """The least that speaks NumPy's protocols without being an ndarray."""

        def __init__(self, a):
            self.a = np.asarray(a)

        shape = property(lambda self: self.a.shape)
        dtype = property(lambda self: self.a.dtype)
        ndim = property(lambda self: self.a.ndim)
        size = property(lambda self: self.a.size)
        base = None

        def astype(self, dtype, copy=True):
            return Foreign(self.a.astype(dtype, copy=copy))

        def copy(self):
            return Foreign(self.a.copy())

        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
            plain = [x.a if isinstance(x, Foreign) else x for x in inputs]
            return Foreign(getattr(ufunc, method)(*plain, **kwargs))

        def __array_function__(self, function, types, args, kwargs):
            plain = [x.a if isinstance(x, Foreign) else x for x in args]
            return Foreign(function(*plain, **kwargs))

    t = Tensor(Foreign([1.0, 2.0]), requires_grad=True)
    z = ag.exp(t) * t
    assert type(z._data) is Foreign
    (g,) = ag.gradients(z, t, cotangents=Tensor(Foreign([1.0, 1.0])))
    np.testing.assert_allclose(np.asarray(getattr(g._data, "a", g._data)), np.exp([1, 2]) * [2, 3])


# ------------------------------------------------------------------ out of the engine


def test_values_come_out_by_item_numpy_tolist_and_detach():
    t = leaf([1.5, 2.5])
    a = t.numpy()
    a[0] = 9
    assert t.tolist() == [1.5, 2.5]
    assert t[0].item() == 1.5
    assert not t.detach().requires_grad
    with pytest.raises(ValueError, match=r"exactly one element.*\(2,\)"):
        t.item()


def test_detach_of_a_leaf_does_not_alias_it():
    p = leaf([1.0, 2.0])
    before = p.detach()
    p.data -= 1
    assert before.tolist() == [1, 2]
    q = (p * 2).detach()
    q[0] = 7
    assert q.tolist() == [7, 2]


def test_an_array_of_a_tensor_that_requires_grad_is_refused_while_recording():
    t = leaf([1.0, 2.0])
    a = np.zeros(2)
    for escape in (
        lambda: np.asarray(t),
        lambda: np.array([t, t]),
        lambda: a.__setitem__(0, t[0]),
        lambda: a.__setitem__(slice(None), t),
        lambda: float(t[0]),
        lambda: Tensor([t, t]),
        lambda: np.add(t.detach(), t, out=a),
    ):
        with pytest.raises((TypeError, ValueError), match=r"detach|setting an array"):
            escape()
    with ag.no_grad():
        assert np.asarray(t).tolist() == [1, 2]
        assert float(t[0]) == 1
    assert np.asarray(t.detach()).tolist() == [1, 2]
    assert f"{t[0]:.2f}" == "1.00"
    assert int(t[1]) == 2


def test_an_array_taken_from_a_constant_cannot_change_it():
    t = Tensor([1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(t)[0] = 5


def test_truth_index_len_and_iteration_follow_numpy():
    assert bool(Tensor([2.0]))
    assert [10, 20, 30][Tensor(1)] == 20
    assert len(leaf([[1.0], [2.0]])) == 2
    assert [row.tolist() for row in leaf([[1.0], [2.0]])] == [[1.0], [2.0]]
    assert 2 in Tensor([1, 2])
    for wrong in (
        lambda: bool(Tensor([1, 2])),
        lambda: [1, 2][Tensor(1.0)],
        lambda: len(Tensor(1.0)),
        lambda: list(Tensor(1.0)),
    ):
        with pytest.raises((TypeError, ValueError), match=r"tensor|Tensor"):
            wrong()


def test_comparisons_give_plain_booleans_and_hashing_is_by_identity():
    t = leaf([1.0, 3.0])
    for result in (t > 2, t >= Tensor(2.0), np.array([2.0]) < t, t == 3, np.equal(t, 3), t != 1):
        assert type(result) is np.ndarray
        assert result.tolist() == [False, True]
    assert len({t, t, leaf([1.0, 3.0])}) == 2
    assert t.argmax() == 1
    assert t.argsort().tolist() == [0, 1]


# ------------------------------------------------------------------ showing


def test_repr_shows_values_dtype_and_the_operation():
    t = leaf([1.0, 2.0], dtype="float32")
    assert repr(t) == "Tensor([1., 2.], dtype=float32, requires_grad=True)"
    assert repr(t * 2) == "Tensor([2., 4.], dtype=float32, made by multiply)"
    assert repr(Tensor(1)) == "Tensor(1, dtype=int64)"
    assert repr(Tensor(np.zeros((0, 2)))) == "Tensor([], shape=(0, 2), dtype=float64)"
    assert len(repr(Tensor(np.zeros((100, 100))))) < 500


# ------------------------------------------------------------------ copies


def test_pickle_and_deepcopy_keep_values_flag_and_gradient():
    t = leaf([1.0, 2.0], dtype="float32")
    (t * t).sum().backward()
    for twin in (pickle.loads(pickle.dumps(t)), copy.deepcopy(t), copy.copy(t)):
        assert twin.tolist() == [1, 2]
        assert twin.dtype == np.float32
        assert twin.requires_grad
        assert twin.grad.tolist() == [2, 4]
        twin.data += 1
        assert t.tolist() == [1, 2]
        twin.sum().backward()
        assert twin.grad.tolist() == [3, 5]
        assert t.grad.tolist() == [2, 4]


def test_a_result_cannot_be_pickled_with_half_its_tape():
    for attempt in (pickle.dumps, copy.deepcopy):
        with pytest.raises(GradientError, match="detach"):
            attempt(leaf([1.0]) * 2)


# ------------------------------------------------------------------ flags and gradients


def test_requires_grad_can_be_switched_on_leaves_only():
    t = Tensor([1.0])
    t.requires_grad = True
    (t * 3).sum().backward()
    assert t.grad.tolist() == [3]
    t.requires_grad = False
    assert not (t * 3).requires_grad
    with pytest.raises(TypeError, match="floating-point"):
        Tensor([1]).requires_grad = True
    t.requires_grad = True
    with pytest.raises(GradientError, match="detach"):
        (t * 2).requires_grad = False


def test_grad_of_a_result_says_what_to_call():
    y = leaf([1.0]) * 2
    with pytest.raises(GradientError, match=r"multiply.*retain_grad"):
        _ = y.grad
    y.retain_grad()
    assert y.grad is None
    (y * y).sum().backward()
    assert y.grad.tolist() == [4.0]


def test_retain_grad_on_a_leaf_is_harmless_and_on_a_constant_refused():
    t = leaf([1.0])
    t.retain_grad()
    (t * 2).sum().backward()
    assert t.grad.tolist() == [2]
    with pytest.raises(GradientError, match="no gradient"):
        Tensor([1.0]).retain_grad()


def test_grad_can_be_set_to_something_that_fits():
    t = leaf([1.0, 2.0], dtype="float32")
    t.grad = [5, 6]
    assert t.grad.dtype == np.float32
    t.zero_grad()
    assert t.grad is None
    with pytest.raises(ValueError, match=r"\(3,\)"):
        t.grad = np.zeros(3, np.float32)


def test_data_of_a_leaf_is_writable_and_of_a_result_is_not():
    p = leaf([1.0, 2.0])
    p.data[0] = 5
    assert p.tolist() == [5, 2]
    y = p * 1
    with pytest.raises(ValueError, match="read-only"):
        y.data[0] = 1
    with pytest.raises(GradientError, match="detach"):
        y.data = np.zeros(2)


def test_setting_data_keeps_shape_and_dtype():
    p = leaf([1.0, 2.0], dtype="float32")
    p.data = p.data - np.float64(1) * np.ones(2)
    assert p.tolist() == [0, 1]
    assert p.dtype == np.float32
    for wrong in (np.zeros(3), 1.0):
        with pytest.raises(ValueError, match="shape and kind must stay"):
            p.data = wrong
    source = np.ones(2, np.float32)
    p.data = source
    source[0] = 9
    assert p.tolist() == [1, 1]


def test_plain_gradient_descent_in_every_spelling():
    for step in (
        lambda p: setattr(p, "data", p.data - 0.1 * p.grad),
        lambda p: p.data.__isub__(0.1 * p.grad),
        lambda p: np.subtract(p.data, 0.1 * p.grad, out=p.data),
        lambda p: p.__isub__(0.1 * p.grad),
        lambda p: p.__setitem__(..., p - 0.1 * p.grad),
        lambda p: np.subtract(p, 0.1 * p.grad, out=p),
    ):
        p = leaf([1.0, 2.0], dtype="float32")
        (p * p).sum().backward()
        with ag.no_grad():
            step(p)
        np.testing.assert_allclose(p.data, [0.8, 1.6], rtol=1e-6)
        assert p.dtype == np.float32
        assert p.is_leaf
        assert p.requires_grad
    p = leaf([1.0, 2.0])
    (p * p).sum().backward()
    p.data -= 0.1 * p.grad  # outside no_grad too
    np.testing.assert_allclose(p.data, [0.8, 1.6])
    assert type(p.data) is np.ndarray


# ------------------------------------------------------------------ NumPy's protocols


def test_numpys_functions_record():
    t = leaf([1.0, 2.0])
    for z in (
        np.exp(t), np.sum(t), np.add.reduce(t), np.concatenate([t, [3.0]]), np.ones(2) * t,
        np.float64(2) * t, [1.0, 2.0] * t, t / [1, 2], 2**t, np.multiply.reduce(t),
        np.stack([t, t]), np.where(t > 1, t, 0), np.ones((2, 2)) @ t, np.mean(t, axis=0), -t, abs(t),
    ):  # fmt: skip
        assert isinstance(z, Tensor)
        assert z.requires_grad


def test_reduce_has_its_own_default_axis():
    t = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert np.add.reduce(t).tolist() == [4, 6]
    assert np.add.reduce(t, axis=None).item() == 10
    assert np.maximum.reduce(t, axis=1, keepdims=True).tolist() == [[2], [4]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: np.spacing(t), r"np\.spacing.*no rule.*detach.*autograd\.primitive"),
        (lambda t: np.nextafter(t, t), r"np\.nextafter"),
        (lambda t: np.fft.fft(t), r"np\.fft\.fft"),
        (lambda t: np.multiply.at(t, [0], 1), r"np\.multiply\.at"),
        (lambda t: np.exp(t, where=[True, False]), "keyword 'where'"),
        (lambda t: np.exp(t, dtype="float32"), "keyword 'dtype'"),
        (lambda t: np.sort(t, order="x"), "keyword 'order'"),
        (lambda t: np.take(t, [0], 0, np.zeros(1)), r"np\.take\(..., out=array\)"),
    ],
)
def test_what_has_no_rule_is_refused_by_name(call, words):
    with pytest.raises(TypeError, match=words):
        call(leaf([1.0, 2.0]))


def test_an_unsupported_function_names_the_nearest_supported_one_if_it_is_near():
    with pytest.raises(TypeError, match=r"np\.setxor1d: .*near to it: np\.setdiff1d"):
        np.setxor1d(leaf([1.0]), [1.0])
    with pytest.raises(
        TypeError, match=r"np\.fft\.fft: has no rule, so its gradient would be lost;"
    ):
        np.fft.fft(leaf([1.0]))


def test_methods_of_ufuncs():
    t = leaf([1.0, 2.0])
    z = np.multiply.outer(t, [[1.0, 10.0]])
    assert z.tolist() == [[[1, 10]], [[2, 20]]]
    assert ag.gradients(z.sum(), t)[0].tolist() == [11, 11]
    assert np.subtract.outer(np.ones(2), t).tolist() == [[0, -1], [0, -1]]
    assert np.less.outer(t, [1.5]).tolist() == [[True], [False]]
    z = np.add.accumulate(t)
    assert z.tolist() == [1, 3]
    h = t * 1
    np.add.at(h, [0, 0], t)
    np.subtract.at(h, 1, 5.0)
    assert h.tolist() == [4, -3]
    assert ag.gradients(h.sum(), t)[0].tolist() == [2, 2]
    with pytest.raises(TypeError, match="an array can't hold a Tensor"):
        np.add.at(np.zeros(2), [0, 0], t)
    with pytest.raises(TypeError, match=r"np\.add\.reduceat"):
        np.add.reduceat(t, [0])


def test_out_may_be_an_array_where_no_gradient_is_lost():
    t, out = leaf([1.0, 2.0]), np.zeros(())
    with pytest.raises(TypeError, match=r"np\.sum.*out=array"):
        np.sum(t, out=out)
    with ag.no_grad():
        assert np.sum(t, out=out) is out
    assert out == 3
    h = t * 1
    assert np.cumsum(t, out=h) is h
    assert h.tolist() == [1, 3]
    assert ag.gradients(h.sum(), t)[0].tolist() == [2, 1]


def test_logic_of_tensors_is_plain():
    t = Tensor([True, False])
    assert (t & [True, True]).tolist() == [True, False]
    assert ([False, False] | t).tolist() == [True, False]
    assert (t ^ t).tolist() == [False, False]
    assert (~t).tolist() == [False, True]
    assert [z.tolist() for z in divmod(leaf([7.5]), 2)] == [[3.0], [1.5]]
    assert round(leaf([1.26]), 1).tolist() == [1.3]


def test_plain_functions_work_on_the_values():
    t = leaf([1.0, np.nan])
    assert np.isnan(t).tolist() == [False, True]
    assert np.allclose(t[:1], [1.0])
    assert np.shape(t) == (2,)
    assert np.argmax(t[:1]) == 0
    assert np.result_type(t, np.float32) == np.float64
    assert np.array_equal(t[:1], Tensor([1.0]))
    np.testing.assert_allclose(t[:1].detach(), [1.0])


def test_likes_are_constant_tensors_that_can_be_filled():
    t = leaf([1.0, 2.0])
    z = np.zeros_like(t)
    z[0] = t[1] * 3
    z.sum().backward()
    assert t.grad.tolist() == [0, 3]
    assert np.ones_like(t, dtype="float32").dtype == np.float32


def test_out_may_be_a_tensor():
    t = leaf([1.0, 2.0])
    h = t * 1
    np.multiply(h, h, out=h)
    h.sum().backward()
    assert t.grad.tolist() == [2, 4]


def test_a_median_into_an_array_overwrites_no_tensor():
    t, array = ag.tensor([3.0, 1.0, 2.0]), np.zeros(())
    np.median(t, out=array, overwrite_input=True)
    np.median(t, None, array, True)
    assert array == 2
    assert t.tolist() == [3, 1, 2]


def test_out_may_be_given_by_position():
    t, h = leaf([1.0, 2.0]), ag.tensor([0.0, 0.0])
    assert np.take(t, [2, 0], None, h, "clip") is h
    h.sum().backward()
    assert t.grad.tolist() == [1, 1]
    array = np.zeros(2)
    assert np.cumsum(t.detach(), 0, None, array) is array
    assert array.tolist() == [1, 3]


# ------------------------------------------------------------------ declarations


def test_every_declared_operator_and_method_exists_at_run_time():
    declared = set(get_type_hints(Tensor)) | set(_stubs())
    assert len(declared) > 60
    for name in declared:
        assert hasattr(Tensor, name), name


def _stubs():
    import ast
    import inspect

    source = inspect.getsource(inspect.getmodule(Tensor))
    (cls,) = [n for n in ast.parse(source).body if isinstance(n, ast.ClassDef)]
    (block,) = [n for n in cls.body if isinstance(n, ast.If)]
    return [n.name for n in block.body if isinstance(n, ast.FunctionDef)]


def test_methods_agree_with_numpys():
    a = np.arange(6.0).reshape(2, 3)
    t = leaf(a)
    pairs = [
        (t.sum(0), a.sum(0)), (t.mean(1, keepdims=True), a.mean(1, keepdims=True)),
        (t.max(axis=1), a.max(axis=1)), (t.min(), a.min()), (t.prod(-1), a.prod(-1)),
        (t.var(), a.var()), (t.std(axis=0, ddof=1), a.std(axis=0, ddof=1)),
        (t.reshape(3, 2), a.reshape(3, 2)), (t.reshape((3, -1)), a.reshape(3, -1)),
        (t.reshape(-1), a.reshape(-1)), (t.ravel(), a.ravel()), (t.flatten(), a.ravel()),
        (t.transpose(), a.T), (t.transpose(1, 0), a.T), (t.transpose((1, 0)), a.T),
        (t.T, a.T), (t.mT, a.mT), (t.swapaxes(0, 1), a.T), (t[None].squeeze(), a),
        (t.clip(1, 3), a.clip(1, 3)), (t.dot(a.T), a.dot(a.T)), (t.cumsum(), a.cumsum()),
        (t.cumsum(1), a.cumsum(1)), (t.round(), a.round()), (t.copy(), a),
        (t.reshape(2, 3, order="F"), a.reshape(2, 3, order="F")), (t.flatten("F"), a.flatten("F")),
        (t.repeat(2, 1), a.repeat(2, 1)), (t.diagonal(1), a.diagonal(1)), (t.trace(), a.trace()),
        (t.take([0, 5]), a.take([0, 5])), (t.compress([True, False], 0), a.compress([True, False], 0)),
        (t.cumprod(0), a.cumprod(0)), (t.conj(), a), (t.real, a), (t.imag, a * 0),
        (t.astype("float32"), a.astype("float32")), (t // 2, a // 2), (t % 2, a % 2),
        (7 // (t + 1), 7 // (a + 1)), (7 % (t + 1), 7 % (a + 1)), (2 - t, 2 - a), (1 / (t + 1), 1 / (a + 1)),
    ]  # fmt: skip
    for ours, numpys in pairs:
        assert ours.dtype == numpys.dtype
        np.testing.assert_array_equal(ours.numpy(), numpys)
    assert t.argmin(axis=1).tolist() == [0, 0]
    assert t.any()
    assert not t.all()
    assert t.argsort(axis=-1).tolist() == t.argpartition(1).tolist() == [[0, 1, 2]] * 2
    assert t.ravel().searchsorted([2.5]).tolist() == [3]
    assert [i.tolist() for i in t.nonzero()] == [i.tolist() for i in a.nonzero()]
    assert Tensor([1, 0]).choose([t[0, :2], 9.0]).tolist() == [9, 1]
    assert t.astype(int).requires_grad is False


def test_a_value_written_into_a_part_is_not_lost_silently():
    c, held = Tensor(np.zeros((2, 2))), {"c": Tensor(np.zeros(2))}
    for make, index in [(lambda: c[0], 1), (lambda: c.T, (0, 1))]:
        with pytest.raises(ag.GradientError, match=r"write x\[i, j\] = v"):
            make()[index] = 1.0
    with pytest.raises(ag.GradientError, match="the value would be lost"):
        c[0][1] = 7.0
    with pytest.raises(ag.GradientError, match="the value would be lost"):
        c[0][:] += 1.0
    assert not c.any()
    c[0, 1] = 5
    c[1] += 1
    row = c[1]
    row[0] = 3  # a Tensor of its own
    held["c"][0] = 1
    assert c.tolist() == [[0, 5], [1, 1]]
    assert row.tolist() == [3, 1]
    assert held["c"].tolist() == [1, 0]


def test_methods_that_change_in_place():
    t = leaf([3.0, 1.0, 2.0])
    h = t * 1
    assert h.sort() is None
    assert h.tolist() == [1, 2, 3]
    h.put([0], 5.0)
    h.partition(1)
    assert h.tolist() == [2, 3, 5]
    assert ag.gradients(h @ [1.0, 10.0, 100.0], t)[0].tolist() == [10, 0, 1]
    with pytest.raises(ag.GradientError, match=r"x\.sort\(\)"):
        t.sort()


def test_numpys_arguments_keep_their_meaning_by_position_and_by_keyword():
    t = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert np.sum(a=t, axis=0).tolist() == [4, 6]
    assert np.sum(t, axis=0, dtype=None, out=None).tolist() == [4, 6]
    assert np.reshape(t, (4,), order="C").shape == (4,)
    assert np.swapaxes(t, 0, 1).shape == (2, 2)
    assert np.clip(t, 2, a_max=3).tolist() == [[2, 2], [3, 3]]
    assert np.concatenate((t, t), 1).shape == (2, 4)
    assert np.sum(t, 0, np.float32).dtype == np.float32
    assert np.sum(t, 0, None, None, True).shape == (1, 2)
    np.testing.assert_array_equal(np.std(t, 0, None, None, 1).numpy(), np.std(t.data, 0, ddof=1))


def test_a_masked_array_does_not_take_the_values_out_of_a_tensor():
    masked = np.ma.masked_array([1.0, 2.0], [True, False])
    for t in (leaf([3.0, 4.0]), Tensor([3.0, 4.0])):
        for call in (lambda t: masked + t, lambda t: t * masked, lambda t: np.ma.add(t, 1)):
            with pytest.raises(TypeError, match="mask"):
                call(t)


def test_a_mask_of_none_is_not_taken_for_no_mask():
    t = leaf([3.0, 4.0])
    with pytest.raises(TypeError, match=r"np.exp: the keyword 'where' is not supported"):
        np.exp(t, where=None)
    assert np.add(t, 1, where=True, casting="same_kind", dtype=None).tolist() == [4, 5]


def test_an_error_names_the_function_that_was_called():
    t = leaf(np.ones(3))
    for call, name in [
        (lambda: np.trace(t), "trace"),
        (lambda: np.nanquantile(t, 1.5), "nanquantile"),
        (lambda: np.nansum(t, initial=leaf(1.0)), "nansum"),
        (lambda: np.select([np.ones(3, bool)], [t], "a"), "select"),
    ]:
        with pytest.raises((ValueError, TypeError, GradientError), match=f"^{name}: "):
            call()
