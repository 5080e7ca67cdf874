"""`Tensor`: a light handle on an array and on the entry of the tape that made it.

Only the handle lives here: construction, values, attributes, NumPy's protocols. Operators and
array methods are the operations themselves; `operators.py` hangs them on the class, because
operations make Tensors and Tensors have operations.
"""

from __future__ import annotations

import copy as copying
import threading
import weakref
import zlib
from collections.abc import Callable, Iterator, Sequence
from sys import getrefcount
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, cast

import numpy as np
from numpy.typing import DTypeLike

from autograd import dispatch
from autograd.errors import GradientError, describe
from autograd.handles import Hooks, RemovableHandle, added
from autograd.mode import is_recording, watching
from autograd.places import source_at, users_line
from autograd.tape import Leaf, Node, tick

__all__ = ["Tensor", "tensor"]


class Tensor:
    r"""An array that remembers how it was computed, so that it can be differentiated.

    Parameters
    ----------
    data
        A number, a (nested) list, an array, or an array of another library that speaks NumPy's
        protocols. Boolean, integer and real floating-point values of any shape.
    requires_grad
        Whether ``backward()`` leaves the gradient with respect to this Tensor in ``.grad``.
        Floating-point only.
    dtype
        As in ``numpy.array``; by default the dtype of `data`.
    copy
        True (the default) makes the Tensor own its values. False shares the memory of `data`
        where that is possible; it is then a promise that nobody else writes to it between an
        operation and the backward pass over it.

    Raises TypeError for values that have no gradient theory here (complex, object, text, masked
    arrays), and for ``requires_grad=True`` on integers or booleans.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> loss = (x * x).sum()
    >>> loss
    Tensor(5., dtype=float64, made by sum)
    >>> loss.backward()
    >>> x.grad
    Tensor([2., 4.], dtype=float64)
    """

    # _node: the entry that made it, its Leaf, or None for the result of an unrecorded operation
    # (a Leaf is made when first needed). _wants: whether a gradient flows to it.
    __slots__ = ("__weakref__", "_data", "_grad", "_node", "_wants")
    __array_priority__ = 1000.0

    _data: Any
    _grad: Tensor | None
    _node: Any
    _wants: bool

    def __init__(
        self,
        data: Any,
        requires_grad: bool = False,
        dtype: DTypeLike | None = None,
        copy: bool = True,
    ) -> None:
        self._data = own(data, dtype, copy)
        self._grad = None
        self._make_leaf(requires_grad)

    def _make_leaf(self, requires_grad: bool) -> None:
        if requires_grad and self._data.dtype.kind != "f":
            raise TypeError(
                f"Tensor: {describe(self._data)} can't require a gradient, only floating-point "
                "values can; write the numbers with a point or pass dtype=float."
            )
        if not hasattr(self, "_grad"):  # the result of an unrecorded operation
            self._grad = None
            if requires_grad and self._data.base is not None:
                self._data = copied(self._data)  # a view must not change with another Tensor
        self._node = Leaf(self._data, weakref.ref(self) if requires_grad else None)
        self._wants = bool(requires_grad)

    # ------------------------------------------------------------------ what it is

    @property
    def data(self) -> Any:
        """The values, an ndarray.

        Of a leaf it is writable, so that ``p.data -= lr * p.grad`` is gradient descent; a
        backward pass over operations recorded before such a change is refused. (A write through
        an array that was taken from here before the operation is seen inside `detect_anomaly`
        alone: take it anew.) Of the result of a recorded operation it is a read-only view.
        """
        if not self.is_leaf:
            return self._sealed()
        if not hasattr(self, "_grad"):  # an unrecorded result, or detached: not yet one's own
            if self._data.base is not None or getrefcount(self._data) > _references:
                self._data = copied(self._data)
            self._grad = None
            self._node = Leaf(self._data) if self._node is None else self._node
        if self._data.__class__ is np.ndarray and (
            getrefcount(self._data) > _references or self._data.base is not None
        ):
            _hand_out(self._data)
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        if not self.is_leaf:
            raise GradientError(
                f"Tensor.data: can't be set on the result of the operation `{self._node.name}`, "
                "whose history would no longer be true; detach() it first."
            )
        if value is self._data:  # what `p.data -= ...` ends in
            note_change(value)
            return
        array = own(value)
        if array.shape != self._data.shape or not np.can_cast(array.dtype, self.dtype, "same_kind"):
            raise ValueError(
                f"Tensor.data: received {describe(array)} for {describe(self._data)}; shape and "
                "kind must stay, so make a new Tensor instead."
            )
        self._data = array.astype(self.dtype, copy=False)

    def _sealed(self) -> Any:
        """The values of a recorded result, which nobody can make writable again."""
        array = self._data
        if array.__class__ is np.ndarray:
            if array.base is not None:  # whose memory may be a leaf's
                array = copied(array)
            array.flags.writeable = False
        return _read_only(array)

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward passes have added up here: a Tensor, or None before any.

        Raises GradientError on the result of an operation, where none is kept.
        """
        try:
            return self._grad
        except AttributeError:
            if self.is_leaf:
                return None
            raise GradientError(
                f"Tensor.grad: gradients are kept on leaves, and this Tensor is the result of "
                f"`{self._node.name}`; call retain_grad() on it before backward(), or ask for "
                "autograd.gradients(loss, this)."
            ) from None

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if not self.is_leaf:
                raise GradientError(
                    f"Tensor.grad: can't be set on the result of `{self._node.name}`, "
                    "only on leaves; detach() it first."
                )
            value = value if isinstance(value, Tensor) else Tensor(value, dtype=self.dtype)
            if value.shape != self.shape or value.dtype != self.dtype:
                raise ValueError(
                    f"Tensor.grad: received {describe(value)} for a Tensor of {describe(self)}; "
                    "give an array of the same shape and dtype, or None."
                )
        self._grad = value

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows to this Tensor."""
        return self._wants

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not self.is_leaf:
            if value:
                return
            raise GradientError(
                f"Tensor.requires_grad: can't be switched off on the result of the operation "
                f"`{self._node.name}`; use detach()."
            )
        if value and (self._node is None or self._node.owner is None):
            self._make_leaf(requires_grad=True)
        elif self._node is not None:  # the same leaf, so that what was recorded still reaches it
            self._wants = self._node.wants = bool(value)

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made it."""
        return self._node.__class__ is not Node

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self._data.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._data.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's dtype of the values."""
        return self._data.dtype  # type: ignore[no-any-return]

    @property
    def nbytes(self) -> int:
        """Bytes that the values take."""
        return self._data.nbytes  # type: ignore[no-any-return]

    # ------------------------------------------------------------------ out of the engine

    def item(self) -> Any:
        """The only element, as a Python number; ValueError if there is not exactly one."""
        if self._data.size != 1:
            raise ValueError(
                f"Tensor.item: needs exactly one element, received shape {self.shape}; "
                "use tolist(), or index it first."
            )
        return self._data.item()

    def numpy(self) -> np.ndarray[Any, Any]:
        """The values as an array of their own: writing to it changes no Tensor.

        Unlike ``np.asarray(t)`` it never refuses: the name says that the gradient ends here.
        """
        return np.array(self._data)

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return self._data.tolist()

    def detach(self) -> Tensor:
        """The same values as a constant, through which no gradient flows."""
        # The buffer of a recorded result never changes, so it can be shared; a leaf's can, and a
        # view may be one of a leaf.
        shared = not self.is_leaf and getattr(self._data, "base", None) is None
        return constant(self._data if shared else copied(self._data))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Any:
        self._refuse_escape("np.asarray(tensor)")
        if copy:
            return np.array(self._data, dtype=dtype)
        return _read_only(np.asarray(self._data if self.is_leaf else self._sealed(), dtype=dtype))

    def _refuse_escape(self, what: str) -> None:
        if self._wants and is_recording():
            raise TypeError(
                f"{what}: a Tensor of shape {self.shape} that requires a gradient would lose it "
                "here; write .detach() or .numpy() (a scalar: .item()) if that is meant, make an "
                "array that is to hold it a Tensor first (a = tensor(a), then a[i] = t), and "
                "gather several with autograd.stack or concatenate."
            )

    def __float__(self) -> float:
        self._refuse_escape("float(tensor)")
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise ValueError(
                f"bool(tensor): the truth of shape {self.shape} is ambiguous; use any() or all()."
            )
        return bool(self._data.item())

    def __index__(self) -> int:
        if self._data.dtype.kind not in "iu" or self._data.ndim:
            raise TypeError(
                f"Tensor as an index: must be an integer scalar, received {describe(self)}."
            )
        return int(self._data)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    # ------------------------------------------------------------------ Python's protocols

    def __len__(self) -> int:
        if not self._data.ndim:
            raise TypeError("len(tensor): a scalar has no length; use .size, which is 1.")
        return len(self._data)

    def __iter__(self) -> Iterator[Tensor]:
        if not self._data.ndim:
            raise TypeError("iter(tensor): a scalar can't be iterated; use item().")
        return (self[i] for i in range(len(self._data)))

    def __contains__(self, value: Any) -> bool:
        return bool((self._data == _values(value)).any())

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        text = np.array2string(
            np.asarray(self._data), separator=", ", prefix=type(self).__name__ + "(", threshold=200
        )
        made = (
            ", requires_grad=True"
            if self._wants and self.is_leaf
            else f", made by {self._node.name}"
            if self._wants
            else ""
        )
        shape = f", shape={self.shape}" if self.size > 200 or not self.size else ""
        return f"{type(self).__name__}({text}{shape}, dtype={self.dtype}{made})"

    def _repr_html_(self) -> str:
        from autograd.explain.show import tensor_html

        return tensor_html(self)

    def _refuse_copy(self, what: str) -> None:
        if not self.is_leaf:
            raise GradientError(
                f"{what}: can't copy the result of the operation `{self._node.name}` together "
                "with its tape; detach() it first."
            )

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        self._refuse_copy("copy.deepcopy")
        return _rebuild(
            type(self), copied(self._data), self._wants, copying.deepcopy(self.grad, memo)
        )

    def __copy__(self) -> Tensor:
        return self.__deepcopy__({})

    def __reduce__(self) -> tuple[Any, ...]:
        self._refuse_copy("pickle")
        return _rebuild, (type(self), self._data, self._wants, self.grad)

    # ------------------------------------------------------------------ differentiation

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        r"""Add the gradient of this Tensor with respect to each leaf to the leaf's ``.grad``.

        For a Tensor :math:`z` and cotangent :math:`g` (same shape; 1 for a scalar), each leaf
        :math:`x` receives :math:`(\partial z / \partial x)^\top g`.

        Parameters
        ----------
        gradient
            The cotangent; may be left out if there is a single element.
        retain_graph
            Keep what the tape saved, for another pass. By default the value of `create_graph`.
        create_graph
            Record the pass itself, so that gradients can be differentiated again.
        inputs
            Leaves to add to; by default all that were used.

        Raises GradientError where no right gradient can be given (no gradient required, a freed
        tape, a changed leaf), ValueError for a cotangent of the wrong shape.

        >>> x = tensor(3.0, requires_grad=True)
        >>> (x**2).backward()
        >>> x.grad
        Tensor(6., dtype=float64)
        """
        from autograd.backward import backward

        backward(self, gradient, retain_graph, create_graph, inputs)

    def retain_grad(self) -> None:
        """Keep the gradient in ``.grad`` although this Tensor is the result of an operation.

        >>> x = tensor(3.0, requires_grad=True)
        >>> y = x * 2
        >>> y.retain_grad()
        >>> (y * y).backward()
        >>> y.grad
        Tensor(12., dtype=float64)
        """
        self._refuse_hook("retain_grad")
        if not self.is_leaf and self._node not in retained:
            self._grad = None
            retained[self._node] = weakref.ref(self)

    def register_hook(self, hook: Callable[[Tensor], Any]) -> RemovableHandle:
        """Call ``hook(g)`` in each backward pass, when the cotangent g of this value is complete.

        What the hook returns takes the place of g: a Tensor or an array of its shape, or None for
        g as it is. Of several hooks, each sees what the one before returned; ``.grad``, also of
        `retain_grad`, is what the last returned. A hook works on a copy, without recording unless
        the pass has ``create_graph=True``. If it raises, no ``.grad`` has changed, and the tape is
        there for another pass.

        Raises GradientError if no gradient flows to this Tensor, TypeError for no function; the
        backward pass raises GradientError for a result of another shape or kind.

        >>> x = tensor([3.0, 4.0], requires_grad=True)
        >>> handle = x.register_hook(lambda g: g / 2)
        >>> (x * x).sum().backward()
        >>> x.grad
        Tensor([3., 4.], dtype=float64)
        >>> handle.remove()
        """
        self._refuse_hook("register_hook")
        return added(hooks_of(self._node, "hooks"), hook, "register_hook")

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], Any]) -> RemovableHandle:
        """Call ``hook(self)`` after a backward pass has added to ``.grad`` of this leaf.

        It runs when all leaves have their gradients. What it returns does not matter. If one
        raises, every ``.grad`` is again what it was before the pass.

        Raises GradientError if this is no leaf that requires a gradient, TypeError for no function.

        >>> w = tensor([3.0, 4.0], requires_grad=True)
        >>> def step(w):
        ...     w.data -= 0.5 * w.grad.data
        ...     w.grad = None
        >>> handle = w.register_post_accumulate_grad_hook(step)
        >>> (w * w).sum().backward()
        >>> w.data.tolist()
        [0.0, 0.0]
        """
        name = "register_post_accumulate_grad_hook"
        self._refuse_hook(name)
        if not self.is_leaf:
            raise GradientError(
                f"{name}: gradients are added up on leaves, and this Tensor is the result of "
                f"`{self._node.name}`; register_hook() sees its gradient."
            )
        return added(hooks_of(self._node, "after"), hook, name)

    def _refuse_hook(self, what: str) -> None:
        if not self._wants:
            raise GradientError(
                f"{what}: no gradient flows to this Tensor, {describe(self)}; build it from a "
                "Tensor with requires_grad=True, outside no_grad()."
            )

    def zero_grad(self) -> None:
        """Forget the gradient: ``.grad`` is None again."""
        if self.is_leaf or hasattr(self, "_grad"):
            self._grad = None

    # ------------------------------------------------------------------ NumPy's protocols

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        (out,) = kwargs.pop("out", None) or (None,)
        if method == "__call__":
            operation = dispatch.operations.get(ufunc) or dispatch.late(ufunc)
        else:
            operation = dispatch.methods.get((ufunc, method))
            if method in ("reduce", "accumulate"):
                kwargs.setdefault("axis", 0)  # unlike np.sum
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        if operation is None and ufunc not in dispatch.plain:
            raise dispatch.unsupported(ufunc, method)
        if operation is None or (out is not None and not isinstance(out, Tensor)):
            return self._on_values(function, ufunc, operation, inputs, kwargs, out)
        result = dispatch.call(ufunc, operation, inputs, kwargs)
        return result if out is None else out._update(result, dispatch.numpy_name(ufunc))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        operation = dispatch.operations.get(function)
        if operation is None and function not in dispatch.plain:
            raise dispatch.unsupported(function)
        args, kwargs, out = dispatch.apart(function, args, kwargs)
        if operation is None or (out is not None and not isinstance(out, Tensor)):
            return self._on_values(function, function, operation, args, kwargs, out)
        result = dispatch.call(function, operation, args, kwargs)
        return result if out is None else out._update(result, dispatch.numpy_name(function))

    def _on_values(
        self, call: Any, function: Any, operation: Any, args: Any, kwargs: Any, out: Any
    ) -> Any:
        """NumPy's own function, on the values: for a plain result, or into a plain array."""
        if operation is not None:  # `p.data -= lr * p.grad` is fine; a gradient would be lost
            for value in (*args, *kwargs.values()):
                if isinstance(value, Tensor):
                    value._refuse_escape(f"{dispatch.numpy_name(function)}(..., out=array)")
        if "overwrite_input" in kwargs:
            kwargs = kwargs | {"overwrite_input": False}  # they are values
        into = {} if out is None or isinstance(out, Tensor) else {"out": out}
        result = call(*_plain_arguments(args), **dict(_plain_arguments(kwargs.items())), **into)
        if isinstance(out, Tensor):
            return out._update(result, dispatch.numpy_name(function))
        recorder = watching()
        return result if recorder is None else recorder.computed(function, args, kwargs, result)

    # ------------------------------------------------------------------ changing a handle

    def _update(self, result: Any, what: str) -> Tensor:
        """What ``x += y``, ``x[i] = v`` and ``out=x`` mean: this handle shows `result`.

        The array that earlier entries saved is left alone, so they keep seeing the old value.
        Only a leaf that requires a gradient is written in place, under ``no_grad()``.
        """
        value = result._data if isinstance(result, Tensor) else np.asarray(result)
        if self._wants and self.is_leaf and is_recording():
            raise GradientError(
                f"{what}: a leaf that requires a gradient can't be changed while recording; do "
                "it under no_grad() (or on .data) to update it, or write `y = x + ...` to "
                "compute with it."
            )
        if value.shape != self.shape:
            raise ValueError(
                f"{what}: a result of shape {value.shape} does not fit in place into "
                f"shape {self.shape}; write `x = x + y` instead of `x += y`."
            )
        if not np.can_cast(value.dtype, self.dtype, "same_kind"):
            raise TypeError(
                f"{what}: {value.dtype} does not fit in place into {self.dtype}; "
                "convert one of them with astype()."
            )
        if isinstance(result, Tensor) and result._wants:
            result = result if result.dtype == self.dtype else result.astype(self.dtype)
            self._data, self._node, self._wants = result._data, result._node, True
            if hasattr(self, "_grad"):
                del self._grad  # no leaf any more
        elif self._wants and self.is_leaf:
            self._data[...] = value
            note_change(self._data)
        else:  # constants and, under no_grad, recorded results: a value without a history
            self._data = value.astype(self.dtype, copy=value.base is not None)
            self._make_leaf(requires_grad=False)
        return self

    if TYPE_CHECKING:  # what operators.py hangs on the class
        T: Tensor
        mT: Tensor
        real: Tensor
        imag: Tensor

        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __iadd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __isub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __imul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __itruediv__(self, other: Any) -> Tensor: ...
        def __floordiv__(self, other: Any) -> Tensor: ...
        def __rfloordiv__(self, other: Any) -> Tensor: ...
        def __mod__(self, other: Any) -> Tensor: ...
        def __rmod__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __ipow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __rmatmul__(self, other: Any) -> Tensor: ...
        def __imatmul__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __pos__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __divmod__(self, other: Any) -> tuple[Tensor, Tensor]: ...
        def __rdivmod__(self, other: Any) -> tuple[Tensor, Tensor]: ...
        def __round__(self, ndigits: int = 0) -> Tensor: ...
        def __invert__(self) -> Any: ...
        def __and__(self, other: Any) -> Any: ...
        def __rand__(self, other: Any) -> Any: ...
        def __or__(self, other: Any) -> Any: ...
        def __ror__(self, other: Any) -> Any: ...
        def __xor__(self, other: Any) -> Any: ...
        def __rxor__(self, other: Any) -> Any: ...
        def __getitem__(self, index: Any) -> Tensor: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...
        def __eq__(self, other: object) -> Any: ...
        def __ne__(self, other: object) -> Any: ...
        def __lt__(self, other: Any) -> Any: ...
        def __le__(self, other: Any) -> Any: ...
        def __gt__(self, other: Any) -> Any: ...
        def __ge__(self, other: Any) -> Any: ...
        def sum(self, axis: Any = None, dtype: Any = None, **options: Any) -> Tensor: ...
        def mean(self, axis: Any = None, dtype: Any = None, **options: Any) -> Tensor: ...
        def max(self, axis: Any = None, **options: Any) -> Tensor: ...
        def min(self, axis: Any = None, **options: Any) -> Tensor: ...
        def prod(self, axis: Any = None, dtype: Any = None, **options: Any) -> Tensor: ...
        def var(self, axis: Any = None, dtype: Any = None, **options: Any) -> Tensor: ...
        def std(self, axis: Any = None, dtype: Any = None, **options: Any) -> Tensor: ...
        def cumsum(self, axis: int | None = None, dtype: Any = None) -> Tensor: ...
        def cumprod(self, axis: int | None = None, dtype: Any = None) -> Tensor: ...
        def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor: ...
        def argmax(self, axis: int | None = None) -> Any: ...
        def argmin(self, axis: int | None = None) -> Any: ...
        def argsort(self, axis: int = -1) -> Any: ...
        def argpartition(self, kth: Any, axis: int = -1) -> Any: ...
        def nonzero(self) -> Any: ...
        def searchsorted(self, v: Any, side: str = "left") -> Any: ...
        def any(self, axis: Any = None) -> Any: ...
        def all(self, axis: Any = None) -> Any: ...
        def reshape(self, *shape: Any, order: str = "C") -> Tensor: ...
        def ravel(self, order: str = "C") -> Tensor: ...
        def flatten(self, order: str = "C") -> Tensor: ...
        def transpose(self, *axes: Any) -> Tensor: ...
        def swapaxes(self, axis1: SupportsIndex, axis2: SupportsIndex) -> Tensor: ...
        def squeeze(self, axis: Any = None) -> Tensor: ...
        def repeat(self, repeats: Any, axis: int | None = None) -> Tensor: ...
        def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor: ...
        def take(self, indices: Any, axis: int | None = None, *, mode: str = "raise") -> Tensor: ...
        def choose(self, choices: Any, *, mode: str = "raise") -> Tensor: ...
        def compress(self, condition: Any, axis: int | None = None) -> Tensor: ...
        def put(self, ind: Any, v: Any, mode: str = "raise") -> None: ...
        def sort(self, axis: int = -1) -> None: ...
        def partition(self, kth: Any, axis: int = -1) -> None: ...
        def clip(self, min: Any = None, max: Any = None) -> Tensor: ...
        def round(self, decimals: int = 0) -> Tensor: ...
        def dot(self, other: Any) -> Tensor: ...
        def astype(self, dtype: DTypeLike) -> Tensor: ...
        def copy(self) -> Tensor: ...
        def conj(self) -> Tensor: ...
        def conjugate(self) -> Tensor: ...


def tensor(
    data: Any,
    requires_grad: bool = False,
    dtype: DTypeLike | None = None,
    copy: bool = True,
) -> Tensor:
    """``Tensor(...)`` under the name that reads well in code.

    >>> tensor([[1, 2], [3, 4]], dtype="float32").shape
    (2, 2)
    """
    return Tensor(data, requires_grad, dtype, copy)


_new = object.__new__


def constant(array: Any) -> Tensor:
    """A Tensor around `array`, unchecked and shared: the result of an unrecorded operation."""
    result = _new(Tensor)
    result._data = array
    result._node = None
    result._wants = False
    return result


def attach(array: Any, node: Any) -> Tensor:
    """A Tensor handle on a value that `node` (an entry, a leaf or a scalar) stands for."""
    result = _new(Tensor)
    result._data = array
    result._node = node
    result._wants = getattr(node, "wants", False)
    return result


def copied(array: Any) -> Any:
    """A copy with the same layout in memory; of a scalar, an array."""
    return np.array(array) if isinstance(array, (np.ndarray, np.generic)) else array.copy()


# glibc gives freed memory of more than 128 kB back to the system at once, until a program frees a
# large block for the first time; it then keeps that much for reuse. Gradients come and go by the
# megabyte, and the page faults of fresh memory cost as much as the arithmetic in it. Nothing is
# written here, so this costs no memory; other C libraries don't mind.
np.empty(31 << 20, np.uint8)


# Entries whose gradient was asked for by retain_grad(), with the handle to leave it on.
retained: weakref.WeakKeyDictionary[Node, weakref.ref[Tensor]] = weakref.WeakKeyDictionary()

# The entries and leaves with hooks. These are not values here, but theirs: a hook that holds on to
# its Tensor would keep its own key alive for ever, and so is a cycle for the garbage collector.
hooked: weakref.WeakKeyDictionary[Node | Leaf, None] = weakref.WeakKeyDictionary()


def hooks_of(node: Node | Leaf, kind: Literal["hooks", "after"]) -> Hooks:
    """The hooks on the cotangent of an entry or leaf, or those `after` it is added to a leaf's."""
    with _noting:
        if not hasattr(node, kind):
            setattr(node, kind, {})
            hooked[node] = None
        return cast(Hooks, getattr(node, kind))


# How a change in place is found out. Every entry and every change has a stamp, and a change after
# an entry was recorded is refused where the entry's rules would read the new value:
#
#   7  z = w * w                  the entry holds the buffer of w
#   8  w.data                     hands it out, and keeps a copy of its values: _handed_out
#      w.data[...] = 5            nobody tells us
#   9  w += 1 under no_grad()     we do it ourselves: _changes
#      z.backward()               compares what was handed out (changed after 8), asks for changes
#                                 after 7 in what the entry holds, and refuses
#
# Buffers that were written to in place after they became a Tensor's: id -> (stamp of the last
# change, the buffer itself, weakly, so that an id is never mistaken for a later array's, how it
# was changed, and the user's line).
_changes: dict[int, tuple[int, weakref.ref[Any], str, Any]] = {}


def buffer_of(array: Any) -> Any:
    """The array that owns the memory of a view."""
    while isinstance(getattr(array, "base", None), np.ndarray):
        array = array.base
    return array


def note_change(array: Any) -> None:
    """Remember that the memory of `array` was written to just now."""
    _note(buffer_of(array), tick(), "at", users_line())


def _note(buffer: Any, stamp: int, how: str, line: Any) -> None:
    global _last_change
    key = id(buffer)
    with _noting:
        _last_change = max(_last_change, stamp)
        if stamp > _changes.get(key, (0,))[0]:  # (`.data` tells late of what happened long ago)
            _changes[key] = stamp, weakref.ref(buffer, lambda _: _changes.pop(key, None)), how, line


_last_change = 0
_noting = threading.RLock()  # threads may share a leaf, and all share what is remembered here


# Buffers that `.data` gave out for writing while something else (perhaps an entry) held them too:
# id -> (stamp, the buffer, weakly, its values then, and the user's line). Whether they were
# written to is looked at when it matters.
_handed_out: dict[int, tuple[int, weakref.ref[Any], Any, Any]] = {}


def _hand_out(array: Any) -> None:
    buffer = buffer_of(array)
    key = id(buffer)
    with _noting:
        _settle(key)
        if key not in _handed_out:
            handle = weakref.ref(buffer, lambda _: _handed_out.pop(key, None))
            _handed_out[key] = tick(), handle, buffer.copy(), users_line()


def _settle(key: int) -> None:
    """Note a change if a buffer was written to since it was handed out; if not, go on watching.

    Until now its values are the old ones, so what is found later happened after this stamp.
    """
    watched = _handed_out.get(key)
    buffer = None if watched is None else watched[1]()
    if watched is None or buffer is None:
        return
    stamp, handle, values, line = watched
    if buffer.tobytes() == values.tobytes():
        _handed_out[key] = tick(), handle, values, line
    else:
        _handed_out.pop(key, None)
        _note(buffer, stamp, "through the `.data` taken at", line)


def last_change() -> int:
    """The stamp of the last change of any Tensor in place."""
    if _handed_out:
        with _noting:
            for key in list(_handed_out):
                _settle(key)
    return _last_change


def changed_at(array: Any) -> int:
    """The stamp at which the memory of `array` was last written to; 0 for never."""
    return _changes.get(id(buffer_of(array)), (0,))[0]


def change_of(array: Any, since: int) -> str:
    """How the memory of `array` was written to after `since`, for a sentence; "" if not known."""
    stamp, _, how, line = _changes.get(id(buffer_of(array)), (0, None, "", None))
    return f" {how} {source_at(*line)}" if line is not None and stamp > since else ""


def fingerprint(array: Any) -> int:
    """A number that is most likely another one after a change of the array."""
    return zlib.crc32(np.ascontiguousarray(array).data)


def own(data: Any, dtype: DTypeLike | None = None, copy: bool = True) -> Any:
    """`data` as an array that a Tensor may hold, or a TypeError that says why not."""
    if isinstance(data, Tensor):
        data._refuse_escape("Tensor(tensor)")
        data = data._data
    if isinstance(data, np.ma.MaskedArray):
        raise TypeError(
            "Tensor: a masked array would lose its mask; fill it (`a.filled(0)`) and keep the mask "
            "as an array of its own."
        )
    foreign = hasattr(data, "__array_function__") and not isinstance(data, (np.ndarray, np.generic))
    if foreign:
        array = data.astype(dtype or data.dtype, copy=copy)
    else:
        try:
            array = np.asarray(data)
            if array.dtype.kind != "c":  # casting would drop the imaginary part
                array = np.array(data, dtype=dtype) if copy else np.asarray(data, dtype=dtype)
        except ValueError:
            raise ValueError(
                f"Tensor: received {describe(data)}, which makes no array of numbers; give "
                "numbers, or lists that have the same length at each depth."
            ) from None
    if array.dtype.kind not in "fiub":
        kinds = {"c": "complex numbers", "O": "Python objects", "U": "text", "S": "text"}
        what = kinds.get(array.dtype.kind, f"values of dtype {array.dtype}")
        raise TypeError(
            f"Tensor: {what} can't be differentiated here, only real numbers can; "
            "pass dtype=float if they are numbers, or the real and imaginary parts separately."
        )
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return array


def _read_only(array: Any) -> Any:
    view = array.view()
    if isinstance(view, np.ndarray):
        view.flags.writeable = False
    return view


def _values(value: Any) -> Any:
    return value._data if isinstance(value, Tensor) else value


def _plain_arguments(arguments: Any) -> list[Any]:
    """The arguments with the values in place of Tensors, in lists and tuples too."""
    return [
        type(value)(_plain_arguments(value)) if type(value) in (list, tuple) else _values(value)
        for value in arguments
    ]


def _rebuild(kind: type[Tensor], array: Any, requires_grad: bool, grad: Tensor | None) -> Tensor:
    result = _new(kind)
    result._data = array
    result._grad = grad
    result._make_leaf(requires_grad)
    return result


def _alone() -> int:
    fresh = constant(np.zeros(1))
    return getrefcount(fresh._data)


# The references to the array of a Tensor, as seen from inside it, that nobody else holds.
_references = _alone()
