"""Where everything stands in the picture of two takes; ``compared.svg.j2`` draws it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from swara.raga.notation import swara_letter
from swara.raga.ragas import Raga
from swara.raga.swaras import parse_swara
from swara.raga.tuning import Tuning
from swara.service.compare.comparison import Comparison, Finding
from swara.service.report.chart import CentsRange, cents_range, curve_pieces, swara_lines

from .svg_curve import Places, SvgCurve, thinned

__all__ = ["CompareCurve"]

_TOP, _ROW, _ROWS = 14, 24, 3
_PIXELS_PER_LETTER, _FLAG_EDGE, _APART = 7.0, 12.0, 4.0
_WORDS = {
    "omitted": "{} left out",
    "added": "{} added",
    "another swara": "not {}",
    "another way": "way to {}",
    "early": "{} early",
    "late": "{} late",
}


@dataclass(frozen=True, slots=True)
class Flag:
    """A finding in the picture: where it points, and its words in a box, empty where there is no room."""

    finding: Finding
    x: float
    y: float
    top: int
    left: float
    width: float
    words: str


class CompareCurve(SvgCurve):
    """Places of both lines, on the singer's time and above each one's own Sa; flags stand over them.

    Parameters
    ----------
    comparison : Comparison
        What is shown.
    tuning : Tuning
        Where the swara lines go.
    raga : Raga
        Which swaras get one, where the raga was given; else those that either holds do.
    """

    _head = _TOP + _ROW * _ROWS

    def __init__(self, comparison: Comparison, tuning: Tuning, raga: Raga) -> None:
        super().__init__(comparison.mine, tuning, raga)
        self._comparison = comparison
        both = [cents_range(report) for report in (comparison.mine, comparison.guru)]
        down = self._down_cents
        self._shown = CentsRange(min(both[0].low, both[1].low - down), max(both[0].high, both[1].high - down))
        given = comparison.mine.raga_source == "given"
        swaras = raga.swaras if given else _held_swaras(comparison)
        self.set_lines(swara_lines(swaras, tuning, self._shown))

    @property
    def _down_cents(self) -> float:
        """How far the guru's line is moved down, to lie where it was sung along."""
        return 1200.0 * self._comparison.octave

    def y(self, cents: Places) -> Places:
        """Return where a pitch stands, from the top: below the flags."""
        return self._head + super().y(cents) * (self.foot - self._head) / self.foot

    def clock(self) -> str:
        """Return the same moments in both takes, as JSON for the script."""
        clock = self._comparison.clock
        moments = np.column_stack((clock.mine_s, clock.other_s))
        return json.dumps(moments.round(3).tolist(), separators=(",", ":"))

    def theirs(self) -> str:
        """Return the guru's line on the singer's time as the data of a path, without what is not compared."""
        if not self._comparison.phrases:
            return ""
        guru, drawn = self._comparison.guru, list[str]()
        for phrase in self._comparison.phrases:
            for times_s, cents in curve_pieces(guru, phrase.guru.start_s - 0.1, phrase.guru.end_s + 0.1):
                mine_s = self._comparison.clock.all_to_mine(times_s)
                kept = thinned(np.floor(self.x(1.0) * mine_s), cents)
                moved = cents - self._down_cents
                drawn.append("M" + "L".join(f"{self.x(mine_s[i]):.1f} {self.y(moved[i]):.1f}" for i in kept))
        return "".join(drawn)

    def flags(self) -> Iterator[Flag]:
        """Yield the flags in order; each in the highest row that has room for its words."""
        taken = [-np.inf] * _ROWS
        for finding in self._comparison.findings:
            x = self.x((finding.mine.start_s + finding.mine.end_s) / 2)
            words = _flag_words(finding)
            width = _PIXELS_PER_LETTER * len(words) + _FLAG_EDGE
            left = min(max(x - width / 2, 2.0), self.width - width - 2.0)
            row = next((at for at, until in enumerate(taken) if left >= until + _APART), None)
            if row is not None:
                taken[row] = left + width
            top = _TOP + _ROW * (row or 0)
            yield Flag(finding, x, self._point(finding), top, left, width, words if row is not None else "")

    def _point(self, finding: Finding) -> float:
        """Return where a flag points: at the singer's line, or the guru's where nothing was sung."""
        span, report, down = finding.mine, self._comparison.mine, 0.0
        if finding.kind == "omitted":
            span, report, down = finding.guru, self._comparison.guru, self._down_cents
        first, last = report.track.times_s.searchsorted((span.start_s, max(span.end_s, span.start_s + 0.05)))
        cents = report.track.cents(report.tonic.hz)[first:last]
        sung = cents[np.isfinite(cents)]
        return self.y(float(np.median(sung)) - down) if sung.size else float(self._head)


def _flag_words(finding: Finding) -> str:
    letter = swara_letter(*parse_swara(f"{finding.saptak} {finding.swara}"))
    if finding.cents is not None:
        return f"{letter} {'−' if finding.cents < 0 else '+'}{abs(finding.cents):.0f}"
    return _WORDS[finding.kind].format(letter)


def _held_swaras(comparison: Comparison) -> set[int]:
    """Return the indices of the svarasthanas that either take holds."""
    notes = [note for report in (comparison.mine, comparison.guru) for note in report.notes]
    return {parse_swara(note.swara)[0].index for note in notes}
