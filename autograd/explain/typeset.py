"""Formulas written down: as LaTeX, as MathML, and as plain text."""

from __future__ import annotations

import unicodedata
from xml.sax.saxutils import escape

from autograd.explain.notation import GREEK, NONE, Math, head, is_number, script, word

__all__ = ["written"]

# How tightly a part holds together: what is looser than its place allows is put in parentheses.
_LIST, _REL, _SUM, _PRODUCT, _PREFIX, _SCRIPT, _ATOM = range(7)
_LEVELS = {
    "list": _LIST,
    "rel": _REL,
    "add": _SUM,
    "neg": _SUM,
    "mul": _PRODUCT,
    "func": _PREFIX,
    "frac": _SCRIPT,
    "script": _SCRIPT,
    "nth": _SCRIPT,
}

# What stands for a symbol of TeX in plain text.
_UNICODE = {f"\\{name}": letter for name, letter in GREEK.items()} | {
    r"\odot": "⊙",
    r"\cdot": "·",
    r"\times": "×",
    r"\otimes": "⊗",
    r"\star": "⋆",
    r"\circ": "∘",
    r"\bmod": "mod",
    r"\to": "→",
    r"\rightarrow": "→",
    r"\leftarrow": "←",
    r"\neq": "≠",
    r"\leq": "≤",
    r"\geq": "≥",
    r"\lt": "<",
    r"\gt": ">",
    r"\in": "∈",
    r"\wedge": "∧",
    r"\vee": "∨",
    r"\neg": "¬",
    r"\sum": "Σ",
    r"\prod": "Π",
    r"\int": "∫",
    r"\infty": "∞",
    r"\partial": "∂",
    r"\top": "⊤",
    r"\ldots": "…",
    r"\lfloor": "⌊",
    r"\rfloor": "⌋",
    r"\lceil": "⌈",
    r"\rceil": "⌉",
    r"\|": "‖",
    r"\{": "{",
    r"\}": "}",
    r"\langle": "⟨",
    r"\rangle": "⟩",
    r"\lvert": "|",
    r"\rvert": "|",
    r"\mathbf{1}": "𝟏",
    r"\nabla": "∇",
    r"\ell": "ℓ",
    "*": "∗",
    "-": "−",
}
_ABOVE = dict(zip("0123456789+-−⊤()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ᵀ⁽⁾", strict=True))
_BELOW = dict(zip("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋", strict=True))
_COMBINING = {"bar": "\u0304", "hat": "\u0302", "tilde": "\u0303"}


def written(x: Math, style: str) -> str:
    """The formula as "text", "latex" or "mathml" (a whole ``<math>`` element).

    Raises ValueError for another style.
    """
    if style == "text":
        return unicodedata.normalize("NFC", _Text().of(x))
    if style == "latex":
        return _Latex().of(x)
    if style == "mathml":
        return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{_MathML().of(x)}</math>'
    raise ValueError(f"written: received style={style!r}; give 'text', 'latex' or 'mathml'.")


class _Writer:
    """What the styles have in common: where parentheses are needed."""

    levels = _LEVELS

    def of(self, x: Math) -> str:
        """x, written."""
        return str(getattr(self, f"write_{x.kind}")(x))

    def fenced(self, inside: str) -> str:
        raise NotImplementedError

    def level(self, x: Math) -> int:
        if (x.kind == "script" and x.parts[2] is NONE) or x.text == "near":
            return _ATOM
        return self.levels.get(x.kind, _ATOM)

    def at(self, x: Math, level: int) -> str:
        """x, in parentheses if it is looser than that; a condition that counts, in brackets."""
        if x.kind == "rel" and level >= _PRODUCT:
            return self.of(Math("fence", (x,), "[ ]"))
        return self.fenced(self.of(x)) if self.level(x) < level else self.of(x)

    def left(self, x: Math) -> str:
        """The left side of a relation, in parentheses if that is another one."""
        side = x.parts[0]
        chain = side.text == x.text and x.text in (r"\wedge", r"\vee")
        return self.of(side) if chain else self.fenced(self.of(side)) if (
            side.kind == "rel"
        ) else self.at(side, _SUM)  # fmt: skip

    def factors(self, x: Math) -> tuple[str, str]:
        left, right = x.parts
        loose_left = left.kind == "mul" and x.text != left.text and "scale" not in (
            x.text, left.text
        )  # fmt: skip
        tight_right = right.kind == "mul" and (
            (x.text == right.text and x.text not in ("/", "*"))
            or (x.text == "scale" and is_number(left))
        )
        open_left = self.ends_open(left)
        if right.kind == "func" and _is_big(right.parts[0]) and not is_number(left):
            return self.at(left, _PRODUCT), self.fenced(self.of(right))  # where does the sum end?
        return (
            self.fenced(self.of(left)) if loose_left or open_left else self.at(left, _PRODUCT),
            self.of(right) if tight_right else self.at(right, _PREFIX),
        )

    def argument(self, x: Math) -> str:
        """What a function or a sum is applied to without parentheses of its own."""
        arg = x.parts[1]
        if not _is_big(x.parts[0]):
            return self.at(arg, _SCRIPT)
        first = arg
        while first.kind == "mul" or (first.kind == "frac" and self.level(first) == _PRODUCT):
            first = first.parts[0]
        if first is not arg and self.level(first) < _PRODUCT:  # whose parentheses would mislead
            return self.fenced(self.of(arg))
        return self.at(arg, _PRODUCT)

    def ends_open(self, x: Math) -> bool:
        """Whether a factor on the right would seem to belong to its last function."""
        while x.kind == "mul":
            x = x.parts[1]
        return x.kind == "func"


def _is_big(x: Math) -> bool:
    return head(x) in (r"\sum", r"\prod")


def _marked(x: Math) -> Math:
    """One of several values of a name, with its number above."""
    place = Math("number", text=x.text) if x.text.isdigit() else word(x.text)
    return script(x.parts[0], sup=Math("fence", (place,), "( )"))


class _Latex(_Writer):
    def fenced(self, inside: str) -> str:
        return rf"\left({inside}\right)"

    def write_none(self, x: Math) -> str:
        return ""

    def write_id(self, x: Math) -> str:
        return x.text

    write_op = write_id

    def write_number(self, x: Math) -> str:
        return x.text.replace("…", r"\ldots")

    def write_word(self, x: Math) -> str:
        return rf"\mathrm{{{''.join(_TEX.get(c, c) for c in x.text)}}}"

    def write_list(self, x: Math) -> str:
        return r",\,".join(map(self.of, x.parts))

    def write_rel(self, x: Math) -> str:
        return f"{self.left(x)} {x.text} {self.at(x.parts[1], _SUM)}"

    def write_add(self, x: Math) -> str:
        right = self.at(x.parts[1], _PRODUCT if x.text == "-" else _SUM)
        return f"{self.of(x.parts[0])} {x.text} {right}"

    def write_neg(self, x: Math) -> str:
        return f"-{self.at(x.parts[0], _PRODUCT)}"

    def write_mul(self, x: Math) -> str:
        left, right = self.factors(x)
        if x.text == "near":
            return f"{left} {right}"
        return f"{left}\\,{right}" if x.text in ("", "scale") else f"{left} {x.text} {right}"

    def write_frac(self, x: Math) -> str:
        return rf"\frac{{{self.of(x.parts[0])}}}{{{self.of(x.parts[1])}}}"

    def write_sqrt(self, x: Math) -> str:
        index = f"[{self.of(x.parts[1])}]" if x.parts[1] is not NONE else ""
        return rf"\sqrt{index}{{{self.of(x.parts[0])}}}"

    def write_script(self, x: Math) -> str:
        base, sub, sup = x.parts
        text = self.at(base, _ATOM)
        text += f"_{{{self.of(sub)}}}" if sub is not NONE else ""
        return text + (f"^{{{self.of(sup)}}}" if sup is not NONE else "")

    def write_nth(self, x: Math) -> str:
        return self.write_script(_marked(x))

    def write_over(self, x: Math) -> str:
        long = x.parts[0].kind != "id"
        mark = x.text.replace("cotangent", "bar")
        wide = {"bar": "overline", "hat": "widehat", "tilde": "widetilde"}[mark]
        return rf"\{wide if long else mark}{{{self.of(x.parts[0])}}}"

    def write_under(self, x: Math) -> str:
        return rf"\underset{{\scriptscriptstyle {x.text}}}{{{self.of(x.parts[0])}}}"

    def write_fence(self, x: Math) -> str:
        begin, end = x.text.split()
        if begin in ("|", r"\|"):  # (a bar would end the cell of a table in Markdown)
            begin, end = (r"\lvert", r"\rvert") if begin == "|" else (r"\lVert", r"\rVert")
        return rf"\left{begin} {self.of(x.parts[0])} \right{end}"

    def write_call(self, x: Math) -> str:
        return self.of(x.parts[0]) + self.of(x.parts[1])

    def write_func(self, x: Math) -> str:
        inside = self.argument(x)
        gap = r"\," if x.parts[0].kind == "word" else " "
        return f"{self.of(x.parts[0])}{gap}{inside}"

    def write_index(self, x: Math) -> str:
        return f"{self.at(x.parts[0], _ATOM)}\\left[{self.of(x.parts[1])}\\right]"

    def write_cases(self, x: Math) -> str:
        rows = zip(x.parts[::2], x.parts[1::2], strict=True)
        cells = r" \\ ".join(f"{self.of(a)} & {self.of(b)}" for a, b in rows)
        return rf"\begin{{cases}} {cells} \end{{cases}}"


_TEX = {c: f"\\{c}" for c in "_&%#${}"} | {
    " ": r"\ ",
    "\\": r"\backslash ",
    "^": r"\text{^}",
    "~": r"\sim ",
    "<": r"\lt ",
    ">": r"\gt ",
    "'": r"\text{'}",
    '"': r"\text{\"}".replace('\\"', '"'),
    "-": r"\text{-}",
    "|": r"\vert ",
    "`": r"\text{‘}",
}


class _Text(_Writer):
    levels = _LEVELS | {"frac": _PRODUCT, "sqrt": _SCRIPT}

    def fenced(self, inside: str) -> str:
        return f"({inside})"

    def factors(self, x: Math) -> tuple[str, str]:
        left, right = super().factors(x)
        return (f"({left})" if x.parts[0].kind == "frac" and x.text != "/" else left), right

    def write_none(self, x: Math) -> str:
        return ""

    def write_id(self, x: Math) -> str:
        text = x.text
        return _UNICODE.get(text, text.lstrip("\\"))

    write_op = write_id

    def write_number(self, x: Math) -> str:
        return x.text

    write_word = write_number

    def write_list(self, x: Math) -> str:
        return ", ".join(map(self.of, x.parts))

    def write_rel(self, x: Math) -> str:
        sign = _UNICODE.get(x.text, x.text)
        return f"{self.left(x)} {sign} {self.at(x.parts[1], _SUM)}"

    def write_add(self, x: Math) -> str:
        right = self.at(x.parts[1], _PRODUCT if x.text == "-" else _SUM)
        return f"{self.of(x.parts[0])} {_UNICODE.get(x.text, x.text)} {right}"

    def write_neg(self, x: Math) -> str:
        return f"−{self.at(x.parts[0], _PRODUCT)}"

    def write_mul(self, x: Math) -> str:
        left, right = self.factors(x)
        if x.text in ("", "scale", "near"):
            return left + right if x.text == "near" else f"{left} {right}"
        return f"{left} {_UNICODE.get(x.text, x.text)} {right}"

    def write_frac(self, x: Math) -> str:
        top, bottom = x.parts
        left = self.at(top, _PRODUCT)
        return f"{f'({left})' if self.ends_open(top) else left} / {self.at(bottom, _SCRIPT)}"

    def write_sqrt(self, x: Math) -> str:
        root = {"": "√", "3": "∛"}.get(self.of(x.parts[1]), f"√[{self.of(x.parts[1])}]")
        return root + self.at(x.parts[0], _ATOM)

    def write_script(self, x: Math) -> str:
        base, sub, sup = x.parts
        text = self.at(base, _ATOM)
        if sub is not NONE:
            text += self.small(self.of(sub), sub, "_", _BELOW)
        if sup is not NONE:
            text += self.small(self.of(sup), sup, "^", _ABOVE)
        return text

    def small(self, text: str, x: Math, mark: str, table: dict[str, str]) -> str:
        if all(c in table for c in text):
            return "".join(table[c] for c in text)
        return mark + (text if self.level(x) == _ATOM and " " not in text else f"({text})")

    def write_nth(self, x: Math) -> str:
        return f"{self.of(x.parts[0])}@{x.text}"

    def write_over(self, x: Math) -> str:
        inside = self.of(x.parts[0])
        if x.text == "cotangent":  # as in a formula for Tape.check: a bar is lost in many fonts
            return f"g_{inside}"
        return inside + _COMBINING[x.text] if len(inside) == 1 else f"{x.text}({inside})"

    def write_under(self, x: Math) -> str:
        return self.of(x.parts[0])

    def write_fence(self, x: Math) -> str:
        begin, end = (_UNICODE.get(side, side) for side in x.text.split())
        return f"{begin}{self.of(x.parts[0])}{end}"

    def write_call(self, x: Math) -> str:
        return self.of(x.parts[0]) + self.of(x.parts[1])

    def write_func(self, x: Math) -> str:
        inside = self.argument(x)
        gap = "" if x.parts[0].text == r"\neg" else " "
        return f"{self.of(x.parts[0])}{gap}{inside}"

    def write_index(self, x: Math) -> str:
        return f"{self.at(x.parts[0], _ATOM)}[{self.of(x.parts[1])}]"

    def write_cases(self, x: Math) -> str:
        cells = [self.of(part) for part in x.parts]
        rows = zip(cells[::2], cells[1::2], strict=True)
        return "{" + "; ".join(
            f"{a} {b}" if b == "else" else f"{a} where {b}" for a, b in rows
        ) + "}"  # fmt: skip


class _MathML(_Writer):
    def fenced(self, inside: str) -> str:
        return f"<mrow><mo>(</mo>{inside}<mo>)</mo></mrow>"

    def write_none(self, x: Math) -> str:
        return "<mrow></mrow>"

    def write_id(self, x: Math) -> str:
        if _is_big(x):
            sign = {r"\sum": "∑", r"\prod": "∏"}[x.text]
            return f'<mo largeop="false" movablelimits="false">{sign}</mo>'
        text = _Text().write_id(x)
        if x.text in _UNICODE and not text.isalpha():
            return f'<mi mathvariant="normal">{escape(text)}</mi>'
        if len(text) > 1:
            return f'<mi mathvariant="normal">{escape(text)}</mi>'
        return f"<mi>{escape(text)}</mi>"

    def write_side(self, x: Math) -> str:
        return f"<mrow><mo>=</mo>{self.of(x.parts[0])}</mrow>"

    def write_op(self, x: Math) -> str:
        return f"<mo>{escape(_UNICODE.get(x.text, x.text))}</mo>"

    def write_number(self, x: Math) -> str:
        return f"<mn>{escape(x.text)}</mn>"

    def write_word(self, x: Math) -> str:
        return f"<mtext>{escape(x.text)}</mtext>"

    def write_list(self, x: Math) -> str:
        return f"<mrow>{'<mo>,</mo>'.join(map(self.of, x.parts))}</mrow>"

    def write_rel(self, x: Math) -> str:
        sign = self.write_op(Math("op", text=x.text))
        return f"<mrow>{self.left(x)}{sign}{self.at(x.parts[1], _SUM)}</mrow>"

    def write_add(self, x: Math) -> str:
        right = self.at(x.parts[1], _PRODUCT if x.text == "-" else _SUM)
        sign = self.write_op(Math("op", text=x.text))
        return f"<mrow>{self.of(x.parts[0])}{sign}{right}</mrow>"

    def write_neg(self, x: Math) -> str:
        return f'<mrow><mo form="prefix">−</mo>{self.at(x.parts[0], _PRODUCT)}</mrow>'

    def write_mul(self, x: Math) -> str:
        left, right = self.factors(x)
        if x.text in ("", "scale", "near"):
            gap = "" if x.text == "near" else '<mspace width="0.17em"/>'
        else:
            gap = self.write_op(Math("op", text=x.text))
        return f"<mrow>{left}{gap}{right}</mrow>"

    def write_frac(self, x: Math) -> str:
        return f"<mfrac>{self.of(x.parts[0])}{self.of(x.parts[1])}</mfrac>"

    def write_sqrt(self, x: Math) -> str:
        if x.parts[1] is NONE:
            return f"<msqrt>{self.of(x.parts[0])}</msqrt>"
        return f"<mroot>{self.of(x.parts[0])}{self.of(x.parts[1])}</mroot>"

    def write_script(self, x: Math) -> str:
        base, sub, sup = x.parts
        kind = "msubsup" if NONE not in (sub, sup) else "msub" if sup is NONE else "msup"
        scripts = "".join(self.of(part) for part in (sub, sup) if part is not NONE)
        return f"<{kind}>{self.at(base, _ATOM)}{scripts}</{kind}>"

    def write_nth(self, x: Math) -> str:
        return self.write_script(_marked(x))

    def write_over(self, x: Math) -> str:
        inside = self.of(x.parts[0])
        mark = x.text.replace("cotangent", "bar")
        if mark == "bar" and x.parts[0].kind not in ("id", "over"):
            line = "border-top: 0.06em solid; padding-top: 0.1em"  # as wide as it has to be
            return f'<mrow style="{line}">{inside}</mrow>'
        # No accent="true": with a font that is not made for formulas it would touch the letter.
        sign = {"bar": "¯", "hat": "^", "tilde": "~"}[mark]
        return f'<mover>{inside}<mo stretchy="false" lspace="0" rspace="0">{sign}</mo></mover>'

    def write_under(self, x: Math) -> str:
        return f"<munder>{self.of(x.parts[0])}<mtext>{escape(x.text)}</mtext></munder>"

    def write_fence(self, x: Math) -> str:
        begin, end = (self.write_op(Math("op", text=side)) for side in x.text.split())
        return f"<mrow>{begin}{self.of(x.parts[0])}{end}</mrow>"

    def write_call(self, x: Math) -> str:
        return f"<mrow>{self.of(x.parts[0])}{self.of(x.parts[1])}</mrow>"

    def write_func(self, x: Math) -> str:
        inside = self.argument(x)
        gap = '<mspace width="0.17em"/>'
        return f"<mrow>{self.of(x.parts[0])}{gap}{inside}</mrow>"

    def write_index(self, x: Math) -> str:
        inside = f"<mo>[</mo>{self.of(x.parts[1])}<mo>]</mo>"
        return f"<mrow>{self.at(x.parts[0], _ATOM)}{inside}</mrow>"

    def write_cases(self, x: Math) -> str:
        cells = [f'<mtd style="text-align: left">{self.of(part)}</mtd>' for part in x.parts]
        rows = "".join(f"<mtr>{a}{b}</mtr>" for a, b in zip(cells[::2], cells[1::2], strict=True))
        return f'<mrow><mo stretchy="true">{{</mo><mtable>{rows}</mtable></mrow>'
