"""Recurrent layers and cells beside PyTorch's, with its weights."""

from itertools import product

import numpy as np
import pytest
import torch

import autograd as ag
import nn

KINDS = ["RNN", "LSTM", "GRU"]


def pair(name, *args, **settings):
    """The same module twice, in float64, with the same weights."""
    theirs = getattr(torch.nn, name)(*args, **settings).double()
    ours = getattr(nn, name)(*args, **settings, dtype=np.float64)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    ours.load_state_dict({n: v.numpy() for n, v in theirs.state_dict().items()})
    assert repr(ours) == repr(theirs)
    return ours, theirs


def flat(value):
    return [v for part in value for v in flat(part)] if isinstance(value, tuple) else [value]


def compare(ours, theirs, x, states):
    """Results, and gradients of a weighted sum of them, with respect to all there is."""
    given = [x, *states]
    mine = [ag.tensor(v, requires_grad=True) for v in given]
    other = [torch.tensor(v, requires_grad=True) for v in given]

    def call(module, values):
        if not states:
            return module(values[0])
        return module(values[0], tuple(values[1:]) if len(states) > 1 else values[1])

    results, expected = flat(call(ours, mine)), flat(call(theirs, other))
    assert len(results) == len(expected)
    rng = np.random.default_rng(1)
    total = expected_total = 0
    for r, e in zip(results, expected, strict=True):
        assert r.shape == e.shape
        np.testing.assert_allclose(r.data, e.detach(), rtol=1e-10, atol=1e-12)
        weights = rng.standard_normal(r.shape)
        total = total + (r * weights).sum()
        expected_total = expected_total + (e * torch.tensor(weights)).sum()
    total.backward()
    expected_total.backward()
    inside = zip(ours.parameters(), theirs.parameters(), strict=True)
    for p, q in [*zip(mine, other, strict=True), *inside]:
        np.testing.assert_allclose(p.grad.data, q.grad, rtol=1e-10, atol=1e-12)


SETTINGS = [
    {"num_layers": layers, "bidirectional": both, "batch_first": first, "bias": bias}
    for layers, both, first, bias in product([1, 3], [False, True], [False, True], [True, False])
]


@pytest.mark.parametrize("shape", ["batch", "one", "unbatched"])
@pytest.mark.parametrize("given", [False, True], ids=["zeros", "given"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_layers(kind, settings, given, shape):
    ours, theirs = pair(kind, 3, 5, **settings)
    rng = np.random.default_rng(0)
    steps, batch = 4, 1 if shape == "one" else 2
    lead = (batch, steps) if settings["batch_first"] else (steps, batch)
    lead = (steps,) if shape == "unbatched" else lead
    places = settings["num_layers"] * (1 + settings["bidirectional"])
    size = (places, 5) if shape == "unbatched" else (places, batch, 5)
    states = [rng.standard_normal(size) for _ in range(given * (1 + (kind == "LSTM")))]
    compare(ours, theirs, rng.standard_normal((*lead, 3)), states)


@pytest.mark.parametrize("settings", [{}, {"num_layers": 2}, {"num_layers": 2, "bias": False}])
def test_the_other_nonlinearity(settings):
    ours, theirs = pair("RNN", 3, 5, **settings, nonlinearity="relu")
    compare(ours, theirs, np.random.default_rng(0).standard_normal((4, 2, 3)), [])


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("given", [False, True])
def test_projected_outputs(layers, both, given):
    ours, theirs = pair("LSTM", 3, 5, num_layers=layers, bidirectional=both, proj_size=2)
    rng = np.random.default_rng(0)
    places = layers * (1 + both)
    states = [rng.standard_normal((places, 2, n)) for n in (2, 5)[: 2 * given]]
    compare(ours, theirs, rng.standard_normal((4, 2, 3)), states)


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("lead", [(2,), (1,), ()], ids=str)
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        *(
            (kind, {"bias": bias})
            for kind in ("RNNCell", "LSTMCell", "GRUCell")
            for bias in (True, False)
        ),
        ("RNNCell", {"nonlinearity": "relu"}),
    ],
    ids=str,
)
def test_cells(kind, settings, lead, given):
    ours, theirs = pair(kind, 3, 5, **settings)
    rng = np.random.default_rng(0)
    states = [rng.standard_normal((*lead, 5)) for _ in range(given * (1 + (kind == "LSTMCell")))]
    compare(ours, theirs, rng.standard_normal((*lead, 3)), states)


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_counts_between_layers_in_training_only(kind):
    ours, theirs = pair(kind, 3, 5, num_layers=2, dropout=1.0)
    x = np.random.default_rng(0).standard_normal((4, 2, 3))
    compare(ours, theirs, x, [])  # all of it: the same with any random numbers
    ours.eval()
    theirs.eval()
    ours.zero_grad()
    theirs.zero_grad()
    compare(ours, theirs, x, [])


@pytest.mark.parametrize("kind", [*KINDS, "RNNCell", "LSTMCell", "GRUCell"])
def test_the_range_of_initial_values_is_pytorchs(kind):
    ours, theirs = getattr(nn, kind)(40, 64), getattr(torch.nn, kind)(40, 64)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert p.shape == q.shape
        np.testing.assert_allclose(p.data.std(), q.detach().numpy().std(), rtol=0.2)
        np.testing.assert_allclose(np.abs(p.data).max(), q.detach().abs().max(), rtol=0.1)
