"""What the built-in embedder is trained on: drawn from seeds, of the right shape, and as it says."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from embedder.levels import BANDS, band_powers
from embedder.training.bank import PHRASE_S, PHRASES, Bank
from embedder.training.batches import CLASSES, VIEW_FRAMES, VIEWS, WINDOWS, BatchMaker
from embedder.training.channel import draw_channels, heard_through
from embedder.training.midi import midi_file
from embedder.training.soundfont import PROGRAMS, SLOT_S, render_notes
from embedder.training.voices import draw_singer, sing_phrase

RATE_HZ = 16_000
SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")


@pytest.fixture(scope="module")
def bank() -> Bank:
    """Twelve voices and three instruments, all of noise whose colour is their own."""
    rng = np.random.default_rng(0)
    frames = 1 + (round(PHRASE_S * RATE_HZ) - 512) // 320
    voices = rng.normal(0.0, 1.0, (40, 1, 1, BANDS)) + rng.normal(0.0, 0.1, (40, PHRASES, frames, BANDS))
    notes = {p: rng.normal(0.0, 1.0, (12, 86, BANDS)).astype(np.float16) for p in (0, 40, 73)}
    keys = {p: np.arange(40, 76, 3) for p in notes}
    return Bank(voices.astype(np.float16), notes, keys, rng.normal(0, 1, (3, 299, BANDS)).astype(np.float16))


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


def test_channels_keep_what_they_are_given_finite_and_in_shape() -> None:
    rng = np.random.default_rng(2)
    channels = draw_channels(30, 4, rng)
    powers = rng.gamma(1.0, 1.0, (30, 50, BANDS)).astype(np.float32)
    heard = heard_through(powers, powers[::-1], channels, rng)
    assert heard.dtype == np.float32
    assert heard.shape == powers.shape
    assert np.isfinite(heard).all()
    assert heard.min() >= 0.0


def test_a_room_only_adds_what_came_before() -> None:
    """One loud frame amid silence: nothing is heard before it, and ever less after it."""
    rng = np.random.default_rng(4)
    channels = draw_channels(40, 1, rng)
    quiet = type(channels)(
        colour=np.ones_like(channels.colour),
        decay=channels.decay,
        wet=np.ones_like(channels.wet),
        noise=np.zeros_like(channels.noise),
        drone=np.zeros_like(channels.drone),
        which=channels.which,
        gate=np.zeros_like(channels.gate),
    )
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
    assert set(batch.classes[batch.classes != PROGRAMS]) <= {0, 40, 73}
    assert batch.classes.max() < CLASSES


def test_the_same_seed_gives_the_same_batches(bank: Bank) -> None:
    first, second, other = (BatchMaker(bank, seed, 5).draw() for seed in (3, 3, 4))
    assert first.levels.tobytes() == second.levels.tobytes()
    assert first.levels.tobytes() != other.levels.tobytes()


def test_held_out_voices_are_never_trained_on(bank: Bank) -> None:
    trained, held = BatchMaker(bank, 1, 30), BatchMaker(bank, 1, 30, held_out=True)
    assert not set(trained._voices) & set(held._voices)
    assert len(trained._voices) + len(held._voices) == len(bank.voices)


def test_midi_is_read_back_as_it_was_written() -> None:
    """The variable-length numbers, read by the format's own rule, add up to the times asked for."""
    content = midi_file(73, [(60, 100), (72, 1)], held_s=1.0, every_s=1.5)
    assert content[:4] == b"MThd"
    assert content[14:18] == b"MTrk"
    track = content[22:]
    assert int.from_bytes(content[18:22], "big") == len(track)
    at, clock, events = 0, 0, []
    while at < len(track):
        wait = 0
        while True:
            wait = (wait << 7) | (track[at] & 0x7F)
            at += 1
            if not track[at - 1] & 0x80:
                break
        clock += wait
        size = 2 if track[at] >> 4 == 0xC else 3
        events.append((clock / 960, *track[at : at + size]))
        at += size
    assert events == [
        (0.0, 0xC0, 73),
        (0.0, 0x90, 60, 100),
        (1.0, 0x80, 60, 0),
        (1.5, 0x90, 72, 1),
        (2.5, 0x80, 72, 0),
        (3.0, 0xFF, 0x2F, 0),
    ]


@pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not SOUNDFONT.exists(),
    reason="needs fluidsynth and the soundfont of fluid-soundfont-gm",
)
def test_a_rendered_note_sounds_at_its_pitch_and_ends() -> None:
    low, high = render_notes(73, [(69, 100), (81, 100)], SOUNDFONT)
    assert low.shape == (round(SLOT_S * RATE_HZ),)
    assert _fundamental_hz(low[:16_000]) == pytest.approx(440.0, rel=0.03)
    assert _fundamental_hz(high[:16_000]) == pytest.approx(880.0, rel=0.03)
    powers = band_powers(low).mean(axis=1)
    assert powers[-3:].max() < 0.01 * powers.max()


def test_a_missing_soundfont_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="there is no soundfont"):
        list(render_notes(0, [(60, 100)], tmp_path / "none.sf2"))
