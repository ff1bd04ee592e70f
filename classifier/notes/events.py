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
    frames, plateaus = costs.shape
    stay = np.arange(plateaus)
    came_from = np.empty((frames, plateaus + 1), dtype=np.int32)
    held = costs[0].copy()
    gliding = GLIDE_COST
    for frame in range(1, frames):
        best = int(held.argmin())
        leap, land = held[best] + LEAP_COST, gliding + EDGE_COST
        arrive, source = (leap, best) if leap <= land else (land, plateaus)
        came_from[frame, :plateaus] = np.where(held <= arrive, stay, source)
        take_off = held[best] + EDGE_COST
        came_from[frame, plateaus] = plateaus if gliding <= take_off else best
        gliding = min(gliding, take_off) + GLIDE_COST
        held = np.minimum(held, arrive) + costs[frame]
    return _trace_back(came_from, int(np.append(held, gliding).argmin()))


def _trace_back(came_from: np.ndarray[tuple[int, int], np.dtype[np.int32]], last: int) -> IntArray:
    path = np.empty(came_from.shape[0], dtype=np.intp)
    path[-1] = last
    for frame in range(path.size - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
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
    swings = _swings(cents[slice(*event)])
    frame = event.start + SYLLABLE_EDGE
    while frame < event.stop - SYLLABLE_EDGE:
        burst = _is_burst(flux_db, frame) and not swings[frame - event.start]
        if burst or _is_dip(level_db, event, frame):
            cuts.append(frame)
            frame += SYLLABLE_APART
        else:
            frame += 1
    cuts.append(event.stop)
    return [Event(start, stop) for start, stop in pairwise(cuts)]


def _is_dip(level_db: FloatArray, event: Event, frame: int) -> bool:
    near = level_db[max(event.start, frame - SYLLABLE_EDGE + 1) : min(event.stop, frame + SYLLABLE_EDGE)]
    if level_db[frame] > near.min():
        return False
    before = level_db[max(event.start, frame - DIP_REACH) : frame].max()
    after = level_db[frame : min(event.stop, frame + DIP_REACH)].max()
    return bool(min(before, after) - level_db[frame] >= DIP_DB)


def _is_burst(flux_db: FloatArray, frame: int) -> bool:
    near = flux_db[max(0, frame - SYLLABLE_EDGE) : frame + SYLLABLE_EDGE + 1]
    return bool(flux_db[frame] >= FLUX_DB and flux_db[frame] >= near.max())


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
