"""SGD against the same steps written by hand in plain NumPy."""

import copy
import pickle

import numpy as np
import pytest

import autograd as ag
import nn
from nn.optim import SGD, Optimizer

SETTINGS = [
    {"lr": 0.1},
    {"lr": 0.1, "momentum": 0.9},
    {"lr": 0.1, "momentum": 0.9, "dampening": 0.5},
    {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    {"lr": 0.1, "weight_decay": 0.01},
    {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
    {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "dampening": 0.2},
]


def by_hand(p, gradients, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
    b = None
    for g in gradients:
        g = g + weight_decay * p
        if momentum:
            b = g if b is None else momentum * b + (1 - dampening) * g
            g = g + momentum * b if nesterov else b
        p = p - lr * g
    return p


@pytest.mark.parametrize("layout", ["C", "F", "strided"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_steps_are_those_written_by_hand(settings, layout):
    rng = np.random.default_rng(0)
    start = rng.standard_normal((3, 4))
    gradients = rng.standard_normal((5, 3, 4))
    data = np.empty((6, 8))[::2, ::2] if layout == "strided" else np.empty((3, 4), order=layout)
    data[...] = start
    p = nn.Parameter(data, copy=False)
    small = nn.Parameter(start[0])
    optimizer = SGD([p, small], **settings)
    for g in gradients:
        p.grad, small.grad = g, g[0]
        before = p.grad.data.copy()
        optimizer.step()
        np.testing.assert_array_equal(p.grad.data, before)  # not used as scratch paper
    np.testing.assert_allclose(p.data, by_hand(start, gradients, **settings), rtol=1e-12)
    np.testing.assert_allclose(
        small.data, by_hand(start[0], gradients[:, 0], **settings), rtol=1e-12
    )
    assert np.shares_memory(p.data, data)


@pytest.mark.parametrize("lr", [0.1, np.float64(0.1), np.array(0.1)])
@pytest.mark.parametrize("momentum", [0, np.float64(0.9)])
def test_float32_stays_float32(lr, momentum):
    p = nn.Parameter(np.ones(3, "float32"))
    optimizer = SGD([p], lr=lr, momentum=momentum, weight_decay=np.float64(0.1))
    for _ in range(2):
        p.grad = np.ones(3, "float32")
        optimizer.step()
    assert p.dtype == np.float32
    assert all(b.dtype == np.float32 for b in optimizer.state.values())


def test_parameters_without_a_gradient_stay():
    used, unused = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = SGD([used, unused], lr=0.5)
    (used * 2).sum().backward()
    optimizer.step()
    assert (used.item(), unused.item()) == (0, 1)
    optimizer.zero_grad()
    assert used.grad is None


def test_a_step_between_forward_and_backward_is_noticed():
    p = nn.Parameter([1.0])
    optimizer = SGD([p])
    loss = (p * p).sum()
    p.grad = [1.0]
    optimizer.step()
    with pytest.raises(ag.GradientError, match="changed in place"):
        loss.backward()


def test_groups_have_settings_of_their_own():
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = SGD([{"params": [a]}, {"params": b, "lr": 1}], lr=0.1)
    a.grad = b.grad = [1.0]
    optimizer.step()
    assert (a.item(), b.item()) == (0.9, 0)
    optimizer.param_groups[0]["lr"] = 0.4
    optimizer.step()
    assert a.item() == pytest.approx(0.5)
    c = nn.Parameter([1.0])
    optimizer.add_param_group({"params": [c]})
    assert optimizer.param_groups[2]["lr"] == 0.1
    assert "lr=0.1" in repr(optimizer)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1}, "lr must be at least 0, received -1"),
        ({"lr": float("nan")}, "lr must be at least 0"),
        ({"momentum": -0.1}, "momentum must be"),
        ({"weight_decay": -1}, "weight_decay must be"),
        ({"nesterov": True}, "nesterov=True needs a momentum"),
        ({"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "nesterov=True needs"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=f"SGD: {message}"):
        SGD([nn.Parameter([1.0])], **settings)
    with pytest.raises(ValueError, match=f"SGD: {message}"):
        SGD([{"params": [nn.Parameter([1.0])], **settings}])


def test_what_can_not_be_optimized_is_refused():
    p = nn.Parameter([1.0])
    with pytest.raises(ValueError, match="no parameters"):
        SGD(iter([]))
    with pytest.raises(ValueError, match="given twice"):
        SGD([p, p])
    with pytest.raises(ValueError, match="given twice"):
        SGD([{"params": [p]}, {"params": [p]}])
    with pytest.raises(ValueError, match="only leaves"):
        SGD([p * 2])
    with pytest.raises(TypeError, match="give an iterable"):
        SGD(p)
    with pytest.raises(TypeError, match="str is no Tensor"):
        SGD(["weight"])
    with pytest.raises(TypeError, match="no setting 'betas'"):
        SGD([{"params": [p], "betas": 1}])
    with pytest.raises(TypeError, match="the key 'params'"):
        SGD([{"lr": 1}])


def test_an_optimizer_of_ones_own():
    class Sign(Optimizer):
        """By the sign of the gradient."""

        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def check(self, group):
            """Anything goes."""

        def update(self, p, g, group):
            """One step."""
            p.data -= group["lr"] * np.sign(g)

    p = nn.Parameter([1.0, 1.0])
    p.grad = [5.0, -3.0]
    Sign([p], 0.5).step()
    assert p.data.tolist() == [0.5, 1.5]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_model_and_its_optimizer_are_copied_together(duplicate):
    model = nn.Linear(2, 1)
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(np.ones((1, 2), "float32")).sum().backward()
    optimizer.step()
    twin, its = duplicate((model, optimizer))
    for one, other in ((model, optimizer), (twin, its)):
        one.zero_grad()
        one(np.ones((1, 2), "float32")).sum().backward()
        other.step()
    np.testing.assert_array_equal(twin.weight.data, model.weight.data)
    assert twin.weight is its.param_groups[0]["params"][0]


def test_training_finds_the_minimum():
    nn.seed(0)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 3)).astype("float32")
    y = x @ np.array([[1.0], [-2.0], [0.5]], "float32") + 3
    model = nn.Linear(3, 1)
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(200):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
    assert loss.item() < 1e-8
    np.testing.assert_allclose(model.weight.data, [[1, -2, 0.5]], atol=1e-3)
