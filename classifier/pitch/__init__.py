"""Pitch trackers behind one seam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack

__all__ = ["TRACK_RATE_HZ", "PitchTracker", "Progress"]

TRACK_RATE_HZ = 16_000
"""Sample rate of the clips that trackers take."""

Progress: TypeAlias = Callable[[float], None]
"""Called with the share of the work done so far, 0 to 1."""


class PitchTracker(Protocol):
    """Turns a clip at `TRACK_RATE_HZ` into pitch frames of 10 ms, from 50 to 1600 Hz at least."""

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
