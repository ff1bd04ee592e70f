"""Where a note is steady, and how it wavers.

Steady: a maximal run of at least 150 ms whose smoothed pitch stays within 40 cents (highest minus lowest).
Smoothed: averaged over 90 ms, or over one whole cycle where there is vibrato, which is heard at its mean.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.pitch_track import HOP_S

from .events import Event

__all__ = ["smooth", "steady_runs", "vibrato_cycle"]

STEADY_FRAMES = 15
STEADY_CENTS = 40.0
SMOOTH_FRAMES = 9
VIBRATO_HZ = (4.5, 8.5)
"""5 to 8 Hz in the literature, with half a hertz for what a short note lets one measure."""

VIBRATO_PERIODICITY = 0.5
VIBRATO_CENTS = 8.0
"""Root mean square of the swing; less than this needs no averaging."""

VIBRATO_CYCLES = 2


def smooth(cents: FloatArray) -> FloatArray:
    """Return the pitch of one note smoothed, shape [frames]; at its ends over the frames there are."""
    cycle = vibrato_cycle(cents)
    kernel = np.hanning(SMOOTH_FRAMES + 2)[1:-1] if cycle is None else np.ones(cycle)
    return _average(cents, kernel)


def vibrato_cycle(cents: FloatArray) -> int | None:
    """Return the length of one cycle of vibrato in frames, or None where there is none.

    The autocorrelation of the pitch, its slow part removed, must have a peak of `VIBRATO_PERIODICITY`
    within `VIBRATO_HZ`, and the note must hold two cycles of it.
    """
    shortest, longest = (round(1 / (HOP_S * hz)) for hz in reversed(VIBRATO_HZ))
    if cents.size < VIBRATO_CYCLES * shortest:
        return None
    swing = cents - _average(cents, np.ones(longest))
    if np.sqrt(np.mean(swing**2)) < VIBRATO_CENTS:
        return None
    lags = range(shortest, min(longest, cents.size // VIBRATO_CYCLES) + 1)
    scores = [_correlation(swing[:-lag], swing[lag:]) for lag in lags]
    best = int(np.argmax(scores))
    return lags[best] if scores[best] >= VIBRATO_PERIODICITY else None


def steady_runs(smoothed: Sequence[float] | FloatArray) -> list[Event]:
    """Return the disjoint steady runs of a note in order, the longest chosen first."""
    values = [float(value) for value in smoothed]
    pending, found = [Event(0, len(values))], []
    while pending:
        part = pending.pop()
        longest = _longest_run(values, part)
        if longest.stop - longest.start >= STEADY_FRAMES:
            found.append(longest)
            pending += [Event(part.start, longest.start), Event(longest.stop, part.stop)]
    return sorted(found)


def _longest_run(values: list[float], part: Event) -> Event:
    """Return the longest run within `STEADY_CENTS`; a sliding window whose extremes wait in two queues."""
    highest: deque[int] = deque()
    lowest: deque[int] = deque()
    start, best = part.start, Event(part.start, part.start)
    for frame in range(*part):
        while highest and values[highest[-1]] <= values[frame]:
            highest.pop()
        while lowest and values[lowest[-1]] >= values[frame]:
            lowest.pop()
        highest.append(frame)
        lowest.append(frame)
        while values[highest[0]] - values[lowest[0]] > STEADY_CENTS:
            start += 1
            if highest[0] < start:
                highest.popleft()
            if lowest[0] < start:
                lowest.popleft()
        if frame + 1 - start > best.stop - best.start:
            best = Event(start, frame + 1)
    return best


def _average(cents: FloatArray, kernel: FloatArray) -> FloatArray:
    """Average around each frame; at the ends, over the frames there are."""
    kernel = kernel[: cents.size]
    total: FloatArray = np.convolve(cents, kernel, mode="same")
    return total / np.convolve(np.ones(cents.size), kernel, mode="same")


def _correlation(first: FloatArray, second: FloatArray) -> float:
    energy = np.sqrt(np.dot(first, first) * np.dot(second, second))
    return float(np.dot(first, second) / energy) if energy > 0 else 0.0
