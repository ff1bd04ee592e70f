"""The note of a take that is sung at the time that a user names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from swara.data.take import Note
from swara.service.errors import NoNoteThere

__all__ = ["check_time", "note_at"]

_CLOSE_S = 0.25


def check_time(at_s: float) -> None:
    """See that a time can be one, before anything is listened to.

    Raises
    ------
    NoNoteThere
        If it is not a finite number.
    """
    if not math.isfinite(at_s):
        raise NoNoteThere(
            f"{at_s} is no time in a recording", where="--at", fix="Give it in seconds, such as: --at 12.4"
        )


def note_at(notes: Sequence[Note], at_s: float, recording: Path) -> int:
    """Return the place among `notes` of the one that is sung at `at_s`, or within 0.25 s of it.

    Raises
    ------
    NoNoteThere
        If none is; it names the nearest.
    """
    if not notes:
        raise NoNoteThere("no steady note was found in this take", where=str(recording))
    number = min(range(len(notes)), key=lambda index: _distance_s(notes[index], at_s))
    note = notes[number]
    if _distance_s(note, at_s) > _CLOSE_S:
        nearest = f"The nearest is {note.swara} from {note.start_s:.2f} to {note.end_s:.2f} s"
        raise NoNoteThere(f"no steady note is sung at {at_s:g} s", where=str(recording), fix=nearest)
    return number


def _distance_s(note: Note, at_s: float) -> float:
    return max(note.start_s - at_s, at_s - note.end_s, 0.0)
