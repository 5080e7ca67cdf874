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

from nn import functional as functional
from nn import init as init
from nn import optim as optim
from nn import random as random
from nn.layers import Flatten as Flatten
from nn.layers import Identity as Identity
from nn.layers import Linear as Linear
from nn.layers import ReLU as ReLU
from nn.layers import Sequential as Sequential
from nn.layers import Sigmoid as Sigmoid
from nn.layers import Tanh as Tanh
from nn.losses import BCEWithLogitsLoss as BCEWithLogitsLoss
from nn.losses import CrossEntropyLoss as CrossEntropyLoss
from nn.losses import MSELoss as MSELoss
from nn.module import Module as Module
from nn.module import Parameter as Parameter
from nn.random import seed as seed
