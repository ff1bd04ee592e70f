"""What the pitch network learns from: its input and its targets."""

from __future__ import annotations

import numpy as np
import pytest

from swara.classifier.pitch.decode import PITCH_BINS, hz_of_bins
from swara.classifier.pitch.features import CHANNELS
from swara.classifier.pitch.spectrum import BINS
from swara.classifier.pitch.training.batches import example, frames_of, stack, targets
from swara.classifier.pitch.training.scenes import Scene, SceneMaker


def test_targets_peak_at_the_pitch_and_add_up_to_one_where_voiced():
    f0_hz = np.array([0.0, 100.0, 437.3, 0.0])
    blurred, voiced = targets(f0_hz)
    assert blurred.shape == (4, PITCH_BINS)
    np.testing.assert_array_equal(voiced, [False, True, True, False])
    np.testing.assert_allclose(blurred.sum(axis=1), [0, 1, 1, 0], atol=1e-6)
    mean_hz = hz_of_bins((blurred[1:3] * np.arange(PITCH_BINS)).sum(axis=1))
    np.testing.assert_allclose(1200 * np.log2(mean_hz / f0_hz[1:3]), 0, atol=1.0)


def test_a_batch_holds_its_examples_in_order():
    maker = SceneMaker(3, 1.0, 2)
    scenes = [maker.draw() for _ in range(3)]
    batch = stack([example(scene, causal=i == 1) for i, scene in enumerate(scenes)])
    assert batch.frames.shape == (3, 50, BINS, CHANNELS)
    assert batch.salience.shape == (3, 50, 2, PITCH_BINS)
    for one, scene in zip(batch.voiced, scenes, strict=True):
        np.testing.assert_array_equal(one.reshape(-1) > 0, scene.f0_hz[:100] > 0)


def test_the_past_does_not_know_what_comes():
    samples = np.random.default_rng(0).standard_normal(32_000).astype(np.float32)
    later = samples.copy()
    later[20_000:] = 0
    first, second = (frames_of(s, causal=True) for s in (samples, later))
    known = (20_000 - 1024) // 320
    np.testing.assert_array_equal(first[:known], second[:known])
    assert not np.allclose(first, frames_of(samples, causal=False))
    nothing = example(Scene(np.zeros(16_000, np.float32), np.zeros(101)), causal=False)
    assert np.isfinite(nothing.frames).all()


def test_the_file_says_what_keras_says(tmp_path):
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    from swara.classifier.pitch.training.export import PARITY, export
    from swara.classifier.pitch.training.layers import PitchLayers

    PitchLayers().model().save_weights(tmp_path / "random.weights.h5")
    found = export(tmp_path / "random.weights.h5", None, tmp_path / "pitch.tflite")
    assert found.converted <= PARITY
    assert 0.0 < found.rounded < 1.0
