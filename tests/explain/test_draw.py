"""What is drawn, as DOT text, and how it is rendered."""

import os
import re
import shutil
import stat
import subprocess
import sys

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.explain import Drawing, draw, render

needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="no system Graphviz")


def labels(dot):
    """The text of each node in order, fonts and all removed."""
    found = re.findall(r"^\t(n\d+(?:_\d+)?) \[label=<(.*)>\]$", dot, re.MULTILINE)
    return {name: " ".join(re.sub(r"<[^>]*>", " ", html).split()) for name, html in found}


def edges(dot):
    return re.findall(r"^\t(\w+) -> (\w+)", dot, re.MULTILINE)


def test_a_node_for_each_entry_and_each_value():
    x = ag.tensor(np.ones((2, 3)), requires_grad=True)
    data = ag.tensor(np.ones((2, 3)))
    loss = (x * data * 2).sum()
    dot = draw(loss).dot
    assert labels(dot) == {
        "n0": "x (2, 3)",
        "n1": "data (2, 3)",
        "n2": "multiply (2, 3)",
        "n3": "multiply (2, 3)",
        "n3_1": "2",
        "n4": "sum scalar loss",
    }
    assert edges(dot) == [("n0", "n2"), ("n1", "n2"), ("n2", "n3"), ("n3_1", "n3"), ("n3", "n4")]


def test_kinds_have_their_colours():
    x = ag.tensor(1.0, requires_grad=True)
    given = ag.tensor(2.0)
    loss = x * given + np.float64(3)
    dot = draw(loss).dot
    kinds = {
        labels(dot)[name]: (stroke, fill)
        for name, stroke, fill in re.findall(
            r'^\t(n\w+) .*? color="(#\w+)" bgcolor="(#\w+)"', dot, re.MULTILINE
        )
    }
    assert kinds == {
        "x scalar": ("#a87100", "#fff4d6"),
        "given scalar": ("#2b7fc4", "#e2f1ff"),
        "multiply scalar": ("#64748b", "#ffffff"),
        "constant scalar": ("#7b8798", "#f3f4f6"),
        "add scalar loss": ("#d6294b", "#ffe4e6"),
    }
    assert dot.count("dashed") == 2  # the constant and its edge


def test_names_of_parameters_lead_through_the_module():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    dot = draw(model(np.ones((1, 2))).sum()).dot
    assert "model.0.weight (2, 2)" in labels(dot).values()
    assert "model.0.bias (2,)" in labels(dot).values()


def test_the_trunk_is_straight_and_parameters_are_not_part_of_it():
    model = nn.Linear(2, 2)
    x = ag.tensor(np.ones((1, 2)))
    dot = draw(model(x).sum()).dot
    names = labels(dot)
    weights = re.findall(r"^\t(\w+) -> (\w+) \[weight=(\d)\]", dot, re.MULTILINE)
    assert {(names[a].split()[0], names[b].split()[0], w) for a, b, w in weights} == {
        ("x", "matmul", "8"),
        ("model.weight", "transpose", "1"),
        ("transpose", "matmul", "1"),
        ("matmul", "add", "8"),
        ("model.bias", "add", "1"),
        ("add", "sum", "8"),
    }


def test_parameters_of_an_operation_are_shown_where_they_differ_from_the_defaults():
    x = ag.tensor(np.ones((4, 3)), requires_grad=True)
    texts = labels(draw(x.sum(axis=1, keepdims=True)).dot).values()
    assert "sum (4, 1) axis=1, keepdims=True" in texts
    texts = labels(draw(x[1:3, np.array([0, 1])].sum()).dot).values()
    assert any("index=(1:3, int64 (2,))" in text for text in texts)
    (text,) = list(labels(draw(x.reshape((1,) * 30 + (12,))).dot).values())[1:]
    assert text.endswith("1,...")


def test_several_outputs():
    x = ag.tensor(np.arange(4.0), requires_grad=True)
    first, second = ag.split(x, 2)
    texts = list(labels(draw(first, second * 2).dot).values())
    assert "split 2 parts indices_or_sections=2, axis=0" in texts
    assert any(text.startswith("output (2,)") and text.endswith("first") for text in texts)


def test_text_is_escaped():
    note = ag.primitive(lambda x, /, text: x * 1, name="note", x=lambda g: g)
    x = ag.tensor(1.0, requires_grad=True)
    dot = draw(note(x, '<b>"&\\')).dot
    assert "text=&lt;b&gt;&quot;&amp;\\" in dot


def test_the_same_program_gives_the_same_text_and_no_size():
    code = (
        "import numpy as np, nn, autograd as ag;"
        "model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2));"
        "loss = nn.functional.cross_entropy(model(np.ones((5, 4))), [0, 1, 0, 1, 0]);"
        "print(ag.draw(loss))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "12"
    }
    (text,) = texts
    assert not re.search(r"\b(size|dpi|ratio)=", re.sub(r"<.*>", "", text))


def test_after_the_backward_pass_and_for_a_long_chain():
    x = ag.tensor(1.0, requires_grad=True)
    z = x
    for _ in range(20_000):
        z = z + 1.0
    z.backward()
    assert draw(z).dot.count(" -> ") == 40_000


def test_what_can_not_be_drawn_is_refused():
    x = ag.tensor(1.0, requires_grad=True)
    with pytest.raises(ag.GradientError, match="draw: the Tensor of float64 of shape"):
        draw(x)
    with ag.no_grad(), pytest.raises(ag.GradientError, match="no_grad"):
        draw(x * 2)
    with pytest.raises(TypeError, match="draw: received float64 of shape"):
        draw(np.ones(2))
    with pytest.raises(TypeError, match="received nothing"):
        draw()


# ---------------------------------------------------------------------- rendering


@pytest.fixture
def drawing():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    return draw(ag.exp(x).sum())


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Renderers of our own, in place of any that are installed."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(render.sysconfig, "get_path", lambda name: str(folder))

    def program(name, script):
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return program


@needs_dot
@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_pictures(drawing, tmp_path, kind):
    path = drawing.save(tmp_path / f"graph.{kind}")
    assert path.read_bytes().startswith(render.KINDS[kind])
    assert [p.name for p in tmp_path.iterdir()] == [f"graph.{kind}"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o044 == 0o044  # readable as any new file


@needs_dot
def test_a_notebook_shows_the_picture(drawing):
    bundle = drawing._repr_mimebundle_()
    assert "<svg" in bundle["image/svg+xml"]
    assert 'font-family="Arial,Helvetica,' in bundle["image/svg+xml"]
    assert "n0" not in bundle["text/plain"]


def test_dot_text_needs_no_renderer(drawing, tmp_path, programs):
    path = drawing.save(str(tmp_path / "graph.dot"))
    assert path.read_text() == drawing.dot == str(drawing)


def test_without_a_renderer_the_text_is_written_with_a_hint(drawing, tmp_path, programs):
    with pytest.warns(UserWarning, match=r"graph\.dot instead: .*pip install graphviz-pure"):
        path = drawing.save(tmp_path / "graph.svg")
    assert path == tmp_path / "graph.dot"
    assert path.read_text() == drawing.dot
    assert "pip install" in drawing._repr_mimebundle_()["text/plain"]


@pytest.mark.parametrize(
    "broken", ["exit 1", "echo nonsense", "exec sleep 5", "echo '<svg'; exit 1"]
)
def test_a_broken_renderer_falls_through_to_the_next(
    drawing, tmp_path, programs, monkeypatch, broken
):
    monkeypatch.setattr(render, "LIMIT", 0.5)
    sleep = shutil.which("sleep", path=os.defpath)
    programs("dot", broken.replace("sleep", str(sleep)))
    programs("graphviz-pure", "echo '<svg>drawn</svg>'")
    assert drawing.save(tmp_path / "graph.svg").read_text() == "<svg>drawn</svg>\n"


def test_nothing_is_left_half_written(drawing, tmp_path):
    (tmp_path / "graph.dot").mkdir()
    with pytest.raises(OSError, match="graph"):
        drawing.save(tmp_path / "graph.dot")
    assert [p.name for p in tmp_path.iterdir()] == ["graph.dot"]
    with pytest.raises(FileNotFoundError):
        drawing.save(tmp_path / "missing" / "graph.dot")


def test_other_suffixes_are_refused(tmp_path):
    for name in ("graph.bmp", "graph"):
        with pytest.raises(ValueError, match=r"choose \.svg, \.png, \.pdf or \.dot"):
            Drawing("digraph {}").save(tmp_path / name)
