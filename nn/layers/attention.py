"""Attention with several heads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd as ag
from nn import functional, init
from nn.functional.attention import additive, attention_weights
from nn.functional.checks import floating, integers, number
from nn.layers.linear import Linear
from nn.module import Module, Parameter
from nn.random import generator

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    r"""Several attentions beside each other, each with projections of its own.

    .. math::
        Z = \operatorname{concat}(Z_1, \dots, Z_h) W_O^\top + b_O, \quad
        Z_i = \operatorname{softmax}\big(Q_i K_i^\top / \sqrt{E/h} + M\big) V_i

    where :math:`Q_i, K_i, V_i` are the i-th blocks of E/h features of the projected query, key and
    value. The projections are ``in_proj_weight`` (3E, E), or ``q_proj_weight`` (E, E),
    ``k_proj_weight`` (E, kdim) and ``v_proj_weight`` (E, vdim) if kdim or vdim differ from E;
    ``in_proj_bias`` (3E,) and ``out_proj``, a `Linear`. `add_bias_kv` appends a learned key and
    value, `add_zero_attn` a key and value of zeros. `dropout` is applied to the weights, in
    training.

    Shapes: query (L, N, E), key (S, N, kdim), value (S, N, vdim), or N first with `batch_first`,
    or no N at all. `attn_mask` (L, S) or (N·heads, L, S), `key_padding_mask` (N, S): True where a
    query must not look, or what to add. Returns the result, of the shape of the query, and the
    weights, (N, L, S), or (N, heads, L, S) if not `average_attn_weights`, or None if not
    `need_weights`. A query that may look nowhere gets weights 0. `is_causal` says that the
    attn_mask, which must be given, is causal; it changes nothing.

    Raises ValueError for sizes or shapes that don't fit, TypeError for a dtype that can't be one.

    >>> import nn
    >>> x = np.zeros((7, 2, 8), dtype="float32")
    >>> z, weights = nn.MultiheadAttention(8, num_heads=4)(x, x, x)
    >>> z.shape, weights.shape
    ((7, 2, 8), (2, 7, 7))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        integers("MultiheadAttention", 1, embed_dim=embed_dim, num_heads=num_heads)
        if embed_dim % num_heads:
            raise ValueError(
                "MultiheadAttention: embed_dim must be a multiple of num_heads, received "
                f"{embed_dim} and {num_heads}."
            )
        number("MultiheadAttention", "dropout", dropout, "from 0 to 1")
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn

        def made(*shape: int) -> Parameter:
            return Parameter(np.zeros(shape, dtype), dtype=dtype)

        self.in_proj_weight = None
        self.q_proj_weight = self.k_proj_weight = self.v_proj_weight = None
        if self.kdim == self.vdim == embed_dim:
            self.in_proj_weight = made(3 * embed_dim, embed_dim)
        else:
            self.q_proj_weight = made(embed_dim, embed_dim)
            self.k_proj_weight = made(embed_dim, self.kdim)
            self.v_proj_weight = made(embed_dim, self.vdim)
        self.in_proj_bias = made(3 * embed_dim) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype)
        self.bias_k = made(1, 1, embed_dim) if add_bias_kv else None
        self.bias_v = made(1, 1, embed_dim) if add_bias_kv else None
        self._draw()

    def _draw(self) -> None:
        """The initial values that are PyTorch's, where zeros are not."""
        for weight in (
            *(self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight),
        ):
            if weight is not None:  # Glorot's
                bound = math.sqrt(6 / sum(weight.shape))
                init.uniform_(weight, -bound, bound)
        with ag.no_grad():
            if self.out_proj.bias is not None:
                self.out_proj.bias[...] = 0
            for bias in (self.bias_k, self.bias_v):
                if bias is not None:
                    deviation = math.sqrt(2 / (2 * self.embed_dim))
                    bias[...] = generator.normal(0, deviation, bias.shape)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """The attended values, and the weights or None."""
        if is_causal and attn_mask is None:
            raise ValueError(
                "MultiheadAttention: received is_causal=True without an attn_mask; "
                "give the mask, such as ~np.tri(L, S, dtype=bool)."
            )
        same = query is key and key is value
        q, k, v = self._inputs(query, key, value)
        N, L, E = q.shape
        heads = self.num_heads
        q, k, v = self._projected(q, k, v, same)
        mask = self._mask(attn_mask, key_padding_mask, (N, heads, L, k.shape[1]), q.dtype)
        if self.bias_k is not None and self.bias_v is not None:
            k, v = (
                ag.concatenate([x, ag.broadcast_to(b, (N, 1, E))], axis=1)
                for x, b in ((k, self.bias_k), (v, self.bias_v))
            )
        if self.add_zero_attn:
            zeros = np.zeros((N, 1, E), q.dtype)
            k, v = (ag.concatenate([x, zeros], axis=1) for x in (k, v))
        if mask is not None and k.shape[1] > mask.shape[-1]:  # what was appended is seen by all
            extra = np.zeros((*mask.shape[:-1], k.shape[1] - mask.shape[-1]), mask.dtype)
            mask = ag.concatenate([mask, extra], axis=-1)
        q, k, v = (x.reshape((N, x.shape[1], heads, E // heads)).swapaxes(1, 2) for x in (q, k, v))
        weights = attention_weights(q, k, mask)
        if self.dropout:
            weights = functional.dropout(weights, self.dropout, self.training)
        z = self.out_proj((weights @ v).swapaxes(1, 2).reshape((N, L, E)))
        shown = None
        if need_weights:
            shown = ag.mean(weights, axis=1) if average_attn_weights else weights
        if np.ndim(query) == 2:
            return z[0], shown if shown is None else shown[0]
        return z if self.batch_first else z.swapaxes(0, 1), shown

    def _inputs(self, *given: Any) -> list[Any]:
        """Query, key and value with the batch first, checked."""
        name = "MultiheadAttention"
        arrays = [floating(name, "an input", x) for x in given]
        q, k, v = arrays
        sizes = (self.embed_dim, self.kdim, self.vdim)
        along = 0 if self.batch_first or q.ndim == 2 else 1
        if (
            not q.ndim == k.ndim == v.ndim
            or q.ndim not in (2, 3)
            or (q.shape[-1], k.shape[-1], v.shape[-1]) != sizes
            or k.shape[:-1] != v.shape[:-1]
            or (q.ndim == 3 and q.shape[along] != k.shape[along])
        ):
            a, b = ("N, L", "N, S") if self.batch_first else ("L, N", "S, N")
            raise ValueError(
                f"{name}: received a query, key and value of shapes {q.shape}, {k.shape} and "
                f"{v.shape}; give ({a}, {sizes[0]}), ({b}, {sizes[1]}) and ({b}, {sizes[2]}), or "
                "all three without N."
            )
        if q.ndim == 2:
            return [x[None] for x in arrays]
        return arrays if self.batch_first else [x.swapaxes(0, 1) for x in arrays]

    def _projected(self, q: Any, k: Any, v: Any, same: bool) -> Any:
        E = self.embed_dim
        weight, bias = self.in_proj_weight, self.in_proj_bias
        if weight is not None and same:
            z = functional.linear(q, weight, bias)
            return z[..., :E], z[..., E : 2 * E], z[..., 2 * E :]
        thirds = [slice(k * E, (k + 1) * E) for k in range(3)]
        weights: list[Any] = (
            [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
            if weight is None
            else [weight[third] for third in thirds]
        )
        biases = [None if bias is None else bias[third] for third in thirds]
        return [functional.linear(*each) for each in zip((q, k, v), weights, biases, strict=True)]

    def _mask(
        self, attn_mask: Any, key_padding_mask: Any, shape: tuple[int, ...], dtype: Any
    ) -> Any:
        """What to add to the scores of that shape, or None."""
        name = "MultiheadAttention"
        N, heads, L, S = shape
        total = None
        for what, mask, allowed, place in (
            ("attn_mask", attn_mask, [(L, S), (N * heads, L, S)], (-1, heads, L, S)),
            ("key_padding_mask", key_padding_mask, [(N, S), (S,)][: 1 + (N == 1)], (N, 1, 1, S)),
        ):
            if mask is None:
                continue
            mask = additive(name, what, mask, dtype, blocked=True)
            if mask.shape not in allowed:
                raise ValueError(
                    f"{name}: {what} must have shape {' or '.join(map(str, allowed))}, "
                    f"received shape {mask.shape}."
                )
            if mask.ndim != 2 or what == "key_padding_mask":
                mask = mask.reshape(place)
            total = mask if total is None else total + mask
        return total
