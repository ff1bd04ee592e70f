"""The notes that a take holds, before Sa is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swara.data.arrays import BoolArray, FloatArray
from swara.data.audio.frames import level_db, spectral_flux_db
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack

from .events import Event, note_events, sung_frames
from .steady import WIDE_CENTS, WIDE_CYCLES, average, smooth, stands_still, steady_runs, vibrato_cycle

__all__ = ["HeldNote", "HeldNotes", "TouchedNote", "find_held_notes", "held_notes"]

SCOOP_CENTS = 130.0
"""A rise or fall into a note from no further than this is its attack; from further, it is a meend."""

LEAVE_CENTS = 50.0
"""A note ends where its pitch is left by more than this."""

_REFERENCE_HZ = 55.0


@dataclass(frozen=True, slots=True)
class HeldNote:
    """A note with at least one steady run in it.

    Parameters
    ----------
    start_s, end_s : float
        From its onset to its end, in seconds; the glide from the note before and to the next is left out.
    steady_s : float
        How much of that is steady.
    hz : float
        Mean of the smoothed pitch over the steady part; without wide vibrato only of its middle half, sorted
        by pitch. Where a note rests on two pitches, a median would leap from one to the other.
    steadiness_cents : float
        Standard deviation of the smoothed pitch from the first steady frame to the last, in cents.
    confidence : float
        Mean confidence of the pitch over the steady part, 0 to 1.
    swing_cents : float
        How far the pitch swings to either side of the smoothed pitch over the steady part.
    """

    start_s: float
    end_s: float
    steady_s: float
    hz: float
    steadiness_cents: float
    confidence: float
    swing_cents: float = 0.0


@dataclass(frozen=True, slots=True)
class TouchedNote:
    """A note that is sung too shortly, or moves too much, to be judged.

    Parameters
    ----------
    start_s, end_s : float
        As in `HeldNote`.
    hz : float
        Median of the smoothed pitch.
    """

    start_s: float
    end_s: float
    hz: float


@dataclass(frozen=True, slots=True, eq=False)
class HeldNotes:
    """The notes of a take: those held and those only touched, each in order, none over another.

    `sung`, bool, shape [frames], tells which frames are the singer's.
    """

    notes: tuple[HeldNote, ...]
    sung: BoolArray
    touched: tuple[TouchedNote, ...] = ()


def find_held_notes(clip: Clip, track: PitchTrack) -> HeldNotes:
    """Find the notes that are held in a take; moving the pitch of all of it moves them alike."""
    level = level_db(clip)
    return held_notes(track, sung_frames(track, level), level, spectral_flux_db(clip), clip.duration_s)


def held_notes(
    track: PitchTrack, sung: BoolArray, level: FloatArray, flux_db: FloatArray, duration_s: float
) -> HeldNotes:
    """Find the notes that are held in a stretch of which more is known than its sound.

    Parameters
    ----------
    track : PitchTrack
        Its pitch.
    sung : bool array, shape [frames]
        The voiced frames that are loud enough to be the singer.
    level, flux_db : float64 arrays, shape [frames]
        Its loudness in dB of full scale and the rise of its spectrum in dB: ``swara.data.audio.frames``.
    duration_s : float
        Its length in seconds; no note ends later.
    """
    cents = track.cents(_REFERENCE_HZ)
    events = note_events(cents, sung, level, flux_db)
    found = [_note(event, cents, track.confidence, duration_s) for event in events]
    held = tuple(note for note in found if isinstance(note, HeldNote))
    return HeldNotes(held, sung, tuple(note for note in found if isinstance(note, TouchedNote)))


def _note(
    event: Event, cents: FloatArray, confidence: FloatArray, duration_s: float
) -> HeldNote | TouchedNote:
    sung = cents[slice(*event)]
    cycle = vibrato_cycle(sung)
    smoothed = smooth(sung, cycle)
    steady = _steady_frames(smoothed)
    swing_cents = _swing_cents((sung - smoothed)[steady])
    wide_cycle = cycle if swing_cents > WIDE_CENTS else None
    if wide_cycle is not None and sung.size < WIDE_CYCLES * wide_cycle:
        steady[:] = False
    if not steady.any():
        middle = float(np.median(smoothed))
        return TouchedNote(*_span_s(event, sung - middle, duration_s), _hz(middle))
    first, last = np.flatnonzero(steady)[[0, -1]]
    middle = _middle(smoothed, steady, wide_cycle)
    start_s, end_s = _span_s(event, sung - middle, duration_s, 0.0 if wide_cycle is None else swing_cents)
    return HeldNote(
        start_s=start_s,
        end_s=end_s,
        steady_s=HOP_S * int(steady.sum()),
        hz=_hz(middle),
        steadiness_cents=float(smoothed[first : last + 1].std()),
        confidence=float(confidence[slice(*event)][steady].mean()),
        swing_cents=swing_cents,
    )


def _steady_frames(smoothed: FloatArray) -> BoolArray:
    """Tell which frames of a note are steady and no mere turning point, shape [frames]."""
    steady = np.zeros(smoothed.size, dtype=np.bool_)
    for run in steady_runs(smoothed):
        steady[slice(*run)] = stands_still(smoothed[slice(*run)])
    return steady


def _swing_cents(away: FloatArray) -> float:
    """Half-width of the sine with the same root mean square; 0 for no frames."""
    return float(np.sqrt(2.0 * np.mean(away**2))) if away.size else 0.0


def _middle(smoothed: FloatArray, steady: BoolArray, wide_cycle: int | None) -> float:
    """Return where the steady part lies, in cents."""
    if wide_cycle is not None:
        # A second average takes away what the first leaves of a cycle that is no whole number of frames.
        return float(average(smoothed, np.ones(wide_cycle))[steady].mean())
    quarter = int(steady.sum()) // 4
    return float(np.sort(smoothed[steady])[quarter : steady.sum() - quarter].mean())


def _span_s(
    event: Event, away: FloatArray, duration_s: float, swing_cents: float = 0.0
) -> tuple[float, float]:
    """From where the pitch has come near to where it leaves, in seconds."""
    near = np.abs(away) <= SCOOP_CENTS
    leaving = np.abs(away[::-1]) <= LEAVE_CENTS + swing_cents
    start, stop = event.start + int(np.argmax(near)), event.stop - int(np.argmax(leaving))
    return HOP_S * start, min(HOP_S * stop, duration_s)


def _hz(cents: float) -> float:
    return float(_REFERENCE_HZ * 2 ** (cents / 1200))
