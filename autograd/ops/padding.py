"""`pad` in all modes of NumPy that have a derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.dispatch import overrides
from autograd.errors import describe
from autograd.ops.indexing import getitem
from autograd.ops.joining import joined
from autograd.ops.shape import broadcast_to
from autograd.primitive import primitive
from autograd.tensor import Tensor, constant

Shape = tuple[int, ...]
Pair = tuple[Any, Any]
Pairs = tuple[Pair, ...]


def _unpad(g: Any, x_shape: Shape, pad_width: Pairs) -> Any:
    return g[
        tuple(slice(before, before + n) for n, (before, _) in zip(x_shape, pad_width, strict=True))
    ]


_pad = primitive(
    lambda x, /, pad_width, value: np.pad(x, pad_width, constant_values=value),
    name="pad",
    tex=r"\operatorname{{pad}}({x}, {pad_width})",
    x=_unpad,
)

# The functions whose value along an axis fills the border, and what each mode takes besides.
STATISTICS: dict[str, Any] = {
    "maximum": np.max,
    "minimum": np.min,
    "mean": np.mean,
    "median": np.median,
}
KEYWORDS = {
    "constant": "constant_values",
    "linear_ramp": "end_values",
    "reflect": "reflect_type",
    "symmetric": "reflect_type",
    **dict.fromkeys(STATISTICS, "stat_length"),
    "edge": "",
    "wrap": "",
}


def _pairs(what: str, value: Any, ndim: int) -> Pairs:
    """One value, a pair (before, after), or a pair for each axis, as the last."""
    if isinstance(value, dict):  # only some axes
        given = {
            normalize_axis_index(axis, ndim, "pad"): np.broadcast_to(pair, 2)
            for axis, pair in value.items()
        }
        value = [given.get(axis, (0, 0)) for axis in range(ndim)]
    try:
        return tuple(map(tuple, np.broadcast_to(np.asarray(value), (ndim, 2)).tolist()))
    except (TypeError, ValueError):  # also of a Tensor that requires a gradient
        raise ValueError(
            f"pad: received {what}={value!r} for {ndim} axes; give one plain number, a pair "
            "(before, after), or a pair for each axis."
        ) from None


@overrides(np.pad)
def pad(x: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    """A border around `x`, as wide as `pad_width` before and after each axis.

    Parameters
    ----------
    pad_width
        An integer, a pair (before, after), a pair for each axis, or a dict from axis to pair.
    mode
        What the border shows: ``constant`` (`constant_values`), ``edge``, ``reflect`` and
        ``symmetric`` (`reflect_type`), ``wrap``, ``linear_ramp`` (`end_values`), or the
        ``maximum``, ``minimum``, ``mean`` or ``median`` of `stat_length` elements at the edge.

    Raises ValueError for a mode that has no derivative (``empty``, a function of the caller's)
    if `x` requires a gradient, and for a keyword that does not belong to the mode.

    >>> pad(np.array([1, 2, 3]), (1, 2), mode="reflect")
    array([2, 1, 2, 3, 2, 1])
    """
    if not isinstance(x, Tensor):
        return np.pad(x, pad_width, mode, **kwargs)
    if not x.requires_grad:
        return constant(np.pad(x._data, pad_width, mode, **kwargs))
    keyword = KEYWORDS.get(mode) if isinstance(mode, str) else None
    if keyword is None:
        raise ValueError(
            f"pad: received mode={mode!r}, which has no derivative; give one of "
            f"{', '.join(sorted(KEYWORDS))}, or join the border to x with np.concatenate."
        )
    for other in kwargs:
        if other != keyword:
            raise ValueError(
                f"pad: the keyword {other!r} has no meaning with mode={mode!r}; leave it out."
            )
    widths = _pairs("pad_width", pad_width, x.ndim)
    if any(type(n) is not int or n < 0 for width in widths for n in width):
        raise ValueError(f"pad: received pad_width={pad_width!r}; give integers from 0 on.")
    if not any(map(any, widths)):  # (nor where there are no axes)
        return np.copy(x)
    if mode == "constant":
        return _pad(x, widths, _pairs(keyword, kwargs.get(keyword, 0), x.ndim))
    for axis, width in enumerate(widths):
        if any(width):
            if not x.shape[axis]:
                raise ValueError(
                    f"pad: mode={mode!r} finds nothing along axis {axis} of {describe(x)} to fill "
                    "a border with; use mode='constant'."
                )
            if mode in STATISTICS:
                borders = _statistics(x, axis, width, mode, kwargs.get(keyword))
            elif mode == "linear_ramp":
                borders = _ramps(x, axis, width, kwargs.get(keyword, 0))
            else:
                borders = _continued(x, axis, width, mode, kwargs.get(keyword, "even"))
            x = joined("pad", [borders[0], x, borders[1]], axis)
    return x


def _take(x: Any, axis: int, part: Any) -> Any:
    return getitem(x, (slice(None),) * axis + (part,))


def _statistics(x: Any, axis: int, width: Pair, mode: str, stat_length: Any) -> list[Any]:
    n = x.shape[axis]
    lengths = (n, n) if stat_length is None else _pairs("stat_length", stat_length, x.ndim)[axis]
    if min(lengths) < 1:
        raise ValueError(f"pad: received stat_length={stat_length!r}; give integers from 1 on.")
    parts = (slice(lengths[0]), slice(max(n - lengths[1], 0), n))
    return [
        broadcast_to(
            STATISTICS[mode](_take(x, axis, part), axis=axis, keepdims=True),
            (*x.shape[:axis], places, *x.shape[axis + 1 :]),
        )
        for part, places in zip(parts, width, strict=True)
    ]


def _ramps(x: Any, axis: int, width: Pair, end_values: Any) -> list[Any]:
    """From the end values to the edges, which are no part of the ramps."""
    n = x.shape[axis]
    ends = _pairs("end_values", end_values, x.ndim)[axis]
    rises = (np.arange(width[0]) / max(width[0], 1), np.arange(width[1])[::-1] / max(width[1], 1))
    edges = (_take(x, axis, slice(1)), _take(x, axis, slice(n - 1, n)))
    return [
        (edge - end) * _along(rise, axis, x) + end
        for end, rise, edge in zip(ends, rises, edges, strict=True)
    ]


def _along(values: Any, axis: int, x: Any) -> Any:
    """Numbers for the places along `axis`, to be multiplied with `x`."""
    return values.astype(x.dtype).reshape((-1,) + (1,) * (x.ndim - 1 - axis))


def _continued(x: Any, axis: int, width: Pair, mode: str, reflect_type: str) -> list[Any]:
    """What follows on both sides if `x` goes on for ever: at the edge, around, or to and fro.

    To and fro has a period of twice the length (``reflect`` shows the edges once, not twice).
    With ``odd``, it turns around through the point at the edge, :math:`2 e - x`, so that each
    period rises by twice the difference of the edges.
    """
    if reflect_type not in ("even", "odd"):
        raise ValueError(f"pad: received reflect_type={reflect_type!r}; give 'even' or 'odd'.")
    n = x.shape[axis]
    sides = (np.arange(-width[0], 0), np.arange(n, n + width[1]))
    if mode == "wrap":
        return [_take(x, axis, places % n) for places in sides]
    if mode == "edge":
        return [_take(x, axis, np.clip(places, 0, n - 1)) for places in sides]
    once = int(mode == "reflect")
    period = 2 * (n - once) or 1
    borders = []
    for places in sides:
        rounds, within = np.divmod(places, period)
        back = within >= n
        border = _take(x, axis, np.where(back, period - 1 + once - within, within))
        if reflect_type == "odd":
            first, last = _take(x, axis, slice(1)), _take(x, axis, slice(n - 1, n))
            border = border * _along(1 - 2 * back, axis, x)
            border = border + _along(2 * back, axis, x) * last
            border = border + _along(2 * rounds, axis, x) * (last - first)
        borders.append(border)
    return borders
