"""Notes found in sight-singing by amateurs, against notes marked by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swara.classifier.notes import find_held_notes
from swara.data.arrays import FloatArray
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack

from .floor import plain_notes
from .page import Check, Section, Table
from .recordings import SightSinging, sight_singing
from .tracks import Tracks

__all__ = ["measure"]

NOTE_F = 0.78
"""What a plain segmenter on the best trackers reaches on these files, as published with the set's notes."""


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Notes: `intervals_s`, shape [notes, 2], and `midi`, shape [notes]."""

    intervals_s: FloatArray
    midi: FloatArray


_Finder = Callable[[Clip, PitchTrack], _Found]
_Scores = dict[str, FloatArray]
_HEADINGS = ("precision", "recall", "F", "F, labels as they are", "F of onsets alone")


_METHOD = (
    "Melodies sung by amateurs from the page and recorded on phones, notes marked by hand. A note is right"
    " when its onset lies within 50 ms and its pitch within 50 cents; its end does not count. Means over"
    " files. The labels run sharp, so each file's median difference is taken off first. The constants of"
    " the note finder were chosen looking at these very files, and some files sing the same melody: read the"
    " figures as how well it can do, not as what a new singer will get. Files of even and odd place in the"
    " list are shown apart for the scatter; neither half was held out."
)


def measure(root: Path, tracks: Tracks) -> Section:
    """Measure swara's notes and a plain segmenter's on the same pitch."""
    takes = sight_singing(root)
    pitch = tracks.own([take.clip for take in takes])
    ours, floor = _all(takes, pitch, _held), _all(takes, pitch, _plain)
    f, f_floor = (float(scores["F"].mean()) for scores in (ours, floor))
    onsets = float(ours[_HEADINGS[-1]].mean())
    shift = float(np.median([_sharpness(t, _held(t.clip, p)) for t, p in zip(takes, pitch, strict=True)]))
    return Section(
        title="Notes of sight-singers",
        method=_METHOD,
        checks=(
            Check("note F, median removed", f, NOTE_F, "", digits=3),
            Check("note F against the plain segmenter in this run", f, f_floor, "", digits=3),
        ),
        tables=(
            Table(
                "The plain segmenter, on the same pitch track: every voiced stretch, cut where the smoothed"
                " pitch leaves the running median by more than 80 cents, stretches under 100 ms dropped.",
                ("notes", *_HEADINGS),
                (
                    _row(f"swara, all {len(takes)} files", ours, slice(None)),
                    _row("swara, even files", ours, slice(0, None, 2)),
                    _row("swara, odd files", ours, slice(1, None, 2)),
                    _row("plain segmenter, all files", floor, slice(None)),
                ),
            ),
        ),
        reading=f"Against hand-made labels swara reaches F {f:.3f} where cutting at jumps reaches"
        f" {f_floor:.3f}. The median file is labelled {-100 * shift:.0f} cents above the pitch that is"
        f" measured. With pitch left out F is {onsets:.3f}: of what is missing from 1, {1 - onsets:.3f}"
        f" is lost to onsets and {onsets - f:.3f} to pitch.",
    )


def _held(clip: Clip, track: PitchTrack) -> _Found:
    notes = find_held_notes(clip, track).notes
    return _found([(note.start_s, note.end_s, note.hz) for note in notes])


def _plain(clip: Clip, track: PitchTrack) -> _Found:  # noqa: ARG001
    return _found(plain_notes(track))


def _found(notes: Sequence[tuple[float, float, float]]) -> _Found:
    table = np.array(notes, dtype=np.float64).reshape(-1, 3)
    return _Found(table[:, :2], 69.0 + 12.0 * np.log2(table[:, 2] / 440.0))


def _all(takes: Sequence[SightSinging], tracks: Sequence[PitchTrack], find: _Finder) -> _Scores:
    scores = [_score(take, find(take.clip, track)) for take, track in zip(takes, tracks, strict=True)]
    return dict(zip(_HEADINGS, np.array(scores).T, strict=True))


def _score(take: SightSinging, found: _Found) -> tuple[float, ...]:
    from mir_eval.transcription import onset_precision_recall_f1, precision_recall_f1_overlap

    def score(midi: FloatArray) -> tuple[float, float, float]:
        truth, heard = (take.intervals_s, _hz(take.midi)), (found.intervals_s, _hz(midi))
        precision, recall, f, _ = precision_recall_f1_overlap(*truth, *heard, offset_ratio=None)
        return precision, recall, f

    onsets = onset_precision_recall_f1(take.intervals_s, found.intervals_s)[2]
    return *score(found.midi - _sharpness(take, found)), score(found.midi)[2], onsets


def _sharpness(take: SightSinging, found: _Found) -> float:
    """Median of what is heard minus what is labelled, in semitones; 0 where nothing is heard."""
    middles_s = take.intervals_s.mean(axis=1)
    inside = (found.intervals_s[:, :1] <= middles_s) & (middles_s < found.intervals_s[:, 1:])
    notes, labels = np.nonzero(inside)
    return float(np.median(found.midi[notes] - take.midi[labels])) if notes.size else 0.0


def _hz(midi: FloatArray) -> FloatArray:
    return 440.0 * 2.0 ** ((midi - 69.0) / 12.0)


def _row(name: str, scores: _Scores, files: slice) -> tuple[str, ...]:
    return name, *(f"{float(scores[heading][files].mean()):.3f}" for heading in _HEADINGS)
