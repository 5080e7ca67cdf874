r"""The distribution of a sum of `df` squares of normal variables: gamma of df / 2, stretched by 2.

The derivatives of its probabilities with respect to `df` have no closed form and are refused.

>>> float(sf(2.0, 2).round(6))  # 1 / e
0.367879
"""

from __future__ import annotations

from typing import Any

from autograd.scipy.stats import gamma
from autograd.scipy.stats._families import INFINITY, Continuous


def _halved(function: Any) -> Any:
    return lambda y, df: function(0.5 * y, 0.5 * df)


_chi2 = Continuous(
    "chi2",
    ["df"],
    (0, INFINITY),
    logpdf=lambda y, df: gamma.logpdf(y, 0.5 * df, scale=2),
    cdf=_halved(gamma.cdf),
    sf=_halved(gamma.sf),
    entropy=lambda df: gamma.entropy(0.5 * df, scale=2),
)

pdf = _chi2.pdf
logpdf = _chi2.logpdf
cdf = _chi2.cdf
sf = _chi2.sf
logcdf = _chi2.logcdf
logsf = _chi2.logsf
entropy = _chi2.entropy
