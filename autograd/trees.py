"""Containers of arrays: lists, tuples, dicts and dataclasses, nested in any way."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.errors import describe
from autograd.tensor import Tensor

__all__ = ["tree_map"]

# What a container is taken apart into: the names of its places, what is there, and the function
# that puts other things there instead.
Opened = tuple[list[str], list[Any], Callable[[list[Any]], Any]]


def tree_map(f: Callable[..., Any], tree: Any, *others: Any, path: str = "") -> Any:
    """`tree` with ``f(path, leaf, ...)`` in place of each leaf, and what the `others` have there.

    Containers are lists, tuples (named ones too), mappings, which become dicts, and instances of
    dataclasses, whose constructor is called with the new fields. None and text stay as they are;
    all else is a leaf. The `path` says where a leaf is.

    Raises TypeError where one of the `others` is no container like that of `tree`.

    >>> tree_map(lambda path, x, y: f"{x + y} at {path}", (1, [2, 3]), (10, [20, 30]))
    ('11 at [0]', ['22 at [1][0]', '33 at [1][1]'])
    """
    opened = _opened(tree)
    if opened is None:
        return f(path, tree, *others)
    places, children, rebuilt = opened
    rows = [children, *(_matching(other, tree, places, path) for other in others)]
    return rebuilt(
        [
            tree_map(f, *row, path=path + place)
            for place, row in zip(places, zip(*rows, strict=True), strict=True)
        ]
    )


def _opened(tree: Any) -> Opened | None:
    """The parts of a container, or None for a leaf."""
    if isinstance(tree, (Tensor, np.ndarray, float)):
        return None
    if tree is None or isinstance(tree, str):
        return [], [], lambda parts: tree
    if isinstance(tree, (list, tuple)):
        fields = getattr(tree, "_fields", None)
        if fields is not None:
            return [f".{name}" for name in fields], list(tree), lambda parts: type(tree)(*parts)
        return [f"[{i}]" for i in range(len(tree))], list(tree), type(tree)
    if isinstance(tree, Mapping):
        return (
            [f"[{key!r}]" for key in tree],
            list(tree.values()),
            lambda parts: dict(zip(tree, parts, strict=True)),
        )
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        names = [field.name for field in dataclasses.fields(tree) if field.init]
        return (
            [f".{name}" for name in names],
            [getattr(tree, name) for name in names],
            lambda parts: dataclasses.replace(tree, **dict(zip(names, parts, strict=True))),
        )
    return None


def _matching(other: Any, tree: Any, places: list[str], path: str) -> list[Any]:
    """The parts of a container, in the order of those of `tree`."""
    opened = _opened(other)
    if opened is None or set(opened[0]) != set(places):
        raise TypeError(
            f"{path or 'the whole'} must be a {type(tree).__name__} with "
            f"{', '.join(places) or 'nothing in it'}, received {describe(other)}"
        )
    found = dict(zip(opened[0], opened[1], strict=True))
    return [found[place] for place in places]
