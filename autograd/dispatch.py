"""Which operation of the engine answers for which function of NumPy.

NumPy hands a call that has a Tensor among its arguments to the Tensor (its protocols
``__array_ufunc__`` and ``__array_function__``); these tables say what happens then.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from types import FrameType, FunctionType
from typing import Any, TypeVar

import numpy as np

__all__ = ["overrides"]

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)

# NumPy's function -> the operation that takes its place on Tensors.
operations: dict[Function, Function] = {}

# A method of a ufunc, (np.add, "reduce"), -> the operation that takes its place.
methods: dict[tuple[Function, str], Function] = {}

# Functions whose result is not differentiable, or is no array: they run on the values.
plain: set[Function] = {
    np.equal,
    np.not_equal,
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
    np.logical_and,
    np.logical_or,
    np.logical_xor,
    np.logical_not,
    np.isnan,
    np.isinf,
    np.isfinite,
    np.signbit,
    np.isclose,
    np.allclose,
    np.array_equal,
    np.array_equiv,
    np.iscomplexobj,
    np.isrealobj,
    np.iscomplex,
    np.isreal,
    np.bitwise_and,
    np.bitwise_or,
    np.bitwise_xor,
    np.invert,
    np.left_shift,
    np.right_shift,
    np.any,
    np.all,
    np.argmax,
    np.argmin,
    np.argsort,
    np.argpartition,
    np.lexsort,
    np.argwhere,
    np.nonzero,
    np.flatnonzero,
    np.count_nonzero,
    np.searchsorted,
    np.digitize,
    np.isin,
    np.ix_,
    np.ravel_multi_index,
    np.unravel_index,
    np.isposinf,
    np.isneginf,
    np.diag_indices_from,
    np.triu_indices_from,
    np.tril_indices_from,
    np.shape,
    np.ndim,
    np.size,
    np.result_type,
    np.can_cast,
    np.min_scalar_type,
    np.common_type,
    np.shares_memory,
    np.may_share_memory,
    np.array2string,
    np.array_repr,
    np.array_str,
}


def overrides(*functions: Function) -> Callable[[F], F]:
    """Make the decorated function answer for these functions of NumPy on Tensors.

    For a function composed of primitives, which needs no rule of its own; `primitive` does the
    same for what it declares.

    >>> import numpy as np
    >>> @overrides(np.packbits)
    ... def packbits(x):
    ...     return x * x  # not really
    >>> import autograd as ag
    >>> np.packbits(ag.tensor([3.0]))
    Tensor([9.], dtype=float64)
    >>> del operations[np.packbits]
    """

    def register(function: F) -> F:
        for replaced in functions:
            operations[replaced] = function
        return function

    return register


def late(ufunc: Function) -> Function | None:
    """The operation for a function of SciPy, whose rules are imported when first needed."""
    if "scipy.special" in sys.modules and "autograd.special" not in sys.modules:
        import_module("autograd.special")
    return operations.get(ufunc)


def called(name: str) -> str:
    """What the user called: the operation of that name, or the one that it is a part of.

    It is looked for among the frames, and only when an error is raised.
    """
    # (Several operations that one factory made share the code, which tells none of their names.)
    functions = [f for f in operations.values() if isinstance(f, FunctionType)]
    known = {f.__code__ for f in functions if f.__code__.co_name == f.__name__}
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "autograd.ops")  # the compiled calls have none
        if not module.startswith(("autograd.", "numpy.")) or module == "autograd.backward":
            break
        code = frame.f_code
        public = frame.f_globals.get("__all__", ()) if module in _COMPOSED else ()
        if (code in known and code.co_name != "_first_call") or code.co_name in public:
            name = code.co_name
        frame = frame.f_back
    return name


# The modules whose public functions are operations, also where NumPy has none of that name.
_COMPOSED = ("autograd.functions", "autograd.linalg", "autograd.special")


def numpy_name(function: Function) -> str:
    """The name under which a person calls it: ``np.linalg.norm``."""
    if isinstance(function, np.ufunc):
        module = "np" if getattr(np, function.__name__, None) is function else "scipy.special"
    else:
        module = (getattr(function, "__module__", None) or "numpy").replace("numpy", "np", 1)
    return f"{module}.{function.__name__}"


def unsupported(function: Function, method: str = "__call__") -> TypeError:
    """The refusal of a function that the engine has no rule for."""
    name = numpy_name(function) + ("" if method == "__call__" else f".{method}")
    known = {other.__name__: numpy_name(other) for other in (*plain, *operations)}
    kin = [other for other in known if other[:3] == function.__name__[:3]]  # setdiff1d of setxor1d
    near = get_close_matches(function.__name__, kin, 1, 0.5)
    hint = f" (near to it: {known[near[0]]})" if near and near[0] != function.__name__ else ""
    return TypeError(
        f"{name}: has no rule, so its gradient would be lost{hint}; give it the plain array "
        "`x.detach().numpy()` if you need no gradient, or declare a rule: "
        f"autograd.primitive({name}, implements={name}, ...)."
    )


@cache
def _signature(function: Function) -> list[inspect.Parameter]:
    """The parameters; none of a ufunc's, nor of what older versions of NumPy wrote in C."""
    if isinstance(function, np.ufunc):
        return []
    try:
        return list(inspect.signature(function).parameters.values())
    except ValueError:
        return []


@cache
def _parameters(function: Function) -> dict[str, Any]:
    """The names of the parameters, in order, with their defaults."""
    if isinstance(function, np.ufunc):
        return _UFUNC_DEFAULTS
    return {p.name: p.default for p in _signature(function)}


# Older versions of NumPy don't tell; `where=None`, say, is a mask.
_UFUNC_DEFAULTS = {"where": True, "casting": "same_kind", "order": "K", "subok": True}
_UFUNC_DEFAULTS |= dict.fromkeys(("dtype", "signature", "axes"))


def _positional(function: Function) -> list[str]:
    """The names of the parameters that positional arguments can reach, in order."""
    return [p.name for p in _signature(function) if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]


@cache
def _place_of_out(function: Function) -> int:
    """Which of the positional arguments is `out`; -1 if none can be."""
    names = _positional(function)
    return names.index("out") if "out" in names else -1


def apart(function: Function, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any], Any]:
    """The arguments without `out`, and `out`, by whichever way it was given."""
    if "out" in kwargs:
        kwargs = dict(kwargs)
        return args, kwargs, kwargs.pop("out")
    if 0 < (place := _place_of_out(function)) < len(args):
        behind = zip(_positional(function)[place + 1 :], args[place + 1 :], strict=False)
        return args[:place], dict(behind) | kwargs, args[place]
    return args, kwargs, None


def _takes_any_number(function: Function) -> bool:
    return any(p.kind is p.VAR_POSITIONAL for p in _signature(function))


@cache
def _renamed(function: Function, operation: Function) -> dict[str, str]:
    """What NumPy calls `a` and `b` is `x` and `y` here."""
    theirs, ours = _positional(function), _positional(operation)
    pairs = zip(theirs, ours, strict=False)
    return {a: b for a, b in pairs if a not in ours and b not in theirs}


@cache
def _same_order(function: Function, operation: Function, count: int) -> bool:
    """Whether the first `count` positional arguments mean the same to both."""
    theirs, ours = _positional(function), _positional(operation)
    if count > len(ours) and not _takes_any_number(operation):
        return False
    pairs = zip(theirs[:count], ours[:count], strict=False)
    return all(a == b or (a not in ours and b not in theirs) for a, b in pairs)


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (isinstance(value, str) and value == default)


def call(function: Function, operation: Function, args: Any, kwargs: dict[str, Any]) -> Any:
    """Call the operation with the arguments of NumPy's function; refuse what it does not take."""
    name = numpy_name(function)
    if len(args) > 1 and not _same_order(function, operation, len(args)):
        # NumPy's order has parameters that ours has not, such as out: go by their names.
        kwargs = dict(zip(_positional(function)[1:], args[1:], strict=False)) | kwargs
        args = args[:1]
    if not kwargs:
        return operation(*args)
    known, theirs, renamed = (
        _parameters(operation),
        _parameters(function),
        _renamed(function, operation),
    )
    taken = {}
    for keyword, value in kwargs.items():
        if keyword in known or "kwargs" in known:
            taken[keyword] = value
        elif keyword in renamed:
            taken[renamed[keyword]] = value
        elif keyword not in theirs or not _is_default(value, theirs[keyword]):
            raise TypeError(
                f"{name}: the keyword {keyword!r} is not supported on Tensors (supported: "
                f"{', '.join(known)}); leave it out, or give the function plain arrays if you need "
                "no gradient."
            )
    for parameter in _positional(operation)[len(args) :]:  # some can't be given by keyword
        if parameter not in taken:
            break
        args = (*args, taken.pop(parameter))
    return operation(*args, **taken)
