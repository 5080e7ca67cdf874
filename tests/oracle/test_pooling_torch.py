"""Pooling beside PyTorch's, ties included."""

import numpy as np
import pytest
import torch
from module_twins import TOLERANCE, compare, made

import autograd as ag
import nn

POOLS = [
    ("MaxPool1d", (2,), {}, (2, 3, 8)),
    ("MaxPool1d", (3, 2, 1), {}, (3, 8)),
    ("MaxPool1d", (3,), {"stride": 1, "dilation": 2, "padding": 1}, (2, 3, 8)),
    ("MaxPool2d", (2,), {}, (2, 3, 8, 6)),
    ("MaxPool2d", (2,), {}, (2, 3, 7, 5)),
    ("MaxPool2d", (2,), {"ceil_mode": True}, (2, 3, 7, 5)),
    ("MaxPool2d", (3, 2, 1), {}, (2, 3, 7, 6)),
    ("MaxPool2d", (3, 2, 1), {"ceil_mode": True}, (2, 3, 8, 6)),
    ("MaxPool2d", (3, 1), {}, (3, 7, 6)),
    ("MaxPool2d", ((2, 3), (1, 2), (1, 0)), {}, (2, 3, 7, 6)),
    ("MaxPool2d", (3,), {"stride": 2, "dilation": (2, 1), "padding": 1}, (2, 3, 9, 8)),
    ("MaxPool2d", (2,), {"stride": 3, "ceil_mode": True}, (2, 3, 8, 7)),
    ("AvgPool1d", (2,), {}, (2, 3, 8)),
    ("AvgPool1d", (3, 2, 1), {"ceil_mode": True}, (3, 8)),
    ("AvgPool1d", (3, 2, 1), {"count_include_pad": False}, (2, 3, 8)),
    ("AvgPool2d", (2,), {}, (2, 3, 8, 6)),
    ("AvgPool2d", ((3, 2), (2, 1), (1, 0)), {}, (2, 3, 8, 6)),
    ("AvgPool2d", (3, 2, 1), {"ceil_mode": True}, (2, 3, 8, 6)),
    ("AvgPool2d", (3, 2, 1), {"ceil_mode": True, "count_include_pad": False}, (2, 3, 8, 7)),
    ("AvgPool2d", (3, 2, 1), {"divisor_override": 5}, (3, 8, 7)),
    ("AvgPool2d", (2, 3), {"ceil_mode": True}, (2, 3, 8, 7)),
    ("LPPool1d", (2, 3), {}, (2, 3, 8)),
    ("LPPool1d", (1, 2), {"stride": 1}, (3, 8)),
    ("LPPool2d", (2, 2), {}, (2, 3, 8, 6)),
    ("LPPool2d", (4, (2, 3)), {"stride": 2, "ceil_mode": True}, (2, 3, 8, 6)),
    ("AdaptiveAvgPool1d", (3,), {}, (2, 3, 8)),
    ("AdaptiveAvgPool1d", (5,), {}, (3, 3)),
    ("AdaptiveAvgPool2d", (1,), {}, (2, 3, 8, 6)),
    ("AdaptiveAvgPool2d", ((3, 4),), {}, (2, 3, 8, 6)),
    ("AdaptiveAvgPool2d", ((None, 9),), {}, (3, 8, 6)),
    ("AdaptiveMaxPool1d", (3,), {}, (2, 3, 8)),
    ("AdaptiveMaxPool1d", (5,), {}, (3, 3)),
    ("AdaptiveMaxPool2d", (1,), {}, (2, 3, 8, 6)),
    ("AdaptiveMaxPool2d", ((3, 4),), {}, (2, 3, 8, 6)),
    ("AdaptiveMaxPool2d", ((None, 9),), {}, (3, 8, 6)),
]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("name", "args", "kwargs", "shape"), POOLS, ids=str)
def test_pools(name, args, kwargs, shape, ties):
    x = np.random.default_rng(0).standard_normal(shape)
    if ties:
        x = np.round(x) if "Max" in name else np.abs(x) + 0.1
    compare(*made(name, *args, **kwargs), x)


@pytest.mark.parametrize("extreme", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("name", "args", "kwargs", "shape"), [p for p in POOLS if "Max" in p[0]], ids=str
)
def test_indices_and_extremes(name, args, kwargs, shape, extreme):
    rng = np.random.default_rng(0)
    x = np.round(rng.standard_normal(shape))
    x[rng.random(shape) < 0.3] = extreme
    z, index = getattr(nn, name)(*args, **kwargs, return_indices=True)(x)
    expected = getattr(torch.nn, name)(*args, **kwargs, return_indices=True)(torch.tensor(x))
    np.testing.assert_array_equal(z, expected[0])
    np.testing.assert_array_equal(index, expected[1])


def test_where_all_is_minus_infinity():
    x = np.full((1, 5, 5), -np.inf)
    for settings in ((3, 2, 1), (2, 1, 1)):
        z, index = nn.functional.max_pool2d(x, *settings, return_indices=True)
        assert (z == -np.inf).all()
        assert index.min() >= 0
        assert index.max() < 25


def test_the_norm_of_nothing_has_the_gradient_zero():
    x = np.zeros((1, 1, 4))
    ours, _ = made("LPPool1d", 2, 2)
    assert (ours(x) == 0).all()
    t = ag.tensor(x, requires_grad=True)
    ours(t).sum().backward()
    assert (t.grad.data == 0).all()


def test_largest_norm():
    x = np.random.default_rng(0).standard_normal((2, 3, 8, 6))
    expected = torch.nn.functional.lp_pool2d(torch.tensor(x), float("inf"), 2)
    np.testing.assert_allclose(nn.functional.lp_pool2d(x, float("inf"), 2), expected, **TOLERANCE)
