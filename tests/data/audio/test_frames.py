"""Level and flux lie in the frames of the pitch; the slow references here see the whole clip at once."""

from __future__ import annotations

from itertools import pairwise

import librosa
import numpy as np
import pytest

from swara.data.audio import frames
from swara.data.clip import Clip

RATE_HZ = 16_000
LENGTHS = (1, 7, 159, 160, 161, 959, 960, 961, 5_000, 60_000)


def _clip(length: int) -> Clip:
    """Noise whose loudness wanders over 60 dB."""
    rng = np.random.default_rng(length)
    corners = np.arange(0, length + 800, 800)
    loudness_db = np.interp(np.arange(length), corners, rng.uniform(-70, -10, corners.size))
    return Clip((10 ** (loudness_db / 20) * rng.standard_normal(length)).astype(np.float32), RATE_HZ)


def _level_db_whole(clip: Clip) -> np.ndarray:
    """RMS over 30 ms around each frame; at the ends over the samples there are."""
    squares = clip.samples.astype(np.float64) ** 2
    centres = np.arange(clip.samples.size // 160 + 1) * 160
    means = [squares[max(0, c - 240) : c + 240].mean() for c in centres]
    return 10 * np.log10(np.maximum(means, 1e-10))


def _flux_db_whole(clip: Clip) -> np.ndarray:
    """A spectrum 30 ms before each frame and one 30 ms after, band by band."""
    window, taper = 512, np.hanning(513)[:-1]
    padded = np.concatenate((np.zeros(window // 2), clip.samples, np.zeros(window)))
    count = clip.samples.size // 160 + 1
    power = [np.abs(np.fft.rfft(padded[n * 160 :][:window] * taper)) ** 2 for n in range(count)]
    mel_hz = librosa.mel_frequencies(n_mels=41, fmin=80.0, fmax=RATE_HZ / 2, htk=True)
    edges = sorted({round(float(hz) * window / RATE_HZ) for hz in mel_hz})
    bands = np.array([[p[a:b].mean() for a, b in pairwise(edges)] for p in power])
    bands_db = 10 * np.log10(np.maximum(bands, 1e-10))
    bands_db = np.maximum(bands_db, bands_db.max() - frames.FLUX_RANGE_DB)
    flux = np.zeros(count)
    for n in range(3, count - 3):
        flux[n] = np.maximum(bands_db[n + 3] - bands_db[n - 3], 0).mean()
    return flux


@pytest.mark.parametrize("block", [5, 16, 1024])
@pytest.mark.parametrize("length", LENGTHS)
def test_blocks_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch, length: int, block: int) -> None:
    monkeypatch.setattr(frames, "_BLOCK", block)
    clip = _clip(length)
    level, flux = frames.level_db(clip), frames.spectral_flux_db(clip)
    assert level.shape == flux.shape == (frames.frame_count(clip),) == (1 + length // 160,)
    np.testing.assert_allclose(level, _level_db_whole(clip), atol=1e-8)
    np.testing.assert_allclose(flux, _flux_db_whole(clip), atol=1e-3)


@pytest.mark.xdist_group("pyin")  # not pYIN, but compiled by numba too
def test_level_is_librosas_rms_of_30_ms() -> None:
    clip = _clip(60_000)
    rms = librosa.feature.rms(y=clip.samples, frame_length=480, hop_length=160, center=True)[0]
    # At the ends librosa counts silence in, and we take what there is.
    expected_db = 20 * np.log10(np.maximum(rms, 1e-5))
    np.testing.assert_allclose(frames.level_db(clip)[2:-2], expected_db[2:-2], atol=0.01)


def test_the_floor_is_that_of_the_whole_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    """A syllable 80 dB under the loudest one does not show, even in a block of its own."""
    monkeypatch.setattr(frames, "_BLOCK", 50)
    noise = np.random.default_rng(0).standard_normal(32_000) * 1e-4
    noise[:24_000] = 0
    alone = frames.spectral_flux_db(Clip(noise.astype(np.float32), 16_000))
    noise[:1_600] = np.random.default_rng(1).standard_normal(1_600)
    beside = frames.spectral_flux_db(Clip(noise.astype(np.float32), 16_000))
    assert alone[150] > 6
    assert beside[150] < 1


def test_full_scale_and_silence() -> None:
    loud = Clip(np.tile(np.array([1.0, -1.0], np.float32), 4000), RATE_HZ)
    np.testing.assert_allclose(frames.level_db(loud), 0.0, atol=1e-9)
    silent = Clip(np.zeros(20_000, np.float32), RATE_HZ)
    assert np.all(frames.level_db(silent) == -100)
    assert np.all(frames.spectral_flux_db(silent) == 0)


def test_flux_peaks_where_a_sound_starts_and_rests_where_it_is_held_or_stops() -> None:
    times_s = np.arange(2 * RATE_HZ) / RATE_HZ
    tone = sum(np.sin(2 * np.pi * 200 * k * times_s) / k for k in range(1, 30))
    clip = Clip(np.asarray(0.1 * tone * ((times_s >= 0.5) & (times_s < 1.5)), np.float32), RATE_HZ)

    flux = frames.spectral_flux_db(clip)

    assert abs(int(flux.argmax()) - 50) <= 2
    assert flux.max() > 20.0
    assert flux[60:140].max() < 0.5
    assert flux[155:].max() < 0.5
