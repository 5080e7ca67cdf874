"""`Tape`: the explorer's recorder, and the entries that every reader for people works on.

A computation leaves `Node`s, which hold what the rules asked for and nothing else. Inside
``with Tape() as tape:`` each operation leaves an `Entry` as well: with its values, the source line,
the names of the variables, the modules and functions around it, and after ``backward()`` its
cotangent and what it contributed to each input. The readers (table, drawing, stepper, derivation,
paths, checks) see entries only; `Tape.of` makes them, with less in them, of a recorded result.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from difflib import get_close_matches
from itertools import count
from types import FrameType
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

from autograd import mode
from autograd.backward import dense, gradients
from autograd.errors import GradientError, describe, printable
from autograd.explain.entries import (
    OURS,
    Call,
    Contribution,
    Entry,
    Input,
    Pass,
    plus,
    stand_in,
)
from autograd.explain.frames import is_composite, package
from autograd.explain.look import distinct_labels
from autograd.names import attributes, globals_of, variables
from autograd.places import Source, is_ours, source_at, users_frames
from autograd.primitive import Masked, Part, Primitive, node_of, output
from autograd.tape import Leaf, Node, observe
from autograd.tensor import Tensor, attach

if TYPE_CHECKING:
    from autograd.explain.check import Report
    from autograd.explain.derivation import Derivation
    from autograd.explain.ledgers import Broadcasts, Memory
    from autograd.explain.paths import Paths
    from autograd.explain.render import Drawing
    from autograd.explain.stepper import Stepper

__all__ = ["Tape"]


class Tape(mode.Recorder):
    r"""Records what happens inside ``with Tape() as tape:``, with all that a person wants to see.

    Entries in order, with values, source lines, variable names, modules, and after ``backward()``
    the cotangents. Indexed by position, slice or variable name; ``tape.at(tensor)`` finds the
    entry that made a Tensor. While a tape is alive, no backward pass frees what is on it: a second
    ``backward()`` raises nothing, even without ``retain_graph=True``, and adds to ``.grad`` again.

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

    keeps = True  # who looks may want to look again

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.inputs: list[Input] = []
        self.calls: list[Call] = []
        self.passes: list[Pass] = []
        self._known: dict[Node | Leaf, Entry | Input] = {}
        self._lifted: dict[int, Input] = {}  # id of a user's array -> the input it became
        self._blocks: list[AbstractContextManager[None]] = []
        self._outermost: FrameType | None = None
        # By id, with their distance from the block's: kept, so that variables can be read at exit.
        self._frames: dict[int, tuple[FrameType, int]] = {}
        self._frame_calls: dict[int, Call] = {}
        self._counts: Counter[str] = Counter()
        self._pulled: Entry | None = None  # whose rules run now, in a pass that is followed
        self._pass = Pass({})
        self._totals: dict[Entry | Input, Any] = {}
        observe(self)

    @classmethod
    def of(cls, *outputs: Tensor, function: str = "Tape.of") -> Tape:
        """A tape of what led to `outputs`, recorded without one: with the values that are known.

        Those are the leaves' and what the entries saved for their rules; there are no source
        lines and no modules. Names are those of the caller's variables. `function` is who asks, for
        errors.

        Raises GradientError for an output that no recorded operation made, TypeError for what is
        no Tensor.
        """
        tape = cls()
        for node in _reachable(outputs, function):
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
        tape._read_names(zip(users_frames(), count()), parameters=True)
        tape._tell_inputs_apart()
        return tape

    # ------------------------------------------------------------------ recording

    def __enter__(self) -> Self:
        self._outermost = next(users_frames(), None)
        block = mode.telling(self)
        block.__enter__()
        self._blocks.append(block)
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            self._blocks.pop().__exit__(*error)
        finally:
            if not self._blocks:
                self._read_names(self._frames.values(), parameters=True)
                self._tell_inputs_apart()
                self._frames.clear()
                self._frame_calls.clear()
                self._outermost = None

    def keep(
        self, primitive: Primitive, inputs: tuple[Any, ...], static: dict[str, Any], result: Any
    ) -> Any:
        """Called by the engine for each operation: adds an entry for it."""
        if not self._blocks:  # left elsewhere, where this thread's mode could not be put back
            return result
        frames = list(self._stack())
        stack = _by_depth(frames)
        self._frames.update((id(frame), (frame, depth)) for frame, depth in stack)
        self._read_names(stack)  # of the results so far, before a variable is bound anew
        known = len(self.inputs)
        operands = tuple(self._operand(x) if isinstance(x, Tensor) else x for x in inputs)
        if len(self.inputs) > known:
            self._read_names(stack)  # of these too
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
        whole = (
            nodes[0].parents[0] if nodes and isinstance(nodes[0], Node) else stand_in(tuple(values))
        )
        made = [self._append(primitive, inputs, static, tuple(values), whole)]
        for k, (node, value) in enumerate(zip(nodes, values, strict=True)):
            made.append(self._append(output, (made[0],), {"which": k}, value, node))
        return made

    def lifted(self, constant: Tensor, array: Any) -> None:
        """Called by the engine when an array of the user becomes a constant."""
        if not isinstance(array, np.ndarray) or not self._blocks:
            return
        known = self._lifted.get(id(array))
        if known is not None and _same(known.value, array):
            constant._node = known.node
        else:
            self._lifted[id(array)] = self._input(node_of(constant), array, array)

    def _operand(self, x: Tensor) -> Any:
        node = node_of(x)
        if not isinstance(node, (Node, Leaf)):
            return node  # a number that a rule was handed
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
            target := dict(variables(frame)).get((*code.co_varnames, "")[0]), "named_modules"
        ):
            if parent is not None and parent.target is target:
                return parent  # forward of the class above
            kind, path, name = "module", self._path(target, parent, frames), type(target).__name__
        elif code.co_name[0] in "_<" or self._outermost not in frames:
            return None
        elif not is_ours(frame):
            kind, path, name = "function", code.co_name, code.co_name
        elif is_composite(frame):
            if parent is not None and parent.kind == "composite":
                return None  # what softmax itself calls is of no interest
            kind, path, name = "composite", code.co_name, code.co_name
        else:
            return None
        target = target if kind == "module" else code
        path = printable(path)
        made = Call(kind, path, printable(name), parent, self._counts[path], target)
        self._counts[path] += 1
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
                for name, value in variables(frame)
                if hasattr(type(value), "named_modules") and name[0] != "_"  # (a notebook's `_`)
            ]
        for name, root in roots:
            for path, inner in root.named_modules():
                if inner is module:
                    return f"{name}.{path}" if path else name
        name = type(module).__name__.lower()
        return f"{around.path}.{name}" if around is not None else name

    def _read_names(
        self, frames: Iterable[tuple[FrameType, int]], parameters: bool = False
    ) -> None:
        """Note which variables of `frames`, given with their depth, hold a value of this tape."""
        for frame, own in frames:
            if is_ours(frame) and package(frame) != "nn":
                continue
            found = variables(frame)
            if is_ours(frame):  # what the user calls it comes before what `nn` does
                arguments = frame.f_code.co_varnames[: frame.f_code.co_argcount]
                for name, value in found:
                    if name not in arguments:
                        self._note(name, value, own + OURS)
                continue
            seen = [(name, value, own) for name, value in found]
            if parameters:
                seen += [(name, value, own + 50) for name, value in globals_of(frame)]
            for name, value, depth in seen:
                if name.startswith("_") or (
                    name == "self" and hasattr(type(value), "named_modules")
                ):
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
                elif parameters:
                    for attribute, inner in attributes(value):
                        self._note(f"{name}.{attribute}", inner, depth + 100)

    def _tell_inputs_apart(self) -> None:
        """Prefer ``weights[1]`` to the variable of a loop over them, which is every one's name."""
        first = Counter(x.name for x in self.inputs)
        owners = Counter(name for x in self.inputs for name in x.names)
        for x in self.inputs:
            if first[x.name] > 1:
                alone = [n for n in x.names if owners[n] == 1 and x._names[n] < OURS]
                if alone:
                    x._names[alone[0]] = x._names[x.name] - 1

    def _note(self, name: str, value: Any, depth: int) -> None:
        if isinstance(value, Tensor):
            known = self._known.get(value._node)
        elif value.__class__ is np.ndarray:
            known = self._lifted.get(id(value))
            known = known if known is not None and known.origin is value else None
        else:
            return
        if known is not None:
            name = printable(name)
            known._names[name] = min(depth, known._names.get(name, depth))

    # ------------------------------------------------------------------ the backward pass

    def knows(self, node: Node) -> bool:
        """Whether an entry of this tape stands for `node`."""
        return isinstance(self._known.get(node), Entry)

    def place(self, node: Node) -> str | None:
        """The line of the user's code that recorded `node`, if it is on this tape."""
        entry = self._entry(node)
        return None if entry is None or entry.source is None else entry.source.told

    @contextmanager
    def follows(
        self, cotangents: dict[Any, Any], setting: AbstractContextManager[Any]
    ) -> Iterator[None]:
        """Called by the engine around a backward pass."""
        seeds: dict[Any, Any] = {
            entry: _values(g)
            for node, g in cotangents.items()
            if isinstance(entry := self._known.get(node), Entry)
        }
        self._pass, self._totals = Pass(seeds), dict(seeds)
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
        total = value if before is None else plus(before, value)
        self._totals[to] = total
        raw_shape = to.shape if raw is not c else np.shape(raw)
        self._pass.steps[-1][2].append(Contribution(entry, i, to, value, raw_shape, total))

    def _entry(self, node: Node) -> Entry | None:
        known = self._known.get(node)
        return known if isinstance(known, Entry) else None

    def backward_pass(self, output: Tensor | Entry | None = None) -> Pass:
        """The last whole backward pass from `output`; if none was, one that adds to no ``.grad``.

        `output` is by default where the last pass began, or the last result on the tape.

        Raises GradientError if `output` is not on this tape or nothing in it wants a gradient,
        ValueError if it is no single number and no pass began there.
        """
        entry = self.output if output is None else self.at(output)
        seed = None
        for done in reversed(self.passes):
            if entry in done.seeds:
                if done.complete:
                    return done
                seed = done.seeds[entry] if seed is None else seed
        if not isinstance(entry, Entry) or not entry.wants:
            raise GradientError(
                f"Tape: no gradient flows to `{entry.label}`; compute it from a Tensor with "
                "requires_grad=True."
            )
        leaves = [x for x in self.inputs if x.wants]
        handle = attach(entry.value, entry.node)
        gradients(handle, [attach(x.value, x.node) for x in leaves], seed, allow_unused=True,
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
                f"Tape.at: received {describe(value)}, neither made nor used on this tape; "
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
            try:
                return self.entries[key]
            except IndexError:
                raise IndexError(
                    f"Tape: there is no entry {key}; it has {len(self.entries)}, counted from 0."
                ) from None
        self._settle()
        key = printable(key)
        values = [*self.inputs, *self.entries]
        found = [x for x in values if x.name == key] or [x for x in values if key in x.names]
        found = found or [x for x in values if x.label == key]
        found = found or [x for x, label in distinct_labels(values).items() if label == key]
        if not found:
            ends = [x for x in values if any(name.endswith(f".{key}") for name in x.names)]
            if len(ends) == 1:
                return ends[0]  # the only `.W` there is
            names = sorted({name for x in values for name in x.names})
            near = [name for x in ends for name in x.names[:1]]
            near = near or get_close_matches(key, names)
            what = f"near to it: {', '.join(near)}" if near else f"there are {', '.join(names[:8])}"
            raise KeyError(
                f"Tape: no variable `{key}` held a value of this tape"
                + (f"; {what}." if names else "; compute with it inside the `with` block.")
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

    # ------------------------------------------------------------------ the readers

    def draw(
        self,
        *outputs: Any,
        level: str | int = "auto",
        values: bool = True,
        direction: str = "TB",
        highlight: Any = None,
        backward: bool = False,
    ) -> Drawing:
        """The computation graph that leads to `outputs`, by default to the tape's `output`.

        A box for each operation, with its shape, the name of the variable, and few numbers as
        they are: the value left, the gradient right. Modules are frames. What leads to no output
        is left out.

        ``level``      "ops" shows every operation, "modules" folds up the innermost modules, a
                       number that many levels of them; "auto" folds up what it must for at most
                       40 boxes, and shows what is repeated once, as "×12"
        ``values``     False for structure only
        ``direction``  "TB" from top to bottom, "LR" from left to right
        ``highlight``  values (Tensors, names, entries), of which all that lies on the way to the
                       outputs is lit, or paths; the rest is dimmed
        ``backward``   draw a backward pass that was recorded with ``create_graph=True`` as well

        Raises GradientError if an output was made by no operation on this tape, ValueError for
        an option that there is not.

        >>> import autograd as ag
        >>> w = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> with Tape() as tape:
        ...     loss = (w * w).sum()
        ...     loss.backward()
        >>> tape.draw()
        <Drawing of 3 boxes and 3 arrows; .save("graph.svg") writes it>
        """
        from autograd.explain.graph import draw_tape

        return draw_tape(
            self,
            *outputs,
            level=level,
            values=values,
            direction=direction,
            highlight=highlight,
            backward=backward,
        )

    def step(
        self, output: Any = None, order: str = "topological", level: str | int = "auto"
    ) -> Stepper:
        """The backward pass step by step: a sequence, text to print, a page to click through.

        Each `Step` has its entry, the cotangent that came in, and what it contributed to each
        input, with the rule as a formula and the total so far. The pass is the last one from
        `output`, or one that is run for it and adds to no ``.grad``.

        Parameters
        ----------
        output
            A Tensor, an entry or a name; by default where the last pass began.
        order
            "topological", as it ran, or "eager": as it would run if each operation passed its
            cotangent on as soon as a first contribution arrived. That loses what comes later
            wherever a result is used twice; the text says what was lost and what it cost.
        level
            How much of the graph the page folds up, as in `draw`; by default nothing up to 60
            operations.

        Raises GradientError if no gradient flows to `output`, or if the eager order needs a value
        that was not recorded, ValueError for another order or level.

        >>> import autograd as ag
        >>> x = ag.tensor(3.0, requires_grad=True)
        >>> with Tape() as tape:
        ...     h = x * x
        ...     y = h * h
        >>> for step in tape.step():
        ...     totals = [c.total.item() for c in step.contributions]
        ...     print(step.entry.label, step.cotangent, totals)
        y 1.0 [9.0, 18.0]
        h 18.0 [54.0, 108.0]
        >>> wrong, right = tape.step(order="eager").wrong[tape["x"]]
        >>> wrong.item(), right.item()
        (54.0, 108.0)
        """
        from autograd.explain.stepper import step

        return step(self, output, order, level)

    def derive(self, target: Any, output: Any = None, *, shapes: bool = False) -> Derivation:
        r"""The derivation of the gradient of `output` with respect to `target`, line by line.

        One equation for each entry between them, in reverse order: the rule of that entry, read
        from the rule's own code, in the names of the user's variables. Then the equations put
        together, and, for a softmax with cross-entropy and its like, the short form that they
        come to; both are checked on the recorded numbers.

        Parameters
        ----------
        target
            A Tensor, the name of a variable, or an entry or input of this tape.
        output
            What is differentiated; by default where the last backward pass began, or the last
            result on the tape.
        shapes
            Show below each symbol its shape.

        Raises GradientError if no gradient flows from `output` to `target`, KeyError for an
        unknown name.

        >>> import autograd as ag
        >>> x, W = ag.tensor([[3.0, 4.0]]), ag.tensor([[1.0], [2.0]], requires_grad=True)
        >>> with Tape() as tape:
        ...     z = x @ W
        ...     L = (z**2).sum()
        >>> print(tape.derive("W").result)
        g_W = 2 xᵀ z
        """
        from autograd.explain.derivation import derive_on

        return derive_on(self, target, output, shapes=shapes)

    def paths(self, source: Any, output: Any = None, *, limit: int = 100) -> Paths:
        r"""The paths from `source` to `output`, with what each contributes to the gradient.

        .. math:: \bar x = \sum_{\text{paths}} \; \prod_{\text{rules along it}}

        Parameters
        ----------
        source
            A Tensor, a variable's name, or the index of an entry.
        output
            Where the paths end: by default where the last backward pass began. Of a value on the
            way there, only the paths through it are meant, with its share of the gradient.
        limit
            How many paths to list; they are counted in any case.

        Runs a backward pass, adding to no ``.grad``, if there was none. Raises GradientError for
        a value that no gradient flows to, KeyError for an unknown name.

        >>> import autograd as ag
        >>> x = ag.tensor(3.0, requires_grad=True)
        >>> with Tape() as tape:
        ...     y = x * x + 4 * x
        >>> tape.paths(x)
        3 paths from x to y, the largest first
         4   x → v1 multiply → y
         3   x → v0 multiply → y
         3   x → v0 multiply → y
        ──
        10   the sum is the gradient
        """
        from autograd.explain.paths import paths

        return paths(self, source, output, limit=limit)

    def check(
        self, derived: dict[Any, Any], *, output: Any = None, rtol: float | None = None
    ) -> Report:
        """A derivation by hand against the tape: right or wrong, value by value, and why.

        Parameters
        ----------
        derived
            What you derived, by value: the key is the variable's name, its Tensor, or the index of
            its entry; with it goes ∂loss/∂value as an array, a number, or a formula. A formula is
            a function whose parameters say what it needs: ``x`` is the value of the variable ``x``
            on the tape, and ``g_z`` the gradient that the tape found for ``z``, so that each
            formula is judged by itself. (Of ``self.W`` it may be ``W``, if there is one ``.W``.)
        output
            What is differentiated: by default where the last backward pass began.
        rtol
            How far an element may be off, relative to the largest one; by default the square root
            of the precision (1.5e-8 of float64, 3.5e-4 of float32). Rounding on the tape, where
            large contributions cancel, is allowed for.

        The report goes back from the loss. Of each wrong value it says whether it merely follows
        from an earlier slip, and otherwise what the slip is, as far as one is found that gives
        exactly your numbers: a sign, a factor, a transpose, a sum, a path left out, a derivative
        forgotten or taken at the wrong place. ``bool(report)`` is whether all is right.

        Runs a backward pass, adding to no ``.grad``, if there was none. Raises KeyError for an
        unknown name, GradientError for one that several values had, or a value without gradient.

        Batch normalisation, say. Write the forward pass with a name for each value, and derive:

        >>> import numpy as np
        >>> import autograd as ag
        >>> rng = np.random.default_rng(0)
        >>> x = ag.tensor(rng.normal(size=(8, 3)), requires_grad=True)
        >>> gamma = ag.tensor(rng.normal(size=3), requires_grad=True)
        >>> with Tape() as tape:
        ...     mu = x.mean(axis=0)
        ...     var = ((x - mu) ** 2).mean(axis=0)
        ...     std = np.sqrt(var + 1e-5)
        ...     xhat = (x - mu) / std
        ...     y = gamma * xhat
        ...     loss = (y**3).sum()
        >>> tape.check({
        ...     "y": lambda y: 3 * y**2,
        ...     "xhat": lambda g_y, gamma: g_y * gamma,
        ...     "gamma": lambda g_y, xhat: g_y * xhat,
        ...     "var": lambda g_xhat, xhat, std: -0.5 / std**2 * (g_xhat * xhat).sum(axis=0),
        ...     "x": lambda g_xhat, std: g_xhat / std,
        ... })
        2 of 5 differ; look first at gamma.
          ✓ y      equal
          ✗ gamma  differs in shape: yours (8, 3), the tape's (3,)
                     the sum over axis 0 is missing
          ✓ xhat   equal
          ✓ var    equal
          ✗ x      differs most at [4, 2]: yours -7.87807, the tape's -3.33387
                     the paths through `mu`, `x - mu` (v1) are missing
        """
        from autograd.explain.check import check

        return check(self, derived, output, rtol)

    def memory(self) -> Memory:
        """What is kept for the backward pass: bytes by entry and by module, each array once.

        An array counts for the first entry that saves it. Parameters and other inputs that are
        alive anyway are told apart.

        >>> import numpy as np
        >>> import autograd as ag
        >>> W = ag.tensor(np.ones((3, 2)), requires_grad=True)
        >>> with Tape() as tape:
        ...     h = ag.tanh(np.ones((5, 3)) @ W)
        ...     loss = (h * h).sum()
        >>> memory = tape.memory()
        >>> memory.total
        200
        >>> [(row.entry.op, row.name, row.nbytes) for row in memory if row.kind == "saved"]
        [('matmul', 'c0', 120), ('tanh', 'h', 80)]
        """
        from autograd.explain.ledgers import memory

        return memory(self)

    def broadcasts(self) -> Broadcasts:
        """Every value that an operation expanded, and the axes over which its gradient is summed.

        Those of elementwise operations and of matmul are known from the shapes, those of others
        after a backward pass. A column against a vector, ``(n, 1)`` and ``(n,)``,
        which makes ``(n, n)`` and is mostly a slip, is flagged.

        >>> import numpy as np
        >>> import autograd as ag
        >>> p = ag.tensor(np.ones((4, 1)), requires_grad=True)
        >>> y = np.ones(4)
        >>> with Tape() as tape:
        ...     loss = ((p - y) ** 2).mean()
        >>> [(found.name, found.shape, found.to, found.axes) for found in tape.broadcasts()]
        [('p', (4, 1), (4, 4), (1,)), ('y', (4,), (4, 4), (0,))]
        """
        from autograd.explain.ledgers import broadcasts

        return broadcasts(self)

    def __repr__(self) -> str:
        from autograd.explain.table import tape_text

        return tape_text(self)

    def _repr_html_(self) -> str:
        from autograd.explain.table import tape_html

        return tape_html(self)

    def _settle(self) -> None:
        """Read the names also inside the block."""
        if self._blocks:
            self._read_names(_by_depth(list(self._stack())), parameters=True)
            self._tell_inputs_apart()


def _by_depth(frames: list[FrameType]) -> list[tuple[FrameType, int]]:
    """Frames given innermost first, outermost first and with their distance from it."""
    return [(frame, depth) for depth, frame in enumerate(reversed(frames))]


def _source(frames: list[FrameType]) -> Source | None:
    """The innermost line of the user's own code."""
    frame = next((frame for frame in frames if not is_ours(frame)), None)
    return None if frame is None else source_at(frame.f_code, frame.f_lasti)


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


def _fill(inputs: Iterable[Any], values: Iterable[Any]) -> None:
    for x, value in zip(inputs, values, strict=True):
        if isinstance(x, (Entry, Input)) and x.value is None:
            x.value = value


def _reachable(outputs: tuple[Tensor, ...], function: str) -> list[Node | Leaf]:
    """All entries and leaves that lead to the outputs, also as constants, oldest first."""
    if not outputs:
        raise TypeError(f"{function}: received nothing; give it the result of a computation.")
    seen: set[Node | Leaf] = set()
    stack: list[Any] = []
    for result in outputs:
        if not isinstance(result, Tensor):
            raise TypeError(f"{function}: received {describe(result)}; give it Tensors.")
        if result.is_leaf:
            raise GradientError(
                f"{function}: received {describe(result)}, made by no recorded operation; compute "
                "it from a Tensor with requires_grad=True, outside no_grad()."
            )
        stack.append(result._node)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            if isinstance(node, Node):
                stack += [p for p in node.parents if isinstance(p, (Node, Leaf))]
    return sorted(seen, key=lambda node: node.stamp)
