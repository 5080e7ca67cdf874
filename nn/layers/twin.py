"""What layers and losses without parameters have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from nn.module import Module

__all__ = ["Twin"]


class Twin(Module):
    """A function of `nn.functional` with its settings, which are attributes of the same names.

    A subclass names the function, and hands the settings to ``super().__init__``.
    """

    function: ClassVar[Callable[..., Any]]
    _settings: tuple[str, ...]

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
