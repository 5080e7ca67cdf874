"""The one source of random numbers in `nn`: initial values, dropout, shuffling."""

from __future__ import annotations

import numpy as np

__all__ = ["generator", "seed"]

generator = np.random.default_rng()
"""A ``numpy.random.Generator`` that `seed` sets; the same object for the whole program."""


def seed(n: int) -> None:
    """Start all random numbers of `nn` anew, so that a run can be repeated.

    Raises TypeError or ValueError if `n` is no non-negative integer.

    >>> seed(0)
    >>> a = generator.random(3)
    >>> seed(0)
    >>> bool((generator.random(3) == a).all())
    True
    """
    generator.bit_generator.state = np.random.default_rng(n).bit_generator.state
