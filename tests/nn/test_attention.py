import copy

import numpy as np
import pytest

import autograd as ag
import nn
from nn.functional import scaled_dot_product_attention as attention


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_attention_is_its_formula(rng):
    q, k, v = (rng.standard_normal(s) for s in ((2, 3, 4), (2, 5, 4), (2, 5, 6)))
    e = np.exp(q @ k.swapaxes(1, 2) / 2)
    np.testing.assert_allclose(attention(q, k, v), e / e.sum(-1, keepdims=True) @ v, rtol=1e-12)
    assert ag.gradcheck(attention, [q, k, v])


def test_a_mask_hides_values_and_stops_gradients(rng):
    q, k, v = (rng.standard_normal((4, 3)) for _ in range(3))
    tensors = [ag.tensor(x, requires_grad=True) for x in (q, k, v)]
    z = attention(*tensors, is_causal=True)
    np.testing.assert_allclose(z.data[0], v[0])
    gradients = ag.gradients(z[1].sum(), tensors)
    assert all(not g.data[2:].any() for g in gradients)
    assert ag.gradcheck(lambda *x: attention(*x, attn_mask=np.eye(4, dtype=bool)), [q, k, v])


def test_who_may_look_nowhere_gets_0_and_no_nan(rng):
    tensors = [ag.tensor(rng.standard_normal((2, 3)), requires_grad=True) for _ in range(3)]
    z = attention(*tensors, attn_mask=np.array([[True, True], [False, False]]))
    assert not z.data[1].any()
    assert all(np.isfinite(g.data).all() for g in ag.gradients(z.sum(), tensors))
    layer = nn.MultiheadAttention(4, 2)
    x = rng.standard_normal((3, 2, 4)).astype("float32")
    z, weights = layer(x, x, x, key_padding_mask=np.array([[True] * 3, [False] * 3]))
    assert not weights.data[0].any()
    np.testing.assert_allclose(weights.data[1].sum(-1), 1, rtol=1e-6)
    z.sum().backward()
    assert all(np.isfinite(p.grad.data).all() for p in layer.parameters())


def test_a_mask_that_is_learned_gets_a_gradient(rng):
    q = rng.standard_normal((4, 3))
    assert ag.gradcheck(lambda m: attention(q, q, q, m), [rng.standard_normal((4, 4))])


def test_dropout_of_the_weights(rng):
    q = np.zeros((1, 4))
    nn.seed(0)
    z = attention(q, np.zeros((1000, 4)), np.ones((1000, 1)), dropout_p=0.5)
    assert 0.8 < z.item() < 1.2
    assert z.item() != 1
    layer = nn.MultiheadAttention(4, 2, dropout=0.5)
    x = rng.standard_normal((6, 2, 4)).astype("float32")
    assert (layer(x, x, x)[1].data == 0).any()
    layer.eval()
    np.testing.assert_allclose(layer(x, x, x)[1].data.sum(-1), 1, rtol=1e-6)


def test_one_projection_for_all_is_the_same_as_three(rng):
    layer = nn.MultiheadAttention(8, 2, dtype="float64")
    x = rng.standard_normal((3, 2, 8))
    np.testing.assert_allclose(
        layer(x, x, x)[0].data, layer(x, x.copy(), x.copy())[0].data, rtol=1e-12
    )
    assert ag.gradcheck(lambda x: layer(x, x, x)[0], [x])


def test_a_causal_encoder_does_not_see_the_future(rng):
    layer = nn.TransformerEncoderLayer(8, 2, 16, dtype="float64", norm_first=True)
    model = nn.TransformerEncoder(layer, 2, nn.LayerNorm(8, dtype="float64")).eval()
    x = rng.standard_normal((5, 1, 8))
    mask = ~np.tri(5, dtype=bool)
    z = model(x, mask, is_causal=True).data
    x[3:] += np.arange(8)
    np.testing.assert_allclose(model(x, mask).data[:3], z[:3], rtol=1e-12)
    assert not np.allclose(model(x, mask).data[3:], z[3:])


def test_the_layers_of_an_encoder_are_copies():
    layer = nn.TransformerEncoderLayer(4, 2, 8)
    model = nn.TransformerEncoder(layer, 2)
    first, second = model.layers
    assert first.linear1.weight is not second.linear1.weight
    np.testing.assert_array_equal(first.linear1.weight.data, second.linear1.weight.data)
    assert copy.deepcopy(model).layers[0].activation is first.activation


@pytest.mark.parametrize("first", [False, True])
def test_float32_stays_float32(first):
    x = ag.tensor(np.ones((3, 2, 4), "float32"), requires_grad=True)
    model = nn.TransformerEncoderLayer(4, 2, 8, activation="gelu", norm_first=first)
    z = model(x, ~np.tri(3, dtype=bool), np.zeros((2, 3)))
    z.sum().backward()
    assert {z.dtype, x.grad.dtype, *(p.grad.dtype for p in model.parameters())} == {
        np.dtype("float32")
    }


def layer(x=(5, 2, 8), k=(4, 2, 8), v=(4, 2, 8), **call):
    return nn.MultiheadAttention(8, 2)(np.zeros(x), np.zeros(k), np.zeros(v), **call)


A, B = np.zeros((3, 4)), np.zeros((5, 4))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: attention(A, B, A), ValueError, r"of shapes \(3, 4\), \(5, 4\) and \(3, 4\)"),
        (lambda: attention(A, B[:, :2], B), ValueError, r"give \(..., L, E\)"),
        (lambda: attention(A[None], B, B), ValueError, r"give \(..., L, E\)"),
        (lambda: attention(A[0], B[0], B[0]), ValueError, r"give \(..., L, E\)"),
        (lambda: attention(A, B, B, np.ones((5, 3), bool)), ValueError, r"must broadcast to \(3, 5\)"),
        (lambda: attention(A, B, B, np.ones((2, 3, 5), bool)), ValueError, r"must broadcast to \(3, 5\)"),
        (lambda: attention(A, B, B, np.ones((3, 5), int)), TypeError, "give booleans"),
        (lambda: attention(A, B, B, np.ones((3, 5), bool), is_causal=True), ValueError, "give one of them"),
        (lambda: attention(A, B, B, dropout_p=2), ValueError, "a number from 0 to 1"),
        (lambda: attention(A.astype(int), B, B), TypeError, "int64 .* as a query"),
        (lambda: nn.MultiheadAttention(8, 3), ValueError, "a multiple of num_heads"),
        (lambda: nn.MultiheadAttention(0, 1), ValueError, "at least 1"),
        (lambda: nn.MultiheadAttention(8, 2, dropout=2), ValueError, "a number from 0 to 1"),
        (lambda: layer(x=(5, 2, 6)), ValueError, r"give \(L, N, 8\), \(S, N, 8\) and \(S, N, 8\)"),
        (lambda: layer(x=(5, 1, 8)), ValueError, "MultiheadAttention: received a query"),
        (lambda: layer(x=(5, 8)), ValueError, "all three without N"),
        (lambda: layer(v=(3, 2, 8)), ValueError, "MultiheadAttention: received a query"),
        (lambda: layer(is_causal=True), ValueError, "without an attn_mask"),
        (lambda: layer(attn_mask=np.zeros((4, 5))), ValueError, r"must have shape \(5, 4\) or \(4, 5, 4\)"),
        (lambda: layer(attn_mask=np.zeros((5, 4), int)), TypeError, "int64 .* as attn_mask"),
        (lambda: layer(key_padding_mask=np.zeros((4, 2))), ValueError, r"key_padding_mask must have shape \(2, 4\), received shape \(4, 2\)"),
        (lambda: nn.TransformerEncoderLayer(8, 2, activation="swish"), ValueError, "received 'swish'"),
        (lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 0), ValueError, "at least 1"),
        (lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 1, None, True), ValueError, "no nested"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
