"""Solutions of differential equations, and their derivatives by the adjoint equation."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.integrate
from test_conventions import gradient

import autograd as ag
from autograd.scipy.integrate import odeint, quad

TIGHT = {"rtol": 1e-11, "atol": 1e-11}
TIMES = np.array([0.0, 0.4, 1.0, 1.7])
STATE = np.array([0.8, -0.3])


def pendulum(y, t, damping, drive):
    return [y[1], -damping * y[1] - np.sin(y[0]) + drive["size"] * np.cos(drive["pace"] * t)]


def test_values_are_scipys():
    args = (0.3, {"size": np.array(0.5), "pace": 2})
    expected = scipy.integrate.odeint(pendulum, STATE, TIMES, args)
    np.testing.assert_array_equal(odeint(pendulum, STATE, TIMES, args), expected)
    np.testing.assert_array_equal(
        odeint(pendulum, ag.Tensor(STATE), TIMES.tolist(), args).numpy(), expected
    )
    first = odeint(lambda t, y, *rest: pendulum(y, t, *rest), STATE, TIMES, args, tfirst=True)
    np.testing.assert_array_equal(first, expected)


def test_gradients_agree_with_finite_differences():
    def f(y0, t, damping, size):
        return odeint(pendulum, y0, t, (damping, {"size": size, "pace": 2}), **TIGHT)

    assert ag.gradcheck(f, [STATE, TIMES, np.array(0.3), np.array(0.5)], order=1, eps=1e-4)


def test_gradients_of_a_linear_system_are_those_of_its_exponential():
    k = np.array([0.5, 1.5])
    slopes = gradient(lambda k: odeint(lambda y, t, k: -k * y, STATE, TIMES, (k,), **TIGHT), k)
    np.testing.assert_allclose(
        slopes, -STATE * np.sum(TIMES[:, None] * np.exp(-k * TIMES[:, None]), 0), rtol=1e-7
    )


def test_a_constant_slope_moves_the_state_along():
    y = gradient(lambda y: odeint(lambda y, t: np.array([2.0]), y, TIMES), [1.0])
    np.testing.assert_allclose(y, [4])


def test_what_can_not_be_differentiated_is_refused():
    x = ag.Tensor([1.0], requires_grad=True)
    z = odeint(lambda y, t, k: -k * y, x, TIMES, (0.5,))
    with pytest.raises(ag.GradientError, match="odeint_gradient: has no derivative"):
        ag.gradients(z.sum(), x, create_graph=True)
    with pytest.raises(TypeError, match="would lose it"):
        odeint(lambda y, t: -x * y, np.ones(1), TIMES)
    with pytest.raises(ValueError, match=r"odeint: .* received shapes \(2, 1\) and \(4,\)"):
        odeint(lambda y, t: -y, np.ones((2, 1)), TIMES)


def test_the_rest_is_scipys_own():
    assert quad is scipy.integrate.quad
