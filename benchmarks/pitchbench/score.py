"""Frames counted, with mir_eval's own functions."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from swara.data.arrays import BoolArray, FloatArray, IntArray

from .material import Sung, Track

__all__ = ["BANDS_HZ", "TOLERANCES_CENTS", "Scores", "Tallies", "aligned", "band_tallies", "tallies"]

TOLERANCES_CENTS = (50.0, 25.0, 10.0)
STRETCH_S = 5.0
"""Longer recordings are cut into stretches of about this, each of which counts as a clip."""

BANDS_HZ = (80.0, 110.0, 150.0, 210.0, 290.0, 400.0, 550.0, 700.0, 900.0)
"""Edges of the bands that voices from low to high are told apart by."""

Tallies = FloatArray
"""Counts, shape [clips, 9]: frames whose pitch counts, of these within 50, 25 and 10 cents and off by
octaves; truly voiced frames and of these heard so; truly unvoiced frames and of these heard voiced."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares from 0 to 1; NaN for a share of nothing.

    Parameters
    ----------
    within : tuple of float
        Raw pitch accuracy at each of `TOLERANCES_CENTS`.
    octaves_off : float
        Raw chroma accuracy less raw pitch accuracy, both at 50 cents.
    recall, false_alarm : float
        Of voicing.
    """

    within: tuple[float, ...]
    octaves_off: float
    recall: float
    false_alarm: float

    @classmethod
    def of(cls, counts: FloatArray) -> Scores:
        """Pool counts of shape [clips, 9], frame by frame."""
        frames, *within, octaves, voiced, recalled, unvoiced, false = np.sum(np.atleast_2d(counts), axis=0)
        return cls(
            tuple(_share(count, frames) for count in within),
            _share(octaves, frames),
            _share(recalled, voiced),
            _share(false, unvoiced),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Aligned:
    """Truth and estimate at the truth's times; `counted` are the frames whose pitch counts."""

    times_s: FloatArray
    true_hz: FloatArray
    heard_hz: FloatArray
    heard_voiced: BoolArray
    counted: BoolArray

    def at(self, chosen: BoolArray) -> _Aligned:
        return _Aligned(
            self.times_s[chosen],
            self.true_hz[chosen],
            self.heard_hz[chosen],
            self.heard_voiced[chosen],
            self.counted[chosen],
        )


def aligned(sung: Sung, track: Track) -> _Aligned:
    """Bring a track to the truth's times.

    Estimates are interpolated in log frequency between two frames that have one; elsewhere the nearest
    frame speaks, and a frame without an estimate leaves 0 Hz. Voicing is that of the nearest frame. Frames
    next to a change of voicing do not count for pitch.
    """
    nearest = _nearest(track.times_s, sung.times_s)
    with np.errstate(invalid="ignore", divide="ignore"):
        log_hz = np.log(track.hz)
    between = np.interp(sung.times_s, track.times_s, log_hz)  # NaN next to a frame without an estimate
    heard_hz = np.nan_to_num(np.exp(np.where(np.isnan(between), log_hz[nearest], between)))
    return _Aligned(sung.times_s, sung.hz, heard_hz, track.voiced[nearest], _away_from_changes(sung))


def tallies(sung: Sung, track: Track) -> Tallies:
    """Count the frames of each stretch, shape [stretches, 9]."""
    both = aligned(sung, track)
    stretches = max(1, round(sung.duration_s / STRETCH_S))
    edges_s = np.linspace(0.0, sung.duration_s, stretches + 1)[1:-1]
    stretch = np.searchsorted(edges_s, sung.times_s, side="right")
    return np.stack([_counts(both.at(stretch == k), sung.tells_voicing) for k in range(stretches)])


def band_tallies(sung: Sung, track: Track) -> FloatArray:
    """Count the frames of each band of true f0, shape [bands, 9]."""
    both = aligned(sung, track)
    band = np.searchsorted(np.array(BANDS_HZ), sung.hz, side="right") - 1
    return np.stack([_counts(both.at(band == k), tells_voicing=False) for k in range(len(BANDS_HZ) - 1)])


def _counts(both: _Aligned, tells_voicing: bool) -> FloatArray:
    from mir_eval.melody import (
        freq_to_voicing,
        hz2cents,
        raw_chroma_accuracy,
        raw_pitch_accuracy,
        voicing_measures,
    )

    counts = np.zeros(9)
    with warnings.catch_warnings():  # that nothing is voiced is a result here, not an accident
        warnings.simplefilter("ignore", UserWarning)
        pitch = both.at(both.counted)
        frames = pitch.true_hz.size
        reference = (np.ones(frames), hz2cents(pitch.true_hz))
        estimate = (pitch.heard_voiced.astype(np.float64), hz2cents(pitch.heard_hz))
        if frames:
            within = [raw_pitch_accuracy(*reference, *estimate, cent_tolerance=c) for c in TOLERANCES_CENTS]
            chroma = raw_chroma_accuracy(*reference, *estimate, cent_tolerance=TOLERANCES_CENTS[0])
            counts[:5] = frames * np.array([1.0, *within, chroma - within[0]])
        if tells_voicing and both.true_hz.size:
            _, sung = freq_to_voicing(both.true_hz)
            recall, false_alarm = voicing_measures(sung, both.heard_voiced.astype(np.float64))
            voiced, unvoiced = np.sum(sung > 0), np.sum(sung == 0)
            counts[5:] = voiced, recall * voiced, unvoiced, false_alarm * unvoiced
    return counts


def _away_from_changes(sung: Sung) -> BoolArray:
    """Return the voiced frames whose neighbours are voiced too, and no gap in the truth between."""
    voiced = sung.hz > 0
    steps_s = np.diff(sung.times_s)
    tied = voiced[1:] & voiced[:-1] & (steps_s < 1.5 * np.median(steps_s))
    inner = voiced.copy()
    inner[1:] &= tied
    inner[:-1] &= tied
    return inner


def _nearest(times_s: FloatArray, wanted_s: FloatArray) -> IntArray:
    return np.searchsorted(0.5 * (times_s[1:] + times_s[:-1]), wanted_s)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
