"""Instruments: what the network looks at, what it says and when it says nothing, where sounds begin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swara.classifier import HeadError
from swara.classifier.head_files import write_head
from swara.classifier.instruments import network
from swara.classifier.instruments.network import (
    BAND_FRAMES,
    FOLDER,
    FRAMES,
    KIND,
    LABELS,
    NONE,
    SPEC,
    InstrumentHead,
    Named,
    band_windows,
    blended,
    label_of,
    scaled,
    windows,
)
from swara.classifier.instruments.sounds import Sound, _together, hear_sounds, is_gliding, sound_spans
from swara.classifier.window_network import WindowNetwork
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack
from swara.embedder.builtin.features import BANDS
from swara.service.report.sound_report import sound_json, sound_lines, what_it_is

RATE_HZ = 16_000
TRAINED_HERE = {"instruments.tflite", "on_embedder.tflite"}


def _tone(hz: float, seconds: float, level: float = 0.3) -> np.ndarray:
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (level * sum(np.sin(2 * np.pi * n * hz * times_s) / n for n in range(1, 9))).astype(np.float32)


def test_gain_changes_nothing_that_the_network_sees() -> None:
    loud, quiet = (scaled(windows(_tone(220.0, 1.5, level))) for level in (0.3, 0.02))
    assert loud.shape == quiet.shape == (2, FRAMES, SPEC.n_mels)
    np.testing.assert_allclose(loud, quiet, atol=0.02)
    assert (loud.min(), loud.max()) == (0.0, 1.0)
    loud, quiet = (band_windows(_tone(220.0, 1.5, level)) for level in (0.3, 0.02))
    assert loud.shape == quiet.shape == (1, BAND_FRAMES, BANDS + 1)
    np.testing.assert_allclose(loud, quiet, atol=1e-3)
    assert loud[:, :, -1].max() == 1.0


@pytest.mark.parametrize(("seconds", "count"), [(0.05, 1), (0.3, 1), (1.0, 1), (1.5, 2), (10.0, 19)])
def test_windows_cover_a_sound_of_any_length(seconds: float, count: int) -> None:
    assert len(windows(_tone(330.0, seconds))) == count
    assert len(band_windows(_tone(330.0, seconds))) == max(1, int((seconds - 0.007) / 0.5) - 1)
    silent = np.zeros(round(seconds * RATE_HZ), np.float32)
    assert len(windows(silent)) == len(band_windows(silent)) == 0


@pytest.mark.parametrize("seconds", [0.0, 1.0, 1.5])
def test_what_lies_at_an_end_alone_gives_numbers(seconds: float) -> None:
    """A click of one sample, by itself or before silence; a tone after it."""
    click = np.zeros(1 + round(seconds * RATE_HZ), np.float32)
    click[0] = 0.5
    late = np.concatenate([np.zeros(round(seconds * RATE_HZ), np.float32), _tone(440.0, 0.25)])
    for sound in (click, late):
        assert np.isfinite([*InstrumentHead(FOLDER).name(sound).probabilities.values()]).all()


def test_what_has_no_name_is_none_of_these() -> None:
    assert [label_of(name) for name in ("cello", "viola", "voice")] == ["cello", NONE, "voice"]


def test_the_shipped_head_answers_finite_shares_and_nothing_of_silence() -> None:
    head = InstrumentHead(FOLDER)
    assert head.labels == LABELS
    both = head.logs(_tone(440.0, 1.0))
    assert [logs.shape for logs in both] == [(14,)] * 2
    np.testing.assert_allclose(blended(both), np.exp((both[0] + both[1]) / 2) / np.exp(sum(both) / 2).sum())
    said = head.name(_tone(440.0, 1.0))
    assert sum(said.probabilities.values()) == pytest.approx(1.0, abs=1e-5)
    assert list(said.probabilities.values()) == sorted(said.probabilities.values(), reverse=True)
    assert head.name(np.zeros(RATE_HZ, np.float32)) == Named(None, {})
    assert head.manifest.metrics["parity"] <= 1e-4
    assert sum(record.size_bytes for record in head.manifest.files.values()) <= 1.5e6
    assert {*head.manifest.files} == {path.name for path in FOLDER.glob("*.tflite")} == TRAINED_HERE
    for seed in range(4):
        noise = np.random.default_rng(seed).normal(0.0, 0.1, RATE_HZ).astype(np.float32)
        assert hear_sounds(Clip(noise, RATE_HZ), head).named.name in (None, NONE)


def test_both_shipped_networks_give_shares_of_every_window() -> None:
    """Slow oracle: a window by itself gives what it gives among others."""
    rng = np.random.default_rng(2)
    bands = (BAND_FRAMES, BANDS + 1)
    for name, shape in ((network.NETWORK_FILE, (FRAMES, SPEC.n_mels)), (network.ON_EMBEDDER_FILE, bands)):
        shipped = WindowNetwork((FOLDER / name).read_bytes(), name)
        shipped.expect(shape, len(LABELS))
        given = rng.uniform(0.0, 1.0, (5, *shape)).astype(np.float32)
        together = shipped.run(given)
        np.testing.assert_allclose(together.sum(axis=1), 1.0, atol=1e-5)
        np.testing.assert_allclose(
            np.concatenate([shipped.run(each[None]) for each in given]), together, atol=1e-6
        )
        assert together.std(axis=0).max() > 0.0


def test_another_network_is_refused(tmp_path: Path) -> None:
    content = (FOLDER / network.NETWORK_FILE).read_bytes()
    write_head(tmp_path, KIND, ("one", "two"), {"network.tflite": content}, trained_on={}, metrics={})
    with pytest.raises(HeadError, match=r"14 classes, not .* and 2\."):
        InstrumentHead(tmp_path)
    write_head(tmp_path, KIND, LABELS, {"network.tflite": content[:5000]}, trained_on={}, metrics={})
    with pytest.raises(HeadError, match=str(tmp_path)):
        InstrumentHead(tmp_path)


def test_sounds_are_cut_at_silence_and_where_another_begins() -> None:
    pause = np.zeros(round(0.3 * RATE_HZ), np.float32)
    fade = np.linspace(1.0, 0.1, round(0.6 * RATE_HZ), dtype=np.float32)
    parts = [_tone(220.0, 0.6) * fade, _tone(587.0, 0.6) * fade, pause, _tone(330.0, 0.5), pause]
    spans = sound_spans(Clip(np.concatenate(parts), RATE_HZ))
    wanted = [(0.0, 0.6), (0.6, 1.2), (1.5, 2.0)]
    np.testing.assert_allclose(spans, wanted, atol=0.04)
    assert sound_spans(Clip(np.zeros(RATE_HZ, np.float32), RATE_HZ)) == []


def _sounds(*told: tuple[str | None, float]) -> list[Sound]:
    return [Sound(0.0, s, None, 0.0, Named(name, {name or NONE: 0.9, "oboe": 0.1})) for name, s in told]


@pytest.mark.parametrize(
    ("told", "name", "seconds"),
    [
        ([("flute", 3.0), ("flute", 1.0), ("cello", 1.0)], "flute", {"flute": 4.0, "cello": 1.0}),
        ([("flute", 1.0), ("cello", 2.0)], None, {"cello": 2.0, "flute": 1.0}),
        ([("flute", 1.0), (None, 3.0)], None, {"flute": 1.0}),  # little of it is known
        ([], None, {}),
    ],
    ids=["one", "several", "mostly unsure", "silence"],
)
def test_what_all_sounds_together_are(told: list, name: str | None, seconds: dict[str, float]) -> None:
    named, found = _together(_sounds(*told))
    assert (named.name, found) == (name, seconds)
    assert list(found) == list(seconds)
    assert sum(named.probabilities.values()) == pytest.approx(1.0 if told else 0.0)


def _melody(glide_frames: int, notes: int = 8) -> np.ndarray:
    """Half a second on each of two notes in turn, a whole tone apart, in cents every 10 ms."""
    parts, now = [], 0.0
    for place in range(notes):
        next_one = 200.0 * (place % 2)
        parts += [np.linspace(now, next_one, glide_frames + 2)[1:-1], np.full(50 - glide_frames, next_one)]
        now = next_one
    return np.concatenate(parts)


@pytest.mark.parametrize(
    ("glide_frames", "notes", "sung"),
    [(0, 8, False), (2, 8, False), (12, 8, True), (12, 3, False)],
    ids=["keys", "a legato tongue", "a voice", "too short"],
)
def test_notes_that_glide_into_each_other_are_sung(glide_frames: int, notes: int, sung: bool) -> None:
    hz = 220.0 * 2 ** (_melody(glide_frames, notes) / 1200)
    voiced = np.ones(hz.size, np.bool_)
    assert is_gliding(PitchTrack(0.01 * np.arange(hz.size), hz, np.ones(hz.size), voiced)) == sung
    assert not is_gliding(PitchTrack(0.01 * np.arange(hz.size), hz, np.zeros(hz.size), ~voiced))


class _Sure:
    """A head that is sure of one name."""

    def __init__(self, said: str, labels: tuple[str, ...] = LABELS) -> None:
        self.said, self.labels = said, labels

    def name(self, _: np.ndarray) -> Named:
        return Named(self.said, {self.said: 0.9, "oboe": 0.1})


@pytest.mark.parametrize(
    ("head", "glide_frames", "name"),
    [
        (_Sure("cello"), 12, None),
        (_Sure(NONE), 12, None),
        (_Sure("voice"), 12, "voice"),
        (_Sure("cello"), 0, "cello"),
        (_Sure("sarangi", ("sarangi", "voice")), 12, "sarangi"),
    ],
)
def test_of_a_sung_phrase_no_instrument_is_named_but_by_a_head_of_ones_own(head, glide_frames, name) -> None:
    hz = np.repeat(220.0 * 2 ** (_melody(glide_frames) / 1200), RATE_HZ // 100)
    phase = 2 * np.pi * np.cumsum(hz) / RATE_HZ
    clip = Clip((0.2 * sum(np.sin(n * phase) / n for n in range(1, 9))).astype(np.float32), RATE_HZ)
    heard = hear_sounds(clip, head)
    assert heard.named.name == name
    assert heard.named.probabilities[head.said] > 0.8
    assert set(heard.seconds) == ({name} if name else set())


@pytest.mark.parametrize(("hz", "with_others"), [((220.0,), False), ((220.0, 311.1), True)])
def test_no_instrument_is_named_where_two_notes_sound_at_a_time(hz, with_others) -> None:
    clip = Clip(sum(_tone(each, 1.0) for each in hz), RATE_HZ)
    heard = hear_sounds(clip, _Sure("cello"))
    (sound,) = heard.sounds
    assert (sound.with_others, sound.midi in (57, 63)) == (with_others, True)
    assert heard.named.name == (None if with_others else "cello")
    assert what_it_is(heard).startswith("More than one note sounds" if with_others else "cello")
    assert sound_json(heard, "")["sounds"][0]["with_others"] is with_others
    assert list(sound_lines(heard))[1].endswith("with another" if with_others else "cello")
