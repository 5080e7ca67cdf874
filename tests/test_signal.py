"""Convolution, as HIPS autograd has it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

import autograd as ag
from autograd.scipy.signal import convolve

CASES = [
    ((5,), (3,), {}),
    ((3,), (5,), {}),
    ((2, 5), (3, 2), {}),
    ((1,), (1,), {}),
    ((2, 3, 6), (4, 3, 3), {"axes": ([2], [2]), "dot_axes": ([1], [1])}),
    ((4, 3, 3), (2, 3, 6), {"axes": ([-1], [-1]), "dot_axes": ([1], [1])}),
    ((2, 4), (3, 5), {"axes": ([1], [1])}),
    ((3, 5, 4), (2, 2, 3, 2), {"axes": ([1, 2], [0, 1]), "dot_axes": ([0], [2])}),
]


def by_hand(x, y, axes=None, dot_axes=((), ()), mode="full"):
    """The full convolution, a product of the two at a time, cut to what the mode keeps."""
    axes = axes or [range(x.ndim)] * 2
    kept = []
    for w, along, summed in zip((x, y), axes, dot_axes, strict=True):
        along = [k % w.ndim for k in along]
        order = [k for k in range(w.ndim) if k not in (*along, *summed)]
        kept.append(np.transpose(w, [*order, *summed, *along]))
    (x, y), n, m = kept, len(axes[0]), len(dot_axes[0])
    long = [np.array(w.shape[w.ndim - n :]) for w in (x, y)]
    full = long[0] + long[1] - 1
    z = np.zeros((*x.shape[: x.ndim - n - m], *y.shape[: y.ndim - n - m], *full))
    for i in np.ndindex(*long[0]):
        for j in np.ndindex(*long[1]):
            place = tuple(np.add(i, j))
            part = np.tensordot(x[(..., *i)], y[(..., *j)], [range(-m, 0)] * 2 if m else 0)
            z[(..., *place)] += part
    keep = {"full": full, "same": long[0], "valid": abs(long[0] - long[1]) + 1}[mode]
    return z[
        (..., *(slice((f - k) // 2, (f - k) // 2 + k) for f, k in zip(full, keep, strict=True)))
    ]


@pytest.mark.parametrize("mode", ["full", "valid", "same"])
@pytest.mark.parametrize(("x", "y", "axes"), CASES)
def test_values_and_gradients(x, y, axes, mode):
    random = np.random.default_rng(0)
    x, y = random.standard_normal(x), random.standard_normal(y)
    if mode == "valid" and np.shape(x) == (2, 5):
        x = random.standard_normal((4, 5))
    np.testing.assert_allclose(
        convolve(x, y, mode=mode, **axes), by_hand(x, y, mode=mode, **axes), rtol=1e-12, atol=1e-12
    )
    assert ag.gradcheck(lambda x, y: convolve(x, y, mode=mode, **axes), [x, y])


@pytest.mark.parametrize("mode", ["full", "same"])
def test_without_axes_it_is_scipys(mode):
    random = np.random.default_rng(1)
    x, y = random.standard_normal((5, 4)), random.standard_normal((2, 3))
    np.testing.assert_allclose(
        convolve(x, y, mode=mode), scipy.signal.convolve(x, y, mode), rtol=1e-12
    )


def test_what_does_not_fit_is_refused():
    x, y = np.ones((2, 5)), np.ones((3, 2))
    with pytest.raises(ValueError, match=r"mode='valid' .* lengths \(2, 5\) and \(3, 2\)"):
        convolve(x, y, mode="valid")
    with pytest.raises(ValueError, match="mode must be"):
        convolve(x, y, mode="circular")
    with pytest.raises(ValueError, match="equally long"):
        convolve(x, y, axes=([1], [1]), dot_axes=([0], [0]))
    with pytest.raises(ValueError, match="do not name different axes"):
        convolve(x, y, axes=([1, 1], [0, 1]))
    with pytest.raises(ValueError, match="do not name different axes"):
        convolve(x, np.ones(2))
    with pytest.raises(ValueError, match="as many"):
        convolve(x, y, axes=([1], [0, 1]))
