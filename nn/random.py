"""The one source of random numbers in `nn`: initial values, dropout, shuffling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from threading import current_thread, main_thread
from typing import Any

import numpy as np

from autograd import checkpoint_state

__all__ = ["generator", "seed"]

# The stream of a thread that called `seed`; all others share the program's. A context variable,
# so that a thread that is given a copy of the context (a DataLoader's) draws from the same one.
_program = np.random.default_rng()
_own: ContextVar[np.random.Generator] = ContextVar("nn_random_stream", default=_program)


class _Stream(np.random.Generator):
    """A Generator whose every attribute is that of the stream of the thread that asks.

    It may be imported by name, kept and passed on, and is still right in every thread.
    """

    def __getattribute__(self, name: str) -> Any:
        return getattr(_own.get(), name)


generator: np.random.Generator = _Stream(_program.bit_generator)
"""A ``numpy.random.Generator`` that `seed` sets; the same object for the whole program.

In a thread that called `seed` it draws from that thread's own stream."""


def seed(n: int) -> None:
    """Start the random numbers of `nn` anew, so that a run can be repeated.

    In the main thread: those of the program, and of all threads that have not called it. In
    another thread: a stream of its own from now on, so that what it draws depends on no other.
    (The tasks of an event loop share the stream of their thread.)

    Raises ValueError if `n` is no non-negative integer.

    >>> seed(0)
    >>> a = generator.random(3)
    >>> seed(0)
    >>> bool((generator.random(3) == a).all())
    True
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0:
        raise ValueError(f"seed: n must be an integer of at least 0, received {n!r:.40}.")
    fresh = np.random.default_rng(n)
    if _own.get() is _program and current_thread() is not main_thread():
        _own.set(fresh)
    else:
        generator.bit_generator.state = fresh.bit_generator.state


def _snapshot() -> Callable[[], AbstractContextManager[None]]:
    then = generator.bit_generator.state

    @contextmanager
    def again() -> Iterator[None]:
        now = generator.bit_generator.state
        generator.bit_generator.state = then
        try:
            yield
        finally:
            generator.bit_generator.state = now

    return again


checkpoint_state(_snapshot)
