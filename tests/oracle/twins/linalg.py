"""The twins of `cases.linalg`."""

from __future__ import annotations

import numpy as np
import torch

T = torch.linalg


def symmetric(x, UPLO="L"):
    """PyTorch has the gradient in both triangles; here the other one is not read."""
    half = torch.tril(x if UPLO == "L" else x.mT)
    return half + torch.tril(half, -1).mT


def unsigned(w, v):
    return w, v * v, v[..., :1, :] * v


def eig(x):
    return unsigned(*(part.real for part in T.eig(x)))


def svd(x, full_matrices=True, compute_uv=True, hermitian=False):
    x = symmetric(x) if hermitian else x
    if not compute_uv:
        return T.svdvals(x)
    u, s, vh = T.svd(x, full_matrices=False)
    result = u**2, s, vh**2, u[..., :1, :] * vh[..., :, :1].mT
    if full_matrices and x.shape[-2] != x.shape[-1]:  # what PyTorch has only of the square
        n = max(x.shape)
        inside = u @ u.mT if x.shape[-2] == n else vh.mT @ vh
        result += (torch.eye(n, dtype=x.dtype) - inside,)
    return result


def qr(x, mode="reduced"):
    q, r = T.qr(x)
    if mode == "r":
        return r
    if mode == "complete" and x.shape[0] > x.shape[1]:
        rest = torch.eye(x.shape[0], dtype=x.dtype) - q @ q.mT
        return q, rest, torch.cat([r, torch.zeros(x.shape[0] - x.shape[1], x.shape[1])])
    return q, r


def lstsq(x, y, rcond=None):
    if rcond:
        return T.pinv(x, rtol=rcond) @ y
    z = T.pinv(x) @ y
    m, n = x.shape
    residuals = ((x @ z - y) ** 2).sum(0, keepdim=y.ndim == 1)
    return z, residuals if m > n else residuals[:0], T.svdvals(x)


def norm(x, ord=None, axis=None, keepdims=False):
    if axis is None and ord is None:
        return T.vector_norm(x)
    if isinstance(axis, tuple):
        return T.matrix_norm(x, ord or "fro", dim=axis, keepdim=keepdims)
    return T.vector_norm(x, 2 if ord is None else ord, dim=axis, keepdim=keepdims)


def cond(x, p):
    """PyTorch's own does not survive its second derivative, except of the 2-norm."""
    return T.cond(x, p) if p in (None, 2, -2) else T.matrix_norm(x, p) * T.matrix_norm(T.inv(x), p)


def block_diag(*xs):
    if xs[0].ndim > 2:  # a stack, which PyTorch does not have
        return torch.stack([torch.block_diag(x, *xs[1:]) for x in xs[0]])
    return torch.block_diag(*xs)


def trace(x, offset=0, dtype=None, axis1=-2, axis2=-1):
    return torch.diagonal(x, offset, axis1, axis2).sum(-1)


def cross(x, y, axisa=-1, axisb=-1, axisc=-1):
    x, y = torch.movedim(x, axisa, -1), torch.movedim(y, axisb, -1)
    return torch.movedim(T.cross(*torch.broadcast_tensors(x, y)), -1, axisc)


def vecdot(x, y, axis=-1):
    return (x * y).sum(axis)


def solve(x, y):
    return T.solve(x, y) if y.ndim > 1 else T.solve(x, y[..., None])[..., 0]


def solve_triangular(x, y, trans=0, lower=False, unit_diagonal=False):
    column = y[..., None] if y.ndim == 1 else y
    x, upper = (x, not lower) if trans in (0, "N") else (x.mT, lower)
    z = T.solve_triangular(x, column, upper=upper, unitriangular=unit_diagonal)
    return z[..., 0] if y.ndim == 1 else z


def solve_banded(x, y, l_and_u):
    lower, upper = l_and_u
    n = x.shape[1]
    diagonals = [
        torch.diag(x[upper - k, max(k, 0) : n + min(k, 0)], k) for k in range(-lower, upper + 1)
    ]
    return solve(sum(diagonals), y)


def solve_sylvester(x, y, w):
    eye = lambda n: torch.eye(n, dtype=x.dtype)
    kron = torch.kron(x, eye(len(y))) + torch.kron(eye(len(x)), y.mT.contiguous())
    return T.solve(kron, w.reshape(-1)).reshape(w.shape)


def sqrtm(x):
    """By Newton's iteration, as Denman and Beavers write it."""
    y, z = x, torch.eye(x.shape[-1], dtype=x.dtype).expand(x.shape)
    for _ in range(12):
        y, z = (y + T.inv(z)) / 2, (z + T.inv(y)) / 2
    return y


def toeplitz(x, y=None):
    y = x if y is None else y
    values = torch.cat([torch.flip(y[..., 1:], [-1]), x], -1)
    rows, columns = np.indices((x.shape[-1], y.shape[-1]))
    return values[..., torch.as_tensor(rows - columns + y.shape[-1] - 1)]


TWINS = {
    "linalg.inv": T.inv,
    "linalg.solve": solve,
    "linalg.pinv": lambda x, hermitian=False, rtol=None: T.pinv(symmetric(x) if hermitian else x),
    "linalg.lstsq": lstsq,
    "linalg.det": T.det,
    "linalg.cofactor": lambda x: T.det(x)[:, None, None] * T.inv(x).mT,
    "linalg.slogdet": lambda x: tuple(T.slogdet(x)),
    "linalg.cholesky": lambda x, upper=False: T.cholesky(
        symmetric(x, "U" if upper else "L"), upper=upper
    ),
    "linalg.qr": qr,
    "linalg.eigh": lambda x, UPLO="L": unsigned(*T.eigh(symmetric(x, UPLO))),
    "linalg.eigvalsh": lambda x, UPLO="L": T.eigvalsh(symmetric(x, UPLO)),
    "linalg.eig": eig,
    "linalg.eigvals": lambda x: T.eigvals(x).real,
    "linalg.svd": svd,
    "linalg.svdvals": T.svdvals,
    "linalg.norm": norm,
    "linalg.matrix_norm": lambda x, ord="fro", keepdims=False: norm(x, ord, (-2, -1), keepdims),
    "linalg.vector_norm": lambda x, axis=None, keepdims=False, ord=2: T.vector_norm(
        x, ord, dim=axis, keepdim=keepdims
    ),
    "linalg.cond": cond,
    "linalg.matrix_power": T.matrix_power,
    "linalg.multi_dot": lambda *xs: T.multi_dot(xs),
    "linalg.matmul": torch.matmul,
    "linalg.matrix_transpose": lambda x: x.mT,
    "linalg.tensordot": lambda x, y, axes: torch.tensordot(x, y, dims=axes),
    "linalg.vecdot": vecdot,
    "linalg.outer": torch.outer,
    "linalg.cross": lambda x, y, axis=-1: cross(x, y, axis, axis, axis),
    "cross": cross,
    "linalg.tensorsolve": lambda x, y, axes=None: T.tensorsolve(x, y, dims=axes),
    "linalg.tensorinv": lambda x, ind: T.tensorinv(x, ind),
    "linalg.trace": trace,
    "trace": lambda x, offset=0, axis1=0, axis2=1: trace(x, offset, None, axis1, axis2),
    "linalg.diagonal": lambda x, offset=0: torch.diagonal(x, offset, -2, -1),
    "linalg.solve_triangular": solve_triangular,
    "linalg.cho_solve": lambda x, y, lower: solve(symmetric(x, "L" if lower else "U"), y),
    "linalg.solve_banded": solve_banded,
    "linalg.solve_sylvester": solve_sylvester,
    "linalg.expm": T.matrix_exp,
    "linalg.sqrtm": sqrtm,
    "linalg.block_diag": block_diag,
    "linalg.toeplitz": toeplitz,
}
