"""Notes learned on a pretrained trunk: a dense head first, then block by block downwards (ULMFiT, 2018)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from swara.classifier.head_files import (
    NETWORK,
    FitOptions,
    FittedHead,
    OnEpoch,
    write_head,
)
from swara.classifier.head_scores import watched_figures
from swara.classifier.sample_pitch.features import RATE_HZ
from swara.classifier.sample_pitch.note import (
    HIGHEST,
    KIND,
    LOWEST,
    NOTES,
    PitchHead,
    sounding_frames,
    together,
)
from swara.classifier.window_network import exported
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip, Samples
from swara.data.corpora.entry import Entry
from swara.data.errors import CorpusError
from swara.embedder.finetune.model import set_free
from swara.embedder.finetune.plan import HEAD, FinetunePlan

from .sounds import draw_tone
from .trunks import Trunk, TrunkName, trunk_called

__all__ = ["LABELS", "answers", "fit", "fit_on"]

LABELS = tuple(str(midi) for midi in range(LOWEST, HIGHEST + 1))

_FRAMES_OF_ONE = 8
_BATCH = 64
_SYNTHESIZED = 1.0  # tones drawn at random for each recording
_WATCHED = 0.2
_TONE_S = 0.6
_ASKED = 20  # windows that Keras and the file are compared on


@dataclass(frozen=True, slots=True, eq=False)
class _Set:
    """Windows, the note of each as a number from 0, and the recording that it is of."""

    windows: npt.NDArray[np.float32]
    notes: npt.NDArray[np.int64]
    recording: npt.NDArray[np.int64]


def fit(rows: Sequence[Entry], folder: Path, options: FitOptions, on_epoch: OnEpoch) -> FittedHead:
    """Train on the network that ships, as `fit_on` does."""
    return fit_on("note", rows, folder, options, on_epoch)


def fit_on(
    name: TrunkName, rows: Sequence[Entry], folder: Path, options: FitOptions, on_epoch: OnEpoch
) -> FittedHead:
    """Train a dense head over the notes 21 to 108 on a trunk, and write it.

    The trunk is frozen at first; stage by stage its topmost frozen block learns too, each more slowly than
    the one above. As many tones drawn at random are mixed in as there are recordings. A stage ends after
    `options.patience` passes without a gain on the players kept apart; the best weights are kept.

    Parameters
    ----------
    name : str
        The trunk.
    rows : sequence of Entry
        Recordings of single notes with their ``midi``, of two players at least to be watched honestly.
    folder : Path
        Where the head is written.
    options : FitOptions
        The passes are shared out among the stages.
    on_epoch : callable
        Told the figures of each pass.

    Raises
    ------
    CorpusError
        If no recording has a note.
    MissingPackage
        If the trunk's weights are not installed.
    HeadError
        If the file answers otherwise than Keras does.
    """
    noted = [row for row in rows if row.midi is not None and LOWEST <= row.midi <= HIGHEST]
    if not noted:
        raise CorpusError("no recording has a note from 21 to 108", fix="Add recordings with the column midi")
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(options.seed)
    trunk, rng = trunk_called(name, options.seed), np.random.default_rng(options.seed)
    aside, honest = _watched(noted, rng)
    learned = _windows(trunk, [row for row, kept in zip(noted, aside, strict=True) if not kept], options)
    watched = _windows(trunk, [row for row, kept in zip(noted, aside, strict=True) if kept], options)
    learned = _with_tones(trunk, learned, round(_SYNTHESIZED * len(noted)), rng)
    model = _Unfrozen(trunk, options)
    epochs = model.learn(learned, watched, options, on_epoch)
    found = _shares_of(model.shares(watched.windows), watched)
    true = np.array([watched.notes[watched.recording == each][0] for each in np.unique(watched.recording)])
    metrics = watched_figures(true, found)
    trained_on = {
        "trunk": name,
        "recordings": len(noted),
        "tones": round(_SYNTHESIZED * len(noted)),
        "seed": options.seed,
    }
    content, _ = exported(model.one_at_a_time(name, options.seed), watched.windows[:_ASKED])
    write_head(folder, KIND, LABELS, {NETWORK: content}, trained_on=trained_on, metrics=metrics)
    notes = () if honest else ("one player alone: what was watched is of the same player",)
    return FittedHead(metrics, epochs, notes)


def answers(rows: Sequence[Entry], folder: Path) -> Sequence[str]:
    """Return the note that the head in a folder hears in each recording, or an empty text for none.

    Raises
    ------
    HeadError
        If it is no head for notes.
    """
    head = PitchHead(folder)
    guesses = (head.note(load_clip(row.path, rate_hz=RATE_HZ)) for row in rows)
    return [str(each.midi) if each.confidence is not None else "" for each in guesses]


class _Unfrozen:
    """A trunk with a dense head, of which some parts learn at a time."""

    def __init__(self, trunk: Trunk, options: FitOptions) -> None:
        head = keras.layers.Dense(NOTES, name="notes")
        self.model = keras.Model(trunk.model.input, head(trunk.model.output))
        head.set_weights([trunk.kernel, np.zeros(NOTES, np.float32)])
        self.parts: dict[str, list[Any]] = {HEAD: [head], **trunk.blocks}
        self.blocks = tuple(trunk.blocks)
        self._options = options
        self._optimizers = {part: keras.optimizers.Adam(clipnorm=1.0) for part in self.parts}

    def learn(self, learned: _Set, watched: _Set, options: FitOptions, on_epoch: OnEpoch) -> int:
        """Go through the stages; return how many passes were made."""
        stages = FinetunePlan().stages(self.blocks)
        each = max(1, options.epochs // len(stages))
        steps = max(1, len(learned.notes) // _BATCH)
        plan = FinetunePlan(
            steps=each * steps, rate=options.learning_rate, head_rate=3 * options.learning_rate
        )
        rng, epoch = np.random.default_rng(options.seed), 0
        best, kept = self._loss(watched), self.model.get_weights()
        for free in stages:
            if epoch >= options.epochs:
                break
            set_free(self.parts, free)
            update, stale = self._updater(free), 0
            for number in range(each):
                losses = self._pass(update, learned, plan, free, number * steps, rng)
                epoch, now = epoch + 1, self._loss(watched)
                shares = self.shares(watched.windows)
                accuracy = float((shares.argmax(axis=1) == watched.notes).mean())
                on_epoch(epoch, {"loss": losses, "val_loss": now, "accuracy": accuracy})
                stale = 0 if now < best else stale + 1
                if now < best:
                    best, kept = now, copy.deepcopy(self.model.get_weights())
                if stale >= options.patience:
                    break
            self.model.set_weights(kept)
        return epoch

    def _pass(
        self,
        update: Any,
        learned: _Set,
        plan: FinetunePlan,
        free: tuple[str, ...],
        done: int,
        rng: np.random.Generator,
    ) -> float:
        order, losses = rng.permutation(len(learned.notes)), []
        for step, start in enumerate(range(0, max(1, len(order) - _BATCH + 1), _BATCH)):
            for part, rate in plan.rates(free, done + step).items():
                self._optimizers[part].learning_rate = rate
            rows = order[start : start + _BATCH]
            losses.append(float(update(learned.windows[rows], learned.notes[rows])))
        return float(np.mean(losses))

    def _updater(self, free: tuple[str, ...]) -> Any:
        parts = {part: [v for layer in self.parts[part] for v in layer.trainable_variables] for part in free}
        for part, variables in parts.items():
            self._optimizers[part].build(variables)

        @tf.function(reduce_retracing=True)
        def update(windows: Any, notes: Any) -> Any:
            with tf.GradientTape() as tape:
                logits = self.model(windows, training=True)
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(notes, logits))
            gradients = tape.gradient(loss, list(parts.values()))
            for part, own in zip(parts, gradients, strict=True):
                self._optimizers[part].apply(own, parts[part])
            return loss

        return update

    def shares(self, windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the belief in each note: float32 [n, NOTES]."""
        blocks = [
            self.model(windows[start : start + 256], training=False) for start in range(0, len(windows), 256)
        ]
        return np.asarray(tf.nn.softmax(tf.concat(blocks, axis=0)))

    def _loss(self, watched: _Set) -> float:
        shares = self.shares(watched.windows)
        return float(-np.log(shares[np.arange(len(shares)), watched.notes] + 1e-9).mean())

    def one_at_a_time(self, name: TrunkName, seed: int) -> Any:
        """Return it as a network that takes one window, and gives shares."""
        trunk = trunk_called(name, seed, batch=1)
        head = keras.layers.Dense(NOTES, activation="softmax", name="notes")
        fixed = keras.Model(trunk.model.input, head(trunk.model.output))
        fixed.set_weights(self.model.get_weights())
        return fixed


def _watched(rows: Sequence[Entry], rng: np.random.Generator) -> tuple[npt.NDArray[np.bool_], bool]:
    """Say which recordings are kept apart: of whole players, where there are two or more."""
    players = np.array([f"{row.source}: {row.player or row.path.parent}" for row in rows])
    names = rng.permutation(np.unique(players))
    aside = np.zeros(len(rows), bool)
    if len(names) < 2:
        aside[rng.permutation(len(rows))[: max(1, round(_WATCHED * len(rows)))]] = True
        return aside, False
    for name in names[:-1]:
        if aside.mean() < _WATCHED:
            aside |= players == name
    return aside, True


def _windows(trunk: Trunk, rows: Sequence[Entry], options: FitOptions) -> _Set:
    windows, notes, recording = [], [], []
    for number, row in enumerate(rows):
        clip = load_clip(row.path, rate_hz=RATE_HZ).between(0.0, options.seconds)
        frames = sounding_frames(clip)
        few = np.linspace(0, len(frames) - 1, min(len(frames), _FRAMES_OF_ONE)).round().astype(np.intp)
        if len(few):
            windows.append(trunk.windows(frames[few]))
            notes += [(row.midi or LOWEST) - LOWEST] * len(few)
            recording += [number] * len(few)
    if not windows:
        raise CorpusError("every recording that is to be learned from, or watched, is silent")
    return _Set(np.concatenate(windows), np.array(notes), np.array(recording))


def _with_tones(trunk: Trunk, learned: _Set, count: int, rng: np.random.Generator) -> _Set:
    frames: list[Samples] = []
    midi = rng.integers(LOWEST, HIGHEST + 1, count)
    for note in midi:
        tone = draw_tone(float(note + rng.uniform(-0.3, 0.3)), round(_TONE_S * RATE_HZ), rng)
        frames.append(sounding_frames(Clip(tone, RATE_HZ))[:1])
    if not frames:
        return learned
    return _Set(
        np.concatenate([learned.windows, trunk.windows(np.concatenate(frames))]),
        np.concatenate([learned.notes, midi - LOWEST]),
        np.concatenate([learned.recording, -1 - np.arange(count)]),
    )


def _shares_of(shares: npt.NDArray[np.float32], of: _Set) -> npt.NDArray[np.intp]:
    """Return the likeliest note of each recording."""
    return np.array(
        [int(together(shares[of.recording == each]).argmax()) for each in np.unique(of.recording)]
    )
