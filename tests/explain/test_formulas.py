"""Formulas are what the code does: read from it, run anew, and printed in three styles."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from cases import CASES

import autograd as ag
import autograd.special  # so that its primitives are there
from autograd.explain import expressions, formulas, notation, rules
from autograd.explain.entries import Entry
from autograd.explain.formulas import contribution, forward
from autograd.explain.notation import symbol
from autograd.explain.typeset import written

DOCS = Path(__file__).parents[2] / "docs"
# What runs the user's own code has no example to be shown with.
WITHOUT_SAMPLE = {"odeint", "odeint_gradient"}
PRIMITIVES = [
    pytest.param(p, id=f"{k}-{p.name}")
    for k, p in enumerate(ag.primitives())
    if p.name not in WITHOUT_SAMPLE
    and all(rule.__module__.startswith("autograd.") for rule in p.rules.values() if rule)
]


@pytest.mark.parametrize("p", PRIMITIVES)
def test_every_primitive_has_a_template_and_its_rules_can_be_shown(p):
    assert notation.template_of(p.tex, (*p.inputs, *p.statics)) is not None
    shown = ag.rule(p)
    assert all(line.left is not None for line in shown.lines)
    assert len(shown.text.splitlines()) == 1 + len(shown.lines)
    for line in shown.lines:
        for side in (line.left, line.right):
            ElementTree.fromstring(written(side, "mathml"))
            latex = written(side, "latex")
            assert latex.count("{") - latex.count(r"\{") == latex.count("}") - latex.count(r"\}")
            assert "operatorname" not in latex  # which GitHub refuses


def test_the_page_of_rules_is_what_the_command_writes():
    spec = importlib.util.spec_from_file_location("rules", DOCS / "rules.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (DOCS / "rules.md").read_text() == module.page(), "run `python docs/rules.py`"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("add", "z = x + y; g_x = g_z; g_y = g_z"),
        ("multiply", "z = x ⊙ y; g_x = g_z ⊙ y; g_y = g_z ⊙ x"),
        ("divide", "z = x / y; g_x = g_z / y; g_y = −g_z ⊙ z / y"),
        ("exp", "z = e^x; g_x = g_z ⊙ z"),
        ("tanh", "z = tanh x; g_x = g_z ⊙ (1 − z²)"),
        ("sqrt", "z = √x; g_x = 0.5 g_z / z"),
        ("arccos", "z = arccos x; g_x = −g_z / √((1 − x) ⊙ (1 + x))"),
        ("sigmoid", "z = σ(x); g_x = g_z ⊙ z ⊙ (1 − z)"),
        ("log2", "z = log₂ x; g_x = g_z / (x log 2)"),
        ("relu", "z = relu(x); g_x = {g_z where z > 0; 0 else}"),
        ("matmul", "z = x y; g_x = g_z yᵀ; g_y = xᵀ g_z"),
        ("inv", "z = x⁻¹; g_x = −zᵀ g_z zᵀ"),
        ("solve", "z = x⁻¹ y; g_x = −(xᵀ)⁻¹ g_z zᵀ; g_y = (xᵀ)⁻¹ g_z"),
        ("det", "z = det x; g_x = g_z cof x"),
        ("concatenate", "z = concatenate_(axis 0)(x₁, x₂); g_x₁ = g_z[0:3]; g_x₂ = g_z[3:6]"),
        ("broadcast_to", "z = broadcast(x, (2, 3, 3)); g_x = Σ_(axis 0) g_z"),
        ("heaviside", "z = θ(x); g_x = 0; g_y = g_z ⊙ [x = 0]"),
        ("svd", "z = svd x; g_x = (∂z / ∂x)ᵀ g_z"),
    ],
)
def test_rules_read_as_in_a_book(name, text):
    lines = [line.strip() for line in ag.rule(name).text.splitlines()[1:]]
    assert "; ".join(lines) == text


def as_leaf(x):
    floating = isinstance(x, np.ndarray) and x.dtype.kind == "f"
    return ag.Tensor(x, requires_grad=True) if floating else x


@pytest.mark.parametrize("case", CASES[::6], ids=lambda case: case.name)
def test_a_formula_run_anew_is_the_rule(case):
    with ag.Tape() as tape, np.errstate(all="ignore"):
        case(*map(as_leaf, case.inputs()))
    for entry in tape.entries:
        if entry.op in WITHOUT_SAMPLE or isinstance(entry.value, tuple):
            continue
        names = formulas.symbols([*entry.parents, entry])
        stands = expressions.stands_for(entry, names)
        z, g = rules._result(entry, names[entry])
        for i in entry.wanted:
            if isinstance(entry.inputs[i], Entry) and isinstance(entry.inputs[i].value, tuple):
                continue
            found = expressions.recorded(entry, i, g, stands, z).evaluate()
            expected = entry.pull(i, g.value)
            tight = 1e-5 if expected.dtype == np.float32 else 1e-12
            assert np.shape(found) == expected.shape
            np.testing.assert_allclose(found, expected, rtol=tight, atol=tight)


def test_broadcasting_is_undone_by_a_sum_that_is_shown():
    x, b = ag.tensor(np.ones((4, 2))), ag.tensor(np.zeros(2), requires_grad=True)
    with ag.Tape() as tape:
        z = x + b  # noqa: F841
    assert forward(tape["z"]) == "z = x + b"
    assert contribution(tape["z"], 1) == "Σ_(axis 0) g_z"
    assert contribution(tape["z"], 1, "latex") == r"\sum_{\mathrm{axis\ 0}} \bar{z}"
    assert contribution(tape["z"], 1, g="delta") == "Σ_(axis 0) δ"


def test_products_with_vectors_read_as_such():
    x, W = ag.tensor(np.arange(3.0), requires_grad=True), ag.tensor(np.ones((3, 2)))
    W.requires_grad = True
    with ag.Tape() as tape:
        z = x @ W  # noqa: F841
    assert contribution(tape["z"], 0) == "g_z Wᵀ"
    assert contribution(tape["z"], 1) == "x g_zᵀ"


def test_parentheses_only_where_they_are_needed():
    a, b, c = (ag.tensor(np.arange(2.0) + k, requires_grad=True) for k in (1, 2, 3))

    def shown(f, *values):
        with ag.Tape() as tape:
            f(*values)
        stands = {
            k: expressions.leaf(x, symbol(x.label), x.value) for k, x in enumerate(tape.inputs)
        }
        made = {x: stands[k] for k, x in enumerate(tape.inputs)}
        for entry in tape.entries:
            operands = dict(enumerate(made.get(x, expressions.Expr(x)) for x in entry.inputs))
            made[entry] = expressions.forward_expr(entry, operands)
        return written(formulas.as_math(made[tape.entries[-1]]), "text")

    assert shown(lambda a, b: (a + b) ** 2, a, b) == "(a + b)²"
    assert shown(lambda a, b, c: a - (b - c), a, b, c) == "a − (b − c)"
    assert shown(lambda a, b, c: a + (b - c), a, b, c) == "a + b − c"
    assert shown(lambda a, b: -(a * b), a, b) == "−a ⊙ b"
    assert shown(lambda a, b: ag.log(a * b), a, b) == "log (a ⊙ b)"
    assert shown(lambda a, b: ag.log(a) * b, a, b) == "(log a) ⊙ b"
    assert shown(lambda a, b, c: a / (b * c), a, b, c) == "a / (b ⊙ c)"
    assert shown(lambda a, b: (a * 2) * b, a, b) == "2 a ⊙ b"
    assert shown(lambda a: (-a) ** 2, a) == "(−a)²"


@pytest.mark.parametrize(
    ("name", "latex", "text"),
    [
        ("z", "z", "z"),
        ("W1", "W_{1}", "W₁"),
        ("W_1", "W_{1}", "W₁"),
        ("y_hat", r"\hat{y}", "ŷ"),
        ("sigma2", r"\sigma_{2}", "σ₂"),
        ("loss", r"\mathrm{loss}", "loss"),
        ("x_train", r"x_{\mathrm{train}}", "x_train"),
        ("model.fc1.weight", r"\mathrm{model.fc1.weight}", "model.fc1.weight"),
        ("params['W']", r"\mathrm{params}\left[W\right]", "params[W]"),
        ("é", "é", "é"),
        ('<b>&"$', r"\mathrm{\lt b\gt \&\text{" + '"' + r"}\$}", '<b>&"$'),
    ],
)
def test_names_become_symbols(name, latex, text):
    assert written(symbol(name), "latex") == latex
    assert written(symbol(name), "text") == text
    ElementTree.fromstring(written(formulas.bar(symbol(name)), "mathml"))


def test_a_template_of_the_user_may_be_missing_or_unreadable():
    for tex in ("", r"\frac{{{x}", "{nothing}"):
        double = ag.primitive(lambda x, /, k=2: k * x, name="double", tex=tex, x=lambda g, k: k * g)
        x = ag.tensor([1.0, 2.0], requires_grad=True)
        with ag.Tape() as tape:
            z = double(x)  # noqa: F841
        assert forward(tape[0]) == "z = double(x, k = 2)"
        assert contribution(tape[0], 0) == "2 g_z"


def test_numbers_are_written_as_a_person_does():
    shown = [written(notation.number(v), "text") for v in (3, -0.5, 1e-5, np.log(2), 1 / 3, 6e23)]
    assert shown == ["3", "−0.5", "10⁻⁵", "log 2", "0.3333…", "6 · 10²³"]


def test_what_is_no_primitive_has_no_rule():
    with pytest.raises(TypeError, match="softmax is no primitive"):
        ag.rule(ag.softmax)
    with pytest.raises(ValueError, match="style='html'"):
        written(symbol("x"), "html")


def test_unknown_values_are_no_hindrance():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = ag.exp(x * 3)
    tape = ag.Tape.of(y)
    assert [contribution(entry, 0) for entry in tape] == ["3 g_v₀", "g_y ⊙ y"]


def test_infinite_and_empty_values_do_not_warn():
    x = ag.tensor([0.0, -1.0, np.inf], requires_grad=True)
    none = ag.tensor(np.zeros((0, 3)), requires_grad=True)
    with ag.Tape() as tape, np.errstate(all="ignore"):
        ag.log(x)
        ag.sum(none * 2)
    assert [contribution(e, 0) for e in tape] == ["g_v₀ / x", "2 g_v₁", "broadcast(g_v₂, (0, 3))"]


def test_the_rules_of_one_call_in_the_names_of_the_user():
    y = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        _ = y + 1
        y = y * 3
        y = y * y
    assert [line.strip() for line in ag.rule(tape[2]).text.splitlines()] == [
        "multiply; the gradient with respect to y@2 is written g_y@2",
        "y@2 = y@1 ⊙ y@1",
        "g_y@1 = g_y@2 ⊙ y@1 + g_y@2 ⊙ y@1",
    ]
    assert ag.rule(tape[1]).text.splitlines()[1:] == ["      y@1 = 3 y@in0", "  g_y@in0 = 3 g_y@1"]
    assert tape["y@1"] is tape[1]
    assert tape["y@in0"] is tape.inputs[0]


def test_what_a_primitive_takes_may_be_impossible_to_guess():
    def lookup(x, /, table):
        return x * table["k"]

    scaled = ag.primitive(lookup, name="scaled", x=lambda g, table: g * table["k"])
    with pytest.raises(TypeError, match=r"can't be guessed what to call `scaled` with; call it"):
        ag.rule(scaled)
    with pytest.raises(TypeError, match="no primitive 'matmull'"):
        ag.rule("matmull")
    with ag.Tape() as tape:
        z = scaled(ag.tensor([1.0], requires_grad=True), {"k": 5.0})  # noqa: F841
    assert ag.rule(tape[0]).text.splitlines()[-1].strip().endswith(" = 5 g_z")


def test_a_name_with_bar_is_no_cotangent():
    assert written(symbol("x_bar"), "latex") == r"x_{\mathrm{bar}}"
    assert written(formulas.bar(symbol("x_hat")), "latex") == r"\overline{\hat{x}}"
    assert written(formulas.bar(symbol("x_hat")), "text") == "g_x̂"
