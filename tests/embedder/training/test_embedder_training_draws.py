"""What the built-in embedder is trained on: drawn from seeds, of the right shape, and as it says."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.data.corpora.entry import Entry
from swara.embedder.builtin.features import (
    BANDS,
    FRAME_SAMPLES,
    STEP_SAMPLES,
    band_centres_hz,
    band_powers,
)
from swara.embedder.training.bank import PHRASE_S, PHRASES, Bank
from swara.embedder.training.batches import VIEW_FRAMES, VIEWS, WINDOWS, BatchMaker, resized
from swara.embedder.training.channel import draw_channels, heard_through
from swara.embedder.training.instruments import draw_instrument, play_phrase
from swara.embedder.training.notes import SLOT_S, Notes, recorded, render_program
from swara.embedder.training.voices import draw_singer, sing_phrase

RATE_HZ = 16_000
SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")


@pytest.fixture(scope="module")
def bank() -> Bank:
    """Voices, families, a singer, two instruments of one source and one of two, each of noise of its own."""
    rng = np.random.default_rng(0)
    frames = 1 + (round(PHRASE_S * RATE_HZ) - FRAME_SAMPLES) // STEP_SAMPLES
    voices = rng.normal(0.0, 1.0, (40, 1, 1, BANDS)) + rng.normal(0.0, 0.1, (40, PHRASES, frames, BANDS))
    played = rng.normal(0.0, 1.0, (5, 12, 69, BANDS)).astype(np.float16)
    notes = [Notes(powers, np.arange(40, 76, 3)) for powers in played]
    drones = rng.normal(0, 1, (3, 239, BANDS)).astype(np.float16)
    voices = voices.astype(np.float16)
    return Bank(voices, voices[::-1], (notes[0],), ((notes[1],), (notes[2],), (notes[3], notes[4])), drones)


def test_a_phrase_is_sung_at_the_pitch_asked_for_and_the_same_for_the_same_seed() -> None:
    for seed in range(6):
        singer = draw_singer(np.random.default_rng(seed))
        first, second = (sing_phrase(singer, 0.0, 1.5, np.random.default_rng(seed)) for _ in range(2))
        assert first.dtype == np.float32
        assert first.shape == (24_000,)
        assert np.isfinite(first).all()
        assert np.sqrt(np.mean(first**2)) == pytest.approx(0.1, rel=1e-3)
        assert first.tobytes() == second.tobytes()


def test_a_phrase_an_octave_higher_has_its_partials_twice_as_far_apart() -> None:
    singer = draw_singer(np.random.default_rng(3))
    low, high = (_fundamental_hz(sing_phrase(singer, s, 2.0, np.random.default_rng(1))) for s in (0.0, 1.0))
    assert np.log2(high / low) == pytest.approx(1.0, abs=0.1)
    assert abs(np.log2(low / singer.middle_hz)) < 1.0


def _fundamental_hz(samples: np.ndarray) -> float:
    """Median over frames of the strongest lag of the autocorrelation between 60 and 1200 Hz."""
    found = []
    for begin in range(4000, samples.size - 2048, 1024):
        part = samples[begin : begin + 2048] * np.hanning(2048)
        likeness = np.fft.irfft(np.abs(np.fft.rfft(part, 4096)) ** 2)
        lags = np.arange(RATE_HZ // 1200, RATE_HZ // 60)
        found.append(RATE_HZ / lags[np.argmax(likeness[lags] * (1.0 - lags / 2048))])
    return float(np.median(found))


def test_a_room_only_adds_what_came_before() -> None:
    """One loud frame amid silence: nothing is heard before it, and ever less after it."""
    rng = np.random.default_rng(4)
    channels = draw_channels(40, 1, rng)
    ones = {name: np.ones_like(getattr(channels, name)) for name in ("colour", "wet")}
    zeros = {name: np.zeros_like(getattr(channels, name)) for name in ("noise", "drone", "gate")}
    quiet = replace(channels, **ones, **zeros)
    powers = np.zeros((40, 60, BANDS), np.float32)
    powers[:, 20] = 1.0
    heard = heard_through(powers, powers, quiet, rng)
    assert not heard[:, :20].any()
    assert (np.diff(heard[:, 21:], axis=1) <= 0).all()
    assert (heard[:, 21] > 0).all()


def test_batches_hold_each_timbre_in_two_rooms_twice_each(bank: Bank) -> None:
    batch = BatchMaker(bank, 1, 6).draw()
    assert batch.levels.shape == (6 * VIEWS, VIEW_FRAMES, BANDS)
    assert batch.weights.shape == (6 * VIEWS, VIEW_FRAMES, 1)
    assert batch.levels.dtype == batch.weights.dtype == batch.shares.dtype == np.float32
    assert np.isfinite(batch.levels).all()
    assert batch.shares.shape == (6 * VIEWS, WINDOWS)
    assert batch.shares.sum(axis=1) == pytest.approx(np.ones(6 * VIEWS))
    assert np.bincount(batch.timbres).tolist() == [VIEWS] * 6
    assert np.bincount(batch.takes).tolist() == [VIEWS // 2] * 12
    assert (batch.takes // 2 == batch.timbres).all()
    assert batch.sung.tolist() == [True] * 3 * VIEWS + [False] * 3 * VIEWS


def test_the_same_seed_gives_the_same_batches_without_what_is_held_out(bank: Bank) -> None:
    first, second, other = (BatchMaker(bank, seed, 5).draw().levels.tobytes() for seed in (3, 3, 4))
    assert first == second != other
    trained, held = BatchMaker(bank, 1, 30), BatchMaker(bank, 1, 30, held_out=True)
    assert not set(trained._voices) & set(held._voices)
    assert len(trained._voices) + len(held._voices) == len(bank.voices)
    assert trained._singers
    assert not held._singers


def test_an_instrument_is_heard_from_two_sources_where_there_are_two() -> None:
    """Each source plays at one level of its own, and each channel hears one source."""
    frames = np.zeros((12, 69, BANDS), np.float16)
    sources = [Notes(frames + level, np.arange(40, 76, 3)) for level in (1.0, 2.0, 3.0)]
    bank = Bank(frames[None, :5], frames[None, :5], (), (tuple(sources),), frames)
    maker = BatchMaker(bank, 1, 6)
    for _ in range(5):
        levels = maker._played(sources).mean(axis=(1, 2)).tolist()
        assert levels[0] == levels[1] != levels[2] == levels[3]
    assert np.ptp(maker._played(sources[:1])) == 0.0


def test_a_recorded_note_is_cut_where_it_begins_and_heard_at_every_speed(tmp_path: Path) -> None:
    times_s = np.arange(3 * RATE_HZ) / RATE_HZ
    note = 0.3 * np.sin(2.0 * np.pi * 440.0 * times_s) * (times_s > 0.5)
    rows = [Entry(tmp_path / f"{midi}.flac", "some", "", "", midi=midi) for midi in (69, None)]
    soundfile.write(rows[0].path, note, RATE_HZ)
    heard = recorded(rows, (1.0, 0.5))
    assert heard.keys.tolist() == [57, 69]
    assert heard.powers.shape[0] == 2
    assert heard.powers.max(axis=2).min() > heard.powers.max() - 2.0  # no silence, at its beginning or end
    low, high = heard.powers.astype(np.float32).mean(axis=1).argmax(axis=1)
    centres_hz = band_centres_hz()
    assert centres_hz[[low, high]] == pytest.approx([220.0, 440.0], rel=0.15)


def test_effort_changes_views_of_instruments_and_none_of_voices(bank: Bank) -> None:
    maker = BatchMaker(bank, 1, 6)
    views = bank.families[0, :4, :VIEW_FRAMES]
    tilted = (maker._with_effort(views) - views.astype(np.float32)).mean(axis=1)
    assert np.ptp(tilted, axis=0)[-1] > 0.5
    assert np.diff(np.sign(np.diff(tilted, axis=1))[:, -20:], axis=1) == pytest.approx(0)


def test_a_larger_instrument_lies_lower_and_one_of_its_size_where_it_was() -> None:
    centres_hz = band_centres_hz()
    powers = -np.abs(np.log(centres_hz / 1000.0))[None].repeat(3, axis=0).astype(np.float16)
    assert resized(powers, 0.0) == pytest.approx(powers)
    for semitones in (-6.0, 6.0):
        moved = resized(powers, semitones)
        assert moved.dtype == np.float16
        peaks_hz = centres_hz[moved.argmax(axis=1)]
        assert np.log2(peaks_hz / 1000.0) == pytest.approx(semitones / 12, abs=0.06)


@pytest.mark.parametrize("shift", [-1.0, 0.0, 1.0])
def test_an_instrument_plays_where_it_is_asked_to_and_the_same_for_the_same_seed(shift: float) -> None:
    for seed in range(4):
        drawn = draw_instrument(np.random.default_rng(seed))
        # So that its pitch can be read:
        drawn = replace(drawn, middle_hz=300.0, slope_db=-14.0, first_db=15.0, noise=0.001, decay_s=np.inf)
        first, second = (play_phrase(drawn, shift, 1.5, np.random.default_rng(seed)) for _ in range(2))
        assert first.dtype == np.float32
        assert first.shape == (24_000,)
        assert np.sqrt(np.mean(first**2)) == pytest.approx(0.1, rel=1e-3)
        assert first.tobytes() == second.tobytes()
        octaves = np.log2(_fundamental_hz(first) / drawn.middle_hz)
        assert abs(octaves - shift) < 0.85


def test_a_stopped_pipe_lacks_its_even_partials() -> None:
    """The same instrument with and without: what lies at even multiples falls more than what lies at odd."""
    rng = np.random.default_rng
    drawn = replace(
        draw_instrument(rng(5)),
        middle_hz=200.0,
        even_db=0.0,
        even_until_hz=4000.0,
        vibrato_cents=0.0,
        noise=0.001,
    )
    open_pipe = _partials(play_phrase(drawn, 0.0, 1.0, rng(1)))
    stopped = _partials(play_phrase(replace(drawn, even_db=-30.0), 0.0, 1.0, rng(1)))
    lost_db = 20.0 * np.log10(open_pipe / stopped)
    assert (lost_db[1::2] - lost_db[::2]).min() > 8.0


def _partials(samples: np.ndarray) -> np.ndarray:
    """Strength of the first six multiples of the fundamental in half a second."""
    part = samples[2000:6096] * np.hanning(4096)
    spectrum = np.abs(np.fft.rfft(part, 16 * 4096))
    f0_hz = _fundamental_hz(samples)
    bins = np.arange(spectrum.size) * RATE_HZ / (16 * 4096)
    return np.array([spectrum[np.abs(bins - n * f0_hz) < 0.3 * f0_hz].max() for n in range(1, 7)])


@pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not SOUNDFONT.exists(),
    reason="needs fluidsynth and the soundfont of fluid-soundfont-gm",
)
def test_a_rendered_note_sounds_at_its_pitch_and_ends() -> None:
    pcm, keys = render_program(73, SOUNDFONT, 1)
    assert pcm.shape == (keys.size, round(SLOT_S * RATE_HZ))
    for key in (69, 81):
        note = pcm[np.flatnonzero(keys == key)[0]] / np.float32(32768.0)
        assert _fundamental_hz(note[:16_000]) == pytest.approx(440.0 * 2.0 ** ((key - 69) / 12), rel=0.03)
        powers = band_powers(note).mean(axis=1)
        assert powers[-3:].max() < 0.01 * powers.max()
