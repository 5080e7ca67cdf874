"""The differential operators, containers as vectors, optimizers and checks, as in HIPS autograd.

Numbers without a formula beside them were given by HIPS autograd 1.9.1.
"""

from __future__ import annotations

from collections import namedtuple

import pytest
from numpy.testing import assert_allclose

import autograd
import autograd.numpy as np
from autograd import differential_operators as operators, grad, gradcheck
from autograd.extend import defvjp, primitive
from autograd.misc import flatten
from autograd.misc.flatten import flatten_func
from autograd.misc.optimizers import adam, rmsprop, sgd
from autograd.test_util import check_equivalent, check_grads, check_jvp, check_vjp, scalar_close

x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])


def f(x, y):
    return np.sum(x**2 * y**3)


def outer(x):
    return np.outer(x, x**2)


# ---------------------------------------------------------------------- operators


def test_gradients():
    assert_allclose(autograd.grad(f, 1)(x, y), [27, 192])
    both = autograd.grad(f, argnum=[0, 1])(x, y)
    assert_allclose(both, [[54, 256], [27, 192]])
    value, slope = autograd.value_and_grad(f)(x, y)
    assert value == 283
    assert_allclose(slope, [54, 256])
    assert_allclose(operators.grad_named(f, "y")(x, y), [27, 192])
    assert_allclose(grad(lambda x, p=2: np.sum(x**p))(x, p=3), [3, 12])
    slope, aux = operators.grad_and_aux(lambda x, y: (f(x, y), {"x": x * 2}))(x, y)
    assert_allclose(slope, [54, 256])
    assert_allclose(aux["x"], [2, 4])


def test_gradients_by_name():
    slopes = operators.multigrad_dict(lambda x, y=y, *, z=1.0: f(x, y) * z)(x, z=2.0)
    assert_allclose(slopes["x"], [108, 512])
    assert_allclose(slopes["y"], [54, 384])
    assert slopes["z"] == 283


def test_jacobians_and_hessians():
    assert autograd.jacobian(outer)(x).shape == (2, 2, 2)
    assert_allclose(autograd.jacobian(f, 1)(x, y), [27, 192])
    assert_allclose(autograd.hessian(f)(x, y), np.diag([54.0, 128.0]))
    assert_allclose(autograd.elementwise_grad(np.tanh)(x), 1 - np.tanh(x) ** 2)


def test_products():
    assert_allclose(autograd.hessian_vector_product(f)(x, y, x), [54, 256])
    assert_allclose(autograd.hessian_vector_product(f, 1)(x, y, x), [18, 192])
    assert_allclose(operators.hessian_tensor_product(f)(x, y, x), [54, 256])
    assert_allclose(operators.vector_jacobian_product(lambda x: x**3)(x, x), [3, 24])
    assert_allclose(operators.vector_jacobian_product(outer)(x, np.ones(2)), [[7, 1], [4, 16]])
    assert_allclose(operators.tensor_jacobian_product(outer)(x, np.ones((2, 2))), [11, 17])
    product, slope = operators.make_hvp(f)(x, y)
    assert_allclose(product(x), [54, 256])
    assert_allclose(slope, [54, 256])

    def curve(x):
        return np.tanh(x) * x[0]

    assert_allclose(operators.make_ggnvp(curve)(x)(x), [2.46167198, 0.07809242], rtol=1e-7)
    quartic = operators.make_ggnvp(curve, lambda y: np.sum(y**4))
    assert_allclose(quartic(x)(x), [21.60072987, 0.87090153], rtol=1e-7)


def test_forward():
    value, slope = operators.make_jvp(lambda x, y: x**3 * y)(x, y)(np.ones(2))
    assert_allclose(value, [3, 32])
    assert_allclose(slope, [9, 48])
    assert_allclose(operators.make_jvp_reversemode(lambda x: x**3)(x)(np.ones(2)), [3, 12])
    pull, value = operators.make_vjp(lambda x: x**3)(x)
    assert_allclose(value, [1, 8])
    assert_allclose(pull(np.ones(2)), [3, 12])
    assert_allclose(operators.deriv(np.tanh)(1.0), 0.4199743416140261)
    assert_allclose(operators.deriv(lambda t: np.array([t, t**2, t**3]))(2.0), [1, 4, 12])
    assert_allclose(operators.deriv(lambda a, b: a * b, (0, 1))(x, y), x + y)
    assert_allclose(
        grad(lambda x: np.sum(operators.checkpoint(np.tanh)(x)))(x), 1 - np.tanh(x) ** 2
    )


def test_the_package_has_the_names_too():
    for name in operators.__all__:
        if name not in ("make_jvp_reversemode",):
            assert getattr(autograd, name) is getattr(operators, name)
    from autograd import dict, grad_named, isinstance, list, tuple, type

    assert grad_named is operators.grad_named
    assert isinstance(list(), type([]))
    assert dict() is not tuple()


def test_holomorphic_functions_are_refused():
    with pytest.raises(TypeError, match="holomorphic_grad: complex numbers"):
        operators.holomorphic_grad(lambda z: z**2)


# ---------------------------------------------------------------------- containers as vectors


@pytest.mark.parametrize(
    ("value", "vector"),
    [
        (3.0, [3]),
        ((1.0, [2.0, np.ones((2, 2))]), [1, 2, 1, 1, 1, 1]),
        ({"b": 1.0, "a": np.array([2.0, 3.0])}, [2, 3, 1]),
        ({2: 1.0, 1: 3.0}, [3, 1]),
        ([], []),
        (np.array([1, 2]), [1, 2]),
        (namedtuple("Pair", "a b")(1.0, 2.0), [1, 2]),
    ],
    ids=str,
)
def test_flatten(value, vector):
    flat, unflatten = flatten(value)
    assert_allclose(flat, vector)
    check_equivalent(unflatten(flat), value)


def test_flatten_keeps_dtypes_and_the_order_of_keys():
    flat, unflatten = flatten([np.ones(2, np.float32), np.ones(2)])
    assert flat.dtype == float
    assert [part.dtype for part in unflatten(flat)] == [np.float32, float]
    assert list(flatten({"b": 1.0, "a": 2.0})[1](np.ones(2))) == ["b", "a"]


def test_flatten_refuses_what_has_no_gradient():
    for value in (3, [1.0, 2], None, "a"):
        with pytest.raises(TypeError, match="flatten: received"):
            flatten(value)


def test_flatten_is_differentiable_in_both_directions():
    vector, unflatten = flatten({"a": x, "b": [y, 2.0]})

    def loss(p):
        return np.sum(p["a"] * p["b"][0]) * p["b"][1]

    assert gradcheck(lambda v: loss(unflatten(v)), [vector])
    assert gradcheck(lambda a: flatten({"c": a, "b": [a**2]})[0], [x])


def test_flatten_func():
    start = {"b": 1.0, "a": x}
    flat, unflatten, vector = flatten_func(lambda p: {"a": p["a"] * 2, "b": p["b"] * 3}, start)
    assert_allclose(flat(vector), [2, 4, 3])
    check_equivalent(unflatten(vector), start)


# ---------------------------------------------------------------------- optimizers


@pytest.mark.parametrize(
    ("optimize", "expected"),
    [
        (sgd, [0.74749955, -1.50044993]),
        (rmsprop, [0.39326393, -1.15774877]),
        (adam, [0.50734352, -1.50315156]),
    ],
)
def test_optimizers(optimize, expected):
    seen = []
    start = np.array([1.0, -2.0])
    result = optimize(
        lambda x, i: 2 * x + i * 0.01,
        start,
        callback=lambda x, i, g: seen.append((i, x[0], g[0])),
        num_iters=5,
        step_size=0.1,
    )
    assert_allclose(result, expected, rtol=1e-7)
    assert [i for i, _, _ in seen] == [0, 1, 2, 3, 4]
    assert seen[0][1:] == (1.0, 2.0)
    assert_allclose(start, [1, -2])


def test_optimizers_take_containers():
    start = {"b": 1.0, "a": np.ones(2)}
    end = adam(lambda p, i: {"a": 2 * p["a"], "b": p["b"]}, start, num_iters=3, step_size=0.1)
    assert_allclose(end["a"], 0.70158627)
    assert_allclose(end["b"], 0.70158627)


# ---------------------------------------------------------------------- checks


@primitive
def wrong(x):
    return x**2


defvjp(wrong, lambda ans, x: lambda g: g * x)


def test_checks_pass_what_is_right():
    check_grads(f, (0, 1), modes=["rev"], order=2)(x, y)
    check_grads(np.tanh)(0.5)
    check_grads(lambda p: {"a": p["b"] * 2, "b": [p["a"] ** 2]})({"a": x, "b": 3.0})
    check_grads(lambda x: 3.0)(x)
    check_grads(lambda x, k: x**k, order=3)(x, k=3)
    check_vjp(np.tanh, x)
    check_jvp(np.tanh, x)
    assert scalar_close(1e9, 1e9 + 1)
    assert not scalar_close(1.0, 1.1)


def test_checks_refuse_what_is_wrong():
    with pytest.raises(AssertionError, match="order 1"):
        check_grads(wrong)(x)
    with pytest.raises(AssertionError):
        check_vjp(wrong, x)
    with pytest.raises(ValueError, match="'fwd' and 'rev'"):
        check_grads(np.tanh, modes=["reverse"])
    with pytest.raises(AssertionError, match="differs"):
        check_equivalent([1.0, x], [1.0, y])
