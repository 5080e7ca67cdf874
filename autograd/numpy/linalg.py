"""``numpy.linalg`` under the name that HIPS autograd gives it."""

from typing import TYPE_CHECKING, Any

import numpy.linalg as _numpy

from autograd.numpy import _wrapper

if TYPE_CHECKING:
    from numpy.linalg import *  # noqa: F403

globals().update(_wrapper.namespace(_numpy))

__all__ = [*_numpy.__all__]


def __getattr__(name: str) -> Any:
    return getattr(_numpy, name)
