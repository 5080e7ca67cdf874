"""What all schedules share: the optimizer whose rates they set, and the epoch they are at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from nn.functional.checks import described, printable
from nn.optim.optimizer import Optimizer, is_number

__all__ = ["LRScheduler"]


class LRScheduler:
    """A schedule of learning rates, one for each of the optimizer's groups.

    A subclass says in `get_lr` what the rates of epoch ``last_epoch`` are. Making a schedule sets
    those of epoch 0; each `step` goes on to the next. The rates at the beginning stay in the
    groups as ``initial_lr``, from where ``last_epoch`` other than -1 takes them.

    Raises TypeError for what is no `Optimizer`, KeyError for a `last_epoch` without ``initial_lr``.

    >>> import nn
    >>> class Halves(LRScheduler):
    ...     def get_lr(self):
    ...         return [base / 2**self.last_epoch for base in self.base_lrs]
    >>> optimizer = nn.optim.SGD([nn.Parameter([1.0])], lr=0.8)
    >>> schedule = Halves(optimizer)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.4]
    """

    unsaved: tuple[str, ...] = ("optimizer", "initial")

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(self, optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: group {i} of the optimizer has no initial_lr for "
                    f"last_epoch={last_epoch}; load its state first, or leave last_epoch out."
                )
        self.optimizer = optimizer
        self.initial = False  # whether this is the step that making a schedule takes
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._last_lr: list[float] = []
        self._initial_step()

    def get_lr(self) -> list[float]:
        """The rates of epoch ``last_epoch``, one for each group; each subclass defines it."""
        raise NotImplementedError(
            f"{type(self).__name__}.get_lr: is not there yet; define it, as the rates of an epoch."
        )

    def get_last_lr(self) -> list[float]:
        """The rates that were set last, one for each group."""
        return list(self._last_lr)

    def step(self) -> None:
        """Go on to the next epoch and set its rates."""
        self.last_epoch += 1
        self._set(self.get_lr())

    def _set(self, rates: Iterable[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = lr
        self._last_lr = self._rates()

    def _rates(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def _initial_step(self) -> None:
        self.initial = True
        self.step()
        self.initial = False

    def rewind(self) -> None:
        """Back to before epoch 0; the rates stay as they are."""
        self.last_epoch = -1

    def restart(self) -> None:
        """Go to epoch 0, as if nothing had been before."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self.rewind()
        self._initial_step()

    # ------------------------------------------------------------------ saving and loading

    def _saved(self) -> Iterator[str]:
        return (name for name in self.__dict__ if name not in self.unsaved)

    def state_dict(self) -> dict[str, Any]:
        """A copy of all that the schedule is, except the optimizer and functions it was given."""
        return {name: deepcopy(self.__dict__[name]) for name in self._saved()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from where a schedule of the same kind was; load the optimizer's state, too.

        Everything is checked before anything is changed.

        Raises ValueError if `state` is not that of such a schedule, TypeError if it is no mapping.
        """
        self.check_state(state)
        self.__dict__.update(deepcopy(dict(state)))

    def check_state(self, state: Mapping[str, Any]) -> None:
        """Raise an error if that can't be a state of this schedule."""
        name = type(self).__name__
        if not isinstance(state, Mapping):
            raise TypeError(
                f"{name}.load_state_dict: received {described(state)}; give what state_dict() "
                "returned."
            )
        own = set(self._saved())
        wrong = sorted(map(str, own ^ state.keys())) or [
            name for name in own if kind(state[name]) != kind(self.__dict__[name])
        ]
        if wrong:
            raise ValueError(
                f"{name}.load_state_dict: {printable(', '.join(wrong))} of the state is missing, "
                "unexpected or of another kind, so nothing was changed; load what the same "
                "schedule saved."
            )


def kind(value: Any) -> Any:
    """What a value must have in common with the one it replaces."""
    if isinstance(value, (list, tuple)):
        return [kind(item) for item in value]
    return "a number" if is_number(value) or value is None else type(value)


def check_optimizer(schedule: Any, optimizer: Any) -> None:
    """Raise TypeError for what is none."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"{type(schedule).__name__}: received {described(optimizer)}, which is no optimizer; "
            "give one of nn.optim."
        )


def for_groups(schedule: Any, name: str, value: Any, optimizer: Optimizer) -> list[Any]:
    """A value for each group: of a list its items, else the same for all."""
    check_optimizer(schedule, optimizer)
    number = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * number
    if len(value) != number:
        raise ValueError(
            f"{type(schedule).__name__}: {name} has {len(value)} items for {number} groups of the "
            "optimizer; give one for each, or one for all."
        )
    return list(value)


def refuse(schedule: Any, name: str, rule: str, value: Any) -> ValueError:
    """The error for an argument out of range."""
    return ValueError(
        f"{type(schedule).__name__}: {name} must be {rule}; received {described(value)}."
    )


def number(schedule: Any, name: str, value: float) -> float:
    """That value, or ValueError unless it is a finite number."""
    if not is_number(value) or not np.isfinite(value):
        raise refuse(schedule, name, "a finite number", value)
    return value


def positive_integer(schedule: Any, name: str, value: Any) -> int:
    """That value, or ValueError."""
    if not is_number(value) or not np.isfinite(value) or value != int(value) or value < 1:
        raise refuse(schedule, name, "a positive integer", value)
    return int(value)
