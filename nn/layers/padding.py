"""Borders, other resolutions, and the exchange of channels for resolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn import functional
from nn.functional.checks import each
from nn.module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "ConstantPad1d",
    "ConstantPad2d",
    "PixelShuffle",
    "PixelUnshuffle",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
    "ZeroPad1d",
    "ZeroPad2d",
]


class _Pad(Module):
    """`mode` around the last `space` axes; `padding` is an integer, or two for each axis."""

    space: int
    mode: str
    value: float | None = None

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = each(type(self).__name__, "padding", padding, 2 * self.space, least=None)

    def forward(self, x: Any) -> Any:
        """`x` with the border."""
        if np.ndim(x) < self.space:
            raise ValueError(
                f"{type(self).__name__}: x must have at least {self.space} axes, received shape "
                f"{np.shape(x)}."
            )
        return functional.pad(x, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        """The widths."""
        return f"{self.padding}"


class ConstantPad1d(_Pad):
    """`value` before and after the last axis; negative widths cut off.

    >>> ConstantPad1d(1, 9.0)(np.array([[1.0, 2.0]]))
    array([[9., 1., 2., 9.]])
    """

    space = 1
    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        """The widths and the value."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad2d(ConstantPad1d):
    """`value` around the last two axes; `padding` is (left, right, top, bottom).

    >>> ConstantPad2d((1, 0, 0, 0), 9.0)(np.array([[1.0], [2.0]]))
    array([[9., 1.],
           [9., 2.]])
    """

    space = 2


class ZeroPad1d(_Pad):
    """Zeros before and after the last axis; negative widths cut off.

    >>> ZeroPad1d((0, 2))(np.array([[1.0, 2.0]]))
    array([[1., 2., 0., 0.]])
    """

    space = 1
    mode = "constant"


class ZeroPad2d(ZeroPad1d):
    """Zeros around the last two axes; `padding` is (left, right, top, bottom).

    >>> ZeroPad2d((0, 1, 0, 0))(np.array([[1.0], [2.0]]))
    array([[1., 0.],
           [2., 0.]])
    """

    space = 2


class ReflectionPad1d(_Pad):
    """The last axis reflected at its ends, which are not repeated.

    >>> ReflectionPad1d(2)(np.array([[1.0, 2.0, 3.0]]))
    array([[3., 2., 1., 2., 3., 2., 1.]])
    """

    space = 1
    mode = "reflect"


class ReflectionPad2d(ReflectionPad1d):
    """The last two axes reflected at their ends, which are not repeated.

    >>> ReflectionPad2d((1, 0, 0, 0))(np.array([[1.0, 2.0]]))
    array([[2., 1., 2.]])
    """

    space = 2


class ReplicationPad1d(_Pad):
    """The ends of the last axis repeated.

    >>> ReplicationPad1d(2)(np.array([[1.0, 2.0]]))
    array([[1., 1., 1., 2., 2., 2.]])
    """

    space = 1
    mode = "replicate"


class ReplicationPad2d(ReplicationPad1d):
    """The ends of the last two axes repeated.

    >>> ReplicationPad2d((1, 0, 0, 1))(np.array([[1.0, 2.0]]))
    array([[1., 1., 2.],
           [1., 1., 2.]])
    """

    space = 2


class CircularPad1d(_Pad):
    """The last axis as a circle.

    >>> CircularPad1d(1)(np.array([[1.0, 2.0, 3.0]]))
    array([[3., 1., 2., 3., 1.]])
    """

    space = 1
    mode = "circular"


class CircularPad2d(CircularPad1d):
    """The last two axes as circles.

    >>> CircularPad2d((1, 0, 0, 0))(np.array([[1.0, 2.0]]))
    array([[2., 1., 2.]])
    """

    space = 2


class Upsample(Module):
    """`x` in another resolution: ``functional.interpolate``.

    Shapes: (N, C, *space) to (N, C, *size), or by `scale_factor`.

    >>> Upsample(scale_factor=2)(np.array([[[1.0, 2.0]]]))
    array([[[1., 1., 2., 2.]]])
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        self.scale_factor = scale_factor
        if np.iterable(scale_factor):
            self.scale_factor = tuple(map(float, scale_factor))
        elif scale_factor:
            self.scale_factor = float(scale_factor)
        self.mode = mode
        self.align_corners = align_corners

    def forward(self, x: Any) -> Any:
        """``interpolate(x)`` with these settings."""
        return functional.interpolate(
            x, self.size, self.scale_factor, self.mode, self.align_corners
        )

    def extra_repr(self) -> str:
        """The size and the mode."""
        what = "size" if self.scale_factor is None else "scale_factor"
        return f"{what}={getattr(self, what)!r}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """``Upsample(mode="nearest")``.

    >>> UpsamplingNearest2d(2)(np.ones((1, 1, 1, 1))).shape
    (1, 1, 2, 2)
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor)


class UpsamplingBilinear2d(Upsample):
    """``Upsample(mode="bilinear", align_corners=True)``.

    >>> UpsamplingBilinear2d(3)(np.array([[[[0.0, 2.0]]]]))[0, 0, 0]
    array([0., 1., 2.])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "bilinear", align_corners=True)


class PixelShuffle(Module):
    """Channels as places: ``functional.pixel_shuffle``, (..., C·r·r, H, W) to (..., C, H·r, W·r).

    >>> PixelShuffle(2)(np.ones((1, 8, 3, 3))).shape
    (1, 2, 6, 6)
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, x: Any) -> Any:
        """``pixel_shuffle(x, upscale_factor)``."""
        return functional.pixel_shuffle(x, self.upscale_factor)

    def extra_repr(self) -> str:
        """The factor."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Places as channels: ``functional.pixel_unshuffle``, the inverse of `PixelShuffle`.

    >>> PixelUnshuffle(2)(np.ones((1, 2, 6, 6))).shape
    (1, 8, 3, 3)
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, x: Any) -> Any:
        """``pixel_unshuffle(x, downscale_factor)``."""
        return functional.pixel_unshuffle(x, self.downscale_factor)

    def extra_repr(self) -> str:
        """The factor."""
        return f"downscale_factor={self.downscale_factor}"
