"""The same elements, arranged anew."""

from __future__ import annotations

import numpy as np

import autograd as ag
from cases.kit import one

CASES = [
    one("reshape", np.reshape, [(2, 6)], shape=(3, -1)),
    one("reshape", np.reshape, [(2, 3)], shape=6),
    one("reshape", np.reshape, [(2, 3)], shape=[3, 2]),
    one("reshape", np.reshape, [(2, 3, 2)], shape=(4, -1), order="F"),
    one("reshape", np.reshape, [()], shape=(1, 1)),
    one("reshape", np.reshape, [(0, 3)], shape=(3, 0)),
    one("ravel", np.ravel, [(2, 3)]),
    one("ravel", np.ravel, [(2, 3)], order="F"),
    one("ravel", np.ravel, [()]),
    one("transpose", np.transpose, [(2, 3, 4)]),
    one("transpose", np.transpose, [(2, 3, 4)], axes=(1, 2, 0)),
    one("transpose", np.transpose, [(2, 3, 4)], axes=[-1, 0, -2]),
    one("transpose", np.transpose, [()]),
    one("permute_dims", np.permute_dims, [(2, 3, 4)], axes=(2, 0, 1)),
    one("matrix_transpose", np.matrix_transpose, [(2, 3, 4)]),
    one("swapaxes", np.swapaxes, [(2, 3, 4)], axis1=0, axis2=-1),
    one("moveaxis", np.moveaxis, [(2, 3, 4)], source=0, destination=-1),
    one("moveaxis", np.moveaxis, [(2, 3, 4)], source=[-1, 0], destination=[0, 1]),
    one("rollaxis", np.rollaxis, [(2, 3, 4)], axis=2),
    one("rollaxis", np.rollaxis, [(2, 3, 4)], axis=0, start=3),
    one("rollaxis", np.rollaxis, [(2, 3, 4)], axis=-3, start=-1),
    one("expand_dims", np.expand_dims, [(2, 3)], axis=-1),
    one("expand_dims", np.expand_dims, [(2, 3)], axis=(0, 2)),
    one("expand_dims", np.expand_dims, [(2, 3)], axis=[1, 0]),
    one("squeeze", np.squeeze, [(1, 3, 1)]),
    one("squeeze", np.squeeze, [(1, 3, 1)], axis=-1),
    one("squeeze", np.squeeze, [(1, 3, 1)], axis=(0, 2)),
    one("broadcast_to", np.broadcast_to, [(3, 1)], alone=False, shape=(2, 3, 4)),
    one("broadcast_to", np.broadcast_to, [()], alone=False, shape=[2]),
    one("broadcast_to", np.broadcast_to, [(1, 3)], alone=False, shape=(0, 3)),
    one("full_like", lambda x: np.full_like(x, x[0]), [(3,)], alone=False),
    one("copy", np.copy, [(2, 3)]),
    one("copy", np.copy, [(2, 3)], order="C"),
    one("astype", ag.astype, [(2, 3)], reference=lambda x, dtype: x.astype(dtype), dtype="float64"),
    one("broadcast_arrays", np.broadcast_arrays, [(2, 1), (3,), ()], alone=False),
    one("meshgrid", np.meshgrid, [(2,), (3,)], alone=False),
    one("meshgrid", np.meshgrid, [(2,), (3,), (2,)], alone=False, indexing="ij", copy=False),
    one("meshgrid", np.meshgrid, [(2,), (), (3,)], alone=False, sparse=True),
    *(
        one(name, getattr(np, name), shapes, alone=False)
        for name in ("atleast_1d", "atleast_2d", "atleast_3d")
        for shapes in ([(2, 3)], [(), (3,), (2, 1, 2)])
    ),
    # ------------------------------------------------------------------ another order
    one("flip", np.flip, [(2, 3)]),
    one("flip", np.flip, [(2, 3, 2)], axis=(0, -1)),
    one("flip", np.flip, [(0, 3)], axis=1),
    one("flipud", np.flipud, [(3,)]),
    one("fliplr", np.fliplr, [(2, 3)]),
    one("roll", np.roll, [(2, 3)], shift=2),
    one("roll", np.roll, [(2, 3)], shift=-4, axis=-1),
    one("roll", np.roll, [(3, 4)], shift=[1, -1], axis=(0, 1)),
    one("roll", np.roll, [(3, 4)], shift=1, axis=(0, 1)),
    one("roll", np.roll, [(0,)], shift=1),
    one("roll", np.roll, [(3,)], shift=np.uint8(1)),
    one("roll", np.roll, [(3,)], shift=2**63),
    *(one("rot90", np.rot90, [(2, 3)], k=k) for k in (0, 1, 2, -1)),
    one("rot90", np.rot90, [(2, 3, 2)], axes=[2, 1]),
    # ------------------------------------------------------------------ repeated
    one("repeat", np.repeat, [(2, 3)], alone=False, repeats=2),
    one("repeat", np.repeat, [(2, 3)], alone=False, repeats=3, axis=0),
    one("repeat", np.repeat, [(2, 3)], alone=False, repeats=[0, 2, 1], axis=-1),
    one("repeat", np.repeat, [(2, 2)], alone=False, repeats=np.array([1, 0, 2, 3])),
    one("repeat", np.repeat, [()], alone=False, repeats=[2]),
    one("repeat", np.repeat, [(2, 3)], alone=False, repeats=0, axis=1),
    one("tile", np.tile, [(2, 3)], alone=False, reps=2),
    one("tile", np.tile, [(3,)], alone=False, reps=(2, 1, 2)),
    one("tile", np.tile, [(2, 1, 3)], alone=False, reps=[2, 1]),
    one("tile", np.tile, [()], alone=False, reps=3),
    one("tile", np.tile, [(2, 3)], alone=False, reps=(0, 2)),
    one("resize", np.resize, [(2, 3)], alone=False, new_shape=(3, 3)),
    one("resize", np.resize, [(2, 3)], alone=False, new_shape=4),
    one("resize", np.resize, [(0,)], alone=False, new_shape=(0, 2)),
    # ------------------------------------------------------------------ diagonals and triangles
    one("diagonal", np.diagonal, [(3, 4)], alone=False),
    one("diagonal", np.diagonal, [(3, 4)], alone=False, offset=-1),
    one("diagonal", np.diagonal, [(3, 2, 4)], alone=False, offset=2, axis1=-1, axis2=0),
    one("diagonal", np.diagonal, [(2, 3)], alone=False, offset=5),
    one("diagonal", np.diagonal, [(0, 3)], alone=False),
    *(one("diag", np.diag, [(3,)], alone=False, k=k) for k in (0, 1, -2)),
    *(one("diag", np.diag, [(2, 3)], alone=False, k=k) for k in (0, 2, -1)),
    one("diag", np.diag, [(0,)], alone=False),
    one("diagflat", np.diagflat, [(2, 2)], alone=False, k=1),
    one("diagflat", np.diagflat, [()], alone=False),
    *(
        one(name, getattr(np, name), [shape], alone=len(shape) > 1, k=k)
        for name in ("tril", "triu")
        for shape, k in [((3, 3), 0), ((2, 3, 4), -1), ((3, 2), 1), ((3,), 0)]
    ),
    one("vander", np.vander, [(3,)], alone=False, exact=False),
    one("vander", np.vander, [(3,)], alone=False, exact=False, N=4, increasing=True),
    one("vander", np.vander, [(3,)], alone=False, exact=False, N=0),
]
