"""Whether HTML is whole, and such that a notebook that is not trusted shows it as it is."""

import re
from base64 import b64decode
from html.parser import HTMLParser
from xml.etree import ElementTree

# What is used here, of what JupyterLab's sanitiser lets through.
TAGS = {
    "div", "span", "b", "br", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "img",
    "details", "summary", "hr",
}  # fmt: skip
COLOUR = re.compile(r"#[0-9a-f]{3,8}$|transparent$|none$")


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.opened, self.text, self.sources = [], [], []

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS, tag
        if tag not in ("br", "img", "hr"):
            self.opened.append(tag)
        for name, value in attrs:
            if name == "src":
                self.sources.append(value)
            for item in (value or "").split(";") if name == "style" else []:
                property, _, said = item.partition(":")
                if property in ("color", "background"):
                    assert COLOUR.match(said), item

    def handle_endtag(self, tag):
        assert self.opened.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def assert_safe(html):
    """Checks `html` and the pictures in it; returns its text."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert not reader.opened
    for source in reader.sources:
        head, _, data = source.partition(",")
        assert head == "data:image/svg+xml;base64"
        root = ElementTree.fromstring(b64decode(data))
        for element in root.iter():
            assert not any("nan" in value or "inf" in value for value in _numbers(element))
    return " ".join(" ".join(reader.text).split())


def _numbers(element):
    return [element.get(name, "") for name in ("x", "y", "width", "height", "fill-opacity")]
