"""Functions that arrange the same elements anew.

A function that has to be linear and its own kind of inverse is a primitive of one line; all
others are composed of those. Elements that lie evenly in memory (a diagonal, a border) are read
by slices, whose cotangents are added back without a list of places.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.typing import DTypeLike

from autograd.dispatch import called, overrides
from autograd.errors import describe
from autograd.ops.elementwise import power
from autograd.ops.indexing import getitem, operand as operand, scatter
from autograd.primitive import primitive, refused
from autograd.tensor import Tensor, constant

Shape = tuple[int, ...]


def newer(name: str) -> list[Callable[..., Any]]:
    """NumPy's function of that name for `overrides`, if the installed NumPy has it already."""
    return [getattr(np, name)] if hasattr(np, name) else []


def lengths(name: str, what: str, value: Any) -> Shape:
    """Integers that are not negative, given as one or several."""
    try:
        integers = tuple(map(operator.index, value if np.iterable(value) else (value,)))
    except TypeError:
        raise TypeError(f"{name}: received {what}={value!r}; give integers.") from None
    if min(integers, default=0) < 0:
        raise ValueError(f"{name}: received {what}={value!r}; give integers that are not negative.")
    return integers


def need_axes(name: str, x: Any, n: int) -> Any:
    """`x` as an operand, refused if it has fewer than `n` axes."""
    x = operand(x)
    if x.ndim < n:
        raise ValueError(f"{name}: received {describe(x)}; it must have at least {n} axes.")
    return x


# ---------------------------------------------------------------------- other shapes


def _fixed(name: str, order: str) -> None:
    """Refuse an order in which a Tensor's elements would depend on how they lie in memory."""
    if order not in ("C", "F"):
        raise ValueError(
            f"{name}: order={order!r} reads the elements as they lie in memory, which says nothing "
            "about a Tensor; give 'C' or 'F'."
        )


_reshape = primitive(
    lambda x, /, shape: np.reshape(x, shape),
    name="reshape",
    tex=r"\operatorname{{reshape}}({x}, {shape})",
    x=lambda g, x_shape: np.reshape(g, x_shape),
)


def _reshaped(x: Any, /, shape: Any, order: str, copy: bool | None) -> Any:
    keywords = {} if copy is None else {"copy": copy}  # which NumPy has had since 2.1
    return np.reshape(x, shape, order, **keywords)  # type: ignore[call-overload]


_reshape_in_order = primitive(
    _reshaped,
    name="reshape",
    tex=r"\operatorname{{reshape}}({x}, {shape})",
    x=lambda g, x_shape, order: np.reshape(g, x_shape, order),
)


@overrides(np.reshape)
def reshape(x: Any, shape: Any, order: str = "C", copy: bool | None = None) -> Any:
    """The same elements in another shape, one length of which may be -1.

    >>> reshape(np.arange(6), (2, -1), order="F")
    array([[0, 2, 4],
           [1, 3, 5]])
    """
    if order == "C" and copy is None:
        return _reshape(x, shape)
    _fixed("reshape", order)
    return _reshape_in_order(x, shape, order, copy)


@overrides(np.ravel)
def ravel(x: Any, order: str = "C") -> Any:
    """`x` as one axis, in row-major order, or with ``order="F"`` in column-major order.

    >>> ravel(np.array([[1, 2], [3, 4]]))
    array([1, 2, 3, 4])
    """
    _fixed("ravel", order)
    return reshape(x, (-1,), order)


def _transpose_back(g: Any, axes: tuple[int, ...] | None) -> Any:
    return np.transpose(
        g, axes and tuple(int(k) for k in np.argsort([a % len(axes) for a in axes]))
    )


transpose = primitive(
    lambda x, /, axes=None: np.transpose(x, axes),
    name="transpose",
    implements=[np.transpose, np.permute_dims],
    tex=r"{x}^{{\top{axes}}}",
    x=_transpose_back,
)

permute_dims = transpose

swapaxes = primitive(
    lambda x, /, axis1, axis2: np.swapaxes(x, axis1, axis2),
    name="swapaxes",
    implements=np.swapaxes,
    tex=r"{x}^{{\top({axis1}, {axis2})}}",
    x=lambda g, axis1, axis2: np.swapaxes(g, axis1, axis2),
)

moveaxis = primitive(
    lambda x, /, source, destination: np.moveaxis(x, source, destination),
    name="moveaxis",
    implements=np.moveaxis,
    tex=r"\operatorname{{moveaxis}}({x}, {source}, {destination})",
    x=lambda g, source, destination: np.moveaxis(g, destination, source),
)


@overrides(np.rollaxis)
def rollaxis(x: Any, axis: int, start: int = 0) -> Any:
    """Move `axis` to where it lies before the axis that is `start` now; see `moveaxis`.

    >>> rollaxis(np.zeros((2, 3, 4)), 2).shape
    (4, 2, 3)
    """
    x = operand(x)
    axis = normalize_axis_index(axis, x.ndim, "rollaxis")
    before = start + x.ndim if start < 0 else start
    if not 0 <= before <= x.ndim:
        raise np.exceptions.AxisError(
            f"rollaxis: start={start} is out of bounds for {x.ndim} axes; give one of them, or "
            "their number."
        )
    return moveaxis(x, axis, before - (axis < before))


@overrides(np.matrix_transpose)
def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged.

    >>> matrix_transpose(np.zeros((2, 3, 4))).shape
    (2, 4, 3)
    """
    return swapaxes(need_axes("matrix_transpose", x, 2), -1, -2)


expand_dims = primitive(
    lambda x, /, axis: np.expand_dims(x, axis),
    name="expand_dims",
    implements=np.expand_dims,
    tex="{x}",
    x=lambda g, x_shape: np.reshape(g, x_shape),
)

squeeze = primitive(
    lambda x, /, axis=None: np.squeeze(x, axis),
    name="squeeze",
    implements=np.squeeze,
    tex="{x}",
    x=lambda g, x_shape: np.reshape(g, x_shape),
)

# The rule leaves the cotangent as large as it is: undoing a broadcast is the engine's business.
broadcast_to = primitive(
    lambda x, /, shape: np.broadcast_to(x, shape),
    name="broadcast_to",
    implements=np.broadcast_to,
    tex=r"\operatorname{{broadcast}}({x}, {shape})",
    x=lambda g: g,
)

copy = primitive(
    lambda x, /, order="K": np.copy(x, order),
    name="copy",
    implements=np.copy,
    tex="{x}",
    x=lambda g: g,
)


@overrides(np.broadcast_arrays)
def broadcast_arrays(*xs: Any) -> tuple[Any, ...]:
    """All `xs` broadcast to the shape that they have together.

    >>> [x.shape for x in broadcast_arrays(np.zeros((2, 1)), np.zeros(3))]
    [(2, 3), (2, 3)]
    """
    xs = tuple(map(operand, xs))
    try:
        shape = np.broadcast_shapes(*(x.shape for x in xs))
    except ValueError as error:
        raise refused("broadcast_arrays", error, xs, {}) from None
    return tuple(broadcast_to(x, shape) for x in xs)


@overrides(np.meshgrid)
def meshgrid(*xs: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """For each of `xs` an array that holds it along an axis of its own and repeats it along others.

    The axes are in the order of `xs`, but with ``indexing="xy"`` the first two are exchanged.
    With ``sparse=True`` the other axes have length 1.

    >>> meshgrid(np.array([1, 2]), np.array([3, 4, 5]), indexing="ij")[0]
    array([[1, 1, 1],
           [2, 2, 2]])
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: received indexing={indexing!r}; give 'xy' or 'ij'.")
    axes = list(range(len(xs)))
    if indexing == "xy":
        axes[:2] = axes[1::-1]
    grids = tuple(
        reshape(x, tuple(-1 if k == axis else 1 for k in range(len(xs))))
        for x, axis in zip(xs, axes, strict=True)
    )
    grids = grids if sparse else broadcast_arrays(*grids)
    return tuple(np.copy(grid) for grid in grids) if copy else grids


def _widened(xs: tuple[Any, ...], shape_of: Callable[[Shape], Shape]) -> Any:
    """Each of `xs` in the shape that `shape_of` makes of its own; the only one bare."""
    results = tuple(reshape(x, shape_of(x.shape)) for x in map(operand, xs))
    return results[0] if len(results) == 1 else results


@overrides(np.atleast_1d)
def atleast_1d(*xs: Any) -> Any:
    """Each of `xs` with at least one axis.

    >>> atleast_1d(3.0)
    array([3.])
    """
    return _widened(xs, lambda shape: shape or (1,))


@overrides(np.atleast_2d)
def atleast_2d(*xs: Any) -> Any:
    """Each of `xs` with at least two axes; new ones are the first.

    >>> atleast_2d(np.array([1, 2]))
    array([[1, 2]])
    """
    return _widened(xs, lambda shape: (1,) * (2 - len(shape)) + shape)


@overrides(np.atleast_3d)
def atleast_3d(*xs: Any) -> Any:
    """Each of `xs` with at least three axes; n elements become (1, n, 1), a matrix (m, n, 1).

    >>> atleast_3d(np.array([1, 2])).shape
    (1, 2, 1)
    """
    return _widened(
        xs, lambda shape: ((1,) * (2 - len(shape)) + shape + (1,))[: max(3, len(shape))]
    )


# ---------------------------------------------------------------------- another order

flip = primitive(
    lambda x, /, axis=None: np.flip(x, axis),
    name="flip",
    implements=np.flip,
    tex=r"\operatorname{{flip}}_{{{axis}}}({x})",
    x=lambda g, axis: np.flip(g, axis),
)

roll = primitive(
    lambda x, /, shift, axis=None: np.roll(x, shift, axis),
    name="roll",
    implements=np.roll,
    tex=r"\operatorname{{roll}}_{{{axis}}}({x}, {shift})",
    x=lambda g, shift, axis: np.roll(g, tuple(-int(s) for s in np.ravel(shift)), axis),
)

rot90 = primitive(
    lambda x, /, k=1, axes=(0, 1): np.rot90(x, k, axes),
    name="rot90",
    implements=np.rot90,
    tex=r"\operatorname{{rot90}}({x}, {k})",
    x=lambda g, k, axes: np.rot90(g, -k, axes),
)


@overrides(np.flipud)
def flipud(x: Any) -> Any:
    """The first axis backwards.

    >>> flipud(np.array([1, 2, 3]))
    array([3, 2, 1])
    """
    return flip(need_axes("flipud", x, 1), 0)


@overrides(np.fliplr)
def fliplr(x: Any) -> Any:
    """The second axis backwards.

    >>> fliplr(np.array([[1, 2], [3, 4]]))
    array([[2, 1],
           [4, 3]])
    """
    return flip(need_axes("fliplr", x, 2), 1)


# ---------------------------------------------------------------------- repeated


def _stretched(x: Any, axis: int, times: int) -> Any:
    """Each element `times` times along `axis`."""
    shape = x.shape
    apart = reshape(x, (*shape[: axis + 1], 1, *shape[axis + 1 :]))
    apart = broadcast_to(apart, (*shape[: axis + 1], times, *shape[axis + 1 :]))
    return reshape(apart, (*shape[:axis], shape[axis] * times, *shape[axis + 1 :]))


@overrides(np.repeat)
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element `repeats` times along `axis` (of all elements in a row, if that is None).

    `repeats` is one integer, or one for each place along the axis.

    >>> repeat(np.array([1, 2, 3]), [0, 1, 2])
    array([2, 3, 3])
    """
    x, counts = operand(x), np.asarray(repeats)
    if axis is None or not x.ndim:  # a number is one in a row, to NumPy too
        x, axis = ravel(x), axis or 0
    axis = normalize_axis_index(axis, x.ndim, "repeat")
    n = x.shape[axis]
    fits = counts.ndim <= 1 and counts.size in (1, n)
    if counts.dtype.kind not in "iu" or not fits or np.any(counts < 0):
        raise ValueError(
            f"repeat: received repeats={repeats!r} for {describe(x)}; give one integer that is not "
            f"negative, or one for each of the {n} places along axis {axis}."
        )
    if counts.size == 1:
        return _stretched(x, axis, counts.item())
    return getitem(x, (slice(None),) * axis + (np.repeat(np.arange(n), counts),))


@overrides(np.tile)
def tile(x: Any, reps: Any) -> Any:
    """`x` side by side with itself, as many times as `reps` says for each axis.

    The shorter of the shape and `reps` is filled up with 1 in front.

    >>> tile(np.array([1, 2]), (2, 2))
    array([[1, 2, 1, 2],
           [1, 2, 1, 2]])
    """
    x, reps = operand(x), lengths("tile", "reps", reps)
    n = max(x.ndim, len(reps))
    reps = (1,) * (n - len(reps)) + reps
    shape = (1,) * (n - x.ndim) + x.shape
    apart = reshape(x, tuple(m for length in shape for m in (1, length)))
    pairs = list(zip(reps, shape, strict=True))
    return reshape(
        broadcast_to(apart, tuple(m for pair in pairs for m in pair)),
        tuple(times * length for times, length in pairs),
    )


@overrides(np.resize)
def resize(x: Any, new_shape: Any) -> Any:
    """The elements in a row, cut off or begun anew until they fill `new_shape`.

    >>> resize(np.array([1, 2, 3]), (2, 2))
    array([[1, 2],
           [3, 1]])
    """
    flat, shape = ravel(x), lengths("resize", "new_shape", new_shape)
    n = math.prod(shape)
    if n and not flat.size:
        raise ValueError(f"resize: received no elements to fill {shape} with; give at least one.")
    return reshape(getitem(tile(flat, -(-n // (flat.size or 1))), slice(n)), shape)


# ---------------------------------------------------------------------- diagonals and triangles


def _places(rows: int, columns: int, offset: int) -> slice:
    """Where a diagonal lies among the elements of a matrix in row-major order."""
    first = offset if offset >= 0 else -offset * columns
    n = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    return slice(first, first + n * (columns + 1), columns + 1)


@overrides(np.diagonal)
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The elements whose place along `axis2` is `offset` more than that along `axis1`.

    They lie along the last axis of the result, after all other axes.

    >>> diagonal(np.array([[1, 2, 3], [4, 5, 6]]), offset=1)
    array([2, 6])
    """
    return _diagonal(called("diagonal"), x, offset, axis1, axis2)


def _diagonal(name: str, x: Any, offset: int, axis1: int, axis2: int) -> Any:
    x = need_axes(name, x, 2)
    axes = tuple(normalize_axis_index(axis, x.ndim, name) for axis in (axis1, axis2))
    if axes[0] == axes[1]:
        raise ValueError(f"{name}: axis1 and axis2 are both {axis1}; give two different axes.")
    last = (x.ndim - 2, x.ndim - 1)
    x = x if axes == last else moveaxis(x, axes, last)
    rows, columns = x.shape[-2:]
    flat = reshape(x, (*x.shape[:-2], rows * columns))
    return getitem(flat, (..., _places(rows, columns, offset)))


@overrides(np.diag)
def diag(x: Any, k: int = 0) -> Any:
    """A matrix with `x` on its diagonal number `k`, or of a matrix that diagonal.

    >>> diag(np.array([1, 2]), 1)
    array([[0, 1, 0],
           [0, 0, 2],
           [0, 0, 0]])
    """
    x = operand(x)
    if x.ndim not in (1, 2):
        raise ValueError(
            f"diag: received {describe(x)}; give one axis or two, or use np.diagonal for the "
            "diagonals of several matrices."
        )
    if x.ndim == 2:
        return _diagonal("diag", x, k, 0, 1)
    n = x.size + abs(k)
    return reshape(scatter(x, _places(n, n, k), (n * n,)), (n, n))


@overrides(np.diagflat)
def diagflat(x: Any, k: int = 0) -> Any:
    """A matrix with the elements of `x` in a row on its diagonal number `k`.

    >>> diagflat(np.array([[1], [2]]))
    array([[1, 0],
           [0, 2]])
    """
    return diag(ravel(x), k)


tril = primitive(
    lambda x, /, k=0: np.tril(x, k),
    name="tril",
    implements=np.tril,
    tex=r"\operatorname{{tril}}({x}, {k})",
    x=lambda g, k: np.tril(g, k),
)

triu = primitive(
    lambda x, /, k=0: np.triu(x, k),
    name="triu",
    implements=np.triu,
    tex=r"\operatorname{{triu}}({x}, {k})",
    x=lambda g, k: np.triu(g, k),
)


@overrides(np.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    r"""The powers of `x` as columns: :math:`x^{N-1}, \dots, x, 1`, or in rising order.

    >>> vander(np.array([1, 2, 3]), 3)
    array([[1, 1, 1],
           [4, 2, 1],
           [9, 3, 1]])
    """
    x = operand(x)
    if x.ndim != 1:
        raise ValueError(f"vander: received {describe(x)}; it must have one axis.")
    (n,) = (x.size,) if N is None else lengths("vander", "N", N)
    exponents = np.arange(n)
    return power(reshape(x, (-1, 1)), exponents if increasing else exponents[::-1])


# ---------------------------------------------------------------------- other dtypes and values

# The cotangent is converted where the backward pass hands it over.
_astype = primitive(
    lambda x, /, dtype: x.astype(dtype),
    name="astype",
    tex=r"\operatorname{{astype}}({x}, \text{{{dtype}}})",
    x=lambda g: g,
)


@overrides(*newer("astype"))
def astype(x: Any, dtype: DTypeLike) -> Any:
    """`x` in another dtype; to an integer or boolean one, a constant.

    >>> astype(np.array([1.9]), "float32").dtype
    dtype('float32')
    """
    kind = np.dtype(dtype)
    if isinstance(x, Tensor) and kind.kind != "f":
        return Tensor(x._data.astype(kind), copy=False)
    return _astype(operand(x), kind)


def _like(make: Any) -> Any:
    def made_like(x: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(x, Tensor):
            return constant(make(x._data, *args, **kwargs))
        return make(x, *args, **kwargs)

    made_like.__doc__ = f"As ``np.{make.__name__}``; of a Tensor, a constant Tensor."
    return overrides(make)(made_like)


zeros_like = _like(np.zeros_like)
ones_like = _like(np.ones_like)
empty_like = _like(np.empty_like)


@overrides(np.full_like)
def full_like(x: Any, fill_value: Any, *args: Any, **kwargs: Any) -> Any:
    """As ``np.full_like``; the gradient with respect to `fill_value` is the sum of that of all.

    >>> full_like(np.zeros(2), 3.0)
    array([3., 3.])
    """
    made = empty_like(x, *args, **kwargs)
    if not isinstance(fill_value, Tensor):
        made[...] = fill_value
        return made
    return copy(broadcast_to(astype(fill_value, made.dtype), made.shape))
