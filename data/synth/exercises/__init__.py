"""Vocal exercises: what they are, and how singers perform them."""

from __future__ import annotations

from .drawn import Exercise, draw_exercise, draw_singer, joined, talk
from .lines import CHORDS, KINDS, SCALES, Kind

__all__ = ["CHORDS", "KINDS", "SCALES", "Exercise", "Kind", "draw_exercise", "draw_singer", "joined", "talk"]
