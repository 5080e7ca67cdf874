"""What is checked: `f` as a function of points, and the scalars whose slopes are compared."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from weakref import ref

import numpy as np

from autograd.backward import gradients
from autograd.errors import GradcheckError, describe
from autograd.names import names_of
from autograd.tape import Leaf, entries_to
from autograd.tensor import Tensor, attach

__all__ = ["Function", "Scalar", "contracted", "derivative", "drawn", "opened", "slopes_of"]

Array = np.ndarray[Any, np.dtype[Any]]
# What gives, at points, the leaves there and the outputs; and the same for a scalar.
Function = Callable[[Sequence[Array]], tuple[list[Tensor], list[Tensor]]]
Scalar = Callable[[Sequence[Array]], tuple[list[Tensor], Tensor]]
# A function, the points that were given, and what to call them.
Opened = tuple[Function, list[Array], list[str]]


def opened(f: Callable[..., Any], inputs: Any) -> AbstractContextManager[Opened]:
    """`f` as a function of its inputs or, if it takes nothing, of the leaves that it uses.

    These are moved inside the context, and as they were after it.
    """
    if isinstance(inputs, (Tensor, np.ndarray, float)):
        inputs = [inputs]
    if inputs is None or (not _takes(f, *inputs) and _takes(f)):
        return _of_leaves(f, inputs)
    return _of_arguments(f, inputs)


def _takes(f: Callable[..., Any], *arguments: Any) -> bool:
    try:
        inspect.signature(f).bind(*arguments)
    except (TypeError, ValueError):  # (a ufunc has no signature)
        return False
    return True


@contextmanager
def _of_arguments(f: Callable[..., Any], inputs: Sequence[Any]) -> Iterator[Opened]:
    values = [np.asarray(x) if isinstance(x, (float, np.generic, list)) else x for x in inputs]
    values = [x.numpy() if isinstance(x, Tensor) else x for x in values]
    wanted = [k for k, x in enumerate(values) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
    if not wanted:
        raise TypeError("gradcheck: none of the inputs is a floating-point array; give one.")

    def function(points: Sequence[Array]) -> tuple[list[Tensor], list[Tensor]]:
        arguments: list[Any] = list(values)
        for k, point in zip(wanted, points, strict=True):
            arguments[k] = Tensor(point, requires_grad=True)
        return [arguments[k] for k in wanted], _outputs(f(*arguments))

    yield function, [values[k] for k in wanted], [f"input {k}" for k in wanted]


@contextmanager
def _of_leaves(f: Callable[[], Any], inputs: Sequence[Any] | None) -> Iterator[Opened]:
    leaves: list[Any] = _leaves_of(f) if inputs is None else list(inputs)
    for leaf in leaves:
        if not (isinstance(leaf, Tensor) and leaf.is_leaf and leaf.requires_grad):
            raise TypeError(
                "gradcheck: of a function without arguments the inputs must be leaves that require "
                f"a gradient, received {describe(leaf)}."
            )
    if not leaves:
        raise TypeError(
            "gradcheck: f computes with no leaf that requires a gradient; give inputs, or make its "
            "Tensors with requires_grad=True."
        )

    def function(points: Sequence[Array]) -> tuple[list[Tensor], list[Tensor]]:
        for leaf, point in zip(leaves, points, strict=True):
            leaf._data = np.array(point)
            leaf._node = Leaf(leaf._data, ref(leaf))
        return [attach(leaf._data, leaf._node) for leaf in leaves], _outputs(f())

    names = names_of({leaf._node for leaf in leaves})
    named = [f" (`{names[leaf._node]}`)" if leaf._node in names else "" for leaf in leaves]
    before = [(leaf, leaf._data, leaf._node) for leaf in leaves]
    try:
        # (Moved until the end, not only in each call: a checkpoint calls f in the backward pass.)
        labels = [f"input {k}{name}" for k, name in enumerate(named)]
        yield function, [leaf.numpy() for leaf in leaves], labels
    finally:
        for leaf, data, node in before:
            leaf._data, leaf._node = data, node


def _leaves_of(f: Callable[[], Any]) -> list[Tensor]:
    """The Tensors that require a gradient and that `f` computes with, oldest first."""
    nodes = entries_to([z._node for z in _outputs(f()) if not z.is_leaf])
    parents = {p for node in nodes for p in node.parents if isinstance(p, Leaf)}
    owners = [p.owner() for p in sorted(parents, key=lambda p: p.stamp) if p.owner is not None]
    return [owner for owner in owners if owner is not None]


def _outputs(result: Any) -> list[Tensor]:
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    for output in outputs:
        if not isinstance(output, Tensor) or output.dtype.kind != "f":
            raise TypeError(
                f"gradcheck: f must return floating-point Tensors, received {describe(output)}."
            )
    return outputs


def drawn(shape: tuple[int, ...], random: np.random.Generator) -> Array:
    """Random numbers of both signs, none of which is small: that would hide what it weighs."""
    return np.asarray(random.uniform(0.5, 1.0, shape) * random.choice([-1.0, 1.0], shape))


def contracted(function: Function, count: int) -> Scalar:
    """The sum of g · z over the outputs z, as a function of `count` inputs and cotangents g."""

    def scalar(points: Sequence[Array]) -> tuple[list[Tensor], Tensor]:
        leaves, outputs = function(points[:count])
        cotangents = [Tensor(g, requires_grad=True) for g in points[count:]]
        shapes, before = ([str(x.shape) for x in xs] for xs in (outputs, cotangents))
        if shapes != before:
            raise GradcheckError(
                f"gradcheck: f returned shapes {', '.join(before)} and {', '.join(shapes)} for the "
                "same inputs; give a function whose shapes don't vary."
            )
        total = Tensor(0.0)
        for z, g in zip(outputs, cotangents, strict=True):
            total = total + (z * g).sum()
        return [*leaves, *cotangents], total

    return scalar


def derivative(scalar: Scalar, along: Sequence[Array | None]) -> Scalar:
    """The slope of a scalar along fixed directions of those points that one is given for."""

    def slope(points: Sequence[Array]) -> tuple[list[Tensor], Tensor]:
        leaves, total = scalar(points)
        followed = [(leaf, v) for leaf, v in zip(leaves, along, strict=True) if v is not None]
        slopes = slopes_of(total, [leaf for leaf, _ in followed], create_graph=True)
        result = Tensor(0.0)
        for g, (_, v) in zip(slopes, followed, strict=True):
            result = result if g is None else result + (g * Tensor(v)).sum()
        return leaves, result

    return slope


def slopes_of(total: Tensor, leaves: list[Tensor], create_graph: bool) -> list[Tensor | None]:
    """The gradients of `total`, None where it does not depend on a leaf."""
    if not total.requires_grad:
        return [None] * len(leaves)
    return list(gradients(total, leaves, create_graph=create_graph, allow_unused=True))
