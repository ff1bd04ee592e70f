"""Which versions somebody stepped back from: no rebuild makes them live again by itself."""

from __future__ import annotations

from datetime import datetime

from .layout import Layout
from .line_log import append_line, read_lines

__all__ = ["note_rollback", "rolled_back"]


def note_rollback(store: Layout, left: str | None, to: str, at: datetime) -> None:
    """Note that the version `left`, if any, was given up for `to`; on the disk when this returns.

    Raises
    ------
    StoreUnwritable
        If it cannot be written.
    """
    append_line(store.rollbacks, {"at": at.isoformat(), "left": left, "to": to})


def rolled_back(store: Layout) -> frozenset[str]:
    """Return the ids of the versions that were left, and not chosen again since.

    Raises
    ------
    StoreDamaged
        Naming a line that cannot be read.
    """
    left: set[str] = set()
    for line in read_lines(store.rollbacks):
        left = (left | {str(line.get("left"))}) - {str(line.get("to"))}
    return frozenset(left)
