"""A take as a comparison sees it: notes in a row, in cents above the singer's own Sa, phrase by phrase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.take import PHRASE_REST_S, Note, Silence, Touch
from swara.service.take.report import TakeReport

__all__ = ["Line", "Sung", "line_of"]

_UNSURE_BELOW = 0.5
_WAVERS_CENTS = 30.0
"""A note that wanders more about its mean, vibrato averaged out, has no pitch to the cent: the mean of a slow
swing says where its middle was, which nobody sang."""

_ONSET_REACH_S, _ONSET_AFTER_S, _STEP_CENTS = 0.3, 0.05, 100.0
"""How long before or after it is known to be there a note may begin; notes nearer in pitch than that have no
half-way."""


@dataclass(frozen=True, slots=True)
class Sung:
    """One note of a take.

    Parameters
    ----------
    start_s, end_s : float
        Where it lies in its take, in seconds.
    cents : float
        Above madhya Sa.
    swara, saptak : str
        What it is called, as in `Note`.
    held : bool
        Whether it was held; else it was touched in passing.
    sure : bool
        Whether its pitch can be given as a figure.
    off_cents : float
        How far it lies from its swara's target, below zero is low; 0 for a touch.
    phrase : int
        In which phrase of the take it is sung, the first is 0.
    """

    start_s: float
    end_s: float
    cents: float
    swara: str
    saptak: str
    held: bool
    sure: bool
    off_cents: float
    phrase: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """What was sung in a take, in order of time.

    Parameters
    ----------
    notes : tuple of Sung
        Held and touched.
    times_s, cents : float64 arrays, shape [frames]
        The pitch above Sa every 10 ms; NaN where nothing is sung.
    """

    notes: tuple[Sung, ...]
    times_s: FloatArray
    cents: FloatArray

    @property
    def held_s(self) -> float:
        """Time in held notes."""
        return sum(note.duration_s for note in self.notes if note.held)

    def within(self, start_s: float, end_s: float) -> tuple[float, float]:
        """Return a stretch, in seconds, or what of it lies in the take."""
        last_s = float(self.times_s[-1]) if self.times_s.size else 0.0
        return min(max(start_s, 0.0), last_s), min(max(end_s, 0.0), last_s)

    def between(self, start_s: float, end_s: float) -> FloatArray:
        """Return the pitch of a stretch, float64 of shape [frames], in cents; NaN where nothing is sung."""
        first, last = self.times_s.searchsorted((start_s, end_s))
        return self.cents[first:last]

    def onset_s(self, at: int) -> float:
        """Return when a note begins: where the line has come half-way to it from the note before.

        After a gap that is where the voice sets in; on the pitch of the note before, where its syllable does.
        NaN where that was long before: what is sung meanwhile may be a kan of it, or a note of its own. NaN
        too where the voice goes on upon one pitch: two syllables of it are not told for certain.

        Parameters
        ----------
        at : int
            Number of the note.
        """
        note = self.notes[at]
        before = self.notes[at - 1] if at else None
        # Not far into the note: a frame that the tracker lost there is no onset.
        latest_s = min(note.start_s + _ONSET_AFTER_S, 0.5 * (note.start_s + note.end_s))
        since_s = 0.0 if before is None else 0.5 * (before.start_s + before.end_s)
        first, last = self.times_s.searchsorted((since_s, latest_s))
        line = self.cents[first:last]
        elsewhere = np.isnan(line)
        if before is not None and abs(before.cents - note.cents) >= _STEP_CENTS:
            elsewhere |= np.abs(line - before.cents) < np.abs(line - note.cents)
        there = np.flatnonzero(elsewhere)
        if not there.size:
            return np.nan
        onset_s = float(self.times_s[first + there[-1] + 1])
        return onset_s if note.start_s - onset_s <= _ONSET_REACH_S else np.nan


def line_of(report: TakeReport, moved_cents: float = 0.0) -> Line:
    """Return the line of a take.

    Parameters
    ----------
    report : TakeReport
        What was found in it; a swara is called by its raga's name where the raga was given, else by the
        nearest of all 12.
    moved_cents : float
        Added to every pitch, such as an octave.
    """
    notes, phrase = list[Sung](), 0
    by_raga = report.raga_source == "given"
    for segment in report.segments:
        if isinstance(segment, Silence) and segment.end_s - segment.start_s >= PHRASE_REST_S and notes:
            phrase = notes[-1].phrase + 1
        elif isinstance(segment, Note | Touch):
            notes.append(_sung(segment, moved_cents, phrase, by_raga=by_raga))
    cents = report.track.cents(report.tonic.hz) + moved_cents
    return Line(tuple(notes), report.track.times_s, cents)


def _sung(part: Note | Touch, moved_cents: float, phrase: int, *, by_raga: bool) -> Sung:
    cents = part.cents + moved_cents
    if isinstance(part, Touch):
        return Sung(part.start_s, part.end_s, cents, part.swara, part.saptak, False, False, 0.0, phrase)
    swara, saptak = part.called if by_raga else (part.swara, part.saptak)
    off = part.raga_cents_off if by_raga and swara == part.raga_swara else part.cents_off
    sure = part.confidence >= _UNSURE_BELOW and part.steadiness_cents <= _WAVERS_CENTS
    return Sung(part.start_s, part.end_s, cents, swara, saptak, True, sure, off, phrase)
