"""What finite differences say of a slope: that it is right or wrong, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Settings", "Verdict", "around", "rough", "scan"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Settings:
    """What counts as agreement; `unit` is the rounding of the coarsest dtype on the way."""

    eps: float
    rtol: float
    atol: float
    directions: int
    entries: int
    unit: float = float(np.finfo(float).eps)

    def allowed(self, one: float, other: float) -> float:
        """How far two slopes may differ."""
        return self.atol + self.rtol * max(abs(one), abs(other))


@dataclass(frozen=True)
class Verdict:
    """Whether a slope is "right" or "wrong" by differences, or what there is in place of one.

    That is a "kink" or a "jump", an "unbounded" slope, an "edge" of where the function is finite,
    a function that moves in "steps" or is "unsteady" at the same point, or "unsettled" differences.
    `text` tells it, with {f} for the function's name and {why} for the operation at fault.
    """

    kind: str
    text: str = ""


_MOVE = "move the point to where it is differentiable"
_PRECISE = "check it in float64 where it does not round, or with another eps"


def scan(
    value: Callable[[float], float], exact: float, size: float, length: float, s: Settings
) -> Verdict:
    """Judge the slope `exact` of a function at 0, a sum of terms of `size`, by steps of all sizes.

    What is told is for a step of 1, where the function takes one of `length`.
    """

    def end(t: float) -> float:
        try:
            return value(t)
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            if abs(t) <= s.eps:
                raise
            return np.nan  # a wide step may leave what f takes

    start = value(0.0)
    h = s.eps * 10.0 ** np.arange(4, -7, -1)
    h = h[h <= max(s.eps, 1.001e-2)]
    a, b = (np.array([end(sign * t) for t in h]) for sign in (-1, 1))
    noise = 4 * s.unit * np.fmax(np.fmax(np.abs(a), np.abs(b)), abs(start)) / h
    slopes = {"left": (start - a) / h, "right": (b - start) / h}
    settled = {side: next(_settled(q, noise, size, s), None) for side, q in slopes.items()}
    lost = [side for side, q in slopes.items() if not np.isfinite(q[-1])]
    says = f"the gradient says {exact / length:.6g}"
    far, near = f"{h[-5]:.0e}", f"{h[-1]:.0e}"  # (Over the first, rounding is still small.)
    if not lost and _is_kink(np.abs(slopes["right"] - slopes["left"]), 2 * noise):
        sides = [settled[side] or (q[-5], noise[-5]) for side, q in slopes.items()]
        left, right = (0.0 if abs(q) <= error else q / length for q, error in sides)
        lies = "does not lie between them"
        if min(left, right) - 1e-6 <= exact / length <= max(left, right) + 1e-6:
            lies = "lies between them, as docs/conventions.md chooses"
        return Verdict(
            "kink",
            f"{{f}} is not differentiable there{{why}}, with slope {left:.6g} to the left and "
            f"{right:.6g} to the right, and {says}, which {lies}; {_MOVE}",
        )
    bends = {
        side: "" if side in lost or settled[side] else _bend(q, h, noise)
        for side, q in slopes.items()
    }
    if "jump" in bends.values():
        moves = {"left": a[-1] - start, "right": b[-1] - start}
        told = [f"by {moves[side]:.6g} to the {side}" for side in moves if bends[side] == "jump"]
        return Verdict(
            "jump",
            f"{{f}} jumps there{{why}}, {' and '.join(told)} within a step of {near}, and {says}; "
            f"{_MOVE}",
        )
    if "unbounded" in bends.values():
        q = next(np.abs(q) / length for side, q in slopes.items() if bends[side])
        beside = f" ({{f}} is not finite to the {lost[0]})" if lost else ""
        return Verdict(
            "unbounded",
            f"the slope of {{f}} grows without bound{{why}}, from {q[-5]:.3g} over a step of {far} "
            f"to {q[-1]:.3g} over {near}{beside}, and {says}; {_MOVE}",
        )
    if lost:
        where = f"to the {' and '.join(lost)}" if np.isfinite(start) else f"there, but {start}"
        return Verdict("edge", f"{{f}} is not finite {where}{{why}}, and {says}; {_MOVE}")
    q = (b - a) / (2 * h)
    kind, slope, error = _judged(q, noise, exact, size, s)
    # Does nothing move over the smallest steps, as where it rounds, or goes up in steps?
    moving = 1 + int(np.max(np.flatnonzero((a != start) | (b != start)), initial=-1))
    over_wider = _judged(q[:moving], noise[:moving], exact, size, s)[0]
    if kind == "wrong" and 0 < moving < len(h) and over_wider == "right":
        kind = "steps"
    if kind == "right":
        return Verdict("right")
    if kind == "wrong":
        off, allowed = abs(exact - slope), s.allowed(slope, exact) + error
        return Verdict(
            "wrong",
            f"{exact / length:.10g}, finite differences say {slope / length:.10g}, which differ by "
            f"{off / length:.3g} (allowed {allowed / length:.3g})",
        )
    what = "finite differences of {f} do not settle"
    if kind == "steps":
        what = "{f} does not change at all over the smallest steps: it rounds, or goes up in steps"
    return Verdict(
        kind,
        f"{what}{{why}}, with slope {q[0] / length:.6g} over a step of {h[0]:.0e} and "
        f"{q[-5] / length:.6g} over {far}, and {says}; {_PRECISE}",
    )


def _settled(
    slopes: Array, noise: Array, size: float, s: Settings
) -> Iterator[tuple[float, float]]:
    """What difference quotients over falling steps come to, and how sure that is.

    Of two or more steps in a row that agree up to rounding, from the smallest such: the surest.
    """
    off = noise + 10 * (s.atol + s.rtol * np.abs(slopes))
    low, high = slopes - off, slopes + off
    for last in range(len(slopes), 1, -1):
        first = last - 1
        while first and np.max(low[first - 1 : last]) <= np.min(high[first - 1 : last]):
            first -= 1
        here = slice(first, last)
        apart = np.pad(np.abs(np.diff(slopes[here])), 1)
        errors = np.maximum(apart[1:], apart[:-1]) + noise[here]
        best = int(np.argmin(errors))
        slope, error = float(slopes[here][best]), float(errors[best])
        if last - first > 1 and error <= max(100 * s.atol, 1e-3 * max(abs(slope), size)):
            yield slope, error


def _judged(
    slopes: Array, noise: Array, exact: float, size: float, s: Settings
) -> tuple[str, float, float]:
    """Whether `exact` is "right" or "wrong" by differences ("unsettled"), their value and error."""
    for slope, error in _settled(slopes, noise, size, s):
        if np.isfinite(exact) and abs(slope - exact) <= s.allowed(slope, exact) + error:
            return "right", slope, error
        if not abs(slope - exact) <= 10 * error:
            return "wrong", slope, error
    return "unsettled", np.nan, np.nan


def _is_kink(apart: Array, noise: Array) -> bool:
    """Whether the slopes of both sides stay as far apart, down to the smallest steps that tell."""
    clear = np.flatnonzero(apart > 10 * noise)
    if not len(clear) or clear[-1] < 2:
        return False
    last = clear[-1]
    if last + 1 < len(apart) and apart[last] > 30 * noise[last + 1]:
        return False  # the next step would show it too
    wider = apart[max(0, last - 3) : last] / apart[last]
    return bool((wider > 0.5).all() and (wider < 2).all())


def _bend(slopes: Array, h: Array, noise: Array) -> str:
    """Whether a function moves by the same over each smaller step ("jump"), or ever steeper."""
    steep = np.abs(slopes[-5:])
    moves = steep * h[-5:]
    if not steep[-1] > 10 * noise[-1]:
        return ""
    if moves.min() > 0.7 * moves.max():
        return "jump"
    steeper = (np.diff(moves) < 0).all() and (steep[1:] > 1.02 * steep[:-1]).all()
    return "unbounded" if steeper else ""


def around(h: float) -> tuple[float, ...]:
    """The steps at which `rough` is given an array, where `h` is the largest."""
    return 0.0, -h, h, -h / 100, h / 100


def rough(ends: Sequence[Array], s: Settings) -> Array:
    """The elements of an array that bend, jump or grow steep at a point, by values around it."""
    z, *sides = (np.asarray(end, np.float64) for end in ends)
    bends, slopes = [], []
    for a, b, h in zip(sides[::2], sides[1::2], around(s.eps)[2::2], strict=True):
        bends.append(np.abs(a - 2 * z + b) / h)
        slopes.append(np.abs(b - a) / (2 * h))
        least = 8 * s.unit * (np.abs(a) + np.abs(z) + np.abs(b)) / h + 1e-4 * slopes[-1] + s.atol
    bent = (bends[1] > bends[0] / 2) & (bends[1] > least)
    steep = slopes[1] > 10 * slopes[0] + least
    still = np.logical_and.reduce([(side == z) | (np.isnan(side) & np.isnan(z)) for side in sides])
    return np.asarray(~still & (bent | steep | ~np.isfinite(bends[1])))
