"""Where notes are sung: the median pitch of each and the swara nearest to it, of thousands at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from swara.classifier.note_head.examples import NoteSource
from swara.data.arrays import FloatArray
from swara.raga.swaras import SVARASTHANAS, SwaraPitch
from swara.raga.tuning import JUST

__all__ = ["median_cents", "swaras_sung"]

_OCTAVE_CENTS = 1200.0
_AT_ONCE = 1000


def median_cents(sources: Sequence[NoteSource]) -> FloatArray:
    """Return the median pitch of each note above madhya Sa, frames without pitch left out.

    To the last bit what ``numpy.nanmedian`` says of each.

    Parameters
    ----------
    sources : sequence of NoteSource
        At least one frame of each has a pitch.

    Returns
    -------
    float64 array, shape [notes]
    """
    middles = np.empty(len(sources))
    order = sorted(range(len(sources)), key=lambda place: sources[place].cents.size)
    # Those of about one length together, so that one long note does not blow all others up.
    for begin in range(0, len(order), _AT_ONCE):
        part = order[begin : begin + _AT_ONCE]
        middles[part] = _medians([sources[place].cents for place in part])
    return middles


def swaras_sung(cents: FloatArray) -> list[SwaraPitch]:
    """Return the swara, in just intonation, that each pitch is nearest to: as ``JUST.nearest`` names it.

    Parameters
    ----------
    cents : float64 array, shape [notes]
        Above madhya Sa, finite.
    """
    if not cents.size:
        return []
    octaves = range(int(cents.min() // _OCTAVE_CENTS) - 1, int(cents.max() // _OCTAVE_CENTS) + 2)
    # Rising, so that of two equally near the lower comes first.
    places = [(place, octave) for octave in octaves for place in SVARASTHANAS]
    nearest = np.argmin([_distances(cents, place.index, octave) for place, octave in places], axis=0)
    return [places[at] for at in nearest.tolist()]


def _medians(notes: Sequence[FloatArray]) -> FloatArray:
    lengths = np.array([cents.size for cents in notes])
    frames = np.full((lengths.size, lengths.max()), np.nan)
    frames[np.arange(lengths.max()) < lengths[:, None]] = np.concatenate(notes)
    frames.sort(axis=1)  # NaN last
    rows, heard = np.arange(lengths.size), np.isfinite(frames).sum(axis=1)
    medians: FloatArray = 0.5 * (frames[rows, (heard - 1) // 2] + frames[rows, heard // 2])
    return medians


def _distances(cents: FloatArray, index: int, octave: int) -> FloatArray:
    target = JUST.targets[index]
    within = cents - octave * _OCTAVE_CENTS
    distances: FloatArray = np.maximum(0.0, np.maximum(target.low_cents - within, within - target.high_cents))
    return distances
