"""What a report says in words: the same sentences on the terminal, on the page and in the picture."""

from __future__ import annotations

import math
import re
from typing import get_args

from swara.classifier.notes.judge import MISTUNED_WITHIN_CENTS
from swara.data.take import Note, Tonic, TonicCandidate, Verdict
from swara.index import Item
from swara.raga.errors import BadNotation
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara, saptak_name
from swara.raga.tonic_names import note_name
from swara.service.phrases import counted, how_off, note_words, percent, printable, swara_in_saptak
from swara.service.take.report import Drift, NoteOpinion, TakeReport, Thresholds

__all__ = [
    "SHORT_S",
    "advice",
    "cents_cell",
    "corrected",
    "doubt_words",
    "drift_words",
    "guessed_tonic",
    "head_words",
    "how_far",
    "how_off",
    "how_to_override",
    "letter",
    "note_label",
    "note_span",
    "note_words",
    "often_words",
    "page_words",
    "praise",
    "raga_words",
    "sample_words",
    "share_words",
    "span",
    "spot_words",
    "swara_in_saptak",
    "swara_named",
    "target_hz",
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

_MOST_PRAISED = 3
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


def letter(swara: str, saptak: str) -> str:
    """Write a swara in roman notation: ``Ga`` in madhya as ``G``, ``Sa`` in taar as ``S'``."""
    return swara_letter(*parse_swara(f"{saptak} {swara}"))


def swara_named(letter: str) -> str:
    """Name a swara that stands in roman notation, as everywhere else in a report: ``taar Sa`` for ``S'``."""
    try:
        svarasthana, octave = parse_swara(letter)
    except BadNotation:
        return letter
    return swara_in_saptak(svarasthana.name, saptak_name(octave))


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
    """Say what was sung: ``Ga, 32 cents low``, and of a foreign note what it is nearer to."""
    if note.verdict == "unsure":
        return f"perhaps {swara_in_saptak(*note.called)}"
    words = f"{swara_in_saptak(*note.called)}, {how_off(note.raga_cents_off)}"
    if not note.foreign:
        return words
    return f"{words}, nearer to {swara_in_saptak(note.swara, note.saptak)}, which is not in {raga}"


def advice(note: Note) -> str:
    """Say what to do about a note next time."""
    if note.verdict == "unsure":
        if abs(note.raga_cents_off) > MISTUNED_WITHIN_CENTS:
            return "Too far from every swara of the raga to say which was meant."
        return "Too faint or too noisy to judge; sing it again."
    if round(note.raga_cents_off) == 0:
        return "Keep it."
    way = "higher" if note.raga_cents_off < 0 else "lower"
    return f"Sing it {how_far(note.raga_cents_off)} {way}."


def head_words(opinion: NoteOpinion) -> str:
    """Say what the trained head hears: ``Ga 98%``; a dash where it is silent."""
    if opinion.agrees is None:
        return "-"
    return f"{swara_named(opinion.swara)} {percent(opinion.probability)}"


def doubt_words(note: Note, opinion: NoteOpinion) -> str:
    """Say why a note that the head disagrees with is unsure."""
    shown = swara_in_saptak(note.swara, note.saptak)
    heard = f"{swara_named(opinion.swara)} ({percent(opinion.probability)})"
    return f"the note head hears {heard} where the pitch shows {shown}"


def often_words(report: TakeReport, spot: Note) -> str:
    """Say how often a swara went wrong in the same way: ``low 5 of 8 times``; nothing if once."""
    swara = (spot.raga_swara, spot.raga_saptak)
    judged = [n for n in report.notes if (n.raga_swara, n.raga_saptak) == swara and n.verdict != "unsure"]
    same = sum(note.verdict == spot.verdict for note in judged)
    if same < 2:
        return ""
    return f"{spot.verdict} {same} of {len(judged)} times"


def praise(report: TakeReport) -> str | None:
    """Say what was good: the swaras in tune throughout, the longest sung first, else the best one."""
    whole = sorted((s for s in report.per_swara if s.in_tune_share == 1.0), key=lambda s: -s.duration_s)
    if whole:
        names = [swara_in_saptak(stats.swara, stats.saptak) for stats in whole[:_MOST_PRAISED]]
        listed = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
        often = " each time" if any(stats.notes > 1 for stats in whole[:_MOST_PRAISED]) else ""
        return f"Well sung: {listed}, in tune{often}."
    best = max(report.per_swara, key=lambda s: (s.in_tune_share, s.duration_s), default=None)
    if best is None or best.in_tune_share < 0.5:
        return None
    name = swara_in_saptak(best.swara, best.saptak)
    return f"Best was {name}, in tune for {percent(best.in_tune_share)} of its time."


def target_hz(note: Note, tonic: Tonic) -> float:
    """Return the pitch at which a note would have been in tune, over this singer's own Sa."""
    return float(tonic.hz * 2.0 ** ((note.cents - note.raga_cents_off) / 1200.0))


def sample_words(item: Item) -> str:
    """Say who sings a sample, and on which Sa where that is known: ``A. Singer, Sa A3``."""
    return item.singer + (f", Sa {note_words(note_name(item.tonic_hz))}" if item.tonic_hz else "")


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
    sure = percent(tonic.confidence)
    guess = f"Sa {note_words(tonic.name)} is a guess ({sure} sure), and all below rests on it."
    ways = [("If it is right, confirm it:", tonic_flag(tonic))]
    if (other := tonic.runner_up) is not None:
        sure = percent(other.confidence)
        ways.append((f"Or it is {note_words(other.name)} ({sure} sure):", tonic_flag(other)))
    return guess, tuple(ways)


def how_to_override(tonic: Tonic) -> str | None:
    """Say how to name another Sa, the runner-up for instance; None when it was given or is not known."""
    guessed = tonic.source == "estimated" and tonic.confidence > 0
    return tonic_flag(tonic.runner_up or tonic) if guessed else None


def page_words(text: str) -> str:
    """Say a warning with the fields of the live page, where it names options of the command line."""
    text = re.sub(r" \((?:--[a-z-]+(?:, )?)+\)", "", text)
    return text.replace("with --guru-tonic", "in the field Its Sa").replace("with --tonic", "in the field Sa")


def tonic_flag(candidate: Tonic | TonicCandidate) -> str:
    """Write the option that sets this Sa: by name, or in Hz when it lies off that note."""
    return f"--tonic {candidate.hz:.1f}" if " " in candidate.name else f"--tonic {candidate.name}"


def raga_words(report: TakeReport) -> str:
    """Name the raga, and say when nobody chose it."""
    return printable(report.raga) + (" (assumed: none was given)" if report.raga_source == "default" else "")


def threshold_words(thresholds: Thresholds) -> str:
    """Say what counts as right: ``perfect within 15 cents, in tune within 25 (student)``."""
    perfect, in_tune = f"{thresholds.perfect_cents:g}", f"{thresholds.in_tune_cents:g}"
    limits = f"in tune within {in_tune}" if perfect != in_tune else "in tune within the same"
    return f"perfect within {perfect} cents, {limits} ({printable(thresholds.preset)})"


def drift_words(drift: Drift) -> str:
    """Say how Sa moved."""
    size = round(abs(drift.total_cents))
    way = "sank" if drift.total_cents < 0 else "rose"
    rate = f"{drift.cents_per_minute:+.0f} per minute"
    return f"Sa {way} by {counted(size, 'cent')} from the first note to the last ({rate})."


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
    """Say the verdict on a note, and for a foreign one what it is nearer to."""
    if not note.foreign or note.verdict == "unsure":
        return note.verdict
    return f"{note.verdict}; nearer to {swara_in_saptak(note.swara, note.saptak)}, not in the raga"


def note_label(note: Note, mark: str = "") -> str:
    """Label a note in a picture: ``G −32``, ``S`` on the mark, ``R ?`` unsure; `mark` follows the letter."""
    name, off = letter(*note.called) + mark, round(note.raga_cents_off)
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
