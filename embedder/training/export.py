"""Write the trained network as the LiteRT file that ships.

``python -m swara.embedder.training.export WEIGHTS...``
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from swara.embedder.builtin.embedder import MODEL_FILE, SIGNATURES, EmbedderNetwork, network_frames
from swara.embedder.builtin.features import BANDS

from .layers import EmbedderLayers

__all__ = ["PARITY", "export", "main", "mean_of", "parity"]

PARITY = 1e-5
"""How far a component may differ between Keras and the file."""


def main() -> None:
    """Parse the command line, export, and compare with Keras."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "weights",
        type=Path,
        nargs="+",
        help="averaged.weights.h5 of a training, or of several from one start",
    )
    parser.add_argument("--out", type=Path, default=MODEL_FILE)
    options = parser.parse_args()
    model = mean_of(options.weights)
    export(model, options.out)
    difference = parity(model, options.out)
    size = options.out.stat().st_size
    sys.stdout.write(f"{options.out}: {size} bytes, at most {difference:.2g} from Keras\n")
    if difference > PARITY:
        sys.exit(f"LiteRT and Keras differ by more than {PARITY}: do not ship this file")


def mean_of(files: Sequence[Path]) -> keras.Model:
    """Return the network with the mean of some weights: trainings that began alike meet in one valley.

    Wortsman et al. (2022), "Model soups": such a mean is as quick as each and varies less.
    """
    model, each = EmbedderLayers().model(), []
    for file in files:
        model.load_weights(file)
        each.append(model.get_weights())
    model.set_weights([np.mean(same, axis=0) for same in zip(*each, strict=True)])
    return model


def export(model: keras.Model, out: Path) -> None:
    """Write one file with a signature for a few windows and one for many."""
    signatures = {name: _signature(model, network_frames(windows)) for name, windows in SIGNATURES.items()}
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(tf.Module(), folder, signatures=signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(signatures))
        out.write_bytes(converter.convert())


def _signature(model: keras.Model, frames: int) -> Any:
    @tf.function
    def run(levels: Any, weights: Any) -> dict[str, Any]:
        return {"vectors": EmbedderLayers.timbre(model([levels, weights], training=False))}

    concrete = run.get_concrete_function(
        tf.TensorSpec((1, frames, BANDS), tf.float32, name="levels"),
        tf.TensorSpec((1, frames, 1), tf.float32, name="weights"),
    )
    # Constants: of several signatures the converter would keep variables.
    constant = convert_variables_to_constants_v2(concrete)
    specs = [tf.TensorSpec(t.shape, t.dtype, name=t.name.split(":")[0]) for t in constant.inputs]

    @tf.function(input_signature=specs)
    def frozen(*inputs: Any) -> dict[str, Any]:
        return {"vectors": constant(*inputs)[0]}

    return frozen.get_concrete_function()


def parity(model: keras.Model, file: Path) -> float:
    """Return the largest difference between Keras on a whole scene and LiteRT in its pieces."""
    rng = np.random.default_rng(7)
    frames = network_frames(2 * SIGNATURES["many"] + 3)
    levels = rng.normal(0.0, 1.5, (frames, BANDS)).astype(np.float32)
    weights = rng.uniform(0.01, 1.0, (frames, 1)).astype(np.float32)
    expected = np.asarray(EmbedderLayers.timbre(model([levels[None], weights[None]], training=False)))[0]
    return float(np.abs(EmbedderNetwork(file).run(levels, weights) - expected).max())


if __name__ == "__main__":
    main()
