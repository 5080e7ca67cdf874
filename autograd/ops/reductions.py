"""Functions that combine the elements along axes.

Conventions: ``max`` and ``min`` share the gradient equally among the elements that attain the
extremum, as ``maximum`` and ``minimum`` do.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import dispatch
from autograd.primitive import primitive

Shape = tuple[int, ...]
Axis = int | tuple[int, ...] | None


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes that `axis` names, none of them negative."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,))) if ndim else ()


def kept(g: Any, x_shape: Shape, axis: Axis, keepdims: bool) -> Any:
    """`g`, the cotangent of a reduction, with the reduced axes as axes of length 1."""
    if keepdims:
        return g
    reduced = axes_of(axis, len(x_shape))
    return np.reshape(g, tuple(1 if k in reduced else n for k, n in enumerate(x_shape)))


def _spread(g: Any, x_shape: Shape, axis: Axis, keepdims: bool) -> Any:
    return np.broadcast_to(kept(g, x_shape, axis, keepdims), x_shape)


def _count(x_shape: Shape, axis: Axis) -> int:
    return math.prod(x_shape[a] for a in axes_of(axis, len(x_shape)))


def _spread_mean(g: Any, x_shape: Shape, axis: Axis, keepdims: bool) -> Any:
    return _spread(g / (_count(x_shape, axis) or 1), x_shape, axis, keepdims)


sum = primitive(
    lambda x, /, axis=None, keepdims=False: np.sum(x, axis=axis, keepdims=keepdims),
    name="sum",
    implements=np.sum,
    tex=r"\textstyle\sum {x}",
    x=_spread,
)

mean = primitive(
    lambda x, /, axis=None, keepdims=False: np.mean(x, axis=axis, keepdims=keepdims),
    name="mean",
    implements=np.mean,
    tex=r"\operatorname{{mean}}({x})",
    x=_spread_mean,
)


def _spread_extremum(g: Any, z: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    attained = x == kept(z, x.shape, axis, keepdims)
    ties = np.sum(attained, axis=axis, keepdims=True, dtype=g.dtype)
    ties = np.maximum(ties, 1)  # NaN is attained nowhere
    return np.where(attained, kept(g, x.shape, axis, keepdims) / ties, 0)


max = primitive(
    lambda x, /, axis=None, keepdims=False: np.max(x, axis=axis, keepdims=keepdims),
    name="max",
    implements=[np.max, np.amax],
    tex=r"\max {x}",
    x=_spread_extremum,
)

min = primitive(
    lambda x, /, axis=None, keepdims=False: np.min(x, axis=axis, keepdims=keepdims),
    name="min",
    implements=[np.min, np.amin],
    tex=r"\min {x}",
    x=_spread_extremum,
)


def _products_of_others(x: Any) -> Any:
    """Along the last axis, for each element the product of all others.

    By pairs: the product of the others is that of the other pairs times the partner. Without a
    division, so it is right with any number of zeros, and so are its derivatives.
    """
    n = x.shape[-1]
    if n <= 1:
        return np.ones_like(x)
    if n % 2:
        x = np.concatenate([x, np.ones_like(x[..., :1])], axis=-1)
    even, odd = x[..., ::2], x[..., 1::2]
    others = _products_of_others(even * odd)
    both = np.stack([others * odd, others * even], axis=-1)
    return np.reshape(both, x.shape)[..., :n]


def _spread_prod(g: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    reduced = axes_of(axis, x.ndim)
    last = tuple(range(x.ndim - len(reduced), x.ndim))
    moved = np.moveaxis(x, reduced, last)
    others = np.reshape(moved, (*moved.shape[: x.ndim - len(reduced)], _count(x.shape, axis)))
    others = np.moveaxis(np.reshape(_products_of_others(others), moved.shape), last, reduced)
    return kept(g, x.shape, axis, keepdims) * others


prod = primitive(
    lambda x, /, axis=None, keepdims=False: np.prod(x, axis=axis, keepdims=keepdims),
    name="prod",
    implements=np.prod,
    tex=r"\textstyle\prod {x}",
    x=_spread_prod,
)


def _cumsum_back(g: Any, x_shape: Shape, axis: int | None) -> Any:
    k = 0 if axis is None else axis % (len(x_shape) or 1)
    back = (slice(None),) * k + (slice(None, None, -1),)
    return np.reshape(np.cumsum(g[back], axis=k)[back], x_shape)


cumsum = primitive(
    lambda x, /, axis=None: np.cumsum(x, axis=axis),
    name="cumsum",
    implements=np.cumsum,
    tex=r"\operatorname{{cumsum}}({x})",
    x=_cumsum_back,
)

dispatch.methods.update(
    {
        (np.add, "reduce"): sum,
        (np.multiply, "reduce"): prod,
        (np.maximum, "reduce"): max,
        (np.minimum, "reduce"): min,
        (np.add, "accumulate"): cumsum,
    }
)
