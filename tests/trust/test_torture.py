"""What breaks in the engines people use, one class a row: here it is right, or refused.

Expected numbers are worked out by hand, or are central differences in float64. Wider tests of
each row lie beside the code that it is about; here a reader sees that the row holds.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import time
import tracemalloc
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import GradientError, Tensor

F = nn.functional
Array = np.ndarray[Any, Any]


def leaf(values: Any, **options: Any) -> Tensor:
    return Tensor(values, requires_grad=True, **options)


def gradient(f: Callable[[Any], Any], x: Any) -> Array:
    """Of f(x), or of the sum of its elements."""
    t = leaf(x, dtype=None if isinstance(x, np.ndarray) else float)
    f(t).sum().backward()
    return t.grad.numpy()


def differences(f: Callable[[Any], Any], x: Any, h: float = 1e-6) -> Array:
    """The same by central differences, on plain arrays."""
    x = np.asarray(x, float)
    slopes = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        slopes[i] = (np.sum(f(x + step)) - np.sum(f(x - step))) / (2 * h)
    return slopes


def agree(f: Callable[[Any], Any], x: Any) -> None:
    np.testing.assert_allclose(gradient(f, x), differences(f, x), rtol=1e-6, atol=1e-8)


class TestBranchNotTaken:
    """A `where` whose other branch has an infinite slope: 0 comes back through it, not NaN."""

    def test_log(self):
        with np.errstate(divide="ignore"):
            for slope in (
                gradient(lambda x: np.where(x > 0, np.log(x), 0), [0.0, 2.0]),
                ag.grad(lambda x: np.where(x > 0, np.log(x), 0).sum())(np.array([0.0, 2.0])),
            ):
                assert slope.tolist() == [0, 0.5]

    def test_where_it_cannot_be_followed_the_entry_is_named(self):
        """Through a product of matrices 0 · inf stays NaN: with a warning, and explained."""

        def step() -> None:
            with np.errstate(all="ignore"), ag.detect_anomaly():
                x = leaf([[0.0]])
                np.where(x > 0, np.sqrt(x) @ np.eye(1), 0).sum().backward()

        with pytest.raises(
            ag.AnomalyError, match=r"`sqrt`.*inf at x.*cotangent there is 0.*`where`"
        ):
            step()


class TestNormsAtZero:
    """norm, std and hypot at the zero vector have gradient 0; a root written out is infinite."""

    @pytest.mark.parametrize(
        "f",
        [
            np.linalg.norm,
            lambda x: np.linalg.norm(x, 1),
            lambda x: np.linalg.norm(x, axis=0, keepdims=True),
            np.std,
            lambda x: np.hypot(x[0], x[1]),
            lambda x: F.normalize(x, dim=0).sum() * 0 + np.linalg.norm(x, np.inf),
        ],
    )
    def test_zero(self, f):
        assert gradient(f, [0.0, 0.0, 0.0]).tolist() == [0, 0, 0]

    def test_std_of_equal_values(self):
        assert gradient(np.std, [3.0, 3.0]).tolist() == [0, 0]

    def test_the_root_of_a_sum_of_squares_warns(self):
        """Written out it is 0 · inf, which may stand for any number: NaN with NumPy's warning."""
        with pytest.warns(RuntimeWarning, match="divide by zero|invalid value"):
            slope = gradient(lambda x: np.sqrt(np.sum(x * x)), [0.0, 0.0])
        assert np.isnan(slope).all()


class TestProductsWithZeros:
    """`prod` divides by nothing: one zero, several zeros, along any axis."""

    def test_by_hand(self):
        assert gradient(np.prod, [2.0, 0.0, 3.0]).tolist() == [0, 6, 0]
        assert gradient(np.prod, [2.0, 0.0, 0.0]).tolist() == [0, 0, 0]

    @pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1)])
    @pytest.mark.parametrize("zeros", [[(0, 0)], [(0, 0), (0, 1), (2, 0)]])
    def test_by_differences(self, axis, zeros):
        x = np.arange(1.0, 13).reshape(3, 4) / 4
        for i in zeros:
            x[i] = 0
        agree(lambda x: np.prod(x, axis=axis), x)


class TestTies:
    """max, min, maximum and minimum share a tie equally: reduction and binary form alike."""

    @pytest.mark.parametrize(("reduce", "pick"), [(np.max, np.maximum), (np.min, np.minimum)])
    def test_shared(self, reduce, pick):
        assert gradient(reduce, [5.0, 5.0]).tolist() == [0.5, 0.5]
        assert gradient(lambda x: pick(x[0], x[1]), [5.0, 5.0]).tolist() == [0.5, 0.5]
        assert gradient(reduce, [5.0, 5.0, 5.0, 5.0]).tolist() == [0.25] * 4


class TestMaskedReductions:
    """`where=`, `initial=`, `keepdims=` and broadcasting in `where` reach the gradient."""

    MASK = np.array([[True, False], [True, True]])
    X = np.array([[1.0, 2.0], [3.0, 4.0]])

    def test_by_hand(self):
        mask, x = self.MASK, self.X
        assert gradient(lambda x: np.sum(x, where=mask), x).tolist() == [[1, 0], [1, 1]]
        third = gradient(lambda x: np.mean(x, where=mask), x)
        np.testing.assert_allclose(third, mask / 3)
        assert gradient(lambda x: np.max(x, initial=3.5), x).tolist() == [[0, 0], [0, 1]]
        assert gradient(lambda x: np.max(x, initial=9.0), x).tolist() == [[0, 0], [0, 0]]

    def test_by_differences(self):
        agree(lambda x: np.linalg.norm(x, axis=1, keepdims=True) * x, self.X)
        agree(lambda x: np.where(self.MASK, x[0], x[:, :1]) ** 2, self.X)
        agree(lambda x: np.std(x, where=self.MASK), self.X)
        agree(lambda x: np.prod(x, axis=0, where=self.MASK, initial=2.0), self.X)


class TestCapturedArrays:
    """An array that an operation was given and that changes before backward does no harm.

    (test_mutation.py crosses all ways to change one with the operations.)
    """

    def test_changed(self):
        x, a, index = leaf([1.0, 2.0]), np.array([3.0, 4.0]), np.array([0, 0])
        loss = (x * a).sum() + x @ a + x[index].sum() * 100
        a[...], index[...] = 0, 1
        loss.backward()
        assert x.grad.tolist() == [206, 8]


class TestParameterChanged:
    """A parameter that was updated between forward and backward is refused by name."""

    def test_named(self):
        class Scale(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.weight = nn.Parameter([1.0, 2.0])

            def forward(self, x: Any) -> Any:
                return x * self.weight

        model = Scale()
        loss = (model(leaf(np.ones((3, 2)))) ** 2).mean()
        model.weight.data -= 0.1
        with pytest.raises(
            GradientError,
            match=r"`model\.weight`.*changed in place .*after `multiply`.*old value; ",
        ):
            loss.backward()

    def test_named_behind_a_view(self):
        model = nn.Linear(2, 1)
        loss = (model(leaf(np.ones((3, 2), "float32"))) ** 2).mean()
        model.weight.data -= 0.1
        with pytest.raises(GradientError, match=r"`model\.weight`.*after `matmul`"):
            loss.backward()

    def test_an_optimizer_step(self):
        weight = nn.Parameter([1.0, 2.0])
        optimizer = nn.optim.SGD([weight], lr=0.1)
        first, second = (weight * weight).sum(), (weight * weight).sum()
        first.backward()
        optimizer.step()
        with pytest.raises(GradientError, match="`weight`.*`multiply`"):  # noqa: RUF043
            second.backward()


class TestWriting:
    """`x[i] = v` and `x += y` are recorded; what an array can't hold is refused with the remedy."""

    def test_into_a_result(self):
        x = leaf([1.0, 2.0, 3.0])
        y = x * x
        old = y * 10
        y[1] = x[0] * 7
        y += x
        (y.sum() + old.sum()).backward()
        assert x.grad.tolist() == [2 + 7 + 1 + 20, 0 + 1 + 40, 6 + 1 + 60]

    def test_into_a_leaf(self):
        x = leaf([1.0, 2.0])
        with pytest.raises(GradientError, match=r"under no_grad.*`y = x \+ \.\.\.`"):
            x[0] = 5.0
        with pytest.raises(GradientError, match="under no_grad"):
            x += 1
        assert x.tolist() == [1, 2]

    def test_into_an_array(self):
        x, a = leaf([1.0, 2.0]), np.zeros(3)
        remedy = r"a = tensor\(a\).*a\[i\] = t"
        with pytest.raises(TypeError, match=remedy):
            a[:2] = x
        with pytest.raises(TypeError, match=remedy):
            a[:2] += x
        with pytest.raises((TypeError, ValueError)) as caught:
            a[0] = x[0]  # NumPy's own error, which has ours for its cause
        assert "a = tensor(a)" in f"{caught.value} {caught.value.__cause__}"
        assert a.tolist() == [0, 0, 0]
        a = Tensor(a)
        a[:2] = x * 3
        a.sum().backward()
        assert x.grad.tolist() == [3, 3]


class TestBackwardTwice:
    """A second pass is right where the tape was kept, and refused with the remedy where not."""

    def test_a_freed_tape(self):
        x = leaf(3.0)
        loss = x * x
        loss.backward()
        with pytest.raises(GradientError, match="retain_graph=True"):
            loss.backward()
        assert x.grad.item() == 6

    def test_a_kept_tape(self):
        x = leaf(3.0)
        loss = x * x
        loss.backward(retain_graph=True)
        loss.backward()
        assert x.grad.item() == 12

    def test_two_losses_that_share_a_subgraph(self):
        x = leaf(3.0)
        shared = x * x
        first, second = shared * 2, shared * 5
        first.backward(retain_graph=True)
        second.backward()
        assert x.grad.item() == 12 + 30

    def test_a_loss_used_twice_in_a_sum(self):
        x = leaf(2.0)
        loss = x * x
        (loss + loss + loss * loss).backward()
        assert x.grad.item() == 4 + 4 + 2 * 4 * 4

    def test_micrograds_24(self):
        x = leaf(3.0)
        y = x * x
        z = y + y
        (z + z).backward()
        assert x.grad.item() == 24


class TestDeepGraphs:
    """Long chains, diamonds and wide reductions: linear time and no recursion."""

    @staticmethod
    def chain(n: int) -> tuple[Tensor, Tensor]:
        x = y = leaf(1.0)
        for _ in range(n):
            y = y + 1.0
        return x, y

    @staticmethod
    def ladder(n: int) -> tuple[Tensor, Tensor]:
        x = y = leaf(1.0)
        for _ in range(n):
            y = y * 0.5 + y * 0.5
        return x, y

    def test_a_chain(self, size):
        n = size(50_000, 1_000_000)
        x, y = self.chain(n)
        y.backward()
        assert x.grad.item() == 1
        _, kept = self.chain(n)
        assert len(ag.tape(kept)) == n
        del kept  # freed without recursion, though no pass took it apart

    def test_a_ladder(self):
        x, y = self.ladder(10_000)  # 2 ** 10_000 paths
        y.backward()
        assert x.grad.item() == 1

    def test_a_list_of_tensors(self, size):
        n = size(20_000, 100_000)
        x = leaf([1.0, 2.0])
        np.stack([x * float(k) for k in range(n)]).sum().backward()
        assert x.grad.tolist() == [n * (n - 1) / 2] * 2

    def test_drawing(self, size):
        for z in (self.chain(size(5_000, 200_000))[1], self.ladder(size(1_000, 10_000))[1]):
            assert "<svg" in ag.draw(z).svg

    def test_twice_the_length_takes_no_four_times_as_long(self, size):
        n = size(5_000, 100_000)

        def seconds(n: int) -> float:
            best = np.inf
            for _ in range(3):
                _, y = self.ladder(n)
                start = time.process_time()
                y.backward()
                best = min(best, time.process_time() - start)
            return best

        assert seconds(4 * n) < 10 * seconds(n)


class TestMemory:
    """Training stays flat with the garbage collector off, also through errors and interruptions."""

    def test_flat(self, size):
        rng = np.random.default_rng(0)
        x = rng.normal(size=(16, 8)).astype("float32")
        y = x.sum(axis=1, keepdims=True)
        model = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))
        optimizer = nn.optim.Adam(model.parameters(), lr=1e-3)

        def step(k: int) -> None:
            optimizer.zero_grad()
            prediction = model(x)
            if k % 10 == 9:
                raise KeyboardInterrupt  # in the middle of a forward
            loss = F.mse_loss(prediction, y)
            if k % 10 == 8:
                loss.backward(np.ones(3))  # an error
            loss.backward()
            optimizer.step()

        def run(steps: int) -> None:
            for k in range(steps):
                with contextlib.suppress(ValueError, KeyboardInterrupt):
                    step(k)

        gc.collect()
        gc.disable()
        try:
            run(size(300, 2_500))  # Python keeps freed tuples for reuse
            objects = len(gc.get_objects())
            tracemalloc.start()
            step(0)
            before = tracemalloc.get_traced_memory()[0]
            run(size(300, 10_000))
            grown = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
            gc.enable()
        assert abs(len(gc.get_objects()) - objects) < size(500, 50)
        assert grown < size(100_000, 20_000), f"{grown} bytes"


def trained(seed: int, steps: int) -> list[bytes]:
    """A small model: initial values, shuffling and dropout all drawn after `nn.seed(seed)`."""
    nn.seed(seed)
    examples = np.random.default_rng(seed).normal(size=(24, 4)).astype("float32")
    data = nn.data.DataLoader(
        nn.data.TensorDataset(examples, examples.sum(1, keepdims=True)), 8, shuffle=True
    )
    model = nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 1)
    )
    optimizer = nn.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(steps):
        for x, y in data:
            optimizer.zero_grad()
            F.mse_loss(model(x), y).backward()
            optimizer.step()
    return [value.tobytes() for value in model.state_dict().values()]


class TestThreads:
    """What threads and tasks do is independent of one another."""

    def test_eight_threads_train_what_they_would_train_alone(self, size):
        steps = size(6, 200)
        alone = [trained(seed, steps) for seed in range(8)]
        assert len({tuple(state) for state in alone}) == 8
        with ThreadPoolExecutor(8) as pool:  # (each thread may run several, one after the other)
            together = list(pool.map(trained, range(8), [steps] * 8))
        assert together == alone

    def test_eight_threads_that_start_at_once(self, size):
        steps, barrier = size(6, 200), threading.Barrier(8)
        alone = [trained(seed, steps) for seed in range(8)]
        together: dict[int, list[bytes]] = {}

        def work(seed: int) -> None:
            barrier.wait()
            together[seed] = trained(seed, steps)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [together[seed] for seed in range(8)] == alone

    def test_a_thread_that_seeds_leaves_the_program_its_numbers(self):
        nn.seed(1)
        expected = nn.random.generator.random(4).tolist()
        nn.seed(1)
        drawn = nn.random.generator.random(2).tolist()
        theirs: list[float] = []

        def work() -> None:
            nn.seed(2)
            theirs.extend(nn.random.generator.random(3))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert drawn + nn.random.generator.random(2).tolist() == expected
        nn.seed(2)
        assert nn.random.generator.random(3).tolist() == theirs

    def test_a_thread_that_does_not_seed_draws_from_the_programs_numbers(self):
        nn.seed(3)
        expected = nn.random.generator.random()
        nn.seed(3)
        drawn: list[float] = []
        thread = threading.Thread(target=lambda: drawn.append(nn.random.generator.random()))
        thread.start()
        thread.join()
        assert drawn == [expected]

    def test_prefetching_in_a_seeded_thread_changes_nothing(self):
        def batches(prefetch: int) -> list[Any]:
            nn.seed(4)
            data = nn.data.TensorDataset(np.arange(12.0))
            loader = nn.data.DataLoader(data, 4, shuffle=True, prefetch=prefetch)
            return [x.tolist() for (x,) in loader]

        with ThreadPoolExecutor(2) as pool:
            assert pool.submit(batches, 2).result() == pool.submit(batches, 0).result()

    def test_no_grad_in_one_thread_beside_another_that_records(self):
        inside, recorded = threading.Event(), threading.Event()

        def quiet() -> bool:
            with ag.no_grad():
                inside.set()
                assert recorded.wait(10)
                return (leaf(1.0) * 2).requires_grad

        def loud() -> float:
            assert inside.wait(10)
            x = leaf(3.0)
            (x * x).backward()
            recorded.set()
            return x.grad.item()

        with ThreadPoolExecutor(2) as pool:
            one, other = pool.submit(quiet), pool.submit(loud)
            assert (one.result(), other.result()) == (False, 6.0)

    def test_tasks(self):
        async def quiet() -> bool:
            with ag.no_grad():
                await asyncio.sleep(0.002)
                return (leaf(1.0) * 2).requires_grad

        async def loud() -> float:
            x = leaf(3.0)
            y = x * x
            await asyncio.sleep(0.001)  # while the other is inside no_grad
            (y * y).backward()
            return x.grad.item()

        async def both() -> list[Any]:
            return await asyncio.gather(*(task() for task in (quiet, loud) * 4))

        assert asyncio.run(both()) == [False, 108.0] * 4


class TestErrorsInTheMiddle:
    """An exception leaves recording, leaves and their gradients as they were."""

    # lead: inside a hook

    def test_inside_no_grad(self):
        for switch, within in ((ag.no_grad, False), (ag.enable_grad, True)):
            with contextlib.suppress(ZeroDivisionError), switch(), switch():
                assert ag.is_recording() is within
                _ = 1 / 0
            assert ag.is_recording()
        with ag.no_grad():
            with contextlib.suppress(ValueError), ag.enable_grad():
                np.ones(2) @ leaf(np.ones(3))
            assert not ag.is_recording()

    def test_inside_a_decorated_function(self):
        @ag.no_grad()
        def broken() -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            broken()
        assert ag.is_recording()

    @pytest.mark.parametrize("create_graph", [False, True])
    def test_inside_a_rule(self, create_graph):
        faults = [1]

        def rule(g: Any) -> Any:
            if faults:
                raise ZeroDivisionError(faults.pop())
            return g * 3

        fragile = ag.primitive(lambda x: x * 3.0, name="fragile", x=rule)
        x, y = leaf(1.0), leaf(1.0)
        y.grad = 5.0
        loss = fragile(x) + y * 2
        with pytest.raises(ZeroDivisionError):
            loss.backward(create_graph=create_graph)
        assert x.grad is None
        assert y.grad.item() == 5
        assert ag.is_recording()
        again = fragile(x) + y * 2
        again.backward()
        assert (x.grad.item(), y.grad.item()) == (3, 7)

    def test_inside_an_operation(self):
        x = leaf(np.ones((2, 3)))
        y = x * 2
        with pytest.raises(ValueError, match="matmul"):
            y @ y
        with pytest.raises(ValueError, match="add"):
            y += np.ones((5, 3))
        y.sum().backward()
        assert x.grad.tolist() == [[2, 2, 2], [2, 2, 2]]

    def test_inside_a_tape(self):
        with pytest.raises(ZeroDivisionError), ag.Tape():
            _ = 1 / 0
        with ag.Tape() as tape:
            leaf(1.0) * 2
        assert len(tape) == 1


class TestAccidentalOuterDifference:
    """(n, 1) against (n,) in a loss is refused, and elsewhere flagged by the explorer."""

    PAIRS = (
        "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy",
        "binary_cross_entropy_with_logits", "kl_div", "poisson_nll_loss", "soft_margin_loss",
        "hinge_embedding_loss",
    )  # fmt: skip

    @pytest.mark.parametrize("name", PAIRS)
    @pytest.mark.parametrize("shapes", [((4, 1), (4,)), ((4,), (4, 1))])
    def test_losses(self, name, shapes):
        x, y = leaf(np.full(shapes[0], 0.5)), np.ones(shapes[1])
        with pytest.raises(ValueError, match=r"\(4, 1\).*\(4,\)|\(4,\).*\(4, 1\)"):
            getattr(F, name)(x, y)

    def test_the_explorer(self):
        with ag.Tape() as tape:
            difference = leaf(np.ones((4, 1))) - np.ones(4)
            (difference**2).mean().backward()
        found, _ = tape.broadcasts()  # one for each of the two
        assert (found.shape, found.to, found.axes) == ((4, 1), (4, 4), (1,))
        assert "gives (4, 4)" in found.surprise


# ------------------------------------------------------------------ what may be handed in


def _masked() -> Any:
    return np.ma.masked_array([1.0, 2.0, 3.0], [True, False, False])


def _objects() -> Any:
    return np.array([1.0, 2.0, 3.0], object)


def _strings() -> Any:
    return np.array(["1", "2", "3"])


def _frozen() -> Any:
    a = np.array([1.0, 2.0, 3.0])
    a.flags.writeable = False
    return a


def _reversed() -> Any:
    return np.array([3.0, 9.0, 2.0, 9.0, 1.0])[::-2]


def _big_endian() -> Any:
    return np.array([1.0, 2.0, 3.0], ">f8")


@pytest.fixture
def _mapped(tmp_path):
    mapped: Any = np.memmap(tmp_path / "a", "float64", "w+", shape=(3,))
    mapped[:] = [1, 2, 3]
    return lambda: mapped


# What each gives: as values of a leaf, and as a constant beside one.
RIGHT: dict[str, Callable[[], Any]] = {
    "integers": lambda: np.array([1, 2, 3]),
    "small integers": lambda: np.array([1, 2, 3], "int8"),
    "booleans": lambda: np.array([True, False, True]),
    "list": lambda: [1.0, 2.0, 3.0],
    "0-d": lambda: np.array(2.0),
    "empty": lambda: np.zeros((0, 3)),
    "not contiguous": _reversed,
    "Fortran order": lambda: np.asfortranarray(np.arange(6.0).reshape(2, 3) + 1),
    "big-endian": _big_endian,
    "read-only": _frozen,
    "memory-mapped": lambda: None,
}
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "objects": (_objects, "Python objects"),
    "strings": (_strings, "text"),
    "masked": (_masked, r"lose its mask.*a\.filled\(0\)"),
}

# Ways to meet a constant a beside a Tensor x of its shape; the gradient for x, in NumPy.
MEETINGS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Array, Array], Array]]] = {
    "x * a": (lambda x, a: x * a, lambda x, a: np.ones_like(x) * a),
    "np.multiply(a, x)": (np.multiply, lambda x, a: np.ones_like(x) * a),
    "np.multiply(x, a)": (lambda x, a: np.multiply(a, x), lambda x, a: np.ones_like(x) * a),
    "a - x": (lambda x, a: np.subtract(a, x), lambda x, a: -np.ones_like(x)),
    "x / (a + 1)": (lambda x, a: x / np.add(a, 1), lambda x, a: 1 / (a + np.ones_like(x))),
    "np.where": (lambda x, a: np.where(x < 0, a, x), lambda x, a: np.ones_like(x)),
    "np.stack": (lambda x, a: np.stack([a, x])[1] * a, lambda x, a: np.ones_like(x) * a),
    "np.einsum": (lambda x, a: np.einsum("...,...->...", a, x), lambda x, a: np.ones_like(x) * a),
    "np.maximum": (lambda x, a: np.maximum(x + 10, a), lambda x, a: np.ones_like(x)),
}


class TestKindsOfArrays:
    """Integers, lists, odd layouts and foreign memory are right; what has no theory is refused."""

    @pytest.fixture
    def made(self, kind, _mapped):
        return _mapped() if kind == "memory-mapped" else RIGHT[kind]()

    @pytest.mark.parametrize("kind", [k for k in RIGHT if k not in ("integers", "booleans")])
    def test_as_a_leaf(self, kind, made):
        x = leaf(made, dtype=float if kind == "small integers" else None)
        assert x.dtype == np.float64
        assert x.dtype.isnative
        before = np.array(made, float)
        (x * x * x).sum().backward()
        assert x.grad.dtype == np.float64
        assert x.grad.shape == x.shape == np.shape(made)
        np.testing.assert_array_equal(x.grad.numpy(), 3 * before**2)
        x.data -= 1  # its own memory, which is writable
        np.testing.assert_array_equal(made, before)

    @pytest.mark.parametrize("kind", ["integers", "small integers", "booleans"])
    def test_integers_and_booleans_have_no_gradient(self, kind, made):
        with pytest.raises(TypeError, match=r"only floating-point values can.*dtype=float"):
            leaf(made)
        with pytest.raises(TypeError, match="only floating-point"):
            leaf([1, 2])
        assert leaf(made, dtype=float).dtype == np.float64
        constant = Tensor(made)
        assert (constant.dtype, constant.requires_grad) == (made.dtype, False)

    @pytest.mark.parametrize("kind", RIGHT)
    @pytest.mark.parametrize("meeting", MEETINGS)
    def test_as_an_operand(self, kind, meeting, made):
        f, slope = MEETINGS[meeting]
        values = np.asarray(made, float)
        x = leaf(np.full(values.shape, 0.5))
        z = f(x, made)
        z.sum().backward()
        np.testing.assert_allclose(z.numpy(), f(x.numpy(), values))
        np.testing.assert_allclose(x.grad.numpy(), slope(x.numpy(), values))
        assert x.grad.dtype == np.float64

    @pytest.mark.parametrize("kind", [k for k in RIGHT if k not in ("booleans", "list")])
    def test_as_the_argument_of_grad(self, kind, made):
        slope = ag.grad(lambda x: (x**3).sum())(made)
        assert slope.dtype == np.float64
        np.testing.assert_array_equal(slope, 3 * np.asarray(made, float) ** 2)

    def test_a_list_is_a_container_for_grad_and_booleans_are_refused(self):
        assert ag.grad(lambda xs: xs[0] * xs[1] ** 2)([1.0, 2.0]) == [4, 4]
        with pytest.raises(TypeError, match=r"bool.*astype\(float\)"):
            ag.grad(lambda x: (x * 2.0).sum())(np.array([True, False]))

    @pytest.mark.parametrize("kind", REFUSED)
    def test_refused_as_values(self, kind):
        make, words = REFUSED[kind]
        for build in (Tensor, leaf, ag.tensor):
            with pytest.raises(TypeError, match=words):
                build(make())

    @pytest.mark.parametrize("kind", REFUSED)
    @pytest.mark.parametrize("meeting", [m for m in MEETINGS if m != "x / (a + 1)"])
    def test_refused_as_an_operand(self, kind, meeting):
        make, words = REFUSED[kind]
        with pytest.raises(TypeError, match=words):
            MEETINGS[meeting][0](leaf([1.0, 2.0, 3.0]), make())

    @pytest.mark.parametrize("kind", REFUSED)
    def test_refused_as_the_argument_of_grad(self, kind):
        make, words = REFUSED[kind]
        with pytest.raises(TypeError, match=f"{words}|numbers, arrays"):
            ag.grad(lambda x: ag.sum(x * x))(make())

    @pytest.mark.parametrize("operator", ["__mul__", "__add__", "__sub__", "__pow__", "__imul__"])
    def test_a_masked_array_before_the_operator(self, operator):
        with pytest.raises(TypeError, match=r"mask|lose it"):
            getattr(_masked(), operator)(leaf([1.0, 2.0, 3.0]))

    @pytest.mark.parametrize(
        "call",
        [
            lambda x, m: F.mse_loss(x, m),
            lambda x, m: F.cross_entropy(x.reshape(1, 3), m[2:].astype(int)),
            lambda x, m: F.embedding(m.astype(int) - 1, x.reshape(3, 1)),
            lambda x, m: F.linear(m, x.reshape(1, 3)),
            lambda x, m: nn.Linear(3, 1)(m.astype("float32")),
            lambda x, m: nn.data.TensorDataset(m),
        ],
    )
    def test_masked_in_nn(self, call):
        with pytest.raises(TypeError, match="mask would be lost"):
            call(leaf([1.0, 2.0, 3.0]), _masked())


class TestComplex:
    """Complex numbers are refused wherever they come from."""

    Z = np.array([1 + 2j, 3.0])

    @pytest.mark.parametrize("meeting", MEETINGS)
    def test_as_an_operand(self, meeting):
        with pytest.raises(TypeError, match="complex numbers"):
            MEETINGS[meeting][0](leaf([1.0, 2.0]), self.Z)

    def test_everywhere_else(self):
        x = leaf([1.0, 2.0])
        for call in (
            lambda: Tensor(self.Z),
            lambda: leaf(self.Z, dtype=float),
            lambda: leaf([1j]),
            lambda: x * 1j,
            lambda: 1j - x,
            lambda: ag.grad(lambda z: np.linalg.norm(z))(self.Z),
            lambda: ag.gradients(x * x, x, self.Z),
            lambda: np.linalg.eigvals(leaf([[0.0, -1.0], [1.0, 0.0]])),
            lambda: F.mse_loss(x, self.Z),
        ):
            with pytest.raises((TypeError, ValueError, GradientError), match="complex"):
                call()


class TestPrecision:
    """float32 in gives float32 back, forward and backward; so do float16 and float64."""

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    @pytest.mark.parametrize(
        "f",
        [
            np.mean,
            np.max,
            np.std,
            np.linalg.norm,
            lambda x: np.sum(x * 2.5 + 1),
            lambda x: np.where(x > 1, x, 0.0).sum(),
            lambda x: np.median(x),
            lambda x: ag.logsumexp(x),
            lambda x: F.softplus(x).sum(),
            lambda x: F.cross_entropy(x, np.array([0, 1])),
            lambda x: F.layer_norm(x, (2,)).sum(),
            lambda x: x[0, 0] / 3 + x[1].sum() ** 0.5,
        ],
    )
    def test_kept(self, f, dtype):
        x = leaf(np.array([[1.0, 2.0], [3.0, 4.5]], dtype))
        if f is np.linalg.norm and dtype == "float16":
            x = leaf(np.array([1.0, 2.0], dtype))
        z = f(x)
        z.backward()
        assert z.dtype == x.grad.dtype == np.dtype(dtype)

    def test_a_mixture_gives_each_its_own(self):
        x, y = leaf(np.ones(2, "float32")), leaf(np.ones(2))
        z = x * y
        z.sum().backward()
        assert (z.dtype, x.grad.dtype, y.grad.dtype) == (np.float64, np.float32, np.float64)


class TestGradOfAResult:
    """`.grad` of what an operation made says why there is none and what to call."""

    def test_says(self):
        x = leaf([1.0, 2.0])
        y = x * 2
        y.sum().backward()
        with pytest.raises(GradientError, match=r"`multiply`; call retain_grad\(\).*gradients"):
            _ = y.grad
        assert Tensor([1.0]).grad is None

    def test_retain_grad(self):
        y = leaf([1.0, 2.0]) * 2
        y.retain_grad()
        (y * y).sum().backward()
        assert y.grad.tolist() == [4, 8]


class TestExtremeLogits:
    """Logits of ±1e4, masks of -inf and empty axes give finite, right numbers or an error."""

    HUGE = np.array([1e4, -1e4, 0.0])

    def test_cross_entropy(self):
        x = leaf(self.HUGE.reshape(1, 3))
        loss = F.cross_entropy(x, np.array([1]))
        loss.backward()
        assert loss.item() == 2e4
        assert x.grad.tolist() == [[1, -1, 0]]

    def test_binary_cross_entropy(self):
        x = leaf(self.HUGE)
        loss = F.binary_cross_entropy_with_logits(x, np.array([0.0, 1.0, 0.0]), reduction="sum")
        loss.backward()
        assert loss.item() == 2e4 + np.log(2)
        assert x.grad.tolist() == [1, -1, 0.5]

    def test_sigmoid_and_softplus(self):
        assert gradient(ag.sigmoid, self.HUGE).tolist() == [0, 0, 0.25]
        assert gradient(F.softplus, self.HUGE).tolist() == [1, 0, 0.5]
        assert gradient(F.logsigmoid, self.HUGE).tolist() == [0, 1, 0.5]

    def test_masks_of_minus_infinity(self):
        x = [0.0, -np.inf, 0.0]
        assert gradient(lambda x: ag.log_softmax(x, axis=0)[0], x).tolist() == [0.5, 0, -0.5]
        assert gradient(lambda x: ag.softmax(x, axis=0)[0], x).tolist() == [0.25, 0, -0.25]
        all_masked = gradient(lambda x: ag.softmax(x, axis=0), [-np.inf, -np.inf])
        assert np.isfinite(all_masked).all()

    def test_an_empty_axis(self):
        x = leaf(np.zeros((2, 0)))
        ag.softmax(x, axis=1).sum().backward()
        assert x.grad.shape == (2, 0)
        with pytest.raises(ValueError, match=r"max|empty|zero-size"):
            np.max(x, axis=1)


class TestMissingElsewhere:
    """sort, median, percentile, cumprod, take, flip, diff, interp, unwrap and traces have rules."""

    X = np.array([3.0, 1.0, 7.0, 4.5])

    @pytest.mark.parametrize(
        "f",
        [
            lambda x: np.sort(x) * [1.0, 2.0, 3.0, 4.0],
            lambda x: np.median(x) ** 2,
            lambda x: np.percentile(x, 30) ** 2,
            lambda x: np.percentile(x, [10, 75]) ** 2,
            np.cumprod,
            lambda x: np.cumprod(x - 3.0 * (np.arange(4) == 0)),  # the first is 0
            lambda x: np.take(x, [0, 0, 2]) ** 2,
            lambda x: np.flip(x) * x**2,
            lambda x: np.diff(x) ** 2,
            lambda x: np.diff(x, n=2) ** 3,
            lambda x: np.interp([1.5, 4.0], [0.0, 2.0, 3.0, 5.0], x) ** 2,
            lambda x: np.interp(x / 2, [0.0, 2.1, 3.0, 5.0], [1.0, 5.0, 2.0, 2.5]),
            lambda x: np.unwrap(x) ** 2,
        ],
    )
    def test_by_differences(self, f):
        agree(f, self.X)

    def test_by_hand(self):
        assert gradient(lambda x: np.sort(x)[0], self.X).tolist() == [0, 1, 0, 0]
        assert gradient(np.median, self.X).tolist() == [0.5, 0, 0, 0.5]
        square = np.arange(4.0).reshape(2, 2)
        assert gradient(lambda x: np.einsum("ii->", x), square).tolist() == [[1, 0], [0, 1]]
        agree(lambda x: np.einsum("ii->i", x) ** 2, square)


class TestEqualEigenvalues:
    """Equal eigenvalues: vectors are refused; what doesn't depend on their choice is right."""

    SPD = np.diag([2.0, 2.0, 5.0])

    def test_vectors_are_refused(self):
        for f in (
            lambda a: np.linalg.eigh(a)[1][0].sum(),
            lambda a: np.linalg.svd(a)[0][0].sum(),
        ):
            with pytest.raises(GradientError, match=r"equal.*eigvalsh.*inv, pinv"):
                gradient(f, self.SPD)

    @pytest.mark.parametrize(
        "f",
        [
            lambda a: np.linalg.inv(a),
            lambda a: np.linalg.det(a),
            lambda a: np.linalg.pinv(a),
            lambda a: np.linalg.norm(a, "nuc"),
            lambda a: np.linalg.eigvalsh(a @ a.T),
            lambda a: np.linalg.svd(a, compute_uv=False),
            lambda a: np.linalg.slogdet(a)[1],
        ],
    )
    def test_functions_of_the_matrix_are_right(self, f):
        agree(f, self.SPD)

    def test_no_infinity_comes_out_in_silence(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for f in (np.linalg.eigvalsh, lambda a: np.linalg.svd(a, compute_uv=False)):
                assert np.isfinite(gradient(f, np.eye(3))).all()
