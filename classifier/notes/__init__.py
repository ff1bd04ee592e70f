"""The notes of a take: found, named and judged."""

from __future__ import annotations

from .held import HeldNote, HeldNotes, TouchedNote, find_held_notes, held_notes
from .judge import PRESETS, Standard, Thresholds, judge, moving_notes, tile, touch

__all__ = [
    "PRESETS",
    "HeldNote",
    "HeldNotes",
    "Standard",
    "Thresholds",
    "TouchedNote",
    "find_held_notes",
    "held_notes",
    "judge",
    "moving_notes",
    "tile",
    "touch",
]
