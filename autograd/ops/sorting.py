"""Differentiable functions that order, search and interpolate: sort, take, diff, interp, ..."""
