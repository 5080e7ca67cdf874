"""Optimizers: they change parameters by their gradients; `lr_scheduler` has the schedules."""

import typing as _typing

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
from nn.spellings import missing as _missing

if not _typing.TYPE_CHECKING:  # a checker finds what is not there by itself

    def __getattr__(name: str) -> object:
        raise _missing(__name__, name)
