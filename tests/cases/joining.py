"""Several arrays made one, one made several."""

from __future__ import annotations

import numpy as np

from autograd import barrier
from cases.kit import distinct, one, real


def joined(function):
    return lambda *xs, **static: function(xs, **static)


def blocks(a, b, c, d):
    return np.block([[a, b], [c, d]])


def rows(a, b):
    return np.block([a, b, 1.5])


def insert(x, values, obj, axis=None):
    return np.insert(x, obj, values, axis)


STATISTICS = ("maximum", "minimum", "mean", "median")

CASES = [
    one("barrier", barrier, [(2, 3), (), (0, 2)], alone=False),
    one("barrier", barrier, [(3,)], alone=False),
    one("concatenate", joined(np.concatenate), [(2, 3), (1, 3), (4, 3)], axis=0),
    one("concatenate", joined(np.concatenate), [(2, 3), (2, 1)], axis=-1),
    one("concatenate", joined(np.concatenate), [(2, 3), (4,)], alone=False, axis=None),
    one("concatenate", joined(np.concatenate), [(0, 3), (2, 3)], axis=0),
    one("concatenate", joined(np.concatenate), [(3,)], axis=0),
    one(
        "concatenate",
        joined(np.concatenate),
        [(2,), (3,)],
        alone=False,
        dtype="float64",
        casting="safe",
    ),
    one("stack", joined(np.stack), [(2, 3), (2, 3)], axis=0),
    one("stack", joined(np.stack), [(2, 3), (2, 3), (2, 3)], axis=-1),
    one("stack", joined(np.stack), [(), ()], axis=0),
    one("vstack", joined(np.vstack), [(3,), (2, 3)], alone=False),
    one("vstack", joined(np.vstack), [(), ()], alone=False, dtype="float64"),
    one("hstack", joined(np.hstack), [(3,), ()], alone=False),
    one("hstack", joined(np.hstack), [(2, 3), (2, 1)], alone=False),
    one("dstack", joined(np.dstack), [(2, 3), (2, 3, 2)], alone=False),
    one("dstack", joined(np.dstack), [(3,), (3,)], alone=False),
    one("column_stack", joined(np.column_stack), [(2,), (2, 3)], alone=False),
    one("append", np.append, [(2, 3), (2, 1)], alone=False, axis=1),
    one("append", np.append, [(2, 3), ()], alone=False),
    one("block", blocks, [(2, 2), (2, 1), (2,), ()], alone=False),
    one("block", rows, [(2,), ()], alone=False),
    one("block", np.block, [(2, 3)], alone=False),
    # ------------------------------------------------------------------ cutting
    one("split", np.split, [(6, 2)], alone=False, indices_or_sections=3),
    one("split", np.split, [(2, 6)], alone=False, indices_or_sections=[1, 4], axis=-1),
    one("split", np.split, [(5,)], alone=False, indices_or_sections=(0, 3, 3, 9)),
    one("split", np.split, [(5,)], alone=False, indices_or_sections=[-4, -1]),
    one("array_split", np.array_split, [(2, 5)], alone=False, indices_or_sections=3, axis=1),
    one("array_split", np.array_split, [(2,)], alone=False, indices_or_sections=3),
    one("hsplit", np.hsplit, [(4,)], alone=False, indices_or_sections=2),
    one("hsplit", np.hsplit, [(2, 4)], alone=False, indices_or_sections=[1]),
    one("vsplit", np.vsplit, [(4, 2)], alone=False, indices_or_sections=2),
    one("dsplit", np.dsplit, [(2, 1, 4)], alone=False, indices_or_sections=2),
    *(
        one("unstack", np.unstack, [(2, 3)], alone=False, axis=axis)
        for axis in (0, -1)
        if hasattr(np, "unstack")
    ),
    # ------------------------------------------------------------------ taking out, putting in
    one("delete", np.delete, [(2, 3)], alone=False, obj=-1, axis=1),
    one("delete", np.delete, [(2, 3)], alone=False, obj=[0, 4, 4]),
    one("delete", np.delete, [(4, 2)], alone=False, obj=slice(None, None, 2), axis=0),
    one("delete", np.delete, [(3,)], alone=False, obj=np.array([True, False, True])),
    one("insert", insert, [(2, 3), ()], alone=False, obj=1, axis=1),
    one("insert", insert, [(2, 3), (3, 2)], alone=False, obj=-1, axis=1),
    one("insert", insert, [(2, 3), (2, 2)], alone=False, obj=[1], axis=-1),
    one("insert", insert, [(2, 3), (2,)], alone=False, obj=[3, 0]),
    one("insert", insert, [(3, 2), (2, 1)], alone=False, obj=slice(0, 2), axis=0),
    one("insert", insert, [(0,), (2,)], alone=False, obj=0),
    # ------------------------------------------------------------------ borders
    one("pad", np.pad, [(2, 3)], pad_width=1),
    one("pad", np.pad, [(2, 3)], pad_width=(1, 2), constant_values=0.5),
    one("pad", np.pad, [(2, 3)], pad_width=((0, 1), (2, 0)), constant_values=((1, 2), (3, 4))),
    one("pad", np.pad, [(0,)], pad_width=2),
    *(
        one("pad", np.pad, [(2, 3)], alone=False, pad_width=((0, 1), (2, 2)), mode=mode)
        for mode in ("wrap", "reflect", "symmetric")
    ),
    one("pad", np.pad, [(2, 3)], alone=False, pad_width=((0, 1), (1, 1)), mode="edge"),
    *(
        one("pad", np.pad, [shape], distinct, None, False, False, **static)
        for mode in ("reflect", "symmetric")
        for shape, static in [
            ((4,), {"pad_width": (9, 10), "mode": mode, "reflect_type": "odd"}),
            ((1, 3), {"pad_width": (2, 1), "mode": mode, "reflect_type": "odd"}),
        ]
    ),
    *(
        one("pad", np.pad, [(2, 3)], real, None, False, False, pad_width=(1, 2), mode=mode)
        for mode in STATISTICS
    ),
    *(
        one("pad", np.pad, [(5,)], distinct, None, False, False, **static)
        for mode in STATISTICS
        for static in [{"pad_width": (2, 1), "mode": mode, "stat_length": (2, 9)}]
    ),
    one("pad", np.pad, [(2, 3)], alone=False, exact=False, pad_width=(2, 3), mode="linear_ramp"),
    one(
        "pad",
        np.pad,
        [(2, 3)],
        alone=False,
        exact=False,
        pad_width=((1, 2), (0, 3)),
        mode="linear_ramp",
        end_values=((1, 2), (3, -4)),
    ),
]
