"""The exception of the engine, and the few phrases that its messages share."""

from __future__ import annotations

from typing import Any

__all__ = ["AnomalyError", "GradientError", "describe"]


class GradientError(RuntimeError):
    """A gradient that was asked for can't be given rightly; the message says why and what to do.

    Wrong arguments raise ``TypeError``, ``ValueError`` or ``IndexError`` as they do in NumPy;
    this class is for what only a differentiation engine can refuse: a tape that was freed, a
    parameter that changed under a recorded operation, an escape that would drop a gradient.
    """


class AnomalyError(GradientError, FloatingPointError):
    """A NaN or an infinity that reached a result or a gradient; the message tells its cause."""


def describe(value: Any) -> str:
    """What was received, in a few words: ``float32 of shape (3, 4)``, ``the str 'a'``."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None:
        return f"{dtype} of shape {tuple(shape)}"
    text = repr(value)
    if len(text) > 40:
        text = text[:37] + "..."
    return f"the {type(value).__name__} {text}"
