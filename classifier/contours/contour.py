"""The line that a phrase follows, in cents above Sa: the same for whoever sings it, in whatever key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.pitch_track import PitchTrack

__all__ = ["Contour", "contour", "resampled"]


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """Pitch above Sa in frames of 10 ms, from the first that is sung to the last.

    Parameters
    ----------
    times_s : float64 array, shape [frames]
        Centre of each frame, in seconds from the start of the take; empty where nothing is sung.
    cents : float64 array, shape [frames]
        Above Sa; NaN in the gaps between notes.

    Raises
    ------
    ValueError
        If the arrays differ in shape.
    """

    times_s: FloatArray
    cents: FloatArray

    def __post_init__(self) -> None:
        if self.times_s.shape != self.cents.shape or self.cents.ndim != 1:
            raise ValueError(f"times of shape {self.times_s.shape} for cents of shape {self.cents.shape}")

    def __len__(self) -> int:
        return int(self.cents.size)

    def sung(self) -> Contour:
        """Return the frames that are sung alone: no NaN is left."""
        voiced = np.isfinite(self.cents)
        return Contour(self.times_s[voiced], self.cents[voiced])

    def drawn(self, points: int) -> Contour:
        """Return the sung frames at equal distances, as if the notes followed each other at once.

        Parameters
        ----------
        points : int
            How many values to draw it with, at least 2.

        Raises
        ------
        ValueError
            If nothing is sung in it, or `points` is below 2.
        """
        sung = self.sung()
        if not len(sung) or points < 2:
            raise ValueError(f"cannot draw {points} points of {len(sung)} sung frames")
        places, frames = np.linspace(0, len(sung) - 1, points), np.arange(len(sung))
        return Contour(np.interp(places, frames, sung.times_s), np.interp(places, frames, sung.cents))


def contour(track: PitchTrack, sa_hz: float, from_s: float, to_s: float) -> Contour:
    """Return the contour of a stretch of a take.

    Parameters
    ----------
    track : PitchTrack
        Of the whole take.
    sa_hz : float
        Sa, in Hz; above 0.
    from_s, to_s : float
        The stretch, in seconds; what lies outside the take holds nothing.
    """
    begin, end = np.searchsorted(track.times_s, (from_s, to_s))
    # Not of the whole track, of which there may be thousands of phrases.
    cents = 1200.0 * np.log2(np.where(track.voiced[begin:end], track.hz[begin:end], np.nan) / sa_hz)
    sung = np.flatnonzero(np.isfinite(cents))
    kept = slice(int(sung[0]), int(sung[-1]) + 1) if sung.size else slice(0, 0)
    return Contour(track.times_s[begin:end][kept], cents[kept])


def resampled(line: Contour, points: int) -> FloatArray:
    """Return the cents of `Contour.drawn`, float64 of shape [points]; parameters and errors are its own."""
    return line.drawn(points).cents
