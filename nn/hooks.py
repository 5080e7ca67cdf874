"""The hooks of a module: functions that see, and may replace, what goes in and comes out."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from itertools import count
from threading import get_ident
from typing import TYPE_CHECKING, Any

import autograd as ag
from autograd import Tensor

if TYPE_CHECKING:
    from nn.module import Module

Hooks = dict[str, dict[int, Any]]


def none() -> Hooks:
    """A module's hooks by kind, before there are any."""
    return {"forward_pre": {}, "forward": {}, "full_backward": {}}


def called(module: Module, hooks: Hooks, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``module.forward(*args, **kwargs)`` with its hooks around it."""
    for hook in list(hooks["forward_pre"].values()):
        returned = hook(module, args)
        if returned is not None:
            args = returned if isinstance(returned, tuple) else (returned,)
    way = _Backward(module, hooks) if hooks["full_backward"] and ag.is_recording() else None
    if way is not None:
        args = way.enter(args)
    output = module.forward(*args, **kwargs)
    for hook in list(hooks["forward"].values()):
        returned = hook(module, args, output)
        output = output if returned is None else returned
    return output if way is None else way.leave(output)


class _Backward:
    """One call of a module with hooks for the backward pass through it."""

    def __init__(self, module: Module, hooks: Hooks) -> None:
        self.module = module
        self.hooks = hooks
        self.places: list[int] = []  # of the arguments to which a gradient flows
        self.count = 0
        self.nothing: tuple[None, ...] = ()  # in place of the cotangents of the outputs
        # The cotangents of the outputs, until those of the inputs are there too, by thread.
        self.outputs: dict[int, tuple[Any, ...]] = {}

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.count = len(args)
        self.places = [k for k, x in enumerate(args) if isinstance(x, Tensor) and x.requires_grad]
        if not self.places:
            return args
        entered = list(args)
        inner = ag.hook_together([args[k] for k in self.places], self.full_backward_hook)
        for k, x in zip(self.places, inner, strict=True):
            entered[k] = x
        return tuple(entered)

    def leave(self, output: Any) -> Any:
        given: list[Any] = []
        _each(output, given.append)
        self.nothing = (None,) * len(given)
        places = [k for k, z in enumerate(given) if isinstance(z, Tensor) and z.requires_grad]
        if not places:
            return output

        def outputs(gs: Any) -> None:
            found: list[Any] = list(self.nothing)
            for k, g in zip(places, gs, strict=True):
                found[k] = g
            self.outputs[get_ident()] = tuple(found)
            if not self.places:
                self.full_backward_hook(())

        left = dict(zip(places, ag.hook_together([given[k] for k in places], outputs), strict=True))
        number = count()
        return _each(output, lambda z: left.get(next(number), z))

    def full_backward_hook(self, gs: Any) -> Any:
        outputs = self.outputs.pop(get_ident(), self.nothing)
        found: list[Any] = [None] * self.count
        for k, g in zip(self.places, gs, strict=True):
            found[k] = g
        inputs, replaced = tuple(found), False
        for hook in list(self.hooks["full_backward"].values()):
            returned = hook(self.module, _copies(inputs), _copies(outputs))
            if returned is None:
                continue
            inputs, replaced = returned if isinstance(returned, tuple) else (returned,), True
            missing = [k for k in self.places if len(inputs) != self.count or inputs[k] is None]
            if missing or len(inputs) != self.count:
                raise ValueError(
                    f"{type(self.module).__name__}: a full backward hook returned {len(inputs)} "
                    f"gradients for {self.count} arguments, and none for {missing}; return a tuple "
                    "with one for each, None only for those to which no gradient flows."
                )
        return tuple(inputs[k] for k in self.places) if replaced and self.places else None


def _copies(gs: tuple[Any, ...]) -> tuple[Any, ...]:
    """For one hook: what it writes to, the next one does not see."""
    return tuple(None if g is None else +g for g in gs)


def _each(value: Any, exchange: Callable[[Any], Any]) -> Any:
    """`value` with ``exchange(x)`` for each x in its lists, tuples and dicts, nested in any way."""
    if isinstance(value, (list, tuple)):
        parts = [_each(part, exchange) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if isinstance(value, dict):
        again = copy(value)
        again.update({key: _each(part, exchange) for key, part in value.items()})
        return again
    return exchange(value)
