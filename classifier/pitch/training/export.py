"""Write the trained networks as the one LiteRT file that ships.

Its kernels are rounded to 8 bits, a scale for each channel, and what they are laid over is rounded as it
comes: on a CPU that takes two thirds of the time. Before it is rounded, the file is held against Keras.

``python -m swara.classifier.pitch.training.export SALIENCE FINE``
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from swara.classifier.pitch.decode import PITCH_BINS
from swara.classifier.pitch.features import CHANNELS, FINE_FEATURES, GATHERED_FEATURES
from swara.classifier.pitch.network import CHUNK, MODEL_FILE, PitchNetwork
from swara.classifier.pitch.spectrum import BINS

from .batches import example, frames_of, stack
from .fine_layers import FineLayers
from .layers import PAST_SHAPES, PitchLayers
from .scenes import SceneMaker
from .shipped import fine_from, start_from

__all__ = ["PARITY", "ROUNDED", "Difference", "export", "main", "parity"]

_SEEN, _SEEN_SEED = 8, 3  # scenes that a file is normalised by

PARITY = 1e-4
"""How far salience may differ between Keras and the file before it is rounded."""

ROUNDED = 0.03
"""How far they may differ on average once rounded: salience summed over pitches, and voicing, on scenes."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far a file is from Keras: before it is rounded at most, and on average as it ships."""

    converted: float
    rounded: float


def main() -> None:
    """Parse the command line, export, and compare with Keras."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("salience", type=Path, help="weights (.weights.h5) or a .tflite file")
    parser.add_argument("fine", type=Path, help="of the fine estimate: the same kinds")
    parser.add_argument("--out", type=Path, default=MODEL_FILE)
    options = parser.parse_args()
    found = export(options.salience, options.fine, options.out)
    size = options.out.stat().st_size
    said = f"at most {found.converted:.2g} from Keras, {found.rounded:.2g} on average once rounded"
    sys.stdout.write(f"{options.out}: {size} bytes, {said}\n")
    if found.converted > PARITY or found.rounded > ROUNDED:
        sys.exit(f"LiteRT and Keras differ by more than {PARITY}, {ROUNDED}: do not ship this file")


def export(salience: Path, fine: Path | None, out: Path) -> Difference:
    """Write one file with four signatures; return how far it differs from Keras.

    Without weights of its own the fine estimate is untrained: for drawing what it is then trained on.
    """
    pitch, second = PitchLayers(), FineLayers()
    _load(pitch.model(), salience)
    looks = second.model()
    if fine is not None and fine.suffix == ".tflite":
        fine_from(fine, looks)
    elif fine is not None:
        looks.load_weights(fine)
    signatures = _signatures(pitch, second)
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(tf.Module(), folder, signatures=signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(signatures))
        exact = Path(folder) / "exact.tflite"
        exact.write_bytes(converter.convert())
        converted = parity(pitch, exact)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        out.write_bytes(converter.convert())
        return Difference(converted, _rounding(PitchNetwork(exact), PitchNetwork(out)))


def _rounding(exact: PitchNetwork, rounded: PitchNetwork) -> float:
    """Return the mean difference on scenes: of salience (summed over pitches) or voicing: the larger."""
    maker, off = SceneMaker(_SEEN_SEED, 4.0, 5), []
    for _ in range(_SEEN):
        frames = frames_of(maker.draw().samples, causal=False)
        salience, voicing = (
            np.abs(a - b) for a, b in zip(*(f.memory().run(frames) for f in (exact, rounded)), strict=True)
        )
        off.append(max(float(salience.sum(axis=1).mean()), float(voicing.mean())))
    return float(np.mean(off))


def _load(model: keras.Model, weights: Path) -> None:
    """Give the salience network its weights; those of a file may be laid over another axis of pitch."""
    if weights.suffix != ".tflite":
        model.load_weights(weights)
        return
    maker = SceneMaker(_SEEN_SEED, 4.0, 5)
    start_from(weights, model, stack([example(maker.draw(), causal=False) for _ in range(_SEEN)]))


def _signatures(pitch: PitchLayers, fine: FineLayers) -> dict[str, Any]:
    def salience(frames: int) -> Any:
        @tf.function
        def run(frames: Any, **pasts: Any) -> dict[str, Any]:
            logits, voicing, after = pitch(frames, [pasts[f"past{i}"] for i in range(len(PAST_SHAPES))])
            out = {"salience": tf.nn.softmax(logits), "voicing": tf.sigmoid(voicing)}
            return out | {f"after{i}": past for i, past in enumerate(after)}

        kept = [(1, 2 if frames == 1 else n, *rest) for n, *rest in PAST_SHAPES]
        shapes = {f"past{i}": shape for i, shape in enumerate(kept)}
        inputs = {name: tf.TensorSpec(shape, tf.float32, name=name) for name, shape in shapes.items()}
        spec = tf.TensorSpec((1, frames, BINS, CHANNELS), tf.float32, name="frames")
        return _frozen(run.get_concrete_function(spec, **inputs))

    @tf.function
    def look(features: Any) -> dict[str, Any]:
        estimate, told = fine.look(features)
        return {"estimate": estimate, "told": told}

    @tf.function
    def look_around(gathered: Any) -> dict[str, Any]:
        correction, voicing = fine.look_around(gathered)
        return {"correction": correction, "voicing": tf.sigmoid(voicing)}

    return {
        "step": salience(1),
        "chunk": salience(CHUNK),
        "look": _frozen(
            look.get_concrete_function(tf.TensorSpec((None, FINE_FEATURES), tf.float32, name="features"))
        ),
        "look_around": _frozen(
            look_around.get_concrete_function(
                tf.TensorSpec((None, GATHERED_FEATURES), tf.float32, name="gathered")
            )
        ),
    }


def _frozen(function: Any) -> Any:
    """Turn a function's weights into constants: of several signatures the converter would keep variables."""
    constant = convert_variables_to_constants_v2(function)
    names = sorted(function.structured_outputs)  # the order in which a dict is flattened
    specs = [tf.TensorSpec(t.shape, t.dtype, name=t.name.split(":")[0]) for t in constant.inputs]

    @tf.function(input_signature=specs)
    def run(*inputs: Any) -> dict[str, Any]:
        return dict(zip(names, constant(*inputs), strict=True))

    return run.get_concrete_function()


def parity(pitch: PitchLayers, file: Path) -> float:
    """Return the largest difference in salience and voicing between Keras and LiteRT.

    Keras is given a scene as a whole, LiteRT in single frames, more than it makes room for, and chunks.
    """
    rng = np.random.default_rng(7)
    frames = rng.standard_normal((3 * CHUNK, BINS, CHANNELS)).astype(np.float32)
    logits, voicing = pitch.model()(frames[None], training=False)
    memory = PitchNetwork(file).memory()
    parts = [memory.run(part) for part in np.split(frames, [CHUNK - 1, 2 * CHUNK - 2])]
    salience, likely = (np.concatenate(found) for found in zip(*parts, strict=True))
    expected = np.asarray(tf.nn.softmax(logits))[0].reshape(-1, PITCH_BINS)
    expected_likely = np.asarray(tf.sigmoid(voicing)).reshape(-1)
    return float(max(np.abs(salience - expected).max(), np.abs(likely - expected_likely).max()))


if __name__ == "__main__":
    main()
