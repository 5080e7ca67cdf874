"""Numerical checks of gradients: of functions, and of the rule of each entry on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from autograd.errors import GradcheckError, GradientError, describe
from autograd.gradcheck.differences import Settings, around
from autograd.gradcheck.functions import Opened, contracted, derivative, drawn, opened
from autograd.gradcheck.rules import findings, misfit
from autograd.gradcheck.search import Finding, directions, elements, moved, narrowed, probes
from autograd.gradcheck.trace import Call, changes, rough_call, traced
from autograd.mode import enable_grad
from autograd.tape import entries_to

__all__ = ["GradcheckError", "gradcheck"]


def gradcheck(
    f: Callable[..., Any],
    inputs: Any = None,
    order: int = 2,
    *,
    localize: bool = False,
    eps: float = 1e-6,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    directions: int = 3,
    entries: int = 64,
    seed: int = 0,
) -> bool:
    r"""Check the gradients of `f` against central differences in float64; True if they agree.

    .. math:: \frac{f(x + \epsilon v) - f(x - \epsilon v)}{2\epsilon} \approx \nabla f(x) \cdot v

    The outputs are contracted with random cotangents. Where a slope disagrees, steps of other sizes
    tell a wrong gradient from a steep function, and from a kink, a jump or an infinite slope: these
    are errors too, since there is no derivative to compare with. So are shapes and dtypes that a
    rule must not return, although the backward pass would sum or convert them.

    Parameters
    ----------
    f
        Takes the inputs as Tensors and returns one or several, the same at each of many calls. Or
        takes nothing and computes with Tensors that require a gradient (a model's loss with its
        parameters): these are moved, in float64, while it is checked.
    inputs
        An array or a Tensor, or a list of them; those of floating-point are differentiated. Of an
        `f` that takes nothing: its Tensors to differentiate with respect to, by default all.
    order
        1 for gradients, 2 for gradients of gradients too, and so on.
    localize
        Name the operation at fault: first the rule of each entry is checked alone, in backward
        order, at the values that the entry met. The error names the first wrong rule, its input
        and the line that called it; also the operation that has a kink, or varies past the tape.
    eps, rtol, atol
        The step, relative to the size of the input, and what counts as agreement.
    directions, entries, seed
        How many random directions `v`; up to how many elements are also tried one by one; the seed.

    Raises GradcheckError, which names the order, the input, the element and the two values.

    >>> import autograd as ag
    >>> gradcheck(ag.tanh, [np.array([0.5, -1.0])])
    True
    >>> wrong = ag.primitive(np.sin, name="wrong", implements=(), x=lambda g, x: g * x)
    >>> gradcheck(wrong, [np.array([0.5])])
    Traceback (most recent call last):
        ...
    autograd.errors.GradcheckError: gradcheck: order 1, input 0 of shape (1,), entry (0,): ...
    >>> w = ag.tensor([0.5, 2.0], requires_grad=True)
    >>> try:
    ...     gradcheck(lambda: np.sum(wrong(w * w)), localize=True)
    ... except GradcheckError as error:
    ...     print(str(error).partition("for")[2].partition(":")[0])
     `x`, float64 of shape (2,), is wrong at element (0,) for element (0,) of the result
    """
    if order < 1:
        raise ValueError(f"gradcheck: order must be at least 1, received {order}.")
    settings = Settings(eps, rtol, atol, directions, entries)
    # (At a moved point, a warning says nothing about f.)
    with np.errstate(all="ignore"), enable_grad(), opened(f, inputs) as subject:
        _Check(subject, order, localize, settings, np.random.default_rng(seed)).run()
    return True


class _Check:
    """A function at a point: its inputs, followed by random cotangents of its outputs.

    The `chain` holds the scalar that is checked at each level: the function, its slope, and so on.
    """

    def __init__(
        self,
        subject: Opened,
        order: int,
        localize: bool,
        settings: Settings,
        random: np.random.Generator,
    ) -> None:
        self.order, self.localize, self.random = order, localize, random
        function, self.given, labels = subject
        points = [x.astype(np.float64) for x in self.given]
        outputs = function(points)[1]
        nodes = entries_to([z._node for z in outputs if not z.is_leaf])
        dtypes: list[Any] = [node.dtype for node in nodes]  # (some are tuples)
        units = [np.finfo(dtype).eps for dtype in np.hstack(dtypes or [[]]) if dtype.kind == "f"]
        self.s = replace(settings, unit=float(max(units, default=settings.unit)))
        # (The scalar of a scalar f is f.)
        self.alone = len(outputs) == 1 and outputs[0].size == 1
        self.cotangents = [
            np.ones(z.shape) if self.alone else drawn(z.shape, random) for z in outputs
        ]
        self.points, self.count = [*points, *self.cotangents], len(points)
        self.labels = [*labels, *(f"the cotangent of output {k}" for k in range(len(outputs)))]
        self.chain = [contracted(function, self.count)]
        along = [*(drawn(x.shape, random) for x in points), *(None for _ in outputs)]
        for _ in range(1, order):
            self.chain.append(derivative(self.chain[-1], along))
            along = [drawn(x.shape, random) for x in self.points]
        self.doubts: list[Call] = []  # whose rules could not be checked alone

    def run(self) -> None:
        """Check all there is to check; GradcheckError for the first that is not right."""
        if any(x.dtype != np.float64 for x in self.given):
            self.check_fit([*self.given, *self.cotangents])
        calls = self.check_fit(self.points)
        if self.localize:
            for call in reversed(calls):
                self.check_rule(call, 1)
            if self.order > 1:
                # What rules call has rules too, and these come before those that call them.
                for call in reversed(traced(self.chain[-1], self.points)):
                    if call.flows and call.of is not None:
                        self.check_rule(call, 1)
            for level in range(2, self.order + 1):
                for call in reversed(calls):
                    self.check_rule(call, level)
        for level in range(1, self.order + 1):
            self.check_whole(level)

    # ------------------------------------------------------------------ rule by rule

    def check_fit(self, points: list[Any]) -> list[Call]:
        """Check shapes and dtypes of what rules return; the calls that they are for."""
        calls = [call for call in traced(self.chain[0], points) if call.flows]
        for call in reversed(calls):
            if found := misfit(call.node):
                i, what = found
                call = self.named(call, 1)
                raise GradcheckError(
                    f"gradcheck: the rule of {call.place} for {call.operand(i)} {what}; mend the "
                    "rule."
                )
        return calls

    def named(self, call: Call, level: int) -> Call:
        """The same call with the names of its operands: found by calling all once more."""
        again = traced(self.chain[level - 1], self.points, named=True)[call.number :]
        return again[0] if again and again[0].primitive is call.primitive else call

    def check_rule(self, call: Call, level: int) -> None:
        """Check the rules of a call, or their derivatives, alone."""
        try:
            for i, by, finding in findings(call, level, self.s, self.random):
                if finding.verdict.kind == "wrong":
                    self.refuse_rule(call, i, by, finding)
                self.doubts.append(call)
        except (GradientError, np.linalg.LinAlgError):
            self.doubts.append(call)  # refused, for a cotangent that the program may not meet

    def refuse_rule(self, call: Call, i: int, by: int | None, finding: Finding) -> NoReturn:
        call = self.named(call, 1 if call.of is None else self.order)
        wrong = "is wrong"
        if by is not None:
            what = "its cotangent" if by < 0 else call.operand(by)
            wrong = f"is right, but the derivative of this rule by {what} is wrong"
        if finding.element:
            wrong += f" at element {finding.element}"
        if finding.output is not None:
            which, place = finding.output
            result = f"result {which}" if len(call.results) > 1 else "the result"
            wrong += f" for element {place} of {result}" if place else f" for {result}"
        raise GradcheckError(
            f"gradcheck: the rule of {call.place} for {call.operand(i)}, "
            f"{describe(call.operands[i])}, {wrong}: it says {finding.verdict.text}; mend this "
            "rule first, those of the entries after it are right."
        )

    # ------------------------------------------------------------------ the function as a whole

    def check_whole(self, level: int) -> None:
        """Compare the gradient of order `level` with differences."""
        other: Finding | None = None
        inputs = range(self.count if level == 1 else len(self.points))
        for probe in probes(self.chain[level - 1], self.points, inputs, self.s):
            x = self.points[probe.k]
            tried = directions(x, self.s.directions, self.random)
            if probe.k < self.count and 1 < x.size <= self.s.entries:
                tried += elements(x)
            for finding in probe.search(tried):
                if finding.verdict.kind in ("wrong", "unsteady"):
                    self.refuse(finding, level)
                other = other or finding
        if other is not None:
            self.refuse(other, level)

    def refuse(self, finding: Finding, level: int) -> NoReturn:
        """Raise the error for what was found."""
        kind = finding.verdict.kind
        if kind == "unsteady":
            raise GradcheckError(
                "gradcheck: f does not give the same value twice at the same point"
                f"{self.unsteady(level)}; draw random numbers before, and keep what f changes "
                "(dropout: model.eval())."
            )
        if level == 1 and not self.alone:
            finding = narrowed(finding, self.count)
        k, place = finding.probe.k, finding.element
        where = f"order {level}, {self.labels[k]} of shape {self.points[k].shape}, "
        where += "along a random direction" if place is None else f"entry {place}"
        if finding.output is not None:
            which, of = finding.output
            where += f", output {which}" + (f" at {of}" if of else "")
        text = finding.verdict.text
        if kind == "wrong":
            text = f"the gradient says {text}{self.cause(finding, level)}"
        else:
            name = "f" if level == 1 else "the gradient of f"
            text = text.format(f=name, why=self.bend(finding, level))
        raise GradcheckError(f"gradcheck: {where}: {text}.")

    # ------------------------------------------------------------------ why

    def traces(self, finding: Finding, level: int, steps: tuple[float, ...]) -> list[list[Call]]:
        """What runs at these steps from the point meet."""
        probe, v = finding.probe, finding.v
        points = [moved(probe.points, probe.k, t, v) for t in steps]
        return [traced(self.chain[level - 1], x) for x in points]

    def unsteady(self, level: int) -> str:
        """The first operation that differs between two runs at the same point."""
        if not self.localize:
            return ""
        one, other = (traced(self.chain[level - 1], self.points) for _ in range(2))
        for n, i in changes(one, other, constants=False):
            call = self.named(one[n], level)
            if i is None:
                return f": first in {call.place}, which is another operation the next time"
            what = "result" if i < 0 else f"operand {call.operand(i)}"
            return f": first in {call.place}, whose {what} varies"
        return ""

    def cause(self, finding: Finding, level: int) -> str:
        """What may be wrong if each rule is right but not the gradient."""
        if not self.localize:
            return "; gradcheck(..., localize=True) names the rule to mend"
        here, there = self.traces(finding, level, (0.0, self.s.eps))
        found = list(changes(here, there, constants=True))
        if found:
            n, i = min(found, key=lambda c: (not here[c[0]].direct, c[0]))
            call = self.named(here[n], level)
            if i is None:
                return f", and f calls something else than {call.place} at the moved point; mend f"
            return (
                f", though each rule alone is right: the operand {call.operand(i)} of {call.place} "
                "changes with the input although no gradient flows through it; compute it without "
                "detach(), item(), numpy() or no_grad()"
            )
        if self.doubts:
            return (
                f"; look at the rule of {self.doubts[0].place}, which can't be checked alone at "
                "the values it met"
            )
        return (
            ", though no rule was found wrong alone; look for what f computes outside of the tape"
        )

    def bend(self, finding: Finding, level: int) -> str:
        """The operation that the function has a kink, or the like, from."""
        if not self.localize:
            return ""
        return rough_call(self.traces(finding, level, around(self.s.eps)), self.s)
