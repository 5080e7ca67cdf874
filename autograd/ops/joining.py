"""Several arrays made one, one cut into several, places put in and taken out."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.typing import DTypeLike

from autograd.dispatch import overrides
from autograd.errors import describe
from autograd.ops.indexing import getitem, operand
from autograd.ops.shape import (
    astype,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    broadcast_to,
    lengths,
    moveaxis,
    need_axes,
    newer,
    ravel,
    reshape,
)
from autograd.primitive import primitive, refused
from autograd.tensor import Tensor, _values

Shape = tuple[int, ...]

# ---------------------------------------------------------------------- joining


def _piece(g: Any, i: int, xs_shape: tuple[Shape, ...], axis: int, ends: Shape) -> Any:
    start = ends[i] - xs_shape[i][axis]
    return g[(slice(None),) * axis + (slice(start, ends[i]),)]


_concatenate = primitive(
    lambda *xs, axis, ends: np.concatenate(xs, axis=axis),
    name="concatenate",
    tex=r"\operatorname{{concatenate}}_{{{axis}}}({xs})",
    xs=_piece,
)

_stack = primitive(
    lambda *xs, axis: np.stack(xs, axis=axis),
    name="stack",
    tex=r"\operatorname{{stack}}_{{{axis}}}({xs})",
    xs=lambda g, i, axis: g[(slice(None),) * axis + (i,)],
)


def _arrays(name: str, arrays: Any, dtype: DTypeLike | None, casting: Any) -> list[Any]:
    """The arrays to be joined; in `dtype`, if it or an unusual `casting` is given."""
    listed = list(arrays) if isinstance(arrays, Tensor) else [operand(a) for a in arrays]
    if not listed:
        raise ValueError(f"{name}: received no arrays; give at least one.")
    if dtype is None and casting == "same_kind":
        return listed
    common = np.result_type(*listed) if dtype is None else np.dtype(dtype)
    for x in listed:
        if not np.can_cast(x.dtype, common, casting):
            raise TypeError(
                f"{name}: received {describe(x)}, which casting={casting!r} does not let become "
                f"{common}; convert it with astype()."
            )
    return [x if x.dtype == common else astype(x, common) for x in listed]


def _of_one_dtype(arrays: Any) -> list[Any]:
    """The arrays, and the Python numbers among them as arrays of the dtype of the others."""
    listed = [a if a.__class__ in (bool, int, float) else operand(a) for a in arrays]
    if all(hasattr(a, "shape") for a in listed):
        return listed
    kind = np.result_type(*listed)
    return [a if hasattr(a, "shape") else np.asarray(a, kind) for a in listed]


def _mismatch(name: str, arrays: list[Any], but: str) -> ValueError:
    shapes = ", ".join(str(x.shape) for x in arrays[:4]) + ", ..." * (len(arrays) > 4)
    return ValueError(f"{name}: can't join shapes {shapes}; they must be the same{but}.")


def joined(name: str, arrays: list[Any], axis: int) -> Any:
    """What `concatenate` does, under the name of the operation that a person called."""
    axis = normalize_axis_index(axis, arrays[0].ndim, name)
    ends = tuple(accumulate(x.shape[axis] if x.ndim > axis else 0 for x in arrays))
    try:
        return _concatenate(*arrays, axis=axis, ends=ends)
    except ValueError:
        raise _mismatch(name, arrays, f" but for axis {axis}") from None


@overrides(np.concatenate)
def concatenate(
    arrays: Sequence[Any],
    axis: int | None = 0,
    *,
    dtype: DTypeLike | None = None,
    casting: str = "same_kind",
) -> Any:
    """Join arrays along an axis that they have; with ``axis=None``, flattened.

    >>> concatenate([np.array([1, 2]), np.array([3])])
    array([1, 2, 3])
    """
    if axis is None and not isinstance(arrays, Tensor):
        arrays = _of_one_dtype(arrays)
    listed = _arrays("concatenate", arrays, dtype, casting)
    if axis is None:
        listed, axis = [ravel(x) for x in listed], 0
    return joined("concatenate", listed, axis)


concat = concatenate


@overrides(np.stack)
def stack(
    arrays: Sequence[Any],
    axis: int = 0,
    *,
    dtype: DTypeLike | None = None,
    casting: str = "same_kind",
) -> Any:
    """Join arrays of one shape along a new axis.

    >>> stack([np.array([1, 2]), np.array([3, 4])], axis=1)
    array([[1, 3],
           [2, 4]])
    """
    listed = _arrays("stack", arrays, dtype, casting)
    axis = normalize_axis_index(axis, listed[0].ndim + 1, "stack")
    try:
        return _stack(*listed, axis=axis)
    except ValueError:
        raise _mismatch("stack", listed, "") from None


def _all(widened: Any, listed: list[Any]) -> list[Any]:
    return [widened(x) for x in listed]


@overrides(np.vstack)
def vstack(
    arrays: Sequence[Any], *, dtype: DTypeLike | None = None, casting: str = "same_kind"
) -> Any:
    """Join arrays as rows, along the first axis; what has one axis is a row.

    >>> vstack([np.array([1, 2]), np.array([[3, 4], [5, 6]])])
    array([[1, 2],
           [3, 4],
           [5, 6]])
    """
    return joined("vstack", _all(atleast_2d, _arrays("vstack", arrays, dtype, casting)), 0)


@overrides(np.hstack)
def hstack(
    arrays: Sequence[Any], *, dtype: DTypeLike | None = None, casting: str = "same_kind"
) -> Any:
    """Join arrays side by side: along the second axis, or the only one.

    >>> hstack([np.array([1, 2]), np.array([3])])
    array([1, 2, 3])
    """
    listed = _all(atleast_1d, _arrays("hstack", arrays, dtype, casting))
    return joined("hstack", listed, min(listed[0].ndim, 2) - 1)


@overrides(np.dstack)
def dstack(arrays: Sequence[Any]) -> Any:
    """Join arrays along the third axis, as `atleast_3d` makes it.

    >>> dstack([np.array([1, 2]), np.array([3, 4])])
    array([[[1, 3],
            [2, 4]]])
    """
    return joined("dstack", _all(atleast_3d, _arrays("dstack", arrays, None, "same_kind")), 2)


@overrides(np.column_stack)
def column_stack(arrays: Sequence[Any]) -> Any:
    """Join arrays as columns; what has one axis is a column.

    >>> column_stack([np.array([1, 2]), np.array([3, 4])])
    array([[1, 3],
           [2, 4]])
    """
    listed = _arrays("column_stack", arrays, None, "same_kind")
    return joined("column_stack", [x if x.ndim > 1 else reshape(x, (-1, 1)) for x in listed], 1)


@overrides(np.append)
def append(x: Any, values: Any, axis: int | None = None) -> Any:
    """`x` and then `values`, joined along `axis`; with ``axis=None``, flattened.

    >>> append(np.array([[1], [2]]), [3])
    array([1, 2, 3])
    """
    both = [operand(x), operand(values)]
    return joined("append", both if axis is not None else [ravel(x) for x in both], axis or 0)


@overrides(np.block)
def block(arrays: Any) -> Any:
    """Join nested lists of blocks: the innermost along the last axis, their lists before it.

    >>> block([[np.ones((1, 1)), np.zeros((1, 2))], [np.ones((1, 3))]])
    array([[1., 0., 0.],
           [1., 1., 1.]])
    """
    depth, blocks = 0, arrays
    while isinstance(blocks, list) and blocks:
        depth, blocks = depth + 1, blocks[0]
    ndim = max(depth, *(x.ndim for x in _blocks(arrays, depth)))
    return _joined_blocks(arrays, depth, ndim)


def _blocks(arrays: Any, depth: int) -> list[Any]:
    """All the blocks in a list of lists that is everywhere of this depth."""
    if (
        isinstance(arrays, tuple)
        or isinstance(arrays, list) != bool(depth)
        or (depth and not arrays)
    ):
        raise ValueError(
            f"block: received {describe(arrays)} where a {'list' if depth else 'block'} should be; "
            "give lists (not tuples) that are not empty and have their blocks at the same depth."
        )
    if not depth:
        return [operand(arrays)]
    return [x for inside in arrays for x in _blocks(inside, depth - 1)]


def _joined_blocks(arrays: Any, depth: int, ndim: int) -> Any:
    if not depth:
        x = operand(arrays)
        return reshape(x, (1,) * (ndim - x.ndim) + x.shape)
    return joined("block", [_joined_blocks(x, depth - 1, ndim) for x in arrays], -depth)


# ---------------------------------------------------------------------- cutting

_split = primitive(
    lambda x, /, indices_or_sections, axis: np.split(x, indices_or_sections, axis),
    name="split",
    outputs=0,
    tex=r"\operatorname{{split}}_{{{axis}}}({x})",
    x=lambda g, axis: np.concatenate(g, axis=axis),
)


def _whole(name: str, sections: Any) -> list[int]:
    try:
        return [operator.index(i) for i in sections]
    except TypeError:
        raise TypeError(
            f"{name}: indices_or_sections must be integers, received {describe(sections)}."
        ) from None


def _cut(name: str, x: Any, sections: Any, axis: int, evenly: bool = True) -> list[Any]:
    """What `split` does, or with ``evenly=False`` `array_split`, under the name of the caller."""
    axis = normalize_axis_index(axis, x.ndim, name)
    n = x.shape[axis]
    if isinstance(sections, (list, tuple, bytes, range)) or np.ndim(sections):
        ends = tuple(slice(i).indices(n)[1] for i in _whole(name, sections))
        if any(a > b for a, b in pairwise(ends)):
            raise ValueError(
                f"{name}: the sections at {list(sections)} would overlap; give rising indices, or "
                "slice the array."
            )
        return list(_split(x, ends, axis))
    (sections,) = lengths(name, "indices_or_sections", sections) or (0,)
    if not 1 <= sections <= np.iinfo(np.intp).max:
        raise ValueError(f"{name}: received {sections} sections; give at least 1, and fewer.")
    length, more = divmod(n, sections)
    if more and evenly:
        raise ValueError(
            f"{name}: received {describe(x)}, of which axis {axis} can't be cut into {sections} "
            "equal sections; give indices, or use np.array_split."
        )
    ends = tuple(k * length + min(k, more) for k in range(1, sections))
    return list(_split(x, ends if more else sections, axis))


@overrides(np.split)
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Cut into equal sections (a number), or before each of the given indices.

    >>> split(np.array([1, 2, 3]), [1])
    [array([1]), array([2, 3])]
    """
    return _cut("split", operand(x), indices_or_sections, axis)


@overrides(np.array_split)
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """As `split`, but where the sections can't be equal, the first ones are longer by 1.

    >>> array_split(np.array([1, 2, 3]), 2)
    [array([1, 2]), array([3])]
    """
    return _cut("array_split", operand(x), indices_or_sections, axis, evenly=False)


@overrides(np.hsplit)
def hsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """`split` along the second axis, or the only one.

    >>> hsplit(np.array([[1, 2]]), 2)
    [array([[1]]), array([[2]])]
    """
    x = need_axes("hsplit", x, 1)
    return _cut("hsplit", x, indices_or_sections, min(x.ndim, 2) - 1)


@overrides(np.vsplit)
def vsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """`split` along the first axis, of something that has two or more.

    >>> vsplit(np.array([[1], [2]]), 2)
    [array([[1]]), array([[2]])]
    """
    return _cut("vsplit", need_axes("vsplit", x, 2), indices_or_sections, 0)


@overrides(np.dsplit)
def dsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """`split` along the third axis.

    >>> dsplit(np.array([[[1, 2]]]), 2)
    [array([[[1]]]), array([[[2]]])]
    """
    return _cut("dsplit", need_axes("dsplit", x, 3), indices_or_sections, 2)


@overrides(*newer("unstack"))
def unstack(x: Any, *, axis: int = 0) -> tuple[Any, ...]:
    """The parts of `x` along an axis, without that axis: the inverse of `stack`.

    >>> unstack(np.array([[1, 2], [3, 4]]), axis=1)
    (array([1, 3]), array([2, 4]))
    """
    x = operand(x)
    axis = normalize_axis_index(axis, x.ndim, "unstack")
    return tuple(getitem(x, (slice(None),) * axis + (i,)) for i in range(x.shape[axis]))


# ---------------------------------------------------------------------- taking out, putting in


@overrides(np.delete)
def delete(x: Any, obj: Any, axis: int | None = None) -> Any:
    """`x` without the places `obj` along `axis`: an integer, several, a slice, or a mask.

    >>> delete(np.array([1, 2, 3]), [0, -1])
    array([2])
    """
    x = operand(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis_index(axis, x.ndim, "delete")
    n = x.shape[axis]
    kept = np.zeros(n, bool)
    try:
        kept[np.delete(np.arange(n), _values(obj))] = True
    except (IndexError, ValueError) as error:
        raise refused("delete", error, (x,), {"obj": obj, "axis": axis}) from None
    return getitem(x, (slice(None),) * axis + (kept,))


@overrides(np.insert)
def insert(x: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """`x` with `values` put in before the places `obj` along `axis`.

    For a single place, `values` may be several along the axis; for several, one for each. They
    are broadcast along the other axes and converted to the dtype of `x`.

    >>> insert(np.array([1, 2, 3]), [0, 2], [8, 9])
    array([8, 1, 2, 9, 3])
    """
    x, values, obj = operand(x), operand(values), _values(obj)
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis_index(axis, x.ndim, "insert")
    if x.dtype.kind != "f" and isinstance(values, Tensor) and values.requires_grad:
        raise TypeError(
            f"insert: {describe(x)} can't hold {describe(values)} that requires a gradient; "
            "convert the array that is inserted into with astype(float)."
        )
    n = x.shape[axis]
    values = reshape(values, (1,) * (x.ndim - values.ndim) + values.shape)
    if not np.ndim(obj) and not isinstance(obj, slice):
        values = moveaxis(values, 0, axis)
    try:
        places = np.insert(np.full(n, -1), obj, 0).size - n
        count = values.shape[axis] if places == 1 else places
        values = broadcast_to(values, (*x.shape[:axis], count, *x.shape[axis + 1 :]))
        # For each place of the result, which of the values it shows, or -1 for one of x.
        order = np.insert(np.full(n, -1), obj, np.arange(count))
    except (IndexError, ValueError) as error:
        raise refused("insert", error, (x, values), {"obj": obj, "axis": axis}) from None
    order = np.where(order < 0, np.cumsum(order < 0) - 1, n + order)
    both = joined("insert", [x, astype(values, x.dtype)], axis)
    return getitem(both, (slice(None),) * axis + (order,))
