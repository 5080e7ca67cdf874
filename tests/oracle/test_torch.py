"""PyTorch as an independent oracle: the same gradients, to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from cases import CASES
from twins import TWINS, WITHOUT

import autograd as ag

torch.set_num_threads(1)  # the tests themselves run side by side


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
