"""The twins of `cases.elementwise`."""

from __future__ import annotations

import torch

from twins.kit import tensors_only


def power(x, y=None, exponent=None):
    if exponent is None:
        return tensors_only(torch.pow)(x, y)
    return torch.pow(x, torch.as_tensor(exponent))


def clip(x, a_min=None, a_max=None, min=None):
    return torch.clamp(x, min if a_min is None else a_min, a_max)


TWINS = {
    "negative": torch.negative,
    "positive": torch.positive,
    "absolute": torch.abs,
    "fabs": torch.abs,
    "sign": torch.sign,
    "square": torch.square,
    "sqrt": torch.sqrt,
    "cbrt": lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3),
    "reciprocal": torch.reciprocal,
    "exp": torch.exp,
    "exp2": torch.exp2,
    "expm1": torch.expm1,
    "log": torch.log,
    "log2": torch.log2,
    "log10": torch.log10,
    "log1p": torch.log1p,
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "arcsin": torch.arcsin,
    "arccos": torch.arccos,
    "arctan": torch.arctan,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "arcsinh": torch.arcsinh,
    "arccosh": torch.arccosh,
    "arctanh": torch.arctanh,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "trunc": torch.trunc,
    "rint": torch.round,
    "round": torch.round,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "fix": torch.fix,
    "degrees": torch.rad2deg,
    "rad2deg": torch.rad2deg,
    "radians": torch.deg2rad,
    "deg2rad": torch.deg2rad,
    "sinc": torch.sinc,
    "modf": lambda x: (torch.frac(x), torch.trunc(x)),
    "nan_to_num": torch.nan_to_num,
    "logaddexp2": tensors_only(torch.logaddexp2),
    "hypot": tensors_only(torch.hypot),
    "copysign": tensors_only(torch.copysign),
    "fmax": tensors_only(torch.fmax),
    "fmin": tensors_only(torch.fmin),
    "fmod": tensors_only(torch.fmod),
    "ldexp": lambda x, y: x * 2.0 ** torch.as_tensor(y, dtype=torch.float64),
    "divmod": lambda x, y: (torch.floor(x / y), torch.remainder(x, y)),
    "add": tensors_only(torch.add),
    "subtract": tensors_only(torch.subtract),
    "multiply": tensors_only(torch.multiply),
    "divide": tensors_only(torch.divide),
    "power": power,
    "float_power": tensors_only(torch.float_power),
    "logaddexp": tensors_only(torch.logaddexp),
    "arctan2": tensors_only(torch.arctan2),
    "maximum": tensors_only(torch.maximum),
    "minimum": tensors_only(torch.minimum),
    "remainder": tensors_only(torch.remainder),
    "where": torch.where,
    "where_or_0": lambda x, condition, holds: x * torch.as_tensor(condition == holds),
    "clip": clip,
    "clip_by_arrays": torch.clamp,
}

WITHOUT = {
    "floor_divide": "PyTorch has no derivative for it",
    "heaviside": "PyTorch has no derivative for it",
}
