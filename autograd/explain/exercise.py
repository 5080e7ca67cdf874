"""`exercise`: a function whose backward formulas are left to the reader, and are graded."""

from __future__ import annotations

import functools
import html
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.errors import GradientError, describe, printable
from autograd.explain import formulas
from autograd.explain.check import Report, check
from autograd.explain.look import shape_text
from autograd.explain.recorder import Tape
from autograd.explain.show import PLAIN
from autograd.explain.table import labels
from autograd.functions import softmax
from autograd.tensor import Tensor

if TYPE_CHECKING:
    from autograd.explain.entries import Entry

__all__ = ["Exercise", "exercise"]

Array = np.ndarray[Any, Any]


# What it takes to name the values in between: a function returns them all, the result last.
def _normalised(x: Any, gamma: Any, beta: Any, **over: Any) -> dict[str, Any]:
    mu = x.mean(**over)
    centred = x - mu
    var = (centred**2).mean(**over)
    std = np.sqrt(var + 1e-5)
    xhat = centred / std
    return {"mu": mu, "centred": centred, "var": var, "std": std, "xhat": xhat,
            "z": gamma * xhat + beta}  # fmt: skip


def _linear(x: Any, W: Any, b: Any) -> dict[str, Any]:
    return {"z": x @ W + b}


def _softmax(x: Any) -> dict[str, Any]:
    return {"z": softmax(x)}


def _cross_entropy(x: Any, y: Any) -> dict[str, Any]:
    p = softmax(x)
    losses = -(y * np.log(p)).sum(axis=1)
    return {"p": p, "losses": losses, "z": losses.mean()}


@dataclass(frozen=True)
class _Known:
    """An exercise that comes with inputs: the forward formula, and the shapes for n, d and k."""

    function: Callable[..., dict[str, Any]]
    forward: str
    shapes: Callable[[int, int, int], dict[str, tuple[int, ...]]]
    constants: tuple[str, ...] = ()


_NORMALISED = (
    "mu = x.mean({over}); centred = x - mu; var = (centred**2).mean({over}); "
    "std = sqrt(var + 1e-5); xhat = centred / std; z = gamma * xhat + beta"
)
_KNOWN = {
    "linear": _Known(
        _linear, "z = x @ W + b", lambda n, d, k: {"x": (n, d), "W": (d, k), "b": (k,)}
    ),
    "softmax": _Known(
        _softmax, "z = exp(x) / exp(x).sum(axis=-1, keepdims=True)", lambda n, d, k: {"x": (n, d)}
    ),
    "cross_entropy": _Known(
        _cross_entropy,
        "p = softmax(x); losses = -(y * log(p)).sum(axis=1); z = losses.mean()",
        lambda n, d, k: {"x": (n, d), "y": (n, d)},
        ("y",),
    ),
    "batch_norm": _Known(
        functools.partial(_normalised, axis=0),
        _NORMALISED.format(over="axis=0"),
        lambda n, d, k: {"x": (n, d), "gamma": (d,), "beta": (d,)},
    ),
    "layer_norm": _Known(
        functools.partial(_normalised, axis=1, keepdims=True),
        _NORMALISED.format(over="axis=1, keepdims=True"),
        lambda n, d, k: {"x": (n, d), "gamma": (d,), "beta": (d,)},
    ),
}
_SIZES = ((4, 3, 2), (5, 2, 4), (3, 3, 3))  # n, d, k; the first is shown
# What inputs of a function of which nothing is known may look like: shapes, and a range.
_SHAPES: dict[int, list[Callable[[int, int, int], list[tuple[int, ...]]]]] = {
    1: [lambda n, d, k: [(n, d)], lambda n, d, k: [(n, n)]],
    2: [
        lambda n, d, k: [(n, d), (d, k)],
        lambda n, d, k: [(n, d), (d,)],
        lambda n, d, k: [(n, n), (n, d)],
        lambda n, d, k: [(n,), (n,)],
    ],
    3: [lambda n, d, k: [(n, d), (d, k), (k,)], lambda n, d, k: [(n, d), (d,), (d,)]],
}
_RANGES = ((0.5, 1.5), (0.1, 0.9), (1.1, 2.0))


class Exercise:
    """A function ``z = f(x, ...)`` of which the backward formulas are asked for.

    Given ``g``, the gradient of some loss with respect to z, find the gradients with respect to
    the inputs. `grade` takes a formula for each, `hint` helps a step at a time, `solution` tells.

    ``inputs``  the values it is tried on, by name
    ``z``       the result
    ``g``       the gradient that comes in
    """

    def __init__(self, name: str, forward: list[str], tapes: list[Tape]) -> None:
        self.name = name
        self._forward = forward
        self._tapes = tapes
        self._hints = 0
        tape = tapes[0]
        self.inputs: dict[str, Array] = {
            x.name: x.value for x in tape.inputs if x.name not in ("", "g")
        }
        self.z: Array = tape["z"].value
        self.g: Array = tape["g"].value
        self._asked = [x.name for x in tape.inputs if x.wants]

    def grade(self, **derived: Any) -> Report:
        """The report on your formulas, ``g_x=lambda g, y: g @ y.T`` for the gradient of x.

        The parameters of a formula are names of inputs, ``z`` the result, ``g`` the gradient that
        comes in, and ``g_name`` the gradient of a value in between. A wrong formula is shown on
        the first inputs that tell; a right one was right on all.

        Raises TypeError for a keyword that is no ``g_`` and a name.
        """
        names = ", ".join(f"g_{name}" for name in self._asked)
        if not derived or not all(key.startswith("g_") for key in derived):
            received = ", ".join(derived) or "nothing"
            raise TypeError(
                f"Exercise.grade: received {received}; give a formula for {names}, such as "
                f"grade(g_{self._asked[0]}=lambda g: ...)."
            )
        claims = {key[2:]: formula for key, formula in derived.items()}
        for tape in self._tapes:
            report = check(tape, claims)
            if not report:
                break
        return report

    def hint(self) -> str:
        """The next hint: first what goes in and out, then one step of the backward pass each."""
        hints = self._all_hints()
        k = min(self._hints, len(hints) - 1)
        self._hints += 1
        return hints[k]

    def solution(self) -> str:
        """All steps of the backward pass; ``g_x`` is the gradient with respect to x."""
        return "\n".join(self._steps())

    def _all_hints(self) -> list[str]:
        tape = self._tapes[0]
        shapes = "; ".join(
            f"g_{name} must have the shape of {name}, {shape_text(tape[name].shape)}"
            for name in self._asked
        )
        uses = dict.fromkeys(name for entry, i in self._ways() for name in _asked_by(entry, i))
        return [
            f"g has the shape of z, {shape_text(self.z.shape)}; {shapes}. Where a value was "
            "broadcast, its gradient is summed.",
            f"Beside g you need {', '.join(uses)}." if uses else "You need nothing but g.",
            *(
                f"Go back from z. {step}" if k == 0 else step
                for k, step in enumerate(self._steps())
            ),
            "That was the last hint.",
        ]

    def _ways(self) -> list[tuple[Entry, int]]:
        """The entries of the function, in the order of the backward pass, and their inputs."""
        tape = self._tapes[0]
        steps = tape.backward_pass().steps
        return [(c.entry, c.i) for entry, _, given in steps[2:] for c in given]

    def _steps(self) -> list[str]:
        ways = self._ways()
        into = [entry.inputs[i] for entry, i in ways]
        names = labels(self._tapes[0])
        return [
            f"{formulas.cotangent(to, labels=names)} {'=' if into.count(to) == 1 else '+='} "
            f"{formulas.contribution(entry, i, 'text', names, 'g' if entry.name == 'z' else None)}"
            f"      from {formulas.forward(entry, 'text', names)}"
            for (entry, i), to in zip(ways, into, strict=True)
        ]

    @property
    def _lines(self) -> list[str]:
        shapes = [f"{name} {shape_text(np.shape(x))}" for name, x in self.inputs.items()]
        asked = ", ".join(f"g_{name}" for name in self._asked)
        return [
            f"Exercise: the backward pass of {self.name}",
            *(f"  {line}" for line in self._forward),
            f"  with {', '.join(shapes)}; z {shape_text(self.z.shape)}",
            f"Given g, the gradient with respect to z, find {asked}:",
            f"  .grade({', '.join(f'g_{name}=lambda g: ...' for name in self._asked)})",
        ]

    def __repr__(self) -> str:
        return "\n".join(self._lines)

    def _repr_html_(self) -> str:
        first, *lines = self._lines
        return (
            f"<div class='{PLAIN}'><p style='margin:0 0 6px'>"
            f"<strong>{html.escape(first)}</strong></p>"
            "<pre style='margin:0;background:transparent;font-family:monospace'>"
            f"{html.escape(chr(10).join(lines))}</pre>"
            "</div>"
        )


def _asked_by(entry: Entry, i: int) -> list[str]:
    """The names of what a rule asks for."""
    named: dict[str, Any] = dict(zip(entry.primitive.inputs, entry.inputs, strict=False))
    named["z"] = entry
    asked = [named[name] for name in entry.needs(i) if name in named]
    return [value.name for value in asked if getattr(value, "name", "")]


def exercise(what: Any, *inputs: Any, **parameters: Any) -> Exercise:
    """Leaves the backward formulas of a function to you, and grades them.

    Parameters
    ----------
    what
        A function (NumPy's, of ``autograd``, or yours), a module, or a name: that of a function of
        ``autograd``, or one of "linear", "softmax", "cross_entropy", "batch_norm", "layer_norm",
        for which the values in between have names, too.
    *inputs
        Arrays to try it on; may be left out where something common will do. Names are those of the
        function's parameters; the parameters of a module are inputs, too.
    **parameters
        Keyword arguments of the function, such as ``axis=0``.

    Raises TypeError for something that can't be called or a name that is not known, ValueError
    where inputs are needed.

    >>> import numpy as np
    >>> task = exercise(np.matmul)
    >>> task
    Exercise: the backward pass of matmul
      z = x y
      with x (4, 3), y (3, 2); z (4, 2)
    Given g, the gradient with respect to z, find g_x, g_y:
      .grade(g_x=lambda g: ..., g_y=lambda g: ...)
    >>> task.grade(g_x=lambda g, y: g @ y.T, g_y=lambda g, x: g.T @ x)
    1 of 2 differs; look first at y.
      ✓ x  equal
      ✗ y  differs in shape: yours (2, 3), the tape's (3, 2)
             it is transposed
    """
    if isinstance(what, str) and what in _KNOWN and not inputs:
        known = _KNOWN[what]
        tapes = []
        for k, (n, d, m) in enumerate(_SIZES):
            arrays = {name: _random(shape, k) for name, shape in known.shapes(n, d, m).items()}
            tapes.append(_recorded(known.function, arrays, known.constants))
        return Exercise(what, known.forward.split("; "), tapes)
    function = _function(what)
    own = what if isinstance(what, str) else getattr(what, "__name__", type(what).__name__)
    name = printable(own)
    names = _names_of(function)
    run = functools.partial(function, **parameters)
    if inputs:
        arrays = {
            names[k] if k < len(names) else f"x{k + 1}": _array(x) for k, x in enumerate(inputs)
        }
        tapes = [_recorded(run, arrays, (), function)]
    else:
        tapes = _guessed(run, names, name, function)
    entries = [e for e in tapes[0].entries[:-2] if e.wants]
    labelled = labels(tapes[0])
    forward = [formulas.forward(entry, "text", labelled) for entry in entries]
    return Exercise(name, forward, tapes)


def _function(what: Any) -> Any:
    import autograd

    if isinstance(what, str):
        found = getattr(autograd, what, None) or getattr(autograd.linalg, what, None)
        if callable(found):
            return found
        raise TypeError(
            f"exercise: there is no function {what!r} in autograd; give the function itself, or "
            f"one of {', '.join(_KNOWN)}."
        )
    if not callable(what):
        raise TypeError(f"exercise: received {describe(what)}; give a function or its name.")
    return what


def _names_of(function: Any) -> list[str]:
    """The names of the parameters that are arrays: those without a default."""
    function = getattr(function, "forward", function)
    if isinstance(function, np.ufunc):
        return ["x", "y", "w"][: function.nin]
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ["x"]
    return [
        p.name for p in parameters
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]  # fmt: skip


def _guessed(run: Any, names: list[str], name: str, function: Any) -> list[Tape]:
    """Tapes of the function on whatever inputs it takes."""
    for shapes in _SHAPES.get(len(names), []):
        for low, high in _RANGES:
            tapes: list[Tape] = []
            for size in _SIZES:
                arrays = {
                    x: _random(shape, len(tapes), low, high)
                    for x, shape in zip(names, shapes(*size), strict=True)
                }
                try:
                    with np.errstate(all="ignore"):
                        tape = _recorded(run, arrays, (), function)
                except (ValueError, TypeError, IndexError, GradientError, np.linalg.LinAlgError):
                    break
                if not np.isfinite(tape["z"].value).all():
                    break
                tapes.append(tape)
            if len(tapes) == len(_SIZES):
                return tapes
    raise ValueError(
        f"exercise: could not guess inputs for {name}; give them: exercise({name}, x, ...)."
    )


def _random(shape: tuple[int, ...], seed: int, low: float = 0.5, high: float = 1.5) -> Array:
    return np.random.default_rng([seed, *shape]).uniform(low, high, shape)


def _array(x: Any) -> Array:
    array = np.array(x._data if isinstance(x, Tensor) else x)
    return array if array.dtype.kind == "f" else array.astype(float)


def _recorded(
    run: Callable[..., Any],
    arrays: dict[str, Array],
    constants: tuple[str, ...],
    module: Any = None,
) -> Tape:
    """A tape of the function and of a loss whose gradient with respect to z is random."""
    tensors = {x: Tensor(a, requires_grad=x not in constants) for x, a in arrays.items()}
    with Tape() as tape:
        result = run(*tensors.values())
        made = result if isinstance(result, dict) else {"z": result}
        z = made["z"]
        if not isinstance(z, Tensor) or z.is_leaf:
            raise TypeError(
                f"exercise: the function returned {describe(z)}; it must compute one array from "
                "its inputs."
            )
        g = Tensor(np.random.default_rng(1).uniform(0.5, 1.5, z.shape).astype(z.dtype))
        loss = (z * g).sum()
    parameters = getattr(module, "named_parameters", dict)
    for x, parameter in dict(parameters()).items():
        tensors[x.replace(".", "_")] = parameter
    named = {tape.at(value): name for name, value in {**made, **tensors, "z": z, "g": g}.items()}
    for value in [*tape.inputs, *tape.entries]:
        if value in named:
            value._names = {named[value]: -1000}
        elif value.name in named.values():
            value._names = {}  # a variable inside the function
    tape.backward_pass(loss)
    return tape
