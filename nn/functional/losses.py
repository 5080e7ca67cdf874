r"""How far a prediction is from its target: of probabilities, and of numbers.

All give the loss of each element or example with ``reduction="none"``, else their mean or sum,
which has shape (); the dtype is that of `input`. A target of another dtype is converted.

All raise ValueError for shapes that don't fit (none is broadcast, unless stated otherwise) or an
unknown `reduction`, and TypeError for a dtype that can't be one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag
from autograd import log_softmax
from nn.functional.activations import log1p_exp
from nn.functional.checks import (
    array,
    called,
    described,
    each,
    floating,
    number,
    pair,
    reduced,
    values,
)

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "gaussian_nll_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
]

# ---------------------------------------------------------------------- weights


def fitting(name: str, what: str, weight: Any, x: Any) -> Any:
    """`weight` in the dtype of `x`, refused unless it can be broadcast to it."""
    weight = array(name, what, weight)
    try:
        fits = np.broadcast_shapes(weight.shape, x.shape) == x.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"{called(name)}: received {what} of shape {weight.shape} for an input of shape "
            f"{x.shape}; make it broadcast to that."
        )
    return weight if weight.dtype == x.dtype else weight.astype(x.dtype)


def class_weight(name: str, weight: Any, x: Any, classes: int) -> Any:
    """`weight` in the dtype of `x`, refused unless it has one for each class; None stays None."""
    if weight is None:
        return None
    weight = array(name, "a weight", weight)
    if weight.shape != (classes,):
        raise ValueError(
            f"{called(name)}: weight must be one number for each of the {classes} classes, "
            f"received shape {weight.shape}."
        )
    return weight if weight.dtype == x.dtype else weight.astype(x.dtype)


def _mean_weighted(name: str, loss: Any, weights: Any, reduction: str) -> Any:
    """As `reduced`, of losses that were multiplied by `weights` (or None): their sum divides."""
    if reduction != "mean" or weights is None:
        return reduced(name, loss, reduction)
    total = ag.sum(weights)
    return ag.sum(loss) / total if values(total) else ag.sum(loss) * math.nan  # nothing counts


# ---------------------------------------------------------------------- classes


def _logarithms(x: Any, axis: int) -> tuple[Any, Any]:
    """Parts whose difference, with the second broadcast along `axis`, is the log-softmax."""
    largest = np.max(values(x), axis=axis, keepdims=True, initial=-np.inf)
    if not np.isfinite(largest).all():
        return log_softmax(x, axis=axis), 0.0
    # The same without the logarithms of the classes that nobody asked for.
    shifted = x - largest
    return shifted, ag.log(ag.sum(ag.exp(shifted), axis=axis))


def class_indices(name: str, x: Any, target: Any, ignore_index: int | None) -> tuple[Any, Any]:
    """The class of each example, 0 for those to be ignored, and a mask of the others, or None."""
    target = values(array(name, "a target", target))
    classes = x.shape[min(1, x.ndim - 1)] if x.ndim else 0
    fitting = x.shape[:1] * (x.ndim > 1) + x.shape[2:]
    if not x.ndim or target.shape != fitting:
        one_of_each = x.ndim and target.size == math.prod(fitting)
        hint = (
            ", of one-hot rows target.argmax(1)"
            if target.shape == x.shape and x.ndim > 1
            else f", such as target.reshape({fitting})"
            if one_of_each
            else ""
        )
        raise ValueError(
            f"{called(name)}: received an input of shape {x.shape} and a target of shape "
            f"{target.shape}; give an input (N, C, ...) with class indices (N, ...), or (C,) with "
            f"one{hint}."
        )
    if target.dtype.kind not in "iu":
        raise TypeError(
            f"{called(name)}: received {described(target)} as a target; give class indices of an "
            "integer dtype, such as target.astype(int)."
        )
    kept = None
    within = not target.size or 0 <= target.min() <= target.max() < classes
    if not within or (ignore_index is not None and 0 <= ignore_index < classes):
        kept = target != ignore_index
        target = np.where(kept, target, 0)
        if target.size and not 0 <= target.min() <= target.max() < max(classes, 1):
            raise IndexError(
                f"{called(name)}: received classes from {target.min()} to {target.max()} for an "
                f"input of {classes}; they must be from 0 to {classes - 1}"
                f"{'' if ignore_index is None else f', or {ignore_index} to be ignored'}."
            )
    return target, None if kept is None or kept.all() else kept


def picked(x: Any, classes: Any) -> Any:
    """``x[n, classes[n, ...], ...]``: of each example, what is at the index of its class."""
    if x.ndim == 1:
        return x[int(classes)]
    first, *others = np.indices(classes.shape, sparse=True)
    return x[(first, classes, *others)]


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    r"""The negative logarithm of the probability that logits give to the right classes.

    .. math:: \ell_n = -w_{y_n} \log \operatorname{softmax}(x_n)_{y_n}

    With probabilities p as the target, and with those that `label_smoothing` ε makes of either:

    .. math::
        \ell_n = -\sum_c w_c \, p_{nc} \log \operatorname{softmax}(x_n)_c,
        \qquad p \to (1 - \varepsilon) p + \varepsilon / C

    Right for logits of any size.

    Parameters
    ----------
    input
        Logits (N, C, ...) or (C,).
    target
        Class indices (N, ...) or (), of any integer dtype; or probabilities of the shape of
        `input` and a floating dtype, which need not sum to 1.
    weight
        A factor for each class, (C,). The mean over class indices is then the weighted mean.
    ignore_index
        A class index that counts as loss 0, and not in the mean (which is NaN if nothing counts).

    Raises IndexError for a class that is not there.

    >>> float(cross_entropy(np.array([[2.0, 0.0], [0.0, 1e4]]), [0, 1]).round(6))
    0.063464
    >>> float(cross_entropy(np.array([[2.0, 0.0]]), np.array([[0.5, 0.5]])).round(6))
    1.126928
    """
    name = "cross_entropy"
    x = floating(name, "an input", input)
    target = array(name, "a target", target)
    number(name, "label_smoothing", label_smoothing, "from 0 to 1")
    (ignore_index,) = each(name, "ignore_index", ignore_index, 1, least=None)
    if target.dtype.kind == "f" and target.shape == x.shape and x.ndim:
        return _soft_cross_entropy(x, target, weight, ignore_index, reduction, label_smoothing)
    y, kept = class_indices(name, x, target, ignore_index)
    axis = min(1, x.ndim - 1)
    classes = x.shape[axis]
    weight = class_weight(name, weight, x, classes)
    weights = None if weight is None else weight[y]
    shifted, normalizer = _logarithms(x, axis)
    loss = normalizer - picked(shifted, y)
    if weights is not None:
        loss = weights * loss
    if label_smoothing:
        total = classes if weight is None else ag.sum(weight)
        others = shifted if weight is None else shifted * _along(weight, x, axis)
        spread = normalizer * total - ag.sum(others, axis=axis)
        loss = (1 - label_smoothing) * loss + label_smoothing / classes * spread
    return _counted(name, loss, weights, kept, reduction)


def _along(weight: Any, x: Any, axis: int) -> Any:
    return weight.reshape((-1,) + (1,) * (x.ndim - 1 - axis))


def _counted(name: str, loss: Any, weights: Any, kept: Any, reduction: str) -> Any:
    """The reduced losses, of which those that are not `kept` don't count."""
    if kept is not None:
        loss = ag.where(kept, loss, 0)
        weights = kept.astype(loss.dtype) if weights is None else weights * kept
    return _mean_weighted(name, loss, weights, reduction)


def _soft_cross_entropy(
    x: Any, p: Any, weight: Any, ignore_index: int, reduction: str, label_smoothing: float
) -> Any:
    name, axis = "cross_entropy", min(1, x.ndim - 1)
    if ignore_index >= 0:
        raise ValueError(
            f"{called(name)}: ignore_index={ignore_index} is a class index, and the target holds "
            "probabilities; leave it out."
        )
    weight = class_weight(name, weight, x, x.shape[axis])
    p = p if p.dtype == x.dtype else p.astype(x.dtype)
    if label_smoothing:
        p = p * (1 - label_smoothing) + label_smoothing / x.shape[axis]
    if weight is not None:
        p = p * _along(weight, x, axis)
    shifted, normalizer = _logarithms(x, axis)
    if not np.isfinite(values(shifted)).all():  # 0 log 0 = 0
        shifted = ag.where(values(p) == 0, 0, shifted)
    loss = normalizer * ag.sum(p, axis=axis) - ag.sum(p * shifted, axis=axis)
    return reduced(name, loss, reduction)


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    r"""The negative of the logarithms of probabilities at the right classes.

    .. math:: \ell_n = -w_{y_n} x_{n y_n}

    Shapes and arguments are those of `cross_entropy` with class indices.

    Raises IndexError for a class that is not there.

    >>> float(nll_loss(np.array([[-1.0, -2.0], [-3.0, -4.0]]), [0, 1]))
    2.5
    """
    x = floating("nll_loss", "an input", input)
    y, kept = class_indices("nll_loss", x, target, ignore_index)
    weight = class_weight("nll_loss", weight, x, x.shape[min(1, x.ndim - 1)])
    weights = None if weight is None else weight[y]
    loss = -picked(x, y)
    return _counted(
        "nll_loss", loss if weights is None else weights * loss, weights, kept, reduction
    )


# ---------------------------------------------------------------------- probabilities


def probabilities(name: str, y: Any, what: str = "a target") -> Any:
    """The values of `y`, refused unless they are from 0 to 1."""
    y = values(y)
    if y.size and not 0 <= y.min() <= y.max() <= 1:
        hint = ", or logits to BCEWithLogitsLoss" if what == "an input" else ""
        raise ValueError(
            f"{called(name)}: received {what} from {y.min()} to {y.max()}; give probabilities, "
            f"from 0 to 1{hint}."
        )
    return y


TINY = float(np.float32(1e-12))  # that PyTorch's bounds are in single precision, doubles show


def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    r"""The cross-entropy of independent yes-or-no answers, from probabilities.

    .. math:: \ell = -w \, (y \log x + (1 - y) \log(1 - x))

    Shapes: input and target the same; `weight` is broadcast to them. Both hold probabilities. As
    in PyTorch, the logarithms are at least -100, and the derivative is
    :math:`w (x - y) / \max(x (1 - x), 10^{-12})`, finite also at 0 and 1;
    `binary_cross_entropy_with_logits` needs neither bound.

    Raises ValueError for an input or target outside [0, 1].

    >>> float(binary_cross_entropy(np.array([0.5, 1.0]), [1, 1]).round(6))
    0.346574
    """
    name = "binary_cross_entropy"
    x, y = pair(name, "an input", input, target)
    a = probabilities(name, x, "an input")
    probabilities(name, y)
    edge = a * (1 - a) < TINY
    on_edge = edge.any()
    inside = ag.where(edge, 0.5, x) if on_edge else x
    loss = -(y * ag.log(inside) + (1 - y) * ag.log1p(-inside))
    if on_edge:
        safe = np.where(edge, a, 0.5)
        with np.errstate(divide="ignore"):
            log, log1m = np.maximum(np.log(safe), -100), np.maximum(np.log1p(-safe), -100)
        # The bounded loss as a constant, plus a parabola that is 0 here and has that derivative.
        bend = (ag.square(x - y) - ag.square(a - y)) * (0.5 / TINY)
        loss = ag.where(edge, bend - (y * log + (1 - y) * log1m), loss)
    if weight is not None:
        loss = loss * fitting(name, "a weight", weight, x)
    return reduced(name, loss, reduction)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Any:
    r"""The cross-entropy of independent yes-or-no answers, from logits.

    .. math:: \ell = -w \, (p \, y \log \sigma(x) + (1 - y) \log(1 - \sigma(x)))

    Shapes: input and target the same; `weight` w and `pos_weight` p are broadcast to them. The
    target holds probabilities from 0 to 1 (or integers or booleans that are 0 and 1). Right for
    logits of any size.

    Raises ValueError for a target outside [0, 1].

    >>> float(binary_cross_entropy_with_logits(np.array([0.0, 1e4]), np.array([1, 1])).round(6))
    0.346574
    """
    name = "binary_cross_entropy_with_logits"
    x, y = pair(name, "logits", input, target)
    probabilities(name, y)
    if pos_weight is not None:
        pos_weight = fitting(name, "a pos_weight", pos_weight, x)
    loss = logistic(x, y, pos_weight)
    if weight is not None:
        loss = loss * fitting(name, "a weight", weight, x)
    return reduced(name, loss, reduction)


def logistic(x: Any, y: Any, p: Any = None) -> Any:
    r""":math:`-p y \log \sigma(x) - (1 - y) \log(1 - \sigma(x))` of each element.

    The second logarithm is that of `log1p_exp`, and x more where x is positive; the first is x
    less than that. Put together so that large numbers don't cancel.
    """
    log1p, positive = log1p_exp(x)
    if p is None:
        return x * (positive - y) + log1p
    yes, no = p * y, 1 - y
    return x * (no * positive - yes * (1 - positive)) + log1p * (no + yes)


def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Any:
    r"""The Kullback-Leibler divergence of a target from logarithms of probabilities.

    .. math:: \ell = p \, (\log p - x), \qquad p = y \text{ or, with log\_target, } e^y

    Shapes: input and target the same. ``reduction="batchmean"`` divides the sum by the length of
    the first axis, as the definition has it; "mean" divides by the number of elements. Where p is
    0, so is the loss.

    Raises ValueError for a negative target, unless it is a logarithm.

    >>> float(kl_div(np.log([[0.5, 0.5]]), [[1.0, 0.0]], reduction="batchmean").round(6))
    0.693147
    """
    x, y = pair("kl_div", "an input", input, target)
    if not log_target and y.size and values(y).min() < 0:
        raise ValueError(
            f"{called('kl_div')}: received a target from {values(y).min()} to {values(y).max()}; "
            "give probabilities, or with log_target=True their logarithms."
        )
    p = ag.exp(y) if log_target else y
    nothing = values(p) == 0
    if nothing.any():
        x, y = ag.where(nothing, 0, x), ag.where(nothing, 0 if log_target else 1, y)
    loss = p * ((y if log_target else ag.log(y)) - x)
    if reduction == "batchmean":
        return ag.sum(loss) / (x.shape[0] if x.ndim else 1)
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(
            f"{called('kl_div')}: reduction must be 'batchmean', 'mean', 'sum' or 'none', received "
            f"{described(reduction)}."
        )
    return reduced("kl_div", loss, reduction)


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Any:
    r"""The negative logarithm of the probability of counts, from their expectation.

    .. math:: \ell = e^x - y x \qquad \text{or without log\_input} \qquad x - y \log(x + \epsilon)

    With `full`, Stirling's :math:`y \log y - y + \frac{1}{2} \log(2 \pi y)` is added where y > 1.
    Shapes: input and target the same.

    >>> float(poisson_nll_loss(np.array([0.0]), [2.0]))
    1.0
    """
    x, y = pair("poisson_nll_loss", "an input", input, target)
    loss = ag.exp(x) - y * x if log_input else x - y * ag.log(x + eps)
    if full:
        many = ag.where(values(y) > 1, y, 1)
        stirling = many * ag.log(many) - many + 0.5 * ag.log(2 * math.pi * many)
        loss = loss + ag.where(values(y) > 1, stirling, 0)
    return reduced("poisson_nll_loss", loss, reduction)


def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:
    r"""The negative logarithm of a normal density, from its mean and variance.

    .. math:: \ell = \tfrac{1}{2} \left(\log v + (x - y)^2 / v\right), \quad v = \max(var, \epsilon)

    With `full`, :math:`\frac{1}{2} \log 2\pi` is added. Shapes: input and target the same; `var`
    the same, or without the last axis, or 1 along one axis, or a number. The bound `eps` does not
    stop the gradient, as in PyTorch.

    Raises ValueError for a negative variance.

    >>> float(gaussian_nll_loss(np.array([1.0]), [3.0], np.array([1.0])))
    2.0
    """
    name = "gaussian_nll_loss"
    x, y = pair(name, "an input", input, target)
    var = array(name, "a var", var)
    if var.shape == x.shape[:-1] and x.ndim and var.ndim:
        var = var.reshape((*var.shape, 1))
    given = var.shape
    if given and (
        len(given) != x.ndim
        or sum(n != m for n, m in zip(given, x.shape)) > 1
        or any(n not in (1, m) for n, m in zip(given, x.shape))
    ):
        raise ValueError(
            f"{called(name)}: received an input of shape {x.shape} and a var of shape {given}; "
            "give one variance for each element, or one for all along a single axis."
        )
    var = var if var.dtype == x.dtype else var.astype(x.dtype)
    if values(var).size and values(var).min() < 0:
        raise ValueError(
            f"{called(name)}: var must be at least 0, received {values(var).min()} in it."
        )
    v = var + np.maximum(eps - values(var), 0)
    loss = 0.5 * (ag.log(v) + ag.square(x - y) / v)
    return reduced(name, loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


# ---------------------------------------------------------------------- numbers


def _regression(name: str, loss: Any, weight: Any, reduction: str) -> Any:
    """The reduced losses; of a weighted loss, the weighted mean."""
    if weight is None:
        return reduced(name, loss, reduction)
    weight = _same_shape(name, weight, loss)
    return _mean_weighted(name, loss * weight, weight, reduction)


def _same_shape(name: str, weight: Any, x: Any) -> Any:
    weight = array(name, "a weight", weight)
    if weight.shape != x.shape:
        raise ValueError(
            f"{called(name)}: received a weight of shape {weight.shape} for an input of shape "
            f"{x.shape}; make them the same."
        )
    return weight if weight.dtype == x.dtype else weight.astype(x.dtype)


def l1_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    r"""The size of the errors.

    .. math:: \ell = w \, |x - y|

    Shapes: input, target and `weight` the same; with a weight, the mean is the weighted mean.

    >>> float(l1_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    1.0
    """
    x, y = pair("l1_loss", "a prediction", input, target)
    return _regression("l1_loss", ag.absolute(x - y), weight, reduction)


def mse_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    r"""The squares of the errors.

    .. math:: \ell = w \, (x - y)^2

    Shapes: input, target and `weight` the same; with a weight, the mean is the weighted mean.

    >>> float(mse_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    2.0
    """
    x, y = pair("mse_loss", "a prediction", input, target)
    return _regression("mse_loss", ag.square(x - y), weight, reduction)


def _huber(d: Any, delta: float) -> Any:
    """d² / 2 up to |d| = delta, and from there on straight: c (d - c / 2) of the clipped d."""
    c = ag.clip(d, -delta, delta)
    return c * (d - 0.5 * c)


def huber_loss(
    input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, *, weight: Any = None
) -> Any:
    r"""Half the squares of small errors, the size of large ones.

    .. math:: \ell = w \begin{cases}
        \frac{1}{2} (x - y)^2 & |x - y| \le \delta \\
        \delta \, (|x - y| - \frac{1}{2} \delta) & \text{else} \end{cases}

    Shapes: input, target and `weight` the same; the mean is over all elements, weighted or not.

    Raises ValueError unless delta is positive.

    >>> float(huber_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    0.75
    """
    x, y = pair("huber_loss", "a prediction", input, target)
    number("huber_loss", "delta", delta, "above 0")
    loss = _huber(x - y, delta)
    if weight is not None:
        loss = loss * _same_shape("huber_loss", weight, x)
    return reduced("huber_loss", loss, reduction)


def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    r"""The size of the errors, rounded off near 0.

    .. math:: \ell = \begin{cases}
        \frac{1}{2} (x - y)^2 / \beta & |x - y| < \beta \\
        |x - y| - \frac{1}{2} \beta & \text{else} \end{cases}

    Shapes: input and target the same.

    Raises ValueError for a negative beta.

    >>> float(smooth_l1_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    0.75
    """
    x, y = pair("smooth_l1_loss", "a prediction", input, target)
    number("smooth_l1_loss", "beta", beta, "of at least 0")
    loss = _huber(x - y, beta) / beta if beta else ag.absolute(x - y)
    return reduced("smooth_l1_loss", loss, reduction)
