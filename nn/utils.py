"""What is done to gradients between the backward pass and the step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor
from nn.functional.checks import described, number
from nn.module import Module

__all__ = ["clip_grad_norm_", "clip_grad_value_"]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    r"""Scale all gradients together so that their norm is at most `max_norm`; returns it as it was.

    .. math:: g \leftarrow g \cdot \min\Bigl(1,\;
        \frac{\text{max\_norm}}{\lVert g \rVert_p + 10^{-6}}\Bigr)

    where :math:`\lVert g \rVert_p` is the norm of all gradients as one vector, p `norm_type`
    (``inf`` for the largest magnitude). Parameters without a gradient don't count.

    Raises ValueError if `max_norm` is negative or no number, TypeError for what are no Tensors,
    and, with `error_if_nonfinite`, GradientError if the norm is infinite or no number; nothing
    is changed then.

    >>> import nn
    >>> p = nn.Parameter([0.0, 0.0])
    >>> (p * np.array([3.0, 4.0])).sum().backward()
    >>> clip_grad_norm_([p], max_norm=1.0)
    Tensor(5., dtype=float64)
    >>> p.grad.data.round(4)
    array([0.6, 0.8])
    """
    number("clip_grad_norm_", "max_norm", max_norm, "of at least 0")
    used = _with_gradients("clip_grad_norm_", parameters)
    with ag.no_grad(), np.errstate(all="ignore"):  # infinities and NaN are an answer here
        norms = [np.linalg.norm(np.asarray(p.grad).ravel("K"), norm_type) for p in used]
        total = np.linalg.norm(norms, norm_type) if norms else np.float64(0)
        if error_if_nonfinite and not np.isfinite(total):
            raise ag.GradientError(
                f"clip_grad_norm_: the norm of the gradients is {total}, so they can't be scaled; "
                "look for where they became so, or pass error_if_nonfinite=False."
            )
        scale = float(max_norm) / (float(total) + 1e-6)
        if not scale >= 1:
            for p in used:
                p.grad *= scale
    return Tensor(total, dtype=np.result_type(*(p.dtype for p in used)) if used else None)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    r"""Bring each element of all gradients to between -`clip_value` and `clip_value`.

    .. math:: g \leftarrow \min(\max(g, -c), c)

    Raises ValueError if `clip_value` is negative or no number, TypeError for what are no Tensors.

    >>> import nn
    >>> p = nn.Parameter([0.0, 0.0])
    >>> (p * np.array([3.0, -0.5])).sum().backward()
    >>> clip_grad_value_([p], 1.0)
    >>> p.grad
    Tensor([ 1. , -0.5], dtype=float64)
    """
    number("clip_grad_value_", "clip_value", clip_value, "of at least 0")
    bound = float(clip_value)
    with ag.no_grad():
        for p in _with_gradients("clip_grad_value_", parameters):
            np.clip(p.grad, -bound, bound, out=p.grad)


def _with_gradients(name: str, parameters: Tensor | Iterable[Tensor]) -> list[Any]:
    several = np.iterable(parameters) and not isinstance(parameters, (Module, Tensor))
    given: list[Any] = list(parameters) if several else [parameters]
    for p in given:
        if not isinstance(p, Tensor):
            raise TypeError(
                f"{name}: received {described(p)} in place of parameters; give model.parameters()."
            )
    return [p for p in given if p.grad is not None]
