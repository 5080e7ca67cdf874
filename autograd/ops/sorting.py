"""Functions that order elements, and those that find or count equal ones.

Conventions: of equal elements, the k-th sorted one has the gradient of the k-th of them in `x`
(the sort is stable); a unique value has that of its first occurrence.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.dispatch import overrides
from autograd.errors import describe
from autograd.mode import is_recording
from autograd.ops.indexing import getitem, operand, scatter, take
from autograd.ops.shape import astype
from autograd.primitive import Operation, primitive, refused
from autograd.tensor import Tensor, _plain_arguments, _values

Axis = int | None


# ---------------------------------------------------------------------- order


def _inverse(order: Any, axis: int) -> Any:
    """The permutation along an axis that undoes `order`."""
    along = [1] * order.ndim
    along[axis] = order.shape[axis]
    inverse = np.empty_like(order)
    np.put_along_axis(inverse, order, np.arange(order.shape[axis]).reshape(along), axis)
    return inverse


# Unlike take_along_axis, whose adjoint adds: here each element is named once, so that the adjoint
# is a permutation too, which is faster.
_permute: Operation = primitive(
    lambda x, /, order, axis: np.take_along_axis(x, order, axis),
    name="permute",
    tex=r"{x}_\pi",
    x=lambda g, order, axis: _permute(g, _inverse(order, axis), axis),
)


def _flat_if_none(x: Any, axis: Axis, name: str) -> tuple[Any, int]:
    if axis is None:
        return np.ravel(x), 0
    x = operand(x)
    return x, normalize_axis_index(axis, x.ndim, name)


@overrides(np.sort)
def sort(x: Any, axis: Axis = -1, kind: Any = None, *, stable: bool | None = None) -> Any:
    """`x` in rising order along `axis`; with ``axis=None``, flattened. NaN is last.

    Equal elements keep their order unless `kind` or ``stable=False`` leaves it open; the k-th
    result has the gradient of the element that was moved there.

    >>> sort(np.array([3.0, 1.0, 2.0]))
    array([1., 2., 3.])
    """
    x, axis = _flat_if_none(x, axis, "sort")
    if kind is None and stable is None:
        stable = True
    try:
        order = np.argsort(_values(x), axis, kind, stable=stable)
    except (TypeError, ValueError) as error:
        raise refused("sort", error, (x,), {"kind": kind}) from None
    return _permute(x, order, axis)


@overrides(np.partition)
def partition(x: Any, kth: Any, axis: Axis = -1, kind: Any = "introselect") -> Any:
    """`x` with the elements of the numbers `kth` where `sort` would put them, smaller ones before.

    Each result has the gradient of the element that was moved there.

    >>> partition(np.array([3.0, 1.0, 2.0]), 1)
    array([1., 2., 3.])
    """
    x, axis = _flat_if_none(x, axis, "partition")
    try:
        order = np.argpartition(_values(x), _values(kth), axis, kind)
    except (TypeError, ValueError) as error:
        raise refused("partition", error, (x,), {"kth": kth}) from None
    return _permute(x, order, axis)


# ---------------------------------------------------------------------- equal elements


@overrides(np.unique)
def unique(
    x: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Axis = None,
    *,
    equal_nan: bool = True,
) -> Any:
    """The different values (or slices along `axis`) in rising order.

    A value has the gradient of its first occurrence. Indices, inverse and counts are plain
    arrays, as in NumPy.

    >>> unique(np.array([2.0, 1.0, 2.0]), return_counts=True)
    (array([1., 2.]), array([1, 2]))
    """
    _, index, *others = cast(Any, np.unique)(
        _values(x), True, return_inverse, return_counts, axis, equal_nan=equal_nan
    )
    values = take(x, index, axis)
    results = (values, index, *others) if return_index else (values, *others)
    return results if len(results) > 1 else values


@overrides(np.union1d)
def union1d(x: Any, y: Any) -> Any:
    """The different values of both, in rising order; each has the gradient of its first one.

    >>> union1d(np.array([2.0, 1.0]), np.array([2.0, 3.0]))
    array([1., 2., 3.])
    """
    return unique(np.concatenate([x, y], axis=None))


@overrides(np.intersect1d)
def intersect1d(x: Any, y: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """The values that are in both, in rising order; each has the gradient of its first in `x`.

    >>> intersect1d(np.array([2.0, 1.0]), np.array([2.0, 3.0]))
    array([2.])
    """
    both, in_x, in_y = np.intersect1d(_values(x), _values(y), assume_unique, True)
    values = astype(take(x, in_x), both.dtype)
    return (values, in_x, in_y) if return_indices else values


@overrides(np.setdiff1d)
def setdiff1d(x: Any, y: Any, assume_unique: bool = False) -> Any:
    """The different values of `x` that are not in `y`, in rising order.

    >>> setdiff1d(np.array([2.0, 1.0]), np.array([2.0, 3.0]))
    array([1.])
    """
    x = np.ravel(x) if assume_unique else unique(x)
    return getitem(x, np.isin(x, y, assume_unique=True, invert=True))


# ---------------------------------------------------------------------- counts


@overrides(np.bincount)
def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    r"""How often each integer occurs, :math:`z_b = \sum_{x_i = b} w_i`.

    Differentiable in the weights; without any that are a Tensor, the counts are a plain array.

    >>> bincount(np.array([0, 2, 2]))
    array([1, 0, 2])
    """
    x = _values(x)
    if not isinstance(weights, Tensor):
        return np.bincount(x, weights, minlength)
    length = len(np.bincount(x, weights._data, minlength))
    weights = weights if weights.dtype == float else astype(weights, float)
    return scatter(weights, np.asarray(x, int), (length,))


@overrides(np.histogram)
def histogram(
    x: Any, bins: Any = 10, range: Any = None, density: bool | None = None, weights: Any = None
) -> tuple[Any, Any]:
    """How many elements are in each bin, and the edges of the bins, a plain array.

    Differentiable in the weights; without any that are a Tensor, the counts are a plain array.
    TypeError where a gradient would be lost, because the edges depend on a Tensor.

    >>> histogram(np.array([0.5, 1.5, 1.6]), bins=2, range=(0, 2))
    (array([1, 2]), array([0., 1., 2.]))
    """
    limits = list(range) if isinstance(range, (list, tuple)) else [range]
    for source in [bins, *limits, *([x] if range is None and not np.ndim(bins) else [])]:
        if isinstance(source, Tensor) and source.requires_grad and is_recording():
            raise TypeError(
                f"histogram: the edges of the bins would lose the gradient of {describe(source)}; "
                "give range=(low, high) or plain edges, or detach() it."
            )
    x, (bins, range) = np.ravel(_values(x)), _plain_arguments((bins, range))
    if not isinstance(weights, Tensor):
        return np.histogram(x, bins, range, density, weights)
    if weights.size != x.size:
        raise ValueError(
            f"histogram: received {describe(weights)} as weights of {x.size} elements; give one "
            "for each."
        )
    edges = np.histogram_bin_edges(x, bins, range, weights._data)
    # The last bin contains its right edge too.
    place = np.searchsorted(edges, x, side="right") - 1 - (x == edges[-1])
    inside = (x >= edges[0]) & (x <= edges[-1])
    counts = scatter(np.ravel(weights)[inside], place[inside], (len(edges) - 1,))
    if density:
        counts = counts / (np.diff(edges) * np.sum(counts))
    return counts, edges
