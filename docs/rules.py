"""Writes `rules.md`: the derivative rules as formulas, read from the code of the rules itself.

Each rule is run once on stand-ins, and what it does to them is printed (``ag.rule``), so the page
can't say anything else than the code. ``python docs/rules.py`` writes it; a test fails if it is
out of date.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import autograd as ag
from autograd.explain.equations import Line
from autograd.explain.typeset import written

HERE = Path(__file__).parent
FAMILIES = {
    "ops.elementwise": "Element-wise",
    "ops.reductions": "Reductions and running totals",
    "ops.shape": "Shape",
    "ops.joining": "Joining and splitting",
    "ops.padding": "Padding",
    "ops.indexing": "Indexing",
    "ops.sorting": "Sorting",
    "ops.sequences": "Sequences",
    "ops.products": "Products",
    "ops.einsum": "Products by letters",
    "linalg": "Linear algebra",
    "ops.windows": "Windows, for convolutions",
    "ops.bessel": "A function of Bessel",
    "special": "Special functions (SciPy)",
}
PAGE = r"""# The rules

The derivative rule of each primitive, as a formula. No formula was typed: each is the rule itself,
run once on stand-ins for its inputs, and what it did to them, printed by the forward formulas of
the operations that it used (`ag.rule(np.matmul)` shows one). $`\bar z`$ is the cotangent of the
result, $`\odot`$ multiplies element by element, $`[\ldots]`$ is 1 where the condition holds and 0
elsewhere, and sums that undo broadcasting are not shown, because no rule mentions them.
$`(\partial z / \partial x)^\top \bar z`$ stands for a rule that takes too many operations to read
as a formula, or decides by the values: read its code. Numbers in a formula are those of a small
example, often of shape (3, 3). This page is written by `python docs/rules.py`.

"""


def cell(lines: list[Line]) -> str:
    """Equations as GitHub typesets them in a table."""
    parts = []
    for line in lines:
        assert line.left is not None
        left, right = written(line.left, "latex"), written(line.right, "latex")
        parts.append(f"$`{left} = {right}`$")
    return "<br>".join(parts).replace("|", r"\vert ")


def page() -> str:
    """The text of the page."""
    text = PAGE
    for family, title in FAMILIES.items():
        module = import_module(f"autograd.{family}").__name__
        text += f"## {title}\n\n| | forward | rules |\n|---|---|---|\n"
        for p in ag.primitives():
            if module in {rule.__module__ for rule in p.rules.values() if rule}:
                first, *rules = ag.rule(p).lines
                text += f"| `{p.name}` | {cell([first])} | {cell(rules)} |\n"
        text += "\n"
    return text.rstrip() + "\n"


if __name__ == "__main__":
    (HERE / "rules.md").write_text(page())
