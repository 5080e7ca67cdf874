"""NumPy's one Bessel function, whose derivative only SciPy has."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import GradientError, describe
from autograd.primitive import Operation, primitive


def _slope(x: Any) -> Any:
    from autograd import special  # raises an ImportError that says so if SciPy is not installed

    if x.dtype.itemsize > 8:
        raise GradientError(
            f"i0: its derivative is computed by SciPy, which has it to float64, and x is "
            f"{describe(x)}; convert it with astype(float)."
        )
    return special.i1(x)


i0: Operation = primitive(
    lambda x: np.i0(x), name="i0", implements=np.i0, tex="I_0({x})", x=lambda g, x: g * _slope(x)
)
i0.__doc__ = """The modified Bessel function of order 0; its derivative needs SciPy.

    >>> i0(np.array([0.0]))
    array([1.])
    """
