r"""The distribution of :math:`e^{sy}` for a normal y, times `scale`.

>>> float(cdf(2.0, 0.7, scale=2.0))
0.5
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import special
from autograd.scipy.stats._families import INFINITY, Continuous


def _logpdf(y: Any, s: Any) -> Any:
    log = np.log(y)
    return -0.5 * (log / s) ** 2 - log - np.log(s) - 0.5 * math.log(2 * math.pi)


_lognorm = Continuous(
    "lognorm",
    ["s"],
    (0, INFINITY),
    open=True,
    logpdf=_logpdf,
    cdf=lambda y, s: special.ndtr(np.log(y) / s),
    sf=lambda y, s: special.ndtr(-np.log(y) / s),
    logcdf=lambda y, s: special.log_ndtr(np.log(y) / s),
    logsf=lambda y, s: special.log_ndtr(-np.log(y) / s),
    entropy=lambda s: 0.5 * math.log(2 * math.pi * math.e) + np.log(s),
)

pdf = _lognorm.pdf
logpdf = _lognorm.logpdf
cdf = _lognorm.cdf
sf = _lognorm.sf
logcdf = _lognorm.logcdf
logsf = _lognorm.logsf
entropy = _lognorm.entropy
