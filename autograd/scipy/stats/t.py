r"""Student's distribution, of density proportional to :math:`(1 + y^2/\nu)^{-(\nu+1)/2}`.

The derivatives of its probabilities with respect to :math:`\nu`, `df`,
have no closed form and are refused.

>>> float(cdf(0.0, 3.0))
0.5
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import special
from autograd.scipy.stats._families import Continuous


def _logpdf(y: Any, df: Any) -> Any:
    ratio = special.poch(0.5 * df, np.zeros_like(df) + 0.5)
    tail = 0.5 * (df + 1) * np.log1p(y * y / df)
    return np.log(ratio) - 0.5 * np.log(math.pi * df) - tail


def _entropy(df: Any) -> Any:
    half, more = 0.5 * df, 0.5 * (df + 1)
    spread = more * (special.psi(more) - special.psi(half))
    return spread + 0.5 * np.log(df) + special.betaln(half, np.zeros_like(df) + 0.5)


_t = Continuous(
    "t",
    ["df"],
    logpdf=_logpdf,
    cdf=lambda y, df: special.stdtr(df, y),
    sf=lambda y, df: special.stdtr(df, -y),
    entropy=_entropy,
)

pdf = _t.pdf
logpdf = _t.logpdf
cdf = _t.cdf
sf = _t.sf
logcdf = _t.logcdf
logsf = _t.logsf
entropy = _t.entropy
