"""What code written for HIPS autograd imports to look at a traced value."""

from __future__ import annotations

from typing import Any

from autograd.extend import notrace_primitive, primitive
from autograd.tensor import Tensor

__all__ = ["Box", "getval", "isbox", "notrace_primitive", "primitive"]

Box = Tensor


def isbox(x: Any) -> bool:
    """Whether `x` is a traced value (a Tensor).

    >>> isbox(1.0)
    False
    """
    return isinstance(x, Tensor)


def getval(x: Any) -> Any:
    """The value of a traced `x` as a plain array or number; all else as it is.

    >>> import autograd as ag
    >>> getval(ag.tensor(2.0))
    np.float64(2.0)
    """
    return x.numpy()[()] if isinstance(x, Tensor) else x
