"""Several arrays made one, one made several."""

from __future__ import annotations

import numpy as np

from cases.kit import one


def joined(function):
    return lambda *xs, **static: function(xs, **static)


CASES = [
    one("concatenate", joined(np.concatenate), [(2, 3), (1, 3), (4, 3)], axis=0),
    one("concatenate", joined(np.concatenate), [(2, 3), (2, 1)], axis=-1),
    one("concatenate", joined(np.concatenate), [(2, 3), (4,)], alone=False, axis=None),
    one("concatenate", joined(np.concatenate), [(0, 3), (2, 3)], axis=0),
    one("concatenate", joined(np.concatenate), [(3,)], axis=0),
    one("stack", joined(np.stack), [(2, 3), (2, 3)], axis=0),
    one("stack", joined(np.stack), [(2, 3), (2, 3), (2, 3)], axis=-1),
    one("stack", joined(np.stack), [(), ()], axis=0),
    one("split", np.split, [(6, 2)], alone=False, indices_or_sections=3),
    one("split", np.split, [(2, 6)], alone=False, indices_or_sections=[1, 4], axis=-1),
    one("split", np.split, [(5,)], alone=False, indices_or_sections=(0, 3, 3, 9)),
    one("split", np.split, [(5,)], alone=False, indices_or_sections=[-4, -1]),
    one("pad", np.pad, [(2, 3)], pad_width=1),
    one("pad", np.pad, [(2, 3)], pad_width=(1, 2), constant_values=0.5),
    one("pad", np.pad, [(2, 3)], pad_width=((0, 1), (2, 0))),
    one("pad", np.pad, [(0,)], pad_width=2),
]
