"""One table of the operations that have derivative rules; every test of rules is driven by it.

A row names an operation, where its inputs come from (so that it is smooth there), and its
shapes or parameters; the helpers below make the variants.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd as ag
from autograd.ops import indexing

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


# ------------------------------------------------------------------ references in plain NumPy


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x, axis=-1):
    e = np.exp(x)
    return e / np.sum(e, axis=axis, keepdims=True)


def log_softmax(x, axis=-1):
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def logsumexp(x, axis=None, keepdims=False):
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def scatter(x, index, shape):
    z = np.zeros(shape, x.dtype)
    np.add.at(z, index, x)
    return z


def index_update(x, y, index):
    z = x.copy()
    z[index] = y
    return z


def windows(x, size, stride, padding, dilation):
    """By NumPy's own sliding windows; one pair of padding for each axis."""
    n = len(size)
    x = np.pad(x, [(0, 0)] * (x.ndim - n) + list(padding))
    spans = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
    seen = np.lib.stride_tricks.sliding_window_view(x, spans, axis=tuple(range(-n, 0)))
    seen = seen[(..., *(slice(None, None, s) for s in stride), *[slice(None)] * n)]
    seen = seen[(..., *(slice(None, None, d) for d in dilation))]
    return np.moveaxis(seen, range(-n, 0), range(-2 * n, -n))


def fold(x, spatial, size, stride, padding, dilation):
    """Element by element."""
    n = len(size)
    before, after = np.transpose(padding)
    z = np.zeros((*x.shape[: -2 * n], *(np.array(spatial) + before + after)), x.dtype)
    for place in np.ndindex(*size):
        for window in np.ndindex(*x.shape[-n:]):
            at = np.array(window) * stride + np.array(place) * dilation
            z[(..., *at)] += x[(..., *place, *window)]
    return z[(..., *(slice(b, b + m) for b, m in zip(before, spatial, strict=True)))]


def joined(function):
    return lambda *xs, **static: function(xs, **static)


# ------------------------------------------------------------------ the table

ELEMENTWISE = [
    *unary("negative", real),
    *unary("positive", real),
    *unary("absolute", nonzero),
    *unary("fabs", nonzero),
    *unary("sign", nonzero),
    *unary("square", real),
    *unary("sqrt", positive),
    *unary("cbrt", nonzero),
    *unary("reciprocal", nonzero),
    *unary("exp", real),
    *unary("exp2", real),
    *unary("expm1", real),
    *unary("log", positive),
    *unary("log2", positive),
    *unary("log10", positive),
    *unary("log1p", positive),
    *unary("sin", real),
    *unary("cos", real),
    *unary("tan", between(-1.2, 1.2)),
    *unary("arcsin", inside_unit),
    *unary("arccos", inside_unit),
    *unary("arctan", real),
    *unary("sinh", real),
    *unary("cosh", real),
    *unary("tanh", real),
    *unary("arcsinh", real),
    *unary("arccosh", above_one),
    *unary("arctanh", inside_unit),
    *unary("floor", off_integers),
    *unary("ceil", off_integers),
    *unary("trunc", off_integers),
    *unary("rint", off_integers),
    *unary("sigmoid", real, ag.sigmoid, sigmoid),
    *unary("relu", nonzero, ag.relu, lambda x: np.maximum(x, 0)),
    *binary("add", real, real),
    *binary("subtract", real, real),
    *binary("multiply", real, real),
    *binary("divide", real, nonzero),
    *binary("power", positive, real),
    *binary("float_power", positive, real),
    *binary("logaddexp", real, real),
    *binary("arctan2", nonzero, nonzero),
    *binary("maximum", distinct, distinct_from_those),
    *binary("minimum", distinct, distinct_from_those),
    *binary("floor_divide", off_integers, lambda rng, shape: np.ones(shape)),
    *binary("remainder", off_integers, lambda rng, shape: rng.choice([-1.0, 1.0], shape)),
    *(
        one("power", lambda x, exponent: np.power(x, exponent), [(2, 3)], nonzero, exponent=n)
        for n in (3, 2, 1, 0, -1, -2)
    ),
    one("power", lambda x, exponent: x**exponent, [(2, 3)], positive, exponent=0.5),
    one(
        "power", lambda x, exponent: x**exponent, [(4,)], nonzero, exponent=np.array([2, 0, -1, 3])
    ),
    one("round", np.round, [(2, 3)], off_integers),
    one(
        "round",
        np.round,
        [(2, 3)],
        lambda rng, shape: rng.integers(-9, 9, shape) + 0.52,
        decimals=1,
    ),
    one(
        "round",
        np.round,
        [(2, 3)],
        lambda rng, shape: rng.integers(-90, 90, shape) + 0.3,
        decimals=-1,
    ),
    one("clip", np.clip, [(3, 4)], distinct, a_min=-0.8, a_max=1.3),
    one("clip", np.clip, [(3, 4)], distinct, a_min=None, a_max=0.8),
    one("clip", np.clip, [(3, 4)], distinct, min=-0.8),
    one("clip", np.clip, [()], distinct, a_min=0, a_max=1),
    one("clip", np.clip, [(0,)], distinct, a_min=0, a_max=1),
    one(
        "clip_by_arrays",
        np.clip,
        [(3, 4), (4,), (3, 1)],
        (distinct, between(-2.04, -1.96), between(0.96, 1.04)),
        alone=False,
    ),
    one("where", np.where, [(2, 3), (2, 3), (2, 3)], (booleans, real, real)),
    one("where", np.where, [(), (), ()], (booleans, real, real)),
    one("where", np.where, [(2, 3), (3,), (2, 1)], (booleans, real, real), alone=False),
    one("where", np.where, [(3,), (2, 1), ()], (booleans, real, real), alone=False),
    one("where", np.where, [(2, 3), NUMBER, (2, 3)], (booleans, real, real)),
    one("where", np.where, [(2, 3), (3,), NUMBER], (booleans, real, real), alone=False),
    one("where", np.where, [(0, 3), (3,), (1,)], (booleans, real, real), alone=False),
]

EMPTY_REDUCTIONS = [((0,), None), ((0, 3), 0), ((2, 0, 3), (0, 1))]  # what has a neutral element

REDUCED = [
    *reduction("sum", real, also=EMPTY_REDUCTIONS),
    *reduction("prod", nonzero, also=EMPTY_REDUCTIONS),
    *reduction("mean", real),
    *reduction("max", distinct),
    *reduction("min", distinct),
    *reduction("var", real, alone=False, exact=False),
    *reduction("std", real, alone=False, exact=False),
    one("var", np.var, [(3, 4)], alone=False, exact=False, axis=1, ddof=1),
    one("std", np.std, [(3, 4)], alone=False, exact=False, axis=(0, 1), ddof=2, keepdims=True),
    *reduction("logsumexp", real, ag.logsumexp, logsumexp, alone=False, exact=False),
    *(
        one(name, operation, [shape], real, reference, False, False, axis=axis)
        for name, operation, reference in [
            ("softmax", ag.softmax, softmax),
            ("log_softmax", ag.log_softmax, log_softmax),
        ]
        for shape, axis in REDUCTIONS
    ),
    *(
        one("cumsum", np.cumsum, [shape], axis=axis)
        for shape, axis in [
            ((3, 4), None),
            ((3, 4), 0),
            ((3, 4), -1),
            ((5,), 0),
            ((), None),
            ((0, 3), 0),
        ]
    ),
]

PRODUCTS = [
    *(
        one("matmul", np.matmul, [x, y], alone=alone)
        for x, y, alone in [
            ((2, 3), (3, 4), True),
            ((3,), (3,), True),
            ((2, 3), (3,), True),
            ((3,), (3, 4), True),
            ((5, 2, 3), (5, 3, 4), True),
            ((5, 2, 3), (3, 4), True),
            ((5, 2, 3), (3,), False),
            ((2, 3), (5, 3, 4), False),
            ((3,), (5, 3, 4), False),
            ((2, 1, 2, 3), (5, 3, 4), False),
            ((5, 2, 3), (1, 3, 4), False),
            ((0, 3), (3, 4), True),
            ((2, 0), (0, 4), True),
            ((2, 4, 0), (0, 3), True),
            ((0,), (0,), True),
        ]
    ),
    *(
        one("dot", np.dot, [x, y], alone=False, exact=False)
        for x, y in [
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((2, 3), (3, 4)),
            ((2, 4, 3), (3, 5)),
            ((2, 3), (5, 3, 4)),
            ((3,), (5, 3, 4)),
            ((2, 4, 3), (5, 3, 2)),
            ((), (2, 3)),
            ((2, 3), ()),
            ((2, 0), (3, 0, 2)),
        ]
    ),
]

SHAPES = [
    one("reshape", np.reshape, [(2, 6)], shape=(3, -1)),
    one("reshape", np.reshape, [(2, 3)], shape=6),
    one("reshape", np.reshape, [(2, 3)], shape=[3, 2]),
    one("reshape", np.reshape, [()], shape=(1, 1)),
    one("reshape", np.reshape, [(0, 3)], shape=(3, 0)),
    one("ravel", np.ravel, [(2, 3)]),
    one("ravel", np.ravel, [()]),
    one("transpose", np.transpose, [(2, 3, 4)]),
    one("transpose", np.transpose, [(2, 3, 4)], axes=(1, 2, 0)),
    one("transpose", np.transpose, [(2, 3, 4)], axes=[-1, 0, -2]),
    one("transpose", np.transpose, [()]),
    one("permute_dims", np.permute_dims, [(2, 3, 4)], axes=(2, 0, 1)),
    one("swapaxes", np.swapaxes, [(2, 3, 4)], axis1=0, axis2=-1),
    one("moveaxis", np.moveaxis, [(2, 3, 4)], source=0, destination=-1),
    one("moveaxis", np.moveaxis, [(2, 3, 4)], source=[-1, 0], destination=[0, 1]),
    one("expand_dims", np.expand_dims, [(2, 3)], axis=-1),
    one("expand_dims", np.expand_dims, [(2, 3)], axis=(0, 2)),
    one("expand_dims", np.expand_dims, [(2, 3)], axis=[1, 0]),
    one("squeeze", np.squeeze, [(1, 3, 1)]),
    one("squeeze", np.squeeze, [(1, 3, 1)], axis=-1),
    one("squeeze", np.squeeze, [(1, 3, 1)], axis=(0, 2)),
    one("broadcast_to", np.broadcast_to, [(3, 1)], alone=False, shape=(2, 3, 4)),
    one("broadcast_to", np.broadcast_to, [()], alone=False, shape=[2]),
    one("broadcast_to", np.broadcast_to, [(1, 3)], alone=False, shape=(0, 3)),
    one("copy", np.copy, [(2, 3)]),
    one("astype", ag.astype, [(2, 3)], reference=lambda x, dtype: x.astype(dtype), dtype="float64"),
]

JOINED = [
    one("concatenate", joined(np.concatenate), [(2, 3), (1, 3), (4, 3)], axis=0),
    one("concatenate", joined(np.concatenate), [(2, 3), (2, 1)], axis=-1),
    one("concatenate", joined(np.concatenate), [(2, 3), (4,)], alone=False, axis=None),
    one("concatenate", joined(np.concatenate), [(0, 3), (2, 3)], axis=0),
    one("concatenate", joined(np.concatenate), [(3,)], axis=0),
    one("stack", joined(np.stack), [(2, 3), (2, 3)], axis=0),
    one("stack", joined(np.stack), [(2, 3), (2, 3), (2, 3)], axis=-1),
    one("stack", joined(np.stack), [(), ()], axis=0),
    one("split", np.split, [(6, 2)], alone=False, indices_or_sections=3),
    one("split", np.split, [(2, 6)], alone=False, indices_or_sections=[1, 4], axis=-1),
    one("split", np.split, [(5,)], alone=False, indices_or_sections=(0, 3, 3, 9)),
    one("split", np.split, [(5,)], alone=False, indices_or_sections=[-4, -1]),
    one("pad", np.pad, [(2, 3)], pad_width=1),
    one("pad", np.pad, [(2, 3)], pad_width=(1, 2), constant_values=0.5),
    one("pad", np.pad, [(2, 3)], pad_width=((0, 1), (2, 0))),
    one("pad", np.pad, [(0,)], pad_width=2),
]

REPEATED = np.array([3, 0, 3])
ROWS, COLUMNS = np.array([[0], [2]]), np.array([1, 1, 3])

INDEXED = [
    *(
        one("getitem", lambda x, index: x[index], [(4, 5)], index=index)
        for index in [1, slice(None, None, -2), REPEATED, (ROWS, COLUMNS), (..., None, REPEATED)]
    ),
    one(
        "scatter",
        indexing.scatter,
        [(3, 5)],
        reference=scatter,
        index=REPEATED,
        shape=(4, 5),
    ),
    one("scatter", indexing.scatter, [(2, 5)], reference=scatter, index=slice(1, 3), shape=(4, 5)),
    *(
        one("index_update", ag.index_update, shapes, real, index_update, alone, index=index)
        for index, shapes, alone in [
            (1, [(4, 5), (5,)], True),
            (slice(0, 2), [(4, 5), (5,)], False),
            (REPEATED, [(4, 5), (3, 5)], True),
            ((ROWS, COLUMNS), [(4, 5), (2, 3)], True),
            (REPEATED, [(4, 5), ()], False),
        ]
    ),
]

PLAIN = {"stride": (1,), "padding": ((0, 0),), "dilation": (1,)}
UNEVEN = {"stride": (2, 1), "padding": ((1, 0), (2, 1)), "dilation": (1, 2)}

WINDOWS = [
    one("windows", ag.windows, [(6,)], reference=windows, size=(3,), **PLAIN),
    one("windows", ag.windows, [(2, 5, 4)], reference=windows, size=(2, 3), **UNEVEN),
    one("windows", ag.windows, [(0, 6)], reference=windows, size=(3,), **PLAIN),
    one("fold", ag.fold, [(3, 4)], reference=fold, exact=False, spatial=(6,), size=(3,), **PLAIN),
    one(
        "fold",
        ag.fold,
        [(2, 2, 3, 3, 3)],
        reference=fold,
        exact=False,
        spatial=(5, 4),
        size=(2, 3),
        **UNEVEN,
    ),
]

CASES = [*ELEMENTWISE, *REDUCED, *PRODUCTS, *SHAPES, *JOINED, *INDEXED, *WINDOWS]
