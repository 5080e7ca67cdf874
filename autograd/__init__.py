"""Reverse-mode automatic differentiation on NumPy, with a tape that is plain data.

>>> import numpy as np
>>> import autograd as ag
>>> x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> loss = np.sum(np.exp(x) * 2)
>>> loss.backward()
>>> np.allclose(x.grad, 2 * np.exp([1.0, 2.0, 3.0]))
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autograd import (
    linalg as linalg,
    operators as operators,  # gives Tensor its operators and methods
)
from autograd.backward import gradients as gradients
from autograd.dispatch import overrides as overrides
from autograd.errors import GradientError as GradientError
from autograd.functions import (
    detach as detach,
    log_softmax as log_softmax,
    logsumexp as logsumexp,
    softmax as softmax,
    std as std,
    var as var,
)
from autograd.gradcheck import GradcheckError as GradcheckError, gradcheck as gradcheck
from autograd.mode import (
    enable_grad as enable_grad,
    is_recording as is_recording,
    no_grad as no_grad,
)
from autograd.ops.elementwise import (
    absolute as absolute,
    add as add,
    arccos as arccos,
    arccosh as arccosh,
    arcsin as arcsin,
    arcsinh as arcsinh,
    arctan as arctan,
    arctan2 as arctan2,
    arctanh as arctanh,
    cbrt as cbrt,
    ceil as ceil,
    clip as clip,
    cos as cos,
    cosh as cosh,
    divide as divide,
    exp as exp,
    exp2 as exp2,
    expm1 as expm1,
    fabs as fabs,
    float_power as float_power,
    floor as floor,
    floor_divide as floor_divide,
    log as log,
    log1p as log1p,
    log2 as log2,
    log10 as log10,
    logaddexp as logaddexp,
    maximum as maximum,
    minimum as minimum,
    multiply as multiply,
    negative as negative,
    positive as positive,
    power as power,
    reciprocal as reciprocal,
    relu as relu,
    remainder as remainder,
    rint as rint,
    round as round,
    sigmoid as sigmoid,
    sign as sign,
    sin as sin,
    sinh as sinh,
    sqrt as sqrt,
    square as square,
    subtract as subtract,
    tan as tan,
    tanh as tanh,
    trunc as trunc,
    where as where,
)
from autograd.ops.indexing import index_update as index_update, scatter as scatter
from autograd.ops.joining import (
    concatenate as concatenate,
    pad as pad,
    split as split,
    stack as stack,
)
from autograd.ops.products import dot as dot, matmul as matmul
from autograd.ops.reductions import (
    cumsum as cumsum,
    max as max,
    mean as mean,
    min as min,
    prod as prod,
    sum as sum,
)
from autograd.ops.shape import (
    astype as astype,
    broadcast_to as broadcast_to,
    copy as copy,
    expand_dims as expand_dims,
    moveaxis as moveaxis,
    ravel as ravel,
    reshape as reshape,
    squeeze as squeeze,
    swapaxes as swapaxes,
    transpose as transpose,
)
from autograd.ops.windows import fold as fold, windows as windows
from autograd.primitive import (
    Primitive as Primitive,
    primitive as primitive,
    primitives as primitives,
)
from autograd.tape import Leaf as Leaf, Node as Node, tape as tape
from autograd.tensor import Tensor as Tensor, tensor as tensor

if TYPE_CHECKING:
    from autograd import special as special
    from autograd.explain import draw as draw


def __getattr__(name: str) -> Any:
    if name == "draw":  # drawing needs the graphviz package, which computing does not
        from autograd.explain import draw

        return draw
    if name == "special":  # and its rules SciPy
        return import_module("autograd.special")
    if name == "__version__":  # looked up only when asked for: it costs as much as our import
        from importlib.metadata import version

        return version("tapegrad")
    raise AttributeError(f"module 'autograd' has no attribute {name!r}")
