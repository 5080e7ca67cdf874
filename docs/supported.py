"""Writes `supported.md`: the functions that can be differentiated, counted from the table of cases.

A function is listed because a row of `tests/cases` calls it, which checks its gradient against
finite differences to second order. ``python docs/supported.py`` writes the page; a test fails if
it is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from operator import attrgetter
from pathlib import Path

import numpy

from autograd import dispatch

HERE = Path(__file__).parent
FAMILIES = {
    "elementwise": "Element-wise",
    "reductions": "Reductions and running totals",
    "shape": "Shape",
    "joining": "Joining, splitting, padding",
    "indexing": "Indexing",
    "sorting": "Sorting and counting",
    "sequences": "Sequences",
    "products": "Products",
    "linalg": "Linear algebra",
    "special": "Special functions",
    "windows": "Windows, for convolutions",
}
PAGE = """# What can be differentiated

{count} functions of NumPy and SciPy, and {own} of our own: each in the table of cases
(`tests/cases`), so each checked against finite differences to second order, in float32, in other
memory layouts and on plain arrays. `np.NAME` works as printed on Tensors, and so does
`autograd.NAME`; those of SciPy are `autograd.special`, `autograd.linalg` and
`autograd.scipy.stats` (SciPy has to be installed). This page is written by
`python docs/supported.py`.

{sections}
## Plain results

What has no derivative, or is no array of real numbers, works on the values of a Tensor and gives
plain results: {plain}.

## Not here

Complex numbers and the FFT are refused, and so is every function that is not named above: the
error names it and the nearest that is there. Never is a gradient dropped.
"""

DISTRIBUTIONS = """## Distributions

Beyond that count, {count} distributions with their densities or masses, cumulative probabilities,
their logarithms and entropies as far as SciPy and a sound rule have them (`tests/test_stats.py`):
{names}

"""


def origin(op: str) -> str | None:
    """The full name of an operation of the table, ``np.sum``; None for a mere variant of one."""
    for short, package in (("np", "numpy"), ("scipy", "scipy"), ("autograd", "autograd")):
        *modules, name = op.split(".")
        try:
            found = attrgetter(name)(import_module(".".join([package, *modules])))
        except ImportError:
            found = getattr(getattr(numpy, modules[0], None), name, None)  # np.fmax.reduce
        except AttributeError:
            continue
        if found is not None:
            return f"{short}.{op}"
    return None


def quoted(names: Iterable[str]) -> str:
    """The names as code, in one line."""
    return ", ".join(f"`{name}`" for name in names)


def page() -> str:
    """The text of the page."""
    sys.path.insert(0, str(HERE.parent / "tests"))
    import cases
    import test_stats

    sections, names = "", set()
    for family, title in FAMILIES.items():
        listed = sorted(filter(None, {origin(case.op) for case in cases.by_family(family)}))
        names.update(listed)
        sections += f"## {title}\n\n{quoted(listed)}\n\n"
    distributions = [*test_stats.CONTINUOUS, *test_stats.DISCRETE, *test_stats.VECTORS]
    sections += DISTRIBUTIONS.format(
        count=len(distributions), names=quoted(f"scipy.stats.{name}" for name in distributions)
    )
    own = sum(name.startswith("autograd.") for name in names)
    plain = sorted(dispatch.numpy_name(function) for function in dispatch.plain)
    return PAGE.format(
        count=len(names) - own,
        own=own,
        sections=sections,
        plain=quoted(plain),
    )


if __name__ == "__main__":
    (HERE / "supported.md").write_text(page())
