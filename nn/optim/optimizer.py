"""What all optimizers share: which parameters, and with which settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np

from autograd import Tensor

__all__ = ["Optimizer"]

Group = dict[str, Any]


class Optimizer:
    """The parameters in groups, each with its settings; a subclass defines `update`.

    ``param_groups`` is a list of dicts: ``params`` and the settings, which may be changed at any
    time (``optimizer.param_groups[0]["lr"] = 0.01``). ``state`` holds, for each parameter, what
    the optimizer remembers.

    Parameters
    ----------
    params
        Leaf Tensors (``model.parameters()``), or dicts of ``params`` and settings that differ
        from the defaults.
    defaults
        The settings of the subclass with their values.

    Raises ValueError for no parameters, one that is given twice, one that is no leaf, or a
    setting out of range; TypeError for what is no Tensor or no setting.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, (Tensor, dict)) or not hasattr(params, "__iter__"):
            raise TypeError(
                f"{self._name}: received a {type(params).__name__} as params; give an iterable "
                "such as model.parameters(), or a list of it."
            )
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, Any] = {}
        self._room = np.empty(0, np.uint8)
        given = list(params)
        if not given:
            raise ValueError(f"{self._name}: received no parameters; give model.parameters().")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    @property
    def _name(self) -> str:
        return type(self).__name__

    def add_param_group(self, group: Group) -> None:
        """Add parameters: a dict of ``params`` and the settings that differ from the defaults."""
        if not isinstance(group, dict) or "params" not in group:
            raise TypeError(f"{self._name}: a group must be a dict with the key 'params'.")
        params = group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        known = {p for other in self.param_groups for p in other["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{self._name}: a {type(p).__name__} is no Tensor to be optimized.")
            if not p.is_leaf:
                raise ValueError(
                    f"{self._name}: a Tensor of shape {p.shape} is the result of an operation; "
                    "only leaves can be changed, so give what it was computed from."
                )
            if p in known:
                raise ValueError(
                    f"{self._name}: a parameter of shape {p.shape} is given twice; it would be "
                    "updated twice, so give it once."
                )
            known.add(p)
        for setting in group:
            if setting != "params" and setting not in self.defaults:
                raise TypeError(
                    f"{self._name}: has no setting {setting!r}; it has {', '.join(self.defaults)}."
                )
        settings = {**self.defaults, **group, "params": params}
        self.check(settings)
        self.param_groups.append(settings)

    def check(self, group: Group) -> None:
        """Raise ValueError if a setting of `group` is out of range."""
        raise NotImplementedError(f"{self._name}: define check(self, group).")

    def update(self, p: Tensor, g: Any, group: Group) -> None:
        """Change `p` in place by its gradient `g`, an array of the same shape and dtype."""
        raise NotImplementedError(f"{self._name}: define update(self, p, g, group).")

    def room(self, like: Any) -> Any:
        """An array of that shape, dtype and layout for an intermediate result, until the next call.

        Always the same memory: a fresh array of a megabyte costs as much as the arithmetic in it.
        """
        if self._room.nbytes < like.nbytes:
            self._room = np.empty(like.nbytes, np.uint8)
        order: Literal["F", "C"] = "F" if like.flags.f_contiguous else "C"
        return np.ndarray(like.shape, like.dtype, self._room, order=order)

    def step(self) -> None:
        """Change each parameter that has a gradient."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.update(p, p.grad.data, group)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters: their ``.grad`` is None again."""
        for group in self.param_groups:
            for p in group["params"]:
                p.zero_grad()

    def __repr__(self) -> str:
        groups = [
            ", ".join(f"{k}={v}" for k, v in group.items() if k != "params")
            + f": {len(group['params'])} parameters"
            for group in self.param_groups
        ]
        return f"{self._name}({'; '.join(groups)})"
