"""Where in the user's code something was called: lines, found by way of the calling frames."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType

from autograd.errors import printable

__all__ = ["Source", "is_ours", "source_at", "users_frames"]

_HERE = Path(__file__).parents[1].as_posix()
# Code in `autograd` and its neighbour `nn`, and the generated calls of primitives.
_OURS = (f"{_HERE}/autograd/", f"{_HERE}/nn/", "<primitive ")


def is_ours(frame: FrameType) -> bool:
    """Whether a frame runs this project's code, not a user's (a program run by -m is one)."""
    return (
        frame.f_code.co_filename.replace("\\", "/").startswith(_OURS)
        and frame.f_globals.get("__name__") != "__main__"
    )


def users_frames() -> Iterator[FrameType]:
    """The caller's frames that run no code of this project, innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not is_ours(frame):
            yield frame
        frame = frame.f_back


# Files of ours that were met before: `is_ours` costs more than all else where this is asked.
_known: set[str] = set()


def users_line() -> tuple[CodeType, int] | None:
    """The code of the user's innermost frame and the instruction that it is at."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if code.co_filename not in _known:
            if not is_ours(frame):
                return code, frame.f_lasti
            _known.add(code.co_filename)
        frame = frame.f_back
    return None


@dataclass(frozen=True)
class Source:
    """Where in the user's code an operation was called.

    ``line`` counts from 1, ``start`` and ``end`` are the columns of the expression in it, or None.
    """

    filename: str
    line: int
    function: str
    start: int | None = None
    end: int | None = None

    @property
    def text(self) -> str:
        """The line of code, as it is now in the file or the notebook's cell."""
        return printable(linecache.getline(self.filename, self.line).strip())

    @property
    def expression(self) -> str:
        """The part of the line that called the operation."""
        line = linecache.getline(self.filename, self.line).encode()
        return line[self.start : self.end].decode(errors="ignore").strip() or self.text

    @property
    def told(self) -> str:
        """Place and code, for a message: ``train.py:7, `z = x @ w```."""
        return f"{self}, `{self.text}`" if self.text else str(self)

    def __str__(self) -> str:
        name = self.filename
        if "ipykernel" in name or name.startswith("<ipython"):
            return f"cell line {self.line}"
        return f"{printable(Path(name).name)}:{self.line}"


def source_at(code: CodeType, instruction: int) -> Source:
    """The line that an instruction of `code` belongs to."""
    line, end_line, start, end = list(code.co_positions())[instruction // 2]
    one_line = line == end_line
    return Source(
        code.co_filename,
        line or code.co_firstlineno,
        code.co_name,
        start if one_line else None,
        end if one_line else None,
    )
