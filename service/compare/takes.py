"""Two takes that were heard, judged and compared; where both have to be guessed, Sa is guessed together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from swara.raga.tonic_names import ParsedTonic, note_name
from swara.service.phrases import note_words
from swara.service.take.analyze import Request, judge_take
from swara.service.take.heard import HeardTake
from swara.service.take.report import TakeReport
from swara.service.take.sound import remarks_about_level

from .compare import OCTAVE_GAIN, compare_reports, fit_of
from .comparison import Comparison

__all__ = ["Asked", "compare_takes"]

_FITS = 0.6
"""Two takes that fit so well are not laid over each other on another Sa."""

_GAIN = 0.2
"""So much better must they fit with another Sa."""

_FIFTH_CENTS = 702.0
"""The usual error of an estimate: Sa taken for Pa, or Ma for Sa."""


class Asked(NamedTuple):
    """A take, what to judge it against, and what to call it."""

    heard: HeardTake
    request: Request
    source: str

    def report(self) -> TakeReport:
        """Judge it; of a raga that nobody named, nothing is said: the guru's line is what counts."""
        report, heard = judge_take(self.heard, self.request, source=self.source), self.heard
        if self.request.raga is not None:
            return report
        return replace(report, warnings=(*heard.warnings, *remarks_about_level(heard.level), *heard.beyond))


def compare_takes(mine: Asked, guru: Asked) -> Comparison:
    """Compare a take with a guru's.

    Where the two do not fit and an Sa was estimated, it is sought once more: its runner-up, and a fifth up
    and down, are taken if the takes then fit much better, and that is said.

    Parameters
    ----------
    mine, guru : Asked
        The two; the tuning and the limits are those of the singer's.
    """
    reports = mine.report(), guru.report()
    fit, _ = fit_of(*reports)
    moved: str | None = None
    if fit < _FITS:
        others = [each for each in _other_sas(mine, guru, reports) if each[0][0] >= fit + _GAIN]
        # An Sa and its octave fit alike: the one on which neither line has to be moved is meant.
        best = max(others, key=lambda each: each[0][0] - OCTAVE_GAIN * abs(each[0][1]), default=None)
        if best is not None:
            _, reports, moved = best
    comparison = compare_reports(*reports, mine.request.tuning)
    return comparison if moved is None else replace(comparison, warnings=(moved, *comparison.warnings))


def _other_sas(
    mine: Asked, guru: Asked, reports: tuple[TakeReport, TakeReport]
) -> Iterator[tuple[tuple[float, int], tuple[TakeReport, TakeReport], str]]:
    """Yield how, and in which octave, the takes fit with another Sa of either, their reports, what to say."""
    for side, (asked, whose, flag) in enumerate(
        ((mine, "your take", "--tonic"), (guru, "the guru's take", "--guru-tonic"))
    ):
        tonic = reports[side].tonic
        if tonic.source != "estimated" or not tonic.confidence:
            continue
        others = [tonic.hz * 2.0 ** (cents / 1200.0) for cents in (_FIFTH_CENTS, -_FIFTH_CENTS)]
        others += [others[0] / 2.0, others[1] * 2.0] + ([tonic.runner_up.hz] if tonic.runner_up else [])
        for hz in others:
            if not ParsedTonic(None, None, hz).candidates_hz():  # nobody's Sa
                continue
            report = _on(asked, reports[side], hz)
            both = (report, reports[1]) if side == 0 else (reports[0], report)
            words = (
                f"Sa of {whose} is taken to be {note_words(report.tonic.name)}, where the two fit together;"
                f" by itself it sounded like {note_words(tonic.name)}; say which with {flag}"
            )
            yield fit_of(*both), both, words


def _on(asked: Asked, report: TakeReport, hz: float) -> TakeReport:
    """Return the report on another Sa, which stays a guess."""
    request = replace(asked.request, tonic=ParsedTonic(None, None, hz))
    judged = asked._replace(request=request).report()
    guess = replace(report.tonic, hz=hz, name=note_name(hz), needs_confirmation=False)
    return replace(judged, tonic=guess)
