"""The encoder of the Transformer."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nn import functional
from nn.functional.checks import described, floating, integers
from nn.layers.attention import MultiheadAttention
from nn.layers.container import ModuleList
from nn.layers.dropout import Dropout
from nn.layers.linear import Linear
from nn.layers.normalization import LayerNorm
from nn.module import Module

__all__ = ["TransformerEncoder", "TransformerEncoderLayer"]


class TransformerEncoderLayer(Module):
    r"""Attention of a sequence to itself, then a network of two layers at each place.

    .. math::
        y &= \operatorname{norm}_1(x + \operatorname{attention}(x)) \\
        z &= \operatorname{norm}_2(y + W_2\, \phi(W_1 y + b_1) + b_2)

    or with `norm_first` each norm at the start of its branch: :math:`y = x +
    \operatorname{attention}(\operatorname{norm}_1(x))`. `activation` (φ) is "relu", "gelu" or a
    function. In training, `dropout` is applied to the attention's weights, after φ, and to what
    is added.

    Shapes: src (steps, batch, d_model), or (batch, steps, d_model) with `batch_first`, or
    (steps, d_model); z the same. Masks are those of `MultiheadAttention`.

    Raises ValueError for sizes or shapes that don't fit, or an unknown activation.

    >>> import nn
    >>> layer = nn.TransformerEncoderLayer(8, nhead=2, dim_feedforward=16)
    >>> layer(np.zeros((5, 3, 8), dtype="float32")).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        integers("TransformerEncoderLayer", 1, d_model=d_model, nhead=nhead)
        if d_model % nhead:
            raise ValueError(
                f"TransformerEncoderLayer: d_model must be a multiple of nhead, received {d_model} "
                f"and {nhead}."
            )
        named: dict[Any, Any] = {"relu": functional.relu, "gelu": functional.gelu}
        if not callable(activation) and activation not in named:
            raise ValueError(
                "TransformerEncoderLayer: activation must be 'relu', 'gelu' or a function, "
                f"received {described(activation)}."
            )
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype
        )
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = activation if callable(activation) else named[activation]

    def forward(
        self,
        src: Any,
        src_mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool = False,
    ) -> Any:
        """`src` after both branches."""
        x = floating("TransformerEncoderLayer", "src", src)
        d_model = self.norm1.normalized_shape[0]
        if x.ndim not in (2, 3) or x.shape[-1] != d_model:
            axes = "batch, steps" if self.self_attn.batch_first else "steps, batch"
            raise ValueError(
                f"TransformerEncoderLayer: src must be ({axes}, {d_model}) or (steps, {d_model}), "
                f"received shape {x.shape}."
            )
        masks = (src_mask, src_key_padding_mask, is_causal)
        if self.norm_first:
            x = x + self._attend(self.norm1(x), *masks)
            return x + self._feed(self.norm2(x))
        x = self.norm1(x + self._attend(x, *masks))
        return self.norm2(x + self._feed(x))

    def _attend(self, x: Any, mask: Any, padding: Any, is_causal: bool) -> Any:
        z, _ = self.self_attn(x, x, x, padding, False, mask, is_causal=is_causal)
        return self.dropout1(z)

    def _feed(self, x: Any) -> Any:
        return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerEncoder(Module):
    """Copies of one `TransformerEncoderLayer` one after the other, and then a norm, if given.

    Shapes and masks are those of the layer. The copies start with the same values.

    Raises ValueError for less than one layer.

    >>> import nn
    >>> layer = nn.TransformerEncoderLayer(8, nhead=2, dim_feedforward=16)
    >>> nn.TransformerEncoder(layer, num_layers=2)(np.zeros((5, 3, 8), dtype="float32")).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = False,
    ) -> None:
        super().__init__()
        if enable_nested_tensor:
            raise ValueError(
                "TransformerEncoder: there are no nested tensors here, masked places are computed "
                "like all others; leave enable_nested_tensor out."
            )
        if not isinstance(encoder_layer, Module):
            raise TypeError(
                "TransformerEncoder: encoder_layer must be a layer, such as "
                f"TransformerEncoderLayer(8, 2), received {described(encoder_layer)}."
            )
        integers("TransformerEncoder", 1, num_layers=num_layers)
        self.layers = ModuleList(deepcopy(encoder_layer) for _ in range(num_layers))
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        src: Any,
        mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool | None = None,
    ) -> Any:
        """`src` after all layers."""
        z = src
        for layer in self.layers:
            z = layer(z, mask, src_key_padding_mask, bool(is_causal))
        return z if self.norm is None else self.norm(z)
