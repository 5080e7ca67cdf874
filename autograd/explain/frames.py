"""The calling frames: which of them run the user's code, in which line, and which say something."""

from __future__ import annotations

from types import FrameType

from autograd.places import is_ours

__all__ = ["is_composite", "package"]

_COMPOSITES = ("autograd.functions", "autograd.linalg", "autograd.special", "nn.functional")


def is_composite(frame: FrameType) -> bool:
    """Whether it runs a function of this project that is composed of primitives: ``softmax``."""
    module = str(frame.f_globals.get("__name__"))
    return is_ours(frame) and module.startswith(_COMPOSITES) and frame.f_code.co_name[0] not in "_<"


def package(frame: FrameType) -> str:
    """The package whose code it runs: "autograd", "nn", or a user's."""
    return str(frame.f_globals.get("__name__")).partition(".")[0]
