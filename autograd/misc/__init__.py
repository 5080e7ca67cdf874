"""Helpers of HIPS autograd: `flatten` and a few optimizers."""

from autograd.misc.flatten import flatten as flatten
