"""NumPy under the name that HIPS autograd gives it: ``import autograd.numpy as np``.

Every name of NumPy is here and is NumPy's own, because NumPy's own functions record when they are
given a Tensor. Only what NumPy doesn't offer to a Tensor is ours: making an array of Tensors
(`array`, `asarray`, `full`, ...), and lists of them where a function takes an array.

>>> import autograd.numpy as np
>>> from autograd import grad
>>> grad(lambda x: np.sum(np.array([x[0] * x[1], x[1]])))(np.array([2.0, 3.0]))
array([3., 3.])
"""

from typing import TYPE_CHECKING, Any

import numpy as _numpy

from autograd.numpy import _wrapper

if TYPE_CHECKING:
    from numpy import *  # noqa: F403
else:
    globals().update(_wrapper.namespace(_numpy) | _wrapper.OURS)
    from autograd.numpy import fft, linalg, random  # noqa: F401

__all__ = [*_numpy.__all__]


def __getattr__(name: str) -> Any:
    return getattr(_numpy, name)


def __dir__() -> list[str]:
    return sorted({*dir(_numpy), *globals()})
