"""A pitch track of any length, gathered into few enough columns to be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swara.classifier.pitch.decode import PITCH_BINS, Salience
from swara.data.arrays import FloatArray
from swara.data.pitch_track import HOP_S, PitchTrack

__all__ = ["MOST_COLUMNS", "SalienceColumns", "TrackColumns", "frames_per_column", "track_columns"]

MOST_COLUMNS = 2000
"""About as many as a picture has pixels."""


def frames_per_column(frames: int) -> int:
    """Return how many frames share a column: one, until there are more than `MOST_COLUMNS`."""
    return max(1, -(-frames // MOST_COLUMNS))


class SalienceColumns:
    """Takes salience in order, block by block, and keeps the highest of each column.

    Parameters
    ----------
    frames : int
        How many there will be.

    Attributes
    ----------
    salience : float32 array, shape [columns, PITCH_BINS]
    """

    def __init__(self, frames: int) -> None:
        self._per_column = frames_per_column(frames)
        self._done = 0
        self.salience: Salience = np.zeros((-(-frames // self._per_column), PITCH_BINS), np.float32)

    def add(self, salience: Salience) -> None:
        """Take in the next frames, shape [frames, PITCH_BINS]."""
        at = (self._done + np.arange(salience.shape[0])) // self._per_column
        first = np.flatnonzero(np.diff(at, prepend=-1))
        highest = np.maximum.reduceat(salience, first, axis=0)
        self.salience[at[first]] = np.maximum(self.salience[at[first]], highest)
        self._done += salience.shape[0]


@dataclass(frozen=True, slots=True, eq=False)
class TrackColumns:
    """A track in columns.

    Parameters
    ----------
    times_s : float64 array, shape [columns]
        Middle of each column's frames.
    lowest_hz, highest_hz : float64 arrays, shape [columns]
        Reach of the voiced pitch; NaN where nothing is voiced.
    confidence : float64 array, shape [columns]
        Mean.
    """

    times_s: FloatArray
    lowest_hz: FloatArray
    highest_hz: FloatArray
    confidence: FloatArray


def track_columns(track: PitchTrack) -> TrackColumns:
    """Gather a whole track, of at least one frame."""
    starts = np.arange(0, len(track), frames_per_column(len(track)))
    counts = np.diff(starts, append=len(track))
    hz = np.where(track.voiced, track.hz, np.nan)
    return TrackColumns(
        track.times_s[starts] + (counts - 1) * HOP_S / 2,
        np.fmin.reduceat(hz, starts),
        np.fmax.reduceat(hz, starts),
        np.add.reduceat(track.confidence, starts) / counts,
    )
