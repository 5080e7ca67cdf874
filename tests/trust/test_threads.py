"""Threads and tasks: what they share adds up rightly or is refused; what is theirs stays theirs."""

import asyncio
import sys
import threading

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor

X = np.linspace(-1, 1, 7)


@pytest.fixture(autouse=True)
def often():
    """Switch threads as often as Python can, and let none fail in silence."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def together(n, work):
    """``work(k)`` in n threads that begin at the same time; their results, or their errors."""
    gate, results = threading.Barrier(n), [None] * n

    def run(k):
        gate.wait()
        try:
            results[k] = work(k)
        except Exception as error:
            results[k] = error

    threads = [threading.Thread(target=run, args=(k,)) for k in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_passes_over_tapes_that_share_leaves_add_up(size):
    w, b = Tensor(X, requires_grad=True), Tensor(np.ones(7), requires_grad=True)
    steps = size(50, 2000)

    def work(k):
        for _ in range(steps):
            (np.sin(w) * w * 2.0**k + b).sum().backward()

    assert together(8, work) == [None] * 8
    once = np.sin(X) + X * np.cos(X)
    np.testing.assert_allclose(w.grad, steps * 255 * once, rtol=1e-12)
    assert b.grad.tolist() == [8.0 * steps] * 7


def test_passes_over_one_tape_that_is_kept_agree(size):
    for _ in range(size(20, 1000)):
        x = Tensor(X, requires_grad=True)
        z = (np.tanh(np.exp(x) * x) @ x).sum()
        (expected,) = ag.gradients(z, x, retain_graph=True)
        found = together(4, lambda k: ag.gradients(z, x, retain_graph=True)[0].tolist())  # noqa: B023
        assert found == [expected.tolist()] * 4


def test_passes_over_one_tape_that_is_freed_are_right_or_refused(size):
    refused = 0
    for _ in range(size(100, 5000)):
        x = Tensor(X, requires_grad=True)
        h = x
        for _ in range(20):
            h = np.sin(h) * x
        (expected,) = ag.gradients(h.sum(), x, retain_graph=True)
        for found in together(3, lambda k: ag.gradients(h.sum(), x)[0].tolist()):  # noqa: B023
            if isinstance(found, ag.GradientError):
                assert "was freed by" in str(found)
                refused += 1
            else:
                assert found == expected.tolist()
    assert refused


def test_what_a_thread_changes_is_not_lost_between_the_changes_of_others(size):
    """The stamp of the last change is one for all: a refusal must not depend on the others."""
    stop = threading.Event()

    def others():
        w = Tensor(X, requires_grad=True)
        while not stop.is_set():
            with ag.no_grad():
                w *= 1.0

    threads = [threading.Thread(target=others) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(size(200, 10_000)):
            p = Tensor(X, requires_grad=True)
            z = (p * p).sum()
            with ag.no_grad():
                p *= 2.0
            with pytest.raises(ag.GradientError, match=r"`p`.* was changed in place"):
                z.backward()
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_operations_that_are_called_for_the_first_time_in_several_threads():
    for n in range(20):
        twice = ag.primitive(
            lambda x, /, a=2.0, *, b=3.0: x * a * b, name=f"twice{n}", x=lambda g, a, b: g * a * b
        )

        def work(k, twice=twice):
            x = Tensor(X, requires_grad=True)
            twice(x).sum().backward()
            return x.grad.tolist()

        assert together(6, work) == [[6.0] * 7] * 6


def test_recording_is_a_matter_of_each_thread_and_task():
    x = Tensor(X, requires_grad=True)

    def work(k):
        if k % 2:
            with ag.no_grad():
                return [(x * 2).requires_grad for _ in range(200)]
        return [(x * 2).requires_grad for _ in range(200)]

    with ag.no_grad():  # of this thread alone
        assert together(6, work) == [[k % 2 == 0] * 200 for k in range(6)]

    async def task(k):
        found = []
        for _ in range(20):
            if k % 2:
                with ag.no_grad():
                    await asyncio.sleep(0)
                    found.append((x * 2).requires_grad)
            else:
                await asyncio.sleep(0)
                found.append((x * 2).requires_grad)
        return found

    async def all_tasks():
        return await asyncio.gather(*(task(k) for k in range(6)))

    assert asyncio.run(all_tasks()) == [[k % 2 == 0] * 20 for k in range(6)]


def test_tapes_and_watches_of_two_threads_see_their_own():
    def work(k):
        with ag.Tape() as tape, ag.detect_anomaly():
            x = Tensor(X, requires_grad=True)
            for _ in range(k + 1):
                x = np.sin(x)
            x.sum().backward()
        return len(tape), len(tape.passes)

    assert together(6, work) == [(k + 2, 1) for k in range(6)]


def trained(k, steps):
    nn.random.seed(k)
    model = nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 1)
    )
    optimizer = nn.optim.Adam(model.parameters(), lr=0.01)
    data = nn.random.generator.standard_normal((32, 4)).astype("float32")
    handle = model[0].weight.register_hook(lambda g: g * 0.5)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.MSELoss()(ag.checkpoint(model, data), data[:, :1])
        loss.backward()
        optimizer.step()
    handle.remove()
    return [value.tobytes() for value in model.state_dict().values()], loss.item()


def test_eight_trainings_are_bit_for_bit_what_they_are_one_after_the_other(size):
    steps = size(10, 500)
    sequential = [trained(k, steps) for k in range(8)]
    assert together(8, lambda k: trained(k, steps)) == sequential
