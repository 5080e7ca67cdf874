"""Tables of learned vectors."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

import autograd as ag
from nn import functional
from nn.functional.checks import integers
from nn.module import Module, Parameter
from nn.random import generator

__all__ = ["Embedding"]


class Embedding(Module):
    r"""A table of vectors, looked up by their numbers: :math:`z_n = W_{x_n}`.

    Shapes: x any, of an integer dtype; ``weight`` (num_embeddings, embedding_dim), which starts as
    :math:`N(0, 1)`; z (*x.shape, embedding_dim). The row `padding_idx` starts as 0 and gets no
    gradient. With `max_norm`, the rows that are asked for are scaled down to that p-norm (p is
    `norm_type`).

    Raises ValueError for a `padding_idx` that is no row or for options that are not there
    (`scale_grad_by_freq`, `sparse`), IndexError or TypeError for an x that can't be one.

    >>> import nn
    >>> table = nn.Embedding(10, 3, padding_idx=0)
    >>> table
    Embedding(10, 3, padding_idx=0)
    >>> z = table([[4, 7, 0]])
    >>> z.shape, z.data[0, 2].tolist()
    ((1, 3, 3), [0.0, 0.0, 0.0])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        integers("Embedding", 0, num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(
                f"Embedding: padding_idx must be one of the {num_embeddings} rows, received "
                f"{padding_idx}."
            )
        if scale_grad_by_freq or sparse:
            raise ValueError(
                "Embedding: scale_grad_by_freq and sparse are not here, gradients are plain "
                "arrays; leave them out."
            )
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.weight = Parameter(np.zeros((num_embeddings, embedding_dim), dtype), dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the table anew."""
        with ag.no_grad():
            self.weight[...] = generator.standard_normal(self.weight.shape)
            if self.padding_idx is not None:
                self.weight[self.padding_idx] = 0

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
    ) -> Self:
        """A layer with a given table (rows, features); it is trained only if not `freeze`.

        >>> import nn
        >>> nn.Embedding.from_pretrained(np.array([[1.0, 2.0], [3.0, 4.0]]))(1).data
        array([3., 4.])
        """
        weight = Parameter(embeddings)
        if weight.ndim != 2:
            raise ValueError(
                "Embedding.from_pretrained: embeddings must be (rows, features), received shape "
                f"{weight.shape}."
            )
        rows, features = weight.shape
        layer = cls(rows, features, padding_idx, max_norm, norm_type, dtype=weight.dtype)
        weight.requires_grad = not freeze
        layer.weight = weight
        return layer

    def forward(self, x: Any) -> Any:
        """The rows that `x` names."""
        return functional.embedding(x, self.weight, self.padding_idx, self.max_norm, self.norm_type)

    def extra_repr(self) -> str:
        """The sizes, and what is not as by default."""
        defaults = {"padding_idx": None, "max_norm": None, "norm_type": 2.0}
        unusual = [
            f"{name}={getattr(self, name)}"
            for name, default in defaults.items()
            if getattr(self, name) != default
        ]
        return ", ".join([f"{self.num_embeddings}, {self.embedding_dim}", *unusual])
