"""What can be wrong with a trained head; the tree is drawn in ``swara.raga.errors``."""

from __future__ import annotations

from swara.raga.errors import SwaraError

__all__ = ["HeadDamaged", "HeadError", "TooFewNotes"]


class HeadError(SwaraError):
    """A head that cannot be used or trained."""


class HeadDamaged(HeadError):
    """A file of a head that is missing, cut short, changed, or of a newer format."""


class TooFewNotes(HeadError):
    """Too few labelled notes to learn two swaras from."""
