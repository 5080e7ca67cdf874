"""The twins of `cases.windows`."""

from __future__ import annotations

import torch


def windows(x, size, stride, padding, dilation):
    n = len(size)
    first = x.ndim - n
    x = torch.nn.functional.pad(x, [width for pair in reversed(padding) for width in pair])
    for k, (m, s, d) in enumerate(zip(size, stride, dilation, strict=True)):
        x = x.unfold(first + k, d * (m - 1) + 1, s)[..., ::d]
    return torch.movedim(x, tuple(range(-n, 0)), tuple(range(-2 * n, -n)))


def fold(x, spatial, size, stride, padding, dilation):
    """The gradient, by PyTorch, of `windows`."""
    lead = x.shape[: -2 * len(size)]
    at = torch.zeros((*lead, *spatial), dtype=x.dtype, requires_grad=True)
    seen = windows(at, size, stride, padding, dilation)
    return torch.autograd.grad(seen, at, x, create_graph=True)[0]


TWINS = {
    "windows": windows,
    "fold": fold,
}
