"""The tape as data."""

import numpy as np
import pytest

import autograd as ag
from autograd import GradientError, Leaf, Node, Tensor, tape


def test_entries_are_in_recorded_order_and_edges_lead_to_entries_leaves_or_numbers():
    x = Tensor([1.0, 2.0], requires_grad=True)
    c = Tensor([3.0, 4.0])
    h = x * c
    z = (h + 1).sum(axis=0)
    multiply, add, total = tape(z)
    assert [e.name for e in (multiply, add, total)] == ["multiply", "add", "sum"]
    assert multiply.stamp < add.stamp < total.stamp
    assert multiply.parents == (x._node, c._node)
    assert [type(p) for p in multiply.parents] == [Leaf, Leaf]
    assert (x._node.wants, c._node.wants) == (True, False)
    assert add.parents == (multiply, 1)
    assert total.static == {"axis": 0, "keepdims": False}
    assert (total.shape, total.dtype) == ((), np.float64)
    assert "multiply" in repr(multiply)
    assert "saves y" in repr(multiply)


def test_structure_stays_readable_after_the_tape_is_freed():
    x = Tensor([1.0, 2.0], requires_grad=True)
    z = np.exp(x).sum(axis=0)
    z.backward()
    exp, total = tape(z)
    assert total.parents == (exp,)
    assert total.static == {"axis": 0, "keepdims": False}
    assert exp.freed
    assert exp.saved == {}
    assert repr(exp).endswith("freed")


def test_rebinding_a_handle_leaves_recorded_entries_alone():
    x = Tensor([1.0, 2.0], requires_grad=True)
    h = x * 2
    z = h * h
    before = tape(z)[-1].parents
    h += 1
    assert tape(z)[-1].parents == before


def test_several_outputs_share_one_tape():
    x = Tensor(2.0, requires_grad=True)
    h = np.exp(x)
    assert [e.name for e in tape(h * 2, h + 1)] == ["exp", "multiply", "add"]


def test_a_split_shows_as_one_entry_and_one_for_each_used_output():
    x = Tensor(np.arange(4.0), requires_grad=True)
    a, b = np.split(x, 2)
    entries = tape(a * b)
    assert [e.name for e in entries] == ["split", "output", "output", "multiply"]
    assert entries[0].shape == ((2,), (2,))
    assert isinstance(entries[1].parents[0], Node)


def test_what_was_not_recorded_has_no_tape():
    with pytest.raises(GradientError, match="no tape"):
        tape(Tensor(1.0))
    with ag.no_grad(), pytest.raises(GradientError, match="no tape"):
        tape(Tensor(1.0, requires_grad=True) * 2)
