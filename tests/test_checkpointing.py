"""`checkpoint` computes twice what it does not keep, and changes nothing else."""

import gc
import threading
import tracemalloc
import weakref
from contextlib import contextmanager

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor

X = np.array([0.5, -1.2, 2.0])
V = np.array([1.5, 0.3, -0.7])


def leaf(array=X):
    return Tensor(array, requires_grad=True)


def bits(*arrays):
    return [np.asarray(a.numpy() if isinstance(a, Tensor) else a).tobytes() for a in arrays]


def layered(x, w, outer):
    for _ in range(3):
        x = np.tanh(w["a"] * x) * outer
    return x, {"norm": np.sum(x * x) * w["b"], "n": 3}


def test_no_value_and_no_derivative_changes_by_a_bit():
    def loss(f, x, a, outer):
        y, more = f(x, w={"a": a, "b": 2.0}, outer=outer)
        return np.sum(y) * more["norm"] + more["n"] * np.sum(y * x)

    plainly = lambda *inputs: loss(layered, *inputs)
    less = lambda *inputs: loss(ag.checkpoint(layered), *inputs)
    assert less(X, V, 0.5) == plainly(X, V, 0.5)
    for f, g in ((plainly, less), (ag.grad(plainly, 1), ag.grad(less, 1))):
        for k in range(3):
            assert bits(ag.jacobian(g, k)(X, V, 0.5)) == bits(ag.jacobian(f, k)(X, V, 0.5))
    assert bits(ag.hessian(less)(X, V, 0.5)) == bits(ag.hessian(plainly)(X, V, 0.5))


def test_what_the_function_closes_over_takes_part():
    w = leaf(V)

    def run(wrap):
        x = leaf()
        w.grad = None
        middle = w * w  # depends on w, and both are used: neither is to count twice
        f = wrap(lambda x: np.sin(middle * x) * w)
        np.sum(f(x) * f(2 * x)).backward(retain_graph=True)
        first = [x.grad, w.grad]
        slopes = ag.gradients(np.sum(f(x) ** 2), [x, w], create_graph=True)
        second = ag.gradients(sum(np.sum(g * g) for g in slopes), [x, w])
        return bits(*first, *slopes, *second)

    assert run(ag.checkpoint) == run(lambda f: f)
    only = ag.checkpoint(lambda x: x * w, X)  # nothing else wants a gradient
    w.grad = None
    np.sum(only).backward()
    assert w.grad.tolist() == X.tolist()
    w.grad = None
    np.sum(ag.checkpoint(lambda x: w, leaf()) * 2).backward()
    assert w.grad.tolist() == [2, 2, 2]


def test_one_more_run_for_all_arguments_and_none_without_a_gradient():
    calls = []

    def f(x, y, z):
        calls.append(1)
        for _ in range(20):
            x = np.sin(x) * y + z
        return x

    leaves = [leaf(a) for a in (X, V, X)]
    z = np.sum(ag.checkpoint(f, *leaves))
    assert {entry.nbytes for entry in ag.tape(z)} == {0}
    assert [entry.name for entry in ag.tape(z)] == ["sin", "multiply", "add"] * 20 + ["sum"]
    z.backward()
    assert len(calls) == 2
    assert isinstance(ag.checkpoint(f, X, V, X), np.ndarray)
    assert ag.checkpoint(lambda x: "text", leaves[0]) == "text"
    with ag.no_grad():
        assert not ag.checkpoint(f, *leaves).requires_grad
    assert len(calls) == 4


def test_a_function_without_arguments_is_wrapped():
    def cubic(x):
        return np.sum(x**3)

    assert ag.checkpoint(cubic).__name__ == "cubic"
    assert ag.grad(ag.checkpoint(cubic))(X).tolist() == (3 * X**2).tolist()
    assert ag.checkpoint(cubic, x=leaf()).requires_grad


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ag.checkpoint(3), TypeError, "takes a function, received the int 3"),
        (lambda: ag.checkpoint(generator, X), TypeError, "generator is a generator"),
        (lambda: ag.checkpoint_sequential([], X), ValueError, "0 functions for 0 segments"),
        (
            lambda: ag.checkpoint_sequential([np.sin], X, segments=2),
            ValueError,
            "1 functions for 2",
        ),
        (lambda: ag.checkpoint_sequential([np.sin], X, segments=0), ValueError, "at least one seg"),
    ],
)
def test_what_it_does_not_take(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def generator(x):
    yield x


# ------------------------------------------------------------------ the second run


def test_a_second_run_that_differs_is_refused_and_leaves_no_gradient():
    count = np.zeros(())
    other = leaf(V)
    for f in (
        lambda x: x * count,
        lambda x: np.sin(x) if count else np.sin(np.concatenate([x, x])),
        lambda x: (np.sin(x), np.sin(x)) if count else np.sin(x),
        lambda x: np.sin(x) * (other if count else V),
        lambda x: np.cos(x) if count else np.sin(x),
    ):
        count[...] = 0
        x = leaf()
        z = ag.checkpoint(f, x)
        count[...] = 1
        with pytest.raises(ag.GradientError, match="did not give the same result"):
            np.sum(z[0] if isinstance(z, tuple) else z).backward()
        assert x.grad is None


def _write(array):
    array[...] = 5.0


def _quietly(change):
    with ag.no_grad():
        change()


CHANGES_THAT_THE_OUTPUT_DOES_NOT_SHOW = {
    "a number": lambda s: s.__setitem__("n", 5.0),
    "an array": lambda s: _write(s["c"]),
    "a list of indices": lambda s: s["index"].reverse(),
    "an own generator": lambda s: None,
    "memory of a parameter": lambda s: setattr(s["w"], "data", 5 * V),
    "a parameter that no rule reads": lambda s: _quietly(lambda: s["b"].__iadd__(1.0)),
    "its data": lambda s: _write(s["b"].data),
    "a handle": lambda s: s.__setitem__("h", s["h"] + 1),
    "a branch": lambda s: s.__setitem__("f", np.cos),
    "a part of the same values": lambda s: s.__setitem__("part", 1),
}


@pytest.mark.parametrize("change", CHANGES_THAT_THE_OUTPUT_DOES_NOT_SHOW)
def test_a_second_run_that_differs_is_refused_even_if_its_result_is_the_same(change):
    """As behind a layer whose weights begin as 0."""
    random = np.random.default_rng(0)
    s = {
        "n": 2.0,
        "c": V.copy(),
        "index": [0, 1, 2],
        "w": leaf(V),
        "b": leaf(V),
        "h": leaf(V) * 1,
        "f": np.sin,
        "part": 0,
    }

    def f(x, zero):
        y = x * s["n"] * s["w"] * s["h"] + s["b"] + s["c"]
        y = np.split(np.concatenate([y, np.sin(y)]), 2)[s["part"]]
        y = s["f"](y)[s["index"]]
        if "generator" in change:
            y = y + random.normal(size=3)
        return y * zero

    x, zero = leaf(), leaf(np.zeros(3))
    z = np.sum(ag.checkpoint(f, x, zero))
    if "generator" not in change:
        ag.gradients(np.sum(ag.checkpoint(f, x, zero)), zero)  # unchanged, it is right
    CHANGES_THAT_THE_OUTPUT_DOES_NOT_SHOW[change](s)
    with pytest.raises(ag.GradientError, match=r"did not give the same|was changed in place"):
        z.backward()
    assert zero.grad is None


def log(x):
    with np.errstate(divide="ignore"):
        return np.log(x)


def test_behind_a_where_to_second_order():
    f = lambda wrap: lambda x: np.where([False, True], wrap(log, x), 0.0).sum()
    point = np.array([0.0, 2.0])
    less = ag.hessian(f(ag.checkpoint))(point)
    assert bits(less) == bits(ag.hessian(f(lambda g, x: g(x)))(point))
    assert less.tolist() == [[0, 0], [0, -0.25]]


def test_a_loop_variable_in_a_closure_is_found_out():
    x = leaf()
    for scale in (2.0, 3.0):
        x_next = ag.checkpoint(lambda x: np.sin(x * scale), x)  # noqa: B023
        x = x_next
    np.sum(x).backward  # noqa: B018
    scale = 5.0
    with pytest.raises(ag.GradientError, match="such as the variable of a loop"):
        np.sum(x).backward()


@pytest.mark.parametrize("change", ["closure", "argument", "nested", "data alone"])
def test_a_parameter_that_was_changed_before_the_second_run_is_refused(change):
    w, x = leaf(V), leaf()
    f = {
        "closure": lambda: ag.checkpoint(lambda x: x * w, x),
        "argument": lambda: ag.checkpoint(lambda x, w: x * w, x, w),
        "nested": lambda: ag.checkpoint(lambda x: ag.checkpoint(lambda y: y * w, x), x),
        "data alone": lambda: ag.checkpoint(lambda x: x * w, x),
    }[change]
    z = np.sum(f())
    if change == "data alone":
        w.data[...] = V * (1 + 1e-12)  # too little for the result to tell
    else:
        with ag.no_grad():
            w *= 1 + 1e-12
    with pytest.raises(ag.GradientError, match=r"`w`, .* was changed in place .*after"):
        z.backward()
    assert x.grad is None


def test_arguments_are_seen_as_they_were():
    x, factor = leaf(), V.copy()
    h = x * 2
    z = ag.checkpoint(lambda a, h: np.sin(a * h), factor, h)
    factor[:] = 100
    h += 1  # this handle alone
    (slope,) = ag.gradients(np.sum(z), x)
    np.testing.assert_allclose(slope, 2 * V * np.cos(V * 2 * X), rtol=1e-15)

    def in_place(x):
        x *= 3.0
        return np.sin(x)

    x = leaf()
    np.sum(ag.checkpoint(in_place, x * 1)).backward()
    np.testing.assert_allclose(x.grad, 3 * np.cos(3 * X), rtol=1e-15)


def test_random_numbers_are_those_of_the_first_run_and_those_after_it_go_on():
    np.random.seed(0)
    x = leaf()
    z = ag.checkpoint(lambda x: np.sin(x * np.random.normal(size=3)), x)
    after = np.random.normal()
    np.sum(z).backward()
    late = np.random.normal()
    np.random.seed(0)
    noise = np.random.normal(size=3)
    assert (after, late) == (np.random.normal(), np.random.normal())
    np.testing.assert_allclose(x.grad, noise * np.cos(noise * X))


def test_other_state_is_put_back_if_checkpoint_is_told(monkeypatch):
    random = np.random.default_rng(5)

    def snapshot():
        then = random.bit_generator.state

        @contextmanager
        def again():
            now = random.bit_generator.state
            random.bit_generator.state = then
            yield
            random.bit_generator.state = now

        return again

    def f(x):
        ag.checkpoint_state(snapshot, owner=random)
        return np.sin(x * random.normal(size=3))

    x = leaf()
    ag.checkpoint_state(snapshot, owner=random)  # outside of any: nothing to do
    z = np.sum(ag.checkpoint(lambda x: ag.checkpoint(f, x) + f(x), x))
    state = random.bit_generator.state
    z.backward()
    assert random.bit_generator.state == state
    random = np.random.default_rng(5)
    a, b = random.normal(size=(2, 3))
    np.testing.assert_allclose(x.grad, a * np.cos(a * X) + b * np.cos(b * X))


def test_an_error_in_a_run_leaves_everything_as_it_was():
    def broken(x):
        if wrong:
            raise ZeroDivisionError
        return np.sin(x)

    wrong = True
    with pytest.raises(ZeroDivisionError):
        ag.checkpoint(broken, leaf())
    assert ag.is_recording()
    wrong = False
    x = leaf()
    z = np.sum(ag.checkpoint(broken, x))
    wrong = True
    with ag.no_grad():
        with pytest.raises(ZeroDivisionError):
            z.backward()
        assert not ag.is_recording()
    assert x.grad is None


def test_the_second_run_warns_of_nothing_and_nobody_is_told_of_it():
    x = leaf([1.0, 0.0])
    with ag.Tape() as tape:
        with np.errstate(all="ignore"):
            z = np.sum(np.where(x.data > 0, ag.checkpoint(np.log, x), 0.0))
        forward = len(tape)
        z.backward()
    assert len(tape) == forward
    assert x.grad.tolist() == [1, 0]


# ------------------------------------------------------------------ nesting, memory, threads


def chain(n, wrap):
    f = lambda x: np.sin(np.sin(x))
    for _ in range(n):
        f = (lambda g: lambda x: wrap(g, wrap(g, x)))(f)
    return f


def test_nested_calls_give_the_same_bits_at_any_order():
    once = lambda f, x: f(x)
    nested, plainly = (chain(4, wrap) for wrap in (ag.checkpoint, once))
    loss = lambda f: lambda x: np.sum(f(x * 1.5))
    for order in (lambda f: f, ag.grad, lambda f: ag.grad(lambda x: np.sum(ag.grad(f)(x) ** 2))):
        assert bits(order(loss(nested))(X)) == bits(order(loss(plainly))(X))


def peak(run):
    gc.collect()
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_hundred_layers_take_the_memory_of_about_twenty():
    layers, size = 100, 50_000
    functions = [lambda x: np.sin(x)] * layers
    x = leaf(np.linspace(0, 1, size))
    array = x.nbytes

    def train(run):
        def step():
            x.grad = None
            np.sum(run(x)).backward()
            grads.append(x.grad.numpy())

        return step

    grads = []

    def plainly(x):
        for f in functions:
            x = f(x)
        return x

    everything = peak(train(plainly)) / array
    less = peak(train(lambda x: ag.checkpoint_sequential(functions, x))) / array
    nested = peak(train(lambda x: halves(functions, x))) / array
    assert bits(*grads[:1]) == bits(*grads[1:2]) == bits(*grads[2:])
    assert everything > 100
    assert less < 28  # 2 √100, and a few in flight
    assert nested < 20  # log₂ 100 levels


def halves(functions, x):
    if len(functions) <= 3:
        for f in functions:
            x = f(x)
        return x
    middle = len(functions) // 2
    x = ag.checkpoint(halves, functions[:middle], x)
    return ag.checkpoint(halves, functions[middle:], x)


def test_a_chain_of_many_calls_needs_no_recursion_and_no_garbage_collector():
    gc.disable()
    try:
        gc.collect()
        x = leaf()
        z = x
        for _ in range(3000):
            z = ag.checkpoint(np.positive, ag.checkpoint(np.sin, z))
        node = ag.tape(z)[0]
        alive = weakref.ref(node)
        del node
        np.sum(z).backward()
        del z
        assert alive() is None
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_two_passes_in_two_threads_over_one_tape_share_the_second_run():
    calls = []

    def f(x):
        calls.append(1)
        return np.sin(np.sin(x))

    x = leaf()
    z = np.sum(ag.checkpoint(f, x))
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(ag.gradients(z, x, retain_graph=True)[0]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 2
    assert len(set(map(bytes, bits(*found)))) == 1
    assert len(found) == 8
