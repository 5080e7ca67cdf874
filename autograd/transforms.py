"""Functions in, functions out: `grad`, `jacobian` and the rest, for functions of plain arrays.

Each records one call of the function, with Tensors in place of the arguments to differentiate,
and runs backward passes over that. What comes out is plain again, unless it takes part in an
outer differentiation, so transforms nest in any way, with each other and with ``backward()``.
"""

from __future__ import annotations

import math
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from autograd.backward import _handle, _own_array, _sweep
from autograd.errors import describe
from autograd.mode import enable_grad, is_recording
from autograd.ops.elementwise import positive
from autograd.primitive import Primitive
from autograd.tape import Leaf, Node, Plan, tick
from autograd.tensor import Tensor, attach, constant, copied, own
from autograd.trees import tree_map

__all__ = [
    "elementwise_grad",
    "grad",
    "hessian",
    "hessian_vector_product",
    "hvp",
    "jacobian",
    "jvp",
    "make_jvp",
    "make_vjp",
    "value_and_grad",
    "vjp",
]

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)
Argnums = int | Sequence[int]


# ------------------------------------------------------------------ one recorded call


class _Recording:
    """One call of a function, recorded with respect to some of its arguments.

    `inputs` are the entries behind the Tensors that stood in for their numbers, `outputs` the
    numbers that the function returned, in the order of `output`, the container of them. (Handles
    of our own: the function and the caller may bind theirs anew, as ``x += 1`` does.) `recorded`
    is whether what is made of them takes part in an outer differentiation, `tensors` whether it
    is to be Tensors.
    """

    def __init__(
        self,
        name: str,
        f: Function,
        args: Sequence[Any],
        kwargs: dict[str, Any],
        argnums: Argnums,
        has_aux: bool = False,
    ) -> None:
        self.name = name
        self.inputs: list[Node] = []
        self.outputs: list[Any] = []
        self.recorded = self.tensors = False
        self.alone = not isinstance(argnums, (tuple, list))
        places = _places(name, argnums, len(args))
        self.trees = [args[place] for place in places]
        arguments = list(args)
        since = tick()
        for place in places:
            arguments[place] = tree_map(self._enter, args[place], path=str(place))
        if not self.inputs:
            raise TypeError(
                f"{name}: nothing to differentiate in "
                f"{describe(self.trees[0] if self.alone else tuple(self.trees))}; give "
                "numbers, arrays, or containers of them."
            )
        result = (f if is_recording() else enable_grad(f))(*arguments, **kwargs)
        self.output: Any = result
        self.aux: Any = None
        if has_aux:
            self.output, self.aux = self._with_aux(result)
        self.nested = True
        tree_map(self._leave, self.output)
        made = [z for z in self.outputs if isinstance(z, Tensor)]
        if has_aux:
            tree_map(lambda _, x: made.append(x) if isinstance(x, Tensor) else None, self.aux)
        if is_recording() and not self.recorded:
            self.recorded = bool(_outside(made, self.inputs, since))
        self.tensors = self.tensors or self.recorded

    def _enter(self, path: str, x: Any) -> Tensor:
        """The Tensor that stands in for a number or array of an argument."""
        if isinstance(x, Tensor):
            self.tensors = True
            if x._wants and is_recording():
                self.recorded = True
                inner = positive(x)  # an entry of its own: the gradient at it also flows on to x
                self.inputs.append(inner._node)
                return cast(Tensor, inner)
            x = x._data
        if isinstance(x, np.ndarray) and x.dtype.kind in "iu":
            x = x.astype(float)  # as HIPS autograd does; lifelines relies on it
        if not isinstance(x, float) and getattr(getattr(x, "dtype", None), "kind", "") != "f":
            raise TypeError(f"{self.name}: argument {path} is {describe(x)}; {_remedy(x)}.")
        inner = _input(own(x))
        self.inputs.append(inner._node)
        return inner

    def _leave(self, path: str, z: Any) -> None:
        if not isinstance(z, Tensor) and np.asarray(z).dtype.kind not in "fiub":
            raise TypeError(
                f"{self.name}: the function returned {describe(z)}{_at(path)}; it must return "
                "real numbers or arrays of them, or containers of those (or with has_aux=True a "
                "pair, of which the second is not differentiated)."
            )
        self.nested = bool(path)
        self.outputs.append(attach(z._data, z._node) if isinstance(z, Tensor) else z)

    def _with_aux(self, result: Any) -> tuple[Any, Any]:
        if not isinstance(result, tuple) or len(result) != 2:
            raise TypeError(
                f"{self.name}: with has_aux=True the function must return a pair (output, aux), "
                f"received {describe(result)}."
            )
        return result

    # -------------------------------------------------------------- passes over it

    def pull(self, cotangents: dict[int, Any], keep: bool = False) -> list[Tensor]:
        """The cotangents of the inputs, for those of some outputs."""
        return _gradients(self.name, self.outputs, self.inputs, cotangents, self.recorded, keep)

    def transposed(self) -> Callable[[dict[int, Any]], list[Tensor]]:
        """The function from tangents of some inputs to those of the outputs.

        The backward pass is linear in its cotangent u, so the derivative of that pass with
        respect to u is the transpose of what it computes; the value of u does not matter.
        """
        us = {k: _input(np.ones(z.shape, z.dtype)) for k, z in enumerate(self.outputs) if _wants(z)}
        # What these numbers overflow to, nobody sees.
        with _recording_on(), np.errstate(all="ignore"):
            pulled = _gradients(self.name, self.outputs, self.inputs, us, True, True)

        def push(tangents: dict[int, Any]) -> list[Tensor]:
            inputs = [u._node for u in us.values()]
            found = _gradients(self.name, pulled, inputs, tangents, self.recorded, True)
            pushed = dict(zip(us, found, strict=True))
            return [pushed[k] if k in us else _zeros(z) for k, z in enumerate(self.outputs)]

        return push

    # -------------------------------------------------------------- what the caller gets

    def give(self, x: Any) -> Any:
        """The result of a pass, as a plain array or number if it can be."""
        if not isinstance(x, Tensor) or self.tensors or x._wants:
            return x
        return x._data if x._data.ndim else x._data[()]

    def value(self, z: Any) -> Any:
        """What the function returned: an array of the caller's own."""
        if not isinstance(z, Tensor) or self.recorded:
            return z
        return self.give(constant(copied(z._data)))

    def values(self, tree: Any) -> Any:
        """The same for all in a container."""
        return tree_map(lambda _, z: self.value(z), tree)

    def as_inputs(self, found: Iterable[Any]) -> Any:
        """What was found for each input, arranged as the arguments are."""
        rest = iter(found)
        made = tuple(tree_map(lambda _, x: self.give(next(rest)), tree) for tree in self.trees)
        return made[0] if self.alone else made

    def as_outputs(self, found: Iterable[Any]) -> Any:
        """What was found for each output, arranged as the function returned them."""
        rest = iter(found)
        return tree_map(lambda _, z: self.give(next(rest)), self.output)

    def cotangents(self, given: Any) -> dict[int, Any]:
        """What the caller gives for the outputs, checked."""
        return _vectors(self.name, "cotangent", self.output, given)

    def tangents(self, given: Any) -> dict[int, Any]:
        """What the caller gives for the inputs, checked."""
        return _vectors(self.name, "tangent", self.trees, [given] if self.alone else given)


def _places(name: str, argnums: Argnums, count: int) -> list[int]:
    """Which positional arguments are meant."""
    several = argnums if isinstance(argnums, (tuple, list)) else (argnums,)
    try:
        wanted = [operator.index(a) for a in several]
    except TypeError:
        raise TypeError(
            f"{name}: argnums must be an integer or a tuple of them, received {describe(argnums)}."
        ) from None
    for a in wanted:
        if not -count <= a < count:
            raise TypeError(
                f"{name}: argnums={argnums}, but the function was called with {count} positional "
                "arguments, counted from 0; give by position what is to be differentiated."
            )
    places = [a % count for a in wanted]
    if len(set(places)) < len(places):
        raise TypeError(f"{name}: argnums={argnums} names an argument twice; name it once.")
    return places


def _remedy(x: Any) -> str:
    kind = np.asarray(x).dtype.kind
    if kind in "iub":
        return (
            "only floating-point values can be differentiated: write the numbers with a point, or "
            "convert them with astype(float)"
        )
    if kind == "c":
        return "complex numbers can't be differentiated here: give the real and imaginary parts"
    return "give numbers, arrays, or lists, tuples, dicts and dataclasses of them"


def _at(path: str) -> str:
    return path and f" at {path}"


def _input(array: Any) -> Tensor:
    """A Tensor to differentiate with respect to, made by an entry of the tape that has no inputs.

    Unlike a leaf it can be changed in the function (``x += 1``), and keeps no gradient.
    """
    node = Node()
    node.plan = _input_plan
    node.held = ()
    node.shape = array.shape
    node.dtype = array.dtype
    node.stamp = tick()
    return attach(array, node)


_input_plan = Plan(Primitive(np.positive, "input", "{x}", 1, {"x": None}), (), ())


def _recording_on() -> AbstractContextManager[None]:
    return nullcontext() if is_recording() else enable_grad()


def _wants(z: Any) -> bool:
    return isinstance(z, Tensor) and z._wants


def _zeros(x: Any) -> Tensor:
    x = x if isinstance(x, (Node, Tensor)) else np.asarray(x)
    return constant(np.zeros(x.shape, x.dtype if x.dtype.kind == "f" else float))


def _gradients(
    name: str,
    outputs: Sequence[Any],
    inputs: Sequence[Node],
    cotangents: dict[int, Any],
    recorded: bool,
    keep: bool,
) -> list[Tensor]:
    """As `autograd.gradients`, with cotangents by position and 0 for inputs without influence."""
    wanted = {k: g for k, g in cotangents.items() if _wants(outputs[k])}
    if not wanted:
        return [_zeros(x) for x in inputs]
    recorded = is_recording() and (recorded or any(map(_wants, wanted.values())))
    table = _sweep(
        [outputs[k] for k in wanted],
        list(wanted.values()),
        list(inputs),
        retain_graph=keep or recorded,
        create_graph=recorded,
        function=name,
        allow_unused=True,
    )
    finish = _handle if recorded else _own_array
    return [finish(table.pop(x)) if x in table else _zeros(x) for x in inputs]


def _outside(outputs: Sequence[Tensor], inputs: Sequence[Node], since: int) -> list[Any]:
    """The entries and leaves from before `since`, beside `inputs`, that a gradient flows on to."""
    seen: set[Any] = set(inputs)
    stack = [z._node for z in outputs if z._wants and z._node not in seen]
    found = []
    while stack:
        node = stack.pop()
        if node.stamp < since:
            found.append(node)
        elif node.__class__ is not Leaf:
            held = node.held
            for i in node.plan.wanted:
                parent = held[i]
                if parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
    return found


def _vectors(name: str, what: str, tree: Any, given: Any) -> dict[int, Any]:
    """By position, the leaves of `given`, arranged and shaped like those of `tree`."""
    leaves = []

    def check(path: str, z: Any, g: Any) -> None:
        if np.shape(g) != np.shape(z):
            raise ValueError(
                f"{name}: the {what}{_at(path)} must have the shape {np.shape(z)}, received "
                f"{describe(g)}."
            )
        leaves.append(g)

    try:
        tree_map(check, tree, given)
    except TypeError as error:
        raise TypeError(f"{name}: in the {what}, {error}.") from None
    return dict(enumerate(leaves))


# ------------------------------------------------------------------ gradients


def _transform(transform: F) -> F:
    """Accept HIPS autograd's name of `argnums`, refuse what is no function, name the result."""
    name = transform.__name__

    @wraps(transform)
    def accepting(f: Function, *args: Any, **kwargs: Any) -> Any:
        if not callable(f):
            raise TypeError(
                f"{name}: the first argument must be a function, received {describe(f)}."
            )
        if "argnum" in kwargs:
            if args or "argnums" in kwargs:
                raise TypeError(f"{name}: argnum is another name of argnums; give one of them.")
            kwargs["argnums"] = kwargs.pop("argnum")
        result = transform(f, *args, **kwargs)
        of = getattr(f, "__name__", type(f).__name__)
        result.__name__ = result.__qualname__ = f"{name}({of})"
        return result

    return cast(F, accepting)


def _slopes(call: _Recording) -> list[Tensor]:
    """The gradients of the single number that the function returned."""
    if call.nested or getattr(call.output, "size", 1) != 1:
        returned = describe(call.output)
        raise TypeError(
            f"{call.name}: the function returned {returned}, and only a single real number has a "
            "gradient; use jacobian for all derivatives, elementwise_grad for those of the sum, "
            "vjp for a combination of them, has_aux=True for a pair (number, anything)."
        )
    return call.pull({0: None})


@_transform
def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    r"""The function that gives the gradient of `f`: :math:`x \mapsto \nabla f(x)`.

    Parameters
    ----------
    f
        Returns a single real number: of any shape with one element.
    argnums
        The positional argument to differentiate, counted from the end if negative, or a tuple
        of several; the result is then a tuple. (HIPS autograd's name `argnum` is understood.)
        An argument is a floating-point number or array, or lists, tuples, dicts and dataclass
        instances of those, nested in any way; its gradient has the same structure, shapes and
        dtypes (arrays of integers are taken as floats). All other arguments reach `f` untouched.
    has_aux
        Whether `f` returns a pair, of which the second is only handed through; the result is then
        ``(gradient, aux)``.

    The gradient is plain if the arguments are, unless it takes part in an outer differentiation
    (`f` uses a Tensor that requires a gradient): then, or if the argument holds Tensors, it is
    made of Tensors. With respect to what `f` does not use it is 0. Under ``no_grad()`` it is
    right too, and a constant.

    Raises TypeError for arguments that are no floating-point numbers and for a result that is no
    single number.

    >>> grad(lambda x: x**3)(2.0)
    np.float64(12.0)
    >>> grad(grad(lambda x: x**3))(2.0)
    np.float64(12.0)
    >>> grad(lambda p, x: np.sum(p["w"] * x) + p["b"])({"w": np.ones(2), "b": 0.0}, np.arange(2.0))
    {'w': array([0., 1.]), 'b': np.float64(1.0)}
    """

    def gradient(*args: Any, **kwargs: Any) -> Any:
        call = _Recording("grad", f, args, kwargs, argnums, has_aux)
        slopes = call.as_inputs(_slopes(call))
        return (slopes, call.values(call.aux)) if has_aux else slopes

    return gradient


@_transform
def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    r"""The function that gives the value and the gradient: :math:`x \mapsto (f(x), \nabla f(x))`.

    Everything is as in `grad`; with `has_aux` the result is ``((value, aux), gradient)``.

    >>> value_and_grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    """

    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        call = _Recording("value_and_grad", f, args, kwargs, argnums, has_aux)
        slopes = call.as_inputs(_slopes(call))
        value = call.value(call.output)
        return ((value, call.values(call.aux)) if has_aux else value), slopes

    return value_and_gradient


@_transform
def elementwise_grad(f: Function, argnums: Argnums = 0) -> Function:
    r"""The function that gives the gradient of the sum of all outputs, in one pass.

    .. math:: \bar x_j = \sum_i \partial f_i / \partial x_j

    Where `f` works on each element for itself, these are the derivatives :math:`f'(x_j)`.
    Arguments and result are as in `grad`, the output of `f` may have any shape.

    >>> elementwise_grad(np.sin)(np.array([0.0, np.pi]))
    array([ 1., -1.])
    """

    def gradient(*args: Any, **kwargs: Any) -> Any:
        call = _Recording("elementwise_grad", f, args, kwargs, argnums)
        ones = {k: np.ones(np.shape(z)) for k, z in enumerate(call.outputs)}
        return call.as_inputs(call.pull(ones))

    return gradient


# ------------------------------------------------------------------ products with the Jacobian


def vjp(f: Function, *args: Any, has_aux: bool = False) -> tuple[Any, ...]:
    r"""The value of `f`, and the function of a cotangent that gives the vector-Jacobian products.

    .. math:: z = f(x_0, x_1, \dots), \qquad g \mapsto \bigl(J_0^\top g, J_1^\top g, \dots\bigr)

    All arguments are differentiated: they are what `grad` takes, and `f` may return containers
    too. The cotangent is arranged and shaped like the value; the result is a tuple with the
    structure of the arguments, and may be asked for any number of times. With `has_aux`, `f`
    returns a pair ``(output, aux)``, and ``(value, pull, aux)`` is the result.

    Raises TypeError for arguments that are no floating-point numbers or a cotangent of another
    structure, ValueError for one of another shape.

    >>> value, pull = vjp(lambda x, y: x * y, np.array([1.0, 2.0]), 3.0)
    >>> value
    array([3., 6.])
    >>> pull(np.array([1.0, 0.0]))
    (array([3., 0.]), np.float64(1.0))
    """
    call = _Recording("vjp", f, args, {}, tuple(range(len(args))), has_aux)
    value = call.values(call.output), _pull(call)
    return (*value, call.values(call.aux)) if has_aux else value


def _pull(call: _Recording) -> Function:
    return lambda g: call.as_inputs(call.pull(call.cotangents(g), keep=True))


@_transform
def make_vjp(f: Function, argnums: Argnums = 0) -> Function:
    r"""The function that gives ``(pull, value)``, as HIPS autograd has it.

    The same as `vjp`, but for some of the arguments: :math:`g \mapsto J^\top g` gives one result if
    `argnums` is a number.

    >>> pull, value = make_vjp(np.sin)(0.0)
    >>> pull(2.0)
    np.float64(2.0)
    """

    def vjp_and_value(*args: Any, **kwargs: Any) -> tuple[Function, Any]:
        call = _Recording("make_vjp", f, args, kwargs, argnums)
        return _pull(call), call.values(call.output)

    return vjp_and_value


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    r"""The value of `f` and its derivative along `tangents`, exactly.

    .. math:: z = f(x_0, x_1, \dots), \qquad \dot z = \sum_k J_k \dot x_k

    `primals` are the arguments, all of them what `grad` takes; `tangents` are arranged and shaped
    like them. Computed by transposing the recorded backward pass, so it costs about as much as a
    second derivative; see `make_jvp` for many tangents at one point.

    Raises TypeError for arguments that are no floating-point numbers or tangents of another
    structure, ValueError for those of another shape.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (np.float64(6.0), np.float64(23.0))
    """
    if not isinstance(primals, (tuple, list)):
        raise TypeError(f"jvp: the arguments must be a tuple, received {describe(primals)}.")
    call = _Recording("jvp", f, primals, {}, tuple(range(len(primals))))
    along = call.tangents(tangents)
    return call.values(call.output), call.as_outputs(call.transposed()(along))


@_transform
def make_jvp(f: Function, argnums: Argnums = 0) -> Function:
    r"""The function that gives, at a point, the function :math:`v \mapsto (f(x), J v)`.

    As HIPS autograd has it; `f` runs once for any number of tangents.

    >>> push = make_jvp(np.sin)(0.0)
    >>> push(2.0)
    (np.float64(0.0), np.float64(2.0))
    """

    def jvp_at(*args: Any, **kwargs: Any) -> Function:
        call = _Recording("make_jvp", f, args, kwargs, argnums)
        push = call.transposed()
        return lambda v: (call.values(call.output), call.as_outputs(push(call.tangents(v))))

    return jvp_at


@_transform
def hvp(f: Function, argnums: Argnums = 0) -> Function:
    r"""The function ``(*args, v)`` that gives the product :math:`\nabla^2 f(x) \, v`.

    `f` and the arguments are as in `grad`, `v` is arranged and shaped like the gradient, and so is
    the result. No Hessian is made: it costs a few times as much as a gradient.

    >>> hvp(lambda x: np.sum(x**3))(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    slope = grad(f, argnums)

    def product(*args: Any, **kwargs: Any) -> Any:
        call = _Recording("hvp", slope, args[:-1], kwargs, argnums)
        return call.as_inputs(call.pull(_vectors("hvp", "vector", call.output, args[-1])))

    return product


hessian_vector_product = hvp  # HIPS autograd's name


# ------------------------------------------------------------------ whole Jacobians


@_transform
def jacobian(f: Function, argnums: Argnums = 0, per_example: bool = False) -> Function:
    r"""The function that gives all partial derivatives, of shape ``output.shape + input.shape``.

    .. math:: J_{i \dots\, j \dots} = \partial z_{i \dots} / \partial x_{j \dots}

    `f` runs once. Then there is a backward pass for each element of the output, or, where that
    costs less, a pass over the transposed tape for each element of the input.

    Parameters
    ----------
    f
        Returns numbers or arrays of them, or containers of those.
    argnums
        As in `grad`. For containers, the result has the structure of the output with that of the
        argument in place of each array.
    per_example
        For an `f` that maps a batch (B, ...) to a batch (B, ...), example by example: the result is
        the Jacobian of each example, of shape ``(B, *output.shape[1:], *input.shape[1:])``, in as
        few passes as for one. That each example depends on itself alone is checked by one more
        pass with random cotangents.

    Raises TypeError for arguments that are no floating-point numbers, ValueError with
    `per_example` for arrays without a common first axis and for examples that influence others.

    >>> jacobian(lambda x: np.sin(x[:2] * x[2]))(np.array([0.0, 0.0, 3.0]))
    array([[3., 0., 0.],
           [0., 3., 0.]])
    >>> jacobian(lambda x: x**2, per_example=True)(np.array([1.0, 2.0]))
    array([2., 4.])
    """

    def jacobian_at(*args: Any, **kwargs: Any) -> Any:
        call = _Recording("jacobian", f, args, kwargs, argnums)
        if per_example:
            _check_batch(call)
        lead = int(per_example)
        blocks = _blocks(call, lead)
        if per_example:
            _check_independent(call, blocks)
        return call.as_outputs(map(call.as_inputs, blocks))

    return jacobian_at


@_transform
def hessian(f: Function, argnums: Argnums = 0) -> Function:
    r"""The function that gives all second derivatives of `f`.

    .. math:: H_{jk} = \partial^2 f / \partial x_j \partial x_k

    For a single number the shape is ``input.shape + input.shape``; if `f` returns more, this is the
    Jacobian of its `jacobian`. For containers, or several `argnums`, the result has the structure
    of the argument with that same structure in place of each array: in
    ``hessian(f)({"w": w, "b": b})["w"]["b"]`` is the block of `w` and `b`.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return jacobian(jacobian(f, argnums), argnums)


def _blocks(call: _Recording, lead: int) -> list[list[Tensor]]:
    """For each output and each input, the derivatives of the one with respect to the other.

    Of both, `lead` axes (that of a batch) are seeded all at once.
    """
    rows = sum(math.prod(z.shape[lead:]) for z in call.outputs if _wants(z))
    columns = sum(math.prod(x.shape[lead:]) for x in call.inputs)
    by_rows = rows <= 2 * (columns + 2)  # measured; 2 passes are for recording the first
    # For each pair: of what the passes for each element of the one gave, what is the other's.
    found: dict[tuple[int, int], list[Tensor]] = defaultdict(list)
    if by_rows:
        for k, z in enumerate(call.outputs):
            for seed in _seeds(z, lead) if _wants(z) else ():
                for j, g in enumerate(call.pull({k: seed}, keep=True)):
                    found[k, j].append(g)
    else:
        push = call.transposed()
        for j, x in enumerate(call.inputs):
            for seed in _seeds(x, lead):
                for k, tangent in enumerate(push({j: seed})):
                    found[k, j].append(tangent)
    return [
        [
            _stacked(found[k, j], lead if by_rows else -1, np.shape(z) + x.shape[lead:], x.dtype)
            for j, x in enumerate(call.inputs)
        ]
        for k, z in enumerate(call.outputs)
    ]


def _seeds(x: Any, lead: int) -> Iterator[Any]:
    """For each element (of all examples at once), zeros with a 1 there: one array for all."""
    seed = np.zeros(x.shape, x.dtype)
    for index in np.ndindex(x.shape[lead:]):
        at = (slice(None),) * lead + index
        seed[at] = 1
        yield seed
        seed[at] = 0


def _stacked(parts: list[Tensor], axis: int, shape: tuple[int, ...], dtype: Any) -> Tensor:
    if not parts:
        return constant(np.zeros(shape, dtype))
    if len(parts) == 1 and parts[0].shape == shape and parts[0].dtype == dtype:
        return parts[0]
    if any(map(_wants, parts)):
        return cast(Tensor, np.reshape(np.stack(parts, axis), shape)).astype(dtype)
    stacked = np.stack([part._data for part in parts], axis)
    return constant(stacked.reshape(shape).astype(dtype, copy=False))


def _check_batch(call: _Recording) -> None:
    shapes = [*(x.shape for x in call.inputs), *map(np.shape, call.outputs)]
    if len({shape[:1] for shape in shapes}) != 1 or () in shapes:
        raise ValueError(
            "jacobian: with per_example=True the first axis of all arguments and outputs must be "
            f"the same batch; received the shapes {', '.join(map(str, shapes))}, arguments first."
        )


def _check_independent(call: _Recording, blocks: list[list[Tensor]]) -> None:
    """Refuse if an example had an influence on another.

    The seeds added up what all examples do to each; weights of their own for all of them don't.
    """
    rng = np.random.default_rng(0)
    cotangents = {k: rng.standard_normal(np.shape(z)) for k, z in enumerate(call.outputs)}
    expected = _gradients(call.name, call.outputs, call.inputs, cotangents, False, True)
    for j, g in enumerate(expected):
        batch, inner = g.shape[0], math.prod(g.shape[1:])
        total, size = np.zeros((2, batch, inner))
        for k, row in enumerate(blocks):
            outer = math.prod(cotangents[k].shape[1:])
            weights = cotangents[k].reshape(batch, 1, outer)
            block = row[j]._data.reshape(batch, outer, inner)
            total += (weights @ block)[:, 0]
            size += (np.abs(weights) @ np.abs(block))[:, 0]
        wrong = np.abs(g._data.reshape(total.shape) - total)
        if np.any(wrong > np.sqrt(np.finfo(g.dtype).eps) * np.max(size, initial=0)):
            raise ValueError(
                "jacobian: per_example=True, but the output of one example depends on another; "
                "leave it out for the derivatives of all with respect to all."
            )
