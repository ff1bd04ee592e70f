"""Levels are exact, and the noises are what their names say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from swara.data.synth.noise import mix_at_db, pink_noise, rms, room, room_response, tabla

RATE_HZ = 16_000


def half_sung(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A voice in the first half, nothing in the second."""
    voiced = np.arange(8000) < 4000
    voice = np.where(voiced, 0.05 * rng.standard_normal(8000), 0.0).astype(np.float32)
    return voice, voiced


@pytest.mark.parametrize("level_db", [-6.0, 0.0, 12.5, 40.0])
@pytest.mark.parametrize("masked", [True, False])
def test_the_other_sound_lies_exactly_where_asked(level_db, masked):
    rng = np.random.default_rng(0)
    voice, voiced = half_sung(rng)
    other = (0.3 * rng.standard_normal(9000)).astype(np.float32)

    mixed = mix_at_db(voice, other, level_db, voiced if masked else None)

    added = mixed.astype(float) - voice
    reference = rms(voice[voiced]) if masked else rms(voice)
    assert 20 * np.log10(reference / rms(added)) == pytest.approx(level_db, abs=0.01)
    assert np.corrcoef(added, other[:8000])[0, 1] > 0.999


def test_a_mix_too_loud_is_turned_down_with_its_proportions_kept():
    rng = np.random.default_rng(0)
    voice, other = (rng.standard_normal(8000).astype(np.float32) * 0.5 for _ in range(2))

    mixed = mix_at_db(voice, other, -6.0)

    assert np.abs(mixed).max() == pytest.approx(1.0)
    parts, *_ = np.linalg.lstsq(np.stack([voice, other], axis=1), mixed, rcond=None)
    assert 20 * np.log10(parts[0] * rms(voice) / (parts[1] * rms(other))) == pytest.approx(-6, abs=0.01)


def test_silence_and_shortness_are_refused():
    assert rms(np.zeros(0, np.float32)) == 0
    sound, silence = np.ones(10, np.float32), np.zeros(10, np.float32)

    for pair in ((sound, silence), (silence, sound), (sound, sound[:5]), (sound, sound, np.zeros(10, bool))):
        with pytest.raises(ValueError):
            mix_at_db(*pair[:2], 0.0, *pair[2:])


def test_pink_noise_has_equal_power_in_every_octave():
    noise = pink_noise(1 << 17, np.random.default_rng(0))

    power = np.abs(np.fft.rfft(noise)) ** 2
    edges = 1 << np.arange(6, 17)
    octaves_db = 10 * np.log10([power[a:b].sum() for a, b in itertools.pairwise(edges)])
    assert np.ptp(octaves_db) < 1.5
    assert rms(noise) == pytest.approx(1)


def peak_hz(part: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(part * np.hanning(part.size), 1 << 17))) * RATE_HZ / (1 << 17))


def test_dayan_strokes_ring_at_the_drums_pitch_and_the_bayan_glides_upwards():
    for stroke, ratio in (("tin", 1.0), ("na", 2.0)):
        sound = tabla(stroke, 280.0, rate_hz=RATE_HZ, rng=np.random.default_rng(0))
        assert abs(1200 * np.log2(peak_hz(sound) / (ratio * 280.0))) < 20
        assert rms(sound[-1600:]) < 0.1 * rms(sound[:1600])
        assert np.abs(sound).max() == pytest.approx(0.5)
    sound = tabla("ge", 80.0, rate_hz=RATE_HZ, rng=np.random.default_rng(0))
    assert peak_hz(sound[6000:10000]) > 1.1 * peak_hz(sound[200:2500])


def test_a_room_keeps_the_direct_sound_and_dies_away_in_its_time():
    rng = np.random.default_rng(0)
    response = room_response(0.5, 6.0, rate_hz=RATE_HZ, rng=rng)

    assert 10 * np.log10(1.0 / np.sum(response[1:] ** 2)) == pytest.approx(6)
    decay_db = 10 * np.log10(np.cumsum(response[:0:-1] ** 2)[::-1])
    drop = decay_db[round(0.05 * RATE_HZ)] - decay_db[round(0.25 * RATE_HZ)]
    assert drop == pytest.approx(60 * 0.2 / 0.5, abs=2)


def test_fft_convolution_agrees_with_the_direct_one():
    rng = np.random.default_rng(0)
    sound = rng.standard_normal(1500).astype(np.float32)
    response = room_response(0.05, 0.0, rate_hz=RATE_HZ, rng=rng)

    wet = room(sound, response)

    assert wet.dtype == np.float32
    np.testing.assert_allclose(wet, np.convolve(sound, response)[:1500], atol=1e-5)
