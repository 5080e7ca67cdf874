"""What is supported is what the tables say: on the page, as autograd.NAME, and as np.NAME."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path

import numpy as np
import pytest
from cases import CASES

import autograd as ag
from autograd import dispatch

DOCS = Path(__file__).parent.parent / "docs"
CONSTANT = {"np.zeros_like", "np.ones_like", "np.empty_like"}  # made without a gradient


def supported():
    spec = importlib.util.spec_from_file_location("supported", DOCS / "supported.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_command_writes():
    assert (DOCS / "supported.md").read_text() == supported().page(), (
        "run `python docs/supported.py`"
    )


def test_every_function_that_is_answered_for_has_a_case():
    tested = {supported().origin(case.op) for case in CASES}
    names = {f: dispatch.numpy_name(f) for f in dispatch.operations}
    done = {dispatch.operations[f] for f, name in names.items() if name in tested | CONSTANT}
    missing = sorted(name for f, name in names.items() if dispatch.operations[f] not in done)
    assert not missing, f"without a case: {missing}"


def numpy_names():
    for holder, ours in ((np, ag), (np.linalg, ag.linalg)):
        for name in dir(holder):
            function = getattr(holder, name)
            if not name.startswith("_") and callable(function) and not inspect.isclass(function):
                yield holder, ours, name, function


@pytest.mark.parametrize(
    ("ours", "name", "function"),
    [
        pytest.param(ours, name, function, id=f"{holder.__name__}.{name}")
        for holder, ours, name, function in numpy_names()
        if function in dispatch.operations or function in dispatch.plain
    ],
)
def test_what_numpy_calls_so_is_here_under_the_same_name(ours, name, function):
    assert getattr(ours, name) is dispatch.operations.get(function, function)
