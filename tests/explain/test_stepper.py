"""`tape.step`: what it says is what the pass did; the eager order is wrong where results are shared."""

import base64
import json
import re
import zlib
from html import unescape

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.explain import formulas, stepper


def shared():
    """``h`` is used three times."""
    rng = np.random.default_rng(0)
    W = ag.tensor(rng.normal(size=(2, 3)), requires_grad=True)
    b = ag.tensor(np.zeros(3), requires_grad=True)
    x = ag.tensor(rng.normal(size=(4, 2)))
    with ag.Tape() as tape:
        h = ag.tanh(x @ W + b)
        y = h * h + ag.exp(h)
        loss = (y**2).mean()
        loss.backward()
    return tape, W, b


def chain():
    w = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with ag.Tape() as tape:
        loss = ag.exp(w * 2).sum()
    return tape, loss


def payload(html):
    (packed,) = re.findall(r'\("[0-9a-f]{8}", "([A-Za-z0-9+/=]+)"', html)
    return json.loads(zlib.decompress(base64.b64decode(packed)))


# ---------------------------------------------------------------------- steps


def test_steps_are_the_pass_and_end_in_the_gradients():
    tape, W, b = shared()
    steps = tape.step()
    assert [s.entry for s in steps] == [e for e, _, _ in tape.backward_pass().steps]
    assert [s.number for s in steps] == list(range(1, len(steps) + 1))
    for step in steps:
        assert step.cotangent is step.entry.cotangent
        for c in step.contributions:
            np.testing.assert_array_equal(c.value, step.entry.pull(c.i, step.cotangent))
    ends = {value.label: g for value, g in steps.gradients.items()}
    np.testing.assert_array_equal(ends["W"], W.grad)
    np.testing.assert_array_equal(ends["b"], b.grad)
    assert steps.wrong == {}


def test_totals_run_up_to_the_cotangent():
    tape, _, _ = shared()
    steps = tape.step()
    into_h = [
        (c, place)
        for s in steps
        for c, place in zip(s.contributions, s.places)
        if c.to is tape["h"]
    ]
    assert [place for _, place in into_h] == [(1, 3), (2, 3), (3, 3)]
    total = np.zeros(tape["h"].shape)
    for c, _ in into_h:
        total = total + c.value
        np.testing.assert_allclose(c.total, total)
    np.testing.assert_array_equal(into_h[-1][0].total, tape["h"].cotangent)


def test_a_stepper_is_a_sequence():
    tape, _ = chain()
    steps = tape.step()
    assert len(steps) == 3
    assert steps[-1].entry.op == "multiply"
    assert [s.entry.op for s in steps[:2]] == ["sum", "exp"]
    assert repr(steps) == "<Stepper: 3 steps back from loss; print() shows them>"


def test_the_text_says_what_comes_in_what_is_given_and_what_it_adds_up_to():
    tape, _, _ = shared()
    text = str(tape.step())
    assert text.startswith("The backward pass of loss, 8 steps; g_z is the grad")
    assert "test_stepper.py:" in text
    assert text.count("total so far, 1 of 3") == text.count("total so far, 2 of 3") == 1
    assert text.count("total, all 3 are in") == 1
    assert "summed from (4, 3) to (3,), to undo broadcasting" in text
    assert re.search(r"g_h = \(4, 3\)|g_h = \[\[", text)


def test_an_output_can_be_named_and_another_pass_leaves_grad_alone():
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        first = (w * w).sum()
        second = (w * 3).sum()
        second.backward()
    assert [s.entry.op for s in tape.step()] == ["sum", "multiply"]
    steps = tape.step(first)
    np.testing.assert_array_equal(steps.gradients[tape["w"]], [2.0, 4.0])
    assert len(tape.step("first")) == 2
    np.testing.assert_array_equal(w.grad, [3.0, 3.0])


@pytest.mark.parametrize("order", ["topological", "eager"])
def test_outputs_of_several_parts_empty_and_strange_values(order):
    w = ag.tensor([[3.0, 1.0], [1.0, 2.0]], requires_grad=True)
    empty = ag.tensor(np.zeros((0, 2)), requires_grad=True)
    with ag.Tape() as tape, np.errstate(all="ignore"):
        values, vectors = ag.linalg.eigh(w @ w)
        loss = values.sum() + vectors[0, 0] + empty.sum() + ag.log(w - w).sum() * 0.0
        loss.backward()
    steps = tape.step(order=order)
    assert "nan" in str(steps)
    assert payload(steps.html)["title"] == "loss"
    np.testing.assert_array_equal(steps.gradients[tape["empty"]], empty.grad)
    if order == "topological":
        np.testing.assert_array_equal(steps.gradients[tape["w"]], w.grad)


def test_a_seed_on_the_way_counts_as_a_contribution():
    w = ag.tensor(2.0, requires_grad=True)
    with ag.Tape() as tape:
        inner = w * 3
        outer = inner * inner
        ag.gradients([outer, inner], [w], [1.0, 10.0])
    steps = tape.step()
    (places,) = {s.places for s in steps if s.entry is tape["outer"]}
    assert places == ((2, 3), (3, 3))
    assert steps[-1].cotangent == 22.0
    assert steps[0].contributions[-1].total == 22.0
    assert steps.gradients[tape["w"]] == 66.0


def test_deep_graphs():
    w = ag.tensor(1.0, requires_grad=True)
    with ag.Tape() as tape:
        z = w
        for _ in range(5000):
            z = z * 1.0
    for order in ("topological", "eager"):
        steps = tape.step(z, order=order)
        assert len(steps) == 5000
        assert steps.gradients[tape["w"]] == 1.0


def test_refusals():
    tape, _ = chain()
    with pytest.raises(ValueError, match=r"Tape.step: received order='lazy'; choose one of"):
        tape.step(order="lazy")
    with ag.Tape() as empty:
        pass
    with pytest.raises(ag.GradientError):
        empty.step()


# ---------------------------------------------------------------------- depth-first and eager


def test_eager_is_wrong_behind_what_is_used_twice_and_says_what_came_too_late():
    tape, W, _ = shared()
    eager = tape.step(order="eager")
    late = [(s.entry.op, c.to.label) for s in eager for c in s.late]
    assert late == [("multiply", "h"), ("exp", "h")]
    assert [value.label for value in eager.wrong] == ["W", "b"]
    wrong, right = eager.wrong[tape["W"]]
    np.testing.assert_array_equal(right, W.grad)
    h, x, y = tape["h"].value, tape["x"].value, tape["y"].value
    first = y / 6 * h  # what one of the two factors of h * h gives: the only part that goes on
    np.testing.assert_allclose(wrong, x.T @ (first * (1 - h**2)))
    text = str(eager)
    assert "contributes to h came too late, in step" in text
    assert "tanh had run before, without it" in text
    assert "Gradient of W:" in text
    assert "is right." in text
    # Nothing runs twice, and what comes too late is still added up.
    assert len({s.entry for s in eager if not s.again}) == len(tape.step())
    totals = [c.total for s in eager for c in s.contributions if c.to is tape["h"]]
    np.testing.assert_allclose(totals[-1], tape["h"].cotangent)


def test_without_fan_out_both_orders_agree():
    tape, _ = chain()
    eager = tape.step(order="eager")
    assert eager.wrong == {}
    assert str(eager).endswith("No result is used twice here, so both orders agree.")
    (g,), (same,) = eager.gradients.values(), tape.step().gradients.values()
    np.testing.assert_array_equal(g, same)


def test_a_parameter_that_is_used_twice_is_added_up_also_eagerly():
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        loss = (ag.exp(w) + ag.sin(w)).sum()
        loss.backward()
    eager = tape.step(order="eager")
    assert eager.wrong == {}
    np.testing.assert_allclose(eager.gradients[tape["w"]], w.grad)


def test_eager_where_what_is_lost_is_zero():
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        h = w * 2
        loss = (h + h * 0.0).sum()
        loss.backward()
    eager = tape.step(order="eager")
    assert eager.wrong == {}
    assert [c.to for s in eager for c in s.late] == [tape["h"]]
    assert "What was lost is zero here" in str(eager)


@pytest.mark.parametrize("seed", range(8))
def test_eager_is_wrong_exactly_where_there_is_fan_out(seed):
    """Random graphs: a value is reached with all it should get iff nothing behind it was late."""
    rng = np.random.default_rng(seed)
    w = ag.tensor(rng.uniform(0.5, 1.5, 3), requires_grad=True)
    with ag.Tape() as tape:
        pool = [ag.sin(w), ag.exp(w)]
        for _ in range(8):
            a, b = rng.integers(len(pool)), rng.integers(len(pool))
            pool.append(ag.tanh(pool[a]) * 0.7 if rng.random() < 0.5 else pool[a] + pool[b])
        loss = pool[-1].sum()
        loss.backward()
    right = {s.entry: s for s in tape.step()}
    spoiled = set()
    for step in right.values():  # from the output on: what got more than one contribution
        n = sum(c.to is step.entry for s in right.values() for c in s.contributions)
        givers = {s.entry for s in right.values() for c in s.contributions if c.to is step.entry}
        if n > 1 or givers & spoiled:
            spoiled.add(step.entry)
    for step in tape.step(order="eager"):
        if not step.again:
            same = np.allclose(step.cotangent, right[step.entry].cotangent, rtol=1e-9)
            assert same == (step.entry not in spoiled)


def test_eager_needs_values_and_the_page_does_without_it():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    loss = (ag.sin(x) * ag.cos(x)).sum()
    tape = ag.Tape.of(loss)
    steps = tape.step()
    assert len(steps) == 4
    assert payload(steps.html)["steps"]["topological"] == 4


# ---------------------------------------------------------------------- the page


@pytest.fixture(scope="module")
def page():
    tape, _, _ = shared()
    return tape, tape.step()


def test_the_page_loads_nothing(page):
    html = page[1].html
    assert not re.search(r"(src|href)\s*=(?!\s*[\"']?data:)", html)
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(|WebSocket", html)
    for address in re.findall(r"https?://[^\s\"'<>)]*", html):
        assert address == "http://www.w3.org/2000/svg"  # the name of a namespace


def test_the_page_is_a_picture_a_table_and_one_script(page):
    html = page[1].html
    assert html.count("<script") == html.count("</script>") == 1
    assert html.index("<img") < html.index("<details>") < html.index("<script")
    before = html[: html.index("<script")]
    assert "<svg" not in before
    assert "<style" not in before
    assert "class=" in before
    (image,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]*)"', before)
    svg = base64.b64decode(image).decode()
    assert svg.startswith("<svg")
    assert 'data-entry="0"' in svg


def test_the_table_says_all_that_the_text_says(page):
    steps = page[1]
    table = unescape(re.sub("<[^>]*>", " ", steps.html[: steps.html.index("<script")]))
    for step in steps:
        assert f"{step.entry.op}(" in table
        assert stepper._text(step.cotangent) in table
        for c, rule in zip(step.contributions, step.rules):
            assert f"{formulas.cotangent(c.to)} += {rule}" in table
            assert stepper._text(c.value) in table
            assert stepper._text(c.total) in table
    assert "total so far, 2 of 3" in table


def test_the_payload_holds_both_orders_and_each_array_once(page):
    tape, steps = page
    data = payload(steps.html)
    assert data["title"] == "loss"
    assert data["order"] == "topological"
    assert len(data["forward"]) == len(tape)
    assert data["steps"] == {"topological": 8, "eager": len(tape.step(order="eager"))}
    assert len({json.dumps(item) for item in data["pool"]}) == len(data["pool"])
    step = data["backward"]["topological"][-1]
    item = data["pool"][step["given"][0]["total"]]
    shown = np.array(item["rows"], dtype=float)
    np.testing.assert_allclose(shown, tape["W"].cotangent, rtol=1e-3)
    assert [len(way) for way in data["paths"].values()]
    assert payload(tape.step(order="eager").html)["order"] == "eager"


def test_the_same_tape_gives_the_same_page(page):
    assert page[0].step().html == page[1].html


HOSTILE = "</script><script>alert(1)</script><b>&`${x}"


def test_hostile_names_stay_text():
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        names = {HOSTILE: w * 2, "y": w * 3}
        loss = (names[HOSTILE] * names["y"]).sum()
        loss.backward()
    assert HOSTILE in tape[0].label
    steps = tape.step()
    html = steps.html
    assert html.count("<script") == html.count("</script>") == 1
    assert "<b>&" not in html
    data = payload(html)
    assert any(HOSTILE in value["label"] for value in data["values"].values())
    for value in data["values"].values():
        for formula in [value.get("formula"), *value.get("rules", {}).values()]:
            if formula:
                assert "<script" not in formula["mathml"]
                assert "<b>" not in formula["mathml"]


def test_large_arrays_are_shown_as_how_they_are_spread():
    x = np.linspace(-1, 3, 400).reshape(20, 20)
    x[0, 0] = np.nan
    x[1] = 0
    item = stepper._summary(x)
    assert len(item["bins"]) == 24
    assert sum(item["bins"]) == 399
    assert item["not finite"] == "1"
    assert item["max"] == "3"
    assert item["shape"] == "(20, 20)"
    assert item["zeros"].endswith(" %")
    assert set(item) >= {"min", "mean", "deviation", "max", "norm", "zeros"}
    assert stepper._summary(np.array([[1.0, -0.5]]))["rows"] == [["1", "-0.5"]]
    assert stepper._summary(np.zeros((0, 3)))["rows"] == []
    assert stepper._summary(np.full(50, np.inf))["not finite"] == "50"


def test_save_writes_a_whole_page(page, tmp_path):
    path = page[1].save(tmp_path / "steps.html")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert '<meta charset="utf-8">' in text
    assert page[1].html in text
    with pytest.raises(ValueError, match=r"Stepper.save: can't write '.png' files; choose .html."):
        page[1].save(tmp_path / "steps.png")


def test_a_notebook_is_given_text_and_html(page):
    bundle = page[1]._repr_mimebundle_()
    assert bundle == {"text/plain": repr(page[1]), "text/html": page[1].html}
    assert page[1]._repr_html_() == page[1].html


def test_sizes(page):
    assert len(page[1].html) < 85_000
    rng = np.random.default_rng(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(200, 10),
    )  # fmt: skip
    images = ag.tensor(rng.normal(size=(8, 1, 28, 28)).astype(np.float32))
    with ag.Tape() as tape:
        loss = nn.functional.cross_entropy(model(images), rng.integers(0, 10, 8))
        loss.backward()
    steps = tape.step(level="modules")
    assert len(steps.html) < 150_000
    data = payload(steps.html)
    boxes = {data["values"][key]["box"] for key in data["forward"]}
    assert len(boxes) < 15 < len(data["forward"])


def test_a_very_long_pass_shows_its_beginning():
    w = ag.tensor(1.0, requires_grad=True)
    with ag.Tape() as tape:
        z = w
        for k in range(1100):
            z = ag.sin(z) if k % 2 else ag.exp(z) * 0.1
    html = tape.step(z).html
    assert "These are the first 1000 of 1650 steps." in html
    assert len(html) < 3_000_000


def test_a_wide_operation_takes_no_time_for_each_pair_of_its_inputs():
    xs = [ag.tensor([float(k)], requires_grad=True) for k in range(300)]
    with ag.Tape() as tape:
        y = ag.concatenate(xs)
        loss = ag.sum(y**2)
    entry = tape["y"]
    assert all(not entry.reads(k) for k in range(300))  # so that a rule costs the same for each
    read = str(tape.step())
    assert "xs[299]" in read
    assert loss.item() == sum(k**2 for k in range(300))
    assert not tape.check({"y": np.ones(300)})


def test_a_name_that_is_no_text_is_shown_all_the_same():
    class Model(nn.Module):
        def forward(self, x):
            return getattr(self, "a\ud800b")(x)

    model = Model()
    setattr(model, "a\ud800b", nn.Linear(2, 1))
    with ag.Tape() as tape:
        loss = ag.sum(model(np.ones((1, 2))))
    assert loss.shape == ()
    tape.step().html.encode()
    tape.draw().svg.encode()
