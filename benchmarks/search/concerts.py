"""Phrases that an expert marked in concerts, learners who sing them, and how well a ranking finds its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.page import DOCS
from benchmarks.recordings import concert_phrases, concert_track
from swara.classifier.contours import Contour, contour
from swara.classifier.contours.phrases import PhraseLine, phrase_of
from swara.data.arrays import BoolArray, FloatArray
from swara.data.pitch_track import PitchTrack
from swara.service.rebuild.questions import ORNAMENT_FRAMES, learner

__all__ = [
    "KEPT",
    "Concerts",
    "Retrieval",
    "Words",
    "retrieval",
]

KEPT = DOCS.parent / "build" / "search"
"""What took long to compute."""

Words = npt.NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Concerts:
    """The phrases marked in the concerts.

    Parameters
    ----------
    tracks : mapping of str to PitchTrack
        Of each concert, with Sa at `sa_hz`.
    rows : sequence of mappings
        Of ``phrases.csv``.
    """

    tracks: dict[str, PitchTrack]
    rows: Sequence[dict[str, str]]

    @classmethod
    def load(cls, root: Path) -> Concerts:
        """Read the folder of the evaluation recordings."""
        rows = concert_phrases(root)
        sa_hz = {row["concert"]: float(row["sa_hz"]) for row in rows}
        return cls({name: _track(*concert_track(root, name), hz) for name, hz in sa_hz.items()}, rows)

    @cached_property
    def contours(self) -> list[Contour]:
        """The contour of each phrase."""
        return [
            contour(
                self.tracks[row["concert"]], float(row["sa_hz"]), float(row["start_s"]), float(row["end_s"])
            )
            for row in self.rows
        ]

    @cached_property
    def phrases(self) -> list[PhraseLine]:
        """The phrases as they are searched."""
        return _phrases(self.contours)

    def learners(self, frames: int = ORNAMENT_FRAMES) -> list[Contour]:
        """Return the same phrases as a learner sings them.

        Parameters
        ----------
        frames : int
            Over how many frames a running median takes the ornaments out.
        """
        return [
            learner(each, np.random.default_rng(number), frames) for number, each in enumerate(self.contours)
        ]

    def column(self, name: str) -> Words:
        """Return one column of the table: ``concert``, ``phrase``, ``singer`` ..."""
        return np.array([row[name] for row in self.rows])


def _track(times_s: FloatArray, cents: FloatArray, sa_hz: float) -> PitchTrack:
    voiced = np.isfinite(cents)
    return PitchTrack(times_s, sa_hz * 2.0 ** (cents / 1200.0), voiced.astype(np.float64), voiced)


def _phrases(contours: Sequence[Contour]) -> list[PhraseLine]:
    found = [phrase_of(each) for each in contours]
    return [each for each in found if each is not None]


@dataclass(frozen=True, slots=True, eq=False)
class Retrieval:
    """How well each query that has a phrase to find does.

    Parameters
    ----------
    average_precision, first : float64 arrays, shape [queries]
        Average precision, and 1 where the first found is the same phrase.
    concert : str array, shape [queries]
        Where the query is from.
    """

    average_precision: FloatArray
    first: FloatArray
    concert: Words

    def among(self, chosen: BoolArray) -> tuple[float, float]:
        """Return MAP and P@1 over some of the queries."""
        return float(self.average_precision[chosen].mean()), float(self.first[chosen].mean())

    @property
    def all(self) -> tuple[float, float]:
        """MAP and P@1."""
        return float(self.average_precision.mean()), float(self.first.mean())


def retrieval(away: FloatArray, phrase: Words, concert: Words, *, pooled: bool) -> Retrieval:
    """Return how well phrases find those of the same name, each against the rest.

    Parameters
    ----------
    away : float64 array, shape [phrases, phrases]
        Distances; a phrase is never its own answer.
    phrase, concert : str arrays, shape [phrases]
        Name of each, and where it is from.
    pooled : bool
        Whether those of other concerts are candidates too. A query without another of its name among the
        candidates is left out.
    """
    found: list[tuple[Any, ...]] = []
    for place in range(len(away)):
        rest = np.ones(len(away), np.bool_) if pooled else concert == concert[place]
        rest[place] = False
        same = (phrase == phrase[place])[rest]
        if same.any():
            hits = same[np.argsort(away[place][rest], kind="stable")]
            ranks = np.flatnonzero(hits) + 1
            precision = float(np.mean(np.arange(1, ranks.size + 1) / ranks))
            found.append((precision, float(hits[0]), concert[place]))
    precisions, firsts, concerts = zip(*found, strict=True)
    return Retrieval(np.array(precisions), np.array(firsts), np.array(concerts))
