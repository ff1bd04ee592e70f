"""Train the built-in embedder: ``python -m swara.embedder.training.train FOLDER``.

FOLDER is where ``swara.embedder.training.render`` left its sounds. The training may be stopped at any time
and goes on from its last checkpoint. With ``KERAS_BACKEND=jax`` in the environment it runs on JAX, and with
that on whatever accelerator JAX finds.
"""

from __future__ import annotations

import argparse
import math
import time
from contextlib import closing
from pathlib import Path

from .bank import Bank
from .batches import BatchMaker
from .learner import Learner
from .running import ahead, log

__all__ = ["main", "train"]

_LAST_RATE = 1e-5
_WARM_UP = 100
_HELD_OUT_SEED = 900_000_001
_HELD_OUT = 6


def main() -> None:
    """Parse the command line, and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the sounds; checkpoints and the log go there too")
    parser.add_argument("--run", default="run", help="folder within it for this training")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--timbres", type=int, default=48, help="in a batch, each heard four times")
    parser.add_argument("--only", default="", help="the one soundfont to take notes from")
    parser.add_argument("--start", type=Path, help="weights or an exported file to begin with")
    parser.add_argument(
        "--keep-singers",
        type=float,
        default=0.0,
        metavar="WEIGHT",
        help="of how far singers stray from where the weights to begin with had them",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peak-rate", type=float, default=1.5e-3, help="highest learning rate")
    parser.add_argument("--every", type=int, default=200, help="steps between checkpoints")
    train(parser.parse_args())


def train(options: argparse.Namespace) -> None:
    """Train until the last step; go on from the newest checkpoint."""
    folder = options.folder / options.run
    folder.mkdir(parents=True, exist_ok=True)
    bank = Bank.load(options.folder, options.only)
    learner, checkpoint = Learner(options.start, options.keep_singers), folder / "checkpoint.npz"
    learner.restore(checkpoint)
    held = BatchMaker(bank, _HELD_OUT_SEED, options.timbres, held_out=True)
    watched, began_s = [held.draw() for _ in range(_HELD_OUT)], time.monotonic()
    # Another seed after each restart: the batches already seen are not drawn again.
    drawn = BatchMaker(bank, options.seed + 1000 * learner.step, options.timbres)
    with closing(ahead(drawn.draw)) as stream:
        while learner.step < options.steps:
            learner.learn(next(stream), _rate(learner.step, options))
            if learner.step % options.every and learner.step < options.steps:
                continue
            trained = learner.losses()
            figures = learner.average(folder / "averaged.weights.h5", watched)
            learner.save(checkpoint)
            spent = {"step": learner.step, "minutes": round((time.monotonic() - began_s) / 60, 2)}
            log(folder / "log.jsonl", spent | trained | figures)


def _rate(step: int, options: argparse.Namespace) -> float:
    """Learning rate: a short warm-up, then half a cosine."""
    if step < _WARM_UP:
        return float(options.peak_rate * (step + 1) / _WARM_UP)
    share = (step - _WARM_UP) / max(1, options.steps - _WARM_UP)
    return float(_LAST_RATE + (options.peak_rate - _LAST_RATE) * (0.5 + 0.5 * math.cos(math.pi * share)))


if __name__ == "__main__":
    main()
