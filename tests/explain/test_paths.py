"""Paths: their number, their contributions, and that these add up to the gradient."""

import numpy as np
import pytest

import autograd as ag
from autograd.explain import paths as module
from autograd.explain.paths import Paths

rng = np.random.default_rng(0)


def recorded_softmax():
    a = ag.tensor(rng.normal(size=3))
    w = ag.tensor(rng.normal(size=(3, 2)), requires_grad=True)
    b = ag.tensor(rng.normal(size=2), requires_grad=True)
    y = np.array([0.3, 0.7])
    with ag.Tape() as tape:
        z = a @ w + b
        p = ag.softmax(z)
        loss = -(y * np.log(p)).sum()
    assert loss.shape == ()
    return tape


def test_two_paths_and_their_sum():
    s = ag.tensor(0.7, requires_grad=True)
    with ag.Tape() as tape:
        x = np.sin(s)
        y = np.exp(s)
        z = x * y
    paths = tape.paths(s)
    assert isinstance(paths, Paths)
    assert paths.count == len(paths) == 2
    assert paths.complete
    assert paths.agrees
    assert [path.labels for path in paths] == [("s", "x", "z"), ("s", "y", "z")]
    np.testing.assert_allclose(paths[0].contribution, y.numpy() * np.cos(0.7))
    np.testing.assert_allclose(paths[1].contribution, x.numpy() * np.exp(0.7))
    np.testing.assert_allclose(paths.total, tape.backward_pass() and tape["s"].cotangent)
    assert paths[0].entries == (tape["s"], tape["x"], tape["z"])
    assert paths[0].positions == (0, 0)
    assert paths[1].positions == (0, 1)
    assert paths[:1] == [paths[0]]
    assert [*paths] == paths[:]
    assert z.shape == ()
    assert s.grad is None


def test_one_input_twice_in_one_operation_makes_two_paths():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        loss = (x * x).sum()
    paths = tape.paths(x, loss)
    assert paths.count == 2
    assert {path.positions[0] for path in paths} == {0, 1}
    for path in paths:
        np.testing.assert_array_equal(path.contribution, [1.0, 2.0])
    np.testing.assert_array_equal(paths.gradient, [2.0, 4.0])


def test_one_element_and_the_double_sum_of_a_derivation_by_elements():
    tape = recorded_softmax()
    a, p, y = tape["a"].value, tape["p"].value, tape["y"].value
    paths = tape.paths("w").at((1, 0))
    assert paths.agrees
    np.testing.assert_allclose(paths.total, a[1] * (p[0] - y[0]))
    assert repr(paths).startswith("2 paths from w[1, 0] to loss, the largest first")
    terms = paths.through("p")
    by_element = {path.labels[1]: path.contribution for path in terms}
    np.testing.assert_allclose(by_element["p[0]"], -y[0] / p[0] * p[0] * (1 - p[0]) * a[1])
    np.testing.assert_allclose(by_element["p[1]"], y[1] / p[1] * p[1] * p[0] * a[1])
    np.testing.assert_allclose(terms.total, paths.gradient)
    assert terms.agrees
    np.testing.assert_allclose(tape.paths("b").at(0).through("p").total, p[0] - y[0])
    np.testing.assert_allclose(tape.paths("w").through("p").at((1, 0)).total, terms.total)
    assert tape.paths("w").at((slice(None), 0)).total.shape == (3,)
    with pytest.raises(IndexError, match=r"Paths.at: w of shape \(3, 2\) has no element \[5, 0\]"):
        tape.paths("w").at((5, 0))
    with pytest.raises(ag.GradientError, match="no path from b to loss leads through a; choose"):
        tape.paths("b").through("a")


def test_elements_that_the_source_does_not_reach_are_no_ways():
    W = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    x = np.array([[1.0, 2.0], [3.0, 4.0], [0.0, 5.0]])
    with ag.Tape() as tape:
        z = x @ W
        loss = (z * z).sum()
    ways = tape.paths(W).at((0, 1)).through(z)
    assert [path.labels[1] for path in ways] == ["z[1, 1]", "z[0, 1]"]
    assert ways.count == 2
    assert ways.agrees
    np.testing.assert_allclose(ways.total, tape.paths(W, loss).gradient[0, 1])


def test_paths_that_end_at_a_value_on_the_way():
    tape = recorded_softmax()
    part = tape.paths("w", "p")
    assert part.count == 2
    assert part.agrees
    np.testing.assert_allclose(part.gradient, tape.paths("w").gradient)
    tape = recorded_softmax()
    tape.backward_pass()
    exp = next(entry for entry in tape if entry.op == "exp")
    assert tape.paths("w", exp).count == 1
    total = next(entry for entry in tape if entry.op == "sum")
    through_sum = tape.paths("w", total)
    assert through_sum.count == 1
    assert through_sum.agrees
    itself = tape.paths("p", "p")
    assert itself.count == 1
    assert itself[0].labels == ("p",)
    np.testing.assert_array_equal(itself.total, tape["p"].cotangent)


def test_counting_without_walking():
    w = ag.tensor(1.0, requires_grad=True)
    with ag.Tape() as tape:
        h = w
        for _ in range(1000):
            h = h * 0.5 + h * 0.5
    paths = tape.paths(w, limit=3)
    assert paths.count == 2**1000
    assert len(paths) == 3
    assert not paths.complete
    assert paths.agrees is None
    assert "about 1.07·10^301 paths from w to h@2999" in repr(paths)
    assert "3 listed, about 1.07·10^301 more are not" in repr(paths)
    np.testing.assert_allclose(paths.gradient, 1.0)
    assert len(tape.paths(w, limit=0)) == 0
    for limit in (-1, 2.0, True, "all"):
        with pytest.raises(ValueError, match="limit must be a number of paths, received"):
            tape.paths(w, limit=limit)


def test_a_weight_used_in_each_step_of_a_loop_and_a_deep_graph():
    W = ag.tensor(rng.normal(size=(3, 3)) / 3, requires_grad=True)
    h = np.ones((2, 3))
    with ag.Tape() as tape:
        for _ in range(50):
            h = np.tanh(h @ W)
        loss = h.sum()
    assert loss.shape == ()
    paths = tape.paths(W)
    assert paths.count == 50
    assert paths.agrees
    sizes = [np.abs(path.contribution).max() for path in paths]
    assert sizes == sorted(sizes, reverse=True)
    x = ag.tensor(0.5, requires_grad=True)
    with ag.Tape() as tape:
        for _ in range(20_000 // 10):
            x_ = np.sin(x)
            x = x_ if _ else np.sin(x)
    assert tape.paths(tape.inputs[0]).agrees


def test_what_no_path_leads_from():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    k = ag.tensor([1.0, 2.0])
    with ag.Tape() as tape:
        other = x * 2
        q = x + 1
        loss = (q * k).sum()
    tape.backward_pass(loss)
    none = tape.paths(other, loss)
    assert none.count == 0
    assert repr(none) == "No path leads from other to loss: the gradient is 0"
    assert "No path" in none._repr_html_()
    np.testing.assert_array_equal(none.total, [0.0, 0.0])
    assert none.agrees
    with pytest.raises(ag.GradientError, match="no gradient flows to `k`; make it a Tensor"):
        tape.paths("k")
    with pytest.raises(KeyError, match="no variable `nothing`"):
        tape.paths("nothing")


def test_swapped_arguments_are_told_the_order():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        z = x * 2
        loss = z.sum()
    with pytest.raises(ag.GradientError, match=r"comes last: tape\.paths\('x', 'loss'\)"):
        tape.paths(loss, x)
    with pytest.raises(ag.GradientError, match=r"comes last: tape\.paths\('z', 'loss'\)"):
        tape.paths(loss, z)


def test_several_outputs_several_seeds_and_values_without_names():
    A = ag.tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
    with ag.Tape() as tape:
        values, vectors = np.linalg.eigh(A)
        loss = (values**2).sum() + (vectors[0] ** 2).sum() * 3 + (vectors[1] ** 3).sum()
    loss.backward()
    paths = tape.paths(A)
    assert paths.count == 3
    assert paths.agrees
    np.testing.assert_allclose(paths.total, A.grad)
    with pytest.raises(ag.GradientError, match="several outputs; ask for the paths from one"):
        tape.paths(0)
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        a = x**2
        b = np.concatenate([x, x])
    ag.gradients([a, b], [x], [np.ones(2), np.ones(4)])
    paths = tape.paths(x)
    assert paths.count == 3
    assert paths.agrees
    np.testing.assert_array_equal(paths.total, [4.0, 6.0])
    assert tape.paths(x, b).count == 2
    np.testing.assert_array_equal(tape.paths(x, b).total, [2.0, 2.0])


def test_an_infinite_derivative_behind_where_stays_out_as_in_the_gradient():
    x = ag.tensor([0.0, 1.0, 2.0], requires_grad=True)
    with np.errstate(all="ignore"), ag.Tape() as tape:
        loss = np.where(x.numpy() > 0, np.log(x) * np.sqrt(x), 0.0 * x).sum()
        loss.backward()
    paths = tape.paths(x)
    assert np.isfinite(x.grad.numpy()).all()
    assert paths.agrees, paths
    with np.errstate(all="ignore"), ag.Tape() as tape:
        loss = (np.sqrt(x) * 0.0).sum()
        loss.backward()
    assert np.isnan(x.grad.numpy()[0])
    assert tape.paths(x).agrees
    assert np.isnan(tape.paths(x)[0].contribution[0])


def test_a_pass_that_reached_only_some_inputs_is_not_taken_for_the_whole():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = ag.tensor([3.0, 4.0], requires_grad=True)
    with ag.Tape() as tape:
        loss = (x * y).sum()
    ag.gradients(loss, [x])
    np.testing.assert_array_equal(tape.paths(y).gradient, [1.0, 2.0])
    assert y.grad is None
    z = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        product = z * y
    ag.gradients(product, [z], np.array([1.0, 10.0]))
    np.testing.assert_array_equal(tape.paths(y).gradient, [1.0, 20.0])


def test_of_a_recorded_result_and_of_the_second_derivative():
    x = ag.tensor(2.0, requires_grad=True)
    loss = x**3 + x
    assert ag.Tape.of(loss).paths(x).agrees
    with ag.Tape() as tape:
        y = x**3
        (slope,) = ag.gradients(y, x, create_graph=True)
    assert tape.paths(x, slope).agrees
    np.testing.assert_allclose(tape.paths(x, slope).total, 12.0)


def test_what_is_seen():
    tape = recorded_softmax()
    paths = tape.paths("w")
    assert repr(paths) == repr(tape.paths("w"))
    assert repr(paths).splitlines()[-1].endswith("the sum is the gradient")
    values = {"<script>": ag.tensor(2.0, requires_grad=True)}
    with ag.Tape() as tape:
        loss = values["<script>"] * values["<script>"]
    page = tape.paths(values["<script>"], loss)._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<style" not in page
    assert "✓" in page


def test_through_an_operation_with_several_outputs_is_refused():
    x = ag.tensor([[2.0]], requires_grad=True)
    with ag.Tape() as tape:
        w, v = np.linalg.eigh(x)
        (w * v[0]).sum()
    with pytest.raises(ag.GradientError, match="several outputs; choose one"):
        tape.paths(x).through(tape[0])


def test_a_rule_that_refuses_a_part_of_the_gradient_is_told_of(monkeypatch):
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        loss = ag.sum(x * x)
    assert loss.item() == 5

    def refusing(given, g):
        raise ag.GradientError("svd: no gradient of the whole")

    monkeypatch.setattr(module, "pulled", refusing)
    with pytest.raises(ag.GradientError, match=r"Tape.paths: the 2 paths from `x` can't be told"):
        tape.paths(x)
    assert tape.paths(x, limit=0).count == 2
