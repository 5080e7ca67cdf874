"""Functions of each element, broadcast over shapes as in NumPy.

Conventions where a derivative does not exist: ``maximum`` and ``minimum`` share the gradient
equally at a tie; ``abs`` and ``sign`` have derivative 0 at 0; ``clip`` passes the gradient at its
edges, like the identity that it is there.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.dispatch import overrides
from autograd.primitive import Masked, Operation, primitive
from autograd.tensor import Tensor

NOT_GIVEN: Any = np._NoValue  # NumPy's default where None would have a meaning

add = primitive(np.add, tex=r"{x} + {y}", x=lambda g: g, y=lambda g: g)
subtract = primitive(np.subtract, tex=r"{x} - {y}", x=lambda g: g, y=lambda g: -g)
multiply = primitive(np.multiply, tex=r"{x} \odot {y}", x=lambda g, y: g * y, y=lambda g, x: g * x)
divide = primitive(
    np.divide, tex=r"\frac{{{x}}}{{{y}}}", x=lambda g, y: g / y, y=lambda g, z, y: -g * z / y
)
negative = primitive(np.negative, tex=r"-{x}", x=lambda g: -g)
positive = primitive(np.positive, tex=r"+{x}", x=lambda g: g)


def _power_x(g: Any, x: Any, y: Any) -> Any:
    # y * x**(y - 1) is 0 for y = 0, but x**-1 is infinite at x = 0. (The 1 has the dtype of g,
    # because y may have fewer digits, or be unsigned.)
    return g * (y * np.power(x, np.where((x == 0) & (y == 0), 1, y - g.dtype.type(1))))


def _power_y(g: Any, z: Any, x: Any) -> Any:
    # x**y * log x is 0 at x = 0 for y > 0, but log 0 is infinite. The 1 has the dtype of g, and
    # then the logarithm, where x has fewer digits or is a Python number.
    return g * (z * np.log(np.where(x == 0, g.dtype.type(1), x)))


def _power_scalar(g: Any, x: Any, exponent: float) -> Any:
    return g * (exponent * x ** (exponent - 1)) if exponent else np.zeros_like(g)


_power = primitive(np.power, tex=r"{x}^{{{y}}}", x=_power_x, y=_power_y)
float_power = primitive(np.float_power, tex=r"{x}^{{{y}}}", x=_power_x, y=_power_y)
_scalar_power = primitive(
    lambda x, /, exponent: x**exponent,
    name="power",
    elementwise=True,
    tex=r"{x}^{{{exponent}}}",
    x=_power_scalar,
)


@overrides(np.power)
def power(x: Any, y: Any) -> Any:
    r""":math:`x^y` of each element; an exponent that is a Python number costs less.

    >>> power(np.array([1.0, 2.0, 3.0]), 2)
    array([1., 4., 9.])
    """
    number = y.__class__ in (int, float) and x.__class__ not in (list, tuple)
    return _scalar_power(x, y) if number else _power(x, y)


square = primitive(np.square, tex=r"{x}^2", x=lambda g, x: g * (2 * x))
sqrt = primitive(np.sqrt, tex=r"\sqrt{{{x}}}", x=lambda g, z: 0.5 * g / z)
cbrt = primitive(np.cbrt, tex=r"\sqrt[3]{{{x}}}", x=lambda g, z: g / (3 * z * z))
reciprocal = primitive(np.reciprocal, tex=r"\frac{{1}}{{{x}}}", x=lambda g, z: -g * z * z)

_LOG2 = math.log(2)

exp = primitive(np.exp, tex=r"e^{{{x}}}", x=lambda g, z: g * z)
exp2 = primitive(np.exp2, tex=r"2^{{{x}}}", x=lambda g, z: g * z * _LOG2)
expm1 = primitive(np.expm1, tex=r"e^{{{x}}} - 1", x=lambda g, z: g * (z + 1))
log = primitive(np.log, tex=r"\log {x}", x=lambda g, x: g / x)
log2 = primitive(np.log2, tex=r"\log_2 {x}", x=lambda g, x: g / (x * _LOG2))
log10 = primitive(np.log10, tex=r"\log_{{10}} {x}", x=lambda g, x: g / (x * math.log(10)))
log1p = primitive(np.log1p, tex=r"\log (1 + {x})", x=lambda g, x: g / (1 + x))


def _share_of(g: Any, x: Any, y: Any, log_base: float = 1.0) -> Any:
    # e^x / (e^x + e^y), which is taken to be 0 if both are e^-inf: -inf - -inf is undefined.
    # (The difference first: it has the digits of the wider of the two.)
    return g * sigmoid((x - np.maximum(y, np.finfo(g.dtype).min)) * log_base)


logaddexp = primitive(
    np.logaddexp,
    tex=r"\log (e^{{{x}}} + e^{{{y}}})",
    x=_share_of,
    y=lambda g, x, y: _share_of(g, y, x),
)
logaddexp2 = primitive(
    np.logaddexp2,
    tex=r"\log_2 (2^{{{x}}} + 2^{{{y}}})",
    x=lambda g, x, y: _share_of(g, x, y, _LOG2),
    y=lambda g, x, y: _share_of(g, y, x, _LOG2),
)

sin = primitive(np.sin, tex=r"\sin {x}", x=lambda g, x: g * np.cos(x))
cos = primitive(np.cos, tex=r"\cos {x}", x=lambda g, x: -g * np.sin(x))
tan = primitive(np.tan, tex=r"\tan {x}", x=lambda g, z: g * (1 + z * z))
arcsin = primitive(np.arcsin, tex=r"\arcsin {x}", x=lambda g, x: g / np.sqrt((1 - x) * (1 + x)))
arccos = primitive(np.arccos, tex=r"\arccos {x}", x=lambda g, x: -g / np.sqrt((1 - x) * (1 + x)))
arctan = primitive(
    np.arctan, tex=r"\arctan {x}", x=lambda g, x: g / np.hypot(x, 1) / np.hypot(x, 1)
)
degrees = primitive(np.degrees, tex=r"\tfrac{{180}}{{\pi}} {x}", x=lambda g: g * math.degrees(1))
rad2deg = primitive(np.rad2deg, tex=r"\tfrac{{180}}{{\pi}} {x}", x=lambda g: g * math.degrees(1))
radians = primitive(np.radians, tex=r"\tfrac{{\pi}}{{180}} {x}", x=lambda g: g * math.radians(1))
deg2rad = primitive(np.deg2rad, tex=r"\tfrac{{\pi}}{{180}} {x}", x=lambda g: g * math.radians(1))


def _cathetus(g: Any, z: Any, x: Any) -> Any:
    # x / z; the direction has no limit where z is 0, and 0 is the smallest subgradient.
    zero = z == 0
    return g * (np.where(zero, 0, x) / np.where(zero, 1, z))


def _angle(g: Any, x: Any, y: Any) -> Any:
    length = np.hypot(x, y)  # the squares would overflow, or vanish
    return g * (x / length) / length


hypot = primitive(
    np.hypot,
    tex=r"\sqrt{{{x}^2 + {y}^2}}",
    x=_cathetus,
    y=lambda g, z, y: _cathetus(g, z, y),
)
arctan2 = primitive(
    np.arctan2,
    tex=r"\operatorname{{atan2}}({x}, {y})",
    x=lambda g, x, y: _angle(g, y, x),
    y=lambda g, x, y: _angle(-g, x, y),
)
sinh = primitive(np.sinh, tex=r"\sinh {x}", x=lambda g, x: g * np.cosh(x))
cosh = primitive(np.cosh, tex=r"\cosh {x}", x=lambda g, x: g * np.sinh(x))
tanh = primitive(np.tanh, tex=r"\tanh {x}", x=lambda g, z: g * (1 - z * z))
arcsinh = primitive(
    np.arcsinh, tex=r"\operatorname{{arsinh}} {x}", x=lambda g, x: g / np.hypot(x, 1)
)
arccosh = primitive(
    np.arccosh,
    tex=r"\operatorname{{arcosh}} {x}",
    x=lambda g, x: g / np.sqrt(x - 1) / np.sqrt(x + 1),
)
arctanh = primitive(
    np.arctanh, tex=r"\operatorname{{artanh}} {x}", x=lambda g, x: g / ((1 - x) * (1 + x))
)


def _sigmoid(x: Any) -> Any:
    # For x far below 0, e^-x overflows to inf, and the result is 0 as it should be. A formula
    # with tanh would not overflow, but is inexact there: its logarithm would be wrong.
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(np.negative(x)))


sigmoid: Operation = primitive(
    _sigmoid,
    name="sigmoid",
    elementwise=True,
    tex=r"\sigma({x})",
    x=lambda g, z: g * z * (1 - z),
)
sigmoid.__doc__ = r"""The logistic function :math:`1 / (1 + e^{-x})`, for any x without overflow.

    >>> import numpy as np
    >>> sigmoid(np.array([-1e4, 0.0, 1e4]))
    array([0. , 0.5, 1. ])
    """


def _sinc_derivative(x: Any, /, n: int) -> Any:
    """The n-th derivative of sin(pi x) / (pi x), exact also near 0.

    From x sinc x = sin(pi x) / pi, differentiated n times; where x is small compared with n,
    that loses digits, and the series of the cosines that sinc is the mean of does not.
    """
    if n == 0:
        return np.sinc(x)
    wide = np.asarray(x, np.float64)
    angle = math.pi * wide
    exact = np.sinc(wide)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for k in range(1, n + 1):
            exact = (math.pi ** (k - 1) * np.sin(angle + k * math.pi / 2) - k * exact) / wide
        series = np.zeros_like(wide)
        for k in range((n + 1) // 2, (n + 1) // 2 + 20):
            power = 2 * k - n
            factor = (-1) ** k / (math.factorial(power) * (2 * k + 1))
            series = series + factor * angle**power
        series = series * math.pi**n
    return np.where(np.abs(angle) < 1 + n, series, exact).astype(x.dtype)


_sinc: Operation = primitive(
    _sinc_derivative,
    name="sinc",
    elementwise=True,
    tex=r"\operatorname{{sinc}}^{{({n})}} {x}",
    x=lambda g, x, n: g * _sinc(x, n + 1),
)


@overrides(np.sinc)
def sinc(x: Any) -> Any:
    r""":math:`\sin(\pi x) / (\pi x)`, and 1 at 0.

    >>> sinc(np.array([0.0, 0.5])) * np.pi
    array([3.14159265, 2.        ])
    """
    return _sinc(x, 0)


absolute = primitive(np.absolute, tex=r"|{x}|", x=lambda g, x: g * np.sign(x))
fabs = primitive(np.fabs, tex=r"|{x}|", x=lambda g, x: g * np.sign(x))
sign = primitive(np.sign, tex=r"\operatorname{{sign}} {x}", x=lambda g: np.zeros_like(g))
floor = primitive(np.floor, tex=r"\lfloor {x} \rfloor", x=lambda g: np.zeros_like(g))
ceil = primitive(np.ceil, tex=r"\lceil {x} \rceil", x=lambda g: np.zeros_like(g))
trunc = primitive(
    np.trunc,
    implements=[np.fix],
    tex=r"\operatorname{{trunc}} {x}",
    x=lambda g: np.zeros_like(g),
)
fix = trunc
rint = primitive(np.rint, tex=r"\operatorname{{rint}} {x}", x=lambda g: np.zeros_like(g))
round = primitive(
    lambda x, /, decimals=0: np.round(x, decimals),
    name="round",
    elementwise=True,
    implements=[np.round, np.around],
    tex=r"\operatorname{{round}}({x})",
    x=lambda g: np.zeros_like(g),
)
round.__doc__ = """Rounded to a number of decimals; the derivative is 0.

    >>> round(np.array([1.26]), 1)
    array([1.3])
    """
floor_divide = primitive(
    np.floor_divide,
    tex=r"\lfloor {x} / {y} \rfloor",
    x=lambda g: np.zeros_like(g),
    y=lambda g: np.zeros_like(g),
)
remainder = primitive(
    np.remainder, tex=r"{x} \bmod {y}", x=lambda g: g, y=lambda g, x, y: -g * np.floor_divide(x, y)
)

fmod = primitive(
    np.fmod,
    tex=r"\operatorname{{fmod}}({x}, {y})",
    x=lambda g: g,
    y=lambda g, z, x, y: -g * np.rint((x - z) / y),
)


@overrides(np.divmod)
def divmod(x: Any, y: Any) -> tuple[Any, Any]:
    """``(x // y, x % y)``.

    >>> divmod(np.array([7.5]), 2)
    (array([3.]), array([1.5]))
    """
    return floor_divide(x, y), remainder(x, y)


@overrides(np.modf)
def modf(x: Any) -> tuple[Any, Any]:
    """The fractional and the whole part, both with the sign of `x`; the derivative of the second
    is 0.

    >>> modf(np.array([-1.5]))
    (array([-0.5]), array([-1.]))
    """
    if not isinstance(x, Tensor):
        return np.modf(x)
    if x.dtype.kind != "f":
        x = x.astype(np.result_type(x.dtype, np.float16))
    whole, infinite = trunc(x), np.isinf(x)
    if infinite.any():  # of which nothing is left
        x = where(infinite, copysign(0.0, x), x)
    sign = np.copysign(x.dtype.type(1), x._data)  # of 0 too: -(2 - 2) is -0
    return sign * (sign * x - sign * where(infinite, 0, whole)), whole


copysign = primitive(
    np.copysign,
    tex=r"|{x}| \operatorname{{sign}} {y}",
    x=lambda g, z, x: g * (np.sign(x) * np.sign(z)),
    y=lambda g: np.zeros_like(g),
)
heaviside = primitive(
    np.heaviside,
    tex=r"\theta({x})",
    x=lambda g: np.zeros_like(g),
    y=lambda g, x: g * (x == 0),
)
ldexp = primitive(np.ldexp, tex=r"{x} \cdot 2^{{{y}}}", x=lambda g, y: np.ldexp(g, y), y=None)


_INTEGERS = {np.dtype(np.float32): np.int32, np.dtype(np.float64): np.int64}


def _only(x: Any, mask: Any) -> Any:
    """``np.where(mask, x, 0)``, up to thirty times as fast where the mask alternates.

    The bits of a number times 1 or 0: no branch, and unlike ``x * mask`` right for inf and NaN.
    """
    integer = _INTEGERS.get(x.dtype)
    if integer is None:
        return np.where(mask, x, 0)
    return np.multiply(x.view(integer), mask, dtype=integer).view(x.dtype)


_keep: Operation = primitive(
    _only,
    name="where",
    elementwise=True,
    tex=r"\begin{{cases}} {x} & {mask} \\ 0 & \text{{else}} \end{{cases}}",
    x=lambda g, mask: chosen(g, mask),
    mask=None,
)

relu = primitive(
    lambda x: np.maximum(x, 0),
    name="relu",
    elementwise=True,
    tex=r"\operatorname{{relu}}({x})",
    x=lambda g, z: _keep(g, z > 0),
)
relu.__doc__ = r""":math:`\max(x, 0)`, with derivative 0 at 0.

    >>> relu(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    """


def chosen(g: Any, mask: Any) -> Masked:
    """The cotangent of an input of which only the elements of `mask` were used."""
    return Masked(_keep(g, mask), mask)


def _won(g: Any, wins: Any, ties: Any) -> Masked:
    """All of `g` where this input wins, half of it at a tie."""
    return chosen(g * (1 - ties * g.dtype.type(0.5)), wins | ties)


def _number(x: Any, y: Any) -> Any:
    """Where x is a number and y is none."""
    return (y != y) & (x == x)  # (y may be a number that is too large for np.isnan)


maximum = primitive(
    np.maximum,
    tex=r"\max({x}, {y})",
    x=lambda g, x, y: _won(g, x > y, x == y),
    y=lambda g, x, y: _won(g, y > x, x == y),
)
minimum = primitive(
    np.minimum,
    tex=r"\min({x}, {y})",
    x=lambda g, x, y: _won(g, x < y, x == y),
    y=lambda g, x, y: _won(g, y < x, x == y),
)
fmax = primitive(
    np.fmax,
    tex=r"\max({x}, {y})",
    x=lambda g, x, y: _won(g, (x > y) | _number(x, y), x == y),
    y=lambda g, x, y: _won(g, (y > x) | _number(y, x), x == y),
)
fmin = primitive(
    np.fmin,
    tex=r"\min({x}, {y})",
    x=lambda g, x, y: _won(g, (x < y) | _number(x, y), x == y),
    y=lambda g, x, y: _won(g, (y < x) | _number(y, x), x == y),
)


_where = primitive(
    lambda condition, x, y: np.where(condition, x, y),
    name="where",
    elementwise=True,
    tex=r"\begin{{cases}} {x} & {condition} \\ {y} & \text{{else}} \end{{cases}}",
    condition=lambda g: np.zeros_like(g),
    x=lambda g, condition: chosen(g, condition != 0),
    y=lambda g, condition: chosen(g, condition == 0),
)


@overrides(np.where)
def where(condition: Any, x: Any = NOT_GIVEN, y: Any = NOT_GIVEN) -> Any:
    """`x` where the condition holds, `y` elsewhere; with the condition alone, the places.

    The branch that was not chosen has gradient 0, also where its derivative is infinite, as far as
    it was computed element by element: ``where(x > 0, log(x), 0)`` has derivative 0 at 0.

    >>> where(np.array([True, False]), np.array([1, 2]), 0)
    array([1, 0])
    """
    if x is NOT_GIVEN and y is NOT_GIVEN:
        return np.nonzero(condition)
    if x is NOT_GIVEN or y is NOT_GIVEN:
        raise ValueError("where: received one of x and y; give both, or the condition alone.")
    if not isinstance(condition, Tensor):
        condition = np.asarray(condition)
    if y.__class__ is int and y == 0 and isinstance(x, Tensor):
        return _keep(x, condition != 0)
    if x.__class__ is int and x == 0 and isinstance(y, Tensor):
        return _keep(y, condition == 0)
    return _where(condition, x, y)


@overrides(np.nan_to_num)
def nan_to_num(
    x: Any,
    copy: bool = True,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Any:
    """`x` with numbers in place of NaN and infinities, where the derivative is 0.

    >>> nan_to_num(np.array([1.0, np.nan]))
    array([1., 0.])
    """
    if not isinstance(x, Tensor):
        return np.nan_to_num(x, copy=copy, nan=nan, posinf=posinf, neginf=neginf)
    if not copy:
        raise ValueError("nan_to_num: copy=False would change a Tensor; leave it out.")
    replaced = np.nan_to_num(x._data, nan=nan, posinf=posinf, neginf=neginf)
    return where(np.isfinite(x), x, replaced)


def _inside(g: Any, x: Any, min: Any, max: Any) -> Any:
    inside = True
    if min is not None:
        inside = inside & ~(x < min)
    if max is not None:
        inside = inside & ~(x > max)
    return chosen(g, inside)


_clip = primitive(
    lambda x, /, min, max: np.clip(x, min, max),
    name="clip",
    elementwise=True,
    tex=r"\operatorname{{clip}}({x}, {min}, {max})",
    x=_inside,
)


@overrides(np.clip)
def clip(x: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    r""":math:`\min(\max(x, \mathrm{min}), \mathrm{max})`; a bound that is None does not bound.

    The derivative is 1 at the edges. A bound may be an array or a Tensor; it receives the
    gradient where it is what shows.

    >>> clip(np.array([-1.0, 0.5, 2.0]), 0, 1)
    array([0. , 0.5, 1. ])
    """
    min = a_min if min is None else min
    max = a_max if max is None else max
    if all(bound is None or bound.__class__ in (int, float) for bound in (min, max)):
        return _clip(x, min, max)
    x, min, max = (
        a if a is None or hasattr(a, "dtype") or a.__class__ in (int, float) else np.asarray(a)
        for a in (x, min, max)
    )
    kind = np.result_type(*(getattr(a, "dtype", a) for a in (x, min, max) if a is not None)).type
    # (A number is as weak as beside all three.)
    min, max = (kind(b) if b.__class__ in (int, float) else b for b in (min, max))
    if min is not None:
        x = where((x < min) | np.isnan(min), min, x)
    return x if max is None else where((x > max) | np.isnan(max), max, x)
