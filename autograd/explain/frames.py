"""The calling frames: which of them run the user's code, in which line, and which say something."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType, FrameType

from autograd.explain.entries import Source
from autograd.names import is_ours

__all__ = ["is_composite", "package", "source_at", "users_frames"]

_COMPOSITES = ("autograd.functions", "autograd.linalg", "autograd.special", "nn.functional")


def users_frames() -> Iterator[FrameType]:
    """The caller's frames that run no code of this project, innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not is_ours(frame):
            yield frame
        frame = frame.f_back


def is_composite(frame: FrameType) -> bool:
    """Whether it runs a function of this project that is composed of primitives: ``softmax``."""
    module = str(frame.f_globals.get("__name__"))
    return is_ours(frame) and module.startswith(_COMPOSITES) and frame.f_code.co_name[0] not in "_<"


def package(frame: FrameType) -> str:
    """The package whose code it runs: "autograd", "nn", or a user's."""
    return str(frame.f_globals.get("__name__")).partition(".")[0]


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
