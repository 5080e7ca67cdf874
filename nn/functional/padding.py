"""Borders, other sizes, and the exchange of channels for resolution."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag
from nn.functional.checks import array, called, described, each, floating, number

__all__ = ["interpolate", "pad", "pixel_shuffle", "pixel_unshuffle"]

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(input: Any, pad: Any, mode: str = "constant", value: float | None = None) -> Any:
    """A border around `x`, or with negative widths, `x` without its border.

    Parameters
    ----------
    pad
        The widths before and after the last axis, then those of the one before it, and so on.
    mode
        What the border shows: "constant" (`value`, 0 by default), or what lies inside: "reflect",
        "replicate" or "circular".

    Raises ValueError for widths or a mode that don't fit `x`.

    >>> pad(np.array([[1.0, 2.0, 3.0]]), (1, 2), mode="circular")
    array([[3., 1., 2., 3., 1., 2.]])
    """
    x = array("pad", "x", input)
    widths = each("pad", "pad", pad, np.size(pad), least=None)
    pairs = list(zip(widths[::2], widths[1::2], strict=False))[::-1]
    pairs = [(0, 0)] * (x.ndim - len(pairs)) + pairs
    if mode not in MODES:
        raise ValueError(
            f"{called('pad')}: mode must be one of {', '.join(map(repr, MODES))}; received "
            f"{described(mode)}."
        )
    if len(widths) % 2 or len(pairs) > x.ndim:
        raise ValueError(
            f"{called('pad')}: received pad={pad!r} for x of shape {x.shape}; give two widths for "
            "each axis, from the last on."
        )
    most = {"reflect": -1, "circular": 0}
    for n, pair in zip(x.shape, pairs, strict=True):
        wide = mode in most and max(pair) > 0 and max(pair) > n + most[mode]
        if wide or n + sum(pair) < 0 or (mode != "constant" and max(pair) > 0 and not n):
            raise ValueError(
                f"{called('pad')}: widths {pair} don't fit an axis of length {n} of x of shape "
                f"{x.shape} with mode={mode!r}; make them smaller."
            )
    if mode != "constant" and value is not None:
        raise ValueError(
            f"{called('pad')}: value={value!r} has no meaning with mode={mode!r}; leave it out."
        )
    if mode == "circular":  # what is left is what goes round
        x = _cropped(x, pairs)
    wider = [(max(a, 0), max(b, 0)) for a, b in pairs]
    if any(map(any, wider)):
        keywords = {"constant_values": value or 0} if mode == "constant" else {}
        x = ag.pad(x, wider, MODES[mode], **keywords)
    return x if mode == "circular" else _cropped(x, pairs)


def _cropped(x: Any, pairs: list[tuple[int, int]]) -> Any:
    if not any(min(pair) < 0 for pair in pairs):
        return x
    return x[tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(x.shape, pairs))]


def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Any:
    r"""`x` in another resolution.

    Shapes: input (N, C, *space) with one to three axes of space; the result (N, C, *size). Give
    `size`, or a `scale_factor` for :math:`\lfloor \mathrm{scale} \cdot n \rfloor`.

    Parameters
    ----------
    mode
        "nearest", or between the neighbours "linear", "bilinear", "trilinear" for one, two and
        three axes of space.
    align_corners
        Whether the centres of the corners stay where they are, instead of their edges.

    Raises ValueError for settings that don't fit `x`.

    >>> interpolate(np.array([[[1.0, 2.0]]]), scale_factor=2)
    array([[[1., 1., 2., 2.]]])
    >>> interpolate(np.array([[[0.0, 3.0]]]), 4, mode="linear", align_corners=True)
    array([[[0., 1., 2., 3.]]])
    """
    x = floating("interpolate", "x", input)
    n = x.ndim - 2
    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}.get(n)
    if linear is None or not all(x.shape[1:]):
        raise ValueError(
            f"{called('interpolate')}: received x of shape {x.shape}; give (N, C, *space), not "
            "empty, with one to three axes of space."
        )
    if mode not in ("nearest", linear) or (mode == "nearest" and align_corners is not None):
        raise ValueError(
            f"{called('interpolate')}: received mode={mode!r} and align_corners={align_corners!r} "
            f"for x of shape {x.shape}; give 'nearest' without align_corners, or {linear!r}."
        )
    if (size is None) == (scale_factor is None):
        raise ValueError(
            f"{called('interpolate')}: received size={size!r} and scale_factor={scale_factor!r}; "
            "give one of them."
        )
    scales: tuple[float | None, ...] = (None,) * n
    if size is None:
        scales = tuple(scale_factor) if np.iterable(scale_factor) else (scale_factor,) * n
        if len(scales) != n:
            raise ValueError(
                f"{called('interpolate')}: scale_factor must be a number, or {n} of them, for x of "
                f"shape {x.shape}; received {described(scale_factor)}."
            )
        for scale in scales:
            number("interpolate", "scale_factor", scale, "above 0")
        size = tuple(
            math.floor(m * s) for m, s in zip(x.shape[2:], scales, strict=True) if s is not None
        )
    size = each("interpolate", "size", size, n)
    for axis, (new, scale) in enumerate(zip(size, scales, strict=True), start=2):
        if mode == "nearest" and n == 2 and new in (x.shape[axis], 2 * x.shape[axis]):
            scale = None  # PyTorch looks at the lengths alone here, in two dimensions
        x = _resampled(x, axis, new, scale, mode == "nearest", bool(align_corners))
    return x


def _resampled(
    x: Any, axis: int, new: int, scale: float | None, nearest: bool, align_corners: bool
) -> Any:
    old = x.shape[axis]
    step = 1 / scale if scale else old / new
    places = np.arange(new)
    if nearest:
        if new % old == 0 and (scale is None or new == scale * old):
            return x if new == old else ag.repeat(x, new // old, axis=axis)
        source = np.floor(places.astype(np.float32) * np.float32(step)).astype(int)
        return ag.take(x, np.minimum(source, old - 1), axis=axis)
    if new == old:
        return x
    if align_corners:
        at = places * ((old - 1) / (new - 1)) if new > 1 else places * 0.0
    else:
        at = np.maximum((places + 0.5) * step - 0.5, 0)
    before = np.minimum(at.astype(int), old - 1)
    after = np.minimum(before + 1, old - 1)
    share = (at - before).astype(x.dtype).reshape((-1,) + (1,) * (x.ndim - 1 - axis))
    return ag.take(x, before, axis=axis) * (1 - share) + ag.take(x, after, axis=axis) * share


def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    r"""Channels as places: :math:`z_{c,\, h r + i,\, w r + j} = x_{c r^2 + i r + j,\, h, w}`.

    Shapes: input (..., C·r·r, H, W), z (..., C, H·r, W·r). Raises ValueError if the channels are
    no multiple of r·r.

    >>> pixel_shuffle(np.arange(4.0).reshape(4, 1, 1), 2)
    array([[[0., 1.],
            [2., 3.]]])
    """
    (r,) = each("pixel_shuffle", "upscale_factor", upscale_factor, 1)
    if np.ndim(input) < 3 or np.shape(input)[-3] % (r * r):
        raise ValueError(
            f"{called('pixel_shuffle')}: received x of shape {np.shape(input)}; give (..., C, H, "
            f"W), C a multiple of {r * r}."
        )
    *lead, c, h, w = np.shape(input)
    z = ag.reshape(input, (*lead, c // r**2, r, r, h, w))
    k = len(lead)
    z = ag.transpose(z, (*range(k + 1), k + 3, k + 1, k + 4, k + 2))
    return ag.reshape(z, (*lead, c // r**2, h * r, w * r))


def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    r"""Places as channels, the inverse of `pixel_shuffle`.

    Shapes: input (..., C, H·r, W·r), z (..., C·r·r, H, W). Raises ValueError if height or width is
    no multiple of r.

    >>> pixel_unshuffle(np.arange(4.0).reshape(1, 2, 2), 2).ravel()
    array([0., 1., 2., 3.])
    """
    (r,) = each("pixel_unshuffle", "downscale_factor", downscale_factor, 1)
    if np.ndim(input) < 3 or any(m % r for m in np.shape(input)[-2:]):
        raise ValueError(
            f"{called('pixel_unshuffle')}: received x of shape {np.shape(input)}; give (..., C, "
            f"H, W), H and W multiples of {r}."
        )
    *lead, c, h, w = np.shape(input)
    z = ag.reshape(input, (*lead, c, h // r, r, w // r, r))
    k = len(lead)
    z = ag.transpose(z, (*range(k + 1), k + 2, k + 4, k + 1, k + 3))
    return ag.reshape(z, (*lead, c * r**2, h // r, w // r))
