"""What a case is, where its inputs come from, and the families of variants of a call."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Domain = Callable[[np.random.Generator, tuple[int, ...]], Array]
NUMBER = "number"  # in place of a shape: a Python number

# ------------------------------------------------------------------ where inputs come from


def between(low: float, high: float) -> Domain:
    return lambda rng, shape: rng.uniform(low, high, shape)


def nonzero(rng, shape):
    return rng.uniform(0.3, 2, shape) * rng.choice([-1.0, 1.0], shape)


def distinct(rng, shape):
    """No two elements within 0.4 of each other: extrema and their neighbourhoods are unique."""
    n = int(np.prod(shape))
    return (rng.permutation(n).reshape(shape) - n // 2) * 0.5 + 0.05


def distinct_from_those(rng, shape):
    """As `distinct`, and no element within 0.2 of what that gives."""
    return distinct(rng, shape) + 0.25


def off_integers(rng, shape):
    return rng.integers(-3, 3, shape) + rng.uniform(0.2, 0.8, shape)


def booleans(rng, shape):
    return rng.random(shape) < 0.5


real = between(-2, 2)
positive = between(0.4, 3)
inside_unit = between(-0.9, 0.9)
above_one = between(1.2, 3)

# ------------------------------------------------------------------ what a case is


@dataclass(frozen=True)
class Case:
    """One call of one operation.

    `reference` says in NumPy what the result has to be. `alone` is False if the rule may hand
    over a cotangent of another shape than the input's: because the input is broadcast, or
    because the operation is composed of several entries.
    """

    op: str
    call: Callable[..., Any]
    reference: Callable[..., Any]
    domains: tuple[Domain, ...]
    shapes: tuple[Any, ...]
    static: dict[str, Any] = field(default_factory=dict)
    alone: bool = True
    exact: bool = True  # to the last bit what the reference gives

    @property
    def name(self) -> str:
        shapes = " ".join(str(s).replace(" ", "") for s in self.shapes)
        static = " ".join(f"{k}={v}" for k, v in self.static.items())
        return " ".join(f"{self.op} {shapes} {static}".split())

    def inputs(self) -> list[Any]:
        """Arrays (and Python numbers), the same at every call."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        made: list[Any] = []
        for domain, shape in zip(self.domains, self.shapes, strict=True):
            if shape == NUMBER:
                made.append(float(domain(rng, ())))
            else:
                made.append(np.asarray(domain(rng, shape)))
        return made

    def __call__(self, *inputs: Any) -> tuple[Any, ...]:
        return _as_tuple(self.call(*inputs, **self.static))

    def expected(self, *inputs: Any) -> tuple[Any, ...]:
        return _as_tuple(self.reference(*inputs, **self.static))


def _as_tuple(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, (list, tuple)) else (result,)


# ------------------------------------------------------------------ families of variants

UNARY_SHAPES = [(3, 4), (5,), (), (0, 3)]

BINARY_SHAPES = [
    ((2, 3), (2, 3)),
    ((), ()),
    ((3, 1), (4,)),
    ((4,), (3, 1)),
    ((2, 1, 3), (2, 1)),
    ((2, 3), ()),
    ((2, 3), NUMBER),
    (NUMBER, (2, 3)),
    (NUMBER, ()),
    ((0, 3), (3,)),
    ((2, 1), (2, 0)),
    ((0,), NUMBER),
]

# (shape, axis): everything that may name axes.
REDUCTIONS = [
    ((2, 3, 4), None),
    ((2, 3, 4), 0),
    ((2, 3, 4), -1),
    ((2, 3, 4), (0, 2)),
    ((2, 3, 4), (-1, 0)),
    ((2, 3, 4), (1,)),
    ((2, 3, 4), ()),
    ((5,), 0),
    ((3, 1), 1),
    ((), None),
    ((0, 3), 1),
]


def unary(name: str, domain: Domain, call: Any = None, reference: Any = None) -> Iterator[Case]:
    numpy_function = getattr(np, name, None)
    for shape in UNARY_SHAPES:
        yield Case(name, call or numpy_function, reference or numpy_function, (domain,), (shape,))


def binary(name: str, x: Domain, y: Domain) -> Iterator[Case]:
    function = getattr(np, name)
    for shapes in BINARY_SHAPES:
        arrays = {shape for shape in shapes if shape != NUMBER}
        yield Case(name, function, function, (x, y), shapes, alone=len(arrays) == 1)


def reduction(
    name: str,
    domain: Domain,
    call: Any = None,
    reference: Any = None,
    also: Any = (),
    keepdims: Any = (False, True),
    alone: bool = True,
    exact: bool = True,
    **static: Any,
) -> Iterator[Case]:
    call, reference = call or getattr(np, name), reference or getattr(np, name)
    for shape, axis in (*REDUCTIONS, *also):
        for keep in keepdims:
            parameters = {"axis": axis, "keepdims": keep, **static}
            yield Case(name, call, reference, (domain,), (shape,), parameters, alone, exact)


def one(
    name: str,
    call: Any,
    shapes: list[Any],
    domains: Any = real,
    reference: Any = None,
    alone: bool = True,
    exact: bool = True,
    **static: Any,
) -> Case:
    """A single call; without a `reference`, `call` is what NumPy calls so."""
    many = domains if isinstance(domains, tuple) else (domains,) * len(shapes)
    return Case(name, call, reference or call, many, tuple(shapes), static, alone, exact)
