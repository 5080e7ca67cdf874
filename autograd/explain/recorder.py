"""`Tape`: the explorer's recorder, and the entries that every reader for people works on.

A computation leaves `Node`s, which hold what the rules asked for and nothing else. Inside
``with Tape() as tape:`` each operation leaves an `Entry` as well: with its values, the source line,
the names of the variables, the modules and functions around it, and after ``backward()`` its
cotangent and what it contributed to each input. The readers (table, drawing, stepper, derivation,
paths, checks) see entries only; `Tape.of` makes them, with less in them, of a recorded result.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import FrameType
from typing import Any, Self, overload

import numpy as np

from autograd import mode
from autograd.backward import dense, gradients
from autograd.errors import GradientError, describe
from autograd.names import is_ours
from autograd.primitive import Masked, Part, Primitive, node_of, output, rule_names
from autograd.tape import Leaf, Node, observe
from autograd.tensor import Tensor, attach

__all__ = ["Call", "Contribution", "Entry", "Input", "Pass", "Source", "Tape"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Source:
    """Where in the user's code an operation was called.

    ``line`` counts from 1, ``start`` and ``end`` are the columns of the expression in it, or None.
    """

    filename: str
    line: int
    function: str
    start: int | None = None
    end: int | None = None

    @property
    def text(self) -> str:
        """The line of code, as it is now in the file or the notebook's cell."""
        return linecache.getline(self.filename, self.line).strip()

    @property
    def expression(self) -> str:
        """The part of the line that called the operation."""
        line = linecache.getline(self.filename, self.line).encode()
        return line[self.start : self.end].decode(errors="ignore").strip() or self.text

    def __str__(self) -> str:
        name = self.filename
        if "ipykernel" in name or name.startswith("<ipython"):
            return f"cell line {self.line}"
        return f"{Path(name).name}:{self.line}"


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
            raise GradientError(f"{self.op}: has no derivative with respect to input {i}.")
        return rule

    def needs(self, i: int) -> dict[str, Any]:
        """What the rule for the input at position `i` is given beside the cotangent, by name."""
        p = self.primitive
        values = tuple(x.value if isinstance(x, _Value) else x for x in self.inputs)
        known: dict[str, Any] = {**self.static, "z": self.value, "i": i}
        known["z_shape"] = self.shape
        if p.variadic:
            known[p.inputs[0]] = values
            known[f"{p.inputs[0]}_shape"] = tuple(map(np.shape, values))
        else:
            known |= dict(zip(p.inputs, values, strict=True))
            known |= {
                f"{name}_shape": x.shape if isinstance(x, _Value) else ()
                for name, x in zip(p.inputs, self.inputs, strict=True)
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
        inputs = ", ".join(x.label if isinstance(x, _Value) else f"{x:g}" for x in self.inputs)
        name = f"{self.name} = " if self.name else ""
        return f"{self.index:04d}  {name}{self.op}({inputs})   {self.shape} {self.dtype}"


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

    def into(self, value: Entry | Input) -> list[Contribution]:
        """The contributions to the cotangent of `value`, in the order in which they came."""
        return [c for _, _, given in self.steps for c in given if c.to is value]


class Tape:
    r"""Records what happens inside ``with Tape() as tape:``, with all that a person wants to see.

    Entries in order, with values, source lines, variable names, modules, and after ``backward()``
    the cotangents. Indexed by position, slice or variable name; ``tape.at(tensor)`` finds the
    entry that made a Tensor. A computation on a tape is never freed by a backward pass while the
    tape is alive, so it may be run through again.

    Only operations on Tensors are seen: give data as Tensors (``ag.tensor(x)``) to see what is
    done to it before it meets a parameter.

    >>> import numpy as np
    >>> import autograd as ag
    >>> W = ag.tensor([[1.0], [2.0]], requires_grad=True)
    >>> with Tape() as tape:
    ...     z = np.array([[3.0, 4.0]]) @ W
    ...     loss = (z**2).sum()
    ...     loss.backward()
    >>> [entry.op for entry in tape]
    ['matmul', 'power', 'sum']
    >>> tape["z"].value, tape["z"].cotangent
    (array([[11.]]), array([[22.]]))
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.inputs: list[Input] = []
        self.calls: list[Call] = []
        self.passes: list[Pass] = []
        self._known: dict[Node | Leaf, Entry | Input] = {}
        self._lifted: dict[int, Input] = {}  # id of a user's array -> the input it became
        self._blocks: list[AbstractContextManager[None]] = []
        self._outermost: FrameType | None = None
        self._frames: dict[int, FrameType] = {}  # kept, so that their variables can be read at exit
        self._frame_calls: dict[int, Call] = {}
        self._pulled: Entry | None = None  # whose rules run now, in a pass that is followed
        self._pass = Pass({})
        self._totals: dict[Entry | Input, Any] = {}
        observe(self)

    @classmethod
    def of(cls, *outputs: Tensor) -> Tape:
        """A tape of what led to `outputs`, recorded without one: with the values that are known.

        Those are the leaves' and what the entries saved for their rules; there are no source
        lines and no modules. Names are those of the caller's variables.

        Raises GradientError for an output that no recorded operation made.
        """
        tape = cls()
        for node in reachable(outputs):
            if isinstance(node, Leaf):
                owner = None if node.owner is None else node.owner()
                tape._input(node, owner._data if owner is not None else None, owner)
                continue
            inputs = tuple(
                tape._known[p] if isinstance(p, (Node, Leaf)) else p for p in node.parents
            )
            entry = tape._append(node.primitive, inputs, node.static, None, node)
            for name, value in entry.saves.items():
                if name == "z":
                    entry.value = value
                elif node.primitive.variadic and name == node.primitive.inputs[0]:
                    _fill(inputs, value)
                elif name in node.primitive.inputs:
                    _fill([inputs[node.primitive.inputs.index(name)]], [value])
        for result in outputs:
            tape.at(result).value = result._data
        tape._read_names(_users_frames(), parameters=True)
        return tape

    # ------------------------------------------------------------------ recording

    def __enter__(self) -> Self:
        self._outermost = next(_users_frames(), None)
        block = mode.telling(self)
        block.__enter__()
        self._blocks.append(block)
        return self

    def __exit__(self, *error: Any) -> None:
        self._blocks.pop().__exit__(*error)
        if not self._blocks:
            self._read_names(self._frames.values(), parameters=True)
            self._frames.clear()
            self._frame_calls.clear()
            self._outermost = None

    def keep(
        self, primitive: Primitive, inputs: tuple[Any, ...], static: dict[str, Any], result: Any
    ) -> Any:
        """Called by the engine for each operation: adds an entry for it."""
        frames = list(self._stack())
        self._frames.update((id(frame), frame) for frame in frames)
        self._read_names(frames)  # of the results so far, before a variable is bound anew
        operands = tuple(self._operand(x) if isinstance(x, Tensor) else x for x in inputs)
        if primitive.outputs == 1:
            made = [
                self._append(primitive, operands, static, _owned(result._data), node_of(result))
            ]
        else:
            made = self._append_several(primitive, operands, static, result)
        source, call = _source(frames), self._call(frames)
        for entry in made:
            entry.source, entry.call = source, call
            if self._pulled is not None:
                entry.order, entry.forward = self._pulled.order + 1, self._pulled
        return result

    def _append(
        self, primitive: Primitive, inputs: tuple[Any, ...], static: Any, value: Any, node: Any
    ) -> Entry:
        entry = Entry(len(self.entries), primitive, inputs, static, value, node)
        self.entries.append(entry)
        self._known[node] = entry
        return entry

    def _append_several(
        self, primitive: Primitive, inputs: tuple[Any, ...], static: Any, results: Any
    ) -> list[Entry]:
        """An entry for the operation, and one for each of its outputs."""
        nodes, values = [node_of(one) for one in results], [_owned(one._data) for one in results]
        whole = nodes[0].parents[0] if nodes and isinstance(nodes[0], Node) else _several(values)
        made = [self._append(primitive, inputs, static, tuple(values), whole)]
        for k, (node, value) in enumerate(zip(nodes, values, strict=True)):
            made.append(self._append(output, (made[0],), {"which": k}, value, node))
        return made

    def lifted(self, constant: Tensor, array: Any) -> None:
        """Called by the engine when an array of the user becomes a constant."""
        if not isinstance(array, np.ndarray):
            return
        known = self._lifted.get(id(array))
        if known is not None and _same(known.value, array):
            constant._node = known.node
        else:
            self._lifted[id(array)] = self._input(node_of(constant), array, array)

    def _operand(self, x: Tensor) -> Entry | Input:
        node = node_of(x)
        known = self._known.get(node)
        # (The values behind a leaf can change between two uses.)
        if known is None or (isinstance(node, Leaf) and not _same(known.value, x._data)):
            return self._input(node, x._data, x)
        return known

    def _input(self, node: Any, value: Any, origin: Any) -> Input:
        value = value if value is None else _read_only(np.array(value))
        made = Input(node, value, len(self.inputs), origin)
        self.inputs.append(made)
        self._known[node] = made
        return made

    # ------------------------------------------------------------------ whose names, which code

    def _stack(self) -> Iterator[FrameType]:
        """The frames between the operation and the block's own, innermost first."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            yield frame
            if frame is self._outermost:
                return
            frame = frame.f_back

    def _call(self, frames: list[FrameType]) -> Call | None:
        """The innermost module or function call among `frames`."""
        call: Call | None = None
        for frame in reversed(frames):
            if frame is self._outermost:
                continue
            known = self._frame_calls.get(id(frame))
            if known is None:
                known = self._new_call(frame, call, frames)
                if known is None:
                    continue
                self._frame_calls[id(frame)] = known
            call = known
        return call

    def _new_call(
        self, frame: FrameType, parent: Call | None, frames: list[FrameType]
    ) -> Call | None:
        code = frame.f_code
        target: Any = code
        if code.co_name == "forward" and hasattr(
            target := frame.f_locals.get(code.co_varnames[0]), "named_modules"
        ):
            if parent is not None and parent.target is target:
                return parent  # forward of the class above
            kind, path, name = "module", self._path(target, parent, frames), type(target).__name__
        elif code.co_name[0] in "_<" or self._outermost not in frames:
            return None
        elif not is_ours(frame):
            kind, path, name = "function", code.co_name, code.co_name
        elif str(frame.f_globals.get("__name__")).startswith(_COMPOSITES):
            if parent is not None and parent.kind == "composite":
                return None  # what softmax itself calls is of no interest
            kind, path, name = "composite", code.co_name, code.co_name
        else:
            return None
        number = sum(call.path == path for call in self.calls)
        made = Call(kind, path, name, parent, number, target if kind == "module" else code)
        self.calls.append(made)
        return made

    def _path(self, module: Any, parent: Call | None, frames: list[FrameType]) -> str:
        """The way to a module from the module around it, or from a variable of the user."""
        around = parent
        while around is not None and around.kind != "module":
            around = around.parent
        if around is not None:
            roots = [(around.path, around.target)]
        else:
            roots = [
                (name, value)
                for frame in reversed(frames)
                if not is_ours(frame)
                for name, value in list(frame.f_locals.items())
                if hasattr(type(value), "named_modules")
            ]
        for name, root in roots:
            for path, inner in root.named_modules():
                if inner is module:
                    return f"{name}.{path}" if path else name
        name = type(module).__name__.lower()
        return f"{around.path}.{name}" if around is not None else name

    def _read_names(self, frames: Iterable[FrameType], parameters: bool = False) -> None:
        """Note which variables of `frames`, innermost first, hold a value of this tape."""
        frames = [frame for frame in frames if not is_ours(frame) or "nn" in _package(frame)]
        for depth, frame in enumerate(reversed(frames)):
            variables = list(frame.f_locals.items())
            if is_ours(frame):  # what the user calls it comes before what `nn` does
                arguments = frame.f_code.co_varnames[: frame.f_code.co_argcount]
                for name, value in variables:
                    if name not in arguments:
                        self._note(name, value, depth + 1000)
                continue
            for name, value in variables:
                if name.startswith("_") or name == "self":
                    continue
                self._note(name, value, depth)
                if isinstance(value, dict):
                    for key, inner in list(value.items()):
                        self._note(f"{name}[{key!r}]", inner, depth + 100)
                elif isinstance(value, (list, tuple)) and len(value) < 1000:
                    for k, inner in enumerate(value):
                        self._note(f"{name}[{k}]", inner, depth + 100)
                elif parameters and hasattr(type(value), "named_parameters"):
                    for path, inner in [*value.named_parameters(), *value.named_buffers()]:
                        self._note(f"{name}.{path}", inner, depth - 500)

    def _note(self, name: str, value: Any, depth: int) -> None:
        if isinstance(value, Tensor):
            known = self._known.get(value._node)
        elif value.__class__ is np.ndarray:
            known = self._lifted.get(id(value))
            known = known if known is not None and known.origin is value else None
        else:
            return
        if known is not None:
            known._names[name] = min(depth, known._names.get(name, depth))

    # ------------------------------------------------------------------ the backward pass

    def knows(self, node: Node) -> bool:
        """Whether an entry of this tape stands for `node`."""
        return isinstance(self._known.get(node), Entry)

    @contextmanager
    def follows(
        self, cotangents: dict[Any, Any], setting: AbstractContextManager[Any]
    ) -> Iterator[None]:
        """Called by the engine around a backward pass."""
        seeds = {
            entry: _values(g)
            for node, g in cotangents.items()
            if isinstance(entry := self._known.get(node), Entry)
        }
        self._pass, self._totals = Pass(seeds), {}
        try:
            with setting:
                yield
            for value, total in self._totals.items():
                if isinstance(value, Input):
                    value.cotangent = total
            self.passes.append(self._pass)
        finally:
            self._pulled = None
            self._totals = {}

    def reaches(self, node: Node, g: Any) -> None:
        """Called by the engine when the cotangent of an entry is complete."""
        self._pulled = entry = self._entry(node)
        if entry is not None:
            entry.cotangent = _values(g)
            self._pass.steps.append((entry, entry.cotangent, []))

    def contributes(self, node: Node, i: int, c: Any) -> None:
        """Called by the engine with what a rule returned."""
        entry = self._entry(node)
        if entry is None:
            return
        to = entry.inputs[i]
        raw = getattr(c, "g", c)
        value = _values(dense(_values(c), to.node, entry.primitive))
        before = self._totals.get(to)
        total = value if before is None else _plus(before, value)
        self._totals[to] = total
        raw_shape = to.shape if raw is not c else np.shape(raw)
        self._pass.steps[-1][2].append(Contribution(entry, i, to, value, raw_shape, total))

    def _entry(self, node: Node) -> Entry | None:
        known = self._known.get(node)
        return known if isinstance(known, Entry) else None

    def backward_pass(self, output: Tensor | Entry | None = None) -> Pass:
        """The last backward pass from `output`; runs one, adding to no ``.grad``, if none was.

        `output` is by default where the last pass began, or the last result on the tape.

        Raises GradientError if `output` is not on this tape or nothing in it wants a gradient,
        ValueError if it is no single number and no pass began there.
        """
        entry = self.output if output is None else self.at(output)
        for done in reversed(self.passes):
            if entry in done.seeds:
                return done
        if not isinstance(entry, Entry) or not entry.wants:
            raise GradientError(
                f"Tape: no gradient flows to `{entry.label}`; compute it from a Tensor with "
                "requires_grad=True."
            )
        leaves = [x for x in self.inputs if x.wants]
        handle = attach(entry.value, entry.node)
        gradients(handle, [attach(x.value, x.node) for x in leaves], allow_unused=True,
                  retain_graph=True)  # fmt: skip
        return self.passes[-1]

    # ------------------------------------------------------------------ looking things up

    @property
    def output(self) -> Entry:
        """Where the last backward pass began; without one, the last result that wants a gradient.

        Raises GradientError on a tape without such a result.
        """
        if self.passes:
            return next(iter(self.passes[-1].seeds))
        for entry in reversed(self.entries):
            if entry.wants and entry.order == 0:
                return entry
        raise GradientError(
            "Tape: holds no result that wants a gradient; inside the block, compute something "
            "from a Tensor with requires_grad=True."
        )

    def at(self, value: Any) -> Any:
        """The entry or input that stands for a Tensor, a name, or an index.

        Raises GradientError for a Tensor that is not on this tape, KeyError for an unknown name.
        """
        if isinstance(value, (Entry, Input)):
            return value
        if isinstance(value, str):
            return self[value]
        if isinstance(value, int):
            return self[value]
        if isinstance(value, np.ndarray):
            known: Any = self._lifted.get(id(value))
        elif isinstance(value, Tensor):
            known = self._known.get(value._node)
        else:
            raise TypeError(f"Tape.at: received {describe(value)}; give it a Tensor or a name.")
        if known is None:
            raise GradientError(
                f"Tape.at: the value of {describe(value)} was neither made nor used on this tape; "
                "compute with it inside the `with` block."
            )
        return known

    @overload
    def __getitem__(self, key: int) -> Entry: ...
    @overload
    def __getitem__(self, key: slice) -> list[Entry]: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return self.entries[key]
        self._settle()
        values = [*self.inputs, *self.entries]
        found = [x for x in values if x.name == key] or [x for x in values if key in x.names]
        found = found or [x for x in values if x.label == key]
        if not found:
            names = sorted({name for x in values for name in x.names})
            near = get_close_matches(key, names) or names[:8]
            raise KeyError(
                f"Tape: no variable `{key}` held a value of this tape"
                + (f"; near to it: {', '.join(near)}." if near else ".")
            )
        return found[-1]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def filter(self, op: str | None = None, path: str | None = None) -> list[Entry]:
        """The entries of a primitive, or of a module and those inside it.

        >>> import autograd as ag
        >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> with Tape() as tape:
        ...     y = (x * 2 * x).sum()
        >>> tape.filter(op="multiply")
        [0000  multiply(x, 2)   (2,) float64, 0001  multiply(v0, x)   (2,) float64]
        """
        return [
            entry
            for entry in self.entries
            if (op is None or entry.op == op)
            and (path is None or f"{entry.path}.".startswith(f"{path}."))
        ]

    def _settle(self) -> None:
        """Read the names also inside the block."""
        if self._blocks:
            self._read_names(self._stack(), parameters=True)


_COMPOSITES = ("autograd.functions", "autograd.linalg", "autograd.special", "nn.functional")


def _package(frame: FrameType) -> list[str]:
    return str(frame.f_globals.get("__name__", "")).split(".")[:1]


def _users_frames() -> Iterator[FrameType]:
    """The caller's frames that run no code of this project, innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not is_ours(frame):
            yield frame
        frame = frame.f_back


def _source(frames: list[FrameType]) -> Source | None:
    """The innermost line of the user's own code."""
    frame = next((frame for frame in frames if not is_ours(frame)), None)
    if frame is None:
        return None
    positions = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    line, end_line, start, end = positions
    one_line = line == end_line
    return Source(
        frame.f_code.co_filename,
        line or frame.f_lineno,
        frame.f_code.co_name,
        start if one_line else None,
        end if one_line else None,
    )


def _several(values: list[Any]) -> Leaf:
    """A stand-in for an operation with several outputs that no gradient flows through."""
    leaf = Leaf(np.empty(0))
    leaf.shape = tuple(value.shape for value in values)
    leaf.dtype = tuple(value.dtype for value in values)  # type: ignore[assignment]
    return leaf


def _owned(array: Any) -> Any:
    """The values of a result, which nothing changes later: a view may belong to a leaf."""
    if array.__class__ is not np.ndarray:
        return array
    return _read_only(array.copy() if array.base is not None else array)


def _read_only(array: Any) -> Any:
    view = array.view()
    view.flags.writeable = False
    return view


def _same(known: Any, array: Any) -> bool:
    return (
        known is not None
        and known.shape == array.shape
        and known.dtype == array.dtype
        and (known == array).all() | np.array_equal(known, array, equal_nan=known.dtype.kind == "f")
    )


def _values(g: Any) -> Any:
    """Plain arrays in place of Tensors, also in what a rule returned."""
    if isinstance(g, (list, tuple)):
        return tuple(map(_values, g))
    if isinstance(g, Part):
        return Part(_values(g.g), g.index)
    if isinstance(g, Masked):
        return Masked(_values(g.g), g.mask)
    return g._data if isinstance(g, Tensor) else g


def _plus(a: Any, b: Any) -> Any:
    return tuple(map(np.add, a, b)) if isinstance(a, tuple) else a + b


def _fill(inputs: Iterable[Any], values: Iterable[Any]) -> None:
    for x, value in zip(inputs, values, strict=True):
        if isinstance(x, (Entry, Input)) and x.value is None:
            x.value = value


def reachable(outputs: tuple[Tensor, ...]) -> list[Node | Leaf]:
    """All entries and leaves that lead to the outputs, also as constants, oldest first."""
    if not outputs:
        raise TypeError("draw: received nothing; give it the result of a computation.")
    seen: set[Node | Leaf] = set()
    stack: list[Any] = []
    for result in outputs:
        if not isinstance(result, Tensor):
            raise TypeError(f"draw: received {describe(result)}; give it Tensors.")
        if result.is_leaf:
            raise GradientError(
                f"draw: the Tensor of {describe(result)} was made by no recorded operation; "
                "compute it from a Tensor with requires_grad=True, outside no_grad()."
            )
        stack.append(result._node)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            if isinstance(node, Node):
                stack += [p for p in node.parents if isinstance(p, (Node, Leaf))]
    return sorted(seen, key=lambda node: node.stamp)
