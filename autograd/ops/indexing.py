"""Reading and writing parts: ``x[index]`` in all of NumPy's forms, and its adjoint."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd.errors import describe
from autograd.primitive import Operation, Part, primitive
from autograd.tensor import Tensor

Shape = tuple[int, ...]


def _names_once(index: Any) -> bool:
    """Whether no element can be named twice: there is no integer array."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None
        or part is ...
        or isinstance(part, (int, np.integer, slice))
        or (isinstance(part, (np.ndarray, np.bool)) and part.dtype == bool)
        for part in parts
    )


def add_at(z: Any, index: Any, x: Any) -> None:
    """``z[index] += x`` for plain arrays, also where `index` names an element several times."""
    if _names_once(index):
        z[index] += x
    else:
        np.add.at(z, index, x)


def _added(x: Any, /, index: Any, shape: Shape) -> Any:
    z = np.zeros_like(x, shape=shape)
    add_at(z, index, x)
    return z


_getitem = primitive(
    lambda x, /, index: x[index],
    name="getitem",
    tex=r"{x}[{index}]",
    x=lambda g, index: Part(g, index),
)

_scatter: Operation = primitive(
    _added, name="scatter", tex=r"\operatorname{{scatter}}({x})", x=lambda g, index: g[index]
)


def _update(x: Any, y: Any, /, index: Any) -> Any:
    z = np.copy(x)
    if not _names_once(index):
        # What is written last shows, and NumPy writes in the order of memory.
        y = np.copy(y, order="C")
    z[index] = y
    return z


def _update_y(g: Any, z_shape: Shape, index: Any) -> Any:
    taken = g[index]
    if _names_once(index):
        return taken
    order = np.arange(taken.size).reshape(taken.shape)
    last = np.zeros(z_shape, dtype=order.dtype)
    last[index] = order
    return np.where(last[index] == order, taken, 0)


_index_update: Operation = primitive(
    _update,
    name="index_update",
    tex=r"{x}[{index} \leftarrow {y}]",
    x=lambda g, index: _index_update(g, 0, index),
    y=_update_y,
)


# An integer can't change, and of an array the entry makes a copy anyway.
_SAFE = (int, np.ndarray)


def _owned(index: Any) -> Any:
    """An index that later changes of the user's arrays can't reach, with plain arrays in it."""
    if isinstance(index, tuple):
        return tuple(map(_owned, index))
    if isinstance(index, slice):
        parts = (index.start, index.stop, index.step)
        return slice(*(None if part is None else operator.index(part) for part in parts))
    if isinstance(index, Tensor):
        index = index._data
    if isinstance(index, (list, np.ndarray)):
        array = np.array(index)
        return array if array.size or isinstance(index, np.ndarray) else array.astype(int)
    return index


def getitem(x: Any, index: Any) -> Any:
    """``x[index]``: integers, slices, None, ``...``, boolean and integer arrays, and mixtures.

    >>> getitem(np.array([1.0, 2.0, 3.0]), slice(1, None))
    array([2., 3.])
    """
    return _getitem(x, index if index.__class__ in _SAFE else _owned(index))


def scatter(x: Any, index: Any, shape: Shape) -> Any:
    """Zeros of `shape`, with `x` added at `index`: the adjoint of ``x[index]``.

    >>> scatter(np.array([1.0, 2.0, 3.0]), np.array([0, 2, 2]), (4,))
    array([1., 0., 5., 0.])
    """
    return _scatter(x, _owned(index), tuple(shape))


def index_update(x: Any, y: Any, index: Any) -> Any:
    """A copy of `x` in which ``x[index]`` is `y`; `y` is broadcast to fit, as in NumPy.

    >>> index_update(np.array([1.0, 2.0, 3.0]), 9, slice(0, 2))
    array([9., 9., 3.])
    """
    if isinstance(y, Tensor) and y.requires_grad and np.result_type(x).kind != "f":
        raise TypeError(
            f"index_update: {describe(x)} can't hold {describe(y)} that requires a gradient; "
            "convert the array that is written to with astype(float)."
        )
    index = index if index.__class__ in _SAFE else _owned(index)
    if y.__class__ not in (int, float, bool):
        y = _fitted(y, (x._data if isinstance(x, Tensor) else np.asarray(x))[index].shape)
    return _index_update(x, y, index)


def _fitted(y: Any, shape: Shape) -> Any:
    """`y` broadcast to the shape of what it is written to."""
    given = np.shape(y)
    if given == shape:
        return y
    extra = len(given) - len(shape)
    if extra > 0 and given[:extra] == (1,) * extra:  # NumPy lets it have more axes of length 1
        y = np.reshape(y, given[extra:])
    return np.broadcast_to(y, shape)
