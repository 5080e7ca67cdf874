"""Sorting, unique values, weighted counts."""

from __future__ import annotations

import numpy as np

from cases.kit import distinct, distinct_from_those, one, positive, real

# Rows and values that occur several times, as functions of a smaller array.
TWICE = np.array([2, 0, 2, 1])
DIFFERENT = (distinct, distinct_from_those)
PLACES = np.array([3, 0, 3, 1])
VALUES = np.array([0.5, 2.0, -1.0, 0.1, 1.0, 7.0])


def unique(x, axis=None, **returned):
    z = np.unique(x[TWICE], axis=axis, **returned)
    return z[0] if returned else z


def bincount(w, minlength=0):
    return np.bincount(PLACES, w, minlength)


def histogram(w, **how):
    return np.histogram(VALUES, weights=w, **how)[0]


CASES = [
    *(
        one("sort", np.sort, [shape], distinct, alone=False, **static)
        for shape, static in [
            ((3, 4), {}),
            ((3, 4), {"axis": 0}),
            ((2, 3, 2), {"axis": -2, "kind": "mergesort"}),
            ((3, 4), {"axis": None, "stable": True}),
            ((0, 3), {"axis": 0}),
        ]
    ),
    # As many are asked for as leave nothing about the order of the others open.
    one("partition", np.partition, [(2, 3)], distinct, kth=1),
    one("partition", np.partition, [(4, 2)], distinct, kth=(1, -2), axis=0),
    one("partition", np.partition, [(2, 2)], distinct, alone=False, kth=(1, 2), axis=None),
    one("unique", unique, [(3,)], distinct, alone=False),
    one("unique", unique, [(3, 2)], distinct, alone=False, axis=0),
    one("unique", unique, [(3,)], distinct, alone=False, return_index=True, return_counts=True),
    one("union1d", lambda x, y: np.union1d(x, y), [(3,), (2, 2)], DIFFERENT, alone=False),
    one("intersect1d", lambda x: np.intersect1d(x, x[1:3]), [(4,)], distinct, alone=False),
    one("setdiff1d", lambda x: np.setdiff1d(x, x[1:3]), [(4,)], distinct, alone=False),
    one("bincount", bincount, [(4,)], real, alone=False),
    one("bincount", bincount, [(4,)], real, alone=False, minlength=6),
    one("histogram", histogram, [(6,)], real, alone=False, exact=False, bins=3, range=(-1, 2)),
    one(
        "histogram",
        histogram,
        [(6,)],
        positive,
        alone=False,
        exact=False,
        bins=[-1, 0, 1.5, 7],
        density=True,
    ),
]
