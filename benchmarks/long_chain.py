"""A chain of 1,000,000 operations: time per operation, memory per operation, freeing.

Each contender runs in processes of its own, in turn, so that the peak of memory is its own.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from statistics import median
from typing import Any

import numpy as np

from benchmarks.harness import Row, Settings, Table, Target, duration, memory, python, version_of

LENGTH, SHORT = 1_000_000, 1_000
CONTENDERS = {"ours": "tapegrad", "PyTorch": "torch"}


def tensors(contender: str) -> Any:
    x, a, b = (np.full(8, v, np.float32) for v in (1.0, 0.999, 0.001))
    if contender == "ours":
        import autograd as ag

        return ag.tensor(x, requires_grad=True), ag.tensor(a), ag.tensor(b)
    import torch

    torch.set_num_threads(2)
    return torch.tensor(x, requires_grad=True), torch.tensor(a), torch.tensor(b)


def measure(contender: str) -> dict[str, float]:
    """Seconds and bytes per operation, in this process."""
    x, a, b = tensors(contender)

    def run(length: int) -> tuple[list[float], int]:
        """Seconds of recording, backward and freeing, and KiB once it is recorded."""
        x.grad = None
        start = time.perf_counter()
        y = x
        for _ in range(length // 2):
            y = y * a
            y = y + b
        z = y.sum()
        recorded = time.perf_counter()
        held = memory("VmRSS")
        resumed = time.perf_counter()
        z.backward()
        passed = time.perf_counter()
        del y, z
        freed = time.perf_counter()
        return [recorded - start, passed - resumed, freed - passed], held

    for _ in range(20):
        run(SHORT)
    short = median(sum(run(SHORT)[0]) / SHORT for _ in range(200))
    gc.collect()
    before = memory("VmRSS")
    seconds, held = run(LENGTH)
    peak, after = memory("VmHWM"), memory("VmRSS")
    assert abs(float(np.asarray(x.grad.detach())[0]) - 0.999 ** (LENGTH // 2)) < 1e-6
    return {
        "short": short,
        "record": seconds[0] / LENGTH,
        "backward": seconds[1] / LENGTH,
        "free": seconds[2] / LENGTH,
        "total": sum(seconds) / LENGTH,
        "held": (held - before) * 1024 / LENGTH,
        "peak": (peak - before) * 1024 / LENGTH,
        "kept": (after - before) * 1024 / LENGTH,
    }


def run(settings: Settings) -> Table:
    there = [name for name, distribution in CONTENDERS.items() if version_of(distribution)]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in there}
    for _ in range(max(1, min(5, settings.runs // 5))):
        for name in there:
            answer = python("-c", f"import benchmarks.long_chain as c; c.main({name!r})")
            found[name].append(json.loads(answer))

    def of(name: str, key: str) -> float:
        return median(result[key] for result in found[name])

    ours = [result["total"] for result in found["ours"]]
    times, peaks, shorts = [], [], []
    for name in there:
        totals = [result["total"] for result in found[name]]
        parts = [f"{key} {duration(of(name, key))}" for key in ("record", "backward", "free")]
        times.append(Row(f"{name}: time per operation", duration(median(totals)), samples=totals))
        times[-1].note = f"({', '.join(parts)})"
        peaks.append(Row(f"{name}: peak memory per operation", f"{of(name, 'peak'):.0f} B"))
        peaks[-1].note = f"({of(name, 'held'):.0f} B recorded, {of(name, 'kept'):.0f} B left freed)"
        shorts.append(
            Row(f"{name}: time per operation, chain of {SHORT:,}", duration(of(name, "short")))
        )
        shorts[-1].ratio = median(result["total"] / result["short"] for result in found[name])
        shorts[-1].note = "(long / short)"
        if name == "ours":
            shorts[-1].target = Target(2.5)  # linear, but no longer in the caches
        else:
            times[-1].ratio = median(a / b for a, b in zip(ours, totals, strict=True))
            peaks[-1].ratio = of("ours", "peak") / of(name, "peak")
    rows = [*times, *peaks, *shorts]
    notes = [] if len(there) == len(CONTENDERS) else ["PyTorch: not measured, not installed"]
    return Table(
        "long-chain",
        f"a chain of {LENGTH:,} operations on 8 float32: linear in time and memory",
        rows,
        notes=notes,
    )


def main(contender: str) -> None:
    json.dump(measure(contender), sys.stdout)
