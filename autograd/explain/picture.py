"""A picture of a tape before it is laid out: boxes of text and cells, arrows, frames.

Everything has a measured size here, so that each layout engine and each file format shows the
same. Sizes are in points; text is measured as Helvetica.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from autograd.errors import printable
from autograd.explain.look import number_text

__all__ = [
    "Box",
    "Chip",
    "Edge",
    "Frame",
    "Heat",
    "Picture",
    "Row",
    "Text",
    "shortened",
    "without_middle",
]

# Thousandths of the font size, for " " to "~".
_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_OTHER = {"·": 333, "…": 1000, "∇": 713, "‖": 530, "×": 584, "−": 584, "÷": 549, "→": 1000}

BOLD = 1.08  # how much wider bold text is, at most
PADDING = 8.0  # inside a box, left and right
GAP = 6.0  # between the things in a row
APART = 16.0  # between what is at the left of a row and what is at its right


def shortened(text: str, length: int = 40) -> str:
    """`text` with its middle left out where it is too long.

    >>> shortened("encoder.layers.0.attention.weight", 20)
    'encoder.l…ion.weight'
    """
    text = printable(text)
    if len(text) <= length:
        return text
    end = (length - 1) // 2 + 1
    return f"{text[: length - 1 - end]}…{text[-end:]}"


@lru_cache(4096)  # the same words stand in many boxes
def _width(text: str) -> int:
    total = 0
    for c in text:
        code = ord(c)
        # (Of what Helvetica lacks, East Asian characters are as wide as they are high.)
        wide = 1000 if code >= 0x1100 else 650
        total += _WIDTHS[code - 32] if 32 <= code < 127 else _OTHER.get(c, wide)
    return total


@dataclass(frozen=True)
class Text:
    """Words in one style: "", "name", "muted", "gradient" or "strong"."""

    text: str
    style: str = ""
    size: float = 12.0

    @property
    def width(self) -> float:
        """In points."""
        return _width(self.text) * self.size / 1000 * (BOLD if self.style == "strong" else 1)

    @property
    def height(self) -> float:
        """In points."""
        return self.size + 4


@dataclass(frozen=True)
class Chip:
    """A value that is drawn inside the operation that uses it."""

    kind: str
    texts: tuple[Text, ...]
    title: str
    input: int | None = None  # its index among the tape's inputs

    height = 19.0

    @property
    def width(self) -> float:
        """In points."""
        return sum(t.width for t in self.texts) + 4 * (len(self.texts) - 1) + 12


@dataclass(frozen=True, eq=False)
class Heat:
    """A small array as coloured cells, with its numbers where there are few columns."""

    array: Any

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self.cells.shape[0])

    @cached_property
    def cells(self) -> Any:
        """The array as a matrix: further axes are stacked."""
        a = np.asarray(self.array)
        return a.reshape(-1, a.shape[-1]) if a.ndim else a.reshape(1, 1)

    @cached_property
    def numbers(self) -> list[list[str]]:
        """What is written in the cells."""
        if self.cells.shape[1] > 4:
            return []
        return [[number_text(x, 3) for x in row] for row in self.cells.tolist()]

    @cached_property
    def cell(self) -> tuple[float, float]:
        """Width and height of a cell."""
        texts = [Text(t, size=9).width for row in self.numbers for t in row]
        return (max(22.0, max(texts) + 6), 15.0) if texts else (12.0, 12.0)

    @property
    def scale(self) -> float:
        """The largest absolute value among those that are finite."""
        sizes = np.abs(self.cells.astype(float))
        finite = sizes[np.isfinite(sizes)]
        return float(finite.max()) if finite.size else 0.0

    @property
    def width(self) -> float:
        """In points."""
        return float(self.cell[0] * self.cells.shape[1])

    @property
    def height(self) -> float:
        """In points."""
        return self.cell[1] * self.rows + 6


Item = Text | Chip | Heat


@dataclass(frozen=True)
class Row:
    """A line of a box, with things at its left and at its right."""

    left: tuple[Item, ...]
    right: tuple[Item, ...] = ()

    @cached_property
    def width(self) -> float:
        """In points."""
        sides = [side for side in (self.left, self.right) if side]
        widths = [sum(x.width for x in side) + GAP * (len(side) - 1) for side in sides]
        return sum(widths) + APART * (len(sides) - 1)

    @cached_property
    def height(self) -> float:
        """In points."""
        return max(x.height for x in self.left + self.right)

    def placed(self, width: float) -> list[tuple[float, Item]]:
        """Each thing with its left edge, in a box with room for `width`."""
        places: list[tuple[float, Item]] = []
        x = 0.0
        for item in self.left:
            places.append((x, item))
            x += item.width + GAP
        x = width
        for item in reversed(self.right):
            x -= item.width
            places.append((x, item))
            x -= GAP
        return places


@dataclass
class Box:
    """A node of the picture: an operation, an input, or a module that is folded up.

    ``key`` names it (``e7``, ``i3``, ``c2``: entry, input, call on the tape), ``data`` holds what
    a page wants to know of it, ``times`` how many equal ones it stands for.
    """

    key: str
    kind: str
    rows: list[Row]
    title: str
    data: dict[str, str]
    order: int = 0
    times: int = 1
    dim: bool = False

    @cached_property
    def width(self) -> float:
        """In points."""
        return max(row.width for row in self.rows) + 2 * PADDING

    @cached_property
    def height(self) -> float:
        """In points."""
        return sum(row.height for row in self.rows) + 8


@dataclass
class Edge:
    """An arrow from one box to another; a ``link`` leads from an operation to its backward one."""

    tail: int
    head: int
    weight: int
    title: str
    order: int = 0
    constant: bool = False
    dim: bool = False
    link: bool = False


@dataclass
class Frame:
    """A module or function that is shown opened, or a part that is repeated."""

    kind: str
    title: list[Text]
    path: str
    members: list[int] = field(default_factory=list)
    parent: int | None = None

    @property
    def width(self) -> float:
        """In points."""
        return Row(tuple(self.title)).width + 2 * PADDING

    header = 20.0


@dataclass
class Picture:
    """Boxes, arrows and frames, in the order of the tape.

    ``legend`` lists the kinds of things that are there, ``label`` says in words what is drawn.
    """

    boxes: list[Box]
    edges: list[Edge]
    frames: list[Frame]
    legend: list[tuple[str, str]]
    label: str
    direction: str


def without_middle(picture: Picture, most: int) -> Picture:
    """The picture with at most so many boxes: one stands for those in the middle of the tape.

    Operations are kept from both ends, each with its inputs. What is left out follows each other
    on the tape, so that arrows go forwards.
    """
    if len(picture.boxes) <= most:
        return picture
    operations = [k for k, box in enumerate(picture.boxes) if "input" not in box.data]
    given: dict[int, list[int]] = {}
    for edge in picture.edges:
        if "input" in picture.boxes[edge.tail].data:
            given.setdefault(edge.head, []).append(edge.tail)
    kept: set[int] = set()
    for i in range(len(operations)):
        k = operations[i // 2 if i % 2 == 0 else -1 - i // 2]
        more = {k, *given.get(k, [])} - kept
        if len(kept) + len(more) >= most:
            break
        kept |= more

    hidden = [k for k in operations if k not in kept]
    boxes: list[Box] = []
    number: dict[int, int] = {}
    for k, box in enumerate(picture.boxes):
        if k == hidden[0]:
            middle = len(boxes)
            count = Text(f"… {len(hidden):,} operations …", "muted")
            note = Text("a saved file shows them all", "muted", 10)
            boxes.append(Box("more", "operation", [Row((count,)), Row((note,))], count.text, {}))
        if k in kept:
            number[k] = len(boxes)
            boxes.append(box)
    edges: dict[tuple[int, int], Edge] = {}
    for edge in picture.edges:
        tail, head = number.get(edge.tail, middle), number.get(edge.head, middle)
        if tail == head or (edge.link and middle in (tail, head)):
            continue
        title = "" if middle in (tail, head) else edge.title
        edges.setdefault((tail, head), replace(edge, tail=tail, head=head, title=title))

    # Frames in which something is left; the innermost around all that is hidden holds the middle.
    members = [[number[k] for k in frame.members if k in kept] for frame in picture.frames]
    around = {k: f for f, frame in enumerate(picture.frames) for k in frame.members}
    home = _common(picture.frames, {around.get(k) for k in hidden})
    if home is not None:
        members[home].append(middle)
    filled = [bool(some) for some in members]
    for f in reversed(range(len(filled))):  # those inside come after those around them
        parent = picture.frames[f].parent
        if filled[f] and parent is not None:
            filled[parent] = True
    of = {f: i for i, f in enumerate(f for f, has in enumerate(filled) if has)}
    frames = [
        replace(
            picture.frames[f],
            members=members[f],
            parent=of.get(picture.frames[f].parent),  # type: ignore[arg-type]
        )
        for f in of
    ]
    return replace(picture, boxes=boxes, edges=list(edges.values()), frames=frames)


def _common(frames: list[Frame], inner: Iterable[int | None]) -> int | None:
    """The innermost frame around all of these."""
    common: list[int] | None = None
    for f in inner:
        chain: list[int] = []
        while f is not None:
            chain.append(f)
            f = frames[f].parent
        common = [c for c in (chain if common is None else common) if c in chain]
    return common[0] if common else None
