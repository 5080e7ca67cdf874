"""Modules made of modules or parameters, in order or by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from operator import index as as_index
from typing import Any, Generic, Self, SupportsIndex, TypeVar, overload

import numpy as np

from nn.functional.checks import described, printable
from nn.module import Module, Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]

Item = TypeVar("Item", bound=Module | Parameter)


class _Container(Module, Generic[Item]):
    """Items that are attributes, in their order; one may stand in several places."""

    kind: type[Any] = Module

    def _items(self) -> dict[str, Item]:
        """All places in order."""
        return {name: v for name, v in self.__dict__.items() if isinstance(v, self.kind)}

    def _checked(self, item: Any) -> Item:
        if not isinstance(item, Module):
            kind = type(self).__name__
            remedy = (
                f"make a layer of it, {item.__name__}(...)"
                if isinstance(item, type)
                else f"give its items one by one, {kind}(*layers)"
                if isinstance(item, (list, tuple))
                else "give layers, such as nn.ReLU() for nn.functional.relu"
            )
            raise TypeError(f"{kind}: received {described(item)}, which is no Module; {remedy}.")
        return item  # type: ignore[return-value]

    def _several(self, what: str, items: Any) -> Any:
        """Items to go over, none for None."""
        if isinstance(items, Module) or not np.iterable(() if items is None else items):
            raise TypeError(
                f"{type(self).__name__}: {what} must be a list of them, received "
                f"{described(items)}."
            )
        return () if items is None else items

    def _fill(self, items: Mapping[str, Any], keep: bool = False) -> None:
        """Hold these and, unless the others are kept, nothing else.

        All are checked before anything is changed.
        """
        checked = {}
        for name, item in items.items():
            if not isinstance(name, str) or not name or "." in name or hasattr(type(self), name):
                raise KeyError(
                    f"{type(self).__name__}: {name!r} can't be the name of an item; choose "
                    "another, without points."
                )
            if name in self.__dict__ and not isinstance(self.__dict__[name], self.kind):
                raise KeyError(
                    f"{type(self).__name__}: {name!r} is the name of something else here; choose "
                    "another."
                )
            checked[name] = self._checked(item)
        for name in () if keep else self._items():
            delattr(self, name)
        for name, item in checked.items():
            setattr(self, name, item)

    def __len__(self) -> int:
        return len(self._items())


class _List(_Container[Item]):
    """Items by number."""

    def _renumber(self, items: Iterable[Any]) -> Self:
        self._fill({str(k): item for k, item in enumerate(items)})
        return self

    def _part(self, index: slice) -> Self:
        return type(self)(list(self)[index])  # type: ignore[call-arg]

    def _name(self, index: Any) -> str:
        names = list(self._items())
        if not isinstance(index, SupportsIndex):
            raise TypeError(
                f"{type(self).__name__}: index must be an integer or a slice, received "
                f"{described(index)}."
            )
        if not -len(names) <= as_index(index) < len(names):
            raise IndexError(
                f"{type(self).__name__}: index must be from {-len(names)} to {len(names) - 1}, "
                f"received {index}."
            )
        return names[as_index(index)]

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items().values())

    def __contains__(self, item: object) -> bool:
        return any(held is item for held in self)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._part(index)
        return self.__dict__[self._name(index)]

    def __setitem__(self, index: int, item: Any) -> None:
        setattr(self, self._name(index), self._checked(item))

    def __delitem__(self, index: int | slice) -> None:
        items = list(self)
        if not isinstance(index, slice):
            self._name(index)
        del items[index]
        self._renumber(items)

    def append(self, item: Any) -> Self:
        """Add an item at the end; returns the container."""
        return self.extend([item])

    def extend(self, items: Iterable[Any]) -> Self:
        """Add items at the end; returns the container."""
        held = self._items()
        new = {str(k): item for k, item in enumerate(items, start=len(held))}
        for name in held.keys() & new.keys():
            raise KeyError(
                f"{type(self).__name__}: an item has the name {name!r} of a number to come, and "
                "would be replaced; choose another name for it."
            )
        self._fill(new, keep=True)
        return self

    def insert(self, index: int, item: Any) -> Self:
        """Add an item before that index; all are numbered anew. Returns the container."""
        items: list[Any] = list(self)
        items.insert(index, item)
        return self._renumber(items)

    def pop(self, index: int = -1) -> Item:
        """Take an item out and return it; the others are numbered anew."""
        item = self[index]
        del self[index]
        return item

    def __iadd__(self, items: Iterable[Any]) -> Self:
        return self.extend(items)

    def __add__(self, items: Iterable[Any]) -> Self:
        if not np.iterable(items):
            return NotImplemented
        return self._part(slice(None)).extend(items)


class _Dict(_Container[Item], MutableMapping[str, Item]):
    """Items by name."""

    # By identity, as every Module is; a Mapping would compare contents.
    __eq__ = Module.__eq__
    __hash__ = Module.__hash__

    def __iter__(self) -> Iterator[str]:
        return iter(self._items())

    def __contains__(self, name: object) -> bool:
        return name in self._items()

    def __getitem__(self, name: str) -> Item:
        items = self._items()
        if name not in items:
            raise KeyError(
                f"{type(self).__name__}: there is no {name!r}; choose one of "
                f"{printable(', '.join(items)) or 'none'}."
            )
        return items[name]

    def __setitem__(self, name: str, item: Any) -> None:
        if name in self:
            setattr(self, name, self._checked(item))
        else:
            self._fill({name: item}, keep=True)

    def __delitem__(self, name: str) -> None:
        self[name]  # refuses what is not there
        delattr(self, name)

    def update(self, *others: Any, **named: Any) -> None:
        """Put in all items of a dict, or of pairs of a name and an item."""
        try:
            given = dict(*others, **named)
        except (TypeError, ValueError):
            raise TypeError(
                f"{type(self).__name__}: received {', '.join(map(described, others))}; give a dict "
                "of names and items."
            ) from None
        self._fill(given, keep=True)


class _Parameters(_Container[Parameter]):
    kind = Parameter

    def _checked(self, item: Any) -> Parameter:
        return item if isinstance(item, Parameter) else Parameter(item)

    def __repr__(self) -> str:
        rows = [
            f"  ({printable(name)}): {p.dtype} of shape {p.shape}"
            for name, p in self._items().items()
        ]
        return "\n".join(
            [f"{type(self).__name__}(", *rows, ")"] if rows else [type(self).__name__ + "()"]
        )


class Sequential(_List[Module]):
    r"""Modules one after the other: :math:`z = f_n(\dots f_2(f_1(x)))`.

    Give the modules, or one dict of names and modules. An index gives a module, a slice a
    Sequential that shares them; `append`, `extend`, `insert`, `pop` and ``del`` change it.

    Raises TypeError for what is no Module, IndexError for an index out of range, KeyError for a
    name that can't be one.

    >>> import nn
    >>> model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    >>> model
    Sequential(                                              # 8 parameters
      (0): Linear(in_features=3, out_features=2, bias=True)  # 8: weight (2, 3), bias (2,)
      (1): ReLU()
    )
    >>> len(model), model[-1]
    (2, ReLU())
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], dict):
            self._fill(modules[0])
        else:
            self._renumber(modules)

    def _part(self, index: slice) -> Self:
        return type(self)(dict(list(self._items().items())[index]))

    def forward(self, x: Any) -> Any:
        """The modules in turn."""
        for module in self:
            x = module(x)
        return x


class ModuleList(_List[Module]):
    """A list of modules whose parameters are found; what is done with them is yours to say.

    An index gives a module, a slice a ModuleList that shares them.

    Raises TypeError for what is no Module, IndexError for an index out of range.

    >>> import nn
    >>> layers = nn.ModuleList(nn.Linear(3, 3) for _ in range(2))
    >>> layers.append(nn.ReLU())[-1]
    ReLU()
    >>> [name for name, _ in layers.named_parameters()]
    ['0.weight', '0.bias', '1.weight', '1.bias']
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self._renumber(self._several("modules", modules))


class ModuleDict(_Dict[Module]):
    """A dict of modules whose parameters are found; what is done with them is yours to say.

    Raises TypeError for what is no Module, KeyError for a name that can't be one or is not there.

    >>> import nn
    >>> heads = nn.ModuleDict({"value": nn.Linear(3, 1), "policy": nn.Linear(3, 4)})
    >>> list(heads), heads["value"].out_features
    (['value', 'policy'], 1)
    """

    def __init__(self, modules: Any = ()) -> None:
        super().__init__()
        self.update(modules or ())


class ParameterList(_Parameters, _List[Parameter]):
    """A list of parameters that are found; Tensors and arrays in it become parameters.

    >>> import nn
    >>> import numpy as np
    >>> weights = nn.ParameterList([np.zeros(2), np.ones((2, 3))])
    >>> [name for name, _ in weights.named_parameters()]
    ['0', '1']
    """

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__()
        self._renumber(self._several("values", values))


class ParameterDict(_Parameters, _Dict[Parameter]):
    """A dict of parameters that are found; Tensors and arrays in it become parameters.

    >>> import nn
    >>> import numpy as np
    >>> weights = nn.ParameterDict({"left": np.zeros(2), "right": np.ones(2)})
    >>> [name for name, _ in weights.named_parameters()]
    ['left', 'right']
    """

    def __init__(self, parameters: Any = ()) -> None:
        super().__init__()
        self.update(parameters or ())
