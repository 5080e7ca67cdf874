"""`primitive` and `defvjp` as HIPS autograd spells them, declared with the engine's `primitive`.

A rule is a function of the output and of all arguments that returns the vector-Jacobian product of
one of them, ``defvjp(f, lambda ans, x, y: lambda g: g * y, ...)``. It runs in the backward pass,
on plain arrays; where the pass is itself recorded, on Tensors.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import partial, wraps
from itertools import count
from typing import Any

import numpy as np

from autograd import dispatch
from autograd.errors import describe
from autograd.primitive import Operation, primitive as declare
from autograd.tensor import Tensor
from autograd.trees import tree_map

__all__ = [
    "Box",
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "notrace_primitive",
    "primitive",
]

Function = Callable[..., Any]

# argnum -> (argnum, ans, args, kwargs) -> vector-Jacobian product, None for a derivative of 0;
# under None, the rule of every argument that has no other.
Rules = dict[int | None, Function | None]

Box = Tensor  # what isinstance(x, Box) asks for


class _Gap:
    """Where an array stood among the arguments of a call."""

    def __init__(self, argnum: int) -> None:
        self.argnum = argnum


class _Call:
    """What a call was given besides arrays: its arguments with gaps, and for once its result."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.arrays: list[Any] = []
        self.gaps: list[_Gap] = []
        self.args = [tree_map(partial(self._take, k), arg) for k, arg in enumerate(args)]
        self.kwargs = kwargs
        self.result: Any = None

    def _take(self, argnum: int, _: str, leaf: Any) -> Any:
        if not isinstance(leaf, (Tensor, np.ndarray)):
            return leaf
        if leaf.dtype.kind not in "fiub":
            return np.array(leaf)
        self.arrays.append(leaf)
        self.gaps.append(_Gap(argnum))
        return self.gaps[-1]

    def filled(self, arrays: Iterable[Any]) -> list[Any]:
        """The arguments, with these arrays in the gaps."""
        there = dict(zip(self.gaps, arrays, strict=True))

        def fill(_: str, leaf: Any) -> Any:
            return there[leaf] if isinstance(leaf, _Gap) else leaf

        return [tree_map(fill, arg) for arg in self.args]

    def part(self, i: int, cotangent: Any) -> Any:
        """Of the cotangent of an argument, what belongs to the array in gap `i`."""
        parts: dict[Any, Any] = {}
        tree_map(
            lambda _, leaf, c: parts.update({id(leaf): c}),
            self.args[self.gaps[i].argnum],
            cotangent,
        )
        return parts[id(self.gaps[i])]

    def take_result(self) -> Any:
        """The result, which whoever holds the call does not keep alive."""
        result, self.result = self.result, None
        return result

    def __repr__(self) -> str:
        return "..."


def primitive(f_raw: Function) -> Function:
    """Make of `f_raw`, which computes on plain arrays, an operation that `defvjp` gives rules to.

    Arguments may be anything; arrays, also those in lists, tuples and dicts, are differentiated
    where they are given by position and are a Tensor. The result is an array or a tuple of them.
    Raises NotImplementedError when called with a Tensor that requires a gradient and has no rule.

    >>> import autograd.numpy as np
    >>> from autograd import grad
    >>> @primitive
    ... def logsumexp(x):
    ...     largest = np.max(x)
    ...     return largest + np.log(np.sum(np.exp(x - largest)))
    >>> defvjp(logsumexp, lambda ans, x: lambda g: g * np.exp(x - ans))
    >>> grad(logsumexp)(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    name = getattr(f_raw, "__name__", "")
    name = name if name.isidentifier() else "primitive"
    rules: Rules = {}

    def rule(g: Any, i: int, z: Any, xs: Any, call: _Call) -> Any:
        argnum = call.gaps[i].argnum
        maker = rules.get(argnum) or rules[None]
        assert maker is not None  # else f has passed it on as a constant
        return call.part(i, maker(argnum, z, call.filled(xs), call.kwargs)(g))

    def operation(outputs: int) -> Operation:
        return declare(
            lambda *xs, call: call.take_result(),
            name=name,
            outputs=outputs,
            tex=r"\operatorname{{" + name.replace("_", r"\_") + "}}({xs})",
            xs=rule,
        )

    single = operation(outputs=1)
    several: list[Operation] = []  # declared when it is first needed

    @wraps(f_raw)
    def f(*args: Any, **kwargs: Any) -> Any:
        call = _Call(args, kwargs)
        if not any(isinstance(x, Tensor) for x in call.arrays):
            return f_raw(*args, **kwargs)
        for key, value in kwargs.items():
            if isinstance(value, Tensor) and value.requires_grad:
                raise TypeError(
                    f"{name}: received {key}={describe(value)} that requires a gradient, and the "
                    "rules of a primitive are for arguments by position; give it by position."
                )
        for k, (x, gap) in enumerate(zip(call.arrays, call.gaps, strict=True)):
            if isinstance(x, Tensor) and x.requires_grad:
                if gap.argnum not in rules and None not in rules:
                    raise NotImplementedError(
                        f"{name}: argument {gap.argnum} requires a gradient and has no rule; give "
                        f"it one: defvjp({name}, ..., argnums=[{gap.argnum}])."
                    )
                if rules.get(gap.argnum, rules.get(None)) is None:
                    call.arrays[k] = x.detach()
        values = [x.numpy()[()] if isinstance(x, Tensor) else x for x in call.arrays]
        call.result = f_raw(*call.filled(values), **kwargs)
        if not isinstance(call.result, (tuple, list)):
            return single(*call.arrays, call=call)
        if not several:
            several.append(operation(outputs=0))
        return several[0](*call.arrays, call=call)

    f._rules = rules  # type: ignore[attr-defined]
    return f


def notrace_primitive(f_raw: Function) -> Function:
    """Make of `f_raw` a function that computes on values and has no gradient.

    >>> import autograd as ag
    >>> notrace_primitive(lambda x: x > 1)(ag.tensor(2.0, requires_grad=True))
    np.True_
    """

    def value(_: str, x: Any) -> Any:
        return x.numpy()[()] if isinstance(x, Tensor) else x

    @wraps(f_raw)
    def f(*args: Any, **kwargs: Any) -> Any:
        return f_raw(*tree_map(value, args), **tree_map(value, kwargs))

    return f


def _rules_of(fun: Function, caller: str) -> Rules:
    """Where the rules of `fun` are kept; a function of NumPy that has none becomes a primitive."""
    numpys = inspect.unwrap(fun)
    if isinstance(numpys, (np.ufunc, type(np.sum))) and not hasattr(fun, "_rules"):
        if numpys not in dispatch.operations:
            dispatch.overrides(numpys)(primitive(numpys))
        fun = dispatch.operations[numpys]
        if not hasattr(fun, "_rules"):
            raise TypeError(
                f"{caller}: {dispatch.numpy_name(numpys)} has its rules already; for others, make "
                "a primitive of your own that calls it."
            )
    if not hasattr(fun, "_rules"):
        raise TypeError(
            f"{caller}: {describe(fun)} is no primitive; decorate it with "
            "autograd.extend.primitive."
        )
    rules: Rules = fun._rules
    return rules


def defvjp(
    fun: Function, *vjpmakers: Function | None, argnums: Iterable[int] | None = None
) -> None:
    """Give the arguments of a primitive their rules, in order or for the given `argnums`.

    A rule is called as ``vjpmaker(ans, *args, **kwargs)(g)``; None says that the derivative is 0.

    >>> @primitive
    ... def double(x):
    ...     return 2 * x
    >>> defvjp(double, lambda ans, x: lambda g: 2 * g)
    """
    rules = _rules_of(fun, "defvjp")
    for argnum, maker in zip(count() if argnums is None else argnums, vjpmakers, strict=False):
        rules[argnum] = None if maker is None else _ignoring_argnum(maker)


def _ignoring_argnum(maker: Function) -> Function:
    return lambda argnum, ans, args, kwargs: maker(ans, *args, **kwargs)


def defvjp_argnum(fun: Function, vjpmaker: Function) -> None:
    """Give all arguments one rule, called as ``vjpmaker(argnum, ans, args, kwargs)(g)``.

    >>> @primitive
    ... def total(*xs):
    ...     return sum(xs)
    >>> defvjp_argnum(total, lambda argnum, ans, args, kwargs: lambda g: g)
    """
    _rules_of(fun, "defvjp_argnum")[None] = vjpmaker


def defvjp_argnums(fun: Function, vjpmaker: Function) -> None:
    """Give all arguments one rule, called as ``vjpmaker(argnums, ans, args, kwargs)(g)``.

    It returns a cotangent for each of `argnums`, and is asked for one at a time.

    >>> @primitive
    ... def total(*xs):
    ...     return sum(xs)
    >>> defvjp_argnums(total, lambda argnums, ans, args, kwargs: lambda g: [g for _ in argnums])
    """

    def maker(argnum: int, ans: Any, args: Any, kwargs: Any) -> Function:
        vjp = vjpmaker((argnum,), ans, args, kwargs)
        return lambda g: next(iter(vjp(g)))

    _rules_of(fun, "defvjp_argnums")[None] = maker


def defjvp(fun: Function, *jvpfuns: Any, argnums: Iterable[int] | None = None) -> None:
    """Accept a forward rule, which is not needed: ``jvp`` is computed from the reverse rules.

    A primitive still needs `defvjp`. (`defjvp_argnum`, `defjvp_argnums` and `def_linear` are this
    function, too.)

    >>> @primitive
    ... def double(x):
    ...     return 2 * x
    >>> defjvp(double, lambda g, ans, x: 2 * g)
    """
    _rules_of(fun, "defjvp")


defjvp_argnum = defjvp_argnums = def_linear = defjvp
