"""Containers of arrays as one vector, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from autograd.errors import describe

__all__ = ["flatten", "flatten_func"]


def flatten(value: Any) -> tuple[Any, Callable[[Any], Any]]:
    """All numbers of `value` as one vector, and the function that arranges a vector like `value`.

    `value` is an array, a floating-point number, or lists, tuples and dicts of those, nested in any
    way; what a dict holds comes in the order of its sorted keys. Both directions are
    differentiable. Raises TypeError for anything else.

    >>> vector, unflatten = flatten({"b": 3.0, "a": np.array([[1.0, 2.0]])})
    >>> vector
    array([1., 2., 3.])
    >>> unflatten(vector * 10)
    {'b': array(30.), 'a': array([[10., 20.]])}
    """
    leaves = list(_leaves(value))
    ends = [0]
    for leaf in leaves:
        ends.append(ends[-1] + int(np.size(leaf)))
    vector = np.concatenate([np.ravel(leaf) for leaf in leaves]) if leaves else np.zeros(0)
    kinds = [(np.shape(leaf), np.result_type(leaf)) for leaf in leaves]

    def unflatten(vector: Any) -> Any:
        parts = (
            np.reshape(vector[start:end], shape).astype(
                dtype if dtype.kind == "f" else vector.dtype
            )
            for (start, end), (shape, dtype) in zip(pairwise(ends), kinds, strict=True)
        )
        return _rebuilt(value, parts)

    return vector, unflatten


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from _leaves(value[key])
    elif isinstance(value, float) or hasattr(value, "dtype"):
        yield value
    else:
        raise TypeError(
            f"flatten: received {describe(value)}; give floating-point numbers, arrays, and lists, "
            "tuples and dicts of them."
        )


def _rebuilt(value: Any, parts: Iterator[Any]) -> Any:
    if isinstance(value, (list, tuple)):
        rebuilt = [_rebuilt(part, parts) for part in value]
        return type(value)(*rebuilt) if hasattr(value, "_fields") else type(value)(rebuilt)
    if isinstance(value, dict):
        found = {key: _rebuilt(value[key], parts) for key in sorted(value)}
        return {key: found[key] for key in value}
    return next(parts)


def flatten_func(
    func: Callable[..., Any], example: Any
) -> tuple[Callable[..., Any], Callable[[Any], Any], Any]:
    """`func`, from and to containers like `example`, as a function from vectors to vectors.

    Returns it, the function that arranges a vector like `example`, and `example` as a vector.

    >>> doubled, unflatten, start = flatten_func(lambda p: {"a": 2 * p["a"]}, {"a": np.ones(2)})
    >>> doubled(start)
    array([2., 2.])
    """
    start, unflatten = flatten(example)
    return lambda x, *args: flatten(func(unflatten(x), *args))[0], unflatten, start
