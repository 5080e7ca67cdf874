"""A model as a tree of its modules, with the shapes and the number of its parameters."""

from __future__ import annotations

from html import escape

from nn.functional.checks import printable
from nn.module import Module, Parameter

__all__ = ["PLAIN", "module_html", "module_text"]

QUIET = "opacity:0.7"
PLAIN = "tex2jax_ignore mathjax_ignore"  # the class of what MathJax must not read: names may hold $
DEPTH = 30  # of what is shown; deeper inside it is "..."


def module_text(module: Module) -> str:
    """What ``repr(module)`` is: with modules inside, the parameters stand beside each of them."""
    lines = _lines(module, (module,))
    if len(lines) == 1:
        return lines[0][0]
    width = max((len(text) for text, said in lines if said), default=0)
    return "\n".join(f"{text:{width}}  # {said}" if said else text for text, said in lines)


def _lines(module: Module, around: tuple[Module, ...]) -> list[tuple[str, str]]:
    """Each line, and what is said of the parameters of the module that begins in it."""
    if type(module).__repr__ is not Module.__repr__:
        return [(printable(line), "") for line in repr(module).split("\n")]
    kind = printable(type(module).__name__)
    start = f"{kind}({printable(module.extra_repr())}"
    said = _parameters_text(module, top=len(around) == 1)
    inside = _inside(module)
    if not inside:
        return [(f"{start})", said)]
    if len(around) > DEPTH:
        return [(f"{kind}(...)", said)]
    lines = [(start, said)]
    for name, child in inside:
        if child in around:
            lines.append((f"  ({name}): {printable(type(child).__name__)}(...)", ""))
            continue
        (first, of), *rest = _lines(child, (*around, child))
        lines.append((f"  ({name}): {first}", of))
        lines += [(f"  {text}", of) for text, of in rest]
    return [*lines, (")", "")]


def _inside(module: Module) -> list[tuple[str, Module]]:
    """The modules inside under all their names, also where one has several."""
    return [
        (printable(name), value)
        for name, value in module.__dict__.items()
        if isinstance(value, Module)
    ]


def _count(module: Module) -> int:
    return sum(parameter.size for parameter in module.parameters())


def _own(module: Module) -> list[str]:
    return [
        f"{printable(name)} {value.shape}"
        for name, value in module.__dict__.items()
        if isinstance(value, Parameter)
    ]


def _parameters_text(module: Module, top: bool) -> str:
    count = _count(module)
    if not count:
        return ""
    own = _own(module) + ["..."] * bool(_inside(module))
    word = " parameters" * top
    return f"{count:,}{word}" + (f": {', '.join(own)}" if own != ["..."] else "")


def module_html(module: Module) -> str:
    """The tree as HTML that folds, with inline styles only."""
    return (
        f'<div class="{PLAIN}" style="font-size:13px;line-height:1.6;max-width:880px">'
        f"{_html('', module, (module,))}</div>"
    )


def _html(name: str, module: Module, around: tuple[Module, ...]) -> str:
    called = f'<span style="{QUIET}">{escape(name)}:</span> ' if name else ""
    extra = escape(printable(module.extra_repr()))
    count = _count(module)
    shapes = f'<div style="padding-left:18px;{QUIET}">{escape(", ".join(_own(module)))}</div>'
    line = (
        f'<span style="float:right;padding-left:14px;{QUIET}">{f"{count:,}" if count else ""}'
        f"{' parameters' * bool(len(around) == 1 and count)}</span>"
        f"{called}<b>{escape(printable(type(module).__name__))}</b> "
        f'<span style="font-family:monospace;font-size:12px;{QUIET}">{extra}</span>'
    )
    below = shapes if _own(module) else ""
    inside = _inside(module)
    if inside and len(around) > DEPTH:
        return f'<div style="border-top:1px solid #8888882e">{line}{below}<div>...</div></div>'
    for inner, child in inside:
        again = f"<div>{escape(inner)}: the module around it</div>"
        below += again if child in around else _html(inner, child, (*around, child))
    if not inside:
        return f'<div style="border-top:1px solid #8888882e">{line}{below}</div>'
    return (
        f'<details{" open" * (len(around) < 4)} style="margin:0">'
        f'<summary style="cursor:pointer">{line}</summary>'
        f'<div style="padding-left:20px;border-left:2px solid #6366a84d">{below}</div></details>'
    )
