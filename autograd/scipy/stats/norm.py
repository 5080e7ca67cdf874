r"""The normal distribution, of density :math:`e^{-y^2/2} / \sqrt{2\pi}` at y = (x - loc) / scale.

>>> float(logpdf(1.0, loc=1.0, scale=2.0).round(6))
-1.612086
"""

from __future__ import annotations

import math

from autograd import special
from autograd.scipy.stats._families import Continuous

_norm = Continuous(
    "norm",
    logpdf=lambda y: -0.5 * y * y - 0.5 * math.log(2 * math.pi),
    cdf=lambda y: special.ndtr(y),
    sf=lambda y: special.ndtr(-y),
    logcdf=lambda y: special.log_ndtr(y),
    logsf=lambda y: special.log_ndtr(-y),
    entropy=lambda: 0.5 * math.log(2 * math.pi * math.e),
)

pdf = _norm.pdf
logpdf = _norm.logpdf
cdf = _norm.cdf
sf = _norm.sf
logcdf = _norm.logcdf
logsf = _norm.logsf
entropy = _norm.entropy
