"""Affine and bilinear maps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag
from nn.functional.checks import array, called, floating

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
    weight = array("linear", "a weight", weight)
    if weight.ndim != 2 or not x.ndim or x.shape[-1] != weight.shape[1]:
        features = weight.shape[-1] if weight.ndim else 0
        hint = ", as nn.Flatten() makes it" if math.prod(x.shape[1:]) == features else ""
        raise ValueError(
            f"{called('linear')}: received x of shape {x.shape} and a weight of shape "
            f"{weight.shape}, which is (out, in); the last axis of x must have length "
            f"{features}{hint}."
        )
    z = ag.matmul(x, weight.T)
    if bias is None:
        return z
    bias = array("linear", "a bias", bias)
    if bias.shape != weight.shape[:1]:
        raise ValueError(
            f"{called('linear')}: received a bias of shape {bias.shape} and a weight of shape "
            f"{weight.shape}, which is (out, in); give a bias (out,)."
        )
    return z + bias


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    r"""A map of the last axes of two inputs, linear in each.

    .. math:: z_k = x^\top W_k\, y + b_k

    Shapes: input1 (..., in1), input2 (..., in2), weight (out, in1, in2), bias (out,) or None;
    z (..., out). Raises ValueError if they don't fit.

    >>> bilinear(np.array([1.0, 2.0]), np.array([3.0]), np.array([[[1.0], [10.0]]]))
    array([63.])
    """
    x, y = (array("bilinear", "an input", v) for v in (input1, input2))
    weight = array("bilinear", "a weight", weight)
    if weight.ndim != 3 or (bias is not None and np.shape(bias) != weight.shape[:1]):
        raise ValueError(
            f"{called('bilinear')}: received a weight of shape {weight.shape} and a bias of shape "
            f"{np.shape(bias)}; give (out, in1, in2) and (out,)."
        )
    out, in1, in2 = weight.shape
    if not x.ndim or x.shape[:-1] != y.shape[:-1] or (x.shape[-1], y.shape[-1]) != (in1, in2):
        raise ValueError(
            f"{called('bilinear')}: received inputs of shapes {x.shape} and {y.shape} and a weight "
            f"of shape {weight.shape}; give (..., {in1}) and (..., {in2}), the same but for the "
            "last axis."
        )
    # One product with all matrices side by side, and a small one for each example.
    rows = ag.matmul(x, weight.transpose(1, 0, 2).reshape((in1, out * in2)))
    z = ag.matmul(rows.reshape((*x.shape[:-1], out, in2)), y[..., None])[..., 0]
    return z if bias is None else z + bias
