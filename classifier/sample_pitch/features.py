"""What the note of a sample is heard by: spectra and an autocorrelation on one logarithmic axis.

A frame of 256 ms tells the partials of the lowest notes of a piano apart, and four of 64 ms within it say
what lasts. Below 60 Hz even the long one shows few partials of their own; there the autocorrelation does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray
from swara.data.clip import Samples

__all__ = [
    "AGREES_SEMITONES",
    "BINS",
    "BINS_PER_SEMITONE",
    "FRAME",
    "HOP",
    "LOWEST_MIDI",
    "PITCH_BINS",
    "RATE_HZ",
    "REACH_SEMITONES",
    "ROWS",
    "beside_partials",
    "cut_frames",
    "frame_features",
    "measured_midi",
]

Features: TypeAlias = npt.NDArray[np.float32]

RATE_HZ = 16_000
FRAME, HOP = 4096, 1024
"""Samples in a frame, and from one to the next."""

BINS_PER_SEMITONE = 3
LOWEST_MIDI = 20.0
BINS = 297
"""The logarithmic axis: from MIDI 20 (26 Hz) to 118.67 (7.8 kHz) in thirds of a semitone."""

PITCH_BINS = 270
"""As many of them, from the lowest, may be the pitch."""

ROWS = 3
"""Long spectrum, short spectrum, autocorrelation."""

_SHORT = FRAME // 4
_FFT = 2 * FRAME
_BLOCK = 64  # frames at a time: bounded memory
_RANGE = np.float32(np.log(1e8))  # what lies 80 dB below the loudest bin is silence
_FLOOR = np.float32(1e-10)  # of a full-scale sine's power
AGREES_SEMITONES, REACH_SEMITONES = 0.12, 0.4
"""How far off the network that ships may be by its partials, and how far from a note they are looked for."""

_PARTIALS, _PLACED_HZ = 8, 150.0
_AUDIBLE_HZ, _BLURRED_HZ, _HALF_SEMITONE = 30.0, 8.0, 2.0 ** (0.5 / 12.0) - 1.0
_COMPRESSION = 0.3  # amplitude to this power twice: between a plain autocorrelation and a cepstrum


def cut_frames(samples: Samples) -> Samples:
    """Cut a sample into frames.

    Parameters
    ----------
    samples : float32 array, shape [n]
        At 16 kHz. One shorter than a frame is padded with silence on both sides, a rest at the end that fills
        no frame is left out.

    Returns
    -------
    float32 array, shape [frames, FRAME]
        A view: one frame every `HOP` samples.
    """
    lacking = max(0, FRAME - samples.size)
    padded = np.pad(samples, (lacking // 2, lacking - lacking // 2)) if lacking else samples
    return np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]


def frame_features(frames: Samples) -> Features:
    """Look at frames.

    Parameters
    ----------
    frames : float32 array, shape [n, FRAME]
        As `cut_frames` gives them.

    Returns
    -------
    float32 array, shape [n, ROWS, BINS]
        Spectra in units of 20 dB from the loudest bin, 0 down to -4; the autocorrelation from -1 to 1.
    """
    features = np.empty((len(frames), ROWS, BINS), np.float32)
    for start in range(0, len(frames), _BLOCK):
        features[start : start + _BLOCK] = _looked_at(frames[start : start + _BLOCK])
    return features


def measured_midi(frames: Samples, midi: float, *, agrees: float = AGREES_SEMITONES) -> float:
    """Measure a pitch that is known to a few cents, by its partials.

    Parameters
    ----------
    frames : float32 array, shape [n, FRAME]
        What sounds.
    midi : float
        Its pitch, as a MIDI number with cents.
    agrees : float
        Semitones from `midi` to what is measured, at most.

    Returns
    -------
    float
        The median of where its first partials peak, each counted by its amplitude. `midi` itself where that
        is further away than `agrees`, as with vibrato, or none has a peak: below 150 Hz a frame is too short
        to place one. Of 300 tones drawn at random the error falls from 2-5 cents in the mean to 2-3.
    """
    power = np.zeros(_FFT // 2 + 1)
    for start in range(0, len(frames), _BLOCK):
        block = np.abs(np.fft.rfft(frames[start : start + _BLOCK] * _hann(FRAME), _FFT, axis=1))
        power += np.square(block).sum(axis=0)
    level = np.log(power + 1e-20)
    partials_hz = 440.0 * 2.0 ** ((midi - 69.0) / 12.0) * np.arange(1, _PARTIALS + 1)
    peaks = [peak for hz in partials_hz[partials_hz >= _PLACED_HZ] if (peak := _peak(level, hz)) is not None]
    if not peaks:
        return midi
    off, weights = np.array(sorted(peaks)).T
    share = np.cumsum(weights)
    median = float(off[np.searchsorted(share, share[-1] / 2.0)])
    return midi + median if abs(median) <= agrees else midi


def beside_partials(frames: Samples, hz: FloatArray) -> FloatArray:
    """Measure how much of each frame lies in no partial of its pitch.

    Parameters
    ----------
    frames : float32 array, shape [n, FRAME]
        What sounds.
    hz : float64 array, shape [n]
        The pitch of each.

    Returns
    -------
    float64 array, shape [n]
        Share of the energy from 30 Hz on, 0 to 1. A partial reaches half a semitone to either side, at most a
        quarter of the way to the next, and 8 Hz at least, as a frame blurs it by that.
    """
    shares, bins_hz = np.empty(len(frames)), np.fft.rfftfreq(_FFT, 1.0 / RATE_HZ)
    bins_hz = bins_hz[bins_hz > _AUDIBLE_HZ]
    for start in range(0, len(frames), _BLOCK):
        block, pitch_hz = frames[start : start + _BLOCK], hz[start : start + _BLOCK, None]
        spectrum = np.fft.rfft(block * _hann(FRAME), _FFT, axis=1)[:, -bins_hz.size :]
        power = np.square(np.abs(spectrum))
        nearest_hz = pitch_hz * np.maximum(1.0, np.rint(bins_hz / pitch_hz))
        reach_hz = np.maximum(_BLURRED_HZ, np.minimum(_HALF_SEMITONE * nearest_hz, pitch_hz / 4.0))
        outside = np.where(np.abs(bins_hz - nearest_hz) > reach_hz, power, 0.0)
        shares[start : start + _BLOCK] = outside.sum(axis=1) / np.maximum(power.sum(axis=1), 1e-20)
    return shares


def _peak(level: FloatArray, hz: float) -> tuple[float, float] | None:
    """Return how many semitones from `hz` the strongest peak near it lies, and its amplitude."""
    place = hz * _FFT / RATE_HZ
    reach = place * (2.0 ** (REACH_SEMITONES / 12.0) - 1.0)
    low, high = int(np.floor(place - reach)), int(np.ceil(place + reach))
    if high + 1 >= level.size:
        return None
    at = low + int(level[low : high + 1].argmax())
    below, middle, above = level[at - 1 : at + 2]
    if at in (low, high) or middle < max(below, above):
        return None
    peak = at + 0.5 * (below - above) / min(below - 2.0 * middle + above, -1e-9)
    return 12.0 * float(np.log2(peak / place)), float(np.exp(0.5 * middle))


def _looked_at(frames: Samples) -> Features:
    spectrum = np.abs(np.fft.rfft(frames * _hann(FRAME), _FFT, axis=1)).astype(np.float32)
    short = frames.reshape(len(frames), -1, _SHORT) * _hann(_SHORT)
    power = np.square(np.abs(np.fft.rfft(short, _FFT // 2, axis=2))).mean(axis=1).astype(np.float32)
    rows = np.empty((len(frames), ROWS, BINS), np.float32)
    rows[:, 0] = _levels(np.square(spectrum) @ _filters(_FFT) / np.float32((0.25 * FRAME) ** 2))
    rows[:, 1] = _levels(power @ _filters(_FFT // 2) / np.float32((0.25 * _SHORT) ** 2))
    rows[:, 2] = _autocorrelation(spectrum)
    return rows


def _levels(power: Features) -> Features:
    levels = np.log(power + _FLOOR)
    relative = np.maximum(levels - levels.max(axis=1, keepdims=True), -_RANGE)
    return np.asarray(relative / np.float32(np.log(100.0)))


def _autocorrelation(spectrum: Features) -> Features:
    """Return how alike a frame is to itself a period later, for each pitch: strong partials held down."""
    compressed = np.maximum(spectrum, np.float32(1e-6)) ** np.float32(2 * _COMPRESSION)
    total = np.maximum(compressed.sum(axis=1, keepdims=True), np.float32(1e-9))
    return np.asarray((compressed @ _cosines()) / total)


@lru_cache(maxsize=2)
def _hann(size: int) -> Features:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)


@lru_cache(maxsize=1)
def _cosines() -> Features:
    """Waves over frequency, one for each period: float32 [bins, BINS]."""
    turns = (RATE_HZ / _FFT) * np.arange(_FFT // 2 + 1)[:, None] / axis_hz()
    return np.cos((2 * np.pi * (turns % 1.0)).astype(np.float32))


@lru_cache(maxsize=2)
def _filters(size: int) -> Features:
    """Triangles that reach to their neighbours' centres, one bin at least: float32 [bins, BINS]."""
    bin_hz, centres_hz = RATE_HZ / size, axis_hz().astype(np.float32)
    freq_hz = bin_hz * np.arange(size // 2 + 1, dtype=np.float32)
    reach_hz = np.maximum(bin_hz, centres_hz * (2.0 ** (1 / (12 * BINS_PER_SEMITONE)) - 1))
    weights = np.maximum(
        0.0,
        1.0 - np.abs(freq_hz[:, None] - centres_hz) / reach_hz,
    )
    return np.asarray(weights / weights.sum(axis=0), dtype=np.float32)


def axis_hz() -> FloatArray:
    """Return the frequency of each bin: float64 [BINS]."""
    return 440.0 * 2.0 ** ((LOWEST_MIDI + np.arange(BINS) / BINS_PER_SEMITONE - 69.0) / 12.0)
