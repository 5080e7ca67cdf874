"""The largest or the mean element of each window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

import autograd as ag
from nn.functional.checks import batch_last, called, each, number, spatial, values

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "lp_pool1d",
    "lp_pool2d",
    "max_pool1d",
    "max_pool2d",
]

Sizes = tuple[int, ...]


def _settings(
    name: str, x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> tuple[Sizes, Sizes, Sizes, Sizes, Sizes]:
    """Kernel, stride, padding and dilation, checked, and how many windows there are."""
    n = len(kernel_size)
    stride = each(name, "stride", stride, n) if stride not in (None, (), []) else kernel_size
    dilation = each(name, "dilation", dilation, n)
    padding = each(name, "padding", padding, n, 0)
    reach = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel_size, strict=True))
    if any(2 * p > k for p, k in zip(padding, kernel_size, strict=True)):
        raise ValueError(
            f"{called(name)}: padding must be at most half of kernel_size, received {padding} and "
            f"{kernel_size}."
        )
    count = []
    for m, r, s, p in zip(x.shape[-n:], reach, stride, padding, strict=True):
        rest = m + 2 * p - r
        number = (rest + (s - 1) * ceil_mode) // s + 1
        if ceil_mode and (number - 1) * s >= m + p:
            number -= 1  # a window must not begin behind the end
        count.append(number if m else 0)
    if min(count) < 1 or not all(x.shape[1:]):
        raise ValueError(
            f"{called(name)}: no window of {reach} fits into x of shape {x.shape} with padding "
            f"{padding}; make it smaller."
        )
    return kernel_size, stride, padding, dilation, tuple(count)


# ---------------------------------------------------------------------- the largest


def max_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of one axis; see `max_pool2d`.

    >>> max_pool1d(np.array([[1.0, 3.0, 2.0, 0.0]]), 2)
    array([[3., 2.]])
    """
    size = each("max_pool1d", "kernel_size", kernel_size, 1)
    return _max_pool(
        "max_pool1d", input, size, stride, padding, dilation, ceil_mode, return_indices
    )


def max_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    r"""The largest element of each window.

    .. math:: z_{n c p} = \max_k x_{n, c,\; s p + d k - \mathrm{padding}}

    Of equal elements the first one in the window receives the gradient.

    Shapes: input (N, C, H, W) or (C, H, W); z the same with one element for each window.

    Parameters
    ----------
    stride
        By default the size of the kernel.
    padding
        How far windows reach over the edge on both sides, where nothing is; at most half a window.
    ceil_mode
        Also take a last window that reaches over the end.
    return_indices
        Return also the places of the elements in the plane (H, W), numbered row by row.

    Raises ValueError for settings that fit no window, TypeError for an x that is not
    floating-point.

    >>> max_pool2d(np.arange(16.0).reshape(1, 4, 4), 2)
    array([[[ 5.,  7.],
            [13., 15.]]])
    """
    size = each("max_pool2d", "kernel_size", kernel_size, 2)
    return _max_pool(
        "max_pool2d", input, size, stride, padding, dilation, ceil_mode, return_indices
    )


def _max_pool(
    name: str,
    x: Any,
    kernel_size: Sizes,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    n = len(kernel_size)
    x = spatial(name, x, n)
    settings = _settings(name, x, kernel_size, stride, padding, dilation, ceil_mode)
    read, places, border = [], [], []
    for m, k, s, p, d, out in zip(x.shape[-n:], *settings, strict=True):
        starts = np.arange(out) * s - p
        # Where a window reaches over an edge, its first and last place inside stand for those
        # outside: there the border is -inf, so only among elements that all are -inf.
        first, last = -(np.minimum(starts, 0) // d), (m - 1 - starts) // d
        places.append([starts + d * np.clip(i, first, last) for i in range(k)])
        read.append([slice(i * d, i * d + s * (out - 1) + 1, s) for i in range(k)])
        border.append((p, max((out - 1) * s + (k - 1) * d + 1 - m - p, 0)))
    return _largest(x, n, read, places, border, return_indices)


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of `output_size` parts of one axis; see `adaptive_avg_pool2d`.

    >>> adaptive_max_pool1d(np.array([[1.0, 3.0, 2.0]]), 2)
    array([[3., 3.]])
    """
    return _adaptive_max_pool("adaptive_max_pool1d", 1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of the parts that `adaptive_avg_pool2d` averages; see `max_pool2d`.

    >>> adaptive_max_pool2d(np.arange(6.0).reshape(1, 2, 3), (1, None))
    array([[[3., 4., 5.]]])
    """
    return _adaptive_max_pool("adaptive_max_pool2d", 2, input, output_size, return_indices)


def _adaptive_max_pool(name: str, n: int, x: Any, output_size: Any, return_indices: bool) -> Any:
    x = spatial(name, x, n)
    places = []
    for parts in _parts(name, x, n, output_size):
        width = max(end - start for start, end in parts)
        starts, ends = np.array(parts).T
        places.append([np.minimum(starts + i, ends - 1) for i in range(width)])
    return _largest(x, n, places, places, [(0, 0)] * n, return_indices)


def _largest(
    x: Any,
    n: int,
    read: Sequence[Sequence[Any]],
    places: Sequence[Sequence[Any]],
    border: list[tuple[int, int]],
    return_indices: bool,
) -> Any:
    """The largest of what `read` reads along each of `n` axes of space, for each place in a window.

    `places` say where that is. The gradient must go to the first one of equal elements alone, so
    the result is made by taking the elements from their places, not by comparing.
    """
    last = batch_last(x)
    if last:
        x = ag.moveaxis(x, 0, -1)
    lead, space, tail = np.split(x.shape, [x.ndim - n - last, x.ndim - last])
    seen = values(x)
    if any(map(any, border)):
        widths = [*[(0, 0)] * len(lead), *border, *[(0, 0)] * last]
        seen = np.pad(seen, widths, constant_values=-np.inf)
    parts, table = [], []
    for indices in product(*(zip(*pair, strict=True) for pair in zip(read, places, strict=True))):
        part, number = seen, np.zeros((), np.intp)
        for axis, (index, place) in enumerate(indices, start=len(lead)):
            part = part[(slice(None),) * axis + (index,)]
            number = number[..., None] * x.shape[axis] + place
        parts.append(part)
        table.append(number)
    which, largest = _first_largest(parts)
    if np.isnan(largest).any():
        which = _last_nan(parts, which)
    out = table[0].shape
    where = which.astype(np.intp)
    where *= math.prod(out)
    where += np.arange(math.prod(out)).reshape(*out, *(1,) * last)
    where = np.stack(table).take(where)
    # In the order of memory: (plane, place in it, example).
    planes = np.arange(math.prod(lead)).reshape(*lead, *(1,) * (n + last)) * math.prod(space)
    flat = where + planes
    if last:
        flat *= tail[0]
        flat += np.arange(tail[0])
    z = ag.reshape(ag.reshape(x, (-1,))[flat.reshape(-1)], flat.shape)
    if last:
        z, where = ag.moveaxis(z, -1, 0), np.moveaxis(where, -1, 0)
    return (z, where) if return_indices else z


def _first_largest(parts: list[Any]) -> tuple[Any, Any]:
    """For each element of arrays of one shape: which of them is the first largest; and that."""
    largest = parts[0]
    which = np.zeros_like(largest, np.uint8 if len(parts) < 256 else np.intp)
    for k, part in enumerate(parts[1:], start=1):
        larger = np.maximum(largest, part)
        np.maximum(which, (larger != largest) * which.dtype.type(k), out=which)
        largest = larger
    return which, largest


def _last_nan(parts: list[Any], which: Any) -> Any:
    """`which` with the number of the last array that is NaN, where one is: PyTorch's choice."""
    for k, part in enumerate(parts):
        np.copyto(which, k, where=np.isnan(part))
    # (An element after a NaN is no larger: `larger` was NaN then, and unequal to itself.)
    return which


# ---------------------------------------------------------------------- the mean


def avg_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The mean of each window of one axis; see `avg_pool2d`.

    >>> avg_pool1d(np.array([[1.0, 3.0, 2.0, 0.0]]), 2)
    array([[2., 1.]])
    """
    size = each("avg_pool1d", "kernel_size", kernel_size, 1)
    return _avg_pool("avg_pool1d", input, size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    r"""The mean of each window.

    .. math:: z_{n c p} = \frac{1}{h w} \sum_k x_{n, c,\; s p + k - \mathrm{padding}}

    Shapes: input (N, C, H, W) or (C, H, W); z the same with one element for each window.
    Parameters as for `max_pool2d`, and besides:

    Parameters
    ----------
    padding
        Zeros on both sides.
    count_include_pad
        Whether those zeros count as elements.
    divisor_override
        Divide by this instead of the number of elements.

    Raises ValueError for settings that fit no window, TypeError for an x that is not
    floating-point.

    >>> avg_pool2d(np.arange(16.0).reshape(1, 4, 4), 2)
    array([[[ 2.5,  4.5],
            [10.5, 12.5]]])
    """
    return _avg_pool(
        "avg_pool2d",
        input,
        each("avg_pool2d", "kernel_size", kernel_size, 2),
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
    )


def _avg_pool(
    name: str,
    x: Any,
    kernel_size: Sizes,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Any:
    n = len(kernel_size)
    x = spatial(name, x, n)
    if divisor is not None and (isinstance(divisor, bool) or not divisor):
        raise ValueError(
            f"{called(name)}: divisor_override must be a number other than 0, received {divisor!r}."
        )
    settings = _settings(name, x, kernel_size, stride, padding, 1, ceil_mode)
    border, counts = [], []
    for m, k, s, p, _, out in zip(x.shape[-n:], *settings, strict=True):
        starts = np.arange(out) * s - p
        ends = np.minimum(starts + k, m + p)  # what lies behind the padding never counts
        if not count_include_pad:
            starts, ends = np.maximum(starts, 0), np.minimum(ends, m)
        counts.append(ends - starts)
        border.append((p, max((out - 1) * s + k - m - p, 0)))
    if divisor is None:
        elements: Any = np.asarray(math.prod(np.ix_(*counts)), x.dtype)
        if elements.min() == elements.max():
            elements = float(elements.flat[0])
    else:
        elements = divisor
    last = batch_last(x)
    stride = settings[1]
    if last:  # the examples as one more axis, with windows of size 1
        x = ag.moveaxis(x, 0, -1)
        kernel_size, stride, border = (*kernel_size, 1), (*stride, 1), [*border, (0, 0)]
        elements = elements[..., None] if np.ndim(elements) else elements
    windows = ag.windows(x, kernel_size, stride, border)
    places = range(x.ndim - len(kernel_size), x.ndim)
    z = ag.sum(windows, axis=tuple(places)) / elements
    return ag.moveaxis(z, -1, 0) if last else z


def lp_pool1d(
    input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Any:
    """The norm of each window of one axis; see `lp_pool2d`.

    >>> lp_pool1d(np.array([[3.0, 4.0]]), 2, 2)
    array([[5.]])
    """
    size = each("lp_pool1d", "kernel_size", kernel_size, 1)
    return _lp_pool("lp_pool1d", input, norm_type, size, stride, ceil_mode)


def lp_pool2d(
    input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Any:
    r"""The norm of each window.

    .. math:: z = \Big(\sum_k x_k^p\Big)^{1/p}

    where p is `norm_type`; with infinity, the largest absolute value. The gradient at a sum of 0
    is 0. Shapes and other parameters are those of `max_pool2d`; with `ceil_mode`, the sum over a
    window that reaches over the end is extrapolated to a whole one.

    Raises ValueError for settings that fit no window, TypeError for an x that is not
    floating-point.

    >>> lp_pool2d(np.array([[[3.0, 0.0], [0.0, 4.0]]]), 2, 2)
    array([[[5.]]])
    """
    size = each("lp_pool2d", "kernel_size", kernel_size, 2)
    return _lp_pool("lp_pool2d", input, norm_type, size, stride, ceil_mode)


def _lp_pool(
    name: str, x: Any, norm_type: float, kernel_size: Sizes, stride: Any, ceil_mode: bool
) -> Any:
    n = len(kernel_size)
    x = spatial(name, x, n)
    number(name, "norm_type", norm_type, "above 0")
    if norm_type == math.inf:
        return _max_pool(name, ag.absolute(x), kernel_size, stride, 0, 1, ceil_mode, False)
    power = ag.power(x, float(norm_type))
    mean = _avg_pool(name, power, kernel_size, stride, 0, ceil_mode, True, None)
    total = mean * math.prod(kernel_size)
    # Its derivative is infinite at 0, so it is not computed there.
    nonzero = values(total) != 0
    root = ag.power(ag.where(nonzero, total, 1.0), 1 / float(norm_type))
    return ag.where(nonzero, root, 0.0)


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Any:
    """The means of `output_size` parts of one axis; see `adaptive_avg_pool2d`.

    >>> adaptive_avg_pool1d(np.array([[1.0, 3.0, 2.0]]), 2)
    array([[2. , 2.5]])
    """
    return _adaptive_avg_pool("adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    r"""The means of as many parts as asked for.

    Part i of m of an axis of length n is from :math:`\lfloor i n / m \rfloor` to (but not
    including) :math:`\lceil (i + 1) n / m \rceil`; so parts may overlap.

    Shapes: input (N, C, H, W) or (C, H, W); z the same with `output_size` in place of (H, W), an
    integer, or one for each axis, None where it stays as it is.

    Raises ValueError for an x or a size that does not fit, TypeError for an x that is not
    floating-point.

    >>> adaptive_avg_pool2d(np.arange(6.0).reshape(1, 2, 3), (1, None))
    array([[[1.5, 2.5, 3.5]]])
    """
    return _adaptive_avg_pool("adaptive_avg_pool2d", 2, input, output_size)


def _adaptive_avg_pool(name: str, n: int, x: Any, output_size: Any) -> Any:
    x = spatial(name, x, n)
    for axis, parts in zip(range(-n, 0), _parts(name, x, n, output_size), strict=True):
        if len(parts) != x.shape[axis]:
            behind = (slice(None),) * (-1 - axis)
            means = [
                ag.mean(x[(..., slice(*part), *behind)], axis=axis, keepdims=True) for part in parts
            ]
            x = ag.concatenate(means, axis=axis)
    return x


def _parts(name: str, x: Any, n: int, output_size: Any) -> list[list[tuple[int, int]]]:
    """Where each part of each axis starts and ends."""
    lengths = x.shape[-n:]
    if not isinstance(output_size, (tuple, list)):
        output_size = (output_size,) * n
    if len(output_size) == n:
        output_size = [m if size is None else size for m, size in zip(lengths, output_size)]
    sizes = each(name, "output_size", output_size, n)
    if not all(x.shape[1:]) or not all(lengths):
        raise ValueError(f"{called(name)}: x must not be empty, received shape {x.shape}.")
    return [
        [(i * m // size, -(-(i + 1) * m // size)) for i in range(size)]
        for m, size in zip(lengths, sizes, strict=True)
    ]
