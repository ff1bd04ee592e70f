"""What the note head is worth on real singing, with pitch and without, trained on synthesized voices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks.note_head import FEATURES, HELD_OUT_KEYS, HeadScores, Outcome, named_notes
from benchmarks.page import Check, Section, Table
from benchmarks.pitch.tracks import Tracks
from swara.embedder.registry import embedder_named

RIGHT, REAL_RIGHT = 100.0, 95.0
_BOTH, _, _, _PITCH, _SOUND = FEATURES
_METHOD = """Trained on the bundled samples, which are synthesized, and on nothing else. Tested on one man's
chromatic scale, read as the twelve svarasthanas and taar Sa, Re, Ga and Pa in six keys (96 notes; evidently
pitch-corrected), and on the confirmed segments of a professional's three calans, whose labels rest on pitch
too. Right means answered with the right swara and saptak; no answer counts as wrong. `Likeliest` is what the
head would have said had it not abstained. Pitch is what the tracker finds, the embedding is built in."""
_CAPTIONS = {
    "scale": "The chromatic scale, in six keys.",
    "calan": "The calans.",
    "unknown": "Scale and calans, other swaras than Bhupali's six, by heads that learned no others: no answer"
    " is right.",
    "keys": f"Bundled samples with Sa on {', '.join(key.replace('-sharp', '#') for key in HELD_OUT_KEYS)}, by"
    " heads trained on the other three keys; the same voices.",
}
_FITTED = """Bundled samples, each voice by a head trained without it: the likeliest swara is right, answered,
answers that are right, expected calibration error."""


def measure(root: Path, tracks: Tracks) -> Section:
    """Train with pitch, with the embedding and with both; name notes of real singers and of other keys."""
    notes = named_notes(root, tracks, embedder_named("builtin"))
    trials = {feature.title: notes.trial(feature) for feature in (_BOTH, _PITCH, _SOUND)}
    both, pitch, sound = trials.values()
    return Section(
        "The note head",
        _METHOD,
        (
            _check("chromatic scale, pitch and embedding: right", both.scale, RIGHT),
            _check("chromatic scale, pitch alone: right", pitch.scale, RIGHT),
            _check("calans: right", both.calan, REAL_RIGHT),
            Check(
                "scale and calans, swaras never learned: no answer",
                100 * both.unknown.share(both.unknown.silent),
                REAL_RIGHT,
            ),
            _check("bundled samples in keys held out: right", both.keys, RIGHT),
        ),
        (*(_outcomes(caption, trials, asked) for asked, caption in _CAPTIONS.items()), _fitted(trials)),
        _reading(both, pitch, sound),
    )


def _check(what: str, outcome: Outcome, target: float) -> Check:
    return Check(what, 100 * outcome.share(outcome.right), target)


def _outcomes(caption: str, trials: Mapping[str, HeadScores], asked: str) -> Table:
    outcomes = {title: getattr(trial, asked) for title, trial in trials.items()}
    rows = [(title, *o[:3], o.share(o.right), o.share(o.likeliest)) for title, o in outcomes.items()]
    headings = ("head", "right", "wrong", "no answer", "right of all", "likeliest")
    return Table(caption, headings, rows, ("{}", "{}", "{}", "{:.1%}", "{:.1%}"))


def _fitted(trials: Mapping[str, HeadScores]) -> Table:
    rows = []
    for title, metrics in ((title, trial.metrics) for title, trial in trials.items()):
        scores = metrics.scores
        shares = (scores.accuracy, scores.coverage, scores.precision, scores.calibration_error)
        known = (float("nan") if share is None else share for share in shares)
        rows.append((title, *known, metrics.temperature, metrics.threshold))
    headings = ("head", "likeliest", "answered", "right answers", "ECE", "temperature", "threshold")
    return Table(_FITTED, headings, rows, (*["{:.1%}"] * 4, *["{:.2f}"] * 2))


def _reading(both: HeadScores, pitch: HeadScores, sound: HeadScores) -> str:
    classes, notes = both.classes, both.scale.notes
    return (
        f"On the chromatic scale {both.scale.right} of {notes} notes are named rightly with pitch and"
        f" embedding and {pitch.scale.right} with pitch alone. With the embedding alone {sound.scale.right}"
        f" are; its likeliest swara is right for {sound.scale.likeliest}, where a guess among {classes}"
        f" would be for {notes / classes:.0f}. Of {both.calan.notes} notes of the calans it is"
        f" {both.calan.right}, {pitch.calan.right} and {sound.calan.right} (likeliest:"
        f" {sound.calan.likeliest}). Adding the embedding to the pitch changes"
        f" {abs(both.scale.right - pitch.scale.right)} of the first and"
        f" {abs(both.calan.right - pitch.calan.right)} of the second."
    )
