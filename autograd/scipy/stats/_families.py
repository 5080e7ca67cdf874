"""What the distributions of one variable share: parameters, supports, logarithms.

A distribution is declared by its standard form, as compositions of primitives. Here it is moved
by `loc` and stretched by `scale`, and gets SciPy's values outside its support (and NaN for
parameters that are none), where the standard form is not evaluated: gradients are 0 there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Any

import numpy as np

from autograd.functions import detach
from autograd.tensor import Tensor

Function = Callable[..., Any]
INFINITY = float("inf")


def _values(x: Any) -> Any:
    return np.asarray(detach(x))


def _operands(arguments: Sequence[Any]) -> list[Any]:
    """The arguments as arrays, numbers in the floating-point dtype that the others have."""
    arguments = [np.asarray(a) if isinstance(a, (list, tuple)) else a for a in arguments]
    kinds = [a.dtype for a in arguments if hasattr(a, "dtype")]
    dtype = np.result_type(*kinds, np.float32) if kinds else np.dtype(float)
    return [
        a
        if hasattr(a, "dtype") and a.dtype.kind == "f"
        else (a.astype(dtype) if isinstance(a, Tensor) else np.asarray(a, dtype))
        for a in arguments
    ]


def _masked(
    kernel: Function,
    arguments: Sequence[Any],
    fills: Sequence[float],
    low: Any,
    high: Any,
    invalid: Any,
    outside: tuple[float, float],
) -> Any:
    """The kernel of the arguments, but where a mask holds the value of that, and no gradient."""
    wrong = low | high | invalid
    if not wrong.any():
        return kernel(*arguments)
    safe = [np.where(wrong, fill, a) for fill, a in zip(fills, arguments, strict=True)]
    inside = kernel(*safe)
    values = np.where(invalid, np.nan, np.where(low, *outside))
    return np.where(wrong, values.astype(inside.dtype), inside)


class _Family:
    """A name, the names of the parameters, and how a call gives them."""

    def __init__(self, name: str, variable: str, parameters: Sequence[str], **defaults: float):
        self.name = name
        self.parameters = tuple(parameters)
        kind = Parameter.POSITIONAL_OR_KEYWORD
        given = [Parameter(p, kind) for p in parameters]
        given += [Parameter(p, kind, default=value) for p, value in defaults.items()]
        self._with_variable = Signature([Parameter(variable, kind), *given])
        self._without = Signature(given)

    def _bind(self, method: str, signature: Signature, args: Any, kwargs: Any) -> list[Any]:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.name}.{method}: {error}; it takes {signature}.") from None
        bound.apply_defaults()
        return _operands(list(bound.arguments.values()))


class Continuous(_Family):
    """A density on an interval, by functions of the standardised variable and the parameters.

    All parameters must be positive. The edges of the interval belong to it unless it is `open`.
    """

    def __init__(
        self,
        name: str,
        parameters: Sequence[str] = (),
        support: tuple[float, float] = (-INFINITY, INFINITY),
        open: bool = False,
        *,
        logpdf: Function,
        cdf: Function,
        sf: Function,
        logcdf: Function | None = None,
        logsf: Function | None = None,
        entropy: Function,
    ) -> None:
        super().__init__(name, "x", parameters, loc=0, scale=1)
        self.support = support
        self.open = open
        self._logpdf, self._cdf, self._sf, self._entropy = logpdf, cdf, sf, entropy
        self._logcdf = logcdf or (lambda *a: np.log(cdf(*a)))
        self._logsf = logsf or (lambda *a: np.log(sf(*a)))

    def pdf(self, *args: Any, **kwargs: Any) -> Any:
        """The density at x, 0 outside the support."""

        def density(y: Any, scale: Any, *parameters: Any) -> Any:
            return np.exp(self._logpdf(y, *parameters)) / scale

        return self._evaluate("pdf", density, args, kwargs, (0, 0))

    def logpdf(self, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the density at x, -inf outside the support."""

        def density(y: Any, scale: Any, *parameters: Any) -> Any:
            return self._logpdf(y, *parameters) - np.log(scale)

        return self._evaluate("logpdf", density, args, kwargs, (-INFINITY, -INFINITY))

    def cdf(self, *args: Any, **kwargs: Any) -> Any:
        """The probability of at most x."""
        return self._evaluate("cdf", _unscaled(self._cdf), args, kwargs, (0, 1))

    def sf(self, *args: Any, **kwargs: Any) -> Any:
        """The probability of more than x."""
        return self._evaluate("sf", _unscaled(self._sf), args, kwargs, (1, 0))

    def logcdf(self, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of at most x."""
        return self._evaluate("logcdf", _unscaled(self._logcdf), args, kwargs, (-INFINITY, 0))

    def logsf(self, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of more than x."""
        return self._evaluate("logsf", _unscaled(self._logsf), args, kwargs, (0, -INFINITY))

    def entropy(self, *args: Any, **kwargs: Any) -> Any:
        """The differential entropy, in nats."""
        *parameters, loc, scale = self._bind("entropy", self._without, args, kwargs)
        arguments = [loc, scale, *parameters]
        no = np.zeros(np.broadcast_shapes(*map(np.shape, arguments)), bool)

        def kernel(loc: Any, scale: Any, *parameters: Any) -> Any:
            return self._entropy(*parameters) + np.log(scale) + np.zeros_like(loc)

        fills = [0.0, 1.0, *(0.5 for _ in parameters)]
        invalid = no | self._invalid(*map(_values, arguments))
        return _masked(kernel, arguments, fills, no, no, invalid, (0, 0))

    @staticmethod
    def _invalid(loc: Any, scale: Any, *parameters: Any) -> Any:
        invalid = np.isnan(loc) | ~(scale > 0)
        for p in parameters:
            invalid = invalid | ~(p > 0)
        return invalid

    def _evaluate(
        self, method: str, kernel: Function, args: Any, kwargs: Any, outside: tuple[float, float]
    ) -> Any:
        x, *parameters, loc, scale = self._bind(method, self._with_variable, args, kwargs)
        arguments = [x, loc, scale, *parameters]
        values = [_values(a) for a in arguments]
        with np.errstate(all="ignore"):
            y = (values[0] - values[1]) / values[2]
        lower, upper = self.support
        # An edge counts as outside where the kernel would be the logarithm of 0.
        low = (y <= lower) if self.open or outside[0] == -INFINITY != outside[1] else (y < lower)
        high = (y >= upper) if outside[1] == -INFINITY != outside[0] else (y > upper)
        low, high = low | (y == -INFINITY), high | (y == INFINITY)

        def standardised(x: Any, loc: Any, scale: Any, *parameters: Any) -> Any:
            return kernel((x - loc) / scale, scale, *parameters)

        fills = [0.5, 0.0, 1.0, *(0.5 for _ in parameters)]
        invalid = np.isnan(y) | self._invalid(*values[1:])
        return _masked(standardised, arguments, fills, low, high, invalid, outside)


def _unscaled(kernel: Function) -> Function:
    return lambda y, scale, *parameters: kernel(y, *parameters)


class Discrete(_Family):
    """Probabilities of the integers from 0 to `upper`, by functions of k and the parameters.

    `integers` says how many of the first parameters are integers; they and k are data, whose
    derivatives are refused. `invalid` and `upper` are functions of the parameters' values;
    `fills` are parameters that are valid, with k = 0.
    """

    def __init__(
        self,
        name: str,
        parameters: Sequence[str],
        integers: int,
        fills: Sequence[float],
        invalid: Function,
        upper: Function,
        *,
        logpmf: Function,
        cdf: Function,
        sf: Function,
    ) -> None:
        super().__init__(name, "k", parameters, loc=0)
        self.integers, self.fills, self.invalid, self.upper = integers, fills, invalid, upper
        self._logpmf, self._cdf, self._sf = logpmf, cdf, sf

    def pmf(self, *args: Any, **kwargs: Any) -> Any:
        """The probability of k, 0 outside the support."""
        return self._evaluate("pmf", lambda *a: np.exp(self._logpmf(*a)), args, kwargs, (0, 0))

    def logpmf(self, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of k, -inf outside the support."""
        return self._evaluate("logpmf", self._logpmf, args, kwargs, (-INFINITY, -INFINITY))

    def cdf(self, *args: Any, **kwargs: Any) -> Any:
        """The probability of at most k."""
        return self._evaluate("cdf", self._cdf, args, kwargs, (0, 1))

    def sf(self, *args: Any, **kwargs: Any) -> Any:
        """The probability of more than k."""
        return self._evaluate("sf", self._sf, args, kwargs, (1, 0))

    def logcdf(self, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of at most k."""
        kernel = lambda *a: np.log(self._cdf(*a))
        return self._evaluate("logcdf", kernel, args, kwargs, (-INFINITY, 0))

    def logsf(self, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of more than k."""
        kernel = lambda *a: np.log(self._sf(*a))
        return self._evaluate("logsf", kernel, args, kwargs, (0, -INFINITY))

    def _evaluate(
        self, method: str, kernel: Function, args: Any, kwargs: Any, outside: tuple[float, float]
    ) -> Any:
        k, *parameters, loc = self._bind(method, self._with_variable, args, kwargs)
        counts = ("k", *self.parameters[: self.integers], "loc")
        for what, value in zip(counts, [k, *parameters[: self.integers], loc], strict=True):
            if isinstance(value, Tensor) and value.requires_grad:
                raise TypeError(
                    f"{self.name}.{method}: {what} counts, so there is no derivative with respect "
                    "to it; give it as an array, or detach() it."
                )
        k = _values(k) - _values(loc)
        values = [_values(p) for p in parameters]
        upper = self.upper(*values)
        if method.endswith("pmf"):
            low, high = (k < 0) | (k != np.floor(k)), (k > upper) | (k == INFINITY)
        else:
            k = np.floor(k)
            low, high = k < 0, k >= upper
        invalid = np.isnan(k) | self.invalid(*values)
        return _masked(kernel, [k, *parameters], [0, *self.fills], low, high, invalid, outside)
