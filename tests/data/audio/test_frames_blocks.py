"""Frames are worked on block by block; the slow references here see the whole clip at once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from swara.data.audio import frames
from swara.data.clip import Clip

LENGTHS = (1, 7, 159, 160, 161, 959, 960, 961, 5_000, 60_000)


def _clip(length: int, rate_hz: int = 16_000) -> Clip:
    """Noise whose loudness wanders over 60 dB."""
    rng = np.random.default_rng(length)
    corners = np.arange(0, length + 800, 800)
    loudness_db = np.interp(np.arange(length), corners, rng.uniform(-70, -10, corners.size))
    return Clip((10 ** (loudness_db / 20) * rng.standard_normal(length)).astype(np.float32), rate_hz)


def _level_db_whole(clip: Clip) -> np.ndarray:
    hop, half = clip.rate_hz // 100, round(0.015 * clip.rate_hz)
    squares = clip.samples.astype(np.float64) ** 2
    centres = np.arange(clip.samples.size // hop + 1) * hop
    means = [squares[max(0, c - half) : c + half].mean() for c in centres]
    return 10 * np.log10(np.maximum(means, 1e-10))


def _flux_db_whole(clip: Clip) -> np.ndarray:
    hop, window = clip.rate_hz // 100, round(0.032 * clip.rate_hz)
    padded = np.concatenate((np.zeros(window // 2), clip.samples, np.zeros(window)))
    count = clip.samples.size // hop + 1
    taper = np.hanning(window + 1)[:-1]
    power = [np.abs(np.fft.rfft(padded[n * hop :][:window] * taper)) ** 2 for n in range(count)]
    edges = frames._band_edges(window, clip.rate_hz)
    bands = np.array([[p[a:b].mean() for a, b in pairwise(edges)] for p in power])
    bands_db = 10 * np.log10(np.maximum(bands, 1e-10))
    bands_db = np.maximum(bands_db, bands_db.max() - 70)
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
    assert level.shape == flux.shape == (frames.frame_count(clip),)
    np.testing.assert_allclose(level, _level_db_whole(clip), atol=1e-8)
    np.testing.assert_allclose(flux, _flux_db_whole(clip), atol=1e-3)


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


def test_silence_has_a_level_and_no_flux() -> None:
    clip = Clip(np.zeros(20_000, dtype=np.float32), 16_000)
    assert np.all(frames.level_db(clip) == -100)
    assert np.all(frames.spectral_flux_db(clip) == 0)
