"""One finding about this installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Check", "State"]

State: TypeAlias = Literal["ok", "missing", "broken"]


@dataclass(frozen=True, slots=True)
class Check:
    """One finding.

    Parameters
    ----------
    name : str
        What was looked at.
    state : {"ok", "missing", "broken"}
        ``missing`` is something optional that is not there; ``broken`` stands in the way of an
        analysis, or soon will.
    detail : str
        What was found.
    fix : str or None
        What to do, or what would make it better; None when there is nothing to do.
    """

    name: str
    state: State
    detail: str
    fix: str | None = None
