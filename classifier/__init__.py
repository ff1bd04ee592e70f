"""Heads over frames: pitch, the tonic, and the notes of a take."""

from __future__ import annotations

from swara.raga.errors import SwaraError

__all__ = ["HeadError"]


class HeadError(SwaraError):
    """A head that is missing, cut short, changed or of a newer format; or too few notes to train one."""
