"""The same elements, arranged anew."""

from __future__ import annotations

import numpy as np

import autograd as ag
from cases.kit import one

CASES = [
    one("reshape", np.reshape, [(2, 6)], shape=(3, -1)),
    one("reshape", np.reshape, [(2, 3)], shape=6),
    one("reshape", np.reshape, [(2, 3)], shape=[3, 2]),
    one("reshape", np.reshape, [()], shape=(1, 1)),
    one("reshape", np.reshape, [(0, 3)], shape=(3, 0)),
    one("ravel", np.ravel, [(2, 3)]),
    one("ravel", np.ravel, [()]),
    one("transpose", np.transpose, [(2, 3, 4)]),
    one("transpose", np.transpose, [(2, 3, 4)], axes=(1, 2, 0)),
    one("transpose", np.transpose, [(2, 3, 4)], axes=[-1, 0, -2]),
    one("transpose", np.transpose, [()]),
    one("permute_dims", np.permute_dims, [(2, 3, 4)], axes=(2, 0, 1)),
    one("swapaxes", np.swapaxes, [(2, 3, 4)], axis1=0, axis2=-1),
    one("moveaxis", np.moveaxis, [(2, 3, 4)], source=0, destination=-1),
    one("moveaxis", np.moveaxis, [(2, 3, 4)], source=[-1, 0], destination=[0, 1]),
    one("expand_dims", np.expand_dims, [(2, 3)], axis=-1),
    one("expand_dims", np.expand_dims, [(2, 3)], axis=(0, 2)),
    one("expand_dims", np.expand_dims, [(2, 3)], axis=[1, 0]),
    one("squeeze", np.squeeze, [(1, 3, 1)]),
    one("squeeze", np.squeeze, [(1, 3, 1)], axis=-1),
    one("squeeze", np.squeeze, [(1, 3, 1)], axis=(0, 2)),
    one("broadcast_to", np.broadcast_to, [(3, 1)], alone=False, shape=(2, 3, 4)),
    one("broadcast_to", np.broadcast_to, [()], alone=False, shape=[2]),
    one("broadcast_to", np.broadcast_to, [(1, 3)], alone=False, shape=(0, 3)),
    one("copy", np.copy, [(2, 3)]),
    one("astype", ag.astype, [(2, 3)], reference=lambda x, dtype: x.astype(dtype), dtype="float64"),
]
