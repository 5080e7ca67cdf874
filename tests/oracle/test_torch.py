"""PyTorch as an independent oracle: the same gradients, to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from cases import CASES

import autograd as ag

torch.set_num_threads(1)  # the tests themselves run side by side

# ---------------------------------------------------------------------- the same in PyTorch


def axes(x, axis):
    """The axes as PyTorch wants them: a tuple, none of them negative."""
    if axis is None:
        return tuple(range(x.ndim))
    return tuple(a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,)))


def over_axes(function):
    """For a reduction of PyTorch, which takes () to mean all axes where NumPy means none."""

    def reduced(x, axis, keepdims):
        return x + 0 if axis == () else function(x, dim=axes(x, axis), keepdim=keepdims)

    return reduced


def prod(x, axis, keepdims):
    for k in sorted(axes(x, axis), reverse=True):  # PyTorch takes one at a time
        x = torch.prod(x, dim=k, keepdim=keepdims)
    return x + 0


def moment(function):
    def of(x, axis, ddof=0, keepdims=False):
        dims = axes(x, axis)
        # Of single elements, always 0, where PyTorch's std has slope NaN; of none, it warns.
        if not x.numel() or all(x.shape[k] == 1 for k in dims):
            return over_axes(torch.sum)(x * 0, axis, keepdims)
        return function(x, dim=dims, correction=ddof, keepdim=keepdims)

    return of


def over_one_axis(function):
    """For softmax, which PyTorch has for one axis: several become one, and back."""

    def of(x, axis):
        dims = axes(x, axis)
        front = tuple(range(len(dims)))
        moved = torch.movedim(x, dims, front)
        rest = moved.shape[len(dims) :]
        flat = function(moved.reshape(x.numel() // max(rest.numel(), 1), *rest), dim=0)
        return torch.movedim(flat.reshape(moved.shape), front, dims)

    return of


def tensors_only(function):
    """For what PyTorch does not do for a Python number in either place."""
    return lambda *xs: function(*(torch.as_tensor(x, dtype=torch.float64) for x in xs))


def power(x, y=None, exponent=None):
    if exponent is None:
        return tensors_only(torch.pow)(x, y)
    return torch.pow(x, torch.as_tensor(exponent))


def clip(x, a_min=None, a_max=None, min=None):
    return torch.clamp(x, min if a_min is None else a_min, a_max)


def cumsum(x, axis):
    return torch.cumsum(x.reshape(-1), 0) if axis is None else torch.cumsum(x, axis)


def dot(x, y):
    if not x.ndim or not y.ndim:
        return x * y
    return torch.tensordot(x, y, dims=([x.ndim - 1], [max(y.ndim - 2, 0)]))


def reshape(x, shape):
    return x.reshape(shape)


def transpose(x, axes=None):
    return x.permute(tuple(reversed(range(x.ndim))) if axes is None else tuple(axes))


def swapaxes(x, axis1, axis2):
    return x.swapaxes(axis1, axis2)


def broadcast_to(x, shape):
    return x.broadcast_to(shape)


def expand_dims(x, axis):
    for k in (axis,) if isinstance(axis, int) else sorted(axis):
        x = x.unsqueeze(k)
    return x


def squeeze(x, axis=None):
    return x.squeeze() if axis is None else x.squeeze(axis)


def concatenate(*xs, axis):
    return torch.cat([x.reshape(-1) for x in xs]) if axis is None else torch.cat(xs, axis)


def split(x, indices_or_sections, axis=0):
    return torch.tensor_split(x, indices_or_sections, dim=axis)


def pad(x, pad_width, constant_values=0):
    widths = np.broadcast_to(pad_width, (x.ndim, 2))[::-1].reshape(-1).tolist()
    return torch.nn.functional.pad(x, widths, value=constant_values)


def getitem(x, index):
    """PyTorch has no negative steps, so it gathers by the numbers of the elements."""
    places = np.arange(x.numel()).reshape(x.shape)[index]
    return x.reshape(-1)[torch.as_tensor(places.copy())]


def scatter(x, index, shape):
    places = np.arange(int(np.prod(shape))).reshape(shape)[index]
    flat = torch.zeros(int(np.prod(shape)), dtype=x.dtype)
    return flat.index_add(0, torch.as_tensor(places).reshape(-1), x.reshape(-1)).reshape(shape)


def index_update(x, y, index):
    """Gathered from `x` and `y`: PyTorch's own has no order among duplicates."""
    source = np.arange(x.numel()).reshape(x.shape)
    written = torch.broadcast_to(y, source[index].shape)
    source[index] = x.numel() + np.arange(written.numel()).reshape(written.shape)
    return torch.cat([x.reshape(-1), written.reshape(-1)])[torch.as_tensor(source)]


def windows(x, size, stride, padding, dilation):
    n = len(size)
    first = x.ndim - n
    x = torch.nn.functional.pad(x, [width for pair in reversed(padding) for width in pair])
    for k, (m, s, d) in enumerate(zip(size, stride, dilation, strict=True)):
        x = x.unfold(first + k, d * (m - 1) + 1, s)[..., ::d]
    return torch.movedim(x, tuple(range(-n, 0)), tuple(range(-2 * n, -n)))


def fold(x, spatial, size, stride, padding, dilation):
    """The gradient, by PyTorch, of `windows`."""
    lead = x.shape[: -2 * len(size)]
    at = torch.zeros((*lead, *spatial), dtype=x.dtype, requires_grad=True)
    seen = windows(at, size, stride, padding, dilation)
    return torch.autograd.grad(seen, at, x, create_graph=True)[0]


TWINS = {
    "negative": torch.negative,
    "positive": torch.positive,
    "absolute": torch.abs,
    "fabs": torch.abs,
    "sign": torch.sign,
    "square": torch.square,
    "sqrt": torch.sqrt,
    "cbrt": lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3),
    "reciprocal": torch.reciprocal,
    "exp": torch.exp,
    "exp2": torch.exp2,
    "expm1": torch.expm1,
    "log": torch.log,
    "log2": torch.log2,
    "log10": torch.log10,
    "log1p": torch.log1p,
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "arcsin": torch.arcsin,
    "arccos": torch.arccos,
    "arctan": torch.arctan,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "arcsinh": torch.arcsinh,
    "arccosh": torch.arccosh,
    "arctanh": torch.arctanh,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "trunc": torch.trunc,
    "rint": torch.round,
    "round": torch.round,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "add": tensors_only(torch.add),
    "subtract": tensors_only(torch.subtract),
    "multiply": tensors_only(torch.multiply),
    "divide": tensors_only(torch.divide),
    "power": power,
    "float_power": tensors_only(torch.float_power),
    "logaddexp": tensors_only(torch.logaddexp),
    "arctan2": tensors_only(torch.arctan2),
    "maximum": tensors_only(torch.maximum),
    "minimum": tensors_only(torch.minimum),
    "remainder": tensors_only(torch.remainder),
    "where": torch.where,
    "clip": clip,
    "clip_by_arrays": torch.clamp,
    "sum": over_axes(torch.sum),
    "prod": prod,
    "mean": over_axes(torch.mean),
    "max": over_axes(torch.amax),
    "min": over_axes(torch.amin),
    "var": moment(torch.var),
    "std": moment(torch.std),
    "logsumexp": over_axes(torch.logsumexp),
    "softmax": over_one_axis(torch.softmax),
    "log_softmax": over_one_axis(torch.log_softmax),
    "cumsum": cumsum,
    "matmul": torch.matmul,
    "dot": dot,
    "reshape": reshape,
    "ravel": torch.ravel,
    "transpose": transpose,
    "permute_dims": transpose,
    "swapaxes": swapaxes,
    "moveaxis": torch.moveaxis,
    "expand_dims": expand_dims,
    "squeeze": squeeze,
    "broadcast_to": broadcast_to,
    "copy": torch.clone,
    "astype": lambda x, dtype: x.to(getattr(torch, dtype)),
    "concatenate": concatenate,
    "stack": lambda *xs, axis: torch.stack(xs, axis),
    "split": split,
    "pad": pad,
    "getitem": getitem,
    "scatter": scatter,
    "index_update": index_update,
    "windows": windows,
    "fold": fold,
}

WITHOUT = {
    "floor_divide": "PyTorch has no derivative for it",
}


def test_every_operation_has_a_twin_or_a_reason():
    operations = {case.op for case in CASES}
    assert operations - set(TWINS) == set(WITHOUT)
    assert set(TWINS) <= operations, "twins of operations that no case calls"


# ---------------------------------------------------------------------- the comparison


def ours(case, inputs, cotangents, directions) -> tuple[list[Any], list[Any]]:
    leaves = [ag.Tensor(x, requires_grad=True) if is_float(x) else x for x in inputs]
    wanted = [x for x in leaves if isinstance(x, ag.Tensor)]
    slopes = ag.gradients(case(*leaves), wanted, cotangents, create_graph=True)
    along = sum(((g * v).sum() for g, v in zip(slopes, directions, strict=True)), ag.Tensor(0.0))
    second = (
        ag.gradients(along, wanted, allow_unused=True)
        if along.requires_grad
        else [None] * len(wanted)
    )
    return [g.numpy() for g in slopes], [
        np.zeros(x.shape) if g is None else g.numpy() for g, x in zip(second, wanted, strict=True)
    ]


def theirs(case, inputs, cotangents, directions) -> tuple[list[Any], list[Any]]:
    leaves = [torch.tensor(x) if isinstance(x, np.ndarray) else x for x in inputs]
    wanted = [
        x.requires_grad_() for x in leaves if isinstance(x, torch.Tensor) and x.is_floating_point()
    ]
    outputs = TWINS[case.op](*leaves, **case.static)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    options = {"allow_unused": True, "materialize_grads": True}
    slopes = torch.autograd.grad(
        outputs, wanted, [torch.tensor(g) for g in cotangents], create_graph=True, **options
    )
    along = sum((g * torch.tensor(v)).sum() for g, v in zip(slopes, directions, strict=True))
    second = (
        torch.autograd.grad(along, wanted, **options)
        if along.requires_grad
        else [torch.zeros_like(x) for x in wanted]
    )
    return as_arrays(slopes), as_arrays(second)


def as_arrays(tensors):
    return [g.detach().numpy(force=True) for g in tensors]  # some are zeros without memory


def is_float(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


@pytest.mark.parametrize("case", [c for c in CASES if c.op in TWINS], ids=lambda case: case.name)
def test_gradients_are_those_of_pytorch_to_second_order(case):
    rng = np.random.default_rng(0)
    inputs = case.inputs()
    cotangents = [rng.standard_normal(np.shape(z)) for z in case.expected(*inputs)]
    directions = [rng.standard_normal(x.shape) for x in inputs if is_float(x)]
    for mine, other in zip(
        ours(case, inputs, cotangents, directions),
        theirs(case, inputs, cotangents, directions),
        strict=True,
    ):
        for g, expected in zip(mine, other, strict=True):
            np.testing.assert_allclose(g, expected, rtol=1e-10, atol=1e-13)
