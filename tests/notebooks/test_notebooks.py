"""The notebooks are what their sources say, and hold nothing of the machine that ran them.

To run them all takes a minute or two, so that happens only with REQUIRE_NOTEBOOKS=1 (`.ci/run`).
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import time
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
MACHINE = re.compile(
    r"/(?:home|tmp|work|root|usr|opt|private|Users|mnt)/|[A-Z]:\\\\|site-packages|\b0x[0-9a-f]{6,}"
)


def loaded():
    spec = importlib.util.spec_from_file_location("notebooks_build", NOTEBOOKS / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUILD = loaded()
every_notebook = pytest.mark.parametrize(
    "source", [pytest.param(source, id=source.stem) for source in BUILD.sources()]
)


def on_file(source):
    return json.loads(source.with_suffix(".ipynb").read_text())


def outputs(notebook):
    for cell in notebook["cells"]:
        yield from cell.get("outputs", [])


def joined(text):
    return text if isinstance(text, str) else "".join(text)


def texts(output):
    """What a person reads of an output, and all other text in it, by kind."""
    if output["output_type"] == "stream":
        return {output["name"]: joined(output["text"])}
    return {kind: joined(text) for kind, text in output["data"].items() if "png" not in kind}


@every_notebook
def test_the_notebook_is_what_its_source_says(source):
    said = [(cell["cell_type"], joined(cell["source"])) for cell in on_file(source)["cells"]]
    assert said == BUILD.cells(source), f"run `python notebooks/build.py {source.stem}`"


@every_notebook
def test_it_was_run_in_order_and_nothing_failed(source):
    cells = [cell for cell in on_file(source)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    for output in outputs(on_file(source)):
        assert output["output_type"] != "error"
        assert output.get("name") != "stderr"


@every_notebook
def test_it_holds_nothing_of_the_machine_that_ran_it(source):
    notebook = on_file(source)
    assert notebook["metadata"] == BUILD.METADATA
    for cell in notebook["cells"]:
        assert cell["metadata"] == {}
    for output in outputs(notebook):
        for kind, text in texts(output).items():
            found = MACHINE.search(text)
            assert not found, f"{kind}: ...{text[max(0, found.start() - 40) : found.end() + 40]}..."


@every_notebook
def test_the_list_of_notebooks_names_it(source):
    assert f"]({source.with_suffix('.ipynb').name})" in (NOTEBOOKS / "README.md").read_text()


def test_every_link_between_notebooks_leads_somewhere():
    pages = {"README.md": (NOTEBOOKS / "README.md").read_text()}
    for source in BUILD.sources():
        pages[source.name] = "\n".join(text for kind, text in BUILD.cells(source) if kind != "code")
    for name, page in pages.items():
        page = re.sub(
            r"\$\$[^$]+\$\$|\$[^$]+\$", "", page
        )  # a formula may look like a link: B[f](v)
        for link in re.findall(r"\]\(([^):#]+)(?:#[^)]*)?\)", page):
            assert (NOTEBOOKS / link).exists(), f"{name}: {link}"


def reading(notebook):
    """What a run prints, but for the numbers, which differ in the last digit between machines."""
    lines = []
    for output in outputs(notebook):
        for kind, text in texts(output).items():
            if kind in ("stdout", "text/plain"):
                lines.append(re.sub(r"[-+]?\d[\d.,]*(e[-+]?\d+)?", "#", text).split())
    return lines


@pytest.mark.skipif(
    os.environ.get("REQUIRE_NOTEBOOKS") != "1",
    reason="runs every cell of every notebook; set REQUIRE_NOTEBOOKS=1",
)
@pytest.mark.filterwarnings("default")  # of Jupyter's packages; what a cell warns of is refused
@every_notebook
def test_it_runs_and_prints_what_is_on_file(source):
    began = time.perf_counter()
    notebook = BUILD.executed(source)
    took = time.perf_counter() - began
    assert took < 60, f"took {took:.0f} s; keep a notebook under a minute"
    assert reading(notebook) == reading(on_file(source)), (
        f"run `python notebooks/build.py {source.stem}`"
    )
