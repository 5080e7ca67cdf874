r"""Losses that ask for a margin between what should be near or far, high or low.

`reduction`, dtypes and errors are as in `nn.functional.losses`; at the margin itself the
derivative is PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor
from nn.functional.activations import log1p_exp
from nn.functional.checks import array, called, described, floating, number, pair, reduced, values
from nn.functional.distances import pairwise_distance
from nn.functional.losses import TINY, class_indices, class_weight, logistic, picked, probabilities

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]


def _signs(name: str, x: Any, target: Any) -> tuple[Any, Any]:
    """A prediction and a target of 1 and -1."""
    x, y = pair(name, "an input", x, target)
    if isinstance(y, Tensor) and y.requires_grad:
        raise ValueError(
            f"{called(name)}: the target requires a gradient, and has none here; detach() it."
        )
    a = values(y)
    if not (np.abs(a) == 1).all():
        wrong = a[np.abs(a) != 1].flat[0]
        raise ValueError(
            f"{called(name)}: received {wrong} in the target; give 1 and -1, such as 2 * labels - "
            "1 of labels that are 0 and 1."
        )
    return x, a


def _above(x: Any) -> Any:
    """max(x, 0) with derivative 1 at 0."""
    return ag.clip(x, 0, None)


def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean"
) -> Any:
    r"""Distances that should be small where the target is 1, and large where it is -1.

    .. math:: \ell = \begin{cases} x & y = 1 \\ \max(0, m - x) & y = -1 \end{cases}

    Shapes: input and target the same. Raises ValueError for another target than 1 and -1.

    >>> float(hinge_embedding_loss(np.array([0.5, 0.5]), [1, -1]))
    0.5
    """
    x, y = _signs("hinge_embedding_loss", input, target)
    return reduced("hinge_embedding_loss", ag.where(y == 1, x, _above(margin - x)), reduction)


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:
    r"""The first should be higher where the target is 1, the second where it is -1.

    .. math:: \ell = \max(0, -y (x_1 - x_2) + m)

    Shapes: all the same. Raises ValueError for another target than 1 and -1.

    >>> float(margin_ranking_loss(np.array([3.0]), np.array([1.0]), [-1]))
    2.0
    """
    name = "margin_ranking_loss"
    x1, x2 = pair(name, "an input1", input1, input2)
    x1, y = _signs(name, x1, target)
    return reduced(name, _above(-y * (x1 - x2) + margin), reduction)


def soft_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    r"""The logistic loss of a target of 1 and -1.

    .. math:: \ell = \log(1 + e^{-y x})

    Shapes: input and target the same. Right for an input of any size. Raises ValueError for
    another target than 1 and -1.

    >>> float(soft_margin_loss(np.array([1e4, 1e4]), [1, -1]))
    5000.0
    """
    x, y = _signs("soft_margin_loss", input, target)
    log1p, positive = log1p_exp(x)
    # For y = 1, -x is added where x is not positive; for y = -1, x where it is.
    return reduced("soft_margin_loss", x * (positive - (y == 1)) + log1p, reduction)


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    *,
    reduction: str = "mean",
) -> Any:
    r"""The right class should be higher than all others.

    .. math:: \ell_n = \frac{w_{y_n}}{C} \sum_{c \ne y_n} \max(0, m - x_{n y_n} + x_{nc})^p

    Shapes: input (N, C) and class indices (N,), or (C,) and (); `weight` (C,).

    Raises ValueError for p other than 1 and 2, IndexError for a class that is not there.

    >>> float(multi_margin_loss(np.array([1.0, 0.5, 0.0]), 0).round(6))
    0.166667
    """
    name = "multi_margin_loss"
    x = floating(name, "an input", input)
    if p not in (1, 2):
        raise ValueError(f"{called(name)}: p must be 1 or 2, received {described(p)}.")
    if x.ndim not in (1, 2):
        raise ValueError(f"{called(name)}: input must be (N, C) or (C,), received shape {x.shape}.")
    y, _ = class_indices(name, x, target, ignore_index=None)
    classes = x.shape[-1]
    weight = class_weight(name, weight, x, classes)
    margins = np.full(x.shape, margin, x.dtype)  # none at the right class, which adds 0 then
    np.put_along_axis(margins, y[..., None], 0, -1)
    over = ag.relu(x - picked(x, y).reshape((*y.shape, 1)) + margins)
    loss = ag.sum(over if p == 1 else ag.square(over), axis=-1) / classes
    return reduced(name, loss if weight is None else weight[y] * loss, reduction)


def multilabel_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    r"""All right classes should be higher, by 1, than all others.

    .. math:: \ell_n = \frac{1}{C} \sum_{j \in y_n} \sum_{c \notin y_n} \max(0, 1 - x_{nj} + x_{nc})

    Shapes: input and target (N, C) or (C,). The target holds the right classes, up to the first
    -1.

    Raises IndexError for a class that is not there.

    >>> float(multilabel_margin_loss(np.array([0.5, 0.0, 1.0]), [2, -1, 0]).round(6))
    0.166667
    """
    name = "multilabel_margin_loss"
    x = floating(name, "an input", input)
    y = values(array(name, "a target", target))
    if x.shape != y.shape or x.ndim not in (1, 2):
        raise ValueError(
            f"{called(name)}: received an input of shape {x.shape} and a target of shape "
            f"{y.shape}; both must be (N, C) or (C,)."
        )
    if y.dtype.kind not in "iu":
        raise TypeError(
            f"{called(name)}: received {described(y)} as a target; give class indices of an "
            "integer dtype, such as target.astype(int)."
        )
    classes = x.shape[-1]
    listed = np.logical_and.accumulate(y != -1, axis=-1)
    y = np.where(listed, y, 0)
    if y.size and not 0 <= y.min() <= y.max() < classes:
        raise IndexError(
            f"{called(name)}: received classes from {y.min()} to {y.max()} for an input of "
            f"{classes}; they must be from 0 to {classes - 1}, and -1 after the last."
        )
    right = ((y[..., None] == np.arange(classes)) & listed[..., None]).any(axis=-2)
    counts = listed[..., :, None] & ~right[..., None, :]
    highs = ag.take_along_axis(x, y, axis=-1)
    over = ag.relu(1 - highs[..., :, None] + x[..., None, :]) * counts.astype(x.dtype)
    return reduced(name, ag.sum(over, axis=(-2, -1)) / classes, reduction)


def multilabel_soft_margin_loss(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    r"""The mean over the classes of their logistic losses.

    .. math::
        \ell_n = -\frac{1}{C} \sum_c w_c \left(y_{nc} \log \sigma(x_{nc})
        + (1 - y_{nc}) \log(1 - \sigma(x_{nc}))\right)

    Shapes: input and target (..., C); `weight` (C,). The target holds probabilities from 0 to 1.

    >>> float(multilabel_soft_margin_loss(np.array([0.0, 1e4]), [1, 1]).round(6))
    0.346574
    """
    name = "multilabel_soft_margin_loss"
    x, y = pair(name, "an input", input, target)
    probabilities(name, y)
    if not x.ndim:
        raise ValueError(f"{called(name)}: received a single number; give an input (..., C).")
    weight = class_weight(name, weight, x, x.shape[-1])
    loss = logistic(x, y)
    return reduced(name, ag.mean(loss if weight is None else loss * weight, axis=-1), reduction)


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:
    r"""Vectors that should point the same way where the target is 1, and not where it is -1.

    .. math:: \ell = \begin{cases}
        1 - \cos(x_1, x_2) & y = 1 \\ \max(0, \cos(x_1, x_2) - m) & y = -1 \end{cases}

    Shapes: inputs (N, D) and a target (N,), or (D,) and ().

    Raises ValueError for another target than 1 and -1.

    >>> float(cosine_embedding_loss(np.array([1.0, 0.0]), np.array([0.0, 2.0]), 1))
    1.0
    """
    name = "cosine_embedding_loss"
    x1, x2 = pair(name, "an input1", input1, input2)
    if x1.ndim not in (1, 2) or np.shape(values(target)) != x1.shape[:-1]:
        raise ValueError(
            f"{called(name)}: received inputs of shape {x1.shape} and a target of shape "
            f"{np.shape(values(target))}; give (N, D) with (N,), or (D,) with one sign."
        )
    first, second = (ag.sum(ag.square(x), axis=-1) + TINY for x in (x1, x2))
    cos, y = _signs(name, ag.sum(x1 * x2, axis=-1) / ag.sqrt(first * second), target)
    return reduced(name, ag.where(y == 1, 1 - cos, _above(cos - margin)), reduction)


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    r"""An anchor should be nearer to the positive than to the negative, by a margin.

    .. math:: \ell = \max(0, d(a, p) - d(a, n) + m)

    With `swap`, :math:`\min(d(a, n), d(p, n))` takes the place of :math:`d(a, n)`. Shapes: all the
    same, as `distance_function` takes them; by default it is `pairwise_distance`.

    Raises ValueError unless the margin is positive.

    >>> x, near, far = np.array([[0.0, 0.0], [0.0, 0.5], [0.0, 3.0]])
    >>> float(triplet_margin_with_distance_loss(x, near, far))
    0.0
    """
    return _triplet(
        "triplet_margin_with_distance_loss",
        (anchor, positive, negative),
        distance_function or pairwise_distance,
        margin,
        swap,
        reduction,
    )


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Any:
    r"""An anchor should be nearer to the positive than to the negative, by a margin.

    .. math:: \ell = \max(0, \|a - p + \epsilon\|_p - \|a - n + \epsilon\|_p + m)

    With `swap`, the distance of the positive and the negative takes the place of that of the
    anchor and the negative if it is less. Shapes: all the same, (N, D) or (D,).

    Raises ValueError unless the margin is positive.

    >>> x, near, far = np.array([[0.0, 0.0], [0.0, 0.5], [0.0, 3.0]])
    >>> float(triplet_margin_loss(x, near, far, margin=3.0).round(4))
    0.5
    """
    return _triplet(
        "triplet_margin_loss",
        (anchor, positive, negative),
        lambda x, y: pairwise_distance(x, y, p, eps),
        margin,
        swap,
        reduction,
    )


def _triplet(
    name: str,
    triplet: tuple[Any, Any, Any],
    distance: Callable[[Any, Any], Any],
    margin: float,
    swap: bool,
    reduction: str,
) -> Any:
    number(name, "margin", margin, "above 0")
    anchor, positive = pair(name, "an anchor", *triplet[:2])
    anchor, negative = pair(name, "an anchor", anchor, triplet[2])
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = ag.minimum(far, distance(positive, negative))
    return reduced(name, _above(margin + near - far), reduction)
