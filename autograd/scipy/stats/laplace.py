r"""The Laplace distribution, of density :math:`e^{-|y|} / 2`, where y = (x - loc) / scale.

>>> float(logpdf(0.0).round(6))  # -log 2
-0.693147
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.scipy.stats._families import Continuous


def _cdf(y: Any) -> Any:
    right = y > 0
    half = 0.5 * np.exp(np.where(right, -y, y))
    return np.where(right, 1 - half, half)


def _logcdf(y: Any) -> Any:
    right = y > 0
    above = np.log1p(-0.5 * np.exp(np.where(right, -y, 0)))
    return np.where(right, above, y - math.log(2))


_laplace = Continuous(
    "laplace",
    logpdf=lambda y: -abs(y) - math.log(2),
    cdf=_cdf,
    sf=lambda y: _cdf(-y),
    logcdf=_logcdf,
    logsf=lambda y: _logcdf(-y),
    entropy=lambda: 1 + math.log(2),
)

pdf = _laplace.pdf
logpdf = _laplace.logpdf
cdf = _laplace.cdf
sf = _laplace.sf
logcdf = _laplace.logcdf
logsf = _laplace.logsf
entropy = _laplace.entropy
