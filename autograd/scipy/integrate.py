"""Ordinary differential equations, and for plain arrays everything else of ``scipy.integrate``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate

from autograd.backward import gradients
from autograd.mode import enable_grad
from autograd.ops.joining import concatenate, stack
from autograd.primitive import Operation, primitive
from autograd.tensor import Tensor
from autograd.trees import tree_map


def __getattr__(name: str) -> Any:
    return getattr(scipy.integrate, name)


# The primitives see one vector: the first state (of length d), the times (n), the parameters.


def _solve(x: Any, /, slope: Callable[..., Any], d: int, n: int, options: dict[str, Any]) -> Any:
    return scipy.integrate.odeint(slope, x[:d], x[d : d + n], args=(x[d + n :],), **options)


def _solve_back(
    x: Any,
    path: Any,
    cotangents: Any,
    /,
    slope: Callable[..., Any],
    d: int,
    n: int,
    options: dict[str, Any],
) -> Any:
    t, parameters = x[d : d + n], x[d + n :]

    def backwards(state: Any, time: float) -> Any:
        leaves = [Tensor(state[:d], requires_grad=True), Tensor(parameters, requires_grad=True)]
        with enable_grad():
            change = slope(leaves[0], time, leaves[1])
        if not (isinstance(change, Tensor) and change.requires_grad):  # a constant
            return np.concatenate([np.asarray(change), np.zeros(d + parameters.size)])
        pulled = gradients(change, leaves, state[d : 2 * d], allow_unused=True)
        parts = [
            np.zeros(leaf.shape) if part is None else -part.numpy()
            for part, leaf in zip(pulled, leaves, strict=True)
        ]
        return np.concatenate([change.numpy(), *parts])

    state = np.zeros(2 * d + parameters.size)
    times = np.zeros(n)
    for k in range(n - 1, 0, -1):
        state[:d] = path[k]
        state[d : 2 * d] += cotangents[k]
        times[k] = slope(path[k], t[k], parameters) @ cotangents[k]
        state = scipy.integrate.odeint(backwards, state, t[[k, k - 1]], **options)[-1]
    times[0] = -slope(path[0], t[0], parameters) @ state[d : 2 * d]
    return np.concatenate([state[d : 2 * d] + cotangents[0], times, state[2 * d :]])


_odeint_back: Operation = primitive(
    _solve_back, name="odeint_gradient", x=None, path=None, cotangents=None
)
_odeint: Operation = primitive(
    _solve,
    name="odeint",
    tex=r"\operatorname{{odeint}}({x})",
    x=lambda g, z, x, slope, d, n, options: _odeint_back(x, z, g, slope, d, n, options),
)


def _is_float(leaf: Any) -> bool:
    return isinstance(leaf, float) or getattr(getattr(leaf, "dtype", None), "kind", "") == "f"


def odeint(
    func: Callable[..., Any],
    y0: Any,
    t: Any,
    args: tuple[Any, ...] = (),
    *,
    rtol: float | None = None,
    atol: float | None = None,
    mxstep: int = 0,
    tfirst: bool = False,
) -> Any:
    r"""The solution of :math:`y' = \mathrm{func}(y, t, \dots)`, from y0 at t[0], at the times t.

    Differentiable once, with respect to `y0`, `t` and every floating-point array in `args` (which
    may be nested), by solving the adjoint equation :math:`a' = -a\, \partial f / \partial y`
    backwards, to the tolerances of the solution (R. T. Q. Chen et al., *Neural ordinary
    differential equations*, 2018). What `func` reads must come through `args`.

    The other parameters are those of ``scipy.integrate.odeint``. Raises ValueError for a state that
    is no vector, GradientError if the backward pass is recorded.

    >>> float(odeint(lambda y, t, k: -k * y, [1.0], [0.0, 2.0], (0.5,))[1, 0].round(6))  # 1 / e
    0.367879
    """
    leaves: list[Any] = []
    tree_map(lambda path, leaf: leaves.append(leaf) if _is_float(leaf) else None, args)
    y0, t = (v if isinstance(v, Tensor) else np.asarray(v, float) for v in (y0, t))
    if np.ndim(y0) != 1 or np.ndim(t) != 1 or not np.size(t):
        raise ValueError(
            f"odeint: y0 and t must be vectors, received shapes {np.shape(y0)} and {np.shape(t)}; "
            "ravel() the state, and reshape it in func."
        )

    def rebuilt(flat: Any) -> Any:
        start = 0

        def part(path: str, leaf: Any) -> Any:
            nonlocal start
            if not _is_float(leaf):
                return leaf
            start += np.size(leaf)
            return np.reshape(flat[start - np.size(leaf) : start], np.shape(leaf))

        return tree_map(part, args)

    def slope(y: Any, time: Any, flat: Any) -> Any:
        change = func(time, y, *rebuilt(flat)) if tfirst else func(y, time, *rebuilt(flat))
        return stack(change) if isinstance(change, (list, tuple)) else change

    x = concatenate([y0, t, *map(np.ravel, leaves)])
    options = {"rtol": rtol, "atol": atol, "mxstep": mxstep}
    return _odeint(x, slope, np.size(y0), np.size(t), options)
