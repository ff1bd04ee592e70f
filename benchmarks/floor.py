"""The floor that a note finder must stand above: voiced stretches, cut where the pitch jumps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.pitch_track import HOP_S, PitchTrack

__all__ = ["plain_notes"]

STEP_CENTS = 80.0
LEAST_FRAMES = 10
_HALF_WINDOW = 4
_REFERENCE_HZ = 55.0


def plain_notes(track: PitchTrack) -> list[tuple[float, float, float]]:
    """Return start and end in seconds and pitch in Hz of each note, knowing nothing but the pitch."""
    notes = []
    cents = track.cents(_REFERENCE_HZ)
    for start, stop in _voiced_stretches(track):
        smoothed = _median_smoothed(cents[start:stop])
        for first, last in _cut(smoothed):
            if last - first >= LEAST_FRAMES:
                hz = _REFERENCE_HZ * 2 ** (float(np.median(smoothed[first:last])) / 1200)
                notes.append((HOP_S * (start + first), HOP_S * (start + last), hz))
    return notes


def _voiced_stretches(track: PitchTrack) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], track.voiced, [False]))))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _median_smoothed(cents: FloatArray) -> FloatArray:
    padded = np.pad(cents, _HALF_WINDOW, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _HALF_WINDOW + 1)
    return np.asarray(np.median(windows, axis=1))


def _cut(smoothed: FloatArray) -> Iterator[tuple[int, int]]:
    start = 0
    for frame in range(1, smoothed.size):
        if abs(smoothed[frame] - np.median(smoothed[start:frame])) > STEP_CENTS:
            yield start, frame
            start = frame
    yield start, smoothed.size
