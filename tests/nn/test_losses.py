"""Losses against closed forms in float64, at the extremes, and with what they refuse."""

import numpy as np
import pytest

import autograd as ag
import nn
from nn import functional

TOLERANCE = {"rtol": 1e-12, "atol": 1e-12}
REDUCTIONS = ["mean", "sum", "none"]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def reduced(values, reduction):
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](values)


def scale(n, reduction):
    return 1 / n if reduction == "mean" else 1


def gradient(loss, x):
    return ag.gradients(loss.sum(), x)[0].data


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("size", [1, 1e4])
def test_cross_entropy(rng, reduction, size):
    x = rng.standard_normal((5, 4)) * size
    y = rng.integers(0, 4, 5)
    logits = ag.tensor(x, requires_grad=True)
    loss = functional.cross_entropy(logits, y, reduction=reduction)
    shifted = x - x.max(axis=-1, keepdims=True)
    expected = np.log(np.exp(shifted).sum(axis=-1)) - shifted[np.arange(5), y]
    np.testing.assert_allclose(loss.data, reduced(expected, reduction), **TOLERANCE)
    np.testing.assert_allclose(
        gradient(loss, logits), (softmax(x) - np.eye(4)[y]) * scale(5, reduction), **TOLERANCE
    )


def test_cross_entropy_of_one_example_is_that_of_a_batch_of_one(rng):
    x = ag.tensor(rng.standard_normal(4), requires_grad=True)
    loss = functional.cross_entropy(x, 2)
    assert loss.shape == ()
    assert loss.item() == functional.cross_entropy(x.reshape(1, 4), [2]).item()
    np.testing.assert_allclose(gradient(loss, x), softmax(x.data) - np.eye(4)[2], **TOLERANCE)
    assert functional.cross_entropy(x, 2, reduction="none").shape == ()


def test_cross_entropy_at_the_extremes_of_float32():
    x = ag.tensor([[1e4, -1e4, 0], [-1e4, 1e4, 0]], requires_grad=True, dtype="float32")
    loss = functional.cross_entropy(x, [0, 0], reduction="none")
    assert loss.data.tolist() == [0, 2e4]
    assert gradient(loss, x).tolist() == [[0, 0, 0], [-1, 1, 0]]


def test_cross_entropy_to_second_order(rng):
    y = np.array([0, 2])
    assert ag.gradcheck(lambda x: functional.cross_entropy(x, y), [rng.standard_normal((2, 3))])


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "uint64"])
def test_class_indices_of_any_integer_dtype(dtype):
    x = np.array([[0.0, 1.0], [2.0, 0.0]])
    y = np.array([1, 0], dtype)
    expected = functional.cross_entropy(x, [1, 0])
    assert functional.cross_entropy(x, y) == expected
    assert functional.cross_entropy(x, ag.Tensor(y)) == expected


@pytest.mark.parametrize(
    ("shape", "target", "error", "message"),
    [
        ((2, 3), [0, 3], IndexError, "classes from 0 to 3 for an input of 3"),
        ((2, 3), [-1, 0], IndexError, "classes from -1 to 0"),
        ((2, 3), [0.0, 1.0], TypeError, "float64 .* as a target"),
        ((2, 3), [True, False], TypeError, "bool .* as a target"),
        ((2, 3), [0, 1, 2], ValueError, r"\(2, 3\) and a target of shape \(3,\)"),
        ((2, 3), [[0], [1]], ValueError, r"\(2, 3\) and a target of shape \(2, 1\)"),
        ((2, 3), 0, ValueError, r"\(2, 3\) and a target of shape \(\)"),
        ((3,), [0], ValueError, r"\(3,\) and a target of shape \(1,\)"),
        ((2, 3, 4), [[0] * 3] * 2, ValueError, r"give an input \(N, C, \.\.\.\)"),
        ((), 0, ValueError, r"give an input \(N, C, \.\.\.\)"),
    ],
)
def test_cross_entropy_refuses(shape, target, error, message):
    with pytest.raises(error, match=f"cross_entropy: received .*{message}"):
        functional.cross_entropy(ag.tensor(np.zeros(shape)), target)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_binary_cross_entropy_with_logits(rng, reduction):
    x, y = rng.standard_normal((4, 3)), rng.uniform(size=(4, 3))
    logits = ag.tensor(x, requires_grad=True)
    loss = functional.binary_cross_entropy_with_logits(logits, y, reduction=reduction)
    probability = 1 / (1 + np.exp(-x))
    expected = -y * np.log(probability) - (1 - y) * np.log(1 - probability)
    np.testing.assert_allclose(loss.data, reduced(expected, reduction), **TOLERANCE)
    np.testing.assert_allclose(
        gradient(loss, logits), (probability - y) * scale(12, reduction), **TOLERANCE
    )


def test_binary_cross_entropy_at_the_extremes():
    x = ag.tensor([1e4, 1e4, -1e4, -1e4, 0, 0, 20], requires_grad=True, dtype="float32")
    y = np.array([1, 0, 1, 0, 1, 0, 1])
    loss = functional.binary_cross_entropy_with_logits(x, y, reduction="none")
    half = float(np.log(np.float32(2)))
    assert loss.dtype == np.float32
    np.testing.assert_allclose(loss.data, [0, 1e4, 1e4, 0, half, half, 2.0611536e-09], rtol=1e-6)
    np.testing.assert_allclose(
        gradient(loss, x), [0, 1, -1, 0, -0.5, 0.5, -2.0611536e-09], rtol=1e-5
    )


def test_binary_cross_entropy_to_second_order_also_at_zero(rng):
    y = np.array([0.0, 1.0, 0.3])
    assert ag.gradcheck(
        lambda x: functional.binary_cross_entropy_with_logits(x, y), [np.array([0.0, 0.0, 0.7])]
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_mse(rng, reduction):
    x, y = rng.standard_normal((4, 3)), rng.standard_normal((4, 3))
    prediction, target = ag.tensor(x, requires_grad=True), ag.tensor(y, requires_grad=True)
    loss = functional.mse_loss(prediction, target, reduction=reduction)
    np.testing.assert_allclose(loss.data, reduced((x - y) ** 2, reduction), **TOLERANCE)
    expected = 2 * (x - y) * scale(12, reduction)
    to_prediction, to_target = ag.gradients(loss.sum(), [prediction, target])
    np.testing.assert_allclose(to_prediction.data, expected, **TOLERANCE)
    np.testing.assert_allclose(to_target.data, -expected, **TOLERANCE)


PAIRED = [
    functional.binary_cross_entropy,
    functional.binary_cross_entropy_with_logits,
    functional.huber_loss,
    functional.kl_div,
    functional.l1_loss,
    functional.mse_loss,
    functional.multilabel_soft_margin_loss,
    functional.poisson_nll_loss,
    functional.smooth_l1_loss,
]


SIGNED = [functional.hinge_embedding_loss, functional.soft_margin_loss]


@pytest.mark.parametrize("loss", [*PAIRED, *SIGNED, functional.multilabel_margin_loss])
@pytest.mark.parametrize("shapes", [((4, 1), (4,)), ((4,), (4, 1)), ((4,), ()), ((2, 3), (3,))])
def test_shapes_that_would_be_broadcast_are_refused(loss, shapes):
    with pytest.raises(ValueError, match=r"would be broadcast|must be") as error:
        loss(ag.tensor(np.zeros(shapes[0])), np.zeros(shapes[1], int))
    assert all(str(shape) in str(error.value) for shape in shapes)


@pytest.mark.parametrize(
    ("loss", "shapes"),
    [
        (functional.gaussian_nll_loss, [(4, 1), (4,), (4, 1)]),
        (functional.gaussian_nll_loss, [(4, 3), (4, 3), (3,)]),
        (functional.gaussian_nll_loss, [(4, 3), (4, 3), (1, 1)]),
        (functional.margin_ranking_loss, [(4, 1), (4,), (4,)]),
        (functional.margin_ranking_loss, [(4,), (4,), (4, 1)]),
        (functional.triplet_margin_loss, [(4, 3), (3,), (4, 3)]),
        (functional.triplet_margin_loss, [(4, 3), (4, 3), (1, 3)]),
        (functional.triplet_margin_with_distance_loss, [(4, 3), (4, 3), (1, 3)]),
        (functional.cosine_embedding_loss, [(4, 3), (1, 3), (4,)]),
        (functional.cosine_embedding_loss, [(4, 3), (4, 3), (4, 1)]),
        (functional.cosine_embedding_loss, [(4, 3), (4, 3), ()]),
        (functional.multi_margin_loss, [(4, 3), (4, 1)]),
        (functional.nll_loss, [(4, 3), (3,)]),
        (functional.nll_loss, [(4, 3, 2), (4, 1)]),
        (functional.pairwise_distance, [(4, 3), (4, 1)]),
        (functional.cosine_similarity, [(4, 3), (4,)]),
    ],
)
def test_shapes_of_several_arguments(loss, shapes):
    given = [
        np.ones(
            shape,
            float
            if (k < 2 and loss not in (functional.nll_loss, functional.multi_margin_loss)) or not k
            else int,
        )
        for k, shape in enumerate(shapes)
    ]
    with pytest.raises(ValueError, match=loss.__name__) as error:
        loss(*given)
    assert sum(str(shape) in str(error.value) for shape in shapes) >= 2


@pytest.mark.parametrize("loss", PAIRED)
@pytest.mark.parametrize("target", [np.array([0, 1]), np.array([0.0, 1.0]), [False, True]])
def test_a_target_of_another_dtype_does_not_change_that_of_the_loss(loss, target):
    x = ag.tensor([0.5, 0.25], requires_grad=True, dtype="float32")
    result = loss(x, target)
    assert result.dtype == np.float32
    assert [node.dtype for node in ag.tape(result)] == [np.float32] * len(ag.tape(result))


@pytest.mark.parametrize("loss", [*PAIRED, functional.cross_entropy])
def test_refuses_integer_predictions_and_unknown_reductions(loss):
    with pytest.raises(TypeError, match="make it floating-point"):
        loss(np.array([1, 2]), np.array([1, 2]))
    x, y = (np.zeros((2, 2)), [0, 1]) if loss is functional.cross_entropy else (np.zeros(1), [1.0])
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none', received 'average'"):
        loss(x, y, reduction="average")


@pytest.mark.parametrize("target", [[2.0], [-1], [np.nan]])
def test_binary_targets_are_probabilities(target):
    with pytest.raises(ValueError, match="give probabilities"):
        functional.binary_cross_entropy_with_logits(np.zeros(1), target)


def test_a_target_may_be_reused_by_a_data_loader_before_the_backward_pass():
    x = ag.tensor([0.5, 0.5], requires_grad=True)
    y = np.array([1.0, 0.0])
    loss = functional.binary_cross_entropy_with_logits(x, y, reduction="sum")
    y[:] = 7
    loss.backward()
    np.testing.assert_allclose(x.grad.data, 1 / (1 + np.exp(-0.5)) - np.array([1, 0]), **TOLERANCE)


@pytest.mark.parametrize(
    "loss", [*SIGNED, functional.margin_ranking_loss, functional.cosine_embedding_loss]
)
def test_labels_of_0_and_1_are_not_signs(loss):
    x = [np.ones((2, 3))] * 2 if loss is functional.cosine_embedding_loss else [np.ones(2)] * 2
    with pytest.raises(ValueError, match="give 1 and -1, such as 2 \\* labels - 1"):
        loss(*(x if loss not in SIGNED else x[:1]), np.array([0, 1]))


def test_settings_that_make_no_sense_are_refused():
    x, y = np.zeros((2, 3)), np.array([0, 1])
    for call, message in [
        (
            lambda: functional.cross_entropy(x, y, label_smoothing=1.5),
            "label_smoothing must be a number from 0 to 1",
        ),
        (
            lambda: functional.cross_entropy(x, y, np.ones(2)),
            r"weight must be one number for each of the 3 classes, received shape \(2,\)",
        ),
        (
            lambda: functional.cross_entropy(x, x, ignore_index=0),
            "is a class index, and the target holds",
        ),
        (lambda: functional.nll_loss(x, y, np.ones((3, 1))), "weight must be one number for each"),
        (
            lambda: functional.mse_loss(x, x, weight=np.ones(3)),
            r"weight of shape \(3,\) for an input of shape",
        ),
        (lambda: functional.binary_cross_entropy(x, x, np.ones(2)), "broadcast"),
        (
            lambda: functional.binary_cross_entropy_with_logits(
                x, x, pos_weight=np.ones((5, 2, 3))
            ),
            "broadcast",
        ),
        (lambda: functional.binary_cross_entropy(x + 1.5, x), "an input from 1.5 to 1.5"),
        (lambda: functional.kl_div(x, x - 1), "with log_target=True"),
        (lambda: functional.kl_div(x, x, reduction="batch"), "'batchmean', 'mean'"),
        (lambda: functional.mse_loss(x, x, reduction="batchmean"), "reduction must be"),
        (lambda: functional.huber_loss(x, x, delta=0.0), "delta must be a number above 0"),
        (lambda: functional.smooth_l1_loss(x, x, beta=-1.0), "beta must be a number of at least 0"),
        (lambda: functional.gaussian_nll_loss(x, x, x - 1), "var must be at least 0"),
        (lambda: functional.multi_margin_loss(x, y, p=3), "p must be 1 or 2"),
        (
            lambda: functional.triplet_margin_loss(x, x, x, margin=0.0),
            "margin must be a number above 0",
        ),
        (lambda: nn.TripletMarginLoss(margin=-1.0)(x, x, x), "margin must be a number above 0"),
        (lambda: functional.normalize(x, dim=2), "no axis dim=2"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="cross_entropy: received 'sum' as a weight"):
        functional.cross_entropy(x, y, "sum")


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (3,)])
def test_classes_that_are_not_there(shape):
    for wrong in (3, -1, 255):
        y = np.full(shape[:1] * (len(shape) > 1) + shape[2:], wrong)
        for loss in (functional.cross_entropy, functional.nll_loss, functional.multi_margin_loss):
            if loss is functional.multi_margin_loss and len(shape) == 3:
                continue
            with pytest.raises(
                IndexError, match=f"{loss.__name__}: received classes .*from 0 to 2"
            ):
                loss(np.zeros(shape), y)
    with pytest.raises(IndexError, match="-1 after the last"):
        functional.multilabel_margin_loss(np.zeros((1, 2)), np.array([[2, -1]]))


def test_padding_with_a_class_that_is_not_there_may_be_ignored(rng):
    x = ag.tensor(rng.standard_normal((4, 3)), requires_grad=True)
    y = np.array([2, -1, 0, 255])
    with pytest.raises(IndexError, match="or -1 to be ignored"):
        functional.cross_entropy(x, y, ignore_index=-1)
    loss = functional.cross_entropy(x, np.where(y == 255, -1, y), ignore_index=-1)
    expected = functional.cross_entropy(x[np.array([0, 2])], [2, 0])
    assert loss.item() == pytest.approx(expected.item(), rel=1e-14)
    assert (gradient(loss, x)[[1, 3]] == 0).all()


def test_a_class_that_is_masked_out_by_minus_infinity():
    x = ag.tensor([[0.0, 1.0, -np.inf]], requires_grad=True)
    expected = softmax(np.array([0.0, 1.0]))
    for target in ([0], np.array([[1.0, 0.0, 0.0]])):
        loss = functional.cross_entropy(x, target)
        np.testing.assert_allclose(loss.data, -np.log(expected[0]), **TOLERANCE)
        np.testing.assert_allclose(
            gradient(loss, x), [[expected[0] - 1, expected[1], 0]], **TOLERANCE
        )


def test_probabilities_one_hot_are_class_indices(rng):
    x, y = rng.standard_normal((5, 4)), rng.integers(0, 4, 5)
    hard = functional.cross_entropy(x, y)
    assert functional.cross_entropy(x, np.eye(4)[y]) == pytest.approx(hard, rel=1e-14)
    z = np.moveaxis(rng.standard_normal((2, 3, 4, 5)), -1, 1)  # spatial: each place an example
    places = rng.integers(0, 5, (2, 3, 4))
    flat = functional.cross_entropy(np.moveaxis(z, 1, -1).reshape(-1, 5), places.ravel())
    assert functional.cross_entropy(z, places) == pytest.approx(flat, rel=1e-14)


def test_a_target_may_be_trained(rng):
    x, y = rng.standard_normal((2, 3)), rng.uniform(size=(2, 3))
    for loss in (functional.cross_entropy, functional.kl_div, functional.mse_loss):
        assert ag.gradcheck(loss, [x, y])


@pytest.mark.parametrize(
    "loss", [functional.binary_cross_entropy, functional.kl_div, functional.huber_loss]
)
def test_to_second_order(rng, loss):
    x, y = rng.uniform(0.1, 0.9, (2, 3)), rng.uniform(0.1, 0.9, (2, 3))
    assert ag.gradcheck(lambda x: loss(x, y), [x])
    assert ag.gradcheck(lambda x: functional.huber_loss(x, y, delta=0.2), [x])
    assert ag.gradcheck(lambda x: functional.triplet_margin_loss(x, y, y[::-1]), [x])
    assert ag.gradcheck(lambda x: functional.soft_margin_loss(x, np.sign(y - 0.5)), [x * 0])


EXTREME = {
    "soft_margin_loss": (np.array([1.0, -1.0, 1.0, -1.0]), [0, 1e4, 1e4, 0], [0, 1, -1, 0]),
    "l1_loss": (np.array([0.0, 0, 0, 0]), [1e4, 1e4, 1e4, 1e4], [1, 1, -1, -1]),
    "huber_loss": (np.zeros(4), [9999.5] * 4, [1, 1, -1, -1]),
    "hinge_embedding_loss": (np.array([1.0, -1, 1, -1]), [1e4, 0, -1e4, 10001], [1, 0, 1, -1]),
    "margin": (np.array([1.0, -1, 1, -1]), [0, 1e4, 1e4, 0], [0, 1, -1, 0]),
}


@pytest.mark.parametrize("name", EXTREME)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_finite_and_right_at_the_extremes(name, dtype):
    y, expected, slope = EXTREME[name]
    x = ag.tensor([1e4, 1e4, -1e4, -1e4], requires_grad=True, dtype=dtype)
    if name == "margin":
        loss = functional.margin_ranking_loss(x, np.zeros(4, dtype), y, reduction="none")
    else:
        loss = getattr(functional, name)(x, y, reduction="none")
    assert loss.dtype == dtype
    np.testing.assert_allclose(loss.data, expected, rtol=1e-6)
    np.testing.assert_allclose(gradient(loss, x), slope, rtol=1e-6)


def test_cosines_of_large_and_zero_vectors():
    x = ag.tensor([[1e4, 0], [-1e4, 1e4], [0, 0]], requires_grad=True, dtype="float32")
    loss = functional.cosine_embedding_loss(
        x, x.data[::-1].copy(), np.array([1, 1, -1]), reduction="none"
    )
    np.testing.assert_allclose(loss.data, [1, 0, 0], atol=1e-6)
    assert np.isfinite(gradient(loss, x)).all()
    unit = functional.normalize(x)
    np.testing.assert_allclose(unit.data[2], [0, 0])


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_loss_stays_in_its_dtype(dtype):
    x = ag.tensor(np.full((2, 3), 0.5), requires_grad=True, dtype=dtype)
    wide, y, s = np.full((2, 3), 0.5), [0, 1], np.array([1.0, -1.0])
    losses = [
        functional.cross_entropy(x, y, np.ones(3), label_smoothing=0.1),
        functional.cross_entropy(x, wide, np.ones(3), label_smoothing=0.1),
        functional.cross_entropy(x, [0, -100]),
        functional.nll_loss(x, y, np.ones(3)),
        functional.binary_cross_entropy(x, wide, np.ones(3)),
        functional.binary_cross_entropy_with_logits(x, wide, np.ones(3), pos_weight=np.ones(3)),
        functional.kl_div(x, wide),
        functional.poisson_nll_loss(x, wide, full=True),
        functional.gaussian_nll_loss(x, wide, wide, full=True),
        functional.gaussian_nll_loss(x, wide, 0.5),
        functional.huber_loss(x, wide, weight=wide),
        functional.smooth_l1_loss(x, wide, beta=0.3),
        functional.hinge_embedding_loss(x[0, :2], s),
        functional.margin_ranking_loss(x[0, :2], s, s),
        functional.soft_margin_loss(x[0, :2], s),
        functional.multi_margin_loss(x, y, weight=np.ones(3)),
        functional.multilabel_margin_loss(x, np.array([[0, -1, -1], [1, 2, -1]])),
        functional.multilabel_soft_margin_loss(x, wide, np.ones(3)),
        functional.triplet_margin_loss(x, wide, -wide, swap=True),
        functional.cosine_embedding_loss(x, wide, s),
        functional.cosine_similarity(x, x).sum(),
    ]
    assert [loss.dtype for loss in losses] == [np.dtype(dtype)] * len(losses)
    (g,) = ag.gradients(losses, x, [None] * len(losses))
    assert g.dtype == dtype
    assert np.isfinite(g.data).all()


def test_modules_keep_their_settings_and_weights():
    loss = nn.CrossEntropyLoss([1.0, 2.0], label_smoothing=0.1)
    assert list(loss.state_dict()) == ["weight"]
    assert not list(loss.parameters())
    loss.reduction = "sum"
    x = np.array([[1.0, 2.0]])
    expected = functional.cross_entropy(x, [1], [1.0, 2.0], reduction="sum", label_smoothing=0.1)
    assert loss(x, [1]).item() == expected
    assert list(nn.BCEWithLogitsLoss(pos_weight=[2.0]).state_dict()) == ["pos_weight"]
    for name in ("MSELoss", "CrossEntropyLoss", "KLDivLoss", "HuberLoss"):
        with pytest.raises(ValueError, match=f"{name}: reduction must be"):
            getattr(nn, name)(reduction="average")
    assert nn.KLDivLoss(reduction="batchmean")(np.zeros((2, 1)), np.ones((2, 1))) == 0
    with pytest.raises(TypeError):
        nn.MSELoss("sum")  # in PyTorch's place for an argument that is out of use
    with pytest.raises(TypeError):
        nn.MSELoss(size_average=True)
    distance = nn.PairwiseDistance(p=1.0)
    triplet = nn.TripletMarginWithDistanceLoss(distance_function=distance)
    assert list(dict(triplet.named_children())) == ["distance_function"]
