"""Conventions, parameters and errors of the functions that combine elements along axes."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag

NAN, INF = np.nan, np.inf
RNG = np.random.default_rng(0)
X = RNG.uniform(0.5, 2, (3, 4))
MASK = np.array([[1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 1]], bool)


def gradient(f, x, g=None):
    x = ag.Tensor(np.asarray(x, float), requires_grad=True)
    z = f(x)
    (slope,) = ag.gradients(z, x, np.ones(z.shape) if g is None else g)
    return slope.numpy()


# ---------------------------------------------------------------------- ties


def test_an_initial_value_that_attains_the_extremum_takes_its_share():
    np.testing.assert_array_equal(
        gradient(lambda x: np.max(x, initial=2), [1, 2, 2]), [0, 1 / 3, 1 / 3]
    )
    np.testing.assert_array_equal(gradient(lambda x: np.min(x, initial=0), [1, 2, 2]), [0, 0, 0])
    masked = gradient(lambda x: np.max(x, initial=0, where=[True, True, False]), [1, 2, 2])
    np.testing.assert_array_equal(masked, [0, 1, 0])


TIES = np.array([[2.0, 1, 2, 2, 0], [3, 3, 3, 3, 3], [1, 0, 1, 0, 5]])


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize(("q", "extremum"), [(0.0, np.min), (1.0, np.max)])
def test_the_outermost_quantiles_have_the_gradients_of_min_and_max(axis, q, extremum):
    expected = gradient(lambda x: extremum(x, axis=axis), TIES)
    for f in (
        lambda x: np.quantile(x, q, axis=axis),
        lambda x: np.nanquantile(x, q, axis=axis),
        lambda x: np.percentile(x, 100 * q, axis=axis),
    ):
        np.testing.assert_array_equal(gradient(f, TIES), expected)


def test_equal_elements_share_the_gradient_of_an_order_statistic():
    third = 1 / 3
    np.testing.assert_array_equal(gradient(np.median, [1, 2, 2, 2, 3]), [0, third, third, third, 0])
    np.testing.assert_array_equal(gradient(np.median, [2, 1, 2, 3]), [0.5, 0, 0.5, 0])
    np.testing.assert_array_equal(gradient(np.median, [1, 2, 1, 2]), [0.25] * 4)
    np.testing.assert_array_equal(gradient(np.median, [0.0, -0.0, 1]), [0.5, 0.5, 0])
    np.testing.assert_array_equal(gradient(np.median, [-INF, -INF, INF]), [0.5, 0.5, 0])


def test_running_extrema_share_the_gradient_among_those_that_attained_them_so_far():
    x = [1.0, 3.0, 3.0, 2.0, 3.0]
    g = np.array([1.0, 2.0, 4.0, 8.0, 12.0])  # 2, 4/2, 8/2, 12/3 for the first 3
    np.testing.assert_array_equal(gradient(ag.cummax, x, g), [1, 12, 10, 0, 4])
    np.testing.assert_array_equal(gradient(lambda x: ag.cummin(-x), x, g), [-1, -12, -10, 0, -4])
    last = gradient(lambda x: ag.cummax(x, axis=1)[:, -1], TIES)
    np.testing.assert_array_equal(last, gradient(lambda x: np.max(x, axis=1), TIES))


# ---------------------------------------------------------------------- NaN


@pytest.mark.parametrize(
    "f",
    [
        np.max,
        np.median,
        lambda x: np.quantile(x, [0.2, 1.0]),
        lambda x: np.percentile(x, 30, method="lower"),
        lambda x: ag.cummax(x)[1:],
    ],
)
def test_where_the_result_is_nan_the_gradient_is_0(f):
    np.testing.assert_array_equal(gradient(f, [1.0, NAN, 3.0]), [0, 0, 0])


ROWS = np.array([[1.0, NAN, 3.0, 2.0], [NAN] * 4])


@pytest.mark.parametrize(
    ("f", "values", "slopes"),
    [
        (np.nansum, [6, 0], [1, 0, 1, 1]),
        (np.nanprod, [6, 1], [6, 0, 2, 3]),
        (np.fmax.reduce, [3, NAN], [0, 0, 1, 0]),
        (np.fmin.reduce, [1, NAN], [1, 0, 0, 0]),
        (lambda x, axis: np.nancumsum(x, axis)[:, -1], [6, 0], [1, 0, 1, 1]),
        (lambda x, axis: np.nancumprod(x, axis)[:, -1], [6, 1], [6, 0, 2, 3]),
    ],
)
def test_nan_is_passed_over_without_a_word(f, values, slopes):
    np.testing.assert_array_equal(f(ag.tensor(ROWS), axis=1), values)
    np.testing.assert_array_equal(gradient(lambda x: f(x, axis=1), ROWS), [slopes, [0] * 4])


@pytest.mark.parametrize(
    ("f", "value", "slopes"),
    [
        (np.nanmean, 2, [1 / 3, 0, 1 / 3, 1 / 3]),
        (np.nanvar, 2 / 3, [-2 / 3, 0, 2 / 3, 0]),
        (np.nanstd, (2 / 3) ** 0.5, [-1 / 6**0.5, 0, 1 / 6**0.5, 0]),
        (np.nanmax, 3, [0, 0, 1, 0]),
        (np.nanmin, 1, [1, 0, 0, 0]),
        (np.nanmedian, 2, [0, 0, 0, 1]),
        (lambda x, axis: np.nanquantile(x, 0.25, axis), 1.5, [0.5, 0, 0, 0.5]),
    ],
)
def test_a_row_of_nothing_but_nan_is_nan_with_one_warning_and_gradient_0(f, value, slopes):
    x = ag.Tensor(ROWS, requires_grad=True)
    with pytest.warns(RuntimeWarning) as warned:
        z = f(x, axis=1)
    assert len(warned) == 1
    np.testing.assert_allclose(z.detach(), [value, NAN], rtol=1e-15)
    (slope,) = ag.gradients(z, x, np.ones(2))  # no more warnings
    np.testing.assert_allclose(slope, [slopes, [0] * 4], rtol=1e-15, atol=1e-16)


@pytest.mark.parametrize("f", [np.var, np.std])
@pytest.mark.parametrize("x", [[1.0, 3.0], [2.0, 2.0]])
def test_too_few_degrees_of_freedom_give_numpys_value_with_a_warning_and_gradient_0(f, x):
    t = ag.Tensor(x, requires_grad=True)
    with pytest.warns(RuntimeWarning, match="freedom"):
        z = f(t, ddof=2)
    with pytest.warns(RuntimeWarning):
        np.testing.assert_array_equal(z.detach(), f(np.array(x), ddof=2))
    np.testing.assert_array_equal(ag.gradients(z, t)[0], [0, 0])


def test_what_a_mask_leaves_out_may_be_anything():
    x = np.array([1.0, NAN, 2.0, INF])
    where = np.array([True, False, True, False])
    for f, slopes in [
        (np.sum, [1, 0, 1, 0]),
        (np.prod, [2, 0, 1, 0]),
        (np.mean, [0.5, 0, 0.5, 0]),
        (np.var, [-0.5, 0, 0.5, 0]),
        (np.std, [-0.5, 0, 0.5, 0]),
        (lambda x, where: np.max(x, where=where, initial=0), [0, 0, 1, 0]),
    ]:
        np.testing.assert_array_equal(gradient(lambda x, f=f: f(x, where=where), x), slopes)
        np.testing.assert_array_equal(
            gradient(lambda x, f=f: f(x, where=ag.tensor(where)), x), slopes
        )


# ---------------------------------------------------------------------- zeros


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_cumprod_with_zeros_is_right_to_second_order(zeros, axis):
    x = X.copy()
    x[1, :zeros] = 0
    x[:zeros, 0] = 0
    assert ag.gradcheck(lambda x: np.cumprod(x, axis=axis), x)


def test_cumprod_with_zeros_is_exact():
    g = np.array([1.0, 10.0, 100.0])
    np.testing.assert_array_equal(gradient(np.cumprod, [2, 0, 3], g), [1, 620, 0])
    np.testing.assert_array_equal(gradient(np.cumprod, [0, 0, 3], g), [1, 0, 0])


# ---------------------------------------------------------------------- parameters


@pytest.mark.parametrize("f", [np.var, np.std])
def test_a_mean_that_is_known_may_be_given_and_receives_its_own_gradient(f):
    known = lambda x: f(x, axis=1, mean=np.mean(x, axis=1, keepdims=True), ddof=1)
    expected = gradient(lambda x: f(x, axis=1, ddof=1), X)
    np.testing.assert_allclose(gradient(known, X), expected, rtol=1e-14)
    assert ag.gradcheck(lambda x, m: f(x, axis=1, mean=m), [X, np.zeros((3, 1))])


def test_the_methods_of_ufuncs_are_the_functions():
    x = ag.Tensor(X, requires_grad=True)
    for ufunc, function in [
        (np.add, np.sum),
        (np.multiply, np.prod),
        (np.maximum, np.max),
        (np.minimum, np.min),
        (np.fmax, np.nanmax),
        (np.fmin, np.nanmin),
        (np.logaddexp, ag.logsumexp),
    ]:
        for axis in (0, 1, None, (0, 1)):
            z = ufunc.reduce(x, axis, keepdims=True)
            np.testing.assert_allclose(z.detach(), ufunc.reduce(X, axis, keepdims=True), 1e-15)
            np.testing.assert_array_equal(
                gradient(lambda x, f=ufunc.reduce, a=axis: f(x, axis=a), X),
                gradient(lambda x, f=function, a=axis: f(x, axis=a), X),
            )
        np.testing.assert_allclose(ufunc.reduce(x).detach(), ufunc.reduce(X), 1e-15)
    for ufunc, function in [
        (np.add, np.cumsum),
        (np.multiply, np.cumprod),
        (np.maximum, ag.cummax),
        (np.minimum, ag.cummin),
    ]:
        np.testing.assert_array_equal(ufunc.accumulate(x).detach(), ufunc.accumulate(X))
        np.testing.assert_array_equal(
            gradient(lambda x, f=ufunc.accumulate: f(x, axis=1), X),
            gradient(lambda x, f=function: f(x, axis=1), X),
        )
    np.testing.assert_array_equal(np.logical_and.reduce(x > 1), np.logical_and.reduce(X > 1))
    np.testing.assert_array_equal(
        np.add.reduce(x, where=MASK, initial=1.0).detach(),
        np.add.reduce(X, where=MASK, initial=1.0),
    )


@pytest.mark.parametrize("name", ["cumulative_sum", "cumulative_prod"])
def test_the_cumulative_functions_of_the_array_standard(name):
    function = getattr(np, name, None)
    if function is None:
        pytest.skip("this NumPy has none")
    x = ag.Tensor(X, requires_grad=True)
    z = function(x, axis=1, include_initial=True)
    np.testing.assert_array_equal(z.detach(), function(X, axis=1, include_initial=True))
    with pytest.raises(ValueError, match=name + ".*give the axis"):
        function(x)


INTEGERS = np.array([[3, 1, 2], [0, 5, 1]])


@pytest.mark.parametrize(
    "f",
    [
        np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std, np.median, np.ptp, np.average,
        np.nansum, np.nanmean, np.nanprod, np.nanmax, np.nanmin, np.nanvar, np.nanstd,
        np.nanmedian, np.cumsum, np.cumprod, np.nancumsum, np.nancumprod, np.any, np.all,
        np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.count_nonzero,
        lambda x, axis: np.percentile(x, 30, axis=axis),
        lambda x, axis: np.sum(x, axis=axis, dtype=np.int8),
        lambda x, axis: np.mean(x, axis=axis, dtype=int),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, np.float16])
def test_the_dtype_of_the_result_is_numpys(f, dtype):
    x = INTEGERS.astype(dtype)
    z, expected = f(ag.tensor(x), axis=1), f(x, axis=1)
    z = z.numpy() if isinstance(z, ag.Tensor) else z
    assert z.dtype == expected.dtype
    np.testing.assert_allclose(z, expected, rtol=1e-3 if dtype == np.float16 else 1e-6)


def test_an_integer_dtype_ends_the_gradient():
    x = ag.Tensor([1.7, 2.7], requires_grad=True)
    for f in (np.sum, np.prod, np.cumsum, np.cumprod):
        z = f(x, dtype=int)
        assert not z.requires_grad
        np.testing.assert_array_equal(z, f(x.numpy(), dtype=int))


@pytest.mark.parametrize("f", [np.median, np.nanmedian])
def test_the_input_is_never_overwritten(f):
    x = np.array([3.0, 1.0, 2.0])
    assert f(ag.tensor(x, copy=False), overwrite_input=True).item() == 2
    np.testing.assert_array_equal(x, [3, 1, 2])


def test_float32_quantiles_of_many_elements_have_exact_weights():
    x = np.arange(20_000, dtype=np.float32)
    t = ag.Tensor(x, requires_grad=True)
    slope = ag.gradients(np.quantile(t, 0.333), t)[0].numpy()
    np.testing.assert_allclose(slope[6659:6661], [0.333, 0.667], rtol=1e-6)


# ---------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "name",
    [
        "sum", "mean", "prod", "max", "min", "var", "std", "median", "ptp", "average", "nansum",
        "nanmean", "nanprod", "nanmax", "nanmin", "nanvar", "nanstd", "nanmedian", "cumsum",
        "cumprod", "nancumsum", "nancumprod", "cummax", "cummin", "logsumexp", "softmax",
        "log_softmax", "cumulative_sum", "cumulative_prod",
    ],
)  # fmt: skip
def test_a_wrong_axis_is_refused_in_the_name_of_the_function(name):
    function = getattr(np, name, None) or getattr(ag, name)
    with pytest.raises(np.exceptions.AxisError, match=rf"^{name}: .*shape \(3, 4\)"):
        function(ag.tensor(X), axis=9)


@pytest.mark.parametrize("name", ["sum", "mean", "max", "var", "std", "ptp", "nansum", "nanvar"])
def test_a_list_of_axes_is_refused_as_in_numpy(name):
    with pytest.raises(TypeError, match=f"^{name}: 'list' object"):
        getattr(np, name)(ag.tensor(X), axis=[0, 1])


@pytest.mark.parametrize("f", [np.median, np.average, lambda x, axis: np.quantile(x, 0.3, axis)])
def test_a_list_of_axes_is_taken_where_numpy_takes_it(f):
    np.testing.assert_array_equal(
        gradient(lambda x: f(x, axis=[0, 1]), X), gradient(lambda x: f(x, axis=(0, 1)), X)
    )


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda x: np.max(x[:0]), ValueError, "^max: zero-size array .*shape \\(0, 4\\)"),
        (lambda x: np.quantile(x, 1.5), ValueError, "^quantile: .*range .*q=1.5"),
        (lambda x: np.percentile(x, 101), ValueError, "^percentile: .*range .*q=101"),
        (lambda x: np.quantile(x, 0.5, method="mean"), ValueError, "^quantile: 'mean' is not a"),
        (lambda x: np.max(x, where=MASK), ValueError, "^max: .*has to specify 'initial'"),
        (lambda x: np.var(x, ddof=1, correction=1), ValueError, "^var: ddof and correction"),
        (lambda x: x.sum(0, True), TypeError, "^sum: .*'True'.*shape \\(3, 4\\), dtype=True"),
        (lambda x: np.std(x, dtype=int), TypeError, "^std: dtype must be"),
        (lambda x: np.average(x, weights=[1, 2, 3]), TypeError, "^average: .*give the axis"),
        (
            lambda x: np.average(x, 1, [1, 2, 3]),
            ValueError,
            "^average: .*shape \\(3,\\) for axis=1",
        ),
        (lambda x: np.average(x, 0, [1, 0, -1]), ZeroDivisionError, "^average: weights sum to 0"),
        (lambda x: np.quantile(X, x[0, 0] / 4), ag.GradientError, "^quantile: .*`q`.*detach"),
        (lambda x: np.sum(x, initial=x[0, 0]), ag.GradientError, "^sum: .*`initial`.*detach"),
        (lambda x: np.max(x, initial=x[0, 0]), ag.GradientError, "^max: .*`initial`.*detach"),
        (
            lambda x: np.nanquantile(X, 0.5, weights=x, method="inverted_cdf"),
            ag.GradientError,
            "^nanquantile: .*`weights`.*detach",
        ),
    ],
)
def test_what_is_refused_says_so_in_one_sentence(f, error, message):
    with pytest.raises(error, match=message) as caught:
        f(ag.Tensor(X, requires_grad=True))
    assert "\n" not in str(caught.value)


def test_average_adds_small_weights_in_the_wider_dtype():
    weights = np.full(3000, 100.0, np.float16)  # whose sum is beyond float16
    assert np.average(ag.tensor(np.ones(3000)), weights=weights) == 1


def test_an_error_names_the_operation_also_beside_a_dtype():
    with pytest.raises(np.exceptions.AxisError, match="sum: axis 2"):
        np.sum(ag.tensor(np.ones(3), requires_grad=True), axis=2, dtype=np.float32)


def test_where_must_be_booleans():
    x = ag.tensor([1.0, 2.0])
    for function in (np.sum, np.mean, np.max, np.var, np.nanmean, np.nanstd):
        with pytest.raises(TypeError, match=f"{function.__name__}: where must be booleans"):
            function(x, where=np.array([1, 0]))
    assert np.sum(x, where=[True, False], initial=0) == 1


def test_moments_have_the_dtype_that_numpy_gives():
    x = np.array([1.0, 2.0, 4.0], np.float32)
    mean = np.array([2.0])
    for function in (np.var, np.std, np.nanvar, np.nanstd):
        for options in ({"mean": mean}, {"mean": mean, "dtype": "f4"}, {"ddof": np.float64(1)}):
            ours, theirs = function(ag.tensor(x), **options), function(x, **options)
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours.data, theirs, rtol=1e-6)
    whole = ag.tensor(np.array([1, 2], np.int8))
    assert np.average(whole, weights=np.ones(2, np.float32)).dtype == np.float64


def test_a_complex_array_has_the_variance_that_numpy_gives():
    z = np.array([1 + 1j, 2, 3j])
    assert ag.var(z) == np.var(z)
    assert ag.std(z) == np.std(z)


def test_nan_stays_nan_where_no_degree_of_freedom_is_left():
    x = np.array([[1.0, np.nan], [1.0, 2.0]])
    with pytest.warns(RuntimeWarning, match="degrees of freedom"):
        np.testing.assert_array_equal(np.var(ag.tensor(x), axis=0, ddof=5).data, [np.nan, np.nan])


def test_a_sum_along_the_only_axis_of_a_number():
    assert ag.cumulative_sum(ag.tensor(2.0), include_initial=True).tolist() == [0, 2]
    with pytest.raises(TypeError, match="nanmean: dtype"):
        np.nanmean(ag.tensor([1.5]), dtype=int)
    with pytest.raises(ValueError, match="softmax: "):
        ag.softmax(ag.tensor([1.0]), axis=10**20)


@pytest.mark.parametrize("axis", [(0, 1), [0, 1], np.array([0, 1]), ()])
def test_the_axes_of_a_median_may_be_in_anything(axis):
    x = np.array([[1.0, 3.0], [2.0, 5.0]])
    for function in (np.median, np.nanmedian, lambda x, axis: np.nanpercentile(x, 50, axis)):
        t = ag.tensor(x, requires_grad=True)
        z = function(t, axis=axis)
        np.testing.assert_array_equal(z.detach(), function(x, axis=axis))
        z.sum().backward()
        assert t.grad.sum() == z.size


def test_complex_deviations_are_not_cut_to_their_real_parts():
    x = np.array([1j, 2.0, np.nan])
    assert ag.nanvar(x) == np.nanvar(x) == 1.25
    assert ag.nanstd(x) == np.nanstd(x)


def test_the_mean_of_integers_with_weights_of_few_digits_has_all_digits():
    x, weights = np.array([1, 1, 1]), np.array([0.1, 0.2, 0.7], "float32")
    assert ag.average(x, weights=weights) == np.average(x, weights=weights)
