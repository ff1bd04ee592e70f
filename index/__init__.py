"""Professional samples, searched by nearness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from swara.raga.errors import SwaraError

if TYPE_CHECKING:
    from swara.data.arrays import BoolArray
    from swara.embedder import Vectors

    from .faiss_index import FaissIndex, Ids

__all__ = ["Engine", "IndexDamaged", "Item", "Neighbour"]


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


class Engine(Protocol):
    """Vectors searched by their inner products with a query: all compared, or some that a graph leads to."""

    @property
    def vectors(self) -> Vectors:
        """Return what is searched, float32 of shape [count, dim]."""
        ...

    @property
    def ids(self) -> Ids:
        """Return the id of each, int64 of shape [count]."""
        ...

    @property
    def exact(self) -> FaissIndex:
        """Return the same vectors compared one by one: what an engine that may miss some is held against."""
        ...

    def search(self, queries: Vectors, k: int, among: BoolArray | None = None) -> tuple[Vectors, Ids]:
        """Find the `k` most similar vectors for each query, all of them or `among` some, as `FaissIndex`."""
        ...
