"""The stepper's page in a browser: what a person presses, sees and hears of it."""

import re

import numpy as np
import pytest

import autograd as ag
from autograd.explain.look import number_text


@pytest.fixture(scope="module")
def tape():
    rng = np.random.default_rng(0)
    W = ag.tensor(rng.normal(size=(2, 3)), requires_grad=True)
    b = ag.tensor(np.zeros(3), requires_grad=True)
    x = ag.tensor(rng.normal(size=(2, 2)))
    with ag.Tape() as tape:
        z = x @ W + b
        h = ag.tanh(z)
        y = h * h + ag.exp(h)
        loss = (y**2).mean()
        loss.backward()
    return tape


@pytest.fixture(scope="module")
def path(tape, tmp_path_factory):
    return tape.step().save(tmp_path_factory.mktemp("viewer") / "steps.html")


@pytest.fixture
def opened(browser):
    """Opens a page, and at the end finds that nothing was complained of and nothing loaded."""
    seen, complaints, contexts = [], [], []

    def open_page(path, **options):
        options = {"viewport": {"width": 1400, "height": 800}, "reduced_motion": "reduce"} | options
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: seen.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_selector(".tg")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in seen if not url.startswith(("file:", "data:", "blob:"))] == []


def counter(page):
    return page.inner_text(".tg-counter")


def numbers(table):
    return table.evaluate(
        "table => [...table.rows].map(row => [...row.cells].map(cell => cell.textContent))"
    )


def as_text(array):
    return [[number_text(x) for x in row] for row in np.atleast_2d(array).tolist()]


def test_keys_and_buttons_step(opened, path, tape):
    page = opened(path)
    total = 2 * len(tape)
    assert counter(page) == f"1 / {total}"
    assert page.locator(".tapegrad-stepper > *").count() == 1  # the picture and table are gone
    page.focus(".tg")
    for key, expected in (
        ("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2), ("End", total), ("ArrowRight", total),
        ("Home", 1), ("ArrowLeft", 1),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert counter(page) == f"{expected} / {total}"
    page.get_by_role("button", name="Next").click()
    assert counter(page) == f"2 / {total}"
    page.get_by_role("button", name="Previous").click()
    assert counter(page) == f"1 / {total}"
    assert page.get_by_role("button", name="Previous").is_disabled()
    page.get_by_role("slider").fill(str(total))
    assert counter(page) == f"{total} / {total}"
    page.get_by_role("button", name="First").click()
    assert counter(page) == f"1 / {total}"
    assert page.inner_text(".tg-phase") == "forward"


def test_play_and_space(opened, path, tape):
    page = opened(path)
    page.focus(".tg")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press(" ")
    assert page.get_by_role("button", name="Pause").is_visible()
    page.wait_for_function(
        f"document.querySelector('.tg-counter').value.startsWith('{2 * len(tape)} /')"
    )
    page.wait_for_selector("button:text-is('Play')", timeout=5000)
    page.get_by_role("button", name="Play").click()
    assert counter(page).startswith("1 /")
    page.keyboard.press(" ")  # on the button: the browser's own click
    assert page.get_by_role("button", name="Play").is_visible()


def test_every_step_shows_the_numbers_of_the_tape(opened, path, tape):
    page = opened(path)
    page.focus(".tg")
    for entry in tape:
        tables = page.locator(".tg-panel > section table")
        assert numbers(tables.last) == as_text(entry.value)
        assert page.inner_text(".tg-panel h3 b") == entry.op
        page.keyboard.press("ArrowRight")
    assert page.inner_text(".tg-phase") == "backward"
    for step in tape.step():
        assert page.inner_text(".tg-panel h3 b") == step.entry.op
        assert page.inner_text(".tg-panel h3 i") == step.entry.label
        coming = page.locator(".tg-panel > section:not(.tg-given) table")
        assert numbers(coming) == as_text(step.cotangent)
        given = page.locator(".tg-given")
        assert given.count() == len(step.contributions)
        for k, (c, (place, n)) in enumerate(zip(step.contributions, step.places)):
            tables = given.nth(k).locator("table.tg-heat")
            assert numbers(tables.first) == as_text(c.value)
            assert numbers(tables.last) == as_text(c.total)
            text = given.nth(k).inner_text()
            assert f"cotangent of {c.to.label} +=" in text
            if place > 1:
                assert "+= accumulates" in text
            if place < n:
                assert f"total so far, {place} of {n}" in text
        assert step.entry.source.text in page.inner_text(".tg-panel dl")
        page.keyboard.press("ArrowRight")


def test_what_comes_later_is_dim_and_arrows_turn(opened, path, tape):
    page = opened(path)
    page.focus(".tg")

    def opacity(name):
        return page.locator(f"[data-name={name}]").evaluate("e => getComputedStyle(e).opacity")

    page.wait_for_timeout(300)
    assert opacity("e0") == "1"
    assert opacity("e4") == "0.38"
    assert page.locator(".tg-back").count() == 0
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    assert opacity("e0") == "1"
    assert opacity("i0") == "0.38"  # data: no gradient flows to it
    march = page.locator(".tg-back.tg-now path").first
    assert march.evaluate("e => getComputedStyle(e).strokeDasharray") != "none"
    assert march.evaluate("e => getComputedStyle(e).animationName") == "none"  # reduced motion
    heads = page.locator(".tg-back .head")
    assert heads.first.evaluate("e => getComputedStyle(e).display") == "none"
    moving = opened(path, reduced_motion="no-preference")
    moving.focus(".tg")
    moving.keyboard.press("End")
    march = moving.locator(".tg-back.tg-now path").first
    assert march.evaluate("e => getComputedStyle(e).animationName") == "tg-march"


def test_gradients_in_the_graph_appear_when_they_are_known(opened, path, tape):
    page = opened(path)
    page.focus(".tg")
    gradient = page.locator(f"[data-name=i{tape['W'].index}] > .gradient")
    assert not gradient.is_visible()
    page.keyboard.press("End")
    assert gradient.is_visible()
    page.get_by_text("depth-first, eager").click()
    assert not gradient.is_visible()  # that one would be another


def test_the_view_keeps_the_current_node_in_sight(opened, path):
    page = opened(path, viewport={"width": 700, "height": 900})
    page.focus(".tg")
    inside = """() => {
        const node = document.querySelector('.tg-now.node').getBoundingClientRect();
        const view = document.querySelector('.tg-stage').getBoundingClientRect();
        return node.top >= view.top - 1 && node.bottom <= view.bottom + 1;
    }"""
    for _ in range(16):
        assert page.evaluate(inside)
        page.keyboard.press("ArrowRight")
    stage, panel = (
        page.locator(".tg-stage").bounding_box(),
        page.locator(".tg-panel").bounding_box(),
    )
    assert panel["y"] >= stage["y"] + stage["height"]  # one below the other
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_click_lights_the_paths_and_says_what_each_contributes(opened, path, tape):
    page = opened(path)
    page.locator(f"[data-name=i{tape['b'].index}]").click()
    said = page.inner_text(".tg-paths")
    assert "3 paths lead from b to loss." in said
    ways = page.locator(".tg-paths table")
    assert ways.count() == 3
    total = sum(np.array(numbers(ways.nth(k)), dtype=float) for k in range(3))
    np.testing.assert_allclose(total[0], tape["b"].cotangent, rtol=1e-3)
    page.wait_for_timeout(300)
    dim = page.locator(".node.tg-off")
    assert {dim.nth(k).get_attribute("data-name") for k in range(dim.count())} == {"i0", "i1", "e0"}
    assert dim.first.evaluate("e => getComputedStyle(e).opacity") == "0.16"
    page.keyboard.press("Escape")
    assert page.locator(".tg-off").count() == 0
    node = page.locator("[data-name=i0]")
    node.focus()
    assert "x" in node.get_attribute("aria-label")
    page.keyboard.press("Enter")
    assert "No gradient flows from loss to x." in page.inner_text(".tg-paths")


def test_eager_shows_the_wrong_gradient_and_why(opened, path, tape):
    page = opened(path)
    eager = tape.step(order="eager")
    page.get_by_label("depth-first, eager").check()
    page.keyboard.press("Escape")
    page.focus(".tg")
    page.keyboard.press("End")
    total = len(tape) + len(eager)
    assert counter(page) == f"{total} / {total}"
    said = page.inner_text(".tg-verdict")
    assert "came too late" in said
    tables = page.locator(".tg-verdict table")
    wrong, right = eager.wrong[tape["W"]]
    assert numbers(tables.nth(0)) == as_text(wrong)
    assert numbers(tables.nth(1)) == as_text(right)
    assert "Too late: tanh has run before" in page.inner_text(".tg-given")
    assert page.locator(".tg-lost").count() == 2
    page.get_by_label("depth-first, eager").uncheck()
    assert page.locator(".tg-verdict").count() == 0
    assert counter(page) == f"{2 * len(tape)} / {2 * len(tape)}"


def test_the_order_that_was_asked_for_is_shown_first(opened, tape, tmp_path):
    page = opened(tape.step(order="eager").save(tmp_path / "eager.html"))
    assert page.get_by_label("depth-first, eager").is_checked()


@pytest.mark.parametrize(
    ("scheme", "wrapper", "dark"),
    [
        ("light", "", False),
        ("dark", "", True),
        ("dark", 'data-jp-theme-light="true"', False),
        ("light", 'data-jp-theme-light="false"', True),
        ("light", 'class="vscode-dark"', True),
        ("dark", 'class="vscode-light"', False),
    ],
)
def test_light_and_dark(opened, path, tmp_path, scheme, wrapper, dark):
    text = path.read_text(encoding="utf-8").replace("<body ", f"<body {wrapper} ")
    (tmp_path / "themed.html").write_text(text, encoding="utf-8")
    page = opened(tmp_path / "themed.html", color_scheme=scheme)
    background = page.locator(".tg").evaluate("e => getComputedStyle(e).backgroundColor")
    lightness = sum(map(int, re.findall(r"\d+", background)[:3])) / 3
    assert (lightness < 60) == dark
    box = page.locator(".node .box").first.evaluate("e => getComputedStyle(e).fill")
    assert (sum(map(int, re.findall(r"\d+", box)[:3])) / 3 < 128) == dark


def test_ctrl_and_wheel_zoom_and_the_wheel_alone_scrolls(opened, path):
    page = opened(path)

    def width():
        return page.locator(".tg-stage svg").bounding_box()["width"]

    before = width()
    page.mouse.move(300, 300)
    page.mouse.wheel(0, 200)
    page.wait_for_timeout(200)
    assert width() == before
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_function(
        f"document.querySelector('.tg-stage svg').getBoundingClientRect().width > {before}"
    )
    assert page.evaluate("visualViewport.scale") == 1


def test_steps_are_announced(opened, path):
    page = opened(path)
    live = page.locator("[aria-live=polite]")
    assert live.inner_text().startswith("Step 1 / 16, forward: v0 = matmul(x, W).")
    page.focus(".tg")
    page.keyboard.press("End")
    assert "backward" in live.inner_text()
    assert "Gives to W." in live.inner_text()


def test_keys_do_not_reach_the_page_around(opened, path):
    page = opened(path)
    page.evaluate("window.heard = []; document.addEventListener('keydown', e => heard.push(e.key))")
    page.focus(".tg")
    for key in ("ArrowRight", "End", " ", "Escape", "x"):
        page.keyboard.press(key)
    assert page.evaluate("heard") == ["x"]


def test_two_viewers_in_one_page_are_apart(opened, tape, tmp_path):
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as other:
        loss = ag.exp(w * 2).sum()
        loss.backward()
    fragments = [tape.step().html, other.step().html, other.step().html]
    path = tmp_path / "several.html"
    path.write_text("<!DOCTYPE html><meta charset=utf-8>" + "".join(fragments), encoding="utf-8")
    page = opened(path)
    page.wait_for_function("document.querySelectorAll('.tg').length === 3")
    page.locator(".tg").nth(1).focus()
    page.keyboard.press("End")
    texts = [page.locator(".tg-counter").nth(k).inner_text() for k in range(3)]
    assert texts == ["1 / 16", "6 / 6", "1 / 6"]


def test_without_scripts_the_picture_and_the_table_are_there(opened, path, tape):
    page = opened(path, java_script_enabled=False)
    image = page.locator(".tapegrad-stepper img")
    assert image.bounding_box()["width"] > 100
    assert page.locator("details summary").inner_text().split(";")[0].endswith(f"{len(tape)} steps")
    page.locator("summary").click()
    assert page.locator("details tr").count() == len(tape) + 1


def test_hostile_names(opened, tmp_path):
    name = "</script><img src=x onerror=alert(1)><b>&`${x}"
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        kept = {name: w * 2}
        loss = (kept[name] * kept[name]).sum()
        loss.backward()
    page = opened(tape.step().save(tmp_path / "hostile.html"))
    page.focus(".tg")
    for _ in range(6):
        assert page.locator(".tg img, .tg-panel b > *").count() == 0
        page.keyboard.press("ArrowRight")
    assert name in page.inner_text(".tg-panel")
