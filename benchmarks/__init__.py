"""Benchmarks of `autograd` against its peers, as ratios measured in one run.

Run them with ``python -m benchmarks`` from the repository root; see README.md.
"""

import os

THREADS = 2

# Every library reads its own variable, once, when it is first imported: so set them here.
# (NPROC is the size of the thread pool of XLA, on which JAX runs.)
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"):
    os.environ[name] = str(THREADS)
