"""How far a download has come, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from .plain_text import printable

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(stage: str, done_bytes: int, total_bytes: int | None) -> None:
            words = printable(stage[:1].upper() + stage[1:])
            bar.update(task, description=words, completed=done_bytes, total=total_bytes)

        yield show
