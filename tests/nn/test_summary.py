"""`nn.summary`: what it counts, and that it changes nothing."""

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.explain.look import bytes_text


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 3)
    )  # fmt: skip


def state(model):
    buffers = {
        name: (id(buffer), buffer.numpy().tolist()) for name, buffer in model.named_buffers()
    }
    return (
        {name: v.tolist() for name, v in model.state_dict().items()},
        buffers,
        nn.random.generator.bit_generator.state,
    )


@pytest.mark.parametrize("training", [True, False])
def test_nothing_is_changed(training):
    model = cnn().train(training)
    before = state(model)
    attributes = [set(m.__dict__) for m in model.modules()]
    rows = nn.summary(model, (5, 1, 8, 8))
    assert state(model) == before
    assert [set(m.__dict__) for m in model.modules()] == attributes
    assert model.training == training
    assert [row.shape for row in rows] == [
        (5, 3),
        (5, 4, 8, 8),
        (5, 4, 8, 8),
        (5, 4, 8, 8),
        (5, 4, 4, 4),
        (5, 64),
        (5, 64),
        (5, 3),
    ]
    assert [row.parameters for row in rows] == [0, 40, 8, 0, 0, 0, 0, 195]
    assert rows.parameters == 243 == sum(p.size for p in model.parameters())
    assert [(row.name, row.kind) for row in rows[:3]] == [
        ("", "Sequential"),
        ("0", "Conv2d"),
        ("1", "BatchNorm2d"),
    ]
    assert all(p.grad is None for p in model.parameters())


def test_what_is_kept_is_what_the_tape_keeps_once():
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Tanh(), nn.Linear(16, 2))
    rows = nn.summary(model, np.ones((10, 8)))
    assert [row.nbytes for row in rows] == [0, 0, 10 * 16 * 8, 10 * 16 * 8, 0]
    assert rows.nbytes == 2 * 10 * 16 * 8
    x = ag.tensor(np.ones((10, 8)))
    saved = {
        id(a): a.nbytes
        for entry in ag.tape(model(x))
        for a in entry.saved.values()
        if isinstance(a, np.ndarray) and a.shape == (10, 16)
    }
    assert sum(saved.values()) == rows.nbytes


def test_a_model_that_is_not_trained_keeps_nothing():
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh()).requires_grad_(False)
    assert nn.summary(model, (2, 8)).nbytes == 0
    with ag.no_grad():  # asked about there, it answers about training
        assert nn.summary(model.requires_grad_(), (2, 8)).nbytes > 0


def test_nested_shared_and_unused_modules_and_other_outputs():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
            self.unused = nn.Linear(1, 1)
            self.shared = self.inner[0]
            self.scale = nn.Parameter(np.ones(3, "float32"))

        def forward(self, x, n):
            y = self.shared(self.inner(x)) * self.scale
            return {"y": y, "parts": (y, [y.sum()], n)}

    rows = nn.summary(Net(), (2, 3), ag.tensor(7))
    assert [row.name for row in rows] == ["", "inner", "inner.0", "inner.1", "unused"]
    assert rows[0].shape == {"y": (2, 3), "parts": ((2, 3), ((),), ())}
    assert rows[0].parameters == 3
    assert rows.parameters == 3 + 12 + 2
    text = repr(rows).splitlines()
    assert text[2].startswith("Net ")
    assert text[4].startswith("    0: Linear")
    assert "not called" in text[6]
    assert text[-1].split()[:2] == ["total", "17"]


def test_an_error_passes_and_restores():
    model = cnn()
    before = state(model)
    with pytest.raises(ValueError, match=r"Linear|linear"):
        nn.summary(model, (5, 1, 16, 16))
    assert state(model) == before
    assert all("forward" not in m.__dict__ for m in model.modules())


def test_inputs_of_every_kind():
    assert nn.summary(nn.Linear(3, 1, dtype="float64"), (3,))[0].shape == (1,)
    assert nn.summary(nn.Flatten(), (2, 3, 4))[0].shape == (2, 12)
    assert nn.summary(nn.Linear(3, 1), [[1.0, 2.0, 3.0]])[0].shape == (1, 1)
    with pytest.raises(TypeError, match="no input"):
        nn.summary(nn.Linear(1, 1))
    with pytest.raises(TypeError, match="received the class Linear"):
        nn.summary(nn.Linear, (1,))


def test_what_a_module_computes_before_it_calls_another_is_its_own():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Tanh()
            self.scale = nn.Parameter(np.ones(3))

        def forward(self, x):
            return self.inner(np.exp(x * self.scale)), None

    rows = nn.summary(Net(), (2, 3))
    assert [row.nbytes for row in rows] == [48, 48]
    assert rows[0].shape == ((2, 3), None)


def test_summary_memory_table_and_drawing_say_the_same():
    model, x = cnn(), ag.tensor(np.ones((5, 1, 8, 8), np.float32))
    with ag.Tape() as tape:
        loss = model(x).sum()
        loss.backward()
    kept = {}
    for entry, nbytes in tape.memory().by_entry().items():
        kept[entry.path] = kept.get(entry.path, 0) + nbytes
    rows = {f"model.{row.name}": row.nbytes for row in nn.summary(model, x) if row.nbytes}
    assert rows == kept
    assert rows["model.3"] >= 5 * 4 * 4 * 4 * 8  # where each maximum was
    table = tape._repr_html_()
    boxes = tape.draw(level="modules").svg
    for nbytes in rows.values():
        assert f"saves {bytes_text(nbytes)}" in table
        assert f"saves {bytes_text(nbytes)}" in boxes
        assert bytes_text(nbytes) in repr(nn.summary(model, x))
