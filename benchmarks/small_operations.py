"""A chain of 1,000 multiplications and additions on 8 elements: the overhead of an operation."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.harness import HIPS, Step, Target, Workload

OPERATIONS = 1000


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=8)
    a = 1 + 0.001 * rng.normal(size=8)
    b = 0.01 * rng.normal(size=8)
    return x.astype(np.float32), a.astype(np.float32), b.astype(np.float32)


def chain(x: Any, a: Any, b: Any) -> Any:
    for _ in range(OPERATIONS // 2):
        x = x * a
        x = x + b
    return x.sum()


def eager(tensor: Any, leaves: int) -> Step:
    """The step of a library whose tensors have PyTorch's interface."""
    x, a, b = (tensor(v, requires_grad=k < leaves) for k, v in enumerate(data()))
    wanted = [x, a, b][:leaves]

    def step() -> Any:
        for leaf in wanted:
            leaf.grad = None
        chain(x, a, b).backward()
        return [leaf.grad for leaf in wanted]

    return step


def ours(leaves: int) -> Step:
    import autograd as ag

    return eager(ag.tensor, leaves)


def by_hand(leaves: int) -> Step:
    x0, a, b = data()
    one = np.ones(8, np.float32)

    def step_x() -> Any:
        x, g = x0, one
        for _ in range(OPERATIONS // 2):
            x = x * a
            x = x + b
        x.sum()
        for _ in range(OPERATIONS // 2):
            g = g * a
        return [g]

    def step_all() -> Any:
        x, g, seen = x0, one, []
        for _ in range(OPERATIONS // 2):
            seen.append(x)
            x = x * a
            x = x + b
        x.sum()
        ga, gb = np.zeros(8, np.float32), np.zeros(8, np.float32)
        for x in reversed(seen):
            gb += g
            ga += g * x
            g = g * a
        return [g, ga, gb]

    return step_x if leaves == 1 else step_all


def pytorch(leaves: int) -> Step:
    import torch

    torch.set_num_threads(2)
    return eager(torch.tensor, leaves)


def mygrad(leaves: int) -> Step:
    import mygrad as mg

    mg.turn_memory_guarding_off()  # its own advice for speed
    x, a, b = (mg.tensor(v, constant=k >= leaves) for k, v in enumerate(data()))
    wanted = [x, a, b][:leaves]

    def step() -> Any:
        for leaf in wanted:
            leaf.null_grad()
        chain(x, a, b).backward()
        return [leaf.grad for leaf in wanted]

    return step


def hips(leaves: int) -> Step:
    from autograd import grad, numpy as anp

    x, a, b = data()
    gradient = grad(lambda *v: anp.sum(chain(*v)), tuple(range(leaves)))
    return lambda: gradient(x, a, b)


def jax_eager(leaves: int) -> Step:
    import jax

    x, a, b = map(jax.numpy.asarray, data())
    one = jax.numpy.ones((), "float32")

    def step() -> Any:
        if leaves == 1:
            _, pull = jax.vjp(lambda x: chain(x, a, b), x)
        else:
            _, pull = jax.vjp(chain, x, a, b)
        return jax.block_until_ready(pull(one))

    return step


PEERS = {
    "ours": ours,
    "NumPy by hand": by_hand,
    "PyTorch": pytorch,
    "MyGrad": mygrad,
    HIPS: hips,
    "JAX eager": jax_eager,
}


TARGETS = {"PyTorch": Target(0.65, 0.5), "NumPy by hand": Target(4.0, 3.0)}


def workload(name: str, leaves: int, title: str) -> Workload:
    contenders = {label: lambda make=make: make(leaves) for label, make in PEERS.items()}
    return Workload(name, title, contenders, TARGETS, OPERATIONS)


WORKLOADS = [
    workload(
        "small",
        3,
        "one small operation (8 float32) of a chain of 1,000, all operands differentiated",
    ),
    workload("small-constants", 1, "the same, where only the start of the chain wants a gradient"),
]
