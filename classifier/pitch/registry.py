"""The pitch trackers by name, what tells one from another, and the cache of what they found."""

from __future__ import annotations

import hashlib
import json
from typing import Literal, TypeAlias, assert_never

import numpy as np

from swara.data.pitch_track import HOP_S, MAX_HZ, MIN_HZ, PitchTrack
from swara.data.storage.npz import ArrayCache, Arrays

from . import TRACK_RATE_HZ, PitchTracker
from .head import HeadTracker

__all__ = ["PitchCache", "TrackerName", "pitch_tracker", "tracker_fingerprint"]


TrackerName: TypeAlias = Literal["head"]


def pitch_tracker(name: TrackerName) -> PitchTracker:
    """Return the tracker of that name.

    Parameters
    ----------
    name : {"head"}
        The pitch head, the only one that ships.

    Raises
    ------
    HeadError
        If the file of the pitch head is absent or damaged.
    """
    match name:
        case "head":
            return HeadTracker()
        case _:
            assert_never(name)


def tracker_fingerprint(tracker: PitchTracker) -> str:
    """Return 16 hex digits that differ between trackers whose answers do."""
    fields = [tracker.name, tracker.release, TRACK_RATE_HZ, HOP_S, MIN_HZ, MAX_HZ]
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()[:16]


class PitchCache(ArrayCache[PitchTrack]):
    """An `ArrayCache` of pitch tracks, by the fingerprint of the tracker."""

    def put(self, fingerprint: str, sha256: str, track: PitchTrack) -> None:
        """Keep the track of the recording with this digest.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        names = ("times_s", "hz", "confidence", "voiced")
        self.save(fingerprint, sha256, {name: getattr(track, name) for name in names})

    def decode(self, arrays: Arrays, fingerprint: str, sha256: str) -> PitchTrack:  # noqa: ARG002
        """Return the track; an entry does not say whose it is."""
        track = PitchTrack(**arrays)
        if track.hz.dtype != np.float64 or track.voiced.dtype != np.bool_:
            raise ValueError("not a pitch track")
        return track
