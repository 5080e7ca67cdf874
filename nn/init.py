"""Initial values, written into Tensors that exist; names that end in ``_`` say so."""

from __future__ import annotations

import autograd as ag
from autograd import Tensor
from nn.random import generator

__all__ = ["uniform_"]


def uniform_(tensor: Tensor, low: float = 0.0, high: float = 1.0) -> Tensor:
    r"""Fill `tensor` with independent draws from :math:`U(low, high)`; returns it.

    The draws are the same for every dtype, up to rounding.

    >>> import nn
    >>> nn.seed(0)
    >>> weight = uniform_(nn.Parameter([[0.0, 0.0]]), -1, 1)
    >>> weight.data.round(3).tolist()
    [[0.274, -0.46]]
    """
    with ag.no_grad():
        tensor[...] = generator.uniform(low, high, tensor.shape)
    return tensor
