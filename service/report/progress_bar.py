"""How far a long job has come, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

__all__ = ["finding_pitch", "progress_bar"]


@contextmanager
def progress_bar(*, shown: bool) -> Iterator[Callable[[str, float], None] | None]:
    """Yield a callback that moves a bar on stderr, or None where nobody would see it.

    Yields
    ------
    callable or None
        Called with the name of the stage at work and the share of it that is done, 0 to 1.
    """
    # There is no stderr at all where a shell closed it (2>&-).
    if not shown or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda stage, share: bar.update(task, description=stage.capitalize(), completed=share)


def finding_pitch(progress: Callable[[str, float], None] | None) -> Callable[[float], None] | None:
    """Return what takes the share of the pitch tracking that is done; None where nobody would see it."""
    return None if progress is None else partial(progress, "finding the pitch")
