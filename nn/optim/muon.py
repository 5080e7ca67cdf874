"""Muon: momentum whose matrix is made orthogonal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from autograd import Tensor
from nn.functional.checks import described
from nn.optim.optimizer import Group, Optimizer, is_number

__all__ = ["Muon"]


class Muon(Optimizer):
    r"""Momentum whose singular values are brought near 1, for matrices, as PyTorch computes it.

    .. math::
        b &\leftarrow \mu b + (1 - \mu)\, g, \qquad u = (1 - \mu)\, g + \mu b
        \quad\text{(without Nesterov: } u = b) \\
        p &\leftarrow (1 - \eta \lambda)\, p - \eta\, \alpha\, O(u)

    with learning rate η `lr`, weight decay λ and, for a parameter of shape (m, n),
    :math:`\alpha = \sqrt{\max(1, m / n)}` (`adjust_lr_fn` None or "original") or
    :math:`0.2 \sqrt{\max(m, n)}` ("match_rms_adamw"). O starts from
    :math:`X = u / \max(\lVert u \rVert, \varepsilon)`, lying down if it has more rows than columns,
    and `ns_steps` times replaces it by :math:`a X + (b A + c A^2) X` with :math:`A = X X^\top` and
    `ns_coefficients` (a, b, c). As in PyTorch, all these are rounded to bfloat16.

    Raises ValueError for a setting out of range or a parameter that is no matrix, and as
    `Optimizer`.

    >>> import nn
    >>> p = nn.Parameter(np.zeros((2, 2)))
    >>> optimizer = Muon([p], lr=0.1)
    >>> (p * np.array([[3.0, 0.0], [0.0, -400.0]])).sum().backward()
    >>> optimizer.step()
    >>> p.data.round(2)
    array([[-0.08,  0.  ],
           [ 0.  ,  0.07]])
    """

    numbers: ClassVar[dict[str, float]] = {}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "nesterov": nesterov,
                "ns_coefficients": ns_coefficients,
                "eps": eps,
                "ns_steps": ns_steps,
                "adjust_lr_fn": adjust_lr_fn,
            },
        )

    def check(self, group: Group) -> None:
        """No negative setting, three coefficients, fewer than 100 steps, matrices only."""
        self.at_least_0(group, "lr", "weight_decay", "momentum", "eps", "ns_steps")
        coefficients, steps = group["ns_coefficients"], group["ns_steps"]
        if np.shape(coefficients) != (3,) or not all(map(is_number, coefficients)):
            raise ValueError(
                f"Muon: ns_coefficients must be three numbers; received {described(coefficients)}."
            )
        if steps != int(steps) or steps >= 100:
            raise ValueError(f"Muon: ns_steps must be an integer below 100, received {steps!r}.")
        if group["adjust_lr_fn"] not in (None, "original", "match_rms_adamw"):
            raise ValueError(
                "Muon: adjust_lr_fn must be None, 'original' or 'match_rms_adamw', received "
                f"{described(group['adjust_lr_fn'])}."
            )
        for p in group.get("params", ()):
            if p.ndim != 2:
                raise ValueError(
                    f"Muon: received a parameter of shape {p.shape}, and only matrices can be made "
                    "orthogonal; give the others to another optimizer, such as AdamW."
                )

    def arrays(self, group: Group) -> dict[str, float | None]:
        """The momentum."""
        return {"momentum_buffer": 0.0}

    def update(self, p: Tensor, g: Any, group: Group) -> None:
        """One step of one parameter."""
        lr, decay, momentum = (float(group[name]) for name in ("lr", "weight_decay", "momentum"))
        _, (b,) = self.recall(p, group)
        data = p.data
        b += (g - b) * (1 - momentum)
        u = g + (b - g) * momentum if group["nesterov"] else b
        direction = orthogonal(
            u, group["ns_coefficients"], int(group["ns_steps"]), float(group["eps"])
        )
        m, n = data.shape
        if group["adjust_lr_fn"] == "match_rms_adamw":
            ratio = 0.2 * math.sqrt(max(m, n))
        else:
            ratio = math.sqrt(max(1, m / n))
        data *= 1 - lr * decay
        data -= np.multiply(direction, lr * ratio, dtype=data.dtype)
        p.data = data


def orthogonal(u: Any, coefficients: Iterable[float], steps: int, eps: float) -> Any:
    """The matrix with the singular vectors of `u` and singular values near 1, roughly.

    In float32, rounded to bfloat16 where PyTorch's result has that dtype.
    """
    a, b, c = map(float, coefficients)
    x = bfloat16(u.T if u.shape[0] > u.shape[1] else u)
    norm = bfloat16(np.sqrt(np.sum(x * x)))
    x = bfloat16(x / np.maximum(norm, bfloat16(eps)))
    for _ in range(steps):
        gram = bfloat16(x @ x.T)
        x = fused(a, x, fused(b, gram, c * (gram @ gram)) @ x)
    return x.T if u.shape[0] > u.shape[1] else x


def fused(factor: float, x: Any, rest: Any) -> Any:
    """factor · x + rest, rounded to float32 once and then to bfloat16, as PyTorch's kernels do."""
    return bfloat16(np.float64(np.float32(factor)) * x + rest)


def bfloat16(a: Any) -> Any:
    """The nearest numbers of 8 significant bits (of two, the one that ends in 0), in float32."""
    bits = np.array(a, np.float32).view(np.uint32)
    bits += (bits >> 16 & 1) + np.uint32(0x7FFF)
    bits &= np.uint32(0xFFFF0000)
    return bits.view(np.float32)
