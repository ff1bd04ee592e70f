"""Estimates of Sa with the truth beside them, on recordings and on excerpts of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeAlias
from unittest.mock import patch

import numpy as np

from swara.classifier.notes import find_held_notes
from swara.classifier.tonic import estimate, estimate_tonic
from swara.data.arrays import FloatArray
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.take import Tonic
from swara.raga.ragas import RAGAS, Raga

from .recordings import Performance

__all__ = ["EVIDENCE", "LENGTHS_S", "Guess", "Recorded", "excerpts", "guess_all"]

LENGTHS_S = (5.0, 10.0, 20.0)
SAME_CENTS = 50.0
EVIDENCE: dict[str, dict[str, float]] = {
    "notes and drone": {},
    "notes only": {"DRONE_WEIGHT": 0.0},
    "drone only": {"NOTES_TEMPER": 0.0},
}
"""What Sa is judged by, and the weights of the estimator that are changed for it."""

Recorded: TypeAlias = tuple[Performance, PitchTrack]


@dataclass(frozen=True, slots=True)
class Guess:
    """An estimate, and the truth about it."""

    tonic: Tonic
    sa_hz: float
    length_s: float

    @property
    def off_cents(self) -> float:
        """Error in cents, octaves left out of account: -600 up to 600."""
        return (1200.0 * float(np.log2(self.tonic.hz / self.sa_hz)) + 600.0) % 1200.0 - 600.0

    @property
    def right(self) -> bool:
        """Whether it is the same pitch class."""
        return abs(self.off_cents) <= SAME_CENTS

    @property
    def octave_right(self) -> bool:
        """Whether it is right, and in the right octave."""
        return abs(1200.0 * float(np.log2(self.tonic.hz / self.sa_hz))) <= SAME_CENTS


def excerpts(wholes: Sequence[Recorded], each: int, rng: np.random.Generator) -> Iterator[Recorded]:
    """Yield excerpts from random places, `each` of every length from every recording."""
    for performance, track in wholes:
        for length_s in LENGTHS_S:
            last = round((performance.clip.duration_s - length_s) / HOP_S)
            for first in rng.integers(0, last, each, endpoint=True):
                yield _part(performance, track, int(first), round(length_s / HOP_S))


def guess_all(recorded: Sequence[Recorded], evidence: str, *, raga_given: bool) -> list[Guess]:
    """Run the very estimator that ships, with the weights of the evidence that is left out at 0."""
    with ExitStack() as changes:
        for weight, value in EVIDENCE[evidence].items():
            changes.enter_context(patch.object(estimate, weight, value))
        return [_guess(performance, track, raga_given) for performance, track in recorded]


def _guess(performance: Performance, track: PitchTrack, raga_given: bool) -> Guess:
    ragas: Collection[Raga] = [performance.raga] if raga_given else RAGAS.values()
    notes = find_held_notes(performance.clip, track).notes
    tonic = estimate_tonic(performance.clip, notes, ragas)
    return Guess(tonic, performance.sa_hz, performance.clip.duration_s)


def _part(performance: Performance, track: PitchTrack, first: int, frames: int) -> Recorded:
    heard = slice(first, first + frames + 1)
    clip: Clip = performance.clip.between(HOP_S * first, HOP_S * (first + frames))
    hz = track.hz[heard]
    times_s: FloatArray = HOP_S * np.arange(hz.size, dtype=np.float64)
    part = PitchTrack(times_s, hz, track.confidence[heard], track.voiced[heard])
    return Performance(performance.name, clip, performance.sa_hz, performance.raga), part
