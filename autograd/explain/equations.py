"""Equations below each other, with notes beside them: as text, as LaTeX, and in a notebook."""

from __future__ import annotations

import json
import unicodedata
import zlib
from dataclasses import dataclass
from html import escape
from typing import Any

from autograd.explain.look import EDGE
from autograd.explain.notation import NONE, Math, word
from autograd.explain.show import PLAIN
from autograd.explain.typeset import written

__all__ = ["Equations", "Line"]

# Notes stand beside formulas up to this width, and below longer ones.
BESIDE = 48


@dataclass(frozen=True)
class Line:
    """An equation, and in words where it comes from; without an equation, the words alone."""

    left: Math | None
    right: Math = NONE
    note: str = ""
    of: Math | None = None  # the formula that the note is about
    tail: str = ""  # and what else is to be said


class Equations:
    """Equations below each other: `text`, `latex` and `mathml`; a notebook shows them typeset.

    The title ends with the symbol whose meaning it tells; `code` is what it is called in a formula
    for ``tape.check``, where that is a name for a parameter.
    """

    def __init__(self, title: str, symbol: Math, lines: list[Line], code: str = "") -> None:
        self.title = title
        self.symbol = symbol
        self.lines = lines
        self.code = code if code.isidentifier() else ""

    @property
    def latex(self) -> str:
        """All of them as one ``aligned`` environment, for MathJax or KaTeX."""
        rows = []
        for line in self.lines:
            if line.left is None:
                rows.append(f"&{written(word(line.note), 'latex')}")
                continue
            row = f"{written(line.left, 'latex')} &= {written(line.right, 'latex')}"
            row += f" && {written(word(line.note), 'latex')}" if line.note else ""
            row += rf"\;{written(line.of, 'latex')}" if line.of else ""
            row += rf"\quad {written(word(line.tail), 'latex')}" if line.tail else ""
            rows.append(row)
        return "\\begin{aligned}\n" + " \\\\[0.4em]\n".join(rows) + "\n\\end{aligned}"

    @property
    def mathml(self) -> str:
        """All of them as MathML, in a fragment of HTML that breaks before a note if it has to."""
        rows = []
        for line in self.lines:
            if line.left is None:
                rows.append(f'<div style="grid-column:1/-1;{_QUIET}">{escape(line.note)}</div>')
                continue
            of = written(line.of, "mathml") if line.of else ""
            note = " &#8194;".join(
                filter(None, (f"{escape(line.note)} {of}".strip(), escape(line.tail)))
            )
            rows.append(
                f'<div style="text-align:right">{written(line.left, "mathml")}</div>'
                f'<div style="{_PAIR}"><div style="{_FORMULA}">= '
                f"{written(line.right, 'mathml')}</div>"
                f'<div style="{_QUIET}">{note}</div></div>'
            )
        code = f" (in formulas for check: <code>{escape(self.code)}</code>)" if self.code else ""
        title = (
            f"<div>{escape(self.title)} {written(self.symbol, 'mathml')}"
            f'<span style="{_QUIET}">{code}</span></div>'
        )
        return (
            f'<div class="tapegrad-formulas {PLAIN}"><style>{_FONT}</style>{title}'
            f'<div style="{_GRID}">{"".join(rows)}</div></div>'
        )

    @property
    def text(self) -> str:
        """All of them in plain characters."""
        left = [written(line.left, "text") if line.left else "" for line in self.lines]
        right = [written(line.right, "text") for line in self.lines]
        wide = max(map(_width, left), default=0)
        far = max((_width(b) for b in right if _width(b) <= BESIDE), default=0)
        rows = [f"{self.title} {written(self.symbol, 'text')}"]
        for line, a, b in zip(self.lines, left, right, strict=True):
            if line.left is None:
                rows.append(line.note)
                continue
            of = f" {written(line.of, 'text')}" if line.of else ""
            said = "   ".join(filter(None, (line.note + of, line.tail)))
            below = _width(b) > far and said
            gap = f"\n{' ' * (wide + 8)}" if below else f"{' ' * (far - _width(b))}   "
            rows.append(f"  {' ' * (wide - _width(a))}{a} = {b}{gap}{said}".rstrip())
        return "\n".join(rows)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        # Where no script runs, the text stays: a notebook that is not trusted strips MathML.
        typeset = json.dumps(self.mathml, ensure_ascii=False).replace("<", "\\u003c")
        key = f"{zlib.crc32(typeset.encode()):08x}"
        return {
            "text/plain": self.text,
            "text/html": (
                f'<div class="tapegrad-equations {PLAIN}" data-key="{key}"><pre style="{_TEXT}">'
                f"{escape(self.text)}</pre></div>\n"
                f'<script>\n{_SCRIPT}("{key}", {typeset});\n</script>'
            ),
            "text/latex": f"$\\displaystyle {self.latex}$",
        }

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


_QUIET = f"color:{EDGE}"  # reads on a light page and on a dark one
_GRID = (
    "display:grid;grid-template-columns:max-content minmax(0,1fr);align-items:baseline;"
    "gap:4px 6px;margin:6px 0"
)
_PAIR = "display:flex;flex-wrap:wrap;align-items:baseline;gap:0 2em"
_FORMULA = "min-width:14em;max-width:100%;overflow:auto hidden;padding:3px 0;white-space:nowrap"
_FONT = (
    ".tapegrad-formulas math{font-size:1.1em;font-family:'STIX Two Math','Cambria Math',"
    "'Latin Modern Math','Noto Sans Math','DejaVu Math TeX Gyre',math}"
)
_TEXT = (
    "margin:0;padding:2px 0 4px;background:transparent;color:inherit;white-space:pre;"
    "overflow-x:auto;line-height:1.4;font-family:monospace"
)
# It takes the first container that waits for it: the same equations may stand on a page twice.
_SCRIPT = """\
((key, typeset) => {
const host = document.querySelector(`.tapegrad-equations[data-key="${key}"]:not([data-live])`);
if (!host) return;
host.dataset.live = "";
host.innerHTML = typeset;
})"""


def _width(text: str) -> int:
    """How many columns it takes in a terminal."""
    return sum(not unicodedata.combining(c) for c in text)
