"""Functions composed of primitives: they need no rule of their own, at any order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.dispatch import overrides
from autograd.ops.elementwise import clip, exp, log, sqrt, square, where
from autograd.ops.reductions import Axis, axes_of, mean, sum
from autograd.tensor import Tensor

__all__ = ["detach", "log_softmax", "logsumexp", "softmax", "std", "var"]


def detach(x: Any) -> Any:
    """`x` as a constant: ``x.detach()`` for a Tensor, `x` itself for an array."""
    return x.detach() if isinstance(x, Tensor) else x


@overrides(np.var)
def var(x: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    r"""The variance :math:`\sum (x - \bar x)^2 / (n - \mathrm{ddof})`.

    >>> float(var(np.array([1.0, 3.0])))
    1.0
    """
    deviation = square(x - mean(x, axis=axis, keepdims=True))
    if not ddof:
        return mean(deviation, axis=axis, keepdims=keepdims)
    shape = np.shape(x)
    n = math.prod(shape[a] for a in axes_of(axis, len(shape)))
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
    none = variance == 0
    return where(none, 0, sqrt(where(none, 1, variance)))


# Softmax and its relatives, of any x without overflow: with the largest x subtracted, no exponent
# is above 0 and one of them is 0, which changes no result. Where every x is -inf, nothing weighs
# anything: softmax is 0, its logarithm and logsumexp are -inf, and gradients are 0.


def _largest(x: Any, axis: Axis) -> Any:
    """The largest value along `axis`, as a plain array; -inf where there is none."""
    values = x._data if isinstance(x, Tensor) else np.asarray(x)
    values = values if values.dtype.kind == "f" else values.astype(float)
    return np.max(values, axis=axis, keepdims=True, initial=-np.inf)


def _weights(x: Any, axis: Axis, largest: Any) -> tuple[Any, Any, Any]:
    """x less the largest, the exponential of that, and the sum of those."""
    finite = np.isfinite(largest)
    if finite.all():
        shifted = x - largest
        e = exp(shifted)
        return shifted, e, sum(e, axis=axis, keepdims=True)
    shifted = x - np.where(finite, largest, 0)
    e = exp(shifted)
    # 1 or more, unless it is the sum of nothing but e^-inf: then 1/2, to be divided by.
    return shifted, e, clip(sum(e, axis=axis, keepdims=True), 0.5, None)


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    r""":math:`\log \sum e^{x}` along `axis`, for any x without overflow.

    >>> float(logsumexp(np.array([1e4, 1e4])).round(6))  # 1e4 + log 2
    10000.693147
    """
    largest = _largest(x, axis)
    result = log(_weights(x, axis, largest)[2]) + largest
    return result if keepdims else np.reshape(result, np.max(largest, axis=axis).shape)


def softmax(x: Any, axis: Axis = -1) -> Any:
    r""":math:`e^{x} / \sum e^{x}` along `axis`, for any x without overflow.

    Elements that are -inf (masked) get 0, also if all are.

    >>> softmax(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    _, e, total = _weights(x, axis, _largest(x, axis))
    return e / total


def log_softmax(x: Any, axis: Axis = -1) -> Any:
    r""":math:`x - \log \sum e^{x}` along `axis`, for any x without overflow.

    >>> log_softmax(np.array([0.0, -1e4]))
    array([     0., -10000.])
    """
    shifted, _, total = _weights(x, axis, _largest(x, axis))
    return shifted - log(total)
