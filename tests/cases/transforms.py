"""What is recorded as one entry and run again."""

from __future__ import annotations

import numpy as np

from autograd import checkpoint
from cases.kit import one


def two(x, y):
    return np.tanh(x * np.sin(y)), x + y


CASES = [
    one("checkpoint", checkpoint(lambda x: np.sum(np.tanh(x) ** 2)), [(2, 3)], alone=False),
    one("checkpoint", checkpoint(two), [(2, 3), (3,)], alone=False),
]
