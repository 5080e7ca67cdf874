"""Functions composed of primitives: they need no rule of their own, at any order.

Elements that are NaN receive the gradient 0 from the functions that pass over them, and so does
everything that a result without a value (of no elements, or with no degrees of freedom) is of.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import dispatch
from autograd.dispatch import called, overrides
from autograd.errors import describe
from autograd.ops.elementwise import (
    NOT_GIVEN,
    clip,
    divide,
    exp,
    log,
    sqrt,
    square,
    subtract,
    where,
)
from autograd.ops.indexing import operand
from autograd.ops.reductions import (
    Axis,
    axes_of,
    check_axis,
    chosen_by,
    converted,
    count,
    cumprod,
    cumsum,
    max,
    mean,
    min,
    prod,
    sum,
)
from autograd.ops.shape import newer
from autograd.tensor import Tensor

__all__ = [
    "average",
    "cumulative_prod",
    "cumulative_sum",
    "detach",
    "log_softmax",
    "logsumexp",
    "nancumprod",
    "nancumsum",
    "nanmean",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
    "ptp",
    "softmax",
    "std",
    "var",
]


def detach(x: Any) -> Any:
    """`x` as a constant: ``x.detach()`` for a Tensor, `x` itself for an array."""
    return x.detach() if isinstance(x, Tensor) else x


# ---------------------------------------------------------------------- moments


def _how_many(x: Any, axis: Axis, chosen: Any) -> Any:
    """The number of elements along `axis`, or an array of those that are chosen, axes kept."""
    if chosen is True:
        return count(x.shape, axis)
    chosen = np.broadcast_to(chosen, x.shape)
    dtype = x.dtype if x.dtype.kind == "f" else float
    return np.sum(chosen, axis=axis, keepdims=True).astype(dtype)


def _variance(
    name: str,
    x: Any,
    axis: Axis,
    dtype: Any,
    ddof: float,
    keepdims: bool,
    chosen: Any,
    mean: Any,
    correction: Any,
    without: float = np.inf,
) -> Any:
    """The variance of the chosen elements; `without` degrees of freedom, that or (of 0) NaN."""
    check_axis(name, x, axis)
    x = operand(converted(name, x, dtype))
    if dtype is not None and x.dtype.kind != "f":
        raise TypeError(f"{name}: dtype must be a floating-point one, received {describe(dtype)}.")
    if correction is not NOT_GIVEN:
        if ddof:
            raise ValueError(
                f"{name}: ddof and correction mean the same, received ddof={ddof!r} and "
                f"correction={correction!r}; give one of them."
            )
        ddof = correction
    if isinstance(ddof, (np.generic, np.ndarray)) and not ddof.ndim:
        ddof = ddof.item()  # as weak as a Python number
    n = _how_many(x, axis, chosen)
    if mean is NOT_GIVEN:
        part, divisor = (x, n or 1) if chosen is True else (where(chosen, x, 0), np.maximum(n, 1))
        mean = divide(sum(part, axis=axis, keepdims=True), divisor)
    deviation = subtract(x, mean)
    if name.startswith("nan") and x.dtype.kind == "f":  # NumPy writes it into x, so to speak
        deviation = converted(name, deviation, x.dtype)
    if chosen is not True:
        deviation = where(chosen, deviation, 0)
    total = sum(square(deviation), axis=axis, keepdims=keepdims)
    total = converted(name, total, dtype if x.dtype.kind == "f" or dtype is not None else float)
    freedom = n - ddof if chosen is True else np.reshape(n - ddof, np.shape(total))
    enough = np.logical_not(freedom <= 0)  # NaN among them
    if np.all(enough):
        return divide(total, freedom)
    warnings.warn(f"{name}: degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=3)
    kind = total.dtype if total.dtype.kind == "f" else float
    # (Of integers that overflowed, a sum of squares may be below 0.)
    instead = np.where(total > 0, without, np.where(total < 0, -without, np.nan)).astype(kind)
    return where(enough, divide(total, np.where(enough, freedom, 1).astype(total.dtype)), instead)


def _root(variance: Any) -> Any:
    none = variance == 0
    return where(none, 0, sqrt(where(none, 1, variance)))


@overrides(np.var)
def var(
    x: Any,
    axis: Axis = None,
    dtype: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = NOT_GIVEN,
    correction: Any = NOT_GIVEN,
) -> Any:
    r"""The variance :math:`\sum (x - \bar x)^2 / (n - \mathrm{ddof})` along `axis`.

    `correction` is another name of `ddof`, and `mean` is :math:`\bar x` with the axes kept, if it
    is known already; its gradient is what the formula says.

    >>> float(var(np.array([1.0, 3.0])))
    1.0
    """
    if not isinstance(x, Tensor) and not isinstance(mean, Tensor):
        where = chosen_by(where, "var")
        options = {"where": where, "mean": mean, "correction": correction}
        return np.var(x, axis, dtype, ddof=ddof, keepdims=keepdims, **options)
    chosen = chosen_by(where, "var")
    return _variance("var", x, axis, dtype, ddof, keepdims, chosen, mean, correction)


@overrides(np.std)
def std(
    x: Any,
    axis: Axis = None,
    dtype: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = NOT_GIVEN,
    correction: Any = NOT_GIVEN,
) -> Any:
    r"""The square root of `var`; its gradient is 0 where all values are equal.

    >>> float(std(np.array([1.0, 3.0])))
    1.0
    """
    if not isinstance(x, Tensor) and not isinstance(mean, Tensor):
        where = chosen_by(where, "std")
        options = {"where": where, "mean": mean, "correction": correction}
        return np.std(x, axis, dtype, ddof=ddof, keepdims=keepdims, **options)
    chosen = chosen_by(where, "std")
    return _root(_variance("std", x, axis, dtype, ddof, keepdims, chosen, mean, correction))


@overrides(np.average)
def average(
    x: Any,
    axis: Axis = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    r"""The weighted mean :math:`\sum w x / \sum w` along `axis`; differentiable in both.

    If `returned`, a pair: the mean and the sum of the weights.

    Raises TypeError or ValueError for weights whose shape is neither that of x nor that of the
    axes, ZeroDivisionError where their sum is 0.

    >>> float(average(np.array([1.0, 4.0]), weights=[2.0, 1.0]))
    2.0
    """
    axis = tuple(axis) if isinstance(axis, list) else axis
    check_axis("average", x, axis)
    x = operand(x)
    if weights is None:
        result = mean(x, axis=axis, keepdims=keepdims)
        total = x.size / (np.size(result) or 1)
    else:
        weights = _as_wide("average", operand(weights), x, axis)
        dtype = np.result_type(x.dtype if x.dtype.kind == "f" else float, weights.dtype)
        total = sum(weights, axis=axis, dtype=dtype, keepdims=keepdims)
        if np.any(total == 0):
            raise ZeroDivisionError(
                "average: weights sum to 0, which nothing can be divided by; give others."
            )
        x = x if x.dtype.kind == "f" else converted("average", x, dtype)
        result = divide(sum(x * weights, axis=axis, keepdims=keepdims), total)
    return (result, np.zeros_like(result) + total) if returned else result


def _as_wide(name: str, weights: Any, x: Any, axis: Axis) -> Any:
    """Weights of the reduced axes with axes of length 1 for the others."""
    if weights.shape == x.shape:
        return weights
    if axis is None:
        raise TypeError(
            f"{name}: received weights of shape {weights.shape} for {describe(x)}; give the axis "
            "that they belong to."
        )
    axes = axes_of(axis, x.ndim)
    if weights.shape != tuple(x.shape[a] for a in axes):
        raise ValueError(
            f"{name}: received weights of shape {weights.shape} for axis={axis} of {describe(x)}; "
            "they must have the shape of x or the length of its axis."
        )
    in_order = np.transpose(weights, [int(k) for k in np.argsort(axes)])
    return np.reshape(in_order, tuple(n if k in axes else 1 for k, n in enumerate(x.shape)))


@overrides(np.ptp)
def ptp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    r""":math:`\max x - \min x` along `axis` (peak to peak).

    >>> float(ptp(np.array([1.0, 5.0, 2.0])))
    4.0
    """
    check_axis("ptp", x, axis)
    return subtract(max(x, axis=axis, keepdims=keepdims), min(x, axis=axis, keepdims=keepdims))


# ---------------------------------------------------------------------- passing over NaN


def _or(x: Any, neutral: float) -> Any:
    """x with a number that changes nothing in place of NaN."""
    x = operand(x)
    return where(np.isnan(x), neutral, x)


def _nothing(x: Any) -> float:
    """What becomes of no degrees of freedom; in integers there is no NaN to pass over."""
    return np.nan if x.dtype.kind == "f" else np.inf


def _present(x: Any, chosen: Any, name: str) -> Any:
    return ~np.isnan(x) & chosen_by(chosen, name)


@overrides(np.nansum)
def nansum(
    x: Any,
    axis: Axis = None,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = NOT_GIVEN,
    where: Any = True,
) -> Any:
    """The `sum` of the elements that are not NaN.

    >>> float(nansum(np.array([1.0, np.nan, 2.0])))
    3.0
    """
    check_axis("nansum", x, axis)
    return sum(_or(x, 0), axis, dtype, keepdims, initial, where)


@overrides(np.nanprod)
def nanprod(
    x: Any,
    axis: Axis = None,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = NOT_GIVEN,
    where: Any = True,
) -> Any:
    """The `prod` of the elements that are not NaN.

    >>> float(nanprod(np.array([3.0, np.nan, 2.0])))
    6.0
    """
    check_axis("nanprod", x, axis)
    return prod(_or(x, 1), axis, dtype, keepdims, initial, where)


@overrides(np.nanmean)
def nanmean(
    x: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False, *, where: Any = True
) -> Any:
    """The `mean` of the elements that are not NaN; NaN, with a warning, if there is none.

    >>> float(nanmean(np.array([1.0, np.nan, 2.0])))
    1.5
    """
    check_axis("nanmean", x, axis)
    x = operand(x)
    if x.dtype.kind in "iub":
        return mean(x, axis, dtype, keepdims, where=where)
    if dtype is not None and np.dtype(dtype).kind not in "fc":
        raise TypeError(
            f"nanmean: dtype must be a floating-point one for {describe(x)}, received "
            f"{describe(dtype)}."
        )
    x = converted("nanmean", x, dtype)
    chosen = _present(x, where, "nanmean")
    total = sum(np.where(chosen, x, 0), axis=axis, keepdims=keepdims)
    n = np.reshape(_how_many(x, axis, chosen), np.shape(total))
    if np.all(n):
        return divide(total, n)
    warnings.warn("nanmean: mean of empty slice", RuntimeWarning, stacklevel=2)
    return np.where(n > 0, divide(total, np.maximum(n, 1)), np.nan)


@overrides(np.nanvar)
def nanvar(
    x: Any,
    axis: Axis = None,
    dtype: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = NOT_GIVEN,
    correction: Any = NOT_GIVEN,
) -> Any:
    """The `var` of the elements that are not NaN; NaN, with a warning, of `ddof` or fewer.

    >>> float(nanvar(np.array([1.0, np.nan, 3.0])))
    1.0
    """
    if not isinstance(x, Tensor) and not isinstance(mean, Tensor):
        where = chosen_by(where, "nanvar")
        options = {"where": where, "mean": mean, "correction": correction}
        return np.nanvar(x, axis, dtype, ddof=ddof, keepdims=keepdims, **options)
    x, chosen = operand(x), _present(x, where, "nanvar")
    return _variance(
        "nanvar", x, axis, dtype, ddof, keepdims, chosen, mean, correction, _nothing(x)
    )


@overrides(np.nanstd)
def nanstd(
    x: Any,
    axis: Axis = None,
    dtype: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = NOT_GIVEN,
    correction: Any = NOT_GIVEN,
) -> Any:
    """The square root of `nanvar`; its gradient is 0 where all values are equal.

    >>> float(nanstd(np.array([1.0, np.nan, 3.0])))
    1.0
    """
    if not isinstance(x, Tensor) and not isinstance(mean, Tensor):
        where = chosen_by(where, "nanstd")
        options = {"where": where, "mean": mean, "correction": correction}
        return np.nanstd(x, axis, dtype, ddof=ddof, keepdims=keepdims, **options)
    x, chosen = operand(x), _present(x, where, "nanstd")
    return _root(
        _variance("nanstd", x, axis, dtype, ddof, keepdims, chosen, mean, correction, _nothing(x))
    )


@overrides(np.nancumsum)
def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """The `cumsum` that passes over NaN.

    >>> nancumsum(np.array([1.0, np.nan, 2.0]))
    array([1., 1., 3.])
    """
    check_axis("nancumsum", x, axis)
    return cumsum(_or(x, 0), axis, dtype)


@overrides(np.nancumprod)
def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """The `cumprod` that passes over NaN.

    >>> nancumprod(np.array([3.0, np.nan, 2.0]))
    array([3., 3., 6.])
    """
    check_axis("nancumprod", x, axis)
    return cumprod(_or(x, 1), axis, dtype)


# ---------------------------------------------------------------------- cumulative


def _cumulative(
    name: str,
    function: Callable[..., Any],
    neutral: int,
    x: Any,
    axis: int | None,
    dtype: Any,
    include_initial: bool,
) -> Any:
    x = operand(x)
    if axis is None and x.ndim > 1:
        raise ValueError(f"{name}: received {describe(x)} and no axis; give the axis.")
    check_axis(name, x, axis)
    x = np.reshape(x, -1) if not x.ndim else x
    axis = 0 if axis is None else axis
    z = function(x, axis, dtype)
    if not include_initial:
        return z
    shape = [1 if k == axis % z.ndim else n for k, n in enumerate(z.shape)]
    return np.concatenate([np.full(shape, neutral, z.dtype), z], axis=axis)


@overrides(*newer("cumulative_sum"))
def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """`cumsum` along `axis`, which may be left out for a single one; from 0 on, if asked.

    >>> cumulative_sum(np.array([1.0, 2.0, 3.0]), include_initial=True)
    array([0., 1., 3., 6.])
    """
    return _cumulative("cumulative_sum", cumsum, 0, x, axis, dtype, include_initial)


@overrides(*newer("cumulative_prod"))
def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """`cumprod` along `axis`, which may be left out for a single one; from 1 on, if asked.

    >>> cumulative_prod(np.array([1.0, 2.0, 3.0]), include_initial=True)
    array([1., 1., 2., 6.])
    """
    return _cumulative("cumulative_prod", cumprod, 1, x, axis, dtype, include_initial)


# ---------------------------------------------------------------------- softmax

# Softmax and its relatives, of any x without overflow: with the largest x subtracted, no exponent
# is above 0 and one of them is 0, which changes no result. Where every x is -inf, nothing weighs
# anything: softmax is 0, its logarithm and logsumexp are -inf, and gradients are 0.


def _largest(name: str, x: Any, axis: Axis) -> Any:
    """The largest value along `axis`, as a plain array; -inf where there is none."""
    check_axis(name, x, axis)
    values = x._data if isinstance(x, Tensor) else np.asarray(x)
    if values.dtype.kind not in "fiub":
        raise TypeError(f"{called(name)}: takes real numbers, received {describe(values)}.")
    values = values if values.dtype.kind == "f" else values.astype(float)
    return np.max(values, axis=axis, keepdims=True, initial=-np.inf)


def _weights(x: Any, axis: Axis, largest: Any) -> tuple[Any, Any, Any]:
    """x less the largest, the exponential of that, and the sum of those."""
    finite = ~np.isinf(largest)  # (NaN less NaN is what it should be)
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
    largest = _largest("logsumexp", x, axis)
    result = log(_weights(x, axis, largest)[2]) + largest
    return result if keepdims else np.reshape(result, np.max(largest, axis=axis).shape)


def softmax(x: Any, axis: Axis = -1) -> Any:
    r""":math:`e^{x} / \sum e^{x}` along `axis`, for any x without overflow.

    Elements that are -inf (masked) get 0, also if all are.

    >>> softmax(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    _, e, total = _weights(x, axis, _largest("softmax", x, axis))
    return e / total


def log_softmax(x: Any, axis: Axis = -1) -> Any:
    r""":math:`x - \log \sum e^{x}` along `axis`, for any x without overflow.

    >>> log_softmax(np.array([0.0, -1e4]))
    array([     0., -10000.])
    """
    shifted, _, total = _weights(x, axis, _largest("log_softmax", x, axis))
    return shifted - log(total)


dispatch.methods[np.logaddexp, "reduce"] = logsumexp
