"""From DOT text to a picture, with whatever renderer there is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import warnings
from pathlib import Path
from typing import Any

__all__ = ["Drawing"]

LIMIT = 10.0  # seconds that a renderer may take

HINT = (
    "no Graphviz renderer drew it; install one (apt install graphviz, brew install graphviz, or "
    "pip install graphviz-pure)"
)

# How the files begin: a renderer that does not know a format may print something else.
KINDS = {"svg": (b"<?xml", b"<svg"), "png": (b"\x89PNG",), "pdf": (b"%PDF",)}

# Graphviz measures Arial; these are as wide, for machines without it.
FAMILY = b'font-family="Arial,Helvetica,Liberation Sans,sans-serif"'


class Drawing:
    """A picture of a tape, as DOT text and as what a renderer makes of it.

    A notebook shows it. ``str(drawing)`` is the DOT text.
    """

    def __init__(self, dot: str) -> None:
        self.dot = dot

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write an .svg, .png, .pdf or .dot file; returns the path of what was written.

        Pictures are drawn by Graphviz's ``dot``, or by ``graphviz-pure`` (no PDF). Where neither
        manages to, warns and writes the DOT text beside it, as .dot. The file appears as a whole
        or not at all.

        Raises ValueError for another suffix, OSError if the file can't be written.

        >>> import autograd as ag
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> from autograd.explain import draw
        >>> draw(x * x).save("graph.bmp")
        Traceback (most recent call last):
            ...
        ValueError: Drawing.save: can't write '.bmp' files; choose .svg, .png, .pdf or .dot.
        """
        path = Path(path)
        kind = path.suffix[1:].lower()
        if kind != "dot" and kind not in KINDS:
            raise ValueError(
                f"Drawing.save: can't write {path.suffix!r} files; choose .svg, .png, .pdf or .dot."
            )
        content = self.dot.encode() if kind == "dot" else render(self.dot, kind)
        if content is None:
            path = path.with_suffix(".dot")
            warnings.warn(f"Drawing.save: wrote {path} instead: {HINT}.", stacklevel=2)
            content = self.dot.encode()
        _write(path, content)
        return path

    def __str__(self) -> str:
        return self.dot

    def __repr__(self) -> str:
        return f"<Drawing of {self.dot.count('[label=')} nodes; .save('graph.svg') writes it>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        svg = render(self.dot, "svg")
        if svg is None:
            return {"text/plain": f"{self.dot}\n# {HINT}"}
        return {"text/plain": repr(self), "image/svg+xml": svg.decode()}


def renderers() -> list[str]:
    """The programs that may draw, best first: system Graphviz, then one installed by pip."""
    scripts = sysconfig.get_path("scripts")  # of an environment that may not be activated
    pure = shutil.which("graphviz-pure") or shutil.which("graphviz-pure", path=scripts)
    return [program for program in (shutil.which("dot"), pure) if program]


def render(dot: str, kind: str) -> bytes | None:
    """The picture, from the first renderer that makes one in time; None if none does."""
    for program in renderers():
        try:
            done = subprocess.run(
                [program, f"-T{kind}"], input=dot.encode(), capture_output=True, timeout=LIMIT
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0 and done.stdout.startswith(KINDS[kind]):
            return done.stdout.replace(b'font-family="Arial"', FAMILY)
    return None


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
