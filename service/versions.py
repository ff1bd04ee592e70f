"""The versions kept in a store: what each is, how they differ, which one is live, which ones go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .errors import NoSuchVersion, StoreDamaged, StoreNewer
from .exam import Scores
from .gate import scores_from_json
from .store import (
    Layout,
    Manifest,
    all_versions,
    current_version,
    promote,
    sound_manifest,
    stated_manifest,
    writer_lock,
)
from .store.refusals import reading
from .store.rollbacks import note_rollback, rolled_back
from .store.versions import withdraw

__all__ = [
    "Difference",
    "VersionInfo",
    "difference",
    "find_version",
    "kept_versions",
    "make_live",
    "prune_versions",
    "roll_back",
]


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """A version, as far as it can be read.

    Parameters
    ----------
    id : str
        Its id.
    live : bool
        Whether it answers now.
    left : bool
        Whether somebody stepped back from it.
    manifest : Manifest or None
        None where it cannot be read.
    damage : str
        What is wrong with it; empty if nothing was found.
    """

    id: str
    live: bool
    left: bool
    manifest: Manifest | None
    damage: str

    @property
    def state(self) -> str:
        """In a word: live, rejected, left, damaged; empty for one that was live before."""
        if self.damage:
            return "live, damaged" if self.live else "damaged"
        if self.live:
            return "live"
        if self.left:
            return "left"
        return "" if self.manifest is not None and self.manifest.gate["promoted"] else "rejected"

    @property
    def scores(self) -> Scores:
        """How it did when it was made."""
        return {} if self.manifest is None else scores_from_json(self.manifest.gate["scores"])


@dataclass(frozen=True, slots=True)
class Difference:
    """What one version saw and the other did not, by the ids of recordings and the singers of them."""

    before: VersionInfo
    after: VersionInfo
    added: Mapping[str, str]
    removed: Mapping[str, str]
    relabelled: Mapping[str, str]


def kept_versions(store: Layout, *, thorough: bool = True) -> tuple[VersionInfo, ...]:
    """Return the versions, the newest first; `thorough` reads every byte of them.

    Raises
    ------
    StoreError
        If the store cannot be read.
    """
    return tuple(_info(store, version, thorough) for version in reversed(all_versions(store)))


def find_version(store: Layout, text: str) -> VersionInfo:
    """Return the version whose id starts with `text`, or ends with it, or the one called ``live``.

    Raises
    ------
    NoSuchVersion
        If none does, or several do.
    """
    if text == "live":
        version = current_version(store)
        if version is None:
            raise NoSuchVersion("the store has no version yet", fix="Make one with: swara rebuild")
        return _info(store, version, thorough=True)
    found = [each for each in all_versions(store) if text and (each.startswith(text) or each.endswith(text))]
    if len(found) == 1:
        return _info(store, found[0], thorough=True)
    what = f"{len(found)} versions have" if found else "no version has"
    raise NoSuchVersion(
        f'{what} an id that starts or ends with "{text}"', fix="List them with: swara versions list"
    )


def difference(store: Layout, before: VersionInfo, after: VersionInfo) -> Difference:
    """Compare what two versions saw.

    Raises
    ------
    StoreDamaged
        If one cannot be read.
    NoSuchVersion
        If one was made by a swara that did not note what it saw.
    """
    old, new = _seen(store, before), _seen(store, after)
    both = old.keys() & new.keys()
    return Difference(
        before,
        after,
        added={each: new[each][0] for each in sorted(new.keys() - old.keys())},
        removed={each: old[each][0] for each in sorted(old.keys() - new.keys())},
        relabelled={each: new[each][0] for each in sorted(both) if new[each] != old[each]},
    )


def roll_back(store: Layout, text: str | None = None) -> VersionInfo:
    """Make an earlier version live: that of the id, or the newest sound one before the live one.

    It works whatever became of the live version or of ``CURRENT``. The version that is left is noted, and no
    rebuild of the same recordings makes it live again.

    Raises
    ------
    NoSuchVersion
        If there is none to go back to.
    StoreDamaged
        If the version asked for is damaged.
    StoreUnwritable, StoreBusy
        If the store cannot be written.
    """
    with writer_lock(store):
        live = _live_or_none(store)
        target = _sound(store, text) if text is not None else _before(store, live)
        if live is not None and live != target.id:
            note_rollback(store, live, target.id, datetime.now(UTC))
        promote(store, target.id)
    return _info(store, target.id, thorough=False)


def make_live(store: Layout, text: str) -> VersionInfo:
    """Make a version live whatever the gate said of it; errors are those of `roll_back`."""
    with writer_lock(store):
        target = _sound(store, text)
        if target.left:
            note_rollback(store, None, target.id, datetime.now(UTC))
        promote(store, target.id)
    return _info(store, target.id, thorough=False)


def prune_versions(store: Layout, keep: int) -> tuple[str, ...]:
    """Remove all versions but the live one and the newest `keep`; return the ids of those that went.

    Raises
    ------
    StoreDamaged
        If ``CURRENT`` does not say which one is live: then nothing is removed.
    StoreUnwritable, StoreBusy
        If the store cannot be written.
    """
    with writer_lock(store):
        live = current_version(store)
        others = [version for version in reversed(all_versions(store)) if version != live]
        doomed = others[keep:]
        for version in doomed:
            withdraw(store, version)
    return tuple(doomed)


def _info(store: Layout, version: str, thorough: bool) -> VersionInfo:
    manifest, damage = None, ""
    try:
        manifest = stated_manifest(store, version)
        if thorough:
            sound_manifest(store, version)
    except (StoreDamaged, StoreNewer) as error:
        damage = str(error)
    return VersionInfo(
        version, version == _live_or_none(store), version in rolled_back(store), manifest, damage
    )


def _live_or_none(store: Layout) -> str | None:
    try:
        return current_version(store)
    except StoreDamaged:
        return None


def _sound(store: Layout, text: str) -> VersionInfo:
    found = find_version(store, text)
    if found.damage:
        sound_manifest(store, found.id)
        raise StoreDamaged(found.damage)
    return found


def _before(store: Layout, live: str | None) -> VersionInfo:
    """Return the newest sound version that went live before `live` did and was not left."""
    for info in kept_versions(store):
        if live is not None and info.id >= live:
            continue
        if info.state == "":
            return info
    raise NoSuchVersion(
        "there is no sound version to go back to",
        where=str(store.folder),
        fix="See swara versions list, or make a new one with: swara rebuild --force",
    )


def _seen(store: Layout, info: VersionInfo) -> dict[str, tuple[str, str]]:
    """Return what a version learned from: the singer, and all that was known, of each recording by its id."""
    manifest = sound_manifest(store, info.id)
    at = store.version(info.id).recordings
    if at.name not in manifest.files:
        raise NoSuchVersion(f"{info.id} did not note what it learned from: it is of an older swara")
    with reading(at):
        lines = at.read_bytes().splitlines()
    fields = map(json.loads, lines)
    return {each["id"]: (each["singer"], json.dumps(each, sort_keys=True)) for each in fields}
