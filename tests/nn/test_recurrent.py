import numpy as np
import pytest

import autograd as ag
import nn

LAYERS = [nn.RNN, nn.LSTM, nn.GRU]
CELLS = {nn.RNN: nn.RNNCell, nn.LSTM: nn.LSTMCell, nn.GRU: nn.GRUCell}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_is_its_cell_step_by_step(layer, rng):
    model, cell = layer(3, 4, dtype="float64"), CELLS[layer](3, 4, dtype="float64")
    state = model.state_dict()
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in state.items()})
    x = rng.standard_normal((6, 2, 3))
    outputs, last = model(x)
    held = None
    for t in range(6):
        held = cell(x[t], held)
        h = held[0] if layer is nn.LSTM else held
        np.testing.assert_allclose(outputs.data[t], h.data, rtol=1e-12)
    for a, b in zip(*((v if layer is nn.LSTM else [v]) for v in (last, held)), strict=True):
        np.testing.assert_allclose(a.data[0], b.data, rtol=1e-12)


@pytest.mark.parametrize("layer", LAYERS)
def test_the_other_direction_sees_the_sequence_from_its_end(layer, rng):
    both = layer(3, 4, bidirectional=True, dtype="float64")
    back = layer(3, 4, dtype="float64")
    state = both.state_dict()
    back.load_state_dict(
        {n.removesuffix("_reverse"): v for n, v in state.items() if n.endswith("reverse")}
    )
    x = rng.standard_normal((6, 2, 3))
    np.testing.assert_allclose(both(x)[0].data[..., 4:], back(x[::-1])[0].data[::-1], rtol=1e-12)


@pytest.mark.parametrize("layer", LAYERS)
def test_to_second_order(layer, rng):
    model = layer(2, 3, num_layers=2, bidirectional=True, dtype="float64")
    x = rng.standard_normal((3, 2, 2))
    assert ag.gradcheck(lambda x: model(x)[0], [x])
    with pytest.raises(ValueError, match="h0"):
        model(x, (np.zeros((1, 2, 3)), np.zeros((1, 2, 3))) if layer is nn.LSTM else np.zeros(3))


@pytest.mark.parametrize("layer", LAYERS)
def test_float32_stays_float32(layer):
    x = ag.tensor(np.ones((3, 2, 2), "float32"), requires_grad=True)
    model = layer(2, 3, num_layers=2, bidirectional=True, dropout=0.5)
    outputs, last = model(x)
    outputs.sum().backward()
    assert {outputs.dtype, x.grad.dtype, *(p.grad.dtype for p in model.parameters())} == {
        np.dtype("float32")
    }
    assert all(v.dtype == np.float32 for v in (last if isinstance(last, tuple) else [last]))


def test_dropout_is_seeded_and_ends_with_training():
    model = nn.LSTM(2, 20, num_layers=2, dropout=0.5)
    x = np.ones((3, 2, 2), "float32")
    nn.seed(1)
    first = model(x)[0].data
    assert not np.array_equal(first, model(x)[0].data)
    nn.seed(1)
    assert np.array_equal(first, model(x)[0].data)
    model.eval()
    assert np.array_equal(model(x)[0].data, model(x)[0].data)


def test_a_gradient_goes_through_given_states(rng):
    model = nn.GRU(2, 3, dtype="float64")
    h = ag.tensor(np.zeros((1, 2, 3)), requires_grad=True)
    x = rng.standard_normal((4, 2, 2))
    model(x, h)[1].sum().backward()
    assert np.abs(h.grad.data).min() > 0
    np.testing.assert_array_equal(model(x, h)[0].data, model(x)[0].data)


def test_learns_to_remember_the_first_of_a_sequence():
    nn.seed(0)
    rng = np.random.default_rng(0)
    model, read = nn.LSTM(1, 8), nn.Linear(8, 1)
    parameters = [*model.parameters(), *read.parameters()]
    optimizer = nn.optim.SGD(parameters, lr=0.5, momentum=0.9)
    for _ in range(150):
        x = rng.choice([-1.0, 1.0], (6, 32, 1)).astype("float32")
        loss = nn.functional.mse_loss(read(model(x)[0][-1]), x[0])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.LSTM(3, 0), ValueError, "LSTM: hidden_size must be .* received 0"),
        (lambda: nn.LSTM(-1, 2), ValueError, "LSTM: input_size must be .* received -1"),
        (lambda: nn.GRU(3, 2.5), ValueError, "GRU: hidden_size must be .* received 2.5"),
        (lambda: nn.GRU(3, 2, 0), ValueError, "GRU: num_layers must be .* received 0"),
        (lambda: nn.RNN(3, 2, 2, "sigmoid"), ValueError, "'tanh' or 'relu', received 'sigmoid'"),
        (lambda: nn.RNN(3, 2, 2, dropout=1.5), ValueError, "RNN: dropout must be .* received 1.5"),
        (lambda: nn.LSTM(3, 2, proj_size=2), ValueError, "smaller than hidden_size=2"),
        (lambda: nn.GRU(3, 2, proj_size=1), TypeError, "proj_size"),
        (lambda: nn.RNNCell(3, 2, nonlinearity="gelu"), ValueError, "RNNCell: nonlinearity"),
        (lambda: nn.LSTM(3, 2)(np.zeros((4, 5))), ValueError, r"give \(steps, batch, 3\), or without a batch \(steps, 3\)"),
        (lambda: nn.LSTM(3, 2, batch_first=True)(np.zeros(3)), ValueError, r"give \(batch, steps, 3\)"),
        (lambda: nn.LSTM(3, 2)(np.zeros((0, 4, 3))), ValueError, "0 steps"),
        (lambda: nn.LSTM(3, 2)(np.zeros((5, 4, 3)), np.zeros((1, 4, 2))), TypeError, r"give a pair, \(h0, c0\)"),
        (lambda: nn.LSTM(3, 2)(np.zeros((5, 4, 3)), (np.zeros((1, 4, 2)),)), TypeError, "give a pair"),
        (lambda: nn.LSTM(3, 2)(np.zeros((5, 4, 3)), (np.zeros((1, 4, 2)), np.zeros((4, 2)))), ValueError, r"c0 must have shape \(1, 4, 2\) for this input, received shape \(4, 2\)"),
        (lambda: nn.GRU(3, 2)(np.zeros((5, 3)), np.zeros((1, 1, 2))), ValueError, r"must have shape \(1, 2\)"),
        (lambda: nn.GRUCell(3, 2)(np.zeros((5, 4, 3))), ValueError, r"give \(batch, 3\), or without a batch \(3\)"),
        (lambda: nn.GRUCell(3, 2)(np.zeros((5, 3)), np.zeros(2)), ValueError, r"must have shape \(5, 2\)"),
        (lambda: nn.LSTMCell(3, 2)(np.zeros(3), np.zeros(2)), TypeError, "give a pair"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_dropout_with_one_layer_is_remarked_upon():
    with pytest.warns(UserWarning, match="between layers"):
        nn.GRU(3, 2, dropout=0.5)
