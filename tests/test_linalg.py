"""Linear algebra where values are equal or zero, what is refused, and NumPy's own names."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import autograd as ag
from autograd import dispatch, linalg

LinAlgError = np.linalg.LinAlgError
TURN = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
OTHER = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]


def gradient(f, x, g=None):
    x = ag.Tensor(x, requires_grad=True)
    z = f(x)
    (slope,) = ag.gradients(z, x, np.ones(z.shape) if g is None else g)
    return slope.numpy()


def of(*values, left=TURN, right=TURN):
    return left * np.array(values) @ right.T


def symmetric(f):
    """Of the symmetric part, so that the convention about triangles does not matter."""
    return lambda x: f((x + x.T) / 2)


# ---------------------------------------------------------------------- NumPy's names


def test_everything_in_numpys_module_is_here_and_answers_for_it():
    for name in set(np.linalg.__all__) - {"LinAlgError"}:
        theirs = getattr(np.linalg, name)
        assert dispatch.operations.get(theirs) is getattr(linalg, name) or theirs in dispatch.plain
        assert hasattr(linalg, name)


@pytest.mark.parametrize(
    ("function", "fields"),
    [
        (np.linalg.eigh, ("eigenvalues", "eigenvectors")),
        (np.linalg.eig, ("eigenvalues", "eigenvectors")),
        (np.linalg.svd, ("U", "S", "Vh")),
        (np.linalg.qr, ("Q", "R")),
        (np.linalg.slogdet, ("sign", "logabsdet")),
    ],
)
def test_named_results_keep_their_names(function, fields):
    x = ag.Tensor([[2.0, 0.5], [0.5, 3.0]], requires_grad=True)
    result = function(x)
    assert result._fields == fields
    for field, part in zip(fields, result, strict=True):
        assert getattr(result, field) is part
        np.testing.assert_array_equal(part.numpy(), getattr(function(x.detach().numpy()), field))


def test_the_rank_is_a_plain_number():
    x = ag.Tensor(of(1, 2, 0), requires_grad=True)
    assert np.linalg.matrix_rank(x) == 2
    assert linalg.lstsq(x, np.ones(3))[2] == 2


def test_integers_are_taken_as_numpy_takes_them():
    x = ag.Tensor([[3, 4], [0, 5]])
    for f in (np.linalg.inv, np.linalg.norm, np.linalg.det, lambda x: np.linalg.norm(x, 1)):
        expected = f(np.array([[3, 4], [0, 5]]))
        assert f(x).dtype == expected.dtype
        np.testing.assert_array_equal(f(x).numpy(), expected)
    assert np.linalg.matrix_power(x, 0).tolist() == [[1, 0], [0, 1]]


EMPTY = {
    "inv": {}, "pinv": {}, "det": {}, "slogdet": {}, "cholesky": {}, "qr": {}, "svd": {},
    "svdvals": {}, "eigh": {}, "eigvalsh": {}, "eig": {}, "eigvals": {}, "matrix_norm": {},
    "matrix_power": {"n": 3}, "trace": {}, "diagonal": {},
}  # fmt: skip


@pytest.mark.parametrize("name", EMPTY)
@pytest.mark.parametrize("shape", [(0, 0), (0, 2, 2), (3, 0, 0)])
def test_nothing_has_an_empty_gradient(name, shape):
    x = ag.Tensor(np.zeros(shape), requires_grad=True)
    result = getattr(np.linalg, name)(x, **EMPTY[name])
    theirs = getattr(np.linalg, name)(np.zeros(shape), **EMPTY[name])
    outputs = result if isinstance(result, tuple) else (result,)
    theirs = theirs if isinstance(theirs, tuple) else (theirs,)
    for z, expected in zip(outputs, theirs, strict=True):
        np.testing.assert_array_equal(z.numpy(), expected)
    (slope,) = ag.gradients(outputs, x, [np.ones(z.shape) for z in outputs])
    assert slope.shape == shape


# ---------------------------------------------------------------------- equal values


@pytest.mark.parametrize("values", [(1, 1, 1), (2, 1, 1), (2, 2, 0), (0, 0, 0)])
def test_functions_of_equal_eigenvalues_have_their_gradients(values):
    for f, x in (
        (symmetric(np.linalg.eigvalsh), of(*values)),
        (np.linalg.eigvals, np.diag(values).astype(float)),
    ):
        np.testing.assert_allclose(gradient(f, x), np.eye(3), atol=1e-13)
        squares = gradient(lambda x, f=f: f(x) ** 2, x)
        np.testing.assert_allclose(squares, 2 * x, atol=1e-13)


def test_what_is_asked_of_one_of_equal_values_is_shared_by_them():
    for f in (np.linalg.eigvalsh, np.linalg.svdvals, np.linalg.eigvals):
        slope = gradient(lambda x, f=f: f(x)[0], np.eye(4))
        np.testing.assert_allclose(slope, np.eye(4) / 4, atol=1e-15)


@pytest.mark.parametrize("values", [(1, 1, 1), (2, 1, 1), (2, 2, 0.5)])
def test_functions_of_equal_singular_values_have_their_gradients(values):
    x, polar = of(*values, right=OTHER), TURN @ OTHER.T
    np.testing.assert_allclose(gradient(np.linalg.svdvals, x), polar, atol=1e-13)
    squares = gradient(lambda x: np.linalg.svdvals(x) ** 2, x)
    np.testing.assert_allclose(squares, 2 * x, atol=1e-13)
    nuclear = gradient(lambda x: np.linalg.norm(x, "nuc"), x)
    np.testing.assert_allclose(nuclear, polar, atol=1e-13)


def test_vectors_of_distinct_values_have_gradients_beside_equal_ones():
    def projection(x):  # onto the last of three, whose own value is alone
        v = np.linalg.eigh((x + x.T) / 2)[1][:, 2:]
        return v @ v.T

    def direction(x):
        u, _, vh = np.linalg.svd(x)
        return u[:, :1] @ vh[:1]

    assert ag.gradcheck(projection, of(1, 1, 3), order=1)
    assert ag.gradcheck(direction, of(3, 1, 1, right=OTHER), order=1)
    assert ag.gradcheck(direction, of(3, 0, 0, right=OTHER), order=1)


def rebuilt_by_eigh(x, f=np.positive):
    w, v = np.linalg.eigh(x)
    return v * f(w) @ v.T


def rebuilt_by_eig(x, f=np.positive):
    w, v = np.linalg.eig(x)
    return v * f(w) @ np.linalg.inv(v)


def rebuilt_by_svd(x, f=np.positive):
    u, s, vh = np.linalg.svd(x)
    return u * f(s) @ vh


REBUILT = [rebuilt_by_eigh, rebuilt_by_eig, rebuilt_by_svd]


@pytest.mark.parametrize("rebuilt", REBUILT)
def test_what_comes_through_equal_values_or_their_vectors_is_right_or_refused(rebuilt):
    g = np.random.default_rng(2).standard_normal((3, 3))
    g = g + g.T
    slope = gradient(symmetric(rebuilt), of(1, 2, 4), g)
    np.testing.assert_allclose(slope, g, atol=1e-12)
    for values in ((1.0, 1, 1), (1.0, 1, 4), (2.0, 0, 0), (0.0, 0, 0)):
        for cotangent in (g, np.ones((3, 3))):
            with pytest.raises(ag.GradientError, match=r"through equal .* eigvalsh"):
                gradient(symmetric(rebuilt), np.diag(values), cotangent)
    with pytest.raises(ag.GradientError):
        gradient(symmetric(lambda x: rebuilt(x, np.log)), np.eye(3), g)


@pytest.mark.parametrize("rebuilt", REBUILT)
def test_functions_of_the_values_alone_are_refused_where_vectors_could_have_been_used(rebuilt):
    function = getattr(np.linalg, rebuilt.__name__.removeprefix("rebuilt_by_"))
    with pytest.raises(ag.GradientError):
        gradient(lambda x: function(x)[1 if function is np.linalg.svd else 0], np.eye(3))


@pytest.mark.parametrize(
    "f", [np.linalg.inv, np.linalg.det, np.linalg.pinv, linalg.expm, linalg.sqrtm]
)
def test_functions_of_matrices_are_right_at_equal_values(f):
    assert ag.gradcheck(f, np.eye(3) * 2)
    assert ag.gradcheck(f, of(1.0, 1.0, 3.0))


def test_a_singular_value_0_has_slope_0():
    x = of(2.0, 1.0, 0.0, right=OTHER)
    expected = TURN[:, :2] @ OTHER[:, :2].T
    np.testing.assert_allclose(gradient(np.linalg.svdvals, x), expected, atol=1e-14)
    np.testing.assert_array_equal(gradient(np.linalg.svdvals, np.zeros((3, 2))), 0)


def test_the_largest_singular_value_is_shared_by_equal_ones():
    slope = gradient(lambda x: np.linalg.norm(x, 2), np.eye(4))
    np.testing.assert_allclose(slope, np.eye(4) / 4, atol=1e-15)


def test_a_function_of_the_span_of_what_is_added_has_a_gradient_and_of_its_basis_none():
    x = np.random.default_rng(3).standard_normal((5, 2))

    def span(x):
        rest = np.linalg.qr(x, "complete").Q[:, 2:]
        return rest @ rest.T

    assert ag.gradcheck(span, x)
    for f in (lambda x: np.linalg.qr(x, "complete").Q, lambda x: np.linalg.svd(x).U):
        with pytest.raises(ag.GradientError, match="not unique"):
            gradient(f, x, np.arange(25.0).reshape(5, 5))


def test_a_matrix_without_a_basis_of_eigenvectors_is_refused():
    for f in (np.linalg.eigvals, lambda x: np.linalg.eig(x)[0]):
        with pytest.raises(LinAlgError, match="without a basis"):
            gradient(f, np.array([[1.0, 1.0], [0.0, 1.0]]))


# ---------------------------------------------------------------------- singular matrices


@pytest.mark.parametrize("values", [(2, 1, 0), (2, 0, 0), (0, 0, 0), (1, 1, 0)])
def test_det_of_a_singular_matrix_has_its_gradients(values):
    assert ag.gradcheck(np.linalg.det, of(*values, right=OTHER))


def test_the_gradient_of_det_is_that_of_the_inverse():
    x = np.random.default_rng(4).standard_normal((2, 5, 5))
    expected = np.linalg.det(x)[:, None, None] * np.swapaxes(np.linalg.inv(x), 1, 2)
    np.testing.assert_allclose(gradient(np.linalg.det, x), expected, rtol=1e-11)


def test_det_at_0_is_exact():
    np.testing.assert_array_equal(gradient(np.linalg.det, np.zeros((3, 3))), 0)
    np.testing.assert_array_equal(gradient(np.linalg.det, [[0.0]]), 1)
    np.testing.assert_allclose(gradient(np.linalg.det, [[1.0, 2], [2, 4]]), [[4, -2], [-2, 1]])


def test_slogdet_of_a_negative_determinant():
    x = np.diag([1.0, -2.0, 3.0])
    assert linalg.slogdet(x).sign == -1
    assert ag.gradcheck(lambda x: np.linalg.slogdet(x)[1], x)


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (np.linalg.inv, "inv: Singular matrix; received float64 of shape"),
        (lambda x: np.linalg.solve(x, np.ones(2)), "solve: Singular"),
        (np.linalg.cholesky, "cholesky: Matrix is not positive definite"),
        (lambda x: np.linalg.slogdet(x)[1], "slogdet: .* no derivative"),
        (lambda x: np.linalg.qr(x)[1], "qr: .* dependent"),
        (lambda x: np.linalg.cond(x), "cond: .* singular"),
        (lambda x: np.linalg.cond(x, 1), "cond: Singular"),
        (lambda x: linalg.solve_triangular(x, np.ones(2)), "solve_triangular: .*singular"),
    ],
)
def test_singular_matrices_are_refused_as_numpy_does(f, message):
    with pytest.raises(LinAlgError, match=message):
        gradient(f, np.array([[1.0, 0.0], [0.0, 0.0]]))


# ---------------------------------------------------------------------- norms at 0


@pytest.mark.parametrize("ord", [None, 2, 1, np.inf, -np.inf, 3, 1.5, 0.5, 0])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_norm_of_the_zero_vector_has_gradient_0(ord, dtype):
    x = np.array([[0.0, 0.0], [3.0, 4.0]], dtype)
    slope = gradient(lambda x: np.linalg.norm(x, ord, axis=1), x)
    np.testing.assert_array_equal(slope[0], 0)
    np.testing.assert_allclose(
        slope[1], gradient(lambda x: np.linalg.norm(x, ord), x[1]), rtol=1e-6
    )
    assert slope.dtype == dtype


@pytest.mark.parametrize("ord", [None, "fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf])
def test_the_norm_of_the_zero_matrix_has_gradient_0(ord):
    np.testing.assert_array_equal(gradient(lambda x: np.linalg.norm(x, ord), np.zeros((3, 2))), 0)


def test_the_second_derivative_of_the_norm_of_the_zero_vector_is_0():
    x = ag.Tensor(np.zeros(3), requires_grad=True)
    (slope,) = ag.gradients(np.linalg.norm(x), x, create_graph=True)
    np.testing.assert_array_equal(ag.gradients(slope.sum(), x)[0].numpy(), 0)


@pytest.mark.parametrize("ord", [3, 1.5, 0.5, -2])
def test_an_element_that_is_0_has_slope_0_in_every_norm(ord):
    with np.errstate(divide="ignore"):  # NumPy's own, of 0 to a negative power
        slope = gradient(lambda x: np.linalg.norm(x, ord), np.array([0.0, 2.0]))
    np.testing.assert_array_equal(slope, [0, 0 if ord < 0 else 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.linalg.norm(x, "nuc", axis=0), "no order of a vector norm"),
        (lambda x: np.linalg.norm(x, 3), "no order of a matrix norm"),
        (lambda x: np.linalg.norm(x[None], 2), "one axis or two"),
        (lambda x: np.linalg.norm(x, axis=(0, 0)), "norm: repeated axis"),
        (lambda x: np.linalg.qr(x, "raw"), "'raw'"),
        (lambda x: np.linalg.multi_dot([x]), "at least two"),
        (lambda x: np.linalg.multi_dot([x, x[None]]), "vectors at the ends"),
        (lambda x: np.linalg.outer(x, x), "two vectors"),
        (lambda x: np.cross(x, x), "three elements"),
        (lambda x: np.linalg.matrix_power(x[:1], 2), "square"),
        (lambda x: np.linalg.tensorinv(x, ind=0), "positive"),
        (lambda x: np.linalg.tensorsolve(x[:1], x[0, :1]), "as many unknowns"),
        (lambda x: np.linalg.lstsq(x, np.ones(3)), "as many rows"),
        (linalg.sqrtm, "root is real"),
    ],
)
def test_wrong_arguments_are_refused_in_a_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call(ag.Tensor(-np.eye(2), requires_grad=True))


def test_complex_eigenvalues_are_refused():
    x = np.array([[0.0, 1.0], [-1.0, 0.0]])
    for f in (np.linalg.eig, np.linalg.eigvals):
        with pytest.raises(TypeError, match=r"eigenvalues are real.*plain array"):
            f(ag.Tensor(x, requires_grad=True))
    assert linalg.eigvals(x).dtype.kind == "c"  # of a plain array, as in NumPy


# ---------------------------------------------------------------------- triangles, SciPy


def test_the_gradient_is_in_the_triangle_that_is_read():
    x = np.array([[4.0, np.nan], [1.0, 3.0]])
    for f in (
        np.linalg.cholesky,
        np.linalg.eigvalsh,
        lambda x: np.linalg.eigh(x)[0],
        lambda x: np.linalg.pinv(x, hermitian=True),
        lambda x: np.linalg.svd(x, compute_uv=False, hermitian=True),
        lambda x: linalg.solve_triangular(x, np.ones(2), lower=True),
    ):
        slope = gradient(f, np.where(np.isnan(x), 7.0, x))
        assert slope[0, 1] == 0
        assert slope[1, 0] != 0
    slope = gradient(lambda x: np.linalg.cholesky(x, upper=True), x.T[::-1, ::-1].T[::-1, ::-1].T)
    assert slope[1, 0] == 0


def test_functions_of_matrices_refuse_vectors_of_which_scipy_makes_something():
    x = ag.tensor([4.0], requires_grad=True)
    for call in (linalg.sqrtm, linalg.expm, lambda x: linalg.solve_sylvester(x, x, x)):
        with pytest.raises(ValueError, match="takes matrices"):
            call(x)


def test_a_complex_factor_is_conjugate_where_it_is_transposed():
    x = np.array([[2.0, 1j], [-1j, 3.0]])
    for lower in (False, True):
        factor = np.linalg.cholesky(x, upper=not lower)
        np.testing.assert_allclose(x @ linalg.cho_solve((factor, lower), np.ones(2)), np.ones(2))


def test_solve_triangular_takes_no_other_system():
    x = ag.tensor([[2.0, 1.0], [0.0, 3.0]], requires_grad=True)
    with pytest.raises(ValueError, match="trans must be 0, 1, 2, 'N', 'T' or 'C'"):
        linalg.solve_triangular(x, np.ones(2), trans="")


def test_a_pseudo_inverse_that_cuts_off_more_than_zeros_has_no_gradient():
    x = np.diag([1.0, 0.1])
    assert np.isfinite(gradient(lambda x: np.linalg.pinv(x, rcond=0.05), x)).all()
    assert np.isfinite(gradient(lambda x: np.linalg.pinv(x, rcond=0.5), np.diag([1.0, 0.0]))).all()
    for call in (
        lambda x: np.linalg.pinv(x, rcond=0.5),
        lambda x: np.linalg.lstsq(x, np.ones(2), rcond=0.5)[0],
    ):
        with pytest.raises(ag.GradientError, match="pinv: rcond cuts off singular values"):
            gradient(call, x)


def test_without_scipy_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.linalg", None)
    with pytest.raises(ImportError, match=r"linalg.expm: .*install .*scipy"):
        linalg.expm(np.eye(2))


@pytest.mark.parametrize(("ord", "axis"), [(1, 5), (1, -7), ("fro", (0, 3)), (None, 2)])
def test_norms_refuse_axes_that_are_not_there(ord, axis):
    with pytest.raises(np.exceptions.AxisError, match="norm: axis"):
        np.linalg.norm(ag.tensor(np.ones((2, 3))), ord, axis)
    with pytest.raises(np.exceptions.AxisError, match="vector_norm: axis"):
        np.linalg.vector_norm(ag.tensor(np.ones((2, 3))), axis=4)


@pytest.mark.parametrize(
    "call",
    [
        linalg.svd,
        linalg.svdvals,
        linalg.pinv,
        lambda x: linalg.norm(x, 2),
        linalg.cond,
        lambda x: linalg.lstsq(x, np.ones(3)),
        lambda x: linalg.det(x).backward(),
    ],
)
def test_infinite_elements_are_refused_where_lapack_may_seek_for_ever(call):
    x = np.array([[1.4, 0.9, -np.inf], [2.9, 0.0, 0.4], [0.5, -0.7, -0.9]])
    with pytest.raises(np.linalg.LinAlgError, match="takes matrices of finite numbers"):
        call(ag.tensor(x, requires_grad=True))


def test_lstsq_of_two_dtypes_is_as_exact_as_the_wider():
    x, y = np.array([[1.1, 2], [3, 4], [5, 7]], np.float32), np.array([1.0, 2, 4])
    z = linalg.lstsq(x, ag.tensor(y, requires_grad=True))
    np.testing.assert_allclose(z[0].data, np.linalg.lstsq(x, y)[0], rtol=1e-12)
    assert z[2].dtype == np.int32
    assert linalg.lstsq(ag.tensor(x), np.array([1, 2, 4]))[0].dtype == np.float64


def test_vecdot_does_not_broadcast_the_axis_that_it_sums():
    with pytest.raises(ValueError, match="vecdot"):
        np.linalg.vecdot(ag.tensor([[1.0, 2.0, 3.0]]), [2.0])


def test_a_vector_beside_a_stack_in_block_diag():
    v, stack = ag.tensor(np.ones(3), requires_grad=True), np.ones((2, 1, 2))
    linalg.block_diag(v, stack).sum().backward()
    assert v.grad.tolist() == [2, 2, 2]


def test_the_norm_of_order_0_counts_nan():
    assert float(np.linalg.norm(ag.tensor([np.nan, 0.0, np.inf]), 0)) == 2


def test_an_error_names_the_operation_that_was_called():
    x = ag.tensor(np.ones((2, 3)), requires_grad=True)
    for call, name in [
        (lambda: linalg.matrix_norm(x, ord=3), "matrix_norm"),
        (lambda: linalg.tensorsolve(np.zeros((2, 2)), x[0, :2]), "tensorsolve"),
        (lambda: np.linalg.pinv(x, hermitian=True), "pinv"),
        (lambda: linalg.cho_solve((x, True), np.ones(2)), "cho_solve"),
    ]:
        with pytest.raises(ValueError, match=f"^{name}: "):
            call()


def test_lstsq_of_a_matrix_of_low_rank_with_a_cut():
    """To first order: next to it are matrices whose singular values are cut off and are not 0."""
    x, y = np.outer([1.0, 0.5, 1.2], [0.7, 1.1, 0.9]), np.array([0.3, -1.0, 0.8])
    assert ag.gradcheck(lambda x, y: ag.linalg.lstsq(x, y, 0.1)[0], [x, y], order=1)
    x[0] += 1e-4
    with pytest.raises(ag.GradientError, match="rcond cuts off singular values"):
        ag.linalg.lstsq(ag.tensor(x, requires_grad=True), y, 0.1)[0].sum().backward()
