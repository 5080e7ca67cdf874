"""SciPy, as code written for HIPS autograd imports it: ``from autograd.scipy.stats import norm``.

What is differentiable here is listed in each module; every other name is SciPy's own function,
which takes plain arrays and refuses a Tensor that requires a gradient.
"""

from autograd.scipy import (
    integrate as integrate,
    linalg as linalg,
    signal as signal,
    special as special,
    stats as stats,
)
