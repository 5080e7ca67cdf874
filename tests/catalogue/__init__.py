"""The catalogue of errors: a call for every `raise` of the project, and what it answers.

`engine` and `nn` hold the calls as text, a dict from an area to its calls with an empty line
between two of them. Each call runs by itself, in an empty folder, with these names:
"""

from __future__ import annotations

import ast
import contextvars
import linecache
import os
import re
import sys
import tempfile
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import autograd as ag
import nn as neural

ROOT = Path(ag.__file__).parent.parent


def names() -> dict[str, Any]:
    """What a call finds prepared."""
    return {
        "__name__": "__main__",
        "np": np,
        "ag": ag,
        "nn": neural,
        "x": ag.tensor([1.0, 2.0, 3.0], requires_grad=True),
        "A": ag.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True),
        "S": ag.tensor([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]], requires_grad=True),
        "a": np.array([1.0, 2.0, 3.0]),
        "k": np.array([0, 1, 2]),
        "missing": missing,
    }


@contextmanager
def missing(*packages: str) -> Iterator[None]:
    """As if these packages were not installed."""
    loaded = {name for name in sys.modules if name.partition(".")[0] in packages}
    with mock.patch.dict(sys.modules, dict.fromkeys(loaded.union(packages))):
        yield


@dataclass(frozen=True)
class Entry:
    """A call, the exception that it ended in, and the `raise` statements that it went through."""

    area: str
    call: str
    kind: type[Exception]
    message: str
    raised: frozenset[tuple[str, int]]


def _message(error: Exception) -> str:
    """What it says, with ‹...› for words of NumPy and Python, which differ between versions."""
    text = str(error.args[0] if isinstance(error, KeyError) else error)
    for cause in _chain(error)[1:]:
        words = re.sub(r"^\w+: ", "", str(cause)).rstrip(".")
        if " " in words and not _ours(cause):
            text = text.replace(words, "‹...›")
    return text


def _chain(error: BaseException | None) -> list[BaseException]:
    """An exception and those that it was raised from or in the handling of."""
    chain = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def _place(error: BaseException) -> tuple[str, int]:
    """The file, relative to the project, and the line that raised."""
    trace = error.__traceback__  # (of an error in C code, the line of Python that called it)
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "", 0
    path = Path(trace.tb_frame.f_code.co_filename)
    inside = path.is_relative_to(ROOT)
    return path.relative_to(ROOT).as_posix() if inside else path.name, trace.tb_lineno


def _ours(error: BaseException) -> bool:
    """Whether a `raise` of the project (or in its place one of a call) made it."""
    return isinstance(error, ag.GradientError) or any(
        statement.is_reached_by({_place(error)}) for statement in raises()
    )


def entry(area: str, call: str) -> Entry:
    """What the call ends in; AssertionError if it does not raise."""
    linecache.cache["call.py"] = (len(call), None, call.splitlines(keepends=True), "call.py")
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        os.chdir(folder)
        try:
            contextvars.copy_context().run(exec, compile(call, "call.py", "exec"), names())
        except Exception as error:
            raised = frozenset(map(_place, _chain(error)))
            return Entry(area, call, type(error), _message(error), raised)
        finally:
            os.chdir(before)
    raise AssertionError(f"this call raises nothing:\n{call}")


def calls() -> list[tuple[str, str]]:
    """Every call with its area."""
    from catalogue import engine, nn

    return [
        (f"{package}: {area}", call)
        for package, areas in (("autograd", engine.CALLS), ("nn", nn.CALLS))
        for area, block in areas.items()
        for call in textwrap.dedent(block).strip().split("\n\n")
    ]


@dataclass(frozen=True)
class Raise:
    """A `raise` statement of the project."""

    file: str
    first: int
    last: int
    code: str

    def is_reached_by(self, places: set[tuple[str, int]]) -> bool:
        return any((self.file, line) in places for line in range(self.first, self.last + 1))


@cache
def raises() -> list[Raise]:
    """Every statement that raises a new exception; a bare `raise` passes one on."""
    return [
        Raise(path.relative_to(ROOT).as_posix(), node.lineno, node.end_lineno, ast.unparse(node))
        for package in ("autograd", "nn")
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise) and node.exc is not None
    ]


def unreached() -> dict[str, str]:
    """Where a `raise` begins that no call can reach, with the reason."""
    from catalogue import engine, nn

    return {**engine.UNREACHED, **nn.UNREACHED}
