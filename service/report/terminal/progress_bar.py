"""How far a long job or a download has come: a bar on a terminal, a line now and then in a pipe or a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from swara.service.phrases import megabytes, printable

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["download_bar", "finding_pitch", "progress_bar"]

_PACE_S = 120.0
"""The time left follows the pace of so long: a recording may take a minute, and what is cached takes none."""

_FIRST_S, _EVERY_S = 5.0, 10.0
"""Where there is no terminal, when the first line of a stage comes, and the next ones: what is soon done says
nothing, and a night of eight hours fills no log."""


@contextmanager
def progress_bar(*, shown: bool) -> Iterator[Callable[[str, float], None] | None]:
    """Yield a callback that moves a bar on stderr, writes lines to it, or None where nobody would see it.

    Yields
    ------
    callable or None
        Called with the name of the stage at work and the share of it that is done, 0 to 1. Bar and clock
        begin anew with another stage, and where the share is less than it was: a stage that comes again.
    """
    if not shown or sys.stderr is None:  # none at all where a shell closed it (2>&-)
        yield None
        return
    if not sys.stderr.isatty():
        yield _StageLines().tell
        return
    # Rich would show what was left of the stage before for half a second.
    with _bar(left_every_s=0.0, pace_s=_PACE_S) as bar:
        yield _StageBar(bar).tell


@contextmanager
def download_bar() -> Iterator[Callable[[str, int, int | None], None] | None]:
    """Yield a callback that moves a bar on stderr, writes lines to it, or None where nobody would see it.

    Yields
    ------
    callable or None
        Called with the stage at work, how many bytes are done, and how many that is in all, if known.
    """
    if sys.stderr is None:
        yield None
        return
    if not sys.stderr.isatty():
        yield _StageLines().tell_bytes
        return
    with _bar("{task.fields[size]}") as bar:
        yield partial(_show_bytes, bar)


def finding_pitch(progress: Callable[[str, float], None] | None) -> Callable[[float], None] | None:
    """Return what takes the share of the pitch tracking that is done; None where nobody would see it."""
    return None if progress is None else partial(progress, "finding the pitch")


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


class _StageLines:
    """Now and then a line that stands by itself: in a log, which people read too, no bar can be drawn."""

    def __init__(self) -> None:
        self._stage, self._share = "", 0.0
        self._began_s = self._next_s = 0.0
        self._told = False

    def tell(self, stage: str, share: float) -> None:
        """Say, if it is time, that `share` of `stage` is done."""
        now_s = self._now(stage, share)
        passed_s = now_s - self._began_s
        left = f", {_clock(passed_s * (1 - share) / share)} left" if 0 < share < 1 else ""
        self._say(now_s, f"{stage}: {share:.0%}{left}", last=share >= 1)

    def tell_bytes(self, stage: str, done_bytes: int, total_bytes: int | None) -> None:
        """Say, if it is time, how much of a download is there."""
        done = done_bytes / total_bytes if total_bytes else 0.0
        of = f" of {megabytes(total_bytes)}" if total_bytes else ""
        size = f": {megabytes(done_bytes)}{of}" if done_bytes else ""
        self._say(self._now(stage, done), f"{stage}{size}", last=done >= 1)

    def _now(self, stage: str, share: float) -> float:
        now_s = time.monotonic()
        if stage != self._stage or share < self._share:
            self._began_s, self._next_s, self._told = now_s, now_s + _FIRST_S, False
        self._stage, self._share = stage, share
        return now_s

    def _say(self, now_s: float, words: str, *, last: bool) -> None:
        if now_s < self._next_s and not (last and self._told):
            return
        self._next_s, self._told = now_s + _EVERY_S, not last
        with suppress(OSError, ValueError):  # a log that is full is no reason to end the work
            sys.stderr.write(printable(f"swara: {words}") + "\n")
            sys.stderr.flush()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


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
