"""The history on the terminal: in tune over the weeks, where each swara leans, the weakest, the takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from swara.service.history.takes import KeptTake, singer_key
from swara.service.history.trends import SwaraTrend, Week, latest_of_each, swara_trends, weakest_words, weeks
from swara.service.phrases import counted, how_off, moment, percent

from .terminal_page import FAINT, STYLES, Page

__all__ = ["render_history"]

_MOST_TAKES = 10
_WEEKS_OF_BIAS = 4
_BAR, _MOST_BAR = 6, 40
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_ON_THE_MARK = 5.0
"""Cents within which a leaning has no colour."""


def render_history(takes: Sequence[KeptTake], console: Console, why_not: str | None = None) -> None:
    """Print what the takes say together, then the last ten of them; `why_not` says why none is kept now."""
    page = Page(console)
    if why_not is not None:
        page.line(f"{why_not}.")
    if not takes:
        page.line(
            "No take is kept." if why_not else "No take is kept yet. Judge one with: swara analyze TAKE"
        )
        return
    by_week = weeks(takes)
    known = latest_of_each(takes)
    sung_s = sum(take.duration_s for take in known)
    singers = {singer_key(take.singer) for take in takes}
    several = len(singers) > 1
    of = "" if several or "" in singers else f" of {takes[-1].singer}"
    count, day = f"{counted(len(known), 'take')}{of}", _day(known[0].at)
    page.line(f"{count} since {day}, {_length(sung_s)} in all.", "bold")
    if several:
        page.line("All singers together. One of them: swara history --singer NAME.")
    page.heading("In tune, by week")
    page.grid([_week_cells(page, week) for week in by_week])
    trends = swara_trends(takes)
    if trends:
        page.heading("Each swara")
        page.table(
            ("Swara", "In tune", "On average", "Wavers", "Notes", _heading(by_week)),
            [_swara_cells(page, trend, by_week) for trend in trends],
            right=(1, 3, 4),
            spare=(3, 5, 4),
        )
    page.line(f"{weakest_words(takes)}.")
    page.heading("Takes")
    shown = 7 if several else 6
    page.table(
        ("No.", "When", "Take", "Raga", "Sa", "In tune", "Singer")[:shown],
        [_take_cells(take)[:shown] for take in takes[: -_MOST_TAKES - 1 : -1]],
        right=(0, 5),
        folded=(2, 6),
        spare=(3, 4, 1),
    )
    if len(takes) > _MOST_TAKES:
        page.line(f"{len(takes) - _MOST_TAKES} more: swara history --csv FILE.")


def _week_cells(page: Page, week: Week) -> tuple[Text, ...]:
    share = week.in_tune_share
    width = min(_MOST_BAR, max(_BAR, page.width - 32))
    figure = "-" if share is None else percent(share)
    bar = Text(_bar(share or 0.0, width, page.ascii_only), STYLES["perfect"])
    sung = counted(week.takes, "take") if week.takes else ""
    return Text(f"{week.monday:%d %b %Y}"), bar, Text(figure.rjust(4)), Text(sung, FAINT)


def _bar(share: float, width: int, ascii_only: bool) -> str:
    if ascii_only:
        return ("#" * round(share * width)).ljust(width)
    whole, part = divmod(round(share * width * 8), 8)
    return ("█" * whole + (_EIGHTHS[part] if part else "")).ljust(width)


def _heading(by_week: Sequence[Week]) -> str:
    shown = min(len(by_week), _WEEKS_OF_BIAS)
    return "This week" if shown == 1 else f"Cents off in the last {shown} weeks"


def _swara_cells(page: Page, trend: SwaraTrend, by_week: Sequence[Week]) -> tuple[Text | str, ...]:
    past = []
    for week in by_week[-_WEEKS_OF_BIAS:]:
        found = [each for each in week.swaras if each.name == trend.name]
        past.append(f"{round(found[0].bias_cents):+d}".replace("+0", "0").rjust(4) if found else "   -")
    return (
        trend.name,
        percent(trend.in_tune_share),
        _leaning(page, trend.bias_cents),
        f"{trend.steadiness_cents:.0f} cents",
        str(trend.notes),
        " ".join(past),
    )


def _leaning(page: Page, cents: float) -> Text:
    if abs(cents) <= _ON_THE_MARK:
        return page.text(how_off(cents))
    return page.text(how_off(cents), STYLES["low" if cents < 0 else "high"])


def _take_cells(take: KeptTake) -> tuple[str, ...]:
    share = take.in_tune_share
    return (
        str(take.id),
        f"{take.at.astimezone():%d %b %Y %H:%M}",
        take.source,
        take.raga,
        take.sa_name if take.sa_confidence > 0 else "-",
        "-" if share is None else percent(share),
        take.singer,
    )


def _day(at: datetime) -> str:
    return f"{at.astimezone():%d %b %Y}"


def _length(sung_s: float) -> str:
    return f"{round(sung_s / 60)} minutes" if sung_s >= 600 else moment(sung_s)
