"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Iterator
from operator import index as as_index
from typing import Any, Self, overload

from nn.module import Module

__all__ = ["Sequential"]


class Sequential(Module):
    r"""Modules one after the other: :math:`z = f_n(\dots f_2(f_1(x)))`.

    Give the modules, or one dict of names and modules. An index gives a module, a slice a
    Sequential that shares them.

    Raises TypeError for what is no Module, IndexError for an index out of range.

    >>> import nn
    >>> model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    >>> model
    Sequential(
      (0): Linear(in_features=3, out_features=2, bias=True)
      (1): ReLU()
    )
    >>> len(model), model[-1]
    (2, ReLU())
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        named: dict[str, Any]
        if len(modules) == 1 and isinstance(modules[0], dict):
            named = modules[0]
        else:
            named = {str(k): module for k, module in enumerate(modules)}
        for name, module in named.items():
            self._add(name, module)

    def _add(self, name: str, module: Any) -> None:
        if not isinstance(module, Module):
            hint = ", it is a class: call it" if isinstance(module, type) else ""
            raise TypeError(
                f"Sequential: {module!r} is no Module{hint}; give instances such as nn.ReLU()."
            )
        if not name or "." in name or hasattr(type(self), name) or name in self.__dict__:
            raise KeyError(
                f"Sequential: {name!r} is no name for a module or is taken; choose another."
            )
        setattr(self, name, module)

    def _inside(self) -> list[tuple[str, Module]]:
        """All places in order; a module may stand in several."""
        return [(name, value) for name, value in self.__dict__.items() if isinstance(value, Module)]

    def append(self, module: Module) -> Self:
        """Add a module at the end; returns the Sequential."""
        self._add(str(len(self)), module)
        return self

    def __len__(self) -> int:
        return len(self._inside())

    def __iter__(self) -> Iterator[Module]:
        return (module for _, module in self._inside())

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Module:
        if isinstance(index, slice):
            return Sequential(dict(self._inside()[index]))
        modules = list(self)
        if not -len(modules) <= as_index(index) < len(modules):
            raise IndexError(
                f"Sequential: index {index} is out of range; it has {len(modules)} modules."
            )
        return modules[index]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._inside()[index][0], module)

    def forward(self, x: Any) -> Any:
        """The modules in turn."""
        for module in self:
            x = module(x)
        return x
