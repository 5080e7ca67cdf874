from collections import OrderedDict

import numpy as np
import pytest

import autograd as ag
import nn


def test_linear_starts_as_pytorch_does():
    nn.seed(0)
    layer = nn.Linear(100, 50)
    assert layer.weight.shape == (50, 100)
    assert layer.weight.dtype == layer.bias.dtype == np.float32
    for p in layer.parameters():
        assert np.abs(p.data).max() <= 0.1
    assert abs(layer.weight.data.mean()) < 0.005
    assert abs(layer.weight.data.std() - 0.1 / np.sqrt(3)) < 0.002


def test_linear_computes_and_differentiates_in_its_dtype():
    for dtype in (np.float32, np.float64):
        layer = nn.Linear(3, 2, dtype=dtype)
        x = ag.tensor(np.ones((4, 3), dtype), requires_grad=True)
        z = layer(x)
        np.testing.assert_allclose(z.data, x.data @ layer.weight.data.T + layer.bias.data)
        z.sum().backward()
        assert {z.dtype, x.grad.dtype, layer.weight.grad.dtype, layer.bias.grad.dtype} == {
            np.dtype(dtype)
        }
        np.testing.assert_allclose(layer.weight.grad.data, np.full((2, 3), 4))
        np.testing.assert_allclose(layer.bias.grad.data, [4, 4])


def test_an_update_of_a_weight_runs_along_memory():
    layer = nn.Linear(30, 20)
    layer(np.ones((4, 30), "float32")).sum().backward()
    assert layer.weight.grad.data.strides == layer.weight.data.strides


def test_linear_without_bias_and_with_strange_sizes():
    layer = nn.Linear(3, 2, bias=False)
    assert layer.bias is None
    assert list(layer.state_dict()) == ["weight"]
    assert layer(np.zeros((1, 3))).shape == (1, 2)
    assert nn.Linear(0, 2)(np.zeros((4, 0))).shape == (4, 2)
    with pytest.raises(ValueError, match="in_features must be an integer of at least 0"):
        nn.Linear(-1, 2)
    with pytest.raises(ValueError, match="last axis of x must have length 3"):
        nn.Linear(3, 2)(np.zeros((1, 4)))


def test_the_seed_repeats_initial_values():
    nn.seed(3)
    first = nn.Linear(4, 4).state_dict()
    double = nn.Linear(4, 4)
    nn.seed(3)
    again = nn.Linear(4, 4).state_dict()
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["weight"], double.weight.data)
    double.reset_parameters()
    nn.seed(3)
    wide = nn.Linear(4, 4, dtype=np.float64).state_dict()
    assert all(np.array_equal(first[name], wide[name].astype("float32")) for name in first)
    with pytest.raises(ValueError, match="seed: n must be an integer of at least 0, received -1"):
        nn.seed(-1)


@pytest.mark.parametrize(
    ("layer", "function"),
    [(nn.ReLU, ag.relu), (nn.Tanh, ag.tanh), (nn.Sigmoid, ag.sigmoid), (nn.Identity, lambda x: x)],
)
def test_activations(layer, function):
    x = ag.tensor([-2.0, 0.5, 3.0], requires_grad=True)
    np.testing.assert_array_equal(layer()(x).data, function(x).data)
    assert repr(layer()) == f"{layer.__name__}()"


def test_flatten():
    x = ag.tensor(np.zeros((2, 3, 4, 5)), requires_grad=True)
    assert nn.Flatten()(x).shape == (2, 60)
    assert nn.Flatten(0)(x).shape == (120,)
    assert nn.Flatten(1, 2)(x).shape == (2, 12, 5)
    assert nn.Flatten(-2)(x).shape == (2, 3, 20)
    assert nn.Flatten()(np.zeros((0, 3, 4))).shape == (0, 12)
    for axes in ((4,), (2, 1), (1, 4), (-5,)):
        with pytest.raises(ValueError, match=r"Flatten: .*shape \(2, 3, 4, 5\)"):
            nn.Flatten(*axes)(x)


def test_sequential_is_a_sequence():
    linear, relu, last = nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)
    model = nn.Sequential(linear, relu)
    assert model.append(last) is model
    assert len(model) == 3
    assert list(model) == [linear, relu, last]
    assert model[0] is linear
    assert model[-1] is last
    assert isinstance(model[1:], nn.Sequential)
    assert list(model[1:]) == [relu, last]
    assert list(model[::2]) == [linear, last]
    assert len(nn.Sequential()) == 0
    for index in (3, -4):
        with pytest.raises(IndexError, match=f"index must be from .* received {index}"):
            model[index]
    x = np.ones((5, 3), "float32")
    np.testing.assert_array_equal(model(x).data, last(relu(linear(x))).data)
    np.testing.assert_array_equal(model[:1](x).data, linear(x).data)
    model[1] = nn.Tanh()
    assert repr(model[1]) == "Tanh()"
    assert nn.Sequential()(x) is x


def test_sequential_of_names():
    model = nn.Sequential(OrderedDict(first=nn.Linear(2, 2), act=nn.ReLU()))
    assert list(model.state_dict()) == ["first.weight", "first.bias"]
    assert model.act is model[1]
    assert [name for name, _ in model[:1].named_children()] == ["first"]


def test_sequential_may_hold_a_module_twice():
    relu = nn.ReLU()
    model = nn.Sequential(nn.Linear(2, 2), relu, nn.Linear(2, 2), relu)
    assert len(model) == 4
    assert [name for name, _ in model.named_modules()] == ["", "0", "1", "2"]


def test_sequential_refuses():
    with pytest.raises(TypeError, match="the class ReLU, which is no Module; make a layer of it"):
        nn.Sequential(nn.ReLU)
    with pytest.raises(TypeError, match="is no Module"):
        nn.Sequential(np.tanh)
    with pytest.raises(KeyError, match="'forward' can't be the name"):
        nn.Sequential({"forward": nn.ReLU()})
    with pytest.raises(KeyError, match=r"'a\.b' can't be the name"):
        nn.Sequential({"a.b": nn.ReLU()})
