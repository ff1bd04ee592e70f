"""An attempt at a drill's task: which of the notes that were held answer which swara, and how they lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from swara.raga.notation import swara_letter
from swara.raga.swaras import SwaraPitch, parse_swara, saptak_name
from swara.raga.tuning import Tuning
from swara.service.phrases import counted, how_off, swara_in_saptak

from .drill_task import DrillNote, DrillResult, DrillStep, DrillTask, DrillVerdict
from .events import LiveNote

__all__ = ["DrillAttempt", "judge_attempt"]

PAUSE_S, PATIENCE_S = 1.0, 2.5
"""An attempt is over when nothing was held for so long after its last swara; or anywhere in it: a breath is
taken in less."""

NOTHING_S = 10.0
"""When so long, and twice the task's length, nothing was held at all, that is said."""

MEANT_CENTS = 75.0
"""A note out of tune, nearer to a neighbour, is still meant for the swara that was asked if so near to it:
half way to the next is 35 to 56 cents."""

_EARLY_S = 0.1  # the session hears in steps of so much
_MISSING, _EXTRA, _ANOTHER, _PER_OCTAVE, _UNSURE, _BRIEF, _AGAIN = 0.8, 0.8, 0.9, 0.5, 0.3, 0.1, 0.2
"""Costs of an alignment: another swara in place of the one asked costs less than leaving out both, more than
either; farther costs more; of two notes on one swara the longer answers it;
one note answers two steps on one swara where there are not two."""

_Pairs: TypeAlias = tuple[int | None, ...]
_Partial: TypeAlias = tuple[float, _Pairs]


class DrillAttempt:
    """Collects the notes of an attempt, and tells when it is over.

    Parameters
    ----------
    task : DrillTask
        What was asked.
    start_s : float
        From when on notes count, in seconds from the session's first sample: what began before, such as the
        sound of the task itself, does not.

    Attributes
    ----------
    task : DrillTask
        As given.
    """

    def __init__(self, task: DrillTask, start_s: float) -> None:
        self.task = task
        self._start_s = start_s
        self._notes: dict[int, LiveNote] = {}
        self._known: tuple[_Pairs, int] | None = None  # alignment of what is held

    def hear(self, note: LiveNote) -> None:
        """Take in a note, or news of one."""
        self._known = None
        if note.withdrawn:
            self._notes.pop(note.id, None)
        elif note.start_s >= self._start_s - _EARLY_S:
            self._notes[note.id] = note

    def is_over(self, now_s: float, *, ended: bool = False) -> bool:
        """Tell whether it is over.

        Parameters
        ----------
        now_s : float
            How much was heard, in seconds from the session's first sample.
        ended : bool
            Whether nothing follows.
        """
        held = self._held()
        if ended or len(held) < len(self._notes):
            return ended and bool(held)
        if not held:
            length_s = sum(step.seconds for step in self.task.steps)
            return now_s - self._start_s > NOTHING_S + 2 * length_s
        if len(held) > 3 * len(self.task.steps) + 8:
            return True
        self._known = self._known or _aligned(self.task, held)
        pairs, octave = self._known
        quiet_s = now_s - held[-1].end_s
        if pairs[-1] is None:
            return quiet_s > PATIENCE_S
        note = held[pairs[-1]]
        answered = note.verdict == "unsure" or _distance(self.task.steps[-1], note, octave) == 0
        return quiet_s > PAUSE_S or (None not in pairs and answered and pairs[-1] == len(held) - 1)

    def result(self, now_s: float, tuning: Tuning) -> DrillResult:
        """Judge it.

        Parameters
        ----------
        now_s : float
            As in `is_over`.
        tuning : Tuning
            What the notes were judged by.
        """
        held = self._held()
        start_s, end_s = (held[0].start_s, held[-1].end_s) if held else (self._start_s, now_s)
        return judge_attempt(self.task, held, tuning, start_s=start_s, end_s=end_s)

    def _held(self) -> list[LiveNote]:
        return sorted((note for note in self._notes.values() if note.final), key=lambda note: note.start_s)


def judge_attempt(
    task: DrillTask, held: Sequence[LiveNote], tuning: Tuning, *, start_s: float, end_s: float
) -> DrillResult:
    """Judge what was sung for a task.

    Notes that are too many or too few do not move the others. One note may answer a swara that is asked twice
    in a row: a singer need not strike it anew.

    Parameters
    ----------
    task : DrillTask
        What was asked.
    held : sequence of LiveNote
        The notes that ended, in order.
    tuning : Tuning
        What they were judged by.
    start_s, end_s : float
        Where the attempt lies, in seconds.
    """
    pairs, octave = _aligned(task, held)
    results = tuple(
        _judged(step, None if place is None else held[place], octave, tuning, anything=bool(held))
        for step, place in zip(task.steps, pairs, strict=True)
    )
    extra = tuple(
        swara_letter(*_moved(note, octave)) for place, note in enumerate(held) if place not in pairs
    )
    worst = max(results, key=_badness)
    words = _words(results, octave)
    return DrillResult(task.kind, task.name, worst.verdict, words, start_s, end_s, octave, results, extra)


def _judged(
    step: DrillStep, note: LiveNote | None, octave: int, tuning: Tuning, *, anything: bool
) -> DrillNote:
    called = swara_in_saptak(step.swara, step.saptak)
    if note is None:
        # Where no note was held at all, somebody may have sung shorter ones, or nobody: neither is a mistake.
        verdict: DrillVerdict = "missing" if anything else "unsure"
        words = f"no held {called} was heard"
        return DrillNote(step.swara, step.letter, step.saptak, verdict, None, None, None, words)
    sung = _moved(note, octave)
    letter = swara_letter(*sung)
    verdict, cents_off = note.verdict, note.cents_off
    if sung != step.pitch and verdict != "unsure":
        verdict, cents_off = _beside(step, note, sung, tuning)
    if verdict == "unsure":
        words = f"{called} cannot be told: the voice was unclear, or far from the raga's swaras"
    elif verdict == "another swara":
        heard = swara_in_saptak(sung[0].name, saptak_name(sung[1]))
        words = f"{heard} was sung for {called}"
    else:
        off = f", {how_off(cents_off or 0.0)}" if verdict in ("low", "high") else ""
        words = f"{called}{off or f' is {verdict}'}"
    return DrillNote(step.swara, step.letter, step.saptak, verdict, cents_off, letter, note.id, words)


def _beside(
    step: DrillStep, note: LiveNote, sung: SwaraPitch, tuning: Tuning
) -> tuple[DrillVerdict, float | None]:
    """Judge a note that is named otherwise than what was asked: meant for it if it lies between the two."""
    svarasthana, octave = step.pitch
    off_own = note.cents_off or 0.0
    target = tuning.targets[sung[0].index]
    edge_cents = target.low_cents if off_own < 0 else target.high_cents
    cents = edge_cents + off_own + 1200.0 * sung[1]
    off = tuning.targets[svarasthana.index].offset(cents - 1200.0 * octave)
    towards = off * off_own < 0  # off its own swara in the direction of the one that was asked
    if note.verdict in ("low", "high") and towards and abs(off) <= MEANT_CENTS:
        return ("low" if off < 0 else "high"), off
    return "another swara", None


def _moved(note: LiveNote, octave: int) -> SwaraPitch:
    svarasthana, own = parse_swara(note.letter)
    return svarasthana, own - octave


def _distance(step: DrillStep, note: LiveNote, octave: int) -> int:
    """Return how many semitones a note lies from what was asked."""
    (asked, asked_octave), (sung, sung_octave) = step.pitch, _moved(note, octave)
    return abs(sung.index - asked.index + 12 * (sung_octave - asked_octave))


def _aligned(task: DrillTask, held: Sequence[LiveNote]) -> tuple[_Pairs, int]:
    """Return for each step the place of the note that answers it, and the octave the attempt lies in."""
    octaves = sorted(range(-3, 4), key=abs) if task.octave_free and held else [0]
    tried = [(*_alignment(task.steps, held, octave), octave) for octave in octaves]
    _, pairs, octave = min(tried, key=lambda each: each[0])
    return pairs, octave


def _alignment(steps: Sequence[DrillStep], held: Sequence[LiveNote], octave: int) -> tuple[float, _Pairs]:
    """Return the cheapest alignment in an octave and its cost (Needleman and Wunsch 1970)."""
    best: list[_Partial] = [(_EXTRA * place, ()) for place in range(len(held) + 1)]
    answers: list[_Partial] = []
    for row, step in enumerate(steps):
        above, before = best, answers
        again = row > 0 and steps[row - 1].letter == step.letter
        best, answers = [_and(above[0], _MISSING, None)], []
        for place, note in enumerate(held):
            answer = _and(above[place], _cost(step, note, octave), place)
            if again and _distance(step, note, octave) == 0:
                answer = min(answer, _and(before[place], _AGAIN, place), key=_total)
            answers.append(answer)
            cost, pairs = best[-1]
            missing = _and(above[place + 1], _MISSING, None)
            best.append(min(answer, missing, (cost + _EXTRA, pairs), key=_total))
    return best[-1]


def _and(partial: _Partial, cost: float, place: int | None) -> _Partial:
    return partial[0] + cost, (*partial[1], place)


def _total(partial: _Partial) -> float:
    return partial[0]


def _cost(step: DrillStep, note: LiveNote, octave: int) -> float:
    distance = _distance(step, note, octave)
    brief = _BRIEF * (1.0 - min(1.0, note.steady_s))
    if note.verdict == "unsure" and distance <= 1:
        return _UNSURE + brief
    return brief + (_ANOTHER + _PER_OCTAVE * min(1.0, distance / 12) if distance else 0.0)


_ORDER: tuple[DrillVerdict, ...] = ("perfect", "in tune", "unsure", "low", "high", "missing", "another swara")


def _badness(result: DrillNote) -> tuple[int, float]:
    rank = _ORDER.index(result.verdict)
    return (3 if result.verdict == "high" else rank), abs(result.cents_off or 0.0)


def _words(results: Sequence[DrillNote], octave: int) -> str:
    where = f", sung {counted(abs(octave), 'octave')} {'higher' if octave > 0 else 'lower'}" if octave else ""
    right = sum(result.verdict in ("perfect", "in tune") for result in results)
    wrong = [result.words for result in results if result.verdict not in ("perfect", "in tune")]
    if len(results) == 1:
        return _sentence(results[0].words + where)
    if not any(result.note is not None for result in results):
        return "No held note was heard: hold each swara a little longer"
    told = dict.fromkeys(wrong[:3])
    more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return "; ".join([f"{right} of {len(results)} in tune{where}", *told]) + more


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
