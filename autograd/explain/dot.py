"""From a picture to DOT text: for people who use Graphviz, and for files that only it writes."""

from __future__ import annotations

import re
from html import escape

from autograd.explain.layout import Layout, Point
from autograd.explain.look import COLORS, EDGE, GRADIENT, MUTED, TEXT
from autograd.explain.picture import PADDING, Box, Chip, Edge, Frame, Item, Picture, Row, Text
from autograd.explain.svg import cell_color, heading, legend_places, link_route

__all__ = ["dot_text"]

_PALE = "8c"  # how opaque a frame is, and what is dimmed, as in the SVG
_DIM = "29"


def dot_text(picture: Picture, layout: Layout | None = None) -> str:
    """The picture as DOT text; with a layout, all places are in it, for Graphviz's ``nop2``."""
    import graphviz  # here, because `import autograd` must stay light

    graph = graphviz.Digraph(
        "tape",
        graph_attr={
            "rankdir": picture.direction,
            "ordering": "in",
            "nodesep": "0.25",
            "ranksep": "0.3",
            "outputorder": "edgesfirst",
            "fontname": "Arial",
            "fontsize": "12",
            "fontcolor": TEXT,
        },
        node_attr={
            "shape": "none",
            "margin": "0",
            "width": "0",
            "height": "0",
            "fontname": "Arial",
            "fontsize": "12",
            "fontcolor": TEXT,
        },
        edge_attr={"color": EDGE, "arrowsize": "0.7"},
    )
    height = layout.height if layout else 0.0

    def points(route: list[Point]) -> str:
        # (Graphviz's y goes up.)
        return " ".join(f"{x:.2f},{height - y:.2f}" for x, y in route)

    def node(k: int) -> None:
        box = picture.boxes[k]
        if not layout:
            graph.node(box.key, _label(box))
            return
        x, y = layout.centres[k]
        if box.times > 1:  # as cards on a pile
            fill, stroke = COLORS[box.kind]
            width, tall = f"{box.width / 72:.4f}", f"{box.height / 72:.4f}"
            place = points([(x + 4, y + 4)])
            graph.node(
                f"{box.key}_pile", "", shape="box", style="rounded,filled", fixedsize="true",
                width=width, height=tall, color=stroke, fillcolor=fill, pos=place,
            )  # fmt: skip
        graph.node(box.key, _label(box), pos=points([(x, y)]))

    children: dict[int | None, list[int]] = {}
    for k, frame in enumerate(picture.frames):
        children.setdefault(frame.parent, []).append(k)
    # (Graphviz's package nests with functions; frames may lie deeper than Python calls.)
    stack: list[tuple[int, bool]] = [(k, True) for k in reversed(children.get(None, []))]
    while stack:
        k, opens = stack.pop()
        if not opens:
            graph.body.append("\t}\n")
            continue
        frame = picture.frames[k]
        graph.body.append(f"\tsubgraph cluster_{k} {{\n\tgraph [{_frame(frame)}")
        if layout:
            x0, y0, x1, y1 = layout.boxes[k]
            corners = points([(x0, y1), (x1, y0)]).replace(" ", ",")
            title = x0 + frame.width / 2, y0 + 1 + frame.header / 2
            graph.body.append(f' bb="{corners}" lp="{points([title])}"')
        graph.body.append("]\n")
        for member in frame.members:
            node(member)
        stack.append((k, False))
        stack += [(inner, True) for inner in reversed(children.get(k, []))]
    inside = {k for frame in picture.frames for k in frame.members}
    for k in range(len(picture.boxes)):
        if k not in inside:
            node(k)
    routes = iter(layout.routes if layout else [])
    for edge in picture.edges:
        attributes = _edge(edge)
        if layout and edge.link:
            attributes["pos"] = points(link_route(picture, layout, edge))
        elif layout:
            *route, (x, y) = next(routes)
            dx, dy = heading([*route, (x, y)])
            attributes["pos"] = f"e,{points([(x, y)])} {points([*route, (x - dx, y - dy)])}"
        graph.edge(picture.boxes[edge.tail].key, picture.boxes[edge.head].key, **attributes)
    if layout:
        entries, width, _ = legend_places(picture, layout.width)
        left = (layout.width - width) / 2
        for k, (kind, mark, text, x, y) in enumerate(entries):
            middle = left + x + (mark + 5 + text.width) / 2, layout.height + y + 8
            graph.node(f"legend_{k}", _legend(kind, mark, text), pos=points([middle]))
    return str(graph.source)


def _dimmed(html: str) -> str:
    """With all its colours all but transparent."""
    return re.sub('"(#[0-9a-f]{6})"', rf'"\g<1>{_DIM}"', html)


def _frame(frame: Frame) -> str:
    fill, stroke = COLORS["module"]
    title = " ".join(map(_font, frame.title))
    return (
        f'label=<{title}> labeljust="l" style="rounded,filled" color="{stroke}{_PALE}" '
        f'fillcolor="{fill}{_PALE}"'
    )


def _edge(edge: Edge) -> dict[str, str]:
    attributes = {"weight": str(edge.weight)}
    if edge.link:
        attributes |= {"style": "dashed", "constraint": "false", "arrowhead": "none"}
    elif edge.constant:
        attributes["style"] = "dashed"
    if edge.order or edge.dim:
        color = COLORS["ready" if edge.order == 1 else "second"][1] if edge.order else EDGE
        attributes["color"] = color + _DIM * edge.dim
    return attributes


# ---------------------------------------------------------------------- boxes as HTML tables


def _label(box: Box) -> str:
    fill, stroke = COLORS[box.kind]
    style = "rounded,dashed" if box.kind == "constant" else "rounded"
    margin = '<tr><td height="4"></td></tr>'
    rows = "".join(f"<tr><td>{_row(row, box.width)}</td></tr>" for row in box.rows)
    label = (
        f'<<table border="1" style="{style}" color="{stroke}" bgcolor="{fill}" cellborder="0" '
        f'cellspacing="0" cellpadding="0">{margin}{rows}{margin}</table>>'
    )
    return _dimmed(label) if box.dim else label


def _row(row: Row, width: float) -> str:
    """With empty cells between things, so that each is where it is in the SVG."""
    cells: list[str] = []
    done = 0
    for k, (x, item) in enumerate(row.placed(width - 2 * PADDING)):
        left, right = round(PADDING + x), round(PADDING + x + item.width)
        size = f'width="{right - left}" height="{row.height:.0f}"'
        side = "left" if k < len(row.left) else "right"
        cells.append(f'<td width="{left - done}"></td>' if left > done else "")
        cells.append(f'<td {size} align="{side}">{_item(item)}</td>')
        done = right
    cells.append(f'<td width="{round(width) - done}"></td>')
    return f"{_TABLE}<tr>{''.join(cells)}</tr></table>"


_TABLE = '<table border="0" cellborder="0" cellspacing="0" cellpadding="0">'


def _font(text: Text) -> str:
    words = escape(text.text)
    words = {"name": f"<i>{words}</i>", "strong": f"<b>{words}</b>"}.get(text.style, words)
    color = {"muted": MUTED, "gradient": GRADIENT}.get(text.style, TEXT)
    return f'<font point-size="{text.size:g}" color="{color}">{words}</font>' if words else ""


def _item(item: Item) -> str:
    if isinstance(item, Text):
        return _font(item)
    if isinstance(item, Chip):
        fill, stroke = COLORS[item.kind]
        texts = " ".join(map(_font, item.texts))
        return (
            f'<table border="1" cellborder="0" cellspacing="0" cellpadding="0" style="rounded" '
            f'color="{stroke}" bgcolor="{fill}">'
            f'<tr><td width="{item.width - 2:.0f}" height="15">{texts}</td></tr></table>'
        )
    width, height = item.cell
    rows = []
    for i, row in enumerate(item.cells.tolist()):
        cells = []
        for j, value in enumerate(row):
            number = item.numbers[i][j] if item.numbers else " "
            cells.append(
                f'<td width="{width:.0f}" height="{height:.0f}" '
                f'bgcolor="{_blend(*cell_color(value, item.scale))}">'
                f'<font point-size="9" color="{TEXT}">{number}</font></td>'
            )
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<table border="0" cellborder="1" cellspacing="0" cellpadding="0" color="{EDGE}">'
        f"{''.join(rows)}</table>"
    )


def _legend(kind: str, width: float, text: Text) -> str:
    """A swatch, and beside it what it means."""
    if kind == "heat":
        shades = [_blend(*cell_color(value, 1.0)) for value in (-1.0, -0.4, 0.4, 1.0)]
        cells = [f'<td width="10" height="10" bgcolor="{shade}"></td>' for shade in shades]
        mark = f"{_TABLE}<tr>{''.join(cells)}</tr></table>"
    elif kind in ("link", "gradient"):
        words = Text("- - -" if kind == "link" else "∇", "gradient", 11)
        mark = _font(words)
    else:
        fill, stroke = COLORS[kind]
        mark = (
            f'<table border="1" cellborder="0" style="rounded" color="{stroke}" bgcolor="{fill}" '
            f'cellspacing="0" cellpadding="0" width="{width:.0f}" height="10">'
            "<tr><td></td></tr></table>"
        )
    return (
        f'<{_TABLE}<tr><td width="{width:.0f}">{mark}</td><td width="5"></td>'
        f"<td>{_font(text)}</td></tr></table>>"
    )


def _blend(color: str, strength: float) -> str:
    """The colour over white, for what knows no opacity."""
    parts = [int(color[k : k + 2], 16) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(255 + strength * (p - 255)):02x}" for p in parts)
