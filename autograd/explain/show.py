"""Arrays as numbers and small pictures: fragments of HTML and SVG that every reader shares.

A notebook that is not trusted strips scripts, style sheets, inline SVG and some properties of
inline styles (`currentColor` and `image-rendering` among them). So the HTML has inline styles
only, its pictures are images with their data in the address, and its colours are translucent, or
those of the text around, so that they read on a light and on a dark page. The same array gives
the same bytes, everywhere.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from html import escape
from itertools import islice
from struct import pack
from typing import Any

import numpy as np

from autograd.errors import printable
from autograd.explain.look import heat, number_text, shape_text
from autograd.tensor import Tensor

__all__ = [
    "bins",
    "card",
    "heat_html",
    "heat_svg",
    "histogram",
    "image_html",
    "preview_html",
    "range_text",
    "statistics",
    "tensor_html",
]

Array = np.ndarray[Any, Any]

LINE = "#8888885c"  # of a border or a rule: grey that reads on both pages
QUIET = "opacity:0.7"
PLAIN = "tex2jax_ignore mathjax_ignore"  # the class of what MathJax must not read: names may hold $
SMALL = "font-size:12px;line-height:1.45"
_TILES = 4  # slices of an array with more than two axes that are shown
_LEVELS = 15  # of a colour, in a picture with many cells
_STRANGE = 2 * _LEVELS + 1  # the place in the palette of what is not finite
_RULE = _STRANGE + 1  # and of the line between two slices


# ---------------------------------------------------------------------- heat maps


def heat_svg(array: Any, side: float = 96, most: int = 24) -> str:
    """A heat map as a whole ``<svg>``, at most `side` wide and high: orange above 0, blue below.

    A vector is a row, and of more than two axes the first slices stand side by side. Of more than
    `most` rows or columns, each cell is the mean of a block. A cell that is not finite, or with
    such a value in its block, is magenta. An array without elements is an empty frame.

    >>> import numpy as np
    >>> svg = heat_svg(np.array([[1.0, -2.0], [0.0, np.nan]]))
    >>> svg.count("<rect"), 'fill="#2563eb" fill-opacity="1"' in svg
    (5, True)
    """
    slices = _slices(np.asarray(array))
    if not slices:
        return _svg(8, 8, f'<rect width="8" height="8" {_FRAME}/>')
    tiles = [_blocks(matrix, most) for matrix in slices]
    scale = _scale(tiles)
    rows, columns = slices[0].shape
    cell = min(12.0, side / (columns * len(tiles)), side / rows)
    width = round(max(columns * len(tiles) * cell, 8.0), 2)
    height = round(max(rows * cell, 8.0), 2)
    cells = _rects(tiles[0], scale, width, height)
    if len(tiles) > 1 or tiles[0].size > 16:
        rule = np.full((tiles[0].shape[0], 1), _RULE, np.uint8)
        parts = [part for tile in tiles for part in (rule, _levels(tile, scale))][1:]
        data = b64encode(_png(np.hstack(parts))).decode()
        cells = (
            f'<image width="{width:g}" height="{height:g}" preserveAspectRatio="none" '
            f'style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>'
        )
    return _svg(width, height, f'{cells}<rect width="{width:g}" height="{height:g}" {_FRAME}/>')


_FRAME = 'fill="none" stroke="#888" stroke-opacity="0.5"'


def _svg(width: float, height: float, inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}">{inside}</svg>'
    )


def _slices(array: Array) -> list[Array]:
    """The matrices that are shown of an array."""
    if not array.size:
        return []
    if array.ndim < 2:
        return [array.reshape(1, -1)]
    return [array[at] for at in islice(np.ndindex(array.shape[:-2]), _TILES)]


def _block(shape: tuple[int, ...], most: int) -> tuple[int, ...]:
    """How many rows and columns of a matrix make one cell."""
    return tuple(-(-n // most) for n in shape)


def _blocks(matrix: Array, most: int) -> Array:
    """The matrix in at most so many rows and columns: the means of blocks, in float64."""
    for axis, step in enumerate(_block(matrix.shape, most)):
        if step > 1:
            n = matrix.shape[axis]
            starts = np.arange(0, n, step)
            counts = np.minimum(step, n - starts)
            with np.errstate(all="ignore"):
                sums = np.add.reduceat(matrix, starts, axis, dtype=np.float64)
                matrix = sums / (counts if axis else counts[:, None])
    return np.asarray(matrix, dtype=np.float64)


def _scale(tiles: list[Array]) -> float:
    """The size of the value that has the full colour."""
    sizes = [np.abs(tile[np.isfinite(tile)]).max(initial=0.0) for tile in tiles]
    return float(max(sizes, default=0.0))


def _rects(tile: Array, scale: float, width: float, height: float) -> str:
    """Each cell on its own, sharp at any size."""
    rows, columns = tile.shape
    w, h = width / columns, height / rows
    cells = []
    for (i, j), value in np.ndenumerate(tile):
        colour, opacity = heat(float(value), scale)
        cells.append(
            f'<rect x="{j * w:.4g}" y="{i * h:.4g}" width="{w:.4g}" height="{h:.4g}" '
            f'fill="{colour}" fill-opacity="{opacity:g}"/>'
        )
    return "".join(cells)


def _levels(tile: Array, scale: float) -> Array:
    """The number in the palette of each cell: 0 clear, then orange, then blue, then magenta."""
    finite = np.isfinite(tile)
    shown = np.where(finite, tile, 0.0) / (scale or 1.0)
    level = np.rint(np.abs(shown) * _LEVELS)
    level[(shown < 0) & (level > 0)] += _LEVELS
    level[~finite] = _STRANGE
    cells: Array = level.astype(np.uint8)
    return cells


def _png(levels: Array) -> bytes:
    """An image of palette colours; its data is not compressed, since each zlib does it its way."""
    height, width = levels.shape
    shades = [heat(sign * k, _LEVELS) for sign in (1, -1) for k in range(1, _LEVELS + 1)]
    palette = [("#000000", 0.0), *shades, heat(np.nan, 1.0), ("#888888", 0.25)]
    lines = b"".join(b"\0" + line.tobytes() for line in levels)
    size = len(lines)
    stored = b"\x78\x01\x01" + pack("<HH", size, size ^ 0xFFFF) + lines
    chunks = [
        (b"IHDR", pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", b"".join(bytes.fromhex(colour[1:]) for colour, _ in palette)),
        (b"tRNS", bytes(round(255 * opacity) for _, opacity in palette)),
        (b"IDAT", stored + pack(">I", zlib.adler32(lines))),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


# ---------------------------------------------------------------------- in words


def range_text(array: Any) -> str:
    """From where to where the values go, and how many are not finite.

    >>> import numpy as np
    >>> range_text(np.array([1.0, np.nan, -2.5])), range_text(np.array([True, False]))
    ('-2.5 to 1, 1 nan', '1 of 2 True')
    """
    array = np.asarray(array)
    if not array.size:
        return "no elements"
    if array.dtype.kind == "b":
        return f"{np.count_nonzero(array):,} of {array.size:,} True"
    strange = _strange_text(array)
    if strange:
        array = array[np.isfinite(array)]
    low, high = (array.min(), array.max()) if array.size else (0, 0)
    equal = f"all {number_text(low)}" if array.size > 1 else number_text(low)
    span = equal if low == high else f"{number_text(low)} to {number_text(high)}"
    return ", ".join([span] * bool(array.size) + [strange] * bool(strange))


def _strange_text(array: Array) -> str:
    """How many NaN and how many infinite values there are: "2 nan, 1 inf", or ""."""
    if array.dtype.kind not in "fc":
        return ""
    with np.errstate(all="ignore"):
        if np.isfinite(array.sum(dtype=np.float64)):  # (the quickest look at all of them)
            return ""
    counts = {"nan": np.isnan(array).sum(), "inf": np.isinf(array).sum()}
    return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)


def _note(array: Array, most: int) -> str:
    """What the picture leaves out: slices, and the elements of which it shows means."""
    notes = []
    slices = int(np.prod(array.shape[:-2]))
    if slices > _TILES:
        notes.append(f"the first {_TILES} of {slices:,} slices")
    block = _block(array.shape[-2:], most)
    if max(block, default=1) > 1:
        notes.append(f"means of blocks of {' × '.join(map(str, block))}")
    return ", ".join(notes)


# ---------------------------------------------------------------------- HTML


def image_html(svg: str, text: str) -> str:
    """An SVG picture as an ``<img>`` that no sanitiser takes away; `text` stands in for it."""
    data = b64encode(svg.encode()).decode()
    said = escape(text)
    return (
        f'<img alt="{said}" title="{said}" src="data:image/svg+xml;base64,{data}" '
        'style="display:inline-block;margin:0;max-width:100%;vertical-align:middle">'
    )


def preview_html(array: Any, side: float = 40) -> str:
    """A value in the space of a line of text: a number, or a small heat map with a tooltip."""
    if isinstance(array, tuple):
        return " ".join(preview_html(part, side) for part in array[:_TILES])
    array = np.asarray(array)
    if not array.ndim:
        return _number_html(array[()], 4)
    words = f"{shape_text(array.shape)} {array.dtype}: {range_text(array)}"
    return image_html(heat_svg(array, side, 12), words)


def heat_html(array: Any, side: float = 192) -> str:
    """A value as large as it deserves: numbers on heat-map colours, or a heat map with its range.

    Up to 8 by 8 elements are written out. What a larger picture leaves out is said below it.

    >>> import numpy as np
    >>> heat_html(np.float64(0.25))
    '<code>0.25</code>'
    >>> "means of blocks of 4 × 1" in heat_html(np.ones((256, 32)))
    True
    """
    if isinstance(array, tuple):
        return "".join(
            f'<div style="margin:2px 0"><span style="{QUIET}">part {k}</span> '
            f"{heat_html(part, side)}</div>"
            for k, part in enumerate(array)
        )
    array = np.asarray(array)
    if not array.ndim:
        return _number_html(array[()], 6)
    if not array.size:
        return f'<span style="{QUIET}">no elements</span>'
    if array.ndim <= 2 and max(array.shape) <= 8:
        return _numbers_html(array)
    most = 64
    side = side if len(_slices(array)) == 1 else 2 * side  # for all slices side by side
    said = range_text(array)
    note = _note(array if array.ndim > 1 else array.reshape(1, -1), most)
    below = said + (f"<br>{note}" if note else "")
    return (
        f"<div>{image_html(heat_svg(array, side, most), f'heat map: {said}')}"
        f'<div style="{SMALL};{QUIET}">{below}</div></div>'
    )


def _number_html(value: Any, digits: int) -> str:
    colour = "" if np.isfinite(value) else f' style="color:{heat(np.nan, 1.0)[0]}"'
    return f"<code{colour}>{number_text(value, digits)}</code>"


def _numbers_html(array: Array) -> str:
    rows = array.reshape(1, -1) if array.ndim < 2 else array
    scale = _scale([np.asarray(rows, dtype=np.float64)])
    lines = []
    for row in rows:
        cells = []
        for value in row:
            colour, opacity = heat(float(value), scale)
            alpha = round(opacity * 0.55 * 255)  # the number must be read on it
            cells.append(
                f'<td style="padding:2px 7px;text-align:right;border:1px solid {LINE};'
                f'background:{colour}{alpha:02x}">{number_text(value)}</td>'
            )
        lines.append(f'<tr style="background:transparent">{"".join(cells)}</tr>')
    return (
        '<table style="border-collapse:collapse;margin:0;font-family:monospace;font-size:12px">'
        f"{''.join(lines)}</table>"
    )


# ---------------------------------------------------------------------- how values are spread


def statistics(array: Any) -> dict[str, float]:
    """Of the finite values: min, mean, deviation, max, norm, and the share of zeros.

    >>> import numpy as np
    >>> statistics(np.array([3.0, -4.0, 0.0, np.inf]))["norm"]
    5.0
    """
    values = np.asarray(array)
    values = values if not _strange_text(values) else values[np.isfinite(values)]
    if not values.size:
        return {}
    flat = values.astype(np.float64).ravel()
    with np.errstate(all="ignore"):
        return {
            "min": float(flat.min()),
            "mean": float(flat.mean()),
            "deviation": float(flat.std()),
            "max": float(flat.max()),
            "norm": float(np.linalg.norm(flat)),
            "zeros": float(np.count_nonzero(flat == 0) / flat.size),
        }


_SAMPLE = 100_000


def bins(array: Any, count: int = 24) -> tuple[Array, Array]:
    """How many finite values lie in each of `count` equal intervals, and the intervals' edges.

    Of more than 100,000 elements, equally spaced ones are counted, at least so many.
    """
    flat = np.asarray(array).ravel()
    flat = flat[:: max(1, flat.size // _SAMPLE)].astype(np.float64)
    flat = flat[np.isfinite(flat)]
    size = np.abs(flat).max(initial=0.0) or 1.0
    unit = flat / size  # so that the width of all values together can't overflow
    low, high = unit.min(initial=1.0), unit.max(initial=-1.0)
    if high - low < 1e-6:
        low, high = low - 0.1, low + 0.1
    counts, edges = np.histogram(unit, count, (low, high))
    return counts, edges * size


def histogram(array: Any, width: float = 192, height: float = 56) -> str:
    """The spread of the values as HTML: a histogram, orange above 0 and blue below, and numbers.

    >>> import numpy as np
    >>> "mean 2" in histogram(np.arange(5.0))
    True
    """
    array = np.asarray(array)
    numbers = statistics(array)
    if not numbers:
        return f'<span style="{QUIET}">no finite values</span>'
    counts, edges = bins(array)
    step = width / len(counts)
    tallest = max(int(counts.max()), 1)
    bars = []
    for k, n in enumerate(counts):
        middle = edges[k] / 2 + edges[k + 1] / 2
        h = (height - 2) * n / tallest
        bars.append(
            f'<rect x="{k * step + 0.5:.4g}" y="{height - 1 - h:.4g}" width="{step - 1:.4g}" '
            f'height="{h:.4g}" fill="{heat(middle, 1.0)[0]}" fill-opacity="0.75"/>'
        )
    ground = f'<line x2="{width:g}" y1="{height - 0.5:g}" y2="{height - 0.5:g}" stroke="#888"/>'
    svg = _svg(width, height, "".join(bars) + ground)
    said = [f"{name} {number_text(value)}" for name, value in numbers.items() if name != "zeros"]
    said += [f"{numbers['zeros']:.0%} zeros"] if numbers["zeros"] else []
    said += [_strange_text(array)] if _strange_text(array) else []
    if array.size > 2 * _SAMPLE:
        said.append("the bars of a sample")
    return (
        f"<div>{image_html(svg, f'histogram: {range_text(array)}')}"
        f'<div style="{SMALL};{QUIET}">{", ".join(said)}</div></div>'
    )


# ---------------------------------------------------------------------- cards


def card(title: str, facts: list[str], pictures: dict[str, Any]) -> str:
    """A title (HTML), facts (HTML) in a quiet line, and below them values side by side by name."""
    heads = [f'<div style="{QUIET}">{escape(name)}</div>' if name else "" for name in pictures]
    shown = "".join(
        f"<div>{head}{heat_html(value)}</div>" for head, value in zip(heads, pictures.values())
    )
    return (
        f'<div class="{PLAIN}" style="{SMALL};margin:2px 0">'
        f'<div><span style="font-size:13px">{title}</span> '
        f'&nbsp;<span style="{QUIET}">{" · ".join(facts)}</span></div>'
        f'<div style="display:flex;flex-wrap:wrap;gap:20px;margin-top:4px">{shown}</div></div>'
    )


def tensor_html(tensor: Tensor) -> str:
    """A Tensor: what it is, which operation made it, its values, and the gradient beside them."""
    grad = getattr(tensor, "_grad", None)
    facts = [shape_text(tensor.shape), str(tensor.dtype)]
    if not tensor.is_leaf:
        facts.append(f"made by <code>{escape(tensor._node.name)}</code>")
    elif tensor.requires_grad:
        facts.append("requires_grad")
    pictures = {"": tensor._data}
    if grad is not None:
        pictures = {"values": tensor._data, "grad": grad._data}
    return card(f"<b>{escape(printable(type(tensor).__name__))}</b>", facts, pictures)
