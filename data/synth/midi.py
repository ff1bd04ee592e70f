"""A list of notes becomes a MIDI file: a few bytes of the format, and no library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["MidiNote", "midi_file"]

_TICKS_PER_S = 1000
_TICKS_PER_BEAT, _BEAT_US = 500, 500_000
_CHANNELS = tuple(channel for channel in range(16) if channel != 9)  # the tenth is drums
_OFF, _ON, _PROGRAM = 0x80, 0x90, 0xC0


@dataclass(frozen=True, slots=True)
class MidiNote:
    """A note of General MIDI.

    Parameters
    ----------
    program : int
        Instrument, counted from 0: 71 is the clarinet.
    key : int
        60 is middle C.
    start_s, duration_s : float
        In seconds, taken to the nearest millisecond.
    velocity : int
        How hard it is struck or blown, 1 to 127.
    """

    program: int
    key: int
    start_s: float
    duration_s: float
    velocity: int = 100

    def __post_init__(self) -> None:
        if not (0 <= self.program < 128 and 0 <= self.key < 128 and 1 <= self.velocity < 128):
            raise ValueError(
                f"program {self.program}, key {self.key}, velocity {self.velocity}: not all are MIDI's"
            )
        if not (0.0 <= self.start_s < float("inf") and 0.0 < self.duration_s < float("inf")):
            raise ValueError(f"a note cannot begin at {self.start_s} s and last {self.duration_s} s")

    @property
    def end_s(self) -> float:
        """When it ends, its release excepted."""
        return self.start_s + self.duration_s


def midi_file(notes: Sequence[MidiNote], length_s: float) -> bytes:
    """Return a MIDI file of one track (format 0) that lasts `length_s`.

    Notes take the 15 channels that are not drums in turn, each with its own program change, so that as many
    may overlap whatever their programs and keys.

    Raises
    ------
    ValueError
        If there are no notes, or one ends after `length_s`.
    """
    if not notes:
        raise ValueError("there are no notes to write")
    end = round(length_s * _TICKS_PER_S)
    events: list[tuple[int, int, bytes]] = []
    for number, note in enumerate(sorted(notes, key=lambda note: note.start_s)):
        events += _events(note, _CHANNELS[number % len(_CHANNELS)])
    # What ends at a moment comes before what begins then.
    events.sort(key=lambda event: event[:2])
    if events[-1][0] > end:
        raise ValueError(f"a note lasts longer than the {length_s} s of the file")
    now, track = 0, b"\x00\xff\x51\x03" + _BEAT_US.to_bytes(3, "big")
    for tick, _, message in events:
        track += _quantity(tick - now) + message
        now = tick
    track += _quantity(end - now) + b"\xff\x2f\x00"
    head = b"\x00\x00\x00\x01" + _TICKS_PER_BEAT.to_bytes(2, "big")
    return _chunk(b"MThd", head) + _chunk(b"MTrk", track)


def _events(note: MidiNote, channel: int) -> list[tuple[int, int, bytes]]:
    """Return tick, rank within the tick, and message of what plays a note."""
    start = round(note.start_s * _TICKS_PER_S)
    end = max(start + 1, round(note.end_s * _TICKS_PER_S))
    return [
        (start, 1, bytes((_PROGRAM | channel, note.program))),
        (start, 2, bytes((_ON | channel, note.key, note.velocity))),
        (end, 0, bytes((_OFF | channel, note.key, 0))),
    ]


def _quantity(value: int) -> bytes:
    """Return MIDI's variable-length quantity: seven bits a byte, the high bit set on all but the last."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(0x80 | value & 0x7F)
    return bytes(reversed(groups))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "big") + content
