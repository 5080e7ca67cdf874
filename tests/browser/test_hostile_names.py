"""Everything that shows names, with names that mean harm, in a browser: nothing of it happens."""

from __future__ import annotations

import hostile
import pytest

# Every element that has a handler of its own gets what would call it.
PROVOKE = """() => {
    for (const element of document.querySelectorAll('*'))
        for (const kind of ['pointerenter', 'mouseover', 'focus', 'click', 'error', 'load', 'toggle'])
            element.dispatchEvent(new Event(kind));
    for (const head of document.querySelectorAll('[data-key]')) head.click();
}"""
THERE = """() => ({
    ran: window.__pwned,
    links: document.querySelectorAll('a, iframe, object, embed, form, [href^=javascript]').length,
    handlers: [...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())
        .filter(name => name.startsWith('on')).length,
    live: document.querySelectorAll('.tg').length,
    formulas: document.querySelectorAll('math').length,
})"""


@pytest.fixture
def opened(browser):
    """Opens a page; at the end nothing has been asked for, complained of, or said in a dialog."""
    seen, complaints = [], []
    context = browser.new_context(viewport={"width": 1400, "height": 900})

    def open_page(path):
        page = context.new_page()
        page.on("request", lambda request: seen.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on("popup", lambda popup: complaints.append(popup.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    context.close()
    assert complaints == []
    assert [url for url in seen if not url.startswith(("file:", "data:", "blob:"))] == []


def page_of(names, folder):
    """One page with everything that is HTML or SVG."""
    parts = []
    for name in names:
        shown = {**dict(hostile.pages(name, folder)), **dict(hostile.pictures(name, folder))}
        parts += [f"<section>{part}</section>" for part in shown.values() if "<body" not in part]
    path = folder / "page.html"
    text = f'<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>{"".join(parts)}</body></html>'
    path.write_text(text, "utf-8")
    return path


def test_no_script_runs_and_nothing_is_asked_for(opened, tmp_path):
    usual = opened(page_of([hostile.HARMLESS], tmp_path))
    usual.wait_for_selector(".tg >> nth=1")
    usual.evaluate(PROVOKE)
    expected = usual.evaluate(THERE)
    assert expected["ran"] is None
    assert expected["links"] == 0
    assert expected["live"] == 2
    assert expected["formulas"] > 20
    for which, name in hostile.NAMES.items():
        if which != "long":
            page = opened(page_of([name], tmp_path))
            page.wait_for_selector(".tg >> nth=1")
            page.evaluate(PROVOKE)
            assert page.evaluate(THERE) == expected, which
            page.close()


@pytest.mark.parametrize("file", ["steps.html", "graph.html", "graph.svg", "curves.svg"])
def test_nor_from_a_file(opened, tmp_path, file):
    for which in ("script", "attribute", "svg", "cdata"):
        name = hostile.NAMES[which]
        [*hostile.pages(name, tmp_path), *hostile.pictures(name, tmp_path)]
        page = opened(tmp_path / file)
        if file == "steps.html":
            page.wait_for_selector(".tg")
            for _ in range(12):
                page.keyboard.press("ArrowRight")
        page.evaluate(PROVOKE)
        assert page.evaluate("window.__pwned") is None
        page.close()
