"""The twins of `cases.sequences`."""

from __future__ import annotations

import math

import torch
from torch.nn.functional import conv1d


def diff(x, *ends, n=1, axis=-1):
    one = list(x.shape)
    one[axis] = 1
    return torch.diff(x, n, axis, *(end if end.ndim else end.expand(one) for end in ends))


def ediff1d(x, *ends):
    ends = [end.reshape(-1) for end in reversed(ends)]
    return torch.cat([*ends[:1], torch.diff(x.reshape(-1)), *ends[1:]])


def gradient(x, *spacing, axis=None, edge_order=1):
    """PyTorch takes numbers or coordinates for all axes, and differentiates coordinates only."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    spacing = spacing or (torch.ones((), dtype=x.dtype),)
    spacing = spacing * len(axes) if len(spacing) == 1 else spacing
    coordinates = [
        s if s.ndim else s * torch.arange(x.shape[k], dtype=s.dtype)
        for k, s in zip(axes, spacing, strict=True)
    ]
    slopes = [
        torch.gradient(x, spacing=(c,), dim=k, edge_order=edge_order)[0]
        for k, c in zip(axes, coordinates, strict=True)
    ]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def trapezoid(y, *x, axis=-1, **spacing):
    return torch.trapezoid(y, *x, dim=axis, **spacing)


def interp(x, xp, fp, left=None, right=None, period=None):
    if period is not None:
        x, xp = x % period, xp % period
        order = torch.argsort(xp)
        xp, fp = (torch.cat([v[order]] * 3) for v in (xp, fp))
        n = len(order)
        xp = xp + period * torch.repeat_interleave(torch.tensor([-1, 0, 1], dtype=xp.dtype), n)
    if len(xp) == 1:
        inside = fp[0].expand(x.shape)
    else:
        k = torch.clamp(torch.searchsorted(xp, x, right=True) - 1, 0, len(xp) - 2)
        slopes = torch.diff(fp) / torch.diff(xp)
        inside = fp[k] + slopes[k] * (x - xp[k])
    inside = torch.where(x < xp[0], fp[0] if left is None else left, inside)
    return torch.where(x > xp[-1], fp[-1] if right is None else right, inside)


def convolve(x, v, mode):
    x, v = (x, v) if len(x) >= len(v) else (v, x)
    padding = 0 if mode == "valid" else len(v) - 1
    z = conv1d(x[None, None], v.flip(0)[None, None], padding=padding)[0, 0]
    start = (len(z) - len(x)) // 2
    return z[start : start + len(x)] if mode == "same" else z


def correlate(x, v, mode):
    if len(x) < len(v):
        return convolve(v, x.flip(0), mode).flip(0)
    return convolve(x, v.flip(0), mode)


def polyval(p, x):
    return sum(c * x**k for k, c in enumerate(p.flip(0)))


def cov(x, y, rowvar=True, bias=False, ddof=None, fweights=None):
    if fweights is not None:
        return torch.cov(x, fweights=torch.as_tensor(fweights), aweights=y)
    x, y = (v if rowvar or v.ndim < 2 else v.T for v in (x, y))
    rows = torch.cat([v if v.ndim == 2 else v[None] for v in (x, y)])
    return torch.cov(rows, correction=int(not bias) if ddof is None else ddof)


def linspace(x, y, num, endpoint=True, retstep=False, axis=0):
    steps = num - 1 if endpoint else num
    step = (y - x) / steps if steps else y - x
    ks = [x + k * step for k in range(num)]
    z = torch.stack(ks, axis) if ks else (0 * step)[None][:0]
    return (z, step) if retstep else z


TWINS = {
    "linspace": linspace,
    "diff": diff,
    "ediff1d": ediff1d,
    "gradient": gradient,
    "trapezoid": trapezoid,
    "interp": interp,
    "convolve": convolve,
    "correlate": correlate,
    "polyval": polyval,
    "cov": cov,
    "corrcoef": lambda x, rowvar=True: torch.corrcoef(x if rowvar else x.T),
    "apply_along_axis": lambda x, axis: torch.einsum("ibc,jbc->ijbc", x[:2], x),
    "apply_over_axes": lambda x: x.sum((0, 2), keepdim=True),
    "real": torch.real,
    "conjugate": torch.conj,
    "angle": lambda x, deg=False: torch.angle(x) * (180 / math.pi if deg else 1),
}
WITHOUT = {
    "unwrap": "PyTorch has no such function",
    "imag": "PyTorch refuses real values",
}
