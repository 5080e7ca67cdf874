"""Training: the loop that goes over the data, and what it measured."""

from __future__ import annotations

import math
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from html import escape
from typing import Any, Self

import numpy as np

import autograd as ag
from autograd import Tensor
from nn.data import Subset, TensorDataset
from nn.functional.checks import described, integers, number, printable
from nn.module import Module
from nn.optim import Optimizer
from nn.optim.lr_scheduler import ReduceLROnPlateau
from nn.serialization import FileError, PathLike, load_checkpoint, save_checkpoint
from nn.svg import Picture, curves
from nn.utils import clip_grad_norm_

__all__ = ["History", "accuracy", "evaluate", "fit"]

Metric = Callable[[Any, Any], Any]
Batches = Iterable[Any]


class History(dict[str, list[float]]):
    """What was measured in each epoch: ``{"loss": [...], "val_loss": [...], ...}``.

    As text it is a table, and in a notebook also the picture that `plot` gives.
    ``interrupted`` says whether Ctrl-C ended the training.

    >>> History(loss=[0.5, 0.25], val_loss=[0.75, 0.5])
    epoch   loss  val_loss
        1  0.500     0.750
        2  0.250     0.500
    >>> History(loss=[0.5, 0.25]).plot()
    <Picture of 426 x 310 pixels; .save('picture.svg') writes it>
    """

    interrupted: bool = False

    @property
    def epochs(self) -> int:
        """How many epochs were trained."""
        return max(map(len, self.values()), default=0)

    def plot(self) -> Picture:
        """The learning curves, as an SVG picture with a `save` method."""
        return curves({"": self})

    def __repr__(self) -> str:
        n = self.epochs
        shown = [i for i in range(n) if n <= 20 or i < 5 or i >= n - 10]
        columns = [["epoch", *(str(i + 1) for i in shown)]]
        for name, values in self.items():
            columns.append([printable(name), *_column([values[i] for i in shown])])
        widths = [max(map(len, column)) for column in columns]
        rows = [
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths))
            for row in zip(*columns)
        ]
        if len(shown) < n:
            rows.insert(6, "...".rjust(widths[0]))
        return "\n".join(rows) + ("\n(interrupted)" if self.interrupted else "")

    def _repr_svg_(self) -> str:
        return str(self.plot())

    def _repr_html_(self) -> str:
        table = escape(repr(self))
        return (
            f'{self.plot()._repr_html_()}<details style="font-size:12px">'
            '<summary style="cursor:pointer">'
            f"{self.epochs:,} {'epoch' if self.epochs == 1 else 'epochs'}"
            f"{', interrupted' * self.interrupted}</summary><pre>{table}</pre></details>"
        )


def _column(values: list[float]) -> list[str]:
    """Numbers with three significant digits of the smallest, if that is not too long."""
    sizes = [abs(value) for value in values if value and math.isfinite(value)]
    least = math.floor(math.log10(min(sizes))) if sizes else 0
    if -7 < least < 7:
        return [f"{value:.{max(2 - least, 0)}f}" for value in values]
    return [f"{value:.2e}" for value in values]


def accuracy(prediction: Any, target: Any) -> float:
    r"""How often the largest of the logits is that of the true class.

    .. math:: \frac1N\, \#\{n : \operatorname{argmax}_c x_{nc} = y_n\}

    Shapes: prediction (N, C, ...), target (N, ...).
    Raises ValueError if they don't fit.

    >>> accuracy(np.array([[0.0, 1.0], [3.0, 2.0]]), np.array([1, 1]))
    0.5
    """
    shape = np.shape(prediction)
    if len(shape) < 2 or shape[:1] + shape[2:] != np.shape(target):
        same = len(shape) > 1 and shape == np.shape(target)
        hint = ", of one-hot rows target.argmax(1)" if same else ""
        raise ValueError(
            f"accuracy: received predictions of shape {shape} and targets of shape "
            f"{np.shape(target)}; give logits (N, C) and class indices (N,){hint}."
        )
    return float(np.mean(np.argmax(prediction, axis=1) == np.asarray(target)))


def evaluate(
    model: Module, loss: Callable[[Any, Any], Any], data: Batches, metrics: Iterable[Metric] = ()
) -> dict[str, float]:
    """The mean loss and metrics over `data`: in eval mode, recording nothing.

    `data`, `loss` and `metrics` are as in `fit`. The model is then in the mode it was in before.

    Raises ValueError if `data` is empty.

    >>> import nn
    >>> model = nn.Linear(2, 1)
    >>> list(evaluate(model, nn.MSELoss(), [(np.ones((3, 2), "float32"), np.ones((3, 1)))]))
    ['loss']
    """
    _check_call("evaluate", model, loss, data)
    return _evaluate("evaluate", model, loss, data, _named("evaluate", metrics), lambda: None)


def fit(
    model: Module,
    loss: Callable[[Any, Any], Any],
    data: Batches,
    *,
    optimizer: Optimizer,
    epochs: int,
    validation: Batches | None = None,
    metrics: Iterable[Metric] = (),
    schedule: Any = None,
    schedule_each: str = "epoch",
    patience: int | None = None,
    clip_grad_norm: float | None = None,
    checkpoint: PathLike | None = None,
    resume: bool = False,
    progress: bool = True,
) -> History:
    """Train `model` until it went over `data` that many times; returns what was measured.

    For each batch, the optimizer makes a step along the gradient of
    ``loss(model(*inputs), target)``. Ctrl-C ends the training after the step that it is at, and
    the history says so (a second one does not wait for that). The model is trained in train mode,
    where modules inside that were put in eval mode stay so, and is then in the mode it was in.

    Parameters
    ----------
    data, validation
        What gives ``(*inputs, target)`` in batches each time it is iterated over, such as a
        `DataLoader`. After each epoch, ``validation`` is measured as `evaluate` does.
    loss
        A function or module of prediction and target, with the mean over a batch as its value.
    metrics
        Functions of prediction and target whose values are averaged over the examples, such as
        ``nn.accuracy``; their names are those of the functions.
    schedule, schedule_each
        A schedule of the learning rate, and whether it steps after each "epoch" or each "batch".
    patience
        Stop when the loss (of `validation`, if there is one) has not fallen below its best for
        so many epochs. The model then has the parameters and buffers of the best epoch, also if
        the training ends for another reason.
    clip_grad_norm
        The largest norm that the gradients may have together.
    checkpoint, resume
        A file that keeps the whole state after each epoch. With ``resume=True``, training goes
        on from there if it exists, to bitwise the same end as if it had never stopped.
    progress
        Whether to show a progress bar; it needs tqdm.

    Raises TypeError or ValueError for arguments that can't be, before anything is changed,
    FileError for a checkpoint that is damaged, and ``autograd.AnomalyError`` where the loss of a
    batch or a gradient of it is NaN or infinite, before a step is made with it. (To train inside
    ``with autograd.detect_anomaly():`` tells the cause.)

    >>> import nn
    >>> nn.seed(0)
    >>> x = nn.random.generator.standard_normal((64, 2)).astype("float32")
    >>> y = (x[:, 0] > x[:, 1]).astype(int)
    >>> batches = nn.data.DataLoader(nn.data.TensorDataset(x, y), batch_size=16, shuffle=True)
    >>> model = nn.Linear(2, 2)
    >>> history = nn.fit(
    ...     model,
    ...     nn.CrossEntropyLoss(),
    ...     batches,
    ...     optimizer=nn.optim.SGD(model.parameters(), lr=0.5),
    ...     epochs=10,
    ...     metrics=[nn.accuracy],
    ...     progress=False,
    ... )
    >>> list(history), history["accuracy"][-1] > 0.9
    (['loss', 'accuracy', 'lr'], True)
    """
    _check_call("fit", model, loss, data)
    _check(model, data, validation, optimizer, schedule, checkpoint)
    integers("fit", 1, epochs=epochs, patience=1 if patience is None else patience)
    if schedule_each not in ("epoch", "batch"):
        raise ValueError(
            f"fit: schedule_each must be 'epoch' or 'batch', received {described(schedule_each)}."
        )
    if schedule_each == "batch" and isinstance(schedule, ReduceLROnPlateau):
        raise ValueError("fit: ReduceLROnPlateau goes by epochs; use schedule_each='epoch'.")
    if clip_grad_norm is not None:
        number("fit", "clip_grad_norm", clip_grad_norm, "of at least 0")
    if resume and checkpoint is None:
        raise ValueError("fit: resume=True needs a checkpoint to go on from; give checkpoint=path.")
    measures = _named("fit", metrics)
    watched = "loss" if validation is None else "val_loss"
    names = [prefix + name for prefix in ("", "val_") for name in ("loss", *measures)]
    names = names[: len(names) // (1 if validation is not None else 2)]
    parts = {"model": model, "optimizer": optimizer}
    if schedule is not None:
        parts["schedule"] = schedule
    history, best = History(), None
    if resume and checkpoint is not None and os.path.exists(checkpoint):
        history, best = _resumed(checkpoint, parts, {*names, "lr"})

    def step(inputs: Any, target: Any, check: Callable[[Any], None]) -> tuple[Any, Any]:
        seen: list[tuple[Any, Any]] = []

        def closure() -> Any:
            optimizer.zero_grad()
            prediction = model(*inputs)
            value = loss(prediction, target)
            value.backward()
            if not seen:  # in what follows, a search along a line may go too far and come back
                check(value)
            if clip_grad_norm is not None:
                clip_grad_norm_(
                    [p for group in optimizer.param_groups for p in group["params"]], clip_grad_norm
                )
            seen.append((prediction, value))
            return value

        optimizer.step(closure)
        if schedule is not None and schedule_each == "batch":
            schedule.step()
        return seen[0]

    last = math.nan  # the loss of the batch before
    mode = nullcontext() if model.training else _mode(model, training=True)
    with _Interrupts() as interrupts, mode, _bar(progress, data, history.epochs, epochs) as bar:
        try:
            while history.epochs < epochs and not _waited(history, watched, patience):
                bar.set_description(f"epoch {history.epochs + 1}/{epochs}")
                record = {"lr": float(optimizer.param_groups[0]["lr"])}
                means = _Means("fit", measures)
                for nth, batch in enumerate(data, start=1):
                    interrupts.check()
                    inputs, target = _parts("fit", batch)
                    place = f"epoch {history.epochs + 1}, batch {nth}"
                    check = partial(_check_finite, model, place, last)
                    prediction, value = step(inputs, target, check)
                    last = float(value.item())
                    means.add(prediction, value, target)
                    bar.update()
                record = means.values() | record
                if validation is not None:
                    after = _evaluate("fit", model, loss, validation, measures, interrupts.check)
                    record |= {f"val_{name}": value for name, value in after.items()}
                interrupts.check()
                if schedule is not None and schedule_each == "epoch":
                    by_value = isinstance(schedule, ReduceLROnPlateau)
                    schedule.step(*[record[watched]] * by_value)
                for name in (*names, "lr"):
                    history.setdefault(name, []).append(record[name])
                if patience is not None and _best(history[watched]) == history.epochs - 1:
                    best = model.state_dict()
                if checkpoint is not None:
                    rest = {} if best is None else {"best": best}
                    save_checkpoint(checkpoint, **parts, history=history, **rest)
                bar.set_postfix({printable(name): f"{record[name]:.4g}" for name in names})
            interrupts.check()
        except KeyboardInterrupt:
            history.interrupted = True
    if best is not None:
        model.load_state_dict(best)
    return history


def _check_call(caller: str, model: Any, loss: Any, data: Any) -> None:
    if not isinstance(model, Module):
        raise TypeError(f"{caller}: model must be a Module, received {described(model)}.")
    if not callable(loss) or (isinstance(loss, type) and issubclass(loss, Module)):
        raise TypeError(
            f"{caller}: loss must be a function, such as nn.CrossEntropyLoss(), received "
            f"{described(loss)}."
        )
    if data is None:
        raise TypeError(f"{caller}: received no data; give a DataLoader, or a list of batches.")


def _check(
    model: Any, data: Any, validation: Any, optimizer: Any, schedule: Any, checkpoint: Any
) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"fit: received {described(optimizer)}, which is no optimizer; give one such as "
            "nn.optim.Adam(model.parameters())."
        )
    ours = set(model.parameters())
    if ours and not any(p in ours for group in optimizer.param_groups for p in group["params"]):
        raise ValueError(
            f"fit: the optimizer, {described(type(optimizer))}, has none of the model's "
            "parameters, so nothing would be trained; make it anew from this model.parameters()."
        )
    if getattr(schedule, "optimizer", optimizer) is not optimizer:
        raise ValueError(
            f"fit: the schedule, {described(type(schedule))}, is that of another optimizer; make "
            "it anew from the one that is given."
        )
    if checkpoint is not None:
        folder = os.path.dirname(os.path.abspath(checkpoint))
        if not os.path.isdir(folder) or os.path.isdir(checkpoint):
            raise ValueError(
                f"fit: checkpoint={os.fspath(checkpoint)!r} can't be written; give the path of a "
                "file in a folder that exists."
            )
    for name, batches in (("data", data), ("validation", validation)):
        if isinstance(batches, (TensorDataset, Subset, Tensor, np.ndarray, Iterator)) or (
            batches is not None and not hasattr(batches, "__iter__")
        ):
            raise TypeError(
                f"fit: received {described(batches)} as {name}, which does not give batches anew "
                "in each epoch; give a DataLoader of it, or a list of batches."
            )


def _check_finite(model: Module, place: str, last: float, loss: Any) -> None:
    """Refuse to go on with a loss or a gradient that would ruin the parameters."""
    if math.isfinite(loss.item()):
        ruined = [
            name
            for name, p in model.named_parameters()
            if p.grad is not None and not np.isfinite(np.asarray(p.grad)).all()
        ]
        if not ruined:
            return
        what = f"the gradient of {printable(ruined[0])} is not finite"
    else:
        what = f"the loss is {loss.item()}"
    before = "" if math.isnan(last) else f" (the loss before was {last:.4g})"
    raise ag.AnomalyError(
        f"fit: {what} in {place}{before}, and the parameters are as before this batch; train "
        "inside `with autograd.detect_anomaly():` to see the cause."
    )


def _resumed(path: PathLike, parts: dict[str, Any], names: set[str]) -> tuple[History, Any]:
    """The history and the best state in a checkpoint; the parts go on from there."""
    kept = load_checkpoint(path)
    measured = kept.get("history")
    if not isinstance(measured, dict) or not all(
        isinstance(values, list) and len(values) == len(next(iter(measured.values())))
        for values in measured.values()
    ):
        raise FileError(
            f"fit: {printable(os.fsdecode(path))} is no checkpoint of a training; give one that "
            "fit wrote."
        )
    for what, there, here in (
        ("keeps", set(kept) - {"history", "best"}, set(parts)),
        ("measured", set(measured), names),
    ):
        if there != here:
            raise ValueError(
                f"fit: {printable(os.fsdecode(path))} {what} "
                f"{printable(', '.join(sorted(there)))}, and this training "
                f"{printable(', '.join(sorted(here)))}; resume with the same arguments, or without "
                "resume."
            )
    load_checkpoint(path, **parts)
    return History(measured), kept.get("best")


def _best(values: list[float]) -> int:
    """The number of the first epoch with the least value; NaN is never that."""
    return min(range(len(values)), key=lambda i: (math.isnan(values[i]), values[i], i))


def _waited(history: History, watched: str, patience: int | None) -> bool:
    """Whether nothing became better for so many epochs."""
    if patience is None or not history.epochs:
        return False
    return history.epochs - 1 - _best(history[watched]) >= patience


# ---------------------------------------------------------------------- one pass over the data


def _parts(caller: str, batch: Any) -> tuple[Any, Any]:
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        raise TypeError(
            f"{caller}: received {described(batch)} as a batch; give (inputs, target), or more "
            "inputs before the target."
        )
    return batch[:-1], batch[-1]


def _named(caller: str, metrics: Iterable[Metric]) -> dict[str, Metric]:
    if callable(metrics) or not np.iterable(metrics):
        raise TypeError(
            f"{caller}: metrics must be a list, such as [nn.accuracy], received "
            f"{described(metrics)}."
        )
    named: dict[str, Metric] = {}
    for metric in metrics:
        name = getattr(metric, "__name__", type(metric).__name__)
        if not callable(metric) or name in named or name in ("loss", "lr"):
            raise ValueError(
                f"{caller}: received {described(metric)} among the metrics, which is no function "
                "or has the name of another; give functions with names of their own, such as "
                "nn.accuracy."
            )
        named[name] = metric
    return named


class _Means:
    """The means of loss and metrics over the examples."""

    def __init__(self, caller: str, metrics: Mapping[str, Metric]) -> None:
        self.caller = caller
        self.metrics = metrics
        self.sums = dict.fromkeys(("loss", *metrics), 0.0)
        self.examples = 0

    def add(self, prediction: Any, loss: Any, target: Any) -> None:
        n = np.shape(target)[0] if np.ndim(target) else 1
        self.examples += n
        self.sums["loss"] += float(loss.item()) * n
        with ag.no_grad():
            for name, metric in self.metrics.items():
                self.sums[name] += float(metric(prediction, target)) * n

    def values(self) -> dict[str, float]:
        if not self.examples:
            raise ValueError(
                f"{self.caller}: received data without examples; give at least one batch."
            )
        return {name: total / self.examples for name, total in self.sums.items()}


def _evaluate(
    caller: str,
    model: Module,
    loss: Callable[[Any, Any], Any],
    data: Batches,
    metrics: Mapping[str, Metric],
    between: Callable[[], None],
) -> dict[str, float]:
    means = _Means(caller, metrics)
    with _mode(model, training=False), ag.no_grad():
        for batch in data:
            between()
            inputs, target = _parts(caller, batch)
            prediction = model(*inputs)
            means.add(prediction, loss(prediction, target), target)
    return means.values()


@contextmanager
def _mode(model: Module, training: bool) -> Iterator[None]:
    """Train or eval mode inside; each module is then in the mode that it was in."""
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, mode in before:
            module.training = mode


class _Interrupts:
    """Ctrl-C waits until it is asked for: a step or a file is finished before it."""

    def __init__(self) -> None:
        self.asked = False
        self.before: Any = None

    def __enter__(self) -> Self:
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            self.before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *error: Any) -> None:
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)

    def _note(self, *signal_and_frame: Any) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def check(self) -> None:
        """Raise KeyboardInterrupt if there was Ctrl-C."""
        if self.asked:
            raise KeyboardInterrupt


class _NoBar:
    """In place of a progress bar."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        """Nothing to close."""

    def update(self, *shown: Any) -> None:
        """Nothing to show."""

    set_description = set_postfix = update


def _bar(progress: bool, data: Any, done: int, epochs: int) -> Any:
    if not progress:
        return _NoBar()
    try:
        from tqdm.auto import tqdm
    except ImportError:
        warnings.warn(
            "fit: shows no progress, because there is no tqdm; pip install tqdm, or pass "
            "progress=False.",
            stacklevel=3,
        )
        return _NoBar()
    n = len(data) if hasattr(data, "__len__") else None
    return tqdm(
        total=None if n is None else n * epochs,
        initial=done * (n or 0),
        unit="batch",
        mininterval=0.5,
        dynamic_ncols=True,
    )
