"""NumPy's one Bessel function, whose derivative only SciPy has."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.primitive import Operation, primitive


def _slope(x: Any) -> Any:
    from autograd import special  # raises an ImportError that says so if SciPy is not installed

    return special.i1(x)


i0: Operation = primitive(
    lambda x: np.i0(x), name="i0", implements=np.i0, tex="I_0({x})", x=lambda g, x: g * _slope(x)
)
i0.__doc__ = """The modified Bessel function of order 0; its derivative needs SciPy.

    >>> i0(np.array([0.0]))
    array([1.])
    """
