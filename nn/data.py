"""Data sets, and how they are cut into batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import copy_context
from queue import Empty, Full, Queue
from threading import Event, Thread, current_thread
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import numpy as np

from autograd import Tensor
from nn import random
from nn.functional.checks import described, integers

__all__ = [
    "DataLoader",
    "Dataset",
    "Subset",
    "TensorDataset",
    "default_collate",
    "digits",
    "random_split",
]

T = TypeVar("T")
Array = np.ndarray[Any, np.dtype[Any]]


class Dataset(Protocol):
    """What a data set is: anything with a length whose items are found by ``0 ... length - 1``."""

    def __len__(self) -> int:
        """The number of examples."""

    def __getitem__(self, index: Any, /) -> Any:
        """The example of that number, such as a tuple of an image and its label."""


class TensorDataset:
    """Arrays or Tensors whose first axes go together: an example is a tuple of what each has there.

    Raises ValueError for none, or lengths that differ.

    >>> dataset = TensorDataset(np.zeros((5, 3)), np.arange(5))
    >>> len(dataset)
    5
    >>> dataset[4][1]
    np.int64(4)
    """

    def __init__(self, *tensors: Any) -> None:
        self.tensors = tuple(map(_array, tensors))
        if len({t.shape[:1] for t in self.tensors} - {()}) != 1 or not all(
            t.ndim for t in self.tensors
        ):
            shapes = " and ".join(f"shape {t.shape}" for t in self.tensors) or "nothing"
            raise ValueError(
                f"TensorDataset: received {shapes}; give arrays whose first axes have the same "
                "length, as TensorDataset(images, labels)."
            )

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(t[index] for t in self.tensors)


def _array(t: Any) -> Any:
    if isinstance(t, np.ma.MaskedArray):
        raise TypeError(
            "TensorDataset: received a masked array, whose mask would be lost; fill it "
            "(`a.filled(0)`) and keep the mask as an array."
        )
    try:
        return t if isinstance(t, Tensor) else np.asarray(t)
    except ValueError:
        raise TypeError(
            f"TensorDataset: received {described(t)}, whose shapes differ; give its arrays one by "
            "one, TensorDataset(images, labels)."
        ) from None


class Subset:
    """The examples of `dataset` that have these numbers, in this order.

    Raises IndexError for a number that `dataset` does not have, TypeError for what are none.

    >>> Subset([10, 20, 30], [2, 0])[0]
    30
    """

    def __init__(self, dataset: Dataset, indices: Sequence[int] | Array) -> None:
        chosen = np.asarray(indices)
        if chosen.ndim != 1 or (chosen.dtype.kind not in "iu" and chosen.size):
            raise TypeError(
                f"Subset: indices must be a list of integers, received {described(chosen)}."
            )
        n = len(dataset)
        if chosen.size and not -n <= chosen.min() <= chosen.max() < n:
            raise IndexError(
                f"Subset: indices must be from {-n} to {n - 1} for {n} examples, received "
                f"{chosen.min()} to {chosen.max()}."
            )
        self.dataset = dataset
        self.indices = chosen.astype(np.intp, copy=False)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Any:
        chosen = self.indices[index]
        return self.dataset[chosen if np.ndim(chosen) else int(chosen)]


def random_split(
    dataset: Dataset, lengths: Sequence[float], generator: np.random.Generator | None = None
) -> list[Subset]:
    """Cut `dataset` into subsets of random examples that have no example in common.

    `lengths` are numbers of examples that add up to all of them, or fractions that add up to 1:
    each is rounded down, and what is left over goes to the first ones, one each.
    `generator` is ``nn.random.generator`` by default.

    Raises ValueError for lengths that don't add up, or are negative.

    >>> [len(part) for part in random_split(range(11), [0.8, 0.2])]
    [9, 2]
    """
    n = len(dataset)
    if not np.iterable(lengths):
        raise TypeError(
            f"random_split: lengths must be a list, such as [0.8, 0.2], received "
            f"{described(lengths)}."
        )
    sizes = list(lengths)
    if math.isclose(sum(sizes), 1) and all(0 <= size <= 1 for size in sizes):
        sizes = [math.floor(n * fraction) for fraction in sizes]
        for i in range(int(n - sum(sizes))):
            sizes[i % len(sizes)] += 1
    if sum(sizes) != n or any(size < 0 or size != int(size) for size in sizes):
        raise ValueError(
            f"random_split: received lengths {list(lengths)} for {n} examples; give integers that "
            f"add up to {n}, or fractions that add up to 1."
        )
    order = (random.generator if generator is None else generator).permutation(n)
    ends = np.cumsum(sizes, dtype=int)
    return [Subset(dataset, order[end - size : end]) for size, end in zip(map(int, sizes), ends)]


def default_collate(examples: Sequence[Any]) -> Any:
    """A batch of examples: their arrays stacked, in containers like those they were in.

    Arrays, Tensors and numbers become a Tensor with one more axis in front; tuples and lists a
    list of batches, named tuples and dicts the same with batches inside; text a list.

    Raises ValueError for shapes, lengths or keys that differ, TypeError for anything else.

    >>> default_collate([(0.5, 7, "a"), (1.5, 8, "b")])
    [Tensor([0.5, 1.5], dtype=float64), Tensor([7, 8], dtype=int64), ['a', 'b']]
    """
    if not examples:
        raise ValueError("default_collate: received no examples; give at least one.")
    first = examples[0]
    if isinstance(first, (Tensor, np.ndarray, np.generic, bool, int, float)):
        stacked: Any = np.stack(_alike(examples, np.shape, "shapes"))
        if stacked.dtype.kind in "fiub":
            return stacked if isinstance(stacked, Tensor) else Tensor(stacked, copy=False)
    if isinstance(first, (str, bytes)):
        return list(examples)
    if isinstance(first, Mapping):
        _alike(examples, lambda example: set(example), "keys")
        return {key: default_collate([example[key] for example in examples]) for key in first}
    if isinstance(first, (tuple, list)):
        _alike(examples, len, "lengths")
        parts = [default_collate(part) for part in zip(*examples)]
        return type(first)(*parts) if hasattr(first, "_fields") else parts
    raise TypeError(
        f"default_collate: can't make a batch of examples such as {described(first)}; give the "
        "DataLoader a collate_fn that can."
    )


def _alike(examples: Sequence[T], what: Callable[[T], Any], name: str) -> Sequence[T]:
    """The examples, if they all have the same of that."""
    first = what(examples[0])
    for example in examples:
        if what(example) != first:
            raise ValueError(
                f"default_collate: received examples of different {name}, {first} and "
                f"{what(example)}; make them alike, or give the DataLoader a collate_fn."
            )
    return examples


# What PyTorch's DataLoader takes and this does not -> what to write here.
_SPELLINGS = {
    "num_workers": "leave it out, or give prefetch=2 for a thread that makes batches ahead",
    "pin_memory": "leave it out, arrays are in one kind of memory",
    "sampler": "give DataLoader(Subset(dataset, indices)) for an order of your own",
    "batch_sampler": "give DataLoader(Subset(dataset, indices)) for an order of your own",
    "generator": "call nn.seed, shuffling draws from nn.random.generator",
    "prefetch_factor": "it is called prefetch here",
    "persistent_workers": "leave it out",
}


class DataLoader:
    """The examples of a data set in batches, anew each time it is iterated over.

    The order of `shuffle` is drawn from ``nn.random.generator`` when an iteration begins, so it
    does not depend on what is drawn in between.

    Parameters
    ----------
    dataset
        Anything with ``len(dataset)`` and ``dataset[i]``. (From the arrays of a `TensorDataset`,
        also through a `Subset`, a batch is taken at once.)
    batch_size
        The number of examples in a batch. The last one may have fewer; `drop_last` leaves that
        one out.
    collate_fn
        What makes a batch of a list of examples: `default_collate`, unless given.
    prefetch
        How many batches a thread prepares ahead; 0: there is none. `dataset` and `collate_fn` are
        then called in that thread, where they should draw random numbers from a generator of
        their own.

    Raises TypeError for what is no data set, ValueError for a batch size below 1 or a negative
    `prefetch`. What the thread raises is raised where its batch would have come.

    >>> dataset = TensorDataset(np.arange(5.0), np.arange(5) % 2)
    >>> for x, y in DataLoader(dataset, batch_size=2):
    ...     print(x, y)
    Tensor([0., 1.], dtype=float64) Tensor([0, 1], dtype=int64)
    Tensor([2., 3.], dtype=float64) Tensor([0, 1], dtype=int64)
    Tensor([4.], dtype=float64) Tensor([0], dtype=int64)
    """

    if not TYPE_CHECKING:  # a checker finds them by itself

        def __new__(cls, *args: Any, **settings: Any) -> Self:
            """Refuse what PyTorch's takes and this does not, with what to write here."""
            for name in settings:
                if name in _SPELLINGS:
                    raise TypeError(f"DataLoader: there is no {name}; {_SPELLINGS[name]}.")
            return super().__new__(cls)

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        drop_last: bool = False,
        prefetch: int = 0,
    ) -> None:
        if isinstance(dataset, tuple) or np.ndim(batch_size):
            raise TypeError(
                "DataLoader: received several arrays in place of a data set; give "
                "DataLoader(TensorDataset(images, labels))."
            )
        if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
            raise TypeError(
                f"DataLoader: received {described(dataset)}, which has no length or no items; give "
                "a data set such as TensorDataset(images, labels)."
            )
        integers("DataLoader", 1, batch_size=batch_size)
        integers("DataLoader", 0, prefetch=prefetch)
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.prefetch = prefetch

    def __len__(self) -> int:
        whole, rest = divmod(len(self.dataset), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        n = len(self.dataset)
        order = random.generator.permutation(n) if self.shuffle else np.arange(n)
        size = self.batch_size
        batches = (self._batch(order[i * size : (i + 1) * size]) for i in range(len(self)))
        return _ahead(batches, self.prefetch) if self.prefetch else batches

    def _batch(self, indices: Array) -> Any:
        if self.collate_fn is not None:
            return self.collate_fn([self.dataset[int(i)] for i in indices])
        at_once = _gather(self.dataset, indices)
        if at_once is None:
            return default_collate([self.dataset[int(i)] for i in indices])
        return [t if isinstance(t, Tensor) else Tensor(t, copy=False) for t in at_once]


def _gather(dataset: Any, indices: Array) -> tuple[Any, ...] | None:
    """All the examples of a `TensorDataset` at once; None of any other."""
    kind = type(dataset)  # a subclass may have an idea of its own of what an example is
    if kind is Subset:
        return _gather(dataset.dataset, dataset.indices[indices])
    if kind is TensorDataset and all(t.dtype.kind in "fiub" for t in dataset.tensors):
        examples: tuple[Any, ...] = dataset[indices]
        return examples
    return None


def _ahead(items: Iterator[T], number: int) -> Iterator[T]:
    """The same items, up to `number` of them prepared by a thread that ends with the iteration."""
    queue: Queue[tuple[str, Any]] = Queue(number)
    stop = Event()

    def put(kind: str, value: Any) -> bool:
        while not stop.is_set():
            try:
                queue.put((kind, value), timeout=0.1)
                return True
            except Full:
                pass
        return False

    def work() -> None:
        try:
            for item in items:
                if not put("item", item):
                    return
            put("end", None)
        except BaseException as error:
            put("error", error)

    # In a copy of the context: no_grad() and numpy.errstate() hold there as they do here.
    thread = Thread(target=copy_context().run, args=(work,), name="nn.data", daemon=True)
    thread.start()
    try:
        while True:
            kind, value = queue.get()
            if kind == "end":
                return
            if kind == "error":
                raise value
            yield value
    finally:
        stop.set()
        try:  # make room, so that a thread that waits for some sees at once that it is over
            while True:
                queue.get_nowait()
        except Empty:
            if thread is not current_thread():  # where the garbage collector may have run this
                thread.join()


def digits() -> TensorDataset:
    """The 1,797 handwritten digits that come with scikit-learn, as a `TensorDataset`.

    Shapes: images (1797, 1, 8, 8), float32 from 0 (paper) to 1 (ink); labels (1797,), int64.

    Raises ImportError if there is no scikit-learn.

    >>> images, labels = digits().tensors
    >>> images.shape, images.dtype, labels.shape
    ((1797, 1, 8, 8), dtype('float32'), (1797,))
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "digits: the pictures come with scikit-learn, which is not installed; "
            "pip install scikit-learn.",
            name=error.name,
        ) from None
    pixels, labels = load_digits(return_X_y=True)
    images = (pixels / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    return TensorDataset(images, labels.astype(np.int64))
