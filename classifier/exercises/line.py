"""A pitch track as the line of notes that it holds, in semitones; no tonic is known yet."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from swara.classifier.notes.events import GLIDE, plateau_path, runs, sung_frames
from swara.data.arrays import FloatArray, IntArray
from swara.data.pitch_track import HOP_S, PitchTrack

__all__ = ["NoteLine", "note_line"]

_REFERENCE_HZ = 55.0
_LEAST_FRAMES = 5
"""A plateau shorter than 50 ms is a glide; of seven notes a second no more than that is left."""

_FAINTLY = 0.15
"""A voice as likely as this is heard, as soon as the recording has a sure one. Quick notes with breaks
between are hardly ever sure, though their pitch is right: of 205 sung at four a second and more, by the voice
that training watches, 7 are lost at this figure, 10 at 0.3, and 81 where every note must be sure."""

_ECHO_DB, _ECHO_FRAMES = 15.0, 50
"""What is so far below the loudest of the half second before is the room, not the singer: after the last note
of 60 exercises with echo of up to 1.2 s, up to 0.22 s are left, 0.37 s where this is not looked at."""

_LEAST_RUN = 4
_SAME_CENTS = 60.0
_SAME_GAP = 6
"""Plateaus so near in pitch and so few frames apart are one note that wavers."""

_REACH_S, _BREAK_FRAMES = 0.5, 8
"""So far outside its plateaus the voice of a stretch may set in and end, so short breaks are part of it."""


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

    def span(self, begin: int, end: int) -> tuple[float, float]:
        """Return from where the voice sets in for note `begin` to where it ends after the last, in seconds.

        Parameters
        ----------
        begin, end : int
            The first note, and the one after the last.
        """
        before_s = float(self.end_s[begin - 1]) if begin else 0.0
        after_s = float(self.start_s[end]) if end < len(self) else HOP_S * (self.voiced_s.size - 1)
        start_s, end_s = float(self.start_s[begin]), float(self.end_s[end - 1])
        first_s = self._reach(start_s, max(before_s, start_s - _REACH_S))
        return first_s, self._reach(end_s, min(after_s, end_s + _REACH_S))

    def voiced_in(self, begin: int, end: int) -> float:
        """Return how much is voiced from note `begin` up to, not including, note `end`, in seconds."""
        return self.voiced_between(*self.span(begin, end))

    def _reach(self, from_s: float, limit_s: float) -> float:
        """Go on from a moment while it is voiced, but for short breaks, to a limit."""
        way = 1 if limit_s > from_s else -1
        at = reached = round(from_s / HOP_S)
        while way * (round(limit_s / HOP_S) - at) > 0 and abs(at - reached) <= _BREAK_FRAMES:
            low = min(at, at + way)
            if low < 0 or low + 1 >= self.voiced_s.size:
                break
            at += way
            if self.voiced_s[low + 1] > self.voiced_s[low]:
                reached = at
        return HOP_S * reached


def note_line(track: PitchTrack, level_db: FloatArray) -> NoteLine:
    """Find the notes of a pitch track, quick ones too.

    Parameters
    ----------
    track : PitchTrack
        Of the pitch head; without a frame that is surely voiced there are no notes.
    level_db : float64 array, shape [frames]
        Loudness, from ``swara.data.audio.frames``: what is far softer than the rest is not the singer.
    """
    heard = _heard(track, level_db)
    sung = sung_frames(heard, level_db)
    cents = heard.cents(_REFERENCE_HZ)
    found: list[tuple[int, int, float, float]] = []
    for stretch in runs(sung):
        if stretch.stop - stretch.start >= _LEAST_RUN:
            found += _notes(cents[slice(*stretch)], stretch.start)
    starts, stops, middles, swings = np.array(found, dtype=np.float64).reshape(-1, 4).T
    voiced_s = HOP_S * np.concatenate([[0.0], np.cumsum(sung)])
    return NoteLine(HOP_S * starts, HOP_S * stops, middles / 100.0, swings / 100.0, voiced_s)


def _heard(track: PitchTrack, level_db: FloatArray) -> PitchTrack:
    """Return the track with every frame voiced that may be, if any surely is, and is no echo."""
    if not track.voiced.any():
        return track
    likely = track.voiced | (np.isfinite(track.hz) & (track.confidence >= _FAINTLY))
    before = sliding_window_view(np.pad(level_db, (_ECHO_FRAMES, 0), mode="edge"), _ECHO_FRAMES + 1)
    return replace(track, voiced=likely & (level_db > before.max(axis=1) - _ECHO_DB))


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
