r"""The Dirichlet distribution of vectors that add up to 1.

.. math:: p(x) = \frac{\Gamma(\sum_i \alpha_i)}{\prod_i \Gamma(\alpha_i)} \prod_i x_i^{\alpha_i - 1}

>>> import numpy as np
>>> float(pdf(np.array([0.2, 0.3, 0.5]), np.ones(3)).round(6))
2.0
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import describe
from autograd.functions import detach
from autograd.special import gammaln, psi, xlogy


def _checked(alpha: Any) -> Any:
    if np.ndim(alpha) != 1 or not np.all(np.greater(alpha, 0)):
        raise ValueError(
            f"dirichlet: alpha must be a vector of positive numbers, received shape "
            f"{np.shape(alpha)}."
        )
    return np.asarray(alpha, float) if isinstance(alpha, (list, tuple)) else alpha


def _log_normalization(alpha: Any) -> Any:
    return np.sum(gammaln(alpha)) - gammaln(np.sum(alpha))


def logpdf(x: Any, alpha: Any) -> Any:
    """The logarithm of the density at the vectors along the first axis of `x`.

    The last element of each may be left out, and is then 1 less the sum of the others. Raises
    ValueError for what is no such vector.

    >>> float(logpdf(np.array([0.2, 0.3]), np.ones(3)).round(6))  # log 2
    0.693147
    """
    alpha = _checked(alpha)
    x = np.asarray(x, float) if isinstance(x, (list, tuple)) else x
    if np.ndim(x) and x.shape[0] == alpha.shape[0] - 1:
        x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)], axis=0)
    values = np.asarray(detach(x))
    exponents = np.reshape(alpha - 1, (-1,) + (1,) * (values.ndim - 1))
    if (
        values.ndim not in (1, 2)
        or len(values) != len(alpha)
        or np.any(values < 0)
        or np.any(abs(np.sum(values, axis=0) - 1) > 1e-9)
        or np.any((values == 0) & (np.asarray(detach(exponents)) < 0))
    ):
        raise ValueError(
            f"dirichlet: x must hold {len(alpha)} (or one less) numbers from 0 to 1 along its "
            "first axis that add up to 1, none of them 0 where alpha is below 1, received "
            f"{describe(values)}."
        )
    return np.sum(xlogy(exponents, x), axis=0) - _log_normalization(alpha)


def pdf(x: Any, alpha: Any) -> Any:
    """The density at the vectors along the first axis of `x`; as of `logpdf`.

    >>> float(pdf(np.array([0.2, 0.8]), np.array([2.0, 1.0])).round(6))
    0.4
    """
    return np.exp(logpdf(x, alpha))


def entropy(alpha: Any) -> Any:
    """The differential entropy, in nats.

    >>> float(entropy(np.ones(3)).round(6))  # -log 2
    -0.693147
    """
    alpha = _checked(alpha)
    total = np.sum(alpha)
    spread = (total - len(alpha)) * psi(total) - np.sum((alpha - 1) * psi(alpha))
    return _log_normalization(alpha) + spread
