"""Rows of a table by their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor
from nn.functional.checks import array, called, described, values

__all__ = ["embedding"]


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    r"""The rows of `weight` that the integers in `input` name: :math:`z_n = W_{x_n}`.

    No gradient reaches the row `padding_idx`. With `max_norm`, rows that are asked for and whose
    norm (the p-norm of p = `norm_type`) is larger are first scaled down to it, in `weight` itself.

    Shapes: input any, of an integer dtype; weight (V, D); z (*input.shape, D). Raises IndexError
    for a number that is not from 0 to V - 1 (a `padding_idx` may also count from the end),
    TypeError for another dtype, ValueError for `scale_grad_by_freq` or `sparse`, which are not
    there.

    >>> embedding([2, 0], np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]))
    array([[4., 5.],
           [0., 1.]])
    """
    if scale_grad_by_freq or sparse:
        raise ValueError(
            f"{called('embedding')}: scale_grad_by_freq and sparse are not here, gradients are "
            "plain arrays; leave them out."
        )
    # A copy: what is recorded must not change.
    index = np.array(values(array("embedding", "indices", input)))
    if index.dtype.kind not in "iu":
        raise TypeError(
            f"{called('embedding')}: received {described(index)} as indices; give integers, such "
            "as x.astype(int)."
        )
    weight = array("embedding", "a weight", weight)
    if weight.ndim != 2:
        raise ValueError(
            f"{called('embedding')}: weight must be (rows, features), received shape "
            f"{weight.shape}."
        )
    rows = weight.shape[0]
    if index.size and not 0 <= index.min() <= index.max() < rows:
        raise IndexError(
            f"{called('embedding')}: received indices from {index.min()} to {index.max()} for a "
            f"weight of {rows} rows; they must be from 0 to {rows - 1}."
        )
    if padding_idx is not None and not -rows <= padding_idx < rows:
        raise IndexError(
            f"{called('embedding')}: padding_idx must be one of the {rows} rows, received "
            f"{padding_idx}."
        )
    if max_norm is not None:
        _limit(weight, np.unique(index), max_norm, norm_type)
    z = weight[index]
    if padding_idx is None or not isinstance(z, Tensor):
        return z
    padding = index == padding_idx % rows
    return ag.where(padding[..., None], z.detach(), z) if padding.any() else z


def _limit(weight: Any, rows: Any, max_norm: float, norm_type: float) -> None:
    norm = np.linalg.norm(values(weight)[rows], norm_type, axis=1)
    larger = norm > max_norm
    rows, norm = rows[larger], norm[larger]
    if rows.size:
        with ag.no_grad():
            # The small number is PyTorch's.
            weight[rows] = values(weight)[rows] * (max_norm / (norm + 1e-7))[:, None]
