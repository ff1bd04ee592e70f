"""A MIDI file with one note after the other."""

from __future__ import annotations

import struct
from collections.abc import Sequence

__all__ = ["midi_file"]

_TICKS_A_QUARTER = 480
_TICKS_A_SECOND = 960  # at the 120 quarters a minute that hold where a file sets no tempo


def midi_file(program: int, notes: Sequence[tuple[int, int]], *, held_s: float, every_s: float) -> bytes:
    """Return the bytes of a standard MIDI file, format 0.

    Parameters
    ----------
    program : int
        Of General MIDI, 0 to 127.
    notes : sequence of (int, int)
        Key (60 is C4) and velocity, in order.
    held_s, every_s : float
        How long a key is held, and from one key to the next.
    """
    held, every = (round(seconds * _TICKS_A_SECOND) for seconds in (held_s, every_s))
    events = [b"\x00" + bytes((0xC0, program))]
    wait = 0
    for key, velocity in notes:
        events.append(_length(wait) + bytes((0x90, key, velocity)))
        events.append(_length(held) + bytes((0x80, key, 0)))
        wait = every - held
    events.append(_length(wait) + b"\xff\x2f\x00")
    track = b"".join(events)
    header = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, _TICKS_A_QUARTER)
    return header + struct.pack(">4sI", b"MTrk", len(track)) + track


def _length(value: int) -> bytes:
    """Write a number in MIDI's seven bits a byte."""
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(0x80 | (value & 0x7F))
    return bytes(reversed(parts))
