"""Convolutions, padding and resampling beside PyTorch's."""

import numpy as np
import pytest
import torch
from module_twins import TOLERANCE, compare, made

import autograd as ag
import nn

CONVOLUTIONS = [
    ("Conv1d", (3, 4, 3), {}, (2, 3, 9)),
    ("Conv1d", (3, 4, 3), {"padding": 1}, (3, 9)),
    ("Conv1d", (4, 6, 4), {"stride": 2, "padding": 3, "dilation": 2, "groups": 2}, (2, 4, 11)),
    ("Conv1d", (4, 4, 2), {"padding": "same", "groups": 4, "bias": False}, (2, 4, 7)),
    ("Conv1d", (2, 2, 4), {"padding": "same", "padding_mode": "circular"}, (2, 2, 7)),
    ("Conv1d", (2, 2, 3), {"padding": 2, "padding_mode": "replicate"}, (2, 2, 7)),
    ("Conv2d", (1, 4, 3), {"padding": 1}, (2, 1, 7, 6)),
    ("Conv2d", (3, 4, (3, 2)), {}, (2, 3, 7, 6)),
    ("Conv2d", (3, 4, (3, 2)), {"bias": False}, (3, 7, 6)),
    ("Conv2d", (3, 4, 1), {}, (2, 3, 5, 5)),
    ("Conv2d", (3, 4, 1), {"stride": 2}, (2, 3, 5, 5)),
    ("Conv2d", (3, 4, 5), {}, (2, 3, 5, 5)),
    ("Conv2d", (3, 4, 3), {"stride": (2, 1), "padding": (0, 2)}, (2, 3, 8, 7)),
    ("Conv2d", (3, 4, 3), {"stride": 3, "padding": 1}, (1, 3, 8, 9)),
    ("Conv2d", (3, 4, 3), {"dilation": (2, 3), "padding": 2}, (2, 3, 8, 9)),
    ("Conv2d", (4, 6, 3), {"groups": 2, "padding": 1}, (2, 4, 5, 6)),
    ("Conv2d", (4, 8, 3), {"groups": 4, "stride": 2}, (3, 4, 5, 6)),
    ("Conv2d", (3, 2, 3), {"padding": "valid"}, (2, 3, 5, 6)),
    ("Conv2d", (3, 2, (4, 3)), {"padding": "same", "dilation": (1, 2)}, (2, 3, 6, 7)),
    ("Conv2d", (3, 2, 3), {"padding": (2, 1), "padding_mode": "reflect"}, (2, 3, 5, 6)),
    ("Conv2d", (3, 2, 3), {"padding": (2, 1), "padding_mode": "replicate", "stride": 2}, (3, 5, 6)),
    ("Conv2d", (3, 2, 3), {"padding": (2, 1), "padding_mode": "circular"}, (2, 3, 5, 6)),
    ("Conv2d", (3, 2, (2, 4)), {"padding": "same", "padding_mode": "reflect"}, (2, 3, 5, 6)),
    ("Conv3d", (2, 3, 2), {}, (2, 2, 4, 3, 5)),
    ("Conv3d", (2, 4, (1, 2, 3)), {"padding": (0, 1, 1), "stride": 2, "groups": 2}, (2, 4, 3, 5)),
    ("Conv3d", (2, 3, 2), {"padding": "same"}, (2, 2, 4, 3, 5)),
    ("ConvTranspose1d", (3, 4, 3), {}, (2, 3, 5)),
    ("ConvTranspose1d", (4, 6, 3), {"stride": 3, "padding": 1, "groups": 2}, (4, 5)),
    ("ConvTranspose1d", (2, 2, 3), {"stride": 3, "output_padding": 2}, (2, 2, 5)),
    ("ConvTranspose1d", (2, 2, 3), {"dilation": 3, "output_padding": 2, "padding": 1}, (2, 2, 5)),
    ("ConvTranspose2d", (3, 4, 3), {}, (2, 3, 4, 5)),
    ("ConvTranspose2d", (3, 4, 3), {"stride": 2, "padding": 1, "output_padding": 1}, (2, 3, 4, 5)),
    ("ConvTranspose2d", (4, 6, (2, 3)), {"stride": (1, 2), "groups": 2}, (2, 4, 4, 5)),
    ("ConvTranspose2d", (3, 4, 3), {"dilation": (1, 2), "padding": 2, "bias": False}, (3, 4, 5)),
    ("ConvTranspose2d", (3, 3, 2), {"groups": 3, "stride": 3}, (2, 3, 4, 5)),
]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize(("name", "args", "kwargs", "shape"), CONVOLUTIONS, ids=str)
def test_convolutions(name, args, kwargs, shape):
    x = np.random.default_rng(0).standard_normal(shape)
    compare(*made(name, *args, **kwargs), x)


def test_a_convolution_of_what_a_convolution_left():
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    names = ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d", "Conv2d", "AvgPool2d", "ReLU", "Flatten"]
    args = [(2, 4, 3), (4,), (), (2,), (4, 3, 2), (2, 1), (), ()]
    theirs = torch.nn.Sequential(
        *(getattr(torch.nn, n)(*a) for n, a in zip(names, args, strict=True))
    )
    ours = nn.Sequential(*(getattr(nn, n)(*a) for n, a in zip(names, args, strict=True)))
    ours.load_state_dict(theirs.state_dict())
    x = rng.standard_normal((3, 2, 12, 11)).astype(np.float32)
    mine, other = ag.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    z, expected = ours(mine), theirs(other)
    np.testing.assert_allclose(z.data, expected.detach(), rtol=1e-4, atol=1e-5)
    (z**2).sum().backward()
    (expected**2).sum().backward()
    np.testing.assert_allclose(mine.grad.data, other.grad, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["Conv2d", "ConvTranspose2d"])
def test_the_range_of_initial_values_is_pytorchs(name):
    ours = getattr(nn, name)(16, 32, 3, groups=2)
    theirs = getattr(torch.nn, name)(16, 32, 3, groups=2)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert p.dtype == np.float32
        np.testing.assert_allclose(np.abs(p.data).max(), q.detach().abs().max(), rtol=0.15)


@pytest.mark.parametrize("size", [(9, 11), (10, 12)])
def test_the_output_size_of_a_transposed_convolution(size):
    ours, theirs = made("ConvTranspose2d", 2, 3, 3, stride=2)
    x = np.random.default_rng(0).standard_normal((2, 2, 4, 5))
    compare(ours, theirs, x, size)
    with pytest.raises(ValueError, match="output_size must be"):
        ours(x, (11, 11))


@pytest.mark.parametrize("batch", [0, 1])
@pytest.mark.parametrize("name", ["Conv2d", "ConvTranspose2d"])
def test_batches_of_none_and_one(name, batch):
    compare(*made(name, 2, 3, 3, padding=1), np.ones((batch, 2, 4, 5)))


FOLDS = [
    ("Unfold", (3,), {}, (2, 3, 5, 6)),
    ("Unfold", ((2, 3),), {"dilation": 2, "padding": (1, 2), "stride": (1, 2)}, (3, 5, 6)),
    ("Fold", ((5, 6), 3), {}, (2, 18, 12)),
    ("Fold", ((5, 6), (2, 3)), {"dilation": 2, "padding": (1, 2), "stride": (1, 2)}, (6, 15)),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "shape"), FOLDS, ids=str)
def test_folds(name, args, kwargs, shape):
    x = np.random.default_rng(0).standard_normal(shape)
    compare(*made(name, *args, **kwargs), x)


BORDERS = [
    ("ZeroPad1d", (2,), (2, 3, 4)),
    ("ZeroPad2d", ((1, 2, 0, 3),), (2, 3, 4, 5)),
    ("ZeroPad2d", ((-1, 2, 1, -2),), (2, 3, 4, 5)),
    ("ConstantPad1d", ((1, 2), 3.5), (3, 4)),
    ("ConstantPad2d", (1, -2.0), (3, 4, 5)),
    ("ReflectionPad1d", ((3, 1),), (2, 3, 4)),
    ("ReflectionPad2d", ((3, 1, 0, 2),), (2, 3, 4, 5)),
    ("ReplicationPad1d", (5,), (3, 4)),
    ("ReplicationPad2d", ((3, 1, 0, 6),), (2, 3, 4, 5)),
    ("ReplicationPad2d", ((3, -1, -2, 6),), (2, 3, 4, 5)),
    ("CircularPad1d", (4,), (2, 3, 4)),
    ("CircularPad2d", ((3, 1, 0, 2),), (2, 3, 4, 5)),
]


@pytest.mark.parametrize(("name", "args", "shape"), BORDERS, ids=str)
def test_borders(name, args, shape):
    x = np.random.default_rng(0).standard_normal(shape)
    compare(*made(name, *args), x)


RESAMPLED = [
    ({"scale_factor": 2}, (2, 3, 5)),
    ({"scale_factor": (2, 3)}, (2, 3, 4, 5)),
    ({"scale_factor": 1.7}, (2, 3, 4, 5)),
    ({"scale_factor": 0.6}, (2, 3, 7, 5)),
    ({"size": (3, 9)}, (2, 3, 7, 5)),
    ({"size": 7}, (2, 3, 3, 4, 2)),
    ({"size": 11, "mode": "linear"}, (2, 3, 5)),
    ({"size": (3, 9), "mode": "bilinear"}, (2, 3, 7, 5)),
    ({"size": (3, 9), "mode": "bilinear", "align_corners": True}, (2, 3, 7, 5)),
    ({"size": (1, 5), "mode": "bilinear", "align_corners": True}, (2, 3, 7, 5)),
    ({"scale_factor": 2, "mode": "bilinear"}, (2, 3, 7, 5)),
    ({"scale_factor": (1.3, 0.7), "mode": "bilinear", "align_corners": False}, (2, 3, 7, 5)),
    ({"scale_factor": (1.3, 2), "mode": "bilinear", "align_corners": True}, (2, 3, 7, 5)),
    ({"scale_factor": 2, "mode": "trilinear"}, (1, 2, 3, 2, 4)),
]


@pytest.mark.parametrize(("kwargs", "shape"), RESAMPLED, ids=str)
def test_resampling(kwargs, shape):
    x = np.random.default_rng(0).standard_normal(shape)
    compare(*made("Upsample", **kwargs), x)


@pytest.mark.parametrize("name", ["UpsamplingNearest2d", "UpsamplingBilinear2d"])
def test_resampling_of_images(name):
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    compare(*made(name, scale_factor=2), x)


def test_nearest_neighbours_of_many_sizes():
    rng = np.random.default_rng(0)
    for _ in range(200):
        old, new = rng.integers(1, 60, 2)
        x = rng.standard_normal((1, 1, old))
        ours = nn.functional.interpolate(x, int(new))
        theirs = torch.nn.functional.interpolate(torch.tensor(x), int(new))
        np.testing.assert_array_equal(ours, theirs)
        scale = float(rng.uniform(1 / old + 1e-6, 4))
        ours = nn.functional.interpolate(x, scale_factor=scale)
        theirs = torch.nn.functional.interpolate(torch.tensor(x), scale_factor=scale)
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("name", "shape"), [("PixelShuffle", (2, 18, 3, 4)), ("PixelUnshuffle", (2, 2, 6, 9))]
)
def test_pixel_shuffle(name, shape):
    x = np.random.default_rng(0).standard_normal(shape)
    compare(*made(name, 3), x)


def test_the_functions_take_pytorchs_names():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 4, 6, 6)), rng.standard_normal((4, 2, 3, 3))
    for name in ("conv2d", "conv_transpose2d"):
        kwargs = {"bias": None, "stride": 2, "padding": 1, "dilation": 1, "groups": 2}
        ours = getattr(nn.functional, name)(input=x, weight=w, **kwargs)
        kwargs |= {"input": torch.tensor(x), "weight": torch.tensor(w)}
        theirs = getattr(torch.nn.functional, name)(**kwargs)
        np.testing.assert_allclose(ours, theirs, **TOLERANCE)
