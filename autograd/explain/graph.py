"""From a tape to a picture: which boxes, arrows and frames, and what is in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.errors import GradientError
from autograd.explain.entries import Call, Entry, Input
from autograd.explain.folding import Item, Repeat, ancestors, choose, frames_of
from autograd.explain.ledgers import memory
from autograd.explain.look import bytes_text, number_text, shape_text
from autograd.explain.picture import (
    Box,
    Chip,
    Edge,
    Frame,
    Heat,
    Picture,
    Row,
    Text,
    shortened,
)
from autograd.explain.recorder import Tape
from autograd.explain.render import Drawing
from autograd.explain.table import given, labels
from autograd.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["draw", "draw_tape"]

TEACHING = 15  # entries and inputs up to which every value gets a box of its own
CELLS = 12  # elements up to which an array is shown
ARROWS = 3  # at most, of one value to an operation that takes it several times
TOLD = 20  # values that the title of an arrow tells, where boxes stand for many

# How the place of a value beside an operation's arrow is written; for others, a comma.
_SIGNS = {
    "add": "+",
    "subtract": "−",
    "multiply": "×",
    "divide": "÷",
    "power": "^",
    "matmul": "@",
}

_LEGEND = {
    "input": "input",
    "parameter": "parameter",
    "constant": "constant",
    "operation": "operation",
    "loss": "result",
    "module": "folded module",
    "ready": "backward pass",
    "second": "backward pass of that",
}


def draw(
    *outputs: Tensor,
    level: str | int = "auto",
    values: bool = True,
    direction: str = "TB",
    highlight: Any = None,
) -> Drawing:
    """The computation graph that leads to `outputs`, with shapes, names and known values.

    Everything is as in `Tape.draw`, on what a plain computation leaves behind: without modules,
    and without what no rule asked for. Compute inside ``with ag.Tape() as tape:`` to see all.

    Raises GradientError for an output that no recorded operation made, TypeError for what is no
    Tensor, ValueError for an option that there is not.

    >>> import autograd as ag
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> drawing = ag.draw((x * 3).sum())
    >>> drawing
    <Drawing of 3 boxes and 2 arrows; .save("graph.svg") writes it>
    >>> drawing.save("graph.svg")  # doctest: +SKIP
    PosixPath('graph.svg')
    """
    return draw_tape(
        Tape.of(*outputs, function="draw"),
        *outputs,
        level=level,
        values=values,
        direction=direction,
        highlight=highlight,
    )


def draw_tape(
    tape: Tape,
    *outputs: Any,
    level: str | int = "auto",
    values: bool = True,
    direction: str = "TB",
    highlight: Any = None,
    backward: bool = False,
) -> Drawing:
    """The drawing of a tape: see `Tape.draw`."""
    if level not in ("auto", "ops", "modules") and not (type(level) is int and level >= 0):
        raise ValueError(
            f"draw: there is no level {level!r}; choose 'auto', 'ops', 'modules' or how many "
            "levels of modules to fold up."
        )
    if direction not in ("TB", "LR"):
        raise ValueError(f"draw: there is no direction {direction!r}; choose 'TB' or 'LR'.")
    ends = _ends(tape, outputs)
    if backward:
        ends += _backward_ends(tape, ends)
    entries = ancestors(ends)
    items, repeats = choose(entries, tape.calls, level)
    builder = _Builder(tape, entries, set(ends), items, repeats, values)
    picture = builder.picture(direction)
    if highlight is not None:
        _light(picture, builder, entries, highlight)
    return Drawing(picture)


def _ends(tape: Tape, outputs: Sequence[Any]) -> list[Entry]:
    if not outputs:
        try:
            return [tape.output]
        except GradientError:
            if tape.entries:
                return [tape.entries[-1]]  # nothing wants a gradient, but there is a graph
            raise
    ends = list(dict.fromkeys(tape.at(output) for output in outputs))
    for end in ends:
        if isinstance(end, Input):
            raise GradientError(
                f"draw: `{end.label}` was made by no operation on this tape; draw what was "
                "computed from it."
            )
    return ends


def _backward_ends(tape: Tape, ends: list[Entry]) -> list[Entry]:
    """The last results of the backward pass through what leads to `ends`."""
    drawn = set(ancestors(ends))
    of_pass = [e for e in tape.entries if e.order and e not in drawn]
    used = {x for e in of_pass for x in e.parents}
    found = [e for e in of_pass if e not in used]
    if not found and not any(e.order for e in drawn):
        raise GradientError(
            "draw: no backward pass is on this tape; call backward(create_graph=True) inside the "
            "block."
        )
    return found


# ---------------------------------------------------------------------- what is lit


def _light(picture: Picture, builder: _Builder, entries: list[Entry], highlight: Any) -> None:
    """Dim all that is neither on a path to light up nor between a value and the end."""
    one = isinstance(highlight, (str, Tensor, np.ndarray, Entry, Input))
    starts: set[Any] = set()
    steps: set[tuple[Any, Any]] = set()
    lit: set[Any] = set()
    for x in [highlight] if one or hasattr(highlight, "entries") else highlight:
        if hasattr(x, "entries"):
            lit.update(x.entries)
            steps.update(pairwise(x.entries))
        else:
            starts.add(builder.tape.at(x))
    for entry in entries:
        before = [x for x in entry.parents if x in starts]
        if before:
            starts.add(entry)
            steps.update((x, entry) for x in before)
    boxes = {builder.box_of[x] for x in lit | starts if x in builder.box_of}
    if not boxes:
        raise GradientError(
            "draw: nothing to highlight is in this picture; give values that lead to the result."
        )
    arrows = {(builder.box_of.get(a), builder.box_of.get(b)) for a, b in steps}
    for k, box in enumerate(picture.boxes):
        box.dim = k not in boxes
    for edge in picture.edges:
        edge.dim = (edge.tail, edge.head) not in arrows


# ---------------------------------------------------------------------- the picture


class _Builder:
    """Makes the picture of chosen items; ``box_of`` tells which box shows an entry or an input."""

    def __init__(
        self,
        tape: Tape,
        entries: list[Entry],
        ends: set[Entry],
        items: list[Item],
        repeats: list[Repeat],
        values: bool,
    ) -> None:
        self.tape = tape
        self.numbers = {call: k for k, call in enumerate(tape.calls)}
        self.ends = ends
        self.items = items
        self.values = values
        self.box_of: dict[Entry | Input, int] = {}
        self.boxes: list[Box] = []
        self.around: list[list[Call | Repeat]] = []  # of each box
        self.item_of = {entry: k for k, item in enumerate(items) for entry in item.entries}
        self.drawn = dict(frames_of(items, repeats))
        # Items of a repeat are shown by those of its first part.
        self.shown = list(range(len(items)))
        self.times = [1] * len(items)
        for r in repeats:
            for k in range(r.start, r.end):
                self.shown[k] = r.start + (k - r.start) % r.period
                self.times[k] = r.times
        self.uses: dict[Input, list[int]] = {}  # the items that use it, of those drawn
        self.used_once: dict[Input, bool] = {}
        for k, item in enumerate(items):
            for entry in item.entries:
                for x in entry.inputs:
                    if isinstance(x, Input):
                        self.used_once[x] = x not in self.used_once
                        if k in self.drawn:
                            self.uses.setdefault(x, []).append(k)
        # The project's own variables are shown where that says something: not ten times `x`.
        self.unclear = {n for n, count in Counter(e.name for e in entries).items() if count > 1}
        self.wanted_elsewhere = self._results()
        self.labels = labels(tape)
        names = [x.name for x in self.uses]
        names += [e.name for k in self.drawn for e in self._named(k)]
        self.common = {name for name, count in Counter(names).items() if count > 1}
        self.teaching = len(entries) + len(self.uses) <= TEACHING
        self.data = self._data(entries)
        self.kept = memory(tape).by_entry()

    def picture(self, direction: str) -> Picture:
        """The picture of all items that are drawn, and of what goes into them."""
        for x in self.uses:
            if not self._is_chip(x) and not self._is_hidden(x):
                self.box_of[x] = len(self.boxes)
                self.boxes.append(self._input_box(x))
                self.around.append(self._around_input(x))
        for k, around in self.drawn.items():
            item = self.items[k]
            self.box_of |= dict.fromkeys(item.entries, len(self.boxes))
            box = self._module_box(k) if self._is_folded(item) else self._entry_box(k)
            self.boxes.append(box)
            self.around.append(around)
        for k, shown in enumerate(self.shown):
            if k != shown:
                box_of_part = self.box_of[self.items[shown].last]
                self.box_of |= dict.fromkeys(self.items[k].entries, box_of_part)
        frames = self._frames()
        edges = self._edges()
        results = ", ".join(shortened(e.label) for e in sorted(self.ends, key=lambda e: e.index))
        return Picture(
            self.boxes,
            edges,
            frames,
            self._legend(edges),
            f"Computation graph of {results}: {len(self.boxes)} boxes, {len(edges)} arrows",
            direction,
        )

    def _is_folded(self, item: Item) -> bool:
        call = item.call
        return call is not None and (call.kind == "module" or len(item.entries) > 1)

    def _named(self, k: int) -> list[Entry]:
        """The entries whose names stand in the box of an item."""
        item = self.items[k]
        if self._is_folded(item):
            return [e for e in [self._result(k)] if e.is_users]
        return [e for e in item.entries if e.name and (e.is_users or e.name not in self.unclear)]

    def _result(self, k: int) -> Entry:
        """What a folded part makes for others."""
        return (self.wanted_elsewhere[k] or [self.items[k].last])[-1]

    def _name(self, x: Entry | Input) -> str:
        """The name of a value, as elsewhere with its index where the picture shows several."""
        return self.labels[x] if x.name in self.common else x.name

    # ------------------------------------------------------------------ which inputs are boxes

    def _kind(self, x: Input) -> str:
        if x.wants:
            return "parameter"
        return "input" if x.is_users and not self._owner(x) else "constant"

    def _owner(self, x: Input) -> str:
        """The path of the module that a value belongs to, ``model.bn`` of ``model.bn.mean``."""
        for k in self.uses[x]:
            for entry in self.items[k].entries:
                if entry.path and x in entry.inputs and x.name.startswith(f"{entry.path}."):
                    return entry.path
        return ""

    def _is_chip(self, x: Input) -> bool:
        return (
            not self.teaching
            and self._kind(x) != "input"
            and self.items[self.uses[x][0]].call is None
            and self._is_repeated(x)
        )

    def _starts_a_repeat(self, x: Input) -> bool:
        """Whether the parts of a repeat after the first get a result in place of `x`."""
        k = self.uses[x][0]
        repeat = self._repeat(k)
        if repeat is None or self.items[k].call is not None:
            return False
        first, later = (self.items[j].entries[0] for j in (k, k + repeat.period))
        return isinstance(later.inputs[first.inputs.index(x)], Entry)

    def _is_hidden(self, x: Input) -> bool:
        """Whether it is a part of the one folded module that uses it."""
        calls = [self.items[k].call for k in self.uses[x]]
        return (
            self._kind(x) != "input"
            and None not in calls
            and len({call.target for call in calls if call is not None}) == 1
        )

    def _around_input(self, x: Input) -> list[Call | Repeat]:
        """The frames that hold all uses of a parameter or constant; data stays outside."""
        around: list[list[Any]] = [self.drawn[k] for k in self.uses[x]]
        if self._kind(x) == "input":
            return []
        depth = 0
        while all(len(a) > depth and a[depth] is around[0][depth] for a in around):
            if isinstance(around[0][depth], Repeat) and not self._is_repeated(x):
                break
            depth += 1
        return around[0][:depth]

    def _is_repeated(self, x: Input) -> bool:
        """Whether each part of a repeat has one of its own, which `x` stands for."""
        return self.used_once[x] and not self._starts_a_repeat(x)

    def _data(self, entries: list[Entry]) -> set[Any]:
        """What depends on data, not on parameters only: the trunk, which is kept straight."""
        data: set[Any] = {x for x in self.uses if self._kind(x) == "input"}
        for entry in entries:
            if any(x in data for x in entry.parents):
                data.add(entry)
        return data

    def _results(self) -> dict[int, list[Entry]]:
        """Of each item, the entries whose values are used by others, or drawn for."""
        used = {
            x
            for k, item in enumerate(self.items)
            for entry in item.entries
            for x in entry.parents
            if isinstance(x, Entry) and self.item_of[x] != k
        }
        return {
            k: [e for e in self.items[k].entries if e in used or e in self.ends] for k in self.drawn
        }

    # ------------------------------------------------------------------ boxes

    def _entry_box(self, k: int) -> Box:
        item = self.items[k]
        entry = item.entries[0]
        kind = "loss" if self.ends.intersection(item.entries) and not entry.order else "operation"
        if entry.order:
            kind = "ready" if entry.order == 1 else "second"
        shape = shape_text(entry.shape)
        head: tuple[Text, ...] = (Text(shortened(entry.op)),)
        times = self._times(k)
        if times > 1:
            head += (Text(f"×{times}", "strong"),)
        rows = [Row(head, (Text(shape, "muted"),))]
        name = ", ".join(dict.fromkeys(map(self._name, self._named(k))))
        static = ", ".join(given(entry))
        rows += _beside(Text(shortened(name), "name"), Text(shortened(static, 48), "muted", 10))
        chips = self._chips(entry)
        if chips:
            rows.append(Row(chips))
        rows += self._value_rows(item.last if len(item.entries) == 1 else None)
        lines = [
            f"{entry.index}: {name + ' = ' if name else ''}{entry.op} {shape} {_words(entry.dtype)}"
        ]
        lines += [static] if static else []
        lines += [f"in {entry.path}"] if entry.path else []
        lines += [f"{entry.source}: {entry.source.text}"] if entry.source else []
        return Box(
            f"e{entry.index}",
            kind,
            rows,
            _title(lines),
            {"entry": str(entry.index)},
            entry.order,
            times,
        )

    def _module_box(self, k: int) -> Box:
        item = self.items[k]
        call = item.call
        assert call is not None
        result = self._result(k)
        shape = shape_text(result.shape)
        head = self._call_title(call, self.drawn[k], self._times(k))
        rows = [Row(tuple(head), (Text(shape, "muted"),))]
        rows += [Row((Text(shortened(self._name(e)), "name"),)) for e in self._named(k)]
        facts = _facts(item.entries, self.kept)
        rows.append(Row((Text(facts, "muted", 10),)))
        if result.shape == ():
            rows += self._value_rows(result)
        lines = [f"{call.path} ({call.type}): {shape} {result.dtype}", facts]
        kind = "loss" if self.ends.intersection(item.entries) else "module"
        data = {
            "call": call.path,
            "entries": f"{item.entries[0].index}-{item.entries[-1].index}",
        }
        number = f"c{self.numbers[call]}"
        return Box(number, kind, rows, _title(lines), data, 0, self._times(k))

    def _times(self, k: int) -> int:
        """How many equal boxes the one of this item stands for, if no frame around it says so."""
        repeat = self._repeat(k)
        return repeat.times if repeat is not None and repeat.period == 1 else 1

    def _input_box(self, x: Input) -> Box:
        kind = self._kind(x)
        rows = []
        shape = shape_text(x.shape)
        known = x.wants or x.is_users
        if not known and x.shape == () and x.value is not None:
            rows.append(Row((Text(_number(x.value)),)))
        else:
            owner = self._owner(x)
            name = self._name(x).removeprefix(f"{owner}.") if known and x.name else kind
            name = shortened(name)
            style = "name" if name != kind else ""
            rows.append(Row((Text(name, style),), (Text(shape, "muted"),)))
            rows += self._value_rows(x)
        return Box(
            f"i{x.index}",
            kind,
            rows,
            _title([f"{self.labels[x]} {shape} {x.dtype}", kind]),
            {"input": str(x.index)},
        )

    def _value_rows(self, x: Entry | Input | None) -> list[Row]:
        """A scalar's value and gradient, few numbers as cells, the size of a large gradient."""
        if x is None or not self.values or isinstance(x.value, tuple):
            return []
        value = x.value if _is_numeric(x.value) else None
        gradient = x.cotangent if _is_numeric(x.cotangent) else None
        if x.shape == ():
            left = () if value is None else (Text(_number(value)),)
            right = () if gradient is None else (Text(f"∇ {_number(gradient)}", "gradient"),)
            return [Row(left, right)] if left or right else []
        if 0 < prod(x.shape) <= CELLS:
            cells = tuple(Heat(a) for a in (value, gradient) if a is not None)
            if value is None and cells:
                return [Row((Text("∇", "gradient"), *cells))]
            return [Row(cells[:1], cells[1:])] if cells else []
        if isinstance(x, Input) and gradient is not None and gradient.size:
            return [Row((Text(_norm(gradient), "gradient"),))]
        return []

    def _chips(self, entry: Entry) -> tuple[Text | Chip, ...]:
        """Numbers, and parameters that nothing else uses, each at its place among the inputs."""
        inside = [
            not isinstance(x, Entry) and (not isinstance(x, Input) or self._is_chip(x))
            for x in entry.inputs
        ]
        if not any(inside):
            return ()
        sign = Text(_SIGNS.get(entry.op, ","), "muted") if len(inside) == 2 else Text(",", "muted")
        lone = len(inside) == 1 or len(inside) > 3  # (of many, only the chips)
        row: list[Text | Chip] = []
        for x, is_inside in zip(entry.inputs, inside, strict=True):
            if not is_inside and lone:
                continue
            if row and not lone:
                row.append(sign)
            row.append(self._chip(x) if is_inside else Text("·", "strong"))
        return tuple(row)

    def _chip(self, x: Any) -> Chip:
        if not isinstance(x, Input):
            return Chip("constant", (Text(_number(x), size=10),), f"{x!r}")
        box = self._input_box(x)
        name, shown = box.rows[0].left, box.rows[0].right
        if x.shape == () and len(box.rows) > 1:  # a single number says more than its shape
            shown = box.rows[1].left + box.rows[1].right
        words = [item for item in name + shown if isinstance(item, Text)]
        texts = [Text(word.text, word.style, 10) for word in words]
        if x.cotangent is not None and self.values and x.shape and x.cotangent.size:
            texts.append(Text(_norm(x.cotangent), "gradient", 10))
        return Chip(box.kind, tuple(texts), box.title, x.index)

    # ------------------------------------------------------------------ frames and arrows

    def _frames(self) -> list[Frame]:
        """The calls and repeats around boxes that say something: more than one box is in them."""
        counts: dict[Call | Repeat, int] = {}
        for around in self.drawn.values():
            for one in around:
                counts[one] = counts.get(one, 0) + 1
        frames: list[Frame] = []
        number: dict[Call | Repeat, int] = {}
        for box, around in enumerate(self.around):
            parent: int | None = None
            size = len(self.drawn)
            above: list[Call | Repeat] = []
            repeat: Repeat | None = None
            for k, one in enumerate(around):
                if isinstance(one, Repeat):
                    repeat = one
                    inner = around[k + 1] if k + 1 < len(around) else None
                    if counts[one] < 2 or (inner and counts[inner] == counts[one]):
                        continue  # the frame of the call inside says how often
                elif counts[one] < 2 or (one.kind != "module" and counts[one] == size):
                    continue
                size = counts[one]
                if one not in number:
                    number[one] = len(frames)
                    times = repeat.times if repeat and counts[repeat] == size else 1
                    frames.append(self._frame(one, above, parent, times))
                parent = number[one]
                above.append(one)
            if parent is not None:
                frames[parent].members.append(box)
        return frames

    def _frame(
        self, one: Call | Repeat, above: Sequence[Call | Repeat], parent: int | None, times: int
    ) -> Frame:
        repeated = [Text(f"×{times}", "strong"), Text("the first is shown", "muted", 10)]
        if isinstance(one, Repeat):
            return Frame("repeat", repeated, "", parent=parent)
        title = self._call_title(one, above)
        title += repeated if times > 1 else []
        return Frame(one.kind, title, one.path, parent=parent)

    def _call_title(self, call: Call, above: Iterable[Call | Repeat], times: int = 1) -> list[Text]:
        title = [Text(shortened(call.type), "strong")]
        if call.kind == "module":
            title.append(Text(self._short(call, above), "muted"))
        if call.number:
            title.append(Text(f"call {call.number + 1}", "muted", 10))
        if times > 1:
            title.append(Text(f"×{times}", "strong"))
        return title

    def _short(self, call: Call, above: Iterable[Call | Repeat]) -> str:
        """The path of a call without that of the module around it."""
        path = call.path
        for one in above:
            if isinstance(one, Call) and one.kind == "module":
                path = call.path.removeprefix(f"{one.path}.")
        return shortened(path)

    def _edges(self) -> list[Edge]:
        edges: dict[tuple[int, int, int], Edge] = {}  # by tail, head, and which of several
        titles: dict[tuple[int, int, int], dict[str, None]] = {}
        for k, item in enumerate(self.items):
            head = self.box_of[item.last]
            for entry in item.entries:
                times: Counter[Entry | Input] = Counter()
                for x in entry.parents:
                    tail = self.box_of.get(x)
                    if tail is None or tail == head:
                        continue  # a chip, or inside the box, or from one repeat to the next
                    if isinstance(x, Entry) and self._is_carried(self.item_of[x], k):
                        continue
                    is_constant = isinstance(x, Input) and self._kind(x) == "constant"
                    title = f"{self.labels[x]} {shape_text(x.shape)}"
                    copy = 0
                    if k in self.drawn and len(item.entries) == 1:  # two of them for x * x
                        copy = min(times[x], ARROWS - 1)
                        times[x] += 1
                    known = edges.get((tail, head, copy))
                    if known is None:
                        weight = 8 if x in self.data else 1
                        edge = Edge(tail, head, weight, title, entry.order, is_constant)
                        edges[tail, head, copy] = edge
                        titles[tail, head, copy] = {title: None}
                    elif k in self.drawn:
                        titles[tail, head, copy][title] = None
        for key, said in titles.items():
            edges[key].title = "\n".join([*said][:TOLD]) + f"\n… {len(said) - TOLD:,} more" * (
                len(said) > TOLD
            )
        for k in self.drawn:
            entry = self.items[k].last
            if entry.forward is not None and entry.forward in self.box_of:
                tail, head = self.box_of[entry.forward], self.box_of[entry]
                title = f"recorded by the rule of {self.labels[entry.forward]}"
                if tail != head and (tail, head, 0) not in edges:
                    edges[tail, head, 0] = Edge(tail, head, 0, title, entry.order, link=True)
        return list(edges.values())

    def _is_carried(self, tail: int, head: int) -> bool:
        """Whether a value goes from one part of a repeat to a later one."""
        shown_tail, shown_head = self.shown[tail], self.shown[head]
        return (
            self.times[tail] > 1
            and self.times[head] > 1
            and tail - shown_tail != head - shown_head
            and self._repeat(shown_tail) is self._repeat(shown_head)
        )

    def _repeat(self, shown: int) -> Repeat | None:
        return next((one for one in self.drawn[shown] if isinstance(one, Repeat)), None)

    def _legend(self, edges: list[Edge]) -> list[tuple[str, str]]:
        kinds = {box.kind for box in self.boxes}
        rows = [row for box in self.boxes for row in box.rows]
        items = [item for row in rows for item in row.left + row.right]
        kinds |= {item.kind for item in items if isinstance(item, Chip)}
        legend = [(kind, text) for kind, text in _LEGEND.items() if kind in kinds]
        if any(edge.link for edge in edges):
            legend.append(("link", "from an operation to its backward one"))
        if any(isinstance(item, Heat) for item in items):
            both = any(isinstance(item, Heat) for row in rows for item in row.right)
            legend.append(("heat", "value left, gradient right" if both else "value"))
        if any(isinstance(item, Text) and item.style == "gradient" for item in items):
            legend.append(("gradient", "gradient"))
        return legend


# ---------------------------------------------------------------------- texts


def _beside(left: Text, right: Text) -> list[Row]:
    """A row for what there is of the two, or a row each where they are long."""
    rows = [Row((text,)) for text in (left, right) if text.text]
    if len(rows) == 2 and left.width + right.width < 130:
        return [Row((left,), (right,))]
    return rows


_words = lru_cache(64)(str)  # NumPy takes long to say what a dtype is called


def _title(lines: list[str]) -> str:
    return "\n".join(shortened(line, 200) for line in lines)


def _facts(entries: list[Entry], kept: dict[Entry, int]) -> str:
    """How much a folded part holds: "26 ops · 840 params · saves 327 kB"."""
    parameters = {x for e in entries for x in e.parents if isinstance(x, Input) and x.wants}
    saved = sum(kept.get(entry, 0) for entry in entries)
    count = sum(prod(x.shape) for x in parameters)
    ops = sum(entry.op != "output" for entry in entries)
    facts = [f"{ops} op{'s' if ops > 1 else ''}"]
    facts += [f"{count:,} params"] if count else []
    facts += [f"saves {bytes_text(saved)}"] if saved else []
    return " · ".join(facts)


def _is_numeric(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biuf"


def _number(value: Any) -> str:
    return number_text(value.item() if isinstance(value, (np.ndarray, np.generic)) else value)


def _norm(gradient: Any) -> str:
    with np.errstate(over="ignore", invalid="ignore"):
        return f"‖∇‖ {number_text(float(np.linalg.norm(np.ravel(gradient))), 3)}"
