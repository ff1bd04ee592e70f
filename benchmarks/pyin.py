"""What the pitch head is held against: pYIN (Mauch & Dixon 2014) as librosa has it, plain and refined.

pYIN decides which frames are sung and in which octave, on a grid of 10 cents; `refine` then measures the
period itself. For each frame the normalised cross-correlation of two stretches, a whole number of periods
apart, is searched around the coarse period and its peak interpolated with a parabola: several periods
together divide the error of the interpolation by their number. The height of the peak tells how well the
waveform repeats: near 1 for a clean voice, under 0.4 for noise.
"""

from __future__ import annotations

import numpy as np

from swara.classifier.pitch import TRACK_RATE_HZ
from swara.data.arrays import BoolArray, FloatArray, IntArray
from swara.data.clip import Clip, Samples
from swara.data.pitch_track import HOP_S, MAX_HZ, MIN_HZ, PitchTrack

WINDOW_S = 0.020
SPAN_S = 0.008
"""The largest multiple of the period within this span is the lag that is measured."""

SEARCH_CENTS = 15.0
_SEARCH_RATIO = 2 ** (SEARCH_CENTS / 1200) - 1
_SLACK_SAMPLES = 2
_BLOCK = 512
_HOP = round(HOP_S * TRACK_RATE_HZ)
_PIECE_FRAMES = 3000
_OVERLAP_FRAMES = 100
_LEAST_PERIODICITY = 0.4
"""pYIN calls some noise voiced: it repeats with less than 0.25, a voice with more than 0.5."""


def plain_pyin(clip: Clip) -> PitchTrack:
    """Track a clip with librosa's pYIN as it comes: its grid of 10 cents, its voicing for confidence."""
    hz, voiced = _pyin(clip.samples, clip.rate_hz)
    return PitchTrack(HOP_S * np.arange(hz.size), hz, voiced.astype(np.float64), voiced)


def refined_pyin(clip: Clip) -> PitchTrack:
    """Track a clip at `TRACK_RATE_HZ` with pYIN, and refine each frame; confidence is the periodicity.

    A long recording is tracked in overlapping pieces, so that memory stays bounded.

    Raises
    ------
    ValueError
        If the clip has another sample rate.
    """
    if clip.rate_hz != TRACK_RATE_HZ:
        raise ValueError(f"expected {TRACK_RATE_HZ} Hz, got {clip.rate_hz} Hz")
    frames = 1 + int(clip.samples.size) // _HOP
    coarse_hz, sung = np.empty(frames), np.empty(frames, dtype=np.bool_)
    for start in range(0, frames, _PIECE_FRAMES):
        stop = min(start + _PIECE_FRAMES, frames)
        first = max(0, start - _OVERLAP_FRAMES)
        piece = clip.samples[first * _HOP : (stop + _OVERLAP_FRAMES) * _HOP]
        hz, voiced = _pyin(piece, clip.rate_hz)
        coarse_hz[start:stop], sung[start:stop] = (
            hz[start - first : stop - first],
            voiced[start - first : stop - first],
        )
    times_s = HOP_S * np.arange(frames, dtype=np.float64)
    hz, periodicity = refine(clip, times_s, coarse_hz)
    confidence = np.clip(periodicity, 0.0, 1.0)
    return PitchTrack(times_s, hz, confidence, sung & (confidence >= _LEAST_PERIODICITY))


def _pyin(samples: Samples, rate_hz: int) -> tuple[FloatArray, BoolArray]:
    """Return hz and voicing by librosa, one frame per 10 ms."""
    import librosa

    hz, voiced, _ = librosa.pyin(
        samples,
        fmin=MIN_HZ,
        fmax=MAX_HZ,
        sr=rate_hz,
        frame_length=1024,
        hop_length=round(HOP_S * rate_hz),
        resolution=0.1,
        fill_na=None,
    )
    return hz, voiced


def refine(clip: Clip, times_s: FloatArray, hz: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Refine a pitch track.

    Parameters
    ----------
    clip : Clip
        The recording that was tracked.
    times_s, hz : float64 arrays, shape [frames]
        Frame centres in seconds and coarse estimates in Hz, right to within `SEARCH_CENTS`.

    Returns
    -------
    hz : float64 array, shape [frames]
        A frame whose correlation has no peak within the search range keeps its coarse estimate.
    periodicity : float64 array, shape [frames]
        Height of the peak, -1 to 1.
    """
    window = round(WINDOW_S * clip.rate_hz)
    lags = np.maximum(1.0, np.floor(SPAN_S * hz)) * clip.rate_hz / hz
    margin = window + int(np.ceil(lags.max() * (1 + _SEARCH_RATIO))) + _SLACK_SAMPLES
    centres = np.rint(times_s * clip.rate_hz).astype(np.intp)
    refined_lags = lags.copy()
    periodicity = np.zeros_like(hz)
    for begin in range(0, hz.size, _BLOCK):
        block = slice(begin, begin + _BLOCK)
        first = int(centres[block][0]) - margin
        samples = _stretch(clip.samples, first, int(centres[block][-1]) + margin)
        refined_lags[block], periodicity[block] = _search(
            samples, centres[block] - first, lags[block], window
        )
    return hz * lags / refined_lags, periodicity


def _stretch(samples: Samples, first: int, last: int) -> Samples:
    """Return samples `first` up to `last`, with zeros where the recording has none."""
    inside = samples[max(0, first) : max(0, last)]
    before = max(0, -first)
    return np.pad(inside, (before, last - first - before - inside.size))


def _search(
    samples: Samples, centres: IntArray, lags: FloatArray, window: int
) -> tuple[FloatArray, FloatArray]:
    """Find the lag of the correlation's peak near `lags`, in fractions of a sample, and the peak's height."""
    reach = np.ceil(lags * _SEARCH_RATIO).astype(np.intp) + _SLACK_SAMPLES
    nearest = np.rint(lags).astype(np.intp)
    steps = np.arange(-reach.max(), reach.max() + 1)
    correlation = np.stack([_correlation(samples, centres, nearest + step, window) for step in steps], axis=1)
    # The longest lag of the block sets the width of the table; each frame searches its own part of it.
    correlation[np.abs(steps) > reach[:, None]] = -np.inf
    peak = correlation.argmax(axis=1)
    frames = np.arange(peak.size)
    height = correlation[frames, peak]
    inner = np.clip(peak, 1, steps.size - 2)
    before, at, after = (correlation[frames, inner + k] for k in (-1, 0, 1))
    is_peak = (inner == peak) & (before > -np.inf) & (after > -np.inf) & (before + after < 2 * at)
    shift = np.zeros_like(lags)
    np.divide(0.5 * (before - after), before - 2 * at + after, out=shift, where=is_peak)
    return np.where(is_peak, nearest + steps[inner] + shift, lags), height


def _correlation(samples: Samples, centres: IntArray, lags: IntArray, window: int) -> FloatArray:
    """Normalised cross-correlation of two windows `lags` apart, together centred on `centres`."""
    starts = centres - (window + lags) // 2
    offsets = np.arange(window)
    first = samples[starts[:, None] + offsets].astype(np.float64)
    second = samples[(starts + lags)[:, None] + offsets].astype(np.float64)
    energy: FloatArray = np.einsum("ij,ij->i", first, first) * np.einsum("ij,ij->i", second, second)
    product: FloatArray = np.einsum("ij,ij->i", first, second)
    return product / np.sqrt(energy + 1e-20)
