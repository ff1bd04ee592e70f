"""What a reader must know of the sound of a take: how loud it is, and what lies beyond what is heard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from swara.data.arrays import BoolArray, FloatArray, IntArray, quantile
from swara.data.audio.frames import between, level_db
from swara.data.audio.level import Level
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, MAX_HZ, MIN_HZ, PitchTrack
from swara.service.phrases import percent

__all__ = ["remarks_about_level", "within_range"]

LEAST_S = 0.15
"""What lasts no longer than the shortest steady note is no note that is missed."""

_LOUD_WITHIN_DB = 22.0  # as of a sung frame, see `classifier.notes.events`
_LOUD_QUANTILE = 0.95
_BLOCK = 1024
_HIGH_WINDOW, _LOW_WINDOW = 1024, 2048

HIGH_TONAL, HIGH_BELOW = 0.6, 0.03
"""A voice above `MAX_HZ`, or a whistle, has most of its energy in its strongest partial and the octaves
next to that (0.8 and more in synthesized voices), next to none below; a hiss has under 0.2 there."""

OCTAVE_BELOW_HZ = 2.0 * MIN_HZ
LIKELY, HALFWAY = 0.3, 2.0
"""A voice below the range is heard an octave too high, if at all. Then more lies halfway between the partials
of that pitch than in them: 5 to 8 times as much in synthesized voices."""

LOW_HZ, LOW_CONFIDENCE = 54.0, 0.5
"""Between the lowest pitch and this a voice can sound likely all along and sure nowhere."""

TONAL = 0.1
"""What has a pitch has next to nothing halfway between its partials, and noise as much there as in them."""


def remarks_about_level(level: Level | None) -> Iterator[str]:
    """Yield that a recording is silent, very quiet or clipped, as sentences without full stop."""
    if level is None:
        return
    if level.peak_db <= -200.0:
        yield "The recording is silent: every sample is zero"
    elif level.is_quiet:
        yield (
            f"The recording is very quiet: its loudest sample is at {level.peak_db:.0f} dB of full scale; it"
            f" was raised by {level.lift_db:.0f} dB to be heard, but record nearer or louder"
        )
    if level.is_clipped:
        share = _share(level.clipped_share)
        yield f"The recording is clipped: {share} of it is cut off; record at a lower level"


def _share(share: float) -> str:
    return percent(share) if share >= 0.01 else f"{100 * share:.2f}%"


def within_range(clip: Clip, track: PitchTrack) -> tuple[PitchTrack, tuple[str, ...]]:
    """Leave out of a track what was heard an octave too high, and tell of what lies beyond the range.

    Parameters
    ----------
    clip : Clip
        The take, at the rate that was tracked.
    track : PitchTrack
        Its pitch.

    Returns
    -------
    PitchTrack, tuple of str
        The same track where nothing was left out; sentences without full stop.
    """
    level = level_db(clip)
    loud = level > quantile(level, _LOUD_QUANTILE) - _LOUD_WITHIN_DB
    wrong = _octave_too_high(clip, track, loud)
    if wrong.any():
        track = replace(track, voiced=track.voiced & ~wrong)
    unvoiced = loud & ~track.voiced
    low = _lasting(unvoiced & (track.hz < LOW_HZ) & (track.confidence >= LOW_CONFIDENCE)) | wrong
    beyond = np.flatnonzero(unvoiced & (track.hz < MIN_HZ))
    tonal = np.zeros_like(low)
    tonal[beyond] = _halfway(clip, beyond, track.hz[beyond]) < TONAL
    low |= _lasting(tonal)
    high = _lasting(_is_high(clip, np.flatnonzero(unvoiced), loud.size))
    remarks = []
    if low.any():
        remarks.append(
            f"{_span(low)} lies near or below {MIN_HZ:.0f} Hz, below what is heard, and was not judged"
        )
    if high.any():
        remarks.append(f"{_span(high)} lies above {MAX_HZ:.0f} Hz, beyond what is heard, and was not judged")
    return track, tuple(remarks)


def _span(frames: BoolArray) -> str:
    """Say how much of a take some frames are, and where they begin."""
    seconds, first_s = HOP_S * np.count_nonzero(frames), HOP_S * int(np.argmax(frames))
    return f"What sounds for {seconds:.1f} s in all, first at {first_s:.1f} s,"


def _lasting(frames: BoolArray) -> BoolArray:
    """Keep of the frames the runs of `LEAST_S` and more."""
    kept = np.zeros_like(frames)
    for start, stop in _runs(frames):
        kept[start:stop] = (stop - start) * HOP_S >= LEAST_S
    return kept


def _runs(frames: BoolArray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], frames, [False])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _octave_too_high(clip: Clip, track: PitchTrack, loud: BoolArray) -> BoolArray:
    """Tell which frames have more halfway between the partials of the pitch that was heard than in them."""
    wrong = np.zeros(track.voiced.shape, np.bool_)
    likely = track.voiced | (loud & (track.confidence >= LIKELY))
    for start, stop in _runs(likely & (track.hz < OCTAVE_BELOW_HZ)):
        frames = np.arange(start, stop)
        wrong[start:stop] = _halfway(clip, frames, track.hz[start:stop]) > HALFWAY
    return _lasting(wrong)


def _halfway(clip: Clip, frames: IntArray, hz: FloatArray) -> FloatArray:
    """Return the energy of the partials halfway between the first six, relative to that of these."""
    share, order, bin_hz = np.empty(frames.size), np.arange(1, 7), clip.rate_hz / _LOW_WINDOW
    for first in range(0, frames.size, _BLOCK):
        block = slice(first, first + _BLOCK)
        power, around_hz = _power(clip, frames[block], _LOW_WINDOW), hz[block, None]
        rows = np.arange(power.shape[0])[:, None]
        partials = power[rows, np.rint(around_hz * order / bin_hz).astype(np.intp)].sum(axis=1)
        between_them = power[rows, np.rint(around_hz * (order - 0.5) / bin_hz).astype(np.intp)].sum(axis=1)
        share[block] = between_them / np.maximum(partials, 1e-20)
    return share


def _is_high(clip: Clip, frames: IntArray, count: int) -> BoolArray:
    """Tell which of the frames are a tone above `MAX_HZ` and hardly anything below it."""
    high = np.zeros(count, np.bool_)
    lowest = round(MAX_HZ * 0.97 * _HIGH_WINDOW / clip.rate_hz)
    for first in range(0, frames.size, _BLOCK):
        block = frames[first : first + _BLOCK]
        power = _power(clip, block, _HIGH_WINDOW)
        total = np.maximum(power.sum(axis=1), 1e-20)
        peak = power.argmax(axis=1)
        tone = _around(power, peak, 3) + _around(power, 2 * peak, 4) + _around(power, peak // 2, 2)
        high[block] = (tone > HIGH_TONAL * total) & (power[:, :lowest].sum(axis=1) < HIGH_BELOW * total)
    return high


def _around(power: FloatArray, bins: IntArray, reach: int) -> FloatArray:
    """Return the energy in so many bins to either side of one in each row; none beyond the last."""
    near = bins[:, None] + np.arange(-reach, reach + 1)
    inside = np.take_along_axis(power, np.clip(near, 0, power.shape[1] - 1), axis=1)
    return np.asarray((inside * (near < power.shape[1])).sum(axis=1))


def _power(clip: Clip, frames: IntArray, window: int) -> FloatArray:
    """Return the power spectrum around some frames, shape [frames, window // 2 + 1]."""
    if not frames.size:
        return np.zeros((0, window // 2 + 1))
    starts = frames * round(HOP_S * clip.rate_hz) - window // 2
    first = int(starts[0])
    samples = between(clip.samples, first, int(starts[-1]) + window)
    windows = sliding_window_view(samples, window)[starts - first]
    return np.asarray(np.abs(np.fft.rfft(windows * np.hanning(window))) ** 2)
