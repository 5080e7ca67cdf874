"""A schedule by what is measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nn.optim.lr_scheduler.base import LRScheduler, check_optimizer, for_groups, refuse
from nn.optim.optimizer import Optimizer, is_number

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    r"""The rate times `factor` when a metric was not better for more than `patience` epochs.

    Better is below the best times 1 − `threshold` (`mode` "min", `threshold_mode` "rel"), above
    the best times 1 + `threshold` ("max"), or by `threshold` itself ("abs"). After a reduction,
    `cooldown` epochs are not counted. No rate falls below `min_lr` (one, or one for each group),
    or by less than `eps`.

    Raises ValueError for a factor that is not below 1, an unknown mode, or a list that does not
    have one item for each group; TypeError for what is no `Optimizer`.

    >>> import nn
    >>> optimizer = nn.optim.SGD([nn.Parameter([1.0])], lr=1.0)
    >>> schedule = ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        check_optimizer(self, optimizer)
        if not is_number(factor) or not factor < 1:
            raise refuse(self, "factor", "below 1", factor)
        self._check_modes(mode, threshold_mode)
        self.min_lrs = for_groups(self, "min_lr", min_lr, optimizer)
        self.optimizer = optimizer
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode
        self.factor, self.patience, self.cooldown, self.eps = factor, patience, cooldown, eps
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = self.num_bad_epochs = self.last_epoch = 0
        self._last_lr = self._rates()

    def _check_modes(self, mode: Any, threshold_mode: Any) -> None:
        if mode not in ("min", "max"):
            raise refuse(self, "mode", "'min' or 'max'", mode)
        if threshold_mode not in ("rel", "abs"):
            raise refuse(self, "threshold_mode", "'rel' or 'abs'", threshold_mode)

    def check_state(self, state: Mapping[str, Any]) -> None:
        """Raise an error if that can't be a state of this schedule."""
        super().check_state(state)
        self._check_modes(state["mode"], state["threshold_mode"])

    def is_better(self, value: float) -> bool:
        """Whether that is clearly better than the best."""
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            limit = self.best * (1.0 + sign * self.threshold)
        else:
            limit = self.best + sign * self.threshold
        return value < limit if self.mode == "min" else value > limit

    def step(self, metrics: Any = None) -> None:
        """Go on to the next epoch, after which `metrics` was measured."""
        if metrics is None:
            raise TypeError(
                "ReduceLROnPlateau.step: received no value that was measured; give step(loss)."
            )
        value = float(metrics.item() if hasattr(metrics, "item") else metrics)
        self.last_epoch += 1
        if self.is_better(value):
            self.best = value
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
            groups = self.optimizer.param_groups
            for group, least in zip(groups, self.min_lrs, strict=True):
                lr = max(group["lr"] * self.factor, least)
                if group["lr"] - lr > self.eps:
                    group["lr"] = lr
        self._last_lr = self._rates()
