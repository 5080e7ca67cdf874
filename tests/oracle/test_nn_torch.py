"""Layers, losses and optimizers beside PyTorch's."""

import re

import numpy as np
import pytest
import torch

import autograd as ag
import nn


def pair():
    """The same network twice, with the same weights."""
    theirs = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3))
    ours = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def test_names_shapes_and_repr_are_pytorchs():
    ours, theirs = pair()
    without_counts = re.sub(" +# .*", "", repr(ours))
    assert without_counts == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_modules()] == [n for n, _ in theirs.named_modules()]


def test_the_range_of_initial_values_is_pytorchs():
    ours, theirs = nn.Linear(50, 400), torch.nn.Linear(50, 400)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.data.std(), q.detach().numpy().std(), rtol=0.1)
        np.testing.assert_allclose(np.abs(p.data).max(), q.detach().abs().max(), rtol=0.1)


SETTINGS = [
    {"lr": 0.1},
    {"lr": 0.1, "momentum": 0.9},
    {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01},
    {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_training_goes_the_same_way(settings):
    torch.manual_seed(0)
    ours, theirs = pair()
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, 6)).astype("float32")
    y = rng.integers(0, 3, 8)
    mine = nn.optim.SGD(ours.parameters(), **settings)
    other = torch.optim.SGD(theirs.parameters(), **settings)
    for _ in range(5):
        mine.zero_grad()
        loss = nn.functional.cross_entropy(ours(x), y)
        loss.backward()
        mine.step()
        other.zero_grad()
        expected = torch.nn.functional.cross_entropy(theirs(torch.tensor(x)), torch.tensor(y))
        expected.backward()
        other.step()
        np.testing.assert_allclose(loss.data, expected.detach(), rtol=1e-5)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.data, q.grad, rtol=1e-3, atol=1e-6)
        np.testing.assert_allclose(p.data, q.detach(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("size", [1, 1e2, 1e4])
@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("cross_entropy", np.array([0, 2, 1, 1])),
        ("binary_cross_entropy_with_logits", np.eye(4, 3)),
        ("mse_loss", np.eye(4, 3)),
    ],
)
def test_losses_and_their_gradients(name, target, size, reduction):
    x = np.random.default_rng(0).standard_normal((4, 3)) * size
    x[0, 0] = 0
    ours = ag.tensor(x, requires_grad=True)
    theirs = torch.tensor(x, requires_grad=True)
    loss = getattr(nn.functional, name)(ours, target, reduction=reduction)
    expected = getattr(torch.nn.functional, name)(theirs, torch.tensor(target), reduction=reduction)
    np.testing.assert_allclose(loss.data, expected.detach(), rtol=1e-12, atol=1e-12)
    loss.sum().backward()
    expected.sum().backward()
    np.testing.assert_allclose(ours.grad.data, theirs.grad, rtol=1e-12, atol=1e-12)
