"""Every activation beside PyTorch's: values, gradients, subgradients at kinks, repr."""

import numpy as np
import pytest
import torch

import autograd as ag
import nn

F, G = nn.functional, torch.nn.functional
CLOSE = {"rtol": 1e-11, "atol": 1e-12}

# name, positional and keyword arguments, the kinks
CASES = [
    ("celu", {}, [0]),
    ("celu", {"alpha": 2.5}, [0]),
    ("elu", {}, [0]),
    ("elu", {"alpha": 1.7}, [0]),
    ("gelu", {}, [0]),
    ("gelu", {"approximate": "tanh"}, [0]),
    ("hardshrink", {}, [-0.5, 0.5]),
    ("hardshrink", {"lambd": 1.25}, [-1.25, 1.25]),
    ("hardsigmoid", {}, [-3, 3]),
    ("hardswish", {}, [-3, 3]),
    ("hardtanh", {}, [-1, 1]),
    ("hardtanh", {"min_val": -0.25, "max_val": 2.0}, [-0.25, 2]),
    ("leaky_relu", {}, [0]),
    ("leaky_relu", {"negative_slope": 0.3}, [0]),
    ("leaky_relu", {"negative_slope": -1.5}, [0]),
    ("logsigmoid", {}, [0]),
    ("mish", {}, [0]),
    ("relu", {}, [0]),
    ("relu6", {}, [0, 6]),
    ("rrelu", {}, [0]),
    ("rrelu", {"lower": 0.2, "upper": 0.7}, [0]),
    ("selu", {}, [0]),
    ("silu", {}, [0]),
    ("sigmoid", {}, [0]),
    ("softplus", {}, [0, 20]),
    ("softplus", {"beta": 2.0, "threshold": 3.0}, [0, 1.5]),
    ("softplus", {"beta": 0.5}, [0, 40]),
    ("softshrink", {}, [-0.5, 0.5]),
    ("softshrink", {"lambd": 0.0}, [0]),
    ("softsign", {}, [0]),
    ("tanh", {}, [0]),
    ("tanhshrink", {}, [0]),
    ("threshold", {"threshold": 0.3, "value": -2.0}, [0.3]),
]
AXES = [
    ("softmax", {"dim": 0}),
    ("softmax", {"dim": -2}),
    ("log_softmax", {"dim": 1}),
    ("softmin", {"dim": 2}),
    ("glu", {}),
    ("glu", {"dim": 1}),
    ("normalize", {}),
    ("normalize", {"p": 1.0, "dim": 2}),
    ("normalize", {"p": 3.0, "dim": 0}),
    ("normalize", {"p": float("inf"), "dim": -1}),
]


def both(name, settings, x, seed):
    ours = ag.tensor(x, requires_grad=True)
    theirs = torch.tensor(x, requires_grad=True)
    z = getattr(F, name)(ours, **settings)
    expected = getattr(G, name)(theirs, **settings)
    g = np.random.default_rng(seed).standard_normal(z.shape).astype(x.dtype)
    z.backward(g)
    expected.backward(torch.tensor(g))
    return (z.data, ours.grad.data), (expected.detach().numpy(), theirs.grad.numpy())


@pytest.mark.parametrize(("name", "settings", "kinks"), CASES, ids=str)
def test_elementwise(name, settings, kinks):
    x = np.concatenate(
        [np.random.default_rng(0).normal(0, 3, 200), kinks, [1e4, -1e4, 30, -30, -0.0]]
    )
    ours, theirs = both(name, settings, x.reshape(1, -1), 1)
    # PyTorch's slope of hardsigmoid is 1/6 in single precision, also for doubles.
    close = {"rtol": 3e-8} if name == "hardsigmoid" else CLOSE
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, **close)


@pytest.mark.parametrize(("name", "settings", "kinks"), CASES, ids=str)
def test_elementwise_in_float32(name, settings, kinks):
    x = np.array([*np.linspace(-8, 8, 50), *kinks], "float32")
    ours, theirs = both(name, settings, x, 1)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine, other, rtol=2e-5, atol=2e-6)


SMOOTH = {
    "gelu",
    "logsigmoid",
    "mish",
    "silu",
    "sigmoid",
    "softplus",
    "softsign",
    "tanh",
    "tanhshrink",
}


@pytest.mark.parametrize(("name", "settings", "kinks"), CASES, ids=str)
def test_to_second_order_also_at_zero_where_there_is_no_kink(name, settings, kinks):
    x = np.array([0.1, 0.9, -0.7, 2.2, -4.1, *([0.0] if name in SMOOTH - {"softsign"} else [])])
    assert ag.gradcheck(lambda x: getattr(F, name)(x, **settings), [x])


@pytest.mark.parametrize(("name", "settings"), AXES, ids=str)
def test_along_an_axis(name, settings):
    x = np.random.default_rng(2).normal(0, 2, (3, 4, 6))
    x[1] = 0 if name == "normalize" else 1e4
    ours, theirs = both(name, settings, x, 3)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, **CLOSE)


@pytest.mark.parametrize("shape", [(5,), (4, 3), (2, 3, 4, 5)])
@pytest.mark.parametrize("slopes", [1, "channels"])
def test_prelu_and_its_slopes(shape, slopes):
    rng = np.random.default_rng(4)
    x = rng.standard_normal(shape)
    x.flat[0] = 0
    channels = 1 if slopes == 1 or len(shape) == 1 else shape[1]
    w = rng.standard_normal(channels)
    ours, theirs = ag.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    v, u = ag.tensor(w, requires_grad=True), torch.tensor(w, requires_grad=True)
    z, expected = F.prelu(ours, v), G.prelu(theirs, u)
    g = rng.standard_normal(shape)
    z.backward(g)
    expected.backward(torch.tensor(g))
    np.testing.assert_allclose(z.data, expected.detach(), **CLOSE)
    np.testing.assert_allclose(ours.grad.data, theirs.grad, **CLOSE)
    np.testing.assert_allclose(v.grad.data, u.grad, **CLOSE)


MODULES = [
    ("CELU", (), {"alpha": 2.0}),
    ("ELU", (0.5,), {}),
    ("GELU", (), {}),
    ("GELU", ("tanh",), {}),
    ("GLU", (), {}),
    ("GLU", (1,), {}),
    ("Hardshrink", (0.7,), {}),
    ("Hardsigmoid", (), {}),
    ("Hardswish", (), {}),
    ("Hardtanh", (-2.0, 0.5), {}),
    ("LeakyReLU", (0.2,), {}),
    ("LogSigmoid", (), {}),
    ("LogSoftmax", (), {"dim": 1}),
    ("Mish", (), {}),
    ("PReLU", (), {}),
    ("PReLU", (4, 0.1), {}),
    ("RReLU", (0.1, 0.5), {}),
    ("ReLU", (), {}),
    ("ReLU", (True,), {}),
    ("ReLU6", (), {"inplace": True}),
    ("SELU", (), {}),
    ("SiLU", (), {}),
    ("Sigmoid", (), {}),
    ("Softmax", (-1,), {}),
    ("Softmax2d", (), {}),
    ("Softmin", (), {"dim": 2}),
    ("Softplus", (2.0, 5.0), {}),
    ("Softshrink", (), {}),
    ("Softsign", (), {}),
    ("Tanh", (), {}),
    ("Tanhshrink", (), {}),
    ("Threshold", (0.1, 20.0), {}),
    ("CosineSimilarity", (2,), {"eps": 1e-6}),
    ("PairwiseDistance", (1.0,), {"keepdim": True}),
]


@pytest.mark.parametrize(("name", "args", "kwargs"), MODULES, ids=str)
def test_modules(name, args, kwargs):
    ours, theirs = getattr(nn, name)(*args, **kwargs), getattr(torch.nn, name)(*args, **kwargs)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    rng = np.random.default_rng(5)
    inputs = rng.standard_normal((2, 2, 4, 6, 6)).astype("float32")[
        : 1 + (name in ("CosineSimilarity", "PairwiseDistance"))
    ]
    z, expected = ours.eval()(*inputs), theirs.eval()(*map(torch.tensor, inputs))
    np.testing.assert_allclose(np.asarray(ag.detach(z)), expected.detach(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "shapes", [((4, 5), (4, 5)), ((4, 1, 5), (3, 5)), ((5,), (4, 5)), ((4, 5), (1, 5))]
)
def test_cosine_similarity_and_distance(shapes):
    rng = np.random.default_rng(6)
    x, y = map(rng.standard_normal, shapes)
    x[..., :1] = 0
    x.reshape(-1, 5)[0] = 0
    for name, settings in [
        ("cosine_similarity", {"dim": -1}),
        ("pairwise_distance", {}),
        ("pairwise_distance", {"p": 1.0, "keepdim": True}),
        ("pairwise_distance", {"p": 3.5, "eps": 0.1}),
        ("pairwise_distance", {"p": float("inf")}),
    ]:
        mine = [ag.tensor(a, requires_grad=True) for a in (x, y)]
        other = [torch.tensor(a, requires_grad=True) for a in (x, y)]
        z, expected = getattr(F, name)(*mine, **settings), getattr(G, name)(*other, **settings)
        np.testing.assert_allclose(z.data, expected.detach(), **CLOSE)
        g = rng.standard_normal(z.shape)
        z.backward(g)
        expected.backward(torch.tensor(g))
        for a, b in zip(mine, other, strict=True):
            np.testing.assert_allclose(a.grad.data, b.grad, rtol=1e-10, atol=1e-11)


def test_one_hot():
    index = [[0, 2], [1, 1]]
    for classes in (-1, 5):
        np.testing.assert_array_equal(
            F.one_hot(index, classes), G.one_hot(torch.tensor(index), classes)
        )


def test_in_place_as_in_pytorch():
    x = np.array([-1.0, 0.5, 2.0])
    for name in ("relu", "elu", "hardtanh", "leaky_relu", "silu", "mish", "threshold"):
        settings = {"threshold": 0.2, "value": 1.0} if name == "threshold" else {}
        ours, theirs = ag.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        h, k = ours * 3, theirs * 3
        getattr(F, name)(h, **settings, inplace=True)
        getattr(G, name)(k, **settings, inplace=True)
        np.testing.assert_allclose(h.data, k.detach(), **CLOSE)
        (h * h).sum().backward()
        (k * k).sum().backward()
        np.testing.assert_allclose(ours.grad.data, theirs.grad, **CLOSE)
