"""Linear algebra, differentiable: what NumPy has as ``np.linalg``, and some of SciPy's.

Matrices are the last two axes; all axes before them are a stack, as in NumPy. Complex numbers are
refused.

Conventions. The gradient of what reads one triangle of a symmetric matrix (``cholesky``, ``eigh``,
``eigvalsh``, ``hermitian=True``) is in that triangle: it is the derivative with respect to the
numbers that were read. Norms have gradient 0 at the zero vector, ``svdvals`` at a singular value 0.

Eigenvectors and singular vectors are unique only where the values are distinct. Functions of the
values alone (``eigvalsh``, ``eigvals``, ``svdvals``) have their gradients also where some are
equal; what a cotangent distinguishes among equal ones is shared by them. But ``eigh``, ``eig`` and
``svd`` refuse a gradient that comes through equal values or their vectors: at the unit matrix,
rebuilding it from them and not using them at all hand over the same cotangents. Functions of a
matrix that have rules of their own (``inv``, ``det``, ``pinv``, ``expm``, ``sqrtm``) don't care.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import dispatch
from autograd.dispatch import overrides
from autograd.errors import GradientError, describe
from autograd.ops.products import matmul, transposed, vecdot as dot_products
from autograd.ops.reductions import axes_of, check_axis, kept
from autograd.ops.shape import astype
from autograd.primitive import Operation, primitive
from autograd.tensor import Tensor

__all__ = [
    "block_diag",
    "cho_factor",
    "cho_solve",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "expm",
    "inv",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_banded",
    "solve_sylvester",
    "solve_triangular",
    "sqrtm",
    "svd",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "toeplitz",
    "trace",
    "vecdot",
    "vector_norm",
]

Axis = int | tuple[int, ...] | None
Shape = tuple[int, ...]

# The named tuples that NumPy returns; it does not export them.
_EighResult: Any = type(np.linalg.eigh(np.eye(1)))
_EigResult: Any = type(np.linalg.eig(np.eye(1)))
_SVDResult: Any = type(np.linalg.svd(np.eye(1)))
_QRResult: Any = type(np.linalg.qr(np.eye(1)))
_SlogdetResult: Any = type(np.linalg.slogdet(np.eye(1)))


# ---------------------------------------------------------------------- what the rules share


def _columns(v: Any, v_shape: Shape) -> Any:
    """A right-hand side as a matrix, where it is a vector."""
    return v[..., None] if len(v_shape) == 1 else v


def _diagonal(x: Any) -> Any:
    return np.sum(x * np.eye(x.shape[-1], dtype=x.dtype), axis=-1)


def _on_diagonal(v: Any) -> Any:
    return v[..., None, :] * np.eye(v.shape[-1], dtype=v.dtype)


def _lower(x: Any, k: int = 0) -> Any:
    return np.where(np.tri(x.shape[-2], x.shape[-1], k, dtype=bool), x, 0)


def _half(x: Any) -> Any:
    """The lower triangle, with half of the diagonal: `x` if added to its transpose."""
    return _lower(x) - 0.5 * _on_diagonal(_diagonal(x))


def _skew(x: Any) -> Any:
    return 0.5 * (x - transposed(x))


def _of_triangle(g: Any, UPLO: str = "L") -> Any:
    """The cotangent of the triangle that was read, from that of the symmetric matrix."""
    both = _half(g + transposed(g))
    return both if UPLO.upper() == "L" else transposed(both)


def _from_triangle(x: Any) -> Any:
    """The symmetric matrix of which the lower triangle is read."""
    half = _half(x)
    return half + transposed(half)


def _square(name: str, x: Any) -> Any:
    x = _array(x)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise np.linalg.LinAlgError(f"{name}: takes square matrices, received {describe(x)}.")
    return x


def _finite(name: str, x: Any) -> Any:
    """x, of which LAPACK may seek the singular values for ever if an element is infinite."""
    if np.asarray(x).dtype.kind == "f" and not np.all(np.isfinite(x)):
        raise np.linalg.LinAlgError(
            f"{dispatch.called(name)}: takes matrices of finite numbers, received NaN or "
            f"infinities in {describe(x)}."
        )
    return x


def _eps(x: Any) -> float:
    """What the rounding errors of a factorization are below, relative to its largest values."""
    return 8 * float(np.finfo(x.dtype).eps)


def _total(x: Any) -> Any:
    """The sum of all absolute values of each matrix, for a measure of its size."""
    return np.sum(np.abs(x), axis=(-2, -1), keepdims=True)


def _refuse_where(trouble: Any, name: str) -> None:
    if np.any(trouble):
        raise GradientError(
            f"{name}: the gradient comes through equal (or zero) values or their vectors, from "
            "which it can't be told there, because the vectors are not unique; take values alone "
            "from eigvalsh, eigvals or svdvals, or use a function with a rule of its own (inv, "
            "pinv, det, norm, expm, sqrtm)."
        )


def _over(x: Any, gap: Any, size: Any, told: Any, noise: Any, name: str) -> Any:
    """``x / gap``, and 0 where the gap is 0 but for rounding; there `told` must be 0 too.

    `size` is that of the values whose gap it is, `noise` that of what `told` was computed from.
    """
    none = np.abs(gap) <= _eps(x) * size
    _refuse_where(none & (told > _eps(x) * noise), name)
    return np.where(none, 0, x / np.where(none, 1, gap))


def _told(turn: Any, g: Any) -> Any:
    """What says that two equal values matter: how their vectors turn, and their cotangents `g`."""
    g = np.abs(g)
    both = np.abs(turn) + g[..., None, :] + g[..., :, None]
    return both * (1 - np.eye(g.shape[-1], dtype=g.dtype))


def _size(v: Any) -> Any:
    return np.sum(np.abs(v), axis=-1)[..., None, None]


def _shared(g: Any, w: Any) -> Any:
    """The cotangents of values, those of equal ones shared, for whatever vectors LAPACK chose."""
    equal = np.abs(w[..., None, :] - w[..., :, None]) <= _eps(w) * _size(w)
    shares = equal / np.sum(equal, axis=-1, keepdims=True, dtype=g.dtype)
    return (shares @ g[..., None])[..., 0]


def _singular(name: str, what: str) -> Exception:
    return np.linalg.LinAlgError(f"{name}: {what}")


# ---------------------------------------------------------------------- inverses and equations

inv = primitive(
    lambda x: np.linalg.inv(x),
    name="inv",
    implements=np.linalg.inv,
    tex="{x}^{{-1}}",
    x=lambda g, z: -transposed(z) @ g @ transposed(z),
)
inv.__doc__ = r"""The inverse, :math:`\bar x = -z^\top \bar z z^\top`.

    Raises LinAlgError for a singular matrix.

    >>> inv(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """


def _solve_y(g: Any, x: Any, y_shape: Shape) -> Any:
    y = np.linalg.solve(transposed(x), _columns(g, y_shape))
    return y[..., 0] if len(y_shape) == 1 else y


def _solve_x(g: Any, z: Any, x: Any, y_shape: Shape) -> Any:
    y = np.linalg.solve(transposed(x), _columns(g, y_shape))
    return -y @ transposed(_columns(z, y_shape))


solve = primitive(
    lambda x, y: np.linalg.solve(x, y),
    name="solve",
    implements=np.linalg.solve,
    tex="{x}^{{-1}} {y}",
    x=_solve_x,
    y=_solve_y,
)
solve.__doc__ = r"""The solution `z` of :math:`x z = y`, a vector or a matrix.

    :math:`\bar y = x^{-\top} \bar z`, :math:`\bar x = -\bar y z^\top`. Raises LinAlgError for a
    singular matrix.

    >>> solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([2.0, 2.0]))
    array([1. , 0.5])
    """


def _pinv_x(g: Any, z: Any, x: Any, rcond: Any, rtol: Any) -> Any:
    cut = rtol if rcond is None else rcond
    given = x.size and cut is not None and cut is not _unset
    if given and np.any(np.greater(cut, tiny := _eps(x) ** 0.5)):
        s = svdvals(x)
        size = s[..., :1] if s.shape[-1] else s
        if np.any((s > tiny * size) & (s <= np.expand_dims(cut, -1) * size)):
            raise GradientError(
                "pinv: rcond cuts off singular values that are not 0, where the derivative among "
                "matrices of the same rank is not that of the result; give a smaller rcond, or "
                "compute it from svd."
            )
    zt, gt = transposed(z), transposed(g)
    ours = gt @ z @ zt
    theirs = zt @ z @ gt
    return ours - x @ z @ ours + theirs - theirs @ z @ x - zt @ g @ zt


_pinv = primitive(
    lambda x, /, rcond, rtol: np.linalg.pinv(_finite("pinv", x), rcond, rtol=rtol),
    name="pinv",
    tex="{x}^+",
    x=_pinv_x,
)

_unset: Any = np._NoValue  # what NumPy tells from None here


@overrides(np.linalg.pinv)
def pinv(x: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = _unset) -> Any:
    r"""The pseudo-inverse; its derivative is that among matrices of the same rank.

    Golub & Pereyra (1973), "The differentiation of pseudo-inverses".

    >>> pinv(np.array([[2.0, 0.0], [0.0, 0.0]]))
    array([[0.5, 0. ],
           [0. , 0. ]])
    """
    if hermitian:
        x = _from_triangle(_square("pinv", x))
    return _pinv(x, rcond, rtol)


@overrides(np.linalg.lstsq)
def lstsq(x: Any, y: Any, rcond: float | None = None) -> Any:
    r"""The shortest `z` of least :math:`\|x z - y\|`, the squared residuals, the rank, `svdvals`.

    Through `pinv`, whose derivative is that among matrices of the same rank. `x` is one matrix.

    >>> lstsq(np.array([[1.0], [1.0]]), np.array([1.0, 3.0]))[0]
    array([2.])
    """
    if not isinstance(x, Tensor) and not isinstance(y, Tensor):
        return np.linalg.lstsq(x, y, rcond)
    x, y = _array(x), _array(y)
    if np.ndim(x) != 2 or np.ndim(y) not in (1, 2) or np.shape(x)[0] != np.shape(y)[0]:
        raise np.linalg.LinAlgError(
            f"lstsq: takes a matrix and a vector or matrix of as many rows, received {describe(x)} "
            f"and {describe(y)}."
        )
    if x.dtype.kind in "fiub" and y.dtype.kind in "fiub":  # (what is neither is refused below)
        kind = np.result_type(*(a.dtype if a.dtype.kind == "f" else float for a in (x, y)))
        x, y = astype(x, kind), astype(y, kind)
        if rcond is not None and not 0 < rcond < 1:  # of which LAPACK makes this
            rcond = float(np.finfo(kind).eps) / 2
    m, n = np.shape(x)
    solution = pinv(x, rtol=rcond) @ y
    s = svdvals(x)
    cut = max(m, n) * float(np.finfo(s.dtype).eps) if rcond is None else rcond
    rank = np.int32(np.count_nonzero(s > cut * s[:1]))  # as LAPACK gives it
    left = np.square(x @ solution - y)
    residuals = np.sum(left, axis=0, keepdims=np.ndim(y) == 1)
    return solution, residuals if rank == n < m else residuals[:0], rank, s


@overrides(np.linalg.tensorsolve)
def tensorsolve(x: Any, y: Any, axes: Any = None) -> Any:
    """The solution `z` of ``tensordot(x, z, y.ndim) == y``.

    >>> tensorsolve(2.0 * np.eye(4).reshape(2, 2, 4), np.ones((2, 2)))
    array([0.5, 0.5, 0.5, 0.5])
    """
    if axes is not None:
        last = tuple(range(np.ndim(x) - len(axes), np.ndim(x)))
        x = np.moveaxis(x, axes, last)
    shape = np.shape(x)[np.ndim(y) :]
    n = int(np.prod(shape))
    if int(np.prod(np.shape(x))) != n * n:
        raise np.linalg.LinAlgError(
            f"tensorsolve: needs as many unknowns as equations, received {describe(x)} and "
            f"{describe(y)}."
        )
    return np.reshape(solve(np.reshape(x, (n, n)), np.reshape(y, (n,))), shape)


@overrides(np.linalg.tensorinv)
def tensorinv(x: Any, ind: int = 2) -> Any:
    """The inverse of `x` as a map of its last axes to its first `ind`.

    >>> tensorinv(2.0 * np.eye(2), ind=1)
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    if ind <= 0:
        raise ValueError(f"tensorinv: ind must be positive, received {ind}.")
    shape = np.shape(x)
    rows, columns = int(np.prod(shape[:ind])), int(np.prod(shape[ind:]))
    return np.reshape(inv(np.reshape(x, (rows, columns))), (*shape[ind:], *shape[:ind]))


# ---------------------------------------------------------------------- determinants


def _products_without(s: Any, count: int) -> Any:
    """For each index (or pair of them) the product of all elements of `s` but those."""
    one = np.eye(s.shape[-1], dtype=bool)
    if count == 1:
        return np.prod(np.where(one, 1, s[..., None, :]), axis=-1)
    return np.prod(np.where(one[:, None] | one, 1, s[..., None, None, :]), axis=-1)


def _cofactors(x: Any) -> Any:
    u, s, vh = np.linalg.svd(_finite("det", x))
    sign = np.sign(np.linalg.det(u @ vh))[..., None, None]
    return sign * (u * _products_without(s, 1)[..., None, :]) @ vh


def _cofactors_x(g: Any, x: Any) -> Any:
    u, s, vh = np.linalg.svd(x)
    sign = np.sign(np.linalg.det(u @ vh))[..., None, None]
    inner = transposed(u) @ g @ transposed(vh)
    pairs = _products_without(s, 2) * (1 - np.eye(s.shape[-1], dtype=s.dtype))
    diagonal = (pairs @ _diagonal(inner)[..., None])[..., 0]
    return sign * u @ (_on_diagonal(diagonal) - pairs * transposed(inner)) @ vh


_cofactor: Operation = primitive(
    _cofactors, name="cofactor", tex=r"\operatorname{{cof}} {x}", x=_cofactors_x
)

det = primitive(
    lambda x: np.linalg.det(x),
    name="det",
    implements=np.linalg.det,
    tex=r"\det {x}",
    x=lambda g, x: g[..., None, None] * _cofactor(x),
)
det.__doc__ = r"""The determinant; its gradient are the cofactors, also of a singular matrix.

    With :math:`x = U S V^\top` they are :math:`\det(UV^\top)\, U D V^\top`, where `D` has the
    products of all other singular values, so that nothing is divided by.

    >>> float(det(np.array([[1.0, 2.0], [3.0, 4.0]])).round(12))
    -2.0
    """


def _slogdet_x(g: Any, z: Any, x: Any) -> Any:
    if np.any(z[0] == 0):
        raise _singular(
            "slogdet", "the determinant is 0, whose logarithm has no derivative; use det."
        )
    return g[1][..., None, None] * transposed(np.linalg.inv(x))


_slogdet = primitive(
    lambda x: np.linalg.slogdet(x),
    name="slogdet",
    outputs=2,
    tex=r"\log |\det {x}|",
    x=_slogdet_x,
)


@overrides(np.linalg.slogdet)
def slogdet(x: Any) -> Any:
    r"""The sign of the determinant, and the logarithm of its absolute value.

    :math:`\bar x = \bar z x^{-\top}`; the sign has derivative 0. LinAlgError at a singular matrix,
    when the gradient is asked for.

    >>> float(slogdet(-np.eye(3)).sign)
    -1.0
    """
    return _SlogdetResult(*_slogdet(x))


# ---------------------------------------------------------------------- factorizations


def _cholesky_x(g: Any, z: Any) -> Any:
    zt = transposed(z)
    left = np.linalg.solve(zt, _half(zt @ g))
    return _of_triangle(np.linalg.solve(zt, transposed(left)))


_cholesky = primitive(
    lambda x: np.linalg.cholesky(x),
    name="cholesky",
    tex=r"\operatorname{{chol}} {x}",
    x=_cholesky_x,
)


@overrides(np.linalg.cholesky)
def cholesky(x: Any, /, *, upper: bool = False) -> Any:
    r"""The lower triangular `L` with :math:`L L^\top = x`, or the upper one with `upper`.

    Reads the lower triangle of `x` (the upper one, with `upper`), and has its gradient there.
    Raises LinAlgError if `x` is not positive definite. Murray (2016), "Differentiation of the
    Cholesky decomposition".

    >>> cholesky(np.array([[4.0, 2.0], [2.0, 2.0]]))
    array([[2., 0.],
           [1., 1.]])
    """
    return transposed(_cholesky(transposed(x))) if upper else _cholesky(x)


def _first(v: Any, g: Any, k: int, name: str) -> tuple[Any, Any]:
    """The first `k` columns of an orthogonal matrix, with a cotangent that is that of all of them.

    The others span what is left, so they turn as the first ones do; how they turn among
    themselves is nobody's choice but LAPACK's.
    """
    if v.shape[-1] == k:
        return v, g
    rest, rest_g = v[..., k:], g[..., k:]
    among_themselves = np.abs(_skew(transposed(rest) @ rest_g))
    _refuse_where(among_themselves > _eps(g) * _total(rest_g), name)
    return v[..., :k], g[..., :k] - rest @ (transposed(rest_g) @ v[..., :k])


def _qr_x(g: Any, z: Any) -> Any:
    q, r = z
    k = min(q.shape[-2], r.shape[-1])
    q, gq = _first(q, g[0], k, "qr")
    square, wide = r[..., :k, :k], r[..., :k, k:]
    pivots = np.abs(_diagonal(square))
    if np.any(pivots <= _eps(r) * np.sum(pivots, axis=-1, keepdims=True)):
        raise _singular(
            "qr", f"the first {k} columns are dependent; only independent ones have a derivative."
        )
    gq = gq + q @ wide @ transposed(g[1][..., :k, k:])
    m = square @ transposed(g[1][..., :k, :k]) - transposed(gq) @ q
    m = _half(m)
    left = gq + q @ (m + transposed(m))
    first = transposed(np.linalg.solve(square, transposed(left)))
    return np.concatenate([first, q @ g[1][..., :k, k:]], axis=-1)


_qr = primitive(
    lambda x, /, mode: np.linalg.qr(x, mode),
    name="qr",
    outputs=2,
    tex=r"\operatorname{{qr}} {x}",
    x=_qr_x,
)


@overrides(np.linalg.qr)
def qr(x: Any, mode: str = "reduced") -> Any:
    r"""The orthogonal `Q` and the upper triangular `R` with :math:`Q R = x`.

    `mode` is "reduced", "complete" or "r", as in NumPy; "raw" has no gradient. Raises LinAlgError
    in the backward pass where the columns (of a wide matrix, the first ones) are dependent, and
    GradientError for what depends on the columns that "complete" adds but not on their span.
    Walter & Lehmann (2018), "Algorithmic differentiation of linear algebra functions".

    >>> qr(np.array([[0.0], [2.0]])).R
    array([[-2.]])
    """
    if mode == "r":
        return _qr(x, "reduced")[1]
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: mode must be 'reduced', 'complete' or 'r', received {mode!r}.")
    return _QRResult(*_qr(x, mode))


def _eigh_x(g: Any, z: Any, UPLO: str) -> Any:
    (gw, gv), (w, v) = g, z
    turn = transposed(v) @ gv
    gap = w[..., None, :] - w[..., :, None]
    noise = _total(gv) + _size(gw)
    turn = _over(_skew(turn), gap, _size(w), _told(turn, gw), noise, "eigh")
    return _of_triangle(v @ (_on_diagonal(gw) + turn) @ transposed(v), UPLO)


_eigh = primitive(
    lambda x, /, UPLO: np.linalg.eigh(x, UPLO),
    name="eigh",
    outputs=2,
    tex=r"\operatorname{{eigh}} {x}",
    x=_eigh_x,
)


@overrides(np.linalg.eigh)
def eigh(x: Any, UPLO: str = "L") -> Any:
    r"""The eigenvalues and eigenvectors of a symmetric matrix, of which one triangle is read.

    :math:`\bar x = V (\operatorname{diag} \bar w + F \odot V^\top \bar V) V^\top` with
    :math:`F_{ij} = 1 / (w_j - w_i)`, in the triangle that is read. See the module for equal
    eigenvalues. Giles (2008), "Collected matrix derivative results".

    >>> eigh(np.array([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    array([1., 2.])
    """
    return _EighResult(*_eigh(x, UPLO))


def _eigvalsh_x(g: Any, x: Any, UPLO: Any) -> Any:
    w, v = np.linalg.eigh(x, UPLO)
    return _of_triangle((v * _shared(g, w)[..., None, :]) @ transposed(v), UPLO)


eigvalsh = primitive(
    lambda x, /, UPLO="L": np.linalg.eigvalsh(x, UPLO),
    name="eigvalsh",
    implements=np.linalg.eigvalsh,
    tex=r"\lambda({x})",
    x=_eigvalsh_x,
)
eigvalsh.__doc__ = r"""The eigenvalues of a symmetric matrix, of which one triangle is read.

    >>> eigvalsh(np.array([[2.0, 0.0], [0.0, 1.0]]))
    array([1., 2.])
    """


def _real(name: str, values: Any, *others: Any) -> tuple[Any, ...]:
    """The eigenvalues, and what comes with them, as real arrays: NumPy 2.5 gives complex ones."""
    if values.dtype.kind != "c":
        return values, *others
    if np.any(values.imag):
        raise TypeError(
            f"{name}: takes matrices whose eigenvalues are real, as complex numbers have no "
            "gradient here (for the values alone give the plain array x.detach().numpy())"
        )
    return tuple(array.real.copy() for array in (values, *others))


def _inverse_vectors(v: Any, name: str) -> Any:
    inverse = np.linalg.inv(v)
    if np.any(_eps(v) * np.abs(inverse) > 1e-3):
        raise _singular(
            name,
            "has no derivative at a matrix without a basis of eigenvectors; use a function with a "
            "rule of its own (inv, det, expm).",
        )
    return inverse


def _eig_x(g: Any, z: Any) -> Any:
    (gw, gv), (w, v) = g, z
    inverse = _inverse_vectors(v, "eig")
    along = transposed(v) @ gv
    # Vectors keep length 1: what the others contribute to one is taken off along itself.
    across = along - transposed(v) @ v * _diagonal(along)[..., None, :]
    across = across * (1 - np.eye(w.shape[-1], dtype=w.dtype))
    gap = w[..., None, :] - w[..., :, None]
    noise = _total(gv) + _size(gw)
    turn = _over(across, gap, _size(w), _told(across, gw), noise, "eig")
    return transposed(inverse) @ (_on_diagonal(gw) + turn) @ transposed(v)


def _eig_forward(x: Any) -> Any:
    return _real("eig", *np.linalg.eig(x))


_eig = primitive(_eig_forward, name="eig", outputs=2, tex=r"\operatorname{{eig}} {x}", x=_eig_x)


@overrides(np.linalg.eig)
def eig(x: Any) -> Any:
    r"""The eigenvalues and eigenvectors of any square matrix, where they are real.

    :math:`\bar x = V^{-\top} (\operatorname{diag} \bar w + F \odot M) V^\top`, where `M` is
    :math:`V^\top \bar V` less what would change the length of the vectors. A Tensor with complex
    eigenvalues is refused with a TypeError. See the module for equal eigenvalues.

    >>> eig(Tensor([[2.0, 1.0], [0.0, 1.0]])).eigenvalues
    Tensor([2., 1.], dtype=float64)
    """
    return _EigResult(*_eig(x)) if isinstance(x, Tensor) else np.linalg.eig(x)


def _eigvals_x(g: Any, x: Any) -> Any:
    w, v = _eig(x)
    inverse = _inverse_vectors(v, "eigvals")
    return transposed(inverse) * _shared(g, w)[..., None, :] @ transposed(v)


def _eigvals_forward(x: Any) -> Any:
    return _real("eigvals", np.linalg.eigvals(x))[0]


_eigvals = primitive(_eigvals_forward, name="eigvals", tex=r"\lambda({x})", x=_eigvals_x)


@overrides(np.linalg.eigvals)
def eigvals(x: Any) -> Any:
    """The eigenvalues of any square matrix, where they are real; see `eig`.

    >>> eigvals(Tensor([[2.0, 1.0], [0.0, 1.0]]))
    Tensor([2., 1.], dtype=float64)
    """
    return _eigvals(x) if isinstance(x, Tensor) else np.linalg.eigvals(x)


def _nonzero(s: Any) -> Any:
    """Which singular values are not 0; those that are have slope 0, as ``abs`` has at 0."""
    return s > _eps(s) * np.sum(s, axis=-1, keepdims=True)


def _svd_x(g: Any, z: Any) -> Any:
    (gu, gs, gvh), (u, s, vh) = g, z
    k = s.shape[-1]
    noise = _total(gu) + _total(gvh) + _size(gs)
    _refuse_where(~_nonzero(s) & (np.abs(gs) > _eps(s) * noise[..., 0]), "svd")
    u, gu = _first(u, gu, k, "svd")
    v, gv = _first(transposed(vh), transposed(gvh), k, "svd")
    vh = transposed(v)
    x, y = transposed(u) @ gu, vh @ gv
    across, down, size = s[..., None, :], s[..., :, None], _size(s)
    inner = (
        _on_diagonal(gs)
        + _over(_skew(x + y), across - down, size, _told(x + y, gs), noise, "svd")
        + _over(_skew(x - y), across + down, size, _told(x - y, gs), noise, "svd")
    )
    result = u @ inner @ vh
    if u.shape[-2] > k:
        out = gu - u @ x
        result = result + _over(out, across, size, np.abs(out), noise, "svd") @ vh
    if v.shape[-2] > k:
        out = gv - v @ y
        result = result + u @ transposed(_over(out, across, size, np.abs(out), noise, "svd"))
    return result


_svd = primitive(
    lambda x, /, full_matrices: np.linalg.svd(_finite("svd", x), full_matrices),
    name="svd",
    outputs=3,
    tex=r"\operatorname{{svd}} {x}",
    x=_svd_x,
)


@overrides(np.linalg.svd)
def svd(
    x: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    r"""The singular value decomposition :math:`x = U \operatorname{diag}(s) V^\top`.

    With :math:`X = U^\top \bar U`, :math:`Y = V^\top \bar V` and the skew part of each product,

    .. math:: \bar x = U \left(\operatorname{diag} \bar s + \frac{X + Y}{s_j - s_i}
              + \frac{X - Y}{s_j + s_i}\right) V^\top

    and, of a matrix that is not square, what leaves the span of its vectors. `hermitian` goes
    through `eigh`. See the module for equal singular values. Townsend (2016), "Differentiating
    the singular value decomposition", in a form that keeps the two kinds of denominators apart.

    >>> svd(np.array([[0.0, 3.0], [2.0, 0.0]])).S
    array([3., 2.])
    """
    if hermitian:
        return _hermitian_svd(x, compute_uv)
    return _SVDResult(*_svd(x, full_matrices)) if compute_uv else svdvals(x)


def _hermitian_svd(x: Any, compute_uv: bool) -> Any:
    w, u = eigh(x)
    order = np.argsort(np.abs(w), axis=-1)[..., ::-1]
    sorted_w = np.take_along_axis(w, order, axis=-1)
    s = np.abs(sorted_w)
    if not compute_uv:
        return s
    u = np.take_along_axis(u, order[..., None, :], axis=-1)
    sign = np.where(sorted_w < 0, -1, 1).astype(s.dtype)
    return _SVDResult(u, s, transposed(u * sign[..., None, :]))


def _svdvals_x(g: Any, x: Any) -> Any:
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return (u * np.where(_nonzero(s), _shared(g, s), 0)[..., None, :]) @ vh


svdvals = primitive(
    lambda x: np.linalg.svdvals(_finite("svdvals", x)),
    name="svdvals",
    implements=np.linalg.svdvals,
    tex=r"\sigma({x})",
    x=_svdvals_x,
)
svdvals.__doc__ = r"""The singular values, largest first; :math:`\bar x = U \bar s V^\top`.

    >>> svdvals(np.array([[0.0, 3.0], [2.0, 0.0]]))
    array([3., 2.])
    """


# ---------------------------------------------------------------------- norms


def _vector_norm_x(g: Any, z: Any, x: Any, ord: float | None, axis: Axis, keepdims: bool) -> Any:
    g, z = kept(g, x.shape, axis, keepdims), kept(z, x.shape, axis, keepdims)
    none = z == 0
    unit = x / np.where(none, 1, z)
    if ord is not None:
        none = none | (x == 0)
        unit = np.sign(x) * np.abs(np.where(none, 1, unit)) ** (ord - 1)
    return g * np.where(none, 0, unit)


_norm = primitive(
    lambda x, /, ord=None, axis=None, keepdims=False: np.linalg.norm(x, ord, axis, keepdims),
    name="norm",
    tex=r"\|{x}\|",
    x=_vector_norm_x,
)


def _array(x: Any) -> Any:
    return x if isinstance(x, Tensor) else np.asarray(x)


def _floating(x: Any) -> Any:
    x = _array(x)
    return x if x.dtype.kind not in "biu" else astype(x, float)


@overrides(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    r"""The norm of a vector or matrix, or of all along one or two axes, in every order of NumPy.

    Gradient 0 at the zero vector, and of :math:`(\sum |x|^p)^{1/p}` also at each element that is
    0; `inf` shares it equally among the elements that attain the maximum, as ``max`` does.

    >>> float(norm(np.array([3.0, 4.0])))
    5.0
    >>> float(norm(np.array([[3.0, 0.0], [0.0, 4.0]]), "nuc"))
    7.0
    """
    x = _floating(x)
    if axis is None and ord is None:
        return _norm(x, None, None, keepdims)
    if axis is not None and not isinstance(axis, tuple):
        axis = operator.index(axis)
    check_axis("norm", x, axis)
    axes = axes_of(axis, np.ndim(x))
    if len(axes) == 1:
        return _norm_along(x, ord, axes[0], keepdims)
    if len(axes) == 2:
        return _norm_across(x, ord, axes[0], axes[1], keepdims)
    raise ValueError(
        f"norm: takes one axis or two, received {describe(x)} and axis={axis}; use vector_norm for "
        "all elements along any axes."
    )


def _norm_along(x: Any, ord: Any, axis: int, keepdims: bool) -> Any:
    if ord is None or ord == 2:
        return _norm(x, None, axis, keepdims)
    if isinstance(ord, str):
        name = dispatch.called("norm")
        raise ValueError(f"{name}: {ord!r} is no order of a vector norm; give a number.")
    if ord == 0:
        counted = np.where(np.isnan(x), 1, np.abs(np.sign(x)))
        return np.sum(counted, axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == np.inf:
        return np.max(np.abs(x), axis=axis, keepdims=keepdims, initial=0)
    if ord == -np.inf:
        return np.min(np.abs(x), axis=axis, keepdims=keepdims)
    return _norm(x, float(ord), axis, keepdims)


def _norm_across(x: Any, ord: Any, row: int, column: int, keepdims: bool) -> Any:
    if ord in (None, "fro", "f"):
        return _norm(x, None, (row, column), keepdims)
    if ord not in ("nuc", 2, -2, 1, -1, np.inf, -np.inf):
        raise ValueError(
            f"{dispatch.called('norm')}: {ord!r} is no order of a matrix norm; those are 'fro', "
            "'nuc', inf, -inf, 1, -1, 2, -2."
        )
    if ord in ("nuc", 2, -2):
        values = np.expand_dims(svdvals(np.moveaxis(x, (row, column), (-2, -1))), -1)
        values, along = np.moveaxis(values, (-2, -1), (row, column)), row
    else:
        summed, along = (row, column) if ord in (1, -1) else (column, row)
        values = np.sum(np.abs(x), axis=summed, keepdims=True)
    if ord == "nuc":
        z = np.sum(values, axis=along, keepdims=True)
    elif ord > 0:
        z = np.max(values, axis=along, keepdims=True, initial=0)
    else:
        z = np.min(values, axis=along, keepdims=True)
    return z if keepdims else np.squeeze(z, (row, column))


@overrides(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norm of matrices: `norm` along the last two axes.

    >>> float(matrix_norm(np.array([[3.0, 0.0], [0.0, 4.0]]), ord=2))
    4.0
    """
    return norm(x, ord, (-2, -1), keepdims)


@overrides(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """The norm of the elements along any axes, as of one vector.

    >>> float(vector_norm(np.array([[3.0, 0.0], [0.0, 4.0]])))
    5.0
    """
    x = _floating(x)
    check_axis("vector_norm", x, axis)
    axes = axes_of(axis, np.ndim(x))
    first = np.moveaxis(x, axes, tuple(range(len(axes))))
    rest = np.shape(first)[len(axes) :]
    size = int(np.prod(np.shape(first)[: len(axes)]))
    z = _norm_along(np.reshape(first, (size, *rest)), ord, 0, False)
    return np.expand_dims(z, axes) if keepdims else z


@overrides(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    r"""The condition number :math:`\|x\|_p \|x^{-1}\|_p`; by default that of the 2-norm.

    A singular matrix, of which it is infinite, is refused on Tensors with a LinAlgError.

    >>> float(cond(np.array([[4.0, 0.0], [0.0, 2.0]])))
    2.0
    """
    if not isinstance(x, Tensor):
        return np.linalg.cond(x, p)
    if p not in (None, 2, -2) and x.size:
        return matrix_norm(x, ord=p) * matrix_norm(inv(x), ord=p)
    s = svdvals(x)
    if not s.shape[-1] or np.any(s[..., -1] == 0):
        raise _singular(
            "cond", f"takes matrices that are neither singular nor empty, received {describe(x)}."
        )
    return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]


# ---------------------------------------------------------------------- products


@overrides(np.linalg.matrix_power)
def matrix_power(x: Any, n: int) -> Any:
    """``x @ x @ ...``, `n` times; of the inverse, if `n` is negative.

    >>> matrix_power(np.array([[1, 1], [0, 1]]), 5)
    array([[1, 5],
           [0, 1]])
    """
    try:
        n = operator.index(n)
    except TypeError:
        raise TypeError(f"matrix_power: n must be an integer, received {describe(n)}.") from None
    x = _square("matrix_power", x)
    if n == 0:  # recorded, with derivative 0
        return np.where(True, np.eye(x.shape[-1], dtype=x.dtype), x)
    if n == 1:
        return np.positive(x)
    square = inv(x) if n < 0 else x
    n = abs(n)
    result = None
    while n:
        if n & 1:
            result = square if result is None else matmul(result, square)
        n >>= 1
        if n:
            square = matmul(square, square)
    return result


def _multi_dot_x(g: Any, xs: Any, i: int) -> Any:
    before = [transposed(x) for x in reversed(xs[:i])]
    after = [transposed(x) for x in reversed(xs[i + 1 :])]
    return np.linalg.multi_dot([*before, g, *after])


_multi_dot = primitive(
    lambda *xs: np.linalg.multi_dot(xs), name="multi_dot", tex=r"\prod {xs}", xs=_multi_dot_x
)


@overrides(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any]) -> Any:
    """The product of matrices, in the order that costs least; the ends may be vectors.

    >>> float(multi_dot([np.array([1, 2]), np.eye(2), np.array([3, 4])]))
    11.0
    """
    xs = list(arrays)
    if len(xs) < 2:
        raise ValueError(f"multi_dot: takes at least two arrays, received {len(xs)}.")
    row, column = np.ndim(xs[0]) == 1, np.ndim(xs[-1]) == 1
    xs[0] = np.reshape(xs[0], (1, -1)) if row else xs[0]
    xs[-1] = np.reshape(xs[-1], (-1, 1)) if column else xs[-1]
    if any(np.ndim(x) != 2 for x in xs):
        raise np.linalg.LinAlgError(
            "multi_dot: takes matrices, and vectors at the ends; received "
            f"{', '.join(map(describe, xs))}."
        )
    z = _multi_dot(*xs)
    z = z[0] if row else z
    return z[..., 0] if column else z


overrides(np.linalg.matmul)(matmul)


@overrides(np.linalg.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    """The last two axes exchanged.

    >>> matrix_transpose(np.array([[1, 2]]))
    array([[1],
           [2]])
    """
    return transposed(x)


@overrides(np.linalg.tensordot)
def tensordot(x: Any, y: Any, /, *, axes: Any = 2) -> Any:
    """``np.tensordot``.

    >>> tensordot(np.ones((2, 3)), np.ones((2, 3)))
    array(6.)
    """
    return np.tensordot(x, y, axes=axes)


@overrides(np.linalg.vecdot)
def vecdot(x: Any, y: Any, /, *, axis: int = -1) -> Any:
    """The dot products of the vectors along `axis`.

    >>> vecdot(np.array([[1, 2], [3, 4]]), np.array([1, 1]))
    array([3, 7])
    """
    return dot_products(x, y, axis)


@overrides(np.linalg.outer)
def outer(x: Any, y: Any, /) -> Any:
    """All products of an element of the vector `x` and one of the vector `y`.

    >>> outer(np.array([1, 2]), np.array([3, 4]))
    array([[3, 4],
           [6, 8]])
    """
    if np.ndim(x) != 1 or np.ndim(y) != 1:
        raise ValueError(f"outer: takes two vectors, received {describe(x)} and {describe(y)}.")
    return np.multiply(np.reshape(x, (-1, 1)), y)


_cross = primitive(
    lambda x, y: np.cross(x, y),
    name="cross",
    tex=r"{x} \times {y}",
    x=lambda g, y: np.cross(y, g),
    y=lambda g, x: np.cross(g, x),
)


@overrides(np.cross, np.linalg.cross)
def cross(
    x: Any, y: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """The cross products of vectors of three elements, as ``np.cross`` and ``np.linalg.cross``.

    >>> cross(np.array([1, 0, 0]), np.array([0, 1, 0]))
    array([0, 0, 1])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = np.moveaxis(x, axisa, -1), np.moveaxis(y, axisb, -1)
    if np.shape(x)[-1] != 3 or np.shape(y)[-1] != 3:
        raise ValueError(
            f"cross: takes vectors of three elements, received {describe(x)} and {describe(y)}; "
            "append 0 to those of two."
        )
    return np.moveaxis(_cross(x, y), -1, axisc)


@overrides(np.linalg.trace)
def trace(x: Any, /, *, offset: int = 0, dtype: DTypeLike | None = None) -> Any:
    """The sum of the diagonal of each matrix.

    >>> int(trace(np.array([[1, 2], [3, 4]])))
    5
    """
    return np.trace(x, offset, -2, -1, dtype)


@overrides(np.linalg.diagonal)
def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonal of each matrix.

    >>> diagonal(np.array([[1, 2], [3, 4]]))
    array([1, 4])
    """
    return np.diagonal(x, offset, -2, -1)


matrix_rank = np.linalg.matrix_rank
dispatch.plain.add(matrix_rank)


# ---------------------------------------------------------------------- what only SciPy has


def _scipy(name: str) -> Any:
    try:
        return getattr(import_module("scipy.linalg"), name)
    except ImportError as error:
        raise ImportError(
            f"linalg.{name}: is computed by SciPy, which is not installed; `pip install scipy`."
        ) from error


def _a_system(trans: Any) -> Any:
    if trans not in (0, 1, 2, "N", "T", "C"):  # of which SciPy makes one of them
        raise ValueError("trans must be 0, 1, 2, 'N', 'T' or 'C'")
    return trans


def _transposed_system(trans: Any) -> int:
    return int(trans in (0, "N"))


def _triangular_y(
    g: Any, x: Any, y_shape: Shape, trans: Any, lower: bool, unit_diagonal: bool
) -> Any:
    y = solve_triangular(x, _columns(g, y_shape), _transposed_system(trans), lower, unit_diagonal)
    return y[..., 0] if len(y_shape) == 1 else y


def _triangular_x(
    g: Any, z: Any, x: Any, y_shape: Shape, trans: Any, lower: bool, unit_diagonal: bool
) -> Any:
    y = _columns(_triangular_y(g, x, y_shape, trans, lower, unit_diagonal), y_shape)
    full = -y @ transposed(_columns(z, y_shape))
    # Where the other triangle was read as the transposed one, this is of the transposed matrix.
    full = full if _transposed_system(trans) else transposed(full)
    k = -int(bool(unit_diagonal))
    return _lower(full, k) if lower else transposed(_lower(transposed(full), k))


solve_triangular: Operation = primitive(
    lambda x, y, trans=0, lower=False, unit_diagonal=False: _scipy("solve_triangular")(
        x, y, _a_system(trans), bool(lower), bool(unit_diagonal)
    ),
    name="solve_triangular",
    tex="{x}^{{-1}} {y}",
    x=_triangular_x,
    y=_triangular_y,
)
solve_triangular.__doc__ = r"""The solution `z` of :math:`x z = y`, from one triangle of `x`.

    The gradient of `x` is in that triangle. Parameters and errors as in ``scipy.linalg``.

    >>> solve_triangular(np.array([[2.0, 2.0], [0.0, 4.0]]), np.array([4.0, 4.0]))
    array([1., 1.])
    """


def _band(l_and_u: tuple[int, int], n: int) -> tuple[Any, Any]:
    """The row of the matrix for each place in its band, and which places are in the matrix."""
    lower, upper = l_and_u
    rows = np.arange(n) + np.arange(-upper, lower + 1)[:, None]
    return np.clip(rows, 0, n - 1), (rows >= 0) & (rows < n)


def _banded_y(g: Any, x: Any, l_and_u: tuple[int, int]) -> Any:
    flipped = (l_and_u[1], l_and_u[0])
    rows, inside = _band(flipped, x.shape[-1])
    diagonals = np.arange(sum(l_and_u), -1, -1)[:, None]
    return solve_banded(flipped, np.where(inside, x[diagonals, rows], 0), g)


def _banded_x(g: Any, z: Any, x: Any, l_and_u: tuple[int, int]) -> Any:
    rows, inside = _band(l_and_u, x.shape[-1])
    products = -_banded_y(g, x, l_and_u)[rows] * z
    return np.where(inside, products if z.ndim == 1 else np.sum(products, axis=-1), 0)


_solve_banded: Operation = primitive(
    lambda x, y, /, l_and_u: _scipy("solve_banded")(l_and_u, x, y),
    name="solve_banded",
    tex="{x}^{{-1}} {y}",
    x=_banded_x,
    y=_banded_y,
)


def solve_banded(l_and_u: tuple[int, int], x: Any, y: Any) -> Any:
    """The solution `z` of ``a @ z = y``, where `x` has the diagonals of ``a`` as rows.

    ``x[u + i - j, j] == a[i, j]``, for `l` diagonals below the main one and `u` above it.

    >>> solve_banded((0, 1), np.array([[0.0, 1.0], [2.0, 2.0]]), np.array([3.0, 2.0]))
    array([1., 1.])
    """
    return _solve_banded(x, y, tuple(l_and_u))


def cho_factor(x: Any, lower: bool = False) -> tuple[Any, bool]:
    """What `cho_solve` takes: a Cholesky factor, and whether it is the lower one.

    The other triangle is 0, where SciPy leaves what was there.

    >>> cho_factor(np.array([[4.0, 2.0], [2.0, 2.0]]), lower=True)[0]
    array([[2., 0.],
           [1., 1.]])
    """
    return cholesky(x, upper=not lower), lower


def cho_solve(c_and_lower: tuple[Any, bool], y: Any) -> Any:
    r"""The solution `z` of :math:`x z = y`, given the Cholesky factor of `x`.

    >>> cho_solve(cho_factor(np.array([[4.0, 2.0], [2.0, 2.0]])), np.array([6.0, 4.0]))
    array([1., 1.])
    """
    c, lower = c_and_lower
    first, then = (0, 2) if lower else (2, 0)  # 2: transposed, and conjugate if it is complex
    return solve_triangular(c, solve_triangular(c, y, first, lower), then, lower)


def _refuse_vectors(*matrices: Any) -> None:
    """SciPy makes something of them: `sqrtm` the exponential."""
    if min(map(np.ndim, matrices)) < 2:
        raise ValueError("takes matrices, of two axes or more")


def _sylvester(x: Any, y: Any, w: Any) -> Any:
    _refuse_vectors(x, y, w)
    if np.ndim(w) > 2 and not np.size(w):  # which SciPy refuses in a stack
        return np.zeros(w.shape, np.result_type(x, y, w))
    return _scipy("solve_sylvester")(x, y, w)


solve_sylvester: Operation = primitive(
    lambda x, y, w: _sylvester(x, y, w),
    name="solve_sylvester",
    tex=r"\operatorname{{sylvester}}({x}, {y}, {w})",
    x=lambda g, z, x, y: -solve_sylvester(transposed(x), transposed(y), g) @ transposed(z),
    y=lambda g, z, x, y: -transposed(z) @ solve_sylvester(transposed(x), transposed(y), g),
    w=lambda g, x, y: solve_sylvester(transposed(x), transposed(y), g),
)
solve_sylvester.__doc__ = r"""The solution `z` of :math:`x z + z y = w`.

    :math:`\bar w` solves the equation with `x` and `y` transposed, :math:`\bar x = -\bar w z^\top`,
    :math:`\bar y = -z^\top \bar w`.

    >>> solve_sylvester(np.array([[1.0]]), np.array([[2.0]]), np.array([[6.0]]))
    array([[2.]])
    """


def _frechet(function: Operation, g: Any, x: Any) -> Any:
    """The derivative of a function of matrices at the transpose of `x`, along `g`.

    It is the upper right block of the function of a matrix of twice the size. Mathias (1996), "A
    chain rule for matrix functions and applications".
    """
    n = x.shape[-1]
    xt = transposed(x)
    upper = np.concatenate([xt, g], axis=-1)
    lower = np.concatenate([np.zeros_like(g), xt], axis=-1)
    return function(np.concatenate([upper, lower], axis=-2))[..., :n, n:]


def _expm(x: Any) -> Any:
    _refuse_vectors(x)
    return _scipy("expm")(x)


expm: Operation = primitive(
    lambda x: _expm(x),
    name="expm",
    tex="e^{{{x}}}",
    x=lambda g, x: _frechet(expm, g, x),
)
expm.__doc__ = r"""The exponential of a matrix, :math:`\sum x^k / k!`.

    >>> expm(np.zeros((2, 2)))
    array([[1., 0.],
           [0., 1.]])
    """


def _real_root(x: Any) -> Any:
    _refuse_vectors(x)
    z = _scipy("sqrtm")(x)
    if np.iscomplexobj(z) and not np.iscomplexobj(x):
        raise ValueError("takes matrices whose square root is real")
    return z


def _sqrtm_x(g: Any, z: Any) -> Any:
    if not np.all(np.isfinite(z)):
        raise _singular("sqrtm", "has no derivative where the root is not finite; add to x.")
    return solve_sylvester(transposed(z), transposed(z), g)


sqrtm: Operation = primitive(
    _real_root,
    name="sqrtm",
    tex=r"\sqrt{{{x}}}",
    x=lambda g, z: _sqrtm_x(g, z),
)
sqrtm.__doc__ = r"""The principal square root of a matrix, `z` with :math:`z z = x`.

    :math:`\bar x` solves :math:`z^\top \bar x + \bar x z^\top = \bar z`. Raises
    ValueError where the root is complex.

    >>> sqrtm(np.array([[4.0, 0.0], [0.0, 9.0]]))
    array([[2., 0.],
           [0., 3.]])
    """


def _block_diag_x(g: Any, xs_shape: Any, i: int) -> Any:
    sizes = [(1, 1, *shape)[-2:] for shape in xs_shape]
    row, column = (sum(size[k] for size in sizes[:i]) for k in (0, 1))
    rows, columns = sizes[i]
    part = g[..., row : row + rows, column : column + columns]
    missing = 2 - len(xs_shape[i])  # axes, behind those of a stack
    return np.reshape(part, part.shape[:-2] + xs_shape[i]) if missing > 0 else part


block_diag = primitive(
    lambda *xs: _scipy("block_diag")(*xs),
    name="block_diag",
    tex=r"\operatorname{{diag}} {xs}",
    xs=_block_diag_x,
)
block_diag.__doc__ = """The matrix with these blocks along the diagonal; a vector is a row.

    >>> block_diag(np.array([[1, 2]]), np.array([3]))
    array([[1, 2, 0],
           [0, 0, 3]])
    """


def toeplitz(x: Any, y: Any = None) -> Any:
    """The matrix that is constant along diagonals: first column `x`, first row `y` but for y[0].

    Without `y` it is symmetric.

    >>> toeplitz(np.array([1, 2, 3]), np.array([1, 4]))
    array([[1, 4],
           [2, 1],
           [3, 2]])
    """
    x = _array(x)
    # (Of complex numbers, which are plain, it is the Hermitian one, as in SciPy.)
    y = (np.conjugate(x) if x.dtype.kind == "c" else x) if y is None else _array(y)
    x, y = np.atleast_1d(x), np.atleast_1d(y)
    rows, columns = np.shape(x)[-1], np.shape(y)[-1]
    values = np.concatenate([np.flip(y[..., 1:], -1), x], axis=-1)
    return values[..., np.arange(rows)[:, None] - np.arange(columns) + (columns - 1)]
