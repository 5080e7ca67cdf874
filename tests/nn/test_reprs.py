"""How parameters, modules, summaries and histories look."""

import numpy as np
import pytest
from safe_html import assert_safe

import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(np.ones(3))
        self.inner = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
        self.again = self.inner[0]
        self.held = nn.ParameterList([np.zeros(2)])


def test_a_tree_says_how_many_parameters_are_where():
    assert repr(nn.Sequential(Block(), nn.Linear(3, 1, bias=False))) == (
        "Sequential(                                                    # 20 parameters\n"
        "  (0): Block(                                                  # 17: scale (3,), ...\n"
        "    (inner): Sequential(                                       # 12\n"
        "      (0): Linear(in_features=3, out_features=3, bias=True)    # 12: weight (3, 3), bias (3,)\n"
        "      (1): ReLU()\n"
        "    )\n"
        "    (again): Linear(in_features=3, out_features=3, bias=True)  # 12: weight (3, 3), bias (3,)\n"
        "    (held): ParameterList(\n"
        "      (0): float64 of shape (2,)\n"
        "    )\n"
        "  )\n"
        "  (1): Linear(in_features=3, out_features=1, bias=False)       # 3: weight (1, 3)\n"
        ")"
    )


def test_a_layer_alone_is_one_line():
    assert repr(nn.Linear(2, 3)) == "Linear(in_features=2, out_features=3, bias=True)"
    assert repr(nn.Sequential()) == "Sequential()"
    assert repr(nn.Sequential(nn.ReLU())) == "Sequential(\n  (0): ReLU()\n)"


def test_a_module_inside_itself_does_not_end_in_recursion():
    block = Block()
    block.me = block
    assert "(me): Block(...)" in repr(block)
    assert "me: the module around it" in assert_safe(block._repr_html_())


def test_a_repr_of_ones_own_is_kept_inside():
    class Odd(nn.Module):
        def __repr__(self):
            return "odd\none"

    assert repr(nn.Sequential(Odd())) == "Sequential(\n  (0): odd\n  one\n)"


@pytest.mark.parametrize(
    "module",
    [Block(), nn.Linear(2, 3), nn.Sequential(), nn.TransformerEncoderLayer(8, 2)],
    ids=repr,
)
def test_a_module_in_a_notebook(module):
    text = assert_safe(module._repr_html_())
    count = sum(p.size for p in module.parameters())
    assert text.startswith(f"{count:,} parameters" if count else type(module).__name__)


def test_the_html_holds_shapes_and_no_code_from_names():
    model = nn.Sequential()
    setattr(model, "<i>", nn.Linear(2, 3))
    text = assert_safe(model._repr_html_())
    assert "weight (3, 2), bias (3,)" in text
    assert "<i>: Linear" in text


def test_a_parameter_is_shown_with_its_gradient():
    layer = nn.Linear(2, 3)
    assert "Parameter (3, 2) · float32 · requires_grad" in assert_safe(layer.weight._repr_html_())
    layer(np.ones((4, 2), "float32")).sum().backward()
    before = layer.weight.grad.numpy()
    assert "grad 4 4 4 4 4 4" in assert_safe(layer.weight._repr_html_())
    np.testing.assert_array_equal(layer.weight.grad.data, before)


def test_a_summary_in_a_notebook():
    rows = nn.summary(nn.Sequential(nn.Linear(4, 2), nn.Tanh()), (5, 4))
    text = assert_safe(rows._repr_html_())
    assert "0: Linear (5, 2) 10" in text
    assert text.endswith("total 10 40 B")


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_history_in_a_notebook(interrupted):
    history = nn.History(loss=[1.0, float("nan")], val_loss=[2.0, 1.0])
    history.interrupted = interrupted
    text = assert_safe(history._repr_html_())
    assert text.startswith("2 epochs, interrupted" if interrupted else "2 epochs epoch loss")
    assert_safe(nn.History()._repr_html_())
