"""A slow reference for programs of Tensors: what each statement must give, or must refuse.

It shares nothing with the engine. Values come from NumPy on plain arrays. Derivatives come from
nested dual numbers on flat vectors, so to any order: every operation is written with a dense
matrix for what is linear in it, products of elements, and a dozen functions of one number. A
gradient is itself such a function, evaluated again whenever it is differentiated. A change of a
Tensor makes a new node; nothing is ever overwritten, so nothing can alias.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd import GradientError

# ---------------------------------------------------------------------- nested dual numbers
#
# A flat vector of n numbers, or a Dual: the vector and its tangent along each of the k directions
# of a tag, an array (k, n). Tangents of tangents are Duals too; the largest tag is outermost, and
# its axis lies next to n.


class Dual:
    __slots__ = ("p", "t", "tag")

    def __init__(self, tag: int, p: Any, t: Any) -> None:
        self.tag, self.p, self.t = tag, p, t


def split(x: Any, tag: int) -> tuple[Any, Any]:
    return (x.p, x.t) if isinstance(x, Dual) and x.tag == tag else (x, None)


def tag_of(*xs: Any) -> int:
    return max(x.tag if isinstance(x, Dual) else 0 for x in xs)


def each(f: Callable[[Any], Any], x: Any) -> Any:
    """A linear function that knows nothing of duals, on all parts."""
    return Dual(x.tag, each(f, x.p), each(f, x.t)) if isinstance(x, Dual) else f(x)


def linear(matrix: Any, x: Any) -> Any:
    return each(lambda a: a @ matrix.T, x)


def lift(x: Any, inside: int = 1) -> Any:
    """With an axis for the directions of a larger tag."""
    if isinstance(x, Dual):
        return Dual(x.tag, lift(x.p, inside), lift(x.t, inside + 1))
    return np.expand_dims(x, x.ndim - inside)


def add(a: Any, b: Any) -> Any:
    tag = tag_of(a, b)
    if not tag:
        return a + b
    (p, s), (q, t) = split(a, tag), split(b, tag)
    return Dual(tag, add(p, q), t if s is None else s if t is None else add(s, t))


def mul(a: Any, b: Any) -> Any:
    tag = tag_of(a, b)
    if not tag:
        return a * b
    (p, s), (q, t) = split(a, tag), split(b, tag)
    parts = [mul(s, lift(q))] if s is not None else []
    parts += [mul(lift(p), t)] if t is not None else []
    return Dual(tag, mul(p, q), parts[0] if len(parts) == 1 else add(*parts))


def scaled(c: float, x: Any) -> Any:
    return each(lambda a: c * a, x)


def unary(name: str, x: Any) -> Any:
    value, slope = FUNCTIONS[name]
    if not isinstance(x, Dual):
        return value(x)
    return Dual(x.tag, unary(name, x.p), mul(lift(slope(x.p)), x.t))


def _less_square(name: str) -> Callable[[Any], Any]:
    def slope(x: Any) -> Any:
        y = unary(name, x)
        return add(np.ones(1), scaled(-1, mul(y, y)))

    return slope


def _sigmoid(a: Any) -> Any:
    return 1 / (1 + np.exp(-a))


FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "exp": (np.exp, lambda x: unary("exp", x)),
    "expm1": (np.expm1, lambda x: unary("exp", x)),
    "log": (np.log, lambda x: unary("reciprocal", x)),
    "log1p": (np.log1p, lambda x: unary("reciprocal", add(x, np.ones(1)))),
    "reciprocal": (
        lambda a: 1 / a,
        lambda x: scaled(-1, mul(unary("reciprocal", x), unary("reciprocal", x))),
    ),
    "sqrt": (np.sqrt, lambda x: scaled(0.5, unary("reciprocal", unary("sqrt", x)))),
    "sin": (np.sin, lambda x: unary("cos", x)),
    "cos": (np.cos, lambda x: scaled(-1, unary("sin", x))),
    "sinh": (np.sinh, lambda x: unary("cosh", x)),
    "cosh": (np.cosh, lambda x: unary("sinh", x)),
    "tanh": (np.tanh, _less_square("tanh")),
    "arctan": (np.arctan, lambda x: unary("reciprocal", add(np.ones(1), mul(x, x)))),
    "sigmoid": (
        _sigmoid,
        lambda x: mul(unary("sigmoid", x), add(np.ones(1), scaled(-1, unary("sigmoid", x)))),
    ),
}

# ---------------------------------------------------------------------- operations
#
# An operation is the text of an expression with {0}, {1}... for its arrays, and a rule, which
# gives the flat result from the flat arrays. The text, evaluated on plain arrays, is the value.


def _softmax(x: Any, axis: Any) -> Any:
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def _logsumexp(x: Any, axis: Any, keepdims: bool = False) -> Any:
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def _with_item(x: Any, y: Any, index: str) -> Any:
    z = np.array(x)
    exec(f"z[{index}] = y", {"z": z, "y": y, "np": np})
    return z


PLAIN = SimpleNamespace(
    with_item=_with_item,
    softmax=_softmax,
    logsumexp=_logsumexp,
    subtract=np.subtract,
    tanh=np.tanh,
    log_softmax=lambda x, axis: x - _logsumexp(x, axis, keepdims=True),
    relu=lambda x: np.maximum(x, np.zeros((), np.asarray(x).dtype)),
    sigmoid=lambda x: (1 / (1 + np.exp(-x))).astype(x.dtype),
)


@cache
def _code(text: str) -> Any:
    return compile(text, "<reference>", "eval")


def on_plain(text: str, values: Sequence[Any]) -> Any:
    names = {f"_{k}": value for k, value in enumerate(values)}
    filled = text.format(*names)
    return np.asarray(eval(_code(filled), {"np": np, "ag": PLAIN, **names}))


@cache
def matrix_of(text: str, k: int, shapes: tuple[tuple[int, ...], ...]) -> Any:
    """The dense Jacobian of an expression that is linear in all its arrays together."""
    values = [np.zeros(shape) for shape in shapes]
    out = on_plain(text, values)
    matrix = np.zeros((out.size, values[k].size))
    for i in range(values[k].size):
        basis = np.zeros(values[k].size)
        basis[i] = 1
        values[k] = basis.reshape(shapes[k])
        matrix[:, i] = on_plain(text, values).ravel()
    return matrix


@cache
def pairs_of(text: str, shapes: tuple[tuple[int, ...], ...]) -> tuple[Any, Any, Any]:
    """For an expression that is bilinear: which products of elements add up to which result."""
    a, b = (int(np.prod(shape)) for shape in shapes)
    eyes = np.eye(a), np.eye(b)
    outs, left, right = [], [], []
    for i in range(a):
        for j in range(b):
            out = on_plain(
                text, [eyes[0][i].reshape(shapes[0]), eyes[1][j].reshape(shapes[1])]
            ).ravel()
            if out.any():
                outs.append(out)
                left.append(eyes[0][i])
                right.append(eyes[1][j])
    size = on_plain(text, [np.zeros(shape) for shape in shapes]).size
    if not outs:
        return np.zeros((0, a)), np.zeros((0, b)), np.zeros((size, 0))
    return np.array(left), np.array(right), np.array(outs).T


Rule = Callable[["Call", Sequence[Any], Sequence[Any]], Any]  # of values and flat jets


@dataclass(frozen=True)
class Call:
    """One use of an operation; `twin` is the same in PyTorch, if it has it.

    Of the first `blind` arrays only a condition is read: no gradient flows to them.
    """

    name: str
    text: str
    rule: Rule
    twin: Callable[..., Any] | None = None
    blind: int = 0


def shapes_of(values: Sequence[Any]) -> tuple[tuple[int, ...], ...]:
    return tuple(np.shape(value) for value in values)


def linear_rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
    shapes = shapes_of(values)
    total = linear(matrix_of(call.text, 0, shapes), jets[0])
    for k in range(1, len(jets)):
        total = add(total, linear(matrix_of(call.text, k, shapes), jets[k]))
    return total


def bilinear_rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
    left, right, out = pairs_of(call.text, shapes_of(values))
    return linear(out, mul(linear(left, jets[0]), linear(right, jets[1])))


def unary_rule(name: str) -> Rule:
    return lambda call, values, jets: unary(name, jets[0])


def broadcast(values: Sequence[Any], jets: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    shapes = shapes_of(values)
    shape = np.broadcast_shapes(*shapes)
    text = f"np.broadcast_to({{0}}, {shape})"
    spread = [linear(matrix_of(text, 0, (s,)), jet) for s, jet in zip(shapes, jets, strict=True)]
    return [np.broadcast_to(value, shape).ravel() for value in values], spread


def chosen(weights: Any, jet: Any) -> Any:
    return each(lambda a: a * np.asarray(weights, float), jet)


def divide_rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
    _, (a, b) = broadcast(values, jets)
    return mul(a, unary("reciprocal", b))


def power_rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
    _, (a, b) = broadcast(values, jets)
    return unary("exp", mul(b, unary("log", a)))


def cube_rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
    return mul(jets[0], mul(jets[0], jets[0]))


def square_rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
    return mul(jets[0], jets[0])


def larger_rule(sign: int) -> Rule:
    def rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
        (u, v), (a, b) = broadcast(values, jets)
        first = 0.5 * (1 + np.sign(sign * (u - v)))  # a tie is shared
        return add(chosen(first, a), chosen(1 - first, b))

    return rule


def where_rule(threshold: float) -> Rule:
    def rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
        (c, _, _), (_, a, b) = broadcast(values, jets)
        return add(chosen(c > threshold, a), chosen(c <= threshold, b))

    return rule


def weight_rule(weight: Callable[[Any], Any]) -> Rule:
    """Element-wise, with a slope that is a number: relu, abs, clip, floor."""

    def rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
        value = on_plain(call.text, values).ravel().astype(float)
        weights = weight(values[0].ravel())
        moved = chosen(weights, jets[0])
        rest = value - weights * values[0].ravel()
        return add(moved, rest)

    return rule


def extreme_rule(total: str) -> Rule:
    """`max` and `min`: `total` is the text of the sum over the same elements."""

    def rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
        member = matrix_of(total, 0, shapes_of(values))
        z = on_plain(call.text, values).ravel()
        hit = member * (z[:, None] == values[0].ravel())
        return linear(hit / hit.sum(axis=1, keepdims=True), jets[0])

    return rule


def prod_rule(total: str) -> Rule:
    def rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
        member = matrix_of(total, 0, shapes_of(values))
        z: Any = np.ones(len(member))
        for k in range(int(member.sum(axis=1).max(initial=0))):
            z = mul(z, linear(member * (member.cumsum(axis=1) == k + 1), jets[0]))
        return z

    return rule


def cumprod_rule(total: str) -> Rule:
    """`total` is the text of the running sum."""

    def rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
        member = matrix_of(total, 0, shapes_of(values))
        z: Any = np.ones(len(member))
        for k in range(int(member.sum(axis=1).max(initial=0))):
            here = member * (member.cumsum(axis=1) == k + 1)
            absent = 1 - here.sum(axis=1)
            z = mul(z, add(linear(here, jets[0]), absent))
        return z

    return rule


def spread_rule(mean: str, ddof: int, root: bool) -> Rule:
    """`var` and `std`; `mean` is the text of the mean over the same elements."""

    def rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
        average = matrix_of(mean, 0, shapes_of(values))
        n = int((average[0] != 0).sum())
        centred = add(jets[0], scaled(-1, linear((average != 0).T @ average, jets[0])))
        z = scaled(n / (n - ddof), linear(average, mul(centred, centred)))
        return unary("sqrt", z) if root else z

    return rule


def norm_rule(total: str) -> Rule:
    def rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
        member = matrix_of(total, 0, shapes_of(values))
        return unary("sqrt", linear(member, mul(jets[0], jets[0])))

    return rule


def hypot_rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
    _, (a, b) = broadcast(values, jets)
    return unary("sqrt", add(mul(a, a), mul(b, b)))


def logaddexp_rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
    _, (a, b) = broadcast(values, jets)
    return unary("log", add(unary("exp", a), unary("exp", b)))


def softmax_rule(total: str, kind: str) -> Rule:
    def rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
        member = matrix_of(total, 0, shapes_of(values))
        e = unary("exp", jets[0])
        s = linear(member, e)
        if kind == "logsumexp":
            return unary("log", s)
        everywhere = linear(member.T, s)
        if kind == "softmax":
            return mul(e, unary("reciprocal", everywhere))
        return add(jets[0], scaled(-1, unary("log", everywhere)))

    return rule


def sort_rule(axis: int) -> Rule:
    def rule(call: Call, values: Sequence[Any], jets: Sequence[Any]) -> Any:
        order = np.argsort(values[0], axis=axis, kind="stable")
        places = np.arange(values[0].size).reshape(values[0].shape)
        taken = np.take_along_axis(places, order, axis).ravel()
        return linear(np.eye(values[0].size)[taken], jets[0])

    return rule


# ---------------------------------------------------------------------- nodes


class Leaf:
    """Whom a gradient is for: it stays the same when its Tensor is given other values."""


@dataclass(eq=False)
class Node:
    """A value, and how it was computed. `wants` and `freed` may be None: not for us to know.

    `stale`: the memory that the engine had the value in was written to since.
    """

    value: Any
    wants: bool | None = False
    parents: tuple[Node, ...] = ()
    call: Call | None = None
    leaf: Leaf | None = None
    gradient: Gradient | None = None
    freed: bool | None = False
    stale: bool = False
    fresh: bool = True
    order: int = 0

    @property
    def key(self) -> Any:
        return self.leaf or self

    @property
    def recorded(self) -> bool:
        return self.call is not None or self.gradient is not None


@dataclass(eq=False)
class Gradient:
    """Σ_k (∂outputs_k / ∂key)ᵀ cotangents_k, as a function; siblings came from the same pass."""

    outputs: tuple[Node, ...]
    cotangents: tuple[Node, ...]
    key: Any
    siblings: list[Node]


class Evaluation:
    """Values of nodes, with a perturbation at each of the keys."""

    def __init__(self, keys: tuple[Any, ...]) -> None:
        self.keys = keys  # the k-th has the tag k + 1
        self.known: dict[Node, Any] = {}

    def at(self, node: Node) -> Any:
        if node not in self.known:
            self.known[node] = self._computed(node)
        return self.known[node]

    def _computed(self, node: Node) -> Any:
        if node.gradient is not None:
            jet = gradient_at(node.gradient, self.keys, node.value.size)
        elif node.call is not None:
            values = [parent.value for parent in node.parents]
            jet = node.call.rule(node.call, values, [self.at(p) for p in node.parents])
        else:
            jet = node.value.ravel().astype(float)
        for k, key in enumerate(self.keys):
            if key is node.key:
                n = node.value.size
                jet = add(jet, Dual(k + 1, np.zeros(n), np.eye(n)))
        return jet


def gradient_at(gradient: Gradient, keys: tuple[Any, ...], size: int) -> Any:
    inner = Evaluation((*keys, gradient.key))
    outer = Evaluation(keys)
    total: Any = np.zeros(size)
    for output, cotangent in zip(gradient.outputs, gradient.cotangents, strict=True):
        _, tangent = split(inner.at(output), len(keys) + 1)
        if tangent is not None:
            product = mul(tangent, outer.at(cotangent))
            total = add(total, each(lambda a: np.moveaxis(a.sum(axis=-1), 0, -1), product))
    return total


# ---------------------------------------------------------------------- what may be asked


@dataclass(eq=False)
class Handle:
    """What a variable is bound to: two names may share it."""

    node: Node
    grad: Handle | None = None
    retained: Node | None = None
    perhaps_none: bool = False

    @property
    def is_leaf(self) -> bool:
        return not self.node.recorded


@dataclass
class Verdict:
    """What must happen: `must` or `may` be refused, with one of `errors`; else `commit` it."""

    commit: Callable[[], None] = lambda: None
    must: bool = False
    may: bool = False
    errors: set[type[Exception]] = field(default_factory=set)
    why: set[str] = field(default_factory=set)

    def refuse(self, why: str, *errors: type[Exception], must: bool = True) -> None:
        self.must |= must
        self.may |= not must
        self.errors.update(errors)
        self.why.add(why)


class Unfit(Exception):  # noqa: N818
    """A statement that the fuzzer should not make: its numbers say nothing."""


NUMPY = (TypeError, ValueError, IndexError)
LARGEST = 12  # elements
HIGHEST = 60.0  # values


class Machine:
    """The variables of a program, and the meaning of each statement."""

    def __init__(self) -> None:
        self.variables: dict[str, Any] = {}
        self.passes: list[tuple[Gradient, Node, Node]] = []  # with the target and the result

    # ------------------------------------------------------------ values

    def value(self, text: str) -> Any:
        """What an argument is as a plain value."""
        thing = self.variables.get(text)
        if thing is None:
            return eval(_code(text), {"np": np})
        return thing.node.value if isinstance(thing, Handle) else thing

    def node(self, text: str) -> Node:
        thing = self.variables.get(text)
        if isinstance(thing, Handle):
            return thing.node
        return Node(np.array(self.value(text)))

    def computed(self, call: Call, args: Sequence[str], recording: bool, verdict: Verdict) -> Any:
        """The node of an operation, or None if NumPy refuses."""
        nodes = [self.node(arg) for arg in args]
        nodes[: call.blind] = [Node(node.value) for node in nodes[: call.blind]]
        try:
            value = checked(lambda: on_plain(call.text, [self.value(arg) for arg in args]))
        except NUMPY:
            verdict.refuse("numpy", *NUMPY)
            return None
        return made(call, nodes, value, recording)

    # ------------------------------------------------------------ statements

    def bind(self, target: str, call: Call, args: Sequence[str], recording: bool) -> Verdict:
        verdict = Verdict()
        node = self.computed(call, args, recording, verdict)
        verdict.commit = lambda: self.variables.update({target: Handle(node)})
        return verdict

    def tensor(self, target: str, array: Any, requires_grad: bool) -> Verdict:
        verdict = Verdict()
        if requires_grad and array.dtype.kind != "f":
            verdict.refuse("integers", TypeError)
        leaf = Leaf() if requires_grad else None
        handle = Handle(Node(array, wants=requires_grad, leaf=leaf))

        verdict.commit = lambda: self.variables.update({target: handle})
        return verdict

    def requires(self, name: str) -> Verdict:
        verdict = Verdict()
        handle = self.variables[name]
        if handle.is_leaf and handle.node.value.dtype.kind != "f":
            verdict.refuse("integers", TypeError)

        def commit() -> None:
            if handle.is_leaf and not handle.node.wants:
                handle.node = Node(handle.node.value, wants=True, leaf=Leaf(), fresh=False)
                handle.grad = None

        verdict.commit = commit
        return verdict

    def update(self, name: str, call: Call, args: Sequence[str], recording: bool) -> Verdict:
        """``x += y``, ``x[i] = v``: `call` gives the new values, its first argument is `name`."""
        verdict = Verdict()
        handle = self.variables[name]
        old = handle.node
        if old.wants and handle.is_leaf and recording:
            verdict.refuse("leaf in place", GradientError)
        node = self.computed(call, args, recording, verdict)
        if node is None:
            return verdict
        if node.value.shape != old.value.shape:
            verdict.refuse("shape in place", ValueError)
            return verdict
        if not np.can_cast(node.value.dtype, old.value.dtype, "same_kind"):
            verdict.refuse("dtype in place", TypeError)
            return verdict
        if node.value.dtype != old.value.dtype:
            node = made(ASTYPE[str(old.value.dtype)], [node], None, recording)

        def commit() -> None:
            if old.wants and handle.is_leaf:
                self.write(handle, node.value)
            else:
                handle.node = node

        verdict.commit = commit
        return verdict

    def set_item(self, name: str, call: Call, args: Sequence[str], recording: bool) -> Verdict:
        old, given = self.node(name), self.node(args[1])
        verdict = self.update(name, call, args, recording)
        if old.value.dtype.kind != "f" and given.wants is not False and recording:
            verdict.refuse("integers", TypeError, must=bool(given.wants))
        return verdict

    def write(self, handle: Handle, value: Any) -> None:
        """Other values in the same memory."""
        old = handle.node
        old.stale = True
        handle.node = Node(
            value.astype(old.value.dtype), wants=old.wants, leaf=old.leaf, order=old.order
        )

    def data(self, name: str, change: Callable[[Any], Any], same_kind: bool = True) -> Verdict:
        """``x.data ...``, where `change` is what is done to a plain array in its place."""
        verdict = Verdict()
        handle = self.variables[name]
        copy = handle.node.value.copy()
        if not handle.is_leaf:
            verdict.refuse(
                "data of a result", ValueError, GradientError, must=handle.node.wants is True
            )
        try:
            changed = checked(lambda: change(copy))
        except NUMPY:
            verdict.refuse("numpy", *NUMPY)
            return verdict
        verdict.commit = lambda: self.write(handle, changed)
        return verdict

    def escape(self, name: str, recording: bool, size_one: bool) -> Verdict:
        """``np.asarray(x)`` or ``float(x)``."""
        verdict = Verdict()
        node = self.variables[name].node
        if node.wants is not False and recording:
            verdict.refuse("escape", TypeError, must=bool(node.wants))
        if size_one and node.value.size != 1:
            verdict.refuse("numpy", ValueError, TypeError)
        return verdict

    def into_array(
        self, name: str, change: Callable[[Any, Any], Any], arg: str, recording: bool
    ) -> Verdict:
        """A plain array is written to: ``a *= t``, ``a[i] = t``."""
        verdict = Verdict()
        thing = self.variables.get(arg)
        if isinstance(thing, Handle) and thing.node.wants is not False and recording:
            # (What integers are made of, ``int(t)``, has no gradient that could be lost.)
            must = bool(thing.node.wants) and self.variables[name].dtype.kind == "f"
            verdict.refuse("escape", TypeError, ValueError, must=must)
        try:
            changed = checked(lambda: change(self.variables[name].copy(), self.value(arg)))
        except NUMPY:
            verdict.refuse("numpy", *NUMPY)
            return verdict
        verdict.commit = lambda: self.variables.update({name: changed})
        return verdict

    def detach(self, target: str, name: str) -> Verdict:
        node = self.node(name)
        return Verdict(
            lambda: self.variables.update({target: Handle(Node(node.value, fresh=False))})
        )

    def take_grad(self, target: str, name: str) -> Verdict:
        verdict = Verdict()
        handle = self.variables[name]
        if not handle.is_leaf and handle.retained is not handle.node:
            verdict.refuse("grad of a result", GradientError, must=handle.node.wants is True)
        verdict.commit = lambda: self.variables.update({target: handle.grad})
        return verdict

    def zero_grad(self, name: str) -> Verdict:
        def commit() -> None:
            self.variables[name].grad = None

        return Verdict(commit)

    def retain_grad(self, name: str) -> Verdict:
        verdict = Verdict()
        handle = self.variables[name]
        if handle.node.wants is not True:
            verdict.refuse("no gradient", GradientError, must=handle.node.wants is False)

        def commit() -> None:
            if not handle.is_leaf and handle.retained is not handle.node:
                handle.retained, handle.grad = handle.node, None

        verdict.commit = commit
        return verdict

    # ------------------------------------------------------------ backward passes

    def sweep(
        self,
        outputs: Sequence[str],
        cotangents: Sequence[str | None],
        inputs: Sequence[str] | None,
        retain: bool,
        create: bool,
        names: Sequence[str] | None,
        allow_unused: bool = False,
    ) -> Verdict:
        """``backward``, or ``names = gradients(...)``."""
        verdict = Verdict()
        ends = [self.node(name) for name in outputs]
        given = []
        for end, text in zip(ends, cotangents, strict=True):
            wanted(verdict, end)
            if text is None:
                if end.value.size != 1:
                    verdict.refuse("not a scalar", GradientError)
                given.append(Node(np.ones(end.value.shape)))
                continue
            g = self.node(text)
            if g.value.shape != end.value.shape:
                verdict.refuse("cotangent", ValueError)
            given.append(g if create else Node(g.value))
        targets = None if inputs is None else [self.variables[name] for name in inputs]
        for target in targets or ():
            wanted(verdict, target.node)
            if names is None and not target.is_leaf:
                verdict.refuse("inputs", GradientError)
        if verdict.must:
            return verdict
        near, far = reached(ends, certain=True), reached(ends, certain=False)
        near_keys, far_keys = {n.key for n in near}, {n.key for n in far}
        receivers = self._receivers(far) if targets is None else targets
        if any(undecided(handle.node, ends, far) for handle in receivers):
            raise Unfit
        wanted_keys = None if targets is None else {target.node.key for target in targets}
        for target in targets or ():
            key = target.node.key
            if key not in near_keys and not (allow_unused and names):
                verdict.refuse("unused", GradientError, must=key not in far_keys)
        on_way = leading(near, wanted_keys, certain=True)
        perhaps = leading(far, wanted_keys, certain=False)
        if any(node.freed for node in on_way):
            verdict.refuse("freed", GradientError)
        elif any(node.freed is not False for node in far):
            verdict.refuse("freed", GradientError, must=False)
        if any(n.stale or any(p.stale for p in n.parents) for n in far):
            verdict.refuse("changed", GradientError, must=False)
        if verdict.must:
            return verdict

        def commit() -> None:
            siblings: list[Node] = []
            results: list[tuple[Handle, Node | None, bool]] = []
            computed: dict[Any, Node] = {}
            for handle in receivers:
                key = handle.node.key
                node = computed.get(key)
                if node is None and key in far_keys:
                    gradient = Gradient(tuple(ends), tuple(given), key, siblings)
                    node = gradient_node(gradient, handle.node, create)
                    self.passes.append((gradient, handle.node, node))
                    computed[key] = node
                results.append((handle, node, key in near_keys))
            if not retain:
                for node in perhaps:
                    node.freed = True if node in on_way else node.freed or None
                    for sibling in node.gradient.siblings if node.gradient else ():
                        sibling.freed = sibling.freed or None
            for k, (handle, node, sure) in enumerate(results):
                if names is not None:
                    if node is None:
                        self.variables[names[k]] = None
                    else:
                        self.variables[names[k]] = Handle(node, perhaps_none=not sure)
                elif node is not None:
                    self._accumulate(handle, node, create, sure)

        verdict.commit = commit
        return verdict

    def _receivers(self, far: set[Node]) -> list[Handle]:
        """The leaves that are reached, and the results whose gradient is retained."""
        leaves = {node.leaf for node in far if node.leaf}
        handles = {id(t): t for t in self.variables.values() if isinstance(t, Handle)}
        return [
            handle
            for handle in handles.values()
            if handle.node.leaf in leaves or (handle.retained is handle.node and handle.node in far)
        ]

    def _accumulate(self, handle: Handle, node: Node, create: bool, sure: bool) -> None:
        old = handle.grad
        if old is None:
            handle.grad = Handle(node, perhaps_none=not sure)
        else:
            total = made(ADD, [old.node, node], old.node.value + node.value, create)
            handle.grad = Handle(total, perhaps_none=old.perhaps_none and not sure)


def checked(compute: Callable[[], Any]) -> Any:
    """A value that is fit to be compared: small and finite, without a warning on the way."""
    try:
        with np.errstate(all="raise", under="ignore"):
            value = np.asarray(compute())
    except FloatingPointError as error:
        raise Unfit from error
    if value.size > LARGEST or value.dtype.kind not in "fiub":
        raise Unfit
    if value.size and not float(np.abs(value.astype(float)).max()) < HIGHEST:
        raise Unfit
    return value.copy()


def made(call: Call, nodes: Sequence[Node], value: Any, recording: bool) -> Node:
    if value is None:
        value = checked(lambda: on_plain(call.text, [node.value for node in nodes]))
    wants: bool | None = False
    if recording and value.dtype.kind == "f":
        every = [node.wants for node in nodes]
        wants = True if True in every else None if None in every else False
    if wants is False:
        return Node(value)
    order = max(node.order for node in nodes)
    return Node(value, wants, tuple(nodes), call, order=order)


def gradient_node(gradient: Gradient, target: Node, create: bool) -> Node:
    flat = gradient_at(gradient, (), target.value.size)
    value = np.asarray(flat).reshape(target.value.shape).astype(target.value.dtype)
    if not np.isfinite(value).all():
        raise AssertionError("the reference has a gradient that is not finite")
    if not create:
        return Node(value)
    below = (*gradient.outputs, *gradient.cotangents)
    node = Node(value, None, gradient=gradient, order=1 + max(n.order for n in below))
    gradient.siblings.append(node)
    for key in {n.key for n in reached(below, certain=False) if n.leaf}:
        _, tangent = split(Evaluation((key,)).at(node), 1)
        if tangent is not None and np.abs(tangent).max(initial=0) > 1e-9:
            node.wants = True
            break
    return node


def wanted(verdict: Verdict, node: Node) -> None:
    if node.wants is not True:
        verdict.refuse("no gradient", GradientError, must=node.wants is False)


def ways(node: Node, certain: bool) -> Iterable[Node]:
    """The nodes that a gradient goes on to. Through a recorded pass it is not ours to know."""
    if node.gradient is not None:
        parents = () if certain else (*node.gradient.outputs, *node.gradient.cotangents)
    else:
        parents = node.parents
    return [p for p in parents if p.wants or (p.wants is None and not certain)]


def reached(ends: Iterable[Node], certain: bool, before: Node | None = None) -> set[Node]:
    found: set[Node] = set()
    todo = [node for node in ends if node.wants or not certain]
    while todo:
        node = todo.pop()
        if node not in found and node is not before:
            found.add(node)
            todo += ways(node, certain)
    return found


def undecided(target: Node, ends: Sequence[Node], found: set[Node]) -> bool:
    """Whether the derivative with respect to a result is a matter of how a pass was recorded.

    The slope of y = tanh(x) is 1 - y², or 1 - tanh(x)²: a recorded gradient may be a function of
    y or not, and two gradients may share what they have in common or not.
    """
    if not target.recorded:
        return False
    passes = [node for node in found if node.gradient and node is not target]
    if target.gradient:
        beside = reached(ends, certain=False, before=target)
        below = reached(ways(target, certain=False), certain=False)
        return bool(passes) or any(node.recorded for node in beside & below)
    return target in reached([e for p in passes for e in ways(p, certain=False)], certain=False)


def leading(found: set[Node], keys: set[Any] | None, certain: bool) -> set[Node]:
    """Those entries of `found` from which a gradient goes on towards the keys."""
    if keys is None:
        return {node for node in found if node.recorded}
    on_way = {node for node in found if node.key in keys}
    passing: set[Node] = set()
    changed = True
    while changed:
        changed = False
        for node in found - passing:
            if any(way in on_way for way in ways(node, certain)):
                passing.add(node)
                on_way.add(node)
                changed = True
    return passing


ADD = Call("add", "{0} + {1}", linear_rule, lambda t, x, y: x + y)
ASTYPE = {
    dtype: Call(f"astype {dtype}", f"{{0}}.astype('{dtype}')", linear_rule, lambda t, x: x + 0)
    for dtype in ("float32", "float64", "int64", "bool")
}
