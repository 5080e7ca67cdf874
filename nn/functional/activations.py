r"""Functions of each element, and of an axis to probabilities.

All take a floating-point `input` of any shape, a Tensor or an array, and give the same shape and
dtype unless stated otherwise; at a kink the derivative is PyTorch's. With ``inplace=True`` the
result is also written into `input`, which gradients see: what was computed from it before keeps
the old value. As in PyTorch, a leaf that requires a gradient can't be overwritten.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd as ag
from autograd import sigmoid as sigmoid, tanh as tanh
from nn.functional.checks import array, called, described, each, floating, into, number, values
from nn.random import generator

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "log_softmax",
    "logsigmoid",
    "mish",
    "one_hot",
    "prelu",
    "relu",
    "relu6",
    "rrelu",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
]


def _either(mask: Any, yes: float, no: float, dtype: Any) -> Any:
    """``np.where`` of two numbers, four times as fast where the mask alternates."""
    return np.take(np.array([no, yes], dtype), np.asarray(mask).view(np.uint8))


def log1p_exp(x: Any) -> tuple[Any, Any]:
    r"""Of ``floating`` `x`: :math:`\log(1 + e^{-|x|})`, and 1 where x > 0, as an array.

    From these, :math:`\log(1 + e^x)` and the like are composed without overflow or loss of digits,
    and many times as fast as with ``logaddexp``. The sign is a constant and no ``abs``: on either
    side this is an analytic function, so derivatives of all orders are right also at 0.
    """
    positive = (values(x) > 0).astype(x.dtype)
    return ag.log1p(ag.exp(x * (1 - 2 * positive))), positive


# ---------------------------------------------------------------------- rectifiers


def relu(input: Any, inplace: bool = False) -> Any:
    r""":math:`\max(x, 0)`, with derivative 0 at 0; of integers too.

    >>> relu(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    """
    return into(input, ag.relu(array("relu", "x", input)), inplace)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    r""":math:`x` where it is positive, `negative_slope` times x elsewhere.

    >>> leaky_relu(np.array([-1.0, 2.0]), 0.1)
    array([-0.1,  2. ])
    """
    x = floating("leaky_relu", "x", input)
    return into(input, x * _either(values(x) > 0, 1, negative_slope, x.dtype), inplace)


def prelu(input: Any, weight: Any) -> Any:
    r""":math:`x` where it is positive, :math:`w_c x` elsewhere, with a slope for each channel.

    Shapes: input (N, C, ...) and weight (C,), or any input and weight (1,) or ().

    Raises ValueError for another number of slopes.

    >>> prelu(np.array([[-1.0, -1.0]]), np.array([0.1, 0.2]))
    array([[-0.1, -0.2]])
    """
    x = floating("prelu", "x", input)
    w = floating("prelu", "a weight", weight)
    channels = x.shape[1] if x.ndim > 1 else 1
    if w.ndim > 1 or w.size not in (1, channels):
        raise ValueError(
            f"{called('prelu')}: received x of shape {x.shape} and a weight of shape {w.shape}; "
            f"give one slope, or {channels}, one for each channel."
        )
    w = w.reshape(() if w.size == 1 else (-1,) + (1,) * (x.ndim - 2))
    positive = (values(x) > 0).astype(x.dtype)
    return x * (positive + w * (1 - positive))


def rrelu(
    input: Any,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Any:
    r""":math:`x` where it is positive, :math:`r x` elsewhere.

    In training each r is drawn from :math:`U(lower, upper)`; else it is the mean of that.

    Raises ValueError for bounds in the wrong order.

    >>> rrelu(np.array([-4.0, 2.0]), 0.25, 0.75)
    array([-2.,  2.])
    """
    if not lower <= upper:
        raise ValueError(
            f"{called('rrelu')}: lower must be at most upper, received {lower} and {upper}."
        )
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    x = floating("rrelu", "x", input)
    slope = generator.uniform(lower, upper, x.shape)
    slope[values(x) > 0] = 1
    return into(input, x * slope.astype(x.dtype), inplace)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    r""":math:`x` where it is above the threshold, `value` elsewhere.

    >>> threshold(np.array([0.1, 0.5]), 0.2, -1.0)
    array([-1. ,  0.5])
    """
    x = floating("threshold", "x", input)
    return into(input, ag.where(values(x) <= threshold, value, x), inplace)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    r""":math:`\min(\max(x, \mathrm{min}), \mathrm{max})`, with derivative 0 at the edges.

    Raises ValueError unless min_val is less than max_val.

    >>> hardtanh(np.array([-2.0, 0.5, 2.0]))
    array([-1. ,  0.5,  1. ])
    """
    return into(input, _between("hardtanh", input, min_val, max_val), inplace)


def _between(name: str, input: Any, low: float, high: float) -> Any:
    x = floating(name, "x", input)
    if not low < high:
        raise ValueError(
            f"{called(name)}: min_val must be below max_val, received {low} and {high}."
        )
    a = values(x)
    return ag.where((a <= low) | (a >= high), np.clip(a, low, high), x)


def relu6(input: Any, inplace: bool = False) -> Any:
    r""":math:`\min(\max(x, 0), 6)`, with derivative 0 at the edges.

    >>> relu6(np.array([-2.0, 0.5, 8.0]))
    array([0. , 0.5, 6. ])
    """
    return into(input, _between("relu6", input, 0, 6), inplace)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    r""":math:`\min(\max(x + 3, 0), 6) / 6`, with derivative 0 at the edges.

    >>> hardsigmoid(np.array([-4.0, 0.0, 4.0]))
    array([0. , 0.5, 1. ])
    """
    x = floating("hardsigmoid", "x", input)
    return into(input, _between("hardsigmoid", x + 3, 0, 6) / 6, inplace)


def hardswish(input: Any, inplace: bool = False) -> Any:
    r""":math:`x \min(\max(x + 3, 0), 6) / 6`, with derivative 0 at -3 and 1 at 3.

    >>> hardswish(np.array([-4.0, 1.5, 4.0]))
    array([-0.   ,  1.125,  4.   ])
    """
    x = floating("hardswish", "x", input)
    return into(input, x * hardsigmoid(x), inplace)


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    r""":math:`x` where :math:`|x| > \lambda`, 0 elsewhere.

    >>> hardshrink(np.array([-1.0, 0.2, 2.0]))
    array([-1.,  0.,  2.])
    """
    x = floating("hardshrink", "x", input)
    return ag.where(np.abs(values(x)) <= lambd, 0, x)


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    r""":math:`x - \lambda` above :math:`\lambda`, :math:`x + \lambda` below :math:`-\lambda`, or 0.

    Raises ValueError for a negative lambd.

    >>> softshrink(np.array([-1.0, 0.2, 2.0]))
    array([-0.5,  0. ,  1.5])
    """
    x = floating("softshrink", "x", input)
    number("softshrink", "lambd", lambd, "of at least 0")
    a = values(x)
    return ag.where(np.abs(a) <= lambd, 0, x - np.copysign(np.asarray(lambd, a.dtype), a))


# ---------------------------------------------------------------------- exponential units


def _elu(name: str, input: Any, alpha: float, rate: float) -> Any:
    """x where it is positive, alpha (e^(x / rate) - 1) elsewhere."""
    x = floating(name, "x", input)
    low = ag.clip(x, None, 0)  # of which the derivative at 0 is 1, and of relu 0
    return ag.relu(x) + alpha * ag.expm1(low if rate == 1 else low / rate)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    r""":math:`x` where it is positive, :math:`\alpha (e^x - 1)` elsewhere.

    >>> elu(np.array([-1.0, 2.0])).round(3)
    array([-0.632,  2.   ])
    """
    return into(input, _elu("elu", input, alpha, 1), inplace)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    r""":math:`x` where it is positive, :math:`\alpha (e^{x / \alpha} - 1)` elsewhere.

    Raises ValueError unless alpha is positive.

    >>> celu(np.array([-1.0, 2.0]), 2.0).round(3)
    array([-0.787,  2.   ])
    """
    number("celu", "alpha", alpha, "above 0")
    return into(input, _elu("celu", input, alpha, alpha), inplace)


def selu(input: Any, inplace: bool = False) -> Any:
    r""":math:`\lambda` times `elu`, both constants such that mean 0 and variance 1 are kept.

    .. math:: \lambda = 1.0507\dots, \qquad \alpha = 1.6732\dots

    >>> selu(np.array([-1.0, 1.0])).round(3)
    array([-1.111,  1.051])
    """
    z = 1.0507009873554804934 * _elu("selu", input, 1.6732632423543772848, 1)
    return into(input, z, inplace)


# ---------------------------------------------------------------------- smooth units


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    r""":math:`\log(1 + e^{\beta x}) / \beta`, and :math:`x` itself where βx is above the threshold.

    Raises ValueError unless beta is positive.

    >>> softplus(np.array([-1e4, 0.0, 1e4])).round(3)
    array([0.00e+00, 6.93e-01, 1.00e+04])
    """
    x = floating("softplus", "x", input)
    number("softplus", "beta", beta, "above 0")
    scaled = x if beta == 1 else x * beta
    log1p, _ = log1p_exp(scaled)
    z = ag.relu(scaled) + log1p
    return ag.where(values(scaled) > threshold, x, z if beta == 1 else z / beta)


def logsigmoid(input: Any) -> Any:
    r""":math:`-\log(1 + e^{-x})`.

    >>> logsigmoid(np.array([-1e4, 0.0])).round(3)
    array([-1.00e+04, -6.93e-01])
    """
    x = floating("logsigmoid", "x", input)
    log1p, _ = log1p_exp(x)
    return ag.clip(x, None, 0) - log1p


def silu(input: Any, inplace: bool = False) -> Any:
    r""":math:`x \sigma(x)`, also known as swish.

    >>> silu(np.array([0.0, 1.0])).round(3)
    array([0.   , 0.731])
    """
    x = floating("silu", "x", input)
    return into(input, x * sigmoid(x), inplace)


def mish(input: Any, inplace: bool = False) -> Any:
    r""":math:`x \tanh(\log(1 + e^x))`.

    >>> mish(np.array([0.0, 1.0])).round(3)
    array([0.   , 0.865])
    """
    x = floating("mish", "x", input)
    log1p, _ = log1p_exp(x)
    return into(input, x * tanh(ag.relu(x) + log1p), inplace)


def gelu(input: Any, approximate: str = "none") -> Any:
    r""":math:`x \Phi(x)`, with the distribution function of the normal distribution.

    With ``approximate="tanh"``:

    .. math:: \tfrac{1}{2} x \left(1 + \tanh\left(\sqrt{2/\pi}\,(x + 0.044715 x^3)\right)\right)

    Raises ImportError where SciPy is not installed and `approximate` is "none": Φ comes from
    there. Raises ValueError for another `approximate`.

    >>> gelu(np.array([0.0, 1.0]), "tanh").round(3)
    array([0.   , 0.841])
    """
    x = floating("gelu", "x", input)
    if approximate == "tanh":  # (1 + tanh u) / 2 = σ(2u)
        root = 2 * math.sqrt(2 / math.pi)
        return x * sigmoid(x * (root + root * 0.044715 * ag.square(x)))
    if approximate != "none":
        raise ValueError(
            f"{called('gelu')}: approximate must be 'none' or 'tanh', received "
            f"{described(approximate)}."
        )
    try:
        special = ag.special
    except ImportError:
        raise ImportError(
            f"{called('gelu')}: approximate='none' needs SciPy, which is not installed; pip "
            "install scipy, or use approximate='tanh'."
        ) from None
    phi = special.ndtr(x)  # at least in single precision
    return x * (phi if phi.dtype == x.dtype else phi.astype(x.dtype))


def softsign(input: Any) -> Any:
    r""":math:`x / (1 + |x|)`.

    >>> softsign(np.array([-1.0, 3.0]))
    array([-0.5 ,  0.75])
    """
    x = floating("softsign", "x", input)
    return x / (1 + ag.absolute(x))


def tanhshrink(input: Any) -> Any:
    r""":math:`x - \tanh x`.

    >>> tanhshrink(np.array([0.0, 1e4]))
    array([   0., 9999.])
    """
    x = floating("tanhshrink", "x", input)
    return x - tanh(x)


def glu(input: Any, dim: int = -1) -> Any:
    r""":math:`a \odot \sigma(b)` of the halves a and b of `input` along `dim`.

    Shapes: (..., 2n, ...) to (..., n, ...). Raises ValueError for an odd length.

    >>> glu(np.array([1.0, 2.0, 0.0, 0.0]))
    array([0.5, 1. ])
    """
    x = floating("glu", "x", input)
    if not -x.ndim <= dim < x.ndim or x.shape[dim] % 2:
        raise ValueError(
            f"{called('glu')}: can't halve x of shape {x.shape} along dim={dim}; give an axis of "
            "even length."
        )
    a, b = ag.split(x, 2, axis=dim)
    return a * sigmoid(b)


# ---------------------------------------------------------------------- probabilities


def _prepared(name: str, input: Any, dim: int | None, dtype: DTypeLike | None) -> tuple[Any, int]:
    x = array(name, "x", input)
    x = floating(name, "x", x if dtype is None else x.astype(dtype))
    if dim is None and x.ndim in (1, 2):
        return x, -1
    if dim is None or not -x.ndim <= dim < x.ndim:
        raise ValueError(
            f"{called(name)}: received x of shape {x.shape} and dim={dim}; give the axis along "
            "which the probabilities sum to 1, such as dim=-1."
        )
    return x, dim


def softmax(input: Any, dim: int | None = None, *, dtype: DTypeLike | None = None) -> Any:
    r""":math:`e^{x} / \sum e^{x}` along `dim`, for any x without overflow.

    `dim` may be left out for one axis, or two, of which it is the last. `input` is converted to
    `dtype` first. Elements that are -inf (masked) get 0, also if all are.

    Raises ValueError for an axis that `input` does not have, or none where several are possible.

    >>> softmax(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    return ag.softmax(*_prepared("softmax", input, dim, dtype))


def log_softmax(input: Any, dim: int | None = None, *, dtype: DTypeLike | None = None) -> Any:
    r""":math:`x - \log \sum e^{x}` along `dim`; see `softmax`.

    >>> log_softmax(np.array([0.0, -1e4]))
    array([     0., -10000.])
    """
    return ag.log_softmax(*_prepared("log_softmax", input, dim, dtype))


def softmin(input: Any, dim: int | None = None, *, dtype: DTypeLike | None = None) -> Any:
    r""":math:`e^{-x} / \sum e^{-x}` along `dim`; see `softmax`.

    >>> softmin(np.array([0.0, 1e4]))
    array([1., 0.])
    """
    x, axis = _prepared("softmin", input, dim, dtype)
    return ag.softmax(-x, axis)


def gumbel_softmax(logits: Any, tau: float = 1.0, hard: bool = False, *, dim: int = -1) -> Any:
    r"""A random choice along `dim`, softened so that it has a gradient.

    .. math:: z = \operatorname{softmax}((x + g) / \tau), \qquad g = -\log(-\log U(0, 1))

    With `hard`, the result is 1 at the largest z and 0 elsewhere, and has the gradient of z.

    Raises ValueError unless tau is positive, or for an axis that `logits` does not have.

    >>> int(gumbel_softmax(np.array([0.0, 0.0, 1e4]), hard=True).argmax())
    2
    """
    x, axis = _prepared("gumbel_softmax", logits, dim, None)
    number("gumbel_softmax", "tau", tau, "above 0")
    soft = ag.softmax((x + generator.gumbel(size=x.shape).astype(x.dtype)) / tau, axis)
    if not hard:
        return soft
    a = values(soft)
    one = np.zeros_like(a)
    np.put_along_axis(one, np.argmax(a, axis=axis, keepdims=True), 1, axis)
    return one + (soft - a)  # in this order: 0 + (z - z) is 0 to the last bit


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    r"""1 at the class that each index names and 0 elsewhere, along a new last axis.

    Shapes: (...) to an int64 array (..., num_classes); that is the largest index + 1 if it is not
    given.

    Raises TypeError for indices that are no integers, ValueError for a class that is not there.

    >>> one_hot([0, 2])
    array([[1, 0, 0],
           [0, 0, 1]])
    """
    index = values(array("one_hot", "indices", tensor))
    if index.dtype.kind not in "iu":
        raise TypeError(
            f"{called('one_hot')}: received {described(index)} as indices; give integers, such as "
            "index.astype(int)."
        )
    (num_classes,) = each("one_hot", "num_classes", num_classes, 1, least=-1)
    if num_classes == -1 and index.size:
        num_classes = int(index.max()) + 1
    if num_classes < 1 or (index.size and not 0 <= index.min() <= index.max() < num_classes):
        received = f"from {index.min()} to {index.max()}" if index.size else "none"
        raise ValueError(
            f"{called('one_hot')}: received classes {received} and num_classes={num_classes}; "
            "they must be from 0 to num_classes - 1."
        )
    return (index[..., None] == np.arange(num_classes)).astype(np.int64)
