"""What a wrong derivative may come from: guesses, each tried on the recorded values.

A slip is a small change of the backward pass: a factor left out, a contribution forgotten, a rule
given another value. So the recorded rules are run again with such changes, and what comes out is
compared with what was derived. Nothing here knows any particular network.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import partial, reduce
from itertools import chain, combinations, permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.backward import dense
from autograd.errors import GradientError
from autograd.explain.entries import Entry, Input, plus
from autograd.explain.look import distinct_labels, number_text, shape_text
from autograd.explain.paths import Flow, below, pulled

if TYPE_CHECKING:
    from autograd.explain.entries import Contribution

__all__ = ["Search"]

Array = np.ndarray[Any, Any]
Value = Entry | Input

# How many numbers the rules may compute while one kind of slip is tried, and what to run a rule and
# to compare its result cost beside that, so that a large tape keeps nobody waiting: about half a
# second for each kind. What is nearest to the wrong value is tried first.
BUDGET = 30_000_000
RULE = 1000
GUESS = 5000
# Derivatives that people know by heart, in terms of the value.
BY_HEART: dict[str, tuple[str, Callable[[Array], Array]]] = {
    "sigmoid": ("{h} * (1 - {h})", lambda h: h * (1 - h)),
    "tanh": ("1 - {h}**2", lambda h: 1 - h**2),
}
CODE = 24  # characters of code that may stand for a value
NEAR = 60  # other values that are tried in a rule
REFUSALS = (
    ValueError,
    IndexError,
    TypeError,
    ArithmeticError,
    GradientError,
    np.linalg.LinAlgError,
)


class _SpentError(Exception):
    """The budget is used up."""


class Search:
    """Looks for the slip that made `yours` of the gradient with respect to `target`.

    ``cotangents`` are those of the tape, or such as follow from a slip further up; ``close`` is
    how near a guess has to come.
    """

    def __init__(
        self,
        flow: Flow,
        target: Value,
        yours: Array,
        cotangents: dict[Value, Any],
        close: float,
    ) -> None:
        self.flow = flow
        self.target = target
        self.yours = yours
        self.cotangents = cotangents
        self.right = np.asarray(cotangents[target])
        self.close = close
        self.ways = flow.to(target)
        self.nearest = [c for given in reversed(self.ways.values()) for c in given]
        self.alike: dict[Any, list[Entry]] = {}
        self.into: dict[Value, list[Contribution]] = {}
        for c in self.nearest:
            self.into.setdefault(c.to, []).append(c)
        every = dict.fromkeys(
            chain(
                [target],
                (x for entry in reversed(self.ways) for x in (*entry.parents, entry)),
                (x for entry in reversed(flow.steps) for x in (*entry.parents, entry)),
            )
        )
        self.names = distinct_labels(every)
        self.made_by: dict[Any, set[str]] = defaultdict(set)  # code -> the operations it recorded
        for v in every:
            if isinstance(v, Entry) and v.source:
                self.made_by[v.source].add(v.op)
        self.known = list(_different(sorted(every, key=lambda v: not v.name)))

    def readings(self) -> list[str]:
        """What may have happened; every one of them gives exactly the numbers that were derived."""
        near = [
            self._whole,
            self._other_axes,
            self._parts,
            self._rules_here,
            self._stretches,
            self._sums,
        ]
        for guesses in (
            near, [self._diagonals, self._products], [self._rules_above], [self._repeated],
            [self._elsewhere],
        ):  # fmt: skip
            found = list(dict.fromkeys(self._told(guesses)))
            if found:
                return found
        return []

    def _told(self, guesses: list[Callable[[], Iterator[tuple[str, Any]]]]) -> Iterator[str]:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # (a rule may say something of what is only tried)
            for guess in guesses:
                self.work = BUDGET
                try:
                    for text, numbers in guess():
                        if self._fits(numbers):
                            yield text
                except _SpentError:
                    pass

    def _fits(self, numbers: Any) -> bool:
        if numbers is None:
            return False
        numbers = np.asarray(numbers)
        if numbers.shape != self.yours.shape:
            return False
        return bool(np.max(np.abs(numbers - self.yours), initial=0) <= self.close)

    # ------------------------------------------------------------------ names

    def say(self, value: Value) -> str:
        """A value by its name, or by the code or the operation that made it: ``x - mu (v9)``."""
        if value.name or isinstance(value, Input):
            label = f"`{self.names[value]}`"
            bare = not value.name and isinstance(value.value, np.ndarray) and value.value.size == 1
            return f"{label} ({number_text(value.value.item())})" if bare else label
        if value.source is not None and len(self.made_by[value.source]) == 1:
            code = value.source.expression
            if 0 < len(code) <= CODE:
                return f"`{code}` ({self.names[value]})"
        return f"`{value.op}` ({self.names[value]})"

    # ------------------------------------------------------------------ the whole gradient

    def _whole(self) -> Iterator[tuple[str, Any]]:
        yours, right = self.yours, self.right
        if yours.shape == right.shape:
            ratio = self._ratio(yours, right)
            if np.max(np.abs(yours), initial=0) <= self.close:
                yield "yours is 0" + " in every element" * (right.size > 1), yours
            elif ratio is not None:
                for text in self._factor(ratio, self.ways):
                    yield text, ratio * right
        for order in permutations(range(right.ndim)) if 2 <= right.ndim <= 4 else ():
            if list(order) != sorted(order):
                text = (
                    "it is transposed" if right.ndim == 2 else f"its axes are in the order {order}"
                )
                yield text, np.transpose(right, order)
        if yours.shape != right.shape:
            yield from self._other_shapes()
        for axes in _choices(right.shape):
            for name, function in (("sum", np.sum), ("mean", np.mean)):
                total = function(right, axis=axes, keepdims=True)
                text = f"a {name} over {_axes_text(axes)} too many"
                if total.ndim == yours.ndim:
                    yield text, _broadcast(total, yours.shape)
                yield text, np.squeeze(total, axes)

    def _other_shapes(self) -> Iterator[tuple[str, Any]]:
        yours, right = self.yours, self.right
        if yours.size == right.size and yours.shape != right.shape[::-1]:
            text = f"the numbers are right, their shape is {yours.shape} in place of {right.shape}"
            yield text, np.reshape(right, yours.shape)
        for axes in _choices(yours.shape):
            total = np.sum(yours, axis=axes)
            if total.size == right.size and self._equal(np.reshape(total, right.shape)):
                yield f"the sum over {_axes_text(axes)} is missing", yours
        if yours.size != right.size:
            text = f"{shape_text(yours.shape)} is to be broadcast to {shape_text(right.shape)}"
            if self._equal(_broadcast(yours, right.shape)):
                yield text, yours
            text = f"{shape_text(right.shape)} was broadcast to {shape_text(yours.shape)}"
            yield text, _broadcast(right, yours.shape)
        n = right.size
        if yours.shape == (n, n) and n > 1:
            text = (
                f"its diagonal is the gradient: shapes ({n}, 1) and ({n},) were broadcast to "
                f"({n}, {n})"
            )
            if self._equal(np.reshape(np.diagonal(yours), right.shape)):
                yield text, yours

    def _other_axes(self) -> Iterator[tuple[str, Any]]:
        """The sum that undoes broadcasting, over other axes than those that were broadcast."""
        into, shape = self._into(self.target), self.right.shape
        if len(into) != 1:
            return
        entry, i = into[0].entry, into[0].i
        raw = entry.rule(i)(self.cotangents[entry], **entry.needs(i))
        if not isinstance(raw, np.ndarray) or raw.shape == shape:
            return
        lead = raw.ndim - len(shape)
        due = tuple(k for k, n in enumerate(raw.shape) if k < lead or n != shape[k - lead])
        for axes in _choices(raw.shape):
            if len(axes) == len(due) and axes != due:
                text = f"the sum is taken over {_axes_text(axes)} in place of {_axes_text(due)}"
                yield text, np.sum(raw, axis=axes)
                yield text, np.sum(raw, axis=axes, keepdims=True)

    def _equal(self, array: Any) -> bool:
        return array is not None and bool(
            np.max(np.abs(array - self.right), initial=0) <= self.close
        )

    def _ratio(self, a: Array, b: Array) -> float | None:
        """The number r for which a = r b, if there is one."""
        scale = float(np.vdot(b, b))
        if not scale or not np.isfinite(scale):
            return None
        ratio = float(np.vdot(b, a)) / scale
        return ratio if np.max(np.abs(a - ratio * b), initial=0) <= self.close else None

    def _factor(self, ratio: float, between: Iterable[Entry], path: str = "") -> Iterator[str]:
        """What a constant factor may mean; `between` are the entries that may have brought it.

        It is one of the whole gradient, or of the part that comes by a path.
        """
        between = list(between)
        it, what = (path, "what it should be") if path else ("it", "the gradient")
        if _is(ratio, -1):
            yield f"{path} has the wrong sign" if path else "the sign: it is minus the gradient"
            return
        sign = " and of the other sign" if ratio < 0 else ""
        size = abs(ratio)
        told = False
        for c in self._into(self.target):
            n = int(np.prod(c.raw_shape)) // max(1, self.right.size)
            if n > 1 and _is(size, 1 / n) and not path:
                told = True
                yield f"a mean over {n} in place of the sum that undoes broadcasting{sign}"
        means: dict[int, list[str]] = {}  # the length -> the values that are means over it
        for entry in reversed(between):
            if entry.op == "mean":
                n = int(np.prod(entry.parents[0].shape)) // max(1, int(np.prod(entry.shape)))
                means.setdefault(n, []).append(self.say(entry))
        for n, entries in means.items():
            over = f"{' or '.join(entries)} is a mean over {n}"
            if n > 1 and _is(size, n):
                told = True
                yield f"{it} is {n} times {what}{sign}: {over}, so a factor 1/{n} is missing"
            elif n > 1 and _is(size, 1 / n):
                told = True
                yield f"{it} is 1/{n} of {what}{sign}: {over}, which divides by it once, not twice"
        if told:
            return
        fraction = Fraction(size).limit_denominator(1_000_000)
        simple = _is(size, float(fraction)) and (
            fraction.numerator == 1 or fraction.denominator == 1
        )
        n = fraction.numerator * fraction.denominator
        where = self._length(n) if simple and n > 2 else ""
        if simple and (n <= 12 or where):
            times = f"{n} times" if fraction.denominator == 1 else f"1/{n} of"
            words = {"2 times": "twice", "1/2 of": "half"}
            yield f"{it} is {words.get(times, times)} {what}{sign}{where}"
            return
        if max(fraction.numerator, fraction.denominator) <= 12:
            yield f"{it} is {fraction} of {what}{sign}"
            return
        for value in self.known:
            if value.value.size == 1 and self.right.size > 1 and value.value:
                number = float(value.value.reshape(()))
                for x, word in ((number, "times"), (1 / number, "divided by")):
                    if _is(size, abs(x)):
                        told = True
                        minus = "minus " if x * ratio < 0 else ""
                        yield f"{it} is {minus}{what} {word} {self.say(value)}"
        if not told and self.right.size > 2:
            yield f"{it} is {number_text(ratio, 6)} times {what}, in every element"

    def _length(self, n: int) -> str:
        """Of what `n` is the length."""
        for value in [self.target, *self.known]:
            if n in value.shape:
                return f" ({n} is the length of axis {value.shape.index(n)} of {self.say(value)})"
        for value in self.known:
            if value.value.size == n:
                return f" ({self.say(value)} has {n} elements)"
        return ""

    # ------------------------------------------------------------------ parts of the sum

    def _spend(self, *arrays: Any) -> None:
        self.work -= GUESS
        for a in arrays:
            several = isinstance(a, (list, tuple))
            self.work -= RULE + (sum(map(np.size, a)) if several else np.size(a))
        if self.work < 0:
            raise _SpentError

    def _pull(self, c: Contribution) -> Any:
        return pulled(c, self.cotangents[c.entry])

    def _carry(self, value: Value, change: Any) -> Array:
        """How the gradient changes if the cotangent of `value` changes by `change`."""
        if value is self.target:
            return np.asarray(change)
        ways = below(self.ways, value)
        self._spend(*(c.value for given in ways.values() for c in given))
        return np.asarray(self.flow.run(ways, {value: change})[self.target])

    def _parts(self) -> Iterator[tuple[str, Any]]:
        if self.yours.shape != self.right.shape:
            return
        gap = self.yours - self.right
        seen: list[Array] = []
        missing: list[set[Contribution]] = []
        told: list[Contribution] = []
        for given in self._branches():
            c = given[0]
            if c in told:
                continue  # of the entry as a whole
            part = self._carry(c.to, reduce(plus, map(self._pull, given)))
            same = [np.zeros_like(part), self.right] if self.right.size > 1 else []
            if any(np.max(np.abs(part - other), initial=0) <= self.close for other in same + seen):
                continue
            seen.append(part)
            extra = self._ratio(gap, part)
            if extra is None:
                continue
            told += given
            path = f"the path through {self._through(c)}"
            if len(given) == 1 and sum(d.entry is c.entry for d in self._into(c.to)) > 1:
                path += f", as its input {c.i + 1},"
            if _is(extra, -1):
                missing.append(set(given))
                yield f"{path} is missing", self.right - part
            elif self.right.size > 1 and self._ratio(part, self.right) is None:
                through_it = [*self.flow.to(c.entry), c.entry]
                for text in self._factor(1 + extra, through_it, path):
                    yield text, self.right + extra * part
            elif _is(extra, -2):
                yield f"{path} has the wrong sign", self.right - 2 * part
        several = [c for c in self.nearest if len(self._into(c.to)) > 1]
        seeds = {entry: self.cotangents[entry] for entry in self.flow.seeds(self.ways)}
        # (What leaves out all that comes to a value between is said of the value.)
        missing += [{*self._into(c.to)} for c in several if c.to is not self.target]
        for count in (2, 3):
            for left_out in combinations(several[:8], count):
                if any(few <= {*left_out} for few in missing):
                    continue  # said in fewer words
                kept = {
                    e: [c for c in given if c not in left_out] for e, given in self.ways.items()
                }
                self._spend(*(c.value for given in kept.values() for c in given))
                rest = self.flow.run(kept, seeds).get(self.target)
                names = ", ".join(dict.fromkeys(self._through(c) for c in left_out))
                yield f"the paths through {names} are missing", rest
                if self._fits(rest):
                    return  # what takes more, or is further off, says the same

    def _branches(self) -> Iterator[list[Contribution]]:
        """What is one of several contributions to a value; of an entry as a whole before each."""
        for value in dict.fromkeys(c.to for c in self.nearest):
            into = self._into(value)
            of: dict[Entry, list[Contribution]] = {}
            for c in into:
                of.setdefault(c.entry, []).append(c)
            for given in of.values():
                if 1 < len(given) < len(into):
                    yield given
                if len(into) > 1:
                    yield from ([c] for c in given)

    def _through(self, c: Contribution) -> str:
        to = "" if c.to is self.target else f" to {self.say(c.to)}"
        return f"{self.say(c.entry)}{to}"

    def _into(self, value: Value) -> list[Contribution]:
        """What is added up to the cotangent of a value."""
        return self.into.get(value, [])

    # ------------------------------------------------------------------ one rule, changed

    def _rules_here(self) -> Iterator[tuple[str, Any]]:
        for c in self._into(self.target):
            yield from self._rule(c)

    def _rules_above(self) -> Iterator[tuple[str, Any]]:
        for c in self.nearest:
            if c.to is not self.target:
                yield from self._rule(c)

    def _rule(self, c: Contribution) -> Iterator[tuple[str, Any]]:
        """The gradient if what `c` contributes had been found in another way."""
        part = self._pull(c)
        if not isinstance(part, np.ndarray):
            return  # of an entry with several outputs
        alone = c.to is self.target and len(self._into(self.target)) == 1
        for text, attempt in self._changes(c):
            self._spend(part)
            try:
                raw = attempt()
                if raw is None:
                    continue
                if alone and np.shape(raw) == self.yours.shape:
                    yield text, raw
                    continue
                changed = dense(raw, c.to.node, c.entry.primitive)
            except REFUSALS:
                continue
            if self.yours.shape == self.right.shape and np.shape(changed) == part.shape:
                yield text, self.right + self._carry(c.to, changed - part)

    def _repeated(self) -> Iterator[tuple[str, Any]]:
        """One slip made again and again: at each step of a loop, in each layer."""
        start = {entry: self.cotangents[entry] for entry in self.flow.seeds(self.ways)}
        uses: dict[str, int] = defaultdict(int)
        right: dict[Value, int] = defaultdict(int)
        for entry in self.ways:
            if entry.primitive.elementwise and len(entry.inputs) == 1 and entry.needs(0):
                uses[entry.op] += 1
            if entry.op == "matmul" and isinstance(w := entry.inputs[1], (Entry, Input)):
                right[w] += np.ndim(w.value) == 2 and w.shape[0] == w.shape[1]

        def forgetting(op: str, c: Contribution, g: Any) -> Any:
            return g if c.entry.op == op else pulled(c, g)

        def straight(w: Value, c: Contribution, g: Any) -> Any:
            mine = c.entry.op == "matmul" and c.i == 0 and c.entry.inputs[1] is w
            return g @ w.value if mine else pulled(c, g)

        habits = [
            (f"the derivative of `{op}` is forgotten, all {n} times", partial(forgetting, op))
            for op, n in uses.items()
            if n > 1
        ]
        habits += [
            (f"{self.say(w)} is not transposed, each of {n} times", partial(straight, w))
            for w, n in right.items()
            if n > 1
        ]
        for text, rule in habits:
            self._spend(*(c.value for given in self.ways.values() for c in given))
            yield text, self.flow.run(self.ways, start, rule=rule).get(self.target)

    def _changes(self, c: Contribution) -> Iterator[tuple[str, Callable[[], Any]]]:
        """What the rule of `c` might have been taken for, and what it gives then."""
        entry, i, g = c.entry, c.i, self.cotangents[c.entry]
        if entry.primitive.elementwise and entry.needs(i):
            yield self._forgotten(entry, i), lambda: g
            if len(entry.parents) == 1:
                for text, slope in self._by_heart(entry, f"the derivative of {self.say(entry)}"):
                    yield text, partial(np.multiply, g, slope)
        if entry.op == "matmul":
            yield from self._matmul(entry, i, g)
        if not entry.primitive.variadic:
            yield from self._with_other_values(c)
            yield from self._with_other_cotangents(entry, i)

    def _with_other_values(self, c: Contribution) -> Iterator[tuple[str, Callable[[], Any]]]:
        entry, i, g = c.entry, c.i, self.cotangents[c.entry]
        rule, needs = entry.rule(i), entry.needs(i)
        operation = self.say(entry)
        elementwise = entry.primitive.elementwise
        single = elementwise and len(entry.parents) == 1

        def given(name: str, value: Any) -> Any:
            return rule(g, **{**needs, name: value})

        def taken(other: Value, at: Value) -> str:
            return (
                f"the derivative of {operation} is taken at {self.say(other)} in place of "
                f"{self.say(at)}"
            )

        for name, value in needs.items():
            if not isinstance(value, np.ndarray) or name not in (*entry.primitive.inputs, "z"):
                continue
            at = entry if name == "z" else entry.inputs[entry.primitive.inputs.index(name)]
            called = self.say(at)
            for other in self._others(at, elementwise):
                text = f"in the rule of {operation}, {self.say(other)} stands in place of {called}"
                text = taken(other, at) if single and name != "z" else text
                yield text, partial(given, name, other.value)
            h = self.cotangents.get(at)
            if isinstance(h, np.ndarray):
                text = (
                    f"in the rule of {operation}, the gradient of {called} stands in place of its "
                    "value"
                )
                yield text, partial(given, name, h)
            if value.ndim == 2 and value.shape[0] == value.shape[1] and entry.op != "matmul":
                text = f"in the rule of {operation}, {called} is transposed"
                yield text, partial(given, name, value.T)
        if single and "z" in needs:
            at = entry.parents[0]
            for other in self._others(at, True):
                replayed = partial(self._replayed, [entry], entry, c.to, other.value)
                yield taken(other, at), replayed

    def _with_other_cotangents(
        self, entry: Entry, i: int
    ) -> Iterator[tuple[str, Callable[[], Any]]]:
        rule, needs = entry.rule(i), entry.needs(i)
        for other in self._alike(entry):
            h = self.cotangents[other]
            if np.array_equal(h, self.cotangents[entry]):
                continue
            step = [d for d in self.ways[other] if d.to is entry]
            if step and other.primitive.elementwise:
                text = self._forgotten(other, step[0].i)
            else:
                text = (
                    f"the gradient of {self.say(other)} is used in place of that of "
                    f"{self.say(entry)}"
                )
            yield text, partial(rule, h, **needs)

    def _alike(self, entry: Entry) -> list[Entry]:
        """Entries of the same shape, the nearest first; of some with one gradient the first."""
        if entry.shape not in self.alike:
            found: dict[bytes, Entry] = {}
            for other in reversed(self.ways):
                if other.shape == entry.shape and isinstance(self.cotangents[other], np.ndarray):
                    found.setdefault(self.cotangents[other].tobytes(), other)
            self.alike[entry.shape] = list(found.values())[:NEAR]
        return self.alike[entry.shape]

    def _forgotten(self, entry: Entry, i: int) -> str:
        other = [x for k, x in enumerate(entry.inputs) if k != i]
        if entry.op in ("multiply", "divide") and len(other) == 1 and (
            entry.op == "multiply" or i == 0
        ):  # fmt: skip
            factor = self.say(other[0]) if isinstance(other[0], (Entry, Input)) else f"{other[0]:g}"
            over = "1/" if entry.op == "divide" else ""
            return f"the factor {over}{factor} is forgotten (of {self.say(entry)})"
        return f"the derivative of {self.say(entry)} is forgotten"

    def _by_heart(self, entry: Entry, what: str) -> Iterator[tuple[str, Array]]:
        """The derivative of another activation, at the value of this one."""
        for name, (formula, slope) in BY_HEART.items():
            written = formula.format(h=self.names[entry])
            yield f"{what} is taken to be `{written}`, which is that of {name}", slope(entry.value)

    def _others(self, at: Value, same_shape: bool) -> list[Value]:
        """Other recorded values that could have been taken for `at`."""
        return [
            v for v in self.known
            if v.value is not at.value
            and (v.value.shape == at.shape or (not same_shape and v.value.ndim == 2))
        ][:NEAR]  # fmt: skip

    def _matmul(self, entry: Entry, i: int, g: Array) -> Iterator[tuple[str, Callable[[], Any]]]:
        x = entry.inputs[1 - i]
        if not isinstance(x, (Entry, Input)) or np.ndim(x.value) < 2 or np.ndim(g) < 2:
            return
        a, name = x.value, self.say(x)
        t, gt = np.swapaxes(a, -1, -2), np.swapaxes(g, -1, -2)
        turned = f"the gradient of {self.say(entry)} is the wrong way round: transposed, or not"
        straight, swapped = f"{name} is not transposed", "the factors of the product are swapped"
        if i == 0:  # g xᵀ
            yield straight, lambda: g @ a
            yield turned, lambda: gt @ t
            yield swapped, lambda: t @ g
            yield f"{swapped}, and {straight}", lambda: a @ g
        else:  # xᵀ g
            yield straight, lambda: a @ g
            yield turned, lambda: t @ gt
            yield swapped, lambda: g @ t
            yield f"{swapped}, and {straight}", lambda: g @ a
        yield f"an element-wise product with {name} in place of the matrix product", lambda: g * a
        yield f"an element-wise product with {name}ᵀ in place of the matrix product", lambda: g * t

    # ------------------------------------------------------------------ a function of several steps

    def _stretches(self) -> Iterator[tuple[str, Any]]:
        """The derivative of an element-wise function that was computed in several steps."""
        if self.yours.shape != self.right.shape:
            return
        starts = dict.fromkeys([self.target, *(c.to for c in self.nearest if c.to.name)])
        for start in list(starts)[:NEAR]:
            yield from self._stretch(start)

    def _stretch(self, start: Value) -> Iterator[tuple[str, Any]]:
        inside: list[Entry] = []  # the entries between, oldest first
        steps = 0  # of these that have a derivative other than 1
        reached: set[Value] = {start}
        ways = self.flow.to(start) if start is not self.target else self.ways
        for end, given in reversed(ways.items()):
            # (An entry of another shape, or that depends on the start by two ways, ends it.)
            if not end.primitive.elementwise or end.shape != start.shape:
                return
            if not all(c.to in reached for c in given):
                return
            inside.append(end)
            reached.add(end)
            steps += any(end.needs(i) for i in end.wanted)
            self._spend()
            if steps < 2 or not end.name:
                continue
            self._spend(*(start.value for _ in inside))
            g = self.cotangents[end]
            between = {e: ways[e] for e in reversed(inside)}
            part = self.flow.run(between, {end: g})[start]
            what = f"the derivative of {self.say(end)} with respect to {self.say(start)}"
            yield f"{what} is forgotten", self.right + self._carry(start, g - part)
            for text, slope in self._by_heart(end, what):
                yield text, self.right + self._carry(start, g * slope - part)
            for other in self._others(start, True):
                try:
                    changed = self._replayed(inside, end, start, other.value)
                except REFUSALS:
                    continue
                text = f"{what} is taken at {self.say(other)}"
                yield text, self.right + self._carry(start, changed - part)

    def _replayed(self, inside: list[Entry], end: Entry, start: Value, u: Array) -> Any:
        """The cotangent of `end` pulled to `start`, if that had had the value `u`."""
        self._spend(*[u] * (3 * len(inside)))  # computed forward, and back by a rule made anew
        copies: dict[Any, Any] = {start: Input(start.node, u, 0)}
        for e in inside:
            inputs = tuple(
                copies.get(x, x) if isinstance(x, (Entry, Input)) else x for x in e.inputs
            )
            values = [x.value if isinstance(x, (Entry, Input)) else x for x in inputs]
            copies[e] = Entry(
                e.index, e.primitive, inputs, e.static, e.primitive.forward(*values, **e.static),
                e.node,
            )  # fmt: skip
        table: dict[Any, Any] = {end: self.cotangents[end]}
        for e in reversed(inside):
            for i, x in enumerate(e.inputs):
                if isinstance(x, (Entry, Input)) and x in copies and i in e.wanted and e in table:
                    part = copies[e].pull(i, table[e])
                    table[x] = plus(table[x], part) if x in table else part
        return table[start]

    def _diagonals(self) -> Iterator[tuple[str, Any]]:
        """A function such as softmax, taken for one of each element by itself."""
        if self.yours.shape != self.right.shape or not 1 < self.right.size <= 100:
            return
        shape = self.target.shape
        ends = [e for e in reversed(self.ways) if e.name and e is not self.target]
        for end in [e for e in ends if e.shape == shape][:3]:
            ways, g = below(self.ways, end), self.cotangents[end]
            diagonal = np.zeros_like(self.right)
            for k in np.ndindex(shape):
                self._spend(*(c.value for given in ways.values() for c in given))
                start = np.zeros_like(g)
                start[k] = g[k]
                diagonal[k] = self.flow.run(ways, {end: start})[self.target][k]
            yield (
                f"what each element of {self.say(self.target)} does to the other elements of "
                f"{self.say(end)} is missing: of that derivative only the diagonal is there",
                self.right + diagonal - self.flow.run(ways, {end: g})[self.target],
            )

    # ------------------------------------------------------------------ products and sums

    def _sums(self, any_ratio: bool = False) -> Iterator[tuple[str, Any]]:
        """The gradient plus something on the tape, or (of `any_ratio`) a multiple of it."""
        if self.yours.shape != self.right.shape or self.yours.size < 2:
            return
        gap = self.yours - self.right
        for value in self.known:
            if value.shape == self.yours.shape:
                ratio = self._ratio(gap, value.value)
                if ratio is None or not (any_ratio or _is(abs(ratio), 1)):
                    continue
                times = "" if _is(abs(ratio), 1) else f"{number_text(abs(ratio), 6)} × "
                few, much = ("missing", "too much") if ratio < 0 else ("too much", "missing")
                yield (
                    f"it is the gradient {'-' if ratio < 0 else '+'} {times}{self.say(value)}: "
                    f"the term {times}{self.say(value)} is {few}, or -{times}{self.say(value)} "
                    f"is {much}",
                    self.right + ratio * value.value,
                )

    def _products(self) -> Iterator[tuple[str, Any]]:
        """The gradient times or over something on the tape, or plus a multiple of it."""
        if self.yours.shape != self.right.shape:
            return
        for value in self.known:
            u, name = value.value, self.say(value)
            self._spend(u)
            if self.right.size == 1 or (u.size > 1 and (u != u.flat[0]).any()):
                wide = _broadcast(u, self.right.shape)
                if wide is not None:
                    for sign, minus in ((1, ""), (-1, "minus ")):
                        right = sign * self.right
                        yield (
                            f"it is {minus}the gradient times {name}: a factor too many",
                            right * wide,
                        )
                        yield (
                            f"it is {minus}the gradient over {name}: a factor is missing",
                            right / wide,
                        )
        yield from self._sums(any_ratio=True)

    def _elsewhere(self) -> Iterator[tuple[str, Any]]:
        """What belongs to another value."""
        seen: set[Any] = set()
        for c in self.nearest:
            g = self.cotangents.get(c.entry)
            if isinstance(g, np.ndarray) and (g.shape, g.tobytes()) not in seen:
                seen.add((g.shape, g.tobytes()))
                name = self.say(c.entry)
                yield (
                    f"it is the gradient of {name}: the step from {name} back to "
                    f"{self.say(self.target)} is missing",
                    g,
                )
        for value in self.known:
            yield f"it is the value of {self.say(value)}", value.value


def _different(values: Iterable[Value]) -> Iterator[Value]:
    """Those with known numbers; of some that hold the same numbers the first."""
    seen: set[Any] = set()
    for v in values:
        if isinstance(v.value, np.ndarray) and v.value.dtype.kind in "fiub":
            key = (v.shape, v.value.tobytes() if v.value.size <= 10_000 else v)
            if key not in seen:
                seen.add(key)
                yield v


def _is(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-6 * abs(b)


def _choices(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Every choice of one or more axes that are longer than 1."""
    axes = [axis for axis, length in enumerate(shape) if length != 1][:6]
    for size in range(1, len(axes) + 1):
        yield from combinations(axes, size)


def _axes_text(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"


def _broadcast(array: Array, shape: tuple[int, ...]) -> Any:
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        return None
