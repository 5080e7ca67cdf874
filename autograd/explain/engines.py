"""Graphviz, for the files that only it writes: PNG and PDF.

Pictures in SVG and HTML never come here. Their places are always those of `layout`: the same on
every machine, whichever Graphviz it has or has not, and straighter along a tape than Graphviz's.
For PNG and PDF those places are written into the DOT text, and Graphviz only paints.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec

__all__ = ["render_dot"]

LIMIT = 60.0  # seconds that an engine may take; a PDF of 5,000 boxes takes ten

# How the files begin: an engine that does not know a format may print something else.
KINDS = {"png": b"\x89PNG", "pdf": b"%PDF"}

# What the only font of graphviz-pure lacks.
PLAIN = {"‖∇‖": "|grad|", "∇": "grad", "−": "-"}

# A package without an executable runs as a program of its own, so that it can crash or hang.
PYGRAPHVIZ = """
import sys, pygraphviz
graph = pygraphviz.AGraph(sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=sys.argv[-1][2:], prog="nop2"))
"""


def render_dot(dot: str, kind: str) -> bytes | None:
    """DOT text with all places in it as "png" or "pdf", None where nothing here can paint it.

    By the system's Graphviz, else by one from PyPI (``graphviz-pure``, ``pygraphviz``): the first
    that is there, works and answers in time.
    """
    for command in _engines():
        text = dot
        if "graphviz-pure" in command[0]:
            for sign, words in PLAIN.items():
                text = text.replace(sign, words)
        try:
            done = subprocess.run(
                [*command, "-Knop2", f"-T{kind}"],  # nop2: leave all where it is
                input=text.encode(),
                capture_output=True,
                timeout=LIMIT,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0 and done.stdout.startswith(KINDS[kind]):
            return done.stdout
    return None


def _engines() -> Iterator[list[str]]:
    """The commands that may draw, best first: the system's Graphviz, then those from PyPI."""
    scripts = sysconfig.get_path("scripts")  # of an environment that may not be activated
    for program in ("dot", "graphviz-pure"):
        if found := shutil.which(program) or shutil.which(program, path=scripts):
            yield [found]
    if find_spec("pygraphviz"):
        yield [sys.executable, "-c", PYGRAPHVIZ]
