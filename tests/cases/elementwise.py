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


def where_or_0(x, condition, holds):
    return np.where(condition, x, 0) if holds else np.where(condition, 0, x)


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
    *unary("fix", off_integers),
    *unary("degrees", real),
    *unary("rad2deg", real),
    *unary("radians", real),
    *unary("deg2rad", real),
    *unary("sinc", between(-1.5, 1.5)),
    one("modf", np.modf, [(3, 4)], off_integers, alone=False),
    one("nan_to_num", np.nan_to_num, [(3, 4)], alone=False),
    one("nan_to_num", np.nan_to_num, [()], alone=False, nan=1.0, posinf=2.0, neginf=-2.0),
    *unary("sigmoid", real, ag.sigmoid, sigmoid),
    *unary("relu", nonzero, ag.relu, lambda x: np.maximum(x, 0)),
    *binary("add", real, real),
    *binary("subtract", real, real),
    *binary("multiply", real, real),
    *binary("divide", real, nonzero),
    *binary("power", positive, real),
    *binary("float_power", positive, real),
    *binary("logaddexp", real, real),
    *binary("logaddexp2", real, real),
    *binary("arctan2", nonzero, nonzero),
    *binary("hypot", nonzero, nonzero),
    *binary("copysign", nonzero, nonzero),
    *binary("fmax", distinct, distinct_from_those),
    *binary("fmin", distinct, distinct_from_those),
    one("heaviside", np.heaviside, [(3, 4), (3, 4)], (nonzero, real)),
    one("heaviside", lambda y, x: np.heaviside(x, y), [(4,)], x=np.array([0.0, 1.0, 0.0, -1.0])),
    one("ldexp", lambda x, y: np.ldexp(x, y), [(3, 4)], y=3),
    one("ldexp", lambda x, y: np.ldexp(x, y), [(2,)], y=np.array([1, -2])),
    *binary("maximum", distinct, distinct_from_those),
    *binary("minimum", distinct, distinct_from_those),
    *binary("floor_divide", off_integers, lambda rng, shape: np.ones(shape)),
    *binary("remainder", off_integers, lambda rng, shape: rng.choice([-1.0, 1.0], shape)),
    *binary("fmod", off_integers, lambda rng, shape: rng.choice([-1.0, 1.0], shape)),
    one("divmod", lambda x, y: np.divmod(x, y), [(3, 4)], off_integers, alone=False, y=1.0),
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
    *(
        one("where_or_0", where_or_0, [shape], condition=condition, holds=holds)
        for shape, condition in [((2, 3), np.array([True, False, True])), ((), np.array(False))]
        for holds in (True, False)
    ),
    one("where", np.where, [(), (), ()], (booleans, real, real)),
    one("where", np.where, [(2, 3), (3,), (2, 1)], (booleans, real, real), alone=False),
    one("where", np.where, [(3,), (2, 1), ()], (booleans, real, real), alone=False),
    one("where", np.where, [(2, 3), NUMBER, (2, 3)], (booleans, real, real)),
    one("where", np.where, [(2, 3), (3,), NUMBER], (booleans, real, real), alone=False),
    one("where", np.where, [(0, 3), (3,), (1,)], (booleans, real, real), alone=False),
]
