"""Activations: their dtypes, derivatives at kinks, random ones, in place, and what they refuse."""

import inspect
import sys

import numpy as np
import pytest

import autograd as ag
import nn
from nn import functional

ELEMENTWISE = {
    "celu": {"alpha": 1.3},
    "elu": {"alpha": 1.3},
    "gelu": {},
    "hardshrink": {},
    "hardsigmoid": {},
    "hardswish": {},
    "hardtanh": {},
    "leaky_relu": {},
    "logsigmoid": {},
    "mish": {},
    "relu": {},
    "relu6": {},
    "rrelu": {"training": True},
    "selu": {},
    "silu": {},
    "sigmoid": {},
    "softplus": {"beta": 1.3},
    "softshrink": {},
    "softsign": {},
    "tanh": {},
    "tanhshrink": {},
    "threshold": {"threshold": 0.1, "value": 0.3},
}


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3, 4)])
def test_dtype_and_shape_stay(name, dtype, shape):
    a = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    x = ag.tensor(a, requires_grad=True)
    z = getattr(functional, name)(x, **ELEMENTWISE[name])
    assert (z.shape, z.dtype) == (shape, a.dtype)
    if (name, dtype) != ("gelu", "float16"):  # which SciPy does not compute in
        assert {node.dtype for node in ag.tape(z)} == {a.dtype}
    z.backward(np.ones(shape, dtype))
    assert (x.grad.shape, x.grad.dtype) == (shape, a.dtype)
    if name != "rrelu":
        plain = getattr(functional, name)(a, **ELEMENTWISE[name])
        assert isinstance(plain, np.ndarray | np.generic)
        np.testing.assert_array_equal(plain, z.data)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_what_is_infinite_or_no_number(name):
    x = np.array([np.inf, -np.inf, np.nan])
    with np.errstate(all="ignore"):
        z = getattr(functional, name)(x, **ELEMENTWISE[name])
    assert np.isnan(z[2])
    limits = {"hardtanh": (1, -1), "relu": (np.inf, 0), "relu6": (6, 0), "logsigmoid": (0, -np.inf)}
    limits |= {"softplus": (np.inf, 0), "threshold": (np.inf, 0.3), "elu": (np.inf, -1.3)}
    if name in limits:
        np.testing.assert_array_equal(z[:2], limits[name])


@pytest.mark.parametrize("name", sorted({*ELEMENTWISE} - {"relu", "sigmoid", "tanh"}))
def test_integers_are_refused(name):
    with pytest.raises(
        TypeError, match=f"{name}: received int64 of shape .2,. as x; make it floating-point"
    ):
        getattr(functional, name)(np.array([1, 2]), **ELEMENTWISE[name])


INPLACE = [
    name
    for name in ELEMENTWISE
    if "inplace" in inspect.signature(getattr(functional, name)).parameters
]


@pytest.mark.parametrize("name", INPLACE)
def test_in_place(name):
    a = np.array([-4.0, -0.2, 0.2, 5.0])
    settings = {k: v for k, v in ELEMENTWISE[name].items() if k != "training"}
    function = getattr(functional, name)
    expected = function(a.copy(), **settings)
    b = a.copy()
    assert function(b, **settings, inplace=True) is b
    np.testing.assert_array_equal(b, expected)
    x = ag.tensor(a, requires_grad=True)
    h = x * 1
    before = h**2  # keeps the old h
    assert function(h, **settings, inplace=True) is h
    np.testing.assert_array_equal(h.data, expected)
    (ag.sum(before) + ag.sum(h)).backward()
    (slope,) = ag.gradients(ag.sum(function(x, **settings)), x)
    np.testing.assert_allclose(x.grad.data, 2 * a + slope.data)
    with pytest.raises(ag.GradientError, match="a leaf that requires a gradient"):
        function(x, **settings, inplace=True)


def test_random_slopes_in_training_and_their_mean_after_it():
    layer = nn.RReLU(0.2, 0.6)
    x = ag.tensor(np.full(2000, -1.0), requires_grad=True)
    nn.seed(0)
    z = layer(x)
    assert -0.6 < z.data.min() < -0.59 < -0.21 < z.data.max() < -0.2
    assert abs(z.data.mean() + 0.4) < 0.01
    (g,) = ag.gradients(z, x, np.ones(2000))
    np.testing.assert_allclose(g.data, -z.data)
    nn.seed(0)
    np.testing.assert_array_equal(layer(x).data, z.data)
    np.testing.assert_allclose(layer.eval()(x).data, -0.4)
    np.testing.assert_array_equal(nn.RReLU()(np.array([3.0])), [3])


def test_gumbel_softmax():
    nn.seed(0)
    x = ag.tensor(np.log([[0.2, 0.5, 0.3]]).repeat(4000, 0), requires_grad=True)
    hard = functional.gumbel_softmax(x, hard=True)
    assert set(np.unique(hard.data)) == {0, 1}
    np.testing.assert_allclose(hard.data.mean(axis=0), [0.2, 0.5, 0.3], atol=0.03)
    nn.seed(0)
    soft = functional.gumbel_softmax(x, tau=1.0)
    np.testing.assert_allclose(soft.data.sum(axis=1), 1)
    np.testing.assert_array_equal(soft.data.argmax(axis=1), hard.data.argmax(axis=1))
    g = np.random.default_rng(0).standard_normal(x.shape)
    np.testing.assert_allclose(
        ag.gradients(hard, x, g)[0].data, ag.gradients(soft, x, g)[0].data, rtol=1e-12
    )
    assert functional.gumbel_softmax(x.astype("float32"), tau=0.1, dim=0).dtype == np.float32
    with pytest.raises(ValueError, match="tau must be a number above 0"):
        functional.gumbel_softmax(x, tau=0)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_the_axis_of_probabilities(name):
    function = getattr(functional, name)
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    np.testing.assert_array_equal(function(x[0]), function(x[0], 1))
    np.testing.assert_array_equal(function(x[0, 0]), function(x[0, 0], 0))
    assert function(x, -1, dtype="float32").dtype == np.float32
    assert function([1, 2], dtype="float64").shape == (2,)
    for dim, shape in [(None, (2, 3, 4)), (3, (2, 3, 4)), (None, ()), (1, (2,))]:
        with pytest.raises(
            ValueError, match=rf"{name}: received x of shape .* and dim={dim}; give"
        ):
            function(np.zeros(shape), dim)
    with pytest.raises(ValueError, match="give the axis"):
        nn.Softmax()(x)
    with pytest.raises(ValueError, match=r"x must be \(N, C, H, W\) or \(C, H, W\)"):
        nn.Softmax2d()(x[0])


def test_settings_that_make_no_sense_are_refused():
    x = np.zeros((2, 3))
    for call, message in [
        (lambda: functional.celu(x, 0.0), "alpha must be a number above 0"),
        (lambda: functional.softshrink(x, -0.1), "lambd must be a number of at least 0"),
        (lambda: functional.hardtanh(x, 1.0, 1.0), "min_val must be below max_val"),
        (lambda: functional.rrelu(x, 0.5, 0.2), "lower must be at most upper"),
        (lambda: functional.gelu(x, "erf"), "'none' or 'tanh', received 'erf'"),
        (lambda: functional.glu(x), r"can't halve x of shape \(2, 3\) along dim=-1"),
        (lambda: functional.glu(x, 2), "axis of even length"),
        (
            lambda: functional.prelu(x, np.ones(2)),
            r"x of shape \(2, 3\) and a weight of shape \(2,\)",
        ),
        (lambda: nn.PReLU(0), "num_parameters must be an integer of at least 1"),
        (lambda: functional.one_hot([0, 3], 3), "classes from 0 to 3 and num_classes=3"),
        (lambda: functional.one_hot([-1], 3), "classes from -1 to -1"),
        (lambda: functional.one_hot(np.zeros(0, int)), "classes none"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match=r"one_hot: received float64 of shape .* as indices"):
        functional.one_hot([0.0])


def test_gelu_says_what_it_needs(monkeypatch):
    monkeypatch.delattr(ag, "special")
    monkeypatch.setitem(sys.modules, "autograd.special", None)
    assert functional.gelu(np.array([0.0]), "tanh") == 0
    with pytest.raises(ImportError, match=r"needs SciPy.* or use approximate='tanh'"):
        functional.gelu(np.array([0.0]))


def test_prelu_is_trained():
    layer = nn.PReLU(3, init=0.5)
    assert list(layer.state_dict()) == ["weight"]
    assert layer.weight.dtype == np.float32
    np.testing.assert_array_equal(layer.weight.data, [0.5] * 3)
    layer(-np.ones((4, 3, 2), "float32")).sum().backward()
    np.testing.assert_allclose(layer.weight.grad.data, [-8] * 3)
    assert nn.PReLU(dtype=np.float64).weight.dtype == np.float64
