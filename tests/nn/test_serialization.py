"""Files: against the safetensors package where it is installed, and against damage."""

import contextlib
import json
import os
import pickle
import struct
import subprocess
import sys

import numpy as np
import pytest

import nn
from nn import serialization
from nn.serialization import FileError

DTYPES = ["bool", *(f"{u}int{n}" for u in ("u", "") for n in (8, 16, 32, 64))]
DTYPES += ["float16", "float32", "float64"]


def arrays():
    rng = np.random.default_rng(0)
    state = {}
    for dtype in DTYPES:
        for shape in [(), (0,), (3,), (2, 0, 3), (2, 3, 4)]:
            state[f"{dtype} {shape}"] = (rng.random(shape) * 9 - 4).astype(dtype)
    matrix = rng.random((4, 6))
    state |= {"F": np.asfortranarray(matrix), "strided": matrix[::2, ::-1], "T": matrix.T}
    state |= {"big-endian": matrix.astype(">f4"), "broadcast": np.broadcast_to(1.5, (2, 3))}
    state |= {"ß 'quoted\" \\": np.ones(1), "": np.zeros(1)}
    return state


def same(one, other):
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], strict=name != "big-endian")


def test_what_is_saved_is_loaded(tmp_path):
    path = tmp_path / "a.safetensors"
    nn.save(arrays(), path)
    loaded = nn.load(str(path))
    same(arrays(), loaded)
    assert list(loaded) == list(arrays())
    assert all(a.flags.writeable and a.dtype.isnative for a in loaded.values())
    assert os.listdir(tmp_path) == ["a.safetensors"]


def test_a_tensor_and_a_number_are_arrays(tmp_path):
    nn.save({"t": nn.Parameter([1.0, 2.0]), "x": 3, "list": [True]}, tmp_path / "a")
    same(
        nn.load(tmp_path / "a"),
        {"t": np.array([1.0, 2.0]), "x": np.array(3), "list": np.array([True])},
    )


def test_the_safetensors_package_reads_and_writes_the_same(tmp_path):
    from safetensors import numpy as theirs

    state = arrays()
    nn.save(state, tmp_path / "ours")
    same(state, theirs.load_file(tmp_path / "ours"))
    plain = {
        name: np.ascontiguousarray(a, a.dtype.newbyteorder("=")).reshape(a.shape)
        for name, a in state.items()
    }
    theirs.save_file(plain, tmp_path / "theirs", metadata={"format": "np"})
    same(state, nn.load(tmp_path / "theirs"))


def test_arrays_are_aligned_in_the_file(tmp_path):
    nn.save({"a": np.ones(3, bool), "b": np.ones(3), "c": np.ones(3, "float32")}, tmp_path / "a")
    content = (tmp_path / "a").read_bytes()
    n = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + n])
    assert n % 8 == 0
    assert [header[name]["data_offsets"][0] for name in "abc"] == [36, 0, 24]


@pytest.mark.parametrize(
    "value", [np.ones(2, complex), np.array(["a"]), np.array([None]), np.ones(1, np.longdouble)]
)
def test_what_has_no_place_is_refused(tmp_path, value):
    with pytest.raises(TypeError, match=r"'w' is .*no place for"):
        nn.save({"w": value}, tmp_path / "a")
    assert os.listdir(tmp_path) == []


def test_wrong_arguments_are_refused(tmp_path):
    with pytest.raises(TypeError, match="save: received a list; give a model"):
        nn.save([1], tmp_path / "a")
    with pytest.raises(TypeError, match="1 is float64"):
        nn.save({1: np.ones(1)}, tmp_path / "a")
    with pytest.raises(ValueError, match="keeps '__metadata__' for itself"):
        nn.save({"__metadata__": np.ones(1)}, tmp_path / "a")
    for path in (tmp_path, "/dev/null"):
        with pytest.raises(OSError, match="exists and is no file"):
            nn.save({}, path)
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "missing")
    with pytest.raises(FileNotFoundError):
        nn.save({}, tmp_path / "missing" / "a")
    assert os.listdir(tmp_path) == []


# ---------------------------------------------------------------------- damaged and hostile files


def entry(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def made(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


class Bomb:
    def __reduce__(self):
        return os.abort, ()


HOSTILE = {
    "nothing": b"",
    "a short length": b"\x01\x00",
    "a length and no header": struct.pack("<Q", 9),
    "no length": made(b""),
    "a huge length": made({}, length=2**63),
    "all ones": b"\xff" * 100,
    "a pickle": pickle.dumps({"weight": Bomb()}),
    "a zip": b"PK\x03\x04" + bytes(100),
    "no JSON": made(b"{'a': 1}"),
    "no UTF-8": made(b'{"\xff": 1}'),
    "no object": made([1]),
    "null": made(b"null"),
    "deep nesting": made(b'{"a":' * 100_000),
    "deep lists": made(b"[" * 100_000),
    "a long integer": made(b'{"a":' + b"9" * 10_000 + b"}"),
    "a name twice": made(b'{"a": %b, "a": %b}' % ((json.dumps(entry()).encode(),) * 2), bytes(4)),
    "a key twice": made(
        b'{"a": {"dtype": "F32", "dtype": "F32", "shape": [], "data_offsets": [0, 4]}}', bytes(4)
    ),
    "no entry": made({"a": 1}),
    "a key missing": made({"a": {"dtype": "F32", "shape": [1]}}),
    "a key more": made({"a": entry() | {"run": "rm"}}, bytes(4)),
    "an unknown dtype": made({"a": entry("F8_E4M3", offsets=(0, 1))}, bytes(1)),
    "a dtype that is a list": made({"a": entry(["F32"])}, bytes(4)),
    "an object dtype": made({"a": entry("O")}, bytes(4)),
    "a negative shape": made({"a": entry(shape=[-1, -1])}, bytes(4)),
    "a fraction": made({"a": entry(shape=[1.0])}, bytes(4)),
    "a boolean as a shape": made({"a": entry(shape=[True])}, bytes(4)),
    "a text as a shape": made({"a": entry() | {"shape": "1"}}, bytes(4)),
    "a huge shape": made({"a": entry(shape=[2**62, 2**62])}, bytes(4)),
    "a huge empty shape": made({"a": entry(shape=[0, 2**62, 2**62], offsets=(0, 0))}),
    "too many axes": made({"a": entry(shape=[1] * 10_000)}, bytes(4)),
    "a wrong number of bytes": made({"a": entry(shape=[2])}, bytes(4)),
    "offsets beyond the end": made({"a": entry(offsets=(0, 4))}, bytes(3)),
    "offsets backwards": made({"a": entry(offsets=(4, 0))}, bytes(4)),
    "three offsets": made({"a": entry(offsets=(0, 4, 4))}, bytes(4)),
    "negative offsets": made({"a": entry(offsets=(-4, 0))}, bytes(4)),
    "an overlap": made({"a": entry(), "b": entry()}, bytes(4)),
    "a hole": made({"a": entry(), "b": entry(offsets=(8, 12))}, bytes(12)),
    "bytes at the end": made({"a": entry()}, bytes(5)),
    "no boolean": made({"a": entry("BOOL", offsets=(0, 1))}, b"\x02"),
    "metadata that is a list": made({"__metadata__": [1]}),
    "metadata that is no text": made({"__metadata__": {"a": 1}}),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("load", [nn.load, nn.load_checkpoint])
def test_a_damaged_file_is_one_clear_error(tmp_path, load, content):
    path = tmp_path / "hostile"
    path.write_bytes(content)
    with pytest.raises(FileError, match="hostile is damaged or no safetensors file") as caught:
        load(path)
    assert str(caught.value).count("\n") == 0
    assert len(str(caught.value)) < 500
    assert isinstance(caught.value, ValueError)


def test_a_file_cut_off_anywhere_is_refused(tmp_path):
    path = tmp_path / "whole"
    nn.save({"a": np.ones(3), "b": np.ones(2, bool)}, path)
    whole = path.read_bytes()
    for n in range(len(whole)):
        path.write_bytes(whole[:n])
        with pytest.raises(FileError):
            nn.load(path)


def test_random_damage_is_an_error_or_other_values(tmp_path):
    path = tmp_path / "whole"
    nn.save_checkpoint(path, model=nn.Linear(2, 2), epoch=1, history={"loss": [0.5, 0.25]})
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(500):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        model = nn.Linear(2, 2)
        with contextlib.suppress(ValueError, KeyError):
            nn.load_checkpoint(path, model=model)


def test_bfloat16_becomes_float32(tmp_path):
    (tmp_path / "a").write_bytes(
        made({"a": entry("BF16", (3,), (0, 6))}, b"\x80\x3f\x00\xc0\x80\x7f")
    )
    a = nn.load(tmp_path / "a")["a"]
    assert a.dtype == np.float32
    assert a.tolist() == [1, -2, np.inf]


# ---------------------------------------------------------------------- atomic writes


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step, error):
    path = tmp_path / "a"
    nn.save({"a": np.ones(1)}, path)
    before = path.read_bytes()

    def fail(*args):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync") if step == "fsync" else ("pathlib.Path.replace",)), fail)
        with pytest.raises(type(error)):
            nn.save({"a": np.zeros(1000)}, path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits")
def test_a_disk_that_fills_up_leaves_the_old_file(tmp_path):
    path = tmp_path / "a"
    nn.save({"a": np.ones(1)}, path)
    before = path.read_bytes()
    code = f"""
import resource, signal, numpy as np, nn
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
nn.save({{"a": np.ones(100_000)}}, {str(path)!r})
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "OSError" in run.stderr
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a"]


def test_a_link_stays_one(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "a")
    nn.save({"a": np.ones(1)}, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert nn.load(tmp_path / "a")["a"] == 1


# ---------------------------------------------------------------------- checkpoints


OPTIMIZERS = {
    "SGD": {"momentum": 0.9},
    "Adam": {"amsgrad": True},
    "AdamW": {},
    "Adagrad": {},
    "RMSprop": {"centered": True},
    "Rprop": {},
    "LBFGS": {"max_iter": 3},
}


def setting(name, settings):
    nn.seed(1)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    optimizer = getattr(nn.optim, name)(model.parameters(), lr=0.05, **settings)
    schedules = nn.optim.lr_scheduler
    schedule = schedules.SequentialLR(
        optimizer,
        [schedules.LinearLR(optimizer, 0.5, total_iters=2), schedules.StepLR(optimizer, 2)],
        milestones=[2],
    )
    return model, optimizer, schedule


def steps(model, optimizer, schedule, n):
    for _ in range(n):
        x = nn.random.generator.standard_normal((5, 3)).astype("float32")
        y = nn.random.generator.integers(0, 2, 5)

        def closure(x=x, y=y):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            return loss

        optimizer.step(closure)
        schedule.step()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_run_goes_on_to_bitwise_the_same_end(tmp_path, name):
    whole = setting(name, OPTIMIZERS[name])
    steps(*whole, 3)
    nn.save_checkpoint(tmp_path / "a", model=whole[0], optimizer=whole[1], schedule=whole[2])
    steps(*whole, 4)

    resumed = setting(name, OPTIMIZERS[name])
    nn.seed(99)
    rest = nn.load_checkpoint(
        tmp_path / "a", model=resumed[0], optimizer=resumed[1], schedule=resumed[2]
    )
    assert rest == {}
    steps(*resumed, 4)
    same(whole[0].state_dict(), resumed[0].state_dict())
    assert resumed[2].get_last_lr() == whole[2].get_last_lr()


def test_what_is_no_array_comes_back_as_it_was(tmp_path):
    rest = {
        "epoch": 3,
        "history": {"loss": [0.1, 1 / 3, float("inf")], "empty": []},
        "nested": ({1: "one", "two": (None, True)}, [2**100, -1.5e-300]),
        "array": np.arange(3, dtype="int8"),
        "scalar": np.float32(0.1),
        "{braces}": {"{0}": np.ones(1)},
        "a": {"b": np.zeros(1)},
        "a.b": np.ones(2),
    }
    nn.save_checkpoint(tmp_path / "a", **rest)
    back = nn.load_checkpoint(tmp_path / "a")
    assert repr(back) == repr(rest)
    assert type(back["scalar"]) is np.float32


def test_the_weights_of_a_checkpoint_have_readable_names(tmp_path):
    nn.save_checkpoint(tmp_path / "a", model=nn.Linear(2, 1))
    assert list(nn.load(tmp_path / "a")) == ["model.weight", "model.bias"]
    assert list(nn.load_checkpoint(tmp_path / "a")["model"]) == ["weight", "bias"]


def test_a_part_that_does_not_fit_changes_nothing(tmp_path):
    model, optimizer, schedule = setting("SGD", {"momentum": 0.9})
    steps(model, optimizer, schedule, 2)
    nn.save_checkpoint(tmp_path / "a", model=model, optimizer=optimizer, n=1)
    twin, _, _ = setting("SGD", {})
    other = nn.optim.SGD(twin[0].parameters(), lr=1.0)  # fewer parameters
    before, drawn = twin.state_dict(), nn.random.generator.bit_generator.state
    with pytest.raises(ValueError, match=r"SGD\.load_state_dict"):
        nn.load_checkpoint(tmp_path / "a", model=twin, optimizer=other)
    with pytest.raises(KeyError, match="has no 'schedule'; choose among model, optimizer, n"):
        nn.load_checkpoint(tmp_path / "a", model=twin, schedule=schedule)
    with pytest.raises(TypeError, match="n is a int and takes no state"):
        nn.load_checkpoint(tmp_path / "a", model=twin, n=2)
    same(before, twin.state_dict())
    assert nn.random.generator.bit_generator.state == drawn
    assert other.param_groups[0]["lr"] == 1


def test_no_checkpoint(tmp_path):
    nn.save({"a": np.ones(1)}, tmp_path / "a")
    with pytest.raises(FileError, match="is no checkpoint"):
        nn.load_checkpoint(tmp_path / "a")


@pytest.mark.parametrize(
    "items",
    [
        "null", "1", "[1]", "[{}]", '[{"dict": 1}]', '[{"dict": [[[], 1]]}]', '[{"array": "x"}]',
        '[{"run": "rm"}]', '[{"dict": [["a", {"a": 1, "b": 2}]]}]', "[" * 1000 + "]" * 1000, "[", "[]",
        '[{"array": []}]', '[{"tuple": 3}]',
    ],
)  # fmt: skip
def test_a_hostile_checkpoint_is_one_clear_error(tmp_path, items):
    serialization._write(
        "test", tmp_path / "a", {"w": np.ones(1)}, {serialization.CHECKPOINT: items}
    )
    with pytest.raises(FileError, match="is no checkpoint"):
        nn.load_checkpoint(tmp_path / "a")


@pytest.mark.parametrize(
    "state",
    [
        None,
        1,
        {},
        {"bit_generator": "MT19937"},
        {
            "bit_generator": "PCG64",
            "state": {"state": 2**200, "inc": -1},
            "has_uint32": 0,
            "uinteger": 0,
        },
    ],
)
def test_a_hostile_generator_changes_nothing(tmp_path, state):
    model = nn.Linear(2, 2)
    packed = [serialization._pack({"model": model.state_dict()}, "", arrays := {})]
    packed.append(serialization._pack({serialization.CHECKPOINT: state}, "", arrays))
    arrays["model.weight"] = np.full((2, 2), 7.0)
    serialization._write(
        "test", tmp_path / "a", arrays, {serialization.CHECKPOINT: json.dumps(packed)}
    )
    before, drawn = model.state_dict(), nn.random.generator.bit_generator.state
    with pytest.raises(FileError, match="no state of random numbers that fits"):
        nn.load_checkpoint(tmp_path / "a", model=model)
    same(before, model.state_dict())
    assert nn.random.generator.bit_generator.state == drawn


@pytest.mark.parametrize("value", [object(), {(1, 2): 3}, {1.5: 2}, {1, 2}, 1j])
def test_what_a_checkpoint_can_not_keep_is_refused(tmp_path, value):
    with pytest.raises(TypeError, match=r"save_checkpoint: .*can't be kept|no place"):
        nn.save_checkpoint(tmp_path / "a", model=nn.Linear(1, 1), extra={"inner": [value]})
    assert os.listdir(tmp_path) == []
