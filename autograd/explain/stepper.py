"""`Tape.step`: the backward pass step by step, as text, as data, and as a page to click through."""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from autograd.errors import GradientError
from autograd.explain import formulas
from autograd.explain.entries import Contribution, Entry, Input, Pass, plus
from autograd.explain.folding import ancestors, choose
from autograd.explain.look import distinct_labels, number_text, shape_text
from autograd.explain.paths import paths, pulled
from autograd.explain.render import write_whole
from autograd.explain.show import PLAIN, bins, range_text, statistics
from autograd.explain.table import call_text, labels, saves_text, where_text

if TYPE_CHECKING:
    from autograd.explain.recorder import Tape

__all__ = ["Step", "Stepper"]

STYLES = ("mathml", "text")
ORDERS = ("topological", "eager")
SHOWN = 1000  # steps in a page and in text; the sequence in Python has them all
GIVEN = 40  # the same, of what one step gives to its inputs
WRONG = 8  # gradients of which text says how wrong they are
FEW = 40  # steps up to which the page holds the contributions of single paths,
PATHS = 8  # of values that have at most so many
SINGLE = 60  # operations up to which each is drawn by itself
VALUES = 20  # operations up to which the graph shows values, too
NUMBERS = 36  # elements up to which an array is shown as numbers, larger ones as a histogram
WRITTEN = 12  # the same, in text

_MEANING = "; g_z is the gradient with respect to z"
EAGER = (
    "Depth-first and eager, each operation runs its rules as soon as a first contribution arrives, "
    "and never again."
)


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a backward pass: an entry, and what it gives to its inputs.

    ``number``         which step it is, from 1
    ``entry``          whose rules run
    ``cotangent``      what came in: the gradient with respect to the entry's result
    ``contributions``  a `Contribution` for each input that wants one, in order
    ``places``         for each, ``(k, n)``: the k-th of n contributions into its target
    ``late``           those that came after their target had passed on what it had (eager only)
    ``again``          whether the entry goes on after a visit to one of its inputs (eager only)
    """

    number: int
    entry: Entry
    cotangent: Any
    contributions: tuple[Contribution, ...]
    places: tuple[tuple[int, int], ...]
    late: tuple[Contribution, ...] = ()
    again: bool = False

    @property
    def rules(self) -> tuple[str, ...]:
        """For each contribution its formula, as text."""
        return tuple(_rule(c, "text") for c in self.contributions)

    def __str__(self) -> str:
        return "\n".join(self._lines(distinct_labels([self.entry, *self.entry.parents])))

    def _lines(self, names: dict[Any, str]) -> list[str]:
        entry = self.entry
        where = f"   {entry.source}" if entry.source else ""
        back = "back in " if self.again else ""
        lines = [f"{self.number}. {back}{_operation(entry, names)}   {_shape(entry)}{where}"]
        if not self.again:
            lines.append(f"   {formulas.cotangent(entry, 'text', names)} = {_text(self.cotangent)}")
        for c, (k, n) in list(zip(self.contributions, self.places, strict=True))[:GIVEN]:
            summed = _summed(c)
            lines.append(f"   {_added(c, names)}" + (f"   ({summed})" if summed else ""))
            lines.append(f"      {_text(c.value)}")
            if k > 1:
                lines.append(f"      = {_text(c.total)}   {_so_far(k, n)}")
            elif n > 1:
                lines[-1] += f"   {_so_far(k, n)}"
            if c in self.late:
                lines.append(f"      too late: {names[c.to]} has passed on what it had before")
        if more := _more(self):
            lines.append(f"   {more}")
        return lines


class Stepper(Sequence[Step]):
    """The steps of a backward pass, from the output to the inputs.

    A sequence of `Step`; ``print`` shows them, a notebook a page to click through, `save` writes
    that page (of more than 1,000 steps, the first 1,000). ``gradients`` holds what each input got
    in the end; of an eager pass, ``wrong`` holds for those that are not right the pair of the wrong
    and the right gradient.
    """

    def __init__(self, tape: Tape, done: Pass, order: str, level: str | int) -> None:
        self.tape = tape
        self.order = order
        self._pass = done
        self._level = level
        self._steps = _as_recorded(done) if order == "topological" else _eagerly(done)
        right = _ends(done.seeds, _as_recorded(done))
        self.gradients = _ends(done.seeds, self._steps)
        self.wrong = {
            value: (g, right[value])
            for value, g in self.gradients.items()
            if not _close(g, right[value])
        }
        self._names = labels(tape)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        return self._steps[index]

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def _title(self) -> str:
        return ", ".join(seed.label for seed in self._pass.seeds)

    @property
    def _why(self) -> list[str]:
        """What an eager pass lost, in sentences."""
        if self.order != "eager":
            return []
        names = self._names
        late = [(step, c) for step in self for c in step.late]
        if not late:
            return [EAGER, "No result is used twice here, so both orders agree."]
        said = [EAGER]
        for step, c in late[:3]:
            said.append(
                f"What {_operation(step.entry, names)} contributes to {names[c.to]} came too late, "
                f"in step {step.number}: {c.to.op} had run before, without it."  # type: ignore[union-attr]
            )
        if len(late) > 3:
            said.append(f"So did {len(late) - 3} more.")
        if not self.wrong:
            said.append("What was lost is zero here, so that the gradients are right all the same.")
        return said

    @property
    def _verdict(self) -> list[str]:
        """The same, and the gradients that are wrong for it."""
        said = self._why
        for value, (wrong, right) in list(self.wrong.items())[:WRONG]:
            name = self._names[value]
            said.append(f"Gradient of {name}: {_text(wrong)}, but {_text(right)} is right.")
        if len(self.wrong) > WRONG:
            said.append(f"{len(self.wrong) - WRONG} more gradients are wrong.")
        return said

    def __str__(self) -> str:
        lines = [f"The backward pass of {self._title}, {_steps_text(len(self))}{_MEANING}", ""]
        for step in self[:SHOWN]:
            lines += [*step._lines(self._names), ""]
        lines += [_cut(self), *self._verdict]
        return "\n".join(lines).rstrip()

    def __repr__(self) -> str:
        return f"<Stepper: {_steps_text(len(self))} back from {self._title}; print() shows them>"

    # ------------------------------------------------------------------ the page

    @cached_property
    def html(self) -> str:
        """The page to click through, as an HTML fragment that loads nothing.

        Without JavaScript, or in a notebook that is not trusted, it is a picture of the graph and
        a table of the steps.
        """
        drawn = _Picture(self.tape, list(self._pass.seeds), self._level)
        image = base64.b64encode(drawn.svg.encode()).decode()
        picture = (
            f'<img src="data:image/svg+xml;base64,{image}" style="max-width:100%" '
            f'alt="The computation graph of {escape(self._title)}">'
            if image
            else "<p>The graph is too large to be drawn.</p>"
        )
        here = files("autograd.explain")
        style = here.joinpath("viewer.css").read_text(encoding="utf-8")
        lines = here.joinpath("viewer.js").read_text(encoding="utf-8").splitlines()
        script = "\n".join(line.strip() for line in lines if line.strip())
        payload = _payload(self, drawn.box) | {"style": style}
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        packed = base64.b64encode(zlib.compress(text, 9)).decode()
        key = f"{zlib.crc32(text):08x}"
        return (
            f'<div class="tapegrad-stepper {PLAIN}" data-tape="{key}">\n'
            f"{picture}\n{_table(self)}\n</div>\n"
            f'<script>\n{script}("{key}", "{packed}");\n</script>'
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page as a whole HTML file, and return its path.

        Raises ValueError for a suffix other than .html, OSError if the file can't be written.

        >>> import autograd as ag
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> with ag.Tape() as tape:
        ...     y = x * x
        >>> tape.step().save("steps.svg")
        Traceback (most recent call last):
            ...
        ValueError: Stepper.save: can't write '.svg' files; choose .html.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"Stepper.save: can't write {path.suffix!r} files; choose .html.")
        title = escape(f"The backward pass of {self._title}")
        page = (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n'
            f"<title>{title}</title>\n</head>\n"
            '<body style="margin:16px;font-family:Helvetica,Arial,sans-serif">\n'
            f'<h1 style="font-size:18px">{title}</h1>\n{self.html}\n</body>\n</html>\n'
        )
        write_whole(path, page.encode())
        return path

    def _repr_html_(self) -> str:
        return self.html

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.html}


def step(
    tape: Tape, output: Any = None, order: str = "topological", level: str | int = "auto"
) -> Stepper:
    """``Tape.step``, where it is documented."""
    if order not in ORDERS:
        raise ValueError(f"Tape.step: received order={order!r}; choose one of {ORDERS}.")
    return Stepper(tape, tape.backward_pass(output), order, level)


# ---------------------------------------------------------------------- the two orders


def _as_recorded(done: Pass) -> list[Step]:
    return _numbered([(entry, g, given, [], False) for entry, g, given in done.steps], done)


def _eagerly(done: Pass) -> list[Step]:
    """The pass as one who recurses at once would run it: wrong where a result is used twice.

    ``x.grad += c; if x not in visited: backward(x)``, with a stack in place of the recursion. The
    rules run on the recorded values.
    """
    rules = {entry: given for entry, _, given in done.steps}
    expected = Counter([c.to for given in rules.values() for c in given] + list(done.seeds))
    totals: dict[Any, Any] = dict(done.seeds)
    visited: set[Any] = set()
    made: list[tuple[Entry, Any, list[Contribution], list[Contribution], bool]] = []
    stack: list[tuple[Entry, Any, bool, Iterator[Contribution]]] = []

    def visit(entry: Entry, exact: bool) -> None:
        visited.add(entry)
        g = totals[entry]
        stack.append((entry, g, exact and expected[entry] == 1, iter(rules.get(entry, ()))))
        made.append((entry, g, [], [], False))

    for seed in done.seeds:
        if seed not in visited:
            visit(seed, True)
        while stack:
            entry, g, exact, rest = stack[-1]
            c = next(rest, None)
            if c is None:
                stack.pop()
                continue
            if made[-1][0] is not entry:
                made.append((entry, g, [], [], True))
            with np.errstate(all="ignore"):  # the pass itself has said what there is to say
                value = c.value if exact else pulled(c, g)
                totals[c.to] = plus(totals[c.to], value) if c.to in totals else value
            given = Contribution(entry, c.i, c.to, value, c.raw_shape, totals[c.to])
            made[-1][2].append(given)
            if c.to in visited:
                made[-1][3].append(given)
            elif isinstance(c.to, Entry):
                visit(c.to, exact)
    return _numbered(made, done)


def _numbered(made: list[Any], done: Pass) -> list[Step]:
    expected = Counter(c.to for _, _, given, _, _ in made for c in given)
    seen: Counter[Any] = Counter()
    steps = []
    for number, (entry, g, given, late, again) in enumerate(made, start=1):
        places = []
        for c in given:
            seen[c.to] += 1
            seeded = c.to in done.seeds  # a cotangent that it was given counts as the first
            places.append((seen[c.to] + seeded, expected[c.to] + seeded))
        steps.append(Step(number, entry, g, tuple(given), tuple(places), tuple(late), again))
    return steps


def _ends(seeds: dict[Entry, Any], steps: list[Step]) -> dict[Input, Any]:
    """The gradient of each input: its last running total."""
    ends = {c.to: c.total for step in steps for c in step.contributions if isinstance(c.to, Input)}
    return dict(sorted(ends.items(), key=lambda item: item[0].index))


def _close(a: Any, b: Any) -> bool:
    """Equal but for rounding: the two orders add in different orders."""
    finite = b[np.isfinite(b)]
    scale = np.abs(finite).max() if finite.size else 0.0
    slack = 100 * np.finfo(b.dtype).eps
    return bool(np.allclose(a, b, rtol=slack, atol=slack * scale, equal_nan=True))


# ---------------------------------------------------------------------- in words


def _operation(entry: Entry, names: dict[Any, str]) -> str:
    return f"{names[entry]} = {call_text(entry, names)}"


def _rule(c: Contribution, style: str, names: dict[Any, str] | None = None) -> str:
    return formulas.contribution(c.entry, c.i, style, names)


def _added(c: Contribution, names: dict[Any, str]) -> str:
    return f"{formulas.cotangent(c.to, 'text', names)} += {_rule(c, 'text', names)}"


def _shape(value: Entry | Input) -> str:
    return shape_text(value.shape)


def _summed(c: Contribution) -> str:
    """That axes were summed over to undo broadcasting, or ""."""
    if c.raw_shape == c.to.shape:
        return ""
    return f"summed from {shape_text(c.raw_shape)} to {_shape(c.to)}, to undo broadcasting"


def _more(step: Step) -> str:
    """That a step gives to more inputs than are shown, or ""."""
    more = len(step.contributions) - GIVEN
    return f"and to {more:,} more inputs" if more > 0 else ""


def _cut(stepper: Stepper) -> str:
    """That there are more steps than are shown, or ""."""
    more = len(stepper) > SHOWN
    return f"These are the first {SHOWN} of {len(stepper)} steps." if more else ""


def _so_far(k: int, n: int) -> str:
    return f"total so far, {k} of {n}" if k < n else f"total, all {n} are in"


def _steps_text(count: int) -> str:
    return f"{count} step{'s' * (count != 1)}"


def _text(array: Any) -> str:
    """An array in a line: its numbers, or how they are spread."""
    if array is None:
        return "not recorded"
    if isinstance(array, (tuple, list)):
        return "(" + "; ".join(map(_text, array)) + ")"
    array = np.asarray(array)
    if array.size <= WRITTEN:
        written = np.array2string(array, separator=", ", formatter={"all": number_text})
        return " ".join(written.split())
    return f"{shape_text(array.shape)} {range_text(array)}"


# ---------------------------------------------------------------------- what the page holds


class _Picture:
    """The graph as SVG, "" if it is too large, and for each entry the one drawn for it.

    Single operations while they are few; a box for a module, or for its first repeat, where not.
    """

    def __init__(self, tape: Tape, seeds: list[Entry], level: str | int) -> None:
        entries = ancestors(seeds)
        if level == "auto" and len(entries) <= SINGLE:
            level = "ops"
        items, repeats = choose(entries, tape.calls, level)
        shown = list(range(len(items)))
        for r in repeats:
            shown[r.start : r.end] = [*range(r.start, r.start + r.period)] * r.times
        self.box = {
            e: items[k].entries[0].index for k, item in zip(shown, items) for e in item.entries
        }
        self.svg = ""
        if len(set(shown)) <= SHOWN:
            self.svg = tape.draw(*seeds, level=level, values=len(entries) <= VALUES).svg


def _payload(stepper: Stepper, box: dict[Entry, int]) -> dict[str, Any]:
    """What the viewer is given. Names and numbers are text in it, arrays are places in a pool."""
    done, names, pool = stepper._pass, stepper._names, _Pool()
    other = "eager" if stepper.order == "topological" else "topological"
    orders: dict[str, Any] = {stepper.order: stepper}
    problem = ""
    try:
        orders[other] = Stepper(stepper.tape, done, other, stepper._level)
    except GradientError as error:  # a value was not recorded
        problem = str(error)
    forward = ancestors(list(done.seeds))
    backward = {
        order: [_packed_step(s, pool) for s in one[:SHOWN]] for order, one in orders.items()
    }
    values: dict[str, Any] = {}

    def known(value: Entry | Input) -> dict[str, Any]:
        key = _key(value)
        if key not in values:
            values[key] = _packed(value, names, pool)
            if isinstance(value, Entry):
                values[key]["box"] = box[value]
        packed: dict[str, Any] = values[key]
        return packed

    for entry in forward[:SHOWN]:
        known(entry)
        for x in entry.parents[:GIVEN]:
            known(x)
    for one in orders.values():
        for s in one[:SHOWN]:
            rules = known(s.entry).setdefault("rules", {})
            for c in s.contributions[:GIVEN]:
                known(c.to)
                if str(c.i) not in rules:
                    rules[str(c.i)] = {style: _rule(c, style, names) for style in STYLES}
    eager = orders.get("eager")
    wrong = eager.wrong if eager is not None else {}
    told = [value for value in wrong if _key(value) in values][:GIVEN]
    return {
        "title": stepper._title,
        "order": stepper.order,
        "values": values,
        "forward": [_key(entry) for entry in forward[:SHOWN]],
        "operations": len(forward),
        "backward": backward,
        "steps": {order: len(one) for order, one in orders.items()},
        "paths": _paths(stepper, pool),
        "seeds": [_key(seed) for seed in done.seeds],
        "why": eager._why if eager is not None else [problem],
        "wrong": [[_key(value), *map(pool.add, wrong[value])] for value in told],
        "pool": pool.items,
    }


def _paths(stepper: Stepper, pool: _Pool) -> dict[str, Any]:
    """The contributions of single paths, for values with few of them on a small tape."""
    seeds = list(stepper._pass.seeds)
    values = dict.fromkeys(c.to for _, _, given in stepper._pass.steps for c in given)
    if len(seeds) > 1 or len(stepper._pass.steps) > FEW or len(values) > 4 * FEW:
        return {}
    found = {}
    for value in values:
        try:
            ways = paths(stepper.tape, value, seeds[0], limit=PATHS)
        except GradientError:  # a value was not recorded
            continue
        if 1 < ways.count <= PATHS:
            found[_key(value)] = [
                [" → ".join(way.labels), pool.add(way.contribution)] for way in ways
            ]
    return found


def _key(value: Entry | Input) -> str:
    return f"{'e' if isinstance(value, Entry) else 'i'}{value.index}"


def _packed_step(step: Step, pool: _Pool) -> dict[str, Any]:
    given = [
        {
            "i": c.i,
            "to": _key(c.to),
            "value": pool.add(c.value),
            "total": pool.add(c.total),
            "place": place,
            "summed": _summed(c),
            "late": c in step.late,
        }
        for c, place in list(zip(step.contributions, step.places, strict=True))[:GIVEN]
    ]
    return {
        "entry": _key(step.entry),
        "g": pool.add(step.cotangent),
        "given": given,
        "more": _more(step),
        "again": step.again,
    }


def _packed(value: Entry | Input, names: dict[Any, str], pool: _Pool) -> dict[str, Any]:
    packed: dict[str, Any] = {
        "label": names[value],
        "shape": _shape(value),
        "value": pool.add(value.value),
    }
    if isinstance(value, Input):
        return packed | {"kind": "parameter" if value.wants else "constant"}
    packed |= {
        "op": value.op,
        "call": _operation(value, names),
        "path": where_text(value),
        "saves": saves_text(value, names)[0].removeprefix("saves ") or "nothing",
        "inputs": [_key(x) for x in value.parents[:GIVEN]],
        "formula": {style: formulas.forward(value, style, names) for style in STYLES},
    }
    if value.source:
        packed |= {"place": str(value.source), "code": value.source.text}
    return packed


class _Pool:
    """The arrays of a page, each once: as numbers, or as how they are spread."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._places: dict[str, int] = {}
        self._seen: dict[int, tuple[Any, int]] = {}  # by id; the array is kept, so that ids last

    def add(self, array: Any) -> int | list[Any]:
        if isinstance(array, (tuple, list)):
            return [self.add(part) for part in array]
        if id(array) in self._seen:
            return self._seen[id(array)][1]
        item = None if array is None else _summary(np.asarray(array))
        place = self._places.setdefault(json.dumps(item), len(self.items))
        if place == len(self.items):
            self.items.append(item)
        self._seen[id(array)] = (array, place)
        return place


def _summary(array: Any) -> dict[str, Any]:
    summary: dict[str, Any] = {"shape": shape_text(array.shape), "type": str(array.dtype)}
    if array.size <= NUMBERS:
        width = array.shape[-1] if array.ndim else 1
        rows = array.reshape(-1, width) if array.size else array.reshape(0, 0)
        return summary | {"rows": [[number_text(x) for x in row] for row in rows.tolist()]}
    stats = statistics(array)
    summary |= {key: number_text(x) for key, x in stats.items() if key != "zeros"}
    if strange := array.size - np.count_nonzero(np.isfinite(array)):
        summary["not finite"] = str(strange)
    if stats:
        counts, edges = bins(array)
        summary |= {
            "zeros": f"{100 * stats['zeros']:.3g} %",
            "bins": counts.tolist(),
            "from": float(edges[0]),
            "to": float(edges[-1]),
        }
    return summary


# ---------------------------------------------------------------------- without the viewer


def _table(stepper: Stepper) -> str:
    """The steps as a table that survives in a notebook that is not trusted: inline styles only."""
    cell = "padding:3px 8px;text-align:left;vertical-align:top;border-bottom:1px solid #8886"
    names = stepper._names
    rows = []
    for s in stepper[:SHOWN]:
        given = []
        for c, (k, n) in list(zip(s.contributions, s.places, strict=True))[:GIVEN]:
            parts = [_added(c, names), f"= {_text(c.value)}"]
            if summed := _summed(c):
                parts.append(f"({summed})")
            if k > 1:
                parts.append(f"→ {_text(c.total)}")
            if n > 1:
                parts.append(f"({_so_far(k, n)})")
            if c in s.late:
                parts.append("too late")
            given.append(escape(" ".join(parts)))
        given += [_more(s)] * bool(_more(s))
        cells = [
            str(s.number),
            f"<b>{escape(('back in ' if s.again else '') + _operation(s.entry, names))}</b>",
            escape(_text(s.cotangent)),
            "<br>".join(given),
        ]
        rows.append("".join(f'<td style="{cell}">{text}</td>' for text in cells))
    heads = ("step", "operation", "cotangent that comes in", "what it gives to its inputs")
    rows.insert(0, "".join(f'<th style="{cell}">{head}</th>' for head in heads))
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    verdict = "".join(f"<p>{escape(sentence)}</p>" for sentence in stepper._verdict)
    if len(stepper) > SHOWN:
        verdict += f"<p>{_cut(stepper)}</p>"
    return (
        f"<details><summary>The backward pass of {escape(stepper._title)}, "
        f"{_steps_text(len(stepper))}{_MEANING}</summary>\n"
        f'<div style="overflow-x:auto"><table style="border-collapse:collapse">{body}</table></div>'
        f"{verdict}</details>"
    )
