"""Where mathematics leaves a choice, or a formula would leave the finite numbers."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import autograd as ag


def gradient(f, x, g=None):
    """Of the sum of f(x), or its product with g."""
    x = ag.Tensor(x, requires_grad=True)
    z = f(x)
    (slope,) = ag.gradients(z, x, np.ones(z.shape) if g is None else g)
    return slope.numpy()


def second_gradient(f, x, v):
    """The derivative of the sum of f(x), along v, differentiated again."""
    x = ag.Tensor(x, requires_grad=True)
    (slope,) = ag.gradients(f(x).sum(), x, create_graph=True)
    if not slope.requires_grad:  # it is the same for all x
        return np.zeros(x.shape)
    return ag.gradients((slope * v).sum(), x)[0].numpy()


# ---------------------------------------------------------------------- ties and kinks

BOTH = [(np.max, np.maximum, 1.0), (np.min, np.minimum, -1.0)]


@pytest.mark.parametrize(("reduce", "pick", "sign"), BOTH)
def test_extrema_share_the_gradient_equally_among_ties(reduce, pick, sign):
    x = sign * np.array([[1.0, 3.0, 3.0, 3.0], [2.0, 2.0, 0.0, 1.0]])
    expected = np.array([[0, 1 / 3, 1 / 3, 1 / 3], [0.5, 0.5, 0, 0]])
    np.testing.assert_array_equal(gradient(lambda x: reduce(x, axis=1), x), expected)
    np.testing.assert_array_equal(gradient(reduce, x), expected * [[1.0], [0.0]])
    equal = gradient(lambda x: pick(x, x[:, ::-1]), np.full((2, 2), 7.0))
    np.testing.assert_array_equal(equal, np.ones((2, 2)))


@pytest.mark.parametrize(("reduce", "pick", "sign"), BOTH)
def test_the_reduction_and_the_binary_form_agree(reduce, pick, sign):
    x = sign * np.array([[1.0, 2.0, 0.0, -0.0, np.inf, np.nan], [1.0, -3.0, 0.0, 0.0, np.inf, 1.0]])
    g = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    np.testing.assert_array_equal(
        gradient(lambda x: reduce(x, axis=0), x, g), gradient(lambda x: pick(x[0], x[1]), x, g)
    )


@pytest.mark.parametrize("function", [np.abs, np.fabs, np.sign, ag.relu])
def test_the_derivative_at_the_kink_is_0(function):
    np.testing.assert_array_equal(gradient(function, [0.0, -0.0]), [0, 0])
    np.testing.assert_array_equal(second_gradient(function, [0.0, -0.0], [1.0, 1.0]), [0, 0])


def test_clip_passes_the_gradient_at_its_edges():
    x = np.array([-1.5, -1.0, 0.0, 2.0, 2.5])
    inside = [0, 1, 1, 1, 0]
    low, high = np.full(5, -1.0), np.full(5, 2.0)
    np.testing.assert_array_equal(gradient(lambda x: np.clip(x, -1, 2), x), inside)
    np.testing.assert_array_equal(gradient(lambda x: np.clip(x, low, high), x), inside)
    np.testing.assert_array_equal(gradient(lambda low: np.clip(x, low, high), low), [1, 0, 0, 0, 0])
    np.testing.assert_array_equal(
        gradient(lambda high: np.clip(x, low, high), high), [0, 0, 0, 0, 1]
    )


def test_the_derivative_of_steps_is_0():
    x = np.array([-2.0, -0.5, 0.0, 0.5, 1.0])
    for function in (np.floor, np.ceil, np.trunc, np.rint, np.round, np.sign):
        np.testing.assert_array_equal(gradient(function, x), np.zeros(5))


# ---------------------------------------------------------------------- zeros


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
@pytest.mark.parametrize("axis", [None, 0, 1, 2, (0, 2), (-1, 1)])
def test_prod_with_zeros_is_right_to_second_order(zeros, axis):
    x = np.random.default_rng(zeros).uniform(0.5, 2, (2, 3, 3))
    x[0, 1, :zeros] = 0
    x[:zeros, 0, 0] = 0
    assert ag.gradcheck(lambda x: np.prod(x, axis=axis), x)


def test_prod_with_zeros_is_exact():
    np.testing.assert_array_equal(gradient(np.prod, [2.0, 0.0, 3.0]), [0, 6, 0])
    np.testing.assert_array_equal(gradient(np.prod, [2.0, 0.0, 0.0]), [0, 0, 0])
    np.testing.assert_array_equal(
        second_gradient(np.prod, [2.0, 0.0, 0.0], [0.0, 1.0, 0.0]), [0, 0, 2]
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1e-30, 1e-20, 1e20, 1e30])
def test_angles_of_tiny_and_huge_vectors(dtype, size):
    x = np.array([3, -4], dtype) * np.array(size, dtype)
    slopes = gradient(lambda x: np.arctan2(x[0], x[1]), x)
    np.testing.assert_allclose(slopes * size, [-4 / 25, -3 / 25], rtol=1e-6)
    if size > 1:
        np.testing.assert_allclose(gradient(np.arcsinh, x) * size, [1 / 3, 1 / 4], rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, -3.7, 1e-200])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_the_gradient_of_std_of_equal_values_is_0(value, axis):
    x = np.full((3, 3), value)
    np.testing.assert_array_equal(gradient(lambda x: np.std(x, axis=axis), x), np.zeros((3, 3)))


def test_std_of_one_equal_row_leaves_the_others_right():
    x = np.array([[2.0, 2.0, 2.0], [1.0, 2.0, 4.0]])
    slopes = gradient(lambda x: np.std(x, axis=1), x)
    np.testing.assert_array_equal(slopes[0], 0)
    np.testing.assert_allclose(slopes[1], (x[1] - x[1].mean()) / (3 * x[1].std()), rtol=1e-14)


@pytest.mark.parametrize("exponent", [0, 0.0, np.array([0.0]), np.array([0])])
def test_x_to_the_0_has_derivative_0_even_at_0(exponent):
    for order in (gradient, lambda f, x: second_gradient(f, x, [1.0, 1.0, 1.0])):
        np.testing.assert_array_equal(order(lambda x: x**exponent, [0.0, 2.0, -1.0]), [0, 0, 0])


def test_powers_of_0_have_their_derivatives():
    x = [0.0]
    for exponent, expected in [(1, 1), (2, 0), (3, 0), (1.5, 0), (1.0, 1)]:
        assert gradient(lambda x, n=exponent: x**n, x) == expected
        assert gradient(lambda x, n=exponent: x ** np.array([n]), x) == expected


def test_0_to_the_x_has_derivative_0_for_positive_x():
    np.testing.assert_array_equal(gradient(lambda x: 0**x, [0.5, 2.0]), [0, 0])
    np.testing.assert_array_equal(gradient(lambda x: np.zeros(2) ** x, [0.5, 2.0]), [0, 0])
    np.testing.assert_array_equal(second_gradient(lambda x: 0**x, [0.5, 2.0], [1.0, 1.0]), [0, 0])


def test_the_mixed_derivative_of_a_power_is_right_at_exponent_0():
    x = np.array([0.5, 2.0])
    assert ag.gradcheck(np.power, [x, np.zeros(2)])


# ---------------------------------------------------------------------- far from 0

FAR = np.array([-1e4, 0.0, 1e4])


def test_sigmoid_is_finite_and_right_far_from_0():
    np.testing.assert_array_equal(ag.sigmoid(FAR), [0, 0.5, 1])
    np.testing.assert_array_equal(gradient(ag.sigmoid, FAR), [0, 0.25, 0])
    np.testing.assert_array_equal(second_gradient(ag.sigmoid, FAR, np.ones(3)), [0, 0, 0])
    infinite = np.array([-np.inf, np.inf])
    np.testing.assert_array_equal(ag.sigmoid(infinite), [0, 1])
    np.testing.assert_array_equal(gradient(ag.sigmoid, infinite), [0, 0])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sigmoid_keeps_its_digits_where_it_is_small(dtype):
    x = np.array([-20.0, -40.0, -80.0], dtype)
    tolerance = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(np.log(ag.sigmoid(x)), -np.logaddexp(0, -x), rtol=tolerance)
    slopes = gradient(lambda x: np.log(ag.sigmoid(x)), x)
    np.testing.assert_allclose(slopes, 1 / (1 + np.exp(x)), rtol=tolerance)


def test_softplus_is_finite_and_right_far_from_0():
    def softplus(x):
        return np.logaddexp(0, x)

    np.testing.assert_allclose(softplus(FAR), [0, np.log(2), 1e4])
    np.testing.assert_array_equal(gradient(softplus, FAR), [0, 0.5, 1])
    np.testing.assert_array_equal(second_gradient(softplus, FAR, np.ones(3)), [0, 0.25, 0])


def test_logaddexp_of_masked_values_has_finite_gradients():
    x = np.array([-np.inf, -np.inf, 1.0, 1e4])
    y = np.array([-np.inf, 1.0, -np.inf, 1e4])
    np.testing.assert_array_equal(gradient(lambda x: np.logaddexp(x, y), x), [0, 0, 1, 0.5])
    np.testing.assert_array_equal(gradient(lambda y: np.logaddexp(x, y), y), [0, 1, 0, 0.5])


MASKED = np.array(
    [
        [1e4, -1e4, 0.0],
        [-1e4, -1e4, -1e4],
        [-np.inf, 1.0, 1.0],
        [-np.inf, -np.inf, 2.0],
        [-np.inf, -np.inf, -np.inf],
    ]
)
NOTHING, HALVES = [0, 0, 0], [0, 0.5, 0.5]
WEIGHTS = np.array([[1, 0, 0], [1 / 3, 1 / 3, 1 / 3], HALVES, [0, 0, 1], NOTHING])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_softmax_of_large_and_masked_values_is_finite_and_right(dtype):
    x = MASKED.astype(dtype)
    np.testing.assert_allclose(ag.softmax(x), WEIGHTS, rtol=1e-6, atol=0)
    g = np.array([1.0, 2.0, 4.0])
    slopes = gradient(ag.softmax, x, np.broadcast_to(g, x.shape))
    expected = WEIGHTS * (g - np.sum(WEIGHTS * g, axis=1, keepdims=True))
    np.testing.assert_allclose(slopes, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_logsumexp_of_large_and_masked_values_is_right_with_finite_gradients(dtype):
    x = MASKED.astype(dtype)
    expected = [1e4, -1e4 + np.log(3), 1 + np.log(2), 2, -np.inf]
    np.testing.assert_allclose(ag.logsumexp(x, axis=1), expected, rtol=1e-6)
    np.testing.assert_allclose(gradient(lambda x: ag.logsumexp(x, axis=1), x), WEIGHTS, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_log_softmax_of_large_and_masked_values_is_right_with_finite_gradients(dtype):
    x = MASKED.astype(dtype)
    masked = -np.inf
    expected = [
        [0, -2e4, -1e4],
        [-np.log(3)] * 3,
        [masked, -np.log(2), -np.log(2)],
        [masked, masked, 0],
        [masked] * 3,
    ]
    np.testing.assert_allclose(
        ag.log_softmax(x), expected, rtol=1e-3 if dtype == "float32" else 1e-9
    )
    g = np.array([1.0, 2.0, 4.0])
    slopes = gradient(ag.log_softmax, x, np.broadcast_to(g, x.shape))
    np.testing.assert_allclose(slopes, g - 7 * WEIGHTS, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("function", [ag.softmax, ag.log_softmax, ag.logsumexp])
def test_masked_values_have_finite_second_derivatives(function):
    weights = np.array([1.0, -2.0, 0.5])
    x = ag.Tensor(MASKED, requires_grad=True)
    z = function(x, axis=1)
    (slope,) = ag.gradients(z, x, np.ones(z.shape), create_graph=True)
    (second,) = ag.gradients((slope * weights).sum(), x)
    assert np.isfinite(second.numpy()).all()


def test_softmax_over_an_empty_axis_is_empty_and_logsumexp_is_that_of_nothing():
    x = np.zeros((2, 0))
    assert ag.softmax(x).shape == ag.log_softmax(x).shape == (2, 0)
    assert gradient(ag.softmax, x).shape == gradient(ag.log_softmax, x).shape == (2, 0)
    np.testing.assert_array_equal(ag.logsumexp(x, axis=1), [-np.inf, -np.inf])
    assert gradient(lambda x: ag.logsumexp(x, axis=1), x).shape == (2, 0)


def test_softmax_of_integers_is_that_of_the_numbers():
    np.testing.assert_array_equal(ag.softmax(np.array([3, 3])), [0.5, 0.5])
    np.testing.assert_array_equal(ag.softmax(ag.tensor([3, 3])).numpy(), [0.5, 0.5])
    assert ag.logsumexp([0, 0]) == np.log(2)


# ---------------------------------------------------------------------- the branch not taken


def written_over(x, mask):
    x[mask] = 0
    return x


UNCHOSEN = {  # f, its slope and its curvature at 0 and 4
    "log": (lambda x: np.where(x > 0, np.log(x), 0), [0, 1 / 4], [0, -1 / 16]),
    "the other branch": (lambda x: np.where(x <= 0, 0, np.log(x)), [0, 1 / 4], [0, -1 / 16]),
    "x log x": (lambda x: np.where(x > 0, x * np.log(x), 0), [0, 1 + np.log(4)], [0, 1 / 4]),
    "sqrt inside": (lambda x: np.where(x > 0, 2 * np.sqrt(x) + x, x), [1, 1.5], [0, -1 / 16]),
    "power": (lambda x: np.where(x > 0, x**1.5, 0), [0, 3], [0, 3 / 8]),
    "nested": (
        lambda x: np.where(x > 0, np.where(x > 0, np.log(x), 1 / x), x),
        [1, 1 / 4],
        [0, -1 / 16],
    ),
    "select": (lambda x: np.select([x > 0], [np.log(x)], 0), [0, 1 / 4], [0, -1 / 16]),
    "broadcast": (
        lambda x: np.where(x[:, None] > 0, np.log(x)[:, None] / [1, 1], 0),
        [0, 1 / 2],
        [0, -1 / 8],
    ),
    "another where": (
        lambda x: np.where([True, True], np.where(x > 0, np.log(x), 0.0), 0.0),
        [0, 1 / 4],
        [0, -1 / 16],
    ),
    "a sum of some": (lambda x: np.sum(np.log(x), where=x > 0), [0, 1 / 4], [0, -1 / 16]),
    "a mean of some": (lambda x: np.mean(np.log(x), where=x > 0), [0, 1 / 4], [0, -1 / 16]),
    "a mask": (lambda x: np.log(x)[x > 0], [0, 1 / 4], [0, -1 / 16]),
    "what is written over": (lambda x: written_over(np.log(x), x <= 0), [0, 1 / 4], [0, -1 / 16]),
    "maximum": (lambda x: np.maximum(np.log(x), -1), [0, 1 / 4], [0, -1 / 16]),
    "max": (lambda x: np.max(np.log(x)), [0, 1 / 4], [0, -1 / 16]),
    "clip": (lambda x: np.clip(np.log(x), -1, 9), [0, 1 / 4], [0, -1 / 16]),
    "clip by arrays": (lambda x: np.clip(np.log(x), np.array(-1), 9), [0, 1 / 4], [0, -1 / 16]),
    "nan_to_num": (lambda x: np.nan_to_num(np.log(x)), [0, 1 / 4], [0, -1 / 16]),
    "nansum": (lambda x: np.nansum(x * np.log(x)), [0, 1 + np.log(4)], [0, 1 / 4]),
    "nanmax": (lambda x: np.nanmax(x * np.log(x)), [0, 1 + np.log(4)], [0, 1 / 4]),
    "fmax": (lambda x: np.fmax(x * np.log(x), -1), [0, 1 + np.log(4)], [0, 1 / 4]),
    "quantile": (lambda x: np.quantile(np.log(x), 1), [0, 1 / 4], [0, -1 / 16]),
    "rearranged": (
        lambda x: np.where(x > 0, np.concatenate([np.log(x)[::-1], [1.0]])[1::-1], 0),
        [0, 1 / 4],
        [0, -1 / 16],
    ),
    "summed": (
        lambda x: np.where(x > 0, np.sum(np.stack([x, np.log(x)]), axis=0), 0),
        [0, 1 + 1 / 4],
        [0, -1 / 16],
    ),
}


@pytest.mark.parametrize("name", UNCHOSEN)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")  # NumPy's, forward
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_an_infinite_derivative_in_a_branch_not_taken_does_not_come_back(name):
    f, slope, curvature = UNCHOSEN[name]
    x = ag.Tensor([0.0, 4.0], requires_grad=True)
    z = f(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # none in the backward pass
        np.testing.assert_allclose(gradient_of(z, x), slope, rtol=1e-15)
        (g,) = ag.gradients(z.sum(), x, create_graph=True)
        np.testing.assert_allclose(g.numpy(), slope, rtol=1e-15)
        np.testing.assert_allclose(ag.gradients(g.sum(), x)[0].numpy(), curvature, rtol=1e-15)


def gradient_of(z, x):
    return ag.gradients(z.sum(), x, retain_graph=True)[0].numpy()


def test_a_norm_guarded_by_where_has_gradient_0_at_0():
    def unit(x):
        length = np.sqrt(np.sum(x * x, axis=1, keepdims=True))
        return np.where(length > 0, x / length, 0) * [1.0, 2.0]

    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    with np.errstate(invalid="ignore"):
        slopes = gradient(unit, x)
    np.testing.assert_allclose(slopes, [[0, 0], [-0.064, 0.048]], rtol=1e-14)


def test_what_another_use_needs_is_not_hidden_by_where():
    """log(x) is shown at 0 after all: its slope there is infinite, and NumPy says so."""
    for use in (lambda y: y, lambda y: np.reshape(y, (2,)), lambda y: y[:]):
        for first in (True, False):
            x = ag.Tensor([0.0, 4.0], requires_grad=True)
            with np.errstate(divide="ignore"):
                y = np.log(x)
                z = np.where(x > 0, y, 0) + use(y) if first else use(y) + np.where(x > 0, y, 0)
            with pytest.warns(RuntimeWarning, match="divide by zero"):
                (g,) = ag.gradients(z, x, [1.0, 1.0])
            assert g.tolist() == [np.inf, 0.5]


def test_an_infinite_derivative_in_the_branch_taken_warns():
    x = ag.Tensor([0.0, 4.0], requires_grad=True)
    z = np.where(x >= 0, np.sqrt(x), 0)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        (g,) = ag.gradients(z.sum(), x)
    assert g.tolist() == [np.inf, 0.25]


def test_zero_times_infinity_outside_a_where_stays_undefined():
    """A cotangent that happens to be 0 is no branch not taken: sqrt(x)**2 at 0 has slope 1."""
    x = ag.Tensor([0.0], requires_grad=True)
    with pytest.warns(RuntimeWarning, match="invalid value"):
        (g,) = ag.gradients(np.sqrt(x) ** 2, x)
    assert np.isnan(g.item())


def test_where_around_a_guarded_argument_has_gradient_0_on_the_other_side():
    x = np.array([-1.0, 0.0, 2.0])

    def guarded(x):
        inside = x > 0
        return np.where(inside, np.log(np.where(inside, x, 1)), 0)

    np.testing.assert_array_equal(gradient(guarded, x), [0, 0, 0.5])
    np.testing.assert_array_equal(second_gradient(guarded, x, np.ones(3)), [0, 0, -0.25])
