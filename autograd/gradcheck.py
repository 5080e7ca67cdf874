"""Numerical checks of gradients, for functions and for the rules of primitives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.backward import gradients
from autograd.errors import describe
from autograd.ops.indexing import scatter
from autograd.primitive import Masked, Part
from autograd.tape import entries_to
from autograd.tensor import Tensor

__all__ = ["GradcheckError", "gradcheck"]

Array = np.ndarray[Any, np.dtype[Any]]


class GradcheckError(AssertionError):
    """A gradient that does not agree with finite differences; the message says where."""


def gradcheck(
    f: Callable[..., Any],
    inputs: Sequence[Any],
    order: int = 2,
    *,
    eps: float = 1e-6,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    directions: int = 3,
    entries: int = 64,
    seed: int = 0,
) -> bool:
    r"""Check the gradients of `f` against central differences in float64; True if they agree.

    .. math:: \frac{f(x + \epsilon v) - f(x - \epsilon v)}{2\epsilon} \approx \nabla f(x) \cdot v

    The outputs are contracted with a fixed random cotangent; the derivative along random
    directions `v` is compared and, for inputs of up to `entries` elements, each entry. For order
    2, the gradient (recorded with ``create_graph=True``) is itself checked in the same way, and
    so on. Shapes and dtypes are checked too, of the rules one by one: a rule whose cotangent is
    too large would otherwise pass, because the backward pass sums what was broadcast.

    Parameters
    ----------
    f
        Takes the inputs as Tensors and returns a Tensor or a tuple of them. It must be
        differentiable, and smooth within `eps`, at the point given.
    inputs
        Arrays or Tensors. Floating-point ones are differentiated, at float64 precision; others
        are passed on as they are. A single one may be given alone.
    order
        1 for gradients, 2 for gradients of gradients too, and so on.
    eps, rtol, atol
        The step, relative to the size of the input, and what counts as agreement.
    directions, entries, seed
        How many random directions; up to how many elements are checked one by one; the seed.

    Raises GradcheckError, which names the order, the input, the entry and the two values.

    >>> import autograd as ag
    >>> gradcheck(ag.tanh, [np.array([0.5, -1.0])])
    True
    >>> wrong = ag.primitive(np.sin, name="wrong", implements=(), x=lambda g, x: g * x)
    >>> gradcheck(wrong, [np.array([0.5])])
    Traceback (most recent call last):
        ...
    autograd.gradcheck.GradcheckError: gradcheck: order 1, input 0 of shape (1,), entry (0,): ...
    """
    if order < 1:
        raise ValueError(f"gradcheck: order must be at least 1, received {order}.")
    if isinstance(inputs, (Tensor, np.ndarray, float)):
        inputs = [inputs]
    values = [_as_float64(x) for x in inputs]
    wanted = [k for k, x in enumerate(values) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
    if not wanted:
        raise TypeError("gradcheck: none of the inputs is a floating-point array; give one.")
    random = np.random.default_rng(seed)

    def at(points: Sequence[Array], differentiate: bool) -> tuple[list[Tensor], list[Tensor]]:
        arguments = list(values)
        leaves = []
        for k, point in zip(wanted, points, strict=True):
            arguments[k] = Tensor(point, requires_grad=differentiate)
            leaves.append(arguments[k])
        outputs = f(*arguments)
        outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
        for output in outputs:
            if not isinstance(output, Tensor) or output.dtype.kind != "f":
                raise TypeError(
                    f"gradcheck: f must return floating-point Tensors, not {describe(output)}."
                )
        return leaves, outputs

    points = [values[k] for k in wanted]
    outputs = at(points, True)[1]
    _check_rules(outputs)
    cotangents = [random.standard_normal(z.shape) for z in outputs]
    evaluate = _contracted(at, cotangents)
    for level in range(1, order + 1):
        _compare(evaluate, points, level, wanted, random, eps, rtol, atol, directions, entries)
        evaluate = _derivative(evaluate, [random.standard_normal(x.shape) for x in points])
    return True


def _check_rules(outputs: Sequence[Tensor]) -> None:
    """Run each rule on its own and check the shape and dtype of what it returns."""
    recorded = [z._node for z in outputs if not z.is_leaf]
    for node in entries_to(recorded):
        if node.primitive.outputs != 1 or node.name == "output":
            continue  # their cotangents are tuples, whose parts are checked where they are used
        g = np.ones(node.shape, node.dtype)
        for i, pull in node.plan.pulls or ():
            parent: Any = node.held[i]
            c = pull(g, node.held)
            if isinstance(c, Part):
                c = scatter(c.g, c.index, parent.shape)
            elif isinstance(c, Masked):
                c = c.g
            c = np.asarray(c)
            lead = c.ndim - len(parent.shape)
            summed = [k for k, n in enumerate(c.shape) if k < lead or n != parent.shape[k - lead]]
            # What is summed away must be an axis along which the output was broadcast.
            aligned = (1,) * (c.ndim - len(node.shape)) + node.shape[
                max(0, len(node.shape) - c.ndim) :
            ]
            fits = all(
                c.shape[k] == aligned[k] and (k < lead or parent.shape[k - lead] == 1)
                for k in summed
            )
            where = f"gradcheck: the rule of `{node.name}` for its input {i}"
            if lead < 0 or not fits:
                raise GradcheckError(
                    f"{where} returned shape {c.shape}, but the input has shape {parent.shape} and "
                    f"the output {node.shape}."
                )
            if c.dtype != parent.dtype:
                raise GradcheckError(f"{where} returned {c.dtype} for an input of {parent.dtype}.")


# A function of points and of whether to record; gives the leaves and a scalar Tensor.
Evaluate = Callable[[Sequence[Array], bool], tuple[list[Tensor], Tensor]]


def _as_float64(x: Any) -> Any:
    if isinstance(x, Tensor):
        x = x.numpy()
    x = np.asarray(x) if isinstance(x, (float, np.generic, list)) else x
    return x.astype(np.float64) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x


def _contracted(at: Callable[..., Any], cotangents: Sequence[Array]) -> Evaluate:
    """The scalar whose gradient is the vector-Jacobian product with the cotangents."""

    def evaluate(points: Sequence[Array], differentiate: bool) -> tuple[list[Tensor], Tensor]:
        leaves, outputs = at(points, differentiate)
        total = Tensor(0.0)
        for z, g in zip(outputs, cotangents, strict=True):
            if z.shape != g.shape:
                raise GradcheckError(
                    f"gradcheck: f returned shapes {g.shape} and {z.shape} for the same inputs; "
                    "its shapes must not vary."
                )
            total = total + (z * Tensor(g)).sum()
        return leaves, total

    return evaluate


def _gradients(
    evaluate: Evaluate, points: Sequence[Array], level: int
) -> tuple[list[Tensor], list[Any]]:
    leaves, total = evaluate(points, True)
    if not total.requires_grad:  # f does not depend on its inputs, or is piecewise constant
        return leaves, [None] * len(leaves)
    return leaves, list(gradients(total, leaves, create_graph=level > 1, allow_unused=True))


def _derivative(evaluate: Evaluate, directions: Sequence[Array]) -> Evaluate:
    """The scalar: the gradient of the given one, along fixed directions."""

    def derivative(points: Sequence[Array], differentiate: bool) -> tuple[list[Tensor], Tensor]:
        leaves, slopes = _gradients(evaluate, points, 2)
        total = Tensor(0.0)
        for slope, v in zip(slopes, directions, strict=True):
            if slope is not None:
                total = total + (slope * Tensor(v)).sum()
        return leaves, total

    return derivative


def _compare(
    evaluate: Evaluate,
    points: list[Array],
    level: int,
    wanted: list[int],
    random: np.random.Generator,
    eps: float,
    rtol: float,
    atol: float,
    directions: int,
    entries: int,
) -> None:
    leaves, slopes = _gradients(evaluate, points, 1)
    for k, (x, leaf, slope) in enumerate(zip(points, leaves, slopes, strict=True)):
        place = f"gradcheck: order {level}, input {wanted[k]} of shape {x.shape}"
        analytic = np.zeros_like(x) if slope is None else slope.numpy()
        if analytic.shape != x.shape or analytic.dtype != leaf.dtype:
            raise GradcheckError(f"{place}: the gradient is {describe(analytic)}.")
        steps: list[tuple[str, Array]] = []
        for n in range(directions if x.ndim else 0):
            v = np.asarray(random.standard_normal(x.shape))
            steps.append((f"along random direction {n}", v / float(np.linalg.norm(v) or 1)))
        if x.size <= entries:
            for index in np.ndindex(x.shape):
                v = np.zeros_like(x)
                v[index] = 1.0
                steps.append((f"entry {index}", v))
        for what, v in steps:
            h = eps * max(1.0, float(np.max(np.abs(x[v != 0]), initial=0.0)))
            ends = []
            for sign in (1, -1):
                moved = list(points)
                moved[k] = x + sign * h * v
                ends.append(float(evaluate(moved, False)[1].item()))
            numeric = (ends[0] - ends[1]) / (2 * h)
            exact = float(np.sum(analytic * v))
            # Rounding of the two values limits the quotient, whatever the gradient.
            noise = 8 * np.finfo(float).eps * max(map(abs, ends)) / h
            allowed = atol + rtol * max(abs(numeric), abs(exact)) + noise
            if not abs(numeric - exact) <= allowed:
                raise GradcheckError(
                    f"{place}, {what}: the gradient says {exact:.10g}, finite differences say "
                    f"{numeric:.10g}, which differ by {abs(numeric - exact):.3g} (allowed "
                    f"{allowed:.3g})."
                )
