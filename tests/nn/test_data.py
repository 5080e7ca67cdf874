"""Data sets and batches."""

import gc
import math
import sys
import threading
import time
from collections import namedtuple

import numpy as np
import pytest

import autograd as ag
import nn
from nn.data import DataLoader, Subset, TensorDataset, default_collate, digits, random_split

Point = namedtuple("Point", "x y")


class Squares:
    """A data set of one's own."""

    def __init__(self, n=10):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        assert type(i) is int
        return np.array([i, i * i], "float32"), i


def numbers(loader):
    """The labels, batch by batch."""
    return [batch[1].data.tolist() for batch in loader]


@pytest.fixture(autouse=True)
def no_thread_is_left_behind():
    before = threading.active_count()
    yield
    assert threading.active_count() == before


@pytest.mark.parametrize("prefetch", [0, 1, 3])
@pytest.mark.parametrize("dataset", [Squares(10), TensorDataset(np.ones((10, 2)), np.arange(10))])
def test_batches_in_order(dataset, prefetch):
    loader = DataLoader(dataset, batch_size=4, prefetch=prefetch)
    assert numbers(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert len(loader) == 3
    assert [x.shape for x, _ in loader] == [(4, 2), (4, 2), (2, 2)]
    loader = DataLoader(dataset, batch_size=4, drop_last=True, prefetch=prefetch)
    assert numbers(loader) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert len(loader) == 2
    assert len(DataLoader(dataset)) == 10


@pytest.mark.parametrize(
    "dataset",
    [Squares(20), TensorDataset(np.ones(20), np.arange(20)), Subset(Squares(40), range(20))],
)
def test_shuffling_is_seeded_and_does_not_depend_on_prefetch_or_other_draws(dataset):
    runs = []
    for prefetch, draws in [(0, 0), (0, 3), (2, 0), (5, 3)]:
        nn.seed(3)
        loader = DataLoader(dataset, batch_size=6, shuffle=True, prefetch=prefetch)
        seen = []
        for batch in loader:
            nn.random.generator.random(draws)  # dropout, say
            seen += batch[1].data.tolist()
        runs.append(seen)
    assert all(run == runs[0] for run in runs)
    assert sorted(runs[0]) == list(range(20)) != runs[0]
    assert numbers(loader) != numbers(loader)


def test_the_order_is_drawn_when_an_iteration_begins():
    loader = DataLoader(Squares(8), batch_size=8, shuffle=True)
    nn.seed(0)
    expected = nn.random.generator.permutation(8).tolist()
    nn.seed(0)
    batches = iter(loader)
    nn.random.generator.random()
    assert next(batches)[1].data.tolist() == expected


def test_arrays_are_taken_at_once_and_copied():
    class Watched(np.ndarray):
        calls = 0

        def __getitem__(self, index):
            Watched.calls += 1
            return np.asarray(self)[index]

    images = np.ones((100, 3), "float32")
    dataset = TensorDataset(np.zeros(0))
    dataset.tensors = (images.view(Watched), np.arange(100))
    (x, y), *rest = DataLoader(Subset(Subset(dataset, range(50, 100)), range(40)), batch_size=20)
    assert Watched.calls == 2
    assert len(rest) == 1
    assert y.data.tolist() == list(range(50, 70))
    assert isinstance(x, ag.Tensor)
    assert x.dtype == np.float32
    x[...] = 5.0
    x.data[...] = 7
    assert (images == 1).all()


def test_a_subclass_may_have_another_idea_of_an_example():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return [2 * t for t in super().__getitem__(index)]

    assert numbers(DataLoader(Doubled(np.zeros(3), np.arange(3)), 3)) == [[0, 2, 4]]


def test_a_loader_of_tensors_keeps_their_history():
    w = ag.tensor(np.arange(3.0), requires_grad=True)
    for (x,) in DataLoader(TensorDataset(w), batch_size=2):
        x.sum().backward()
    np.testing.assert_array_equal(w.grad, np.ones(3))


def test_collate():
    examples = [
        {"a": (1, 2.0), "b": [np.float32(3), True], "c": "x", "p": Point(np.zeros(2), b"y")}
        for _ in range(3)
    ]
    batch = default_collate(examples)
    assert list(batch) == ["a", "b", "c", "p"]
    assert isinstance(batch["a"], list)
    assert [t.dtype.name for t in (*batch["a"], *batch["b"])] == [
        "int64",
        "float64",
        "float32",
        "bool",
    ]
    assert batch["c"] == ["x"] * 3
    assert isinstance(batch["p"], Point)
    assert batch["p"].x.shape == (3, 2)
    assert batch["p"].y == [b"y"] * 3
    assert default_collate([ag.tensor([1.0]), ag.tensor([2.0])]).tolist() == [[1], [2]]


@pytest.mark.parametrize(
    ("examples", "error", "message"),
    [
        ([], ValueError, "no examples"),
        ([np.zeros(2), np.zeros(3)], ValueError, r"different shapes, \(2,\) and \(3,\)"),
        ([(1, 2), (1,)], ValueError, "different lengths, 2 and 1"),
        ([{"a": 1}, {"b": 1}], ValueError, "different keys"),
        ([object()], TypeError, "can't make a batch of examples such as a value of type object"),
        ([None], TypeError, "such as None"),
        ([1j], TypeError, "such as 1j"),
    ],
)
def test_what_can_not_be_collated_is_refused(examples, error, message):
    with pytest.raises(error, match=f"default_collate: .*{message}"):
        default_collate(examples)


@pytest.mark.parametrize("prefetch", [0, 2])
def test_a_collate_function_of_ones_own(prefetch):
    loader = DataLoader(Squares(5), batch_size=2, collate_fn=len, prefetch=prefetch)
    assert list(loader) == [2, 2, 1]
    arrays = TensorDataset(np.zeros(3), np.arange(3))
    assert list(DataLoader(arrays, 2, collate_fn=lambda examples: [y for _, y in examples])) == [
        [0, 1],
        [2],
    ]


# ---------------------------------------------------------------------- the thread


class Failing(Squares):
    def __getitem__(self, i):
        if i == 5:
            raise RuntimeError("no example 5")
        return super().__getitem__(i)


@pytest.mark.parametrize("prefetch", [0, 1, 4])
def test_an_error_comes_after_the_batches_before_it(prefetch):
    batches = iter(DataLoader(Failing(), batch_size=2, prefetch=prefetch))
    assert [next(batches)[1].data.tolist() for _ in range(2)] == [[0, 1], [2, 3]]
    with pytest.raises(RuntimeError, match="no example 5"):
        next(batches)


@pytest.mark.parametrize("prefetch", [1, 2, 50])
def test_an_iteration_that_is_given_up_leaves_no_thread(prefetch):
    before = threading.active_count()
    for _ in DataLoader(Squares(100), prefetch=prefetch):
        break
    gc.collect()
    assert threading.active_count() == before
    batches = iter(DataLoader(Squares(100), prefetch=prefetch))
    assert threading.active_count() == before  # none before it is needed
    next(batches)
    batches.close()
    assert threading.active_count() == before


def test_a_thread_prepares_so_many_ahead_and_no_more():
    seen = []

    class Slow(Squares):
        def __getitem__(self, i):
            seen.append((i, threading.current_thread()))
            return i

    batches = iter(DataLoader(Slow(100), prefetch=3))
    next(batches)
    for _ in range(100):
        if len(seen) == 5:
            break
        time.sleep(0.01)
    time.sleep(0.05)
    assert len(seen) == 5  # one taken, three waiting, one in the hand
    assert all(thread is not threading.main_thread() for _, thread in seen)
    batches.close()


def test_the_thread_is_in_the_context_of_its_caller():
    class Recording(Squares):
        def __getitem__(self, i):
            return ag.is_recording()

    assert all(t.data.all() for t in DataLoader(Recording(3), prefetch=1))
    with ag.no_grad():
        assert not any(t.data.any() for t in DataLoader(Recording(3), prefetch=1))


# ---------------------------------------------------------------------- parts of data sets


def test_random_split():
    nn.seed(0)
    parts = random_split(Squares(10), [7, 3])
    assert [len(part) for part in parts] == [7, 3]
    assert sorted(i for part in parts for _, i in part) == list(range(10))
    nn.seed(0)
    assert random_split(Squares(10), [7, 3])[0].indices.tolist() == parts[0].indices.tolist()
    one, other = (random_split(range(9), [4, 5], np.random.default_rng(1)) for _ in range(2))
    assert list(one[0]) == list(other[0])


@pytest.mark.parametrize(
    ("n", "lengths", "sizes"),
    [
        (10, [0.8, 0.2], [8, 2]),
        (11, [0.8, 0.2], [9, 2]),
        (10, [1 / 3, 1 / 3, 1 / 3], [4, 3, 3]),
        (3, [0.5, 0.5, 0.0], [2, 1, 0]),
        (1, [1], [1]),
        (5, [1.0], [5]),
        (5, [0, 5], [0, 5]),
        (0, [0, 0], [0, 0]),
    ],
)
def test_the_sizes_of_a_split(n, lengths, sizes):
    assert [len(part) for part in random_split(range(n), lengths)] == sizes


@pytest.mark.parametrize(
    "lengths", [[3, 3], [11, -1], [0.5, 0.4], [1.5, -0.5], [2.5, 7.5], [math.nan], []]
)
def test_lengths_that_do_not_add_up_are_refused(lengths):
    with pytest.raises(ValueError, match=r"random_split: received lengths .* for 10 examples"):
        random_split(range(10), lengths)


def test_subsets():
    part = Subset(Squares(10), [3, 1, -1])
    assert len(part) == 3
    assert part[0][1] == 3
    assert [i for _, i in part] == [3, 1, -1]
    assert Subset(TensorDataset(np.arange(5)), np.array([4, 2]))[[0, 1]][0].tolist() == [4, 2]
    assert len(Subset(Squares(3), [])) == 0
    with pytest.raises(IndexError, match="from -10 to 9 for 10 examples, received 0 to 10"):
        Subset(Squares(10), [0, 10])
    with pytest.raises(TypeError, match="must be a list of integers"):
        Subset(Squares(10), [0.5])


@pytest.mark.parametrize(
    "arrays", [(), (np.ones(3), np.ones(4)), (np.ones(()),), (np.ones(3), 1.0)]
)
def test_arrays_that_do_not_go_together_are_refused(arrays):
    with pytest.raises(ValueError, match=r"TensorDataset: received .*; give arrays"):
        TensorDataset(*arrays)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"dataset": iter([1])}, TypeError, "has no length"),
        ({"batch_size": 0}, ValueError, "batch_size must be an integer of at least 1; received 0"),
        ({"batch_size": None}, ValueError, "batch_size must be"),
        ({"batch_size": 2.0}, ValueError, "batch_size must be"),
        ({"prefetch": -1}, ValueError, "prefetch must be an integer of at least 0"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=f"DataLoader: .*{message}"):
        DataLoader(**{"dataset": Squares(), **arguments})


def test_digits():
    images, labels = digits().tensors
    assert images.shape == (1797, 1, 8, 8)
    assert images.dtype == np.float32
    assert (images.min(), images.max()) == (0, 1)
    assert labels.dtype == np.int64
    assert sorted(set(labels)) == list(range(10))


def test_digits_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        digits()
