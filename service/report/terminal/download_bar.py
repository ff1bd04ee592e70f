"""How far a download has come, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from swara.service.report.plain_text import printable

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["download_bar"]


@contextmanager
def download_bar() -> Iterator[Callable[[str, int, int | None], None] | None]:
    """Yield a callback that moves a bar on stderr, or None where nobody would see it.

    Yields
    ------
    callable or None
        Called with the stage at work, how many bytes are done, and how many that is in all, if known.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[size]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield partial(_show, bar)


def _show(bar: Progress, stage: str, done_bytes: int, total_bytes: int | None) -> None:
    words = printable(stage[:1].upper() + stage[1:])
    size = _size(done_bytes, total_bytes)
    at_work = next(iter(bar.tasks), None)
    if at_work is None or at_work.description != words:
        # Anew, so that its speed is its own, and one without a length shows none.
        if at_work is not None:
            bar.remove_task(at_work.id)
        bar.add_task(words, total=total_bytes, completed=done_bytes, size=size)
        bar.refresh()
    else:
        bar.update(at_work.id, completed=done_bytes, total=total_bytes, size=size)


def _size(done_bytes: int, total_bytes: int | None) -> str:
    if total_bytes is None:
        return f"{done_bytes / 1e6:.1f} MB" if done_bytes else ""
    return f"{done_bytes / 1e6:.1f} of {total_bytes / 1e6:.1f} MB"
