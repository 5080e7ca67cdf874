"""Attention: means of values, weighted by how well keys answer queries."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor
from nn.functional.checks import called, described, floating
from nn.functional.dropout import dropout

__all__ = ["additive", "attention_weights", "scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Any:
    r"""For each query the mean of the values, weighted by how well their keys answer it.

    .. math:: Z = \operatorname{softmax}(s\, Q K^\top + M)\, V, \quad s = 1 / \sqrt{E}

    or s as `scale` says. The mask M is 0 where `attn_mask` is True and -inf where it is False, or
    `attn_mask` itself if it is floating-point; with `is_causal`, a query sees the keys up to its
    own place. A query that sees no key gets 0. Weights are set to 0 with probability `dropout_p`,
    whether anything is in training or not.

    Shapes: query (..., L, E), key (..., S, E), value (..., S, Ev), attn_mask broadcastable to
    (..., L, S); z (..., L, Ev). Raises ValueError if they don't fit or if both masks are given,
    TypeError for a dtype that can't be one.

    >>> q, k = np.zeros((1, 2)), np.ones((3, 2))
    >>> scaled_dot_product_attention(q, k, np.array([[1.0], [2.0], [6.0]]))
    array([[3.]])
    """
    name = "scaled_dot_product_attention"
    query, key, value = (
        floating(name, what, x)
        for what, x in (("a query", query), ("a key", key), ("a value", value))
    )
    shapes = query.shape, key.shape, value.shape
    if (
        not len(shapes[0]) == len(shapes[1]) == len(shapes[2]) >= 2
        or not shapes[0][:-2] == shapes[1][:-2] == shapes[2][:-2]
        or shapes[0][-1] != shapes[1][-1]
        or shapes[1][-2] != shapes[2][-2]
    ):
        raise ValueError(
            f"{called(name)}: received a query, key and value of shapes {shapes[0]}, {shapes[1]} "
            f"and {shapes[2]}; give (..., L, E), (..., S, E) and (..., S, Ev)."
        )
    L, S = shapes[0][-2], shapes[1][-2]
    if is_causal:
        if attn_mask is not None:
            raise ValueError(
                f"{called(name)}: received both attn_mask and is_causal=True; give one of them."
            )
        attn_mask = np.tri(L, S, dtype=bool)
    mask = None
    if attn_mask is not None:
        mask = additive(name, "attn_mask", attn_mask, query.dtype, blocked=False)
        full = (*shapes[0][:-1], S)
        given = mask.shape
        if len(given) > len(full) or any(
            n not in (1, m) for n, m in zip(given[::-1], full[::-1], strict=False)
        ):
            raise ValueError(
                f"{called(name)}: attn_mask must broadcast to {full}, received shape {given}."
            )
    weights = attention_weights(query, key, mask, scale)
    return dropout(weights, dropout_p) @ value


def attention_weights(query: Any, key: Any, mask: Any = None, scale: float | None = None) -> Any:
    """The softmax of the scaled products, to which the mask (if any) is added."""
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else float(scale)
    scores = (query * scale) @ key.swapaxes(-1, -2)
    return ag.softmax(scores if mask is None else scores + mask, axis=-1)


def additive(name: str, what: str, mask: Any, dtype: Any, blocked: bool) -> Any:
    """A mask as what to add: -inf where it is `blocked`, or itself if it is floating-point."""
    mask = mask if isinstance(mask, Tensor) else np.asarray(mask)
    if mask.dtype == bool:
        mask = mask.data if isinstance(mask, Tensor) else mask
        return np.where(mask == blocked, -np.inf, 0).astype(dtype)
    if mask.dtype.kind != "f":
        raise TypeError(
            f"{called(name)}: received {described(mask)} as {what}; give booleans, or "
            "floating-point numbers to add."
        )
    return mask if mask.dtype == dtype else mask.astype(dtype)
