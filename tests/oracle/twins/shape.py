"""The twins of `cases.shape`."""

from __future__ import annotations

import numpy as np
import torch


def reshape(x, shape, order="C"):
    if order == "C":
        return x.reshape(shape)
    return transpose(transpose(x).reshape(tuple(reversed(shape))))


def ravel(x, order="C"):
    return (x if order == "C" else transpose(x)).reshape(-1)


def transpose(x, axes=None):
    return x.permute(tuple(reversed(range(x.ndim))) if axes is None else tuple(axes))


def swapaxes(x, axis1, axis2):
    return x.swapaxes(axis1, axis2)


def rollaxis(x, axis, start=0):
    axis, start = axis % x.ndim, start + x.ndim if start < 0 else start
    return torch.movedim(x, axis, start - (axis < start))


def broadcast_to(x, shape):
    return x.broadcast_to(shape)


def expand_dims(x, axis):
    for k in (axis,) if isinstance(axis, int) else sorted(axis):
        x = x.unsqueeze(k)
    return x


def squeeze(x, axis=None):
    return x.squeeze() if axis is None else x.squeeze(axis)


def meshgrid(*xs, sparse=False, indexing="xy", copy=True):
    grids = torch.meshgrid(*xs, indexing=indexing)
    if not sparse:
        return grids
    axes = [k + (indexing == "xy") * ((k == 0) - (k == 1)) for k in range(len(xs))]
    shapes = [tuple(-1 if k == axis else 1 for k in range(len(xs))) for axis in axes]
    return tuple(x.reshape(shape) for x, shape in zip(xs, shapes, strict=True))


def atleast_3d(*xs):
    """PyTorch puts the new axes elsewhere."""
    wide = [x if x.ndim != 1 else x[None] for x in xs]
    results = tuple(x.reshape((*x.shape, *(1,) * (3 - x.ndim))) for x in wide)
    return results[0] if len(xs) == 1 else results


def flip(x, axis=None):
    axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    return torch.flip(x, tuple(axes))


def roll(x, shift, axis=None):
    if isinstance(axis, tuple) and isinstance(shift, int):
        shift = (shift,) * len(axis)
    if isinstance(shift, int) and axis is None and x.numel():
        shift %= x.numel()  # PyTorch's is an int64
    return torch.roll(x, shift, axis)


def rot90(x, k=1, axes=(0, 1)):
    return torch.rot90(x, k, axes)


def repeat(x, repeats, axis=None):
    repeats = torch.as_tensor(repeats)
    return torch.repeat_interleave(x, repeats, axis)


def tile(x, reps):
    return torch.tile(x, (reps,) if isinstance(reps, int) else tuple(reps))


def resize(x, new_shape):
    """Gathered by the numbers of the elements, as NumPy arranges those."""
    places = np.resize(np.arange(x.numel()), new_shape)
    return x.reshape(-1)[torch.as_tensor(places)]


def diagonal(x, offset=0, axis1=0, axis2=1):
    rows, columns = x.shape[axis1], x.shape[axis2]
    offset = max(-rows, min(offset, columns))  # none is further away in PyTorch
    return torch.diagonal(x, offset, axis1, axis2)


def diagflat(x, k=0):
    return torch.diagflat(x, k)


def triangle(function):
    """Of a vector NumPy makes that of a matrix with such rows."""
    return lambda x, k=0: function(x if x.ndim > 1 else x.expand(len(x), len(x)), k)


def vander(x, N=None, increasing=False):
    """PyTorch's own has no second derivative, and none at all where it is the other way round."""
    rising = x[:, None] ** torch.arange(len(x) if N is None else N)
    return rising if increasing else rising.flip(1)


TWINS = {
    "full_like": lambda x: x[0].broadcast_to(x.shape),
    "reshape": reshape,
    "ravel": ravel,
    "transpose": transpose,
    "permute_dims": transpose,
    "matrix_transpose": lambda x: x.mT,
    "swapaxes": swapaxes,
    "moveaxis": torch.moveaxis,
    "rollaxis": rollaxis,
    "expand_dims": expand_dims,
    "squeeze": squeeze,
    "broadcast_to": broadcast_to,
    "copy": lambda x, order="K": torch.clone(x),
    "astype": lambda x, dtype: x.to(getattr(torch, dtype)),
    "broadcast_arrays": lambda *xs: tuple(torch.broadcast_tensors(*xs)),
    "meshgrid": meshgrid,
    "atleast_1d": lambda *xs: torch.atleast_1d(*xs),
    "atleast_2d": lambda *xs: torch.atleast_2d(*xs),
    "atleast_3d": atleast_3d,
    "flip": flip,
    "flipud": torch.flipud,
    "fliplr": torch.fliplr,
    "roll": roll,
    "rot90": rot90,
    "repeat": repeat,
    "tile": tile,
    "resize": resize,
    "diagonal": diagonal,
    "diag": lambda x, k=0: torch.diag(x, k),
    "diagflat": diagflat,
    "tril": triangle(torch.tril),
    "triu": triangle(torch.triu),
    "vander": vander,
}
