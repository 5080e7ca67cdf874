r"""The uniform distribution, on the interval from `loc` to `loc + scale`.

>>> float(logpdf(1.0, scale=4.0).round(6))  # -log 4
-1.386294
"""

from __future__ import annotations

import numpy as np

from autograd.scipy.stats._families import Continuous

_uniform = Continuous(
    "uniform",
    support=(0, 1),
    logpdf=lambda y: 0 * y,
    cdf=lambda y: y,
    sf=lambda y: 1 - y,
    logsf=lambda y: np.log1p(-y),
    entropy=lambda: 0.0,
)

pdf = _uniform.pdf
logpdf = _uniform.logpdf
cdf = _uniform.cdf
sf = _uniform.sf
logcdf = _uniform.logcdf
logsf = _uniform.logsf
entropy = _uniform.entropy
