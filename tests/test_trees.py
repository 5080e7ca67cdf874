"""Containers of arrays: what counts as one, and how it is rebuilt."""

from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pytest

import autograd as ag
from autograd.trees import tree_map

Pair = namedtuple("Pair", "left right")


@dataclass(frozen=True)
class Layer:
    w: object
    name: str = "layer"
    norm: object = field(init=False, default=None)

    def __post_init__(self):
        object.__setattr__(self, "norm", self.w * self.w)


def doubled(tree):
    return tree_map(lambda _, x: x * 2, tree)


def test_every_container_keeps_its_kind():
    assert doubled([1, (2, 3)]) == [2, (4, 6)]
    assert doubled(Pair(1, [2])) == Pair(2, [4])
    assert doubled({"a": 1, 0: {"b": 2}}) == {"a": 2, 0: {"b": 4}}
    for mapping in (OrderedDict(a=1), defaultdict(int, a=1), MappingProxyType({"a": 1})):
        assert doubled(mapping) == {"a": 2}
    assert doubled(()) == ()
    assert doubled(1.5) == 3.0


def test_a_dataclass_is_made_by_its_constructor():
    layer = doubled(Layer(3.0))
    assert (layer.w, layer.name, layer.norm) == (6.0, "layer", 36.0)
    seen = []
    tree_map(lambda path, x: seen.append(x), Layer)
    assert seen == [Layer], "the class itself is none"


def test_none_and_text_belong_to_the_structure():
    assert doubled({"w": 1, "bias": None, "name": "dense"}) == {
        "w": 2,
        "bias": None,
        "name": "dense",
    }


def test_arrays_and_tensors_are_leaves():
    seen = []
    tree_map(lambda path, x: seen.append((path, type(x))), [np.ones(2), {"t": ag.tensor([1.0])}])
    assert seen == [("[0]", np.ndarray), ("[1]['t']", ag.Tensor)]


def test_several_trees_are_walked_together():
    add = lambda _, x, y: x + y
    assert tree_map(add, [1, {"a": 2, "b": 3}], (10, {"b": 30, "a": 20})) == [
        11,
        {"a": 22, "b": 33},
    ]
    whole = lambda _, x, y: (x, y)
    assert tree_map(whole, [1], [[2, 3]]) == [(1, [2, 3])]


@pytest.mark.parametrize(
    ("tree", "other", "where"),
    [
        ([1, 2], [1], "the whole"),
        ([1, {"a": 2}], [1, {"b": 2}], r"\[1\]"),
        ({"a": [1]}, {"a": 1}, r"\['a'\]"),
        ((1, None), (1, 2), r"\[1\]"),
    ],
)
def test_trees_of_another_structure_are_refused_with_the_place(tree, other, where):
    with pytest.raises(TypeError, match=where):
        tree_map(lambda *_: None, tree, other)
