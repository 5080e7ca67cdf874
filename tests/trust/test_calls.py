"""Any call of a public function gives NumPy's result, or is refused: never anything else.

`grammar` says what may be called with what, `calls` runs one call here and in NumPy and judges
it. The long form explores with a fresh seed: `pytest --long -n 0 -s tests/trust/test_calls.py`.
A finding `[seed, number] ...` is repeated by ``calls.examine(seed, number)``.
"""

from __future__ import annotations

import os
import secrets
import signal
import time
import types
import warnings
from contextvars import copy_context

import calls
import grammar
import numpy as np
import pytest

import autograd as ag
from autograd import linalg, special
from nn import functional

# Public names that the fuzzer does not call, because they make or watch calls.
NOT_CALLED = {
    "enable_grad", "gradcheck", "import_module", "is_recording", "no_grad", "overrides",
    "primitive", "primitives", "tape", "tensor", "barrier", "hook_together",
    "checkpoint_sequential", "checkpoint_state",
    # names of HIPS autograd for transforms that are called
    "hessian_vector_product", "make_jvp", "make_vjp",
}  # fmt: skip

DIFFERENTIATION = {"backward", "retain_grad", "zero_grad"}
DIFFERENTIATION |= {"register_hook", "register_post_accumulate_grad_hook"}
DIFFERENTIATION = {f"Tensor.{name}" for name in DIFFERENTIATION}


def public(module, prefix=""):
    for name in getattr(module, "__all__", None) or vars(module):
        value = getattr(module, name, None)
        if not name.startswith("_") and callable(value) and not isinstance(value, type):
            yield prefix + name


def test_every_public_function_is_called():
    names = {
        *public(ag),
        *public(linalg, "linalg."),
        *public(special, "special."),
        *public(functional, "nn."),
    }
    assert sorted(names - set(grammar.SHAPED) - NOT_CALLED) == []
    methods = {f"Tensor.{name}" for name in public(ag.Tensor)}
    assert sorted(methods - set(grammar.SHAPED) - DIFFERENTIATION) == []


CHUNK = 10_000  # calls of one process


def test_calls_give_the_right_result_or_a_documented_refusal(size, capsys):
    rounds, least, spared = size(5, 165), size(1, 20), size(15, 0)
    seed = size(1, secrets.randbelow(2**32))
    total = calls.Summary()
    for first in range(0, rounds * len(calls.NAMES), CHUNK):
        part = calls.fuzz(seed, range(rounds * len(calls.NAMES))[first : first + CHUNK])
        total.merge(part)
        if least > 1:  # so that a run that is stopped has told what it saw
            with capsys.disabled():
                print(f"\nseed {seed}, {total.calls} calls: {part.report() or 'no finding'}")
    rare = {n: k for n in calls.NAMES if (k := total.succeeded[n]) < least}
    if least > 1:
        with capsys.disabled():
            print(f"\nseed {seed}: {total}")
            print("fewest results:", min(total.succeeded[n] for n in calls.NAMES))
    assert not total.findings, f"{len(total.findings)} findings:\n{total.report()}"
    assert len(rare) <= spared, f"results of each function, fewer than {least}: {rare}"
    assert total.kinds["result"] > total.calls / 2


# ------------------------------------------------------------------ that it can fail


def ignores_where(x, *args, where=True, **kwargs):
    return ag.sum(x, *args, **kwargs)


def of_another_dtype(x, *args, **kwargs):
    return ag.sum(x, *args, **kwargs).astype("g")


def raises_key_error(x, *args, **kwargs):
    raise KeyError("axis")


def warns(x, *args, **kwargs):
    warnings.warn("look", UserWarning, stacklevel=1)
    return ag.sum(x, *args, **kwargs)


def writes_into_its_input(x, *args, **kwargs):
    result = ag.sum(x, *args, **kwargs)
    values = getattr(x, "_data", x)
    if isinstance(values, np.ndarray) and values.flags.writeable:
        values += 1
    return result


def hangs(x, *args, **kwargs):
    while True:
        pass


def leaves_recording_off(x, *args, **kwargs):
    ag.no_grad().__enter__()
    return ag.sum(x, *args, **kwargs)


def has_a_wrong_gradient(x, *args, **kwargs):
    return ag.sum(x * 3 - x.detach() * 2, *args, **kwargs)


def drops_the_gradient(x, *args, **kwargs):
    return ag.sum(x.detach(), *args, **kwargs)


def refuses_without_reason(x, *args, **kwargs):
    raise ValueError("no")


def accepts_anything(x, axis=None, *args, **kwargs):
    try:
        return ag.sum(x, axis, *args, **kwargs)
    except ValueError:
        return ag.sum(x)


def names_another_function(x, *args, **kwargs):
    raise ValueError("prod: a gradient can't require a gradient")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ignores_where, "NumPy gives"),
        (of_another_dtype, "has dtype float128, NumPy's"),
        (raises_key_error, "KeyError"),
        (warns, "warns (UserWarning)"),
        (writes_into_its_input, "changed its input"),
        (hangs, "hangs"),
        (leaves_recording_off, "left the recording mode"),
        (has_a_wrong_gradient, "its gradient says"),
        (drops_the_gradient, "its gradient says"),
        (refuses_without_reason, "refuses what NumPy computes"),
        (accepts_anything, "where NumPy refuses"),
        (names_another_function, "its error names `prod`"),
    ],
)
def test_a_planted_fault_is_found(fault, words, monkeypatch):
    if fault is of_another_dtype and np.dtype("g") == np.dtype("d"):
        pytest.skip("this platform has no longer float")
    monkeypatch.setattr(calls, "functions", lambda name: ([fault], np.sum))
    monkeypatch.setattr(calls, "SECONDS", 0.05)
    rounds = 3 if fault is hangs else 150

    def found():
        seen = (f for _, s in calls.look(1, range(rounds), ["sum"]) for f in s.findings)
        return any(words in finding for finding in seen)

    assert copy_context().run(found), f"{fault.__name__} was not found in {rounds} calls"


def dies_and_hangs(seed, numbers, at, pipe):
    for number in numbers:
        at.value = number
        if number == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 1:
            time.sleep(60)
    pipe.send(calls.Summary(calls=len(numbers)))


def test_what_ends_or_holds_the_process_is_found_and_the_others_go_on():
    total = calls.fuzz(0, range(6), patience=1, work=dies_and_hangs)
    died, hung = total.findings
    assert died.startswith("[0, 0]")
    assert f"ends the process ({-signal.SIGKILL})" in died
    assert hung.startswith("[0, 1]")
    assert "hangs in C" in hung
    assert total.calls == 4


def test_a_call_is_the_same_each_time():
    for number in range(0, 300, 7):
        assert (
            str(calls.make(5, number)).split(" object at ")[0]
            == (str(calls.make(5, number)).split(" object at ")[0])
        )


def test_operands_of_every_form_are_handed_over():
    seen = {o.form for n in range(1500) for o in calls.operands(calls.make(2, n).args)}
    assert {*grammar.TENSORS, *grammar.PLAIN, *grammar.ODD} - {"matrix", "masked"} <= seen
    assert isinstance(grammar.lay_out(np.ones(2), "file"), np.memmap)
    assert not grammar.lay_out(np.ones(2), "locked").flags.writeable
    assert not grammar.lay_out(np.ones(3), "swapped").dtype.isnative
    assert isinstance(calls.handed(grammar.Operand(np.ones(2), "spent")).leaf, ag.Tensor)
    assert isinstance(grammar.STRANGE[0], types.FunctionType)
