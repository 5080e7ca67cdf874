"""Weights in files that PyTorch wrote or reads, and its batches, beside ours."""

import numpy as np
import pytest
import torch
from safetensors import torch as safetensors

import nn


def models():
    """The same architecture twice."""
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(16, 3)
    )  # fmt: skip
    ours = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3)
    )
    return ours, theirs


X = np.random.default_rng(0).standard_normal((5, 1, 4, 4)).astype("float32")


def agree(ours, theirs):
    expected = theirs.eval()(torch.tensor(X)).detach().numpy()
    np.testing.assert_allclose(ours.eval()(X).data, expected, rtol=1e-4, atol=1e-5)
    for name, value in theirs.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[name], value.numpy(), strict=True)


def test_a_file_of_pytorchs_loads(tmp_path):
    ours, theirs = models()
    theirs(torch.tensor(X))  # the running statistics
    safetensors.save_file(theirs.state_dict(), tmp_path / "a")
    ours.load_state_dict(nn.load(tmp_path / "a"))
    agree(ours, theirs)


def test_pytorch_loads_a_file_of_ours(tmp_path):
    ours, theirs = models()
    ours(X)
    nn.save(ours, tmp_path / "a")
    theirs.load_state_dict(safetensors.load_file(tmp_path / "a"))
    agree(ours, theirs)


@pytest.mark.parametrize(
    "dtype",
    [
        "bool",
        "uint8",
        "int8",
        "int16",
        "int32",
        "int64",
        "float16",
        "float32",
        "float64",
        "bfloat16",
    ],
)
def test_dtypes(tmp_path, dtype):
    values = torch.tensor([[-3.0, 0.0, 1.5], [2.25, 100.0, 7.0]]).to(getattr(torch, dtype))
    state = {"a": values, "scalar": values[0, 0].clone(), "empty": values[:0].clone()}
    safetensors.save_file(state, tmp_path / "a")
    loaded = nn.load(tmp_path / "a")
    for name, value in state.items():
        expected = value.float().numpy() if dtype == "bfloat16" else value.numpy()
        np.testing.assert_array_equal(loaded[name], expected, strict=True)
    nn.save(loaded, tmp_path / "a")
    for name, value in safetensors.load_file(tmp_path / "a").items():
        assert torch.equal(value, state[name].float() if dtype == "bfloat16" else state[name])


@pytest.mark.parametrize(
    "lengths", [[3, 4, 3], [0.8, 0.2], [1 / 3] * 3, [0.55, 0.35, 0.1], [1.0], [0, 10]]
)
def test_the_sizes_of_a_split(lengths):
    ours = nn.data.random_split(range(10), lengths)
    theirs = torch.utils.data.random_split(range(10), lengths)
    assert [len(part) for part in ours] == [len(part) for part in theirs]


EXAMPLES = [
    [1, 2, 3],
    [1.5, 2.5],
    [True, False],
    ["a", "b"],
    [np.float32(1), np.float32(2)],
    [np.arange(3), np.ones(3, int)],
    [(1, 2.0), (3, 4.0)],
    [[np.ones(2, "float32"), "x"], [np.zeros(2, "float32"), "y"]],
    [{"a": 1, "b": (2.0, [3])}, {"a": 4, "b": (5.0, [6])}],
]


def plain(batch):
    """Values, dtypes and containers."""
    if isinstance(batch, dict):
        return {key: plain(value) for key, value in batch.items()}
    if isinstance(batch, (list, tuple)):
        return [plain(value) for value in batch]
    if isinstance(batch, str):
        return batch
    return batch.tolist(), str(batch.dtype).removeprefix("torch.")


@pytest.mark.parametrize("examples", EXAMPLES, ids=str)
@pytest.mark.parametrize("drop_last", [False, True])
def test_batches(examples, drop_last):
    examples = examples * 3
    ours = nn.data.DataLoader(examples, batch_size=4, drop_last=drop_last)
    theirs = torch.utils.data.DataLoader(examples, batch_size=4, drop_last=drop_last)
    assert plain(list(ours)) == plain(list(theirs))
    assert len(ours) == len(theirs)


def test_a_training_run_is_pytorchs():
    ours, theirs = models()
    ours.load_state_dict(theirs.state_dict())
    y = np.array([0, 1, 2, 1, 0])
    optimizer = nn.optim.Adam(ours.parameters(), lr=0.01)
    other = torch.optim.Adam(theirs.parameters(), lr=0.01)
    schedule = nn.optim.lr_scheduler.StepLR(optimizer, 3)
    its = torch.optim.lr_scheduler.StepLR(other, 3)
    history = nn.fit(
        ours, nn.CrossEntropyLoss(), [(X, y)], optimizer=optimizer, epochs=8, schedule=schedule, clip_grad_norm=1.0, progress=False
    )  # fmt: skip
    expected = []
    for _ in range(8):
        other.zero_grad()
        loss = torch.nn.functional.cross_entropy(theirs(torch.tensor(X)), torch.tensor(y))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
        other.step()
        its.step()
        expected.append(loss.item())
    np.testing.assert_allclose(history["loss"], expected, rtol=1e-4)
