"""Recordings that the live version learned from and that nobody removed must not vanish in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from data.corpus import pack_recordings, removed_ids

from .errors import RecordingsLost, StoreDamaged
from .rebuild_plan import Plan
from .report.wording import counted
from .store import Layout
from .store.seen import recordings_seen
from .version_info import kept_versions

__all__ = ["about_lost"]

_MOST_NAMED = 5


def about_lost(store: Layout, plan: Plan, *, force: bool) -> Iterator[str]:
    """Yield a warning where recordings are lost and are to be done without: with `force`.

    They are lost where ``corpus.jsonl`` was deleted, cut off, or restored from an old copy. What
    `swara samples remove` took out is not, nor is what another release of swara does not bundle any more.

    Raises
    ------
    RecordingsLost
        Naming some of them, without `force`.
    CorpusError
        If the list of recordings is damaged.
    """
    seen = _seen(store, plan)
    gone = seen.keys() - {recording.id for recording in plan.recordings} - removed_ids(store.corpus)
    bundled = {recording.singer for recording in pack_recordings()}
    lost = sorted(each for each in gone if seen[each]["singer"] not in bundled)
    if not lost:
        return
    named = ", ".join(f"{each} ({seen[each]['singer']})" for each in lost[:_MOST_NAMED])
    more = f" and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
    count = counted(len(lost), "recording")
    what = f"{count} of the live version can be found in the list no more: {named}{more}"
    if not force:
        raise RecordingsLost(
            what,
            where=str(store.corpus),
            fix="Restore the list from a backup; to go on without them: swara rebuild --force",
        )
    yield f"{what}; done without"


def _seen(store: Layout, plan: Plan) -> Mapping[str, Mapping[str, Any]]:
    """Return what the version learned from that the rebuild starts from; where it cannot say, one before."""
    if plan.basis is not None:
        with suppress(StoreDamaged):
            return recordings_seen(store, *plan.basis) or {}
    for info in kept_versions(store):
        if info.state == "" and info.manifest is not None:
            return recordings_seen(store, info.id, info.manifest) or {}
    return {}
