"""An array or a Tensor that changes between forward and backward: right, or refused by name.

A plain array that an operation was given may change at any time: the entry has its own. A Tensor
that changes after it was used gives the gradient at its old value, or a refusal that names the
operation and the variable. Three tables cross the ways to change memory with the operations;
after them, every case of `tests/cases` goes through the same.
"""

from __future__ import annotations

import contextlib
import copy
import ctypes
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import CASES

import autograd as ag
import nn
from autograd import GradientError, Tensor

Array = np.ndarray[Any, Any]
F = nn.functional


def same(actual: Any, expected: Any) -> bool:
    """Two lists of gradients, to the last bit; None where nothing depends on an input."""
    return all(
        (a is None) == (b is None)
        and (a is None or np.array_equal(a.numpy(), b.numpy(), equal_nan=True))
        for a, b in zip(actual, expected, strict=True)
    )


def right_or_refused(loss: Tensor, weight: Tensor, expected: Any) -> str | None:
    """None for the right gradient, or the words of the refusal; anything else fails."""
    try:
        actual = ag.gradients(loss, weight)
    except GradientError as error:
        return str(error)
    assert same(actual, expected), "silently wrong"
    return None


# ------------------------------------------------------------------ a plain array that was given

X = np.linspace(0.5, 3.0, 6).reshape(2, 3)
FLOATS = np.array([[3.0, 1.0, 2.0], [0.5, 0.25, 4.0]])
BOOLS = np.array([[True, False, True], [False, True, False]])
INDEX = np.array([[1, 0, 1], [0, 1, 1]])
IMAGE = np.linspace(-1.0, 1.0, 32).reshape(2, 1, 4, 4)
KERNEL = np.array([[2.0, 1.0], [-1.0, 0.5]]).reshape(1, 1, 2, 2)

# name: (the operation on a Tensor and a plain array, the Tensor's values, the array)
GIVEN: dict[str, tuple[Callable[[Any, Any], Any], Array, Array]] = {
    "multiply": (lambda x, a: x * a, X, FLOATS),
    "divide": (lambda x, a: a / x, X, FLOATS),
    "power": (lambda x, a: a**x, X, FLOATS),
    "matmul": (lambda x, a: x @ a.T, X, FLOATS),
    "einsum": (lambda x, a: np.einsum("ij,kj->ik", x, a), X, FLOATS),
    "maximum": (np.maximum, X, FLOATS),
    "where": (lambda x, a: np.where(a, x * x, x), X, BOOLS),
    "sum where": (lambda x, a: np.sum(x * x, where=a), X, BOOLS),
    "prod where": (lambda x, a: np.prod(x, axis=0, where=a), X, BOOLS),
    "getitem mask": (lambda x, a: x[a] ** 2, X, BOOLS),
    "getitem": (lambda x, a: x[a] ** 2, X, INDEX),
    "getitem of a tuple": (lambda x, a: x[a, 1:] ** 2, X, INDEX),
    "take": (lambda x, a: np.take(x, a, axis=1) ** 2, X, INDEX),
    "setitem": (lambda x, a: _written(x, a), X, INDEX[:, 0]),
    "sort's twin": (lambda x, a: np.take_along_axis(x, a, 1) ** 2, X, INDEX),
    "interp": (lambda x, a: np.interp(x, [0.0, 1.0, 4.0], a), X, FLOATS[0]),
    "clip": (lambda x, a: np.clip(x, a, None) ** 2, X, FLOATS),
    "conv2d": (F.conv2d, IMAGE, KERNEL),
    "conv2d of data": (lambda w, a: F.conv2d(a, w), KERNEL, IMAGE),
    "batch norm's weight": (lambda x, a: _normalized(x, weight=a), IMAGE, FLOATS[:, :1]),
    "mse target": (F.mse_loss, X, FLOATS),
    "bce target": (F.binary_cross_entropy_with_logits, X, FLOATS / 8),
    "classes": (F.cross_entropy, X, np.array([2, 0])),
    "probabilities": (F.cross_entropy, X, FLOATS),
    "embedding": (lambda w, a: F.embedding(a, w) ** 2, X, INDEX),
    "dropout": (lambda x, a: _dropped(x) * a, X, FLOATS),
}


def _written(x: Any, index: Any) -> Any:
    y = x * x
    y[index, 1] = x[0, :2] * 3
    return y


def _normalized(x: Any, weight: Any) -> Any:
    x = ag.concatenate([x, x * x], axis=1)
    return F.batch_norm(x, None, None, weight.ravel(), training=True)


def _dropped(x: Any) -> Any:
    nn.seed(0)
    return F.dropout(x * x, 0.5)


def in_place(change: Callable[[Array, Array], None]) -> Callable[[Array, Path], Any]:
    """A way to change: from values, an array to be given and a thunk that changes it."""

    def way(values: Array, path: Path) -> tuple[Array, Callable[[], None]]:
        a = values.copy()
        return a, lambda: change(a, np.flip(values))

    return way


def _base(values: Array, path: Path) -> Any:
    base = np.repeat(values, 2, axis=0)
    return base[::2], lambda: base.fill(0)


def _memmap(values: Array, path: Path) -> Any:
    a = np.memmap(path, values.dtype, "w+", shape=values.shape)
    a[...] = values
    return a, lambda: a.__setitem__(..., np.flip(values))


def _file(values: Array, path: Path) -> Any:
    values.tofile(path)
    a = np.memmap(path, values.dtype, "r", shape=values.shape)
    return a, lambda: np.memmap(path, values.dtype, "r+", shape=a.shape).fill(0)


def _bytes(values: Array, path: Path) -> Any:
    memory = bytearray(values.tobytes())
    a = np.frombuffer(memory, values.dtype).reshape(values.shape)
    return a, lambda: memory.__setitem__(slice(None), bytes(len(memory)))


def _shuffle(a: Array, other: Array) -> None:
    rng = np.random.default_rng(0)
    before = a.copy()
    while (a == before).all():
        rng.shuffle(a.reshape(-1))


def _sort(a: Array) -> None:
    before = a.copy()
    a.reshape(-1).sort()
    if (a == before).all():
        a.reshape(-1)[::-1].sort()


WAYS: dict[str, Callable[[Array, Path], Any]] = {
    "a[...] = v": in_place(lambda a, v: a.__setitem__(..., v)),
    "a view of it": in_place(lambda a, v: a.reshape(-1)[::-1].__setitem__(..., 0)),
    "what it is a view of": _base,
    "ufunc(out=a)": in_place(lambda a, v: np.multiply(v, np.ones((), a.dtype), out=a)),
    "copyto": in_place(lambda a, v: np.copyto(a, v)),
    "put": in_place(lambda a, v: np.put(a, np.arange(a.size), v)),
    "sort": in_place(lambda a, v: _sort(a)),
    "fill": in_place(lambda a, v: a.fill(a.flat[1])),
    "shuffle": in_place(_shuffle),
    "memoryview": in_place(
        lambda a, v: memoryview(a).cast("B").__setitem__(slice(None), v.tobytes())
    ),
    "ctypes": in_place(lambda a, v: ctypes.memset(a.ctypes.data, 0, a.nbytes)),
    "memmap": _memmap,
    "the file of a memmap": _file,
    "the bytes of a frombuffer": _bytes,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("operation", GIVEN)
def test_a_plain_array_that_was_given_may_change(operation, way, tmp_path):
    f, x, values = GIVEN[operation]
    given, change = WAYS[way](values, tmp_path / "array")

    def gradient(then: Callable[[], Any]) -> Array:
        leaf = Tensor(x, requires_grad=True)
        z = f(leaf, given).sum()
        then()
        (slope,) = ag.gradients(z, leaf)
        return slope.numpy()

    expected = gradient(lambda: None)
    before = given.tobytes()
    actual = gradient(change)
    assert given.tobytes() != before, "nothing was changed"
    np.testing.assert_array_equal(actual, expected)


# ------------------------------------------------------------------ a Tensor that was used


def _linear(w: Any) -> Any:
    return F.linear(w, np.linspace(-1, 1, 6).reshape(2, 3)) ** 2


# name: (a loss of a Tensor of shape (2, 3), whether a rule needs the memory of that Tensor)
USED: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "multiply": (lambda w: w * w, True),
    "matmul": (lambda w: w.T @ w, True),
    "divide": (lambda w: 1 / w, True),
    "log": (np.log, True),
    "exp, which saves z": (np.exp, False),
    "sqrt, which saves z": (np.sqrt, False),
    "add, which saves nothing": (lambda w: w + 1, False),
    "where": (lambda w: np.where(w > 1, w * w, w), True),
    "getitem": (lambda w: w[:, [1, 1]] ** 2, False),
    "a view": (lambda w: w.reshape(3, 2) * w.T, True),
    "max": (lambda w: np.max(w, axis=1), True),
    "prod": (lambda w: np.prod(w, axis=1), True),
    "norm": (np.linalg.norm, True),
    "linear": (lambda w: F.linear(np.ones((1, 2)), w.T), False),
    "conv2d, which saves windows": (lambda w: F.conv2d(w.reshape(1, 1, 2, 3), w[:, :2].reshape(1, 1, 2, 2)), False),
    "batch norm": (
        lambda w: F.batch_norm(w, None, None, w[0], training=True) * [[1.0], [3.0]], False
    ),
    "mse loss": (lambda w: F.mse_loss(w, np.zeros((2, 3))), False),
    "cross entropy": (lambda w: F.cross_entropy(w, [0, 1]), False),
    "dropout": (lambda w: _dropped(w), True),
}  # fmt: skip


def shifted(t: Tensor) -> Array:
    return t.numpy()[::-1, ::-1] + 1


def under_no_grad(change: Callable[[Tensor], Any]) -> Callable[[Tensor], None]:
    def quiet(t: Tensor) -> None:
        with ag.no_grad():
            change(t)

    return quiet


def _augmented(t: Tensor) -> None:
    t.data -= 1


def _step(t: Tensor) -> None:
    t.grad = np.ones(t.shape)
    nn.optim.SGD([t], lr=0.5).step()


def _adam(t: Tensor) -> None:
    t.grad = np.ones(t.shape)
    nn.optim.Adam([t], lr=0.5).step()


def _load(t: Tensor) -> None:
    module = nn.Module()
    module.weight = t
    module.load_state_dict({"weight": shifted(t)})


CHANGES: dict[str, Callable[[Tensor], Any]] = {
    ".data[...] = v": lambda t: t.data.__setitem__(..., shifted(t)),
    ".data[0, 0] = v": lambda t: t.data.__setitem__((0, 0), 9.0),
    ".data -= v": _augmented,
    ".data = v": lambda t: setattr(t, "data", shifted(t)),
    "a view of .data": lambda t: t.data.T[1:].__setitem__(..., 9.0),
    "out=.data": lambda t: np.add(t.data, 1, out=t.data),
    "copyto(.data)": lambda t: np.copyto(t.data, shifted(t)),
    "put(.data)": lambda t: np.put(t.data, [0, 3], 9.0),
    ".data.sort()": lambda t: (t.data[:, ::-1].sort(), t.data.sort(axis=0)),
    "shuffle(.data)": lambda t: _shuffle(t.data, t.data),
    "memoryview(.data)": lambda t: memoryview(t.data).cast("B").__setitem__(0, 1),
    "ctypes": lambda t: ctypes.memset(t.data.ctypes.data, 1, t.nbytes),
    "x[i] = v": under_no_grad(lambda t: t.__setitem__(0, 9.0)),
    "x += v": under_no_grad(lambda t: t.__iadd__(1)),
    "out=x": under_no_grad(lambda t: np.add(t, 1, out=t)),
    "x.sort()": under_no_grad(lambda t: t.__imul__(-1).sort()),
    "copyto(x)": under_no_grad(lambda t: np.copyto(t, shifted(t))),
    "an SGD step": _step,
    "an Adam step": _adam,
    "nn.init": lambda t: nn.init.normal_(t),
    "load_state_dict": _load,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("operation", USED)
def test_a_tensor_that_was_used_may_not_change_unseen(operation, change):
    f, needed = USED[operation]
    first = nn.Parameter(X)
    expected = ag.gradients(f(first).sum(), first)
    weight = nn.Parameter(X)
    loss = f(weight).sum()
    CHANGES[change](weight)
    assert weight.tolist() != X.tolist(), "nothing was changed"
    refusal = right_or_refused(loss, weight, expected)
    if refusal is not None:
        assert "was changed in place" in refusal
        assert " after `" in refusal
        # (a part of it, `weight.T`, is an entry of its own, and known by its role)
        assert "`weight`" in refusal or "the input `" in refusal
    if change == ".data = v":  # bound to new memory: the old is as it was
        assert refusal is None
    elif needed:
        assert refusal is not None


@pytest.mark.parametrize("change", CHANGES)
def test_a_constant_tensor_that_was_used_may_not_change_unseen(change):
    x, weight = Tensor(X, requires_grad=True), nn.Parameter(X, requires_grad=False)
    loss = (x * weight).sum()
    CHANGES[change](weight)
    assert weight.tolist() != X.tolist(), "nothing was changed"
    refusal = right_or_refused(loss, x, [Tensor(X)])
    if refusal is not None:
        assert "`weight`" in refusal
        assert "`multiply`" in refusal


def test_a_second_pass_and_a_second_derivative_are_refused_after_a_change():
    weight = Tensor(X, requires_grad=True)
    loss = (weight**3).sum()
    loss.backward(retain_graph=True)
    (slope,) = ag.gradients(loss, weight, create_graph=True)
    weight.data -= 1
    for again in (loss, slope.sum()):
        with pytest.raises(GradientError, match=r"`weight`.*changed in place .*after `\w+`"):
            again.backward()


def test_the_refusal_names_the_line_of_the_operation_where_a_tape_knows_it():
    weight = Tensor(X, requires_grad=True)
    with ag.Tape() as tape:
        loss = (weight * weight).sum()  # this line
    weight.data -= 1  # and this one
    words = r"at test_mutation\.py:\d+ after `multiply` \(test_mutation\.py:\d+, .*weight \* weight"
    with pytest.raises(GradientError, match=words):
        loss.backward()
    assert len(tape) == 2


def test_ways_to_change_that_follow_each_other():
    """Of what `.data` gave out, a change is found late; it must not hide a later one."""
    weight = _leaf(X)
    kept = [(weight * weight).sum()]
    weight.data -= 1
    loss = (weight * weight).sum()
    under_no_grad(_iadd)(weight)
    with pytest.raises(GradientError, match="changed in place"):
        loss.backward()

    def value() -> float:
        kept.append((weight * weight).sum())
        return 1.0

    weight.data -= value()
    with pytest.raises(GradientError, match="changed in place"):
        kept[-1].backward()


def test_a_tensor_that_is_no_input_may_change():
    x, steps = _leaf(X), Tensor(2)
    loss = (np.roll(x, steps) * FLOATS).sum()
    steps += 1
    expected = ag.gradients((np.roll(x, 2) * FLOATS).sum(), x)
    assert same(ag.gradients(loss, x), expected)


unchanged = ag.primitive(lambda x: x, name="unchanged", x=lambda g: g)


@pytest.mark.parametrize(
    "returned",
    [unchanged, np.real, lambda x: ag.hook_together([x], print)[0], lambda x: x.T, lambda x: x[:]],
)
def test_a_result_that_shows_the_memory_of_a_leaf(returned):
    weight = _leaf(X)
    result = returned(weight)
    before = result.detach()
    value = before.tolist()
    with pytest.raises(ValueError, match="read-only"):
        result.data[...] = 0
    weight.data -= 1  # the leaf is no less writable
    assert before.tolist() == value
    assert weight.tolist() == (X - 1).tolist()


# ------------------------------------------------------------------ the result of an operation


def results() -> tuple[Tensor, Tensor, Tensor]:
    """A leaf, a result that two entries save (as their z and as an input), and a loss."""
    x = Tensor(X, requires_grad=True)
    y = np.exp(x)
    return x, y, (y * y).sum()


def test_the_data_of_a_result_cannot_be_written():
    _, y, _ = results()
    with ag.no_grad():
        arrays = [y.data, y.data.T, np.asarray(y), y.data[0]]
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
        with pytest.raises(ValueError, match="read-only"):
            np.add(array, 1, out=array)
        with pytest.raises(ValueError, match="read-only"):
            array.sort()
    with pytest.raises(TypeError, match="read-only"):
        memoryview(y.data)[0, 0] = 1.0
    with pytest.raises(GradientError, match="`exp`"):
        y.data = X


def _made_writable(array: Array) -> Array:
    array.flags.writeable = True
    return array


def _asarray(y: Tensor) -> Array:
    with ag.no_grad():
        return np.asarray(y)


@pytest.mark.parametrize("around", [lambda array: array.base, _made_writable])
@pytest.mark.parametrize("given", [lambda y: y.data, _asarray])
def test_the_data_of_a_result_cannot_be_written_around(given, around):
    x, _, loss = results()
    expected = ag.gradients(loss, x)
    x, y, loss = results()
    with contextlib.suppress(TypeError, ValueError):  # read-only
        around(given(y))[...] = 0
    right_or_refused(loss, x, expected)


def _iadd(y: Tensor) -> None:
    y += 1


@pytest.mark.parametrize(
    "change",
    [
        lambda y: y.__setitem__(0, 5.0),
        _iadd,
        lambda y: np.add(y, 1, out=y),
        lambda y: np.copyto(y, X),
        lambda y: np.put(y, [0, 1], 5.0),
        lambda y: y.sort(),
        under_no_grad(_iadd),
        under_no_grad(lambda y: y.__setitem__(0, 5.0)),
        lambda y: y.numpy().fill(0),
        lambda y: y.detach().numpy().fill(0),
        lambda y: np.exp(y.numpy(), out=y.numpy()),
    ],
)
def test_a_handle_that_is_changed_leaves_what_was_recorded(change):
    x, y, loss = results()
    change(y)
    loss.backward()
    np.testing.assert_allclose(x.grad.data, 2 * np.exp(2 * X), rtol=1e-14)


def test_a_write_to_a_detached_result_changes_that_alone():
    x, y, loss = results()
    expected, detached = ag.gradients(loss, x, retain_graph=True), y.detach()
    detached.data[...] = 0
    assert detached.tolist() == np.zeros_like(X).tolist()
    assert y.tolist() == np.exp(X).tolist()
    assert same(ag.gradients(loss, x), expected)


def test_a_cotangent_may_change_after_it_was_given():
    x, g = Tensor(X, requires_grad=True), FLOATS.copy()
    (x * 1).backward(g, create_graph=True)
    _, pull = ag.vjp(lambda x: x * x, X)
    first = pull(g)
    kept = copy.deepcopy(first)
    g[...] = 0
    np.testing.assert_array_equal(x.grad.numpy(), FLOATS)
    np.testing.assert_array_equal(first, kept)


def test_the_point_of_vjp_may_change_before_its_pullback_is_called():
    a = X.copy()
    _, pull = ag.vjp(lambda x: x * x, a)
    a[...] = 0
    (slope,) = pull(np.ones_like(X))
    np.testing.assert_array_equal(slope, 2 * X)


# ------------------------------------------------------------------ memory shared beforehand


def _leaf(values: Array) -> Tensor:
    return Tensor(values, requires_grad=True)


def of_data(share: Callable[[Array], Array]) -> Callable[[Array, Path], tuple[Tensor, Array]]:
    def way(values: Array, path: Path) -> tuple[Tensor, Array]:
        weight = _leaf(values)
        return weight, share(weight.data)

    return way


def _of_one_that_was_used(values: Array, path: Path) -> tuple[Tensor, Array]:
    weight = _leaf(values)
    used.append(weight * weight)
    return weight, weight.data


used: list[Tensor] = []


def _shared(values: Array, path: Path) -> tuple[Tensor, Array]:
    array = values.copy()
    return Tensor(array, requires_grad=True, copy=False), array


def _shared_view(values: Array, path: Path) -> tuple[Tensor, Array]:
    array = np.repeat(values, 2, axis=1)
    return Tensor(array[:, ::2], requires_grad=True, copy=False), array


def _shared_map(values: Array, path: Path) -> tuple[Tensor, Array]:
    array: Any = np.memmap(path, values.dtype, "w+", shape=values.shape)
    array[...] = values
    return Tensor(array, requires_grad=True, copy=False), array


# name: the values of a Tensor to it and an array on the same memory, taken before it is used
SHARED: dict[str, Callable[[Array, Path], tuple[Tensor, Array]]] = {
    "an alias of .data": of_data(lambda data: data),
    "a part of .data": of_data(lambda data: data[:1]),
    "memoryview": of_data(lambda data: np.frombuffer(memoryview(data).cast("B"))),
    "ctypes": of_data(lambda data: np.ctypeslib.as_array(np.ctypeslib.as_ctypes(data))),
    "after an earlier use": _of_one_that_was_used,
    "copy=False": _shared,
    "copy=False of a view": _shared_view,
    "copy=False of a memmap": _shared_map,
}


@pytest.mark.parametrize("share", SHARED)
@pytest.mark.parametrize(
    "operation",
    USED,
)
def test_a_write_through_memory_that_was_shared_before_is_seen_by_detect_anomaly(
    operation, share, tmp_path
):
    f, _ = USED[operation]
    first = _leaf(X)
    expected = ag.gradients(f(first).sum(), first)
    weight, array = SHARED[share](X, tmp_path / "array")
    with ag.detect_anomaly():
        loss = f(weight).sum()
        array[...] = 7.0
        assert weight.tolist() != X.tolist(), "the memory was not shared"
        refusal = right_or_refused(loss, weight, expected)
        refused[operation] += refusal is not None
    assert refusal is None or "`weight`" in refusal or "the input `" in refusal


refused: Counter[str] = Counter()


@pytest.mark.parametrize("share", SHARED)
def test_a_write_into_the_memory_of_a_constant_is_seen_by_detect_anomaly(share, tmp_path):
    x = _leaf(X)
    weight, array = SHARED[share](X, tmp_path / "array")
    weight.requires_grad = False
    with ag.detect_anomaly():
        loss = (x * weight).sum()
        array[...] = 7.0
        refusal = right_or_refused(loss, x, [Tensor(X)])
    assert refusal is not None
    assert re.search(r"`weight`.*after `multiply` \(test_mutation", refusal)


def test_a_constant_that_is_a_view_of_a_leaf_is_seen_to_change_with_it():
    x, weight = _leaf(X), _leaf(X)
    with ag.no_grad():
        turned = weight.T
    loss = (x * turned.T).sum()
    weight.data -= 1
    with pytest.raises(GradientError, match=r"changed in place .*after `multiply`"):
        loss.backward()


def test_what_copies_shares_nothing():
    values = X.copy()
    weight = Tensor(values, requires_grad=True)
    weight.data = values
    weight.grad = values
    module = nn.Linear(3, 2)
    state = module.state_dict()
    before = {name: array.copy() for name, array in state.items()}
    for array in (values, *state.values()):
        array[...] = 0
    assert weight.tolist() == weight.grad.tolist() == X.tolist()
    assert all((module.state_dict()[name] == array).all() for name, array in before.items())


# ------------------------------------------------------------------ every case of tests/cases


def _spoil(value: Any) -> None:
    """Change every array and list inside, in place."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f":
            value[...] = np.nan
        elif value.dtype.kind == "b":
            value[...] = ~value
        else:
            value[...] = np.roll(value, 1) + 1
    elif isinstance(value, (list, tuple)):
        for part in value:
            _spoil(part)
        if isinstance(value, list):
            value.reverse()
            value.append(7)


class _Subclass(np.ndarray):
    """Stands for memmap, matrix and the like."""


def _subclassed(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(map(_subclassed, value))
    return value.view(_Subclass) if isinstance(value, np.ndarray) else value


def _is_float(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _slopes(outputs: Any, inputs: Any) -> Any:
    """Of the outputs that are Tensors, with fixed random cotangents."""
    rng = np.random.default_rng(1)
    made = [z for z in outputs if isinstance(z, Tensor) and z.requires_grad]
    gs = [rng.standard_normal(z.shape).astype(z.dtype) for z in made]
    return ag.gradients(made, inputs, gs, allow_unused=True)


def _failures(check: Callable[[Any], str | None], family: list[Any]) -> list[str]:
    with np.errstate(all="ignore"):
        return [f"{case.name}: {what}" for case in family if (what := check(case))]


def _after_a_change_of_the_arrays(case: Any, prepare: Callable[[Any], Any]) -> str | None:
    """With one input at a time as a Tensor; the others are arrays, which change."""

    def slopes(k: int, then: Callable[[Any], None]) -> Any:
        inputs = case.inputs()
        static = {name: prepare(copy.deepcopy(value)) for name, value in case.static.items()}
        leaf = _leaf(inputs[k])
        given = [leaf if i == k else x for i, x in enumerate(inputs)]
        try:
            outputs = replace(case, static=static)(*given)
        except TypeError:  # refused at the call: an array can't hold a Tensor
            return None
        then([inputs, list(static.values())])
        return _slopes(outputs, [leaf])

    for k in [k for k, x in enumerate(case.inputs()) if _is_float(x)]:
        expected = slopes(k, lambda _: None)
        if expected is None:
            continue
        try:
            actual = slopes(k, _spoil)
        except GradientError as error:
            if "checkpoint" not in str(error):  # which sees that its function changed
                raise
        except (ValueError, IndexError) as error:
            return f"input {k}: {error}"
        else:
            if not same(actual, expected):
                return f"input {k}: silently wrong"
    return None


def test_every_case_owns_the_arrays_that_it_was_given(size):
    cases = CASES[:: size(3, 1)]
    assert _failures(lambda case: _after_a_change_of_the_arrays(case, lambda v: v), cases) == []


def test_a_parameter_that_is_a_list_of_lists_may_change():
    q = [[0.2], [0.9]]
    x = _leaf(X)
    z = np.quantile(x, q).sum()
    q[0][0] = 0.7
    (slope,) = ag.gradients(z, x)
    expected = ag.gradients(np.quantile(x, [[0.2], [0.9]]).sum(), x)
    assert same([slope], expected)


def test_every_case_owns_the_memory_maps_and_other_subclasses_that_it_was_given():
    cases = [case for case in CASES if "where=" in case.name]
    assert _failures(lambda case: _after_a_change_of_the_arrays(case, _subclassed), cases) == []


def _to_nan(x: Tensor) -> None:
    x.data[...] = np.nan


def _to_nan_quietly(x: Tensor) -> None:
    with ag.no_grad():
        x[...] = np.nan


def _bound_anew(x: Tensor) -> None:
    x.data = np.full(x.shape, np.nan)


@pytest.mark.parametrize("change", [_to_nan, _to_nan_quietly, _bound_anew])
def test_every_case_is_right_or_refused_after_a_change_of_its_tensors(change, size):
    outcomes = {"right": 0, "refused": 0}

    def check(case: Any) -> str | None:
        def slopes(then: Callable[[Tensor], None]) -> Any:
            given = [_leaf(x) if _is_float(x) else x for x in case.inputs()]
            leaves = [x for x in given if isinstance(x, Tensor)]
            outputs = case(*given)
            for leaf in leaves:
                then(leaf)
            return _slopes(outputs, leaves)

        expected = slopes(lambda _: None)
        try:
            right = same(slopes(change), expected)
        except GradientError:
            outcomes["refused"] += 1
            return None
        outcomes["right"] += right
        return None if right else "silently wrong"

    cases = CASES[:: size(3, 1)]
    assert _failures(check, cases) == []
    assert outcomes["right"] > 0.4 * len(cases)
    assert (outcomes["refused"] == 0) is (change is _bound_anew)
