"""The pitch of known recordings: shipped, kept from before, or found now."""

from __future__ import annotations

from contextlib import suppress

from classifier.pitch import PitchTracker, Progress
from data.clip import Clip
from data.errors import OutputError
from data.pitch_track import PitchTrack
from service.pack_pitch import pack_pitch
from service.store import Layout
from service.store.pitch_cache import PitchCache, tracker_fingerprint

__all__ = ["KnownTracks"]


class KnownTracks:
    """Tracks recordings, each only once.

    Parameters
    ----------
    store : Layout
        Keeps what was found; where it may not be written, it is only read.
    tracker : PitchTracker
    """

    def __init__(self, store: Layout, tracker: PitchTracker) -> None:
        self._tracker, self._cache = tracker, PitchCache(store.pitch)
        self._fingerprint = tracker_fingerprint(tracker)
        self._shipped = pack_pitch(self._fingerprint)

    def of(self, sha256: str, clip: Clip, progress: Progress | None = None) -> PitchTrack:
        """Return the pitch of the recording with that digest, whose whole sound `clip` is, at 16 kHz."""
        known = self._shipped.get(sha256)
        known = known if known is not None else self._cache.get(self._fingerprint, sha256)
        if known is not None:
            return known
        track = self._tracker.track(clip, progress)
        # Who checks a corpus wants to know of the recordings, whatever becomes of the cache.
        with suppress(OutputError, OSError):
            self._cache.put(self._fingerprint, sha256, track)
        return track
