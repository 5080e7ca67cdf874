"""Schedules against their formulas, their states, and what they refuse."""

import copy
import math
import pickle

import numpy as np
import pytest

import nn

S = nn.optim.lr_scheduler
BASE = 0.4


def optimizer(kind=nn.optim.SGD):
    settings = {"momentum": 0.9} if kind is nn.optim.SGD else {}
    return kind([nn.Parameter([1.0])], lr=BASE, **settings)


def polynomial(t):
    return (1 - min(t, 10) / 10) ** 2


# The schedule, and the rate of epoch t over the one at the beginning.
CLOSED = [
    (lambda o: S.StepLR(o, 4, 0.5), lambda t: 0.5 ** (t // 4)),
    (lambda o: S.MultiStepLR(o, [3, 7], 0.5), lambda t: 0.5 ** ((t >= 3) + (t >= 7))),
    (lambda o: S.ConstantLR(o, 0.25, 6), lambda t: 0.25 if t < 6 else 1),
    (lambda o: S.LinearLR(o, 0.2, 0.8, 10), lambda t: 0.2 + 0.6 * min(t, 10) / 10),
    (lambda o: S.ExponentialLR(o, 0.9), lambda t: 0.9**t),
    (lambda o: S.PolynomialLR(o, 10, 2.0), polynomial),
    (lambda o: S.CosineAnnealingLR(o, 8), lambda t: (1 + math.cos(math.pi * t / 8)) / 2),
    (
        lambda o: S.CosineAnnealingWarmRestarts(o, 5),
        lambda t: (1 + math.cos(math.pi * (t % 5) / 5)) / 2,
    ),
    (lambda o: S.LambdaLR(o, lambda t: 1 / (1 + t)), lambda t: 1 / (1 + t)),
    (lambda o: S.MultiplicativeLR(o, lambda t: 0.5), lambda t: 0.5**t),
    (
        lambda o: S.CyclicLR(o, 0.0, BASE, step_size_up=4),
        lambda t: 1 - abs((t % 8) / 4 - 1),
    ),
    (
        lambda o: S.OneCycleLR(o, BASE, 40, pct_start=0.5, anneal_strategy="linear"),
        lambda t: 1 / 25 + (1 - 1 / 25) * t / 19 if t < 20 else 1 - (1 - 1 / 25e4) * (t - 19) / 20,
    ),
    (
        lambda o: S.SequentialLR(o, [S.ConstantLR(o, 0.1, 9), S.ExponentialLR(o, 0.9)], [5]),
        lambda t: 0.1 if t < 5 else 0.9 ** (t - 5),
    ),
    (
        lambda o: S.ChainedScheduler([S.ExponentialLR(o, 0.9), S.StepLR(o, 3, 0.5)]),
        lambda t: 0.9**t * 0.5 ** (t // 3),
    ),
    (
        lambda o: S.SequentialLR(
            o,
            [
                S.LinearLR(o, 0.5, total_iters=2),
                S.ChainedScheduler([S.ExponentialLR(o, 0.9), S.ConstantLR(o, 0.5, 3)]),
                S.SequentialLR(o, [S.ConstantLR(o, 0.1, 9), S.StepLR(o, 2, 0.5)], [4]),
            ],
            [3, 10],
        ),
        lambda t: (
            min(1, 0.5 + t / 4)
            if t < 3
            else 0.9 ** (t - 3) * (0.5 if t < 6 else 1)
            if t < 10
            else 0.1
            if t < 14
            else 0.5 ** ((t - 14) // 2)
        ),
    ),
]
IDS = [
    "Step",
    "MultiStep",
    "Constant",
    "Linear",
    "Exponential",
    "Polynomial",
    "Cosine",
    "WarmRestarts",
    "Lambda",
    "Multiplicative",
    "Cyclic",
    "OneCycle",
    "Sequential",
    "Chained",
    "Nested",
]
each = pytest.mark.parametrize(("make", "closed"), CLOSED, ids=IDS)


@each
def test_rates_are_those_of_the_formula(make, closed):
    o = optimizer()
    schedule = make(o)
    for t in range(31):
        (lr,) = schedule.get_last_lr()
        assert lr == o.param_groups[0]["lr"]
        assert lr == pytest.approx(BASE * closed(t), rel=1e-9, abs=1e-12)
        schedule.step()


@each
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("kind", [nn.optim.SGD, nn.optim.Adam])
def test_a_saved_schedule_goes_on_the_same(make, closed, duplicate, kind):
    o = optimizer(kind)
    schedule = make(o)
    for _ in range(7):
        schedule.step()
    saved = duplicate((o.state_dict(), schedule.state_dict()))
    p = optimizer(kind)
    other = make(p)
    p.load_state_dict(saved[0])
    other.load_state_dict(saved[1])
    assert other.get_last_lr() == schedule.get_last_lr()
    for _ in range(15):
        schedule.step()
        other.step()
        assert schedule.get_last_lr() == other.get_last_lr()
        one, two = ({k: v for k, v in x.param_groups[0].items() if k != "params"} for x in (o, p))
        assert one == two


@each
def test_a_state_that_does_not_fit_changes_nothing(make, closed):
    schedule = make(optimizer())
    schedule.step()
    before = schedule.state_dict()
    for state, error in [
        (None, TypeError),
        ({}, ValueError),
        (before | {"more": 1}, ValueError),
        (before | {"_last_lr": "x"}, ValueError),
        (before | {"_last_lr": [0.1, 0.2]}, ValueError),
        ({k: v for k, v in before.items() if k != "_last_lr"}, ValueError),
    ]:
        with pytest.raises(error, match=r"load_state_dict: .*(saved|returned)"):
            schedule.load_state_dict(state)
        assert schedule.state_dict() == before


def test_states_of_composed_schedules_are_checked_whole():
    make, _ = CLOSED[IDS.index("Nested")]
    schedule = make(optimizer())
    before = schedule.state_dict()
    for change in (
        lambda s: s.update(schedulers=s["schedulers"][:2]),
        lambda s: s["schedulers"][2]["schedulers"][1].pop("gamma"),
        lambda s: s.update(schedulers=None),
    ):
        state = schedule.state_dict()
        state["last_epoch"] = 77
        change(state)
        with pytest.raises(ValueError, match="load_state_dict"):
            schedule.load_state_dict(state)
        assert schedule.state_dict() == before


def test_reduce_on_plateau_saves_and_goes_on():
    o, p = optimizer(), optimizer()
    schedule, other = (S.ReduceLROnPlateau(x, patience=2, cooldown=1) for x in (o, p))
    losses = np.random.default_rng(0).standard_normal(60) + 5
    for loss in losses[:20]:
        schedule.step(loss)
    p.load_state_dict(o.state_dict())
    other.load_state_dict(pickle.loads(pickle.dumps(schedule.state_dict())))
    for loss in losses[20:]:
        schedule.step(nn.Parameter(loss))  # a Tensor as it comes
        other.step(loss)
        assert schedule.get_last_lr() == other.get_last_lr()
    assert schedule.get_last_lr()[0] < BASE
    with pytest.raises(ValueError, match="mode must be"):
        schedule.load_state_dict(schedule.state_dict() | {"mode": "less"})
    with pytest.raises(TypeError, match=r"give step\(loss\)"):
        schedule.step()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda o: S.StepLR("o", 1), TypeError, "StepLR: received 'o', which is no optimizer"),
        (lambda o: S.StepLR(o, 0), ValueError, "StepLR: step_size must be a positive integer"),
        (
            lambda o: S.StepLR(o, 1, last_epoch=3),
            KeyError,
            "no initial_lr for last_epoch=3",
        ),
        (lambda o: S.ConstantLR(o, 1.5), ValueError, "factor must be above 0 and at most 1"),
        (lambda o: S.LinearLR(o, 0.0), ValueError, "start_factor must be above 0"),
        (lambda o: S.LinearLR(o, 0.5, 1.5), ValueError, "end_factor must be from 0 to 1"),
        (lambda o: S.CosineAnnealingLR(o, 0), ValueError, "T_max must be a positive integer"),
        (lambda o: S.CosineAnnealingWarmRestarts(o, 1.5), ValueError, "T_0 must be"),
        (lambda o: S.CosineAnnealingWarmRestarts(o, 5, 0), ValueError, "T_mult must be"),
        (lambda o: S.CosineAnnealingWarmRestarts(o, 5, eta_min="x"), ValueError, "eta_min must be"),
        (lambda o: S.CosineAnnealingWarmRestarts(o, 5).step(-1), ValueError, "epoch must be"),
        (lambda o: S.LambdaLR(o, 0.5), TypeError, "lr_lambda must be a function"),
        (lambda o: S.LambdaLR(o, [abs, abs]), ValueError, "lr_lambda has 2 items for 1 group"),
        (lambda o: S.CyclicLR(o, 0.1, [1, 2]), ValueError, "max_lr has 2 items"),
        (lambda o: S.CyclicLR(o, 0.1, 1, mode="square"), ValueError, "mode must be 'triangular'"),
        (lambda o: S.CyclicLR(o, 0.1, 1, scale_mode="x"), ValueError, "scale_mode must be"),
        (lambda o: S.CyclicLR(o, 0.1, 1, step_size_up=0), ValueError, "step_size_up must be above"),
        (lambda o: S.OneCycleLR(o, 1), ValueError, "give total_steps, or epochs and"),
        (lambda o: S.OneCycleLR(o, 1, total_steps=0), ValueError, "total_steps must be"),
        (lambda o: S.OneCycleLR(o, 1, epochs=2, steps_per_epoch=0), ValueError, "steps_per_epoch"),
        (lambda o: S.OneCycleLR(o, 1, 10, pct_start=2), ValueError, "pct_start must be from 0 to"),
        (lambda o: S.OneCycleLR(o, 1, 9, anneal_strategy="x"), ValueError, "anneal_strategy must"),
        (lambda o: S.ReduceLROnPlateau(o, factor=1.0), ValueError, "factor must be below 1"),
        (lambda o: S.ReduceLROnPlateau(o, "low"), ValueError, "mode must be 'min' or 'max'"),
        (lambda o: S.ReduceLROnPlateau(o, threshold_mode="x"), ValueError, "threshold_mode must"),
        (lambda o: S.ReduceLROnPlateau(o, min_lr=[1, 2]), ValueError, "min_lr has 2 items"),
        (lambda o: S.ChainedScheduler([]), ValueError, "give at least one"),
        (lambda o: S.ChainedScheduler([1]), TypeError, "schedule 0 is 1"),
        (lambda o: S.ChainedScheduler([S.ReduceLROnPlateau(o)]), ValueError, "needs no metric"),
        (
            lambda o: S.ChainedScheduler([S.StepLR(o, 1), S.StepLR(optimizer(), 1)]),
            ValueError,
            "schedules of several optimizers",
        ),
        (lambda o: S.SequentialLR(o, [S.StepLR(o, 1)], [1]), ValueError, "one less than schedules"),
        (
            lambda o: S.SequentialLR(o, [S.StepLR(o, 1) for _ in range(3)], [4, 2]),
            ValueError,
            "ascending order",
        ),
    ],
)
def test_what_can_not_be_is_refused_and_changes_nothing(make, error, message):
    o = optimizer()
    with pytest.raises(error, match=message):
        make(o)
    assert o.param_groups[0]["lr"] == BASE
    assert o.param_groups[0]["momentum"] == 0.9


def test_momentum_is_cycled_where_there_is_one():
    for make in (
        lambda o, **settings: S.OneCycleLR(o, 1.0, 10, **settings),
        lambda o, **settings: S.CyclicLR(o, 0.1, 1.0, **settings),
    ):
        o = optimizer(nn.optim.Adagrad)
        with pytest.raises(ValueError, match="Adagrad has neither momentum nor betas"):
            make(o)
        assert o.param_groups[0]["lr"] == BASE
        make(o, cycle_momentum=False)
        o = optimizer(nn.optim.Adam)
        make(o)
        assert o.param_groups[0]["betas"][0] in (0.95, 0.9)
        assert o.param_groups[0]["betas"][1] == 0.999


def test_one_cycle_ends():
    schedule = S.OneCycleLR(optimizer(), 1.0, 5)
    for _ in range(5):
        schedule.step()
    with pytest.raises(ValueError, match="is over after 5 steps"):
        schedule.step()


def test_initial_rates_travel_with_the_state_of_the_optimizer():
    o = optimizer()
    schedule = S.ExponentialLR(o, 0.5)
    for _ in range(3):
        schedule.step()
    p = optimizer()
    p.load_state_dict(o.state_dict())
    resumed = S.LambdaLR(p, lambda t: 1 / (1 + t), last_epoch=3)
    assert resumed.get_last_lr() == pytest.approx([BASE / 5])
