"""How often Sa is found, and whether the confidence in it can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from swara.data.pitch_track import HOP_S

from .guesses import EVIDENCE, LENGTHS_S, Guess, excerpts, guess_all
from .page import Check, Section, Table, percent
from .recordings import Performance, calans, concerts
from .tracks import Tracks

__all__ = ["measure"]

RIGHT = 100.0
"""Percent. Published methods find Sa in 90 to 93% of whole concert recordings with a tanpura."""

EXCERPTS = 12
SEED = 20
BANDS = ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01))
KNOWLEDGE = {"raga given": True, "raga unknown": False}
_ALL = "notes and drone"
_METHOD = (
    "Three calans and three concert excerpts, whole, and excerpts of 5, 10 and 20 seconds at random places"
    f" ({EXCERPTS} of each length from each recording; those of 20 seconds overlap much). Pitch is tracked on"
    " the whole recording. Right means within 50 cents, octaves apart; the octave is shown beside it. The"
    " weights of the evidence were chosen on other random excerpts of these same six recordings, all of which"
    " have a drone, so a new singer may fare worse."
)


def measure(root: Path, tracks: Tracks) -> Section:
    """Measure Sa on whole recordings and on excerpts, with all the evidence and with parts of it."""
    performances = (*calans(root), *concerts(root))
    pitch = tracks.own([performance.clip for performance in performances])
    recorded = list(zip(performances, pitch, strict=True))
    parts = list(excerpts(recorded, EXCERPTS, np.random.default_rng(SEED)))
    whole = {known: guess_all(recorded, _ALL, raga_given=given) for known, given in KNOWLEDGE.items()}
    found = {
        (evidence, known): guess_all(parts, evidence, raga_given=given)
        for evidence in EVIDENCE
        for known, given in KNOWLEDGE.items()
    }
    full = {known: found[_ALL, known] for known in KNOWLEDGE}
    return Section(
        title="Finding Sa",
        method=_METHOD,
        checks=tuple(check for known in KNOWLEDGE for check in _checks(known, whole[known], full[known])),
        tables=(_wholes_table(performances, whole), _calibration(full), _ablation(found)),
        reading=_reading(whole, found),
    )


def _checks(known: str, whole: Sequence[Guess], parts: Sequence[Guess]) -> tuple[Check, ...]:
    return (
        Check(f"{known}, whole recordings: right or asked about", 100 * _safe(whole), RIGHT),
        Check(f"{known}, excerpts: right or asked about", 100 * _safe(parts), RIGHT),
    )


def _safe(guesses: Sequence[Guess]) -> float:
    """Share that is not confidently wrong."""
    return 1.0 - sum(not guess.right for guess in _sure(guesses)) / len(guesses)


def _right(guesses: Sequence[Guess]) -> float:
    return float(np.mean([guess.right for guess in guesses])) if guesses else float("nan")


def _octave_right(guesses: Sequence[Guess]) -> float:
    return float(np.mean([guess.octave_right for guess in guesses])) if guesses else float("nan")


def _sure(guesses: Sequence[Guess]) -> list[Guess]:
    return [guess for guess in guesses if not guess.tonic.needs_confirmation]


def _long(guesses: Sequence[Guess], length_s: float) -> list[Guess]:
    return [guess for guess in guesses if abs(guess.length_s - length_s) < HOP_S]


def _wholes_table(performances: Sequence[Performance], whole: Mapping[str, Sequence[Guess]]) -> Table:
    rows = [
        _whole_row(f"{performance.name}, {known}", guess)
        for known, guesses in whole.items()
        for performance, guess in zip(performances, guesses, strict=True)
    ]
    headings = ("recording", "Sa", "estimate", "off by", "octave", "confidence", "runner-up", "asks")
    return Table("Whole recordings; `asks` where the report wants Sa confirmed.", headings, tuple(rows))


def _whole_row(name: str, guess: Guess) -> tuple[str, ...]:
    tonic = guess.tonic
    second = tonic.runner_up
    return (
        name,
        f"{guess.sa_hz:.1f} Hz",
        f"{tonic.hz:.1f} Hz",
        f"{guess.off_cents:+.0f} cents",
        "right" if guess.octave_right else "wrong",
        f"{tonic.confidence:.2f}",
        "-" if second is None else f"{second.name} ({second.confidence:.2f})",
        "yes" if tonic.needs_confirmation else "no",
    )


def _calibration(full: Mapping[str, Sequence[Guess]]) -> Table:
    rows = []
    for known, guesses in full.items():
        for low, high in BANDS:
            band = [guess for guess in guesses if low <= guess.tonic.confidence < high]
            mean = np.mean([guess.tonic.confidence for guess in band]) if band else float("nan")
            name = f"{known}, {low:.1f} to {min(high, 1.0):.1f}"
            rows.append(
                (
                    name,
                    str(len(band)),
                    percent(float(mean)),
                    percent(_right(band)),
                    percent(_octave_right(band)),
                )
            )
    caption = (
        "Excerpts by confidence: where it can be believed, the share that is right is no less than it says."
    )
    return Table(
        caption, ("confidence", "excerpts", "mean confidence", "right", "octave right too"), tuple(rows)
    )


def _ablation(found: Mapping[tuple[str, str], Sequence[Guess]]) -> Table:
    rows = tuple(
        (
            f"{evidence}, {known}",
            *(percent(_right(_long(guesses, length_s))) for length_s in LENGTHS_S),
            percent(_octave_right(guesses)),
            str(len(_sure(guesses))),
            str(_wrong(_sure(guesses))),
            str(sum(guess.right and not guess.octave_right for guess in _sure(guesses))),
        )
        for (evidence, known), guesses in found.items()
    )
    lengths = (f"{length_s:.0f} s" for length_s in LENGTHS_S)
    headings = (
        "evidence",
        *lengths,
        "octave right too, all lengths",
        "called sure",
        "sure and wrong",
        "sure, octave wrong",
    )
    return Table("What the evidence is worth: share of excerpts with the right Sa.", headings, rows)


def _wrong(guesses: Sequence[Guess]) -> int:
    return sum(not guess.right for guess in guesses)


def _reading(whole: Mapping[str, Sequence[Guess]], found: Mapping[tuple[str, str], Sequence[Guess]]) -> str:
    lines = []
    for known in KNOWLEDGE:
        guesses, sure = found[_ALL, known], _sure(found[_ALL, known])
        lines.append(
            f"With the {known}, {sum(g.right for g in whole[known])} of {len(whole[known])} whole recordings"
            f" and {percent(_right(guesses))} of all excerpts come out right; {len(sure)} of {len(guesses)}"
            f" excerpts are called sure, {_wrong(sure)} of them wrongly."
        )
    bare = found["notes only", "raga unknown"]
    lines.append(
        "For the rest the report asks the singer to confirm Sa. A singer without a drone stands on the rows"
        f" `notes only`: {percent(_right(bare))} with the raga unknown,"
        f" {percent(_right(found['notes only', 'raga given']))} with it given."
    )
    return " ".join(lines)
