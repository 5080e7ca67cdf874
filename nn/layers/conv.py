"""Convolutions and their adjoints."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nn import functional, init
from nn.functional.checks import described, each, integers, spatial
from nn.functional.conv import padding_pairs
from nn.module import Module, Parameter

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "Fold",
    "Unfold",
]

MODES = {"zeros": "", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


class _ConvNd(Module):
    """What all of them are made of."""

    space: int
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        dtype: DTypeLike,
    ) -> None:
        super().__init__()
        name, n = type(self).__name__, self.space
        (groups,) = each(name, "groups", groups, 1)
        integers(name, 1, in_channels=in_channels, out_channels=out_channels)
        channels = in_channels, out_channels
        if any(c % groups for c in channels):
            raise ValueError(
                f"{name}: in_channels and out_channels must be multiples of groups={groups}, "
                f"received {in_channels} and {out_channels}."
            )
        if padding_mode not in (MODES if not self.transposed else ("zeros",)):
            known = "'zeros'" if self.transposed else f"one of {', '.join(map(repr, MODES))}"
            raise ValueError(
                f"{name}: padding_mode must be {known}; received {described(padding_mode)}."
            )
        self.in_channels, self.out_channels = channels
        self.kernel_size = each(name, "kernel_size", kernel_size, n)
        self.stride = each(name, "stride", stride, n)
        self.dilation = each(name, "dilation", dilation, n)
        self.output_padding = each(name, "output_padding", output_padding, n, 0)
        if isinstance(padding, str):
            padding_pairs(name, padding, self.kernel_size, self.stride, self.dilation)
        else:
            padding = each(name, "padding", padding, n, 0)
        self.padding: Any = padding  # "same" or "valid", or a number for each axis
        self.groups: int = groups
        self.padding_mode = padding_mode
        first, second = channels if self.transposed else channels[::-1]
        shape = (first, second // groups, *self.kernel_size)
        self.weight = Parameter(np.zeros(shape, dtype), dtype=dtype)
        self.bias = Parameter(np.zeros(out_channels, dtype), dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        bound = 1 / math.sqrt(math.prod(self.weight.shape[1:]))
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """The settings, as far as they are not those by default."""
        n = self.space
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        text += f", stride={self.stride}"
        defaults: tuple[tuple[str, Any], ...] = (
            ("padding", (0,) * n),
            ("dilation", (1,) * n),
            ("output_padding", (0,) * n),
            ("groups", 1),
        )
        for what, default in defaults:
            if (value := getattr(self, what)) != default:
                text += f", {what}={value}"
        if self.bias is None:
            text += ", bias=False"
        return text + (f", padding_mode={self.padding_mode}" * (self.padding_mode != "zeros"))


class _Conv(_ConvNd):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        dtype: DTypeLike = np.float32,
    ) -> None:
        settings = (kernel_size, stride, padding, dilation, 0, groups, bias, padding_mode, dtype)
        super().__init__(in_channels, out_channels, *settings)

    def forward(self, x: Any) -> Any:
        """The convolution of `x` with the weight."""
        padding = self.padding
        if mode := MODES[self.padding_mode]:
            x = spatial(type(self).__name__, x, self.space)
            pairs = padding_pairs(
                type(self).__name__, padding, self.kernel_size, self.stride, self.dilation
            )
            x = functional.pad(x, [width for pair in pairs[::-1] for width in pair], mode)
            padding = 0
        convolution = getattr(functional, f"conv{self.space}d")
        return convolution(
            x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class Conv1d(_Conv):
    r"""``functional.conv1d`` with a weight and a bias that are trained; see `Conv2d`.

    Shapes: x (N, C, L) or (C, L); ``weight`` (out_channels, in_channels / groups, k).

    >>> Conv1d(2, 4, 3)(np.ones((5, 2, 8), "float32")).shape
    (5, 4, 6)
    """

    space = 1


class Conv2d(_Conv):
    r"""``functional.conv2d`` with a weight and a bias that are trained.

    .. math:: z_{n o p} = b_o + \sum_{c, k} W_{o c k}\, x_{n, c,\; s p + d k - \mathrm{padding}}

    Shapes: x (N, C, H, W) or (C, H, W); ``weight`` (out_channels, in_channels / groups, h, w) and
    ``bias`` (out_channels,) or None, which start as :math:`U(-1/\sqrt n, 1/\sqrt n)` with n the
    number of inputs that an output sees.

    `padding` may be "same" or "valid"; `padding_mode` says what it shows: "zeros", "reflect",
    "replicate" or "circular".

    Raises ValueError for settings that don't fit each other, or an x that does not fit them.

    >>> Conv2d(3, 8, 3, padding=1)
    Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    >>> Conv2d(3, 8, 3, padding="same")(np.ones((5, 3, 8, 8), "float32")).shape
    (5, 8, 8, 8)
    """

    space = 2


class Conv3d(_Conv):
    r"""``functional.conv3d`` with a weight and a bias that are trained; see `Conv2d`.

    Shapes: x (N, C, D, H, W) or (C, D, H, W); ``weight`` (out_channels, in_channels / groups, d,
    h, w).

    >>> Conv3d(1, 2, 2)(np.ones((1, 3, 3, 3), "float32")).shape
    (2, 2, 2, 2)
    """

    space = 3


class _ConvTranspose(_ConvNd):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        dtype: DTypeLike = np.float32,
    ) -> None:
        padding = each(type(self).__name__, "padding", padding, self.space, 0)
        settings = (stride, padding, dilation, output_padding, groups, bias, padding_mode, dtype)
        super().__init__(in_channels, out_channels, kernel_size, *settings)

    def forward(self, x: Any, output_size: Any = None) -> Any:
        """The adjoint of the convolution; `output_size` (of space) in place of output_padding."""
        name, n = type(self).__name__, self.space
        x = spatial(name, x, n)
        extra = self.output_padding
        if output_size is not None:
            size = each(name, "output_size", output_size, n)
            least = [
                (m - 1) * s - 2 * p + d * (k - 1) + 1
                for m, s, p, d, k in zip(
                    x.shape[-n:],
                    self.stride,
                    self.padding,
                    self.dilation,
                    self.kernel_size,
                    strict=True,
                )
            ]
            extra = tuple(a - b for a, b in zip(size, least, strict=True))
            if any(not 0 <= e < s for e, s in zip(extra, self.stride, strict=True)):
                raise ValueError(
                    f"{name}: output_size must be from {tuple(least)} to less than {self.stride} "
                    f"more for x of shape {x.shape}, received {output_size!r}."
                )
        adjoint = getattr(functional, f"conv_transpose{n}d")
        return adjoint(
            x,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            extra,
            self.groups,
            self.dilation,
        )


class ConvTranspose1d(_ConvTranspose):
    r"""``functional.conv_transpose1d`` with a weight and a bias that are trained.

    Shapes: x (N, C, L) or (C, L); ``weight`` (in_channels, out_channels / groups, k).

    >>> ConvTranspose1d(2, 4, 3, stride=2)(np.ones((5, 2, 8), "float32")).shape
    (5, 4, 17)
    """

    space = 1


class ConvTranspose2d(_ConvTranspose):
    r"""``functional.conv_transpose2d`` with a weight and a bias that are trained.

    Shapes: x (N, C, H, W) or (C, H, W); ``weight`` (in_channels, out_channels / groups, h, w).
    Called with an `output_size`, it makes one of the sizes that the convolution would have made
    the size of x.

    Raises ValueError for settings that don't fit each other, or an x that does not fit them.

    >>> layer = ConvTranspose2d(2, 4, 3, stride=2)
    >>> layer(np.ones((5, 2, 8, 8), "float32"), output_size=(18, 18)).shape
    (5, 4, 18, 18)
    """

    space = 2


class Unfold(Module):
    r"""All windows of `x` as columns: ``functional.unfold``.

    Shapes: (N, C, H, W) to (N, C·h·w, L).

    >>> Unfold(2)(np.ones((1, 3, 4, 4))).shape
    (1, 12, 9)
    """

    def __init__(
        self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, x: Any) -> Any:
        """``unfold(x)`` with these settings."""
        return functional.unfold(x, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )


class Fold(Unfold):
    r"""The sums of windows: ``functional.fold``, the adjoint of `Unfold`.

    Shapes: (N, C·h·w, L) to (N, C, *output_size).

    >>> Fold((4, 4), 2)(np.ones((1, 12, 9))).shape
    (1, 3, 4, 4)
    """

    def __init__(
        self,
        output_size: Any,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ) -> None:
        super().__init__(kernel_size, dilation, padding, stride)
        self.output_size = output_size

    def forward(self, x: Any) -> Any:
        """``fold(x)`` with these settings."""
        return functional.fold(
            x, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )

    def extra_repr(self) -> str:
        """The settings."""
        return f"output_size={self.output_size}, {super().extra_repr()}"
