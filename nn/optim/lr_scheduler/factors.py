"""Schedules that multiply the rate of the epoch before by a factor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from nn.functional.checks import described
from nn.optim.lr_scheduler.base import LRScheduler, for_groups, number, positive_integer, refuse
from nn.optim.optimizer import Optimizer, is_number

__all__ = [
    "ConstantLR",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "PolynomialLR",
    "StepLR",
]

Factors = Callable[[int], float] | Sequence[Callable[[int], float]]


class _FactorLR(LRScheduler):
    """The rate before times `factor`: so a rate that was changed by hand stays changed."""

    def get_lr(self) -> list[float]:
        """The rates before, times the factor."""
        factor = self.factor()
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def factor(self) -> float:
        """What the step to epoch ``last_epoch`` multiplies by; each subclass defines it."""
        raise NotImplementedError


class StepLR(_FactorLR):
    r"""The rate times γ after each `step_size` epochs.

    .. math:: \eta_t = \eta_0\, \gamma^{\lfloor t / \text{step\_size} \rfloor}

    Raises ValueError if `step_size` is no positive integer, and as `LRScheduler`.

    >>> import nn
    >>> schedule = StepLR(nn.optim.SGD([nn.Parameter([1.0])], lr=1.0), step_size=2, gamma=0.5)
    >>> for _ in range(4):
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.25]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = positive_integer(self, "step_size", step_size)
        self.gamma = number(self, "gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def factor(self) -> float:
        """γ where a period begins."""
        return self.gamma if self.last_epoch and self.last_epoch % self.step_size == 0 else 1.0


class MultiStepLR(_FactorLR):
    r"""The rate times γ at each of the epochs `milestones`.

    .. math:: \eta_t = \eta_0\, \gamma^{\#\{m \le t\}}

    Raises as `LRScheduler`.

    >>> import nn
    >>> schedule = MultiStepLR(nn.optim.SGD([nn.Parameter([1.0])], lr=1.0), [1, 3], gamma=0.5)
    >>> for _ in range(3):
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        if not np.iterable(milestones) or not all(map(is_number, milestones)):
            raise refuse(self, "milestones", "a list of epochs", milestones)
        self.milestones = sorted(milestones)
        self.gamma = number(self, "gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def factor(self) -> float:
        """γ at a milestone; several times if that was given several times."""
        return self.gamma ** self.milestones.count(self.last_epoch)


class ConstantLR(_FactorLR):
    r"""The rate times `factor` until epoch `total_iters`.

    Raises ValueError if `factor` is not above 0 and at most 1, and as `LRScheduler`.

    >>> import nn
    >>> schedule = ConstantLR(nn.optim.SGD([nn.Parameter([1.0])], lr=1.0), 0.5, total_iters=2)
    >>> for _ in range(2):
    ...     print(schedule.get_last_lr())
    ...     schedule.step()
    [0.5]
    [0.5]
    >>> schedule.get_last_lr()
    [1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < factor <= 1:  # of 0 there is no way back
            raise refuse(self, "factor", "above 0 and at most 1", factor)
        self.start_factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self) -> float:
        """The factor at the beginning, its inverse at the end."""
        if self.last_epoch == 0:
            return self.start_factor
        return 1 / self.start_factor if self.last_epoch == self.total_iters else 1.0


class LinearLR(_FactorLR):
    r"""A factor that goes from `start_factor` to `end_factor` on a line, in `total_iters` epochs.

    .. math:: \eta_t = \eta_0 \Bigl(a + (b - a) \min\bigl(1, \tfrac{t}{T}\bigr)\Bigr)

    Raises ValueError if `start_factor` is not above 0 and at most 1 or `end_factor` not from 0
    to 1, and as `LRScheduler`.

    >>> import nn
    >>> schedule = LinearLR(nn.optim.SGD([nn.Parameter([1.0])], lr=1.0), 0.5, total_iters=2)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.75]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise refuse(self, "start_factor", "above 0 and at most 1", start_factor)
        if not 0 <= end_factor <= 1:
            raise refuse(self, "end_factor", "from 0 to 1", end_factor)
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self) -> float:
        """The value on the line over that of the epoch before."""
        if self.last_epoch == 0:
            return self.start_factor
        if self.initial or self.last_epoch > self.total_iters:
            return 1.0
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return 1.0 + rise / before


class ExponentialLR(_FactorLR):
    r"""The rate times γ in each epoch.

    .. math:: \eta_t = \eta_0\, \gamma^t

    Raises as `LRScheduler`.

    >>> import nn
    >>> schedule = ExponentialLR(nn.optim.SGD([nn.Parameter([1.0])], lr=1.0), gamma=0.5)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def factor(self) -> float:
        """γ, but not at the beginning."""
        return 1.0 if self.initial else self.gamma


class PolynomialLR(_FactorLR):
    r"""The rate goes to 0 in `total_iters` epochs.

    .. math:: \eta_t = \eta_0 \bigl(1 - \min(1, \tfrac{t}{T})\bigr)^{\text{power}}

    Raises as `LRScheduler`.

    >>> import nn
    >>> schedule = PolynomialLR(nn.optim.SGD([nn.Parameter([1.0])], lr=1.0), 2, power=2.0)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.25]
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def factor(self) -> float:
        """The polynomial over its value in the epoch before."""
        if self.initial or self.last_epoch > self.total_iters:
            return 1.0
        before = 1.0 - (self.last_epoch - 1) / self.total_iters
        return float(((1.0 - self.last_epoch / self.total_iters) / before) ** self.power)


class _FunctionLR(LRScheduler):
    """Schedules by a function of the epoch, or one for each group."""

    unsaved = (*LRScheduler.unsaved, "lr_lambdas")

    def __init__(self, optimizer: Optimizer, lr_lambda: Factors, last_epoch: int = -1) -> None:
        self.lr_lambdas = for_groups(self, "lr_lambda", lr_lambda, optimizer)
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(
                    f"{type(self).__name__}: lr_lambda must be a function of the epoch, or a list "
                    f"of such; received {described(function)}."
                )
        super().__init__(optimizer, last_epoch)

    def _factors(self) -> list[Any]:
        return [function(self.last_epoch) for function in self.lr_lambdas]


class LambdaLR(_FunctionLR):
    r"""The initial rate times a function of the epoch, or one for each group.

    .. math:: \eta_t = \eta_0\, f(t)

    The functions are not in the state.

    Raises ValueError for a list that does not have one for each group, TypeError for what is no
    function, and as `LRScheduler`.

    >>> import nn
    >>> schedule = LambdaLR(nn.optim.SGD([nn.Parameter([1.0])], lr=1.0), lambda t: 1 / (1 + t))
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list[float]:
        """The initial rates, times the functions."""
        return [base * f for base, f in zip(self.base_lrs, self._factors(), strict=True)]


class MultiplicativeLR(_FunctionLR):
    r"""The rate of the epoch before times a function of the epoch, or one for each group.

    .. math:: \eta_t = \eta_{t-1}\, f(t)

    The functions are not in the state.

    Raises ValueError for a list that does not have one for each group, TypeError for what is no
    function, and as `LRScheduler`.

    >>> import nn
    >>> schedule = MultiplicativeLR(nn.optim.SGD([nn.Parameter([1.0])], lr=1.0), lambda t: 0.5)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list[float]:
        """The rates before, times the functions."""
        if self.initial:
            return self._rates()
        return [lr * f for lr, f in zip(self._rates(), self._factors(), strict=True)]

    def restart(self) -> None:
        """Go on from the rates as they are: as in PyTorch, they are no function of the epoch."""
        self.rewind()
        self.step()
