"""One training step of an LSTM: 50 steps, 128 features in, 128 hidden, batch 32."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.harness import Step, Target, Workload

STEPS, BATCH, SIZE = 50, 32, 128


def data() -> tuple[np.ndarray, list[np.ndarray]]:
    """The input, and weights and biases in PyTorch's order."""
    rng = np.random.default_rng(5)
    bound = SIZE**-0.5
    shapes = [(4 * SIZE, SIZE), (4 * SIZE, SIZE), (4 * SIZE,), (4 * SIZE,)]
    weights = [rng.uniform(-bound, bound, shape).astype(np.float32) for shape in shapes]
    return rng.normal(size=(STEPS, BATCH, SIZE)).astype(np.float32), weights


def ours() -> Step:
    import autograd as ag
    import nn

    x, weights = data()
    model = nn.LSTM(SIZE, SIZE)
    for p, w in zip(model.parameters(), weights, strict=True):
        p.data = w
    sequence = ag.tensor(x)

    def step() -> Any:
        model.zero_grad()
        outputs, _ = model(sequence)
        loss = (outputs * outputs).mean()
        loss.backward()
        return [loss, *(p.grad for p in model.parameters())]

    return step


def pytorch() -> Step:
    import torch

    torch.set_num_threads(2)
    x, weights = data()
    model = torch.nn.LSTM(SIZE, SIZE)
    with torch.no_grad():
        for p, w in zip(model.parameters(), weights, strict=True):
            p.copy_(torch.tensor(w))
    sequence = torch.tensor(x)

    def step() -> Any:
        model.zero_grad()
        outputs, _ = model(sequence)
        loss = (outputs * outputs).mean()
        loss.backward()
        return [loss, *(p.grad for p in model.parameters())]

    return step


WORKLOADS = [
    Workload(
        "lstm",
        "training step of an LSTM, 50 steps × batch 32, 128 features in, 128 hidden, float32",
        {"ours": ours, "PyTorch": pytorch},
        {"PyTorch": Target(2.0)},
        tolerance=1e-4,
    )
]
