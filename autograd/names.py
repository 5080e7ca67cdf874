"""The names that the user gave: recovered from the calling frames, at no cost to recording."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

from autograd.tensor import Tensor

__all__ = ["is_ours", "name_of", "names_of"]

_HERE = Path(__file__).parents[1].as_posix()
# Code in `autograd` and its neighbour `nn`, and the generated calls of primitives.
_OURS = (f"{_HERE}/autograd/", f"{_HERE}/nn/", "<primitive ")


def is_ours(frame: FrameType) -> bool:
    """Whether a frame runs this project's code, not a user's (a program run by -m is one)."""
    return (
        frame.f_code.co_filename.replace("\\", "/").startswith(_OURS)
        and frame.f_globals.get("__name__") != "__main__"
    )


def names_of(nodes: set[Any]) -> dict[Any, str]:
    """For each entry or leaf in `nodes` that a caller's variable shows, the variable's name.

    Looks at the local and global variables of the calling frames, innermost first, and at the
    parameters of modules among them (anything with ``named_parameters()``).
    """
    names: dict[Any, str] = {}
    frame: FrameType | None = sys._getframe(1)
    modules = []
    while frame is not None:
        if not is_ours(frame):
            for scope in (frame.f_locals, frame.f_globals):
                for name, value in list(scope.items()):
                    if isinstance(value, Tensor) and value._node in nodes and name != "self":
                        names.setdefault(value._node, name)
                    elif hasattr(type(value), "named_parameters"):
                        modules.append((name, value))
        frame = frame.f_back
    paths: dict[Any, str] = {}
    for prefix, module in modules:
        for name, parameter in module.named_parameters():
            if parameter._node in nodes:
                paths.setdefault(parameter._node, name if prefix == "self" else f"{prefix}.{name}")
    return names | paths  # a path says more than the variable of a loop over parameters


def name_of(node: Any) -> str | None:
    """The name of the caller's variable for this entry or leaf, in backquotes, if there is one."""
    name = names_of({node}).get(node)
    return f"`{name}`" if name else None
