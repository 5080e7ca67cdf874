"""Whether operations are recorded, and who watches: per context, so per thread and asyncio task."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
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

# The recorder of the block that we are in, to which `enable_grad` returns.
_recorder: ContextVar[Recorder | None] = ContextVar("autograd_recorder", default=None)


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
    """A context manager and decorator that sets the mode and puts back what it found."""

    _tokens: list[Token[Recorder | bool | None]]

    def __new__(cls, function: Any = None) -> Any:
        """A switch, or with a function (``@no_grad`` without brackets) that function, decorated."""
        switch = super().__new__(cls)
        switch._tokens = []
        return switch if function is None else switch(function)

    def _value(self) -> Recorder | bool | None:
        raise NotImplementedError

    def __enter__(self) -> None:
        self._tokens.append(_mode.set(self._value()))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _mode.reset(self._tokens.pop())

    def __call__(self, function: F) -> F:
        name = type(self).__name__
        if not callable(function):
            raise TypeError(f"{name}: decorates a function, not {type(function).__name__}")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"@{name}() on the generator {function.__name__} would end before its body runs; "
                f"write `with {name}():` inside it"
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

    def _value(self) -> bool:
        return False


class enable_grad(Switch):
    """Record again inside a `no_grad` block.

    >>> import autograd as ag
    >>> w = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> with ag.no_grad(), ag.enable_grad():
    ...     (w * 2).requires_grad
    True
    """

    def _value(self) -> Recorder | None:
        return _recorder.get()


@contextmanager
def telling(recorder: Recorder) -> Iterator[None]:
    """Record inside, and tell `recorder` of it.

    Raises GradientError at the end if another recorder, or none, is told by then.
    """
    inner, around = recorder, _recorder.get()
    if around is not None:
        told = around.recorders if isinstance(around, _Several) else (around,)
        others = [other for other in told if not (other.keeps and recorder.keeps)]
        recorder = _Several((*others, recorder)) if others else recorder
    mode = get_mode()
    _recorder.set(recorder)
    _mode.set(recorder)
    try:
        yield
    except BaseException:  # which says more than where the block was left
        _leave(recorder, around, mode)
        raise
    if not _leave(recorder, around, mode):
        raise GradientError(
            f"{type(inner).__name__}: entered in one thread, task or generator and left in "
            "another, or before a block that was entered later; it records no more; write "
            f"`with {type(inner).__name__}() as ...:` around all that it is to see."
        )


def _leave(recorder: Recorder, around: Recorder | None, mode: Recorder | bool | None) -> bool:
    """Put back what was there before `recorder`, if that is what is there now; whether it was."""
    if _recorder.get() is not recorder or get_mode() is not recorder:
        return False
    _mode.set(mode)
    _recorder.set(around)
    return True
