"""Affine and bilinear maps, and layers that only pass on or reshape."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nn import functional, init
from nn.functional.checks import array, each, integers
from nn.module import Module, Parameter

__all__ = ["Bilinear", "Flatten", "Identity", "Linear", "Unflatten"]


class Linear(Module):
    r"""An affine map of the last axis.

    .. math:: z = x W^\top + b

    Shapes: x (..., in_features), z (..., out_features); ``weight`` (out_features, in_features),
    ``bias`` (out_features,) or None. Both start as :math:`U(-1/\sqrt{in}, 1/\sqrt{in})`.

    Raises ValueError for a negative number of features, or an x that does not fit.

    >>> import nn
    >>> layer = nn.Linear(3, 2)
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    >>> layer(np.ones((5, 3), dtype="float32")).shape
    (5, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        integers("Linear", 0, in_features=in_features, out_features=out_features)
        self.in_features = in_features
        self.out_features = out_features
        # In column-major order the weight lies in memory as its gradient comes out of x.T @ g,
        # and an update runs along both: three times faster than across.
        shape = (out_features, in_features)
        self.weight = Parameter(np.zeros(shape, dtype, order="F"), dtype=dtype)
        self.bias = Parameter(np.zeros(out_features, dtype), dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        bound = 1 / math.sqrt(max(self.in_features, 1))
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Any) -> Any:
        """:math:`x W^\\top + b`."""
        return functional.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Bilinear(Module):
    r"""A map of two inputs, linear in each.

    .. math:: z_k = x^\top W_k\, y + b_k

    Shapes: x (..., in1_features), y (..., in2_features), z (..., out_features); ``weight``
    (out_features, in1_features, in2_features), ``bias`` (out_features,) or None. Both start as
    :math:`U(-1/\sqrt{in_1}, 1/\sqrt{in_1})`.

    Raises ValueError for sizes below 1, or inputs that don't fit.

    >>> layer = Bilinear(3, 4, 2)
    >>> layer
    Bilinear(in1_features=3, in2_features=4, out_features=2, bias=True)
    >>> layer(np.ones((5, 3), dtype="float32"), np.ones((5, 4), dtype="float32")).shape
    (5, 2)
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        sizes = {"in1_features": in1_features, "in2_features": in2_features}
        integers("Bilinear", 1, **sizes, out_features=out_features)
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        shape = (out_features, in1_features, in2_features)
        self.weight = Parameter(np.zeros(shape, dtype), dtype=dtype)
        self.bias = Parameter(np.zeros(out_features, dtype), dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        bound = 1 / math.sqrt(self.in1_features)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, x: Any, y: Any) -> Any:
        """:math:`x^\\top W_k\\, y + b_k` for each k."""
        return functional.bilinear(x, y, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class Identity(Module):
    """The input, unchanged: a place to put another layer later; arguments are passed over.

    >>> Identity(54, unused=True)(3.0)
    3.0
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, x: Any) -> Any:
        """`x`."""
        return x


class Flatten(Module):
    """The axes from `start_dim` to `end_dim` (included) as one.

    Shapes: (N, a, b, ...) to (N, a·b·...) by default.

    Raises ValueError for axes that `x` does not have.

    >>> Flatten()(np.zeros((2, 3, 4))).shape
    (2, 12)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        integers("Flatten", None, start_dim=start_dim, end_dim=end_dim)
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x: Any) -> Any:
        """`x` reshaped."""
        x = array("Flatten", "x", x)
        n = x.ndim
        start = self.start_dim + n * (self.start_dim < 0)
        end = self.end_dim + n * (self.end_dim < 0)
        if not 0 <= start <= end < n:
            raise ValueError(
                f"Flatten: can't join the axes from {self.start_dim} to {self.end_dim} of x of "
                f"shape {x.shape}; give two that it has, the first one first."
            )
        joined = math.prod(x.shape[start : end + 1])
        return x.reshape((*x.shape[:start], joined, *x.shape[end + 1 :]))

    def extra_repr(self) -> str:
        """The axes."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """The axis `dim` as several: the inverse of `Flatten`.

    One of `unflattened_size` may be -1, which stands for what is left.

    Shapes: (..., a·b, ...) to (..., a, b, ...). Raises ValueError for an `x` that has no such axis
    or of which it has another length.

    >>> Unflatten(1, (2, -1))(np.zeros((4, 6))).shape
    (4, 2, 3)
    """

    def __init__(self, dim: int, unflattened_size: Iterable[int]) -> None:
        super().__init__()
        self.dim = dim
        sizes = tuple(unflattened_size) if np.iterable(unflattened_size) else (unflattened_size,)
        integers("Unflatten", None, dim=dim)
        self.unflattened_size = each("Unflatten", "unflattened_size", sizes, len(sizes), None)

    def forward(self, x: Any) -> Any:
        """`x` reshaped."""
        x = array("Unflatten", "x", x)
        size = self.unflattened_size
        known = math.prod(n for n in size if n != -1)
        dim = self.dim + x.ndim * (self.dim < 0)
        length = x.shape[dim] if 0 <= dim < x.ndim else -1
        open_ends = size.count(-1)
        fits = known == length if not open_ends else known > 0 and length % known == 0
        if length < 0 or not size or min(size) < -1 or open_ends > 1 or not fits:
            raise ValueError(
                f"Unflatten: can't cut axis {self.dim} of x of shape {x.shape} into {size}; give "
                "an axis that it has, and lengths whose product is its own (one may be -1)."
            )
        whole = tuple(length // known if n == -1 else n for n in size)
        return x.reshape((*x.shape[:dim], *whole, *x.shape[dim + 1 :]))

    def extra_repr(self) -> str:
        """The axis and the lengths."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
