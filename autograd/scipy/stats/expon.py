r"""The exponential distribution, of density :math:`e^{-y}` on y > 0, where y = (x - loc) / scale.

>>> float(sf(3.0, scale=3.0).round(6))  # 1 / e
0.367879
"""

from __future__ import annotations

import numpy as np

from autograd.scipy.stats._families import INFINITY, Continuous

_expon = Continuous(
    "expon",
    support=(0, INFINITY),
    logpdf=lambda y: -y,
    cdf=lambda y: -np.expm1(-y),
    sf=lambda y: np.exp(-y),
    logsf=lambda y: -y,
    entropy=lambda: 1.0,
)

pdf = _expon.pdf
logpdf = _expon.logpdf
cdf = _expon.cdf
sf = _expon.sf
logcdf = _expon.logcdf
logsf = _expon.logsf
entropy = _expon.entropy
