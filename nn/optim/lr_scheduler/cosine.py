"""Schedules that fall along a cosine."""

from __future__ import annotations

import math
from typing import Any

from nn.optim.lr_scheduler.base import LRScheduler, number, positive_integer, refuse
from nn.optim.optimizer import Optimizer, is_number

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class CosineAnnealingLR(LRScheduler):
    r"""The rate falls to `eta_min` along half a cosine, in `T_max` epochs, and rises again.

    .. math:: \eta_t = \eta_{\min} + \tfrac12 (\eta_0 - \eta_{\min}) (1 + \cos(\pi t / T_{\max}))

    From one epoch to the next as a ratio, so a rate that was changed by hand stays changed.

    Raises ValueError if `T_max` is no positive integer, and as `LRScheduler`.

    >>> import nn
    >>> schedule = CosineAnnealingLR(nn.optim.SGD([nn.Parameter([1.0])], lr=1.0), T_max=2)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max = positive_integer(self, "T_max", T_max)
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """What is above the least, by the ratio of two values of the cosine."""
        least, rates = self.eta_min, self._rates()
        if self.initial:
            return rates
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # up from the very bottom
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [lr + (base - least) * rise for base, lr in zip(self.base_lrs, rates)]
        now, before = (
            1 + math.cos(math.pi * t / self.T_max) for t in (self.last_epoch, self.last_epoch - 1)
        )
        return [now / before * (lr - least) + least for lr in rates]


class CosineAnnealingWarmRestarts(LRScheduler):
    r"""The rate falls to `eta_min` along half a cosine, and starts anew.

    .. math:: \eta_t = \eta_{\min} + \tfrac12 (\eta_0 - \eta_{\min}) (1 + \cos(\pi T_{cur} / T_i))

    The first fall takes :math:`T_0` epochs, each next one `T_mult` times the one before.

    Raises ValueError if `T_0` or `T_mult` is no positive integer or `eta_min` no number, and as
    `LRScheduler`.

    >>> import nn
    >>> optimizer = nn.optim.SGD([nn.Parameter([1.0])], lr=1.0)
    >>> schedule = CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> for _ in range(2):
    ...     schedule.step()
    ...     print(schedule.get_last_lr())
    [0.5]
    [1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.T_0 = self.T_i = positive_integer(self, "T_0", T_0)
        self.T_mult = positive_integer(self, "T_mult", T_mult)
        self.eta_min = number(self, "eta_min", eta_min)
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The cosine of the part of this fall that is over."""
        part = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * part for base in self.base_lrs]

    def step(self, epoch: Any = None) -> None:
        """Go on to the next epoch, or to `epoch`, which may be a fraction, and set its rates."""
        if epoch is None:
            self.T_cur += 1
            epoch = self.last_epoch + 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        elif not is_number(epoch) or not epoch >= 0:
            raise refuse(self, "epoch", "at least 0", epoch)
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:  # all falls so far took T_0 (1 + T_mult + ...), a geometric sum
            falls = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            length = self.T_mult**falls
            self.T_cur = epoch - self.T_0 * (length - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * length
        self.last_epoch = math.floor(epoch)
        self._set(self.get_lr())

    def rewind(self) -> None:
        """Back to before epoch 0; the rates stay as they are."""
        self.last_epoch, self.T_cur, self.T_i = -1, -1, self.T_0
