"""Checks of gradients as HIPS autograd spells them, made by `autograd.gradcheck`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.gradcheck import gradcheck
from autograd.misc.flatten import flatten
from autograd.tensor import Tensor
from autograd.transforms import make_jvp, make_vjp
from autograd.trees import tree_map

__all__ = ["check_equivalent", "check_grads", "check_jvp", "check_vjp", "scalar_close"]

Function = Callable[..., Any]


def check_grads(
    fun: Function,
    argnum: int | Sequence[int] = 0,
    modes: Sequence[str] = ("fwd", "rev"),
    order: int = 2,
) -> Function:
    """The function of the arguments of `fun` that checks its derivatives there.

    "rev" compares with finite differences, up to the given order; "fwd" compares the product with
    the Jacobian with that with its transpose. Arguments and results may be containers. Raises
    AssertionError where they differ.

    >>> check_grads(lambda x, y: x * np.sin(y), (0, 1))(2.0, np.array([1.0, 3.0]))
    """
    if not set(modes) <= {"fwd", "rev"}:
        raise ValueError(f"check_grads: modes must be 'fwd' and 'rev', received {modes!r}.")

    def check(*args: Any, **kwargs: Any) -> None:
        argnums = [argnum] if isinstance(argnum, int) else list(argnum)
        start, unflatten = flatten([args[a] for a in argnums])

        def flat(x: Any) -> Any:
            arguments = list(args)
            for a, part in zip(argnums, unflatten(x), strict=True):
                arguments[a] = part
            result = flatten(fun(*arguments, **kwargs))[0]
            return result if isinstance(result, Tensor) else Tensor(result)

        if "rev" in modes:
            gradcheck(flat, [start], order)
        if "fwd" in modes:
            _check_transposed(flat, start)

    return check


def _check_transposed(f: Function, x: Any) -> None:
    random = np.random.default_rng(0)
    pull, value = make_vjp(f)(x)
    g, v = random.standard_normal(np.shape(value)), random.standard_normal(np.shape(x))
    one, other = np.sum(g * make_jvp(f)(x)(v)[1]), np.sum(pull(g) * v)
    assert scalar_close(one, other), f"check_grads: g (J v) is {one}, (g J) v is {other}."


def check_vjp(f: Function, x: Any) -> None:
    """Check the gradient of `f` at `x` with finite differences.

    >>> check_vjp(np.tanh, 0.5)
    """
    check_grads(f, modes=["rev"], order=1)(x)


def check_jvp(f: Function, x: Any) -> None:
    """Check the product with the Jacobian of `f` at `x`.

    >>> check_jvp(np.tanh, 0.5)
    """
    check_grads(f, modes=["fwd"])(x)


def scalar_close(a: float, b: float) -> bool:
    """Whether two numbers agree to 1e-6, relative or absolute.

    >>> scalar_close(1.0, 1.0000001), scalar_close(1.0, 2.0)
    (True, False)
    """
    return abs(a - b) <= 1e-6 * max(1.0, abs(a), abs(b))


def check_equivalent(x: Any, y: Any) -> None:
    """Raise AssertionError unless two containers have the same shapes and the same numbers.

    >>> check_equivalent([1.0, np.zeros(2)], [1.0, np.zeros(2)])
    """

    def check(path: str, a: Any, b: Any) -> None:
        same = np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-6, atol=1e-6)
        assert same, f"check_equivalent: {a} differs from {b}{path and f' at {path}'}."

    tree_map(check, x, y)
