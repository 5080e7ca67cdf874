"""Reading and writing parts."""

from __future__ import annotations

import numpy as np

import autograd as ag
from autograd.ops import indexing
from cases.kit import one, real


def scatter(x, index, shape):
    z = np.zeros(shape, x.dtype)
    np.add.at(z, index, x)
    return z


def index_update(x, y, index):
    z = x.copy()
    z[index] = y
    return z


REPEATED = np.array([3, 0, 3])

ROWS, COLUMNS = np.array([[0], [2]]), np.array([1, 1, 3])

CASES = [
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
