"""``autograd.linalg``, and for plain arrays everything else that ``scipy.linalg`` has."""

from typing import Any

import scipy.linalg

from autograd.linalg import *  # noqa: F403


def __getattr__(name: str) -> Any:
    return getattr(scipy.linalg, name)
