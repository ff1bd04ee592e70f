"""The pitch head and pYIN on voices whose f0 is exact."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.page import Check, Section, Table, percent
from benchmarks.pitch.score import TOLERANCES_CENTS, Scores, aligned, tallies
from benchmarks.pitch.tracks import Tracks
from benchmarks.recordings import Sung, resynthesised
from swara.data.arrays import FloatArray
from swara.data.pitch_track import PitchTrack

BIAS_CENTS = 2.0
_TRACKERS = {"pitch head": "head", "pYIN, its grid of 10 cents": "librosa-pyin", "pYIN, refined": "pyin"}


def measure(root: Path, tracks: Tracks) -> Section:
    """Measure the pitch head, and pYIN on its grid and refined."""
    sung = resynthesised(root)
    clips = [one.clip for one in sung]
    figures = {title: _figures(sung, tracks.of(name, clips)) for title, name in _TRACKERS.items()}
    ours, plain, refined = figures.values()
    within = [f"within {cents:.0f} cents" for cents in TOLERANCES_CENTS]
    return Section(
        "Pitch against exact truth",
        f"""{len(sung)} clips of real voices, resynthesised so that f0 is exact, without a drone. Raw pitch
        accuracy of every truly voiced frame (whether or not the tracker calls it voiced), octave errors
        counted as errors, mean over clips; estimates interpolated in log frequency to the truth's times,
        frames next to a change of voicing left out. The target is plain pYIN in this run.""",
        (
            *(
                Check(what, 100 * own, 100 * floor)
                for what, own, floor in zip(within, ours, plain, strict=False)
            ),
            Check("size of the bias", abs(ours[3]), BIAS_CENTS, "cents", at_most=True, digits=2),
        ),
        [
            Table(
                "Bias is the median error, size the median of the error without its sign; means over clips.",
                ("pitch", *within, "bias", "size"),
                [(title, *row) for title, row in figures.items()],
                ("{:.1%}", "{:.1%}", "{:.1%}", "{:+.2f} cents", "{:.2f} cents"),
            )
        ],
        f"Within 10 cents lie {percent(ours[2])} of the frames by the pitch head, {percent(plain[2])} by"
        f" pYIN and {percent(refined[2])} by pYIN refined; the middle errors: {ours[4]:.1f}, {plain[4]:.1f}"
        f" and {refined[4]:.1f} cents. Within 50 cents, where only gross errors count, it is"
        f" {percent(ours[0])}, {percent(plain[0])} and {percent(refined[0])}.",
    )


def _figures(sung: Sequence[Sung], tracks: Sequence[PitchTrack]) -> FloatArray:
    """Return accuracy within each tolerance, median error and its size in cents, means over clips."""
    rows = []
    for one, track in zip(sung, tracks, strict=True):
        both = aligned(one, track)
        error_cents = 1200 * np.log2(both.estimated_hz[both.counted] / both.true_hz[both.counted])
        within = (share.value for share in Scores(tallies(one, track)).within)
        rows.append([*within, np.median(error_cents), np.median(np.abs(error_cents))])
    means: FloatArray = np.mean(rows, axis=0)
    return means
