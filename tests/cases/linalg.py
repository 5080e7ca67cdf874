"""Linear algebra."""

from __future__ import annotations

from operator import itemgetter

import numpy as np
import scipy.linalg

import autograd as ag
from autograd import linalg
from cases.kit import Case, nonzero, one, real


def regular(rng, shape):
    """Far from singular, with singular values far from each other."""
    spread = np.eye(*shape[-2:]) * np.arange(1.5, shape[-1] + 1.5)
    return spread + rng.uniform(-0.4, 0.4, shape)


def definite(rng, shape):
    """Positive definite in each triangle, with eigenvalues far from each other."""
    return regular(rng, shape) + np.eye(shape[-1]) * 0.5


def apart(rng, shape):
    """With real eigenvalues far from each other."""
    return np.eye(shape[-1]) * np.arange(2, 2 * shape[-1] + 1, 2) + rng.uniform(-0.4, 0.4, shape)


def reshaped(inner):
    return lambda rng, shape: regular(rng, inner).reshape(shape)


def dominated_by_row(k):
    return lambda rng, shape: real(rng, shape) + 8.0 * (np.arange(shape[0]) == k)[:, None]


def low_rank(rng, shape):
    left = rng.uniform(0.5, 1.5, (*shape[:-1], 1))
    return left * rng.uniform(0.5, 1.5, (*shape[:-2], 1, shape[-1]))


def in_reals(result):
    """NumPy 2.5 gives complex arrays also where all eigenvalues are real."""
    return result.real if isinstance(result, np.ndarray) and result.dtype.kind == "c" else result


def full(function, *parts):
    """What does not depend on the signs of vectors: given `parts`, functions of the result."""

    def call(x, **static):
        result = function(x, **static)
        return tuple(in_reals(part(*result)) for part in parts)

    return call


def names(name, shapes, domains=real, alone=False, exact=False, **static):
    """The namesakes in NumPy (or SciPy) and here."""
    theirs = getattr(np.linalg, name, None) or getattr(scipy.linalg, name)
    ours = getattr(linalg, name)
    return one(f"linalg.{name}", ours, shapes, domains, theirs, alone, exact, **static)


def vectors(name, shape, domain, parts, **static):
    """Of a factorization, functions that its choice of signs does not change."""
    ours, theirs = (full(getattr(m, name), *parts) for m in (linalg, np.linalg))
    return one(f"linalg.{name}", ours, [shape], domain, theirs, False, False, **static)


def least_squares(*shapes):
    ours, theirs = (
        lambda x, y, m=m: itemgetter(0, 1, 3)(m.lstsq(x, y)) for m in (linalg, np.linalg)
    )
    return one("linalg.lstsq", ours, [*shapes], (regular, real), theirs, False, False)


EIGEN = [lambda w, v: w, lambda w, v: v * v, lambda w, v: v[..., :1, :] * v]
SVD = [
    lambda u, s, vh: u[..., : s.shape[-1]] ** 2,
    lambda u, s, vh: s,
    lambda u, s, vh: vh[..., : s.shape[-1], :] ** 2,
    lambda u, s, vh: u[..., :1, : s.shape[-1]] * np.swapaxes(vh[..., : s.shape[-1], :1], -1, -2),
]
REST_U = [lambda u, s, vh: u[..., s.shape[-1] :] @ np.swapaxes(u[..., s.shape[-1] :], -1, -2)]
REST_V = [lambda u, s, vh: np.swapaxes(vh[..., 2:, :], -1, -2) @ vh[..., 2:, :]]
QR = [lambda q, r: q, lambda q, r: r]
QR_REST = [
    lambda q, r: q[..., : r.shape[-1]],
    lambda q, r: q[..., r.shape[-1] :] @ np.swapaxes(q[..., r.shape[-1] :], -1, -2),
    lambda q, r: r,
]

CASES: list[Case] = [
    *(names("inv", [s], regular, True) for s in [(3, 3), (2, 2, 2), (1, 1), (0, 0), (0, 2, 2)]),
    *(
        names("solve", [x, y], (regular, real), alone)
        for x, y, alone in [
            ((3, 3), (3,), True),
            ((3, 3), (3, 2), True),
            ((2, 3, 3), (3,), False),
            ((2, 1, 3, 3), (4, 3, 2), False),
            ((0, 0), (0,), True),
        ]
    ),
    *(names("pinv", [s], regular, True) for s in [(3, 2), (2, 3), (2, 2, 2), (0, 2)]),
    names("pinv", [(3, 3)], definite, hermitian=True, rtol=1e-12),
    *(
        least_squares(x, y)
        for x, y in [((4, 2), (4,)), ((4, 2), (4, 3)), ((2, 3), (2, 2)), ((2, 2), (2,))]
    ),
    *(names("det", [s], regular, True) for s in [(3, 3), (2, 2, 2), (1, 1), (0, 0)]),
    names("det", [(2, 3, 3)], low_rank, True),
    one("linalg.cofactor", linalg._cofactor, [(2, 3, 3)], regular),  # the gradient of det
    *(names("slogdet", [s], regular) for s in [(3, 3), (2, 2, 2), (0, 0)]),
    *(names("cholesky", [s], definite, True) for s in [(3, 3), (2, 2, 2), (0, 0)]),
    names("cholesky", [(3, 3)], definite, upper=True),
    *(vectors("qr", s, regular, QR) for s in [(3, 3), (4, 2), (2, 4), (2, 3, 2), (0, 0)]),
    vectors("qr", (4, 2), regular, QR_REST, mode="complete"),
    vectors("qr", (2, 3), regular, QR, mode="complete"),
    names("qr", [(3, 2)], regular, mode="r"),
    *(vectors("eigh", s, regular, EIGEN) for s in [(3, 3), (2, 2, 2), (1, 1), (0, 0)]),
    vectors("eigh", (3, 3), regular, EIGEN, UPLO="U"),
    *(names("eigvalsh", [s], regular, True) for s in [(3, 3), (2, 2, 2), (0, 0)]),
    names("eigvalsh", [(3, 3)], regular, True, UPLO="U"),
    *(vectors("eig", s, apart, EIGEN) for s in [(3, 3), (2, 2, 2)]),
    *(
        one(
            "linalg.eigvals",
            lambda x: in_reals(linalg.eigvals(x)),
            [s],
            apart,
            lambda x: in_reals(np.linalg.eigvals(x)),
            True,
            False,
        )
        for s in [(3, 3), (2, 2, 2)]
    ),
    *(
        vectors("svd", s, regular, SVD, full_matrices=False)
        for s in [(3, 3), (4, 2), (2, 3), (2, 3, 2), (0, 2)]
    ),
    vectors("svd", (4, 2), regular, SVD + REST_U),
    vectors("svd", (2, 4), regular, SVD + REST_V),
    names("svd", [(3, 2)], regular, True, compute_uv=False),
    vectors("svd", (3, 3), regular, SVD, hermitian=True),
    names("svd", [(3, 3)], regular, compute_uv=False, hermitian=True),
    *(names("svdvals", [s], regular, True) for s in [(3, 2), (2, 2, 3), (0, 2)]),
    # norms
    names("norm", [(2, 3, 2)], real, True),
    names("norm", [(5,)], real, True),
    names("norm", [(0,)], real, True),
    *(
        names("norm", [(3, 4)], nonzero, ord=ord, axis=axis, keepdims=keepdims)
        for ord, axis, keepdims in [
            (None, 0, False),
            (2, -1, True),
            (3, 1, False),
            (1.5, 0, True),
            (0.5, 1, False),
            (-2, 0, False),
            (1, -1, False),
            (np.inf, 0, True),
            (-np.inf, 1, False),
            (0, 1, False),
        ]
    ),
    *(
        names("norm", [(2, 3, 2)], regular, ord=ord, axis=axis, keepdims=keepdims)
        for ord, axis, keepdims in [
            (None, (0, 2), False),
            ("fro", (-1, 0), True),
            ("nuc", (1, 2), False),
            (2, (2, 1), True),
            (-2, (-2, -1), False),
            (1, (1, 2), False),
            (-1, (2, 0), True),
            (np.inf, (2, 1), False),
            (-np.inf, (0, 1), False),
        ]
    ),
    names("matrix_norm", [(2, 3, 2)], regular),
    names("matrix_norm", [(3, 2)], regular, ord="nuc", keepdims=True),
    names("vector_norm", [(2, 3, 2)], nonzero),
    names("vector_norm", [(2, 3, 2)], nonzero, axis=(2, 0), keepdims=True, ord=3),
    names("vector_norm", [(2, 3)], nonzero, axis=-1, ord=np.inf),
    *(names("cond", [(3, 3)], regular, p=p) for p in [None, -2, 1, "fro", "nuc"]),
    names("cond", [(2, 3, 2)], regular, p=2),
    names("cond", [(2, 2, 2)], regular, p=-np.inf),
    # products
    *(names("matrix_power", [(2, 3, 3)], regular, n=n) for n in [0, 1, 2, 5, -3]),
    *(
        one(
            "linalg.multi_dot",
            lambda *xs: linalg.multi_dot(xs),
            shapes,
            reference=lambda *xs: np.linalg.multi_dot(xs),
            alone=False,
            exact=False,
        )
        for shapes in [
            [(2, 3), (3, 4)],
            [(2, 3), (3, 4), (4, 2)],
            [(3,), (3, 4), (4, 2), (2,)],
            [(3,), (3, 4), (4, 2)],
            [(2, 3), (3, 0), (0, 2), (2,)],
        ]
    ),
    names("matmul", [(2, 3), (4, 3, 2)]),
    names("matrix_transpose", [(2, 3, 4)], alone=True, exact=True),
    names("tensordot", [(2, 3, 4), (3, 4, 2)], axes=2),
    names("tensordot", [(2, 3), (3, 2)], axes=((0, 1), (1, 0))),
    names("vecdot", [(2, 3), (3,)]),
    names("vecdot", [(2, 3), (2, 3)], axis=0),
    names("outer", [(2,), (3,)]),
    names("cross", [(2, 3), (3,)]),
    names("cross", [(3, 2), (3, 2)], axis=0),
    one("cross", ag.cross, [(2, 3), (4, 1, 3)], reference=np.cross, alone=False),
    one(
        "cross",
        ag.cross,
        [(3, 2), (2, 3)],
        reference=np.cross,
        alone=False,
        axisa=0,
        axisb=-1,
        axisc=0,
    ),
    names("tensorsolve", [(2, 3, 6), (2, 3)], (reshaped((6, 6)), real)),
    names("tensorsolve", [(6, 2, 3), (2, 3)], (reshaped((6, 6)), real), axes=(0,)),
    names("tensorinv", [(2, 3, 6)], reshaped((6, 6)), ind=2),
    names("tensorinv", [(6, 3, 2)], reshaped((6, 6)), ind=1),
    names("trace", [(2, 3, 4)]),
    names("trace", [(3, 4)], offset=1, dtype=np.float64),
    one("trace", ag.trace, [(3, 4)], reference=np.trace, alone=False, exact=False),
    one(
        "trace",
        ag.trace,
        [(2, 3, 2)],
        reference=np.trace,
        alone=False,
        exact=False,
        offset=-1,
        axis1=-1,
        axis2=0,
    ),
    names("diagonal", [(2, 3, 4)], offset=1),
    # what only SciPy has
    *(
        names("solve_triangular", [x, y], (regular, real), alone, **static)
        for x, y, alone, static in [
            ((3, 3), (3,), True, {}),
            ((3, 3), (3, 2), True, {"lower": True, "trans": 1}),
            ((3, 3), (3, 2), True, {"trans": "T", "unit_diagonal": True}),
            ((2, 3, 3), (2, 3, 2), True, {"lower": True, "unit_diagonal": True}),
            ((2, 3, 3), (3,), False, {"trans": 2}),
        ]
    ),
    *(
        one(
            "linalg.cho_solve",
            lambda x, y, lower, m=linalg: m.cho_solve(m.cho_factor(x, lower), y),
            [(3, 3), y],
            (definite, real),
            lambda x, y, lower, m=scipy.linalg: m.cho_solve(m.cho_factor(x, lower), y),
            False,
            False,
            lower=lower,
        )
        for y, lower in [((3,), False), ((3, 2), True)]
    ),
    *(
        one(
            "linalg.solve_banded",
            lambda x, y, l_and_u, m=linalg: m.solve_banded(l_and_u, x, y),
            [(sum(l_and_u) + 1, 4), y],
            (dominated_by_row(l_and_u[1]), real),
            lambda x, y, l_and_u, m=scipy.linalg: m.solve_banded(l_and_u, x, y),
            exact=False,
            l_and_u=l_and_u,
        )
        for l_and_u, y in [((1, 2), (4,)), ((2, 1), (4, 2)), ((0, 1), (4, 2))]
    ),
    names("solve_sylvester", [(3, 3), (2, 2), (3, 2)], (regular, regular, real), True),
    names("expm", [(3, 3)], alone=True),
    names("expm", [(2, 2, 2)], alone=True),
    names("sqrtm", [(3, 3)], definite, True),
    names("sqrtm", [(2, 2, 2)], definite, True),
    names("block_diag", [(2, 3), (1, 2), (3,), ()], alone=True, exact=True),
    names("block_diag", [(2, 1, 2), (3, 1)]),
    names("toeplitz", [(3,)], exact=True),
    names("toeplitz", [(3,), (4,)], exact=True),
    names("toeplitz", [(2, 3), (2, 2)], exact=True),
]
