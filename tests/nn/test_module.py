import copy
import pickle

import numpy as np
import pytest

import autograd as ag
import nn


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 2)
        self.scale = nn.Parameter(np.ones(2, "float32"))
        self.register_buffer("count", np.array(0))
        self.register_buffer("scratch", np.zeros(2), persistent=False)

    def forward(self, x):
        return self.inner(x) * self.scale


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)
        self.b = nn.Linear(3, 3)
        self.b.weight = self.a.weight
        self.again = self.a

    def forward(self, x):
        return self.again(self.b(self.a(x)))


def names(pairs):
    return [name for name, _ in pairs]


def test_parameters_are_leaves_that_require_a_gradient():
    p = nn.Parameter([1.0])
    assert p.requires_grad
    assert p.is_leaf
    assert isinstance(p * 2, ag.Tensor)
    assert not isinstance(p * 2, nn.Parameter)
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad
    with pytest.raises(TypeError, match="only floating-point"):
        nn.Parameter([1, 2])


def test_finds_what_is_inside_own_parameters_first_as_pytorch_does():
    model = Scaled()
    assert names(model.named_parameters()) == ["scale", "inner.weight", "inner.bias"]
    assert names(model.named_modules()) == ["", "inner"]
    assert names(model.named_children()) == ["inner"]
    assert list(model.children()) == [model.inner]
    assert names(model.named_buffers()) == ["count", "scratch"]
    assert list(model.state_dict()) == ["scale", "count", "inner.weight", "inner.bias"]


def test_what_is_shared_is_found_once_and_saved_under_every_name():
    model = Tied()
    assert names(model.named_parameters()) == ["a.weight", "a.bias", "b.bias"]
    assert names(model.named_modules()) == ["", "a", "b"]
    assert list(model.state_dict()) == [
        *("a.weight", "a.bias", "b.weight", "b.bias", "again.weight", "again.bias")
    ]
    other = Tied()
    other.load_state_dict(model.state_dict())
    assert other.a.weight is other.b.weight
    np.testing.assert_array_equal(other.a.weight.data, model.a.weight.data)


def test_a_module_inside_itself_is_found_once():
    model = nn.Sequential(nn.ReLU())
    model.parent = model
    assert len(list(model.modules())) == 2


def test_assigning_a_parameter_anew_or_deleting_it():
    model = Scaled()
    model.scale = nn.Parameter(np.zeros(2))
    assert names(model.named_parameters())[0] == "scale"
    model.scale = None
    assert names(model.named_parameters()) == ["inner.weight", "inner.bias"]
    del model.inner
    assert list(model.parameters()) == []
    del model.count
    assert names(model.named_buffers()) == ["scratch"]
    assert list(model.state_dict()) == []


@pytest.mark.parametrize("value", [np.ones(2), ag.Tensor(np.ones(2)), 1.0])
def test_a_parameter_is_not_silently_replaced_by_what_is_none(value):
    with pytest.raises(TypeError, match=r"Scaled\.scale: is a parameter"):
        Scaled().scale = value
    with pytest.raises(TypeError, match=r"Scaled\.inner: is a module"):
        Scaled().inner = value


def test_a_typo_is_an_error_that_names_the_class_and_what_is_near():
    with pytest.raises(AttributeError, match=r"Scaled.scal: .*; near to it: scale"):
        _ = Scaled().scal
    with pytest.raises(AttributeError, match=r"Linear.wieght: .*; near to it: weig"):
        _ = nn.Linear(2, 2).wieght
    assert not hasattr(Scaled(), "entirely_different")


def test_the_error_inside_a_property_is_shown():
    class Model(nn.Module):
        @property
        def size(self):
            return self.missing

    with pytest.raises(AttributeError, match="missing"):
        _ = Model().size


def test_a_forgotten_super_init_is_a_clear_error():
    class Forgot(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(2, 2)

    class ForgotBuffer(nn.Module):
        def __init__(self):
            self.register_buffer("mean", np.zeros(2))

    class ForgotAll(nn.Module):
        def __init__(self):
            pass

    for kind in (Forgot, ForgotBuffer):
        with pytest.raises(AttributeError, match=rf"{kind.__name__}\..*super\(\).__init__\(\)"):
            kind()
    with pytest.raises(AttributeError, match=r"before super\(\).__init__\(\) was called"):
        _ = ForgotAll().training


@pytest.mark.parametrize("wrap", [list, tuple, lambda layers: dict(enumerate(layers))])
def test_a_container_that_would_hide_parameters_is_refused(wrap):
    model = nn.Module()
    layers = [nn.Linear(2, 2), nn.Linear(2, 2)]
    with pytest.raises(TypeError, match=r"Module\.layers: parameters inside a"):
        model.layers = wrap(layers)
    model.first, model.second = layers
    model.layers = wrap(layers)  # now they are found
    assert len(list(model.parameters())) == 4


def test_buffers_stay_tensors_and_never_require_a_gradient():
    model = Scaled()
    model.count = model.count + 1
    assert isinstance(model.count, ag.Tensor)
    model.count = np.array(7)
    assert model.state_dict()["count"] == 7
    with pytest.raises(ValueError, match="can't require a gradient"):
        model.scratch = model.scale * 2
    with pytest.raises(KeyError, match="taken"):
        model.register_buffer("inner", np.zeros(1))
    with pytest.raises(KeyError, match="no name"):
        model.register_buffer("a.b", np.zeros(1))
    model.register_buffer("later", None)
    assert "later" not in model.state_dict()
    model.later = [1.0]
    assert names(model.named_buffers()) == ["count", "scratch", "later"]
    model.later = nn.Parameter([1.0])
    assert names(model.named_buffers()) == ["count", "scratch"]


def test_state_dict_holds_copies():
    model = Scaled()
    state = model.state_dict()
    state["scale"][:] = 5
    assert model.scale.data.tolist() == [1, 1]
    assert all(type(value) is np.ndarray for value in state.values())


def test_loading_writes_in_place_and_keeps_dtypes():
    model = Scaled()
    values = model.scale.data
    state = {name: np.full(v.shape, 3.0) for name, v in model.state_dict().items()}
    state["count"] = np.array(4)
    assert model.load_state_dict(state) == ([], [])
    assert values.tolist() == [3, 3]
    assert model.scale.dtype == np.float32
    assert model.count.item() == 4
    assert model.inner.weight.requires_grad


def test_loading_lists_everything_that_is_wrong_and_changes_nothing():
    model = Scaled()
    before = model.state_dict()
    state = {"scale": np.zeros(3), "inner.bias": np.zeros(2), "count": 1.5, "extra": 1, "more": 2}
    with pytest.raises(ValueError, match="nothing was changed") as error:
        model.load_state_dict(state)
    message = str(error.value)
    for part in (
        "missing: inner.weight",
        "unexpected: extra, more",
        "scale has shape (2,) here and (3,) in the state",
        "count has dtype int64 here and float64 in the state",
    ):
        assert part in message
    with pytest.raises(ValueError, match="scale has shape"):
        model.load_state_dict(state, strict=False)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_loading_without_strict_passes_over_names():
    model = Scaled()
    report = model.load_state_dict({"scale": np.zeros(2), "extra": 1}, strict=False)
    assert report.missing_keys == ["count", "inner.weight", "inner.bias"]
    assert report.unexpected_keys == ["extra"]
    assert model.scale.data.tolist() == [0, 0]
    with pytest.raises(TypeError, match="of type list; give a dict"):
        model.load_state_dict([1, 2])


def test_loading_between_a_forward_and_its_backward_pass_is_noticed():
    model = nn.Linear(2, 1)
    hidden = nn.Linear(3, 2)
    loss = model(hidden(np.ones((1, 3), "float32"))).sum()
    model.load_state_dict(model.state_dict())
    with pytest.raises(ag.GradientError, match="changed in place"):
        loss.backward()


def test_train_and_eval_reach_all_modules():
    model = nn.Sequential(Scaled(), nn.ReLU())
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    model.train()
    assert all(module.training for module in model.modules())


def test_zero_grad_and_requires_grad():
    model = Scaled()
    model(np.ones((4, 3), "float32")).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())
    model.inner.requires_grad_(False)
    model(np.ones((4, 3), "float32")).sum().backward()
    assert [p.grad is None for p in model.parameters()] == [False, True, True]
    model.inner.requires_grad_()
    assert all(p.requires_grad for p in model.parameters())


def test_apply_calls_children_first():
    model = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
    called = []
    assert model.apply(lambda module: called.append(type(module).__name__)) is model
    assert called == ["Linear", "ReLU", "Sequential", "Sequential"]


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Module: has no forward"):
        nn.Module()(1)


def test_repr_is_a_tree():
    model = nn.Sequential(Scaled(), nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False)))
    assert repr(model) == (
        "Sequential(                                                    # 14 parameters\n"
        "  (0): Scaled(                                                 # 10: scale (2,), ...\n"
        "    (inner): Linear(in_features=3, out_features=2, bias=True)  # 8: weight (2, 3), bias (2,)\n"
        "  )\n"
        "  (1): Sequential(                                             # 4\n"
        "    (0): Flatten(start_dim=1, end_dim=-1)\n"
        "    (1): Linear(in_features=2, out_features=2, bias=False)     # 4: weight (2, 2)\n"
        "  )\n"
        ")"
    )


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_independent_and_keep_what_is_shared(duplicate):
    model = Tied()
    model.register_buffer("mean", np.zeros(2))
    model.eval()
    twin = duplicate(model)
    assert twin.a.weight is twin.b.weight
    assert twin.a is twin.again
    assert not twin.training
    assert names(twin.named_parameters()) == names(model.named_parameters())
    assert names(twin.named_buffers()) == ["mean"]
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(twin(x).data, model(x).data)
    twin(x).sum().backward()
    assert model.a.weight.grad is None
    twin.a.weight.data += 1
    assert not np.array_equal(twin.a.weight.data, model.a.weight.data)


def test_a_submodule_may_have_a_train_of_its_own():
    class Frozen(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(2)

        def train(self, mode=True):
            super().train(mode)
            self.norm.eval()
            return self

    net = nn.Sequential(Frozen(), nn.Linear(2, 2))
    assert net.train() is net
    assert net[0].training
    assert not net[0].norm.training
    assert not net.eval()[0].training


def test_a_state_of_views_of_the_parameters_is_loaded_as_it_was():
    model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    a, b = model[0].weight.data.copy(), model[1].weight.data.copy()
    state = {"0.weight": model[1].weight.data, "1.weight": model[0].weight.data}
    model.load_state_dict(state, strict=False)
    assert model[0].weight.data == b
    assert model[1].weight.data == a


def test_zero_grad_takes_pytorchs_keyword():
    model = nn.Linear(1, 1)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    for zero in (model.zero_grad, optimizer.zero_grad):
        model(np.ones((1, 1), "float32")).sum().backward()
        zero(set_to_none=True)
        assert model.weight.grad is None
        with pytest.raises(ValueError, match=r"zero_grad: set_to_none=False"):
            zero(set_to_none=False)
