"""Convolutions, as products with all windows of the input, and their adjoints."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag
from nn.functional.checks import called, each, floating, spatial

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "fold",
    "unfold",
]

Sizes = tuple[int, ...]


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    r"""The cross-correlation of `x` with `weight` over one axis of space; see `conv2d`.

    >>> conv1d(np.array([[1.0, 2.0, 4.0]]), np.array([[[-1.0, 1.0]]]))
    array([[1., 2.]])
    """
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    r"""The cross-correlation of `x` with `weight` over two axes of space.

    .. math:: z_{n o p} = b_o + \sum_{c, k} W_{o c k}\, x_{n, c,\; s p + d k - \mathrm{padding}}

    Shapes: input (N, C, H, W) or (C, H, W), weight (O, C / groups, h, w), bias (O,) or None; z
    (N, O, H', W') with :math:`H' = \lfloor (H + 2 p - d (h - 1) - 1) / s \rfloor + 1`, likewise W'.

    Parameters
    ----------
    stride, dilation
        An integer, or one for each axis.
    padding
        Zeros on both sides of an axis, likewise; or "valid" for none, or "same" for as many as
        keep the size (the odd one at the end).
    groups
        In how many parts channels and outputs are divided; each output sees its part.

    Raises ValueError for shapes or settings that don't fit, TypeError for an x that is not
    floating-point.

    >>> conv2d(np.ones((1, 3, 3)), np.ones((1, 1, 2, 2)))
    array([[[4., 4.],
            [4., 4.]]])
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    r"""The cross-correlation of `x` with `weight` over three axes of space; see `conv2d`.

    >>> float(conv3d(np.ones((1, 2, 2, 2)), np.ones((1, 1, 2, 2, 2))).item())
    8.0
    """
    return _conv("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def _operands(
    name: str, n: int, x: Any, weight: Any, bias: Any, groups: Any, transposed: bool
) -> tuple[Any, Any, int]:
    """`x` with an axis of examples, the weight, and the number of outputs, all checked."""
    x, weight = spatial(name, x, n), floating(name, "a weight", weight)
    (groups,) = each(name, "groups", groups, 1)
    channels, out, into = x.shape[-n - 1], 0, -1
    if weight.ndim == n + 2:
        out, into = weight.shape[0], weight.shape[1] * groups
        if transposed:
            out, into = into, out
    if weight.ndim != n + 2 or weight.shape[0] % groups:
        form = "(C, O / groups, *sizes)" if transposed else "(O, C / groups, *sizes)"
        raise ValueError(
            f"{called(name)}: received a weight of shape {weight.shape} with groups={groups}; give "
            f"{form} with {n} sizes, for C channels and O outputs that are multiples of groups."
        )
    if into != channels:
        batched = x.ndim == n + 2
        hint = (
            f", such as np.moveaxis(x, -1, {int(batched)})"
            if x.shape[-1] == into
            else ", such as x[:, None]"
            if into == 1 and not batched
            else ""
        )
        raise ValueError(
            f"{called(name)}: received x of shape {x.shape}, with C={channels} along axis "
            f"{int(batched)}, and a weight of shape {weight.shape}, for C={into}; give x as (N, "
            f"{into}, *space) or ({into}, *space){hint}."
        )
    if bias is not None and np.shape(bias) != (out,):
        raise ValueError(
            f"{called(name)}: bias must have shape ({out},) for {out} outputs, received shape "
            f"{np.shape(bias)}."
        )
    return (x if x.ndim == n + 2 else x[None]), weight, out


def _finished(z: Any, bias: Any, shape: Sizes, unbatched: bool) -> Any:
    """Products (groups, O / groups, ...), of `shape` (O, *space, N), as (N, O, *space)."""
    if bias is not None:
        z = z + ag.reshape(bias, (z.shape[0], -1) + (1,) * (z.ndim - 2))
    z = ag.moveaxis(ag.reshape(z, shape), -1, 0)
    return z[0] if unbatched else z


def _conv(
    name: str,
    n: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Any:
    unbatched = np.ndim(x) == n + 1
    x, weight, out = _operands(name, n, x, weight, bias, groups, transposed=False)
    size = weight.shape[2:]
    stride, dilation = each(name, "stride", stride, n), each(name, "dilation", dilation, n)
    pairs = padding_pairs(name, padding, size, stride, dilation)
    space = tuple(
        (m + sum(p) - d * (k - 1) - 1) // s + 1
        for m, p, k, s, d in zip(x.shape[2:], pairs, size, stride, dilation, strict=True)
    )
    if min(space) < 1 or min(size) < 1:
        raise ValueError(
            f"{called(name)}: no window of size {size} with dilation {dilation} fits into x of "
            f"shape {x.shape} with padding {padding!r}; make it smaller, or pad more."
        )
    # The examples as the last axis of space, with windows of size 1: then all is one product for
    # each group, and memory is read and written in long runs (see `batch_last`).
    batch, place = x.shape[0], math.prod(weight.shape[1:])
    x = ag.moveaxis(x, 0, -1)
    if batch:
        z = ag.windows(x, (*size, 1), (*stride, 1), (*pairs, (0, 0)), (*dilation, 1))
    else:
        z = ag.windows(ag.moveaxis(x, -1, 0), size, stride, pairs, dilation)
    z = ag.reshape(z, (groups, place, batch * math.prod(space)))
    z = ag.reshape(weight, (groups, out // groups, place)) @ z
    return _finished(z, bias, (out, *space, batch), unbatched)


def padding_pairs(
    name: str, padding: Any, size: Sizes, stride: Sizes, dilation: Sizes
) -> tuple[tuple[int, int], ...]:
    """The padding before and after each axis."""
    if not isinstance(padding, str):
        return tuple((p, p) for p in each(name, "padding", padding, len(size), 0))
    if padding == "valid":
        return ((0, 0),) * len(size)
    if padding != "same" or max(stride) > 1:
        raise ValueError(
            f"{called(name)}: received padding={padding!r} and stride {stride}; give integers, "
            "'valid', or with stride 1 'same'."
        )
    missing = [d * (k - 1) for d, k in zip(dilation, size, strict=True)]
    return tuple((m // 2, m - m // 2) for m in missing)


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    r"""The adjoint of `conv1d` over one axis of space; see `conv_transpose2d`.

    >>> conv_transpose1d(np.array([[1.0, 2.0]]), np.array([[[1.0, 10.0]]]))
    array([[ 1., 12., 20.]])
    """
    return _conv_transpose(
        "conv_transpose1d",
        1,
        input,
        weight,
        bias,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
    )


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    r"""The adjoint of `conv2d` (with respect to x) over two axes of space, plus a bias.

    .. math:: z_{n, o,\; s p + d k - \mathrm{padding}} \mathrel{+}= W_{c o k}\, x_{n c p}

    Shapes: input (N, C, H, W) or (C, H, W), weight (C, O / groups, h, w), bias (O,) or None; z
    (N, O, H', W') with :math:`H' = (H - 1) s - 2 p + d (h - 1) + 1 + \mathrm{output\_padding}`.

    `padding` is what the convolution would pad, so it is cut off here. `output_padding` says
    which of several sizes the convolution would have made H of; it must be smaller than stride
    or dilation.

    Raises ValueError for shapes or settings that don't fit, TypeError for an x that is not
    floating-point.

    >>> conv_transpose2d(np.ones((1, 1, 1)), np.ones((1, 1, 2, 2)), stride=2)
    array([[[1., 1.],
            [1., 1.]]])
    """
    return _conv_transpose(
        "conv_transpose2d",
        2,
        input,
        weight,
        bias,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
    )


def _conv_transpose(
    name: str,
    n: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Any:
    unbatched = np.ndim(x) == n + 1
    x, weight, out = _operands(name, n, x, weight, bias, groups, transposed=True)
    size, batch, given = weight.shape[2:], x.shape[0], x.shape[2:]
    stride, dilation = each(name, "stride", stride, n), each(name, "dilation", dilation, n)
    padding = each(name, "padding", padding, n, 0)
    extra = each(name, "output_padding", output_padding, n, 0)
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise ValueError(
            f"{called(name)}: received output_padding={output_padding!r} with stride {stride} and "
            f"dilation {dilation}; it must be smaller than one of them."
        )
    # What lies beyond the last window is zeros; the rest of output_padding is less cut off.
    beyond = [max(e - p, 0) for e, p in zip(extra, padding, strict=True)]
    pairs = [(p, max(p - e, 0)) for e, p in zip(extra, padding, strict=True)]
    space = [
        (m - 1) * s + d * (k - 1) + 1 - sum(p)
        for m, s, d, k, p in zip(given, stride, dilation, size, pairs, strict=True)
    ]
    if min(map(sum, zip(space, beyond, strict=True))) < 1 or min(space) < 0 or not min(given):
        raise ValueError(
            f"{called(name)}: nothing is left of x of shape {x.shape} with windows {size}, stride "
            f"{stride} and padding {padding}; cut off less."
        )
    rows = ag.reshape(
        ag.moveaxis(x, 0, -1), (groups, x.shape[1] // groups, math.prod(given) * batch)
    )
    matrix = ag.reshape(weight, (groups, x.shape[1] // groups, math.prod(weight.shape[1:])))
    z = ag.reshape(ag.swapaxes(matrix, 1, 2) @ rows, (out, *size, 1, *given, batch))
    z = ag.fold(z, (*space, batch), (*size, 1), (*stride, 1), (*pairs, (0, 0)), (*dilation, 1))
    if any(beyond):
        z = ag.pad(z, ((0, 0), *((0, b) for b in beyond), (0, 0)))
    z = ag.reshape(z, (groups, out // groups, *z.shape[1:]))
    return _finished(z, bias, (out, *z.shape[2:]), unbatched)


def unfold(
    input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:
    r"""All windows of `x`, each as a column (im2col).

    Shapes: input (N, C, H, W) or (C, H, W); the result (N, C·h·w, L) with L windows.

    Raises ValueError for settings that fit no window, TypeError for an x that is not
    floating-point.

    >>> unfold(np.arange(9.0).reshape(1, 3, 3), 2)
    array([[0., 1., 3., 4.],
           [1., 2., 4., 5.],
           [3., 4., 6., 7.],
           [4., 5., 7., 8.]])
    """
    x = spatial("unfold", input, 2)
    size = each("unfold", "kernel_size", kernel_size, 2)
    padding = each("unfold", "padding", padding, 2, 0)
    z = ag.windows(x, size, stride, padding, dilation)
    lead = z.shape[: x.ndim - 3]
    return ag.reshape(z, (*lead, math.prod(z.shape[-5:-2]), math.prod(z.shape[-2:])))


def fold(
    input: Any,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Any:
    r"""The sums of the windows that `unfold` would take of the result: its adjoint (col2im).

    Shapes: input (N, C·h·w, L) or (C·h·w, L); the result (N, C, *output_size).

    Raises ValueError if that are not the windows of such a result, TypeError for an x that is
    not floating-point.

    >>> fold(np.ones((4, 4)), 3, 2)
    array([[[1., 2., 1.],
            [2., 4., 2.],
            [1., 2., 1.]]])
    """
    x = floating("fold", "x", input)
    space, size = (
        each("fold", what, value, 2)
        for what, value in (("output_size", output_size), ("kernel_size", kernel_size))
    )
    stride, dilation = each("fold", "stride", stride, 2), each("fold", "dilation", dilation, 2)
    padding = each("fold", "padding", padding, 2, 0)
    windows = tuple(
        (m + 2 * p - d * (k - 1) - 1) // s + 1
        for m, p, d, k, s in zip(space, padding, dilation, size, stride, strict=True)
    )
    place, number = math.prod(size), math.prod(windows)
    if x.ndim not in (2, 3) or min(windows) < 1 or x.shape[-2] % place or x.shape[-1] != number:
        raise ValueError(
            f"{called('fold')}: x must be the {number} windows {size} of {space}, (N, C·{place}, "
            f"{number}); received shape {x.shape}."
        )
    z = ag.reshape(x, (*x.shape[:-2], x.shape[-2] // place, *size, *windows))
    return ag.fold(z, space, size, stride, padding, dilation)
