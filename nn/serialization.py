"""Arrays in files: weights as safetensors, and checkpoints to go on from.

A safetensors file is the length of a header, the header (JSON: the dtype, shape and place of each
array) and the bytes of the arrays; nothing in it is ever executed. It is written and read here
and not by the package of that name, whose NumPy side permutes the values of column-major arrays,
such as our weights, and has no bfloat16.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from autograd import Tensor
from nn import random
from nn.functional.checks import printable
from nn.module import Module

__all__ = ["FileError", "load", "load_checkpoint", "save", "save_checkpoint", "written"]

Array = np.ndarray[Any, np.dtype[Any]]
PathLike = str | os.PathLike[str]

# What the format calls NumPy's dtypes; in files all are little-endian.
DTYPES = {
    "BOOL": np.dtype("?"),
    **{f"U{8 * size}": np.dtype(f"<u{size}") for size in (1, 2, 4, 8)},
    **{f"I{8 * size}": np.dtype(f"<i{size}") for size in (1, 2, 4, 8)},
    **{f"F{8 * size}": np.dtype(f"<f{size}") for size in (2, 4, 8)},
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
STORED = {**DTYPES, "BF16": np.dtype("<u2")}  # the upper half of a float32, which NumPy lacks
LIMIT = 100_000_000  # bytes of a header, as elsewhere
TEXT = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # in JSON; its end may lack
CHECKPOINT = "nn.checkpoint"
DEPTH = 100  # of containers in containers, in a checkpoint


class FileError(ValueError):
    """A file that is damaged, or is not what it should be; nothing was changed."""


# ---------------------------------------------------------------------- weights


def save(model: Module | Mapping[str, Any], path: PathLike) -> None:
    """Write the parameters and buffers of a model, or named arrays, as a safetensors file.

    The file appears as a whole or not at all; one that was there stays whole until then, and its
    permissions are kept. A process that is killed meanwhile can leave a ``.NAME.….part`` beside
    it, which nothing reads.

    Raises TypeError for what the format has no place for, OSError if the file can't be written.

    >>> import nn, os, tempfile
    >>> model, twin = nn.Linear(2, 1), nn.Linear(2, 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "weights.safetensors")
    ...     save(model, path)
    ...     _ = twin.load_state_dict(load(path))
    >>> bool((model.weight.data == twin.weight.data).all())
    True
    """
    state = model.state_dict() if isinstance(model, Module) else model
    if not isinstance(state, Mapping):
        raise TypeError(
            f"save: received a {type(state).__name__}; give a model, or a dict of names and arrays."
        )
    _write("save", path, state, {})


def load(path: PathLike) -> dict[str, Array]:
    """The arrays of a safetensors file by name, for ``model.load_state_dict``.

    bfloat16 becomes float32, which has all its values.

    Raises FileError (a ValueError) for a file that is damaged or something else, OSError for one
    that can't be read.
    """
    return _read("load", path)[0]


# ---------------------------------------------------------------------- checkpoints


def save_checkpoint(path: PathLike, **parts: Any) -> None:
    """Write the state of a run, from which it can go on to bitwise the same end.

    Of what has a ``state_dict`` (a model, an optimizer, a schedule) that is kept; all else is
    numbers, text, arrays, and containers of these. The state of ``nn.random.generator`` is kept,
    too. The file is a safetensors file, in which the weights of ``model=`` are ``model.0.weight``
    and so on; it appears as a whole or not at all.

    Raises TypeError for what can't be kept, OSError if the file can't be written.

    >>> import nn, os, tempfile
    >>> model = nn.Linear(2, 1)
    >>> optimizer = nn.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "run.safetensors")
    ...     save_checkpoint(path, model=model, optimizer=optimizer, epoch=3)
    ...     load_checkpoint(path, model=model, optimizer=optimizer)
    {'epoch': 3}
    """
    if CHECKPOINT in parts:
        raise ValueError(
            f"save_checkpoint: {CHECKPOINT!r} is the place of the random numbers; choose another "
            "name for that part."
        )
    arrays: dict[str, Any] = {}
    state = {name: _state(part) for name, part in parts.items()}
    packed = [
        _pack({name: part}, "", arrays)
        for name, part in (*state.items(), (CHECKPOINT, random.generator.bit_generator.state))
    ]
    _write("save_checkpoint", path, arrays, {CHECKPOINT: json.dumps(packed)})


def load_checkpoint(path: PathLike, **parts: Any) -> dict[str, Any]:
    """Bring the `parts` to the state in which `save_checkpoint` kept them; returns all the others.

    `parts` have the names that they were saved under. With any, ``nn.random.generator`` also goes
    on from where it was. If one does not take its state, all stay as they were.

    Raises FileError (a ValueError) for a file that is damaged or no checkpoint, KeyError for a
    part that it lacks, and what ``load_state_dict`` of a part raises.
    """
    arrays, metadata = _read("load_checkpoint", path)
    try:
        state: dict[str, Any] = {}
        for item in json.loads(metadata[CHECKPOINT]):
            state.update(_unpack(item, arrays))
        generator = state.pop(CHECKPOINT)
        _check(all(isinstance(name, str) for name in state), "a part has no name")
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise FileError(
            f"load_checkpoint: {printable(os.fsdecode(path))} is no checkpoint "
            f"({type(error).__name__}); give a file that save_checkpoint wrote."
        ) from None
    for name, part in parts.items():
        if name not in state:
            raise KeyError(
                f"load_checkpoint: {printable(os.fsdecode(path))} has no {name!r}; choose among "
                f"{printable(', '.join(state))}."
            )
        if not hasattr(part, "load_state_dict"):
            raise TypeError(
                f"load_checkpoint: {printable(name)} is a {type(part).__name__} and takes no "
                "state; leave it out, and take it from the dict that is returned."
            )
    before = {name: part.state_dict() for name, part in parts.items()}
    generator_before = random.generator.bit_generator.state
    try:
        for name, part in parts.items():
            part.load_state_dict(state[name])
        if parts:
            _set_generator(generator, path)
    except BaseException:
        random.generator.bit_generator.state = generator_before
        for name, part in parts.items():
            part.load_state_dict(before[name])
        raise
    return {name: part for name, part in state.items() if name not in parts}


def _set_generator(state: Any, path: PathLike) -> None:
    try:
        random.generator.bit_generator.state = state
    except (LookupError, OverflowError, TypeError, ValueError):
        raise FileError(
            f"load_checkpoint: {printable(os.fsdecode(path))} has no state of random numbers that "
            "fits; give a file that save_checkpoint wrote."
        ) from None


def _state(part: Any) -> Any:
    return part.state_dict() if hasattr(part, "state_dict") else part


def _pack(value: Any, path: str, arrays: dict[str, Any], depth: int = DEPTH) -> Any:
    """`value` as JSON; its arrays go into `arrays`, under the path that leads to them."""
    if not depth:
        raise TypeError(
            f"save_checkpoint: {printable(path):.60}... is nested more than {DEPTH} deep, or holds "
            "itself; keep it as arrays, or as a flat list."
        )
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        name = path
        while name in arrays:
            name += "'"
        arrays[name] = value
        return {"scalar" if isinstance(value, np.generic) else "array": name}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        items = [_pack(item, f"{path}.{i}", arrays, depth - 1) for i, item in enumerate(value)]
        return {"tuple": items} if isinstance(value, tuple) else items
    if isinstance(value, Mapping) and all(isinstance(key, (str, int)) for key in value):
        start = f"{path}." if path else ""
        items = [
            [key, _pack(item, f"{start}{key}", arrays, depth - 1)] for key, item in value.items()
        ]
        return {"dict": items}
    raise TypeError(
        f"save_checkpoint: {printable(path)} is a {type(value).__name__}, which can't be kept; "
        "give numbers, text, arrays, lists, tuples, dicts with names or integers as keys, or what "
        "has a state_dict."
    )


def _unpack(value: Any, arrays: Mapping[str, Array], depth: int = DEPTH) -> Any:
    _check(depth >= 0, "nested too deeply")
    if isinstance(value, list):
        return [_unpack(item, arrays, depth - 1) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, inside),) = value.items()
    if kind == "dict":
        return {key: _unpack(item, arrays, depth - 1) for key, item in inside}
    if kind == "tuple":
        return tuple(_unpack(inside, arrays, depth))
    return {"array": arrays[inside], "scalar": arrays[inside][()]}[kind]


# ---------------------------------------------------------------------- the format


@contextmanager
def written(path: PathLike) -> Iterator[BinaryIO]:
    """A file to write, which takes its place under `path` when all is written and not before."""
    place = Path(os.path.realpath(path))
    known = place.is_file()
    if not known and os.path.lexists(place):  # a folder, a device, a link that leads to itself
        raise OSError(
            f"{printable(os.fsdecode(path))}: exists and is no file; choose another path."
        )
    if known and not os.access(place, os.W_OK):  # a rename would not ask
        raise PermissionError(
            f"{printable(os.fsdecode(path))}: may not be written; choose another path."
        )
    draft = place.with_name(f".{place.name[:40]}.{os.urandom(8).hex()}.part")
    try:
        with draft.open("xb") as file:
            if known:  # before there is anything to read
                draft.chmod(stat.S_IMODE(place.stat().st_mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
        _fsync_folder(place.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _fsync_folder(folder: Path) -> None:
    """Let the new name outlast a power failure, where folders can be asked to."""
    if hasattr(os, "O_DIRECTORY"):
        with suppress(OSError):  # the file is in its place, whether the file system can or not
            descriptor = os.open(folder, os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _write(caller: str, path: PathLike, state: Mapping[str, Any], metadata: Any) -> None:
    arrays: dict[str, Array] = {}
    for name, value in state.items():
        array = value.numpy() if isinstance(value, Tensor) else np.asanyarray(value)
        if isinstance(array, np.ma.MaskedArray):
            raise TypeError(
                f"{caller}: {name!r} is a masked array, and the format has no place for the mask; "
                "give its .data and its .mask as two arrays."
            )
        if array.dtype.newbyteorder("<") not in NAMES or not _is_text(name):
            raise TypeError(
                f"{caller}: {name!r} is {array.dtype}, which the format has no place for; give "
                "names and arrays of booleans, integers or real floating-point numbers."
            )
        if name == "__metadata__":
            raise ValueError(f"{caller}: the format keeps {name!r} for itself; rename that array.")
        arrays[name] = array
    places, end = {}, 0
    order = sorted(arrays, key=lambda name: -arrays[name].itemsize)  # so that all are aligned
    for name in order:
        places[name] = [end, end + arrays[name].nbytes]
        end += arrays[name].nbytes
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    for name, array in arrays.items():
        header[name] = {
            "dtype": NAMES[array.dtype.newbyteorder("<")],
            "shape": array.shape,
            "data_offsets": places[name],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > LIMIT:
        raise ValueError(
            f"{caller}: the names and values that are no arrays take {len(text)} bytes, and the "
            f"format has room for {LIMIT}; keep large lists as arrays."
        )
    with written(path) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            array = arrays[name]
            file.write(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)


def _read(caller: str, path: PathLike) -> tuple[dict[str, Array], dict[str, str]]:
    # Opening a pipe would wait for somebody who writes into it.
    flags = getattr(os, "O_NONBLOCK", 0)
    with open(os.fspath(path), "rb", opener=lambda name, mode: os.open(name, mode | flags)) as file:
        try:
            header, metadata, start = _header(file)
            arrays = {name: _array(file, start, **entry) for name, entry in header.items()}
        except (MemoryError, OverflowError, RecursionError, ValueError) as error:
            raise FileError(
                f"{caller}: {printable(os.fsdecode(path))} is damaged or no safetensors file "
                f"({error or type(error).__name__}); give one that nn.save, nn.save_checkpoint or "
                "the safetensors package wrote whole (what torch.save writes is a program)."
            ) from None
    return arrays, metadata


def _header(file: BinaryIO) -> tuple[dict[str, Any], dict[str, str], int]:
    """The arrays' dtypes, shapes and places, checked; the metadata; and where the bytes begin."""
    status = os.fstat(file.fileno())
    _check(stat.S_ISREG(status.st_mode), "it is a pipe or a device")
    size = status.st_size - 8
    length = int.from_bytes(file.read(8), "little")
    _check(0 < length <= min(size, LIMIT), "no header fits into it")
    text = file.read(length).decode()
    # An array takes 50 characters and three brackets. What has more brackets is no header, and
    # would take much more memory than one.
    _check(16 * _brackets(text) <= length + 32, "it has too many brackets")
    header = json.loads(text, object_pairs_hook=_once)
    _check(isinstance(header, dict), "the header is no JSON object")
    metadata = header.pop("__metadata__", {})
    _check(
        isinstance(metadata, dict) and all(isinstance(v, str) for v in metadata.values()),
        "the metadata is not text",
    )
    end = 0
    for name, entry in sorted(header.items(), key=_place):
        kind, shape, (begin, stop) = entry["dtype"], entry["shape"], entry["data_offsets"]
        _check(kind in STORED, f"{name!r:.40} has the dtype {kind!r:.20}, which NumPy lacks")
        _check(begin == end, f"the bytes of {name!r:.40} don't follow those before")
        bytes_ = STORED[kind].itemsize * math.prod(shape)
        _check(stop - begin == bytes_, f"{name!r:.40} has a shape of {bytes_} bytes, but not them")
        end = stop
    _check(end == size - length, f"it has {size - length} bytes of arrays and needs {end}")
    return header, metadata, 8 + length


def _brackets(text: str) -> int:
    """How many lists and objects begin in JSON."""
    bare = TEXT.sub("", text)
    return bare.count("[") + bare.count("{")


def _place(item: tuple[str, Any]) -> Any:
    """Where the bytes are, of an entry that has the right form."""
    name, entry = item
    _check(
        isinstance(entry, dict) and entry.keys() == {"dtype", "shape", "data_offsets"},
        f"{name!r:.40} is no dtype, shape and data_offsets",
    )
    _check(isinstance(entry["dtype"], str), f"{name!r:.40} has no dtype")
    for what, counts in (("shape", range(65)), ("data_offsets", (2,))):
        numbers = entry[what]
        _check(
            isinstance(numbers, list)
            and len(numbers) in counts
            and all(type(k) is int and 0 <= k < 2**63 for k in numbers),
            f"{name!r:.40} has no valid {what}",
        )
    return entry["data_offsets"]


def _array(file: BinaryIO, start: int, dtype: str, shape: Any, data_offsets: Any) -> Array:
    array = np.empty(shape, STORED[dtype])
    file.seek(start + data_offsets[0])
    _check(file.readinto(array.data) == array.nbytes, "it ends too early")  # type: ignore[attr-defined]
    if dtype == "BF16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    if dtype == "BOOL":
        _check(bool((array.view(np.uint8) <= 1).all()), "a boolean is neither 0 nor 1")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    _check(len(found) == len(pairs), "a name stands twice in its header")
    _check(all(map(_is_text, found)), "a name is half of a character")
    return found


def _is_text(name: Any) -> bool:
    """Whether it is text that UTF-8 can hold: a half of a surrogate pair is none."""
    return isinstance(name, str) and name == name.encode(errors="replace").decode()


def _check(holds: bool, problem: str) -> None:
    if not holds:
        raise ValueError(problem)
