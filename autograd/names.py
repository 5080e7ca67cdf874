"""The names that the user gave: recovered from the calling frames, at no cost to recording."""

from __future__ import annotations

import inspect
import sys
from types import FrameType, FunctionType, ModuleType
from typing import Any

from autograd.errors import printable
from autograd.places import is_ours
from autograd.tensor import Tensor

__all__ = ["attributes", "globals_of", "name_of", "names_of", "variables"]


def variables(frame: FrameType) -> list[tuple[str, Any]]:
    """The local variables of a frame, which must not change, or live longer, for being looked at.

    Up to Python 3.12, `f_locals` of a function is a snapshot that stays with the frame, and is
    what `locals` returns and what `exec` and `eval` work on. It is emptied, except where somebody
    else holds it, or under a debugger, which writes it back; and what such code has assigned is
    put back after the snapshot was taken anew.
    """
    code = frame.f_code
    if sys.version_info >= (3, 13) or not code.co_flags & inspect.CO_OPTIMIZED:
        return list(frame.f_locals.items())
    watched = sys.gettrace() is not None or sys.getprofile() is not None
    shared = watched or not _SHARING.isdisjoint(code.co_names)
    before = [(scope, scope.copy()) for scope in _namespaces(frame)] if shared else []
    snapshot: Any = frame.f_locals
    found = list(snapshot.items())
    for scope, held in before:
        if scope is snapshot:
            scope.clear()
            scope.update(held)
            return found
    # (The frame, the variable here and the call below have a reference each.)
    if not watched and sys.getrefcount(snapshot) <= 3:
        snapshot.clear()
    return found


def globals_of(frame: FrameType) -> list[tuple[str, Any]]:
    """The variables of its module that the function of a frame speaks of."""
    code, outside = frame.f_code, frame.f_globals
    named = code.co_names if code.co_flags & inspect.CO_OPTIMIZED else ()
    return [(name, outside[name]) for name in named if name in outside]


def attributes(value: Any) -> list[tuple[str, Any]]:
    """The attributes that an object of a user's class holds, found without running its code."""
    if isinstance(value, (type, ModuleType, FunctionType)):
        return []
    try:
        return list(object.__getattribute__(value, "__dict__").items())
    except AttributeError:
        return []


# What code calls that may share its snapshot.
_SHARING = frozenset(("eval", "exec", "locals", "vars"))


def _namespaces(outer: FrameType) -> list[dict[str, Any]]:
    """Those of what `exec` and `eval` run now, called from `outer`."""
    found = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame is not outer:
        if not frame.f_code.co_flags & inspect.CO_OPTIMIZED and isinstance(frame.f_locals, dict):
            found.append(frame.f_locals)
        frame = frame.f_back
    return found


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
            for scope in (variables(frame), list(frame.f_globals.items())):
                for name, value in scope:
                    if name.startswith("_"):
                        continue  # nobody's: a notebook holds its last results as `_` and `_12`
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
    # A path says more than the variable of a loop over parameters.
    return {node: printable(name) for node, name in (names | paths).items()}


def name_of(node: Any) -> str | None:
    """The name of the caller's variable for this entry or leaf, in backquotes, if there is one."""
    name = names_of({node}).get(node)
    return f"`{name}`" if name else None
