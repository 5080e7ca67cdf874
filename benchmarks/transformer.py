"""One training step of a Transformer encoder layer: 64 places, width 128, 4 heads, batch 16."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.harness import Step, Target, Workload

STEPS, BATCH, WIDTH, HEADS = 64, 16, 128, 4
# Without dropout, whose random numbers would not be the same; 2048 features inside, as by default.
SETTINGS: dict[str, Any] = {"dropout": 0.0, "batch_first": True}


def fill(parameters: Any) -> list[np.ndarray]:
    """A value for each parameter: small and the same for all contenders."""
    rng = np.random.default_rng(7)
    return [
        (rng.normal(size=tuple(p.shape)) * 0.05 + (p.ndim == 1)).astype(np.float32)
        for p in parameters
    ]


def data() -> np.ndarray:
    return np.random.default_rng(6).normal(size=(BATCH, STEPS, WIDTH)).astype(np.float32)


def ours() -> Step:
    import autograd as ag
    import nn

    model = nn.TransformerEncoderLayer(WIDTH, HEADS, **SETTINGS)
    for p, w in zip(model.parameters(), fill(model.parameters()), strict=True):
        p.data[...] = w
    sequence = ag.tensor(data())

    def step() -> Any:
        model.zero_grad()
        z = model(sequence)
        loss = (z * z * z).mean()
        loss.backward()
        return [loss, *(p.grad for p in model.parameters())]

    return step


def pytorch() -> Step:
    import torch

    torch.set_num_threads(2)
    model = torch.nn.TransformerEncoderLayer(WIDTH, HEADS, **SETTINGS)
    with torch.no_grad():
        for p, w in zip(model.parameters(), fill(model.parameters()), strict=True):
            p.copy_(torch.tensor(w))
    sequence = torch.tensor(data())

    def step() -> Any:
        model.zero_grad()
        z = model(sequence)
        loss = (z * z * z).mean()
        loss.backward()
        return [loss, *(p.grad for p in model.parameters())]

    return step


WORKLOADS = [
    Workload(
        "transformer",
        "training step of an encoder layer, 64 places × batch 16, width 128, 4 heads, float32",
        {"ours": ours, "PyTorch": pytorch},
        {"PyTorch": Target(2.0)},
        tolerance=2e-4,
    )
]
