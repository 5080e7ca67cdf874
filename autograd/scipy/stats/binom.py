r"""The binomial distribution: k successes in `n` trials, each of probability `p`.

>>> float(pmf(1, 2, 0.5).round(6))
0.5
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import special
from autograd.scipy.stats._families import Discrete
from autograd.special import gammaln


def _logpmf(k: Any, n: Any, p: Any) -> Any:
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return ways + special.xlogy(k, p) + special.xlog1py(n - k, -p)


_binom = Discrete(
    "binom",
    ["n", "p"],
    integers=1,
    fills=[1, 0.5],
    invalid=lambda n, p: ~((n >= 0) & (n == np.floor(n)) & (p >= 0) & (p <= 1)),
    upper=lambda n, p: n,
    logpmf=_logpmf,
    cdf=lambda k, n, p: special.betaincc(k + 1, n - k, p),
    sf=lambda k, n, p: special.betainc(k + 1, n - k, p),
)

pmf = _binom.pmf
logpmf = _binom.logpmf
cdf = _binom.cdf
sf = _binom.sf
logcdf = _binom.logcdf
logsf = _binom.logsf
