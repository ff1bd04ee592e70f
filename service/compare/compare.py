"""The verb: two takes go in, what differs comes out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import numpy as np

from swara.raga.tuning import JUST, Tuning
from swara.service.phrases import how_off, moment, note_words, percent
from swara.service.take.report import TakeReport

from .comparison import Comparison, Finding, Matched, Phrase, Span, Stretch
from .findings import Findings
from .line import Line, line_of
from .overlay import SAME_CENTS, Gap, Overlay, lay_over
from .words import notation_of, verdict_words

__all__ = ["OCTAVE_GAIN", "compare_reports", "fit_of"]

_OCTAVES = (0, 1, -1)
OCTAVE_GAIN = 0.2
"""Another octave must fit so much better, of what is possible, than the one that was sung."""

_LEAST_SHIFT_NOTES, _FURTHEST_SHIFT_CENTS, _SAID_SHIFT_CENTS = 5, 50.0, 8.0
"""What all notes lie off together is put down to an estimated Sa from so many notes on and up to so much;
it is said from the third on."""

_AGAIN_SHARE = 0.8
"""So many notes of a stretch that fits nowhere in order must fit somewhere else to be called sung there."""

_FOREIGN_SHARE, _NEAR_CENTS = 0.05, 30.0
"""So much of its held time one take must dwell on a swara before the other is said to lack it."""


def compare_reports(mine: TakeReport, guru: TakeReport, tuning: Tuning = JUST) -> Comparison:
    """Compare a take with a guru's.

    Pitch is measured from the Sa of each, time against the guru's tempo as the singer has it around a note,
    and both only where the two can be laid over each other.

    Parameters
    ----------
    mine, guru : TakeReport
        Each judged on its own Sa. The thresholds of the singer's say how far off is still right.
    tuning : Tuning
        Where the swaras' targets are: two notes that are both in tune by it are not told apart.
    """
    octave, overlay = _laid_over(mine, guru)
    shift = _shift_cents(overlay)
    estimated = any(report.tonic.source == "estimated" for report in (mine, guru))
    findings = Findings(overlay, mine.thresholds.in_tune_cents, tuning, shift if estimated else 0.0)
    found, matched = tuple(findings.all()), tuple(findings.matched())
    theirs = {note.guru for note in matched}
    sung = len(matched) + sum(each.kind == "another swara" and each.guru not in theirs for each in found)
    missed = sum(finding.kind == "omitted" for finding in found)
    return Comparison(
        mine=mine,
        guru=guru,
        octave=octave,
        notes=matched,
        findings=found,
        stretches=tuple(_stretches(overlay)),
        phrases=tuple(_phrases(overlay, found)),
        clock=findings.clock,
        warnings=tuple(_warnings(mine, guru, overlay, octave, shift, estimated=estimated)),
        verdict=_nothing_sung(mine, guru, overlay)
        or verdict_words(sung, sung + missed, found, _compared_share(overlay), _told(matched)),
    )


def _told(notes: tuple[Matched, ...]) -> str:
    """Say what could be told of the notes that both sing, where nothing is wrong with any."""
    known = {
        "in tune": any(note.cents is not None for note in notes),
        "in time": any(note.late_s is not None for note in notes),
    }
    return " and ".join(words for words, any_known in known.items() if any_known)


def fit_of(mine: TakeReport, guru: TakeReport) -> tuple[float, int]:
    """Return how well two takes can be laid over each other, 0 to 1 (0 where they cannot), and the octave.

    The octave is that of `Comparison`.
    """
    octave, overlay = _laid_over(mine, guru)
    return (overlay.fit if overlay.pairs else 0.0), octave


def _laid_over(mine: TakeReport, guru: TakeReport) -> tuple[int, Overlay]:
    """Return the overlay that fits best, in the octave that was sung or in one beside it."""
    other = line_of(guru)
    laid = [(octave, lay_over(line_of(mine, 1200.0 * octave), other)) for octave in _OCTAVES]
    return max(laid, key=lambda each: _worth(*each))


def _worth(octave: int, overlay: Overlay) -> float:
    if not overlay.pairs:
        return -1.0
    return overlay.fit - OCTAVE_GAIN if octave else overlay.fit


def _shift_cents(overlay: Overlay) -> float:
    """Return what mine lies above the other on the whole; 0 where that cannot be told."""
    notes = [overlay.notes(pair) for pair in overlay.pairs]
    apart = [one.cents - two.cents for one, two in notes if one.sure and two.sure]
    apart = [each for each in apart if abs(each) <= SAME_CENTS]
    if len(apart) < _LEAST_SHIFT_NOTES:
        return 0.0
    middle = float(np.median(apart))
    return middle if abs(middle) <= _FURTHEST_SHIFT_CENTS else 0.0


def _nothing_sung(mine: TakeReport, guru: TakeReport, overlay: Overlay) -> str | None:
    for report, line, whose in _both(mine, guru, overlay):
        if _lacks_sa(report, line):
            return f"Sa of {whose} is not known: nothing is compared"
        if not any(note.held for note in line.notes):
            return f"No steady note was found in {whose}: nothing is compared"
    return None


def _both(mine: TakeReport, guru: TakeReport, overlay: Overlay) -> Iterator[tuple[TakeReport, Line, str]]:
    yield mine, overlay.mine, "your take"
    yield guru, overlay.other, "the guru's take"


def _lacks_sa(report: TakeReport, line: Line) -> bool:
    """Tell whether something is sung, but not enough to tell its Sa."""
    return not report.tonic.confidence and bool(np.isfinite(line.cents).any())


def _compared_share(overlay: Overlay) -> float:
    """Return how much of the guru's held notes lies outside the stretches that are not compared."""
    held = overlay.other.held_s
    out = [at for gap in overlay.gaps() if gap.kind != "single" for at in gap.other]
    return 1.0 - sum(overlay.other.notes[at].duration_s for at in out) / held if held else 0.0


def _stretches(overlay: Overlay) -> Iterator[Stretch]:
    for gap in overlay.gaps():
        if gap.kind == "single":
            continue
        mine, guru = _span_of(overlay, gap, 0), _span_of(overlay, gap, 1)
        own, theirs = (
            notation_of([line.notes[at] for at in numbers])
            for line, numbers in ((overlay.mine, gap.mine), (overlay.other, gap.other))
        )
        missing = f"the guru's {theirs} is not in your take"
        if (elsewhere := _elsewhere(overlay, gap)) is not None:
            words = f"your {own} is the guru's from {moment(elsewhere.start_s)}: once more, or elsewhere"
            yield Stretch("sung elsewhere", mine, elsewhere, words)
            if gap.kind == "unlike":
                yield Stretch("not sung", Span(mine.end_s, mine.end_s), guru, missing)
        elif gap.kind == "not sung":
            yield Stretch("not sung", mine, guru, missing)
        elif gap.kind == "extra":
            yield Stretch("not in the guru's take", mine, guru, f"your {own} is not in the guru's take")
        else:
            words = f"your {own} and the guru's {theirs} cannot be laid over each other"
            yield Stretch("not aligned", mine, guru, words)


def _elsewhere(overlay: Overlay, gap: Gap) -> Span | None:
    """Return where the guru sings what the singer has in another place, or once more; None if nowhere."""
    notes = tuple(overlay.mine.notes[at] for at in gap.mine)
    if not notes:
        return None
    again = lay_over(replace(overlay.mine, notes=notes), overlay.other)
    if len(again.pairs) < _AGAIN_SHARE * len(notes):
        return None
    first, last = (again.notes(again.pairs[at])[1] for at in (0, -1))
    return Span(first.start_s, last.end_s)


def _span_of(overlay: Overlay, gap: Gap, side: int) -> Span:
    """Return where the notes of a gap lie in one take, or the place between its neighbours."""
    line, numbers = ((overlay.mine, gap.mine), (overlay.other, gap.other))[side]
    if numbers:
        return Span(line.notes[numbers[0]].start_s, line.notes[numbers[-1]].end_s)
    if gap.before is not None:
        place = line.notes[gap.before[side]].end_s
    else:
        place = 0.0 if gap.after is None else line.notes[gap.after[side]].start_s
    return Span(place, place)


def _phrases(overlay: Overlay, found: tuple[Finding, ...]) -> Iterator[Phrase]:
    theirs = overlay.other.notes
    for phrase, some in groupby(overlay.pairs, lambda pair: theirs[pair[1]].phrase):
        pairs = list(some)
        (first, one), (last, two) = overlay.notes(pairs[0]), overlay.notes(pairs[-1])
        mine, guru = Span(first.start_s, last.end_s), Span(one.start_s, two.end_s)
        notes = [note for note in theirs if note.phrase == phrase and note.held]
        inside = sum(guru.start_s <= each.guru.start_s <= guru.end_s for each in found)
        slower = (mine.end_s - mine.start_s) / max(guru.end_s - guru.start_s, 0.01)
        yield Phrase(notation_of(notes), mine, guru, slower, inside)


def _warnings(
    mine: TakeReport, guru: TakeReport, overlay: Overlay, octave: int, shift: float, *, estimated: bool
) -> Iterator[str]:
    for report, line, whose in _both(mine, guru, overlay):
        yield from (f"{whose.capitalize()}: {words}" for words in report.warnings)
        flag = "--tonic" if report is mine else "--guru-tonic"
        if _lacks_sa(report, line):
            yield f"Sa of {whose} is not known: too little was sung to tell it; say it with {flag}"
        elif report.tonic.confidence and report.tonic.needs_confirmation:
            yield f"Sa of {whose}, {note_words(report.tonic.name)}, is a guess; say it with {flag}"
    if octave:
        yield f"You sing an octave {'lower' if octave > 0 else 'higher'} than the guru, each above the own Sa"
    if abs(shift) >= _SAID_SHIFT_CENTS:
        whole = f"On the whole you are {how_off(shift)} beside the guru"
        yield f"{whole}, and Sa is estimated: that much is left out of the cents" if estimated else whole
    share = _compared_share(overlay)
    if not overlay.pairs:
        yield from _other_swaras(overlay)
    if overlay.pairs and share < 0.5:
        yield f"Only {percent(share)} of what the guru holds could be laid over your take"


def _other_swaras(overlay: Overlay) -> Iterator[str]:
    """Say which swaras one take dwells on and the other never holds: the raga may be another, or Sa."""
    held = [_held_swaras(line) for line in (overlay.mine, overlay.other)]
    for own, others, words in (
        (0, 1, "Your take holds {}, which the guru never does"),
        (1, 0, "The guru holds {}, which you never do"),
    ):
        total = sum(held[own].values())
        dwelt = {swara for swara, time in held[own].items() if time > _FOREIGN_SHARE * total}
        alone = dwelt - set(held[others])
        if alone and held[others]:
            yield words.format(" and ".join(sorted(alone))) + ": perhaps it is another raga, or another Sa"


def _held_swaras(line: Line) -> dict[str, float]:
    """Return how long each swara was held, by notes that are near it: a low Re is no komal Re."""
    held = dict[str, float]()
    for note in line.notes:
        if note.held and note.sure and abs(note.off_cents) <= _NEAR_CENTS:
            held[note.swara] = held.get(note.swara, 0.0) + note.duration_s
    return held
