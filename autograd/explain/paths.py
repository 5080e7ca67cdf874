"""`paths`: every way from a value to the loss, and what each adds to the gradient.

A gradient is the sum, over all paths, of the product of the rules along each. Their number is
found by counting (it may have hundreds of digits); the paths themselves are walked only as far as
they are listed.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from autograd.backward import dense
from autograd.errors import GradientError
from autograd.explain.entries import plus
from autograd.explain.look import (
    COLORS,
    EDGE,
    distinct_labels,
    index_text,
    largest,
    number_text,
    shape_text,
)
from autograd.explain.show import PLAIN

if TYPE_CHECKING:
    from autograd.explain.entries import Contribution, Entry, Input, Pass
    from autograd.explain.recorder import Tape

__all__ = ["Flow", "Path", "Paths", "below", "paths", "pulled"]

Array = np.ndarray[Any, Any]

SHOWN = 8  # values of a path that a row shows; of a longer one what all share is left out


class Flow:
    """A backward pass run again over the recorded values, along chosen ways or with other numbers.

    ``steps`` holds for each entry what it contributed, in the order of the pass; ``cotangents``
    what reached each value.
    """

    def __init__(self, done: Pass) -> None:
        self.steps: dict[Entry, list[Contribution]] = {e: given for e, _, given in done.steps}
        self.cotangents: dict[Entry | Input, Any] = {
            c.to: c.total for given in self.steps.values() for c in given
        }
        self.cotangents |= {e: g for e, g, _ in done.steps}
        for value, g in self.cotangents.items():  # (of a sum of numbers NumPy makes no array)
            self.cotangents[value] = g if isinstance(g, (list, tuple)) else np.asarray(g)

    def to(self, target: Entry | Input) -> dict[Entry, list[Contribution]]:
        """The contributions on some way to `target`, by the entry that makes them, as they came."""
        reaching: set[Entry | Input] = {target}
        ways = []
        for entry in reversed(self.steps):
            given = [c for c in self.steps[entry] if c.to in reaching]
            if given:
                reaching.add(entry)
                ways.append((entry, given))
        return dict(reversed(ways))

    def seeds(self, ways: dict[Entry, list[Contribution]]) -> dict[Any, Any]:
        """The cotangents with which `ways` begin: of entries that nothing on them leads to."""
        reached = {c.to for given in ways.values() for c in given}
        return {entry: self.cotangents[entry] for entry in ways if entry not in reached}

    def run(
        self,
        ways: dict[Entry, list[Contribution]],
        start: dict[Any, Any],
        fixed: dict[Any, Any] | None = None,
        rule: Callable[[Contribution, Any], Any] | None = None,
    ) -> dict[Any, Any]:
        """What reaches each value if `start` is what begins; a value in `fixed` keeps that one.

        `rule` is what is used for ``pulled``.
        """
        table, fixed = {**start, **(fixed or {})}, fixed or {}
        for entry, given in ways.items():
            if entry not in table:
                continue
            for c in given:
                if c.to not in fixed:
                    part = (rule or pulled)(c, table[entry])
                    table[c.to] = plus(table[c.to], part) if c.to in table else part
        return table


def pulled(given: Contribution, g: Any) -> Any:
    """What the entry of `given` would contribute if its cotangent were `g`.

    Where the pass kept an infinite derivative out (it lay behind a `where` that chose the other
    branch), this does so too.
    """
    entry, i = given.entry, given.i
    with np.errstate(all="ignore"):
        c = entry.rule(i)(g, **entry.needs(i))
        if entry.primitive.elementwise and isinstance(c, (np.ndarray, np.generic)):
            lost = ~np.isfinite(c)
            if lost.any():
                c = np.where(lost & (np.asarray(g) == 0) & np.isfinite(given.value), 0, c)
        return dense(c, entry.inputs[i].node, entry.primitive)


@dataclass(eq=False)
class Path:
    """One way from a value to the output.

    ``entries``       the values along it, from the source to the output
    ``positions``     for each entry after the source: as which of its inputs the way enters it
    ``labels``        what each is called; no two different ones on the tape's way the same
    ``contribution``  the cotangent of the output, pulled back along this way only
    """

    entries: tuple[Entry | Input, ...]
    positions: tuple[int, ...]
    labels: tuple[str, ...]
    contribution: Array

    @property
    def names(self) -> list[str]:
        """The labels, with the operation where a value has no name of its own."""
        return [
            label if value.name else f"{label} {getattr(value, 'op', '')}".rstrip()
            for value, label in zip(self.entries, self.labels, strict=True)
        ]

    def __repr__(self) -> str:
        return f"{_row(self.names)}   {_amount(self.contribution)}"


class Paths:
    """The ways from a value to the output; a sequence of `Path`, the largest contribution first.

    ``count``        how many there are, exactly; only `limit` of them are listed
    ``total``        the sum of the contributions that are listed
    ``gradient``     what the backward pass found
    ``agrees``       whether these two are the same up to rounding; None if not all are listed
    ``difference``   the largest distance between them

    `at` looks at one element, `through` splits by the elements of a value on the way.
    """

    def __init__(
        self,
        listed: Iterable[Path],
        count: int,
        gradient: Array,
        walk: _Walk,
        index: Any = (),
        middle: str = "",
    ) -> None:
        # (What is not finite comes first; sorting is stable, so that equals stay in tape order.)
        self._listed = sorted(
            listed,
            key=lambda path: (
                bool(np.isfinite(path.contribution).all()),
                -largest(path.contribution),
            ),
        )
        self.count = count
        self.gradient = gradient
        self._walk = walk
        self._index = index
        self._middle = middle
        total = np.zeros_like(gradient)
        with np.errstate(all="ignore"):
            for path in self._listed:
                total = total + path.contribution
        self.total: Array = np.asarray(total)

    @property
    def complete(self) -> bool:
        """Whether all paths are listed."""
        return len(self) == self.count

    @property
    def difference(self) -> float:
        """The largest distance between an element of the total and of the gradient."""
        with np.errstate(all="ignore"):
            same = (self.total == self.gradient) | (np.isnan(self.total) & np.isnan(self.gradient))
            distance = np.where(same, 0, np.abs(self.total - self.gradient))
        return float(np.max(distance, initial=0))

    @property
    def agrees(self) -> bool | None:
        """Whether the total is the gradient, up to rounding; None if not all are listed."""
        if not self.complete:
            return None
        scale = max([largest(self.gradient), *(largest(path.contribution) for path in self)])
        return bool(self.difference <= np.finfo(self.gradient.dtype).eps ** 0.5 * scale)

    @overload
    def __getitem__(self, k: int) -> Path: ...
    @overload
    def __getitem__(self, k: slice) -> list[Path]: ...
    def __getitem__(self, k: Any) -> Any:
        return self._listed[k]

    def __iter__(self) -> Iterator[Path]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)

    def at(self, index: Any) -> Paths:
        """The same paths, with what they contribute to one element (or a slice) of the source.

        Raises IndexError if there is no such element.
        """

        def pick(array: Array) -> Array:
            return np.asarray(np.asarray(array)[index])

        try:
            gradient = pick(self.gradient)
        except IndexError as error:
            raise IndexError(
                f"Paths.at: {self._source} of shape {np.shape(self.gradient)} has no element "
                f"{_at_text(index)}; {error}."
            ) from None
        listed = [Path(p.entries, p.positions, p.labels, pick(p.contribution)) for p in self]
        return Paths(listed, self.count, gradient, self._walk, index, self._middle)

    def through(self, value: Any) -> Paths:
        """The gradient split by the elements of a value on the way, one row for each.

        This is the sum of a derivation that is written element by element:
        ∂L/∂w = Σᵢ ∂L/∂pᵢ ∂pᵢ/∂w. Its total is what flows through `value`. Elements through which
        nothing flows are left out.

        Raises GradientError if no path leads through `value`, or if it has several outputs.
        """
        walk = self._walk
        middle = walk.tape.at(value)
        known = walk.flow.run(walk.ways, walk.seeds)
        if middle not in known or not (middle in walk.ways or middle is walk.source):
            raise GradientError(
                f"Paths.through: no path from {self._source} to {self._walk.output} leads through "
                f"{middle.label}; choose one of those on the way."
            )
        if isinstance(known[middle], (list, tuple)):
            raise GradientError(
                f"Paths.through: {middle.label} has several outputs; choose one of them."
            )
        g = np.asarray(known[middle])
        ways = walk.flow.to(walk.source)

        def part(start: Array) -> Array:
            reached = walk.flow.run(below(ways, middle), {middle: start})
            return np.asarray(np.asarray(reached[walk.source])[self._index])

        names = walk.titles
        used = [tuple(map(int, k)) for k in np.argwhere(g != 0)]
        listed, empty = [], 0
        for k in used[: walk.limit]:
            start = np.zeros_like(g)
            start[k] = g[k]
            share = part(start)
            if not np.any(share):
                empty += 1
                continue
            labels = (names[walk.source], f"{names[middle]}{_at_text(k)}", walk.output)
            entries = (walk.source, middle, next(iter(walk.seeds)))
            listed.append(Path(entries, (), labels, share))
        return Paths(listed, len(used) - empty, part(g), walk, self._index, names[middle])

    # ------------------------------------------------------------------ to look at

    @property
    def _sentence(self) -> str:
        if not self.count:
            return f"No path leads from {self._source} to {self._walk.output}: the gradient is 0"
        ways = f"way{'s' * (self.count != 1)} through elements of {self._middle}"
        what = ways if self._middle else f"path{'s' * (self.count != 1)}"
        order = ", the largest first" if self.complete and self.count > 1 else ""
        return f"{_count_text(self.count)} {what} from {self._source} to {self._walk.output}{order}"

    @property
    def _source(self) -> str:
        return f"{self._walk.titles[self._walk.source]}{_at_text(self._index)}"

    @property
    def _rows(self) -> list[str]:
        """Each path in a row, of a long one only where they differ."""
        names = [path.names for path in self]
        if max(map(len, names), default=0) <= SHOWN:
            return list(map(_row, names))
        ends = [
            next((k for k, at in enumerate(zip(*rows)) if len(set(at)) > 1), 0)
            for rows in (names, [row[::-1] for row in names])
        ]
        return [_row(row, *ends) for row in names]

    @property
    def _verdict(self) -> str:
        if not self.complete:
            more = _count_text(self.count - len(self))
            return f"{len(self)} listed, {more} more are not, so the sum is not the gradient"
        if self.agrees:
            return "the sum is the gradient"
        return f"the sum differs from the gradient by {number_text(self.difference)}"

    def __repr__(self) -> str:
        if not self.count:
            return self._sentence
        amounts = [_amount(path.contribution) for path in self]
        width = max(map(len, [*amounts, _amount(self.total)]), default=0)
        rows = [f"{a:>{width}}   {row}" for a, row in zip(amounts, self._rows, strict=True)]
        total = f"{_amount(self.total):>{width}}   {self._verdict}"
        return "\n".join([self._sentence, *rows, "─" * width, total])

    def _repr_html_(self) -> str:
        escape = html.escape
        scale = max((largest(path.contribution) for path in self), default=0)
        rows = "".join(
            f"<tr><td style='{_NUMBER}'>{escape(_amount(path.contribution))}</td>"
            f"<td style='{_BAR}'>{_bar(path.contribution, scale)}</td>"
            f"<td style='{_TEXT}'>{escape(row)}</td></tr>"
            for path, row in zip(self, self._rows, strict=True)
        )
        sign = "✓ " if self.agrees else "✗ " if self.agrees is False else ""
        total = (
            f"<tr><td style='{_NUMBER}border-top:1px solid {EDGE};'>{escape(_amount(self.total))}"
            f"</td><td style='{_BAR}border-top:1px solid {EDGE};'></td>"
            f"<td style='{_TEXT}border-top:1px solid {EDGE};'>{sign}{escape(self._verdict)}</td>"
            "</tr>"
        )  # fmt: skip
        return (
            f"<div class='{PLAIN}'><p style='margin:0 0 6px'>"
            f"<strong>{escape(self._sentence)}</strong></p>"
            + (f"<table style='border-collapse:collapse'>{rows}{total}</table>" if rows else "")
            + "</div>"
        )


_CELL = "padding:3px 10px;vertical-align:top;background:transparent;border:0;"
_NUMBER = f"{_CELL}text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;"
_TEXT = f"{_CELL}text-align:left;"
_BAR = f"{_CELL}width:90px;min-width:90px;padding-left:0;padding-right:0;"


def _row(names: list[str], begin: int = 0, end: int = 0) -> str:
    """The names with arrows, the inner ones of the first `begin` and the last `end` left out."""
    if begin > 3:
        names = [names[0], f"… {begin - 2} more …", *names[begin - 1 :]]
    if end > 3:
        names = [*names[: len(names) - end + 1], f"… {end - 2} more …", names[-1]]
    if len(names) > 2 * SHOWN:
        names = [*names[:SHOWN], f"… {len(names) - 2 * SHOWN} more …", *names[-SHOWN:]]
    return " → ".join(names)


def _bar(contribution: Array, scale: float) -> str:
    """How large it is beside the largest; orange above 0, blue below, grey of several elements."""
    size = largest(contribution)
    share = size / scale if scale else 0.0
    if np.size(contribution) != 1:
        color = COLORS["operation"][1]
    else:
        color = "#ea580c" if np.asarray(contribution).item() > 0 else "#2563eb"
    width = max(1, round(88 * share))
    return (
        f"<div style='width:{width}px;height:10px;margin-top:5px;background:{color};"
        "border-radius:2px'></div>"
    )


def _amount(array: Any) -> str:
    """A number, a few numbers, or the shape and the largest element."""
    array = np.asarray(array)
    if array.ndim == 0:
        return number_text(array.item())
    if array.size <= 4 and array.ndim == 1:
        return f"[{', '.join(number_text(x) for x in array.tolist())}]"
    return f"{shape_text(array.shape)}, up to {number_text(largest(array))}"


def _count_text(count: int) -> str:
    """A number, one of very many digits rounded."""
    if count < 10**15:
        return f"{count:,}"
    power = int(count.bit_length() * 0.30102999566398120) - 1
    while 10 ** (power + 1) <= count:
        power += 1
    leading = count // 10 ** (power - 2)
    return f"about {leading / 100:g}·10^{power}"


def _at_text(index: Any) -> str:
    return "" if isinstance(index, tuple) and not index else f"[{index_text(index)}]"


def below(ways: dict[Entry, list[Contribution]], first: Entry | Input) -> dict[Entry, Any]:
    """The part of the ways that begins at `first`."""
    reached = {first}
    part = {}
    for entry, given in ways.items():
        if entry in reached:
            part[entry] = given
            reached.update(c.to for c in given)
    return part


# ---------------------------------------------------------------------- walking


@dataclass(eq=False)
class _Walk:
    """Where the paths run: what a `Paths` needs to look closer."""

    tape: Tape
    flow: Flow
    source: Entry | Input
    seeds: dict[Entry, Any]
    ways: dict[Entry, list[Contribution]]
    titles: dict[Entry | Input, str]
    limit: int

    @property
    def output(self) -> str:
        """Where the paths end."""
        return ", ".join(self.titles[seed] for seed in self.seeds)

    def count(self) -> int:
        """How many paths there are: an entry has as many as lead to it, all together."""
        counts: dict[Any, int] = dict.fromkeys(self.seeds, 1)
        for entry, given in self.ways.items():
            for c in given:
                counts[c.to] = counts.get(c.to, 0) + counts.get(entry, 0)
        return counts.get(self.source, 0)

    def walk(self) -> Iterator[Path]:
        """The paths one after the other, from the output down, along tape order."""
        stack: list[tuple[Any, Any, Any]] = [
            (seed, g, (None, seed, 0)) for seed, g in reversed(self.seeds.items())
        ]
        while stack:
            given, g, link = stack.pop()
            value = link[1]
            if given is not value:  # what the rule makes of it is found only when it is needed
                g = pulled(given, g)
            if value is self.source:
                yield self._path(link, g)
                continue
            given = reversed(self.ways.get(value, ()))
            stack.extend((c, g, (link, c.to, c.i)) for c in given)

    def _path(self, link: Any, g: Any) -> Path:
        entries, positions = [], []
        while link is not None:
            link, value, i = link
            entries.append(value)
            positions.append(i)
        labels = tuple(self.titles[value] for value in entries)
        return Path(tuple(entries), tuple(positions[:-1]), labels, np.asarray(g))


def paths(tape: Tape, source: Any, output: Any = None, *, limit: int = 100) -> Paths:
    """``Tape.paths``, where it is documented."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise ValueError(f"Tape.paths: limit must be a number of paths, received {limit!r}.")
    source = tape.at(source)
    if not source.wants:
        raise GradientError(
            f"Tape.paths: no gradient flows to `{source.label}`; make it a Tensor with "
            "requires_grad=True to see the paths from it."
        )
    if isinstance(source.shape, tuple) and any(isinstance(n, tuple) for n in source.shape):
        raise GradientError(
            f"Tape.paths: `{source.label}` has several outputs; ask for the paths from one of them."
        )
    output = None if output is None else tape.at(output)
    if output is not None:
        refuse_swapped("paths", tape, source, output)
    done, seeds = _begin(tape, output)
    flow = Flow(done)
    ways = flow.to(source)
    if output is not None:
        ways = below(ways, next(iter(seeds)))
    named = distinct_labels([source, *seeds, *ways])
    walk = _Walk(tape, flow, source, seeds, ways, named, limit)
    count = walk.count()
    try:
        listed = [path for path, _ in zip(walk.walk(), range(limit), strict=False)] if limit else []
    except GradientError as error:
        raise GradientError(
            f"Tape.paths: the {count} paths from `{source.label}` can't be told apart, because a "
            f"rule on the way refuses a part of the gradient ({str(error).rstrip('.')}); give "
            "limit=0 to count them."
        ) from error
    nothing = np.zeros(source.shape, source.dtype)
    if seeds == done.seeds:
        gradient = flow.cotangents.get(source, nothing)
    else:
        gradient = flow.run(ways, seeds).get(source, nothing)
    return Paths(listed, count, np.asarray(gradient), walk)


def refuse_swapped(function: str, tape: Tape, source: Any, output: Any) -> None:
    """Raise GradientError if `source` was computed from `output`, and not the other way round."""
    reached = {output}
    for entry in tape.entries:
        if any(entry.inputs[i] in reached for i in entry.wanted):
            reached.add(entry)
    if source is not output and source in reached:
        raise GradientError(
            f"Tape.{function}: `{source.label}` was computed from `{output.label}`, not the other "
            "way round; what is differentiated comes last: "
            f"tape.{function}({output.label!r}, {source.label!r})."
        )


def _begin(tape: Tape, output: Any) -> tuple[Pass, dict[Entry, Any]]:
    """The pass to look at, and the cotangents with which the paths begin.

    A value on the way to the loss begins with the cotangent that reached it.
    """
    if output is None:
        done = tape.backward_pass()
        return done, done.seeds
    if tape.passes or np.size(tape.output.value) == 1:
        done = tape.backward_pass()
        if output not in done.seeds:
            reached = {entry: g for entry, g, _ in done.steps}
            if output in reached:
                return done, {output: reached[output]}
    done = tape.backward_pass(output)
    return done, {output: done.seeds[output]}
