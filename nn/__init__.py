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

import typing as _typing

try:
    from autograd import Tensor as _Tensor  # noqa: F401
except ImportError:
    raise ImportError(
        "nn: the `autograd` that is installed here is another distribution of that name; "
        "pip uninstall autograd, and install tapegrad again."
    ) from None

from nn import (
    data as data,
    functional as functional,
    init as init,
    optim as optim,
    random as random,
    utils as utils,
)
from nn.layers import (
    CELU as CELU,
    ELU as ELU,
    GELU as GELU,
    GLU as GLU,
    GRU as GRU,
    LSTM as LSTM,
    RNN as RNN,
    SELU as SELU,
    AdaptiveAvgPool1d as AdaptiveAvgPool1d,
    AdaptiveAvgPool2d as AdaptiveAvgPool2d,
    AdaptiveMaxPool1d as AdaptiveMaxPool1d,
    AdaptiveMaxPool2d as AdaptiveMaxPool2d,
    AlphaDropout as AlphaDropout,
    AvgPool1d as AvgPool1d,
    AvgPool2d as AvgPool2d,
    BatchNorm1d as BatchNorm1d,
    BatchNorm2d as BatchNorm2d,
    BatchNorm3d as BatchNorm3d,
    Bilinear as Bilinear,
    CircularPad1d as CircularPad1d,
    CircularPad2d as CircularPad2d,
    ConstantPad1d as ConstantPad1d,
    ConstantPad2d as ConstantPad2d,
    Conv1d as Conv1d,
    Conv2d as Conv2d,
    Conv3d as Conv3d,
    ConvTranspose1d as ConvTranspose1d,
    ConvTranspose2d as ConvTranspose2d,
    CosineSimilarity as CosineSimilarity,
    Dropout as Dropout,
    Dropout1d as Dropout1d,
    Dropout2d as Dropout2d,
    Embedding as Embedding,
    Flatten as Flatten,
    Fold as Fold,
    GroupNorm as GroupNorm,
    GRUCell as GRUCell,
    Hardshrink as Hardshrink,
    Hardsigmoid as Hardsigmoid,
    Hardswish as Hardswish,
    Hardtanh as Hardtanh,
    Identity as Identity,
    InstanceNorm1d as InstanceNorm1d,
    InstanceNorm2d as InstanceNorm2d,
    LayerNorm as LayerNorm,
    LeakyReLU as LeakyReLU,
    Linear as Linear,
    LocalResponseNorm as LocalResponseNorm,
    LogSigmoid as LogSigmoid,
    LogSoftmax as LogSoftmax,
    LPPool1d as LPPool1d,
    LPPool2d as LPPool2d,
    LSTMCell as LSTMCell,
    MaxPool1d as MaxPool1d,
    MaxPool2d as MaxPool2d,
    Mish as Mish,
    ModuleDict as ModuleDict,
    ModuleList as ModuleList,
    MultiheadAttention as MultiheadAttention,
    PairwiseDistance as PairwiseDistance,
    ParameterDict as ParameterDict,
    ParameterList as ParameterList,
    PixelShuffle as PixelShuffle,
    PixelUnshuffle as PixelUnshuffle,
    PReLU as PReLU,
    ReflectionPad1d as ReflectionPad1d,
    ReflectionPad2d as ReflectionPad2d,
    ReLU as ReLU,
    ReLU6 as ReLU6,
    ReplicationPad1d as ReplicationPad1d,
    ReplicationPad2d as ReplicationPad2d,
    RMSNorm as RMSNorm,
    RNNCell as RNNCell,
    RReLU as RReLU,
    Sequential as Sequential,
    Sigmoid as Sigmoid,
    SiLU as SiLU,
    Softmax as Softmax,
    Softmax2d as Softmax2d,
    Softmin as Softmin,
    Softplus as Softplus,
    Softshrink as Softshrink,
    Softsign as Softsign,
    Tanh as Tanh,
    Tanhshrink as Tanhshrink,
    Threshold as Threshold,
    TransformerEncoder as TransformerEncoder,
    TransformerEncoderLayer as TransformerEncoderLayer,
    Unflatten as Unflatten,
    Unfold as Unfold,
    Upsample as Upsample,
    UpsamplingBilinear2d as UpsamplingBilinear2d,
    UpsamplingNearest2d as UpsamplingNearest2d,
    ZeroPad1d as ZeroPad1d,
    ZeroPad2d as ZeroPad2d,
)
from nn.losses import (
    BCELoss as BCELoss,
    BCEWithLogitsLoss as BCEWithLogitsLoss,
    CosineEmbeddingLoss as CosineEmbeddingLoss,
    CrossEntropyLoss as CrossEntropyLoss,
    GaussianNLLLoss as GaussianNLLLoss,
    HingeEmbeddingLoss as HingeEmbeddingLoss,
    HuberLoss as HuberLoss,
    KLDivLoss as KLDivLoss,
    L1Loss as L1Loss,
    MarginRankingLoss as MarginRankingLoss,
    MSELoss as MSELoss,
    MultiLabelMarginLoss as MultiLabelMarginLoss,
    MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss,
    MultiMarginLoss as MultiMarginLoss,
    NLLLoss as NLLLoss,
    PoissonNLLLoss as PoissonNLLLoss,
    SmoothL1Loss as SmoothL1Loss,
    SoftMarginLoss as SoftMarginLoss,
    TripletMarginLoss as TripletMarginLoss,
    TripletMarginWithDistanceLoss as TripletMarginWithDistanceLoss,
)
from nn.module import Module as Module, Parameter as Parameter
from nn.random import seed as seed
from nn.serialization import (
    load as load,
    load_checkpoint as load_checkpoint,
    save as save,
    save_checkpoint as save_checkpoint,
)
from nn.spellings import missing as _missing
from nn.summary import summary as summary
from nn.training import (
    History as History,
    accuracy as accuracy,
    evaluate as evaluate,
    fit as fit,
)

if not _typing.TYPE_CHECKING:  # a checker finds what is not there by itself

    def __getattr__(name: str) -> object:
        raise _missing(__name__, name)
