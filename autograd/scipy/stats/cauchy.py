r"""The Cauchy distribution, of density :math:`1 / (\pi (1 + y^2))`, where y = (x - loc) / scale.

>>> float(cdf(1.0))
0.75
"""

from __future__ import annotations

import math

import numpy as np

from autograd.scipy.stats._families import Continuous

_cauchy = Continuous(
    "cauchy",
    logpdf=lambda y: -math.log(math.pi) - np.log1p(y * y),
    cdf=lambda y: np.arctan2(1, -y) / math.pi,
    sf=lambda y: np.arctan2(1, y) / math.pi,
    entropy=lambda: math.log(4 * math.pi),
)

pdf = _cauchy.pdf
logpdf = _cauchy.logpdf
cdf = _cauchy.cdf
sf = _cauchy.sf
logcdf = _cauchy.logcdf
logsf = _cauchy.logsf
entropy = _cauchy.entropy
