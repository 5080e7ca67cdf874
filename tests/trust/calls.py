"""One call of the fuzzer: made from a seed and a number, run here and in NumPy, and judged.

`examine` gives what was seen; `fuzz` many calls in a process of its own, so that a crash or a
hang in C ends that process and not the tests.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import re
import signal
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import grammar
import numpy as np
import scipy.linalg
import scipy.special
from grammar import TENSORS, Maker, Operand, lay_out

import autograd as ag
import nn
from autograd.mode import get_mode
from nn import functional

SECONDS = 5  # for one call
START = 120  # for a process to begin, on a busy machine

# ------------------------------------------------------------------ what is called

TRANSFORMS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "grad": (lambda x: ag.grad(grammar.wave)(x), grammar.wave_slope),
    "elementwise_grad": (lambda x: ag.elementwise_grad(grammar.wave)(x), grammar.wave_slope),
    "value_and_grad": (
        lambda x: ag.value_and_grad(grammar.wave)(x),
        lambda x: (grammar.wave(grammar.as_floats(x)), grammar.wave_slope(x)),
    ),
    "checkpoint": (lambda x: ag.checkpoint(grammar.wave)(x), grammar.wave),
    "hvp": (lambda x: ag.hvp(grammar.wave)(x, np.ones(np.shape(x))), grammar.wave_bend),
    "vjp": (
        lambda x: ag.vjp(grammar.wave, x)[1](1.0)[0],
        grammar.wave_slope,
    ),
    "jvp": (
        lambda x: ag.jvp(grammar.wave, (x,), (np.ones(np.shape(x)),))[1],
        lambda x: np.sum(grammar.wave_slope(x)),
    ),
    "jacobian": (lambda x: ag.jacobian(grammar.wave)(x), grammar.wave_slope),
    "hessian": (lambda x: ag.hessian(grammar.wave)(x), grammar.wave_hessian),
    "gradients": (
        lambda x: (
            ag.gradients(grammar.wave(x), x, create_graph=True)[0]
            if isinstance(x, ag.Tensor)
            else grammar.wave_slope(x)
        ),
        grammar.wave_slope,
    ),
}

# What changes its first operand; the result to compare is that one.
IN_PLACE = {"put", "place", "putmask", "copyto", "fill_diagonal", "put_along_axis"}
IN_PLACE |= {f"Tensor.{name}" for name in ("put", "sort", "partition", "__setitem__")}
OPERATORS_IN_PLACE = {
    f"Tensor.__i{name}__" for name in ["add", "sub", "mul", "truediv", "pow", "matmul"]
}


def method(name: str) -> Callable[..., Any]:
    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        if name in ("detach", "numpy") and isinstance(x, np.ndarray):
            return x.copy()
        if name == "__round__" and isinstance(x, np.ndarray):
            return np.round(x, *args, **kwargs)
        found = getattr(x, name)
        result = found(*args, **kwargs) if callable(found) else found
        return list(result) if name == "__iter__" else result

    return call


@cache
def functions(name: str) -> tuple[list[Callable[..., Any]], Callable[..., Any]]:
    """The ways to call it on Tensors, and NumPy's (or its own on arrays, where there is none)."""
    group, _, short = name.rpartition(".")
    if name in TRANSFORMS:
        ours, theirs = TRANSFORMS[name]
        return [ours], theirs
    if group == "Tensor":
        return [method(short)], method(short)
    holder = {"": ag, "linalg": ag.linalg, "special": ag.special, "nn": functional}[group]
    ours = getattr(holder, short)
    for theirs in {
        "": [np],
        "linalg": [np.linalg, scipy.linalg],
        "special": [scipy.special],
        "nn": [],
    }[group]:
        if theirs is scipy.special and short in ("cbrt", "exp2", "expm1", "log1p"):
            theirs = np  # which are NumPy's here
        reference = getattr(theirs, short, None)
        if reference is not None:
            answers = isinstance(reference, np.ufunc) or theirs in (np, np.linalg)
            if theirs is scipy.special:
                reference = grammar.OF_SCIPY.get(short, reference)
            return ([ours, reference] if answers else [ours]), reference
    return [ours], ours


# ------------------------------------------------------------------ one call


@dataclass
class Call:
    """What is called, with which arguments, and whether it is out of the ordinary."""

    number: int
    name: str
    args: list[Any]
    kwargs: dict[str, Any]
    way: int
    recording: bool
    strange: bool
    rng: np.random.Generator

    def odd_and_plain(self) -> bool:
        """Whether no Tensor is there: what odd arguments then mean is not for the engine to say."""
        return self.strange and not any(
            o.form in TENSORS for o in operands([self.args, self.kwargs])
        )

    def __str__(self) -> str:
        words = [repr(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.kwargs.items()]
        way = ("", " through NumPy")[self.way]
        return f"{self.name}({', '.join(words)}){way}{'' if self.recording else ' in no_grad'}"


def operands(value: Any) -> Iterator[Operand]:
    """The operands in arguments, in lists and tuples too."""
    if isinstance(value, Operand):
        yield value
    elif isinstance(value, dict):
        yield from operands(list(value.values()))
    elif type(value) in (list, tuple):
        for part in value:
            yield from operands(part)


def lowered(value: Any, hand: Callable[[Operand], Any]) -> Any:
    """The arguments with what is handed over in place of operands."""
    if isinstance(value, Operand):
        return hand(value)
    if isinstance(value, dict):
        return {k: lowered(v, hand) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(lowered(v, hand) for v in value)
    return value


NAMES = sorted(grammar.SHAPED)


def make(seed: int, number: int, names: list[str] = NAMES) -> Call:
    """The call of that number: always the same."""
    rng = np.random.default_rng([seed, number])
    name = names[number % len(names)]
    c = Maker(rng, wild=rng.random() < 0.3)
    strange = c.wild
    args, kwargs = grammar.SHAPED[name](c)
    args, kwargs = list(args), dict(kwargs)
    if not any(o.form in TENSORS for o in operands([args, kwargs])):
        for o in operands([args, kwargs]):  # whose reductions have other shapes, also NumPy's own
            o.form = "array" if o.form in ("matrix", "masked") else o.form
    if rng.random() < 0.2:
        strange = True
        what = rng.integers(10)
        if what == 0:
            kwargs[c.pick(["out", "where", "dtype", "bogus", "axis", "order", "subok"])] = c.pick(
                grammar.STRANGE
            )()
        elif what == 1:
            args.append(c.pick(grammar.STRANGE)())
        elif what == 2:
            args.pop()
        elif what < 6 and kwargs:
            kwargs[c.pick(list(kwargs))] = c.pick(grammar.STRANGE)()
        elif args and name not in grammar.SLOW:
            args[c.size(0, len(args) - 1)] = c.pick(grammar.STRANGE)()
    way = int(rng.integers(len(functions(name)[0])))
    if name.startswith("Tensor."):
        if not args or not isinstance(args[0], Operand):
            args[:1] = [Operand(np.array([1.0, 2.0]), "leaf")]
        elif args[0].form not in TENSORS:
            args[0].form = "constant"
            if not isinstance(args[0].array, np.ndarray):
                args[0].array = np.array([1.0, 2.0])
    if name in IN_PLACE | OPERATORS_IN_PLACE and args and isinstance(args[0], Operand):
        leaf = args[0].form in ("leaf", "parameter", "reversed", "fortran")
        if leaf and rng.random() < 0.9:
            args[0].form = "recorded" if args[0].array.dtype.kind == "f" else "constant"
    return Call(number, name, args, kwargs, way, rng.random() < 0.9, strange, rng)


@dataclass
class Handed:
    """What an operand became: the object, what to look at for a change, and the leaf behind it."""

    operand: Operand
    value: Any
    leaf: Any = None


def handed(operand: Operand) -> Handed:
    a, form = operand.array, operand.form
    if form not in TENSORS:
        return Handed(operand, lay_out(a, form))
    floating = a.dtype.kind == "f"
    match form:
        case "leaf":
            t = ag.Tensor(a, requires_grad=floating)
        case "parameter" if floating:
            t = nn.Parameter(a)
        case "reversed" | "fortran":
            t = ag.Tensor(lay_out(a, form), requires_grad=floating, copy=False)
        case "shared":
            t = ag.Tensor(lay_out(a, "locked"), copy=False)
        case "recorded" | "spent" if floating:
            leaf = ag.Tensor(a, requires_grad=True)
            t = leaf * 1.0
            if form == "spent":
                t.backward(np.ones_like(a))
                leaf.grad = None
            return Handed(operand, t, leaf)
        case _:
            t = ag.Tensor(a)
    return Handed(operand, t, t if t.requires_grad else None)


def contents(value: Any) -> Any:
    """Something that changes if the values of an operand do."""
    array = value._data if isinstance(value, ag.Tensor) else value
    if isinstance(array, np.ndarray):
        return array.shape, array.dtype.str, bytes_of(array)
    return repr(array)


def bytes_of(array: Any) -> Any:
    """The values, bit by bit; of numbers with padding, as text."""
    array = np.array(array, subok=False)
    return str(array.tolist()) if array.dtype.itemsize == 16 else array.tobytes()


# ------------------------------------------------------------------ running it


class HangError(BaseException):
    """A call that took too long; no Exception, so that nothing catches it on the way."""


def _out_of_time(*_: Any) -> None:
    raise HangError


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, _out_of_time)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@dataclass
class Outcome:
    """A value or an exception, and the kinds of warnings on the way."""

    value: Any = None
    error: BaseException | None = None
    warned: frozenset[type[Warning]] = frozenset()


def attempt(function: Callable[[], Any]) -> Outcome:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        outcome = Outcome()
        try:
            with limited(SECONDS):
                outcome.value = function()
        except HangError as error:
            outcome.error = error
        except Exception as error:
            outcome.error = error
    outcome.warned = frozenset(w.category for w in seen)
    return outcome


def parts(value: Any) -> list[Any]:
    """The arrays of a result, in order."""
    if isinstance(value, (list, tuple)):
        return [part for item in value for part in parts(item)]
    return [value]


def plain(value: Any) -> Any:
    return value._data if isinstance(value, ag.Tensor) else value


def outline(value: Any) -> Any:
    """How a result is nested."""
    return [outline(v) for v in value] if isinstance(value, (list, tuple)) else None


# ------------------------------------------------------------------ what is right

WRONG_ARGUMENTS = (TypeError, ValueError, IndexError)  # AxisError and LinAlgError are among them


def differs(ours: Any, theirs: Any, scale: float, coarse: float) -> str:
    """How a result differs from NumPy's, if it does."""
    a, b = plain(ours), plain(theirs)
    if isinstance(a, str) or isinstance(b, str) or not (hasattr(a, "dtype") or hasattr(b, "dtype")):
        number = isinstance(a, (int, float, str))
        if type(a) is type(b) and (not number or a == b or a != a):
            return ""
        if not isinstance(a, (int, float)) or not isinstance(b, (int, float)):
            return f"is {a!r}, NumPy gives {b!r}"
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return f"has shape {a.shape}, NumPy's {b.shape}"
    if object in (a.dtype, b.dtype):
        return ""
    if a.dtype.newbyteorder("=") != b.dtype.newbyteorder("="):
        return f"has dtype {a.dtype}, NumPy's {b.dtype}"
    if a.dtype.kind not in "fc":
        same = np.array_equal(a, b) or a.tobytes() == b.tobytes()
        return "" if same else f"is {a!r}, NumPy gives {b!r}"
    with np.errstate(all="ignore"):
        near = (a == b) | (np.isnan(a) & np.isnan(b))
        eps = max(float(np.finfo(a.dtype).eps), coarse)
        finite = np.isfinite(b)
        largest = float(np.max(np.abs(b), where=finite, initial=scale))
        near |= np.isfinite(a) & finite & (np.abs(a - b) <= 500 * eps * largest)
    return "" if near.all() else f"is {a!r}, NumPy gives {b!r}"


@dataclass
class Verdict:
    """What became of one call: `kind` says how it ended, `findings` what is wrong with that."""

    kind: str
    findings: list[str] = field(default_factory=list)


NAMED = re.compile(r"^((?:np|scipy|autograd|Tensor)\.)?((?:[a-z]+\.)*)([a-z_0-9]+): ")


def names_another(message: str, name: str) -> str:
    """The operation that an error names, if it is none that was called."""
    found = NAMED.match(message)
    if not found:
        return ""
    said, short = found[3], name.rpartition(".")[2]
    same = said == short or getattr(ag, said, None) is getattr(ag, short, said)
    layer = "nn" if name.startswith("nn.") else ""
    parts_of_it = [grammar.ALSO_CALLED.get(key, ()) for key in (name, short, layer)]
    if same or short.startswith("__") or any(said in part for part in parts_of_it):
        return ""
    return said if said in grammar.SHORT_NAMES else ""


def examine(seed: int, number: int, names: list[str] = NAMES) -> Verdict:
    """Make a call, run it, and say what became of it."""
    call, again = make(seed, number, names), make(seed, number, names)
    ways, reference = functions(call.name)
    function = ways[call.way % len(ways)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = {id(o): handed(o) for o in operands([call.args, call.kwargs])}
    tensors = any(o.form in TENSORS for o in operands([again.args, again.kwargs]))

    def theirs_of(o: Operand) -> Any:
        a = lay_out(o.array, o.form)
        return np.array(a) if tensors and o.form in ("matrix", "file") else a

    def numpys() -> Any:
        if (
            call.name[7:] in grammar.SINGULAR
            and call.name.startswith("linalg.")
            and not finite(call)
        ):
            raise np.linalg.LinAlgError("takes finite numbers")
        args = lowered(again.args, theirs_of)
        kwargs = lowered(again.kwargs, theirs_of)
        result = reference(*args, **kwargs)
        return args[0] if call.name in IN_PLACE else result

    args = lowered(call.args, lambda o: table[id(o)].value)
    kwargs = lowered(call.kwargs, lambda o: table[id(o)].value)
    watched = [
        (h, contents(h.value))
        for k, h in enumerate(table.values())
        if not h.operand.buffer and not (in_place(call) and k == 0)
    ]

    def engines() -> Any:
        result = function(*args, **kwargs)
        return args[0] if call.name in IN_PLACE else result

    nn.random.seed(number)
    theirs = attempt(numpys)
    nn.random.seed(number)
    with nullcontext() if call.recording else ag.no_grad():
        before = get_mode()
        ours = attempt(engines)
        left = get_mode()
    seen: list[str] = []
    if left is not before:
        seen.append(f"left the recording mode at {left!r}")
    given = getattr(call.args[0], "form", "array") if call.args else "array"
    numpys_own = given not in TENSORS and "overwrite_input" in call.kwargs
    numpys_own |= call.name == "rollaxis" and call.way == 1  # does `start -= 1` to an array
    for h, content in watched if not (numpys_own or in_place(call)) else ():
        if contents(h.value) != content and h.value is not ours.value:  # given as `out`
            seen.append(f"changed its input {h.operand}")
    if isinstance(ours.error, HangError):
        if not isinstance(theirs.error, HangError):
            seen.append("hangs")
        return Verdict("hang", seen)
    if ours.error is not None:
        own = reference is ways[0] and not hasattr(np, call.name)
        return Verdict(type(ours.error).__name__, seen + _refusal(call, ours.error, theirs, own))
    if "takes finite numbers" in str(theirs.error):  # and a norm that needs no singular values
        return Verdict("result", seen)
    if theirs.error is not None:
        if not call.odd_and_plain() and not grammar.extended(call, theirs.error):
            error = f"{type(theirs.error).__name__}: {theirs.error}"
            seen.append(f"gives {ours.value!r} where NumPy refuses ({error})")
        return Verdict("extension", seen)
    seen += _warned(call, ours, theirs)
    seen += _values(call, ours.value, theirs.value)
    if not seen and call.name not in OPERATORS_IN_PLACE and tensors:
        handed_over = list(table.values())
        seen += _gradient(call, ours.value, ours.warned, handed_over, again, reference)
    return Verdict("result", seen)


def in_place(call: Call) -> bool:
    """Whether it may change its first operand; what is called odd may ask activations for that."""
    changes = call.name in IN_PLACE | OPERATORS_IN_PLACE
    return changes or (call.strange and call.name.startswith("nn."))


def _refusal(call: Call, error: BaseException, theirs: Outcome, own: bool) -> list[str]:
    text = f"{type(error).__name__}: {error}"
    if call.odd_and_plain():
        return []
    if theirs.error is None:
        arithmetic = (ZeroDivisionError, OverflowError)
        documented = isinstance(error, (*WRONG_ARGUMENTS, ag.GradientError, *arithmetic))
        if not documented or not grammar.refused(call, str(error)):
            return [f"refuses what NumPy computes ({text})"]
    elif not isinstance(error, (*WRONG_ARGUMENTS, OverflowError, ag.GradientError)) and (
        own or not isinstance(error, type(theirs.error))
    ):
        return [f"raises {text}; NumPy: {type(theirs.error).__name__}: {theirs.error}"]
    other = names_another(str(error), call.name)
    return [f"its error names `{other}` ({text})"] if other else []


def _warned(call: Call, ours: Outcome, theirs: Outcome) -> list[str]:
    new = frozenset() if call.odd_and_plain() else ours.warned - theirs.warned
    if call.name in grammar.WARNS_OF_THEM and not finite(call):
        new -= {RuntimeWarning}
    return [f"warns ({', '.join(sorted(w.__name__ for w in new))})"] if new else []


def finite(call: Call) -> bool:
    """Whether all numbers among the arguments are."""
    arguments = [call.args, list(call.kwargs.values())]
    numbers = [a for part in arguments for a in part if isinstance(a, (float, np.floating))]
    arrays = [np.asarray(o.array) for o in operands(arguments)]
    return all(np.isfinite(a).all() for a in arrays + numbers if np.asarray(a).dtype.kind == "f")


def _values(call: Call, ours: Any, theirs: Any) -> list[str]:
    if call.name in grammar.UNCOMPARED:
        return []
    if call.name in grammar.FINITE and not finite(call):
        return []
    if "where" in call.kwargs and call.name in grammar.UFUNCS:  # the rest is as it was in memory
        return []
    forms = {o.form for o in operands([call.args, call.kwargs])}
    if "matrix" in forms and not isinstance(ours, ag.Tensor):  # which keep two axes for ever
        return []
    if call.name == "pad" and any(isinstance(a, str) and a == "empty" for a in call.args):
        return []
    if "dtype" in call.kwargs and call.name.endswith(("var", "std")):  # where it rounds first
        return []
    if call.strange and call.name in grammar.UNCOMPARED_OF_ODD:
        return []
    if any(
        np.ndim(call.kwargs.get(key, 0)) for key in ("ddof", "correction")
    ):  # with which NumPy broadcasts the result
        return []
    first = getattr(call.args[0], "array", None) if call.args else None
    if call.name in ("pow", "power") and getattr(first, "dtype", None) == np.dtype(bool):
        return []  # whose square is of int8 by `**` and of int64 by NumPy's function
    if call.name.endswith("split") and getattr(call.args[0], "form", "") == "list":
        return []  # NumPy takes its length for that of any axis
    if call.name.endswith("partition"):  # which leaves the order on both sides open
        ours, theirs = np.sort(plain(ours), axis=None), np.sort(theirs, axis=None)
    if outline(ours) != outline(theirs):
        return [f"gives {ours!r}, NumPy {theirs!r}"]
    scale = coarse = 0.0
    for operand in operands([call.args, call.kwargs]):
        if isinstance(operand.array, np.ndarray) and operand.array.dtype.kind == "f":
            with np.errstate(all="ignore"):
                a = np.abs(operand.array.astype(float))
                scale = max(scale, float(np.max(a, where=np.isfinite(a), initial=0)))
            if call.name in grammar.COARSE:
                coarse = max(coarse, float(np.finfo(operand.array.dtype).eps))
    if call.name in grammar.COARSE_AS_FLOAT64:
        coarse = float(np.finfo(float).eps)
    for k, (a, b) in enumerate(zip(parts(ours), parts(theirs), strict=True)):
        if difference := differs(a, b, scale, coarse):
            return [f"result {k} {difference}"]
    return []


# ------------------------------------------------------------------ gradients


def _gradient(
    call: Call,
    value: Any,
    warned: frozenset[type[Warning]],
    table: list[Handed],
    again: Call,
    reference: Callable[..., Any],
) -> list[str]:
    """A backward pass, and where it is cheap the central difference in a random direction."""
    outputs = [p for p in parts(value) if isinstance(p, ag.Tensor) and p.requires_grad]
    leaves = [h for h in table if h.leaf is not None]
    if not call.recording:
        made = [p for p in outputs if p.is_leaf is False and not any(p is h.value for h in table)]
        return ["recorded under no_grad"] if made else []
    weights = [call.rng.uniform(0.5, 1.5, _shape(p)) for p in parts(value)]
    passed = attempt(lambda: _pass(value, weights))
    if isinstance(passed.error, HangError):
        return ["its backward pass hangs"]
    if passed.error is not None:
        text = f"{type(passed.error).__name__}: {passed.error}"
        spent = any(h.operand.form == "spent" for h in table)
        allowed = isinstance(passed.error, (ag.GradientError, np.linalg.LinAlgError))
        if not allowed or ("freed" in str(passed.error) and not spent):
            return [f"its backward pass raises {text}"]
        return []
    odd = passed.warned - warned - {RuntimeWarning}
    if odd:
        return [f"its backward pass warns ({', '.join(w.__name__ for w in odd)})"]
    for h in leaves:
        g = h.leaf.grad
        if g is not None and (g.shape != h.leaf.shape or g.dtype != h.leaf.dtype):
            return [f"gradient of {g.dtype}{g.shape} for {h.operand}"]
        changed = contents(h.value)[2] != bytes_of(h.operand.array)
        if changed and not in_place(call):
            return [f"its backward pass changed {h.operand}"]
    if call.rng.random() < 0.5 and call.name not in grammar.STEPS:
        return _slope(call, weights, table, again, reference)
    return []


def _shape(part: Any) -> tuple[int, ...]:
    return part.shape if isinstance(part, (ag.Tensor, np.ndarray, np.generic)) else ()


def _pass(value: Any, weights: list[Any]) -> None:
    with np.errstate(all="ignore"):
        loss = None
        for part, w in zip(parts(value), weights, strict=True):
            if isinstance(part, ag.Tensor) and part.requires_grad:
                term = np.sum(part * w.astype(part.dtype))
                loss = term if loss is None else loss + term
        if loss is not None:
            loss.backward()


def _slope(
    call: Call,
    weights: list[Any],
    table: list[Handed],
    again: Call,
    reference: Callable[..., Any],
) -> list[str]:
    """Whether the gradient is the slope, where the function is smooth and not too steep."""
    leaves = [h for h in table if h.leaf is not None]
    moved = [h for h in leaves if h.operand.array.dtype == np.float64]
    if not moved or len(moved) != len(leaves) or sum(h.operand.array.size for h in moved) == 0:
        return []
    if not finite(call):  # a limit at infinity is not followed
        return []
    numbers = [h.operand.array for h in table if h.operand.array.dtype.kind in "fiu"]
    numbers += [np.asarray(a) for a in call.args if isinstance(a, (int, float))]
    if not all((np.abs(a.astype(float)) < 1e4).all() for a in numbers):
        return []
    if call.name in grammar.POLES and any(((a <= 0) & (a == np.rint(a))).any() for a in numbers):
        return []
    if call.name in grammar.STEPPED and any((np.abs(a) < 1e-2).any() for a in numbers):
        return []
    of_medians = call.name in grammar.MEDIANS or (call.name == "pad" and "median" in str(call.args))
    if of_medians and any(np.unique(h.operand.array).size < h.operand.array.size for h in moved):
        return []
    mine = list(operands([call.args, call.kwargs]))
    copies = dict(zip(map(id, operands([again.args, again.kwargs])), mine, strict=True))
    v = {id(h.operand): call.rng.uniform(-1, 1, h.operand.array.shape) for h in moved}

    def along(t: float) -> Any:
        def moved_array(o: Operand) -> Any:
            mine = copies[id(o)]
            a = np.asarray(o.array + t * v[id(mine)]) if id(mine) in v else o.array
            return np.array(lay_out(a, o.form)) if o.form == "matrix" else lay_out(a, o.form)

        args = lowered(again.args, moved_array)
        kwargs = lowered(again.kwargs, moved_array)
        nn.random.seed(call.number)
        result = reference(*args, **kwargs)
        result = parts(args[0] if call.name in IN_PLACE else result)
        total, size = 0.0, 0.0
        for part, w in zip(result, weights, strict=True):
            part = np.asarray(part)
            if part.dtype.kind in "fc" and part.dtype != np.float64:
                raise ValueError("its values have too few digits, or left the real numbers")
            if part.shape != w.shape:
                raise ValueError("it jumps")
            if part.dtype.kind == "f":
                total += float(np.sum(part * w))
                size += float(np.sum(np.abs(part * w)))
        return total, size

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            h = 1e-5
            (up, size), (down, _) = along(h), along(-h)
            (up2, _), (down2, _) = along(h / 2), along(-h / 2)
            (middle, _) = along(0.0)
        except Exception:  # at the edge of where it is defined
            return []
    wide, narrow = (up - down) / (2 * h), (up2 - down2) / h
    right, left = (up - middle) / h, (middle - down) / h
    noise = 1e-14 * size / h + 1e-9
    if not np.isfinite([wide, narrow, right, left]).all():
        return []
    if abs(wide - narrow) > 1e-6 * abs(wide) + noise or abs(right - left) > (
        2e-4 * (abs(right) + 1) + noise
    ):
        return []
    slope = 0.0
    for m in moved:
        if m.leaf.grad is not None:
            slope += float(np.sum(m.leaf.grad.numpy() * v[id(m.operand)]))
    if not abs(slope - wide) <= 2e-5 * abs(wide) + 100 * noise + 1e-7:
        return [f"its gradient says {slope}, differences {wide}"]
    return []


# ------------------------------------------------------------------ many calls


def finding(seed: int, number: int, name: str, what: str, call: str = "") -> str:
    """One line, which `examine(seed, number)` repeats."""
    what, call = (re.sub(r"\s+", " ", text) for text in (what, call))
    what = what if len(what) < 300 else f"{what[:180]} ... {what[-100:]}"
    return f"[{seed}, {number}] {name}: {what} <- {call[:400]}"


@dataclass
class Summary:
    """What was seen in many calls."""

    calls: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    succeeded: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def add(self, call: str, seed: int, number: int, name: str, verdict: Verdict) -> None:
        self.calls += 1
        self.kinds[verdict.kind] += 1
        self.made[name] += 1
        self.succeeded[name] += verdict.kind == "result"
        self.findings += [finding(seed, number, name, what, call) for what in verdict.findings]

    def merge(self, other: Summary) -> None:
        self.calls += other.calls
        self.kinds += other.kinds
        self.made += other.made
        self.succeeded.update(other.succeeded)
        self.findings += other.findings

    def report(self) -> str:
        """All findings, a line for each, beside each other those of one function and kind."""
        return "\n".join(sorted(self.findings, key=lambda f: f.partition("] ")[2]))

    def __str__(self) -> str:
        kinds = ", ".join(f"{n} {kind}" for kind, n in self.kinds.most_common())
        return f"{self.calls} calls of {len(self.made)} functions: {kinds}"


def look(seed: int, numbers: range, names: list[str] = NAMES) -> Iterator[tuple[int, Summary]]:
    """Each number with what became of it, as it goes."""
    for number in numbers:
        summary = Summary()
        verdict = examine(seed, number, names)
        text = str(make(seed, number, names)) if verdict.findings else ""
        summary.add(text, seed, number, names[number % len(names)], verdict)
        yield number, summary


def _work(seed: int, numbers: range, at: Any, pipe: Any) -> None:
    faulthandler.disable()  # a crash is reported by the process that waits
    total = Summary()
    at.value = numbers.start
    for number, summary in look(seed, numbers):
        total.merge(summary)
        at.value = number + 1
    pipe.send(total)


def fuzz(
    seed: int, numbers: range, patience: float = 4 * SECONDS, work: Callable[..., None] = _work
) -> Summary:
    """Examine these calls in a process of their own; go on behind one that ends the process."""
    total = Summary()
    start = numbers.start
    context = multiprocessing.get_context("spawn")
    while start < numbers.stop:
        at = context.Value("q", -1, lock=False)  # until the process has begun
        receive, send = context.Pipe(duplex=False)
        worker = context.Process(target=work, args=(seed, range(start, numbers.stop), at, send))
        worker.start()
        send.close()
        reached, since = -1, time.monotonic()
        while True:
            if receive.poll(0.2):
                break
            if at.value != reached:
                reached, since = at.value, time.monotonic()
            waited = time.monotonic() - since
            if waited > (patience if reached >= 0 else START) or not worker.is_alive():
                break
        if receive.poll():
            try:
                total.merge(receive.recv())
                worker.join()
                return total
            except EOFError:
                worker.join(5)
        hung = worker.is_alive()
        worker.kill()
        worker.join()
        reached = max(at.value, start)
        what = "hangs in C" if hung else f"ends the process ({worker.exitcode})"
        call = make(seed, reached)
        total.findings.append(finding(seed, reached, call.name, what, str(call)))
        # What came before it was seen by the process that is gone: look again.
        total.merge(fuzz(seed, range(start, reached), patience, work))
        start = reached + 1
    return total
