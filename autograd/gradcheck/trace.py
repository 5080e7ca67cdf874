"""What a run of a function met: each call of an operation with its values, line and variables."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from autograd.gradcheck.differences import Settings, rough
from autograd.gradcheck.functions import Scalar
from autograd.mode import Recorder, telling
from autograd.names import names_of
from autograd.places import Source, is_ours, source_at
from autograd.primitive import Primitive, node_of
from autograd.tape import Node, entries_to, observe
from autograd.tensor import Tensor, copied

__all__ = ["Call", "changes", "rough_call", "traced"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(eq=False)
class Call:
    """One call of a primitive: its operands with whether a gradient flows to each, its results.

    `number` is its place among all calls, `direct` whether the user's own code called it, `of` the
    call whose rule did, if one did; `flows` whether a gradient flows through it to the end.
    """

    number: int
    primitive: Primitive
    operands: tuple[Any, ...]
    wants: tuple[bool, ...]
    static: dict[str, Any]
    results: tuple[Any, ...]
    node: Any
    source: Source | None
    direct: bool
    of: Call | None
    names: tuple[str | None, ...]
    flows: bool = False

    @property
    def place(self) -> str:
        """The operation, and the line of the user that called it (or the one whose rule did)."""
        if self.of is not None:
            return f"`{self.primitive.name}` in the rule of {self.of.place}"
        called = f" ({self.source.told})" if self.source is not None else ""
        return f"`{self.primitive.name}`{called}"

    def operand(self, i: int) -> str:
        """What to call an operand: by the parameter's name, and by the variable's."""
        p = self.primitive
        called = f"number {i} of `{p.inputs[0]}`" if p.variadic else f"`{p.inputs[i]}`"
        return f"{called} (your `{self.names[i]}`)" if self.names[i] else called


class _Trace(Recorder):
    """Who is told of the calls; with `named`, it looks for the variables that hold the operands."""

    keeps = False

    def __init__(self, named: bool) -> None:
        self.calls: list[Call] = []
        self.made: dict[Any, Call] = {}
        self.named = named
        self.pulled: Call | None = None  # whose rules run now
        observe(self)

    def keep(
        self, primitive: Primitive, inputs: tuple[Any, ...], static: dict[str, Any], result: Any
    ) -> Any:
        """Called by the engine for each operation."""
        frame: FrameType | None = sys._getframe(1)
        direct = True
        while frame is not None and is_ours(frame):
            direct = direct and not str(frame.f_globals.get("__name__")).startswith(_COMPOSED)
            frame = frame.f_back
        tensors = {node_of(x) for x in inputs if isinstance(x, Tensor)}
        names = names_of(tensors) if self.named else {}
        several = isinstance(result, tuple)
        results = result if several else (result,)
        node = results[0]._node if results else None
        if several and isinstance(node, Node):
            (node, _) = node.held  # (of an entry that picks one of the results)
        call = Call(
            len(self.calls),
            primitive,
            tuple(map(_value, inputs)),
            tuple(isinstance(x, Tensor) and x.requires_grad for x in inputs),
            static,
            tuple(z._data for z in results),
            node,
            None if frame is None else source_at(frame.f_code, frame.f_lasti),
            direct,
            self.pulled,
            tuple(names.get(x._node) if isinstance(x, Tensor) else None for x in inputs),
        )
        self.calls.append(call)
        self.made[node] = call
        return result

    def lifted(self, constant: Any, array: Any) -> None:
        """Called by the engine when an array of the user becomes a constant."""

    def knows(self, node: Node) -> bool:
        """Whether a pass that begins at `node` is to be followed."""
        return node in self.made

    def place(self, node: Node) -> str | None:
        """Called by the engine for an error: the line that recorded `node`."""
        call = self.made.get(node)
        return None if call is None or call.source is None else call.source.told

    @contextmanager
    def follows(
        self, cotangents: dict[Any, Any], setting: AbstractContextManager[Any]
    ) -> Iterator[None]:
        """Called by the engine around a backward pass."""
        around = self.pulled
        try:
            with setting:
                yield
        finally:
            self.pulled = around

    def reaches(self, node: Node, g: Any) -> None:
        """Called by the engine before the rules of an entry run."""
        self.pulled = self.made.get(node)

    def contributes(self, node: Node, i: int, c: Any) -> None:
        """Called by the engine with what a rule returned."""


# What is called in these is not called by the user's own code, but for it.
_COMPOSED = (
    "autograd.backward",
    "autograd.functions",
    "autograd.linalg",
    "autograd.special",
    "nn.",
)


def _value(x: Any) -> Any:
    """The value of an operand, which stays as it is: of a recorded result it does anyway."""
    if not isinstance(x, Tensor):
        return x
    return copied(x._data) if x.is_leaf and isinstance(x._data, np.ndarray) else x._data


def traced(scalar: Scalar, points: Sequence[Array], named: bool = False) -> list[Call]:
    """The calls that a scalar makes at a point, those on constants too."""
    trace = _Trace(named)
    with telling(trace):
        total = scalar(points)[1]
    for node in [] if total.is_leaf else entries_to([total._node]):
        if node in trace.made:
            trace.made[node].flows = True
    return trace.calls


def changes(
    one: list[Call], other: list[Call], constants: bool
) -> Iterator[tuple[int, int | None]]:
    """Where two traces differ: number of a call, and of the operand (-1: its result alone does).

    None for another operation. With `constants`, only operands that no gradient flows through.
    """
    for n, (a, b) in enumerate(zip(one, other, strict=False)):
        if a.primitive is not b.primitive:
            yield n, None
            return
        for i, (x, y) in enumerate(zip(a.operands, b.operands, strict=False)):
            if not (constants and a.wants[i]) and not _equal(x, y):
                yield n, i
        same = all(map(_equal, a.results, b.results))
        if not constants and not same and all(map(_equal, a.operands, b.operands)):
            yield n, -1


def _equal(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True))


def rough_call(traces: list[list[Call]], s: Settings) -> str:
    """The first call whose result has no derivative along a line, by traces `around` a point."""
    for calls in zip(*traces, strict=False):
        if len({(call.primitive, call.source) for call in calls}) > 1:
            return f" because of a branch, not taken beside it, that calls {calls[0].place}"
        results = zip(*(call.results for call in calls), strict=True)
        if calls[0].flows and any(
            len({z.shape for z in ends}) > 1 or rough(ends, s).any() for ends in results
        ):
            return f" because of {calls[0].place}"
    return ""
