"""Heat maps, histograms and cards: right for every array, safe in every notebook."""

import re
import zlib
from base64 import b64decode
from xml.etree import ElementTree

import numpy as np
import pytest
from safe_html import assert_safe

import autograd as ag
from autograd.explain import show

rng = np.random.default_rng(0)
ARRAYS = {
    "number": np.float64(2.5),
    "nan": np.array(np.nan),
    "integer": np.array(7),
    "bool": np.array([True, False]),
    "empty": np.zeros((0, 3)),
    "vector": rng.normal(size=100),
    "matrix": rng.normal(size=(3, 4)),
    "large": rng.normal(size=(500, 300)),
    "column": rng.normal(size=(90, 1)),
    "slices": rng.normal(size=(8, 3, 16, 16)),
    "strange": np.array([[1.0, np.inf], [np.nan, -np.inf]]),
    "huge": np.full((9, 70), 1e308),
    "tiny": np.full((30, 30), 5e-324),
    "zeros": np.zeros((30, 30), "float16"),
    "unsigned": np.arange(90, dtype="uint8").reshape(9, 10),
    "strided": rng.normal(size=(40, 60))[::-2, ::3].T,
}
EVERY = pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)


@EVERY
def test_every_array_has_its_pictures(array):
    before = np.array(array)
    for html in (show.heat_html(array), show.preview_html(array), show.histogram(array)):
        assert_safe(html)
    svg = ElementTree.fromstring(show.heat_svg(array, 96, 24))
    assert 0 < float(svg.get("width")) <= 96
    assert 0 < float(svg.get("height")) <= 96
    np.testing.assert_array_equal(array, before)
    assert show.heat_html(array) == show.heat_html(array)


def pixels(svg):
    """The palette numbers of the PNG in a heat map."""
    png = b64decode(re.search(r"image/png;base64,([^\"]+)", svg)[1])
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    at = png.index(b"IDAT")
    size = int.from_bytes(png[at - 4 : at], "big")
    data = np.frombuffer(zlib.decompress(png[at + 4 : at + 4 + size]), np.uint8)
    return data.reshape(height, width + 1)[:, 1:]


def test_the_cells_of_a_large_picture_are_the_means_of_blocks():
    array = np.zeros((100, 40))
    array[:5, :2], array[95:, 38:], array[50, 20] = 1, -1, np.nan
    cells = pixels(show.heat_svg(array, 96, 20))
    assert cells.shape == (20, 20)
    assert cells[0, 0] == 15
    assert cells[-1, -1] == 30
    assert cells[10, 10] == 31
    assert np.count_nonzero(cells) == 3


def test_a_picture_that_does_not_divide_evenly():
    array = np.ones((13, 7))
    array[12] = -1
    cells = pixels(show.heat_svg(array, 96, 5))
    assert cells.shape == (5, 4)
    assert cells[:, 0].tolist() == [15, 15, 15, 15, 30]


def test_slices_stand_side_by_side():
    assert (
        pixels(show.heat_svg(np.ones((6, 2, 3)))).tolist()
        == [[15, 15, 15, 32, 15, 15, 15, 32, 15, 15, 15, 32, 15, 15, 15]] * 2
    )
    html = show.heat_html(np.ones((6, 2, 3)))
    assert "the first 4 of 6 slices" in html


def test_numbers_are_written_out_where_there_are_few():
    html = show.heat_html(np.array([[1, -2], [3, 4]]))
    assert re.findall(r">(-?\d+)</td>", html) == ["1", "-2", "3", "4"]
    assert "no elements" in show.heat_html(np.zeros((3, 0)))
    assert "part 1" in show.heat_html((np.ones(2), np.ones(3)))


@pytest.mark.parametrize(
    ("array", "text"),
    [
        ([1.0, 2.0], "1 to 2"),
        ([1.0, np.nan, np.inf], "1, 1 nan, 1 inf"),
        ([np.nan], "1 nan"),
        ([], "no elements"),
        ([3, 3], "all 3"),
        (5.0, "5"),
        ([True, True], "2 of 2 True"),
    ],
    ids=str,
)
def test_range_text(array, text):
    assert show.range_text(np.array(array)).startswith(text)


def test_bins_count_every_finite_value():
    array = np.array([-1.0, 0.0, 1.0, np.nan, np.inf])
    counts, edges = show.bins(array, 4)
    assert counts.sum() == 3
    assert edges[0] == -1
    assert edges[-1] == 1
    assert show.bins(np.array([np.nan]))[0].sum() == 0


@EVERY
@pytest.mark.parametrize("grad", [False, True])
def test_a_tensor_is_shown_and_left_alone(array, grad):
    tensor = ag.tensor(array)
    if grad and tensor.dtype.kind == "f":
        tensor.requires_grad = True
        tensor.grad = np.ones_like(tensor.data)
    html = tensor._repr_html_()
    assert_safe(html)
    assert str(tensor.dtype) in html
    assert (">grad</div>" in html) == (tensor.grad is not None)


def test_a_result_says_what_made_it():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = ag.exp(x)
    html = y._repr_html_()
    assert "made by <code>exp</code>" in html
    y.sum().backward()
    assert y._repr_html_() == html
    assert x.grad is not None
    y = (x * x).sum()
    y.retain_grad()
    y.backward()
    assert ">grad</div>" in y._repr_html_()
