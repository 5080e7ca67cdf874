"""The checker: right programs pass, each kind of wrong rule is caught and the culprit is named."""

import inspect
import re
import sys

import numpy as np
import pytest
from cases import CASES

import autograd as ag
import nn
from autograd import GradcheckError, Tensor, gradcheck, primitive
from autograd.errors import parts
from nn import functional

X = np.array([[0.3, -0.7, 1.1], [0.2, 0.9, -0.4]])
Y = np.array([[0.5, 0.1], [-0.6, 0.8], [0.7, 0.2]])


def wrong(forward, name="wrong", **rules):
    operation = primitive(forward, name=name, **rules)
    sys.modules["autograd.primitive"]._registry.pop()
    return operation


def message_of(f, *inputs, **options):
    """What gradcheck says is not right; in the form that every message has."""
    with pytest.raises(GradcheckError) as caught:
        gradcheck(f, *inputs, **options)
    message = str(caught.value)
    assert parts(message)[0] == "gradcheck"
    return message


# ---------------------------------------------------------------------- a function as a whole


@pytest.mark.parametrize(
    ("slip", "operation", "inputs"),
    [
        ("sign", wrong(np.sin, x=lambda g, x: -g * np.cos(x)), [X]),
        ("factor", wrong(np.square, x=lambda g, x: g * x), [X]),
        ("small factor", wrong(np.square, x=lambda g, x: 2.0005 * g * x), [X]),
        ("transposition", wrong(np.matmul, x=lambda g, y: g @ y, y=lambda g, x: x.T @ g), [X[:, :2], Y[:2]]),
        ("missing sum", wrong(lambda x: np.sum(x, axis=0), x=lambda g, x: g), [X]),
        ("mean for sum", wrong(lambda x: np.sum(x), x=lambda g, x_shape: np.broadcast_to(g / 6, x_shape)), [X]),
        ("dtype", wrong(np.sin, x=lambda g, x: (g * np.cos(x)).astype("float32")), [X]),
        ("too large a shape", wrong(np.sin, x=lambda g, x: np.stack([g * np.cos(x), 0 * g])), [X]),
        ("one input of two", wrong(np.multiply, x=lambda g, y: g * y, y=lambda g, y: g * y), [X, X + 1]),
        ("one entry of many", wrong(np.sin, x=lambda g, x: g * np.cos(x) + (x == 0.9)), [X]),
        ("detached", wrong(np.sin, x=lambda g: 0 * g), [X]),
        ("NaN", wrong(np.sin, x=lambda g: np.nan * g), [X]),
        ("infinite", wrong(np.sin, x=lambda g: np.inf * np.abs(g)), [X]),
        ("not linear in g", wrong(np.sin, x=lambda g, x: g * g * np.cos(x)), [X]),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_caught(slip, operation, inputs):
    message_of(operation, inputs, order=1)
    message_of(lambda *x: ag.sum(operation(*x) ** 2), inputs, order=1, localize=True)


def test_a_rule_that_is_right_only_to_first_order_is_caught_at_the_second():
    operation = wrong(np.sin, x=lambda g, x: g * np.cos(ag.detach(x)))
    assert gradcheck(operation, [X], order=1)
    assert "order 2" in message_of(operation, [X], order=2)


def test_a_rule_that_does_not_depend_on_its_cotangent_is_caught_at_the_second():
    operation = wrong(np.sin, x=lambda g, x: ag.detach(g) * np.cos(x))
    assert gradcheck(operation, [X], order=1)
    message = message_of(operation, [X], order=2)
    assert "order 2, the cotangent of output 0 of shape (2, 3), entry (0, 0): " in message


def test_the_message_names_order_input_entry_output_and_both_values():
    operation = wrong(np.sin, x=lambda g, x: np.where(x == 0.9, 0, g * np.cos(x)))
    message = message_of(lambda a, x: operation(x) * a, [X + 1, X], directions=0)
    assert "order 1, input 1 of shape (2, 3), entry (1, 1), output 0 at (1, 1): " in message
    assert "the gradient says 0, finite differences say 1.181" in message  # 1.9 cos(0.9)


def test_of_large_inputs_the_element_is_found_by_halving():
    x = np.linspace(-1, 1, 1000)
    assert gradcheck(np.tanh, [x])
    operation = wrong(np.tanh, x=lambda g, z: g * np.where(z == np.tanh(x[700]), 1, 1 - z * z))
    assert "entry (700,), output 0 at (700,): the gradient says 1," in message_of(operation, [x])


def test_several_outputs_integers_scalars_and_empty_inputs():
    for localize in (False, True):
        assert gradcheck(lambda x, k: (x[k], x * 2), [X, np.array([0, 1])], localize=localize)
        assert gradcheck(np.exp, 0.5, localize=localize)
        assert gradcheck(np.exp, [np.zeros((0, 3))], localize=localize)
        assert gradcheck(lambda x: x * 2, [Tensor([1.0], dtype="float32")], localize=localize)
        assert gradcheck(lambda x: Tensor(1.0), [X], localize=localize)
        assert gradcheck(lambda x: x * 0 + np.sign(x), [X], localize=localize)


def test_wrong_use_is_refused():
    with pytest.raises(TypeError, match="floating-point array"):
        gradcheck(np.exp, [np.array([1, 2])])
    with pytest.raises(TypeError, match="must return floating-point Tensors"):
        gradcheck(lambda x: x > 0, [X])
    with pytest.raises(ValueError, match="order"):
        gradcheck(np.exp, [X], order=0)
    with pytest.raises(TypeError, match="inputs must be leaves that require a gradient"):
        gradcheck(lambda: Tensor(1.0), [X])
    with pytest.raises(TypeError, match="no leaf that requires a gradient"):
        gradcheck(lambda: Tensor(1.0))
    sizes = iter([1, 2, 3, 4])
    message = message_of(lambda x: x[: next(sizes)], [np.arange(5.0)])
    assert "f returned shapes (1,) and (2,) for the same inputs" in message


def test_a_rule_that_leaks_float64_is_caught_where_the_inputs_are_float32():
    leak = wrong(np.sin, "leak", x=lambda g, x: g * np.cos(x) * np.float64(1))
    assert gradcheck(leak, [X])
    w = ag.tensor(X, requires_grad=True, dtype="float32")
    for localize in (False, True):
        text = "returned float64 for an input of float32"
        assert text in message_of(leak, [X.astype("float32")], localize=localize)
        assert text in message_of(lambda: leak(w).sum(), localize=localize)


# ---------------------------------------------------------------------- the culprit in a network


def doubled(x, axis=0, keepdims=False):
    return np.sum(x, axis=axis, keepdims=keepdims)


def doubled_rule(g, x_shape, axis, keepdims):
    """Right, but for the one way to call it that is not often tested."""
    if not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g * (2 if keepdims else 1), x_shape)


def halves(x):
    return np.sin(x), np.cos(x)


def mean_of(*xs):
    return sum(xs) / len(xs)


def scaled(x, y):
    return x * y


CULPRITS = {
    "sign": (wrong(np.tanh, "act", x=lambda g, z: -g * (1 - z * z)), lambda op, h: op(h), "x"),
    "factor": (wrong(np.square, "act", x=lambda g, x: g * x), lambda op, h: op(h), "x"),
    "missing term": (wrong(lambda x: x * np.tanh(x), "act", x=lambda g, x: g * np.tanh(x)), lambda op, h: op(h), "x"),
    "transposed": (wrong(np.matmul, "act", x=lambda g, y: g @ y, y=lambda g, x: x.T @ g), lambda op, h: op(h, np.arange(36.0).reshape(6, 6) / 9), "x"),
    "for one axis": (wrong(lambda x, axis=0: np.cumsum(x, axis), "act", x=lambda g, axis: np.flip(np.cumsum(np.flip(g, 0), 0), 0)), lambda op, h: op(h, axis=1), "x"),
    "for keepdims": (wrong(doubled, "act", x=doubled_rule), lambda op, h: h - op(h, axis=1, keepdims=True), "x"),
    "where it is broadcast": (wrong(scaled, "act", x=lambda g, y: g * y, y=lambda g, x, y_shape: g * x if y_shape == x.shape else g), lambda op, h: op(h, h[0]), "y"),
    "in the second output": (wrong(halves, "act", outputs=2, x=lambda g, x: g[0] * np.cos(x) + g[1] * np.sin(x)), lambda op, h: op(h)[0] * 2 + op(h)[1], "x"),
    "of the second of several": (wrong(mean_of, "act", xs=lambda g, xs, i: g / len(xs) * (1 + (i == 1))), lambda op, h: op(h, h * 2, h * 3), "number 1 of `xs"),
    "dtype": (wrong(np.tanh, "act", x=lambda g, z: (g * (1 - z * z)).astype("float32")), lambda op, h: op(h), "x"),
    "shape": (wrong(np.tanh, "act", x=lambda g, z: np.stack([g * (1 - z * z), 0 * g])), lambda op, h: op(h), "x"),
    "second derivative": (wrong(np.tanh, "act", x=lambda g, z: g * (1 - ag.detach(z) ** 2)), lambda op, h: op(h), "x"),
    "derivative by g": (wrong(np.tanh, "act", x=lambda g, z: ag.detach(g) * (1 - z * z)), lambda op, h: op(h), "x"),
}  # fmt: skip
ONLY_SECOND = {"second derivative", "derivative by g"}


class Mlp(nn.Module):
    def __init__(self, apply):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(5, 6), nn.Linear(6, 6), nn.Linear(6, 3)
        self.apply_to = apply

    def forward(self, x):
        h = functional.relu(self.a(x))
        h = h + self.b(h)
        h = self.apply_to(h)  # the culprit
        return self.c(h.reshape(-1, 6))


class Cnn(nn.Module):
    def __init__(self, apply):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.norm, self.pool = nn.BatchNorm2d(2), nn.MaxPool2d(2)
        self.c = nn.Linear(6, 3)
        self.apply_to = apply

    def forward(self, x):
        h = self.pool(functional.relu(self.norm(self.conv(x))))
        h = h.reshape(-1, 6)
        h = self.apply_to(h)  # the culprit
        return self.c(h.reshape(-1, 6))


IMAGES = {
    Mlp: np.random.default_rng(0).standard_normal((4, 5)).astype("float32"),
    Cnn: np.random.default_rng(0).standard_normal((3, 1, 4, 6)).astype("float32"),
}
IMAGES[Cnn][:, :, :2] = 0  # windows in which all are equal, as in many images


def loss_of(kind, apply):
    nn.seed(0)
    model, x = kind(apply), IMAGES[kind]

    def loss():
        z = model(x)
        return functional.cross_entropy(z, np.arange(len(z)) % 3)

    return model, loss


@pytest.mark.parametrize("kind", [Mlp, Cnn])
@pytest.mark.parametrize("slip", CULPRITS)
def test_the_culprit_in_a_network_is_named_with_its_line_and_input(slip, kind):
    operation, call, culprit = CULPRITS[slip]

    def apply(h):
        hidden = h * 1.5
        return call(operation, hidden)

    model, loss = loss_of(kind, apply)
    order = 2 if slip in ONLY_SECOND else 1
    message = message_of(loss, list(model.parameters()), order=order, localize=True)
    lines, _ = inspect.getsourcelines(sys.modules[__name__])
    # The line that called the operation: that of the table above.
    row = next(n for n, line in enumerate(lines, 1) if line.strip().startswith(f'"{slip}": ('))
    assert message.startswith(f'gradcheck: the rule of `act` (test_gradcheck.py:{row}, `"{slip}"')
    assert f" for `{culprit}`" in message or f" for {culprit}`" in message
    if slip == "where it is broadcast":
        assert "`y`, float64 of shape (6,), is wrong at element (0,) for element" in message
    elif culprit == "x":
        assert "`x` (your `h`)" in message
    if slip in ONLY_SECOND:
        by = "its cotangent" if slip == "derivative by g" else "`x` (your `h`)"
        assert f"is right, but the derivative of this rule by {by} is wrong" in message
    # The same without a list of parameters, and a wrong gradient without `localize`.
    assert message_of(loss, order=order, localize=True) == message
    if slip != "shape":
        message_of(loss, order=order)


def test_it_says_what_the_rule_and_the_differences_say():
    bend = wrong(np.square, "bend", x=lambda g, x: 3.0 * g * x)
    w = ag.tensor([0.5, 2.0], requires_grad=True)
    message = message_of(lambda: np.sum(bend(np.exp(w))), localize=True)
    assert "is wrong at element (0,) for element (0,) of the result: it says 4.946" in message
    assert "finite differences say 3.297" in message  # 2 exp(0.5)


def test_of_two_wrong_rules_the_first_in_backward_order_is_named():
    one = wrong(np.sin, "one", x=lambda g, x: -g * np.cos(x))
    two = wrong(np.sin, "two", x=lambda g, x: -g * np.cos(x))
    assert "the rule of `two`" in message_of(lambda x: two(one(x)), [X], localize=True)
    assert "the rule of `one`" in message_of(lambda x: one(two(x)), [X], localize=True)


def test_two_slips_that_cancel_and_a_wrong_rule_that_is_not_used_are_found_too():
    minus = wrong(np.negative, "minus", x=lambda g: g)
    for f in (lambda x: minus(minus(x)), lambda x: x + minus(x) * 0):
        assert gradcheck(f, [X])
        assert "the rule of `minus`" in message_of(f, [X], localize=True)


def test_a_wrong_rule_used_inside_a_rule_is_blamed_not_the_rule_that_calls_it():
    cosine = wrong(np.cos, "cosine", x=lambda g, x: g * np.sin(x))
    sine = wrong(np.sin, "sine", x=lambda g, x: g * cosine(x))
    assert gradcheck(sine, [X], order=1, localize=True)
    message = message_of(lambda x: sine(x * 2), [X], localize=True)
    assert "the rule of `cosine` in the rule of `sine` (test_gradcheck.py:" in message


def test_operands_have_the_names_of_the_users_variables():
    product = wrong(np.multiply, "product", x=lambda g, y: g * y, y=lambda g, x: 2 * g * x)

    def f(speed, mass):
        momentum = speed * mass
        return product(mass, momentum)

    assert "for `y` (your `momentum`), float64" in message_of(f, [X, X + 2], localize=True)
    gain = nn.Parameter([1.0, 2.0, 3.0])
    message = message_of(lambda: product(X, gain), localize=True)
    assert "for `y` (your `gain`), float64 of shape (3,)" in message
    assert "input 0 (`gain`)" in message_of(lambda: product(X, gain))


def test_a_parameter_is_left_as_it_was():
    model, loss = loss_of(Mlp, np.tanh)
    before = {name: (p, p.data.copy(), p._node) for name, p in model.named_parameters()}

    def broken():
        if model.a.weight.dtype == np.float64:
            raise ZeroDivisionError
        return loss()

    assert gradcheck(loss, order=1, localize=True)
    with pytest.raises(ZeroDivisionError):
        gradcheck(broken)
    for name, p in model.named_parameters():
        kept, data, node = before[name]
        assert p is kept
        assert p.dtype == np.float32
        assert p._node is node
        assert p.grad is None
        np.testing.assert_array_equal(p.data, data)


# ---------------------------------------------------------------------- right programs


def attention(q, k, v):
    scores = q @ k.T / np.sqrt(3.0) + np.triu(np.full((2, 2), -np.inf), 1)
    return ag.softmax(scores) @ v


RIGHT = {
    "integer index": (lambda x: x[np.array([1, 0, 1])] * 2, [X]),
    "masked": (lambda x: np.where(x > 0, np.log(np.abs(x)), 0) + x[x > 0].sum(), [X]),
    "a branch not taken is infinite": (lambda x: np.where(x > 0, np.sqrt(x), x), [np.array([0.0, 1.0, -1.0]) - 0.5]),
    "several outputs": (lambda x: np.linalg.svd(x)[1], [X]),
    "split": (lambda x: [part**2 for part in np.split(x, 3, axis=1)], [X]),
    "variadic": (lambda x, y: np.concatenate([x, y.T, x]), [X, Y]),
    "einsum": (lambda x, y: np.einsum("ij,jk->ik", x, y), [X, Y]),
    "broadcast": (lambda x, y: x * y, [X, X[:, :1]]),
    "number": (lambda x: 2.0**x + x**3, [X]),
    "0-d": (lambda x: np.sin(x) * x, [np.array(0.3)]),
    "reduced to nothing": (lambda x: np.sum(x[:0]) + np.sum(x), [X]),
    "attention": (attention, [X, X + 1, X - 1]),
    "of values far apart": (lambda x: np.log(x), [np.array([1e-9, 1.0, 1e9])]),
    "logits of all sizes": (lambda x: ag.log_softmax(x), [np.array([[1e4, -1e4, 3.0]])]),
    "written into": (lambda x: put(x * 2), [X]),
    "ties on the way": (lambda x: np.max(np.maximum(x - 5, 0)) + x, [X]),
    "steep": (lambda x: np.tanh(1e6 * x), [np.array([0.0, 1e-6, -3e-7])]),
    "steeper": (lambda x: np.tanh(1e9 * x), [np.array([0.0, 1e-9])]),
    "a sharp bend, smooth": (lambda x: np.logaddexp(0, 1e8 * x) / 1e8, [np.array([0.0, 1e-8])]),
    "the same on a step": (lambda x: 1 + np.logaddexp(0, 1e8 * x) / 1e8, [np.array([0.0, 1e-8])]),
    "a kink within the step": (lambda x: 1 + np.maximum(x, 0), [np.array([5e-7, -5e-9, 2e-8])]),
    "a jump within the step": (lambda x: np.floor(x), [np.array([2 + 5e-7, 3 - 5e-8])]),
    "rounded to float32": (lambda x: (3 * x.astype("float32")).sum(), [X]),
    "large": (lambda x: x**2, [X * 1e8]),
    "small": (lambda x: x**2 * 1e-8, [X]),
    "a scan": (lambda x: np.cumsum(np.cumprod(x, axis=1), axis=0), [X]),
}  # fmt: skip


def put(x):
    x[0, 1] = x[1, 2] ** 2
    return x


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_program_is_accepted(name):
    f, inputs = RIGHT[name]
    order = 1 if name in ("rounded to float32", "steeper") else 2
    assert gradcheck(f, inputs, order=order)
    assert gradcheck(f, inputs, order=order, localize=True)


HARD = [
    "steep", "a sharp bend, smooth", "the same on a step", "a kink within the step", "a jump within the step",
    "rounded to float32", "of values far apart", "logits of all sizes", "large", "small",
]  # fmt: skip


@pytest.mark.parametrize("name", HARD)
def test_a_right_program_is_accepted_along_all_random_directions(name):
    for seed in range(1, 20):
        assert gradcheck(*RIGHT[name], order=1, seed=seed)


def test_numbers_that_cancel_and_kinks_nearby_are_accepted_along_all_random_directions():
    for seed in range(20):
        for f in (
            lambda x: (x + 1e5) - 1e5,
            lambda x: np.sin(1e4 * x),
            lambda x: x**20,
            lambda x: np.tanh(x.astype("float32")),
        ):
            assert gradcheck(f, [X], order=1, seed=seed)
        assert gradcheck(lambda x: 1e3 * np.maximum(x, 0) + 100, [X * 1e-7], order=1, seed=seed)


def test_a_loss_with_a_checkpoint_and_one_inside_no_grad_are_checked():
    model = nn.Linear(5, 2)
    f = lambda: (ag.checkpoint(lambda x: np.tanh(model(x)), Tensor(IMAGES[Mlp])) ** 2).sum()
    for localize in (False, True):
        assert gradcheck(f, localize=localize)
        with ag.no_grad():
            assert gradcheck(np.exp, 0.5, localize=localize)


@pytest.mark.parametrize("kind", [Mlp, Cnn])
def test_a_right_network_is_accepted(kind):
    _, loss = loss_of(kind, np.tanh)
    assert gradcheck(loss, localize=True)


@pytest.mark.parametrize("case", CASES[::23], ids=lambda case: case.name)
def test_rules_of_the_table_are_right_alone(case):
    inputs = case.inputs()
    places = [k for k, x in enumerate(inputs) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]

    def f(*arrays):
        arguments = list(inputs)
        for k, x in zip(places, arrays, strict=True):
            arguments[k] = x
        return case(*arguments)

    assert gradcheck(f, [inputs[k] for k in places], localize=True)


# ---------------------------------------------------------------------- no derivative there

relu = wrong(lambda x: np.maximum(x, 0), "rectify", x=lambda g, x: g * (x > 0))
steep_relu = wrong(
    lambda x: np.maximum(x, 0), "rectify", x=lambda g, x: g * np.where(x == 0, 7, x > 0)
)
composite = lambda x: 3 * np.exp(2 * np.abs(x - 1)).sum()

# The function, the point; where, what is said, the operation that it comes from.
KINKS = {
    "relu at 0": (relu, [1.0, 0.0, -1.0], (1,), "slope 0 to the left and 1 to the right, and the gradient says 0, which lies between them, as docs/conventions.md chooses", "rectify"),
    "relu of nn at 0": (functional.relu, [1.0, 0.0, -1.0], (1,), "slope 0 to the left and 1 to the right, and the gradient says 0,", None),
    "max at a tie": (np.max, [1.0, 3.0, 3.0], (1,), "slope 0 to the left and 1 to the right, and the gradient says 0.5, which lies", "max"),
    "max of three": (np.max, [3.0, 3.0, 3.0], (0,), "slope 0 to the left and 1 to the right, and the gradient says 0.333333, which lies", "max"),
    "abs at 0": (np.abs, [0.0, 2.0], (0,), "slope -1 to the left and 1 to the right, and the gradient says 0, which lies", "absolute"),
    "a composite": (composite, [1.0, 2.0], (0,), "slope -6 to the left and 6 to the right, and the gradient says 0, which lies", "absolute"),
    "where": (lambda x: np.where(x > 0, x, -2 * x), [0.0, 2.0], (0,), "slope -2 to the left and 1 to the right, and the gradient says -2, which lies", "where"),
    "clip at its edge": (lambda x: np.clip(x, -1, 1), [0.0, 1.0], (1,), "slope 1 to the left and 0 to the right", "clip"),
    "sort of equals": (lambda x: np.sort(x) @ np.array([1.0, 5.0]), [2.0, 2.0], (0,), "slope 1 to the left and 5 to the right", "permute"),
    "norm at 0": (np.linalg.norm, [0.0, 0.0], (0,), "slope -1 to the left and 1 to the right, and the gradient says 0", "norm"),
    "beside a large slope": (lambda x: 1e3 * x + np.abs(x), [0.0, 1.0], (0,), "slope 999 to the left and 1001 to the right", "absolute"),
    "a wrong choice": (steep_relu, [1.0, 0.0], (1,), "and the gradient says 7, which does not lie between them", "rectify"),
    "floor at an integer": (np.floor, [2.0, 1.5], (0,), "by -1 to the left within a step of 1e-12, and the gradient says 0", "floor"),
    "sign at 0": (np.sign, [0.0, 1.0], (0,), "by -1 to the left and by 1 to the right within", "sign"),
    "sqrt at 0": (np.sqrt, [0.0, 1.0], (0,), "from 1e+04 over a step of 1e-08 to 1e+06 over 1e-12 (f is not finite to the left), and the gradient says inf", "sqrt"),
    "cbrt at 0": (np.cbrt, [0.0, 1.0], (0,), "from 2.15e+05 over a step of 1e-08 to 1e+08 over 1e-12, and the gradient says inf", "cbrt"),
    "a cusp": (lambda x: np.abs(x) ** 0.5, [0.0, 1.0], (0,), "grows without bound", "absolute"),
    "the edge of a domain": (lambda x: x**1.5, [0.0, 1.0], (0,), "f is not finite to the left", "power"),
}  # fmt: skip
FIRST = {
    **dict.fromkeys(KINKS, "f is not differentiable there"),
    "floor at an integer": "f jumps there",
    "sign at 0": "f jumps there",
    "the edge of a domain": "f is not finite to the left",
    **dict.fromkeys(["sqrt at 0", "cbrt at 0", "a cusp"], "the slope of f grows without bound"),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_point_without_a_derivative_is_recognised(name):
    f, point, entry, said, operation = KINKS[name]
    plain = message_of(f, [np.array(point)], order=1)
    assert f"input 0 of shape ({len(point)},), entry {entry}" in plain
    assert f": {FIRST[name]}" in plain
    assert said in plain
    assert plain.endswith("; move the point to where it is differentiable.")
    named = message_of(f, [np.array(point)], order=1, localize=True)
    if operation is not None:
        assert f"{FIRST[name]} because of `{operation}` (test_gradcheck.py:" in named
    assert re.sub(r" because of `\w+` \(.*`\)", "", named) == plain


@pytest.mark.parametrize("name", KINKS)
def test_it_is_recognised_along_all_random_directions(name):
    f, point, entry, said, _ = KINKS[name]
    for seed in range(1, 10):
        message = message_of(f, [np.array(point)], order=1, seed=seed)
        assert f"entry {entry}" in message
        assert f": {FIRST[name]}" in message
        assert said in message


def test_a_kink_among_many_elements_is_found_by_halving():
    x = np.linspace(1, 2, 500)
    x[321] = 0
    message = message_of(lambda x: np.abs(x).sum(), [x], localize=True)
    assert "entry (321,): f is not differentiable there because of `absolute`" in message


def test_a_wrong_rule_is_not_taken_for_a_kink_nor_the_other_way_round():
    negated = wrong(np.abs, "modulus", x=lambda g, x: -g * np.sign(x))
    x = np.array([0.0, 2.0])
    assert "entry (1,), output 0 at (1,): the gradient says -1, finite differences say 1" in (
        message_of(negated, [x], order=1)
    )
    message = message_of(lambda x: negated(x * 1.0), [x], order=1, localize=True)
    assert "the rule of `modulus` (" in message
    assert "is wrong at element (1,) for element (1,) of the result" in message


def test_a_straight_through_estimator_is_not_accepted():
    """Its rule agrees with the slope over wide steps, but not with the derivative, which is 0."""
    rounded = wrong(lambda x: np.round(x * 1e4) / 1e4, "rounded", x=lambda g: g)
    message = message_of(rounded, [np.array([0.30004, 0.7])], order=1)
    assert "f does not change at all over the smallest steps" in message
    floored = wrong(np.floor, "floored", x=lambda g: g)
    assert "finite differences say 0" in message_of(floored, [np.array([0.3])], order=1)


def test_noise_is_taken_for_neither():
    message = message_of(lambda x: (x + 1e8) - 1e8, [np.array([0.3, 0.4])], order=1)
    assert "it rounds, or goes up in steps" in message
    ragged = wrong(lambda x: x + 1e-4 * np.sin(1e15 * x), "ragged", x=lambda g: g)
    for localize in (False, True):
        message = message_of(ragged, [np.array([0.3])], order=1, localize=localize)
        assert "do not settle" in message or "grows without bound" in message


def test_a_kink_of_the_gradient_is_told_from_one_of_the_function():
    f = lambda x: x * np.abs(x)
    x = np.array([0.0, 1.0])
    assert gradcheck(f, [x], order=1)
    message = message_of(f, [x], order=2, localize=True)
    assert "order 2, input 0 of shape (2,), entry (0,): the gradient of f is not diff" in message
    assert "because of `absolute` (test_gradcheck.py:" in message


def test_a_branch_is_named():
    def f(x):
        if x.item() > 0:
            return x * 2
        return np.square(x)

    message = message_of(f, 0.0, order=1, localize=True)
    assert "because of a branch, not taken beside it, that calls `square`" in message


# ---------------------------------------------------------------------- the rules are right, f not


@pytest.mark.parametrize(
    ("f", "operation", "operand"),
    [
        (lambda x: x * x.detach(), "multiply", "y"),
        (lambda x: x * x.sum().item(), "multiply", "y"),
        (lambda x: ag.softmax(x) + x.numpy(), "add", "y"),
        (lambda x: x + ag.sum(x.detach() ** 2), "power", "x"),
    ],
)
def test_a_value_that_goes_past_the_tape_is_named(f, operation, operand):
    message = message_of(f, [X], localize=True)
    assert "though each rule alone is right" in message
    assert f"the operand `{operand}`" in message
    assert f"of `{operation}` (test_gradcheck.py:" in message
    assert "changes with the input although no gradient flows through it" in message
    assert "localize=True" in message_of(f, [X])


def test_a_function_that_draws_random_numbers_is_told():
    random = np.random.default_rng(0)
    f = lambda x: np.sin(x) * random.random()
    plain = message_of(f, [X])
    assert "f does not give the same value twice at the same point;" in plain
    named = message_of(f, [X], localize=True)
    assert "first in `multiply` (test_gradcheck.py:" in named
    assert "whose operand `y` varies" in named
    noisy = wrong(lambda x: x * random.random(), "noisy", x=lambda g: g)
    message = message_of(lambda x: noisy(x) * 2, [X], localize=True)
    assert "first in `noisy` (test_gradcheck.py:" in message
    assert "whose result varies" in message


def test_dropout_is_told():
    nn.seed(0)
    model = nn.Sequential(nn.Linear(5, 6), nn.Dropout(0.5), nn.Linear(6, 3))
    f = lambda: (model(IMAGES[Mlp]) ** 2).sum()
    assert "first in `multiply`" in message_of(f, localize=True)
    model.eval()
    assert gradcheck(f, localize=True)


def test_a_tape_around_it_goes_on_recording():
    with ag.Tape() as tape:
        assert gradcheck(np.exp, 0.5, order=1, localize=True)
        x = ag.tensor(2.0, requires_grad=True)
        y = x * 3
    assert tape.at(y).op == "multiply"
