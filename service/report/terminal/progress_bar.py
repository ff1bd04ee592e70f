"""How far a long job or a download has come, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from swara.service.phrases import megabytes, printable

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["download_bar", "finding_pitch", "progress_bar"]

_PACE_S = 120.0
"""The time left follows the pace of so long: a recording may take a minute, and what is cached takes none."""


@contextmanager
def progress_bar(*, shown: bool) -> Iterator[Callable[[str, float], None] | None]:
    """Yield a callback that moves a bar on stderr, or None where nobody would see it.

    Yields
    ------
    callable or None
        Called with the name of the stage at work and the share of it that is done, 0 to 1. Bar and clock
        begin anew with another stage, and where the share is less than it was: a stage that comes again.
    """
    if not shown or not _seen():
        yield None
        return
    # Rich would show what was left of the stage before for half a second.
    with _bar(left_every_s=0.0, pace_s=_PACE_S) as bar:
        yield _StageBar(bar).tell


@contextmanager
def download_bar() -> Iterator[Callable[[str, int, int | None], None] | None]:
    """Yield a callback that moves a bar on stderr, or None where nobody would see it.

    Yields
    ------
    callable or None
        Called with the stage at work, how many bytes are done, and how many that is in all, if known.
    """
    if not _seen():
        yield None
        return
    with _bar("{task.fields[size]}") as bar:
        yield partial(_show_bytes, bar)


def finding_pitch(progress: Callable[[str, float], None] | None) -> Callable[[float], None] | None:
    """Return what takes the share of the pitch tracking that is done; None where nobody would see it."""
    return None if progress is None else partial(progress, "finding the pitch")


def _seen() -> bool:
    # There is no stderr at all where a shell closed it (2>&-).
    return sys.stderr is not None and sys.stderr.isatty()


def _bar(*more: str, left_every_s: float = 0.5, pace_s: float = 30.0) -> Progress:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from .terminal_page import open_console

    left = TimeRemainingColumn()
    left.max_refresh = left_every_s
    texts = [TextColumn(text, markup=False) for text in ("{task.description}", *more)]
    columns = (texts[0], BarColumn(), *texts[1:], left)
    return Progress(*columns, console=open_console(stderr=True), transient=True, speed_estimate_period=pace_s)


class _StageBar:
    """A bar for one stage after the other.

    Rich calls a task finished that was whole once, with no time left whatever happens to it later.
    """

    def __init__(self, bar: Progress) -> None:
        self._bar, self._task = bar, bar.add_task("", total=1.0)
        self._stage, self._share = "", 0.0

    def tell(self, stage: str, share: float) -> None:
        """Show that `share` of `stage` is done."""
        if stage != self._stage or share < self._share:
            self._bar.reset(self._task, description=stage.capitalize())
        self._stage, self._share = stage, share
        self._bar.update(self._task, completed=share)


def _show_bytes(bar: Progress, stage: str, done_bytes: int, total_bytes: int | None) -> None:
    words = printable(stage[:1].upper() + stage[1:])
    size = megabytes(done_bytes) if done_bytes else ""
    if total_bytes is not None:
        size = f"{done_bytes / 1e6:.1f} of {megabytes(total_bytes)}"
    at_work = next(iter(bar.tasks), None)
    if at_work is None or at_work.description != words:
        # Anew, so that its speed is its own, and one without a length shows none.
        if at_work is not None:
            bar.remove_task(at_work.id)
        bar.add_task(words, total=total_bytes, completed=done_bytes, size=size)
        bar.refresh()
    else:
        bar.update(at_work.id, completed=done_bytes, total=total_bytes, size=size)
