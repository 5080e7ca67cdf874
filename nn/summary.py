"""What a model is made of, and what a backward pass through it would need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
from autograd import Tensor
from nn import random
from nn.functional.checks import described, printable
from nn.module import Module, Parameter
from nn.tree import PLAIN

__all__ = ["Row", "Summary", "summary"]


class Row(NamedTuple):
    """A module, what came out of it, and what is its own: not that of the modules inside it."""

    name: str
    kind: str
    shape: Any  # of the output, nested as that is; None if the module was not called
    parameters: int
    nbytes: int


class Summary(list[Row]):
    """The modules of a model in the order of ``named_modules()``; as text it is a table."""

    @property
    def parameters(self) -> int:
        """The number of parameters, shared ones counted once."""
        return sum(row.parameters for row in self)

    @property
    def nbytes(self) -> int:
        """The bytes of all arrays kept for a backward pass, beside parameters and inputs."""
        return sum(row.nbytes for row in self)

    def _table(self) -> list[tuple[str, str, str, str]]:
        """The headings, a line for each module, and the totals."""
        table = [("layer", "output", "parameters", "kept for backward")]
        for row in self:
            indent = "  " * (row.name.count(".") + bool(row.name))
            name = f"{row.name.rpartition('.')[2]}: " if row.name else ""
            shape = "not called" if row.shape is None else str(row.shape)
            numbers = (f"{row.parameters:,}" if row.parameters else "", _size(row.nbytes))
            table.append((indent + printable(f"{name}{row.kind}"), printable(shape), *numbers))
        table.append(("total", "", f"{self.parameters:,}", _size(self.nbytes) or "0 B"))
        return table

    def __repr__(self) -> str:
        table = self._table()
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = [
            "  ".join(
                cell.rjust(width) if i > 1 else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(cells, widths))
            ).rstrip()
            for cells in table
        ]
        rule = "-" * (sum(widths) + 6)
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])

    def _repr_html_(self) -> str:
        heads, *rows, totals = self._table()
        line = "border-bottom:1px solid #8888885c"
        body = _html_row(heads, f"opacity:0.7;{line}") + "".join(map(_html_row, rows))
        body += _html_row(totals, "font-weight:bold;border-top:1px solid #8888885c")
        style = "border-collapse:collapse;margin:0;font-size:13px"
        return f'<table class="{PLAIN}" style="{style}">{body}</table>'


def _html_row(cells: tuple[str, ...], style: str = "") -> str:
    inside = "".join(
        f'<td style="padding:2px 10px;text-align:{"left" if i < 2 else "right"};white-space:pre">'
        f"{escape(cell)}</td>"
        for i, cell in enumerate(cells)
    )
    return f'<tr style="background:transparent;{style}">{inside}</tr>'


def summary(model: Module, *inputs: Any) -> Summary:
    """The layers of `model` with their output shapes, parameters, and memory kept for backward.

    The model is called once, in the mode it is in, with `inputs`: arrays, or shapes (tuples of
    integers) in whose place zeros of the parameters' dtype stand. Its parameters, buffers and
    ``nn.random.generator`` are afterwards as they were. An array that several entries of the tape
    keep counts once, for the first; parameters, buffers and inputs don't count.

    Raises TypeError for no Module or no input, and what calling the model raises.

    >>> import nn
    >>> nn.summary(nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10)), (5, 64))
    layer        output   parameters  kept for backward
    ---------------------------------------------------
    Sequential   (5, 10)
      0: Linear  (5, 32)       2,080
      1: Tanh    (5, 32)                          640 B
      2: Linear  (5, 10)         330
    ---------------------------------------------------
    total                      2,410              640 B
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary: model must be a Module, received {described(model)}.")
    if not inputs:
        raise TypeError("summary: received no input; give an array or a shape, such as (1, 64).")
    parameters = list(model.parameters())
    dtype = next((p.dtype for p in parameters if p.dtype.kind == "f"), np.dtype("float32"))
    given = [
        Tensor(np.zeros(x, dtype))
        if isinstance(x, tuple) and all(isinstance(n, (int, np.integer)) for n in x)
        else x
        if isinstance(x, Tensor)
        else Tensor(x)
        for x in inputs
    ]
    with ag.no_grad():
        owners = [_owner(np.asarray(t)) for t in (*parameters, *model.buffers(), *given)]
    counted = {id(owner): owner for owner in owners}  # alive, so that no other has their id
    shapes: dict[Module, Any] = {}
    nbytes: dict[Module, int] = {}
    results: list[Tensor] = []
    turns: list[tuple[int, Module]] = []  # until which stamp the entries are whose
    clock = Tensor(0.0, requires_grad=True)

    def note(module: Module, values: Any, is_output: bool) -> None:
        """The entries since the last note are the module's own.

        It is told of what it hands to the modules inside, and these are over before it is.
        """
        if is_output:
            shapes[module] = _shape(values)
        results.extend(t for t in _tensors(values) if not t.is_leaf)
        with ag.enable_grad():
            turns.append((ag.tape(clock * 1.0)[-1].stamp, module))

    with _unchanged(model), ag.enable_grad(), _watched(model, note):
        model(*given)
    turn = iter(turns)
    until, module = 0, model
    for entry in ag.tape(*results) if results else []:  # in the order of their stamps
        while entry.stamp > until:
            until, module = next(turn)
        for array in _arrays([*entry.saved.values(), *entry.static.values()]):
            owner = _owner(array)
            if id(owner) not in counted:
                counted[id(owner)] = owner
                nbytes[module] = nbytes.get(module, 0) + owner.nbytes
    ours: set[int] = set()
    rows = Summary()
    for name, module in model.named_modules():
        own = [
            v for v in module.__dict__.values() if isinstance(v, Parameter) and id(v) not in ours
        ]
        ours.update(map(id, own))
        size = sum(p.size for p in own)
        kept = nbytes.get(module, 0)
        rows.append(Row(name, type(module).__name__, shapes.get(module), size, kept))
    return rows


@contextmanager
def _watched(model: Module, note: Callable[[Module, Any, bool], None]) -> Iterator[None]:
    """Inside, `note` is called with what a module hands to one inside it, and what it returns."""
    running: list[Module] = []

    def watch(module: Module) -> None:
        forward = module.forward

        def watching(*args: Any, **kwargs: Any) -> Any:
            if running:
                note(running[-1], [*args, *kwargs.values()], False)
            running.append(module)
            output = forward(*args, **kwargs)
            running.pop()
            note(module, output, True)
            return output

        module.__dict__["forward"] = watching

    own = {module: module.__dict__.get("forward") for module in model.modules()}
    try:
        for module in own:
            watch(module)
        yield
    finally:
        for module, forward in own.items():
            module.__dict__.pop("forward", None)
            if forward is not None:
                module.__dict__["forward"] = forward


@contextmanager
def _unchanged(model: Module) -> Iterator[None]:
    """Buffers, such as running means, and random numbers are afterwards as they were."""
    drawn = random.generator.bit_generator.state
    before = [(buffer, buffer.numpy()) for buffer in model.buffers()]
    places = [dict(module.__dict__) for module in model.modules()]
    try:
        yield
    finally:
        random.generator.bit_generator.state = drawn
        with ag.no_grad():
            for buffer, values in before:
                buffer[...] = values
        for module, held in zip(list(model.modules()), places):
            module.__dict__.update({name: held[name] for name, _ in module._buffers.items()})


def _tensors(output: Any) -> Iterator[Tensor]:
    """The Tensors in an output, which may be a tuple, list or dict of them."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, (tuple, list)):
        for part in output:
            yield from _tensors(part)
    elif isinstance(output, dict):
        yield from _tensors(list(output.values()))


def _shape(output: Any) -> Any:
    if isinstance(output, (tuple, list)):
        return tuple(_shape(part) for part in output)
    if isinstance(output, dict):
        return {key: _shape(part) for key, part in output.items()}
    return np.shape(output) if isinstance(output, (Tensor, np.ndarray)) else output


def _arrays(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, np.ndarray):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from _arrays(value)


def _owner(array: Any) -> Any:
    """The array whose memory that is."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _size(nbytes: int) -> str:
    if not nbytes:
        return ""
    size, unit = float(nbytes), 0
    while size >= 999.5 and unit < 4:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {' kMGT'[unit].strip()}B"
