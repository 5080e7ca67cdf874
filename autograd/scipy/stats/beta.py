r"""The beta distribution, of density proportional to :math:`y^{a-1} (1-y)^{b-1}` on (0, 1).

The derivatives of its probabilities with respect to `a` and `b` have no closed form and are
refused.

>>> float(cdf(0.5, 2.0, 2.0))
0.5
"""

from __future__ import annotations

from typing import Any

from autograd import special
from autograd.scipy.stats._families import Continuous
from autograd.special import psi


def _logpdf(y: Any, a: Any, b: Any) -> Any:
    return special.xlogy(a - 1, y) + special.xlog1py(b - 1, -y) - special.betaln(a, b)


def _entropy(a: Any, b: Any) -> Any:
    both = (a + b - 2) * psi(a + b)
    return special.betaln(a, b) - (a - 1) * psi(a) - (b - 1) * psi(b) + both


_beta = Continuous(
    "beta",
    ["a", "b"],
    (0, 1),
    logpdf=_logpdf,
    cdf=lambda y, a, b: special.betainc(a, b, y),
    sf=lambda y, a, b: special.betaincc(a, b, y),
    entropy=_entropy,
)

pdf = _beta.pdf
logpdf = _beta.logpdf
cdf = _beta.cdf
sf = _beta.sf
logcdf = _beta.logcdf
logsf = _beta.logsf
entropy = _beta.entropy
