"""`checkpoint`: entries that hold nothing, and a second run of the function that finds it again.

A checkpointed function leaves the entries on the tape that it always does. What they saved is let
go when the function returns; the first rule that asks for some of it runs the function again, and
the k-th operation of that run has what the k-th entry lacks. So gradients are the same numbers, to
any order, and a drawing shows what was computed.

A `_Call` is one call, with all that a second one needs. A `_Run` is told of the entries that the
first makes and of what each was given; `_Call.lend` writes that down as `_Expected` and puts a
`_Slot` into each entry, whose plan becomes `_Lent`: its rules ask the slot. A `_Rerun` is a `_Run`
that compares with what is expected; `_Call.fill` hands its values to the slots that still live.
"""

from __future__ import annotations

import inspect
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from itertools import pairwise
from typing import Any, NamedTuple
from weakref import ReferenceType, WeakKeyDictionary, ref

import numpy as np

from autograd.backward import changed
from autograd.errors import GradientError, describe
from autograd.mode import Recorder, is_recording, telling, telling_alone
from autograd.names import name_of
from autograd.primitive import output
from autograd.tape import Leaf, Node, Plan, Pulls, tick
from autograd.tensor import Tensor, attach, change_of, changed_at, fingerprint, last_change
from autograd.trees import tree_map

__all__ = ["checkpoint", "checkpoint_sequential", "checkpoint_state"]

Function = Callable[..., Any]
# Called, it looks at a state; called again, what it returned gives a context with that state.
Snapshot = Callable[[], Callable[[], AbstractContextManager[Any]]]


def checkpoint(f: Function, /, *args: Any, **kwargs: Any) -> Any:
    """``f(*args, **kwargs)``, of which the tape keeps the entries and none of their values.

    The backward pass runs `f` again to find them: less memory for a second computation. Gradients
    are bit for bit those of `f`, at any order, with respect to the arguments and to what `f` finds
    elsewhere, as the parameters of a layer. The second run sees the random numbers of the first
    (those of ``np.random`` and of ``nn``), and the buffers of modules as they were, such as the
    running mean of a batch normalisation, which it does not change. Calls may be nested. With
    ``retain_graph=True``, what the second run found stays in memory.

    Without arguments, ``checkpoint(f)`` is `f` as a function that does so at each call.

    Raises GradientError in the backward pass if the second run does not compute what the first
    did, or if a parameter was changed between them; TypeError if `f` is no function.

    >>> import autograd as ag
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> z = checkpoint(lambda x: np.exp(np.sin(x)).sum(), x)
    >>> [(entry.name, entry.nbytes) for entry in ag.tape(z)]
    [('sin', 0), ('exp', 0), ('sum', 0)]
    >>> z.backward()
    >>> np.allclose(x.grad, np.exp(np.sin([1.0, 2.0])) * np.cos([1.0, 2.0]))
    True
    """
    if not callable(f):
        raise TypeError(f"checkpoint: takes a function, received {describe(f)}.")
    if inspect.isgeneratorfunction(f) or inspect.iscoroutinefunction(f):
        raise TypeError(
            f"checkpoint: {f.__name__} is a generator or coroutine, whose body runs after the "
            "call; give a function that returns its result."
        )
    if args or kwargs:
        return _run(f, args, kwargs)

    @wraps(f)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        return _run(f, args, kwargs)

    return checkpointed


def checkpoint_sequential(
    functions: Iterable[Function], x: Any, *, segments: int | None = None
) -> Any:
    r"""``functions`` one after the other on `x`, checkpointed in segments of equal length.

    With the default of about :math:`\sqrt n` segments for n functions, the memory for the backward
    pass is that of :math:`2 \sqrt n` of them in place of n. (The last segment is kept: its values
    are the first that are asked for.) An ``nn.Sequential`` is such a sequence.

    Raises ValueError if there are no functions, or not as many as `segments`.

    Source: Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016.

    >>> import autograd as ag
    >>> x = ag.tensor([0.5, 1.0], requires_grad=True)
    >>> z = checkpoint_sequential([np.sin] * 9, x)
    >>> [entry.nbytes for entry in ag.tape(z)]
    [0, 0, 0, 0, 0, 0, 16, 16, 16]
    """
    chain = list(functions)
    parts = math.isqrt(len(chain)) if segments is None else segments
    if not chain or not 1 <= parts <= len(chain):
        raise ValueError(
            f"checkpoint_sequential: received {len(chain)} functions for {parts} segments; give at "
            "least one function for each, and at least one segment."
        )

    def run(part: Sequence[Function], x: Any) -> Any:
        for f in part:
            x = f(x)
        return x

    bounds = [round(k * len(chain) / parts) for k in range(parts + 1)]
    for start, end in pairwise(bounds[:-1]):
        x = checkpoint(run, chain[start:end], x)
    return run(chain[bounds[-2] :], x)


def checkpoint_state(snapshot: Snapshot, owner: Any = None) -> None:
    """Tell `checkpoint` of state that a function reads and changes beside its arguments.

    `snapshot` is called before the function is, and returns a function that gives a context
    manager: in it the state is again as it was then, and after it as it is now. Without an `owner`
    it is called for every checkpoint from now on. With one, it is for those alone that are running
    now, and for the first call with this owner in each.

    >>> random = np.random.default_rng(0)
    >>> def snapshot():
    ...     then = random.bit_generator.state
    ...     @contextmanager
    ...     def again():
    ...         now = random.bit_generator.state
    ...         random.bit_generator.state = then
    ...         yield
    ...         random.bit_generator.state = now
    ...     return again
    >>> def noisy(x):
    ...     checkpoint_state(snapshot, owner=random)
    ...     return np.sin(x * random.normal())
    >>> x = Tensor(1.0, requires_grad=True)
    >>> checkpoint(noisy, x).backward()
    """
    if owner is None:
        _everywhere.append(snapshot)
        return
    call = _running.get()
    while call is not None:
        if id(owner) not in call.states:
            call.states[id(owner)] = snapshot()
        call = call.around


def _numpys_random() -> Callable[[], AbstractContextManager[None]]:
    then = np.random.get_state()

    @contextmanager
    def again() -> Iterator[None]:
        now = np.random.get_state()
        np.random.set_state(then)
        try:
            yield
        finally:
            np.random.set_state(now)

    return again


_everywhere: list[Snapshot] = [_numpys_random]


# ------------------------------------------------------------------ a call, and the next


def _run(f: Function, args: Any, kwargs: Any) -> Any:
    if not is_recording():
        return f(*args, **kwargs)
    call, run = _Call(f, args, kwargs), _Run()
    token = _running.set(call)
    try:
        with telling(run):
            output = f(*args, **kwargs)
    finally:
        _running.reset(token)
    call.lend(run, output)
    return output


# The parameters of a call, and for each input, whether what another run gives is the same.
_Given = tuple[dict[str, Any], list[Callable[["_Run", Any], bool]]]


class _Run(Recorder):
    """Who is told of the entries that the first run makes, and of what each was given."""

    keeps = False

    def __init__(self) -> None:
        self.began = tick()
        self.nodes: list[Node] = []
        self.numbers: dict[int, int] = {}  # the id of an entry -> its place among them
        self.given: list[_Given] = []
        # What was read from outside, so that its `.data` knows that somebody else relies on it.
        self.read: dict[int, Any] = {}

    def keep(self, primitive: Any, inputs: Any, static: Any, result: Any) -> Any:
        several = primitive.outputs != 1
        one = result[0] if several and result else result
        node = getattr(one, "_node", None)
        if isinstance(node, Node):
            node = node.held[0] if several else node
            self.see(node, inputs, static)
            self.numbers[id(node)] = len(self.nodes)
            self.nodes.append(node)
        return result

    def see(self, node: Node, inputs: Any, static: Any) -> None:
        self.given.append((static, [self._look(x) for x in inputs]))

    def _look(self, x: Any) -> Callable[[_Run, Any], bool]:
        """Whether another run was given the same in place of `x`, as a function of that."""
        if not isinstance(x, Tensor):
            return lambda run, y: _alike(x, y)
        node, array = x._node, x._data
        if x._wants and node.stamp < self.began:  # from outside; itself, and bound to no new memory
            if node.__class__ is Leaf or getattr(array, "base", None) is not None:
                self.read[id(array)] = array
            memory = id(array) if node.__class__ is Leaf else None
            return lambda run, y: (
                isinstance(y, Tensor) and y._node is node and memory in (None, id(y._data))
            )
        if node.__class__ is Node:
            place = self.place(node)
            return lambda run, y: isinstance(y, Tensor) and run.place(y._node) == place
        then = _print(array)  # a constant, perhaps a random one
        return lambda run, y: isinstance(y, Tensor) and _print(y._data) == then

    def place(self, node: Any) -> Any:
        """Which entry of this run it is; None for what this run was not told of."""
        if isinstance(node, Node) and node.plan.primitive is output:
            return self.place(node.held[0]), node.held[1]
        return self.numbers.get(id(node))

    def lifted(self, constant: Any, array: Any) -> None:
        pass


class _Rerun(_Run):
    """The same for the second run, which must be given what the first one was."""

    def __init__(self, call: _Call) -> None:
        super().__init__()
        self.call = call
        self.changes = last_change() > call.stamp  # whether anything was changed since
        self.error: GradientError | None = None
        self.differs = False

    def see(self, node: Node, inputs: Any, static: Any) -> None:
        k = len(self.nodes)
        expected = self.call.entries[k] if k < len(self.call.entries) else None
        if expected is None or not expected.fits(self, node, inputs, static):
            self.differs = True
        if self.changes and self.error is None:
            names = node.plan.primitive.inputs
            for name, x in zip(names * len(inputs), inputs, strict=False):
                if isinstance(x, Tensor) and self.call.stamp < changed_at(x._data) < self.began:
                    origin, since = x._node, self.call.stamp
                    self.error = changed("checkpoint", name, x._data, origin, node, since)


class _Call:
    """A call of a function, which can be made again."""

    def __init__(self, f: Function, args: Any, kwargs: Any) -> None:
        self.f = f
        self.arguments = tree_map(lambda _, x: _kept(x), [args, kwargs])
        # By the id of the owner (the function's own do not change, and the others live in it).
        self.states = {-k: snapshot() for k, snapshot in enumerate(_everywhere)}
        self.around = _running.get()
        self.entries: list[_Expected] = []
        self.outputs: list[Any] = []
        self.filled = False
        self.filling = threading.Lock()

    def lend(self, run: _Run, output: Any) -> None:
        """Let go of what the entries of the run save."""
        self.around = None
        self.read = run.read
        self.outputs = _floats(output)
        self.stamp = tick()
        for node, given in zip(run.nodes, run.given, strict=True):
            plan = node.plan
            slot = None
            if any(not name.endswith("_shape") for name in plan.saves) or isinstance(plan, _Lent):
                slot = _Slot(self)
                node.plan = _lent(plan)
                node.held = (*node.held[: -plan.saved], slot)
            handle = None if slot is None else ref(slot)
            self.entries.append(_Expected(plan, node.shape, node.dtype, given, handle))

    def fill(self) -> None:
        """Run the function again and give each entry that is still there what it lacks."""
        with self.filling:
            if self.filled:
                return
            for node, expected in zip(self._again(), self.entries, strict=True):
                slot = None if expected.slot is None else expected.slot()
                if slot is not None:
                    slot.filled = node.plan, node.held[len(node.parents) :]
                    slot.call = None
            self.filled = True

    def _again(self) -> list[Node]:
        """The entries of another run, which must be like those of the first."""
        run = _Rerun(self)
        args, kwargs = tree_map(
            lambda _, x: x.again(self.stamp) if isinstance(x, _Kept) else x, self.arguments
        )

        def again() -> Any:
            _running.set(None)
            return self.f(*args, **kwargs)

        # (What NumPy has to warn of, it did in the first run.)
        with ExitStack() as stack, np.errstate(all="ignore"):
            for state in self.states.values():
                stack.enter_context(state())
            output = telling_alone(run, again)
        if run.error is not None:
            raise run.error
        if run.differs or not (
            len(run.nodes) == len(self.entries)
            and len(outputs := _floats(output)) == len(self.outputs)
            and all(map(_close, outputs, self.outputs))
        ):
            raise GradientError(
                f"checkpoint: `{getattr(self.f, '__name__', type(self.f).__name__)}` did not give "
                "the same result when it was run again for its gradient; give it as arguments what "
                "changes between the calls (such as the variable of a loop), and tell "
                "checkpoint_state of state that it changes."
            )
        return run.nodes


# The call that runs now for the first time; what it is inside of is `around` it.
_running: ContextVar[_Call | None] = ContextVar("autograd_checkpoint", default=None)


class _Kept:
    """A Tensor among the arguments: a handle that `f` binds anew does not show its old value."""

    __slots__ = ("array", "node", "tensor")

    def __init__(self, tensor: Tensor) -> None:
        self.array, self.node = tensor._data, tensor._node
        self.tensor = tensor if tensor.is_leaf else None  # (may be a Parameter)

    def again(self, since: int) -> Tensor:
        if since < changed_at(self.array):
            raise GradientError(
                f"checkpoint: {name_of(self.node) or 'an argument'}, {describe(self.array)}, was "
                f"changed in place{change_of(self.array, since)} after the call; call backward() "
                "before the change, or change a copy."
            )
        same = self.tensor is not None and self.tensor._data is self.array
        return self.tensor if same else attach(self.array, self.node)  # type: ignore[return-value]


def _kept(x: Any) -> Any:
    if isinstance(x, Tensor):
        return _Kept(x)
    return x.copy() if isinstance(x, np.ndarray) else x


class _Slot:
    """What an entry holds in place of what its rules ask for."""

    __slots__ = ("__weakref__", "call", "filled")

    def __init__(self, call: _Call) -> None:
        self.call: _Call | None = call
        self.filled: tuple[Plan, tuple[Any, ...]] | None = None

    def values(self) -> tuple[Plan, tuple[Any, ...]]:
        """A plan, and the parameters and saved values that belong to it."""
        call = self.call  # (read first: it is let go of when `filled` is there)
        if self.filled is None and call is not None:
            call.fill()
        assert self.filled is not None
        return self.filled


class _Expected(NamedTuple):
    """What the second run must find for an entry."""

    plan: Plan
    shape: Any
    dtype: Any
    given: _Given
    slot: ReferenceType[_Slot] | None

    def fits(self, run: _Run, node: Node, inputs: Any, static: Any) -> bool:
        (then, given), plan = self.given, node.plan
        return (
            plan.primitive is self.plan.primitive
            and plan.wanted == self.plan.wanted
            and node.shape == self.shape
            and node.dtype == self.dtype
            and len(inputs) == len(given)
            and all(same(run, x) for same, x in zip(given, inputs, strict=True))
            and (not then or _alike(then, static))
        )


class _Lent(Plan):
    """The plan of an entry that holds a slot."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan.primitive, tuple((i, _later(i)) for i in plan.wanted), plan.wanted)
        self.saves, self.saved = (), 1

    def opened(self, held: tuple[Any, ...]) -> tuple[tuple[Any, ...], Pulls]:
        slot: _Slot = held[-1]
        plan, rest = slot.values()
        return plan.opened((*held[: -1 - len(self.primitive.statics)], *rest))


@cache
def _later(i: int) -> Callable[..., Any]:
    """The rule for input `i`, with what the second run finds."""

    def pull(g: Any, held: tuple[Any, ...]) -> Any:
        plan, rest = held[-1].values()
        return next(rule for j, rule in plan.pulls if j == i)(g, rest)

    return pull


_lents: WeakKeyDictionary[Plan, _Lent] = WeakKeyDictionary()


def _lent(plan: Plan) -> _Lent:
    if isinstance(plan, _Lent):
        return plan
    if plan not in _lents:
        _lents[plan] = _Lent(plan)
    return _lents[plan]


def _floats(output: Any) -> list[Any]:
    found: list[Any] = []

    def add(_: str, z: Any) -> None:
        if isinstance(z, Tensor) and z.dtype.kind == "f":
            found.append(z._data)

    tree_map(add, output)
    return found


def _print(array: Any) -> Any:
    """What tells an array from others, without keeping it."""
    known = isinstance(array, np.ndarray)
    return (array.shape, array.dtype, fingerprint(array) if known else None)


def _alike(a: Any, b: Any) -> bool:
    """Whether parameters have the same values; of objects that nobody can compare, True."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_alike, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_alike(value, b[key]) for key, value in a.items())
    if isinstance(a, slice) and isinstance(b, slice):
        return _alike((a.start, a.stop, a.step), (b.start, b.stop, b.step))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return bool(_print(a) == _print(b))
    plain = (bool, int, float, str, np.generic, np.ndarray, slice, list, tuple, dict, type(None))
    if isinstance(a, plain) or isinstance(b, plain):
        return type(a) is type(b) and bool(a == b or (a != a and b != b))
    return True


def _close(now: Any, then: Any) -> bool:
    rtol = float(np.sqrt(np.finfo(then.dtype).eps))
    return now.shape == then.shape and np.allclose(now, then, rtol, rtol * 1e-3, equal_nan=True)
