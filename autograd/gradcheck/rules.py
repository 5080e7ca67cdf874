"""The rules of a single call, checked alone: their shapes and dtypes, slopes and derivatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.errors import GradientError
from autograd.gradcheck.differences import Settings, around, rough
from autograd.gradcheck.functions import Function, contracted, derivative, drawn
from autograd.gradcheck.search import Finding, Probe, directions, moved, narrowed, probes
from autograd.gradcheck.trace import Call
from autograd.primitive import Masked, Part
from autograd.tape import Node
from autograd.tensor import Tensor

__all__ = ["findings", "misfit"]

Array = np.ndarray[Any, np.dtype[Any]]


def misfit(node: Node) -> tuple[int, str] | None:
    """The first input for which a rule returns another shape or dtype than the input's, and why."""
    shapes, dtypes = node.shape, node.dtype
    several = node.primitive.outputs != 1
    g: Any = list(map(np.ones, shapes, dtypes)) if several else np.ones(shapes, dtypes)  # type: ignore[call-overload]
    for i, pull in node.plan.pulls:
        parent: Any = node.held[i]
        try:
            c = pull(g, node.held)
        except (GradientError, np.linalg.LinAlgError):
            continue  # refused, for a cotangent that the program may not meet
        if isinstance(c, Part):
            continue  # added to an array of the input's shape and dtype
        c = np.asarray(c.g if isinstance(c, Masked) else c)
        # What is summed away must be an axis along which the output was broadcast.
        lead = c.ndim - len(parent.shape)
        output = c.shape if several else (1,) * (c.ndim - len(shapes)) + shapes[-c.ndim :]
        fits = (
            n in (p, z) if p == 1 else n == p
            for n, p, z in zip(c.shape, (1,) * lead + parent.shape, output)
        )
        if lead < 0 or not all(fits):
            return i, (
                f"returned shape {c.shape} for an input of shape {parent.shape} and an output of "
                f"shape {shapes}"
            )
        if c.dtype != parent.dtype and (several or dtypes == parent.dtype):
            return i, f"returned {c.dtype} for an input of {parent.dtype}"
    return None


def findings(
    call: Call, level: int, s: Settings, random: np.random.Generator
) -> Iterator[tuple[int, int | None, Finding]]:
    """What is not right with the rules of a call, or for levels above 1 with their derivatives.

    With each the input that the rule is for, and what the rule is differentiated by: an input, -1
    for its cotangent, or None.
    """
    function, points, wanted = _as_function(call)
    function, ways = _smooth(function, points, s, random)
    count, points = len(points), points + [drawn(z.shape, random) for z in function(points)[1]]
    scalar = contracted(function, count)
    if level == 1:
        for probe in probes(scalar, points, range(count), s):
            for finding in _using(probe).search(ways[probe.k]):
                yield wanted[probe.k], None, narrowed(finding, count)
        return
    for k, i in enumerate(wanted):
        along = [drawn(x.shape, random) if j == k else None for j, x in enumerate(points)]
        slope = derivative(scalar, along)
        for _ in range(level - 2):
            slope = derivative(slope, [drawn(x.shape, random) for x in points])
        for probe in probes(slope, points, range(len(points)), s):
            by = wanted[probe.k] if probe.k < count else -1
            for finding in probe.search(directions(points[probe.k], s.directions, random)):
                yield i, by, finding


def _as_function(call: Call) -> tuple[Function, list[Array], list[int]]:
    """A call as a function of those operands that a gradient flows to, in float64."""
    wanted = [i for i, wants in enumerate(call.wants) if wants]
    operands: list[Any] = []
    for x in call.operands:
        if isinstance(x, np.ndarray):
            x = Tensor(x.astype(np.float64) if x.dtype.kind == "f" else x)
        operands.append(x)

    def function(points: Sequence[Array]) -> tuple[list[Tensor], list[Tensor]]:
        arguments = list(operands)
        for i, point in zip(wanted, points, strict=True):
            arguments[i] = Tensor(point, requires_grad=True)
        results = call.primitive.operation(*arguments, **call.static)
        several = isinstance(results, tuple)
        return [arguments[i] for i in wanted], list(results) if several else [results]

    return function, [operands[i].numpy() for i in wanted], wanted


def _smooth(
    function: Function, points: list[Array], s: Settings, random: np.random.Generator
) -> tuple[Function, list[list[Array]]]:
    """The function with 0 for those elements of its outputs that are rough, or not finite.

    And the directions, for each input, along which these were looked for. What a rule gives for a
    rough one can't be checked; a program may well meet some (two zeros in a window of which the
    largest is taken) and be smooth as a whole.
    """
    start = [z.numpy() for z in function(points)[1]]
    smooth = [np.isfinite(z) for z in start]
    tried = [directions(x, s.directions, random) for x in points]
    for k, ways in enumerate(tried):
        for v in ways:
            runs = [function(moved(points, k, t, v))[1] for t in around(s.eps)[1:]]
            lines = zip(start, *([z.numpy() for z in run] for run in runs), strict=True)
            smooth = [here & ~rough(ends, s) for here, ends in zip(smooth, lines, strict=True)]

    def kept(points: Sequence[Array]) -> tuple[list[Tensor], list[Any]]:
        leaves, outputs = function(points)
        chosen = zip(smooth, outputs, strict=True)
        return leaves, [z if here.all() else np.where(here, z, 0.0) for here, z in chosen]

    return kept, tried


def _using(probe: Probe) -> Probe:
    """The same with 0 where the gradient is not finite but the function does not depend on that."""
    lost, h = ~np.isfinite(probe.gradient), probe.s.eps
    v = np.where(lost, 1.0, 0.0)
    if not lost.any() or not probe.value(h, v) == probe.start == probe.value(-h, v):
        return probe
    return replace(probe, gradient=np.where(lost, 0.0, probe.gradient))
