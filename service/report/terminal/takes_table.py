"""Several takes on the terminal: how each was sung, in a line."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from swara.service.phrases import counted, percent
from swara.service.take.report import TakeOutcome, TakeReport

from .terminal_page import Page

__all__ = ["render_takes"]

_HEADINGS = ("Take", "Sa", "In tune", "Low", "High", "Unsure", "Work on", "Remarks")


def render_takes(outcomes: Sequence[TakeOutcome], passed_over: int, console: Console) -> None:
    """Print a line for each take that was analyzed, and how many were not.

    Parameters
    ----------
    outcomes : sequence of TakeOutcome
        In the order of the takes; why one could not be analyzed is printed elsewhere.
    passed_over : int
        Files that are no audio by their name.
    console : Console
        Where to print.
    """
    page = Page(console)
    analyzed = [(each.name, each.report) for each in outcomes if each.report is not None]
    if analyzed:
        rows = [_cells(name, report) for name, report in analyzed]
        page.table(_HEADINGS, rows, right=(2, 3, 4, 5, 7), folded=(0,), spare=(7, 5, 1, 6))
    words = [f"{counted(len(analyzed), 'take')} analyzed"]
    if failed := len(outcomes) - len(analyzed):
        words.append(f"{failed} could not be")
    if passed_over:
        words.append(f"{counted(passed_over, 'file')} without sound passed over")
    page.line(f"{', '.join(words)}.")
    if any(report.warnings for _, report in analyzed):
        page.line("What the remarks are: swara analyze with that take alone, or --summary FILE.")


def _cells(name: str, report: TakeReport) -> tuple[str, ...]:
    shares = report.verdict_shares
    told = (
        (shares["perfect"] + shares["in tune"], shares["low"], shares["high"], shares["unsure"])
        if shares
        else ()
    )
    figures = [percent(share) for share in told] or ["-"] * 4
    worst = report.worst[0] if report.worst else None
    spot = "-" if worst is None else f"{worst.raga_swara} at {worst.start_s:.1f} s"
    guessed = "?" if report.tonic.needs_confirmation else ""
    sa = f"{report.tonic.name}{guessed}" if report.tonic.confidence > 0 else "-"
    return (name, sa, *figures, spot, str(len(report.warnings) or "-"))
