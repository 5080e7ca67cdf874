"""Derivations: of the networks in the hand-written ones, and of what is awkward."""

from __future__ import annotations

import json
import re
import time
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.explain import derivation as module
from autograd.explain.notation import equation
from autograd.explain.typeset import written
from nn import functional

rng = np.random.default_rng(0)


def given(*shape):
    return ag.tensor(rng.standard_normal(shape))


def wanted(*shape):
    return ag.tensor(rng.standard_normal(shape), requires_grad=True)


def equations(derivation):
    """The equations without the words beside them."""
    lines = [line for line in derivation.lines if line.left is not None]
    return [written(equation(line.left, line.right), "text") for line in lines]


def softmax_network():
    a, W, b = given(1, 3), wanted(3, 2), wanted(2)
    y = ag.tensor([[0.0, 1.0]])
    with ag.Tape() as tape:
        z = a @ W + b
        e = ag.exp(z)
        y_hat = e / e.sum(axis=1, keepdims=True)
        L = -(y * ag.log(y_hat)).sum()
    assert L.shape == ()
    return tape


def test_softmax_with_cross_entropy_by_hand():
    tape = softmax_network()
    derivation = tape.derive("W")
    shown = equations(derivation)
    assert shown[0] == "g_L = 1"
    assert "g_ŷ = g_v₅ / ŷ" in shown
    assert "g_ŷ = −y / ŷ" in shown
    assert "g_W = aᵀ g_z" in shown
    assert shown[-2:] == ["g_z = ŷ − y", "g_W = aᵀ (ŷ − y)"]
    assert "g_z = ŷ − y" in derivation.text
    assert derivation.text.count("checked on the tape") >= 3
    assert tape.derive("b").result == "g_b = Σ_(axis 0) (ŷ − y)"


@pytest.mark.parametrize(
    ("loss", "result"),
    [
        (lambda z, y: -(y * ag.log(ag.softmax(z))).sum(), "g_z = softmax(z) − y"),
        (lambda z, y: -(y * ag.log_softmax(z)).sum(), "g_z = softmax(z) − y"),
        (lambda z, y: -(y * ag.log_softmax(z)).sum() / 4, "g_z = (softmax(z) − y) / 4"),
        (
            lambda z, y: functional.cross_entropy(z, np.array([0, 1, 2, 1]), reduction="sum"),
            "g_z = softmax(z) − y",
        ),
        (
            lambda z, y: functional.cross_entropy(z, np.array([0, 1, 2, 1])),
            "g_z = (softmax(z) − y) / 4",
        ),
        (lambda z, y: ((z - y) ** 2).sum(), "g_z = 2 (z − y)"),
        (lambda z, y: ((z - y) ** 2).mean(), "g_z = 2 (z − y) / 12"),
        (
            lambda z, y: functional.binary_cross_entropy_with_logits(z, y, reduction="sum"),
            "g_z = σ(z) − y",
        ),
        (lambda z, y: (ag.logaddexp(0, z) - y * z).sum(), "g_z = σ(z) − y"),
    ],
)
def test_short_forms_are_recognised(loss, result):
    x, W = given(4, 5), wanted(5, 3)
    y = ag.tensor(np.eye(3)[[0, 1, 2, 1]])
    with ag.Tape() as tape:
        z = x @ W
        L = loss(z, y + 0)
    assert L.shape == ()
    shown = equations(tape.derive("z"))
    if "onehot" in shown[-1]:  # (class indices have no name on the tape)
        shown[-1] = shown[-1].replace("onehot(class)", "y")
    assert shown[-1] == result


def test_soft_targets_that_do_not_sum_to_one():
    x, W = given(4, 5), wanted(5, 3)
    y = ag.tensor(rng.uniform(size=(4, 3)))
    with ag.Tape() as tape:
        z = x @ W
        L = -(y * ag.log_softmax(z)).sum()
    assert L.shape == ()
    assert tape.derive("z").result == "g_z = softmax(z) ⊙ (Σ_(axis −1) y) − y"


def test_nothing_is_recognised_where_nothing_is():
    x, W = given(4, 5), wanted(5, 3)
    with ag.Tape() as tape:
        z = x @ W
        L = (ag.sin(z) * 3).sum()
    assert L.shape == ()
    assert "recognised" not in tape.derive("W").text


def test_two_paths_are_added():
    x, w, v3, v4 = ag.tensor(1.5), wanted(), wanted(), wanted()
    with ag.Tape() as tape:
        z = w * x
        a = ag.sigmoid(z)
        z1 = v3 * a
        z2 = v4 * a
        C = ag.sigmoid(z1) + ag.sigmoid(z2)
    assert C.shape == ()
    shown = equations(tape.derive("w"))
    assert "g_a = g_z₂ v₄@in3 + g_z₁ v₃" in shown  # (v₄@4 has no name of its own)
    assert "g_z = g_a a (1 − a)" in shown
    assert "g_w = g_z x" in shown
    assert "from z₂ = v₄@in3 a, z₁ = v₃ a" in tape.derive("w").text


def test_a_deep_network_in_both_conventions():
    x, W1, b1, W2 = given(5, 4), wanted(3, 5), wanted(3, 1), wanted(1, 3)
    with ag.Tape() as tape:
        z1 = W1 @ x + b1
        a1 = ag.tanh(z1)
        z2 = W2 @ a1
        J = z2.sum()
    assert J.shape == ()
    shown = equations(tape.derive("W1"))
    assert "g_z₁ = g_a₁ ⊙ (1 − a₁²)" in shown
    assert "g_a₁ = W₂ᵀ g_z₂" in shown
    assert "g_W₁ = g_z₁ xᵀ" in shown
    assert "g_b₁ = Σ_(axis 1) g_z₁" in equations(tape.derive("b1"))
    assert "(3, 1) was broadcast to (3, 4)" in tape.derive("b1").text


def test_batch_normalisation():
    x, gamma, beta, c = wanted(6, 3), wanted(3), wanted(3), given(6, 3)
    with ag.Tape() as tape:
        mu = x.mean(axis=0)
        var = ((x - mu) ** 2).mean(axis=0)
        x_hat = (x - mu) / ag.sqrt(var + 1e-5)
        y = gamma * x_hat + beta
        C = (y * c).sum()
    assert C.shape == ()
    assert "g_γ = Σ_(axis 0) g_y ⊙ x̂" in equations(tape.derive("gamma"))
    assert "g_β = Σ_(axis 0) g_y" in equations(tape.derive("beta"))
    shown = equations(tape.derive("x"))
    assert "g_x̂ = g_y ⊙ γ" in shown
    assert "g_var = −(0.5 Σ_(axis 0) g_x̂ ⊙ x̂ / √(var + 10⁻⁵)) / √(var + 10⁻⁵)" in shown
    assert "g_x = g_x̂ / √(var + 10⁻⁵) + 2 (g_var / 6) ⊙ (x − μ) + g_μ / 6" in shown
    assert "rounds otherwise" not in tape.derive("x").text


def test_of_a_result_recorded_without_a_tape():
    x, W = given(4, 2), wanted(2, 3)
    L = ag.sum(ag.exp(x @ W))
    derivation = ag.derive(L, W)
    assert equations(derivation)[0] == "g_L = 1"
    assert derivation.result == "g_W = xᵀ e^(x W)"
    assert W.grad is None


def test_of_a_layer_the_rows_are_those_of_its_weight():
    model = nn.Linear(3, 2)
    x = given(5, 3)
    with ag.Tape() as tape:
        z = model(x)
        L = (z * z).sum()
    assert L.shape == ()
    shown = equations(tape.derive(model.weight))
    assert shown[-1].endswith(" = (2 z)ᵀ x") or shown[-1].endswith("ᵀ x")


def test_several_outputs():
    A = wanted(3, 3)
    with ag.Tape() as tape:
        Q, R = np.linalg.qr(A)
        L = (Q * R).sum()
    assert L.shape == ()
    assert "g_A = (∂(Q, R) / ∂A)ᵀ (g_Q, g_R)" in equations(tape.derive("A"))


def test_names_bound_anew_are_told_apart():
    h, U = given(4), wanted(4, 4)
    with ag.Tape() as tape:
        for _ in range(60):
            h = ag.tanh(U @ h)
        L = h.sum()
    assert L.shape == ()
    began = time.perf_counter()
    derivation = tape.derive("U")
    assert time.perf_counter() - began < 5
    text = derivation.text
    assert "61 values were called h: h@in1, h@1, h@3, h@5, …" in text
    assert "from h@3 = tanh v₂" in text
    assert r"h^{\left( 3 \right)}" in derivation.latex
    assert tape.derive("h@5").symbol != tape.derive("h@3").symbol
    assert "from 60 uses" in text
    assert len(derivation.latex) > 1000


def test_very_long_derivations_say_what_they_leave_out():
    x = ag.tensor(1.0, requires_grad=True)
    with ag.Tape() as tape:
        y = x
        for _ in range(2000):
            y = y * 1.0001
    began = time.perf_counter()
    text = tape.derive(x).text
    assert time.perf_counter() - began < 20
    assert "lines left out" in text
    assert len(text.splitlines()) < 300


def test_the_three_forms_and_the_shapes():
    derivation = softmax_network().derive("W", shapes=True)
    bundle = derivation._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "text/latex"}
    assert bundle["text/plain"] == str(derivation)
    assert r"\underset{\scriptscriptstyle 1 × 3}{a}" in derivation.latex
    ElementTree.fromstring(derivation.mathml)
    plain, script = bundle["text/html"].split("\n<script>\n")
    container = ElementTree.fromstring(plain)  # what stays where no script runs
    assert container[0].tag == "pre"
    assert container[0].text == str(derivation)
    key, payload = re.search(r"\}\)\((.*?), (.*)\);\n</script>$", script).groups()
    assert json.loads(key) == container.attrib["data-key"]
    assert json.loads(payload) == derivation.mathml
    assert "<" not in payload


def test_notes_stand_below_what_is_long():
    x, W = given(4, 2), wanted(2, 3)
    with ag.Tape() as tape:
        long_name_of_a_value = x @ W
        L = (ag.exp(long_name_of_a_value) / (ag.exp(long_name_of_a_value) + 1)).sum()
    assert L.shape == ()
    lines = tape.derive("W").text.splitlines()
    (short,) = (line for line in lines if "from L" in line)
    assert short.strip().startswith("g_v₄ = broadcast(g_L, (4, 3))   ")
    below = [line for line in lines if line.startswith(" " * 20)]
    assert any(line.strip().startswith("checked on the tape") for line in below)


def test_hostile_names_are_escaped():
    params = {'<b>&"$\\': wanted(2)}
    with ag.Tape() as tape:
        L = (params['<b>&"$\\'] * 2).sum()
    assert L.shape == ()
    derivation = tape.derive(params['<b>&"$\\'])
    assert "<b>" not in derivation._repr_mimebundle_()["text/html"]
    ElementTree.fromstring(derivation.mathml)


def test_what_can_not_be_derived_is_refused():
    x, w, v = given(3), wanted(3), wanted(3)
    with ag.Tape() as tape:
        a = x * w
        b = v * 2
        L = a.sum()
    assert b.shape == (3,)
    with pytest.raises(ag.GradientError, match="no gradient flows to `x`"):
        tape.derive("x", L)
    with pytest.raises(ag.GradientError, match="does not depend on `v`"):
        tape.derive(v, L)
    with pytest.raises(KeyError, match="no variable `nothing`"):
        tape.derive("nothing")


def test_swapped_arguments_are_told_the_order():
    w = wanted(3)
    with ag.Tape() as tape:
        z = w * w
        L = z.sum()
    for target in ("w", "z"):
        value = {"w": w, "z": z}[target]
        with pytest.raises(ag.GradientError, match=rf"what is .* first: derive\(L, {target}\)"):
            ag.derive(value, L)
        with pytest.raises(ag.GradientError, match=rf"last: tape\.derive\('{target}', 'L'\)"):
            tape.derive(L, value)
    with pytest.raises(ag.GradientError, match="made by no recorded operation"):
        ag.derive(w, z.detach())


def test_a_notebook_says_what_check_calls_the_gradient():
    gamma = wanted(3)
    L = (gamma * gamma).sum()
    derivation = ag.derive(L, gamma)
    assert "(in formulas for check: <code>g_gamma</code>)" in derivation.mathml
    assert "in formulas for check" not in derivation.text
    assert "in formulas for check: <code>g_z</code>" in ag.rule(np.matmul).mathml
    named = {"a<b": wanted(3)}
    assert "in formulas for check" not in ag.derive(named["a<b"].sum(), named["a<b"]).mathml


def test_a_cotangent_that_was_given():
    w = wanted(3)
    with ag.Tape() as tape:
        y = w * 2
        y.backward(np.array([1.0, 2.0, 3.0]))
    assert equations(tape.derive(w))[:2] == ["g_y = given", "g_w = 2 g_y"]


def test_an_array_that_no_pass_began_at_has_any_cotangent():
    w = wanted(3)
    with ag.Tape() as tape:
        y = w * 2
    assert y.shape == (3,)
    assert equations(tape.derive(w, y)) == ["g_y = given", "g_w = 2 g_y"]


def test_whole_numbers_that_are_no_classes():
    x = ag.tensor([0.5, 1.5, 2.5], requires_grad=True)
    with ag.Tape() as tape:
        z = x[:, None] ** np.array([0, 1, 7])[:, None]
        z.sum().backward()
    assert tape.derive(x).text


def test_numpy_set_to_raise():
    x = ag.tensor([1e308, -1e5, 0.5], requires_grad=True)
    with ag.Tape() as tape:
        (x / 2).sum()
    with np.errstate(all="raise"):
        assert tape.derive(x).text


def test_what_is_recognised_costs_no_look_at_each_pair_of_values(monkeypatch):
    looks = 0
    agree = module._agree

    def counted(a, b):
        nonlocal looks
        looks += 1
        return agree(a, b)

    monkeypatch.setattr(module, "_agree", counted)
    x = ag.tensor([0.1, 0.2, 0.3], requires_grad=True)
    data = [ag.tensor([0.1 * k, 0.3, 0.2]) for k in range(100)]
    with ag.Tape() as tape:
        h = x
        for row in data:
            h = ag.tanh(h + row)
        loss = ag.sum(h**2)
    assert loss.shape == ()
    assert str(tape.derive(x))
    assert looks < 5000
