"""The type of a traced array, under the name that HIPS autograd gives it."""

from autograd.tensor import Tensor as ArrayBox

__all__ = ["ArrayBox"]
