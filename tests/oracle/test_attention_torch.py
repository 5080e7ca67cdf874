"""Attention, the Transformer's encoder, embeddings and bilinear maps beside PyTorch's."""

import copy
import warnings

import numpy as np
import pytest
import torch

import autograd as ag
import nn

F = torch.nn.functional
TOLERANCE = {"rtol": 1e-10, "atol": 1e-11}


def pair(name, *args, **settings):
    """The same module twice, in float64, with the same weights, none of them at a special value."""
    theirs = getattr(torch.nn, name)(*args, **settings).double()
    with torch.no_grad():
        for p in theirs.parameters():
            p += 0.1 * torch.randn_like(p)
    ours = getattr(nn, name)(*args, **settings, dtype=np.float64)
    same_names(ours, theirs)
    return ours, theirs


def same_names(ours, theirs):
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    ours.load_state_dict({n: v.numpy() for n, v in theirs.state_dict().items()})


def compare(ours, theirs, arrays, parameters=()):
    """Results of both on the same arrays, and gradients of a weighted sum of them."""
    mine = [ag.tensor(v, requires_grad=True) for v in arrays]
    other = [torch.tensor(v, requires_grad=True) for v in arrays]
    results, expected = ours(*mine), theirs(*other)
    if not isinstance(results, tuple):
        results, expected = (results,), (expected,)
    rng = np.random.default_rng(1)
    total = expected_total = 0
    for r, e in zip(results, expected, strict=True):
        assert (r is None) == (e is None)
        if r is not None:
            assert r.shape == e.shape
            np.testing.assert_allclose(r.data, e.detach(), **TOLERANCE)
            weights = rng.standard_normal(r.shape)
            total = total + (r * weights).sum()
            expected_total = expected_total + (e * torch.tensor(weights)).sum()
    total.backward()
    expected_total.backward()
    for p, q in [*zip(mine, other, strict=True), *parameters]:
        assert (p.grad is None) == (q.grad is None)
        if p.grad is not None:
            np.testing.assert_allclose(p.grad.data, q.grad, **TOLERANCE)


def normal(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


# ---------------------------------------------------------------------- the function

CAUSAL = np.tri(4, 5, dtype=bool)
MASKS = {
    "none": {},
    "boolean": {"attn_mask": CAUSAL},
    "added": {"attn_mask": normal(4, 5)},
    "each": {"attn_mask": normal(2, 3, 4, 5) > -0.5},
    "one a head": {"attn_mask": normal(3, 1, 5) > -0.5},
    "causal": {"is_causal": True},
    "scaled": {"scale": 0.3},
    "scaled and causal": {"scale": 2.0, "is_causal": True},
}


@pytest.mark.parametrize(
    ("lead", "settings"),
    [((2, 3), settings) for settings in MASKS.values()]
    + [((), settings) for settings in MASKS.values() if np.ndim(settings.get("attn_mask")) < 3],
    ids=str,
)
def test_scaled_dot_product_attention(settings, lead):
    arrays = normal(*lead, 4, 6), normal(*lead, 5, 6), normal(*lead, 5, 7)
    others = {k: torch.tensor(v) if k == "attn_mask" else v for k, v in settings.items()}
    compare(
        lambda q, k, v: nn.functional.scaled_dot_product_attention(q, k, v, **settings),
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, **others),
        arrays,
    )


# ---------------------------------------------------------------------- the layer

LAYERS = [
    {},
    {"bias": False},
    {"batch_first": True},
    {"kdim": 5, "vdim": 7},
    {"kdim": 5, "bias": False, "batch_first": True},
    {"add_bias_kv": True},
    {"add_zero_attn": True},
    {"add_bias_kv": True, "add_zero_attn": True, "kdim": 5, "vdim": 7},
]
PADDING = np.array([[False, False, True, True, False], [False, True, False, False, False]])
CALLS = {
    "plain": {},
    "no weights": {"need_weights": False},
    "weights of all heads": {"average_attn_weights": False},
    "boolean mask": {"attn_mask": ~CAUSAL},
    "added mask": {"attn_mask": normal(4, 5)},
    "mask of each head": {"attn_mask": normal(8, 4, 5) > 1},
    "padding": {"key_padding_mask": PADDING},
    "added padding": {"key_padding_mask": normal(2, 5)},
    "both": {"key_padding_mask": PADDING, "attn_mask": ~CAUSAL},
    "both, added": {"key_padding_mask": normal(2, 5), "attn_mask": normal(4, 5)},
    "both, no weights": {
        "key_padding_mask": PADDING,
        "attn_mask": normal(8, 4, 5) > 1.5,
        "need_weights": False,
    },
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("settings", LAYERS, ids=str)
def test_multihead_attention(settings, call):
    ours, theirs = pair("MultiheadAttention", 8, 4, **settings)
    arrays = [normal(4, 2, 8), normal(5, 2, ours.kdim), normal(5, 2, ours.vdim)]
    if ours.batch_first:
        arrays = [x.swapaxes(0, 1).copy() for x in arrays]
    others = {k: torch.tensor(v) if k.endswith("mask") else v for k, v in call.items()}
    compare(
        lambda *x: ours(*x, **call),
        lambda *x: theirs(*x, **others),
        arrays,
        zip(ours.parameters(), theirs.parameters(), strict=True),
    )


@pytest.mark.parametrize("settings", LAYERS[:3] + LAYERS[5:7], ids=str)
@pytest.mark.parametrize("shape", [(4, 8), (4, 2, 8)], ids=str)
@pytest.mark.parametrize("mask", [False, True])
def test_attention_to_itself(settings, shape, mask):
    ours, theirs = pair("MultiheadAttention", 8, 4, **settings)
    steps = shape[-2] if settings.get("batch_first") else shape[0]
    mask = ~np.tri(steps, dtype=bool) if mask else None
    compare(
        lambda x: ours(x, x, x, attn_mask=mask),
        lambda x: theirs(x, x, x, attn_mask=None if mask is None else torch.tensor(mask)),
        [normal(*shape)],
        zip(ours.parameters(), theirs.parameters(), strict=True),
    )


def test_one_example_without_a_batch_and_its_padding():
    ours, theirs = pair("MultiheadAttention", 8, 4)
    compare(
        lambda *x: ours(*x, key_padding_mask=PADDING[0]),
        lambda *x: theirs(*x, key_padding_mask=torch.tensor(PADDING[0])),
        [normal(4, 8), normal(5, 8), normal(5, 8)],
    )


@pytest.mark.parametrize("settings", [{}, {"kdim": 30, "add_bias_kv": True}], ids=str)
def test_the_range_of_initial_values_is_pytorchs(settings):
    ours = nn.MultiheadAttention(64, 4, **settings)
    theirs = torch.nn.MultiheadAttention(64, 4, **settings)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.data.std(), q.detach().numpy().std(), rtol=0.3)


# ---------------------------------------------------------------------- the encoder

ENCODERS = [
    {},
    {"norm_first": True},
    {"activation": "gelu"},
    {"batch_first": True, "bias": False},
    {"norm_first": True, "batch_first": True, "activation": "gelu", "layer_norm_eps": 1e-3},
]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("settings", ENCODERS, ids=str)
def test_encoder_layer(settings, masked):
    ours, theirs = pair("TransformerEncoderLayer", 8, 4, 12, dropout=0.0, **settings)
    x = normal(2, 5, 8) if settings.get("batch_first") else normal(5, 2, 8)
    masks = [~np.tri(5, dtype=bool), PADDING] if masked else []
    compare(
        lambda x: ours(x, *masks),
        lambda x: theirs(x, *map(torch.tensor, masks)),
        [x],
        zip(ours.parameters(), theirs.parameters(), strict=True),
    )


def test_an_activation_that_is_a_function():
    ours, theirs = pair("TransformerEncoderLayer", 8, 4, 12, dropout=0.0)
    ours.activation, theirs.activation = ag.tanh, torch.tanh
    made = nn.TransformerEncoderLayer(8, 4, 12, 0.0, ag.tanh, dtype=np.float64)
    made.load_state_dict(ours.state_dict())
    compare(ours, theirs, [normal(5, 8)])
    np.testing.assert_array_equal(made(normal(5, 8)).data, ours(normal(5, 8)).data)


@pytest.mark.parametrize("normed", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_encoder(normed, masked):
    mine, other = pair("TransformerEncoderLayer", 8, 4, 12, dropout=0.0)
    norms = pair("LayerNorm", 8) if normed else (None, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it uses no nested tensors
        theirs = torch.nn.TransformerEncoder(other, 3, norms[1])
    ours = nn.TransformerEncoder(mine, 3, norms[0])
    with torch.no_grad():
        for p in theirs.parameters():
            p += 0.1 * torch.randn_like(p)
    same_names(ours, theirs)
    masks = [~np.tri(5, dtype=bool), PADDING] if masked else []
    compare(
        lambda x: ours(x, *masks),
        lambda x: theirs(x, *map(torch.tensor, masks)),
        [normal(5, 2, 8)],
        zip(ours.parameters(), theirs.parameters(), strict=True),
    )


@pytest.mark.parametrize("first", [False, True])
def test_dropout_of_everything(first):
    ours, theirs = pair("TransformerEncoderLayer", 8, 4, 12, dropout=1.0, norm_first=first)
    compare(ours, theirs, [normal(5, 2, 8)])
    ours.eval()
    theirs.eval()
    compare(ours, theirs, [normal(5, 2, 8)])


# ---------------------------------------------------------------------- tables, two inputs

TABLES = [
    {},
    {"padding_idx": 2},
    {"padding_idx": -1},
    {"max_norm": 1.0},
    {"max_norm": 1.5, "norm_type": 1.0, "padding_idx": 0},
]


@pytest.mark.parametrize("index", [[[0, 2, 2], [5, 0, 1]], [5], 2], ids=str)
@pytest.mark.parametrize("settings", TABLES, ids=str)
def test_embedding(settings, index):
    ours, theirs = pair("Embedding", 6, 4, **settings)
    assert repr(ours) == repr(theirs)
    index = np.array(index)
    compare(
        lambda: ours(index),
        lambda: theirs(torch.tensor(index)),
        [],
        zip(ours.parameters(), theirs.parameters(), strict=True),
    )
    np.testing.assert_allclose(ours.weight.data, theirs.weight.detach(), **TOLERANCE)
    again = copy.deepcopy(ours.weight)
    compare(
        lambda w: nn.functional.embedding(index, w * 1.0, settings.get("padding_idx")),
        lambda w: F.embedding(torch.tensor(index), w * 1.0, settings.get("padding_idx")),
        [again.data],
    )


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("lead", [(2,), (), (2, 5)], ids=str)
def test_bilinear(lead, bias):
    ours, theirs = pair("Bilinear", 3, 4, 2, bias=bias)
    assert repr(ours) == repr(theirs)
    compare(
        ours,
        theirs,
        [normal(*lead, 3), normal(*lead, 4)],
        zip(ours.parameters(), theirs.parameters(), strict=True),
    )


@pytest.mark.parametrize("size", [(2, 3), (-1, 3), (6,), (1, 6, 1)], ids=str)
@pytest.mark.parametrize("dim", [1, -2])
def test_unflatten(dim, size):
    ours, theirs = nn.Unflatten(dim, size), torch.nn.Unflatten(dim, size)
    assert repr(ours) == repr(theirs)
    compare(ours, theirs, [normal(2, 6, 3)])
