"""What is drawn of a tape, how it is folded up, and which files it can be saved as."""

import os
import re
import shutil
import stat
import subprocess
import sys
from base64 import b64decode
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.explain import engines
from autograd.explain.picture import Chip, Heat, Text, without_middle

needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="no system Graphviz")


def words(items):
    for item in items:
        if isinstance(item, Text):
            yield item.text
        elif isinstance(item, Chip):
            yield f"[{' '.join(t.text for t in item.texts)}]"
        else:
            yield f"<{'x'.join(map(str, item.cells.shape))}>"


def labels(drawing):
    """What is written in each box, by its key."""
    return {
        box.key: " ".join(w for row in box.rows for w in words(row.left + row.right))
        for box in drawing.picture.boxes
    }


def arrows(drawing, links=False):
    boxes, edges = drawing.picture.boxes, drawing.picture.edges
    return [(boxes[e.tail].key, boxes[e.head].key) for e in edges if e.link == links]


def frames(drawing):
    """The title of each frame, with the keys of the boxes directly in it."""
    boxes, frames = drawing.picture.boxes, drawing.picture.frames
    return {
        " ".join(t.text for t in frame.title): [boxes[k].key for k in frame.members]
        for frame in frames
    }


def elements(drawing, kind):
    root = ElementTree.fromstring(drawing.svg)
    return [g for g in root.iter() if kind in g.get("class", "").split()]


@pytest.fixture
def softmax():
    x = ag.tensor([[1.0, 2.0, 3.0]])
    W = ag.tensor([[0.1, -0.2], [0.4, 0.3], [-0.5, 0.2]], requires_grad=True)
    y = ag.tensor([[0.0, 1.0]])
    with ag.Tape() as tape:
        p = ag.softmax(x @ W)
        loss = -np.sum(y * np.log(p))
        loss.backward()
    return tape


# ---------------------------------------------------------------------- what is drawn


def test_a_box_for_each_entry_and_each_value_of_a_small_graph(softmax):
    drawing = softmax.draw()
    assert labels(drawing) == {
        "i0": "x (1, 3) <1x3>",
        "i1": "W (3, 2) <3x2> <3x2>",
        "i2": "constant (1, 1) <1x1>",
        "i3": "y (1, 2) <1x2>",
        "e0": "matmul (1, 2) <1x2> <1x2>",
        "e1": "subtract (1, 2) <1x2> <1x2>",
        "e2": "exp (1, 2) <1x2> <1x2>",
        "e3": "sum (1, 1) axis=-1, keepdims=True <1x1> <1x1>",
        "e4": "divide (1, 2) p <1x2> <1x2>",
        "e5": "log (1, 2) <1x2> <1x2>",
        "e6": "multiply (1, 2) <1x2> <1x2>",
        "e7": "sum scalar -0.1839 ∇ -1",
        "e8": "negative scalar loss 0.1839 ∇ 1",
    }
    assert arrows(drawing)[:4] == [("i0", "e0"), ("i1", "e0"), ("e0", "e1"), ("i2", "e1")]
    assert frames(drawing) == {"softmax": ["i2", "e1", "e2", "e3", "e4"]}
    kinds = {box.key: box.kind for box in drawing.picture.boxes}
    assert [kinds[k] for k in ("i0", "i1", "i2", "e0", "e8")] == [
        "input", "parameter", "constant", "operation", "loss",
    ]  # fmt: skip
    assert [kind for kind, _ in drawing.picture.legend] == [
        "input", "parameter", "constant", "operation", "loss", "heat", "gradient",
    ]  # fmt: skip


def test_values_can_be_left_out(softmax):
    texts = labels(softmax.draw(values=False))
    assert texts["e4"] == "divide (1, 2) p"
    assert texts["e8"] == "negative scalar loss"


def test_what_leads_to_no_output_is_left_out():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        y = np.exp(x)
        np.sin(x)
        z = y * y
    assert list(labels(tape.draw(y))) == ["i0", "e0"]
    assert list(labels(tape.draw(z))) == list(labels(tape.draw("z"))) == ["i0", "e0", "e2"]
    assert arrows(tape.draw(z)) == [("i0", "e0"), ("e0", "e2"), ("e0", "e2")]  # y enters twice


def test_an_operation_that_takes_a_value_several_times_has_several_arrows():
    x = ag.tensor(2.0, requires_grad=True)
    assert len(arrows(ag.draw(x * x))) == 2
    assert len(arrows(ag.draw(ag.stack([x] * 50)))) == 3  # these say enough


def test_what_was_recorded_without_a_tape():
    x = ag.tensor(np.ones((2, 3)), requires_grad=True)
    loss = (x * 2).sum()
    assert labels(ag.draw(loss)) == {
        "i0": "x (2, 3) <2x3>",
        "e0": "multiply (2, 3) · × [2]",
        "e1": f"sum scalar loss {loss.item():g}",
    }


def test_a_number_stands_at_its_place():
    x = ag.tensor(3.0, requires_grad=True)
    texts = labels(ag.draw(2**x - 1))
    assert texts["e0"].startswith("power scalar [2] ^ ·")
    assert texts["e1"].startswith("subtract scalar · − [1]")


def test_parameters_used_once_are_chips_in_larger_graphs():
    model = nn.Sequential(*(nn.Linear(20, 20) for _ in range(4)))
    shared = ag.tensor(np.ones(20), requires_grad=True)
    x = ag.tensor(np.ones((2, 20)))
    with ag.Tape() as tape:
        z = model(x * shared) * shared
        loss = z.sum()
        loss.backward()
    drawing = tape.draw()
    texts = labels(drawing)
    assert texts["i1"].startswith("shared (20,) ‖∇‖")
    chips = [t for t in texts.values() if "[" in t]
    assert re.fullmatch(r"transpose \(20, 20\) \[weight \(20, 20\) ‖∇‖ \S+\]", chips[0])
    assert re.fullmatch(r"add \(2, 20\) · \+ \[bias \(20,\) ‖∇‖ \S+\]", chips[1])
    assert list(frames(drawing))[:2] == ["Sequential model", "Linear 0"]


def test_a_chip_of_one_number_says_which():
    z = ag.tensor(2.0)
    weights = [ag.tensor(1.0 + k, requires_grad=True) for k in range(16)]
    with ag.Tape() as tape:
        for w in weights:
            z = w * z
    assert "[weights[1] 2]" in labels(tape.draw())["e1"]
    tape.backward_pass()
    assert "[weights[0] 1 ∇ " in labels(tape.draw())["e0"]
    assert "[weights[0] scalar]" in labels(tape.draw(values=False))["e0"]


def test_parameters_of_an_operation_are_shown_where_they_differ_from_the_defaults():
    x = ag.tensor(np.ones((4, 13)), requires_grad=True)
    assert "axis=1, keepdims=True" in labels(ag.draw(x.sum(axis=1, keepdims=True)))["e0"]
    assert "index=(1:3, <(2,) int64>)" in labels(ag.draw(x[1:3, np.array([0, 1])]))["e0"]
    assert labels(ag.draw(x.sum()))["e0"] == "sum scalar 52"
    call = ag.primitive(lambda x, /, f: x * 1, name="call", x=lambda g: g)
    assert "f=<lambda>" in labels(ag.draw(call(x, lambda: 1)))["e0"]
    assert "f=object" in labels(ag.draw(call(x, object())))["e0"]


def test_values_of_one_name_are_told_apart():
    W = ag.tensor(np.eye(3), requires_grad=True)
    with ag.Tape() as tape:
        h = ag.tensor(np.ones(3))
        for _ in range(2):
            h = np.tanh(W @ h)
        loss = h.sum()
    texts = labels(tape.draw(loss, values=False))
    assert [texts[k] for k in ("i0", "i1", "e1", "e3")] == [
        "W (3, 3)", "h@in1 (3,)", "tanh (3,) h@1", "tanh (3,) h@3",
    ]  # fmt: skip
    titles = [edge.title for edge in tape.draw(loss).picture.edges]
    assert titles[1] == "h@in1 (3,)"
    assert tape["h@3"] is tape[3]
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    with ag.Tape() as tape:
        x = ag.tensor(np.ones((2, 3)))
        x = model(x)
        x = np.tanh(x)
    texts = list(labels(tape.draw(x, level="modules", values=False)).values())
    assert texts[0] == "x@in1 (2, 3)"  # it, and what the last module and tanh made of it
    assert texts[2].startswith(f"Linear 1 (2, 3) x@{len(tape) - 2} ")
    assert texts[3] == f"tanh (2, 3) x@{len(tape) - 1}"


def test_several_outputs_are_one_box():
    x = ag.tensor(np.arange(4.0), requires_grad=True)
    with ag.Tape() as tape:
        first, second = ag.split(x, 2)
        z = first * second
    texts = labels(tape.draw(z))
    assert texts["e0"].startswith("split 2 parts first, second")
    assert arrows(tape.draw(z)) == [("i0", "e0"), ("e0", "e3")]
    assert [box.kind for box in tape.draw(first).picture.boxes] == ["parameter", "loss"]


def test_scalars_empty_arrays_and_odd_values():
    odd = ag.tensor([np.nan, np.inf, -np.inf], requires_grad=True)
    nothing = ag.tensor(np.ones((0, 3)), requires_grad=True)
    with ag.Tape() as tape:
        loss = odd.sum() + nothing.sum()
        loss.backward()
    drawing = tape.draw()
    assert labels(drawing) == {
        "i0": "odd (3,) <1x3> <1x3>",
        "i1": "nothing (0, 3)",
        "e0": "sum scalar nan ∇ 1",
        "e1": "sum scalar 0 ∇ 1",
        "e2": "add scalar loss nan ∇ 1",
    }
    assert drawing.svg.count("#c026d3") == 3  # what is not finite


def test_a_value_that_wants_no_gradient_is_drawn_too():
    with ag.Tape() as tape:
        x = ag.tensor([1.0, 2.0])
        y = x * 2
    assert (
        labels(tape.draw())
        == labels(tape.draw(y))
        == {
            "i0": "x (2,) <1x2>",
            "e0": "multiply (2,) y · × [2] <1x2>",
        }
    )


# ---------------------------------------------------------------------- folding


def network(depth):
    layers = [[nn.Linear(8, 8), nn.Tanh(), nn.LayerNorm(8)] for _ in range(depth)]
    return nn.Sequential(*(nn.Sequential(*layer) for layer in layers))


def run(model, x):
    with ag.Tape() as tape:
        loss = model(x).sum()
        loss.backward()
    return tape


def test_levels():
    tape = run(network(2), ag.tensor(np.ones((2, 8))))
    for_all = run(network(3), ag.tensor(np.ones((2, 8))))
    assert len(labels(for_all.draw(level="ops"))) > 40 >= len(labels(for_all.draw()))
    texts = labels(tape.draw(level="modules"))
    kinds = [text.split()[0] for text in texts.values()]
    assert kinds == ["x", *["Linear", "Tanh", "LayerNorm"] * 2, "sum"]
    linear = [text for text in texts.values() if text.startswith("Linear")][1]
    assert re.fullmatch(r"Linear 0 \(2, 8\) 3 ops · 72 params · saves [\d.]+ k?B", linear)
    assert texts == labels(tape.draw(level=1))
    assert [t.split()[0] for t in labels(tape.draw(level=2)).values()] == [
        "x", "Sequential", "Sequential", "sum",
    ]  # fmt: skip
    assert [t.split()[0] for t in labels(tape.draw(level=3)).values()] == ["x", "Sequential", "sum"]


def test_equal_layers_are_drawn_once():
    drawing = run(network(30), ag.tensor(np.ones((2, 8)))).draw(level=1)
    titles = list(frames(drawing))
    assert titles == ["Sequential model", "Sequential 0 ×30 the first is shown"]
    assert len(drawing.picture.boxes) == 5
    assert arrows(drawing)[-1][1] == drawing.picture.boxes[-1].key  # and goes on from there
    assert len(arrows(drawing)) == 4


def test_layers_that_differ_are_not_equal():
    layers = [nn.Linear(k, k + 1) for k in range(1, 60)]
    drawing = run(nn.Sequential(*layers), ag.tensor(np.ones((2, 1)))).draw(level=1)
    assert len(drawing.picture.boxes) == 61


def test_a_loop_that_uses_a_weight_again_and_again():
    W = ag.tensor(np.eye(3), requires_grad=True)
    with ag.Tape() as tape:
        h = ag.tensor(np.ones(3))
        for _ in range(50):
            h = np.tanh(W @ h)
        loss = h.sum()
        loss.backward()
    drawing = tape.draw()
    assert list(labels(drawing)) == ["i0", "i1", "e0", "e1", "e100"]
    assert frames(drawing) == {"×50 the first is shown": ["e0", "e1"]}
    whole = tape.draw(level="ops")
    assert sum(tail == "i0" for tail, _ in arrows(whole)) == 50
    assert sum(text.startswith("W ") for text in labels(whole).values()) == 1


def test_wiring_counts():
    x = ag.tensor(1.0, requires_grad=True)
    with ag.Tape() as tape:
        z = x
        for k in range(60):
            z = z * x if k % 2 else z * z
    kinds = labels(tape.draw())
    assert len(kinds) < 10
    assert all("×60" not in text for text in kinds.values())


def test_a_module_that_is_called_twice():
    layer = nn.Linear(8, 8)
    with ag.Tape() as tape:
        loss = layer(np.tanh(layer(ag.tensor(np.ones((2, 8)))))).sum()
        loss.backward()
    assert list(frames(tape.draw())) == ["Linear layer", "Linear layer call 2"]
    texts = list(labels(tape.draw(level="modules")).values())
    assert [text.split(" (")[0] for text in texts[-4:]] == [
        "Linear layer", "tanh", "Linear layer call 2", f"sum scalar loss {loss.item():.4g} ∇ 1",
    ]  # fmt: skip


def test_functions_of_the_user_are_frames():
    def attend(q, k):
        return ag.softmax(q @ k.T)

    x = ag.tensor(np.ones((3, 3)), requires_grad=True)
    with ag.Tape() as tape:
        loss = np.sum(attend(x, x) ** 2)
    assert list(frames(tape.draw(loss))) == ["attend", "softmax"]


def test_a_network_with_batch_normalisation_is_drawn_as_its_modules():
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding="same"), nn.BatchNorm2d(4), nn.ReLU(),
        nn.Conv2d(4, 4, 3, padding="same"), nn.BatchNorm2d(4), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip
    images, targets = ag.tensor(np.ones((2, 1, 8, 8))), np.array([1, 2])
    with ag.Tape() as tape:
        loss = nn.functional.cross_entropy(model(images), targets)
        loss.backward()
    kinds = [text.split()[0] for text in labels(tape.draw()).values()]
    assert kinds == [
        "images", "Conv2d", "BatchNorm2d", "ReLU", "Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d",
        "Flatten", "Linear", "cross_entropy",
    ]  # fmt: skip


# ---------------------------------------------------------------------- backward passes, light


@pytest.fixture
def twice():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        z = (x**3).sum()
        z.backward(create_graph=True)
    return tape


def test_a_recorded_backward_pass(twice):
    assert {box.order for box in twice.draw().picture.boxes} == {0}
    drawing = twice.draw(backward=True)
    kinds = {box.key: box.kind for box in drawing.picture.boxes}
    assert [kinds[f"e{e.index}"] for e in twice] == [
        "operation", "loss", *["ready"] * (len(twice) - 2),
    ]  # fmt: skip
    links = arrows(drawing, links=True)
    assert ("e1", "e2") in links
    assert all(tail in ("e0", "e1") for tail, _ in links)
    assert {"ready", "link"} <= {kind for kind, _ in drawing.picture.legend}


def test_highlights(softmax):
    lit = [box.key for box in softmax.draw(highlight="W").picture.boxes if not box.dim]
    assert lit == ["i1", "e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8"]
    drawing = softmax.draw(highlight=["p"])
    assert [box.key for box in drawing.picture.boxes if not box.dim] == [
        "e4",
        "e5",
        "e6",
        "e7",
        "e8",
    ]
    assert len(elements(drawing, "dim")) == sum(b.dim for b in drawing.picture.boxes) + sum(
        e.dim for e in drawing.picture.edges
    )
    paths = list(softmax.paths("W"))
    drawing = softmax.draw(highlight=paths[0])
    assert [box.key for box in drawing.picture.boxes if not box.dim] == [
        f"{'i' if isinstance(x, ag.explain.Input) else 'e'}{x.index}" for x in paths[0].entries
    ]
    assert sum(not e.dim for e in drawing.picture.edges) == len(paths[0].entries) - 1
    with pytest.raises(KeyError, match="no variable `q`"):
        softmax.draw(highlight="q")
    with pytest.raises(ag.GradientError, match="nothing to highlight"):
        softmax.draw("p", highlight="y")


# ---------------------------------------------------------------------- refusals


def test_what_can_not_be_drawn_is_refused(softmax):
    x = ag.tensor(1.0, requires_grad=True)
    with pytest.raises(ag.GradientError, match="draw: received float64 of shape"):
        ag.draw(x)
    with ag.no_grad(), pytest.raises(ag.GradientError, match="no_grad"):
        ag.draw(x * 2)
    with pytest.raises(TypeError, match="draw: received float64 of shape"):
        ag.draw(np.ones(2))
    with pytest.raises(TypeError, match="received nothing"):
        ag.draw()
    with pytest.raises(ValueError, match="no level 'deep'; choose 'auto', 'ops'"):
        ag.draw(x * 2, level="deep")
    with pytest.raises(ValueError, match="no level True"):
        ag.draw(x * 2, level=True)
    with pytest.raises(ValueError, match="no direction 'up'; choose 'TB' or 'LR'"):
        ag.draw(x * 2, direction="up")
    with pytest.raises(ag.GradientError, match="`W` was made by no operation on this tape"):
        softmax.draw("W")
    with pytest.raises(ag.GradientError, match="create_graph=True"):
        softmax.draw(backward=True)
    with pytest.raises(ag.GradientError, match="no result"):
        ag.Tape().draw()


# ---------------------------------------------------------------------- SVG


def test_the_svg_says_what_is_what(softmax):
    drawing = softmax.draw()
    nodes = elements(drawing, "node")
    keys = [g.get("data-entry") or f"i{g.get('data-input')}" for g in nodes]
    assert keys == ["i0", "i1", "i2", "i3", *"012345678"]
    (divide,) = [g for g in nodes if g.get("data-entry") == "4"]
    assert divide.get("data-kind") == "operation"
    assert divide.get("tabindex") == "0"
    assert divide.get("id").endswith("-e4")
    title = divide[0].text
    assert title.startswith("4: p = divide (1, 2) float64\n")
    assert "ag.softmax(x @ W)" in title
    assert divide.get("aria-label") == title
    edges = [(g.get("data-from"), g.get("data-to")) for g in elements(drawing, "edge")]
    assert edges == arrows(drawing)
    assert [g.get("data-call") for g in elements(drawing, "cluster")] == ["softmax"]


def test_everything_is_in_sight(softmax):
    root = ElementTree.fromstring(softmax.draw().svg)
    _, _, width, height = map(float, root.get("viewBox").split())
    for g in elements(softmax.draw(), "node"):
        x, y = map(float, g.get("transform")[10:-1].split(","))
        box = g.find("{http://www.w3.org/2000/svg}rect")
        assert x >= 0
        assert x + float(box.get("width")) <= width
        assert y >= 0
        assert y + float(box.get("height")) <= height


def test_text_is_escaped_and_names_may_be_anything():
    note = ag.primitive(lambda x, /, text: x * 1, name="note", x=lambda g: g)
    x = ag.tensor(1.0, requires_grad=True)
    with ag.Tape() as tape:
        d = {"</style><b>&\"'\x00\ud800\u202e": note(x, "</svg><script>alert(1)</script>")}
        z = d["</style><b>&\"'\x00\ud800\u202e"] * 2
    drawing = tape.draw(z)
    ElementTree.fromstring(drawing.svg)
    assert "<script" not in drawing.svg
    assert "<b>" not in drawing.svg
    assert not re.search("[\x00-\x08\x0b-\x1f\ud800\u202e]", drawing.svg + drawing.dot)
    drawing.svg.encode(), drawing.dot.encode()
    assert "&lt;script&gt;" in drawing.dot


def test_long_names_are_shortened():
    a_name_that_goes_on_and_on_and_on_and_on_and_on_for_ever_and_ever = ag.tensor(
        np.ones(20), requires_grad=True
    )
    drawing = ag.draw(a_name_that_goes_on_and_on_and_on_and_on_and_on_for_ever_and_ever.sum())
    assert labels(drawing)["i0"].startswith("a_name_that_goes_on…")
    assert max(box.width for box in drawing.picture.boxes) < 400
    assert "a_name_that_goes_on_and_on_and_on_and_on_and_on_for_ever_and_ever" in drawing.svg


def test_the_same_program_gives_the_same_text_and_no_size():
    code = (
        "import numpy as np, nn, autograd as ag\n"
        "nn.seed(0)\n"
        "model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))\n"
        "with ag.Tape() as tape:\n"
        "    loss = nn.functional.cross_entropy(model(np.ones((5, 4))), [0, 1, 0, 1, 0])\n"
        "print(tape.draw(loss).dot, ag.draw(loss).svg)"
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


def test_pictures_in_one_page_have_ids_of_their_own(softmax):
    texts = softmax.draw().svg + softmax.draw("p").svg
    ids = re.findall(r' id="([^"]*)"', texts)
    assert len(ids) == len(set(ids))


def test_a_long_chain():
    x = ag.tensor(1.0, requires_grad=True)
    z = x
    for _ in range(20_000):
        z = z + 1.0
    z.backward()
    assert list(labels(ag.draw(z)).values())[1].startswith("add ×20000 scalar")
    drawing = ag.draw(z, level="ops")
    assert len(drawing.picture.boxes) == 20_000  # with x in the first
    assert drawing.dot.count(" -> ") == 19_999


# ---------------------------------------------------------------------- files


@pytest.fixture
def drawing():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    return ag.draw(ag.exp(x).sum())


@pytest.fixture
def no_programs(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "_engines", lambda: iter(()))


@needs_dot
@pytest.mark.parametrize(("kind", "begin"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_pictures_by_graphviz(drawing, tmp_path, kind, begin):
    path = drawing.save(tmp_path / f"graph.{kind}")
    assert path.read_bytes().startswith(begin)
    assert [p.name for p in tmp_path.iterdir()] == [f"graph.{kind}"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o044 == 0o044  # readable as any new file


def test_what_is_dimmed_is_pale_in_dot_text_too(softmax):
    text = softmax.draw(highlight="p").dot
    lines = {line.split()[0]: line for line in text.splitlines() if "label=<<table" in line}
    assert '"#64748b29"' in lines["e0"]
    assert not re.search('"#[0-9a-f]{6}"', lines["e0"])
    assert not re.search('"#[0-9a-f]{8}"', lines["e4"])
    assert re.search(r'i0 -> e0 \[color="#7b879829"', text)


@needs_dot
def test_graphviz_reads_all_of_it(softmax, twice, tmp_path):
    for k, drawing in enumerate([softmax.draw(), twice.draw(backward=True, direction="LR")]):
        done = subprocess.run(
            ["dot", "-Tsvg"], input=drawing.dot.encode(), capture_output=True, check=True
        )
        assert done.stderr == b"", k
        assert done.stdout.count(b'class="node"') == len(drawing.picture.boxes)


def test_files_that_need_no_program(drawing, tmp_path, no_programs):
    assert drawing.save(str(tmp_path / "graph.dot")).read_text() == drawing.dot == str(drawing)
    assert drawing.save(tmp_path / "graph.svg").read_text() == drawing.svg
    page = drawing.save(tmp_path / "graph.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert drawing.svg in page
    assert not re.search(r"(src|href)=|url\(", page)  # nothing is loaded from elsewhere


def test_without_a_renderer_the_text_is_written_with_a_hint(drawing, tmp_path, no_programs):
    with pytest.warns(UserWarning, match=r"graph\.dot instead: .*pip install graphviz-pure"):
        path = drawing.save(tmp_path / "graph.png")
    assert path == tmp_path / "graph.dot"
    assert path.read_text() == drawing.dot


def test_a_notebook_shows_the_picture_trusted_or_not(drawing):
    bundle = drawing._repr_mimebundle_()
    assert bundle["image/svg+xml"] == drawing.svg
    html = bundle["text/html"]
    assert html.startswith("<img ")
    assert "<script" not in html
    assert "<style" not in html
    data = re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', html).group(1)
    assert b64decode(data).decode() == drawing.svg
    assert bundle["text/plain"].startswith("<Drawing of 3 boxes and 2 arrows")


def test_a_cell_shows_a_large_picture_without_its_middle():
    x = ag.tensor(np.ones((4, 2)), requires_grad=True)
    with ag.Tape() as tape:
        z = x
        for k in range(600):
            z = np.sin(z) if k * k % 7 else z * ag.tensor(np.full((4, 2), k))
            z = np.cos(z) if k % 3 else z + x
    drawing = tape.draw(z, level="ops")
    assert len(drawing.picture.boxes) > 1000
    shown = drawing._repr_mimebundle_()["image/svg+xml"]
    assert f"… {len(drawing.picture.boxes) - 999} operations …" not in drawing.svg
    root = ElementTree.fromstring(shown)
    nodes = [g for g in root.iter() if "node" in g.get("class", "").split()]
    assert 990 < len(nodes) <= 1000
    small = ag.draw(x * 2)
    assert small._repr_mimebundle_()["image/svg+xml"] == small.svg


def test_without_its_middle_a_picture_keeps_its_ends_and_frames():
    tape = run(network(6), ag.tensor(np.ones((2, 8))))
    whole = tape.draw(level="ops")
    picture = without_middle(whole.picture, 20)
    keys = [box.key for box in picture.boxes]
    (middle,) = [k for k, key in enumerate(keys) if key == "more"]
    left_out = len(whole.picture.boxes) - 19
    assert picture.boxes[middle].rows[0].left[0].text == f"… {left_out} operations …"
    assert len(keys) == 20
    assert keys[:2] == ["i1", "e0"]
    assert keys[-1] == f"e{tape[-1].index}"
    assert all(e.tail < e.head for e in picture.edges)
    assert len({(e.tail, e.head) for e in picture.edges}) == len(picture.edges)
    assert {e.tail for e in picture.edges} | {e.head for e in picture.edges} == set(range(20))
    titles = [" ".join(t.text for t in frame.title) for frame in picture.frames]
    assert titles == [
        "Sequential model", "Sequential 0", "Linear 0", "LayerNorm 2", "Sequential 5", "LayerNorm 2",
    ]  # fmt: skip
    assert [frame.parent for frame in picture.frames] == [None, 0, 1, 1, 0, 4]
    assert middle in picture.frames[0].members
    assert without_middle(whole.picture, len(whole.picture.boxes)) is whole.picture


def test_nothing_is_left_half_written(drawing, tmp_path):
    (tmp_path / "graph.dot").mkdir()
    with pytest.raises(OSError, match="graph"):
        drawing.save(tmp_path / "graph.dot")
    assert [p.name for p in tmp_path.iterdir()] == ["graph.dot"]
    with pytest.raises(FileNotFoundError):
        drawing.save(tmp_path / "missing" / "graph.dot")


def test_other_suffixes_are_refused(drawing, tmp_path):
    for name in ("graph.bmp", "graph"):
        with pytest.raises(ValueError, match=r"choose \.svg, \.html, \.png, \.pdf or \.dot"):
            drawing.save(tmp_path / name)


def test_cells():
    wide, narrow = Heat(np.arange(12.0)), Heat(np.zeros((2, 2, 2)))
    assert wide.numbers == []
    assert wide.cell == (12.0, 12.0)
    assert narrow.numbers == [["0", "0"]] * 4
    assert narrow.scale == 0.0


def test_modules_may_have_any_name():
    model = nn.ModuleDict({"<b>&\"'\x00": nn.Linear(8, 8), "b": nn.Linear(8, 8)})
    with ag.Tape() as tape:
        z = ag.tensor(np.ones((2, 8)))
        for layer in model.values():
            z = layer(z)
    for level in ("ops", "modules"):
        drawing = tape.draw(z, level=level)
        ElementTree.fromstring(drawing.svg)
        assert "\x00" not in drawing.svg + drawing.dot
        assert "<b>&" not in drawing.svg
