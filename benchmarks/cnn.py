"""One training step of a small CNN with batch normalisation, forward and backward, and its memory.

64×1×28×28: conv16 - bn - relu - maxpool - conv32 - bn - relu - maxpool - linear, cross-entropy.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.harness import Row, Settings, Step, Table, Target, Workload, memory, python

BATCH, SIZE, CHANNELS, CLASSES = 64, 28, (1, 16, 32), 10


def weights() -> list[np.ndarray]:
    """Of each convolution weight and bias, of its normalisation the same, and of the last layer."""
    rng = np.random.default_rng(3)
    result = []
    for m, n in pairwise(CHANNELS):
        scale = (9 * m) ** -0.5
        result += [rng.uniform(-scale, scale, (n, m, 3, 3)), rng.uniform(-scale, scale, n)]
        result += [rng.uniform(0.5, 1.5, n), rng.normal(size=n)]
    inputs = CHANNELS[-1] * (SIZE // 4) ** 2
    scale = inputs**-0.5
    result += [rng.uniform(-scale, scale, (CLASSES, inputs)), rng.uniform(-scale, scale, CLASSES)]
    return [w.astype(np.float32) for w in result]


def batch() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(BATCH, CHANNELS[0], SIZE, SIZE)).astype(np.float32)
    return x, rng.integers(CLASSES, size=BATCH)


def checked(loss: Any, gradients: list[Any]) -> list[Any]:
    """What is compared: not the bias before a normalisation, whose gradient is rounding alone."""
    return [loss, *(g for k, g in enumerate(gradients) if k not in (1, 5))]


def model(nn: Any) -> Any:
    """The network, of our `nn` or of PyTorch's."""
    layers = []
    for m, n in pairwise(CHANNELS):
        layers += [nn.Conv2d(m, n, 3, padding=1), nn.BatchNorm2d(n), nn.ReLU(), nn.MaxPool2d(2)]
    features = CHANNELS[-1] * (SIZE // 4) ** 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(features, CLASSES))


def ours() -> Step:
    import nn

    network = model(nn)
    for parameter, value in zip(network.parameters(), weights(), strict=True):
        parameter.data = value
    x, labels = batch()

    def step() -> Any:
        network.zero_grad()
        loss = nn.functional.cross_entropy(network(x), labels)
        loss.backward()
        return checked(loss, [p.grad.data for p in network.parameters()])

    return step


def pytorch() -> Step:
    import torch

    torch.set_num_threads(2)
    network = model(torch.nn)
    with torch.no_grad():
        for parameter, value in zip(network.parameters(), weights(), strict=True):
            parameter.copy_(torch.tensor(value))
    x, labels = map(torch.tensor, batch())

    def step() -> Any:
        network.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(x), labels)
        loss.backward()
        return checked(loss, [p.grad for p in network.parameters()])

    return step


def mygrad() -> Step:
    import mygrad as mg
    from mygrad.nnet.activations import relu
    from mygrad.nnet.layers import batchnorm, conv_nd, max_pool
    from mygrad.nnet.losses import softmax_crossentropy

    mg.turn_memory_guarding_off()
    parameters = [mg.tensor(w) for w in weights()]
    x, labels = batch()

    def step() -> Any:
        for p in parameters:
            p.null_grad()
        h = x
        for k in (0, 4):
            w, b, gamma, beta = parameters[k : k + 4]
            h = conv_nd(h, w, stride=1, padding=1) + b.reshape(1, -1, 1, 1)
            h = relu(batchnorm(h, gamma=gamma, beta=beta, eps=1e-5))
            h = max_pool(h, (2, 2), 2)
        w, b = parameters[-2:]
        loss = softmax_crossentropy(h.reshape(BATCH, -1) @ w.T + b, labels)
        loss.backward()
        return checked(loss, [p.grad for p in parameters])

    return step


CONTENDERS = {"ours": ours, "PyTorch": pytorch, "MyGrad": mygrad}

WORKLOADS = [
    Workload(
        "cnn",
        "forward and backward pass of conv16-bn-relu-maxpool-conv32-bn-relu-maxpool-linear, "
        "64×1×28×28, cross-entropy, float32",
        CONTENDERS,
        {"PyTorch": Target(3.0, 2.2), "MyGrad": Target(0.25, 0.15)},
        steps_checked=2,
        tolerance=1e-4,
    )
]


def main() -> None:
    """Print the KiB that steps of the contender named on the command line need at the highest."""
    prepare = CONTENDERS[sys.argv[1]]
    step = prepare()
    start = memory("VmRSS")
    for _ in range(5):
        step()
    json.dump(memory("VmHWM") - start, sys.stdout)


def run(settings: Settings) -> Table:
    """The memory of the steps, above that of the libraries and the data."""
    call = "import benchmarks.cnn as cnn; cnn.main()"
    used = {label: json.loads(python("-c", call, label)) for label in ("ours", "PyTorch")}
    rows = [
        Row("ours", f"{used['ours'] / 1024:.1f} MiB"),
        Row(
            "PyTorch",
            f"{used['PyTorch'] / 1024:.1f} MiB",
            used["ours"] / used["PyTorch"],
            target=Target(2.0),
        ),
    ]
    return Table("cnn-memory", "peak memory of five such steps, above that before them", rows)
