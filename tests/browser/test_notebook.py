"""A notebook in JupyterLab: a picture before anything is trusted, the viewer after it has run."""

from __future__ import annotations

import importlib.util
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

BUILD = Path(__file__).parents[2] / "notebooks" / "build.py"
SOURCE = """\
# %% [markdown]
# # One step of softmax regression

# %%
import numpy as np

import autograd as ag

W = ag.tensor(np.ones((3, 2)), requires_grad=True)
with ag.Tape() as tape:
    p = ag.softmax(np.array([[1.0, 2.0, 3.0]]) @ W)
    loss = -np.log(p[0, 1])
    loss.backward()
tape.step()

# %%
tape.derive("W")

# %%
import nn
from IPython.display import display

LINK = r"$\\href{javascript:window.__pwned=1}{x}$ \\(x\\) $$x$$ <a href='javascript:0'>x</a> $x$"
model = nn.Sequential()
setattr(model, LINK, nn.Linear(2, 2))
with ag.Tape() as tape:
    held = {LINK: model(np.ones((3, 2), "float32"))}
    (held[LINK] * held[LINK]).sum().backward()
history = nn.History({LINK: [2.0, 1.0]})
readers = [model, model[0].weight, nn.summary(model, (3, 2)), history, tape, tape[0], tape.inputs[0]]
readers += [tape.memory(), tape.broadcasts(), tape.paths(held[LINK]), tape.check({held[LINK]: 1.0})]
for reader in [*readers, tape.derive(held[LINK]), tape.draw(), ag.exercise("softmax")]:
    display(reader)
"""
LOCAL = {"localhost", "127.0.0.1", ""}
WAIT = 60_000  # milliseconds that a page may take: the machine may be busy

pytestmark = pytest.mark.filterwarnings("default")  # of Jupyter's packages


@pytest.fixture(scope="module")
def folder(without, tmp_path_factory):
    """A folder with one notebook in it, as it lies in a clone: run by somebody else."""
    for package in ("jupyterlab", "nbclient"):
        if importlib.util.find_spec(package) is None:
            without(f"needs {package} (pip install -e '.[browser]')")
    import nbformat

    spec = importlib.util.spec_from_file_location("notebooks_build", BUILD)
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    folder = tmp_path_factory.mktemp("notebooks")
    source = folder / "cloned.py"
    source.write_text(SOURCE)
    nbformat.write(build.executed(source), folder / "cloned.ipynb")
    return folder


@pytest.fixture(scope="module")
def lab(folder, tmp_path_factory):
    """The address of a JupyterLab of its own, which serves that folder."""
    home = tmp_path_factory.mktemp("jupyter")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = [
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.open_browser=False",
        "--ServerApp.allow_root=True",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]
    places = {
        name: str(home / name)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *settings],
            env=os.environ | places,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(240):
                time.sleep(0.25)
                try:
                    urllib.request.urlopen(f"{address}/api", timeout=1).close()
                    break
                except (urllib.error.URLError, OSError):
                    assert server.poll() is None, (home / "log").read_text()
            else:
                pytest.fail(f"JupyterLab did not start:\n{(home / 'log').read_text()}")
            yield address
        finally:
            server.terminate()
            server.wait()


@pytest.fixture
def page(browser, lab):
    """The notebook, opened; `page.asked` are the addresses that it asked for."""
    page = browser.new_page(viewport={"width": 1200, "height": 1000})
    page.set_default_timeout(WAIT)
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("websocket", lambda socket: page.asked.append(socket.url))
    page.goto(f"{lab}/lab/tree/cloned.ipynb?reset")
    page.locator(".jp-Notebook .jp-CodeCell .jp-OutputArea-output").first.wait_for()
    yield page
    page.close()


def strangers(page):
    """The addresses on other machines that the page asked for."""
    urls = [urlsplit(url) for url in page.asked]
    return [
        url.geturl() for url in urls if url.scheme[:2] in ("ht", "ws") and url.hostname not in LOCAL
    ]


def test_before_it_is_trusted_there_are_a_picture_and_a_table_and_no_script(page):
    cell = page.locator(".jp-CodeCell").first
    output = cell.locator(".jp-RenderedHTMLCommon img[src^='data:image/svg+xml']")
    output.wait_for()
    drawn = output.evaluate("image => image.complete && image.naturalWidth")
    assert drawn > 100
    assert cell.locator("script, style, .tg").count() == 0
    text = cell.locator(".jp-OutputArea").inner_text()
    assert "{" not in text, "the text of a script or a style sheet spilt out"
    cell.locator("summary").first.click()
    assert cell.locator("table").first.is_visible()
    assert "matmul" in cell.locator("table").first.inner_text()
    assert strangers(page) == []


def test_before_it_is_trusted_a_derivation_is_text_that_says_the_same(page):
    cell = page.locator(".jp-CodeCell").nth(1)
    assert cell.locator("math").count() == 0
    said = " ".join(cell.locator(".jp-OutputArea").inner_text().split())
    assert cell.locator("pre").first.is_visible()
    assert "g_W = " in said, said
    assert "c0ᵀ g_v₀" in said.replace("c₀", "c0"), said
    assert "{" not in said, said  # of the script


def test_names_are_no_formulas_and_no_links(page):
    """JupyterLab typesets LaTeX wherever it finds some, also in the HTML of outputs."""
    cell = page.locator(".jp-CodeCell").nth(2)
    for has_run in (False, True):
        if has_run:
            page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
            page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
            cell.locator(".tapegrad-formulas").wait_for()
        cell.locator(".jp-RenderedHTMLCommon").last.scroll_into_view_if_needed()
        page.wait_for_timeout(2000)  # for what must not come
        assert cell.locator(".jp-RenderedHTMLCommon").count() >= 13
        assert cell.locator("mjx-container, .MathJax, a").count() == 0
        assert r"$\href{javascript:" in cell.inner_text()
    assert page.evaluate("window.__pwned") is None
    assert strangers(page) == []


def test_after_it_has_run_the_viewer_steps_and_nothing_leaves_the_machine(page):
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    viewer = page.locator(".jp-CodeCell .tg")
    viewer.wait_for()
    assert viewer.locator("svg .node").count() >= 4
    counter = viewer.locator(".tg-counter")
    before = counter.inner_text()
    number, of = map(int, re.findall(r"\d+", before))
    viewer.focus()
    page.keyboard.press("ArrowRight")
    assert counter.inner_text() == f"{number + 1} / {of}"
    typeset = page.locator(".jp-CodeCell").nth(1).locator(".tapegrad-formulas")
    typeset.wait_for()
    assert typeset.locator("math").count() > 5
    assert page.locator(".tapegrad-equations pre").count() == 0
    page.keyboard.press("End")
    assert counter.inner_text() == f"{of} / {of}"
    assert page.locator(".jp-CodeCell .tg").count() == 1
    assert strangers(page) == []
