"""The exceptions of the engine, and the form of every error message of the project.

A message is one line that names the operation as its user called it, says what is wrong with what
was received, and gives the remedy, in one of two forms:

    OPERATION: WHAT IS WRONG, AND WHAT WAS RECEIVED; REMEDY.
    OPERATION: WHAT IS NEEDED, received WHAT WAS RECEIVED.

In the second the need is the remedy. (A comma or a semicolon stands before "received".) A report
of several lines, such as that of an anomaly, tells in its first what went wrong in which
`operation`, and has a line "  remedy   ...". docs/errors.md holds all messages, and a test holds
them all to `parts`.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["AnomalyError", "GradcheckError", "GradientError", "describe", "parts", "printable"]

_OPERATION = r"(?P<operation>[^:;\n]+): "
_FORMS = (
    re.compile(_OPERATION + r"(?P<received>.+); (?!received )(?P<remedy>[^;]+)\."),
    re.compile(_OPERATION + r"(?P<remedy>[^;]+)[,;] received (?P<received>[^;]+)\."),
    re.compile(
        r"(?P<received>.*?`(?P<operation>[^`\n]+)`.*)\.\n(?:.*\n)*  remedy +(?P<remedy>.+)(?:\n.*)*"
    ),
)


class GradientError(RuntimeError):
    """A gradient that was asked for can't be given rightly; the message says why and what to do.

    Wrong arguments raise ``TypeError``, ``ValueError`` or ``IndexError`` as they do in NumPy;
    this class is for what only a differentiation engine can refuse: a tape that was freed, a
    parameter that changed under a recorded operation, an escape that would drop a gradient.
    """


class AnomalyError(GradientError, FloatingPointError):
    """A NaN or an infinity that reached a result or a gradient; the message tells its cause."""


class GradcheckError(AssertionError):
    """A gradient that does not agree with finite differences; the message says where."""


def printable(text: str) -> str:
    """A name or a line of code as a person sees it: what is no printable character is escaped.

    So it stays in its line, sends nothing to a terminal, turns no text around, and every file can
    hold it.

    >>> printable("x\\n0001  forged \\x1b[2J")
    'x\\\\n0001  forged \\\\x1b[2J'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def describe(value: Any) -> str:
    """What was received, in a few words: ``float32 of shape (3, 4)``, ``the str 'a'``."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None:
        return printable(f"{dtype} of shape {tuple(shape)}")
    if callable(value) and hasattr(value, "__name__"):
        return printable(f"the {type(value).__name__} {value.__name__}")
    text = printable(repr(value))
    if len(text) > 40:
        text = text[:37] + "..."
    return f"the {printable(type(value).__name__)} {text}"


def parts(message: str) -> tuple[str, str, str]:
    """The operation, what it received that is wrong, and the remedy, as an error's message says.

    Raises ValueError for a message that does not have the form of this module.

    >>> parts("clip: low=2.0 is above high=1.0; give them the other way round.")
    ('clip', 'low=2.0 is above high=1.0', 'give them the other way round')
    >>> parts("clip: low must not be above high, received 2.0 and 1.0.")
    ('clip', '2.0 and 1.0', 'low must not be above high')
    """
    for form in _FORMS:
        if found := form.fullmatch(message):
            return found["operation"], found["received"], found["remedy"]
    raise ValueError(
        f"parts: received {describe(message)}, which has none of the forms of a message; give it "
        "one, such as 'operation: what is wrong, with what was received; remedy.'."
    )
