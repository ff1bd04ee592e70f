"""What the names of files and folders, or a table, say about recordings that are to be added."""

from __future__ import annotations

from .read import read_layout
from .recording_spec import Given, LayoutContents, NamedNote, RecordingSpec, Refusal

__all__ = ["Given", "LayoutContents", "NamedNote", "RecordingSpec", "Refusal", "read_layout"]
