"""Elements or channels set to 0 at random, in training."""

from __future__ import annotations

from typing import Any

from nn import functional
from nn.functional.checks import number
from nn.module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d"]


class Dropout(Module):
    r"""In training, each element as 0 with probability p, else divided by 1 - p.

    .. math:: z = x \odot m / (1 - p), \quad m \sim \mathrm{Bernoulli}(1 - p)

    In evaluation, `x` itself. With `inplace`, `x` is changed. Shapes: any. Raises ValueError for
    a p outside [0, 1].

    >>> import numpy as np
    >>> Dropout(0.2)
    Dropout(p=0.2, inplace=False)
    >>> import numpy as np
    >>> Dropout(0.2).eval()(np.array([1.0, 2.0]))
    array([1., 2.])
    """

    function: Any = staticmethod(functional.dropout)

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        number(type(self).__name__, "p", p, "from 0 to 1")
        self.p = p
        self.inplace = inplace

    def forward(self, x: Any) -> Any:
        """`x` with elements dropped in training."""
        return self.function(x, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The probability."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout1d(Dropout):
    r"""In training, each channel of (N, C, L) or (C, L) as 0 with probability p; see `Dropout`.

    >>> import numpy as np
    >>> Dropout1d().eval()(np.ones((1, 2)))
    array([[1., 1.]])
    """

    function: Any = staticmethod(functional.dropout1d)


class Dropout2d(Dropout):
    r"""In training, each channel of (N, C, H, W) as 0 with probability p; see `Dropout`.

    >>> import numpy as np
    >>> Dropout2d().eval()(np.ones((1, 1, 1, 2)))
    array([[[[1., 1.]]]])
    """

    function: Any = staticmethod(functional.dropout2d)


class AlphaDropout(Dropout):
    r"""Dropout that keeps mean and variance after SELU: ``functional.alpha_dropout``.

    Shapes: any. Raises ValueError for a p outside [0, 1].

    >>> import numpy as np
    >>> AlphaDropout(0.2).eval()(np.array([1.0, 2.0]))
    array([1., 2.])
    """

    function: Any = staticmethod(functional.alpha_dropout)
