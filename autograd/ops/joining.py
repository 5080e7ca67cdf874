"""Functions of several arrays, or with several results: join, split, pad."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from autograd.dispatch import overrides
from autograd.errors import describe
from autograd.primitive import primitive
from autograd.tensor import Tensor

Shape = tuple[int, ...]


def _piece(g: Any, i: int, xs_shape: tuple[Shape, ...], axis: int, ends: Shape) -> Any:
    start = ends[i] - xs_shape[i][axis]
    return g[(slice(None),) * axis + (slice(start, ends[i]),)]


_concatenate = primitive(
    lambda *xs, axis, ends: np.concatenate(xs, axis=axis),
    name="concatenate",
    tex=r"\operatorname{{concatenate}}({xs})",
    xs=_piece,
)

_stack = primitive(
    lambda *xs, axis: np.stack(xs, axis=axis),
    name="stack",
    tex=r"\operatorname{{stack}}({xs})",
    xs=lambda g, i, axis: g[(slice(None),) * axis + (i,)],
)

_split = primitive(
    lambda x, /, indices_or_sections, axis: np.split(x, indices_or_sections, axis),
    name="split",
    outputs=0,
    tex=r"\operatorname{{split}}({x})",
    x=lambda g, axis: np.concatenate(g, axis=axis),
)


def _arrays(arrays: Any, name: str) -> list[Any]:
    if isinstance(arrays, Tensor):
        return list(arrays)
    listed = [a if isinstance(a, Tensor) else np.asarray(a) for a in arrays]
    if not listed:
        raise ValueError(f"{name}: received no arrays; give at least one.")
    return listed


def _axis(axis: int, ndim: int, name: str) -> int:
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(f"{name}: axis {axis} is out of bounds for {ndim} axes.")
    return axis % ndim


@overrides(np.concatenate)
def concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    """Join arrays along an axis that they have; with ``axis=None``, flattened.

    >>> concatenate([np.array([1, 2]), np.array([3])])
    array([1, 2, 3])
    """
    arrays = _arrays(arrays, "concatenate")
    if axis is None:
        arrays, axis = [np.ravel(a) for a in arrays], 0
    axis = _axis(axis, arrays[0].ndim, "concatenate")
    ends = tuple(accumulate(a.shape[axis] if a.ndim > axis else 0 for a in arrays))
    return _concatenate(*arrays, axis=axis, ends=ends)


@overrides(np.stack)
def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Join arrays of one shape along a new axis.

    >>> stack([np.array([1, 2]), np.array([3, 4])], axis=1)
    array([[1, 3],
           [2, 4]])
    """
    arrays = _arrays(arrays, "stack")
    return _stack(*arrays, axis=_axis(axis, arrays[0].ndim + 1, "stack"))


@overrides(np.split)
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Cut into equal sections (a number), or before each of the given indices.

    >>> split(np.array([1, 2, 3]), [1])
    [array([1]), array([2, 3])]
    """
    axis = _axis(axis, np.ndim(x), "split")
    if not np.ndim(indices_or_sections):
        sections: Any = operator.index(indices_or_sections)
        if sections < 1:
            raise ValueError(f"split: received {sections} sections; give at least 1.")
    else:
        sections = tuple(slice(int(i)).indices(np.shape(x)[axis])[1] for i in indices_or_sections)
        if any(a > b for a, b in pairwise(sections)):
            raise ValueError(
                f"split: the sections at {list(indices_or_sections)} would overlap; give rising "
                "indices, or slice the array."
            )
    return list(_split(x, sections, axis))


def _unpad(g: Any, x_shape: Shape, pad_width: Any) -> Any:
    return g[
        tuple(slice(before, before + n) for n, (before, _) in zip(x_shape, pad_width, strict=True))
    ]


_pad = primitive(
    lambda x, /, pad_width, value: np.pad(x, pad_width, constant_values=value),
    name="pad",
    tex=r"\operatorname{{pad}}({x}, {pad_width})",
    x=_unpad,
)


@overrides(np.pad)
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0) -> Any:
    """Add `constant_values` before and after each axis.

    `pad_width` is one number, a pair (before, after), or a pair for each axis.

    >>> pad(np.array([1, 2]), (1, 2))
    array([0, 1, 2, 0, 0])
    """
    if mode != "constant":
        raise ValueError(f"pad: mode {mode!r} has no rule yet; only 'constant' has.")
    if np.ndim(constant_values):
        raise ValueError(
            f"pad: constant_values must be one number, not {describe(constant_values)}."
        )
    widths = np.broadcast_to(np.asarray(pad_width), (np.ndim(x), 2)).tolist()
    return _pad(x, tuple(map(tuple, widths)), constant_values)
