"""Memory of a training loop with the garbage collector off: reference counting must do."""

from __future__ import annotations

import gc
import json
import sys

from benchmarks import mlp
from benchmarks.harness import Row, Settings, Table, Target, memory, python

FEW, MANY = 200, 2_000


def main() -> None:
    """Print the KiB of this process after `FEW` and after `MANY` steps."""
    step = mlp.ours()
    gc.collect()
    gc.disable()
    found = []
    for done in range(1, MANY + 1):
        step()
        if done in (FEW, MANY):
            found.append(memory("VmRSS"))
    json.dump(found, sys.stdout)


def run(settings: Settings) -> Table:
    few, many = json.loads(
        python("-c", "import benchmarks.training_memory as memory; memory.main()")
    )
    rows = [
        Row(f"after {FEW} steps", f"{few / 1024:.1f} MiB"),
        Row(f"after {MANY:,} steps", f"{many / 1024:.1f} MiB", many / few, target=Target(1.02)),
    ]
    title = "resident memory of the `mlp` training loop, garbage collector off"
    return Table("memory", title, rows, f"of {FEW} steps")
