"""The samples nearest to a note, swara by swara."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from swara.embedder import Vectors
from swara.index import Item, Neighbour
from swara.index.faiss_index import FaissIndex, Ids

__all__ = ["SampleIndex", "build_sample_index"]

_WHY = "sounds like: same swara, nearest voice"
_ASKED_PER_RECORDING = 4


@dataclass(frozen=True, slots=True, eq=False)
class SampleIndex:
    """Notes of professional samples, searched by how they sound.

    Parameters
    ----------
    engines : mapping of str to FaissIndex
        The vectors of each swara, by its roman notation; their ids are places in `items`.
    items : tuple of Item
        What the vectors are of, in their order.

    Raises
    ------
    ValueError
        If the engines do not hold every item exactly once, under its own swara.
    """

    engines: Mapping[str, FaissIndex]
    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        held = [(int(place), swara) for swara, engine in self.engines.items() for place in engine.ids]
        if sorted(held) != [(place, item.swara) for place, item in enumerate(self.items)]:
            raise ValueError("the vectors and the items of the index do not agree")

    def nearest(
        self, vector: Vectors, swara: str, *, count: int = 3, exclude: Collection[str] = ()
    ) -> tuple[Neighbour, ...]:
        """Return the samples of a swara that sound most like a note, the best of each recording.

        Parameters
        ----------
        vector : float32 array, shape [dim]
            The note, pooled. One that is all zero is silence, and sounds like nothing.
        swara : str
            In roman notation; one of which there are no samples has no neighbours.
        count : int
            Recordings wanted; there may be fewer.
        exclude : collection of str
            Ids of recordings never to answer with, such as the note's own.

        Returns
        -------
        tuple of Neighbour
            From the most similar on.

        Raises
        ------
        ValueError
            If the vector is of another length or not finite, or `count` is below 1.
        """
        if count < 1:
            raise ValueError(f"cannot look for {count} neighbours")
        engine = self.engines.get(swara)
        if engine is None or not engine.ids.size or not vector.any():
            return ()
        asked = min(_ASKED_PER_RECORDING * count, len(engine.ids))
        while True:
            scores, ids = engine.search(vector[None], asked)
            found = self._best_of_recordings(scores[0], ids[0], exclude)
            if len(found) >= count or asked == len(engine.ids):
                return tuple(found[:count])
            asked = min(2 * asked, len(engine.ids))

    def on_sa_near(self, sa_hz: float, within_cents: float) -> SampleIndex:
        """Return the part whose recordings have a Sa near one, in Hz: the same kind of voice.

        Items that do not tell their Sa are left out.
        """
        cents = (1200 * math.log2((item.tonic_hz or math.inf) / sa_hz) for item in self.items)
        near = [abs(each) <= within_cents for each in cents]
        kept, place = np.array(near, dtype=np.bool_), np.cumsum(near) - 1
        engines = {
            swara: FaissIndex(engine.vectors[mine], place[engine.ids[mine]])
            for swara, engine in self.engines.items()
            if (mine := kept[engine.ids]).any()
        }
        return SampleIndex(engines, tuple(item for item, ours in zip(self.items, near, strict=True) if ours))

    def _best_of_recordings(self, scores: Vectors, ids: Ids, exclude: Collection[str]) -> list[Neighbour]:
        best: dict[str, Neighbour] = {}
        for score, place in zip(scores.tolist(), ids.tolist(), strict=True):
            item = self.items[place]
            if item.recording not in exclude:
                best.setdefault(item.recording, Neighbour(item, score, _WHY))
        return list(best.values())


def build_sample_index(items: Sequence[Item], vectors: Vectors) -> SampleIndex:
    """Index notes by their vectors.

    Parameters
    ----------
    items : sequence of Item
        What the vectors are of, in their order.
    vectors : float32 array, shape [items, dim]
        L2-normalised.

    Raises
    ------
    ValueError
        If there are not as many vectors as items, or one is not finite.
    """
    if len(items) != len(vectors):
        raise ValueError(f"{len(vectors)} vectors for {len(items)} items")
    swaras = np.array([item.swara for item in items], dtype=np.str_)
    places = {str(swara): np.flatnonzero(swaras == swara) for swara in np.unique(swaras)}
    engines = {swara: FaissIndex(vectors[at], at.astype(np.int64)) for swara, at in places.items()}
    return SampleIndex(engines, tuple(items))
