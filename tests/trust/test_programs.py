"""Random programs: each statement gives what the reference gives, or refuses as it says.

A program is a list of statements of plain Python, grown from bytes, sixteen for each statement, so
that statements can be left out and choices made simpler to find the smallest that fails. (Not by
Hypothesis: its bytes repeat themselves, and reach a third of what random ones do.) What a failure
prints is the program itself.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd as ag
from autograd import GradientError, backward as backward_module
from autograd.primitive import lift
from tests.trust import reference as ref
from tests.trust.reference import LARGEST, Call, Handle, Leaf, Machine, Node, Unfit, Verdict

# ---------------------------------------------------------------------- operations


class Genes:
    """The bytes of one statement, read as choices; 0 when they are used up."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def below(self, n: int) -> int:
        self.at += 1
        return self.data[self.at - 1] % n if self.at <= len(self.data) else 0

    def of(self, options: Sequence[Any]) -> Any:
        return options[self.below(len(options))]


class NoTwin(Exception):  # noqa: N818
    """What PyTorch does not have, or has in other precision."""


class Use(NamedTuple):
    """An operation on the arrays that are named by `args` (variables or literals)."""

    call: Call
    args: tuple[str, ...]


def literal(array: Any) -> str:
    if not array.size:
        return f"np.zeros({array.shape}, dtype='{array.dtype}')"
    return f"np.array({array.tolist()}, dtype='{array.dtype}')"


def numbers(g: Genes, shape: tuple[int, ...], dtype: str) -> Any:
    """Eighths, so that ties, zeros and edges do occur; now and then they are positive."""
    key = g.below(256)
    values = np.random.default_rng(key).integers(1 if key % 4 == 3 else -14, 15, shape)
    return np.asarray(
        values % 2 if dtype == "bool" else values / (8 if dtype[0] == "f" else 4)
    ).astype(dtype)


SHAPES: list[tuple[int, ...]] = [
    (3,),
    (),
    (2, 3),
    (3, 3),
    (2,),
    (2, 2),
    (3, 1),
    (1, 3),
    (2, 1, 2),
    (1,),
    (3, 2),
    (0,),
    (2, 2, 2),
]
SCALARS = ["0.5", "-1.5", "2", "np.float64(0.75)", "np.float32(1.25)", "np.int64(2)", "True"]


def operand(g: Genes, m: Machine, like: Any) -> str:
    """A Tensor, a plain array, a number, or a literal that fits `like`."""
    kind = g.below(8)
    if kind < 4:
        fitting = [name for name in tensors(m) if fit(m.value(name).shape, np.shape(like))]
        return g.of(fitting) if fitting and kind else some_tensor(g, m)
    if kind < 6:
        arrays = [
            name
            for name, v in m.variables.items()
            if isinstance(v, np.ndarray) and fit(v.shape, np.shape(like))
        ]
        return g.of(arrays) if arrays else some_tensor(g, m)
    if kind == 6:
        return g.of(SCALARS)
    shape = like.shape[g.below(like.ndim + 1) :]
    return literal(numbers(g, shape, g.of(["float64", "float64", "float32", "int64"])))


def fit(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(n == k or 1 in (n, k) for n, k in zip(one[::-1], other[::-1], strict=False))


def tensors(m: Machine) -> list[str]:
    return [name for name, thing in m.variables.items() if isinstance(thing, Handle)]


def some_tensor(g: Genes, m: Machine) -> str:
    names = tensors(m)
    return names[-1 - min(g.below(len(names)) for _ in range(3))]


def some_result(g: Genes, m: Machine) -> str:
    """A Tensor, mostly one that operations made."""
    least = 1 if g.below(3) == 0 else 0
    names = [n for n in tensors(m) if m.node(n).recorded and m.node(n).order >= least]
    return (
        names[-1 - min(g.below(len(names)), g.below(len(names)))]
        if names and g.below(8)
        else some_tensor(g, m)
    )


def axis_of(g: Genes, x: Any, several: bool = True) -> Any:
    """An axis, several, or None; now and then one that is not there."""
    kind = g.below(8)
    if kind == 0 and several:
        return None
    if kind == 1 and several and x.ndim > 1:
        return (0, x.ndim - 1)
    if kind == 2:
        return x.ndim
    return g.below(2 * x.ndim) - x.ndim if x.ndim else (None if several else 0)


# name, text, rule, where it may be used, twin
def _always(x: Any) -> Any:
    return True


UNARY: list[tuple[str, list[str], Any, Callable[[Any], Any], Any]] = [
    ("tanh", ["np.tanh({0})", "ag.tanh({0})"], "tanh", _always, lambda t, x: t.tanh(x)),
    ("sin", ["np.sin({0})"], "sin", _always, lambda t, x: t.sin(x)),
    ("cos", ["np.cos({0})"], "cos", _always, lambda t, x: t.cos(x)),
    ("exp", ["np.exp({0})"], "exp", lambda x: x < 3, lambda t, x: t.exp(x)),
    ("expm1", ["np.expm1({0})"], "expm1", lambda x: x < 3, lambda t, x: t.expm1(x)),
    ("sinh", ["np.sinh({0})"], "sinh", lambda x: abs(x) < 3, lambda t, x: t.sinh(x)),
    ("cosh", ["np.cosh({0})"], "cosh", lambda x: abs(x) < 3, lambda t, x: t.cosh(x)),
    ("arctan", ["np.arctan({0})"], "arctan", _always, lambda t, x: t.arctan(x)),
    ("sqrt", ["np.sqrt({0})"], "sqrt", lambda x: x > 0.1, lambda t, x: t.sqrt(x)),
    ("log", ["np.log({0})"], "log", lambda x: x > 0.1, lambda t, x: t.log(x)),
    ("log1p", ["np.log1p({0})"], "log1p", lambda x: x > -0.8, lambda t, x: t.log1p(x)),
    ("reciprocal", ["np.reciprocal({0})", "1 / {0}"], "reciprocal", lambda x: abs(x) > 0.2,
     lambda t, x: t.reciprocal(x)),
    ("sigmoid", ["ag.sigmoid({0})"], "sigmoid", _always, lambda t, x: t.sigmoid(x)),
    ("square", ["np.square({0})", "{0} ** 2"], ref.square_rule, _always, lambda t, x: x * x),
    ("cube", ["{0} ** 3", "np.power({0}, 3)"], ref.cube_rule, _always, lambda t, x: x * x * x),
    ("relu", ["ag.relu({0})"], ref.weight_rule(lambda x: x > 0), _always, lambda t, x: t.relu(x)),
    ("absolute", ["np.abs({0})", "abs({0})"], ref.weight_rule(np.sign), _always, lambda t, x: t.abs(x)),
    ("clip", ["np.clip({0}, -0.5, 1.0)", "{0}.clip(-0.5, 1.0)"],
     ref.weight_rule(lambda x: (x >= -0.5) & (x <= 1.0)), _always, lambda t, x: t.clamp(x, -0.5, 1.0)),
    ("floor", ["np.floor({0})"], ref.weight_rule(lambda x: 0 * x), _always, lambda t, x: t.floor(x)),
    ("sign", ["np.sign({0})"], ref.weight_rule(lambda x: 0 * x), _always, lambda t, x: t.sign(x)),
    ("remainder", ["{0} % 1.5"], ref.weight_rule(lambda x: 1 + 0 * x), _always, lambda t, x: t.remainder(x, 1.5)),
    ("negative", ["-{0}", "np.negative({0})"], ref.linear_rule, _always, lambda t, x: -x),
    ("positive", ["+{0}", "{0}.copy()", "np.copy({0})"], ref.linear_rule, _always, lambda t, x: x + 0),
]  # fmt: skip


def unary(g: Genes, m: Machine) -> Use:
    name, texts, rule, fits, twin = g.of(UNARY)
    x = some_tensor(g, m)
    if not np.all(fits(m.value(x))) or m.value(x).dtype.kind != "f":
        raise Unfit
    rule = ref.unary_rule(rule) if isinstance(rule, str) else rule
    return Use(Call(name, g.of(texts), rule, twin), (x,))


def no_tie(x: Any, y: Any) -> tuple[Any, Any]:
    """For PyTorch, whose last digits may break or make a tie."""
    apart = (x - y).abs()
    if bool(((apart > 0) & (apart < 1e-9)).any()):
        raise NoTwin
    return x, y


# (PyTorch's own power is wrong to second order where the exponent is 0.)
BINARY: list[tuple[str, list[str], Any, Any]] = [
    ("add", ["{0} + {1}", "np.add({0}, {1})"], ref.linear_rule, lambda t, x, y: x + y),
    ("multiply", ["{0} * {1}", "np.multiply({0}, {1})"], ref.bilinear_rule, lambda t, x, y: x * y),
    ("subtract", ["{0} - {1}", "ag.subtract({0}, {1})"], ref.linear_rule, lambda t, x, y: x - y),
    ("divide", ["{0} / {1}"], ref.divide_rule, lambda t, x, y: x / y),
    ("maximum", ["np.maximum({0}, {1})"], ref.larger_rule(1), lambda t, x, y: t.maximum(*no_tie(x, y))),
    ("minimum", ["np.minimum({0}, {1})"], ref.larger_rule(-1), lambda t, x, y: t.minimum(*no_tie(x, y))),
    ("power", ["{0} ** {1}"], ref.power_rule, lambda t, x, y: t.exp(y * t.log(x))),
    ("hypot", ["np.hypot({0}, {1})"], ref.hypot_rule, lambda t, x, y: t.hypot(x, y)),
    ("logaddexp", ["np.logaddexp({0}, {1})"], ref.logaddexp_rule, lambda t, x, y: t.logaddexp(x, y)),
]  # fmt: skip


def binary(g: Genes, m: Machine) -> Use:
    name, texts, rule, twin = BINARY[min(g.below(len(BINARY)), g.below(len(BINARY)))]
    x = some_tensor(g, m)
    args = (x, operand(g, m, m.value(x)))
    args = args if g.below(3) else args[::-1]
    a, b = map(m.value, args)
    unfit = (
        (name == "divide" and not np.all(np.abs(b) > 0.2))
        or (name == "power" and not (np.all(a > 0.1) and np.asarray(a).dtype.kind == "f"))
        or (name == "hypot" and not (np.all(np.abs(a) > 0.1)))
    )
    if unfit:
        raise Unfit
    return Use(Call(name, g.of(texts), rule, twin), args)


def reduction(g: Genes, m: Machine) -> Use:
    x = some_tensor(g, m)
    v = m.value(x)
    axis, keep = axis_of(g, v), bool(g.below(2))
    inside = f"({{0}}, axis={axis}, keepdims={keep})"
    total = f"np.sum{inside}"
    name = g.of(["sum", "mean", "max", "prod", "var", "std", "norm", "min", "logsumexp"])
    text = f"np.{name}{inside}"
    if name in ("sum", "mean", "max", "prod", "var", "std") and g.below(2):
        text = f"{{0}}.{name}(axis={axis}, keepdims={keep})"
    dims = tuple(range(v.ndim)) if axis is None else axis

    def twin(kind: str) -> Callable[..., Any]:
        if not v.ndim:
            raise Unfit
        return {
            "sum": lambda t, x: t.sum(x, dims, keepdim=keep),
            "mean": lambda t, x: t.mean(x, dims, keepdim=keep),
            "max": lambda t, x: t.amax(x, dims, keepdim=keep),
            "min": lambda t, x: t.amin(x, dims, keepdim=keep),
            "var": lambda t, x: t.var(x, dims, keepdim=keep, correction=0),
            "std": lambda t, x: t.std(x, dims, keepdim=keep, correction=0),
            "norm": lambda t, x: t.sqrt(t.sum(x * x, dims, keepdim=keep)),
            "logsumexp": lambda t, x: t.logsumexp(x, dims, keepdim=keep),
        }[kind]

    if v.dtype.kind != "f" or (not v.size and name not in ("sum", "prod")):
        raise Unfit
    if name == "sum":
        return Use(Call(name, text, ref.linear_rule, twin(name) if v.ndim else None), (x,))
    if name == "mean":
        return Use(Call(name, text, ref.linear_rule, twin(name) if v.ndim else None), (x,))
    if name in ("max", "min"):
        return Use(Call(name, text, ref.extreme_rule(total), twin(name) if v.ndim else None), (x,))
    if name == "prod":
        pair = axis is None or isinstance(axis, tuple)
        return Use(
            Call(
                name,
                text,
                ref.prod_rule(total),
                None if pair else lambda t, x: t.prod(x, axis, keepdim=keep),
            ),
            (x,),
        )
    if name == "logsumexp":
        if np.any(np.abs(v) > 5):
            raise Unfit
        return Use(
            Call(name, f"ag.logsumexp{inside}", ref.softmax_rule(total, name), twin(name)), (x,)
        )
    if isinstance(axis, int) and not -v.ndim <= axis < v.ndim:
        raise Unfit
    if name == "norm":
        if np.any(np.sum(v * v, axis=axis) < 0.1):
            raise Unfit
        return Use(
            Call(name, f"np.linalg.vector_norm{inside}", ref.norm_rule(total), twin(name)), (x,)
        )
    if name == "std" and np.any(np.var(v, axis=axis) < 0.05):
        raise Unfit
    return Use(
        Call(name, text, ref.spread_rule(f"np.mean{inside}", 0, name == "std"), twin(name)), (x,)
    )


def along(g: Genes, m: Machine) -> Use:
    """What keeps the shape and goes along an axis."""
    x = some_tensor(g, m)
    v = m.value(x)
    axis = axis_of(g, v, several=False)
    if v.dtype.kind != "f" or not v.size:
        raise Unfit
    inside = f"({{0}}, axis={axis})"
    name = g.of(["softmax", "log_softmax", "cumsum", "sort", "cumprod", "diff", "flip", "roll"])
    if name in ("softmax", "log_softmax"):
        if np.any(np.abs(v) > 5):
            raise Unfit
        rule = ref.softmax_rule(f"np.sum({{0}}, axis={axis}, keepdims=True)", name)
        return Use(
            Call(name, f"ag.{name}{inside}", rule, lambda t, x: getattr(t, name)(x, axis)), (x,)
        )
    if name == "sort":
        call = Call(
            name,
            f"np.sort{inside}",
            ref.sort_rule(axis),
            lambda t, x: t.sort(x, dim=axis, stable=True).values,
        )
    elif name == "cumprod":
        rule = ref.cumprod_rule(f"np.cumsum{inside}")
        call = Call(name, f"np.cumprod{inside}", rule, lambda t, x: t.cumprod(x, axis))
    elif name == "roll":
        k = g.below(3) - 1
        call = Call(
            name, f"np.roll({{0}}, {k}, axis={axis})", ref.linear_rule,
            lambda t, x: t.roll(x, k, axis),
        )  # fmt: skip
    else:
        twins = {
            "cumsum": lambda t, x: t.cumsum(x, axis),
            "diff": lambda t, x: t.diff(x, dim=axis),
            "flip": lambda t, x: t.flip(x, (axis,)),
        }
        call = Call(name, f"np.{name}{inside}", ref.linear_rule, twins[name])
    return Use(call, (x,))


def reshaping(g: Genes, m: Machine) -> Use:
    x = some_tensor(g, m)
    v = m.value(x)
    name = g.of(["reshape", "T", "ravel", "swapaxes", "expand_dims", "squeeze", "broadcast_to",
                 "tril", "diagonal", "trace", "tile", "repeat", "pad", "astype", "moveaxis"])  # fmt: skip
    axis = axis_of(g, v, several=False)
    n = g.below(3) + 1
    shape = g.of([(-1,), (v.size,), (-1, 2), (3, -1), (1, -1), (2, 1, -1)])
    twin: Any = None
    if name == "reshape":
        text = g.of([f"{{0}}.reshape{shape}", f"np.reshape({{0}}, {shape})"])
        twin = lambda t, x: x.reshape(shape)
    elif name == "T":
        text = g.of(["{0}.T", "np.transpose({0})"])
        twin = lambda t, x: x.permute(*range(x.ndim)[::-1])
    elif name == "ravel":
        text, twin = g.of(["{0}.ravel()", "{0}.flatten()"]), lambda t, x: x.reshape(-1)
    elif name == "swapaxes":
        text, twin = f"{{0}}.swapaxes(0, {axis})", lambda t, x: x.swapaxes(0, axis)
    elif name == "moveaxis":
        text, twin = f"np.moveaxis({{0}}, 0, {axis})", lambda t, x: t.moveaxis(x, 0, axis)
    elif name == "expand_dims":
        text, twin = f"np.expand_dims({{0}}, {axis})", lambda t, x: x.unsqueeze(axis)
    elif name == "squeeze":
        text, twin = "{0}.squeeze()", lambda t, x: x.squeeze()
    elif name == "broadcast_to":
        wide = (n, *v.shape)
        text, twin = f"np.broadcast_to({{0}}, {wide})", lambda t, x: x.expand(wide)
    elif name == "tril":
        text, twin = (
            f"np.tril({{0}}, {n - 2})",
            (lambda t, x: t.tril(x, n - 2)) if v.ndim > 1 else None,
        )
    elif name == "diagonal":
        text, twin = "np.diagonal({0})", lambda t, x: t.diagonal(x)
    elif name == "trace":
        text, twin = "np.trace({0})", lambda t, x: t.diagonal(x).sum(-1)
    elif name == "tile":
        text, twin = f"np.tile({{0}}, {n})", lambda t, x: t.tile(x, (n,))
    elif name == "repeat":
        text, twin = (
            f"np.repeat({{0}}, {n}, axis={axis})",
            lambda t, x: t.repeat_interleave(x, n, axis),
        )
    elif name == "pad":
        text = f"np.pad({{0}}, ({n - 1}, 1))"
        twin = lambda t, x: t.nn.functional.pad(x, (n - 1, 1) * x.ndim)
    else:
        dtype = g.of(["float64", "float32", "float64"])
        return Use(ref.ASTYPE[dtype], (x,))
    if v.dtype.kind != "f":
        raise Unfit
    return Use(Call(name, text, ref.linear_rule, twin), (x,))


def index_text(g: Genes, v: Any) -> str:
    """An index, in one of NumPy's forms."""
    n = v.shape[0] if v.ndim else 1
    k = g.below(2 * n or 1) - n
    options = [str(k), "1:", "::-1", "..., 0", "None", "[0, -1, 0]", ":, 1", "..., None, 0",
               "np.array([0, 1])", f"-1, {k}", "5", "0:0", f"[True] + [False] * {max(n - 1, 0)}",
               "...", "::2", ":, [0, 0]", "[1, 0], [0, 0]"]  # fmt: skip
    return str(g.of(options))


def part(g: Genes, m: Machine) -> Use:
    x = some_tensor(g, m)
    v = m.value(x)
    if g.below(4) == 0:
        index = g.below(2 * v.shape[0] or 1) - v.shape[0] if v.ndim else 0
        text = f"np.take({{0}}, [{index}, 0, {index}], axis=0)"
        return Use(Call("take", text, ref.linear_rule, lambda t, x: x[[index, 0, index]]), (x,))
    text = index_text(g, v)
    twin = None if "-1" in text and "::" in text else _indexed(text)
    return Use(Call("getitem", f"{{0}}[{text}]", ref.linear_rule, twin), (x,))


def _indexed(text: str) -> Callable[..., Any]:
    return lambda t, x: eval(f"x[{text}]", {"x": x, "np": np})


def joining(g: Genes, m: Machine) -> Use:
    x = some_tensor(g, m)
    v = m.value(x)
    axis = axis_of(g, v, several=False)
    same = [n for n in tensors(m) if m.value(n).shape == v.shape]
    args = (x, g.of(same), *([g.of(same)] if g.below(2) else []))
    slots = ", ".join(f"{{{k}}}" for k in range(len(args)))
    name = g.of(["concatenate", "stack", "split", "hstack"])
    if name == "split":
        text = f"np.split({{0}}, 2, axis={axis})[1]"
        return Use(Call(name, text, ref.linear_rule, lambda t, x: t.chunk(x, 2, axis)[1]), (x,))
    if name == "hstack":
        return Use(
            Call(name, f"np.hstack([{slots}])", ref.linear_rule, lambda t, *x: t.hstack(x)), args
        )
    twin = (
        (lambda t, *x: t.cat(x, axis))
        if name == "concatenate"
        else (lambda t, *x: t.stack(x, axis))
    )
    return Use(Call(name, f"np.{name}([{slots}], axis={axis})", ref.linear_rule, twin), args)


EINSUMS = [("ij,jk->ik", 2), ("i,i->", 2), ("i,j->ij", 2), ("ij,ij->i", 2), ("ij->ji", 1),
           ("ii->", 1), ("ii->i", 1), ("ij,j->i", 2), ("...i,...i->...", 2), ("ij->", 1)]  # fmt: skip


def product(g: Genes, m: Machine) -> Use:
    x = some_tensor(g, m)
    y = operand(g, m, m.value(x)) if g.below(2) else some_tensor(g, m)
    name = g.of(["matmul", "einsum", "dot", "outer", "inner", "tensordot", "kron", "vecdot"])
    if np.ndim(m.value(y)) == 0 and name in ("matmul", "einsum", "vecdot"):
        y = x
    if name == "einsum":
        spec, count = g.of(EINSUMS)
        if spec.startswith("ii") and len({*np.shape(m.value(x))}) > 1:
            raise Unfit  # NumPy takes a diagonal of what is not square, where a length is 0 or 1
        slots = "{0}, {1}" if count == 2 else "{0}"
        rule = ref.bilinear_rule if count == 2 else ref.linear_rule
        twin = lambda t, *x: t.einsum(spec, *x)
        return Use(Call(name, f"np.einsum('{spec}', {slots})", rule, twin), (x, y)[:count])
    text = {
        "matmul": g.of(["{0} @ {1}", "np.matmul({0}, {1})"]),
        "tensordot": "np.tensordot({0}, {1}, axes=1)",
    }.get(name, f"np.{name}({{0}}, {{1}})")
    twins = {
        "matmul": lambda t, x, y: x @ y,
        "outer": lambda t, x, y: t.outer(x.reshape(-1), y.reshape(-1)),
        "tensordot": lambda t, x, y: t.tensordot(x, y, dims=1),
        "kron": lambda t, x, y: t.kron(x, y),
        "inner": lambda t, x, y: t.inner(x, y),
        "vecdot": lambda t, x, y: (x * y).sum(-1),
    }
    return Use(Call(name, text, ref.bilinear_rule, twins.get(name)), (x, y))


def choice(g: Genes, m: Machine) -> Use:
    c, x = some_tensor(g, m), some_tensor(g, m)
    y = operand(g, m, m.value(x))
    threshold = g.of([0.25, -0.5, 0.0])
    twin = lambda t, c, x, y: t.where(c > threshold, x, y)
    text = f"np.where({{0}} > {threshold}, {{1}}, {{2}})"
    return Use(Call("where", text, ref.where_rule(threshold), twin, blind=1), (c, x, y))


OPERATIONS = [binary, unary, reduction, binary, part, reshaping, along, product, joining, choice]

# ---------------------------------------------------------------------- statements


class Statement(NamedTuple):
    kind: str
    text: str
    verdict: Callable[[Machine], Verdict]
    writes: str = ""  # the Tensor whose memory may be written to


def fresh(m: Machine, letter: str) -> str:
    """A name that is new."""
    taken = [int(n[1:]) for n in m.variables if n[0] == letter]
    return f"{letter}{max(taken, default=-1) + 1}"


def target_of(g: Genes, m: Machine) -> str:
    """A new variable, now and then an old one."""
    return some_tensor(g, m) if g.below(10) == 9 else fresh(m, "x")


MODES = ["", "", "", "", "with ag.no_grad(): ", "", "with ag.no_grad(), ag.enable_grad(): ", ""]
RECORDING = {mode: mode != "with ag.no_grad(): " for mode in MODES}


def operation(g: Genes, m: Machine) -> Statement:
    mode = g.of(MODES)
    call, args = g.of(OPERATIONS)(g, m)
    target = target_of(g, m)
    text = f"{mode}{target} = {call.text.format(*args)}"
    return Statement("operation", text, lambda m: m.bind(target, call, args, RECORDING[mode]))


DTYPES = ["float64", "float64", "float64", "float32", "int64", "bool"]


def new_leaf(g: Genes, m: Machine) -> Statement:
    shape, dtype = some_shape(g, m), DTYPES[min(g.below(6), g.below(6))]
    array = numbers(g, shape, dtype)
    return _new(m, array, g.below(8) > 0)


def some_shape(g: Genes, m: Machine) -> tuple[int, ...]:
    """Mostly that of a Tensor."""
    names = tensors(m)
    return np.shape(m.value(g.of(names))) if names and g.below(3) else g.of(SHAPES)


def first_leaf(g: Genes, m: Machine) -> Statement:
    single = g.below(5) == 4
    return _new(m, numbers(g, some_shape(g, m), "float32" if single else "float64"), True)


def _new(m: Machine, array: Any, requires: bool) -> Statement:
    target = fresh(m, "x")
    text = f"{target} = ag.tensor({literal(array)}, requires_grad={requires})"
    return Statement("tensor", text, lambda m: m.tensor(target, array, requires))


def new_array(g: Genes, m: Machine) -> Statement:
    target = fresh(m, "a")
    array = numbers(g, some_shape(g, m), DTYPES[g.below(5)])
    text = f"{target} = {literal(array)}"
    return Statement(
        "array", text, lambda m: Verdict(lambda: m.variables.update({target: array.copy()}))
    )


def array_change(g: Genes, m: Machine) -> Statement:
    """A plain array, perhaps captured by an operation, is written to."""
    arrays = [name for name, thing in m.variables.items() if isinstance(thing, np.ndarray)]
    if not arrays:
        return new_array(g, m)
    name, mode = g.of(arrays), g.of(MODES)
    arg = operand(g, m, m.variables[name]) if g.below(2) else g.of(SCALARS[:3])
    change = g.of(["{a} *= {v}", "{a}[...] = {v}", "{a} -= {v}", "{a}[0] = {v}"])
    if change[3] == "[" and np.ndim(m.value(arg)):
        change = "{a} += {v}"  # an array of one element is no number to NumPy, a Tensor is

    def apply(a: Any, v: Any) -> Any:
        scope = {"a": a, "v": v}
        exec(change.format(a="a", v="v"), scope)
        return scope["a"]

    return Statement(
        "array change",
        mode + change.format(a=name, v=arg),
        lambda m: m.into_array(name, apply, arg, RECORDING[mode]),
    )


IN_PLACE = {"+": 0, "*": 1, "-": 2, "/": 3}


def in_place(g: Genes, m: Machine) -> Statement:
    name, symbol = some_tensor(g, m), g.of(list(IN_PLACE))
    v, handle = m.value(name), m.variables[name]
    leaf = handle.node.leaf is not None
    mode = g.of(MODES) if not leaf or g.below(4) == 0 else "with ag.no_grad(): "
    arg = operand(g, m, v)
    if symbol == "/" and not np.all(np.abs(m.value(arg)) > 0.2):
        raise Unfit
    kind, _, rule, twin = BINARY[IN_PLACE[symbol]]
    call = Call(kind, f"{{0}} {symbol} {{1}}", rule, twin)
    return Statement(
        "x += y",
        f"{mode}{name} {symbol}= {arg}",
        lambda m: m.update(name, call, (name, arg), RECORDING[mode]),
        writes=name,
    )


def _with_item(index: str) -> Callable[..., Any]:
    def twin(t: Any, x: Any, y: Any) -> Any:
        z = x.clone()
        exec(f"z[{index}] = y", {"z": z, "y": y, "np": np})
        return z

    # PyTorch has no negative steps, and is wrong where an element is written twice.
    return None if any(part in index for part in ("::-1", "0, -1, 0", "[0, 0]")) else twin


def set_item(g: Genes, m: Machine) -> Statement:
    name = some_tensor(g, m)
    v, handle = m.value(name), m.variables[name]
    mode = g.of(MODES) if handle.node.leaf is None else g.of(["with ag.no_grad(): ", ""])
    index = index_text(g, v)
    arg = operand(g, m, v) if g.below(2) else g.of(SCALARS[:4])
    try:
        ndim = np.ndim(eval(f"v[{index}]", {"v": v, "np": np}))
    except IndexError:
        ndim = LARGEST
    if np.ndim(m.value(arg)) > ndim and (not ndim or not v.size):
        raise Unfit  # NumPy takes no array of one element for a number, and any that has none
    text = f"ag.with_item({{0}}, {{1}}, {index!r})"
    call = Call("index_update", text, ref.linear_rule, _with_item(index))
    return Statement(
        "x[i] = v",
        f"{mode}{name}[{index}] = {arg}",
        lambda m: m.set_item(name, call, (name, arg), RECORDING[mode]),
        writes=name,
    )


def temporary(g: Genes, m: Machine) -> Statement:
    """A write into a part without a name, which would be lost."""
    name = some_tensor(g, m)
    v = m.value(name)
    if v.ndim < 2 or not v.size:
        raise Unfit
    text = g.of([f"{name}[0][0] = 0.5", f"{name}.T[0] = 0.5", f"{name}.reshape(-1)[0] = 0.5"])

    def verdict(m: Machine) -> Verdict:
        verdict = Verdict()
        verdict.refuse("temporary", GradientError)
        return verdict

    return Statement("x[i][j] = v", text, verdict)


def data_change(g: Genes, m: Machine) -> Statement:
    name = some_tensor(g, m)
    v = m.value(name)
    arg = operand(g, m, v) if g.below(2) else g.of(SCALARS[:3])
    if isinstance(m.variables.get(arg), Handle):
        arg += ".numpy()"
    change = g.of(["{x} -= {v}", "{x} *= {v}", "{x}[...] = {v}", "{x}[0] = {v}", "{x} = {v}"])
    value = m.value(arg.removesuffix(".numpy()"))

    def apply(a: Any) -> Any:
        if change == "{x} = {v}":  # the setter: shape and kind must stay
            new = np.array(value)
            if new.shape != a.shape or not np.can_cast(new.dtype, a.dtype, "same_kind"):
                raise ValueError
            return new.astype(a.dtype)
        scope = {"a": a, "v": value}
        exec(change.format(x="a", v="v"), scope)
        return scope["a"]

    text = change.format(x=f"{name}.data", v=arg)
    return Statement("x.data", text, lambda m: m.data(name, apply), writes=name)


def handle_work(g: Genes, m: Machine) -> Statement:
    """What makes another handle, forgets one, or asks something of one."""
    name = some_tensor(g, m)
    handle = m.variables[name]
    kind = g.of(["detach", "alias", "take grad", "zero_grad", "retain_grad", "escape", "requires",
                 "tensor of array", "numpy", "del", "data as constant", "zero_grad"])  # fmt: skip
    new = target_of(g, m)
    if kind == "detach":
        return Statement(kind, f"{new} = {name}.detach()", lambda m: m.detach(new, name))
    if kind == "alias":
        return Statement(
            kind, f"{new} = {name}", lambda m: Verdict(lambda: m.variables.update({new: handle}))
        )
    if kind == "take grad":
        if handle.grad is None and handle.is_leaf:
            raise Unfit
        return Statement(kind, f"{new} = {name}.grad", lambda m: m.take_grad(new, name))
    if kind == "zero_grad":
        name = next((n for n in tensors(m) if m.variables[n].grad), name)
        return Statement(kind, f"{name}.zero_grad()", lambda m: m.zero_grad(name))
    if kind == "retain_grad":
        if handle.node.gradient:
            raise Unfit  # it may be one entry with the cotangent that it was made of
        return Statement(kind, f"{name}.retain_grad()", lambda m: m.retain_grad(name))
    if kind == "escape":
        mode = g.of(MODES)
        number = bool(g.below(2))
        text = f"float({name})" if number else f"np.asarray({name})"
        return Statement(kind, mode + text, lambda m: m.escape(name, RECORDING[mode], number))
    if kind == "requires":
        return Statement(kind, f"{name}.requires_grad = True", lambda m: m.requires(name))
    if kind == "numpy":
        array = fresh(m, "a")
        return Statement(
            kind,
            f"{array} = {name}.numpy()",
            lambda m: Verdict(lambda: m.variables.update({array: m.value(name).copy()})),
        )
    if kind == "data as constant":
        return Statement(kind, f"{new} = ag.tensor({name}.data)", lambda m: m.detach(new, name))
    if kind == "tensor of array":
        arrays = [n for n, thing in m.variables.items() if isinstance(thing, np.ndarray)]
        if not arrays:
            raise Unfit
        array, wants = g.of(arrays), bool(g.below(2))
        text = f"{new} = ag.tensor({array}, requires_grad={wants})"
        return Statement(kind, text, lambda m: m.tensor(new, m.value(array).copy(), wants))
    if len(tensors(m)) < 3:
        raise Unfit
    return Statement(kind, f"del {name}", lambda m: Verdict(lambda: m.variables.pop(name) and None))


def cotangent_for(g: Genes, m: Machine, v: Any) -> str | None:
    if v.size == 1 and g.below(3):
        return None
    kind = g.below(8)
    if kind == 7:
        return g.of([None, literal(np.ones((*v.shape, 2)))])
    same = [
        n
        for n, t in m.variables.items()
        if isinstance(t, (Handle, np.ndarray)) and m.value(n).shape == v.shape
    ]
    if kind < 3 and same:
        return str(g.of(same))
    return literal(numbers(g, v.shape, g.of(["float64", "float64", "float32", "int64"])))


LATER = 2  # the highest order of derivative that is asked for


def a_pass(g: Genes, m: Machine, name: str) -> tuple[str | None, bool, bool, str]:
    v = m.value(name)
    cotangent = cotangent_for(g, m, v)
    create = g.below(2) == 0
    retain = g.of([None, None, True, False, True, None])
    order = max([m.node(name).order, *(m.node(c).order for c in [cotangent] if c)])
    if order >= LATER or (
        create and order + 1 >= LATER and len(ref.reached([m.node(name)], False)) > 25
    ):
        create = False
    options = (f", retain_graph={retain}" if retain is not None else "") + (
        ", create_graph=True" if create else ""
    )
    return cotangent, create if retain is None else retain, create, options


def backward(g: Genes, m: Machine) -> Statement:
    name = some_result(g, m)
    if m.node(name).wants is False and g.below(4):
        raise Unfit
    cotangent, retain, create, options = a_pass(g, m, name)
    inputs = None
    if g.below(4) == 0:
        inputs = sorted({some_tensor(g, m) for _ in range(1 + g.below(2))})
        if len({id(m.variables[n]) for n in inputs}) < len(inputs):
            raise Unfit
        options += f", inputs=[{', '.join(inputs)}]"
    mode = "with ag.no_grad(): " if g.below(8) == 7 else ""
    text = f"{mode}{name}.backward({cotangent}{options})"
    return Statement(
        "backward", text, lambda m: m.sweep([name], [cotangent], inputs, retain, create, None)
    )


def gradients(g: Genes, m: Machine) -> Statement:
    outputs = [some_result(g, m) for _ in range(1 + (g.below(4) == 0))]
    first, retain, create, options = a_pass(g, m, outputs[0])
    cotangents = [first, *(cotangent_for(g, m, m.value(name)) for name in outputs[1:])]
    wanting = [n for n in tensors(m) if m.node(n).wants is not False or g.below(16) == 15]
    if not wanting:
        raise Unfit
    inputs = [g.of(wanting) for _ in range(1 + g.below(2))]
    if create and m.node(inputs[0]).key is m.node(inputs[-1]).key:
        del inputs[1:]  # whether two recorded gradients are one result is not decided
    unused = g.below(3) == 0
    options += ", allow_unused=True" if unused else ""
    start = int(fresh(m, "x")[1:])
    names = [f"x{start + k}" for k in range(len(inputs))]
    text = (
        f"{', '.join(names)}, = ag.gradients([{', '.join(outputs)}], [{', '.join(inputs)}], "
        f"[{', '.join(map(str, cotangents))}]{options})"
    )
    return Statement(
        "gradients",
        text,
        lambda m: m.sweep(outputs, cotangents, inputs, retain, create, names, unused),
    )


STATEMENTS = (
    [operation] * 18
    + [backward, gradients] * 4
    + [in_place, handle_work] * 3
    + [array_change] * 4
    + [set_item] * 2
    + [new_leaf, data_change, temporary]
)


def grown(g: Genes, m: Machine) -> Statement:
    """The statement that the genes mean for the variables that there are."""
    if len(tensors(m)) < 2:
        return first_leaf(g, m)
    return g.of(STATEMENTS)(g, m)


def last_pass(m: Machine, name: str, create: bool) -> Statement:
    """The gradient of a result with respect to all leaves."""
    node = m.node(name)
    leaves = [n for n in tensors(m) if m.node(n).leaf and m.node(n).leaf is not node.leaf]
    if node.order >= LATER or len(ref.reached([node], certain=False)) > 25 or not leaves:
        raise Unfit
    size = node.value.size
    weights = (
        np.linspace(-1, 1.5, size).reshape(node.value.shape)
        if size > 1
        else np.ones(node.value.shape)
    )
    start = int(fresh(m, "x")[1:])
    names = [f"x{start + k}" for k in range(len(leaves))]
    text = (
        f"{', '.join(names)}, = ag.gradients([{name}], [{', '.join(leaves)}], [{literal(weights)}], "
        f"create_graph={create}, retain_graph=True, allow_unused=True)"
    )
    return Statement(
        "gradients",
        text,
        lambda m: m.sweep([name], [literal(weights)], leaves, True, create, names, True),
    )


KINDS = {
    "alias", "array", "array change", "backward", "data as constant", "del", "detach", "escape",
    "gradients", "numpy", "operation", "requires", "retain_grad", "take grad", "tensor",
    "tensor of array", "x += y", "x.data", "x[i] = v", "x[i][j] = v", "zero_grad",
}  # fmt: skip

# ---------------------------------------------------------------------- both together


class Finding(AssertionError):  # noqa: N818
    """Where the engine does what the reference does not."""


DOCUMENTED = (GradientError, TypeError, ValueError, IndexError)


class Counts(Counter[str]):
    """How often what happened."""

    def report(self) -> str:
        return "\n".join(
            f"{group}: " + ", ".join(f"{k} {n}" for k, n in sorted(members.items()))
            for group, members in self.groups().items()
        )

    def groups(self) -> dict[str, dict[str, int]]:
        groups: dict[str, dict[str, int]] = {}
        for key, n in self.items():
            group, _, member = key.partition("/")
            groups.setdefault(group, {})[member or "all"] = n
        return groups


class Session:
    """A program that runs, on the engine and on the reference."""

    def __init__(self, counts: Counts) -> None:
        self.machine = Machine()
        self.scope: dict[str, Any] = {"ag": ag, "np": np}
        self.lines: list[str] = []
        self.counts = counts
        self.single = False  # whether float32 took part

    def grow(self, genes: bytes) -> None:
        """Add the statement that the genes mean, if they mean one."""
        self.add(lambda: grown(Genes(genes), self.machine))

    def add(self, make: Callable[[], Statement]) -> None:
        try:
            statement = make()
            verdict = statement.verdict(self.machine)
        except Unfit:
            self.counts["unfit"] += 1
            return
        if statement.writes and self._seen_through(statement.writes):
            self.counts["known gap"] += 1
            return
        self._run(statement, verdict)
        self._compare()

    def _seen_through(self, name: str) -> bool:
        """A view of a leaf shows what is written to the leaf later: see the test of this gap."""
        written = self.scope[name]
        alive = [t for t in self.scope.values() if isinstance(t, ag.Tensor)]
        alive += [t._grad for t in alive if getattr(t, "_grad", None) is not None]
        return any(t is not written and np.may_share_memory(t._data, written._data) for t in alive)

    def fail(self, what: str) -> None:
        program = "\n".join(["import autograd as ag", "import numpy as np", *self.lines])
        raise Finding(f"{what}\n\n{program}\n")

    def _run(self, statement: Statement, verdict: Verdict) -> None:
        self.lines.append(statement.text)
        self.counts[f"statements/{statement.kind}"] += 1
        self.single |= "float32" in statement.text
        raised: Exception | None = None
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                exec(statement.text, self.scope)
            except Exception as error:
                raised = error
        why = ", ".join(sorted(verdict.why))
        if raised is None:
            if verdict.must:
                self.fail(f"not refused: {why}")
            verdict.commit()
            return
        text = f"{type(raised).__name__}: {raised}"
        allowed = tuple(verdict.errors)
        if not (verdict.must or verdict.may) or not isinstance(raised, allowed):
            self.fail(f"{text}\n(allowed: {why or 'nothing'})")
        if not str(raised).strip():
            self.fail(f"an error without a word: {text}")
        self.lines[-1] += f"  # {text}"
        self.counts[f"refused/{why}"] += 1

    def _compare(self) -> None:
        for name, thing in list(self.machine.variables.items()):
            got = self.scope.get(name)
            if isinstance(thing, np.ndarray):
                if got.dtype != thing.dtype or not np.array_equal(got, thing):
                    self.fail(f"the array {name} is {got!r}, not {thing!r}")
            elif isinstance(thing, Handle):
                if got is None and thing.perhaps_none:
                    self._zero(name, thing)
                    self.machine.variables[name] = None
                    continue
                self._same(name, thing, got)
            elif got is not None:
                self.fail(f"{name} is {got!r}, not None")
        lost = set(self.scope) - set(self.machine.variables) - {"ag", "np", "__builtins__"}
        if lost:
            self.fail(f"{lost} should not be there")

    def _zero(self, name: str, handle: Handle) -> None:
        if handle.node.value.any():
            self.fail(f"{name} is None, not {handle.node.value!r}")

    def _same(self, name: str, handle: Handle, got: Any) -> None:
        node = handle.node
        self._number(name, node, got)
        self._settle(node, got)
        if node.wants is not None and got.requires_grad != node.wants:
            self.fail(f"{name}.requires_grad is {got.requires_grad}")
        if (handle.is_leaf and node.wants) or handle.retained is node:
            grad = got.grad
            if grad is None and handle.grad is not None and handle.grad.perhaps_none:
                self._zero(f"{name}.grad", handle.grad)
                handle.grad = None
            if (grad is None) != (handle.grad is None):
                self.fail(
                    f"{name}.grad is {grad!r}, not {handle.grad and handle.grad.node.value!r}"
                )
            if handle.grad is not None:
                self._number(f"{name}.grad", handle.grad.node, grad)
                self._settle(handle.grad.node, grad)
                if grad.is_leaf and np.may_share_memory(grad._data, got._data):
                    self.fail(f"{name}.grad shares memory with {name}")

    def _settle(self, node: Any, got: Any) -> None:
        """Whether a gradient with the derivative 0 is a constant is the engine's to say."""
        if node.wants is None:
            node.wants = got.requires_grad
            if not node.wants:
                node.call, node.gradient, node.parents = None, None, ()

    def _number(self, name: str, node: Any, got: Any) -> None:
        if not isinstance(got, ag.Tensor):
            self.fail(f"{name} is {got!r}, not a Tensor")
        value, expected = got._data, node.value
        if value.dtype != expected.dtype or value.shape != expected.shape:
            self.fail(
                f"{name} is {value.dtype} {value.shape}, not {expected.dtype} {expected.shape}"
            )
        if not node.fresh:
            if not np.array_equal(value, expected):
                self.fail(f"{name} was {expected!r} and became {value!r}")
            return
        self.counts["compared/with the reference"] += 1
        scale = 1 + float(np.abs(expected).max(initial=0))
        tolerance = (1e-3 if self.single else 1e-9) * scale
        if not np.all(np.abs(value.astype(float) - expected.astype(float)) <= tolerance):
            self.fail(f"{name} is {value!r}, not {expected!r}")
        node.value, node.fresh = np.array(value), False  # to the last digit

    def finish(self) -> None:
        """Count what the program reached."""
        self.counts["programs"] += 1
        for thing in self.machine.variables.values():
            if isinstance(thing, Handle):
                for node in ref.reached([thing.node], certain=False):
                    if node.call:
                        self.counts[f"operations/{node.call.name}"] += 1


def run(genes: Sequence[bytes], counts: Counts) -> Session:
    session = Session(counts)
    for gene in genes:
        session.grow(gene)
    for order in (0, 1):
        results = [n for n in tensors(session.machine) if session.machine.node(n).recorded]
        for name in results[::-1][:4]:
            if session.machine.node(name).order == order:
                session.add(partial(last_pass, session.machine, name, create=order == 0))
    session.finish()
    return session


# ---------------------------------------------------------------------- the same in PyTorch


class Replay:
    """The nodes of a program as PyTorch computes and differentiates them, to any order."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self.known: dict[Any, Any] = {}
        self.leaves: dict[Any, Any] = {}

    def at(self, node: Node) -> Any:
        if node not in self.known:
            self.known[node] = self._computed(node)
        return self.known[node]

    def _constant(self, array: Any) -> Any:
        if array.dtype == np.float32:
            raise NoTwin
        return self.torch.tensor(array.astype(float))

    def _computed(self, node: Node) -> Any:
        if node.gradient is not None:
            return self.gradient(node.gradient, node.value.shape)
        if node.call is not None:
            if node.call.twin is None or node.value.dtype != np.float64:
                raise NoTwin
            parents = list(map(self.at, node.parents))
            try:
                return node.call.twin(self.torch, *parents)
            except (RuntimeError, IndexError, TypeError) as error:  # (an axis of a number, ...)
                raise NoTwin from error
        value = self._constant(node.value)
        if node.leaf is None:
            return value
        if node.leaf not in self.leaves:
            self.leaves[node.leaf] = value.requires_grad_()
        leaf = self.leaves[node.leaf]  # a later value is the first and a constant
        return leaf if leaf is value else leaf + (value - leaf.detach())

    def gradient(self, gradient: Any, shape: tuple[int, ...]) -> Any:
        key = gradient.key
        outputs, cotangents = [], []
        for output, cotangent in zip(gradient.outputs, gradient.cotangents, strict=True):
            z = self.at(output)
            if z.requires_grad:
                outputs.append(z)
                cotangents.append(self.at(cotangent).reshape(z.shape))
        target = self.leaves.get(key) if isinstance(key, Leaf) else self.at(key)
        if not isinstance(key, Leaf) and not target.requires_grad:
            raise NoTwin  # a result that is a constant there
        if target is None or not outputs or not target.requires_grad:
            return self.torch.zeros(shape, dtype=self.torch.float64)
        (g,) = self.torch.autograd.grad(
            outputs, target, cotangents, create_graph=True, allow_unused=True
        )
        return self.torch.zeros(shape, dtype=self.torch.float64) if g is None else g


def replay(session: Session, torch: Any) -> None:
    """Compare every gradient of a program with PyTorch's."""
    again = Replay(torch)
    for gradient, target, result in session.machine.passes:
        try:
            got = again.gradient(gradient, target.value.shape)
            if target.value.dtype == np.float32:
                raise NoTwin
        except NoTwin:
            session.counts["compared/without a twin in PyTorch"] += 1
            continue
        if result.fresh:  # no variable shows it: it was added to another, or refused a name
            continue
        order = "second order" if any(n.order for n in gradient.outputs) else "first order"
        session.counts[f"compared/with PyTorch, {order}"] += 1
        expected = got.numpy(force=True)  # (also of zeros that are not there)
        scale = 1 + float(np.abs(expected).max(initial=0))
        if not np.all(np.abs(result.value - expected) <= 1e-9 * scale):
            session.fail(f"PyTorch has {expected!r}, not {result.value!r}")


# ---------------------------------------------------------------------- tests


def random_genes(key: int) -> list[bytes]:
    rng = np.random.default_rng(key)
    return [rng.bytes(16) for _ in range(rng.integers(8, 41))]


def found_in(genes: Sequence[bytes], counts: Counts, torch: Any = None) -> Finding | None:
    try:
        session = run(genes, counts)
        if torch:
            replay(session, torch)
    except Finding as finding:
        return finding
    return None


def smallest(genes: list[bytes], torch: Any = None) -> Finding:
    """What is found in the program, once no statement can be left out and no choice be simpler."""
    finding = None
    shrinking = True
    while shrinking:
        shrinking = False
        for i in reversed(range(len(genes))):
            simpler = [[]] + [
                [genes[i][:k] + b"\0" + genes[i][k + 1 :]] for k in range(16) if genes[i][k]
            ]
            for gene in simpler:
                candidate = genes[:i] + gene + genes[i + 1 :]
                found = found_in(candidate, Counts(), torch)
                if found:
                    genes, finding, shrinking = candidate, found, True
                    break
    found = finding or found_in(genes, Counts(), torch)
    assert found
    return found


def explore(keys: Sequence[int], counts: Counts) -> None:
    torch = importlib.util.find_spec("torch") and importlib.import_module("torch")
    for key in keys:
        genes = random_genes(key)
        if found_in(genes, counts, torch):
            raise Finding(f"the program of seed {key} shows: {smallest(genes, torch)}")


def test_random_programs(size: Any, capsys: pytest.CaptureFixture[str]) -> None:
    counts = Counts()
    start = size(0, time.time_ns() // 10**6)
    for k in range(start, start + size(300, 10_200), 300):
        explore(range(k, k + 300), counts)
        if start:
            with capsys.disabled():
                print(f"seeds {start} to {k + 299}: no finding", flush=True)
    if start:
        with capsys.disabled():
            print(counts.report())
    groups = counts.groups()
    compared = groups["compared"]
    assert set(groups["statements"]) == KINDS
    assert compared["with the reference"] > 5 * counts["programs"]
    assert counts["unfit"] < sum(groups["statements"].values()) / 2
    if importlib.util.find_spec("torch"):
        twins = compared["with PyTorch, first order"] + compared["with PyTorch, second order"]
        assert twins > compared["without a twin in PyTorch"]
        assert compared["with PyTorch, second order"] > counts["programs"] / 20


def plant_rule(patch: pytest.MonkeyPatch) -> None:
    np.tanh(ag.tensor(1.0, requires_grad=True))  # (its code is written when it is first called)
    plan = ag.tanh.__globals__["_plan_1"]
    patch.setattr(plan, "pulls", ((0, lambda g, held: g * (1 - held[-1])),))


def plant_wrong_axis(patch: pytest.MonkeyPatch) -> None:
    unbroadcast = backward_module._unbroadcast

    def wrong(c: Any, shape: tuple[int, ...], node: Any) -> Any:
        square = len(c.shape) == 2 and c.shape[0] == c.shape[1]
        return unbroadcast(np.transpose(c) if square else c, shape, node)

    patch.setattr(backward_module, "_unbroadcast", wrong)


def plant_shared_sum(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        backward_module, "_is_ours", lambda a: a.__class__ is np.ndarray and a.flags.writeable
    )


def plant_changed_leaf(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(backward_module, "_refuse_changed", lambda order: None)


def plant_dtype(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(backward_module, "_converted", lambda c, dtype, node: c)


def plant_freed(patch: pytest.MonkeyPatch) -> None:
    sweep = backward_module._sweep
    patch.setattr(
        backward_module,
        "_sweep",
        lambda a, b, c, retain, *rest, **options: sweep(a, b, c, True, *rest, **options),
    )


def plant_captured(patch: pytest.MonkeyPatch) -> None:
    for operation in (ag.multiply, ag.divide, ag.power, ag.maximum, ag.minimum, ag.matmul):
        operation(ag.tensor([1.0]), np.ones(1))
        scope = operation.__globals__
        patch.setitem(scope, "_lift", lambda value, keep, name: lift(value, False, name))


def plant_repeated_index(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("autograd.ops.indexing._names_once", lambda index: True)


def plant_zero_grad(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ag.Tensor, "zero_grad", lambda t: None)


def plant_half_changed(patch: pytest.MonkeyPatch) -> None:
    update = ag.Tensor._update

    def early(t: Any, result: Any, what: str) -> Any:
        if t.shape == result.shape and t.is_leaf:
            t._data = np.asarray(result._data, t.dtype)
        return update(t, result, what)

    patch.setattr(ag.Tensor, "_update", early)


def plant_second_order(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(backward_module, "_reconnect", lambda node, held: held)


def plant_warning(patch: pytest.MonkeyPatch) -> None:
    detach = ag.Tensor.detach

    def noisy(t: Any) -> Any:
        warnings.warn("detached", RuntimeWarning, stacklevel=1)
        return detach(t)

    patch.setattr(ag.Tensor, "detach", noisy)


PLANTED = [
    plant_rule, plant_wrong_axis, plant_shared_sum, plant_changed_leaf, plant_dtype, plant_freed,
    plant_captured, plant_repeated_index, plant_zero_grad, plant_half_changed, plant_second_order,
    plant_warning,
]  # fmt: skip


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(plant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    assert any(found_in(random_genes(key), Counts()) for key in range(600))


def test_a_failing_program_is_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    plant_zero_grad(monkeypatch)
    genes = next(g for g in map(random_genes, range(300)) if found_in(g, Counts()))
    found = str(smallest(genes))
    assert "zero_grad" in found
    assert len(found.strip().splitlines()) < 12  # of which 4 are the finding and imports


@pytest.mark.parametrize("recorded", [True, False])
def test_a_view_of_a_leaf_shows_its_memory_and_its_gradient_is_refused(recorded: bool) -> None:
    """As docs/guarantees.md says; `Session._seen_through` passes over such programs."""
    p = ag.tensor([1.0, 2.0], requires_grad=True)
    with contextlib.nullcontext() if recorded else ag.no_grad():
        view = p.reshape(2, 1)
    loss = (view * p).sum()
    with ag.no_grad():
        p += 1
    np.testing.assert_array_equal(view.numpy(), [[2], [3]])
    with pytest.raises(ag.GradientError, match="changed in place"):
        loss.backward()


def test_what_is_written_to_a_view_of_a_constant_stays_there() -> None:
    c = ag.tensor([[1.0, 2.0]])
    view = c.T
    (view * ag.tensor(1.0, requires_grad=True)).sum().backward()
    view.data[0] = 9
    assert c.tolist() == [[1, 2]]
    assert view.tolist() == [[9], [2]]


def test_a_recorded_pass_under_no_grad_follows_a_cotangent_of_other_dtype() -> None:
    g = ag.tensor([2.0], requires_grad=True)
    x = ag.tensor([1.0], requires_grad=True, dtype="float32")
    with ag.no_grad():
        x.backward(g, create_graph=True)
    assert x.grad is not None
    assert x.grad.requires_grad
