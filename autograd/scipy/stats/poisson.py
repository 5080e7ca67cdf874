r"""The Poisson distribution, of probabilities :math:`\mu^k e^{-\mu} / k!`.

>>> float(logpmf(0, 2.5))
-2.5
"""

from __future__ import annotations

from autograd import special
from autograd.scipy.stats._families import INFINITY, Discrete

_poisson = Discrete(
    "poisson",
    ["mu"],
    integers=0,
    fills=[0.5],
    invalid=lambda mu: ~(mu >= 0),
    upper=lambda mu: INFINITY,
    logpmf=lambda k, mu: special.xlogy(k, mu) - special.gammaln(k + 1) - mu,
    cdf=lambda k, mu: special.gammaincc(k + 1, mu),
    sf=lambda k, mu: special.gammainc(k + 1, mu),
)

pmf = _poisson.pmf
logpmf = _poisson.logpmf
cdf = _poisson.cdf
sf = _poisson.sf
logcdf = _poisson.logcdf
logsf = _poisson.logsf
