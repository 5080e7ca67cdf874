"""``python -m nn.demo``: learn to read handwritten digits, twice, and show what was learnt.

Trains an MLP and then a CNN with batch normalisation on scikit-learn's 8x8 digits, and compares
them on the fifth of these that they never saw. Writes into a folder: the weights, the learning
curves, the worst mistakes, the graph of each model's loss, and checkpoints, from which
``--resume`` goes on. Needs ``pip install -e ".[demo]"``. Exit codes: 0, 2 for anything that is
not possible as asked (one line on stderr says why, before any training), 130 for Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np

import autograd as ag
import nn
from autograd import Tensor
from nn.data import DataLoader, default_collate, digits, random_split
from nn.serialization import FileError
from nn.svg import Picture, curves

FOLDER = "digits"
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
        description="Train two networks on handwritten digits, and draw what they learnt.",
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
        default=Path(FOLDER),
        help=f"the folder to write to, made if it is not there (default: ./{FOLDER})",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on from where a run of this seed was interrupted"
    )
    parser.add_argument("--quiet", action="store_true", help="print the test accuracies only")
    return parser.parse_args(arguments)


def _folder(path: Path) -> Path:
    """The folder to write to, or an OSError if that will not work."""
    try:
        path.mkdir(exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise OSError(f"--out {path}: can't write there ({error.strerror})") from None
    return path


# ---------------------------------------------------------------------- the models


class Trained(NamedTuple):
    """A model after its training, and what it makes of the digits that it never saw."""

    model: nn.Module
    history: nn.History
    seconds: float
    logits: Any


def _mlp() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(64, 128),
        nn.ReLU(),
        nn.Linear(128, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def _cnn() -> nn.Module:
    def block(before: int, after: int) -> list[nn.Module]:
        convolution = nn.Conv2d(before, after, 3, padding="same", bias=False)
        return [convolution, nn.BatchNorm2d(after), nn.ReLU()]

    return nn.Sequential(
        *block(1, 16),
        *block(16, 32),
        nn.MaxPool2d(2),
        *block(32, 64),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(256, 10),
    )


def _shifted(examples: list[Any]) -> list[Any]:
    """A batch of images, each moved by up to a pixel: what is written stays the same."""
    images, labels = default_collate(examples)
    n, _, height, width = images.shape
    padded = np.pad(images.data[:, 0], ((0, 0), (1, 1), (1, 1)))
    down, right = nn.random.generator.integers(0, 3, (2, n, 1))
    rows, columns = down + np.arange(height), right + np.arange(width)
    moved = padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return [Tensor(moved[:, None], copy=False), labels]


def _train(name: str, options: argparse.Namespace, train: Any, test: Any) -> Trained:
    start = time.perf_counter()
    model = _mlp() if name == "MLP" else _cnn()
    optimizer = nn.optim.Adam(model.parameters(), lr=3e-3)
    if not options.quiet:
        print(f"{name}:\n{nn.summary(model, (BATCH, 1, 8, 8))}", flush=True)
    history = nn.fit(
        model,
        nn.CrossEntropyLoss(),
        DataLoader(train, BATCH, shuffle=True, collate_fn=None if name == "MLP" else _shifted),
        optimizer=optimizer,
        epochs=options.epochs,
        validation=DataLoader(test, 512),
        metrics=[nn.accuracy],
        schedule=nn.optim.lr_scheduler.ExponentialLR(optimizer, 0.92),
        checkpoint=_checkpoint(name, options),
        resume=options.resume,
        progress=not options.quiet,
    )
    if history.interrupted:
        raise KeyboardInterrupt
    with ag.no_grad():
        logits = np.asarray(model.eval()(test[:][0]))
    return Trained(model, history, time.perf_counter() - start, logits)


def _checkpoint(name: str, options: argparse.Namespace) -> Path:
    # The seed decides which digits are held out: a run must not go on with those of another.
    path: Path = options.out / f"{name.lower()}-seed{options.seed}.checkpoint"
    return path


def _run(options: argparse.Namespace) -> None:
    if not options.quiet:
        import tqdm  # noqa: F401  (say that it is missing before any training)
    data = digits()
    nn.seed(options.seed)
    out = _folder(options.out)
    test, train = random_split(data, [0.2, 0.8])
    trained = {name: _train(name, options, train, test) for name in ("MLP", "CNN")}
    labels = test[:][1]
    for name, of_one in trained.items():
        wrong = int(np.sum(np.argmax(of_one.logits, axis=1) != labels))
        parameters = sum(p.size for p in of_one.model.parameters())
        details = f"   {wrong} of {len(labels)} wrong, {parameters:,} parameters, "
        details += f"{of_one.seconds:.0f} s"
        shown = "" if options.quiet else details
        print(f"{name} test accuracy: {1 - wrong / len(labels):.1%}{shown}", flush=True)
    for name, of_one in trained.items():
        nn.save(of_one.model, out / f"{name.lower()}.safetensors")
        _draw_graph(of_one.model, train[:BATCH], out / f"{name.lower()}-graph.svg")
    histories = {name: dict(of_one.history) for name, of_one in trained.items()}
    for history in histories.values():
        del history["lr"]  # the same for both
    curves(histories).save(out / "curves.svg")
    mistakes({name: t.logits for name, t in trained.items()}, *test[:]).save(out / "mistakes.svg")
    if not options.quiet:
        print(f"written to {out}: {', '.join(sorted(p.name for p in out.iterdir()))}")


def _draw_graph(model: nn.Module, batch: Any, path: Path) -> None:
    """Draw how the loss is computed."""
    images, labels = Tensor(batch[0]), batch[1]
    with ag.Tape() as tape:
        logits = model.train()(images)
        loss = nn.functional.cross_entropy(logits, labels)
    tape.draw(loss).save(path)


# ---------------------------------------------------------------------- the worst mistakes


CELL, TILE, TILES = 22, 72, 6  # pixels of a cell and a tile; tiles in a row
GAP = 14


def mistakes(logits: dict[str, Any], images: Any, labels: Any) -> Picture:
    """For each model, what it took for what, and the digits that it was most surely wrong about."""
    left = 58 + 10 * CELL + 50
    height = 10 * CELL + 100
    picture = Picture(left + TILES * (TILE + GAP) + 10, height * len(logits), "mistakes")
    for k, (name, of_one) in enumerate(logits.items()):
        top = k * height + 50
        read = np.argmax(of_one, axis=1)
        wrong = np.flatnonzero(read != labels)
        probabilities = np.asarray(ag.softmax(of_one, axis=1))
        worst = wrong[np.argsort(-probabilities[wrong, read[wrong]], kind="stable")]
        title = f"{name}: {len(wrong)} of {len(labels)} wrong"
        picture.add("text", title, x=18, y=top - 18, font_size=15, font_weight="bold")
        _matrix(picture, 58, top, read, labels)
        for i, n in enumerate(worst[: 2 * TILES]):
            x = left + i % TILES * (TILE + GAP)
            y = top + i // TILES * (TILE + 46)
            _tile(picture, x, y, images[n, 0])
            sure = probabilities[n, read[n]]
            for row, text in enumerate((f"{labels[n]} read as {read[n]}", f"{sure:.0%} sure")):
                line = y + TILE + 14 + 14 * row
                picture.add(
                    "text", text, x=x + TILE / 2, y=line, text_anchor="middle", font_size=11
                )
        more = len(worst) - 2 * TILES
        text = "the worst mistakes" + (f" (and {more} more)" if more > 0 else "")
        picture.add("text", text if len(worst) else "no mistakes", x=left, y=top - 18)
    return picture


def _matrix(picture: Picture, left: float, top: float, read: Any, labels: Any) -> None:
    """How often each digit was read as which."""
    picture.add("text", "read as", x=left + 5 * CELL, y=top + 10 * CELL + 32, text_anchor="middle")
    middle = top + 5 * CELL
    turned = f"rotate(-90 {left - 26} {middle})"
    picture.add("text", "digit", x=left - 26, y=middle, text_anchor="middle", transform=turned)
    for i in range(10):
        centre = CELL * i + CELL / 2
        picture.add("text", str(i), x=left - 8, y=top + centre + 4, text_anchor="end")
        picture.add("text", str(i), x=left + centre, y=top + 10 * CELL + 15, text_anchor="middle")
        for j in range(10):
            count = int(np.sum((labels == i) & (read == j)))
            fill = "#e8eef5" if i == j else f"rgb(217 98 43 / {min(count, 4) * 0.22:.2f})"
            x, y = left + CELL * j, top + CELL * i
            box: dict[str, Any] = {"width": CELL, "height": CELL, "stroke": "#ddd"}
            picture.add("rect", x=x, y=y, fill=fill if count else "white", **box)
            if count:
                place: dict[str, Any] = {"x": x + CELL / 2, "y": y + CELL / 2 + 4}
                picture.add("text", str(count), text_anchor="middle", font_size=10.5, **place)


def _tile(picture: Picture, left: float, top: float, image: Any) -> None:
    size = TILE / len(image)
    for (i, j), ink in np.ndenumerate(image):
        if ink:
            level = round(255 * (1 - float(ink)))
            picture.add(
                "rect", x=left + j * size, y=top + i * size, width=size, height=size,
                fill=f"rgb({level} {level} {level})", shape_rendering="crispEdges",
            )  # fmt: skip
    box: dict[str, Any] = {"width": TILE, "height": TILE, "fill": "none", "stroke": "#999"}
    picture.add("rect", x=left, y=top, **box)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo with these command-line arguments; returns the exit code."""
    options = _options(arguments)
    try:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        # Threads gain little on products as small as these, and lose much on a busy machine.
        # (scikit-learn has brought what limits them.)
        with threadpool_limits(1):
            _run(options)
    except KeyboardInterrupt:
        print("nn.demo: interrupted; with --resume it goes on", file=sys.stderr)
        return 130
    except ImportError as error:
        missing = f'needs {error.name}; pip install -e ".[demo]"'
        print(f"nn.demo: {missing}", file=sys.stderr)
        return 2
    except (OSError, FileError) as error:
        print(f"nn.demo: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
