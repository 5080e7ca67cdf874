"""The distributions: SciPy's values, inside and outside of the support, and their derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from test_conventions import gradient

import autograd as ag
from autograd.scipy import stats

# Parameters of each (SciPy's order), and of which of them the probabilities have no derivative.
CONTINUOUS = {
    "norm": ((), ()),
    "t": ((3.5,), (0,)),
    "beta": ((2.5, 1.5), (0, 1)),
    "gamma": ((2.5,), (0,)),
    "chi2": ((3.0,), (0,)),
    "expon": ((), ()),
    "uniform": ((), ()),
    "laplace": ((), ()),
    "logistic": ((), ()),
    "lognorm": ((0.7,), ()),
    "cauchy": ((), ()),
}
DISCRETE = {"poisson": (2.5,), "binom": (4, 0.3), "bernoulli": (0.3,)}
VECTORS = ("multivariate_normal", "dirichlet")
DENSITIES, PROBABILITIES = ("pdf", "logpdf"), ("cdf", "sf", "logcdf", "logsf")
MASSES = ("pmf", "logpmf")

X = np.array([-1.5, 0.0, 0.3, 0.5, 1.0, 2.0, 7.0, np.inf, -np.inf, np.nan])
INSIDE = np.array([0.7, 1.2, 1.45])
K = np.array([-1, 0, 1, 2, 4, 5])


def scipys(name, method, *args, **kwargs):
    with np.errstate(all="ignore"):
        return getattr(getattr(scipy.stats, name), method)(*args, **kwargs)


def ours(name, method):
    return getattr(getattr(stats, name), method)


# ---------------------------------------------------------------------- of one real variable


@pytest.mark.parametrize("method", DENSITIES + PROBABILITIES)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_values_are_scipys_everywhere(name, method):
    parameters, _ = CONTINUOUS[name]
    for x in (X, X[3:5], X[2]):
        for moved in ({}, {"loc": 0.25}, {"loc": np.array(-0.5), "scale": 2.0}, {"scale": -1.0}):
            expected = np.asarray(scipys(name, method, x, *parameters, **moved))
            if (
                name in ("gamma", "chi2")
                and method in DENSITIES
                and not np.any(moved.get("scale") == -1)
            ):
                expected = np.where(
                    x == np.inf, ours(name, method)(0.0, 5.0, loc=1), expected
                )  # SciPy: NaN
            actual = ours(name, method)(x, *parameters, **moved)
            np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-300)
            assert isinstance(actual, (np.ndarray, np.generic))


@pytest.mark.parametrize("method", DENSITIES + PROBABILITIES)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_gradients_agree_with_finite_differences_to_second_order_where_there_are_any(name, method):
    parameters, without = CONTINUOUS[name]
    arguments = [INSIDE, *map(np.array, parameters), np.array(0.6), np.array(1.3)]
    fixed = {1 + k for k in without} if method in PROBABILITIES else set()

    def f(*given):
        given = iter(given)
        return ours(name, method)(
            *(a if k in fixed else next(given) for k, a in enumerate(arguments))
        )

    assert ag.gradcheck(f, [a for k, a in enumerate(arguments) if k not in fixed])
    for k in fixed:
        with pytest.raises(ag.GradientError, match="has no derivative"):
            ours(name, method)(
                *(ag.Tensor(a, requires_grad=j == k) for j, a in enumerate(arguments))
            )


@pytest.mark.parametrize("method", DENSITIES + PROBABILITIES)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_outside_the_support_gradients_are_0(name, method):
    """And where a parameter is none: the value is NaN there."""
    parameters, _ = CONTINUOUS[name]
    for moved in ({"loc": 0.1, "scale": 1.5}, {"scale": 0.0}):
        outside = np.isinf(X) | np.isnan(X) | (moved["scale"] == 0)
        lower, upper = getattr(scipy.stats, name).support(*parameters, **{**moved, "scale": 1.5})
        outside |= (lower > X) | (upper < X)
        slopes = gradient(lambda x, moved=moved: ours(name, method)(x, *parameters, **moved), X)
        np.testing.assert_array_equal(slopes[outside], 0)
        assert np.isfinite(slopes).all()


@pytest.mark.parametrize("name", CONTINUOUS)
def test_entropy_is_scipys_and_differentiable(name):
    parameters, _ = CONTINUOUS[name]
    arguments = [*map(np.array, parameters), np.array([0.1, 0.2]), np.array(1.3)]
    np.testing.assert_allclose(
        ours(name, "entropy")(*arguments), scipys(name, "entropy", *arguments), rtol=1e-10
    )
    assert ag.gradcheck(ours(name, "entropy"), arguments)
    assert np.isnan(ours(name, "entropy")(*parameters, scale=-1.0))


@pytest.mark.parametrize("name", CONTINUOUS)
def test_float32_stays_float32(name):
    parameters, _ = CONTINUOUS[name]
    for method in DENSITIES + PROBABILITIES:
        x = INSIDE.astype(np.float32)
        z = ours(name, method)(x, *parameters, loc=0.5, scale=2)
        assert z.dtype == np.float32
        np.testing.assert_allclose(
            z, ours(name, method)(INSIDE, *parameters, loc=0.5, scale=2), rtol=2e-5
        )
        assert ours(name, method)(np.append(x, np.float32(-9)), *parameters).dtype == np.float32
        slopes = gradient(lambda x, method=method: ours(name, method)(x, *parameters), x)
        assert slopes.dtype == np.float32


def test_arguments_broadcast_and_may_be_lists_integers_and_keywords():
    expected = scipys("gamma", "logpdf", [[1], [2]], a=[1, 2, 3], scale=2)
    np.testing.assert_allclose(
        stats.gamma.logpdf([[1], [2]], a=[1, 2, 3], scale=2), expected, rtol=1e-14
    )
    z = stats.norm.logpdf(ag.tensor([1, 2]), loc=ag.tensor([[0.5], [1.0]], requires_grad=True))
    assert z.shape == (2, 2)
    assert z.dtype == np.float64


@pytest.mark.parametrize("x", [-30.0, 30.0])
def test_logarithms_of_tails_keep_their_digits(x):
    for name in ("norm", "logistic", "laplace"):
        for method in ("logcdf", "logsf"):
            np.testing.assert_allclose(ours(name, method)(x), scipys(name, method, x), rtol=1e-14)
    np.testing.assert_allclose(gradient(stats.norm.logcdf, [-1e5]), 1e5, rtol=1e-9)


def test_kinks_have_the_slope_in_the_middle():
    np.testing.assert_array_equal(gradient(stats.laplace.logpdf, [0.0]), 0)
    np.testing.assert_array_equal(gradient(stats.laplace.cdf, [0.0]), 0.5)


def test_arguments_that_do_not_fit_are_named():
    with pytest.raises(
        TypeError, match=r"gamma\.pdf: missing a required argument: 'a'; .*\(x, a, loc=0"
    ):
        stats.gamma.pdf(1.0)
    with pytest.raises(TypeError, match=r"norm\.cdf: got an unexpected keyword argument 'sigma'"):
        stats.norm.cdf(1.0, sigma=2.0)


# ---------------------------------------------------------------------- of integers


@pytest.mark.parametrize("method", MASSES + PROBABILITIES)
@pytest.mark.parametrize("name", DISCRETE)
def test_values_of_integers_are_scipys_everywhere(name, method):
    parameters = DISCRETE[name]
    for k in (K, K[2], np.array([0.5, 1.0, np.nan, -np.inf])):
        for loc in (0, 1):
            actual = ours(name, method)(k, *parameters, loc=loc)
            np.testing.assert_allclose(
                actual, scipys(name, method, k, *parameters, loc=loc), rtol=1e-12
            )
    assert np.isnan(ours(name, method)(1, *parameters[:-1], -0.5))


@pytest.mark.parametrize("method", MASSES + PROBABILITIES)
@pytest.mark.parametrize("name", DISCRETE)
def test_gradients_with_respect_to_probabilities_agree_with_finite_differences(name, method):
    *counts, p = DISCRETE[name]
    k = K[1:3] if method in MASSES else np.array([0, 0.5])
    if name == "bernoulli" and method in PROBABILITIES:
        k = k * 0
    p = np.array([p, 0.6])
    assert ag.gradcheck(lambda p: ours(name, method)(k, *counts, p), [p])
    slopes = gradient(lambda p: ours(name, method)(np.array([-1, 9]), *counts, p), p)
    if name != "poisson":
        np.testing.assert_array_equal(slopes, [0, 0])
    assert slopes[0] == 0


def test_counts_are_data():
    for arguments in [
        (ag.Tensor([1.0], requires_grad=True), 4, 0.5),
        (1, ag.Tensor(4.0, requires_grad=True), 0.5),
    ]:
        with pytest.raises(TypeError, match=r"binom\.logpmf: [kn] counts"):
            stats.binom.logpmf(*arguments)


def test_the_edges_of_probability_have_their_slopes():
    np.testing.assert_array_equal(gradient(lambda p: stats.bernoulli.pmf(0, p), [0.0]), [-1])
    np.testing.assert_array_equal(gradient(lambda mu: stats.poisson.logpmf(0, mu), [0.0]), [-1])


# ---------------------------------------------------------------------- of vectors

A = np.array([[1.2, 0.3, 0.1], [0.0, 0.9, -0.4], [0.2, 0.0, 1.5]])
COVARIANCE = A @ A.T
MEAN = np.array([0.5, -0.2, 0.1])
POINTS = np.random.default_rng(0).standard_normal((4, 3))


@pytest.mark.parametrize("method", ["pdf", "logpdf"])
def test_the_normal_density_of_vectors_is_scipys(method):
    f, g = (
        getattr(stats.multivariate_normal, method),
        getattr(scipy.stats.multivariate_normal, method),
    )
    for arguments in [
        (POINTS, MEAN, COVARIANCE),
        (POINTS[0], MEAN, COVARIANCE),
        (POINTS[None], MEAN, COVARIANCE),
        (POINTS, None, COVARIANCE),
        (POINTS, MEAN),
        (POINTS, MEAN, 2.0),
        (POINTS, MEAN, [1.0, 2.0, 3.0]),
        (0.3, 0.5, 2.0),
        (POINTS[0],),
    ]:
        expected = g(*arguments)
        actual = f(*arguments)
        assert np.shape(actual) == np.shape(expected)
        np.testing.assert_allclose(actual, expected, rtol=1e-12)


@pytest.mark.parametrize("method", ["pdf", "logpdf"])
def test_gradients_of_the_normal_density_of_vectors(method):
    f = getattr(stats.multivariate_normal, method)
    assert ag.gradcheck(f, [POINTS, MEAN, COVARIANCE])
    assert ag.gradcheck(lambda x, v: f(x, MEAN, v), [POINTS[0], np.array([0.5, 1.0, 2.0])])
    assert ag.gradcheck(lambda v: f(POINTS, MEAN, v), [np.array(1.5)])


def test_the_gradient_with_respect_to_a_covariance_is_symmetric():
    slope = gradient(lambda c: stats.multivariate_normal.logpdf(POINTS, MEAN, c), COVARIANCE)
    np.testing.assert_allclose(slope, slope.T, rtol=1e-12)
    whitened = np.linalg.solve(COVARIANCE, (POINTS - MEAN).T)
    expected = 0.5 * (whitened @ whitened.T - 4 * np.linalg.inv(COVARIANCE))
    np.testing.assert_allclose(slope, expected, rtol=1e-10)


def test_the_entropy_of_normal_vectors():
    f = stats.multivariate_normal.entropy
    expected = scipy.stats.multivariate_normal.entropy(MEAN, COVARIANCE)
    np.testing.assert_allclose(f(MEAN, COVARIANCE), expected, rtol=1e-13)
    assert ag.gradcheck(lambda c: f(cov=c), [COVARIANCE])


def test_covariances_that_are_none_are_refused():
    f = stats.multivariate_normal.logpdf
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        f(POINTS, MEAN, np.diag([1.0, -1.0, 1.0]))
    with pytest.raises(ValueError, match=r"shape \(3,\) and a covariance of shape \(2, 2\)"):
        f(POINTS, MEAN, np.eye(2))
    with pytest.raises(ValueError, match=r"x must end in .* received shape \(1, 2\)"):
        f(np.zeros(2), MEAN, COVARIANCE)
    with pytest.raises(ValueError, match="allow_singular"):
        f(POINTS, MEAN, COVARIANCE, allow_singular=True)


ALPHA = np.array([0.7, 1.0, 2.5])
PARTS = np.array([[0.2, 0.5], [0.3, 0.1], [0.5, 0.4]])


@pytest.mark.parametrize("method", ["pdf", "logpdf"])
def test_the_dirichlet_density_is_scipys_and_differentiable(method):
    f, g = getattr(stats.dirichlet, method), getattr(scipy.stats.dirichlet, method)
    for x in (PARTS, PARTS[:, 0], PARTS[:2], PARTS[:2, 0]):
        np.testing.assert_allclose(f(x, ALPHA), g(x, ALPHA), rtol=1e-13)
        assert ag.gradcheck(lambda alpha, x=x: f(x, alpha), [ALPHA])
    assert ag.gradcheck(f, [PARTS[:2], ALPHA])
    slope = gradient(lambda x: stats.dirichlet.logpdf(x, ALPHA), PARTS[:, 0])
    np.testing.assert_allclose(slope, (ALPHA - 1) / PARTS[:, 0], rtol=1e-14)


def test_the_entropy_of_dirichlet():
    np.testing.assert_allclose(
        stats.dirichlet.entropy(ALPHA), scipy.stats.dirichlet.entropy(ALPHA), rtol=1e-13
    )
    assert ag.gradcheck(stats.dirichlet.entropy, [ALPHA])


@pytest.mark.parametrize(
    ("x", "alpha"),
    [
        (np.array([0.5, 0.6, 0.1]), ALPHA),
        (np.array([0.0, 0.5, 0.5]), ALPHA),
        (np.array([0.5, 0.5, 0.0, 0.0, 0.0]), ALPHA),
        (PARTS, -ALPHA),
        (PARTS, 2.0),
    ],
)
def test_what_is_no_composition_is_refused(x, alpha):
    with pytest.raises(ValueError, match=r"dirichlet: .*shape"):
        stats.dirichlet.logpdf(x, alpha)


def test_other_distributions_are_scipys_own():
    assert stats.skewnorm is scipy.stats.skewnorm
