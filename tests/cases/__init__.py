"""One table of the operations that have derivative rules; every test of rules is driven by it.

A row names an operation, where its inputs come from (so that it is smooth there), and its
shapes or parameters; the helpers in `kit` make the variants. Each family of operations has its
rows in a module of the same name.
"""

from importlib import import_module
from pathlib import Path

from cases.kit import Case as Case

FAMILIES = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in ("__init__", "kit")
)


def by_family(family: str) -> list[Case]:
    """The rows of one family."""
    return list(import_module(f"cases.{family}").CASES)


CASES = [case for family in FAMILIES for case in by_family(family)]
