"""Pooling: ties, layouts and what it refuses."""

import numpy as np
import pytest

import autograd as ag
import nn
from nn import functional

X = np.arange(2 * 3 * 6 * 6.0).reshape(2, 3, 6, 6)


def test_the_first_of_equal_elements_receives_the_gradient():
    x = ag.tensor(np.zeros((1, 1, 4, 4)), requires_grad=True)
    functional.max_pool2d(x, 2).sum().backward()
    assert np.flatnonzero(x.grad.data).tolist() == [0, 2, 8, 10]


@pytest.mark.parametrize("function", [functional.max_pool2d, functional.avg_pool2d])
@pytest.mark.parametrize("settings", [(2,), (3, 2, 1), ((2, 3), 1)])
def test_the_layout_in_memory_makes_no_difference(function, settings):
    rng = np.random.default_rng(0)
    x = np.round(rng.standard_normal((5, 3, 6, 7)), 1)
    z = function(x, *settings)
    g = rng.standard_normal(z.shape)
    gradients = []
    for layout in (x, np.asfortranarray(x), np.moveaxis(np.moveaxis(x, 0, -1).copy(), -1, 0)):
        t = ag.tensor(layout, requires_grad=True)
        moved = t if layout is x else np.moveaxis(np.copy(np.moveaxis(t, 0, -1), order="C"), -1, 0)
        result = function(moved, *settings)
        np.testing.assert_array_equal(result.data, z)
        gradients.append(ag.gradients(result, t, g)[0].data)
    np.testing.assert_allclose(gradients[1], gradients[0], rtol=1e-12)
    np.testing.assert_allclose(gradients[2], gradients[0], rtol=1e-12)


def test_pools_to_second_order():
    x = np.random.default_rng(0).standard_normal((2, 2, 5, 5))
    for pool in (
        lambda x: functional.max_pool2d(x, 3, 2, 1) ** 2,
        lambda x: functional.avg_pool2d(x, 3, 2, 1, ceil_mode=True) ** 2,
        lambda x: functional.lp_pool2d(x, 2, 2),
        lambda x: functional.adaptive_avg_pool2d(x, 3) ** 2,
        lambda x: functional.adaptive_max_pool2d(x, 3) ** 2,
    ):
        assert ag.gradcheck(pool, [x])


def test_pools_of_no_examples():
    x = ag.tensor(X[:0], requires_grad=True)
    for layer in (
        nn.MaxPool2d(2),
        nn.AvgPool2d(2),
        nn.AdaptiveAvgPool2d(2),
        nn.AdaptiveMaxPool2d(2),
    ):
        z = layer(x)
        assert z.shape[0] == 0
        z.sum().backward()


def test_many_places_in_a_window():
    x = np.random.default_rng(0).standard_normal((2, 1, 20, 20))
    np.testing.assert_array_equal(functional.max_pool2d(x, 20), x.max((2, 3), keepdims=True))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: functional.max_pool2d(X, 7), ValueError, r"no window of \(7, 7\) fits"),
        (lambda: functional.max_pool2d(X, 2, padding=2), ValueError, "most half"),
        (lambda: functional.max_pool2d(X, 0), ValueError, "kernel_size must"),
        (lambda: functional.max_pool2d(X, (2, 2, 2)), ValueError, "kernel_size must"),
        (lambda: functional.max_pool2d(X, 2, -1), ValueError, "stride must"),
        (lambda: functional.max_pool2d(X[0, 0], 2), ValueError, "give .N, C"),
        (lambda: functional.max_pool2d(X.astype(int), 2), TypeError, "floating"),
        (lambda: functional.max_pool1d(X, 2), ValueError, "give .N, C"),
        (
            lambda: functional.avg_pool2d(X, 2, divisor_override=0),
            ValueError,
            "divisor_override must be a number other than 0",
        ),
        (lambda: functional.lp_pool2d(X, 0, 2), ValueError, "norm_type must be a number above 0"),
        (lambda: functional.adaptive_avg_pool2d(X, (2, 2, 2)), ValueError, "output_size must"),
        (lambda: functional.adaptive_max_pool2d(X, 0), ValueError, "output_size must"),
        (lambda: functional.adaptive_max_pool2d(X[:, :, :0], 1), ValueError, "must not be empty"),
    ],
)
def test_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()
