"""Frames of a recording of any length, gathered into few enough columns to be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from swara.data.arrays import FloatArray, IntArray
from swara.data.pitch_track import HOP_S, PitchTrack

__all__ = ["MOST_COLUMNS", "Columns", "TrackColumns", "track_columns"]

MOST_COLUMNS = 2000
"""About as many as a picture has pixels."""


class Columns:
    """Takes rows in order, block by block, and brings those of each column together.

    Parameters
    ----------
    frames : int
        How many rows there will be.
    bands : int
        How long each is.
    combine : numpy ufunc
        How rows become one: `np.maximum` or `np.add`, of numbers from 0 up.
    dtype : dtype
        What `values` is kept in.

    Attributes
    ----------
    values : array, shape [columns, bands]
        At most `MOST_COLUMNS` of them.
    counts : int array, shape [columns]
        How many frames share each column.
    done : int
        How many rows were taken in.
    """

    def __init__(self, frames: int, bands: int, combine: np.ufunc, dtype: DTypeLike) -> None:
        starts, self.counts = _shared(frames)
        self._per_column, self._combine, self.done = int(self.counts[0]), combine, 0
        self.values = np.zeros((starts.size, bands), dtype)

    def add(self, rows: NDArray[np.float32]) -> None:
        """Take in the next rows, shape [frames, bands]."""
        at = (self.done + np.arange(rows.shape[0])) // self._per_column
        first = np.flatnonzero(np.diff(at, prepend=-1))
        block = self._combine.reduceat(rows, first, axis=0, dtype=self.values.dtype)
        self.values[at[first]] = self._combine(self.values[at[first]], block)
        self.done += rows.shape[0]


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
    starts, counts = _shared(len(track))
    hz = np.where(track.voiced, track.hz, np.nan)
    return TrackColumns(
        track.times_s[starts] + (counts - 1) * HOP_S / 2,
        np.fmin.reduceat(hz, starts),
        np.fmax.reduceat(hz, starts),
        np.add.reduceat(track.confidence, starts) / counts,
    )


def _shared(frames: int) -> tuple[IntArray, IntArray]:
    """Return the first frame of each column and how many share it: one, until there are too many."""
    starts = np.arange(0, frames, max(1, -(-frames // MOST_COLUMNS)))
    return starts, np.diff(starts, append=frames)
