"""Products that sum over axes."""

from __future__ import annotations

import numpy as np

from cases.kit import one


def products(name, pairs, **static):
    for x, y in pairs:
        yield one(name, getattr(np, name), [x, y], alone=False, exact=False, **static)


def einsum(*xs, subscripts, **static):
    return np.einsum(subscripts, *xs, **static)


def einsum_of_lists(*xs, sublists):
    """The other form of the call: each operand is followed by its list."""
    operands = [part for pair in zip(xs, sublists, strict=False) for part in pair]
    return np.einsum(*operands, *sublists[len(xs) :])


# Rows, columns, sums, products one by one, and several of each; letters in any order.
EINSUMS = [
    ("ij,jk->ik", [(2, 3), (3, 4)]),
    ("ij,jk", [(2, 3), (3, 4)]),
    ("bij,bjk->bik", [(2, 2, 3), (2, 3, 2)]),
    ("kb i , j b k -> j i b", [(2, 2, 3), (3, 2, 2)]),
    ("aijb,bkja->kabi", [(2, 2, 3, 2), (2, 2, 3, 2)]),
    ("ijk,jik->k", [(2, 3, 2), (3, 2, 2)]),
    ("bi,bi->b", [(2, 3), (2, 3)]),
    ("ij,ij->ji", [(2, 3), (2, 3)]),
    ("i,j->ij", [(2,), (3,)]),
    ("i,i", [(3,), (3,)]),
    (",i->i", [(), (3,)]),
    # one operand: sums, another order, diagonals, all of them
    ("ij->ji", [(2, 3)]),
    ("ij->", [(2, 3)]),
    ("ijk->j", [(2, 3, 2)]),
    ("ii->", [(3, 3)]),
    ("ii->i", [(3, 3)]),
    ("ijji->j", [(2, 3, 3, 2)]),
    ("iii", [(2, 2, 2)]),
    ("i", [(3,)]),
    ("->", [()]),
    # what is in one operand only, is summed first; repeated letters in one of two
    ("ij,k->k", [(2, 3), (2,)]),
    ("iij,jk->ik", [(2, 2, 3), (3, 2)]),
    # ellipses, broadcast from the right, and axes of length 1
    ("...ij,...jk->...ik", [(2, 1, 2, 3), (4, 3, 2)]),
    ("...i,...i", [(2, 3), (3,)]),
    ("i...->...", [(2, 3, 2)]),
    ("...,...", [(2, 1), (1, 3)]),
    ("ij,ij->i", [(2, 1), (2, 3)]),
    ("ij,jk->ik", [(1, 3), (1, 4)]),
    ("ii,i->i", [(1, 1), (3,)]),
    # several operands
    ("ij,jk,kl->il", [(2, 3), (3, 2), (2, 4)]),
    ("i,ij,j", [(2,), (2, 3), (3,)]),
    ("bi,bj,bk->bijk", [(2, 2), (2, 2), (2, 2)]),
    ("i,i,i->i", [(3,), (3,), (1,)]),
    ("ab,bc,cd,da->", [(2, 3), (3, 2), (2, 2), (2, 2)]),
    # nothing to sum over
    ("ij,jk->ik", [(2, 0), (0, 3)]),
    ("ij,ij->i", [(0, 3), (0, 3)]),
]

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
    *products(
        "dot",
        [
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
        ],
    ),
    *products(
        "inner", [((3,), (3,)), ((2, 3), (4, 2, 3)), ((), (2, 3)), ((2, 3), ()), ((0,), (0,))]
    ),
    *products("outer", [((2,), (3,)), ((2, 2), (3, 1)), ((), (2,)), ((0,), (2,))]),
    *products("vdot", [((3,), (3,)), ((2, 3), (3, 2)), ((), ())]),
    *products(
        "kron", [((2,), (3,)), ((2, 3), (3, 2)), ((2, 1, 2), (3,)), ((), (2, 2)), ((0,), (2, 2))]
    ),
    *products("tensordot", [((2, 3, 2), (3, 2, 2)), ((2, 0, 2), (0, 2, 3))]),
    *products("tensordot", [((2, 3), (3,))], axes=1),
    *products("tensordot", [((2,), (3, 2)), ((), (2,))], axes=0),
    *products("tensordot", [((2, 3, 4), (4, 5, 2))], axes=([0, -1], [2, 0])),
    *products("tensordot", [((2, 3), (4, 3))], axes=(1, -1)),
    *products("vecdot", [((3,), (3,)), ((2, 1, 3), (4, 3)), ((2, 0), (2, 0))]),
    *products("vecdot", [((3, 2), (3, 2)), ((2, 3, 1), (3, 2))], axis=-2),
    *(
        case
        for name, pairs in [
            ("matvec", [((2, 3), (3,)), ((2, 2, 3), (4, 1, 3))]),
            ("vecmat", [((3,), (3, 2)), ((4, 1, 3), (2, 3, 2))]),
        ]
        if hasattr(np, name)
        for case in products(name, pairs)
    ),
    *(
        one("einsum", einsum, shapes, alone=False, exact=False, subscripts=subscripts)
        for subscripts, shapes in EINSUMS
    ),
    *(
        one(
            "einsum",
            einsum,
            [(2, 3), (3, 2), (2, 4)],
            alone=False,
            exact=False,
            subscripts="ij,jk,kl->il",
            optimize=optimize,
        )
        for optimize in (
            True,
            "optimal",
            ["einsum_path", (1, 2), (0, 1)],
            ["einsum_path", (0, 1, 2)],
        )
    ),
    *(
        one("einsum", einsum_of_lists, shapes, alone=False, exact=False, sublists=sublists)
        for shapes, sublists in [
            ([(2, 3), (3, 2)], ([0, 1], [1, 2], [2, 0])),
            ([(2, 3)], ([30, 2],)),
            ([(2, 3), (3,)], ([..., 0], [0])),
        ]
    ),
]
