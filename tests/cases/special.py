"""The special functions of SciPy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.special as sp

import autograd as ag
from autograd import special
from cases.kit import (
    NUMBER,
    Case,
    Domain,
    between,
    inside_unit,
    nonzero,
    off_integers,
    one,
    positive,
    real,
)

probability = between(0.1, 0.9)
large = between(2.5, 6)


def of(name: str, *domains: Domain, shapes=None, exact=True) -> Iterator[Case]:
    """The function at the given arguments; if there are several, broadcast too."""
    count = len(domains)
    together = [((2, 3),) * count, ((),) * count]
    broadcast = [((3, 1), (4,), ())[:count], ((2, 0), (2, 1), (2, 1))[:count]]
    for given in shapes or together + (broadcast if count > 1 else []):
        call, reference = getattr(special, name), getattr(sp, name)
        alone = given in together or count == 1
        yield Case(f"special.{name}", call, reference, domains, given, {}, alone, exact)


def at(name: str, domain: Domain, reference=None, **static) -> list[Case]:
    """The function of its last argument, at fixed values of the others."""
    call, reference = getattr(special, name), reference or getattr(sp, name)
    broadcast = any(map(np.ndim, static.values()))
    return [
        one(
            f"special.{name}",
            lambda x, **fixed: call(*fixed.values(), x),
            [shape],
            domain,
            lambda x, **fixed: reference(*fixed.values(), x),
            alone=shape != () or not broadcast,
            **static,
        )
        for shape in ((2, 3), ())
    ]


def polygamma(n, x):
    """SciPy's is float64 for any x."""
    return sp.polygamma(n, x).astype(np.result_type(x))


def multigammaln(x, d):
    return sp.multigammaln(x, d).astype(np.result_type(x))


def logsumexp(name, *domains, shapes, **static):
    return one(
        f"special.{name}",
        lambda x, b=None, **given: special.logsumexp(x, b=b, **given),
        shapes,
        domains,
        lambda x, b=None, **given: sp.logsumexp(x, b=b, **given),
        alone=False,
        exact=False,
        **static,
    )


def over_axes(name, shape, axis):
    call, reference = getattr(special, name), getattr(sp, name)
    return one(f"special.{name}", call, [shape], real, reference, False, False, axis=axis)


ORDERS = np.array([0.5, 1.0, 2.25])

CASES = [
    one("i0", np.i0, [(3, 4)]),
    one("i0", ag.i0, [()], reference=np.i0),
    one("i0", np.i0, [(0, 3)]),
    one("i0", np.i0, [(3,)], between(8.5, 12)),
    *of("expit", real),
    *of("logit", probability),
    *of("log_expit", real),
    *of("erf", real),
    *of("erf", real, shapes=[((0, 3),)]),
    *of("erfc", real),
    *of("erfcx", real),
    one("special.erfcx_far", special.erfcx, [(5,)], between(21, 30), sp.erfcx),
    *of("erfi", real),
    *of("dawsn", real),
    *of("dawsn", between(-30, -21), shapes=[((5,),)]),
    *of("erfinv", inside_unit),
    *of("erfcinv", between(0.1, 1.9)),
    *of("ndtr", real),
    *of("ndtri", probability),
    *of("log_ndtr", nonzero),
    *of("log_ndtr", between(-30, -10), shapes=[((5,),)]),
    *of("gamma", positive),
    *of("gamma", off_integers, shapes=[((4,),)]),
    *of("gammaln", positive),
    *of("gammaln", off_integers, shapes=[((4,),)]),
    *of("loggamma", positive),
    *of("rgamma", real),
    *of("rgamma", lambda rng, shape: -rng.permutation(3).astype(float), shapes=[((3,),)]),
    *of("gammasgn", off_integers),
    *of("psi", positive),
    *of("psi", off_integers, shapes=[((4,),)]),
    *at("polygamma", positive, polygamma, n=1),
    *at("polygamma", off_integers, polygamma, n=0),
    *at("polygamma", positive, polygamma, n=np.array([0, 1, 3])),
    *of("poch", positive, positive),
    *of("beta", positive, positive),
    *of("betaln", positive, positive),
    one(
        "special.multigammaln",
        special.multigammaln,
        [(2, 3)],
        large,
        multigammaln,
        False,
        False,
        d=3,
    ),
    one("special.multigammaln", special.multigammaln, [()], large, multigammaln, False, False, d=1),
    *at("zeta", positive, s=2.5),
    *at("gammainc", positive, a=2.5),
    *at("gammainc", positive, a=np.array([0.5, 1.0, 3.0])),
    *at("gammaincc", positive, a=0.5),
    *at("gammaincinv", probability, a=2.5),
    *at("gammainccinv", probability, a=0.5),
    *at("betainc", probability, a=2.0, b=np.array([0.5, 1.0, 3.0])),
    *at("betaincc", probability, a=0.5, b=2.0),
    *at("betaincinv", probability, a=1.5, b=2.0),
    *at("stdtr", real, df=3.0),
    *at("stdtr", real, df=np.array([0.5, 1.0, 30.0])),
    *of("j0", nonzero),
    *of("j1", nonzero),
    *at("jv", positive, v=0),
    *at("jn", positive, v=ORDERS),
    *of("y0", positive),
    *of("y1", positive),
    *at("yn", positive, n=2),
    *at("yv", positive, v=ORDERS),
    *of("i0", real),
    *of("i1", real),
    *at("iv", positive, v=ORDERS),
    *of("i0e", nonzero),
    *of("i1e", nonzero),
    *at("ive", positive, v=ORDERS),
    *of("k0", positive),
    *of("k1", positive),
    *at("kv", positive, v=ORDERS),
    *of("k0e", positive),
    *of("k1e", positive),
    *at("kve", positive, v=2),
    *of("cbrt", nonzero, shapes=[((2, 3),)], exact=False),
    *of("exp2", real, shapes=[((2, 3),)], exact=False),
    *of("expm1", real, shapes=[((2, 3),)], exact=False),
    *of("log1p", positive, shapes=[((2, 3),)], exact=False),
    *of("exp10", real),
    *of("exp1", positive),
    *of("expi", nonzero),
    *at("expn", positive, n=2),
    *at("expn", positive, n=np.array([0, 1, 3])),
    *of("exprel", real),
    *of("exprel", lambda rng, shape: np.zeros(shape), shapes=[((2,),)]),
    *of("cosm1", real),
    *at("hyp0f1", real, v=1.5),
    *at("hyp1f1", real, a=0.5, b=1.5),
    *at("hyp2f1", between(-0.8, 0.8), a=0.5, b=1.5, c=2.5),
    *of("xlogy", real, positive),
    *of("xlogy", real, positive, shapes=[(NUMBER, (2, 3)), ((2, 3), NUMBER)]),
    *of("xlog1py", real, between(-0.6, 2)),
    *of("entr", positive),
    *of("rel_entr", positive, positive),
    *of("kl_div", positive, positive),
    logsumexp("logsumexp", real, shapes=[(2, 3, 4)]),
    logsumexp("logsumexp", real, shapes=[(2, 3, 4)], axis=(0, -1), keepdims=True),
    logsumexp("logsumexp_of_weights", real, positive, shapes=[(2, 3), (2, 3)], axis=1),
    logsumexp("logsumexp_of_weights", real, positive, shapes=[(2, 1), (3,)]),
    logsumexp("logsumexp", real, shapes=[(2, 3)], axis=0, b=np.array([[1.0, 0.0, 0.5], [2, 3, 0]])),
    logsumexp("logsumexp", real, shapes=[()], b=2.0),
    one(
        "special.logsumexp_and_sign",
        lambda x, b, axis: special.logsumexp(x, axis, b, return_sign=True),
        [(3, 2)],
        real,
        lambda x, b, axis: sp.logsumexp(x, axis, b, return_sign=True),
        False,
        False,
        b=np.array([-1.0, 0.25]),
        axis=1,
    ),
    over_axes("softmax", (2, 3), None),
    over_axes("softmax", (2, 3), 1),
    over_axes("log_softmax", (2, 3), None),
    over_axes("log_softmax", (2, 3), 0),
    *of("huber", between(0.9, 1.1), between(-0.8, 0.8)),
    *of("huber", between(0.9, 1.1), between(1.3, 2), shapes=[((3,), (3,))]),
    *of("huber", between(0.9, 1.1), between(-2, -1.3), shapes=[(NUMBER, (2, 3))]),
    *of("pseudo_huber", positive, real),
    *of("boxcox", positive, real),
    *of("boxcox", positive, lambda rng, shape: np.zeros(shape), shapes=[((3,), (3,))]),
    *of("boxcox1p", positive, real),
    *of("inv_boxcox", positive, between(-0.3, 2)),
    *of("inv_boxcox", positive, lambda rng, shape: np.zeros(shape), shapes=[((3,), (3,))]),
    *of("inv_boxcox1p", positive, between(-0.3, 2)),
]
