"""One training step of a small network: 784-256-128-10, ReLU, batch 128, SGD with momentum."""

from __future__ import annotations

from itertools import cycle, pairwise
from typing import Any

import numpy as np

from benchmarks.harness import HIPS, Step, Target, Workload

WIDTHS = (784, 256, 128, 10)
BATCH = 128
RATE, MOMENTUM = 0.01, 0.9


def weights() -> list[np.ndarray]:
    """Weight and bias of each layer; a weight has the shape (inputs, outputs)."""
    rng = np.random.default_rng(3)
    result = []
    for m, n in pairwise(WIDTHS):
        w = rng.normal(scale=(2 / m) ** 0.5, size=(m, n))
        result += [w.astype(np.float32), np.zeros(n, np.float32)]
    return result


def batches() -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(4)
    return [
        (rng.normal(size=(BATCH, WIDTHS[0])).astype(np.float32), rng.integers(10, size=BATCH))
        for _ in range(8)
    ]


def ours() -> Step:
    import autograd as ag
    import nn

    layers: list[Any] = []
    values = weights()
    for w, b in zip(values[::2], values[1::2], strict=True):
        linear = nn.Linear(*w.shape)
        linear.weight.data = w.T
        linear.bias.data = b
        layers += [linear, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    optimizer = nn.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
    data = cycle([(ag.tensor(x), labels) for x, labels in batches()])

    def step() -> Any:
        x, labels = next(data)
        loss = nn.functional.cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return [loss, *(p.data.T for p in model.parameters())]

    return step


def by_hand() -> Step:
    parameters = weights()
    velocity = [np.zeros_like(w) for w in parameters]
    data = cycle(batches())
    rows = np.arange(BATCH)

    def step() -> Any:
        x, labels = next(data)
        w1, b1, w2, b2, w3, b3 = parameters
        h1 = np.maximum(x @ w1 + b1, 0)
        h2 = np.maximum(h1 @ w2 + b2, 0)
        z = h2 @ w3 + b3
        z -= z.max(axis=1, keepdims=True)
        e = np.exp(z)
        total = e.sum(axis=1, keepdims=True)
        loss = np.asarray((np.log(total[:, 0]) - z[rows, labels]).mean())
        g3 = e / (BATCH * total)
        g3[rows, labels] -= 1 / BATCH
        g2 = (g3 @ w3.T) * (h2 > 0)
        g1 = (g2 @ w2.T) * (h1 > 0)
        gradients = [x.T @ g1, g1.sum(0), h1.T @ g2, g2.sum(0), h2.T @ g3, g3.sum(0)]
        for p, v, g in zip(parameters, velocity, gradients, strict=True):
            v *= MOMENTUM
            v += g
            p -= RATE * v
        return [loss, *parameters]

    return step


def pytorch() -> Step:
    import torch

    torch.set_num_threads(2)
    layers: list[Any] = []
    values = weights()
    for w, b in zip(values[::2], values[1::2], strict=True):
        linear = torch.nn.Linear(*w.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(w.T))
            linear.bias.copy_(torch.tensor(b))
        layers += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
    data = cycle([tuple(map(torch.tensor, batch)) for batch in batches()])

    def step() -> Any:
        x, labels = next(data)
        loss = torch.nn.functional.cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return [loss, *(p.T if p.ndim > 1 else p for p in model.parameters())]

    return step


def mygrad() -> Step:
    import mygrad as mg
    from mygrad.nnet.activations import relu
    from mygrad.nnet.losses import softmax_crossentropy

    mg.turn_memory_guarding_off()
    parameters = [mg.tensor(w) for w in weights()]
    velocity = [np.zeros_like(w) for w in weights()]
    data = cycle(batches())

    def step() -> Any:
        x, labels = next(data)
        w1, b1, w2, b2, w3, b3 = parameters
        h = relu(x @ w1 + b1)
        h = relu(h @ w2 + b2)
        loss = softmax_crossentropy(h @ w3 + b3, labels)
        loss.backward()
        for p, v in zip(parameters, velocity, strict=True):
            v *= MOMENTUM
            v += p.grad
            p.data -= RATE * v
            p.null_grad()
        return [loss, *parameters]

    return step


def hips() -> Step:
    from autograd import numpy as anp, value_and_grad

    parameters = weights()
    velocity = [np.zeros_like(w) for w in parameters]
    data = cycle(batches())
    rows = np.arange(BATCH)

    def loss_of(parameters: Any, x: Any, labels: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = parameters
        h = anp.maximum(x @ w1 + b1, 0)
        h = anp.maximum(h @ w2 + b2, 0)
        z = h @ w3 + b3
        z = z - anp.max(z, axis=1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(z), axis=1)) - z[rows, labels])

    gradient = value_and_grad(loss_of)

    def step() -> Any:
        loss, gradients = gradient(parameters, *next(data))
        for p, v, g in zip(parameters, velocity, gradients, strict=True):
            v *= MOMENTUM
            v += g
            p -= RATE * v
        return [loss, *parameters]

    return step


def jax_jit() -> Step:
    import jax
    import jax.numpy as jnp

    parameters = [jnp.asarray(w) for w in weights()]
    velocity = [jnp.zeros_like(w) for w in parameters]
    data = cycle([tuple(map(jnp.asarray, batch)) for batch in batches()])

    def loss_of(parameters: Any, x: Any, labels: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = parameters
        h = jax.nn.relu(x @ w1 + b1)
        h = jax.nn.relu(h @ w2 + b2)
        z = h @ w3 + b3
        return (jax.nn.logsumexp(z, axis=1) - z[jnp.arange(BATCH), labels]).mean()

    @jax.jit
    def train(parameters: Any, velocity: Any, x: Any, labels: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(parameters, x, labels)
        velocity = [MOMENTUM * v + g for v, g in zip(velocity, gradients, strict=True)]
        parameters = [p - RATE * v for p, v in zip(parameters, velocity, strict=True)]
        return loss, parameters, velocity

    def step() -> Any:
        nonlocal parameters, velocity
        loss, parameters, velocity = train(parameters, velocity, *next(data))
        jax.block_until_ready(parameters)
        return [loss, *parameters]

    return step


WORKLOADS = [
    Workload(
        "mlp",
        "training step 784-256-128-10, ReLU, batch 128, cross-entropy, SGD with momentum, float32",
        {
            "ours": ours,
            "NumPy by hand": by_hand,
            "PyTorch": pytorch,
            "JAX jit": jax_jit,
            "MyGrad": mygrad,
            HIPS: hips,
        },
        {"PyTorch": Target(1.3, 1.1)},
        steps_checked=5,
        tolerance=1e-4,
    )
]
