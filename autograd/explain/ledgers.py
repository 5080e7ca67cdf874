"""`Tape.memory` and `Tape.broadcasts`: what a computation keeps, and what it expands, by entry."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from autograd.explain.look import bytes_text, shape_text
from autograd.explain.show import PLAIN, QUIET, SMALL
from autograd.explain.table import (
    aligned,
    call_text,
    fold,
    html_row,
    html_table,
    labels,
    saved_arrays,
    saved_label,
    where_text,
)
from autograd.tensor import Tensor, buffer_of

if TYPE_CHECKING:
    from autograd.explain.entries import Entry, Input
    from autograd.explain.recorder import Tape

__all__ = ["Broadcast", "Broadcasts", "Memory", "Saved", "broadcasts", "memory"]

_MOST = 20  # entries that a table shows
_EXPANDED = 60  # values that the table of broadcasts shows


# ---------------------------------------------------------------------- memory


@dataclass(frozen=True, eq=False)
class Saved:
    """An array that an entry keeps for its rules.

    ``kind`` is "saved", "alive" for a parameter or an input that is in memory anyway, or "shared"
    if an earlier entry keeps it too and it counts there. ``nbytes`` is what it takes in memory;
    of a view, the whole array behind it.
    """

    entry: Entry
    name: str
    nbytes: int
    kind: str


class Memory(list[Saved]):
    """What a tape keeps for the backward pass, each array that an entry saves; text is a table."""

    @property
    def total(self) -> int:
        """The bytes that the tape keeps alive, beside parameters and inputs."""
        return sum(row.nbytes for row in self if row.kind == "saved")

    @property
    def alive(self) -> int:
        """The bytes of parameters and inputs that are saved too, and are in memory anyway."""
        return sum(row.nbytes for row in self if row.kind == "alive")

    def by_entry(self) -> dict[Entry, int]:
        """The bytes that count for each entry, the most first."""
        return self._sums(lambda row: row.entry)

    def by_module(self) -> dict[str, int]:
        """The bytes that count for each module or function, by its path, the most first."""
        return self._sums(lambda row: where_text(row.entry))

    def _sums(self, key: Any) -> dict[Any, int]:
        sums: dict[Any, int] = {}
        for row in self:
            if row.kind == "saved":
                sums[key(row)] = sums.get(key(row), 0) + row.nbytes
        return dict(sorted(sums.items(), key=lambda item: -item[1]))

    def _share(self, nbytes: int) -> str:
        return f"{nbytes / self.total:.0%}" if self.total else ""

    def _head(self) -> str:
        arrays = sum(row.kind == "saved" for row in self)
        counted = f"{arrays:,} {'array' if arrays == 1 else 'arrays'}"
        beside = f"; beside {bytes_text(self.alive)} of parameters and inputs" * bool(self.alive)
        return f"kept for the backward pass: {bytes_text(self.total)} in {counted}{beside}"

    def _tables(self) -> list[tuple[str, list[list[str]]]]:
        """A title and rows for each table: bytes, share, what."""
        modules, entries = self.by_module(), self.by_entry()
        saved: dict[Entry, list[str]] = {}
        for row in self:
            if row.kind == "saved":
                saved.setdefault(row.entry, []).append(row.name)
        tables: list[tuple[str, list[tuple[int, list[str]]]]] = []
        if len(modules) > 1:
            rows = [(n, [name or "outside of any"]) for name, n in modules.items()]
            tables.append(("module or function", rows))
        rows = [
            (n, [f"{entry.index:04d} {call_text(entry)}", ", ".join(dict.fromkeys(saved[entry]))])
            for entry, n in entries.items()
        ]
        if tables:
            rows = [(n, [*said, where_text(entry)]) for (n, said), entry in zip(rows, entries)]
        tables.append(("entry", rows))
        return [(title, self._cells(rows)) for title, rows in tables]

    def _cells(self, rows: list[tuple[int, list[str]]]) -> list[list[str]]:
        shown = rows[:_MOST]
        if len(rows) > _MOST:
            rest = sum(n for n, _ in rows[_MOST:])
            blank = [""] * (len(rows[0][1]) - 1)
            shown = [*shown, (rest, [f"{len(rows) - _MOST:,} more", *blank])]
        return [[bytes_text(n), self._share(n), *said] for n, said in shown]

    def __repr__(self) -> str:
        parts = [self._head()]
        for title, rows in self._tables():
            if rows:
                heads = ["", "share", title, "saves", "where"][: len(rows[0])]
                parts.append(aligned([heads, *rows], right=frozenset({0, 1})))
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        parts = [f"<div><b>{escape(self._head())}</b></div>"]
        for k, (title, rows) in enumerate(self._tables()):
            if rows:
                heads = ["bytes", "share", title, "saves", "where"][: len(rows[0])]
                lines = [
                    html_row([escape(size), _bar(share), *map(escape, what)])
                    for size, share, *what in rows
                ]
                table = html_table(heads, lines)
                parts.append(fold("by entry", table, opened=False) if k else table)
        return f'<div class="{PLAIN}" style="{SMALL}">{"".join(parts)}</div>'


def _bar(share: str) -> str:
    inline = "display:inline-block;height:8px"
    return (
        f'<div style="width:140px;white-space:nowrap"><span style="{inline};background:#ea580c73;'
        f'width:{share.rstrip("%")}px"></span> <span style="{QUIET}">{share}</span></div>'
    )


def memory(tape: Tape) -> Memory:
    """``tape.memory()``, where it is documented."""
    tape._settle()
    names = labels(tape)
    alive = {
        id(buffer_of(origin._data if isinstance(origin, Tensor) else origin))
        for x in tape.inputs
        if (origin := x.origin) is not None
    }
    rows = Memory()
    seen: set[int] = set()
    for entry in tape.entries:
        for name, arrays in saved_arrays(entry).items():
            for array in arrays:
                buffer = buffer_of(array)
                kind = "alive" if id(buffer) in alive else "saved"
                kind = "shared" if id(buffer) in seen else kind
                seen.add(id(buffer))
                rows.append(Saved(entry, saved_label(entry, name, names), buffer.nbytes, kind))
    return rows


# ---------------------------------------------------------------------- broadcasts


@dataclass(frozen=True, eq=False)
class Broadcast:
    """A value that an operation expanded from ``shape`` ``to`` another.

    ``axes`` are those of the result over which the gradient is summed to come back; ``wants``
    says whether there is a gradient. ``surprise`` says in words what is likely to be a slip, or
    is "".
    """

    entry: Entry
    i: int
    name: str
    shape: tuple[int, ...]
    to: tuple[int, ...]
    axes: tuple[int, ...]
    wants: bool
    surprise: str

    def _cells(self) -> list[str]:
        over = f"axes {', '.join(map(str, self.axes))}" if len(self.axes) > 1 else ""
        over = over or f"axis {self.axes[0]}"
        return [
            f"{self.entry.index:04d}",
            call_text(self.entry),
            f"{self.name} {shape_text(self.shape)} → {shape_text(self.to)}",
            f"gradient summed over {over}" if self.wants else "no gradient",
            str(self.entry.source or ""),
        ]


class Broadcasts(list[Broadcast]):
    """What operations expanded, in the order of the tape; text is a table."""

    @property
    def surprises(self) -> list[str]:
        """What is likely to be a slip, each said once."""
        return list(dict.fromkeys(found.surprise for found in self if found.surprise))

    def _warnings(self) -> list[str]:
        said = self.surprises
        more = [f"{len(said) - _MOST:,} more like these: .surprises"] * (len(said) > _MOST)
        return said[:_MOST] + more

    def _rest(self) -> str:
        return f"... {len(self) - _EXPANDED:,} more: [{_EXPANDED}:]" * (len(self) > _EXPANDED)

    def __repr__(self) -> str:
        if not self:
            return "nothing was broadcast"
        table = aligned([found._cells() for found in self[:_EXPANDED]])
        rest = [self._rest()] * bool(self._rest())
        return "\n".join([table, *rest, *(f"! {text}" for text in self._warnings())])

    def _repr_html_(self) -> str:
        if not self:
            return f'<div style="{SMALL}">nothing was broadcast</div>'
        heads = ("#", "operation", "expanded", "on the way back", "line")
        rows = [
            html_row(
                map(escape, found._cells()), style=";background:#d6294b26" * bool(found.surprise)
            )
            for found in self[:_EXPANDED]
        ]
        warnings = "".join(
            f'<div style="margin:2px 0;padding:2px 8px;border-left:3px solid #d6294b">'
            f"{escape(text)}</div>"
            for text in self._warnings()
        )
        rest = f'<div style="{QUIET};padding:4px 6px">{self._rest()}</div>' * bool(self._rest())
        return (
            f'<div class="{PLAIN}" style="{SMALL}">{warnings}{html_table(heads, rows)}{rest}</div>'
        )


def broadcasts(tape: Tape) -> Broadcasts:
    """``tape.broadcasts()``, where it is documented."""
    tape._settle()
    names = labels(tape)
    raw = {
        (c.entry, c.i): c.raw_shape for done in tape.passes for _, _, given in done.steps
        for c in given
    }  # fmt: skip
    found = Broadcasts()
    for entry in tape.entries:
        elementwise = entry.primitive.elementwise and entry.primitive.outputs == 1
        surprise = _surprise(entry, names) if elementwise else ""
        for i, x in enumerate(entry.inputs):
            if x not in names:
                continue  # a Python number
            to = entry.shape if elementwise else raw.get((entry, i), x.shape)
            if entry.op == "matmul":  # its rules sum over the batch axes themselves
                to = _batch(entry) + x.shape[-2:]
            axes = _summed(x.shape, to)
            if axes and (x.shape or x.wants):
                found.append(
                    Broadcast(entry, i, names[x], x.shape, to, axes, i in entry.wanted, surprise)
                )
    return found


def _batch(entry: Entry) -> tuple[int, ...]:
    """The axes of a matmul that matrices are stacked along."""
    x, y = entry.inputs
    matrix = (len(x.shape) > 1) + (len(y.shape) > 1)  # how many axes of the result are no batch
    batch: tuple[int, ...] = entry.shape[: len(entry.shape) - matrix]
    return batch


def _summed(shape: Any, to: Any) -> tuple[int, ...]:
    """The axes of `to` that `shape` lacks or has with length 1 only."""
    lead = len(to) - len(shape)
    return tuple(k for k, n in enumerate(to) if k < lead or (shape[k - lead] == 1 and n != 1))


def _surprise(entry: Entry, names: dict[Any, str]) -> str:
    """A column met a vector of its length."""
    values: list[Entry | Input] = [x for x in entry.inputs if x in names]
    for a in values:
        for b in values:
            if a.shape == (*b.shape, 1) and b.shape and b.shape[-1] > 1:
                column, vector = names[a], names[b]
                return (
                    f"{entry.index:04d} {entry.op}: `{column}` {a.shape} against `{vector}` "
                    f"{b.shape} gives {entry.shape}: each element of one with each of the other. "
                    f"If they belong together in pairs, write {column}[..., 0] or "
                    f"{vector}[..., None]."
                )
    return ""
