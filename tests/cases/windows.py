"""Sliding windows."""

from __future__ import annotations

import numpy as np

import autograd as ag
from cases.kit import one


def windows(x, size, stride, padding, dilation):
    """By NumPy's own sliding windows; one pair of padding for each axis."""
    n = len(size)
    x = np.pad(x, [(0, 0)] * (x.ndim - n) + list(padding))
    spans = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
    seen = np.lib.stride_tricks.sliding_window_view(x, spans, axis=tuple(range(-n, 0)))
    seen = seen[(..., *(slice(None, None, s) for s in stride), *[slice(None)] * n)]
    seen = seen[(..., *(slice(None, None, d) for d in dilation))]
    return np.moveaxis(seen, range(-n, 0), range(-2 * n, -n))


def fold(x, spatial, size, stride, padding, dilation):
    """Element by element."""
    n = len(size)
    before, after = np.transpose(padding)
    z = np.zeros((*x.shape[: -2 * n], *(np.array(spatial) + before + after)), x.dtype)
    for place in np.ndindex(*size):
        for window in np.ndindex(*x.shape[-n:]):
            at = np.array(window) * stride + np.array(place) * dilation
            z[(..., *at)] += x[(..., *place, *window)]
    return z[(..., *(slice(b, b + m) for b, m in zip(before, spatial, strict=True)))]


PLAIN = {"stride": (1,), "padding": ((0, 0),), "dilation": (1,)}

UNEVEN = {"stride": (2, 1), "padding": ((1, 0), (2, 1)), "dilation": (1, 2)}

CASES = [
    one("windows", ag.windows, [(6,)], reference=windows, size=(3,), **PLAIN),
    one("windows", ag.windows, [(2, 5, 4)], reference=windows, size=(2, 3), **UNEVEN),
    one("windows", ag.windows, [(0, 6)], reference=windows, size=(3,), **PLAIN),
    one("fold", ag.fold, [(3, 4)], reference=fold, exact=False, spatial=(6,), size=(3,), **PLAIN),
    one(
        "fold",
        ag.fold,
        [(2, 2, 3, 3, 3)],
        reference=fold,
        exact=False,
        spatial=(5, 4),
        size=(2, 3),
        **UNEVEN,
    ),
]
