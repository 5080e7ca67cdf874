"""What `detect_anomaly` notes: operations, and what made a number that is not finite.

A `Note` says where an operation was called. An `Event` is an operation that made such numbers, or
was given them; a `Trace` leads from a value that holds some to the event that they come from.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from types import CodeType, ModuleType
from typing import Any
from weakref import ReferenceType, WeakKeyDictionary, ref

import numpy as np

from autograd.errors import printable
from autograd.explain.look import number_text
from autograd.names import variables
from autograd.places import Source, source_at, users_frames
from autograd.primitive import Primitive
from autograd.tape import Leaf
from autograd.tensor import Tensor

__all__ = [
    "Event",
    "Note",
    "Operand",
    "Trace",
    "all_finite",
    "arrays",
    "event_at",
    "first_of",
    "has_nan",
    "is_finite",
    "operand_at",
    "value_text",
]


@dataclass(eq=False)
class Note:
    """Where an operation was called; `value` is its result."""

    code: CodeType | None
    instruction: int
    scope: dict[str, Any] | None  # the user's globals, if the line itself calls the operation
    composite: str  # the function of ours around the operation, ``std``
    modules: tuple[Any, ...]  # outermost first
    pulled: Note | None  # of the entry in whose rule it was called
    value: Any = None

    @property
    def source(self) -> Source | None:
        """The line of the user's code."""
        return source_at(self.code, self.instruction) if self.code is not None else None

    def arguments(self, name: str, count: int) -> list[str]:
        """How the line calls the `count` operands of the primitive `name`, if it says so."""
        source = self.source
        if self.scope is None or source is None:
            return [""] * count
        try:
            (call,) = ast.parse(source.expression).body
        except (SyntaxError, ValueError):
            return [""] * count
        if isinstance(call, (ast.Assign, ast.Expr, ast.Return)):
            call = call.value  # type: ignore[assignment]
        found: list[Any]
        if isinstance(call, ast.BinOp):
            found = [call.left, call.right]
        elif isinstance(call, ast.UnaryOp):
            found = [call.operand]
        elif isinstance(call, ast.AugAssign):
            found = [call.target, call.value]
        elif isinstance(call, ast.Subscript):
            found = [call.value]
        elif isinstance(call, ast.Call):
            found = list(call.args)
            if isinstance(call.func, ast.Attribute) and not self._is_module(call.func.value):
                found.insert(0, call.func.value)  # x.sum()
            called = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if called != name and len(found) != count:
                found = []  # a function around the operation
        else:
            found = []
        texts = [ast.unparse(argument) for argument in found[:count]]
        return (texts + [""] * count)[:count]

    def _is_module(self, expression: ast.expr) -> bool:
        while isinstance(expression, ast.Attribute):
            expression = expression.value
        name = expression.id if isinstance(expression, ast.Name) else ""
        return isinstance((self.scope or {}).get(name), ModuleType)

    def module(self) -> str:
        """The innermost module, as the user's variables lead to it."""
        if not self.modules:
            return ""
        inner = self.modules[-1]
        kind = type(inner).__name__
        for frame in users_frames():
            for name, value in variables(frame):
                if hasattr(type(value), "named_modules"):
                    for path, module in value.named_modules():
                        if module is inner:
                            path = ".".join(filter(None, (name, path)))
                            return printable(f"{path.removeprefix('self.')} ({kind})")
        return printable(kind)


@dataclass(eq=False)
class Operand:
    """A value that an operation was given, at the element in question (None if unknown)."""

    at: Any
    index: tuple[int, ...] | None
    size: int
    largest: float
    leaf: ReferenceType[Any] | None = None
    name: str = ""


@dataclass(eq=False)
class Event:
    """An operation made elements that are not finite, or (``came_in``) was given them."""

    primitive: Primitive
    note: Note
    index: tuple[int, ...]  # of the first
    value: Any
    count: int
    of: int
    dtype: Any
    operands: list[Operand]
    static: dict[str, Any] = field(default_factory=dict)
    came_in: int | None = None  # which operand
    changed: bool = False  # after it received a finite gradient
    wide: float | None = None  # what it would be in float64

    @property
    def weight(self) -> int:
        """How much it says: a NaN more than an infinity, what was made more than what was given."""
        return 3 if np.isnan(self.value) else 1 if self.came_in is not None else 2


@dataclass(eq=False)
class Trace:
    """Where the elements `bad` of a value come from, and which operation made NaN of infinity."""

    bad: Any
    value: Any  # the first of them
    origin: Event
    turned: Event | None = None
    result: ReferenceType[Tensor] | None = None
    used: bool = False

    @property
    def weight(self) -> int:
        """That of the event that says most."""
        return max(event.weight for event in (self.origin, self.turned) if event)


# The constants that arrays of the user became, for their names.
arrays: WeakKeyDictionary[Leaf, ReferenceType[Any]] = WeakKeyDictionary()


def event_at(primitive: Primitive, note: Note, value: Any, where: Any) -> Event:
    """The event of the elements `where` of a value, its operands not told yet."""
    index = first_of(where)
    count = int(np.sum(where))
    return Event(primitive, note, index, value[index], count, value.size, value.dtype, [])


def operand_at(x: Any, at: Any, node: Any, name: str = "") -> Operand:
    """An operand at the element of it that is used for the element `at` of the result."""
    leaf = ref(node) if isinstance(node, Leaf) else None
    if x is None:
        return Operand(None, None, -1, np.nan, leaf, name)
    x = np.asarray(x)
    index: Any = None
    if at is not None:
        lead = len(at) - x.ndim
        index = tuple(0 if n == 1 else i for i, n in zip(at[lead:], x.shape, strict=True))
    largest = float(np.max(np.abs(x), initial=0)) if x.dtype.kind != "b" else 1.0
    return Operand(None if index is None else x[index], index, x.size, largest, leaf, name)


# ---------------------------------------------------------------------- in a few words


def is_finite(a: Any) -> bool:
    """Whether all elements are; their sum is the quickest look at them."""
    if a.dtype.kind != "f":
        return True
    return bool(np.isfinite(np.add.reduce(a, axis=None)) or np.isfinite(a).all())


def all_finite(value: Any) -> bool:
    """The same; also of a tuple of arrays."""
    return all(map(all_finite, value)) if isinstance(value, tuple) else is_finite(np.asarray(value))


def has_nan(value: Any) -> bool:
    """Whether an array, or one of a tuple, holds a NaN."""
    return any(map(has_nan, value)) if isinstance(value, tuple) else bool(np.isnan(value).any())


def first_of(where: Any) -> tuple[int, ...]:
    """The index of the first element that is true."""
    found = np.unravel_index(int(np.argmax(where)), np.shape(where))
    return tuple(int(i) for i in found)


def value_text(value: Any) -> str:
    """A number as the errors write it."""
    text = number_text(value)
    return "NaN" if text == "nan" else text
