"""Every rule, on every case of the table."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cases import CASES, Case
from cases.kit import NUMBER

import autograd as ag
from autograd.primitive import Masked, Part

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def is_float(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def as_leaves(inputs: list[Any]) -> list[Any]:
    """Floating-point arrays as Tensors on the very same memory; all else as it is."""
    return [ag.Tensor(x, requires_grad=True, copy=False) if is_float(x) else x for x in inputs]


def cotangents_for(outputs: tuple[Any, ...]) -> list[Any]:
    rng = np.random.default_rng(1)
    return [rng.standard_normal(z.shape).astype(z.dtype) for z in outputs]


def gradients_of(case: Case, inputs: list[Any], create_graph: bool = False) -> list[Any]:
    leaves = as_leaves(inputs)
    outputs = case(*leaves)
    wanted = [x for x in leaves if isinstance(x, ag.Tensor)]
    slopes = ag.gradients(outputs, wanted, cotangents_for(outputs), create_graph=create_graph)
    return [slope.detach().numpy() for slope in slopes]


def assert_same(actual: Any, expected: Any, exact: bool) -> None:
    assert actual.shape == np.shape(expected)
    assert actual.dtype == expected.dtype
    if exact:
        np.testing.assert_array_equal(actual, expected)
    else:
        scale = np.finfo(expected.dtype).eps * 20
        np.testing.assert_allclose(actual, expected, rtol=scale, atol=scale)


def test_case_names_are_unique():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)


@each_case
def test_the_forward_value_is_numpys(case):
    inputs = case.inputs()
    expected = case.expected(*inputs)
    outputs = case(*as_leaves(inputs))
    assert len(outputs) == len(expected)
    for z, value in zip(outputs, expected, strict=True):
        assert isinstance(z, ag.Tensor)
        assert_same(z.numpy(), value, case.exact)


@each_case
def test_plain_arrays_give_plain_arrays(case):
    inputs = case.inputs()
    for z, value in zip(case(*inputs), case.expected(*inputs), strict=True):
        assert isinstance(z, (np.ndarray, np.generic))
        assert_same(z, value, case.exact)


@each_case
def test_the_inputs_are_not_changed(case):
    inputs = case.inputs()
    gradients_of(case, inputs, create_graph=True)
    for x, before in zip(inputs, case.inputs(), strict=True):
        np.testing.assert_array_equal(x, before)


@each_case
def test_gradients_agree_with_finite_differences_to_second_order(case):
    inputs = case.inputs()
    places = [k for k, x in enumerate(inputs) if is_float(x)]

    def f(*arrays):  # gradcheck would make a Tensor of a Python number too
        arguments = list(inputs)
        for k, x in zip(places, arrays, strict=True):
            arguments[k] = x
        return case(*arguments)

    assert ag.gradcheck(f, [inputs[k] for k in places], order=2)


@each_case
def test_float32_stays_float32_and_is_close_to_float64(case):
    inputs = [x.astype(np.float32) if is_float(x) else x for x in case.inputs()]
    doubles = [x.astype(np.float64) if is_float(x) else x for x in inputs]
    outputs, expected = case(*as_leaves(inputs)), case.expected(*inputs)
    for z, value in zip(outputs, expected, strict=True):
        assert z.dtype == value.dtype
        np.testing.assert_allclose(z.numpy(), value, rtol=1e-5, atol=1e-5)
    for g, exact in zip(gradients_of(case, inputs), gradients_of(case, doubles), strict=True):
        assert g.dtype == np.float32
        scale = float(np.max(np.abs(exact), initial=0))
        np.testing.assert_allclose(g, exact, rtol=1e-5, atol=1e-5 * scale)


def strided(x: Any) -> Any:
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    return wide[..., ::2]


def negative_strides(x: Any) -> Any:
    return np.flip(np.flip(x).copy())


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "strided": strided,
    "negative strides": negative_strides,
    "Fortran order": np.asfortranarray,
}


@each_case
def test_the_layout_in_memory_does_not_matter(case):
    inputs = case.inputs()
    values, slopes = case.expected(*inputs), gradients_of(case, inputs)
    for layout, arrange in LAYOUTS.items():
        arranged = [arrange(x) if is_float(x) and x.ndim else x for x in inputs]
        for z, value in zip(case(*as_leaves(arranged)), values, strict=True):
            np.testing.assert_allclose(z.numpy(), value, 1e-14, 1e-14, err_msg=layout)
        for g, slope in zip(gradients_of(case, arranged), slopes, strict=True):
            np.testing.assert_allclose(g, slope, 1e-13, 1e-13, err_msg=layout)


@pytest.mark.parametrize("case", [c for c in CASES if c.alone], ids=lambda case: case.name)
def test_a_rule_alone_returns_the_shape_and_dtype_of_its_input(case):
    """The backward pass would sum a cotangent that is too large, and convert its dtype."""
    # In float32, so that a float64 that leaks in shows.
    inputs = [x.astype(np.float32) if is_float(x) else x for x in case.inputs()]
    (output,) = case(*as_leaves(inputs))
    (entry,) = ag.tape(output)
    (g,) = cotangents_for((output,))
    for i, pull in entry.plan.pulls:
        cotangent = pull(g, entry.held)
        parent = entry.parents[i]
        if isinstance(cotangent, Part):
            cotangent = ag.scatter(cotangent.g, cotangent.index, parent.shape)
        elif isinstance(cotangent, Masked):
            cotangent = cotangent.g
        assert cotangent.shape == parent.shape
        if entry.dtype == parent.dtype:
            assert cotangent.dtype == parent.dtype


@each_case
def test_a_recorded_backward_pass_gives_the_same_gradients(case):
    inputs = case.inputs()
    recorded = gradients_of(case, inputs, create_graph=True)
    for g, expected in zip(recorded, gradients_of(case, inputs), strict=True):
        np.testing.assert_allclose(g, expected, rtol=1e-15, atol=0)


def changeable(case: Case) -> bool:
    return any(isinstance(value, (list, np.ndarray)) for value in case.static.values())


@pytest.mark.parametrize("case", list(filter(changeable, CASES)), ids=lambda case: case.name)
def test_an_entry_owns_its_parameters(case):
    """Lists and arrays that are changed after the call change nothing that was recorded."""
    inputs = case.inputs()
    static = deepcopy(case.static)
    leaves = as_leaves(inputs)
    outputs = replace(case, static=static)(*leaves)
    recorded = repr([entry.static for entry in ag.tape(*outputs)])
    for value in static.values():
        if isinstance(value, list):
            value.reverse()
        elif isinstance(value, np.ndarray):
            value[...] = 0
    assert repr([entry.static for entry in ag.tape(*outputs)]) == recorded
    wanted = [x for x in leaves if isinstance(x, ag.Tensor)]
    slopes = ag.gradients(outputs, wanted, cotangents_for(outputs))
    for g, expected in zip(slopes, gradients_of(case, inputs), strict=True):
        np.testing.assert_array_equal(g.numpy(), expected)


@each_case
def test_no_grad_records_nothing(case):
    with ag.no_grad():
        outputs = case(*as_leaves(case.inputs()))
    for z in outputs:
        assert not z.requires_grad
        assert z.is_leaf
        assert z._node is None


def test_every_primitive_is_recorded_by_a_case():
    script = "import autograd; print(len(autograd.primitives()))"
    fresh = int(
        subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
    )
    # Other tests may have declared more in this process, but only after ours.
    ours = ag.primitives()[:fresh]
    recorded = set()
    for case in CASES:
        for z in case(*as_leaves(case.inputs())):
            recorded |= {entry.primitive for entry in ag.tape(z)}
    missing = [p.name for p in ours if p not in recorded]
    assert not missing, f"no case in tests/cases.py records {', '.join(missing)}"


# These compute their values themselves in the dtype of one operand.
COARSE = {"linalg.cho_solve", "linalg.solve_sylvester", "trapezoid", "checkpoint"}


@pytest.mark.parametrize("op", sorted({case.op for case in CASES} - COARSE))
def test_beside_an_operand_of_fewer_digits_a_gradient_is_as_exact_as_the_result(op):
    for case in [c for c in CASES if c.op == op and NUMBER not in c.shapes][:3]:
        inputs = case.inputs()
        pairs = [(k, j) for k in range(len(inputs)) for j in range(len(inputs)) if j != k]
        for k, j in pairs:
            if inputs[k].dtype.kind != "f" or inputs[j].dtype.kind != "f":
                continue
            few, results = inputs[k].astype(np.float32), []
            for constant in (few, few.astype(float)):
                x = ag.tensor(inputs[j], requires_grad=True)
                try:
                    outputs = case(*({k: constant, j: x}.get(i, a) for i, a in enumerate(inputs)))
                    part = [z for z in outputs if getattr(z, "requires_grad", False)]
                    if any(z.dtype != float for z in part) or not part:
                        return
                    results.append(ag.gradients(part, x, [np.ones(z.shape) for z in part])[0].data)
                except (ag.GradientError, TypeError):  # not differentiable in this one
                    break
            else:
                np.testing.assert_allclose(*results, rtol=1e-9, atol=1e-12)
