"""Whether operations are recorded, and who watches: per context, so per thread and asyncio task."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import wraps
from types import TracebackType
from typing import Any, Protocol, TypeVar

from autograd.errors import GradientError

__all__ = ["enable_grad", "is_recording", "no_grad"]


class Recorder(Protocol):
    """Who is told of each operation while it is the mode (`autograd.Tape` is one).

    The engine itself knows no more of its readers than this and `tape.Observer`. Of nested
    recorders that keep what they see, the innermost alone is told.
    """

    keeps: bool

    def keep(self, primitive: Any, inputs: tuple[Any, ...], static: Any, result: Any) -> Any:
        """See an operation's inputs (Tensors and numbers) and result; return the result."""

    def lifted(self, constant: Any, array: Any) -> None:
        """See which array of the user a constant Tensor was made from."""

    def computed(self, function: Any, args: Any, kwargs: dict[str, Any], result: Any) -> Any:
        """See what NumPy made of the values of Tensors, without a gradient; return the result."""
        return result


# None, the default of every new thread and task, is the common case "record": operations that
# want a gradient test `get_mode() is not None` and nothing else. False is "don't".
_mode: ContextVar[Recorder | bool | None] = ContextVar("autograd_mode", default=None)
get_mode = _mode.get

# The open blocks of this context, outermost first: who opened one, and whether it records (a bool)
# or who is told. A block takes itself out wherever it stands, so that generators and tasks may
# leave theirs in any order.
_blocks: ContextVar[tuple[tuple[object, Recorder | bool], ...]] = ContextVar(
    "autograd_blocks", default=()
)


def _enter(key: object, value: Recorder | bool) -> None:
    _set((*_blocks.get(), (key, value)))


def _leave(key: object) -> bool:
    """Take the innermost block of `key` out; whether there was one in this context."""
    blocks = _blocks.get()
    places = [k for k, (owner, _) in enumerate(blocks) if owner is key]
    if places:
        _set(blocks[: places[-1]] + blocks[places[-1] + 1 :])
    return bool(places)


def _set(blocks: tuple[tuple[object, Recorder | bool], ...]) -> None:
    """Make `blocks` the open ones, and the mode what the innermost says."""
    _blocks.set(blocks)
    if blocks and blocks[-1][1] is False:
        _mode.set(False)
        return
    told: list[Recorder] = []
    for _, value in blocks:
        if not isinstance(value, bool):  # (of those that keep what they see, only the last)
            told = [other for other in told if not (other.keeps and value.keeps)] + [value]
    _mode.set(_Several(tuple(told)) if len(told) > 1 else told[0] if told else None)


def watching() -> Recorder | None:
    """The recorder that is to be told of an operation called now."""
    mode = get_mode()
    return None if mode is None or isinstance(mode, bool) else mode


def is_recording() -> bool:
    """Whether an operation called now leaves an entry on the tape.

    >>> is_recording()
    True
    >>> with no_grad():
    ...     is_recording()
    False
    """
    return get_mode() is not False


F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


class _Several:
    """The recorders of nested blocks, all of which are told."""

    keeps = False

    def __init__(self, recorders: tuple[Recorder, ...]) -> None:
        self.recorders = recorders

    def keep(
        self, primitive: Any, inputs: tuple[Any, ...], static: dict[str, Any], result: Any
    ) -> Any:
        for recorder in self.recorders:
            recorder.keep(primitive, inputs, static, result)
        return result

    def lifted(self, constant: Any, array: Any) -> None:
        for recorder in self.recorders:
            recorder.lifted(constant, array)

    def computed(self, function: Any, args: Any, kwargs: dict[str, Any], result: Any) -> Any:
        for recorder in self.recorders:
            result = recorder.computed(function, args, kwargs, result)
        return result


class Switch:
    """A context manager and decorator that says whether its block records."""

    records: bool

    def __new__(cls, function: Any = None) -> Any:
        """A switch, or with a function (``@no_grad`` without brackets) that function, decorated."""
        switch = super().__new__(cls)
        return switch if function is None else switch(function)

    def __enter__(self) -> None:
        _enter(self, self.records)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _leave(self)

    def __call__(self, function: F) -> F:
        name = type(self).__name__
        if not callable(function):
            raise TypeError(f"{name}: decorates a function, received {function!r}.")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{name}: on the generator {function.__name__} it would end before the body runs; "
                f"write `with {name}():` inside it."
            )
        switch = type(self)  # a fresh one each call: the function may recurse or run in threads
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def decorated_coroutine(*args: Any, **kwargs: Any) -> Any:
                with switch():
                    return await function(*args, **kwargs)

            return decorated_coroutine  # type: ignore[return-value]

        @wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with switch():
                return function(*args, **kwargs)

        return decorated  # type: ignore[return-value]


class no_grad(Switch):
    """Record nothing inside: ``with no_grad(): ...``, or ``@no_grad()`` on a function.

    What is computed inside is a constant, also what ``y += 1`` makes of a recorded ``y``.

    >>> import autograd as ag
    >>> w = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> with ag.no_grad():
    ...     (w * 2).requires_grad
    False
    """

    records = False


class enable_grad(Switch):
    """Record again inside a `no_grad` block.

    >>> import autograd as ag
    >>> w = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> with ag.no_grad(), ag.enable_grad():
    ...     (w * 2).requires_grad
    True
    """

    records = True


@contextmanager
def telling(recorder: Recorder) -> Iterator[None]:
    """Record inside, and tell `recorder` of it.

    Raises GradientError at the end if the block is left where it was not entered.
    """
    key = object()
    _enter(key, recorder)
    try:
        yield
    except BaseException:  # which says more than where the block was left
        _leave(key)
        raise
    if not _leave(key):
        name = type(recorder).__name__
        raise GradientError(
            f"{name}: entered in one thread or task and left in another, where it records nothing; "
            f"write `with {name}() as ...:` around all that it is to see."
        )


def telling_alone(recorder: Recorder, function: Callable[[], T]) -> T:
    """What `function` returns, of which `recorder` is told and nobody around it."""

    def run() -> T:
        _set(())
        with telling(recorder):
            return function()

    return copy_context().run(run)
