"""The pitch network's training: what is measured, what is averaged, what is gone on with, on any backend."""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs tensorflow")

from swara.classifier.pitch.decode import PITCH_BINS, hz_of_bins
from swara.classifier.pitch.features import CHANNELS
from swara.classifier.pitch.network import MODEL_FILE
from swara.classifier.pitch.spectrum import BINS
from swara.classifier.pitch.training import train as training
from swara.classifier.pitch.training.batches import BEYOND, UNVOICED, SceneBatch, example, stack
from swara.classifier.pitch.training.layers import Conv2D, PitchLayers
from swara.classifier.pitch.training.learner import FIGURES, Learner, figures
from swara.classifier.pitch.training.scenes import SCENE_RATE_HZ, Scene

ROOT = Path(__file__).parents[3]
RNG = np.random.default_rng(6)


def a_batch(frames: int = 8) -> SceneBatch:
    shape = (2, frames, BINS, CHANNELS)
    bins = np.where(RNG.random((2, frames, 2)) < 0.7, RNG.uniform(20.0, 150.0, (2, frames, 2)), UNVOICED)
    return SceneBatch(RNG.standard_normal(shape).astype(np.float16), bins.astype(np.float32))


def test_figures_are_what_their_names_say() -> None:
    bins = np.array([[[60.3, UNVOICED], [100.0, 100.0], [BEYOND, BEYOND]]], np.float32)
    logits = RNG.standard_normal((1, 3, 2, PITCH_BINS)).astype(np.float32)
    logits[0, 0, 0, 61] = logits[0, 1, 0, 102] = logits[0, 1, 1, 101] = 20.0
    voicing = np.array([[[3.0, 2.0], [-1.0, 4.0], [9.0, 9.0]]], np.float32)
    found = dict(zip(FIGURES, np.asarray(figures(logits, voicing, bins)).tolist(), strict=True))
    expected = 0.0
    for spot in ((0, 0, 0), (0, 1, 0), (0, 1, 1)):
        blurred = np.exp(-0.5 * ((np.arange(PITCH_BINS) - bins[spot]) / 0.75) ** 2)
        mean_hz = float(hz_of_bins((blurred * np.arange(PITCH_BINS)).sum() / blurred.sum()))
        assert mean_hz == pytest.approx(float(hz_of_bins(bins[spot])), rel=1e-3)
        chance = logits[spot] - np.log(np.exp(logits[spot]).sum())
        expected -= float((blurred / blurred.sum() * chance).sum())
    assert found["salience_loss"] == pytest.approx(expected / 4.0, rel=1e-4)
    wrong = [math.log1p(math.exp(x)) for x in (-3.0, 2.0, 1.0, -4.0)]
    assert found["voicing_loss"] == pytest.approx(sum(wrong) / 4.0, rel=1e-4)
    assert found["rpa50"] == pytest.approx(2.0 / 4.0)  # 101 is 33 cents away, 102 is 67
    assert found["recall"] == pytest.approx(2.0 / 3.0)
    assert found["false_alarm"] == pytest.approx(1.0)


def test_what_ends_early_counts_as_its_own_length() -> None:
    rng = np.random.default_rng(2)
    short, long = (
        example(
            Scene(0.1 * rng.standard_normal(count, dtype=np.float32), np.full(1 + count // 160, 200.0)),
            causal=False,
        )
        for count in (SCENE_RATE_HZ // 4, SCENE_RATE_HZ // 2)
    )
    learner = Learner()
    alone, padded = stack([short]), stack([short], len(long.frames))
    one, other = (np.asarray(learner._taught.predict_on_batch((b.frames, b.bins))) for b in (alone, padded))
    np.testing.assert_allclose(one, other, atol=1e-4)
    both = stack([short, long])
    assert both.frames.shape == (2, 25, BINS, CHANNELS)
    assert (both.bins[0] == BEYOND).mean() == pytest.approx(12 / 25)


@pytest.mark.parametrize(
    "layer",
    [
        Conv2D(8, (1, 5), strides=(1, 2), padding="same", activation="relu"),
        Conv2D(6, 1, use_bias=False),
        Conv2D(6, (1, 3), dilation_rate=(1, 4), padding="same", use_bias=False),
        Conv2D(6, (3, 1), dilation_rate=(8, 1)),
    ],
    ids=["stem", "mix", "over pitch", "over time"],
)
def test_a_product_over_shifted_inputs_is_the_convolution(layer: Conv2D) -> None:
    x = RNG.standard_normal((2, 24, 30, 10)).astype(np.float32)
    expected = np.asarray(layer(x))
    if layer.use_bias:
        layer.bias.assign(RNG.standard_normal(layer.bias.shape))
        expected = np.asarray(layer(x))
    np.testing.assert_allclose(np.asarray(layer.shifted(x)), expected, atol=1e-5)


def test_files_of_weights_name_layers_as_keras_does(tmp_path: Path) -> None:
    import h5py

    Learner()._network.save_weights(tmp_path / "some.weights.h5")
    with h5py.File(tmp_path / "some.weights.h5") as file:
        assert {name.rstrip("0123456789_") for name in file["layers"]} >= {
            "conv2d",
            "batch_normalization",
            "dense",
        }


def test_it_learns_a_batch_and_averages_what_it_was(tmp_path: Path) -> None:
    learner, batch = Learner(), a_batch()
    told = []
    for _ in range(4):
        for _ in range(3):
            learner.learn(*learner.brought(batch), 3e-3)
        told.append(learner.told())
    losses = [each["salience_loss"] + each["voicing_loss"] for each in told]
    assert losses[3] < 0.8 * losses[0]
    assert learner.told()["salience_loss"] == 0.0
    own = [w.copy() for w in learner._network.get_weights()]
    path = tmp_path / "averaged.weights.h5"
    found = learner.average(path, {"held": [batch], "clean": [batch, batch]})
    assert set(found) == {f"{name}_{figure}" for name in ("held", "clean") for figure in FIGURES}
    assert found["held_rpa50"] == pytest.approx(found["clean_rpa50"])
    for before, after in zip(own, learner._network.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    averages = PitchLayers().model()
    averages.load_weights(path)
    kernel, own_kernel = (
        averages.get_layer("mix").get_weights()[0],
        learner._network.get_layer("mix").get_weights()[0],
    )
    assert 0.0 < np.abs(kernel - own_kernel).max() < 0.2


def test_a_checkpoint_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    """The average of the weights and the optimizer's moments are in it too."""
    first, second = a_batch(), a_batch()
    whole, again = Learner(), Learner(seed=2)
    assert again.restore(tmp_path / "checkpoint.npz") == {}
    whole.learn(first.frames, first.bins, 1e-3)
    whole.save(tmp_path / "checkpoint.npz", {"best": 1.5, "stale": 2.0})
    assert again.restore(tmp_path / "checkpoint.npz") == {"best": 1.5, "stale": 2.0}
    assert again.step == 1
    for learner in (whole, again):
        learner.learn(second.frames, second.bins, 1e-3)
    for some, others in zip(whole._variables(), again._variables(), strict=True):
        np.testing.assert_allclose(np.asarray(some), np.asarray(others), atol=1e-5)


def test_it_begins_from_weights_or_a_file_but_for_what_is_fresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Learner(seed=3)
    given._network.save_weights(tmp_path / "given.weights.h5")
    learner = Learner(seed=4)
    own = learner._network.get_layer("voicing").get_weights()[0]
    learner.begin_from(tmp_path / "given.weights.h5", ("voicing",), 1)
    for name, expected in (("voicing", own), ("pitch3", given._network.get_layer("pitch3").get_weights()[0])):
        np.testing.assert_array_equal(learner._network.get_layer(name).get_weights()[0], expected)
    monkeypatch.setattr("swara.classifier.pitch.training.learner._SEEN", 2)
    learner.begin_from(MODEL_FILE, (), 1)
    assert not np.array_equal(learner._network.get_layer("voicing").get_weights()[0], own)


def _options(folder: Path, **others: object) -> argparse.Namespace:
    usual = {"steps": 2, "seconds": None, "batch": 1, "workers": 1, "ring": 4, "seed": 1, "every": 1}
    usual |= {"peak_rate": 1e-3, "start_from": None, "fresh": [], "patience": None}
    return argparse.Namespace(folder=folder, **usual | others)


def test_the_rate_rises_then_falls_to_its_last() -> None:
    assert training._rate(0.0, 3e-3) == 0.0
    assert training._rate(0.01, 3e-3) == pytest.approx(1.5e-3)
    assert training._rate(0.02, 3e-3) == pytest.approx(3e-3)
    assert training._rate(0.51, 3e-3) == pytest.approx(1.51e-3, rel=1e-3)
    assert training._rate(1.0, 3e-3) == training._rate(1.7, 3e-3) == pytest.approx(2e-5)


def test_a_course_is_of_steps_or_of_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(training.time, "monotonic", lambda: now[0])
    by_steps = training._Course(_options(tmp_path, steps=8), 100.0, 0.0)
    assert (by_steps.share(0), by_steps.share(6), by_steps.patience) == (0.0, 0.75, 8)
    by_time = training._Course(_options(tmp_path, seconds=60.0), 100.0, 10.0)
    now[0] = 120.0  # the network is compiled
    assert by_time.share(0) == pytest.approx(10.0 / 40.0)
    by_time.begin()
    now[0] = 135.0
    by_time.begin()
    assert by_time.share(300) == pytest.approx(25.0 / 40.0)
    assert (by_time.trained_s, by_time.patience) == (25.0, math.inf)
    now[0] = 160.0
    assert by_time.share(900) >= 1.0


def test_a_training_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_HELD_OUT", 2)
    training.train(_options(tmp_path))
    training.train(_options(tmp_path, steps=3))
    training.train(_options(tmp_path, steps=3))  # it has ended
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [1, 2, 3]
    assert all(np.isfinite(list(line.values())).all() for line in log)
    assert {"drawn", "minutes", "salience_loss", "held_voicing_loss", "held_recall"} <= set(log[0])
    assert not list(tmp_path.glob("part-*"))
    averaged, best = PitchLayers().model(), PitchLayers().model()
    averaged.load_weights(tmp_path / "averaged.weights.h5")
    best.load_weights(tmp_path / "best.weights.h5")


@pytest.mark.skipif(find_spec("jax") is None, reason="jax is not installed")
def test_it_trains_on_jax(tmp_path: Path) -> None:
    words = [
        "-m",
        "swara.classifier.pitch.training.train",
        tmp_path,
        "--steps",
        "1",
        "--batch",
        "1",
        "--ring",
        "2",
    ]
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    said = subprocess.check_output([sys.executable, *words], cwd=ROOT, env=environment, text=True)
    assert np.isfinite(json.loads(said.splitlines()[-1])["salience_loss"])


def test_a_process_that_draws_loads_no_keras() -> None:
    """It imports the module that was started, and would be kept waiting by it."""
    code = "import sys; import swara.classifier.pitch.training.train; sys.exit('keras' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
