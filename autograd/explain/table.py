"""The tape as a table: as aligned text, and as HTML that folds by module and sorts by column."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import groupby, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.errors import printable
from autograd.explain.look import (
    bytes_text,
    distinct_labels,
    index_text,
    number_text,
    shape_text,
)
from autograd.explain.show import LINE, PLAIN, QUIET, SMALL, card, preview_html, range_text
from autograd.tape import Node

if TYPE_CHECKING:
    from autograd.explain.entries import Call, Entry, Input
    from autograd.explain.recorder import Tape

__all__ = [
    "aligned",
    "call_text",
    "entry_html",
    "fold",
    "given",
    "html_row",
    "html_table",
    "input_html",
    "labels",
    "saved_arrays",
    "saved_label",
    "saves_text",
    "tape_html",
    "tape_text",
    "where_text",
]

_MOST = 60  # rows of a section that are shown, in text and in HTML
_FIRST = 40


# ---------------------------------------------------------------------- what is said of an entry


def labels(tape: Tape) -> dict[Any, str]:
    """What to call each value of the tape, so that no two have the same name."""
    return distinct_labels([*tape.inputs, *tape.entries])


def call_text(entry: Entry, names: dict[Any, str] | None = None) -> str:
    """The call as one would write it: ``sum(z, axis=0)``, without what is as by default.

    >>> import autograd as ag
    >>> x = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> with ag.Tape() as tape:
    ...     loss = (x[0] * 2).sum(axis=0)
    >>> [call_text(entry) for entry in tape]
    ['x[0]', 'multiply(v0, 2)', 'sum(v1, axis=0)']
    """
    names = names or {}
    inputs = [
        names.get(x, x.label) if hasattr(x, "label") else number_text(x) for x in entry.inputs
    ]
    if entry.op in ("getitem", "output"):
        index = entry.static["index" if entry.op == "getitem" else "which"]
        return f"{inputs[0]}[{index_text(index, _static_text)}]"
    if len(inputs) > 6:
        inputs[4:-1] = ["..."]
    return f"{entry.op}({', '.join(inputs + given(entry))})"


def given(entry: Entry) -> list[str]:
    """The parameters of an entry that are not as by default: ``axis=0``."""
    parameters = entry.primitive.signature.parameters
    return [
        f"{name}={_static_text(value)}"
        for name, value in entry.static.items()
        if name in parameters and repr(value) != repr(parameters[name].default)
    ]


def _static_text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"<{shape_text(value.shape)} {value.dtype}>"
    if isinstance(value, tuple):
        parts = [_static_text(x) for x in value[:12]] + ["..."] * (len(value) > 12)
        return f"({', '.join(parts)}{',' * (len(value) == 1)})"
    if isinstance(value, slice) or value is ...:
        return index_text(value)
    text = getattr(value, "__name__", None) or str(value) if callable(value) else repr(value)
    # (What has no text of its own would show where in memory it is.)
    text = printable(type(value).__name__ if " at 0x" in text else text)
    return text if len(text) <= 30 else f"{text[:27]}..."


def saved_arrays(entry: Entry) -> dict[str, list[Any]]:
    """The arrays that the tape holds for the entry's rules, by what the rules call them.

    Arrays among the parameters, such as an index, are held like those that a rule asked for.
    """
    if not entry.wants:
        return {}
    found = {
        name: [a for a in (value if isinstance(value, (tuple, list)) else [value]) if _is_array(a)]
        for name, value in [*entry.saves.items(), *entry.static.items()]
    }
    return {name: arrays for name, arrays in found.items() if arrays}


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def saved_label(entry: Entry, name: str, names: dict[Any, str]) -> str:
    """What the user calls the value that a rule calls `name`."""
    p = entry.primitive
    if p.variadic and name == p.inputs[0]:
        chosen: Iterable[Any] = entry.parents
    elif name in p.inputs:
        chosen = [entry.inputs[p.inputs.index(name)]]
    elif name == "z":
        chosen = [entry]
    else:
        return name
    return ", ".join(names.get(x, x.label) for x in chosen)


def saves_text(entry: Entry, names: dict[Any, str]) -> tuple[str, int]:
    """What the tape keeps for the rules of an entry, in words and in bytes: "saves x, W: 26 kB"."""
    if isinstance(entry.node, Node) and entry.node.freed:
        return "freed", 0
    saved = saved_arrays(entry)
    size = sum(array.nbytes for arrays in saved.values() for array in arrays)
    what = list(dict.fromkeys(saved_label(entry, name, names) for name in saved))
    return (f"saves {', '.join(what)}: {bytes_text(size)}", size) if saved else ("", 0)


def where_text(entry: Entry) -> str:
    """The module around it, and the function inside that: ``model.fc1 / softmax``."""
    chain = entry.call.chain() if entry.call is not None else []
    last = max((k for k, call in enumerate(chain) if call.kind == "module"), default=0)
    return " / ".join(call.path for call in chain[last:])


def _value_text(value: Any) -> str:
    """A number; of an array, only that there is something in it that is no number."""
    if value is None or isinstance(value, tuple):
        return ""
    if not np.ndim(value):
        return number_text(value[()])
    said = range_text(value)
    return said[said.index(", ") + 2 :] + "!" if ", " in said else ""


def _dead(tape: Tape) -> set[Entry]:
    """The entries that no backward pass has a reason to go through: nothing leads on from them."""
    if not tape.passes:
        return set()
    live: set[Any] = {entry for done in tape.passes for entry in done.seeds}
    for entry in reversed(tape.entries):  # an entry stands before those that use it
        if entry in live:
            live.update(entry.parents)
    return {entry for entry in tape.entries if entry not in live}


def _mark(entry: Entry, dead: set[Entry]) -> str:
    if entry in dead and entry.order == 0:
        return "leads nowhere"
    return "" if entry.wants or entry.order else "no gradient"


def _title(tape: Tape) -> str:
    parts = [
        f"{len(values):,} {one if len(values) == 1 else many}"
        for values, one, many in (
            (tape.entries, "entry", "entries"),
            (tape.inputs, "input", "inputs"),
        )
    ]
    starts = list(dict.fromkeys(entry.label for done in tape.passes for entry in done.seeds))
    if starts:
        parts.append(f"backward from {', '.join(starts[:4])}{', ...' * (len(starts) > 4)}")
    return f"Tape: {', '.join(parts)}"


def _sections(tape: Tape) -> list[tuple[str, list[Entry]]]:
    """The computation, and apart from it what backward passes recorded, by order."""
    orders: dict[int, list[Entry]] = {}
    for entry in tape.entries:
        orders.setdefault(entry.order, []).append(entry)
    return [
        ("the computation" if order == 0 else f"recorded by a backward pass (order {order})", some)
        for order, some in sorted(orders.items())
    ]


def _kind(value: Input) -> str:
    return "leaf" if value.wants else "input" if value.name else "constant"


# ---------------------------------------------------------------------- as text


def aligned(rows: list[list[str]], right: frozenset[int] = frozenset(), indent: str = "") -> str:
    """Rows of cells in columns two spaces apart, without the columns in which nothing stands.

    >>> print(aligned([["a", "", "10"], ["long", "", "9"]], right=frozenset({2})))
    a     10
    long   9
    """
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join(
        (
            indent
            + "  ".join(
                cell.rjust(width) if k in right else cell.ljust(width)
                for k, (cell, width) in enumerate(zip(row, widths))
                if width
            )
        ).rstrip()
        for row in rows
    )


def tape_text(tape: Tape) -> str:
    """The tape as a table; a long one without its middle."""
    tape._settle()
    names, dead = labels(tape), _dead(tape)
    lines = [_title(tape)]
    if tape.inputs:
        rows = [
            [
                _cut(names[x]),
                _kind(x),
                shape_text(x.shape),
                str(x.dtype),
                _value_text(x.value),
                _gradient_text(x),
            ]
            for x in tape.inputs[:_MOST]
        ]
        lines.append(aligned(rows, indent="      "))
        if len(tape.inputs) > _MOST:
            lines.append(f"      ... {len(tape.inputs) - _MOST:,} more: tape.inputs[{_MOST}:] ...")
    sections = _sections(tape)
    for title, entries in sections:
        shown, hidden = _ends(entries)
        rows = [_row(entry, names, dead) for entry in shown]
        if len(sections) > 1:
            lines.append(f"\n{title}")
        text = aligned(rows).split("\n")
        if hidden:
            first, last = hidden[0].index, hidden[-1].index
            text.insert(_FIRST, f"...   {len(hidden):,} more: tape[{first}:{last + 1}]")
        lines += text
    return "\n".join(lines)


def _ends(entries: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """What is shown of a long list, and what is left out of its middle."""
    if len(entries) <= _MOST:
        return entries, []
    last = len(entries) - (_MOST - _FIRST)
    return entries[:_FIRST] + entries[last:], entries[_FIRST:last]


def _cut(text: str, most: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _row(entry: Entry, names: dict[Any, str], dead: set[Entry]) -> list[str]:
    name = f"{entry.name} = " if entry.name else ""
    rule = f"rule of {entry.forward.index:04d}" if entry.forward is not None else ""
    return [
        f"{entry.index:04d}",
        _cut(name + call_text(entry, names)),
        shape_text(entry.shape),
        str(entry.dtype if not isinstance(entry.dtype, tuple) else ""),
        _value_text(entry.value),
        _cut(saves_text(entry, names)[0]),
        _cut(where_text(entry), 40),
        str(entry.source or ""),
        _mark(entry, dead) or rule,
    ]


def _gradient_text(x: Input) -> str:
    if x.cotangent is None:
        return ""
    return f"|grad| {number_text(float(np.linalg.norm(x.cotangent.astype(np.float64))))}"


# ---------------------------------------------------------------------- as HTML

# Sorting needs a script; as the value of `onclick` it leaves no trace where it is not allowed.
# A click on the heading of a column moves all rows into one table, sorted (again: the other way
# around), one on `#` moves them home.
_SORT = """
const head = event.target.closest('[data-key]'); if (!head) return;
const key = +head.dataset.key, groups = this.querySelector('[data-groups]');
const flat = this.querySelector('[data-flat]');
if (!flat.firstChild) {
  flat.append(groups.querySelector('[data-row]').closest('table').cloneNode(true));
  flat.querySelector('tbody').replaceChildren();
}
this.rows ??= [...groups.querySelectorAll('[data-row]')].map(row => [row, row.parentNode]);
this.down = this.key === key ? !this.down : true; this.key = key;
groups.hidden = key > 0; flat.hidden = key === 0;
const of = row => row.cells[key].dataset.v;
const order = (a, b) => isNaN(of(a)) || isNaN(of(b)) ? of(a).localeCompare(of(b)) : of(b) - of(a);
const rows = key ? this.rows.toSorted(([a], [b]) => this.down ? order(a, b) : order(b, a))
  : this.rows;
for (const [row, home] of rows) (key ? flat.querySelector('tbody') : home).append(row);
"""
_HINT = "for (const head of this.querySelectorAll('[data-key]')) head.style.cursor = 'pointer'"

_CELL = "padding:2px 6px;text-align:left;vertical-align:middle;overflow-wrap:anywhere"
_WIDTHS = ("40px", "auto", "108px", "84px", "84px", "92px", "78px")
_INPUT_WIDTHS = ("auto", *_WIDTHS[2:5])
_HEADS = ("#", "operation", "shape", "value", "gradient", "saves", "line")


def html_table(
    heads: Iterable[str], rows: Iterable[str], widths: Iterable[str] = (), sorts: bool = False
) -> str:
    """A table of rows (HTML) that looks the same in every notebook; headings may sort."""
    heads = list(heads)
    sizes = [f";width:{width}" for width in widths]
    whole = ";width:100%;table-layout:fixed" if sizes else ""
    head = "".join(
        f'<th{f" data-key={k}" * sorts} style="{_CELL}{size};font-weight:normal;{QUIET}">'
        f"{escape(name)}</th>"
        for k, (name, size) in enumerate(zip(heads, sizes or [""] * len(heads)))
    )
    return (
        f'<table style="border-collapse:collapse;margin:0 0 4px 0;{SMALL}{whole}">'
        f'<thead style="border-bottom:1px solid {LINE}"><tr style="background:transparent">{head}'
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def html_row(cells: Iterable[str], keys: Iterable[Any] = (), style: str = "") -> str:
    """A row of cells (HTML), and what each is sorted by if there is anything to sort."""
    sorted_by = [f' data-v="{escape(str(key))}"' for key in keys]
    inside = "".join(
        f'<td{key} style="{_CELL}">{html}</td>' for html, key in zip(cells, sorted_by or repeat(""))
    )
    return (
        f"<tr{' data-row' * bool(sorted_by)} "
        f'style="background:transparent;border-bottom:1px solid {LINE}{style}">{inside}</tr>'
    )


def tape_html(tape: Tape) -> str:
    """The tape as a table with previews of values and gradients, folded by module."""
    from autograd.explain.ledgers import memory  # which writes its tables with this module

    tape._settle()
    names, dead, kept = labels(tape), _dead(tape), memory(tape).by_entry()
    parts = []
    if tape.inputs:
        rows = [_html_input(x, names) for x in tape.inputs[:_MOST]]
        table = html_table(("input", *_HEADS[2:5]), rows, _INPUT_WIDTHS)
        parts.append(fold(f"{len(tape.inputs):,} inputs", table, len(tape.inputs) <= 12))
    sections = _sections(tape)
    for title, entries in sections:
        if len(sections) > 1:
            parts.append(f'<div style="{SMALL};margin:8px 0 2px 0"><b>{title}</b></div>')
        shown, hidden = _ends(entries)
        opened = len(shown) <= 30
        halves = [shown[:_FIRST], shown[_FIRST:]] if hidden else [shown]
        for k, half in enumerate(halves):
            if k:
                said = f"{len(hidden):,} more: tape[{hidden[0].index}:{hidden[-1].index + 1}]"
                parts.append(f'<div style="{SMALL};{QUIET};padding:4px 6px">... {said}</div>')
            for call, group in groupby(half, _group):
                some = list(group)
                rows = [_html_entry(entry, names, dead) for entry in some]
                table = html_table(_HEADS, rows, _WIDTHS, sorts=True)
                folded = call and fold(_heading(call, some, kept), table, opened)
                parts.append(folded or table)
    return (
        f'<div class="{PLAIN}" onclick="{escape(_SORT)}" onpointerenter="{escape(_HINT)}" '
        f'style="{SMALL}">'
        f'<div style="margin-bottom:4px"><b>{escape(_title(tape))}</b></div>'
        f"<div data-groups>{''.join(parts)}</div><div data-flat></div></div>"
    )


def _group(entry: Entry) -> Call | None:
    """The call under which it stands: of the innermost module, else of the outermost function."""
    chain = entry.call.chain() if entry.call is not None else []
    outermost = chain[0] if chain else None
    return next((call for call in reversed(chain) if call.kind == "module"), outermost)


def _heading(call: Call, entries: list[Entry], kept: dict[Entry, int]) -> str:
    size = sum(kept.get(entry, 0) for entry in entries)
    again = f", call {call.number + 1}" if call.number else ""
    facts = [f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}"]
    facts += [f"saves {bytes_text(size)}"] if size else []
    kind = f" {escape(call.type)}" if call.kind == "module" else ""
    quiet = f'<span style="{QUIET}">{kind}{again} · {" · ".join(facts)}</span>'
    return f"<b>{escape(call.path)}</b>{quiet}"


def fold(title: str, inside: str, opened: bool) -> str:
    """HTML that is shown at a click on its title (HTML)."""
    return (
        f'<details{" open" * opened} style="margin:2px 0"><summary style="cursor:pointer;'
        f'padding:2px 0">{title}</summary>{inside}</details>'
    )


def _size(value: Any) -> float:
    """What a value is sorted by."""
    if value is None or isinstance(value, tuple) or not value.size:
        return 0.0
    return float(value) if not value.ndim else float(np.abs(value.astype(np.float64)).max())


def _picture(value: Any) -> str:
    return "" if value is None else preview_html(value)


def _shape_html(x: Entry | Input) -> str:
    dtype = "" if isinstance(x.dtype, tuple) else str(x.dtype)
    return f'{shape_text(x.shape)} <span style="{QUIET}">{dtype}</span>'


def _html_entry(entry: Entry, names: dict[Any, str], dead: set[Entry]) -> str:
    mark = _mark(entry, dead)
    name = f"<b>{escape(entry.name)}</b> = " if entry.name else ""
    call = escape(_cut(call_text(entry, names), 120))
    notes = [mark] if mark else []
    if entry.forward is not None:
        notes.append(f"rule of {entry.forward.index:04d} {entry.forward.op}")
    inner = entry.call if entry.call is not None and entry.call is not _group(entry) else None
    if inner is not None:
        notes.append(f"in {inner.path}")
    note = f'<br><span style="{QUIET}">{escape(", ".join(notes))}</span>' if notes else ""
    saves, size = saves_text(entry, names)
    line = escape(str(entry.source or ""))
    if entry.source is not None:
        line = f'<span title="{escape(entry.source.text)}">{line}</span>'
    return html_row(
        [
            f'<span style="{QUIET}">{entry.index:04d}</span>',
            f'<span style="font-family:monospace;font-size:11px">{name}{call}</span>{note}',
            _shape_html(entry),
            _picture(entry.value),
            _picture(entry.cotangent),
            escape(saves.removeprefix("saves ")),
            line,
        ],
        [
            entry.index,
            entry.op,
            0 if isinstance(entry.dtype, tuple) else int(np.prod(entry.shape)),
            _size(entry.value),
            _size(entry.cotangent),
            size,
            printable(f"{Path(entry.source.filename).name} {entry.source.line:09d}")
            if entry.source
            else "",
        ],
        ";opacity:0.55" if mark else "",
    )


def _html_input(x: Input, names: dict[Any, str]) -> str:
    return html_row(
        [
            f'<b>{escape(names[x])}</b> <span style="{QUIET}">{_kind(x)}</span>',
            _shape_html(x),
            _picture(x.value),
            _picture(x.cotangent),
        ]
    )


def entry_html(entry: Entry) -> str:
    """One entry as a card: the call, where it stands, its value and its gradient."""
    name = f"<b>{escape(entry.name)}</b> = " if entry.name else ""
    title = f"<code>{entry.index:04d} {name}{escape(call_text(entry))}</code>"
    facts = [shape_text(entry.shape), str(entry.dtype), saves_text(entry, {})[0]]
    facts += [where_text(entry), str(entry.source or ""), _mark(entry, set())]
    return card(title, [escape(fact) for fact in facts if fact], _known(entry))


def input_html(x: Input) -> str:
    """One input as a card: its value and its gradient."""
    facts = [_kind(x), shape_text(x.shape), str(x.dtype)]
    return card(f"<b>{escape(x.label)}</b>", facts, _known(x))


def _known(x: Entry | Input) -> dict[str, Any]:
    values = {"value": x.value, "gradient": x.cotangent}
    return {name: value for name, value in values.items() if value is not None}
