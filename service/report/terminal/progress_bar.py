"""How far a long job has come, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["finding_pitch", "progress_bar"]

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
    # There is no stderr at all where a shell closed it (2>&-).
    if not shown or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    left = TimeRemainingColumn()
    # Otherwise a stage that begins shows what was left of the one before.
    left.max_refresh = 0.0
    columns, console = (TextColumn("{task.description}"), BarColumn(), left), Console(stderr=True)
    with Progress(*columns, console=console, transient=True, speed_estimate_period=_PACE_S) as bar:
        yield _StageBar(bar).tell


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


def finding_pitch(progress: Callable[[str, float], None] | None) -> Callable[[float], None] | None:
    """Return what takes the share of the pitch tracking that is done; None where nobody would see it."""
    return None if progress is None else partial(progress, "finding the pitch")
