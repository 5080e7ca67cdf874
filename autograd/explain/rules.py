"""`rule`: the derivative rules of an operation as formulas, read from their code."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import dispatch
from autograd.errors import describe, printable
from autograd.explain.entries import Entry, Input, stand_in
from autograd.explain.equations import Equations, Line
from autograd.explain.expressions import (
    Expr,
    dummy,
    forward_expr,
    leaf,
    recorded,
    run,
    stands_for,
)
from autograd.explain.formulas import as_math, bar, pullback, symbols
from autograd.explain.notation import Math, add, script, word
from autograd.explain.typeset import written
from autograd.primitive import Primitive, primitives
from autograd.tape import Leaf

__all__ = ["rule"]


def rule(operation: Any) -> Equations:
    """The derivative rules of an operation as formulas: what its code does, run once and read.

    `operation` is a function (NumPy's or one of ``autograd``), a `Primitive`, its name, or an
    entry of a tape. The gradient with respect to z is written z with a bar, in plain text ``g_z``.
    Where there are several declarations of one name (``sum`` with a mask and without), there are
    the rules of all.

    Raises TypeError for a function that is no primitive: one that is composed of others has no
    rule of its own; and for a primitive of which it can't be guessed what to call it with.

    >>> import numpy as np
    >>> print(rule(np.matmul))
    matmul; the gradient with respect to z is written g_z
        z = x y
      g_x = g_z yᵀ
      g_y = xᵀ g_z
    """
    if isinstance(operation, Entry):
        return _equations([operation])
    found = _named(operation)
    if found:
        return _equations(list(map(_sample, found)))
    if isinstance(operation, str):
        raise TypeError(f"rule: there is no primitive {operation!r}; ag.primitives() lists them.")
    name = printable(getattr(operation, "__name__", "")) or describe(operation)
    raise TypeError(
        f"rule: {name} is no primitive, so it has no rule of its own; call it inside "
        "`with ag.Tape() as tape:` and look at tape.derive(...)."
    )


def _named(operation: Any) -> list[Primitive]:
    if isinstance(operation, Primitive):
        return [operation]
    if isinstance(getattr(operation, "primitive", None), Primitive):
        return [operation.primitive]
    ours = operation
    if callable(operation):
        ours = dispatch.operations.get(operation) or dispatch.late(operation) or operation
        declared = getattr(ours, "primitive", None)
        if isinstance(declared, Primitive):
            return [declared]
    name = ours if isinstance(ours, str) else getattr(ours, "__name__", "")
    return [p for p in primitives() if p.name == name]


def _equations(entries: list[Entry]) -> Equations:
    z = symbols([*entries[0].parents, entries[0]])[entries[0]]
    lines = [line for entry in entries for line in _rule_lines(entry)]
    title = f"{entries[0].op}; the gradient with respect to {written(z, 'text')} is written"
    return Equations(title, bar(z), lines, code=f"g_{entries[0].label}")


def _rule_lines(entry: Entry) -> list[Line]:
    names = symbols([*entry.parents, entry])
    stands = stands_for(entry, names)
    z, g = _result(entry, names[entry])
    p = entry.primitive
    given: dict[Any, Math] = {}
    for i, x in enumerate(entry.inputs):
        if x not in names or p.rules[p.inputs[0 if p.variadic else i]] is None:
            continue
        e = recorded(entry, i, g, stands, z)
        shown = pullback(e, names[entry], names[x], bar(names[entry]))
        given[x] = add(given[x], shown) if x in given else shown
    made = Line(names[entry], as_math(forward_expr(entry, stands)))
    return [made, *(Line(bar(names[x]), shown) for x, shown in given.items())]


def _result(entry: Entry, name: Math) -> tuple[Expr, Any]:
    """Trees for the result of an entry and its cotangent."""
    z = leaf(entry, name, entry.value)
    if not isinstance(z.value, tuple):
        return z, leaf(entry, bar(name), None)
    return z, tuple(
        Expr(dummy(part.shape, part.dtype), symbol=bar(script(name, word(str(k)))))
        for k, part in enumerate(z.value)
    )


# What the sample calls are given where a primitive's parameters have no default.
_SAMPLES: dict[str, dict[str, Any]] = {
    "getitem": {"index": slice(0, 2)},
    "scatter": {"index": slice(0, 3), "shape": (4, 3)},
    "index_update": {"index": 0},
    "power": {"exponent": 3.0},
    "sinc": {"n": 0},
    "clip": {"min": 0.0, "max": 1.0},
    "reshape": {"shape": (9,), "order": "F", "copy": None},
    "swapaxes": {"axis1": 0, "axis2": 1},
    "moveaxis": {"source": 0, "destination": 1},
    "expand_dims": {"axis": 0},
    "broadcast_to": {"shape": (2, 3, 3)},
    "roll": {"shift": 1},
    "astype": {"dtype": np.dtype(np.float32)},
    "windows": {"padding": ((1, 1),) * 2},
    "einsum": {"a": "ij", "b": "jk", "c": "ik"},
    "norm": {"ord": None},
    "solve_triangular": {"trans": 0, "lower": True, "unit_diagonal": False},
    "solve_banded": {"l_and_u": (1, 1)},
    "permute": {"order": np.argsort(np.arange(9.0).reshape(3, 3) % 4, axis=-1)},
    "split": {"indices_or_sections": 3},
    "pad": {"pad_width": ((1, 1), (0, 0)), "value": 0.0},
    "concatenate": {"ends": (3, 6)},
    "stack": {},
    "unwrap": {"discont": None, "period": 2 * math.pi},
    "svd": {"full_matrices": False},
    "qr": {"mode": "reduced"},
    "angle": {"deg": False},
}
_GUESSES: dict[str, Any] = {
    "axis": 0, "keepdims": False, "where": True, "initial": np._NoValue, "dtype": None,
    "q": 0.5, "method": "linear", "weights": None, "n": 1, "UPLO": "L",
    "rcond": None, "rtol": None, "size": (2, 2), "stride": (1, 1), "padding": ((0, 0),) * 2,
    "dilation": (1, 1), "spatial": (4, 4),
}  # fmt: skip


def _sample(p: Primitive) -> Entry:
    """An entry of a call with small inputs: matrices, or where these don't fit, something else.

    Raises TypeError if it can't be guessed what to call the primitive with.
    """
    static = {
        name: _GUESSES.get(name) if q.default is q.empty else q.default
        for name, q in p.signature.parameters.items()
        if name in p.statics
    } | {k: v for k, v in _SAMPLES.get(p.name, {}).items() if k in p.statics}
    rng = np.random.default_rng(0)
    root = rng.uniform(0.2, 0.8, (3, 3))
    vector, matrix = rng.uniform(0.2, 0.8, 3), root @ root.T + np.eye(3)
    count = 2 if p.variadic else len(p.inputs)
    for values in (
        [
            np.arange(1, 4)
            if p.elementwise and p.rules[p.inputs[k]] is None
            else (vector if p.elementwise else matrix) + 0.1 * k
            for k in range(count)
        ],
        [vector + 0.1 * k for k in range(count)],
        [matrix, vector],
        [rng.uniform(0.2, 0.8, (4, 4))],
        [rng.uniform(0.2, 0.8, (2, 2, 3, 3))],
    ):
        if len(values) < count:
            continue
        try:
            value = run(p, values[:count], static)
        except Exception:  # whatever a function may say to inputs that it can't take
            continue
        return _entry(p, values, static, value)
    raise TypeError(
        f"rule: it can't be guessed what to call `{p.name}` with; call it yourself inside "
        "`with ag.Tape() as tape:`, and ag.rule(tape[0]) reads the rules of that call."
    )


def _entry(p: Primitive, values: list[Any], static: dict[str, Any], value: Any) -> Entry:
    inputs = []
    for k, x in enumerate(values):
        made = Input(Leaf(x), x, k)
        made._names = {f"{p.inputs[0].removesuffix('s')}{k + 1}" if p.variadic else p.inputs[k]: 0}
        inputs.append(made)
    several = isinstance(value, (tuple, list))
    value = tuple(map(np.asarray, value)) if several else np.asarray(value)
    entry = Entry(0, p, tuple(inputs), static, value, stand_in(value))
    entry._names = {"z": 0}
    return entry
