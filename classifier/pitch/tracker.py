"""The seam behind which pitch trackers stand, and the cache of what they find: tracking takes the time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Protocol, TypeAlias

import numpy as np

from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, MAX_HZ, MIN_HZ, PitchTrack
from swara.data.storage.npz import ArrayCache, Arrays

__all__ = ["TRACK_RATE_HZ", "PitchCache", "PitchTracker", "Progress", "tracker_fingerprint"]

TRACK_RATE_HZ = 16_000
"""Sample rate of the clips that trackers take."""

Progress: TypeAlias = Callable[[float], None]
"""Called with the share of the work done so far, 0 to 1."""


class PitchTracker(Protocol):
    """Turns a clip at `TRACK_RATE_HZ` into pitch frames of 10 ms between 65 and 1100 Hz."""

    @property
    def name(self) -> str:
        """Short name, for reports."""
        ...

    @property
    def release(self) -> str:
        """What tells it from others of its name; those of one name and release answer alike."""
        ...

    def track(self, clip: Clip, progress: Progress | None = None) -> PitchTrack:
        """Track the whole clip; memory beyond the result does not grow with its length."""
        ...


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
