"""Affine and bilinear maps."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor
from nn.functional.checks import floating

__all__ = ["bilinear", "linear"]


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    r"""An affine map of the last axis.

    .. math:: z = x W^\top + b

    Shapes: input (..., in), weight (out, in), bias (out,) or None; z (..., out).
    Raises ValueError if they don't fit, TypeError for an input that is not floating-point.

    >>> linear(np.array([1.0, 2.0]), np.array([[3.0, 4.0]]), np.array([0.5]))
    array([11.5])
    """
    x = floating("linear", "x", input)
    if not x.ndim or x.shape[-1] != weight.shape[-1]:
        raise ValueError(
            f"linear: received x of shape {x.shape} and a weight of shape {weight.shape}; the last "
            f"axis of x must have length {weight.shape[-1]}, that of the weight."
        )
    z = ag.matmul(x, weight.T)
    return z if bias is None else z + bias


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    r"""A map of the last axes of two inputs, linear in each.

    .. math:: z_k = x^\top W_k\, y + b_k

    Shapes: input1 (..., in1), input2 (..., in2), weight (out, in1, in2), bias (out,) or None;
    z (..., out). Raises ValueError if they don't fit.

    >>> bilinear(np.array([1.0, 2.0]), np.array([3.0]), np.array([[[1.0], [10.0]]]))
    array([63.])
    """
    x, y = (v if isinstance(v, Tensor) else np.asarray(v) for v in (input1, input2))
    out, in1, in2 = weight.shape
    if not x.ndim or x.shape[:-1] != y.shape[:-1] or (x.shape[-1], y.shape[-1]) != (in1, in2):
        raise ValueError(
            f"bilinear: received inputs of shapes {x.shape} and {y.shape} and a weight of shape "
            f"{weight.shape}; give (..., {in1}) and (..., {in2}), the same but for the last axis."
        )
    # One product with all matrices side by side, and a small one for each example.
    rows = ag.matmul(x, weight.transpose(1, 0, 2).reshape((in1, out * in2)))
    z = ag.matmul(rows.reshape((*x.shape[:-1], out, in2)), y[..., None])[..., 0]
    return z if bias is None else z + bias
