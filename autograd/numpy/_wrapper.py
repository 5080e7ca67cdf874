"""What NumPy does not hand to a Tensor: arrays made of Tensors, and lists of them as arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

import numpy as np

from autograd.tensor import Tensor

__all__ = ["OURS", "holds_tensor", "metadata", "namespace"]

Function = Callable[..., Any]

# These take first a sequence of arrays, not a sequence that is an array.
SEQUENCES = {
    np.concatenate,
    np.stack,
    np.vstack,
    np.hstack,
    np.dstack,
    np.column_stack,
    np.linalg.multi_dot,
}
# And these take lists of arrays in their own ways.
AS_THEY_ARE = {np.block, np.select, np.choose, np.einsum, np.piecewise}


def holds_tensor(x: Any) -> bool:
    """Whether `x` is a Tensor or a (nested) list or tuple with one in it."""
    return isinstance(x, Tensor) or (isinstance(x, (list, tuple)) and any(map(holds_tensor, x)))


def array(object: Any, dtype: Any = None, *, ndmin: int = 0, **options: Any) -> Any:
    """As in NumPy; of Tensors, or (nested) lists with Tensors in them, a recorded Tensor.

    A Tensor has no subclasses, layout or second copy to choose, so of `options` (``copy``,
    ``order``, ``subok``) the values are the same whatever they say.

    >>> import autograd as ag
    >>> x = ag.tensor(2.0, requires_grad=True)
    >>> array([[1.0, x], [x * x, 3.0]])
    Tensor([[1., 2.],
            [4., 3.]], dtype=float64, made by stack)
    """
    if not holds_tensor(object):
        return np.array(object, dtype, ndmin=ndmin, **options)
    result = np.copy(object) if isinstance(object, Tensor) else _stacked(object)
    if dtype is not None and result.dtype != dtype:
        result = result.astype(dtype)
    missing = ndmin - result.ndim
    return np.reshape(result, (1,) * missing + result.shape) if missing > 0 else result


def _stacked(object: Any) -> Any:
    if not isinstance(object, (list, tuple)):
        return object
    return np.stack([_stacked(row) if holds_tensor(row) else np.asarray(row) for row in object])


def asarray(a: Any, dtype: Any = None, *args: Any, **options: Any) -> Any:
    """As in NumPy; a Tensor is already one, and a (nested) list with Tensors becomes one.

    >>> import autograd as ag
    >>> asarray(ag.tensor(2.0))
    Tensor(2., dtype=float64)
    """
    if not holds_tensor(a):
        return np.asarray(a, dtype, *args, **options)
    return a if isinstance(a, Tensor) and dtype in (None, a.dtype) else array(a, dtype)


def full(shape: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    """As in NumPy; filled with a Tensor, a recorded Tensor.

    >>> import autograd as ag
    >>> full(2, ag.tensor(3.0))
    Tensor([3., 3.], dtype=float64)
    """
    if not holds_tensor(fill_value):
        return np.full(shape, fill_value, dtype, **options)
    return np.broadcast_to(array(fill_value, dtype), shape)


def full_like(a: Any, fill_value: Any, dtype: Any = None, shape: Any = None, **options: Any) -> Any:
    """As in NumPy: the shape and dtype of `a`, filled; with a Tensor, a recorded one.

    >>> import autograd as ag
    >>> full_like(np.ones(2), ag.tensor(3.0))
    Tensor([3., 3.], dtype=float64)
    """
    if not holds_tensor(fill_value):
        return np.full_like(a, fill_value, dtype, shape=shape, **options)
    return full(np.shape(a) if shape is None else shape, fill_value, dtype or np.result_type(a))


def isscalar(element: Any) -> bool:
    """As in NumPy; a Tensor without axes is a scalar.

    >>> import autograd as ag
    >>> isscalar(ag.tensor(3.0))
    True
    """
    return element.ndim == 0 if isinstance(element, Tensor) else np.isscalar(element)


def metadata(a: Any) -> tuple[tuple[int, ...], int, Any, bool]:
    """The shape, the number of axes, the dtype and whether it is complex.

    >>> metadata(np.ones((2, 3)))
    ((2, 3), 2, dtype('float64'), False)
    """
    return np.shape(a), np.ndim(a), np.result_type(a), bool(np.iscomplexobj(a))


OURS: dict[str, Function] = {
    "array": array,
    "asarray": asarray,
    "asanyarray": asarray,
    "ascontiguousarray": asarray,
    "asfortranarray": asarray,
    "full": full,
    "full_like": full_like,
    "isscalar": isscalar,
    "metadata": metadata,
}


def _gathered(a: Any) -> Any:
    return array(a) if isinstance(a, (list, tuple)) and holds_tensor(a) else a


def _gathering(function: Function) -> Function:
    """`function`, for which a list of Tensors is the array of them."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*map(_gathered, args), **kwargs)

    return call


def _gathering_inside(function: Function) -> Function:
    """The same for a `function` of a sequence of arrays, which may be any iterable, as in HIPS."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if args and not isinstance(args[0], (Tensor, np.ndarray)):
            args = ([_gathered(a) for a in args[0]], *args[1:])
        return function(*args, **kwargs)

    return call


def namespace(module: ModuleType) -> dict[str, Any]:
    """What `module` exports and has loaded; its functions of arrays take lists of Tensors too."""
    names = {name: value for name, value in vars(module).items() if name in module.__all__}
    return {name: _wrapped(value) for name, value in names.items() if type(value) is not ModuleType}


def _wrapped(value: Any) -> Any:
    if not isinstance(value, type(np.sum)) or value in AS_THEY_ARE:
        return value  # no function that NumPy offers to other arrays, or one with its own lists
    return _gathering_inside(value) if value in SEQUENCES else _gathering(value)
