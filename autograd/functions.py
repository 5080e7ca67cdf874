"""Functions composed of primitives: they need no rule of their own, at any order."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.dispatch import overrides
from autograd.ops.elementwise import exp, log, rint, sqrt, square, where
from autograd.ops.reductions import Axis, axes_of, mean, sum
from autograd.tensor import Tensor

__all__ = ["detach", "log_softmax", "logsumexp", "round", "softmax", "std", "var"]


def detach(x: Any) -> Any:
    """`x` as a constant: ``x.detach()`` for a Tensor, `x` itself for an array."""
    return x.detach() if isinstance(x, Tensor) else x


@overrides(np.round, np.around)
def round(x: Any, decimals: int = 0) -> Any:
    """Rounded to a number of decimals; the derivative is 0.

    >>> round(np.array([1.26]), 1)
    array([1.3])
    """
    return rint(x) if decimals == 0 else rint(x * 10**decimals) / 10**decimals


@overrides(np.var)
def var(x: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    r"""The variance :math:`\sum (x - \bar x)^2 / (n - \mathrm{ddof})`.

    >>> float(var(np.array([1.0, 3.0])))
    1.0
    """
    deviation = square(x - mean(x, axis=axis, keepdims=True))
    if not ddof:
        return mean(deviation, axis=axis, keepdims=keepdims)
    n = np.prod([x.shape[a] for a in axes_of(axis, x.ndim)], dtype=int).item()
    if n <= ddof:
        raise ValueError(f"var: {n} values leave nothing to divide by with ddof={ddof}.")
    return sum(deviation, axis=axis, keepdims=keepdims) / (n - ddof)


@overrides(np.std)
def std(x: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    r"""The square root of `var`; its gradient is 0 where all values are equal.

    >>> float(std(np.array([1.0, 3.0])))
    1.0
    """
    variance = var(x, axis=axis, ddof=ddof, keepdims=keepdims)
    none = detach(variance) == 0
    return where(none, 0, sqrt(where(none, 1, variance)))


def _shift(x: Any, axis: Axis) -> Any:
    """The largest value along `axis`, as a constant, or 0 where that is infinite.

    Subtracted before exp, it keeps the exponents at or below 0 and changes no result.
    """
    largest = np.max(detach(x), axis=axis, keepdims=True)
    return where(np.isfinite(largest), largest, 0)


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    r""":math:`\log \sum e^{x}` along `axis`, for any x without overflow.

    >>> float(logsumexp(np.array([1e4, 1e4])).round(6))  # 1e4 + log 2
    10000.693147
    """
    shift = _shift(x, axis)
    result = log(sum(exp(x - shift), axis=axis, keepdims=True)) + shift
    return (
        result
        if keepdims
        else np.squeeze(result, axis if axis is not None else tuple(range(x.ndim)))
    )


def softmax(x: Any, axis: Axis = -1) -> Any:
    r""":math:`e^{x} / \sum e^{x}` along `axis`, for any x without overflow.

    >>> softmax(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    e = exp(x - _shift(x, axis))
    return e / sum(e, axis=axis, keepdims=True)


def log_softmax(x: Any, axis: Axis = -1) -> Any:
    r""":math:`x - \log \sum e^{x}` along `axis`, for any x without overflow.

    >>> log_softmax(np.array([0.0, -1e4]))
    array([     0., -10000.])
    """
    shifted = x - _shift(x, axis)
    return shifted - log(sum(exp(shifted), axis=axis, keepdims=True))
