"""The twins of `cases.indexing`."""

from __future__ import annotations

import numpy as np
import torch


def getitem(x, index):
    """PyTorch has no negative steps, so it gathers by the numbers of the elements."""
    places = np.arange(x.numel()).reshape(x.shape)[index]
    return x.reshape(-1)[torch.as_tensor(places.copy())]


def scatter(x, index, shape):
    places = np.arange(int(np.prod(shape))).reshape(shape)[index]
    flat = torch.zeros(int(np.prod(shape)), dtype=x.dtype)
    return flat.index_add(0, torch.as_tensor(places).reshape(-1), x.reshape(-1)).reshape(shape)


def index_update(x, y, index):
    """Gathered from `x` and `y`: PyTorch's own has no order among duplicates."""
    source = np.arange(x.numel()).reshape(x.shape)
    written = torch.broadcast_to(y, source[index].shape)
    source[index] = x.numel() + np.arange(written.numel()).reshape(written.shape)
    return torch.cat([x.reshape(-1), written.reshape(-1)])[torch.as_tensor(source)]


TWINS = {
    "getitem": getitem,
    "scatter": scatter,
    "index_update": index_update,
}
