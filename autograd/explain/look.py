"""How values look to a person, the same in every reader: names, colours, numbers, shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

__all__ = [
    "COLORS",
    "DARK",
    "bytes_text",
    "distinct_labels",
    "heat",
    "index_text",
    "largest",
    "number_text",
    "shape_text",
]

# What a thing is -> its fill and stroke, on a light page.
COLORS = {
    "input": ("#e2f1ff", "#2b7fc4"),
    "parameter": ("#fff4d6", "#a87100"),
    "operation": ("#ffffff", "#64748b"),
    "module": ("#eef2ff", "#6366a8"),
    "loss": ("#ffe4e6", "#d6294b"),
    "constant": ("#f3f4f6", "#7b8798"),
    "ready": ("#ffedd5", "#c2560c"),
    "current": ("#ea580c", "#9a3f05"),
    "second": ("#f3e8ff", "#7e22ce"),
}
# The same on a dark page.
DARK = {
    "input": ("#10304d", "#6bb1ea"),
    "parameter": ("#3a2d0b", "#e0ac3b"),
    "operation": ("#1e293b", "#94a3b8"),
    "module": ("#25274d", "#a5a8e6"),
    "loss": ("#4a1622", "#fb7185"),
    "constant": ("#1f2733", "#8b98aa"),
    "ready": ("#42250f", "#fb923c"),
    "current": ("#ea580c", "#fdba74"),
    "second": ("#331a4a", "#d0a2f7"),
}
EDGE = "#7b8798"
TEXT = "#1f2937"
MUTED = "#556274"
GRADIENT = "#9a3f05"
# What Graphviz measures, and fonts that are as wide.
FONTS = "Helvetica, Arial, 'Liberation Sans', sans-serif"


def distinct_labels(values: Iterable[Any]) -> dict[Any, str]:
    """What to call each entry and input: its label; where several share one, ``h@7`` is entry 7's.

    ``h@in0`` is the tape's input 0. ``tape["h@7"]`` finds it again.
    """
    values = list(dict.fromkeys(values))
    counts = Counter(value.label for value in values)
    return {
        value: value.label
        if counts[value.label] == 1
        else f"{value.label}@{'' if hasattr(value, 'op') else 'in'}{value.index}"
        for value in values
    }


def heat(value: float, scale: float) -> tuple[str, float]:
    """The colour and the opacity of a cell: orange above 0, blue below, stronger near `scale`.

    Opacity instead of lightness, so that it reads on a dark page too; a value that is not finite
    is magenta.

    >>> heat(1.0, 2.0), heat(-2.0, 2.0)
    (('#ea580c', 0.5), ('#2563eb', 1.0))
    """
    if not np.isfinite(value):
        return "#c026d3", 1.0
    strength = min(1.0, abs(value) / scale) if scale else 0.0
    return ("#ea580c" if value > 0 else "#2563eb"), round(strength, 3)


def largest(array: Any) -> float:
    """The size of the largest element that is a number, 0 if there is none.

    >>> largest(np.array([1.0, -3.0, np.nan, np.inf]))
    3.0
    """
    sizes = np.abs(np.asarray(array, dtype=np.float64))
    return float(np.max(sizes, initial=0, where=np.isfinite(sizes)))


def index_text(index: Any, text: Callable[[Any], str] = str) -> str:
    """An index as one writes it between brackets; `text` writes what is no slice.

    >>> index_text((0, slice(1, None), ...)), index_text(slice(None, None, 2))
    ('0, 1:, ...', '::2')
    """
    if isinstance(index, tuple):
        return ", ".join(index_text(part, text) for part in index)
    if isinstance(index, slice):
        ends = ["" if end is None else str(end) for end in (index.start, index.stop)]
        return ":".join(ends + [str(index.step)] * (index.step is not None))
    return "..." if index is ... else text(index)


def number_text(value: Any, digits: int = 4) -> str:
    """A number in a few significant digits.

    >>> number_text(0.123456), number_text(12), number_text(1e-9), number_text(-0.0)
    ('0.1235', '12', '1e-09', '0')
    """
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    text = f"{value:.{digits}g}"
    return "0" if text == "-0" else text


def bytes_text(count: int) -> str:
    """A number of bytes in three digits.

    >>> bytes_text(640), bytes_text(26_214), bytes_text(3_250_000)
    ('640 B', '26.2 kB', '3.25 MB')
    """
    if count < 1000:
        return f"{count} B"
    for unit in ("kB", "MB", "GB"):
        count /= 1000  # type: ignore[assignment]
        if count < 999.5 or unit == "GB":
            break
    return f"{count:.3g} {unit}"


def shape_text(shape: Any) -> str:
    """A shape as in NumPy; "scalar" for that of a number, "2 parts" for several outputs."""
    if shape == ():
        return "scalar"
    if isinstance(shape[0], tuple):
        return f"{len(shape)} parts"
    return str(shape)
