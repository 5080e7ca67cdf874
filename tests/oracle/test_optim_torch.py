"""Optimizers and schedules beside PyTorch's: the same way over many steps."""

import copy
import re
from itertools import combinations

import numpy as np
import pytest
import torch

import autograd as ag
import nn

STEPS = 200

DECAY, MAX = {"weight_decay": 0.05}, {"maximize": True, "lr": 1e-4}
BETAS = [{"betas": (0.5, 0.9)}, {"betas": (0.0, 0.99)}, {"betas": (0.95, 0.9999)}]
# For each optimizer the changes from its defaults; each is tried alone, and with each other one.
OPTIONS = {
    "SGD": [
        {"lr": 0.02},
        {"momentum": 0.9},
        {"momentum": 0.9, "dampening": 0.3},
        {"momentum": 0.8, "nesterov": True},
        DECAY,
        MAX,
    ],
    "Adam": [
        {"lr": 0.03},
        *BETAS,
        {"eps": 1e-3},
        DECAY,
        {"amsgrad": True},
        MAX,
        {"weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
    "AdamW": [{"lr": 0.03}, *BETAS[:2], {"eps": 1e-3}, DECAY, {"amsgrad": True}, MAX],
    "Adamax": [{"lr": 0.03}, *BETAS[:2], {"eps": 1e-3}, DECAY, MAX],
    "NAdam": [
        {"lr": 0.03},
        *BETAS[:2],
        {"eps": 1e-3},
        DECAY,
        {"momentum_decay": 0.1},
        {"weight_decay": 0.1, "decoupled_weight_decay": True},
        MAX,
    ],
    "RAdam": [
        {"lr": 0.03},
        *BETAS,
        {"eps": 1e-3},
        DECAY,
        {"weight_decay": 0.1, "decoupled_weight_decay": True},
        MAX,
    ],
    "RMSprop": [
        {"lr": 0.003},
        {"alpha": 0.9},
        {"eps": 1e-3},
        DECAY,
        {"momentum": 0.8},
        {"centered": True},
        MAX,
    ],
    "Adagrad": [
        {"lr": 0.1},
        {"lr_decay": 0.01},
        {"initial_accumulator_value": 0.5},
        {"eps": 1e-3},
        DECAY,
        MAX,
    ],
    "Adadelta": [{"lr": 0.5}, {"rho": 0.5}, {"eps": 1e-3}, DECAY, MAX],
    "Rprop": [{"lr": 0.001}, {"etas": (0.3, 1.5)}, {"step_sizes": (1e-4, 0.1)}, MAX],
    "Muon": [
        {"lr": 0.01},
        {"weight_decay": 0.0},
        {"momentum": 0.5},
        {"nesterov": False},
        {"ns_coefficients": (2.0, -1.5, 0.5)},
        {"ns_steps": 3},
        {"adjust_lr_fn": "match_rms_adamw"},
        {"eps": 10.0},
    ],
}
CASES = [
    (name, {k: v for option in chosen for k, v in option.items()})
    for name, options in OPTIONS.items()
    for n in (0, 1, 2)
    for chosen in combinations(options, n)
]
CASES = [
    case
    for i, case in enumerate(CASES)
    if case not in CASES[:i] and not {"nesterov", "dampening"} <= case[1].keys()
]
if not len(CASES) >= 200:
    raise AssertionError(len(CASES))


@pytest.fixture(autouse=True)
def one_thread():
    """For parameters of a few elements."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


NOISE = np.random.default_rng(1).standard_normal((STEPS, 20))


def slope(x, step):
    """The gradient of a function with many bumps, with noise as in training.

    Without the noise, the gradient would vanish on arrival, and what divides by its size would
    make a trajectory of the rounding errors.
    """
    x = np.asarray(x)
    flat = x.ravel()
    g = 0.6 * flat - 2 * np.sin(2 * flat) + NOISE[step, : x.size]
    g[1:] += flat[:-1] * np.cos(flat[1:] * flat[:-1])
    g[:-1] += flat[1:] * np.cos(flat[1:] * flat[:-1])
    return g.reshape(x.shape)


def both(name, settings, shapes, dtype="float64"):
    """Our optimizer and PyTorch's on equal parameters."""
    rng = np.random.default_rng(0)
    starts = [rng.uniform(-1, 1, shape).astype(dtype) for shape in shapes]
    ours = [nn.Parameter(start) for start in starts]
    theirs = [torch.nn.Parameter(torch.tensor(start)) for start in starts]
    return (
        ours,
        theirs,
        getattr(nn.optim, name)(ours, **settings),
        getattr(torch.optim, name)(theirs, **settings),
    )


def shapes_for(name):
    return [(4, 3), (3, 5)] if name == "Muon" else [(4, 3), (6,), ()]


@pytest.mark.parametrize(("name", "settings"), CASES, ids=lambda x: str(x))
def test_trajectories(name, settings):
    ours, theirs, mine, other = both(name, settings, shapes_for(name))
    for step in range(50 if name == "Muon" else STEPS):
        for p, q in zip(ours, theirs, strict=True):
            p.grad = slope(p.data, step)
            q.grad = torch.tensor(slope(q.detach().numpy(), step))
        mine.step()
        other.step()
        for p, q in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(
                p.data, q.detach(), rtol=1e-6, atol=1e-6, err_msg=f"step {step}"
            )
    if name not in ("Muon", "NAdam"):  # which PyTorch rounds to bfloat16 and float32
        for p, q in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(p.data, q.detach(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("settings", [{}, {"line_search_fn": "strong_wolfe"}], ids=str)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"lr": 0.1},
        {"max_iter": 5},
        {"max_iter": 7, "max_eval": 3},
        {"history_size": 2},
        {"tolerance_grad": 1e-2},
        {"tolerance_change": 1e-2},
    ],
    ids=str,
)
def test_lbfgs(settings, more):
    settings = {"lr": 0.02 if not settings else 1} | settings | more
    ours, theirs, mine, other = both("LBFGS", settings, [(2, 3), (4,)])
    evaluations = [0, 0]

    def bumps(p, q, lib):
        a, b = p.reshape(-1), q
        loss = (100 * (a[1:] - a[:-1] ** 2) ** 2).sum() + ((1 - a) ** 2).sum()
        return loss + lib.sin(3 * b + a[0]).sum() + (b**4).sum()

    def our_closure():
        evaluations[0] += 1
        mine.zero_grad()
        loss = bumps(*ours, np)
        loss.backward()
        return loss

    def their_closure():
        evaluations[1] += 1
        other.zero_grad()
        loss = bumps(*theirs, torch)
        loss.backward()
        return loss

    for step in range(8):
        with ag.no_grad(), torch.no_grad():  # the closure's gradients are recorded all the same
            loss, expected = mine.step(our_closure), other.step(their_closure)
        np.testing.assert_allclose(loss.item(), expected.item(), rtol=1e-6)
        assert evaluations[0] == evaluations[1]
        for p, q in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(p.data, q.detach(), rtol=1e-6, atol=1e-7, err_msg=f"{step}")
    (state,), (its,) = mine.state.values(), other.state.values()
    assert state["n_iter"] == its["n_iter"]
    assert state["func_evals"] == its["func_evals"]


@pytest.mark.parametrize("name", [*OPTIONS, "LBFGS"])
def test_float32_networks_train_alike(name):
    torch.manual_seed(0)
    theirs = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
    ours = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    ours.load_state_dict(theirs.state_dict())
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((16, 6)).astype("float32"), rng.integers(0, 3, 16)

    def chosen(model):
        return [p for p in model.parameters() if name != "Muon" or p.ndim == 2]

    mine = getattr(nn.optim, name)(chosen(ours))
    other = getattr(torch.optim, name)(chosen(theirs))

    def our_closure():
        mine.zero_grad()
        loss = nn.functional.cross_entropy(ours(x), y)
        loss.backward()
        return loss

    def their_closure():
        other.zero_grad()
        loss = torch.nn.functional.cross_entropy(theirs(torch.tensor(x)), torch.tensor(y))
        loss.backward()
        return loss

    for _ in range(1 if name == "LBFGS" else 30):
        loss, expected = mine.step(our_closure), other.step(their_closure)
        np.testing.assert_allclose(loss.item(), expected.item(), rtol=1e-3, atol=1e-5)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert p.dtype == np.float32
        np.testing.assert_allclose(p.data, q.detach(), rtol=1e-3, atol=2e-4)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("SGD", {"momentum": 0.9}),
        ("SGD", {}),
        ("Adam", {"amsgrad": True}),
        ("AdamW", {}),
        ("Adamax", {}),
        ("NAdam", {}),
        ("RAdam", {}),
        ("RMSprop", {"momentum": 0.9, "centered": True}),
        ("Adagrad", {}),
        ("Adadelta", {}),
        ("Rprop", {}),
        ("Muon", {}),
    ],
    ids=str,
)
def test_pytorchs_state_loads_and_goes_on(name, settings):
    ours, theirs, mine, other = both(name, settings, shapes_for(name))

    def their_step(step):
        for q in theirs:
            q.grad = torch.tensor(slope(q.detach().numpy(), step))
        other.step()

    for step in range(10):
        their_step(step)
    mine.load_state_dict(other.state_dict())
    for p, q in zip(ours, theirs, strict=True):
        p.data = q.detach().numpy()
    for step in range(10, 20):
        their_step(step)
        for p in ours:
            p.grad = slope(p.data, step)
        mine.step()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.detach(), rtol=1e-6, atol=1e-8)
    saved, expected = mine.state_dict(), other.state_dict()
    assert saved["state"].keys() == expected["state"].keys()
    for i, state in expected["state"].items():
        assert saved["state"].get(i, {}).keys() == {k for k, v in state.items() if v is not None}
        for key, value in state.items():
            if value is not None:
                np.testing.assert_allclose(saved["state"][i][key], value, rtol=1e-6, atol=1e-8)


# ---------------------------------------------------------------------- schedules

S, TS = nn.optim.lr_scheduler, torch.optim.lr_scheduler
SCHEDULES = [
    ("StepLR", {"step_size": 1}),
    ("StepLR", {"step_size": 7, "gamma": 0.3}),
    ("MultiStepLR", {"milestones": [3, 10, 10, 40]}),
    ("MultiStepLR", {"milestones": [0, 5], "gamma": 0.7}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.7, "total_iters": 0}),
    ("ConstantLR", {"factor": 0.7, "total_iters": 12}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 20}),
    ("LinearLR", {"start_factor": 0.01, "end_factor": 0.5, "total_iters": 3}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("PolynomialLR", {}),
    ("PolynomialLR", {"total_iters": 30, "power": 2.5}),
    ("PolynomialLR", {"total_iters": 30, "power": 0.5}),
    ("CosineAnnealingLR", {"T_max": 10}),
    ("CosineAnnealingLR", {"T_max": 25, "eta_min": 0.01}),
    ("CosineAnnealingLR", {"T_max": 1}),
    ("CosineAnnealingWarmRestarts", {"T_0": 7}),
    ("CosineAnnealingWarmRestarts", {"T_0": 5, "T_mult": 2, "eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", {"T_0": 1, "T_mult": 3}),
    ("LambdaLR", {"lr_lambda": lambda t: 0.95**t + 0.1}),
    ("LambdaLR", {"lr_lambda": [lambda t: 0.95**t, lambda t: 1 / (1 + t)]}),
    ("MultiplicativeLR", {"lr_lambda": lambda t: 1 - 1 / (t + 2)}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.3, "step_size_up": 8}),
    ("CyclicLR", {"base_lr": [0.01, 0.2], "max_lr": 0.3, "step_size_up": 8, "step_size_down": 3}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.3, "step_size_up": 4, "mode": "triangular2"}),
    (
        "CyclicLR",
        {"base_lr": 0.0, "max_lr": 1.0, "step_size_up": 4, "mode": "exp_range", "gamma": 0.98},
    ),
    (
        "CyclicLR",
        {"base_lr": 0.0, "max_lr": 1.0, "step_size_up": 4, "scale_fn": lambda c: 1 / (1 + c)},
    ),
    (
        "CyclicLR",
        {
            "base_lr": 0.0,
            "max_lr": 1.0,
            "step_size_up": 4,
            "scale_fn": lambda t: 0.99**t,
            "scale_mode": "iterations",
            "cycle_momentum": False,
        },
    ),
    (
        "CyclicLR",
        {"base_lr": 0, "max_lr": 1, "step_size_up": 5, "base_momentum": 0.1, "max_momentum": 0.6},
    ),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 60}),
    ("OneCycleLR", {"max_lr": [0.5, 0.1], "epochs": 6, "steps_per_epoch": 10, "pct_start": 0.5}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 61, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 65, "three_phase": True}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 60, "cycle_momentum": False, "div_factor": 2.0}),
    (
        "OneCycleLR",
        {"max_lr": 0.5, "total_steps": 60, "final_div_factor": 10.0, "base_momentum": 0.3},
    ),
]


def groups_of(ours, name):
    """An optimizer of two groups with different rates, ours or PyTorch's."""
    make = (lambda: nn.Parameter([1.0])) if ours else lambda: torch.nn.Parameter(torch.ones(1))
    optim = nn.optim if ours else torch.optim
    settings = {"momentum": 0.9} if name == "SGD" else {}
    return getattr(optim, name)(
        [{"params": [make()]}, {"params": [make()], "lr": 0.2}], lr=0.1, **settings
    )


def check(mine, other, schedule, expected):
    np.testing.assert_allclose(schedule.get_last_lr(), expected.get_last_lr(), rtol=1e-12, atol=0)
    for group, its in zip(mine.param_groups, other.param_groups, strict=True):
        for key in ("lr", "initial_lr", "momentum", "betas", "max_momentum", "base_momentum"):
            assert (key in group) == (key in its), key
            if key in its:
                np.testing.assert_allclose(group[key], its[key], rtol=1e-12, err_msg=key)


def label(x):
    """Without the addresses of functions, which differ from one process to the next."""
    return re.sub(r"<function <lambda> at \w+>", "f", str(x))[:60]


@pytest.mark.filterwarnings("ignore")  # PyTorch's, on the order of steps
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize(("name", "settings"), SCHEDULES, ids=label)
def test_schedules(name, settings, optimizer):
    mine, other = groups_of(True, optimizer), groups_of(False, optimizer)
    schedule = getattr(S, name)(mine, **settings)
    expected = getattr(TS, name)(other, **copy.deepcopy(settings))
    for epoch in range(60):
        check(mine, other, schedule, expected)
        if epoch == 9 and name != "OneCycleLR":  # a change by hand
            for group in (*mine.param_groups, *other.param_groups):
                group["lr"] *= 0.5
        schedule.step()
        expected.step()
    check(mine, other, schedule, expected)


CHAINABLE = [
    ("LinearLR", {"total_iters": 4}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("CosineAnnealingLR", {"T_max": 6}),
    ("StepLR", {"step_size": 3}),
    ("MultiStepLR", {"milestones": [2, 5]}),
    ("PolynomialLR", {"total_iters": 7}),
    ("ConstantLR", {"factor": 0.5, "total_iters": 3}),
    ("LambdaLR", {"lr_lambda": lambda t: 1 / (1 + t)}),
    ("MultiplicativeLR", {"lr_lambda": lambda t: 0.9}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 3}),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("first", CHAINABLE, ids=lambda x: x[0])
@pytest.mark.parametrize("second", CHAINABLE, ids=lambda x: x[0])
def test_sequences_and_chains(first, second):
    for kind in ("SequentialLR", "ChainedScheduler"):
        results = []
        for ours in (True, False):
            optimizer, names = groups_of(ours, "SGD"), (S if ours else TS)
            parts = [
                getattr(names, name)(optimizer, **copy.deepcopy(settings))
                for name, settings in (first, second, ("ExponentialLR", {"gamma": 0.5}))
            ]
            if kind == "SequentialLR":
                schedule = names.SequentialLR(optimizer, parts, milestones=[5, 16])
            else:
                schedule = names.ChainedScheduler(parts)
            rates = [schedule.get_last_lr()]
            for _ in range(25):
                schedule.step()
                rates.append(schedule.get_last_lr())
            results.append(rates)
        np.testing.assert_allclose(*results, rtol=1e-12, atol=0, err_msg=kind)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"patience": 2, "factor": 0.5},
        {"patience": 0, "cooldown": 3, "threshold": 0.1},
        {"patience": 1, "min_lr": [0.05, 0.001]},
        {"patience": 0, "eps": 0.02, "min_lr": 1e-3},
    ],
    ids=str,
)
def test_plateaus(settings, mode, threshold_mode):
    mine, other = groups_of(True, "SGD"), groups_of(False, "SGD")
    settings = {"mode": mode, "threshold_mode": threshold_mode} | settings
    schedule, expected = (
        S.ReduceLROnPlateau(mine, **settings),
        TS.ReduceLROnPlateau(other, **settings),
    )
    rng = np.random.default_rng(0)
    for epoch in range(80):
        metric = float(rng.standard_normal() * 0.3 + 3 / (1 + epoch))
        if epoch == 50:
            metric = float("nan")
        schedule.step(metric)
        expected.step(metric)
        check(mine, other, schedule, expected)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "settings"),
    [case for case in SCHEDULES if case[0] not in ("CyclicLR", "OneCycleLR")],
    ids=label,
)
def test_schedules_that_begin_in_the_middle(name, settings):
    mine, other = groups_of(True, "SGD"), groups_of(False, "SGD")
    for group in (*mine.param_groups, *other.param_groups):
        group["initial_lr"] = 1.0
    schedule = getattr(S, name)(mine, **settings, last_epoch=4)
    expected = getattr(TS, name)(other, **copy.deepcopy(settings), last_epoch=4)
    for _ in range(20):
        check(mine, other, schedule, expected)
        schedule.step()
        expected.step()


@pytest.mark.filterwarnings("ignore")
def test_warm_restarts_at_fractions_of_epochs():
    for settings in ({"T_0": 4}, {"T_0": 2, "T_mult": 2}):
        mine, other = groups_of(True, "SGD"), groups_of(False, "SGD")
        schedule = S.CosineAnnealingWarmRestarts(mine, **settings)
        expected = TS.CosineAnnealingWarmRestarts(other, **settings)
        for epoch in np.arange(0, 20, 0.25):
            schedule.step(float(epoch))
            expected.step(float(epoch))
            check(mine, other, schedule, expected)


# ---------------------------------------------------------------------- clipping


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.5, float("inf")])
@pytest.mark.parametrize("max_norm", [0.0, 0.5, 7.0, 1e6, float("inf")])
def test_clip_grad_norm(max_norm, norm_type, dtype):
    rng = np.random.default_rng(0)
    grads = [rng.standard_normal(shape).astype(dtype) for shape in ((3, 4), (5,), ())]
    ours = [nn.Parameter(np.zeros_like(g)) for g in grads] + [nn.Parameter(np.zeros(3, dtype))]
    theirs = [torch.nn.Parameter(torch.tensor(p.data)) for p in ours]
    for p, q, g in zip(ours, theirs, grads):
        p.grad, q.grad = g, torch.tensor(g)
    total = nn.utils.clip_grad_norm_(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    rtol = 1e-12 if dtype == "float64" else 1e-5
    assert total.dtype == dtype
    np.testing.assert_allclose(total.data, expected, rtol=rtol)
    for p, q in zip(ours[:3], theirs):
        assert p.grad.dtype == dtype
        np.testing.assert_allclose(p.grad.data, q.grad, rtol=rtol)
    nn.utils.clip_grad_value_(ours, 0.3)
    torch.nn.utils.clip_grad_value_(theirs, 0.3)
    for p, q in zip(ours[:3], theirs):
        np.testing.assert_allclose(p.grad.data, q.grad, rtol=rtol)
    assert ours[3].grad is None
