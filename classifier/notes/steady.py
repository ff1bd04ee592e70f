"""Where a note is steady, and how it wavers.

Steady: a maximal run of at least 150 ms whose smoothed pitch stays within 40 cents (highest minus lowest).
Smoothed: the running median of 90 ms, which a kan does not drag along, or the average over one whole cycle
where there is vibrato, which is heard at its mean.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from swara.data.arrays import FloatArray
from swara.data.pitch_track import HOP_S

__all__ = ["Event", "average", "smooth", "stands_off", "stands_still", "steady_runs", "vibrato_cycle"]


class Event(NamedTuple):
    """A stretch as frames `start` up to, not including, `stop`."""

    start: int
    stop: int


STEADY_FRAMES = 15
STEADY_CENTS = 40.0
SMOOTH_FRAMES = 9
VIBRATO_HZ = (4.5, 8.5)
"""5 to 8 Hz in the literature, with half a hertz for what a short note lets one measure."""

VIBRATO_PERIODICITY = 0.5
VIBRATO_CENTS = 8.0
"""Root mean square of the swing; less than this needs no averaging."""

VIBRATO_CYCLES = 2
WIDE_CENTS, WIDE_CYCLES = 40.0, 3
"""A wider swing, to either side, is vibrato when it goes on for so many cycles; else gamak or murki between
two swaras, whose mean nobody meant."""

HEARD_HZ, HEARD_PERIODICITY = 5.0, 0.7
"""A swing slower or less regular than this is heard as movement, not at its mean."""

CORE, AT_HOME = 0.7, 0.2
"""A note that is off stays within `STEADY_CENTS` for so much of its time, attack and release left out, and
is on its target for no more than so much: a scoop goes through in 50 ms, a swing that turns there rests."""

SHORT_FRAMES = 20
STILL_FRAMES, STILL_CENTS = 10, 18.0
"""A steady run shorter than 200 ms is a hold only if 100 ms of it stay within 18 cents. The turning point of
a meend, a parabola that fills 150 ms and `STEADY_CENTS`, moves 17.8 in its middle 100 ms; a straight glide
moves 26.7."""


def smooth(cents: FloatArray, cycle: int | None) -> FloatArray:
    """Return the pitch of one note smoothed, shape [frames].

    Parameters
    ----------
    cents : float64 array, shape [frames]
        Its pitch on any reference, without gaps.
    cycle : int or None
        Its `vibrato_cycle`.
    """
    if cycle is not None:
        return average(cents, np.ones(cycle))
    middle = SMOOTH_FRAMES // 2
    windows = sliding_window_view(np.pad(cents, middle, mode="edge"), SMOOTH_FRAMES)
    # The running median, without the 20 ms of importing numpy.ma that numpy.median takes.
    return np.asarray(np.partition(windows, middle, axis=1)[:, middle])


def vibrato_cycle(cents: FloatArray, periodicity: float = VIBRATO_PERIODICITY) -> int | None:
    """Return the length of one cycle of vibrato in frames, or None where there is none.

    The autocorrelation of the pitch, its slow part removed, must have a peak of `periodicity` within
    `VIBRATO_HZ`, and the note must hold two cycles of it.
    """
    shortest, longest = (round(1 / (HOP_S * hz)) for hz in reversed(VIBRATO_HZ))
    if cents.size < VIBRATO_CYCLES * shortest:
        return None
    swing = cents - average(cents, np.ones(longest))
    if np.sqrt(np.mean(swing**2)) < VIBRATO_CENTS:
        return None
    lags = range(shortest, min(longest, cents.size // VIBRATO_CYCLES) + 1)
    scores = [_correlation(swing[:-lag], swing[lag:]) for lag in lags]
    best = int(np.argmax(scores))
    return lags[best] if scores[best] >= periodicity else None


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


def stands_still(run: FloatArray) -> bool:
    """Tell whether a steady run, smoothed pitch of shape [frames], is a hold, no turn or glide."""
    if run.size >= SHORT_FRAMES:
        return True
    return bool(np.ptp(sliding_window_view(run, STILL_FRAMES), axis=1).min() <= STILL_CENTS)


def stands_off(off_cents: FloatArray, perfect_cents: float) -> bool:
    """Tell whether a note stands beside its target: no glide, no swing, no turn that comes back to it.

    Parameters
    ----------
    off_cents : float64 array, shape [frames]
        The pitch of the whole note from its target, in cents, without gaps.
    perfect_cents : float
        How near to the target it is there.
    """
    if not off_cents.size:
        return False
    cycle = vibrato_cycle(off_cents, HEARD_PERIODICITY)
    slow = cycle is None or cycle > 1.0 / (HOP_S * HEARD_HZ) or off_cents.size < WIDE_CYCLES * cycle
    line = np.sort(smooth(off_cents, None if slow else cycle))
    core = max(1, round(CORE * line.size))
    narrowest = float((line[core - 1 :] - line[: line.size - core + 1]).min())
    at_home = float(np.mean(np.abs(line) <= perfect_cents))
    return narrowest <= STEADY_CENTS and at_home <= AT_HOME


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


def average(cents: FloatArray, kernel: FloatArray) -> FloatArray:
    """Return the average around each frame, weighted; at the ends, over the frames there are."""
    kernel = kernel[: cents.size]
    total: FloatArray = np.convolve(cents, kernel, mode="same")
    return total / np.convolve(np.ones(cents.size), kernel, mode="same")


def _correlation(first: FloatArray, second: FloatArray) -> float:
    energy = np.sqrt(np.dot(first, first) * np.dot(second, second))
    return float(np.dot(first, second) / energy) if energy > 0 else 0.0
