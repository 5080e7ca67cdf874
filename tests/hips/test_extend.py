"""Primitives and rules declared as for HIPS autograd."""

from __future__ import annotations

import numpy
import pytest
from numpy.testing import assert_allclose

import autograd as ag
import autograd.numpy as np
from autograd import elementwise_grad as egrad, grad, gradcheck
from autograd.builtins import DictBox, SequenceBox, dict, isinstance, list, tuple, type
from autograd.extend import (
    Box,
    def_linear,
    defjvp,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    notrace_primitive,
    primitive,
)
from autograd.tracer import getval, isbox

x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])


@primitive
def times(a, b):
    """The product."""
    assert not isbox(a)
    assert not isbox(b)
    return a * b


defvjp(times, lambda ans, a, b: lambda g: g * b, lambda ans, a, b: lambda g: g * a)


def test_rules_in_order_to_any_order():
    assert_allclose(grad(lambda a: np.sum(times(a, y)))(x), y)
    assert_allclose(grad(lambda b: np.sum(times(2.0, b)))(y), [2, 2])
    assert_allclose(egrad(egrad(lambda a: times(a, times(a, a))))(x), 6 * x)
    assert gradcheck(times, [x, y], order=3)


def test_what_was_broadcast_is_summed():
    assert_allclose(grad(lambda a: np.sum(times(a, y)))(2.0), 7.0)
    assert gradcheck(times, [np.ones((3, 1)), y])


def test_plain_arguments_give_plain_results():
    assert times(2, 3) == 6
    assert type(times(x, 2.0)) is numpy.ndarray
    assert times.__name__ == "times"
    assert times.__doc__ == "The product."


def test_the_tape_shows_it_under_its_name():
    t = ag.tensor(x, requires_grad=True)
    assert [entry.name for entry in ag.tape(times(t, y))] == ["times"]


def test_the_output_is_at_hand():
    @primitive
    def squash(x):
        return np.tanh(x)

    defvjp(squash, lambda ans, x: lambda g: g * (1 - ans**2))
    assert gradcheck(squash, [x], order=3)


def test_none_says_that_the_derivative_is_zero():
    @primitive
    def scaled(a, b):
        return a * b

    defvjp(scaled, lambda ans, a, b: lambda g: g * b, None)
    assert_allclose(grad(lambda a: np.sum(scaled(a, a)))(x), x)
    assert_allclose(grad(lambda b: np.sum(scaled(x, b)))(y), [0, 0])


def test_an_argument_without_a_rule_is_refused():
    @primitive
    def scaled(a, b):
        return a * b

    with pytest.raises(NotImplementedError, match=r"scaled: argument 0 .*defvjp\(scaled"):
        grad(lambda a: np.sum(scaled(a, y)))(x)
    defvjp(scaled, lambda ans, a, b: lambda g: g * a, argnums=[1])
    assert_allclose(grad(lambda b: np.sum(scaled(x, b)))(y), x)
    with pytest.raises(NotImplementedError, match="argument 0"):
        grad(lambda a: np.sum(scaled(a, y)))(x)


def test_other_arguments_arrive_as_they_are():
    seen = []

    @primitive
    def power(base, exponent, *, scale=1.0, name=None):
        seen.append((exponent, scale, name))
        return scale * base**exponent

    defvjp(
        power,
        lambda ans, base, exponent, scale=1.0, name=None: (
            lambda g: g * scale * exponent * base ** (exponent - 1)
        ),
    )
    assert_allclose(grad(lambda b: np.sum(power(b, 3, scale=2.0, name="n")))(x), 6 * x**2)
    assert seen == [(3, 2.0, "n")]
    assert seen[0][0].__class__ is int


def test_a_scalar_arrives_as_a_number():
    @primitive
    def half(x):
        assert isinstance(x, float)
        return 0.5 * x

    defvjp(half, lambda ans, x: lambda g: 0.5 * g)
    assert grad(half)(3.0) == 0.5


def test_an_array_that_changes_later_does_not_matter():
    b = y.copy()
    t = ag.tensor(x, requires_grad=True)
    z = times(t, b)
    b[:] = 0
    z.sum().backward()
    assert_allclose(t.grad, y)


def test_containers_are_differentiated():
    @primitive
    def product(pair, options):
        return pair[0] * pair[1]["b"] * options["factor"]

    def rule(ans, pair, options):
        one, other = pair[0], pair[1]["b"]
        return lambda g: [g * other * options["factor"], {"b": g * one * options["factor"]}]

    defvjp(product, rule)
    slopes = grad(lambda pair: np.sum(product(pair, {"factor": 2.0})))([x, {"b": y}])
    assert_allclose(slopes[0], 2 * y)
    assert_allclose(slopes[1]["b"], 2 * x)
    assert_allclose(grad(lambda x: np.sum(product([x, {"b": x}], {"factor": 1.0})))(x), 2 * x)


def test_several_outputs():
    @primitive
    def both(x):
        return x**2, x**3

    defvjp(both, lambda ans, x: lambda g: g[0] * 2 * x + g[1] * 3 * x**2)
    assert_allclose(grad(lambda x: np.sum(both(x)[1]))(x), 3 * x**2)
    assert gradcheck(lambda x: np.sum(both(x)[0] * both(x)[1]), [x], order=3)


def test_one_rule_for_all_arguments():
    @primitive
    def weighted(*xs):
        return sum(k * x for k, x in enumerate(xs))

    defvjp_argnum(weighted, lambda argnum, ans, args, kwargs: lambda g: argnum * g)
    assert_allclose(grad(lambda a: np.sum(weighted(a, a, a)))(x), [3, 3])

    @primitive
    def weighted_again(*xs):
        return sum(k * x for k, x in enumerate(xs))

    defvjp_argnums(
        weighted_again, lambda argnums, ans, args, kwargs: lambda g: (k * g for k in argnums)
    )
    assert_allclose(grad(lambda a: np.sum(weighted_again(a, a, a)))(x), [3, 3])


def test_forward_rules_are_accepted_and_not_needed():
    defjvp(times, lambda g, ans, a, b: g * b)
    def_linear(times)
    value, slope = ag.make_jvp(lambda a: times(a, y))(x)(np.ones(2))
    assert_allclose(value, x * y)
    assert_allclose(slope, y)


def test_a_keyword_is_not_differentiated():
    assert_allclose(grad(lambda b: np.sum(x * b))(y), x)
    with pytest.raises(TypeError, match=r"times: received b=.*give it by position"):
        grad(lambda a: np.sum(times(a, b=a)))(x)


def test_a_function_of_numpy_without_rules_can_be_given_some():
    from autograd import dispatch

    with pytest.raises(TypeError, match="has no rule"):
        grad(lambda x: np.sum(np.spacing(x)))(x)
    try:
        defvjp(np.spacing, lambda ans, x: lambda g: g * 7.0)
        assert_allclose(grad(lambda x: np.sum(np.spacing(x)))(x), [7, 7])
        assert_allclose(grad(lambda x: np.sum(numpy.spacing(x)))(x), [7, 7])
    finally:
        del dispatch.operations[numpy.spacing]


def test_what_can_not_be_given_rules():
    with pytest.raises(TypeError, match=r"np\.exp has its rules already"):
        defvjp(np.exp, lambda ans, x: lambda g: g)
    with pytest.raises(TypeError, match="is no primitive"):
        defvjp(lambda x: x, lambda ans, x: lambda g: g)


def test_notrace_primitive():
    positive = notrace_primitive(lambda x, pair, flag=None: (x > 1) * pair[0])
    assert_allclose(grad(lambda x: np.sum(positive(x, [x]) * x))(x), [0, 2])


def test_looking_at_traced_values():
    seen = {}

    def f(x):
        seen["box"] = isbox(x), isinstance(x, Box), isbox(1.0)
        seen["value"] = getval(x), getval(3)
        seen["types"] = isinstance(x, numpy.ndarray), type(x), isinstance(x[0], float)
        return np.sum(x) * getval(x[0])

    assert_allclose(grad(f)(y), [3, 3])
    assert seen["box"] == (True, True, False)
    assert_allclose(seen["value"][0], y)
    assert seen["value"][1] == 3
    assert seen["types"] == (True, numpy.ndarray, True)


def test_containers_are_pythons():
    def f(p):
        assert isinstance(p, DictBox)
        parts = list([p["a"], *tuple((p["b"], 1.0))])
        assert isinstance(parts, SequenceBox)
        named = dict(first=parts[0], second=parts[1])
        return np.sum(named["first"] * named["second"]) * parts[2]

    slopes = grad(f)(dict(a=x, b=y))
    assert_allclose(slopes["a"], y)
    assert_allclose(slopes["b"], x)
