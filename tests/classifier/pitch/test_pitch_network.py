"""The network runs alike in chunks and step by step, and a file that is none is refused in one line."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from swara.classifier import HeadError
from swara.classifier.pitch.decode import PITCH_BINS
from swara.classifier.pitch.features import CHANNELS, FINE_FEATURES, GATHERED_FEATURES, NEIGHBOUR_FEATURES
from swara.classifier.pitch.head import HeadTracker
from swara.classifier.pitch.network import CHUNK, MODEL_FILE, PitchNetwork, shipped_network
from swara.classifier.pitch.spectrum import BINS
from swara.classifier.pitch.training.batches import frames_of
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.data.errors import MissingPackage
from swara.data.installation import repair_advice

ROOT = Path(__file__).parents[3]


def frames(count: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.standard_normal((count, BINS, CHANNELS)).astype(np.float32)


def test_chunks_and_steps_agree(demo):
    """But for what is rounded: to 8 bits by the loudest of 50 frames, or by that of one."""
    given = frames_of(load_clip(demo).samples, causal=False)[: 2 * CHUNK + 20]
    salience, voicing = shipped_network().memory().run(given)
    assert salience.shape == (2 * given.shape[0], PITCH_BINS)
    assert voicing.shape == (2 * given.shape[0],)
    memory = shipped_network().memory()
    steps = [memory.run(given[at : at + 1]) for at in range(given.shape[0])]
    alone, sung = np.concatenate([step[0] for step in steps]), voicing > 0.5
    assert np.mean(alone[sung].argmax(axis=1) == salience[sung].argmax(axis=1)) > 0.97
    assert np.abs(alone[sung] - salience[sung]).sum(axis=1).mean() < 0.1
    assert np.abs(np.concatenate([step[1] for step in steps]) - voicing).mean() < 0.01
    # A memory remembers, and a new one does not.
    (again, _), (later, _) = shipped_network().memory().run(given[:1]), memory.run(given[:1])
    np.testing.assert_array_equal(again, steps[0][0])
    assert np.abs(later - again).max() > 1e-4
    assert [part.shape for part in memory.run(given[:0])] == [(0, PITCH_BINS), (0,)]


def test_threads_that_share_a_network_hear_what_each_would_alone(demo):
    """Two in one interpreter mix up their sounds, and say nothing."""
    clip = load_clip(demo)
    voices = [clip, Clip(clip.samples[::-1].copy(), clip.rate_hz)]
    alone = [HeadTracker().track(voice) for voice in voices]
    with ThreadPoolExecutor(4) as threads:
        beside = list(threads.map(lambda voice: HeadTracker().track(voice), voices * 4))
    for track, wanted in zip(beside, alone * 4, strict=True):
        np.testing.assert_array_equal(track.hz, wanted.hz)
        np.testing.assert_array_equal(track.confidence, wanted.confidence)


@pytest.mark.parametrize("count", [1, 2, 37])
def test_both_looks_of_the_fine_estimate_take_any_number_of_frames(count):
    rng = np.random.default_rng(2)
    network = shipped_network()
    estimate, told = network.look(rng.standard_normal((count, FINE_FEATURES)).astype(np.float32))
    assert (estimate.shape, told.shape) == ((count,), (count, NEIGHBOUR_FEATURES))
    correction, voicing = network.look_around(
        rng.standard_normal((count, GATHERED_FEATURES)).astype(np.float32)
    )
    assert (correction.shape, voicing.shape) == ((count,), (count,))
    assert np.all((voicing >= 0) & (voicing <= 1))


@pytest.mark.parametrize("size", [None, 0, 10, 5_000, 0.5, -100, "text"], ids=str)
def test_a_file_that_is_absent_cut_short_or_text_is_one_line(
    tmp_path: Path, size: float | str | None
) -> None:
    file = tmp_path / "pitch.tflite"
    if size == "text":
        file.write_text("Sa Re Ga\n" * 1000, encoding="utf-8")
    elif size is not None:
        whole = MODEL_FILE.read_bytes()
        file.write_bytes(whole[: int(size * len(whole)) if size == 0.5 else int(size)])
    with pytest.raises(HeadError) as caught:
        PitchNetwork(file)
    line = str(caught.value)
    assert line.startswith(f"{file}: the pitch head cannot be read")
    assert line.endswith(f"{repair_advice()}.")


def test_without_litert_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(MissingPackage) as caught:
        PitchNetwork()
    what = "this model runs on LiteRT, which is not installed."
    assert str(caught.value) == f"{MODEL_FILE}: {what} Install it with: pip install 'ai-edge-litert>=2.1'."


def test_litert_has_nothing_to_say_to_the_reader() -> None:
    code = (
        "import numpy as np; from swara.classifier.pitch.head import pitch_tracker;"
        "from swara.data.clip import Clip;"
        "print(len(pitch_tracker('head').track(Clip(np.ones(16_000, np.float32), 16_000))))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("101\n", "")
