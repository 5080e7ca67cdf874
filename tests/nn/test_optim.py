"""Optimizers against steps written by hand in plain NumPy, and what all of them must do."""

import copy
import pickle

import numpy as np
import pytest

import autograd as ag
import nn
from nn.optim import (
    LBFGS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Muon,
    NAdam,
    Optimizer,
    RAdam,
    RMSprop,
    Rprop,
)
from nn.optim.optimizer import BLOCK

LENGTH = BLOCK // 8

SETTINGS = [
    {"lr": 0.1},
    {"lr": 0.1, "momentum": 0.9},
    {"lr": 0.1, "momentum": 0.9, "dampening": 0.5},
    {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    {"lr": 0.1, "weight_decay": 0.01},
    {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
    {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "dampening": 0.2},
]


def by_hand(p, gradients, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
    b = None
    for g in gradients:
        g = g + weight_decay * p
        if momentum:
            b = g if b is None else momentum * b + (1 - dampening) * g
            g = g + momentum * b if nesterov else b
        p = p - lr * g
    return p


@pytest.mark.parametrize("layout", ["C", "F", "strided"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_steps_are_those_written_by_hand(settings, layout):
    rng = np.random.default_rng(0)
    start = rng.standard_normal((3, 4))
    gradients = rng.standard_normal((5, 3, 4))
    data = np.empty((6, 8))[::2, ::2] if layout == "strided" else np.empty((3, 4), order=layout)
    data[...] = start
    p = nn.Parameter(data, copy=False)
    small = nn.Parameter(start[0])
    optimizer = SGD([p, small], **settings)
    for g in gradients:
        p.grad, small.grad = g, g[0]
        before = p.grad.data.copy()
        optimizer.step()
        np.testing.assert_array_equal(p.grad.data, before)  # not used as scratch paper
    np.testing.assert_allclose(p.data, by_hand(start, gradients, **settings), rtol=1e-12)
    np.testing.assert_allclose(
        small.data, by_hand(start[0], gradients[:, 0], **settings), rtol=1e-12
    )
    assert np.shares_memory(p.data, data)


@pytest.mark.parametrize("lr", [0.1, np.float64(0.1), np.array(0.1)])
@pytest.mark.parametrize("momentum", [0, np.float64(0.9)])
def test_float32_stays_float32(lr, momentum):
    p = nn.Parameter(np.ones(3, "float32"))
    optimizer = SGD([p], lr=lr, momentum=momentum, weight_decay=np.float64(0.1))
    for _ in range(2):
        p.grad = np.ones(3, "float32")
        optimizer.step()
    assert p.dtype == np.float32
    assert all(
        kept.dtype == np.float32 for state in optimizer.state.values() for kept in state.values()
    )


def test_parameters_without_a_gradient_stay():
    used, unused = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = SGD([used, unused], lr=0.5)
    (used * 2).sum().backward()
    optimizer.step()
    assert (used.item(), unused.item()) == (0, 1)
    optimizer.zero_grad()
    assert used.grad is None


def test_a_step_between_forward_and_backward_is_noticed():
    p = nn.Parameter([1.0])
    optimizer = SGD([p])
    loss = (p * p).sum()
    p.grad = [1.0]
    optimizer.step()
    with pytest.raises(ag.GradientError, match="changed in place"):
        loss.backward()


def test_groups_have_settings_of_their_own():
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = SGD([{"params": [a]}, {"params": b, "lr": 1}], lr=0.1)
    a.grad = b.grad = [1.0]
    optimizer.step()
    assert (a.item(), b.item()) == (0.9, 0)
    optimizer.param_groups[0]["lr"] = 0.4
    optimizer.step()
    assert a.item() == pytest.approx(0.5)
    c = nn.Parameter([1.0])
    optimizer.add_param_group({"params": [c]})
    assert optimizer.param_groups[2]["lr"] == 0.1
    assert "lr=0.1" in repr(optimizer)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1}, "lr must be a finite number of at least 0, received -1"),
        ({"lr": float("nan")}, "lr must be a finite number of at least 0"),
        ({"momentum": -0.1}, "momentum must be"),
        ({"weight_decay": -1}, "weight_decay must be"),
        ({"nesterov": True}, "nesterov=True needs a momentum"),
        ({"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "nesterov=True needs"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=f"SGD: {message}"):
        SGD([nn.Parameter([1.0])], **settings)
    with pytest.raises(ValueError, match=f"SGD: {message}"):
        SGD([{"params": [nn.Parameter([1.0])], **settings}])


def test_what_can_not_be_optimized_is_refused():
    p = nn.Parameter([1.0])
    with pytest.raises(ValueError, match="no parameters"):
        SGD(iter([]))
    with pytest.raises(ValueError, match="there twice"):
        SGD([p, p])
    with pytest.raises(ValueError, match="there twice"):
        SGD([{"params": [p]}, {"params": [p]}])
    with pytest.raises(ValueError, match="only leaves"):
        SGD([p * 2])
    with pytest.raises(TypeError, match="give an iterable"):
        SGD(p)
    with pytest.raises(TypeError, match="received 'weight' among the parameters"):
        SGD(["weight"])
    with pytest.raises(TypeError, match="no setting 'betas'"):
        SGD([{"params": [p], "betas": 1}])
    with pytest.raises(TypeError, match="the key 'params'"):
        SGD([{"lr": 1}])


def test_an_optimizer_of_ones_own():
    class Sign(Optimizer):
        """By the sign of the gradient."""

        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def check(self, group):
            """Anything goes."""

        def update(self, p, g, group):
            """One step."""
            p.data -= group["lr"] * np.sign(g)

    p = nn.Parameter([1.0, 1.0])
    p.grad = [5.0, -3.0]
    Sign([p], 0.5).step()
    assert p.data.tolist() == [0.5, 1.5]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_model_and_its_optimizer_are_copied_together(duplicate):
    model = nn.Linear(2, 1)
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(np.ones((1, 2), "float32")).sum().backward()
    optimizer.step()
    twin, its = duplicate((model, optimizer))
    for one, other in ((model, optimizer), (twin, its)):
        one.zero_grad()
        one(np.ones((1, 2), "float32")).sum().backward()
        other.step()
    np.testing.assert_array_equal(twin.weight.data, model.weight.data)
    assert twin.weight is its.param_groups[0]["params"][0]


def test_training_finds_the_minimum():
    nn.seed(0)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 3)).astype("float32")
    y = x @ np.array([[1.0], [-2.0], [0.5]], "float32") + 3
    model = nn.Linear(3, 1)
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(200):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
    assert loss.item() < 1e-8
    np.testing.assert_allclose(model.weight.data, [[1, -2, 0.5]], atol=1e-3)


# ---------------------------------------------------------------------- all optimizers

ALL = [
    (SGD, {"lr": 0.01}),
    (SGD, {"lr": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    (SGD, {"lr": 0.01, "momentum": 0.9, "dampening": 0.5, "maximize": True}),
    (Adam, {"amsgrad": True, "weight_decay": 0.1, "maximize": True}),
    (AdamW, {}),
    (Adamax, {"weight_decay": 0.1}),
    (NAdam, {"decoupled_weight_decay": True, "weight_decay": 0.1}),
    (RAdam, {}),
    (RMSprop, {"momentum": 0.9, "centered": True}),
    (RMSprop, {"weight_decay": 0.1}),
    (Adagrad, {"lr_decay": 0.1, "initial_accumulator_value": 0.1}),
    (Adadelta, {}),
    (Rprop, {}),
    (Muon, {}),
]
all_of_them = pytest.mark.parametrize(
    ("kind", "settings"), ALL, ids=lambda x: getattr(x, "__name__", str(x))
)


def run(optimizer, p, steps, rng):
    for _ in range(steps):
        p.grad = rng.standard_normal(p.shape).astype(p.dtype)
        optimizer.step()


@all_of_them
def test_blocks_of_any_layout_give_bitwise_the_same(kind, settings):
    shape = 2, LENGTH + 7
    rng = np.random.default_rng(0)
    start, grads = rng.standard_normal(shape), rng.standard_normal((4, *shape))
    results = []
    for layout in ("C", "F", "strided", "mixed", "parts"):
        if layout == "parts" and kind is Muon:
            continue  # a part of a matrix has other singular values
        whole = np.empty((4, 2 * LENGTH + 14))
        data = (
            whole[::2, ::2]
            if layout == "strided"
            else np.empty(shape, order=layout if layout in "CF" else "C")
        )
        data[...] = start
        p = nn.Parameter(data, copy=False)
        params = [p]
        if layout == "parts":
            params = [
                nn.Parameter(start[i : i + 1, j : j + 1000])
                for i in range(2)
                for j in range(0, shape[1], 1000)
            ]
        optimizer = kind(params, **settings)
        for g in grads[: 1 if kind is Muon else 4]:
            if layout == "parts":
                for q, part in zip(
                    params,
                    (
                        g[i : i + 1, j : j + 1000]
                        for i in range(2)
                        for j in range(0, shape[1], 1000)
                    ),
                    strict=True,
                ):
                    q.grad = part
            else:
                p.grad = np.asfortranarray(g) if layout == "mixed" else g
            before = [q.grad.data.copy() for q in params]
            optimizer.step()
            for q, old in zip(params, before, strict=True):
                np.testing.assert_array_equal(q.grad.data, old)  # not used as scratch paper
        if layout == "parts":
            n = len(params) // 2
            results.append(
                np.concatenate(
                    [
                        np.concatenate([q.data for q in row], axis=1)
                        for row in (params[:n], params[n:])
                    ]
                )
            )
        else:
            assert np.shares_memory(p.data, data)
            results.append(np.array(data))
    for result in results[1:]:
        if kind is Muon:  # sums in another order
            np.testing.assert_allclose(result, results[0], rtol=1e-4)
        else:
            np.testing.assert_array_equal(result, results[0])


@all_of_them
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_saved_run_goes_on_bitwise(kind, settings, duplicate):
    def new(start):
        p = nn.Parameter(start)
        return p, kind([p], **settings)

    p, optimizer = new(np.random.default_rng(0).standard_normal((3, 4)).astype("float32"))
    run(optimizer, p, 7, np.random.default_rng(1))
    optimizer.param_groups[0]["lr"] *= 0.5
    saved = duplicate(optimizer.state_dict())
    q, other = new(p.data.copy())
    other.load_state_dict(saved)
    run(optimizer, p, 7, np.random.default_rng(2))
    run(other, q, 7, np.random.default_rng(2))
    np.testing.assert_array_equal(p.data, q.data)
    for (i, state), (j, its) in zip(
        optimizer.state_dict()["state"].items(), other.state_dict()["state"].items(), strict=True
    ):
        assert i == j
        assert state.keys() == its.keys()
        for name in state:
            np.testing.assert_array_equal(state[name], its[name])
    assert saved["param_groups"][0]["lr"] == other.param_groups[0]["lr"]
    if saved["state"]:  # what was saved is a copy, and was copied
        assert all(
            np.all(value == saved["state"][0][name])
            for name, value in duplicate(saved)["state"][0].items()
        )


@all_of_them
def test_float32_stays_float32_whatever_the_settings_are(kind, settings):
    p = nn.Parameter(np.ones((2, 3), "float32"))
    wide = {k: np.float64(v) if isinstance(v, float) else v for k, v in settings.items()}
    optimizer = kind([p], **wide | {"lr": np.float64(0.1)})
    run(optimizer, p, 2, np.random.default_rng(0))
    assert p.data.dtype == np.float32
    for value in optimizer.state_dict()["state"].get(0, {}).values():
        assert np.ndim(value) == 0 or value.dtype == np.float32


@all_of_them
def test_zero_gradients_leave_numbers(kind, settings):
    p = nn.Parameter(np.ones((2, 2)))
    optimizer = kind([p], **settings)
    for g in (0.0, 0.0, 1.0, 0.0):
        p.grad = np.full((2, 2), g)
        optimizer.step()
        assert np.isfinite(p.data).all()


@all_of_them
def test_a_closure_is_called_first(kind, settings):
    p, frozen = nn.Parameter(np.ones((1, 1))), nn.Parameter(np.ones((1, 1)), requires_grad=False)
    optimizer = kind([p, frozen], **settings)

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with ag.no_grad():
        assert optimizer.step(closure).item() == 1
    assert p.item() != 1
    assert frozen.item() == 1
    assert optimizer.step() is None
    loss = (p * p).sum()
    optimizer.step()
    with pytest.raises(ag.GradientError, match="changed in place"):
        loss.backward()


def test_maximize_is_the_descent_of_the_negative():
    for kind, settings in ALL:
        if kind is Muon:
            continue
        results = []
        for sign in (1, -1):
            p = nn.Parameter(np.linspace(-1, 1, 6).reshape(2, 3))
            optimizer = kind([p], **settings | {"maximize": sign < 0})
            for k in range(5):
                p.grad = sign * np.cos(np.arange(6.0).reshape(2, 3) + k)
                optimizer.step()
            results.append(p.data)
        np.testing.assert_array_equal(*results)


OUT_OF_RANGE = [
    (SGD, {"momentum": "much"}, "momentum must be a finite number of at least 0, received 'much'"),
    (Adam, {"lr": -1}, "lr must be a finite number of at least 0, received -1"),
    (Adam, {"eps": -1e-8}, "eps must be a finite number of at least 0"),
    (Adam, {"betas": (1.0, 0.9)}, "betas must be two numbers from 0 to below 1"),
    (AdamW, {"betas": (0.9, -0.1)}, "betas must be"),
    (AdamW, {"betas": 0.9}, "betas must be"),
    (AdamW, {"weight_decay": -1}, "weight_decay must be"),
    (Adamax, {"betas": (float("nan"), 0.9)}, "betas must be"),
    (NAdam, {"momentum_decay": -1}, "momentum_decay must be"),
    (RAdam, {"lr": float("nan")}, "lr must be"),
    (RMSprop, {"alpha": -0.1}, "alpha must be"),
    (RMSprop, {"momentum": -0.1}, "momentum must be"),
    (Adagrad, {"lr_decay": -0.1}, "lr_decay must be"),
    (Adagrad, {"initial_accumulator_value": -0.1}, "initial_accumulator_value must be"),
    (Adadelta, {"rho": 1.1}, "rho must be at most 1"),
    (Adadelta, {"rho": -0.1}, "rho must be a finite number of at least 0"),
    (Rprop, {"etas": (0.5, 0.9)}, "etas must be two numbers with 0 < first < 1 < second"),
    (Rprop, {"step_sizes": (1.0, 0.1)}, "step_sizes must be two numbers in ascending order"),
    (LBFGS, {"line_search_fn": "weak"}, "line_search_fn must be None or 'strong_wolfe'"),
    (LBFGS, {"history_size": 0}, "history_size must be an integer of at least 1"),
    (Muon, {"ns_steps": 100}, "ns_steps must be an integer below 100"),
    (Muon, {"ns_coefficients": (1, 2)}, "ns_coefficients must be three numbers"),
    (Muon, {"adjust_lr_fn": "none"}, "adjust_lr_fn must be None, 'original'"),
]


@pytest.mark.parametrize(("kind", "settings", "message"), OUT_OF_RANGE)
def test_settings_of_all_are_checked(kind, settings, message):
    p = nn.Parameter(np.ones((2, 2)))
    with pytest.raises(ValueError, match=f"{kind.__name__}: {message}"):
        kind([p], **settings)
    optimizer = kind([p])
    state = optimizer.state_dict()
    state["param_groups"][0].update(settings)
    before = copy.deepcopy(optimizer.param_groups[0] | {"params": None})
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(state)
    assert before == optimizer.param_groups[0] | {"params": None}


def test_muon_takes_matrices_and_lbfgs_one_group():
    with pytest.raises(ValueError, match=r"a parameter of shape \(2,\), and only matrices"):
        Muon([nn.Parameter([1.0, 2.0])])
    with pytest.raises(ValueError, match="received a second group"):
        LBFGS([{"params": [nn.Parameter([1.0])]}, {"params": [nn.Parameter([1.0])]}])
    with pytest.raises(TypeError, match=r"LBFGS.step: closure must be a function"):
        LBFGS([nn.Parameter([1.0])]).step()


def spoiled(change):
    p = nn.Parameter(np.ones((2, 3)))
    optimizer = Adam([{"params": [p]}, {"params": [nn.Parameter([1.0])]}])
    run(optimizer, p, 2, np.random.default_rng(0))
    state = optimizer.state_dict()
    change(state)
    return optimizer, state


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda s: s.pop("state"), TypeError, "without 'state'"),
        (lambda s: s.update(param_groups=3), TypeError, "without 'state'"),
        (
            lambda s: s["param_groups"].pop(),
            ValueError,
            r"groups of \[1\] parameters, here they have \[1, 1\]",
        ),
        (lambda s: s["param_groups"][0]["params"].append(2), ValueError, r"groups of \[2, 1\]"),
        (lambda s: s["param_groups"][0].pop("lr"), ValueError, "a group lacks lr and has nothing"),
        (lambda s: s["param_groups"][0].update(rho=1), ValueError, "lacks nothing and has rho"),
        (lambda s: s["param_groups"][0].update(fused=True), ValueError, "fused=True"),
        (
            lambda s: s["param_groups"][1].update(lr=-1),
            ValueError,
            "lr must be a finite number of at least 0",
        ),
        (lambda s: s["state"].update({7: {}}), ValueError, "parameter 7 of the state is in none"),
        (lambda s: s["state"][0].pop("exp_avg"), ValueError, "parameter 0 lacks exp_avg"),
        (lambda s: s["state"][0].update(sum=1), ValueError, "lacks nothing and has sum"),
        (
            lambda s: s["state"][0].update(step=[1, 2]),
            ValueError,
            "step of parameter 0 is no finite",
        ),
        (
            lambda s: s["state"][0].update(step=np.nan),
            ValueError,
            "step of parameter 0 is no finite",
        ),
        (
            lambda s: s["state"][0].update(exp_avg=np.ones(3)),
            ValueError,
            r"float64 \(3,\), here it is float64 \(2, 3\)",
        ),
        (
            lambda s: s["state"][0].update(exp_avg=np.ones((2, 3), complex)),
            ValueError,
            "complex128",
        ),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, error, message):
    optimizer, state = spoiled(change)
    before = copy.deepcopy(optimizer.state_dict())
    with pytest.raises(error, match=message):
        optimizer.load_state_dict(state)
    after = optimizer.state_dict()
    assert before["param_groups"] == after["param_groups"]
    for name, value in before["state"][0].items():
        np.testing.assert_array_equal(value, after["state"][0][name])


@pytest.mark.parametrize("line_search_fn", [None, "strong_wolfe"])
def test_lbfgs_goes_on_bitwise_and_refuses_other_states(line_search_fn):
    def new(a, b):
        params = [nn.Parameter(a), nn.Parameter(b)]
        return params, LBFGS(
            params, lr=0.5, max_iter=4, history_size=3, line_search_fn=line_search_fn
        )

    def steps(params, optimizer, number):
        def closure():
            optimizer.zero_grad()
            loss = (params[0] ** 4).sum() + ((params[1] - params[0]) ** 2).sum()
            loss.backward()
            return loss

        for _ in range(number):
            optimizer.step(closure)

    params, optimizer = new([1.0, -2.0], [0.5, 3.0])
    optimizer.load_state_dict(optimizer.state_dict())
    steps(params, optimizer, 2)
    saved = pickle.loads(pickle.dumps(optimizer.state_dict()))
    others, other = new(*(p.data.copy() for p in params))
    other.load_state_dict(saved)
    steps(params, optimizer, 2)
    steps(others, other, 2)
    for p, q in zip(params, others, strict=True):
        np.testing.assert_array_equal(p.data, q.data)
    for change, message in [
        ({"ro": 1.0}, "ro of parameter 0 is no list|is no list as long"),
        ({"old_dirs": []}, "old_dirs of parameter 0 is no list as long"),
        ({"d": np.ones(3)}, "d of parameter 0 is float64"),
        ({"t": "x"}, "t of parameter 0 is no finite number"),
        ({"more": 1}, "has more that is not known"),
    ]:
        spoiled = {**saved, "state": {0: saved["state"][0] | change}}
        with pytest.raises(ValueError, match=message):
            other.load_state_dict(spoiled)


def test_settings_may_change_between_steps():
    p = nn.Parameter(np.ones((2, 2)))
    for kind, later in (
        (SGD, {"momentum": 0.9}),
        (Adam, {"amsgrad": True}),
        (RMSprop, {"centered": True}),
    ):
        optimizer = kind([p], lr=0.1)
        run(optimizer, p, 2, np.random.default_rng(0))
        optimizer.param_groups[0].update(later)
        run(optimizer, p, 2, np.random.default_rng(0))
        optimizer.load_state_dict(optimizer.state_dict())
        optimizer.param_groups[0].update(dict.fromkeys(later, 0))
        optimizer.load_state_dict(optimizer.state_dict())  # with an array that is not needed now
        run(optimizer, p, 1, np.random.default_rng(0))


# ---------------------------------------------------------------------- clipping


def test_clipping_refuses_and_reports():
    p = nn.Parameter([1.0, 2.0])
    p.grad = [3.0, 4.0]
    with pytest.raises(ValueError, match="max_norm must be a number of at least 0, received -1"):
        nn.utils.clip_grad_norm_([p], -1)
    with pytest.raises(ValueError, match="clip_value must be a number of at least 0, received nan"):
        nn.utils.clip_grad_value_([p], float("nan"))
    with pytest.raises(TypeError, match="received 'p' in place of parameters"):
        nn.utils.clip_grad_norm_(["p"], 1)
    assert nn.utils.clip_grad_norm_(p, 100).item() == 5
    assert p.grad.tolist() == [3, 4]
    assert nn.utils.clip_grad_norm_(iter([]), 1).item() == 0
    p.grad = [np.inf, 1.0]
    with pytest.raises(RuntimeError, match="norm of the gradients is inf"):
        nn.utils.clip_grad_norm_([p], 1, error_if_nonfinite=True)
    assert p.grad.tolist() == [np.inf, 1]
    nn.utils.clip_grad_value_([p], 0.5)
    assert p.grad.tolist() == [0.5, 0.5]
