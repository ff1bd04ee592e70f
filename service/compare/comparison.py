"""What a comparison of two takes says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from swara.service.take.report import TakeReport

from .timing import TimeMap

__all__ = ["Comparison", "Finding", "FindingKind", "Matched", "Phrase", "Span", "Stretch", "StretchKind"]

FindingKind: TypeAlias = Literal[
    "omitted", "added", "low", "high", "early", "late", "another swara", "another way"
]
StretchKind: TypeAlias = Literal["not aligned", "not sung", "not in the guru's take", "sung elsewhere"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time.

    Parameters
    ----------
    start_s, end_s : float
        In seconds from the start of its take; the same where there is nothing between.
    """

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a take leaves the line of the guru's.

    Parameters
    ----------
    kind : str
        What it is.
    swara, saptak : str
        Of the guru's note; of the singer's own where it was added. Of a way, the note that it leads to.
    mine, guru : Span
        Where it lies in either take; a note that is not there has the place where it would be.
    cents : float or None
        Singer minus guru, each above the own Sa: of what is low or high.
    late_s : float or None
        How late beside the tempo around it, below zero is early: of what is early or late.
    words : str
        The same in words, without full stop.
    """

    kind: FindingKind
    swara: str
    saptak: str
    mine: Span
    guru: Span
    cents: float | None
    late_s: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch that is not compared: it ``kind`` says why, `words` what is there."""

    kind: StretchKind
    mine: Span
    guru: Span
    words: str


@dataclass(frozen=True, slots=True)
class Matched:
    """A note that both sing.

    Parameters
    ----------
    swara, saptak : str
        As the guru has it.
    mine, guru : Span
        Where it lies in either take.
    cents : float or None
        Singer minus guru; None where either pitch is unsure.
    late_s : float or None
        As in `Finding`; 0 where it is in time, None where that cannot be told.
    """

    swara: str
    saptak: str
    mine: Span
    guru: Span
    cents: float | None
    late_s: float | None


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of the guru's that was compared.

    Parameters
    ----------
    notation : str
        The notes that the guru holds in it, such as ``S R G``.
    mine, guru : Span
        Where it lies in either take.
    slower : float
        How many times as long it is in the singer's take.
    findings : int
        How many there are in it.
    """

    notation: str
    mine: Span
    guru: Span
    slower: float
    findings: int


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A take beside a guru's.

    Parameters
    ----------
    mine, guru : TakeReport
        The two, each judged on its own Sa.
    octave : int
        How many octaves the singer's line was moved to lie over the guru's: 1 where it was sung an octave
        lower.
    notes : tuple of Matched
        Held notes that both sing, in order.
    findings : tuple of Finding
        In order of time in the singer's take.
    stretches : tuple of Stretch
        What is not compared.
    phrases : tuple of Phrase
        What is.
    clock : TimeMap
        When in the singer's take each moment of the guru's is.
    warnings : tuple of str
        What to know before believing the rest, as sentences without full stop.
    verdict : str
        One sentence.
    """

    mine: TakeReport
    guru: TakeReport
    octave: int
    notes: tuple[Matched, ...]
    findings: tuple[Finding, ...]
    stretches: tuple[Stretch, ...]
    phrases: tuple[Phrase, ...]
    clock: TimeMap
    warnings: tuple[str, ...]
    verdict: str

    @property
    def aligned(self) -> bool:
        """Whether anything could be laid over the guru's take."""
        return bool(self.phrases)
