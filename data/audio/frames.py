"""Loudness and change of timbre over time, in the same frames as the pitch; and the mel scale."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from swara.data.arrays import FloatArray, IntArray
from swara.data.clip import Clip, Samples
from swara.data.pitch_track import HOP_S

__all__ = [
    "RunningLevel",
    "SamplesAhead",
    "between",
    "frame_count",
    "hz_of_mel",
    "level_db",
    "mel_of_hz",
    "spectral_flux_db",
]

LEVEL_WINDOW_S = 0.030
FLUX_WINDOW_S = 0.032
FLUX_STEP_FRAMES = 3
FLUX_RANGE_DB = 70.0
_FLUX_BANDS = 40
_FLUX_MIN_HZ = 80.0
_BLOCK = 1024
"""Frames worked on at a time: 10 s, whatever the length of the clip."""

_FLOOR = 1e-10


def frame_count(clip: Clip) -> int:
    """Return the number of 10 ms frames, the first centred on the first sample."""
    return 1 + int(clip.samples.size) // round(HOP_S * clip.rate_hz)


def level_db(clip: Clip) -> FloatArray:
    """Return the RMS level of each frame over 30 ms, in dB of full scale, shape [frames]."""
    hop, half = round(HOP_S * clip.rate_hz), round(LEVEL_WINDOW_S * clip.rate_hz / 2)
    mean_square = np.empty(frame_count(clip))
    for begin, end in _blocks(0, mean_square.size):
        centres = np.arange(begin, end) * hop
        starts, stops = (
            np.minimum(np.maximum(centres + side, 0), clip.samples.size) for side in (-half, half)
        )
        squares = np.square(clip.samples[starts[0] : stops[-1]], dtype=np.float64)
        energy = np.concatenate(([0.0], np.cumsum(squares)))
        total = energy[stops - starts[0]] - energy[starts - starts[0]]
        mean_square[begin:end] = total / np.maximum(stops - starts, 1)
    return np.asarray(10.0 * np.log10(np.maximum(mean_square, _FLOOR)))


class RunningLevel:
    """The levels of `level_db` while the samples come.

    Parameters
    ----------
    rate_hz : int
        Their sample rate.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz, self._hop = rate_hz, round(HOP_S * rate_hz)
        self._half = round(LEVEL_WINDOW_S * rate_hz / 2)
        self._lead = -(-self._half // self._hop)  # frames that are held before the next one, for its window
        self._held, self._before = np.zeros(0, np.float32), 0
        self._levels_db: list[FloatArray] = []

    def add(self, samples: Samples) -> None:
        """Take in the next samples."""
        self._held = np.concatenate([self._held, samples])
        whole = 1 + (self._held.size - self._half) // self._hop
        if whole - self._before >= _BLOCK:
            self._levels_db.append(level_db(Clip(self._held, self._rate_hz))[self._before : whole])
            first = whole - self._lead
            self._held, self._before = self._held[first * self._hop :], self._lead

    def finish(self) -> FloatArray:
        """Return the level of each frame in dB of full scale, shape [frames]; call it once, last."""
        if self._held.size:
            self._levels_db.append(level_db(Clip(self._held, self._rate_hz))[self._before :])
        return np.concatenate([*self._levels_db, np.zeros(0)])


def spectral_flux_db(clip: Clip) -> FloatArray:
    """Return how much the spectrum rises from 30 ms before each frame to 30 ms after it.

    Returns
    -------
    float64 array, shape [frames]
        Mean over 40 bands, evenly spaced on the mel scale from 80 Hz up, of the rise in dB
        (falls count as 0). A syllable that starts shows as a peak, a held vowel stays near 0.
        No band is taken for lower than `FLUX_RANGE_DB` under the loudest of the whole clip.
    """
    frames, step = frame_count(clip), FLUX_STEP_FRAMES
    flux = np.zeros(frames)
    # A longer clip is heard twice, so that no more than a block is held: for the loudest band, for the rises.
    whole = _band_levels_db(clip, 0, frames) if frames <= _BLOCK else None

    def levels_db(begin: int, end: int) -> npt.NDArray[np.float32]:
        return _band_levels_db(clip, begin, end) if whole is None else whole[begin:end]

    loudest_db = max(float(levels_db(*block).max()) for block in _blocks(0, frames))
    for begin, end in _blocks(step, frames - step):
        levels = np.maximum(levels_db(begin - step, end + step), loudest_db - FLUX_RANGE_DB)
        rise = levels[2 * step :] - levels[: -2 * step]
        flux[begin:end] = np.maximum(rise, 0.0).mean(axis=1)
    return flux


def _blocks(first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield the bounds of consecutive blocks of frames from `first` up to, not including, `last`."""
    return ((begin, min(begin + _BLOCK, last)) for begin in range(first, last, _BLOCK))


def _band_levels_db(clip: Clip, begin: int, end: int) -> npt.NDArray[np.float32]:
    """Level of each band in frames `begin` up to `end`, shape [end - begin, bands]."""
    window, hop = round(FLUX_WINDOW_S * clip.rate_hz), round(HOP_S * clip.rate_hz)
    samples = between(clip.samples, begin * hop - window // 2, (end - 1) * hop - window // 2 + window)
    edges, bell = _bands(window, clip.rate_hz)
    windows = sliding_window_view(samples, window)[::hop] * bell
    spectrum = np.abs(np.fft.rfft(windows)[:, : edges[-1]]) ** 2
    power = (np.add.reduceat(spectrum, edges[:-1], axis=1) / np.diff(edges)).astype(np.float32)
    return np.asarray(10.0 * np.log10(np.maximum(power, _FLOOR)))


def between(samples: Samples, start: int, stop: int) -> Samples:
    """Return samples `start` up to `stop`, with silence before the first sample and after the last."""
    inside = samples[max(0, start) : max(0, stop)]
    return np.pad(inside, (max(0, -start), stop - max(0, start) - inside.size))


class SamplesAhead:
    """Samples that come block by block, read as though they stood in one array: forwards alone.

    Parameters
    ----------
    blocks : iterator of float32 arrays
        The recording, in order.
    """

    def __init__(self, blocks: Iterator[Samples]) -> None:
        self._blocks, self._held, self._start = blocks, np.zeros(0, np.float32), 0

    def between(self, start: int, stop: int) -> Samples:
        """Return samples `start` up to `stop`, with silence around; `start` is no less than it was before."""
        parts, reached = [self._held] if self._held.size else [], self._start + self._held.size
        while reached < stop and (block := next(self._blocks, None)) is not None:
            parts.append(block)
            reached += block.size
        held = parts[0] if len(parts) == 1 else np.concatenate([*parts, np.zeros(0, np.float32)])
        passed = min(max(0, start - self._start), held.size)
        self._held, self._start = held[passed:], self._start + passed
        return between(self._held, start - self._start, stop - self._start)


@lru_cache(maxsize=4)
def _bands(window: int, rate_hz: int) -> tuple[IntArray, FloatArray]:
    """First bin of each band and one past the last, strictly rising; and the window's bell."""
    hz = hz_of_mel(np.linspace(mel_of_hz(_FLUX_MIN_HZ), mel_of_hz(rate_hz / 2), _FLUX_BANDS + 1))
    edges = np.rint(hz * window / rate_hz).astype(np.intp)
    # They rise, so this is numpy.unique, without the 20 ms of importing numpy.ma.
    return edges[np.diff(edges, prepend=-1) > 0], np.hanning(window + 1)[:-1]


def mel_of_hz(hz: ArrayLike) -> FloatArray:
    """Return frequencies in mel, float64 of the same shape (O'Shaughnessy 1987; HTK's scale)."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hz) / 700.0))


def hz_of_mel(mel: FloatArray) -> FloatArray:
    """Return mel in Hz: the inverse of `mel_of_hz`."""
    return np.asarray(700.0 * (10.0 ** (mel / 2595.0) - 1.0))
