"""What can be wrong with an index; the tree is drawn in ``swara.raga.errors``."""

from __future__ import annotations

from swara.raga.errors import SwaraError

__all__ = ["IndexDamaged"]


class IndexDamaged(SwaraError):
    """A file of the index of samples that is missing, cut short, changed, or of a newer format."""
