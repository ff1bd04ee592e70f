"""Counts and shares as words, the same in every report."""

from __future__ import annotations

__all__ = ["counted", "percent"]


def counted(count: int, what: str) -> str:
    """Say how many: ``1 note``, ``2 notes``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def percent(share: float) -> str:
    """Say a share: ``83%``; only a whole is called 100, and only nothing 0."""
    if 0.0 < share < 1.0:
        return f"{min(99, max(1, round(100 * share)))}%"
    return f"{round(100 * share)}%"
