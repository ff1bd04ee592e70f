"""The questions that versions are asked, some made hard, and how much of a difference is chance.

Phrases are asked about as a learner would repeat them: cut anew from what was heard of the recordings, at the
Sa and by the labels that were frozen, so that lines gone wrong in an index are not examined with themselves.
Notes that nobody sang wrong are named right by every version, so that naming them tells nothing. Each is
asked about once more as a learner might sing it: as far off as a note may be that still is what it was meant
to be, begun on a neighbour, with frames of the tracker an octave off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, TypeAlias

import numpy as np

from swara.classifier.contours import Contour, contour
from swara.classifier.contours.phrases import PhraseLine, phrase_lines, phrase_of, without_ornaments
from swara.classifier.note_head.examples import NoteSource
from swara.data.arrays import FloatArray, IntArray
from swara.data.pitch_track import PitchTrack
from swara.data.recording import Recording
from swara.raga.swaras import parse_swara
from swara.service.store.manifest import Score, Scores

from .labelled_notes import LabelledNote

__all__ = [
    "DRIFT_CENTS",
    "KNOTS",
    "ORNAMENT_FRAMES",
    "TEMPO",
    "Answers",
    "PhraseQuestion",
    "chance_falls",
    "hard_cents",
    "labelled_swaras",
    "learner",
    "phrase_questions",
    "shares",
]

Answers: TypeAlias = Mapping[str, FloatArray]
"""By what is measured: 1 for a question that was answered well, 0 where not, NaN where it does not count."""

OFF_CENTS: Final = (25.0, 45.0)
"""How far off they are sung, up or down: from where the head is sure to where the next swara is as near."""

BEGUN_CENTS: Final = (-200.0, -100.0, 100.0, 200.0)
BEGUN_SHARE: Final = 0.4
"""From where they are approached, and how much of the note that takes."""

OCTAVE_SHARE: Final = 0.1
"""Of the frames, those that are an octave off."""

ORNAMENT_FRAMES: Final = 25
"""A running median over 0.25 s leaves held notes and glides, and nothing of a murki or a kan."""

DRIFT_CENTS, TEMPO, KNOTS = 40.0, 1.5, 6
"""Of whoever sings a phrase again: how far Sa drifts, how much the tempo changes, in how many places."""

MOST_PHRASES: Final = 100
"""Each takes some 25 ms among 100,000 phrases, and is asked of two versions."""

RESAMPLED: Final = 1000
BEYOND: Final = 0.99
"""How often the questions are drawn anew, and the share of the draws that a fall by chance stays within: of a
hundred nights on which nothing got worse, one is stopped by a score."""

_SEED: Final = 20_261_127


def hard_cents(notes: Sequence[LabelledNote]) -> list[FloatArray]:
    """Return the pitch of notes as they would be sung badly: float64, shape [frames] each, cents above Sa.

    What is drawn for a note hangs on its recording and its place there alone: the same every night, whatever
    else is asked.

    Parameters
    ----------
    notes : sequence of LabelledNote
        As sung.
    """
    return [_sung_badly(note.source, f"{note.item.recording} {note.item.start_s:.4f}") for note in notes]


@dataclass(frozen=True, slots=True, eq=False)
class PhraseQuestion:
    """A phrase of a singer held out, as a learner would repeat it.

    Parameters
    ----------
    recording : str
        Id of the recording that it is from.
    start_s, end_s : float
        Where it lies there, in seconds.
    swaras : tuple of int
        What is labelled there, without octaves: semitones above Sa.
    sung : PhraseLine
        What is sought.
    """

    recording: str
    start_s: float
    end_s: float
    swaras: tuple[int, ...]
    sung: PhraseLine


def phrase_questions(
    recordings: Sequence[Recording], track_of: Callable[[Recording], PitchTrack]
) -> list[PhraseQuestion]:
    """Return phrases to ask about, about `MOST_PHRASES`, shared out among recordings; the same every night.

    Parameters
    ----------
    recordings : sequence of Recording
        As they were frozen; those with one swara alone hold no phrase.
    track_of : callable
        What was heard of one.
    """
    several = [each for each in recordings if len({label.swara for label in each.labels}) > 1]
    chosen = sorted(several, key=lambda each: _seed(f"phrases: {each.id}"))[:MOST_PHRASES]
    most = -(-MOST_PHRASES // max(len(chosen), 1))
    return [question for each in chosen for question in _asked_of(each, track_of(each), most)]


def _asked_of(recording: Recording, track: PitchTrack, most: int) -> Iterator[PhraseQuestion]:
    def seed(phrase: PhraseLine) -> int:
        return _seed(f"phrase: {recording.id} {phrase.start_s:.2f} {phrase.end_s:.2f}")

    for phrase in sorted(phrase_lines(track, recording.tonic_hz), key=seed)[:most]:
        line = contour(track, recording.tonic_hz, phrase.start_s, phrase.end_s)
        sung = phrase_of(learner(line, np.random.default_rng(seed(phrase))))
        if sung is not None:
            labelled = labelled_swaras(recording, phrase.start_s, phrase.end_s)
            yield PhraseQuestion(recording.id, phrase.start_s, phrase.end_s, labelled, sung)


def labelled_swaras(recording: Recording, start_s: float, end_s: float) -> tuple[int, ...]:
    """Return the swaras that are labelled in a stretch, without octaves, none twice in a row."""
    inside = [each for each in recording.labels if start_s <= 0.5 * (each.start_s + each.end_s) < end_s]
    return tuple(step for step, _ in groupby(parse_swara(each.swara)[0].index for each in inside))


def learner(line: Contour, rng: np.random.Generator, frames: int = ORNAMENT_FRAMES) -> Contour:
    """Return a phrase as a learner repeats it: without its ornaments, out of time, Sa drifting by 40 cents.

    Parameters
    ----------
    line : Contour
        As the professional sings it.
    rng : Generator
        Draws whether Sa rises or falls, and a tempo that goes up and down between two thirds and one and a
        half times the professional's.
    frames : int
        An odd number: over how many a running median takes the ornaments out.
    """
    sung = line.sung()
    plain = without_ornaments(sung.cents, frames)
    drift = np.linspace(0.0, DRIFT_CENTS * rng.choice([-1.0, 1.0]), plain.size)
    tempos = TEMPO ** np.interp(
        np.linspace(0, KNOTS - 1, plain.size), np.arange(KNOTS), rng.uniform(-1, 1, KNOTS)
    )
    places = np.concatenate(([0.0], np.cumsum(tempos)))[: plain.size]
    places *= (plain.size - 1) / max(places[-1], 1.0)
    return Contour(sung.times_s, np.interp(places, np.arange(plain.size), plain + drift))


def _seed(name: str) -> int:
    """Return a number that is the same on every machine."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])


def _sung_badly(source: NoteSource, name: str) -> FloatArray:
    rng = np.random.default_rng(_seed(f"hard: {name}"))
    cents: FloatArray = source.cents + rng.choice((-1.0, 1.0)) * rng.uniform(*OFF_CENTS)
    begun = round(BEGUN_SHARE * cents.size)
    cents[:begun] += np.linspace(rng.choice(BEGUN_CENTS), 0.0, begun)
    wrong = rng.random(cents.size) < OCTAVE_SHARE
    cents[wrong] += rng.choice((-1200.0, 1200.0))
    return cents


def shares(answers: Answers) -> Scores:
    """Return how many questions were answered well, of those that count; what none counts for is left out."""
    counted = {name: each[np.isfinite(each)] for name, each in answers.items()}
    return {name: Score(float(each.mean()), each.size) for name, each in counted.items() if each.size}


def chance_falls(before: Answers, now: Answers, recordings: Sequence[str]) -> dict[str, float]:
    """Return by how much each share may seem to have fallen from one version to the next, and not have.

    The recordings that the questions come from are drawn anew, with replacement, and the same for both
    versions: a paired bootstrap by recording, as questions of one recording stand and fall together. What 99
    of 100 draws do not exceed, beside the fall that was seen, is chance.

    Parameters
    ----------
    before, now : mapping of str to float64 array, shape [questions]
        The answers of both; what only one of them was asked is left out.
    recordings : sequence of str
        Id of the recording that each question is of.
    """
    names, of = np.unique(np.array(recordings, dtype=np.str_), return_inverse=True)
    drawn = np.random.default_rng(_SEED).integers(len(names), size=(RESAMPLED, len(names)))
    times = np.array([np.bincount(each, minlength=len(names)) for each in drawn], dtype=np.float64)
    return {
        name: _chance(_sums(before[name], of, len(names)), _sums(now[name], of, len(names)), times)
        for name in before.keys() & now.keys()
        if np.isfinite(before[name]).any() and np.isfinite(now[name]).any()
    }


def _sums(answers: FloatArray, of: IntArray, count: int) -> FloatArray:
    """Return what was answered well, and what counts, of each recording, shape [2, count]."""
    counts = np.isfinite(answers)
    sums = [np.bincount(of, each, count) for each in (np.where(counts, answers, 0.0), counts)]
    return np.array(sums, dtype=np.float64)


def _chance(before: FloatArray, now: FloatArray, times: FloatArray) -> float:
    """Return what is chance, where each draw, a row of `times`, has each recording so many times."""

    def share(sums: FloatArray) -> FloatArray:
        shares_drawn: FloatArray = sums[0] / np.maximum(sums[1], 1.0)
        return shares_drawn

    fell = share(before.sum(axis=1)) - share(now.sum(axis=1))
    falls = share(before @ times.T) - share(now @ times.T)
    return float(max(0.0, np.quantile(falls - fell, BEYOND)))
