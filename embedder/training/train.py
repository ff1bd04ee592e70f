"""Train the built-in embedder: ``python -m embedder.training.train FOLDER``.

FOLDER is where ``embedder.training.render`` left its sounds. The training may be stopped at any time and goes
on from its last checkpoint.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import keras
import tensorflow as tf

from .bank import Bank
from .batches import Batch, BatchMaker
from .layers import EmbedderLayers
from .losses import CONTRASTS, contrasts, pooled, retrieved

__all__ = ["main", "train"]

_LAST_RATE = 1e-5
_WARM_UP = 100
_EMA = 0.998
_HELD_OUT_SEED = 900_000_001
_HELD_OUT = 6


def main() -> None:
    """Parse the command line, and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the sounds; checkpoints and the log go there too")
    parser.add_argument("--run", default="run", help="folder within it for this training")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--timbres", type=int, default=48, help="in a batch, each heard four times")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peak-rate", type=float, default=1.5e-3, help="highest learning rate")
    parser.add_argument("--every", type=int, default=200, help="steps between checkpoints")
    train(parser.parse_args())


def train(options: argparse.Namespace) -> None:
    """Train until the last step; go on from the newest checkpoint."""
    folder = options.folder / options.run
    folder.mkdir(parents=True, exist_ok=True)
    bank = Bank.load(options.folder)
    model = EmbedderLayers().model()
    variables = model.trainable_variables
    optimizer = keras.optimizers.AdamW(0.0, weight_decay=1e-4, clipnorm=1.0, use_ema=True, ema_momentum=_EMA)
    optimizer.build(variables)
    step = tf.Variable(0, dtype=tf.int64)
    state = tf.train.Checkpoint(model=model, optimizer=optimizer, step=step)
    manager = tf.train.CheckpointManager(state, folder / "checkpoints", 2)
    manager.restore_or_initialize()
    held = BatchMaker(bank, _HELD_OUT_SEED, options.timbres, held_out=True)
    watched = [held.draw() for _ in range(_HELD_OUT)]
    update, began_s, sums = _update(model, optimizer, variables), time.monotonic(), [0.0] * len(CONTRASTS)
    # Another seed after each restart: the batches already seen are not drawn again.
    stream = _ahead(BatchMaker(bank, options.seed + 1000 * int(step), options.timbres))
    while int(step) < options.steps:
        optimizer.learning_rate.assign(_rate(int(step), options))
        found = update(*_tensors(next(stream)))
        sums = [a + float(b) for a, b in zip(sums, found, strict=True)]
        step.assign_add(1)
        if int(step) % options.every and int(step) < options.steps:
            continue
        figures = _averaged(model, optimizer, variables, watched, folder / "averaged.weights.h5")
        manager.save()
        spent = {"step": int(step), "minutes": round((time.monotonic() - began_s) / 60, 2)}
        trained = {name: round(s / options.every, 4) for name, s in zip(CONTRASTS, sums, strict=True)}
        _log(folder / "log.jsonl", spent | trained | figures)
        sums = [0.0] * len(CONTRASTS)


def _ahead(maker: BatchMaker) -> Iterator[Batch]:
    """Draw batches on a second thread while the network learns from those before."""
    queue: Queue[Batch] = Queue(maxsize=3)

    def work() -> None:
        while True:
            queue.put(maker.draw())

    threading.Thread(target=work, daemon=True).start()
    return iter(queue.get, None)


def _tensors(batch: Batch) -> tuple[Any, ...]:
    arrays = (batch.levels, batch.weights, batch.shares, batch.timbres, batch.takes)
    return tuple(tf.convert_to_tensor(array) for array in arrays)


def _update(model: keras.Model, optimizer: Any, variables: list[Any]) -> Any:
    @tf.function
    def update(levels: Any, weights: Any, shares: Any, timbres: Any, takes: Any) -> Any:
        with tf.GradientTape() as tape:
            vectors = model([levels, weights], training=True)
            found = contrasts(vectors, shares, timbres, takes)
            total = tf.add_n(list(found))
        optimizer.apply_gradients(zip(tape.gradient(total, variables), variables, strict=True))
        return found

    return update


def _rate(step: int, options: argparse.Namespace) -> float:
    """Learning rate: a short warm-up, then half a cosine."""
    if step < _WARM_UP:
        return float(options.peak_rate * (step + 1) / _WARM_UP)
    share = (step - _WARM_UP) / max(1, options.steps - _WARM_UP)
    return float(_LAST_RATE + (options.peak_rate - _LAST_RATE) * (0.5 + 0.5 * math.cos(math.pi * share)))


def _averaged(
    model: keras.Model, optimizer: Any, variables: list[Any], watched: list[Batch], path: Path
) -> dict[str, float]:
    """Save the averaged weights to `path`, and return how well they find held-out timbres and takes."""
    own = [tf.identity(v) for v in variables]
    optimizer.finalize_variable_values(variables)
    part = path.with_name(f"part-{path.name}")
    model.save_weights(part)
    part.replace(path)
    sums = {"held_takes": 0.0, "held_timbres": 0.0}
    for batch in watched:
        vectors = model([batch.levels, batch.weights], training=False)
        sums["held_takes"] += retrieved(pooled(vectors, batch.shares), batch.takes)
        timbre = pooled(EmbedderLayers.timbre(vectors), batch.shares)
        sums["held_timbres"] += retrieved(timbre, batch.timbres)
    for variable, value in zip(variables, own, strict=True):
        variable.assign(value)
    return {name: round(total / len(watched), 4) for name, total in sums.items()}


def _log(path: Path, line: dict[str, float]) -> None:
    with path.open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
