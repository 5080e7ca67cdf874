"""`windows` and `fold`: exact adjoints of each other, and the heart of a convolution."""

from __future__ import annotations

import numpy as np
import pytest
from cases.windows import fold, windows
from hypothesis import given, settings, strategies as st

import autograd as ag


@st.composite
def window_settings(draw):
    """The shape of an array and settings with which at least one window fits into it."""
    n = draw(st.integers(1, 3))
    each = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(n))
    size, stride, dilation = each(1, 3), each(1, 3), each(1, 3)
    padding = tuple(zip(each(0, 2), each(0, 2), strict=True))
    least = [
        max(1, d * (k - 1) + 1 - sum(p)) for k, d, p in zip(size, dilation, padding, strict=True)
    ]
    spatial = tuple(low + more for low, more in zip(least, each(0, 3), strict=True))
    lead = draw(st.sampled_from([(), (2,), (2, 1), (0,)]))
    return (*lead, *spatial), (size, stride, padding, dilation)


def integers(shape, seed):
    """Small integers, whose sums of products are exact."""
    return np.random.default_rng(seed).integers(-8, 9, shape).astype(float)


@settings(max_examples=150, deadline=None)
@given(window_settings())
def test_fold_is_the_exact_adjoint_of_windows(drawn):
    shape, parameters = drawn
    n = len(parameters[0])
    x = integers(shape, 0)
    z = ag.windows(x, *parameters)
    c = integers(z.shape, 1)
    back = ag.fold(c, shape[-n:], *parameters)
    assert back.shape == shape
    assert np.sum(z * c) == np.sum(x * back)
    np.testing.assert_array_equal(z, windows(x, *parameters))
    np.testing.assert_array_equal(back, fold(c, shape[-n:], *parameters))


@settings(max_examples=50, deadline=None)
@given(window_settings())
def test_each_is_the_gradient_of_the_other(drawn):
    shape, parameters = drawn
    n = len(parameters[0])
    x = ag.Tensor(integers(shape, 0), requires_grad=True)
    z = ag.windows(x, *parameters)
    c = ag.Tensor(integers(z.shape, 1), requires_grad=True)
    (slope,) = ag.gradients(z, x, c, create_graph=True)
    np.testing.assert_array_equal(slope.numpy(), ag.fold(c.numpy(), shape[-n:], *parameters))
    v = integers(shape, 2)
    (second,) = ag.gradients(slope, c, v)
    np.testing.assert_array_equal(second.numpy(), ag.windows(v, *parameters))


def convolution(x, w, stride, padding, dilation):
    """Cross-correlation of (N, C, H, W) with (O, C, k, l), one number at a time."""
    x = np.pad(x, ((0, 0), (0, 0), *padding))
    (n, _, *lengths), (o, _, *size) = x.shape, w.shape
    out = [
        (m - d * (k - 1) - 1) // s + 1
        for m, k, s, d in zip(lengths, size, stride, dilation, strict=True)
    ]
    z = np.zeros((n, o, *out))
    for image, channel, i, j in np.ndindex(*z.shape):
        for c, a, b in np.ndindex(*w.shape[1:]):
            row, column = i * stride[0] + a * dilation[0], j * stride[1] + b * dilation[1]
            z[image, channel, i, j] += x[image, c, row, column] * w[channel, c, a, b]
    return z


@pytest.mark.parametrize(
    ("size", "stride", "padding", "dilation"),
    [
        ((3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1)),
        ((3, 2), (2, 1), ((1, 1), (0, 1)), (1, 1)),
        ((2, 3), (1, 2), ((0, 2), (1, 0)), (2, 1)),
        ((1, 1), (2, 2), ((0, 0), (0, 0)), (1, 1)),
    ],
)
def test_windows_and_a_matmul_are_a_convolution(size, stride, padding, dilation):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, 5, 6)), rng.standard_normal((4, 3, *size))

    def conv(x, w):
        seen = ag.windows(x, size, stride, padding, dilation)
        n, c, k, l, *out = seen.shape
        rows = np.reshape(seen, (n, c * k * l, out[0] * out[1]))
        return np.reshape(np.reshape(w, (len(w), -1)) @ rows, (n, len(w), *out))

    expected = convolution(x, w, stride, padding, dilation)
    np.testing.assert_allclose(conv(x, w), expected, rtol=1e-12, atol=1e-12)
    assert ag.gradcheck(conv, [x, w])


def test_one_number_serves_for_all_axes_but_size():
    x = integers((2, 7, 8), 0)
    np.testing.assert_array_equal(
        ag.windows(x, (2, 3), 2, 1, 1),
        ag.windows(x, (2, 3), (2, 2), ((1, 1), (1, 1)), (1, 1)),
    )
    np.testing.assert_array_equal(
        ag.windows(x, (2, 3), padding=(1, 2)), ag.windows(x, (2, 3), padding=((1, 1), (2, 2)))
    )


def test_the_dtype_stays():
    x = np.ones(5, np.float32)
    assert ag.windows(x, 2, padding=1).dtype == np.float32
    assert ag.fold(ag.windows(x, 2), (5,), 2).dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 6}, r"no window of size \(6,\) .* fits into shape \(2, 5\)"),
        ({"size": 3, "dilation": 3}, "no window of size"),
        ({"size": (2, 2, 2)}, r"fits into shape \(2, 5\)"),
        ({"size": 0}, "size must be an integer of at least 1"),
        ({"size": ()}, "size must be an integer of at least 1"),
        ({"size": 2.5}, "size must be an integer"),
        ({"size": 2, "stride": 0}, "stride must be an integer of at least 1"),
        ({"size": 2, "stride": (1, 2)}, "one for each of the 1 axes; received"),
        ({"size": 2, "dilation": -1}, "dilation must be an integer of at least 1"),
        ({"size": 2, "padding": -1}, "padding must be an integer of at least 0"),
        ({"size": 2, "padding": (1, 2)}, r"padding must be .*; received \(1, 2\)"),
        ({"size": 2, "padding": ((1, 2, 3),)}, "padding must be"),
    ],
)
def test_bad_settings_are_refused_with_what_was_received(arguments, message):
    with pytest.raises(ValueError, match=f"^windows: .*{message}"):
        ag.windows(np.zeros((2, 5)), **arguments)


@pytest.mark.parametrize(
    ("shape", "arguments", "message"),
    [
        ((2, 3), {"spatial": (5,), "size": 2}, r"received shape \(2, 3\)"),
        ((3,), {"spatial": (4,), "size": 2}, r"end in \(2, 3\)"),
        ((2, 3), {"spatial": (4, 4), "size": 2}, "spatial must be"),
        ((2, 3), {"spatial": (4,), "size": 2, "stride": 0}, "stride must be"),
    ],
)
def test_windows_of_the_wrong_shape_are_refused(shape, arguments, message):
    with pytest.raises(ValueError, match=f"^fold: .*{message}"):
        ag.fold(np.zeros(shape), **arguments)
