"""Where a gradient is not right: along which direction, in which element of an input and output."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd.gradcheck.differences import Settings, Verdict, scan
from autograd.gradcheck.functions import Scalar, drawn, slopes_of

__all__ = ["Finding", "Place", "Probe", "directions", "elements", "moved", "narrowed", "probes"]

Array = np.ndarray[Any, np.dtype[Any]]
Place = tuple[int, ...]


def _lengths(x: Array) -> Array:
    """A step for each element: 1, or its size if that is larger."""
    return np.maximum(1.0, np.where(np.isfinite(x), np.abs(x), 1.0))


def elements(x: Array) -> list[Array]:
    """The direction of each element."""
    return [_only(np.array([n]), _lengths(x)) for n in range(x.size)]


def directions(x: Array, count: int, random: np.random.Generator) -> list[Array]:
    """Random ones of length 1 or so; of a single number, the only one."""
    if x.size <= 1:
        return elements(x)
    ways = [drawn(x.shape, random) for _ in range(count)]
    return [v * _lengths(x) / float(np.linalg.norm(v)) for v in ways]


def moved(points: Sequence[Array], k: int, t: float, v: Array) -> list[Array]:
    """The points, the one of number `k` by `t` times `v` further."""
    return [*points[:k], np.where(v != 0, points[k] + t * v, points[k]), *points[k + 1 :]]


@dataclass(frozen=True)
class Probe:
    """A scalar function at a point, with its value there and its gradient by the input `k`."""

    scalar: Scalar
    points: Sequence[Array]
    k: int
    start: float
    gradient: Array
    s: Settings

    def value(self, t: float, v: Array) -> float:
        """The function at `t` times `v` from the point."""
        return float(self.scalar(moved(self.points, self.k, t, v))[1].item())

    def judge(self, v: Array) -> Verdict:
        """What differences say of the slope along a direction."""
        h, start, s = self.s.eps, self.start, self.s
        moving = v != 0
        terms = self.gradient[moving] * v[moving]
        exact, size = float(np.sum(terms)), float(np.sum(np.abs(terms), where=np.isfinite(terms)))
        a, b = self.value(-h, v), self.value(h, v)
        numeric, bend = (b - a) / (2 * h), abs(a - 2 * start + b) / h
        # Rounding of the two values limits the quotient, whatever the gradient.
        noise = 8 * float(np.finfo(float).eps) * max(abs(start), abs(a), abs(b)) / h
        allowed = s.allowed(numeric, exact) + noise
        if np.isfinite(exact) and abs(numeric - exact) <= allowed and bend <= 10 * allowed:
            return Verdict("right")
        length = float(np.max(np.abs(v))) if moving.sum() == 1 else 1.0
        verdict = scan(lambda t: self.value(t, v), exact, size, length, s)
        again = [start, self.value(0.0, v), self.value(0.0, v)]
        steady = verdict.kind == "right" or np.array_equal(again, [start] * 3, equal_nan=True)
        return verdict if steady else Verdict("unsteady")

    def search(self, ways: Sequence[Array]) -> Iterator[Finding]:
        """What is not right along any of the directions; of a single element if one shows it."""
        for v in ways:
            verdict = self.judge(v)
            if verdict.kind == "right":
                continue

            def shows(chosen: Array, v: Array = v) -> bool:
                return self.judge(_only(chosen, v)).kind != "right"

            index = _single(np.flatnonzero(v), shows)
            if index is not None:
                alone = _only(np.array([index]), _lengths(self.points[self.k]))
                of_one = self.judge(alone)
                if of_one.kind != "right":
                    yield Finding(self, alone, of_one, _place(index, v.shape))
                    continue
            yield Finding(self, v, verdict)


def probes(
    scalar: Scalar, points: Sequence[Array], inputs: Sequence[int], s: Settings
) -> list[Probe]:
    """A probe for each of the inputs of these numbers."""
    leaves, total = scalar(points)
    slopes = slopes_of(total, [leaves[k] for k in inputs], create_graph=False)
    made = []
    for k, slope in zip(inputs, slopes, strict=True):
        gradient = np.zeros_like(points[k]) if slope is None else slope.numpy()
        made.append(Probe(scalar, points, k, float(total.item()), gradient, s))
    return made


@dataclass(frozen=True)
class Finding:
    """What is not right along the direction `v`; of which element of which output, if of one."""

    probe: Probe
    v: Array
    verdict: Verdict
    element: Place | None = None
    output: tuple[int, Place] | None = None


def narrowed(finding: Finding, count: int) -> Finding:
    """The same, of a single element of the outputs, if one shows it.

    The points after the first `count` are their cotangents.
    """
    probe, v, kind = finding.probe, finding.v, finding.verdict.kind
    inputs, cotangents = probe.points[:count], probe.points[count:]
    ends = np.cumsum([0, *(g.size for g in cotangents)])

    def part(chosen: Array, values: Sequence[Array]) -> Probe:
        kept = [_only(chosen - start, g) for g, start in zip(values, ends, strict=False)]
        return probes(probe.scalar, [*inputs, *kept], [probe.k], probe.s)[0]

    index = _single(
        np.arange(ends[-1]), lambda chosen: part(chosen, cotangents).judge(v).kind == kind
    )
    if index is None:
        return finding
    alone = part(np.array([index]), [np.ones_like(g) for g in cotangents])
    verdict = alone.judge(v)
    if verdict.kind != kind:
        return finding
    which = int(np.searchsorted(ends, index, side="right")) - 1
    output = (which, _place(index - ends[which], cotangents[which].shape))
    return replace(finding, probe=alone, verdict=verdict, output=output)


def _only(chosen: Array, x: Array) -> Array:
    """`x` with 0 for all elements but those of these numbers."""
    return np.where(np.isin(np.arange(x.size), chosen).reshape(x.shape), x, 0.0)


def _place(index: Any, shape: Place) -> Place:
    return tuple(int(i) for i in np.unravel_index(index, shape))


def _single(chosen: Array, shows: Callable[[Array], bool]) -> int | None:
    """The one among the numbers `chosen` that shows what all of them do, found by halving."""
    while len(chosen) > 1:
        middle = len(chosen) // 2
        if shows(chosen[:middle]):
            chosen = chosen[:middle]
        elif shows(chosen[middle:]):
            chosen = chosen[middle:]
        else:
            return None
    return int(chosen[0]) if len(chosen) else None
