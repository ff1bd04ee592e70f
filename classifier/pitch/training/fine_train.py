"""Train the fine estimate: ``python -m swara.classifier.pitch.training.fine_train FOLDER SALIENCE``.

It learns on what the trained salience network makes of scenes, and takes minutes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops
from threadpoolctl import threadpool_limits

from swara.classifier.pitch.decode import PITCH_LOWEST_HZ, local_hz, trace
from swara.classifier.pitch.decode import Path as Track
from swara.classifier.pitch.features import (
    ODDS_SCALE,
    SCALE_CENTS,
    Background,
    centred_backgrounds,
    log_odds,
    network_input,
    partial_features,
)
from swara.classifier.pitch.network import PitchNetwork
from swara.classifier.pitch.spectrum import MARGIN, spectra
from swara.data.arrays import FloatArray
from swara.data.synth.curves import wander

from .export import export
from .fine_layers import FineLayers
from .scenes import Scene, SceneMaker
from .shipped import fine_from

__all__ = ["Seen", "draw", "main"]

Floats = npt.NDArray[np.float32]

_FRAMES = 400
_HELD_OUT_SEED = 900_000_002
_HELD_OUT = 100
_TONE_SHARE = 0.08  # plain tones: else it trusts the noise where high partials should be
_PART = 250  # scenes that one process draws at a time
_CAUSAL_SHARE = 0.25
_DELTA = 5.0 / SCALE_CENTS
_FARTHEST = 65.0 / SCALE_CENTS  # a coarse pitch further off is another pitch, not this one measured badly
_VOICING_WEIGHT = 0.2
_BATCH = 16


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Scenes as the fine estimate sees them: float32 arrays of shape [scenes, frames, ...].

    Parameters
    ----------
    features : [..., FINE_FEATURES]
        Of `partial_features`.
    coarse : [..., 1]
        In SCALE_CENTS.
    odds : [..., 1]
        Scaled log odds of a voice, by the salience network.
    truth : [..., 2]
        How far the true pitch lies from the coarse one, in SCALE_CENTS, and whether that counts.
    voiced : [..., 1]
        1 where the frame counts, else 0.
    """

    features: Floats
    coarse: Floats
    odds: Floats
    truth: Floats
    voiced: Floats


def main() -> None:
    """Parse the command line, draw scenes, and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("salience", type=Path, help="weights of the salience network (.weights.h5)")
    parser.add_argument("--scenes", type=int, default=2500)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peak-rate", type=float, default=2e-3, help="learning rate to begin with")
    parser.add_argument("--start-from", type=Path, help="weights (.weights.h5) or a .tflite file")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    untrained = options.folder / "untrained.tflite"
    export(options.salience, None, untrained)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        jobs = [(untrained, _HELD_OUT_SEED, _HELD_OUT)]
        jobs += [(untrained, options.seed + part, _PART) for part in range(-(-options.scenes // _PART))]
        held, *parts = pool.starmap(draw, jobs, chunksize=1)
    drawn = Seen(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Seen)))
    model = FineLayers().model()
    if options.start_from is not None:
        if options.start_from.suffix == ".tflite":
            fine_from(options.start_from, model)
        else:
            model.load_weights(options.start_from)
    rate = keras.optimizers.schedules.CosineDecay(
        options.peak_rate, options.epochs * (len(drawn.coarse) // _BATCH)
    )
    optimizer = keras.optimizers.Adam(rate, use_ema=True, ema_momentum=0.998)
    model.compile(optimizer=optimizer, loss=[_huber, _huber, _cross], loss_weights=[1, 1, _VOICING_WEIGHT])
    model.fit(
        [drawn.features, drawn.coarse, drawn.odds],
        [drawn.truth, drawn.truth, drawn.voiced],
        batch_size=_BATCH,
        epochs=options.epochs,
        verbose=2,
    )
    model.save_weights(options.folder / "fine.weights.h5")
    sys.stdout.write(json.dumps(_figures(model, held)) + "\n")


def draw(network: Path, seed: int, count: int) -> Seen:
    """Draw scenes, and look at them with the salience network of a file."""
    threadpool_limits(1)
    maker, rng, heads = SceneMaker(seed, 4.0, 100), np.random.default_rng(seed), PitchNetwork(network)
    scenes = (maker.draw_tone() if rng.random() < _TONE_SHARE else maker.draw() for _ in range(count))
    rows = [_seen(scene, heads, rng) for scene in scenes]
    return Seen(*(np.stack([getattr(row, field.name) for row in rows]) for field in fields(Seen)))


def _seen(scene: Scene, network: PitchNetwork, rng: np.random.Generator) -> Seen:
    seen = spectra(np.pad(scene.samples, MARGIN))
    count, causal = len(seen.levels) // 2 * 2, rng.random() < _CAUSAL_SHARE
    means = Background().push(seen.levels) if causal else centred_backgrounds(seen.levels)
    salience, voicing = network.memory().run(network_input(seen.levels[:count], means[:count]))
    best, before = Track().advance(salience, voicing)
    coarse_hz = local_hz(salience, best if causal else trace(int(best[-1]), before))
    coarse = 1200.0 * np.log2(coarse_hz / PITCH_LOWEST_HZ) + _blunder(count, rng)
    coarse_hz = PITCH_LOWEST_HZ * 2.0 ** (coarse / 1200.0)
    f0_hz = scene.f0_hz[:count]
    voiced = f0_hz > 0
    off = (
        1200.0 * np.log2(np.where(voiced, f0_hz, PITCH_LOWEST_HZ) / PITCH_LOWEST_HZ) - coarse
    ) / SCALE_CENTS
    counts = voiced & (np.abs(off) < _FARTHEST)
    head = slice(None, count)
    columns = (
        partial_features(seen.first(count), means[head], coarse_hz),
        coarse[:, None] / SCALE_CENTS,
        ODDS_SCALE * log_odds(voicing)[:, None],
        np.stack([np.where(counts, off, 0.0), counts], axis=1),
        voiced[:, None],
    )
    return Seen(*(np.asarray(column[:_FRAMES], dtype=np.float32) for column in columns))


def _blunder(count: int, rng: np.random.Generator) -> FloatArray:
    """How far a coarse estimate strays beside its own error, in cents, from frame to frame and for longer."""
    size = rng.choice([0.0, 3.0, 8.0, 20.0])
    return np.asarray(size * (wander(count, rng.uniform(2.0, 20.0), rng) + 0.5 * rng.standard_normal(count)))


def _huber(truth: Any, found: Any) -> Any:
    """Huber loss in units of SCALE_CENTS where it counts."""
    error: Any = ops.abs(found - truth[..., :1])
    huber = ops.where(error < _DELTA, 0.5 * error**2 / _DELTA, error - 0.5 * _DELTA)
    return ops.sum(huber * truth[..., 1:]) / (ops.sum(truth[..., 1:]) + 1.0)


def _cross(truth: Any, found: Any) -> Any:
    return ops.mean(ops.binary_crossentropy(truth, found, from_logits=True))


def _figures(model: keras.Model, held: Seen) -> dict[str, float]:
    first, second, voicing = model.predict([held.features, held.coarse, held.odds], verbose=0)
    counts, sung = held.truth[..., 1] > 0, held.voiced[..., 0] > 0
    figures: dict[str, float] = {}
    for name, found in (("coarse", np.zeros_like(first)), ("first", first), ("second", second)):
        error = np.abs(found[..., 0] - held.truth[..., 0])[counts] * SCALE_CENTS
        figures |= {f"{name}_within_{c}": round(float((error <= c).mean()), 4) for c in (5, 10, 25)}
    for name, odds in (("salience", held.odds), ("second", voicing)):
        heard = odds[..., 0] > 0
        figures[f"{name}_recall"] = round(float(heard[sung].mean()), 4)
        figures[f"{name}_false_alarm"] = round(float(heard[~sung].mean()), 4)
    return figures


if __name__ == "__main__":
    main()
