r"""What a rule does, as a tree of operations.

No rule is written twice. The tree of a rule is the rule itself, run once on stand-ins while a
recorder listens: each operation that it uses on them is a node (`Expr`). So a formula made from it
can't say anything but what the code does; `Expr.evaluate` runs the tree, and tests hold that
against the rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd import dispatch, mode
from autograd.backward import dense
from autograd.explain.entries import Entry, Input
from autograd.explain.notation import Math, word
from autograd.primitive import Primitive, node_of, output
from autograd.tensor import Tensor, constant

__all__ = ["Expr", "apply", "forward_expr", "leaf", "recorded", "simplified", "stands_for"]

# ---------------------------------------------------------------------- trees of operations


@dataclass(eq=False, slots=True)
class Expr:
    """An operation on others, a symbol, or a constant; with the value that it has.

    ``function`` is a Primitive or a function of NumPy, or None; ``symbol`` what stands for it.
    """

    value: Any
    function: Any = None
    args: tuple[Expr, ...] = ()
    static: dict[str, Any] = field(default_factory=dict)
    symbol: Math | None = None
    size: int = 1

    @property
    def name(self) -> str:
        """The name of the operation, "" if there is none."""
        f = self.function
        return f.name if isinstance(f, Primitive) else f.__name__ if f else ""

    def evaluate(self) -> Any:
        """What the tree comes to when its operations are run anew."""
        known: dict[Expr, Any] = {}
        for e in self.nodes():
            given = [known[x] for x in e.args]
            known[e] = run(e.function, given, e.static) if e.function else e.value
        return known[self]

    def nodes(self) -> list[Expr]:
        """All of its operations, symbols and constants, each after what it is made of."""
        order: dict[Expr, None] = {}
        stack = [(self, False)]
        while stack:
            e, ready = stack.pop()
            if ready:
                order[e] = None
            elif e not in order:
                stack.append((e, True))
                stack += [(x, False) for x in e.args]
        return list(order)

    def replaced(self, by: dict[Expr, Expr]) -> Expr:
        """The tree with other trees in place of some, which have the same values."""
        made: dict[Expr, Expr] = {}
        for e in self.nodes():
            made[e] = by.get(e) or e.with_args([made[x] for x in e.args])
        return made[self]

    def with_args(self, args: list[Expr]) -> Expr:
        """The same operation on other trees, which have the same values."""
        same = all(a is b for a, b in zip(args, self.args, strict=True))
        return self if same else apply(self.function, args, self.static, self.value)


def apply(function: Any, args: Sequence[Expr], static: dict[str, Any], value: Any = None) -> Expr:
    """The function applied to trees, as a tree."""
    if value is None:
        value = run(function, [x.value for x in args], static)
    return Expr(value, function, tuple(args), static, size=1 + sum(x.size for x in args))


def _parts(e: Expr) -> list[Expr]:
    """The outputs of an operation that has several."""
    return [apply(output, [e], {"which": k}, value) for k, value in enumerate(e.value)]


def run(function: Any, values: list[Any], static: dict[str, Any]) -> Any:
    f = function.forward if isinstance(function, Primitive) else function
    with np.errstate(all="ignore"):
        return f(*values, **static)


class _Noted(np.ndarray[Any, Any]):
    """A plain result (a comparison, a mask) that remembers how it was computed from stand-ins."""

    expr: Expr | None = None
    recording: _Recording | None = None  # a slice of it has none, and is a constant

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, Tensor) for x in inputs):
            inputs = tuple(map(_wrapped, inputs))
            return getattr(ufunc, method)(*inputs, **kwargs)
        arrays = [np.asarray(x) if isinstance(x, _Noted) else x for x in inputs]
        result = getattr(ufunc, method)(*arrays, **kwargs)
        if method == "__call__" and not kwargs and self.recording is not None:
            return self.recording.computed(ufunc, inputs, {}, result)
        return result

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if Tensor in types:
            return function(*_each(_wrapped, args), **kwargs)
        result = function(*_each(_bare, args), **{k: _bare(v) for k, v in kwargs.items()})
        return self.recording.computed(function, args, kwargs, result) if self.recording else result

    def astype(self, dtype: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        array = np.asarray(self).astype(dtype, **kwargs)
        return self.recording.noted(array, self.expr) if self.recording else array


def _bare(x: Any) -> Any:
    return np.asarray(x) if isinstance(x, _Noted) else x


def _wrapped(x: Any) -> Any:
    """A noted array as a constant Tensor, for a function of the engine."""
    if not isinstance(x, _Noted):
        return x
    tensor = constant(np.asarray(x))
    if x.expr is not None and x.recording is not None:
        x.recording.know(tensor, x.expr)
    return tensor


def _each(convert: Callable[[Any], Any], args: Any) -> Any:
    """The arguments of a call converted, also those in lists."""
    return type(args)(
        _each(convert, x) if isinstance(x, (list, tuple)) else convert(x) for x in args
    )


class _Recording:
    """Listens while a rule runs on stand-ins, and makes the tree of what it does."""

    def __init__(self, static: dict[str, Any]) -> None:
        self.static = static
        self.known: dict[Any, Expr] = {}
        self.kept: list[Any] = []  # nodes are told apart by identity while they live

    def stand_in(self, e: Expr | tuple[Expr, ...]) -> Any:
        """A Tensor that stands for a tree; of something with several outputs, several."""
        if isinstance(e, tuple):
            return tuple(map(self.stand_in, e))
        if isinstance(e.value, tuple):
            return tuple(map(self.stand_in, _parts(e)))
        tensor = constant(np.asarray(e.value))
        return self.know(tensor, e)

    def know(self, tensor: Tensor, e: Expr) -> Tensor:
        """Note what a Tensor stands for."""
        node = node_of(tensor)
        self.kept.append(tensor)
        self.known[node] = e
        return tensor

    def expr(self, x: Any) -> Expr:
        """The tree of anything that a rule computes with."""
        if isinstance(x, _Noted) and x.expr is not None:
            return x.expr
        if isinstance(x, Tensor):
            known = self.known.get(node_of(x))
            return known if known is not None else Expr(x._data)
        return Expr(np.asarray(x) if isinstance(x, (np.ndarray, list, tuple)) else x)

    keeps = True

    def keep(self, primitive: Primitive, inputs: Any, static: dict[str, Any], result: Any) -> Any:
        """An operation of the engine."""
        args = list(map(self.expr, inputs))
        if primitive.outputs == 1:
            return self.know(result, apply(primitive, args, static, result._data))
        whole = apply(primitive, args, static, tuple(part._data for part in result))
        for part, e in zip(result, _parts(whole), strict=True):
            self.know(part, e)
        return result

    def lifted(self, constant: Tensor, array: Any) -> None:
        """An array that meets a Tensor."""
        if isinstance(array, _Noted) and array.expr is not None:
            self.know(constant, array.expr)
        for name, value in self.static.items():
            if value is array and isinstance(array, np.ndarray):
                self.know(constant, Expr(array, symbol=word(name)))

    def computed(self, function: Any, args: Any, kwargs: dict[str, Any], result: Any) -> Any:
        """NumPy's own function, on the values of Tensors or on what came of them."""
        if not isinstance(result, (np.ndarray, np.generic)) or function not in PLAIN:
            return result
        exprs = tuple(map(self.expr, args))
        if len(exprs) == 2 and np.asarray(exprs[0].value).dtype == bool:  # of a condition
            if function is np.not_equal and _is_zero(exprs[1]):
                return self.noted(result, exprs[0])
            if function is np.equal and _is_zero(exprs[1]):
                function, exprs = np.logical_not, exprs[:1]
            elif function in (np.logical_and, np.bitwise_and):
                for k in (0, 1):
                    if exprs[k].value is True:
                        return self.noted(result, exprs[1 - k])
        return self.noted(result, apply(function, exprs, kwargs, np.asarray(result)))

    def noted(self, array: Any, e: Expr | None) -> _Noted:
        """The array, remembering its tree."""
        result = np.asarray(array).view(_Noted)
        result.expr, result.recording = e, self
        return result


def _is_zero(e: Expr) -> bool:
    return e.function is None and e.symbol is None and not np.any(e.value)


# Plain functions of NumPy that rules use, which are no primitives, and have no derivative.
PLAIN: dict[Any, str] = {
    np.greater: "{x} > {y}",
    np.less: "{x} < {y}",
    np.greater_equal: r"{x} \geq {y}",
    np.less_equal: r"{x} \leq {y}",
    np.equal: "{x} = {y}",
    np.not_equal: r"{x} \neq {y}",
    np.logical_and: r"{x} \wedge {y}",
    np.bitwise_and: r"{x} \wedge {y}",
    np.logical_or: r"{x} \vee {y}",
    np.bitwise_or: r"{x} \vee {y}",
    np.logical_not: r"\neg {x}",
    np.invert: r"\neg {x}",
    np.isnan: r"\operatorname{{isnan}}({x})",
    np.isfinite: r"\operatorname{{isfinite}}({x})",
    np.add: "{x} + {y}",
    np.subtract: "{x} - {y}",
    np.multiply: r"{x} \odot {y}",
    np.where: r"\begin{{cases}} {y} & {x} \\ {w} & \text{{else}} \end{{cases}}",
    np.maximum: r"\max({x}, {y})",
    np.sum: r"\sum_{{{axis}}} {x}",
    np.multiply.outer: r"{x}\,{y}^\top",
}


# ---------------------------------------------------------------------- the tree of a rule


def recorded(
    entry: Entry, i: int, g: Expr | tuple[Expr, ...], stands: dict[int, Expr], z: Expr
) -> Expr:
    """What the rule of `entry` for its input `i` does, as a tree.

    `stands` has a tree for each input of the entry that the rule reads, by position; `g` and
    `z` are those of the cotangent and of the result. Broadcasting is undone as the backward pass
    does it.
    """
    recording = _Recording(entry.static)
    with mode.telling(recording), np.errstate(all="ignore"):
        values = tuple(
            recording.stand_in(stands[k]) if isinstance(x, (Entry, Input)) else x
            for k, x in ((k, entry.inputs[k]) for k in entry.reads(i))
        )
        needs = entry.needs(i, values, recording.stand_in(z))
        c = entry.rule(i)(recording.stand_in(g), **needs)
        c = dense(c, entry.inputs[i].node, entry.primitive)
    if isinstance(c, (list, tuple)):
        return Expr(tuple(part._data for part in c))
    return simplified(recording.expr(c))


# Larger trees are not read by anybody: they are named instead of shown.
LIMIT = 40


def readable(e: Expr) -> bool:
    """Whether a tree says something to a person: it is small, and shows where its numbers are from.

    (What a rule computes from its arrays by other means than operations is an array of which
    nothing more is known, and which would be another one for other values.)
    """
    return (
        e.size <= LIMIT and not isinstance(e.value, tuple) and not any(map(_is_opaque, e.nodes()))
    )


def _is_opaque(e: Expr) -> bool:
    array = np.asarray(e.value) if e.function is None and e.symbol is None else np.empty(0)
    return bool(array.ndim and array.size and (array.dtype == bool or np.ptp(array) != 0))


# ---------------------------------------------------------------------- the tree of an entry


def leaf(value: Entry | Input, symbol: Math | None, known: Any) -> Expr:
    """A tree for a value with a symbol; where its numbers are unknown, with others."""
    return Expr(dummy(value.shape, value.dtype) if known is None else known, symbol=symbol)


def dummy(shape: Any, dtype: Any) -> Any:
    """Distinct numbers for a shape, the same each time."""
    if isinstance(dtype, tuple):
        return tuple(map(dummy, shape, dtype))
    rng = np.random.default_rng(math.prod(shape))
    return np.asarray(rng.uniform(0.5, 1.5, shape)).astype(dtype)


def stands_for(
    entry: Entry, names: dict[Any, Math], positions: Sequence[int] | None = None
) -> dict[int, Expr]:
    """A tree for each input of the entry, or at `positions`; the symbol of each is in `names`."""
    return {
        k: leaf(x, names[x], x.value)
        if isinstance(x := entry.inputs[k], (Entry, Input))
        else Expr(x)
        for k in (range(len(entry.inputs)) if positions is None else positions)
    }


def forward_expr(entry: Entry, stands: dict[int, Expr]) -> Expr:
    """The operation of an entry as a tree."""
    args = [stands[k] for k in range(len(entry.inputs))]
    value = entry.value if entry.value is not None else dummy(entry.shape, entry.dtype)
    return apply(entry.primitive, args, entry.static, value)


# ---------------------------------------------------------------------- simplified


def simplified(e: Expr) -> Expr:
    """The tree without what surely changes nothing; each step is checked on the values."""
    if e.size > 20 * LIMIT:
        return e
    made: dict[Expr, Expr] = {}
    for old in e.nodes():
        new = old.with_args([made[x] for x in old.args])
        while (simpler := _simpler(new)) is not None:
            new = simpler
        made[old] = new
    return made[e]


def _simpler(e: Expr) -> Expr | None:
    for candidate in _candidates(e):
        if np.shape(candidate.value) == np.shape(e.value) and _equal(candidate.value, e.value):
            return candidate
    return None


def _equal(a: Any, b: Any) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.kind not in "fiub":
        return False
    eps = np.finfo(b.dtype).eps if b.dtype.kind == "f" else 0
    with np.errstate(all="ignore"):
        return bool(np.allclose(a, b, rtol=16 * eps, atol=16 * eps, equal_nan=True))


_negative: Primitive = dispatch.operations[np.negative].primitive  # type: ignore[attr-defined]


def _candidates(e: Expr) -> Iterable[Expr]:
    """Simpler trees that may mean the same."""
    args, name = e.args, e.name
    if name in ("positive", "copy", "squeeze", "expand_dims", "reshape", "astype", "broadcast_to"):
        yield args[0]
    if name == "negative" and args[0].name == name:
        yield args[0].args[0]
    if name in ("broadcast_to", "reshape") and args[0].function is None and not args[0].symbol:
        yield Expr(e.value)
    if _is_transpose(e):
        if _is_transpose(args[0]):
            yield args[0].args[0]
        if args[0].name == "matmul" and any(map(_is_transpose, args[0].args)):
            turned = [apply(e.function, [x], e.static) for x in reversed(args[0].args)]
            yield apply(args[0].function, [_simpler(x) or x for x in turned], {})
    if name in ("multiply", "divide", "power") and (
        e.static.get("exponent") == 1 or (len(args) == 2 and _filled_with(args[1], 1))
    ):
        yield args[0]
    if name in ("add", "subtract") and _filled_with(args[1], 0):
        yield args[0]
    if name == "where" and args[-1].value is True:
        yield args[0]
    if name == "multiply":
        if _filled_with(args[0], 1):
            yield args[1]
        for one, other in (args, args[::-1]):
            if one.name == "negative":
                inner = apply(e.function, [one.args[0], other], {})
                yield apply(_negative, [_simpler(inner) or inner], {})
            if one.name == "divide" and one.args[1] is other:
                yield one.args[0]
        bare = [x.args[0] if x.name == "getitem" and _adds_axes(x) else x for x in args]
        column = bare[0] is not args[0] and np.shape(args[0].value) == (np.size(args[0].value), 1)
        if column and all(np.ndim(x.value) == 1 for x in bare):
            yield apply(np.multiply.outer, bare, {})
    if name == "divide" and args[0].name == "negative":
        inner = apply(e.function, [args[0].args[0], args[1]], {})
        yield apply(_negative, [_simpler(inner) or inner], {})
    if name in ("add", "subtract", "multiply", "divide"):  # which broadcast by themselves
        for k, x in enumerate(args):
            if x.name in ("broadcast_to", "reshape", "expand_dims") or (
                x.name == "getitem" and _adds_axes(x)
            ):
                fewer = [*args]
                fewer[k] = x.args[0]
                if _fit(*(np.shape(y.value) for y in fewer)) == np.shape(e.value):
                    yield apply(e.function, fewer, e.static)
    if name == "getitem" and args[0].name == "matmul":  # of a vector as a row or a column
        for k, x in enumerate(args[0].args):
            if x.name == "getitem" and x.args[0].value.ndim == 1:
                bare = [*args[0].args]
                bare[k] = x.args[0]
                yield apply(args[0].function, bare, {})


def _is_transpose(e: Expr) -> bool:
    return e.name in ("transpose", "swapaxes") and np.ndim(e.value) == 2


def _adds_axes(e: Expr) -> bool:
    """Whether an index only adds axes of length 1, ``x[:, None]``."""
    index = e.static.get("index")
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is ... or (isinstance(p, slice) and p == slice(None)) for p in parts)


def _fit(*shapes: Any) -> Any:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return None


def _filled_with(e: Expr, value: float) -> bool:
    if e.name == "broadcast_to":
        e = e.args[0]
    return e.function is None and e.symbol is None and np.size(e.value) > 0 and bool(
        np.all(e.value == value)
    )  # fmt: skip
