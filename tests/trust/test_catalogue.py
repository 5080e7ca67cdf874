"""Every error of the project, raised: its type, its words, and that none is forgotten.

``pytest -s tests/trust/test_catalogue.py`` prints the catalogue, for a person to read in one
sitting; ``python docs/errors.py`` writes the same to docs/errors.md.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import catalogue
import numpy as np
import pytest

import autograd as ag
import nn.serialization
from autograd.errors import parts

DOCS = Path(__file__).parent.parent.parent / "docs"
TYPES = {  # what the docstrings promise
    ag.GradientError, ag.AnomalyError, ag.GradcheckError, nn.serialization.FileError,
    TypeError, ValueError, IndexError, KeyError, AttributeError, ImportError, NotImplementedError,
    ZeroDivisionError, FileNotFoundError, OSError, RecursionError, np.linalg.LinAlgError, np.exceptions.AxisError,
}  # fmt: skip
SIGNS = {
    "getitem": "[",
    "index": "[",
    "autograd": "ag.",
    "matmul": "@",
    "add": "+",
    "multiply": "*",
    "power": "**",
}


@pytest.fixture(scope="module")
def entries() -> list[catalogue.Entry]:
    return [catalogue.entry(area, call) for area, call in catalogue.calls()]


def faults(entry: catalogue.Entry) -> list[str]:
    """What is wrong with an entry of the catalogue."""
    found = []
    if entry.kind not in TYPES:
        found.append(f"the type {entry.kind.__name__}")
    try:
        operation, _, _ = parts(entry.message)
    except ValueError:
        return [*found, "the form"]
    if not is_called(operation, entry.call):
        found.append(f"it does not name what was called, but {operation!r}")
    return found


def is_called(operation: str, call: str) -> bool:
    """Whether the code has the last name of the operation (`Tape.at`), or its signs (`x += y`)."""
    called = re.sub(r"\(.*\)", "", operation)  # float(tensor)
    *_, last = ["", *re.findall(r"[A-Za-z_]\w+", called)]
    if last:
        return SIGNS.get(last, "  ") in call or bool(re.search(rf"\b{last}\b", call, re.IGNORECASE))
    return all(signs in call for signs in re.sub(r"\b[a-z]\b", " ", operation).split())


def test_every_message_has_the_form_and_names_what_was_called(entries):
    wrong = [
        f"{', '.join(found)}:\n{entry.call}\n    {entry.kind.__name__}: {entry.message}\n"
        for entry in entries
        if (found := faults(entry))
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_raise_is_reached_by_a_call(entries):
    places = {place for entry in entries for place in entry.raised}
    known = catalogue.unreached()
    missed, kept = [], set()
    for statement in catalogue.raises():
        start = f"{statement.file}: {statement.code}"
        reason = next((start_ for start_ in known if start.startswith(start_)), None)
        reached = statement.is_reached_by(places)
        if reason is not None:
            kept.add(reason)
            assert not reached, f"{reason!r} is reached by a call; take it off UNREACHED"
        elif not reached:
            missed.append(f"{statement.file}:{statement.first}: {statement.code}")
    assert kept == set(known), f"UNREACHED names what is not there: {set(known) - kept}"
    assert not missed, "add a call to tests/catalogue for:\n" + "\n".join(missed)


def test_the_page_is_what_the_command_writes(entries):
    spec = importlib.util.spec_from_file_location("errors", DOCS / "errors.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = module.page(entries)
    print(page)
    assert (DOCS / "errors.md").read_text(encoding="utf-8") == page, "run `python docs/errors.py`"
