"""How often Sa is found, and whether the confidence in it can be believed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias
from unittest.mock import patch

import numpy as np

from benchmarks.page import Check, Section, Table, percent
from benchmarks.pitch.tracks import Tracks
from benchmarks.recordings import Performance, calans, concerts
from benchmarks.shares import Share
from swara.classifier.notes import find_held_notes
from swara.classifier.tonic import estimate, estimate_tonic
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.take import Tonic
from swara.raga.ragas import BASIC_RAGAS, Raga

RIGHT = 100.0
"""Percent. Published methods find Sa in 90 to 93% of whole concert recordings with a tanpura."""

EXCERPTS, SEED, LENGTHS_S = 12, 20, (5.0, 10.0, 20.0)
SAME_CENTS = 50.0
BANDS = ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01))
KNOWLEDGE = {"raga given": True, "raga unknown": False}
EVIDENCE: dict[str, dict[str, float]] = {
    "notes and drone": {},
    "notes only": {"DRONE_WEIGHT": 0.0},
    "drone only": {"NOTES_TEMPER": 0.0},
}
"""What Sa is judged by, and the weights of the estimator that are changed for it."""

_ALL = "notes and drone"
_METHOD = f"""Three calans and three concert excerpts, whole, and excerpts of 5, 10 and 20 seconds at random
places ({EXCERPTS} of each length from each recording; those of 20 seconds overlap much). Pitch is tracked on
the whole recording. Right means within 50 cents, octaves apart; the octave is shown beside it. The weights of
the evidence were chosen on other random excerpts of these same six recordings, all of which have a drone, so
a new singer may fare worse."""
_BELIEVED = (
    "Excerpts by confidence: where it can be believed, the share that is right is no less than it says."
)

Recorded: TypeAlias = tuple[Performance, PitchTrack]


@dataclass(frozen=True, slots=True)
class _Guess:
    """An estimate, and the truth about it."""

    tonic: Tonic
    sa_hz: float
    length_s: float

    @property
    def _cents(self) -> float:
        return 1200.0 * float(np.log2(self.tonic.hz / self.sa_hz))

    @property
    def off_cents(self) -> float:
        """Error in cents, octaves left out of account: -600 up to 600."""
        return (self._cents + 600.0) % 1200.0 - 600.0

    @property
    def right(self) -> bool:
        """Whether it is the same pitch class."""
        return abs(self.off_cents) <= SAME_CENTS

    @property
    def octave_right(self) -> bool:
        """Whether it is right, and in the right octave."""
        return abs(self._cents) <= SAME_CENTS

    @property
    def sure(self) -> bool:
        """Whether the report would not ask for it to be confirmed."""
        return not self.tonic.needs_confirmation


_Guesses: TypeAlias = Sequence[_Guess]


def measure(root: Path, tracks: Tracks) -> Section:
    """Measure Sa on whole recordings and on excerpts, with all the evidence and with parts of it."""
    performances = (*calans(root), *concerts(root))
    pitch = tracks.of("head", [performance.clip for performance in performances])
    recorded = list(zip(performances, pitch, strict=True))
    parts = list(_excerpts(recorded, np.random.default_rng(SEED)))
    whole = {known: _guess_all(recorded, _ALL, given) for known, given in KNOWLEDGE.items()}
    found = {
        (evidence, known): _guess_all(parts, evidence, given)
        for evidence in EVIDENCE
        for known, given in KNOWLEDGE.items()
    }
    return Section(
        "Finding Sa",
        _METHOD,
        [
            Check(f"{known}, {what}: right or asked about", 100 * _safe(guesses), RIGHT)
            for known in KNOWLEDGE
            for what, guesses in (("whole recordings", whole[known]), ("excerpts", found[_ALL, known]))
        ],
        [_wholes(performances, whole), _calibration(found), _ablation(found)],
        _reading(whole, found),
    )


def _excerpts(wholes: Sequence[Recorded], rng: np.random.Generator) -> Iterator[Recorded]:
    """Yield excerpts from random places, `EXCERPTS` of every length from every recording."""
    for performance, track in wholes:
        for length_s in LENGTHS_S:
            last, frames = round((performance.clip.duration_s - length_s) / HOP_S), round(length_s / HOP_S)
            for first in rng.integers(0, last, EXCERPTS, endpoint=True).tolist():
                inside = slice(first, first + frames + 1)
                clip = performance.clip.between(HOP_S * first, HOP_S * (first + frames))
                hz, voiced = track.hz[inside], track.voiced[inside]
                part = PitchTrack(HOP_S * np.arange(hz.size), hz, track.confidence[inside], voiced)
                yield replace(performance, clip=clip), part


def _guess_all(recorded: Sequence[Recorded], evidence: str, raga_given: bool) -> list[_Guess]:
    """Run the very estimator that ships, with the weights of the evidence that is left out at 0."""
    with ExitStack() as changes:
        for weight, value in EVIDENCE[evidence].items():
            changes.enter_context(patch.object(estimate, weight, value))
        return [_guess(performance, track, raga_given) for performance, track in recorded]


def _guess(performance: Performance, track: PitchTrack, raga_given: bool) -> _Guess:
    ragas: Collection[Raga] = [performance.raga] if raga_given else BASIC_RAGAS.values()
    notes = find_held_notes(performance.clip, track).notes
    tonic = estimate_tonic(performance.clip, notes, ragas)
    return _Guess(tonic, performance.sa_hz, performance.clip.duration_s)


def _share(holds: Sequence[bool]) -> float:
    return Share.of(np.array(holds, np.float64)).value


def _right(guesses: _Guesses) -> float:
    return _share([guess.right for guess in guesses])


def _octave_right(guesses: _Guesses) -> float:
    return _share([guess.octave_right for guess in guesses])


def _safe(guesses: _Guesses) -> float:
    """Return the share that is not confidently wrong."""
    return _share([guess.right or not guess.sure for guess in guesses])


def _wholes(performances: Sequence[Performance], whole: Mapping[str, _Guesses]) -> Table:
    rows = [
        (
            f"{performance.name}, {known}",
            f"{guess.sa_hz:.1f} Hz",
            f"{tonic.hz:.1f} Hz",
            f"{guess.off_cents:+.0f} cents",
            "right" if guess.octave_right else "wrong",
            f"{tonic.confidence:.2f}",
            "-" if second is None else f"{second.name} ({second.confidence:.2f})",
            "yes" if tonic.needs_confirmation else "no",
        )
        for known, guesses in whole.items()
        for performance, guess in zip(performances, guesses, strict=True)
        for tonic, second in ((guess.tonic, guess.tonic.runner_up),)
    ]
    headings = ("recording", "Sa", "estimate", "off by", "octave", "confidence", "runner-up", "asks")
    return Table("Whole recordings; `asks` where the report wants Sa confirmed.", headings, rows)


def _calibration(found: Mapping[tuple[str, str], _Guesses]) -> Table:
    rows = []
    for known in KNOWLEDGE:
        for low, high in BANDS:
            band = [guess for guess in found[_ALL, known] if low <= guess.tonic.confidence < high]
            mean = _share([guess.tonic.confidence for guess in band])
            name = f"{known}, {low:.1f} to {min(high, 1.0):.1f}"
            rows.append((name, str(len(band)), mean, _right(band), _octave_right(band)))
    headings = ("confidence", "excerpts", "mean confidence", "right", "octave right too")
    return Table(_BELIEVED, headings, rows, "{:.1%}")


def _ablation(found: Mapping[tuple[str, str], _Guesses]) -> Table:
    rows = [
        (
            f"{evidence}, {known}",
            *(_right([g for g in guesses if abs(g.length_s - length) < HOP_S]) for length in LENGTHS_S),
            _octave_right(guesses),
            str(sum(g.sure for g in guesses)),
            str(sum(g.sure and not g.right for g in guesses)),
            str(sum(g.sure and g.right and not g.octave_right for g in guesses)),
        )
        for (evidence, known), guesses in found.items()
    ]
    lengths = (f"{length_s:.0f} s" for length_s in LENGTHS_S)
    counts = ("called sure", "sure and wrong", "sure, octave wrong")
    headings = ("evidence", *lengths, "octave right too, all lengths", *counts)
    return Table("What the evidence is worth: share of excerpts with the right Sa.", headings, rows, "{:.1%}")


def _reading(whole: Mapping[str, _Guesses], found: Mapping[tuple[str, str], _Guesses]) -> str:
    lines = [
        f"With the {known}, {sum(g.right for g in whole[known])} of {len(whole[known])} whole recordings and"
        f" {percent(_right(guesses))} of all excerpts come out right; {sum(g.sure for g in guesses)} of"
        f" {len(guesses)} excerpts are called sure, {sum(g.sure and not g.right for g in guesses)} of them"
        " wrongly."
        for known in KNOWLEDGE
        for guesses in (found[_ALL, known],)
    ]
    return " ".join(lines) + (
        " For the rest the report asks the singer to confirm Sa. A singer without a drone stands on the rows"
        f" `notes only`: {percent(_right(found['notes only', 'raga unknown']))} with the raga unknown,"
        f" {percent(_right(found['notes only', 'raga given']))} with it given."
    )
