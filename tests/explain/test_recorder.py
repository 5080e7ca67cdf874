"""What a Tape keeps of a computation, and that it disturbs nothing."""

import asyncio
import contextvars
import gc
import threading
import weakref

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.tape import observers

rng = np.random.default_rng(0)


def test_entries_hold_values_names_and_lines():
    x = np.array([[1.0, 2.0, 3.0]])
    W = ag.tensor(np.ones((3, 2)), requires_grad=True)
    with ag.Tape() as tape:
        z = x @ W
        loss = np.sum(np.tanh(z))
    assert [entry.op for entry in tape] == ["matmul", "tanh", "sum"]
    assert [entry.name for entry in tape] == ["z", "", "loss"]
    assert [value.name for value in tape.inputs] == ["x", "W"]
    assert tape["z"] is tape[0] is tape.at(z)
    np.testing.assert_array_equal(tape["z"].value, x @ np.ones((3, 2)))
    assert tape["z"].source.text == "z = x @ W"
    assert tape["z"].source.expression == "x @ W"
    assert tape[1].source.expression == "np.tanh(z)"
    assert tape["z"].source.function == "test_entries_hold_values_names_and_lines"
    assert tape.output is tape.at(loss)
    assert len(tape) == 3
    assert tape[-1].inputs == (tape[1],)
    assert list(tape["z"].saves) == ["x", "y_shape"]


def test_cotangents_and_contributions_are_the_pass_itself():
    u = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with ag.Tape() as tape:
        v = u * u
        loss = (v * np.sin(v) + u).sum()
    loss.backward()
    assert tape.passes[-1] is tape.backward_pass()
    np.testing.assert_array_equal(tape["u"].cotangent, u.grad.numpy())
    done = tape.backward_pass()
    into_u = done.into(tape["u"])
    assert [c.entry.op for c in into_u] == ["add", "multiply", "multiply"]
    np.testing.assert_allclose(sum(c.value for c in into_u), u.grad.numpy(), rtol=1e-15)
    np.testing.assert_array_equal(into_u[-1].total, u.grad.numpy())
    for entry, g, given in done.steps:
        assert g is entry.cotangent
        for c in given:
            np.testing.assert_array_equal(entry.pull(c.i, g), c.value)


def test_a_pass_is_run_without_touching_grad_if_there_was_none():
    u = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        loss = (u**3).sum()
    assert len(tape.backward_pass().steps) == 2
    assert u.grad is None
    np.testing.assert_allclose(tape["u"].cotangent, [3.0, 12.0])
    loss.backward()
    loss.backward()  # a taped graph is not freed
    np.testing.assert_allclose(u.grad.numpy(), [6.0, 24.0])


def test_broadcasting_shows_in_the_raw_shape():
    b = ag.tensor([0.5, 1.0], requires_grad=True)
    with ag.Tape() as tape:
        (np.ones((4, 2)) + b).sum()
    (c,) = tape.backward_pass().into(tape["b"])
    assert (c.raw_shape, c.value.shape) == ((4, 2), (2,))


def test_the_gradients_are_the_same_as_without():
    nn.seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 4)
    )
    images, labels = rng.normal(size=(5, 1, 8, 8)).astype("float32"), np.array([0, 1, 2, 3, 0])

    def gradients():
        nn.functional.cross_entropy(model(images), labels).backward()
        found = [p.grad.numpy() for p in model.parameters()]
        model.zero_grad()
        return found

    plain = gradients()
    with ag.Tape():
        taped = gradients()
    for a, b in zip(plain, taped, strict=True):
        np.testing.assert_array_equal(a, b)


def test_modules_functions_and_their_names():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 3)
            self.act = nn.Tanh()

        def forward(self, x):
            h = self.act(self.fc(x))
            return self.act(self.fc(h))

    net = Net()

    def score(y):
        total = ag.softmax(y).sum()
        return total  # noqa: RET504 (a variable that must not show)

    with ag.Tape() as tape:
        out = score(net(np.ones((2, 3))))
    assert {entry.path for entry in tape} == {"net.fc", "net.act", ""}
    assert len(tape.filter(path="net")) == len(tape.filter(path="net.fc")) + 2
    assert tape.filter(path="net.f") == []
    calls = [(c.kind, c.path, c.number) for c in tape.calls]
    assert ("module", "net.fc", 0) in calls
    assert ("module", "net.fc", 1) in calls
    assert ("function", "score", 0) in calls
    assert ("composite", "softmax", 0) in calls
    assert tape["net.fc.weight"].wants
    assert tape["h"].op == "tanh"
    assert tape["out"] is tape.at(out)
    assert tape["out"].names == ("out", "total")
    softmax = next(c for c in tape.calls if c.path == "softmax")
    assert [c.path for c in softmax.chain()] == ["score", "softmax"]


def test_what_a_notebook_calls_its_last_results_is_no_name():
    scope = {"nn": nn, "ag": ag, "_": (net := nn.Linear(2, 1)), "net": net, "_12": net}
    code = "with ag.Tape() as tape:\n    _3 = net(ag.tensor([[1.0, 2.0]]))"
    exec(compile(code, "cell.py", "exec"), scope)
    assert {entry.path for entry in scope["tape"]} == {"net"}
    assert scope["tape"][-1].names == ()


def test_rebound_names_and_the_names_of_containers():
    params = {"W": ag.tensor(np.ones((2, 2)), requires_grad=True)}
    layers = [ag.tensor(np.ones(2), requires_grad=True)]
    with ag.Tape() as tape:
        x = np.ones(2) @ params["W"]
        x = x + layers[0]
        x = np.exp(x)
    assert [entry.name for entry in tape] == ["x", "x", "x"]
    assert tape["x"] is tape[2]
    assert tape["params['W']"].wants
    assert tape["layers[0]"].wants


def test_an_input_that_is_bound_anew_at_once_and_a_loop_over_inputs():
    weights = [ag.tensor(np.ones((2, 2)), requires_grad=True) for _ in range(2)]
    y = ag.tensor(np.ones(2))
    with ag.Tape() as tape:
        y = y * 3
        for w in weights:
            y = y @ w
    assert [value.label for value in tape.inputs] == ["y", "weights[0]", "weights[1]"]


def test_one_array_is_one_input_until_it_changes():
    x, w = np.array([1.0, 2.0]), ag.tensor([3.0, 4.0], requires_grad=True)
    with ag.Tape() as tape:
        (x * w * x).sum()
        assert [value.label for value in tape.inputs] == ["x", "w"]
        x[0] = 5.0
        (x * w).sum()
    values = [value.value.tolist() for value in tape.inputs if value.origin is x]
    assert values == [[1.0, 2.0], [5.0, 2.0]]


def test_a_leaf_that_was_updated_is_a_new_input_with_the_new_values():
    w = ag.tensor([1.0], requires_grad=True)
    with ag.Tape() as tape:
        for _ in range(2):
            loss = (w * w).sum()
            w.grad = None
            loss.backward()
            w.data -= 0.25 * w.grad.numpy()
    assert [value.value.tolist() for value in tape.inputs] == [[1.0], [0.5]]
    assert [value.cotangent.tolist() for value in tape.inputs] == [[2.0], [1.0]]


def test_a_view_of_a_leaf_keeps_the_values_it_had():
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        column = w.reshape(2, 1)
    w.data[:] = 0
    assert tape.at(column).value.tolist() == [[1.0], [2.0]]
    with pytest.raises(ValueError, match="read-only"):
        tape.at(column).value[:] = 0


def test_what_no_gradient_flows_through_is_seen_too():
    x = ag.tensor([1.0, 2.0])
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        scaled = x * 2
        (scaled * w).sum()
    assert [entry.wants for entry in tape] == [False, True, True]
    assert tape[1].inputs[0] is tape[0]
    with ag.Tape() as tape, ag.no_grad():
        x * 2
        with ag.enable_grad():
            w * 3
    assert [entry.inputs[1] for entry in tape] == [3]


def test_several_outputs():
    a = ag.tensor(rng.normal(size=(4, 3)), requires_grad=True)
    with ag.Tape() as tape:
        q, r = np.linalg.qr(a)
        loss = (q * 2).sum() + (r * r).sum()
    loss.backward()
    whole = tape.filter(op="qr")[0]
    assert [part.shape for part in whole.value] == list(whole.shape) == [(4, 3), (3, 3)]
    assert [tape[name].static for name in "qr"] == [{"which": 0}, {"which": 1}]
    assert [part.shape for part in whole.cotangent] == [(4, 3), (3, 3)]
    np.testing.assert_array_equal(tape["a"].cotangent, a.grad.numpy())
    np.testing.assert_allclose(whole.pull(0, whole.cotangent), a.grad.numpy())


def test_variadic_primitives_and_parts():
    a, b = (ag.tensor(rng.normal(size=(2, 3)), requires_grad=True) for _ in range(2))
    with ag.Tape() as tape:
        both = np.concatenate([a, b], axis=1)
        loss = (both[:, 2:5] ** 2).sum()
    loss.backward()
    for value, tensor in [("a", a), ("b", b)]:
        np.testing.assert_array_equal(tape[value].cotangent, tensor.grad.numpy())
    for entry, g, given in tape.backward_pass().steps:
        for c in given:
            np.testing.assert_array_equal(entry.pull(c.i, g), c.value)


def test_the_backward_pass_is_recorded_with_its_order():
    u = ag.tensor(2.0, requires_grad=True)
    with ag.Tape() as tape:
        v = u**3
        (first,) = ag.gradients(v, u, create_graph=True)
        (second,) = ag.gradients(first, u, create_graph=True)
    assert second.item() == 12
    assert [entry.order for entry in tape if entry.op == "power"][:2] == [0, 1]
    assert max(entry.order for entry in tape) == 2
    assert all((entry.forward is None) == (entry.order == 0) for entry in tape)
    assert tape.filter(op="power")[1].forward is tape.at(v)
    w = u * 2  # a pass that breaks off leaves no trace in what comes after
    with ag.Tape() as tape:
        y = w * u
        with pytest.raises(ValueError, match="cotangent"):
            ag.gradients(y, u, np.ones(3), create_graph=True)
        y + 1
    assert [entry.order for entry in tape] == [0, 0]


def test_a_tape_of_something_recorded_without_one():
    u = ag.tensor([1.0, 2.0], requires_grad=True)
    v = np.exp(u)
    loss = (v * np.array([3.0, 4.0])).sum()
    tape = ag.Tape.of(loss)
    assert [entry.label for entry in tape] == ["v", "v1", "loss"]
    np.testing.assert_array_equal(tape["v"].value, v.numpy())
    assert tape[1].value is None
    np.testing.assert_array_equal(tape["u"].value, [1.0, 2.0])
    tape.backward_pass()
    np.testing.assert_allclose(tape["u"].cotangent, [3 * np.e, 4 * np.e**2])
    assert u.grad is None
    loss.backward()
    with pytest.raises(ag.GradientError, match="no recorded operation"):
        ag.Tape.of(u)
    with pytest.raises(TypeError, match="give it Tensors"):
        ag.Tape.of(3.0)
    with pytest.raises(TypeError, match="derive: received the float"):
        ag.derive(3.0, "x")


def test_looking_things_up():
    u = ag.tensor(2.0, requires_grad=True)
    with ag.Tape() as tape:
        square = u * u
    with pytest.raises(KeyError, match="near to it: square"):
        tape["squar"]
    with pytest.raises(ag.GradientError, match="neither made nor used"):
        tape.at(u + 1)
    with pytest.raises(TypeError, match="give it a Tensor"):
        tape.at(2.5)
    with pytest.raises(ag.GradientError, match="no result that wants a gradient"):
        ag.Tape().output  # noqa: B018
    assert tape.at("square") is tape.at(square) is tape.at(0) is tape.at(tape[0])
    assert tape["v0" if not tape[0].name else "square"] is tape[0]


def test_a_tape_is_freed_without_the_garbage_collector():
    gc.collect()
    gc.disable()
    try:
        w = ag.tensor(np.ones(3), requires_grad=True)
        with ag.Tape() as tape:
            loss = (w * w).sum()
        loss.backward()
        key, handle, value = id(tape), weakref.ref(tape), weakref.ref(tape[0].value.base)
        assert key in observers
        del tape, loss
        assert handle() is None
        assert value() is None
        assert key not in observers
    finally:
        gc.enable()


def test_other_threads_and_tasks_record_for_themselves():
    w = ag.tensor(2.0, requires_grad=True)
    seen = {}

    def work():
        seen["recording"] = ag.is_recording()
        w * 5

    async def task(n):
        with ag.Tape() as tape:
            for _ in range(n):
                w * 3
                await asyncio.sleep(0)
        return len(tape)

    async def tasks():
        return await asyncio.gather(task(2), task(5))

    with ag.Tape() as tape:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert seen["recording"]
    assert len(tape) == 0
    assert asyncio.run(tasks()) == [2, 5]


def test_tapes_nest_and_can_be_entered_again():
    w = ag.tensor(2.0, requires_grad=True)
    with ag.Tape() as outer:
        w * 2
        with ag.Tape() as inner:
            w * 3
        w * 4
    assert [entry.inputs[1] for entry in outer] == [2, 4]
    assert [entry.inputs[1] for entry in inner] == [3]
    with outer:
        w * 5
    assert [entry.inputs[1] for entry in outer] == [2, 4, 5]
    assert ag.is_recording()


def test_a_pass_goes_on_behind_what_the_tape_saw():
    u = ag.tensor([1.0, 2.0], requires_grad=True)
    v = np.exp(u)  # before the block
    with ag.Tape() as tape:
        loss = (v * v).sum()
    loss.backward()
    np.testing.assert_allclose(u.grad.numpy(), 2 * np.exp([2.0, 4.0]))
    np.testing.assert_allclose(tape["v"].cotangent, 2 * v.numpy())


def test_what_where_did_not_choose_contributes_nothing():
    x = ag.tensor([0.0, 2.0], requires_grad=True)
    with np.errstate(all="ignore"), ag.Tape() as tape:
        loss = np.where(x > 0, np.log(x), 0).sum()
        loss.backward()
    np.testing.assert_array_equal(tape["x"].cotangent, [0.0, 0.5])
    np.testing.assert_array_equal(x.grad.numpy(), [0.0, 0.5])


DATA, SCALE = np.array([1.0, 2.0]), ag.tensor(3.0, requires_grad=True)


def test_a_function_names_the_variables_of_its_module():
    with ag.Tape() as tape:
        loss = (DATA * SCALE).sum()
    assert tape["DATA"] is tape[0].inputs[0]
    assert [x.label for x in tape.inputs] == ["DATA", "SCALE"]
    assert tape.at(loss).label == "loss"
    with pytest.raises(IndexError, match="there is no entry 7; it has 2"):
        tape[7]
    assert repr(tape.backward_pass()) == "<Pass from loss: 2 steps; .steps, .into(value)>"
    with pytest.raises(
        FileNotFoundError, match="save: there is no folder 'nowhere'; make it first"
    ):
        tape.draw().save("nowhere/graph.svg")


def test_a_tape_left_in_another_thread_says_so_and_records_no_more():
    x = ag.tensor(2.0, requires_grad=True)
    tape = ag.Tape()
    said: list[str] = []

    def leave() -> None:
        try:
            tape.__exit__(None, None, None)
        except ag.GradientError as error:
            said.append(str(error))

    def run() -> None:  # in a context of its own, where the mode stays what it is
        tape.__enter__()
        thread = threading.Thread(target=leave)
        thread.start()
        thread.join()
        x * x

    contextvars.copy_context().run(run)
    assert len(said) == 1
    assert "entered in one thread or task and left in another" in said[0]
    assert len(tape) == 0


def test_tapes_of_interleaved_generators_do_not_end_each_other():
    x = ag.tensor(2.0, requires_grad=True)

    def steps(tape: ag.Tape):  # type: ignore[no-untyped-def]
        with tape:
            yield x * x
            yield x + x

    def run() -> None:
        one, other = ag.Tape(), ag.Tape()
        a, b = steps(one), steps(other)
        next(a), next(b), next(a)
        with pytest.raises(StopIteration):
            next(a)
        assert next(b) is not None
        assert len(other) == 3  # with what the first computed while this was the innermost
        seen = len(one)
        with pytest.raises(StopIteration):
            next(b)
        x * x
        assert (len(one), len(other)) == (seen, 3)

    contextvars.copy_context().run(run)
