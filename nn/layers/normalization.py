"""Layers that bring elements to mean 0 and variance 1, and their relatives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nn import functional
from nn.functional.checks import each, integers
from nn.module import Module, Parameter

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "LayerNorm",
    "LocalResponseNorm",
    "RMSNorm",
]


class _Norm(Module):
    """`weight` and `bias`, of a shape or None, which start as 1 and 0."""

    sized = "normalized_shape"  # the argument that says the shape

    def _parameters(
        self, shape: tuple[int, ...], weight: bool, bias: bool, dtype: DTypeLike
    ) -> None:
        for size in shape:
            each(type(self).__name__, self.sized, size, 1)
        self.weight = Parameter(np.ones(shape, dtype), dtype=dtype) if weight else None
        self.bias = Parameter(np.zeros(shape, dtype), dtype=dtype) if bias else None


class _RunningNorm(_Norm):
    """What batch and instance normalisation have in common."""

    sized = "num_features"
    axes: tuple[int, ...]
    running_mean: Any
    running_var: Any
    num_batches_tracked: Any

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        dtype: DTypeLike,
        bias: bool,
    ) -> None:
        super().__init__()
        each(type(self).__name__, "num_features", num_features, 1)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self._parameters((num_features,), affine, affine and bias, dtype)
        kept = track_running_stats
        self.register_buffer("running_mean", np.zeros(num_features, dtype) if kept else None)
        self.register_buffer("running_var", np.ones(num_features, dtype) if kept else None)
        self.register_buffer("num_batches_tracked", np.zeros((), np.int64) if kept else None)

    def _checked(self, x: Any) -> None:
        shape, name = np.shape(x), type(self).__name__
        channels = 1 if len(shape) in self.batched else 0
        if len(shape) not in self.axes or shape[channels] != self.num_features:
            raise ValueError(
                f"{name}: x must have {' or '.join(map(str, self.axes))} axes, and "
                f"{self.num_features} channels along axis {channels}, received shape {shape}."
            )

    @property
    def batched(self) -> tuple[int, ...]:
        """The numbers of axes of an x that has an axis of examples."""
        return self.axes

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_RunningNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        dtype: DTypeLike = np.float32,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, dtype, bias)

    def forward(self, x: Any) -> Any:
        """`x` normalised: by its own statistics in training or if none are kept."""
        self._checked(x)
        training = self.training or self.running_mean is None
        moving = self.training and self.running_mean is not None
        momentum = self.momentum
        if momentum is None:  # the plain average of all batches
            count = int(self.num_batches_tracked.data) + 1 if moving else 1
            momentum = 1 / count
        kept = moving or not training
        z = functional.batch_norm(
            x,
            self.running_mean if kept else None,
            self.running_var if kept else None,
            self.weight,
            self.bias,
            training,
            momentum,
            self.eps,
        )
        if moving:
            self.num_batches_tracked.data += 1  # (no operation that a tape shows)
        return z


class BatchNorm1d(_BatchNorm):
    r"""Each feature of a batch brought to mean 0 and variance 1; see `BatchNorm2d`.

    Shapes: x (N, C) or (N, C, L), z the same.

    >>> BatchNorm1d(1, eps=0.0)(np.array([[1.0], [3.0]])).data
    array([[-1.],
           [ 1.]])
    """

    axes = (2, 3)


class BatchNorm2d(_BatchNorm):
    r"""Each channel of a batch brought to mean 0 and variance 1: ``functional.batch_norm``.

    .. math:: z = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \gamma + \beta

    In training, mean and (biased) variance of the batch are used, and the buffers ``running_mean``
    and ``running_var`` move towards the mean and the unbiased variance by `momentum` (None: they
    are the averages of all batches, of which ``num_batches_tracked`` counts the number). In
    evaluation the buffers are used; without `track_running_stats` there are none.

    Shapes: x (N, C, H, W), z the same; ``weight`` (γ) and ``bias`` (β), if `affine`, and the
    buffers (C,).

    Raises ValueError for an x of another shape, or with one element per channel in training.

    >>> layer = BatchNorm2d(3)
    >>> layer
    BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    >>> layer(np.ones((5, 3, 2, 2), "float32")).shape
    (5, 3, 2, 2)
    >>> layer.running_mean.data.round(6)
    array([0.1, 0.1, 0.1], dtype=float32)
    """

    axes = (4,)


class BatchNorm3d(_BatchNorm):
    r"""Each channel of a batch brought to mean 0 and variance 1; see `BatchNorm2d`.

    Shapes: x (N, C, D, H, W), z the same.

    >>> BatchNorm3d(3)(np.ones((5, 3, 2, 2, 2), "float32")).shape
    (5, 3, 2, 2, 2)
    """

    axes = (5,)


class _InstanceNorm(_RunningNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        dtype: DTypeLike = np.float32,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, dtype, bias)

    @property
    def batched(self) -> tuple[int, ...]:
        """The numbers of axes of an x that has an axis of examples."""
        return self.axes[1:]

    def forward(self, x: Any) -> Any:
        """`x` normalised: by its own statistics in training or if none are kept."""
        self._checked(x)
        alone = np.ndim(x) not in self.batched
        z = functional.instance_norm(
            x[None] if alone else x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return z[0] if alone else z


class InstanceNorm1d(_InstanceNorm):
    r"""Each channel of each example brought to mean 0 and variance 1; see `InstanceNorm2d`.

    Shapes: x (N, C, L) or (C, L), z the same.

    >>> InstanceNorm1d(1, eps=0.0)(np.array([[[1.0, 3.0]]]))
    array([[[-1.,  1.]]])
    """

    axes = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    r"""Each channel of each example to mean 0 and variance 1: ``functional.instance_norm``.

    .. math:: z = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \gamma + \beta

    Unlike `BatchNorm2d`, by default it trains no ``weight`` (γ) and ``bias`` (β), and uses the
    statistics of each example in evaluation too.

    Shapes: x (N, C, H, W) or (C, H, W), z the same.

    Raises ValueError for an x of another shape, or with one element per channel.

    >>> InstanceNorm2d(3)(np.ones((5, 3, 2, 2), "float32")).shape
    (5, 3, 2, 2)
    """

    axes = (3, 4)


class GroupNorm(_Norm):
    r"""Each group of channels to mean 0 and variance 1: ``functional.group_norm``.

    .. math:: z = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \gamma + \beta

    Shapes: x (N, C, ...), z the same; ``weight`` (γ) and ``bias`` (β), if `affine`, (C,).

    Raises ValueError if `num_channels` is no multiple of `num_groups`, or `x` does not fit.

    >>> GroupNorm(2, 6)(np.ones((5, 6, 4), "float32")).shape
    (5, 6, 4)
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        dtype: DTypeLike = np.float32,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        integers("GroupNorm", 1, num_groups=num_groups, num_channels=num_channels)
        if num_channels % num_groups:
            raise ValueError(
                "GroupNorm: num_channels must be a multiple of num_groups, received "
                f"{num_channels} and {num_groups}."
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._parameters((num_channels,), affine, affine and bias, dtype)

    def forward(self, x: Any) -> Any:
        """`x` normalised."""
        if np.ndim(x) < 2 or np.shape(x)[1] != self.num_channels:
            raise ValueError(
                f"GroupNorm: x must be (N, {self.num_channels}, ...), received shape {np.shape(x)}."
            )
        return functional.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LayerNorm(_Norm):
    r"""The elements of the last axes to mean 0 and variance 1: ``functional.layer_norm``.

    .. math:: z = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \odot \gamma + \beta

    Shapes: x (..., *normalized_shape), z the same; ``weight`` (γ) and ``bias`` (β), if
    `elementwise_affine`, normalized_shape.

    Raises ValueError if `x` does not end in `normalized_shape`.

    >>> LayerNorm(4)
    LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=True)
    >>> LayerNorm(2, eps=0.0)(np.array([1.0, 3.0])).data
    array([-1.,  1.])
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        given = normalized_shape
        self.normalized_shape = tuple(given) if np.iterable(given) else (given,)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        affine = elementwise_affine
        self._parameters(self.normalized_shape, affine, affine and bias, dtype)

    def forward(self, x: Any) -> Any:
        """`x` normalised."""
        return functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(_Norm):
    r"""The elements of the last axes divided by their root mean square: ``functional.rms_norm``.

    .. math:: z = \frac{x}{\sqrt{\overline{x^2} + \epsilon}} \odot \gamma

    Shapes: x (..., *normalized_shape), z the same; ``weight`` (γ), if `elementwise_affine`,
    normalized_shape. `eps` None is the distance from 1 to the next number of the dtype.

    Raises ValueError if `x` does not end in `normalized_shape`.

    >>> RMSNorm(2)(np.array([3.0, 3.0])).data
    array([1., 1.])
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        given = normalized_shape
        self.normalized_shape = tuple(given) if np.iterable(given) else (given,)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._parameters(self.normalized_shape, elementwise_affine, False, dtype)
        del self.bias

    def forward(self, x: Any) -> Any:
        """`x` normalised."""
        return functional.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class LocalResponseNorm(Module):
    r"""Elements divided by what channels nearby say: ``functional.local_response_norm``.

    .. math:: z_c = x_c \Big(k + \frac{\alpha}{\mathrm{size}} \sum_{c'} x_{c'}^2\Big)^{-\beta}

    Shapes: x (N, C, ...), z the same.

    >>> LocalResponseNorm(2)(np.ones((5, 3, 4))).shape
    (5, 3, 4)
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, x: Any) -> Any:
        """`x` normalised."""
        return functional.local_response_norm(x, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
