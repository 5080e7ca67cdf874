"""Functions of each element."""

from __future__ import annotations

import numpy as np

import autograd as ag
from cases.kit import (
    NUMBER,
    above_one,
    between,
    binary,
    booleans,
    distinct,
    distinct_from_those,
    inside_unit,
    nonzero,
    off_integers,
    one,
    positive,
    real,
    unary,
)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


CASES = [
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
