"""Which versions people left, and which they made live: no rebuild undoes that by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from swara.service.errors import StoreDamaged

from .disk_errors import damaged, reading
from .layout import Layout, is_version_id, time_in_id
from .log import append_line, damaged_line, each_line
from .manifest import Manifest

__all__ = ["History", "choices", "note_promotion", "note_rollback", "rolled_back", "training_recordings"]


def training_recordings(
    store: Layout, version: str, manifest: Manifest
) -> Mapping[str, Mapping[str, Any]] | None:
    """Return the singer, Sa and labels of each recording by its id; None where an older swara noted none.

    Raises
    ------
    StoreDamaged, StoreUnreadable
        If the file is missing, damaged, or may not be read.
    """
    at = store.version(version).recordings
    if at.name not in manifest.files:
        return None
    with reading(at):
        lines = at.read_bytes().splitlines()
    try:
        return {fields["id"]: fields for fields in map(json.loads, lines)}
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(str(error), at) from error


@dataclass(frozen=True, slots=True)
class History:
    """What people decided about the versions, as far as it can be read.

    Parameters
    ----------
    abandoned : frozenset of str
        Ids of the versions that were stepped back from, and not chosen again since.
    chosen_at : mapping of str to str
        By the ids of those that were made live by hand: when that was last, as `time_in_id` writes it.
    promoted_from : mapping of str to str
        By the ids of those that were promoted by hand: the one that was live until then.
    damage : tuple of StoreDamaged
        One for each line that cannot be read.
    """

    abandoned: frozenset[str]
    chosen_at: Mapping[str, str]
    promoted_from: Mapping[str, str]
    damage: tuple[StoreDamaged, ...]


def note_rollback(store: Layout, left: str | None, to: str, at: datetime) -> None:
    """Note that the version `left`, if any can be told, was given up for `to`; on the disk when this returns.

    Raises
    ------
    StoreUnwritable
        If it cannot be written.
    """
    append_line(store.rollbacks, {"at": at.isoformat(), "left": left, "to": to})


def note_promotion(store: Layout, live: str | None, to: str, at: datetime) -> None:
    """Note that `to` was made live after `live`, which is not thereby left; otherwise as `note_rollback`."""
    promoted_from = {} if live is None else {"from": live}
    append_line(store.rollbacks, {"at": at.isoformat(), "left": None, "to": to, **promoted_from})


def choices(store: Layout) -> History:
    """Return what people decided; lines that cannot be read are passed over, and named.

    Raises
    ------
    StoreUnreadable
        If the log may not be read.
    """
    left: set[str] = set()
    chosen_at: dict[str, str] = {}
    promoted_from: dict[str, str] = {}
    damage: list[StoreDamaged] = []
    for number, line in enumerate(each_line(store.rollbacks), 1):
        if isinstance(line, StoreDamaged):
            damage.append(line)
            continue
        try:
            at, given_up, to, was_live = _decision(line)
        except (TypeError, KeyError, ValueError):
            damage.append(damaged_line("this line does not name versions", store.rollbacks, number))
            continue
        left = (left | {given_up}) - {to} if given_up else left - {to}
        chosen_at[to] = at
        if was_live:
            promoted_from[to] = was_live
    return History(frozenset(left), chosen_at, promoted_from, tuple(damage))


def rolled_back(store: Layout) -> frozenset[str]:
    """Return the ids of the versions that were left; none may be missed, or a rebuild would bring it back.

    Raises
    ------
    StoreDamaged
        Naming a line that cannot be read.
    """
    known = choices(store)
    if known.damage:
        raise known.damage[0]
    return known.abandoned


def _decision(line: Mapping[str, Any]) -> tuple[str, str | None, str, str | None]:
    left, to, promoted_from = line["left"], line["to"], line.get("from")
    if not all(is_version_id(each) for each in (left, to, promoted_from) if each is not None) or to is None:
        raise ValueError("no ids of versions")
    return time_in_id(datetime.fromisoformat(line["at"])), left, to, promoted_from
