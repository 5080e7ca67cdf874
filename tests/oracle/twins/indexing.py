"""The twins of `cases.indexing`."""

from __future__ import annotations

import numpy as np
import torch
from cases.indexing import INDICES


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


def gathered(read):
    """What NumPy's function reads from the numbers of the elements, from the elements."""

    def twin(x, **static):
        places = read(np.arange(x.numel()).reshape(x.shape), **static)
        return x.reshape(-1)[torch.as_tensor(places)]

    return twin


def written(write):
    """What NumPy's function writes to the numbers of the elements of x, of those of y."""

    def twin(x, y, **static):
        source = np.arange(x.numel()).reshape(x.shape)
        write(source, x.numel() + np.arange(y.numel()).reshape(y.shape), **static)
        return torch.cat([x.reshape(-1), y.reshape(-1)])[torch.as_tensor(source)]

    return twin


def index_add(x, y, index):
    shape = np.empty(x.shape)[index].shape
    return x + scatter(torch.broadcast_to(y, shape), index, x.shape)


def choose(x, y, indices, mode="raise"):
    places = torch.as_tensor(indices % 3 if mode == "wrap" else np.clip(indices, 0, 2))
    return torch.where(places == 0, x, torch.where(places == 1, y, x * 2))


def select(x, y):
    second = torch.where(torch.tensor([True, False, False]), y, y[0])
    return torch.where(torch.as_tensor(INDICES > 1), x, second)


def piecewise(x, factor):
    other = torch.where(x > 0.5, factor * x * x, -1.0)
    return torch.where(x < -0.5, torch.exp(x), other)


TWINS = {
    "getitem": getitem,
    "scatter": scatter,
    "index_update": index_update,
    "index_add": index_add,
    "take": gathered(np.take),
    "take_along_axis": gathered(np.take_along_axis),
    "compress": gathered(lambda x, by: np.compress(by, x, axis=1 if len(by) == 3 else None)),
    "extract": gathered(lambda x, by: np.extract(by, x)),
    "put_along_axis": written(lambda z, y, indices, axis: np.put_along_axis(z, indices, y, axis)),
    "put": written(lambda z, y, ind, mode="raise": np.put(z, ind, y, mode)),
    "place": written(lambda z, y, mask: np.place(z, mask, y)),
    "putmask": written(lambda z, y, mask: np.putmask(z, mask, y)),
    "copyto": written(lambda z, y, where: np.copyto(z, y, where=where)),
    "fill_diagonal": written(np.fill_diagonal),
    "choose": choose,
    "select": select,
    "piecewise": piecewise,
}
