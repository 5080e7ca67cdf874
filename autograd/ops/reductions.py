"""Functions that combine the elements along axes.

Conventions. The extrema (``max``, ``min``, ``nanmax``, ``nanmin``, ``cummax``, ``cummin``) share
the gradient equally among the elements that attain them, an `initial` that does being one more;
``maximum`` and ``minimum`` do the same. So do ``median``, ``quantile`` and ``percentile`` among
the elements equal to an order statistic: the quantile 1 has the gradient of ``max``. Where a
result is NaN, the gradient of all of these is 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from operator import index
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd import dispatch
from autograd.dispatch import overrides
from autograd.errors import describe
from autograd.mode import is_recording
from autograd.ops.elementwise import NOT_GIVEN, chosen
from autograd.ops.indexing import operand, scatter
from autograd.ops.shape import astype
from autograd.primitive import Operation, primitive, refused, without_rule
from autograd.tensor import Tensor

Shape = tuple[int, ...]
Axis = int | tuple[int, ...] | None
Function = Callable[..., Any]


# ---------------------------------------------------------------------- parameters


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes that `axis` names, none of them negative."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,))) if ndim else ()


def check_axis(name: str, x: Any, axis: Axis) -> None:
    """NumPy's refusal of an axis, in the name of a function that is composed of others."""
    if axis is None:
        return
    try:
        axes = tuple(map(index, axis if isinstance(axis, tuple) else (axis,)))
        normalize_axis_tuple(axes, np.ndim(x) or 1)  # of a scalar, NumPy accepts axis 0
    except (ValueError, TypeError, OverflowError) as error:
        reason = ValueError(str(error)) if isinstance(error, OverflowError) else error
        raise refused(name, reason, (x,), {"axis": axis}) from None


def plain(value: Any, name: str, parameter: str) -> Any:
    """The values of a parameter that the function of that name has no derivative for."""
    if isinstance(value, Tensor):
        if value.requires_grad and is_recording():
            raise without_rule(name, parameter)
        return value._data
    return value


def chosen_by(where: Any, name: str) -> Any:
    """What `where` chooses, as an array; True, if it was left out."""
    where = plain(where, name, "where")
    mask = np.asarray(where)
    if mask.dtype != bool and (mask.size or isinstance(where, np.ndarray)):
        name = dispatch.called(name)
        raise TypeError(f"{name}: where must be booleans, received {describe(mask)}.")
    return True if where is True else mask.astype(bool, copy=False)


def converted(name: str, x: Any, dtype: Any) -> Any:
    """`x` in the dtype that the reduction of that name was told to compute in, if any."""
    if dtype is None:
        return x
    x = operand(x)
    if x.dtype.kind == "c":  # which would lose its imaginary part
        return x
    try:
        return astype(x, np.dtype(dtype))
    except TypeError as error:
        raise refused(name, error, (x,), {"dtype": dtype}) from None


# ---------------------------------------------------------------------- sums and means


def kept(g: Any, x_shape: Shape, axis: Axis, keepdims: bool) -> Any:
    """`g`, the cotangent of a reduction, with the reduced axes as axes of length 1."""
    if keepdims:
        return g
    reduced = axes_of(axis, len(x_shape))
    return np.reshape(g, tuple(1 if k in reduced else n for k, n in enumerate(x_shape)))


def _spread(g: Any, x_shape: Shape, axis: Axis, keepdims: bool) -> Any:
    return np.broadcast_to(kept(g, x_shape, axis, keepdims), x_shape)


def count(x_shape: Shape, axis: Axis) -> int:
    """How many elements a reduction combines into one."""
    return math.prod(x_shape[a] for a in axes_of(axis, len(x_shape)))


# Each reduction is declared twice, for what it is called with nearly always, and for all else.
# The methods of ufuncs do what np.sum does, without its layer of Python.

_add: Function = np.add.reduce
_multiply: Function = np.multiply.reduce

_sum = primitive(
    lambda x, /, axis=None, keepdims=False: _add(x, axis, None, None, keepdims),
    name="sum",
    tex=r"\sum_{{{axis}}} {x}",
    x=_spread,
)

_sum_where = primitive(
    lambda x, /, axis, dtype, keepdims, initial, where: _add(
        x, axis, dtype, None, keepdims, initial, where
    ),
    name="sum",
    tex=r"\sum_{{{axis}}} {x}",
    x=lambda g, x_shape, axis, keepdims, where: chosen(_spread(g, x_shape, axis, keepdims), where),
)


@overrides(np.sum)
def sum(
    x: Any,
    axis: Axis = None,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = NOT_GIVEN,
    where: Any = True,
) -> Any:
    r""":math:`\sum x` along `axis`, of the elements that `where` selects.

    >>> sum(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    array([4., 6.])
    """
    if where is True and initial is NOT_GIVEN and dtype is None:
        return _sum(x, axis, keepdims)
    initial, where = plain(initial, "sum", "initial"), chosen_by(where, "sum")
    return _sum_where(converted("sum", x, dtype), axis, dtype, keepdims, initial, where)


def _spread_mean(g: Any, x_shape: Shape, axis: Axis, keepdims: bool) -> Any:
    return _spread(g / (count(x_shape, axis) or 1), x_shape, axis, keepdims)


def _spread_mean_where(g: Any, x_shape: Shape, axis: Axis, keepdims: bool, where: Any) -> Any:
    n = np.sum(np.broadcast_to(where, x_shape), axis=axis, keepdims=keepdims, dtype=g.dtype)
    return chosen(_spread(g / np.maximum(n, 1), x_shape, axis, keepdims), where)


_mean = primitive(
    lambda x, /, axis=None, keepdims=False: np.mean(x, axis=axis, keepdims=keepdims),
    name="mean",
    tex=r"\operatorname{{mean}}_{{{axis}}}({x})",
    x=_spread_mean,
)

_mean_where = primitive(
    lambda x, /, axis, dtype, keepdims, where: np.mean(
        x, axis=axis, dtype=dtype, keepdims=keepdims, where=where
    ),
    name="mean",
    tex=r"\operatorname{{mean}}_{{{axis}}}({x})",
    x=_spread_mean_where,
)


@overrides(np.mean)
def mean(
    x: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False, *, where: Any = True
) -> Any:
    r""":math:`\frac{1}{n} \sum x` along `axis`, of the elements that `where` selects.

    >>> mean(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    array([2., 3.])
    """
    if where is True and dtype is None:
        return _mean(x, axis, keepdims)
    where = chosen_by(where, "mean")
    return _mean_where(converted("mean", x, dtype), axis, dtype, keepdims, where)


# ---------------------------------------------------------------------- extrema


def _spread_extremum(
    g: Any,
    z: Any,
    x: Any,
    axis: Axis,
    keepdims: bool,
    initial: Any = NOT_GIVEN,
    where: Any = True,
) -> Any:
    z = kept(z, x.shape, axis, keepdims)
    attained = (x == z) if where is True else (x == z) & where
    ties = np.sum(attained, axis=axis, keepdims=True, dtype=g.dtype)
    if initial is not NOT_GIVEN and initial is not None:
        ties = ties + (z == initial)
    ties = np.maximum(ties, 1)  # NaN is attained nowhere
    return chosen(kept(g, x.shape, axis, keepdims) / ties, attained)


def _extremum(name: str, function: Function) -> Function:
    r"""``max`` and its relatives, which differ in what they compute but not in their rule."""
    tex = rf"\operatorname{{{{{name}}}}}_{{{{{{axis}}}}}} {{x}}"
    everything = primitive(
        lambda x, /, axis=None, keepdims=False: function(x, axis=axis, keepdims=keepdims),
        name=name,
        tex=tex,
        x=_spread_extremum,
    )
    some = primitive(
        lambda x, /, axis, keepdims, initial, where: function(
            x, axis=axis, keepdims=keepdims, initial=initial, where=where
        ),
        name=name,
        tex=tex,
        x=lambda g, z, x, axis, keepdims, initial, where: _spread_extremum(
            g, z, x, axis, keepdims, initial, where
        ),
    )

    def extremum(
        x: Any,
        axis: Axis = None,
        keepdims: bool = False,
        initial: Any = NOT_GIVEN,
        where: Any = True,
    ) -> Any:
        if where is True and initial is NOT_GIVEN:
            return everything(x, axis, keepdims)
        initial = plain(initial, name, "initial")
        return some(x, axis, keepdims, initial, chosen_by(where, name))

    extremum.__name__ = extremum.__qualname__ = name
    return extremum


max = overrides(np.max, np.amax)(_extremum("max", np.maximum.reduce))
max.__doc__ = r""":math:`\max x` along `axis`; elements that attain it share the gradient equally.

    >>> max(np.array([[1.0, 2.0], [3.0, 0.0]]), axis=0)
    array([3., 2.])
    """
min = overrides(np.min, np.amin)(_extremum("min", np.minimum.reduce))
min.__doc__ = r""":math:`\min x` along `axis`; elements that attain it share the gradient equally.

    >>> min(np.array([[1.0, 2.0], [3.0, 0.0]]), axis=0)
    array([1., 0.])
    """
nanmax = overrides(np.nanmax)(_extremum("nanmax", np.nanmax))
nanmax.__doc__ = """The largest element along `axis` that is not NaN, with the gradient of `max`.

    >>> nanmax(np.array([1.0, np.nan]))
    np.float64(1.0)
    """
nanmin = overrides(np.nanmin)(_extremum("nanmin", np.nanmin))
nanmin.__doc__ = """The smallest element along `axis` that is not NaN, with the gradient of `min`.

    >>> nanmin(np.array([1.0, np.nan]))
    np.float64(1.0)
    """


# ---------------------------------------------------------------------- products


def _as_rows(x: Any, axis: Axis) -> Any:
    """`x` with the reduced axes as a single one, the last."""
    reduced = axes_of(axis, x.ndim)
    rest = x.ndim - len(reduced)
    moved = np.moveaxis(x, reduced, tuple(range(rest, x.ndim)))
    return np.reshape(moved, (*moved.shape[:rest], count(x.shape, axis)))


def _from_rows(rows: Any, x_shape: Shape, axis: Axis) -> Any:
    reduced = axes_of(axis, len(x_shape))
    moved = np.reshape(rows, (*rows.shape[:-1], *(x_shape[a] for a in reduced)))
    return np.moveaxis(moved, tuple(range(len(x_shape) - len(reduced), len(x_shape))), reduced)


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
    others = _from_rows(_products_of_others(_as_rows(x, axis)), x.shape, axis)
    return kept(g, x.shape, axis, keepdims) * others


def _spread_prod_where(g: Any, x: Any, axis: Axis, keepdims: bool, initial: Any, where: Any) -> Any:
    if initial is not NOT_GIVEN and initial is not None:
        g = g * g.dtype.type(initial)
    return np.where(where, _spread_prod(g, np.where(where, x, 1), axis, keepdims), 0)


_prod = primitive(
    lambda x, /, axis=None, keepdims=False: _multiply(x, axis, None, None, keepdims),
    name="prod",
    tex=r"\prod_{{{axis}}} {x}",
    x=_spread_prod,
)

_prod_where = primitive(
    lambda x, /, axis, dtype, keepdims, initial, where: _multiply(
        x, axis, dtype, None, keepdims, initial, where
    ),
    name="prod",
    tex=r"\prod_{{{axis}}} {x}",
    x=_spread_prod_where,
)


@overrides(np.prod)
def prod(
    x: Any,
    axis: Axis = None,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = NOT_GIVEN,
    where: Any = True,
) -> Any:
    r""":math:`\prod x` along `axis`, of the elements that `where` selects; zeros are no problem.

    >>> prod(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    array([3., 8.])
    """
    if where is True and initial is NOT_GIVEN and dtype is None:
        return _prod(x, axis, keepdims)
    initial, where = plain(initial, "prod", "initial"), chosen_by(where, "prod")
    return _prod_where(converted("prod", x, dtype), axis, dtype, keepdims, initial, where)


# ---------------------------------------------------------------------- cumulative


def _cumsum_back(g: Any, x_shape: Shape, axis: int | None) -> Any:
    k = 0 if axis is None else axis % (len(x_shape) or 1)
    back = (slice(None),) * k + (slice(None, None, -1),)
    return np.reshape(np.cumsum(g[back], axis=k)[back], x_shape)


_cumsum = primitive(
    lambda x, /, axis=None, dtype=None: np.cumsum(x, axis=axis, dtype=dtype),
    name="cumsum",
    tex=r"\operatorname{{cumsum}}_{{{axis}}}({x})",
    x=_cumsum_back,
)


@overrides(np.cumsum)
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    r""":math:`z_k = x_0 + \dots + x_k` along `axis`; without one, of all elements in order.

    >>> cumsum(np.array([1.0, 2.0, 3.0]))
    array([1., 3., 6.])
    """
    return _cumsum(converted("cumsum", x, dtype), axis, dtype)


def _shifted(x: Any, first: float) -> Any:
    """Along the last axis, `first` and then all but the last of x."""
    return np.concatenate([np.full_like(x[..., :1], first), x[..., :-1]], axis=-1)


def _recurrence(a: Any, b: Any) -> Any:
    """Along the last axis, ``s[k] = b[k] + a[k] * s[k-1]``, where nothing precedes ``s[0]``.

    By pairs: two steps are one step of the same form, so that half as many give every other
    ``s``. (Blelloch, Prefix sums and their applications, 1990, section 1.4.)
    """
    n = b.shape[-1]
    if n <= 1:
        return b
    if n % 2:
        a, b = (np.concatenate([c, np.zeros_like(c[..., :1])], axis=-1) for c in (a, b))
    (a_even, a_odd), (b_even, b_odd) = ((c[..., ::2], c[..., 1::2]) for c in (a, b))
    odd = _recurrence(a_even * a_odd, b_odd + a_odd * b_even)
    even = b_even + a_even * _shifted(odd, 0)
    return np.reshape(np.stack([even, odd], axis=-1), b.shape)[..., :n]


def _recurrence_back(a: Any, b: Any) -> Any:
    """The same from the end: ``s[k] = b[k] + a[k+1] * s[k+1]``."""
    return _recurrence(_shifted(a[..., ::-1], 0), b[..., ::-1])[..., ::-1]


def _along(rule: Function) -> Function:
    """A rule for the last axis, made one for any: an axis of None means all elements in order."""

    def along(g: Any, z: Any, x: Any, axis: int | None) -> Any:
        k = 0 if axis is None else axis
        last = [np.moveaxis(a, k, -1) for a in (g, z, np.reshape(x, z.shape))]
        return np.reshape(np.moveaxis(rule(*last), -1, k), x.shape)

    return along


def _cumprod_back(g: Any, z: Any, x: Any) -> Any:
    # The sum over k >= j of g[k] x[0]...x[k] without x[j], which is not divided by: it may be 0.
    return _shifted(z, 1) * _recurrence_back(x, g)


_cumprod = primitive(
    lambda x, /, axis=None, dtype=None: np.cumprod(x, axis=axis, dtype=dtype),
    name="cumprod",
    tex=r"\operatorname{{cumprod}}_{{{axis}}}({x})",
    x=_along(_cumprod_back),
)


@overrides(np.cumprod)
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    r""":math:`z_k = x_0 \cdots x_k` along `axis`; without one, of all elements in order.

    >>> cumprod(np.array([1.0, 2.0, 3.0]))
    array([1., 2., 6.])
    """
    return _cumprod(converted("cumprod", x, dtype), axis, dtype)


def _cumulative_extremum_back(g: Any, z: Any, x: Any) -> Any:
    attained = x == z
    stays = np.concatenate([z[..., :1] != z[..., :1], z[..., 1:] == z[..., :-1]], axis=-1)
    stays = stays.astype(g.dtype)
    ties = np.maximum(_recurrence(stays, attained.astype(g.dtype)), 1)  # so far
    return np.where(attained, _recurrence_back(stays, g / ties), 0)


def _cumulative_extremum(name: str, ufunc: np.ufunc) -> Operation:
    return primitive(
        lambda x, /, axis=None: ufunc.accumulate(
            np.ravel(x) if axis is None else x, axis=0 if axis is None else axis
        ),
        name=name,
        tex=rf"\operatorname{{{{{name}}}}}_{{{{{{axis}}}}}}({{x}})",
        x=_along(_cumulative_extremum_back),
    )


cummax = _cumulative_extremum("cummax", np.maximum)
cummax.__doc__ = r""":math:`z_k = \max(x_0, \dots, x_k)` along `axis`; without one, of all elements.

    In NumPy it is ``np.maximum.accumulate``. Elements that attain a maximum share its gradient.

    >>> cummax(np.array([1.0, 3.0, 2.0]))
    array([1., 3., 3.])
    """
cummin = _cumulative_extremum("cummin", np.minimum)
cummin.__doc__ = r""":math:`z_k = \min(x_0, \dots, x_k)` along `axis`; without one, of all elements.

    In NumPy it is ``np.minimum.accumulate``. Elements that attain a minimum share its gradient.

    >>> cummin(np.array([3.0, 1.0, 2.0]))
    array([3., 1., 1.])
    """


# ---------------------------------------------------------------------- order statistics


def _share_by_rank(g: Any, z: Any, x: Any, axis: Axis, pick: Function) -> Any:
    """The cotangent of what NumPy's function `pick` interpolated between order statistics.

    Of the ranks 0, 1, 2, ... in place of the elements, `pick` gives the place k + t itself, by
    whatever method, weights and treatment of NaN: there, z is (1 - t) x_(k) + t x_(k+1). What
    arrives at an order statistic is shared equally among the elements equal to it.
    """
    if not x.size:
        return np.zeros_like(x)
    rows = _as_rows(x, axis)
    shape, n = rows.shape, rows.shape[-1]
    rows = np.reshape(rows, (-1, n))
    every = np.arange(len(rows))[:, None]
    order = np.argsort(rows, axis=-1, kind="stable")
    ordered = rows[every, order]

    # Equal elements are a group; its number, by place in the order and by element.
    begins = np.concatenate([every >= 0, ordered[:, 1:] != ordered[:, :-1]], axis=-1)
    group = np.reshape(np.cumsum(begins) - 1, rows.shape)
    size = np.bincount(group.ravel()).astype(g.dtype)
    back = np.empty_like(order)
    back[every, order] = np.arange(n)

    # A row of nothing but NaN has no place, which NumPy would warn about a second time.
    nan = np.isnan(rows) & ~np.isnan(ordered[:, :1])
    ranks = np.reshape(np.where(nan, np.nan, back), shape)
    place = np.where(np.isnan(z), 0, pick(_from_rows(ranks, x.shape, axis)))
    place = np.reshape(place, (-1, len(rows)))
    k = np.floor(place).astype(int)
    t = (place - k).astype(g.dtype)
    none = np.reshape(np.isnan(z), place.shape)
    g = np.where(none, 0, np.reshape(g, place.shape))
    row = every[:, 0]
    groups = np.stack([group[row, k], group[row, np.minimum(k + 1, n - 1)]])
    arrived = scatter(np.stack([g * (1 - t), g * t]), groups, size.shape)
    shared = np.reshape((arrived / size)[group[every, back]], shape)
    used = np.zeros(size.shape, bool)
    used[groups[np.stack([(t < 1) & ~none, (t > 0) & ~none])]] = True
    mask = np.reshape(used[group[every, back]], shape)
    return chosen(*(_from_rows(rows, x.shape, axis) for rows in (shared, mask)))


def _in_tuple(axis: Any) -> Any:
    """Several axes in a tuple, where NumPy takes them in anything."""
    return tuple(axis) if np.iterable(axis) else axis


def _median(function: Function) -> Operation:
    forward: Function = lambda x, /, axis, keepdims: function(x, axis=axis, keepdims=keepdims)
    return primitive(
        forward,
        name=function.__name__,
        tex=r"\operatorname{{median}}_{{{axis}}}({x})",
        x=lambda g, z, x, axis, keepdims: _share_by_rank(
            g, z, x, axis, partial(forward, axis=axis, keepdims=keepdims)
        ),
    )


def _quantile(function: Function) -> Function:
    """A function of q with the signature that they all have in NumPy, less `out`."""
    name = function.__name__
    forward: Function = lambda x, /, q, axis, method, keepdims, weights: function(
        x, q, axis=axis, method=method, keepdims=keepdims, weights=weights
    )
    operation = primitive(
        forward,
        name=name,
        tex=rf"\operatorname{{{{{name}}}}}_{{{{{{q}}}}}}({{x}})",
        x=lambda g, z, x, q, axis, method, keepdims, weights: _share_by_rank(
            g, z, x, axis, lambda ranks: forward(ranks, q, axis, method, keepdims, weights)
        ),
    )

    def quantile(
        x: Any,
        q: Any,
        axis: Axis = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: bool = False,
        *,
        weights: Any = None,
    ) -> Any:
        q, weights = plain(q, name, "q"), plain(weights, name, "weights")
        weights = None if weights is None else np.asarray(weights)  # not a matrix
        return operation(x, q, _in_tuple(axis), method, keepdims, weights)

    quantile.__name__ = quantile.__qualname__ = name
    quantile.__code__ = quantile.__code__.replace(co_name=name)  # which errors are named by
    return overrides(function)(quantile)


_plain_median, _nanmedian = _median(np.median), _median(np.nanmedian)


@overrides(np.median)
def median(x: Any, axis: Axis = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    """The middle element along `axis`, or the mean of the middle two; x is never overwritten.

    >>> median(np.array([3.0, 1.0, 2.0, 10.0]))
    np.float64(2.5)
    """
    return _plain_median(x, _in_tuple(axis), keepdims)


@overrides(np.nanmedian)
def nanmedian(
    x: Any, axis: Axis = None, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """The `median` of the elements that are not NaN.

    >>> nanmedian(np.array([3.0, 1.0, np.nan, 2.0, 10.0]))
    np.float64(2.5)
    """
    return _nanmedian(x, _in_tuple(axis), keepdims)


quantile = _quantile(np.quantile)
quantile.__doc__ = """The quantiles `q`, from 0 to 1, along `axis`, by any of NumPy's methods.

    Between order statistics k and k + 1 of the sorted x it is interpolated, and they receive
    the gradient, shared equally among the elements equal to them; `q` and `weights` receive none.

    >>> quantile(np.array([0.0, 10.0, 20.0]), [0.25, 1.0])
    array([ 5., 20.])
    """
percentile = _quantile(np.percentile)
percentile.__doc__ = """The percentiles `q`, from 0 to 100, along `axis`: `quantile` of q / 100.

    >>> percentile(np.array([0.0, 10.0, 20.0]), [25, 100])
    array([ 5., 20.])
    """
nanquantile = _quantile(np.nanquantile)
nanquantile.__doc__ = """The `quantile` of the elements that are not NaN.

    >>> nanquantile(np.array([0.0, np.nan, 10.0, 20.0]), [0.25, 1.0])
    array([ 5., 20.])
    """
nanpercentile = _quantile(np.nanpercentile)
nanpercentile.__doc__ = """The `percentile` of the elements that are not NaN.

    >>> nanpercentile(np.array([0.0, np.nan, 10.0, 20.0]), [25, 100])
    array([ 5., 20.])
    """


# ---------------------------------------------------------------------- other ways to call them


@overrides(np.trace)
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """The sum of the diagonal that two axes have, by default the first.

    >>> int(trace(np.array([[1, 2], [3, 4]]), offset=1))
    2
    """
    return sum(np.diagonal(x, offset, axis1, axis2), axis=-1, dtype=dtype)


dispatch.methods.update(
    {
        (np.add, "reduce"): sum,
        (np.multiply, "reduce"): prod,
        (np.maximum, "reduce"): max,
        (np.minimum, "reduce"): min,
        (np.fmax, "reduce"): _extremum("fmax_reduce", np.fmax.reduce),
        (np.fmin, "reduce"): _extremum("fmin_reduce", np.fmin.reduce),
        (np.add, "accumulate"): cumsum,
        (np.multiply, "accumulate"): cumprod,
        (np.maximum, "accumulate"): cummax,
        (np.minimum, "accumulate"): cummin,
    }
)
dispatch.plain.update({np.nanargmax, np.nanargmin})
