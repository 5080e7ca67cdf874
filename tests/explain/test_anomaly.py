"""`detect_anomaly`: the cause of a NaN or an infinity, and nothing else."""

import gc
import inspect
import re
import threading
import tracemalloc
import warnings
from contextlib import contextmanager, nullcontext

import numpy as np
import pytest

import autograd as ag
import nn

pytestmark = [
    pytest.mark.filterwarnings("ignore:Mean of empty"),
    pytest.mark.filterwarnings("ignore:.*degrees of freedom"),
]
FAILURES = {}


def failure(op, line, *said, reached="loss"):
    """What a person does wrong, and what the message must name."""

    def declare(function):
        FAILURES[function.__name__] = function, op, line, said, reached
        return function

    return declare


def leaf(*values, dtype=float):
    return ag.tensor(np.array(values, dtype), requires_grad=True)


# ---------------------------------------------------------------------- forward


@failure("log", "np.log(p)", "makes -inf at [1]", "p[1] = 0; 1 of 3", "log_softmax")
def log_of_0():
    p = leaf(0.5, 0.0, 0.5)
    loss = -np.log(p).sum()
    loss.backward()


@failure("log", "np.log(p)", "a negative number", "p[1] = -1", "np.maximum")
def log_of_a_negative_number():
    p = leaf(0.5, -1.0)
    loss = np.log(p).mean()
    loss.backward()


@failure("log", "np.log(p)", "p[1] = 0", "then", "`multiply` at", "0 · inf (y[1] = 0")
def cross_entropy_by_hand():
    p, y = leaf(0.5, 0.0), np.array([1.0, 0.0])
    loss = -(y * np.log(p)).sum()
    loss.backward()


@failure("log2", "np.log2(p)", "the logarithm of 0")
def log2_of_0():
    p = leaf(1.0, 0.0)
    loss = np.log2(p).sum()
    loss.backward()


@failure("log1p", "np.log1p(x)", "log1p at -1")
def log1p_of_minus_1():
    x = leaf(0.0, -1.0)
    loss = np.log1p(x).sum()
    loss.backward()


@failure("sqrt", "np.sqrt(v)", "v[0] = -0.25", "np.var does not")
def root_of_a_negative_variance():
    v = leaf(0.25)
    v = v - 0.5
    loss = np.sqrt(v) * 2
    loss.backward()


@failure("divide", "a / b", "a division by 0", "a[1] = 1, b[1] = 0", "np.where")
def division_by_0():
    a, b = leaf(1.0, 1.0), leaf(2.0, 0.0)
    loss = (a / b).sum()
    loss.backward()


@failure("divide", "x / total", "0 / 0", "(x[0] = 0, total = 0")
def nothing_divided_by_nothing():
    x = leaf(0.0, 0.0)
    total = x.sum()
    loss = (x / total).sum()
    loss.backward()


@failure("reciprocal", "np.reciprocal(x)", "a division by 0", "x[0] = 0")
def reciprocal_of_0():
    x = leaf(0.0)
    loss = np.reciprocal(x).sum()
    loss.backward()


@failure("power", "x**-2", "0 to a power", "x[1] = 0")
def a_negative_power_of_0():
    x = leaf(1.0, 0.0)
    loss = (x**-2).sum()
    loss.backward()


@failure("power", "x**0.5", "a fractional power", "np.abs(x)**p")
def a_fractional_power_of_a_negative_number():
    x = leaf(-1.0)
    loss = (x**0.5).sum()
    loss.backward()


@failure("exp", "np.exp(x)", "overflow", "x[1] = 1000", "ag.softmax", "inf / inf")
def softmax_by_hand():
    x = leaf(0.0, 1000.0)
    e = np.exp(x)
    loss = (e / e.sum())[1]
    loss.backward()


@failure("exp", "np.exp(x)", "3.4e+38", "ag.logsumexp", "float64, where it is 2.688e+43")
def logsumexp_by_hand_in_float32():
    x = leaf(1.0, 100.0, dtype="float32")
    loss = np.log(np.exp(x).sum())
    loss.backward()


@failure("exp", "np.exp(-x)", "ag.sigmoid")
def softplus_by_hand():
    x = leaf(-1000.0)
    loss = np.log(1 + np.exp(-x)).sum()
    loss.backward()


@failure("subtract", "a - b", "inf - inf", "from", "`a` came in with inf", "-1e9")
def infinity_minus_infinity():
    a, b = leaf(np.inf), leaf(np.inf)
    loss = (a - b).sum()
    loss.backward()


@failure("subtract", "s - s.max", "inf - inf", "`mask` came in with -inf", "masked|mask with")
def a_row_that_is_masked_everywhere():
    scores = leaf([1.0, 2.0], [3.0, 4.0])
    mask = np.array([[0.0, 0.0], [-np.inf, -np.inf]])
    s = scores + mask
    e = np.exp(s - s.max(axis=1, keepdims=True))
    loss = (e / e.sum(axis=1, keepdims=True)).sum()
    loss.backward()


@failure("multiply", "x * 1e308", "overflow", "1.8e+308", "smaller")
def a_product_that_overflows():
    x = leaf(1e10)
    loss = (x * 1e308).sum()
    loss.backward()


@failure("square", "np.square(x)", "float64, where it is 1e+40")
def a_square_that_overflows_float32():
    x = leaf(1e20, dtype="float32")
    loss = np.square(x).sum()
    loss.backward()


@failure("matmul", "a @ b", "overflow", "a up to 1e+25, b up to 1e+25", "float64")
def a_matmul_that_overflows():
    a = ag.tensor(np.full((2, 2), 1e25, "float32"), requires_grad=True)
    b = np.full((2, 2), 1e25, "float32")
    loss = (a @ b).sum()
    loss.backward()


@failure("sum", "x.sum()", "overflow")
def a_sum_that_overflows():
    x = leaf(1.7e308, 1.7e308)
    loss = x.sum()
    loss.backward()


@failure("prod", "np.prod(x)", "add logarithms")
def a_product_of_many():
    x = ag.tensor(np.full(400, 10.0), requires_grad=True)
    loss = np.prod(x)
    loss.backward()


@failure("sinh", "np.sinh(x)", "overflow")
def a_hyperbolic_sine_that_overflows():
    x = leaf(1000.0)
    loss = np.sinh(x).sum()
    loss.backward()


@failure("mean", ".mean()", "the mean of no elements")
def the_mean_of_nothing():
    x = leaf(1.0, 2.0)
    loss = x[x > 5].mean()
    loss.backward()


@failure("where", "np.std(x", "in `std`", "no degrees of freedom", "ddof")
def the_deviation_of_one_value():
    x = leaf(1.0)
    loss = np.std(x, ddof=1)
    loss.backward()


@failure("arcsin", "np.arcsin(x)", "outside", "np.clip")
def arcsin_of_2():
    x = leaf(2.0)
    loss = np.arcsin(x).sum()
    loss.backward()


@failure("arctanh", "np.arctanh(x)", "np.clip")
def arctanh_of_1():
    x = leaf(1.0)
    loss = np.arctanh(x).sum()
    loss.backward()


@failure("arccosh", "np.arccosh(x)", "np.maximum(x, 1 + 1e-7)")
def arccosh_below_1():
    x = leaf(0.5)
    loss = np.arccosh(x).sum()
    loss.backward()


@failure("sin", "np.sin(x)", "sin of inf", "`x` came in with inf")
def the_sine_of_infinity():
    x = leaf(np.inf)
    loss = np.sin(x).sum()
    loss.backward()


# ---------------------------------------------------------------------- it came in so


@failure("matmul", "data @ w", "`data` came in with NaN at [0, 1] (1 of 4", "np.nan_to_num")
def data_with_nan():
    data, w = np.array([[1.0, np.nan], [2.0, 3.0]]), leaf([1.0], [1.0])
    loss = (data @ w).mean()
    loss.backward()


@failure("matmul", "model(x)", "`x` came in with inf", "in `linear`", "model.0 (Linear)")
def data_with_infinity_in_a_model():
    nn.seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    x = np.array([[1.0, np.inf]], "float32")
    loss = model(x).sum()
    loss.backward()


@failure("transpose", "model(x)", "`model.0.weight` came in with NaN at [1, 0] (1 of 6")
def a_parameter_that_is_nan():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    with ag.no_grad():
        model[0].weight.data[1, 0] = np.nan
    x = np.ones((4, 2), "float32")
    loss = model(x).sum()
    loss.backward()


@failure(
    "multiply", "w * w", "`w` became NaN at [0] after a backward pass", "lower the learning rate"
)
def a_step_that_made_a_parameter_nan():
    w = leaf(1.0)
    for lr in (0.1, np.nan):
        loss = (w * w).sum()
        loss.backward()
        w.data -= lr * w.grad.numpy()
    loss = (w * w).sum()
    loss.backward()


@failure("power", "w**2", "overflow", "w[0] = -2e+200", "lower the learning rate")
def a_learning_rate_that_is_too_large():
    w = leaf(1.0)
    for _ in range(2):
        loss = (w**2).sum()
        loss.backward()
        w.data -= 1e200 * w.grad.numpy()


# ---------------------------------------------------------------------- backward


@failure("sqrt", "np.sqrt(s)", "local derivative inf at s[1] = 0", "np.std", reached="s")
def the_slope_of_a_root_at_0():
    s = leaf(4.0, 0.0)
    loss = np.sqrt(s).sum()
    loss.backward()


@failure(
    "sqrt", "np.sqrt(s)", "its cotangent there is 0 because of `multiply` at", "0 · inf is NaN",
    reached="s",
)  # fmt: skip
def a_root_times_0():
    s, w = leaf(4.0, 0.0), np.array([1.0, 0.0])
    loss = (np.sqrt(s) * w).sum()
    loss.backward()


@failure("sqrt", "np.sqrt(x)", "inf at x[0, 1] = 0", "0 because of `where` at", reached="x")
def a_root_behind_a_matmul_that_where_did_not_choose():
    x = leaf([1.0, 0.0])
    y = np.sqrt(x) @ np.eye(2)
    loss = np.where(np.array([True, False]), y, 0).sum()
    loss.backward()


@failure(
    "sqrt", "np.sqrt((v**2).sum())", "the derivative of `power` at", "makes NaN of it", reached="v"
)
def a_norm_by_hand_at_0():
    v = leaf(0.0, 0.0)
    loss = np.sqrt((v**2).sum())
    loss.backward()


@failure("sqrt", "np.sqrt(d)", "np.linalg.norm", "d[0, 0] = 0", reached="x")
def distances_of_points_from_themselves():
    x = leaf([0.0, 1.0], [2.0, 3.0])
    d = ((x[:, None] - x[None]) ** 2).sum(axis=-1)
    loss = np.sqrt(d).sum()
    loss.backward()


@failure("power", "x**0.5", "local derivative inf at x[0] = 0", "(x + 1e-12)**p", reached="x")
def the_slope_of_a_power_at_0():
    x = leaf(0.0)
    loss = (x**0.5).sum()
    loss.backward()


@failure("cbrt", "np.cbrt(x)", "local derivative inf", reached="x")
def the_slope_of_a_cube_root_at_0():
    x = leaf(0.0, 1.0)
    loss = np.cbrt(x).sum()
    loss.backward()


@failure("arcsin", "np.arcsin(x)", "local derivative inf at x[0] = 1", "np.clip", reached="x")
def the_slope_of_arcsin_at_1():
    x = leaf(1.0)
    loss = np.arcsin(x).sum()
    loss.backward()


@failure("arccos", "np.arccos(c)", "local derivative -inf at c = 1", reached="u")
def the_angle_between_equal_vectors():
    u = leaf(1.0, 0.0)
    c = u @ u
    loss = np.arccos(c)
    loss.backward()


@failure("arccosh", "np.arccosh(x)", "local derivative inf", reached="x")
def the_slope_of_arccosh_at_1():
    x = leaf(1.0)
    loss = np.arccosh(x).sum()
    loss.backward()


@failure(
    "arctan2",
    "np.arctan2(y, x)",
    "local derivative NaN at y[0] = 0, x[0] = 0",
    "leave such points out",
    reached="y",
)
def the_angle_of_the_origin():
    y, x = leaf(0.0), leaf(0.0)
    loss = np.arctan2(y, x).sum()
    loss.backward()


@failure("bad", "bad(x)", "the rule of `bad`", "returns NaN", "gradcheck", reached="x")
def a_rule_of_the_user():
    bad = ag.primitive(lambda x: x**2, name="bad", x=lambda g, x: g * np.nan)
    x = leaf(1.0, 2.0)
    loss = bad(x).sum()
    loss.backward()


@failure("power", "create_graph=True", "in the derivative of", "local derivative inf", reached="x")
def a_second_derivative():
    x = leaf(0.0, 1.0)
    y = (x**1.5).sum()
    (g,) = ag.gradients(y, x, create_graph=True)
    g.sum().backward()


@failure("multiply", "x * 1e200", "overflows in its derivative", "smaller", reached="x")
def a_derivative_that_overflows():
    x = leaf(1.0)
    loss = (np.sin(x * 1e200) * 1e200).sum()
    loss.backward()


@failure("sqrt", "np.sqrt(x)", "0 because of `relu`", reached="x")
def relu_behind_a_root():
    x = leaf(0.0, 1.0)
    loss = ag.relu(np.sqrt(x) - 0.5).sum()
    loss.backward()


@pytest.mark.parametrize("name", FAILURES)
def test_the_message_names_operation_line_and_remedy(name):
    function, op, line, said, reached = FAILURES[name]
    with pytest.raises(ag.AnomalyError) as error, ag.detect_anomaly():
        function()
    text = str(error.value)
    first, *rows = text.splitlines()
    assert f"`{op}`" in first
    lines = inspect.getsourcelines(function)
    number = int(re.search(rf"`{op}`[^;]*? at test_anomaly.py:(\d+)", first)[1])
    source = inspect.getsource(inspect.getmodule(function)).splitlines()[number - 1]
    assert line in source
    assert source.strip() in "\n".join(rows)
    assert lines[1] <= number < lines[1] + len(lines[0])
    for words in said:
        assert any(word in text for word in words.split("|")), text
    assert f"`{reached}`" in text
    assert "remedy" in text


def test_there_are_many_of_them():
    assert len(FAILURES) >= 40


# ---------------------------------------------------------------------- no false alarms


HEALTHY = {
    "a branch that where does not choose": lambda x: np.where(x > 0, np.log(x), 0).sum(),
    "a mask of -inf": lambda x: ag.softmax(x + np.array([0, -np.inf, 0]))[0],
    "where with -inf": lambda x: ag.logsumexp(np.where(x > 0, x, -np.inf)),
    "log of 0 in a logsumexp": lambda x: ag.logsumexp(x + np.log(ag.tensor([1.0, 0.0, 0.5]))),
    "elements that were picked": lambda x: np.log(x)[x > 0].sum(),
    "nansum": lambda x: np.nansum(np.sqrt(x - 0.5)),
    "infinite slope behind where": lambda x: np.sqrt(np.where(x > 0, x, 0)).sum(),
    "largest": lambda x: np.maximum(np.log(np.abs(x)), -10).sum(),
    "clipped": lambda x: np.clip(1 / x, -5, 5).sum(),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_what_does_not_arrive_is_no_anomaly(name):
    x = leaf(1.0, 0.0, -1.0)
    with ag.detect_anomaly():
        HEALTHY[name](x).backward()
    assert np.isfinite(x.grad.numpy()).all()


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, dropout=0.1)

    def forward(self, x):
        n = x.shape[1]
        mask = np.where(np.triu(np.ones((n, n)), 1) > 0, -np.inf, 0).astype("float32")
        return self.inner(x, mask)[:, 0, :2]


MODELS = {
    "mlp": lambda: (
        nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 2)),
        (16, 4),
    ),
    "cnn": lambda: (
        nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(8, 2),
        ),
        (16, 1, 6, 6),
    ),
    "transformer": lambda: (Attention(), (4, 4, 8)),
    "lstm": lambda: (Last(), (4, 5, 4)),
}  # fmt: skip


class Last(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.LSTM(4, 2)

    def forward(self, x):
        return self.inner(x)[0][-1]


@pytest.mark.parametrize("name", MODELS)
def test_a_healthy_training_is_the_same_inside(name):
    def trained(block):
        nn.seed(0)
        model, shape = MODELS[name]()
        x = np.random.default_rng(0).standard_normal(shape).astype("float32")
        y = np.arange(len(model(x).detach().numpy())) % 2
        optimizer = nn.optim.Adam(model.parameters(), lr=0.01)
        with block:
            for _ in range(4):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(x), y)
                loss.backward()
                optimizer.step()
        return model.state_dict()

    plain, watched = trained(nullcontext()), trained(ag.detect_anomaly())
    for key, value in plain.items():
        np.testing.assert_array_equal(value, watched[key])


# ---------------------------------------------------------------------- when and where it looks


@contextmanager
def refused(words):
    with pytest.raises(ag.AnomalyError, match=re.escape(words)) as error, ag.detect_anomaly():
        yield error


def test_a_result_that_is_left_at_the_end_is_looked_at():
    x = leaf(-1.0)
    with refused("the square root of a negative number (x[0] = -1)") as error:
        y = np.sqrt(x)
    assert y.requires_grad
    assert "reached  `y` at the end of the block (NaN at [0])" in str(error.value)


def test_it_decorates_functions():
    @ag.detect_anomaly()
    def f(x):
        return np.log(x)

    @ag.detect_anomaly
    def g(x):
        return np.log(x)

    for function in (f, g):
        np.testing.assert_allclose(function(leaf(1.0)).numpy(), [0])
        with pytest.raises(ag.AnomalyError, match="the logarithm of 0"):
            function(leaf(0.0))


def test_an_error_of_the_users_own_passes():
    def work():
        y = np.log(leaf(0.0))
        raise ZeroDivisionError(y)

    with pytest.raises(ZeroDivisionError), ag.detect_anomaly():
        work()
    assert np.log(leaf(1.0)).requires_grad


def test_the_error_is_caught_as_either_kind():
    assert issubclass(ag.AnomalyError, ag.GradientError)
    assert issubclass(ag.AnomalyError, FloatingPointError)


def test_no_gradient_changes_before_the_error():
    w, x = leaf(1.0), leaf(0.0)
    with pytest.raises(ag.AnomalyError), ag.detect_anomaly():
        (w + np.sqrt(x)).sum().backward()
    assert w.grad is None
    assert x.grad is None


def test_a_cotangent_that_is_given():
    x = leaf(1.0, 2.0)
    with ag.detect_anomaly():
        y = x * 2
        with pytest.raises(ag.AnomalyError, match=r"given for `y` is NaN at \[1\]"):
            y.backward([1.0, np.nan])
        y.backward([1.0, 0.0])


def test_an_output_whose_cotangent_is_0_is_not_in_use():
    x = leaf(1.0, 0.0)
    with ag.detect_anomaly():
        y = np.exp(np.where(x > 0, 0, np.inf) * 1.0) + x
        y.backward([1.0, 0.0])
    np.testing.assert_array_equal(x.grad.numpy(), [1, 0])


def test_transforms_are_looked_at_too():
    with ag.detect_anomaly():
        assert ag.grad(np.log)(2.0) == 0.5
        np.testing.assert_allclose(ag.hessian(lambda x: (x**3).sum())(np.array([1.0])), [[6]])
        ag.jvp(np.sin, (np.array([1.0]),), (np.array([1.0]),))
        with pytest.raises(ag.AnomalyError, match="the logarithm of 0"):
            ag.grad(np.log)(0.0)
        with pytest.raises(ag.AnomalyError, match="has local derivative inf"):
            ag.grad(np.sqrt)(0.0)


def test_inside_a_checkpoint():
    x = leaf(0.0)
    with refused("has local derivative inf at x[0] = 0"):
        ag.checkpoint(lambda x: np.sqrt(x).sum())(x).backward()


def test_what_was_recorded_before_the_block_is_explained_too():
    s = leaf(0.0)
    y = np.sqrt(s)
    with refused("`sqrt` has local derivative inf at s[0] = 0"):
        y.sum().backward()


def test_several_outputs():
    x = leaf([1.0, 0.0], [0.0, 1.0])
    with refused("`sqrt` at"):
        first, second = np.split(np.sqrt(x), 2)
        (first.sum() + second.sum()).backward()
    with refused("`y` came in with NaN at [0, 0]"):
        y = np.array([[np.nan, 1.0], [1.0, 0.0]])
        first, second = np.split(x * y, 2)
        (first * second).sum().backward()


def test_with_a_tape_around_or_inside():
    x = leaf(1.0, 4.0)
    with ag.Tape() as around, ag.detect_anomaly(), ag.Tape() as inside:
        np.sqrt(x).sum().backward()
    with ag.Tape() as alone, ag.detect_anomaly():
        np.sqrt(x).sum().backward()
    assert [len(tape) for tape in (around, inside, alone)] == [0, 2, 2]
    for tape in (inside, alone):
        assert len(tape.passes) == 1
        np.testing.assert_array_equal(tape[0].cotangent, [1, 1])
    s = leaf(0.0)
    for blocks in ((ag.Tape, ag.detect_anomaly), (ag.detect_anomaly, ag.Tape)):
        with blocks[0](), blocks[1]():
            y = np.sqrt(s).sum()
            with pytest.raises(ag.AnomalyError, match="local derivative inf at s"):
                y.backward()


def test_a_pass_frees_its_tape_as_always():
    x = leaf(1.0)
    with ag.detect_anomaly():
        y = (x * x).sum()
        y.backward()
        with pytest.raises(ag.GradientError, match="freed"):
            y.backward()
        z = (x * x).sum()
        z.backward(retain_graph=True)
        z.backward()


def test_other_threads_are_not_looked_at():
    done = []

    def work():
        with np.errstate(all="ignore"):
            np.log(leaf(0.0)).sum().backward()
        done.append(True)

    with ag.detect_anomaly():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert done


def test_numpy_is_silent_inside_and_as_before_after():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with ag.detect_anomaly():
            np.where(np.array([True, False]), np.log(leaf(1.0, 0.0)), 0).sum().backward()
        with pytest.raises(RuntimeWarning):
            np.log(leaf(0.0))


def test_a_long_training_keeps_nothing():
    w = ag.tensor(np.ones((20, 20)), requires_grad=True)
    mask = np.where(np.eye(20) > 0, -np.inf, 0)

    def steps(n):
        for _ in range(n):
            w.zero_grad()
            (ag.softmax(w + mask) @ w).sum().backward()

    with ag.detect_anomaly():
        steps(20)
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        steps(300)
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    assert after - before < 20_000


def test_a_deep_computation():
    x = leaf(4.0)
    with refused("has local derivative inf at (x - 4)[0] = 0"):
        y = np.sqrt(x - 4)
        for _ in range(3000):
            y = y + 1.0
        y.sum().backward()
