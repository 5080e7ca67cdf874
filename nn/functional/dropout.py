"""Elements or channels set to 0 at random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nn.functional.checks import called, floating, into, number
from nn.random import generator

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d"]


def _kept(x: Any, p: float, shape: tuple[int, ...]) -> Any:
    """1 with probability 1 - p, else 0."""
    return (generator.random(shape, np.float32) >= p).astype(x.dtype)


def _checked(name: str, x: Any, p: float, axes: tuple[int, ...] = ()) -> Any:
    x = floating(name, "x", x)
    number(name, "p", p, "from 0 to 1")
    if axes and x.ndim not in axes:
        raise ValueError(
            f"{called(name)}: x must have {' or '.join(map(str, axes))} axes, received shape "
            f"{x.shape}."
        )
    return x


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    r"""In training, each element as 0 with probability p, and else divided by 1 - p.

    .. math:: z = x \odot m / (1 - p), \quad m \sim \mathrm{Bernoulli}(1 - p)

    Shapes: any. Raises ValueError for a p outside [0, 1], TypeError for an x that is not
    floating-point.

    >>> import nn
    >>> nn.seed(0)
    >>> dropout(np.ones(6))
    array([2., 2., 2., 0., 0., 0.])
    """
    x = _checked("dropout", input, p)
    return into(input, _dropped(x, p, x.shape) if training and p else x, inplace)


def _dropped(x: Any, p: float, shape: tuple[int, ...]) -> Any:
    kept = _kept(x, p, shape)
    kept *= 1 / (1 - p) if p < 1 else 0
    return x * kept


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    r"""In training, each channel as 0 with probability p, and else divided by 1 - p.

    Shapes: (N, C, L) or (C, L). Raises ValueError for an x of another number of axes or a p outside
    [0, 1], TypeError for an x that is not floating-point.

    >>> import nn
    >>> nn.seed(0)
    >>> dropout1d(np.ones((6, 1))).ravel()
    array([2., 2., 2., 0., 0., 0.])
    """
    x = _checked("dropout1d", input, p, (2, 3))
    return into(input, _dropped(x, p, (*x.shape[:-1], 1)) if training and p else x, inplace)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    r"""In training, each channel as 0 with probability p, and else divided by 1 - p.

    Shapes: (N, C, H, W). Raises ValueError for an x of another number of axes or a p outside
    [0, 1], TypeError for an x that is not floating-point.

    >>> import nn
    >>> nn.seed(0)
    >>> dropout2d(np.ones((1, 6, 2, 2)))[0, :, 0, 0]
    array([2., 2., 2., 0., 0., 0.])
    """
    x = _checked("dropout2d", input, p, (4,))
    return into(input, _dropped(x, p, (*x.shape[:2], 1, 1)) if training and p else x, inplace)


# The lowest value of SELU: -scale * alpha.
LOWEST = -1.0507009873554804934193349852946 * 1.6732632423543772848170429916717


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    r"""In training, each element as :math:`\alpha'` with probability p, mean and variance kept.

    .. math:: z = a (x \odot m + \alpha' (1 - m)) + b, \quad
        a = \big((1 - p)(1 + p \alpha'^2)\big)^{-1/2},\; b = -a p \alpha'

    with :math:`\alpha'`, the lowest value of SELU, about -1.758. Shapes: any. Raises ValueError
    for a p outside [0, 1], TypeError for an x that is not floating-point.

    >>> import nn
    >>> nn.seed(0)
    >>> alpha_dropout(np.ones(4), training=True).round(3)
    array([ 1.666,  1.666,  1.666, -0.779])
    """
    x = _checked("alpha_dropout", input, p)
    if not training or p in (0, 1):
        return into(input, x * 0.0 if training and p else x, inplace)
    kept = _kept(x, p, x.shape)
    a = 1 / math.sqrt((1 - p) * (1 + p * LOWEST**2))
    shift = (1 - kept) * (a * LOWEST) - a * p * LOWEST
    kept *= a
    return into(input, x * kept + shift, inplace)
