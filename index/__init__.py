"""Professional samples, searched by nearness."""

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
        Who sings it.
    swara : str
        In roman notation, such as ``S'``.
    start_s, end_s : float
        Where it lies in the recording, in seconds.
    synthesized : bool
        Whether no person sang it.
    tonic_hz : float or None
        Sa of the recording; None in an index that was made before it was kept.
    """

    recording: str
    singer: str
    swara: str
    start_s: float
    end_s: float
    synthesized: bool
    tonic_hz: float | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A note of a professional sample that is near to what was asked about.

    Parameters
    ----------
    item : Item
        Which note.
    similarity : float
        Cosine of the angle between the two embeddings, -1 to 1; 1 is nearest.
    why : str
        In which sense it is near.
    """

    item: Item
    similarity: float
    why: str
