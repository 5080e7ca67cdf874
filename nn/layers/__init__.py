"""The layers, by family."""

from nn.layers.activation import ReLU as ReLU, Sigmoid as Sigmoid, Tanh as Tanh
from nn.layers.container import Sequential as Sequential
from nn.layers.linear import Flatten as Flatten, Identity as Identity, Linear as Linear
