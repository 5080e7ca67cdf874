"""Names are text wherever they are shown: never markup, script, a link, a formula or a forged line.

Names that mean harm (tests/hostile.py) stand wherever one can stand, and everything that
shows names is looked at: it must be built just as with a harmless name, and hold the name as text.
"""

from __future__ import annotations

import base64
import html
import json
import re
import subprocess
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import hostile
import numpy as np
import pytest
from hostile import HARMLESS, NAMES

import autograd as ag
import nn
from autograd.errors import printable
from autograd.explain import render, show, stepper, svg, table, typeset
from nn.functional.checks import printable as of_nn

VOID = {"img", "br", "hr", "meta", "col", "input"}
SVG = "{http://www.w3.org/2000/svg}"
FORBIDDEN = {"a", "iframe", "object", "embed", "form", "base", "link", "foreignObject", "maction"}
FOLLOWED = {"href", "src", "action", "formaction", "srcset", "background", "ping", "poster"}


def only_printable(text: str) -> None:
    """No character that a file, a parser or a terminal would stumble over."""
    strange = {c for c in text if not c.isprintable()} - {"\n"}
    assert not strange, strange


class Page(HTMLParser):
    """The elements of a page with the names of their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.built: list[Any] = []
        self.handlers: list[str] = []
        self.opened: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.built.append((tag, tuple(name for name, _ in attrs)))
        assert tag not in FORBIDDEN, tag
        assert len({name for name, _ in attrs}) == len(attrs)
        if tag not in VOID:
            self.opened.append(tag)
        for name, value in attrs:
            self._attribute(name, value or "")

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def _attribute(self, name: str, value: str) -> None:
        self.said.append(value)
        if name.startswith("on"):
            self.handlers.append(value)
        if name == "style":
            assert not re.search(r"url|expression|import|@|\\", value), value
        if name in FOLLOWED or name.endswith(":href"):
            head, _, data = value.partition(",")
            if head == "data:image/svg+xml;base64":
                picture = base64.b64decode(data).decode()
                built, said = built_svg(picture)
                self.built += built
                self.said += said
            else:
                assert head == "data:image/png;base64", value

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag
        self.built.append(tag)

    def handle_data(self, data: str) -> None:
        if self.opened[-1:] != ["script"]:
            self.said.append(data)
            return
        for built, said in scripted(data):
            self.built += built
            self.said += said

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_pi = unknown_decl = handle_comment

    def handle_decl(self, decl: str) -> None:
        assert decl == "DOCTYPE html"


def built_html(text: str) -> tuple[list[Any], list[str], list[str]]:
    """How a page is built, what it says, and what it does at events."""
    only_printable(text)
    page = Page()
    page.feed(text)
    page.close()
    assert not page.opened, page.opened
    return page.built, page.said, page.handlers


def scripted(script: str) -> Iterator[tuple[list[Any], list[str]]]:
    """What our two scripts put into the page; another script is an error."""
    call = script.strip().splitlines()[-1]
    if found := re.fullmatch(r'\}\)\("[0-9a-f]{8}", (".*")\);', call):
        assert "<" not in found[1]
        if "data-tape" in script:  # the stepper's
            data = json.loads(zlib.decompress(base64.b64decode(json.loads(found[1]))))
            assert "__proto__" not in data["values"]
            for formula in _formulas(data):
                yield built_svg(formula["mathml"])
                yield [], [formula["text"]]
        else:
            built, said, handlers = built_html(json.loads(found[1]))
            assert not handlers
            yield built, said
    else:
        raise AssertionError(call)


def _formulas(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if "mathml" in value:
            yield value
        for inner in value.values():
            yield from _formulas(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _formulas(inner)


def built_svg(text: str) -> tuple[list[Any], list[str]]:
    """How SVG or MathML is built, and what it says."""
    only_printable(text)
    assert "<!" not in text
    assert "<?" not in text
    built, said = [], []
    for element in ElementTree.fromstring(text).iter():
        tag = element.tag.rpartition("}")[2]
        built.append((tag, *element.keys()))
        assert tag not in {*FORBIDDEN, "script", "set", "animate", "use"}
        for name, value in element.items():
            assert not name.startswith("on")
            if name.rpartition("}")[2] in FOLLOWED:
                assert value.startswith("data:image/png;base64,")
        said += [element.text or "", element.tail or "", *element.attrib.values()]
    return built, said


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tmp_path_factory.mktemp("markup")


@pytest.fixture(scope="module")
def harmless(folder: Any) -> dict[str, dict[str, str]]:
    """What everything looks like with a name that means no harm."""
    kinds = (hostile.texts, hostile.errors, hostile.pages, hostile.pictures)
    return {kind.__name__: dict(kind(HARMLESS, folder)) for kind in kinds}


each_name = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)


@each_name
def test_in_a_page(harmless, folder, name):
    everything = []
    for what, page in hostile.pages(name, folder):
        built, said, handlers = built_html(page)
        usual, _, usual_handlers = built_html(harmless["pages"][what])
        assert built == usual, what
        assert handlers == usual_handlers, what
        everything += said
    assert_told(name, everything)


@each_name
def test_in_a_picture(harmless, folder, name):
    everything = []
    for what, picture in hostile.pictures(name, folder):
        built, said = built_svg(picture)
        assert built == built_svg(harmless["pictures"][what])[0], what
        everything += said
    assert_told(name, everything)


def assert_told(name: str, said: list[str]) -> None:
    """The name is there as it is, escaped neither never nor twice, or its beginning."""
    whole = "\n".join(said)
    assert printable(name)[:18] in whole
    for entity in ("&lt;", "&amp;", "&quot;", "&#x27;"):
        assert html.unescape(entity) not in name or (entity in whole) <= (entity in name)


@each_name
def test_in_text(harmless, folder, name):
    everything = []
    for what, text in hostile.texts(name, folder):
        only_printable(text)
        usual = harmless["texts"][what]
        if what not in ("derivation", "shapes"):  # a note stands below a wide equation
            assert len(text.splitlines()) == len(usual.splitlines()), what
        assert "\n0001  forged" not in text
        everything.append(text)
    assert printable(name)[:18] in "\n".join(everything)


@each_name
def test_in_an_error(harmless, folder, name):
    told = dict(hostile.errors(name, folder))
    assert told.keys() == harmless["errors"].keys()
    for what, message in told.items():
        only_printable(message)
        assert len(message.splitlines()) == len(harmless["errors"][what].splitlines()), what
    assert printable(name)[:18] in "\n".join(told.values())


def test_in_an_error_that_tells_a_variable():
    message = hostile.of_a_variable(NAMES["terminal"])
    assert printable(NAMES["terminal"]) in message
    only_printable(message)


def test_the_two_packages_escape_alike():
    for name in (HARMLESS, *NAMES.values()):
        assert printable(name) == of_nn(name)
        assert printable(name).isprintable()
        assert printable(printable(name)) == printable(name)
    assert printable(HARMLESS) == HARMLESS


# What stands for the characters of a name that mean something in LaTeX.
ESCAPES = {r"\backslash", r"\sim", r"\lt", r"\gt", r"\text", r"\vert", r"\mathrm", r"\ "}
ESCAPES |= {f"\\{c}" for c in "_&%#${}"}


@each_name
def test_in_latex(name):
    usual = set(re.findall(r"\\[A-Za-z]+|\\.", of_a_tape(HARMLESS)))
    latex = of_a_tape(name)
    only_printable(latex)
    assert set(re.findall(r"\\[A-Za-z]+|\\.", latex)) <= usual | ESCAPES
    bare = re.sub(r"\\.", "", re.sub(r"\\text\{.\}", "", latex))
    assert bare.count("{") == bare.count("}")
    assert not set("$%#~\"'`<>|") & set(bare)


def of_a_tape(name: str) -> str:
    tape, _, scope = hostile.recorded(name)
    x = scope["held"][name]
    parts = [tape.derive(x), tape.derive(x, shapes=True), ag.rule(tape[-1])]
    return "\n".join(part.latex for part in parts)


def test_in_a_graph_of_graphviz(folder):
    """Graphviz reads the text, and finds as many nodes and arrows and not one link."""
    graphs = []
    for name in (HARMLESS, *NAMES.values()):
        tape, *_ = hostile.recorded(name)
        for level in ("ops", "modules"):
            graphs.append(tape.draw(level=level).save(folder / "graph.dot").read_text("utf-8"))
            only_printable(graphs[-1].replace("\t", ""))
    try:
        run = subprocess.run(
            ["dot", "-Tsvg"], input="\n".join(graphs), capture_output=True, text=True, check=True
        )
    except FileNotFoundError:
        pytest.skip("needs Graphviz")
    assert run.stderr == ""
    drawn = run.stdout.split("<?xml")[1:]
    assert len(drawn) == len(graphs)
    counts = [re.findall(r'class="(\w+)"', picture) for picture in drawn]
    for k, picture in enumerate(drawn):
        assert counts[k] == counts[k % 2]
        root = ElementTree.fromstring(f"<?xml{picture}".encode())
        tags = {element.tag for element in root.iter()}
        assert tags <= {SVG + tag for tag in ("svg", "g", "title", "polygon", "path", "text")}


def test_in_a_picture_that_graphviz_paints(folder):
    tape, *_ = hostile.recorded(NAMES["record"])
    assert tape.draw().save(folder / "graph.png").read_bytes()[:4] == b"\x89PNG"


def test_in_a_progress_bar(capfd):
    name = NAMES["terminal"]
    metric = hostile.called("metric", lambda prediction, target: 1.0)
    metric.__name__ = name
    model = nn.Linear(2, 1)
    data = [(np.ones((3, 2), "float32"), np.ones((3, 1), "float32"))]
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    history = nn.fit(model, nn.MSELoss(), data, optimizer=optimizer, epochs=1, metrics=[metric])
    assert list(history)[1] == name
    shown = capfd.readouterr().err
    assert printable(name) in shown
    assert name not in shown
    assert "\x07" not in shown


def test_in_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(render, "render_dot", lambda *_: None)
    path = tmp_path / f"{NAMES['terminal'].replace('/', '')}.png"
    with pytest.warns(UserWarning, match="instead") as warned:
        ag.draw(ag.tensor(1.0, requires_grad=True) * 2).save(path)
    only_printable(str(warned[0].message))


def test_a_template_of_a_formula_is_no_markup():
    """A primitive's own TeX is code of the program; it becomes no element all the same."""
    for text in (r"\href{{javascript:x}}{{{x}}}", r"\text{{</math><script>}} {x}", "<b>&{x}\u202e"):
        function = ag.primitive(lambda x: x * 1, name="told", x=lambda g: g, tex=text)
        with ag.Tape() as tape:
            function(ag.tensor(1.0, requires_grad=True))
        for equations in (ag.rule(function), tape.derive(tape.inputs[0])):
            built, _, _ = built_html(equations._repr_mimebundle_()["text/html"])
            tags = {element[0] for element in built if isinstance(element, tuple)}
            assert "math" in tags
            assert not tags & {"b", "href", "mtable"}


def test_escapes_that_are_forgotten_are_found(harmless, folder, monkeypatch):
    """The tests above fail without the escapes, in each of the formats."""
    for module in (show, table, svg, typeset, stepper):
        with monkeypatch.context() as patch:
            patch.setattr(module, "escape", lambda text, *_, **__: text)
            try:
                test_in_a_page(harmless, folder, NAMES["script"])
            except (AssertionError, ElementTree.ParseError):
                continue
            pytest.fail(f"{module.__name__} escapes nothing that was looked at")
