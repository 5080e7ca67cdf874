"""Einstein's summation: products of any number of arrays, written by letters for their axes.

Two arrays at a time are multiplied by one primitive, `contract`, whose derivative is such a
product again. `einsum` brings the arrays to a form in which that is all there is to do.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache
from string import ascii_letters, ascii_lowercase, ascii_uppercase
from typing import Any, NamedTuple

import numpy as np

from autograd.dispatch import overrides
from autograd.ops.indexing import operand
from autograd.ops.reductions import sum
from autograd.ops.shape import astype, diagonal, reshape, transpose
from autograd.primitive import Operation, as_array, primitive
from autograd.tensor import Tensor, constant

Shape = tuple[int, ...]

# ---------------------------------------------------------------------- two arrays by letters


@cache
def _layout(a: str, b: str, c: str) -> tuple[Any, ...]:
    """How to turn the axes `a` and `b` so that they are those of a matrix product, and back.

    A letter of both that is in `c` numbers the products (it is in all three), one that is not
    is summed over. The letters of only one are the rows and the columns.
    """
    both = [letter for letter in c if letter in a and letter in b]
    rows = [letter for letter in c if letter not in b]
    columns = [letter for letter in c if letter not in a]
    summed = [letter for letter in a if letter not in c]
    made = [*both, *rows, *columns]
    return (
        tuple(a.index(letter) for letter in [*both, *rows, *summed]),
        tuple(b.index(letter) for letter in [*both, *summed, *columns]),
        tuple(made.index(letter) for letter in c),
        (len(both), len(rows), len(summed)),
    )


def _contracted(x: Any, y: Any, /, a: str, b: str, c: str) -> Any:
    x_axes, y_axes, z_axes, (both, rows, summed) = _layout(a, b, c)
    if summed and both and both == len(c):  # products of vectors, for which BLAS is not made
        return np.einsum(f"{a},{b}->{c}", x, y)
    x, y = x.transpose(x_axes), y.transpose(y_axes)
    batch, left, right = x.shape[:both], x.shape[both : both + rows], y.shape[both + summed :]
    if summed:
        n = math.prod(y.shape[both : both + summed])
        x = x.reshape((*batch, math.prod(left), n))
        y = y.reshape((*batch, n, math.prod(right)))
        made = np.matmul(x, y).reshape(batch + left + right)
    else:
        made = x.reshape(x.shape + (1,) * len(right)) * y.reshape(batch + (1,) * len(left) + right)
    return made.transpose(z_axes)


# Each letter of one array is in the other or in the result, so that the same holds of the rules.
contract: Operation = primitive(
    _contracted,
    name="einsum",
    tex=r"\operatorname{{einsum}}_{{{a},\,{b} \to {c}}}({x}, {y})",
    x=lambda g, y, a, b, c: contract(g, y, c, b, a),
    y=lambda g, x, a, b, c: contract(x, g, a, c, b),
)

# ---------------------------------------------------------------------- any number of arrays


class _Plan(NamedTuple):
    """What `einsum` does: first to each operand, then to pairs; `axes` orders an only operand.

    An operand gets a new shape (without the axes of length 1 that are broadcast), then the
    diagonals over pairs of axes, then the sum over axes. A step names two operands or results
    of earlier steps, counted on from the operands, and their letters and those of the product.
    """

    operands: list[tuple[Shape | None, list[tuple[int, int]], tuple[int, ...]]]
    steps: list[tuple[int, int, str, str, str]]
    axes: tuple[int, ...]


@overrides(np.einsum)
def einsum(*operands: Any, optimize: Any = False) -> Any:
    r"""Einstein's summation: :math:`z_{ik} = \sum_j x_{ij} y_{jk}` is ``"ij,jk->ik"``.

    Products of all operands are summed over every letter that is not in the result. Letters may
    be repeated (diagonals), ``...`` stands for axes that are broadcast, and without an arrow the
    result has the letters that occur once, in alphabetical order. Operands and lists of integers
    in turn, ``einsum(x, [0, 1], y, [1, 2], [0, 2])``, say the same.

    If a gradient is required, operands are multiplied two at a time, in the order `optimize`
    (as in NumPy) or, for False, in that of ``np.einsum_path``'s greedy search.

    >>> einsum("ij,jk->ik", np.array([[1, 2]]), np.array([[3], [4]]))
    array([[11]])
    """
    subscripts, xs = _by_letters(operands)
    if not any(isinstance(x, Tensor) and x.requires_grad for x in xs):
        values = [x._data if isinstance(x, Tensor) else x for x in xs]
        z = np.einsum(subscripts, *values, optimize=optimize)
        return constant(as_array(z)) if any(isinstance(x, Tensor) for x in xs) else z
    kind = np.result_type(*xs)  # before anything is summed, as in NumPy
    xs = [x if x.dtype == kind else astype(x, kind) for x in xs]
    if isinstance(optimize, (list, tuple)):  # as something that has a hash
        optimize = tuple(tuple(pick) if isinstance(pick, list) else pick for pick in optimize)
    plan = _plan(subscripts, tuple(x.shape for x in xs), optimize or "greedy")
    for k, (shape, pairs, axes) in enumerate(plan.operands):
        if shape is not None:
            xs[k] = reshape(xs[k], shape)
        for i, j in pairs:
            xs[k] = diagonal(xs[k], 0, i, j)
        if axes:
            xs[k] = sum(xs[k], axes)
    for i, j, a, b, z in plan.steps:
        xs.append(contract(xs[i], xs[j], a, b, z))
    return xs[-1] if plan.steps else transpose(xs[0], plan.axes)


def _by_letters(operands: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """The subscripts as text, and the arrays."""
    if not operands:
        raise ValueError("einsum: received no operands; give the subscripts and an array or more.")
    if isinstance(operands[0], str):
        return operands[0], [operand(x) for x in operands[1:]]
    letters = ascii_uppercase + ascii_lowercase  # in the order of their numbers, as in NumPy

    def text(subscripts: Any) -> str:
        try:
            return "".join("..." if k is ... else letters[range(52)[k]] for k in subscripts)
        except (TypeError, IndexError):
            raise ValueError(
                f"einsum: received the subscripts {subscripts!r}; after each operand give a list "
                "of integers below 52 (or `...`)."
            ) from None

    terms = ",".join(map(text, operands[1::2]))
    if len(operands) % 2:
        terms = ",".join(map(text, operands[1:-1:2])) + "->" + text(operands[-1])
    return terms, [operand(x) for x in operands[: len(operands) // 2 * 2 : 2]]


def _refused(subscripts: str, shapes: tuple[Shape, ...], reason: str) -> ValueError:
    received = ", ".join(map(str, shapes))
    return ValueError(f"einsum: {reason}; received {subscripts!r} for shapes {received}.")


def _terms(subscripts: str, shapes: tuple[Shape, ...]) -> tuple[list[str], str]:
    """The letters of each operand and of the result, also for the axes that `...` stands for."""
    left, arrow, z = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise _refused(
            subscripts, shapes, f"takes as many operands as subscripts, here {len(terms)}"
        )
    hidden = [
        len(shape) - len(term.replace("...", "", 1))
        for term, shape in zip(terms, shapes, strict=True)
    ]
    for n, term in zip(hidden, terms, strict=True):
        if n < 0 or (n and "..." not in term):
            raise _refused(
                subscripts, shapes, "each axis needs a letter (`...` stands for several)"
            )
    unused = "".join(letter for letter in ascii_letters if letter not in subscripts)
    broadcast = unused[: max(hidden)]
    if not arrow:
        once = [letter for letter in sorted(left) if letter.isalpha() and left.count(letter) == 1]
        z = "..." + "".join(once)
    if broadcast and "..." not in z:
        raise _refused(subscripts, shapes, "the result needs `...` too, for the broadcast axes")
    terms = [
        term.replace("...", broadcast[len(broadcast) - n :], 1)
        for n, term in zip(hidden, terms, strict=True)
    ]
    z = z.replace("...", broadcast, 1)
    if any(letter not in ascii_letters for letter in (*"".join(terms), *z)):
        raise _refused(subscripts, shapes, "subscripts are letters, with one `...` per operand")
    if len(set(z)) != len(z) or not set(z) <= set("".join(terms)):
        raise _refused(
            subscripts, shapes, "each letter of the result must be there once, and in an operand"
        )
    return terms, z


@lru_cache(maxsize=1024)
def _plan(subscripts: str, shapes: tuple[Shape, ...], optimize: Any) -> _Plan:
    terms, z = _terms(subscripts, shapes)
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        if len(set(zip(term, shape, strict=True))) != len(set(term)):
            raise _refused(subscripts, shapes, "axes with the same letter must have one length")
        for letter, n in zip(term, shape, strict=True):
            if sizes.setdefault(letter, n) == 1:
                sizes[letter] = n
            elif n not in (1, sizes[letter]):
                raise _refused(subscripts, shapes, f"axes {letter!r} must have one length (or 1)")
    lengths: list[Shape | None] = []
    for k, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        kept = [i for i, n in enumerate(shape) if n == sizes[term[i]]]
        terms[k] = "".join(term[i] for i in kept)
        lengths.append(None if len(kept) == len(shape) else tuple(shape[i] for i in kept))
    diagonals: list[list[tuple[int, int]]] = [[] for _ in terms]
    for k, term in enumerate(terms):
        for letter in dict.fromkeys(term):
            while terms[k].count(letter) > 1:
                i = terms[k].index(letter)
                j = terms[k].index(letter, i + 1)
                diagonals[k].append((i, j))
                terms[k] = terms[k][:i] + terms[k][i + 1 : j] + terms[k][j + 1 :] + letter
    sums: list[tuple[int, ...]] = []
    for k, term in enumerate(terms):
        others = z + "".join(terms[:k] + terms[k + 1 :])
        sums.append(tuple(i for i, letter in enumerate(term) if letter not in others))
    for k, term in enumerate(terms):
        terms[k] = "".join(letter for i, letter in enumerate(term) if i not in sums[k])
    prepared = list(zip(lengths, diagonals, sums, strict=True))
    if len(terms) == 1:
        return _Plan(prepared, [], tuple(terms[0].index(letter) for letter in z))
    return _Plan(prepared, _steps(terms, z, sizes, optimize), ())


def _steps(
    terms: list[str], z: str, sizes: dict[str, int], optimize: Any
) -> list[tuple[int, int, str, str, str]]:
    """The products of two that lead from `terms` to `z`."""
    shapes = [tuple(sizes[letter] for letter in term) for term in terms]
    zeros = [np.broadcast_to(0.0, shape) for shape in shapes]
    search = list(optimize) if isinstance(optimize, tuple) else optimize
    try:
        path = np.einsum_path(",".join(terms) + "->" + z, *zeros, optimize=search)[0][1:]
    except Exception as error:
        raise ValueError(
            f"einsum: received optimize={search!r}, which np.einsum_path refuses ({error}); give "
            "True, 'greedy', 'optimal', or a path that it made for these operands."
        ) from error
    steps = []
    terms, waiting = list(terms), list(range(len(terms)))
    for picked in path:
        first, *others = [waiting[i] for i in sorted(picked)]
        waiting = [k for k in waiting if k not in (first, *others)]
        while others:
            second = others.pop(0)
            needed = z + "".join(terms[k] for k in (*waiting, *others))
            made = "".join(dict.fromkeys(terms[first] + terms[second]))
            made = "".join(letter for letter in made if letter in needed)
            if not waiting and not others:
                made = z
            steps.append((first, second, terms[first], terms[second], made))
            first = len(terms)
            terms.append(made)
        waiting.append(first)
    return steps
