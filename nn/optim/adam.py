"""Adam and its family: a mean of the gradients, divided by a measure of their size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from autograd import Tensor
from nn.optim.optimizer import Group, Optimizer, State

__all__ = ["Adam", "AdamW", "Adamax", "NAdam", "RAdam"]

Betas = tuple[float, float]


class _Moments(Optimizer):
    """What the family shares; a subclass defines `scales` and `move`."""

    def check(self, group: Group) -> None:
        """No negative setting; two betas from 0 to below 1."""
        names = ("lr", "eps", "weight_decay", "momentum_decay")
        self.at_least_0(group, *(name for name in names if name in group))
        self.pair(group, "betas", "from 0 to below 1", lambda a, b: 0 <= a < 1 and 0 <= b < 1)

    def arrays(self, group: Group) -> dict[str, float | None]:
        """The decaying means of the gradients and of their squares."""
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    def update(self, p: Tensor, g: Any, group: Group) -> None:
        """One step of one parameter."""
        state, kept = self.recall(p, group)
        scales = self.scales(state, group, float(group["lr"]), *map(float, group["betas"]))

        def body(x: Any, h: Any, *rest: Any) -> None:
            *means, r, s = rest
            x -= self.move(h, means, r, s, group, scales)

        self.sweep(body, p, g, group, kept, rooms=2)

    def scales(self, state: State, group: Group, lr: float, beta1: float, beta2: float) -> Any:
        """The numbers of a step that are the same for all elements."""
        raise NotImplementedError

    def move(self, g: Any, means: Any, r: Any, s: Any, group: Group, scales: Any) -> Any:
        """Renew the means by `g`; what is to be subtracted then. There is room in `r` and `s`."""
        raise NotImplementedError

    def renew(self, g: Any, m: Any, v: Any, s: Any, group: Group) -> None:
        r""":math:`m \leftarrow \beta_1 m + (1 - \beta_1) g`, and v the same of the squares."""
        beta1, beta2 = map(float, group["betas"])
        m += np.multiply(np.subtract(g, m, out=s), 1 - beta1, out=s)
        if v is not None:
            v *= beta2
            v += np.multiply(np.square(g, out=s), 1 - beta2, out=s)


class Adam(_Moments):
    r"""Steps of a size that the scale of the gradients doesn't change, as PyTorch computes them.

    .. math::
        g &\leftarrow g + \lambda\, p \\
        m &\leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad
        v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2 \\
        p &\leftarrow p - \eta\,
        \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \varepsilon}

    in step t, with learning rate η `lr` and weight decay λ; `decoupled_weight_decay` shrinks p by
    :math:`1 - \eta\lambda` instead of the first line, `amsgrad` takes the largest v so far,
    `maximize` changes the sign of the gradient first.

    Raises ValueError for a setting out of range, and as `Optimizer`.

    >>> import nn
    >>> p = nn.Parameter([1.0, 1.0])
    >>> optimizer = Adam([p], lr=0.1)
    >>> (p * np.array([2.0, -5000.0])).sum().backward()
    >>> optimizer.step()
    >>> p.data.round(6)
    array([0.9, 1.1])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )

    def arrays(self, group: Group) -> dict[str, float | None]:
        """Both means, and with amsgrad the largest of the second."""
        return super().arrays(group) | {"max_exp_avg_sq": 0.0 if group["amsgrad"] else None}

    def scales(self, state: State, group: Group, lr: float, beta1: float, beta2: float) -> Any:
        """Rate and epsilon with the corrections for means that started from 0."""
        t = state["step"]
        correction = (1 - beta2**t) ** 0.5
        return lr * correction / (1 - beta1**t), float(group["eps"]) * correction

    def move(self, g: Any, means: Any, r: Any, s: Any, group: Group, scales: Any) -> Any:
        """The mean over the root."""
        rate, eps = scales
        m, v, *largest = means
        self.renew(g, m, v, s, group)
        for most in largest:
            v = np.maximum(most, v, out=most)
        root = np.sqrt(v, out=s)
        root += eps
        return np.multiply(np.divide(m, root, out=s), rate, out=s)


class AdamW(Adam):
    r"""`Adam` with decoupled weight decay: :math:`p \leftarrow (1 - \eta\lambda)\, p` first.

    Raises ValueError for a setting out of range, and as `Optimizer`.

    >>> import nn
    >>> p = nn.Parameter([1.0])
    >>> optimizer = AdamW([p], lr=0.1, weight_decay=0.5)
    >>> (p * 2).sum().backward()
    >>> optimizer.step()
    >>> p.data.round(6)  # 0.95 - 0.1
    array([0.85])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
        )


class Adamax(_Moments):
    r"""Adam with the largest decaying gradient in place of the root of the mean square.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad
        u \leftarrow \max(\beta_2 u,\; |g| + \varepsilon) \\
        p &\leftarrow p - \frac{\eta}{1 - \beta_1^t}\, \frac{m}{u}

    with g, η, λ and `maximize` as in `Adam`.

    Raises ValueError for a setting out of range, and as `Optimizer`.

    >>> import nn
    >>> p = nn.Parameter([1.0, 1.0])
    >>> optimizer = Adamax([p], lr=0.1)
    >>> (p * np.array([2.0, -5000.0])).sum().backward()
    >>> optimizer.step()
    >>> p.data.round(6)
    array([0.9, 1.1])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "maximize": maximize,
            },
        )

    def arrays(self, group: Group) -> dict[str, float | None]:
        """The mean of the gradients and the largest of them."""
        return {"exp_avg": 0.0, "exp_inf": 0.0}

    def scales(self, state: State, group: Group, lr: float, beta1: float, beta2: float) -> Any:
        """The corrected rate."""
        return lr / (1 - beta1 ** state["step"]), beta2

    def move(self, g: Any, means: Any, r: Any, s: Any, group: Group, scales: Any) -> Any:
        """The mean over the largest."""
        rate, beta2 = scales
        m, u = means
        self.renew(g, m, None, s, group)
        u *= beta2
        size = np.abs(g, out=s)
        size += float(group["eps"])
        np.maximum(u, size, out=u)
        return np.multiply(np.divide(m, u, out=s), rate, out=s)


class NAdam(_Moments):
    r"""Adam with Nesterov's momentum, which grows during the first steps.

    .. math::
        \mu_t &= \beta_1 (1 - \tfrac12\, 0.96^{t \psi}), \qquad M_t = \mu_1 \cdots \mu_t \\
        p &\leftarrow p - \eta\, \frac{(1 - \mu_t)\, g / (1 - M_t) + \mu_{t+1}\, m / (1 - M_{t+1})}
        {\sqrt{v / (1 - \beta_2^t)} + \varepsilon}

    with g, m, v and the settings of `Adam`, and ψ `momentum_decay`.

    Raises ValueError for a setting out of range, and as `Optimizer`.

    >>> import nn
    >>> p = nn.Parameter([1.0])
    >>> optimizer = NAdam([p], lr=0.1)
    >>> (p * 2).sum().backward()
    >>> optimizer.step()
    >>> p.data.round(4)
    array([0.8944])
    """

    numbers: ClassVar[dict[str, float]] = {"step": 0, "mu_product": 1.0}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum_decay": momentum_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
            },
        )

    def scales(self, state: State, group: Group, lr: float, beta1: float, beta2: float) -> Any:
        """The weights of the gradient and of the mean, and the correction of the square."""
        t = state["step"]
        now, following = (
            beta1 * (1 - 0.5 * 0.96 ** (k * float(group["momentum_decay"]))) for k in (t, t + 1)
        )
        product = state["mu_product"] = state["mu_product"] * now
        return (
            lr * (1 - now) / (1 - product),
            lr * following / (1 - product * following),
            1 - beta2**t,
        )

    def move(self, g: Any, means: Any, r: Any, s: Any, group: Group, scales: Any) -> Any:
        """The gradient and the mean, each with its weight, over the corrected root."""
        of_gradient, of_mean, correction = scales
        m, v = means
        self.renew(g, m, v, s, group)
        step = np.multiply(g, of_gradient, out=r)
        step += np.multiply(m, of_mean, out=s)
        root = np.sqrt(np.divide(v, correction, out=s), out=s)
        root += float(group["eps"])
        step /= root
        return step


class RAdam(_Moments):
    r"""Adam that waits with the division until the mean of the squares can be trusted.

    .. math::
        \rho_\infty &= \frac{2}{1 - \beta_2} - 1, \qquad
        \rho_t = \rho_\infty - \frac{2 t \beta_2^t}{1 - \beta_2^t} \\
        p &\leftarrow p - \eta\, \frac{m}{1 - \beta_1^t} \cdot
        \begin{cases} \sqrt{\frac{(\rho_t - 4)(\rho_t - 2)\, \rho_\infty}
        {(\rho_\infty - 4)(\rho_\infty - 2)\, \rho_t}}\;
        \frac{\sqrt{1 - \beta_2^t}}{\sqrt v + \varepsilon} & \rho_t > 5 \\ 1 \end{cases}

    with g, m, v and the settings of `Adam`.

    Raises ValueError for a setting out of range, and as `Optimizer`.

    >>> import nn
    >>> p = nn.Parameter([1.0])
    >>> optimizer = RAdam([p], lr=0.1)
    >>> (p * 2).sum().backward()
    >>> optimizer.step()
    >>> p.data.round(6)
    array([0.8])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
            },
        )

    def scales(self, state: State, group: Group, lr: float, beta1: float, beta2: float) -> Any:
        """The rate, and whether the root divides."""
        t = state["step"]
        correction = 1 - beta2**t
        limit = 2 / (1 - beta2) - 1
        length = limit - 2 * t * beta2**t / correction
        rate = lr / (1 - beta1**t)
        if length <= 5:
            return rate, False
        trust = (length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)
        return rate * (trust * correction) ** 0.5, True

    def move(self, g: Any, means: Any, r: Any, s: Any, group: Group, scales: Any) -> Any:
        """The mean, over the root or not."""
        rate, divides = scales
        m, v = means
        self.renew(g, m, v, s, group)
        if not divides:
            return np.multiply(m, rate, out=s)
        root = np.sqrt(v, out=s)
        root += float(group["eps"])
        return np.multiply(np.divide(m, root, out=s), rate, out=s)
