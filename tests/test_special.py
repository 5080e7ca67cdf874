"""Special functions: where they come from, far from 0, at their edges, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import scipy.special as sp
from cases.special import CASES
from test_conventions import gradient, second_gradient

import autograd as ag
from autograd import special


def run(code):
    """In a new process, where nothing is imported yet."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# ---------------------------------------------------------------------- where they come from


def test_every_function_has_a_case():
    called = {case.op.removeprefix("special.") for case in CASES}
    assert set(special.__all__) - called == {"digamma"}  # which is psi
    assert special.digamma is special.psi


def test_functions_of_scipy_take_tensors_without_an_import_of_ours():
    code = (
        "import sys, numpy as np, scipy.special as sp, autograd as ag;"
        "x = ag.tensor([0.5, 1.0], requires_grad=True);"
        "assert 'autograd.special' not in sys.modules;"
        "sp.xlogy(2.0, sp.erf(x)).sum().backward(); print(x.grad.tolist())"
    )
    x = np.array([0.5, 1.0])
    expected = 2 / sp.erf(x) * 2 / np.sqrt(np.pi) * np.exp(-x * x)
    np.testing.assert_allclose(eval(run(code)), expected, rtol=1e-14)


def test_without_scipy_the_engine_works_and_says_what_is_missing():
    code = (
        "import sys; sys.modules['scipy'] = None\n"
        "import numpy as np, autograd as ag\n"
        "x = ag.tensor([0.0], requires_grad=True); z = np.i0(x); print(z.tolist())\n"
        "for f in (lambda: ag.special, lambda: z.sum().backward()):\n"
        "    try: f()\n"
        "    except ImportError as error: print('pip install scipy' in str(error))"
    )
    assert run(code).split() == ["[1.0]", "True", "True"]


@pytest.mark.parametrize("name", ["kolmogorov", "comb", "logsumexp", "multigammaln", "lambertw"])
def test_what_has_no_rule_is_refused_by_scipys_own_functions(name):
    x = ag.Tensor([3.0, 4.0], requires_grad=True)
    with pytest.raises(TypeError, match="gradient"):
        getattr(sp, name)(x, *([2] if name in ("comb", "multigammaln") else []))


def test_the_path_of_hips_autograd_has_ours_and_passes_the_rest_on():
    from autograd.scipy import linalg, special as theirs

    assert theirs.erf is special.erf
    assert theirs.comb(4, 2) == 6
    assert linalg.hilbert(2).shape == (2, 2)
    assert sp.struve is theirs.struve


# ---------------------------------------------------------------------- what is refused

X = np.array([0.3, 0.6])


@pytest.mark.parametrize(
    ("name", "arguments", "place", "parameter"),
    [
        ("jv", (0.5, X), 0, "v"),
        ("yn", (1, X), 0, "n"),
        ("kv", (0.5, X), 0, "v"),
        ("polygamma", (1, X), 0, "n"),
        ("zeta", (2.0, X), 0, "x"),
        ("zeta", (2.0,), 0, "x"),
        ("gammainc", (0.5, X), 0, "a"),
        ("betainc", (0.5, 1.5, X), 1, "b"),
        ("stdtr", (3.0, X), 0, "df"),
        ("hyp2f1", (0.5, 1.5, 2.0, X), 2, "c"),
    ],
)
def test_parameters_without_a_rule_are_never_silent(name, arguments, place, parameter):
    arguments = list(arguments)
    arguments[place] = ag.Tensor(float(arguments[place]), requires_grad=True)
    with pytest.raises(ag.GradientError, match=rf"{name}: .*`{parameter}`.*detach"):
        getattr(special, name)(*arguments)
    arguments[place] = arguments[place].detach()
    assert not getattr(special, name)(*arguments).requires_grad


def test_multigammaln_says_what_it_takes():
    with pytest.raises(ValueError, match=r"multigammaln: .* received d=0 and x of shape \(2,\)"):
        special.multigammaln(X, 0)
    with pytest.raises(ValueError, match="multigammaln"):
        special.multigammaln(ag.Tensor([0.4]), 2)


# ---------------------------------------------------------------------- chains, and precision


@pytest.mark.parametrize(
    "function",
    [
        special.gammaln,
        special.rgamma,
        special.erfcx,
        special.j0,
        special.i1e,
        special.k1,
        special.exprel,
        special.log_ndtr,
        lambda x: special.expn(1, x),
        lambda x: special.gammainc(2.5, x),
        lambda x: special.boxcox(x, x),
        lambda x: special.inv_boxcox(x, x),
    ],
)
def test_derivatives_go_on_to_third_order(function):
    assert ag.gradcheck(function, [np.array([0.4, 1.3])], order=3)


def test_polygamma_keeps_float32():
    x = np.array([0.5, 2.0], np.float32)
    assert special.polygamma(2, x).dtype == np.float32
    np.testing.assert_allclose(special.polygamma(2, x), sp.polygamma(2, x), rtol=1e-6)


def test_integer_arguments_are_constants():
    np.testing.assert_array_equal(
        special.gammaln(ag.tensor([1, 2, 3])).numpy(), sp.gammaln([1, 2, 3])
    )
    np.testing.assert_array_equal(special.erf([0.5, 1.0]), sp.erf([0.5, 1.0]))


# ---------------------------------------------------------------------- far from 0


def test_log_ndtr_has_its_slope_and_curvature_far_on_both_sides():
    x = np.array([-1e8, -1e4, -40.0, 40.0, 1e4])
    slopes, curvatures = (
        gradient(special.log_ndtr, x),
        second_gradient(special.log_ndtr, x, np.ones(5)),
    )
    # Of -log(-x) - x^2/2 + ..., from the expansion of the Mills ratio
    np.testing.assert_allclose(slopes[:2], -x[:2] - 1 / x[:2], rtol=1e-14)
    np.testing.assert_allclose(curvatures[:2], -1 + 1 / x[:2] ** 2, rtol=1e-12)
    np.testing.assert_allclose(curvatures[2], -1 + 1 / 40**2 - 6 / 40**4, rtol=1e-7)
    np.testing.assert_allclose(slopes[3:], [np.exp(-800) / np.sqrt(2 * np.pi), 0], rtol=1e-12)
    assert np.isfinite(curvatures).all()


def test_erfcx_and_dawsn_have_their_slopes_where_the_plain_formula_cancels():
    x = np.array([1e3, 1e6, 1e8])
    leading = -1 / (x * x)
    np.testing.assert_allclose(
        gradient(special.erfcx, x), leading / np.sqrt(np.pi) * (1 - 1.5 / x**2), rtol=1e-11
    )
    np.testing.assert_allclose(
        gradient(special.dawsn, -x), leading / 2 * (1 + 1.5 / x**2), rtol=1e-11
    )
    np.testing.assert_allclose(
        second_gradient(special.erfcx, x, np.ones(3)) * x**3, 2 / np.sqrt(np.pi), rtol=1e-5
    )


@pytest.mark.parametrize("function", [special.erfcx, special.dawsn, special.log_ndtr])
def test_the_formulas_meet_where_they_change(function):
    for border in (20.0, -20.0, 0.0):
        below, above = gradient(function, np.nextafter(border, [-np.inf, np.inf]))
        np.testing.assert_allclose(below, above, rtol=1e-11)


def test_logistic_functions_keep_their_digits_where_they_are_flat():
    x = np.array([-700.0, -40.0, 40.0, 700.0])
    np.testing.assert_allclose(gradient(special.expit, x), np.exp(-abs(x)), rtol=1e-13)
    np.testing.assert_allclose(
        gradient(special.log_expit, x), [1, 1, np.exp(-40), np.exp(-700)], rtol=1e-13
    )
    p = np.array([1e-300, 1e-10, 1 - 1e-10])
    np.testing.assert_allclose(gradient(special.logit, p), 1 / (p * (1 - p)), rtol=1e-15)


def test_gamma_and_its_relatives_reflect_at_negative_numbers():
    x = np.array([-0.5, -3.3, -7.9])
    cotangent = np.pi / np.tan(np.pi * x)
    np.testing.assert_allclose(gradient(special.gammaln, x), sp.psi(1 - x) - cotangent, rtol=1e-13)
    np.testing.assert_allclose(
        gradient(special.gamma, x), sp.gamma(x) * (sp.psi(1 - x) - cotangent), rtol=1e-13
    )
    np.testing.assert_allclose(
        gradient(special.psi, x),
        (np.pi / np.sin(np.pi * x)) ** 2 - sp.polygamma(1, 1 - x),
        rtol=1e-12,
    )


def test_the_reciprocal_of_gamma_has_its_slopes_at_the_poles():
    n = np.arange(5)
    np.testing.assert_allclose(
        gradient(special.rgamma, -n.astype(float)), (-1.0) ** n * sp.factorial(n), rtol=1e-13
    )


# ---------------------------------------------------------------------- edges and zeros


@pytest.mark.parametrize(
    ("function", "edge"), [(special.xlogy, 0.0), (special.xlog1py, -1.0), (special.rel_entr, 0.0)]
)
def test_nothing_times_the_logarithm_of_nothing_is_0_and_so_is_its_slope(function, edge):
    y = np.array([edge, edge + 0.5])
    zeros = np.zeros(2)
    np.testing.assert_array_equal(function(zeros, y), zeros)
    np.testing.assert_array_equal(gradient(lambda y: function(zeros, y), y), zeros)
    np.testing.assert_array_equal(
        second_gradient(lambda y: function(zeros, y), y, [1.0, 1.0]), zeros
    )


def test_kl_div_from_nothing_grows_with_its_second_argument():
    np.testing.assert_array_equal(
        gradient(lambda y: special.kl_div(np.zeros(2), y), [0.0, 0.5]), [1, 1]
    )


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (special.entr, np.inf),
        (lambda x: special.xlogy(x, 0.0), -np.inf),
        (lambda x: special.rel_entr(x, 0.5), -np.inf),
        (special.logit, np.inf),
    ],
)
def test_an_infinite_slope_is_infinite_and_not_silent(function, slope):
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert gradient(function, [0.0]) == slope


def test_the_scaled_bessel_functions_have_slope_0_at_their_kink():
    np.testing.assert_array_equal(gradient(special.i0e, [0.0, -0.0]), [0, 0])


def test_huber_has_the_slopes_of_both_its_parts_where_they_meet():
    delta, r = np.array([1.0, 1.0, 1.0]), np.array([-1.0, 0.0, 1.0])
    np.testing.assert_array_equal(gradient(lambda r: special.huber(delta, r), r), r)
    np.testing.assert_array_equal(gradient(lambda d: special.huber(d, r), delta), [0, 0, 0])


def test_pseudo_huber_has_its_slopes_where_delta_is_0():
    delta, r = np.array([0.0, 0.0, 0.0, 1e-200]), np.array([-2.0, 0.0, 3.0, 1.0])
    slope = gradient(lambda r: special.pseudo_huber(delta, r), r)
    np.testing.assert_allclose(slope, [0, 0, 0, 1e-200], rtol=1e-14)
    np.testing.assert_allclose(gradient(lambda d: special.pseudo_huber(d, r), delta), abs(r))


def test_power_laws_of_0_have_their_slope():
    y = np.array([0.5, 1.0, 2.0])  # of -1 / y
    np.testing.assert_allclose(gradient(lambda y: special.boxcox(0.0, y), y), 1 / y**2)
    np.testing.assert_allclose(gradient(lambda y: special.boxcox1p(-1.0, y), y), 1 / y**2)


@pytest.mark.filterwarnings("ignore:floating point number truncated")
@pytest.mark.parametrize("function", [special.yn, special.expn])
def test_of_an_order_that_is_no_integer_scipy_takes_the_whole_part(function):
    x = np.array([0.7, 1.9])
    for order in (0.4, 1.6):
        slope = gradient(lambda x, order=order: function(order, x), x)
        np.testing.assert_array_equal(
            slope, gradient(lambda x, order=order: function(int(order), x), x)
        )


def test_power_laws_are_smooth_where_they_turn_into_logarithms():
    tiny = np.array([-1e-9, 0.0, 1e-9])
    log = np.log(2.5)
    np.testing.assert_allclose(
        gradient(lambda y: special.boxcox(2.5, y), tiny), log**2 / 2, rtol=1e-8
    )
    np.testing.assert_allclose(
        gradient(lambda y: special.inv_boxcox(0.5, y), tiny), -np.exp(0.5) * 0.125, rtol=1e-8
    )
    np.testing.assert_allclose(second_gradient(special.exprel, tiny, np.ones(3)), 1 / 3, rtol=1e-8)


# ---------------------------------------------------------------------- logsumexp


def test_weights_of_logsumexp_receive_their_gradient_even_at_0():
    x, b = np.array([1.0, 2.0, 0.5]), np.array([2.0, 0.0, 1.0])
    expected = np.exp(x) / np.sum(b * np.exp(x))
    np.testing.assert_allclose(
        gradient(lambda b: special.logsumexp(x, b=b), b), expected, rtol=1e-14
    )
    assert ag.gradcheck(lambda x, b: special.logsumexp(x, b=b), [x, b])


def test_elements_of_no_weight_do_not_count_whatever_they_are():
    x, b = np.array([1e4, 0.0, np.inf, -np.inf]), np.array([0.0, 2.0, 0.0, 1.0])
    np.testing.assert_allclose(special.logsumexp(x, b=b), np.log(2), rtol=1e-15)
    np.testing.assert_array_equal(gradient(lambda x: special.logsumexp(x, b=b), x), [0, 1, 0, 0])


@pytest.mark.parametrize("b", [None, np.array([1.0, 2.0])])
def test_the_logsumexp_of_nothing_is_minus_infinity_with_gradient_0(b):
    x = np.array([[-np.inf, -np.inf], [0.0, 0.0]])
    np.testing.assert_array_equal(special.logsumexp(x, axis=1, b=b)[0], -np.inf)
    slopes = gradient(lambda x: special.logsumexp(x, axis=1, b=b), x)
    np.testing.assert_array_equal(slopes[0], [0, 0])
    size, sign = special.logsumexp(x, axis=1, b=b, return_sign=True)
    expected = sp.logsumexp(x, axis=1, b=b, return_sign=True)
    np.testing.assert_allclose(size, expected[0], rtol=1e-15)
    np.testing.assert_array_equal(sign, expected[1])


def test_the_logarithm_of_a_negative_sum_is_nan_and_not_silent():
    with pytest.warns(RuntimeWarning, match="invalid value"):
        assert np.isnan(special.logsumexp(np.zeros(2), b=np.array([1.0, -2.0])))
    size, sign = special.logsumexp(np.zeros(2), b=np.array([1.0, -2.0]), return_sign=True)
    assert (size, sign) == (0, -1)


def test_logsumexp_of_weights_keeps_float32():
    x = np.array([1.0, 2.0], np.float32)
    assert special.logsumexp(x, b=x).dtype == np.float32
    assert (
        gradient(lambda x: special.logsumexp(x, b=np.array([1, 2], np.float32)), x).dtype
        == np.float32
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64, np.int8, bool])
def test_an_order_or_shape_of_few_bits_does_not_wrap_around(dtype):
    x, y = np.array([0.6, 1.7]), np.array([-0.55, 0.4])
    ones = np.array([1, 1], dtype)
    for function in (special.jv, special.iv, special.kv, special.yv, special.ive, special.kve):
        for v in (ones, ones - ones if dtype is not bool else ~ones):
            np.testing.assert_allclose(
                gradient(lambda t, f=function, v=v: f(v, t), x),
                gradient(lambda t, f=function, v=v: f(v.astype(float), t), x),
            )
    np.testing.assert_array_equal(gradient(lambda t: special.huber(ones, t), y), y)
    assert gradient(lambda t: special.boxcox(t, ones * dtype(0)), x) == pytest.approx(1 / x)


def test_the_slope_of_exprel_far_out():
    x = np.array([-np.inf, -1e5, -30.0, -1.0, -1e-9, 0.0, 1.0, 30.0, 1e5, np.inf])
    expected = [0, 1e-10, 1 / 900, 1 - 2 / np.e, 0.5, 0.5, 1, np.exp(30) * 29 / 900, np.inf, np.inf]
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(gradient(special.exprel, x), expected, rtol=1e-8)
        far = gradient(lambda y: special.boxcox(2.0, y), np.array([-1e300, 1e300]))
    assert far.tolist() == [0.0, np.inf]  # SciPy's 1F1 does not come back from there


def test_complex_numbers_are_refused_also_in_plain_arrays():
    for function in (special.softmax, special.log_softmax, special.logsumexp):
        with pytest.raises(TypeError, match=f"{function.__name__}: takes real numbers"):
            function(np.array([1 + 1j]))
