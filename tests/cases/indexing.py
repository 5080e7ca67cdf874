"""Reading and writing parts."""

from __future__ import annotations

import numpy as np

import autograd as ag
from autograd.ops import indexing
from cases.kit import above_one, distinct, one, real


def scatter(x, index, shape):
    z = np.zeros(shape, x.dtype)
    np.add.at(z, index, x)
    return z


def index_update(x, y, index):
    z = x.copy()
    z[index] = y
    return z


def index_add(x, y, index):
    z = x.copy()
    np.add.at(z, index, y)
    return z


def written(write):
    """What a copy of `x` is after `write` changed it in place, as NumPy's function does."""

    def call(x, y, **static):
        z = np.copy(x)
        write(z, y, **static)
        return np.positive(z)

    return call


PUT_ALONG = written(lambda z, y, indices, axis: np.put_along_axis(z, indices, y, axis))
PUT = written(lambda z, y, ind, mode="raise": np.put(z, ind, y, mode))
PLACE = written(lambda z, y, mask: np.place(z, mask, y))
PUTMASK = written(lambda z, y, mask: np.putmask(z, mask, y))
COPYTO = written(lambda z, y, where: np.copyto(z, y, where=where))
FILL_DIAGONAL = written(lambda z, y, wrap=False: np.fill_diagonal(z, y, wrap))
ADD_AT = written(lambda z, y, index: np.add.at(z, index, y))


def choose(x, y, indices, mode="raise"):
    return np.choose(indices, [x, y, x * 2], mode=mode)


def select(x, y):
    return np.select([INDICES > 1, np.array([True, False, False])], [x, y], default=y[0])


def piecewise(x, factor):
    functions = [lambda x, _: np.exp(x), lambda x, factor: factor * x * x, -1.0]
    return np.piecewise(x, [x < -0.5, x > 0.5], functions, factor)


REPEATED = np.array([3, 0, 3])

ROWS, COLUMNS = np.array([[0], [2]]), np.array([1, 1, 3])

INDICES = np.array([[0, 2, 1], [1, 1, 0]])
MASK = np.array([[True, False, True], [False, True, True]])

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
    *(
        one("index_add", ag.index_add, shapes, real, index_add, False, False, index=index)
        for index, shapes in [
            (REPEATED, [(4, 5), (3, 5)]),
            ((slice(1, 3), REPEATED), [(4, 5), (3,)]),
            ((ROWS, COLUMNS), [(4, 5), ()]),
        ]
    ),
    one("index_add", ADD_AT, [(4, 5), (2, 5)], alone=False, index=REPEATED[1:]),
    *(
        one("take", np.take, [(3, 4)], alone=False, **static)
        for static in [
            {"indices": INDICES},
            {"indices": INDICES, "axis": 1},
            {"indices": REPEATED, "axis": -1},
            {"indices": 2, "axis": 0},
            {"indices": np.array([-5, 7]), "axis": 0, "mode": "wrap"},
            {"indices": np.array([-5, 1, 7]), "mode": "clip"},
        ]
    ),
    *(
        one("take_along_axis", np.take_along_axis, [shape], alone=False, **static)
        for shape, static in [
            ((2, 4), {"indices": INDICES, "axis": -1}),
            ((3, 3), {"indices": INDICES, "axis": 0}),
            ((1, 4), {"indices": INDICES, "axis": 1}),
            ((3, 4), {"indices": REPEATED, "axis": None}),
        ]
    ),
    *(
        one("put_along_axis", PUT_ALONG, shapes, alone=False, **static)
        for shapes, static in [
            ([(2, 4), (2, 3)], {"indices": INDICES, "axis": -1}),
            ([(3, 3), (3,)], {"indices": INDICES[:1], "axis": 0}),
            ([(3, 4), (3,)], {"indices": REPEATED, "axis": None}),
        ]
    ),
    one("put", PUT, [(3, 4), (2,)], alone=False, ind=[0, -1, 5]),
    one("put", PUT, [(3, 4), ()], alone=False, ind=np.array([[13], [-2]]), mode="wrap"),
    one("put", PUT, [(4,), (5,)], alone=False, ind=np.array([1, 9]), mode="clip"),
    one("place", PLACE, [(2, 3), (3,)], alone=False, mask=MASK),
    one("place", PLACE, [(2, 3), (9,)], alone=False, mask=MASK),
    one("putmask", PUTMASK, [(2, 3), (2, 3)], alone=False, mask=MASK),
    one("putmask", PUTMASK, [(2, 3), (4,)], alone=False, mask=MASK),
    one("copyto", COPYTO, [(2, 3), (3,)], alone=False, where=MASK),
    one("copyto", COPYTO, [(2, 3), (2, 1)], alone=False, where=True),
    one("fill_diagonal", FILL_DIAGONAL, [(3, 4), ()], alone=False),
    one("fill_diagonal", FILL_DIAGONAL, [(5, 2), (3,)], alone=False, wrap=True),
    one("choose", choose, [(2, 3), (3,)], alone=False, indices=INDICES),
    one("choose", choose, [(3,), ()], alone=False, indices=INDICES - 3, mode="wrap"),
    one("choose", choose, [(3,), ()], alone=False, indices=INDICES * 2, mode="clip"),
    one("compress", lambda x, by: np.compress(by, x), [(2, 3)], alone=False, by=[0, 1, 1, 0, 1]),
    one("compress", lambda x, by: np.compress(by, x, axis=1), [(2, 3)], by=[True, False, True]),
    one("extract", lambda x, by: np.extract(by, x), [(2, 3)], alone=False, by=MASK),
    one("select", select, [(2, 3), (3,)], alone=False),
    one("piecewise", piecewise, [(3, 4)], distinct, alone=False, factor=2.0),
    one("piecewise", piecewise, [()], above_one, alone=False, factor=2.0),
]
