"""Checks of arguments that several functions share."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor

__all__ = ["batch_last", "each", "floating", "into", "pair", "reduced", "spatial", "values"]


def values(x: Any) -> Any:
    """The plain array inside."""
    return x.data if isinstance(x, Tensor) else x


def floating(name: str, what: str, x: Any) -> Any:
    """`x` as a Tensor or array, refused unless it is floating-point."""
    x = x if isinstance(x, Tensor) else np.asarray(x)
    if x.dtype.kind != "f":
        raise TypeError(
            f"{name}: received {what} of dtype {x.dtype}; they must be floating-point, such as "
            "x.astype('float32')."
        )
    return x


def pair(name: str, what: str, x: Any, y: Any) -> tuple[Any, Any]:
    """A prediction and its target, of one shape and dtype."""
    x = floating(name, what, x)
    y = y if isinstance(y, Tensor) else np.asarray(y)
    if x.shape != y.shape:
        raise ValueError(
            f"{name}: received {what} of shape {x.shape} and a target of shape {y.shape}, which "
            "would be broadcast; make them the same, such as x.reshape(y.shape)."
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
    raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', received {reduction!r}.")


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
        raise ValueError(f"{name}: {what} must be an integer{bound}{several}; received {value!r}.")
    return tuple(map(int, given))


def spatial(name: str, x: Any, n: int) -> Any:
    """`x` with channels and `n` axes of space, and an axis of examples before them or none."""
    x = floating(name, "x", x)
    if x.ndim not in (n + 1, n + 2):
        raise ValueError(
            f"{name}: received x of shape {x.shape}; give (N, C, *space) or (C, *space) with {n} "
            f"{'axis' if n == 1 else 'axes'} of space."
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
