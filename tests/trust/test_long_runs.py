"""Long runs in which much goes wrong: memory stays flat, and nothing of it is left behind.

A training with the garbage collector switched off, where every tenth step fails at another place,
must end with the parameters, bit for bit, of one without the failing steps.
"""

import asyncio
import contextlib
import gc
import sys
import threading
import time
import tracemalloc
from collections import Counter
from weakref import WeakKeyDictionary

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import mode


class Stop(Exception):  # noqa: N818 (what a program raises for its own reasons)
    """What the steps that fail raise."""


# A primitive of a user, whose function or rule fails when it is told to.
raising = {"forward": False, "rule": False}


def _forward(x):
    if raising["forward"]:
        raise Stop("forward")
    return x * 1.0


def _rule(g):
    if raising["rule"]:
        raise Stop("rule")
    return g * 1.0


passing = ag.primitive(_forward, name="passing", tex=r"{x}", x=_rule)


def _interrupted(x):
    raise KeyboardInterrupt


interrupting = ag.primitive(_interrupted, name="interrupting", tex=r"{x}", x=lambda g: g)


@contextlib.contextmanager
def failing(what):
    raising[what] = True
    try:
        yield
    finally:
        raising[what] = False


@contextlib.contextmanager
def collector_off():
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.fixture
def no_garbage_collector():
    with collector_off():
        yield


def ours():
    """How many objects of the engine are alive, and what its modules' own containers hold."""
    kinds = (ag.Tensor, ag.Node, ag.Leaf, ag.Tape, nn.Module)
    counts = dict.fromkeys((kind.__name__ for kind in kinds), 0)
    for type_, count in Counter(map(type, gc.get_objects())).items():
        for kind in kinds:
            if issubclass(type_, kind):
                counts[kind.__name__] += count
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("autograd", "nn"):
            for key, value in vars(module).items():
                if isinstance(value, (dict, list, set, WeakKeyDictionary)) and key[:2] != "__":
                    counts[f"{name}.{key}"] = len(value)
    return counts


def rss():
    """The memory of this process that is in use now, in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


# ---------------------------------------------------------------------- one small training


class Training:
    """An MLP, and the ways in which a step of it can fail before it changes anything."""

    failures: list[str]  # the names of the methods that begin with "fails"

    def __init__(self):
        rng = np.random.default_rng(0)
        nn.seed(0)
        self.model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
        self.optimizer = nn.optim.SGD(self.model.parameters(), lr=0.05, momentum=0.9)
        self.loss = nn.CrossEntropyLoss()
        self.batches = [
            (rng.normal(size=(6, 4)).astype(np.float32), rng.integers(0, 3, 6)) for _ in range(7)
        ]

    def forward(self, k):
        x, y = self.batches[k % len(self.batches)]
        return self.loss(passing(self.model(x)), y)

    def step(self, k):
        self.optimizer.zero_grad()
        self.forward(k).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()

    def fail(self, k):
        failure = self.failures[k % len(self.failures)]
        try:  # (pytest.raises makes a cycle with what it caught)
            getattr(self, failure)(k)
        except (Stop, KeyboardInterrupt, ValueError, ag.GradientError):
            pass
        else:
            raise AssertionError(f"{failure} did not raise")
        assert mode.get_mode() is None, failure

    def state(self):
        return {name: value.tobytes() for name, value in self.model.state_dict().items()}

    # Each leaves a tape, a gradient or an open block behind, and raises.

    def fails_in_the_forward_pass(self, k):
        with failing("forward"):
            self.forward(k)

    def fails_in_a_rule(self, k):
        self.optimizer.zero_grad()
        with failing("rule"):
            self.forward(k).backward()

    def fails_in_a_rule_to_second_order(self, k):
        slopes = ag.gradients(self.forward(k), list(self.model.parameters()), create_graph=True)
        with failing("rule"):
            sum((g * g).sum() for g in slopes).backward()

    def fails_inside_no_grad(self, k):
        with ag.no_grad(), ag.enable_grad(), ag.no_grad():
            self.forward(k)
            raise Stop

    def fails_in_a_decorated_function(self, k):
        @ag.no_grad()
        def measured():
            with ag.enable_grad(), failing("forward"):
                self.forward(k)

        measured()

    def fails_in_the_loss(self, k):
        x, y = self.batches[0]
        self.loss(self.model(x), y[:2])

    def fails_in_backward(self, k):
        self.optimizer.zero_grad()
        self.forward(k).backward(np.ones((2, 2), np.float32))

    def fails_in_clipping(self, k):
        self.optimizer.zero_grad()
        with np.errstate(all="ignore"):
            (self.forward(k) * np.float32(np.inf)).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0, error_if_nonfinite=True)

    def fails_with_an_interrupt(self, k):
        x, _ = self.batches[0]
        interrupting(self.model(x))

    def fails_inside_a_tape(self, k):
        with ag.Tape() as tape:
            loss = self.forward(k)
            loss.backward()
            tape.backward_pass(loss)
            with failing("rule"):
                self.forward(k).backward()

    def fails_inside_detect_anomaly(self, k):
        with ag.detect_anomaly(), failing("rule"):
            self.forward(k).backward()

    def fails_with_an_anomaly(self, k):
        with ag.detect_anomaly():
            np.log(self.forward(k) * 0).backward()

    def fails_inside_both(self, k):
        with ag.detect_anomaly(), ag.Tape(), ag.no_grad(), ag.enable_grad(), failing("forward"):
            self.forward(k)

    def fails_in_a_checkpoint(self, k):
        with failing("forward"):
            ag.checkpoint(self.forward)(k)

    def fails_in_the_second_run_of_a_checkpoint(self, k):
        loss = ag.checkpoint(self.forward)(k)
        with failing("forward"):
            loss.backward()

    def fails_in_a_rule_inside_a_checkpoint(self, k):
        loss = ag.checkpoint(self.forward)(k)
        with failing("rule"):
            loss.backward()

    def fails_in_a_transform(self, k):
        x, _ = self.batches[0]
        with failing("rule"):
            ag.jacobian(lambda x: passing(self.model(x)))(x)

    def fails_with_a_retained_gradient(self, k):
        h = self.model(self.batches[0][0])
        h.retain_grad()
        z = passing(h)
        with failing("rule"):
            (z * h).sum().backward()

    def fails_in_a_callback_of_numpy(self, k):
        def row(v):
            passing(self.model(v))
            raise Stop

        np.apply_along_axis(row, 1, self.batches[0][0])

    def fails_in_a_generator(self, k):
        def outputs():
            with ag.no_grad():
                for x, _ in self.batches:
                    yield self.model(x)

        batches = outputs()
        next(batches)
        batches.close()
        raise Stop

    def fails_with_the_tape_in_the_error(self, k):
        loss = self.forward(k)
        try:
            with failing("rule"):
                loss.backward(retain_graph=True)
        except Stop as error:
            raise ValueError("again") from error


Training.failures = sorted(name for name in vars(Training) if name.startswith("fails"))


def test_a_long_training_in_which_every_tenth_step_fails(size, no_garbage_collector):
    steps = size(630, 100_000)
    undisturbed, training = Training(), Training()
    curve, spent = [], 0.0
    for k in range(steps):
        start = time.perf_counter()
        training.step(k)
        if k % 10 == 0:
            training.fail(k // 10)
        spent += time.perf_counter() - start
        if k == 2 * steps // 3:  # each failure has been there
            training.optimizer.zero_grad()
            before, at_rest = ours(), rss()
            tracemalloc.start()
            least = tracemalloc.get_traced_memory()[0]
        if k % (steps // 10) == 0:
            curve.append(round(rss() / 2**20, 1))
    training.optimizer.zero_grad()
    grown = tracemalloc.get_traced_memory()[0] - least
    tracemalloc.stop()
    after = ours()
    found = gc.collect()
    print(f"{steps / spent:.0f} steps/s; RSS in MB {curve}; grown by {grown:,} bytes; "
          f"the collector found {found} objects")  # fmt: skip
    assert {k: v for k, v in after.items() if v != before.get(k)} == {}
    assert ours() == after, "the collector found objects of ours"
    assert grown < 300_000
    assert rss() - at_rest < 30_000_000  # (tracemalloc itself takes some)
    for k in range(steps):
        undisturbed.step(k)
    assert training.state() == undisturbed.state()


# ---------------------------------------------------------------------- what makes no rubbish


def leaves_nothing(f, times):
    """Calling `f` over and over leaves no object of ours behind, with the collector off."""
    for _ in range(3):
        f()
    gc.collect()
    before = ours()
    for _ in range(times):
        f()
    after = ours()
    return {k: (before.get(k, 0), v) for k, v in after.items() if v != before.get(k, 0)}


@pytest.mark.parametrize("failure", Training.failures)
def test_a_step_that_fails_leaves_nothing_behind(failure, size, no_garbage_collector):
    training = Training()
    k = training.failures.index(failure)

    def once():
        training.fail(k)
        training.optimizer.zero_grad()

    assert leaves_nothing(once, size(10, 1_000)) == {}


def _images():
    rng = np.random.default_rng(0)
    return rng.normal(size=(24, 1, 4, 4)).astype(np.float32), rng.integers(0, 3, 24)


def _deep_model():
    return nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Dropout(0.3),
        nn.Linear(8, 3),
    )  # fmt: skip


class Fitting:
    """A model with running statistics and random masks, an optimizer, data, and their end."""

    def __init__(self, optimizer=nn.optim.Adam):
        nn.seed(0)
        self.x, self.y = _images()
        self.model = _deep_model()
        self.optimizer = optimizer(self.model.parameters(), lr=0.01)
        self.loss = nn.CrossEntropyLoss()
        self.data = nn.data.TensorDataset(self.x, self.y)

    def closure(self):
        self.optimizer.zero_grad()
        value = self.loss(self.model(self.x), self.y)
        value.backward()
        return value

    def state(self):
        return {name: value.tobytes() for name, value in self.model.state_dict().items()}


@pytest.mark.parametrize("optimizer", [nn.optim.Adam, nn.optim.LBFGS, nn.optim.RMSprop])
def test_an_optimizer_whose_closure_fails_leaves_nothing_behind(
    optimizer, size, no_garbage_collector
):
    training = Fitting(optimizer)
    training.optimizer.step(training.closure)
    training.optimizer.zero_grad()
    state = training.state()

    def failing_closure():
        training.model.eval()  # so that no running statistics change
        value = training.loss(passing(training.model(training.x)), training.y)
        with failing("rule"):
            value.backward()

    def once():
        with contextlib.suppress(Stop):
            training.optimizer.step(failing_closure)
        training.optimizer.zero_grad()

    assert leaves_nothing(once, size(10, 1_000)) == {}
    assert training.state() == state
    training.model.train()

    def well():
        training.optimizer.step(training.closure)
        training.optimizer.zero_grad()

    for _ in range(120):  # LBFGS remembers up to 100 steps
        well()
    assert leaves_nothing(well, size(10, 1_000)) == {}


@pytest.mark.parametrize("place", ["metric", "loss", "data", "schedule", "validation"])
def test_fit_with_a_callback_that_raises(place, size, no_garbage_collector):
    class Schedule:
        def __init__(self, optimizer):
            self.optimizer = optimizer

        def step(self):
            raise Stop

    def metric(prediction, target):
        raise Stop

    class Data:
        def __init__(self, batches, at):
            self.batches, self.at = batches, at

        def __iter__(self):
            for k, batch in enumerate(self.batches):
                if k == self.at:
                    raise Stop
                yield batch

    def once():
        training = Fitting()
        model = training.model.eval()
        batches = [(training.x[:8], training.y[:8]), (training.x[8:], training.y[8:])]

        def loss(prediction, target):
            value = training.loss(prediction, target)
            if place == "loss":
                raise Stop
            return value

        try:
            nn.fit(
                model, loss, Data(batches, 1 if place == "data" else None),
                optimizer=training.optimizer, epochs=2, progress=False,
                metrics=[metric] if place == "metric" else [],
                schedule=Schedule(training.optimizer) if place == "schedule" else None,
                validation=Data(batches, 1) if place == "validation" else None,
            )  # fmt: skip
        except Stop:
            assert not model.training  # as it was
            assert mode.get_mode() is None
        else:
            raise AssertionError("it went on")

    assert leaves_nothing(once, size(5, 200)) == {}


@pytest.mark.parametrize("prefetch", [0, 2])
def test_a_loader_that_is_left_midway(prefetch, size, no_garbage_collector):
    training = Fitting()
    loader = nn.data.DataLoader(training.data, batch_size=4, shuffle=True, prefetch=prefetch)
    threads = threading.active_count()

    def once():
        for k, (x, y) in enumerate(loader):
            training.loss(training.model(x), y).backward()
            training.optimizer.zero_grad()
            if k == 2:
                break

    assert leaves_nothing(once, size(10, 1_000)) == {}
    assert threading.active_count() == threads


def test_eight_threads_of_trainings_in_which_steps_fail(size, no_garbage_collector):
    """Each with its own model; they share the failing primitive, so that only it is guarded."""
    ends, errors = {}, []
    x = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)

    def train(disturbed):
        rng = np.random.default_rng(1)
        w = ag.tensor(rng.normal(size=(4, 3)).astype(np.float32), requires_grad=True)
        optimizer = nn.optim.Adam([w], lr=0.01)
        for k in range(size(60, 5_000)):
            optimizer.zero_grad()
            (np.tanh(x @ w) ** 2).mean().backward()
            optimizer.step()
            if disturbed and k % 3 == 0:
                try:
                    with ag.no_grad(), ag.detect_anomaly(), ag.enable_grad(), ag.Tape():
                        interrupting(x @ w)
                except KeyboardInterrupt:
                    pass
        return w.numpy().tobytes()

    def work(number):
        try:
            ends[number] = train(number % 2)
        except BaseException as error:
            errors.append(repr(error))

    def once():
        threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    left = leaves_nothing(once, 1)
    assert not errors
    assert set(ends.values()) == {train(False)}
    assert left == {}


# ---------------------------------------------------------------------- blocks and exceptions


BLOCKS = {
    "no_grad": ag.no_grad,
    "enable_grad": ag.enable_grad,
    "Tape": ag.Tape,
    "detect_anomaly": ag.detect_anomaly,
}


@pytest.mark.parametrize("inner", BLOCKS)
@pytest.mark.parametrize("outer", BLOCKS)
@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt, GeneratorExit, SystemExit])
def test_an_exception_puts_back_what_was_there(outer, inner, error):
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with BLOCKS[outer]():
        around = mode.get_mode()
        with pytest.raises(error):  # noqa: PT012, SIM117 (the block is tested)
            with BLOCKS[inner]():
                np.exp(x)
                raise error
        assert mode.get_mode() is around
    assert mode.get_mode() is None
    (x * x).sum().backward()
    assert x.grad.tolist() == [2, 4]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_generator_that_is_dropped_inside_a_block(block):
    def inside():
        with BLOCKS[block]():
            yield
            raise AssertionError("nobody asked for more")

    steps = inside()
    next(steps)
    del steps
    assert mode.get_mode() is None


@pytest.mark.parametrize("first", ["no_grad", "enable_grad"])
@pytest.mark.parametrize("second", ["no_grad", "enable_grad"])
def test_two_generators_that_leave_their_blocks_out_of_order(first, second):
    def inside(block):
        with BLOCKS[block]():
            yield

    one, other = inside(first), inside(second)
    next(one)
    next(other)
    one.close()
    assert ag.is_recording() == (second == "enable_grad")  # the block that is still open
    other.close()
    try:
        assert mode.get_mode() is None
    finally:
        while not ag.is_recording():  # (for the tests that come next)
            mode._mode.set(None)


def test_tasks_that_are_cancelled_inside_blocks():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    seen = []

    async def inside(block):
        with BLOCKS[block]():
            await asyncio.sleep(60)

    async def beside():
        tasks = [asyncio.create_task(inside(block)) for block in BLOCKS for _ in range(3)]
        await asyncio.sleep(0)
        seen.append(mode.get_mode())
        for task in tasks[::2] + tasks[1::2]:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(end) for end in ends} == {asyncio.CancelledError}
        (x * x).sum().backward()

    asyncio.run(beside())
    assert seen == [None]
    assert mode.get_mode() is None
    assert x.grad.tolist() == [2, 4]


def test_a_rule_that_raises_leaves_gradients_as_they_were():
    w, v = (ag.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    (w * v).sum().backward()
    before = w.grad.tolist(), v.grad.tolist()
    loss = (passing(w) * v).sum()
    with failing("rule"), pytest.raises(Stop):
        loss.backward()
    assert (w.grad.tolist(), v.grad.tolist()) == before


def test_a_backward_pass_that_failed_midway_is_refused_or_repeated_whole():
    """What ran before the failure is freed, so a second try can't be silently half a gradient."""
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    loss = (passing(w) * np.exp(w)).sum()
    with failing("rule"), pytest.raises(Stop):
        loss.backward()
    with pytest.raises(ag.GradientError, match="freed by an earlier backward pass"):
        loss.backward()
    assert w.grad is None
    loss = (passing(w) * w).sum()
    with failing("rule"), pytest.raises(Stop):
        loss.backward(retain_graph=True)
    loss.backward()
    assert w.grad.tolist() == [2, 4]
