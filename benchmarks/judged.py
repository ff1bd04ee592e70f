"""A performance with its notes judged, at the Sa that is stated for it or at another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.take import Note, Verdict
from swara.raga.tuning import JUST, Tuning
from swara.service.take.summary import GOOD

from .recordings import Performance
from .tracks import judged_at

__all__ = ["Judged", "called", "foreign", "in_tune"]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A performance, its pitch, and its notes as judged at the Sa that is stated for it."""

    performance: Performance
    track: PitchTrack
    notes: tuple[Note, ...]

    @classmethod
    def at_stated_sa(cls, performance: Performance, track: PitchTrack) -> Judged:
        """Judge in just intonation."""
        return cls(performance, track, _notes(performance, track, 0.0, JUST))

    def moved(self, cents: float, tuning: Tuning = JUST) -> tuple[Note, ...]:
        """Judge with Sa taken `cents` too high."""
        return _notes(self.performance, self.track, cents, tuning)

    @property
    def coverage(self) -> float:
        """Steady time over voiced time."""
        return sum(note.steady_s for note in self.notes) / (HOP_S * int(self.track.voiced.sum()))


def in_tune(notes: Sequence[Note]) -> float:
    """Return the share of the steady time that is perfect or in tune."""
    return _share(notes, lambda note: note.verdict in GOOD)


def foreign(notes: Sequence[Note]) -> float:
    """Return the share of the steady time that lies nearest to a swara outside the raga."""
    return _share(notes, lambda note: note.foreign)


def called(notes: Sequence[Note], verdict: Verdict) -> float:
    """Return the share of the steady time with that verdict."""
    return _share(notes, lambda note: note.verdict == verdict)


def _share(notes: Sequence[Note], holds: Callable[[Note], bool]) -> float:
    return sum(note.steady_s for note in notes if holds(note)) / sum(note.steady_s for note in notes)


def _notes(performance: Performance, track: PitchTrack, cents: float, tuning: Tuning) -> tuple[Note, ...]:
    sa_hz = performance.sa_hz * 2 ** (cents / 1200)
    return judged_at(sa_hz, performance.clip, track, performance.raga, tuning).notes
