"""Pictures as SVG text: learning curves and tables of images need no plotting library."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import cycle
from typing import Any, NamedTuple

from nn.functional.checks import printable
from nn.serialization import PathLike, written

__all__ = ["Picture", "curves"]

FONT = "Arial,Helvetica,Liberation Sans,sans-serif"
INK, PALE = "#222", "#ddd"
COLOURS = ("#1f6fb4", "#d9622b", "#2f8f4e", "#8b5fbf", "#b8860b", "#c2428a")
# What these are on a dark page.
ON_DARK = {INK: "#8b9ab0", PALE: "#374151"} | dict(
    zip(COLOURS, ("#5aa9e8", "#f08a5a", "#5cc07f", "#b595e0", "#dcae3c", "#e87bb3"))
)
DARK = (
    "<style>@media (prefers-color-scheme:dark){.nn-curves{fill:#e5e9f0}"
    ".nn-curves>rect{fill:#111827}"
    + "".join(
        f'.nn-curves>[stroke="{light}"]{{stroke:{dark}}}.nn-curves>[fill="{light}"]{{fill:{dark}}}'
        for light, dark in ON_DARK.items()
    )
    + "}</style>"
)


class Picture:
    """A drawing of so many pixels, which a notebook shows; `label` says in words what it is.

    `style` is a class for the whole of it, which rules that are added may name.

    >>> picture = Picture(100, 20)
    >>> picture.add("text", "a < b", x=5, y=15)
    >>> "a &lt; b" in str(picture)
    True
    """

    def __init__(
        self, width: float, height: float, label: str = "picture", style: str = ""
    ) -> None:
        self.width, self.height, self.label, self.style = width, height, label, style
        self.parts: list[str] = []

    def add(self, tag: str, text: str = "", **attributes: Any) -> None:
        """An element of SVG; ``font_size=9`` is its attribute ``font-size``."""
        written_out = "".join(
            f' {name.replace("_", "-")}="{escape(printable(_short(value)))}"'
            for name, value in attributes.items()
        )
        self.parts.append(f"<{tag}{written_out}>{escape(printable(text))}</{tag}>")

    def __str__(self) -> str:
        width, height = _short(self.width), _short(self.height)
        kind = f' class="{escape(self.style)}"' if self.style else ""
        start = (
            f'<svg xmlns="http://www.w3.org/2000/svg"{kind} width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="{FONT}" font-size="12" fill="{INK}">'
            '<rect width="100%" height="100%" fill="white"/>'
        )
        return "\n".join([start, *self.parts, "</svg>\n"])

    def __repr__(self) -> str:
        size = f"{_short(self.width)} x {_short(self.height)}"
        return f"<Picture of {size} pixels; .save('picture.svg') writes it>"

    def _repr_svg_(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        # (As an image it is shown in a notebook that is not trusted, too.)
        data = b64encode(str(self).encode()).decode()
        return (
            f'<img alt="{escape(printable(self.label))}" src="data:image/svg+xml;base64,{data}" '
            'style="max-width:100%">'
        )

    def save(self, path: PathLike) -> None:
        """Write it as an SVG file, as a whole or not at all; OSError if that can't be done."""
        with written(path) as file:
            file.write(str(self).encode())


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


# ---------------------------------------------------------------------- learning curves


class Line(NamedTuple):
    """The values of the epochs 1, 2, ... and how they are drawn."""

    label: str
    values: Sequence[float]
    colour: str
    dashes: str


PANEL, HEIGHT = 340, 200  # pixels
LEFT, TOP, BETWEEN, BOTTOM = 62, 64, 80, 46


def curves(histories: Mapping[str, Mapping[str, Sequence[float]]]) -> Picture:
    """What was measured in each epoch, a panel for each quantity; several runs in one colour each.

    A quantity that spans more than a factor of 20 has a logarithmic axis.
    """
    quantities = list(
        dict.fromkeys(name.removeprefix("val_") for run in histories.values() for name in run)
    )
    rates = [rate for history in histories.values() for rate in history.get("lr", ())]
    if len(set(rates)) == 1:  # a rate that never changed needs no picture
        quantities.remove("lr")
    panels = max(len(quantities), 1)
    width = LEFT + panels * (PANEL + BETWEEN) - BETWEEN + 24
    picture = Picture(width, TOP + HEIGHT + BOTTOM, "learning curves", "nn-curves")
    picture.parts.append(DARK)  # on a dark page
    if not quantities:
        picture.add("text", "no epoch is over yet", x=LEFT, y=TOP)
    for i, name in enumerate(quantities):
        lines = []
        for colour, (run, history) in zip(cycle(COLOURS), histories.items()):
            both = f"val_{name}" in history
            for key, what, dashes in ((name, "training", "4 3"), (f"val_{name}", "validation", "")):
                if key in history:
                    label = ", ".join([run] * bool(run) + [what] * both)
                    lines.append(Line(label, history[key], colour, dashes if both else ""))
        _panel(picture, LEFT + i * (PANEL + BETWEEN), name, lines)
    return picture


def _panel(picture: Picture, left: float, name: str, lines: list[Line]) -> None:
    bottom, right = TOP + HEIGHT, left + PANEL
    values = [v for line in lines for v in line.values if math.isfinite(v)] or [0.0]
    ticks, place = _scale(min(values), max(values))
    epochs = max(1, *(len(line.values) for line in lines))

    def x(epoch: float) -> float:
        return left + PANEL * (0.5 if epochs < 2 else (epoch - 1) / (epochs - 1))

    def y(value: float) -> float:
        return bottom - HEIGHT * place(value)

    picture.add("text", name, x=left, y=20, font_size=14, font_weight="bold")
    for tick in ticks:
        picture.add("line", x1=left, x2=right, y1=y(tick), y2=y(tick), stroke=PALE)
        picture.add("text", f"{tick:g}", x=left - 7, y=y(tick) + 4, text_anchor="end")
    for tick in _steps(1, epochs, 6):
        if tick == int(tick):
            picture.add("line", x1=x(tick), x2=x(tick), y1=bottom, y2=bottom + 4, stroke=INK)
            picture.add("text", f"{tick:g}", x=x(tick), y=bottom + 18, text_anchor="middle")
    picture.add("line", x1=left, x2=right, y1=bottom, y2=bottom, stroke=INK)
    picture.add("text", "epoch", x=(left + right) / 2, y=bottom + 36, text_anchor="middle")
    for k, line in enumerate(lines):
        style: dict[str, Any] = {"stroke": line.colour, "stroke_width": 1.8}
        style |= {"stroke_dasharray": line.dashes} if line.dashes else {}
        for run in _runs(line.values):
            points = " ".join(f"{x(epoch):.2f},{y(value):.2f}" for epoch, value in run)
            if len(run) == 1:
                picture.add("circle", cx=x(run[0][0]), cy=y(run[0][1]), r=3, fill=line.colour)
            else:
                picture.add("polyline", points=points, fill="none", **style)
        column, row = left + 170 * (k % 2), 36 + 15 * (k // 2)
        picture.add("line", x1=column, x2=column + 22, y1=row - 4, y2=row - 4, **style)
        last = f"{line.values[-1]:.4g}" if len(line.values) else ""
        picture.add("text", f"{line.label} {last}".strip(), x=column + 27, y=row, font_size=11)


def _runs(values: Sequence[float]) -> list[list[tuple[int, float]]]:
    """The epochs and values, cut where a value is not finite."""
    runs: list[list[tuple[int, float]]] = [[]]
    for epoch, value in enumerate(values, 1):
        if math.isfinite(value):
            runs[-1].append((epoch, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _scale(low: float, high: float) -> tuple[list[float], Callable[[float], float]]:
    """The ticks of an axis, and where on it, from 0 to 1, a value is."""
    if low > 0 and high / low > 20:
        bottom, top = math.log10(low), math.log10(high)
        marks = (1,) if top - bottom > 3 else (1, 2, 5)
        decades = range(math.floor(bottom), math.ceil(top) + 1)
        ticks = [mark * 10.0**k for k in decades for mark in marks]
        ticks = [tick for tick in ticks if low <= tick <= high]
        every = -(-len(ticks) // 7)
        return ticks[::every], lambda value: (math.log10(value) - bottom) / (top - bottom)
    if low == high:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    ticks = _steps(low, high, 5)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else high - low
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return _steps(low, high, 7), lambda value: (value - low) / (high - low)


def _steps(low: float, high: float, number: int) -> list[float]:
    """At most so many round numbers from `low` to `high`."""
    if low == high:
        return [low]
    rough = (high - low) / number
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]
