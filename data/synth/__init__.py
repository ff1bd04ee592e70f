"""A seeded singing voice and tanpura, with exact f0 and labels.

Everything is drawn from the generator or seed that is passed in, and needs numpy only.
"""

from __future__ import annotations

from .contour import render_contour
from .noise import mix_at_db, pink_noise, rms, room, room_response, tabla
from .sung import Contour, NoteLabel, SungNote
from .takes import BHUPALI_PHRASES, NoteTruth, SynthTake, bhupali_take, sing_take, swara_sequence
from .tanpura import tanpura, tanpura_loop
from .voice import VOICES, Voice, sing

__all__ = [
    "BHUPALI_PHRASES",
    "VOICES",
    "Contour",
    "NoteLabel",
    "NoteTruth",
    "SungNote",
    "SynthTake",
    "Voice",
    "bhupali_take",
    "mix_at_db",
    "pink_noise",
    "render_contour",
    "rms",
    "room",
    "room_response",
    "sing",
    "sing_take",
    "swara_sequence",
    "tabla",
    "tanpura",
    "tanpura_loop",
]
