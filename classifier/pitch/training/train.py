"""Train the pitch network: ``python -m swara.classifier.pitch.training.train FOLDER``.

It may be stopped at any time and goes on from its last checkpoint. With ``--start-from`` it begins with the
weights of an earlier training, as when the scenes have changed since. With ``KERAS_BACKEND=jax`` in the
environment it runs on JAX, and with that on whatever accelerator JAX finds; a checkpoint of one backend is
gone on with by the other. The same seed draws the same scenes on each process, but which of them come
together depends on the clock (`batches`), so that a training is never repeated to the byte.
"""

from __future__ import annotations

import argparse
import csv
import math
import multiprocessing
import os
import shutil
import time
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from swara.data.audio.decode import load_clip
from swara.data.storage.npz import read_arrays
from swara.data.synth import mix_at_db, tanpura
from swara.embedder.training.running import ahead, log

from .batches import SceneRing, drawing, example, stack
from .scenes import SCENE_RATE_HZ, Scene, SceneMaker

# Keras is imported where it is used: each process that draws imports this module, and would be kept waiting.

__all__ = ["main", "train"]

_TANPURA_DB = 5.0
_LAST_RATE = 2e-5
_WARM_UP = 0.02  # of the training
_HELD_OUT_SEED = 900_000_001
_HELD_OUT, _WATCHED = 60, 20  # scenes, and how many are looked at together
_PATIENCE = 8
_FEEDERS = 2  # threads that bring batches: for one, 74 MB may take as long as a GPU takes to learn from them


def main() -> None:
    """Parse the command line, and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="checkpoints and the log; an earlier run there goes on")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, default=6000)
    length.add_argument(
        "--seconds",
        type=float,
        help="train for so long by the clock, its start included, in place of --steps; "
        "what was trained before it was stopped counts",
    )
    parser.add_argument(
        "--batch", type=int, default=32, help="scenes of 4 s in a batch: 32 take 8 GB, 16 half"
    )
    parser.add_argument("--workers", type=int, default=1, help="processes that draw scenes")
    parser.add_argument(
        "--ring",
        type=int,
        default=256,
        help="scenes held, 2.3 MB each: where drawing is slower than learning, they are heard again",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peak-rate", type=float, default=3e-3, help="highest learning rate")
    parser.add_argument(
        "--start-from", type=Path, help="a .tflite or .weights.h5 file of an earlier training"
    )
    parser.add_argument("--fresh", nargs="*", default=[], help="layers to begin untrained")
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    parser.add_argument(
        "--patience",
        type=int,
        help=f"checkpoints without gain before it stops; {_PATIENCE}, by the clock it does not",
    )
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    train(options)


def train(options: argparse.Namespace) -> None:
    """Train until the end, or until held-out scenes gain no more; go on from the newest checkpoint.

    Raises
    ------
    RuntimeError
        If a process that draws scenes has failed: with what it said.
    """
    began_s = time.monotonic()
    checkpoint = options.folder / "checkpoint.npz"
    before = int(read_arrays(checkpoint)["step"]) if checkpoint.exists() else 0
    if not options.seconds and before >= options.steps:
        return  # it has ended: nothing need be drawn
    context = multiprocessing.get_context("spawn")
    watched, sender = context.Pipe(duplex=False)
    # Another seed after each restart: the scenes already seen are not drawn again.
    with drawing(options.seed + 1000 * before, options.batch, options.workers, options.ring) as ring:
        context.Process(target=_watch, args=(sender, _HELD_OUT), daemon=True).start()
        sender.close()
        _learn(options, checkpoint, ring, watched, began_s)


def _learn(
    options: argparse.Namespace, checkpoint: Path, ring: SceneRing, watched: Connection, began_s: float
) -> None:
    from .learner import Learner

    learner, sets = Learner(options.seed), None
    counts = {"best": 1e9, "stale": 0.0, "seconds": 0.0} | learner.restore(checkpoint)
    if not learner.step and options.start_from is not None:
        learner.begin_from(options.start_from, tuple(options.fresh), options.seed)
    course = _Course(options, began_s, counts["seconds"])
    share = course.share(learner.step)
    with closing(ahead(lambda: learner.brought(ring.take()), _FEEDERS)) as stream:
        while share < 1.0 and counts["stale"] < course.patience:
            learner.learn(*next(stream), _rate(share, options.peak_rate))
            course.begin()
            share = course.share(learner.step)
            if learner.step % options.every and share < 1.0:
                continue
            spent = {"minutes": round((time.monotonic() - began_s) / 60, 2), "drawn": ring.drawn}
            told = {"step": learner.step} | spent | learner.told()
            sets = sets or watched.recv()
            figures = learner.average(options.folder / "averaged.weights.h5", sets)
            loss = figures["held_salience_loss"] + figures["held_voicing_loss"]
            better = loss < counts["best"]
            counts = {
                "best": min(loss, counts["best"]),
                "stale": 0.0 if better else counts["stale"] + 1.0,
                "seconds": course.trained_s,
            }
            if better:
                shutil.copy(options.folder / "averaged.weights.h5", options.folder / "best.weights.h5")
            learner.save(checkpoint, counts)
            log(options.folder / "log.jsonl", told | figures)


class _Course:
    """How much of a training is done: of its steps, or of its time.

    The clock begins once a batch was learned from, as the network is compiled until then.
    """

    def __init__(self, options: argparse.Namespace, began_s: float, before_s: float) -> None:
        self._steps, self._seconds = options.steps, options.seconds
        self._began_s, self._before_s = began_s, before_s
        self._first_s: float | None = None
        endless = math.inf if self._seconds else _PATIENCE
        self.patience = endless if options.patience is None else options.patience

    def begin(self) -> None:
        """Start the clock, if it does not run yet."""
        self._first_s = self._first_s or time.monotonic()

    @property
    def trained_s(self) -> float:
        """Seconds by the clock, and by those of earlier runs."""
        return self._before_s + (time.monotonic() - self._first_s if self._first_s else 0.0)

    def share(self, step: int) -> float:
        """Return the share that is done after so many steps."""
        if not self._seconds:
            return float(step / self._steps)
        start_s = (self._first_s or time.monotonic()) - self._began_s
        return float(self.trained_s / max(1e-9, self._seconds - start_s))


def _rate(share: float, peak: float) -> float:
    """Learning rate: a short warm-up, then half a cosine."""
    if share < _WARM_UP:
        return peak * share / _WARM_UP
    after = (share - _WARM_UP) / (1.0 - _WARM_UP)
    return _LAST_RATE + (peak - _LAST_RATE) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, after)))


def _watch(sender: Connection, held_out: int) -> None:
    """Draw what a training is watched by, while the network is compiled: held-out scenes, and recordings."""
    threadpool_limits(1)
    maker = SceneMaker(_HELD_OUT_SEED, 4.0, 40)
    held = [example(maker.draw(), causal=i % 3 == 0) for i in range(held_out)]
    sets = {"held": [stack(held[i : i + _WATCHED]) for i in range(0, len(held), _WATCHED)]}
    for name, scenes in recorded_scenes().items():
        seen = [example(scene, causal=False) for scene in scenes]
        longest = max(len(each.frames) for each in seen)  # one length is compiled, not thirty
        sets[name] = [stack([each], longest) for each in seen]
    with suppress(BrokenPipeError):  # a training that has ended asks no more
        sender.send(sets)


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
