"""The reverse sweep: accumulation, options, refusals, depth, memory."""

import contextlib
import gc
import threading
import tracemalloc
from operator import setitem

import numpy as np
import pytest

import autograd as ag
from autograd import GradientError, Tensor, gradients


def leaf(values, **kwargs):
    return Tensor(values, requires_grad=True, **kwargs)


# ------------------------------------------------------------------ accumulation


def test_gradients_add_up_on_leaves_until_they_are_forgotten():
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    first = x.grad
    (x * 3).sum().backward()
    assert x.grad.tolist() == [5, 7]
    assert first.tolist() == [2, 4], "an earlier .grad must not change under the user's hands"
    x.zero_grad()
    assert x.grad is None


def test_a_leaf_used_many_times_and_a_loss_used_twice():
    x = leaf(3.0)
    y = x * x + x
    (y + y).backward()
    assert x.grad.item() == 14


def test_the_gradient_shares_memory_with_nothing():
    for make in (
        lambda x: x + 0,  # the rule returns its argument
        lambda x: x.reshape(2, 2),  # a view
        lambda x: x.sum(),  # a broadcast view
        lambda x: x[::-1],
        lambda x: -x,
    ):
        x = leaf([1.0, 2.0, 3.0, 4.0])
        z = make(x)
        g = np.ones(z.shape)
        z.backward(g)
        before = x.grad.tolist()
        g[...] = 100
        assert x.grad.tolist() == before
        x.grad.data[0] = 7  # writable, and its own
        assert g.ravel()[0] == 100


def test_two_leaves_that_receive_the_same_cotangent_do_not_share_it():
    x, y = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    (x + y).backward([1.0, 1.0])
    x.grad.data[0] = 5
    assert y.grad.tolist() == [1, 1]


def test_broadcasting_is_undone_for_every_pair_of_shapes():
    shapes = [(), (1,), (3,), (1, 1), (1, 3), (2, 1), (2, 3), (4, 2, 3), (4, 1, 1), (0, 1, 3)]
    for a in shapes:
        for b in shapes:
            x, y = leaf(np.ones(a)), leaf(np.full(b, 2.0))
            try:
                shape = np.broadcast_shapes(a, b)
            except ValueError:
                continue
            (x * y).backward(np.ones(shape))
            repeats = np.ones(shape)
            assert x.grad.shape == a
            assert y.grad.shape == b
            assert np.sum(x.grad.numpy()) == pytest.approx(2 * repeats.sum())
            assert np.sum(y.grad.numpy()) == pytest.approx(repeats.sum())


def test_float32_stays_float32_and_mixtures_follow_numpy():
    x = leaf(np.ones(3, np.float32))
    z = (np.exp(x) * 2.5 + 1) ** 2 / 3
    assert z.dtype == np.float32
    z.sum().backward()
    assert x.grad.dtype == np.float32
    x.zero_grad()
    mixed = x * np.ones(3)
    assert mixed.dtype == np.float64
    mixed.sum().backward()
    assert x.grad.dtype == np.float32


# ------------------------------------------------------------------ options and refusals


def test_a_non_scalar_needs_a_cotangent_of_its_shape():
    x = leaf([1.0, 2.0])
    with pytest.raises(GradientError, match=r"shape \(2,\).*cotangent"):
        (x * 2).backward()
    with pytest.raises(ValueError, match=r"cotangent has shape \(3,\)"):
        (x * 2).backward(np.ones(3))
    with pytest.raises(ValueError, match="cotangent"):
        (x * 2).backward(1.0)
    (x * 2).backward([1.0, 10.0])
    assert x.grad.tolist() == [2, 20]
    y = leaf([[3.0]])
    (y * y).backward()  # one element, whatever its shape
    assert y.grad.tolist() == [[6.0]]


def test_what_needs_no_gradient_is_refused():
    with pytest.raises(GradientError, match="requires_grad=True"):
        Tensor([1.0]).backward()
    with ag.no_grad():
        z = leaf(1.0) * 2
    with pytest.raises(GradientError, match="no_grad"):
        z.backward()


def test_a_freed_tape_is_refused_with_the_remedy_and_nothing_is_added():
    x = leaf([1.0])
    for z in ((x * x).sum(), (x + x).sum()):
        z.backward()
        before = x.grad.tolist()
        with pytest.raises(GradientError, match="retain_graph=True"):
            z.backward()
        assert x.grad.tolist() == before


def test_retain_graph_allows_another_pass():
    x = leaf(3.0)
    z = x * x
    z.backward(retain_graph=True)
    z.backward()
    assert x.grad.item() == 12


def test_two_losses_that_share_a_subgraph():
    x = leaf(2.0)
    shared = np.exp(x)
    one, two = shared * 2, shared * 3
    one.backward(retain_graph=True)
    two.backward()
    assert x.grad.item() == pytest.approx(5 * np.exp(2))
    shared = np.exp(x)
    one, two = shared * 2, shared * 3
    one.backward()
    with pytest.raises(GradientError, match=r"`exp`.*retain_graph"):
        two.backward()


def test_saved_values_are_let_go_as_the_pass_goes():
    x = leaf(np.ones(4))
    z = np.exp(x)
    entry = (z * z).sum()._node
    assert sum(e.nbytes for e in [*ag.tape(z)]) == 32
    z.sum().backward()
    assert [e.freed for e in ag.tape(z)] == [True]
    assert ag.tape(z)[0].saved == {}
    assert not entry.freed


def test_inputs_restricts_where_gradients_go():
    x, y = leaf(2.0), leaf(3.0)
    (x * y).backward(inputs=[x])
    assert x.grad.item() == 3
    assert y.grad is None
    h = x * 1
    with pytest.raises(GradientError, match="must be leaves"):
        (h * y).backward(inputs=h)
    with pytest.raises(TypeError, match="must be Tensors"):
        (x * y).backward(inputs=[1.0])


def test_gradients_of_leaves_and_of_results_in_between():
    x, w = leaf([1.0, 2.0]), leaf(3.0)
    h = x * w
    loss = (h * h).sum()
    gh, gw = gradients(loss, [h, w])
    assert gh.tolist() == [6, 12]
    assert gw.item() == 30
    assert x.grad is None
    assert w.grad is None
    assert not gh.requires_grad


def test_gradients_with_several_outputs_and_cotangents():
    x = leaf([1.0, 2.0])
    (g,) = gradients([x * 2, (x * x).sum()], x, cotangents=[np.array([1.0, 10.0]), None])
    assert g.tolist() == [4, 24]
    with pytest.raises(ValueError, match="2 outputs"):
        gradients([x * 2, x * 3], x, cotangents=[np.ones(2)])
    (g,) = gradients(x * 2, x, cotangents=np.array([1.0, 1.0]))
    assert g.tolist() == [2, 2]


def test_an_output_may_be_an_input():
    x = leaf(2.0)
    assert gradients(x, x)[0].item() == 1
    y = x * 3
    gy, gx = gradients(y, [y, x])
    assert (gy.item(), gx.item()) == (1, 3)
    x.backward()
    assert x.grad.item() == 1


def test_an_input_without_influence_is_refused_or_none():
    x, y = leaf(2.0), leaf(2.0)
    with pytest.raises(GradientError, match=r"inputs\[1\].*allow_unused"):
        gradients(x * x, [x, y])
    assert gradients(x * x, [x, y], allow_unused=True)[1] is None
    with pytest.raises(GradientError, match="no gradient flows"):
        gradients(x * x, [Tensor(1.0)])


def test_higher_orders_come_from_the_same_rules():
    x = leaf(0.7)
    z = np.sin(x)
    for exact in (np.cos(0.7), -np.sin(0.7), -np.cos(0.7), np.sin(0.7), np.cos(0.7)):
        (z,) = gradients(z, x, create_graph=True)
        assert z.item() == pytest.approx(exact, abs=1e-15)


def test_backward_with_create_graph_leaves_a_gradient_that_can_be_differentiated():
    x = leaf([1.0, 2.0])
    (x**3).sum().backward(create_graph=True)
    penalty = (x.grad**2).sum()
    x.zero_grad()
    penalty.backward()
    np.testing.assert_allclose(x.grad.numpy(), 36 * np.array([1.0, 8.0]))


def test_a_cotangent_that_is_itself_differentiated():
    x, v = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (g,) = gradients(x * x, x, cotangents=v, create_graph=True)
    (gv,) = gradients(g.sum(), v)
    assert gv.tolist() == [2, 4]


def test_an_error_in_a_rule_leaves_leaves_and_recording_as_they_were():
    broken = ag.primitive(lambda x: x * 1.0, name="broken", x=lambda g: g.no_such_thing)
    x, y = leaf(1.0), leaf(1.0)
    z = broken(x) + y * 2
    with pytest.raises(AttributeError):
        z.backward()
    assert x.grad is None
    assert y.grad is None
    with pytest.raises(AttributeError):
        (broken(x) * 1).backward(create_graph=True)


def test_a_rule_that_returns_a_wrong_shape_is_named():
    for result in (lambda g: np.ones(7), lambda g: 1.0, lambda g: np.ones((2, 5))):
        wrong = ag.primitive(lambda x: x * 1.0, name="wrong", x=result)
        with pytest.raises(GradientError, match="rule of `wrong`"):
            wrong(leaf([1.0, 2.0])).sum().backward()


# ------------------------------------------------------------------ value semantics


def test_an_array_captured_by_an_operation_and_then_changed_does_no_harm():
    x, a = leaf([1.0, 2.0]), np.array([3.0, 4.0])
    z = (x * a).sum() + (x @ a)
    a[...] = 100
    z.backward()
    assert x.grad.tolist() == [6, 8]


@pytest.mark.parametrize(
    "change",
    [
        lambda p: setattr(p, "data", p.data.__isub__(1)),
        lambda p: p.__isub__(1),
        lambda p: p.__setitem__(0, 5.0),
        lambda p: np.add(p, 1, out=p),
    ],
)
@pytest.mark.parametrize(
    "use", [lambda p: p * p, lambda p: p.reshape(2, 1) ** 2, lambda p: p.T @ p]
)
def test_a_leaf_changed_between_forward_and_backward_is_refused_by_name(change, use):
    weight = leaf([1.0, 2.0])
    loss = use(weight).sum()
    with ag.no_grad():
        change(weight)
    with pytest.raises(
        GradientError, match=r"changed in place .*at test_backward.py:\d+ after `\w+`"
    ):
        loss.backward()
    assert weight.grad is None


def test_the_refusal_names_the_variable():
    some_weight = leaf([1.0, 2.0])
    loss = (some_weight * some_weight).sum()
    some_weight.data -= 1
    with pytest.raises(GradientError, match="`some_weight`"):
        loss.backward()


def test_a_view_of_a_leaf_taken_before_a_change_and_used_after_is_refused():
    w = leaf([1.0, 2.0])
    first = w[:1]
    w.data -= 1
    with pytest.raises(GradientError, match="changed in place"):
        (first * first).sum().backward()


def test_a_constant_changed_in_place_is_refused_too():
    x, c = leaf([1.0, 2.0]), Tensor([3.0, 4.0])
    z = (x * c).sum()
    c.data -= 1
    with pytest.raises(GradientError, match="changed in place"):
        z.backward()


def test_reading_data_between_forward_and_backward_is_fine():
    w = leaf([1.0, 2.0])
    z = (w * w).sum()
    assert w.data.tolist() == [1, 2]
    assert w.data[0] == 1
    z.backward()
    assert w.grad.tolist() == [2, 4]


def test_an_array_from_data_is_watched_beyond_one_backward_pass():
    w = leaf([1.0, 2.0])
    one, two = (w * w).sum(), (w * w).sum()
    alias = w.data
    one.backward()
    alias[0] = 5
    with pytest.raises(GradientError, match="changed in place"):
        two.backward()


def test_a_change_through_data_before_the_operation_is_fine():
    w = leaf([1.0, 2.0])
    older = (w * w).sum()
    w.data[0] = 5
    z = (w * w).sum()
    z.backward()
    assert w.grad.tolist() == [10, 4]
    with pytest.raises(GradientError, match="changed in place"):
        older.backward()


def test_a_change_that_no_rule_reads_or_that_came_before_is_fine():
    w = leaf([1.0, 2.0])
    z = (w + 1).sum()
    w.data -= 1
    z.backward()
    assert w.grad.tolist() == [1, 1]
    w.data -= 1
    z = (w * w).sum()
    z.backward()
    assert w.grad.tolist() == [-1, 1]


def test_binding_data_to_a_new_array_leaves_recorded_history_right():
    w = leaf([1.0, 2.0])
    z = (w * w).sum()
    w.data = np.array([10.0, 20.0])
    z.backward()
    assert w.grad.tolist() == [2, 4]


def test_in_place_operators_on_results_are_recorded_functionally():
    x = leaf([1.0, 2.0])
    h = x * 2
    old = h * h
    h += 1
    h *= x
    h[0] = 7
    h[1:] = x[:1] * 5
    (old + h).sum().backward()
    assert h.tolist() == [7, 5]
    assert x.grad.tolist() == [8 + 5, 16]


def test_in_place_on_a_leaf_that_requires_grad_is_refused_while_recording():
    x = leaf([1.0, 2.0])
    for change in (lambda: x.__iadd__(1), lambda: setitem(x, 0, 1), lambda: np.add(x, 1, out=x)):
        with pytest.raises(GradientError, match=r"no_grad\(\).*y = x"):
            change()
    assert x.tolist() == [1, 2]


def test_in_place_on_a_constant_never_reaches_another_tensor():
    a = Tensor([1.0, 2.0, 3.0])
    b, c = a.reshape(3, 1), a[1:]
    a[1] = 20
    assert b.tolist() == [[1], [2], [3]]
    b[0] = 10
    c += 1
    c.data[0] = 5
    assert (a.tolist(), b.tolist(), c.tolist()) == ([1, 20, 3], [[10], [2], [3]], [5, 4])


def test_in_place_keeps_shape_and_dtype():
    x = leaf(np.ones(2, np.float32)) * 1
    x *= np.ones(2)
    assert x.dtype == np.float32
    with pytest.raises(ValueError, match="does not fit in place"):
        x += np.ones((3, 2))
    i = Tensor([1, 2])
    with pytest.raises(TypeError, match="float64 does not fit in place into int64"):
        i += 0.5
    assert i.tolist() == [1, 2]


def test_under_no_grad_an_in_place_change_of_a_result_cuts_its_history():
    x = leaf([1.0, 2.0])
    h = x * 2
    z = (h * h).sum()
    with ag.no_grad():
        h += 1
    assert not h.requires_grad
    z.backward()
    assert x.grad.tolist() == [8, 16]


# ------------------------------------------------------------------ depth and memory


def test_a_chain_of_a_million_operations():
    x = y = leaf(1.0)
    for _ in range(1_000_000):
        y = y + 1.0
    y.backward()
    assert x.grad.item() == 1
    del y  # freed without recursion


def test_a_ladder_of_diamonds_takes_linear_time():
    x = y = leaf(1.0)
    for _ in range(10_000):
        y = y * 0.5 + y * 0.5
    y.backward()
    assert x.grad.item() == 1


def test_a_sum_over_a_hundred_thousand_tensors():
    x = leaf(np.ones(3))
    parts = [x * float(k) for k in range(100_000)]
    np.stack(parts).sum().backward()
    assert x.grad.tolist() == [sum(range(100_000))] * 3
    x.zero_grad()
    np.concatenate([x] * 100_000).sum().backward()
    assert x.grad.tolist() == [100_000] * 3


@pytest.fixture
def no_garbage_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_garbage_collector")
def test_reference_counting_alone_keeps_a_training_loop_flat():
    rng = np.random.default_rng(0)
    w, b = leaf(rng.normal(size=(8, 8))), leaf(np.zeros(8))
    data = Tensor(rng.normal(size=(16, 8)))

    def step(k):
        h = np.tanh(data @ w + b)
        h[0] = h[1] * 2
        loss = (h * h).mean()
        if k % 10 == 9:
            return  # an interrupted forward
        if k % 10 == 8:
            with contextlib.suppress(ValueError):
                loss.backward(np.ones(3))  # an error in the middle
            return
        if k % 10 == 7:
            loss.backward(create_graph=True)
            (w.grad * w.grad).sum().backward()
        else:
            loss.backward()
        for p in (w, b):
            p.data -= 0.01 * p.grad.numpy()
            p.zero_grad()

    for k in range(2500):  # Python keeps up to 2,000 freed tuples of a size for reuse
        step(k)
    objects = len(gc.get_objects())
    tracemalloc.start()
    step(0)
    before = tracemalloc.get_traced_memory()[0]
    for k in range(2000):
        step(k)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert abs(len(gc.get_objects()) - objects) < 20
    assert grown < 20_000, f"{grown} bytes more after 2,000 steps"


@pytest.mark.usefixtures("no_garbage_collector")
def test_a_dropped_graph_is_freed_at_once():
    import weakref

    x = leaf(np.ones(3))
    z = np.exp(x * 2)
    dead = weakref.ref(z._node)
    del z
    assert dead() is None


# ------------------------------------------------------------------ threads


def test_threads_that_share_leaves_add_up():
    x = leaf(np.zeros(50))

    def work():
        for _ in range(200):
            (x * 1.0).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x.grad.tolist() == [800.0] * 50


# ------------------------------------------------------------------ found by trying to break it


def test_an_unrecorded_result_can_become_a_leaf():
    for make in (
        lambda: leaf([1.0, 2.0]).detach(),
        lambda: Tensor([1.0, 2.0]) * 1,
        lambda: np.ones_like(Tensor([1.0, 2.0])) * [1, 2],
    ):
        d = make()
        d.requires_grad = True
        (d * d).sum().backward()
        assert d.grad.tolist() == [2, 4]


def test_out_of_a_plain_function_does_not_write_past_the_tape():
    x = leaf([1.0, 2.0])
    with pytest.raises(GradientError, match=r"no_grad\(\)"):
        np.isnan(x, out=x)
    z = np.exp(x)
    loss = z.sum()
    np.greater(z, 100, out=z)
    assert z.tolist() == [0, 0]
    assert not z.requires_grad
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([1, 2]))


def test_recorded_gradients_have_handles_of_their_own():
    a, b, v = leaf([1.0, 2.0]), leaf([1.0, 2.0]), Tensor([1.0, 1.0])
    ((a + b) ** 2).sum().backward(create_graph=True)
    a.grad *= 0.5
    assert b.grad.tolist() == [4, 8]
    one, two, three = gradients((a + b).sum(), [a, b, a], create_graph=True)
    assert len({id(one), id(two), id(three)}) == 3
    a.zero_grad()
    (a * 1.0).backward(v, create_graph=True)
    a.grad.data[0] = 9
    assert v.tolist() == [1, 1]


def test_backward_to_an_input_without_influence_is_refused_before_anything_happens():
    x, w = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    z = (x * x).sum()
    with pytest.raises(GradientError, match=r"inputs\[0\]"):
        z.backward(inputs=[w])
    with pytest.raises(GradientError, match=r"inputs\[0\]"):
        x.backward(np.ones(2), inputs=[w])
    assert x.grad is None
    with pytest.raises(TypeError, match="must be Tensors"):
        z.backward(inputs=5)
    z.backward(inputs=iter([x]))
    assert x.grad.tolist() == [2, 4]


def test_freezing_a_leaf_for_a_moment_loses_no_gradient():
    x = leaf([1.0, 2.0])
    z = (x * x).sum()
    x.requires_grad = False
    assert not (x * 2).requires_grad
    x.requires_grad = True
    z.backward()
    assert x.grad.tolist() == [2, 4]


def test_grad_of_a_result_is_neither_set_nor_forgotten_by_accident():
    y = leaf([1.0]) * 2
    with pytest.raises(GradientError, match="only on leaves"):
        y.grad = np.ones(1)
    y.zero_grad()
    with pytest.raises(GradientError, match="retain_grad"):
        _ = y.grad


def test_complex_values_are_refused_wherever_they_come_from():
    x = leaf([1.0, 2.0])
    with pytest.raises(TypeError, match="complex"):
        (x * 1).backward(np.ones(2) * 1j)
    with pytest.raises(TypeError, match="complex"):
        Tensor(np.array([1j]), dtype=float)
    imaginary = ag.primitive(lambda x: x * 1.0, name="imaginary", x=lambda g: g * 1j)
    with pytest.raises(GradientError, match="complex128"):
        imaginary(x).sum().backward()
