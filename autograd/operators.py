"""Hangs the operations on `Tensor` as its operators and array methods.

This is the one import cycle that operator overloading forces, broken here: operations make
Tensors, so `tensor.py` can't import them; it declares these names for type checkers only, and
importing this module gives them their meaning. An operator *is* the operation, not a method
that calls it, because one more Python call is a tenth of the cost of a small operation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import functions
from autograd.ops import elementwise, indexing, products, reductions, shape
from autograd.tensor import Tensor, _values

Function = Callable[..., Any]


def _reflected(operation: Function) -> Function:
    return lambda x, y: operation(y, x)


def _in_place(operation: Function, symbol: str) -> Function:
    return lambda x, y: x._update(operation(x, y), f"x {symbol} y")


def _plain(function: Function) -> Function:
    """A method whose result is an array of booleans or integers, not a Tensor."""
    return lambda x, *args, **kwargs: function(x._data, *map(_values, args), **kwargs)


def _setitem(x: Tensor, index: Any, value: Any) -> None:
    x._update(indexing.index_update(x, value, index), "x[i] = v")


def _varargs(operation: Function) -> Function:
    """``t.reshape(2, 3)`` and ``t.reshape((2, 3))``, as in NumPy."""
    return lambda x, *n: operation(x, n[0] if len(n) == 1 and not isinstance(n[0], int) else n)


def _transpose(x: Tensor, *axes: Any) -> Any:
    return _varargs(shape.transpose)(x, *axes) if axes else shape.transpose(x)


BINARY: dict[str, tuple[str, Function]] = {
    "add": ("+=", elementwise.add),
    "sub": ("-=", elementwise.subtract),
    "mul": ("*=", elementwise.multiply),
    "truediv": ("/=", elementwise.divide),
    "floordiv": ("//=", elementwise.floor_divide),
    "mod": ("%=", elementwise.remainder),
    "pow": ("**=", elementwise.power),
    "matmul": ("@=", products.matmul),
}

METHODS: dict[str, Function] = {
    "__neg__": elementwise.negative,
    "__pos__": elementwise.positive,
    "__abs__": elementwise.absolute,
    "__getitem__": indexing.getitem,
    "__setitem__": _setitem,
    "__eq__": _plain(np.equal),
    "__ne__": _plain(np.not_equal),
    "__lt__": _plain(np.less),
    "__le__": _plain(np.less_equal),
    "__gt__": _plain(np.greater),
    "__ge__": _plain(np.greater_equal),
    "sum": reductions.sum,
    "mean": reductions.mean,
    "max": reductions.max,
    "min": reductions.min,
    "prod": reductions.prod,
    "cumsum": reductions.cumsum,
    "var": functions.var,
    "std": functions.std,
    "argmax": _plain(np.argmax),
    "argmin": _plain(np.argmin),
    "argsort": _plain(np.argsort),
    "any": _plain(np.any),
    "all": _plain(np.all),
    "reshape": _varargs(shape.reshape),
    "ravel": shape.ravel,
    "flatten": shape.ravel,
    "transpose": _transpose,
    "swapaxes": shape.swapaxes,
    "squeeze": shape.squeeze,
    "clip": elementwise.clip,
    "round": elementwise.round,
    "dot": products.dot,
    "astype": shape.astype,
    "copy": shape.copy,
}

for name, (symbol, operation) in BINARY.items():
    setattr(Tensor, f"__{name}__", operation)
    setattr(Tensor, f"__r{name}__", _reflected(operation))
    setattr(Tensor, f"__i{name}__", _in_place(operation, symbol))
for name, operation in METHODS.items():
    setattr(Tensor, name, operation)
Tensor.T = property(lambda x: shape.transpose(x), doc="All axes in reverse order.")  # type: ignore[assignment]
Tensor.mT = property(lambda x: products.transposed(x), doc="The last two axes exchanged.")  # type: ignore[assignment]
