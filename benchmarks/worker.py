"""The process of one contender; started by `harness.Worker`: ``worker.py WORKLOAD CONTENDER``.

Our engine and HIPS autograd both import as `autograd`, from different interpreters' packages.
For HIPS' the repository therefore comes last on the path, so that its own is found first.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    workload, contender = sys.argv[1:]
    root = str(Path(__file__).resolve().parent.parent)
    sys.path.insert(len(sys.path) if contender == "HIPS autograd" else 0, root)
    from benchmarks import harness  # first of all fixes the number of threads

    harness.serve(workload, contender)
