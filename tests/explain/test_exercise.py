"""Exercises: posed without the answer, graded on several sizes, solved on request."""

import numpy as np
import pytest

import autograd as ag
import nn

SOLUTIONS = {
    "linear": {
        "g_x": lambda g, W: g @ W.T,
        "g_W": lambda g, x: x.T @ g,
        "g_b": lambda g: g.sum(axis=0),
    },
    "softmax": {"g_x": lambda g, z: z * (g - (g * z).sum(axis=1, keepdims=True))},
    "cross_entropy": {
        "g_p": lambda g, y, p: -g * y / p / len(y),
        "g_x": lambda g, y, p: g * (p * y.sum(axis=1, keepdims=True) - y) / len(y),
    },
    "batch_norm": {
        "g_beta": lambda g: g.sum(axis=0),
        "g_gamma": lambda g, xhat: (g * xhat).sum(axis=0),
        "g_xhat": lambda g, gamma: g * gamma,
        "g_x": lambda g_xhat, xhat, std: (
            (g_xhat - g_xhat.mean(axis=0) - xhat * (g_xhat * xhat).mean(axis=0)) / std
        ),
    },
    "layer_norm": {
        "g_x": lambda g_xhat, xhat, std: (
            (
                g_xhat
                - g_xhat.mean(axis=1, keepdims=True)
                - xhat * (g_xhat * xhat).mean(axis=1, keepdims=True)
            )
            / std
        ),
    },
}


@pytest.mark.parametrize("name", SOLUTIONS)
def test_the_known_ones(name):
    task = ag.exercise(name)
    assert task.grade(**SOLUTIONS[name]), task.grade(**SOLUTIONS[name])
    for key in SOLUTIONS[name]:
        wrong = task.grade(**{**SOLUTIONS[name], key: lambda: 1.0})
        assert not wrong
        assert [v.name for v in wrong if not v.ok] == [key[2:]]


@pytest.mark.parametrize(
    ("what", "formulas"),
    [
        (np.matmul, {"g_x": lambda g, y: g @ y.T, "g_y": lambda g, x: x.T @ g}),
        ("multiply", {"g_x": lambda g, y: g * y, "g_y": lambda g, x: (g * x).sum(axis=0)}),
        (np.exp, {"g_x": lambda g, z: g * z}),
        (np.arccosh, {"g_x": lambda g, x: g / np.sqrt(x**2 - 1)}),
        ("tanh", {"g_x": lambda g, z: g * (1 - z**2)}),
        (np.linalg.inv, {"g_a": lambda g, z: -z.T @ g @ z.T}),
    ],
)
def test_primitives(what, formulas):
    task = ag.exercise(what)
    assert task.grade(**formulas), task.grade(**formulas)


def test_the_question_does_not_tell_the_answer_and_hints_lead_to_it():
    task = ag.exercise(np.matmul)
    assert "ᵀ" not in repr(task)
    assert "ᵀ" not in task._repr_html_()
    first = task.hint()
    assert "g has the shape of z, (4, 2)" in first
    assert "ᵀ" not in first
    hints = [task.hint() for _ in range(4)]
    assert "ᵀ" in hints[1]
    assert hints[-1] == task.hint() == "That was the last hint."
    assert "ᵀ" in task.solution()
    assert len(task.solution().splitlines()) == 2


def test_functions_and_modules_of_ones_own():
    def scaled(x, y):
        h = np.sin(x) * y
        return h.sum(axis=0)

    task = ag.exercise(scaled, np.arange(6.0).reshape(3, 2), np.array([2.0, 3.0]))
    assert list(task.inputs) == ["x", "y"]
    assert task.grade(
        g_h=lambda g, h: g + 0 * h,
        g_x=lambda g, x, y: g * np.cos(x) * y,
        g_y=lambda g, x: (g * np.sin(x)).sum(axis=0),
    )
    report = task.grade(g_y=lambda g, x: g * np.sin(x))
    assert report["y"].slips == ("the sum over axis 0 is missing",)
    task = ag.exercise(nn.Linear(3, 2), np.random.default_rng(0).normal(size=(4, 3)))
    assert task.grade(g_weight=lambda g, x: g.T @ x, g_bias=lambda g: g.sum(axis=0))
    task = ag.exercise(np.mean, np.arange(6.0).reshape(2, 3), axis=1)
    assert task.z.shape == (2,)


def test_what_is_no_exercise():
    with pytest.raises(TypeError, match="no function 'nothing' in autograd"):
        ag.exercise("nothing")
    with pytest.raises(TypeError, match="received the int 3; give a function"):
        ag.exercise(3)
    with pytest.raises(ValueError, match="could not guess inputs for _f; give them"):
        ag.exercise(_f)
    with pytest.raises(TypeError, match="the function returned"):
        ag.exercise(lambda x: 3.0, np.ones(2))
    task = ag.exercise("softmax")
    for wrong in ({}, {"x": 1.0}):
        with pytest.raises(TypeError, match=r"give a formula for g_x, such as grade\(g_x="):
            task.grade(**wrong)
    with pytest.raises(KeyError, match="no variable `q`"):
        task.grade(g_q=1.0)


def _f(a, b, c, d, e):
    return a
