r"""The logistic distribution, whose probabilities are :math:`1 / (1 + e^{-y})`.

>>> float(cdf(3.0, loc=3.0))
0.5
"""

from __future__ import annotations

from autograd.scipy.stats._families import Continuous
from autograd.special import expit, log_expit

_logistic = Continuous(
    "logistic",
    logpdf=lambda y: log_expit(y) + log_expit(-y),
    cdf=lambda y: expit(y),
    sf=lambda y: expit(-y),
    logcdf=lambda y: log_expit(y),
    logsf=lambda y: log_expit(-y),
    entropy=lambda: 2.0,
)

pdf = _logistic.pdf
logpdf = _logistic.logpdf
cdf = _logistic.cdf
sf = _logistic.sf
logcdf = _logistic.logcdf
logsf = _logistic.logsf
entropy = _logistic.entropy
