"""The layers, by family."""

from nn.layers.activation import ReLU as ReLU
from nn.layers.activation import Sigmoid as Sigmoid
from nn.layers.activation import Tanh as Tanh
from nn.layers.container import Sequential as Sequential
from nn.layers.linear import Flatten as Flatten
from nn.layers.linear import Identity as Identity
from nn.layers.linear import Linear as Linear
