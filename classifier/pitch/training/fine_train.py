"""Train the fine estimate: ``python -m classifier.pitch.training.fine_train FOLDER``."""

from __future__ import annotations

import argparse
import json
import multiprocessing
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from classifier.pitch.features import Background, centred_backgrounds
from classifier.pitch.fine import SCALE_CENTS, partial_features
from classifier.pitch.spectrum import MARGIN, spectra
from data.pitch_track import FloatArray
from data.synth.curves import wander

from .fine_layers import FineLayers
from .scenes import SceneMaker

Floats = npt.NDArray[np.float32]
_FRAMES = 400
_HELD_OUT_SEED = 900_000_002
_DELTA = 5.0 / SCALE_CENTS


def main() -> None:
    """Parse the command line, draw scenes, and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scenes", type=int, default=1500)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        held = pool.apply(draw, (_HELD_OUT_SEED, 100))
        drawn = pool.apply(draw, (options.seed, options.scenes))
    model = FineLayers().model()
    features, coarse, off, weight = drawn
    steps = options.epochs * (features.shape[0] // 16)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    optimizer = keras.optimizers.Adam(rate, use_ema=True, ema_momentum=0.998)
    model.compile(optimizer=optimizer, loss=[_loss, _loss])
    truth = np.concatenate([off, weight], axis=-1)
    history = model.fit([features, coarse], [truth, truth], batch_size=16, epochs=options.epochs, verbose=2)
    model.save_weights(options.folder / "fine.weights.h5")
    first, second = model.predict([held[0], held[1]], verbose=0)
    sung = held[3][..., 0] > 0
    figures = {"loss": history.history["loss"][-1]}
    for name, found in (("coarse", np.zeros_like(first)), ("first", first), ("second", second)):
        error = np.abs((found - held[2])[..., 0][sung]) * SCALE_CENTS
        figures |= {f"{name}_within_{c}": round(float((error <= c).mean()), 4) for c in (5, 10, 25)}
    print(json.dumps(figures))


def draw(seed: int, count: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Draw scenes: features, coarse pitch and how far the truth lies from it (SCALE_CENTS), where it counts."""
    maker, rng = SceneMaker(seed, 4.0, 100), np.random.default_rng(seed)
    rows: list[tuple[Floats, Floats, Floats, Floats]] = []
    while len(rows) < count:
        scene = maker.draw()
        f0_hz = scene.f0_hz[:_FRAMES]
        voiced = f0_hz > 0
        if voiced.mean() < 0.2:
            continue
        cents = _held(1200.0 * np.log2(np.where(voiced, f0_hz, 1.0) / 60.0), voiced)
        coarse = cents + _blunder(_FRAMES, rng)
        seen = spectra(np.pad(scene.samples, MARGIN))
        causal = rng.random() < 0.35
        means = Background().push(seen.levels) if causal else centred_backgrounds(seen.levels, 0, len(seen.levels))
        features = partial_features(seen, means, 60.0 * 2.0 ** (_padded(coarse, len(seen.levels)) / 1200.0))
        off = (cents - coarse) / SCALE_CENTS
        counts = voiced & (np.abs(off) < 1.3)
        rows.append(
            (
                features[:_FRAMES],
                (coarse[:, None] / SCALE_CENTS).astype(np.float32),
                off[:, None].astype(np.float32),
                counts[:, None].astype(np.float32),
            )
        )
    columns = [np.stack(column) for column in zip(*rows, strict=True)]
    return columns[0], columns[1], columns[2], columns[3]


def _held(cents: FloatArray, voiced: npt.NDArray[np.bool_]) -> FloatArray:
    frames = np.arange(cents.size)
    return np.interp(frames, frames[voiced], cents[voiced])


def _padded(values: FloatArray, count: int) -> FloatArray:
    return np.pad(values, (0, count - values.size), mode="edge")


def _blunder(count: int, rng: np.random.Generator) -> FloatArray:
    """How far a coarse estimate strays, in cents: mostly a little, from frame to frame and for longer."""
    size = rng.choice([3.0, 8.0, 20.0])
    return np.asarray(
        size * wander(count, rng.uniform(2.0, 20.0), rng) + 0.5 * size * rng.standard_normal(count)
    )


def _loss(truth: object, found: object) -> object:
    """Huber loss in units of SCALE_CENTS where it counts."""
    from keras import ops

    error = ops.abs(found - truth[..., :1])
    huber = ops.where(error < _DELTA, 0.5 * error**2 / _DELTA, error - 0.5 * _DELTA)
    return ops.sum(huber * truth[..., 1:]) / (ops.sum(truth[..., 1:]) + 1.0)


if __name__ == "__main__":
    main()
