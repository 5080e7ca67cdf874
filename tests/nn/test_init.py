"""Initial values: their distribution, their scale, and where they are written."""

import math

import numpy as np
import pytest

import autograd as ag
import nn
from nn import init


@pytest.fixture(autouse=True)
def seed():
    nn.seed(0)


def weight(*shape, dtype="float32"):
    return nn.Parameter(np.full(shape, np.nan), dtype=dtype)


# For each: how to call it, and the mean and standard deviation that come out.
SCALED = {
    "uniform": (lambda w: init.uniform_(w, -1, 3), 1, 4 / math.sqrt(12)),
    "normal": (lambda w: init.normal_(w, 2, 0.5), 2, 0.5),
    "xavier_uniform": (
        lambda w: init.xavier_uniform_(w, 2),
        0,
        2 * math.sqrt(2 / (20 * 9 + 30 * 9)),
    ),
    "xavier_normal": (init.xavier_normal_, 0, math.sqrt(2 / (20 * 9 + 30 * 9))),
    "kaiming_uniform": (init.kaiming_uniform_, 0, math.sqrt(2 / (20 * 9))),
    "kaiming_uniform as layers have it": (
        lambda w: init.kaiming_uniform_(w, a=math.sqrt(5)),
        0,
        1 / math.sqrt(3 * 20 * 9),
    ),
    "kaiming_normal": (
        lambda w: init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu"),
        0,
        math.sqrt(2 / (30 * 9)),
    ),
    "trunc_normal": (lambda w: init.trunc_normal_(w, std=0.02), 0, 0.02),
    "sparse_std": (lambda w: init.normal_(w, std=0.3), 0, 0.3),
}


@pytest.mark.parametrize("name", SCALED)
def test_mean_and_spread(name):
    fill, mean, std = SCALED[name]
    w = weight(30, 20, 3, 3)
    assert fill(w) is w
    assert w.requires_grad
    assert w.is_leaf
    assert w.dtype == np.float32
    n = w.size
    sigmas = 4 / math.sqrt(n)
    assert abs(w.data.mean() - mean) < sigmas * std
    assert abs(w.data.std() / std - 1) < sigmas


def test_uniform_ones_stay_within_bounds_and_reach_them():
    for fill, bound in [
        (init.xavier_uniform_, math.sqrt(6 / (40 + 60))),
        (init.kaiming_uniform_, math.sqrt(6 / 40)),
        (
            lambda w: init.kaiming_uniform_(w, mode="fan_out", nonlinearity="linear"),
            math.sqrt(3 / 60),
        ),
        (lambda w: init.uniform_(w, -0.5, 0.5), 0.5),
    ]:
        a = fill(weight(60, 40)).data
        assert 0.99 * bound < np.abs(a).max() <= bound * (1 + 1e-6)


@pytest.mark.parametrize(
    ("settings", "mean"),
    [
        ({}, 0),
        ({"a": 0.0, "b": 1.0}, (0.39894 - 0.24197) / 0.34134),
        ({"a": 3.0, "b": 5.0}, 3.2831),
        ({"a": -9.0, "b": -2.5, "mean": 0.0}, -2.8227),
        ({"mean": 5.0, "std": 2.0, "a": 4.9, "b": 5.1}, 5),
    ],
    ids=str,
)
def test_truncated_normal(settings, mean):
    a = init.trunc_normal_(weight(40, 50, dtype="float64"), **settings).data
    assert (a >= settings.get("a", -2)).all()
    assert (a <= settings.get("b", 2)).all()
    assert abs(a.mean() - mean) < 4 * a.std() / math.sqrt(a.size)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (4, 2, 3), (2, 3, 2, 2)])
def test_orthogonal(shape):
    w = init.orthogonal_(weight(*shape, dtype="float64"), gain=2.0).data.reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(min(w.shape)), atol=1e-12)


def test_all_orthogonal_matrices_are_equally_likely():
    traces = [np.trace(init.orthogonal_(weight(3, 3, dtype="float64")).data) for _ in range(400)]
    assert abs(np.mean(traces)) < 0.2  # of Haar measure: mean 0, variance 1
    assert abs(np.var(traces) - 1) < 0.25


def test_sparse():
    a = init.sparse_(weight(10, 300), 0.25, std=2.0).data
    assert ((a == 0).sum(axis=0) == 3).all()
    assert len(np.unique((a == 0).sum(axis=1))) > 3  # not the same rows in each column
    assert abs(a[a != 0].std() - 2) < 0.15


def test_fixed_values():
    assert init.zeros_(weight(2)).tolist() == [0, 0]
    assert init.ones_(weight(2)).tolist() == [1, 1]
    assert init.constant_(weight(2), 0.3).dtype == np.float32
    np.testing.assert_array_equal(init.eye_(weight(2, 3)).data, np.eye(2, 3))


def test_dirac_passes_on_what_it_is_given():
    w = init.dirac_(weight(4, 2, 3, 3), groups=2).data
    expected = np.zeros((4, 2, 3, 3))
    expected[[0, 1, 2, 3], [0, 1, 0, 1], 1, 1] = 1
    np.testing.assert_array_equal(w, expected)
    assert init.dirac_(weight(3, 5, 4)).data.sum() == 3
    assert init.dirac_(weight(5, 3, 2, 2, 2)).data.sum() == 3


def test_the_seed_repeats_them_in_every_dtype():
    for fill in (
        init.uniform_,
        init.normal_,
        init.trunc_normal_,
        init.orthogonal_,
        init.xavier_normal_,
    ):
        nn.seed(3)
        single = fill(weight(4, 5))
        nn.seed(3)
        double = fill(weight(4, 5, dtype="float64"))
        np.testing.assert_array_equal(single.data, double.data.astype("float32"))


def test_tensors_without_elements():
    for fill in (init.kaiming_uniform_, init.xavier_normal_, init.orthogonal_, init.trunc_normal_):
        assert fill(weight(0, 3)).shape == (0, 3)
        assert fill(weight(3, 0)).shape == (3, 0)


def test_a_gradient_and_a_place_in_a_model_stay():
    layer = nn.Linear(3, 2)
    layer(np.ones((1, 3), "float32")).sum().backward()
    g = layer.weight.grad
    init.normal_(layer.weight)
    assert layer.weight.grad is g
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    assert ag.is_recording()


def test_gains():
    assert init.calculate_gain("linear") == init.calculate_gain("conv_transpose2d") == 1
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("leaky_relu") == math.sqrt(2 / (1 + 0.01**2))
    assert init.calculate_gain("leaky_relu", 0.5) == math.sqrt(2 / 1.25)
    assert init.calculate_gain("selu") == 0.75


def test_what_is_refused():
    w = weight(3, 2)
    for call, message in [
        (lambda: init.calculate_gain("gelu"), "one of leaky_relu, linear, .*; received 'gelu'"),
        (lambda: init.calculate_gain("leaky_relu", True), "the slope must be a number"),
        (lambda: init.kaiming_normal_(w, mode="in"), "mode must be 'fan_in' or 'fan_out'"),
        (lambda: init.kaiming_uniform_(w, nonlinearity="swish"), "received 'swish'"),
        (
            lambda: init.xavier_uniform_(weight(3)),
            r"must have 2 or more axes, received shape \(3,\)",
        ),
        (lambda: init.orthogonal_(weight(3)), "2 or more axes"),
        (lambda: init.eye_(weight(3)), "must have 2 axes"),
        (lambda: init.dirac_(w), "3 to 5 axes"),
        (lambda: init.dirac_(weight(3, 2, 1), groups=2), "must be a multiple of groups"),
        (lambda: init.sparse_(w, 1.5), "sparsity must be a number from 0 to 1"),
        (lambda: init.sparse_(weight(3), 0.5), "axes"),
        (lambda: init.normal_(w, std=-1), "std must be a number of at least 0"),
        (lambda: init.trunc_normal_(w, a=1.0, b=1.0), "a must be below b"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    assert np.isnan(w.data).all()  # nothing was changed
    with pytest.raises(
        TypeError, match=r"zeros_: received float64 of shape .2,. in place of a Tensor"
    ):
        init.zeros_(np.ones(2))
