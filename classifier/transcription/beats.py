"""A transcription laid on the beats of a tala, where its tempo and a sam are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from swara.data.arrays import FloatArray
from swara.raga.talas import Tala

from .layers import Metre, Transcription
from .written import written

__all__ = ["in_tala"]

DIVISIONS = (1, 2, 4, 8)
LEAST_STEP_S = 0.2
"""A matra is parted in two, four or eight as long as no part is shorter: what is finer cannot be read."""

LEAST_ONSETS = 8
"""Fewer held swaras tell nothing of whether a tala fits."""

FITS = 0.7
"""A tala fits where the onsets are nearer to its matras, halves or quarters than this share of what onsets
would be that know nothing of them. Of 20 onsets drawn at random one set in five is, of 40 one in 14."""


def in_tala(transcription: Transcription, tala: Tala, tempo_bpm: float, sam_s: float) -> Transcription:
    """Lay a transcription on beats; where it does not fit, it stays in free rhythm and says so.

    Parameters
    ----------
    transcription : Transcription
        In free rhythm.
    tala : Tala
        The cycle.
    tempo_bpm : float
        Matras in a minute, above 0.
    sam_s : float
        When a sam falls, in seconds of the take.

    Raises
    ------
    ValueError
        If the tempo is none.
    """
    if not 0 < tempo_bpm < np.inf or not np.isfinite(sam_s):
        raise ValueError(f"no tempo is {tempo_bpm} matras a minute with sam at {sam_s} s")
    matra_s = 60.0 / tempo_bpm
    at = np.array([(swara.start_s - sam_s) / matra_s for swara in transcription.swaras])
    held = at[[swara.held for swara in transcription.swaras]] if at.size else at
    division = max(each for each in DIVISIONS if each == 1 or matra_s / each >= LEAST_STEP_S)
    off = np.abs(_off_grid(held, division))
    residual_s = float(np.median(off)) * matra_s if held.size else 0.0
    metre = Metre(
        tala, tempo_bpm, sam_s, tuple(_nearest(at, division)), residual_s, 0.25 * matra_s / division
    )
    if held.size >= LEAST_ONSETS and not _fits(held, division):
        words = (
            f"{tala.name} at {tempo_bpm:g} matras a minute, sam at {sam_s:g} s, does not fit: the swaras "
            f"begin {1000 * residual_s:.0f} ms from its beats, as any would; written in free rhythm"
        )
        return replace(transcription, warnings=(*transcription.warnings, words))
    laid = replace(transcription, metre=metre)
    crowded = sum(transcription.swaras[number].held for each in written(laid) for number in each.kan)
    if crowded:
        words = (
            f"{crowded} of {held.size} held swaras begin on the same part of a matra of {matra_s:.1f} s as "
            "the next one and are written as touches; count each matra as two or four (--tempo) to see them"
        )
        laid = replace(laid, warnings=(*laid.warnings, words))
    return laid


def _off_grid(at: FloatArray, division: int) -> FloatArray:
    """Return how far onsets are from the nearest part of a matra, in matras, shape [onsets]."""
    return at - np.round(at * division) / division


def _nearest(at: FloatArray, division: int) -> Sequence[Fraction]:
    return [Fraction(round(each * division), division) for each in at.tolist()]


def _fits(at: FloatArray, finest: int) -> bool:
    shares = [
        float(np.median(np.abs(_off_grid(at, division)))) * 4 * division
        for division in DIVISIONS
        if division <= min(4, finest)
    ]
    return min(shares) <= FITS
