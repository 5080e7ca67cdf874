"""`check`: a derivation by hand against the tape, value by value, with the slip if one is found."""

from __future__ import annotations

import html
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.errors import GradientError, describe
from autograd.explain.entries import plus
from autograd.explain.look import COLORS, EDGE, distinct_labels, largest, number_text, shape_text
from autograd.explain.paths import Flow, pulled
from autograd.explain.show import PLAIN
from autograd.explain.slips import Search
from autograd.explain.table import labels
from autograd.tensor import Tensor

if TYPE_CHECKING:
    from autograd.explain.entries import Entry, Input
    from autograd.explain.recorder import Tape

__all__ = ["Report", "Verdict", "check"]

Array = np.ndarray[Any, Any]


@dataclass(eq=False)
class Verdict:
    """What became of one value of a derivation.

    ``value``       the entry or input on the tape
    ``name``        what it is called
    ``yours``       the gradient that was derived
    ``tape``        the gradient on the tape
    ``verdict``     "equal", "differs", or "follows": wrong only because another value is
    ``difference``  the largest distance of an element, relative to the largest of the gradient
    ``where``       the index of that element, None if the shapes differ
    ``slips``       what it may come from, each found to give exactly the numbers derived
    ``cause``       of one that follows: the verdict on the value with the slip
    ``note``        what else there is to know, "" if nothing
    """

    value: Entry | Input
    name: str
    yours: Array
    tape: Array
    verdict: str
    difference: float
    where: tuple[int, ...] | None
    slips: tuple[str, ...] = ()
    cause: Verdict | None = None
    note: str = ""

    @property
    def ok(self) -> bool:
        """Whether it is the gradient."""
        return self.verdict == "equal"

    @property
    def text(self) -> str:
        """The verdict in words."""
        if self.ok:
            return "equal"
        if self.cause is not None:
            return f"follows from the slip in {self.cause.name}"
        if self.where is None:
            return (
                f"differs in shape: yours {shape_text(self.yours.shape)}, "
                f"the tape's {shape_text(self.tape.shape)}"
            )
        at = f" at {list(self.where)}" if self.where else ""
        here = (
            f"yours {_number(self.yours[self.where])}, the tape's {_number(self.tape[self.where])}"
        )
        return f"differs most{at}: {here}" if at else f"differs: {here}"

    @property
    def lines(self) -> list[str]:
        """What there is to say beside the verdict."""
        if len(self.slips) > 1:
            lines = [f"{'either ' if not k else 'or '}{slip}" for k, slip in enumerate(self.slips)]
        else:
            lines = list(self.slips)
        return lines + [self.note] * bool(self.note)

    def __repr__(self) -> str:
        return "\n".join([f"{self.name}: {self.text}", *(f"    {line}" for line in self.lines)])


class Report:
    """The verdicts on a derivation, in the order of the backward pass.

    True if all values are right. ``first_wrong`` is where to look first, ``report["W"]`` the
    verdict on one value.
    """

    def __init__(self, verdicts: list[Verdict], of: str = "") -> None:
        self.verdicts = verdicts
        self.of = of  # the output that is differentiated, where that is to be said

    @property
    def ok(self) -> bool:
        """Whether every value is the gradient."""
        return all(v.ok for v in self.verdicts)

    @property
    def first_wrong(self) -> Verdict | None:
        """The first wrong one on the way back from the loss that follows from no other; or None."""
        return next((v for v in self.verdicts if v.verdict == "differs"), None)

    def __bool__(self) -> bool:
        return self.ok

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self.verdicts)

    def __len__(self) -> int:
        return len(self.verdicts)

    def __getitem__(self, key: Any) -> Verdict:
        """The verdict on a value: by its name, its Tensor, or its place in the report."""
        if isinstance(key, int):
            return self.verdicts[key]
        for v in self.verdicts:
            if key in (v.name, *v.value.names) if isinstance(key, str) else v.value is key:
                return v
            if isinstance(key, Tensor) and key._node is v.value.node:
                return v
        raise KeyError(
            f"Report: no verdict on {key!r}; ask for one of {', '.join(v.name for v in self)}."
        )

    @property
    def _sentence(self) -> str:
        count = len(self)
        first = self.first_wrong
        if first is None:
            what, of = ("gradient", f" of {self.of}") if self.of else ("value", "")
            values = f"The {what}{of} is" if count == 1 else f"All {count} {what}s{of} are"
            return f"{values} what the tape computes."
        wrong = sum(not v.ok for v in self)
        line = getattr(first.value, "source", None)
        at = f" ({line}: {line.text})" if line is not None and line.text else ""
        what = f" gradient{'s' * (count > 1)} of {self.of}" if self.of else ""
        return (
            f"{wrong} of {count}{what} differ{'s' * (wrong == 1)}; look first at {first.name}{at}."
        )

    def __repr__(self) -> str:
        width = max(len(v.name) for v in self)
        rows = [self._sentence]
        for v in self:
            rows.append(f"  {'✓' if v.ok else '✗'} {v.name:<{width}}  {v.text}")
            rows += [f"    {'':<{width}}    {line}" for line in v.lines]
        return "\n".join(rows)

    def _repr_html_(self) -> str:
        escape = html.escape
        cell = (
            "padding:4px 10px;vertical-align:top;text-align:left;background:transparent;border:0;"
        )
        rows = []
        for v in self:
            color = (
                "#1a9150" if v.ok else COLORS["loss"][1] if not v.cause else COLORS["parameter"][1]
            )
            first = v is self.first_wrong
            edge = f"border-left:3px solid {color if first else 'transparent'};"
            lines = "".join(f"<div style='margin-top:3px'>{escape(x)}</div>" for x in v.lines)
            rows.append(
                f"<tr><td style='{cell}{edge}color:{color};font-weight:bold'>"
                f"{'✓' if v.ok else '✗'}</td>"
                f"<td style='{cell}white-space:nowrap'><strong>{escape(v.name)}</strong></td>"
                f"<td style='{cell}color:{EDGE};white-space:nowrap'>"
                f"{escape(shape_text(v.tape.shape))}</td>"
                f"<td style='{cell}'>{escape(v.text)}{lines}</td></tr>"
            )
        return (
            f"<div class='{PLAIN}'><p style='margin:0 0 6px'>"
            f"<strong>{escape(self._sentence)}</strong></p>"
            f"<table style='border-collapse:collapse'>{''.join(rows)}</table></div>"
        )


def check(
    tape: Tape, derived: dict[Any, Any], output: Any = None, rtol: float | None = None
) -> Report:
    """``Tape.check``, where it is documented."""
    if not isinstance(derived, dict) or not derived:
        raise TypeError(
            f"Tape.check: received {describe(derived)}; give a dict of what was derived, such as "
            '{"z": p - y}.'
        )
    done = tape.backward_pass(output)
    flow = Flow(done)
    claims: dict[Any, Array] = {}
    for key, what in derived.items():
        value = _resolve(tape, key)
        if value in claims:
            raise ValueError(f"Tape.check: `{value.label}` is given twice; give it once.")
        if not isinstance(flow.cotangents.get(value), np.ndarray):
            raise GradientError(
                f"Tape.check: `{value.label}` has "
                + (
                    "several outputs, and so no gradient; check those."
                    if isinstance(flow.cotangents.get(value), (list, tuple))
                    else f"no gradient from `{', '.join(seed.label for seed in done.seeds)}`; "
                    "leave it out."
                )
            )
        claims[value] = _numbers(what, value.label, tape, flow)
    order = {value: k for k, value in enumerate(_as_they_came(flow))}
    values = sorted(claims, key=order.__getitem__)
    names = distinct_labels(values)
    noise: dict[Any, Any] = {}
    verdicts: list[Verdict] = []
    for value in values:
        yours, right = claims[value], flow.cotangents[value]
        tolerance = _tolerance(yours, right, rtol)
        if not _same(yours, right, tolerance):
            noise = noise or _noise(flow)
            tolerance += 100 * float(np.max(np.abs(noise.get(value, 0)), initial=0))
        verdict = _compared(value, names[value], yours, right, tolerance)
        if not verdict.ok:
            try:
                with np.errstate(all="ignore"):
                    _explain(verdict, verdicts, flow, tolerance)
            except GradientError:
                verdict.note = "a rule on the way refuses to run on other numbers than the tape's"
        verdicts.append(verdict)
    said = output is not None or len(_loose(tape)) > 1
    seeds = distinct_labels([*tape.inputs, *tape.entries]) if said else {}
    return Report(verdicts, ", ".join(seeds[seed] for seed in done.seeds) if said else "")


def _loose(tape: Tape) -> list[Entry]:
    """The numbers that a gradient flows to and nothing on the tape uses: two losses, say."""
    used = {x for entry in tape.entries for x in entry.parents}
    return [
        entry
        for entry in tape.entries
        if entry.wants and not entry.order and entry.shape == () and entry not in used
    ]


# ---------------------------------------------------------------------- what was given


def _resolve(tape: Tape, key: Any) -> Entry | Input:
    """The value that a key of the derivation or a parameter of a formula means."""
    if not isinstance(key, str):
        value: Entry | Input = tape.at(key)
        return value
    found: Entry | Input = tape[key]
    values: list[Any] = [*tape.inputs, *tape.entries]
    depths = [x._names[key] for x in values if key in x._names]
    same = [x for x in values if depths and x._names.get(key) == min(depths)]
    if len(same) > 1:
        names = labels(tape)
        candidates = ", ".join(f"`{names[x]}`{_made(x)} {shape_text(x.shape)}" for x in same[:6])
        raise GradientError(
            f"Tape.check: several values were called `{key}`: {candidates}"
            f"{', ...' * (len(same) > 6)}; say which, as in "
            f'{{"{names[same[-1]]}": ...}}.'
        )
    return same[0] if same else found


def _made(value: Any) -> str:
    if not hasattr(value, "op"):
        return ""
    return f" = {value.op}" + (f" at {value.source}" if value.source else "")


def _numbers(what: Any, name: str, tape: Tape, flow: Flow) -> Array:
    """What was derived for a value, as an array; a function is called with what it asks for."""
    if callable(what) and not isinstance(what, Tensor):
        given = _arguments(what, name, tape, flow)
        try:
            with np.errstate(all="ignore"):
                what = what(**given)
        except Exception as error:
            shapes = ", ".join(f"{k} {shape_text(np.shape(v))}" for k, v in given.items())
            error.add_note(
                f"(in the formula given to Tape.check for `{name}`"
                + f", which got {shapes})" * bool(given)
                + ")" * (not given)
            )
            raise
    if isinstance(what, Tensor):
        what = what._data
    try:
        array = np.asarray(what)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"Tape.check: received {describe(what)} for `{name}`; give numbers, or a function that "
            "returns them."
        )
    return array


def _arguments(formula: Any, name: str, tape: Tape, flow: Flow) -> dict[str, Any]:
    """The parameters of a formula, by name: ``z`` is a value on the tape, ``g_z`` its gradient."""
    given: dict[str, Any] = {}
    try:
        parameters = inspect.signature(formula).parameters.values()
    except ValueError:
        return given
    for p in parameters:
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) or p.default is not p.empty:
            continue
        try:
            value = _resolve(tape, p.name)
            given[p.name] = value.value
        except KeyError:
            value = _meant(p.name, name, tape)
            given[p.name] = flow.cotangents.get(value)
        if given[p.name] is None:
            raise GradientError(
                f"Tape.check: the formula for `{name}` asks for `{p.name}`, which is not known on "
                "this tape; compute the loss inside `with Tape() as tape:`, or put the array "
                "itself into the formula."
            )
    return given


# What people call the gradient of z, taken apart at the `z`: dz, dL_dz, grad_z, z_bar, ...
BEFORE = re.compile(r"(g|d|del|delta|grad|gradient|d\w*d)_?|")
AFTER = re.compile(r"_?(bar|grad)|")


def _meant(parameter: str, name: str, tape: Tape) -> Any:
    """The value whose gradient `parameter` is; says of another name what a gradient is called."""
    every = {z for x in [*tape.inputs, *tape.entries] for z in x.names}
    if parameter.startswith("g_"):
        try:
            return _resolve(tape, parameter[2:])
        except KeyError:
            if not _parts(parameter, every):
                raise
    ends = {z.rpartition(".")[2] for x in [*tape.inputs, *tape.entries] for z in x.names}
    known = sorted(filter(str.isidentifier, ends))
    remedy = "a parameter is called as a value is, or `g_z` for the gradient of `z`"
    for z in sorted(known, key=len, reverse=True):
        before, found, after = parameter.rpartition(z)
        if found and BEFORE.fullmatch(before) and AFTER.fullmatch(after):
            remedy = f"the gradient of `{z}` is called `g_{z}`"
            break
    if parts := _parts(parameter, every):
        remedy = (
            f"`{parts[0]}` is no name for a parameter, so bind it to a variable inside the block, "
            f"such as `{re.sub('[^A-Za-z0-9_]', '', parts[0])} = {parts[0]}`"
        )
    raise KeyError(
        f"Tape.check: the formula for `{name}` asks for `{parameter}`, and no variable "
        f"`{parameter}` held a value of this tape; {remedy}; there are {', '.join(known[:12])}."
    )


def _parts(parameter: str, names: set[str]) -> list[str]:
    """Of the names such as ``h[1]`` those that the parameter ``h``, ``h1`` or ``g_h`` may mean."""
    stem, number = re.fullmatch(r"(?:g_)?(.*?)_?(\d*)", parameter).groups()  # type: ignore[union-attr]
    return sorted(z for z in names if z.startswith(f"{stem}[{number}"))


# ---------------------------------------------------------------------- comparing


def _as_they_came(flow: Flow) -> list[Any]:
    """All values in the order in which the backward pass completed their cotangents."""
    last = {c.to: entry for entry, given in flow.steps.items() for c in given}
    order: list[Any] = []
    for entry, given in flow.steps.items():
        order.append(entry)
        order += dict.fromkeys(
            c.to for c in given if c.to not in flow.steps and last[c.to] is entry
        )
    return order


def _tolerance(yours: Array, right: Array, rtol: float | None) -> float:
    """How far an element may be off: the square root of the precision, of the largest element."""
    kinds = [a.dtype for a in (yours, right) if a.dtype.kind == "f"]
    rtol = max(float(np.finfo(kind).eps) for kind in kinds) ** 0.5 if rtol is None else rtol
    return rtol * largest(right)


def _distance(yours: Array, right: Array) -> Array:
    """Of each element; 0 where both are the same infinity or not a number, infinite if one is."""
    with np.errstate(all="ignore"):
        away = np.abs(yours.astype(float) - right)
        same = (yours == right) | (np.isnan(yours) & np.isnan(right))
    return np.where(same, 0, np.where(np.isnan(away), np.inf, away))


def _same(yours: Array, right: Array, tolerance: float) -> bool:
    if yours.shape != right.shape:
        return False
    return bool(np.max(_distance(yours, right), initial=0) <= tolerance)


def _compared(value: Any, name: str, yours: Array, right: Array, tolerance: float) -> Verdict:
    if yours.shape != right.shape:
        return Verdict(value, name, yours, right, "differs", np.inf, None)
    distance = _distance(yours, right)
    most = float(np.max(distance, initial=0))
    scale = largest(right)
    relative = most / scale if scale else (np.inf if most else 0.0)
    # (The first of those that differ most, whatever the last digits are on this machine.)
    where: tuple[int, ...] = ()
    if most:
        first = int(np.argmax(distance >= most * (1 - 1e-9)))
        where = tuple(map(int, np.unravel_index(first, distance.shape)))
    equal = most <= tolerance
    verdict = "equal" if equal else "differs"
    made = Verdict(value, name, yours, right, verdict, relative, where)
    if equal:
        if np.isnan(right).any():
            made.note = "both hold NaN"
        elif not right.any() and right.size:
            made.note = "both are 0 here, which says little about the formula"
    return made


def _noise(flow: Flow) -> dict[Any, Any]:
    """How far rounding may have moved each cotangent.

    Each one is moved by the last digit, up or down by chance, and carried along by the rules: what
    arrives where large contributions cancel may be as large as what is left of them.
    """
    noise: dict[Any, Any] = {}
    for seed in range(2):
        rng = np.random.default_rng(seed)

        def moved(g: Any, rng: Any = rng) -> Any:
            if isinstance(g, (list, tuple)):
                return [moved(part) for part in g]
            g = np.where(np.isfinite(g), g, 0).astype(g.dtype)
            return g * rng.choice([-1.0, 1.0], g.shape).astype(g.dtype) * np.finfo(g.dtype).eps

        table: dict[Any, Any] = {}
        for entry, given in flow.steps.items():
            own = moved(flow.cotangents[entry])
            table[entry] = plus(table[entry], own) if entry in table else own
            for c in given:
                try:
                    part = pulled(c, table[entry])
                except GradientError:
                    continue  # a rule may refuse what is no gradient of the whole (svd's does)
                if isinstance(part, np.ndarray):
                    part = np.where(np.isfinite(part), part, 0).astype(part.dtype)
                table[c.to] = plus(table[c.to], part) if c.to in table else part
        for value, part in table.items():
            if isinstance(part, np.ndarray):
                known = noise.get(value, 0)
                noise[value] = np.maximum(known, np.abs(part))
    return noise


# ---------------------------------------------------------------------- explaining


def _explain(verdict: Verdict, before: list[Verdict], flow: Flow, tolerance: float) -> None:
    """Say of a wrong value from which other it follows, or what the slip may be."""
    yours, right, value = verdict.yours, verdict.tape, verdict.value
    if not np.isfinite(yours).all() and np.isfinite(right).all():
        at = tuple(map(int, np.argwhere(~np.isfinite(yours))[0]))
        verdict.note = f"yours holds {yours[at]}{f' at {list(at)}' if at else ''}"
        return
    if not np.isfinite(right).all():
        verdict.note = "the gradient on the tape is not finite, so the slip can't be looked for"
        return
    ways = flow.to(value)
    fixed = {v.value: v.yours for v in before if v.yours.shape == v.tape.shape and v.value in ways}
    wrong = [v for v in before if not v.ok and v.value in fixed]
    seeds = flow.seeds(ways)
    close = _closeness(yours, right, tolerance)
    given = flow.cotangents
    for cause in [*wrong[::-1], None]:
        if not wrong:
            break
        # One slip alone, with all that was derived rightly; then all of them together.
        kept = {
            u: h for u, h in fixed.items()
            if cause is None or u is cause.value or all(u is not v.value for v in wrong)
        }  # fmt: skip
        given = {**flow.cotangents, **flow.run(ways, seeds, kept)}
        if _same(yours, np.asarray(given[value]), close) and not _same(given[value], right, close):
            cause = cause or wrong[0]
            verdict.verdict, verdict.cause = "follows", cause.cause or cause
            return
    if not np.max(np.abs(right), initial=0) > tolerance:
        verdict.note = "the gradient is 0 here, which says nothing about the slip"
        return
    slips = Search(flow, value, yours, flow.cotangents, close).readings()
    if not slips and wrong:
        ours = np.asarray(given[value])
        close = _closeness(yours, ours, tolerance)
        slips = Search(flow, value, yours, given, close).readings()
        if slips:
            names = ", ".join(v.name for v in wrong)
            verdict.note = f"(on top of what follows from {names})"
    verdict.slips = tuple(slips[:3])
    if len(slips) > 3:
        verdict.note = (
            f"and {len(slips) - 3} more slips would give these numbers; less special ones tell more"
        )
    elif not slips:
        verdict.note = _unexplained(verdict, tolerance)


def _closeness(yours: Array, right: Array, tolerance: float) -> float:
    """How near a reading must come: rounding, and far nearer than the gradient itself."""
    scale = tolerance / largest(right) if largest(right) else 1e-8
    close = max(tolerance, scale * largest(yours))
    if yours.shape == right.shape:
        close = min(close, 0.01 * float(np.max(_distance(yours, right), initial=0)))
    return close


def _unexplained(verdict: Verdict, tolerance: float) -> str:
    if verdict.where is None:
        return "no single slip that is known here explains it"
    if verdict.difference < 1e-5 and (verdict.yours == verdict.yours.astype(np.float32)).all():
        return "it agrees to the precision of float32: were float32 numbers used?"
    off = int(np.sum(_distance(verdict.yours, verdict.tape) > tolerance))
    size = verdict.tape.size
    share = f"{off} of {size} elements differ; " if off < size else ""
    return f"{share}no single slip that is known here explains it"


def _number(x: Any) -> str:
    return number_text(x.item(), 6)
