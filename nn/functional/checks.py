"""Checks of arguments that several functions share."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor

__all__ = [
    "array",
    "batch_last",
    "called",
    "described",
    "each",
    "floating",
    "integers",
    "into",
    "number",
    "pair",
    "printable",
    "reduced",
    "spatial",
    "values",
]


def values(x: Any) -> Any:
    """The plain array inside."""
    return x.data if isinstance(x, Tensor) else x


# ---------------------------------------------------------------------- the words of messages


def called(name: str) -> str:
    """What the user called: the function of that name, or the layer or loss that called it.

    A message begins with it. It is looked for among the frames, and only when one is raised.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if not module.startswith("nn."):
            break
        if module.startswith(("nn.layers.", "nn.losses")) and "self" in frame.f_locals:
            return type(frame.f_locals["self"]).__name__
        frame = frame.f_back
    return name


def printable(text: str) -> str:
    """A name as a person sees it: what is no printable character is escaped, as in a string.

    >>> printable("a name\\r\\x1b[2J")
    'a name\\\\r\\\\x1b[2J'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def described(value: Any) -> str:
    """What was received, in a few words: ``float32 of shape (4, 3)``, ``'same'``, ``a list of 2``.

    >>> described(np.ones(3)), described("same"), described([np.ones(3)] * 2)
    ('float64 of shape (3,)', "'same'", 'a list of 2')
    """
    if isinstance(value, (Tensor, np.ndarray)):
        return f"{value.dtype} of shape {value.shape}"
    if isinstance(value, type) or (callable(value) and hasattr(value, "__name__")):
        return printable(
            f"the {'class' if isinstance(value, type) else 'function'} {value.__name__}"
        )
    text = printable(repr(value))
    if len(text) <= 40 and "array(" not in text and "Tensor(" not in text and " at 0x" not in text:
        return text
    if isinstance(value, (list, tuple, dict)):
        return f"a {type(value).__name__} of {len(value)}"
    return printable(f"a value of type {type(value).__name__}")


# ---------------------------------------------------------------------- arrays


def array(name: str, what: str, x: Any) -> Any:
    """`x` as a Tensor or array, refused unless it is one array of numbers."""
    if isinstance(x, Tensor):
        return x
    several = isinstance(x, (tuple, list)) and any(isinstance(v, (Tensor, np.ndarray)) for v in x)
    masked = isinstance(x, np.ma.MaskedArray)
    try:
        made = None if several or masked else np.asarray(x)
    except ValueError:  # lists of different lengths
        made = None
    if made is not None and made.dtype.kind in "fiub":
        return made
    remedy = (
        "give one array: of several results the one that is meant, of rows autograd.stack(rows)"
        if several
        else "its mask would be lost: fill it (`a.filled(0)`) and keep the mask as an array"
        if masked
        else "give what it returns, such as model(x)"
        if callable(x)
        else "give an array of real numbers or a Tensor"
    )
    raise TypeError(f"{called(name)}: received {described(x)} as {what}; {remedy}.")


def floating(name: str, what: str, x: Any) -> Any:
    """`x` as a Tensor or array, refused unless it is floating-point."""
    x = array(name, what, x)
    if x.dtype.kind != "f":
        scale = " / 255" if x.dtype == np.uint8 else ""  # pixels
        raise TypeError(
            f"{called(name)}: received {described(x)} as {what}; make it floating-point, such as "
            f"x.astype('float32'){scale}."
        )
    return x


def pair(name: str, what: str, x: Any, y: Any) -> tuple[Any, Any]:
    """A prediction and its target, of one shape and dtype."""
    x, y = floating(name, what, x), array(name, "a target", y)
    if x.shape != y.shape:
        hint = ", such as x.reshape(y.shape)" if x.size == y.size else ""
        raise ValueError(
            f"{called(name)}: received {what} of shape {x.shape} and a target of shape {y.shape}, "
            f"which would be broadcast; make them the same{hint}."
        )
    return x, y if y.dtype == x.dtype else y.astype(x.dtype)


def reduced(name: str, loss: Any, reduction: str) -> Any:
    """The losses of all elements, as `reduction` asks for them."""
    if reduction == "mean":
        return ag.mean(loss)
    if reduction == "sum":
        return ag.sum(loss)
    if reduction == "none":
        return loss
    raise ValueError(
        f"{called(name)}: reduction must be 'mean', 'sum' or 'none', received "
        f"{described(reduction)}."
    )


# ---------------------------------------------------------------------- settings

RULES = {
    "above 0": lambda v: v > 0,
    "of at least 0": lambda v: v >= 0,
    "from 0 to 1": lambda v: 0 <= v <= 1,
}


def number(name: str, what: str, value: Any, rule: str) -> None:
    """Refuse a setting that is no number, or against one of the rules."""
    real = np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iuf"
    if not real or not RULES[rule](value):
        raise ValueError(
            f"{called(name)}: {what} must be a number {rule}, received {described(value)}."
        )


def each(name: str, what: str, value: Any, n: int, least: int | None = 1) -> tuple[int, ...]:
    """An integer for each of `n` axes, given as one or several."""
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,) * n
    if len(given) != n or any(
        isinstance(k, bool)
        or not isinstance(k, (int, np.integer))
        or (least is not None and k < least)
        for k in given
    ):
        bound = "" if least is None else f" of at least {least}"
        several = "" if n == 1 else f", or {n} of them"
        raise ValueError(
            f"{called(name)}: {what} must be an integer{bound}{several}; received "
            f"{described(value)}."
        )
    return tuple(map(int, given))


def integers(name: str, least: int | None, **settings: Any) -> None:
    """Refuse settings that are no integers, or below `least` (if there is one)."""
    for what, value in settings.items():
        each(name, what, value, 1, least)


def spatial(name: str, x: Any, n: int) -> Any:
    """`x` with channels and `n` axes of space, and an axis of examples before them or none."""
    x = floating(name, "x", x)
    if x.ndim not in (n + 1, n + 2):
        raise ValueError(
            f"{called(name)}: received x of shape {x.shape}; give (N, C, *space) or (C, *space) "
            f"with {n} {'axis' if n == 1 else 'axes'} of space."
        )
    return x


def batch_last(x: Any) -> bool:
    """Whether the examples of (N, C, ...) lie side by side in memory, as convolutions leave them.

    Windows over the axes between are then read and written in runs of N elements or more, of
    which NumPy makes short work; with N first in memory, runs are as short as a row.
    """
    return bool(x.ndim > 2 and x.shape[0] > 1 and values(x).strides[0] == x.dtype.itemsize)


def into(input: Any, z: Any, inplace: bool) -> Any:
    """`z`, or with `inplace`, `input` after it has become that."""
    return np.positive(z, out=input) if inplace and z is not input else z
