"""Functions of sequences."""

from __future__ import annotations

import numpy as np

from cases.kit import NUMBER, between, distinct, nonzero, one, positive, real


def rising(rng, shape):
    """Unevenly spaced knots, no two closer than 0.5."""
    return np.cumsum(rng.uniform(0.5, 1.5, shape))


def around(rng, shape):
    """Inside, before and after such knots, but not on one."""
    return rng.uniform(-0.5, 6.5, shape)


def prepended(x, before, after, **static):
    return np.diff(x, prepend=before, append=after, **static)


def weighted_cov(x, aweights, fweights):
    return np.cov(x, fweights=fweights, aweights=aweights)


def apply_along_axis(x, axis):
    return np.apply_along_axis(lambda row, k: row[:k, None] * row, axis, x, 2)


CASES = [
    *(
        one("diff", np.diff, [shape], real, alone=False, **static)
        for shape, static in [
            ((5,), {}),
            ((4, 3), {"n": 2, "axis": 0}),
            ((3, 2), {"n": 3, "axis": 0}),
            ((3, 0), {"axis": 0}),
        ]
    ),
    one("diff", prepended, [(2, 3), (), (2, 2)], real, alone=False, axis=1),
    one("diff", prepended, [(2, 3), (1, 3), ()], real, alone=False, axis=0, n=2),
    one("ediff1d", lambda x: np.ediff1d(x), [(2, 3)], real, alone=False),
    one(
        "ediff1d",
        lambda x, end, begin: np.ediff1d(x, to_end=end, to_begin=begin),
        [(4,), (2,), ()],
        real,
        alone=False,
    ),
    *(
        one("gradient", np.gradient, [shape], real, alone=False, exact=False, **static)
        for shape, static in [
            ((4, 3), {}),
            ((2,), {}),
            ((3, 5), {"axis": 1, "edge_order": 2}),
            ((4, 3), {"axis": (-1, 0), "edge_order": 2}),
        ]
    ),
    *(
        one(
            "gradient",
            lambda x, *spacing, **static: np.gradient(x, *spacing, **static),
            shapes,
            (real, *domains),
            alone=False,
            exact=False,
            **static,
        )
        for shapes, domains, static in [
            ([(4, 3), ()], [positive], {}),
            ([(4, 3), (4,), ()], [rising, positive], {"edge_order": 2}),
            ([(2, 5, 2), (5,)], [rising], {"axis": 1}),
        ]
    ),
    one("trapezoid", np.trapezoid, [(2, 4)], real, alone=False, dx=0.5),
    one("trapezoid", np.trapezoid, [(3, 2)], real, alone=False, axis=0),
    one("trapezoid", lambda y, x: np.trapezoid(y, x), [(2, 4), (4,)], real, alone=False),
    one(
        "trapezoid",
        lambda y, x, axis: np.trapezoid(y, x, axis=axis),
        [(3, 2, 2), (3, 1, 2)],
        real,
        alone=False,
        axis=0,
    ),
    *(
        one("interp", np.interp, shapes, (around, rising, real), alone=False, exact=False, **static)
        for shapes, static in [
            ([(3, 4), (5,), (5,)], {}),
            ([(9,), (5,), (5,)], {"left": -7.0, "right": 7}),
            ([(7,), (1,), (1,)], {}),
            ([(9,), (5,), (5,)], {"period": 3.3}),
        ]
    ),
    one("unwrap", np.unwrap, [(3, 4)], distinct, axis=0),
    one("unwrap", np.unwrap, [(6,)], between(-9, 9), discont=4.0, period=5.0),
    *(
        one(name, getattr(np, name), shapes, real, alone=False, exact=False, mode=mode)
        for name in ("convolve", "correlate")
        for shapes, mode in [
            ([(5,), (3,)], "full"),
            ([(2,), (5,)], "full"),
            ([(5,), (4,)], "same"),
            ([(4,), (5,)], "same"),
            ([(3,), (3,)], "valid"),
            ([(2,), (5,)], "valid"),
        ]
    ),
    one("polyval", np.polyval, [(3,), (2, 2)], real, alone=False),
    one("polyval", np.polyval, [(4,), ()], real, alone=False),
    one("cov", np.cov, [(3, 4), (4,)], real, alone=False, exact=False),
    one("cov", np.cov, [(4, 2), (4, 1)], real, alone=False, exact=False, rowvar=False, bias=True),
    one("cov", np.cov, [(4,), (4,)], real, alone=False, exact=False, ddof=0),
    one(
        "cov",
        weighted_cov,
        [(2, 4), (4,)],
        (real, positive),
        alone=False,
        exact=False,
        fweights=np.array([1, 3, 0, 2]),
    ),
    one("corrcoef", np.corrcoef, [(3, 4)], real, alone=False, exact=False),
    one("corrcoef", np.corrcoef, [(5, 2)], real, alone=False, exact=False, rowvar=False),
    one("linspace", np.linspace, [(), ()], real, alone=False, exact=False, num=4),
    one("linspace", np.linspace, [(3,), (2, 1)], real, alone=False, exact=False, num=3, axis=-1),
    one("linspace", np.linspace, [(2,), ()], real, alone=False, exact=False, num=1),
    one("linspace", np.linspace, [(2,), NUMBER], real, alone=False, exact=False, num=0),
    one(
        "linspace",
        np.linspace,
        [(2,), (2,)],
        real,
        alone=False,
        exact=False,
        num=3,
        endpoint=False,
        retstep=True,
    ),
    one("apply_along_axis", apply_along_axis, [(3, 2, 2)], real, alone=False, axis=0),
    one(
        "apply_over_axes",
        lambda x: np.apply_over_axes(np.sum, x, (0, 2)),
        [(2, 3, 2)],
        real,
        alone=False,
        exact=False,
    ),
    one("real", np.real, [(3,)], real),
    one("imag", np.imag, [(3,)], real),
    one("conjugate", np.conj, [(3,)], real),
    one("angle", np.angle, [(5,)], nonzero),
    one("angle", np.angle, [(5,)], nonzero, deg=True),
]
