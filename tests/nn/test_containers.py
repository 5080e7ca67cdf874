import copy
import pickle

import numpy as np
import pytest

import autograd as ag
import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(2))
        self.heads = nn.ModuleDict({"a": nn.Linear(2, 1), "b": nn.ReLU()})
        self.scales = nn.ParameterList([np.ones(2), np.ones(3)])
        self.shifts = nn.ParameterDict({"x": np.zeros(2)})


def names(pairs):
    return [name for name, _ in pairs]


def linears(n):
    return [nn.Linear(k + 1, k + 2) for k in range(n)]


@pytest.mark.parametrize("kind", [nn.Sequential, nn.ModuleList])
def test_lists_of_modules(kind):
    a, b, c, d = linears(4)
    held = kind(a, b) if kind is nn.Sequential else kind([a, b])
    assert held.append(c) is held
    assert list(held) == [a, b, c]
    assert (len(held), held[0], held[-1], held[np.int64(1)]) == (3, a, c, b)
    assert b in held
    assert d not in held
    assert type(held[1:]) is kind
    assert list(held[1:]) == [b, c]
    more = held + [d]  # noqa: RUF005
    assert list(more) == [a, b, c, d]
    assert len(held) == 3
    held.insert(1, d)
    assert list(held) == [a, d, b, c]
    assert names(held.named_children()) == ["0", "1", "2", "3"]
    assert held.pop(1) is d
    del held[0]
    assert list(held) == [b, c]
    assert names(held.named_parameters()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    held[-1] = d
    held += [a]
    assert list(held) == [b, d, a]
    del held[:2]
    assert list(held) == [a]
    assert names(held.named_children()) == ["0"]
    with pytest.raises(
        IndexError, match=f"{kind.__name__}: index must be from -1 to 0, received 1"
    ):
        held[1]
    with pytest.raises(IndexError):
        del held[-2]
    for wrong in (3, nn.ReLU):
        with pytest.raises(TypeError, match="is no Module"):
            held.append(wrong)
        with pytest.raises(TypeError, match="is no Module"):
            held[0] = wrong
    assert list(held) == [a]


def test_the_same_module_may_stand_in_several_places():
    a = nn.Linear(2, 2)
    for held in (nn.Sequential(a, nn.ReLU(), a), nn.ModuleList([a, nn.ReLU(), a])):
        assert len(held) == 3
        assert held[2] is a
        assert names(held.named_parameters()) == ["0.weight", "0.bias"]
        assert list(held.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_a_slice_of_named_modules_keeps_the_names():
    model = nn.Sequential({"first": nn.Linear(2, 2), "then": nn.ReLU(), "last": nn.Linear(2, 1)})
    assert names(model[1:].named_children()) == ["then", "last"]
    model.append(nn.Tanh())
    assert names(model.named_children()) == ["first", "then", "last", "3"]


def test_a_list_is_trained_and_saved_with_the_model():
    model = Net()
    expected = [f"layers.{k}.{p}" for k in range(2) for p in ("weight", "bias")]
    expected += ["heads.a.weight", "heads.a.bias", "scales.0", "scales.1", "shifts.x"]
    assert names(model.named_parameters()) == expected == list(model.state_dict())
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert list(other.state_dict()) == expected
        assert list(other.heads) == ["a", "b"]
        assert other.layers[0] is not model.layers[0]
    assert not any(module.training for module in model.eval().modules())
    with pytest.raises(NotImplementedError):
        model.layers(np.zeros(2))


def test_dicts_of_modules():
    a, b, c = linears(3)
    held = nn.ModuleDict([("one", a), ("two", b)])
    assert list(held) == ["one", "two"]
    assert list(held.values()) == [a, b]
    assert list(held.items()) == [("one", a), ("two", b)]
    assert (held["two"], held.get("none"), len(held)) == (b, None, 2)
    held["three"] = c
    held["one"] = c
    held.update({"four": a})
    assert list(held.items()) == [("one", c), ("two", b), ("three", c), ("four", a)]
    assert held.pop("two") is b
    del held["four"]
    assert list(held) == ["one", "three"]
    assert "two" not in held
    assert held == held
    assert held != nn.ModuleDict(held)
    assert len({held, held}) == 1
    with pytest.raises(KeyError, match="no 'five'; choose one of one, three"):
        held["five"]
    with pytest.raises(TypeError, match="is no Module"):
        held["six"] = nn.ReLU
    for name in ("", "a.b", "forward", "training", "keys", 3):
        with pytest.raises(KeyError, match="choose another"):
            held[name] = a
    with pytest.raises(TypeError):
        held.update({"seven": a, "eight": 1})
    assert list(held) == ["one", "three"]
    held.clear()
    assert not held
    assert list(nn.ModuleDict()) == []


def test_parameters_in_lists():
    p = nn.Parameter([1.0])
    held = nn.ParameterList([p, ag.tensor([2.0, 3.0])])
    assert held[0] is p
    assert p in held
    assert all(isinstance(q, nn.Parameter) for q in held)
    held.append(np.zeros((2, 2)))
    held.extend([p])
    assert len(held) == 4
    assert names(held.named_parameters()) == ["0", "1", "2"]
    sum(((q * q).sum() for q in held), start=0.0).backward()
    assert p.grad.tolist() == [4.0]
    held[0] = np.array([5.0])
    assert isinstance(held[0], nn.Parameter)
    assert type(held[:2]) is nn.ParameterList
    assert held[1:2][0] is held[1]
    assert repr(nn.ParameterList([p])) == "ParameterList(\n  (0): float64 of shape (1,)\n)"
    assert repr(nn.ParameterList()) == "ParameterList()"
    with pytest.raises(TypeError):
        held.append("x")
    with pytest.raises(TypeError):
        held.append([1, 2])


def test_parameters_in_dicts():
    held = nn.ParameterDict({"a": np.ones(2)})
    held["b"] = nn.Parameter([1.0])
    held.update(c=np.zeros(3))
    assert list(held) == ["a", "b", "c"]
    assert {name: p.shape for name, p in held.items()} == {"a": (2,), "b": (1,), "c": (3,)}
    assert held.pop("b").shape == (1,)
    assert list(held.state_dict()) == ["a", "c"]
    assert all(isinstance(p, nn.Parameter) for p in held.values())


# ---------------------------------------------------------------------- reshaping, two inputs


def test_unflatten_undoes_flatten():
    x = ag.tensor(np.arange(24.0).reshape(2, 3, 4), requires_grad=True)
    z = nn.Unflatten(1, (3, 4))(nn.Flatten()(x))
    np.testing.assert_array_equal(z.data, x.data)
    z.sum().backward()
    assert x.grad.shape == (2, 3, 4)
    assert nn.Unflatten(1, (2, 0))(np.zeros((3, 0))).shape == (3, 2, 0)
    assert nn.Identity(1, two=2)(3) == 3


@pytest.mark.parametrize(
    ("dim", "size"), [(1, (4, 2)), (1, (-1, 4)), (1, (-1, -1)), (2, (6,)), (1, ()), (1, (0, -1)), (1, (-2, -3))]
)  # fmt: skip
def test_lengths_that_do_not_fit_an_axis(dim, size):
    with pytest.raises(ValueError, match=r"Unflatten: can't cut axis"):
        nn.Unflatten(dim, size)(np.zeros((3, 6)))


def test_bilinear():
    x, y, w = (np.random.default_rng(0).standard_normal(s) for s in ((5, 2), (5, 3), (4, 2, 3)))
    z = nn.functional.bilinear(x, y, w, np.ones(4))
    np.testing.assert_allclose(z, np.einsum("ni,kij,nj->nk", x, w, y) + 1, rtol=1e-12)
    with pytest.raises(ValueError, match=r"received inputs of shapes \(5, 2\) and \(4, 3\)"):
        nn.functional.bilinear(x, y[1:], w)
    with pytest.raises(ValueError, match="in2_features must be an integer of at least 1"):
        nn.Bilinear(2, 0, 1)
    assert nn.Bilinear(2, 3, 4, bias=False).bias is None


def test_a_table_of_vectors():
    nn.seed(0)
    table = nn.Embedding(1000, 20, padding_idx=-2)
    assert table.padding_idx == 998
    assert not table.weight.data[998].any()
    assert abs(table.weight.data.std() - 1) < 0.01
    assert table.weight.dtype == np.float32
    z = table(ag.tensor(np.array([[3, 3], [998, 0]])))
    assert z.shape == (2, 2, 20)
    z.sum().backward()
    counts = table.weight.grad.data[:, 0]
    assert {int(k): counts[k] for k in np.flatnonzero(counts)} == {0: 1, 3: 2}


def test_a_table_that_is_given():
    values = np.arange(6.0).reshape(3, 2)
    table = nn.Embedding.from_pretrained(values, padding_idx=1)
    assert not table.weight.requires_grad
    np.testing.assert_array_equal(table([1, 2]).data, values[[1, 2]])
    trained = nn.Embedding.from_pretrained(values, freeze=False, padding_idx=1)
    z = trained([1, 2])
    np.testing.assert_array_equal(z.data, values[[1, 2]])
    z.sum().backward()
    np.testing.assert_array_equal(trained.weight.grad.data, [[0, 0], [0, 0], [1, 1]])
    with pytest.raises(ValueError, match=r"must be \(rows, features\)"):
        nn.Embedding.from_pretrained(np.zeros(3))


def test_an_index_that_changes_later_changes_no_gradient():
    index = np.array([0, 1])
    table = nn.Embedding(3, 1)
    z = table(index).sum()
    index[:] = 2
    z.backward()
    assert table.weight.grad.data.ravel().tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.Embedding(3, 2, padding_idx=3), ValueError, "padding_idx must be one of the 3 rows"),
        (lambda: nn.Embedding(-1, 2), ValueError, "num_embeddings must be an integer of at least 0"),
        (lambda: nn.Embedding(3, 2, sparse=True), ValueError, "leave them out"),
        (lambda: nn.Embedding(3, 2, scale_grad_by_freq=True), ValueError, "leave them out"),
        (lambda: nn.Embedding(3, 2)([0, -1]), IndexError, "from -1 to 0 for a weight of 3 rows"),
        (lambda: nn.Embedding(3, 2)([3]), IndexError, "must be from 0 to 2"),
        (lambda: nn.Embedding(3, 2)([0.0]), TypeError, "give integers"),
        (lambda: nn.functional.embedding([0], np.zeros(3)), ValueError, r"must be \(rows, features\)"),
        (lambda: nn.functional.embedding([0], np.zeros((3, 1)), 3), IndexError, "padding_idx must be one of the 3"),
        (lambda: nn.functional.embedding([0], np.zeros((3, 1)), sparse=True), ValueError, "leave them out"),
    ],
)  # fmt: skip
def test_tables_refuse_what_they_can_not_do(make, error, message):
    with pytest.raises(error, match=message):
        make()
