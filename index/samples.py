"""The samples nearest to a note, swara by swara."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import BoolArray
from swara.embedder import Vectors

from . import Engine, Item, Neighbour
from .faiss_index import NO_ID, FaissIndex

__all__ = [
    "APPROXIMATE_ABOVE",
    "SPAN",
    "SampleIndex",
    "Source",
    "Spans",
    "SwaraNotes",
    "build_sample_index",
    "engine_over",
]

APPROXIMATE_ABOVE = 100_000
"""Vectors of one swara that are compared one by one, in 3 ms; of more a graph finds the nearest."""

SPAN = np.dtype([("source", "<i4"), ("start_s", "<f8"), ("end_s", "<f8")])
"""Where a note lies: the place of its recording among the sources, and seconds in it."""

Spans: TypeAlias = npt.NDArray[Any]

_WHY = "sounds like: same swara, nearest voice"
_ASKED_PER_RECORDING = 4


@dataclass(frozen=True, slots=True)
class Source:
    """What all notes of a recording have in common; fields are those of `Item`."""

    recording: str
    singer: str
    synthesized: bool
    tonic_hz: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SwaraNotes:
    """The notes of one swara.

    Parameters
    ----------
    engine : Engine
        Their vectors; their ids are their rows.
    spans : array of `SPAN`, shape [count]
        Where each of them lies.
    """

    engine: Engine
    spans: Spans


@dataclass(frozen=True, slots=True, eq=False)
class SampleIndex:
    """Notes of professional samples, searched by how they sound.

    Nothing is made for each note: vectors and spans may lie in files that are mapped into memory.

    Parameters
    ----------
    notes : mapping of str to SwaraNotes
        By the roman notation of the swara.
    sources : tuple of Source
        What they are of.
    allowed : bool array, shape [sources], or None
        Of which of them there are notes to be found; None for all.

    Raises
    ------
    ValueError
        If there are not as many vectors as notes of a swara.
    """

    notes: Mapping[str, SwaraNotes]
    sources: tuple[Source, ...]
    allowed: BoolArray | None = None
    _among: dict[str, BoolArray] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if any(len(notes.engine.ids) != len(notes.spans) for notes in self.notes.values()):
            raise ValueError("the vectors and the notes of the index do not agree")

    @property
    def engines(self) -> Mapping[str, Engine]:
        """What searches each swara; ids are rows."""
        return {swara: notes.engine for swara, notes in self.notes.items()}

    @property
    def items(self) -> tuple[Item, ...]:
        """All notes to be found, swara by swara; it takes a second for a million."""
        return tuple(
            self.item(swara, row)
            for swara, notes in sorted(self.notes.items())
            for row in self._rows(swara, notes)
        )

    def _rows(self, swara: str, notes: SwaraNotes) -> Sequence[int]:
        among = self.among(swara)
        return range(len(notes.spans)) if among is None else np.flatnonzero(among).tolist()

    def item(self, swara: str, row: int) -> Item:
        """Return the note that a row of a swara's vectors is of."""
        place, start_s, end_s = self.notes[swara].spans[row].item()
        of = self.sources[place]
        return Item(of.recording, of.singer, swara, start_s, end_s, of.synthesized, of.tonic_hz)

    def among(self, swara: str) -> BoolArray | None:
        """Return which notes of a swara are to be found, as an engine takes it; None for all."""
        if self.allowed is None:
            return None
        if swara not in self._among:
            self._among[swara] = self.allowed[self.notes[swara].spans["source"]]
        return self._among[swara]

    def where(self, counts: Callable[[Source], bool]) -> SampleIndex:
        """Return the part of recordings that count, such as those of a singer."""
        allowed: BoolArray = np.fromiter(map(counts, self.sources), np.bool_, len(self.sources))
        return replace(self, allowed=allowed if self.allowed is None else allowed & self.allowed)

    def _without(self, recordings: Collection[str]) -> SampleIndex:
        return self.where(lambda of: of.recording not in recordings)

    def on_sa_near(self, sa_hz: float, within_cents: float) -> SampleIndex:
        """Return the part whose recordings have a Sa near one, in Hz: the same kind of voice.

        Those that do not tell their Sa are left out.
        """
        return self.where(lambda of: abs(1200 * math.log2((of.tonic_hz or math.inf) / sa_hz)) <= within_cents)

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
        notes = self.notes.get(swara)
        if notes is None or not vector.any():
            return ()
        among, best = self.among(swara), dict[str, Neighbour]()
        while True:
            scores, rows = notes.engine.search(vector[None], _ASKED_PER_RECORDING * count, among)
            for score, row in zip(scores[0].tolist(), rows[0].tolist(), strict=True):
                item = None if row == NO_ID else self.item(swara, row)
                if item is not None and item.recording not in exclude:
                    best.setdefault(item.recording, Neighbour(item, score, _WHY))
            if len(best) >= count or rows[0, -1] == NO_ID:
                return tuple(best.values())[:count]
            # A recording with many near notes would hide the others from any number of neighbours.
            met = {*best, *exclude, *(self.item(swara, row).recording for row in rows[0])}
            among = self._without(met).among(swara)


def build_sample_index(
    items: Sequence[Item], vectors: Vectors, *, approximate_above: int | None = None
) -> SampleIndex:
    """Index notes by their vectors; the same ones in the same order make the same index.

    Parameters
    ----------
    items : sequence of Item
        What the vectors are of, in their order.
    vectors : float32 array, shape [items, dim]
        L2-normalised.
    approximate_above : int, optional
        As `APPROXIMATE_ABOVE`, which it is by default.

    Raises
    ------
    ValueError
        If there are not as many vectors as items, or one is not finite.
    """
    if len(items) != len(vectors):
        raise ValueError(f"{len(vectors)} vectors for {len(items)} items")
    places: dict[Source, int] = {}
    spans, swaras = np.empty(len(items), SPAN), np.array([item.swara for item in items], dtype=np.str_)
    for row, item in enumerate(items):
        source = Source(item.recording, item.singer, item.synthesized, item.tonic_hz)
        spans[row] = places.setdefault(source, len(places)), item.start_s, item.end_s
    notes = {}
    for swara in np.unique(swaras).tolist():
        mine = swaras == swara
        exact = FaissIndex(vectors[mine], np.arange(np.count_nonzero(mine)))
        notes[swara] = SwaraNotes(engine_over(exact, approximate_above), spans[mine])
    return SampleIndex(notes, tuple(places))


def engine_over(exact: FaissIndex, approximate_above: int | None = None) -> Engine:
    """Return the engine for so many vectors; parameters are those of `build_sample_index`."""
    most = APPROXIMATE_ABOVE if approximate_above is None else approximate_above
    if len(exact.ids) <= most:
        return exact
    from .hnsw import HnswIndex

    return HnswIndex.build(exact)
