"""Corners in which the layers once differed from PyTorch's."""

import numpy as np
import pytest
import torch

import nn

F = nn.functional


@pytest.mark.parametrize("shape", [(3, 5), (2, 3), (4, 4)])
@pytest.mark.parametrize("scale", [1.1, 1.5, 2.0, 2.3, 2.6, 0.5])
def test_nearest_neighbours_of_fractional_scales(shape, scale):
    x = np.arange(float(np.prod(shape))).reshape(1, 1, *shape)
    expected = torch.nn.functional.interpolate(torch.tensor(x), scale_factor=scale)
    np.testing.assert_array_equal(F.interpolate(x, scale_factor=scale), expected.numpy())


@pytest.mark.parametrize("widths", [(-1, 1), (1, -1), (-2, 2), (2, 1), (-1, -1)])
@pytest.mark.parametrize("mode", ["circular", "constant", "reflect", "replicate"])
def test_paddings_that_also_crop(widths, mode):
    x = np.arange(1.0, 6.0).reshape(1, 1, 5)
    expected = torch.nn.functional.pad(torch.tensor(x), widths, mode=mode)
    np.testing.assert_array_equal(F.pad(x, widths, mode=mode), expected.numpy())


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_recurrent_layers_take_an_empty_batch(kind):
    z, _ = getattr(nn, kind)(3, 4)(np.ones((5, 0, 3), "float32"))
    assert z.shape == (5, 0, 4)
    with pytest.raises(TypeError, match="floating-point"):
        nn.Linear(3, 4)(np.ones((2, 3), int))


def test_reflection_takes_an_empty_batch():
    assert nn.ReflectionPad1d(1)(np.ones((0, 2, 4))).shape == (0, 2, 6)
