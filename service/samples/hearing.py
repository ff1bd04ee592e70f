"""What is heard in a recording: its steady notes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from swara.classifier.notes import HeldNote, find_held_notes
from swara.classifier.notes.steady import smooth, steady_runs, vibrato_cycle
from swara.classifier.pitch import PitchTracker, Progress
from swara.classifier.pitch.head import PitchCache, tracker_fingerprint
from swara.data.arrays import FloatArray
from swara.data.audio.frames import level_db
from swara.data.clip import Clip
from swara.data.errors import OutputError
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.service.store import Layout

from .bundled_tracks import bundled_tracks

__all__ = ["SURE", "KnownTracks", "SteadyNote", "steady_notes"]


class KnownTracks:
    """Tracks recordings, each only once.

    Parameters
    ----------
    store : Layout
        Keeps what was found; where it may not be written, it is only read.
    tracker : PitchTracker
        Finds the pitch of what is not in the cache.
    """

    def __init__(self, store: Layout, tracker: PitchTracker) -> None:
        self._tracker, self._cache = tracker, PitchCache(store.pitch)
        self._fingerprint = tracker_fingerprint(tracker)
        self._shipped = bundled_tracks(self._fingerprint)

    def of(self, sha256: str, clip: Clip, progress: Progress | None = None) -> PitchTrack:
        """Return the pitch of the recording with that digest, whose whole sound `clip` is, at 16 kHz."""
        known = self._shipped.get(sha256)
        known = known if known is not None else self._cache.load(self._fingerprint, sha256)
        if known is not None:
            return known
        track = self._tracker.track(clip, progress)
        # Who checks a corpus wants to know of the recordings, whatever becomes of the cache.
        with suppress(OutputError):
            self._cache.put(self._fingerprint, sha256, track)
        return track


SURE = 0.5
"""A note whose waveform repeats less well than this may be noise."""

FAINT_DB = 12.0
"""A note this far below the loud singing may be a drone that is heard while the singer rests.

In the calan of Bhupali every note of the tanpura lies 15 dB or more below, every sung one less than 8.
"""

_LOUD_QUANTILE = 0.9
_REFERENCE_HZ = 55.0


@dataclass(frozen=True, slots=True)
class SteadyNote:
    """A held note where it is steady.

    Parameters
    ----------
    held : HeldNote
        The note that it is part of.
    start_s, end_s : float
        From its first steady frame to its last, in seconds.
    level_db : float
        Its mean level there, relative to the loud singing of the recording.
    """

    held: HeldNote
    start_s: float
    end_s: float
    level_db: float

    @property
    def middle_s(self) -> float:
        """The middle of the steady part."""
        return 0.5 * (self.start_s + self.end_s)

    @property
    def faint(self) -> bool:
        """Whether it may be a drone."""
        return self.level_db < -FAINT_DB


def steady_notes(clip: Clip, track: PitchTrack) -> tuple[SteadyNote, ...]:
    """Return the held notes of a clip in order, each with its steady part; `track` is its pitch."""
    held_notes = find_held_notes(clip, track)
    if not held_notes.notes:
        return ()
    level = level_db(clip)
    level -= np.quantile(level[held_notes.sung], _LOUD_QUANTILE)
    notes = (_steady_note(held, track, level) for held in held_notes.notes)
    return tuple(note for note in notes if note is not None)


def _steady_note(held: HeldNote, track: PitchTrack, level: FloatArray) -> SteadyNote | None:
    first, last = round(held.start_s / HOP_S), round(held.end_s / HOP_S)
    cents = track.cents(_REFERENCE_HZ)[first:last]
    # A frame without pitch within a note: its neighbours stand in.
    sung = np.flatnonzero(np.isfinite(cents))
    if sung.size == 0:
        return None
    cents = np.interp(np.arange(cents.size), sung, cents[sung])
    runs = steady_runs(smooth(cents, vibrato_cycle(cents)))
    if not runs:
        return None
    start, stop = first + runs[0].start, first + runs[-1].stop
    return SteadyNote(held, HOP_S * start, HOP_S * stop, float(level[start:stop].mean()))
