"""Element-wise functions of 1,000,000 numbers: passes over memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.harness import HIPS, Step, Target, Workload

SIZE = 1_000_000


def data() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.normal(size=SIZE).astype(np.float32) for _ in range(3)]


def formula(np: Any, a: Any, b: Any, c: Any) -> Any:
    return (np.tanh(a * b + c) * np.exp(-a * a)).sum()


def ours() -> Step:
    import autograd as ag

    leaves = [ag.tensor(v, requires_grad=True) for v in data()]

    def step() -> Any:
        for leaf in leaves:
            leaf.grad = None
        loss = formula(ag, *leaves)
        loss.backward()
        return [loss, *(leaf.grad for leaf in leaves)]

    return step


def by_hand() -> Step:
    a, b, c = data()

    def step() -> Any:
        t = np.tanh(a * b + c)
        e = np.exp(-a * a)
        loss = np.asarray((t * e).sum())
        gc = e * (1 - t * t)
        ga = gc * b - 2 * a * t * e
        gb = gc * a
        return [loss, ga, gb, gc]

    return step


def pytorch() -> Step:
    import torch

    torch.set_num_threads(2)
    leaves = [torch.tensor(v, requires_grad=True) for v in data()]

    def step() -> Any:
        for leaf in leaves:
            leaf.grad = None
        loss = formula(torch, *leaves)
        loss.backward()
        return [loss, *(leaf.grad for leaf in leaves)]

    return step


def mygrad() -> Step:
    import mygrad as mg

    mg.turn_memory_guarding_off()
    leaves = [mg.tensor(v) for v in data()]

    def step() -> Any:
        for leaf in leaves:
            leaf.null_grad()
        loss = formula(mg, *leaves)
        loss.backward()
        return [loss, *(leaf.grad for leaf in leaves)]

    return step


def hips() -> Step:
    from autograd import numpy as anp, value_and_grad

    arrays = tuple(data())
    gradient = value_and_grad(lambda v: anp.sum(formula(anp, *v)))

    def step() -> Any:
        loss, gradients = gradient(arrays)
        return [loss, *gradients]

    return step


def jax_jit() -> Step:
    import jax
    import jax.numpy as jnp

    arrays = [jnp.asarray(v) for v in data()]
    gradient = jax.jit(jax.value_and_grad(lambda *v: formula(jnp, *v), argnums=(0, 1, 2)))

    def step() -> Any:
        loss, gradients = jax.block_until_ready(gradient(*arrays))
        return [loss, *gradients]

    return step


WORKLOADS = [
    Workload(
        "elementwise",
        "gradients of (tanh(a*b + c) * exp(-a*a)).sum(), 1,000,000 float32",
        {
            "ours": ours,
            "NumPy by hand": by_hand,
            "PyTorch": pytorch,
            "JAX jit": jax_jit,
            "MyGrad": mygrad,
            HIPS: hips,
        },
        {"PyTorch": Target(1.5, 1.2)},
        tolerance=1e-4,
    )
]
