"""Distributions with differentiable densities and probabilities, a module each, as in SciPy.

``norm.logpdf(x, loc, scale)`` and the like have SciPy's names, parameters and values, of plain
arrays and of Tensors; float32 stays float32.
"""

from typing import Any

import scipy.stats

from autograd.scipy.stats import (
    bernoulli as bernoulli,
    beta as beta,
    binom as binom,
    cauchy as cauchy,
    chi2 as chi2,
    dirichlet as dirichlet,
    expon as expon,
    gamma as gamma,
    laplace as laplace,
    logistic as logistic,
    lognorm as lognorm,
    multivariate_normal as multivariate_normal,
    norm as norm,
    poisson as poisson,
    t as t,
    uniform as uniform,
)


def __getattr__(name: str) -> Any:
    return getattr(scipy.stats, name)
