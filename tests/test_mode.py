"""Recording on and off: nesting, decorators, threads, tasks, exceptions."""

import asyncio
import threading

import pytest

import autograd as ag


def test_nesting_and_exceptions_restore_what_was():
    def fail():
        with ag.no_grad():
            with ag.enable_grad():
                assert ag.is_recording()
            assert not ag.is_recording()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ag.is_recording()


def test_one_switch_may_be_entered_again_while_it_is_entered():
    switch = ag.no_grad()
    with switch, switch:
        assert not ag.is_recording()
    assert ag.is_recording()


def test_as_a_decorator_it_survives_recursion():
    @ag.no_grad()
    def down(n):
        """Doc."""
        assert not ag.is_recording()
        return n and down(n - 1)

    @ag.no_grad
    def bare():
        return ag.is_recording()

    assert bare() is False
    assert down(5) == 0
    assert down.__doc__ == "Doc."
    assert ag.is_recording()


def test_as_a_decorator_of_a_coroutine_it_covers_its_body():
    @ag.no_grad()
    async def quiet():
        await asyncio.sleep(0)
        return ag.is_recording()

    assert asyncio.run(quiet()) is False


def test_a_generator_is_refused_because_it_would_not_be_covered():
    with pytest.raises(TypeError, match=r"with no_grad\(\):` inside"):

        @ag.no_grad()
        def numbers():
            yield 1

    with pytest.raises(TypeError, match="decorates a function"):
        ag.no_grad()(5)


def test_a_thread_inside_no_grad_does_not_switch_off_another():
    inside, done = threading.Event(), threading.Event()

    def quiet():
        with ag.no_grad():
            inside.set()
            assert done.wait(5)

    thread = threading.Thread(target=quiet)
    thread.start()
    assert inside.wait(5)
    assert ag.is_recording()
    done.set()
    thread.join()
    seen = []
    with ag.no_grad():
        fresh = threading.Thread(target=lambda: seen.append(ag.is_recording()))
        fresh.start()
        fresh.join()
    assert seen == [True]


def test_asyncio_tasks_are_independent():
    async def quiet():
        with ag.no_grad():
            await asyncio.sleep(0.01)
            return ag.is_recording()

    async def loud():
        await asyncio.sleep(0.005)
        return ag.is_recording()

    async def both():
        return await asyncio.gather(quiet(), loud())

    assert asyncio.run(both()) == [False, True]


def test_blocks_of_generators_may_be_left_in_any_order():
    def silent():
        with ag.no_grad():
            yield

    a, b = silent(), silent()
    next(a), next(b)
    a.close()
    assert not ag.is_recording()  # inside the other still
    b.close()
    assert ag.is_recording()
    a, b = silent(), silent()
    next(a)
    with ag.enable_grad():
        next(b)
        a.close()
        assert not ag.is_recording()
        b.close()
        assert ag.is_recording()
    assert ag.is_recording()
