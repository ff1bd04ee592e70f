"""What was sung, written down: held swaras, touched ones and glides, in free rhythm or in a tala."""

from __future__ import annotations

from .beats import in_tala
from .layers import Metre, SungGlide, SungSwara, Transcription
from .rendering import rendered, sung_pitches, sung_track
from .transcribe import LEAST_HELD_S, transcribe
from .written import Written, notated, written

__all__ = [
    "LEAST_HELD_S",
    "Metre",
    "SungGlide",
    "SungSwara",
    "Transcription",
    "Written",
    "in_tala",
    "notated",
    "rendered",
    "sung_pitches",
    "sung_track",
    "transcribe",
    "written",
]
