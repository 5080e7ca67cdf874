"""Hooks on Tensors see and replace cotangents; an error in one leaves everything as it was."""

import gc
import sys
import threading
import weakref
from functools import partial

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor

X = np.array([0.5, -1.2, 2.0])


def leaf(array=X):
    return Tensor(array, requires_grad=True)


def test_a_hook_sees_the_whole_cotangent_once():
    x, seen = leaf(), []
    y = x * 2
    y.register_hook(lambda g: seen.append(g))
    (y * y + y).sum().backward()
    assert len(seen) == 1
    assert isinstance(seen[0], Tensor)
    assert not seen[0].requires_grad
    np.testing.assert_array_equal(seen[0], 4 * X + 1)
    np.testing.assert_array_equal(x.grad, 2 * (4 * X + 1))


@pytest.mark.parametrize("where", ["leaf", "result", "result that is kept"])
@pytest.mark.parametrize("kind", [Tensor, np.asarray, list])
def test_what_a_hook_returns_takes_the_place_of_the_cotangent(where, kind):
    x = leaf()
    y = x * 1.0
    (x if where == "leaf" else y).register_hook(lambda g: kind(10 * g.numpy()))
    (x if where == "leaf" else y).register_hook(lambda g: g + 1)
    if "kept" in where:
        y.retain_grad()
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.grad, 20 * X + 1)
    if "kept" in where:
        np.testing.assert_array_equal(y.grad, 20 * X + 1)


def test_each_pass_and_each_way_of_asking():
    x, seen = leaf(), []
    y = x * 3
    y.register_hook(seen.append)
    x.register_hook(lambda g: -g)
    z = (y * y).sum()
    z.backward(retain_graph=True)
    (slope,) = ag.gradients(z, x, retain_graph=True)
    np.testing.assert_array_equal(slope, -18 * X)
    (at_y,) = ag.gradients(z, y)
    assert len(seen) == 3
    np.testing.assert_array_equal(at_y, 6 * X)
    np.testing.assert_array_equal(x.grad, -18 * X)


def test_a_hook_on_what_is_not_on_the_way_is_not_called():
    x, w = leaf(), leaf()
    y = w * 2
    y.register_hook(lambda g: pytest.fail("called"))
    w.register_hook(lambda g: pytest.fail("called"))
    ag.gradients((x * y).sum(), x)


def test_handles():
    x, seen = leaf(), []
    first = x.register_hook(lambda g: seen.append(1))
    second = x.register_hook(lambda g: (seen.append(2), first.remove())[1])
    with x.register_hook(lambda g: seen.append(3)):
        (x * 1).sum().backward()
    (x * 1).sum().backward()
    second.remove()
    second.remove()
    (x * 1).sum().backward()
    assert seen == [1, 2, 3, 2]


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_hook_can_not_reach_what_the_pass_shares(create_graph):
    x, w = leaf(), leaf()
    y, z = x * 1, w * 1

    def spoil(g):
        g *= 100
        if g.is_leaf:
            g.data[...] = 7

    y.register_hook(spoil)
    ((y + z) * 3).sum().backward(create_graph=create_graph)  # both are handed the same array
    assert x.grad.tolist() == w.grad.tolist() == [3, 3, 3]


def test_a_hook_may_keep_what_it_saw():
    x, kept = leaf(), []
    y = x * 1
    y.register_hook(kept.append)
    (y * 2 + x).sum().backward()
    x.grad.data[...] = 99
    assert kept[0].tolist() == [2, 2, 2]


def test_gradients_of_hooked_gradients():
    x = leaf()
    y = np.sin(x)
    with y.register_hook(lambda g: g * g):
        (slope,) = ag.gradients((y * y).sum(), x, create_graph=True)
    np.testing.assert_allclose(slope.numpy(), 4 * np.sin(X) ** 2 * np.cos(X))
    (second,) = ag.gradients(slope.sum(), x)
    np.testing.assert_allclose(second, 8 * np.sin(X) * np.cos(X) ** 2 - 4 * np.sin(X) ** 3)


def test_hooks_do_not_record_unless_the_pass_is_recorded():
    x, w, seen = leaf(), leaf(), []
    y = x * 1

    def hook(g):
        seen.append((g * w).requires_grad)
        return g * w

    y.register_hook(hook)
    y.sum().backward(retain_graph=True)
    y.sum().backward(create_graph=True)
    assert seen == [False, True]
    assert w.grad is None


def broken(*args):
    raise ZeroDivisionError


@pytest.mark.parametrize("where", ["leaf", "middle", "several"])
def test_an_error_in_a_hook_leaves_everything_as_it_was(where):
    x, w = leaf(), leaf()
    h = x * 2
    a, b = np.split(np.concatenate([h, h]) * np.concatenate([w, w]), 2)
    if where == "leaf":
        handle = x.register_hook(broken)
    elif where == "middle":
        handle = h.register_hook(broken)
    else:
        a, b = ag.hook_together([a, b], lambda gs: broken() if failing else None)
    failing = True
    z = (a * b).sum()
    w.grad = before = Tensor(X)
    with ag.no_grad():
        with pytest.raises(ZeroDivisionError):
            z.backward()
        assert not ag.is_recording()
    assert ag.is_recording()
    assert x.grad is None
    assert w.grad is before
    failing = False
    if where != "several":
        handle.remove()
    z.backward()  # the tape is there
    np.testing.assert_allclose(x.grad, 8 * X * X**2)
    np.testing.assert_allclose(w.grad, 8 * X * X**2 + X)
    with pytest.raises(ag.GradientError, match="was freed"):
        z.backward()


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (lambda g: g.sum(), r"the hook `<lambda>` returned float64 of shape \(\)"),
        (lambda g: g[:2], r"shape \(2,\) in place of a gradient, float64 of shape \(3,\)"),
        (lambda g: "text", "the str 'text'"),
        (lambda g: [[1], [2, 3]], "returned"),
    ],
)
def test_what_is_no_cotangent_is_refused(returned, words):
    x = leaf()
    x.register_hook(returned)
    with pytest.raises(ag.GradientError, match=words) as caught:
        (x * 2).sum().backward()
    assert "\n" not in str(caught.value)
    assert x.grad is None


def test_float32_stays_float32():
    x = Tensor(X, requires_grad=True, dtype="float32")
    x.register_hook(lambda g: np.asarray(g, "float64") * 2)
    (x * 2).sum().backward()
    assert x.grad.dtype == np.float32


def test_a_hook_may_not_change_what_the_rest_of_the_pass_reads():
    x, w, v = leaf(), leaf(), leaf()

    def changing(p):
        def step(g):
            p.data -= 1

        return step

    y = w * x
    z = (y * v).sum()
    with y.register_hook(changing(v)):  # which has been read by then
        z.backward(retain_graph=True)
    np.testing.assert_array_equal(w.grad, X * X)
    y = w * x
    z = (y * v).sum()
    x.grad = w.grad = v.grad = None
    with y.register_hook(changing(w)), pytest.raises(ag.GradientError, match="changed in place"):
        z.backward()
    assert x.grad is w.grad is v.grad is None


@pytest.mark.parametrize("name", ["register_hook", "register_post_accumulate_grad_hook"])
def test_what_has_no_gradient_takes_no_hook(name):
    for without in (Tensor(X), Tensor(X) * 2, leaf().detach()):
        with pytest.raises(ag.GradientError, match=f"{name}: no gradient flows"):
            getattr(without, name)(print)
    with pytest.raises(TypeError, match=f"{name}: takes a function, received the int 3"):
        getattr(leaf(), name)(3)
    if "post" in name:
        with pytest.raises(ag.GradientError, match=r"the result of `multiply`; register_hook"):
            getattr(leaf() * 2, name)(print)


def test_a_handle_bound_anew_has_no_hook_of_its_old_value():
    x, seen = leaf(), []
    y = x * 2
    y.register_hook(lambda g: seen.append(g.tolist()))
    y += 1
    (y * 3).sum().backward()
    assert seen == [[3, 3, 3]]  # of the value that y showed then


@pytest.mark.parametrize("returned", [lambda g: None, lambda g: g, lambda g: 2 * g])
def test_what_a_where_did_not_choose_stays_so_behind_a_hook(returned):
    for hooked in (
        lambda y: (y, y.register_hook(returned))[0],
        lambda y: ag.hook_together([y], lambda gs: None if returned(1) is None else gs)[0],
        lambda y: np.split(np.concatenate([y, y]), 2)[1],
    ):
        x = leaf([0.0, 2.0])
        with np.errstate(divide="ignore"):
            y = np.log(x)
        np.where([False, True], hooked(y), 0.0).sum().backward(create_graph=True)
        assert x.grad.numpy()[0] == 0
        assert np.isfinite(x.grad.numpy()).all()


def test_hook_together_takes_what_has_a_cotangent_and_gives_one_for_each():
    with pytest.raises(TypeError, match="of floating-point values, received int64"):
        ag.hook_together([leaf(), Tensor([1, 2])], print)
    a, b = ag.hook_together([leaf(), leaf()], lambda gs: (gs[0],))
    with pytest.raises(ag.GradientError, match="in place of 2 gradients; return a tuple"):
        (a * b).sum().backward()


@pytest.mark.parametrize("holding", [False, True])
def test_hooks_keep_nothing_alive(holding):
    gc.collect()
    gc.disable()
    try:
        x = leaf()
        y = x * 2
        hook = partial(lambda held, g: None, (x, y) if holding else ())
        (again,) = ag.hook_together([y], hook)
        y.register_hook(hook)
        x.register_post_accumulate_grad_hook(hook)
        again.sum().backward(retain_graph=True)
        alive = weakref.ref(x), weakref.ref(y._node)
        del x, y, again, hook
        assert [r() is not None for r in alive] == [holding] * 2
        gc.collect()
        assert [r() for r in alive] == [None, None]
    finally:
        gc.enable()


def test_hooks_may_be_registered_while_another_thread_runs_backward():
    stop = threading.Event()

    def register():
        while not stop.is_set():
            for x in [leaf() for _ in range(20)]:
                x.register_hook(print)

    threads = [threading.Thread(target=register) for _ in range(3)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    for thread in threads:
        thread.start()
    try:
        x = leaf()
        x.register_hook(lambda g: None)
        for _ in range(200):
            (x * x).sum().backward()
    finally:
        stop.set()
        sys.setswitchinterval(interval)
        for thread in threads:
            thread.join()
    np.testing.assert_allclose(x.grad, 400 * X)


# ------------------------------------------------------------------ after accumulation


def test_after_all_gradients_were_added():
    x, w, seen = leaf(), leaf(), []
    x.register_post_accumulate_grad_hook(lambda p: seen.append((p is x, w.grad is not None)))
    (x * w).sum().backward()
    (x * w).sum().backward()
    assert seen == [(True, True)] * 2
    np.testing.assert_array_equal(x.grad, 2 * X)
    ag.gradients((x * w).sum(), x)
    assert len(seen) == 2


def test_a_step_in_the_backward_pass():
    w = leaf()

    def step(p):
        p.data -= 0.1 * p.grad.data
        p.grad = None

    w.register_post_accumulate_grad_hook(step)
    for _ in range(3):
        (w * w).sum().backward()
    np.testing.assert_allclose(w.data, X * 0.8**3)
    assert w.grad is None


def test_an_error_after_accumulation_takes_back_all_gradients():
    x, w = leaf(), leaf()
    x.grad = before = Tensor(np.ones(3))
    handle = w.register_post_accumulate_grad_hook(broken)
    z = (x * w).sum()
    with pytest.raises(ZeroDivisionError):
        z.backward()
    assert x.grad is before
    assert w.grad is None
    handle.remove()
    z.backward()
    np.testing.assert_array_equal(x.grad, X + 1)


def test_a_pass_begun_inside_a_hook():
    x, w = leaf(), leaf()
    x.register_post_accumulate_grad_hook(lambda p: (w * 2).sum().backward())
    y = x * 1
    y.register_hook(lambda g: ag.grad(lambda v: (v**3).sum())(g))
    y.sum().backward()
    assert x.grad.tolist() == [3, 3, 3]
    assert w.grad.tolist() == [2, 2, 2]


def test_the_readers_of_a_tape_see_what_a_hook_made_of_a_cotangent():
    x = leaf()
    with ag.Tape() as tape:
        y = x * 2
        y.register_hook(lambda g: g * 10)
        loss = (y * y).sum()
        loss.backward()
    np.testing.assert_array_equal(tape["y"].cotangent, 40 * X)
    assert "<svg" in tape.draw().svg
    assert "y" in repr(tape.paths("x"))
    assert "without the hooks" in str(tape.derive("x"))


@pytest.mark.parametrize("where", ["leaf", "result"])
def test_detect_anomaly_names_the_hook_that_made_a_nan(where):
    x = leaf()
    y = x * 2
    (x if where == "leaf" else y).register_hook(lambda g: g * np.nan)
    with pytest.raises(ag.AnomalyError, match=r"a hook on `.`"), ag.detect_anomaly():
        (y * y).sum().backward()
    assert x.grad is None
