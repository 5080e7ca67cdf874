"""Schedules made of schedules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from nn.functional.checks import described
from nn.optim.lr_scheduler.base import LRScheduler, check_optimizer
from nn.optim.lr_scheduler.plateau import ReduceLROnPlateau
from nn.optim.optimizer import Optimizer

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Composed(LRScheduler):
    """Several schedules of one optimizer."""

    unsaved = (*LRScheduler.unsaved, "schedulers")

    def _take(self, schedulers: Sequence[LRScheduler], optimizer: Any) -> None:
        name = type(self).__name__
        self.schedulers = list(schedulers)
        if not self.schedulers:
            raise ValueError(f"{name}: received no schedules; give at least one.")
        for i, schedule in enumerate(self.schedulers):
            if not isinstance(schedule, LRScheduler) or isinstance(schedule, ReduceLROnPlateau):
                raise (ValueError if isinstance(schedule, LRScheduler) else TypeError)(
                    f"{name}: schedule {i} is {described(schedule)}, which can't be one of "
                    "several; give schedules whose step() needs no metric."
                )
        self.optimizer = self.schedulers[0].optimizer if optimizer is None else optimizer
        check_optimizer(self, self.optimizer)
        if any(schedule.optimizer is not self.optimizer for schedule in self.schedulers):
            raise ValueError(
                f"{name}: received schedules of several optimizers; give those of one."
            )
        self.initial = False

    def rewind(self) -> None:
        """All schedules back to before epoch 0."""
        self.last_epoch = -1
        for schedule in self.schedulers:
            schedule.rewind()

    def state_dict(self) -> dict[str, Any]:
        """A copy of the states of all schedules and of what is known beside them."""
        states = [schedule.state_dict() for schedule in self.schedulers]
        return super().state_dict() | {"schedulers": states}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from where schedules of the same kinds were."""
        self.check_state(state)
        own = dict(state)
        for schedule, its in zip(self.schedulers, own.pop("schedulers"), strict=True):
            schedule.load_state_dict(its)
        self.__dict__.update(deepcopy(own))

    def check_state(self, state: Mapping[str, Any]) -> None:
        """Raise an error if that can't be a state of these schedules."""
        own = dict(state) if isinstance(state, Mapping) else state
        states = own.pop("schedulers", None) if isinstance(own, dict) else None
        super().check_state(own)
        if not isinstance(states, list) or len(states) != len(self.schedulers):
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: the state has no list of "
                f"{len(self.schedulers)} under 'schedulers', so nothing was changed; load what the "
                "same schedule saved."
            )
        for schedule, its in zip(self.schedulers, states, strict=True):
            schedule.check_state(its)


class SequentialLR(_Composed):
    r"""One schedule after the other: the next begins at each of the epochs `milestones`.

    Raises ValueError unless there is one milestone less than schedules, all of this optimizer,
    and in ascending order; and as `LRScheduler`.

    >>> import nn
    >>> optimizer = nn.optim.SGD([nn.Parameter([1.0])], lr=1.0)
    >>> warm = nn.optim.lr_scheduler.ConstantLR(optimizer, 0.1, total_iters=2)
    >>> then = nn.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> schedule = SequentialLR(optimizer, [warm, then], milestones=[2])
    >>> for _ in range(4):
    ...     print(schedule.get_last_lr())
    ...     schedule.step()
    [0.1]
    [0.1]
    [1.0]
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        self._take(schedulers, optimizer)
        self.milestones = list(milestones)
        if len(self.milestones) != len(self.schedulers) - 1 or self.milestones != sorted(
            self.milestones
        ):
            raise ValueError(
                f"SequentialLR: received {len(self.schedulers)} schedules and the milestones "
                f"{self.milestones}; give one less than schedules, in ascending order."
            )
        self._last_lr = []
        self.restart()
        self.last_epoch = last_epoch + 1

    def step(self) -> None:
        """Go on to the next epoch, with the schedule whose turn it is."""
        self.last_epoch += 1
        i = bisect_right(self.milestones, self.last_epoch)
        schedule = self.schedulers[i]
        if self.initial:
            schedule._initial_step()
        elif i and self.last_epoch == self.milestones[i - 1]:
            schedule.restart()
        else:
            schedule.step()
        self._last_lr = schedule.get_last_lr()


class ChainedScheduler(_Composed):
    r"""Several schedules at once: each changes the rates that the one before it has set.

    Raises ValueError for no schedules or those of different optimizers, and as `LRScheduler`.

    >>> import nn
    >>> optimizer = nn.optim.SGD([nn.Parameter([1.0])], lr=1.0)
    >>> warm = nn.optim.lr_scheduler.ConstantLR(optimizer, 0.1, total_iters=2)
    >>> decay = nn.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> schedule = ChainedScheduler([warm, decay])
    >>> for _ in range(2):
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.25]
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        self._take(schedulers, optimizer)
        self._last_lr = self._rates()

    def step(self) -> None:
        """Go on to the next epoch with each of them."""
        for schedule in self.schedulers:
            schedule._initial_step() if self.initial else schedule.step()
        self._last_lr = self._rates()

    def rewind(self) -> None:
        """All schedules back to before epoch 0."""
        for schedule in self.schedulers:
            schedule.rewind()
