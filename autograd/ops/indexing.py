"""Reading and writing parts: ``x[index]`` in all of NumPy's forms, and its adjoint."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.primitive import Operation, primitive
from autograd.tensor import Tensor

Shape = tuple[int, ...]


def _is_basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is ... or isinstance(part, (int, np.integer, slice)) for part in parts
    )


def _scatter(x: Any, /, index: Any, shape: Shape) -> Any:
    z = np.zeros_like(x, shape=shape)
    if _is_basic(index):
        z[index] = x
    else:
        np.add.at(z, index, x)  # an integer array may name an element several times
    return z


_getitem = primitive(
    lambda x, /, index: x[index],
    name="getitem",
    tex=r"{x}[{index}]",
    x=lambda g, x_shape, index: scatter(g, index, x_shape),
)

scatter: Operation = primitive(
    _scatter, name="scatter", tex=r"\operatorname{{scatter}}({x})", x=lambda g, index: g[index]
)
scatter.__doc__ = """Zeros of `shape`, with `x` added at `index`: the adjoint of ``x[index]``.

    >>> import numpy as np
    >>> scatter(np.array([1.0, 2.0, 3.0]), (np.array([0, 2, 2]),), (4,))
    array([1., 0., 5., 0.])
    """


def _update(x: Any, y: Any, /, index: Any) -> Any:
    z = np.array(x)
    z[index] = y
    return z


def _update_y(g: Any, z_shape: Shape, index: Any) -> Any:
    taken = g[index]
    if _is_basic(index):
        return taken
    # An integer array may name an element several times: what was written last is what shows.
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


def _owned(index: Any) -> Any:
    """An index that later changes of the user's arrays can't reach, with plain arrays in it."""
    if isinstance(index, tuple):
        return tuple(map(_owned, index))
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
    return _getitem(x, index if index.__class__ in (int, slice) else _owned(index))


def index_update(x: Any, y: Any, index: Any) -> Any:
    """A copy of `x` in which ``x[index]`` is `y`; `y` is broadcast to fit, as in NumPy.

    >>> index_update(np.array([1.0, 2.0, 3.0]), 9, slice(0, 2))
    array([9., 9., 3.])
    """
    return _index_update(x, y, _owned(index))
