"""Names that mean harm, and everything of this project that shows a name to a person."""

from __future__ import annotations

import functools
import linecache
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import autograd as ag
import nn
from nn.svg import curves

# As long as the hostile ones, so that nothing is left out of one picture and not of the other.
HARMLESS = "a harmless name, quite a few words long"

# What each tries to become.
NAMES = {
    "script": "</script><script>window.__pwned=1</script>",
    "handler": "<img src=x onerror='window.__pwned=1'>",
    "attribute": "\" onload=window.__pwned=1 autofocus onfocus='window.__pwned=1' x=\"",
    "quotes": "'\"`${window.__pwned=1}\\'\\\"",
    "svg": "</title></svg><svg onload=window.__pwned=1><a xlink:href='javascript:window.__pwned=1'>x",
    "cdata": "]]><b>&amp;&#60;&bogus;<![CDATA[<?php ?>",
    "comment": "--><!-- <!DOCTYPE html> </style></pre></table></details>",
    "link": "<a href=javascript:window.__pwned=1>x</a> javascript:alert(1) http://evil.test/x",
    "latex": r"$\href{javascript:window.__pwned=1}{x}$ \(y\) \unicode{60} $$\require{html}$$ }{^_%#~",
    "record": "{a|<p>b}\\N\\G\\l\\n<table><tr><td>\">; subgraph x {",
    "terminal": "a\x1b[2J\x1b]0;owned\x07\r0000  forged\n0001  forged\t\x08\x7f\x9b31m",
    "unseen": "a\u202eevil\u2066\u200b\ufeff\u2028b\x85c",
    "half": "a\x00b\ud83d\udc00\ufffe\U000e0001",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301 \u05d0\u05d1 \ue000",
    "json": '","__proto__":{"x":1},"a":"\\u003c/script\\u003e',
    "format": "%s %(x)s {0} {name!r} {{",
    "long": "a long name " * 400,
}  # fmt: skip


def as_type(name: str) -> str:
    """As much of a name as Python lets a class or a function have."""
    text = name.replace("\0", "").encode(errors="ignore").decode()
    return f"n{text}" if text[:1] in "_<" else text


class Said:
    """An object that says of itself what it likes."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


@functools.cache
def noted() -> Any:
    """An operation that takes a setting."""
    return ag.primitive(
        lambda x, /, text: x * 1, name="noted", x=lambda g: g, tex=r"\mathrm{{noted}}({x})"
    )


def called(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function under another name, also for those who look at its code."""
    function.__code__ = function.__code__.replace(co_name=name)
    function.__name__ = name
    return function


def model_of(name: str) -> Any:
    """A model whose class, attributes and texts all have the name."""

    class Layer(nn.Linear):
        def extra_repr(self) -> str:
            return name

    Layer.__name__ = as_type(name)
    model = nn.Sequential()
    setattr(model, name, Layer(2, 2))
    model.own = type(as_type(name), (nn.Module,), {"forward": lambda self, x: np.tanh(x)})()
    own = name.replace("\n", " ")  # (a text of one's own may have several lines)
    model.said = type(
        "Said", (nn.Module,), {"forward": lambda _, x: x, "__repr__": lambda _: own}
    )()
    setattr(model[0], name, nn.Parameter(np.ones(2, "float32")))
    return model


LINE = "made[key] = help(model(held[key]) * number[key])"


def recorded(name: str, bad: bool = False) -> tuple[Any, Any, Any]:
    """A tape with the name wherever one can stand: (the tape, the loss, the names of its values).

    The line of code is in a file of that name and has it as a comment.
    """
    nn.random.generator.bit_generator.state = np.random.default_rng(0).bit_generator.state
    model = model_of(name)
    x = ag.tensor(np.ones((3, 2), "float32"), requires_grad=True)
    note = noted()
    helped = called(as_type(name), lambda x: note(x, text=name) + note(x, text=Said(name)))
    path = f"/somewhere/{as_type(name)}.py"
    text = f"{LINE}  # {name}"
    linecache.cache[path] = (len(text), None, [text + "\n"], path)
    held = {name: x}
    scope = {
        "made": {}, "held": held, "model": model, "key": name, "help": helped,
        "number": {name: ag.tensor(np.ones(2, "float32"))}, name: x,
    }  # fmt: skip
    with ag.Tape() as tape:
        exec(compile(LINE, path, "exec"), scope)
        result = scope["made"][name]
        loss = {f"L {name}": (np.log(result - 9) if bad else result * result).sum()}
        loss[f"L {name}"].backward()
        held[name + " again"] = result  # under a second name
    return tape, loss[f"L {name}"], scope


def told(error: type[Exception], call: Callable[[], Any]) -> str:
    """What an error says."""
    try:
        call()
    except error as caught:
        return str(caught.args[0])
    raise AssertionError("no error")


def texts(name: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Everything that is printed to a person."""
    tape, loss, scope = recorded(name)
    model, x = scope["model"], scope["held"][name]
    yield "tape", str(tape)
    for k, entry in enumerate(tape):
        yield f"entry {k}", repr(entry)
    for k, value in enumerate(tape.inputs):
        yield f"input {k}", repr(value)
    yield "memory", repr(tape.memory())
    yield "broadcasts", repr(tape.broadcasts())
    yield "pass", repr(tape.passes[0])
    yield "steps", str(tape.step())
    yield "eager", str(tape.step(order="eager"))
    yield "stepper", repr(tape.step())
    yield "step", str(tape.step()[0])
    yield "paths", repr(tape.paths(x))
    yield "path", repr(tape.paths(x)[0])
    yield "through", repr(tape.paths(x).through(scope["made"][name]))
    yield "report", repr(tape.check({x: np.ones(3), loss: 1.0, scope["made"][name]: 2.0}))
    yield "verdict", repr(tape.check({x: np.ones(3)})[0])
    yield "derivation", tape.derive(x).text
    yield "shapes", tape.derive(x, shapes=True).text
    yield "rule", ag.rule(tape[-1]).text
    yield "drawing", repr(tape.draw())
    task = ag.exercise(called(as_type(name), lambda x: np.sin(x) * 2), np.ones(2))
    yield "exercise", repr(task)
    yield "hint", "".join(task.hint() for _ in range(4))
    yield "solution", task.solution()
    yield "grade", repr(task.grade(g_x=lambda g: g))
    yield "module", repr(model)
    yield "summary", repr(nn.summary(model, (3, 2)))
    history = nn.History({name: [1.0, 2.0], "loss": [1.0, 2.0]})
    yield "history", repr(history)
    yield "picture", repr(history.plot())
    parameters = nn.ParameterDict()
    setattr(parameters, name, nn.Parameter(np.ones(2)))
    yield "parameters", repr(parameters)


def errors(name: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Messages that tell a name."""
    tape, _, scope = recorded(name)
    model, x = scope["model"], scope["held"][name]
    state = model.state_dict()
    yield "missing", told(ValueError, lambda: model.load_state_dict({}))
    yield "unexpected", told(ValueError, lambda: model.load_state_dict(state | {f"{name}.x": 1.0}))
    wrong = {key: np.ones(7) for key in state}
    yield "wrong", told(ValueError, lambda: model.load_state_dict(wrong))
    yield "no such name", told(KeyError, lambda: tape[f"{name} none"])
    yield "no such name to check", told(KeyError, lambda: tape.check({f"{name} none": 1.0}))
    yield "not derived", told(ag.GradientError, lambda: tape.derive(scope["number"][name]))
    yield "given twice", told(ValueError, lambda: tape.check({x: 1.0, tape.at(x).label: 1.0}))
    yield "no gradient", told(ag.GradientError, lambda: tape.check({scope["number"][name]: 1.0}))
    yield "no path", told(ag.GradientError, lambda: tape.paths(x).through(model[0].bias))
    yield "no element", told(IndexError, lambda: tape.paths(x).at(7))
    yield "formula", told(KeyError, lambda: tape.check({x: lambda nothing: nothing}))
    yield "no numbers", told(TypeError, lambda: tape.check({x: name}))
    yield "not drawn", told(ag.GradientError, lambda: tape.draw(x))
    yield "of a function", told(TypeError, lambda: ag.rule(called(as_type(name), lambda x: x)))
    yield "of an object", told(TypeError, lambda: ag.derive(Said(name), x))
    yield "no rule", told(TypeError, lambda: ag.rule(name))
    yield "no exercise", told(TypeError, lambda: ag.exercise(name))
    yield "not a mode", told(ValueError, lambda: tape.step(order=name))
    yield (
        "no such file",
        told(ValueError, lambda: tape.draw().save(folder / f"x.{as_type(name)[-9:]}")),
    )
    yield "no item", told(KeyError, lambda: nn.ModuleDict()[name])
    yield "no attribute", told(AttributeError, lambda: getattr(model, f"{name} none"))
    yield "a list", told(TypeError, lambda: setattr(model, f"{name} list", [nn.Linear(1, 1)]))
    yield "in place", told(TypeError, lambda: setattr(model, name, 1.0))
    yield "no activation", told(ValueError, lambda: nn.RNN(2, 2, nonlinearity=name))
    yield "no reduction", told(ValueError, lambda: nn.MSELoss(reduction=name))
    yield "a metric", told(ValueError, lambda: nn.evaluate(model, nn.MSELoss(), [], [Said(name)]))
    kept = folder / "kept.safetensors"
    nn.save_checkpoint(kept, **{name: 1} if name.isprintable() else {}, x=1)
    yield "no part", told(KeyError, lambda: nn.load_checkpoint(kept, nothing=model))

    def anomaly() -> None:
        with ag.detect_anomaly():
            recorded(name, bad=True)

    yield "anomaly", told(ag.AnomalyError, anomaly)


def of_a_variable(name: str) -> str:
    """A message of the engine that tells what the user calls a value."""
    x = ag.tensor(np.ones(2), requires_grad=True)

    def write() -> None:
        with ag.no_grad():
            x[...] = 0

    scope = {"squared": lambda: x * x, "write": write}
    steps = "y = squared().sum()\nwrite()\ny.backward()"
    return told(ag.GradientError, lambda: exec(steps, scope, {name: x}))


def pages(name: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Everything that is HTML."""
    tape, loss, scope = recorded(name)
    model, x = scope["model"], scope["held"][name]
    yield "tensor", x._repr_html_()
    yield "of a class", type(as_type(name), (ag.Tensor,), {})([1.0])._repr_html_()
    yield "result", loss._repr_html_()
    yield "parameter", model[0].weight._repr_html_()
    yield "tape", tape._repr_html_()
    for k, entry in enumerate(tape):
        yield f"entry {k}", entry._repr_html_()
    for k, value in enumerate(tape.inputs):
        yield f"input {k}", value._repr_html_()
    yield "memory", tape.memory()._repr_html_()
    yield "broadcasts", tape.broadcasts()._repr_html_()
    yield "stepper", tape.step()._repr_html_()
    yield "eager", tape.step(order="eager")._repr_html_()
    yield "steps in a file", tape.step().save(folder / "steps.html").read_text("utf-8")
    yield "paths", tape.paths(x)._repr_html_()
    yield "through", tape.paths(x).through(scope["made"][name])._repr_html_()
    yield "report", tape.check({x: np.ones(3), loss: 1.0, scope["made"][name]: 2.0})._repr_html_()
    derivation = tape.derive(x)
    yield "derivation", derivation._repr_mimebundle_()["text/html"]
    yield "formulas", derivation.mathml
    yield "shapes", tape.derive(x, shapes=True).mathml
    yield "rule", ag.rule(tape[-1])._repr_mimebundle_()["text/html"]
    yield "drawing", tape.draw()._repr_mimebundle_()["text/html"]
    yield "drawing in a file", tape.draw().save(folder / "graph.html").read_text("utf-8")
    yield "folded", tape.draw(level="modules")._repr_mimebundle_()["text/html"]
    task = ag.exercise(called(as_type(name), lambda x: np.sin(x) * 2), np.ones(2))
    yield "exercise", task._repr_html_()
    yield "module", model._repr_html_()
    yield "summary", nn.summary(model, (3, 2))._repr_html_()
    history = nn.History({name: [1.0, 2.0], "loss": [1.0, 2.0]})
    history.interrupted = True
    yield "history", history._repr_html_()
    yield "curves", curves({name: history, "other": history})._repr_html_()


def pictures(name: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Everything that is SVG."""
    tape, _, _ = recorded(name)
    for level in ("ops", "modules", 1):
        yield f"drawing of {level}", tape.draw(level=level).svg
    yield "drawing in a file", tape.draw().save(folder / "graph.svg").read_text("utf-8")
    yield "drawing in a notebook", tape.draw()._repr_mimebundle_()["image/svg+xml"]
    history = nn.History({name: [1.0, 2.0], "loss": [1.0, 2.0]})
    yield "history", history._repr_svg_()
    runs = curves({name: history, "other": history})
    runs.save(folder / "curves.svg")
    yield "curves", (folder / "curves.svg").read_text("utf-8")
