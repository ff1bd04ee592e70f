"""Every tracker in every condition."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from swara.data.arrays import FloatArray

from .conditions import Condition
from .material import Sung
from .score import Scores, band_tallies, tallies
from .store import TrackStore
from .trackers import Entry

__all__ = ["PitchFrames", "Results", "measure"]


@dataclass(frozen=True, slots=True, eq=False)
class PitchFrames:
    """What one tracker made of one condition.

    Parameters
    ----------
    counts : float64 array, shape [stretches, 9]
        As `score.tallies` has them.
    clips : tuple of int
        Number of the stretch that each row is about, so that trackers can be compared on the same ones.
    bands : float64 array, shape [bands, 9]
        By true f0, over all clips.
    """

    counts: FloatArray
    clips: tuple[int, ...]
    bands: FloatArray

    @property
    def scores(self) -> Scores:
        """All stretches together."""
        return Scores.of(self.counts)

    def on(self, clips: Sequence[int]) -> FloatArray:
        """Return the counts of those stretches."""
        return self.counts[[self.clips.index(clip) for clip in clips]]


Results = Mapping[str, Mapping[str, PitchFrames]]
"""By condition, then by tracker."""


def measure(
    entries: Sequence[Entry],
    found: Sequence[Condition],
    store: TrackStore,
    *,
    pool: Executor | None = None,
    every: int = 1,
    tell: Callable[[str], None] = print,
) -> dict[str, dict[str, PitchFrames]]:
    """Hear every condition with every tracker.

    Parameters
    ----------
    entries, found : sequences
        Trackers and conditions.
    store : TrackStore
    pool : Executor, optional
        Where the tracking happens.
    every : int
        Only every so-many-th clip of each condition.
    tell : callable
        Told of each tracker in each condition as it is done.
    """
    results: dict[str, dict[str, PitchFrames]] = {}
    for condition in found:
        sung = condition.make()[::every]
        if not sung:
            continue
        results[condition.name] = {}
        for entry in entries:
            began_s = time.monotonic()
            heard = _heard(entry, condition, sung, store, pool)
            results[condition.name][entry.name] = heard
            took_s = time.monotonic() - began_s
            tell(f"{condition.name:18s}{entry.name:14s}{_shown(heard.scores)}   {took_s:.0f} s")
    return results


def _heard(
    entry: Entry, condition: Condition, sung: Sequence[Sung], store: TrackStore, pool: Executor | None
) -> PitchFrames:
    # A condition with few sounds is heard whole by all: a third of two excerpts would be one.
    step = entry.every if condition.group in ("voices", "made", "range") else 1
    chosen = sung[::step]
    counts, clips, bands = [], [], []
    tracks = store.tracks(entry, [one.samples for one in chosen], pool)
    for number, (one, track) in enumerate(zip(chosen, tracks, strict=True)):
        rows = tallies(one, track)
        counts.append(rows)
        clips += [1000 * step * number + stretch for stretch in range(rows.shape[0])]
        bands.append(band_tallies(one, track))
    return PitchFrames(np.concatenate(counts), tuple(clips), np.sum(bands, axis=0))


def _shown(scores: Scores) -> str:
    shares = (*scores.within, scores.octaves_off, scores.recall, scores.false_alarm)
    return "".join(f"{100 * share:7.1f}" if share == share else "      -" for share in shares)
