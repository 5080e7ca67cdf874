"""The tape as a table, what it keeps in memory, and what it broadcasts."""

import os
import re
import subprocess

import numpy as np
import pytest
from safe_html import assert_safe

import autograd as ag
import nn


def attention_free_model():
    nn.seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    with ag.Tape() as tape:
        logits = model(x)
        loss = nn.functional.cross_entropy(logits, np.arange(5) % 3)
        aside = ag.exp(logits)
        loss.backward()
    return model, aside, tape


def test_the_table_as_text():
    W = ag.tensor(np.ones((3, 2), "float32"), requires_grad=True)
    x = ag.tensor(np.ones((5, 3), "float32"))
    with ag.Tape() as tape:
        z = x @ W
        loss = z.sum(axis=0).max()
        unused = ag.exp(z)
        constant = x * 2
        loss.backward()
    lines = str(tape).splitlines()
    assert lines[0] == "Tape: 5 entries, 2 inputs, backward from loss"
    assert lines[1].split()[:2] == ["x", "input"]
    assert lines[2].split()[:2] == ["W", "leaf"]
    assert lines[2].endswith(f"|grad| {np.linalg.norm(W.grad.data):.4g}")
    assert re.match(
        r"0000  z = matmul\(x, W\) +\(5, 2\)  float32 +saves x: 60 B +test_table.py:\d+", lines[3]
    )
    assert "sum(z, axis=0)" in lines[4]
    assert re.search(r"loss = max\(v1\) +scalar +float32  15 ", lines[5])
    assert lines[6].endswith("leads nowhere")
    assert lines[7].endswith("leads nowhere")
    columns = {line.index("test_table.py") for line in lines[3:]}
    assert len(columns) == 1
    assert repr(tape) == str(tape)
    assert [unused.shape, constant.shape] == [z.shape, x.shape]


def test_without_a_pass_only_constants_are_marked():
    x = ag.tensor(np.ones(3))
    w = ag.tensor(2.0, requires_grad=True)
    with ag.Tape() as tape:
        _ = x * 2, x * w, ag.exp(w)
    marks = [line.endswith("no gradient") for line in str(tape).splitlines()[3:]]
    assert marks == [True, False, False]


def test_values_that_are_no_numbers_are_pointed_out():
    x = ag.tensor([0.0, -1.0, 1.0], requires_grad=True)
    with ag.Tape() as tape, np.errstate(all="ignore"):
        _ = ag.log(x)
    assert "1 nan, 1 inf!" in str(tape)


def test_of_several_values_of_one_name_it_is_said_which():
    w = ag.tensor(2.0, requires_grad=True)
    with ag.Tape() as tape:
        h = w * 1
        for _ in range(2):
            h = ag.tanh(h * w)
        h = h + w
    text = str(tape)
    assert "h = multiply(w, 1)" in text
    assert "multiply(h@0, w)" in text
    assert "multiply(h@2, w)" in text
    assert "add(h@4, w)" in text


def test_a_long_tape_lacks_its_middle():
    x = ag.tensor(1.0, requires_grad=True)
    with ag.Tape() as tape:
        y = x
        for _ in range(20_000):
            y = y * 1.0
    lines = str(tape).splitlines()
    assert len(lines) == 2 + 61
    assert "19,940 more: tape[40:19980]" in lines[42]
    html = tape._repr_html_()
    assert "19,940 more: tape[40:19980]" in assert_safe(html)
    assert html.count("data-row ") == 60
    assert len(html) < 200_000
    assert tape.memory().total == 0
    assert tape.broadcasts() == []


def test_what_a_backward_pass_recorded_stands_apart():
    x = ag.tensor(3.0, requires_grad=True)
    with ag.Tape() as tape:
        y = x**3
        y.backward(create_graph=True)
    computation, recorded = str(tape).split("\nrecorded by a backward pass (order 1)\n")
    assert "y = power(x, exponent=3)" in computation
    assert recorded.count("rule of 0000") == len(tape) - 1
    assert "held" not in recorded
    assert f"test_table.py:{tape[0].source.line + 1}" in recorded
    assert "recorded by a backward pass" in assert_safe(tape._repr_html_())


def test_calls_as_one_would_write_them():
    x = ag.tensor(np.arange(12.0).reshape(3, 4), requires_grad=True)
    chosen = x.data > 3
    with ag.Tape() as tape:
        _ = x[1:, ::2], x[None, ..., 0], x[chosen], x[:, np.array([0, 1])]
        _ = ag.split(x, 2, axis=1), ag.concatenate([x] * 9), ag.where(chosen, x, 0.5)
    text = str(tape)
    for call in (
        "x[1:, ::2]", "x[None, ..., 0]", "x[<(3, 4) bool>]", "x[:, <(2,) int64>]",
        "split(x, indices_or_sections=2, axis=1)", "2 parts", "v4[0]", "v4[1]",
        "concatenate(x, x, x, x, ..., x", "where(chosen, x, 0.5)",
    ):  # fmt: skip
        assert call in text, call


def test_an_entry_shows_its_parameters_as_the_table_does():
    x = ag.tensor([[1.0, 2.0]], requires_grad=True)
    with ag.Tape() as tape:
        y = (x**2).sum(axis=0)[1:]
    assert y.shape == (1,)
    assert [repr(entry) for entry in tape] == [
        "0000  power(x, exponent=2)   (1, 2) float64",
        "0001  sum(v0, axis=0)   (2,) float64",
        "0002  y = v1[1:]   (1,) float64",
    ]


def test_the_html_is_folded_by_module_and_safe():
    *_, tape = attention_free_model()
    html = tape._repr_html_()
    text = assert_safe(html)
    assert "backward from loss" in text
    assert "model.0 Linear · 3 entries" in text
    assert "model.1 Tanh" in text
    assert "leads nowhere" in text
    assert html.count("<details") == 5
    assert html == tape._repr_html_()
    assert "<script" not in html


def test_hostile_names_do_no_harm():
    x = ag.tensor(np.ones(2), requires_grad=True)
    model = nn.Sequential()
    setattr(model, '<b>&"', nn.Tanh())
    values = {"<script>alert('1')</script>": x}
    with ag.Tape() as tape:
        made = {"</td><i>\n": model(values["<script>alert('1')</script>"] * 2)}
        made["</td><i>\n"].sum().backward()
    for reader in (tape, tape.memory(), tape.broadcasts(), tape[0], tape[1], tape.inputs[0]):
        assert_safe(reader._repr_html_())
        assert "<script>" not in reader._repr_html_()
    assert len(str(tape).splitlines()) == 2 + len(tape)


def test_a_tape_made_afterwards_knows_less():
    x = ag.tensor(np.ones((3, 4)), requires_grad=True)
    loss = (ag.exp(x) * x).sum()
    tape = ag.Tape.of(loss)
    assert "exp(x)" in str(tape)
    assert_safe(tape._repr_html_())
    loss = ag.exp(x).sum()
    del tape
    loss.backward()
    assert "freed" in str(ag.Tape.of(loss))
    assert_safe(ag.Tape.of(loss)._repr_html_())


def test_an_empty_tape():
    with ag.Tape() as tape:
        pass
    assert str(tape) == "Tape: 0 entries, 0 inputs"
    assert_safe(tape._repr_html_())
    assert tape.memory().total == 0
    assert "0 B in 0 arrays" in repr(tape.memory())
    assert repr(tape.broadcasts()) == "nothing was broadcast"


def test_cards():
    *_, tape = attention_free_model()
    text = assert_safe(tape.filter("tanh")[0]._repr_html_())
    assert all(said in text for said in ("tanh(", "model.1", "gradient"))
    weight = assert_safe(tape["model.0.weight"]._repr_html_())
    assert weight.startswith("model.0.weight leaf · (8, 4) · float32")
    with ag.Tape() as tape:
        parts = ag.split(ag.tensor(np.ones(4), requires_grad=True), 2)
    assert "part 1" in assert_safe(tape[0]._repr_html_())
    assert len(parts) == 2


def test_looking_changes_nothing():
    model, _, tape = attention_free_model()
    before = {name: p.grad.numpy() for name, p in model.named_parameters()}
    cotangent = tape["logits"].cotangent.copy()
    for reader in (tape, tape.memory(), tape.broadcasts(), *tape, *tape.inputs, model):
        reader._repr_html_()
        repr(reader)
    for name, p in model.named_parameters():
        np.testing.assert_array_equal(p.grad.data, before[name])
    np.testing.assert_array_equal(tape["logits"].cotangent, cotangent)
    assert len(tape.passes) == 1


@pytest.mark.skipif(not os.path.exists("/usr/bin/chromium"), reason="needs Chromium")
def test_a_click_on_a_heading_sorts(tmp_path):
    *_, tape = attention_free_model()
    script = """<script>
      const root = document.querySelector('[data-groups]').parentNode;
      const click = (head, n) => [...root.querySelectorAll('th')]
        .filter(h => h.textContent === head && h.offsetParent)[0].click();
      const order = () => [...root.querySelectorAll('[data-row]')]
        .map(r => r.cells[0].textContent).join(' ');
      const said = [order()];
      for (const head of ['saves', 'saves', '#']) { click(head); said.push(order()); }
      document.body.innerHTML = '<pre>' + said.join('|') + '</pre>';
    </script>"""
    page = tmp_path / "page.html"
    page.write_text(f"<meta charset=utf-8>{tape._repr_html_()}{script}")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    run = subprocess.run(
        [*command, f"file://{page}"], capture_output=True, text=True, timeout=60, check=True
    )
    first, most, least, home = re.search(r"<pre>(.*)</pre>", run.stdout)[1].split("|")
    assert first == home == " ".join(f"{k:04d}" for k in range(len(tape)))
    bytes_of = [sum(a.nbytes for a in e.saves.values() if hasattr(a, "nbytes")) for e in tape]
    sizes = [bytes_of[int(k)] for k in most.split()]
    assert sizes[0] > 0
    assert sizes == sorted(sizes, reverse=True) or most != least


# ---------------------------------------------------------------------- memory


def test_memory_agrees_with_the_summary_of_the_model():
    nn.seed(0)
    model = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))
    x = ag.tensor(np.zeros((5, 64), "float32"))
    with ag.Tape() as tape:
        model(x)
    memory = tape.memory()
    assert memory.total == nn.summary(model, (5, 64)).nbytes == 5 * 32 * 4
    assert memory.by_module() == {"model.1": 640}
    assert [(entry.op, n) for entry, n in memory.by_entry().items()] == [("tanh", 640)]
    assert memory.alive == x.nbytes + model[2].weight.nbytes
    text = repr(memory)
    assert "kept for the backward pass: 640 B in 1 array; beside 2.56 kB of parameters" in text
    assert "100%" in text
    assert "tanh" in assert_safe(memory._repr_html_())


def test_an_array_that_several_keep_counts_once():
    x = ag.tensor(np.ones(100), requires_grad=True)
    with ag.Tape() as tape:
        y = ag.exp(x)
        _ = y * y, y.reshape(10, 10) ** 2, x[np.arange(50)]
    memory = tape.memory()
    kinds = [(row.entry.op, row.name, row.kind) for row in memory]
    assert kinds[0] == ("exp", "y", "saved")
    assert {kind for op, _, kind in kinds if op in ("multiply", "power")} == {"shared"}
    assert kinds[-1] == ("getitem", "index", "saved")
    assert memory.total == 800 + 400


def test_a_plain_array_that_is_copied_counts():
    x = np.ones(50)
    w = ag.tensor(np.ones(50), requires_grad=True)
    with ag.Tape() as tape:
        _ = x * w
    assert tape.memory().total == 400


# ---------------------------------------------------------------------- broadcasts


def test_what_was_expanded_and_how_it_comes_back():
    x = ag.tensor(np.ones((6, 3)))
    b = ag.tensor(np.ones(3), requires_grad=True)
    s = ag.tensor(2.0, requires_grad=True)
    with ag.Tape() as tape:
        _ = (x + b) * s * 3, ag.where(x.data > 0, b, 0.0), x * x
    found = [(f.entry.op, f.name, f.shape, f.to, f.axes, f.wants) for f in tape.broadcasts()]
    assert found == [
        ("add", "b", (3,), (6, 3), (0,), True),
        ("multiply", "s", (), (6, 3), (0, 1), True),
        ("where", "b", (3,), (6, 3), (0,), True),
    ]
    text = repr(tape.broadcasts())
    assert "b (3,) → (6, 3)  " in text
    assert "gradient summed over axes 0, 1" in text
    assert tape.broadcasts().surprises == []
    assert "summed over axis 0" in assert_safe(tape.broadcasts()._repr_html_())


def test_a_column_against_a_vector_is_flagged():
    prediction = ag.tensor(np.ones((5, 1)), requires_grad=True)
    target = np.ones(5)
    with ag.Tape() as tape:
        _ = ((prediction - target) ** 2).mean()
    found = tape.broadcasts()
    assert [f.wants for f in found] == [True, False]
    (surprise,) = found.surprises
    assert "`prediction` (5, 1) against `target` (5,) gives (5, 5)" in surprise
    assert "prediction[..., 0] or target[..., None]" in surprise
    assert repr(found).splitlines()[-1] == f"! {surprise}"
    assert surprise in assert_safe(found._repr_html_())


def test_a_meant_outer_product_is_not_flagged():
    a = ag.tensor(np.ones((5, 1)), requires_grad=True)
    with ag.Tape() as tape:
        _ = a * np.ones((1, 5)), a * np.ones(4), a * np.ones((5, 5))
    assert tape.broadcasts().surprises == []


def test_other_operations_are_known_after_a_pass():
    a = ag.tensor(np.ones((4, 2, 3)), requires_grad=True)
    b = ag.tensor(np.ones((3, 5)), requires_grad=True)
    c = ag.tensor(np.ones((2, 1)), requires_grad=True)
    with ag.Tape() as tape:
        loss = (a @ b).sum() + ag.broadcast_to(c, (4, 2, 5)).sum()
        loss = loss + (a[0] @ b).sum() + (a @ b[:, 0]).sum()
    assert {f.entry.op for f in tape.broadcasts()} == {"matmul"}
    loss.backward()
    found = [(f.entry.op, f.name, f.to, f.axes) for f in tape.broadcasts()]
    assert found == [
        ("matmul", "b", (4, 3, 5), (0,)),
        ("broadcast_to", "c", (4, 2, 5), (0, 2)),
        ("matmul", "v9", (4, 3), (0,)),
    ]
