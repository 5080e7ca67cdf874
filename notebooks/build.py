"""Writes the notebooks: ``NN_name.py`` is what we edit, ``NN_name.ipynb`` what people open.

``python notebooks/build.py`` runs all sources, ``python notebooks/build.py 01 08`` those whose
names begin so. The sources are in the "percent" format of jupytext, of which this reads what we
use: ``# %%`` begins a cell of code, ``# %% [markdown]`` one of text in comments. The same program
gives the same file: no times, no paths, no counters of the machine that ran it.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LIMIT = 120  # seconds that a cell may take
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def sources() -> list[Path]:
    """The text sources of all notebooks, in order."""
    return sorted(HERE.glob("[0-9][0-9]_*.py"))


def cells(source: Path) -> list[tuple[str, str]]:
    """What a source says: for each cell its kind, "code" or "markdown", and its text."""
    _, *pieces = re.split(r"^# %%(.*)\n", source.read_text(), flags=re.MULTILINE)
    found = []
    for title, text in zip(pieces[::2], pieces[1::2], strict=True):
        kind = "markdown" if title.strip() == "[markdown]" else "code"
        if kind == "markdown":
            text = re.sub(r"^# ?", "", text, flags=re.MULTILINE)
        found.append((kind, text.strip()))
    return found


def executed(source: Path) -> Any:
    """The notebook of a source, with what its cells print and show.

    Raises CellExecutionError for a cell that fails, RuntimeError for one that warns.
    """
    import nbformat.v4 as nbf
    from nbclient import NotebookClient

    made = []
    for k, (kind, text) in enumerate(cells(source)):
        make = nbf.new_code_cell if kind == "code" else nbf.new_markdown_cell
        made.append(make(text, id=f"cell-{k:02d}"))
    notebook = nbf.new_notebook(cells=made, metadata=METADATA)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=LIMIT,
            record_timing=False,
            coalesce_streams=True,
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": folder}},
        )
        # (an IPython of its own: no profile of the user decides how things are printed)
        client.execute(env=os.environ | {"IPYTHONDIR": folder, "NO_COLOR": "1"})
    notebook.metadata = METADATA  # without the versions that the kernel reported
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise RuntimeError(f"{source.name}: a cell warned:\n{output['text']}")
    return notebook


def build(source: Path) -> None:
    """Run a source and write the notebook beside it."""
    import nbformat

    path = source.with_suffix(".ipynb")
    nbformat.write(executed(source), path)
    print(f"{path.name}   {len(cells(source))} cells, {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    for source in sources():
        if source.name.startswith(tuple(sys.argv[1:]) or ""):
            build(source)
