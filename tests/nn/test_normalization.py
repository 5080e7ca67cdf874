"""Normalisation and dropout: buffers, derivatives, chance, and what is refused."""

import numpy as np
import pytest

import autograd as ag
import nn
from nn import functional

X = np.random.default_rng(0).standard_normal((4, 3, 5, 2))


@pytest.mark.parametrize("norm", ["batch", "group", "instance", "layer", "rms", "response"])
def test_to_second_order(norm):
    rng = np.random.default_rng(1)
    x, w, b = rng.standard_normal((3, 4, 3)), rng.standard_normal(4), rng.standard_normal(4)
    function = {
        "batch": lambda x, w, b: functional.batch_norm(x, None, None, w, b, training=True),
        "group": lambda x, w, b: functional.group_norm(x, 2, w, b),
        "instance": lambda x, w, b: functional.instance_norm(x, None, None, w, b),
        "layer": lambda x, w, b: functional.layer_norm(x.swapaxes(1, 2), 4, w, b),
        "rms": lambda x, w, b: functional.rms_norm(x.swapaxes(1, 2), 4, w) + b,
        "response": lambda x, w, b: functional.local_response_norm(x, 3, 1.0) + (w * b).sum(),
    }[norm]
    assert ag.gradcheck(function, [x, w, b])


def test_a_mean_is_no_way_for_the_gradient_of_what_does_not_depend_on_it():
    x = ag.tensor(X, requires_grad=True)
    functional.batch_norm(x, None, None, training=True).sum().backward()
    np.testing.assert_allclose(x.grad.data, 0, atol=1e-13)


def test_evaluation_changes_nothing_and_training_after_it_does_not_reach_its_tape():
    layer = nn.BatchNorm2d(3, dtype=np.float64)
    layer(X)
    layer.eval()
    before = layer.state_dict()
    x = ag.tensor(X, requires_grad=True)
    z = layer(x)
    assert all(np.array_equal(before[k], v) for k, v in layer.state_dict().items())
    layer.train()
    layer(X + 1)
    z.sum().backward()
    factor = 1 / np.sqrt(before["running_var"] + 1e-5)
    np.testing.assert_allclose(x.grad.data, np.broadcast_to(factor[:, None, None], X.shape))


def test_a_refused_batch_leaves_the_buffers_as_they_were():
    layer = nn.BatchNorm1d(3)
    before = layer.state_dict()
    with pytest.raises(ValueError, match="give more"):
        layer(np.zeros((1, 3)))
    with pytest.raises(ValueError, match="3 channels along axis 1"):
        layer(np.zeros((2, 4)))
    assert all(np.array_equal(before[k], v) for k, v in layer.state_dict().items())


def test_buffers_do_not_grow_a_history():
    layer = nn.BatchNorm2d(3)
    for _ in range(3):
        layer(X.astype(np.float32)).sum()
    assert layer.running_mean.is_leaf
    assert not layer.running_mean.requires_grad
    assert layer.running_mean.dtype == np.float32
    assert layer.num_batches_tracked.item() == 3
    assert layer.num_batches_tracked.dtype == np.int64


def test_without_statistics_there_are_no_buffers():
    layer = nn.BatchNorm2d(3, affine=False, track_running_stats=False)
    assert layer.state_dict() == {}
    np.testing.assert_array_equal(layer.eval()(X), layer.train()(X))


def test_float32_stays_float32():
    x = ag.tensor(X, requires_grad=True, dtype="float32")
    for layer in (
        nn.BatchNorm2d(3),
        nn.GroupNorm(3, 3),
        nn.InstanceNorm2d(3),
        nn.LayerNorm((5, 2)),
        nn.RMSNorm(2),
        nn.LocalResponseNorm(2),
        nn.Dropout(),
        nn.Dropout2d(),
        nn.AlphaDropout(),
    ):
        z = layer(x)
        assert {node.dtype for node in ag.tape(z)} == {np.dtype(np.float32)}, layer


def test_dropout_drops_a_share_and_keeps_the_mean():
    nn.seed(0)
    x = ag.tensor(np.ones((200, 50, 2, 2)), requires_grad=True)
    for layer, share in ((nn.Dropout(0.3), (0,) * 4), (nn.Dropout2d(0.3), (0, 0, 2, 2))):
        z = layer(x)
        dropped = z.data == 0
        assert abs(dropped.mean() - 0.3) < 0.01
        np.testing.assert_allclose(z.data[~dropped], 1 / 0.7, rtol=1e-6)
        (gradient,) = ag.gradients(z.sum(), x)
        np.testing.assert_array_equal(gradient.data, z.data)
        if share[2]:
            assert (dropped == dropped[:, :, :1, :1]).all()
    nn.seed(1)
    first = nn.Dropout()(x).data
    nn.seed(1)
    np.testing.assert_array_equal(nn.Dropout()(x).data, first)


def test_alpha_dropout_keeps_mean_and_variance():
    nn.seed(0)
    x = np.random.default_rng(0).standard_normal(100_000)
    z = nn.AlphaDropout(0.2)(x)
    assert abs(z.mean()) < 0.02
    assert abs(z.var() - 1) < 0.02


def test_dropout_in_place():
    nn.seed(0)
    x = np.ones(10)
    z = functional.dropout(x, 0.5, inplace=True)
    assert z is x
    assert set(x) == {0, 2}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.BatchNorm2d(3)(X[0]), ValueError, "must have 4 axes"),
        (lambda: nn.BatchNorm1d(3)(X), ValueError, "must have 2 or 3 axes"),
        (lambda: nn.BatchNorm2d(4)(X), ValueError, "4 channels along axis 1"),
        (lambda: nn.BatchNorm2d(0), ValueError, "at least 1"),
        (lambda: nn.BatchNorm2d(3)(X.astype(int)), TypeError, "floating"),
        (
            lambda: functional.batch_norm(X, None, None),
            ValueError,
            "no running_mean or running_var",
        ),
        (
            lambda: functional.batch_norm(X, np.zeros(2), np.ones(3)),
            ValueError,
            "running_mean must have shape",
        ),
        (
            lambda: functional.batch_norm(X, None, None, np.ones((3, 1)), None, True),
            ValueError,
            "weight",
        ),
        (lambda: functional.instance_norm(X[:, :, :1, :1]), ValueError, "give more"),
        (lambda: nn.InstanceNorm2d(3)(X[0, 0]), ValueError, "must have 3 or 4 axes"),
        (lambda: nn.InstanceNorm2d(4)(X[0]), ValueError, "4 channels along axis 0"),
        (lambda: nn.GroupNorm(2, 3), ValueError, "multiple"),
        (lambda: nn.GroupNorm(2, 4)(X), ValueError, "must be .N, 4"),
        (lambda: functional.group_norm(X, 2), ValueError, "multiple"),
        (lambda: functional.group_norm(X[:, :, 0, 0], 3), ValueError, "give more"),
        (lambda: nn.LayerNorm(3)(X), ValueError, "must end in"),
        (lambda: nn.LayerNorm(0), ValueError, "at least 1"),
        (lambda: functional.layer_norm(X, 2, np.ones(1)), ValueError, "weight must have shape"),
        (lambda: nn.RMSNorm((5, 3))(X), ValueError, "must end in"),
        (lambda: nn.LocalResponseNorm(0)(X), ValueError, "size must be .* received 0"),
        (lambda: nn.LocalResponseNorm(2)(X[0, 0]), ValueError, "at least 3 axes"),
        (lambda: nn.Dropout(1.1), ValueError, "received 1.1"),
        (lambda: functional.dropout(X, -0.1), ValueError, "received -0.1"),
        (lambda: functional.dropout(X.astype(int)), TypeError, "floating"),
        (lambda: nn.Dropout2d()(X[0]), ValueError, "must have 4 axes"),
        (lambda: nn.Dropout1d()(X), ValueError, "must have 2 or 3 axes"),
    ],
)
def test_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()
