"""The losses as modules; `nn.functional` has them as functions, which say more.

Each takes its settings, as keywords from where PyTorch has arguments that are out of use, and is
then called with the input and the target.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nn import functional
from nn.functional.checks import described
from nn.layers.distance import PairwiseDistance
from nn.layers.twin import Twin

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]


class _Loss(Twin):
    """A loss with its `reduction`, "mean", "sum" or "none"; weights are buffers."""

    _reductions: tuple[str, ...] = ("mean", "sum", "none")

    def __init__(self, *, reduction: str = "mean", **settings: Any) -> None:
        if reduction not in self._reductions:
            raise ValueError(
                f"{type(self).__name__}: reduction must be one of "
                f"{', '.join(map(repr, self._reductions))}; received {described(reduction)}."
            )
        weights = {name: settings.pop(name) for name in list(settings) if name.endswith("weight")}
        super().__init__(reduction=reduction, **settings)
        self._settings += tuple(weights)
        for name, weight in weights.items():
            self.register_buffer(name, weight)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of `input`, given `target`."""
        return self._call(input, target)


class L1Loss(_Loss):
    r"""The size of the errors: :math:`|x - y|`.

    Shapes: input and target the same.

    >>> import numpy as np
    >>> float(L1Loss()(np.array([1.0, 2.0]), [3.0, 2.0]))
    1.0
    """

    function = functional.l1_loss

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)


class MSELoss(_Loss):
    r"""The squares of the errors: :math:`(x - y)^2`.

    Shapes: input and target the same.

    >>> import numpy as np
    >>> float(MSELoss(reduction="sum")(np.array([1.0, 2.0]), [3.0, 2.0]))
    4.0
    """

    function = functional.mse_loss

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)


class SmoothL1Loss(_Loss):
    r"""The size of the errors, rounded off where it is below `beta`.

    Shapes: input and target the same.

    >>> import numpy as np
    >>> float(SmoothL1Loss()(np.array([1.0, 2.0]), [1.0, 4.0]))
    0.75
    """

    function = functional.smooth_l1_loss

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction, beta=beta)


class HuberLoss(_Loss):
    r"""Half the squares of errors up to `delta`, `delta` times the size of larger ones.

    Shapes: input and target the same.

    >>> import numpy as np
    >>> float(HuberLoss()(np.array([1.0, 2.0]), [1.0, 4.0]))
    0.75
    """

    function = functional.huber_loss

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction, delta=delta)


class CrossEntropyLoss(_Loss):
    r"""Of logits: :math:`-w_{y_n} \log \operatorname{softmax}(x_n)_{y_n}`.

    Shapes: logits (N, C, ...) with class indices (N, ...) or probabilities, or (C,) with ().

    >>> import numpy as np
    >>> float(CrossEntropyLoss()(np.array([[0.0, 0.0]]), [1]).round(6))
    0.693147
    """

    function = functional.cross_entropy

    def __init__(
        self,
        weight: Any = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(
            weight=weight,
            ignore_index=ignore_index,
            reduction=reduction,
            label_smoothing=label_smoothing,
        )


class NLLLoss(_Loss):
    r"""Of logarithms of probabilities: :math:`-w_{y_n} x_{n y_n}`.

    Shapes: input (N, C, ...) and class indices (N, ...), or (C,) and ().

    >>> import numpy as np
    >>> float(NLLLoss()(np.array([[-1.0, -2.0]]), [1]))
    2.0
    """

    function = functional.nll_loss

    def __init__(
        self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(weight=weight, ignore_index=ignore_index, reduction=reduction)


class BCELoss(_Loss):
    r"""Of probabilities: :math:`-w (y \log x + (1 - y) \log(1 - x))`.

    Shapes: input and target the same.

    >>> import numpy as np
    >>> float(BCELoss()(np.array([0.5]), [1.0]).round(6))
    0.693147
    """

    function = functional.binary_cross_entropy

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(weight=weight, reduction=reduction)


class BCEWithLogitsLoss(_Loss):
    r"""Of logits: :math:`-w (p \, y \log \sigma(x) + (1 - y) \log(1 - \sigma(x)))`.

    Shapes: input and target the same.

    >>> import numpy as np
    >>> float(BCEWithLogitsLoss()(np.array([0.0]), [1.0]).round(6))
    0.693147
    """

    function = functional.binary_cross_entropy_with_logits

    def __init__(
        self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
    ) -> None:
        super().__init__(weight=weight, reduction=reduction, pos_weight=pos_weight)


class KLDivLoss(_Loss):
    r"""The divergence :math:`y (\log y - x)` of probabilities y from :math:`e^x`.

    Shapes: input and target the same.

    >>> import numpy as np
    >>> float(KLDivLoss(reduction="batchmean")(np.log([[0.5, 0.5]]), [[1.0, 0.0]]).round(6))
    0.693147
    """

    function = functional.kl_div
    _reductions = ("batchmean", "mean", "sum", "none")

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction=reduction, log_target=log_target)


class PoissonNLLLoss(_Loss):
    r"""Of the logarithm of an expected count: :math:`e^x - y x`.

    Shapes: input and target the same.

    >>> import numpy as np
    >>> float(PoissonNLLLoss()(np.array([0.0]), [2.0]))
    1.0
    """

    function = functional.poisson_nll_loss

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        *,
        eps: float = 1e-8,
        reduction: str = "mean",
    ) -> None:
        super().__init__(log_input=log_input, full=full, eps=eps, reduction=reduction)


class GaussianNLLLoss(_Loss):
    r"""Of a mean and a variance: :math:`\frac{1}{2} (\log v + (x - y)^2 / v)`.

    Shapes: input and target the same; the variance too, or as `functional.gaussian_nll_loss` says.

    >>> import numpy as np
    >>> float(GaussianNLLLoss()(np.array([1.0]), [3.0], np.array([1.0])))
    2.0
    """

    function = functional.gaussian_nll_loss

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(full=full, eps=eps, reduction=reduction)

    def forward(self, input: Any, target: Any, var: Any) -> Any:  # type: ignore[override]
        """The loss of the mean `input` and the variance `var`, given `target`."""
        return self._call(input, target, var)


class HingeEmbeddingLoss(_Loss):
    r""":math:`x` where y is 1, :math:`\max(0, m - x)` where it is -1.

    Shapes: input and target the same.

    >>> import numpy as np
    >>> float(HingeEmbeddingLoss()(np.array([0.5, 0.5]), [1, -1]))
    0.5
    """

    function = functional.hinge_embedding_loss

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(margin=margin, reduction=reduction)


class MarginRankingLoss(_Loss):
    r""":math:`\max(0, -y (x_1 - x_2) + m)`: which of two should be higher.

    Shapes: all the same; the target holds 1 and -1.

    >>> import numpy as np
    >>> float(MarginRankingLoss()(np.array([3.0]), np.array([1.0]), [-1]))
    2.0
    """

    function = functional.margin_ranking_loss

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(margin=margin, reduction=reduction)

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:  # type: ignore[override]
        """The loss of two inputs, given `target`."""
        return self._call(input1, input2, target)


class MultiMarginLoss(_Loss):
    r"""How far other classes are above the right one, less a margin.

    Shapes: input (N, C) and class indices (N,), or (C,) and ().

    >>> import numpy as np
    >>> float(MultiMarginLoss()(np.array([1.0, 0.5, 0.0]), 0).round(6))
    0.166667
    """

    function = functional.multi_margin_loss

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean"
    ) -> None:
        super().__init__(p=p, margin=margin, weight=weight, reduction=reduction)


class MultiLabelMarginLoss(_Loss):
    r"""How far other classes are above the right ones, less 1.

    Shapes: input and target (N, C) or (C,); the target lists the right classes up to a -1.

    >>> import numpy as np
    >>> float(MultiLabelMarginLoss()(np.array([0.5, 0.0, 1.0]), [2, -1, 0]).round(6))
    0.166667
    """

    function = functional.multilabel_margin_loss

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)


class MultiLabelSoftMarginLoss(_Loss):
    r"""The mean over the classes of `BCEWithLogitsLoss`.

    Shapes: input and target (..., C).

    >>> import numpy as np
    >>> float(MultiLabelSoftMarginLoss()(np.array([0.0, 1e4]), [1, 1]).round(6))
    0.346574
    """

    function = functional.multilabel_soft_margin_loss

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(weight=weight, reduction=reduction)


class SoftMarginLoss(_Loss):
    r""":math:`\log(1 + e^{-y x})` of y that are 1 or -1.

    Shapes: input and target the same.

    >>> import numpy as np
    >>> float(SoftMarginLoss()(np.array([1e4, 1e4]), [1, -1]))
    5000.0
    """

    function = functional.soft_margin_loss

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)


class TripletMarginLoss(_Loss):
    r""":math:`\max(0, \|a - p\| - \|a - n\| + m)` of an anchor, a positive and a negative.

    Shapes: all the same, (N, D) or (D,).

    >>> import numpy as np
    >>> x, near, far = np.array([[0.0, 0.0], [0.0, 0.5], [0.0, 3.0]])
    >>> float(TripletMarginLoss(margin=3.0)(x, near, far).round(4))
    0.5
    """

    function = functional.triplet_margin_loss

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        *,
        reduction: str = "mean",
    ) -> None:
        super().__init__(margin=margin, p=p, eps=eps, swap=swap, reduction=reduction)

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:  # type: ignore[override]
        """The loss of the three."""
        return self._call(anchor, positive, negative)


class TripletMarginWithDistanceLoss(_Loss):
    r""":math:`\max(0, d(a, p) - d(a, n) + m)` of an anchor, a positive and a negative.

    Shapes: all the same, as the distance function takes them.

    >>> import numpy as np
    >>> x, near, far = np.array([[0.0, 0.0], [0.0, 0.5], [0.0, 3.0]])
    >>> loss = TripletMarginWithDistanceLoss(distance_function=lambda x, y: abs(x - y).max(axis=-1))
    >>> float(loss(x, near, far))
    0.0
    """

    function = functional.triplet_margin_with_distance_loss

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(
            distance_function=distance_function or PairwiseDistance(),
            margin=margin,
            swap=swap,
            reduction=reduction,
        )

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:  # type: ignore[override]
        """The loss of the three."""
        return self._call(anchor, positive, negative)


class CosineEmbeddingLoss(MarginRankingLoss):
    r""":math:`1 - \cos(x_1, x_2)` where y is 1, :math:`\max(0, \cos(x_1, x_2) - m)` where it is -1.

    Shapes: inputs (N, D) and a target (N,), or (D,) and ().

    >>> import numpy as np
    >>> float(CosineEmbeddingLoss()(np.array([1.0, 0.0]), np.array([0.0, 2.0]), 1))
    1.0
    """

    function = functional.cosine_embedding_loss
