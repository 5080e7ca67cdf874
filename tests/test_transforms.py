"""Functions in, functions out: values against closed forms and finite differences, nesting in
every combination, what is plain and what is a Tensor, structures, refusals."""

import gc
import threading
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, backward as engine
from autograd.tape import entries_to

rng = np.random.default_rng(0)
X = rng.standard_normal(3)
V = rng.standard_normal(3)
A = rng.standard_normal((3, 3))


def cubic(x):
    return np.sum(x**3) + np.sum(x) ** 2


def mixed(x):
    """Not element-wise, not symmetric: from 3 numbers to 2."""
    return np.stack([np.sin(x[0] * x[1]), np.exp(x[2]) * x[0]])


def plain(x):
    return isinstance(x, (np.ndarray, np.generic, float)) and not isinstance(x, Tensor)


def numeric(f, x, h=1e-6):
    """The Jacobian by central differences."""
    x = np.asarray(x, float)
    columns = []
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = h
        columns.append((np.asarray(f(x + step)) - np.asarray(f(x - step))) / (2 * h))
    return np.stack(columns, -1).reshape(np.shape(f(x)) + x.shape)


def close(actual, expected, tolerance=1e-12):
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


# ------------------------------------------------------------------ gradients


def test_grad_of_a_function_of_an_array_is_an_array():
    slope = ag.grad(cubic)(X)
    assert type(slope) is np.ndarray
    close(slope, 3 * X**2 + 2 * np.sum(X))
    slope[0] = 7  # the caller's own


def test_numbers_in_numbers_out():
    for x in (3.0, np.float64(3.0), np.array(3.0)):
        slope = ag.grad(lambda x: x * x)(x)
        assert isinstance(slope, float)
        assert slope == 6.0
    value, slope = ag.value_and_grad(lambda x: x * x)(3.0)
    assert isinstance(value, float)
    assert (value, slope) == (9.0, 6.0)
    assert ag.jacobian(lambda x: x * x)(3.0) == ag.elementwise_grad(lambda x: x * x)(3.0) == 6.0
    assert isinstance(ag.hessian(lambda x: x**3)(3.0), float)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_the_dtype_stays(dtype):
    x = np.ones(3, dtype)
    f = lambda x: np.sum(np.sin(x) * x)
    value, slope = ag.value_and_grad(f)(x)
    assert value.dtype == slope.dtype == dtype
    for result in (
        ag.hessian(f)(x),
        ag.hvp(f)(x, np.ones(3)),
        ag.jvp(np.sin, (x,), (np.ones(3),))[1],
        ag.vjp(np.sin, x)[1](np.ones(3))[0],
        ag.jacobian(np.sin)(x),
        ag.jacobian(np.sin, per_example=True)(x),
        ag.jacobian(lambda s: np.outer(np.arange(9.0).astype(dtype), s))(dtype(2)),  # by columns
        ag.grad(lambda x: 3)(x),
    ):
        assert result.dtype == dtype


def test_a_jacobian_has_the_dtype_of_the_input_however_it_is_computed():
    widened = lambda n: lambda s: s.astype(np.float64) * np.ones(n)
    for n in (1, 50):
        assert ag.jacobian(widened(n))(np.float32(1)).dtype == np.float32


def test_argnums_choose_the_arguments():
    f = lambda x, y, z: x * y**2 * z**3
    point = (2.0, 3.0, 5.0)
    slopes = (9 * 125.0, 2 * 2 * 3 * 125.0, 18 * 75.0)
    assert ag.grad(f)(*point) == slopes[0]
    assert ag.grad(f, 1)(*point) == slopes[1]
    assert ag.grad(f, argnums=-1)(*point) == slopes[2]
    assert ag.grad(f, (0, 2))(*point) == (slopes[0], slopes[2])
    assert ag.grad(f, [2, 0])(*point) == (slopes[2], slopes[0])
    assert ag.grad(f, (1,))(*point) == (slopes[1],)
    assert ag.grad(f, argnum=1)(*point) == slopes[1]
    assert ag.hessian(f, argnum=2)(*point) == 18 * 30
    assert ag.hessian(f, (0, 1))(*point)[0][1] == 2 * 3 * 125


def test_arrays_of_integers_are_taken_as_floats():
    for x in (np.arange(3), Tensor([0, 1, 2])):
        slope = ag.grad(cubic)(x)
        assert slope.dtype == float
        assert slope.tolist() == [6, 9, 18]


def test_what_is_not_differentiated_reaches_the_function_untouched():
    labels = np.array([0, 2])
    seen = []

    def loss(w, labels, *, scale, name):
        seen.append((labels, name))
        return np.sum(w[labels]) * scale

    assert ag.grad(loss)(X, labels, scale=2, name="a").tolist() == [2, 0, 2]
    assert seen[0][0] is labels
    assert seen[0][1] == "a"


def test_the_callers_arrays_do_not_change_and_are_not_shared():
    def f(x):
        x += 1  # as in NumPy it is the function's own, and not the caller's
        x[0] = x[0] * 2
        return np.sum(x**2)

    x = np.array([1.0, 2.0])
    close(ag.grad(f)(x), [16, 6])  # (2 (x + 1))^2 and (x + 1)^2
    assert x.tolist() == [1, 2]
    value, pull = ag.vjp(lambda x: x, x)
    value[0] = 9
    assert pull(x)[0].tolist() == [1, 2]
    x[0] = 5
    assert ag.vjp(lambda x: x, x)[0] is not x


def test_aux_is_handed_through_as_plain_values():
    def f(x):
        y = np.sin(x)
        return np.sum(y), {"y": y, "note": "text", "n": 3}

    slope, aux = ag.grad(f, has_aux=True)(X)
    close(slope, np.cos(X))
    assert type(aux["y"]) is np.ndarray
    close(aux["y"], np.sin(X))
    assert (aux["note"], aux["n"]) == ("text", 3)
    (value, aux), slope = ag.value_and_grad(f, has_aux=True)(X)
    assert plain(value)
    value, pull, aux = ag.vjp(f, X, has_aux=True)
    close(pull(1.0)[0], np.cos(X))


def test_elementwise_grad_is_the_gradient_of_the_sum():
    close(ag.elementwise_grad(np.tanh)(A), 1 - np.tanh(A) ** 2)
    close(ag.elementwise_grad(ag.elementwise_grad(np.sin))(X), -np.sin(X))
    close(ag.elementwise_grad(lambda x: (x, x @ x))(X), 1 + 2 * X)


def test_without_influence_the_gradient_is_zero():
    for f in (
        lambda x, y: np.sum(y * 2),
        lambda x, y: 3,
        lambda x, y: 3.5,
        lambda x, y: np.float64(2),
        lambda x, y: np.sum(np.floor(x)),
        lambda x, y: int(np.argmax(x)),
        lambda x, y: np.sum(x.detach()),
    ):
        slope = ag.grad(f)(X, X)
        assert type(slope) is np.ndarray
        assert slope.tolist() == [0, 0, 0]
        assert ag.hessian(f)(X, X).tolist() == np.zeros((3, 3)).tolist()
        assert ag.jvp(lambda x, f=f: f(x, X), (X,), (V,))[1] == 0
    assert ag.jacobian(lambda x: np.arange(4))(X).shape == (4, 3)
    assert ag.jacobian(lambda x: np.sign(x))(X).tolist() == np.zeros((3, 3)).tolist()


# ------------------------------------------------------------------ products with the Jacobian


def test_vjp_may_pull_any_number_of_cotangents():
    value, pull = ag.vjp(mixed, X)
    jacobian = numeric(mixed, X)
    close(value, mixed(X))
    for g in (np.array([1.0, 0.0]), np.array([0.5, -2.0]), [1, 2]):
        (slope,) = pull(g)
        assert type(slope) is np.ndarray
        close(slope, np.asarray(g) @ jacobian, 1e-8)


def test_jvp_is_the_derivative_along_the_tangent():
    value, tangent = ag.jvp(mixed, (X,), (V,))
    close(value, mixed(X))
    close(tangent, numeric(mixed, X) @ V, 1e-8)
    value, tangent = ag.jvp(lambda x, y: x * y, (2.0, X), (1.0, V))
    close(tangent, X + 2 * V)


def test_jvp_and_vjp_are_transposes_of_each_other():
    f = lambda x: np.cumsum(np.tanh(A @ x)) * np.sum(x**2)
    g = rng.standard_normal(3)
    assert g @ ag.jvp(f, (X,), (V,))[1] == pytest.approx(ag.vjp(f, X)[1](g)[0] @ V)


def test_jvp_does_not_warn_about_numbers_that_nobody_sees():
    f = lambda x: np.exp(np.exp(x))
    assert ag.jvp(f, (6.0,), (0.0,))[1] == 0.0
    assert (
        ag.jvp(lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), x), (0.0,), (2.0,))[1] == 2
    )


def test_make_vjp_and_make_jvp_have_the_order_of_hips_autograd():
    pull, value = ag.make_vjp(lambda x, y: x * y, 1)(X, 2.0)
    close(value, 2 * X)
    assert pull(V) == pytest.approx(X @ V)
    pull, value = ag.make_vjp(lambda x, y: x * y, (0, 1))(X, 2.0)
    assert isinstance(pull(V), tuple)
    push = ag.make_jvp(lambda x, y: x * y, argnum=1)(X, 2.0)
    for tangent in (1.0, 3.0):
        value, along = push(tangent)
        close(value, 2 * X)
        close(along, tangent * X)
    push = ag.make_jvp(lambda x, y: x * y, (0, 1))(X, 2.0)
    close(push((V, 1.0))[1], 2 * V + X)


def test_hvp_is_the_hessian_times_a_vector():
    h = ag.hessian(cubic)(X)
    close(h, np.diag(6 * X) + 2)
    close(ag.hvp(cubic)(X, V), h @ V)
    close(ag.hessian_vector_product(lambda y, x: cubic(x) * y, 1)(2.0, X, V), 2 * h @ V)
    close(ag.jvp(ag.grad(cubic), (X,), (V,))[1], h @ V)


# ------------------------------------------------------------------ whole Jacobians


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (mixed, X),
        (np.sin, np.float64(0.5)),
        (lambda x: np.outer(x, x), X),
        (lambda x: np.sum(x), A),
        (lambda x: x @ A, A),
        (lambda s: np.sin(s * np.arange(12.0)), 0.3),
        (lambda s: np.sin(s * np.arange(12.0)).reshape(3, 4), np.array([[0.3]])),
        (lambda x: np.concatenate([x * k for k in range(10)] + [x[:1] * x[1:]]), X[:2]),
        (lambda x: x[:0], X),
        (lambda x: x, np.ones((0, 2))),
        (lambda x: np.sum(x), np.ones(0)),
    ],
)
def test_jacobian_has_all_partial_derivatives(f, x):
    found = ag.jacobian(f)(x)
    assert plain(found)
    assert found.shape == np.shape(f(x)) + np.shape(x)
    if found.size:
        close(found, numeric(f, x), 1e-7)
        close(ag.jacobian(ag.jacobian(f))(x), numeric(ag.jacobian(f), x), 1e-7)


def test_a_jacobian_runs_the_function_once():
    calls = []

    def f(x):
        calls.append(1)
        return np.sin(x)

    ag.jacobian(f)(X)
    ag.jacobian(lambda s: f(s * np.ones(50)))(1.0)
    assert len(calls) == 2


def test_hessians_are_symmetric_and_those_of_finite_differences():
    f = lambda x: np.sum(np.tanh(A @ x) ** 2) + x[0] * x[1] * x[2]
    h = ag.hessian(f)(X)
    close(h, h.T)
    close(h, numeric(ag.grad(f), X), 1e-7)
    close(h, ag.jacobian(ag.grad(f))(X))
    close(h, np.stack([ag.hvp(f)(X, e) for e in np.eye(3)]))
    close(ag.jacobian(ag.hessian(f))(X), numeric(ag.hessian(f), X), 1e-6)
    close(ag.hessian(mixed)(X), numeric(ag.jacobian(mixed), X), 1e-6)
    assert ag.hessian(lambda x: np.sum(x**2, keepdims=True))(X).shape == (1, 3, 3)


def test_a_jacobian_for_each_example():
    def f(x):  # (B, 3) -> (B, 2, 2)
        pair = np.stack([np.sin(x[:, 0] * x[:, 1]), x[:, 2] ** 2], axis=1)
        return np.stack([pair, pair * x[:, :1]], axis=2)

    x = rng.standard_normal((5, 3))
    found = ag.jacobian(f, per_example=True)(x)
    assert found.shape == (5, 2, 2, 3)
    for b in range(5):
        close(found[b], ag.jacobian(lambda x: f(x[None])[0])(x[b]))
    wide = lambda x: np.sin(x[:, None] * np.arange(12.0))  # by columns
    close(
        ag.jacobian(wide, per_example=True)(x[:, 0]),
        np.arange(12.0) * np.cos(x[:, :1] * np.arange(12.0)),
    )
    assert ag.jacobian(f, per_example=True)(x[:0]).shape == (0, 2, 2, 3)
    close(ag.jacobian(lambda x, y: x * y, (0, 1), per_example=True)(X, V), (V, X))
    total = lambda x: np.sum(ag.jacobian(f, per_example=True)(x) ** 2)
    close(ag.grad(total)(x), numeric(total, x), 1e-6)


def test_examples_that_influence_each_other_are_refused():
    x = rng.standard_normal((5, 3))
    for f in (
        lambda x: x - np.mean(x, axis=0),
        lambda x: x[::-1],
        lambda x: x + 1e-3 * np.sum(x),
        lambda x: np.sin(x) * np.max(x),
        lambda x: np.cumsum(x, axis=0),
    ):
        with pytest.raises(ValueError, match="depends on another"):
            ag.jacobian(f, per_example=True)(x)
    for f, x in ((np.sum, X), (np.sin, 1.0), (lambda x: x[:2], X), (lambda x: 3.0, X)):
        with pytest.raises(ValueError, match="the same batch"):
            ag.jacobian(f, per_example=True)(x)


# ------------------------------------------------------------------ nesting


def test_derivatives_of_derivatives():
    f = np.sin
    for k in range(6):
        assert f(0.7) == pytest.approx(np.sin(0.7 + k * np.pi / 2))
        f = ag.grad(f)


def test_no_perturbation_confusion():
    # Each inner derivative is taken at x fixed, and the outer one sees that it depends on x.
    f = lambda x: x * ag.grad(lambda y: x + y)(2.0)
    assert ag.grad(f)(1.0) == 1.0
    f = lambda x: x * ag.grad(lambda y: x * y)(2.0)
    assert ag.grad(f)(3.0) == 6.0
    f = lambda x: ag.grad(lambda y: x * ag.grad(lambda z: x * y * z)(1.0))(1.0)  # x^2
    assert ag.grad(f)(3.0) == 6.0
    assert ag.grad(lambda x: ag.grad(lambda y: y**2 * x)(x))(3.0) == 12.0  # 2 x^2
    assert ag.grad(lambda x: ag.jvp(lambda y: x * y, (x,), (1.0,))[1])(3.0) == 1.0
    assert (
        ag.jvp(lambda x: ag.jvp(lambda y: x + y, (1.0,), (1.0,))[1] * x, (3.0,), (1.0,))[1] == 1.0
    )


def second_derivatives():
    """The Hessian of `cubic` times V, by each way of nesting two transforms."""
    slope = ag.grad(cubic)
    yield "grad of grad", lambda x: ag.grad(lambda x: slope(x) @ V)(x)
    yield "grad of vjp", lambda x: ag.grad(lambda x: ag.vjp(cubic, x)[1](1.0)[0] @ V)(x)
    yield "grad of jvp", lambda x: ag.grad(lambda x: ag.jvp(cubic, (x,), (V,))[1])(x)
    yield "vjp of grad", lambda x: ag.vjp(slope, x)[1](V)[0]
    yield "jvp of grad", lambda x: ag.jvp(slope, (x,), (V,))[1]
    yield (
        "jvp of jvp",
        lambda x: np.stack(
            [ag.jvp(lambda x, e=e: ag.jvp(cubic, (x,), (e,))[1], (x,), (V,))[1] for e in np.eye(3)]
        ),
    )
    yield "jacobian of grad", lambda x: ag.jacobian(slope)(x) @ V
    yield "jacobian of jacobian", lambda x: ag.jacobian(ag.jacobian(cubic))(x) @ V
    yield "value_and_grad", lambda x: ag.grad(lambda x: ag.value_and_grad(cubic)(x)[1] @ V)(x)
    yield "make_vjp", lambda x: ag.make_vjp(slope)(x)[0](V)
    yield "make_jvp", lambda x: ag.make_jvp(slope)(x)(V)[1]
    yield "hvp", lambda x: ag.hvp(cubic)(x, V)
    yield "hessian", lambda x: ag.hessian(cubic)(x) @ V
    yield "checkpoint", lambda x: ag.hvp(ag.checkpoint(cubic))(x, V)
    yield "backward", lambda x: backward(lambda x: slope(x) @ V, x)
    yield (
        "grad of gradients",
        lambda x: ag.grad(lambda x: ag.gradients(cubic(x), x, create_graph=True)[0] @ V)(x),
    )


def backward(f, x):
    leaf = Tensor(x, requires_grad=True)
    f(leaf).backward()
    return leaf.grad.numpy()


@pytest.mark.parametrize("way", [pytest.param(f, id=name) for name, f in second_derivatives()])
def test_every_way_to_a_second_derivative_and_on_to_the_third(way):
    result = way(X)
    assert plain(result)
    close(result, 6 * X * V + 2 * np.sum(V))
    if "backward" not in way.__code__.co_names:
        close(ag.grad(lambda x: np.sum(way(x)))(X), 6 * V)
        close(backward(lambda x: np.sum(way(x)), X), 6 * V)


def test_closures_over_outer_variables_take_part():
    def f(w):
        slope = ag.grad(lambda x: np.sum(np.sin(w * x)))(X)
        assert isinstance(slope, Tensor)
        return np.sum(slope**2)

    direct = lambda w: np.sum((w * np.cos(w * X)) ** 2)
    close(ag.grad(f)(V), ag.grad(direct)(V))
    w = Tensor(V, requires_grad=True)
    f(w).backward()
    close(w.grad, ag.grad(direct)(V))
    close(ag.hessian(f)(V), ag.hessian(direct)(V))


@pytest.mark.parametrize(
    "inner",
    [
        lambda w, v: ag.jacobian(lambda x: np.sin(w * x))(X) @ v,
        lambda w, v: ag.jacobian(lambda s: np.sin(w[0] * s * np.arange(20.0)))(1.0)[:3] * v,
        lambda w, v: ag.jacobian(lambda x: np.sin(w * x), per_example=True)(X) * v,
        lambda w, v: ag.hessian(lambda x: np.sum(np.sin(w * x)))(X) @ v,
        lambda w, v: ag.hvp(lambda x: np.sum(np.sin(w * x)))(X, v),
        lambda w, v: ag.jvp(lambda x: np.sin(w * x), (X,), (v,))[1],
        lambda w, v: ag.vjp(lambda x: np.sin(w * x), X)[1](v)[0],
        lambda w, v: ag.make_jvp(lambda x: np.sin(w * x))(X)(v)[1],
        lambda w, v: ag.value_and_grad(lambda x: np.sum(np.sin(w * x * v)))(X)[0] * w,
        lambda w, v: ag.grad(lambda x: (np.sum(x), np.sin(w * x)), has_aux=True)(X)[1] * v,
        lambda w, v: ag.checkpoint(lambda x: np.sin(w * x))(v),
    ],
)
def test_every_transform_is_differentiable_in_what_it_closes_over_and_is_given(inner):
    f = lambda w, v: np.sum(inner(w, v) ** 2)
    close(ag.grad(f, 0)(V, X), numeric(lambda w: float(f(w, X)), V), 1e-6)
    close(ag.grad(f, 1)(V, X), numeric(lambda v: float(f(V, v)), X), 1e-6)
    assert plain(f(V, X))


def test_a_pull_is_differentiable_in_its_cotangent_after_the_fact():
    _, pull = ag.vjp(mixed, X)
    g = np.array([1.0, 2.0])
    along = ag.grad(lambda g: pull(g)[0] @ V)(g)
    close(along.numpy(), ag.jvp(mixed, (X,), (V,))[1])  # a Tensor: it also depends on the old X
    assert plain(pull(g)[0])
    push = ag.make_jvp(mixed)(X)
    close(ag.jacobian(lambda v: push(v)[1])(V).numpy(), ag.jacobian(mixed)(X))


def test_tensors_in_tensors_out():
    constant = Tensor(X)
    slope = ag.grad(cubic)(constant)
    assert isinstance(slope, Tensor)
    assert not slope.requires_grad
    leaf = Tensor(X, requires_grad=True)
    for f in (
        ag.grad(cubic),
        lambda x: ag.value_and_grad(cubic)(x)[0],
        ag.hessian(cubic),
        ag.jacobian(mixed),
        lambda x: ag.vjp(mixed, x)[1](np.ones(2))[0],
        lambda x: ag.jvp(mixed, (x,), (V,))[1],
    ):
        result = f(leaf)
        assert isinstance(result, Tensor)
        assert result.requires_grad
    assert leaf.grad is None
    # One that is not differentiated leaves the result plain.
    assert plain(ag.grad(lambda x, y: np.sum(x * y))(X, constant))


def test_under_no_grad_derivatives_are_right_and_constant():
    leaf = Tensor(X, requires_grad=True)
    with ag.no_grad():
        close(ag.grad(cubic)(X), 3 * X**2 + 2 * np.sum(X))
        slope = ag.grad(cubic)(leaf)
        assert isinstance(slope, Tensor)
        assert not slope.requires_grad
        assert plain(ag.grad(lambda x: np.sum(x * leaf))(X))
        assert plain(ag.jvp(lambda x: x * leaf, (X,), (V,))[1])
        close(ag.hessian(cubic)(X), np.diag(6 * X) + 2)
        close(ag.jvp(lambda x: x, (X,), (V,))[1], V)
        close(ag.checkpoint(np.sin)(X), np.sin(X))
        assert not ag.is_recording()
    recorded = leaf * 2
    with ag.no_grad():
        ag.grad(lambda x: np.sum(x * recorded))(X)
    recorded.sum().backward()  # nothing outside was freed
    assert leaf.grad.tolist() == [2, 2, 2]


def test_an_error_in_the_function_leaves_recording_as_it_was():
    def broken(*args):
        raise ZeroDivisionError

    with ag.no_grad():
        for transform in (ag.grad, ag.jacobian, ag.hvp, ag.make_jvp):
            with pytest.raises(ZeroDivisionError):
                transform(broken)(X, X)
        assert not ag.is_recording()


# ------------------------------------------------------------------ structures

Point = namedtuple("Point", "x y")


@dataclass
class Layer:
    w: object
    b: object
    name: str = "layer"


PARAMS = {
    "layers": [Layer(A, V), Layer(A.T, X, "second")],
    "point": Point(np.float32(2), (1.0, None)),
    "empty": [],
}


def network(p, x):
    for layer in p["layers"]:
        x = np.tanh(layer.w @ x + layer.b)
    return np.sum(x) * p["point"].x * p["point"].y[0]


def test_gradients_have_the_structure_of_the_argument():
    value, slope = ag.value_and_grad(network)(PARAMS, V)
    assert [layer.name for layer in slope["layers"]] == ["layer", "second"]
    assert type(slope["layers"][0]) is Layer
    assert type(slope["point"]) is Point
    assert slope["point"].x.dtype == np.float32
    assert slope["point"].y[1] is None
    assert slope["empty"] == []
    close(slope["point"].y[0], value, 1e-6)

    def at(w):
        return network({**PARAMS, "layers": [PARAMS["layers"][0], Layer(w, X)]}, V)

    close(slope["layers"][1].w, numeric(at, A.T), 1e-7)


def test_second_derivatives_are_nested_blocks():
    f = lambda p: np.sum(p["w"] ** 2) * p["b"][0] ** 3
    p = {"w": X, "b": [2.0]}
    h = ag.hessian(f)(p)
    close(h["w"]["w"], 16 * np.eye(3))
    close(h["w"]["b"][0], 2 * X * 12)
    close(h["b"][0]["w"], 2 * X * 12)
    close(h["b"][0]["b"][0], np.sum(X**2) * 12)
    v = {"w": V, "b": [1.0]}
    product = ag.hvp(f)(p, v)
    close(product["w"], 16 * V + 24 * X)
    close(product["b"][0], 24 * X @ V + 12 * np.sum(X**2))
    (xx, xy), (yx, yy) = ag.hessian(lambda x, y: np.sum(x) * y**2, (0, 1))(X, 3.0)
    assert xx.shape == (3, 3)
    assert xy.tolist() == yx.tolist() == [6, 6, 6]
    assert yy == 2 * np.sum(X)


def test_functions_may_return_containers():
    f = lambda x, y: {"s": np.sin(x) * y, "n": (np.sum(x), 3)}
    found = ag.jacobian(f)(X, 2.0)
    close(found["s"], np.diag(2 * np.cos(X)))
    assert found["n"][0].tolist() == [1, 1, 1]
    assert found["n"][1].tolist() == [0, 0, 0]
    both = ag.jacobian(f, (0, 1))(X, 2.0)
    close(both["s"][1], np.sin(X))
    value, pull = ag.vjp(f, X, 2.0)
    assert value["n"][1] == 3
    slopes = pull({"s": V, "n": (1.0, 0)})
    close(slopes[0], 2 * np.cos(X) * V + 1)
    close(slopes[1], np.sin(X) @ V)
    value, tangent = ag.jvp(f, (X, 2.0), (V, 1.0))
    close(tangent["s"], 2 * np.cos(X) * V + np.sin(X))
    assert tangent["n"][1] == 0


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ag.grad(cubic)(3), r"grad: argument 0 is the int 3; .*with a point"),
        (lambda: ag.grad(cubic)(np.array([True])), r"argument 0 is bool of shape \(1,\); .*astype"),
        (lambda: ag.grad(cubic)(True), "argument 0 is the bool True"),
        (lambda: ag.grad(cubic)(np.ones(2) * 1j), "complex128 .*real and imaginary"),
        (lambda: ag.grad(cubic)(1j), "real and imaginary"),
        (lambda: ag.grad(cubic)("text"), "nothing to differentiate"),
        (lambda: ag.grad(cubic)([]), "nothing to differentiate"),
        (lambda: ag.grad(cubic)({1.0}), "give numbers, arrays"),
        (lambda: ag.grad(cubic)(np.array([None])), "object of shape"),
        (lambda: ag.grad(network)({"w": [1.0, 2]}, X), r"argument 0\['w'\]\[1\] is the int 2"),
        (lambda: ag.grad(cubic, 1)(1.0, 2), "argument 1 is the int 2"),
        (lambda: ag.vjp(cubic, X, 2), "vjp: argument 1 is the int 2"),
        (lambda: ag.grad(np.sin)(X), r"returned float64 of shape \(3,\).*jacobian.*elementwise_grad"),
        (lambda: ag.grad(lambda x: (x, x))(1.0), "returned the tuple .*has_aux"),
        (lambda: ag.grad(lambda x: None)(1.0), "returned the NoneType None"),
        (lambda: ag.grad(lambda x: "a")(1.0), "returned the str 'a'"),
        (lambda: ag.grad(lambda x: 1j)(1.0), "returned the complex 1j"),
        (lambda: ag.grad(lambda x: {x})(1.0), "must return real numbers"),
        (lambda: ag.jacobian(lambda x: [x, {x}])(1.0), r"at \[1\]; it must return"),
        (lambda: ag.grad(lambda x: x, has_aux=True)(1.0), r"must return a pair"),
        (lambda: ag.grad(3), "must be a function, received the int 3"),
        (lambda: ag.grad(cubic, "x")(1.0), "argnums must be an integer"),
        (lambda: ag.grad(cubic, 1.0)(1.0), "argnums must be an integer"),
        (lambda: ag.grad(cubic, 1)(1.0), "called with 1 positional"),
        (lambda: ag.grad(cubic)(x=1.0), "give by position"),
        (lambda: ag.grad(cubic, (0, -1))(1.0), "names an argument twice"),
        (lambda: ag.grad(cubic, 0, argnum=0), "give one of them"),
        (lambda: ag.hvp(cubic)(X), "0 positional"),
        (lambda: ag.jvp(cubic, X, X), "must be a tuple"),
        (lambda: ag.jvp(cubic, (X,), X), "in the tangent"),
        (lambda: ag.hvp(lambda p: cubic(p[0]))([X], X), "in the vector"),
        (lambda: ag.vjp(lambda x: {"a": x}, X)[1](X), "in the cotangent.*dict with"),
    ],
)  # fmt: skip
def test_what_can_not_be_differentiated_is_refused_in_one_sentence(call, words):
    with pytest.raises(TypeError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ag.vjp(mixed, X)[1](X), r"vjp: the cotangent must have the shape \(2,\)"),
        (lambda: ag.vjp(lambda x: [x, x], X)[1]([X, 1.0]), r"the cotangent at \[1\]"),
        (lambda: ag.jvp(mixed, (X,), (1.0,)), r"jvp: the tangent at \[0\]"),
        (lambda: ag.hvp(cubic)(X, V[:2]), "hvp: the vector"),
    ],
)
def test_vectors_of_the_wrong_shape_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_names_tell_what_a_function_is():
    assert ag.grad(cubic).__name__ == "grad(cubic)"
    assert ag.hessian(cubic).__name__ == "hessian(cubic)"


# ------------------------------------------------------------------ time, memory, threads


def test_deep_functions_need_no_recursion():
    def deep(x):
        for _ in range(20_000):
            x = x + 0.0
        return np.sum(x * x)

    close(ag.grad(deep)(X), 2 * X)
    close(ag.hvp(deep)(X, V), 2 * V)


def test_an_inner_gradient_does_not_walk_over_all_that_came_before(monkeypatch):
    def simulate(x, steps):
        for _ in range(steps):
            x = x - 0.01 * ag.grad(lambda x: np.sum(x**4))(x)
        return np.sum(x)

    visited = []

    def counted(*args, **kwargs):
        order = entries_to(*args, **kwargs)
        visited.append(len(order))
        return order

    monkeypatch.setattr(engine, "entries_to", counted)
    ag.grad(simulate)(X, 10)
    few = sum(visited)
    visited.clear()
    ag.grad(simulate)(X, 100)
    assert sum(visited) < 11 * few


def test_nothing_waits_for_the_garbage_collector():
    def everything():
        ag.value_and_grad(cubic)(X)
        ag.hessian(cubic)(X)
        ag.jacobian(mixed)(X)
        ag.jvp(mixed, (X,), (V,))
        ag.vjp(mixed, X)[1](np.ones(2))
        ag.hvp(ag.checkpoint(cubic))(X, V)
        ag.jacobian(np.sin, per_example=True)(X)

    def alive():
        for _ in range(5):
            everything()
        return sum(issubclass(type(x), Tensor | ag.Node) for x in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        alive()  # what is made once and kept
        assert alive() == alive()
    finally:
        gc.enable()


def test_threads_do_not_disturb_each_other():
    wrong = []

    def work(seed):
        x = np.random.default_rng(seed).standard_normal(3)
        found = [ag.hessian(cubic)(x) for _ in range(20)]
        if not np.allclose(found, np.diag(6 * x) + 2):
            wrong.append(seed)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
