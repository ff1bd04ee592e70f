"""The pitch head and pYIN on voices whose f0 is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swara.data.arrays import BoolArray, FloatArray
from swara.data.pitch_track import PitchTrack

from .page import Check, Section, Table, percent
from .recordings import ExactClip, resynthesised
from .tracks import Tracks

__all__ = ["measure"]

TOLERANCES_CENTS = (50.0, 25.0, 10.0)
BIAS_CENTS = 2.0


@dataclass(frozen=True, slots=True)
class _Score:
    """Raw pitch accuracy within each tolerance (0 to 1), and the median error in cents and its size."""

    accuracy: tuple[float, ...]
    bias_cents: float
    size_cents: float


def measure(root: Path, tracks: Tracks) -> Section:
    """Measure the pitch head, and pYIN on its grid and refined."""
    clips = resynthesised(root)
    audio = [clip.clip for clip in clips]
    ours, plain = _mean(clips, tracks.own(audio)), _mean(clips, tracks.plain(audio))
    refined = _mean(clips, tracks.refined(audio))
    return Section(
        title="Pitch against exact truth",
        method=f"{len(clips)} clips of real voices, resynthesised so that f0 is exact, without a drone. Raw"
        " pitch accuracy of every truly voiced frame (whether or not the tracker calls it voiced), octave"
        " errors counted as errors, mean over clips; estimates interpolated in log frequency to the"
        " truth's times, frames next to a change of voicing left out. The target is plain pYIN in this run.",
        checks=(
            *(
                Check(f"within {cents:.0f} cents", 100 * own, 100 * theirs)
                for cents, own, theirs in zip(TOLERANCES_CENTS, ours.accuracy, plain.accuracy, strict=True)
            ),
            Check(
                "size of the bias",
                abs(ours.bias_cents),
                BIAS_CENTS,
                "cents",
                at_most=True,
                digits=2,
            ),
        ),
        tables=(
            Table(
                "Bias is the median error, size the median of the error without its sign; means over clips.",
                ("pitch", *(f"within {cents:.0f} cents" for cents in TOLERANCES_CENTS), "bias", "size"),
                (
                    _row("pitch head", ours),
                    _row("pYIN, its grid of 10 cents", plain),
                    _row("pYIN, refined", refined),
                ),
            ),
        ),
        reading=f"Within 10 cents lie {percent(ours.accuracy[-1])} of the frames by the pitch head,"
        f" {percent(plain.accuracy[-1])} by pYIN and {percent(refined.accuracy[-1])} by pYIN refined; the"
        f" middle errors: {ours.size_cents:.1f}, {plain.size_cents:.1f} and {refined.size_cents:.1f} cents."
        f" Within 50 cents, where only gross errors count, it is {percent(ours.accuracy[0])},"
        f" {percent(plain.accuracy[0])} and {percent(refined.accuracy[0])}.",
    )


def _mean(clips: Sequence[ExactClip], tracks: Sequence[PitchTrack]) -> _Score:
    scores = [_score(clip, track) for clip, track in zip(clips, tracks, strict=True)]
    accuracy = np.mean([score.accuracy for score in scores], axis=0)
    return _Score(
        tuple(float(a) for a in accuracy),
        float(np.mean([score.bias_cents for score in scores])),
        float(np.mean([score.size_cents for score in scores])),
    )


def _score(clip: ExactClip, track: PitchTrack) -> _Score:
    from mir_eval.melody import hz2cents, raw_pitch_accuracy

    counted = _away_from_changes(clip.hz > 0)
    heard_hz = np.exp(np.interp(clip.times_s[counted], track.times_s, np.log(track.hz)))
    truth, heard = hz2cents(clip.hz[counted]), hz2cents(heard_hz)
    voiced = np.ones(truth.size)
    accuracy = (raw_pitch_accuracy(voiced, truth, voiced, heard, cent_tolerance=c) for c in TOLERANCES_CENTS)
    error_cents: FloatArray = heard - truth
    return _Score(tuple(accuracy), float(np.median(error_cents)), float(np.median(np.abs(error_cents))))


def _away_from_changes(voiced: BoolArray) -> BoolArray:
    """Return the voiced frames whose neighbours are voiced too."""
    inner = voiced.copy()
    inner[1:] &= voiced[:-1]
    inner[:-1] &= voiced[1:]
    return inner


def _row(name: str, score: _Score) -> tuple[str, ...]:
    figures = (percent(accuracy) for accuracy in score.accuracy)
    return name, *figures, f"{score.bias_cents:+.2f} cents", f"{score.size_cents:.2f} cents"
