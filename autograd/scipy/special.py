"""``autograd.special``, and for plain arrays everything else that ``scipy.special`` has."""

from typing import Any

import scipy.special

from autograd.special import *  # noqa: F403


def __getattr__(name: str) -> Any:
    return getattr(scipy.special, name)
