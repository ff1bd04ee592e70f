"""The notes of a take: found, named and judged."""

from __future__ import annotations

from .held import HeldNote, HeldNotes, find_held_notes
from .judge import PRESETS, Standard, Thresholds, judge, tile

__all__ = [
    "PRESETS",
    "HeldNote",
    "HeldNotes",
    "Standard",
    "Thresholds",
    "find_held_notes",
    "judge",
    "tile",
]
