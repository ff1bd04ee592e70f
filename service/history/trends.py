"""What many takes say together: in tune week by week, where each swara leans, which is weakest."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from swara.service.phrases import how_off, percent, swara_in_saptak
from swara.service.take.report import SwaraStats

from .takes import KeptTake

__all__ = ["SwaraTrend", "Week", "latest_of_each", "swara_trends", "weakest_swara", "weakest_words", "weeks"]

ENOUGH_NOTES, ENOUGH_TAKES = 8, 2
"""Of a swara, before anything is said: of 8 notes a true share of 0.8 comes out as 0.5 or less once in 18."""

_SURE = 1.64
"""Standard deviations of a two-sided interval of 90%."""


@dataclass(frozen=True, slots=True)
class SwaraTrend:
    """How a swara was sung over several takes.

    Parameters
    ----------
    swara, saptak : str
        As in `Note`.
    notes, takes : int
        How many it is known from.
    duration_s : float
        Their steady time in total, by which the rest is weighed.
    bias_cents, steadiness_cents, in_tune_share : float
        As in `SwaraStats`.
    """

    swara: str
    saptak: str
    notes: int
    takes: int
    duration_s: float
    bias_cents: float
    steadiness_cents: float
    in_tune_share: float

    @property
    def enough(self) -> bool:
        """Whether that is enough to say anything."""
        return self.notes >= ENOUGH_NOTES and self.takes >= ENOUGH_TAKES

    @property
    def name(self) -> str:
        """What it is called, its octave included."""
        return swara_in_saptak(self.swara, self.saptak)


@dataclass(frozen=True, slots=True)
class Week:
    """What was sung in a week.

    Parameters
    ----------
    monday : date
        Its first day.
    takes : int
        How many takes, those without a judged note included.
    steady_s : float
        Their steady time, in seconds.
    in_tune_share : float or None
        Share of what was judged of it that is perfect or in tune; None where nothing was.
    swaras : tuple of SwaraTrend
        In order of pitch.
    """

    monday: date
    takes: int
    steady_s: float
    in_tune_share: float | None
    swaras: tuple[SwaraTrend, ...]


def latest_of_each(takes: Iterable[KeptTake]) -> list[KeptTake]:
    """Return each singing once, as it was judged last, in order of time: a changed Sa is no second take."""
    by_digest = {take.digest: take for take in sorted(takes, key=lambda take: take.id)}
    return sorted(by_digest.values(), key=lambda take: (take.at, take.id))


def weeks(takes: Sequence[KeptTake], zone: tzinfo | None = None) -> list[Week]:
    """Sum up the takes of each week from Monday on, from the first to the last; weeks without takes too.

    Parameters
    ----------
    takes : sequence of KeptTake
        Of any order; each singing counts once.
    zone : tzinfo, optional
        Where the days begin; here if left out.
    """
    groups: dict[date, list[KeptTake]] = defaultdict(list)
    for take in latest_of_each(takes):
        day = take.at.astimezone(zone).date()
        groups[day - timedelta(days=day.weekday())].append(take)
    if not groups:
        return []
    first, count = min(groups), (max(groups) - min(groups)).days // 7 + 1
    mondays = [first + timedelta(weeks=place) for place in range(count)]
    return [_week(monday, groups.get(monday, [])) for monday in mondays]


def _week(monday: date, takes: Sequence[KeptTake]) -> Week:
    judged = [
        (take.steady_s * take.judged_share, take.in_tune_share)
        for take in takes
        if take.in_tune_share is not None
    ]
    judged_s = sum(each_s for each_s, _ in judged)
    share = sum(each_s * share for each_s, share in judged) / judged_s if judged_s else None
    steady_s = sum(take.steady_s for take in takes if take.in_tune_share is not None)
    return Week(monday, len(takes), steady_s, share, swara_trends(takes))


def swara_trends(takes: Iterable[KeptTake]) -> tuple[SwaraTrend, ...]:
    """Return how each swara was sung in all takes together, in order of pitch."""
    groups: dict[tuple[str, str], list[SwaraStats]] = defaultdict(list)
    for take in latest_of_each(takes):
        for stats in take.per_swara:
            groups[stats.swara, stats.saptak].append(stats)
    return tuple(_trend(*key, groups[key]) for key in sorted(groups, key=_height))


def _height(key: tuple[str, str]) -> tuple[int, int]:
    from swara.raga.swaras import parse_swara

    svarasthana, octave = parse_swara(f"{key[1]} {key[0]}")
    return octave, svarasthana.index


def _trend(swara: str, saptak: str, group: Sequence[SwaraStats]) -> SwaraTrend:
    total_s = sum(each.duration_s for each in group)

    def mean(name: str) -> float:
        return math.fsum(each.duration_s * getattr(each, name) for each in group) / total_s

    return SwaraTrend(
        swara,
        saptak,
        notes=sum(each.notes for each in group),
        takes=len(group),
        duration_s=total_s,
        bias_cents=mean("bias_cents"),
        steadiness_cents=mean("steadiness_cents"),
        in_tune_share=min(1.0, mean("in_tune_share")),
    )


def weakest_swara(takes: Iterable[KeptTake]) -> SwaraTrend | None:
    """Return the swara that is least in tune; None where too little was sung to tell, or none stands out.

    It stands out where what is likely of it, at the best, is still below what the others reach together:
    Wilson's interval (1927), each note counted as one trial.
    """
    known = [each for each in swara_trends(takes) if each.enough]
    if len(known) < 2:
        return None
    weakest = min(known, key=lambda each: each.in_tune_share)
    others = [each for each in known if each is not weakest]
    usual = sum(each.notes * each.in_tune_share for each in others) / sum(each.notes for each in others)
    return weakest if _at_best(weakest.in_tune_share, weakest.notes) < usual else None


def _at_best(share: float, count: int) -> float:
    square = _SURE**2
    middle = share + square / (2 * count)
    reach = _SURE * math.sqrt(share * (1 - share) / count + square / (4 * count**2))
    return (middle + reach) / (1 + square / count)


def weakest_words(takes: Sequence[KeptTake]) -> str:
    """Say which swara to work on, or why that cannot be told; a sentence without full stop."""
    weakest = weakest_swara(takes)
    if weakest is not None:
        return (
            f"Work on {weakest.name} first: {percent(weakest.in_tune_share)} in tune, on average"
            f" {how_off(weakest.bias_cents)}"
        )
    if sum(each.enough for each in swara_trends(takes)) < 2:
        return (
            f"Too little to tell which swara is weakest: it takes {ENOUGH_NOTES} notes of each,"
            f" from {ENOUGH_TAKES} takes"
        )
    return "No swara is clearly weaker than the others"
