"""Optimizers: they change parameters by their gradients; `lr_scheduler` has the schedules."""

from nn.optim import lr_scheduler as lr_scheduler
from nn.optim.adam import (
    Adam as Adam,
    Adamax as Adamax,
    AdamW as AdamW,
    NAdam as NAdam,
    RAdam as RAdam,
)
from nn.optim.adaptive import (
    Adadelta as Adadelta,
    Adagrad as Adagrad,
    RMSprop as RMSprop,
    Rprop as Rprop,
)
from nn.optim.lbfgs import LBFGS as LBFGS
from nn.optim.muon import Muon as Muon
from nn.optim.optimizer import Optimizer as Optimizer
from nn.optim.sgd import SGD as SGD
