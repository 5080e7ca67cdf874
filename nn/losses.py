"""The losses as modules; `nn.functional` has them as functions."""

from __future__ import annotations

from typing import Any

from nn import functional
from nn.module import Module

__all__ = ["BCEWithLogitsLoss", "CrossEntropyLoss", "MSELoss"]


class _Loss(Module):
    """A loss with its `reduction`: "mean", "sum" or "none"."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(
                f"{type(self).__name__}: reduction must be 'mean', 'sum' or 'none', received "
                f"{reduction!r}."
            )
        self.reduction = reduction


class CrossEntropyLoss(_Loss):
    r"""``functional.cross_entropy``: :math:`-\log \operatorname{softmax}(x_n)_{y_n}`.

    Shapes: logits (N, C) and class indices (N,), or (C,) and ().

    >>> import numpy as np
    >>> float(CrossEntropyLoss()(np.array([[0.0, 0.0]]), [1]).round(6))
    0.693147
    """

    def forward(self, logits: Any, target: Any) -> Any:
        """``cross_entropy(logits, target)``."""
        return functional.cross_entropy(logits, target, self.reduction)


class BCEWithLogitsLoss(_Loss):
    r"""``functional.binary_cross_entropy_with_logits``.

    .. math:: -y \log \sigma(x) - (1 - y) \log(1 - \sigma(x))

    Shapes: logits and target the same.

    >>> import numpy as np
    >>> float(BCEWithLogitsLoss()(np.array([0.0]), [1.0]).round(6))
    0.693147
    """

    def forward(self, logits: Any, target: Any) -> Any:
        """``binary_cross_entropy_with_logits(logits, target)``."""
        return functional.binary_cross_entropy_with_logits(logits, target, self.reduction)


class MSELoss(_Loss):
    r"""``functional.mse_loss``: :math:`(x - y)^2`.

    Shapes: prediction and target the same.

    >>> import numpy as np
    >>> float(MSELoss(reduction="sum")(np.array([1.0, 2.0]), [3.0, 2.0]))
    4.0
    """

    def forward(self, prediction: Any, target: Any) -> Any:
        """``mse_loss(prediction, target)``."""
        return functional.mse_loss(prediction, target, self.reduction)
