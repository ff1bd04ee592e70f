"""What a report says in words: the same sentences on the terminal, on the page and in the picture."""

from __future__ import annotations

import math
from typing import get_args

from swara.classifier.notes.judge import MISTUNED_WITHIN_CENTS
from swara.data.take import Note, Tonic, TonicCandidate, Verdict
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara
from swara.service.phrases import percent, printable
from swara.service.take.report import Drift, NoteOpinion, TakeReport, Thresholds

__all__ = [
    "SHORT_S",
    "advice",
    "cents_cell",
    "corrected",
    "drift_words",
    "guessed_tonic",
    "head_words",
    "how_far",
    "how_off",
    "how_to_override",
    "letter",
    "note_label",
    "note_span",
    "raga_words",
    "share_words",
    "span",
    "spot_words",
    "swara_in_saptak",
    "threshold_words",
    "tick_label",
    "tick_step_s",
    "tonic_flag",
    "tonic_words",
    "verdict_words",
    "wavers",
]

SHORT_S = 15.0
"""Every note of a take this short is listed without asking."""

_TICKS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_PARTS_OF_A_SEMITONE = {
    1 / 4: "a quarter of a semitone",
    1 / 3: "a third of a semitone",
    1 / 2: "half a semitone",
    2 / 3: "two thirds of a semitone",
    3 / 4: "three quarters of a semitone",
    1: "a semitone",
    3 / 2: "a semitone and a half",
    2: "two semitones",
}


def swara_in_saptak(swara: str, saptak: str) -> str:
    """Name a swara with its octave, which goes without saying in the middle one: ``Ga``, ``taar Sa``."""
    return swara if saptak == "madhya" else f"{saptak} {swara}"


def letter(swara: str, saptak: str) -> str:
    """Write a swara in roman notation: ``Ga`` in madhya as ``G``, ``Sa`` in taar as ``S'``."""
    return swara_letter(*parse_swara(f"{saptak} {swara}"))


def span(start_s: float, end_s: float) -> str:
    """Say where a stretch lies: ``2.41-2.93 s``; from a minute on ``1:02.41-1:02.93``."""
    if end_s < 60.0:
        return f"{start_s:.2f}-{end_s:.2f} s"
    return f"{_clock(start_s)}-{_clock(end_s)}"


def note_span(note: Note) -> str:
    """Say where a note lies."""
    return span(note.start_s, note.end_s)


def corrected(said: str, right: str | None) -> str:
    """Say what a report said and a user corrected: ``D, not P``; what was said where that was right."""
    return said if right is None or right == said else f"{right}, not {said}"


def how_off(cents: float) -> str:
    """Say a signed distance: ``32 cents low``, ``1 cent high``, ``on the mark``."""
    size = round(abs(cents))
    if size == 0:
        return "on the mark"
    return f"{size} cent{'s' if size > 1 else ''} {'low' if cents < 0 else 'high'}"


def how_far(cents: float) -> str:
    """Say a distance in semitones, as a singer hears it; cents are for the eye."""
    size = abs(cents) / 100
    if size < 0.17:
        return "a touch"
    if size > 2.25:
        return f"{size:.1f} semitones"
    nearest = min(_PARTS_OF_A_SEMITONE, key=lambda part: abs(part - size))
    return f"about {_PARTS_OF_A_SEMITONE[nearest]}"


def spot_words(note: Note, raga: str) -> str:
    """Say what was sung: ``Ga, 32 cents low``; a foreign note with the raga's own swara nearest to it."""
    name = swara_in_saptak(note.swara, note.saptak)
    if note.verdict == "unsure":
        return f"perhaps {name}"
    if note.foreign:
        way = "up" if note.raga_cents_off < 0 else "down"
        size = round(abs(note.raga_cents_off))
        return f"{name} is not in {raga}; nearest is {note.raga_swara}, {size} cents {way}"
    return f"{name}, {how_off(note.raga_cents_off)}"


def advice(note: Note) -> str:
    """Say what to do about a note next time."""
    if note.verdict == "unsure":
        if abs(note.raga_cents_off) > MISTUNED_WITHIN_CENTS:
            return "Too far from every swara of the raga to say which was meant."
        return "Too faint or too noisy to judge; sing it again."
    if round(note.raga_cents_off) == 0:
        return "Keep it."
    way = "higher" if note.raga_cents_off < 0 else "lower"
    goal = f"for {note.raga_swara}, sing" if note.foreign else "Sing it"
    words = f"{goal} {how_far(note.raga_cents_off)} {way}."
    return words[0].upper() + words[1:]


def head_words(opinion: NoteOpinion) -> str:
    """Say what the trained head hears: ``G 98%``; a dash where it is silent."""
    return "-" if opinion.agrees is None else f"{opinion.swara} {percent(opinion.probability)}"


def tonic_words(tonic: Tonic) -> str:
    """Say what Sa is and where it comes from: ``138.6 Hz, given``, or ``138.6 Hz, estimated, 91% sure``."""
    if tonic.confidence == 0:
        return "too little was sung to tell it"
    sure = f", {percent(tonic.confidence)} sure" if tonic.source == "estimated" else ""
    return f"{tonic.hz:.1f} Hz, {tonic.source}{sure}"


def guessed_tonic(tonic: Tonic) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Say that Sa is a guess, and what to type if it is right or is another: words and option."""
    if tonic.confidence == 0:
        return "Sa is not known: too little was sung to tell it.", (
            ("Give it, for instance:", "--tonic C#3"),
        )
    guess = f"Sa {tonic.name} is a guess ({percent(tonic.confidence)} sure), and all below rests on it."
    ways = [("If it is right, confirm it:", tonic_flag(tonic))]
    if (other := tonic.runner_up) is not None:
        ways.append((f"Or it is {other.name} ({percent(other.confidence)} sure):", tonic_flag(other)))
    return guess, tuple(ways)


def how_to_override(tonic: Tonic) -> str | None:
    """Say how to name another Sa, the runner-up for instance; None when it was given or is not known."""
    guessed = tonic.source == "estimated" and tonic.confidence > 0
    return tonic_flag(tonic.runner_up or tonic) if guessed else None


def tonic_flag(candidate: Tonic | TonicCandidate) -> str:
    """Write the option that sets this Sa: by name, or in Hz when it lies off that note."""
    return f"--tonic {candidate.hz:.1f}" if " " in candidate.name else f"--tonic {candidate.name}"


def raga_words(report: TakeReport) -> str:
    """Name the raga, and say when nobody chose it."""
    return printable(report.raga) + (" (the default)" if report.raga_source == "default" else "")


def threshold_words(thresholds: Thresholds) -> str:
    """Say what counts as right: ``perfect within 15 cents, in tune within 25 (student)``."""
    perfect, in_tune = f"{thresholds.perfect_cents:g}", f"{thresholds.in_tune_cents:g}"
    limits = f"in tune within {in_tune}" if perfect != in_tune else "in tune within the same"
    return f"perfect within {perfect} cents, {limits} ({printable(thresholds.preset)})"


def drift_words(drift: Drift | None) -> str:
    """Say how Sa moved."""
    if drift is None:
        return "Too little was sung to tell whether Sa drifted."
    size = round(abs(drift.total_cents))
    if size == 0:
        return "Sa held still."
    way = "sank" if drift.total_cents < 0 else "rose"
    unit = "cent" if size == 1 else "cents"
    rate = f"{drift.cents_per_minute:+.0f} per minute"
    return f"Sa {way} by {size} {unit} from the first note to the last ({rate})."


def cents_cell(note: Note) -> str:
    """Say how far off a note is in a table's cell: ``-32``, ``0``, and ``-`` when it was not judged."""
    off = round(note.raga_cents_off)
    if note.verdict == "unsure":
        return "-"
    return f"{off:+d}" if off else "0"


def wavers(cents: float) -> str:
    """Say how unsteady a note or a swara is: ``±13``, in cents."""
    return f"±{cents:.0f}"


def verdict_words(note: Note) -> str:
    """Say the verdict on a note, and for a foreign one what it was judged against."""
    return note.verdict + (f"; not in the raga, near {note.raga_swara}" if note.foreign else "")


def note_label(note: Note, mark: str = "") -> str:
    """Label a note in a picture: ``G −32``, ``S`` on the mark, ``R ?`` unsure; `mark` follows the letter."""
    name, off = letter(note.swara, note.saptak) + mark, round(note.raga_cents_off)
    if note.verdict == "unsure":
        return f"{name} ?"
    return f"{name} {off:+d}".replace("-", "\N{MINUS SIGN}") if off else name


def share_words(report: TakeReport) -> tuple[tuple[Verdict, str], ...]:
    """Say the share of each verdict that was given: ``perfect 57%``."""
    verdicts: tuple[Verdict, ...] = get_args(Verdict)
    shares = ((verdict, report.verdict_shares.get(verdict, 0.0)) for verdict in verdicts)
    return tuple((verdict, f"{verdict} {percent(share)}") for verdict, share in shares if share > 0)


def tick_step_s(duration_s: float, most: int) -> float:
    """Return a round number of seconds that puts at most about `most` ticks on a time axis."""
    return next((step for step in _TICKS_S if duration_s / step <= most), _TICKS_S[-1])


def tick_label(time_s: float) -> str:
    """Label a time axis: ``0.5 s``, ``12 s``, ``1:05``."""
    return f"{time_s:g} s" if time_s < 60.0 else f"{int(time_s // 60)}:{time_s % 60:02.0f}"


def _clock(seconds: float) -> str:
    seconds = round(seconds, 2)
    minutes = math.floor(seconds / 60)
    return f"{minutes}:{seconds - 60 * minutes:05.2f}"
