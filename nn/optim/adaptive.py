"""A rate for each element: RMSprop, Adagrad and Adadelta by squared gradients, Rprop by signs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor
from nn.optim.optimizer import Group, Optimizer

__all__ = ["Adadelta", "Adagrad", "RMSprop", "Rprop"]


class RMSprop(Optimizer):
    r"""Gradients over the root of the decaying mean of their squares, as PyTorch computes it.

    .. math::
        g &\leftarrow g + \lambda\, p, \qquad v \leftarrow \alpha v + (1 - \alpha)\, g^2 \\
        p &\leftarrow p - \eta\, \frac{g}{\sqrt v + \varepsilon}
        \qquad\text{(momentum: } b \leftarrow \mu b + \tfrac{g}{\sqrt v + \varepsilon},\;
        p \leftarrow p - \eta\, b)

    with learning rate η `lr`, weight decay λ. `centered` takes v without the square of the
    decaying mean of g: the variance. `maximize` changes the sign of the gradient first.

    Raises ValueError for a setting out of range, and as `Optimizer`.

    >>> import nn
    >>> p = nn.Parameter([1.0, 1.0])
    >>> optimizer = RMSprop([p], lr=0.1)
    >>> (p * np.array([2.0, -5000.0])).sum().backward()
    >>> optimizer.step()
    >>> p.data.round(6)
    array([0., 2.])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "centered": centered,
                "maximize": maximize,
            },
        )

    def check(self, group: Group) -> None:
        """No negative setting."""
        self.at_least_0(group, "lr", "alpha", "eps", "weight_decay", "momentum")

    def arrays(self, group: Group) -> dict[str, float | None]:
        """The mean of the squares, and what momentum and centering need."""
        return {
            "square_avg": 0.0,
            "momentum_buffer": 0.0 if group["momentum"] else None,
            "grad_avg": 0.0 if group["centered"] else None,
        }

    def update(self, p: Tensor, g: Any, group: Group) -> None:
        """One step of one parameter."""
        lr, alpha, eps, momentum = (
            float(group[name]) for name in ("lr", "alpha", "eps", "momentum")
        )
        _, kept = self.recall(p, group)

        def body(x: Any, h: Any, v: Any, *rest: Any) -> None:
            *others, r, s = rest
            v *= alpha
            v += np.multiply(np.multiply(h, 1 - alpha, out=s), h, out=s)
            if group["centered"]:
                mean = others[-1]
                mean += np.multiply(np.subtract(h, mean, out=s), 1 - alpha, out=s)
                variance = np.subtract(v, np.multiply(mean, mean, out=s), out=s)
                root = np.sqrt(np.maximum(variance, 0, out=s), out=s)  # rounding may leave -1e-17
            else:
                root = np.sqrt(v, out=s)
            root += eps
            if momentum:
                b = others[0]
                b *= momentum
                b += np.divide(h, root, out=s)
                x -= np.multiply(b, lr, out=s)
            else:
                x -= np.divide(np.multiply(h, lr, out=r), root, out=r)

        self.sweep(body, p, g, group, kept, rooms=2)


class Adagrad(Optimizer):
    r"""Gradients over the root of the sum of all their squares, as PyTorch computes it.

    .. math::
        g \leftarrow g + \lambda\, p, \qquad v \leftarrow v + g^2, \qquad
        p \leftarrow p - \frac{\eta}{1 + (t - 1)\, \delta}\, \frac{g}{\sqrt v + \varepsilon}

    in step t, with learning rate η `lr`, its decay δ `lr_decay`, weight decay λ; v starts from
    `initial_accumulator_value`. `maximize` changes the sign of the gradient first.

    Raises ValueError for a setting out of range, and as `Optimizer`.

    >>> import nn
    >>> p = nn.Parameter([1.0, 1.0])
    >>> optimizer = Adagrad([p], lr=0.1)
    >>> (p * np.array([2.0, -5000.0])).sum().backward()
    >>> optimizer.step()
    >>> p.data.round(6)
    array([0.9, 1.1])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "eps": eps,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "maximize": maximize,
            },
        )

    def check(self, group: Group) -> None:
        """No negative setting."""
        self.at_least_0(group, "lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")

    def arrays(self, group: Group) -> dict[str, float | None]:
        """The sum of the squares."""
        return {"sum": float(group["initial_accumulator_value"])}

    def update(self, p: Tensor, g: Any, group: Group) -> None:
        """One step of one parameter."""
        state, kept = self.recall(p, group)
        eps = float(group["eps"])
        rate = float(group["lr"]) / (1 + (state["step"] - 1) * float(group["lr_decay"]))

        def body(x: Any, h: Any, v: Any, r: Any, s: Any) -> None:
            v += np.multiply(h, h, out=s)
            root = np.sqrt(v, out=s)
            root += eps
            x -= np.divide(np.multiply(h, rate, out=r), root, out=r)

        self.sweep(body, p, g, group, kept, rooms=2)


class Adadelta(Optimizer):
    r"""Steps in the unit of the parameter: by the ratio of two means of squares.

    .. math::
        g &\leftarrow g + \lambda\, p, \qquad v \leftarrow \rho v + (1 - \rho)\, g^2 \\
        d &= \sqrt{\frac{u + \varepsilon}{v + \varepsilon}}\; g, \qquad
        u \leftarrow \rho u + (1 - \rho)\, d^2, \qquad p \leftarrow p - \eta\, d

    with learning rate η `lr`, weight decay λ. `maximize` changes the sign of the gradient first.

    Raises ValueError for a setting out of range, and as `Optimizer`.

    >>> import nn
    >>> p = nn.Parameter([1.0])
    >>> optimizer = Adadelta([p], lr=0.1)
    >>> (p * 2).sum().backward()
    >>> optimizer.step()
    >>> p.data.round(6)
    array([0.999684])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "rho": rho,
                "eps": eps,
                "weight_decay": weight_decay,
                "maximize": maximize,
            },
        )

    def check(self, group: Group) -> None:
        """No negative setting, and a rho of at most 1."""
        self.at_least_0(group, "lr", "rho", "eps", "weight_decay")
        if group["rho"] > 1:
            raise ValueError(f"Adadelta: rho must be at most 1, received {group['rho']}.")

    def arrays(self, group: Group) -> dict[str, float | None]:
        """The means of the squares of the gradients and of the steps."""
        return {"square_avg": 0.0, "acc_delta": 0.0}

    def update(self, p: Tensor, g: Any, group: Group) -> None:
        """One step of one parameter."""
        lr, rho, eps = (float(group[name]) for name in ("lr", "rho", "eps"))
        _, kept = self.recall(p, group)

        def body(x: Any, h: Any, v: Any, u: Any, s: Any, t: Any) -> None:
            v *= rho
            v += np.multiply(np.multiply(h, 1 - rho, out=s), h, out=s)
            d = np.sqrt(np.add(u, eps, out=s), out=s)
            d /= np.sqrt(np.add(v, eps, out=t), out=t)
            d *= h
            u *= rho
            u += np.multiply(np.multiply(d, 1 - rho, out=t), d, out=t)
            x -= np.multiply(d, lr, out=d)

        self.sweep(body, p, g, group, kept, rooms=2)


class Rprop(Optimizer):
    r"""Steps by the sign of the gradient alone, larger while it stays the same.

    .. math::
        s &\leftarrow \operatorname{clip}(s \cdot (\eta_+,\, \eta_-,\, 1)) \quad
        \text{for } g\, g' > 0,\; < 0,\; = 0 \\
        p &\leftarrow p - \operatorname{sign}(g)\, s
        \qquad\text{(where } g\, g' < 0\text{, with } g \leftarrow 0)

    with g' the gradient of the step before; s starts from `lr` and stays within `step_sizes`;
    `etas` are :math:`(\eta_-, \eta_+)`. `maximize` changes the sign of the gradient first.

    Raises ValueError for a setting out of range, and as `Optimizer`.

    >>> import nn
    >>> p = nn.Parameter([1.0, 1.0])
    >>> optimizer = Rprop([p], lr=0.1)
    >>> (p * np.array([2.0, -5000.0])).sum().backward()
    >>> for _ in range(2):
    ...     optimizer.step()
    >>> p.data.round(6)  # 0.1, then 0.1·1.2
    array([0.78, 1.22])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize}
        )

    def check(self, group: Group) -> None:
        """No negative rate; one eta below 1 and one above; step sizes in order."""
        self.at_least_0(group, "lr")
        self.pair(group, "etas", "with 0 < first < 1 < second", lambda a, b: 0 < a < 1 < b)
        self.pair(group, "step_sizes", "in ascending order", lambda a, b: a <= b)

    def arrays(self, group: Group) -> dict[str, float | None]:
        """The gradient of the step before, and the step sizes."""
        return {"prev": 0.0, "step_size": float(group["lr"])}

    def update(self, p: Tensor, g: Any, group: Group) -> None:
        """One step of one parameter."""
        shorter, longer = map(float, group["etas"])
        least, most = map(float, group["step_sizes"])
        _, kept = self.recall(p, group)

        def body(x: Any, h: Any, before: Any, size: Any, s: Any) -> None:
            product = np.multiply(h, before, out=s)
            turned = product < 0
            np.multiply(size, longer, out=size, where=product > 0)
            np.multiply(size, shorter, out=size, where=turned)
            np.clip(size, least, most, out=size)
            before[...] = h
            np.copyto(before, 0, where=turned)
            x -= np.multiply(np.sign(before, out=s), size, out=s)

        self.sweep(body, p, g, group, kept, rooms=1)
