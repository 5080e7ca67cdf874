"""Plain stochastic optimizers, of functions whose argument is any container of arrays.

Each takes ``grad(x, i)``, the gradient at x in step i, and calls ``callback(x, i, g)`` before each
step. (`nn.optim` has those that train the layers of `nn`.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.misc.flatten import flatten

__all__ = ["adam", "rmsprop", "sgd"]

Gradient = Callable[[Any, int], Any]
Callback = Callable[[Any, int, Any], Any] | None


def _descend(
    grad: Gradient, x0: Any, callback: Callback, num_iters: int, step: Callable[[Any, int], Any]
) -> Any:
    """`num_iters` times, add to x what `step` makes of the gradient; both are vectors there."""
    x, unflatten = flatten(x0)
    for i in range(num_iters):
        g = grad(unflatten(x), i)
        if callback:
            callback(unflatten(x), i, g)
        x = x + step(flatten(g)[0], i)
    return unflatten(x)


def sgd(
    grad: Gradient,
    x0: Any,
    callback: Callback = None,
    num_iters: int = 200,
    step_size: float = 0.1,
    mass: float = 0.9,
) -> Any:
    """Gradient descent with momentum: v <- mass v - (1 - mass) g, x <- x + step_size v.

    >>> sgd(lambda x, i: 2 * x, np.array([1.0]), num_iters=1)
    array([0.98])
    """
    v: Any = 0.0

    def step(g: Any, i: int) -> Any:
        nonlocal v
        v = mass * v - (1.0 - mass) * g
        return step_size * v

    return _descend(grad, x0, callback, num_iters, step)


def rmsprop(
    grad: Gradient,
    x0: Any,
    callback: Callback = None,
    num_iters: int = 100,
    step_size: float = 0.1,
    gamma: float = 0.9,
    eps: float = 1e-8,
) -> Any:
    """Steps of -step_size g / (sqrt(s) + eps), where s, at first 1, averages g squared.

    >>> rmsprop(lambda x, i: 2 * x, np.array([1.0]), num_iters=1).round(4)
    array([0.8246])
    """
    s: Any = 1.0

    def step(g: Any, i: int) -> Any:
        nonlocal s
        s = gamma * s + (1 - gamma) * g**2
        return -step_size * g / (np.sqrt(s) + eps)

    return _descend(grad, x0, callback, num_iters, step)


def adam(
    grad: Gradient,
    x0: Any,
    callback: Callback = None,
    num_iters: int = 100,
    step_size: float = 0.001,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
) -> Any:
    """Adam (Kingma and Ba, 2015): averages of g and of g squared, freed of their first value 0.

    >>> adam(lambda x, i: 2 * x, np.array([1.0]), num_iters=1, step_size=0.1).round(4)
    array([0.9])
    """
    m: Any = 0.0
    v: Any = 0.0

    def step(g: Any, i: int) -> Any:
        nonlocal m, v
        m = (1 - b1) * g + b1 * m
        v = (1 - b2) * g**2 + b2 * v
        return -step_size * (m / (1 - b1 ** (i + 1))) / (np.sqrt(v / (1 - b2 ** (i + 1))) + eps)

    return _descend(grad, x0, callback, num_iters, step)
