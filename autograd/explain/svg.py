"""From a picture and its layout to SVG."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha1
from html import escape

from autograd.explain.layout import Cluster, Graph, Layout, Point, layered
from autograd.explain.look import COLORS, DARK, EDGE, FONTS, GRADIENT, MUTED, TEXT, heat
from autograd.explain.picture import PADDING, Box, Edge, Frame, Heat, Item, Picture, Row, Text

__all__ = ["cell_color", "heading", "legend_places", "link_route", "placed", "svg_text"]

MARGIN = 10.0
RADIUS = 6

_LIGHT = {"page": "#ffffff", "text": TEXT, "muted": MUTED, "gradient": GRADIENT, "edge": EDGE}
_DARK = {
    "page": "#111827",
    "text": "#e5e9f0",
    "muted": "#a3b3c7",
    "gradient": "#fdba74",
    "edge": "#8b9ab0",
}

_STYLE = """
.ag-graph{FONTFAMILY;LIGHT}
@media (prefers-color-scheme:dark){.ag-graph{DARK}}
[data-jp-theme-light="true"] .ag-graph,.vscode-light .ag-graph{LIGHT}
[data-jp-theme-light="false"] .ag-graph,.vscode-dark .ag-graph{DARK}
.ag-graph .page{fill:var(--ag-page)}
.ag-graph text{fill:var(--ag-text);font-size:12px;white-space:pre}
.ag-graph .name{font-style:italic}
.ag-graph .muted{fill:var(--ag-muted)}
.ag-graph .gradient{fill:var(--ag-gradient)}
.ag-graph .strong{font-weight:bold}
.ag-graph .cell{stroke:var(--ag-edge);stroke-width:.4}
.ag-graph .cells text{text-anchor:middle;font-size:9px}
.ag-graph .constant{stroke-dasharray:3 2}
.ag-graph .edge path{fill:none;stroke:var(--ag-edge);stroke-width:1.2}
.ag-graph .edge.dashed path{stroke-dasharray:4 3}
.ag-graph .edge.link path{stroke-width:.8;stroke-dasharray:2 3;opacity:.7}
.ag-graph .edge.ready path{stroke:var(--ag-ready-stroke)}
.ag-graph .edge.second path{stroke:var(--ag-second-stroke)}
.ag-graph .head{fill:var(--ag-edge);stroke:none}
.ag-graph .cluster rect{fill:var(--ag-module);stroke:var(--ag-module-stroke)}
.ag-graph .cluster rect{fill-opacity:.55;stroke-opacity:.55}
.ag-graph .cluster.repeat rect{stroke-dasharray:6 3}
.ag-graph .title text{paint-order:stroke;stroke:var(--ag-module);stroke-width:4px}
.ag-graph .dim{opacity:.16}
.ag-graph .node:focus{outline:none}
.ag-graph .node:focus>.box{stroke-width:3}
KINDS""".strip()


def placed(picture: Picture) -> Layout:
    """Where everything goes; links between a pass and its backward one don't move anything."""
    graph = Graph(
        [(box.width, box.height) for box in picture.boxes],
        [(e.tail, e.head, float(e.weight)) for e in picture.edges if not e.link],
        [Cluster(f.members, f.parent, f.header, f.width) for f in picture.frames],
    )
    return layered(graph, picture.direction)


def svg_text(picture: Picture, layout: Layout) -> str:
    """The picture as one SVG element, which follows the page's light or dark theme."""
    places = list(zip(picture.boxes, layout.centres, strict=True))
    body: list[str] = []
    entries, legend_width, legend_height = legend_places(picture, layout.width)
    legend = "".join(_legend(*entry) for entry in entries)
    width = max(layout.width, legend_width)
    shift = (width - layout.width) / 2
    body += [_frame(f, b) for f, b in zip(picture.frames, layout.boxes, strict=True)]
    routes = iter(layout.routes)
    for edge in picture.edges:
        route = link_route(picture, layout, edge) if edge.link else next(routes)
        body.append(_edge(picture, edge, route))
    body += [_frame_title(f, b) for f, b in zip(picture.frames, layout.boxes, strict=True)]
    body += [_box(box, *centre) for box, centre in places]
    content = "".join(body)
    whole = (width + 2 * MARGIN, layout.height + legend_height + 2 * MARGIN)
    # Several pictures can lie in one page: what is in it names a picture, always the same.
    prefix = f"ag{sha1(content.encode()).hexdigest()[:8]}"
    content = content.replace("\x00", prefix)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ag-graph" id="{prefix}" '
        f'width="{_n(whole[0])}" height="{_n(whole[1])}" '
        f'viewBox="0 0 {_n(whole[0])} {_n(whole[1])}" style="max-width:100%;height:auto" '
        f'role="group" aria-label="{_attribute(picture.label)}">'
        f"<style>{_style(picture)}</style>"
        f'<rect class="page" width="100%" height="100%" rx="8"/>'
        f'<g class="graph" transform="translate({_n(MARGIN + shift)},{_n(MARGIN)})">{content}</g>'
        f'<g class="legend" transform="translate({_n(MARGIN + (width - legend_width) / 2)},'
        f'{_n(MARGIN + layout.height)})">{legend}</g></svg>\n'
    )


def _style(picture: Picture) -> str:
    kinds = [*COLORS]

    def variables(page: dict[str, str], colors: dict[str, tuple[str, str]]) -> str:
        names = [f"--ag-{name}:{color}" for name, color in page.items()]
        for kind in kinds:
            names += [f"--ag-{kind}:{colors[kind][0]}", f"--ag-{kind}-stroke:{colors[kind][1]}"]
        return ";".join(names)

    rules = [
        f".ag-graph .{kind}>.box{{fill:var(--ag-{kind});stroke:var(--ag-{kind}-stroke)}}"
        for kind in kinds
    ]
    style = _STYLE.replace("LIGHT", variables(_LIGHT, COLORS))
    style = style.replace("DARK", variables(_DARK, DARK)).replace("KINDS", "\n".join(rules))
    return style.replace("FONTFAMILY", f"font-family:{FONTS}")


@lru_cache(10_000)  # the same ones stand in many boxes
def _n(x: float) -> str:
    """A coordinate, as short as it can be."""
    return f"{x:.1f}".removesuffix(".0") if abs(x) >= 0.05 else "0"


def _points(points: Iterable[Point]) -> str:
    text = " ".join([f"{x:.1f},{y:.1f}" for x, y in points])
    return f"{text} ".replace(".0,", ",").replace(".0 ", " ")[:-1]


def _attribute(text: str) -> str:
    return escape(text, quote=True).replace("\n", "&#10;")


# ---------------------------------------------------------------------- boxes


def _box(box: Box, x: float, y: float) -> str:
    left, top = x - box.width / 2, y - box.height / 2
    data = "".join(f' data-{name}="{_attribute(value)}"' for name, value in box.data.items())
    role = "input" if "input" in box.data else "call" if "call" in box.data else "entry"
    kinds = f"node {role} {box.kind}{' dim' if box.dim else ''}"
    title = escape(box.title)
    label = title.replace("\n", "&#10;")
    parts = [
        f'<g class="{kinds}" id="\x00-{box.key}"{data} data-kind="{box.kind}" '
        f'data-order="{box.order}" tabindex="0" role="img" aria-label="{label}" '
        f'transform="translate({_n(left)},{_n(top)})"><title>{title}</title>'
    ]
    if box.times > 1:  # as cards on a pile
        parts.append(_rect(4, 4, box.width, box.height))
    parts.append(_rect(0, 0, box.width, box.height))
    y = 4.0
    for row in box.rows:
        parts += [
            _item(item, PADDING + dx, y, row.height)
            for dx, item in row.placed(box.width - 2 * PADDING)
        ]
        y += row.height
    return "".join([*parts, "</g>"])


def _rect(x: float, y: float, width: float, height: float, radius: float = RADIUS) -> str:
    return (
        f'<rect class="box" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" '
        f'rx="{_n(radius)}"/>'
    )


def _item(item: Item, x: float, y: float, height: float) -> str:
    if isinstance(item, Text):
        return _text(item, x, y + height / 2)
    if isinstance(item, Heat):
        return _cells(item, x, y + (height - item.height) / 2 + 3)
    top = y + (height - item.height) / 2 + 1
    data = "" if item.input is None else f' data-input="{item.input}"'
    parts = [
        f'<g class="chip {item.kind}"{data} data-kind="{item.kind}">'
        f"<title>{escape(item.title)}</title>",
        _rect(x, top, item.width, item.height - 2, 8),
    ]
    x += 6
    for text in item.texts:
        parts.append(_text(text, x, top + item.height / 2 - 1))
        x += text.width + 4
    return "".join([*parts, "</g>"])


def _text(text: Text, x: float, middle: float) -> str:
    kind = f' class="{text.style}"' if text.style else ""
    size = f' style="font-size:{_n(text.size)}px"' if text.size != 12 else ""
    baseline = middle + 0.35 * text.size
    return f'<text x="{_n(x)}" y="{_n(baseline)}"{kind}{size}>{escape(text.text)}</text>'


def _cells(item: Heat, x: float, y: float) -> str:
    width, height = item.cell
    scale, numbers = item.scale, item.numbers
    parts = ['<g class="cells">']
    for i, row in enumerate(item.cells.tolist()):
        for j, value in enumerate(row):
            color, strength = cell_color(value, scale)
            left, top = x + j * width, y + i * height
            parts.append(
                f'<rect class="cell" x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" '
                f'height="{_n(height)}" fill="{color}" fill-opacity="{_n3(strength)}"/>'
            )
            if numbers:
                parts.append(
                    f'<text x="{_n(left + width / 2)}" y="{_n(top + height / 2 + 3.2)}">'
                    f"{numbers[i][j]}</text>"
                )
    return "".join([*parts, "</g>"])


def cell_color(value: float, scale: float) -> tuple[str, float]:
    """As in every heat map, but paler: numbers are written over it."""
    color, strength = heat(value, scale)
    return color, round(0.6 * strength, 3)


def _n3(x: float) -> str:
    return f"{x:.3g}"


# ---------------------------------------------------------------------- arrows and frames


def _edge(picture: Picture, edge: Edge, route: list[Point]) -> str:
    tail, head = picture.boxes[edge.tail], picture.boxes[edge.head]
    kinds = ["edge"]
    kinds += ["link"] if edge.link else []
    kinds += ["dashed"] if edge.constant else []
    kinds += [["ready"], ["second"]][min(edge.order, 2) - 1] if edge.order else []
    kinds += ["dim"] if edge.dim else []
    path = "M" + _points(route).replace(" ", "C", 1)
    tip = "" if edge.link else _arrow(route)
    return (
        f'<g class="{" ".join(kinds)}" data-from="{tail.key}" data-to="{head.key}" '
        f'data-order="{edge.order}"><title>{escape(edge.title)}</title><path d="{path}"/>{tip}</g>'
    )


def _arrow(route: list[Point]) -> str:
    x, y = route[-1]
    dx, dy = heading(route)
    corners = [(x, y), *((x - dx - s * dy, y - dy + s * dx) for s in (0.4, -0.4))]
    return f'<polygon class="head" points="{_points(corners)}"/>'


def heading(route: list[Point]) -> Point:
    """The direction in which a curve ends, as long as the head of an arrow."""
    x, y = route[-1]
    before = next((p for p in reversed(route) if abs(p[0] - x) + abs(p[1] - y) > 1e-6), (x, y - 1))
    dx, dy = x - before[0], y - before[1]
    length = (dx * dx + dy * dy) ** 0.5
    return 7 * dx / length, 7 * dy / length


def link_route(picture: Picture, layout: Layout, edge: Edge) -> list[Point]:
    """From the side of an operation to the side of its backward one."""
    (x0, y0), (x1, y1) = layout.centres[edge.tail], layout.centres[edge.head]
    side = 1 if x1 >= x0 else -1
    x0 += side * picture.boxes[edge.tail].width / 2
    x1 -= side * picture.boxes[edge.head].width / 2
    bend = side * max(24.0, abs(x1 - x0) / 2)
    return [(x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1)]


def _frame(frame: Frame, box: tuple[float, float, float, float]) -> str:
    x0, y0, x1, y1 = box
    path = f' data-call="{_attribute(frame.path)}"' if frame.path else ""
    return (
        f'<g class="cluster {frame.kind}"{path}><rect x="{_n(x0)}" y="{_n(y0)}" '
        f'width="{_n(x1 - x0)}" height="{_n(y1 - y0)}" rx="10"/></g>'
    )


def _frame_title(frame: Frame, box: tuple[float, float, float, float]) -> str:
    """Over the arrows, which may come in through it."""
    words = [
        _item(item, box[0] + PADDING + dx, box[1] + 2, frame.header - 2)
        for dx, item in Row(tuple(frame.title)).placed(0)
    ]
    return f'<g class="title">{"".join(words)}</g>'


def legend_places(
    picture: Picture, room: float
) -> tuple[list[tuple[str, float, Text, float, float]], float, float]:
    """The legend, in as many lines as the picture's width asks for, and its width and height.

    Of each entry: its kind, the width of its mark, what is said beside it, and its x and y.
    """
    room = max(room, 260.0)
    x, y, widest = 0.0, 14.0, 0.0
    entries = []
    for kind, words in picture.legend:
        text = Text(words, "muted", 10)
        mark = {"heat": 40.0, "link": 22.0, "gradient": Text("∇", size=11).width}.get(kind, 14.0)
        width = mark + 5 + text.width
        if x and x + width > room:
            x, y = 0.0, y + 18
        entries.append((kind, mark, text, x, y))
        x += width
        widest = max(widest, x)
        x += 16
    return entries, widest, y + 18 if entries else 0.0


def _legend(kind: str, mark: float, text: Text, x: float, y: float) -> str:
    parts = []
    if kind == "heat":
        for j, value in enumerate((-1.0, -0.4, 0.4, 1.0)):
            color, strength = cell_color(value, 1.0)
            parts.append(
                f'<rect class="cell" x="{_n(x + 10 * j)}" y="{_n(y + 3)}" width="10" '
                f'height="10" fill="{color}" fill-opacity="{_n3(strength)}"/>'
            )
    elif kind == "link":
        parts.append(f'<g class="edge link ready"><path d="M{_n(x)},{_n(y + 8)}h{_n(mark)}"/></g>')
    elif kind == "gradient":
        parts.append(_text(Text("∇", "gradient", 11), x, y + 8))
    else:
        parts.append(f'<g class="{kind}">{_rect(x, y + 3, mark, 10, 3)}</g>')
    return "".join([*parts, _text(text, x + mark + 5, y + 8)])
