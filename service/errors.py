"""What can go wrong around a take and in the store; the tree is drawn in ``swara.raga.errors``."""

from __future__ import annotations

from swara.raga.errors import SwaraError

__all__ = [
    "EmbedderChanged",
    "EmbedderMissing",
    "NoNoteThere",
    "NoSuchCorrection",
    "NoSuchVersion",
    "NoTargets",
    "RecordingsChanged",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
    "StoreNewer",
    "StoreReadOnly",
    "StoreUnreadable",
    "StoreUnwritable",
    "UnknownEmbedder",
]


class NoNoteThere(SwaraError):
    """At the time that was asked about, no steady note is sung."""


class UnknownEmbedder(SwaraError):
    """No embedder of that name is known."""


class StoreError(SwaraError):
    """The store cannot be used as it is."""


class StoreBusy(StoreError):
    """Another process writes to the store."""


class StoreDamaged(StoreError):
    """A file of the store is missing, cut short or changed."""


class StoreNewer(StoreError):
    """The store was written by a newer swara."""


class StoreUnreadable(StoreError):
    """The store may not be read."""


class StoreUnwritable(StoreError):
    """The disk is full, or the store may not be written."""


class StoreReadOnly(StoreUnwritable):
    """The store may not be written, full or not."""


class EmbedderChanged(StoreError):
    """Head, index and embedder do not belong together."""


class EmbedderMissing(StoreError):
    """The embedder that the live version was made with cannot be had on this machine."""


class NoSuchVersion(StoreError):
    """No version of that name is kept."""


class NoSuchCorrection(StoreError):
    """No correction of that id is known."""


class NoTargets(StoreError):
    """The live version does not say where the professionals sing."""


class RecordingsChanged(StoreError):
    """Recordings were deleted or changed since they were added."""


class RecordingsLost(StoreError):
    """Recordings that were learned from are not in the list any more, and nobody removed them."""
