"""Functions of each element, and of an axis to probabilities, as layers.

What they compute, with which derivative at a kink, is said at the functions in `nn.functional`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nn import functional
from nn.functional.checks import integers
from nn.init import constant_
from nn.layers.twin import Twin
from nn.module import Module, Parameter

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class _Activation(Twin):
    """A function of one input, with its settings."""

    def forward(self, input: Any) -> Any:
        """The function of `input`."""
        return self._call(input)

    def extra_repr(self) -> str:
        """The settings; `inplace` only if it is set."""
        shown = (name for name in self._settings if name != "inplace" or self.inplace)
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)


class CELU(_Activation):
    r"""Negative values as :math:`\alpha (e^{x / \alpha} - 1)`, of any shape.

    >>> CELU(2.0)(np.array([-1.0, 2.0])).round(3)
    array([-0.787,  2.   ])
    """

    function = functional.celu

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)


class ELU(_Activation):
    r"""Negative values as :math:`\alpha (e^x - 1)`, of any shape.

    >>> ELU()(np.array([-1.0, 2.0])).round(3)
    array([-0.632,  2.   ])
    """

    function = functional.elu

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)


class GELU(_Activation):
    r""":math:`x \Phi(x)`, of any shape; needs SciPy unless ``approximate="tanh"``.

    >>> GELU("tanh")(np.array([0.0, 1.0])).round(3)
    array([0.   , 0.841])
    """

    function = functional.gelu

    def __init__(self, approximate: str = "none") -> None:
        super().__init__(approximate=approximate)


class GLU(_Activation):
    r"""The first half along `dim`, times the logistic function of the second.

    >>> GLU()(np.array([1.0, 2.0, 0.0, 0.0]))
    array([0.5, 1. ])
    """

    function = functional.glu

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim=dim)


class Hardshrink(_Activation):
    r"""Values of a size up to λ as 0, of any shape.

    >>> Hardshrink()(np.array([-1.0, 0.2, 2.0]))
    array([-1.,  0.,  2.])
    """

    function = functional.hardshrink

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__(lambd=lambd)

    def extra_repr(self) -> str:
        """λ."""
        return str(self.lambd)


class Hardsigmoid(_Activation):
    r""":math:`\min(\max(x + 3, 0), 6) / 6`, of any shape.

    >>> Hardsigmoid()(np.array([-4.0, 0.0, 4.0]))
    array([0. , 0.5, 1. ])
    """

    function = functional.hardsigmoid

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Hardswish(_Activation):
    r""":math:`x \min(\max(x + 3, 0), 6) / 6`, of any shape.

    >>> Hardswish()(np.array([0.0, 1.5, 4.0]))
    array([0.   , 1.125, 4.   ])
    """

    function = functional.hardswish

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Hardtanh(_Activation):
    r"""Values cut off at `min_val` and `max_val`, of any shape.

    >>> Hardtanh()(np.array([-2.0, 0.5, 2.0]))
    array([-1. ,  0.5,  1. ])
    """

    function = functional.hardtanh

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__(min_val=min_val, max_val=max_val, inplace=inplace)


class LeakyReLU(_Activation):
    r"""Negative values times `negative_slope`, of any shape.

    >>> LeakyReLU(0.1)(np.array([-1.0, 2.0]))
    array([-0.1,  2. ])
    """

    function = functional.leaky_relu

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(negative_slope=negative_slope, inplace=inplace)


class LogSigmoid(_Activation):
    r""":math:`-\log(1 + e^{-x})`, of any shape.

    >>> LogSigmoid()(np.array([0.0])).round(3)
    array([-0.693])
    """

    function = functional.logsigmoid


class LogSoftmax(_Activation):
    r""":math:`x - \log \sum e^x` along `dim`.

    >>> LogSoftmax(-1)(np.array([0.0, -1e4]))
    array([     0., -10000.])
    """

    function = functional.log_softmax

    def __init__(self, dim: int | None = None) -> None:
        super().__init__(dim=dim)


class Mish(_Activation):
    r""":math:`x \tanh(\log(1 + e^x))`, of any shape.

    >>> Mish()(np.array([0.0, 1.0])).round(3)
    array([0.   , 0.865])
    """

    function = functional.mish

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class PReLU(Module):
    r"""Negative values times a slope that is trained, one for all or one for each channel.

    Shapes: (N, C, ...) with C = `num_parameters`, or any if that is 1; ``weight``
    (num_parameters,) starts as `init`.

    Raises ValueError for an input with another number of channels.

    >>> PReLU()(np.array([-1.0, 2.0], dtype="float32"))
    Tensor([-0.25,  2.  ], dtype=float32, made by multiply)
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, *, dtype: DTypeLike = np.float32
    ) -> None:
        super().__init__()
        integers("PReLU", 1, num_parameters=num_parameters)
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(np.empty(num_parameters, dtype), dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set all slopes to `init`."""
        constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        """``prelu(input, weight)``."""
        return functional.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """The number of slopes."""
        return f"num_parameters={self.num_parameters}"


class RReLU(_Activation):
    r"""Negative values times random slopes in training, and their mean after it.

    >>> RReLU(0.25, 0.75).eval()(np.array([-4.0, 2.0]))
    array([-2.,  2.])
    """

    function = functional.rrelu

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__(lower=lower, upper=upper, inplace=inplace)

    def forward(self, input: Any) -> Any:
        """``rrelu(input)``, random in training."""
        return functional.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class ReLU(_Activation):
    r"""Negative values as 0: :math:`z = \max(x, 0)`, of any shape; the derivative at 0 is 0.

    >>> ReLU()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    function = functional.relu

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class ReLU6(_Activation):
    r"""Values cut off at 0 and 6, of any shape.

    >>> ReLU6()(np.array([-2.0, 0.5, 8.0]))
    array([0. , 0.5, 6. ])
    """

    function = functional.relu6

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class SELU(_Activation):
    r"""`ELU` with constants that keep mean 0 and variance 1, of any shape.

    >>> SELU()(np.array([-1.0, 1.0])).round(3)
    array([-1.111,  1.051])
    """

    function = functional.selu

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class SiLU(_Activation):
    r""":math:`x \sigma(x)`, of any shape.

    >>> SiLU()(np.array([0.0, 1.0])).round(3)
    array([0.   , 0.731])
    """

    function = functional.silu

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Sigmoid(_Activation):
    r"""The logistic function: :math:`z = 1 / (1 + e^{-x})`, of any shape, without overflow.

    >>> Sigmoid()(np.array([-1e4, 0.0]))
    array([0. , 0.5])
    """

    function = functional.sigmoid


class Softmax(_Activation):
    r""":math:`e^x / \sum e^x` along `dim`.

    >>> Softmax(-1)(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """

    function = functional.softmax

    def __init__(self, dim: int | None = None) -> None:
        super().__init__(dim=dim)


class Softmax2d(Module):
    r"""`Softmax` over the channels at each place of images.

    Shapes: (N, C, H, W) or (C, H, W). Raises ValueError for others.

    >>> Softmax2d()(np.zeros((2, 1, 1))).ravel()
    array([0.5, 0.5])
    """

    def forward(self, input: Any) -> Any:
        """``softmax(input, -3)``."""
        if np.ndim(input) not in (3, 4):
            raise ValueError(
                f"Softmax2d: x must be (N, C, H, W) or (C, H, W), received shape {np.shape(input)}."
            )
        return functional.softmax(input, -3)


class Softmin(_Activation):
    r""":math:`e^{-x} / \sum e^{-x}` along `dim`.

    >>> Softmin(-1)(np.array([0.0, 1e4]))
    array([1., 0.])
    """

    function = functional.softmin

    def __init__(self, dim: int | None = None) -> None:
        super().__init__(dim=dim)


class Softplus(_Activation):
    r""":math:`\log(1 + e^{\beta x}) / \beta`, and x itself above the threshold, of any shape.

    >>> Softplus()(np.array([0.0])).round(3)
    array([0.693])
    """

    function = functional.softplus

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__(beta=beta, threshold=threshold)


class Softshrink(_Activation):
    r"""Values nearer to 0 by λ, and those within λ as 0, of any shape.

    >>> Softshrink()(np.array([-1.0, 0.2, 2.0]))
    array([-0.5,  0. ,  1.5])
    """

    function = functional.softshrink

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__(lambd=lambd)

    def extra_repr(self) -> str:
        """λ."""
        return str(self.lambd)


class Softsign(_Activation):
    r""":math:`x / (1 + |x|)`, of any shape.

    >>> Softsign()(np.array([-1.0, 3.0]))
    array([-0.5 ,  0.75])
    """

    function = functional.softsign


class Tanh(_Activation):
    r"""The hyperbolic tangent: :math:`z = \tanh x`, of any shape.

    >>> Tanh()(np.array([0.0, 1e4]))
    array([0., 1.])
    """

    function = functional.tanh


class Tanhshrink(_Activation):
    r""":math:`x - \tanh x`, of any shape.

    >>> Tanhshrink()(np.array([0.0, 1e4]))
    array([   0., 9999.])
    """

    function = functional.tanhshrink


class Threshold(_Activation):
    r"""Values up to a threshold as `value`, of any shape.

    >>> Threshold(0.2, -1.0)(np.array([0.1, 0.5]))
    array([-1. ,  0.5])
    """

    function = functional.threshold

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(threshold=threshold, value=value, inplace=inplace)
