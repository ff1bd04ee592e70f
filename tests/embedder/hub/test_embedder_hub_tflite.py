"""The official TFLite file, cut at its embedding: by its graph, on real weights where they are at hand."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.embedder.errors import ModelDamaged, ModelUnfit
from swara.embedder.hub.contract import NOISE_CLASS, SILENCE_CLASS, SINE_CLASS, YAMNET_TFLITE, check_contract
from swara.embedder.hub.embedder import hub_embedder
from swara.embedder.registry import embedder_named

PITCH = Path(__file__).parents[3] / "classifier" / "pitch" / "pitch.tflite"
RATE_HZ = 16_000


def test_the_real_file_does_what_is_documented(real_file: Path) -> None:
    check_contract(YAMNET_TFLITE, hub_embedder(real_file, YAMNET_TFLITE, scores=True).outputs)


def test_the_classes_are_those_of_the_published_map_and_score_as_measured(real_file: Path) -> None:
    with real_file.with_name("yamnet_class_map.csv").open(encoding="utf-8") as file:
        names = [row["display_name"] for row in csv.DictReader(file)]
    assert [names[k] for k in (SILENCE_CLASS, SINE_CLASS, NOISE_CLASS)] == [
        "Silence",
        "Sine wave",
        "White noise",
    ]
    run = hub_embedder(real_file, YAMNET_TFLITE, scores=True).outputs
    a440 = np.sin(2 * np.pi * 440.0 * np.arange(54_000) / RATE_HZ).astype(np.float32)
    hiss = np.random.default_rng(0).uniform(-1.0, 1.0, 54_000).astype(np.float32)
    sounds = (np.zeros(54_000, np.float32), a440, hiss)
    silence, sine, noise = (run(sound).scores.mean(axis=0) for sound in sounds)
    assert (silence.argmax(), sine.argmax()) == (SILENCE_CLASS, SINE_CLASS)
    assert silence.max() == pytest.approx(0.80, abs=0.02)
    assert sine.max() > 0.98
    assert int((noise > noise[NOISE_CLASS]).sum()) == 2


def test_the_cut_gives_the_tensor_before_the_last_layer(real_file: Path) -> None:
    """Slow oracle: every tensor preserved, one window at a time, 115 read."""
    from ai_edge_litert.interpreter import Interpreter

    with pytest.warns(UserWarning, match="debugging"):
        network = Interpreter(
            model_path=str(real_file), experimental_preserve_all_tensors=True, num_threads=1
        )
    network.allocate_tensors()
    scale, zero = network._get_tensor_details(115, 0)["quantization"]
    take = load_clip(sorted((real_file.parents[2] / "audio" / "ssvd").glob("*.flac"))[0], rate_hz=RATE_HZ)
    clip = take.between(0.0, 4.0)
    found = embedder_named("yamnet", real_file).embed(clip)
    padded = np.pad(clip.samples, (0, 15_600))
    for frame, vector in enumerate(found.vectors):
        network.set_tensor(0, padded[frame * 7_680 :][:15_600])
        network.invoke()
        expected = (network.get_tensor(115).ravel().astype(np.float32) - zero) * scale
        np.testing.assert_allclose(vector, expected, atol=1e-6)
    assert found.vectors.std() > 0


def test_the_form_and_the_name_tell_it_from_other_embedders(real_file: Path) -> None:
    either, alone = (embedder_named(name, real_file).spec for name in ("yamnet", "yamnet-tflite"))
    assert either.parameters["form"] == "tflite"
    assert either.parameters["weights"].startswith("10c95ea3eb9a7bb4")
    assert (either.dim, either.rate_hz, either.hop_s) == (1024, 16_000, 0.48)
    assert (either.name, alone.name) == ("yamnet", "yamnet-tflite")
    assert alone.parameters == either.parameters
    assert alone.fingerprint != either.fingerprint


def _refused(content: bytes, file: Path) -> None:
    file.write_bytes(content)
    with pytest.raises((ModelDamaged, ModelUnfit)):
        embedder_named("yamnet", file).embed(Clip(np.ones(RATE_HZ, np.float32), RATE_HZ))


@pytest.mark.parametrize("kept", [100, 1_000_000, 4_100_000])
def test_a_real_file_cut_short_is_refused(kept: int, real_file: Path, tmp_path: Path) -> None:
    """The last 7 kB are a ZIP file of class names, which no network needs."""
    _refused(real_file.read_bytes()[:kept], tmp_path / "model.tflite")


@pytest.mark.parametrize(
    "content",
    [*(PITCH.read_bytes()[:kept] for kept in (0, 3, 8, 100, 5_000)), b"RIFF____WAVEfmt " + bytes(2000)],
    ids=len,
)
def test_a_file_cut_short_or_of_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    _refused(content, tmp_path / "model.tflite")
    with pytest.raises(ModelUnfit, match=rf"^{PITCH}: .*\[\(15600,\)\] and \[\(1, 521\)\]"):
        embedder_named("yamnet", PITCH)
