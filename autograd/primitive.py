"""`primitive`: a NumPy function together with the derivative rule of each of its inputs.

A rule is a vector-Jacobian product written in NumPy. Its parameter names say what it needs, and
the engine saves exactly that:

    ``g``           the cotangent of the output ``z``, of its shape and dtype
    ``z``           the output
    ``x``           an input, by its name
    ``x_shape``     the shape of an input, where its values don't matter
    ``axis``        a parameter that is no array, by its name
    ``i``           of an input ``*xs``: the position of the one to differentiate

On arrays a rule runs as plain NumPy. When the backward pass is itself recorded it receives
Tensors, and NumPy's protocols record what it does: that is all there is to higher derivatives.
A rule may return its argument or a view, and a cotangent that is still broadcast: the backward
pass sums it to the input's shape. It must not write in place.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, Protocol, cast

import numpy as np

from autograd import dispatch
from autograd.errors import GradientError, describe
from autograd.mode import get_mode, watching
from autograd.tape import Leaf, Node, Plan, tick
from autograd.tensor import Tensor, attach, constant

__all__ = ["Operation", "Primitive", "primitive", "primitives"]

Rule = Callable[..., Any]
_STARRED = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


class Operation(Protocol):
    """What `primitive` returns: a function that records its calls."""

    primitive: Primitive
    __name__: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute; record an entry if a gradient may be asked for."""


class Primitive:
    """One declaration: the forward function, its inputs, and one rule for each of them.

    ``inputs`` are the names of the arrays, ``variadic`` whether there is one name for any number
    of them, ``statics`` the other parameters; ``saves`` is what the rules ask for together, in
    the order in which an entry holds it. ``operation`` is what a person calls.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        name: str,
        tex: str,
        outputs: int,
        rules: dict[str, Rule | None],
        elementwise: bool = False,
    ) -> None:
        self.forward = forward
        self.name = name
        self.tex = tex
        self.outputs = outputs
        self.rules = rules
        ufunc = isinstance(forward, np.ufunc) and forward.signature is None
        self.elementwise = elementwise or ufunc
        self.signature = _signature(forward)
        self.inputs, self.variadic = self._inputs()
        self.statics = tuple(p for p in self.signature.parameters if p not in self.inputs)
        self.asks = {name: self._asks(name, rule) for name, rule in rules.items() if rule}
        order = [*self.inputs, "z", *(f"{name}_shape" for name in self.inputs), "z_shape"]
        asked = {need for needs in self.asks.values() for need in needs}
        self.saves = tuple(need for need in order if need in asked)
        self.operation = _operation(self)

    def _inputs(self) -> tuple[tuple[str, ...], bool]:
        parameters = self.signature.parameters.values()
        variadic = [p.name for p in parameters if p.kind is p.VAR_POSITIONAL]
        first = [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY]
        bare = [
            p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty
        ]
        inputs = tuple(variadic or first or bare)
        for name in self.signature.parameters:
            if name in ("g", "z", "i") or name.startswith("_"):
                raise TypeError(
                    f"primitive {self.name}: a parameter is called `{name}`; choose another name, "
                    "as g, z, i and those with a leading underscore have a meaning of their own."
                )
        for name in inputs:
            if name not in self.rules:
                raise TypeError(
                    f"primitive {self.name}: the input `{name}` has no rule; give one "
                    f"(`{name}=lambda g, ...: ...`), or `{name}=None` if it is not differentiable, "
                    "or write a `/` before it in the forward function if it is no array."
                )
        for name in self.rules:
            if name not in inputs:
                raise TypeError(
                    f"primitive {self.name}: there is a rule for `{name}`, but the inputs are "
                    f"{', '.join(inputs) or 'none'}; leave it out, or name it as an input is."
                )
        return inputs, bool(variadic)

    def _asks(self, name: str, rule: Rule) -> tuple[str, ...]:
        """What the rule asks to be saved, checked against what there is to ask for."""
        known = {"g", "z", "z_shape", *self.inputs, *self.statics}
        known |= {f"{name}_shape" for name in self.inputs} | ({"i"} if self.variadic else set())
        names = rule_names(rule)
        for asked in names:
            if asked not in known:
                raise TypeError(
                    f"primitive {self.name}: the rule for `{name}` asks for `{asked}`; it may ask "
                    f"for {', '.join(sorted(known))}."
                )
        if not names or names[0] != "g":
            raise TypeError(
                f"primitive {self.name}: the rule for `{name}` does not take `g` first; write it "
                f"as `{name}=lambda g, ...: ...`."
            )
        return tuple(n for n in names if n not in ("g", "i", *self.statics))

    def __repr__(self) -> str:
        saves = ", ".join(self.saves) or "nothing"
        return f"<primitive {self.name}({', '.join(self.inputs)}), saves {saves}>"


# Every primitive that was declared, in order.
_registry: list[Primitive] = []


def primitives() -> tuple[Primitive, ...]:
    """Every primitive declared so far, the users' own included."""
    return tuple(_registry)


def primitive(
    forward: Callable[..., Any],
    /,
    *,
    tex: str = "",
    name: str | None = None,
    implements: Callable[..., Any] | Sequence[Callable[..., Any]] = (),
    outputs: int = 1,
    elementwise: bool = False,
    **rules: Rule | None,
) -> Operation:
    r"""Declare a differentiable operation: a NumPy function and a rule for each input.

    Parameters
    ----------
    forward
        Computes the output from plain arrays: a ufunc, or a function. Its arrays are the
        parameters before a ``/`` (without a ``/``, those without a default; or ``*xs``), all
        others are static.
    tex
        The forward formula as LaTeX, with ``{x}`` where an input or a parameter stands.
    name
        The name on the tape; by default that of `forward`.
    implements
        The functions of NumPy that mean this operation when they are given a Tensor. A ufunc
        means itself.
    outputs
        More than 1 (or 0, for a number that varies) if `forward` returns a tuple; a rule then
        receives the tuple of cotangents as ``g``.
    elementwise
        Whether each element of the output depends on one element of each input, as in a ufunc
        (of which it is known); a `where` can then keep an infinite derivative from a branch that
        it did not choose.
    **rules
        For each input the vector-Jacobian product (see the module's docstring), or None for an
        input that is not differentiable.

    Raises TypeError where the declaration is not sound: an input without a rule, a rule that
    asks for a name that the primitive does not have.

    >>> import numpy as np
    >>> import autograd as ag
    >>> cube = ag.primitive(lambda x: x**3, name="cube", tex="{x}^3", x=lambda g, x: 3 * g * x**2)
    >>> x = ag.tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    Tensor(12., dtype=float64)
    >>> ag.gradcheck(cube, [np.array([1.0, -2.0])])
    True
    """
    for what, function in [("forward", forward), *rules.items()]:
        if not callable(function) and (what == "forward" or function is not None):
            raise TypeError(
                f"primitive: {what}= must be a function{' or None' * (what in rules)}, received "
                f"{describe(function)}."
            )
    functions = list(implements) if isinstance(implements, Sequence) else [implements]
    if not all(callable(function) for function in functions):
        raise TypeError(
            f"primitive: implements= takes functions of NumPy, received {implements!r}."
        )
    name = name or str(getattr(forward, "__name__", "primitive"))
    if not name.isidentifier():
        raise TypeError(f"primitive: {name!r} is no name; give it one, such as name='cube'.")
    declared = Primitive(forward, name, tex, outputs, rules, elementwise)
    operation = declared.operation
    operation.primitive = declared
    operation.__doc__ = forward.__doc__
    operation.__module__ = getattr(forward, "__module__", __name__)
    _registry.append(declared)
    if isinstance(forward, np.ufunc) and forward not in dispatch.operations:
        functions.append(forward)
    dispatch.overrides(*functions)(operation)
    return operation


def _signature(forward: Callable[..., Any]) -> inspect.Signature:
    if isinstance(forward, np.ufunc):
        kind = inspect.Parameter.POSITIONAL_ONLY
        return inspect.Signature(
            [inspect.Parameter(n, kind) for n in ("x", "y", "w")[: forward.nin]]
        )
    return inspect.signature(forward)


def rule_names(rule: Rule) -> tuple[str, ...]:
    """The names of what a rule is given, in order."""
    if isinstance(rule, FunctionType) and not rule.__code__.co_flags & _STARRED:
        code = rule.__code__  # what `inspect` would say, in a tenth of the time
        count = code.co_argcount - len(rule.__defaults__ or ())
        keywords = code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]
        given = rule.__kwdefaults__ or {}
        return code.co_varnames[:count] + tuple(name for name in keywords if name not in given)
    return tuple(
        p.name for p in inspect.signature(rule).parameters.values() if p.default is p.empty
    )


# ---------------------------------------------------------------------- the compiled call
#
# One call of a small operation costs about as much as NumPy's own work in it, so what happens in
# it is written out for each primitive as the few straight lines that it needs, instead of
# looping over a description of it. This is the only generated code in the project. Its own
# names begin with an underscore, which parameters must not.

_CALL = """
def call{signature}:
{take}
    try:
        _z = _forward({values})
    except _reworded as _error:
        raise _refused(_name, _error, ({inputs}), dict({given})) from _error
    {check}
    _recorder = None
    if not ({wants}) or _get_mode() is not None:
        _recorder = _get_mode()
        if _recorder is None or _recorder is False:
            return {bare}
        if not ({wants}):
            return _recorder.keep(_primitive, ({inputs_given}), dict({owned}), {bare})
    {complete}
    _node = _Node()
    _node.plan = {plan}
    _node.held = ({held})
    _node.shape = {shape}
    _node.dtype = {dtype}
    _node.stamp = _tick()
    {result}
    if _recorder is not None:
        _recorder.keep(_primitive, ({inputs_given}), dict({owned}), _result)
    return _result
"""

# Without any Tensor the call is plain NumPy. A Python number stays one on the tape, because
# NumPy's promotion treats it as weak.
_TAKE = """
    if isinstance({x}, _Tensor):
        _{x} = {x}._data; _{x}_wants = {wants}; _{x}_node = {x}._node{refusal}
    elif {alone}:
        return _forward({arguments})
    elif {x}.__class__ in _numbers:
        _{x} = _{x}_node = {x}; _{x}_wants = False
    else:
        {x} = _lift({x}, {keep}, _name)
        _{x} = {x}._data; _{x}_wants = False; _{x}_node = {x}._node
"""

# Its gradient would silently lack what comes this way.
_REFUSAL = """
        if {x}._wants and _get_mode() is not False: raise _without_rule(_name, "{x}")"""

_TAKE_ALL = """
    for _x in {x}:
        if isinstance(_x, _Tensor): break
    else:
        return _forward({arguments})
    {x} = [_x if isinstance(_x, _Tensor) else _lift(_x, {keep}, _name) for _x in {x}]
    _{x} = tuple([_x._data for _x in {x}])
    _{x}_wants = tuple([_i for _i, _x in enumerate({x}) if _x._wants])
"""

_ONE = """_result = _new(_Tensor)
    _result._data = _z
    _result._node = _node
    _result._wants = True"""


def _operation(p: Primitive) -> Operation:
    """The function that a person calls: runs `forward`, and records an entry if it has to.

    Its code is written when it is first called: to compile them all took most of an import.
    """

    def written() -> Operation:
        call = _compile(p, scope)
        # The code comes last: another thread may call the operation in between.
        operation.__defaults__ = call.__defaults__
        operation.__kwdefaults__ = call.__kwdefaults__
        operation.__code__ = call.__code__.replace(
            co_name=p.name, co_qualname=p.name, co_filename=f"<primitive {p.name}>"
        )
        return cast(Operation, operation)

    scope: dict[str, Any] = {"_written": written}
    operation = FunctionType(_first_call.__code__, scope, p.name)
    operation.__signature__ = p.signature  # type: ignore[attr-defined]
    return cast(Operation, operation)


def _first_call(*args: Any, **kwargs: Any) -> Any:
    return _written()(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821


def _compile(p: Primitive, scope: dict[str, Any]) -> FunctionType:
    """The function with the code that `p` needs; `scope` receives what that refers to."""
    statics = "".join(f", {s}={s}" if _keyword_only(p, s) else f", {s}" for s in p.statics)
    starred = "*" * p.variadic
    arguments = ", ".join(starred + x for x in p.inputs) + statics
    wanting = [x for x in p.inputs if x in p.asks]
    if p.variadic:
        (xs,) = p.inputs
        take = _TAKE_ALL.format(x=xs, keep=xs in p.saves, arguments=arguments)
        complete = ""
        plan = f"_plan_for(_{xs}_wants)"
        nodes = f"*[_node_of(_x) for _x in {xs}]"
    else:
        take = "".join(
            _TAKE.format(
                x=x,
                arguments=arguments,
                keep=x in p.saves,
                wants=f"{x}._wants" if x in p.asks else "False",
                refusal="" if x in p.asks else _REFUSAL.format(x=x),
                alone=" and ".join(f"not isinstance({y}, _Tensor)" for y in p.inputs if y != x)
                or "True",
            )
            for x in p.inputs
        )
        complete = "\n    ".join(
            f"if _{x}_node is None: _{x}_node = _node_of({x})" for x in p.inputs
        )
        plan = _choice(wanting)
        nodes = ", ".join(f"_{x}_node" for x in p.inputs)
    one = p.outputs == 1
    source = _CALL.format(
        signature=_call_signature(p),
        take=take,
        values=", ".join(f"{starred}_{x}" for x in p.inputs) + statics,
        inputs=", ".join(f"{starred}_{x}" for x in p.inputs) + ",",
        given=", ".join(f"{s}={s}" for s in p.statics),
        inputs_given="".join(f"{starred}{x}, " for x in p.inputs),
        owned=", ".join(f"{s}={_owned_static(s)}" for s in p.statics),
        check=_check(p),
        wants=" or ".join(f"_{x}_wants" for x in wanting) or "False",
        bare="_constant(_z)" if one else "tuple(map(_constant, _z))",
        complete=complete,
        plan=plan,
        held=", ".join(
            [
                nodes,
                *map(_owned_static, p.statics),
                *(_saved_value(p, need, wanting) for need in p.saves),
            ]
        )
        + ",",
        shape=_each_output(p, "shape"),
        dtype=_each_output(p, "dtype"),
        result=_ONE if one else "_result = _components(_node, _z)",
    )
    scope |= {
        "_Node": Node,
        "_Tensor": Tensor,
        "_all_apart": lambda z, inputs: tuple([apart(part, inputs) for part in z]),
        "_apart": apart,
        "_as_array": as_array,
        "_components": components,
        "_constant": constant,
        "_forward": p.forward,
        "_frozen": frozen,
        "_get_mode": get_mode,
        "_lift": lift,
        "_name": p.name,
        "_immutable": _IMMUTABLE,
        "_ndarray": np.ndarray,
        "_new": object.__new__,
        "_node_of": node_of,
        "_numbers": frozenset({bool, float, int}),
        "_primitive": p,
        "_plan_for": _variadic_plan(p) if p.variadic else None,
        **{f"_plan_{bits}": plan for bits, plan in enumerate(_plans(p))},
        "_refused": refused,
        "_reworded": _REWORDED,
        "_without_rule": without_rule,
        "_shape": np.shape,
        "_tick": tick,
        **{f"_default_{s}": p.signature.parameters[s].default for s in p.statics},
    }
    exec(source, scope)
    return cast(FunctionType, scope["call"])


def _check(p: Primitive) -> str:
    """That the results are arrays, and none of them the very object that an input is.

    (Who seals or shares the memory of a result must not do so with that of a leaf.)
    """
    ids = "{" + ", ".join(f"*map(id, _{x})" if p.variadic else f"id(_{x})" for x in p.inputs) + "}"
    if p.outputs != 1:
        return f"_z = _all_apart(_z, {ids})"
    if isinstance(p.forward, np.ufunc):  # whose results are always new
        return "if _z.__class__ is not _ndarray: _z = _as_array(_z)"
    same = [f"id(_z) in {ids}"] if p.variadic else [f"_z is _{x}" for x in p.inputs]
    condition = " or ".join(["_z.__class__ is not _ndarray", *same])
    return f"if {condition}: _z = _apart(_z, {ids})"


def _choice(wanting: list[str], bits: int = 0, k: int = 0) -> str:
    """The plan for the inputs that want a gradient, as nested conditions: quicker than a sum."""
    if k == len(wanting):
        return f"_plan_{bits}"
    with_it = _choice(wanting, bits + 2**k, k + 1)
    if k == len(wanting) - 1 and not bits:
        return with_it  # at least one does
    without = _choice(wanting, bits, k + 1)
    return f"({with_it} if _{wanting[k]}_wants else {without})"


def _owned_static(s: str) -> str:
    return f"{s} if {s}.__class__ in _immutable else _frozen({s})"


def _saved_value(p: Primitive, need: str, wanting: list[str]) -> str:
    """What an entry holds for `need`: nothing unless a rule that asks for it will run."""
    if need == "z":
        value = "_z"
    elif need == "z_shape":
        value = _each_output(p, "shape")
    elif need in p.inputs:
        value = f"_{need}"
    else:
        x = "_" + need.removesuffix("_shape")
        value = f"tuple(map(_shape, {x}))" if p.variadic else f"_shape({x})"
    users = [x for x in wanting if need in p.asks[x]]
    condition = " or ".join(f"_{x}_wants" for x in users)
    return value if len(users) == len(wanting) else f"{value} if {condition} else None"


def _each_output(p: Primitive, attribute: str) -> str:
    return f"_z.{attribute}" if p.outputs == 1 else f"tuple([_part.{attribute} for _part in _z])"


def _call_signature(p: Primitive) -> str:
    parameters = [
        parameter.replace(
            annotation=inspect.Parameter.empty,
            default=_Source(f"_default_{parameter.name}")
            if parameter.default is not parameter.empty
            else parameter.empty,
        )
        for parameter in p.signature.parameters.values()
    ]
    return str(inspect.Signature(parameters))


class _Source(str):
    """Text that stands in a signature as it is."""

    def __repr__(self) -> str:
        return str(self)


def _keyword_only(p: Primitive, static: str) -> bool:
    parameter = p.signature.parameters[static]
    return parameter.kind is parameter.KEYWORD_ONLY


def _pull(p: Primitive, rule: Rule) -> Callable[[int], Callable[..., Any]]:
    """For an input's position, the rule as a function of the cotangent and what the entry holds.

    Names are looked up from the end of ``held``, where the number of parents does not matter.
    """
    places = {
        name: f"held[-{k}]" for k, name in enumerate(reversed((*p.statics, *p.saves)), start=1)
    }
    places |= {"g": "g"} | ({"i": "i"} if p.variadic else {})
    source = f"lambda i: lambda g, held: rule({', '.join(places[n] for n in rule_names(rule))})"
    code = compile(source, f"<primitive {p.name}>", "eval")
    return cast(Callable[[int], Callable[..., Any]], eval(code, {"rule": rule}))


def _plans(p: Primitive) -> tuple[Plan | None, ...]:
    """The plan for each set of inputs that want a gradient, indexed by its bits."""
    if p.variadic:
        return ()
    pulls = [(i, _pull(p, rule)(i)) for i, x in enumerate(p.inputs) if (rule := p.rules[x])]
    plans: list[Plan | None] = [None]
    for bits in range(1, 2 ** len(pulls)):
        chosen = tuple(pull for k, pull in enumerate(pulls) if bits >> k & 1)
        plans.append(Plan(p, chosen, tuple(i for i, _ in chosen)))
    return tuple(plans)


def _variadic_plan(p: Primitive) -> Callable[[tuple[int, ...]], Plan]:
    """The same for any number of inputs, made when called with the positions that want one."""
    (rule,) = p.rules.values()
    assert rule is not None
    pull = _pull(p, rule)
    return lambda wanted: Plan(p, tuple((i, pull(i)) for i in wanted), wanted)


# ---------------------------------------------------------------------- what the call uses


def lift(value: Any, keep: bool, name: str) -> Tensor:
    """An input that is no Tensor as a constant one; copied if the entry will keep it."""
    try:
        lifted = Tensor(value, copy=keep)
    except TypeError as error:
        reason = str(error).removeprefix("Tensor: ")
        name = dispatch.called(name)
        raise TypeError(f"{name}: received {describe(value)}; {reason}") from None
    recorder = watching()
    if recorder is not None:
        recorder.lifted(lifted, value)
    return lifted


_IMMUTABLE = frozenset({bool, int, float, str, type(None), type(...)})


def frozen(static: Any) -> Any:
    """A parameter that later changes of the user's lists and arrays can't reach."""
    if static.__class__ is list or static.__class__ is tuple:
        for item in static:
            if item.__class__ not in _IMMUTABLE:
                return tuple(map(frozen, static))
        return tuple(static)  # (of a tuple, itself)
    if isinstance(static, np.ndarray):
        return static.copy()
    if static.__class__ is dict:
        return {key: frozen(value) for key, value in static.items()}
    if isinstance(static, Tensor) and not static._wants:
        return static.numpy()
    return static


def without_rule(name: str, x: str) -> GradientError:
    return GradientError(
        f"{dispatch.called(name)}: has no derivative with respect to `{x}`, and the Tensor given "
        "for it requires a gradient; detach() it if it is meant as a constant."
    )


def node_of(value: Tensor) -> Any:
    """The entry, leaf or scalar that stands for an input on the tape."""
    if value._node is None:
        value._node = Leaf(value._data)
    return value._node


def as_array(z: Any) -> Any:
    """NumPy returns a scalar where an array of no axes is meant."""
    if isinstance(z, (np.generic, int, float)):
        return np.asarray(z)
    if not hasattr(z, "shape"):
        raise TypeError(
            f"primitive: the forward function returned {describe(z)}; it must return an array, or "
            "with outputs=2 (or another number) a tuple of arrays."
        )
    return z


def apart(z: Any, inputs: set[int]) -> Any:
    """A result as an array; a view if it is itself one of the inputs, given by their ids."""
    z = as_array(z)
    return z.view() if id(z) in inputs and isinstance(z, np.ndarray) else z


_REWORDED = (np.linalg.LinAlgError, np.exceptions.AxisError, IndexError, ValueError, TypeError)


def refused(
    name: str, error: Exception, inputs: tuple[Any, ...], static: dict[str, Any]
) -> Exception:
    """NumPy's error, one of those above, with the operation and what it received."""
    kind = next(k for k in _REWORDED if isinstance(error, k))
    received = [describe(x) for x in inputs[:4]] + ["..."] * (len(inputs) > 4)
    received += [
        f"{key}={describe(value) if isinstance(value, np.ndarray) else repr(value)}"
        for key, value in static.items()
    ]
    # (NumPy names its own loops: "matmul: ...", "solve1: ...".)
    reason = re.sub(rf"^{re.escape(name)}\d?: ", "", str(error)).rstrip(". ")
    return kind(f"{dispatch.called(name)}: {reason}; received {', '.join(received)}.")


class Part:
    """What a rule returns for an input of which only a part was used: ``x[index]``.

    The backward pass adds `g` at `index` of the input's cotangent, instead of adding an array that
    is zero everywhere else. (Of an entry with several outputs, `index` is the number of one, and
    the backward pass may know which elements of it are in use; see Masked.)
    """

    __slots__ = ("g", "index", "used")
    shape = None  # that of no input, so that the backward pass looks closer

    def __init__(self, g: Any, index: Any, used: Any = None) -> None:
        self.g = g
        self.index = index
        self.used = used


class Masked:
    """What a rule returns where it passes `g` on at the elements of `mask` only, and 0 elsewhere.

    These zeros are no numbers that happen to be 0: what lies behind them was not used, so that
    the backward pass lets 0 stay 0 there, also against an infinite derivative.
    """

    __slots__ = ("g", "mask")
    shape = None

    def __init__(self, g: Any, mask: Any) -> None:
        self.g = g
        self.mask = mask._data if isinstance(mask, Tensor) else mask


def components(node: Node, parts: tuple[Any, ...]) -> tuple[Tensor, ...]:
    """One Tensor for each output, made by an entry that picks it from `node`."""
    return tuple(attach(part, _component(node, part, i)) for i, part in enumerate(parts))


def _component(node: Node, part: Any, i: int) -> Node:
    entry = Node()
    entry.plan = _output_plan
    entry.held = (node, i)
    entry.shape = part.shape
    entry.dtype = part.dtype
    entry.stamp = tick()
    return entry


# `output` is declared like any other primitive but called by `components` only: its forward
# function would have to take the tuple of all outputs as its array.
output = Primitive(
    lambda x, /, which: x[which],
    "output",
    "{x}_{{{which}}}",
    1,
    {"x": lambda g, which: Part(g, which)},
)
_output_plan = cast(Plan, _plans(output)[1])
