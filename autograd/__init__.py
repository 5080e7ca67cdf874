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

# Their results are plain, and NumPy's own functions do this for Tensors, too.
from numpy import (
    all as all,
    allclose as allclose,
    any as any,
    argmax as argmax,
    argmin as argmin,
    argpartition as argpartition,
    argsort as argsort,
    argwhere as argwhere,
    array2string as array2string,
    array_equal as array_equal,
    array_equiv as array_equiv,
    array_repr as array_repr,
    array_str as array_str,
    bitwise_and as bitwise_and,
    bitwise_invert as bitwise_invert,
    bitwise_left_shift as bitwise_left_shift,
    bitwise_not as bitwise_not,
    bitwise_or as bitwise_or,
    bitwise_right_shift as bitwise_right_shift,
    bitwise_xor as bitwise_xor,
    can_cast as can_cast,
    common_type as common_type,
    count_nonzero as count_nonzero,
    diag_indices_from as diag_indices_from,
    digitize as digitize,
    equal as equal,
    flatnonzero as flatnonzero,
    greater as greater,
    greater_equal as greater_equal,
    invert as invert,
    isclose as isclose,
    iscomplex as iscomplex,
    iscomplexobj as iscomplexobj,
    isfinite as isfinite,
    isin as isin,
    isinf as isinf,
    isnan as isnan,
    isneginf as isneginf,
    isposinf as isposinf,
    isreal as isreal,
    isrealobj as isrealobj,
    ix_ as ix_,
    left_shift as left_shift,
    less as less,
    less_equal as less_equal,
    lexsort as lexsort,
    logical_and as logical_and,
    logical_not as logical_not,
    logical_or as logical_or,
    logical_xor as logical_xor,
    may_share_memory as may_share_memory,
    min_scalar_type as min_scalar_type,
    nanargmax as nanargmax,
    nanargmin as nanargmin,
    ndim as ndim,
    nonzero as nonzero,
    not_equal as not_equal,
    ravel_multi_index as ravel_multi_index,
    result_type as result_type,
    right_shift as right_shift,
    searchsorted as searchsorted,
    shape as shape,
    shares_memory as shares_memory,
    signbit as signbit,
    size as size,
    tril_indices_from as tril_indices_from,
    triu_indices_from as triu_indices_from,
    unravel_index as unravel_index,
)

from autograd import (
    linalg as linalg,
    operators as operators,  # gives Tensor its operators and methods
)
from autograd.backward import gradients as gradients
from autograd.checkpointing import (
    checkpoint as checkpoint,
    checkpoint_sequential as checkpoint_sequential,
    checkpoint_state as checkpoint_state,
)
from autograd.dispatch import overrides as overrides
from autograd.errors import AnomalyError as AnomalyError, GradientError as GradientError
from autograd.functions import (
    average as average,
    cumulative_prod as cumulative_prod,
    cumulative_sum as cumulative_sum,
    detach as detach,
    log_softmax as log_softmax,
    logsumexp as logsumexp,
    nancumprod as nancumprod,
    nancumsum as nancumsum,
    nanmean as nanmean,
    nanprod as nanprod,
    nanstd as nanstd,
    nansum as nansum,
    nanvar as nanvar,
    ptp as ptp,
    softmax as softmax,
    std as std,
    var as var,
)
from autograd.gradcheck import GradcheckError as GradcheckError, gradcheck as gradcheck
from autograd.handles import RemovableHandle as RemovableHandle
from autograd.linalg import cross as cross
from autograd.mode import (
    enable_grad as enable_grad,
    is_recording as is_recording,
    no_grad as no_grad,
)
from autograd.ops.barrier import barrier as barrier, hook_together as hook_together
from autograd.ops.bessel import i0 as i0
from autograd.ops.einsum import einsum as einsum
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
    copysign as copysign,
    cos as cos,
    cosh as cosh,
    deg2rad as deg2rad,
    degrees as degrees,
    divide as divide,
    divmod as divmod,
    exp as exp,
    exp2 as exp2,
    expm1 as expm1,
    fabs as fabs,
    fix as fix,
    float_power as float_power,
    floor as floor,
    floor_divide as floor_divide,
    fmax as fmax,
    fmin as fmin,
    fmod as fmod,
    heaviside as heaviside,
    hypot as hypot,
    ldexp as ldexp,
    log as log,
    log1p as log1p,
    log2 as log2,
    log10 as log10,
    logaddexp as logaddexp,
    logaddexp2 as logaddexp2,
    maximum as maximum,
    minimum as minimum,
    modf as modf,
    multiply as multiply,
    nan_to_num as nan_to_num,
    negative as negative,
    positive as positive,
    power as power,
    rad2deg as rad2deg,
    radians as radians,
    reciprocal as reciprocal,
    relu as relu,
    remainder as remainder,
    rint as rint,
    round as round,
    sigmoid as sigmoid,
    sign as sign,
    sin as sin,
    sinc as sinc,
    sinh as sinh,
    sqrt as sqrt,
    square as square,
    subtract as subtract,
    tan as tan,
    tanh as tanh,
    trunc as trunc,
    where as where,
)
from autograd.ops.indexing import (
    choose as choose,
    compress as compress,
    copyto as copyto,
    extract as extract,
    fill_diagonal as fill_diagonal,
    index_add as index_add,
    index_update as index_update,
    piecewise as piecewise,
    place as place,
    put as put,
    put_along_axis as put_along_axis,
    putmask as putmask,
    scatter as scatter,
    select as select,
    take as take,
    take_along_axis as take_along_axis,
)
from autograd.ops.joining import (
    append as append,
    array_split as array_split,
    block as block,
    column_stack as column_stack,
    concat as concat,
    concatenate as concatenate,
    delete as delete,
    dsplit as dsplit,
    dstack as dstack,
    hsplit as hsplit,
    hstack as hstack,
    insert as insert,
    split as split,
    stack as stack,
    unstack as unstack,
    vsplit as vsplit,
    vstack as vstack,
)
from autograd.ops.padding import pad as pad
from autograd.ops.products import (
    dot as dot,
    inner as inner,
    kron as kron,
    matmul as matmul,
    matvec as matvec,
    outer as outer,
    tensordot as tensordot,
    vdot as vdot,
    vecdot as vecdot,
    vecmat as vecmat,
)
from autograd.ops.reductions import (
    cummax as cummax,
    cummin as cummin,
    cumprod as cumprod,
    cumsum as cumsum,
    max as max,
    mean as mean,
    median as median,
    min as min,
    nanmax as nanmax,
    nanmedian as nanmedian,
    nanmin as nanmin,
    nanpercentile as nanpercentile,
    nanquantile as nanquantile,
    percentile as percentile,
    prod as prod,
    quantile as quantile,
    sum as sum,
    trace as trace,
)
from autograd.ops.sequences import (
    angle as angle,
    apply_along_axis as apply_along_axis,
    apply_over_axes as apply_over_axes,
    conj as conj,
    conjugate as conjugate,
    convolve as convolve,
    corrcoef as corrcoef,
    correlate as correlate,
    cov as cov,
    diff as diff,
    ediff1d as ediff1d,
    gradient as gradient,
    imag as imag,
    interp as interp,
    linspace as linspace,
    polyval as polyval,
    real as real,
    trapezoid as trapezoid,
    unwrap as unwrap,
)
from autograd.ops.shape import (
    astype as astype,
    atleast_1d as atleast_1d,
    atleast_2d as atleast_2d,
    atleast_3d as atleast_3d,
    broadcast_arrays as broadcast_arrays,
    broadcast_to as broadcast_to,
    copy as copy,
    diag as diag,
    diagflat as diagflat,
    diagonal as diagonal,
    empty_like as empty_like,
    expand_dims as expand_dims,
    flip as flip,
    fliplr as fliplr,
    flipud as flipud,
    full_like as full_like,
    matrix_transpose as matrix_transpose,
    meshgrid as meshgrid,
    moveaxis as moveaxis,
    ones_like as ones_like,
    permute_dims as permute_dims,
    ravel as ravel,
    repeat as repeat,
    reshape as reshape,
    resize as resize,
    roll as roll,
    rollaxis as rollaxis,
    rot90 as rot90,
    squeeze as squeeze,
    swapaxes as swapaxes,
    tile as tile,
    transpose as transpose,
    tril as tril,
    triu as triu,
    vander as vander,
    zeros_like as zeros_like,
)
from autograd.ops.sorting import (
    bincount as bincount,
    histogram as histogram,
    intersect1d as intersect1d,
    partition as partition,
    setdiff1d as setdiff1d,
    sort as sort,
    union1d as union1d,
    unique as unique,
)
from autograd.ops.windows import fold as fold, windows as windows
from autograd.primitive import (
    Primitive as Primitive,
    primitive as primitive,
    primitives as primitives,
)
from autograd.tape import Leaf as Leaf, Node as Node, tape as tape
from autograd.tensor import Tensor as Tensor, tensor as tensor
from autograd.transforms import (
    elementwise_grad as elementwise_grad,
    grad as grad,
    hessian as hessian,
    hessian_vector_product as hessian_vector_product,
    hvp as hvp,
    jacobian as jacobian,
    jvp as jvp,
    make_jvp as make_jvp,
    make_vjp as make_vjp,
    value_and_grad as value_and_grad,
    vjp as vjp,
)

# NumPy's second names
abs = absolute
acos = arccos
acosh = arccosh
amax = max
amin = min
around = round
asin = arcsin
asinh = arcsinh
atan = arctan
atan2 = arctan2
atanh = arctanh
mod = remainder
pow = power
true_divide = divide

if TYPE_CHECKING:
    from autograd import special as special
    from autograd.explain import Tape as Tape, detect_anomaly as detect_anomaly, draw as draw
    from autograd.explain.derivation import derive as derive
    from autograd.explain.exercise import exercise as exercise
    from autograd.explain.rules import rule as rule

# Loaded when first asked for: rules for SciPy, what code for HIPS autograd imports, the readers.
_MODULES = "special numpy scipy extend builtins differential_operators misc test_util tracer"
_READERS = "derive detect_anomaly draw exercise rule Tape"
_NAMES = {
    "builtins": "dict isinstance list tuple type",
    "differential_operators": "deriv grad_and_aux grad_named hessian_tensor_product "
    "holomorphic_grad make_ggnvp make_hvp multigrad_dict tensor_jacobian_product "
    "vector_jacobian_product",
}
_ELSEWHERE = {name: module for module, names in _NAMES.items() for name in names.split()}


def __dir__() -> list[str]:
    return sorted({*globals(), *_READERS.split(), *_MODULES.split(), *_ELSEWHERE})


def __getattr__(name: str) -> Any:
    if name in _READERS.split():
        return getattr(import_module("autograd.explain"), name)
    if name in _MODULES.split():
        return import_module(f"autograd.{name}")
    if name in _ELSEWHERE:
        return getattr(import_module(f"autograd.{_ELSEWHERE[name]}"), name)
    if name == "__version__":  # looked up only when asked for: it costs as much as our import
        from importlib.metadata import version

        return version("tapegrad")
    raise AttributeError(
        f"autograd: has no attribute {name!r}; dir(autograd) lists all that it has."
    )
