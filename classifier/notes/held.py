"""The notes that a take holds, before Sa is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swara.data.arrays import BoolArray, FloatArray
from swara.data.audio.frames import level_db, spectral_flux_db
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack

from .events import Event, note_events, sung_frames
from .steady import smooth, steady_runs

__all__ = ["HeldNote", "HeldNotes", "find_held_notes"]

SCOOP_CENTS = 100.0
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
        Median of the smoothed pitch over the steady part.
    steadiness_cents : float
        Standard deviation of the smoothed pitch from the first steady frame to the last, in cents.
    confidence : float
        Mean confidence of the pitch over the steady part, 0 to 1.
    """

    start_s: float
    end_s: float
    steady_s: float
    hz: float
    steadiness_cents: float
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class HeldNotes:
    """The notes of a take in order, and `sung`, bool, shape [frames]: the frames that are the singer's."""

    notes: tuple[HeldNote, ...]
    sung: BoolArray


def find_held_notes(clip: Clip, track: PitchTrack) -> HeldNotes:
    """Find the notes that are held in a take; moving the pitch of all of it moves them alike."""
    level = level_db(clip)
    sung = sung_frames(track, level)
    cents = track.cents(_REFERENCE_HZ)
    events = note_events(cents, sung, level, spectral_flux_db(clip))
    held = (_held_note(event, cents, track.confidence, clip.duration_s) for event in events)
    return HeldNotes(tuple(note for note in held if note is not None), sung)


def _held_note(event: Event, cents: FloatArray, confidence: FloatArray, duration_s: float) -> HeldNote | None:
    smoothed = smooth(cents[slice(*event)])
    steady = np.zeros(smoothed.size, dtype=np.bool_)
    for run in steady_runs(smoothed):
        steady[slice(*run)] = True
    if not steady.any():
        return None
    first, last = np.flatnonzero(steady)[[0, -1]]
    middle = float(np.median(smoothed[steady]))
    away = np.abs(cents[slice(*event)] - middle)
    return HeldNote(
        start_s=HOP_S * (event.start + int(np.argmax(away <= SCOOP_CENTS))),
        end_s=min(HOP_S * (event.stop - int(np.argmax(away[::-1] <= LEAVE_CENTS))), duration_s),
        steady_s=HOP_S * int(steady.sum()),
        hz=_REFERENCE_HZ * 2 ** (middle / 1200),
        steadiness_cents=float(smoothed[first : last + 1].std()),
        confidence=float(confidence[slice(*event)][steady].mean()),
    )
