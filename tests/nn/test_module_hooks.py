"""Hooks of modules, and modules inside checkpoints."""

import gc
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd as ag
import nn
from nn import functional

X = np.random.default_rng(0).standard_normal((6, 4))


def leaf(array=X):
    return ag.tensor(array, requires_grad=True)


def model():
    nn.random.seed(0)
    return nn.Sequential(nn.Linear(4, 3, dtype=float), nn.Tanh(), nn.Linear(3, 2, dtype=float))


def test_forward_hooks_see_and_replace():
    net, seen = model(), []
    net[1].register_forward_pre_hook(lambda module, args: seen.append((module, args[0].shape)))
    net[1].register_forward_pre_hook(lambda module, args: args[0] * 0)
    net[1].register_forward_hook(lambda module, args, z: seen.append(args[0].numpy().max()))
    handle = net[1].register_forward_hook(lambda module, args, z: z + 1)
    z = net(X)
    assert seen == [(net[1], (6, 3)), 0.0]
    np.testing.assert_allclose(z.numpy(), net[2](np.ones((6, 3))).numpy())
    handle.remove()
    np.testing.assert_allclose(net(X).numpy(), net[2](np.zeros((6, 3))).numpy())


def test_backward_hooks_see_both_sides():
    net, x, seen = model(), leaf(), []
    net[1].register_full_backward_hook(lambda module, *gs: seen.append(gs))
    h = net[0](x)
    h.retain_grad()
    z = net[1](h)
    z.retain_grad()
    (net[2](z) ** 2).sum().backward()
    (((got_in,), (got_out,)),) = seen
    np.testing.assert_array_equal(got_in, h.grad)
    np.testing.assert_array_equal(got_out, z.grad)


def test_a_backward_hook_changes_no_gradient_unless_it_returns_one():
    def gradients(*hooks):
        net, x = model(), leaf()
        for hook in hooks:
            net[1].register_full_backward_hook(hook)
        (net(x) ** 2).sum().backward()
        return [t.grad.numpy() for t in (x, *net.parameters())]

    plain = gradients()
    for a, b in zip(gradients(lambda module, gi, go: None), plain, strict=True):
        np.testing.assert_array_equal(a, b)
    twice = gradients(lambda module, gi, go: (2 * gi[0],))
    for k, (a, b) in enumerate(zip(twice, plain, strict=True)):
        np.testing.assert_array_equal(a, b if k > 2 else 2 * b)  # (the last layer is behind it)


class Several(nn.Module):
    def forward(self, a, b, scale=1.0, extra=None):
        return a * b * scale, a + 1, "text"


def test_several_arguments_and_outputs():
    layer, a, b, seen = Several(), leaf(), leaf(2 * X), []
    layer.register_full_backward_hook(lambda module, *gs: seen.append(gs))
    product, _, text = layer(a, X, 2.0, extra=b)
    assert text == "text"
    product.sum().backward()
    ((inputs, outputs),) = seen
    assert [g is None for g in inputs] == [False, True, True]
    np.testing.assert_array_equal(inputs[0], 2 * X)
    assert outputs[0].shape == X.shape
    assert outputs[1].tolist() == np.zeros_like(X).tolist()  # not used
    assert outputs[2] is None


class Pair(NamedTuple):
    first: Any
    second: Any


@pytest.mark.parametrize(
    ("wrapped", "taken"),
    [
        (lambda a, b: Pair(a, b), lambda z: z.first),
        (lambda a, b: {"a": a, "rest": [b]}, lambda z: z["a"]),
        (lambda a, b: OrderedDict(a=a, b=b), lambda z: z["a"]),
        (lambda a, b: ((a,), [None, b]), lambda z: z[0][0]),
    ],
)
def test_outputs_in_containers(wrapped, taken):
    class Wrapping(nn.Module):
        def forward(self, x):
            return wrapped(x * 2, x * 3)

    layer, x, seen = Wrapping(), leaf(), []
    plain = layer(x)
    layer.register_full_backward_hook(lambda module, *gs: seen.append(gs))
    z = layer(x)
    assert type(z) is type(plain)
    (taken(z) * 5).sum().backward()
    (((got_in,), got_out),) = seen
    assert got_in.tolist() == np.full_like(X, 10).tolist()
    first, *_, last = got_out
    assert first.tolist() == np.full_like(X, 5).tolist()
    assert not last.numpy().any()


def test_what_a_backward_hook_writes_to_reaches_nothing():
    def spoil(module, inputs, outputs):
        for g in (*inputs, *outputs):
            g *= 100

    net, x, seen = model(), leaf(), []
    net[1].register_full_backward_hook(spoil)
    net[1].register_full_backward_hook(lambda module, gi, go: seen.append((gi, go)))
    h = net[0](x)
    z = net[1](h)
    h.retain_grad()
    z.sum().backward()
    np.testing.assert_array_equal(h.grad, 1 - np.tanh(h.numpy()) ** 2)
    ((inputs, outputs),) = seen
    np.testing.assert_array_equal(inputs[0], h.grad)
    assert (outputs[0].numpy() == 1).all()


def test_hooks_of_modules_leave_no_garbage():
    net = model()
    for module in net.modules():
        module.register_forward_hook(lambda *args: None)
        module.register_full_backward_hook(lambda *args: None)
    net(leaf()).sum().backward()
    gc.collect()
    gc.disable()
    try:
        for create_graph in (False, True):
            ag.gradients(net(x := leaf()).sum(), x, create_graph=create_graph)
        del x
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_no_argument_that_wants_a_gradient():
    net, seen = model(), []
    net[0].register_full_backward_hook(lambda module, *gs: seen.append(gs))
    net(X).sum().backward()
    (((nothing,), (g,)),) = seen
    assert nothing is None
    assert g.shape == (6, 3)
    with ag.no_grad():
        net(X)
    nn.Flatten().register_full_backward_hook(pytest.fail)


def test_errors_in_the_hooks_of_a_module_leave_everything_as_it_was():
    def broken(*args):
        raise ZeroDivisionError

    net, x = model(), leaf()
    for register in (nn.Module.register_forward_pre_hook, nn.Module.register_forward_hook):
        with register(net[1], broken), pytest.raises(ZeroDivisionError):
            net(x)
    handle = net[1].register_full_backward_hook(broken)
    z = (net(x) ** 2).sum()
    with pytest.raises(ZeroDivisionError):
        z.backward()
    assert all(t.grad is None for t in (x, *net.parameters()))
    handle.remove()
    z.backward()
    assert x.grad is not None


def test_what_is_no_hook_is_refused():
    net, x = model(), leaf()
    with pytest.raises(TypeError, match=r"Tanh.register_forward_hook: takes a function"):
        net[1].register_forward_hook(3)
    net[1].register_full_backward_hook(lambda module, *gs: (gs[0][0], None))
    with pytest.raises(ValueError, match=r"Tanh.*2 gradients for 1 arguments"):
        net(x).sum().backward()
    net = model()
    net[1].register_full_backward_hook(lambda module, *gs: (None,))
    with pytest.raises(ValueError, match=r"1 gradients for 1 arguments, and none for \[0\]"):
        net(x).sum().backward()
    net = model()
    net[1].register_full_backward_hook(lambda module, gi, go: gi[0].sum())
    with pytest.raises(ag.GradientError, match=r"returned float64 of shape \(\)"):
        net(x).sum().backward()


def test_hooks_work_in_recorded_passes_and_in_tapes():
    net, x, seen = model(), leaf(), []
    net[1].register_full_backward_hook(lambda module, gi, go: seen.append(gi[0].requires_grad))
    with ag.Tape() as tape:
        loss = (net(x) ** 2).sum()
        (slope,) = ag.gradients(loss, x, create_graph=True)
        (slope * slope).sum().backward()
    assert seen[0]
    assert "<svg" in tape.draw().svg


# ------------------------------------------------------------------ checkpoints


def network():
    nn.random.seed(1)
    return nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2)
    )


def trained(run, steps=3):
    net = network()
    optimizer = nn.optim.Adam(net.parameters(), lr=0.1)
    x = X.astype(np.float32)
    for _ in range(steps):
        optimizer.zero_grad()
        functional.mse_loss(run(net, ag.tensor(x)), ag.tensor(x[:, :2])).backward()
        optimizer.step()
    state = {name: value.tobytes() for name, value in net.state_dict().items()}
    return state, nn.random.generator.random()


def nested(net, x):
    return ag.checkpoint(lambda x: net[2:](ag.checkpoint(net[:2], x)), x)


@pytest.mark.parametrize(
    "run",
    [
        lambda net, x: ag.checkpoint(net, x),
        lambda net, x: ag.checkpoint_sequential(net, x, segments=3),
        nested,
    ],
    ids=["whole", "sequential", "nested"],
)
def test_batchnorm_is_counted_once_and_dropout_draws_once(run):
    assert trained(run) == trained(lambda net, x: net(x))


def test_eval_between_forward_and_backward_changes_nothing():
    net, x = nn.Sequential(nn.BatchNorm1d(4, dtype=float), nn.Tanh()), leaf()
    z = ag.checkpoint(net, x)
    net.eval()
    before = net.state_dict()
    z.sum().backward()
    assert not net[0].training
    assert all((before[k] == v).all() for k, v in net.state_dict().items())
    expected = leaf()
    net.train()
    net(expected).sum().backward()
    np.testing.assert_array_equal(x.grad, expected.grad)


@pytest.mark.parametrize("training", [True, False])
def test_a_checkpointed_batchnorm_again_and_again(training):
    def slopes(wrap):
        nn.random.seed(1)
        net, found = network().train(training), []
        for _ in range(3):
            x = leaf(X.astype(np.float32))
            wrap(net, x).sum().backward()
            found.append(x.grad.numpy().tobytes())
        return found

    assert slopes(ag.checkpoint) == slopes(lambda net, x: net(x))


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", np.zeros(()))

    def forward(self, x):
        self.calls = self.calls + 1
        return x * self.calls


def test_a_buffer_of_ones_own_that_is_assigned_anew():
    layer, x = Counting(), leaf()
    z = ag.checkpoint(lambda x: layer(np.sin(layer(x))), x)
    calls = layer.calls
    layer(x)
    z.sum().backward()
    assert layer.calls.item() == 3
    assert calls.item() == 2
    np.testing.assert_allclose(x.grad, 2 * np.cos(X))
