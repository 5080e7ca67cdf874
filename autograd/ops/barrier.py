"""Several values made by one entry, so that their cotangents are there together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd.errors import GradientError, describe
from autograd.handles import added
from autograd.primitive import primitive
from autograd.tensor import Tensor, hooks_of

barrier = primitive(
    lambda *xs: xs,
    name="barrier",
    tex=r"\left({xs}\right)",
    outputs=0,
    xs=lambda g, i: g[i],
)


def hook_together(
    xs: Sequence[Tensor], hook: Callable[[tuple[Tensor, ...]], Any]
) -> tuple[Tensor, ...]:
    """The Tensors `xs` again; ``hook(gs)`` is called when the cotangents of all are complete.

    The cotangent of one that was not used is 0. The hook returns None, or what takes the place of
    each, as for ``Tensor.register_hook``.

    Raises GradientError if no gradient flows to any of them, TypeError for what is no Tensor of
    floating-point values.

    >>> from autograd import tensor
    >>> x, y = tensor(2.0, requires_grad=True), tensor(3.0, requires_grad=True)
    >>> a, b = hook_together([x, y], lambda gs: (gs[0] + gs[1], gs[1]))
    >>> (a * b).backward()
    >>> x.grad.item(), y.grad.item()
    (5.0, 2.0)
    """
    for x in xs:
        if not isinstance(x, Tensor) or x.dtype.kind != "f":
            raise TypeError(
                f"hook_together: takes Tensors of floating-point values, received {describe(x)}."
            )
    again: tuple[Tensor, ...] = barrier(*xs)
    if not any(z.requires_grad for z in again):
        raise GradientError(
            f"hook_together: no gradient flows to the {len(xs)} Tensors; give some that require a "
            "gradient, outside no_grad()."
        )
    node = again[0]._node.parents[0]
    added(hooks_of(node, "hooks"), hook, "hook_together")
    return again
