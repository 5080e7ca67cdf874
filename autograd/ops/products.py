"""Products that sum over axes; those by letters are in `einsum`."""

from __future__ import annotations

import math
import operator
from string import ascii_letters
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.dispatch import overrides
from autograd.errors import describe
from autograd.ops.einsum import contract, einsum
from autograd.ops.elementwise import multiply
from autograd.ops.indexing import operand
from autograd.ops.shape import lengths, need_axes, newer, ravel, reshape
from autograd.primitive import primitive

Shape = tuple[int, ...]

# ---------------------------------------------------------------------- matrices


def transposed(x: Any) -> Any:
    """The last two axes exchanged."""
    return np.swapaxes(x, -1, -2)


def _matmul_x(g: Any, x_shape: Shape, y: Any) -> Any:
    if y.ndim == 1:
        return g[..., None] * y
    if len(x_shape) == 1:
        return (g[..., None, :] @ transposed(y))[..., 0, :]
    return g @ transposed(y)


def _matmul_y(g: Any, x: Any, y_shape: Shape) -> Any:
    if x.ndim == 1:
        return x[:, None] * g[..., None, :] if len(y_shape) > 1 else x * g
    if len(y_shape) == 1:
        return (transposed(x) @ g[..., None])[..., 0]
    if len(y_shape) == 2 and x.ndim > 2:  # one product instead of one a batch, and their sum
        rows = math.prod(x.shape[:-1])  # not -1, which an empty array leaves open
        return np.reshape(x, (rows, x.shape[-1])).T @ np.reshape(g, (rows, g.shape[-1]))
    return transposed(x) @ g


matmul = primitive(np.matmul, tex=r"{x}\,{y}", x=_matmul_x, y=_matmul_y)


def _refuse_unequal(name: str, x: Any, i: int, y: Any, j: int) -> None:
    if x.shape[i] != y.shape[j]:
        raise ValueError(
            f"{name}: received {describe(x)} and {describe(y)}, of which axes {i} and {j} are "
            "summed over together; they must have the same length."
        )


def _tensordot(name: str, x: Any, y: Any, first: list[int], second: list[int]) -> Any:
    """The sum of products over the axes `first` of `x` and `second` of `y`."""
    a, b = ascii_letters[: x.ndim], list(ascii_letters[x.ndim : x.ndim + y.ndim])
    for i, j in zip(first, second, strict=True):
        _refuse_unequal(name, x, i, y, j)
        b[j] = a[i]
    z = [letter for letter in (*a, *b) if (letter in a) != (letter in b)]
    return contract(x, y, a, "".join(b), "".join(z))


@overrides(np.tensordot)
def tensordot(x: Any, y: Any, axes: Any = 2) -> Any:
    r"""The sum of products over some axes of both.

    `axes` is a number n for the last n of `x` and the first n of `y`, or a pair: the axes of `x`
    and those of `y`, each one axis or a list.

    >>> tensordot(np.ones((2, 3)), np.ones((3, 4)), axes=1).shape
    (2, 4)
    """
    x, y = operand(x), operand(y)
    if np.iterable(axes):
        named = [tuple(n) if np.iterable(n) else (n,) for n in axes]
    else:
        (n,) = lengths("tensordot", "axes", axes)
        named = [tuple(range(-n, 0)), tuple(range(n))]
    pair = [
        [normalize_axis_index(axis, w.ndim, "tensordot") for axis in axes_of]
        for w, axes_of in zip((x, y), named, strict=False)
    ]
    if len(named) != 2 or len({*map(len, pair), *(len(set(axes_of)) for axes_of in pair)}) != 1:
        raise ValueError(
            f"tensordot: received axes={axes!r} for {describe(x)} and {describe(y)}; give a "
            "number, or as many axes of the one as of the other, none of them twice."
        )
    return _tensordot("tensordot", x, y, *pair)


@overrides(np.dot)
def dot(x: Any, y: Any) -> Any:
    """The sum over the last axis of `x` and the last but one of `y` (or its only one).

    >>> int(dot(np.array([1, 2]), np.array([3, 4])))
    11
    """
    x, y = operand(x), operand(y)
    if not x.ndim or not y.ndim:
        return multiply(x, y)
    if y.ndim <= 2:
        _refuse_unequal("dot", x, x.ndim - 1, y, 0)
        return matmul(x, y)
    return _tensordot("dot", x, y, [x.ndim - 1], [y.ndim - 2])


@overrides(np.inner)
def inner(x: Any, y: Any) -> Any:
    """The sum of products over the last axis of both.

    >>> inner(np.array([[1, 2], [3, 4]]), np.array([1, 1]))
    array([3, 7])
    """
    x, y = operand(x), operand(y)
    if not x.ndim or not y.ndim:
        return multiply(x, y)
    return _tensordot("inner", x, y, [x.ndim - 1], [y.ndim - 1])


@overrides(np.outer)
def outer(x: Any, y: Any) -> Any:
    r""":math:`z_{ij} = x_i y_j` for all elements of both.

    >>> outer(np.array([1, 2]), np.array([3, 4]))
    array([[3, 4],
           [6, 8]])
    """
    return contract(ravel(operand(x)), ravel(operand(y)), "a", "b", "ab")


def _conjugated(x: Any) -> Any:
    return np.conjugate(x) if x.dtype.kind == "c" else x  # no Tensor is complex


@overrides(np.vdot)
def vdot(x: Any, y: Any) -> Any:
    """The sum of the products of all elements (of a complex array `x`, the conjugate ones).

    >>> int(vdot(np.array([[1, 2]]), np.array([[3], [4]])))
    11
    """
    x, y = ravel(operand(x)), ravel(operand(y))
    _refuse_unequal("vdot", x, 0, y, 0)
    return matmul(_conjugated(x), y)


@overrides(np.kron)
def kron(x: Any, y: Any) -> Any:
    """The Kronecker product: `x` with each of its elements replaced by its product with `y`.

    >>> kron(np.array([1, 2]), np.array([1, 10]))
    array([ 1, 10,  2, 20])
    """
    x, y = operand(x), operand(y)
    n = max(x.ndim, y.ndim)
    x, y = (reshape(w, (1,) * (n - w.ndim) + w.shape) for w in (x, y))
    a, b = ascii_letters[:n], ascii_letters[n : 2 * n]
    apart = contract(x, y, a, b, "".join(map("".join, zip(a, b, strict=True))))
    return reshape(apart, tuple(map(operator.mul, x.shape, y.shape)))


# ---------------------------------------------------------------------- many at a time


@overrides(np.vecdot)
def vecdot(x: Any, y: Any, axis: int = -1) -> Any:
    """The products of vectors that lie along `axis` of both; other axes are broadcast.

    >>> vecdot(np.array([[1, 2], [3, 4]]), np.array([1, 1]))
    array([3, 7])
    """
    x, y = need_axes("vecdot", x, 1), need_axes("vecdot", y, 1)
    x, y = (np.moveaxis(w, normalize_axis_index(axis, w.ndim, "vecdot"), -1) for w in (x, y))
    _refuse_unequal("vecdot", x, x.ndim - 1, y, y.ndim - 1)
    return einsum("...i,...i->...", _conjugated(x), y)


@overrides(*newer("matvec"))
def matvec(x: Any, y: Any) -> Any:
    """The products of the matrices in the last two axes of `x` and the vectors in that of `y`.

    >>> matvec(np.array([[1, 2], [3, 4]]), np.array([1, 1]))
    array([3, 7])
    """
    x, y = need_axes("matvec", x, 2), need_axes("matvec", y, 1)
    _refuse_unequal("matvec", x, x.ndim - 1, y, y.ndim - 1)
    return einsum("...ij,...j->...i", x, y)


@overrides(*newer("vecmat"))
def vecmat(x: Any, y: Any) -> Any:
    """The products of the vectors in the last axis of `x` and the matrices in the last two of `y`.

    >>> vecmat(np.array([1, 1]), np.array([[1, 2], [3, 4]]))
    array([4, 6])
    """
    x, y = need_axes("vecmat", x, 1), need_axes("vecmat", y, 2)
    _refuse_unequal("vecmat", x, x.ndim - 1, y, y.ndim - 2)
    return einsum("...i,...ij->...j", _conjugated(x), y)
