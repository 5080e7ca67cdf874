"""The twins of `cases.shape`."""

from __future__ import annotations

import torch


def reshape(x, shape):
    return x.reshape(shape)


def transpose(x, axes=None):
    return x.permute(tuple(reversed(range(x.ndim))) if axes is None else tuple(axes))


def swapaxes(x, axis1, axis2):
    return x.swapaxes(axis1, axis2)


def broadcast_to(x, shape):
    return x.broadcast_to(shape)


def expand_dims(x, axis):
    for k in (axis,) if isinstance(axis, int) else sorted(axis):
        x = x.unsqueeze(k)
    return x


def squeeze(x, axis=None):
    return x.squeeze() if axis is None else x.squeeze(axis)


TWINS = {
    "reshape": reshape,
    "ravel": torch.ravel,
    "transpose": transpose,
    "permute_dims": transpose,
    "swapaxes": swapaxes,
    "moveaxis": torch.moveaxis,
    "expand_dims": expand_dims,
    "squeeze": squeeze,
    "broadcast_to": broadcast_to,
    "copy": torch.clone,
    "astype": lambda x, dtype: x.to(getattr(torch, dtype)),
}
