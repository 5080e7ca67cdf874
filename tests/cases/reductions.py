"""Functions that combine the elements along axes."""

from __future__ import annotations

import numpy as np

import autograd as ag
from cases.kit import REDUCTIONS, distinct, nonzero, one, real, reduction


def softmax(x, axis=-1):
    e = np.exp(x)
    return e / np.sum(e, axis=axis, keepdims=True)


def log_softmax(x, axis=-1):
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def logsumexp(x, axis=None, keepdims=False):
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


EMPTY_REDUCTIONS = [((0,), None), ((0, 3), 0), ((2, 0, 3), (0, 1))]  # what has a neutral element

CASES = [
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
