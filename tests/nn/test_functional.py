"""Losses and functions against closed forms in float64."""

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
    loss = functional.cross_entropy(logits, y, reduction)
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
    assert functional.cross_entropy(x, 2, "none").shape == ()


def test_cross_entropy_at_the_extremes_of_float32():
    x = ag.tensor([[1e4, -1e4, 0], [-1e4, 1e4, 0]], requires_grad=True, dtype="float32")
    loss = functional.cross_entropy(x, [0, 0], "none")
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
        ((2, 3), [0, 3], IndexError, "classes from 0 to 3, but the logits have 3"),
        ((2, 3), [-1, 0], IndexError, "classes from -1 to 0"),
        ((2, 3), [0.0, 1.0], TypeError, "target of dtype float64"),
        ((2, 3), [True, False], TypeError, "target of dtype bool"),
        ((2, 3), [0, 1, 2], ValueError, r"\(2, 3\) and a target of shape \(3,\)"),
        ((2, 3), [[0], [1]], ValueError, r"\(2, 3\) and a target of shape \(2, 1\)"),
        ((2, 3), 0, ValueError, r"\(2, 3\) and a target of shape \(\)"),
        ((3,), [0], ValueError, r"\(3,\) and a target of shape \(1,\)"),
        ((2, 3, 4), [[0] * 3] * 2, ValueError, r"give logits \(N, C\)"),
        ((), 0, ValueError, r"give logits \(N, C\)"),
    ],
)
def test_cross_entropy_refuses(shape, target, error, message):
    with pytest.raises(error, match=f"cross_entropy: received .*{message}"):
        functional.cross_entropy(ag.tensor(np.zeros(shape)), target)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_binary_cross_entropy_with_logits(rng, reduction):
    x, y = rng.standard_normal((4, 3)), rng.uniform(size=(4, 3))
    logits = ag.tensor(x, requires_grad=True)
    loss = functional.binary_cross_entropy_with_logits(logits, y, reduction)
    probability = 1 / (1 + np.exp(-x))
    expected = -y * np.log(probability) - (1 - y) * np.log(1 - probability)
    np.testing.assert_allclose(loss.data, reduced(expected, reduction), **TOLERANCE)
    np.testing.assert_allclose(
        gradient(loss, logits), (probability - y) * scale(12, reduction), **TOLERANCE
    )


def test_binary_cross_entropy_at_the_extremes():
    x = ag.tensor([1e4, 1e4, -1e4, -1e4, 0, 0, 20], requires_grad=True, dtype="float32")
    y = np.array([1, 0, 1, 0, 1, 0, 1])
    loss = functional.binary_cross_entropy_with_logits(x, y, "none")
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
    loss = functional.mse_loss(prediction, target, reduction)
    np.testing.assert_allclose(loss.data, reduced((x - y) ** 2, reduction), **TOLERANCE)
    expected = 2 * (x - y) * scale(12, reduction)
    to_prediction, to_target = ag.gradients(loss.sum(), [prediction, target])
    np.testing.assert_allclose(to_prediction.data, expected, **TOLERANCE)
    np.testing.assert_allclose(to_target.data, -expected, **TOLERANCE)


PAIRED = [functional.mse_loss, functional.binary_cross_entropy_with_logits]


@pytest.mark.parametrize("loss", PAIRED)
@pytest.mark.parametrize("shapes", [((4, 1), (4,)), ((4,), (4, 1)), ((4,), ()), ((2, 3), (3,))])
def test_shapes_that_would_be_broadcast_are_refused(loss, shapes):
    with pytest.raises(ValueError, match="would be broadcast") as error:
        loss(ag.tensor(np.zeros(shapes[0])), np.zeros(shapes[1]))
    assert all(str(shape) in str(error.value) for shape in shapes)


@pytest.mark.parametrize("loss", PAIRED)
@pytest.mark.parametrize("target", [np.array([0, 1]), np.array([0.0, 1.0]), [False, True]])
def test_a_target_of_another_dtype_does_not_change_that_of_the_loss(loss, target):
    x = ag.tensor([0.5, -0.5], requires_grad=True, dtype="float32")
    result = loss(x, target)
    assert result.dtype == np.float32
    assert [node.dtype for node in ag.tape(result)] == [np.float32] * len(ag.tape(result))


@pytest.mark.parametrize("loss", [*PAIRED, functional.cross_entropy])
def test_refuses_integer_predictions_and_unknown_reductions(loss):
    with pytest.raises(TypeError, match="must be floating-point"):
        loss(np.array([1, 2]), np.array([1, 2]))
    x, y = (np.zeros((2, 2)), [0, 1]) if loss is functional.cross_entropy else (np.zeros(1), [1.0])
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none', received 'average'"):
        loss(x, y, "average")


@pytest.mark.parametrize("target", [[2.0], [-1], [np.nan]])
def test_binary_targets_are_probabilities(target):
    with pytest.raises(ValueError, match="must hold probabilities"):
        functional.binary_cross_entropy_with_logits(np.zeros(1), target)


def test_a_target_may_be_reused_by_a_data_loader_before_the_backward_pass():
    x = ag.tensor([0.5, 0.5], requires_grad=True)
    y = np.array([1.0, 0.0])
    loss = functional.binary_cross_entropy_with_logits(x, y, "sum")
    y[:] = 7
    loss.backward()
    np.testing.assert_allclose(x.grad.data, 1 / (1 + np.exp(-0.5)) - np.array([1, 0]), **TOLERANCE)


def test_linear(rng):
    x, w, b = (rng.standard_normal(shape) for shape in ((2, 5, 3), (4, 3), (4,)))
    np.testing.assert_allclose(functional.linear(x, w, b), x @ w.T + b, **TOLERANCE)
    assert ag.gradcheck(functional.linear, [x, w, b])
    assert ag.gradcheck(functional.linear, [x[0, 0], w, b])
    with pytest.raises(ValueError, match=r"x of shape \(5, 4\) and a weight of shape \(4, 3\)"):
        functional.linear(np.zeros((5, 4)), w, b)
    with pytest.raises(ValueError, match=r"x of shape \(\)"):
        functional.linear(np.array(1.0), w)


@pytest.mark.parametrize(
    ("module", "function"),
    [
        (nn.CrossEntropyLoss, functional.cross_entropy),
        (nn.BCEWithLogitsLoss, functional.binary_cross_entropy_with_logits),
        (nn.MSELoss, functional.mse_loss),
    ],
)
def test_losses_as_modules(rng, module, function):
    x = rng.standard_normal((4, 2))
    y = [0, 1, 1, 0] if module is nn.CrossEntropyLoss else rng.uniform(size=(4, 2))
    for reduction in REDUCTIONS:
        np.testing.assert_array_equal(module(reduction)(x, y), function(x, y, reduction))
    assert module()(x, y) == function(x, y)
    with pytest.raises(ValueError, match=f"{module.__name__}: reduction must be"):
        module(reduction="average")
