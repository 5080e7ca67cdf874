"""One step of Adam on 5 million parameters, with its default settings."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.harness import Step, Target, Workload

SHAPES = ((1000, 3000), (3000,), (1000, 1997))
RATE, BETA1, BETA2, EPS = 1e-3, 0.9, 0.999, 1e-8


def data() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Parameters and their gradients, which stay the same."""
    rng = np.random.default_rng(5)
    parameters, gradients = (
        [rng.normal(size=shape).astype(np.float32) for shape in SHAPES] for _ in range(2)
    )
    return parameters, gradients


def ours() -> Step:
    import nn

    values, gradients = data()
    parameters = [nn.Parameter(value) for value in values]
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = g
    optimizer = nn.optim.Adam(parameters, lr=RATE)

    def step() -> Any:
        optimizer.step()
        return parameters

    return step


def by_hand() -> Step:
    parameters, gradients = data()
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
    count = 0

    def step() -> Any:
        nonlocal count
        count += 1
        for p, g, (m, v) in zip(parameters, gradients, moments, strict=True):
            m *= BETA1
            m += (1 - BETA1) * g
            v *= BETA2
            v += (1 - BETA2) * g * g
            mean = m / (1 - BETA1**count)
            p -= RATE * mean / (np.sqrt(v / (1 - BETA2**count)) + EPS)
        return parameters

    return step


def pytorch() -> Step:
    return _pytorch()


def pytorch_fused() -> Step:
    return _pytorch(fused=True)


def _pytorch(**settings: Any) -> Step:
    import torch

    torch.set_num_threads(2)
    values, gradients = data()
    parameters = [torch.nn.Parameter(torch.tensor(value)) for value in values]
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = torch.tensor(g)
    optimizer = torch.optim.Adam(parameters, lr=RATE, **settings)

    def step() -> Any:
        optimizer.step()
        return parameters

    return step


WORKLOADS = [
    Workload(
        name="adam",
        title="a step of Adam on 5,000,000 parameters, float32",
        contenders={
            "ours": ours,
            "NumPy by hand": by_hand,
            "PyTorch": pytorch,
            "PyTorch fused=True": pytorch_fused,
        },
        targets={"PyTorch": Target(1.5)},
        steps_checked=5,
    )
]
