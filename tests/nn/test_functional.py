"""Functions against closed forms in float64."""

import numpy as np
import pytest

import autograd as ag
from nn import functional

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
