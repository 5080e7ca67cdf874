"""Hooks, functions of the user that the engine calls, and the handles that take them away."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, Self

from autograd.errors import describe

__all__ = ["RemovableHandle"]

Hooks = dict[int, Callable[..., Any]]
_next = count().__next__


class RemovableHandle:
    """What registering a hook returns: ``remove()``, or the end of a block, takes it away.

    >>> import autograd as ag
    >>> x = ag.tensor(2.0, requires_grad=True)
    >>> with x.register_hook(lambda g: print(f"the gradient is {g.item()}")):
    ...     (x * x).backward()
    the gradient is 4.0
    >>> (x * x).backward()
    """

    __slots__ = ("_hooks", "_key")

    def __init__(self, hooks: Hooks, hook: Callable[..., Any]) -> None:
        self._hooks = hooks
        self._key = _next()
        hooks[self._key] = hook

    def remove(self) -> None:
        """Take the hook away; nothing happens if it is away already."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


def added(hooks: Hooks, hook: Any, function: str) -> RemovableHandle:
    """`hook` as the last of `hooks`, which `function` was asked to register."""
    if not callable(hook):
        raise TypeError(f"{function}: takes a function, received {describe(hook)}.")
    return RemovableHandle(hooks, hook)
