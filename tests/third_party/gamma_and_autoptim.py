"""autograd-gamma and autoptim: derivatives by finite differences, minima that are known."""

import autograd_gamma
import numpy as np
from autoptim import minimize

import autograd.numpy as anp
from autograd import elementwise_grad as egrad, grad

a, b, x = np.array([0.7, 2.5, 6.0]), np.array([1.5, 3.0, 0.8]), np.array([0.3, 0.55, 0.8])
FUNCTIONS = {
    "gammainc": (a, 5 * x),
    "gammaincc": (a, 5 * x),
    "gammaincln": (a, 5 * x),
    "gammainccln": (a, 5 * x),
    "gammaincinv": (a, x),
    "gammainccinv": (a, x),
    "betainc": (a, b, x),
    "betaincln": (a, b, x),
}


def summed(f, k, arguments):
    return lambda y: anp.sum(f(*arguments[:k], y, *arguments[k + 1 :]))


for name, arguments in FUNCTIONS.items():
    f = getattr(autograd_gamma, name)
    for k, argument in enumerate(arguments):
        ends = [f(*arguments[:k], argument + h, *arguments[k + 1 :]) for h in (1e-6, -1e-6)]
        expected = (ends[0] - ends[1]) / 2e-6
        np.testing.assert_allclose(
            egrad(f, k)(*arguments), expected, rtol=1e-5, err_msg=f"{name} {k}"
        )
        assert grad(summed(f, k, arguments))(2 * x[0]).shape == ()  # though it was broadcast


def rosenbrock(x, y):
    return 100 * (y - x**2) ** 2 + (1 - x) ** 2


def total(x):
    return anp.sum(rosenbrock(x[::2], x[1::2]))


best, _ = minimize(total, np.array([-1.0, 2.0, 0.5, 0.0]))
np.testing.assert_allclose(best, 1, atol=1e-4)
(one, other), _ = minimize(
    lambda x, y: anp.sum(rosenbrock(x, y)), [np.zeros(2), np.ones(2)], method="BFGS"
)
np.testing.assert_allclose([one, other], 1, atol=1e-4)
print("autograd-gamma and autoptim: as they should be")
