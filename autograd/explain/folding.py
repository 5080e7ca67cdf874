"""How much of a tape is drawn: modules folded up, and repeats shown once.

An `Item` is what will be one box: an operation, or a call that is folded up with all that
happened in it. The items of one call follow each other on the tape, and so do those of a repeat:
whatever is folded up, arrows go forwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.explain.entries import Call, Entry, Input

__all__ = ["Item", "Repeat", "ancestors", "choose"]

ENOUGH = 40  # boxes that a person takes in
LONGEST = 400  # items in a part that is looked for again


@dataclass(eq=False)
class Item:
    """Entries that are drawn as one box; ``call`` is the folded one that they happened in."""

    entries: list[Entry]
    call: Call | None = None

    @property
    def last(self) -> Entry:
        """The entry whose result is the item's."""
        return self.entries[-1]


@dataclass(eq=False)
class Repeat:
    """``times`` equal parts of ``period`` items each, from the item at ``start``."""

    start: int
    period: int
    times: int

    @property
    def end(self) -> int:
        """The number of the item after it."""
        return self.start + self.period * self.times


def ancestors(ends: list[Entry]) -> list[Entry]:
    """All entries that lead to `ends`, in the order of the tape."""
    seen = set(ends)
    stack = list(ends)
    while stack:
        for x in stack.pop().parents:
            if isinstance(x, Entry) and x not in seen:
                seen.add(x)
                stack.append(x)
    return sorted(seen, key=lambda entry: entry.index)


def choose(
    entries: list[Entry], calls: list[Call], level: str | int
) -> tuple[list[Item], list[Repeat]]:
    """The items of the first level with few enough boxes, and the repeats among them.

    Level 0 shows every operation, level 1 folds up the innermost modules (and functions such as
    softmax outside of them), level 2 the modules around those, and so on.
    """
    heights = _heights(calls)
    last = max((h + 1 for h in heights.values()), default=0)
    if level == "ops":
        return _items(entries, heights, 0), []
    if level != "auto":
        items = _items(entries, heights, 1 if level == "modules" else int(level))
        return items, [] if level == 0 or len(items) <= ENOUGH else _repeats(items)
    best: tuple[list[Item], list[Repeat]] = ([], [])
    fewest = len(entries) + 1
    for stage in range(last + 1):
        items = _items(entries, heights, stage)
        repeats = _repeats(items) if len(items) > ENOUGH else []
        count = len(items) - sum(r.period * (r.times - 1) for r in repeats)
        if count < fewest:
            best, fewest = (items, repeats), count
        if count <= ENOUGH:
            break
    return best


def _heights(calls: list[Call]) -> dict[Call, int]:
    """How many levels of modules lie inside each call; for a function, of functions as well."""
    modules = dict.fromkeys(calls, 0)
    both = dict.fromkeys(calls, 0)
    heights = {}
    for call in reversed(calls):  # those inside come after those around them
        height = both[call] if call.kind == "function" else modules[call]
        heights[call] = height
        if call.parent is not None:
            inner = height + 1 if call.kind == "module" else modules[call]
            modules[call.parent] = max(modules[call.parent], inner)
            inner = modules[call] if call.kind == "composite" else height + 1
            both[call.parent] = max(both[call.parent], inner)
    return heights


def _items(entries: list[Entry], heights: dict[Call, int], stage: int) -> list[Item]:
    items: list[Item] = []
    of: dict[Entry | Call, Item] = {}
    for entry in entries:
        folded: Call | None = None
        call = entry.call if entry.order == 0 else None
        while call is not None:
            if heights[call] < stage:
                folded = call
            call = call.parent
        key: Entry | Call = folded or entry
        if entry.op == "output" and entry.parents[0] in of and folded is None:
            key = entry.parents[0]  # it is part of the whole
        if key not in of:
            of[key] = Item([], folded)
            items.append(of[key])
        of[key].entries.append(entry)
        of[entry] = of[key]
    return items


# ---------------------------------------------------------------------- repeats


def _repeats(items: list[Item]) -> list[Repeat]:
    """Parts that follow each other and are equal in what they do and in how they are wired."""
    numbers: dict[Any, int] = {}
    kinds = np.array([numbers.setdefault(_kind(item), len(numbers)) for item in items])
    found: list[tuple[int, int, int, int]] = []
    for period in range(1, min(len(items) // 2, LONGEST) + 1):
        equal = np.concatenate([[0], kinds[period:] == kinds[:-period], [0]])
        changes = np.flatnonzero(np.diff(equal))
        for start, end in zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True):
            times = (end - start) // period + 1
            if (times - 1) * period >= 3:
                found.append((-times * period, period, start, end - start))
    found.sort()
    sources = _sources(items)
    taken = np.zeros(len(items), bool)
    chosen = []
    for covered, period, first, length in found:
        if taken[first : first + length + period].all():
            continue
        times = -covered // period
        starts = range(first, first + length % period + 1)
        for start in sorted(starts, key=lambda k: (_shared(items, k), k)):
            repeat = Repeat(start, period, times)
            if not taken[start : repeat.end].any() and _alike(items, sources, repeat):
                taken[start : repeat.end] = True
                chosen.append(repeat)
                break
    return sorted(chosen, key=lambda repeat: repeat.start)


def _kind(item: Item) -> Any:
    entry = item.last
    if item.call is not None:
        return item.call.kind, item.call.type, len(item.entries), entry.shape
    # (The steps of a loop differ in what they look up.)
    static = None if entry.op == "getitem" else repr(entry.static)
    return item.entries[0].op, entry.shape, static, len(entry.inputs), entry.order


def _sources(items: list[Item]) -> list[list[Any]]:
    """For each item, what comes into it: the number of another item, an Input, or a number."""
    of = {entry: k for k, item in enumerate(items) for entry in item.entries}
    return [
        [
            of[x] if isinstance(x, Entry) else x if isinstance(x, Input) else repr(x)
            for entry in item.entries
            for x in entry.inputs
            if not (isinstance(x, Entry) and of[x] == k)
        ]
        for k, item in enumerate(items)
    ]


def _shared(items: list[Item], k: int) -> int:
    """How many calls the items before and after the cut at `k` share: a repeat begins anew."""
    if k == 0:
        return 0
    return len(set(chain(items[k - 1])) & set(chain(items[k])))


def chain(item: Item) -> list[Call]:
    """The calls around an item that are shown opened, outermost first."""
    entry = item.entries[0]
    if entry.order or entry.call is None:
        return []
    calls = entry.call.chain()
    return calls[: calls.index(item.call)] if item.call is not None else calls


def _alike(items: list[Item], sources: list[list[Any]], repeat: Repeat) -> bool:
    """Whether each part is wired as the one before it."""
    for k in range(repeat.start, repeat.end - repeat.period):
        part = (k - repeat.start) // repeat.period
        first = repeat.start + part * repeat.period  # of the part that `k` is in
        before, after = sources[k], sources[k + repeat.period]
        if len(before) != len(after):
            return False
        for a, b in zip(before, after, strict=True):
            if not _same_source(items, a, b, repeat.period, first, repeat.start):
                return False
    return True


def _same_source(items: list[Item], a: Any, b: Any, period: int, first: int, start: int) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return bool(a == b)
    if a is b or (isinstance(a, int) and a == b and a < start):
        return True
    if isinstance(b, int) and first <= b < first + period:
        # What the part before hands on; into the first part it comes from elsewhere.
        return b - period == a if first != start else isinstance(a, Input) or a < start
    if isinstance(a, int) and isinstance(b, int):
        return b - a == period or (max(a, b) < start and _shape(items, a) == _shape(items, b))
    return isinstance(a, Input) and isinstance(b, Input) and a.shape == b.shape


def _shape(items: list[Item], k: int) -> Any:
    return items[k].last.shape


def frames_of(
    items: list[Item], repeats: list[Repeat]
) -> Iterator[tuple[int, list[Call | Repeat]]]:
    """Each item that is drawn, by its number, with the calls and repeats around it."""
    inside = {k: repeat for repeat in repeats for k in range(repeat.start, repeat.end)}
    for k, item in enumerate(items):
        around: list[Call | Repeat] = [*chain(item)]
        repeat = inside.get(k)
        if repeat is None:
            yield k, around
        elif k < repeat.start + repeat.period:
            last = set(chain(items[repeat.end - 1]))
            depth = sum(call in last for call in chain(items[repeat.start]))
            yield k, [*around[:depth], repeat, *around[depth:]]
