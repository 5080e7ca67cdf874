"""Distances and angles of vectors, as modules."""

from __future__ import annotations

from typing import Any

from nn import functional
from nn.layers.twin import Twin

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(Twin):
    r"""``functional.cosine_similarity`` of two inputs, along `dim`.

    >>> import numpy as np
    >>> CosineSimilarity()(np.array([[1.0, 0.0]]), np.array([[0.0, 2.0]]))
    array([0.])
    """

    function = functional.cosine_similarity

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__(dim=dim, eps=eps)

    def forward(self, x1: Any, x2: Any) -> Any:
        """``cosine_similarity(x1, x2)``."""
        return self._call(x1, x2)


class PairwiseDistance(Twin):
    r"""``functional.pairwise_distance`` of two inputs, along the last axis.

    >>> import numpy as np
    >>> PairwiseDistance()(np.array([[3.0, 4.0]]), np.zeros((1, 2))).round(4)
    array([5.])
    """

    function = functional.pairwise_distance

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__(p=p, eps=eps, keepdim=keepdim)

    def forward(self, x1: Any, x2: Any) -> Any:
        """``pairwise_distance(x1, x2)``."""
        return self._call(x1, x2)
