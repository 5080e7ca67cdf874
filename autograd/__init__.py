"""Reverse-mode automatic differentiation on NumPy, with a tape that is plain data.

>>> import numpy as np
>>> import autograd as ag
>>> x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> loss = np.sum(np.exp(x) * 2)
>>> loss.backward()
>>> np.allclose(x.grad, 2 * np.exp([1.0, 2.0, 3.0]))
True
"""

from typing import TYPE_CHECKING, Any

from autograd import operators as operators  # gives Tensor its operators and methods
from autograd.backward import gradients as gradients
from autograd.dispatch import overrides as overrides
from autograd.errors import GradientError as GradientError
from autograd.functions import detach as detach
from autograd.functions import log_softmax as log_softmax
from autograd.functions import logsumexp as logsumexp
from autograd.functions import softmax as softmax
from autograd.functions import std as std
from autograd.functions import var as var
from autograd.gradcheck import GradcheckError as GradcheckError
from autograd.gradcheck import gradcheck as gradcheck
from autograd.mode import enable_grad as enable_grad
from autograd.mode import is_recording as is_recording
from autograd.mode import no_grad as no_grad
from autograd.ops.elementwise import absolute as absolute
from autograd.ops.elementwise import add as add
from autograd.ops.elementwise import arccos as arccos
from autograd.ops.elementwise import arccosh as arccosh
from autograd.ops.elementwise import arcsin as arcsin
from autograd.ops.elementwise import arcsinh as arcsinh
from autograd.ops.elementwise import arctan as arctan
from autograd.ops.elementwise import arctan2 as arctan2
from autograd.ops.elementwise import arctanh as arctanh
from autograd.ops.elementwise import cbrt as cbrt
from autograd.ops.elementwise import ceil as ceil
from autograd.ops.elementwise import clip as clip
from autograd.ops.elementwise import cos as cos
from autograd.ops.elementwise import cosh as cosh
from autograd.ops.elementwise import divide as divide
from autograd.ops.elementwise import exp as exp
from autograd.ops.elementwise import exp2 as exp2
from autograd.ops.elementwise import expm1 as expm1
from autograd.ops.elementwise import fabs as fabs
from autograd.ops.elementwise import float_power as float_power
from autograd.ops.elementwise import floor as floor
from autograd.ops.elementwise import floor_divide as floor_divide
from autograd.ops.elementwise import log as log
from autograd.ops.elementwise import log1p as log1p
from autograd.ops.elementwise import log2 as log2
from autograd.ops.elementwise import log10 as log10
from autograd.ops.elementwise import logaddexp as logaddexp
from autograd.ops.elementwise import maximum as maximum
from autograd.ops.elementwise import minimum as minimum
from autograd.ops.elementwise import multiply as multiply
from autograd.ops.elementwise import negative as negative
from autograd.ops.elementwise import positive as positive
from autograd.ops.elementwise import power as power
from autograd.ops.elementwise import reciprocal as reciprocal
from autograd.ops.elementwise import relu as relu
from autograd.ops.elementwise import remainder as remainder
from autograd.ops.elementwise import rint as rint
from autograd.ops.elementwise import round as round
from autograd.ops.elementwise import sigmoid as sigmoid
from autograd.ops.elementwise import sign as sign
from autograd.ops.elementwise import sin as sin
from autograd.ops.elementwise import sinh as sinh
from autograd.ops.elementwise import sqrt as sqrt
from autograd.ops.elementwise import square as square
from autograd.ops.elementwise import subtract as subtract
from autograd.ops.elementwise import tan as tan
from autograd.ops.elementwise import tanh as tanh
from autograd.ops.elementwise import trunc as trunc
from autograd.ops.elementwise import where as where
from autograd.ops.indexing import index_update as index_update
from autograd.ops.indexing import scatter as scatter
from autograd.ops.joining import concatenate as concatenate
from autograd.ops.joining import pad as pad
from autograd.ops.joining import split as split
from autograd.ops.joining import stack as stack
from autograd.ops.products import dot as dot
from autograd.ops.products import matmul as matmul
from autograd.ops.reductions import cumsum as cumsum
from autograd.ops.reductions import max as max
from autograd.ops.reductions import mean as mean
from autograd.ops.reductions import min as min
from autograd.ops.reductions import prod as prod
from autograd.ops.reductions import sum as sum
from autograd.ops.shape import astype as astype
from autograd.ops.shape import broadcast_to as broadcast_to
from autograd.ops.shape import copy as copy
from autograd.ops.shape import expand_dims as expand_dims
from autograd.ops.shape import moveaxis as moveaxis
from autograd.ops.shape import ravel as ravel
from autograd.ops.shape import reshape as reshape
from autograd.ops.shape import squeeze as squeeze
from autograd.ops.shape import swapaxes as swapaxes
from autograd.ops.shape import transpose as transpose
from autograd.ops.windows import fold as fold
from autograd.ops.windows import windows as windows
from autograd.primitive import Primitive as Primitive
from autograd.primitive import primitive as primitive
from autograd.primitive import primitives as primitives
from autograd.tape import Leaf as Leaf
from autograd.tape import Node as Node
from autograd.tape import tape as tape
from autograd.tensor import Tensor as Tensor
from autograd.tensor import tensor as tensor

if TYPE_CHECKING:
    from autograd.explain import draw as draw


def __getattr__(name: str) -> Any:
    if name == "draw":  # drawing needs the graphviz package, which computing does not
        from autograd.explain import draw

        return draw
    if name == "__version__":  # looked up only when asked for: it costs as much as our import
        from importlib.metadata import version

        return version("tapegrad")
    raise AttributeError(f"module 'autograd' has no attribute {name!r}")
