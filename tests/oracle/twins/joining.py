"""The twins of `cases.joining`."""

from __future__ import annotations

import numpy as np
import torch


def concatenate(*xs, axis):
    return torch.cat([x.reshape(-1) for x in xs]) if axis is None else torch.cat(xs, axis)


def split(x, indices_or_sections, axis=0):
    return torch.tensor_split(x, indices_or_sections, dim=axis)


def pad(x, pad_width, constant_values=0):
    widths = np.broadcast_to(pad_width, (x.ndim, 2))[::-1].reshape(-1).tolist()
    return torch.nn.functional.pad(x, widths, value=constant_values)


TWINS = {
    "concatenate": concatenate,
    "stack": lambda *xs, axis: torch.stack(xs, axis),
    "split": split,
    "pad": pad,
}
