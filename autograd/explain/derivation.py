r"""`derive`: the gradient with respect to a value, derived step by step from the loss down to it.

Each line is the rule of one entry, read from the rule's own code (see `expressions`); where a value
is used several times, the contributions are summed. Then the lines are substituted into each
other. What is simplified or recognised on the way is checked on the recorded numbers first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from autograd.errors import GradientError
from autograd.explain import expressions, formulas, notation
from autograd.explain.entries import Entry, Input, Pass
from autograd.explain.equations import Equations, Line
from autograd.explain.expressions import Expr
from autograd.explain.formulas import bar
from autograd.explain.look import distinct_labels, number_text, shape_text
from autograd.explain.notation import NONE, Math
from autograd.explain.paths import refuse_swapped
from autograd.explain.recorder import Tape
from autograd.explain.typeset import written
from autograd.functions import softmax
from autograd.ops.elementwise import sigmoid
from autograd.primitive import output as component
from autograd.tensor import Tensor

__all__ = ["Derivation", "derive", "derive_on"]

# More lines than these nobody reads; a chain of 200 entries is shown whole.
LINES = 240
# Nor do they add up more than these.
TERMS = 6


class Derivation(Equations):
    """The lines of a derivation, and what they come to.

    ``latex``, ``mathml`` and ``text`` hold all of them, and ``result`` the last equation alone; a
    notebook shows it typeset.
    """

    @property
    def result(self) -> str:
        """The gradient asked for, as one equation in plain text."""
        line = [line for line in self.lines if line.left is not None][-1]
        assert line.left is not None
        return written(notation.equation(line.left, line.right), "text")


def derive(loss: Tensor, target: Any, *, shapes: bool = False) -> Derivation:
    r"""The derivation of the gradient of `loss` with respect to `target`, line by line.

    `target` is a Tensor that the loss depends on, or the name of a variable that holds one. The
    cotangent of z, :math:`\partial L / \partial z`, is written z with a bar, in plain text ``g_z``.
    With ``shapes=True`` each symbol shows its shape. For source lines, modules and the values of
    all intermediate results, record with `Tape` and use ``tape.derive``.

    Raises GradientError if no gradient flows from the loss to the target.

    >>> import autograd as ag
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> L = ag.sum(x**2)
    >>> print(derive(L, x))
    The derivative of L with respect to x, written g_x
       g_L = 1
      g_v₀ = broadcast(g_L, (2,))   from L = Σ v₀
       g_x = 2 g_v₀ ⊙ x             from v₀ = x²
    together
       g_x = 2 x
    """
    try:
        return derive_on(Tape.of(loss, function="derive"), target, loss, shapes=shapes)
    except GradientError:
        if isinstance(target, Tensor) and not target.is_leaf:
            other = Tape.of(target, function="derive")
            if isinstance(start := other._known.get(loss._node), (Entry, Input)):
                raise GradientError(
                    f"derive: `{other.at(target).label}` was computed from `{start.label}`, not "
                    "the other way round; what is differentiated comes first: "
                    f"derive({other.at(target).label}, {start.label})."
                ) from None
        raise


def derive_on(tape: Tape, target: Any, output: Any = None, *, shapes: bool = False) -> Derivation:
    """``Tape.derive``, where it is documented."""
    to = tape.at(target)
    end = tape.output if output is None else tape.at(output)
    if not to.wants:
        raise GradientError(
            f"derive: no gradient flows to `{to.label}`; make it a Tensor with "
            "requires_grad=True before it is used."
        )
    refuse_swapped("derive", tape, to, end)
    uses = _uses(tape, to, end)
    if end not in uses and end is not to:
        raise GradientError(
            f"derive: `{end.label}` does not depend on `{to.label}`; ask for a value that it was "
            "computed from."
        )
    return _Writer(tape, to, end, uses, shapes).derivation()


def _uses(tape: Tape, to: Any, end: Entry) -> dict[Any, list[tuple[Entry, int]]]:
    """For each value on a way from `to` to `end`: the entries there that use it, and where."""
    depends = {to}
    for entry in tape.entries[: end.index + 1]:
        if any(entry.inputs[i] in depends for i in entry.wanted):
            depends.add(entry)
    if end not in depends:
        return {}
    uses: dict[Any, list[tuple[Entry, int]]] = {end: []}
    for entry in reversed(tape.entries[: end.index + 1]):
        if entry not in uses or entry is to:
            continue
        for i in entry.wanted:
            if entry.inputs[i] in depends:
                uses.setdefault(entry.inputs[i], []).append((entry, i))
    return uses


class _Writer:
    """Makes the lines."""

    def __init__(self, tape: Tape, to: Any, end: Entry, uses: Any, shapes: bool) -> None:
        self.tape, self.to, self.end, self.uses = tape, to, end, uses
        self.trees: dict[Any, Expr] = {}
        self._made: dict[Entry, Math] = {}  # what an entry computes, also where it has many uses
        self.targets: dict[Any, list[tuple[Math, Any, bool]]] = {}  # by shape and dtype
        between = sorted((x for x in uses if isinstance(x, Entry)), key=lambda x: -x.index)
        self.path = between if to in between else [*between, to]
        if to in between:
            self.path = between[: between.index(to) + 1]
        shown = [x for x in self.path if self.told(x)]
        self.left_out = max(0, len(shown) - LINES)
        half = LINES // 2
        self.shown = shown if not self.left_out else [*shown[:half], *shown[-half:]]
        involved: dict[Any, None] = {}
        stack = list(self.path)
        while stack:  # with what led to values that nobody named, so that they can be spelled out
            x = stack.pop()
            if x not in involved:
                involved[x] = None
                if isinstance(x, Entry) and (x in uses or not x.name):
                    stack += x.parents
        in_order = sorted(involved | {to: None}, key=lambda x: (isinstance(x, Entry), x.index))
        self.labels = distinct_labels(in_order)
        names = formulas.symbols(in_order, self.labels)
        for x in in_order:  # what has several outputs is called by their names
            if isinstance(x, Entry) and isinstance(x.dtype, tuple):
                parts = [names[y] for y in in_order if x in getattr(y, "inputs", ())]
                names[x] = Math("fence", (notation.listed(parts),), "( )") if parts else names[x]
        self.plain_names = names
        self.names = {x: _with_shape(m, x) if shapes else m for x, m in names.items()}
        self.cotangents = self._cotangents()
        self.values = {x: expressions.leaf(x, self.names[x], x.value) for x in in_order}
        self.bars = {
            x: expressions.leaf(
                x,
                _with_shape(_barred(names[x]), x) if shapes else _barred(names[x]),
                self.cotangents.get(x),
            )
            for x in self.path
        }
        self.spelled = self._spelled()
        self.known = all(x.value is not None for x in in_order) and bool(self.cotangents)

    @staticmethod
    def told(x: Any) -> bool:
        """Whether it has a line: picking one of several outputs is no step."""
        return not (isinstance(x, Entry) and isinstance(x.value, tuple))

    def _cotangents(self) -> dict[Any, Any]:
        try:
            run: Pass = self.tape.backward_pass(self.end)
        except GradientError:  # freed; the formulas need no numbers
            return {}
        found: dict[Any, Any] = {entry: g for entry, g, _ in run.steps}
        for contributions in (given for _, _, given in run.steps):
            found.update((c.to, c.total) for c in contributions if isinstance(c.to, Input))
        return found

    # -------------------------------------------------------------- one line

    def terms(self, x: Any) -> Iterator[tuple[Entry, Expr]]:
        """What each use of x contributes to its cotangent."""
        for entry, i in self.uses[x]:
            if isinstance(entry.value, tuple):
                g: Any = tuple(self._of_outputs(entry))
            elif entry.primitive is component:
                continue
            else:
                g = self.bars[entry]
            stands = {
                k: self.values[y] if isinstance(y := entry.inputs[k], (Entry, Input)) else Expr(y)
                for k in entry.reads(i)
            }
            z = self.values[entry]
            if isinstance(entry.value, tuple):
                z = Expr(z.value, symbol=self.names[entry])
            yield entry, expressions.recorded(entry, i, g, stands, z)

    def _of_outputs(self, entry: Entry) -> Iterator[Expr]:
        """The cotangents of the outputs of an entry that has several."""
        parts = {
            e.static["which"]: e
            for e in self.tape.entries[entry.index + 1 : entry.index + 1 + len(entry.shape)]
            if e.primitive is component and e.inputs[0] is entry
        }
        for k, (shape, dtype) in enumerate(zip(entry.shape, entry.dtype, strict=True)):
            part = parts.get(k)
            yield self.bars[part] if part in self.bars else Expr(np.zeros(shape, dtype))

    def line(self, x: Any) -> tuple[Line, Expr | None]:
        """The equation for the cotangent of x, and its right side as a tree if that can be read."""
        entries: list[Entry] = []
        whole, total = NONE, None
        for entry, e in self.terms(x):
            z, g = self.plain_names[entry], _barred(self.plain_names[entry])
            if len(entries) < TERMS:
                shown = formulas.pullback(e, z, self.plain_names[x], g)
                whole = shown if whole is NONE else notation.add(whole, shown)
            elif len(entries) == TERMS:
                whole = notation.add(whole, notation.identifier(r"\ldots"))
            readable = expressions.readable(e)
            if not entries:
                total = e if readable else None
            elif total is not None and readable and len(entries) < TERMS:
                total = expressions.apply(np.add, (total, e), {})
            else:
                total = None
            entries.append(entry)
        made = self.made(entries)
        line = Line(self.left(x), whole, "from" * bool(made), made, self.tail(entries, x))
        return line, total

    def left(self, x: Any) -> Math:
        symbol = self.bars[x].symbol
        assert symbol is not None
        return symbol

    def made(self, entries: list[Entry]) -> Math | None:
        """What the entries that use a value compute."""
        entries = list(dict.fromkeys(entries))
        if not 0 < len(entries) <= 3:
            return None
        for e in entries:
            if e not in self._made:
                tree = expressions.forward_expr(e, expressions.stands_for(e, self.plain_names))
                self._made[e] = notation.equation(self.plain_names[e], formulas.as_math(tree))
        return notation.listed([self._made[e] for e in entries])

    def tail(self, entries: list[Entry], x: Any) -> str:
        """Where in the code it is used, and why there is a sum that undoes broadcasting."""
        if len(entries) > 3:
            return f"from {len(entries)} uses"
        places = dict.fromkeys(str(e.source) for e in entries if e.source is not None)
        sizes = dict.fromkeys(
            f"{shape_text(x.shape)} was broadcast to {shape_text(e.shape)}"
            for e in entries
            if e.primitive.elementwise and e.shape != x.shape
        )
        return "; ".join([*places, *sizes])

    # -------------------------------------------------------------- all of them

    def derivation(self) -> Derivation:
        lines: list[Line] = []
        one = Expr(self.bars[self.end].value)
        given = self.cotangents.get(self.end)
        # (What comes in to an array may be anything; only a number starts with 1 by itself.)
        if not self.end.shape if given is None else np.all(np.asarray(given) == 1):
            lines.append(Line(self.left(self.end), notation.ONE if not self.end.shape else
                              formulas.as_math(one)))  # fmt: skip
            ones = np.ones(self.end.shape, self.end.dtype)
            first = Expr(ones if given is None else np.asarray(given))
        else:
            lines.append(Line(self.left(self.end), notation.word("given")))
            first = self.bars[self.end]
        closed: dict[Any, Expr] = {self.bars[self.end]: first}
        near: dict[Any, Expr] = dict(closed)  # where named cotangents stay what they are
        together: list[Line] = []
        for k, x in enumerate(self.shown):
            if x is self.end:
                continue
            if self.left_out and k == LINES // 2:
                lines.append(
                    Line(None, note=f"… {self.left_out} lines left out: more than {LINES} "
                         "would not be read; derive an intermediate value instead")
                )  # fmt: skip
            line, tree = self.line(x)
            lines.append(line)
            if tree is None:
                continue
            self.trees[x] = tree
            step = self.substituted(tree, near)
            whole = self.substituted(tree, closed)
            mine = self.bars[x]
            closed[mine] = whole if whole.size <= expressions.LIMIT else mine
            if not x.name and step.size <= expressions.LIMIT:
                near[mine] = step
            elif x is not self.to and step.size <= expressions.LIMIT:
                together.append(Line(self.left(x), formulas.as_math(step)))
            elif x is self.to and step.size <= expressions.LIMIT:
                together.append(Line(self.left(x), formulas.as_math(step), self.verdict(x, step)))
                shown = formulas.as_math(whole) if whole.size <= expressions.LIMIT else NONE
                if shown not in (NONE, together[-1].right):
                    together.append(Line(self.left(x), shown, self.verdict(x, whole)))
        told = {(line.left, line.right) for line in lines}
        fresh = [x for x in together if x.note or (x.left, x.right) not in told]
        if len(fresh) > TERMS * 4:
            fresh = [x for x in fresh if x.note]
        if fresh:
            lines += [Line(None, note="together"), *fresh]
        lines += self.recognised()
        lines += self.legend()
        end, to = self.labels[self.end], self.labels[self.to]
        title = f"The derivative of {end} with respect to {to}, written"
        return Derivation(title, _barred(self.plain_names[self.to]), lines, code=f"g_{to}")

    def substituted(self, tree: Expr, by: dict[Expr, Expr]) -> Expr:
        """The tree with known cotangents, and the operations behind values without a name."""
        return expressions.simplified(tree.replaced(by).replaced(self.spelled))

    def _spelled(self) -> dict[Expr, Expr]:
        """For values without a name, the operations that made them, if these are few."""
        forward: dict[Expr, Expr] = {}
        for x, leaf in self.values.items():
            if not isinstance(x, Entry) or x.name or isinstance(x.dtype, tuple):
                continue
            if x.primitive is component or any(y not in self.values for y in x.parents):
                continue
            stands = {
                k: Expr(y) if y not in self.values else forward.get(self.values[y], self.values[y])
                for k, y in enumerate(x.inputs)
            }
            spelled = expressions.forward_expr(x, stands)
            if spelled.size <= 8:
                forward[leaf] = spelled
        return forward

    def verdict(self, x: Any, e: Expr) -> str:
        """The check of a formula against the tape, in words."""
        expected = self.cotangents.get(x)
        if not self.known or expected is None:
            return ""
        known = (*self.tape.entries, *self.tape.inputs)
        hooked = any(getattr(value.node, "hooks", None) for value in known)
        otherwise = "without the hooks" if hooked else "rounds otherwise than the tape"
        return _compared(e.evaluate(), expected) or otherwise

    def recognised(self) -> list[Line]:
        """A short form of the cotangent of logits or of a prediction, found by trying."""
        if not self.known:
            return []
        for x in [*(x for x in reversed(self.path) if x.name), *reversed(self.path)]:
            g = self.cotangents.get(x)
            if isinstance(g, np.ndarray) and x is not self.end and np.any(g):
                with np.errstate(all="ignore"):
                    for shown, note in self._short_forms(x, g):
                        line = Line(self.left(x), shown, note)
                        return [Line(None, note="recognised"), line, *self.below(x, shown, g)]
        return []

    def below(self, x: Any, shown: Math, g: Any) -> list[Line]:
        """The gradient asked for, with a short form for the cotangent of x."""
        known = {self.bars[x]: Expr(g, symbol=shown)}
        for y in self.shown[self.shown.index(x) + 1 :]:
            if y not in self.trees:
                return []
            whole = self.substituted(self.trees[y], known)
            if whole.size > expressions.LIMIT:
                return []
            known[self.bars[y]] = whole
        if x is self.to:
            return []
        return [Line(self.left(self.to), formulas.as_math(whole), self.verdict(self.to, whole))]

    def _short_forms(self, x: Any, g: Any) -> Iterator[tuple[Math, str]]:
        """Multiples of ``prediction - target`` that are g, with what the check says."""
        z = x.value
        if z is None or z.dtype.kind != "f":
            return
        key = (z.shape, z.dtype)
        if key not in self.targets:
            self.targets[key] = [
                (label, y, z.ndim > 0 and not np.allclose(y.sum(axis=-1), 1, rtol=1e-9))
                for label, y in self._targets(z)
            ]
        if not self.targets[key]:
            return
        most = float(np.abs(g).max(initial=0))
        named = {"softmax": np.asarray(softmax(z))} if z.ndim and z.shape[-1] > 1 else {}
        named["sigmoid"] = sigmoid(z)
        for label, y, spreads in self.targets[key]:
            for function, p in [*named.items(), ("", z)]:
                spread = spreads and function == "softmax"
                value = p * y.sum(axis=-1, keepdims=True) - y if spread else p - y
                size = float(np.abs(value).max(initial=0))
                for factor, number in _factors(z.shape):
                    # (The sizes are compared first: on a long tape most of what is tried is wrong.)
                    if not math.isclose(number * size, most, rel_tol=0.01):
                        continue
                    if note := _compared(number * value, g):
                        shown = self.name_of(function, p, x) if function else self.names[x]
                        if spread:
                            total = notation.script(_SUM, formulas.parameter("axis", -1))
                            summed = Math("func", (total, label))
                            shown = notation.times(shown, summed, r"\odot")
                        yield factor(notation.add(shown, label, "-")), note

    def name_of(self, function: str, value: Any, x: Any) -> Math:
        """The user's name for a value, if it is on the tape; else the function applied to x."""
        for y in self.values:
            if y.name and isinstance(y.value, np.ndarray) and _agree(y.value, value):
                return self.names[y]
        head = notation.identifier(r"\sigma") if function == "sigmoid" else notation.word(function)
        return Math("call", (head, Math("fence", (self.names[x],), "( )")))

    def _targets(self, z: Any) -> Iterator[tuple[Math, Any]]:
        """The constants that could be what is to be predicted; class indices as rows of 0 and 1."""
        for y in self.tape.inputs:
            if not y.wants and y.value is not None:
                label = self.names.get(y, notation.symbol(y.label))
                if y.value.shape == z.shape:
                    yield label, y.value.astype(z.dtype)
                elif z.ndim and y.value.shape == z.shape[:-1] and y.value.dtype.kind in "iu":
                    ones = np.arange(z.shape[-1]) == y.value[..., None]
                    if ones.any(axis=-1).all():
                        yield _one_hot(label), ones.astype(z.dtype)
        for entry in self.tape.entries:
            index = entry.static.get("index") if z.ndim else None
            for part in index if isinstance(index, tuple) else ():
                whole = isinstance(part, np.ndarray) and part.dtype.kind in "iu"
                if whole and part.size == math.prod(z.shape[:-1]):
                    classes = part.reshape(z.shape[:-1])
                    if part.size and classes.min() >= 0 and classes.max() < z.shape[-1]:
                        yield (
                            _one_hot(notation.word("class")),
                            np.eye(z.shape[-1], dtype=z.dtype)[classes],
                        )

    def legend(self) -> list[Line]:
        """How values of the same name are told apart."""
        found: dict[str, list[str]] = {}
        for x in self.values:
            if self.labels[x] != x.label:
                found.setdefault(x.label, []).append(self.labels[x])
        return [
            Line(
                None,
                note=f"{len(same)} values were called {name}: {', '.join(same[:4])}"
                f"{', …' * (len(same) > 4)}, each with its place on the tape",
            )
            for name, same in found.items()
        ]


_SUM = notation.identifier(r"\sum")


def _barred(x: Math) -> Math:
    """The cotangent of a value, or of each of several outputs."""
    if x.kind != "fence":
        return bar(x)
    parts = x.parts[0].parts if x.parts[0].kind == "list" else x.parts
    return Math("fence", (notation.listed([bar(part) for part in parts]),), "( )")


def _one_hot(label: Math) -> Math:
    return Math("call", (notation.word("onehot"), Math("fence", (label,), "( )")))


def _factors(shape: tuple[int, ...]) -> Iterator[tuple[Callable[[Math], Math], float]]:
    """What a sum or a mean over some axes multiplies a gradient by, twice that for a square."""
    yield lambda x: x, 1.0
    yield _twice, 2.0
    for n in dict.fromkeys([*shape[:1], math.prod(shape[:-1]), math.prod(shape)]):
        if n > 1:
            yield partial(_over, n), 1 / n
            yield partial(_over, n, twice=True), 2 / n


def _twice(x: Math) -> Math:
    return notation.times(notation.number(2), x, "scale")


def _over(n: int, x: Math, twice: bool = False) -> Math:
    return notation.fraction(_twice(x) if twice else x, notation.number(n))


def _with_shape(x: Math, value: Any) -> Math:
    text = " × ".join(map(str, value.shape)) if value.shape else "scalar"
    return Math("under", (x,), text) if not isinstance(value.dtype, tuple) else x


def _agree(a: Any, b: Any) -> bool:
    return np.shape(a) == np.shape(b) and bool(_distance(a, b) <= _tolerance(b))


def _distance(a: Any, b: Any) -> float:
    with np.errstate(all="ignore"):
        gap = np.abs(np.asarray(a, float) - np.asarray(b, float))
    return float(np.where(np.asarray(a) == np.asarray(b), 0, gap).max(initial=0))


def _tolerance(b: Any) -> float:
    """A few hundred roundings of the largest number."""
    b = np.asarray(b)
    eps = float(np.finfo(b.dtype).eps) if b.dtype.kind == "f" else 0.0
    return 256 * eps * float(np.abs(b).max(initial=0))


def _compared(value: Any, expected: Any) -> str:
    """What the check says; nothing if two values disagree."""
    if not _agree(value, expected):
        return ""
    gap = _distance(value, expected)
    return "checked on the tape: " + (
        f"equal to {number_text(gap, 1)}" if gap else "the same numbers"
    )
