"""How long `import autograd` takes beyond `import numpy`."""

from __future__ import annotations

import os
import tempfile
import time
from statistics import median

from benchmarks.harness import Row, Settings, Table, Target, duration, python

RUNS = 15
GOAL = 0.06
INSIDE = (
    "import numpy, time; start = time.perf_counter(); import autograd; "
    "print(time.perf_counter() - start)"
)


def run(settings: Settings) -> Table:
    # A bytecode cache of our own, because the environment may switch it off.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as cache:
        environment["PYTHONPYCACHEPREFIX"] = cache

        def seconds(code: str) -> float:
            start = time.perf_counter()
            python("-c", code, environment=environment)
            return time.perf_counter() - start

        statements = ("import numpy", "import numpy, autograd")
        for code in statements:
            seconds(code)  # fills the cache
        pairs = [[seconds(code) for code in statements] for _ in range(RUNS)]
        inside = [float(python("-c", INSIDE, environment=environment)) for _ in range(RUNS)]
    beyond = [both - alone for alone, both in pairs]
    rows = [
        Row("a process that imports numpy", duration(median(alone for alone, _ in pairs))),
        Row("... numpy and autograd", duration(median(both for _, both in pairs))),
        Row("the difference", duration(median(beyond)), samples=beyond),
    ]
    rows[-1].ratio = median(beyond) / GOAL
    rows[-1].target = Target(1.0)
    rows[-1].note = f"(timed inside the process: {duration(median(inside))})"
    return Table("import", "time to import `autograd`", rows, f"of {duration(GOAL)}")
