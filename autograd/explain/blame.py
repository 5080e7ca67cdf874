"""The errors of `detect_anomaly`: what they say, and how a gradient is followed back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.errors import AnomalyError, printable
from autograd.explain.causes import CLEAN, LOWER, MASK, SMALLER, cause_of
from autograd.explain.entries import Contribution, Entry, Input
from autograd.explain.origins import (
    Event,
    Note,
    Operand,
    Trace,
    all_finite,
    arrays,
    event_at,
    first_of,
    has_nan,
    operand_at,
    value_text,
)
from autograd.explain.recorder import Tape
from autograd.names import names_of, variables
from autograd.places import users_frames
from autograd.tape import Leaf

if TYPE_CHECKING:
    from autograd.explain.anomaly import Watch

__all__ = ["called", "followed_back", "refusal", "refused_seed"]


# ---------------------------------------------------------------------- what is said of an event


def _where(name: str, note: Note) -> str:
    """The operation and its line, with what is around it that the line does not show."""
    text = f"`{name}`"
    if note.composite and note.composite != name:
        text += f" in `{note.composite}`"
    if note.source is not None:
        text += f" at {note.source}"
    if note.pulled is not None:
        text += f" (in the derivative of {note.pulled.source})"
    return text


def _labels(event: Event) -> list[str]:
    """What to call the operands: a variable's name, or as in the line, or ""."""
    texts = event.note.arguments(event.primitive.name, len(event.operands))
    leaves = [x.leaf() if x.leaf is not None else None for x in event.operands]
    known = names_of({leaf for leaf in leaves if leaf is not None})
    return [
        known.get(leaf) or x.name or (text if len(text) <= 30 else "") or _array_name(leaf)
        for x, text, leaf in zip(event.operands, texts, leaves, strict=True)
    ]


def _array_name(leaf: Leaf | None) -> str:
    """The variable that holds the array that a constant was made from."""
    held = None if leaf is None else arrays.get(leaf)
    array = None if held is None else held()
    for frame in users_frames() if array is not None else ():
        for name, value in variables(frame):
            if value is array:
                return printable(name)
    return ""


def _met(event: Event) -> str:
    """The operands at the element: \"p[3] = 0\"; of others, how large they are."""
    parts = []
    names = event.primitive.inputs
    for k, (x, label) in enumerate(zip(event.operands, _labels(event), strict=True)):
        name = label or ("operand" if event.primitive.variadic else f"operand {names[k]}")
        if label and not label.replace(".", "").isidentifier():
            name = f"({label})" if x.index else label
        if x.at is not None:
            number = value_text(x.at)
            if label.lstrip("-") != number:
                parts.append(f"{name}{_place(x.index)} = {number}")
        elif x.size > 0:
            parts.append(f"{name} up to {value_text(x.largest)}")
    return ", ".join(parts)


def _made(event: Event) -> str:
    """What the event is, in a sentence without its end."""
    where = _where(event.primitive.name, event.note)
    value = f"{value_text(event.value)}{_at(event.index)}"
    share = _share(event.count, event.of)
    if event.came_in is not None:
        name = called(_labels(event)[event.came_in], "an operand")
        value += f" ({share})" * bool(share)
        if event.changed:
            return (
                f"{name} became {value} after a backward pass that gave it a finite gradient, by "
                f"the step in between; {where} uses it"
            )
        return f"{name} came in with {value}; the first to use it is {where}"
    what, _ = cause_of(event)
    details = "; ".join(filter(None, (_met(event), share)))
    return f"{where} makes {value}" + f": {what}" * bool(what) + f" ({details})" * bool(details)


def _help(event: Event) -> str:
    if event.changed:
        return LOWER
    if event.came_in is not None:
        return CLEAN
    return cause_of(event)[1]


def _message(first: str, *rows: tuple[str, str]) -> str:
    lines = [f"{first}."]
    width = max(len(name) for name, _ in rows)
    lines += [f"  {name:{width}}  {text}" for name, text in rows if text]
    return "\n".join(lines)


def _evidence(event: Event) -> list[tuple[str, str]]:
    """The line and the module."""
    source = event.note.source
    return [("line", source.text if source else ""), ("module", event.note.module())]


def refusal(trace: Trace, reached: str) -> AnomalyError:
    """The error for a value that is not finite, whose trace is known."""
    event, rest = trace.origin, []
    if trace.turned is not None:
        given = event.came_in is not None and not event.changed
        if given:  # an infinity that is meant: what made NaN of it is to blame
            event, then = trace.turned, ("from", _made(event))
        else:
            then = ("then", _made(trace.turned))
        rest.append(then)
        remedy = MASK if given else _help(event)
    else:
        remedy = _help(event)
    reached += _where_bad(trace.value, trace.bad)
    return AnomalyError(
        _message(_made(event), *_evidence(event), *rest, ("reached", reached), ("remedy", remedy))
    )


def refused_seed(node: Any, g: Any) -> AnomalyError:
    """The error for a backward pass that begins with `g`, which is not finite."""
    at = first_of(~np.isfinite(g))
    name = called(names_of({node}).get(node), "the output")
    return AnomalyError(
        f"backward: the cotangent given for {name} is {value_text(g[at])}{_at(at)}; begin the "
        "backward pass with finite numbers."
    )


# ---------------------------------------------------------------------- following a gradient back


def followed_back(watch: Watch, tape: Tape, target: Entry | Input, gradient: Any) -> AnomalyError:
    """The error for the `gradient` of `target`, from the pass that `tape` saw."""
    given: dict[Any, list[Contribution]] = {}
    for _, _, contributions in tape.passes[-1].steps:
        for c in contributions:
            given.setdefault(c.to, []).append(c)
    bad = ~np.isfinite(gradient)
    name = called(target.name, "an input")
    said = f"the gradient of {name}{_where_bad(gradient[first_of(bad)], bad)}"
    reached = ("reached", said)
    value, route = target, []
    while True:
        wrong = [c for c in given.get(value, []) if not all_finite(c.value)]
        if not wrong:  # the sum of what is finite is not
            first = (
                f"the sum of {len(given.get(value, []))} contributions to the gradient of "
                f"`{value.label}` overflows"
            )
            remedy = SMALLER
            if getattr(value.node, "hooks", None):
                first = (
                    f"a hook on `{value.label}` received or returned a number that is not finite"
                )
                remedy = "look at what the hook returns; handle.remove() takes it away"
            return AnomalyError(_message(first, reached, ("remedy", remedy)))
        c = wrong[0]
        if all_finite(c.entry.cotangent):
            break
        route.append(c)
        value = c.entry
    turned = next(
        (c for c in reversed(route) if has_nan(c.value) and not has_nan(c.entry.cotangent)), None
    )
    return _slope(watch, given, c, turned, reached)


def _slope(
    watch: Watch,
    given: dict[Any, list[Contribution]],
    c: Contribution,
    turned: Contribution | None,
    reached: tuple[str, str],
) -> AnomalyError:
    """The rule of `c` made of a finite cotangent a contribution that is not finite."""
    entry = c.entry
    note = _note_of(watch, entry)
    where = _where(entry.op, note)
    at, slope, g = _at_fault(c)
    result = "NaN" if has_nan(c.value) else "infinite"
    trace = _behind(watch, c, at)
    if trace is not None:
        cause = trace.turned or trace.origin
        first = f"{_made(cause)}; the derivative of {where} uses it, which gives {result}"
        remedy = ("remedy", _help(trace.origin))
        return AnomalyError(_message(first, *_evidence(cause), reached, remedy))
    event = _slope_event(c, note, at, slope)
    _, helps = cause_of(event)
    met = "; ".join(filter(None, (_met(event), _share(event.count, event.of))))
    if entry.rule(c.i).__module__.partition(".")[0] not in ("autograd", "nn"):
        name = entry.primitive.inputs[0 if entry.primitive.variadic else c.i]
        first = f"the rule of {where} for `{name}` returns {result} ({met})"
        helps = f"mend the rule: ag.gradcheck({entry.op}, [...]) compares it with differences"
    elif slope is None:
        first = f"the derivative of {where} is {result} of finite numbers ({met})"
    elif np.isfinite(slope):
        first = (
            f"{where} overflows in its derivative: {value_text(slope)} times the cotangent "
            f"{value_text(g)} is above the largest {entry.dtype} ({met})"
        )
        helps = SMALLER
    else:
        first = f"{where} has local derivative {value_text(slope)} at {_met(event) or _place(at)}"
        if g == 0 and np.isinf(slope):
            because = _zero(watch, given, entry, at)
            first += f"; its cotangent there is 0{because}, and 0 · inf is NaN"
        elif turned is None:
            first += f", so that the gradient is {result}"
    if turned is not None:
        later = _where(turned.entry.op, _note_of(watch, turned.entry))
        first += f"; the derivative of {later} makes NaN of it, 0 · inf"
    return AnomalyError(_message(first, *_evidence(event), reached, ("remedy", helps)))


def _slope_event(c: Contribution, note: Note, at: Any, slope: Any) -> Event:
    """What the rule of `c` met: the operation at the element `at`, and its local derivative."""
    entry = c.entry
    bad = ~np.isfinite(c.value) if isinstance(c.value, np.ndarray) else np.ones(1, bool)
    value = np.nan if slope is None else slope
    event = Event(entry.primitive, note, at or (), value, int(bad.sum()), bad.size, entry.dtype, [])
    event.static, event.operands = entry.static, _operands(entry, at)
    if entry.op in ("sqrt", "cbrt") and at is not None and event.operands[0].at is None:
        event.operands = [operand_at(entry.value, at, None)]  # which is 0 where its operand is
    return event


def _at_fault(c: Contribution) -> tuple[Any, Any, Any]:
    """Of an operation on each element: the first element, its local derivative and cotangent."""
    entry, g = c.entry, c.entry.cotangent
    if not entry.primitive.elementwise:
        return None, None, None
    rule, needs = entry.rule(c.i), entry.needs(c.i)
    pulled = rule(g, **needs)
    pulled = np.broadcast_to(getattr(pulled, "g", pulled), g.shape)
    shown = c.value if c.value.shape == g.shape else pulled
    if all_finite(shown):  # their sum over a broadcast axis is not
        return None, None, None
    at = first_of(~np.isfinite(shown))
    slope = rule(np.ones_like(g), **needs)
    slope = np.broadcast_to(getattr(slope, "g", slope), g.shape)
    return at, slope[at], g[at]


def _behind(watch: Watch, c: Contribution, at: Any) -> Trace | None:
    """The trace of a value that the rule works with, if one is not finite."""
    entry = c.entry
    for name, value in entry.needs(c.i).items():
        several = entry.primitive.variadic and name == entry.primitive.inputs[0]
        for k, one in enumerate(value if several else [value]):
            if name == "z":
                origin: Any = entry
            elif several:
                origin = entry.inputs[k]
            elif name in entry.primitive.inputs:
                k = entry.primitive.inputs.index(name)
                origin = entry.inputs[k]
            else:
                continue
            if not isinstance(origin, (Entry, Input)) or not isinstance(one, np.ndarray):
                continue
            bad = ~np.isfinite(one)
            if not np.any(bad if at is None else np.broadcast_to(bad, entry.shape)[at]):
                continue
            if origin.node in watch.traces:
                return watch.traces[origin.node]
            if isinstance(origin, Input):
                event = event_at(entry.primitive, _note_of(watch, entry), one, bad)
                event.operands = _operands(entry, None)
                event.came_in = k
                event.changed = origin.node in watch.trained
                return Trace(bad, event.value, event)
    return None


def _zero(
    watch: Watch, given: dict[Any, list[Contribution]], entry: Entry, at: tuple[int, ...]
) -> str:
    """Because of which operation the cotangent of an element is 0."""
    while given.get(entry):
        c = given[entry][0]
        g = c.entry.cotangent
        if not isinstance(g, np.ndarray):
            return ""
        if g.all() or c.entry.pull(c.i, np.ones_like(g))[at] == 0:
            return f" because of {_where(c.entry.op, _note_of(watch, c.entry))}"
        same = c.entry.primitive.elementwise and g.shape == entry.shape
        entry, at = c.entry, at if same else first_of(g == 0)
    return ", as it was given"


def _note_of(watch: Watch, entry: Entry) -> Note:
    """What was noted of an entry; nothing, if it was recorded before the block."""
    known = watch.notes.get(entry.node)  # type: ignore[arg-type]
    return known or Note(None, 0, None, "", (), None)


def _operands(entry: Entry, at: Any) -> list[Operand]:
    return [
        operand_at(x.value, at, x.node, name=x.name)
        if isinstance(x, (Entry, Input))
        else operand_at(x, at, None)
        for x in entry.inputs
    ]


# ---------------------------------------------------------------------- in a few words


def _place(index: tuple[int, ...] | None) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""


def _at(index: tuple[int, ...]) -> str:
    return f" at {_place(index)}" if index else ""


def _share(count: Any, of: int) -> str:
    """How many elements of how many, if there are several."""
    return f"{count:,} of {of:,} elements" if of > 1 else ""


def _where_bad(first: Any, bad: Any) -> str:
    """Of elements that are not finite, the first and how many: " (NaN at [2], 3 of 8 elements)"."""
    shown = value_text(first) + _at(first_of(bad))
    return f" ({', '.join(filter(None, (shown, _share(bad.sum(), bad.size))))})"


def called(name: str | None, otherwise: str) -> str:
    """The name in backquotes, or what to say without one."""
    return f"`{name}`" if name else otherwise
