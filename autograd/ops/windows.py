"""Sliding windows, the part of a convolution that is no product: im2col and col2im."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, cast

import numpy as np

from autograd.ops.indexing import operand
from autograd.primitive import Operation, primitive

Sizes = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]


def _offsets(
    size: Sizes, stride: Sizes, dilation: Sizes, out: Sizes
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """For each place in the window: its index there, and the slices of the input that it sees.

    A Python loop over the few places of a window, each moving whole planes, beats a strided
    view of all windows: it reads and writes memory in order.
    """
    for place in product(*map(range, size)):
        seen = tuple(
            slice(p * d, p * d + s * (n - 1) + 1, s) if n else slice(0, 0)
            for p, s, d, n in zip(place, stride, dilation, out, strict=True)
        )
        yield (..., *place, *(slice(None) for _ in size)), (..., *seen)


def _out(spatial: Sizes, size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes) -> Sizes:
    return tuple(
        (n + sum(p) - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(spatial, size, stride, padding, dilation, strict=True)
    )


def _windows(x: Any, /, size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes) -> Any:
    n = len(size)
    out = _out(x.shape[-n:], size, stride, padding, dilation)
    if any(map(any, padding)):
        x = np.pad(x, ((0, 0),) * (x.ndim - n) + padding)
    z = np.empty_like(x, shape=(*x.shape[:-n], *size, *out))
    for place, seen in _offsets(size, stride, dilation, out):
        z[place] = x[seen]
    return z


def _fold(
    x: Any, /, spatial: Sizes, size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes
) -> Any:
    n = len(size)
    padded = tuple(m + sum(p) for m, p in zip(spatial, padding, strict=True))
    z = np.zeros_like(x, shape=(*x.shape[: -2 * n], *padded))
    for place, seen in _offsets(size, stride, dilation, x.shape[-n:]):
        z[seen] += x[place]
    inside = [slice(p, p + m) for m, (p, _) in zip(spatial, padding, strict=True)]
    return z[(cast(Any, ...), *inside)]


_windows_primitive: Operation = primitive(
    _windows,
    name="windows",
    tex=r"\operatorname{{windows}}({x})",
    x=lambda g, x_shape, size, stride, padding, dilation: _fold_primitive(
        g, x_shape[-len(size) :], size, stride, padding, dilation
    ),
)

_fold_primitive: Operation = primitive(
    _fold,
    name="fold",
    tex=r"\operatorname{{fold}}({x})",
    x=lambda g, size, stride, padding, dilation: _windows_primitive(
        g, size, stride, padding, dilation
    ),
)


def _each(name: str, what: str, value: Any, n: int, least: int) -> Sizes:
    values = np.asarray(value)
    if values.ndim == 0:
        values = np.repeat(values, n)
    if values.shape != (n,) or values.dtype.kind not in "iu" or np.any(values < least):
        raise ValueError(
            f"{name}: {what} must be an integer of at least {least}, or one for each of the {n} "
            f"axes; received {value!r}."
        )
    return tuple(values.tolist())


def _settings(
    name: str, size: Any, stride: Any, padding: Any, dilation: Any
) -> tuple[Sizes, Sizes, Pairs, Sizes]:
    size = _each(name, "size", size, np.size(size) or 1, 1)
    n = len(size)
    if np.shape(padding) == (n, 2):
        before, after = (_each(name, "padding", [p[k] for p in padding], n, 0) for k in (0, 1))
    else:
        before = after = _each(name, "padding", padding, n, 0)
    return (
        size,
        _each(name, "stride", stride, n, 1),
        tuple(zip(before, after, strict=True)),
        _each(name, "dilation", dilation, n, 1),
    )


def windows(
    x: Any,
    size: int | Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: Any = 0,
    dilation: int | Sequence[int] = 1,
) -> Any:
    r"""All windows of `size` over the last axes of `x` (im2col).

    .. math:: z_{\dots, k, o} = x_{\dots,\; s\,o + d\,k - p} \quad \text{per axis, 0 outside}

    For n sizes, the last n axes (m) of `x` become 2n axes: the place in the window (k), then the
    window (o), of which there are :math:`\lfloor (m + p + p' - d(k-1) - 1)/s \rfloor + 1`.
    A convolution is one matmul with it, and its layout needs no transposition: weights
    (O, C·k·k) times windows (N, C·k·k, o·o) is (N, O, o·o).

    Parameters
    ----------
    size, stride, dilation
        An integer for each axis; of the last two, one integer serves for all.
    padding
        Zeros on each side: one integer, one for each axis, or a pair (before, after) for each.

    Raises ValueError for settings that fit no window into `x`. `fold` is the exact adjoint.

    >>> windows(np.array([1.0, 2.0, 3.0, 4.0]), 2, stride=2)
    array([[1., 3.],
           [2., 4.]])
    """
    settings = _settings("windows", size, stride, padding, dilation)
    spatial = np.shape(x)[-len(settings[0]) :]
    if len(spatial) < len(settings[0]) or min(_out(spatial, *settings), default=0) < 1:
        raise ValueError(
            f"windows: no window of size {settings[0]} with dilation {settings[3]} fits into shape "
            f"{np.shape(x)} with padding {settings[2]}; make it smaller, or pad more."
        )
    return _windows_primitive(operand(x), *settings)


def fold(
    x: Any,
    spatial: Sequence[int],
    size: int | Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: Any = 0,
    dilation: int | Sequence[int] = 1,
) -> Any:
    r"""Add windows back to where they came from (col2im): the adjoint of `windows`.

    :math:`\langle \mathrm{windows}(x), c\rangle = \langle x, \mathrm{fold}(c)\rangle` for all x, c.
    `spatial` are the lengths of the axes that the windows were taken over; the other parameters
    are those of `windows`. Raises ValueError if the shape of `x` is not that of such windows.

    >>> fold(np.ones((2, 3)), (4,), 2)
    array([1., 2., 2., 1.])
    """
    settings = _settings("fold", size, stride, padding, dilation)
    n = len(settings[0])
    lengths = _each("fold", "spatial", spatial, n, 0)
    expected = (*settings[0], *_out(lengths, *settings))
    if np.shape(x)[-2 * n :] != expected:
        raise ValueError(
            f"fold: x must end in {expected}, as windows over {lengths} with these settings do, "
            f"received shape {np.shape(x)}."
        )
    return _fold_primitive(operand(x), lengths, *settings)
