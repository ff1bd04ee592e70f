"""The pitch trackers by name."""

from __future__ import annotations

from typing import Literal, TypeAlias, assert_never

from .tracker import PitchTracker

__all__ = ["TrackerName", "pitch_tracker"]


TrackerName: TypeAlias = Literal["head", "pyin"]


def pitch_tracker(name: TrackerName) -> PitchTracker:
    """Return the tracker of that name: the pitch head, or what it is compared with.

    Raises
    ------
    HeadError
        If the file of the pitch head is absent or damaged.
    MissingPackage
        If the tracker needs a package that is not installed.
    """
    match name:
        case "head":
            from .head import HeadTracker

            return HeadTracker()
        case "pyin":
            from .pyin import PyinTracker

            return PyinTracker()
        case _:
            assert_never(name)
