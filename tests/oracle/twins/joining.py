"""The twins of `cases.joining`."""

from __future__ import annotations

import numpy as np
import torch
from cases.joining import insert


def concatenate(*xs, axis=0, dtype=None, casting="same_kind"):
    return torch.cat([x.reshape(-1) for x in xs]) if axis is None else torch.cat(xs, axis)


def append(x, values, axis=None):
    return concatenate(x, values, axis=axis)


def block(a, b=None, c=None, d=None):
    if b is None:
        return a + 0
    if c is None:
        return torch.hstack([a, b, torch.tensor(1.5, dtype=a.dtype)])
    bottom = torch.hstack([c, d])
    return torch.vstack([torch.hstack([a, b]), bottom])


def split(x, indices_or_sections, axis=0):
    return torch.tensor_split(x, indices_or_sections, dim=axis)


def hsplit(x, indices_or_sections):
    return split(x, indices_or_sections, min(x.ndim, 2) - 1)


def gathered(function):
    """By the numbers of the elements of all inputs in a row, which NumPy arranges."""

    def arranged(*xs, **static):
        ends = np.cumsum([0, *(x.numel() for x in xs)])
        numbers = [
            np.arange(start, start + x.numel()).reshape(x.shape)
            for start, x in zip(ends[:-1], xs, strict=True)
        ]
        places = torch.as_tensor(function(*numbers, **static))
        return torch.cat([x.reshape(-1) for x in xs])[places]

    return arranged


STATISTICS = {
    "maximum": torch.amax,
    "minimum": torch.amin,
    "mean": torch.mean,
    "median": lambda x, axis, keepdim: torch.quantile(x, 0.5, axis, keepdim),
}


def pad(x, pad_width, mode="constant", reflect_type="even", **static):
    if mode == "constant":
        return constant(x, pad_width, **static)
    if mode in STATISTICS:
        return with_statistics(x, pad_width, STATISTICS[mode], **static)
    if mode == "linear_ramp" or reflect_type == "odd":
        kind = {} if mode == "linear_ramp" else {"reflect_type": "odd"}
        return affine(x, pad_width, mode=mode, **kind, **static)
    return gathered(np.pad)(x, pad_width=pad_width, mode=mode)


def constant(x, pad_width, constant_values=0):
    widths = np.broadcast_to(pad_width, (x.ndim, 2))
    values = np.broadcast_to(constant_values, (x.ndim, 2))
    for axis, (width, value) in enumerate(zip(widths, values, strict=True)):
        x = bordered(x, axis, *(x.new_full((), v) for v in value), width)
    return x


def bordered(x, axis, before, after, width):
    shapes = [tuple(n if k == axis else m for k, m in enumerate(x.shape)) for n in width]
    return torch.cat([before.expand(shapes[0]), x, after.expand(shapes[1])], axis)


def with_statistics(x, pad_width, statistic, stat_length=None):
    for axis, width in enumerate(np.broadcast_to(pad_width, (x.ndim, 2))):
        n = x.shape[axis]
        lengths = np.minimum(np.broadcast_to(n if stat_length is None else stat_length, 2), n)
        parts = x.narrow(axis, 0, lengths[0]), x.narrow(axis, n - lengths[1], lengths[1])
        x = bordered(x, axis, *(statistic(part, axis, True) for part in parts), width)
    return x


def affine(x, pad_width, **static):
    """What NumPy makes of 0 and of each unit array is all there is to know."""
    base = np.pad(np.zeros(x.shape), pad_width, **static)
    units = np.eye(x.numel()).reshape(-1, *x.shape)
    columns = [np.pad(unit, pad_width, **static) - base for unit in units]
    return torch.tensordot(x.reshape(-1), torch.tensor(np.array(columns)), 1) + torch.tensor(base)


TWINS = {
    "barrier": lambda *xs: tuple(torch.clone(x) for x in xs),
    "concatenate": concatenate,
    "stack": lambda *xs, axis: torch.stack(xs, axis),
    "vstack": lambda *xs, dtype=None: torch.vstack(xs),
    "hstack": lambda *xs: torch.hstack(xs),
    "dstack": lambda *xs: torch.dstack(xs),
    "column_stack": lambda *xs: torch.column_stack(xs),
    "append": append,
    "block": block,
    "split": split,
    "array_split": split,
    "hsplit": hsplit,
    "vsplit": split,
    "dsplit": lambda x, indices_or_sections: split(x, indices_or_sections, 2),
    "delete": gathered(np.delete),
    "insert": gathered(insert),
    "pad": pad,
}

if hasattr(np, "unstack"):
    TWINS["unstack"] = lambda x, axis: torch.unbind(x, axis)
