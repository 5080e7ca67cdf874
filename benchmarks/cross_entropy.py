"""Softmax cross-entropy of 4096 × 1000 numbers, composed of a maximum, exp, log, sum and gather."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.harness import HIPS, Step, Target, Workload

ROWS, CLASSES = 4096, 1000


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    scores = 3 * rng.normal(size=(ROWS, CLASSES))
    return scores.astype(np.float32), rng.integers(CLASSES, size=ROWS)


def ours() -> Step:
    import autograd as ag

    scores, labels = data()
    x, rows = ag.tensor(scores, requires_grad=True), np.arange(ROWS)

    def step() -> Any:
        x.grad = None
        z = x - x.data.max(axis=1, keepdims=True)
        loss = (ag.log(ag.exp(z).sum(axis=1)) - z[rows, labels]).mean()
        loss.backward()
        return [loss, x.grad]

    return step


def by_hand() -> Step:
    x, labels = data()
    rows = np.arange(ROWS)

    def step() -> Any:
        z = x - x.max(axis=1, keepdims=True)
        e = np.exp(z)
        total = e.sum(axis=1, keepdims=True)
        loss = np.asarray((np.log(total[:, 0]) - z[rows, labels]).mean())
        g = e
        g *= 1 / (ROWS * total)
        g[rows, labels] -= 1 / ROWS
        return [loss, g]

    return step


def pytorch() -> Step:
    import torch

    torch.set_num_threads(2)
    scores, labels = map(torch.tensor, data())
    x, rows = scores.requires_grad_(), torch.arange(ROWS)

    def step() -> Any:
        x.grad = None
        z = x - x.detach().amax(1, keepdim=True)
        loss = (torch.log(torch.exp(z).sum(1)) - z[rows, labels]).mean()
        loss.backward()
        return [loss, x.grad]

    return step


def pytorch_fused() -> Step:
    import torch

    torch.set_num_threads(2)
    scores, labels = map(torch.tensor, data())
    x = scores.requires_grad_()

    def step() -> Any:
        x.grad = None
        loss = torch.nn.functional.cross_entropy(x, labels)
        loss.backward()
        return [loss, x.grad]

    return step


def mygrad() -> Step:
    import mygrad as mg

    mg.turn_memory_guarding_off()
    scores, labels = data()
    x, rows = mg.tensor(scores), np.arange(ROWS)

    def step() -> Any:
        x.null_grad()
        z = x - x.data.max(axis=1, keepdims=True)
        loss = (mg.log(mg.exp(z).sum(axis=1)) - z[rows, labels]).mean()
        loss.backward()
        return [loss, x.grad]

    return step


def hips() -> Step:
    from autograd import numpy as anp, value_and_grad

    scores, labels = data()
    rows = np.arange(ROWS)
    highest = scores.max(axis=1, keepdims=True)  # (outside the step: it has no detach)

    def loss(x: Any) -> Any:
        z = x - highest
        return anp.mean(anp.log(anp.sum(anp.exp(z), axis=1)) - z[rows, labels])

    gradient = value_and_grad(loss)
    return lambda: gradient(scores)


def jax_jit() -> Step:
    import jax
    import jax.numpy as jnp

    x, labels = map(jnp.asarray, data())
    rows = jnp.arange(ROWS)

    def loss(x: Any) -> Any:
        z = x - jax.lax.stop_gradient(x).max(axis=1, keepdims=True)
        return (jnp.log(jnp.exp(z).sum(axis=1)) - z[rows, labels]).mean()

    gradient = jax.jit(jax.value_and_grad(loss))
    return lambda: jax.block_until_ready(gradient(x))


WORKLOADS = [
    Workload(
        "cross-entropy",
        "softmax cross-entropy with its gradient, composed, 4096 × 1000 float32",
        {
            "ours": ours,
            "NumPy by hand": by_hand,
            "PyTorch": pytorch,
            "PyTorch F.cross_entropy": pytorch_fused,
            "JAX jit": jax_jit,
            "MyGrad": mygrad,
            HIPS: hips,
        },
        {"PyTorch": Target(1.0, 0.8)},
        tolerance=1e-4,
    )
]
