"""Files that lie, disks that fail, processes that are killed; and very large trees of modules."""

import copy
import itertools
import json
import multiprocessing
import os
import pickle
import random
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import nn
from nn import serialization
from nn.serialization import CHECKPOINT, FileError


@pytest.fixture
def seed(size):
    """The same in the suite; a new one, printed, in the long form."""
    chosen = size(0, random.SystemRandom().randrange(2**32))
    print(f"seed {chosen}")
    return chosen


def entry(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def made(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def a_run():
    """A model, an optimizer and a schedule that have all taken steps, and so have a state."""
    nn.seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    optimizer = nn.optim.Adam(model.parameters(), lr=0.1)
    schedules = nn.optim.lr_scheduler
    schedule = schedules.SequentialLR(
        optimizer,
        [schedules.LinearLR(optimizer, 0.5, total_iters=2), schedules.StepLR(optimizer, 2)],
        milestones=[2],
    )
    for _ in range(3):
        optimizer.zero_grad()
        model(nn.random.generator.random((4, 2), "float32")).sum().backward()
        optimizer.step()
        schedule.step()
    return {"model": model, "optimizer": optimizer, "schedule": schedule}


def bits(parts):
    """All that a checkpoint keeps, and the random numbers, to the bit."""
    arrays: dict[str, object] = {}
    packed = serialization._pack(
        {name: part.state_dict() for name, part in parts.items()}, "", arrays
    )
    values = {name: (np.asarray(a).dtype, np.asarray(a).tobytes()) for name, a in arrays.items()}
    return json.dumps(packed), values, repr(nn.random.generator.bit_generator.state)


def refusal(path, parts):
    """The kind of error of a checkpoint, which must be one sentence of ours; or "loaded"."""
    try:
        nn.load_checkpoint(path, **parts)
    except (ValueError, TypeError, KeyError) as error:
        kind, text = type(error).__name__, str(error)
    else:
        return "loaded"
    assert "load_" in text or "Adam: " in text, text
    assert "\n" not in text
    return kind


# ---------------------------------------------------------------------- damage


def test_every_flip_of_a_bit_is_refused_or_changes_only_what_it_must(tmp_path, size):
    # A flip in the header is refused, or renames what is still whole; FileError alone comes out.
    whole = tmp_path / "a"
    nn.save({"w": np.arange(3.0), "b": np.array([True, False])}, whole)
    content = whole.read_bytes()
    damaged = tmp_path / "damaged"
    for place in range(len(content)):
        for bit in range(place % 8, 8, size(8, 1)):
            other = bytearray(content)
            other[place] ^= 1 << bit
            damaged.write_bytes(other)
            try:
                loaded = nn.load(damaged)
            except FileError:
                continue
            assert sum(a.nbytes for a in loaded.values()) == 26


def test_a_checkpoint_cut_off_or_damaged_changes_nothing(tmp_path, size, seed):
    parts = a_run()
    nn.save_checkpoint(tmp_path / "a", **parts, epoch=3)
    whole = (tmp_path / "a").read_bytes()
    before = bits(parts)
    damaged = tmp_path / "damaged"
    for length in range(0, len(whole), size(101, 7)):
        damaged.write_bytes(whole[:length])
        with pytest.raises(FileError):
            nn.load_checkpoint(damaged, **parts)
    assert bits(parts) == before
    rng = random.Random(seed)
    for _ in range(size(100, 2000)):
        other = bytearray(whole)
        for _ in range(rng.choice([1, 1, 2, 8])):
            other[rng.randrange(len(whole))] = rng.randrange(256)
        damaged.write_bytes(other)
        if refusal(damaged, parts) == "loaded":
            nn.load_checkpoint(tmp_path / "a", **parts)
        assert bits(parts) == before


DEEP: object = 1
for _ in range(90):
    DEEP = [DEEP]
JUNK: list[object] = [
    None, True, -1, 0, 2**63, 2**200, 10**300, 1.5, float("nan"), float("inf"), "", "x", "\ud800",
    [], {}, [1, [2]], [[1], [1, 2]], {"dict": []}, {"array": "model.0.weight"}, {"array": "nope"},
    {"scalar": "model.0.bias"}, {"tuple": [1]}, {"dict": [[1, 2]]}, {"dict": [["params", [[1]]]]},
    {"dict": [[{}, 1]]}, DEEP, "a" * 10_000,
]  # fmt: skip


def places(tree, path=()):
    yield path
    for key, value in (
        enumerate(tree)
        if isinstance(tree, list)
        else tree.items()
        if isinstance(tree, dict)
        else ()
    ):
        yield from places(value, (*path, key))


def test_a_hostile_tree_in_a_checkpoint_changes_nothing(tmp_path, size, seed):
    parts = a_run()
    nn.save_checkpoint(tmp_path / "a", **parts, epoch=3)
    arrays, metadata = serialization._read("test", tmp_path / "a")
    text = metadata[CHECKPOINT]
    paths = list(places(json.loads(text)))[1:]
    before = bits(parts)
    rng = random.Random(seed)
    seen = Counter()
    for _ in range(size(150, 3000)):
        tree = json.loads(text)
        path = rng.choice(paths)
        inside = tree
        for key in path[:-1]:
            inside = inside[key]
        what = rng.choice(["put", "put", "put", "delete", "insert"])
        if what == "put":
            inside[path[-1]] = rng.choice(JUNK)
        elif what == "delete":
            del inside[path[-1]]
        elif isinstance(inside, list):
            inside.insert(path[-1], rng.choice(JUNK))
        else:
            inside["more"] = rng.choice(JUNK)
        serialization._write("test", tmp_path / "b", arrays, {CHECKPOINT: json.dumps(tree)})
        outcome = refusal(tmp_path / "b", parts)
        seen[outcome] += 1
        if outcome == "loaded":
            nn.load_checkpoint(tmp_path / "a", **parts)
        assert bits(parts) == before, what
    assert seen["FileError"]
    assert seen["loaded"]


def test_containers_too_deep_or_inside_themselves_are_refused_at_both_ends(tmp_path):
    itself: list[object] = []
    itself.append(itself)
    deep: object = 1
    for _ in range(5000):
        deep = [deep]
    for value in (itself, deep):
        with pytest.raises(TypeError, match=r"value\.0\.0.* nested more than 100 deep"):
            nn.save_checkpoint(tmp_path / "a", value=value)
    assert os.listdir(tmp_path) == []
    nn.save_checkpoint(tmp_path / "a", value=DEEP)
    assert nn.load_checkpoint(tmp_path / "a") == {"value": DEEP}
    text = '[{"dict": [["value", %s]]}]' % ("[" * 150 + "]" * 150)
    serialization._write("test", tmp_path / "b", {}, {CHECKPOINT: text})
    with pytest.raises(FileError, match="is no checkpoint"):
        nn.load_checkpoint(tmp_path / "b")


def test_the_place_of_the_random_numbers_can_not_be_taken(tmp_path):
    with pytest.raises(ValueError, match=r"'nn\.checkpoint' is the place of the random numbers"):
        nn.save_checkpoint(tmp_path / "a", **{CHECKPOINT: 1})


def test_a_mask_is_not_dropped_without_a_word(tmp_path):
    masked = np.ma.array([1.0, 2.0], mask=[True, False])
    with pytest.raises(TypeError, match="'x' is a masked array"):
        nn.save({"x": masked}, tmp_path / "a")
    with pytest.raises(TypeError, match="'x' is a masked array"):
        nn.save_checkpoint(tmp_path / "a", x=masked)


NAMES = [
    "../../x",
    "/etc/passwd",
    "C:\\x",
    "a\0b",
    "",
    " ",
    ".",
    "é\u0301",
    "\U0001f600",
    "x" * 10_000,
]


def test_names_are_names_and_no_paths(tmp_path):
    from safetensors import numpy as theirs

    state = {name: np.full(2, i) for i, name in enumerate(NAMES)}
    nn.save(state, tmp_path / "a")
    assert os.listdir(tmp_path) == ["a"]
    for loaded in (nn.load(tmp_path / "a"), theirs.load_file(tmp_path / "a")):
        assert {k: v.tolist() for k, v in loaded.items()} == {
            k: v.tolist() for k, v in state.items()
        }
    with pytest.raises(TypeError, match="no place for"):  # half of a character: they refuse it
        nn.save({"\ud800": np.ones(1)}, tmp_path / "b")
    (tmp_path / "b").write_bytes(made({"\ud800": entry()}, bytes(4)))
    with pytest.raises(FileError, match="half of a character"):
        nn.load(tmp_path / "b")


def test_random_valid_files_are_read_alike_by_the_safetensors_package(tmp_path, size, seed):
    from safetensors import numpy as theirs

    rng = np.random.default_rng(seed)
    for _ in range(size(20, 300)):
        state = {}
        for i in range(rng.integers(0, 6)):
            shape = tuple(rng.integers(0, 4, rng.integers(0, 5)))
            dtype = rng.choice(list(serialization.DTYPES.values()))
            array = rng.integers(0, 256, (*shape, dtype.itemsize), "u1")
            if dtype.kind == "b":
                array &= 1
            array = np.ascontiguousarray(array).view(dtype).reshape(shape)
            state[f"{i}é"] = array
        nn.save(state, tmp_path / "ours")
        theirs.save_file(state, tmp_path / "theirs", {"x": "y"})
        for loaded in (
            nn.load(tmp_path / "theirs"),
            nn.load(tmp_path / "ours"),
            theirs.load_file(tmp_path / "ours"),
        ):
            assert loaded.keys() == state.keys()
            for name, array in state.items():
                assert loaded[name].dtype == array.dtype
                assert loaded[name].shape == array.shape
                assert loaded[name].tobytes() == array.tobytes()  # NaNs, too


# ---------------------------------------------------------------------- time and memory

MEASURE = """
import os, resource, sys, time
import nn
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
def peak():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[1:]:
    if os.fork():  # a process of its own for each, since the peak is that of a whole life
        os.wait()
        continue
    before, start = peak(), time.perf_counter()
    try:
        nn.load(path)
    except nn.serialization.FileError as error:
        good = len(str(error)) < 500 and "\\n" not in str(error)
        print(good, peak() - before, time.perf_counter() - start, flush=True)
    os._exit(0)
"""


def assert_refused(files, most, seconds):
    """Each in one sentence, with no more memory and time than that (4 GB at the very most)."""
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, *map(str, files)], capture_output=True, text=True
    )
    lines = run.stdout.splitlines()
    assert len(lines) == len(files), lines + run.stderr.splitlines()[-5:]
    for file, line in zip(files, lines, strict=True):
        good, memory, time = line.split()
        assert good == "True", file.name
        assert int(memory) < most, f"{file.name}: {memory} bytes"
        assert float(time) < seconds, f"{file.name}: {time} s"


def filled(start, unit, end, n):
    return start + unit * (n // len(unit)) + end


GREEDY = {
    "empty lists": lambda n: made(filled(b'{"a":[', b"[],", b"0]}", n)),
    "empty objects": lambda n: made(filled(b'{"a":[', b"{},", b"0]}", n)),
    "small objects": lambda n: made(filled(b'{"a":[', b'{"a":0},', b"0]}", n)),
    "numbers": lambda n: made(filled(b'{"a":[', b"999,", b"0]}", n)),
    "one name": lambda n: made(filled(b"{", b'"":0,', b'"":0}', n)),
    "open lists": lambda n: made(b"[" * n),
    "open objects": lambda n: made(filled(b"", b'{"a":', b"", n)),
    "quotes": lambda n: made(filled(b"{", b'"', b"", n)),
    "an open text of escapes": lambda n: made(filled(b'{"', b'\\"', b"", n)),
    "escapes": lambda n: made(filled(b"{", b'\\"', b"", n)),
    "long numbers": lambda n: made(filled(b'{"a":[', b"9" * 4000 + b",", b"0]}", n)),
    "zeros": lambda n: made(bytes(n)),
}


def test_a_greedy_header_takes_no_more_than_an_honest_one_of_its_size(tmp_path, size):
    n = size(2_000_000, 99_000_000)
    for name, content in GREEDY.items():
        (tmp_path / name).write_bytes(content(n))
    assert_refused([tmp_path / name for name in GREEDY], most=20 * n, seconds=5 + n / 1e6)


def test_what_claims_petabytes_is_refused_before_they_are_asked_for(tmp_path):
    claims = [([2**50], [0, 2**52]), ([2**31, 2**31], [0, 4]), ([2**62, 4], [0, 0])]
    claims += [([2**40], [0, 4]), ([2**62, 0, 2**62], [0, 0])]
    files = [tmp_path / f"{i}" for i in range(len(claims))]
    for path, (shape, offsets) in zip(files, claims, strict=True):
        path.write_bytes(made({"a": entry("F32", shape, offsets)}, bytes(offsets[1] and 4)))
    # And one that is as large as it says, all of it a hole.
    files.append(tmp_path / "hole")
    files[-1].write_bytes(made({"a": entry("U8", [2**40], [0, 2**40])}))
    os.truncate(files[-1], files[-1].stat().st_size + 2**40)
    assert_refused(files, most=8_000_000, seconds=5)


# ---------------------------------------------------------------------- what is no file


def within(seconds, function, *args):
    """What the call raises, in a thread, so that one that waits for ever is seen."""
    raised = []

    def call():
        try:
            function(*args)
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "it waits"
    return raised[0] if raised else None


@pytest.mark.parametrize("load", [nn.load, nn.load_checkpoint])
def test_what_is_no_file_is_refused_and_waited_for_by_nobody(tmp_path, load):
    os.mkfifo(tmp_path / "pipe")
    assert isinstance(within(20, load, tmp_path / "pipe"), FileError)
    for device in ("/dev/zero", "/dev/null", "/dev/full"):
        assert isinstance(within(20, load, device), FileError)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    for path in ("", tmp_path, tmp_path / "loop", tmp_path / "nowhere", tmp_path / ("x" * 300)):
        assert isinstance(within(20, load, path), OSError)
    assert isinstance(within(20, load, "a\0b"), ValueError)
    for path in (3, True, None):  # a number would be an open file of the program
        assert isinstance(within(20, load, path), TypeError)


def test_what_is_no_file_is_not_written_over(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    before = sorted(os.listdir(tmp_path))
    for path in (tmp_path / "pipe", tmp_path / "folder", tmp_path / "loop", "/dev/full"):
        with pytest.raises(OSError, match="exists and is no file; choose another path"):
            nn.save({"a": np.ones(1)}, path)
    for path in (tmp_path / "loop" / "a", tmp_path / ("x" * 300), "/sys/a", ""):
        with pytest.raises(OSError, match=r"."):
            nn.save({"a": np.ones(1)}, path)
    assert sorted(os.listdir(tmp_path)) == before
    assert (tmp_path / "loop").is_symlink()


# ---------------------------------------------------------------------- saving


def test_the_permissions_of_a_file_are_kept(tmp_path):
    path = tmp_path / "a"
    nn.save({"a": np.ones(1)}, path)
    usual = os.umask(0)
    os.umask(usual)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~usual
    path.chmod(0o600)  # somebody's secret
    nn.save({"a": np.zeros(1)}, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert nn.load(path)["a"] == 0


def test_a_draft_of_a_secret_is_never_open_to_others(tmp_path):
    path = tmp_path / "a"
    path.touch(0o600)
    with serialization.written(path) as file:
        (draft,) = (p for p in tmp_path.iterdir() if p != path)
        assert stat.S_IMODE(draft.stat().st_mode) == 0o600
        file.write(b"x")


AS_NOBODY = """
import os, sys, numpy as np, nn
if os.getuid() == 0:
    os.setuid(65534)
for path in sys.argv[1:]:
    try:
        nn.save({"a": np.zeros(1)}, path)
    except PermissionError as error:
        print(type(error).__name__)
try:
    nn.load(sys.argv[1])
except PermissionError as error:
    print(type(error).__name__)
"""


def test_what_may_not_be_written_or_read_is_neither():
    # Its folder is not under tmp_path, which other users may not enter.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        secret, locked = Path(folder, "secret"), Path(folder, "locked")
        nn.save({"a": np.ones(1)}, secret)
        secret.chmod(0o000)
        locked.mkdir()
        locked.chmod(0o555)
        run = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, str(secret), str(locked / "a")],
            capture_output=True, text=True,
        )  # fmt: skip
        assert run.stdout.split() == ["PermissionError"] * 3, run.stderr
        assert os.listdir(locked) == []
        assert sorted(os.listdir(folder)) == ["locked", "secret"]
        secret.chmod(0o600)
        assert nn.load(secret)["a"] == 1
        locked.chmod(0o777)


def test_another_name_of_the_old_file_keeps_the_old_one(tmp_path):
    nn.save({"a": np.ones(1)}, tmp_path / "a")
    os.link(tmp_path / "a", tmp_path / "b")
    (tmp_path / "to").symlink_to("there")
    nn.save({"a": np.zeros(1)}, tmp_path / "a")
    nn.save({"a": np.full(1, 2.0)}, tmp_path / "to")
    values = [nn.load(tmp_path / name)["a"] for name in ("a", "b", "to", "there")]
    assert values == [0, 1, 2, 2]


def fail_in_the_middle(path, error):
    with serialization.written(path) as file:
        file.write(b"half")
        raise error


def test_an_error_in_the_middle_leaves_no_draft(tmp_path):
    path = tmp_path / "a"
    nn.save({"a": np.ones(1)}, path)
    before = path.read_bytes()
    for error in (KeyboardInterrupt, MemoryError, SystemExit):
        with pytest.raises(error):
            fail_in_the_middle(path, error)
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["a"]


def test_the_file_and_then_its_folder_are_forced_to_the_disk(tmp_path, monkeypatch):
    done = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor):
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def noted_replace(self, other):
        done.append("replace")
        return replace(self, other)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    nn.save({"a": np.ones(1)}, tmp_path / "a")
    assert done == ["file", "replace", "folder"]


SAVERS = """
import itertools, os, signal, sys, numpy as np, nn
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
states = [{"a": np.full(n, float(i)), "b": np.full(7, i)} for i, n in enumerate([3, 300_000])]
for path in sys.stdin:
    child = os.fork()
    if not child:
        for i in itertools.count():
            nn.save(states[i % 2], path[:-1])
    print(child, flush=True)
"""


@pytest.fixture
def saver():
    """A function that starts a process which saves two states in turn for ever; gives its id."""
    with subprocess.Popen(
        [sys.executable, "-c", SAVERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:

        def start(path):
            server.stdin.write(f"{path}\n")
            server.stdin.flush()
            return int(server.stdout.readline())

        yield start
        server.stdin.close()


def kill(process):
    os.kill(process, signal.SIGKILL)
    while True:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.001)


def is_whole(loaded):
    """Whether these are exactly the arrays of one of the two states."""
    i = int(loaded["b"][0])
    expected = np.full([3, 300_000][i], float(i))
    return np.array_equal(loaded["a"], expected) and loaded["b"].tolist() == [i] * 7


def test_a_process_killed_while_it_saves_leaves_the_old_file_or_the_new_one(
    tmp_path, size, seed, saver
):
    rng = random.Random(seed)
    path = tmp_path / "weights"
    kills = size(8, 100)
    left = 0
    for _ in range(kills):
        nn.save({"a": np.zeros(3), "b": np.zeros(7)}, path)
        process = saver(path)
        time.sleep(0.02 + rng.random() * 0.1)
        kill(process)
        assert is_whole(nn.load(path))
        for name in set(os.listdir(tmp_path)) - {"weights"}:  # what a kill leaves says whose it is
            assert name.startswith(".weights.")
            assert name.endswith(".part")
            (tmp_path / name).unlink()
            left += 1
    assert left  # some were killed in the middle


def test_files_are_whole_while_two_processes_save_them_at_once(tmp_path, size, saver):
    path = tmp_path / "weights"
    nn.save({"a": np.zeros(3), "b": np.zeros(7)}, path)
    processes = [saver(path) for _ in range(2)]
    seen = set()
    try:
        end = time.monotonic() + 60
        for i in itertools.count():
            loaded = nn.load(path)
            assert is_whole(loaded)
            seen.add(len(loaded["a"]))
            if (i >= size(50, 500) and len(seen) == 2) or time.monotonic() > end:
                break
    finally:
        for process in processes:
            kill(process)
    assert len(seen) == 2


def test_a_file_that_shrinks_while_it_is_read_is_an_error(tmp_path, monkeypatch):
    path = tmp_path / "a"
    nn.save({"a": np.zeros(1_000_000)}, path)
    read = serialization._array

    def shrunk(*args, **entry):
        os.truncate(path, 1000)
        return read(*args, **entry)

    monkeypatch.setattr(serialization, "_array", shrunk)
    with pytest.raises(FileError, match="ends too early"):
        nn.load(path)


def test_nothing_is_executed_imported_or_opened_beside_the_file(tmp_path):
    # In a process of its own: an audit hook stays for good.
    parts = {"model": nn.Linear(2, 2)}
    nn.save_checkpoint(tmp_path / "a", **parts, text="__import__('os').abort()")
    evil = pickle.dumps(Ellipsis)
    (tmp_path / "b").write_bytes(evil)
    (tmp_path / "c").write_bytes(made({"__metadata__": {CHECKPOINT: "__import__('os').abort()"}}))
    code = """
import os, sys, nn
model = nn.Linear(2, 2)
try:  # so that all is imported that an error needs
    nn.load(sys.argv[2])
except ValueError:
    pass
seen = []
sys.addaudithook(lambda event, args: seen.append((event, args)))
for path in sys.argv[1:]:
    try:
        nn.load_checkpoint(path, model=model)
    except nn.serialization.FileError:
        pass
events = list(seen)
opened = {str(args[0]) for event, args in events if event == "open"}
assert opened == set(sys.argv[1:]), opened
refused = ("exec", "compile", "import", "pickle.", "marshal.", "os.", "subprocess.", "ctypes.", "socket.")
print([event for event, _ in events if event.startswith(refused)])
"""
    run = subprocess.run(
        [sys.executable, "-c", code, *(str(tmp_path / name) for name in "abc")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert run.stdout == "[]\n", run.stdout + run.stderr


# ---------------------------------------------------------------------- trees of modules


def wide(n):
    return nn.Sequential(*(nn.LayerNorm(1) for _ in range(n)))


def deep(n):
    model = nn.LayerNorm(1)
    for _ in range(n):
        model = nn.Sequential(model)
    return model


def html(model):
    return model._repr_html_()


def put_back(model):
    return model.load_state_dict(model.state_dict())


# What is done to a model of each kind; what calls `forward`, copies or names all can't go deep.
TO_ALL = {
    "state_dict": lambda m: m.state_dict(),
    "load_state_dict": put_back,
    "modules": lambda m: list(m.modules()),
    "parameters": lambda m: list(m.parameters()),
    "buffers": lambda m: list(m.buffers()),
    "eval": lambda m: m.eval(),
    "train": lambda m: m.train(),
    "apply": lambda m: m.apply(lambda module: None),
    "zero_grad": lambda m: m.zero_grad(),
    "requires_grad_": lambda m: m.requires_grad_(),
    "repr": repr,
    "html": html,
    "drop": lambda m: None,
}
TO_WIDE = {
    "named_modules": lambda m: list(m.named_modules()),  # in a deep one the names alone are n²/2
    "pickle": lambda m: pickle.loads(pickle.dumps(m)),
    "deepcopy": copy.deepcopy,
    "forward": lambda m: m(np.ones((1, 1), "float32")),
    "backward": lambda m: m(np.ones((1, 1), "float32")).sum().backward(),
    "summary": lambda m: nn.summary(m, (1, 1)),
    "extend": lambda m: m.extend([nn.ReLU()]),
}


def seconds(function, model):
    start = time.perf_counter()
    function(model)
    return time.perf_counter() - start


@pytest.mark.parametrize(
    ("build", "what"),
    [(wide, name) for name in (TO_ALL | TO_WIDE)] + [(deep, name) for name in TO_ALL],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_very_large_trees_take_linear_time(build, what, size):
    # Quadratic time would be 16 times as much for a model four times as large.
    function = (TO_ALL | TO_WIDE)[what]
    large, small = build(size(1000, 10_000)), build(size(250, 2500))
    function(small)
    for attempt in range(4):  # noise only adds
        fast = min(seconds(function, small) for _ in range(1 + 2 * attempt))
        slow = min(seconds(function, large) for _ in range(1 + attempt))
        if slow < 10 * fast + 0.02:
            return
    raise AssertionError(f"{what}: {slow:.3f} s, and {fast:.3f} s for a fourth of the modules")


def test_a_deep_tree_is_what_a_shallow_one_is(size):
    n = size(2000, 10_000)
    model = deep(n)
    names = [name for name, _ in model.named_parameters()]
    assert names == list(model.state_dict()) == ["0." * n + "weight", "0." * n + "bias"]
    state = {name: value + 1 for name, value in model.state_dict().items()}
    model.load_state_dict(state)
    assert all((model.state_dict()[name] == state[name]).all() for name in names)
    model.eval()
    assert not any(module.training for module in model.modules())
    called = []
    model.apply(lambda module: called.append(module))
    assert called == list(model.modules())[::-1]
    assert repr(model).count("\n") == 60
    assert "Sequential(...)" in repr(model)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, copy.copy, pickle.dumps])
def test_a_tree_too_deep_to_be_copied_says_so(duplicate):
    # In 3.11 pickle itself ended at about 490 modules, deepcopy at 240.
    assert duplicate(deep(150))
    for n in (1000, 10_000):
        with pytest.raises(RecursionError, match=rf"^Sequential: .* modules {n + 1} deep .*save"):
            duplicate(deep(n))


def test_modules_that_hold_each_other_are_walked_once():
    class Child(nn.Module):
        def __init__(self, parent):
            super().__init__()
            self.layer = nn.Linear(2, 2)
            self.parent = parent

    class Parent(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right = Child(self), Child(self)
            self.again = self.left

    parent = Parent()
    names = ["left.layer", "right.layer", "again.layer"]
    assert list(parent.state_dict()) == [f"{n}.{p}" for n in names for p in ("weight", "bias")]
    put_back(parent)
    assert parent.eval() is parent
    assert not any(module.training for module in parent.modules())
    called = []
    parent.apply(lambda module: called.append(module))
    assert called == [parent.left.layer, parent.left, parent.right.layer, parent.right, parent]
    twin = copy.deepcopy(parent)
    assert twin.left.parent is twin
    assert twin.again is twin.left


def test_what_is_inside_comes_first_where_modules_are_shared():
    shared = nn.ReLU()
    model = nn.Sequential(nn.Sequential(shared), nn.Sequential(shared))
    called = []
    model.apply(lambda module: called.append(module))
    assert called == [shared, model[0], model[1], model]


def test_an_appended_item_does_not_replace_one_with_that_name():
    model = nn.Sequential({"1": nn.ReLU()})
    with pytest.raises(KeyError, match="'1' of a number to come"):
        model.append(nn.Tanh())
    assert list(model.state_dict()) == []
    assert isinstance(model[0], nn.ReLU)


class Own(nn.Module):
    """With slots, a state and a way to be rebuilt of its own."""

    __slots__ = ("hidden",)

    def __init__(self, n):
        super().__init__()
        self.n, self.hidden, self.cache = n, [n], object()
        self.layer = nn.Linear(n, 1)

    def __reduce__(self):
        return type(self), (self.n,), (self.layer, self.hidden)

    def __setstate__(self, state):
        self.layer, self.hidden = state


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_module_with_ways_of_its_own_is_copied_in_its_way(duplicate):
    inner = Own(2)
    inner.hidden.append(5)
    model = nn.Sequential(inner, nn.Sequential(inner))
    twin = duplicate(model)
    assert twin[0] is twin[1][0]
    assert twin[0].hidden == [2, 5]
    assert (twin[0].layer.weight.data == inner.layer.weight.data).all()
    assert twin[0].layer.weight is not inner.layer.weight


def test_a_run_is_pickled_as_one_thing():
    parts = a_run()
    model, optimizer, schedule = pickle.loads(pickle.dumps(tuple(parts.values())))
    twins = {"model": model, "optimizer": optimizer, "schedule": schedule}
    assert bits(twins) == bits(parts)
    ours = list(model.parameters())
    assert all(p is q for p, q in zip(optimizer.param_groups[0]["params"], ours, strict=True))
    for p, q in zip(parts["model"].parameters(), ours, strict=True):  # with their gradients
        assert p.grad.tolist() == q.grad.tolist()
    x = np.ones((4, 2), "float32")
    for run in (parts, twins):
        run["optimizer"].zero_grad()
        run["model"](x).sum().backward()
        run["optimizer"].step()
        run["schedule"].step()
    assert bits(twins) == bits(parts)


def in_another_process(model, x):
    model(x).sum().backward()
    return model, [p.grad for p in model.parameters()]


def test_models_go_to_other_processes_and_back():
    model = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2), nn.GELU(approximate="tanh"))
    x = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        twin, grads = pool.apply(in_another_process, (model, x))
    in_another_process(model, x)
    for p, q, g in zip(model.parameters(), twin.parameters(), grads, strict=True):
        assert p.grad.tolist() == q.grad.tolist() == g.tolist()


def test_a_pickled_model_needs_only_nn(tmp_path):
    def script():
        """What a training script has around a model: closures, a wrapped forward, locals."""
        secret = 3

        def closure(x):
            return x * secret

        model = nn.Sequential(
            nn.Linear(3, 4), nn.TransformerEncoderLayer(4, 2, activation=nn.functional.relu)
        )
        model(closure(np.ones((1, 2, 3), "float32"))).sum().backward()
        nn.summary(model, (1, 2, 3))
        return model

    (tmp_path / "a").write_bytes(pickle.dumps(script()))
    code = f"import pickle; print(pickle.load(open({str(tmp_path / 'a')!r}, 'rb')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert run.stdout.startswith("Sequential("), run.stderr
