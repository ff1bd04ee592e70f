"""How long to wait, and how often to try."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Patience", "Progress"]

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Takes the stage at work, how much of it is done, and how much that is in all, if known."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Bounds on every wait of a pull, so that it never hangs.

    Parameters
    ----------
    timeout_s : float
        For a connection, and from one piece of an answer to the next.
    opening_s : float
        For an answer to begin, the look-up of the name and all redirections included.
    stall_s : float
        In a span this long at least `least_bytes` must arrive.
    least_bytes : int
        A slower server counts as one that stalls.
    tries : int
        How often in a row a download may fail.
    first_wait_s : float
        Before the second try; it doubles from one to the next.
    longest_wait_s : float
        However long a server asks to be left alone.
    lock_s : float
        For another process that pulls the same model.
    """

    timeout_s: float = 15.0
    opening_s: float = 30.0
    stall_s: float = 60.0
    least_bytes: int = 65_536
    tries: int = 4
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0
    lock_s: float = 900.0

    def wait_s(self, failures: int, asked_s: float = 0.0) -> float:
        """Return how long to wait after that many failures in a row, where a server asked for `asked_s`."""
        return min(max(self.first_wait_s * 2.0 ** (failures - 1), asked_s), self.longest_wait_s)
