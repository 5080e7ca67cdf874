"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor
from nn.optim.optimizer import Group, Optimizer

__all__ = ["SGD"]


class SGD(Optimizer):
    r"""Stochastic gradient descent with momentum, as PyTorch computes it.

    .. math::
        g &\leftarrow g + \lambda\, p \\
        b &\leftarrow \mu\, b + (1 - \tau)\, g \qquad\text{(at first: } b = g) \\
        p &\leftarrow p - \eta\, b \qquad\text{(Nesterov: } p - \eta\, (g + \mu\, b))

    with learning rate η `lr`, momentum μ, dampening τ, weight decay λ.

    Raises ValueError for a setting out of range, and as `Optimizer`.

    >>> import nn
    >>> p = nn.Parameter([1.0])
    >>> optimizer = SGD([p], lr=0.1, momentum=0.9)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (p * p).sum().backward()
    ...     optimizer.step()
    >>> p.data.round(6)  # 1 - 0.1·2 = 0.8, then 0.8 - 0.1·(0.9·2 + 1.6)
    array([0.46])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
            },
        )

    def check(self, group: Group) -> None:
        """No negative setting, and Nesterov's step only where it is defined."""
        for name in ("lr", "momentum", "weight_decay"):
            if not group[name] >= 0:
                raise ValueError(f"SGD: {name} must be at least 0, received {group[name]}.")
        if group["nesterov"] and (not group["momentum"] or group["dampening"]):
            raise ValueError(
                f"SGD: nesterov=True needs a momentum above 0 and a dampening of 0, received "
                f"{group['momentum']} and {group['dampening']}."
            )

    def update(self, p: Tensor, g: Any, group: Group) -> None:
        """One step of one parameter."""
        # float(...) because a float64 scalar of NumPy would make float32 arrays float64.
        lr, momentum, dampening, decay = (
            float(group[name]) for name in ("lr", "momentum", "dampening", "weight_decay")
        )
        data = p.data
        room = self.room(data)
        if decay:
            g = np.add(np.multiply(data, decay, out=room), g, out=room)
        if momentum:
            b = self.state.get(p)
            if b is None:
                b = self.state[p] = np.array(g)
            else:
                b *= momentum
                b += np.multiply(g, 1 - dampening, out=room) if dampening else g
            if group["nesterov"]:
                data -= np.multiply(g, lr, out=room)
                lr *= momentum
            g = b
        data -= np.multiply(g, lr, out=room)
        p.data = data
