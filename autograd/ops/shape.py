"""Functions that arrange the same elements anew."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd.dispatch import overrides
from autograd.primitive import primitive
from autograd.tensor import Tensor, constant

reshape = primitive(
    lambda x, /, shape: np.reshape(x, shape),
    name="reshape",
    implements=np.reshape,
    tex=r"\operatorname{{reshape}}({x}, {shape})",
    x=lambda g, x_shape: np.reshape(g, x_shape),
)


def _transpose_back(g: Any, axes: tuple[int, ...] | None) -> Any:
    return np.transpose(
        g, axes and tuple(int(k) for k in np.argsort([a % len(axes) for a in axes]))
    )


transpose = primitive(
    lambda x, /, axes=None: np.transpose(x, axes),
    name="transpose",
    implements=[np.transpose, np.permute_dims],
    tex=r"{x}^\top",
    x=_transpose_back,
)

swapaxes = primitive(
    lambda x, /, axis1, axis2: np.swapaxes(x, axis1, axis2),
    name="swapaxes",
    implements=np.swapaxes,
    tex=r"{x}^\top",
    x=lambda g, axis1, axis2: np.swapaxes(g, axis1, axis2),
)

moveaxis = primitive(
    lambda x, /, source, destination: np.moveaxis(x, source, destination),
    name="moveaxis",
    implements=np.moveaxis,
    tex=r"\operatorname{{moveaxis}}({x}, {source}, {destination})",
    x=lambda g, source, destination: np.moveaxis(g, destination, source),
)

expand_dims = primitive(
    lambda x, /, axis: np.expand_dims(x, axis),
    name="expand_dims",
    implements=np.expand_dims,
    tex="{x}",
    x=lambda g, x_shape: np.reshape(g, x_shape),
)

squeeze = primitive(
    lambda x, /, axis=None: np.squeeze(x, axis),
    name="squeeze",
    implements=np.squeeze,
    tex="{x}",
    x=lambda g, x_shape: np.reshape(g, x_shape),
)

# The rule leaves the cotangent as large as it is: undoing a broadcast is the engine's business.
broadcast_to = primitive(
    lambda x, /, shape: np.broadcast_to(x, shape),
    name="broadcast_to",
    implements=np.broadcast_to,
    tex=r"\operatorname{{broadcast}}({x}, {shape})",
    x=lambda g: g,
)

copy = primitive(lambda x: np.copy(x), name="copy", implements=np.copy, tex="{x}", x=lambda g: g)

# The cotangent is converted where the backward pass hands it over.
_astype = primitive(
    lambda x, /, dtype: x.astype(dtype),
    name="astype",
    tex=r"\operatorname{{astype}}({x}, \text{{{dtype}}})",
    x=lambda g: g,
)


def astype(x: Any, dtype: DTypeLike) -> Any:
    """`x` in another dtype; to an integer or boolean one, a constant.

    >>> astype(np.array([1.9]), "float32").dtype
    dtype('float32')
    """
    kind = np.dtype(dtype)
    if isinstance(x, Tensor) and kind.kind != "f":
        return Tensor(x._data.astype(kind), copy=False)
    return _astype(x, kind)


@overrides(np.ravel)
def ravel(x: Any) -> Any:
    """`x` as one axis, in row-major order.

    >>> ravel(np.array([[1, 2], [3, 4]]))
    array([1, 2, 3, 4])
    """
    return reshape(x, (-1,))


def _like(make: Any) -> Any:
    def made_like(x: Any, *args: Any, **kwargs: Any) -> Tensor:
        return constant(make(x._data if isinstance(x, Tensor) else x, *args, **kwargs))

    return made_like


zeros_like = overrides(np.zeros_like)(_like(np.zeros_like))
ones_like = overrides(np.ones_like)(_like(np.ones_like))
full_like = overrides(np.full_like)(_like(np.full_like))
empty_like = overrides(np.empty_like)(_like(np.empty_like))
