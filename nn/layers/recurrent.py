"""Recurrent layers and their cells: a state that goes along a sequence, step by step.

Inside, an example is a column: the gates are then blocks of rows, each in one piece of memory,
and no product needs a transposition. What the input adds to the gates is one product for all
steps.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd as ag
from nn import functional, init
from nn.functional.checks import array, described, integers, number
from nn.module import Module, Parameter

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell"]

State = tuple[Any, ...]  # of each, (size, batch)


class _Recurrence(Module):
    """The parameters of the gates, and one step; what follows a name is its layer's `suffix`."""

    gates = 1
    states: tuple[str, ...] = ("h0",)

    def __init__(self, input_size: int, hidden_size: int, bias: bool) -> None:
        super().__init__()
        integers(type(self).__name__, 0, input_size=input_size)
        integers(type(self).__name__, 1, hidden_size=hidden_size)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bool(bias)

    def _make(self, suffix: str, inputs: int, outputs: int, dtype: DTypeLike) -> None:
        rows = self.gates * self.hidden_size
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (rows, inputs),
            "weight_hh": (rows, outputs),
        }
        if self.bias:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        if outputs != self.hidden_size:
            shapes["weight_hr"] = (outputs, self.hidden_size)
        for name, shape in shapes.items():
            setattr(self, name + suffix, Parameter(np.zeros(shape, dtype), dtype=dtype))

    def reset_parameters(self) -> None:
        """Draw all weights and biases anew."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _prepared(self, x: Any, suffix: str, batch: int) -> tuple[Any, State]:
        """What the columns of `x` add to the gates, and the weights that a step needs."""
        z = ag.matmul(getattr(self, "weight_ih" + suffix), x)
        if self.bias:
            bias = getattr(self, "bias_ih" + suffix) + getattr(self, "bias_hh" + suffix)
            z = z + bias[:, None]
        return z, (getattr(self, "weight_hh" + suffix),)

    def _step(self, x: Any, state: State, weights: State) -> State:
        raise NotImplementedError

    def _input(self, x: Any, axes: str) -> Any:
        """The input as a Tensor or array with these axes before the last, or all but the batch."""
        x = array(type(self).__name__, "an input", x)
        names = axes.split()
        if x.ndim - len(names) not in (0, 1) or x.shape[-1] != self.input_size:
            several, one = (
                ", ".join([*chosen, str(self.input_size)])
                for chosen in (names, [name for name in names if name != "batch"])
            )
            raise ValueError(
                f"{type(self).__name__}: received an input of shape {x.shape}; give ({several}), "
                f"or without a batch ({one})."
            )
        return x

    def _initial(self, given: Any, shapes: list[tuple[int, ...]]) -> list[Any]:
        """The states to start from; zeros, if none are given."""
        if given is None:
            dtype = next(self.parameters()).dtype
            return [np.zeros(shape, dtype) for shape in shapes]
        name = type(self).__name__
        if len(shapes) == 1:
            given = (given,)
        if not isinstance(given, (tuple, list)) or len(given) != len(shapes):
            raise TypeError(
                f"{name}: received {described(given)} as the initial state; give a pair, "
                f"({', '.join(self.states)}), of shapes {shapes[0]} and {shapes[-1]}."
            )
        states = [array(name, what, v) for what, v in zip(self.states, given, strict=True)]
        for what, value, shape in zip(self.states, states, shapes, strict=True):
            if value.shape != shape:
                raise ValueError(
                    f"{name}: {what} must have shape {shape} for this input, received shape "
                    f"{value.shape}."
                )
        return states


class _Elman(_Recurrence):
    nonlinearity: str

    def _activation(self, nonlinearity: str) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"{type(self).__name__}: nonlinearity must be 'tanh' or 'relu', received "
                f"{described(nonlinearity)}."
            )
        self.nonlinearity = nonlinearity

    def _step(self, x: Any, state: State, weights: State) -> State:
        z = x + weights[0] @ state[0]
        return (ag.tanh(z) if self.nonlinearity == "tanh" else ag.relu(z),)


class _LongShortTerm(_Recurrence):
    gates = 4
    states = ("h0", "c0")

    def _prepared(self, x: Any, suffix: str, batch: int) -> tuple[Any, State]:
        z, weights = super()._prepared(x, suffix, batch)
        projection = self.__dict__.get("weight_hr" + suffix)
        return z, weights if projection is None else (*weights, projection)

    def _step(self, x: Any, state: State, weights: State) -> State:
        n = self.hidden_size
        h, c = state
        z = x + weights[0] @ h
        input_forget = ag.sigmoid(z[: 2 * n])
        c = input_forget[n:] * c + input_forget[:n] * ag.tanh(z[2 * n : 3 * n])
        h = ag.sigmoid(z[3 * n :]) * ag.tanh(c)
        return (weights[1] @ h if len(weights) > 1 else h), c


class _Gated(_Recurrence):
    gates = 3

    def _prepared(self, x: Any, suffix: str, batch: int) -> tuple[Any, State]:
        w = getattr(self, "weight_hh" + suffix)
        z = ag.matmul(getattr(self, "weight_ih" + suffix), x)
        if not self.bias:
            return z, (w, None)
        # The reset gate scales the second bias too. Widened once, instead of in every step.
        bias = getattr(self, "bias_hh" + suffix)[:, None]
        bias = ag.broadcast_to(bias, (w.shape[0], batch))
        return z + getattr(self, "bias_ih" + suffix)[:, None], (w, bias)

    def _step(self, x: Any, state: State, weights: State) -> State:
        n = self.hidden_size
        (h,) = state
        w, bias = weights
        z = w @ h
        if bias is not None:
            z = z + bias
        reset_update = ag.sigmoid(x[: 2 * n] + z[: 2 * n])
        new = ag.tanh(x[2 * n :] + reset_update[:n] * z[2 * n :])
        return (new + reset_update[n:] * (h - new),)


class _Layers(_Recurrence):
    """Several recurrences, each along the outputs of the one before, in one direction or two."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        proj_size: int,
        dtype: DTypeLike,
    ) -> None:
        super().__init__(input_size, hidden_size, bias)
        name = type(self).__name__
        integers(name, 1, num_layers=num_layers)
        number(name, "dropout", dropout, "from 0 to 1")
        integers(name, 0, proj_size=proj_size)
        if proj_size >= hidden_size:
            raise ValueError(
                f"{name}: proj_size must be smaller than hidden_size={hidden_size}, or 0 for no "
                f"projection, received {proj_size}."
            )
        if dropout and num_layers == 1:
            warnings.warn(
                f"{name}: dropout={dropout} does nothing with one layer, it is applied between "
                "layers; leave it out, or give num_layers=2 or more.",
                stacklevel=3,
            )
        self.num_layers = num_layers
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        size = proj_size or hidden_size
        for layer in range(num_layers):
            inputs = size * (1 + bidirectional) if layer else input_size
            for suffix in self._suffixes(layer):
                self._make(suffix, inputs, size, dtype)
        self.reset_parameters()

    def _suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"][: 1 + self.bidirectional]

    def forward(self, x: Any, hx: Any = None) -> Any:
        """The outputs of the last layer at all steps, and the last state of every layer."""
        x = self._input(x, "batch steps" if self.batch_first else "steps batch")
        batched = x.ndim == 3
        if not batched:
            x = x[:, None]
        elif self.batch_first:
            x = x.swapaxes(0, 1)
        steps, batch, _ = x.shape
        if not steps:
            raise ValueError(
                f"{type(self).__name__}: received an input of 0 steps; give at least one."
            )
        size = self.proj_size or self.hidden_size
        lead = (self.num_layers * (1 + self.bidirectional), *(batch,) * batched)
        shapes = [(*lead, size), (*lead, self.hidden_size)][: len(self.states)]
        initial = self._initial(hx, shapes)
        z = x.reshape((steps * batch, self.input_size)).T
        last: list[State] = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                z = functional.dropout(z, self.dropout, self.training)
            directions = []
            for suffix in self._suffixes(layer):
                k = len(last)
                start = [s[k].T if batched else s[k][:, None] for s in initial]
                outputs, state = self._along(z, suffix, tuple(start), steps, batch)
                directions.append(outputs)
                last.append(state)
            z = directions[0] if len(directions) == 1 else ag.concatenate(directions)
        z = z.reshape((z.shape[0], steps, batch)).transpose(1, 2, 0)
        if not batched:
            z = z[:, 0]
        elif self.batch_first:
            z = z.swapaxes(0, 1)
        ends = tuple(
            ag.stack([state.T if batched else state[:, 0] for state in kind])
            for kind in zip(*last, strict=True)
        )
        return z, ends if len(ends) > 1 else ends[0]

    def _along(
        self, x: Any, suffix: str, state: State, steps: int, batch: int
    ) -> tuple[Any, State]:
        """The outputs at all steps as columns, and the last state."""
        x, weights = self._prepared(x, suffix, batch)
        backward = suffix.endswith("reverse")
        outputs = []
        for t in reversed(range(steps)) if backward else range(steps):
            state = self._step(x[:, t * batch : (t + 1) * batch], state, weights)
            outputs.append(state[0])
        return ag.concatenate(outputs[::-1] if backward else outputs, axis=1), state

    def extra_repr(self) -> str:
        """The sizes, and what is not as by default."""
        defaults = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0.0,
            "bidirectional": False,
        }
        unusual = [
            f"{name}={getattr(self, name)}"
            for name, default in defaults.items()
            if getattr(self, name) != default
        ]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *unusual])


class _Cell(_Recurrence):
    """One step of one layer."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool, dtype: DTypeLike) -> None:
        super().__init__(input_size, hidden_size, bias)
        self._make("", input_size, hidden_size, dtype)
        if not self.bias:
            self.bias_ih = self.bias_hh = None
        self.reset_parameters()

    def forward(self, x: Any, hx: Any = None) -> Any:
        """The next state."""
        x = self._input(x, "batch")
        batched = x.ndim == 2
        lead = x.shape[:-1]
        initial = self._initial(hx, [(*lead, self.hidden_size)] * len(self.states))
        z, weights = self._prepared(_columns(x), "", lead[0] if batched else 1)
        state = self._step(z, tuple(map(_columns, initial)), weights)
        ends = tuple(s.T if batched else s[:, 0] for s in state)
        return ends if len(ends) > 1 else ends[0]

    def extra_repr(self) -> str:
        """The sizes, and what is not as by default."""
        bias = "" if self.bias else ", bias=False"
        return f"{self.input_size}, {self.hidden_size}{bias}"


def _columns(x: Any) -> Any:
    return x.T if x.ndim == 2 else x[:, None]


class RNN(_Layers, _Elman):
    r"""A recurrent network of Elman's kind.

    .. math:: h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})

    or relu in place of tanh, as `nonlinearity` says. Layer k has the parameters ``weight_ih_lk``,
    ``weight_hh_lk``, ``bias_ih_lk`` and ``bias_hh_lk``, and for the direction from the end to the
    start the same with ``_reverse``; they start as :math:`U(-1/\sqrt{hidden}, 1/\sqrt{hidden})`.
    In training, `dropout` sets elements of the outputs to 0 between the layers.

    Shapes: x (steps, batch, input_size), or (batch, steps, input_size) with `batch_first`, or
    (steps, input_size); with D = 2 if `bidirectional`, else 1, the initial state is
    (D·num_layers, batch, hidden_size) and zero if not given. Returns the outputs of the last
    layer, (steps, batch, D·hidden_size) and laid out as x, and the last state.

    Raises ValueError for sizes, a nonlinearity or shapes that don't fit.

    >>> import nn
    >>> outputs, last = nn.RNN(3, 5, num_layers=2)(np.zeros((7, 4, 3), dtype="float32"))
    >>> outputs.shape, last.shape
    ((7, 4, 5), (2, 4, 5))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(
            *(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional),
            proj_size=0,
            dtype=dtype,
        )
        self._activation(nonlinearity)


class LSTM(_Layers, _LongShortTerm):
    r"""Long short-term memory: gates decide what a cell state forgets, takes in and shows.

    .. math::
        (i, f, g, o)_t &= W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh} \\
        c_t &= \sigma(f_t) \odot c_{t-1} + \sigma(i_t) \odot \tanh(g_t) \\
        h_t &= \sigma(o_t) \odot \tanh(c_t)

    Parameters, arguments and shapes are those of `RNN`, with the four gates' rows one after the
    other; with `proj_size`, the output is :math:`W_{hr} h_t` of that size. The state is a pair
    (h, c), of which c always has hidden_size.

    Raises ValueError for sizes or shapes that don't fit, TypeError for a state that is no pair.

    >>> import nn
    >>> outputs, (h, c) = nn.LSTM(3, 5, bidirectional=True)(np.zeros((7, 4, 3), dtype="float32"))
    >>> outputs.shape, h.shape, c.shape
    ((7, 4, 10), (2, 4, 5), (2, 4, 5))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(
            *(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional),
            proj_size=proj_size,
            dtype=dtype,
        )


class GRU(_Layers, _Gated):
    r"""Gated recurrent units: gates decide how much of the state is new.

    .. math::
        r_t &= \sigma(W_{ir} x_t + b_{ir} + W_{hr} h_{t-1} + b_{hr}) \\
        z_t &= \sigma(W_{iz} x_t + b_{iz} + W_{hz} h_{t-1} + b_{hz}) \\
        n_t &= \tanh(W_{in} x_t + b_{in} + r_t \odot (W_{hn} h_{t-1} + b_{hn})) \\
        h_t &= (1 - z_t) \odot n_t + z_t \odot h_{t-1}

    Parameters, arguments and shapes are those of `RNN`, with the rows of r, z and n one after the
    other.

    Raises ValueError for sizes or shapes that don't fit.

    >>> import nn
    >>> outputs, last = nn.GRU(3, 5, batch_first=True)(np.zeros((4, 7, 3), dtype="float32"))
    >>> outputs.shape, last.shape
    ((4, 7, 5), (1, 4, 5))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(
            *(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional),
            proj_size=0,
            dtype=dtype,
        )


class RNNCell(_Cell, _Elman):
    r"""One step of an `RNN`: from (x, h) to the next h.

    Shapes: x (batch, input_size) or (input_size,), h (batch, hidden_size) or (hidden_size,), zero
    if not given. The parameters are ``weight_ih``, ``weight_hh``, ``bias_ih`` and ``bias_hh``.

    Raises ValueError for sizes, a nonlinearity or shapes that don't fit.

    >>> import nn
    >>> nn.RNNCell(3, 5)(np.zeros((4, 3), dtype="float32")).shape
    (4, 5)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, dtype)
        self._activation(nonlinearity)

    def extra_repr(self) -> str:
        """The sizes, and what is not as by default."""
        kind = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + kind


class LSTMCell(_Cell, _LongShortTerm):
    r"""One step of an `LSTM`: from x and (h, c) to the next (h, c).

    Shapes and parameters are those of `RNNCell`, with four gates' rows.

    Raises ValueError for sizes or shapes that don't fit, TypeError for a state that is no pair.

    >>> import nn
    >>> h, c = nn.LSTMCell(3, 5)(np.zeros((4, 3), dtype="float32"))
    >>> h.shape, c.shape
    ((4, 5), (4, 5))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, dtype)


class GRUCell(_Cell, _Gated):
    r"""One step of a `GRU`: from (x, h) to the next h.

    Shapes and parameters are those of `RNNCell`, with three gates' rows.

    Raises ValueError for sizes or shapes that don't fit.

    >>> import nn
    >>> nn.GRUCell(3, 5)(np.zeros(3, dtype="float32")).shape
    (5,)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, dtype)
