"""`detect_anomaly`: where a NaN or an infinity came from, and why.

What costs much is done only once something is wrong. While all is well, an entry of the tape leaves
a note (its value, and where it was called) that dies with it, and each result and gradient is
looked at once. A result that is not finite leaves a `Trace` of the `Event` that it comes from; a
gradient that is not finite has its backward pass run again, on a `Tape`, and is followed back.

What is noted is in `origins`, what the errors say in `blame`, causes and remedies in `causes`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from types import CodeType, FrameType
from typing import Any, cast
from weakref import WeakKeyDictionary, WeakSet, ref

import numpy as np

from autograd.backward import changed, gradients, readings
from autograd.errors import AnomalyError
from autograd.explain.blame import called, followed_back, refusal, refused_seed
from autograd.explain.causes import VARIANCES
from autograd.explain.frames import is_composite
from autograd.explain.origins import (
    Event,
    Note,
    Trace,
    arrays,
    event_at,
    first_of,
    is_finite,
    operand_at,
)
from autograd.explain.recorder import Tape
from autograd.mode import Recorder, Switch, telling
from autograd.names import names_of, variables
from autograd.places import is_ours, users_frames
from autograd.primitive import Primitive, node_of
from autograd.tape import Leaf, Node, observe
from autograd.tensor import Tensor, attach, fingerprint

__all__ = ["AnomalyError", "detect_anomaly"]


class detect_anomaly(Switch):
    """Raise an error that tells the cause when a NaN or an infinity reaches a result.

    ``with detect_anomaly(): ...``, or ``@detect_anomaly()`` on a function. The error says which
    operation made it of which values, in which line and module, what it became on its way, and
    what helps.

    A number that is not finite is an error when it arrives:

    - forward, in the value that ``backward()`` or ``gradients()`` begins from (where its cotangent
      is not 0), or in a result that is still there at the end of the block and that no other
      operation used;
    - backward, in the gradient of a leaf or of what was asked for, before any ``.grad`` changes.

    An array that the backward pass needs and that was changed in the meantime is an error here too
    where nothing else can tell: written to through an alias that was taken from ``.data`` before
    the operation, or behind a Tensor made with ``copy=False``, such as a memory map.

    So it may occur on the way: in a mask of -inf before a softmax, or in the branch that
    ``np.where(x > 0, np.log(x), 0)`` does not choose. What came in with the data or a parameter is
    blamed on that. What is computed without Tensors, or inside ``no_grad()``, is not looked at.

    NumPy's warnings of floating-point errors are silent inside. A `Tape` around the block, or
    inside it, sees what it always sees. The values on the tape, also those that no rule needs, are
    kept as long as the tape itself, and all of them until the end of a backward pass; the trainings
    that were measured took up to about twice as long.

    Raises AnomalyError, which is a GradientError and a FloatingPointError; GradientError for a
    change.

    >>> import numpy as np
    >>> import autograd as ag
    >>> x = ag.tensor([4.0, 0.0], requires_grad=True)
    >>> try:
    ...     with detect_anomaly():
    ...         np.log(x).sum().backward()
    ... except AnomalyError as error:
    ...     "the logarithm of 0" in str(error)
    True
    """

    def __init__(self) -> None:
        self._blocks: list[AbstractContextManager[None]] = []

    def __enter__(self) -> None:
        block = _block(next(users_frames(), None))
        block.__enter__()
        self._blocks.append(block)

    def __exit__(self, *error: Any) -> None:
        self._blocks.pop().__exit__(*error)


# The innermost block of this context; None also while it explains something.
_active: ContextVar[Watch | None] = ContextVar("autograd_anomaly", default=None)


@contextmanager
def _block(outermost: FrameType | None) -> Iterator[None]:
    watch = Watch(outermost)
    token = _active.set(watch)
    try:
        with np.errstate(all="ignore"), telling(watch):
            yield
            watch.look_at_what_is_left()
    finally:
        _active.reset(token)


class Watch(Recorder):
    """The recorder and observer of one block.

    ``notes`` holds where each entry was called, ``traces`` where values that are not finite come
    from, ``trained`` the leaves that received a finite gradient, ``prints`` the fingerprints of the
    arrays that an entry saved.
    """

    keeps = False

    def __init__(self, outermost: FrameType | None) -> None:
        self.notes: WeakKeyDictionary[Node, Note] = WeakKeyDictionary()
        self.traces: WeakKeyDictionary[Node | Leaf, Trace] = WeakKeyDictionary()
        self.prints: WeakKeyDictionary[Node, list[int]] = WeakKeyDictionary()
        self.trained: WeakSet[Leaf] = WeakSet()
        self.outermost = outermost
        self.kinds: dict[CodeType, tuple[str, bool]] = {}
        self.pulled: Note | None = None  # of the entry whose rules run now
        observe(self)

    # ------------------------------------------------------------------ forward

    def lifted(self, constant: Any, array: Any) -> None:
        """Called by the engine when an array of the user becomes a constant."""
        if isinstance(array, np.ndarray):
            arrays[node_of(constant)] = ref(array)

    def keep(
        self, primitive: Primitive, inputs: tuple[Any, ...], static: dict[str, Any], result: Any
    ) -> Any:
        """Called by the engine for each operation."""
        several = isinstance(result, tuple)
        for x in inputs if self.traces else ():
            if isinstance(x, Tensor) and x._node in self.traces:
                self.traces[x._node].used = True
        for one in result if several else (result,):
            value, node = one._data, one._node
            if isinstance(node, Node):
                self.notes[node] = self._note(value)
            if not is_finite(value):
                note = self.notes[node] if isinstance(node, Node) else self._note()
                trace = self._trace(primitive, inputs, static, value, note)
                trace.result = ref(one)
                self.traces[node_of(one)] = trace
        node = result._node if not several else result[0]._node if result else None
        if several and isinstance(node, Node):
            node = cast(Node, node.parents[0])
            self.notes[node] = self._note(tuple(one._data for one in result))
        if isinstance(node, Node):
            self.prints[node] = [fingerprint(array) for _, array, _ in readings(node)]
        return result

    def _note(self, value: Any = None) -> Note:
        """Where the operation was called: the innermost line of the user, and the modules."""
        frame: FrameType | None = sys._getframe(2)
        users: FrameType | None = None
        composite, direct = "", True
        modules: list[Any] = []
        while frame is not None:
            code = frame.f_code
            if code not in self.kinds:
                self.kinds[code] = _kind(frame), is_ours(frame)
            kind, ours = self.kinds[code]
            if kind == "module":
                module = dict(variables(frame)).get(code.co_varnames[0])
                if hasattr(type(module), "named_modules") and module not in modules[-1:]:
                    modules.append(module)
                    direct = direct and not (ours and users is None)
            elif kind == "composite" and users is None:
                composite, direct = code.co_name, False
            if users is None and not ours:
                users = frame
            if frame is self.outermost:
                break
            frame = frame.f_back
        return Note(
            None if users is None else users.f_code,
            0 if users is None else users.f_lasti,
            users.f_globals if users is not None and direct else None,
            composite,
            tuple(reversed(modules)),
            self.pulled,
            value,
        )

    def _trace(
        self,
        primitive: Primitive,
        inputs: tuple[Any, ...],
        static: dict[str, Any],
        z: Any,
        note: Note,
    ) -> Trace:
        """What made the elements of the result `z` that are not finite."""
        values = [x._data if isinstance(x, Tensor) else np.asarray(x) for x in inputs]
        each = primitive.elementwise  # or else any element may depend on all
        bad, nan = ~np.isfinite(z), np.isnan(z)
        had_nan = _either(np.isnan, values, each, z.shape)
        had_inf = _either(np.isinf, values, each, z.shape)
        found = []
        for where, turned in (
            (bad & ~had_nan & ~had_inf, False),
            (nan & ~had_nan & had_inf, True),
        ):
            if where.any():
                event = self._event(primitive, inputs, values, static, z, where, note)
                if turned:
                    k = next(k for k, x in enumerate(values) if _reaches(np.isinf(x), where, each))
                    origin = self._from(k, inputs, values[k], primitive, note).origin
                    found.append(Trace(bad, z[first_of(bad)], origin, event))
                else:
                    found.append(Trace(bad, z[first_of(bad)], event))
        for k, x in enumerate(values):
            if _reaches(~np.isfinite(x), bad, each):
                known = self._from(k, inputs, x, primitive, note)
                found.append(Trace(bad, z[first_of(bad)], known.origin, known.turned))
        return max(found, key=lambda trace: trace.weight)

    def _from(
        self, k: int, inputs: tuple[Any, ...], value: Any, primitive: Primitive, note: Note
    ) -> Trace:
        """Where the operand at `k`, which is not finite, comes from."""
        node = getattr(inputs[k], "_node", None)
        if isinstance(node, (Node, Leaf)) and node in self.traces:
            return self.traces[node]
        bad = np.isnan(value)
        bad = bad if bad.any() else ~np.isfinite(value)
        event = event_at(primitive, note, value, bad)
        if note.composite in VARIANCES and primitive.name == "where":
            return Trace(bad, event.value, event)  # what stands for a result without a value
        event.operands = [operand_at(None, None, getattr(x, "_node", None)) for x in inputs]
        event.came_in = k
        event.changed = isinstance(node, Leaf) and node in self.trained
        return Trace(bad, event.value, event)

    def _event(
        self,
        primitive: Primitive,
        inputs: tuple[Any, ...],
        values: list[Any],
        static: dict[str, Any],
        z: Any,
        where: Any,
        note: Note,
    ) -> Event:
        """The operation made the elements `where` of `z` what they are."""
        event = event_at(primitive, note, z, where)
        at = event.index if primitive.elementwise else None
        nodes = [getattr(x, "_node", None) for x in inputs]
        event.operands = [operand_at(x, at, node) for x, node in zip(values, nodes, strict=True)]
        event.static = static
        if z.dtype.itemsize < 8 and all(map(is_finite, values)):
            event.wide = _in_float64(primitive, values, static, event.index)
        return event

    def look_at_what_is_left(self) -> None:
        """At the end of the block: results that the user holds, and that nothing used."""
        for node, trace in list(self.traces.items()):
            result = None if trace.result is None else trace.result()
            if result is not None and not trace.used and result._node is node:
                name = names_of({node}).get(node)
                raise refusal(trace, f"{called(name, 'a result')} at the end of the block")

    # ------------------------------------------------------------------ backward

    def knows(self, node: Node) -> bool:
        """Whether a backward pass begins inside this block."""
        return _active.get() is self

    @contextmanager
    def follows(
        self, cotangents: dict[Any, Any], setting: AbstractContextManager[Any]
    ) -> Iterator[None]:
        """Called by the engine around a backward pass; `cotangents` becomes what it gives."""
        seeds = {node: _array(g) for node, g in cotangents.items()}
        self._look_at_seeds(seeds)
        around = self.pulled
        try:
            with setting:
                yield
        finally:
            self.pulled = around
        for node, g in cotangents.items():
            if not is_finite(_array(g)):
                raise self._explained(seeds, node, _array(g))
        self.trained.update(node for node in cotangents if isinstance(node, Leaf))

    def reaches(self, node: Node, g: Any) -> None:
        """Called by the engine when the rules of an entry run next."""
        self.pulled = self.notes.get(node)
        found = zip(readings(node), self.prints.get(node, ()), strict=False)
        for (name, array, origin), then in found:
            if fingerprint(array) != then:
                raise changed("backward", name, array, origin, node)

    def place(self, node: Node) -> str | None:
        """Called by the engine for an error: the line that recorded `node`."""
        note = self.notes.get(node)
        return None if note is None or note.source is None else note.source.told

    def contributes(self, node: Node, i: int, c: Any) -> None:
        """Called by the engine with what a rule returned."""

    def _look_at_seeds(self, seeds: dict[Any, Any]) -> None:
        for node, g in seeds.items():
            trace = self.traces.get(node)
            if trace is not None:
                trace.used = True
                if np.any(trace.bad & (g != 0)):
                    name = called(names_of({node}).get(node), "the value")
                    raise refusal(trace, f"{name}, whose gradient was asked for")
            if not is_finite(g):
                raise refused_seed(node, g)

    def _explained(self, seeds: dict[Any, Any], node: Any, gradient: Any) -> AnomalyError:
        """The error for a gradient that is not finite: its pass is run again, on a tape."""
        token = _active.set(None)
        try:
            roots = {n: g for n, g in seeds.items() if isinstance(n, Node)}
            handles = [attach(g, n) for n, g in roots.items()]
            tape = Tape.of(*handles)
            for entry in tape.entries:
                note = self.notes.get(entry.node)  # type: ignore[arg-type]
                if note is not None:
                    entry.value, entry.source = note.value, note.source
                elif entry.node in roots:  # (a handle has the cotangent in place of the value)
                    entry.value = entry.saves.get("z")
            target = attach(gradient, node)
            gradients(handles, target, list(roots.values()), allow_unused=True, retain_graph=True)
            return followed_back(self, tape, tape.at(target), gradient)
        finally:
            _active.reset(token)


def _kind(frame: FrameType) -> str:
    if frame.f_code.co_name == "forward" and frame.f_code.co_argcount:
        return "module"
    return "composite" if is_composite(frame) else ""


def _either(test: Callable[[Any], Any], values: list[Any], each: bool, shape: Any) -> Any:
    """For each element of the result, whether an operand passes the test there (if `each`)."""
    passed = np.zeros(shape, bool)
    for x in values:
        passed |= test(x) if each else np.any(test(x))
    return passed


def _reaches(wrong: Any, where: Any, each: bool) -> bool:
    """Whether elements of an operand that are `wrong` meet those of the result at `where`."""
    return bool(np.any(wrong & where) if each else np.any(wrong))


def _in_float64(primitive: Primitive, values: list[Any], static: Any, index: Any) -> float | None:
    """The element of the result in float64, if it is finite there."""
    wide = [x.astype(float) if x.dtype.kind == "f" else x for x in values]
    try:
        again = float(np.asarray(primitive.forward(*wide, **static))[index])
    except Exception:  # what can't be computed in float64 says nothing
        return None
    return again if np.isfinite(again) else None


def _array(g: Any) -> Any:
    return g._data if isinstance(g, Tensor) else np.asarray(g)
