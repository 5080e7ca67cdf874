"""The twins of `cases.products`."""

from __future__ import annotations

import numpy as np
import torch


def dot(x, y):
    if not x.ndim or not y.ndim:
        return x * y
    return torch.tensordot(x, y, dims=([x.ndim - 1], [max(y.ndim - 2, 0)]))


def tensordot(x, y, axes=2):
    return torch.tensordot(
        x, y, dims=axes if np.ndim(axes) < 1 else [list(np.atleast_1d(a)) for a in axes]
    )


def einsum(*xs, subscripts=None, sublists=(), optimize=None):
    """PyTorch has no axes of length 1 and no ``->`` alone."""
    if sublists:
        operands = [part for pair in zip(xs, sublists, strict=False) for part in pair]
        return torch.einsum(*operands, *sublists[len(xs) :])
    return torch.einsum(subscripts, *xs)


TWINS = {
    "matmul": torch.matmul,
    "dot": dot,
    "inner": torch.inner,
    "outer": lambda x, y: torch.outer(x.reshape(-1), y.reshape(-1)),
    "vdot": lambda x, y: torch.dot(x.reshape(-1), y.reshape(-1)),
    "kron": torch.kron,
    "tensordot": tensordot,
    "vecdot": lambda x, y, axis=-1: torch.linalg.vecdot(x, y, dim=axis),
    "einsum": einsum,
}

if hasattr(np, "matvec"):
    TWINS["matvec"] = lambda x, y: (x @ y[..., None])[..., 0]
    TWINS["vecmat"] = lambda x, y: (x[..., None, :] @ y)[..., 0, :]
