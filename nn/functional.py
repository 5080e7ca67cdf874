"""The functions behind the layers and losses: compositions of operations, with no state.

They take Tensors or arrays; of arrays alone they are plain NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from autograd import (
    Tensor,
    log_softmax as log_softmax,
    relu as relu,
    sigmoid as sigmoid,
    softmax as softmax,
    tanh as tanh,
)

__all__ = [
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "linear",
    "log_softmax",
    "mse_loss",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    r"""An affine map of the last axis.

    .. math:: z = x W^\top + b

    Shapes: x (..., in), weight (out, in), bias (out,) or None; z (..., out).
    Raises ValueError if they don't fit.

    >>> linear(np.array([1.0, 2.0]), np.array([[3.0, 4.0]]), np.array([0.5]))
    array([11.5])
    """
    x = x if isinstance(x, Tensor) else np.asarray(x)
    if not x.ndim or x.shape[-1] != weight.shape[-1]:
        raise ValueError(
            f"linear: received x of shape {x.shape} and a weight of shape {weight.shape}; the last "
            f"axis of x must have length {weight.shape[-1]}, that of the weight."
        )
    z = ag.matmul(x, weight.T)
    return z if bias is None else z + bias


def cross_entropy(logits: Any, target: Any, reduction: str = "mean") -> Any:
    r"""The negative logarithm of the probability that the logits give to the right classes.

    .. math:: \ell_n = -\log \operatorname{softmax}(x_n)_{y_n}

    Shapes: logits (N, C) and target (N,), or (C,) and (). The target holds class indices, of any
    integer dtype. The result has shape () for `reduction` "mean" or "sum", that of the target for
    "none", and the dtype of the logits. Right for logits of any size.

    Raises ValueError for shapes that don't fit or an unknown reduction, TypeError for a dtype
    that can't be one, IndexError for a class that is not there.

    >>> float(cross_entropy(np.array([[2.0, 0.0], [0.0, 1e4]]), [0, 1]).round(6))
    0.063464
    """
    logits = _floating("cross_entropy", "logits", logits)
    target = np.asarray(_values(target))
    if logits.ndim not in (1, 2) or target.shape != logits.shape[:-1]:
        raise ValueError(
            f"cross_entropy: received logits of shape {logits.shape} and a target of shape "
            f"{target.shape}; give logits (N, C) with the N class indices, or (C,) with one."
        )
    if target.dtype.kind not in "iu":
        raise TypeError(
            f"cross_entropy: received a target of dtype {target.dtype}; give class indices of an "
            "integer dtype, such as target.astype(int)."
        )
    classes = logits.shape[-1]
    if target.size and not 0 <= target.min() <= target.max() < classes:
        raise IndexError(
            f"cross_entropy: received classes from {target.min()} to {target.max()}, but the "
            f"logits have {classes}; they must be from 0 to {classes - 1}."
        )
    index = (np.arange(len(target)), target) if target.ndim else int(target)
    largest = np.max(_values(logits), axis=-1, keepdims=True)
    if not np.isfinite(largest).all():
        return _reduced("cross_entropy", -log_softmax(logits, axis=-1)[index], reduction)
    # The same without the logarithms of the classes that nobody asked for.
    shifted = logits - largest
    loss = ag.log(ag.sum(ag.exp(shifted), axis=-1)) - shifted[index]
    return _reduced("cross_entropy", loss, reduction)


def binary_cross_entropy_with_logits(logits: Any, target: Any, reduction: str = "mean") -> Any:
    r"""The cross-entropy of independent yes-or-no answers, from logits.

    .. math:: \ell = -y \log \sigma(x) - (1 - y) \log(1 - \sigma(x))

    Shapes: logits and target the same; the target holds probabilities from 0 to 1 (or integers
    or booleans that are 0 and 1). The result has shape () for `reduction` "mean" or "sum", that
    of the logits for "none", and the dtype of the logits. Right for logits of any size.

    Raises ValueError for shapes that are not the same, a target outside [0, 1] or an unknown
    reduction, TypeError for logits that are not floating-point.

    >>> float(binary_cross_entropy_with_logits(np.array([0.0, 1e4]), np.array([1, 1])).round(6))
    0.346574
    """
    name = "binary_cross_entropy_with_logits"
    x, y = _pair(name, "logits", logits, target)
    values = _values(y)
    if values.size and not 0 <= values.min() <= values.max() <= 1:
        raise ValueError(
            f"{name}: received a target from {values.min()} to {values.max()}; it must hold "
            "probabilities, from 0 to 1."
        )
    # -log σ(x) = log(1 + e^-x), exact for a large x of either sign, at all orders also for x = 0.
    loss = y * ag.logaddexp(-x, 0) + (1 - y) * ag.logaddexp(x, 0)
    return _reduced(name, loss, reduction)


def mse_loss(prediction: Any, target: Any, reduction: str = "mean") -> Any:
    r"""The mean of the squared errors.

    .. math:: \ell = (x - y)^2

    Shapes: prediction and target the same. The result has shape () for `reduction` "mean" or
    "sum", that of the prediction for "none", and the dtype of the prediction.

    Raises ValueError for shapes that are not the same or an unknown reduction, TypeError for a
    prediction that is not floating-point.

    >>> float(mse_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    2.0
    """
    x, y = _pair("mse_loss", "prediction", prediction, target)
    return _reduced("mse_loss", ag.square(x - y), reduction)


def _values(x: Any) -> Any:
    return x.data if isinstance(x, Tensor) else x


def _floating(name: str, what: str, x: Any) -> Any:
    x = x if isinstance(x, Tensor) else np.asarray(x)
    if x.dtype.kind != "f":
        raise TypeError(
            f"{name}: received {what} of dtype {x.dtype}; they must be floating-point, such as "
            "x.astype('float32')."
        )
    return x


def _pair(name: str, what: str, x: Any, y: Any) -> tuple[Any, Any]:
    """A prediction and its target, of one shape and dtype."""
    x = _floating(name, what, x)
    y = y if isinstance(y, Tensor) else np.asarray(y)
    if x.shape != y.shape:
        raise ValueError(
            f"{name}: received {what} of shape {x.shape} and a target of shape {y.shape}, which "
            "would be broadcast; make them the same, such as x.reshape(y.shape)."
        )
    return x, y if y.dtype == x.dtype else y.astype(x.dtype)


def _reduced(name: str, loss: Any, reduction: str) -> Any:
    if reduction == "mean":
        return ag.mean(loss)
    if reduction == "sum":
        return ag.sum(loss)
    if reduction == "none":
        return loss
    raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', received {reduction!r}.")
