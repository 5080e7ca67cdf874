"""``python -m nn.demo``: learn to read handwritten digits, and draw how the loss is computed.

Trains a small network on scikit-learn's 8x8 digits and reports its accuracy on the fifth of them
that it never saw. Writes the computation graph of one batch's loss as digits-graph.svg.
Needs ``pip install -e ".[demo]"``. Exit codes: 0, 2 for anything that is not possible as
asked (one line on stderr says why, before any training), 130 for Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

import autograd as ag
import nn
from autograd import Tensor

FILE = "digits-graph.svg"
SUFFIXES = (".svg", ".png", ".pdf", ".dot")
BATCH = 64


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, without the usage above it."""
        self.exit(2, f"nn.demo: {message} (--help lists the options)\n")


def _integer(least: int) -> Any:
    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no integer of at least {least}")
        return int(text)

    return parse


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(
        prog="python -m nn.demo",
        description="Train a network on handwritten digits and draw its computation graph.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--epochs", type=_integer(1), default=30, help="passes over the digits (default: 30)"
    )
    parser.add_argument(
        "--seed", type=_integer(0), default=0, help="the same seed, the same run (default: 0)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(FILE),
        help=f"where the drawing goes: a file ending in {', '.join(SUFFIXES)}, or a directory for "
        f"{FILE} (default: ./{FILE})",
    )
    parser.add_argument("--quiet", action="store_true", help="print the test accuracy only")
    return parser.parse_args(arguments)


def _destination(path: Path) -> Path:
    """The file to write, or an OSError if that will not work."""
    if path.is_dir():
        path /= FILE
    if path.suffix.lower() not in SUFFIXES:
        raise OSError(f"--out {path}: must end in {', '.join(SUFFIXES)}, or be a directory")
    if path.exists() and not path.is_file():
        raise OSError(f"--out {path}: exists and is no file")
    try:
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise OSError(f"--out {path}: can't write there ({error.strerror})") from None
    return path


def _accuracy(model: nn.Module, x: Tensor, y: Any) -> float:
    with ag.no_grad():
        return float(np.mean(np.argmax(model(x), axis=-1) == y))


def _run(options: argparse.Namespace, path: Path) -> None:
    from sklearn.datasets import load_digits
    from tqdm import tqdm

    nn.seed(options.seed)
    pixels, digits = load_digits(return_X_y=True)
    order = nn.random.generator.permutation(len(digits))
    x, y = (pixels[order] / 16).astype(np.float32), digits[order]
    held_out = len(y) // 5
    test_x, test_y = Tensor(x[:held_out]), y[:held_out]
    x, y = x[held_out:], y[held_out:]

    model = nn.Sequential(
        nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    with tqdm(total=options.epochs, unit="epoch", disable=options.quiet) as bar:
        for _ in range(options.epochs):
            losses, right = 0.0, 0
            shuffled = nn.random.generator.permutation(len(y))
            for start in range(0, len(y), BATCH):
                batch = shuffled[start : start + BATCH]
                images, labels = Tensor(x[batch], copy=False), y[batch]
                logits = model(images)
                loss = nn.functional.cross_entropy(logits, labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses += loss.item() * len(batch)
                right += int(np.sum(np.argmax(logits, axis=-1) == labels))
            bar.set_postfix(loss=f"{losses / len(y):.4f}", accuracy=f"{right / len(y):.1%}")
            bar.update()

    print(f"test accuracy: {_accuracy(model, test_x, test_y):.1%}", flush=True)
    images, labels = Tensor(x[:BATCH]), y[:BATCH]
    logits = model(images)
    loss = nn.functional.cross_entropy(logits, labels)
    with warnings.catch_warnings(record=True) as hints:
        warnings.simplefilter("always")
        written = ag.draw(loss).save(path)
    if not options.quiet:
        print(*[hint.message for hint in hints] or [f"computation graph: {written}"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo with these command-line arguments; returns the exit code."""
    options = _options(arguments)
    try:
        _run(options, _destination(options.out))
    except KeyboardInterrupt:
        print("nn.demo: interrupted", file=sys.stderr)
        return 130
    except ImportError as error:
        missing = f'needs {error.name}; pip install -e ".[demo]"'
        print(f"nn.demo: {missing}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"nn.demo: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
