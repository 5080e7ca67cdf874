"""The twins of `cases.products`."""

from __future__ import annotations

import torch


def dot(x, y):
    if not x.ndim or not y.ndim:
        return x * y
    return torch.tensordot(x, y, dims=([x.ndim - 1], [max(y.ndim - 2, 0)]))


TWINS = {
    "matmul": torch.matmul,
    "dot": dot,
}
