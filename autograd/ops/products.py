"""Products that sum over axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.dispatch import overrides
from autograd.ops.elementwise import multiply
from autograd.primitive import primitive


def transposed(x: Any) -> Any:
    """The last two axes exchanged."""
    return np.swapaxes(x, -1, -2)


def _matmul_x(g: Any, x_shape: tuple[int, ...], y: Any) -> Any:
    if y.ndim == 1:
        return g[..., None] * y
    if len(x_shape) == 1:
        return (g[..., None, :] @ transposed(y))[..., 0, :]
    return g @ transposed(y)


def _matmul_y(g: Any, x: Any, y_shape: tuple[int, ...]) -> Any:
    if x.ndim == 1:
        return x[:, None] * g[..., None, :] if len(y_shape) > 1 else x * g
    if len(y_shape) == 1:
        return (transposed(x) @ g[..., None])[..., 0]
    if len(y_shape) == 2 and x.ndim > 2:  # one product instead of one a batch, and their sum
        rows = math.prod(x.shape[:-1])  # not -1, which an empty array leaves open
        return np.reshape(x, (rows, x.shape[-1])).T @ np.reshape(g, (rows, g.shape[-1]))
    return transposed(x) @ g


matmul = primitive(np.matmul, tex=r"{x}\,{y}", x=_matmul_x, y=_matmul_y)


@overrides(np.dot)
def dot(x: Any, y: Any) -> Any:
    """The sum over the last axis of `x` and the last but one of `y` (or its only one).

    >>> int(dot(np.array([1, 2]), np.array([3, 4])))
    11
    """
    if not np.ndim(x) or not np.ndim(y):
        return multiply(x, y)
    if np.ndim(y) <= 2:
        return matmul(x, y)
    columns = np.moveaxis(y, -2, 0)
    flat = matmul(x, np.reshape(columns, (columns.shape[0], math.prod(columns.shape[1:]))))
    return np.reshape(flat, (*np.shape(x)[:-1], *columns.shape[1:]))
