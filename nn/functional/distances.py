"""Lengths, distances and angles of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from nn.functional.checks import called, floating, values

__all__ = ["cosine_similarity", "normalize", "pairwise_distance"]


def _vectors(name: str, x1: Any, x2: Any, dim: int) -> tuple[Any, Any, int]:
    """Both as floating-point, and the axis of the vectors, counted from the end."""
    x1, x2 = floating(name, "x1", x1), floating(name, "x2", x2)
    try:
        ndim = len(np.broadcast_shapes(x1.shape, x2.shape))
    except ValueError:
        ndim = 0
    axis = dim - ndim if dim >= 0 else dim
    if not -ndim <= axis < 0 or x1.shape[axis:][:1] != x2.shape[axis:][:1]:
        raise ValueError(
            f"{called(name)}: received x1 of shape {x1.shape} and x2 of shape {x2.shape} with "
            f"vectors along dim={dim}; give both that axis, of the same length, and others that "
            "broadcast."
        )
    return x1, x2, axis


def _at_least(length: Any, eps: float) -> Any:
    """``max(length, eps)``, with the derivative of `length` also below, as in PyTorch."""
    short = values(length) < eps
    return length + np.where(short, eps - values(length), 0) if np.any(short) else length


def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    r"""Vectors divided by their length.

    .. math:: x / \max(\|x\|_p, \epsilon)

    The vectors of `input` lie along `dim`. Raises ValueError for an axis that it does not have.

    >>> normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    x = floating("normalize", "x", input)
    if not -x.ndim <= dim < x.ndim:
        raise ValueError(
            f"{called('normalize')}: x of shape {x.shape} has no axis dim={dim}; choose one that "
            "it has."
        )
    return x / ag.clip(ag.linalg.norm(x, p, axis=dim, keepdims=True), eps, None)


def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Any:
    r"""The distances of vectors along the last axis.

    .. math:: \| x_1 - x_2 + \epsilon \|_p

    Shapes: (..., D) and (..., D), of which all but D are broadcast, to (...), or (..., 1) with
    `keepdim`. Raises ValueError for shapes that don't fit.

    >>> float(pairwise_distance(np.array([3.0, 4.0]), np.array([0.0, 0.0])).round(4))
    5.0
    """
    x1, x2, _ = _vectors("pairwise_distance", x1, x2, -1)
    return ag.linalg.norm(x1 - x2 + eps, p, axis=-1, keepdims=keepdim)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    r"""The cosine of the angle between vectors.

    .. math:: \frac{x_1 \cdot x_2}{\max(\|x_1\|, \epsilon) \max(\|x_2\|, \epsilon)}

    Shapes: vectors of the same length along `dim` of the broadcast shape; the other axes are
    broadcast, and remain. Raises ValueError for shapes that don't fit.

    >>> cosine_similarity(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]])).round(6)
    array([0.707107])
    """
    x1, x2, axis = _vectors("cosine_similarity", x1, x2, dim)
    first, second = (
        x / _at_least(ag.linalg.norm(x, 2, axis=axis, keepdims=True), eps) for x in (x1, x2)
    )
    return ag.sum(first * second, axis=axis)
