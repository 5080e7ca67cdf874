"""The differential operators of HIPS autograd: transforms, and what is written with them.

``argnum`` is one positional argument, counted from 0, or a tuple of several.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.checkpointing import checkpoint
from autograd.transforms import (
    elementwise_grad,
    grad,
    hessian,
    hessian_vector_product,
    jacobian,
    make_jvp,
    make_vjp,
    value_and_grad,
)
from autograd.trees import tree_map

__all__ = [
    "checkpoint",
    "deriv",
    "elementwise_grad",
    "grad",
    "grad_and_aux",
    "grad_named",
    "hessian",
    "hessian_tensor_product",
    "hessian_vector_product",
    "holomorphic_grad",
    "jacobian",
    "make_ggnvp",
    "make_hvp",
    "make_jvp",
    "make_jvp_reversemode",
    "make_vjp",
    "multigrad_dict",
    "tensor_jacobian_product",
    "value_and_grad",
    "vector_jacobian_product",
]

Function = Callable[..., Any]
Argnum = int | Sequence[int]

hessian_tensor_product = hessian_vector_product


def make_jvp_reversemode(fun: Function, argnum: Argnum = 0) -> Function:
    """The function that gives, at a point, the function v -> J v.

    >>> float(make_jvp_reversemode(np.exp)(0.0)(2.0))
    2.0
    """

    def jvp_at(*args: Any, **kwargs: Any) -> Function:
        push = make_jvp(fun, argnum)(*args, **kwargs)
        return lambda v: push(v)[1]

    return jvp_at


def deriv(fun: Function, argnum: Argnum = 0) -> Function:
    """The derivative of a function of one number, whatever shape its result has: J 1.

    >>> deriv(lambda t: np.array([1.0, 2.0]) * t)(3.0)
    array([1., 2.])
    """

    def derivative(*args: Any, **kwargs: Any) -> Any:
        along = args[argnum] if isinstance(argnum, int) else tuple(args[a] for a in argnum)
        ones = tree_map(lambda _, x: np.ones(np.shape(x)), along)
        return make_jvp_reversemode(fun, argnum)(*args, **kwargs)(ones)

    return derivative


def make_hvp(fun: Function, argnum: Argnum = 0) -> Function:
    """The function that gives, at a point, the function v -> H v, and the gradient.

    >>> product, slope = make_hvp(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
    >>> product(np.array([1.0, 0.0])), slope
    (array([6., 0.]), array([ 3., 12.]))
    """
    return make_vjp(grad(fun, argnum), argnum)


def make_ggnvp(
    f: Function, g: Function = lambda y: 0.5 * np.sum(y**2), f_argnum: int = 0
) -> Function:
    """The function that gives, at a point, v -> J' H J v: the generalized Gauss-Newton product.

    J is the Jacobian of `f`, H the Hessian of the scalar function `g` at the value of `f`.

    >>> make_ggnvp(lambda x: 3 * x)(np.array([1.0, 2.0]))(np.array([1.0, 0.0]))
    array([9., 0.])
    """

    def ggnvp_at(*args: Any, **kwargs: Any) -> Function:
        pull, value = make_vjp(f, f_argnum)(*args, **kwargs)
        push = make_jvp_reversemode(f, f_argnum)(*args, **kwargs)
        return lambda v: pull(hessian_vector_product(g)(value, push(v)))

    return ggnvp_at


def tensor_jacobian_product(fun: Function, argnum: Argnum = 0) -> Function:
    """The function ``(*args, t)`` that contracts t with the first axes of the Jacobian of `fun`.

    >>> tensor_jacobian_product(lambda x: x**2)(np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([ 2., 40.])
    """

    def product(*args: Any, **kwargs: Any) -> Any:
        *point, t = args

        def contracted(*point: Any) -> Any:
            return np.tensordot(t, fun(*point, **kwargs), axes=np.ndim(t))

        return jacobian(contracted, argnum)(*point)

    return product


vector_jacobian_product = tensor_jacobian_product


def grad_and_aux(fun: Function, argnum: Argnum = 0) -> Function:
    """For `fun` that returns a pair (number, anything): the gradient, and the second unchanged.

    >>> grad_and_aux(lambda x: (x**2, "kept"))(3.0)
    (np.float64(6.0), 'kept')
    """
    return grad(fun, argnum, has_aux=True)


def grad_named(fun: Function, argname: str) -> Function:
    """The gradient with respect to the argument of that name, given by position.

    >>> float(grad_named(lambda x, y: x * y, "y")(2.0, 3.0))
    2.0
    """
    return grad(fun, list(inspect.signature(fun).parameters).index(argname))


def multigrad_dict(fun: Function) -> Function:
    """The gradients with respect to all arguments, defaults included, by name.

    >>> multigrad_dict(lambda x, y=3.0: x * y)(2.0)
    {'x': np.float64(3.0), 'y': np.float64(2.0)}
    """
    signature = inspect.signature(fun)

    def called(arguments: dict[str, Any]) -> Any:
        bound = inspect.BoundArguments(signature, arguments)
        return fun(*bound.args, **bound.kwargs)

    def gradients(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return grad(called)(dict(bound.arguments))

    return gradients


def holomorphic_grad(fun: Function, argnum: Argnum = 0) -> Function:
    """Refused with a TypeError: complex numbers are not differentiated here."""
    raise TypeError(
        "holomorphic_grad: complex numbers are not differentiated here; write the function of the "
        "real and the imaginary part."
    )
