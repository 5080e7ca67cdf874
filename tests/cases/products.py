"""Matrix products."""

from __future__ import annotations

import numpy as np

from cases.kit import one

CASES = [
    *(
        one("matmul", np.matmul, [x, y], alone=alone)
        for x, y, alone in [
            ((2, 3), (3, 4), True),
            ((3,), (3,), True),
            ((2, 3), (3,), True),
            ((3,), (3, 4), True),
            ((5, 2, 3), (5, 3, 4), True),
            ((5, 2, 3), (3, 4), True),
            ((5, 2, 3), (3,), False),
            ((2, 3), (5, 3, 4), False),
            ((3,), (5, 3, 4), False),
            ((2, 1, 2, 3), (5, 3, 4), False),
            ((5, 2, 3), (1, 3, 4), False),
            ((0, 3), (3, 4), True),
            ((2, 0), (0, 4), True),
            ((2, 4, 0), (0, 3), True),
            ((0,), (0,), True),
        ]
    ),
    *(
        one("dot", np.dot, [x, y], alone=False, exact=False)
        for x, y in [
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((2, 3), (3, 4)),
            ((2, 4, 3), (3, 5)),
            ((2, 3), (5, 3, 4)),
            ((3,), (5, 3, 4)),
            ((2, 4, 3), (5, 3, 2)),
            ((), (2, 3)),
            ((2, 3), ()),
            ((2, 0), (3, 0, 2)),
        ]
    ),
]
