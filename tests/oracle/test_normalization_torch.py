"""Normalisation beside PyTorch's: values, gradients, buffers, in training and evaluation."""

import numpy as np
import pytest
import torch
from module_twins import TOLERANCE, compare, made, same_state

import nn

RUNNING = [
    ("BatchNorm1d", (4, 3)),
    ("BatchNorm1d", (4, 3, 5)),
    ("BatchNorm2d", (4, 3, 5, 2)),
    ("BatchNorm3d", (2, 3, 4, 2, 3)),
    ("InstanceNorm1d", (4, 3, 5)),
    ("InstanceNorm1d", (3, 5)),
    ("InstanceNorm2d", (4, 3, 5, 2)),
    ("InstanceNorm2d", (3, 5, 2)),
]
SETTINGS = [
    {},
    {"affine": False},
    {"affine": True, "track_running_stats": True},
    {"momentum": None, "track_running_stats": True},
    {"momentum": 0.4, "eps": 0.1, "track_running_stats": True},
    {"affine": True, "track_running_stats": False},
]


@pytest.mark.parametrize("kwargs", SETTINGS, ids=str)
@pytest.mark.parametrize(("name", "shape"), RUNNING, ids=str)
def test_running_statistics(name, shape, kwargs):
    ours, theirs = made(name, 3, **kwargs)
    rng = np.random.default_rng(0)
    for _ in range(3):
        compare(ours, theirs, rng.standard_normal(shape) * 2 + 3)
    ours.eval()
    theirs.eval()
    compare(ours, theirs, rng.standard_normal(shape))
    ours.train()
    theirs.train()
    compare(ours, theirs, rng.standard_normal(shape))


OTHERS = [
    ("LayerNorm", (4,), {}, (2, 3, 4)),
    ("LayerNorm", ((3, 4),), {"eps": 0.1}, (2, 3, 4)),
    ("LayerNorm", ((3, 4),), {"bias": False}, (3, 4)),
    ("LayerNorm", (4,), {"elementwise_affine": False}, (2, 3, 4)),
    ("GroupNorm", (2, 4), {}, (3, 4, 5)),
    ("GroupNorm", (4, 4), {"affine": False}, (3, 4, 5, 2)),
    ("GroupNorm", (1, 4), {"eps": 0.1}, (3, 4)),
    ("RMSNorm", (4,), {}, (2, 3, 4)),
    ("RMSNorm", ((3, 4),), {"eps": 0.1}, (2, 3, 4)),
    ("RMSNorm", (4,), {"elementwise_affine": False}, (2, 3, 4)),
    ("LocalResponseNorm", (3,), {}, (2, 5, 4)),
    ("LocalResponseNorm", (2,), {"alpha": 0.5, "beta": 0.5, "k": 2.0}, (2, 5, 4, 3)),
    ("LocalResponseNorm", (9,), {"alpha": 1.0}, (2, 5, 2, 2, 3)),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "shape"), OTHERS, ids=str)
def test_other_normalisation(name, args, kwargs, shape):
    x = np.random.default_rng(0).standard_normal(shape) + 1
    compare(*made(name, *args, **kwargs), x)


@pytest.mark.parametrize("name", ["Dropout", "Dropout1d", "Dropout2d", "AlphaDropout"])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_dropout_in_evaluation_and_its_extremes(name, p):
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 4)[: 3 if name == "Dropout1d" else 4])
    ours, theirs = made(name, p)
    compare(ours.eval(), theirs.eval(), x)
    if p != 0.3:
        compare(ours.train(), theirs.train(), x)


def test_the_mean_of_large_values_is_not_lost():
    x = np.random.default_rng(0).standard_normal((64, 2, 8, 8)).astype(np.float32) + 1e4
    ours = nn.BatchNorm2d(2)(x).data
    wide = x.astype(np.float64)
    mean, variance = wide.mean((0, 2, 3), keepdims=True), wide.var((0, 2, 3), keepdims=True)
    np.testing.assert_allclose(ours, (wide - mean) / np.sqrt(variance + 1e-5), atol=2e-3)


def test_running_statistics_of_the_functions():
    x = np.random.default_rng(0).standard_normal((4, 3, 5))
    for name in ("batch_norm", "instance_norm"):
        mean, variance = np.zeros(3), np.ones(3)
        kwargs = {"training": True} if name == "batch_norm" else {}
        ours = getattr(nn.functional, name)(x, mean, variance, **kwargs)
        a, b = torch.zeros(3).double(), torch.ones(3).double()
        theirs = getattr(torch.nn.functional, name)(torch.tensor(x), a, b, **kwargs)
        np.testing.assert_allclose(ours, theirs, **TOLERANCE)
        np.testing.assert_allclose(mean, a, **TOLERANCE)
        np.testing.assert_allclose(variance, b, **TOLERANCE)


def test_a_state_of_pytorch_loads_with_its_counter():
    ours, theirs = nn.BatchNorm2d(3), torch.nn.BatchNorm2d(3)
    theirs(torch.ones(2, 3, 2, 2))
    ours.load_state_dict(theirs.state_dict())
    same_state(ours, theirs)
    assert ours.num_batches_tracked.dtype == np.int64
    assert ours.num_batches_tracked.item() == 1
