"""Where notes begin and end: by pitch, by voicing, by syllables within one pitch, and by its plateaus."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from swara.data.arrays import BoolArray, FloatArray, IntArray, quantile
from swara.data.audio.frames import FLUX_STEP_FRAMES
from swara.data.pitch_track import PitchTrack

from .steady import STEADY_CENTS, WIDE_CYCLES, Event, smooth, vibrato_cycle

__all__ = [
    "GLIDE",
    "Event",
    "cheapest_path",
    "hold_costs",
    "note_events",
    "plateau_path",
    "runs",
    "sung_frames",
]


GRID_CENTS = 20.0
SPREAD_CENTS = 60.0
"""A frame this far from its plateau costs 1."""

FURTHEST = 4.0
"""No frame costs a plateau more: an octave error must not break a note."""

GLIDE_COST = 1.6
LEAP_COST = 20.0
"""From plateau to plateau."""

EDGE_COST = 8.0
"""From plateau to glide or back."""

GLIDE = -1


def plateau_path(cents: FloatArray) -> IntArray:
    """Return the plateau that each frame belongs to.

    Parameters
    ----------
    cents : float64 array, shape [frames]
        Pitch of a voiced stretch on any reference, without gaps.

    Returns
    -------
    int array, shape [frames]
        Equal within one plateau and different in the next; `GLIDE` between plateaus.
    """
    costs = hold_costs(cents)
    path = cheapest_path(costs)
    return np.where(path == costs.shape[1], GLIDE, path)


def hold_costs(cents: FloatArray) -> FloatArray:
    """Return what each frame costs on each plateau of the grid, shape [frames, plateaus]."""
    grid = np.arange(cents.min(), cents.max() + GRID_CENTS, GRID_CENTS)
    return np.minimum(np.abs(cents[:, None] - grid) / SPREAD_CENTS, FURTHEST)


def cheapest_path(costs: FloatArray) -> IntArray:
    """Return the cheapest sequence of states, where state ``costs.shape[1]`` is the glide.

    Leaps cost the same from anywhere, so each frame only looks at staying and at the best state before it:
    frames times states, not times states squared.
    """
    held = np.empty_like(costs)  # the cost of the best way to each plateau, frame by frame
    held[0] = costs[0]
    gliding, best = GLIDE_COST, int(costs[0].argmin())
    cheapest, gliders, arrivals = [best], [gliding], [0.0]
    for frame in range(1, costs.shape[0]):
        low = float(held[frame - 1, best])
        arrive, take_off = min(low + LEAP_COST, gliding + EDGE_COST), low + EDGE_COST
        now = np.minimum(held[frame - 1], arrive, out=held[frame])
        now += costs[frame]
        gliding, best = min(gliding, take_off) + GLIDE_COST, int(now.argmin())
        cheapest.append(best)
        gliders.append(gliding)
        arrivals.append(arrive)
    return _trace_back(held, cheapest, gliders, arrivals)


def _trace_back(
    held: FloatArray, cheapest: list[int], gliders: list[float], arrivals: list[float]
) -> IntArray:
    """Follow the cheapest way back: `cheapest` plateau, cost of the glide, and of a leap, frame by frame."""
    glide = held.shape[1]
    state = cheapest[-1] if held[-1, cheapest[-1]] <= gliders[-1] else glide
    path = np.empty(held.shape[0], dtype=np.intp)
    path[-1] = state
    for frame in range(path.size - 1, 0, -1):
        best = cheapest[frame - 1]
        low, gliding = held[frame - 1, best], gliders[frame - 1]
        if state == glide:
            state = glide if gliding <= low + EDGE_COST else best
        elif held[frame - 1, state] > arrivals[frame]:
            state = best if low + LEAP_COST <= gliding + EDGE_COST else glide
        path[frame - 1] = state
    return path


QUIETEST_DB = 22.0
"""Frames further below the take's loud singing than this are not part of it: echo, bleed, room."""

LOUD_QUANTILE = 0.9
SAME_PITCH_CENTS = 70.0
"""Neighbouring plateaus closer than this are one note that wavers; a semitone apart they are two."""

SAME_PITCH_GAP = 4
DIP_DB = 9.0
"""A dip of the level this deep within a held pitch is a consonant: a new note."""

DIP_REACH = 20
FLUX_DB = 6.0
"""A mean rise of the spectrum this large within a held pitch is a new syllable."""

SWEEP_CENTS = 90.0
"""Vibrato that moves further than this while the spectrum is compared drags its partials through the bands:
what rises then is no syllable. On synthesized notes with vibrato up to 130 cents either way, 60 to 100 leave
every note in one piece, and no limit leaves 32 of 300 in several."""

SYLLABLE_EDGE = 4
SYLLABLE_APART = 8
LEAST_STRETCH = 5
LEAST_EVENT = 14
"""Frames: 140 ms; a shorter plateau is an ornament."""


def runs(mask: BoolArray) -> list[Event]:
    """Return the maximal runs of true frames."""
    edges = np.diff(np.concatenate(([False], mask, [False])).astype(np.int8))
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [Event(int(start), int(stop)) for start, stop in zip(starts, stops, strict=True)]


def sung_frames(track: PitchTrack, level_db: FloatArray) -> BoolArray:
    """Return the voiced frames that are loud enough to be the singer, shape [frames]."""
    if not track.voiced.any():
        return track.voiced
    loud_db = quantile(level_db[track.voiced], LOUD_QUANTILE)
    return track.voiced & (level_db > loud_db - QUIETEST_DB)


def note_events(
    cents: FloatArray, sung: BoolArray, level_db: FloatArray, flux_db: FloatArray
) -> Iterator[Event]:
    """Yield the notes of a take in order, without overlap.

    Parameters
    ----------
    cents : float64 array, shape [frames]
        Pitch on any reference, finite wherever `sung`.
    sung : bool array, shape [frames]
        From `sung_frames`.
    level_db, flux_db : float64 arrays, shape [frames]
        From ``swara.data.audio.frames``.
    """
    for stretch in runs(sung):
        if stretch.stop - stretch.start < LEAST_STRETCH:
            continue
        for held in _plateaus(cents, stretch):
            for event in _split_syllables(held, cents, level_db, flux_db):
                if event.stop - event.start >= LEAST_EVENT:
                    yield event


def _plateaus(cents: FloatArray, stretch: Event) -> list[Event]:
    path = plateau_path(cents[stretch.start : stretch.stop])
    joined: list[Event] = []
    for start, stop in _constant_runs(path):
        if path[start] == GLIDE:
            continue
        event = Event(start + stretch.start, stop + stretch.start)
        if joined and _same_note(cents, joined[-1], event):
            joined[-1] = Event(joined[-1].start, event.stop)
        else:
            joined.append(event)
    return joined


def _constant_runs(path: IntArray) -> Iterator[tuple[int, int]]:
    changes = np.flatnonzero(np.diff(path)) + 1
    edges = [0, *changes.tolist(), path.size]
    return pairwise(edges)


def _same_note(cents: FloatArray, before: Event, after: Event) -> bool:
    if after.start - before.stop > SAME_PITCH_GAP:
        return False
    step = np.median(cents[slice(*after)]) - np.median(cents[slice(*before)])
    return bool(abs(step) < SAME_PITCH_CENTS)


def _split_syllables(
    event: Event, cents: FloatArray, level_db: FloatArray, flux_db: FloatArray
) -> list[Event]:
    """Cut a held pitch where a new syllable starts on it."""
    cuts = [event.start]
    starts = _dips(level_db[slice(*event)])
    loud = flux_db[slice(*event)] >= FLUX_DB
    if loud.any():
        starts |= loud & _bursts(flux_db, event) & ~_swings(cents[slice(*event)])
    earliest, latest = event.start + SYLLABLE_EDGE, event.stop - SYLLABLE_EDGE
    for frame in (event.start + np.flatnonzero(starts)).tolist():
        if earliest <= frame < latest:
            cuts.append(frame)
            earliest = frame + SYLLABLE_APART
    cuts.append(event.stop)
    return [Event(start, stop) for start, stop in pairwise(cuts)]


def _dips(level_db: FloatArray) -> BoolArray:
    """Tell where the level of a note is lowest around, far below what it reaches on either side."""
    if np.ptp(level_db) < DIP_DB:
        return np.zeros(level_db.size, np.bool_)
    near = _windows(level_db, SYLLABLE_EDGE - 1, SYLLABLE_EDGE - 1, np.inf).min(axis=1)
    before = _windows(level_db, DIP_REACH, -1, -np.inf).max(axis=1)
    after = _windows(level_db, 0, DIP_REACH - 1, -np.inf).max(axis=1)
    return np.asarray((level_db <= near) & (np.minimum(before, after) - level_db >= DIP_DB))


def _bursts(flux_db: FloatArray, event: Event) -> BoolArray:
    """Tell where in a note the spectrum rises the most around."""
    first = max(0, event.start - SYLLABLE_EDGE)
    around = flux_db[first : event.stop + SYLLABLE_EDGE]
    most = _windows(around, SYLLABLE_EDGE, SYLLABLE_EDGE, -np.inf).max(axis=1)
    own = slice(event.start - first, event.stop - first)
    return np.asarray(around[own] >= most[own])


def _windows(values: FloatArray, before: int, after: int, beyond: float) -> FloatArray:
    """Return what lies around each frame, shape [frames, before + 1 + after]."""
    padded = np.full(before + values.size + max(after, 0), beyond)
    padded[before : before + values.size] = values
    return sliding_window_view(padded, before + 1 + after)[: values.size]


def _swings(cents: FloatArray) -> BoolArray:
    """Tell where the pitch of a note moves fast about a mean that does not, shape [frames]."""
    cycle = vibrato_cycle(cents)
    if cycle is None or cents.size < WIDE_CYCLES * cycle:
        return np.zeros(cents.size, dtype=np.bool_)
    sweep, drift = (
        _range_around(c, r) for c, r in ((cents, FLUX_STEP_FRAMES), (smooth(cents, cycle), SYLLABLE_EDGE))
    )
    return np.asarray((sweep > SWEEP_CENTS) & (drift < STEADY_CENTS))


def _range_around(values: FloatArray, reach: int) -> FloatArray:
    windows = sliding_window_view(np.pad(values, reach, mode="edge"), 2 * reach + 1)
    return np.asarray(np.ptp(windows, axis=1))
