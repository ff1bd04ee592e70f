"""What to practise next: single swaras, alankars and phrases of a raga, the weakest swara more often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from swara.classifier.transcription import sung_pitches
from swara.raga.errors import BadNotation, SwaraError, nearest_names
from swara.raga.notation import parse_notation, swara_letter, to_roman
from swara.raga.ragas import Raga
from swara.raga.swaras import SVARASTHANAS, SwaraPitch, parse_swara, saptak_name
from swara.raga.tuning import Tuning
from swara.service.phrases import swara_in_saptak

from .drill_task import FURTHEST, LONGEST_STEP_S, MOST_STEPS, DrillTask, step_of

__all__ = ["ALANKARS", "DrillPlan", "SwaraRecord", "drill_plans", "next_task", "written_task"]

MOST_OFTEN = 4.0
"""How many times as often the weakest swara may come as the strongest, so that the others come too."""

LAST_RESULTS, MOST_PAST = 200, 8.0
"""How many results of a client are read; and as how many notes all of a swara's history counts at most."""

_MOST_NOTES = 9  # of an alankar at once: three cells of three
_SINGLE_S, _SEVERAL_S = 1.5, 0.8
_LEAST_S = 0.25
_LONGEST_NAME = 150

ALANKARS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "sargam": ("Sargam: up and down", (0,)),
    "doubles": ("Alankar in pairs: S S, R R", (0, 0)),
    "turns": ("Alankar there and back: S R S, R G R", (0, 1, 0)),
    "threes": ("Alankar in threes: S R G, R G m", (0, 1, 2)),
    "fours": ("Alankar in fours: S R G m, R G m P", (0, 1, 2, 3)),
    "fives": ("Alankar in fives: S R S R G, R G R G m", (0, 1, 0, 1, 2)),
    "skips": ("Alankar that skips one: S G, R m", (0, 2)),
}
"""What each is called, and the places of one cell on the raga's ascent or descent; the next begins one on."""


@dataclass(frozen=True, slots=True)
class DrillPlan:
    """A way to practise.

    Parameters
    ----------
    kind : str
        What it is asked for by.
    words : str
        What it is called.
    """

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class SwaraRecord:
    """How a swara was sung in takes so far.

    Parameters
    ----------
    held : int
        How many of its notes were judged.
    in_tune : int
        How many of them were in tune.
    bias_cents : float
        Their median distance from the target, signed.
    """

    held: int
    in_tune: int
    bias_cents: float = 0.0


def drill_plans() -> tuple[DrillPlan, ...]:
    """Return the ways to practise; each fits every raga."""
    alankars = (DrillPlan(kind, words) for kind, (words, _) in ALANKARS.items())
    return (DrillPlan("swaras", "Single swaras"), *alankars, DrillPlan("phrases", "Phrases of the raga"))


def next_task(
    kind: str,
    raga: Raga,
    tuning: Tuning,
    *,
    rng: np.random.Generator,
    done: Sequence[Mapping[str, Any]] = (),
    history: Mapping[str, SwaraRecord] | None = None,
    octave_free: bool = True,
) -> DrillTask:
    """Choose what to sing next.

    Parameters
    ----------
    kind : str
        One of `drill_plans`.
    raga : Raga
        Whose swaras and phrases are practised.
    tuning : Tuning
        Says where they lie.
    rng : numpy.random.Generator
        Chooses; the same one in the same state chooses the same.
    done : sequence of mapping
        Messages of the results so far, as the client was sent them, the last one last.
    history : mapping of str to SwaraRecord, optional
        By the name of the swara, such as ``komal Re``.
    octave_free : bool
        Whether it may be sung in any octave.

    Returns
    -------
    DrillTask
        Never what came last, if there is anything else.

    Raises
    ------
    SwaraError
        If there is no such plan, or `done` is no list of results.
    """
    known = {plan.kind: plan.kind for plan in drill_plans()}
    if not isinstance(kind, str) or kind not in known:
        raise SwaraError(f'no drill is called "{kind}"', where="kind", fix=nearest_names(str(kind), known))
    counts = _counts(done, history or {})
    weakness = {index: 1.0 - (right + 1.0) / (all_ + 2.0) for index, (right, all_) in counts.items()}
    choices = _candidates(kind, raga)
    last = done[-1].get("name") if done else None
    others = [each for each in choices if _name(each) != last] or choices
    most = max(weakness[index] for index in raga.swaras)
    often = {index: max(weakness[index] / most, 1 / MOST_OFTEN) for index in raga.swaras}
    weights = np.array([np.mean([often[swara.index] for swara, _ in _flat(each)]) for each in others])
    chosen = others[int(rng.choice(len(others), p=weights / weights.sum()))]
    seconds = _SINGLE_S if kind == "swaras" else _SEVERAL_S
    steps = tuple(step_of(pitch, tuning, seconds) for pitch in _flat(chosen))
    return DrillTask(kind, _name(chosen), _why(chosen, counts, history or {}), steps, octave_free)


def written_task(text: str, raga: Raga, tuning: Tuning, *, octave_free: bool = True) -> DrillTask:
    """Make a task of a phrase in notation; kan and meend are left to the singer.

    Parameters
    ----------
    text : str
        As `swara.raga.notation.parse_notation` reads it.
    raga, tuning, octave_free
        As for `next_task`.

    Raises
    ------
    BadNotation
        If it cannot be read, holds no swara, more than a drill has, or one that is not in the raga or two
        octaves off; it names the swara and its place.
    """
    line = parse_notation(text)
    steps = []
    for swara in line:
        pitches = sung_pitches(swara, raga)
        for pitch in pitches:
            letter = swara_letter(*pitch)
            if not raga.allows(pitch[0].index):
                fix = "Write another swara, or choose the raga that has it"
                raise BadNotation(f'"{letter}" is not in {raga.display}', where=swara.place, fix=fix)
            if abs(pitch[1]) > FURTHEST:
                fix = "Write it nearer to the middle octave"
                raise BadNotation(f'"{letter}" is too far off', where=swara.place, fix=fix)
            seconds = _SEVERAL_S * float(swara.beats) / len(pitches)
            steps.append(step_of(pitch, tuning, min(max(seconds, _LEAST_S), LONGEST_STEP_S)))
    if not 1 <= len(steps) <= MOST_STEPS:
        what = f"{len(steps)} swaras are sung" if steps else "no swara is written"
        raise BadNotation(f"{what}, and a drill has 1 to {MOST_STEPS}", fix='Write a phrase, such as "G R S"')
    name = to_roman(line)
    name = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return DrillTask("written", name, f"Sing {name}", tuple(steps), octave_free)


_Cells = tuple[tuple[SwaraPitch, ...], ...]


def _flat(cells: _Cells) -> Iterator[SwaraPitch]:
    return (pitch for cell in cells for pitch in cell)


def _name(cells: _Cells) -> str:
    """Return the name of a single swara, else notation."""
    if len(cells) == 1 and len(cells[0]) == 1:
        svarasthana, octave = cells[0][0]
        return swara_in_saptak(svarasthana.name, saptak_name(octave))
    return ", ".join(" ".join(swara_letter(*pitch) for pitch in cell) for cell in cells)


def _candidates(kind: str, raga: Raga) -> list[_Cells]:
    """Return all that may be asked, each once, in order."""
    up, down = (tuple(map(parse_swara, line)) for line in (raga.aroha, raga.avaroha))
    found: list[_Cells]
    if kind == "swaras":
        found = [((pitch,),) for pitch in (*up, *down)]
    elif kind == "phrases":
        found = [(phrase,) for phrase in _phrases(raga)]
    elif kind == "sargam":
        found = [(up,), (down,)]
    else:
        cell = ALANKARS[kind][1]
        found = [*_alankar(up, cell), *_alankar(down, cell)]
    return list({_name(each): each for each in found or [(up,), (down,)]}.values())


def _alankar(line: tuple[SwaraPitch, ...], cell: tuple[int, ...]) -> Iterator[_Cells]:
    """Move a cell along a line; yield as many cells as are sung at once, from each place on."""
    cells = [tuple(line[start + place] for place in cell) for start in range(len(line) - max(cell))]
    # A line that turns back passes a swara twice: a cell that should move and stands still is none.
    cells = [each for each in cells if _moves(each, cell)]
    count = min(len(cells), max(1, _MOST_NOTES // len(cell)))
    for start in range(len(cells) - count + 1) if count else ():
        yield tuple(cells[start : start + count])


def _moves(pitches: tuple[SwaraPitch, ...], cell: tuple[int, ...]) -> bool:
    return all((a == b) == (p == q) for (a, b), (p, q) in zip(pairwise(pitches), pairwise(cell), strict=True))


def _phrases(raga: Raga) -> Iterator[tuple[SwaraPitch, ...]]:
    """Yield the key phrases, each of two swaras or more; of a raga without them, pieces of its scale."""
    for line in raga.pakad or tuple(" ".join(each) for each in _pieces(raga)):
        phrase: list[SwaraPitch] = []
        for swara in parse_notation(line):
            phrase.append(swara.pitch)
            if swara.ends_phrase and len(phrase) > 1:
                yield tuple(phrase)
                phrase = []
        if len(phrase) > 1:
            yield tuple(phrase)


def _pieces(raga: Raga) -> Iterator[tuple[str, ...]]:
    for line in (raga.aroha, raga.avaroha):
        size = min(4, len(line))
        yield from (line[start : start + size] for start in range(len(line) - size + 1))


def _counts(
    done: Sequence[Mapping[str, Any]], history: Mapping[str, SwaraRecord]
) -> dict[int, tuple[float, float]]:
    """Return how often each svarasthana was right, and how often it could be told."""
    counts = {}
    for svarasthana in SVARASTHANAS:
        record = history.get(svarasthana.name, SwaraRecord(0, 0))
        share = min(1.0, MOST_PAST / record.held) if record.held else 0.0
        counts[svarasthana.index] = (share * record.in_tune, share * record.held)
    by_name = {svarasthana.name: svarasthana.index for svarasthana in SVARASTHANAS}
    for swara, verdict in _verdicts(done):
        # What is missing may have been sung too short to be judged: no news of the swara's tune.
        if swara in by_name and verdict not in ("unsure", "missing"):
            right, all_ = counts[by_name[swara]]
            counts[by_name[swara]] = (right + (verdict in ("perfect", "in tune")), all_ + 1)
    return counts


def _verdicts(done: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    if not isinstance(done, (list, tuple)):
        raise SwaraError(
            "this is no list of results", where="done", fix="Send what was received, the last one last"
        )
    for message in done[-LAST_RESULTS:]:
        results = message.get("results") if isinstance(message, Mapping) else None
        if not isinstance(results, (list, tuple)):
            raise SwaraError("this is no result of a drill", where="done", fix="Send what was received")
        for each in results:
            fields = each if isinstance(each, Mapping) else {}
            swara, verdict = fields.get("swara"), fields.get("verdict")
            if not isinstance(swara, str) or not isinstance(verdict, str):
                raise SwaraError("this is no result of a drill", where="done", fix="Send what was received")
            yield swara, verdict


def _why(cells: _Cells, counts: Mapping[int, tuple[float, float]], history: Mapping[str, SwaraRecord]) -> str:
    """Say what to sing, and of its weakest swara how it went."""
    swaras = {swara.index: swara for swara, _ in _flat(cells) if counts[swara.index][1] >= 2}
    shares = [(counts[index][0] / counts[index][1], swara) for index, swara in swaras.items()]
    words = f"Sing {_name(cells)}"
    if not shares:
        return words
    share, weakest = min(shares, key=lambda each: (each[0], each[1].index))
    if share > 0.7:
        return words
    record = history.get(weakest.name)
    bias = round(record.bias_cents) if record else 0
    lately = f", {abs(bias)} cents {'low' if bias < 0 else 'high'} in your takes" if abs(bias) >= 5 else ""
    return f"{words}: {weakest.name} was in tune {round(100 * share)}% of the time{lately}"
