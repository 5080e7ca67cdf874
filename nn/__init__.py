"""Neural networks, built from the primitives of `autograd`.

>>> import numpy as np
>>> import nn
>>> nn.seed(0)
>>> model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
>>> optimizer = nn.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
>>> x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype="float32")
>>> y = np.array([[0], [1], [1], [0]])  # exclusive or
>>> for _ in range(100):
...     optimizer.zero_grad()
...     nn.functional.binary_cross_entropy_with_logits(model(x), y).backward()
...     optimizer.step()
>>> (model(x).data > 0).astype(int).ravel()
array([0, 1, 1, 0])
"""

try:
    from autograd import Tensor as _Tensor  # noqa: F401
except ImportError:
    raise ImportError(
        "nn: the `autograd` that is installed here is another distribution of that name; "
        "pip uninstall autograd, and install tapegrad again."
    ) from None

from nn import functional as functional, init as init, optim as optim, random as random
from nn.layers import (
    Flatten as Flatten,
    Identity as Identity,
    Linear as Linear,
    ReLU as ReLU,
    Sequential as Sequential,
    Sigmoid as Sigmoid,
    Tanh as Tanh,
)
from nn.losses import (
    BCEWithLogitsLoss as BCEWithLogitsLoss,
    CrossEntropyLoss as CrossEntropyLoss,
    MSELoss as MSELoss,
)
from nn.module import Module as Module, Parameter as Parameter
from nn.random import seed as seed
