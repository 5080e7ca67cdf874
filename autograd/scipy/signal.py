"""Convolution along chosen axes, and for plain arrays everything else of ``scipy.signal``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.signal

from autograd.ops.windows import windows
from autograd.tensor import Tensor

Axes = Sequence[int]


def __getattr__(name: str) -> Any:
    return getattr(scipy.signal, name)


def convolve(
    x: Any,
    y: Any,
    axes: tuple[Axes, Axes] | None = None,
    dot_axes: tuple[Axes, Axes] = ((), ()),
    mode: str = "full",
) -> Any:
    r"""The convolution :math:`z_k = \sum_j x_j y_{k-j}` along pairs of axes.

    Parameters
    ----------
    axes
        The axes of `x` and those of `y` that are convolved with each other; by default all.
    dot_axes
        The axes of `x` and those of `y` that are multiplied and summed over, as by ``tensordot``.
    mode
        ``"full"``, ``"valid"`` (only where the one lies wholly within the other) or ``"same"``
        (the middle part, as long as `x`).

    The axes of the result are those of `x` that are in neither, then those of `y`, then the
    convolved ones. Raises ValueError for axes that do not fit.

    >>> convolve(np.array([1.0, 2.0]), np.array([1.0, 1.0, 1.0]))
    array([1., 3., 3., 2.])
    """
    x, y = (w if isinstance(w, Tensor) else np.asarray(w) for w in (x, y))
    if mode not in ("full", "valid", "same"):
        raise ValueError(f"convolve: mode must be 'full', 'valid' or 'same', received {mode!r}.")
    every = tuple(range(x.ndim))
    moved = []
    for w, along, summed in zip((x, y), axes or (every, every), dot_axes, strict=True):
        along, summed = _named(w, along), _named(w, summed)
        kept = [k for k in range(w.ndim) if k not in along + summed]
        moved.append((np.transpose(w, kept + summed + along), len(kept), len(along)))
    (x, x_kept, n), (y, y_kept, n_too) = moved
    x_long, y_long = x.shape[x.ndim - n :], y.shape[y.ndim - n_too :]
    summed = x.shape[x_kept : x.ndim - n]
    if n != n_too or not n or summed != y.shape[y_kept : y.ndim - n] or 0 in x_long + y_long:
        raise ValueError(
            f"convolve: received axes={axes} and dot_axes={dot_axes}; there must be as many of x "
            "as of y, at least one to convolve, none empty, and those summed over equally long."
        )
    swap = math.prod(x_long) > math.prod(y_long)  # the windows of the longer are weighted
    weights, signal = (y, x) if swap else (x, y)
    size = weights.shape[weights.ndim - n :]
    if mode == "valid" and any(a > b for a, b in zip(size, signal.shape[-n:], strict=True)):
        raise ValueError(
            f"convolve: with mode='valid' one must be at least as long as the other along all "
            f"convolved axes, received lengths {x_long} and {y_long}."
        )
    padding = [0 if mode == "valid" else length - 1 for length in size]
    flipped = weights[(..., *[slice(None, None, -1)] * n)]
    seen = windows(signal, size, padding=padding)
    out = seen.shape[-n:]
    weights_kept, signal_kept = (y_kept, x_kept) if swap else (x_kept, y_kept)
    lead, first = weights.shape[:weights_kept], signal.shape[:signal_kept]
    terms = math.prod(summed + size)
    rows = np.reshape(flipped, (math.prod(lead), terms))
    columns = np.reshape(seen, (math.prod(first), terms, math.prod(out)))
    product = np.matmul(rows, columns)
    if not swap:
        product = np.swapaxes(product, 0, 1)
    result: Any = np.reshape(product, x.shape[:x_kept] + y.shape[:y_kept] + out)
    if mode != "same":
        return result
    middle = [slice((m - k) // 2, (m - k) // 2 + k) for m, k in zip(out, x_long, strict=True)]
    return result[(..., *middle)]


def _named(w: Any, axes: Axes) -> list[int]:
    named = [axis % w.ndim for axis in axes if -w.ndim <= axis < w.ndim]
    if len(set(named)) != len(axes):
        raise ValueError(
            f"convolve: the axes {tuple(axes)} do not name different axes of shape {w.shape}; name "
            "each once, and none that is not there."
        )
    return named
