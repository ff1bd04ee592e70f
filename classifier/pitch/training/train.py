"""Train the pitch network: ``python -m swara.classifier.pitch.training.train FOLDER``.

It may be stopped at any time and goes on from its last checkpoint. With ``--start-from`` it begins with the
weights of an exported file, as when the scenes have changed since.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from swara.data.audio.decode import load_clip
from swara.data.synth import mix_at_db, tanpura

from .batches import SceneBatch, batches, example, stack
from .layers import PitchLayers
from .scenes import SCENE_RATE_HZ, Scene, SceneMaker
from .shipped import start_from

__all__ = ["main"]

_TANPURA_DB = 5.0
_LAST_RATE = 2e-5
_WARM_UP = 150
_EMA = 0.998
_HELD_OUT_SEED = 900_000_001
_HELD_OUT = 60
_STATE = ((0, tf.int64), (1e9, tf.float32), (0, tf.int64))  # step, best loss, checkpoints since
_LOSSES = ("salience_loss", "voicing_loss", "rpa50")


def main() -> None:
    """Parse the command line, and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="checkpoints and the log; an earlier run there goes on")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=4, help="scenes of 4 s in a batch")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw scenes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peak-rate", type=float, default=3e-3, help="highest learning rate")
    parser.add_argument("--start-from", type=Path, help="a .tflite file of an earlier training")
    parser.add_argument("--fresh", nargs="*", default=[], help="layers to begin untrained")
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    parser.add_argument("--patience", type=int, default=8, help="checkpoints without gain before it stops")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    train(options)


def train(options: argparse.Namespace) -> None:
    """Train until the last step, or until held-out scenes gain no more; go on from the newest checkpoint."""
    model = PitchLayers().model()
    optimizer = keras.optimizers.Adam(learning_rate=0.0, clipnorm=1.0, use_ema=True, ema_momentum=_EMA)
    optimizer.build(model.trainable_variables)
    step, best, stale = (tf.Variable(x, dtype=t) for x, t in _STATE)
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(model=model, optimizer=optimizer, step=step, best=best, stale=stale),
        options.folder / "checkpoints",
        2,
    )
    if manager.restore_or_initialize() is None and options.start_from is not None:
        drawn = SceneMaker(options.seed, 4.0, 40)
        seen = stack([example(drawn.draw(), causal=i % 3 == 0) for i in range(24)])
        start_from(options.start_from, model, seen, tuple(options.fresh))
    watch = _Watch(model, optimizer, options.batch)
    update, began_s, sums = _update(model, optimizer), time.monotonic(), np.zeros(3)
    # Another seed after each restart: the scenes already seen are not drawn again.
    with batches(options.seed + 1000 * int(step), options.batch, options.workers) as stream:
        while int(step) < options.steps and int(stale) < options.patience:
            optimizer.learning_rate.assign(_rate(int(step), options))
            batch = next(stream)
            sums += [float(x) for x in update(batch.frames, batch.salience, batch.voiced)]
            step.assign_add(1)
            if int(step) % options.every and int(step) < options.steps:
                continue
            figures = watch.measure(options.folder / "averaged.weights.h5")
            loss = figures["held_salience_loss"] + figures["held_voicing_loss"]
            stale.assign(0 if loss < float(best) else stale + 1)
            best.assign(min(loss, float(best)))
            if int(stale) == 0:
                shutil.copy(options.folder / "averaged.weights.h5", options.folder / "best.weights.h5")
            manager.save()
            spent = {"step": int(step), "minutes": round((time.monotonic() - began_s) / 60, 2)}
            trained = dict(zip(_LOSSES, (sums / options.every).round(4).tolist(), strict=True))
            _log(options.folder / "log.jsonl", spent | trained | figures)
            sums[:] = 0


def _log(path: Path, line: dict[str, float]) -> None:
    with path.open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _update(model: keras.Model, optimizer: Any) -> Any:
    @tf.function
    def update(frames: Any, salience: Any, voiced: Any) -> Any:
        with tf.GradientTape() as tape:
            logits, voicing = model(tf.cast(frames, tf.float32), training=True)
            losses = _losses(logits, voicing, salience, voiced)
            total = losses[0] + losses[1]
        optimizer.apply_gradients(
            zip(tape.gradient(total, model.trainable_variables), model.trainable_variables, strict=True)
        )
        return losses

    return update


def _losses(logits: Any, voicing: Any, salience: Any, voiced: Any) -> tuple[Any, Any, Any]:
    """Cross-entropy of the salience where voiced and of the voicing, and the share of frames within a bin."""
    count = tf.reduce_sum(voiced) + 1.0
    cross = tf.nn.softmax_cross_entropy_with_logits(labels=salience, logits=logits)
    right = tf.abs(tf.argmax(logits, -1) - tf.argmax(salience, -1)) <= 1
    return (
        tf.reduce_sum(cross * voiced) / count,
        tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=voiced, logits=voicing)),
        tf.reduce_sum(tf.cast(right, tf.float32) * voiced) / count,
    )


def _rate(step: int, options: argparse.Namespace) -> float:
    """Learning rate: a short warm-up, then half a cosine."""
    if step < _WARM_UP:
        return float(options.peak_rate * (step + 1) / _WARM_UP)
    share = (step - _WARM_UP) / max(1, options.steps - _WARM_UP)
    return float(_LAST_RATE + (options.peak_rate - _LAST_RATE) * (0.5 + 0.5 * math.cos(math.pi * share)))


class _Watch:
    """Measures the averaged weights on held-out scenes, and on recordings where there are any."""

    def __init__(self, model: keras.Model, optimizer: Any, size: int) -> None:
        self._model, self._optimizer = model, optimizer
        self._own = [tf.Variable(v) for v in model.trainable_variables]
        maker = SceneMaker(_HELD_OUT_SEED, 4.0, 40)
        held = [example(maker.draw(), causal=i % 3 == 0) for i in range(_HELD_OUT)]
        self._sets = {"held": [stack(held[i : i + size]) for i in range(0, len(held), size)]}
        for name, scenes in recorded_scenes().items():
            self._sets[name] = [stack([example(scene, causal=False)]) for scene in scenes]

    def measure(self, path: Path) -> dict[str, float]:
        """Save the averaged weights to `path`, and return their figures."""
        variables = self._model.trainable_variables
        for own, variable in zip(self._own, variables, strict=True):
            own.assign(variable)
        self._optimizer.finalize_variable_values(variables)
        part = path.with_name(f"part-{path.name}")
        self._model.save_weights(part)
        part.replace(path)
        figures: dict[str, float] = {}
        for name, set_ in self._sets.items():
            figures |= {f"{name}_{key}": value for key, value in _figures(self._model, set_).items()}
        for own, variable in zip(self._own, variables, strict=True):
            variable.assign(own)
        return figures


def _figures(model: keras.Model, examples: list[SceneBatch]) -> dict[str, float]:
    sums = np.zeros(5)
    for batch in examples:
        logits, voicing = model(batch.frames.astype(np.float32), training=False)
        sums[:3] += [float(x) for x in _losses(logits, voicing, batch.salience, batch.voiced)]
        heard, sung = np.asarray(voicing) > 0, batch.voiced > 0
        sums[3] += (heard & sung).sum() / max(1, sung.sum())
        sums[4] += (heard & ~sung).sum() / max(1, (~sung).sum())
    names = (*_LOSSES, "recall", "false_alarm")
    return dict(zip(names, (sums / len(examples)).round(4).tolist(), strict=True))


def recorded_scenes() -> dict[str, list[Scene]]:
    """Return the recordings there are, by condition: nothing where the folder is not set.

    Where ``SWARA_EVAL_DATA`` names the folder of ``docs/evaluation.md``, its resynthesised voices are heard
    clean and over a synthesized tanpura on their Sa. Nothing is learned from them: a training is watched by
    them.
    """
    root = os.environ.get("SWARA_EVAL_DATA")
    folder = Path(root) / "f0_truth" / "world_resynth" if root else None
    if folder is None or not folder.is_dir():
        return {}
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        sa_hz = {row["name"]: float(row["sa_hz"]) for row in csv.DictReader(file)}
    clean = [_scene(folder, name) for name in sa_hz]
    over = [
        Scene(_over_tanpura(scene, sa, np.random.default_rng(number)), scene.f0_hz)
        for number, (scene, sa) in enumerate(zip(clean, sa_hz.values(), strict=True))
    ]
    return {"clean": clean, "tanpura5": over}


def _scene(folder: Path, name: str) -> Scene:
    clip = load_clip(folder / f"{name}.flac", rate_hz=SCENE_RATE_HZ)
    times_s, hz = np.loadtxt(folder / f"{name}.csv", delimiter=",", skiprows=1).T
    frames_s = np.arange(1 + clip.samples.size // 160) * 0.01
    nearest = np.clip(np.rint(frames_s / (times_s[1] - times_s[0])).astype(np.intp), 0, hz.size - 1)
    return Scene(clip.samples, hz[nearest])


def _over_tanpura(scene: Scene, sa_hz: float, rng: np.random.Generator) -> np.ndarray:
    drone = tanpura(scene.samples.size / SCENE_RATE_HZ, sa_hz, rate_hz=SCENE_RATE_HZ, rng=rng)
    voiced = np.repeat(scene.f0_hz > 0, 160)[: scene.samples.size]
    return mix_at_db(scene.samples, drone, _TANPURA_DB, voiced)


if __name__ == "__main__":
    main()
