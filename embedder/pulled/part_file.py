"""A file that is downloaded in parts: as much as there is of it, and of what."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from io import BufferedWriter
from pathlib import Path

from .errors import writing

__all__ = ["Beginning", "PartFile"]


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a download began with.

    Parameters
    ----------
    url : str
    total_bytes : int or None
        Length of the whole file, where the server said it.
    validator : str or None
        The ``ETag``, if it is a strong one, or the date of the last change: if it is another one when the
        download goes on, so is the file.
    """

    url: str
    total_bytes: int | None
    validator: str | None


@dataclass(frozen=True, slots=True)
class PartFile:
    """The part at `path`, and a note beside it on what it is a part of."""

    path: Path

    @property
    def note(self) -> Path:
        """Holds the `Beginning`."""
        return self.path.with_name(self.path.name + ".json")

    @property
    def size_bytes(self) -> int:
        """How much there is."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def beginning(self) -> Beginning | None:
        """Return what this is a part of; None if there is nothing, or the note cannot be read."""
        try:
            values = json.loads(self.note.read_bytes())
            found = Beginning(**values)
        except (OSError, ValueError, TypeError):
            return None
        total = found.total_bytes
        return None if not self.size_bytes or (total is not None and self.size_bytes > total) else found

    def begin(self, beginning: Beginning) -> None:
        """Drop what there is, and note what is to come."""
        with writing(self.path.parent):
            self.path.write_bytes(b"")
            self.note.write_text(json.dumps(asdict(beginning)), encoding="utf-8")

    def append(self) -> BufferedWriter:
        """Open the file to add to it."""
        return self.path.open("ab")

    def discard(self) -> None:
        """Remove it; what cannot be removed stays, and the next download writes over it."""
        for path in (self.note, self.path):
            with suppress(OSError):
                path.unlink()
