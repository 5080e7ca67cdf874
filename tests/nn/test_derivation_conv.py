"""Document 003: its formulas by hand beside the tape's cotangent of that very intermediate.

The network of fully connected layers with examples as columns, convolution through img2col, the
L2 loss, softmax with cross-entropy and a regulariser, and batch normalisation.
"""

from itertools import pairwise

import numpy as np
import pytest

import autograd as ag
from nn import functional

TOLERANCE = {"rtol": 1e-10, "atol": 1e-12}


def leaf(rng, *shape):
    return ag.tensor(rng.standard_normal(shape), requires_grad=True)


def compare(loss, pairs):
    """Each intermediate with what the document says its cotangent is."""
    found = ag.gradients(loss, [intermediate for intermediate, _ in pairs], retain_graph=True)
    for (intermediate, expected), cotangent in zip(pairs, found, strict=True):
        assert cotangent.shape == intermediate.shape
        np.testing.assert_allclose(cotangent.data, expected, **TOLERANCE)


# ---------------------------------------------------------------------- the table of the DNN


@pytest.mark.parametrize("widths", [(3, 4, 2), (5, 1, 3, 2), (2, 6, 6, 6, 1)])
def test_deep_network_with_examples_as_columns(widths):
    rng = np.random.default_rng(0)
    m = 7
    a = leaf(rng, widths[0], m)
    states = [(None, a)]
    weights = []
    for n_in, n_out in pairwise(widths):
        w, b = leaf(rng, n_out, n_in), leaf(rng, n_out, 1)
        z = w @ states[-1][1] + b
        states.append((z, np.tanh(z)))
        weights.append((w, b))
    target = rng.standard_normal((widths[-1], m))
    last = states[-1][1]
    loss = ag.sum((last - target) ** 2) / 2

    delta_a = last.data - target
    pairs = [(last, delta_a)]
    for k in range(len(weights), 0, -1):
        z, a = states[k]
        w, b = weights[k - 1]
        delta_z = delta_a * (1 - np.tanh(z.data) ** 2)
        pairs += [
            (z, delta_z),
            (w, delta_z @ states[k - 1][1].data.T),
            (b, delta_z.sum(axis=1, keepdims=True)),
        ]
        delta_a = w.data.T @ delta_z
        pairs.append((states[k - 1][1], delta_a))
    compare(loss, pairs)


# ---------------------------------------------------------------------- convolution


def img2col(x, size, stride, padding):
    """The document's matrix (N·H'·W') x (I·FH·FW), by loops."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    n, _, h, w = x.shape
    out = [(m - k) // stride + 1 for m, k in zip((h, w), size, strict=True)]
    rows = [
        x[e, :, r * stride : r * stride + size[0], c * stride : c * stride + size[1]].ravel()
        for e in range(n)
        for r in range(out[0])
        for c in range(out[1])
    ]
    return np.array(rows), tuple(out)


def col2img(columns, shape, size, stride, padding):
    """Each element of each row added where `img2col` took it from."""
    n, i, h, w = shape
    x = np.zeros((n, i, h + 2 * padding, w + 2 * padding))
    out = [(m + 2 * padding - k) // stride + 1 for m, k in zip((h, w), size, strict=True)]
    for row, (e, r, c) in zip(columns, np.ndindex(n, *out), strict=True):
        x[e, :, r * stride : r * stride + size[0], c * stride : c * stride + size[1]] += (
            row.reshape(i, *size)
        )
    return x[:, :, padding : padding + h, padding : padding + w]


CONVOLUTIONS = [
    # N, I, H, W, O, FH, FW, stride, padding
    (1, 1, 3, 3, 1, 2, 2, 1, 0),
    (2, 3, 5, 4, 4, 3, 2, 1, 0),
    (3, 2, 6, 7, 2, 3, 3, 1, 1),
    (2, 2, 7, 6, 3, 3, 2, 2, 1),
    (2, 1, 5, 5, 2, 5, 5, 3, 2),
]


@pytest.mark.parametrize("sizes", CONVOLUTIONS)
def test_convolution_is_the_nested_loops(sizes):
    n, i, h, w, o, fh, fw, stride, padding = sizes
    rng = np.random.default_rng(0)
    x, f, b = (rng.standard_normal(s) for s in ((n, i, h, w), (o, i, fh, fw), (o,)))
    z = functional.conv2d(x, f, b, stride, padding)
    for e, k, r, c in np.ndindex(*z.shape):
        total = b[k]
        for channel, p, q in np.ndindex(i, fh, fw):
            row, column = r * stride + p - padding, c * stride + q - padding
            if 0 <= row < h and 0 <= column < w:
                total += f[k, channel, p, q] * x[e, channel, row, column]
        np.testing.assert_allclose(z[e, k, r, c], total, **TOLERANCE)


@pytest.mark.parametrize("sizes", CONVOLUTIONS)
def test_convolution_through_img2col(sizes):
    n, i, h, w, o, fh, fw, stride, padding = sizes
    rng = np.random.default_rng(1)
    x, f, b = leaf(rng, n, i, h, w), leaf(rng, o, i, fh, fw), leaf(rng, o, 1)

    # Forward, with the document's shapes: windows -> rows, Y = X F + B, and back to an image.
    windows = ag.windows(x, (fh, fw), stride, padding)
    out = windows.shape[-2:]
    columns = windows.transpose((0, 4, 5, 1, 2, 3)).reshape((n * out[0] * out[1], i * fh * fw))
    matrix = f.reshape((o, i * fh * fw)).T
    bias = np.broadcast_to(b.T, (len(columns), o))
    y = columns @ matrix + bias
    image = y.reshape((n, *out, o)).transpose((0, 3, 1, 2))
    expected, spatial = img2col(x.data, (fh, fw), stride, padding)
    assert spatial == out
    np.testing.assert_array_equal(columns.data, expected)
    layer = functional.conv2d(x, f, b.reshape(-1), stride, padding)
    np.testing.assert_allclose(image.data, layer.data, **TOLERANCE)

    # Backward: each from the tape.
    delta = rng.standard_normal(image.shape)
    loss = (image * delta).sum()
    delta_y = delta.transpose((0, 2, 3, 1)).reshape((-1, o))
    delta_columns = delta_y @ matrix.data.T
    delta_x = col2img(delta_columns, x.shape, (fh, fw), stride, padding)
    delta_matrix = columns.data.T @ delta_y
    delta_b = delta_y.sum(axis=0)[:, None]
    delta_f = delta_matrix.T.reshape(f.shape)
    pairs = [
        (image, delta),
        (y, delta_y),
        (bias, delta_y),
        (matrix, delta_matrix),
        (columns, delta_columns),
    ]
    compare(loss, [*pairs, (b, delta_b), (f, delta_f), (x, delta_x)])
    compare((layer * delta).sum(), [(b, delta_b), (f, delta_f), (x, delta_x)])


@pytest.mark.parametrize("sizes", CONVOLUTIONS)
def test_col2img_is_the_adjoint_of_img2col(sizes):
    n, i, h, w, _, fh, fw, stride, padding = sizes
    rng = np.random.default_rng(2)
    # Of integers, sums are exact, so that both sides are the same number.
    x = rng.integers(-9, 9, (n, i, h, w)).astype(float)
    z = functional.unfold(x, (fh, fw), padding=padding, stride=stride)
    c = rng.integers(-9, 9, z.shape).astype(float)
    back = functional.fold(c, (h, w), (fh, fw), padding=padding, stride=stride)
    assert np.sum(z * c) == np.sum(x * back)
    rows, _ = img2col(x, (fh, fw), stride, padding)
    np.testing.assert_array_equal(z.swapaxes(1, 2).reshape(rows.shape), rows)
    np.testing.assert_array_equal(
        back, col2img(c.swapaxes(1, 2).reshape(rows.shape), x.shape, (fh, fw), stride, padding)
    )


# ---------------------------------------------------------------------- losses


@pytest.mark.parametrize("shape", [(3,), (4, 2), (5, 1, 3)])
def test_the_loss_that_is_the_l2_norm_and_the_mean_squared_error(shape):
    rng = np.random.default_rng(3)
    o, y = leaf(rng, *shape), rng.standard_normal(shape)
    norm = np.sqrt(ag.sum((y - o) ** 2))
    compare(norm, [(o, (o.data - y) / norm.data)])
    squared = functional.mse_loss(o, y)
    compare(squared, [(o, 2 * (o.data - y) / o.size)])


def test_the_l2_norm_of_nothing_has_the_gradient_zero():
    o = ag.tensor(np.ones(3), requires_grad=True)
    loss = ag.linalg.norm(o - np.ones(3))
    assert loss.item() == 0
    compare(loss, [(o, np.zeros(3))])


@pytest.mark.parametrize("n", [2, 5])
@pytest.mark.parametrize("total", [1.0, 0.4, 3.0])
def test_softmax_with_cross_entropy_and_soft_targets(n, total):
    rng = np.random.default_rng(4)
    o, y = leaf(rng, n), rng.random(n)
    y *= total / y.sum()
    probability = np.exp(o.data) / np.exp(o.data).sum()
    loss = -(y * ag.log_softmax(o)).sum()
    compare(loss, [(o, -y + probability * y.sum())])
    if total == 1:
        compare(loss, [(o, probability - y)])
    rate = 0.3
    compare(loss + rate * (o**2).sum() / 2, [(o, -y + probability * y.sum() + rate * o.data)])


# ---------------------------------------------------------------------- batch normalisation


@pytest.mark.parametrize(("m", "d"), [(2, 1), (5, 3), (16, 4)])
def test_batch_normalisation(m, d):
    rng = np.random.default_rng(5)
    eps = 1e-5
    x, gamma, beta = leaf(rng, m, d), leaf(rng, d), leaf(rng, d)
    mean = ag.sum(x, axis=0) / m
    centred = x - mean
    variance = ag.sum(centred**2, axis=0) / m
    normal = centred / np.sqrt(variance + eps)
    y = normal * gamma + beta
    delta = rng.standard_normal((m, d))
    cost = (y * delta).sum()

    # The six formulas.
    hat, spread = normal.data, variance.data + eps
    d_gamma = (delta * hat).sum(axis=0)
    d_beta = delta.sum(axis=0)
    d_hat = delta * gamma.data
    d_variance = (d_hat * centred.data).sum(axis=0) * -0.5 * spread**-1.5
    through_variance = d_variance * (-2 * centred.data).sum(axis=0) / m
    d_mean = (-d_hat / np.sqrt(spread)).sum(axis=0) + through_variance
    d_x = d_hat / np.sqrt(spread) + d_variance * 2 * centred.data / m + d_mean / m
    np.testing.assert_allclose(through_variance, 0, atol=1e-12)
    pairs = [(gamma, d_gamma), (beta, d_beta), (normal, d_hat), (variance, d_variance)]
    compare(cost, [*pairs, (mean, d_mean), (x, d_x)])

    layer = functional.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
    np.testing.assert_allclose(layer.data, y.data, **TOLERANCE)
    compare((layer * delta).sum(), [(gamma, d_gamma), (beta, d_beta), (x, d_x)])


@pytest.mark.parametrize("shape", [(4, 2), (3, 2, 4), (2, 3, 2, 2)])
def test_batch_normalisation_to_second_order(shape):
    rng = np.random.default_rng(6)
    x, gamma, beta = (rng.standard_normal(s) for s in (shape, shape[1], shape[1]))
    assert ag.gradcheck(
        lambda x, gamma, beta: functional.batch_norm(x, None, None, gamma, beta, training=True),
        [x, gamma, beta],
    )
