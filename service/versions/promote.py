"""Which of the versions kept is live, and which ones go: what people decide about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from swara.service.errors import NoSuchVersion, head_at, maker
from swara.service.store import Layout, promote
from swara.service.store.decisions import note_promotion, note_rollback
from swara.service.store.lock import writer_lock
from swara.service.store.versions import SHIPPED, promote_shipped, withdraw

from .info import VersionInfo, find_version, kept_versions, known_live, live_version, rollback_target

__all__ = ["make_live", "prune_held", "prune_versions", "roll_back", "roll_back_to_shipped"]


def roll_back(store: Layout, text: str | None = None) -> VersionInfo:
    """Make an earlier version live: that of the id, or the one that `rollback_target` finds.

    It works whatever became of the live version, of ``CURRENT`` or of the log of what people decided. The
    version that is left is noted, and no rebuild of the same recordings makes it live again.

    Raises
    ------
    NoSuchVersion
        If there is none to go back to.
    StoreDamaged
        If the version asked for is damaged.
    StoreError
        If the store cannot be written.
    """
    with writer_lock(store):
        target = rollback_target(kept_versions(store)) if text is None else _sound(store, text)
        if target is None:
            kind = head_at(store.versions)
            again = f"make a new one with: {maker(store.versions)} --force"
            ships = f"; the one that ships: swara versions rollback --head {kind} {SHIPPED}" if kind else ""
            raise NoSuchVersion(
                "there is no sound version to go back to",
                where=str(store.folder),
                fix=f"See swara versions list, or {again}{ships}",
            )
        live = known_live(store)
        if live != target.id:
            note_rollback(store, live, target.id, datetime.now(UTC))
        promote(store, target.id)
    return find_version(store, target.id)


def roll_back_to_shipped(store: Layout) -> None:
    """Let the head that ships answer again; versions stay, and errors are those of `roll_back`."""
    with writer_lock(store):
        promote_shipped(store)


def make_live(store: Layout, text: str) -> VersionInfo:
    """Make a version live whatever the gate said of it; errors are those of `roll_back`."""
    with writer_lock(store):
        target = _sound(store, text)
        live = known_live(store)
        if target.abandoned or live != target.id:
            note_promotion(store, live if live != target.id else None, target.id, datetime.now(UTC))
        promote(store, target.id)
    return find_version(store, target.id)


def prune_versions(store: Layout, keep: int) -> tuple[str, ...]:
    """Remove versions; return the ids of those that went, the newest first.

    The live one stays, and so does the one that `roll_back` would make live. Of the others the newest `keep`
    of each state stay: of those that were live, those rejected, those left and those damaged.

    Raises
    ------
    StoreDamaged
        If ``CURRENT`` does not say which one is live: then nothing is removed.
    StoreError
        If the store cannot be written.
    """
    with writer_lock(store):
        return prune_held(store, keep)


def prune_held(store: Layout, keep: int, *, spare: str | None = None) -> tuple[str, ...]:
    """Do as `prune_versions` where the caller holds the lock; the version `spare` stays too."""
    live_version(store)
    doomed = tuple(version for version in _doomed(kept_versions(store), keep) if version != spare)
    for version in doomed:
        withdraw(store, version)
    return doomed


def _doomed(versions: Sequence[VersionInfo], keep: int) -> Iterator[str]:
    target = rollback_target(versions)
    met: Counter[str] = Counter()
    for info in versions:
        met[info.state] += 1
        if met[info.state] > keep and not info.live and info is not target:
            yield info.id


def _sound(store: Layout, text: str) -> VersionInfo:
    found = find_version(store, text)
    if found.trouble is not None:
        raise found.trouble
    return found
