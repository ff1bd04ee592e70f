"""Level and flux lie in the frames of the pitch, and are those of librosa and of a loop over frames."""

from __future__ import annotations

from itertools import pairwise

import librosa
import numpy as np
import pytest

from swara.data.audio.frames import FLUX_RANGE_DB, frame_count, level_db, spectral_flux_db
from swara.data.clip import Clip

RATE_HZ = 16_000


def noisy_bursts(seconds: float, seed: int = 0) -> Clip:
    """Noise that comes and goes, with silence in it."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE_HZ)
    loudness = np.repeat(rng.choice([0.0, 0.003, 0.1, 0.5], 1 + count // 2400), 2400)[:count]
    return Clip(np.asarray(loudness * rng.standard_normal(count), np.float32), RATE_HZ)


def slow_flux(clip: Clip) -> np.ndarray:
    """One frame at a time: a spectrum 30 ms before it and one 30 ms after, band by band."""
    window, taper = 512, np.hanning(513)[:-1]
    mel_hz = librosa.mel_frequencies(n_mels=41, fmin=80.0, fmax=clip.rate_hz / 2, htk=True)
    edges = sorted({round(float(hz) * window / clip.rate_hz) for hz in mel_hz})
    padded = np.pad(clip.samples.astype(np.float64), 1000)

    def bands_db(frame: int) -> np.ndarray:
        start = frame * 160 - window // 2 + 1000
        power = np.abs(np.fft.rfft(padded[start : start + window] * taper)) ** 2
        means = [power[low:high].mean() for low, high in pairwise(edges)]
        return 10 * np.log10(np.maximum(means, 1e-10))

    bands = np.array([bands_db(frame) for frame in range(1 + clip.samples.size // 160)])
    bands = np.maximum(bands, bands.max() - FLUX_RANGE_DB)
    flux = np.zeros(len(bands))
    for frame in range(3, len(bands) - 3):
        flux[frame] = np.maximum(bands[frame + 3] - bands[frame - 3], 0.0).mean()
    return flux


@pytest.mark.parametrize("samples", [3200, 3201, 3359, 16_000])
def test_frames_are_those_of_the_pitch_track(samples):
    clip = Clip(np.zeros(samples, np.float32), RATE_HZ)

    assert frame_count(clip) == 1 + samples // 160
    assert level_db(clip).shape == spectral_flux_db(clip).shape == (1 + samples // 160,)


@pytest.mark.xdist_group("pyin")  # not pYIN, but compiled by numba too
def test_level_is_librosas_rms_of_30_ms():
    clip = noisy_bursts(12.0)

    rms = librosa.feature.rms(y=clip.samples, frame_length=480, hop_length=160, center=True)[0]

    # At the ends librosa counts silence in, and we take what there is.
    np.testing.assert_allclose(level_db(clip)[2:-2], 20 * np.log10(np.maximum(rms, 1e-5))[2:-2], atol=0.01)


def test_level_at_the_ends_is_over_the_samples_there_are():
    rng = np.random.default_rng(3)
    clip = Clip(np.asarray(0.1 * rng.standard_normal(8077), np.float32), RATE_HZ)
    level = level_db(clip)

    assert level[0] == pytest.approx(10 * np.log10(np.mean(clip.samples[:240] ** 2)), abs=1e-3)
    # The last frame is centred on sample 8000.
    assert level[-1] == pytest.approx(10 * np.log10(np.mean(clip.samples[7760:] ** 2)), abs=1e-3)


def test_level_of_full_scale_and_of_silence():
    loud = Clip(np.tile(np.array([1.0, -1.0], np.float32), 4000), RATE_HZ)
    silent = Clip(np.zeros(8000, np.float32), RATE_HZ)

    np.testing.assert_allclose(level_db(loud), 0.0, atol=1e-9)
    np.testing.assert_allclose(level_db(silent), -100.0)


@pytest.mark.xdist_group("pyin")
def test_flux_is_that_of_a_loop_over_frames():
    clip = noisy_bursts(11.5)

    np.testing.assert_allclose(spectral_flux_db(clip), slow_flux(clip), atol=1e-3)


def test_flux_peaks_where_a_sound_starts_and_rests_where_it_is_held_or_stops():
    times_s = np.arange(2 * RATE_HZ) / RATE_HZ
    tone = sum(np.sin(2 * np.pi * 200 * k * times_s) / k for k in range(1, 30))
    clip = Clip(np.asarray(0.1 * tone * ((times_s >= 0.5) & (times_s < 1.5)), np.float32), RATE_HZ)

    flux = spectral_flux_db(clip)

    assert abs(int(flux.argmax()) - 50) <= 2
    assert flux.max() > 20.0
    assert flux[60:140].max() < 0.5
    assert flux[155:].max() < 0.5
