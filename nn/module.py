"""`Parameter` and `Module`: a model is a tree of objects whose leaves are Tensors."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Self, SupportsIndex

import numpy as np
from numpy.typing import DTypeLike

import autograd as ag
from autograd import Tensor
from nn import hooks
from nn.functional.checks import printable
from nn.spellings import hint

__all__ = ["Module", "Parameter"]

Array = np.ndarray[Any, np.dtype[Any]]


def check_set_to_none(name: str, set_to_none: bool) -> None:
    """Refuse what PyTorch's keyword can ask for and is not here."""
    if not set_to_none:
        raise ValueError(
            f"{name}: set_to_none=False is not here, gradients become None; leave it out."
        )


class Parameter(Tensor):
    """A leaf Tensor that a `Module` finds among its attributes, so that it can be trained.

    Takes what `autograd.Tensor` takes, with ``requires_grad=True`` unless said otherwise.

    >>> Parameter([1.0, 2.0], dtype="float32")
    Parameter([1., 2.], dtype=float32, requires_grad=True)
    """

    __slots__ = ()

    def __init__(
        self,
        data: Any,
        requires_grad: bool = True,
        dtype: DTypeLike | None = None,
        copy: bool = True,
    ) -> None:
        super().__init__(data, requires_grad, dtype, copy)


class Mismatch(NamedTuple):
    """What ``load_state_dict(strict=False)`` passed over."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """A function with parameters: what every layer, loss and model is.

    A subclass assigns its parameters and submodules as plain attributes in ``__init__``, after
    ``super().__init__()``, and says in ``forward`` what it computes. They are found by their
    type, and named by the way that leads to them: ``"encoder.0.weight"``.

    ``training`` is True until `eval` is called, for layers that behave differently in training.

    Raises AttributeError for an attribute that is not there, with the names that are near to it.

    >>> import nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter([2.0, 3.0])
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> scale = Scale()
    >>> scale(np.array([10.0, 10.0])).tolist()
    [20.0, 30.0]
    >>> [name for name, _ in scale.named_parameters()]
    ['factor']
    >>> scale.facto
    Traceback (most recent call last):
        ...
    AttributeError: Scale.facto: there is no such attribute; near to it: factor.
    """

    training: bool
    _buffers: dict[str, bool]  # the names of the buffers -> whether they are saved
    _hooks: hooks.Hooks | None = None

    def __init__(self) -> None:
        self.training = True
        self._buffers = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`forward` of the same arguments, with the hooks around it."""
        if self._buffers:
            ag.checkpoint_state(self._snapshot, owner=self)
        if self._hooks is None:
            return self.forward(*args, **kwargs)
        return hooks.called(self, self._hooks, args, kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; each subclass defines it."""
        raise NotImplementedError(
            f"{type(self).__name__}: has no forward method; define forward(self, x)."
        )

    # ------------------------------------------------------------------ attributes

    def __setattr__(self, name: str, value: Any) -> None:
        held = self.__dict__
        if isinstance(value, (Parameter, Module)):
            if "_buffers" not in held:
                raise AttributeError(
                    f"{type(self).__name__}.{printable(name)}: can't be assigned yet; call "
                    "super().__init__() first in __init__."
                )
            self._buffers.pop(name, None)
        elif name in held.get("_buffers", ()):
            value = self._as_buffer(name, value)
        elif value is not None and isinstance(held.get(name), (Parameter, Module)):
            kind = "parameter" if isinstance(held[name], Parameter) else "module"
            raise TypeError(
                f"{type(self).__name__}.{printable(name)}: is a {kind}, and a "
                f"{type(value).__name__} in its place would silently end its training; assign a "
                f"{kind} or None, write `.data` to change values, or `del` it first."
            )
        elif hasattr(Module, name) and name not in ("training", "_hooks", "forward"):
            raise AttributeError(
                f"{type(self).__name__}.{printable(name)}: is a method, which a "
                f"{type(value).__name__} in its place would hide; call it, as in "
                f"`module.{name}()`, or choose another name."
            )
        elif name == "requires_grad":
            raise AttributeError(
                f"{type(self).__name__}.requires_grad: is no attribute of a module, received "
                f"{value!r:.40}; call `module.requires_grad_({bool(value)})`."
            )
        elif isinstance(value, (list, tuple, dict)):
            self._refuse_hidden(name, value)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._buffers.pop(name, None)

    if not TYPE_CHECKING:  # a checker then finds the typos too

        def __getattr__(self, name: str) -> Any:
            kind = type(self).__name__
            if hasattr(type(self), name):  # a property failed: show its own error
                return object.__getattribute__(self, name)
            if "_buffers" not in self.__dict__ and not name.startswith("__"):
                raise AttributeError(
                    f"{kind}.{printable(name)}: can't be looked up before super().__init__() was "
                    "called; call it first in __init__."
                )
            near = printable(hint(self, name))
            raise AttributeError(f"{kind}.{printable(name)}: there is no such attribute; {near}.")

    def _as_buffer(self, name: str, value: Any) -> Tensor | None:
        if value is None:
            return None
        tensor: Tensor = value if isinstance(value, Tensor) else Tensor(value)
        if tensor.requires_grad:
            raise ValueError(
                f"{type(self).__name__}.{printable(name)}: a buffer can't require a gradient, its "
                "history would grow with every step; assign x.detach(), or make it a Parameter."
            )
        return tensor

    def _refuse_hidden(self, name: str, value: Any) -> None:
        """Refuse a container whose parameters nobody would find and train."""
        found: set[int] | None = None
        for item in value.values() if isinstance(value, dict) else value:
            if isinstance(item, (Parameter, Module)):
                if found is None:
                    found = {id(m) for m in self.modules()} | {id(p) for p in self.parameters()}
                if id(item) not in found:
                    raise TypeError(
                        f"{type(self).__name__}.{printable(name)}: parameters inside a "
                        f"{type(value).__name__} are not found, so they would not be trained; use "
                        "Sequential, or assign each as an attribute of its own first."
                    )

    def register_buffer(self, name: str, value: Any, persistent: bool = True) -> None:
        """Keep a Tensor that is no parameter under this name, such as a running mean.

        What is assigned to that attribute later becomes a Tensor too. A buffer that is not
        `persistent` is left out of `state_dict`. `value` is an array, a Tensor or None.

        Raises ValueError for a value that requires a gradient, KeyError for a name that is taken.

        >>> module = Module()
        >>> module.register_buffer("mean", np.zeros(2))
        >>> module.mean
        Tensor([0., 0.], dtype=float64)
        >>> list(module.state_dict())
        ['mean']
        """
        if "_buffers" not in self.__dict__:
            raise AttributeError(
                f"{type(self).__name__}.register_buffer: can't be used yet; call "
                "super().__init__() first in __init__."
            )
        if not name.isidentifier() or (hasattr(self, name) and name not in self._buffers):
            raise KeyError(
                f"{type(self).__name__}.register_buffer: {name!r} is no name or is taken; choose "
                "another."
            )
        object.__setattr__(self, name, self._as_buffer(name, value))
        self._buffers[name] = persistent

    # ------------------------------------------------------------------ hooks

    def register_forward_pre_hook(self, hook: Callable[[Module, Any], Any]) -> ag.RemovableHandle:
        """Call ``hook(module, args)`` before each `forward`; what it returns replaces `args`.

        `args` is the tuple of positional arguments. The hook returns such a tuple, a single value
        in place of it, or None.

        >>> import nn
        >>> layer = nn.Identity()
        >>> with layer.register_forward_pre_hook(lambda module, args: args[0] * 2):
        ...     layer(3.0)
        6.0
        """
        return self._register("forward_pre", hook)

    def register_forward_hook(self, hook: Callable[[Module, Any, Any], Any]) -> ag.RemovableHandle:
        """Call ``hook(module, args, output)`` after each `forward`; what it returns is the output.

        None leaves the output as it is.

        >>> import nn
        >>> model = nn.Sequential(nn.Flatten(), nn.ReLU())
        >>> seen = []
        >>> handle = model[0].register_forward_hook(lambda module, args, z: seen.append(z.shape))
        >>> _ = model(np.ones((5, 2, 2)))
        >>> seen
        [(5, 4)]
        """
        return self._register("forward", hook)

    def register_full_backward_hook(
        self, hook: Callable[[Module, Any, Any], Any]
    ) -> ag.RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` in each backward pass through the module.

        Both are tuples: the cotangents of the positional arguments (None for what no gradient
        flows to; all None if it flows to none) and of the output or outputs, those in
        containers one after the other. What the hook returns replaces `grad_input`; None leaves it
        as it is. An error in a hook leaves every ``.grad`` and the tape as they were. While there
        is such a hook, what `forward` does to an argument in place (``x += 1``) stays inside.

        >>> import nn, autograd as ag
        >>> layer = nn.Linear(2, 1)
        >>> x = ag.tensor(np.ones((3, 2), "float32"), requires_grad=True)
        >>> show = lambda module, inputs, outputs: print(inputs[0].shape, outputs[0].shape)
        >>> with layer.register_full_backward_hook(show):
        ...     layer(x).sum().backward()
        (3, 2) (3, 1)
        """
        return self._register("full_backward", hook)

    def _register(self, kind: str, hook: Any) -> ag.RemovableHandle:
        if not callable(hook):
            raise TypeError(
                f"{type(self).__name__}.register_{kind}_hook: takes a function, received a "
                f"{type(hook).__name__}."
            )
        if self._hooks is None:
            object.__setattr__(self, "_hooks", hooks.none())
        assert self._hooks is not None
        return ag.RemovableHandle(self._hooks[kind], hook)

    def _snapshot(self) -> Callable[[], AbstractContextManager[None]]:
        """The buffers and the mode now, for the second run of a checkpoint."""
        held = self.__dict__
        values = {name: held[name].numpy() for name in self._buffers if held[name] is not None}
        then = {"training": self.training, **values}

        @contextmanager
        def again() -> Iterator[None]:
            now = {name: held[name] for name in then}
            held.update(then | {name: Tensor(value) for name, value in values.items()})
            try:
                yield
            finally:
                held.update(now)

        return again

    # ------------------------------------------------------------------ what is inside

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules that are attributes of this one, with the attribute's name; each once."""
        seen = set()
        for name, value in self.__dict__.items():
            if isinstance(value, Module) and value not in seen:
                seen.add(value)
                yield name, value

    def children(self) -> Iterator[Module]:
        """The modules that are attributes of this one; each once."""
        return (module for _, module in self.named_children())

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module (named ``""``) and all inside it, parents first; each once.

        >>> import nn
        >>> [name for name, _ in nn.Sequential(nn.Sequential(nn.ReLU())).named_modules()]
        ['', '0', '0.0']
        """
        seen = set()
        stack = [("", self)]
        while stack:
            name, module = stack.pop()
            if module not in seen:
                seen.add(module)
                yield name, module
                inside = [(_join(name, child), value) for child, value in module.named_children()]
                stack += reversed(inside)

    def modules(self) -> Iterator[Module]:
        """This module and all inside it, parents first; each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """The parameters here and in all modules inside; a shared one under its first name only."""
        return self._named(lambda module, name, value: isinstance(value, Parameter))

    def parameters(self) -> Iterator[Parameter]:
        """The parameters here and in all modules inside; a shared one once."""
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """The buffers here and in all modules inside; a shared one under its first name only."""
        return self._named(
            lambda module, name, value: name in module._buffers and value is not None
        )

    def buffers(self) -> Iterator[Tensor]:
        """The buffers here and in all modules inside; a shared one once."""
        return (buffer for _, buffer in self.named_buffers())

    def _named(self, chosen: Callable[[Module, str, Any], bool]) -> Iterator[tuple[str, Any]]:
        seen = set()
        for path, module in self.named_modules():
            for name, value in list(module.__dict__.items()):
                if chosen(module, name, value) and id(value) not in seen:
                    seen.add(id(value))
                    yield _join(path, name), value

    # ------------------------------------------------------------------ saving and loading

    def _state(self) -> Iterator[tuple[str, Tensor]]:
        """What is saved: shared modules and Tensors under every name that leads to them."""
        around: set[Module] = set()  # the modules on the path; one that holds itself ends there
        leaving = object()
        stack: list[tuple[Any, Module]] = [("", self)]
        while stack:
            path, module = stack.pop()
            if path is leaving:
                around.remove(module)
            elif module not in around:
                around.add(module)
                held = module.__dict__
                own = [name for name, value in held.items() if isinstance(value, Parameter)]
                own += [n for n, saved in module._buffers.items() if saved and held[n] is not None]
                for name in own:
                    yield _join(path, name), held[name]
                inside = [(_join(path, n), v) for n, v in held.items() if isinstance(v, Module)]
                stack += [(leaving, module), *reversed(inside)]

    def state_dict(self) -> dict[str, Array]:
        """The values of all parameters and persistent buffers: name -> a copy as an array.

        The names are PyTorch's.

        >>> import nn
        >>> {name: value.shape for name, value in nn.Linear(3, 2).state_dict().items()}
        {'weight': (2, 3), 'bias': (2,)}
        """
        return {name: value.numpy() for name, value in self._state()}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> Mismatch:
        """Write the values of `state` (name -> array) into the parameters and buffers of that name.

        Everything is checked before anything is written. Values are converted to the dtype of
        their place, where NumPy calls that ``same_kind``. With ``strict=False``, names that are
        missing in `state` or unexpected there are passed over and returned.

        Raises ValueError that lists everything missing, unexpected, or of the wrong shape or
        dtype; TypeError for a `state` that is no mapping.

        >>> import nn
        >>> nn.Linear(2, 1).load_state_dict({"weight": np.ones((1, 3)), "scale": 1.0})
        Traceback (most recent call last):
            ...
        ValueError: Linear.load_state_dict: missing: bias, unexpected: scale, wrong: weight has ...
        """
        kind = type(self).__name__
        if not isinstance(state, Mapping):
            raise TypeError(
                f"{kind}.load_state_dict: received a value of type {type(state).__name__}; give a "
                "dict of names and arrays, as state_dict() returns it."
            )
        places = dict(self._state())
        missing = [name for name in places if name not in state]
        unexpected = [name for name in state if name not in places]
        values = {}
        wrong = []
        for name, value in state.items():
            if name in places:
                try:
                    array = value.numpy() if isinstance(value, Tensor) else np.asarray(value)
                    values[name] = array.copy()
                except ValueError:
                    wrong.append(f"{name} is no array in the state")
        for name, value in values.items():
            place = places[name]
            if value.shape != place.shape:
                wrong.append(f"{name} has shape {place.shape} here and {value.shape} in the state")
            elif not np.can_cast(value.dtype, place.dtype, "same_kind"):
                wrong.append(f"{name} has dtype {place.dtype} here and {value.dtype} in the state")
        problems = [
            f"{what}: {', '.join(map(str, names))}"
            for what, names in (
                ("missing", missing if strict else []),
                ("unexpected", unexpected if strict else []),
                ("wrong", wrong),
            )
            if names
        ]
        if problems:
            ignore = "" if wrong else " (strict=False passes over them)"
            raise ValueError(
                f"{kind}.load_state_dict: {printable(', '.join(problems))}, so nothing was "
                f"changed; load a state that this model saved{ignore}."
            )
        with ag.no_grad():
            for name, value in values.items():
                places[name][...] = value
        return Mismatch(missing, unexpected)

    # ------------------------------------------------------------------ for all that is inside

    def train(self, mode: bool = True) -> Self:
        """Set ``training`` here and in all modules inside; returns the module."""
        seen: set[Module] = set()
        stack: list[Module] = [self]
        while stack:
            module = stack.pop()
            if module in seen:
                continue
            seen.add(module)
            if module is self or getattr(module.train, "__func__", None) is Module.train:
                module.training = mode
                stack += reversed(list(module.children()))
            else:
                module.train(mode)  # one of its own, which keeps a part frozen
        return self

    def eval(self) -> Self:
        """``train(False)``: the module as it is used after training; returns it."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Train all parameters, or with False, freeze them; returns the module."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters: their ``.grad`` is None again.

        Raises ValueError for ``set_to_none=False``: there are no gradients of zeros here.
        """
        check_set_to_none(f"{type(self).__name__}.zero_grad", set_to_none)
        for parameter in self.parameters():
            parameter.zero_grad()

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call `function` with all modules inside, each once, and then with this one.

        What is inside a module comes before it. Returns the module.
        """
        seen: set[Module] = set()
        stack: list[tuple[Module, bool]] = [(self, False)]
        while stack:
            module, ready = stack.pop()
            if ready:
                function(module)
            elif module not in seen:
                seen.add(module)
                inside = [(child, False) for child in module.children()]
                stack += [(module, True), *reversed(inside)]
        return self

    # ------------------------------------------------------------------ copies

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """What pickle and copy ask for; RecursionError for a tree deeper than they can follow."""
        depth = 0
        seen: set[Module] = set()
        stack = [(self, 1)]
        while stack:
            module, level = stack.pop()
            if module not in seen:
                seen.add(module)
                depth = max(depth, level)
                inside = [(child, level + 1) for child in module.children()]
                stack += reversed(inside)  # in the order in which they are followed
        if 4 * (depth + 50) > sys.getrecursionlimit():  # four calls for each, and those around
            raise RecursionError(
                f"{type(self).__name__}: pickle and copy can't follow modules {depth} deep inside "
                "each other; keep the weights with nn.save or state_dict(), or nest less deeply."
            )
        return super().__reduce_ex__(protocol)

    # ------------------------------------------------------------------ as text

    def extra_repr(self) -> str:
        """What stands between the brackets of the repr, before the modules inside."""
        return ""

    def __repr__(self) -> str:
        from nn.tree import module_text

        return module_text(self)

    def _repr_html_(self) -> str:
        from nn.tree import module_html

        return module_html(self)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
