"""What layers and losses without parameters have in common."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from autograd import Tensor
from nn.functional.checks import described
from nn.module import Module

__all__ = ["Twin"]


class Twin(Module):
    """A function of `nn.functional` with its settings, which are attributes of the same names.

    A subclass names the function, and hands the settings to ``super().__init__``.

    Raises TypeError for an array in the place of a setting, unless it is a weight: it is the input,
    which the layer takes when it is called.
    """

    function: ClassVar[Callable[..., Any]]
    _settings: tuple[str, ...]

    def __new__(cls, *args: Any, **settings: Any) -> Self:
        """Refuse what is called in place of its instance."""
        inputs = [a for a in args if isinstance(a, (Tensor, np.ndarray)) and np.ndim(a)]
        takes_one = next(iter(signature(cls).parameters), "") == "weight"
        if len(inputs) > takes_one:
            raise TypeError(
                f"{cls.__name__}: received {', '.join(map(described, inputs))} where settings "
                f"belong; make it first and call it then, {cls.__name__}()(...)."
            )
        return super().__new__(cls)

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self._settings = tuple(settings)
        for name, value in settings.items():
            setattr(self, name, value)

    def _call(self, *inputs: Any) -> Any:
        settings = {name: getattr(self, name) for name in self._settings}
        return type(self).function(*inputs, **settings)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...  # the settings
