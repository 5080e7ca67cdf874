"""A module of ours and one of PyTorch with the same weights, compared."""

import numpy as np
import torch

import autograd as ag
import nn

TOLERANCE = {"rtol": 1e-10, "atol": 1e-11}


def made(name, *args, **kwargs):
    """The module of that name twice, in float64 where it has parameters, weights the same."""
    torch.manual_seed(0)
    theirs = getattr(torch.nn, name)(*args, **kwargs).double()
    ours = getattr(nn, name)(*args, **kwargs)
    if list(ours.parameters()) or list(ours.buffers()):
        ours = getattr(nn, name)(*args, **kwargs, dtype=np.float64)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert {k: v.shape for k, v in ours.state_dict().items()} == {
        k: tuple(v.shape) for k, v in theirs.state_dict().items()
    }
    with torch.no_grad():
        for p in theirs.parameters():
            p.normal_()
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def compare(ours, theirs, x, *args, repr_too=True):
    """The outputs, the gradients of x and of all parameters, and the buffers after it."""
    if repr_too:
        assert repr(ours) == repr(theirs)
    mine, other = ag.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    z, expected = ours(mine, *args), theirs(other, *args)
    assert z.shape == tuple(expected.shape)
    assert z.dtype == x.dtype
    np.testing.assert_allclose(z.data, expected.detach().numpy(), **TOLERANCE)
    g = np.random.default_rng(1).standard_normal(z.shape)
    z.backward(g)
    expected.backward(torch.tensor(g))
    np.testing.assert_allclose(mine.grad.data, other.grad.numpy(), **TOLERANCE)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), **TOLERANCE)
        p.zero_grad()
        q.grad = None
    same_state(ours, theirs)


def same_state(ours, theirs):
    for name, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[name], value.numpy(), **TOLERANCE)
