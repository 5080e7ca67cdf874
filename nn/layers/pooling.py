"""The largest or the mean element of each window."""

from __future__ import annotations

from typing import Any

from nn import functional
from nn.functional.checks import each
from nn.module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "LPPool1d",
    "LPPool2d",
    "MaxPool1d",
    "MaxPool2d",
]


class MaxPool1d(Module):
    """The largest element of each window of one axis: ``functional.max_pool1d``.

    Shapes: (N, C, L) or (C, L) to the same with one element for each window.

    >>> import numpy as np
    >>> MaxPool1d(2)(np.array([[1.0, 3.0, 2.0, 0.0]]))
    array([[3., 2.]])
    """

    function = staticmethod(functional.max_pool1d)

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, x: Any) -> Any:
        """The largest elements of `x`."""
        return self.function(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool2d(MaxPool1d):
    """The largest element of each window of two axes: ``functional.max_pool2d``.

    Shapes: (N, C, H, W) or (C, H, W) to the same with one element for each window.

    >>> import numpy as np
    >>> MaxPool2d(2)(np.arange(4.0).reshape(1, 2, 2))
    array([[[3.]]])
    """

    function = staticmethod(functional.max_pool2d)


class AvgPool1d(Module):
    """The mean of each window of one axis: ``functional.avg_pool1d``.

    Shapes: (N, C, L) or (C, L) to the same with one element for each window.

    >>> import numpy as np
    >>> AvgPool1d(2)(np.array([[1.0, 3.0, 2.0, 0.0]]))
    array([[2., 1.]])
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = self._each("kernel_size", kernel_size, 1)
        self.stride = self.kernel_size if stride is None else self._each("stride", stride, 1)
        self.padding = self._each("padding", padding, 0)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def _each(self, what: str, value: Any, least: int) -> Any:
        return each(type(self).__name__, what, value, 1, least)

    def forward(self, x: Any) -> Any:
        """The means of `x`."""
        return functional.avg_pool1d(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
        )

    def extra_repr(self) -> str:
        """The settings."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(AvgPool1d):
    """The mean of each window of two axes: ``functional.avg_pool2d``.

    Shapes: (N, C, H, W) or (C, H, W) to the same with one element for each window.

    >>> import numpy as np
    >>> AvgPool2d(2)(np.arange(4.0).reshape(1, 2, 2))
    array([[[1.5]]])
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        self.divisor_override = divisor_override

    def _each(self, what: str, value: Any, least: int) -> Any:
        return value  # as it is given, like PyTorch

    def forward(self, x: Any) -> Any:
        """The means of `x`."""
        return functional.avg_pool2d(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class LPPool1d(Module):
    """The norm of each window of one axis: ``functional.lp_pool1d``.

    Shapes: (N, C, L) or (C, L) to the same with one element for each window.

    >>> import numpy as np
    >>> LPPool1d(2, 2)(np.array([[3.0, 4.0]]))
    array([[5.]])
    """

    function = staticmethod(functional.lp_pool1d)

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, x: Any) -> Any:
        """The norms of `x`."""
        return self.function(
            x, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool2d(LPPool1d):
    """The norm of each window of two axes: ``functional.lp_pool2d``.

    Shapes: (N, C, H, W) or (C, H, W) to the same with one element for each window.

    >>> import numpy as np
    >>> LPPool2d(2, 2)(np.array([[[3.0, 0.0], [0.0, 4.0]]]))
    array([[[5.]]])
    """

    function = staticmethod(functional.lp_pool2d)


class AdaptiveAvgPool1d(Module):
    """The means of `output_size` parts: ``functional.adaptive_avg_pool1d``.

    Shapes: (N, C, L) or (C, L) to (N, C, output_size).

    >>> import numpy as np
    >>> AdaptiveAvgPool1d(1)(np.array([[1.0, 3.0, 2.0]]))
    array([[2.]])
    """

    function: Any = staticmethod(functional.adaptive_avg_pool1d)

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, x: Any) -> Any:
        """The means of `x`."""
        return self.function(x, self.output_size)

    def extra_repr(self) -> str:
        """The size."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool2d(AdaptiveAvgPool1d):
    """The means of as many parts as asked for: ``functional.adaptive_avg_pool2d``.

    Shapes: (N, C, H, W) or (C, H, W) to (N, C, *output_size).

    >>> import numpy as np
    >>> AdaptiveAvgPool2d((1, None))(np.arange(6.0).reshape(1, 2, 3))
    array([[[1.5, 2.5, 3.5]]])
    """

    function: Any = staticmethod(functional.adaptive_avg_pool2d)


class AdaptiveMaxPool1d(AdaptiveAvgPool1d):
    """The largest elements of `output_size` parts: ``functional.adaptive_max_pool1d``.

    Shapes: (N, C, L) or (C, L) to (N, C, output_size).

    >>> import numpy as np
    >>> AdaptiveMaxPool1d(1)(np.array([[1.0, 3.0, 2.0]]))
    array([[3.]])
    """

    function: Any = staticmethod(functional.adaptive_max_pool1d)

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, x: Any) -> Any:
        """The largest elements of `x`."""
        return self.function(x, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(AdaptiveMaxPool1d):
    """The largest elements of as many parts as asked for: ``functional.adaptive_max_pool2d``.

    Shapes: (N, C, H, W) or (C, H, W) to (N, C, *output_size).

    >>> import numpy as np
    >>> AdaptiveMaxPool2d((1, None))(np.arange(6.0).reshape(1, 2, 3))
    array([[[3., 4., 5.]]])
    """

    function: Any = staticmethod(functional.adaptive_max_pool2d)
