"""The tape as plain data: entries, leaves, and `tape(z)`, the entries that lead to `z`.

Edges run from entry to entry, or to a leaf, never through a `Tensor`: a `Tensor` is a handle
that may be bound to another entry (``x += y``) without touching what was recorded, and no
reference cycle forms, so that reference counting alone frees a tape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol
from weakref import ReferenceType, ref

import numpy as np

from autograd.errors import GradientError, describe

if TYPE_CHECKING:
    from autograd.handles import Hooks
    from autograd.primitive import Primitive
    from autograd.tensor import Tensor

__all__ = ["Leaf", "Node", "tape"]

# Every entry and every change of a leaf takes the next stamp. A parent is stamped before its
# children, so falling stamps are a reverse topological order.
tick: Callable[[], int] = count(1).__next__


class Observer(Protocol):
    """Who is told how a backward pass goes through the entries that it knows.

    No entry is freed while it is told, and if it ``keeps`` what it sees none is after that.
    """

    keeps: bool

    def knows(self, node: Node) -> bool:
        """Whether it wants to be told of a pass that begins at `node`."""

    def place(self, node: Node) -> str | None:
        """The line of the user's code that recorded `node`, if it knows."""

    def follows(
        self, cotangents: dict[Any, Any], setting: AbstractContextManager[Any]
    ) -> AbstractContextManager[Any]:
        """The context, inside `setting`, of a pass that begins with `cotangents`."""

    def reaches(self, node: Node, g: Any) -> None:
        """The cotangent `g` of an entry is complete; its rules run next."""

    def contributes(self, node: Node, i: int, c: Any) -> None:
        """The rule for input `i` of `node` returned `c`: an array, or a Part or Masked one."""


# The observers that are alive, by id; a backward pass looks whether there are any.
observers: dict[int, ReferenceType[Observer]] = {}


def observe(observer: Observer) -> None:
    """Tell `observer` of all passes from now on, as long as it is alive."""
    key = id(observer)
    observers[key] = ref(observer, lambda _: observers.pop(key, None))


def place_of(node: Node) -> str:
    """The line of the user's code that recorded `node`, in brackets, if somebody watched."""
    for handle in list(observers.values()):
        observer = handle()
        place = None if observer is None else observer.place(node)
        if place is not None:
            return f" ({place})"
    return ""


class Leaf:
    """Where the tape ends: a Tensor that no recorded operation made.

    `owner` is a weak reference to the Tensor whose ``.grad`` a backward pass adds to, or None
    for a constant. The value itself is not here: an entry keeps what its rules asked for.
    """

    # (`hooks` and `after` are there only if there are any; see tensor.py.)
    __slots__ = ("__weakref__", "after", "dtype", "hooks", "owner", "shape", "stamp", "wants")

    after: Hooks
    hooks: Hooks

    def __init__(self, array: Any, owner: ReferenceType[Tensor] | None = None) -> None:
        self.owner = owner
        self.wants = owner is not None
        self.shape: tuple[int, ...] = array.shape
        self.dtype: np.dtype[Any] = array.dtype
        self.stamp = tick()

    def __repr__(self) -> str:
        kind = "leaf" if self.wants else "constant"
        return f"{self.stamp:04d}  {kind}   {self.shape} {self.dtype}"


# Compiled rules beside the positions of the inputs that they are for.
Pulls = Iterable[tuple[int, Callable[..., Any]]]


class Plan:
    """A primitive together with the set of its inputs that want a gradient.

    `wanted` are the positions of those inputs and `pulls` the compiled rules beside them.
    `saves` are the names of the values that an entry keeps for them, `saved` how many there are.
    `spent` is the plan that an entry has once a backward pass freed it: the same, with no pulls;
    and None of such a plan.
    """

    __slots__ = ("__weakref__", "primitive", "pulls", "saved", "saves", "spent", "wanted")

    def __init__(
        self,
        primitive: Primitive,
        pulls: Pulls,
        wanted: tuple[int, ...],
    ) -> None:
        self.primitive = primitive
        self.pulls = pulls
        self.wanted = wanted
        freed = isinstance(pulls, Freed)
        self.saves = () if freed else primitive.saves
        self.saved = len(self.saves)
        self.spent: Plan | None = None if freed else Plan(primitive, Freed(primitive), wanted)

    def opened(self, held: tuple[Any, ...]) -> tuple[tuple[Any, ...], Pulls]:
        """What an entry with this plan holds, with its values, and the rules that read them."""
        return held, self.pulls


class Freed:
    """In place of the rules of an entry that was freed: who begins to go through them is refused.

    (So also the pass in another thread that comes to an entry just as this one frees it.)
    """

    __slots__ = ("primitive",)

    def __init__(self, primitive: Primitive) -> None:
        self.primitive = primitive

    def __iter__(self) -> Iterator[Any]:
        raise freed(self.primitive, "another")


def freed(primitive: Primitive, which: str) -> GradientError:
    return GradientError(
        f"backward: the entry `{primitive.name}` was freed by {which} backward pass; call that one "
        "with retain_graph=True, or compute the result again."
    )


class Node:
    """An entry of the tape: one recorded call of a primitive.

    >>> import autograd as ag
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> entry = tape(ag.sum(x, axis=0))[-1]
    >>> entry.name, entry.static, entry.shape, entry.saved
    ('sum', {'axis': 0, 'keepdims': False}, (), {'x_shape': (2,)})
    """

    # `held` is (*parents, *static values, *saved values) in one tuple: a container costs more
    # in garbage collection than in storage. Rules index it from the end (see primitive.py).
    # (`hooks` is there only if there are any; see tensor.py.)
    __slots__ = ("__weakref__", "dtype", "held", "hooks", "plan", "shape", "stamp")
    wants = True

    hooks: Hooks
    dtype: np.dtype[Any]
    held: tuple[Any, ...]
    plan: Plan
    shape: tuple[int, ...]
    stamp: int

    @property
    def primitive(self) -> Primitive:
        """The primitive that was called."""
        return self.plan.primitive

    @property
    def name(self) -> str:
        """The primitive's name."""
        return self.plan.primitive.name

    @property
    def freed(self) -> bool:
        """Whether a backward pass has let go of the saved values."""
        return self.plan.spent is None

    def _parent_count(self) -> int:
        return len(self.held) - len(self.plan.primitive.statics) - self.plan.saved

    @property
    def parents(self) -> tuple[Node | Leaf | complex, ...]:
        """The inputs in order: an entry, a leaf, or a Python scalar."""
        return self.held[: self._parent_count()]

    @property
    def static(self) -> dict[str, Any]:
        """The parameters that are not arrays, by name."""
        return dict(
            zip(self.plan.primitive.statics, self.held[self._parent_count() :], strict=False)
        )

    @property
    def saved(self) -> dict[str, Any]:
        """What the rules asked for, by name; empty once freed, and inside a checkpoint."""
        names = self.plan.saves
        if not names:
            return {}
        values = zip(names, self.held[-len(names) :], strict=True)
        return {name: value for name, value in values if value is not None}

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays that this entry keeps alive for its rules."""
        return sum(getattr(value, "nbytes", 0) for value in self.saved.values())

    def __repr__(self) -> str:
        keeps = "freed" if self.freed else f"saves {', '.join(self.saved) or 'nothing'}"
        inputs = ", ".join(
            f"{p.stamp:04d}" if isinstance(p, (Node, Leaf)) else str(p) for p in self.parents
        )
        return f"{self.stamp:04d}  {self.name}({inputs})   {self.shape} {self.dtype}   {keeps}"


_stamp = attrgetter("stamp")


def entries_to(roots: list[Node], *, spent: bool = True, since: int = 0) -> list[Node]:
    """The entries through which a gradient reaches `roots`, oldest first; iterative.

    With ``spent=False`` a freed entry is refused: its rules have nothing to work with. What lies
    behind the stamp `since` is left out.
    """
    seen: set[Node | Leaf] = set(roots)
    stack = list(seen)
    order: list[Any] = []
    while stack:
        node: Any = stack.pop()
        order.append(node)
        plan = node.plan
        if plan.spent is None and not spent:
            raise freed(plan.primitive, "an earlier")
        held = node.held
        for i in plan.wanted:
            parent = held[i]
            if parent not in seen:
                seen.add(parent)
                if parent.__class__ is Node and parent.stamp >= since:
                    stack.append(parent)
    order.sort(key=_stamp)
    return order


def tape(*outputs: Tensor) -> list[Node]:
    """The recorded entries that lead to `outputs`, in the order in which they were recorded.

    Raises GradientError for an output that no recorded operation made.

    >>> import autograd as ag
    >>> x = ag.tensor(2.0, requires_grad=True)
    >>> [entry.name for entry in tape(ag.exp(x) * x + 1)]
    ['exp', 'multiply', 'add']
    """
    for output in outputs:
        if not hasattr(output, "is_leaf"):
            raise TypeError(f"tape: received {describe(output)}; give it Tensors.")
        if output.is_leaf:
            raise GradientError(
                "tape: this Tensor was made by no recorded operation, so no tape leads to it; "
                "build it from a Tensor with requires_grad=True, outside no_grad()."
            )
    return entries_to([output._node for output in outputs])
