"""Initial values, written into Tensors that exist; names that end in ``_`` say so.

All return the Tensor. Random ones draw from `nn.random.generator`; the draws are the same for
every dtype, up to rounding. A weight is (out, in, ...): :math:`fan_{in}` is the product of all
axes but the first, :math:`fan_{out}` of all but the second.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor
from nn.functional.checks import described, number
from nn.random import generator

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]


def _fill(name: str, tensor: Tensor, values: Any) -> Tensor:
    _check(name, tensor)
    with ag.no_grad():
        tensor[...] = values
    return tensor


def _check(name: str, tensor: Any) -> None:
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"{name}: received {described(tensor)} in place of a Tensor; give one, such as "
            "layer.weight."
        )


def _check_axes(name: str, tensor: Tensor, least: int, most: int | None = None) -> None:
    _check(name, tensor)
    if tensor.ndim < least or (most is not None and tensor.ndim > most):
        wanted = f"{least} or more" if most is None else f"{least} to {most}".removesuffix(" to 2")
        raise ValueError(
            f"{name}: the tensor must have {wanted} axes, received shape {tensor.shape}."
        )


# ---------------------------------------------------------------------- given values


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill `tensor` with one number.

    >>> import nn
    >>> constant_(nn.Parameter([0.0, 0.0]), 3)
    Parameter([3., 3.], dtype=float64, requires_grad=True)
    """
    if np.ndim(val) or np.asarray(val).dtype.kind not in "fiub":
        raise TypeError(f"constant_: val must be a number, received {described(val)}.")
    return _fill("constant_", tensor, val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill `tensor` with ones.

    >>> import nn
    >>> ones_(nn.Parameter([0.0])).tolist()
    [1.0]
    """
    return _fill("ones_", tensor, 1)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill `tensor` with zeros.

    >>> import nn
    >>> zeros_(nn.Parameter([1.0])).tolist()
    [0.0]
    """
    return _fill("zeros_", tensor, 0)


def eye_(tensor: Tensor) -> Tensor:
    """Ones on the diagonal of a matrix, zeros elsewhere: a Linear that passes its input on.

    Raises ValueError for what is no matrix.

    >>> import nn
    >>> eye_(nn.Parameter(np.empty((2, 3)))).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    _check_axes("eye_", tensor, 2, 2)
    return _fill("eye_", tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """A convolution's weight (out, in, ...) that passes on as many channels as there are.

    With `groups`, each group does. Raises ValueError unless there are 3 to 5 axes and the first
    can be divided by `groups`.

    >>> import nn
    >>> dirac_(nn.Parameter(np.empty((2, 2, 3)))).tolist()
    [[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]
    """
    _check_axes("dirac_", tensor, 3, 5)
    if groups < 1 or tensor.shape[0] % groups:
        raise ValueError(
            f"dirac_: the first axis of shape {tensor.shape} must be a multiple of groups, "
            f"received {groups}."
        )
    each = tensor.shape[0] // groups
    passed = np.arange(min(each, tensor.shape[1]))
    middle = [n // 2 for n in tensor.shape[2:]]
    values = np.zeros(tensor.shape)
    for group in range(groups):
        index: Any = (group * each + passed, passed, *middle)
        values[index] = 1
    return _fill("dirac_", tensor, values)


# ---------------------------------------------------------------------- plain distributions


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    r"""Fill `tensor` with independent draws from :math:`U(a, b)`.

    >>> import nn
    >>> nn.seed(0)
    >>> weight = uniform_(nn.Parameter([[0.0, 0.0]]), -1, 1)
    >>> weight.data.round(3).tolist()
    [[0.274, -0.46]]
    """
    return _uniform("uniform_", tensor, a, b)


def _uniform(name: str, tensor: Tensor, a: float, b: float) -> Tensor:
    _check(name, tensor)
    if not a <= b:
        raise ValueError(f"{name}: a must be at most b, received {a} and {b}.")
    return _fill(name, tensor, generator.uniform(a, b, tensor.shape))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    r"""Fill `tensor` with independent draws from :math:`N(mean, std^2)`.

    Raises ValueError for a negative std.

    >>> import nn
    >>> nn.seed(0)
    >>> normal_(nn.Parameter([0.0]), mean=3, std=0.1).data.round(3).tolist()
    [3.013]
    """
    return _normal("normal_", tensor, mean, std)


def _normal(name: str, tensor: Tensor, mean: float, std: float) -> Tensor:
    _check(name, tensor)
    number(name, "std", std, "of at least 0")
    return _fill(name, tensor, generator.normal(mean, std, tensor.shape))


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0
) -> Tensor:
    r"""Fill `tensor` with draws from :math:`N(mean, std^2)` that lie in :math:`[a, b]`.

    Raises ValueError unless a < b and std is positive.

    >>> import nn
    >>> weight = trunc_normal_(nn.Parameter(np.empty(1000)), a=-1.0, b=0.5)
    >>> bool(((weight.data >= -1) & (weight.data <= 0.5)).all())
    True
    """
    _check("trunc_normal_", tensor)
    number("trunc_normal_", "std", std, "above 0")
    if not a < b:
        raise ValueError(f"trunc_normal_: a must be below b, received {a} and {b}.")
    below, above = (0.5 * (1 + math.erf((x - mean) / (std * math.sqrt(2)))) for x in (a, b))
    values = np.empty(math.prod(tensor.shape))
    missing = np.arange(values.size)
    while missing.size:  # draw anew what was refused
        if above - below > 0.3:
            drawn = generator.normal(mean, std, missing.size)
            refused = (drawn < a) | (drawn > b)
        else:  # a tail, or a narrow part: uniform draws, kept as often as the density is high
            drawn = generator.uniform(a, b, missing.size)
            highest = ((min(max(mean, a), b) - mean) / std) ** 2
            density = np.exp(0.5 * (highest - ((drawn - mean) / std) ** 2))
            refused = generator.uniform(size=missing.size) > density
        values[missing] = drawn
        missing = missing[refused]
    return _fill("trunc_normal_", tensor, values.reshape(tensor.shape))


# ---------------------------------------------------------------------- scaled to the layer

_GAINS = {
    **dict.fromkeys(("linear", "sigmoid", "conv1d", "conv2d", "conv3d"), 1.0),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), 1.0),
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    r"""The factor that keeps the variance of values where this function follows a layer.

    1 for "linear", "sigmoid" and convolutions, 5/3 for "tanh", :math:`\sqrt 2` for "relu", 3/4 for
    "selu", :math:`\sqrt{2 / (1 + param^2)}` for "leaky_relu", whose slope is 0.01 if not given.

    Raises ValueError for another name, or a slope that is no number.

    >>> calculate_gain("leaky_relu", 1.0)
    1.0
    """
    return _gain("calculate_gain", nonlinearity, param)


def _gain(name: str, nonlinearity: str, param: float | None) -> float:
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"{name}: the slope must be a number, received {described(slope)}.")
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(
            f"{name}: nonlinearity must be one of leaky_relu, {', '.join(_GAINS)}; received "
            f"{described(nonlinearity)}."
        )
    return _GAINS[nonlinearity]


def _fans(name: str, tensor: Tensor) -> tuple[int, int]:
    """The numbers of inputs of each output, and of outputs of each input."""
    _check_axes(name, tensor, 2)
    outs, ins, *window = tensor.shape
    return ins * math.prod(window), outs * math.prod(window)


def _xavier(name: str, tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2 / max(sum(_fans(name, tensor)), 1))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    r"""Fill a weight with draws from :math:`U(-\sqrt 3 s, \sqrt 3 s)`.

    .. math:: s = gain \sqrt{2 / (fan_{in} + fan_{out})}

    Raises ValueError for less than 2 axes.

    >>> import nn
    >>> weight = xavier_uniform_(nn.Parameter(np.empty((3, 3))))
    >>> bool((np.abs(weight.data) <= 1).all())
    True
    """
    bound = math.sqrt(3) * _xavier("xavier_uniform_", tensor, gain)
    return _uniform("xavier_uniform_", tensor, -bound, bound)


def xavier_normal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    r"""Fill a weight with draws from :math:`N(0, s^2)`, with s as in `xavier_uniform_`.

    >>> import nn
    >>> xavier_normal_(nn.Parameter(np.empty((3, 2)))).shape
    (3, 2)
    """
    return _normal("xavier_normal_", tensor, 0, _xavier("xavier_normal_", tensor, gain))


def _kaiming(name: str, tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{name}: mode must be 'fan_in' or 'fan_out', received {described(mode)}.")
    fan = _fans(name, tensor)[mode == "fan_out"]
    return _gain(name, nonlinearity, a) / math.sqrt(max(fan, 1))


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    r"""Fill a weight with draws from :math:`U(-\sqrt 3 s, \sqrt 3 s)`.

    .. math:: s = gain / \sqrt{fan}

    `mode` says which fan; the gain is ``calculate_gain(nonlinearity, a)``.

    Raises ValueError for less than 2 axes, or an unknown mode or nonlinearity.

    >>> import nn
    >>> weight = kaiming_uniform_(nn.Parameter(np.empty((3, 6))))
    >>> bool((np.abs(weight.data) <= 1).all())
    True
    """
    bound = math.sqrt(3) * _kaiming("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return _uniform("kaiming_uniform_", tensor, -bound, bound)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    r"""Fill a weight with draws from :math:`N(0, s^2)`, with s as in `kaiming_uniform_`.

    >>> import nn
    >>> kaiming_normal_(nn.Parameter(np.empty((3, 2)))).shape
    (3, 2)
    """
    std = _kaiming("kaiming_normal_", tensor, a, mode, nonlinearity)
    return _normal("kaiming_normal_", tensor, 0, std)


def orthogonal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    r"""Fill a weight with a random orthogonal matrix, times `gain`.

    All axes but the first are taken as one. Of that matrix, the rows are orthonormal, or if they
    are more than the columns, those.

    Raises ValueError for less than 2 axes.

    >>> import nn
    >>> w = orthogonal_(nn.Parameter(np.empty((2, 3)))).data
    >>> (w @ w.T).round(6) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """
    _check_axes("orthogonal_", tensor, 2)
    if not math.prod(tensor.shape):
        return tensor
    rows = tensor.shape[0]
    columns = math.prod(tensor.shape[1:])
    q, r = np.linalg.qr(generator.normal(size=(max(rows, columns), min(rows, columns))))
    q *= gain * np.copysign(1, np.diagonal(r))  # else not all orthogonal ones were equally likely
    return _fill("orthogonal_", tensor, (q.T if rows < columns else q).reshape(tensor.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01) -> Tensor:
    r"""Fill a matrix with draws from :math:`N(0, std^2)`, of which some in each column are 0.

    Their number is the part `sparsity` of the rows, rounded up.

    Raises ValueError for what is no matrix, or a sparsity outside [0, 1].

    >>> import nn
    >>> (sparse_(nn.Parameter(np.empty((4, 2))), 0.5).data == 0).sum(axis=0)
    array([2, 2])
    """
    _check_axes("sparse_", tensor, 2, 2)
    number("sparse_", "std", std, "of at least 0")
    number("sparse_", "sparsity", sparsity, "from 0 to 1")
    values = generator.normal(0, std, tensor.shape)
    zeros = math.ceil(sparsity * tensor.shape[0])
    order = generator.random(tensor.shape).argsort(axis=0)
    np.put_along_axis(values, order[:zeros], 0, axis=0)
    return _fill("sparse_", tensor, values)
