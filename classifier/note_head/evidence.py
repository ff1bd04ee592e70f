"""The pitch of a note as evidence for the head: how much of it lies at each swara of three saptaks.

Each frame is shared out between the positions around it, by a Gaussian around each, so that a note between
two swaras shows as both. Positions are those of just intonation, a band taken at its middle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray
from swara.raga.tuning import JUST

__all__ = ["EVIDENCE_CENTS", "EVIDENCE_DIM", "Evidence", "evidence_of_notes", "pitch_evidence"]

Evidence: TypeAlias = npt.NDArray[np.float32]

SPREAD_CENTS = 35.0
"""Standard deviation of the Gaussian. The closest positions, komal Ga and Ga, lie 71 cents apart: a Ga sung
exactly shows as 89% Ga, one sung 30 cents low still as more Ga than komal Ga."""

_AT_ONCE = 4000
"""Frames that are shared out at a time: a megabyte."""

_SAPTAKS = (-1, 0, 1)
_LOWEST, _HIGHEST = JUST.cents_of(11, _SAPTAKS[0] - 1), JUST.cents_of(0, _SAPTAKS[-1] + 1)

EVIDENCE_CENTS: tuple[float, ...] = (
    _LOWEST,
    *(JUST.cents_of(index, octave) for octave in _SAPTAKS for index in range(len(JUST.targets))),
    _HIGHEST,
)
"""Cents above madhya Sa of each position: the twelve of mandra, madhya and taar, and one place on either side
(ati-mandra Ni and ati-taar Sa) that also stands for everything beyond it."""

EVIDENCE_DIM = len(EVIDENCE_CENTS)


def pitch_evidence(cents: FloatArray) -> Evidence:
    """Return how much of a note lies at each position.

    Parameters
    ----------
    cents : float64 array, shape [frames]
        Pitch above madhya Sa; frames that are not finite are left out.

    Returns
    -------
    float32 array, shape [EVIDENCE_DIM]
        Sums to 1; all zero if no frame has a pitch.
    """
    heard = cents[np.isfinite(cents)]
    if heard.size == 0:
        return np.zeros(EVIDENCE_DIM, np.float32)
    evidence: Evidence = _shares(heard).mean(axis=0).astype(np.float32)
    return evidence


def evidence_of_notes(notes: Sequence[FloatArray]) -> Evidence:
    """Return what `pitch_evidence` does of each note, to the last bit; in a quarter of the time.

    Parameters
    ----------
    notes : sequence of float64 arrays, shape [frames]
        Pitch of each note's frames in cents above Sa; NaN where there is none.

    Returns
    -------
    float32 array, shape [notes, EVIDENCE_DIM]
    """
    evidence = np.zeros((len(notes), EVIDENCE_DIM), np.float32)
    for begin, end in _few_frames(notes):
        heard = [cents[np.isfinite(cents)] for cents in notes[begin:end]]
        shares, at = _shares(np.concatenate(heard)), 0
        for place, cents in enumerate(heard, begin):
            if cents.size:
                evidence[place] = shares[at : at + cents.size].mean(axis=0)
            at += cents.size
    return evidence


def _shares(heard: FloatArray) -> FloatArray:
    """Return how each frame is shared out, shape [frames, EVIDENCE_DIM]."""
    within = np.clip(heard, _LOWEST, _HIGHEST)[:, None]
    nearness = np.exp(-0.5 * ((within - np.array(EVIDENCE_CENTS)) / SPREAD_CENTS) ** 2)
    shares: FloatArray = nearness / nearness.sum(axis=1, keepdims=True)
    return shares


def _few_frames(notes: Sequence[FloatArray]) -> Iterator[tuple[int, int]]:
    """Cut the notes into stretches of not many frames more than `_AT_ONCE`."""
    begin = frames = 0
    for end, cents in enumerate(notes, 1):
        frames += cents.size
        if frames >= _AT_ONCE or end == len(notes):
            yield begin, end
            begin, frames = end, 0
