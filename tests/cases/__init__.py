"""One table of the operations that have derivative rules; every test of rules is driven by it.

A row names an operation, where its inputs come from (so that it is smooth there), and its
shapes or parameters; the helpers in `kit` make the variants. Each family of operations has its
rows in a module of the same name.
"""

from importlib import import_module
from pathlib import Path

from cases.kit import Case as Case

FAMILIES = sorted(
    p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in ("__init__", "kit")
)
CASES: list[Case] = [case for family in FAMILIES for case in import_module(f"cases.{family}").CASES]
