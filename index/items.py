"""What an index holds, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Item", "Neighbour"]


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
