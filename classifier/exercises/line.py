"""A pitch track as the line of notes that it holds, in semitones; no tonic is known yet."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from swara.classifier.notes.events import GLIDE, plateau_path, runs, sung_frames
from swara.data.arrays import FloatArray, IntArray
from swara.data.pitch_track import HOP_S, PitchTrack

__all__ = ["NoteLine", "note_line"]

_REFERENCE_HZ = 55.0
_LEAST_FRAMES = 5
"""A plateau shorter than 50 ms is a glide; of seven notes a second no more than that is left."""

_LEAST_RUN = 4
_SAME_CENTS = 60.0
_SAME_GAP = 6
"""Plateaus so near in pitch and so few frames apart are one note that wavers."""


@dataclass(frozen=True, slots=True, eq=False)
class NoteLine:
    """The notes of a stretch of singing, in order.

    Parameters
    ----------
    start_s, end_s : float64 arrays, shape [notes]
        Where each lies, in seconds.
    semitones : float64 array, shape [notes]
        Median pitch above 55 Hz.
    swing : float64 array, shape [notes]
        Standard deviation of the pitch within each, in semitones.
    voiced_s : float64 array, shape [frames + 1]
        Voiced time before each frame of 10 ms.
    """

    start_s: FloatArray
    end_s: FloatArray
    semitones: FloatArray
    swing: FloatArray
    voiced_s: FloatArray

    def __len__(self) -> int:
        return int(self.start_s.size)

    def part(self, begin: int, end: int) -> NoteLine:
        """Return the line of the notes `begin` up to, not including, `end`."""
        at = slice(begin, end)
        return NoteLine(self.start_s[at], self.end_s[at], self.semitones[at], self.swing[at], self.voiced_s)

    def voiced_between(self, start_s: float, end_s: float) -> float:
        """Return how much of a stretch is voiced, in seconds."""
        last = self.voiced_s.size - 1
        first, stop = (min(max(round(at_s / HOP_S), 0), last) for at_s in (start_s, end_s))
        return float(self.voiced_s[stop] - self.voiced_s[first])


def note_line(track: PitchTrack, level_db: FloatArray) -> NoteLine:
    """Find the notes of a pitch track, quick ones too.

    Parameters
    ----------
    track : PitchTrack
        Of the pitch head.
    level_db : float64 array, shape [frames]
        Loudness, from ``swara.data.audio.frames``: what is far softer than the rest is not the singer.
    """
    sung = sung_frames(track, level_db)
    cents = track.cents(_REFERENCE_HZ)
    found: list[tuple[int, int, float, float]] = []
    for stretch in runs(sung):
        if stretch.stop - stretch.start >= _LEAST_RUN:
            found += _notes(cents[slice(*stretch)], stretch.start)
    starts, stops, middles, swings = np.array(found, dtype=np.float64).reshape(-1, 4).T
    voiced_s = HOP_S * np.concatenate([[0.0], np.cumsum(sung)])
    return NoteLine(HOP_S * starts, HOP_S * stops, middles / 100.0, swings / 100.0, voiced_s)


def _notes(cents: FloatArray, offset: int) -> list[tuple[int, int, float, float]]:
    """Return start, stop, median and deviation in cents of the plateaus of a voiced stretch."""
    joined: list[tuple[int, int]] = []
    for start, stop in _plateaus(plateau_path(cents)):
        if joined and start - joined[-1][1] <= _SAME_GAP:
            step = np.median(cents[start:stop]) - np.median(cents[slice(*joined[-1])])
            if abs(step) < _SAME_CENTS:
                joined[-1] = (joined[-1][0], stop)
                continue
        joined.append((start, stop))
    return [
        (start + offset, stop + offset, float(np.median(cents[start:stop])), float(cents[start:stop].std()))
        for start, stop in joined
        if stop - start >= _LEAST_FRAMES
    ]


def _plateaus(path: IntArray) -> list[tuple[int, int]]:
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), path.size]
    return [(a, b) for a, b in itertools.pairwise(edges) if path[a] != GLIDE]
