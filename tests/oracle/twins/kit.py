"""What several twins need."""

from __future__ import annotations

import torch


def axes(x, axis):
    """The axes as PyTorch wants them: a tuple, none of them negative."""
    if axis is None:
        return tuple(range(x.ndim))
    return tuple(a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,)))


def over_axes(function):
    """For a reduction of PyTorch, which takes () to mean all axes where NumPy means none."""

    def reduced(x, axis, keepdims):
        return x + 0 if axis == () else function(x, dim=axes(x, axis), keepdim=keepdims)

    return reduced


def tensors_only(function):
    """For what PyTorch does not do for a Python number in either place."""
    return lambda *xs: function(*(torch.as_tensor(x, dtype=torch.float64) for x in xs))
