"""A sung pitch line: melody, ornaments, loudness and rests, on a fine grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swara.data.arrays import BoolArray, FloatArray
from swara.data.synth.curves import even_times, raised_cosine, wander

from .draw_notes import Event

__all__ = ["STEP_S", "Line", "render_line"]

STEP_S = 0.001
"""Time from point to point of a line."""

_LOWEST_HZ, _HIGHEST_HZ = 36.0, 2400.0  # what is sung beyond the range that is heard, too
_FADED = 0.01  # a voice 40 dB below its loud passages counts as silent


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """What is sung.

    Parameters
    ----------
    f0_hz : float64 array, shape [points]
        Every `STEP_S`; goes on through rests, where `loudness` is 0.
    loudness : float64 array, shape [points]
        Linear, about 1 in a loud passage.
    onsets_s, ends_s : float64 arrays, shape [notes]
        Where notes begin and end.
    fresh : bool array, shape [notes]
        Whether a rest lies before the note.
    """

    f0_hz: FloatArray
    loudness: FloatArray
    onsets_s: FloatArray
    ends_s: FloatArray
    fresh: BoolArray

    @property
    def voiced(self) -> BoolArray:
        """Whether each point is heard as voice, shape [points]."""
        if not self.loudness.any():
            return np.zeros(self.loudness.shape, np.bool_)
        loud = float(np.quantile(self.loudness[self.loudness > 0], 0.9))
        return np.asarray(self.loudness > _FADED * loud)


def render_line(
    events: list[Event], sa_hz: float, duration_s: float, rng: np.random.Generator, *, drifts: bool = True
) -> Line:
    """Lay events on the clock, join them, and put their ornaments on.

    Parameters
    ----------
    events : list of Event
        In order; those that start after the end are dropped.
    sa_hz : float
        Frequency of Sa.
    duration_s : float
        Length of what is made, in seconds.
    rng : numpy.random.Generator
        Everything random is drawn from it.
    drifts : bool
        Whether held pitches wander, as they do but for a machine.

    Returns
    -------
    Line
        Of ``1 + round(duration_s / STEP_S)`` points.
    """
    times_s = even_times(1 + round(duration_s / STEP_S), STEP_S)
    starts_s, ends_s = _clock(events)
    kept = int(np.searchsorted(starts_s, duration_s - 0.03))
    events, starts_s, ends_s = events[:kept], starts_s[:kept], ends_s[:kept]
    fresh = np.array([i == 0 or e.rest_s > 0 for i, e in enumerate(events)], dtype=np.bool_)
    if not events:
        nothing = np.zeros(times_s.size)
        return Line(nothing + sa_hz, nothing, starts_s, ends_s, fresh)
    cents = _baseline(events, starts_s, ends_s, fresh, times_s)
    if drifts:
        cents += _drift(times_s.size, rng)
    level_db = _swing(times_s.size, rng)
    envelope = np.zeros(times_s.size)
    for i, event in enumerate(events):
        first, last = np.searchsorted(times_s, [starts_s[i], ends_s[i]])
        into_s, left_s = times_s[first:last] - starts_s[i], ends_s[i] - times_s[first:last]
        cents[first:last] += _ornament(event, into_s, left_s, rng)
        alone = i + 1 == len(events) or events[i + 1].rest_s > 0
        envelope[first:last] = _envelope(event, into_s, left_s, bool(fresh[i]), alone)
        level_db[first:last] += event.level_db
    f0_hz = np.clip(sa_hz * 2.0 ** (cents / 1200.0), _LOWEST_HZ, _HIGHEST_HZ)
    return Line(f0_hz, envelope * 10.0 ** (np.minimum(level_db, 8.0) / 20.0), starts_s, ends_s, fresh)


def _clock(events: list[Event]) -> tuple[FloatArray, FloatArray]:
    steps = np.array([(e.rest_s, e.duration_s) for e in events], dtype=np.float64).reshape(-1, 2)
    ends_s = np.cumsum(steps.sum(axis=1))
    return ends_s - steps[:, 1], ends_s


def _baseline(
    events: list[Event], starts_s: FloatArray, ends_s: FloatArray, fresh: BoolArray, times_s: FloatArray
) -> FloatArray:
    """Join the notes' pitches, in cents, through scoops, kans, glides and falls."""
    knots: list[tuple[float, float]] = []
    for i, event in enumerate(events):
        start_s, end_s = float(starts_s[i]), float(ends_s[i])
        reach_s = min(event.glide_s, 0.8 * (end_s - start_s))
        at_s = start_s
        if fresh[i]:
            knots.append((start_s, event.cents + event.scoop_cents))
        if event.kan_cents and not fresh[i]:
            at_s = start_s + 0.4 * reach_s
            knots.append((at_s, event.cents + event.kan_cents))
        knots.append((start_s + reach_s, event.cents))
        fall_s = min(event.fall_s, 0.5 * (end_s - start_s - reach_s))
        if event.fall_cents and fall_s > 0.02:
            knots += [
                (end_s - fall_s, event.cents + event.tilt_cents),
                (end_s, event.cents + event.fall_cents),
            ]
        else:
            knots.append((end_s, event.cents + event.tilt_cents))
    at, values = np.array(knots).T
    return raised_cosine(times_s, np.maximum.accumulate(at), values)


def _drift(count: int, rng: np.random.Generator) -> FloatArray:
    """Wander of a held pitch, slow and quick, in cents."""
    slow = rng.choice([0.0, 2.0, 5.0, 12.0]) * _stretched(count, 150, rng)
    quick = rng.choice([0.0, 1.0, 3.0, 8.0], p=[0.3, 0.4, 0.2, 0.1]) * _stretched(count, 25, rng)
    return np.asarray(slow + quick)


def _swing(count: int, rng: np.random.Generator) -> FloatArray:
    """Loudness that swells and sinks within a phrase, in dB."""
    return np.asarray(rng.choice([0.5, 2.0, 4.0, 7.0]) * _stretched(count, rng.uniform(80.0, 500.0), rng))


def _stretched(count: int, smoothing: float, rng: np.random.Generator) -> FloatArray:
    """Draw `wander` on a coarse grid, which is quick, and interpolate it."""
    step = max(1, int(smoothing / 4))
    coarse = wander(count // step + 2, smoothing / step, rng)
    return np.interp(np.arange(count) / step, np.arange(coarse.size), coarse)


def _ornament(event: Event, into_s: FloatArray, left_s: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Vibrato and gamak of one note, in cents, nothing at its ends."""
    if not event.vibrato_cents and not event.gamak_cents:
        return np.zeros(into_s.size)
    leaving = np.clip(left_s / 0.05, 0.0, 1.0)
    growing = np.clip((into_s - event.vibrato_after_s) / 0.2, 0.0, 1.0)
    rate = event.vibrato_hz * (1.0 + rng.uniform(-0.15, 0.15) * into_s)
    vibrato = event.vibrato_cents * growing * np.sin(2.0 * np.pi * (rate * into_s + rng.random()))
    turns = event.gamak_hz * into_s * (0.8 + 0.2 * into_s / max(float(left_s[0]), 0.1))
    gamak = event.gamak_cents * np.sin(2.0 * np.pi * turns) * np.clip(into_s / 0.05, 0.0, 1.0)
    return np.asarray((vibrato + gamak) * leaving)


def _envelope(event: Event, into_s: FloatArray, left_s: FloatArray, fresh: bool, alone: bool) -> FloatArray:
    """Attack after a rest and release before one, linear."""
    gain = np.ones(into_s.size)
    if fresh:
        share = np.clip(into_s / event.attack_s, 0.0, 1.0)
        gain *= 10.0 ** (-event.attack_db * (1.0 - share) ** 2 / 20.0)
        gain *= np.clip(into_s / 0.004, 0.0, 1.0)
    if alone:
        share = np.clip(left_s / event.release_s, 0.0, 1.0)
        gain *= 10.0 ** (-event.release_db * (1.0 - share) ** 1.5 / 20.0)
        gain *= np.clip(left_s / 0.006, 0.0, 1.0)
    elif event.dip_db:
        gain *= 10.0 ** (-event.dip_db * np.exp(-0.5 * (left_s / 0.03) ** 2) / 20.0)
    return gain
