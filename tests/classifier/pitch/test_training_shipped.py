"""The shipped file taken back into Keras answers as the file does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swara.classifier.pitch.decode import PITCH_BINS
from swara.classifier.pitch.features import FINE_FEATURES
from swara.classifier.pitch.network import CHUNK, MODEL_FILE, PitchNetwork
from swara.classifier.pitch.training.batches import example, frames_of, stack
from swara.classifier.pitch.training.fine_layers import FineLayers
from swara.classifier.pitch.training.layers import PitchLayers
from swara.classifier.pitch.training.scenes import SceneMaker
from swara.classifier.pitch.training.shipped import fine_from, start_from


def test_the_salience_network_goes_on_from_where_the_file_is() -> None:
    maker = SceneMaker(5, duration_s=1.0, drones=2)
    scenes = [maker.draw() for _ in range(4)]
    model = PitchLayers().model()
    start_from(MODEL_FILE, model, stack([example(scene, causal=False) for scene in scenes]))
    frames = frames_of(np.concatenate([scene.samples for scene in scenes]), causal=False)[: 2 * CHUNK]
    logits, voicing = (np.asarray(found)[0] for found in model(frames[None], training=False))
    belief = np.exp(logits - logits.max(axis=-1, keepdims=True))
    belief = (belief / belief.sum(axis=-1, keepdims=True)).reshape(-1, PITCH_BINS)
    salience, likely = PitchNetwork().memory().run(frames)
    _alike_but_for_rounding(belief, salience)
    _alike_but_for_rounding(1.0 / (1.0 + np.exp(-voicing.reshape(-1))), likely)


def test_layers_that_are_to_begin_untrained_are_let_alone() -> None:
    maker = SceneMaker(5, duration_s=1.0, drones=2)
    model = PitchLayers().model()
    before = {layer.name: layer.get_weights() for layer in model.layers if layer.weights}
    start_from(MODEL_FILE, model, stack([example(maker.draw(), causal=False)]), fresh=("voicing",))
    for layer in (layer for layer in model.layers if layer.weights):
        same = all(map(np.array_equal, before[layer.name], layer.get_weights()))
        assert same == layer.name.startswith("voicing")


def _alike_but_for_rounding(found: np.ndarray, expected: np.ndarray) -> None:
    """The file rounds what comes to 8 bits, Keras does not."""
    assert np.abs(found - expected).mean() < 0.005
    np.testing.assert_allclose(found, expected, atol=0.05)


def test_the_fine_estimate_is_that_of_the_file(tmp_path: Path) -> None:
    fine = FineLayers()
    fine_from(MODEL_FILE, fine.model())
    features = np.random.default_rng(1).normal(0.0, 0.5, (50, FINE_FEATURES)).astype(np.float32)
    estimate, told = (np.asarray(found) for found in fine.look(features))
    expected, expected_told = PitchNetwork().look(features)
    _alike_but_for_rounding(estimate[:, 0], expected)
    _alike_but_for_rounding(told, expected_told)
    salience = PitchLayers().model()
    for layer in salience.layers:
        layer.name = f"other_{layer.name}"
    with pytest.raises(ValueError, match="no weights of the layer"):
        fine_from(MODEL_FILE, salience)
