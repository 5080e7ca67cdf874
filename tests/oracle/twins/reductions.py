"""The twins of `cases.reductions`."""

from __future__ import annotations

import torch

from twins.kit import axes, over_axes


def prod(x, axis, keepdims):
    for k in sorted(axes(x, axis), reverse=True):  # PyTorch takes one at a time
        x = torch.prod(x, dim=k, keepdim=keepdims)
    return x + 0


def moment(function):
    def of(x, axis, ddof=0, keepdims=False):
        dims = axes(x, axis)
        # Of single elements, always 0, where PyTorch's std has slope NaN; of none, it warns.
        if not x.numel() or all(x.shape[k] == 1 for k in dims):
            return over_axes(torch.sum)(x * 0, axis, keepdims)
        return function(x, dim=dims, correction=ddof, keepdim=keepdims)

    return of


def over_one_axis(function):
    """For softmax, which PyTorch has for one axis: several become one, and back."""

    def of(x, axis):
        dims = axes(x, axis)
        front = tuple(range(len(dims)))
        moved = torch.movedim(x, dims, front)
        rest = moved.shape[len(dims) :]
        flat = function(moved.reshape(x.numel() // max(rest.numel(), 1), *rest), dim=0)
        return torch.movedim(flat.reshape(moved.shape), front, dims)

    return of


def cumsum(x, axis):
    return torch.cumsum(x.reshape(-1), 0) if axis is None else torch.cumsum(x, axis)


TWINS = {
    "sum": over_axes(torch.sum),
    "prod": prod,
    "mean": over_axes(torch.mean),
    "max": over_axes(torch.amax),
    "min": over_axes(torch.amin),
    "var": moment(torch.var),
    "std": moment(torch.std),
    "logsumexp": over_axes(torch.logsumexp),
    "softmax": over_one_axis(torch.softmax),
    "log_softmax": over_one_axis(torch.log_softmax),
    "cumsum": cumsum,
}
