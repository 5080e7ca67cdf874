"""A derivation against the tape: what is right is accepted, and each slip is named."""

import re

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.explain.check import Report

SIZES = [0, 1, 2]


def softmax_mlp(size):
    """S1: rows are examples, the loss is a sum; the sigmoid in several steps."""
    rng = np.random.default_rng(size)
    n, d, k, h = [(4, 3, 5, 5), (7, 2, 3, 4), (5, 5, 5, 5)][size]
    x = ag.tensor(rng.normal(size=(n, d)))
    W1 = ag.tensor(rng.normal(size=(d, h)), requires_grad=True)
    W2 = ag.tensor(rng.normal(size=(h, k)), requires_grad=True)
    y = np.eye(k)[rng.integers(0, k, n)]
    with ag.Tape() as tape:
        z1 = x @ W1
        a1 = 1 / (1 + np.exp(-z1))
        z2 = a1 @ W2
        a2 = np.tanh(z2)
        mu = ag.softmax(a2)
        loss = -(np.log(mu) * y).sum()
    assert loss.shape == ()
    return tape


SOFTMAX_MLP = {
    "mu": lambda y, mu: -y / mu,
    "a2": lambda y, mu: mu - y,
    "z2": lambda g_a2, a2: g_a2 * (1 - a2**2),
    "W2": lambda a1, g_z2: a1.T @ g_z2,
    "a1": lambda g_z2, W2: g_z2 @ W2.T,
    "z1": lambda g_a1, a1: g_a1 * a1 * (1 - a1),
    "W1": lambda x, g_z1: x.T @ g_z1,
}
SOFTMAX_MLP_SLIPS = [
    ("mu", lambda y, mu: y / mu, "sign"),
    ("mu", lambda y, mu: -y, "factor 1/`mu` is forgotten|divided by|derivative of `np.log"),
    ("mu", lambda y, mu: -1 / mu, "factor `y` is forgotten"),
    ("a2", lambda y, mu: mu, "`y`"),
    ("a2", lambda y, mu: y - mu, "sign"),
    ("a2", lambda y, mu: (mu - y) / len(y), "1/4 of the gradient"),
    ("a2", lambda mu, g_mu: g_mu * mu, "path through .* missing"),
    ("a2", lambda mu, g_mu: g_mu * mu * (1 - mu), "only the diagonal is there"),
    ("z2", lambda g_a2: g_a2, "derivative of `a2` is forgotten"),
    ("z2", lambda g_a2, z2: g_a2 * (1 - z2**2), "`z2` stands in place of `a2`"),
    ("z2", lambda g_a2, a2: g_a2 * (1 - np.tanh(a2) ** 2), "taken at `a2` in place of `z2`"),
    ("z2", lambda g_a2, z1: g_a2 * (1 - np.tanh(z1) ** 2), "taken at `z1` in place of `z2`"),
    ("W2", lambda a1, g_z2: g_z2.T @ a1, "transposed"),
    ("W2", lambda z1, g_z2: z1.T @ g_z2, "`z1` stands in place of `a1`"),
    ("W2", lambda a1, g_z2: a1.T @ g_z2 / 4, "1/4 of the gradient"),
    ("W2", lambda a1, g_a2: a1.T @ g_a2, "the derivative of `a2` is forgotten"),
    ("W2", lambda a1, g_z2: a1[:, :, None] * g_z2[:, None, :], "sum over axis 0 is missing"),
    ("a1", lambda g_z2, W2: g_z2 @ W2, "`W2` is not transposed"),
    ("a1", lambda g_a2, W2: g_a2 @ W2.T, "the derivative of `a2` is forgotten"),
    ("z1", lambda g_a1: g_a1, "derivative of `a1` with respect to `z1` is forgotten"),
    ("z1", lambda g_a1, a1: -g_a1 * a1 * (1 - a1), "sign"),
    (
        "z1",
        lambda g_a1, a1: g_a1 * np.exp(-a1) / (1 + np.exp(-a1)) ** 2,
        "derivative of `a1` with respect to `z1` is taken at `a1`",
    ),
    (
        "z1",
        lambda g_a1, a1: g_a1 * a1,
        "`1 \\+ np.exp\\(-z1\\)` \\(v3\\) stands in place of `np.exp",
    ),
    ("W1", lambda a1, g_z1: a1.T @ g_z1, "`a1` stands in place of `x`"),
    ("W1", lambda x, g_z1: g_z1.T @ x, "transposed"),
    ("W1", lambda x, g_a1: x.T @ g_a1, "`a1`.*(forgotten|in place of that of `z1`)"),
]


def logistic_mlp(size):
    """S2 and the DNN of S4: columns, Wz + b, the logistic loss of a mean."""
    rng = np.random.default_rng(10 + size)
    d, h, n = [(3, 3, 6), (4, 2, 5), (2, 5, 1)][size]
    X = ag.tensor(rng.normal(size=(d, n)))
    y = (rng.uniform(size=(1, n)) > 0.5) * 1.0
    W1 = ag.tensor(rng.normal(size=(h, d)), requires_grad=True)
    b1 = ag.tensor(rng.normal(size=(h, 1)), requires_grad=True)
    W2 = ag.tensor(rng.normal(size=(1, h)), requires_grad=True)
    b2 = ag.tensor(rng.normal(size=(1, 1)), requires_grad=True)
    with ag.Tape() as tape:
        Z1 = W1 @ X + b1
        A1 = np.tanh(Z1)
        t = W2 @ A1 + b2
        losses = np.logaddexp(0, t) - y * t
        J = losses.mean()
    assert J.shape == ()
    return tape


def sigma(t):
    return 1 / (1 + np.exp(-t))


LOGISTIC_MLP = {
    "losses": lambda t: np.full(t.shape, 1 / t.shape[1]),
    "t": lambda t, y: (sigma(t) - y) / t.shape[1],
    "W2": lambda g_t, A1: g_t @ A1.T,
    "b2": lambda g_t: g_t.sum(axis=1, keepdims=True),
    "A1": lambda g_t, W2: W2.T @ g_t,
    "Z1": lambda g_A1, A1: g_A1 * (1 - A1**2),
    "W1": lambda g_Z1, X: g_Z1 @ X.T,
    "b1": lambda g_Z1: g_Z1.sum(axis=1, keepdims=True),
}
LOGISTIC_MLP_SLIPS = [
    ("t", lambda t, y: sigma(t) - y, "6 times the gradient: `J` is a mean over 6"),
    ("t", lambda t, y: (sigma(t) - y) / 36, "1/6 of the gradient"),
    ("t", lambda t, y: (y - sigma(t)) / 6, "sign"),
    ("t", lambda t, y: (t - y) / 6, "no single slip"),
    ("t", lambda t: sigma(t) / 6, "missing"),
    ("W2", lambda g_t, A1: A1 @ g_t.T, "transposed"),
    ("W2", lambda g_t, Z1: g_t @ Z1.T, "`Z1` stands in place of `A1`"),
    ("b2", lambda g_t: g_t, "sum over axis 1 is missing"),
    ("b2", lambda g_t: g_t.mean(axis=1, keepdims=True), "a mean over 6 in place of the sum"),
    ("b2", lambda g_t: g_t.sum(axis=1), "shape is \\(1,\\) in place of \\(1, 1\\)"),
    ("A1", lambda g_t, W2: W2.T @ (g_t / g_t), "no single slip"),
    ("A1", lambda g_t, W2: 2 * W2.T @ g_t, "twice"),
    ("Z1", lambda g_A1: g_A1, "derivative of `A1` is forgotten"),
    ("Z1", lambda g_A1, Z1: g_A1 * (1 - Z1**2), "`Z1` stands in place of `A1`"),
    ("W1", lambda g_Z1, X: X @ g_Z1.T, "transposed"),
    ("W1", lambda g_A1, X: g_A1 @ X.T, "the gradient of `A1` is used in place of that of"),
    ("W1", lambda g_Z1, A1: g_Z1 @ A1.T, "`A1` stands in place of `X`"),
    ("b1", lambda g_Z1: g_Z1, "sum over axis 1 is missing"),
    ("b1", lambda g_Z1: g_Z1.mean(axis=1, keepdims=True), "a mean over 6 in place of the sum"),
    ("b1", lambda g_Z1: g_Z1.sum(axis=0, keepdims=True), "over axis 0 in place of axis 1"),
]


def two_units(size):
    """S3: one value used twice, in scalars."""
    w, w3, w4, x = np.random.default_rng(20 + size).normal(size=4)
    w = ag.tensor(w, requires_grad=True)
    w3 = ag.tensor(w3, requires_grad=True)
    w4 = ag.tensor(w4, requires_grad=True)
    with ag.Tape() as tape:
        z = w * x
        a = np.tanh(z)
        z_ = np.sin(w3 * a)
        z__ = np.cos(w4 * a)
        C = z_ * z__ + z_**2
    assert C.shape == ()
    return tape


TWO_UNITS = {
    "a": lambda a, w3, w4, z_, z__: (z__ + 2 * z_) * np.cos(w3 * a) * w3 - z_ * np.sin(w4 * a) * w4,
    "z": lambda g_a, a: g_a * (1 - a**2),
    "w3": lambda a, w3, z_, z__: (z__ + 2 * z_) * np.cos(w3 * a) * a,
}
TWO_UNITS_SLIPS = [
    (
        "a",
        lambda a, w3, z_, z__: (z__ + 2 * z_) * np.cos(w3 * a) * w3,
        "path through .* is missing",
    ),
    (
        "a",
        lambda a, w3, w4, z_, z__: (z__ + 2 * z_) * np.cos(w3 * a) * w3 + z_ * np.sin(w4 * a) * w4,
        "^the path through `w4 \\* a` \\(v\\d\\) has the wrong sign",
    ),
    ("z", lambda g_a: g_a, "derivative of `a` is forgotten"),
    ("z", lambda g_a, z: g_a * (1 - z**2), "`z` stands in place of `a`"),
    ("w3", lambda a, w3, z_, z__: z__ * np.cos(w3 * a) * a, "path through .* is missing"),
    ("w3", lambda a, w3, z_, z__: (z__ + 2 * z_) * a, "derivative of `z_` is forgotten"),
    ("w3", lambda a, w3, z_, z__: (z__ + 2 * z_) * np.cos(w3 * a), "factor `a` is forgotten"),
]


def batch_norm(size):
    """S4: as written there, with a bias, and a loss that is no symmetric function."""
    rng = np.random.default_rng(30 + size)
    m, d = [(8, 3), (5, 5), (2, 4)][size]
    x = ag.tensor(rng.normal(2, 3, size=(m, d)), requires_grad=True)
    gamma = ag.tensor(rng.normal(size=d), requires_grad=True)
    beta = ag.tensor(rng.normal(size=d), requires_grad=True)
    c = rng.normal(size=(m, d))
    with ag.Tape() as tape:
        mu = x.mean(axis=0)
        var = ((x - mu) ** 2).mean(axis=0)
        std = np.sqrt(var + 0.1)
        xhat = (x - mu) / std
        y = xhat * gamma + beta
        C = (c * np.sin(y)).sum()
    assert C.shape == ()
    return tape


BATCH_NORM = {
    "y": lambda y, c: c * np.cos(y),
    "gamma": lambda g_y, xhat: (g_y * xhat).sum(axis=0),
    "beta": lambda g_y: g_y.sum(axis=0),
    "xhat": lambda g_y, gamma: g_y * gamma,
    "var": lambda g_xhat, xhat, var: -0.5 / (var + 0.1) * (g_xhat * xhat).sum(axis=0),
    "mu": lambda g_xhat, g_var, xhat, std: (
        -g_xhat.sum(axis=0) / std - 2 * std / len(xhat) * g_var * xhat.sum(axis=0)
    ),
    "x": lambda g_xhat, g_mu, g_var, xhat, std: (
        g_xhat / std + g_mu / len(xhat) + 2 / len(xhat) * g_var * xhat * std
    ),
}
BATCH_NORM_SLIPS = [
    ("gamma", lambda g_y, xhat: g_y * xhat, "sum over axis 0 is missing"),
    ("gamma", lambda g_y: g_y.sum(axis=0), "factor `xhat` is forgotten"),
    ("gamma", lambda g_y, x: (g_y * x).sum(axis=0), "`x` stands in place of `xhat`"),
    ("gamma", lambda g_y, xhat: (g_y * xhat).mean(axis=0), "a mean over 8 in place of the sum"),
    ("gamma", lambda g_y, g_xhat: (g_y * g_xhat).sum(axis=0), "gradient of `xhat` stands in place"),
    ("gamma", lambda g_y, xhat: (g_y * xhat).sum(axis=1), "over axis 1 in place of axis 0"),
    ("beta", lambda g_y: g_y, "sum over axis 0 is missing"),
    ("beta", lambda g_y: g_y.mean(axis=0), "a mean over 8 in place of the sum"),
    ("beta", lambda g_y: -g_y.sum(axis=0), "sign"),
    ("beta", lambda g_y: g_y.sum(), "a sum over axis 0 too many"),
    ("xhat", lambda g_y: g_y, "factor `gamma` is forgotten"),
    ("xhat", lambda g_y, beta: g_y * beta, "`beta` stands in place of `gamma`"),
    ("var", lambda g_xhat, xhat, std: -1 / std**2 * (g_xhat * xhat).sum(axis=0), "twice"),
    ("var", lambda g_xhat, xhat, std: 0.5 / std**2 * (g_xhat * xhat).sum(axis=0), "sign"),
    ("var", lambda g_xhat, xhat, std: -0.5 / std**2 * g_xhat * xhat, "sum over axis 0 is missing"),
    ("var", lambda g_xhat, xhat, std: -0.5 / std * (g_xhat * xhat).sum(axis=0), "times `std`"),
    ("mu", lambda g_xhat, std: g_xhat.sum(axis=0) / std, "sign"),
    ("mu", lambda g_xhat: -g_xhat.sum(axis=0), "factor 1/`std` is forgotten|times `std`"),
    ("mu", lambda g_xhat, std: -g_xhat / std, "sum over axis 0 is missing"),
    ("x", lambda g_xhat, std: g_xhat / std, "the paths through `mu`, `x - mu` .* are missing"),
    (
        "x",
        lambda g_xhat, std, g_mu: g_xhat / std + g_mu / 8,
        "the path through `x - mu` \\(v1\\) is missing",
    ),
    (
        "x",
        lambda g_xhat, std, xhat, g_var: g_xhat / std + g_var / 4 * xhat * std,
        "the path through `mu` is missing",
    ),
    (
        "x",
        lambda g_xhat, std, xhat, g_mu, g_var: g_xhat / std + g_mu + g_var / 4 * xhat * std,
        "^the path through `mu` is 8 times what it should be",
    ),
    (
        "x",
        lambda g_xhat, std, xhat, g_mu, g_var: g_xhat / std + g_mu / 8 + g_var / 8 * xhat * std,
        "^the path through `x - mu` \\(v1\\) is half what it should be",
    ),
    (
        "x",
        lambda g_xhat, std, xhat, g_mu, g_var: g_xhat / std - g_mu / 8 + g_var / 4 * xhat * std,
        "^the path through `mu` has the wrong sign",
    ),
    (
        "x",
        lambda g_xhat, std, xhat, g_mu, g_var: g_xhat + g_mu / 8 + g_var / 4 * xhat * std,
        "factor 1/`std` is forgotten",
    ),
]


def convolution(size):
    """S4: by im2col, with the shapes of the document, and the L2 norm as the loss."""
    rng = np.random.default_rng(40 + size)
    n, i, o, f, w = [(2, 2, 3, 2, 4), (1, 3, 2, 3, 5), (3, 1, 12, 2, 3)][size]
    v = w - f + 1
    X = rng.normal(size=(n, i, w, w))
    patches = np.lib.stride_tricks.sliding_window_view(X, (f, f), axis=(2, 3))
    Xc = ag.tensor(patches.transpose(0, 2, 3, 1, 4, 5).reshape(n * v * v, i * f * f))
    F = ag.tensor(rng.normal(size=(o, i, f, f)), requires_grad=True)
    b = ag.tensor(rng.normal(size=(o, 1)), requires_grad=True)
    target = rng.normal(size=(n, o, v, v))
    with ag.Tape() as tape:
        Fc = F.reshape(o, i * f * f).T
        B = b.T
        Yc = Xc @ Fc + B
        Y = Yc.reshape(n, v, v, o).transpose(0, 3, 1, 2)
        L = np.sqrt(((target - Y) ** 2).sum())
    assert L.shape == ()
    return tape


CONVOLUTION = {
    "Y": lambda Y, target, L: (Y - target) / L,
    "Yc": lambda g_Y, Yc: g_Y.transpose(0, 2, 3, 1).reshape(Yc.shape),
    "B": lambda g_Yc: g_Yc.sum(axis=0, keepdims=True),
    "b": lambda g_B: g_B.T,
    "Fc": lambda g_Yc, Xc: Xc.T @ g_Yc,
    "F": lambda g_Fc, F: g_Fc.T.reshape(F.shape),
}
CONVOLUTION_SLIPS = [
    ("Y", lambda Y, target: Y - target, "the gradient times `L`"),
    ("Y", lambda Y, target, L: (target - Y) / L, "sign"),
    ("Y", lambda Y, target, L: 2 * (Y - target) / L, "twice"),
    ("Y", lambda Y, target, L: (Y - target) / 2 / L, "half"),
    ("Yc", lambda g_Y, Yc: g_Y, "the step from `Y` back to `Yc` is missing"),
    ("Yc", lambda g_Y, Yc: g_Y.transpose(0, 2, 3, 1), "shape is"),
    ("B", lambda g_Yc: g_Yc, "sum over axis 0 is missing"),
    ("b", lambda g_Yc: g_Yc.sum(axis=0), "shape is"),
    ("b", lambda g_B: g_B, "transposed"),
    ("Fc", lambda g_Yc, Xc: g_Yc.T @ Xc, "transposed"),
    ("Fc", lambda g_Yc, Xc: -Xc.T @ g_Yc, "sign"),
    ("F", lambda g_Fc, F: g_Fc, "the step from `Fc` back to `F` is missing"),
]


def worked_example(size):
    """S5: three inputs and two outputs, one example."""
    rng = np.random.default_rng(50 + size)
    d, k = [(3, 2), (2, 2), (4, 3)][size]
    a = ag.tensor(rng.normal(size=d))
    w = ag.tensor(rng.normal(size=(d, k)), requires_grad=True)
    b = ag.tensor(rng.normal(size=k), requires_grad=True)
    y = rng.dirichlet(np.ones(k)) * (1 + size)
    with ag.Tape() as tape:
        z = a @ w + b
        yhat = ag.softmax(z)
        L = -(y * np.log(yhat)).sum()
    assert L.shape == ()
    return tape


WORKED_EXAMPLE = {
    "yhat": lambda y, yhat: -y / yhat,
    "z": lambda y, yhat: yhat * y.sum() - y,
    "w": lambda a, g_z: np.outer(a, g_z),
    "b": lambda g_z: g_z,
}
WORKED_EXAMPLE_SLIPS = [
    ("yhat", lambda y, yhat: y / yhat, "sign"),
    ("yhat", lambda y: -y, "forgotten|divided by|times"),
    ("z", lambda y, yhat: y - yhat, "sign"),
    ("z", lambda y, yhat: yhat, "`y`"),
    ("z", lambda yhat, g_yhat: g_yhat * yhat, "path through .* is missing"),
    ("z", lambda yhat, g_yhat: g_yhat * yhat * (1 - yhat), "only the diagonal is there"),
    ("w", lambda a, g_z: np.outer(g_z, a), "transposed"),
    ("w", lambda a, g_z: g_z, "back to `w` is missing"),
    ("b", lambda g_z: -g_z, "sign"),
    ("b", lambda g_z: g_z.sum(), "a sum over axis 0 too many"),
]

DERIVATIONS = [
    (softmax_mlp, SOFTMAX_MLP, SOFTMAX_MLP_SLIPS),
    (logistic_mlp, LOGISTIC_MLP, LOGISTIC_MLP_SLIPS),
    (two_units, TWO_UNITS, TWO_UNITS_SLIPS),
    (batch_norm, BATCH_NORM, BATCH_NORM_SLIPS),
    (convolution, CONVOLUTION, CONVOLUTION_SLIPS),
    (worked_example, WORKED_EXAMPLE, WORKED_EXAMPLE_SLIPS),
]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("make", "right", "_"), DERIVATIONS)
def test_right_derivations_are_accepted(make, right, _, size):
    report = make(size).check(right)
    assert report, report
    assert report.first_wrong is None
    assert [v.slips for v in report] == [()] * len(right)


@pytest.mark.parametrize(
    ("make", "right", "slip"),
    [
        pytest.param(make, right, slip, id=f"{make.__name__}-{slip[0]}-{k}")
        for make, right, slips in DERIVATIONS
        for k, slip in enumerate(slips)
    ],
)
def test_each_slip_is_named(make, right, slip):
    key, formula, expected = slip
    report = make(0).check({**right, key: formula})
    wrong = [v for v in report if not v.ok]
    assert [v.name for v in wrong] == [key], report
    assert report.first_wrong is report[key]
    assert any(re.search(expected, line) for line in report[key].lines), report


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("make", "right", "_"), DERIVATIONS)
def test_a_slip_of_one_in_a_million_is_seen(make, right, _, size):
    tape = make(size)
    for key in right:
        g = np.array(tape.backward_pass() and tape[key].cotangent)
        most = np.unravel_index(np.argmax(np.abs(g)), g.shape)
        g[most] *= 1 + 1e-6
        report = tape.check({key: g})
        assert not report, key
        assert report[key].where == tuple(most)
        assert report[key].difference == pytest.approx(1e-6, rel=1e-3)


@pytest.mark.parametrize(("make", "right", "_"), DERIVATIONS)
def test_random_numbers_get_no_reading(make, right, _):
    rng = np.random.default_rng(0)
    tape = make(0)
    for key in right:
        numbers = rng.normal(size=tape[key].shape)
        if numbers.size > 2:
            verdict = tape.check({key: numbers})[key]
            assert verdict.slips == (), verdict
            assert "no single slip" in verdict.note


def test_what_is_computed_from_a_wrong_value_follows_from_it():
    tape = softmax_mlp(0)
    x, a1, W2, mu, y = (tape[name].value for name in ("x", "a1", "W2", "mu", "y"))
    a2 = y - mu  # the slip
    z2 = a2 * (1 - tape["a2"].value ** 2)
    a1_ = z2 @ W2.T
    z1 = a1_ * a1 * (1 - a1)
    report = tape.check({"W1": x.T @ z1, "W2": a1.T @ z2, "z1": z1, "a1": a1_, "z2": z2, "a2": a2})
    assert [v.name for v in report] == ["a2", "z2", "W2", "a1", "z1", "W1"]
    assert report.first_wrong is report["a2"]
    assert report["a2"].slips == ("the sign: it is minus the gradient",)
    for name in ("z2", "W2", "a1", "z1", "W1"):
        assert report[name].verdict == "follows"
        assert report[name].cause is report["a2"]
        assert report[name].text == "follows from the slip in a2"
    assert "6 of 6 differ; look first at a2 (test_check.py:" in repr(report)
    # A second slip, in what was computed from the first.
    report = tape.check({"a2": a2, "z2": z2, "W2": z2.T @ a1})
    assert report["W2"].verdict == "differs"
    assert report["W2"].slips == ("it is transposed",)
    assert report["W2"].note == "(on top of what follows from a2, z2)"
    # Two slips that have nothing to do with each other.
    report = tape.check({"a2": a2, "mu": 2 * tape["mu"].cotangent, "W1": x.T @ z1})
    assert report["mu"].slips == ("it is twice the gradient",)
    assert report["W1"].cause is report["a2"]


def test_a_value_derived_rightly_further_on_keeps_a_slip_from_what_follows():
    tape = softmax_mlp(0)
    g = tape.backward_pass() and tape["z2"].cotangent
    report = tape.check({"a2": -tape["a2"].cotangent, "z2": g, "a1": -tape["a1"].cotangent})
    assert [v.verdict for v in report] == ["differs", "equal", "differs"]


def test_what_the_keys_and_the_formulas_may_be():
    x = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    c = np.array([[1.0, -1.0]])
    with ag.Tape() as tape:
        h = x * c
        loss = (h**2).sum()
    assert loss.shape == ()
    expected = 2 * h.numpy() * c
    assert tape.check({"x": expected, h: 2 * h, -1: 1, "v1": np.ones((2, 2))})
    assert tape.check({x: lambda c, g_h: c * g_h, "loss": lambda: 1.0})
    assert tape.check({x: lambda c, g_h, scale=1: scale * c * g_h})
    assert tape.check({0: ag.tensor(2 * h.numpy())})
    assert tape.check({"x": expected.astype(np.float32) * (1 + 1e-6)}, rtol=1e-5)
    assert not tape.check({"x": expected * (1 + 1e-6)})
    report = tape.check({x: expected, "h": h})
    assert report[x].ok
    assert not report["h"].ok
    assert report[h] is report[0] is report.verdicts[0]
    assert [v.name for v in report] == ["h", "x"]
    assert isinstance(report, Report)
    assert len(report) == 2
    assert x.grad is None
    with pytest.raises(KeyError, match="no verdict on 'q'; ask for one of h, x"):
        report["q"]


def test_what_can_not_be_checked_is_refused():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    k = ag.tensor([1.0, 2.0])
    with ag.Tape() as tape:
        h = x * k
        for _ in range(2):
            h = np.sin(h)
        unused = x + 1
        loss = h.sum()
    with pytest.raises(KeyError, match="no variable `q`"):
        tape.check({"q": 1.0}, output=loss)
    with pytest.raises(ag.GradientError, match=r"called `h`: `h@0` = multiply .*h@2\": ...}"):
        tape.check({"h": 1.0}, output=loss)
    with pytest.raises(ag.GradientError, match="several values were called `h`"):
        tape.check({"x": lambda h: h}, output=loss)
    for one in (1, "h@1"):
        assert tape.check({one: np.cos(np.sin([1.0, 4.0]))}, output=loss)
    with pytest.raises(ag.GradientError, match="`k` has no gradient from `loss`; leave it out"):
        tape.check({"k": 1.0}, output=loss)
    with pytest.raises(ag.GradientError, match=r"`unused` has no gradient.* from `loss`"):
        tape.check({unused: 1.0}, output=loss)
    with pytest.raises(TypeError, match="received the str 'one' for `x`; give numbers"):
        tape.check({"x": "one"}, output=loss)
    with pytest.raises(TypeError, match="for `x`; give numbers"):
        tape.check({"x": [[1.0], [1.0, 2.0]]}, output=loss)
    with pytest.raises(TypeError, match="give a dict of what was derived"):
        tape.check([1.0], output=loss)
    with pytest.raises(TypeError, match="give a dict of what was derived"):
        tape.check({}, output=loss)
    with pytest.raises(ValueError, match="`x` is given twice"):
        tape.check({"x": 1.0, x: 1.0}, output=loss)
    with pytest.raises(ZeroDivisionError) as caught:
        tape.check({"x": lambda: 1 / 0}, output=loss)
    assert caught.value.__notes__ == ["(in the formula given to Tape.check for `x`)"]
    with pytest.raises(KeyError, match="no variable `q`"):
        tape.check({"x": lambda q: q}, output=loss)


def test_numbers_that_are_none_and_gradients_that_are_zero():
    x = ag.tensor([0.0, 1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        a = x * 0.0
        loss = (a**2).sum() + (x**2).sum()
    assert loss.shape == ()
    verdict = tape.check({"a": [0.0, 0.0, 0.0]})["a"]
    assert verdict.ok
    assert "says little" in verdict.note
    verdict = tape.check({"a": [1.0, 0.0, 0.0]})["a"]
    assert verdict.slips == ()
    assert "says nothing about the slip" in verdict.note
    verdict = tape.check({"x": [0.0, np.nan, 4.0]})["x"]
    assert not verdict.ok
    assert verdict.note == "yours holds nan at [1]"
    verdict = tape.check({"x": [0.0, 2.0, -np.inf]})["x"]
    assert verdict.note == "yours holds -inf at [2]"
    assert tape.check({"x": [0, 2, 4]})
    with np.errstate(all="ignore"), ag.Tape() as tape:
        loss = np.sqrt(x).sum()
    with np.errstate(all="ignore"):
        loss.backward()
    assert tape.check({"x": [np.inf, 0.5, 0.5 / np.sqrt(2)]})
    assert not tape.check({"x": [-np.inf, 0.5, 0.5 / np.sqrt(2)]})
    verdict = tape.check({"x": [1.0, 0.5, 0.5 / np.sqrt(2)]})["x"]
    assert "not finite" in verdict.note


def test_rounding_is_allowed_for_where_contributions_cancel():
    rng = np.random.default_rng(0)
    x = ag.tensor(rng.normal(size=(50, 3)), requires_grad=True)
    with ag.Tape() as tape:
        mu = x.mean(axis=0)
        var = ((x - mu) ** 2).mean(axis=0)
        std = np.sqrt(var)
        xhat = (x - mu) / std
        loss = (xhat**2).sum()  # always 150: its gradient is nothing but rounding
    assert loss.shape == ()
    report = tape.check({
        "var": lambda g_xhat, xhat, var: -0.5 / var * (g_xhat * xhat).sum(axis=0),
        "mu": lambda g_xhat, std: -g_xhat.sum(axis=0) / std,
        "x": np.zeros((50, 3)),
    })  # fmt: skip
    assert report, report


def test_float32_is_judged_by_its_own_precision():
    rng = np.random.default_rng(0)
    W = ag.tensor(rng.normal(size=(30, 20)).astype(np.float32), requires_grad=True)
    x = rng.normal(size=(40, 30)).astype(np.float32)
    with ag.Tape() as tape:
        z = x @ W
        loss = np.tanh(z).mean()
    assert loss.dtype == np.float32
    right = x.astype(float).T @ ((1 - np.tanh(z.numpy().astype(float)) ** 2) / z.size)
    assert tape.check({"W": right})
    assert not tape.check({"W": right * 1.001})
    assert tape.check({"W": right * 800})["W"].slips[0].startswith("it is 800 times the gradient")
    x64 = ag.tensor(rng.normal(size=5), requires_grad=True)
    with ag.Tape() as tape:
        loss = np.sin(x64).sum()
    rounded = np.cos(x64.numpy()).astype(np.float32)
    assert tape.check({"x64": rounded})
    verdict = tape.check({"x64": rounded.astype(float)})["x64"]
    assert "float32" in verdict.note


def test_shapes_that_were_broadcast_by_mistake():
    rng = np.random.default_rng(0)
    x = ag.tensor(rng.normal(size=(4, 3)))
    w = ag.tensor(rng.normal(size=(3, 1)), requires_grad=True)
    t = rng.normal(size=4)
    with ag.Tape() as tape:
        p = x @ w
        e = p - t.reshape(4, 1)
        loss = (e**2).sum()
    assert loss.shape == ()
    verdict = tape.check({"p": lambda p: 2 * (p - t)})["p"]
    assert verdict.slips == (
        "its diagonal is the gradient: shapes (4, 1) and (4,) were broadcast to (4, 4)",
    )
    verdict = tape.check({"p": lambda e: 2 * e[:, 0]})["p"]
    assert verdict.slips == ("the numbers are right, their shape is (4,) in place of (4, 1)",)
    assert verdict.text == "differs in shape: yours (4,), the tape's (4, 1)"


def test_a_regulariser_forgotten_or_added():
    rng = np.random.default_rng(0)
    W = ag.tensor(rng.normal(size=(3, 2)), requires_grad=True)
    x = rng.normal(size=(4, 3))
    with ag.Tape() as tape:
        z = x @ W
        loss = np.exp(z).sum() + 0.05 * (W**2).sum()
    assert loss.shape == ()
    data = x.T @ np.exp(z.numpy())
    assert tape.check({"W": data + 0.1 * W})
    assert tape.check({"W": data})["W"].slips[0].startswith("the path through `W**2` (v")
    verdict = tape.check({"W": data + 0.5 * W})["W"]
    assert verdict.slips[0].startswith("the path through `W**2` (v3) is 5 times what it should")
    with ag.Tape() as tape:
        z = x @ W
        loss = np.exp(z).sum()
    verdict = tape.check({"W": data + 0.1 * W})["W"]
    assert verdict.slips[0].startswith("it is the gradient + 0.1 × `W`")


def test_the_same_value_twice_in_one_operation():
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with ag.Tape() as tape:
        loss = (x * x).sum()
    assert loss.shape == ()
    slips = tape.check({"x": lambda x: x})["x"].slips
    assert "it is half the gradient" in slips
    assert any("missing" in slip and "x * x" in slip for slip in slips)


def test_modules_deep_graphs_and_several_outputs():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    with ag.Tape() as tape:
        out = model(x)
        loss = (out**2).mean()
    loss.backward()
    g = 2 * out.numpy() / out.size
    assert tape.check({"out": g, "model.2.bias": g.sum(axis=0)})
    assert tape.check({"model.2.bias": g})["model.2.bias"].slips == (
        "the sum over axis 0 is missing",
    )
    w = ag.tensor(0.3, requires_grad=True)
    with ag.Tape() as tape:
        h = w
        for _ in range(5000):
            h = np.sin(h)
    right = tape.paths(w).gradient
    assert tape.check({w: right})
    assert tape.check({w: -right})["w"].slips == ("the sign: it is minus the gradient",)
    A = ag.tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
    with ag.Tape() as tape:
        values, vectors = np.linalg.eigh(A)
        loss = (values**2).sum() + (vectors[0] ** 3).sum()
    with pytest.raises(ag.GradientError, match="several outputs, and so no gradient; check those"):
        tape.check({0: 1.0})
    assert tape.check({"values": 2 * values})
    assert not tape.check({"A": np.ones((2, 2))})


def test_of_a_loss_recorded_without_a_tape():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    h = np.exp(x)
    s = h + 1
    loss = (s * 2).sum()
    tape = ag.Tape.of(loss)
    assert tape.check({"x": lambda h: 2 * h, "h": [2, 2]})
    with pytest.raises(ag.GradientError, match="formula for `x` asks for `s`, which is not known"):
        tape.check({"x": lambda s: s})
    assert tape.check({"x": lambda h: -2 * h})["x"].slips == ("the sign: it is minus the gradient",)


def test_names_are_escaped_in_html_and_nothing_needs_a_style_sheet():
    values = {"<b>&\"'": ag.tensor([1.0, 2.0], requires_grad=True)}
    with ag.Tape() as tape:
        loss = (values["<b>&\"'"] ** 2).sum()
    assert loss.shape == ()
    (key,) = (name for value in tape.inputs for name in value.names)
    report = tape.check({key: [2.0, -4.0]})
    page = report._repr_html_()
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page
    assert "<style" not in page
    assert "<script" not in page
    assert "✗" in page
    assert "✓" in tape.check({key: [2.0, 4.0]})._repr_html_()
    assert repr(report) == repr(tape.check({key: [2.0, -4.0]}))


def test_attributes_of_an_object_are_called_by_their_last_name():
    class Layer:
        def __init__(self):
            self.W = ag.tensor([[1.0, 2.0], [3.0, -1.0]], requires_grad=True)

        def __call__(self, x):
            self.z = x @ self.W
            return np.tanh(self.z)

    layer, x = Layer(), np.array([[0.1, 0.2]])
    with ag.Tape() as tape:
        loss = (layer(x) ** 2).sum()
        loss.backward()
    report = tape.check({"layer.W": lambda x, g_z: x.T @ g_z, "z": lambda z: np.zeros_like(z)})
    assert [v.name for v in report] == ["layer.z", "layer.W"]
    assert report["layer.W"].ok
    assert not report
    other = Layer()
    with ag.Tape() as tape:
        loss = (layer(x) + other(x)).sum()
    with pytest.raises(KeyError, match=r"no variable `W`.* near to it: layer\.W, other\.W"):
        tape.check({"W": 1.0}, output=loss)


def test_a_formula_learns_what_a_gradient_is_called():
    x = ag.tensor([1.0, 4.0], requires_grad=True)
    with ag.Tape() as tape:
        z = np.sin(x)
        loss = z.sum()
    formulas = [
        lambda dz: dz, lambda gz: gz, lambda grad_z: grad_z, lambda dloss_dz: dloss_dz,
        lambda z_bar: z_bar, lambda dLdz: dLdz,
    ]  # fmt: skip
    for formula in formulas:
        with pytest.raises(
            KeyError, match="the gradient of `z` is called `g_z`; there are loss, x"
        ):
            tape.check({"x": formula}, output=loss)
    with pytest.raises(
        KeyError, match=r"asks for `upstream`.*`g_z` for the gradient of `z`; there"
    ):
        tape.check({"x": lambda upstream: upstream}, output=loss)
    with pytest.raises(ValueError, match="broadcast") as caught:
        tape.check({"x": lambda z, g_z: g_z * np.ones(3)}, output=loss)
    assert caught.value.__notes__ == [
        "(in the formula given to Tape.check for `x`, which got z (2,), g_z (2,))"
    ]


def attention():
    rng = np.random.default_rng(3)
    Q, K, V = (ag.tensor(rng.normal(size=(4, d)), requires_grad=True) for d in (3, 3, 2))
    g = rng.normal(size=(4, 2))
    with ag.Tape() as tape:
        S = Q @ K.T / np.sqrt(3)
        A = ag.softmax(S)
        loss = (A @ V * g).sum()
    assert loss.shape == ()
    return tape


def layer_norm():
    rng = np.random.default_rng(4)
    x = ag.tensor(rng.normal(size=(4, 5)), requires_grad=True)
    g = rng.normal(size=(4, 5))
    with ag.Tape() as tape:
        mu = x.mean(axis=1, keepdims=True)
        c = x - mu
        var = (c * c).mean(axis=1, keepdims=True)
        xhat = c / np.sqrt(var + 1e-5)
        loss = (xhat * g).sum()
    assert loss.shape == ()
    return tape


@pytest.mark.parametrize(
    ("make", "key", "formula", "slip"),
    [
        (
            attention,
            "K",
            lambda g_S, Q: g_S @ Q / np.sqrt(3),
            ["the gradient of `Q @ K.T` (v1) is the wrong way round: transposed, or not"],
        ),
        (
            attention,
            "Q",
            lambda g_S, K: g_S.T @ K / np.sqrt(3),
            ["the gradient of `Q @ K.T` (v1) is the wrong way round: transposed, or not"],
        ),
        (
            layer_norm,
            "c",
            lambda g_xhat, var: g_xhat / np.sqrt(var + 1e-5),
            ["the path through `c * c` (v2) is missing"],
        ),
        (
            layer_norm,
            "c",
            lambda g_xhat, g_var, c, var: g_xhat / np.sqrt(var + 1e-5) + g_var * c / 5,
            ["the path through `c * c` (v2) is half what it should be"],
        ),
        (layer_norm, "var", lambda var: 0 * var, ["yours is 0 in every element"]),
        (
            layer_norm,
            "x",
            lambda g_c: g_c,
            ["the path through `mu` is missing"],
        ),
    ],
)
def test_one_slip_is_said_once(make, key, formula, slip):
    report = make().check({key: formula})
    assert list(report[key].slips) == slip


def test_one_line_of_a_loop_is_named_by_its_code():
    W = ag.tensor(np.random.default_rng(0).normal(size=(3, 3)), requires_grad=True)
    h = np.ones(3)
    with ag.Tape() as tape:
        for _ in range(3):
            h = np.tanh(h @ W)
        loss = h.sum()
    W_only_last = np.outer(tape[3].value, 1 - tape[5].value ** 2)
    slips = tape.check({"W": W_only_last}, output=loss)["W"].slips
    assert slips == ("the paths through `h @ W` (v0), `h @ W` (v2) are missing",)


@pytest.mark.parametrize(
    ("prime", "turned", "slip"),
    [
        (False, True, "the derivative of `tanh` is forgotten, all 3 times"),
        (True, False, "`W` is not transposed, each of 3 times"),
    ],
)
def test_a_slip_made_at_each_step_of_a_loop(prime, turned, slip):
    rng = np.random.default_rng(0)
    W = ag.tensor(rng.normal(size=(3, 3)), requires_grad=True)
    h, g = [rng.normal(size=3)], rng.normal(size=3)
    with ag.Tape() as tape:
        for _ in range(3):
            h.append(np.tanh(h[-1] @ W))
        loss = h[-1] @ g
    steps = [h[0], *(t.numpy() for t in h[1:])]
    yours, w = np.zeros((3, 3)), W.numpy()
    for before, after in zip(steps[2::-1], steps[:0:-1], strict=True):
        a = g * (1 - after**2) if prime else g
        yours += np.outer(before, a)
        g = a @ (w.T if turned else w)
    assert tape.check({"W": yours}, output=loss)["W"].slips == (slip,)


@pytest.mark.parametrize(
    ("function", "formula", "slip"),
    [
        (np.tanh, lambda h: h * (1 - h), "`h` is taken to be `h * (1 - h)`, which is that of sig"),
        (ag.sigmoid, lambda h: 1 - h**2, "`h` is taken to be `1 - h**2`, which is that of tanh"),
        (sigma, lambda h: 1 - h**2, "`h` with respect to `z` is taken to be `1 - h**2`, which"),
    ],
)
def test_the_derivative_of_another_activation(function, formula, slip):
    rng = np.random.default_rng(0)
    z, W = (ag.tensor(rng.normal(size=(4, 3)), requires_grad=True) for _ in range(2))
    with ag.Tape() as tape:
        h = function(z)
        loss = (h * W).sum()
    for key, claim in ((z, formula(h.numpy()) * W.numpy()), ("z", lambda g_h, h: g_h * formula(h))):
        slips = tape.check({key: claim}, output=loss)["z"].slips
        assert len(slips) == 1
        assert slips[0].startswith(f"the derivative of {slip}")


def test_the_report_says_of_which_output_where_there_are_several():
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.Tape() as tape:
        one = (w**2).sum()
    assert repr(tape.check({w: 2 * w})).startswith("The value is what the tape computes.")
    assert repr(tape.check({w: 2 * w}, output=one)).startswith("The gradient of one is what")
    with ag.Tape() as tape:
        one = (w**2).sum()
        loss2 = (w**3).sum()
    right = {w: 3 * w**2, loss2: 1.0}
    assert repr(tape.check(right)).startswith("All 2 gradients of loss2 are what the tape")
    report = tape.check({**right, w: 2 * w}, output="loss2")
    assert repr(report).startswith("1 of 2 gradients of loss2 differs; look first at w.")
    assert "1 of 2 gradients of loss2 differs" in report._repr_html_()
    assert repr(tape.check({w: 2 * w}, output=one)).startswith("The gradient of one is what")


def test_what_is_in_a_list_gets_a_name_of_its_own():
    h = [ag.tensor([0.5, 1.0], requires_grad=True)]
    with ag.Tape() as tape:
        h.append(np.tanh(h[-1]))
        loss = h[-1].sum()
    for formula in (lambda h1: h1, lambda h_1: h_1, lambda g_h1: g_h1):
        with pytest.raises(KeyError, match=r"inside the block, such as `h1 = h\[1\]`"):
            tape.check({"h[0]": formula}, output=loss)
    for formula in (lambda h: h, lambda g_h: g_h):
        with pytest.raises(KeyError, match=r"bind it to a variable inside the block"):
            tape.check({"h[0]": formula}, output=loss)
    with pytest.raises(KeyError, match="`g_z` for the gradient of `z`; there are"):
        tape.check({"h[0]": lambda g: g}, output=loss)
    with ag.Tape() as tape:
        h.append(np.tanh(h[0]))
        h2 = h[2]
        loss = h2.sum()
    assert tape.check({"h[0]": lambda h2: 1 - h2**2}, output=loss)


def test_an_empty_gradient_is_equal():
    x = ag.tensor(np.empty((0, 3)), requires_grad=True)
    with ag.Tape() as tape:
        loss = (x * x).sum()
    assert tape.check({x: np.empty((0, 3))}, output=loss)


def test_booleans_on_the_tape_may_stand_near_a_slip():
    x = ag.tensor([1.0, -2.0, 3.0], requires_grad=True)
    with ag.Tape() as tape:
        loss = (x * x * (x.numpy() > 0)).sum()
    assert not tape.check({x: np.array([1.0, 7.0, 2.0])}, output=loss)


def test_a_rule_that_refuses_other_numbers_is_survived():
    x = ag.tensor(np.arange(8.0).reshape(2, 4) % 5, requires_grad=True)
    with ag.Tape() as tape:
        u, s, vh = np.linalg.svd(x)
        w = np.random.default_rng(1).normal(size=(4, 4))
        (u * u * s).sum() + (vh[2:].T @ vh[2:] * w).sum()
    right = tape.backward_pass().into(tape.at(x))[-1].total
    assert tape.check({x: right})
    assert not tape.check({x: -right + 1})


def test_a_long_tape_is_searched_within_bounds(monkeypatch):
    runs = 0
    rule = ag.explain.entries.Entry.rule

    def counted(entry, i):
        nonlocal runs
        runs += 1
        return rule(entry, i)

    monkeypatch.setattr(ag.explain.entries.Entry, "rule", counted)
    x = ag.tensor([0.1, 0.2, 0.3], requires_grad=True)
    with ag.Tape() as tape:
        h = x
        for _ in range(120):
            h = ag.tanh(h) * 1.1
        loss = ag.sum(h**2)
    assert loss.shape == ()
    assert not tape.check({"x": np.array([1.0, -2.0, 5.0])})
    assert runs < 400_000  # (more than two million without bounds)
