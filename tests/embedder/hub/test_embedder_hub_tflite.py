"""The official TFLite file, cut at its embedding: by its graph, on real weights where they are at hand."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.embedder.errors import ModelDamaged, ModelUnfit
from swara.embedder.hub.contract import NOISE_CLASS, SILENCE_CLASS, SINE_CLASS, YAMNET_TFLITE, check_contract
from swara.embedder.hub.embedder import hub_embedder
from swara.embedder.hub.yamnet_tflite import cut_at_embedding
from swara.embedder.registry import embedder_named

PITCH = Path(__file__).parents[3] / "classifier" / "pitch" / "pitch.tflite"
NAME = "lite-model_yamnet_classification_tflite_1.tflite"
RATE_HZ = 16_000


@pytest.fixture(scope="module")
def folder() -> Path:
    """Where the real file and its class map lie."""
    root = os.environ.get("SWARA_EVAL_DATA")
    if not root:
        pytest.skip("SWARA_EVAL_DATA is not set")
    found = Path(root).parent / "models" / "yamnet_tflite"
    if not (found / NAME).is_file():
        pytest.skip(f"there is no {found / NAME}")
    return found


@pytest.fixture(scope="module")
def real(folder: Path) -> Path:
    return folder / NAME


def _sine(seconds: float) -> np.ndarray:
    return np.sin(2 * np.pi * 440.0 * np.arange(int(seconds * RATE_HZ)) / RATE_HZ).astype(np.float32)


def test_the_real_file_does_what_is_documented(real: Path) -> None:
    check_contract(YAMNET_TFLITE, hub_embedder(real, YAMNET_TFLITE, scores=True).outputs)


def test_silence_and_a_sine_score_as_measured(real: Path, folder: Path) -> None:
    run = hub_embedder(real, YAMNET_TFLITE, scores=True).outputs
    hiss = np.random.default_rng(0).uniform(-1.0, 1.0, 54_000).astype(np.float32)
    sounds = (np.zeros(54_000, np.float32), _sine(3.375), hiss)
    silence, sine, noise = (run(sound).scores.mean(axis=0) for sound in sounds)
    with (folder / "yamnet_class_map.csv").open(encoding="utf-8") as file:
        names = [row["display_name"] for row in csv.DictReader(file)]
    assert (names[SILENCE_CLASS], names[SINE_CLASS]) == ("Silence", "Sine wave")
    assert names[int(silence.argmax())] == "Silence"
    assert silence.max() == pytest.approx(0.80, abs=0.02)
    assert names[int(sine.argmax())] == "Sine wave"
    assert sine.max() > 0.98
    assert names[NOISE_CLASS] == "White noise"
    assert int((noise > noise[NOISE_CLASS]).sum()) == 2


def test_the_cut_gives_the_tensor_before_the_last_layer(real: Path) -> None:
    """Slow oracle: every tensor preserved, one window at a time, tensor 115 read from inside."""
    from ai_edge_litert.interpreter import Interpreter

    with pytest.warns(UserWarning, match="debugging"):
        network = Interpreter(model_path=str(real), experimental_preserve_all_tensors=True, num_threads=1)
    network.allocate_tensors()
    scale, zero = network._get_tensor_details(115, 0)["quantization"]
    take = load_clip(sorted((real.parents[2] / "audio" / "ssvd").glob("*.flac"))[0], rate_hz=RATE_HZ)
    clip = take.between(0.0, 4.0)
    found = embedder_named("yamnet", real).embed(clip)
    padded = np.pad(clip.samples, (0, 15_600))
    for frame, vector in enumerate(found.vectors):
        network.set_tensor(0, padded[frame * 7_680 :][:15_600])
        network.invoke()
        expected = (network.get_tensor(115).ravel().astype(np.float32) - zero) * scale
        np.testing.assert_allclose(vector, expected, atol=1e-6)
    assert found.vectors.std() > 0


def test_only_the_number_of_the_output_is_changed(real: Path) -> None:
    before = real.read_bytes()
    after = cut_at_embedding(before, "real")
    changed = [at for at in range(len(before)) if before[at] != after[at]]
    assert len(before) == len(after)
    assert 1 <= len(changed) <= 4


def test_the_form_and_the_name_tell_it_from_other_embedders(real: Path) -> None:
    either, alone = (embedder_named(name, real).spec for name in ("yamnet", "yamnet-tflite"))
    assert either.parameters["form"] == "tflite"
    assert either.parameters["weights"].startswith("10c95ea3eb9a7bb4")
    assert (either.dim, either.rate_hz, either.hop_s) == (1024, 16_000, 0.48)
    assert (either.name, alone.name) == ("yamnet", "yamnet-tflite")
    assert alone.parameters == either.parameters
    assert alone.fingerprint != either.fingerprint


@pytest.mark.parametrize("kept", [0, 3, 8, 100, 5_000, 1_000_000, 4_100_000])
def test_a_real_file_cut_short_is_refused(kept: int, real: Path, tmp_path: Path) -> None:
    """The last 7 kB are a ZIP file of class names, which no network needs."""
    short = tmp_path / "model.tflite"
    short.write_bytes(real.read_bytes()[:kept])
    with pytest.raises(ModelDamaged):
        embedder_named("yamnet", short).embed(Clip(_sine(1), RATE_HZ))


def test_a_file_with_other_shapes_is_refused() -> None:
    with pytest.raises(ModelUnfit) as refusal:
        embedder_named("yamnet", PITCH)
    line = str(refusal.value)
    assert line.startswith(str(PITCH))
    assert "[(15600,)] and [(1, 521)]" in line


@pytest.mark.parametrize(
    "content",
    [*(PITCH.read_bytes()[:kept] for kept in (0, 3, 8, 100, 5_000)), b"RIFF____WAVEfmt " + bytes(2000)],
    ids=len,
)
def test_a_file_cut_short_or_of_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    other = tmp_path / "model.tflite"
    other.write_bytes(content)
    with pytest.raises((ModelDamaged, ModelUnfit)):
        embedder_named("yamnet", other)
