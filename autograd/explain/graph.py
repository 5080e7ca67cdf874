"""`draw`: the tape as a graph, one node for each entry and each value that goes into it."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from autograd.errors import GradientError, describe
from autograd.explain.render import Drawing
from autograd.names import names_of
from autograd.tape import Leaf, Node
from autograd.tensor import Tensor

__all__ = ["draw"]

# kind of node -> fill, stroke
COLORS = {
    "input": ("#e2f1ff", "#2b7fc4"),
    "parameter": ("#fff4d6", "#a87100"),
    "operation": ("#ffffff", "#64748b"),
    "loss": ("#ffe4e6", "#d6294b"),
    "constant": ("#f3f4f6", "#7b8798"),
}
EDGE = "#7b8798"
MUTED = "#556274"


def draw(*outputs: Tensor) -> Drawing:
    """The computation graph that leads to `outputs`, from the inputs at the top down to them.

    One node for each entry of the tape, with its operation and shape, and the name of the variable
    that holds it where the caller has one. Outputs are red, leaves that require a gradient amber,
    named constants blue (inputs), other constants grey and dashed. The same program gives the
    same text.

    Raises GradientError for an output that no recorded operation made.

    >>> import autograd as ag
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> drawing = draw((x * 3).sum())
    >>> drawing.dot.count(" -> ")
    3
    >>> drawing.save("graph.svg")  # doctest: +SKIP
    PosixPath('graph.svg')
    """
    import graphviz  # here, because `import autograd` must stay light

    nodes = _reachable(outputs)
    names = names_of(set(nodes))
    ids = {node: f"n{k}" for k, node in enumerate(nodes)}
    ends = {output._node for output in outputs}
    data: set[Node | Leaf] = set()  # what depends on more than parameters: the trunk, kept straight
    graph = graphviz.Digraph(
        "tape",
        graph_attr={"rankdir": "TB", "ordering": "in", "nodesep": "0.25", "ranksep": "0.3"},
        node_attr={
            "shape": "none",
            "margin": "0",
            "width": "0",
            "height": "0",
            "fontname": "Arial",
            "fontsize": "12",
        },
        edge_attr={"color": EDGE, "arrowsize": "0.6"},
    )
    for node in nodes:
        name = names.get(node)
        if isinstance(node, Leaf):
            kind = "parameter" if node.wants else "input" if name else "constant"
            title = f"<i>{escape(name)}</i>" if name else kind
            graph.node(ids[node], _table(kind, title, _shape(node)))
            if not node.wants:
                data.add(node)
            continue
        kind = "loss" if node in ends else "operation"
        notes = [f"<i>{escape(name)}</i>"] if name else []
        if static := _static(node):
            notes.insert(0, f'<font color="{MUTED}" point-size="10">{escape(static)}</font>')
        graph.node(ids[node], _table(kind, f"<b>{node.name}</b>", _shape(node), *notes))
        for i, parent in enumerate(node.parents):
            if not isinstance(parent, (Node, Leaf)):  # a Python number
                number = f"{ids[node]}_{i}"
                graph.node(number, _table("constant", f"{parent:.6g}"))
                graph.edge(number, ids[node], style="dashed")
            elif isinstance(parent, Leaf) and not parent.wants and parent not in names:
                graph.edge(ids[parent], ids[node], style="dashed")
            else:
                graph.edge(ids[parent], ids[node], weight="8" if parent in data else "1")
        if any(parent in data for parent in node.parents):
            data.add(node)
    return Drawing(graph.source)


def _reachable(outputs: tuple[Tensor, ...]) -> list[Node | Leaf]:
    """All entries and leaves that lead to the outputs, also as constants, oldest first."""
    if not outputs:
        raise TypeError("draw: received nothing; give it the result of a computation.")
    seen: set[Node | Leaf] = set()
    stack: list[Any] = []
    for output in outputs:
        if not isinstance(output, Tensor):
            raise TypeError(f"draw: received {describe(output)}; give it Tensors.")
        if output.is_leaf:
            raise GradientError(
                f"draw: the Tensor of {describe(output)} was made by no recorded operation; "
                "compute it from a Tensor with requires_grad=True, outside no_grad()."
            )
        stack.append(output._node)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            if isinstance(node, Node):
                stack += [p for p in node.parents if isinstance(p, (Node, Leaf))]
    return sorted(seen, key=lambda node: node.stamp)


def _table(kind: str, title: str, shape: str = "", *notes: str) -> str:
    """An HTML label: title left, shape right, notes below."""
    fill, stroke = COLORS[kind]
    style = "rounded,dashed" if kind == "constant" else "rounded"
    right = f'<td align="right"><font color="{MUTED}">{escape(shape)}</font></td>' if shape else ""
    rows = [f'<tr><td align="left">{title}</td>{right}</tr>']
    rows += [f'<tr><td align="left" colspan="2">{note}</td></tr>' for note in notes]
    return (
        f'<<table border="1" cellborder="0" cellspacing="0" cellpadding="3" style="{style}" '
        f'color="{stroke}" bgcolor="{fill}">{"".join(rows)}</table>>'
    )


def _shape(node: Node | Leaf) -> str:
    shape: Any = node.shape
    if shape == ():
        return "scalar"
    if isinstance(shape[0], tuple):  # an entry with several outputs
        return f"{len(shape)} parts"
    return str(shape)


def _static(node: Node) -> str:
    """The parameters of an entry that differ from the operation's defaults."""
    parameters = node.primitive.signature.parameters
    text = ", ".join(
        f"{name}={_brief(value)}"
        for name, value in node.static.items()
        if not _same(value, parameters[name].default)
    )
    return text if len(text) <= 48 else text[:45] + "..."


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and not isinstance(value, np.ndarray) and value == default


def _brief(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.ndim:
        return f"{value.dtype} {value.shape}"
    if isinstance(value, tuple):
        return f"({', '.join(map(_brief, value))})"
    if isinstance(value, slice):
        return ":".join("" if part is None else str(part) for part in (value.start, value.stop)) + (
            "" if value.step is None else f":{value.step}"
        )
    return str(value)
