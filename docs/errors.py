"""Writes `errors.md`: every error message of the project below the call that earns it.

The calls are those of `tests/catalogue`, which reach every ``raise``; a test fails if the page is
out of date.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalogue import Entry

HERE = Path(__file__).parent
PAGE = """# What goes wrong, and what is said

{count} calls that are refused, one at least for every `raise` of the project, each with its
answer: the operation, what it received, the remedy (`autograd/errors.py` has the form). Here `x`
is a Tensor of shape (3,), `A` of (2, 3) and `S` of (3, 3), all of which require a gradient; `a` is
a plain array of shape (3,) and `k` one of integers. ‹...› stands for words of NumPy, SciPy or
Python. This page is written by `python docs/errors.py`.
"""


def page(entries: list[Entry]) -> str:
    """The text of the page."""
    text = PAGE.format(count=len(entries))
    for area, group in groupby(entries, key=lambda entry: entry.area):
        text += f"\n## {area}\n"
        for entry in group:
            answer = f"{entry.kind.__name__}: {entry.message}"
            quoted = "\n".join(f"    {line}".rstrip() for line in answer.splitlines())
            text += f"\n```\n{entry.call}\n```\n\n{quoted}\n"
    return text


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent / "tests"))
    import catalogue

    listed = [catalogue.entry(area, call) for area, call in catalogue.calls()]
    (HERE / "errors.md").write_text(page(listed), encoding="utf-8")
