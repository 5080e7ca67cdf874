"""Functions that combine the elements along axes."""

from __future__ import annotations

import numpy as np

import autograd as ag
from cases.kit import REDUCTIONS, distinct, nonzero, one, positive, real, reduction


def softmax(x, axis=-1):
    e = np.exp(x)
    return e / np.sum(e, axis=axis, keepdims=True)


def log_softmax(x, axis=-1):
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def logsumexp(x, axis=None, keepdims=False):
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def with_holes(function):
    """With NaN in some places, where finite differences could not put it themselves."""

    def of(x, *args, **static):
        holes = np.arange(x.size).reshape(x.shape) % 5 == 2
        return function(np.where(holes, np.nan, x), *args, **static)

    return of


def weighted(x, weights, axis=None, **static):
    return np.average(x, axis=axis, weights=weights, **static)


def from_the_neutral(function, neutral):
    """What NumPy has as `cumulative_sum` and `cumulative_prod` since 2.1."""

    def of(x, axis=None, include_initial=False):
        axis = 0 if axis is None else axis
        z = function(x, axis=axis)
        first = np.full_like(np.take(z, [0], axis=axis), neutral)
        return np.concatenate([first, z], axis=axis) if include_initial else z

    return of


def accumulate(ufunc):
    return lambda x, axis: ufunc.accumulate(
        np.ravel(x) if axis is None else x, axis=0 if axis is None else axis
    )


EMPTY_REDUCTIONS = [((0,), None), ((0, 3), 0), ((2, 0, 3), (0, 1))]  # what has a neutral element

SOME = {"where": [True, False, True, True]}  # of 4 along the last axis
EACH = {"where": np.arange(12).reshape(3, 4) % 3 != 1}

CUMULATIVE = [((3, 4), None), ((3, 4), 0), ((3, 4), -1), ((5,), 0), ((), None), ((0, 3), 0)]

QUANTILES = [  # shape, q and the other parameters
    ((5,), 0.3, {}),
    ((2, 3, 4), [0.0, 0.35, 1.0], {"axis": 1, "keepdims": True}),
    ((2, 3, 4), [[0.2], [0.9]], {"axis": (2, 0), "method": "hazen"}),
    ((3, 4), np.array([0.25, 0.6]), {"axis": -1, "method": "median_unbiased"}),
    ((3, 4), 0.5, {"method": "averaged_inverted_cdf"}),
    ((3, 4), 0.6, {"axis": 0, "method": "inverted_cdf", "weights": [1.0, 3.0, 2.0]}),
    ((), 0.5, {}),
]

METHODS = ["interpolated_inverted_cdf", "weibull", "normal_unbiased", "lower", "higher", "midpoint"]

CASES = [
    *reduction("sum", real, also=EMPTY_REDUCTIONS),
    *reduction("prod", nonzero, also=EMPTY_REDUCTIONS),
    *reduction("mean", real),
    *reduction("max", distinct),
    *reduction("min", distinct),
    one("sum", np.sum, [(3, 4)], axis=1, alone=False, dtype="float64"),
    one("sum", np.sum, [(3, 4)], axis=-1, initial=2.0, **SOME),
    one("prod", np.prod, [(3, 4)], nonzero, axis=(0, 1), keepdims=True, initial=2.0, **EACH),
    one("prod", np.prod, [(3, 4)], nonzero, alone=False, dtype="float64", exact=False),
    one("mean", np.mean, [(3, 4)], axis=0, **EACH),
    one("mean", np.mean, [(3, 4)], alone=False, dtype="float64", keepdims=True, **SOME),
    *(
        one(name, getattr(np, name), [(3, 4)], distinct, axis=1, initial=initial, **EACH)
        for name, initial in [("max", -9.0), ("min", 0.2)]
    ),
    one("max", np.max, [(0, 3)], axis=0, initial=1.5),
    *reduction("var", real, alone=False, exact=False),
    *reduction("std", real, alone=False, exact=False),
    *(
        one(name, getattr(np, name), [(3, 4)], alone=False, exact=False, **static)
        for name in ("var", "std")
        for static in [
            {"axis": 1, "ddof": 1},
            {"axis": (0, 1), "ddof": 2, "keepdims": True},
            {"axis": 0, "dtype": "float64", "correction": 0.5, **EACH},
            {"axis": -1, **SOME},
        ]
    ),
    one("ptp", np.ptp, [(2, 3, 4)], distinct, alone=False, axis=(0, 2)),
    one("ptp", np.ptp, [(5,)], distinct, alone=False, keepdims=True),
    one("average", np.average, [(2, 3, 4)], alone=False, axis=(0, -1), keepdims=True),
    *(
        one("average", weighted, shapes, (real, positive), alone=False, exact=False, **static)
        for shapes, static in [
            ([(3, 4), (3, 4)], {}),
            ([(3, 4), (4,)], {"axis": 1, "keepdims": True, "returned": True}),
            ([(2, 3, 4), (4, 2)], {"axis": (2, 0)}),
        ]
    ),
    *reduction("logsumexp", real, ag.logsumexp, logsumexp, alone=False, exact=False),
    *(
        one(name, operation, [shape], real, reference, False, False, axis=axis)
        for name, operation, reference in [
            ("softmax", ag.softmax, softmax),
            ("log_softmax", ag.log_softmax, log_softmax),
        ]
        for shape, axis in REDUCTIONS
    ),
    # passing over NaN
    *(
        one(name, with_holes(getattr(np, name)), [shape], nonzero, None, False, False, **static)
        for name in ("nansum", "nanprod", "nanmean", "nanvar", "nanstd")
        for shape, static in [
            ((2, 3, 4), {"axis": 1, "dtype": "float64"}),
            ((3, 4), {"axis": (0, 1), "keepdims": True, **EACH}),
        ]
    ),
    one("nansum", with_holes(np.nansum), [(0, 3)], alone=False, axis=0),
    one("nanprod", with_holes(np.nanprod), [(5,)], nonzero, alone=False, initial=3.0),
    one("nanvar", with_holes(np.nanvar), [(3, 4)], alone=False, exact=False, axis=1, ddof=1),
    *(
        one(name, with_holes(function), [shape], distinct, alone=False, **static)
        for name, function in [
            ("nanmax", np.nanmax),
            ("nanmin", np.nanmin),
            ("fmax.reduce", np.fmax.reduce),
            ("fmin.reduce", np.fmin.reduce),
        ]
        for shape, static in [
            ((2, 3, 4), {"axis": (0, 2)}),
            ((3, 4), {"axis": 1, "keepdims": True, "initial": 0.3, **EACH}),
        ]
    ),
    # cumulative
    *(
        one(name, function, [shape], domain, exact=name != "cumprod", axis=axis)
        for name, function, domain in [("cumsum", np.cumsum, real), ("cumprod", np.cumprod, real)]
        for shape, axis in CUMULATIVE
    ),
    *(
        one(name, function, [shape], distinct, accumulate(ufunc), axis=axis)
        for name, function, ufunc in [
            ("cummax", ag.cummax, np.maximum),
            ("cummin", ag.cummin, np.minimum),
        ]
        for shape, axis in CUMULATIVE
    ),
    one("cumsum", np.cumsum, [(3, 4)], axis=1, alone=False, dtype="float64"),
    one("cumprod", np.cumprod, [(2, 3, 4)], nonzero, axis=1, alone=False, dtype="float64"),
    *(
        one(name, function, [shape], nonzero, reference, alone=False, **static)
        for name, function, reference in [
            ("cumulative_sum", ag.cumulative_sum, from_the_neutral(np.cumsum, 0)),
            ("cumulative_prod", ag.cumulative_prod, from_the_neutral(np.cumprod, 1)),
        ]
        for shape, static in [
            ((5,), {}),
            ((5,), {"include_initial": True}),
            ((3, 4), {"axis": -1, "include_initial": True}),
        ]
    ),
    *(
        one(name, with_holes(getattr(np, name)), [shape], nonzero, alone=False, axis=axis)
        for name in ("nancumsum", "nancumprod")
        for shape, axis in [((3, 4), None), ((3, 4), 1)]
    ),
    # order statistics
    *reduction("median", distinct, keepdims=(False,)),
    one("median", np.median, [(2, 3, 4)], distinct, axis=(0, 1), keepdims=True),
    *(
        one("nanmedian", with_holes(np.nanmedian), [(2, 3, 4)], distinct, alone=False, axis=axis)
        for axis in [(0, 2), None]
    ),
    *(
        one("quantile", np.quantile, [shape], distinct, q=q, **static)
        for shape, q, static in QUANTILES
    ),
    *(
        one("quantile", np.quantile, [(2, 7)], distinct, q=[0.3, 0.8], axis=1, method=method)
        for method in METHODS
    ),
    one("percentile", np.percentile, [(2, 5)], distinct, q=[30, 80.0], axis=1, keepdims=True),
    one("percentile", np.percentile, [(2, 5)], distinct, q=40),
    *(
        one(name, with_holes(getattr(np, name)), [shape], distinct, alone=False, q=q, **static)
        for name, q in [("nanquantile", [0.3, 0.8]), ("nanpercentile", 45)]
        for shape, static in [
            ((2, 3, 4), {"axis": (0, 2)}),
            ((3, 4), {"axis": 1, "keepdims": True, "method": "weibull"}),
        ]
    ),
]
