"""Functions of sequences: samples of a function, signals, polynomials, observations.

Convention: `interp` has at a knot the slope of the piece to its right, at the last one that of the
piece to its left.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from autograd.dispatch import called, overrides
from autograd.errors import describe
from autograd.ops.indexing import operand
from autograd.ops.shape import astype
from autograd.primitive import Operation, lift, primitive
from autograd.tensor import Tensor, own

Axis = int | tuple[int, ...] | None


def _at(axis: int, part: slice) -> tuple[slice, ...]:
    """The index of a part along one axis."""
    return (*(slice(None),) * axis, part)


def _of_dtype(x: Any, dtype: Any) -> Any:
    return x if x.dtype == dtype else astype(x, dtype)


_FIRST, _LAST = slice(1), slice(-1, None)
_ALL_BUT_FIRST, _ALL_BUT_LAST = slice(1, None), slice(-1)

# ---------------------------------------------------------------------- differences and sums


@overrides(np.diff)
def diff(x: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Each element less the one before it along `axis`, `n` times.

    `prepend` and `append` are joined to `x` first: arrays, or numbers.

    >>> diff(np.array([1.0, 4.0, 9.0]), prepend=0)
    array([1., 3., 5.])
    """
    if n < 0:
        raise ValueError(f"diff: n must not be negative, received {n}.")
    x = operand(x)
    if not n:
        return x
    axis = normalize_axis_index(axis, x.ndim, "diff")
    if prepend is not None or append is not None:
        one = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
        ends = [
            [] if end is None else [end if np.ndim(end) else np.broadcast_to(end, one)]
            for end in (prepend, append)
        ]
        x = np.concatenate([*ends[0], x, *ends[1]], axis)
    for _ in range(n):
        after, before = x[_at(axis, _ALL_BUT_FIRST)], x[_at(axis, _ALL_BUT_LAST)]
        x = after != before if x.dtype == bool else after - before
    return x


@overrides(np.ediff1d)
def ediff1d(x: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """The differences of the flattened `x`, between `to_begin` and `to_end`.

    >>> ediff1d(np.array([1.0, 4.0, 9.0]), to_begin=0)
    array([0., 3., 5.])
    """
    z = diff(np.ravel(x))
    parts = [np.ravel(operand(part)) for part in (to_begin, z, to_end) if part is not None]
    for part in parts:
        if not np.can_cast(part.dtype, z.dtype, "same_kind"):
            raise TypeError(
                f"ediff1d: {describe(part)} does not fit beside differences of {z.dtype}; convert "
                "one of them with astype()."
            )
    return np.concatenate([_of_dtype(part, z.dtype) for part in parts])


def _slopes(x: Any, spacing: Any, axis: int, edge_order: int) -> Any:
    """The derivative of `x` along one axis."""
    n = x.shape[axis]
    if n <= edge_order:
        raise ValueError(
            f"gradient: axis {axis} of length {n} is too short for edge_order={edge_order}; give "
            f"at least {edge_order + 1} values."
        )
    if np.ndim(spacing) and np.shape(spacing) != (n,):
        raise ValueError(
            f"gradient: received coordinates of shape {np.shape(spacing)} for the {n} values along "
            f"axis {axis}; give a number, or one coordinate for each."
        )
    plain = not isinstance(spacing, Tensor)
    h = _of_dtype(own(spacing, copy=False) if plain else spacing, x.dtype)
    if h.ndim:
        h = diff(h)
        weight = h[:-1] / (h[:-1] + h[1:])
        h, weight = (np.reshape(w, (-1,) + (1,) * (x.ndim - axis - 1)) for w in (h, weight))
    between = diff(x, axis=axis) / h
    # Three neighbours lie on a parabola, whose slope changes linearly: at the middle one it is
    # between those of the two pieces, and beyond a piece as far from its slope as before it.
    # (Where they are equally far apart, the middle one, perhaps infinite, does not matter.)
    before, after = between[_at(axis, _ALL_BUT_LAST)], between[_at(axis, _ALL_BUT_FIRST)]
    if h.ndim:
        inside = before + weight * (after - before)
    else:
        inside = (x[_at(axis, slice(2, None))] - x[_at(axis, slice(-2))]) / (2 * h)
    first, last = between[_at(axis, _FIRST)], between[_at(axis, _LAST)]
    if edge_order == 2:
        first = 2 * first - inside[_at(axis, _FIRST)]
        last = 2 * last - inside[_at(axis, _LAST)]
    return np.concatenate([first, inside, last], axis)


@overrides(np.gradient)
def gradient(x: Any, *varargs: Any, axis: Axis = None, edge_order: int = 1) -> Any:
    """The derivative of samples along each axis (a tuple) or along one, to second order inside.

    `varargs` are a step, or for each axis a step or the coordinates of the samples; they are
    differentiable too. At both ends the derivative is of order `edge_order`, 1 or 2.

    >>> gradient(np.array([0.0, 1.0, 4.0, 9.0]), edge_order=2)
    array([0., 2., 4., 6.])
    """
    x = operand(x)
    x = x if x.dtype.kind == "f" else astype(x, float)
    axes = normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim, "axis")
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, received {edge_order}.")
    if not varargs or (len(varargs) == 1 and not np.ndim(varargs[0])):
        varargs = (varargs or (1.0,)) * len(axes)
    if len(varargs) != len(axes):
        raise TypeError(
            f"gradient: received {len(varargs)} spacings for {len(axes)} axes; give one for each, "
            "or one number for all."
        )
    slopes = tuple(
        _slopes(x, spacing, k, edge_order) for k, spacing in zip(axes, varargs, strict=True)
    )
    return slopes[0] if len(slopes) == 1 else slopes


@overrides(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    r"""The integral along `axis`, :math:`\sum_i (x_{i+1} - x_i) (y_i + y_{i+1}) / 2`.

    Without coordinates `x`, the samples are `dx` apart.

    >>> float(trapezoid(np.array([0.0, 1.0, 4.0])))
    3.0
    """
    y = operand(y)
    axis = normalize_axis_index(axis, y.ndim, "trapezoid")
    if x is not None and not np.ndim(x):
        raise ValueError(
            f"trapezoid: x must be coordinates, received {describe(operand(x))}; give a distance "
            "as dx."
        )
    if x is not None:
        dx = diff(x, axis=axis if np.ndim(x) > 1 else 0)
        dx = dx if np.ndim(x) > 1 else np.reshape(dx, (-1,) + (1,) * (y.ndim - axis - 1))
    both = y[_at(axis, _ALL_BUT_FIRST)] + y[_at(axis, _ALL_BUT_LAST)]
    return np.sum(dx * both / 2.0, axis=axis)


@overrides(np.interp)
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    r"""The value at `x` of the function that is `fp` at the rising knots `xp` and linear between.

    .. math:: z = (1 - t) f_k + t f_{k+1}, \quad t = (x - x_k) / (x_{k+1} - x_k)

    Outside, it is `left` and `right` (by default the first and last of `fp`); with a `period`, it
    repeats. Differentiable in `x`, `xp` and `fp`; at a knot the derivative is that of the piece to
    its right (at the last one: to its left). The result is float64, as in NumPy.

    >>> float(interp(0.25, [0.0, 1.0], [0.0, 8.0]))
    2.0
    """
    if not any(isinstance(a, Tensor) for a in (x, xp, fp, left, right)):
        return np.interp(x, xp, fp, left, right, period)
    x, xp, fp = (
        _of_dtype(a if isinstance(a, Tensor) else lift(a, False, "interp"), np.float64)
        for a in (x, xp, fp)
    )
    if xp.ndim != 1 or xp.shape != fp.shape or not xp.size:
        raise ValueError(
            f"interp: xp and fp must have one axis of the same length, received {describe(xp)} and "
            f"{describe(fp)}."
        )
    if period is not None:
        if not period:
            raise ValueError(f"interp: period must not be 0, received {period!r}.")
        period = abs(period)
        x, xp = x % period, xp % period
        order = np.argsort(xp)
        xp, fp = xp[order], fp[order]
        xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
        left = right = None
    below, above = x < xp[0], x > xp[-1]
    # The knot to the left of each x; what is outside is replaced in the end.
    k = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(xp.size - 2, 0))
    after = np.minimum(k + 1, xp.size - 1)
    width = xp[after] - xp[k]
    jump = width == 0  # no piece at all, at the end of the knots
    t = np.where(jump, 1, (np.where(below | above, xp[k], x) - xp[k]) / np.where(jump, 1, width))
    z = (1 - t) * fp[k] + t * fp[after]
    z = np.where(below, fp[0] if left is None else left, z)
    return np.where(above, fp[-1] if right is None else right, z)


unwrap = primitive(
    lambda x, /, discont=None, axis=-1, *, period=2 * math.pi: np.unwrap(
        x, discont, axis, period=period
    ),
    name="unwrap",
    implements=np.unwrap,
    tex=r"\operatorname{{unwrap}}({x})",
    x=lambda g: g,
)

# ---------------------------------------------------------------------- signals

# Where x is at least as long as y, these two are all that a derivative of one of them needs.

_convolve: Operation = primitive(
    lambda x, y: np.convolve(x, y),
    name="convolve",
    tex="{x} * {y}",
    x=lambda g, y: _correlate(g, y),
    y=lambda g, x: _correlate(g, x),
)

_correlate: Operation = primitive(
    lambda x, y: np.correlate(x, y),
    name="correlate",
    tex=r"{x} \star {y}",
    x=lambda g, y: _convolve(g, y),
    y=lambda g, x: _correlate(x, g),
)


def _signals(name: str, mode: str, *signals: Any) -> list[Any]:
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"{name}: mode must be 'full', 'same' or 'valid', received {mode!r}.")
    for s in signals:
        if np.ndim(s) > 1 or not np.size(s):
            raise ValueError(
                f"{name}: received shape {np.shape(s)}; give two sequences of at least one value "
                "(for more axes: autograd.windows and matmul)."
            )
    return [np.reshape(operand(s), (-1,)) for s in signals]


@overrides(np.convolve)
def convolve(x: Any, v: Any, mode: str = "full") -> Any:
    r"""The convolution of two sequences, :math:`z_k = \sum_i x_i v_{k-i}`.

    Of every k for which there is a term (``"full"``), as many as the longer one has, from the
    middle (``"same"``), or where the shorter one lies wholly inside (``"valid"``).

    >>> convolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0]))
    array([ 1., 12., 23., 30.])
    """
    x, v = _signals("convolve", mode, x, v)
    x, v = (x, v) if x.size >= v.size else (v, x)
    if mode == "valid":
        return _correlate(x, v[::-1])
    z = _convolve(x, v)
    start = (v.size - 1) // 2
    return z if mode == "full" else z[start : start + x.size]


@overrides(np.correlate)
def correlate(x: Any, v: Any, mode: str = "valid") -> Any:
    r"""The correlation of two sequences, :math:`z_k = \sum_i x_{i+k} v_i`; modes as `convolve`.

    >>> correlate(np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0]))
    array([21., 32.])
    """
    x, v = _signals("correlate", mode, x, v)
    if not isinstance(x, Tensor) and not isinstance(v, Tensor):
        return cast(Any, np.correlate)(x, v, mode)  # which conjugates complex numbers
    if x.size >= v.size:
        return convolve(x, v[::-1], mode)
    return convolve(v, x[::-1], mode)[::-1]


@overrides(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    r"""The polynomial :math:`p_0 x^{n} + \dots + p_n`, by Horner's rule.

    >>> float(polyval([3.0, 0.0, 1.0], 5.0))
    76.0
    """
    x = operand(x)
    z = np.zeros_like(x)
    for coefficient in operand(p):
        z = z * x + coefficient
    return z


# ---------------------------------------------------------------------- observations


def _weights_of(name: str, w: Any, n: int) -> Any:
    if np.shape(w) != (n,) or np.any(w < 0):
        raise ValueError(
            f"cov: {name} must be one number for each of the {n} observations, not negative; "
            f"received {describe(w)}."
        )
    return w


@overrides(np.cov)
def cov(
    x: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    r"""The covariances of the rows of `x` (and of `y`): each a variable, its columns observations.

    .. math:: C_{ij} = \sum_k w_k (x_{ik} - \bar x_i)(x_{jk} - \bar x_j) \,/\, (n - \mathrm{ddof})

    ``rowvar=False`` exchanges rows and columns; `bias` is the default of `ddof` (0 if it is True,
    else 1). `fweights` are how often each observation counts, `aweights` its importance:
    :math:`w` is their product, and n then :math:`\sum w`, with
    :math:`\mathrm{ddof} \sum w a / \sum w` subtracted. The result is float64 unless `dtype` says
    otherwise. Raises ValueError where nothing is left to divide by.

    >>> cov(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    variables = []
    for rows in (x,) if y is None else (x, y):
        rows = operand(rows)
        if rows.ndim > 2:
            raise ValueError(f"cov: received {describe(rows)}; give at most two axes.")
        rows = np.transpose(rows) if not rowvar and rows.ndim == 2 else rows
        variables.append(np.atleast_2d(rows))
    rows = variables[0] if y is None else np.concatenate(variables)
    rows = _of_dtype(rows, dtype or np.result_type(rows, np.float64))
    n = rows.shape[1]
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights: Any = None
    if fweights is not None:
        weights = _weights_of("fweights", operand(fweights), n)
        if weights.dtype.kind not in "iu":
            raise TypeError(f"cov: fweights must be integers, received {describe(weights)}.")
    if aweights is not None:
        aweights = _weights_of("aweights", operand(aweights), n)
        weights = aweights if weights is None else weights * aweights
    if weights is None:
        divisor: Any = n - ddof
        centred = rows - np.mean(rows, axis=1, keepdims=True)
        weighted = centred
    else:
        total = np.sum(weights)
        share = 1 if aweights is None else np.sum(weights * aweights) / total
        divisor = total - ddof * share
        centred = rows - np.sum(rows * weights, axis=1, keepdims=True) / total
        weighted = centred * weights
    if divisor <= 0:
        raise ValueError(
            f"{called('cov')}: takes observations (or weights of them) of more than ddof={ddof}, "
            f"received {n}."
        )
    return np.squeeze(weighted @ np.transpose(centred) / divisor)


@overrides(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    r"""The correlation coefficients :math:`C_{ij} / \sqrt{C_{ii} C_{jj}}` of `cov`.

    >>> corrcoef(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])).round(12)
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    i = np.arange(len(c))
    deviations = np.sqrt(c[i, i])
    return np.clip(c / deviations[:, None] / deviations, -1, 1)


# ---------------------------------------------------------------------- between two points


@overrides(np.linspace)
def linspace(
    x: Any,
    y: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    r"""`num` points at equal distances from `x` to `y`: :math:`(1 - t) x + t y`.

    With `retstep`, also the distance. NumPy's `device` is not taken.

    >>> linspace(np.array(1.0), np.array(2.0), 3)
    array([1. , 1.5, 2. ])
    """
    x, y = (v if v.__class__ in (int, float) else operand(v) for v in (x, y))
    kind = np.result_type(x, y, 1.0).type  # perhaps of more digits than a Python number
    t = np.linspace(kind(0), kind(1), num, endpoint)
    t = np.reshape(t, t.shape + (1,) * max(np.ndim(x), np.ndim(y)))
    z = np.moveaxis(x * (1 - t) + y * t, 0, axis)
    if dtype is not None:
        z = _of_dtype(np.floor(z) if np.dtype(dtype).kind in "iu" else z, dtype)
    steps = num - 1 if endpoint else num
    step = (y - kind(1) * x) / steps if retstep and steps > 0 else np.nan  # no 0 - 1 of uint64
    return (z, step) if retstep else z


# ---------------------------------------------------------------------- along an axis


@overrides(np.apply_along_axis)
def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any
) -> Any:
    """`func1d` of each sequence along `axis`; the axes of what it returns take its place.

    >>> apply_along_axis(np.sum, 0, np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([4., 6.])
    """
    arr = operand(arr)
    axis = normalize_axis_index(axis, arr.ndim, "apply_along_axis")
    rows = np.moveaxis(arr, axis, -1)
    outer = rows.shape[:-1]
    if not math.prod(outer):
        raise ValueError(
            f"apply_along_axis: shape {arr.shape} has no sequence along axis {axis}; give one."
        )
    results = np.stack([func1d(rows[k], *args, **kwargs) for k in np.ndindex(outer)])
    z = np.reshape(results, outer + results.shape[1:])
    new = range(results.ndim - 1)
    return np.moveaxis(z, [len(outer) + k for k in new], [axis + k for k in new])


@overrides(np.apply_over_axes)
def apply_over_axes(func: Callable[[Any, int], Any], a: Any, axes: Any) -> Any:
    """``func(a, axis)`` for one axis after the other, which stay as axes of length 1.

    >>> apply_over_axes(np.sum, np.array([[1.0, 2.0], [3.0, 4.0]]), (0, 1))
    array([[10.]])
    """
    z = operand(a)
    for axis in np.atleast_1d(axes).tolist():
        axis = normalize_axis_index(axis, z.ndim or 1, "apply_over_axes")
        result = func(z, axis)
        kept = result if np.ndim(result) == z.ndim else np.expand_dims(result, axis)
        if kept.ndim != z.ndim:
            raise ValueError(
                f"apply_over_axes: of shape {z.shape} and axis {axis} the function made shape "
                f"{np.shape(result)}; it must keep the axes, or drop that one."
            )
        z = kept
    return z


# ---------------------------------------------------------------------- as complex numbers

real = primitive(
    lambda x: np.real(x),
    name="real",
    implements=np.real,
    elementwise=True,
    tex=r"\operatorname{{Re}} {x}",
    x=lambda g: g,
)

imag = primitive(
    lambda x: np.imag(x),
    name="imag",
    implements=np.imag,
    elementwise=True,
    tex=r"\operatorname{{Im}} {x}",
    x=lambda g: np.zeros_like(g),
)

conj = conjugate = primitive(np.conjugate, tex=r"\overline{{{x}}}", x=lambda g: g)

angle = primitive(
    lambda x, /, deg=False: np.angle(x, deg),
    name="angle",
    implements=np.angle,
    elementwise=True,
    tex=r"\arg {x}",
    x=lambda g: np.zeros_like(g),
)
