"""``autograd.numpy``: NumPy itself, and what NumPy does not hand to a Tensor."""

from __future__ import annotations

import inspect
import subprocess
import sys

import numpy
import pytest
from numpy.testing import assert_allclose

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import Tensor, elementwise_grad, grad, gradcheck
from autograd.numpy import exp, sin
from autograd.numpy.linalg import norm
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.numpy.numpy_vjps import unbroadcast, unbroadcast_f

x = np.array([1.0, 2.0, 3.0])
half = np.array([1.0, 0.5])

# What HIPS-style code does with traced numbers and lists of them, and the gradient at x. The
# numbers are those of HIPS autograd 1.9.1, where it gives any.
WORKS = {
    "array": (lambda x: np.sum(np.array([x[0] * x[1], x[2]]) ** 2), [8, 4, 6]),
    "array nested": (lambda x: np.sum(np.array([[x[0] * x[1], x[2]], [1.0, x[0]]]) ** 2), [10, 4, 6]),
    "array of arrays": (lambda x: np.sum(np.array([x, x * 2]) ** 2), [10, 20, 30]),
    "array with a constant": (lambda x: np.sum(np.array([x, numpy.ones(3)]) ** 2), [2, 4, 6]),
    "array of a traced array": (lambda x: np.sum(np.array(x) ** 2), [2, 4, 6]),
    "array dtype": (lambda x: np.sum(np.array([x[0], x[1]], dtype=float)), [1, 1, 0]),
    "array ndmin": (lambda x: np.sum(np.array(x, ndmin=2) @ x), [2, 4, 6]),
    "asarray": (lambda x: np.sum(np.asarray([x[0], x[1]]) * np.asarray(x)[1:]), [2, 4, 2]),
    "full": (lambda x: np.sum(np.full((2, 3), x[0]) * x), [14, 2, 2]),
    "full of an array": (lambda x: np.sum(np.full((2, 3), x)), [2, 2, 2]),
    "full_like": (lambda x: np.sum(np.full_like(numpy.ones(3), x[0])), [3, 0, 0]),
    "isscalar": (lambda x: x[0] * 2 if np.isscalar(x[0]) else x[1], [2, 0, 0]),
    "sum of a list": (lambda x: np.sum([x[0], x[1] * x[2]]), [1, 3, 2]),
    "mean of a list": (lambda x: np.mean([x[0], x[1] * x[2]]), [0.5, 1.5, 1]),
    "prod of a list": (lambda x: np.prod([x[0], x[1] * x[2]]), [6, 3, 2]),
    "max of a list": (lambda x: np.max([x[0], x[1] * x[2]]), [0, 3, 2]),
    "std of a list": (lambda x: np.std([x[0], x[1] * x[2]]), [-0.5, 1.5, 1]),
    "cumsum of a list": (lambda x: np.sum(np.cumsum([x[0], x[1] * x[2]])), [2, 3, 2]),
    "dot of a list": (lambda x: np.dot([x[0], x[1] * x[2]], half * 2), [2, 3, 2]),
    "where of a list": (lambda x: np.sum(np.where([True, False], [x[0], x[1]], 0.0)), [1, 0, 0]),
    "reshape of a list": (lambda x: np.sum(np.reshape([x[0], x[1]], (2, 1))), [1, 1, 0]),
    "norm of a list": (lambda x: norm([x[0], x[1] * x[2]]), [1 / 37**0.5, 18 / 37**0.5, 12 / 37**0.5]),
    "concatenate lists": (lambda x: np.sum(np.concatenate([[x[0]], x, numpy.ones(2)]) ** 2), [4, 4, 6]),
    "concatenate": (lambda x: np.sum(np.concatenate((x[:1], x * x))), [3, 4, 6]),
    "stack of lists": (lambda x: np.sum(np.stack([[x[0], x[1]], [x[1], x[2]]]) ** 2), [2, 8, 6]),
    "outer of lists": (lambda x: np.sum(np.outer([x[0], x[1]], [x[0], x[1]])), [6, 6, 0]),
    "stack of an iterator": (lambda x: np.sum(np.stack({"a": x, "b": x * x}.values())), [3, 5, 7]),
    "select": (lambda x: np.sum(np.select([x > 2, x > 1], [x * x, 3 * x], 7.0)), [0, 3, 6]),
    "einsum": (lambda x: np.einsum("i,i->", x, x), [2, 4, 6]),
    "block": (lambda x: np.sum(np.block([[x, x * x], [x, x]])), [5, 7, 9]),
    "multi_dot": (lambda x: np.linalg.multi_dot([x, np.outer(x, x), x]), 56 * x),
    "append": (lambda x: np.sum(np.append(x, x[0]) ** 2), [4, 4, 6]),
    "hstack": (lambda x: np.sum(np.hstack([x, x[0]]) ** 2), [4, 4, 6]),
    "vstack": (lambda x: np.sum(np.vstack([x, [x[0], x[1], x[2]]]) ** 2), [4, 8, 12]),
    "tile": (lambda x: np.sum(np.tile(x[0], 3)), [3, 0, 0]),
    "linspace": (lambda x: np.sum(np.linspace(x[0], x[1], 5) ** 2), [6.25, 8.75, 0]),
    "ones * x": (lambda x: np.sum(np.ones(3) * x + x * numpy.ones(3)), [2, 2, 2]),
    "ones_like, zeros_like": (lambda x: np.sum(np.ones_like(x) * x + np.zeros_like(x)), [1, 1, 1]),
    "attributes": (lambda x: np.sum(x.T.flatten() * x.shape[0] * x.size * len(x) * x.ndim), [27] * 3),
    "astype": (lambda x: np.sum(x.astype(float) * x), [2, 4, 6]),
    "iteration": (lambda x: sum([a**2 for a in x]), [2, 4, 6]),
    "branches": (lambda x: x[0] if x[0] > 0 and max(x) > 2 else x[1], [1, 0, 0]),
    "real": (lambda x: np.real(x[0]) + np.imag(x[1]) + np.conj(x[2]), [1, 0, 1]),
    "no influence": (lambda x: np.sum(x > 0) * 1.0, [0, 0, 0]),
    "NumPy's own": (lambda x: numpy.dot(numpy.sin(x), x), numpy.sin(x) + x * numpy.cos(x)),
}  # fmt: skip


@pytest.mark.parametrize("name", WORKS)
def test_what_code_for_hips_does_with_traced_values_gives_the_gradient(name):
    f, expected = WORKS[name]
    g = grad(f)(x)
    assert isinstance(g, numpy.ndarray)
    assert_allclose(g, expected, rtol=1e-12)


@pytest.mark.parametrize(
    "name", [name for name in WORKS if name not in ("isscalar", "branches", "no influence")]
)
def test_and_second_derivatives(name):
    assert gradcheck(WORKS[name][0], [x + 0.1])


# What would lose a gradient is refused in a sentence that says so.
REFUSED = {
    "float64": lambda x: np.float64(x[0]),
    "float": lambda x: float(x[0]),
    "a ufunc of a list": lambda x: np.sum(np.exp([x[0], x[1]])),
    "an element of a plain array": lambda x: np.zeros(3).__setitem__(0, x[0]),
    "NumPy's own array": lambda x: numpy.array([x[0], x[1]]),
    "random numbers": lambda x: np.sum(npr.normal(x)),
    "arange": lambda x: np.sum(np.arange(x[0], x[2])),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_lose_the_gradient_is_refused(name):
    with pytest.raises(
        (TypeError, ValueError)
    ) as caught:  # NumPy's own, of which ours is the cause
        grad(REFUSED[name])(x)
    assert "would lose" in str(caught.value) + str(caught.value.__cause__)


def test_writing_to_the_argument_and_to_results_is_recorded():
    def g(x):
        x[0] = x[1] ** 2
        x *= 2
        return np.sum(x)

    assert_allclose(grad(g)(x), [0, 10, 2])
    assert_allclose(x, [1, 2, 3])

    def f(x):
        y = x * 2
        y[0] = x[1] ** 2
        return np.sum(y)

    assert_allclose(grad(f)(x), [0, 6, 2])


def test_an_array_of_integers_is_taken_as_one_of_floats():
    assert_allclose(grad(lambda x: np.sum(x**2))(np.array([1, 2])), [2, 4])
    assert_allclose(elementwise_grad(lambda x: x**-1.0)(np.arange(1, 3)), [-1, -0.25])


def test_plain_arrays_stay_plain():
    assert type(np.array([1.0, 2.0])) is numpy.ndarray
    assert type(np.asarray([1, 2])) is numpy.ndarray
    assert type(np.full(2, 3.0)) is numpy.ndarray
    assert type(np.full_like(x, 2)) is numpy.ndarray
    assert np.asarray(x) is x
    assert np.array(x, copy=False) is x
    assert np.array([1, 2], dtype=np.float32, ndmin=2).shape == (1, 2)
    assert np.isscalar(2.0)
    assert not np.isscalar(x)
    assert np.full((2,), 1, dtype=np.float32).dtype == np.float32


def test_making_an_array_keeps_or_takes_the_dtype():
    t = Tensor(np.ones(2, np.float32), requires_grad=True)
    assert np.array([t, t]).dtype == np.float32
    assert np.array(t, dtype=float).dtype == float
    assert np.asarray(t) is t
    assert np.asarray(t, dtype=float).dtype == float
    assert np.full(2, t[0]).dtype == np.float32
    assert np.full_like(np.ones(2), t[0]).dtype == float
    assert np.array(t) is not t


def test_every_name_of_numpy_is_there():
    assert set(numpy.__all__) <= set(dir(np))
    for name in numpy.__all__:
        assert hasattr(np, name)
    assert np.sin is numpy.sin
    assert np.pi == numpy.pi
    assert np.add.reduce([1, 2]) == 3
    assert sin is numpy.sin
    assert exp is numpy.exp
    assert np.random.rand is npr.rand
    assert npr.RandomState(0).rand() == numpy.random.RandomState(0).rand()
    assert np.linalg.norm is norm
    assert norm(x) == numpy.linalg.norm(x)
    assert_allclose(np.fft.fft(x), numpy.fft.fft(x))
    assert inspect.signature(np.sum) == inspect.signature(numpy.sum)
    with pytest.raises(AttributeError, match="nonsense"):
        np.nonsense  # noqa: B018


def test_star_imports_and_lazy_names():
    code = (
        "from autograd.numpy import *; from autograd.numpy.linalg import *; "
        "print(float(norm(array([3.0, 4.0]))), linalg.__name__)\n"
        "import autograd; print(autograd.numpy.pi > 3, autograd.isinstance(1.0, float))"
    )
    run = [sys.executable, "-W", "error", "-c", code]
    out = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert out.split() == ["5.0", "autograd.numpy.linalg", "True", "True"]


def test_importing_the_engine_loads_none_of_this():
    code = "import autograd, sys; print([m for m in sys.modules if m.startswith(('autograd.numpy', 'autograd.extend', 'autograd.misc'))])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_unbroadcast():
    assert_allclose(unbroadcast(np.ones((2, 3)), np.metadata(np.ones((2, 1)))), [[3], [3]])
    assert_allclose(unbroadcast(np.ones((2, 3)), np.metadata(np.ones(3))), [2, 2, 2])
    assert unbroadcast_f(2.0, lambda g: 2 * g)(np.ones((2, 3))) == 12
    assert unbroadcast_f(np.ones((2, 3)), lambda g: g)(np.ones((2, 3))).shape == (2, 3)


def test_the_type_of_a_traced_array():
    assert ArrayBox is Tensor
