"""Order, equal elements and counts, where it is not clear what they should do."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag


def leaf(values):
    return ag.Tensor(values, requires_grad=True)


def gradient(f, x, g):
    x = leaf(x)
    (slope,) = ag.gradients(f(x), x, np.asarray(g, float))
    return slope.numpy()


def test_of_equal_elements_the_kth_sorted_has_the_gradient_of_the_kth():
    x, g = [2.0, 1.0, 2.0, 1.0, 2.0], [1, 2, 3, 4, 5]
    expected = [3, 1, 4, 2, 5]
    np.testing.assert_array_equal(gradient(np.sort, x, g), expected)
    np.testing.assert_array_equal(gradient(lambda x: np.sort(x, kind="stable"), x, g), expected)
    np.testing.assert_array_equal(gradient(np.sort, [0.0, -0.0, 0.0], [1, 2, 3]), [1, 2, 3])


def test_a_partition_moves_each_gradient_back_to_where_its_element_was():
    x = np.random.default_rng(0).integers(0, 5, (6, 9)).astype(float)
    for kth in (0, 4, (2, 6)):
        z = np.partition(leaf(x), kth, axis=1).numpy()
        for k in np.atleast_1d(kth):
            np.testing.assert_array_equal(z[:, k], np.sort(x, axis=1)[:, k])
        # The derivative along a direction has the elements of that direction in the same order.
        back = gradient(lambda x, kth=kth: np.partition(x, kth, axis=1), x, z)
        np.testing.assert_array_equal(back, x)


def test_nan_is_last():
    x = [np.nan, 1.0, np.inf, -np.inf]
    np.testing.assert_array_equal(np.sort(leaf(x)).numpy(), np.sort(x))
    np.testing.assert_array_equal(gradient(np.sort, x, [1, 2, 3, 4]), [4, 2, 3, 1])


def test_a_unique_value_has_the_gradient_of_its_first_occurrence():
    np.testing.assert_array_equal(
        gradient(np.unique, [2.0, 1.0, 2.0, 1.0], [10, 20]), [20, 10, 0, 0]
    )
    x, y = leaf([2.0, 1.0]), leaf([3.0, 1.0])
    slope_x, slope_y = ag.gradients(np.union1d(x, y), [x, y], np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(slope_x.numpy(), [2, 1])
    np.testing.assert_array_equal(slope_y.numpy(), [3, 0])
    (slope,) = ag.gradients(np.intersect1d(x, y), x, np.array([5.0]))
    np.testing.assert_array_equal(slope.numpy(), [0, 5])


def test_indices_and_counts_are_plain():
    x = leaf([2.0, 1.0, 2.0])
    values, index, inverse, counts = np.unique(x, True, True, True)
    assert isinstance(values, ag.Tensor)
    for result, expected in ((index, [1, 0]), (inverse, [1, 0, 1]), (counts, [1, 2])):
        assert type(result) is np.ndarray
        np.testing.assert_array_equal(result, expected)
    for result, expected in (
        (np.argsort(x), [1, 0, 2]),
        (np.argpartition(x, 0)[:1], [1]),
        (np.lexsort((x,)), [1, 0, 2]),
        (np.searchsorted([1.0, 2.0], x), [1, 0, 1]),
        (np.digitize(x, [1.5]), [1, 0, 1]),
        (np.isin(x, [1.0]), [False, True, False]),
        (np.bincount(ag.tensor([0, 2, 2])), [1, 0, 2]),
        (np.histogram(x, 2, (0, 4))[0], [1, 2]),
    ):
        assert type(result) is np.ndarray
        np.testing.assert_array_equal(result, expected)
    common, in_x, in_y = np.intersect1d(x, [2.0], return_indices=True)
    assert (common.tolist(), in_x.tolist(), in_y.tolist()) == ([2.0], [0], [0])


def test_a_histogram_whose_edges_would_lose_a_gradient_is_refused():
    x = leaf([2.0, 1.0, 2.0])
    for call in (
        lambda: np.histogram(x),
        lambda: np.histogram([1.0], bins=x),
        lambda: np.histogram(x, range=x[1:]),
        lambda: ag.histogram([1.0], range=(0, x[0])),
    ):
        with pytest.raises(TypeError, match=r"histogram: the edges .* give range="):
            call()
    np.testing.assert_array_equal(np.histogram(x.detach(), 2)[0], [1, 2])
    limits = (ag.tensor(0.0), ag.tensor(4.0))
    np.testing.assert_array_equal(np.histogram(x, 2, limits)[0], [1, 2])
    with ag.no_grad():
        np.testing.assert_array_equal(np.histogram(x, 2)[0], [1, 2])


def test_weighted_counts_need_a_weight_for_each():
    with pytest.raises(ValueError, match=r"histogram: .* as weights of 2 elements"):
        np.histogram([1.0, 2.0], 2, weights=leaf([1.0]))
    with pytest.raises(ValueError, match="length"):
        np.bincount([1, 2], weights=leaf([1.0]))


def test_what_numpy_can_sort_but_has_no_gradient_is_refused():
    x = leaf([2.0, 1.0])
    for call in (lambda: np.sort(x, order="a"), lambda: np.sort_complex(x)):
        with pytest.raises(TypeError, match=r"np\.sort"):
            call()
    with pytest.raises(np.exceptions.AxisError, match="sort: axis 1"):
        np.sort(x, axis=1)
    with pytest.raises(ValueError, match="kind"):
        np.sort(x, kind="bogo")


def test_what_is_in_both_has_the_dtype_of_both():
    x, y = np.array([1.0, 2.0], np.float32), np.array([2.0, 3.0])
    assert np.intersect1d(ag.tensor(x), y).dtype == np.float64
    assert np.union1d(ag.tensor(x), 3.0).dtype == np.float32
