"""The checker: right rules pass, each kind of wrong rule is caught and described."""

import numpy as np
import pytest

import autograd as ag
from autograd import GradcheckError, Tensor, gradcheck, primitive

X = np.array([[0.3, -0.7, 1.1], [0.2, 0.9, -0.4]])
Y = np.array([[0.5, 0.1], [-0.6, 0.8], [0.7, 0.2]])


def wrong(forward, **rules):
    operation = primitive(forward, name="wrong", **rules)
    import sys

    sys.modules["autograd.primitive"]._registry.pop()
    return operation


@pytest.mark.parametrize(
    ("slip", "operation", "inputs"),
    [
        ("sign", wrong(np.sin, x=lambda g, x: -g * np.cos(x)), [X]),
        ("factor", wrong(np.square, x=lambda g, x: g * x), [X]),
        ("small factor", wrong(np.square, x=lambda g, x: 2.0005 * g * x), [X]),
        ("transposition", wrong(np.matmul, x=lambda g, y: g @ y, y=lambda g, x: x.T @ g), [X[:, :2], Y[:2]]),
        ("missing sum", wrong(lambda x: np.sum(x, axis=0), x=lambda g, x: g), [X]),
        ("mean for sum", wrong(lambda x: np.sum(x), x=lambda g, x_shape: np.broadcast_to(g / 6, x_shape)), [X]),
        ("dtype", wrong(np.sin, x=lambda g, x: (g * np.cos(x)).astype("float32")), [X]),
        ("too large a shape", wrong(np.sin, x=lambda g, x: np.stack([g * np.cos(x), 0 * g])), [X]),
        ("one input of two", wrong(np.multiply, x=lambda g, y: g * y, y=lambda g, y: g * y), [X, X + 1]),
        ("one entry of many", wrong(np.sin, x=lambda g, x: g * np.cos(x) + (x == 0.9)), [X]),
        ("detached", wrong(np.sin, x=lambda g: 0 * g), [X]),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_caught(slip, operation, inputs):
    with pytest.raises(GradcheckError):
        gradcheck(operation, inputs, order=1)


def test_a_rule_that_is_right_only_to_first_order_is_caught_at_the_second():
    def rule(g, x):
        return g * np.cos(ag.detach(x))

    operation = wrong(np.sin, x=rule)
    assert gradcheck(operation, [X], order=1)
    with pytest.raises(GradcheckError, match="order 2"):
        gradcheck(operation, [X], order=2)


def test_the_message_names_order_input_entry_and_both_values():
    operation = wrong(np.sin, x=lambda g, x: np.where(x == 0.9, 0, g * np.cos(x)))
    with pytest.raises(GradcheckError, match=r"order 1, input 1 of shape \(2, 3\)") as caught:
        gradcheck(lambda a, x: operation(x) * a, [X, X], directions=0)
    assert "entry (1, 1)" in str(caught.value)
    assert "the gradient says 0," in str(caught.value)


def test_large_inputs_are_checked_along_random_directions():
    x = np.linspace(-1, 1, 1000)
    assert gradcheck(np.tanh, [x])
    with pytest.raises(GradcheckError, match="random direction"):
        gradcheck(wrong(np.tanh, x=lambda g, z: g * (1 - z)), [x])


def test_several_outputs_integers_scalars_and_empty_inputs():
    assert gradcheck(lambda x, k: (x[k], x * 2), [X, np.array([0, 1])])
    assert gradcheck(np.exp, 0.5)
    assert gradcheck(np.exp, [np.zeros((0, 3))])
    assert gradcheck(lambda x: x * 2, [Tensor([1.0], dtype="float32")])


def test_wrong_use_is_refused():
    with pytest.raises(TypeError, match="floating-point array"):
        gradcheck(np.exp, [np.array([1, 2])])
    with pytest.raises(TypeError, match="must return floating-point Tensors"):
        gradcheck(lambda x: x > 0, [X])
    with pytest.raises(ValueError, match="order"):
        gradcheck(np.exp, [X], order=0)
    sizes = iter([1, 2, 3, 4])
    with pytest.raises(GradcheckError, match="shapes must not vary"):
        gradcheck(lambda x: x[: next(sizes)], [np.arange(5.0)])
