"""What rules written for HIPS autograd import to undo broadcasting.

The engine does this for every rule, so a rule written for it needs neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.numpy._wrapper import metadata

__all__ = ["unbroadcast", "unbroadcast_f"]


def unbroadcast(x: Any, target_meta: tuple[Any, ...]) -> Any:
    """`x` summed over the axes along which an array of the given `metadata` was broadcast.

    >>> unbroadcast(np.ones((2, 3)), metadata(np.ones((3,))))
    array([2., 2., 2.])
    """
    shape = target_meta[0]
    lead = np.ndim(x) - len(shape)
    stretched = tuple(
        k for k, n in enumerate(np.shape(x)) if k < lead or (shape[k - lead] == 1 and n != 1)
    )
    return np.reshape(np.sum(x, axis=stretched, keepdims=True), shape) if stretched else x


def unbroadcast_f(target: Any, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The vector-Jacobian product `f`, with its result summed to the shape of `target`.

    >>> unbroadcast_f(1.0, lambda g: 2 * g)(np.ones(3))
    array(6.)
    """
    meta = metadata(target)
    return lambda g: unbroadcast(f(g), meta)
