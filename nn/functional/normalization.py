"""Elements brought to mean 0 and variance 1, over axes that differ from layer to layer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag
from nn.functional.checks import called, floating, integers, values

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "rms_norm",
]

Shape = tuple[int, ...]


def _moments(x: Any, axes: Shape) -> tuple[Any, Any, Any, Any]:
    r"""`x` less a constant c, that constant, and mean and (biased) variance of what remains.

    c is the mean of `x`, so that :math:`\overline{(x-c)^2} - \overline{x-c}^2` is exact in
    floating-point, as the variance it equals by definition for every c. No gradient is lost by
    taking c as a constant, and what would be spent on carrying it back to `x` is saved.
    """
    centre = np.mean(values(x), axis=axes, keepdims=True)
    centred = x - centre
    mean = ag.mean(centred, axis=axes, keepdims=True)
    variance = ag.mean(ag.square(centred), axis=axes, keepdims=True) - ag.square(mean)
    return centred, centre, mean, variance


def _scaled(x: Any, mean: Any, variance: Any, weight: Any, bias: Any, eps: float) -> Any:
    """``(x - mean) / sqrt(variance + eps) * weight + bias``, in two passes over `x`."""
    inverse = ag.reciprocal(ag.sqrt(variance + eps))
    factor = inverse if weight is None else inverse * weight
    shift = -mean * factor
    return x * factor + (shift if bias is None else shift + bias)


def _parameters(name: str, shape: Shape, **given: Any) -> None:
    for what, value in given.items():
        if value is not None and np.shape(value) != shape:
            raise ValueError(
                f"{called(name)}: {what} must have shape {shape}, received shape {np.shape(value)}."
            )


def _write(buffer: Any, value: Any) -> None:
    with ag.no_grad():
        buffer[...] = value


def _channels(name: str, x: Any, least: int) -> Any:
    x = floating(name, "x", x)
    if x.ndim < least:
        raise ValueError(
            f"{called(name)}: x must be (N, C, ...) with at least {least} axes, received shape "
            f"{x.shape}."
        )
    return x


def _per_channel(
    name: str, x: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any
) -> tuple[Any, Any]:
    """All checked against the channels of x; weight and bias in a shape that broadcasts with it."""
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight}
    _parameters(name, (x.shape[1],), **given, bias=bias)
    shape = (-1,) + (1,) * (x.ndim - 2)
    weight, bias = (p if p is None else ag.reshape(p, shape) for p in (weight, bias))
    return weight, bias


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    r"""Each channel of a batch brought to mean 0 and variance 1, then to `bias` and `weight`.

    .. math:: z = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \gamma + \beta

    With `training`, :math:`\mu` and :math:`\sigma^2` are mean and biased variance over all axes but
    the second, and the running ones (arrays or Tensors, or None) move towards the mean and the
    *unbiased* variance by `momentum`. Otherwise they are the running ones.

    Shapes: input (N, C, ...), all others (C,); z that of x. Raises ValueError for shapes that
    don't fit, or a single element per channel in training; TypeError for an x that is not
    floating-point.

    >>> batch_norm(np.array([[1.0], [3.0]]), None, None, training=True, eps=0.0)
    array([[-1.],
           [ 1.]])
    """
    x = _channels("batch_norm", input, 2)
    weight, bias = _per_channel("batch_norm", x, running_mean, running_var, weight, bias)
    if not training:
        return _by_running(
            "batch_norm", x, running_mean, running_var, weight, bias, eps, "training=True"
        )
    axes = (0, *range(2, x.ndim))
    n = x.size // max(x.shape[1], 1)
    if n < 2:
        raise ValueError(
            f"{called('batch_norm')}: x of shape {x.shape} has {n} element{'s' * (n != 1)} per "
            "channel, of which there is no variance to train with; give more examples, or call "
            "model.eval() first."
        )
    centred, centre, mean, variance = _moments(x, axes)
    z = _scaled(centred, mean, variance, weight, bias, eps)
    _move(running_mean, (centre + values(mean)).reshape(-1), momentum)
    _move(running_var, values(variance).reshape(-1) * (n / (n - 1)), momentum)
    return z


def _move(running: Any, value: Any, momentum: float) -> None:
    if running is not None:
        old = values(running)
        _write(running, old + momentum * (value - old))


def _by_running(
    name: str, x: Any, mean: Any, variance: Any, weight: Any, bias: Any, eps: float, other: str
) -> Any:
    if mean is None or variance is None:
        raise ValueError(
            f"{called(name)}: there is no running_mean or running_var to go by; give them, or "
            f"{other}."
        )
    shape = (-1,) + (1,) * (x.ndim - 2)
    # Copies: what the tape saves must not change with the next step of training.
    mean, variance = (np.array(values(m), x.dtype).reshape(shape) for m in (mean, variance))
    return _scaled(x, mean, variance, weight, bias, eps)


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    r"""Each channel of each example brought to mean 0 and variance 1, then to `bias` and `weight`.

    .. math:: z = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \gamma + \beta

    As `batch_norm`, with mean and variance over the axes after the second; the running ones move
    towards the averages of all examples.

    Shapes: input (N, C, ...), the others (C,); z that of x. Raises ValueError for shapes that
    don't fit, or a single element to average; TypeError for an x that is not floating-point.

    >>> instance_norm(np.array([[[1.0, 3.0]]]), eps=0.0)
    array([[[-1.,  1.]]])
    """
    x = _channels("instance_norm", input, 3)
    weight, bias = _per_channel("instance_norm", x, running_mean, running_var, weight, bias)
    if not use_input_stats:
        return _by_running(
            "instance_norm", x, running_mean, running_var, weight, bias, eps, "use_input_stats=True"
        )
    n = math.prod(x.shape[2:])
    if n < 2:
        raise ValueError(
            f"{called('instance_norm')}: x of shape {x.shape} has {n} element{'s' * (n != 1)} per "
            "channel of an example, of which there is no variance; give more than one."
        )
    centred, centre, mean, variance = _moments(x, tuple(range(2, x.ndim)))
    z = _scaled(centred, mean, variance, weight, bias, eps)
    pair = x.shape[:2]
    _move(running_mean, (centre + values(mean)).reshape(pair).mean(axis=0), momentum)
    unbiased = values(variance).reshape(pair).mean(axis=0) * (n / (n - 1))
    _move(running_var, unbiased, momentum)
    return z


def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    r"""Each group of channels of each example brought to mean 0 and variance 1.

    .. math:: z = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \gamma + \beta

    Shapes: input (N, C, ...), `weight` and `bias` (C,) or None; z that of x. Raises ValueError if
    they don't fit, or C is no multiple of `num_groups`; TypeError for an x that is not
    floating-point.

    >>> group_norm(np.array([[1.0, 3.0, 5.0, 5.0]]), 2, eps=1e-9).round(6)
    array([[-1.,  1.,  0.,  0.]])
    """
    x = _channels("group_norm", input, 2)
    channels = x.shape[1]
    _parameters("group_norm", (channels,), weight=weight, bias=bias)
    integers("group_norm", 1, num_groups=num_groups)
    if channels % num_groups:
        raise ValueError(
            f"{called('group_norm')}: x of shape {x.shape} has {channels} channels and "
            f"num_groups={num_groups!r}; the first must be a multiple of the second."
        )
    if x.size and x.size == x.shape[0] * num_groups:
        raise ValueError(
            f"{called('group_norm')}: x of shape {x.shape} has one element per group of an "
            "example, of which there is no variance; give more than one."
        )
    within = channels // num_groups
    rows = ag.reshape(x, (x.shape[0], num_groups, within, math.prod(x.shape[2:])))
    weight, bias = (
        p if p is None else ag.reshape(p, (num_groups, within, 1)) for p in (weight, bias)
    )
    centred, _, mean, variance = _moments(rows, (2, 3))
    return ag.reshape(_scaled(centred, mean, variance, weight, bias, eps), x.shape)


def _last_axes(
    name: str, x: Any, normalized_shape: Any, **given: Any
) -> tuple[Any, tuple[int, ...]]:
    """`x` and its last axes, which must have the given lengths, as must the parameters."""
    x = floating(name, "x", x)
    shape = tuple(normalized_shape) if np.iterable(normalized_shape) else (normalized_shape,)
    if not shape or x.shape[-len(shape) :] != shape:
        raise ValueError(
            f"{called(name)}: x must end in normalized_shape={shape}, received shape {x.shape}."
        )
    _parameters(name, shape, **given)
    return x, tuple(range(-len(shape), 0))


def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    r"""The elements of the last axes brought to mean 0 and variance 1, then to `bias`, `weight`.

    .. math:: z = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \odot \gamma + \beta

    Shapes: input (..., *normalized_shape), `weight` and `bias` normalized_shape or None; z that
    of x. Raises ValueError if they don't fit, TypeError for an x that is not floating-point.

    >>> layer_norm(np.array([[1.0, 3.0], [2.0, 6.0]]), (2,), eps=0.0)
    array([[-1.,  1.],
           [-1.,  1.]])
    """
    x, axes = _last_axes("layer_norm", input, normalized_shape, weight=weight, bias=bias)
    centred, _, mean, variance = _moments(x, axes)
    z = _scaled(centred, mean, variance, None, None, eps)
    z = z if weight is None else z * weight
    return z if bias is None else z + bias


def rms_norm(
    input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None
) -> Any:
    r"""The elements of the last axes divided by the root of their mean square.

    .. math:: z = \frac{x}{\sqrt{\overline{x^2} + \epsilon}} \odot \gamma

    `eps` is by default the distance from 1 to the next number of the dtype of x.

    Shapes: input (..., *normalized_shape), `weight` normalized_shape or None; z that of x. Raises
    ValueError if they don't fit, TypeError for an x that is not floating-point.

    >>> rms_norm(np.array([3.0, 4.0]) * 2**0.5, 2, eps=0.0).round(6)
    array([0.848528, 1.131371])
    """
    x, axes = _last_axes("rms_norm", input, normalized_shape, weight=weight)
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    square = ag.mean(ag.square(x), axis=axes, keepdims=True)
    z = x * ag.reciprocal(ag.sqrt(square + eps))
    return z if weight is None else z * weight


def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    r"""Each element divided by what the `size` channels around its own say at its place.

    .. math:: z_c = x_c \Big(k + \frac{\alpha}{\mathrm{size}} \sum_{c'} x_{c'}^2\Big)^{-\beta}

    with c' from :math:`c - \lfloor \mathrm{size} / 2 \rfloor` on, as far as there are channels.

    Shapes: input (N, C, ...), z the same. Raises ValueError for less than three axes or a `size`
    below 1, TypeError for an x that is not floating-point.

    >>> local_response_norm(np.array([[[1.0], [1.0]]]), 2, alpha=2.0, beta=1.0)
    array([[[0.5       ],
            [0.33333333]]])
    """
    x = _channels("local_response_norm", input, 3)
    integers("local_response_norm", 1, size=size)
    if not x.size:
        return x
    squares = ag.moveaxis(ag.square(x), 1, -1)
    windows = ag.windows(squares, size, padding=[(size // 2, (size - 1) // 2)])
    total = ag.moveaxis(ag.sum(windows, axis=-2), -1, 1)
    return x / ag.power(total * (alpha / size) + k, float(beta))
