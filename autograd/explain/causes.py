"""What may have gone wrong where an operation made a NaN or an infinity, and what helps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.explain.origins import Event, value_text

__all__ = ["CLEAN", "LOWER", "MASK", "SMALLER", "VARIANCES", "cause_of"]

_LOG = "log log2 log10 logaddexp"
_EXP = "exp exp2 expm1 sinh cosh"

# Of which operations, at which operands, (`what it is`, `what helps`). The first that fits is said.
_CAUSES: list[tuple[str, Callable[..., Any], str, str]] = [
    (
        _LOG,
        lambda x: x == 0,
        "the logarithm of 0",
        "add a small number, np.log(x + 1e-12), or stay with logarithms: ag.log_softmax(x) in "
        "place of np.log(ag.softmax(x))",
    ),
    (
        _LOG,
        lambda x: x < 0,
        "the logarithm of a negative number",
        "make it positive before: np.log(np.maximum(x, 1e-12)) if it should be",
    ),
    (
        "log1p",
        lambda x: x <= -1,
        "log1p at -1 or below",
        "keep x above -1: np.log1p(np.maximum(x, -1 + 1e-12)) if it should be",
    ),
    (
        "sqrt",
        lambda x: x < 0,
        "the square root of a negative number",
        "make it at least 0 before: np.sqrt(np.maximum(x, 0)); a variance computed as "
        "mean(x**2) - mean(x)**2 may fall below 0 by rounding, np.var does not",
    ),
    (
        "sqrt cbrt",
        lambda x: x == 0,
        "the slope of a root at 0",
        "add a small number, np.sqrt(x + 1e-12), or take np.linalg.norm for a length and np.std "
        "for a deviation, whose gradient is 0 there",
    ),
    (
        "power float_power",
        lambda x, y: (x == 0) & (y < 1),
        "0 to a power whose derivative is infinite there",
        "add a small number to the base: (x + 1e-12)**p",
    ),
    (
        "power float_power",
        lambda x, y: (x < 0) & (y % 1 != 0),
        "a fractional power of a negative number",
        "make the base positive: np.abs(x)**p, or np.maximum(x, 0)**p",
    ),
    (
        "divide",
        lambda x, y: (x == 0) & (y == 0),
        "0 / 0",
        "add a small number to the divisor, or replace it before: x / np.where(y == 0, 1, y)",
    ),
    (
        "divide remainder fmod",
        lambda x, y: y == 0,
        "a division by 0",
        "add a small number to the divisor, or replace it before: x / np.where(y == 0, 1, y)",
    ),
    (
        "reciprocal",
        lambda x: x == 0,
        "a division by 0",
        "add a small number, or replace it before: 1 / np.where(x == 0, 1, x)",
    ),
    (
        "arcsin arccos arctanh",
        lambda x: abs(x) >= 1,
        "the edge of [-1, 1], or outside",
        "keep x inside, where rounding may carry it out: np.clip(x, -1 + 1e-7, 1 - 1e-7)",
    ),
    (
        "arccosh",
        lambda x: x <= 1,
        "the edge of x >= 1, or below",
        "keep x above 1: np.maximum(x, 1 + 1e-7)",
    ),
    (
        "arctan2",
        lambda x, y: (x == 0) & (y == 0),
        "the angle of (0, 0), which has no slope",
        "leave such points out: np.where(r == 0, 1, x) as an operand",
    ),
]

_OVERFLOW = {
    **dict.fromkeys(
        _EXP.split(),
        "subtract the largest value before, as ag.logsumexp, ag.softmax and ag.log_softmax do; "
        "ag.sigmoid and np.logaddexp(0, x) do not overflow",
    ),
    "prod": "add logarithms in place of multiplying: np.exp(np.log(x).sum())",
    "cumprod": "add logarithms in place of multiplying: np.exp(np.log(x).cumsum())",
}
SMALLER = (
    "make the values smaller: scale the inputs, normalise (nn.LayerNorm), or lower the learning "
    "rate if they grew during training"
)
_OF_INFINITIES = {
    "add": "inf - inf",
    "subtract": "inf - inf",
    "sum": "inf - inf",
    "multiply": "0 · inf",
    "divide": "inf / inf",
}
MASK = "mask with a large finite number such as -1e9, or leave out rows of which nothing is left"
CLEAN = (
    "clean it before: np.argwhere(~np.isfinite(x)) finds the places, np.nan_to_num(x) fills them"
)
LOWER = "lower the learning rate, or clip the gradients (nn.utils.clip_grad_norm_)"


VARIANCES = ("std", "var", "nanstd", "nanvar")


def cause_of(event: Event) -> tuple[str, str]:
    """What an operation met there, and what helps; "" for what is not known."""
    name = event.primitive.name
    if event.note.composite in VARIANCES and name == "where":
        return "no degrees of freedom", "give more values than ddof, or leave ddof out"
    if any(x.size == 0 for x in event.operands):
        return f"the {name} of no elements", "see why the array is empty, or leave this case out"
    values = [x.at for x in event.operands] + [event.static.get("exponent")]
    values = [v for v in values if v is not None]
    for names, test, what, remedy in _CAUSES:
        if name in names.split():
            try:
                fits = bool(test(*values))
            except TypeError:  # not all are known
                continue
            if fits:
                return what, remedy
    if any(not np.isfinite(x.largest) for x in event.operands):
        what = _OF_INFINITIES.get(name, f"{name} of inf")
        return what if np.isnan(event.value) else "", ""
    if np.isinf(event.value) or event.wide is not None:
        what = "overflow"
        if event.dtype.kind == "f":
            what += f": above {np.finfo(event.dtype).max:.2g}, the largest {event.dtype}"
        remedy = _OVERFLOW.get(name, SMALLER)
        if event.wide is not None:
            remedy += f"; or compute in float64, where it is {value_text(event.wide)}"
        return what, remedy
    return "", ""
