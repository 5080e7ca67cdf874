r"""The gamma distribution, of density :math:`y^{a-1} e^{-y} / \Gamma(a)` on y > 0.

The derivatives of its probabilities with respect to `a` have no closed form and are refused.

>>> float(logpdf(2.0, 1.0, scale=2.0).round(6))  # -1 - log 2
-1.693147
"""

from __future__ import annotations

from autograd import special
from autograd.scipy.stats._families import INFINITY, Continuous

_gamma = Continuous(
    "gamma",
    ["a"],
    (0, INFINITY),
    logpdf=lambda y, a: special.xlogy(a - 1, y) - y - special.gammaln(a),
    cdf=lambda y, a: special.gammainc(a, y),
    sf=lambda y, a: special.gammaincc(a, y),
    entropy=lambda a: a + special.gammaln(a) + (1 - a) * special.psi(a),
)

pdf = _gamma.pdf
logpdf = _gamma.logpdf
cdf = _gamma.cdf
sf = _gamma.sf
logcdf = _gamma.logcdf
logsf = _gamma.logsf
entropy = _gamma.entropy
