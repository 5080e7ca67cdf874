"""The twins of `cases.reductions`."""

from __future__ import annotations

import math

import numpy as np
import torch

from twins.kit import axes, over_axes


def selected(function, neutral):
    """A reduction with NumPy's dtype=, initial= and where=, of one that has none of them."""

    def of(x, axis=None, keepdims=False, dtype=None, initial=None, where=True):
        x = torch.where(torch.as_tensor(where), x, neutral)
        if initial is not None:
            shape = [1 if k in axes(x, axis) else n for k, n in enumerate(x.shape)]
            more = torch.full(shape, initial, dtype=x.dtype)
            x, axis = torch.cat([as_one(x, axis), as_one(more, axis)], -1), -1
            z = function(x, axis, False)
            return z.reshape(shape) if keepdims else z
        return function(x, axis, keepdims)

    return of


def as_one(x, axis):
    """The reduced axes as one, the last."""
    dims = axes(x, axis)
    moved = torch.movedim(x, dims, tuple(range(x.ndim - len(dims), x.ndim)))
    rest = moved.shape[: x.ndim - len(dims)]
    return moved.reshape(*rest, math.prod(moved.shape[len(rest) :]))


def prod(x, axis, keepdims):
    for k in sorted(axes(x, axis), reverse=True):  # PyTorch takes one at a time
        x = torch.prod(x, dim=k, keepdim=keepdims)
    return x + 0


def with_holes(function, instead=math.nan):
    """With NaN where the case puts it too, or at once what changes nothing."""

    def of(x, **static):
        holes = torch.arange(x.numel()).reshape(x.shape) % 5 == 2
        return function(torch.where(holes, instead, x), **static)

    return of


def moment(root):
    """Spelled out: PyTorch's own has no where=, and slope NaN for equal values."""

    def of(x, axis=None, ddof=0, keepdims=False, dtype=None, correction=0, where=True):
        total = selected(over_axes(torch.sum), 0.0)
        chosen = torch.as_tensor(where) & ~torch.isnan(x)
        n = total(torch.where(chosen, torch.ones_like(x), 0.0), axis, True)
        mean = total(torch.where(chosen, x, 0.0), axis, True) / n
        deviation = torch.where(chosen, x - mean, 0.0)
        z = total(deviation**2, axis, True) / (n - ddof - correction)
        z = z.reshape(()) if axis is None and not keepdims else z
        if axis is not None and not keepdims:
            z = torch.squeeze(z, axes(x, axis))
        if not root:
            return z
        return torch.where(z == 0, 0, torch.sqrt(torch.where(z == 0, 1, z)))

    return of


def mean(x, axis=None, keepdims=False, dtype=None, where=True):
    total = selected(over_axes(torch.sum), 0.0)
    chosen = torch.as_tensor(where) & ~torch.isnan(x)
    n = total(torch.where(chosen, torch.ones_like(x), 0.0), axis, keepdims)
    return total(torch.where(chosen, x, 0.0), axis, keepdims) / n


def average(x, weights=None, axis=None, returned=False, keepdims=False):
    weights = torch.ones_like(x) if weights is None else weights
    if weights.ndim < x.ndim:
        dims = axes(x, axis)
        weights = torch.permute(weights, sorted(range(len(dims)), key=lambda k: dims[k]))
        weights = weights.reshape([n if k in dims else 1 for k, n in enumerate(x.shape)])
    total = over_axes(torch.sum)
    n = total(weights, axis, keepdims)
    z = total(x * weights, axis, keepdims) / n
    return (z, torch.broadcast_to(n, z.shape)) if returned else z


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


def cumulative(function):
    def of(x, axis=None, dtype=None):
        x = x.reshape(-1) if axis is None or not x.ndim else x
        return function(x, 0 if axis is None else axis)

    return of


def from_the_neutral(function, neutral):
    def of(x, axis=0, include_initial=False):
        z = function(x, axis)
        first = torch.full_like(torch.narrow(z, axis, 0, 1), neutral)
        return torch.cat([first, z], axis) if include_initial else z

    return of


def quantile(x, q=0.5, axis=None, keepdims=False, method="linear", weights=None):
    """Of the sorted elements, those that NumPy says: the oracle is for their derivatives."""
    if not x.numel():
        return over_axes(torch.sum)(x, axis, keepdims)
    rows = as_one(x, axis)
    rest, z = rows.shape[:-1], []
    for row in rows.reshape(-1, rows.shape[-1]):
        ordered, order = torch.sort(row[~torch.isnan(row)])
        if weights is None:
            place = torch.as_tensor(np.quantile(np.arange(float(len(ordered))), q, method=method))
        else:
            place = torch.as_tensor(
                np.quantile(order.argsort().double(), q, method=method, weights=weights)
            )
        k = place.floor().long()
        above = ordered[torch.clamp(k + 1, max=len(ordered) - 1)]
        z.append(torch.lerp(ordered[k], above, place - k))
    z = torch.stack(z, -1)
    shape = [1 if k in axes(x, axis) else n for k, n in enumerate(x.shape)] if keepdims else rest
    return z.reshape((*np.shape(q), *shape))


def percentile(x, q, **static):
    return quantile(x, np.true_divide(q, 100), **static)


TWINS = {
    "sum": selected(over_axes(torch.sum), 0.0),
    "prod": selected(prod, 1.0),
    "mean": mean,
    "max": selected(over_axes(torch.amax), -math.inf),
    "min": selected(over_axes(torch.amin), math.inf),
    "var": moment(root=False),
    "std": moment(root=True),
    "ptp": lambda x, axis=None, keepdims=False: (
        over_axes(torch.amax)(x, axis, keepdims) - over_axes(torch.amin)(x, axis, keepdims)
    ),
    "average": average,
    "logsumexp": over_axes(torch.logsumexp),
    "softmax": over_one_axis(torch.softmax),
    "log_softmax": over_one_axis(torch.log_softmax),
    "nansum": with_holes(selected(over_axes(torch.sum), 0.0), 0.0),
    "nanprod": with_holes(selected(prod, 1.0), 1.0),
    "nanmean": with_holes(mean),
    "nanvar": with_holes(moment(root=False)),
    "nanstd": with_holes(moment(root=True)),
    **{
        name: with_holes(selected(over_axes(function), neutral), neutral)
        for name, function, neutral in [
            ("nanmax", torch.amax, -math.inf),
            ("nanmin", torch.amin, math.inf),
            ("fmax.reduce", torch.amax, -math.inf),
            ("fmin.reduce", torch.amin, math.inf),
        ]
    },
    "cumsum": cumulative(torch.cumsum),
    "cumprod": cumulative(torch.cumprod),
    "cummax": cumulative(lambda x, axis: torch.cummax(x, axis).values),
    "cummin": cumulative(lambda x, axis: torch.cummin(x, axis).values),
    "cumulative_sum": from_the_neutral(torch.cumsum, 0),
    "cumulative_prod": from_the_neutral(torch.cumprod, 1),
    "nancumsum": with_holes(cumulative(torch.cumsum), 0.0),
    "nancumprod": with_holes(cumulative(torch.cumprod), 1.0),
    "median": quantile,
    "nanmedian": with_holes(quantile),
    "quantile": quantile,
    "nanquantile": with_holes(quantile),
    "percentile": percentile,
    "nanpercentile": with_holes(percentile),
}
