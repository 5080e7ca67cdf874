"""What all optimizers share: which parameters, and with which settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np

import autograd as ag
from autograd import Tensor
from nn.functional.checks import described, printable
from nn.module import Module, check_set_to_none

__all__ = ["Optimizer"]

Group = dict[str, Any]
State = dict[str, Any]

# Bytes of each array that all passes of an update go over before the next ones: they stay in the
# cache, so a pass costs its arithmetic and not the way to memory. (A second thread brought
# nothing: a pass over a block is too short to hand the interpreter over.)
BLOCK = 1 << 18

# Settings that are True or False; text such as "no" would be taken for True.
FLAGS = {"amsgrad", "centered", "decoupled_weight_decay", "maximize", "nesterov"}
# What the schedules keep in a group.
SCHEDULED = {"initial_lr", "max_lr", "min_lr", "max_momentum", "base_momentum"}
# Entries of PyTorch's groups that say how it computes, not what: its states load without them.
FOREIGN = {"foreach", "fused", "capturable", "differentiable"}


class Optimizer:
    """The parameters in groups, each with its settings; a subclass defines `check` and `update`.

    ``param_groups`` is a list of dicts: ``params`` and the settings, which may be changed at any
    time (``optimizer.param_groups[0]["lr"] = 0.01``). ``state`` holds, for each parameter, what
    the optimizer remembers.

    Parameters
    ----------
    params
        Leaf Tensors (``model.parameters()``), or dicts of ``params`` and settings that differ
        from the defaults.
    defaults
        The settings of the subclass with their values.

    Raises ValueError for no parameters, one that is given twice, one that is no leaf, or a
    setting out of range; TypeError for what is no Tensor or no setting.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        wrong = isinstance(params, (Module, Tensor, dict, str)) or not np.iterable(params)
        if wrong:
            remedy = (
                "give model.parameters()"
                if isinstance(params, Module)
                else "call it, model.parameters()"
                if callable(params)
                else "give an iterable, such as model.parameters() or [weight]"
            )
            raise TypeError(
                f"{self._name}: received {described(params)} in place of parameters; {remedy}."
            )
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, State] = {}
        given = list(params)
        if not given:
            raise ValueError(
                f"{self._name}: received no parameters; give model.parameters(), anew if that was "
                "gone over before."
            )
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    @property
    def _name(self) -> str:
        return type(self).__name__

    def add_param_group(self, group: Group) -> None:
        """Add parameters: a dict of ``params`` and the settings that differ from the defaults."""
        if not isinstance(group, dict) or "params" not in group:
            raise TypeError(
                f"{self._name}: a group must be a dict with the key 'params', received "
                f"{described(group)}."
            )
        params = group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        known = {p for other in self.param_groups for p in other["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                remedy = (
                    "parameters() in place of named_parameters()"
                    if isinstance(p, tuple)
                    else "model.parameters(), or Tensors that require a gradient"
                )
                raise TypeError(
                    f"{self._name}: received {described(p)} among the parameters; give {remedy}."
                )
            if p.dtype.kind != "f":
                raise TypeError(
                    f"{self._name}: a parameter must be floating-point, received {described(p)}."
                )
            if not p.is_leaf:
                raise ValueError(
                    f"{self._name}: a Tensor of shape {p.shape} is the result of an operation, and "
                    "only leaves can be changed; give what it was computed from."
                )
            if p in known:
                raise ValueError(
                    f"{self._name}: a parameter of shape {p.shape} is there twice and would be "
                    "updated twice; give it once."
                )
            known.add(p)
        for setting in group:
            if setting not in {"params", *self.defaults, *SCHEDULED}:
                raise TypeError(
                    f"{self._name}: there is no setting {setting!r}; give some of "
                    f"{', '.join(self.defaults)}."
                )
        settings = {**self.defaults, **group, "params": params}
        for setting in sorted(FLAGS & settings.keys()):
            if not is_flag(settings[setting]):
                raise TypeError(
                    f"{self._name}: {setting} must be True or False, received "
                    f"{described(settings[setting])}."
                )
        self.check(settings)
        self.param_groups.append(settings)

    def check(self, group: Group) -> None:
        """Raise ValueError if a setting of `group` is out of range."""
        raise NotImplementedError(f"{self._name}.check: is not there yet; define it.")

    def at_least_0(self, group: Group, *names: str) -> None:
        """Raise ValueError if a setting of these names is negative or no number."""
        for name in names:
            value = group[name]
            if not is_number(value) or not 0 <= value < np.inf:
                raise ValueError(
                    f"{self._name}: {name} must be a finite number of at least 0, received "
                    f"{described(value)}."
                )

    def pair(self, group: Group, name: str, rule: str, fits: Callable[[Any, Any], bool]) -> None:
        """Raise ValueError if the setting of that name is not two numbers that fit the rule."""
        value = group[name]
        numbers = np.iterable(value) and all(map(is_number, value))
        if not numbers or np.shape(value) != (2,) or not fits(*value):
            raise ValueError(
                f"{self._name}: {name} must be two numbers {rule}; received {described(value)}."
            )

    def update(self, p: Tensor, g: Any, group: Group) -> None:
        """Change `p` in place by its gradient `g`, a read-only array of the same shape and dtype.

        What is written into ``p.data`` is noticed if `p.data` is set afterwards, as
        ``p.data -= ...`` does.
        """
        raise NotImplementedError(f"{self._name}.update: is not there yet; define it.")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change each parameter that has a gradient.

        A `closure` is called first; it computes the gradients anew and returns the loss, which
        is then returned here.
        """
        loss = None
        if closure is not None:
            if not callable(closure):
                raise TypeError(
                    f"{self._name}.step: received {described(closure)} in place of a function; "
                    "call loss.backward() first, and then step()."
                )
            with ag.enable_grad():
                loss = closure()
        with ag.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        self.update(p, np.asarray(p.grad), group)
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters: their ``.grad`` is None again.

        Raises ValueError for ``set_to_none=False``: there are no gradients of zeros here.
        """
        check_set_to_none(f"{self._name}.zero_grad", set_to_none)
        for p in self._parameters():
            p.zero_grad()

    def __repr__(self) -> str:
        groups = [
            ", ".join(f"{k}={v}" for k, v in group.items() if k != "params")
            + f": {len(group['params'])} parameters"
            for group in self.param_groups
        ]
        return f"{self._name}({'; '.join(groups)})"

    # ------------------------------------------------------------------ what is remembered

    numbers: ClassVar[dict[str, float]] = {"step": 0}
    """The numbers that are remembered of a parameter, and what they start from."""

    def arrays(self, group: Group) -> dict[str, float | None]:
        """The arrays remembered of a parameter, and what they start from; None: not with these."""
        return {}

    def recall(self, p: Tensor, group: Group) -> tuple[State, list[Any]]:
        """What is remembered of `p`, and of that the arrays that are needed now.

        What is not there is made; its steps are counted here.
        """
        state = self.state.setdefault(p, dict(self.numbers))
        if "step" in state:
            state["step"] += 1
        needed = {name: v for name, v in self.arrays(group).items() if v is not None}
        for name, start in needed.items():  # in this order, so that files of it are the same
            if name not in state:
                state[name] = np.full_like(p.data, start)
        return state, [state[name] for name in needed]

    def state_dict(self) -> dict[str, Any]:
        """Copies of all that is remembered and of the settings, in PyTorch's layout.

        ``state`` has what is remembered of each parameter under its number, in the order in
        which they were given; ``param_groups`` has the settings, and these numbers as ``params``.
        """
        number = {p: i for i, p in enumerate(self._parameters())}
        return {
            "state": {number[p]: deepcopy(s) for p, s in self.state.items() if p in number},
            "param_groups": [
                {name: deepcopy(value) for name, value in group.items() if name != "params"}
                | {"params": [number[p] for p in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from where another optimizer of the same kind and the same parameters was.

        `state` is what `state_dict` returned, here or in PyTorch. It is copied; everything is
        checked before anything is changed.

        Raises ValueError for what doesn't fit the parameters here, TypeError for no such mapping.
        """
        try:
            groups = [dict(group, params=tuple(group["params"])) for group in state["param_groups"]]
            remembered = {i: dict(of_one) for i, of_one in state["state"].items()}
            {i for group in groups for i in group["params"]}  # numbers, or what can be a key
        except (AttributeError, LookupError, TypeError, ValueError):
            raise TypeError(
                f"{self._name}.load_state_dict: received {described(state)}, without 'state' and "
                "'param_groups'; give what state_dict() returned."
            ) from None
        sizes = [len(group["params"]) for group in self.param_groups]
        saved_sizes = [len(group["params"]) for group in groups]
        if saved_sizes != sizes:
            raise self._refusal(
                f"the state has groups of {saved_sizes} parameters, here they have {sizes}"
            )
        settings = [self._settings(group) for group in groups]
        places = {
            i: (p, new)
            for group, new, own in zip(groups, settings, self.param_groups, strict=True)
            for i, p in zip(group["params"], own["params"], strict=True)
        }
        for i in remembered:
            if i not in places:
                raise self._refusal(f"parameter {i!r} of the state is in none of its groups")
        states = {
            places[i][0]: self.restored(*places[i], of_one, f"parameter {i}")
            for i, of_one in remembered.items()
        }
        self.state = states
        for group, new in zip(self.param_groups, settings, strict=True):
            params = group["params"]
            group.clear()
            group.update(new, params=params)

    def restored(self, p: Tensor, group: Group, saved: State, where: str) -> State:
        """What is remembered of `p`, from a saved state; ValueError if it can't be that."""
        saved = {name: value for name, value in saved.items() if value is not None}
        arrays = self.arrays(group)
        wanted = {*self.numbers, *(name for name, start in arrays.items() if start is not None)}
        self._same_names(saved, wanted, {*self.numbers, *arrays}, where)
        state: State = {}
        for name, start in self.numbers.items():
            state[name] = type(start)(self._number(saved[name], f"{name} of {where}"))
        for name in arrays:
            if name in saved:
                state[name] = np.empty_like(p.data)
                state[name][...] = self._array(saved[name], p.shape, p.dtype, f"{name} of {where}")
        return state

    def _parameters(self) -> Iterator[Tensor]:
        return (p for group in self.param_groups for p in group["params"])

    def _settings(self, group: Group) -> Group:
        """The settings of a saved group, checked."""
        ours = {"params", *self.defaults}
        self._same_names(group, ours, ours | SCHEDULED | FOREIGN, "a group")
        for name in FOREIGN & group.keys():
            if group[name]:
                raise self._refusal(f"a group has {name}={group[name]!r}, which is not known here")
        settings = {k: deepcopy(v) for k, v in group.items() if k not in {"params", *FOREIGN}}
        self.check(settings)
        for name in sorted(FLAGS & settings.keys()):
            if not is_flag(settings[name]):
                raise self._refusal(
                    f"{name} is {described(settings[name])}, neither True nor False"
                )
        return settings

    def _same_names(self, saved: State, wanted: set[str], known: set[str], where: str) -> None:
        missing, unexpected = wanted - saved.keys(), saved.keys() - known
        if missing or unexpected:
            raise self._refusal(
                f"{where} lacks {', '.join(sorted(missing)) or 'nothing'} and has "
                f"{', '.join(sorted(map(str, unexpected))) or 'nothing'} that is not known here"
            )

    def _number(self, value: Any, what: str) -> Any:
        array = self._asarray(value, what)
        if array.size != 1 or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
            raise self._refusal(f"{what} is no finite number")
        return array.item()

    def _asarray(self, value: Any, what: str) -> Any:
        try:
            return np.asarray(value)
        except ValueError:  # lists of different lengths
            raise self._refusal(f"{what} is no array") from None

    def _array(self, value: Any, shape: tuple[int, ...], dtype: Any, what: str) -> Any:
        array = self._asarray(value, what)
        if array.shape != shape or not np.can_cast(array.dtype, dtype, "same_kind"):
            raise self._refusal(
                f"{what} is {array.dtype} {array.shape}, here it is {np.dtype(dtype)} {shape}"
            )
        return array

    def _refusal(self, problem: str) -> ValueError:
        return ValueError(
            f"{self._name}.load_state_dict: {printable(problem)}, so nothing was changed; load "
            "what the same optimizer of the same parameters saved."
        )

    # ------------------------------------------------------------------ the arithmetic

    def sweep(
        self, body: Callable[..., None], p: Tensor, g: Any, group: Group, arrays: Any, rooms: int
    ) -> None:
        r"""Call `body` with the parameter, the gradient to descend by, `arrays` and `rooms` more.

        These last ones are for intermediate results. All have the same shape, and all but the
        gradient may be written to, in place. It is called for one block of elements after the
        other, in any order.

        To the gradient, maximize and weight decay have been applied: it is
        :math:`\pm g + \lambda p`, or the parameter was shrunk by :math:`1 - \eta\lambda`.
        """
        data = p.data
        decay, shrink = float(group.get("weight_decay", 0)), 1.0
        if group.get("decoupled_weight_decay"):
            decay, shrink = 0.0, 1 - float(group["lr"]) * decay
        maximize = group.get("maximize")

        def prepared(x: Any, h: Any, *others: Any) -> None:
            *rest, room = others
            if shrink != 1:
                x *= shrink
            if decay:
                combine = np.subtract if maximize else np.add
                h = combine(np.multiply(x, decay, out=room), h, out=room)
            elif maximize:
                h = np.negative(h, out=room)
            body(x, h, *rest)

        for pieces in _blocks([data, g, *arrays], rooms + 1):
            prepared(*pieces)
        p.data = data


def _blocks(arrays: list[Any], rooms: int) -> Iterator[tuple[Any, ...]]:
    """Pieces of arrays of one shape and any layout, and room for intermediate results beside them.

    All but the second array may be written to, in place.
    """
    like = arrays[0]
    length = BLOCK // like.itemsize
    if like.size <= length:
        yield *arrays, *(np.empty_like(like) for _ in range(rooms))
        return
    free = np.empty((rooms, length), like.dtype)
    with np.nditer(
        arrays,
        flags=["external_loop", "buffered"],
        op_flags=[["readonly"] if i == 1 else ["readwrite"] for i in range(len(arrays))],
        order="K",
        buffersize=length,
    ) as iterator:
        for pieces in iterator:
            yield *pieces, *(free if len(pieces[0]) == length else free[:, : len(pieces[0])])


def is_flag(value: Any) -> bool:
    """Whether it is True or False, or a number that says so."""
    return is_number(value) and value in (0, 1)


def is_number(value: Any) -> bool:
    """Whether it can be compared with 0."""
    if isinstance(value, (list, tuple)):  # which need not be an array at all
        return False
    return np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iufb"
