"""``python -m benchmarks``: every workload, or those named after ``--only``."""

from __future__ import annotations

import argparse
import datetime
import json
import os
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from benchmarks import (
    adam,
    cnn,
    cross_entropy,
    elementwise,
    import_time,
    long_chain,
    lstm,
    mlp,
    small_operations,
    training_memory,
    transformer,
)
from benchmarks.harness import (
    HIPS,
    Settings,
    Table,
    Workload,
    compare,
    machine,
    render,
    versions,
)


def main() -> None:
    workloads: list[Workload] = [
        *small_operations.WORKLOADS,
        *mlp.WORKLOADS,
        *elementwise.WORKLOADS,
        *cross_entropy.WORKLOADS,
        *cnn.WORKLOADS,
        *lstm.WORKLOADS,
        *transformer.WORKLOADS,
        *adam.WORKLOADS,
    ]
    others: dict[str, Callable[[Settings], Table]] = {
        "long-chain": long_chain.run,
        "memory": training_memory.run,
        "cnn-memory": cnn.run,
        "import": import_time.run,
    }
    names = [*(workload.name for workload in workloads), *others]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--runs", type=int, default=25, help="rounds of each workload (25)")
    parser.add_argument("--json", type=Path, help="also write everything to this file")
    parser.add_argument(
        "--hips",
        default=os.environ.get("TAPEGRAD_HIPS_PYTHON"),
        metavar="PYTHON",
        help="interpreter of an environment with HIPS autograd ($TAPEGRAD_HIPS_PYTHON)",
    )
    chosen = parser.parse_args()
    settings = Settings(chosen.runs, chosen.hips)
    today = datetime.datetime.now().strftime("%Y-%m-%d %H:%M")
    found = versions(chosen.hips)
    print(f"{today}, {machine()}")
    print(", ".join(f"{name} {version}" for name, version in found.items()))
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > 0.5:
        print(f"The machine is busy (load {os.getloadavg()[0]:.1f}): don't trust these numbers.")
    if chosen.hips is None:
        print(f"{HIPS}: not measured; give --hips PYTHON or set TAPEGRAD_HIPS_PYTHON.")
    tasks: dict[str, Callable[[], Table]] = {
        workload.name: partial(compare, workload, settings) for workload in workloads
    } | {name: partial(run, settings) for name, run in others.items()}
    tables = []
    for name in names:
        if name in chosen.only:
            tables.append(tasks[name]())
            print(f"\n{render(tables[-1])}", flush=True)
    if chosen.json:
        report = {
            "date": today,
            "machine": machine(),
            "versions": found,
            "tables": [
                asdict(table)
                | {"rows": [asdict(row) | {"verdict": row.verdict} for row in table.rows]}
                for table in tables
            ],
        }
        chosen.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
