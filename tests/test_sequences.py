"""Functions of sequences at knots, at ends, and for what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag


def leaf(values):
    return ag.Tensor(values, requires_grad=True)


def gradient(f, x, g=None):
    x = leaf(x)
    z = f(x)
    (slope,) = ag.gradients(z, x, np.ones(z.shape) if g is None else np.asarray(g, float))
    return slope.numpy()


KNOTS, VALUES = np.array([0.0, 1.0, 3.0]), np.array([0.0, 2.0, 8.0])


def test_at_a_knot_interp_has_the_slope_of_the_piece_to_its_right():
    def f(x):
        return np.interp(x, KNOTS, VALUES)

    np.testing.assert_array_equal(gradient(f, KNOTS), [2, 3, 3])  # at the last, to its left
    np.testing.assert_array_equal(gradient(f, [-1.0, 4.0]), [0, 0])
    np.testing.assert_array_equal(f(leaf(KNOTS)).numpy(), VALUES)


@pytest.mark.parametrize(("left", "right"), [(None, None), (-5.0, 7.0)])
def test_interp_far_outside_is_constant(left, right):
    x = np.array([-np.inf, -1e300, -1.0, 3.5, np.inf, np.nan])
    expected = np.interp(x, KNOTS, VALUES, left, right)
    z = np.interp(leaf(x), KNOTS, VALUES, left, right)
    np.testing.assert_array_equal(z.numpy(), expected)
    np.testing.assert_array_equal(
        gradient(lambda x: np.interp(x, KNOTS, VALUES, left, right), x)[:-1], np.zeros(5)
    )
    slope = gradient(lambda v: np.interp(x[:-1], KNOTS, v, left, right), VALUES)
    np.testing.assert_array_equal(slope, [3, 0, 2] if left is None else [0, 0, 0])


def test_interp_at_a_knot_that_occurs_twice():
    knots, values, x = [0.0, 1.0, 1.0, 2.0, 2.0], [0.0, 1.0, 5.0, 6.0, 9.0], [0.5, 1.0, 1.5, 2.0]
    z = np.interp(leaf(x), knots, values)
    np.testing.assert_array_equal(z.numpy(), np.interp(x, knots, values))
    np.testing.assert_array_equal(
        gradient(lambda v: np.interp(x, knots, v), values, [1, 2, 4, 8]), [0.5, 0.5, 4, 2, 8]
    )


def test_the_ends_that_interp_takes_are_differentiable():
    left = leaf(3.0)
    (slope,) = ag.gradients(ag.interp([-1.0, -2.0, 0.5], KNOTS, VALUES, left=left).sum(), left)
    assert slope.item() == 2


def test_unwrap_shifts_by_constants():
    x = np.cumsum(np.random.default_rng(0).uniform(-3, 3, 20))
    wrapped = np.angle(np.exp(1j * x))
    np.testing.assert_array_equal(np.unwrap(leaf(wrapped)).numpy(), np.unwrap(wrapped))
    np.testing.assert_array_equal(gradient(np.unwrap, wrapped), np.ones(20))


@pytest.mark.parametrize("edge_order", [1, 2])
def test_the_gradient_of_a_line_or_parabola_is_exact(edge_order):
    x = np.array([0.0, 1.0, 1.5, 4.0])
    line = np.gradient(leaf(3 * x), x, edge_order=edge_order)
    np.testing.assert_allclose(line.numpy(), 3)
    parabola = np.gradient(leaf(x * x), x, edge_order=edge_order).numpy()
    np.testing.assert_allclose(parabola[1:-1], 2 * x[1:-1])
    if edge_order == 2:
        np.testing.assert_allclose(parabola, 2 * x)


def test_gradient_keeps_the_dtype_of_the_samples():
    x = leaf(np.arange(4, dtype=np.float32))
    for spacing in ((), (0.5,), (np.float64(0.5),), (np.array([0.0, 1.0, 2.0, 4.0]),)):
        assert np.gradient(x, *spacing).dtype == np.float32
    np.testing.assert_array_equal(np.gradient(ag.tensor([0, 1, 4])).numpy(), [1, 2, 3])


def test_variables_that_go_together_have_correlation_1_with_slope_0():
    x = np.array([[1.0, 2.0, 4.0], [2.0, 4.0, 8.0]])
    np.testing.assert_allclose(np.corrcoef(leaf(x)).numpy(), np.ones((2, 2)))
    np.testing.assert_allclose(gradient(np.corrcoef, x), np.zeros((2, 3)), atol=1e-15)
    assert np.corrcoef(leaf(x[0])).item() == 1


def test_differences_of_booleans_are_plain():
    z = np.diff(ag.tensor([True, False, False]))
    assert type(z) is np.ndarray
    np.testing.assert_array_equal(z, [True, False])


def test_a_function_applied_along_an_axis_may_drop_or_make_axes():
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    for f in (np.sum, lambda row: row[:2], lambda row: row[:, None] * row):
        expected = np.apply_along_axis(f, 1, x)
        np.testing.assert_allclose(np.apply_along_axis(f, 1, leaf(x)).numpy(), expected)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: np.diff(x, -1), ValueError, "diff: n must not be negative"),
        (lambda x: np.diff(x[0]), np.exceptions.AxisError, "diff: axis -1"),
        (lambda x: np.ediff1d(ag.tensor([1]), 0.5), TypeError, "ediff1d: .* does not fit beside"),
        (lambda x: np.gradient(x, 1.0, 2.0), TypeError, "gradient: received 2 spacings for 1 axes"),
        (lambda x: np.gradient(x, [1.0, 2.0]), ValueError, "gradient: received coordinates"),
        (lambda x: np.gradient(x, edge_order=3), ValueError, "gradient: edge_order must be 1 or 2"),
        (lambda x: np.gradient(x[:2], edge_order=2), ValueError, "gradient: .* at least 3"),
        (lambda x: np.interp(x, [0.0, 1.0], [1.0]), ValueError, "interp: xp and fp must have one"),
        (lambda x: np.interp(0.5, [], x[:0]), ValueError, "interp: xp and fp must have one"),
        (lambda x: np.interp(x, [0.0], [1.0], period=0), ValueError, "interp: period"),
        (lambda x: np.interp(x, [0.0], [1j]), TypeError, "interp: .* complex numbers"),
        (lambda x: np.convolve(x, [1j]), TypeError, "convolve: .* complex numbers"),
        (lambda x: np.convolve(x, x[:0]), ValueError, "convolve: received shape"),
        (lambda x: np.correlate(x, np.ones((2, 2))), ValueError, "correlate: .*autograd.windows"),
        (lambda x: np.convolve(x, x, "half"), ValueError, "convolve: mode must be"),
        (lambda x: np.cov(x, ddof=3), ValueError, "cov: takes .* more than ddof=3"),
        (lambda x: np.cov(x, fweights=[1, 2]), ValueError, "cov: fweights must be one number"),
        (lambda x: np.cov(x, fweights=[1.0, 2.0, 3.0]), TypeError, "cov: fweights must be integ"),
        (lambda x: np.cov(x[None, None]), ValueError, "cov: .* at most two axes"),
        (lambda x: np.apply_along_axis(np.sum, 1, x[:0, None]), ValueError, "has no sequence"),
        (lambda x: np.apply_over_axes(lambda a, k: a[0, 0], x[None], 0), ValueError, "must keep"),
    ],
)
def test_what_can_not_be_done_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(leaf([3.0, 1.0, 2.0]))


def test_gradient_does_not_look_at_the_middle_of_equal_steps():
    x = np.array([0.5, np.nan, np.inf, 0.0, -1.0])
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(ag.gradient(ag.tensor(x)).data, np.gradient(x))


def test_linspace_has_all_digits_of_its_ends():
    x, y = np.zeros(1, np.longdouble), np.array([0.7], np.longdouble)
    np.testing.assert_allclose(
        ag.linspace(ag.tensor(x), y, 50).data,
        np.linspace(x, y, 50),
        rtol=4 * float(np.finfo(np.longdouble).eps),
    )
    assert ag.linspace([1.0], ag.tensor([2.0]), 2).tolist() == [[1], [2]]
    assert ag.linspace(ag.tensor([1.0], dtype="float32"), 3.0).dtype == np.float32


def test_no_difference_at_all_is_what_is_given():
    t = leaf(2.0)
    assert np.diff(t, n=0) is t


def test_plain_complex_signals_are_correlated_as_in_numpy():
    x, v = np.array([1j, 2.0, 3.0]), np.array([1.0, 1j])
    for mode in ("full", "same", "valid"):
        np.testing.assert_array_equal(ag.correlate(x, v, mode), np.correlate(x, v, mode))
        np.testing.assert_array_equal(ag.correlate(v, x, mode), np.correlate(v, x, mode))


def test_the_fraction_has_slope_1_and_the_sign_also_where_it_is_0():
    x = np.array([-2.0, -1.5, -0.0, 0.0, 0.5, 2.0, np.inf, -np.inf])
    t = ag.tensor(x, requires_grad=True)
    part, whole = np.modf(t)
    for ours, theirs in zip((part, whole), np.modf(x), strict=True):
        np.testing.assert_array_equal(ours.detach(), theirs)
        np.testing.assert_array_equal(np.signbit(ours.detach()), np.signbit(theirs))
    part.sum().backward()
    assert t.grad.tolist() == [1, 1, 1, 1, 1, 1, 0, 0]


def test_the_step_of_unsigned_integers_does_not_wrap_around():
    x, y = np.array([1, 3], "uint64"), np.array([True, False])
    _, step = np.linspace(ag.tensor(x), ag.tensor(y), 3, retstep=True)
    np.testing.assert_array_equal(step, [0, -1.5])


def test_a_number_beside_two_arrays_is_weak_in_clip():
    x, high = ag.tensor([False]), np.array([2.5], "float32")
    assert np.clip(x, 2, high).dtype == np.clip(x.numpy(), 2, high).dtype == "float32"
