"""Each effect does what it says, by how much it says, and the same again under the same seed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import matplotlib.image as mpimg
import numpy as np
import pytest

from swara.data.augment import Chain, channel, time_and_pitch, usual_chain
from swara.data.augment.chain import pitch

RATE_HZ = 16_000
TIMES_S = np.arange(2 * RATE_HZ) / RATE_HZ
TONE = (0.4 * sum(np.sin(2 * np.pi * 220.0 * k * TIMES_S) / k for k in (1, 2, 3))).astype(np.float32)


def _hz(samples: np.ndarray) -> float:
    """The strongest partial, from a parabola through the log spectrum's peak."""
    middle = samples[len(samples) // 8 : -len(samples) // 8]
    levels = np.log(np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 18)) + 1e-12)
    at = int(np.argmax(levels))
    left, peak, right = levels[at - 1 : at + 2]
    return (at + 0.5 * (left - right) / (left - 2 * peak + right)) * RATE_HZ / (1 << 18)


def _cents(samples: np.ndarray) -> float:
    return 1200 * np.log2(_hz(samples) / 220.0)


@pytest.mark.parametrize("cents", [-1200, -200, -37, 5, 100, 700])
def test_a_shift_moves_the_pitch_and_keeps_the_length(cents: float) -> None:
    shifted = time_and_pitch.shift_pitch(TONE, RATE_HZ, cents)
    assert len(shifted) == len(TONE)
    assert _cents(shifted) == pytest.approx(cents, abs=2)


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25, 2.0])
def test_a_stretch_changes_the_length_and_keeps_the_pitch(speed: float) -> None:
    stretched = time_and_pitch.stretch_time(TONE, RATE_HZ, speed)
    assert len(stretched) == round(len(TONE) / speed)
    assert _cents(stretched) == pytest.approx(0, abs=2)
    with pytest.raises(ValueError, match="speed"):
        time_and_pitch.stretch_time(TONE, RATE_HZ, 4 * speed if speed >= 1 else speed / 4)


@pytest.mark.parametrize("duration_s", [0.5, 3.0])
def test_a_slice_is_of_the_sound_and_as_long_as_asked(duration_s: float) -> None:
    piece = time_and_pitch.slice_piece(TONE, RATE_HZ, duration_s, np.random.default_rng(1))
    assert len(piece) == duration_s * RATE_HZ
    longer, shorter = (TONE, piece) if duration_s < 2 else (piece, TONE)
    assert shorter.tobytes() in longer.tobytes()


@pytest.mark.parametrize("snr_db", [-5.0, 10.0, 40.0])
@pytest.mark.parametrize("slope", [-6.0, -3.0, 0.0])
def test_noise_has_the_ratio_and_the_colour_asked_for(snr_db: float, slope: float) -> None:
    noise = channel.add_noise(TONE, RATE_HZ, snr_db, slope, np.random.default_rng(2)).astype(float) - TONE
    assert 10 * np.log10(np.mean(TONE.astype(float) ** 2) / np.mean(noise**2)) == pytest.approx(
        snr_db, abs=0.1
    )
    power = np.abs(np.fft.rfft(noise)) ** 2
    low, high = (power[2 * hz : 4 * hz].mean() for hz in (200, 3200))  # bins of 0.5 Hz, four octaves apart
    assert 10 * np.log10(high / low) / 4 == pytest.approx(slope, abs=0.5)


def test_a_room_rings_as_long_and_as_loud_as_asked() -> None:
    click = np.zeros(2 * RATE_HZ, np.float32)
    click[0] = 1.0
    heard = channel.place_in_room(click, RATE_HZ, 0.8, 6.0, np.random.default_rng(3)).astype(float)
    assert heard[0] == pytest.approx(1.0, abs=1e-6)
    assert 10 * np.log10(np.sum(heard[1:] ** 2)) == pytest.approx(-6.0, abs=0.1)
    left = np.cumsum(heard[:0:-1] ** 2)[::-1]  # Schroeder's backward integral
    levels_db = 10 * np.log10(left / left[0])
    slope = np.polyfit(TIMES_S[1600:6400], levels_db[1600:6400], 1)[0]
    assert -60 / slope == pytest.approx(0.8, rel=0.15)


def test_an_equalizer_raises_bands_by_so_much_and_moves_nothing_in_time() -> None:
    flat = channel.equalize(TONE, RATE_HZ, np.full(8, 6.0))
    assert np.allclose(flat, TONE * 10 ** (6 / 20), atol=1e-5)
    bright = channel.equalize(TONE, RATE_HZ, np.linspace(-12, 12, 8))
    before, after = (np.abs(np.fft.rfft(sound))[[440, 1320]] for sound in (TONE, bright))
    octaves = np.log2([220, 660]) - np.log2(50)
    expected = -12 + 24 * octaves / np.log2(RATE_HZ / 2 / 50)
    assert 20 * np.log10(after / before) == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize("codec", channel.CODECS)
def test_a_codec_keeps_the_pitch_and_the_time(codec: channel.Codec) -> None:
    sound = (TONE * np.where((TIMES_S > 0.5) & (TIMES_S < 1.5), 1, 0)).astype(np.float32)
    heard = channel.apply_codec(sound, RATE_HZ, codec, 48)
    assert not np.array_equal(heard, sound)
    assert _cents(heard) == pytest.approx(0, abs=2)
    # Of the envelopes, not of the waves: those would fit at every period as well.
    edges = [np.flatnonzero(np.abs(each) > 0.1)[[0, -1]] / RATE_HZ for each in (sound, heard)]
    assert edges[1] == pytest.approx(edges[0], abs=0.004)


def test_a_chain_is_seeded_finite_bounded_and_tells_what_moved_the_labels() -> None:
    chain, loud, before = usual_chain(1.0), TONE * 3, TONE.copy()
    sounds = [chain(loud, RATE_HZ, np.random.default_rng(seed)) for seed in range(24)]
    again = chain(loud, RATE_HZ, np.random.default_rng(7))
    assert np.array_equal(again.samples, sounds[7].samples)
    assert again.applied == sounds[7].applied
    assert np.array_equal(TONE, before)
    for sound in sounds:
        assert len(sound.samples) == RATE_HZ
        assert sound.samples.dtype == np.float32
        assert np.isfinite(sound.samples).all()
        assert np.abs(sound.samples).max() <= 1.0
        assert (sound.shift_cents != 0) == ("pitch" in sound.applied)
        assert (sound.speed != 1) == ("tempo" in sound.applied)
    assert {name for sound in sounds for name in sound.applied} == {step[0] for step in chain.steps}
    alone = Chain((("pitch", 1.0, pitch()),))(TONE, RATE_HZ, np.random.default_rng(7))
    assert _cents(alone.samples) == pytest.approx(alone.shift_cents, abs=2)


def test_silence_stays_silence_and_what_is_short_is_no_fault() -> None:
    for samples in (np.zeros(RATE_HZ, np.float32), np.zeros(0, np.float32), TONE[:5]):
        for seed in range(8):
            heard = usual_chain(0.5)(samples, RATE_HZ, np.random.default_rng(seed)).samples
            assert np.isfinite(heard).all()
            assert np.any(samples) or not np.any(heard)


def test_the_picture_in_the_documents_is_drawn(tmp_path: Path) -> None:
    images = Path(__file__).parents[3] / "docs" / "images"
    subprocess.run([sys.executable, str(images / "draw_augmentation.py"), str(tmp_path)], check=True)
    kept, drawn = (mpimg.imread(folder / "augmentation.png") for folder in (images, tmp_path))
    assert kept.shape == drawn.shape
    assert np.mean(np.abs(kept - drawn)) < 0.02
