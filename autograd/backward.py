"""The reverse sweep: cotangents from the outputs of a tape to its leaves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from sys import getrefcount
from typing import Any, cast
from weakref import ReferenceType

import numpy as np

from autograd.errors import GradientError, describe
from autograd.handles import Hooks
from autograd.mode import enable_grad, no_grad
from autograd.names import name_of
from autograd.ops.indexing import add_at, scatter
from autograd.primitive import Masked, Part, as_array, components
from autograd.tape import Leaf, Node, Observer, Plan, entries_to, observers, place_of
from autograd.tensor import (
    Tensor,
    attach,
    buffer_of,
    change_of,
    changed_at,
    constant,
    copied,
    hooked,
    last_change,
    own,
    retained,
)

__all__ = ["backward", "gradients"]

# Adding to a leaf's .grad reads and writes it; two threads may share a leaf.
_accumulating = threading.Lock()


def backward(
    output: Tensor,
    gradient: Any,
    retain_graph: bool | None,
    create_graph: bool,
    inputs: Tensor | Sequence[Tensor] | None,
) -> None:
    """``Tensor.backward``, where it is documented."""
    if inputs is not None:
        inputs = _as_tensors(inputs, "backward", "inputs")
        for tensor in inputs:
            if not tensor.is_leaf:
                raise GradientError(
                    f"backward: inputs must be leaves, one is the result of `{tensor._node.name}`; "
                    "ask for autograd.gradients(output, that) instead."
                )
    targets = None if inputs is None else [_wanting(t, "backward")._node for t in inputs]
    _sweep(
        [output],
        [gradient],
        targets,
        retain_graph,
        create_graph,
        "backward",
        deliver=lambda table: _add_up(table, create_graph),
    )


def _add_up(table: dict[Any, Any], create_graph: bool) -> None:
    """Add the cotangents of leaves, and those that retain_grad() asked for, to ``.grad``."""
    before: list[tuple[Tensor, Tensor | None]] = []
    after: list[tuple[Tensor, Hooks]] = []
    with _accumulating, enable_grad():  # (on for the gradients that are recorded)
        for leaf in list(table):
            handle: ReferenceType[Tensor] | None = (
                leaf.owner if leaf.__class__ is Leaf else retained[leaf]
            )
            owner = None if handle is None else handle()
            if owner is None or owner._node is not leaf:
                del table[leaf]  # nobody holds it any more
                continue
            if hooked:
                before.append((owner, owner._grad))
                after.append((owner, getattr(leaf, "after", {})))
            if owner._grad is None:
                # (Popped as an argument: held by a variable here too, it would have to be copied.)
                owner._grad = (
                    _handle(table.pop(leaf)) if create_graph else _own_array(table.pop(leaf))
                )
            else:
                g = table.pop(leaf)
                owner._grad = (
                    owner._grad + g if create_graph else constant(as_array(owner._grad._data + g))
                )
    try:
        for owner, hooks in after:
            for hook in list(hooks.values()):
                hook(owner)
    except BaseException:
        for owner, grad in before:
            owner._grad = grad
        raise


def gradients(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    cotangents: Any = None,
    create_graph: bool = False,
    allow_unused: bool = False,
    retain_graph: bool | None = None,
) -> tuple[Tensor | None, ...]:
    r"""The gradients of `outputs` with respect to `inputs`, one for each input, in a tuple.

    .. math:: \bar x_j = \sum_i (\partial z_i / \partial x_j)^\top g_i

    Nothing is added to any ``.grad``. `inputs` may be results of operations as well as leaves.

    Parameters
    ----------
    outputs, inputs
        A Tensor or a sequence of Tensors.
    cotangents
        One for each output, of its shape; may be left out (or None) for outputs of one element.
    create_graph
        Record the pass, so that the result can be differentiated again.
    allow_unused
        Give None for an input that no output depends on, instead of refusing.
    retain_graph
        Keep what the tape saved, for another pass. By default the value of `create_graph`.

    Raises GradientError for an input without influence or a freed tape, ValueError for a
    cotangent of the wrong shape.

    >>> import autograd as ag
    >>> x = ag.tensor(2.0, requires_grad=True)
    >>> (slope,) = gradients(x**3, x, create_graph=True)
    >>> gradients(slope, x)  # the second derivative
    (Tensor(12., dtype=float64),)
    """
    alone = isinstance(outputs, Tensor)
    outputs = _as_tensors(outputs, "gradients", "outputs")
    inputs = _as_tensors(inputs, "gradients", "inputs")
    if cotangents is None:
        cotangents = [None] * len(outputs)
    elif not isinstance(cotangents, (list, tuple)) or (
        alone and not any(g is None or hasattr(g, "shape") for g in cotangents)
    ):
        cotangents = [cotangents]  # of a single output, perhaps as a list of numbers
    if len(cotangents) != len(outputs):
        raise ValueError(
            f"gradients: received {len(cotangents)} cotangents for {len(outputs)} outputs; "
            "give one for each, None where the output is a scalar."
        )
    targets = [_wanting(tensor, "gradients")._node for tensor in inputs]
    table = _sweep(
        outputs, cotangents, targets, retain_graph, create_graph, "gradients", allow_unused
    )
    result: list[Tensor | None] = []
    last = {node: k for k, node in enumerate(targets)}
    for k, node in enumerate(targets):
        if node not in table:
            result.append(None)
        elif create_graph:
            result.append(_handle(table[node]))
        else:
            result.append(_own_array(table.pop(node) if last[node] == k else table[node]))
    return tuple(result)


def _as_tensors(value: Any, function: str, what: str) -> list[Tensor]:
    alone = isinstance(value, Tensor) or not hasattr(value, "__iter__")
    tensors = [value] if alone else list(value)
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{function}: {what} must be Tensors, received {describe(tensor)}.")
    return tensors


def _wanting(tensor: Tensor, function: str) -> Tensor:
    if not tensor._wants:
        raise GradientError(
            f"{function}: no gradient flows to this Tensor, {describe(tensor)}; build it from a "
            "Tensor with requires_grad=True, outside no_grad()."
        )
    return tensor


def _first_cotangent(output: Tensor, g: Any, create_graph: bool, function: str) -> Any:
    """The cotangent to start from, checked; a Tensor if the pass is recorded."""
    if g is None:
        if output.size != 1:
            raise GradientError(
                f"{function}: the output has shape {output.shape}, and only a single number has a "
                "gradient; reduce it (.sum(), .mean()), or give the cotangent g of that shape for "
                "the vector-Jacobian product."
            )
        g = as_array(np.ones_like(output._data))
    elif create_graph:
        with enable_grad():
            g = g if isinstance(g, Tensor) else Tensor(g)
            g = g if g.dtype == output.dtype else g.astype(output.dtype)
    else:
        try:
            g = own(g._data if isinstance(g, Tensor) else g, output.dtype)
        except (TypeError, ValueError) as error:
            reason = str(error).removeprefix("Tensor: ")
            raise type(error)(f"{function}: the cotangent can't be used: {reason}") from None
    if g.shape != output.shape:
        raise ValueError(
            f"{function}: the cotangent has shape {g.shape}, the output {output.shape}; they must "
            "be the same."
        )
    return constant(g) if create_graph and not isinstance(g, Tensor) else g


def _sweep(
    outputs: list[Tensor],
    cotangents: list[Any],
    targets: list[Any] | None,
    retain_graph: bool | None,
    create_graph: bool,
    function: str,
    allow_unused: bool = False,
    deliver: Callable[[dict[Any, Any]], None] | None = None,
) -> dict[Any, Any]:
    """The cotangents of `targets` (of all leaves, if None).

    Everything that the tape tells to be wrong is refused before the first rule runs. Cotangents
    are arrays, or Tensors if the pass itself is recorded. `deliver` is given them before the tape
    is freed, if a hook may raise an error.
    """
    table: dict[Any, Any] = {}  # entry or leaf -> the sum of the cotangents that reached it
    for output, given in zip(outputs, cotangents, strict=True):
        node = _wanting(output, function)._node
        g = _first_cotangent(output, given, create_graph, function)
        table[node] = table[node] + g if node in table else g
    # No way to a target leads through what was recorded before all of them: an inner gradient
    # must not cost a walk over all that came before it.
    since = min((target.stamp for target in targets), default=0) if targets else 0
    roots = [node for node in table if node.__class__ is Node]
    order = entries_to(roots, spent=False, since=since)
    seen = last_change() if order else 0
    if order and seen > order[0].stamp:
        _refuse_changed(order)
    kept: set[Any] = set(targets or ())
    if retained and targets is None:
        kept.update(node for node in order if node in retained)
    needed = None
    if targets is not None:
        needed = _between(order, targets)
        if not allow_unused:
            _refuse_unused(targets, {*table, *order}, order, function)
    hooks = _hooked_among(order) if hooked else set()
    special = kept | hooks
    watchers = _watchers(roots) if observers else ()
    retain = create_graph if retain_graph is None else retain_graph
    retain = retain or any(watcher.keeps for watcher in watchers)
    hold = retain or bool(watchers or hooks)
    setting: Any = enable_grad() if create_graph else nullcontext()
    for watcher in watchers:
        setting = watcher.follows(table, setting)
    late: dict[Any, list[Part]] = {}  # parts wait until the whole that they are added to is there
    live: dict[Any, Any] = {}  # the elements in use, where a `where` did not choose the others
    with setting:
        for node in reversed(order):
            if needed is not None and node not in needed:
                continue
            if late and node in late:
                total, parts = table.pop(node, None), late.pop(node)
                used = _in_use(parts, node) if total is None else None
                if used is not None:
                    live[node] = used
                g = _assembled(total, parts, node, create_graph)
                total = None
            else:
                g = table.pop(node)
            if special and node in special:
                if node in hooks:
                    g, replaced = _through_hooks(node, g, create_graph)
                    if replaced and node in live:
                        live[node] = _filled_in(live[node], g)
                    if last_change() > seen:  # by the hook: what is still to come may read it
                        _refuse_changed([other for other in order if other.stamp <= node.stamp])
                if node in kept:
                    table[node] = g
            if watchers:
                for watcher in watchers:
                    watcher.reaches(node, g)
            parents = held = node.held  # (before the plan: a pass in another thread may free it)
            plan = node.plan
            pulls: Any = plan.pulls
            if create_graph:
                held, pulls = _reconnect(node, held, plan)
            if live and node in live:
                pulls = _guarded(plan.primitive, pulls, live.pop(node), create_graph)
            for i, pull in pulls:
                parent: Any = parents[i]
                if needed is not None and parent not in needed:
                    continue
                c = pull(g, held)
                try:
                    shape = c.shape
                except AttributeError:  # a rule may return a Python number
                    c = np.asarray(c)
                    shape = c.shape
                if watchers:
                    for watcher in watchers:
                        watcher.contributes(node, i, c)
                if shape != parent.shape:
                    if c.__class__ is Part:
                        late.setdefault(parent, []).append(c)
                        live.pop(parent, None)
                        continue
                    if c.__class__ is Masked:
                        c = _kept_apart(c, parent, node, live, parent in table or parent in late)
                        table[parent] = table.pop(parent) + c if parent in table else c
                        continue
                    c = _unbroadcast(c, parent.shape, node)
                if c.dtype is not parent.dtype and c.dtype != parent.dtype:
                    c = _converted(c, parent.dtype, node)
                if parent in table:
                    if live:
                        live.pop(parent, None)
                    total = table.pop(parent)
                    if _is_ours(total):
                        total += c
                    else:
                        total = total + c
                    table[parent] = total
                else:
                    table[parent] = c
            g = c = total = None  # what only the table holds may be added to in place
            if not hold and (needed is None or any(parents[i] in needed for i in plan.wanted)):
                node.plan = plan.spent  # type: ignore[assignment]  # (its rules had refused)
                if plan.saved:
                    node.held = parents[: -plan.saved]
        for leaf, parts in late.items():
            table[leaf] = _assembled(table.pop(leaf, None), parts, leaf, create_graph)
        for leaf in [leaf for leaf in table if leaf in hooks and leaf.__class__ is Leaf]:
            table[leaf] = _through_hooks(leaf, table[leaf], create_graph)[0]
    if targets is not None:
        table = {node: table[node] for node in targets if node in table}
    if deliver is not None:
        deliver(table)
    if hold and not retain:  # as in the loop, where a call for each entry would cost
        for node in order:
            if needed is None or any(node.held[i] in needed for i in node.plan.wanted):
                plan = node.plan
                count, node.plan = len(node.held) - plan.saved, plan.spent or plan
                node.held = node.held[:count]
    return table


def _hooked_among(order: list[Node]) -> set[Any]:
    """The entries in `order`, and the leaves behind them, that have hooks."""
    reached: set[Any] = {node.held[i] for node in order for i in node.plan.wanted}
    reached.update(order)
    # (As a list at once: another thread may register a hook in the meantime.)
    having = [node for handle in hooked.keyrefs() if (node := handle()) in reached]
    return {node for node in having if getattr(node, "hooks", 0) or getattr(node, "after", 0)}


def _through_hooks(node: Any, g: Any, create_graph: bool) -> tuple[Any, bool]:
    """The cotangent that the hooks on an entry or leaf make of `g`, and whether it is another."""
    several = isinstance(g, list)  # of an entry with several outputs
    parts = g if several else [g]
    replaced = False
    with nullcontext() if create_graph else no_grad():
        for hook in list(getattr(node, "hooks", {}).values()):
            # A copy: what the rules share must not change with what a hook writes to.
            shown = [
                _handle(part) if create_graph and part._wants else constant(copied(_array(part)))
                for part in parts
            ]
            returned = hook(tuple(shown)) if several else hook(shown[0])
            if returned is not None:
                replaced = True
                given = returned if several else (returned,)
                if not isinstance(given, (tuple, list)) or len(given) != len(parts):
                    raise GradientError(
                        f"backward: the hook `{_called(hook)}` returned {describe(returned)} in "
                        f"place of {len(parts)} gradients; return a tuple of one for each, or None."
                    )
                parts = [
                    _replacement(hook, new, old, create_graph)
                    for new, old in zip(given, parts, strict=True)
                ]
    return (parts if several else parts[0]), replaced


def _array(g: Any) -> Any:
    return g._data if isinstance(g, Tensor) else g


def _called(hook: Any) -> str:
    return getattr(hook, "__name__", type(hook).__name__)


def _replacement(hook: Any, new: Any, old: Any, create_graph: bool) -> Any:
    """What a hook returned, as a cotangent in place of `old`."""
    try:
        g = new if isinstance(new, Tensor) else Tensor(new)
        fits = g.shape == old.shape and np.can_cast(g.dtype, old.dtype, "same_kind")
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise GradientError(
            f"backward: the hook `{_called(hook)}` returned {describe(new)} in place of a "
            f"gradient, {describe(old)}; return a Tensor or an array of that shape, or None."
        )
    if create_graph:
        return g if g.dtype == old.dtype else g.astype(old.dtype)
    return copied(g._data.astype(old.dtype, copy=False))


def _watchers(roots: list[Node]) -> list[Observer]:
    """The observers that know where a pass begins; of several that keep, the last to begin."""
    watching = [handle() for handle in list(observers.values())]
    knowing = [o for o in watching if o is not None and any(map(o.knows, roots))]
    keeping = [o for o in knowing if o.keeps]
    return [o for o in knowing if not o.keeps or o is keeping[-1]]


def dense(c: Any, parent: Any, node: Any) -> Any:
    """What a rule of `node` returned for `parent`, as an array of that one's shape and dtype.

    A list of arrays where `parent` has several outputs. (Of a rule that ran on Tensors, Tensors.)
    """
    if c.__class__ is Part:
        return _assembled(None, [c], parent, create_graph=isinstance(c.g, Tensor))
    c = c.g if c.__class__ is Masked else c
    c = c if isinstance(c, Tensor) else np.asarray(c)
    if c.shape != parent.shape:
        c = _unbroadcast(c, parent.shape, node)
    return _converted(c, parent.dtype, node) if c.dtype != parent.dtype else c


def _kept_apart(c: Masked, parent: Any, node: Node, live: dict[Any, Any], mixed: bool) -> Any:
    """The cotangent of `parent`; what is in use of it is noted in `live`, if that is all so far."""
    g = _converted(c.g, parent.dtype, node) if c.g.dtype != parent.dtype else c.g
    if parent.__class__ is Node and (parent in live or not mixed):
        used = np.broadcast_to(c.mask, g.shape)
        if used.shape != parent.shape:
            used = _unbroadcast(used.astype(np.int64), parent.shape, node) > 0
        live[parent] = live[parent] | used if parent in live else used
    return g if g.shape == parent.shape else _unbroadcast(g, parent.shape, node)


def _in_use(parts: list[Part], parent: Node) -> Any:
    """The elements that masks picked, ``x[x > 0]``, if nothing else is in use; None otherwise.

    Of an entry with several outputs a list: what each knows to be in use, or all of it.
    """
    if parent.plan.primitive.outputs != 1:
        if all(part.used is None for part in parts):
            return None
        masks = [np.zeros(shape, bool) for shape in cast(Any, parent.shape)]
        for part in parts:
            masks[part.index][...] = True if part.used is None else part.used
        return masks
    if not all(isinstance(p.index, np.ndarray) and p.index.dtype == bool for p in parts):
        return None
    used = np.zeros(parent.shape, bool)
    for part in parts:
        used[part.index] = True
    return used


def _filled_in(used: Any, g: Any) -> Any:
    """What is in use of a cotangent that a hook gave: also where it wrote what is not 0."""
    if isinstance(used, list):
        return [_filled_in(*both) for both in zip(used, g, strict=True)]
    return used | (_array(g) != 0)


def _guarded(primitive: Any, pulls: Any, used: Any, create_graph: bool) -> Any:
    """The rules of an entry of whose output only the elements `used` are in use.

    An element that nothing used has the cotangent 0 whatever the rule's factor is; where that is
    infinite, their product would be NaN. Followed through operations that are element-wise, and
    those that only arrange or add elements: their rules save no values.
    """
    if primitive.elementwise and primitive.outputs == 1:
        guard = _elementwise_guard
    elif all(need.endswith("_shape") for need in primitive.saves):
        guard = _arranging_guard
    else:
        return pulls
    return [(i, guard(pull, i, used, create_graph)) for i, pull in pulls]


def _elementwise_guard(pull: Any, i: int, used: Any, create_graph: bool) -> Any:
    def guarded(g: Any, held: Any) -> Masked:
        with np.errstate(all="ignore"):
            c = pull(g, held)
            mask = used
            if c.__class__ is Masked:
                mask, c = mask & c.mask, c.g
            # (A sum is finite if all are, and the quickest look at them.)
            finite = not create_graph and np.isfinite(np.add.reduce(c, axis=None))
        if finite:
            return Masked(c, mask)
        shown = np.where(mask, c, 0)
        if not np.isfinite(shown).all():
            pull(g, held)  # once more, for NumPy's warning
        return Masked(shown, mask)

    return guarded


def _arranging_guard(pull: Any, i: int, used: Any, create_graph: bool) -> Any:
    def guarded(g: Any, held: Any) -> Any:
        # Where the rule sends a mask, or if it computes with it, weights that don't cancel.
        c, sent = pull(g, held), pull(used, held)
        if getattr(sent, "g", sent).dtype != bool:
            draw = np.random.default_rng(0).uniform
            several = isinstance(used, list)
            weighted = [mask * draw(1, 2, mask.shape) for mask in (used if several else [used])]
            sent = pull(weighted if several else weighted[0], held)
        if c.__class__ is Part:
            parent = held[i]
            if parent.__class__ is Node and parent.plan.primitive.outputs != 1:
                return Part(c.g, c.index, sent.g)
            c = _assembled(None, [c], parent, create_graph)
            sent = _assembled(None, [sent], parent, create_graph=False)
        elif c.__class__ is Masked:
            c, sent = c.g, sent.g
        return Masked(c, sent != 0)

    return guarded


def _handle(g: Tensor) -> Tensor:
    """A handle of its own on a recorded gradient, which another leaf may have received too."""
    return cast(Tensor, np.positive(g)) if g.is_leaf else attach(g._data, g._node)


def _own_array(g: Any) -> Tensor:
    return constant(g if _is_ours(g) else copied(g))


def _refuse_unused(targets: list[Any], reached: set[Any], order: list[Node], function: str) -> None:
    for node in order:
        reached.update(node.held[i] for i in node.plan.wanted)
    for k, target in enumerate(targets):
        if target not in reached:
            remedy = (
                "pass allow_unused=True to get None for it"
                if function == "gradients"
                else "leave it out"
            )
            raise GradientError(
                f"{function}: no output depends on inputs[{k}], {target.dtype} of shape "
                f"{target.shape}; {remedy}."
            )


def _between(order: list[Node], targets: list[Any]) -> set[Any]:
    """The entries and leaves on some way from `targets` to the end of the tape."""
    needed = set(targets)
    for node in order:
        held = node.held
        for i in node.plan.wanted:
            if held[i] in needed:
                needed.add(node)
                break
    return needed


def _converted(c: Any, dtype: Any, node: Node) -> Any:
    if c.dtype.kind not in "fiub":
        raise GradientError(
            f"backward: a rule of `{node.name}` returned {c.dtype} for an input of {dtype}; mend "
            "the rule (autograd.gradcheck finds it)."
        )
    return c.astype(dtype)


def _unbroadcast(c: Any, shape: tuple[int, ...], node: Node) -> Any:
    """The cotangent of an input that was broadcast: summed over the axes it was repeated along.

    This is the only place that undoes broadcasting, so no rule has to mention it.
    """
    lead = c.ndim - len(shape)
    stretched = tuple(
        k for k in range(c.ndim) if k < lead or (shape[k - lead] == 1 and c.shape[k] != 1)
    )
    summed = np.sum(c, axis=stretched, keepdims=True) if stretched else c
    if lead < 0 or summed.shape[lead:] != shape:
        raise GradientError(
            f"backward: a rule of `{node.name}` returned a cotangent of shape {c.shape} for an "
            f"input of shape {shape}; mend the rule (autograd.gradcheck finds it)."
        )
    return np.reshape(summed, shape)


def _is_ours(array: Any) -> bool:
    """Whether nobody but the caller, in one variable, can see the memory of a cotangent.

    A rule may return its argument, a view of it, or something that it saved. Who else holds an
    array (the user, an entry, the table, a view) also holds a reference to it, so the references
    tell; that saves a copy of each gradient, and of each sum of two.
    """
    if array.__class__ is not np.ndarray or not array.flags.writeable:
        return False
    base = array.base
    if base is None:
        return getrefcount(array) <= _references[0]
    return (
        base.__class__ is np.ndarray
        and base.base is None
        and base.nbytes == array.nbytes
        and getrefcount(array) <= _references[0]
        and getrefcount(base) <= _references[1]
    )


def _count(array: Any) -> tuple[int, int]:
    base = array.base
    return getrefcount(array), getrefcount(base)


def _calibrated() -> tuple[int, int]:
    """How many references there are if there is no other, on this Python."""
    array = np.zeros(2)[::-1]
    return _count(array)


_references = _calibrated()


def _assembled(total: Any, parts: list[Part], parent: Any, create_graph: bool) -> Any:
    """The cotangent of `parent`: `total`, if there is any yet, and those of its parts."""
    if parent.__class__ is Node and parent.plan.primitive.outputs != 1:
        dtypes: Any = parent.dtype
        zeros = [np.zeros(*output) for output in zip(parent.shape, dtypes, strict=True)]
        outputs: list[Any] = list(map(constant, zeros)) if create_graph else zeros
        for part in parts:
            outputs[part.index] = outputs[part.index] + part.g
        return outputs
    if create_graph:
        for part in parts:
            g = scatter(part.g, part.index, parent.shape)
            total = g if total is None else total + g
        return total
    if total is None:
        g = parts[0].g
        if g.__class__ is np.ndarray:  # np.zeros_like takes several times as long
            total = np.zeros(parent.shape, parent.dtype)
        else:
            total = np.zeros_like(g, shape=parent.shape, dtype=parent.dtype)
    elif not _is_ours(total):
        total = copied(total)
    for part in parts:
        add_at(total, part.index, part.g)
    return total


def _reconnect(node: Node, held: tuple[Any, ...], plan: Plan) -> tuple[tuple[Any, ...], Any]:
    """What an entry holds, with its arrays as Tensors on the tape, for a pass that is recorded.

    With the rules that read them.
    """
    held, pulls = plan.opened(held)
    primitive = plan.primitive
    names = primitive.saves
    if not names:
        return held, pulls
    parents = held[: len(held) - len(primitive.statics) - len(names)]
    handles = []
    for name, value in zip(names, held[-len(names) :], strict=True):
        if value is None or name.endswith("_shape"):
            handle = value
        elif name == "z":
            handle = attach(value, node) if primitive.outputs == 1 else components(node, value)
        elif primitive.variadic:
            handle = tuple(map(attach, value, parents))
        else:
            handle = attach(value, parents[primitive.inputs.index(name)])
        handles.append(handle)
    return (*held[: -len(names)], *handles), pulls


def _refuse_changed(order: list[Node]) -> None:
    """Refuse if the memory of something that a rule will read was written to in the meantime.

    What an entry read from a leaf was true when the entry was recorded; what it read from the
    result of another entry (perhaps a view of a leaf) was true when that one was recorded.
    """
    for node in order:
        for name, array, origin in readings(node):
            if changed_at(array) > _read_at(node, origin):
                raise changed("backward", name, array, origin, node)


def _read_at(node: Node, origin: Any) -> int:
    """When what `node` saved of `origin` was true."""
    return min(node.stamp, origin.stamp) if origin.__class__ is Node else node.stamp


def changed(
    function: str, name: str, array: Any, origin: Any, node: Node, since: int | None = None
) -> GradientError:
    """The refusal of what `node` saved of `origin` under `name`, and is another now."""
    what = name_of(origin) or name_of(_owner(array, origin)) or f"the input `{name}`"
    since = _read_at(node, origin) if since is None else since
    return GradientError(
        f"{function}: {what}, {describe(array)}, was changed in place"
        f"{change_of(array, since)} after "
        f"`{node.name}`{place_of(node)} was recorded, whose rule needs its old value; call "
        "backward() before the change, or change a copy."
    )


def _owner(array: Any, origin: Any) -> Any:
    """The leaf whose memory `array`, the value of the entry `origin`, shows."""
    for node in entries_to([origin]) if origin.__class__ is Node else []:
        for parent in node.parents:
            tensor = parent.owner() if isinstance(parent, Leaf) and parent.owner else None
            if tensor is not None and buffer_of(tensor._data) is buffer_of(array):
                return parent
    return origin


def readings(node: Node) -> Iterator[tuple[str, Any, Any]]:
    """The arrays that the rules of an entry read: by what name, and which entry or leaf's."""
    primitive = node.plan.primitive
    parents = node.parents
    for name, value in node.saved.items():
        if name.endswith("_shape"):
            continue
        values = value if isinstance(value, tuple) else (value,)
        if name == "z":
            origins: tuple[Any, ...] = (node,) * len(values)
        elif primitive.variadic:
            origins = parents
        else:
            origins = (parents[primitive.inputs.index(name)],)
        for array, origin in zip(values, origins, strict=True):
            if isinstance(array, np.ndarray):
                yield name, array, origin
