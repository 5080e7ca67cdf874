"""Functions of each element, as layers."""

from __future__ import annotations

from typing import Any

from nn import functional
from nn.module import Module

__all__ = ["ReLU", "Sigmoid", "Tanh"]


class ReLU(Module):
    r"""Negative values as 0: :math:`z = \max(x, 0)`, of any shape; the derivative at 0 is 0.

    >>> import numpy as np
    >>> ReLU()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def forward(self, x: Any) -> Any:
        """``relu(x)``."""
        return functional.relu(x)


class Tanh(Module):
    r"""The hyperbolic tangent: :math:`z = \tanh x`, of any shape.

    >>> import numpy as np
    >>> Tanh()(np.array([0.0, 1e4]))
    array([0., 1.])
    """

    def forward(self, x: Any) -> Any:
        """``tanh(x)``."""
        return functional.tanh(x)


class Sigmoid(Module):
    r"""The logistic function: :math:`z = 1 / (1 + e^{-x})`, of any shape, without overflow.

    >>> import numpy as np
    >>> Sigmoid()(np.array([-1e4, 0.0]))
    array([0. , 0.5])
    """

    def forward(self, x: Any) -> Any:
        """``sigmoid(x)``."""
        return functional.sigmoid(x)
