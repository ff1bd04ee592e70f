"""Training the instrument head on recordings: which are watched, how long, and what is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from swara.classifier import HeadError
from swara.classifier.head_files import NETWORK, FitOptions, FittedHead, OnEpoch, write_head
from swara.classifier.head_scores import watched_figures
from swara.classifier.instruments.network import (
    KIND,
    NETWORK_FILE,
    ON_EMBEDDER_FILE,
    InstrumentHead,
)
from swara.data.corpora.entry import Entry
from swara.data.storage.json_lines import Json
from swara.embedder.training.running import restore, save

from .pictures import Batches, Pictures, pictures_of, sounding

if TYPE_CHECKING:
    from .layers import Build

__all__ = ["Course", "answers", "fit", "train"]

_BATCH, _STEPS = 64, 100
_WATCHED = 0.15


@dataclass(frozen=True, slots=True)
class Course:
    """How long a training goes on.

    Parameters
    ----------
    seed : int
        Of everything random.
    epochs : int
        The most passes of `_STEPS` batches.
    patience : int
        Passes without a gain on what is watched after which it ends.
    learning_rate : float
        Until six tenths of the passes are done; it falls to nothing from there.
    kept : Path, optional
        A file to go on from where it is there, and to write after each pass.
    """

    seed: int
    epochs: int
    patience: int
    learning_rate: float
    kept: Path | None = None


def fit(rows: Sequence[Entry], folder: Path, options: FitOptions, on_epoch: OnEpoch) -> FittedHead:
    """Train a head on recordings with instruments and write it into `folder`.

    About a seventh of the players of each instrument that has several is watched and not learned from.

    Parameters
    ----------
    rows : sequence of Entry
        Recordings; their instruments are what the head can answer.
    folder : Path
        Where the head is written.
    options : FitOptions
        How it is trained; the length of windows is the network's own.
    on_epoch : callable
        Told each pass.

    Raises
    ------
    HeadError
        If there are fewer than two instruments.
    AudioError
        If a recording cannot be read.
    """
    known = [row for row in rows if row.instrument]
    labels = tuple(sorted({row.instrument for row in known}))
    if len(labels) < 2:
        fix = "Add recordings of others; the column instrument names what is played"
        raise HeadError("the corpus has no two instruments to tell apart", fix=fix)
    watched = _watched(known, options.seed)
    taught = [row for row, out in zip(known, watched, strict=True) if not out]
    kept = [row for row, out in zip(known, watched, strict=True) if out]
    heard = pictures_of(taught, labels, [2] * len(taught), options.seed)
    seen = pictures_of(kept, labels, [0] * len(kept), 0)
    course = Course(options.seed, options.epochs, options.patience, options.learning_rate)
    model, epochs = train(heard, seen, labels, course, on_epoch)
    fitted = written(model, labels, kept, folder, description(taught, options.seed, epochs), epochs)
    return replace(
        fitted,
        notes=(f"{len(rows) - len(known)} recordings without an instrument were left out",)
        if len(rows) > len(known)
        else (),
    )


def answers(rows: Sequence[Entry], folder: Path) -> list[str]:
    """Return what the head in a folder says of each recording: a label, empty where it cannot tell."""
    head = InstrumentHead(folder)
    return [head.name(sounding(row)).name or "" for row in rows]


def _watched(rows: Sequence[Entry], seed: int) -> list[bool]:
    """Choose players to watch; where each instrument has one player alone, recordings."""
    rng = np.random.default_rng(seed)
    names = [(row.instrument, row.source, row.player) for row in rows]
    players, chosen = sorted(set(names)), set[tuple[str, str, str]]()
    for label in sorted({player[0] for player in players}):
        own = [player for player in players if player[0] == label]
        if len(own) > 1:
            count = max(1, round(_WATCHED * len(own)))
            chosen |= {own[int(at)] for at in rng.permutation(len(own))[:count]}
    out = [name in chosen for name in names]
    return out if any(out) else [rng.random() < _WATCHED or at == 0 for at in range(len(rows))]


def description(taught: Sequence[Entry], seed: int, epochs: int) -> dict[str, Json]:
    """Return what a manifest says of what a head was trained on."""
    return {
        "recordings": len(taught),
        "players": len({(row.source, row.player) for row in taught}),
        "sources": sorted({row.source for row in taught}),
        "seed": seed,
        "epochs": epochs,
    }


def train(
    heard: Pictures,
    watched: Pictures,
    labels: Sequence[str],
    course: Course,
    on_epoch: OnEpoch,
    *,
    build: Build | None = None,
    batches: type[Batches] = Batches,
) -> tuple[Any, int]:
    """Train a network; return the weights that did best on what is watched, as a Keras model, and the passes.

    Parameters
    ----------
    heard, watched : Pictures
        To learn from, and to judge each pass by: cross-entropy of single windows.
    labels : sequence of str
        What their labels are places in.
    course : Course
        How long.
    on_epoch : callable
        Told each pass.
    build : callable, optional
        Makes the network; `layers.instrument_model`, if left out.
    batches : type
        Draws what it learns from; `BandBatches` where the pictures are of the embedder's bands.
    """
    import keras

    from .layers import instrument_model

    keras.utils.set_random_seed(course.seed)
    model = (build or instrument_model)(len(labels), None)
    rate = keras.optimizers.Adam(course.learning_rate, clipnorm=1.0)
    model.compile(rate, keras.losses.CategoricalCrossentropy(label_smoothing=0.05))
    rate.build(model.trainable_variables)
    seen, state = (batches.middles(watched), watched.labels), _Progress(model, course.kept)
    while state.epoch < course.epochs and state.since < course.patience:
        # Drawn anew for each pass: a training that is gone on with learns from what it would have otherwise.
        drawn = batches(heard, labels, np.random.default_rng([course.seed, state.epoch]))
        loss = _pass(model, drawn, course, state)
        figures = {"loss": loss} | _figures(model, state.average, *seen)
        state.end_pass(figures["val_loss"])
        on_epoch(state.epoch, figures)
    model.set_weights(state.chosen)
    return model, state.epoch


def _pass(model: Any, drawn: Batches, course: Course, state: _Progress) -> float:
    """Learn from `_STEPS` batches, and return the mean loss."""
    losses = []
    for step in range(_STEPS):
        done = (state.epoch + step / _STEPS) / course.epochs
        model.optimizer.learning_rate = course.learning_rate * min(1.0, 2.5 * (1.0 - done) + 0.01)
        losses.append(float(model.train_on_batch(*drawn.draw(_BATCH))))
        if step % 5 == 4:
            pace = max(0.02, 50.0 / (state.epoch * _STEPS + step + 50.0))
            for average, now in zip(state.average, model.weights, strict=True):
                average.assign(average + pace * (now - average))
    return float(np.mean(losses))


class _Progress:
    """How far a training is, in a file too if one is named.

    Of the weights it holds the average, and what that was where it did best; as they are, the model has them.
    """

    def __init__(self, model: Any, kept: Path | None) -> None:
        import keras

        self.average, self.chosen = (
            [keras.Variable(weight, trainable=False) for weight in model.get_weights()] for _ in range(2)
        )
        self._variables = [*model.variables, *model.optimizer.variables, *self.average, *self.chosen]
        self._kept = kept
        counts = restore(kept, self._variables) if kept is not None else {}
        self.epoch, self.since = (int(counts.get(name, 0)) for name in ("epoch", "since"))
        self.best = counts.get("best", np.inf)

    def end_pass(self, loss: float) -> None:
        """Count a pass, by how its average did, and write all of it."""
        self.epoch, self.since = self.epoch + 1, self.since + 1
        if loss < self.best:
            self.best, self.since = loss, 0
            for chosen, average in zip(self.chosen, self.average, strict=True):
                chosen.assign(average)
        if self._kept is not None:
            counts = {"epoch": self.epoch, "since": self.since, "best": self.best}
            save(self._kept, self._variables, counts)


def _figures(model: Any, weights: Sequence[Any], windows: Any, labels: Any) -> dict[str, float]:
    """Judge other weights of a model, which then has its own again."""
    own = model.get_weights()
    model.set_weights(weights)
    found = model.predict(windows, batch_size=256, verbose=0)
    model.set_weights(own)
    right = float(np.mean(found.argmax(axis=1) == labels))
    loss = float(-np.mean(np.log(found[np.arange(len(labels)), labels] + 1e-6)))
    return {"val_loss": loss, "val_accuracy": right}


def written(
    model: Any,
    labels: tuple[str, ...],
    kept: Sequence[Entry],
    folder: Path,
    trained_on: Mapping[str, Json],
    epochs: int,
    *,
    build: Build | None = None,
    on_embedder: Any | None = None,
) -> FittedHead:
    """Write the head, and measure its network by itself, as it is used, on what was watched.

    `build` makes such a network as `model` is, `layers.instrument_model` if left out; `on_embedder` is the
    model that was trained on from the embedder, if there is one.
    """
    from .layers import export, instrument_model, model_on_embedder

    content, difference = export(build or instrument_model, model, len(labels))
    files = {NETWORK: content}
    if on_embedder is not None:
        other, farther = export(model_on_embedder, on_embedder, len(labels))
        files = {NETWORK_FILE: content, ON_EMBEDDER_FILE: other}
        difference = max(difference, farther)
    write_head(folder, KIND, labels, files, trained_on=trained_on, metrics={})
    head, truth = InstrumentHead(folder), [row.instrument for row in kept]
    said = [next(iter(head.name(sounding(row)).probabilities), labels[-1]) for row in kept]
    metrics = watched_figures(truth, said) | {"parity": difference}
    write_head(folder, KIND, labels, files, trained_on=trained_on, metrics=metrics)
    return FittedHead(metrics, epochs)
