"""Hangs the operations on `Tensor` as its operators and array methods.

This is the one import cycle that operator overloading forces, broken here: operations make
Tensors, so `tensor.py` can't import them; it declares these names for type checkers only, and
importing this module gives them their meaning. An operator *is* the operation, not a method
that calls it, because one more Python call is a tenth of the cost of a small operation.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import getrefcount
from typing import Any

import numpy as np

from autograd import dispatch, functions
from autograd.errors import GradientError
from autograd.mode import watching
from autograd.ops import (
    elementwise,
    indexing,
    products,
    reductions,
    sequences,
    shape,
    sorting,
)
from autograd.tensor import Tensor, _values

Function = Callable[..., Any]


def _conj(x: Tensor) -> Any:
    """As NumPy's method, which leaves booleans what they are, and unlike its function."""
    return shape.copy(x) if x.dtype == bool else sequences.conj(x)


def _reflected(operation: Function) -> Function:
    return lambda x, y: operation(y, x)


def _in_place(operation: Function, symbol: str) -> Function:
    return lambda x, y: x._update(operation(x, y), f"x {symbol} y")


def _plain(function: Function) -> Function:
    """A method whose result is an array of booleans or integers, not a Tensor."""

    def method(x: Tensor, *args: Any, **kwargs: Any) -> Any:
        result = function(x._data, *map(_values, args), **kwargs)
        recorder = watching()
        if recorder is None:
            return result
        return recorder.computed(function, (x, *args), kwargs, result)

    return method


class _Probe:
    """Tells how many references there are, as `__setitem__` sees them."""

    def __setitem__(self, index: list[int], value: Any) -> None:
        index.append(getrefcount(self))


def _references_of_a_temporary() -> int:
    """And 0 if a Python does not count a variable."""
    counts: list[int] = []
    held = _Probe()
    _Probe()[counts] = None
    held[counts] = None
    return counts[0] if counts[0] < counts[1] else 0


_temporary = _references_of_a_temporary()


def _setitem(x: Tensor, index: Any, value: Any) -> None:
    if getrefcount(x) <= _temporary:
        raise GradientError(
            "x[i][j] = v: x[i] is a Tensor of its own, not a view, so the value would be lost; "
            "write x[i, j] = v (and index x.T or x.reshape(...) the other way round)."
        )
    x._update(indexing.index_update(x, value, index), "x[i] = v")


def _sort(x: Tensor, *args: Any, **kwargs: Any) -> None:
    """In place, unlike ``np.sort``."""
    x._update(sorting.sort(x, *args, **kwargs), "x.sort()")


def _partition(x: Tensor, *args: Any, **kwargs: Any) -> None:
    x._update(sorting.partition(x, *args, **kwargs), "x.partition()")


def _varargs(operation: Function) -> Function:
    """``t.reshape(2, 3)`` and ``t.reshape((2, 3))``, as in NumPy."""

    def method(x: Tensor, *n: Any, **kwargs: Any) -> Any:
        return operation(x, n[0] if len(n) == 1 and not isinstance(n[0], int) else n, **kwargs)

    return method


def _transpose(x: Tensor, *axes: Any) -> Any:
    return _varargs(shape.transpose)(x, *axes) if axes else shape.transpose(x)


def _outer(operation: Function) -> Function:
    """``np.multiply.outer``: every element of x with every element of y."""
    return lambda x, y: operation(np.reshape(x, (*np.shape(x), *(1,) * np.ndim(y))), y)


def _at(operation: Function, symbol: str) -> Function:
    """``np.add.at``: on a Tensor, like ``x[index] += y``, and once for each time it is named."""

    def at(x: Any, index: Any, y: Any) -> None:
        if not isinstance(x, Tensor):
            raise TypeError(
                f"ufunc.at: an array can't hold a Tensor; make it one first: `x = tensor(x)`, then "
                f"x[index] {symbol} y."
            )
        x._update(operation(x, y, index), f"x[index] {symbol} y")

    return at


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
    "__divmod__": elementwise.divmod,
    "__rdivmod__": _reflected(elementwise.divmod),
    "__round__": elementwise.round,
    "__invert__": _plain(np.invert),
    "__and__": _plain(np.bitwise_and),
    "__rand__": _plain(np.bitwise_and),
    "__or__": _plain(np.bitwise_or),
    "__ror__": _plain(np.bitwise_or),
    "__xor__": _plain(np.bitwise_xor),
    "__rxor__": _plain(np.bitwise_xor),
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
    "cumprod": reductions.cumprod,
    "trace": reductions.trace,
    "var": functions.var,
    "std": functions.std,
    "argmax": _plain(np.argmax),
    "argmin": _plain(np.argmin),
    "argsort": _plain(np.argsort),
    "argpartition": _plain(np.argpartition),
    "nonzero": _plain(np.nonzero),
    "searchsorted": _plain(np.searchsorted),
    "any": _plain(np.any),
    "all": _plain(np.all),
    "reshape": _varargs(shape.reshape),
    "ravel": shape.ravel,
    "flatten": shape.ravel,
    "transpose": _transpose,
    "swapaxes": shape.swapaxes,
    "squeeze": shape.squeeze,
    "repeat": shape.repeat,
    "diagonal": shape.diagonal,
    "take": indexing.take,
    "choose": indexing.choose,
    "compress": lambda x, condition, axis=None: indexing.compress(condition, x, axis),
    "put": indexing.put,
    "sort": _sort,
    "partition": _partition,
    "clip": elementwise.clip,
    "round": elementwise.round,
    "dot": products.dot,
    "astype": shape.astype,
    "copy": shape.copy,
    "conj": _conj,
    "conjugate": _conj,
}

# PyTorch's methods that are not here -> what is written for them.
SPELLINGS = {
    **dict.fromkeys(("to", "cuda", "cpu", "contiguous"), "leave it out, there is one memory"),
    **dict.fromkeys(("device", "is_cuda"), "leave it out, there is one memory"),
    "float": "write x.astype('float32')",
    "double": "write x.astype('float64')",
    "half": "write x.astype('float16')",
    "long": "write x.astype('int64')",
    "int": "write x.astype('int32')",
    "bool": "write x != 0",
    "type": "write x.astype(dtype)",
    "bmm": "write x @ y",
    "chunk": "write autograd.split(x, n, axis)",
    "clone": "write x.copy()",
    "dim": "write x.ndim",
    "eq": "write x == y",
    "expand": "write autograd.broadcast_to(x, shape)",
    "gather": "write autograd.take_along_axis(x, index, axis)",
    "grad_fn": "look at it with autograd.Tape",
    "masked_fill": "write autograd.where(mask, value, x)",
    "mm": "write x @ y",
    "norm": "write autograd.linalg.norm(x)",
    "numel": "write x.size",
    "permute": "write x.transpose(axes)",
    "pow": "write x ** y",
    "requires_grad_": "write x.requires_grad = True",
    "t": "write x.T",
    "unsqueeze": "write x[:, None] or autograd.expand_dims(x, axis)",
    "view": "write x.reshape(shape)",
    "zero_": "write x[...] = 0",
}


_FUNCTIONS = """
abs absolute argwhere arccos arcsin arctan ceil cos cosh cross cumprod deg2rad diag diff exp expm1
flip floor fmod hypot isfinite isinf isnan kron log log10 log1p log2 log_softmax logsumexp matmul
maximum median minimum moveaxis multiply nan_to_num outer quantile reciprocal relu roll sigmoid sign
sin sinh softmax split sqrt square stack tan tanh tile tril triu trunc where"""
_IN_PLACE = "add_ clamp_ copy_ div_ exp_ fill_ masked_fill_ mul_ pow_ relu_ sub_"
SPELLINGS |= {name: f"write autograd.{name}(x)" for name in _FUNCTIONS.split()}
SPELLINGS |= dict.fromkeys(
    _IN_PLACE.split(), "write x += y, x *= y, x[...] = y or the like for what changes x in place"
)


class _Elsewhere:
    """In place of an attribute of PyTorch's Tensors: says what to write instead.

    (A `__getattr__` would slow down every attribute, `_data` and `_node` too.)
    """

    def __init__(self, name: str, remedy: str) -> None:
        self.name = name
        self.remedy = remedy

    def __get__(self, x: Tensor | None, owner: type[Tensor]) -> Any:
        raise AttributeError(f"Tensor.{self.name}: there is no such attribute; {self.remedy}.")


def _dir(x: Tensor) -> list[str]:
    return [name for name in object.__dir__(x) if name not in SPELLINGS]


Tensor.__dir__ = _dir  # type: ignore[assignment, method-assign]
for name, remedy in SPELLINGS.items():
    if not hasattr(Tensor, name):
        setattr(Tensor, name, _Elsewhere(name, remedy))
for name, (symbol, operation) in BINARY.items():
    setattr(Tensor, f"__{name}__", operation)
    setattr(Tensor, f"__r{name}__", _reflected(operation))
    setattr(Tensor, f"__i{name}__", _in_place(operation, symbol))
for name, operation in METHODS.items():
    setattr(Tensor, name, operation)


def _refuse_mask(x: Tensor) -> Any:
    raise TypeError(
        "np.ma: a masked array and a Tensor don't mix, the gradient would be lost; fill it "
        "(`a.filled(0)`) and keep the mask as an array of its own."
    )


# By this name np.ma asks its other operand for a mask, after it took the values past NumPy's
# protocols.
Tensor._mask = property(_refuse_mask)  # type: ignore[attr-defined]
Tensor.T = property(lambda x: shape.transpose(x), doc="All axes in reverse order.")  # type: ignore[assignment]
Tensor.mT = property(lambda x: shape.matrix_transpose(x), doc="The last two axes exchanged.")  # type: ignore[assignment]
Tensor.real = property(sequences.real, doc="The Tensor itself.")  # type: ignore[assignment]
Tensor.imag = property(sequences.imag, doc="Zeros.")  # type: ignore[assignment]

for ufunc, operation in list(dispatch.operations.items()):
    if isinstance(ufunc, np.ufunc) and ufunc.nin == 2 and ufunc.signature is None:
        dispatch.methods[ufunc, "outer"] = _outer(operation)
dispatch.methods[np.add, "at"] = _at(lambda x, y, i: indexing.index_add(x, y, i), "+=")
dispatch.methods[np.subtract, "at"] = _at(
    lambda x, y, i: indexing.index_add(x, np.negative(y), i), "-="
)
