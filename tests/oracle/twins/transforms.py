"""The twins of `cases.transforms`."""

from __future__ import annotations

import torch


def checkpoint(x, *y):
    if not y:
        return torch.sum(torch.tanh(x) ** 2)
    return torch.tanh(x * torch.sin(*y)), x + y[0]


TWINS = {"checkpoint": checkpoint}
