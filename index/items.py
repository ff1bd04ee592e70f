"""What an index holds and answers, and what can be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from swara.raga.errors import SwaraError

__all__ = ["IndexDamaged", "Item", "Neighbour"]


class IndexDamaged(SwaraError):
    """A file of the index of samples that is missing, cut short, changed, or of a newer format."""


@dataclass(frozen=True, slots=True)
class Item:
    """A note of a professional sample.

    Parameters
    ----------
    recording : str
        Id of the recording.
    singer : str
    swara : str
        In roman notation, such as ``S'``.
    start_s, end_s : float
        Where it lies in the recording.
    synthesized : bool
        Whether no person sang it.
    """

    recording: str
    singer: str
    swara: str
    start_s: float
    end_s: float
    synthesized: bool


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An item that is near, with its cosine `similarity`, -1 to 1, and `why`: in which sense it is near."""

    item: Item
    similarity: float
    why: str
