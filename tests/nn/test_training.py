"""`nn.fit`, `nn.evaluate` and what they measured."""

import os
import re
import signal
import sys
import threading
import warnings
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd as ag
import nn
from nn.data import DataLoader, TensorDataset
from nn.optim import lr_scheduler
from nn.serialization import FileError
from nn.training import History


def points(n=48):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, 2)).astype("float32")
    return TensorDataset(x, (x[:, 0] > x[:, 1]).astype(int))


def setting(dropout=0.2, lr=0.1):
    nn.seed(1)
    model = nn.Sequential(
        nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, 2)
    )
    return model, nn.optim.Adam(model.parameters(), lr=lr)


def train(model, optimizer, **options):
    options = {"epochs": 3, "progress": False, "metrics": [nn.accuracy], **options}
    data = options.pop("data", DataLoader(points(), 16, shuffle=True))
    return nn.fit(
        model, options.pop("loss", nn.CrossEntropyLoss()), data, optimizer=optimizer, **options
    )


def same(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)


# ---------------------------------------------------------------------- the loop


def test_it_makes_the_steps_that_a_loop_by_hand_makes():
    model, optimizer = setting()
    history = train(model, optimizer, clip_grad_norm=0.5)

    twin, its = setting()
    loader = DataLoader(points(), 16, shuffle=True)
    losses = []
    for _ in range(3):
        of_epoch = 0.0
        for x, y in loader:
            its.zero_grad()
            loss = nn.functional.cross_entropy(twin(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(twin.parameters(), 0.5)
            its.step()
            of_epoch += loss.item() * len(y)
        losses.append(of_epoch / 48)
    same(model.state_dict(), twin.state_dict())
    assert history["loss"] == losses
    assert history["lr"] == [0.1] * 3
    assert history["accuracy"][-1] > 0.8
    assert list(history) == ["loss", "accuracy", "lr"]
    assert not history.interrupted


def test_means_are_over_examples():
    model, _ = setting(0)
    batches = [(x, y) for x, y in DataLoader(points(20), 16)]
    assert [len(y) for _, y in batches] == [16, 4]
    got = nn.evaluate(model, nn.CrossEntropyLoss(), batches, [nn.accuracy])
    x, y = points(20)[:]
    with ag.no_grad():
        logits = model.eval()(x)
        assert got["loss"] == pytest.approx(nn.functional.cross_entropy(logits, y).item(), rel=1e-6)
    assert got["accuracy"] == pytest.approx(np.mean(np.argmax(logits, axis=1) == y))


def test_validation_is_in_eval_mode_records_nothing_and_restores_the_modes():
    model, optimizer = setting()
    model[1].eval()  # frozen
    seen = []

    def watched(prediction, target):
        seen.append(([m.training for m in model], ag.is_recording(), len(target)))
        return nn.functional.cross_entropy(prediction, target)

    frozen = model[1].running_mean.numpy()
    history = train(model, optimizer, loss=watched, epochs=1, validation=DataLoader(points(), 48))
    assert seen == [([True, False, True, True, True], True, 16)] * 3 + [([False] * 5, False, 48)]
    assert [m.training for m in model] == [True, False, True, True, True]
    np.testing.assert_array_equal(model[1].running_mean, frozen)
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy", "lr"]


def test_a_model_in_eval_mode_is_trained_in_train_mode():
    model, optimizer = setting()
    model.eval()
    train(model, optimizer, epochs=1)
    assert model[1].num_batches_tracked == 3
    assert not any(m.training for m in model.modules())


def test_several_inputs():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 1)

        def forward(self, a, b):
            return self.layer(a) + b

    model = Two()
    batch = (np.ones((3, 2), "float32"), np.ones((3, 1), "float32"), np.zeros((3, 1), "float32"))
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    history = train(model, optimizer, loss=nn.MSELoss(), data=[batch], metrics=(), epochs=20)
    assert history["loss"][-1] < 1e-3


def test_schedules_step_after_epochs_or_batches():
    model, optimizer = setting()
    schedule = lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    assert train(model, optimizer, schedule=schedule)["lr"] == [0.1, 0.05, 0.025]
    model, optimizer = setting()
    schedule = lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    train(model, optimizer, schedule=schedule, schedule_each="batch", epochs=2)
    assert schedule.get_last_lr() == [0.1 / 2**6]
    model, optimizer = setting()
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, threshold=10.0)
    train(model, optimizer, schedule=schedule)  # nothing is ever that much better
    assert schedule.get_last_lr() == [pytest.approx(0.1 / 1000)]


def test_an_optimizer_that_evaluates_several_times():
    model = nn.Linear(2, 2)
    optimizer = nn.optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")
    history = train(model, optimizer, data=DataLoader(points(), 48), epochs=5)
    assert history["loss"][-1] < 0.1


# ---------------------------------------------------------------------- early stopping


def falling_then_rising():
    """A loss whose values are given, and whose gradient moves the parameters anyway."""
    values = iter([3.0, 2.0, 2.7, 2.5, 2.4, 2.3, 1.0, 1.0])

    def loss(prediction, target):
        value = prediction.mean()
        return value - value.item() + next(values)

    return loss


def test_early_stopping_keeps_the_best_epoch():
    model = nn.Linear(2, 1)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    batch = (np.ones((4, 2), "float32"), np.ones((4, 1), "float32"))
    states = []
    schedule = lr_scheduler.LambdaLR(
        optimizer, lambda epoch: states.append(model.state_dict()) or 1
    )
    history = train(
        model,
        optimizer,
        loss=falling_then_rising(),
        data=[batch],
        metrics=(),
        epochs=8,
        patience=3,
        schedule=schedule,
    )
    np.testing.assert_allclose(history["loss"], [3, 2, 2.7, 2.5, 2.4], rtol=1e-6)
    same(model.state_dict(), states[2])


def test_patience_that_does_not_run_out_keeps_the_best_epoch_too():
    model = nn.Linear(2, 1)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    batch = (np.ones((4, 2), "float32"), np.ones((4, 1), "float32"))
    history = train(
        model, optimizer, loss=falling_then_rising(), data=[batch], metrics=(), epochs=4, patience=9
    )
    assert history.epochs == 4
    assert not history.interrupted


def test_a_validation_loss_that_is_nan_is_never_the_best():
    model = nn.Linear(2, 1)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    batch = (np.ones((4, 2), "float32"), np.ones((4, 1), "float32"))
    validated = iter([3.0, np.nan, 2.0, 2.5, 1.0])

    def loss(prediction, target):
        value = ((prediction - target) ** 2).mean()
        return value if model.training else value * 0 + next(validated)

    history = train(
        model, optimizer, loss=loss, data=[batch], validation=[batch], metrics=(), epochs=4,
        patience=2,
    )  # fmt: skip
    np.testing.assert_allclose(history["val_loss"], [3, np.nan, 2, 2.5])


# ---------------------------------------------------------------------- a loss that is no number


def test_it_stops_before_a_loss_that_is_nan_changes_a_parameter(tmp_path):
    model, optimizer = setting(0)
    good = [(x, y) for x, y in DataLoader(points(), 16)]
    bad = [good[0], (np.full((16, 2), np.inf, "float32"), good[1][1]), good[2]]
    before = {}
    options = {"checkpoint": tmp_path / "run", "resume": True, "metrics": ()}
    train(model, optimizer, data=good, epochs=1, **options)

    def loss(prediction, target):
        before.update({name: p.numpy() for name, p in model.named_parameters()})
        return nn.functional.cross_entropy(prediction, target)

    with (
        np.errstate(all="ignore"),
        pytest.raises(
            ag.AnomalyError,
            match=r"fit: the loss is nan in epoch 2, batch 2 \(the loss before was 0\.\d+\).*"
            r"`with autograd.detect_anomaly\(\):`",
        ),
    ):
        train(model, optimizer, data=bad, loss=loss, epochs=3, **options)
    same(before, {name: p.numpy() for name, p in model.named_parameters()})
    assert all(np.isfinite(value).all() for value in before.values())
    model, optimizer = setting(0)  # the file keeps the last whole epoch
    assert train(model, optimizer, data=good, epochs=2, **options).epochs == 2


def test_it_stops_before_a_gradient_that_is_nan_changes_a_parameter():
    model, optimizer = setting(0)
    before = {name: p.numpy() for name, p in model.named_parameters()}

    def loss(prediction, target):
        return np.sqrt((model[0].weight * 0) ** 2).sum() + prediction.mean()

    with (
        np.errstate(all="ignore"),
        pytest.raises(
            ag.AnomalyError,
            match=r"gradient of 0\.weight is not finite in epoch 1, batch 1, and the",
        ),
    ):
        train(model, optimizer, loss=loss)
    same(before, {name: p.numpy() for name, p in model.named_parameters()})
    with (
        ag.detect_anomaly(),
        pytest.raises(ag.AnomalyError, match="has local derivative inf"),
    ):
        train(model, optimizer, loss=loss)


# ---------------------------------------------------------------------- checkpoints and Ctrl-C


SCHEDULES = {
    "none": lambda optimizer: {},
    "cosine": lambda o: {"schedule": lr_scheduler.CosineAnnealingLR(o, 6)},
    "one cycle": lambda o: {
        "schedule": lr_scheduler.OneCycleLR(o, 0.1, total_steps=100),
        "schedule_each": "batch",
    },
    "plateau": lambda o: {"schedule": lr_scheduler.ReduceLROnPlateau(o, patience=0)},
}


@pytest.mark.parametrize("patience", [None, 2])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_run_that_is_resumed_ends_bitwise_as_if_it_had_never_stopped(
    tmp_path, schedule, patience
):
    validation = DataLoader(points(30), 10)
    options = {"validation": validation, "patience": patience, "clip_grad_norm": 1.0}
    model, optimizer = setting()
    whole = train(model, optimizer, epochs=6, **options, **SCHEDULES[schedule](optimizer))

    for epochs in (2, 3, 6):
        twin, its = setting()
        if epochs > 2:
            nn.seed(epochs)  # whatever is drawn before a run goes on
        kept = {"checkpoint": tmp_path / "run", "resume": epochs > 2}
        parts = train(twin, its, epochs=epochs, **kept, **options, **SCHEDULES[schedule](its))
    same(model.state_dict(), twin.state_dict())
    assert repr(parts) == repr(whole)
    assert parts == whole
    again = train(
        twin,
        its,
        epochs=6,
        checkpoint=tmp_path / "run",
        resume=True,
        **options,
        **SCHEDULES[schedule](its),
    )
    assert again == whole
    assert os.listdir(tmp_path) == ["run"]


def test_resuming_something_else_is_refused_before_anything_changes(tmp_path):
    model, optimizer = setting()
    train(model, optimizer, checkpoint=tmp_path / "run")
    twin, its = setting()
    before = twin.state_dict()
    options = {"checkpoint": tmp_path / "run", "resume": True}
    with pytest.raises(ValueError, match="measured accuracy, loss, lr, and this training loss, lr"):
        train(twin, its, metrics=(), **options)
    with pytest.raises(
        ValueError, match="keeps model, optimizer, and this training model, optimizer, schedule"
    ):
        train(twin, its, schedule=lr_scheduler.StepLR(its, 1), **options)
    other = nn.Linear(2, 2)
    with pytest.raises(ValueError, match=r"Linear\.load_state_dict"):
        train(other, nn.optim.Adam(other.parameters()), **options)
    nn.save_checkpoint(tmp_path / "run", model=twin)
    with pytest.raises(FileError, match="no checkpoint of a training"):
        train(twin, its, **options)
    same(before, twin.state_dict())


@pytest.mark.parametrize("where", ["data", "forward", "loss", "step", "metric", "validation"])
def test_ctrl_c_waits_for_the_end_of_a_step(tmp_path, where):
    model, optimizer = setting()
    steps = []

    def ctrl_c():
        signal.raise_signal(signal.SIGINT)

    class Watched(type(optimizer)):
        def step(self, closure=None):
            if where == "step" and len(steps) == 4:
                ctrl_c()
            result = super().step(closure)
            steps.append([p.numpy() for p in model.parameters()])
            return result

    class Layer(nn.Module):
        def forward(self, x):
            if where == "forward" and len(steps) == 4:
                ctrl_c()
            return x

    def data():
        for k, batch in enumerate(DataLoader(points(), 16)):
            if where == "data" and len(steps) == 4 and k == 1:
                ctrl_c()
            yield batch

    class Data:
        def __init__(self, batches):
            self.batches = batches

        def __iter__(self):
            return iter(self.batches())

    def validation():
        if where == "validation" and len(steps) == 6:
            ctrl_c()
        yield points()[:]
        yield points()[:]

    def loss(prediction, target):
        if where == "loss" and len(steps) == 4:
            ctrl_c()
        return nn.functional.cross_entropy(prediction, target)

    def metric(prediction, target):
        if where == "metric" and len(steps) == 5:
            ctrl_c()
        return 0

    model.append(Layer())
    optimizer.__class__ = Watched
    history = train(
        model,
        optimizer,
        data=Data(data),
        loss=loss,
        metrics=[metric],
        epochs=9,
        validation=Data(validation),
        checkpoint=tmp_path / "run",
    )
    assert history.interrupted
    assert history.epochs == 1
    assert len(steps) == {"data": 4, "validation": 6}.get(where, 5)
    for value, after in zip(model.parameters(), steps[-1], strict=True):  # no half step
        np.testing.assert_array_equal(value.data, after)
    assert all(m.training for m in model.modules())
    assert "(interrupted)" in repr(history)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert ag.is_recording()
    kept = nn.load_checkpoint(tmp_path / "run")
    assert kept["history"]["loss"] == history["loss"]
    assert np.isfinite(model(points()[:][0]).data).all()


def test_a_second_ctrl_c_does_not_wait():
    model, optimizer = setting()
    reached = []

    def loss(prediction, target):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        reached.append(1)

    assert train(model, optimizer, loss=loss).interrupted
    assert not reached


def test_ctrl_c_while_the_last_checkpoint_is_written(tmp_path, monkeypatch):
    model, optimizer = setting()
    replace = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (signal.raise_signal(signal.SIGINT), replace(fd)))
    history = train(model, optimizer, epochs=1, checkpoint=tmp_path / "run")
    assert history.interrupted
    assert history.epochs == 1
    assert nn.load_checkpoint(tmp_path / "run")["history"] == history


def test_in_another_thread_and_beside_another_handler():
    results = []
    thread = threading.Thread(target=lambda: results.append(train(*setting(), epochs=1)))
    thread.start()
    thread.join()
    assert results[0].epochs == 1
    before = signal.signal(signal.SIGINT, lambda *args: None)
    try:
        mine = signal.getsignal(signal.SIGINT)
        train(*setting(), epochs=1)
        assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_errors_pass_and_restore():
    model, optimizer = setting()
    model.eval()

    def loss(prediction, target):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        train(model, optimizer, loss=loss)
    assert not model.training
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# ---------------------------------------------------------------------- progress


def test_a_progress_bar(capfd):
    train(*setting(), epochs=2, progress=True, validation=DataLoader(points(), 48))
    shown = capfd.readouterr().err
    assert "epoch 2/2" in shown
    assert "6/6" in shown
    assert re.search(r"loss=0\.\d+, accuracy=0\.\d+, val_loss=0\.\d+, val_accuracy=0\.\d+", shown)
    train(*setting(), epochs=1, progress=False)
    assert capfd.readouterr() == ("", "")


def test_without_tqdm_it_trains_and_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.warns(UserWarning, match="no tqdm; pip install tqdm") as caught:
        assert train(*setting(), epochs=1, progress=True).epochs == 1
    assert caught[0].filename == __file__


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"epochs": 0}, ValueError, "epochs must be an integer of at least 1; received 0"),
        ({"epochs": 1.5}, ValueError, "epochs must be"),
        ({"patience": 0}, ValueError, "patience must be an integer of at least 1"),
        ({"clip_grad_norm": -1}, ValueError, "clip_grad_norm must be a number of at least 0"),
        ({"clip_grad_norm": float("nan")}, ValueError, "clip_grad_norm must be a number of at least 0"),
        ({"schedule_each": "step"}, ValueError, "schedule_each must be 'epoch' or 'batch'"),
        ({"resume": True}, ValueError, "resume=True needs a checkpoint"),
        ({"data": points()}, TypeError, "TensorDataset as data, .* give a DataLoader"),
        ({"data": iter([1])}, TypeError, "list_iterator as data"),
        ({"data": np.ones(3)}, TypeError, "float64 of shape .* as data"),
        ({"data": 5}, TypeError, "received 5 as data"),
        ({"data": None}, TypeError, "received no data"),
        ({"validation": points()}, TypeError, "TensorDataset as validation"),
        ({"data": [1]}, TypeError, "received 1 as a batch"),
        ({"data": [(np.ones(2),)]}, TypeError, "received a tuple of 1 as a batch"),
        ({"data": DataLoader(points(), 64, drop_last=True)}, ValueError, "without examples"),
        ({"metrics": nn.accuracy}, TypeError, "metrics must be a list"),
        ({"metrics": [nn.accuracy, nn.accuracy]}, ValueError, "the name of another"),
        ({"metrics": ["accuracy"]}, ValueError, "'accuracy' among the metrics"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(options, error, message):
    model, optimizer = setting()
    before = model.state_dict()
    with pytest.raises(error, match=message):
        train(model, optimizer, **options)
    same(before, model.state_dict())


def test_wrong_models_and_optimizers_are_refused():
    model, optimizer = setting()
    with pytest.raises(TypeError, match="model must be a Module, received the function"):
        train(lambda x: x, optimizer)
    with pytest.raises(TypeError, match="type generator, which is no optimizer"):
        train(model, model.parameters())


# ---------------------------------------------------------------------- accuracy and history


def test_accuracy():
    logits = np.zeros((2, 3, 2))
    logits[0, 1, 0] = logits[1, 2, 1] = 1
    assert nn.accuracy(ag.tensor(logits, requires_grad=True), [[1, 0], [1, 2]]) == 0.75
    for prediction, target in [
        (np.ones((3, 2)), np.ones((3, 1))),
        (np.ones(3), np.ones(3)),
        (np.ones((3, 2)), np.ones((3, 2))),
    ]:
        with pytest.raises(ValueError, match="accuracy: received predictions of shape"):
            nn.accuracy(prediction, target)


def test_a_long_history_is_a_short_table():
    history = History(loss=[1 / (k + 1) for k in range(100)], big=[1e9] * 100)
    lines = repr(history).splitlines()
    assert len(lines) == 17
    assert lines[0].split() == ["epoch", "loss", "big"]
    assert lines[6].split() == ["..."]
    assert lines[-1].split() == ["100", "0.0100", "1.00e+09"]
    assert repr(History()) == "epoch"


@pytest.mark.parametrize(
    "history",
    [
        {},
        {"loss": []},
        {"loss": [1.0]},
        {"loss": [0.0, 0.0]},
        {"loss": [float("nan")] * 2, "val_loss": [1.0, float("inf")]},
        {"loss": [1e3, 1e-5, 1e-9], "lr": [0.1, 0.1, 0.1], "a<b": [-5, 0, 1e8]},
        {
            "loss": list(np.linspace(1, 2, 1000)),
            "accuracy": [0.5] * 1000,
            "val_accuracy": [0.5] * 1000,
        },
        {"lr": [0.1, 0.1]},
    ],
    ids=str,
)
def test_the_learning_curves_are_svg_inside_their_frame(history, tmp_path):
    picture = History(history).plot()
    picture.save(tmp_path / "curves.svg")
    root = ElementTree.fromstring((tmp_path / "curves.svg").read_text())
    width, height = float(root.get("width")), float(root.get("height"))
    for element in root.iter():
        for name, value in element.attrib.items():
            if name in ("x1", "x2", "x", "cx"):
                assert 0 <= float(value) <= width
            if name in ("y1", "y2", "y", "cy"):
                assert 0 <= float(value) <= height
            assert "nan" not in value
        for point in element.get("points", "").split():
            x, y = map(float, point.split(","))
            assert 60 <= x <= width
            assert 60 <= y <= height - 40
    assert "Picture of" in repr(picture)
    assert History(history)._repr_svg_() == str(picture)
    assert "prefers-color-scheme:dark" in str(picture)


def test_pictures_without_matplotlib_raise_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "<svg" in str(History(loss=[1.0, 0.5]).plot())
    assert "matplotlib" not in sys.modules


def test_an_optimizer_or_schedule_of_another_model_is_refused(tmp_path):
    model, other = nn.Linear(2, 1), nn.Linear(2, 1)
    batches = [(np.ones((4, 2), "float32"), np.ones((4, 1), "float32"))]
    ours, theirs = (nn.optim.SGD(m.parameters(), lr=0.1) for m in (model, other))
    schedule = nn.optim.lr_scheduler.StepLR(theirs, 1)
    options = {"epochs": 1, "progress": False}
    with pytest.raises(ValueError, match="none of the model's parameters"):
        nn.fit(model, nn.MSELoss(), batches, optimizer=theirs, **options)
    with pytest.raises(ValueError, match="StepLR, is that of another optimizer"):
        nn.fit(model, nn.MSELoss(), batches, optimizer=ours, schedule=schedule, **options)
    plateau = nn.optim.lr_scheduler.ReduceLROnPlateau(ours)
    before = model.weight.data.copy()
    with pytest.raises(ValueError, match="use schedule_each='epoch'"):
        nn.fit(
            model, nn.MSELoss(), batches, optimizer=ours, schedule=plateau,
            schedule_each="batch", **options,
        )  # fmt: skip
    assert (model.weight.data == before).all()
    for path in (tmp_path / "nowhere" / "file", tmp_path):
        with pytest.raises(ValueError, match="can't be written"):
            nn.fit(model, nn.MSELoss(), batches, optimizer=ours, checkpoint=path, **options)
