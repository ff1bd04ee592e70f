"""Pitch trackers behind one seam."""

from __future__ import annotations

from .refine import Refined, refine
from .registry import TrackerName, pitch_tracker
from .tracker import TRACK_RATE_HZ, PitchTracker, Progress

__all__ = ["TRACK_RATE_HZ", "PitchTracker", "Progress", "Refined", "TrackerName", "pitch_tracker", "refine"]
