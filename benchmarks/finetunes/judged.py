"""How well two embedders find singers, on the same notes, with how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.pitchbench.bootstrap import Interval, interval, paired
from swara.data.arrays import FloatArray
from swara.data.recording import Recording
from swara.embedder import Embedder
from swara.embedder.finetune.retrieval import found_singers, pooled_notes

__all__ = ["Compared", "compare"]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Two embedders on the same notes; intervals are over singers, drawn again and again.

    Parameters
    ----------
    before, after : float64 arrays, shape [singers, 3]
        Of each singer's notes: sum of the reciprocal ranks, how many have a note of that singer nearest, and
        how many there are.
    """

    before: FloatArray
    after: FloatArray

    def line(self, title: str) -> str:
        """Return one line: nearest note and mean reciprocal rank before and after, and the gain."""
        nearest = [_share(counts.sum(axis=0)) for counts in (self.before, self.after)]
        ranks = [interval(counts, _mean_rank) for counts in (self.before, self.after)]
        gain = self.gain
        return (
            f"{title}: {self.before[:, 2].sum():.0f} notes of {len(self.before)} singers: "
            f"nearest {nearest[0]:.3f} -> {nearest[1]:.3f}, "
            f"mean reciprocal rank {ranks[0].value:.3f} -> {ranks[1].value:.3f}, "
            f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
        )

    @property
    def gain(self) -> Interval:
        """Of the mean reciprocal rank, with its 95 % interval over singers."""
        return paired(self.after, self.before, _mean_rank)


def compare(before: Embedder, after: Embedder, recordings: Sequence[Recording]) -> Compared:
    """Look up every note among all notes of other recordings, with both."""
    return Compared(*(_counts(embedder, recordings) for embedder in (before, after)))


def _counts(embedder: Embedder, recordings: Sequence[Recording]) -> FloatArray:
    notes = pooled_notes(embedder, recordings)
    rows = []
    for singer in np.unique(notes.singers):
        found = found_singers(notes, np.asarray(notes.singers == singer))
        rows.append([found.reciprocal_rank * found.notes, found.nearest * found.notes, found.notes])
    return np.array(rows)


def _mean_rank(counts: FloatArray) -> float:
    return float(counts[0] / counts[2]) if counts[2] else float("nan")


def _share(counts: FloatArray) -> float:
    return float(counts[1] / counts[2])
