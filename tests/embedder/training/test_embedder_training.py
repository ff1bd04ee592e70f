"""The built-in embedder in Keras: parity with LiteRT, taken back from the file, trained and gone on with."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs tensorflow")

from swara.embedder.builtin.embedder import MODEL_FILE, VECTOR_DIM, EmbedderNetwork
from swara.embedder.builtin.features import BANDS
from swara.embedder.spec import EmbedderSpec, Embeddings, pool
from swara.embedder.training.bank import PLAYED, Bank
from swara.embedder.training.batches import BatchMaker
from swara.embedder.training.export import PARITY, export, mean_of, parity
from swara.embedder.training.layers import BLOCKS, LEARNED_DIM, EmbedderLayers
from swara.embedder.training.learner import Learner
from swara.embedder.training.losses import CONTRASTS, contrasts, pooled, retrieved, strayed
from swara.embedder.training.notes import Notes
from swara.embedder.training.shipped import load_shipped
from swara.embedder.training.train import train

RNG = np.random.default_rng(11)
ROOT = Path(__file__).parents[3]


def test_an_exported_network_answers_as_keras_does_and_comes_back(tmp_path: Path) -> None:
    assert parity(load_shipped(MODEL_FILE)[1], MODEL_FILE) < PARITY
    model = EmbedderLayers().model()
    for weight in model.trainable_variables:
        weight.assign(RNG.normal(0.0, 0.1, weight.shape))
    file = tmp_path / "random.tflite"
    export(model, file)
    assert parity(model, file) < PARITY
    _, again = load_shipped(file)
    for before, after in zip(model.get_weights(), again.get_weights(), strict=True):
        assert before == pytest.approx(after)
    assert EmbedderNetwork(file).digest != EmbedderNetwork().digest


def test_blocks_hold_every_weight_from_the_bottom_to_the_top() -> None:
    network = EmbedderLayers()
    model = network.model()
    assert tuple(network.blocks) == BLOCKS
    listed = [w.path for block in network.blocks.values() for layer in block for w in layer.weights]
    assert sorted(listed) == sorted(w.path for w in model.weights)
    order = [layer.name for layer in model.layers]
    tops = [max(order.index(layer.name) for layer in block) for block in network.blocks.values()]
    assert tops == sorted(tops)


def test_pooling_in_training_is_pooling_in_use() -> None:
    vectors = RNG.normal(0.0, 1.0, (1, 7, LEARNED_DIM)).astype(np.float32)
    shares = np.full((1, 7), 1 / 7, np.float32)
    spec = EmbedderSpec("some", LEARNED_DIM, 16_000, 0.272, 0.1, {})
    used = pool(Embeddings(vectors[0], 0.1 * np.arange(7), spec), -0.05, 0.65)
    assert np.asarray(pooled(vectors, shares))[0] == pytest.approx(used, abs=1e-4)


def test_the_contrast_is_small_where_like_is_with_like() -> None:
    labels = np.repeat(np.arange(4), 2)
    own = np.repeat(RNG.normal(0.0, 1.0, (4, 1, LEARNED_DIM)), 2, axis=0).astype(np.float32)
    mixed = RNG.normal(0.0, 1.0, (8, 1, LEARNED_DIM)).astype(np.float32)
    shares = np.ones((8, 1), np.float32)
    right, wrong = ([float(x) for x in contrasts(v, shares, labels, labels)] for v in (own, mixed))
    assert max(right) < 0.5
    assert min(wrong) > 1.0
    assert retrieved(own[:, 0], labels) == 1.0


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    frames = 129
    voices = RNG.normal(-3.0, 1.0, (24, 5, frames, BANDS)).astype(np.float16)
    np.save(tmp_path / "voices.npy", voices)
    np.save(tmp_path / "families.npy", voices[::-1])
    np.save(tmp_path / "drones.npy", np.zeros((2, 239, BANDS), np.float16))
    for file in ("program 000/fluidr3", "oboe/fluidr3", "oboe/recorded"):
        pcm = (3000 * RNG.normal(size=(10, 28_000))).astype(np.int16)
        Notes.of(pcm, np.arange(50, 80, 3)).write(tmp_path / PLAYED / f"{file}.npz")
    return tmp_path


def _options(folder: Path, steps: int) -> argparse.Namespace:
    drawn = {"timbres": 4, "only": "", "start": None, "keep_singers": 0.0, "seed": 1, "peak_rate": 1e-3}
    return argparse.Namespace(folder=folder, run="run", steps=steps, every=1, **drawn)


def test_a_training_that_was_stopped_goes_on(sounds: Path) -> None:
    with pytest.raises(SystemExit, match=r"run python -m swara\.embedder\.training\.render"):
        train(_options(sounds / "none", 1))
    options = _options(sounds, 2)
    options.only = "fluidr4"
    with pytest.raises(SystemExit, match=r"holds no notes of fluidr4: run python"):
        train(options)
    options.only = "fluidr3"
    train(options)
    options.only, options.steps = "", 3
    train(options)
    log = [json.loads(line) for line in (sounds / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [1, 2, 3]
    assert all(np.isfinite(line["takes"]) for line in log)
    model = EmbedderLayers().model()
    averaged = sounds / "run" / "averaged.weights.h5"
    model.load_weights(averaged)
    for start, weights in ((averaged, model), (MODEL_FILE, load_shipped(MODEL_FILE)[1])):
        begun = Learner(start)
        assert begun.step == 0
        for some, others in zip(begun._network.get_weights(), weights.get_weights(), strict=True):
            assert some == pytest.approx(others)
    other = EmbedderLayers().model()
    other.save_weights(sounds / "other.weights.h5")
    mean = mean_of([averaged, sounds / "other.weights.h5"]).get_weights()
    for some, first, second in zip(mean, model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(some, (first + second) / 2, atol=1e-6)
    sources = [len(Bank.load(sounds, only).instruments[0]) for only in ("", "fluidr3")]
    assert sources == [2, 1]


def test_a_checkpoint_goes_on_to_the_same_weights(sounds: Path, tmp_path: Path) -> None:
    """The average of the weights and the optimizer's moments are in it too."""
    batches = BatchMaker(Bank.load(sounds), 3, 4)
    first, second = batches.draw(), batches.draw()
    whole = Learner()
    whole.learn(first, 1e-3)
    whole.save(tmp_path / "checkpoint.npz")
    whole.learn(second, 1e-3)
    again = Learner()
    again.restore(tmp_path / "checkpoint.npz")
    assert again.step == 1
    again.learn(second, 1e-3)
    for some, others in zip(whole._variables(), again._variables(), strict=True):
        assert np.asarray(some) == pytest.approx(np.asarray(others), abs=1e-6)
    # The loss of a batch by its definition, from the weights of the checkpoint, as a layer in training.
    slow = Learner()
    slow.restore(tmp_path / "checkpoint.npz")
    vectors = slow._network([second.levels, second.weights], training=True)
    losses = map(float, contrasts(vectors, second.shares, second.timbres, second.takes))
    found = again.losses()
    assert [found[name] for name in CONTRASTS] == pytest.approx(list(losses), abs=1e-3)


def test_what_strays_is_one_less_the_cosine_of_views_that_are_kept() -> None:
    vectors = np.zeros((3, 2, LEARNED_DIM), np.float32)
    vectors[0, :, 0] = 1.0
    vectors[1, :, :2] = 0.6, 0.8
    vectors[2, :, 5] = 1.0
    vectors[:, :, VECTOR_DIM:] = RNG.normal(0.0, 1.0, (3, 2, LEARNED_DIM - VECTOR_DIM))
    goals = np.eye(VECTOR_DIM, dtype=np.float32)[[0, 0, 0]]
    shares = np.full((3, 2), 0.5, np.float32)
    kept = np.array([True, True, False])
    assert float(strayed(vectors, shares, goals, kept)) == pytest.approx((0.0 + 0.4) / 2)
    assert float(strayed(vectors, shares, goals, ~kept)) == pytest.approx(1.0)
    assert float(strayed(vectors, shares, goals, kept & ~kept)) == 0.0


def test_singers_that_are_kept_stray_less_from_where_they_were(sounds: Path) -> None:
    """At the first batch nobody has strayed: the weights are those that are kept to."""
    far = {}
    for weight in (0.01, 1000.0):
        learner, batches = Learner(MODEL_FILE, weight), BatchMaker(Bank.load(sounds), 3, 6)
        learner.learn(batches.draw(), 1e-3)
        assert learner.losses()["strayed"] == pytest.approx(0.0, abs=1e-4)
        for _ in range(7):
            learner.learn(batches.draw(), 1e-3)
        far[weight] = learner.losses()["strayed"]
    assert 0.0 < far[1000.0] < 0.7 * far[0.01]


@pytest.mark.skipif(find_spec("jax") is None, reason="jax is not installed")
def test_it_trains_on_jax(sounds: Path) -> None:
    words = ["-m", "swara.embedder.training.train", sounds, "--steps", "2", "--timbres", "4"]
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    said = subprocess.check_output([sys.executable, *words], cwd=ROOT, env=environment, text=True)
    assert np.isfinite(json.loads(said.splitlines()[-1])["timbres"])
