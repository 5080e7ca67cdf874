"""What may be called, and with what: the grammar of the call fuzzer.

A specification names the arguments of a function in order, each with a word of `WORDS`. A capital
letter is an operand, which may become a Tensor; `word?` may be left out and is given by keyword;
`name=word` gives a keyword of that name. What takes more than words are functions in `SHAPED`.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import scipy.special

import autograd as ag
from autograd.errors import parts

Array = np.ndarray[Any, Any]

# ------------------------------------------------------------------ operands


@dataclass(eq=False)
class Operand:
    """An array of a call together with the form in which it is handed over."""

    array: Any
    form: str = "leaf"
    buffer: bool = False  # what the function is documented to write to

    def __repr__(self) -> str:
        if isinstance(self.array, np.ndarray) and self.array.size <= 12:
            return f"{self.form}({self.array.tolist()}, {self.array.dtype}{self.array.shape})"
        return f"{self.form}({self.array!r})"


TENSORS = ("leaf", "constant", "parameter", "recorded", "spent", "shared", "reversed", "fortran")
PLAIN = ("array", "list", "scalar", "columns", "backwards", "locked", "strided", "swapped", "file")
# What can't be a Tensor, or not as it is: the values of the array do not matter then.
ODD = ("matrix", "masked", "object", "text", "complex", "structured", "date", "ragged", "none")


def lay_out(a: Array, form: str) -> Any:
    """A plain array (or list, or number) of these values in that form; of its own memory."""
    match form:
        case "list":
            return a.tolist()
        case "scalar":
            return a[()] if a.ndim == 0 else a.copy()
        case "columns" | "fortran":
            return np.array(a, order="F")
        case "backwards" | "reversed":
            flipped = (slice(None, None, -1),) * a.ndim
            return np.ascontiguousarray(a[flipped])[flipped].reshape(a.shape)
        case "locked":
            locked = a.copy()
            locked.flags.writeable = False
            return locked
        case "strided":
            wide = np.zeros((*a.shape, 2), a.dtype)
            wide[..., 1] = a
            return wide[..., 1]
        case "swapped":
            return a.astype(a.dtype.newbyteorder())
        case "file":
            if not a.size or a.dtype.kind not in "fiub":
                return a.copy()
            with tempfile.TemporaryFile() as file:
                mapped = np.memmap(file, a.dtype, "w+", shape=a.shape or (1,))
            mapped[...] = a
            return mapped.reshape(a.shape)
        case "matrix":
            return np.asmatrix(a) if a.ndim <= 2 else a.copy()
        case "masked":
            return np.ma.masked_array(a, np.arange(a.size).reshape(a.shape) % 2 == 0)
        case "object":
            return a.astype(object)
        case "text":
            return np.full(a.shape, "a")
        case "complex":
            return a.astype(complex) * (1 + 1j)
        case "structured":
            return np.zeros(a.shape, [("x", float), ("y", int)])
        case "date":
            return np.zeros(a.shape, "M8[D]")
        case "ragged":
            return [[1.0], [1.0, 2.0]]
        case "none":
            return None
    return a.copy()


# ------------------------------------------------------------------ what a call is made from

SHAPES = [(), (0,), (1,), (3,), (4,), (2, 3), (3, 1), (1, 4), (3, 3), (0, 3), (3, 0)]
SHAPES += [(2, 3, 4), (2, 1, 3), (2, 2, 2), (1, 1, 1, 2), (5,), (2, 3), (3, 4)]

FLOATS = ["f8"] * 8 + ["f4"] * 3 + ["f2", "g"]
OTHERS = ["i8", "i4", "u1", "?", "i1", "u8"]

# Arguments that make no sense, or only to some.
STRANGE: list[Callable[[], Any]] = [
    lambda: None,
    lambda: True,
    lambda: -1,
    lambda: 7,
    lambda: -9,
    lambda: 10**20,
    lambda: 2.0,
    lambda: 1.5,
    lambda: float("nan"),
    lambda: float("-inf"),
    lambda: 1j,
    lambda: "a",
    lambda: "",
    lambda: (),
    list,
    lambda: (0, 0),
    lambda: (0, -1),
    lambda: (1, 0),
    lambda: [1],
    lambda: [[1, 2], [3]],
    lambda: (None,),
    dict,
    lambda: slice(0, 1),
    lambda: ...,
    lambda: np.float32(1),
    lambda: np.int8(1),
    lambda: np.array(1),
    lambda: np.array([0, 1]),
    lambda: np.array("a"),
    lambda: np.datetime64("2020-01-01"),
    lambda: b"x",
    lambda: np.float64,
    lambda: print,
    lambda: object(),
    lambda: range(2),
    lambda: iter([1.0, 2.0]),
    lambda: np.array([1.0, None]),
    lambda: 2**63,
    lambda: Operand(np.array(1.0), "constant"),
    lambda: Operand(np.array([1.0, 2.0]), "leaf"),
    lambda: Operand(np.array(1), "constant"),
]


@dataclass
class Maker:
    """Chooses the arguments of one call; `main` is the operand that the others have to fit."""

    rng: np.random.Generator
    wild: bool  # whether odd forms of operands are among them
    main: Any = None
    made: list[Operand] = field(default_factory=list)

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def pick(self, choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def size(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    # -------------------------------------------------------------- operands

    def values(self, shape: Any, kind: str | None = None, dtype: str | None = None) -> Array:
        dtype = dtype or (self.pick(FLOATS) if self.chance(0.85) else self.pick(OTHERS))
        kind = kind or self.pick(
            ["real", "real", "positive", "unit", "whole", "distinct", "odd", "same", "wide"]
        )
        rng, size = self.rng, int(np.prod(shape))
        match kind:
            case "real":
                a = rng.normal(size=shape)
            case "positive":
                a = rng.uniform(0.4, 3, shape)
            case "unit":
                a = rng.uniform(0.05, 0.95, shape)
            case "whole":
                a = rng.integers(-2, 4, shape).astype(float)
            case "distinct":
                a = (rng.permutation(size).reshape(shape) - size // 2) * 0.5 + 0.05
            case "same":
                a = np.full(shape, rng.normal())
            case "wide":
                a = rng.normal(size=shape) * 10.0 ** rng.integers(-5, 6, shape)
            case "odd":
                pool = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e300, -1e-300, 0.5, 2.0]
                a = rng.choice(pool, shape)
        if dtype in OTHERS:
            a = np.clip(np.nan_to_num(a), 0 if dtype in ("u1", "u8", "?") else -100, 100)
        with np.errstate(all="ignore"):
            return np.asarray(a).astype(dtype)

    def operand(self, shape: Any, kind: str | None = None, dtype: str | None = None) -> Operand:
        """An array of that shape, mostly as some kind of Tensor."""
        a = self.values(shape, kind, dtype)
        if self.wild and self.chance(0.12):
            form = self.pick(ODD)
        elif self.chance(0.25):
            form = self.pick(PLAIN)
        else:
            form = self.pick(TENSORS) if self.chance(0.6) else "leaf"
        if a.dtype.kind != "f" and form in ("leaf", "parameter", "recorded", "spent"):
            form = "constant"
        made = Operand(a, form)
        self.made.append(made)
        return made

    def real(self, *shape: int) -> Operand:
        """A float operand of exactly that shape: of functions that need one."""
        return self.operand(shape, self.pick(["real", "distinct", "positive", "real", "odd"]))

    def smooth(self, *shape: int) -> Operand:
        return self.operand(shape, self.pick(["real", "distinct"]), self.pick(FLOATS))

    def positive(self, *shape: int) -> Operand:
        return self.operand(shape, "positive", self.pick(FLOATS))

    def unit(self, *shape: int) -> Operand:
        return self.operand(shape, "unit", self.pick(FLOATS))

    def labels(self, n: int, shape: Any) -> Array:
        return self.rng.integers(0, n, shape)

    def array(self, shape: Any = None, kind: str | None = None) -> Operand:
        made = self.operand(self.pick(SHAPES) if shape is None else shape, kind)
        if self.main is None:
            self.main = made.array
        return made

    def whole(self) -> Operand:
        """Integers or booleans; now and then numbers that are none."""
        shape = self.pick([(), (3,), (2, 3), (0,), (1,)]) if self.main is None else self.main.shape
        made = self.operand(shape, "whole", self.pick([*OTHERS[:4], "?", "f8"]))
        if self.main is None:
            self.main = made.array
        return made

    def beside(self) -> Any:
        """What broadcasts with the main operand, mostly."""
        shape = self.main.shape
        if self.chance(0.15):
            return self.pick([2, -0.5, 0, 1.0, True, np.float32(1.5), np.int64(2), 3.0])
        if self.chance(0.1):
            return self.operand(self.pick(SHAPES))
        if self.chance(0.3):
            shape = tuple(1 if self.chance(0.4) else n for n in shape)[self.size(0, 1) :]
        return self.operand(shape)

    def parameter(self) -> Any:
        """What a function has no derivative with respect to: mostly none that requires one."""
        made = self.array() if self.main is None else self.beside()
        if isinstance(made, Operand) and made.form in TENSORS and self.chance(0.85):
            made.form = "constant"
        return made

    # -------------------------------------------------------------- parameters

    def axis(self) -> Any:
        """None, an axis, or several; now and then one too many."""
        n = self.main.ndim
        if self.chance(0.06):
            return self.pick([n, -n - 1, (0, 0), 1.0, "0", (n,), [0], True, 10**20, (0, -n)])
        if self.chance(0.25) or not n:
            return self.pick([None, None, ()])
        if self.chance(0.25):
            count = self.size(1, n)
            axes = tuple(int(a) for a in self.rng.permutation(n)[:count])
            return tuple(a - n if self.chance(0.3) else a for a in axes)
        return self.size(-n, n - 1)

    def one_axis(self) -> Any:
        n = self.main.ndim
        if self.chance(0.06):
            return self.pick([n, -n - 1, (0,), 1.0, "0", None, [0], True, 10**20])
        return self.size(-n, n - 1) if n else self.pick([0, -1, None])

    def some_axis(self) -> Any:
        return None if self.chance(0.3) else self.one_axis()

    def mask(self, shape: Any = None) -> Any:
        shape = self.main.shape if shape is None else shape
        if self.chance(0.2):
            shape = tuple(1 if self.chance(0.5) else n for n in shape)
        mask = self.rng.random(shape) < 0.6
        return self.pick([mask, mask, mask.tolist(), Operand(mask, "constant")])

    def dtype(self) -> Any:
        if self.chance(0.15):
            return self.pick(["i4", int, bool, "c16", "O", "U1", "bogus", "M8", 3])
        return self.pick(["f8", "f4", float, np.float64, np.dtype("f4"), None])

    def part_of_index(self, n: int) -> Any:
        choices: list[Any] = [slice(None), slice(None, None, -1), slice(0, self.size(0, n + 1))]
        choices += [slice(self.size(-n - 1, n), None, self.pick([1, 2, -2]))]
        choices += [self.rng.random(n) < 0.5]
        if n:
            choices += [self.size(-n, n - 1), self.rng.integers(-n, n, 3)]
            choices += [self.rng.integers(0, n, 2).tolist()]
        return self.pick(choices)

    def index(self) -> Any:
        """An index into the main operand, of any of NumPy's forms."""
        if self.chance(0.08):
            return self.pick(
                [1.5, "a", slice(0, 1.5), 99, (0,) * 9, [1.5], None, [[0], [0, 1]], 10**20, {}]
            )
        used = self.main.shape[: self.size(0, self.main.ndim)]
        parts = [self.part_of_index(n) for n in used]
        if self.chance(0.15):
            parts.insert(self.size(0, len(parts)), self.pick([None, ...]))
        if len(parts) == 1 and self.chance(0.8):
            return parts[0]
        if self.chance(0.1):
            return self.rng.random(self.main.shape) < 0.5
        return tuple(parts)

    def indices(self, n: int, shape: Any) -> Array:
        return self.rng.integers(-n, n, shape) if n else np.zeros(0, int)

    def length(self, axis: Any) -> int:
        """The length of an axis of the main operand; of None, all of it."""
        if isinstance(axis, int) and -self.main.ndim <= axis < self.main.ndim:
            return int(self.main.shape[axis])
        return int(self.main.size)

    def new_shape(self) -> Any:
        size = self.main.size
        if self.chance(0.1):
            return self.pick([-1, (-1, -1), (7, 7), (), "a", 1.5, (2.0,), None, [-1], (0, -1), -2])
        for n in self.rng.permutation([2, 3, 4, 1]):
            if size % n == 0 and self.chance(0.7):
                return (int(n), -1) if self.chance(0.3) and size else (int(n), size // int(n))
        return self.pick([(size,), size, [size], -1 if size else 0])

    def several(self) -> list[Operand]:
        """Operands that differ in one axis at most."""
        shape = list(self.pick(SHAPES))
        made = [self.array(tuple(shape))]
        for _ in range(self.size(0, 2)):
            if shape and self.chance(0.3):
                shape[self.size(0, len(shape) - 1)] = self.size(0, 3)
            made.append(self.operand(tuple(shape)))
        return made

    def alike(self) -> list[Operand]:
        shape = self.pick(SHAPES)
        made = [self.array(shape) for _ in range(self.size(1, 3))]
        return [*made, self.operand(self.pick(SHAPES))] if self.chance(0.05) else made

    def matrix(self, kind: str = "square", stack: Any = None) -> Operand:
        n = self.pick([1, 2, 3, 3, 0]) if self.chance(0.9) else 4
        stack = self.pick([(), (), (), (2,), (0,), (2, 1)]) if stack is None else stack
        a = self.rng.normal(size=(*stack, n, n))
        if kind == "positive":
            a = a @ np.swapaxes(a, -1, -2) + np.eye(n)
        elif kind == "symmetric":
            a = a + np.swapaxes(a, -1, -2)
        elif kind == "triangular":
            a = np.tril(a) + 3 * np.eye(n)
        elif kind == "tall":
            a = self.rng.normal(size=(*stack, n + 1, n))
            a = np.swapaxes(a, -1, -2) if self.chance(0.3) else a
        if self.chance(0.12):
            flaw = self.pick(["singular", "nan", "inf", "oblong", "flat", "whole"])
            if flaw == "singular":
                a = a * 0
            elif flaw in ("nan", "inf") and a.size:
                a[..., 0, -1] = self.pick([np.nan] if flaw == "nan" else [np.inf, -np.inf])
            elif flaw == "oblong":
                a = a[..., :-1]
            elif flaw == "flat":
                a = a.ravel()
            else:
                a = np.round(a)
        made = self.operand(a.shape, dtype=self.pick(["f8", "f8", "f8", "f4"]))
        with np.errstate(all="ignore"):
            made.array = a.astype(made.array.dtype)
        if self.main is None:
            self.main = made.array
        return made


WORDS: dict[str, Callable[[Maker], Any]] = {
    # operands
    "A": lambda c: c.array(),
    "B": lambda c: c.beside(),
    "P": lambda c: c.parameter(),
    "SQUARE": lambda c: c.array(c.pick([(2, 2), (3, 3), (1, 1), (2, 2, 2), (0, 0), (2, 3)])),
    "DEEP": lambda c: c.array(c.pick([(2, 3, 4), (2, 2, 2), (1, 1, 1, 2), (2, 1, 3), (3, 4)])),
    "WHOLE": lambda c: c.operand((), "whole", c.pick([*OTHERS[:3], *OTHERS, "f8"])),
    "ONE": lambda c: c.array(c.pick([(), (), (1,), (2,)])),
    "I": lambda c: c.whole(),
    "V": lambda c: c.array((c.size(0, 5),)),  # a vector
    "V2": lambda c: c.array(c.pick([(3,), (4,), (2, 3), (3, 3), (3, 4)])),
    "M": lambda c: c.matrix(),
    "SPD": lambda c: c.matrix("positive"),
    "SYM": lambda c: c.matrix("symmetric"),
    "TALL": lambda c: c.matrix("tall"),
    "AS": lambda c: c.several(),
    "ALIKE": lambda c: c.alike(),
    "INITIAL": lambda c: c.pick([0, 1.5, -2, np.float32(1), None, Operand(np.array(0.5), "leaf")]),
    "MEAN": lambda c: c.operand(tuple(1 for _ in c.main.shape)),
    "WEIGHTS": lambda c: c.operand(c.main.shape, "positive"),
    # parameters
    "axis": lambda c: c.axis(),
    "axis1": lambda c: c.one_axis(),
    "axis0": lambda c: c.some_axis(),
    "keepdims": lambda c: c.pick([True, False, True, False, 1, np.True_, "a"]),
    "bool": lambda c: c.chance(0.5),
    "where": lambda c: c.mask(),
    "dtype": lambda c: c.dtype(),
    "ddof": lambda c: c.pick([0, 1, 1.0, 0.5, 2, 9, -1]),
    "method": lambda c: c.pick(
        ["linear", "lower", "higher", "midpoint", "nearest", "hazen", "inverted_cdf", "bogus"]
    ),
    "q": lambda c: c.pick([0.5, 0, 1, 0.25, [0.1, 0.9], np.array([[0.3], [1.0]]), 1.5, -0.1, "a"]),
    "q100": lambda c: c.pick([50, 0, 100, 25.0, [10, 90], np.array([[30.0], [100.0]]), 150, -1]),
    "k": lambda c: c.pick([0, 1, -1, 2, -2, 9, -9]),
    "kth": lambda c: c.pick([0, -1, 1, (0, -1), [0], 9]),
    "kind": lambda c: c.pick(["stable", "quicksort", "heapsort", None, "bogus"]),
    "times": lambda c: c.pick([1, 2, 3, 0, -1]),
    "count": lambda c: c.pick([0, 1, 3, 5, 50]),
    "shape": lambda c: c.new_shape(),
    "wide": lambda c: c.pick([(2, *c.main.shape), c.main.shape, (3, 3), (2, 3, 4), 3, (1,)]),
    "order": lambda c: c.pick(["C", "F", "A", "K", "bogus"]),
    "axes": lambda c: c.pick(
        [None, tuple(int(a) for a in c.rng.permutation(c.main.ndim)), (0,), (0, 0), (-1, 0)]
    ),
    "two": lambda c: c.pick([(0, 1), (1, 0), (-1, -2), (0, 0), (0, 5), [0, 1]]),
    "move": lambda c: c.pick([0, -1, 1, (0, 1), [0, -1]]),
    "shift": lambda c: c.pick([1, -1, 0, 99, (1, 2)]),
    "reps": lambda c: c.pick([2, (2,), (1, 2), (2, 1, 2), 0, ()]),
    "repeats": lambda c: c.pick([2, 0, 1, [1], np.array([2, 0, 1]), -1]),
    "sections": lambda c: c.pick([1, 2, 3, [1], [1, 2], [0, 99], 0, np.array([1]), (2,)]),
    "index": lambda c: c.index(),
    "decimals": lambda c: c.pick([0, 1, -1, 3]),
    "choose mode": lambda c: c.pick(["raise", "wrap", "clip", "bogus"]),
    "conv": lambda c: c.pick(["full", "same", "valid", "bogus", 1]),
    "bins": lambda c: c.pick([3, 1, [0.0, 1.0, 2.0], np.array([-9.0, 0, 9]), "auto", 0, [1, 0]]),
    "range": lambda c: c.pick([None, (0.0, 1.0), (-9, 9), (1, 0)]),
    "casting": lambda c: c.pick(["same_kind", "unsafe", "no", "bogus"]),
    "tolerance": lambda c: c.pick([1e-5, 0.0, 0.1]),
    "positive": lambda c: c.pick([1.0, 2, 0.5, 6.283185307179586]),
    "ord": lambda c: c.pick(
        [None, 2, 1, np.inf, -np.inf, 0, 3, -1, -2, "fro", "nuc", 2.5, "bogus"]
    ),
    "power": lambda c: c.pick([0, 1, 2, 3, -1, -2, 5]),
    "uplo": lambda c: c.pick(["L", "U", "l", "bogus"]),
    "qr": lambda c: c.pick(["reduced", "complete", "r", "raw", "bogus"]),
    "rcond": lambda c: c.pick([None, 1e-10, 0.1, -1]),
    "reduction": lambda c: c.pick(["mean", "sum", "none", "mean", "sum", "bogus"]),
    "dim": lambda c: c.one_axis(),
    "alpha": lambda c: c.pick([1.0, 0.5, 2, 0.1]),
    "prob": lambda c: c.pick([0.0, 0.3, 0.5, 1.0, 1.5]),
    "size": lambda c: c.pick([1, 2, 3, (2,), (1, 2), 0]),
    "text": lambda c: c.pick(["a", ", ", "x"]),
    "format": lambda c: c.pick(["", ".3f", "d", "bogus"]),
    "side": lambda c: c.pick(["left", "right", "bogus"]),
    "edge": lambda c: c.pick([1, 2, 1, 3]),
    "fill": lambda c: c.pick([0.0, 1.5, 7, np.float32(2), Operand(np.array(0.5), "leaf"), np.nan]),
}

# ------------------------------------------------------------------ the functions of NumPy

UNARY = """abs absolute acos acosh arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan
atanh cbrt ceil cos cosh deg2rad degrees exp exp2 expm1 fabs fix floor i0 log log10 log1p log2 modf
negative positive rad2deg radians reciprocal rint sign sin sinc sinh sqrt square tan tanh trunc
conj conjugate imag real isfinite isinf isnan isneginf isposinf signbit iscomplex isreal
iscomplexobj isrealobj logical_not ndim shape relu sigmoid detach nonzero argwhere flatnonzero
fliplr flipud zeros_like ones_like unwrap angle array_repr
array_str min_scalar_type matrix_transpose atleast_1d atleast_2d atleast_3d
nan_to_num copy diagflat common_type result_type"""

BINARY = """add arctan2 atan2 copysign divide divmod float_power floor_divide fmax fmin fmod
heaviside hypot logaddexp logaddexp2 maximum minimum mod multiply pow power remainder subtract
true_divide equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor
array_equiv kron outer append setdiff1d union1d may_share_memory shares_memory"""

SPECS = {
    UNARY: "A",
    BINARY: "A B",
    "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift": "I I",
    "left_shift right_shift": "I I",
    "ldexp": "A I",
    "bitwise_invert bitwise_not invert": "I",
    "all any": "A axis? keepdims? where?",
    "allclose isclose": "A B rtol=tolerance? atol=tolerance? equal_nan=bool?",
    "array_equal": "A B equal_nan=bool?",
    "diag_indices_from": "SQUARE",
    "argmax argmin nanargmax nanargmin": "A axis=axis0? keepdims?",
    "argsort": "A axis=axis1? kind? stable=bool?",
    "argpartition partition": "A kth axis=axis1?",
    "sort": "A axis=axis0? kind? stable=bool?",
    "count_nonzero": "A axis? keepdims?",
    "array2string": "A precision=count? separator=text? suppress_small=bool?",
    "sum prod nansum nanprod": "A axis? dtype? keepdims? initial=INITIAL? where?",
    "mean nanmean": "A axis? dtype? keepdims? where?",
    "max min amax amin nanmax nanmin": "A axis? keepdims? initial=INITIAL? where?",
    "var std nanvar nanstd": "A axis? dtype? ddof? keepdims? where? mean=MEAN? correction=ddof?",
    "ptp": "A axis? keepdims?",
    "average": "A axis? weights=WEIGHTS? returned=bool? keepdims?",
    "cumsum cumprod nancumsum nancumprod": "A axis=axis0? dtype?",
    "cumulative_sum cumulative_prod": "A axis=axis1? dtype? include_initial=bool?",
    "median nanmedian": "A axis? overwrite_input=bool? keepdims?",
    "percentile nanpercentile": "A q100 axis? overwrite_input=bool? method? keepdims?",
    "cummax cummin": "A axis=axis0?",
    "softmax log_softmax": "A axis?",
    "logsumexp": "A axis? keepdims?",
    "round around": "A decimals?",
    "clip": "A a_min=B? a_max=B?",
    "trace": "V2 offset=k? axis1=axis1? axis2=axis1? dtype?",
    "diag": "V2 k?",
    "diagonal": "V2 offset=k? axis1=axis1? axis2=axis1?",
    "tril triu": "V2 k?",
    "tril_indices_from triu_indices_from": "V2 k?",
    "astype": "A dtype",
    "broadcast_to": "A wide",
    "broadcast_arrays": "A B",
    "meshgrid": "V V copy=bool? sparse=bool?",
    "concatenate concat": "AS axis=axis0? dtype? casting?",
    "stack": "ALIKE axis=axis1? dtype? casting?",
    "hstack vstack": "AS dtype? casting?",
    "dstack column_stack": "ALIKE",
    "unstack": "A axis=axis1?",
    "split array_split": "A sections axis=axis1?",
    "hsplit vsplit": "A sections",
    "dsplit": "DEEP sections",
    "expand_dims": "A axis=axis",
    "squeeze flip": "A axis?",
    "transpose permute_dims": "A axes?",
    "moveaxis": "V2 move move",
    "swapaxes": "A axis1 axis1",
    "rollaxis": "A axis1 start=times?",
    "roll": "A shift axis=axis0?",
    "rot90": "V2 k=k? axes=two?",
    "ravel": "A order?",
    "reshape": "A shape order? copy=bool?",
    "resize": "A wide",
    "repeat": "A repeats axis=axis0?",
    "tile": "A reps",
    "vander": "V N=count? increasing=bool?",
    "full_like": "A fill dtype?",
    "empty_like": "A shape=wide? dtype?",
    "delete": "A times axis=axis0?",
    "diff": "A n=times? axis=axis1?",
    "ediff1d": "A to_end=fill? to_begin=fill?",
    "trapezoid": "A dx=positive? axis=axis1?",
    "fill_diagonal": "V2 fill wrap=bool?",
    "convolve correlate": "V V mode=conv?",
    "histogram": "A bins=bins? range=range? density=bool?",
    "intersect1d": "A B return_indices=bool?",
    "unique": "A return_index=bool? return_inverse=bool? return_counts=bool? equal_nan=bool?",
    "isin": "A B invert=bool?",
    "size": "A axis=axis0?",
    "linspace": "A B num=count? endpoint=bool? retstep=bool? dtype? axis=axis1?",
    "cov": "V2 rowvar=bool? bias=bool? ddof=times? dtype?",
    "corrcoef": "V2 rowvar=bool? dtype?",
    "linalg.norm": "A ord=ord? axis=axis? keepdims?",
    "linalg.vector_norm": "A ord=ord? axis=axis? keepdims?",
    "linalg.matrix_norm": "M ord=ord? keepdims?",
    "linalg.cond": "M p=ord?",
    "linalg.det linalg.inv linalg.slogdet linalg.eigvals": "M",
    "linalg.eig linalg.matrix_transpose": "M",
    "linalg.cholesky": "SPD upper=bool?",
    "linalg.eigh linalg.eigvalsh": "SYM UPLO=uplo?",
    "linalg.matrix_power": "M power",
    "linalg.matrix_rank": "V2",
    "linalg.pinv": "TALL rcond=rcond? hermitian=bool?",
    "linalg.qr": "TALL mode=qr?",
    "linalg.svd": "TALL full_matrices=bool? compute_uv=bool? hermitian=bool?",
    "linalg.svdvals": "TALL",
    "linalg.trace": "V2 offset=k? dtype?",
    "linalg.diagonal": "V2 offset=k?",
    "linalg.outer": "V V",
    "linalg.expm linalg.sqrtm": "M",
    "linalg.cho_factor": "SPD lower=bool?",
    "linalg.block_diag": "V2 A",
    "linalg.toeplitz": "V V?",
}

SPECIAL_UNARY = """cbrt cosm1 dawsn digamma entr erf erfc erfcinv erfcx erfi erfinv exp1 exp10 exp2
expi expit expm1 exprel gamma gammaln gammasgn i0 i0e i1 i1e j0 j1 k0 k0e k1 k1e log1p log_expit
log_ndtr loggamma logit ndtr ndtri psi rgamma y0 y1"""
SPECIAL_BINARY = """beta betaln boxcox boxcox1p huber inv_boxcox inv_boxcox1p kl_div poch
pseudo_huber rel_entr xlog1py xlogy"""
SPECIAL_ORDERED = """gammainc gammaincc gammainccinv gammaincinv hyp0f1 iv ive jn jv kv kve stdtr yn
yv zeta"""

for _names, _spec in [
    (SPECIAL_UNARY, "A"),
    (SPECIAL_BINARY, "A B"),
    (SPECIAL_ORDERED, "P B"),
    ("logsumexp", "A axis? keepdims? return_sign=bool?"),
    ("softmax log_softmax", "A axis?"),
    ("expn polygamma", "times A"),
    ("betainc betaincc betaincinv", "P P B"),
]:
    SPECS[" ".join(f"special.{name}" for name in _names.split())] = _spec

# ------------------------------------------------------------------ arguments that hang together

Arguments = tuple[list[Any], dict[str, Any]]
SHAPED: dict[str, Callable[[Maker], Arguments]] = {}


def shaped(*names: str) -> Callable[[Any], Any]:
    def register(make: Callable[[Maker], Any]) -> Callable[[Maker], Any]:
        def arguments(c: Maker) -> Arguments:
            made = make(c)
            return made if isinstance(made, tuple) else (made, {})

        SHAPED.update(dict.fromkeys(names, arguments))
        return make

    return register


def options(c: Maker, **choices: Any) -> dict[str, Any]:
    """Some of these keywords: each a word, or a list to pick from."""
    return {
        name: c.pick(choice) if isinstance(choice, list) else WORDS[choice](c)
        for name, choice in choices.items()
        if c.chance(0.35)
    }


@shaped("matmul", "linalg.matmul")
def _(c: Maker) -> Any:
    n, k, m = c.size(0, 3), c.size(1, 3), c.size(1, 3)
    x, y = c.pick(
        [((n, k), (k, m)), ((k,), (k, m)), ((n, k), (k,)), ((k,), (k,)), ((2, n, k), (k, m))]
    )
    return [c.array(x), c.operand(c.pick([y, y, y, y, (5,)]))]


@shaped("dot", "inner", "vdot")
def _(c: Maker) -> Any:
    n, k = c.size(1, 3), c.size(1, 4)
    x, y = c.pick([((k,), (k,)), ((k, k), (k, k)), ((n, k), (k,)), ((), (k,)), ((n, k), ())])
    return [c.array(x), c.operand(y)]


@shaped("matvec")
def _(c: Maker) -> Any:
    k = c.size(0, 3)
    return [c.array(c.pick([(2, k), (3, 2, k)])), c.operand((k,))]


@shaped("vecmat")
def _(c: Maker) -> Any:
    k = c.size(0, 3)
    return [c.array(c.pick([(k,), (2, k)])), c.operand((k, 2))]


@shaped("vecdot", "linalg.vecdot")
def _(c: Maker) -> Any:
    x = c.array(c.pick([(3,), (2, 3), (2, 0)]))
    return [x, c.operand(x.array.shape)], options(c, axis="axis1")


@shaped("cross", "linalg.cross")
def _(c: Maker) -> Any:
    shape = c.pick([(3,), (2, 3), (3, 3), (2,), (4,)])
    return [c.array(shape), c.operand(shape)], options(c, axis="axis1")


@shaped("tensordot", "linalg.tensordot")
def _(c: Maker) -> Any:
    x, y, axes = c.pick(
        [
            ((2, 3), (3, 2), 1),
            ((2, 3), (2, 3), 2),
            ((2, 3), (2,), 0),
            ((2, 3, 4), (4, 3), ([2, 1], [0, 1])),
            ((2, 3), (3,), (1, 0)),
            ((2, 3), (3,), (-1, -1)),
            ((2, 3), (3, 2), 2),
            ((2, 3), (3, 2), 5),
            ((), (), 0),
        ]
    )
    return [c.array(x), c.operand(y)], {"axes": axes} if axes != 2 or c.chance(0.5) else {}


@shaped("einsum")
def _(c: Maker) -> Any:
    text, *shapes = c.pick(
        [
            ("ij,jk->ik", (2, 3), (3, 2)),
            ("ij->ji", (2, 3)),
            ("ii->", (3, 3)),
            ("ii->i", (3, 3)),
            ("i,i", (3,), (3,)),
            ("...i,i->...", (2, 2, 3), (3,)),
            ("ij,kj", (2, 3), (2, 3)),
            ("i,j,k->ijk", (2,), (3,), (2,)),
            ("ij->", (2, 0)),
            ("->", ()),
            (" i j -> j ", (2, 3)),
            ("ij,jk->im", (2, 3), (3, 2)),
            ("ij,jk", (2, 3), (2, 3)),
            ("ijk->i", (2, 3)),
            ("i->ii", (3,)),
            ("ij...->...j", (2, 3, 2)),
            ("bad!", (2,)),
        ]
    )
    return [text, *(c.array(shape) for shape in shapes)], options(c, optimize=[True, False])


@shaped("linalg.multi_dot")
def _(c: Maker) -> Any:
    a, b, d = c.size(1, 3), c.size(1, 3), c.size(1, 3)
    shapes = c.pick([[(a, b), (b, d)], [(a,), (a, b), (b, d), (d,)], [(a, b), (b, d), (d, a)]])
    return [[c.array(shape) for shape in shapes]]


@shaped("linalg.solve")
def _(c: Maker) -> Any:
    x = c.matrix()
    n = x.array.shape[-1] if x.array.ndim else 1
    return [x, c.operand(c.pick([(n,), (n, 2), (*x.array.shape[:-1], 1)]), "real")]


@shaped("linalg.lstsq")
def _(c: Maker) -> Any:
    x = c.matrix("tall", ())
    return [x, c.operand(c.pick([x.array.shape[:1], (*x.array.shape[:1], 2)]), "real")]


@shaped("linalg.tensorsolve")
def _(c: Maker) -> Any:
    return [c.operand((2, 3, 6), "real"), c.operand(c.pick([(2, 3), (6,)]), "real")]


@shaped("linalg.tensorinv")
def _(c: Maker) -> Any:
    shape, ind = c.pick([((2, 3, 6), 2), ((6, 2, 3), 1), ((4, 2, 2), 1), ((2, 2, 1, 4), 2)])
    ind = ind if c.chance(0.8) else c.pick([1, 2, 0, 3, 1.5])
    return [c.operand(shape, "real")], {"ind": ind} if ind != 2 or c.chance(0.5) else {}


@shaped("linalg.cho_solve")
def _(c: Maker) -> Any:
    x = c.matrix("triangular", ())
    return [(x, True), c.operand(x.array.shape[:1], "real")]


@shaped("linalg.solve_triangular")
def _(c: Maker) -> Any:
    x = c.matrix("triangular", ())
    return [x, c.operand(x.array.shape[:1], "real")], options(
        c, lower="bool", trans=[0, 1, "T", "N", 7], unit_diagonal="bool"
    )


@shaped("linalg.solve_banded")
def _(c: Maker) -> Any:
    n = c.size(1, 4)
    x = c.operand((3, n), "positive")
    x.array = np.where(np.arange(3)[:, None] == 1, x.array + 9, x.array).astype(x.array.dtype)
    return [c.pick([(1, 1), (1, 1), (2, 0), (1, 2), 1]), x, c.operand((n,), "real")]


@shaped("linalg.solve_sylvester")
def _(c: Maker) -> Any:
    n, m = c.size(1, 3), c.size(1, 3)
    return [c.operand(s, "positive") for s in ((n, n), (m, m), (n, m))]


@shaped("lexsort")
def _(c: Maker) -> Any:
    keys = c.alike()  # of which a list reaches NumPy's function past its protocol
    return [tuple(keys) if c.chance(0.8) else keys], options(c, axis="axis1")


@shaped("quantile", "nanquantile")
def _(c: Maker) -> Any:
    arguments = [c.array(), WORDS["q"](c)]
    extra = options(c, axis="axis", overwrite_input="bool", method="method", keepdims="keepdims")
    if c.chance(0.3):
        extra |= {"weights": WORDS["WEIGHTS"](c)} | (
            {"method": "inverted_cdf"} if c.chance(0.8) else {}
        )
    return arguments, extra


@shaped("where")
def _(c: Maker) -> Any:
    x = c.array()
    if c.chance(0.1):
        return [x]
    return [c.mask() if c.chance(0.8) else c.operand(x.array.shape), x, c.beside()]


@shaped("compress")
def _(c: Maker) -> Any:
    x, axis = c.array(), c.some_axis()
    return [c.rng.random(max(0, c.length(axis) - c.size(0, 1))) < 0.5, x], {"axis": axis}


@shaped("place", "putmask")
def _(c: Maker) -> Any:
    return [c.array(), c.rng.random(c.main.shape) < 0.5, c.operand(c.pick([(1,), (2,), (9,), ()]))]


@shaped("put")
def _(c: Maker) -> Any:
    x = c.array()
    return [x, c.indices(x.array.size, (2,)), c.operand(c.pick([(1,), (2,), ()]))], options(
        c, mode="choose mode"
    )


def along(c: Maker, *values: Any) -> Arguments:
    x, axis = c.array(), c.some_axis()
    shape = list(x.array.shape) if axis is not None else [x.array.size]
    if isinstance(axis, int) and -len(shape) <= axis < len(shape):
        shape[axis] = c.size(0, 3)
    return [x, c.indices(c.length(axis), tuple(shape)), *values, axis], {}


SHAPED["take_along_axis"] = along
SHAPED["put_along_axis"] = lambda c: along(c, c.real())


@shaped("copyto")
def _(c: Maker) -> Any:
    return [c.array(), c.beside()], options(c, where="where", casting="casting")


@shaped("select")
def _(c: Maker) -> Any:
    x = c.array()
    n = c.size(1, 3)
    masks = [c.rng.random(x.array.shape) < 0.5 for _ in range(n)]
    return [masks, [c.beside() for _ in masks]], options(c, default=[0, 1.5, -1])


@shaped("choose")
def _(c: Maker) -> Any:
    n = c.size(1, 3)
    x = c.array()
    choices = [x, *(c.beside() for _ in range(n - 1))]
    return [c.rng.integers(0, n + c.chance(0.1), x.array.shape), choices], options(
        c, mode="choose mode"
    )


def halved(x: Any) -> Any:
    return x * 0.5


@shaped("piecewise")
def _(c: Maker) -> Any:
    x = c.array()
    n = c.size(1, 2)
    masks = [c.rng.random(x.array.shape) < 0.5 for _ in range(n)]
    return [x, masks, [c.pick([halved, np.sin, 1.0]) for _ in range(n + c.size(0, 1))]]


def doubled(row: Any) -> Any:
    return row * 2


def total(x: Any, axis: int) -> Any:
    return np.sum(x, axis=axis, keepdims=True)


@shaped("apply_along_axis")
def _(c: Maker) -> Any:
    x = c.array()
    return [c.pick([doubled, np.sum, np.cumsum]), c.one_axis(), x]


@shaped("apply_over_axes")
def _(c: Maker) -> Any:
    x = c.array()
    return [c.pick([total, np.sum]), x, c.pick([0, [0], (0, 1), [-1], 5])]


@shaped("insert")
def _(c: Maker) -> Any:
    x, axis = c.array(), c.some_axis()
    return [x, c.pick([0, 1, -1, [0, 1], slice(0, 1), 99]), c.operand(c.pick([(), (1,), (2,)]))], {
        "axis": axis
    }


@shaped("interp")
def _(c: Maker) -> Any:
    n = c.size(0, 4)
    x = c.array()
    points = Operand(np.cumsum(c.rng.uniform(0.3, 1, n)), c.pick(["array", "constant", "list"]))
    return [x, points, c.operand((n,))], options(c, left=[0.0, None], period=[None, 2.0, 0])


@shaped("gradient")
def _(c: Maker) -> Any:
    x = c.array(c.pick([(4,), (5,), (3, 4), (2, 3), (1,), ()]))
    steps = c.pick([[], [], [2.0], [np.arange(x.array.size) * 1.0], [1.0, 2.0]])
    return [x, *steps], options(c, axis="axis", edge_order="edge")


@shaped("pad")
def _(c: Maker) -> Any:
    x = c.array()
    width = c.pick([1, 0, (1, 2), [(1, 0)], ((1, 2),) * x.array.ndim, -1, 1.5, (1, 2, 3)])
    mode = c.pick(
        [
            "constant",
            "edge",
            "reflect",
            "symmetric",
            "wrap",
            "linear_ramp",
            "mean",
            "maximum",
            "minimum",
            "median",
            "empty",
            "bogus",
        ]
    )
    extra = options(c, constant_values=[0, 1.5, (1, 2)]) if mode == "constant" else {}
    return [x, width, mode], extra


@shaped("block")
def _(c: Maker) -> Any:
    x = c.array((2, 2))
    return [c.pick([[x, c.real(2, 1)], [[x, c.real(2, 1)], [c.real(1, 3)]], [[x], [c.real(3)]], x])]


SHAPED["digitize"] = lambda c: (
    [c.array(), Operand(np.arange(c.size(0, 4)) * 1.0, "array")],
    options(c, right="bool"),
)
SHAPED["searchsorted"] = lambda c: (
    [Operand(np.arange(c.size(0, 4)) * 1.0, c.pick(["array", "constant"])), c.array()],
    options(c, side="side"),
)
SHAPED["ix_"] = lambda c: ([[0, 1], Operand(np.array([1, 0]), "constant")], {})
SHAPED["ravel_multi_index"] = lambda c: (
    [(c.labels(2, 3), Operand(c.labels(3, 3), "constant")), (2, 3)],
    options(c, mode="choose mode"),
)
SHAPED["unravel_index"] = lambda c: ([Operand(c.labels(6, 2), "constant"), (2, 3)], {})
SHAPED["can_cast"] = lambda c: (
    [c.pick(["f4", float, "i8"]), c.pick(["f8", "f4", "?"])],
    options(c, casting="casting"),
)
SHAPED["bincount"] = lambda c: (
    [Operand(c.labels(4, 5), c.pick(["array", "constant", "list"]))],
    ({"weights": c.real(5)} if c.chance(0.8) else {}) | options(c, minlength="count"),
)


@shaped("extract")
def _(c: Maker) -> Any:
    x = c.array()
    return [c.rng.random(x.array.shape) < 0.5, x]


@shaped("take")
def _(c: Maker) -> Any:
    x, axis = c.array(), c.some_axis()
    n = c.length(axis)
    picked = c.indices(n, c.pick([(), (2,), (2, 2), (0,)]) if n else (0,))
    if c.chance(0.1):
        picked = c.pick([99, [0.5], -99, "a", [True]])
    return [x, picked], {"axis": axis} | options(c, mode="choose mode")


@shaped("index_update", "index_add")
def _(c: Maker) -> Any:
    x, i = c.array(), c.index()
    try:
        shape = x.array[i].shape
    except (IndexError, TypeError, ValueError):
        shape = ()
    return [x, c.operand(c.pick([shape, shape, ()])), i]


@shaped("scatter")
def _(c: Maker) -> Any:
    target = c.values(c.pick([(4,), (2, 3), (3, 3)]), "real", "f8")
    c.main = target
    i = c.index()
    try:
        shape = target[i].shape
    except (IndexError, TypeError, ValueError):
        shape = ()
    return [c.operand(shape), i, target.shape]


@shaped("windows")
def _(c: Maker) -> Any:
    x = c.array(c.pick([(1, 2, 4), (2, 1, 4, 4), (1, 1, 0), (5,), (3, 4)]))
    return [x, c.pick([1, 2, 2, (2,), (2, 2), 3, 0, 9])], options(
        c, stride=[1, 2, 2, 0], padding=[0, 1, 1, "same", -1], dilation=[1, 2]
    )


@shaped("fold")
def _(c: Maker) -> Any:
    one = c.chance(0.5)
    if one:
        return [c.array((1, 2, 2, 3)), (4,), 2]
    return [c.array((1, 2, 2, 2, 3, 3)), (4, 4), c.pick([2, (2, 2), 3])]


SHAPED["polyval"] = lambda c: ([c.array((c.size(0, 4),)), c.operand(c.pick(SHAPES))], {})


def hypergeometric(parameters: int) -> Callable[[Maker], Arguments]:
    """Near 0: far out, SciPy's take ages."""

    def make(c: Maker) -> Arguments:
        shape = c.pick(SHAPES)
        given = [c.operand(c.pick([shape, ()]), "positive") for _ in range(parameters)]
        for one in given if c.chance(0.85) else []:
            one.form = "constant" if one.form in TENSORS else one.form
        return [*given, c.operand(shape, "unit")], {}

    return make


SHAPED["special.multigammaln"] = lambda c: (
    [c.array(kind=c.pick(["positive", "positive", None])), c.pick([1, 1, 2, 2, 3, 0, -1])],
    {},
)
SHAPED["special.hyp1f1"] = hypergeometric(2)
SHAPED["special.hyp2f1"] = hypergeometric(3)


# ------------------------------------------------------------------ the functional layer of nn

for _names, _spec in [
    (
        "hardsigmoid hardswish logsigmoid mish relu relu6 selu sigmoid silu softsign tanh tanhshrink",
        "A",
    ),
    ("celu elu", "A alpha?"),
    ("gelu", "A approximate=approximate?"),
    ("hardshrink softshrink", "A lambd=alpha?"),
    ("hardtanh", "A min_val=below? max_val=alpha?"),
    ("leaky_relu", "A negative_slope=alpha?"),
    ("rrelu", "A training=bool?"),
    ("softplus", "A beta=alpha?"),
    ("threshold", "A alpha alpha"),
    ("glu", "A dim?"),
    ("softmax log_softmax softmin", "A dim dtype?"),
    ("gumbel_softmax", "A tau=alpha? hard=bool? dim?"),
    ("dropout alpha_dropout", "A p=prob? training=bool?"),
    ("normalize", "A p=alpha? dim?"),
    ("local_response_norm", "IMAGE size"),
    ("one_hot", "LABELS num_classes=count?"),
]:
    SPECS[" ".join(f"nn.{name}" for name in _names.split())] = _spec

WORDS |= {
    "approximate": lambda c: c.pick(["none", "tanh", "bogus"]),
    "below": lambda c: c.pick([-1.0, -2, 0]),
    "IMAGE": lambda c: c.array((2, 3, 4, 4)),
    "LABELS": lambda c: Operand(c.labels(4, c.size(0, 3)), c.pick(["array", "constant", "list"])),
}

N, CHANNELS = 2, 4


def image(c: Maker, dims: int, channels: int = CHANNELS) -> Operand:
    return c.array(
        (N, channels, *(c.size(4, 5) for _ in range(dims))), c.pick(["real", "distinct"])
    )


def geometry(c: Maker, *names: str) -> dict[str, Any]:
    known = {
        "stride": [1, 2, 1, 2, 0, 1.0],
        "padding": [0, 1, 0, 1, "same", -1],
        "dilation": [1, 2],
        "groups": [1, 2, 3],
        "output_padding": [0, 1],
        "ceil_mode": [True, False],
        "count_include_pad": [True, False],
        "return_indices": [True, False],
    }
    return options(c, **{name: known[name] for name in names})


def convolution(dims: int) -> Callable[[Maker], Arguments]:
    def make(c: Maker) -> Arguments:
        extra = geometry(c, "stride", "padding", "dilation", "groups")
        inner = CHANNELS // extra.get("groups", 1)
        weight = c.operand((4, inner, *[c.size(1, 2)] * dims), "real")
        bias = [c.operand((4,), "real")] if c.chance(0.5) else []
        return [image(c, dims), weight, *bias], extra

    return make


def transposed(dims: int) -> Callable[[Maker], Arguments]:
    def make(c: Maker) -> Arguments:
        extra = geometry(c, "stride", "padding", "output_padding", "groups", "dilation")
        bias = [c.operand((2 * extra.get("groups", 1),), "real")] if c.chance(0.5) else []
        weight = c.operand((CHANNELS, 2, *[c.size(1, 2)] * dims), "real")
        return [image(c, dims), weight, *bias], extra

    return make


def pool(dims: int, *names: str) -> Callable[[Maker], Arguments]:
    return lambda c: ([image(c, dims), c.pick([1, 2, 2, (2,) * dims, 0])], geometry(c, *names))


for _dims in (1, 2):
    SHAPED |= {
        f"nn.conv{_dims}d": convolution(_dims),
        f"nn.conv_transpose{_dims}d": transposed(_dims),
        f"nn.avg_pool{_dims}d": pool(_dims, "stride", "padding", "ceil_mode", "count_include_pad"),
        f"nn.max_pool{_dims}d": pool(
            _dims, "stride", "padding", "dilation", "ceil_mode", "return_indices"
        ),
        f"nn.dropout{_dims}d": lambda c, dims=_dims: (
            [image(c, dims)],
            options(c, p="prob", training="bool"),
        ),
        f"nn.adaptive_avg_pool{_dims}d": lambda c, dims=_dims: (
            [image(c, dims), c.pick([1, 2, 3, (2,) * dims, 0])],
            {},
        ),
        f"nn.adaptive_max_pool{_dims}d": lambda c, dims=_dims: (
            [image(c, dims), c.pick([1, 2, 3, (2,) * dims])],
            {},
        ),
        f"nn.lp_pool{_dims}d": lambda c, dims=_dims: (
            [image(c, dims), c.pick([1.0, 2.0, 3]), 2],
            geometry(c, "stride", "ceil_mode"),
        ),
    }
SHAPED["nn.conv3d"] = convolution(3)


@shaped("nn.unfold")
def _(c: Maker) -> Any:
    return [image(c, 2), c.pick([1, 2, (2, 1)])], geometry(c, "stride", "dilation")


@shaped("nn.fold")
def _(c: Maker) -> Any:
    return [c.array((N, 8, c.pick([9, 9, 8]))), (4, 4), 2]


@shaped("nn.pad")
def _(c: Maker) -> Any:
    x = image(c, c.size(1, 2))
    modes = ["constant", "reflect", "replicate", "circular", "bogus"]
    return [x, c.pick([(1, 1), (0, 1), (1, 1, 0, 2), (1,), 2, (-1, 0)])], options(
        c, mode=modes, value=[0.0, 1.5]
    )


@shaped("nn.interpolate")
def _(c: Maker) -> Any:
    how = c.pick([{"size": 3}, {"size": (3, 6)}, {"scale_factor": 2}, {"scale_factor": 0.5}, {}])
    return [image(c, 2)], how | options(c, mode=["nearest", "bilinear", "linear", "bogus"])


@shaped("nn.pixel_shuffle", "nn.pixel_unshuffle")
def _(c: Maker) -> Any:
    return [c.array((2, 4, 2, 4)), c.pick([1, 2, 2, 3, 0])]


@shaped("nn.linear")
def _(c: Maker) -> Any:
    n, m = c.size(1, 4), c.size(1, 3)
    x = c.operand(c.pick([(2, n), (n,), (2, 1, n), (0, n), (2, 7)]))
    return [x, c.operand((m, n)), *([c.operand((m,))] if c.chance(0.5) else [])]


@shaped("nn.bilinear")
def _(c: Maker) -> Any:
    return [c.array((2, 3)), c.operand((2, 2)), c.operand((4, 3, 2)), c.operand((4,))]


@shaped("nn.embedding")
def _(c: Maker) -> Any:
    ids = Operand(c.labels(5, (2, 3)), c.pick(["array", "constant", "list"]))
    return [ids, c.array((c.pick([5, 5, 4]), 3))], options(c, padding_idx=[0, -1, 9])


@shaped("nn.prelu")
def _(c: Maker) -> Any:
    return [c.array((2, 3)), c.operand(c.pick([(1,), (3,), (2,)]))]


@shaped("nn.scaled_dot_product_attention")
def _(c: Maker) -> Any:
    n, m, d = c.size(1, 3), c.size(1, 3), c.size(1, 3)
    mask = c.rng.random((n, m)) < 0.7
    return [
        c.array((2, n, d), "real"),
        c.operand((2, m, d), "real"),
        c.operand((2, m, 2)),
    ], options(
        c, attn_mask=[mask, None, Operand(mask * 1.0, "array")], is_causal="bool", scale=[0.5, None]
    )


@shaped("nn.cosine_similarity", "nn.pairwise_distance")
def _(c: Maker) -> Any:
    x = c.array(c.pick([(3, 4), (2, 3), (1, 2)]))
    return [x, c.operand(x.array.shape)]


@shaped("nn.batch_norm", "nn.instance_norm")
def _(c: Maker) -> Any:
    x = image(c, c.size(1, 2))
    running = [
        Operand(np.full(CHANNELS, v), c.pick(["array", "constant"]), True) for v in (0.1, 1.5)
    ]
    extra = {"weight": c.operand((CHANNELS,)), "bias": c.operand((CHANNELS,))}
    return [x, *running], (extra if c.chance(0.5) else {}) | options(c, eps=[1e-5, 0.1])


@shaped("nn.group_norm")
def _(c: Maker) -> Any:
    return [image(c, 1), c.pick([1, 2, 4, 3, 0])], options(c, eps=[1e-5, 0.1])


@shaped("nn.layer_norm", "nn.rms_norm")
def _(c: Maker) -> Any:
    shape = c.pick([3, (3,), (2, 3), (4,), ()])
    extra = {"weight": c.operand((3,))} if shape in (3, (3,)) and c.chance(0.5) else {}
    return [c.array((4, 2, 3)), shape], extra


@shaped("nn.mse_loss", "nn.l1_loss", "nn.huber_loss", "nn.smooth_l1_loss")
def _(c: Maker) -> Any:
    x = c.array()
    return [x, c.operand(x.array.shape)], options(c, reduction="reduction")


@shaped("nn.binary_cross_entropy", "nn.binary_cross_entropy_with_logits")
def _(c: Maker) -> Any:
    x = c.array(kind="unit")
    return [x, c.operand(x.array.shape, "unit")], options(c, reduction="reduction")


@shaped("nn.kl_div")
def _(c: Maker) -> Any:
    x = c.array(kind="real")
    return [x, c.operand(x.array.shape, "unit")], options(
        c, reduction="reduction", log_target="bool"
    )


@shaped("nn.gaussian_nll_loss")
def _(c: Maker) -> Any:
    x = c.array((2, 3), "real")
    return [x, c.operand((2, 3), "real"), c.operand((2, 3), "positive")], options(
        c, full="bool", reduction="reduction"
    )


@shaped("nn.poisson_nll_loss")
def _(c: Maker) -> Any:
    x = c.array(kind="positive")
    return [x, c.operand(x.array.shape, "positive")], options(
        c, log_input="bool", full="bool", reduction="reduction"
    )


@shaped("nn.cross_entropy", "nn.nll_loss", "nn.multi_margin_loss")
def _(c: Maker) -> Any:
    target = Operand(c.labels(4, (3,)), c.pick(["array", "constant", "list"]))
    if c.chance(0.1):
        target.array = target.array + 1
    weight = {"weight": c.operand((4,), "positive")} if c.chance(0.3) else {}
    return [c.array((3, 4)), target], weight | options(c, reduction="reduction")


@shaped("nn.hinge_embedding_loss", "nn.soft_margin_loss")
def _(c: Maker) -> Any:
    target = c.rng.choice([-1.0, 1.0], (2, 3))
    return [c.array((2, 3)), target], options(c, reduction="reduction")


@shaped("nn.cosine_embedding_loss")
def _(c: Maker) -> Any:
    return [c.array((3, 4)), c.operand((3, 4)), c.rng.choice([-1.0, 1.0], 3)], options(
        c, margin="alpha", reduction="reduction"
    )


@shaped("nn.margin_ranking_loss")
def _(c: Maker) -> Any:
    return [c.array((3,)), c.operand((3,)), c.rng.choice([-1.0, 1.0], 3)], options(
        c, margin="alpha", reduction="reduction"
    )


@shaped("nn.multilabel_margin_loss")
def _(c: Maker) -> Any:
    return [c.array((2, 4)), np.array([[0, 3, -1, 1], [2, -1, 0, 0]])], options(
        c, reduction="reduction"
    )


@shaped("nn.multilabel_soft_margin_loss")
def _(c: Maker) -> Any:
    return [c.array((2, 4)), c.labels(2, (2, 4)) * 1.0], options(c, reduction="reduction")


@shaped("nn.triplet_margin_loss", "nn.triplet_margin_with_distance_loss")
def _(c: Maker) -> Any:
    return [c.array((2, 3)), c.operand((2, 3)), c.operand((2, 3))], options(
        c, margin="alpha", swap="bool", reduction="reduction"
    )


# ------------------------------------------------------------------ methods of Tensors

# Those that are also functions take what these take; here the others, and operators.
METHODS = """sum mean max min prod var std cumsum cumprod trace argmax argmin argsort argpartition
nonzero any all ravel swapaxes squeeze repeat diagonal take clip round dot astype copy conj
conjugate searchsorted reshape transpose sort partition put"""

for _spec, _names in {
    "A": "__neg__ __pos__ __abs__ T mT real imag shape ndim size dtype nbytes tolist "
    "__len__ __iter__ __hash__ __array__",
    "WHOLE": "__index__",
    "I": "__invert__",
    "ONE": "__float__ __int__ __bool__ item",
    "I I": "__and__ __or__ __xor__ __rand__ __ror__ __rxor__",
    "ONE format": "__format__",
    "A B": "__add__ __sub__ __mul__ __truediv__ __floordiv__ __mod__ __pow__ __divmod__ __eq__ "
    "__ne__ __lt__ __le__ __gt__ __ge__ __radd__ __rsub__ __rmul__ "
    "__rtruediv__ __rfloordiv__ __rmod__ __rpow__ __rdivmod__ "
    "__contains__ __iadd__ __isub__ __imul__ __itruediv__ __ipow__ ",
    "A index": "__getitem__",
    "A decimals?": "__round__",
}.items():
    SPECS[" ".join(f"Tensor.{name}" for name in _names.split())] = _spec
SPECS |= {
    "Tensor.flatten": "A order?",
    "Tensor.ravel": "A order?",
    "Tensor.swapaxes": "A axis1 axis1",
    "Tensor.detach Tensor.numpy": "A",
    "Tensor.clip": "A min=B? max=B?",
    "Tensor.var Tensor.std": "A axis? dtype? ddof? keepdims? where? mean=MEAN?",
}
SHAPED["Tensor.__matmul__"] = SHAPED["Tensor.__rmatmul__"] = SHAPED["matmul"]
SHAPED["Tensor.__imatmul__"] = lambda c: ([c.array((2, 2)), c.operand((2, 2))], {})
SHAPED["Tensor.compress"] = lambda c: ([c.array((3,)), c.rng.random(3) < 0.5], {})
SHAPED["Tensor.choose"] = lambda c: (
    [Operand(c.labels(2, (3,)), "constant"), [c.real(3), 1.0]],
    {},
)


@shaped("Tensor.__setitem__")
def _(c: Maker) -> Any:
    x, i = c.array(), c.index()
    try:
        shape = x.array[i].shape
    except (IndexError, TypeError, ValueError):
        shape = ()
    return [x, i, c.operand(c.pick([shape, shape, (), (7,)]))]


# ------------------------------------------------------------------ the transforms


def wave(x: Any) -> Any:
    return np.sum(np.sin(x) * x)


def as_floats(x: Any) -> Any:
    x = np.asarray(x)
    return x if x.dtype.kind in "fc" else x.astype(float)


def wave_slope(x: Any) -> Any:
    x = as_floats(x)
    return np.sin(x) + x * np.cos(x)


SPECS["grad value_and_grad elementwise_grad checkpoint hvp vjp jvp jacobian hessian gradients"] = (
    "S"
)
WORDS["S"] = lambda c: c.array(c.pick([(), (1,), (3,), (2, 2), (0,)]))

for _words, _spec in list(SPECS.items()):
    del SPECS[_words]
    for _name in _words.split():
        SPECS[_name] = _spec


def from_spec(spec: str) -> Callable[[Maker], Arguments]:
    def make(c: Maker) -> Arguments:
        positional, keywords = [], {}
        for token in spec.replace("choose mode", "choose\0mode").split():
            name, _, word = token.rstrip("?").partition("=")
            word = (word or name).replace("\0", " ")
            if not token.endswith("?"):
                positional.append(WORDS[word](c))
            elif c.chance(0.35):
                keywords[name] = WORDS[word](c)
        return positional, keywords

    return make


for _name, _spec in SPECS.items():
    SHAPED.setdefault(_name, from_spec(_spec))
for _name in METHODS.split():
    SHAPED.setdefault(f"Tensor.{_name}", SHAPED[_name])


def wave_bend(x: Any) -> Any:
    x = as_floats(x)
    return 2 * np.cos(x) - x * np.sin(x)


def wave_hessian(x: Any) -> Any:
    x = as_floats(x)
    return np.reshape(np.diag(np.ravel(wave_bend(x))), x.shape * 2)


# ------------------------------------------------------------------ what is documented

# Each list tells of which functions something is true: their names (a star for any ending, @ufunc
# for the ufuncs), and words of the message. What is not in it is a finding.

SHORT_NAMES = {name.rpartition(".")[2] for name in SHAPED} - {"x", "size", "shape", "real", "copy"}
UFUNCS = {
    name
    for name in SHAPED
    for short in [name.rpartition(".")[2]]
    if isinstance(getattr(np, short, None), np.ufunc)
    or isinstance(getattr(scipy.special, short, None), np.ufunc)
}


def told(table: list[tuple[str, str]], call: Any, message: str) -> bool:
    """Whether a list has these words for this function."""
    return any(
        re.search(words, message)
        for names, words in table
        for name in names.split()
        if (call.name in UFUNCS if name == "@ufunc" else fnmatchcase(call.name, name))
    )


# What an error may name instead of what was called: another name of it, or a part of it.
ALSO_CALLED: dict[str, tuple[str, ...]] = {
    "mT": ("matrix_transpose",),
    "flatten": ("ravel",),
    "digamma": ("psi",),
    "jn": ("jv",),
    "hessian": ("jacobian",),
    "index_update": ("broadcast_to",),
    "corrcoef": ("concatenate",),
    "cov": ("concatenate",),
    "index_add": ("add", "broadcast_to"),
    "piecewise": ("sin",),
    # NumPy's own, which pass on what else they were given
    "nanvar": ("var",),
    "nanstd": ("std", "var"),
    "nansum": ("sum", "add"),
    "prod": ("multiply",),
    "nanprod": ("prod", "multiply"),
    "nanmean": ("mean",),
    "nanmax": ("max",),
    "nanmin": ("min",),
    "compress": ("take",),
    # layers and losses, of what is no number or does not broadcast, or can't be changed in place
    "nn": ("add", "subtract", "multiply", "where", "positive"),
    "nn.unfold": ("windows",),
    "nn.lp_pool1d": ("windows",),
    "nn.max_pool1d": ("windows",),
    "nn.max_pool2d": ("windows",),
    "nn.lp_pool2d": ("windows",),
    "nn.avg_pool1d": ("windows",),
    "nn.avg_pool2d": ("windows",),
    "nn.pairwise_distance": ("norm",),
    "nn.interpolate": ("repeat",),
    **{f"nn.conv{n}d": ("reshape", "windows") for n in (1, 2, 3)},
    "nn.conv_transpose1d": ("fold",),
    "nn.conv_transpose2d": ("fold",),
    "nn.normalize": ("norm",),
    "nn.local_response_norm": ("windows",),
    "nn.rrelu": ("leaky_relu",),
    "nn.gelu": ("ndtr",),
    "nn.gumbel_softmax": ("softmax",),
    "nn.softmin": ("softmax",),
}
# What has no value to compare (SciPy leaves the other triangle as it is).
UNCOMPARED = {
    "empty_like",
    "linalg.cho_factor",
    "Tensor.__hash__",
    "Tensor.nbytes",
    "Tensor.__format__",
}
# What an odd argument makes other than in NumPy: a bias of [], no function, dates,
# an infinite period, a list of nothing.
UNCOMPARED_OF_ODD = {"cov", "apply_along_axis", "gradient", "interp", "dot", "Tensor.dot"}
UNCOMPARED_OF_ODD |= {"linalg.solve_triangular"}  # whose flag is 1j
# What is not NumPy's where values are infinite or NaN: by convention, or by another formula.
FINITE = {"linspace", "gradient", "special.softmax", "special.log_softmax", "special.logsumexp"}
FINITE |= {"hessian", "jacobian", "hvp", "inner", "dot", "Tensor.dot", "linalg.matrix_power"}
# What may warn of infinities and NaN that NumPy adds without a word.
WARNS_OF_THEM = {"gradient", "interp", "bincount", "special.logsumexp"}
# Whether powers and products of matrices tell of them depends on which loop NumPy chooses.
WARNS_OF_THEM |= {"pow", "power", "float_power", "Tensor.__pow__", "Tensor.__rpow__"}
WARNS_OF_THEM |= {"einsum", "matmul", "matvec", "vecmat", "vecdot", "dot", "inner", "tensordot"}
WARNS_OF_THEM |= {"vdot", "linalg.vecdot", "linalg.matmul", "linalg.multi_dot", "Tensor.dot"}
WARNS_OF_THEM |= {"linalg.tensordot", "Tensor.__matmul__", "Tensor.__rmatmul__"}
# What takes ages in SciPy far out, or ends the process.
SLOW = {"special.hyp1f1", "special.hyp2f1", "special.gammaincinv"}
# What finds singular values, in NumPy perhaps for ever where an element is infinite.
SINGULAR = {"pinv", "svd", "svdvals", "lstsq", "cond", "norm", "matrix_norm", "matrix_rank"}
# Where a dtype is given that is wider than that of an operand, NumPy rounds somewhere else; and it
# divides by a float64 in `cov`, whatever the dtype.
COARSE = {"linspace", "nanvar", "nanstd", "var", "std", "Tensor.var", "Tensor.std", "einsum"}
COARSE_AS_FLOAT64 = {"cov", "corrcoef"}
# What has no slope to compare: random numbers, values that are no Tensors, kinks everywhere.
STEPS: set[str] = {"detach", "Tensor.detach", "Tensor.numpy", "Tensor.tolist", "Tensor.item"}
STEPS |= {"Tensor.__float__", "linalg.cho_factor", "empty_like", "nn.gumbel_softmax"}
STEPS |= {f"logical_{name}" for name in ("and", "or", "xor", "not")}  # objects of objects
STEPS |= {"ix_"}  # takes indices, and gives numbers that are none back as they are
STEPS |= {"nn.embedding"}  # whose row `padding_idx` is constant
# What is NaN at negative integers, where psi has poles that cancel.
POLES = {"special.poch", "special.beta", "special.betaln"}
# What has so many steps where a divisor is small that differences see a slope.
STEPPED = {"floor_divide", "divmod", "mod", "remainder", "fmod"}
STEPPED |= {f"Tensor.__{r}{name}__" for r in ("", "r") for name in ("floordiv", "divmod", "mod")}
# Along one line, they are smooth also where elements are equal.
MEDIANS = {"median", "nanmedian", "quantile", "percentile", "nanquantile", "nanpercentile"}

# Refusals of what NumPy computes, of odd arguments only: what the engine says of kinds of values
# that it does not take, and Python of arguments that a function has not.
REFUSALS_OF_ODD = [
    ("*", r"can't be differentiated here, only real numbers can"),
    ("*", r"a masked array would lose its mask|a masked array and a Tensor don't mix"),
    ("*", r"keyword '(where|order|subok|casting)' is not supported on Tensors"),
    ("@ufunc", r"keyword 'dtype' is not supported on Tensors"),
    ("*", r"^(np|scipy\.special)\.\w+: a leaf that requires a gradient can't be changed"),  # out=
    ("*", r"takes (from \d+ to )?\d+ positional arguments?|unexpected keyword argument"),
    ("Tensor.__*__", r"takes no keyword arguments|expected [01] arguments?"),
]
# Refusals of what NumPy computes.
REFUSALS = [
    ("*", r"has no derivative with respect to"),
    ("*", r"requires a gradient would lose it here"),
    ("put place putmask copyto fill_diagonal put_along_axis", r"a leaf that requires a gradient"),
    ("put place putmask copyto fill_diagonal put_along_axis", r"writes into an array or a Tensor"),
    ("Tensor.*", r"^x.*: a leaf that requires a gradient can't be changed while recording"),
    ("nn.*", r"^np.positive: a leaf that requires a gradient can't be changed while recording"),
    ("grad value_and_grad elementwise_grad vjp jvp jacobian hessian hvp", r"only floating-point"),
    ("grad value_and_grad elementwise_grad vjp jvp jacobian hessian hvp", r"give numbers, arrays"),
    ("grad value_and_grad elementwise_grad vjp jvp jacobian hessian hvp", r"complex numbers"),
    ("gradients", r"no gradient flows to this Tensor|was freed"),
    ("astype Tensor.astype *sum *prod *mean *cumsum *cumprod linspace", r"only real numbers can"),
    ("cumulative_* var std Tensor.var Tensor.std nanvar nanstd cov", r"only real numbers can"),
    ("corrcoef full_like stack *stack concat* empty_like trace *.trace", r"only real numbers can"),
    ("var std Tensor.var Tensor.std nanvar nanstd", r"dtype must be a floating-point one"),
    (
        "var std Tensor.var Tensor.std nanvar nanstd",
        r"reshape array of size \d into|\(s\) for -: 'int' and 'list'",
    ),
    ("var std Tensor.var Tensor.std nanvar nanstd", r"'[<>]=?' not supported between instances"),
    ("*ravel Tensor.flatten *reshape", r"says nothing about a Tensor"),
    ("*put *put_along_axis index_update insert Tensor.__setitem__", r"can't hold"),
    ("copyto place putmask fill_diagonal", r"can't hold"),
    ("histogram", r"would lose the gradient"),
    ("convolve correlate", r"mode must be 'full', 'same' or 'valid', received [01]"),
    ("cross linalg.cross", r"takes vectors of three elements"),
    ("pad", r"mode='empty', which has no derivative"),
    ("resize", r"received no elements to fill"),
    ("*repeat", r"repeat: received repeats=(-1 for \w+ of shape \(.*0.*\)|np\.|True|\d\.\d)"),
    ("cov corrcoef", r"takes observations \(or weights of them\)"),
    ("cov corrcoef", r"could not be promoted"),
    ("*sum *prod *mean *max *min *var *std amax amin", r"where must be booleans"),
    ("*sum *prod *max *min amax amin", r"setting an array element with a sequence"),
    ("linalg.sqrtm", r"whose square root is real|takes matrices, of two axes"),
    ("linalg.expm linalg.solve_sylvester", r"takes matrices, of two axes or more"),
    ("linalg.eig linalg.eigvals", r"whose eigenvalues are real"),
    ("linalg.lstsq", r"'<' not supported between instances"),
    ("divmod", r"too many values to unpack"),
    ("nanvar nanstd", r"'_NoValueType' object cannot be interpreted"),  # NumPy's own, to np.var
    ("linalg.cond", r"neither singular nor empty|cond: Singular matrix"),
    ("linalg.qr", r"mode must be 'reduced', 'complete' or 'r', received 'raw'"),
    ("linalg.pinv", r"takes square matrices"),
    ("linalg.cho_factor", r"axis[12]: axis -[12] is out of bounds|must be at least two-dim"),
    ("linalg.cho_factor", r"truth (value )?of (an array|shape)"),
    ("linalg.*norm", r"too large to convert|'str' object cannot be interpreted as an integer"),
    ("linalg.*norm", r"ufunc 'equal' did not contain a loop"),
    ("vecdot linalg.vecdot", r"got multiple values for argument 'axis'"),
    ("linalg.cho_solve", r"singular matrix|object arrays are not supported"),
    ("linalg.solve_triangular", r"trans must be 0, 1, 2|the truth of shape"),
    ("linalg.multi_dot", r"takes matrices, and vectors at the ends"),
    ("linalg.tensordot tensordot", r"axes=-\d+; give integers that are not negative"),
    ("linalg.block_diag", r"object is not iterable"),
    ("special.multigammaln", r"d must be a positive integer"),
    ("special.softmax special.log_softmax special.logsumexp", r"takes real numbers, received"),
    ("Tensor.__eq__ Tensor.__ne__", r"did not contain a loop with signature matching types"),
    ("nancumsum nancumprod nansum nanprod nanm* nanvar nanstd", r"ufunc 'isnan' not supported"),
    ("clip Tensor.clip", r"ufunc 'isnan' not supported|not supported between instances of 'list'"),
    ("Tensor.__r*or__ Tensor.__*or__ Tensor.__*and__", r"ufunc 'bitwise_\w+' not supported"),
    ("split array_split *.split hsplit vsplit dsplit", r"would overlap|received 0 sections"),
    ("hsplit vsplit dsplit split array_split", r"give integers|must be integers"),
    (
        "take Tensor.take",
        r"take: mode must be|take: indices must be (integers|from -\d+ to \d+, received -?99 )",
    ),
    ("*put", r"put: indices must be integers|mode must be 'raise'|put: received no values"),
    ("put", r"setting an array element with a sequence"),
    (
        "*put *take convolve correlate",
        r"ufunc 'equal' did not contain a loop",
    ),  # a Tensor as a mode
    ("gradient", r"edge_order must be 1 or 2, received"),
    ("choose Tensor.choose", r"choose: indices must be from 0 to 0, received 1 to 1"),
    ("copyto", r"object of shape \(\) can't be written|could not be promoted"),
    ("diagflat", r"unsupported operand type|cannot use operands with types"),
    ("full_like", r"cannot convert float NaN|Could not convert object to NumPy datetime"),
    ("bincount", r"array is not broadcastable to correct shape"),
    ("put_along_axis", r"more dimensions than allowed by the axis remapping"),
    ("cumulative_sum cumulative_prod", r"'tuple' object cannot be interpreted as an integer"),
    ("intersect1d", r"intersect1d: indices must be from"),
    ("union1d", r"Python int too large to convert to C long"),
    ("rollaxis", r"object is not iterable|a scalar can't be iterated"),
    ("nan_to_num", r"copy=False would change a Tensor"),
    ("linalg.*norm", r"'float' object cannot be interpreted as an integer"),
    ("meshgrid", r"__array_wrap__"),
    ("tile", r"tile: received reps="),
    ("average", r"weights sum to 0|an integer is required"),
    ("linalg.*norm", r"float\(\) argument must be a string or a real number, not 'list'"),
    ("linspace", r"unsupported operand type\(s\) for \*: "),
    ("put_along_axis", r"setting an array element with a sequence"),
    ("unstack", r"'(tuple|list)' object cannot be interpreted as an integer"),
    ("where nn.threshold", r"'getset_descriptor' object is not iterable"),
]


def refused(call: Any, message: str) -> bool:
    """Whether a refusal of what NumPy computes is documented: of what is odd, in its own words."""
    return told(REFUSALS, call, message) or (
        call.strange and (well_formed(message) or told(REFUSALS_OF_ODD, call, message))
    )


def well_formed(message: str) -> bool:
    """Whether it names the operation, what was received, and the remedy."""
    try:
        return bool(parts(message))
    except ValueError:
        return False


# Values where NumPy or SciPy refuses, by what they say then.
EXTENSIONS = [
    # lists, numbers and arrays of one element where NumPy wants arrays, and the other way round
    ("*split unstack", r"has no attribute '(ndim|shape)'"),
    ("take_along_axis", r"has no attribute '(ndim|flat|shape)'"),
    ("put_along_axis", r"'tuple' object has no attribute 'ndim'"),
    ("apply_over_axes rollaxis", r"has no attribute 'ndim'"),
    ("cov corrcoef average", r"'float' object has no attribute 'shape'"),
    ("astype", r"has no attribute 'astype'|Input should be a NumPy array"),
    ("correlate convolve", r"object of too small depth"),
    ("Tensor.__int__ Tensor.__float__", r"only 0-dimensional arrays can be converted"),
    ("Tensor.__format__", r"numpy.ndarray.__format__|must be a string|must be str, not"),
    ("*stack", r"arrays to stack must be passed as a \"sequence\""),
    (
        "resize",
        r"iteration over a 0-d array|expected a sequence of integers|^an integer is required$",
    ),
    # parameters that may be left out here, or have another name or place
    ("clip", r"missing 1 required positional argument: 'a_m(in|ax)'"),
    ("Tensor.clip", r"got multiple values for argument 'min'"),
    ("Tensor.reshape", r"reshape\(\) takes exactly 1 argument \(0 given\)"),
    ("Tensor.sort Tensor.partition", r"'NoneType' object cannot be interpreted as an integer"),
    ("linalg.cross", r"takes 2 positional arguments but [345]|tuple indices must be integers"),
    ("cross linalg.cross", r"'list' object cannot be interpreted as an integer"),
    ("special.multigammaln", r"object cannot be interpreted as an integer"),
    ("nn.elu nn.celu", r"can't multiply sequence by non-int"),
    # dtypes that SciPy and LAPACK, and casts that NumPy's older functions don't have
    ("place putmask", r"Cannot cast (array data|scalar)|cannot convert float NaN to integer"),
    ("interp", r"Cannot cast (array data|scalar) from dtype\('(float128|>f16)'\)"),
    ("linalg.lstsq", r"array type float(16|128) is unsupported in linalg"),
    ("cov corrcoef", r"Cannot cast ufunc 'subtract'|ddof must be|float NaN to integer"),
    ("nan_to_num", r"strings are not allowed for 'copy'"),
    ("cov corrcoef", r"ufunc 'add' did not contain a loop .*dtype\(\[\]\)"),
    ("ediff1d gradient *var *std", r"numpy boolean subtract"),
    ("ediff1d", r"must be compatible with input `ary` under the `same_kind` rule"),
    ("divmod Tensor.__*divmod__", r"ufunc 'divmod' not supported for the input types"),
    ("linalg.toeplitz", r"cannot conjugate non-numeric"),
    ("std", r"Python int too large to convert to C long"),
    # nothing at all, of which there is a softmax or a factor, and into which anything goes
    ("special.softmax special.log_softmax", r"zero-size array to reduction operation maximum"),
    ("special.logsumexp", r"truth value of an empty array is ambiguous"),
    ("linalg.cho_factor", r"zero-size batches"),
    ("linalg.tensorinv", r"reshape\(\) takes exactly 1 argument \(0 given\)"),
    ("insert", r"could not convert string to float|not 'complex'"),
    ("fill_diagonal", r"cannot convert float NaN to integer"),
    ("pad", r"`pad_width` must be of integral type|index can't contain negative values"),
    # what is not looked at where it makes no difference
    ("linalg.cho_factor", r"must not contain infs or NaNs|inhomogeneous shape|lower==0|to C? ?int"),
    ("linalg.solve_triangular", r"can't be converted to int|unhashable type|unitdiag==0"),
    ("select", r"Cannot cast array data from dtype\('int64'\) to dtype\('u?int8'\)"),
    ("linalg.cond", r"Invalid norm order for matrices|unhashable type"),
    ("*median *quantile *percentile", r"partition array is read-only"),
    ("median", r"truth value of an array with more than one element"),
    ("einsum", r"Did not understand the path|has no len"),
    ("gradient *var *std", r"cannot use operands with types .*dtype\('<M8\[D\]'\)"),
    ("*std *var", r"non-broadcastable output operand with shape"),
    ("average", r"division by zero"),
    ("piecewise", r"too many indices for array|is not subscriptable"),
    ("Tensor.__setitem__ index_update", r"cannot convert float (NaN|infinity) to integer"),
    ("Tensor.__setitem__ index_update", r"Python integer -\d+ out of bounds for uint"),
    (
        "linalg.vector_norm",
        r"axis (0|-1) is out of bounds for array of dimension 0|Cannot cast ufunc 'reciprocal' input from dtype\('O'\)",
    ),
    ("*var *std", r"ddof and correction can't be provided simultaneously"),
    ("*var *std average", r"axis (0|-1) is out of bounds for array of dimension 0"),
    ("interp", r"only 0-dimensional arrays can be converted|must be real number, not"),
    ("put_along_axis", r"assignment destination is read-only"),
    ("*take *compress *repeat concat*", r"an integer is required for the axis"),
    ("append vander *take", r"'(tuple|dict|bytes)' object cannot be interpreted as an integer"),
    (
        "apply_over_axes trapezoid vander vecdot linalg.vecdot",
        r"^an integer is required$|truth value of an array",
    ),
    ("*put", r"Python int too large to convert to C long"),
    ("Tensor.put", r"Python integer -\d+ out of bounds for uint"),
]
# The same, of odd arguments only.
EXTENSIONS_OF_ODD = [
    ("*", r"Cannot construct a dtype from an array"),
    ("*", r"truth value of an array|Python int too large to convert"),
    # axes and counts of other types that mean one integer: True, (0,), [1]
    ("*", r"object cannot be interpreted as an integer|an integer is required"),
    ("vander", r"Maximum allowed dimension exceeded"),
    ("vecmat matvec", r"operands could not be broadcast"),
    ("vecdot", r"Cannot cast ufunc 'vecdot' output"),
    ("@ufunc", r"return arrays must be of ArrayType"),
    ("Tensor.__*__", r"takes no keyword arguments|expected [01] arguments?"),
]


def extended(call: Any, error: BaseException) -> bool:
    """Whether a value where NumPy or SciPy refuses is meant: what they say then."""
    message = str(error)
    return told(EXTENSIONS, call, message) or (
        call.strange and told(EXTENSIONS_OF_ODD, call, message)
    )


def polygamma(n: Any, x: Any) -> Any:
    """SciPy's, in the dtype of `x`."""
    kind = np.asarray(x).dtype
    return scipy.special.polygamma(n, x).astype(kind if kind.kind == "f" else float)


def _logsumexp(x: Any, axis: Any = None, b: Any = None, keepdims: Any = False, **more: Any) -> Any:
    """SciPy's, which makes an axis to keep of a number."""
    if not np.size(x) or axis == ():
        return ag.special.logsumexp(np.asarray(x), axis, b, keepdims, **more)
    return scipy.special.logsumexp(x, axis, b, keepdims if np.ndim(x) else False, **more)


# Of integers of few bits, SciPy makes floats of few.
OF_SCIPY: dict[str, Callable[..., Any]] = {
    "polygamma": polygamma,
    "multigammaln": lambda x, d: scipy.special.multigammaln(x, d).astype(
        scipy.special.gammaln(x).dtype
    ),
    "logsumexp": _logsumexp,
    "softmax": lambda x, axis=None: scipy.special.softmax(as_floats(x), axis),
    "log_softmax": lambda x, axis=None: scipy.special.log_softmax(as_floats(x), axis),
}
