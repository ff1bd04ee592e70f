"""The note of a sample, by the network that ships; and how notes are learned."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.classifier import HeadError
from swara.classifier.head_files import NETWORK, write_head
from swara.classifier.sample_pitch.features import (
    BINS_PER_SEMITONE,
    FRAME,
    LOWEST_MIDI,
    PITCH_BINS,
    beside_partials,
    cut_frames,
)
from swara.classifier.sample_pitch.note import (
    FOLDER,
    KIND,
    NOTES,
    PitchHead,
    note_of,
    sounding_frames,
)
from swara.classifier.sample_pitch.training.sounds import (
    draw_examples,
    draw_tone,
    random_sounds,
    soft_targets,
)
from swara.data.clip import Clip
from swara.data.corpora.entry import Entry

RATE_HZ = 16_000


def tone(
    midi: float, duration_s: float = 0.6, rate_hz: int = RATE_HZ, *, lowest: int = 1, step: int = 1
) -> Clip:
    """Partials from `lowest` on, every `step`th, each as weak as its number says."""
    hz = 440.0 * 2.0 ** ((midi - 69.0) / 12.0)
    times_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    numbers = [n for n in range(lowest, 40, step) if n * hz < 7500.0]
    samples = sum(np.sin(2 * np.pi * n * hz * times_s + n) / n for n in numbers)
    return Clip((0.2 * samples).astype(np.float32), rate_hz)


@pytest.mark.parametrize("midi", [21, 28, 36, 47, 60, 72, 84, 96, 108])
@pytest.mark.parametrize("rate_hz", [RATE_HZ, 44_100])
def test_every_octave_of_a_piano(midi, rate_hz) -> None:
    found = note_of(tone(midi, rate_hz=rate_hz))
    assert found.midi == midi
    assert abs(found.cents) < 20.0
    assert found.confidence is not None
    assert found.confidence > 0.8


@pytest.mark.parametrize("cents", [-40.0, 35.0])
def test_out_of_tune(cents) -> None:
    found = note_of(tone(60.0 + cents / 100.0))
    assert found.midi == 60
    assert found.cents == pytest.approx(cents, abs=8.0)


@pytest.mark.parametrize("timbre", [{"lowest": 2}, {"step": 2}], ids=["no fundamental", "odd partials"])
def test_no_octave_off(timbre) -> None:
    assert note_of(tone(48.0, **timbre)).midi == 48


def test_what_lies_beside_the_partials_is_what_was_put_there() -> None:
    times_s = np.arange(3 * FRAME) / RATE_HZ
    waves = {hz: np.sin(2 * np.pi * hz * times_s) for hz in (220.0, 440.0, 300.0)}
    frames = cut_frames((waves[220.0] + waves[440.0] + waves[300.0]).astype(np.float32))
    found = beside_partials(frames, np.resize([220.0, 300.0], len(frames)))
    np.testing.assert_allclose(found, np.resize([1 / 3, 2 / 3], len(frames)), atol=1e-3)
    assert note_of(tone(48.0)).beside < 1e-3


def noise(size: int) -> np.ndarray:
    return np.random.default_rng(3).standard_normal(size).astype(np.float32)


@pytest.mark.parametrize(
    "samples", [np.zeros(8000, np.float32), 0.1 * noise(16_000), 1e-6 * noise(8000), 0.1 * noise(3)]
)
def test_what_has_no_pitch_has_no_confidence(samples) -> None:
    assert note_of(Clip(samples, RATE_HZ)).confidence is None


def test_short_and_long() -> None:
    assert note_of(tone(69.0, 0.05)).midi == 69
    long = tone(57.0, 30.0)
    assert len(sounding_frames(long)) == 64
    assert note_of(long).midi == 57


def test_the_silence_around_a_note_is_not_listened_to() -> None:
    sound = np.pad(tone(64.0, 0.5).samples, (20_000, 20_000))
    frames = sounding_frames(Clip(sound + 1e-5 * noise(sound.size), RATE_HZ))
    assert 0 < len(frames) < len(cut_frames(sound)) / 2


def test_targets_are_shares_around_the_pitch_or_none() -> None:
    shares = soft_targets(np.array([[60.0, 60.0], [np.nan, np.nan], [40.0, 52.0]], np.float32))
    assert shares.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    at = round((60.0 - LOWEST_MIDI) * BINS_PER_SEMITONE)
    assert shares[0].argmax() == at
    assert shares[0, at + 2 * BINS_PER_SEMITONE] < 1e-3
    assert shares[1, PITCH_BINS] == 1.0
    both = [round((midi - LOWEST_MIDI) * BINS_PER_SEMITONE) for midi in (40, 52)]
    assert shares[2, both[0]] == pytest.approx(shares[2, both[1]])


def test_examples_are_the_same_of_one_seed() -> None:
    first, second = (
        draw_examples(random_sounds(14, rng), rng)
        for rng in (np.random.default_rng(5), np.random.default_rng(5))
    )
    assert np.array_equal(first.features, second.features)
    assert np.isnan(first.midi).any(axis=1).sum() == 2  # two frames of the one noise
    assert (first.midi[:, 0] != first.midi[:, 1]).sum() >= 2  # and of the two tones at once


@pytest.mark.xdist_group("tensorflow")
def test_a_dense_head_learns_on_the_trunk_that_ships(tmp_path: Path) -> None:
    """Two stages of one pass: the head alone, then the topmost block; the file answers as well as before."""
    pytest.importorskip("keras")
    from swara.classifier.head_files import FitOptions, read_head
    from swara.classifier.sample_pitch.training import fit

    rng = np.random.default_rng(2)
    rows = []
    for number, midi in enumerate((45, 57, 64, 76)):
        path = tmp_path / f"{number}.wav"
        soundfile.write(path, 0.5 * draw_tone(float(midi), RATE_HZ // 2, rng), RATE_HZ)
        rows.append(Entry(path, "test", f"player {number % 2}", "CC0", midi=midi))
    told: list[dict[str, float]] = []
    options = FitOptions(epochs=2, patience=1, learning_rate=1e-4, seconds=0.5)
    fitted = fit.fit(rows, tmp_path / "head", options, lambda _, figures: told.append(figures))
    assert len(told) == fitted.epochs == 2
    head = read_head(tmp_path / "head", "pitch")
    assert (head.trained_on["trunk"], len(head.labels)) == ("note", 88)
    for folder in (tmp_path / "head", FOLDER):
        assert list(fit.answers(rows, folder)) == ["45", "57", "64", "76"]


@pytest.mark.xdist_group("tensorflow")
@pytest.mark.parametrize("trunk", ["note", "crepe"])
def test_identify_asks_the_trained_head_of_a_store(tmp_path: Path, monkeypatch, trunk: str) -> None:
    """Heads that hear A4 in everything: on each trunk they are asked, on another they are refused."""
    keras = pytest.importorskip("keras")
    from swara.classifier.sample_pitch.training.fit import LABELS
    from swara.classifier.window_network import exported
    from swara.service.export import sound_file
    from swara.service.store import Layout

    shape = (3, 297) if trunk == "note" else (1024, 1)
    windows = keras.Input(batch_shape=(1, *shape))
    dense = keras.layers.Dense(NOTES, activation="softmax")
    model = keras.Model(windows, dense(keras.layers.Flatten()(windows)))
    dense.set_weights([np.zeros((np.prod(shape), NOTES)), 9.0 * np.eye(NOTES)[69 - 21]])
    content, _ = exported(model, np.zeros((1, *shape), np.float32))
    write_head(tmp_path, KIND, LABELS, {NETWORK: content}, trained_on={"trunk": trunk}, metrics={})
    monkeypatch.setattr(sound_file, "live_head", lambda _, kind, ships: tmp_path if kind == KIND else ships)
    path = tmp_path / "c4.wav"
    soundfile.write(path, tone(60.2).samples, RATE_HZ)
    found = [
        json.loads(sound_file.identify_file(path, max_duration_s=9.0, store=store).json)["sounds"][0]
        for store in (None, Layout(tmp_path / "store"))
    ]
    assert [each["midi"] for each in found] == [60, 69]
    assert PitchHead(tmp_path).note(tone(69.3)).cents == pytest.approx(30.0, abs=5.0)
    write_head(tmp_path, KIND, LABELS, {NETWORK: content}, trained_on={"trunk": "vggish"}, metrics={})
    with pytest.raises(HeadError, match="vggish"):
        PitchHead(tmp_path)
