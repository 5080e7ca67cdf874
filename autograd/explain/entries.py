"""What is on a tape: an `Entry` for each operation, an `Input` for what none of them made.

A `Source` says where in the user's code an entry was recorded, a `Call` in which module or
function, a `Pass` what a backward pass brought to each entry and what that contributed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from autograd.backward import dense
from autograd.errors import GradientError
from autograd.places import Source
from autograd.primitive import Primitive, rule_names
from autograd.tape import Leaf, Node

__all__ = ["Call", "Contribution", "Entry", "Input", "Pass", "plus", "stand_in"]

Array = np.ndarray[Any, Any]

OURS = 1000  # names in this project's code are as far away as the user's in this depth


@dataclass(eq=False)
class Call:
    """A call of a module or of a function, in which entries were recorded.

    ``kind`` is "module", "composite" (a function of this project that is composed of primitives,
    ``softmax``) or "function" (one of the user's). ``path`` is the way to a module from the user's
    variable, ``model.fc1``, or the function's name; ``number`` counts the calls of the same path.
    """

    kind: str
    path: str
    type: str
    parent: Call | None
    number: int
    target: Any = field(repr=False)  # the module itself, or the code of the function

    def chain(self) -> list[Call]:
        """This call and those around it, outermost first."""
        calls: list[Call] = []
        call: Call | None = self
        while call is not None:
            calls.append(call)
            call = call.parent
        return calls[::-1]


class _Value:
    """What entries and inputs have in common: a value with a name, and its cotangent."""

    def __init__(self, node: Node | Leaf, value: Any) -> None:
        self.node = node
        self.value = value
        self.cotangent: Any = None
        self._names: dict[str, int] = {}  # -> how far from the outermost frame it was found

    @property
    def names(self) -> tuple[str, ...]:
        """The user's variables that held it, those of the outermost function first."""
        return tuple(sorted(self._names, key=self._names.__getitem__))

    @property
    def name(self) -> str:
        """The variable that held it, "" if none did."""
        return self.names[0] if self._names else ""

    @property
    def is_users(self) -> bool:
        """Whether a variable of the user's held it, not only one of this project's."""
        return any(depth < OURS for depth in self._names.values())

    @property
    def label(self) -> str:
        """What to call it."""
        raise NotImplementedError

    @property
    def shape(self) -> Any:
        """The shape of the value; of an entry with several outputs, a tuple of theirs."""
        return self.node.shape

    @property
    def dtype(self) -> Any:
        """NumPy's dtype of the value, or a tuple of them."""
        return self.node.dtype


class Input(_Value):
    """A value that no operation on this tape made: a parameter, data, a constant.

    ``wants`` says whether a gradient flows to it; ``value`` is a copy of what it was when it was
    used.
    """

    def __init__(self, node: Any, value: Any, index: int, origin: Any = None) -> None:
        super().__init__(node, value)
        self.index = index
        self.origin = origin  # the user's array or Tensor

    @property
    def wants(self) -> bool:
        """Whether a gradient flows to it."""
        return self.node.wants

    @property
    def label(self) -> str:
        """Its name, or ``c3`` for the third constant that has none (``w3`` if it is a leaf)."""
        return self.name or f"{'w' if self.wants else 'c'}{self.index}"

    def __repr__(self) -> str:
        kind = "leaf" if self.wants else "input"
        return f"{self.label}   {kind} {self.shape} {self.dtype}"

    def _repr_html_(self) -> str:
        from autograd.explain.table import input_html

        return input_html(self)


class Entry(_Value):
    """One operation: the primitive that was called, on what, with which result.

    ``index``       its place on the tape, from 0
    ``inputs``      an `Entry`, an `Input` or a Python number each
    ``static``      the parameters that are no arrays, by name
    ``value``       the result, an array (a tuple of arrays if there are several; None if unknown)
    ``cotangent``   the gradient of the last backward pass with respect to it, or None
    ``source``      the user's line, a `Source`, or None
    ``call``        the innermost module or function call around it, a `Call`, or None
    ``order``       0 in the computation itself, 1 in its backward pass, 2 in the pass through that
    ``forward``     of an entry of a backward pass: the entry whose rule recorded it
    """

    def __init__(
        self,
        index: int,
        primitive: Primitive,
        inputs: tuple[Any, ...],
        static: dict[str, Any],
        value: Any,
        node: Any,
    ) -> None:
        super().__init__(node, value)
        self.index = index
        self.primitive = primitive
        self.inputs = inputs
        self.static = static
        self.source: Source | None = None
        self.call: Call | None = None
        self.order = 0
        self.forward: Entry | None = None

    @property
    def op(self) -> str:
        """The primitive's name."""
        return self.primitive.name

    @property
    def label(self) -> str:
        """Its name, or ``v7`` for the entry at index 7 if it has none."""
        return self.name or f"v{self.index}"

    @property
    def wants(self) -> bool:
        """Whether a gradient flows through it."""
        return isinstance(self.node, Node)

    @property
    def path(self) -> str:
        """The path of the innermost module around it, ``model.fc1``, or ""."""
        modules = [c.path for c in self.call.chain() if c.kind == "module"] if self.call else []
        return modules[-1] if modules else ""

    @property
    def parents(self) -> tuple[Entry | Input, ...]:
        """The inputs that are arrays, in order."""
        return tuple(x for x in self.inputs if isinstance(x, _Value))  # type: ignore[misc]

    @property
    def wanted(self) -> tuple[int, ...]:
        """The positions of the inputs to which a gradient flows from here."""
        return self.node.plan.wanted if isinstance(self.node, Node) else ()

    @property
    def saves(self) -> dict[str, Any]:
        """What the tape keeps of it for its rules, by name (an array, or a shape)."""
        return self.node.saved if isinstance(self.node, Node) else {}

    def rule(self, i: int) -> Callable[..., Any]:
        """The rule for the input at position `i`."""
        p = self.primitive
        rule = p.rules[p.inputs[0 if p.variadic else i]]
        if rule is None:
            raise GradientError(
                f"{self.op}: has no derivative with respect to input {i}; ask for another."
            )
        return rule

    def reads(self, i: int) -> Sequence[int]:
        """The positions of the inputs whose values the rule for the one at `i` may ask for.

        (A rule for any number of inputs reads mostly none of them: that of concatenate.)
        """
        p = self.primitive
        everything = not p.variadic or p.inputs[0] in rule_names(self.rule(i))
        return range(len(self.inputs)) if everything else ()

    @cached_property
    def _input_shapes(self) -> tuple[Any, ...]:
        return tuple(x.shape if isinstance(x, _Value) else () for x in self.inputs)

    def needs(self, i: int, values: Any = None, z: Any = None) -> dict[str, Any]:
        """What the rule for the input at position `i` is given beside the cotangent, by name.

        These are the recorded values, or what stands for them: `values` for the inputs that it
        `reads`, and `z`.
        """
        p = self.primitive
        if values is None:
            inputs = (self.inputs[k] for k in self.reads(i))
            values = tuple(x.value if isinstance(x, _Value) else x for x in inputs)
        known: dict[str, Any] = {**self.static, "z": self.value if z is None else z, "i": i}
        known["z_shape"] = self.shape
        if p.variadic:
            known[p.inputs[0]] = values
            known[f"{p.inputs[0]}_shape"] = self._input_shapes
        else:
            known |= dict(zip(p.inputs, values, strict=True))
            known |= {
                f"{name}_shape": shape
                for name, shape in zip(p.inputs, self._input_shapes, strict=True)
            }
        names = [name for name in rule_names(self.rule(i)) if name != "g"]
        for name in names:
            if known[name] is None and name not in self.static:
                raise GradientError(
                    f"{self.op}: the value of `{name}` was not recorded; compute it inside "
                    "`with Tape() as tape:` to look at values."
                )
        return {name: known[name] for name in names}

    def pull(self, i: int, g: Any) -> Array:
        """The rule for input `i` applied to the cotangent `g`: an array of that input's shape.

        Works from the recorded values, also on a tape that a backward pass has freed.
        """
        c = self.rule(i)(g, **self.needs(i))
        pulled: Array = dense(c, self.inputs[i].node, self.primitive)
        return pulled

    def __repr__(self) -> str:
        from autograd.explain.table import call_text

        name = f"{self.name} = " if self.name else ""
        return f"{self.index:04d}  {name}{call_text(self)}   {self.shape} {self.dtype}"

    def _repr_html_(self) -> str:
        from autograd.explain.table import entry_html

        return entry_html(self)


@dataclass(eq=False)
class Contribution:
    """What one entry added to the cotangent of one of its inputs.

    ``raw_shape`` is the shape that the rule returned: where it is not the input's, axes were
    summed over to undo broadcasting. ``total`` is the sum so far, this one included.
    """

    entry: Entry
    i: int
    to: Entry | Input
    value: Array
    raw_shape: Any
    total: Array


@dataclass(eq=False)
class Pass:
    """A backward pass over a tape: in order, each entry with the cotangent that came in.

    ``steps`` holds ``(entry, cotangent, contributions)``; ``seeds`` the cotangents it began with.
    """

    seeds: dict[Entry, Any]
    steps: list[tuple[Entry, Any, list[Contribution]]] = field(default_factory=list)

    def __repr__(self) -> str:
        seeds = ", ".join(seed.label for seed in self.seeds)
        return f"<Pass from {seeds}: {len(self.steps)} steps; .steps, .into(value)>"

    @property
    def complete(self) -> bool:
        """Whether it went all the way, and not only to the inputs that were asked for."""
        return all(len(given) == len(entry.wanted) for entry, _, given in self.steps)

    def into(self, value: Entry | Input) -> list[Contribution]:
        """The contributions to the cotangent of `value`, in the order in which they came."""
        return [c for _, _, given in self.steps for c in given if c.to is value]


def stand_in(value: Any) -> Leaf:
    """In place of the tape's entry of an operation through which no gradient flows.

    `value` is its result, a tuple of several.
    """
    if not isinstance(value, tuple):
        return Leaf(value)
    leaf = Leaf(np.empty(0))
    leaf.shape = tuple(part.shape for part in value)
    leaf.dtype = tuple(part.dtype for part in value)  # type: ignore[assignment]
    return leaf


def plus(a: Any, b: Any) -> Any:
    """The sum of two cotangents; an entry with several outputs has a tuple of them."""
    if isinstance(a, (list, tuple)):
        return tuple(map(plus, a, b))
    return np.asarray(a + b)
