"""The demo as a user starts it."""

import os
import re
import signal
import subprocess
import sys

import pytest

pytest.importorskip("sklearn")
pytest.importorskip("tqdm")

ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}


def demo(*arguments, cwd, **variables):
    return subprocess.run(
        [sys.executable, "-m", "nn.demo", *arguments],
        cwd=cwd,
        env={**ENVIRONMENT, **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )


def refused(run):
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("nn.demo: ")
    assert run.stderr.count("\n") == 1
    return run.stderr


def test_learns_to_read_digits_and_draws_the_graph(tmp_path):
    run = demo(cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    accuracy = re.search(r"^test accuracy: ([\d.]+)%$", run.stdout, re.MULTILINE)
    assert float(accuracy[1]) >= 97
    assert "30/30" in run.stderr
    assert "loss=" in run.stderr
    assert "accuracy=" in run.stderr
    (written,) = tmp_path.iterdir()
    assert written.name in ("digits-graph.svg", "digits-graph.dot")
    assert written.name in run.stdout
    text = written.read_text()
    assert all(name in text for name in ("images", "model.0.weight", "logits", "loss", "matmul"))


def test_the_same_seed_gives_the_same_output(tmp_path):
    options = ["--quiet", "--epochs", "1", "--out", "graph.dot", "--seed"]
    first, again, other = (demo(*options, seed, cwd=tmp_path) for seed in "445")
    assert first.stdout == again.stdout != other.stdout
    assert re.fullmatch(r"test accuracy: [\d.]+%\n", first.stdout)
    assert first.stderr == ""


def test_out_is_a_file_or_a_directory(tmp_path):
    (tmp_path / "pictures").mkdir()
    for out in ("pictures", "graph.dot"):
        assert demo("--epochs", "1", "--quiet", "--out", out, cwd=tmp_path).returncode == 0
    assert (tmp_path / "graph.dot").read_text().startswith("digraph")
    assert len(list((tmp_path / "pictures").iterdir())) == 1


def test_without_a_renderer_it_writes_dot_text_and_says_so(tmp_path):
    run = demo("--epochs", "1", cwd=tmp_path, PATH=str(tmp_path))
    assert run.returncode == 0
    if not (tmp_path / "digits-graph.svg").exists():  # no graphviz-pure beside the interpreter
        assert "install one" in run.stdout
        assert [path.name for path in tmp_path.iterdir()] == ["digits-graph.dot"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--epochs", "0"], "--epochs: '0' is no integer of at least 1"),
        (["--epochs", "many"], "--epochs: 'many' is no integer"),
        (["--seed", "-1"], "--seed: '-1' is no integer of at least 0"),
        (["--bogus"], "unrecognized arguments: --bogus"),
        (["--out", "missing/graph.svg"], "can't write there"),
        (["--out", "graph.bmp"], "must end in"),
        (["--out", "folder.svg/graph.svg"], "can't write there"),
        (["--out", "link.svg"], "exists and is no file"),
    ],
)
def test_what_is_not_possible_is_one_line_before_any_training(tmp_path, options, message):
    (tmp_path / "folder.svg").write_text("a file")
    os.mkfifo(tmp_path / "link.svg")
    before = sorted(tmp_path.iterdir())
    assert message in refused(demo(*options, cwd=tmp_path))
    assert sorted(tmp_path.iterdir()) == before


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


def test_interrupted(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "nn.demo", "--epochs", "1000000"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
    ) as process:
        seen = b""
        while b"loss=" not in seen:
            seen += process.stderr.read(1)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read().decode()
    assert process.returncode == 130
    assert rest.endswith("\nnn.demo: interrupted\n")
    assert "Traceback" not in rest
    assert list(tmp_path.iterdir()) == []
