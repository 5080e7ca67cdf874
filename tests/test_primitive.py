"""Declaring primitives: what a rule may ask for, what is saved, what is refused."""

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, gradients, primitive


def leaf(values, **kwargs):
    return Tensor(values, requires_grad=True, **kwargs)


@pytest.fixture(autouse=True)
def registry_as_it_was():
    import sys

    registry = sys.modules["autograd.primitive"]._registry
    before = len(registry)
    yield
    del registry[before:]


def saved(z):
    return set(ag.tape(z)[-1].saved)


def test_the_parameter_names_of_the_rules_decide_what_is_saved():
    x, y = leaf(np.ones((2, 3))), leaf(np.ones((3, 2)))
    assert saved(x + x) == set()
    assert saved(np.exp(x)) == {"z"}
    assert saved(np.sum(x)) == {"x_shape"}
    assert saved(x @ y) == {"x", "y", "x_shape", "y_shape"}
    assert ag.tape(np.sum(x))[-1].nbytes == 0
    assert ag.tape(np.exp(x))[-1].nbytes == 48


def test_only_what_a_running_rule_needs_is_saved():
    x, c = leaf(np.ones(3)), Tensor(np.full(3, 2.0))
    assert set(ag.tape(x * c)[-1].saved) == {"y"}
    assert set(ag.tape(c * x)[-1].saved) == {"x"}
    assert ag.tape(x * c)[-1].saved["y"] is c.data


def test_a_users_primitive_gets_everything_the_built_in_ones_have():
    softsquare = primitive(
        lambda x, y, /, scale=1.0: scale * x * x * y,
        name="softsquare",
        tex=r"{scale} {x}^2 {y}",
        x=lambda g, x, y, scale: 2 * scale * g * x * y,
        y=lambda g, x, scale: scale * g * x * x,
    )
    a, b = np.array([[1.0], [2.0]]), np.array([3.0, 4.0, 5.0])
    assert type(softsquare(a, b)) is np.ndarray
    assert ag.gradcheck(lambda x, y: softsquare(x, y, scale=1.5), [a, b], order=3, atol=1e-4)
    z = softsquare(leaf(a), b, 2.0)
    entry = ag.tape(z)[-1]
    assert (entry.name, entry.static, entry.shape) == ("softsquare", {"scale": 2.0}, (2, 3))
    assert softsquare.primitive in ag.primitives()
    with ag.no_grad():
        assert softsquare(leaf(a), b).is_leaf


def test_several_outputs_of_which_some_are_unused():
    both = primitive(
        lambda x: (np.sin(x), np.cos(x)),
        name="both",
        outputs=2,
        x=lambda g, z: g[0] * z[1] - g[1] * z[0],
    )
    x = leaf([0.3, 0.4])
    s, c = both(x)
    (g,) = gradients(s.sum(), x, retain_graph=True)
    np.testing.assert_allclose(g.numpy(), np.cos([0.3, 0.4]))
    (g,) = gradients((s * c * c).sum(), x)
    s_, c_ = np.sin([0.3, 0.4]), np.cos([0.3, 0.4])
    np.testing.assert_allclose(g.numpy(), c_**3 - 2 * s_**2 * c_)
    assert ag.gradcheck(lambda x: both(x)[0] * both(x)[1] ** 2, [np.array([0.3, 0.4])], order=3)
    assert ag.gradcheck(both, [np.array([0.3, 0.4])])
    assert [t.dtype for t in both(leaf([0.3], dtype="float32"))] == [np.float32] * 2
    assert isinstance(both(np.ones(2))[0], np.ndarray)
    with ag.no_grad():
        assert both(x)[0].is_leaf


def test_any_number_of_inputs():
    total = primitive(
        lambda *xs, weight=1.0: weight * sum(x * x for x in xs),
        name="total",
        xs=lambda g, i, xs, weight: 2 * weight * g * xs[i],
    )
    arrays = [np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array(5.0)]
    assert ag.gradcheck(lambda *xs: total(*xs, weight=0.5), arrays, order=2)
    x = leaf([1.0, 2.0])
    z = total(np.array([3.0, 4.0]), x, 2.0)
    z.backward([1.0, 1.0])
    assert x.grad.tolist() == [2, 4]
    assert len(ag.tape(z)[-1].parents) == 3


def test_the_same_tensor_in_two_places():
    x = leaf([2.0])
    (x * x).sum().backward()
    assert x.grad.tolist() == [4]


def test_an_input_that_is_not_differentiable():
    pick = primitive(
        lambda where, x: np.where(where, x, 0), name="pick", where=None,
        x=lambda g, where: np.where(where, g, 0),
    )  # fmt: skip
    mask = np.array([True, False])
    x = leaf([1.0, 2.0])
    z = pick(mask, x)
    mask[...] = True
    z.sum().backward()
    assert x.grad.tolist() == [1, 0]
    with ag.no_grad():
        assert pick(leaf([1.0, 0.0]), x).tolist() == [1, 0]
    with pytest.raises(ag.GradientError, match=r"pick: .*`where`.*detach"):
        pick(leaf([1.0, 0.0]), x)


@pytest.mark.parametrize(
    ("declare", "words"),
    [
        (lambda: primitive(np.hypot, name="h", x=lambda g: g), "`y` has no rule"),
        (lambda: primitive(lambda x: x, name="h", x=lambda g: g, w=lambda g: g), "rule for `w`"),
        (lambda: primitive(lambda x: x, name="h", x=lambda g, y: g), "asks for `y`"),
        (lambda: primitive(lambda x: x, name="h", x=lambda g, x_size: g), "asks for `x_size`"),
        (lambda: primitive(lambda x: x, name="h", x=lambda x: x), "does not take `g` first"),
        (lambda: primitive(lambda x, k: x, name="h", x=lambda g, k: g), "`k` has no rule"),
        (lambda: primitive(lambda z: z, name="h", z=lambda g: g), "called `z`"),
        (lambda: primitive(lambda _x: _x, name="h", _x=lambda g: g), "underscore"),
        (lambda: primitive(lambda x: x, x=lambda g: g), "give it one"),
        (lambda: primitive(lambda x: x, name="h", x=5), "must be a function or None"),
        (lambda: primitive(5, name="h", x=lambda g: g), "must be a function"),
    ],
)
def test_an_unsound_declaration_is_refused(declare, words):
    with pytest.raises(TypeError, match=words):
        declare()


def test_a_second_primitive_on_a_ufunc_does_not_take_it_over_unless_it_says_so():
    x = leaf([0.5])
    other = primitive(np.sin, name="other", x=lambda g: 7 * g)
    assert ag.tape(np.sin(x))[-1].name == "sin"
    assert ag.tape(other(x))[-1].name == "other"


def test_an_operand_that_is_no_array_is_refused_by_the_operations_name():
    x = leaf([1.0])
    for wrong in (None, "text", 1j, object(), {"a": 1}):
        with pytest.raises(TypeError, match="multiply"):
            x * wrong
        with pytest.raises(TypeError, match="multiply"):
            wrong * x
    with pytest.raises(ValueError, match="broadcast"):
        x[[0, 0]] * np.ones(3)
