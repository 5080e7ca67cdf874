"""How long `import autograd` takes beyond `import numpy`."""

from __future__ import annotations

import time
from statistics import median

from benchmarks.harness import Row, Settings, Table, Target, duration, python

RUNS = 15


def seconds(code: str) -> float:
    start = time.perf_counter()
    python("-c", code)
    return time.perf_counter() - start


def run(settings: Settings) -> Table:
    statements = ("import numpy", "import numpy, autograd")
    for code in statements:
        seconds(code)  # writes the bytecode, fills the file cache
    pairs = [[seconds(code) for code in statements] for _ in range(RUNS)]
    alone, both = (median(pair[k] for pair in pairs) for k in (0, 1))
    beyond = median(pair[1] - pair[0] for pair in pairs)
    inside = median(
        float(
            python(
                "-c",
                "import numpy, time; t = time.perf_counter(); import autograd; "
                "print(time.perf_counter() - t)",
            )
        )
        for _ in range(RUNS)
    )
    rows = [
        Row("a process that imports numpy", duration(alone)),
        Row("a process that imports numpy and autograd", duration(both)),
        Row(
            "beyond numpy, in units of 60 ms",
            duration(beyond),
            beyond / 0.06,
            target=Target(1.0),
            samples=[pair[1] - pair[0] for pair in pairs],
            note=f"(timed inside the process: {duration(inside)})",
        ),
    ]
    return Table("import", "time to import `autograd`", rows, "of 60 ms")
