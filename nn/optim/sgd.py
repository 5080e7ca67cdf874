"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

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

    with learning rate η `lr`, momentum μ, dampening τ, weight decay λ. With `maximize`, the
    gradient changes its sign first.

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

    numbers: ClassVar[dict[str, float]] = {}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    def check(self, group: Group) -> None:
        """No negative setting, and Nesterov's step only where it is defined."""
        self.at_least_0(group, "lr", "momentum", "weight_decay")
        if group["nesterov"] and (not group["momentum"] or group["dampening"]):
            raise ValueError(
                "SGD: nesterov=True needs a momentum above 0 and a dampening of 0, received "
                f"{group['momentum']} and {group['dampening']}."
            )

    def arrays(self, group: Group) -> dict[str, float | None]:
        """The momentum."""
        return {"momentum_buffer": 0.0 if group["momentum"] else None}

    def update(self, p: Tensor, g: Any, group: Group) -> None:
        """One step of one parameter."""
        # float(...) because a float64 scalar of NumPy would make float32 arrays float64.
        lr, momentum, dampening = (float(group[name]) for name in ("lr", "momentum", "dampening"))
        if not momentum:

            def plain(x: Any, h: Any, room: Any) -> None:
                x -= np.multiply(h, lr, out=room)

            self.sweep(plain, p, g, group, [], rooms=1)
            return
        first = "momentum_buffer" not in self.state.get(p, ())
        _, kept = self.recall(p, group)

        def body(x: Any, h: Any, b: Any, room: Any) -> None:
            if first:
                b[...] = h
            else:
                b *= momentum
                b += np.multiply(h, 1 - dampening, out=room) if dampening else h
            if group["nesterov"]:
                x -= np.multiply(h, lr, out=room)
                x -= np.multiply(b, lr * momentum, out=room)
            else:
                x -= np.multiply(b, lr, out=room)

        self.sweep(body, p, g, group, kept, rooms=1)
