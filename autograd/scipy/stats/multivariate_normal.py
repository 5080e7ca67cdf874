r"""The normal distribution of vectors, of the given mean and covariance matrix.

.. math:: \log p(x) = -\tfrac12 ((x-\mu)^\top \Sigma^{-1} (x-\mu) + \log \det 2\pi\Sigma)

>>> import numpy as np
>>> float(logpdf(np.zeros(2), np.zeros(2), np.eye(2)).round(6))  # -log 2 pi
-1.837877
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def _prepared(mean: Any, cov: Any) -> tuple[int, Any, Any]:
    """The number of dimensions, the mean, and the triangular factor of the covariance."""
    sizes = [np.size(mean)] if mean is not None else [np.shape(cov)[0]] if np.ndim(cov) else [1]
    d = sizes[0]
    if np.ndim(mean) > 1 or np.shape(cov) not in ((), (d,), (d, d)):
        raise ValueError(
            f"multivariate_normal: a mean of shape {np.shape(mean)} and a covariance of shape "
            f"{np.shape(cov)} do not fit; give them as (d,) and (d, d)."
        )
    mean = np.zeros(d) if mean is None else np.reshape(mean, (d,))
    # Of a matrix its symmetric part counts, so that the gradient is symmetric, too.
    cov = 0.5 * (cov + np.transpose(cov)) if np.ndim(cov) == 2 else cov * np.eye(d)
    return d, mean, np.linalg.cholesky(cov)


def _log_determinant(factor: Any) -> Any:
    return 2 * np.sum(np.log(np.diagonal(factor)))


def logpdf(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """The logarithm of the density at the vectors along the last axis of `x`.

    A scalar or a vector as `cov` means a diagonal matrix. Raises LinAlgError if it is not
    positive definite; `allow_singular` is refused, as the density of a singular one has no gradient
    with respect to it.

    >>> logpdf(np.array([[0.0, 0.0], [1.0, 0.0]]), np.zeros(2)).round(6)
    array([-1.837877, -2.337877])
    """
    if allow_singular:
        raise ValueError(
            "multivariate_normal: allow_singular=True is not supported, as the density would not "
            "be differentiable; add a small multiple of the identity to the covariance."
        )
    d, mean, factor = _prepared(mean, cov)
    x = np.asarray(x) if isinstance(x, (list, tuple, int, float)) else x
    if x.ndim < 2:
        x = np.reshape(x, (-1, 1) if d == 1 else (1, -1))
    if x.shape[-1] != d:
        raise ValueError(
            f"multivariate_normal: x must end in the {d} dimensions of the mean and the "
            f"covariance, received shape {x.shape}."
        )
    points = np.reshape(x - mean, (-1, d))
    whitened = np.linalg.solve(factor, np.transpose(points))
    distance = np.reshape(np.sum(whitened * whitened, axis=0), x.shape[:-1])
    constant = d * math.log(2 * math.pi)
    return np.squeeze(-0.5 * (constant + _log_determinant(factor) + distance))


def pdf(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """The density at the vectors along the last axis of `x`; parameters as of `logpdf`.

    >>> float(pdf(np.zeros(2), np.zeros(2)).round(6))  # 1 / (2 pi)
    0.159155
    """
    return np.exp(logpdf(x, mean, cov, allow_singular))


def entropy(mean: Any = None, cov: Any = 1) -> Any:
    """The differential entropy, in nats.

    >>> float(entropy(cov=np.eye(2)).round(6))
    2.837877
    """
    d, _, factor = _prepared(mean, cov)
    return 0.5 * (d * (1 + math.log(2 * math.pi)) + _log_determinant(factor))
