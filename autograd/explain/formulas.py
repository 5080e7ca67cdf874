r"""Formulas of entries: what they compute, and what they contribute to their inputs.

The trees of `expressions`, printed: each operation by the template of its declaration (``tex=``),
each value by the user's name for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.explain.entries import Entry, Input
from autograd.explain.expressions import (
    PLAIN,
    Expr,
    forward_expr,
    leaf,
    readable,
    recorded,
    stands_for,
)
from autograd.explain.look import distinct_labels, number_text
from autograd.explain.notation import (
    NONE,
    ONE,
    Math,
    accented,
    equation,
    filled,
    identifier,
    listed,
    nth,
    number,
    script,
    symbol,
    template_of,
    times,
    word,
)
from autograd.explain.typeset import written
from autograd.primitive import Primitive

__all__ = ["as_math", "bar", "contribution", "cotangent", "forward", "pullback", "symbols"]

# ---------------------------------------------------------------------- parameters


def parameter(name: str, value: Any) -> Math:
    """A parameter that is no input, in a formula; nothing for None."""
    if name == "index":
        parts = value if isinstance(value, tuple) else (value,)
        return listed([_constant(part) for part in parts[:6]]) if parts else word("()")
    if value is None or value is np._NoValue:
        return NONE
    if name == "axis" and isinstance(value, (int, np.integer, tuple)):
        axes = value if isinstance(value, tuple) else (value,)
        return word(
            f"{'axis' if len(axes) == 1 else 'axes'} {', '.join(map(str, axes))}".replace("-", "−")
        )
    return _constant(value)


def _constant(value: Any) -> Math:
    if isinstance(value, (bool, np.bool_, str)):
        return word(str(value))
    if isinstance(value, (int, float, np.integer, np.floating)):
        return number(value)
    if isinstance(value, slice):
        ends = [value.start, value.stop] + [value.step] * (value.step is not None)
        return word(":".join("" if end is None else str(end) for end in ends))
    if isinstance(value, tuple):
        if len(value) > 6:
            return word(f"{len(value)} values")
        if len(value) == 1:
            return word(str(value))
        return Math("fence", (listed([_constant(v) for v in value]),), "( )")
    if value is ...:
        return identifier(r"\ldots")
    if value is None:
        return word("new")
    if isinstance(value, np.ndarray):
        if value.size <= 4 and value.ndim <= 1:
            return word(str(value.tolist()))
        kind = "mask" if value.dtype == bool else "indices" if value.dtype.kind in "iu" else "array"
        return word(f"{value.shape} {kind}")
    return word(str(getattr(value, "__name__", None) or getattr(value, "name", None) or
                    type(value).__name__))  # fmt: skip


# ---------------------------------------------------------------------- a tree as a formula


def as_math(e: Expr) -> Math:
    """The formula that a tree is."""
    made: dict[Expr, Math] = {}
    for x in e.nodes():
        made[x] = x.symbol if x.symbol is not None else _applied(x, [made[y] for y in x.args])
    return made[e]


def _applied(e: Expr, args: list[Math]) -> Math:
    f, static = e.function, e.static
    if f is None:
        return _unnamed(e.value)
    name = e.name
    shape = () if isinstance(e.value, tuple) else np.shape(e.value)
    if name == "multiply":
        if e.args[0] is e.args[1]:
            return script(args[0], sup=number(2))
        return times(
            args[0], args[1], r"\odot" if all(np.ndim(x.value) for x in e.args) else "scale"
        )
    if name in ("reshape", "expand_dims", "squeeze") and _long(shape) == _long(
        e.args[0].value.shape
    ):
        return args[0]  # a formula does not show axes of length 1
    if name in ("transpose", "swapaxes") and (len(shape) == 2 or set(static.values()) == {-1, -2}):
        return script(args[0], sup=identifier(r"\top"))
    static = {k: parameter(k, v) for k, v in static.items()}
    if not isinstance(f, Primitive):
        template = template_of(PLAIN[f], ("axis", "x", "y", "w"))
        assert template is not None
        return filled(template, [static.get("axis", NONE), *args, NONE, NONE])
    if f.variadic:
        inputs = [listed(args) if len(args) <= 6 else listed([*args[:5], identifier(r"\ldots")])]
    else:
        inputs = args
    template = template_of(f.tex, (*f.inputs, *f.statics))
    if template is None:
        shown = [equation(word(k), v) for k, v in static.items() if v is not NONE]
        return Math("call", (word(name), Math("fence", (listed([*inputs, *shown]),), "( )")))
    return filled(template, [*inputs, *(static[s] for s in f.statics)])


def _long(shape: Any) -> list[int]:
    """The axes that a formula shows: those longer than 1."""
    return [n for n in shape if n != 1]


def _unnamed(value: Any) -> Math:
    """A constant that nobody named: its number, or what it is."""
    array = np.asarray(value)
    if array.dtype == bool and array.ndim:
        return word(f"{array.shape} mask")
    if array.dtype.kind in "fiub" and array.size and (array == array.flat[0]).all():
        shown = number(array.flat[0])
        return identifier(r"\mathbf{1}") if array.ndim and shown == ONE else shown
    if array.size <= 4 and array.ndim == 1 and array.dtype.kind in "fiu":
        return word("[" + ", ".join(number_text(v) for v in array.tolist()) + "]")
    return word(f"{array.shape} array")


def pullback(e: Expr, z: Math, x: Math, g: Math) -> Math:
    r"""The formula of a contribution; of one that can't be read, :math:`(∂z/∂x)^\top g`."""
    if readable(e):
        return as_math(e)
    d = identifier(r"\partial")
    slope = Math("frac", (Math("mul", (d, z), "near"), Math("mul", (d, x), "near")))
    return Math("mul", (script(slope, sup=identifier(r"\top")), g), "")


# ---------------------------------------------------------------------- the formula of an entry


def bar(x: Math) -> Math:
    """The cotangent of what x stands for: with a bar, in plain text ``g_x``."""
    return accented(x, "cotangent")


def symbols(values: Iterable[Any], labels: dict[Any, str] | None = None) -> dict[Any, Math]:
    """A symbol for each entry and input; `labels` tells those of one name apart."""
    values = list(values)
    labels = distinct_labels(values) if labels is None else labels
    return {x: nth(_own_symbol(x), labels[x].removeprefix(x.label)) for x in values}


def _own_symbol(value: Any) -> Math:
    if value.name:
        return symbol(value.name)
    known = value.value if isinstance(value, Input) and not value.wants else None
    return number(known) if known is not None and known.ndim == 0 else symbol(value.label)


def cotangent(value: Any, style: str = "text", labels: dict[Any, str] | None = None) -> str:
    """What the cotangent of an entry or input is called: ``g_z``, in a formula z with a bar."""
    return written(bar(symbols([value], labels)[value]), style)


def forward(entry: Entry, style: str = "text", labels: dict[Any, str] | None = None) -> str:
    r"""The formula of an entry, in the user's names: ``z = x W``.

    `style` is "text", "latex" or "mathml"; `labels` what the values are called beside it.

    >>> import autograd as ag
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> with ag.Tape() as tape:
    ...     y = x * 3
    >>> forward(tape[0]), forward(tape[0], "latex")
    ('y = 3 x', 'y = 3\\,x')
    """
    names = symbols([*entry.parents, entry], labels)
    e = forward_expr(entry, stands_for(entry, names))
    return written(equation(names[entry], as_math(e)), style)


def contribution(
    entry: Entry,
    i: int,
    style: str = "text",
    labels: dict[Any, str] | None = None,
    g: str | None = None,
) -> str:
    """What an entry contributes to the cotangent of its input at position `i`, as a formula.

    The cotangent of z is written z with a bar, in plain text ``g_z``; `g` is another name for it.
    Sums over axes undo broadcasting. `style` is "text", "latex" or "mathml", `labels` what the
    values are called beside it.

    Raises GradientError if the primitive has no rule for that input.

    >>> import autograd as ag
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> with ag.Tape() as tape:
    ...     y = ag.log(x)
    >>> contribution(tape[0], 0)
    'g_y / x'
    """
    read = entry.reads(i)
    values = (entry.inputs[k] for k in (*read, i))
    names = symbols([*(x for x in values if isinstance(x, (Entry, Input))), entry], labels)
    incoming = bar(names[entry]) if g is None else symbol(g)
    stands = stands_for(entry, names, read)
    e = recorded(
        entry,
        i,
        leaf(entry, incoming, entry.cotangent),
        stands,
        leaf(entry, names[entry], entry.value),
    )
    return written(pullback(e, names[entry], names[entry.inputs[i]], incoming), style)
