"""Looking at the calling frames for names changes nothing in them."""

import sys

import numpy as np
import pytest

import autograd as ag


def leaf():
    return ag.tensor(2.0, requires_grad=True)


def test_what_locals_returned_is_not_emptied():
    def compute(w):
        scope = locals()
        with ag.Tape():
            w * 3
        return scope

    assert "w" in compute(leaf())


def test_code_run_by_exec_and_eval_keeps_its_variables():
    def compute(w, run, made):
        with ag.Tape():
            exec("w = w * 2\ny = w * 3\nmade.append(y.item())")
            run("w = w * 2\ny = w * 3\nmade.append(y.item())", locals())
            made.append(eval("(w * 2 + w * 3).item()", globals(), locals()))
        return w.item(), made

    def run(code, scope):
        exec(code, globals(), scope)

    assert compute(leaf(), run, []) == (2.0, [12.0, 12.0, 10.0])


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="its frames are written through")
def test_what_a_debugger_assigns_reaches_the_function():
    done = []

    def trace(frame, event, argument):
        if frame.f_code.co_name == "inner" and "b" in frame.f_locals and not done:
            done.append(frame.f_lineno)
            scope = frame.f_locals
            scope["b"] = 100.0
            exec("c = np.multiply(w, 2)", {"np": np, "w": leaf()}, scope)
        return trace

    def inner(a):
        b = a * 2
        a = None
        return b * 3

    before = sys.gettrace()
    with ag.Tape():
        sys.settrace(trace)
        try:
            result = inner(leaf())
        finally:
            sys.settrace(before)
    assert result == 300.0
