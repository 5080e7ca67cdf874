"""Schedules that go up and down, with the momentum going down and up."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nn.optim.lr_scheduler.base import LRScheduler, for_groups, positive_integer, refuse
from nn.optim.optimizer import Group, Optimizer, is_number

__all__ = ["CyclicLR", "OneCycleLR"]


def start_momentum(
    schedule: Any, optimizer: Optimizer, base: Any, most: Any, last_epoch: int
) -> None:
    """Note the ends of the momentum's cycle in the groups, and begin with the larger one."""
    if not {"momentum", "betas"} & optimizer.defaults.keys():
        raise ValueError(
            f"{type(schedule).__name__}: {type(optimizer).__name__} has neither momentum nor betas "
            "to go up and down; pass cycle_momentum=False."
        )
    bases = for_groups(schedule, "base_momentum", base, optimizer)
    maxima = for_groups(schedule, "max_momentum", most, optimizer)
    if last_epoch == -1:
        for group, least, largest in zip(optimizer.param_groups, bases, maxima, strict=True):
            group.update(base_momentum=least, max_momentum=largest)
            set_momentum(group, largest)


def set_momentum(group: Group, value: float) -> None:
    """The momentum, or the first of the betas."""
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value


class CyclicLR(LRScheduler):
    r"""The rate goes from `base_lr` to `max_lr` and back on lines, again and again.

    .. math:: \eta_t = \eta_{\text{base}} + (\eta_{\max} - \eta_{\text{base}})\, h_t\, s

    with h from 0 to 1 in `step_size_up` steps and back to 0 in `step_size_down` (by default as
    many). In the c-th cycle s is 1 for `mode` "triangular" and :math:`2^{1 - c}` for
    "triangular2"; it is :math:`\gamma^t` for "exp_range", or ``scale_fn`` of c or t, as
    `scale_mode` says "cycle" or "iterations". The momentum (or the first of the betas) goes the
    other way, from `max_momentum` to `base_momentum` and back, unless `cycle_momentum` is False.
    Step after each batch. A `scale_fn` is not in the state.

    Raises ValueError for an unknown mode, sizes that are not above 0, a list that does not have
    one item for each group, or an optimizer without momentum; and as `LRScheduler`.

    >>> import nn
    >>> optimizer = nn.optim.SGD([nn.Parameter([1.0])], momentum=0.9)
    >>> schedule = CyclicLR(optimizer, base_lr=0.0, max_lr=1.0, step_size_up=4)
    >>> schedule.step()
    >>> schedule.get_last_lr(), round(optimizer.param_groups[0]["momentum"], 6)
    ([0.25], 0.875)
    """

    unsaved = (*LRScheduler.unsaved, "scale_fn")

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: float = 2000,
        step_size_down: float | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        base_lrs = for_groups(self, "base_lr", base_lr, optimizer)
        self.max_lrs = for_groups(self, "max_lr", max_lr, optimizer)
        down = step_size_up if step_size_down is None else step_size_down
        for name, size in (("step_size_up", step_size_up), ("step_size_down", down)):
            if not is_number(size) or not size > 0:
                raise refuse(self, name, "above 0", size)
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise refuse(self, "mode", "'triangular', 'triangular2' or 'exp_range'", mode)
        if scale_mode not in ("cycle", "iterations"):
            raise refuse(self, "scale_mode", "'cycle' or 'iterations'", scale_mode)
        self.total_size = step_size_up + down
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma = mode, gamma
        self.scale_fn, self.scale_mode = scale_fn, scale_mode
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            start_momentum(self, optimizer, base_momentum, max_momentum, last_epoch)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, base_lrs, strict=True):
                group["lr"] = lr
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def _scale(self, cycle: int) -> float:
        if self.scale_fn is not None:
            return self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.mode == "exp_range":
            return float(self.gamma**self.last_epoch)
        return 1 / 2.0 ** (cycle - 1) if self.mode == "triangular2" else 1.0

    def get_lr(self) -> list[float]:
        """The rates on the lines; sets the momentum, too."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        up = x <= self.step_ratio
        height = x / self.step_ratio if up else (x - 1) / (self.step_ratio - 1)
        scale = self._scale(cycle)
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                most = group["max_momentum"]
                set_momentum(group, most - (most - group["base_momentum"]) * height * scale)
        return [
            base + (most - base) * height * scale
            for base, most in zip(self.base_lrs, self.max_lrs, strict=True)
        ]


class OneCycleLR(LRScheduler):
    r"""The rate goes up once to `max_lr` and then far down, over the whole training.

    From ``max_lr / div_factor`` up in the part `pct_start` of all steps, then down to the
    `final_div_factor`-th part of where it began; with `three_phase` first down to where it began
    in as many steps as up. `anneal_strategy` is "cos" (half a cosine) or "linear". The momentum
    (or the first of the betas) goes the other way, from `max_momentum` to `base_momentum` and
    back, unless `cycle_momentum` is False. Step after each batch; there are `total_steps`, or
    ``epochs * steps_per_epoch``.

    Raises ValueError for a number or part of steps or a strategy that can't be, an optimizer
    without momentum, or a step after the last one; and as `LRScheduler`.

    >>> import nn
    >>> optimizer = nn.optim.SGD([nn.Parameter([1.0])], momentum=0.9)
    >>> schedule = OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> for _ in range(2):
    ...     schedule.step()
    >>> schedule.get_last_lr(), optimizer.param_groups[0]["momentum"]
    ([1.0], 0.85)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        max_lrs = for_groups(self, "max_lr", max_lr, optimizer)
        if total_steps is not None:
            self.total_steps = positive_integer(self, "total_steps", total_steps)
        elif epochs is not None and steps_per_epoch is not None:
            self.total_steps = positive_integer(self, "epochs", epochs) * positive_integer(
                self, "steps_per_epoch", steps_per_epoch
            )
        else:
            raise ValueError(
                "OneCycleLR: the number of steps is not known; give total_steps, or epochs and "
                "steps_per_epoch."
            )
        if not is_number(pct_start) or not 0 <= pct_start <= 1:
            raise refuse(self, "pct_start", "from 0 to 1", pct_start)
        if anneal_strategy not in ("cos", "linear"):
            raise refuse(self, "anneal_strategy", "'cos' or 'linear'", anneal_strategy)
        self.anneal_strategy = anneal_strategy
        up, end = pct_start * self.total_steps - 1, self.total_steps - 1
        # Of each phase: its last step, and from where to where rate and momentum go.
        rise: list[Any] = [up, "initial_lr", "max_lr", "max_momentum", "base_momentum"]
        if three_phase:
            middle = 2 * pct_start * self.total_steps - 2
            self.phases = [
                rise,
                [middle, "max_lr", "initial_lr", "base_momentum", "max_momentum"],
                [end, "initial_lr", "min_lr", "max_momentum", "max_momentum"],
            ]
        else:
            self.phases = [rise, [end, "max_lr", "min_lr", "base_momentum", "max_momentum"]]
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            start_momentum(self, optimizer, base_momentum, max_momentum, last_epoch)
        if last_epoch == -1:
            for group, most in zip(optimizer.param_groups, max_lrs, strict=True):
                first = most / div_factor
                group.update(initial_lr=first, max_lr=most, min_lr=first / final_div_factor)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates of this step; sets the momentum, too."""
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"OneCycleLR: is over after {self.total_steps} steps; make it with more of them."
            )
        begin = 0.0
        for phase in self.phases:
            if self.last_epoch <= phase[0]:
                break
            begin = begin if phase is self.phases[-1] else phase[0]
        end, *names = phase
        part = (self.last_epoch - begin) / (end - begin)
        rates = []
        for group in self.optimizer.param_groups:
            if self.cycle_momentum:
                set_momentum(group, self._between(group[names[2]], group[names[3]], part))
            rates.append(self._between(group[names[0]], group[names[1]], part))
        return rates

    def _between(self, start: float, end: float, part: float) -> float:
        if self.anneal_strategy == "linear":
            return (end - start) * part + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)
