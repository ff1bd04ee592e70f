"""The music itself: swaras, tunings, ragas, names of the tonic, and notation.

The ground floor: pure functions and frozen values on the standard library alone. It reads no file and knows
nothing of sound; pitch arrives in cents above Sa.
"""

from __future__ import annotations

from .errors import BadNotation, BadTonic, SwaraError, UnknownRaga
from .notation import (
    NotatedSwara,
    parse_notation,
    swara_devanagari,
    swara_letter,
    to_devanagari,
    to_roman,
    turn_pitches,
)
from .ragas import RAGAS, Raga, raga_named
from .swaras import SVARASTHANAS, Svarasthana, SwaraPitch, parse_swara, saptak_name, svarasthana_named
from .tonic_names import MAX_SA_HZ, MIN_SA_HZ, ParsedTonic, note_name, parse_tonic, tonic_hz
from .tuning import EQUAL, JUST, Placed, Target, Tuning, learned, tuning_named

__all__ = [
    "EQUAL",
    "JUST",
    "MAX_SA_HZ",
    "MIN_SA_HZ",
    "RAGAS",
    "SVARASTHANAS",
    "BadNotation",
    "BadTonic",
    "NotatedSwara",
    "ParsedTonic",
    "Placed",
    "Raga",
    "Svarasthana",
    "SwaraError",
    "SwaraPitch",
    "Target",
    "Tuning",
    "UnknownRaga",
    "learned",
    "note_name",
    "parse_notation",
    "parse_swara",
    "parse_tonic",
    "raga_named",
    "saptak_name",
    "svarasthana_named",
    "swara_devanagari",
    "swara_letter",
    "to_devanagari",
    "to_roman",
    "tonic_hz",
    "tuning_named",
    "turn_pitches",
]
