"""`Drawing`: a picture that a notebook shows and that can be saved."""

from __future__ import annotations

import os
import warnings
from base64 import b64encode
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from autograd.errors import printable
from autograd.explain.dot import dot_text
from autograd.explain.engines import render_dot
from autograd.explain.layout import Layout
from autograd.explain.picture import Picture, without_middle
from autograd.explain.svg import placed, svg_text

__all__ = ["Drawing", "write_whole"]

HINT = (
    "no Graphviz here managed to draw it; install one (apt install graphviz, brew install "
    "graphviz, or pip install graphviz-pure, which writes no PDF), or save an .svg file, which "
    "needs none"
)

CELL = 1000  # boxes that a notebook's cell shows


class Drawing:
    """A picture of a tape. A notebook shows it; ``str(drawing)`` is its DOT text.

    A cell of a notebook shows at most 1,000 boxes: the first and the last. A file holds them all.

    >>> import autograd as ag
    >>> x = ag.tensor(2.0, requires_grad=True)
    >>> drawing = ag.draw(x * x)
    >>> drawing.svg[:4], drawing.dot[:12]
    ('<svg', 'digraph tape')
    """

    def __init__(self, picture: Picture) -> None:
        self.picture = picture

    @cached_property
    def svg(self) -> str:
        """The picture as SVG text, which can also be put into an HTML page as it is."""
        return svg_text(self.picture, self._layout)

    @cached_property
    def _layout(self) -> Layout:
        return placed(self.picture)

    @cached_property
    def dot(self) -> str:
        """The picture as DOT text, for Graphviz."""
        return dot_text(self.picture)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write an .svg, .html, .png, .pdf or .dot file; returns the path of what was written.

        SVG and HTML need no other program. PNG and PDF, which look the same, are painted by
        Graphviz's ``dot``, or by ``graphviz-pure`` (no PDF); where neither manages to, warns and
        writes the DOT text beside it, as .dot. The file appears as a whole or not at all.

        Raises ValueError for another suffix, OSError if the file can't be written.

        >>> import autograd as ag
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> ag.draw(x * x).save("graph.bmp")
        Traceback (most recent call last):
            ...
        ValueError: Drawing.save: can't write '.bmp' files; choose .svg, .html, .png, .pdf or .dot.
        """
        path = Path(path)
        kind = path.suffix[1:].lower()
        content: bytes | None
        if kind == "svg":
            content = self.svg.encode()
        elif kind == "html":
            content = self._page().encode()
        elif kind == "dot":
            content = self.dot.encode()
        elif kind in ("png", "pdf"):
            content = render_dot(dot_text(self.picture, self._layout), kind)
        else:
            raise ValueError(
                f"Drawing.save: can't write {path.suffix!r} files; choose .svg, .html, .png, .pdf "
                "or .dot."
            )
        if content is None:
            path = path.with_suffix(".dot")
            place = printable(str(path))
            warnings.warn(f"Drawing.save: wrote {place} instead: {HINT}.", stacklevel=2)
            content = self.dot.encode()
        write_whole(path, content)
        return path

    def _page(self) -> str:
        """A page of its own, in the reader's light or dark colours."""
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{escape(self.picture.label)}</title>"
            "<style>:root{color-scheme:light dark}body{margin:16px;text-align:center}"
            "@media (prefers-color-scheme:dark){body{background:#111827}}</style></head>\n"
            f"<body>{self.svg}</body></html>\n"
        )

    def __str__(self) -> str:
        return self.dot

    def __repr__(self) -> str:
        boxes, edges = len(self.picture.boxes), len(self.picture.edges)
        return f'<Drawing of {boxes} boxes and {edges} arrows; .save("graph.svg") writes it>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        # (As an image it is shown in a notebook that is not trusted, too.)
        few = len(self.picture.boxes) <= CELL  # (to place many takes long)
        shown = self.svg if few else Drawing(without_middle(self.picture, CELL)).svg
        data = b64encode(shown.encode()).decode()
        label = escape(self.picture.label, quote=True)
        return {
            "text/plain": repr(self),
            "image/svg+xml": shown,
            "text/html": f'<img alt="{label}" style="max-width:100%;height:auto" '
            f'src="data:image/svg+xml;base64,{data}">',
        }


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, which appears as a whole or not at all."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"save: there is no folder {str(path.parent)!r}; make it first.")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
