"""Optimizers: they change parameters by their gradients."""

from nn.optim.optimizer import Optimizer as Optimizer
from nn.optim.sgd import SGD as SGD
