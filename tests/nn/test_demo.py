"""The demo as a user starts it."""

import os
import re
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree

import numpy as np
import pytest

import nn
from nn.demo import mistakes

ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}


def demo(*arguments, cwd, **variables):
    return subprocess.run(
        [sys.executable, "-m", "nn.demo", *arguments],
        cwd=cwd,
        env={**ENVIRONMENT, **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )


def refused(run):
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("nn.demo: ")
    assert run.stderr.count("\n") == 1
    return run.stderr


FILES = {
    *("mlp.safetensors", "cnn.safetensors", "mlp-seed0.checkpoint", "cnn-seed0.checkpoint"),
    *("curves.svg", "mistakes.svg", "mlp-graph.svg", "cnn-graph.svg"),
}


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_learns_to_read_digits_and_draws_what_it_learnt(tmp_path):
    run = demo(cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    accuracy = dict(re.findall(r"^(MLP|CNN) test accuracy: ([\d.]+)%", run.stdout, re.MULTILINE))
    assert float(accuracy["MLP"]) >= 96
    assert float(accuracy["CNN"]) >= 98.5
    assert "epoch 30/30" in run.stderr
    assert "val_accuracy=0.9" in run.stderr
    assert "BatchNorm2d" in run.stdout
    (folder,) = tmp_path.iterdir()
    assert folder.name == "digits"
    assert names(folder) == FILES
    graph = (folder / "cnn-graph.svg").read_text()
    assert all(name in graph for name in ("model.0", "BatchNorm2d", "logits", "loss"))
    for picture in folder.glob("*.svg"):
        ElementTree.fromstring(picture.read_text())
    assert nn.load(folder / "cnn.safetensors")["0.weight"].shape == (16, 1, 3, 3)
    again = demo("--resume", "--quiet", cwd=tmp_path)  # there is nothing left to do
    assert re.findall(r"[\d.]+%", again.stdout) == [f"{a}%" for a in accuracy.values()]


def test_the_same_seed_gives_the_same_output(tmp_path):
    options = ["--quiet", "--epochs", "1", "--seed"]
    first, again, other = (demo(*options, seed, cwd=tmp_path) for seed in "445")
    assert first.stdout == again.stdout != other.stdout
    assert re.fullmatch(r"MLP test accuracy: [\d.]+%\nCNN test accuracy: [\d.]+%\n", first.stdout)
    assert first.stderr == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--epochs", "0"], "--epochs: '0' is no integer of at least 1"),
        (["--epochs", "many"], "--epochs: 'many' is no integer"),
        (["--seed", "-1"], "--seed: '-1' is no integer of at least 0"),
        (["--bogus"], "unrecognized arguments: --bogus"),
        (["--out", "missing/folder"], "can't write there"),
        (["--out", "file"], "can't write there"),
        (["--out", "file/folder"], "can't write there"),
        (["--out", "folder", "--resume"], "is damaged or no safetensors file"),
    ],
)
def test_what_is_not_possible_is_one_line_before_any_training(tmp_path, options, message):
    (tmp_path / "file").write_text("a file")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mlp-seed0.checkpoint").write_text("damaged")
    before = sorted(tmp_path.rglob("*"))
    assert message in refused(demo(*options, "--quiet", cwd=tmp_path))
    assert sorted(tmp_path.rglob("*")) == before


def test_an_unwritable_directory(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    if os.access(locked, os.W_OK):  # root may write anywhere, except here
        locked = "/proc"
    assert "can't write there" in refused(demo("--out", str(locked), cwd=tmp_path))


@pytest.mark.parametrize("package", ["sklearn", "tqdm"])
def test_a_missing_package_is_one_line(tmp_path, package):
    (tmp_path / f"{package}.py").write_text(
        f"raise ModuleNotFoundError(\"No module named '{package}'\", name='{package}')"
    )
    message = refused(demo(cwd=tmp_path, PYTHONPATH=str(tmp_path)))
    assert 'pip install -e ".[demo]"' in message
    assert package in message


def test_interrupted_and_resumed_it_ends_as_if_nothing_had_been(tmp_path):
    whole = demo("--epochs", "4", "--quiet", "--out", "whole", cwd=tmp_path)
    with subprocess.Popen(
        [sys.executable, "-m", "nn.demo", "--epochs", "4", "--out", "parts"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        while not (tmp_path / "parts" / "cnn-seed0.checkpoint").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read().decode()
    assert process.returncode == 130
    assert rest.endswith("\nnn.demo: interrupted; with --resume it goes on\n")
    assert "Traceback" not in rest
    assert names(tmp_path / "parts") == {"mlp-seed0.checkpoint", "cnn-seed0.checkpoint"}
    done = nn.load_checkpoint(tmp_path / "parts" / "cnn-seed0.checkpoint")["history"]["loss"]
    assert 1 <= len(done) < 4

    run = demo("--epochs", "4", "--quiet", "--out", "parts", "--resume", cwd=tmp_path)
    assert run.stdout == whole.stdout
    for name in FILES:
        ours, theirs = ((tmp_path / out / name).read_bytes() for out in ("whole", "parts"))
        assert ours == theirs, name


def test_a_picture_of_no_and_of_many_mistakes():
    images, labels = np.full((40, 1, 8, 8), 0.5), np.arange(40) % 10
    right, wrong = np.eye(10)[labels] * 9, np.eye(10)[(labels + 1) % 10] * 9
    text = str(mistakes({"a": right, "b": wrong}, images, labels))
    assert "a: 0 of 40 wrong" in text
    assert "no mistakes" in text
    assert "b: 40 of 40 wrong" in text
    assert "the worst mistakes (and 28 more)" in text
    assert "0 read as 1" in text
    width, height = (float(ElementTree.fromstring(text).get(name)) for name in ("width", "height"))
    for element in ElementTree.fromstring(text):
        if element.get("x"):
            assert 0 <= float(element.get("x")) <= width - float(element.get("font-size") or 0)
            assert 0 <= float(element.get("y")) <= height
