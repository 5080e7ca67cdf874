"""Python's containers under the names that HIPS autograd gives them.

A container of traced values is an ordinary one here, so `list`, `tuple` and `dict` are Python's.
`isinstance` and `type` look through a traced value at what it stands for.
"""

import builtins
from typing import Any

from autograd.tracer import getval

__all__ = ["DictBox", "SequenceBox", "dict", "isinstance", "list", "tuple", "type"]

dict = builtins.dict
list = builtins.list
tuple = builtins.tuple  # type: ignore[type-arg]

# The type of a traced container, for annotations and isinstance.
DictBox = dict
SequenceBox = (list, tuple)


def isinstance(x: Any, kind: Any) -> bool:
    """Whether `x`, or what a traced `x` stands for, is of this kind.

    >>> import autograd as ag
    >>> import numpy as np
    >>> isinstance(ag.tensor(1.0), float), isinstance(ag.tensor([1.0]), np.ndarray)
    (True, True)
    """
    return builtins.isinstance(x, kind) or builtins.isinstance(getval(x), kind)


def type(x: Any) -> Any:
    """The type of `x`, or of what a traced `x` stands for.

    >>> import autograd as ag
    >>> type(ag.tensor([1.0]))
    <class 'numpy.ndarray'>
    """
    return builtins.type(getval(x))
