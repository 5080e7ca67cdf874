"""Every loss beside PyTorch's: values and the gradients of all floating-point arguments."""

import itertools
import warnings

import numpy as np
import pytest
import torch

import autograd as ag
import nn

F, G = nn.functional, torch.nn.functional
CLOSE = {"rtol": 1e-10, "atol": 1e-11}
REDUCTIONS = ["mean", "sum", "none"]
RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.standard_normal(shape)


def uniform(*shape):
    return RNG.uniform(0.02, 0.98, shape)


def classes(*shape, of=4):
    return RNG.integers(0, of, shape)


def signs(*shape):
    return RNG.choice([-1.0, 1.0], shape)


def simplex(*shape):
    p = uniform(*shape)
    return p / p.sum(axis=min(1, len(shape) - 1), keepdims=True)


def some_ignored(y, ignored):
    y = y.copy()
    y.flat[::3] = ignored
    return y


def labels(*rows):
    return np.array(rows)


# name, arguments (those that are floating-point and no target get a gradient), settings
CASES = [
    *[
        ("cross_entropy", [normal(*x), classes(*y)], settings)
        for (x, y), settings in itertools.product(
            [
                ((5, 4), (5,)),
                ((4,), ()),
                ((3, 4, 2), (3, 2)),
                ((2, 4, 3, 2), (2, 3, 2)),
                ((1, 4, 2, 1, 3), (1, 2, 1, 3)),
            ],
            [
                {},
                {"weight": uniform(4)},
                {"label_smoothing": 0.2},
                {"weight": uniform(4), "label_smoothing": 0.35},
            ],
        )
    ],
    *[
        (
            "cross_entropy",
            [normal(*x), some_ignored(classes(*y), settings.get("ignore_index", -100))],
            settings,
        )
        for (x, y), settings in itertools.product(
            [((5, 4), (5,)), ((2, 4, 3, 2), (2, 3, 2))],
            [
                {},
                {"ignore_index": 2},
                {"ignore_index": 9, "weight": uniform(4)},
                {"ignore_index": -1, "weight": uniform(4), "label_smoothing": 0.1},
            ],
        )
    ],
    *[
        ("cross_entropy", [normal(*shape), target(*shape)], settings)
        for shape, target, settings in itertools.product(
            [(5, 4), (4,), (2, 4, 3)],
            [simplex, uniform],
            [
                {},
                {"weight": uniform(4)},
                {"label_smoothing": 0.2},
                {"weight": uniform(4), "label_smoothing": 0.35},
            ],
        )
    ],
    *[
        (
            "nll_loss",
            [normal(*x), some_ignored(classes(*y), settings.get("ignore_index", -100))],
            settings,
        )
        for (x, y), settings in itertools.product(
            [((5, 4), (5,)), ((3, 4, 2), (3, 2)), ((2, 4, 3, 2), (2, 3, 2))],
            [{}, {"weight": uniform(4)}, {"ignore_index": 1, "weight": uniform(4)}],
        )
    ],
    ("nll_loss", [normal(4), classes()], {}),
    ("binary_cross_entropy", [uniform(4, 3), uniform(4, 3)], {}),
    ("binary_cross_entropy", [uniform(4, 3), uniform(4, 3)], {"weight": uniform(3)}),
    (
        "binary_cross_entropy",
        [
            np.array([0, 1, 0, 1, 1e-13, 1e-13, 1 - 1e-13, 1e-30, 1e-50, 0.5, 0.0]),
            np.array([0, 1, 1, 0, 0, 1, 1, 0.3, 1, 1, 0.5]),
        ],
        {},
    ),
    ("binary_cross_entropy_with_logits", [normal(4, 3), uniform(4, 3)], {}),
    ("binary_cross_entropy_with_logits", [normal(4, 3), uniform(4, 3)], {"weight": uniform(4, 1)}),
    (
        "binary_cross_entropy_with_logits",
        [normal(4, 3), uniform(4, 3)],
        {"pos_weight": uniform(3), "weight": uniform(4, 3)},
    ),
    (
        "binary_cross_entropy_with_logits",
        [np.array([1e4, 1e4, -1e4, -1e4, 30, -30, 0]), np.array([0, 1, 0, 1, 1.0, 0.0, 0.25])],
        {"pos_weight": np.array(3.0)},
    ),
    ("kl_div", [normal(4, 3), simplex(4, 3)], {}),
    ("kl_div", [normal(4, 3), np.eye(4, 3)], {}),
    ("kl_div", [normal(4, 3), normal(4, 3)], {"log_target": True}),
    *[
        (
            "poisson_nll_loss",
            [uniform(4, 3), np.abs(normal(4, 3)) * 3],
            {"log_input": log, "full": full, "eps": eps},
        )
        for log, full, eps in [
            (True, False, 1e-8),
            (True, True, 1e-8),
            (False, False, 1e-3),
            (False, True, 1e-8),
        ]
    ],
    *[
        ("gaussian_nll_loss", [normal(4, 3), normal(4, 3), var], settings)
        for var, settings in itertools.product(
            [uniform(4, 3), uniform(4), uniform(4, 1), uniform(1, 3), np.zeros((4, 3)), 0.7],
            [{}, {"full": True, "eps": 0.3}],
        )
    ],
    ("l1_loss", [normal(4, 3), normal(4, 3)], {}),
    ("l1_loss", [normal(4, 3), normal(4, 3)], {"weight": uniform(4, 3)}),
    ("l1_loss", [np.zeros(2), np.array([0.0, 1e4])], {}),
    ("mse_loss", [normal(4, 3), normal(4, 3)], {}),
    ("mse_loss", [normal(4, 3), normal(4, 3)], {"weight": uniform(4, 3)}),
    ("mse_loss", [np.array([1e4, -1e4]), np.array([-1e4, 1e4])], {}),
    *[
        (name, [3 * normal(4, 3), normal(4, 3)], settings)
        for name, settings in [
            ("huber_loss", {}),
            ("huber_loss", {"delta": 0.3}),
            ("huber_loss", {"delta": 2.0, "weight": uniform(4, 3)}),
            ("smooth_l1_loss", {}),
            ("smooth_l1_loss", {"beta": 0.4}),
            ("smooth_l1_loss", {"beta": 0.0}),
        ]
    ],
    ("huber_loss", [np.array([0.0, 0.5, -0.5, 1e4, -1e4]), np.zeros(5)], {"delta": 0.5}),
    ("smooth_l1_loss", [np.array([0.0, 0.5, -0.5, 1e4, -1e4]), np.zeros(5)], {"beta": 0.5}),
    ("hinge_embedding_loss", [3 * normal(4, 3), signs(4, 3)], {}),
    (
        "hinge_embedding_loss",
        [np.array([1.0, 1.0, 2.0, 1e4, -1e4]), np.array([-1.0, 1, -1, -1, -1])],
        {"margin": 2.0},
    ),
    ("margin_ranking_loss", [normal(5), normal(5), signs(5)], {}),
    ("margin_ranking_loss", [np.zeros((2, 2)), np.zeros((2, 2)), signs(2, 2)], {}),
    ("margin_ranking_loss", [normal(4, 3), normal(4, 3), signs(4, 3)], {"margin": 0.7}),
    ("soft_margin_loss", [normal(4, 3), signs(4, 3)], {}),
    ("soft_margin_loss", [np.zeros(2), np.array([1.0, -1.0])], {}),
    *[
        ("multi_margin_loss", [normal(*x), classes(*y)], settings)
        for (x, y), settings in itertools.product(
            [((5, 4), (5,)), ((4,), ())],
            [
                {},
                {"p": 2},
                {"margin": 0.4, "weight": uniform(4)},
                {"p": 2, "margin": 2.0, "weight": uniform(4)},
            ],
        )
    ],
    ("multi_margin_loss", [np.array([[0.0, 1.0, -1e4], [1e4, 0, 0]]), np.array([1, 2])], {}),
    (
        "multilabel_margin_loss",
        [normal(3, 4), labels([3, 0, -1, 1], [2, -1, -1, -1], [0, 1, 2, 3])],
        {},
    ),
    (
        "multilabel_margin_loss",
        [normal(3, 4), labels([-1, 0, 1, 2], [1, 1, -1, 0], [-1, -1, -1, -1])],
        {},
    ),
    ("multilabel_margin_loss", [normal(4), labels(3, 0, -1, 1)], {}),
    ("multilabel_soft_margin_loss", [normal(3, 4), uniform(3, 4)], {}),
    ("multilabel_soft_margin_loss", [normal(2, 3, 4), uniform(2, 3, 4)], {"weight": uniform(4)}),
    (
        "multilabel_soft_margin_loss",
        [np.array([1e4, -1e4, 1e4, -1e4]), np.array([1.0, 0, 0, 1])],
        {},
    ),
    *[
        ("triplet_margin_loss", [normal(*shape), normal(*shape), normal(*shape)], settings)
        for shape, settings in itertools.product(
            [(5, 3), (3,)],
            [
                {},
                {"margin": 3.0, "swap": True},
                {"p": 1.0, "margin": 0.2},
                {"p": 3.0, "eps": 0.01, "swap": True},
            ],
        )
    ],
    ("triplet_margin_loss", [np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((2, 3))], {"eps": 0.0}),
    ("triplet_margin_with_distance_loss", [normal(5, 3), normal(5, 3), normal(5, 3)], {}),
    (
        "triplet_margin_with_distance_loss",
        [normal(5, 3), normal(5, 3), normal(5, 3)],
        {"margin": 2.0, "swap": True},
    ),
    ("cosine_embedding_loss", [normal(5, 3), normal(5, 3), signs(5)], {}),
    ("cosine_embedding_loss", [normal(5, 3), normal(5, 3), signs(5)], {"margin": 0.4}),
    ("cosine_embedding_loss", [normal(3), normal(3), signs()], {"margin": -0.5}),
    ("cosine_embedding_loss", [1e4 * normal(5, 3), 1e4 * normal(5, 3), signs(5)], {}),
    ("cosine_embedding_loss", [np.zeros((1, 3)), normal(1, 3), -np.ones(1)], {}),
]
# How many arguments at the end get no gradient: targets of signs, and probabilities of 0 and 1,
# at which PyTorch's is infinite or NaN.
TARGETS = {
    "margin_ranking_loss": 1,
    "cosine_embedding_loss": 1,
    "hinge_embedding_loss": 1,
    "soft_margin_loss": 1,
}


def both(name, arguments, settings, reduction):
    """The values and gradients of ours, and of theirs."""
    results = []
    certain = name in ("binary_cross_entropy", "kl_div") and bool(
        np.isin(arguments[1], [0, 1]).any()
    )
    fixed = len(arguments) - TARGETS.get(name, int(certain))
    for module, kind, made in ((F, ag.Tensor, ag.tensor), (G, torch.Tensor, torch.tensor)):
        given = []
        for k, a in enumerate(arguments):
            wants = isinstance(a, np.ndarray) and a.dtype.kind == "f" and k < fixed
            given.append(
                made(a, requires_grad=True)
                if wants
                else made(a)
                if isinstance(a, np.ndarray | np.integer)
                else a
            )
        options = {k: made(v) if isinstance(v, np.ndarray) else v for k, v in settings.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # theirs, about "mean" in kl_div
            loss = getattr(module, name)(*given, **options, reduction=reduction)
        if module is F:
            assert loss.dtype == np.float64
        weights = np.random.default_rng(1).standard_normal(loss.shape)
        (loss * made(weights)).sum().backward()
        values = loss.data if module is F else loss.detach().numpy()
        grads = [x.grad for x in given if isinstance(x, kind) and x.requires_grad]
        results.append([values, *(g.data if module is F else g.numpy() for g in grads)])
    return results


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    "case",
    range(len(CASES)),
    ids=[f"{n}-{[np.shape(a) for a in x]}-{list(s)}" for n, x, s in CASES],
)
def test_values_and_gradients(case, reduction):
    name, arguments, settings = CASES[case]
    ours, theirs = both(name, arguments, settings, reduction)
    assert len(ours) == len(theirs) > 1
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.shape == other.shape
        np.testing.assert_allclose(mine, other, **CLOSE)


def test_kl_div_of_a_batch():
    for arguments in ([normal(4, 3), simplex(4, 3)], [normal(2, 4, 3), uniform(2, 4, 3)]):
        ours, theirs = both("kl_div", arguments, {}, "batchmean")
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, other, **CLOSE)


@pytest.mark.parametrize("size", [1e2, 1e4])
@pytest.mark.parametrize(
    "settings", [{}, {"label_smoothing": 0.1}, {"weight": uniform(4)}], ids=str
)
def test_large_logits(size, settings):
    x = size * normal(6, 4)
    x[0] = size * np.array([1, 1, -1, -1])
    for target in (classes(6), simplex(6, 4)):
        ours, theirs = both("cross_entropy", [x, target], settings, "mean")
        for mine, other in zip(ours, theirs, strict=True):
            assert np.isfinite(mine).all()
            np.testing.assert_allclose(mine, other, **CLOSE)


def test_nothing_to_average():
    for name, arguments in [
        ("cross_entropy", [normal(2, 4), np.array([-100, -100])]),
        ("nll_loss", [normal(2, 4), np.array([-100, -100])]),
    ]:
        ours, theirs = both(name, arguments, {}, "mean")
        np.testing.assert_array_equal(ours[0], theirs[0])  # NaN
        ours, theirs = both(name, arguments, {}, "sum")
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(mine, other)


MODULES = [
    ("L1Loss", {}, "pair"),
    ("MSELoss", {}, "pair"),
    ("SmoothL1Loss", {"beta": 0.5}, "pair"),
    ("HuberLoss", {"delta": 0.5}, "pair"),
    ("CrossEntropyLoss", {"label_smoothing": 0.1, "ignore_index": 1}, "class"),
    ("CrossEntropyLoss", {"weight": uniform(4)}, "class"),
    ("NLLLoss", {"weight": uniform(4), "ignore_index": 0}, "class"),
    ("BCELoss", {"weight": uniform(4)}, "probability"),
    ("BCEWithLogitsLoss", {"pos_weight": uniform(4), "weight": uniform(4)}, "probability"),
    ("KLDivLoss", {"log_target": True}, "pair"),
    ("PoissonNLLLoss", {"full": True, "eps": 0.1, "log_input": False}, "probability"),
    ("GaussianNLLLoss", {"full": True, "eps": 0.1}, "three"),
    ("HingeEmbeddingLoss", {"margin": 0.5}, "sign"),
    ("MarginRankingLoss", {"margin": 0.5}, "rank"),
    ("MultiMarginLoss", {"p": 2, "margin": 0.5, "weight": uniform(4)}, "class"),
    ("MultiLabelMarginLoss", {}, "list"),
    ("MultiLabelSoftMarginLoss", {"weight": uniform(4)}, "probability"),
    ("SoftMarginLoss", {}, "sign"),
    ("TripletMarginLoss", {"margin": 2.0, "p": 1.0, "eps": 0.1, "swap": True}, "three"),
    ("TripletMarginWithDistanceLoss", {"margin": 2.0, "swap": True}, "three"),
    ("CosineEmbeddingLoss", {"margin": 0.1}, "angle"),
]
INPUTS = {
    "pair": [normal(5, 4), normal(5, 4)],
    "class": [normal(5, 4), classes(5)],
    "probability": [uniform(5, 4), uniform(5, 4)],
    "sign": [normal(5, 4), signs(5, 4)],
    "rank": [normal(5), normal(5), signs(5)],
    "angle": [normal(5, 4), normal(5, 4), signs(5)],
    "list": [normal(2, 4), labels([3, 0, -1, 1], [2, -1, -1, -1])],
    "three": [normal(5, 4), normal(5, 4), uniform(5, 4)],
}


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("name", "settings", "inputs"), MODULES, ids=str)
def test_modules(name, settings, inputs, reduction):
    arrays = INPUTS[inputs]
    theirs = getattr(torch.nn, name)(
        **{k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in settings.items()},
        reduction=reduction,
    )
    ours = getattr(nn, name)(**settings, reduction=reduction)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = theirs(*map(torch.tensor, arrays))
    np.testing.assert_allclose(np.asarray(ours(*arrays).tolist()), expected, **CLOSE)
