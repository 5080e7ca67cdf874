r"""The special functions of SciPy, differentiable: ``autograd.special.erf``, ``.gammaln``, ...

Each has the name and the parameters that it has in ``scipy.special``, where its values come from;
``scipy.special.erf(tensor)`` is the same as ``autograd.special.erf(tensor)``. (Of those that are
no ufuncs, such as ``logsumexp``, only the latter works.) The derivatives are those of the
NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov, unless stated otherwise.

A parameter whose derivative has no closed form, such as the order of a Bessel function, is refused
if it requires a gradient.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import functions
from autograd.dispatch import overrides
from autograd.ops import elementwise
from autograd.primitive import Operation, primitive
from autograd.tensor import Tensor

try:
    import scipy.special as sp
except ImportError as error:  # pragma: no cover
    raise ImportError(
        "autograd.special: its values come from SciPy, which is not installed; "
        "`pip install scipy` (the engine itself does without)."
    ) from error

__all__ = [
    "beta",
    "betainc",
    "betaincc",
    "betaincinv",
    "betaln",
    "boxcox",
    "boxcox1p",
    "cbrt",
    "cosm1",
    "dawsn",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfi",
    "erfinv",
    "exp1",
    "exp2",
    "exp10",
    "expi",
    "expit",
    "expm1",
    "expn",
    "exprel",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammainccinv",
    "gammaincinv",
    "gammaln",
    "gammasgn",
    "huber",
    "hyp0f1",
    "hyp1f1",
    "hyp2f1",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "inv_boxcox",
    "inv_boxcox1p",
    "iv",
    "ive",
    "j0",
    "j1",
    "jn",
    "jv",
    "k0",
    "k0e",
    "k1",
    "k1e",
    "kl_div",
    "kv",
    "kve",
    "log1p",
    "log_expit",
    "log_ndtr",
    "log_softmax",
    "loggamma",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "ndtri",
    "poch",
    "polygamma",
    "pseudo_huber",
    "psi",
    "rel_entr",
    "rgamma",
    "softmax",
    "stdtr",
    "xlog1py",
    "xlogy",
    "y0",
    "y1",
    "yn",
    "yv",
    "zeta",
]

ROOT_PI = math.sqrt(math.pi)
ROOT_2PI = math.sqrt(2 * math.pi)
ROOT_2 = math.sqrt(2)


def _declare(ufunc: Any, forward: Any = None, **rules: Any) -> Operation:
    """The primitive of a function of SciPy, under its name."""
    name = ufunc.__name__
    operands = ", ".join(f"{{{x}}}" for x in rules)
    tex = rf"\operatorname{{{{{name}}}}}({operands})".replace("_", r"\_")
    implements = [ufunc] if isinstance(ufunc, np.ufunc) else []
    forward = forward or ufunc
    return primitive(forward, name=name, tex=tex, implements=implements, elementwise=True, **rules)


# In the rules, a 1 of the dtype of g makes what is not differentiated as exact as the result: it
# may have fewer digits, or be unsigned, of which 0 - 1 is a large number.

# ---------------------------------------------------------------------- the functions of NumPy

# SciPy has these too, as ufuncs of its own.
cbrt = overrides(sp.cbrt)(elementwise.cbrt)
exp2 = overrides(sp.exp2)(elementwise.exp2)
expm1 = overrides(sp.expm1)(elementwise.expm1)
log1p = overrides(sp.log1p)(elementwise.log1p)

# ---------------------------------------------------------------------- logistic functions

expit: Operation = _declare(sp.expit, x=lambda g, z, x: g * z * expit(-x))
logit = _declare(sp.logit, x=lambda g, x: g / (x * (1 - x)))
log_expit = _declare(sp.log_expit, x=lambda g, x: g * expit(-x))

# ---------------------------------------------------------------------- error functions


def _series(x: Any, sign: float) -> Any:
    r""":math:`u (1 + 3 s u + 3 \cdot 5\, u^2 + \dots)` of u = 1 / (2 x^2) and sign s, |x| > 20.

    The derivatives of erfcx and dawsn are differences of nearly equal numbers there; these are
    the terms in which they differ (the asymptotic series of DLMF 7.12.1, to double precision).
    """
    u = 0.5 / (x * x)
    total = 1.0
    for k in (17, 15, 13, 11, 9, 7, 5, 3):
        total = 1 + sign * k * u * total
    return u * total


def _erfcx_slope(x: Any, z: Any) -> Any:
    far = x > 20
    near = 2 * np.where(far, 0, x) * z - 2 / ROOT_PI
    return np.where(far, -2 / ROOT_PI * _series(np.where(far, x, 20), -1), near)


def _dawsn_slope(x: Any, z: Any) -> Any:
    far = abs(x) > 20
    return np.where(far, -_series(np.where(far, x, 20), 1), 1 - 2 * np.where(far, 0, x) * z)


def _log_ndtr_slope(x: Any) -> Any:
    """The density over the probability: neither 0 / 0 on the left nor inf / inf on the right."""
    left = x < 0
    low, high = np.where(left, x, 0), np.where(left, 0, x)
    tail = 2 / ROOT_2PI / erfcx(low / -ROOT_2)
    return np.where(left, tail, np.exp(-0.5 * high * high) / (ROOT_2PI * ndtr(high)))


erf = _declare(sp.erf, x=lambda g, x: g * (2 / ROOT_PI * np.exp(-x * x)))
erfc = _declare(sp.erfc, x=lambda g, x: g * (-2 / ROOT_PI * np.exp(-x * x)))
erfcx = _declare(sp.erfcx, x=lambda g, x, z: g * _erfcx_slope(x, z))
erfi = _declare(sp.erfi, x=lambda g, x: g * (2 / ROOT_PI * np.exp(x * x)))
dawsn = _declare(sp.dawsn, x=lambda g, x, z: g * _dawsn_slope(x, z))
erfinv = _declare(sp.erfinv, x=lambda g, z: g * (ROOT_PI / 2 * np.exp(z * z)))
erfcinv = _declare(sp.erfcinv, x=lambda g, z: g * (-ROOT_PI / 2 * np.exp(z * z)))
ndtr = _declare(sp.ndtr, x=lambda g, x: g * (np.exp(-0.5 * x * x) / ROOT_2PI))
ndtri = _declare(sp.ndtri, x=lambda g, z: g * (ROOT_2PI * np.exp(0.5 * z * z)))
log_ndtr = _declare(sp.log_ndtr, x=lambda g, x: g * _log_ndtr_slope(x))

# ---------------------------------------------------------------------- gamma and its relatives


def _polygamma(n: Any, x: Any) -> Any:
    # SciPy computes it in float64 and leaves it so.
    kind = np.asarray(x).dtype
    return np.asarray(sp.polygamma(n, x)).astype(kind if kind.kind == "f" else float, copy=False)


def _rgamma_slope(x: Any, z: Any) -> Any:
    """By reflection on the left, where digamma has poles and this function none."""
    left = x < 0.5
    low, high = np.where(left, x, 0), np.where(left, 1, x)
    turned, angle = 1 - low, math.pi * low
    reflected = gamma(turned) * (np.cos(angle) - np.sin(angle) / math.pi * psi(turned))
    return np.where(left, reflected, -z * psi(high))


gamma = _declare(sp.gamma, x=lambda g, z, x: g * z * psi(x))
gammaln = _declare(sp.gammaln, x=lambda g, x: g * psi(x))
loggamma = _declare(sp.loggamma, x=lambda g, x: g * psi(x))
rgamma = _declare(sp.rgamma, x=lambda g, x, z: g * _rgamma_slope(x, z))
gammasgn = _declare(sp.gammasgn, x=lambda g: np.zeros_like(g))
psi: Operation = _declare(sp.psi, x=lambda g, x: g * polygamma(1, x))
digamma = psi
polygamma: Operation = _declare(
    sp.polygamma,
    _polygamma,
    n=None,
    x=lambda g, n, x: g * polygamma(n + g.dtype.type(1), x),
)
poch = _declare(
    sp.poch,
    x=lambda g, z, x, y: g * z * (psi(x + y) - psi(x)),
    y=lambda g, z, x, y: g * z * psi(x + y),
)
beta = _declare(
    sp.beta,
    x=lambda g, z, x, y: g * z * (psi(x) - psi(x + y)),
    y=lambda g, z, x, y: g * z * (psi(y) - psi(x + y)),
)
betaln = _declare(
    sp.betaln,
    x=lambda g, x, y: g * (psi(x) - psi(x + y)),
    y=lambda g, x, y: g * (psi(y) - psi(x + y)),
)


def multigammaln(x: Any, d: int) -> Any:
    r"""The logarithm of the gamma function of dimension `d`, as in ``scipy.special``.

    .. math:: \log \Gamma_d(x) = \tfrac{d(d-1)}{4} \log \pi + \sum_{k<d} \log \Gamma(x - k/2)

    Raises ValueError unless d is a positive integer and every x is above (d - 1) / 2.

    >>> bool(np.isclose(multigammaln(3.0, 2), sp.multigammaln(3.0, 2)))
    True
    """
    number = isinstance(d, (int, float, np.integer, np.floating))
    if not number or int(d) != d or d < 1 or np.any(np.less_equal(x, 0.5 * (d - 1))):
        raise ValueError(
            f"multigammaln: d must be a positive integer and x above (d - 1) / 2, received d={d!r} "
            f"and x of shape {np.shape(x)}."
        )
    d = int(d)
    terms = (gammaln(np.subtract(x, 0.5 * k)) for k in range(d))
    return sum(terms, d * (d - 1) / 4 * math.log(math.pi))


# Hurwitz's function, and Riemann's, whose only argument has no rule.
_hurwitz: Operation = primitive(
    lambda x, q: sp.zeta(x, q),
    name="zeta",
    tex=r"\zeta({x}, {q})",
    elementwise=True,
    x=None,
    q=lambda g, x, q: -g * x * _hurwitz(x + g.dtype.type(1), q),
)
_riemann = primitive(lambda x: sp.zeta(x), name="zeta", tex=r"\zeta({x})", x=None)


def zeta(x: Any, q: Any = None) -> Any:
    r""":math:`\sum_k (k + q)^{-x}`, differentiable with respect to `q` (1, if left out).

    >>> zeta(2.0, np.array([1.0])).round(6)  # pi**2 / 6
    array([1.644934])
    """
    return _riemann(x) if q is None else _hurwitz(x, q)


# ---------------------------------------------------------------------- incomplete functions


# The densities that these are integrals of; converted, because some parameters may be Python
# numbers, for which SciPy chooses float64.


def _gamma_density(a: Any, x: Any, dtype: Any) -> Any:
    a = a * dtype.type(1)
    return np.exp(xlogy(a - 1, x) - x - gammaln(a)).astype(dtype)


def _beta_density(a: Any, b: Any, x: Any, dtype: Any) -> Any:
    a, b = a * dtype.type(1), b * dtype.type(1)
    return np.exp(xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b)).astype(dtype)


def _student_density(df: Any, t: Any, dtype: Any) -> Any:
    df = df * dtype.type(1)
    factor = poch(0.5 * df, np.zeros_like(df) + 0.5) / np.sqrt(math.pi * df)
    return (factor * np.exp(-0.5 * (df + 1) * np.log1p(t * t / df))).astype(dtype)


gammainc = _declare(
    sp.gammainc,
    lambda a, x: sp.gammainc(a, x),
    a=None,
    x=lambda g, a, x: g * _gamma_density(a, x, g.dtype),
)
gammaincc = _declare(
    sp.gammaincc,
    lambda a, x: sp.gammaincc(a, x),
    a=None,
    x=lambda g, a, x: -g * _gamma_density(a, x, g.dtype),
)
gammaincinv = _declare(
    sp.gammaincinv,
    lambda a, x: sp.gammaincinv(a, x),
    a=None,
    x=lambda g, z, a: g / _gamma_density(a, z, g.dtype),
)
gammainccinv = _declare(
    sp.gammainccinv,
    lambda a, x: sp.gammainccinv(a, x),
    a=None,
    x=lambda g, z, a: -g / _gamma_density(a, z, g.dtype),
)
betainc = _declare(
    sp.betainc,
    lambda a, b, x: sp.betainc(a, b, x),
    a=None,
    b=None,
    x=lambda g, a, b, x: g * _beta_density(a, b, x, g.dtype),
)
betaincc = _declare(
    sp.betaincc,
    lambda a, b, x: sp.betaincc(a, b, x),
    a=None,
    b=None,
    x=lambda g, a, b, x: -g * _beta_density(a, b, x, g.dtype),
)
betaincinv = _declare(
    sp.betaincinv,
    lambda a, b, x: sp.betaincinv(a, b, x),
    a=None,
    b=None,
    x=lambda g, z, a, b: g / _beta_density(a, b, z, g.dtype),
)
stdtr = _declare(
    sp.stdtr,
    lambda df, x: sp.stdtr(df, x),
    df=None,
    x=lambda g, df, x: g * _student_density(df, x, g.dtype),
)

# ---------------------------------------------------------------------- Bessel functions

# The order is a float where it is ours: an integer would make SciPy choose float64.
j0 = _declare(sp.j0, x=lambda g, x: -g * j1(x))
j1: Operation = _declare(sp.j1, x=lambda g, x: g * (0.5 * (j0(x) - jv(2.0, x))))
jv: Operation = _declare(
    sp.jv,
    lambda v, x: sp.jv(v, x),
    v=None,
    x=lambda g, v, x: g * (0.5 * (jv(v - g.dtype.type(1), x) - jv(v + g.dtype.type(1), x))),
)
jn = jv
y0 = _declare(sp.y0, x=lambda g, x: -g * y1(x))
y1: Operation = _declare(sp.y1, x=lambda g, x: g * (0.5 * (y0(x) - yv(2.0, x))))
yv: Operation = _declare(
    sp.yv,
    lambda v, x: sp.yv(v, x),
    v=None,
    x=lambda g, v, x: g * (0.5 * (yv(v - g.dtype.type(1), x) - yv(v + g.dtype.type(1), x))),
)


def _yn_slope(n: Any, x: Any, one: Any) -> Any:
    return 0.5 * (yn(n - one, x) - yn(n + one, x))


yn: Operation = _declare(  # (SciPy takes the whole part of n here, and in expn)
    sp.yn,
    lambda n, x: sp.yn(n, x),
    n=None,
    x=lambda g, n, x: g * _yn_slope(np.trunc(n), x, g.dtype.type(1)),
)
i0 = _declare(sp.i0, x=lambda g, x: g * i1(x))
i1: Operation = _declare(sp.i1, x=lambda g, x: g * (0.5 * (i0(x) + iv(2.0, x))))
iv: Operation = _declare(
    sp.iv,
    lambda v, x: sp.iv(v, x),
    v=None,
    x=lambda g, v, x: g * (0.5 * (iv(v - g.dtype.type(1), x) + iv(v + g.dtype.type(1), x))),
)
i0e = _declare(sp.i0e, x=lambda g, z, x: g * (i1e(x) - np.sign(x) * z))
i1e: Operation = _declare(
    sp.i1e, x=lambda g, z, x: g * (0.5 * (i0e(x) + ive(2.0, x)) - np.sign(x) * z)
)
ive: Operation = _declare(
    sp.ive,
    lambda v, x: sp.ive(v, x),
    v=None,
    x=lambda g, z, v, x: (
        g * (0.5 * (ive(v - g.dtype.type(1), x) + ive(v + g.dtype.type(1), x)) - np.sign(x) * z)
    ),
)
k0 = _declare(sp.k0, x=lambda g, x: -g * k1(x))
k1: Operation = _declare(sp.k1, x=lambda g, x: g * (-0.5 * (k0(x) + kv(2.0, x))))
kv: Operation = _declare(
    sp.kv,
    lambda v, x: sp.kv(v, x),
    v=None,
    x=lambda g, v, x: g * (-0.5 * (kv(v - g.dtype.type(1), x) + kv(v + g.dtype.type(1), x))),
)
k0e = _declare(sp.k0e, x=lambda g, z, x: g * (z - k1e(x)))
k1e: Operation = _declare(sp.k1e, x=lambda g, z, x: g * (z - 0.5 * (k0e(x) + kve(2.0, x))))
kve: Operation = _declare(
    sp.kve,
    lambda v, x: sp.kve(v, x),
    v=None,
    x=lambda g, z, v, x: (
        g * (z - 0.5 * (kve(v - g.dtype.type(1), x) + kve(v + g.dtype.type(1), x)))
    ),
)

# ---------------------------------------------------------------------- exponential integrals


def _expn_slope(n: Any, x: Any, z: Any) -> Any:
    # E_n' = -E_(n-1), and E_0 = e^-x / x, which is elementary.
    return np.where(n == 0, z * (1 + 1 / x), expn(np.maximum(n - z.dtype.type(1), 0), x))


exp10 = _declare(sp.exp10, x=lambda g, z: g * z * math.log(10))
exp1 = _declare(sp.exp1, x=lambda g, x: -g * np.exp(-x) / x)
expi = _declare(sp.expi, x=lambda g, x: g * np.exp(x) / x)
expn = _declare(
    sp.expn,
    lambda n, x: sp.expn(n, x),
    n=None,
    x=lambda g, z, n, x: -g * _expn_slope(np.trunc(n), x, z),
)


def _exprel_slope(x: Any) -> Any:
    """(e^x (x - 1) + 1) / x^2, which near 0 is a difference of nearly equal numbers."""
    far = abs(x) > 1
    near = 0.5 * hyp1f1(2.0, 3.0, np.where(far, 0, x))  # (SciPy's takes ages where x is large)
    x = np.where(far, np.minimum(x, 1e4), 1)  # e^x is infinite long before
    return np.where(far, np.exp(x) * (1 - 1 / x) / x + 1 / x / x, near)


exprel = _declare(sp.exprel, x=lambda g, x: g * _exprel_slope(x))
cosm1 = _declare(sp.cosm1, x=lambda g, x: -g * np.sin(x))

# ---------------------------------------------------------------------- hypergeometric functions

hyp0f1: Operation = _declare(
    sp.hyp0f1,
    lambda v, x: sp.hyp0f1(v, x),
    v=None,
    x=lambda g, v, x: g * hyp0f1(v + g.dtype.type(1), x) / v,
)
hyp1f1: Operation = _declare(
    sp.hyp1f1,
    lambda a, b, x: sp.hyp1f1(a, b, x),
    a=None,
    b=None,
    x=lambda g, a, b, x: (
        g * (a * g.dtype.type(1) / b) * hyp1f1(a + g.dtype.type(1), b + g.dtype.type(1), x)
    ),
)
hyp2f1: Operation = _declare(
    sp.hyp2f1,
    lambda a, b, c, x: sp.hyp2f1(a, b, c, x),
    a=None,
    b=None,
    c=None,
    x=lambda g, a, b, c, x: (
        g
        * (a * g.dtype.type(1) * b / c)
        * hyp2f1(a + g.dtype.type(1), b + g.dtype.type(1), c + g.dtype.type(1), x)
    ),
)

# ---------------------------------------------------------------------- entropies

# 0 log 0 is 0, and so is its derivative with respect to the argument of the logarithm.
xlogy: Operation = _declare(
    sp.xlogy,
    x=lambda g, y: g * np.log(g.dtype.type(1) * y),
    y=lambda g, x, y: g * x / np.where((x == 0) & (y == 0), 1, y),
)
xlog1py: Operation = _declare(
    sp.xlog1py,
    x=lambda g, y: g * np.log1p(g.dtype.type(1) * y),
    y=lambda g, x, y: g * x / np.where((x == 0) & (y == -1), 1, 1 + y),
)
entr = _declare(sp.entr, x=lambda g, x: -g * (np.log(x) + 1))
rel_entr = _declare(
    sp.rel_entr,
    x=lambda g, x, y: g * (np.log(x / y) + 1),
    y=lambda g, x, y: -g * x / np.where((x == 0) & (y == 0), 1, y),
)
kl_div = _declare(
    sp.kl_div,
    x=lambda g, x, y: g * np.log(x / y),
    y=lambda g, x, y: g * (1 - x / np.where((x == 0) & (y == 0), 1, y)),
)


def logsumexp(
    x: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    r""":math:`\log \sum b e^x` along `axis`, for any x without overflow.

    With `return_sign`, the logarithm of the absolute value of the sum, and its sign.

    >>> float(logsumexp(np.array([1e4, 1e4]), b=np.array([1.0, 2.0])).round(6))  # 1e4 + log 3
    10001.098612
    """
    if b is None:
        result = functions.logsumexp(x, axis, keepdims)
        if not return_sign:
            return result
        return result, np.where(result == -np.inf, 0, np.sign(1 + np.abs(result)))  # NaN of NaN
    weights = b.detach().numpy() if isinstance(b, Tensor) else np.asarray(b)
    x = np.where(weights == 0, -np.inf, x) if _is_constant(b) else x + np.zeros_like(weights)
    values = x.detach().numpy() if isinstance(x, Tensor) else x
    counted = np.where(weights == 0, -np.inf, values)
    largest = np.max(counted, axis=axis, keepdims=True, initial=-np.inf)
    nothing = largest == -np.inf
    largest = np.where(nothing, 0, largest)
    total = np.sum(b * np.exp(x - largest), axis=axis, keepdims=True)
    size = np.log(np.where(nothing, 1, abs(total) if return_sign else total)) + largest
    size = np.where(nothing, -np.inf, size)
    if not keepdims:
        shape = np.max(counted, axis=axis, initial=-np.inf).shape
        size, total = np.reshape(size, shape), np.reshape(total, shape)
    return (size, np.sign(total)) if return_sign else size


def _is_constant(x: Any) -> bool:
    return not (isinstance(x, Tensor) and x.requires_grad)


def softmax(x: Any, axis: Any = None) -> Any:
    """`autograd.softmax`, over all axes unless `axis` says otherwise, as in ``scipy.special``.

    >>> softmax(np.zeros((1, 2)))
    array([[0.5, 0.5]])
    """
    return functions.softmax(x, axis)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """`autograd.log_softmax`, over all axes unless `axis` says otherwise, as in ``scipy.special``.

    >>> log_softmax(np.array([0.0, -1e4]))
    array([     0., -10000.])
    """
    return functions.log_softmax(x, axis)


# ---------------------------------------------------------------------- losses and power laws

huber = _declare(
    sp.huber,
    x=lambda g, x, y: g * np.maximum(abs(y) - x, 0),
    y=lambda g, x, y: g * np.sign(y) * np.minimum(abs(y), x),
)


def _shares(x: Any, y: Any) -> tuple[Any, Any, Any]:
    """r = sqrt(x^2 + y^2), and x / r and y / r, which are 0 where r is."""
    r = np.hypot(x, y)
    safe = np.where(r == 0, 1, r)
    return r, x / safe, y / safe


def _pseudo_huber_delta(g: Any, x: Any, y: Any) -> Any:
    # It is r (1 - x/r)^2, where 1 - x/r is no difference of nearly equal numbers if written so.
    r, over, up = _shares(x, y)
    return g * r * (up * up / (1 + over)) ** 2


pseudo_huber = _declare(
    sp.pseudo_huber,
    x=_pseudo_huber_delta,
    y=lambda g, x, y: g * y * _shares(x, y)[1],
)

# As functions of y (lambda) they are exprel and log1p(t) / t, right at lambda = 0 too.


def _boxcox_lambda(log_x: Any, y: Any) -> Any:
    edge = (log_x == -np.inf) & (y > 0)  # where it is -1 / y
    log_x = np.where(edge, 0, log_x)
    return np.where(edge, 1 / np.where(edge, y, 1) ** 2, log_x * log_x * _exprel_slope(y * log_x))


def _inv_boxcox_lambda(x: Any, y: Any, dtype: Any) -> Any:
    # (SciPy chooses float64 here.)
    x = x * dtype.type(1)
    return -0.5 * x * x * hyp2f1(2.0, 2.0, 3.0, -(x * y)).astype(dtype)


boxcox = _declare(
    sp.boxcox,
    x=lambda g, x, y: g * np.power(x, y - g.dtype.type(1)),
    y=lambda g, x, y: g * _boxcox_lambda(xlogy(g.dtype.type(1), x), y),
)
boxcox1p = _declare(
    sp.boxcox1p,
    x=lambda g, x, y: g * np.power(1 + x, y - g.dtype.type(1)),
    y=lambda g, x, y: g * _boxcox_lambda(xlog1py(g.dtype.type(1), x), y),
)
inv_boxcox = _declare(
    sp.inv_boxcox,
    x=lambda g, z, x, y: g * z / (1 + x * y),
    y=lambda g, z, x, y: g * z * _inv_boxcox_lambda(x, y, g.dtype),
)
inv_boxcox1p = _declare(
    sp.inv_boxcox1p,
    x=lambda g, z, x, y: g * (z + 1) / (1 + x * y),
    y=lambda g, z, x, y: g * (z + 1) * _inv_boxcox_lambda(x, y, g.dtype),
)
