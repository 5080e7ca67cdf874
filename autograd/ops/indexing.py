"""Reading and writing parts: ``x[index]`` in all of NumPy's forms, and its adjoint.

NumPy's functions that read or write parts are this with the index that they stand for. Those that
write change a Tensor as ``x[index] = v`` does: the handle shows the new values.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.dispatch import called, overrides
from autograd.errors import describe
from autograd.primitive import Masked, Operation, Part, primitive
from autograd.tensor import Tensor, _plain_arguments, _values, own

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
        part = z[index]
        if part.base is z:  # a view, which `z[index] += x` would also copy onto itself
            np.add(part, x, out=part)
        else:
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
    _added,
    name="scatter",
    tex=r"\operatorname{{scatter}}({x}, [{index}])",
    x=lambda g, index: g[index],
)


def _update(x: Any, y: Any, /, index: Any) -> Any:
    z = np.copy(x)
    if y.__class__ not in (int, float, bool) and not _names_once(index):
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


def _update_x(g: Any, index: Any) -> Any:
    rest = _index_update(g, 0, index)
    if not (isinstance(index, np.ndarray) and index.dtype == bool):
        return rest
    kept = np.ones(g.shape, bool)  # ``x[mask] = v`` is another way to write `where`
    kept[index] = False
    return Masked(rest, kept)


_index_update: Operation = primitive(
    _update,
    name="index_update",
    tex=r"{x}[{index} \leftarrow {y}]",
    x=_update_x,
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
        try:
            return slice(*(None if part is None else operator.index(part) for part in parts))
        except TypeError:
            raise TypeError(f"x[i]: a slice must be of integers, received {index!r}.") from None
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
    x = operand(x)
    if isinstance(y, Tensor) and y.requires_grad and x.dtype.kind != "f":
        raise TypeError(
            f"x[i] = v: {describe(x)} can't hold {describe(y)} that requires a gradient; "
            "convert the array that is written to with astype(float)."
        )
    index = index if index.__class__ in _SAFE else _owned(index)
    if y.__class__ not in (int, float, bool):
        y = _fitted(y, np.shape((x._data if isinstance(x, Tensor) else np.asarray(x))[index]))
    return _index_update(x, y, index)


def _fitted(y: Any, shape: Shape) -> Any:
    """`y` broadcast to the shape of what it is written to."""
    given = np.shape(y)
    if given == shape:
        return y
    extra = len(given) - len(shape)
    if extra > 0 and given[:extra] == (1,) * extra:  # NumPy lets it have more axes of length 1
        y = np.reshape(operand(y), given[extra:])
    return np.broadcast_to(y, shape)


def index_add(x: Any, y: Any, index: Any) -> Any:
    """A copy of `x` with `y` added at `index`, as often as an element is named there.

    `y` is broadcast to the shape of ``x[index]``; dtypes are promoted as by ``+``.

    >>> index_add(np.zeros(3), np.array([1.0, 2.0, 3.0]), np.array([0, 2, 2]))
    array([1., 0., 5.])
    """
    x, y, index = operand(x), operand(y), _owned(index)
    if isinstance(x, Tensor) and not isinstance(y, Tensor):
        y = own(y, copy=False)
    if y.dtype.kind == "f" and x.dtype.itemsize > y.dtype.itemsize:
        y = y.astype(np.result_type(x, y))  # so that what is named twice is added as exactly
    return x + scatter(_fitted(y, np.shape(_values(x)[index])), index, x.shape)


def operand(x: Any) -> Any:
    """`x`, or the array that a number or a list means: something that has a shape."""
    # (A matrix has always two axes; a class has the attributes of what it makes.)
    plain = not hasattr(x, "shape") or x.__class__ in (np.matrix, type)
    return np.asarray(x) if plain else x


# ---------------------------------------------------------------------- by number


def _within(indices: Any, n: int, mode: str, name: str) -> Any:
    """Integer indices as `mode` brings them into the range of an axis of length n."""
    indices = np.asarray(_values(indices))
    if indices.dtype.kind not in "iub":
        raise TypeError(f"{name}: indices must be integers, received {describe(indices)}.")
    indices = indices.astype(np.intp)  # booleans count as 0 and 1 here
    if mode == "wrap":
        return indices % (n or 1)
    if mode == "clip":
        return np.clip(indices, 0, max(n - 1, 0))
    if mode != "raise":
        raise ValueError(f"{name}: mode must be 'raise', 'wrap' or 'clip', received {mode!r}.")
    return indices


def _outside(name: str, indices: Any, low: int, high: int) -> IndexError:
    return IndexError(
        f"{name}: indices must be from {low} to {high}, received {indices.min()} to "
        f"{indices.max()}; give mode='wrap' or 'clip' to bring them there."
    )


def _in_order(places: Any, shape: Shape) -> tuple[Any, ...]:
    """The index of elements given by their number in row-major order."""
    size = int(np.prod(shape, dtype=int))
    return np.unravel_index(np.arange(size)[places], shape)


def _written_to(name: str, x: Any) -> None:
    if not isinstance(x, (Tensor, np.ndarray)):
        raise TypeError(f"{name}: writes into an array or a Tensor, received {describe(x)}.")


def _write(x: Any, places: Any, values: Any) -> None:
    """``x[i] = values`` at the elements of these numbers."""
    if x.ndim:
        x[_in_order(places, x.shape)] = values
    elif places.size:  # which NumPy can't index by arrays; the last one stays
        x[()] = np.ravel(np.broadcast_to(values, places.shape))[-1]


@overrides(np.take)
def take(x: Any, indices: Any, axis: int | None = None, *, mode: str = "raise") -> Any:
    """The elements at `indices` along `axis`; without an axis, of the flattened `x`.

    What lies outside is refused (``mode="raise"``, where negative indices count from the end),
    or brought inside by ``"wrap"`` (the remainder) or ``"clip"`` (the nearest).

    >>> take(np.array([10.0, 20.0, 30.0]), [0, 2, 2])
    array([10., 30., 30.])
    """
    x = operand(x)
    if axis is None or not x.ndim:  # a number is one in a row, to NumPy too
        x, axis = np.ravel(x), axis or 0
    axis = normalize_axis_index(axis, x.ndim, "take")
    indices = _within(indices, n := x.shape[axis], mode, "take")
    try:
        return getitem(x, (slice(None),) * axis + (indices,))
    except IndexError:
        raise _outside(called("take"), indices, -n, n - 1) from None


def _along(indices: Any, axis: int, shape: Shape, name: str) -> tuple[Any, ...]:
    """The index that takes `indices` along one axis, and along all others stays in place."""
    indices = np.asarray(_values(indices))
    if indices.dtype.kind not in "iu" or indices.ndim != len(shape):
        raise IndexError(
            f"{name}: indices must be integers, with as many axes as shape {shape} has; received "
            f"{describe(indices)}."
        )
    axis = normalize_axis_index(axis, len(shape), name)
    places = np.meshgrid(*map(np.arange, shape), indexing="ij", sparse=True)
    return (*places[:axis], indices, *places[axis + 1 :])


@overrides(np.take_along_axis)
def take_along_axis(x: Any, indices: Any, axis: int | None = -1) -> Any:
    """For each row of `x` along `axis` the elements at that row of `indices` (from `argsort`).

    >>> take_along_axis(np.array([[3.0, 1.0], [2.0, 4.0]]), np.array([[1], [0]]), axis=1)
    array([[1.],
           [2.]])
    """
    x, axis = (np.ravel(x), 0) if axis is None else (operand(x), axis)
    return getitem(x, _along(indices, axis, x.shape, "take_along_axis"))


@overrides(np.put_along_axis)
def put_along_axis(x: Any, indices: Any, values: Any, axis: int | None) -> None:
    """Write `values` where `take_along_axis` would read; a Tensor changes as by ``x[i] = v``.

    >>> x = np.array([[3.0, 1.0], [2.0, 4.0]])
    >>> put_along_axis(x, np.array([[1], [0]]), 0.0, axis=1)
    >>> x
    array([[3., 0.],
           [0., 4.]])
    """
    _written_to("put_along_axis", x)
    if axis is None:
        (flat,) = _along(indices, 0, (x.size,), "put_along_axis")
        _write(x, flat, values)
    else:
        x[_along(indices, axis, x.shape, "put_along_axis")] = values


def _repeated(v: Any, places: Any, name: str) -> Any:
    """The elements of `v`, repeated as often as needed, at `places`."""
    v = np.ravel(v)
    if not v.size and places.size:
        raise ValueError(f"{name}: received no values to write at {places.size} places; give some.")
    return v[places % (v.size or 1)]


def _mask(mask: Any, shape: Shape, name: str) -> Any:
    mask = np.asarray(_values(mask), bool)
    if mask.size != np.prod(shape):
        raise ValueError(
            f"{name}: a mask of shape {mask.shape} does not fit shape {shape}; give one of "
            "the same size."
        )
    return mask.reshape(shape)


@overrides(np.put)
def put(x: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """Write `v`, repeated to fit, at the elements of these numbers; as by ``x[i] = v``.

    >>> x = np.zeros(4)
    >>> put(x, [0, -1], 7.0)
    >>> x
    array([7., 0., 0., 7.])
    """
    _written_to("put", x)
    places = _within(ind, x.size, mode, "put").ravel()
    if np.any((places < -x.size) | (places >= x.size)):
        raise _outside("put", places, -x.size, x.size - 1)
    _write(x, places, _repeated(v, np.arange(places.size), "put"))


@overrides(np.place)
def place(x: Any, mask: Any, vals: Any) -> None:
    """Write the first of `vals`, repeated to fit, where `mask` is True; as by ``x[mask] = v``.

    >>> x = np.zeros(4)
    >>> place(x, [True, False, True, True], [1.0, 2.0])
    >>> x
    array([1., 0., 2., 1.])
    """
    if isinstance(x, np.ndarray) and not isinstance(vals, Tensor):
        np.place(x, _values(mask), vals)  # which refuses to lose digits
        return
    _written_to("place", x)
    mask = _mask(mask, x.shape, "place")
    x[mask] = _repeated(vals, np.arange(np.count_nonzero(mask)), "place")


@overrides(np.putmask)
def putmask(x: Any, mask: Any, values: Any) -> None:
    """Write of `values`, repeated to the size of `x`, those where `mask` is True.

    >>> x = np.zeros(4)
    >>> putmask(x, [True, False, True, True], [1.0, 2.0])
    >>> x
    array([1., 0., 1., 2.])
    """
    if isinstance(x, np.ndarray) and not isinstance(values, Tensor):
        np.putmask(x, _values(mask), values)
        return
    _written_to("putmask", x)
    mask = _mask(mask, x.shape, "putmask")
    x[mask] = _repeated(values, np.flatnonzero(mask), "putmask")


@overrides(np.copyto)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """Write `src`, broadcast, into `dst` where `where` is True; as by ``dst[where] = src[where]``.

    >>> x = np.zeros(3)
    >>> copyto(x, [1.0, 2.0, 3.0], where=[True, False, True])
    >>> x
    array([1., 0., 3.])
    """
    _written_to("copyto", dst)
    weak = src.__class__ in (int, float, bool)  # Python's numbers take the dtype of the array
    kind = np.result_type(dst.dtype, src) if weak else operand(src).dtype
    src = operand(src)
    if not np.can_cast(kind, dst.dtype, casting):
        raise TypeError(
            f"copyto: {describe(src)} can't be written into {describe(dst)} with "
            f"casting={casting!r}; convert it with astype()."
        )
    mask = np.broadcast_to(np.asarray(_values(where), bool), dst.shape)
    dst[mask] = _fitted(src, dst.shape)[mask]


@overrides(np.fill_diagonal)
def fill_diagonal(x: Any, val: Any, wrap: bool = False) -> None:
    """Write `val`, repeated to fit, on the main diagonal; as by ``x[i, i] = val``.

    >>> x = np.zeros((2, 2))
    >>> fill_diagonal(x, [1.0, 2.0])
    >>> x
    array([[1., 0.],
           [0., 2.]])
    """
    _written_to("fill_diagonal", x)
    diagonal = np.zeros(x.shape, bool)
    np.fill_diagonal(diagonal, True, wrap)
    place(x, diagonal, val)


# ---------------------------------------------------------------------- by condition


@overrides(np.compress)
def compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    """The slices of `a` along `axis` (without one: its elements) where `condition` is True.

    >>> compress([True, False, True], np.array([1.0, 2.0, 3.0]))
    array([1., 3.])
    """
    condition = np.asarray(_values(condition), bool)
    if condition.ndim != 1:
        raise ValueError(f"compress: condition must have one axis, received {describe(condition)}.")
    return take(a, np.flatnonzero(condition), axis)


@overrides(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """The elements of `arr` where `condition` is True, both in row-major order.

    >>> extract([[True, False], [True, True]], np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 3., 4.])
    """
    return compress(np.ravel(_values(condition)), arr)


@overrides(np.select)
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """Of each element the first choice whose condition is True, or the default.

    >>> x = np.array([1.0, 2.0, 3.0])
    >>> select([x < 2, x < 3], [x, 10 * x], -1.0)
    array([ 1., 20., -1.])
    """
    conditions = [np.asarray(_values(condition)) for condition in condlist]
    choices = [c if c.__class__ in (int, float) else operand(c) for c in (*choicelist, default)]
    if len(conditions) != len(choices) - 1 or not conditions:
        raise ValueError(
            f"select: received {len(conditions)} conditions and {len(choices) - 1} choices; give "
            "a choice for each, and at least one."
        )
    for condition in conditions:
        if condition.dtype != bool:
            raise TypeError(f"select: conditions must be booleans, received {describe(condition)}.")
    dtype = np.result_type(*choices)
    z = operand(choices.pop())
    z = z if z.dtype == dtype else z.astype(dtype)
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        z = np.where(condition, choice, z)
    return z


@overrides(np.choose)
def choose(indices: Any, choices: Any, *, mode: str = "raise") -> Any:
    """Of each element the choice of the number that `indices` has there, all broadcast.

    >>> choose([0, 1, 0], [np.array([1.0, 2.0, 3.0]), -1.0])
    array([ 1., -1.,  3.])
    """
    choices = list(choices)
    indices = _within(indices, len(choices), mode, "choose")
    if np.any((indices < 0) | (indices >= len(choices))):
        raise ValueError(str(_outside("choose", indices, 0, len(choices) - 1)))
    conditions = [indices == k for k in range(len(choices))]
    return (
        select(conditions[:-1], choices[:-1], choices[-1])
        if choices[1:]
        else (np.broadcast_arrays(operand(choices[0]), indices)[0])
    )


@overrides(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kwargs: Any) -> Any:
    """Each function of the elements of `x` where its condition is True.

    A function (it is given `args` and `kwargs` too) sees only those elements, so what it does
    elsewhere can't spoil the gradient; a number stands for itself. Of several conditions that are
    True the last counts; with one function more than conditions, it is for where none is.

    >>> x = np.array([-4.0, 4.0])
    >>> piecewise(x, [x < 0, x >= 0], [0.0, np.sqrt])
    array([0., 2.])
    """
    condlist, arrays = _values(condlist), (list, np.ndarray, Tensor)
    if np.isscalar(condlist) or (np.ndim(x) and not isinstance(condlist[0], arrays)):
        condlist = [condlist]  # a single one
    conditions = np.asarray(_plain_arguments(condlist), bool)
    if conditions.ndim == 1:
        conditions = np.stack([np.broadcast_to(c, np.shape(x)) for c in conditions])
    if len(funclist) == len(conditions) + 1:
        conditions = np.concatenate([conditions, ~conditions.any(axis=0, keepdims=True)])
    if len(funclist) != len(conditions):
        raise ValueError(
            f"piecewise: received {len(conditions)} conditions and {len(funclist)} functions; give "
            "a function for each, and perhaps one for all else."
        )
    x = operand(x)
    z = np.zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        if callable(function):
            if condition.any():
                z = index_update(z, function(x[condition], *args, **kwargs), condition)
        else:
            z = index_update(z, function, condition)
    return z
