"""Engines that are missing, broken, slow or talk nonsense: the next one is asked."""

import shutil
import struct
import sys
import sysconfig

import numpy as np
import pytest

import autograd as ag
from autograd.explain import engines
from autograd.explain.dot import dot_text
from autograd.explain.svg import placed

DOT = 'digraph { a [pos="20,80"] b [pos="20,20"] a -> b [pos="e,20,38 20,62 20,58 20,50 20,45"] }'
SCRIPTS = sysconfig.get_path("scripts")
REAL = {
    "dot": shutil.which("dot"),
    "graphviz-pure": shutil.which("graphviz-pure", path=SCRIPTS),
}

BROKEN = {
    "fails": "sys.exit(3)",
    "crashes": "os.kill(os.getpid(), 11)",
    "hangs": "time.sleep(60)",
    "silent": "",
    "not an answer": "print('Format: \"png\" not recognized.')",
    "another format": "print('<svg/>')",
    "not read": "os.close(0); sys.exit(1)",
}


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Makes programs, the only ones that are found."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / "scripts"))
    monkeypatch.setattr(engines, "find_spec", lambda name: None)

    def make(name, body, folder=tmp_path):
        folder.mkdir(exist_ok=True)
        program = folder / name
        program.write_text(f"#!{sys.executable} -S\nimport os, sys, time\n{body}\n")
        program.chmod(0o755)

    return make


def says(begin):
    return f"sys.stdout.buffer.write({begin!r} + sys.stdin.buffer.read())"


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_engine_is_passed_over(programs, monkeypatch, what):
    if what == "hangs":
        monkeypatch.setattr(engines, "LIMIT", 0.5)
    programs("dot", BROKEN[what])
    assert engines.render_dot(DOT, "png") is None
    programs("graphviz-pure", says(b"\x89PNG"))
    if what == "hangs":
        monkeypatch.setattr(engines, "LIMIT", 5.0)
        programs("dot", "sys.exit(3)")
    assert engines.render_dot(DOT, "png") == b"\x89PNG" + DOT.encode()


def test_the_first_that_works_is_asked(programs):
    programs("dot", says(b"%PDF 1"))
    programs("graphviz-pure", says(b"%PDF 2"))
    assert engines.render_dot(DOT, "pdf").startswith(b"%PDF 1")


def test_no_engine_at_all(programs):
    assert engines.render_dot(DOT, "png") is None
    assert engines.render_dot(DOT, "pdf") is None


def test_an_engine_in_the_scripts_folder(programs, tmp_path):
    programs("graphviz-pure", says(b"\x89PNG"), tmp_path / "scripts")
    assert engines.render_dot("digraph { a [label=<‖∇‖ ∇ 1 − 2>] }", "png") == (
        b"\x89PNGdigraph { a [label=<|grad| grad 1 - 2>] }"  # its font has no more
    )


def test_a_file_that_may_not_run(programs, tmp_path):
    programs("dot", says(b"\x89PNG"))
    (tmp_path / "dot").chmod(0o644)
    assert engines.render_dot(DOT, "png") is None
    (tmp_path / "dot").chmod(0o755)
    (tmp_path / "dot").write_text("#!/nowhere/at/all\n")
    assert engines.render_dot(DOT, "png") is None


def test_pygraphviz_is_run_as_a_program(programs, monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda name: name == "pygraphviz")
    program = f"import sys\nassert sys.argv[-1] == '-Tpng'\n{says(b'x89PNG')}"
    monkeypatch.setattr(engines, "PYGRAPHVIZ", program.replace("x89", "\\x89"))
    assert engines.render_dot(DOT, "png").startswith(b"\x89PNG")
    monkeypatch.setattr(engines, "PYGRAPHVIZ", "import absent_package")
    assert engines.render_dot(DOT, "png") is None


@pytest.mark.parametrize("direction", ["TB", "LR"])
@pytest.mark.parametrize("name", REAL)
def test_the_real_ones_leave_all_where_it_is(monkeypatch, name, direction):
    if REAL[name] is None:
        pytest.skip(f"{name} is not installed")
    monkeypatch.setattr(engines, "_engines", lambda: iter([[REAL[name]]]))
    x = ag.tensor(np.ones((2, 3)), requires_grad=True)
    with ag.Tape() as tape:
        loss = -np.sum(np.log(ag.softmax(x)))
    picture = tape.draw(loss, direction=direction).picture
    layout = placed(picture)
    text = dot_text(picture, layout)
    png = engines.render_dot(text, "png")
    width, height = struct.unpack(">II", png[16:24])  # in pixels, of which 96 are 72 points
    assert width == pytest.approx(layout.width * 96 / 72, abs=24)
    assert layout.height * 96 / 72 < height < (layout.height + 60) * 96 / 72  # with the legend
    # What is where, as the engine itself sees it, in inches.
    monkeypatch.setitem(engines.KINDS, "plain", b"graph")
    seen = [line.split() for line in engines.render_dot(text, "plain").decode().splitlines()]
    places = {words[1]: (float(words[2]), float(words[3])) for words in seen if words[0] == "node"}
    x0, y0 = places[picture.boxes[0].key]
    for box, (x, y) in zip(picture.boxes, layout.centres):
        dx, dy = x - layout.centres[0][0], layout.centres[0][1] - y
        assert places[box.key] == pytest.approx((x0 + dx / 72, y0 + dy / 72), abs=0.02)
