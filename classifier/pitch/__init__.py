"""Pitch trackers behind one seam."""

from __future__ import annotations

from typing import Literal, TypeAlias, assert_never

from .tracker import TRACK_RATE_HZ, PitchTracker, Progress

__all__ = ["TRACK_RATE_HZ", "PitchTracker", "Progress", "TrackerName", "pitch_tracker"]

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
            from .head import HeadTracker

            return HeadTracker()
        case _:
            assert_never(name)
