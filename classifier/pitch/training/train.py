"""Train the pitch network: ``python -m classifier.pitch.training.train FOLDER``. Stop and go on at any time."""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .batches import Batch, batches, example, stack
from .layers import PitchLayers
from .scenes import SceneMaker

__all__ = ["main"]

_PEAK_RATE, _LAST_RATE = 3e-3, 2e-5
_WARM_UP = 150
_EMA = 0.998
_HELD_OUT_SEED = 900_000_001
_HELD_OUT = 60


def main() -> None:
    """Parse the command line, and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="checkpoints and the log; an earlier run there goes on")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=4, help="scenes of 4 s in a batch")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw scenes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    train(options)


def train(options: argparse.Namespace) -> None:
    """Train until the last step, from the newest checkpoint on."""
    model = PitchLayers().model()
    optimizer = keras.optimizers.Adam(learning_rate=0.0, clipnorm=1.0, use_ema=True, ema_momentum=_EMA)
    optimizer.build(model.trainable_variables)
    step = tf.Variable(0, dtype=tf.int64)
    averaged = [tf.Variable(v) for v in model.trainable_variables]
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(model=model, optimizer=optimizer, step=step), options.folder / "checkpoints", 2
    )
    manager.restore_or_initialize()
    held_out = _held_out(options.batch)
    update = _update(model, optimizer)
    began_s, sums = time.monotonic(), np.zeros(3)
    # Another seed after each restart: the scenes already seen are not drawn again.
    with batches(options.seed + 1000 * int(step), options.batch, options.workers) as stream:
        while int(step) < options.steps:
            optimizer.learning_rate.assign(_rate(int(step), options.steps))
            batch = next(stream)
            sums += [float(x) for x in update(batch.frames, batch.salience, batch.voiced)]
            step.assign_add(1)
            if int(step) % options.every == 0 or int(step) == options.steps:
                manager.save()
                figures = _measure(model, optimizer, averaged, held_out, options.folder)
                means = sums / options.every
                line = {
                    "step": int(step),
                    "minutes": round((time.monotonic() - began_s) / 60, 2),
                    "salience_loss": round(means[0], 4),
                    "voicing_loss": round(means[1], 4),
                    "rpa50_train": round(means[2], 4),
                } | figures
                with (options.folder / "log.jsonl").open("a") as log:
                    log.write(json.dumps(line) + "\n")
                print(json.dumps(line), flush=True)
                sums[:] = 0


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


def _rate(step: int, steps: int) -> float:
    """Learning rate: a short warm-up, then half a cosine."""
    if step < _WARM_UP:
        return _PEAK_RATE * (step + 1) / _WARM_UP
    share = (step - _WARM_UP) / max(1, steps - _WARM_UP)
    return _LAST_RATE + (_PEAK_RATE - _LAST_RATE) * (0.5 + 0.5 * math.cos(math.pi * share))


def _held_out(size: int) -> list[Batch]:
    maker = SceneMaker(_HELD_OUT_SEED, 4.0, 40)
    examples = [example(maker.draw(), causal=i % 3 == 0) for i in range(_HELD_OUT)]
    return [stack(examples[i : i + size]) for i in range(0, len(examples), size)]


def _measure(
    model: keras.Model, optimizer: Any, averaged: list[Any], held_out: list[Batch], folder: Path
) -> dict[str, float]:
    """Save the averaged weights, and measure them on held-out scenes."""
    variables = model.trainable_variables
    for kept, variable in zip(averaged, variables, strict=True):
        kept.assign(variable)
    optimizer.finalize_variable_values(variables)
    part = folder / "part.weights.h5"
    model.save_weights(part)
    os.replace(part, folder / "averaged.weights.h5")
    sums = np.zeros(5)
    for batch in held_out:
        logits, voicing = model(batch.frames.astype(np.float32), training=False)
        sums[:3] += [float(x) for x in _losses(logits, voicing, batch.salience, batch.voiced)]
        heard, sung = np.asarray(voicing) > 0, batch.voiced > 0
        sums[3] += (heard & sung).sum() / max(1, sung.sum())
        sums[4] += (heard & ~sung).sum() / max(1, (~sung).sum())
    for kept, variable in zip(averaged, variables, strict=True):
        variable.assign(kept)
    names = ("held_salience_loss", "held_voicing_loss", "held_rpa50", "held_recall", "held_false_alarm")
    return {name: round(float(x), 4) for name, x in zip(names, sums / len(held_out), strict=True)}


if __name__ == "__main__":
    main()
