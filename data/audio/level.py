"""How loud a recording is, how much of it was cut off, and samples in it that cannot be sound."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from swara.data.arrays import BoolArray, FloatArray, IntArray, quantile
from swara.data.clip import Samples

from .reader import Frames

__all__ = ["CLIPPED_SHARE", "LOUDEST", "QUIET_DB", "SILENT_DB", "Level", "LevelMeter", "StraySamples"]

CLIPPED_SHARE = 2e-4
"""Of 331 recordings of voices and instruments one, of an amateur at full scale, comes to half of it."""

QUIET_DB = -45.0
SILENT_DB = -60.0
"""Level in dB of full scale below which the loudest twentieth of a recording is too quiet to learn from, or
nothing. The quietest of 331 recordings of voices and instruments has -36 dB there."""

RAISED_TO_DB = -30.0
"""A very quiet recording is raised until its loudest twentieth is so loud: the pitch head hears nothing in a
take with a peak of -86 dB, and as well in one of -66 dB as of -6 dB."""

HOT_DB = 18.0
"""A recording that goes so far over full scale was written on another scale, such as that of 16-bit numbers,
and is brought down to full scale."""

LOUDEST = 1e10
"""More than any scale has: that of 32-bit numbers ends at 2e9."""

_LOUD_QUANTILE = 0.95


@dataclass(frozen=True, slots=True)
class Level:
    """How loud a recording is, before anything is done about it.

    Parameters
    ----------
    peak_db : float
        Its loudest sample, in dB of full scale; -200 where there is nothing but zeros.
    loud_db : float
        The RMS over 30 ms that a twentieth of it exceeds, in dB of full scale; -100 at the least.
    clipped_share : float
        The share of its samples that lie in flat tops or beyond full scale, 0 to 1.
    """

    peak_db: float
    loud_db: float
    clipped_share: float

    @property
    def is_silent(self) -> bool:
        """Whether its loudest twentieth is below `SILENT_DB`."""
        return self.loud_db < SILENT_DB

    @property
    def is_quiet(self) -> bool:
        """Whether its loudest twentieth is below `QUIET_DB`."""
        return self.loud_db < QUIET_DB

    @property
    def is_clipped(self) -> bool:
        """Whether at least `CLIPPED_SHARE` of it was cut off."""
        return self.clipped_share >= CLIPPED_SHARE

    @property
    def lift_db(self) -> float:
        """By how much it is raised, or lowered, to be heard as it is meant; never beyond full scale."""
        if self.is_quiet:
            return min(RAISED_TO_DB - self.loud_db, max(0.0, -self.peak_db))
        return -self.peak_db if self.peak_db > HOT_DB else 0.0


PLATEAU_S = 60e-6
"""A flat top lasts at least this long: 3 samples at 44.1 kHz. Even a pure tone of 100 Hz at full scale bends
by six times `FLAT` in that time."""

FLAT = 2.0 / 32768.0
"""Within a flat top no two samples differ by more: two steps of 16 bits."""

NEAR_TOP = 0.97
"""A flat top lies this near to the loudest sample."""

LEAST_LEVEL = 0.25
"""Below -12 dB of full scale the steps of 16 bits make round tops flat: those of a low clarinet, say."""

_NOTHING = np.zeros(0, dtype=np.float32)


class LevelMeter:
    """Finds the loudest sample, and the share of the samples that lie in flat tops, or beyond full scale.

    An encoder that loses detail rounds flat tops off, and what it decodes to shoots beyond full scale there;
    either counts. Resampling ruffles flat tops: show it the source.
    """

    def __init__(self) -> None:
        self._total, self._beyond, self.loudest = 0, 0, 0.0
        self._levels: list[Samples] = []
        self._tail = _NOTHING
        self._least = 3

    def add(self, block: Samples, rate_hz: int) -> None:
        """Take in the next block, float32 of shape [frames], and its sample rate."""
        self._total += block.size
        loudest = max(float(block.max(initial=0.0)), -float(block.min(initial=0.0)))
        self.loudest = max(self.loudest, loudest)
        self._least = max(3, 1 + round(PLATEAU_S * rate_hz))
        if loudest < LEAST_LEVEL:
            self._end_tail()
            return
        self._beyond += int(np.count_nonzero(np.abs(block) > 1.0)) if loudest > 1.0 else 0
        joined = np.concatenate((self._tail, block)) if self._tail.size else block
        # What may be the start of a flat top waits for the next block.
        still = _still(joined)
        moving = still.size - int(np.argmin(still[::-1])) if not still.all() else 0
        self._levels.append(_flat_levels(joined[:moving], still[: max(0, moving - 1)], self._least))
        self._tail = joined[moving:].copy()

    def level(self, levels_db: FloatArray) -> Level:
        """Return how loud it was; `levels_db` are those of the frames of what became of it."""
        loud_db = quantile(levels_db, _LOUD_QUANTILE)
        return Level(20.0 * math.log10(max(self.loudest, 1e-10)), loud_db, self.clipped_share)

    @property
    def clipped_share(self) -> float:
        """The share so far, 0 to 1."""
        self._end_tail()
        tops = np.concatenate((*self._levels, _NOTHING))
        flat = int(np.count_nonzero(tops >= NEAR_TOP * self.loudest))
        return min(1.0, (flat + self._beyond) / max(1, self._total))

    def _end_tail(self) -> None:
        if self._tail.size:
            self._levels.append(_flat_levels(self._tail, _still(self._tail), self._least))
            self._tail = _NOTHING


def _still(samples: Samples) -> BoolArray:
    """Tell whether each sample but the last is as loud as may matter, and like the next, shape [n - 1]."""
    return np.asarray((np.abs(np.diff(samples)) <= FLAT) & (np.abs(samples[1:]) >= LEAST_LEVEL))


def _flat_levels(samples: Samples, still: BoolArray, least: int) -> Samples:
    """Return the level of each sample in a flat top of at least `least` samples, shape [samples in them]."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], still, [False])).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    long = stops - starts >= least - 1
    spans = [np.abs(samples[start : stop + 1]) for start, stop in zip(starts[long], stops[long], strict=True)]
    # Slow creeping is not flat: first and last differ.
    flat = [span for span in spans if float(np.ptp(span)) <= 2 * FLAT]
    return np.concatenate(flat) if flat else _NOTHING


STRAY_CREST = 8.0
"""A block is searched for stray samples if its loudest is so many times its RMS; sung ones have 3 to 7."""

STRAY_TIMES = 8.0
"""A stray one departs from the middle of its neighbours so many times as far as any within `STRAY_REACH`."""

STRAY_LEVEL = 2.5
"""A stray sample has so many times the level that 99 of 100 samples of its block stay below."""

STRAY_REACH = 16
BEYOND_SOUND = 4.0
"""12 dB over full scale: no coder shoots over by so much, so rare samples beyond it are no sound either."""


class StraySamples:
    """Takes out samples that no sound can have: of a flipped bit, or a burst from a damaged packet.

    One that stands alone is put between its neighbours; a burst becomes silence.
    """

    def __init__(self) -> None:
        self.count = 0
        self.first_s = 0.0

    def without(self, frames: Frames, start_s: float, rate_hz: int) -> Frames:
        """Return frames without them: the same array where there are none.

        Parameters
        ----------
        frames : float32 array, shape [frames, channels]
            Every sample finite.
        start_s : float
            When they begin, in seconds.
        rate_hz : int
            Their sample rate.
        """
        mended = frames
        for channel in range(frames.shape[1]):
            samples = frames[:, channel]
            stray, burst = _strays(samples)
            if not stray.size + burst.size:
                continue
            if mended is frames:
                mended = frames.copy()
            mended[burst, channel] = 0.0
            mended[stray, channel] = (samples[stray - 1] + samples[stray + 1]) / 2
            if not self.count:
                self.first_s = start_s + int(min((*stray, *burst))) / rate_hz
            self.count += stray.size + burst.size
        return mended


_NONE: IntArray = np.zeros(0, dtype=np.intp)


def _strays(samples: Samples) -> tuple[IntArray, IntArray]:
    """Return where samples stand alone, and where they are beyond all sound otherwise."""
    peak = max(float(samples.max(initial=0.0)), -float(samples.min(initial=0.0)))
    if peak == 0.0 or samples.size < 2 * STRAY_REACH:
        return _NONE, _NONE
    if peak <= 1e3 and peak * peak * samples.size <= STRAY_CREST**2 * float(np.dot(samples, samples)):
        return _NONE, _NONE
    wide = samples.astype(np.float64)
    stray = _alone(wide)
    burst = _NONE
    if peak > BEYOND_SOUND:
        level = np.abs(wide)
        usual = quantile(level, 0.99)
        burst = np.setdiff1d(np.flatnonzero(level > max(BEYOND_SOUND, STRAY_TIMES * usual)), stray)
    return stray, burst


def _alone(samples: FloatArray) -> IntArray:
    """Return the places of samples that depart from their neighbours as no other near them does."""
    level = np.abs(samples[1:-1])
    loud = np.flatnonzero(level > STRAY_LEVEL * quantile(level, 0.99))
    if not loud.size:
        return _NONE
    apart = np.abs(samples[1:-1] - (samples[:-2] + samples[2:]) / 2)
    return np.array([at + 1 for at in loud.tolist() if _is_alone(apart, at)], dtype=np.intp)


def _is_alone(apart: FloatArray, at: int) -> bool:
    """Tell whether the place `at` stands out; its two neighbours, which depart for its sake, do not count."""
    around = np.concatenate(
        (apart[max(0, at - STRAY_REACH) : max(0, at - 1)], apart[at + 2 : at + STRAY_REACH])
    )
    return bool(around.size and apart[at] > STRAY_TIMES * around.max())
