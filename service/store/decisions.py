"""Which versions people left and made live, which no rebuild undoes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from swara.data.storage.json_lines import LineLog
from swara.raga.errors import SwaraError
from swara.service.errors import StoreDamaged, StoreError

from .layout import Layout, is_version_id, time_in_id

__all__ = ["Decisions", "decisions", "note_promotion", "note_rollback", "rolled_back"]


@dataclass(frozen=True, slots=True)
class Decisions:
    """What people decided about the versions, as far as it can be read.

    Parameters
    ----------
    abandoned : frozenset of str
        Ids of the versions that were stepped back from, and not chosen again since.
    chosen_at : mapping of str to str
        By the ids of those that were made live by hand: when that was last, as `time_in_id` writes it.
    promoted_from : mapping of str to str
        By the ids of those that were promoted by hand: the one that was live until then.
    damage : tuple of SwaraError
        One for each line that cannot be read.
    """

    abandoned: frozenset[str]
    chosen_at: Mapping[str, str]
    promoted_from: Mapping[str, str]
    damage: tuple[SwaraError, ...]


def note_rollback(store: Layout, left: str | None, to: str, at: datetime) -> None:
    """Note that the version `left`, if any can be told, was given up for `to`; on the disk when this returns.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    _log(store).append({"at": at.isoformat(), "left": left, "to": to})


def note_promotion(store: Layout, live: str | None, to: str, at: datetime) -> None:
    """Note that `to` was made live after `live`, which is not thereby left; otherwise as `note_rollback`."""
    promoted_from = {} if live is None else {"from": live}
    _log(store).append({"at": at.isoformat(), "left": None, "to": to, **promoted_from})


def decisions(store: Layout) -> Decisions:
    """Return what people decided; lines that cannot be read are passed over, and named.

    Raises
    ------
    StoreError
        If the log may not be read.
    """
    left: set[str] = set()
    chosen_at: dict[str, str] = {}
    promoted_from: dict[str, str] = {}

    def apply(line: Mapping[str, Any]) -> None:
        at, given_up, to, was_live = _decision(line)
        left.update([given_up] if given_up else [])
        left.discard(to)
        chosen_at[to] = at
        if was_live:
            promoted_from[to] = was_live

    damage = _log(store).replay(apply)
    return Decisions(frozenset(left), chosen_at, promoted_from, damage)


def rolled_back(store: Layout) -> frozenset[str]:
    """Return the ids of the versions that were left; none may be missed, or a rebuild would bring it back.

    Raises
    ------
    StoreDamaged
        Naming a line that cannot be read.
    """
    known = decisions(store)
    if known.damage:
        raise known.damage[0]
    return known.abandoned


def _log(store: Layout) -> LineLog:
    return LineLog(store.rollbacks, StoreError, StoreDamaged)


def _decision(line: Mapping[str, Any]) -> tuple[str, str | None, str, str | None]:
    """Return when it was, which version was left if any, which one was made live, and after which."""
    left, to, was_live = (line.get(name) for name in ("left", "to", "from"))
    named = [each for each in (left, to, was_live) if each is not None]
    if to is None or not all(isinstance(each, str) and is_version_id(each) for each in named):
        raise ValueError("it does not name versions")
    return time_in_id(datetime.fromisoformat(str(line.get("at")))), left, to, was_live
