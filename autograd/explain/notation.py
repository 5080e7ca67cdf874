r"""Formulas as data: made of parts, of the names of variables, and of templates in TeX.

A formula is a tree of `Math`: sums, products and powers know what they are, so that each of the
writers (see `typeset`) prints the parentheses that its style needs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from autograd.errors import printable
from autograd.explain.look import number_text

__all__ = ["Math", "symbol"]

# ---------------------------------------------------------------------- formulas


@dataclass(frozen=True)
class Math:
    """A part of a formula: what kind it is, its parts, and a symbol or an operator."""

    kind: str
    parts: tuple[Math, ...] = ()
    text: str = ""


NONE = Math("none")
ONE = Math("number", text="1")


def identifier(tex: str) -> Math:
    """One symbol, a letter or a command of TeX."""
    return Math("id", text=tex)


def word(text: str) -> Math:
    """Upright text; any characters."""
    return Math("word", text=printable(text))


def number(value: Any) -> Math:
    """A number as a person writes it; one that needs more than four digits ends in an ellipsis."""
    if isinstance(value, (bool, np.bool_)):
        return word(str(bool(value)))
    value = float(value)
    if math.isnan(value):
        return word("NaN")
    if value < 0 or (value == 0 and math.copysign(1, value) < 0):
        return negative(number(-value))
    if math.isinf(value):
        return identifier(r"\infty")
    for known, tex in _CONSTANTS.items():
        if math.isclose(value, known, rel_tol=1e-15):
            return parsed(tex)
    text = f"{value:.0f}" if value == int(value) and value < 1e6 else number_text(value)
    digits, _, exponent = text.partition("e")
    shown = Math("number", text=digits + ("" if float(text) == value else "…"))
    if not exponent:
        return shown
    power = script(Math("number", text="10"), sup=number(int(exponent)))
    return power if digits == "1" else Math("mul", (shown, power), r"\cdot")


_CONSTANTS = {
    math.log(2): r"\log 2",
    math.log(10): r"\log 10",
    math.pi: r"\pi",
    math.degrees(1): r"\frac{180}{\pi}",
    math.radians(1): r"\frac{\pi}{180}",
    2 / math.sqrt(math.pi): r"\frac{2}{\sqrt{\pi}}",
}


def negative(x: Math) -> Math:
    """``-x``; a minus before a minus goes."""
    return x.parts[0] if x.kind == "neg" else Math("neg", (x,))


def add(x: Math, y: Math, sign: str = "+") -> Math:
    """``x + y`` or ``x - y``, also where y has a minus of its own."""
    if y.kind == "neg":
        return add(x, y.parts[0], "-" if sign == "+" else "+")
    return Math("add", (x, y), sign)


def times(x: Math, y: Math, sign: str) -> Math:
    """A product; a minus of a factor comes before the whole, and so does a number.

    The sign is that of TeX, "" for a product of matrices, "scale" for that with a number.
    """
    if x.kind == "neg" or y.kind == "neg":
        product = times(_positive(x), _positive(y), sign)
        return product if x.kind == y.kind else negative(product)
    if sign == "scale" and is_number(y) and not is_number(x):
        x, y = y, x
    if sign == "scale" and is_number(x) and y.kind == "mul" and y.text == "scale":
        n, rest = y.parts
        for whole, part in ((x, n), (n, x)):  # 2 times 1/18 is 2/18
            if whole.kind == "number" and part.kind == "frac" and part.parts[0] == ONE:
                return Math("mul", (fraction(whole, part.parts[1]), rest), "scale")
        return Math("mul", (x, y), "scale")
    for factor, other, first in ((x, y, True), (y, x, False)):
        if factor.kind == "mul" and factor.text == "scale" and is_number(factor.parts[0]):
            rest = factor.parts[1]
            return times(
                factor.parts[0], times(*((rest, other) if first else (other, rest)), sign), "scale"
            )
    return Math("mul", (x, y), sign)


def _positive(x: Math) -> Math:
    return x.parts[0] if x.kind == "neg" else x


def is_number(x: Math) -> bool:
    pi = x.kind == "id" and x.text == r"\pi"
    return x.kind == "number" or pi or (x.kind == "frac" and all(map(is_number, x.parts)))


def head(x: Math) -> str:
    """The symbol of a function or of a big sign, without what stands below it."""
    return (x.parts[0] if x.kind == "script" else x).text


def fraction(x: Math, y: Math) -> Math:
    """x over y, a minus before the whole."""
    if x.kind == "neg" or y.kind == "neg":
        whole = fraction(_positive(x), _positive(y))
        return whole if x.kind == y.kind else negative(whole)
    return Math("frac", (x, y))


def script(x: Math, sub: Math = NONE, sup: Math = NONE) -> Math:
    """x with something below or above on its right; nothing is left out."""
    if (sub is NONE and sup is NONE) or (x == ONE and sub is NONE):
        return x
    if x.kind == "script" and (sub is NONE or x.parts[2] is NONE):
        inner, below, above = x.parts
        if sup is NONE and sub is not NONE:  # one below the other is not possible in TeX
            return Math("script", (inner, listed([below, sub]), NONE))
        if above is NONE:
            return Math("script", (inner, below, sup))
    return Math("script", (x, sub, sup))


def accented(x: Math, accent: str) -> Math:
    """x with a hat, a tilde, the bar of a cotangent; on the letter, and not on its index."""
    if x.kind in ("script", "nth"):
        return Math(x.kind, (accented(x.parts[0], accent), *x.parts[1:]), x.text)
    return Math("over", (x,), accent)


def listed(parts: Sequence[Math]) -> Math:
    """Several with commas between them, nothing left out."""
    parts = tuple(part for part in parts if part is not NONE)
    return parts[0] if len(parts) == 1 else Math("list", parts) if parts else NONE


def equation(*sides: Math) -> Math:
    """``a = b = c``."""
    whole = sides[0]
    for side in sides[1:]:
        whole = Math("rel", (whole, side), "=")
    return whole


# ---------------------------------------------------------------------- symbols for names

_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
GREEK = dict(zip(_GREEK_NAMES.split(), "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True))
_GREEK_LETTERS = {letter: name for name, letter in GREEK.items()}
_ACCENTS = ("hat", "tilde")  # and no bar, which is that of a cotangent


@cache
def symbol(name: str) -> Math:
    r"""The symbol for a variable of the user.

    >>> from autograd.explain.typeset import written
    >>> [written(symbol(n), "latex") for n in ("W1", "y_hat", "sigma", "loss", "x_train")]
    ['W_{1}', '\\hat{y}', '\\sigma', '\\mathrm{loss}', 'x_{\\mathrm{train}}']
    >>> [written(symbol(n), "text") for n in ("W1", "y_hat", "sigma", "fc.weight", "p['W']")]
    ['W₁', 'ŷ', 'σ', 'fc.weight', 'p[W]']
    """
    found = re.fullmatch(r"(\w+)\[(['\"]?)(\w+)\2\]", name)
    if found:
        return Math("index", (symbol(found[1]), _letter(found[3]) or word(found[3])))
    head, _, tail = name.strip("_").partition("_")
    found = re.fullmatch(r"(\D+)(\d+)", head)
    base, digits = (found[1], found[2]) if found else (head, "")
    letter = _letter(base)
    if letter is None or not name.isidentifier():
        found = re.fullmatch(r"([^\W\d_]+)_?(\d+)", name)
        return script(word(found[1]), _index(found[2])) if found else word(name)
    sub = [_index(digits)] if digits else []
    for part in filter(None, tail.split("_")):
        if part in _ACCENTS:
            letter = accented(letter, part)
        else:
            sub.append(_index(part))
    return script(letter, listed(sub))


def _index(part: str) -> Math:
    return Math("number", text=part) if part.isdigit() else _letter(part) or word(part)


def _letter(text: str) -> Math | None:
    text = _GREEK_LETTERS.get(text, text)
    if text in GREEK:
        return identifier(f"\\{text}")
    return identifier(text) if len(text) == 1 and text.isalpha() else None


def nth(x: Math, mark: str) -> Math:
    """One of several values of the same name: ``h@7`` in text, h with (7) above in a formula."""
    return Math("nth", (x,), mark.removeprefix("@")) if mark else x


# ---------------------------------------------------------------------- templates

_WORD = r"\\(?:operatorname|mathrm|text|mathbf|mathcal|boldsymbol)\*?\{[^{}]*\}"
_TOKEN = re.compile(_WORD + r"|\\[A-Za-z]+\*?|\\.|\d+(?:\.\d+)?|\S", re.DOTALL)
_SIGNS = {r"\odot", r"\cdot", r"\times", r"\star", r"\bmod", r"\otimes", r"\circ", "*", "/"}
_RELATIONS = {"=", "<", ">", ":", r"\to", r"\leftarrow", r"\rightarrow", r"\neq", r"\leq", r"\geq"}
_RELATIONS |= {r"\wedge", r"\vee", r"\lt", r"\gt", r"\in", ";"}
_FUNCTION_NAMES = (
    "log ln exp sin cos tan sinh cosh tanh arcsin arccos arctan max min det arg sum prod lim neg"
)
_FUNCTIONS = {f"\\{name}" for name in _FUNCTION_NAMES.split()}
_FENCES = {"(": ")", "[": "]", r"\lfloor": r"\rfloor", r"\lceil": r"\rceil", r"\|": r"\|"}
_FENCES |= {"|": "|", r"\{": r"\}", r"\langle": r"\rangle", r"\lvert": r"\rvert"}
_IGNORED = {r"\textstyle", r"\displaystyle", r"\left", r"\right", r"\,", r"\;", r"\!", r"\ "}


class _UnreadableError(ValueError):
    """A template that is no formula."""


class _Parser:
    """Reads a formula in TeX; holes are characters from the private use area of Unicode."""

    def __init__(self, tex: str) -> None:
        self.tokens = [t for t in _TOKEN.findall(tex) if t not in _IGNORED]
        self.tex = tex
        self.place = 0

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if not token or (expected and token != expected):
            raise _UnreadableError(f"{self.tex!r}: expected {expected or 'more'} at {token!r}")
        self.place += 1
        return token

    def whole(self) -> Math:
        result = self.list("")
        if self.peek():
            raise _UnreadableError(f"{self.tex!r}: did not expect {self.peek()!r}")
        return result

    def list(self, end: str) -> Math:
        parts = []
        while self.peek() != end:
            parts.append(self.relation(end))
            if self.peek() != ",":
                break
            self.take()
        return parts[0] if len(parts) == 1 else Math("list", tuple(parts)) if parts else NONE

    def relation(self, end: str) -> Math:
        x = self.sum(end)
        while self.peek() in _RELATIONS and self.peek() != end:
            sign = self.take()
            x = Math("rel", (x, self.sum(end)), sign)
        return x

    def sum(self, end: str) -> Math:
        sign = self.take() if self.peek() in ("+", "-") else ""
        if sign and not self._begins(end):
            return Math("op", text=sign)
        x = self.product(end)
        x = Math("neg", (x,)) if sign == "-" else Math("plus", (x,)) if sign else x
        while self.peek() in ("+", "-"):
            sign = self.take()
            x = Math("add", (x, self.product(end)), sign)
        return x

    def product(self, end: str) -> Math:
        x = self.prefix(end)
        while True:
            if self.peek() in _SIGNS:
                sign = self.take()
            elif self._begins(end):
                sign = ""
            else:
                return x
            x = Math("mul", (x, self.prefix(end)), sign)

    def _begins(self, end: str) -> bool:
        """Whether a factor begins here."""
        token = self.peek()
        closing = {*_FENCES.values(), "}", ",", "&", r"\\", r"\end", "", "+", "-"} - {r"\|", "|"}
        return token != end and token not in closing | _RELATIONS | _SIGNS

    def prefix(self, end: str) -> Math:
        token = self.peek()
        function = token in _FUNCTIONS or token.startswith(r"\operatorname")
        named = function or token[:1] == "\\" or (token.isalnum() and not token.isdigit())
        x = self.scripted(end)
        if self.peek() == "(" and named and not _hole(token) and x.kind != "frac":
            return Math("call", (x, self.atom(end)))
        if function and self._begins(end):
            return Math("func", (x, self.prefix(end)))
        return x

    def scripted(self, end: str) -> Math:
        x, sub, sup = self.atom(end), NONE, NONE
        while self.peek() in ("_", "^", "[") and self.peek() != end:
            token = self.take()
            if token == "[":
                x = Math("index", (x, self.list("]")))
                self.take("]")
            elif token == "_":
                sub = self.argument()
            else:
                sup = self.argument()
        return Math("script", (x, sub, sup)) if (sub, sup) != (NONE, NONE) else x

    def argument(self) -> Math:
        """What stands in braces, or one symbol."""
        if self.peek() != "{":
            return Math("op", text=self.take()) if self.peek() in ("+", "*") else self.atom("")
        self.take()
        inner = self.list("}")
        self.take("}")
        return inner

    def atom(self, end: str) -> Math:
        token = self.take()
        if _hole(token):
            return Math("hole", text=token)
        if token == "{":
            self.place -= 1
            return self.argument()
        if token in (r"\frac", r"\tfrac", r"\dfrac"):
            return Math("frac", (self.argument(), self.argument()))
        if token == r"\sqrt":
            index = NONE
            if self.peek() == "[":
                self.take()
                index = self.list("]")
                self.take("]")
            return Math("sqrt", (self.argument(), index))
        if token in (r"\overline", r"\bar", r"\hat", r"\tilde"):
            accent = token[1:].replace("overline", "bar")
            return Math("over", (self.argument(),), accent)
        if re.fullmatch(_WORD, token):
            text = re.sub(r"\\(.)", r"\1", token[token.index("{") + 1 : -1])
            if _hole(text):
                return Math("hole", text=text)
            return identifier(token) if token == r"\mathbf{1}" else word(text)
        if token == r"\begin":
            return self.cases()
        if token in _FENCES:
            inner = self.list(_FENCES[token])
            self.take(_FENCES[token])
            return Math("fence", (inner,), f"{token} {_FENCES[token]}")
        if token in ("}", "&", r"\\", "_", "^", r"\end"):
            raise _UnreadableError(f"{self.tex!r}: did not expect {token!r}")
        return Math("number", text=token) if token[0].isdigit() else identifier(token)

    def cases(self) -> Math:
        self.argument()
        cells = []
        while self.peek() != r"\end":
            cells.append(self.list("&"))
            self.take("&")
            cells.append(self.list(r"\\"))
            if self.peek() == r"\\":
                self.take()
        self.take()
        self.argument()
        return Math("cases", tuple(cells))


def _hole(text: str) -> bool:
    return len(text) == 1 and "\ue000" <= text < "\uf8ff"


@cache
def parsed(tex: str) -> Math:
    return _Parser(tex).whole()


@cache
def template_of(tex: str, names: tuple[str, ...]) -> Math | None:
    """The template with a hole for each name; None if it can't be read."""
    holes = {name: chr(0xE000 + k) for k, name in enumerate(names)}
    try:
        return parsed(tex.format(**holes)) if tex else None
    except (KeyError, IndexError, ValueError):
        return None


def filled(template: Math, values: Sequence[Math]) -> Math:
    """The template with what belongs into its holes."""
    if template.kind == "hole":
        return values[ord(template.text) - 0xE000]
    if template == NONE:
        return NONE
    parts = tuple(filled(part, values) for part in template.parts)
    match template.kind:
        case "neg":
            return negative(parts[0])
        case "plus":
            return parts[0]
        case "add":
            return add(parts[0], parts[1], template.text)
        case "mul":
            return times(parts[0], parts[1], template.text)
        case "frac":
            return fraction(*parts)
        case "script":
            return script(*parts)
        case "list":
            return listed(parts)
        case "call" if parts[1] is NONE:
            return parts[0]
        case "fence" if parts[0] is NONE:
            return NONE
        case "func" | "index" if parts[1] is NONE:
            return parts[0]
        case "func" if parts[1].kind == "neg" and head(parts[0]) == r"\sum":
            return negative(Math("func", (parts[0], parts[1].parts[0])))
    return Math(template.kind, parts, template.text)
