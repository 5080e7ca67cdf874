"""Functions against closed forms in float64."""

import numpy as np
import pytest

import autograd as ag
import nn
from nn import functional
from nn.functional.checks import described

TOLERANCE = {"rtol": 1e-12, "atol": 1e-12}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_linear(rng):
    x, w, b = (rng.standard_normal(shape) for shape in ((2, 5, 3), (4, 3), (4,)))
    np.testing.assert_allclose(functional.linear(x, w, b), x @ w.T + b, **TOLERANCE)
    assert ag.gradcheck(functional.linear, [x, w, b])
    assert ag.gradcheck(functional.linear, [x[0, 0], w, b])
    with pytest.raises(ValueError, match=r"x of shape \(5, 4\) and a weight of shape \(4, 3\)"):
        functional.linear(np.zeros((5, 4)), w, b)
    with pytest.raises(ValueError, match=r"x of shape \(\)"):
        functional.linear(np.array(1.0), w)


def test_a_message_names_the_layer_that_the_user_called_or_else_the_function():
    class Mine(nn.Module):
        def forward(self, x):
            return functional.linear(x, np.ones((2, 3)))

    x = np.ones((4, 5))
    for call, name in (
        (lambda: functional.linear(x, np.ones((2, 3))), "linear"),
        (lambda: Mine()(x), "linear"),
        (lambda: nn.Linear(3, 2)(x), "Linear"),
        (lambda: nn.Sequential(nn.Identity(), nn.Linear(3, 2))(x), "Linear"),
        (lambda: nn.MSELoss()(x, x[0]), "MSELoss"),
        (lambda: nn.functional.mse_loss(x, x[0]), "mse_loss"),
    ):
        with pytest.raises(ValueError, match=f"^{name}: received"):
            call()


def test_what_was_received_is_told_in_one_line_without_addresses():
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    for value, words in (
        (np.ones((2, 3), "float32"), "float32 of shape (2, 3)"),
        (ag.tensor([1, 2]), "int64 of shape (2,)"),
        ([np.ones(2), np.ones(3)], "a list of 2"),
        (model, "a value of type Sequential"),
        (nn.Linear, "the class Linear"),
        (functional.relu, "the function relu"),
        (object(), "a value of type object"),
        ("same", "'same'"),
        ((1, 2), "(1, 2)"),
        (None, "None"),
    ):
        assert described(value) == words
