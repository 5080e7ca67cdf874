"""``x[index]`` and ``x[index] = v``, in all of NumPy's forms."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag

ROWS = np.array([[0], [2]])
COLUMNS = np.array([1, 1, 3])
MASK = np.arange(12).reshape(3, 4) % 3 == 0

# Of an array of shape (3, 4, 2).
FORMS = {
    "integer": 1,
    "negative integer": -1,
    "NumPy integer": np.int64(2),
    "integers": (1, -2),
    "all integers": (1, 2, 0),
    "slice": slice(0, 2),
    "everything": slice(None),
    "nothing": slice(2, 2),
    "slice past the end": slice(1, 9),
    "negative step": slice(None, None, -1),
    "steps": (slice(None, None, 2), slice(3, None, -2)),
    "slice of NumPy integers": slice(np.int64(0), np.int64(3), np.int64(2)),
    "None": None,
    "None between": (0, None, slice(None)),
    "ellipsis": ...,
    "ellipsis in front": (..., 0),
    "ellipsis between": (1, ..., 1),
    "empty tuple": (),
    "mask of all axes": MASK[..., None] | np.array([False, True]),
    "mask of some axes": MASK,
    "mask of one axis": (slice(None), np.array([True, False, True, True])),
    "mask of nothing": np.zeros(3, bool),
    "mask of no axes": np.array(True),
    "boolean": True,
    "list of booleans": [True, False, True],
    "integer array": np.array([2, 0]),
    "integer array with duplicates": np.array([2, 0, 2, 2]),
    "negative integer array": np.array([-1, 2]),
    "integer array of no axes": np.array(1),
    "integer array of two axes": np.array([[0, 1], [1, 1]]),
    "Fortran-ordered integer array": np.asfortranarray([[0, 1, 2], [1, 1, 0]]),
    "small integer array": np.array([2, 0, 2], np.uint8),
    "empty integer array": np.array([], int),
    "list": [2, 0, 2],
    "nested list": [[0, 1], [2, 2]],
    "empty list": [],
    "integer arrays": (ROWS, COLUMNS),
    "integer arrays of all axes": (ROWS, COLUMNS, np.array([0, 1, 1])),
    "mixed with a slice": (COLUMNS % 3, slice(1, 3)),
    "mixed with a slice between": (np.array([0, 0]), slice(None, None, -1), np.array([1, 1])),
    "mixed with an integer": (1, COLUMNS),
    "mixed with None": (None, COLUMNS % 3, None),
    "mixed with an ellipsis": (..., np.array([1, 0, 1])),
    "mixed with a mask": (np.array([True, False, True]), np.array([3, 3])),
    "lists": ([0, 2, 2], [1, 3, 3]),
    "np.ix_": np.ix_([0, 2], [1, 1, 3]),
    "tuples inside": ((0, 1), (1, 2)),
    "list of tuples": [(0, 1), (1, 2)],
    "range": range(2),
    "boolean and integer": (True, 0),
    "mask of no axes and slice": (np.array(False), slice(None)),
    "mask of two axes and integer": (MASK, 1),
    "empty list of lists": [[]],
    "slice and empty list": (slice(None), []),
    "None around an ellipsis": (None, ..., None),
    "arrays apart": (0, slice(None), [1, 1, 0]),
}

each_form = pytest.mark.parametrize("index", FORMS.values(), ids=FORMS)


def array(shape=(3, 4, 2), seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def leaf(values):
    return ag.Tensor(values, requires_grad=True)


def set_at(x, v, index):
    z = x + 0
    z[index] = v
    return z


# ---------------------------------------------------------------------- reading


@each_form
def test_reading_is_numpys(index):
    x = array()
    z = leaf(x)[index]
    np.testing.assert_array_equal(z.numpy(), x[index])
    assert z.shape == x[index].shape


@each_form
def test_reading_has_the_right_gradients_to_second_order(index):
    assert ag.gradcheck(lambda x: x[index] * x[index], array())


def test_a_scalar_can_be_indexed():
    for index in ((), ..., None, True, np.array(True), np.array(False)):
        x = array(())
        np.testing.assert_array_equal(leaf(x)[index].numpy(), x[index])
        assert ag.gradcheck(lambda x, i=index: x[i] * x[i], x)


def test_an_element_that_is_read_twice_gets_the_sum_of_the_gradients():
    x = leaf([1.0, 2.0, 3.0])
    (slope,) = ag.gradients(x[[2, 0, 2]], x, np.array([1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(slope.numpy(), [10, 0, 101])


def test_a_tensor_can_be_an_index():
    x = leaf(array())
    for index in (np.array([2, 0, 2]), np.array(1), MASK):
        np.testing.assert_array_equal(x[ag.tensor(index)].numpy(), x.numpy()[index])
    both = x[ag.tensor(ROWS), ag.tensor(COLUMNS)]
    np.testing.assert_array_equal(both.numpy(), x.numpy()[ROWS, COLUMNS])
    np.testing.assert_array_equal(x[: ag.tensor(2)].numpy(), x.numpy()[:2])
    np.testing.assert_array_equal(x[x > 0].numpy(), x.numpy()[x.numpy() > 0])


@pytest.mark.parametrize(
    "index",
    [3, (0, 0, 0, 0), 1.0, "a", [0.5], slice(0.5, 1), [True], (..., ...), [slice(0, 1)]],
)
def test_what_numpy_refuses_is_refused(index):
    with pytest.raises((IndexError, TypeError)):
        leaf(array())[index]


def changed_in_place(index):
    """Change every array, list and Tensor in an index."""
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, ag.Tensor):
            part += 1
        elif isinstance(part, list):
            part[:] = [0] * len(part)
        elif isinstance(part, slice):
            changed_in_place((part.start, part.stop, part.step))
        elif isinstance(part, np.ndarray):
            part[...] = 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.array([2, 1]),
        lambda: np.array([True, False, True]),
        lambda: [2, 1],
        lambda: (np.array([2, 1]), [3, 0]),
        lambda: ag.tensor([1, 0]),
        lambda: slice(np.array(1), None),
        lambda: slice(None, ag.tensor(1)),
        lambda: (0, slice(np.array(1), ag.tensor(2))),
    ],
)
def test_an_entry_owns_its_index(make):
    x, index = leaf(array()), make()
    read = x[index]
    y = leaf(np.ones(read.shape))
    written = set_at(x, y, index)
    changed_in_place(index)
    slope, slope_x, slope_y = (
        *ag.gradients(read, x, np.ones(read.shape)),
        *ag.gradients(written, [x, y], np.ones(written.shape)),
    )
    expected = np.zeros(x.shape)
    expected[make()] = 1
    np.testing.assert_array_equal(slope.numpy(), expected)
    np.testing.assert_array_equal(slope_x.numpy(), 1 - expected)
    np.testing.assert_array_equal(slope_y.numpy(), np.ones(y.shape))


# ---------------------------------------------------------------------- writing


@each_form
def test_writing_is_numpys(index):
    x = array()
    expected, v = x.copy(), array(x[index].shape, seed=1)
    expected[index] = v
    np.testing.assert_array_equal(set_at(leaf(x), leaf(v), index).numpy(), expected)
    np.testing.assert_array_equal(set_at(leaf(x), v, index).numpy(), expected)


@each_form
def test_writing_has_the_right_gradients_to_second_order(index):
    x = array()
    v = array(x[index].shape, seed=1)

    def f(x, v):
        z = set_at(x, v, index)
        return z * z

    assert ag.gradcheck(f, [x, v])


@each_form
def test_writing_a_scalar_has_the_right_gradients_to_second_order(index):
    def f(x, v):
        z = set_at(x, v, index)
        return z * z

    assert ag.gradcheck(f, [array(), array((), seed=1)])
    assert ag.gradcheck(lambda x: f(x, 2.0), array())


@pytest.mark.parametrize(
    ("index", "shape"),
    [
        (slice(0, 2), (2,)),
        (slice(0, 2), (4, 1)),
        (slice(0, 2), (1, 1, 1, 4, 2)),
        (np.array([2, 0, 2]), (4, 2)),
        (np.array([2, 0, 2]), (3, 1, 1)),
        (np.array([2, 0, 2]), (1, 3, 4, 1)),
        ((ROWS, COLUMNS), (2, 1, 2)),
        (MASK, (2,)),
        (MASK, (1, 1)),
        (0, (1, 1, 4, 1)),
    ],
)
def test_what_is_written_is_broadcast(index, shape):
    x, v = array(), array(shape, seed=1)
    expected = x.copy()
    expected[index] = v

    def f(x, v):
        z = set_at(x, v, index)
        return z * z

    np.testing.assert_array_equal(set_at(leaf(x), leaf(v), index).numpy(), expected)
    assert ag.gradcheck(f, [x, v])


def test_what_is_written_last_wins():
    x, v = leaf(np.zeros(3)), leaf([1.0, 2.0, 3.0, 4.0])
    z = set_at(x, v, [2, 0, 2, 0])
    np.testing.assert_array_equal(z.numpy(), [4, 0, 3])
    slope_x, slope_v = ag.gradients(z, [x, v], np.array([1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(slope_x.numpy(), [0, 10, 0])
    np.testing.assert_array_equal(slope_v.numpy(), [0, 0, 100, 1])


@pytest.mark.parametrize("order_of_index", "CF")
@pytest.mark.parametrize("order_of_value", "CF")
@pytest.mark.parametrize("seed", range(10))
def test_last_means_row_major_order_whatever_the_layout(order_of_index, order_of_value, seed):
    """NumPy itself goes by the layout in memory, and the gradient has to know which it was."""
    rng = np.random.default_rng(seed)
    index = np.asarray(rng.integers(0, 5, (3, 4)), order=order_of_index)
    values = np.asarray(rng.standard_normal((3, 4)), order=order_of_value)
    expected, winner = np.zeros(5), {}
    for place in np.ndindex(3, 4):
        expected[index[place]] = values[place]
        winner[index[place]] = place
    x = leaf(np.zeros(5))
    v = ag.Tensor(values, requires_grad=True, copy=False)
    z = set_at(x, v, index)
    np.testing.assert_array_equal(z.numpy(), expected)
    (slope,) = ag.gradients(z, v, np.ones(5))
    expected_slope = np.zeros((3, 4))
    for place in winner.values():
        expected_slope[place] = 1
    np.testing.assert_array_equal(slope.numpy(), expected_slope)


def test_earlier_readers_keep_the_value_they_saw():
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1
    before = y * y
    y[1] = 10.0
    after = y * y
    (slope,) = ag.gradients([before.sum(), after.sum()], x)
    np.testing.assert_array_equal(slope.numpy(), [4, 4, 12])


def test_writing_into_a_constant_makes_it_depend_on_what_is_written():
    a = ag.tensor(np.zeros(3))
    v = leaf(2.0)
    a[1] = v
    (slope,) = ag.gradients((a * a).sum(), v)
    assert slope.item() == 4


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="shape"):
        set_at(leaf(array()), leaf(np.ones(3)), slice(0, 2))
    with pytest.raises(IndexError):
        set_at(leaf(array()), 1.0, 7)
    whole = ag.tensor([1, 2, 3])
    with pytest.raises(TypeError, match=r"x\[i\] = v: int64 of shape \(3,\) can't hold .* astype"):
        whole[0] = leaf(1.5)


def test_index_update_leaves_plain_arrays_alone():
    x = np.zeros(3)
    z = ag.index_update(x, 1.0, [0, 2])
    np.testing.assert_array_equal(z, [1, 0, 1])
    assert type(z) is np.ndarray
    np.testing.assert_array_equal(x, 0)


# ---------------------------------------------------------------------- NumPy's functions


def test_an_element_that_is_added_to_twice_gets_both():
    x, y = leaf(np.zeros(3)), leaf([1.0, 2.0, 3.0])
    z = ag.index_add(x, y, [2, 0, 2])
    np.testing.assert_array_equal(z.numpy(), [2, 0, 4])
    slope_x, slope_y = ag.gradients(z, [x, y], np.array([1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(slope_x.numpy(), [1, 10, 100])
    np.testing.assert_array_equal(slope_y.numpy(), [100, 1, 100])


@pytest.mark.parametrize(
    "write",
    [
        lambda x, v: np.put(x, [0, -1], v),
        lambda x, v: np.place(x, [True, False, True, False], v),
        lambda x, v: np.putmask(x, [True, False, True, False], v),
        lambda x, v: np.copyto(x, v[:1]),
        lambda x, v: np.put_along_axis(x, np.array([1, 2]), v, 0),
    ],
)
def test_functions_that_write_change_a_tensor_as_an_assignment_does(write):
    expected = np.arange(4.0)
    assert write(expected, np.array([7.0, 8.0])) is None
    y, v = leaf(np.arange(4.0)) * 1, leaf([7.0, 8.0])
    before = y + 0
    write(y, v)
    np.testing.assert_array_equal(y.numpy(), expected)
    np.testing.assert_array_equal(before.numpy(), np.arange(4))
    (slope,) = ag.gradients(y, v, np.ones(4))
    assert slope.numpy().sum() == np.sum(expected != np.arange(4))
    parameter = leaf(np.arange(4.0))
    with pytest.raises(ag.GradientError, match="under no_grad"):
        write(parameter, v)
    with ag.no_grad():
        write(parameter, v)
    np.testing.assert_array_equal(parameter.numpy(), expected)
    with pytest.raises(TypeError, match="a Tensor first"):
        write(np.arange(4.0), v)


def test_a_piece_sees_only_its_own_elements():
    x = leaf([-4.0, 0.0, 4.0])
    z = np.piecewise(x, [x < 0, x > 0], [lambda x: np.sqrt(-x), np.sqrt, 1.0])
    np.testing.assert_array_equal(z.numpy(), [2, 1, 2])
    (slope,) = ag.gradients(z, x, np.ones(3))
    np.testing.assert_array_equal(slope.numpy(), [-0.25, 0, 0.25])


def test_a_choice_that_is_not_taken_does_not_spoil_the_gradient():
    x = leaf([-1.0, 0.0, 4.0])
    with np.errstate(all="ignore"):
        z = np.select([x > 0, x < 0], [np.sqrt(x), x * x], 5)
        (slope,) = ag.gradients(z, x, np.ones(3))
    np.testing.assert_array_equal(z.numpy(), [1, 5, 2])
    np.testing.assert_array_equal(slope.numpy(), [-2, 0, 0.25])


def test_numbers_among_the_choices_do_not_widen_the_dtype():
    x = leaf(np.ones(2, np.float32))
    for z in (
        np.select([x > 0], [x], 1.5),
        np.select([x > 0, x < 0], [2, x], 3.0),
        np.choose([0, 1], [x, 2.0]),
    ):
        assert z.dtype == np.float32


def test_plain_results_are_plain():
    x = leaf([3.0, 1.0, 0.0])
    for indices in (np.nonzero(x)[0], np.flatnonzero(x), np.argwhere(x)[:, 0], np.where(x)[0]):
        assert type(indices) is np.ndarray
        np.testing.assert_array_equal(indices, [0, 1])
    i, j = np.ix_(ag.tensor([0, 1]), [2])
    assert i.shape == (2, 1)
    assert j.shape == (1, 1)
    np.testing.assert_array_equal(np.unravel_index(ag.tensor([3]), (2, 2)), [[1], [1]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: np.take(x, [0.5]), TypeError, "take: indices must be integers"),
        (lambda x: np.take(x, [9]), IndexError, "take: indices must be from"),
        (lambda x: np.take(x, [0], mode="no"), ValueError, "take: mode must be 'raise', 'wrap'"),
        (lambda x: np.take_along_axis(x, np.array([0]), 0), IndexError, "as many axes as shape"),
        (lambda x: np.place(x + 0, [True], 1.0), ValueError, r"place: .* does not fit shape"),
        (lambda x: np.put(x + 0, [0], []), ValueError, "put: received no values"),
        (lambda x: np.copyto(ag.tensor([1, 2]), 0.5), TypeError, "copyto: float64"),
        (lambda x: np.compress(x > 0, x), ValueError, "compress: condition must have one axis"),
        (lambda x: np.select([x], [x]), TypeError, "select: conditions must be booleans"),
        (lambda x: np.select([x > 0], [x, x]), ValueError, "select: received 1 conditions and 2"),
        (lambda x: np.choose([2], [x, x]), ValueError, "choose: indices must be from 0 to 1"),
        (lambda x: np.piecewise(x, [x > 0], [1, 2, 3]), ValueError, "piecewise: received 1"),
        (lambda x: ag.index_add(x, np.ones(3), 0), ValueError, "broadcast"),
    ],
)
def test_what_a_function_can_not_do_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(leaf(array((2, 2))))


def test_plain_arrays_lose_no_digits_by_place_and_putmask():
    for write in (ag.place, ag.putmask):
        for values in (np.array([1j]), np.array([0.5])):
            with pytest.raises(TypeError, match="Cannot cast"):
                write(np.array([1, 2]), [True, False], values)


def test_copyto_takes_numbers_of_python_as_numpy_does():
    x = ag.tensor([1.0, 2.0])
    np.copyto(x, 3, casting="no")
    assert x.tolist() == [3, 3]
    with pytest.raises(TypeError, match="copyto: int64"):
        np.copyto(x, np.int64(3), casting="no")


@pytest.mark.parametrize(
    ("conditions", "functions"),
    [
        ((0, -1), [np.sin, 2.0]),
        ([True, False], [np.sin, 2.0]),
        (np.array([True, False]), [np.sin]),
        ([[True, False]], [np.sin]),
        ([[True, False], [False, True]], [np.sin, np.cos]),
    ],
)
def test_piecewise_reads_its_conditions_as_numpy_does(conditions, functions):
    x = np.array([[0.5, 1.0, 1.5], [2.0, 2.5, 3.0]])
    expected = np.piecewise(x, conditions, functions)
    np.testing.assert_array_equal(np.piecewise(leaf(x), conditions, functions).detach(), expected)
    row = np.piecewise(leaf(x[0, :2]), conditions, functions).detach()
    np.testing.assert_array_equal(row, np.piecewise(x[0, :2], conditions, functions))


def test_one_of_x_and_y_may_not_be_none():
    with pytest.raises(ValueError, match="where: received one of x and y"):
        np.where(leaf([1.0]), None)


def test_a_number_can_be_written_to_as_in_numpy():
    x = leaf(2.0) * 1
    np.put(x, [0, -1], [3.0, 4.0])
    assert float(x.data) == 4
    np.put_along_axis(x, np.array([0]), 5.0, None)
    assert float(x.data) == 5


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("put", ([0], 1.0)),
        ("place", ([True], [1.0])),
        ("putmask", ([True], [1.0])),
        ("copyto", (1.0,)),
        ("fill_diagonal", (1.0,)),
        ("put_along_axis", (np.array([0]), 1.0, 0)),
    ],
)
def test_what_is_no_array_can_not_be_written_to(name, arguments):
    with pytest.raises(TypeError, match=f"{name}: writes into an array or a Tensor"):
        getattr(ag, name)([1.0], *arguments)


def test_an_error_of_take_names_who_called_it():
    with pytest.raises(IndexError, match=r"^compress: "):
        np.compress([False, False, True], leaf([1.0, 2.0]))


def test_an_integer_holds_no_infinity_wherever_it_is_written():
    for index in (0, [0, 0], np.array([True, False])):
        t = ag.tensor([1, 2])
        with pytest.raises(OverflowError, match="infinity"):
            t[index] = -np.inf
