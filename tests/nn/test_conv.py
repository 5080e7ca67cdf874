"""Convolutions, borders and resampling: what they refuse, and that they differentiate."""

import numpy as np
import pytest

import autograd as ag
import nn
from nn import functional


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_convolutions_to_second_order(rng):
    x, w, b = (rng.standard_normal(s) for s in ((2, 2, 5, 4), (4, 1, 2, 3), (4,)))
    settings = {"stride": (2, 1), "padding": 1, "groups": 2}
    assert ag.gradcheck(lambda *a: functional.conv2d(*a, **settings), [x, w, b])
    w = rng.standard_normal((2, 2, 2, 3))
    settings["output_padding"] = (1, 0)
    assert ag.gradcheck(lambda *a: functional.conv_transpose2d(*a, **settings), [x, w, b])


def test_a_transposed_convolution_is_the_adjoint(rng):
    settings = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}
    x, w = rng.standard_normal((2, 4, 7, 6)), rng.standard_normal((6, 2, 3, 2))
    z = functional.conv2d(x, w, **settings)
    c = rng.standard_normal(z.shape)
    back = functional.conv_transpose2d(c, w, **settings)
    back = functional.pad(back, (0, 6 - back.shape[3], 0, 7 - back.shape[2]))
    np.testing.assert_allclose(np.sum(z * c), np.sum(x * back), rtol=1e-12)


def test_unfold_and_fold_are_adjoint(rng):
    settings = {"kernel_size": (2, 3), "stride": (2, 1), "padding": 1}
    x = rng.standard_normal((2, 3, 5, 6))
    z = functional.unfold(x, **settings)
    c = rng.standard_normal(z.shape)
    back = functional.fold(c, output_size=(5, 6), **settings)
    np.testing.assert_allclose(np.sum(z * c), np.sum(x * back), rtol=1e-12)


def test_float32_stays_float32_and_the_layout_is_free(rng):
    layer = nn.Conv2d(2, 3, 3, padding=1)
    x = rng.standard_normal((4, 2, 5, 5)).astype(np.float32)
    z = layer(x)
    assert z.dtype == np.float32
    other = np.asfortranarray(x)
    np.testing.assert_allclose(layer(other).data, z.data, rtol=1e-5)
    z.sum().backward()
    assert layer.weight.grad.dtype == np.float32


def test_an_infinite_element_stays_in_its_windows():
    x = np.zeros((1, 1, 6, 6))
    x[0, 0, 0, 0] = np.inf
    for z in (
        functional.conv2d(x, np.ones((1, 1, 2, 2))),
        functional.avg_pool2d(x, 2),
        functional.adaptive_avg_pool2d(x, 4),
        functional.interpolate(x, scale_factor=2),
    ):
        assert z[0, 0, 0, 0] == np.inf
        assert z[0, 0, -1, -1] == 0


X = np.zeros((2, 4, 6, 6))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: functional.conv2d(X, np.zeros((3, 3, 2, 2))), ValueError, r"conv2d: .*\(2, 4, 6"),
        (
            lambda: functional.conv2d(X, np.zeros((3, 4, 2))),
            ValueError,
            "received a weight of shape",
        ),
        (lambda: functional.conv2d(X, np.zeros((3, 2, 2, 2)), groups=2), ValueError, "groups=2"),
        (lambda: functional.conv2d(X, np.zeros((3, 4, 7, 7))), ValueError, "no window of size"),
        (
            lambda: functional.conv2d(X, np.zeros((3, 4, 2, 2)), np.zeros((3, 1))),
            ValueError,
            "bias",
        ),
        (lambda: functional.conv2d(X[0, 0], np.zeros((3, 4, 2, 2))), ValueError, "give .N, C"),
        (lambda: functional.conv2d(X.astype(int), np.zeros((3, 4, 2, 2))), TypeError, "floating"),
        (lambda: functional.conv2d(X, np.zeros((3, 4, 2, 2)), stride=0), ValueError, "stride must"),
        (lambda: functional.conv2d(X, np.zeros((3, 4, 2, 2)), padding=1.5), ValueError, "padding"),
        (lambda: functional.conv2d(X, np.zeros((3, 4, 2, 2)), padding="all"), ValueError, "'all'"),
        (lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same"), ValueError, "stride 1"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "multiples of groups=2"),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), ValueError, "kernel_size must"),
        (lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"), ValueError, "'mirror'"),
        (lambda: nn.Conv2d(0, 4, 3), ValueError, "channels must"),
        (
            lambda: nn.Conv2d(4, 4, 3, padding=9, padding_mode="reflect")(X),
            ValueError,
            "widths .9, 9. don't fit",
        ),
        (lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"), ValueError, "'zeros'"),
        (lambda: nn.ConvTranspose2d(3, 4, 3, padding="same"), ValueError, "padding must"),
        (lambda: nn.ConvTranspose2d(4, 4, 3, output_padding=1)(X), ValueError, "output_padding=.1"),
        (lambda: nn.ConvTranspose2d(4, 4, 3, padding=9)(X), ValueError, "nothing is left"),
        (lambda: nn.Fold(5, 2)(np.zeros((1, 8, 15))), ValueError, "Fold: x must be the 16 windows"),
        (lambda: nn.Fold(5, 2)(np.zeros((1, 7, 16))), ValueError, "Fold: x must be the 16 windows"),
        (lambda: nn.Unfold(7)(X), ValueError, "no window"),
        (lambda: functional.pad(X, (1, 2, 3)), ValueError, "two widths for each axis"),
        (lambda: functional.pad(X, (1,) * 10), ValueError, "two widths for each axis"),
        (lambda: functional.pad(X, (1, 1), "mirror"), ValueError, "received 'mirror'"),
        (lambda: functional.pad(X, (6, 0), "reflect"), ValueError, "don't fit"),
        (lambda: functional.pad(X, (7, 0), "circular"), ValueError, "don't fit"),
        (lambda: functional.pad(X, (-4, -3)), ValueError, "don't fit"),
        (lambda: functional.pad(X, (1, 1), "reflect", 2.0), ValueError, "has no meaning"),
        (lambda: functional.interpolate(X), ValueError, "give one"),
        (lambda: functional.interpolate(X, 3, 2), ValueError, "give one"),
        (lambda: functional.interpolate(X, 3, mode="linear"), ValueError, "'bilinear'"),
        (lambda: functional.interpolate(X, 3, align_corners=True), ValueError, "without align"),
        (lambda: functional.interpolate(X, scale_factor=-1), ValueError, "a number above 0"),
        (lambda: functional.interpolate(X, scale_factor=0.1), ValueError, "size must"),
        (lambda: functional.pixel_shuffle(X, 3), ValueError, "multiple of 9"),
        (lambda: functional.pixel_unshuffle(X, 4), ValueError, "multiples of 4"),
    ],
)
def test_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()
