"""What the workloads share: contenders, alternating rounds, the check that all agree, tables.

A contender is a function that prepares its library and data and returns a *step*: a function
without arguments that does the whole work once and returns what the check compares. Steps are
timed in rounds in which each contender has its turn, so that a noisy machine disturbs all of
them alike; a ratio is the median of the rounds' ratios. Each contender has a process of its own.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks import THREADS

ROOT = Path(__file__).resolve().parent.parent
OURS = "ours"
HIPS = "HIPS autograd"

Step = Callable[[], Any]
SETTLE_SECONDS = 0.1  # before each turn: the threads of the one before spin on for a while
SAMPLE_SECONDS = 0.1  # a sample repeats its step until it takes about this long


@dataclass(frozen=True)
class Target:
    """Ours over this peer: at most `must`, and `aim` if we can."""

    must: float
    aim: float | None = None


@dataclass
class Workload:
    """One thing to compute and those who compute it.

    Of a step of several `operations`, the time of one is shown. `steps_checked` steps must give
    equal results, with errors up to `tolerance` times the largest element.
    """

    name: str
    title: str
    contenders: dict[str, Callable[[], Step]]
    targets: dict[str, Target]
    operations: int = 1
    steps_checked: int = 1
    tolerance: float = 2e-5


@dataclass
class Row:
    """One line of a table.

    `ratio` is ours over it, `best` the same of the fastest samples of both; `verdict` compares
    the ratio with `target`.
    """

    label: str
    value: str
    ratio: float | None = None
    best: float | None = None
    target: Target | None = None
    samples: list[float] = field(default_factory=list)
    note: str = ""

    @property
    def verdict(self) -> str:
        """How the ratio stands to the target, in a word."""
        if self.target is None or self.ratio is None:
            return ""
        if self.ratio > self.target.must:
            return "MISSED"
        return "reached" if self.target.aim is None or self.ratio <= self.target.aim else "must"


@dataclass
class Table:
    """The rows of a workload; `ratio_name` says what the ratio column divides."""

    name: str
    title: str
    rows: list[Row]
    ratio_name: str = "ours / it"
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Settings:
    """What the command line asked for."""

    runs: int
    hips: str | None


# ---------------------------------------------------------------------- one contender


class Runner:
    """A contender, in a worker process of its own."""

    def __init__(self, name: str, label: str) -> None:
        self.step = find(name).contenders[label]()
        self.number = 1

    def results(self, steps: int) -> list[list[np.ndarray]]:
        """What the first `steps` steps return, as arrays."""
        return [[as_array(value) for value in self.step()] for _ in range(steps)]

    def warm_up(self) -> None:
        """Run until it is as fast as it gets, and choose how often a sample repeats the step."""
        taken = min(self.sample() for _ in range(3))
        self.number = max(1, min(1000, int(SAMPLE_SECONDS / taken)))
        self.sample()

    def sample(self) -> float:
        """Seconds for one step, the mean over a sample."""
        gc.collect()
        step, number = self.step, self.number
        step()  # wakes threads that went to sleep
        start = time.perf_counter()
        for _ in range(number):
            step()
        return (time.perf_counter() - start) / number


class Worker:
    """The process of a contender: it waits, idle, until it is asked for something.

    One contender in a process, because the state of the allocator that one leaves behind (and
    threads that still spin) can make the next one twice as fast or as slow.
    """

    def __init__(self, interpreter: str, name: str, label: str) -> None:
        # -P: no directory of ours is on its path until worker.py puts it there.
        command = [interpreter, "-P", str(ROOT / "benchmarks" / "worker.py"), name, label]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, method: str, *args: Any) -> Any:
        """What that method of the `Runner` returns, or its error."""
        pickle.dump((method, args), self.process.stdin)
        self.process.stdin.flush()
        answer = pickle.load(self.process.stdout)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """End the process."""
        self.process.stdin.close()
        self.process.wait()


def serve(name: str, label: str) -> None:
    """The worker's side: one pickled request after the other until the input ends."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # so that a stray print can't get into an answer
    runner = None
    while True:
        try:
            method, args = pickle.load(requests)
        except EOFError:
            return
        try:
            runner = runner or Runner(name, label)
            answer = getattr(runner, method)(*args)
        except ModuleNotFoundError as error:
            answer = error
        except Exception as error:  # of a class that the other side may not have
            answer = RuntimeError(f"{label}: {error!r}")
        pickle.dump(answer, answers)
        answers.flush()


def find(name: str) -> Workload:
    """The workload of that name, from the module it is in."""
    for module in (
        "small_operations",
        "mlp",
        "elementwise",
        "cross_entropy",
        "cnn",
        "lstm",
        "transformer",
        "adam",
    ):
        for workload in importlib.import_module(f"benchmarks.{module}").WORKLOADS:
            if workload.name == name:
                return workload
    raise KeyError(name)


# ---------------------------------------------------------------------- a comparison


def compare(workload: Workload, settings: Settings) -> Table:
    """Check that the contenders agree, then time them in alternating rounds."""
    workers: dict[str, Worker] = {}
    notes = []
    reference: tuple[str, Any] | None = None
    for label in workload.contenders:
        if label == HIPS and settings.hips is None:
            notes.append(f"{HIPS}: not measured, no interpreter given (--hips PYTHON).")
            continue
        interpreter = settings.hips if label == HIPS and settings.hips else sys.executable
        worker = Worker(interpreter, workload.name, label)
        try:
            results = worker.ask("results", workload.steps_checked)
        except ModuleNotFoundError as error:
            notes.append(f"{label}: not measured, {error.name} is not installed.")
            continue
        finally:
            worker.close()  # the arrays that it sent have left traces in its allocator
        workers[label] = Worker(interpreter, workload.name, label)
        if reference is None:
            reference = label, results
        else:
            check_equal(workload, label, results, *reference)
    for worker in workers.values():
        worker.ask("warm_up")
    samples: dict[str, list[float]] = {label: [] for label in workers}
    order = list(workers)
    for _ in range(settings.runs):
        for label in order:
            time.sleep(SETTLE_SECONDS)
            samples[label].append(workers[label].ask("sample"))
        order.append(order.pop(0))  # nobody is always the first
    for worker in workers.values():
        worker.close()
    rows = []
    for label, times in samples.items():
        row = Row(label, duration(median(times) / workload.operations), samples=times)
        if label != OURS:
            row.ratio = median(a / b for a, b in zip(samples[OURS], times, strict=True))
            row.best = min(samples[OURS]) / min(times)
            row.target = workload.targets.get(label)
        rows.append(row)
    return Table(workload.name, workload.title, rows, notes=notes)


def check_equal(
    workload: Workload, label: str, results: Any, reference_label: str, reference: Any
) -> None:
    """Refuse to compare contenders that compute different things."""
    for step, (values, expected) in enumerate(zip(results, reference, strict=True)):
        for k, (value, other) in enumerate(zip(values, expected, strict=True)):
            what = f"{workload.name}: result {k} of step {step} of {label}"
            if value.shape != other.shape or value.dtype != other.dtype:
                raise AssertionError(
                    f"{what} is {value.dtype} {value.shape}, that of {reference_label} "
                    f"{other.dtype} {other.shape}"
                )
            error = np.abs(value - other).max() / max(np.abs(other).max(), 1e-30)
            if not error <= workload.tolerance:
                raise AssertionError(
                    f"{what} differs from that of {reference_label} by {error:.1e}, relative to "
                    "the largest element"
                )


def as_array(value: Any) -> np.ndarray:
    """The values of any library's array, as one of NumPy that nobody else writes to."""
    return np.array(value.detach() if hasattr(value, "detach") else value)


# ---------------------------------------------------------------------- memory and processes


def memory(key: str) -> int:
    """KiB of this process: ``VmRSS`` now, or ``VmHWM`` at the highest.

    From the kernel's own account, because ``ru_maxrss`` of a child starts at its parent's.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    raise OSError(f"/proc/self/status has no {key}")


def python(
    *args: str, interpreter: str = sys.executable, environment: dict[str, str] | None = None
) -> str:
    """The output of an interpreter, by default this one, run in the repository root."""
    done = subprocess.run(
        [interpreter, *args], cwd=ROOT, check=True, capture_output=True, text=True, env=environment
    )
    return done.stdout


# ---------------------------------------------------------------------- text


def duration(seconds: float) -> str:
    """Seconds in the unit that reads best."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def render(table: Table) -> str:
    """The table as Markdown."""
    lines = [
        f"### {table.name}: {table.title}",
        "",
        f"| | measured | {table.ratio_name} | at best | must | aim | |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for row in table.rows:
        target = row.target
        cells = [
            row.label,
            row.value,
            "" if row.ratio is None else f"{row.ratio:.2f}",
            "" if row.best is None else f"{row.best:.2f}",
            "" if target is None else f"≤ {target.must:g}",
            "" if target is None or target.aim is None else f"≤ {target.aim:g}",
            " ".join(filter(None, [row.verdict, row.note])),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, *(f"\n{note}" for note in table.notes)])


def version_of(distribution: str) -> str | None:
    """The version of an installed distribution, None if it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def machine() -> str:
    """One line: processor, cores, threads, system and the versions of all contenders."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return f"{model}, {os.cpu_count()} cores, {THREADS} threads used, {platform.platform()}"


def versions(hips: str | None) -> dict[str, str]:
    """The versions of Python and of every contender that is there."""
    found = {"Python": platform.python_version()}
    for distribution in ("tapegrad", "numpy", "torch", "jax", "mygrad"):
        found[distribution] = version_of(distribution) or "not installed"
    found[HIPS] = "not given"
    if hips is not None:
        code = "from importlib.metadata import version; print(version('autograd'))"
        found[HIPS] = python("-P", "-c", code, interpreter=hips).strip()
    return found
