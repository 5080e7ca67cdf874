r"""The Bernoulli distribution: 1 with probability `p`, else 0.

>>> float(logpmf(1, 0.5).round(6))  # -log 2
-0.693147
"""

from __future__ import annotations

from autograd import special
from autograd.scipy.stats._families import Discrete

_bernoulli = Discrete(
    "bernoulli",
    ["p"],
    integers=0,
    fills=[0.5],
    invalid=lambda p: ~((p >= 0) & (p <= 1)),
    upper=lambda p: 1,
    logpmf=lambda k, p: special.xlogy(k, p) + special.xlog1py(1 - k, -p),
    cdf=lambda k, p: 1 - p,
    sf=lambda k, p: p,
)

pmf = _bernoulli.pmf
logpmf = _bernoulli.logpmf
cdf = _bernoulli.cdf
sf = _bernoulli.sf
logcdf = _bernoulli.logcdf
logsf = _bernoulli.logsf
