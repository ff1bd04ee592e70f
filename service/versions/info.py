"""The versions kept in a store: what each is, which one is live, and what is wrong with any of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from swara.service.errors import NoSuchVersion, StoreDamaged, StoreError, StoreNewer, damaged, maker
from swara.service.store import (
    Layout,
    Manifest,
    all_versions,
    current_version,
    read_manifest,
    verify_version,
)
from swara.service.store.decisions import Decisions, decisions
from swara.service.store.manifest import Scores, scores_from_json

__all__ = [
    "BaselineVersion",
    "VersionInfo",
    "baseline_version",
    "find_version",
    "kept_versions",
    "known_live",
    "live_version",
    "rollback_target",
    "store_troubles",
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
    abandoned : bool
        Whether somebody stepped back from it.
    chosen_at : str
        When somebody last made it live by hand, written as ids begin; empty if nobody did.
    promoted_from : str or None
        Id of the version that was live when it was last promoted by hand.
    manifest : Manifest or None
        None where it cannot be read.
    trouble : StoreError or None
        What is wrong with it; None if nothing was found.
    """

    id: str
    live: bool
    abandoned: bool
    chosen_at: str
    promoted_from: str | None
    manifest: Manifest | None
    trouble: StoreError | None

    @property
    def damage(self) -> str:
        """What is wrong with it, in a line; empty if nothing was found."""
        return "" if self.trouble is None else str(self.trouble)

    @property
    def state(self) -> str:
        """In a word: live, rejected, left, damaged; empty for one that was live before."""
        if self.trouble is not None:
            return "live, damaged" if self.live else "damaged"
        if self.live:
            return "live"
        if self.abandoned:
            return "left"
        passed = self.manifest is not None and self.manifest.gate["promoted"]
        return "" if passed or self.chosen_at else "rejected"

    @property
    def scores(self) -> Scores:
        """How it did when it was made."""
        return {} if self.manifest is None else scores_from_json(self.manifest.gate["scores"])


def kept_versions(store: Layout, *, thorough: bool = True) -> tuple[VersionInfo, ...]:
    """Return the versions, the newest first; `thorough` reads every byte of them.

    Raises
    ------
    StoreError
        If the store cannot be read.
    """
    known, live = decisions(store), known_live(store)
    return tuple(
        _info(store, version, known, version == live, thorough) for version in reversed(all_versions(store))
    )


def find_version(store: Layout, text: str) -> VersionInfo:
    """Return the version whose id starts with `text`, or ends with it, or the one called ``live``.

    Raises
    ------
    NoSuchVersion
        If none does, or several do.
    StoreDamaged
        If ``live`` is asked for, and nothing says which one that is.
    """
    if text == "live":
        version = live_version(store)
        if version is None:
            raise NoSuchVersion("the store has no version yet", fix=f"Make one with: {maker(store.versions)}")
        return _info(store, version, decisions(store), live=True, thorough=True)
    found = [each for each in all_versions(store) if text and (each.startswith(text) or each.endswith(text))]
    if len(found) == 1:
        return _info(store, found[0], decisions(store), found[0] == known_live(store), thorough=True)
    what = f"{len(found)} versions have" if found else "no version has"
    raise NoSuchVersion(
        f'{what} an id that starts or ends with "{text}"', fix="List them with: swara versions list"
    )


def live_version(store: Layout) -> str | None:
    """Return the id of the live version, which is kept; None if no version is, or what ships answers.

    Raises
    ------
    StoreDamaged
        If ``CURRENT`` is missing, does not hold an id, or holds that of no version that is kept.
    """
    version, kept = current_version(store), all_versions(store)
    if version is None and kept and not store.current.exists():
        raise damaged("the file is missing, so that no version is live", store.current)
    if version is not None and version not in kept:
        raise damaged(f"names {version}, which is not kept, so that no version is live", store.current)
    return version


def known_live(store: Layout) -> str | None:
    """Return the id of the live version; None also where nothing says which one that is."""
    try:
        return live_version(store)
    except StoreDamaged:
        return None


def store_troubles(store: Layout) -> tuple[str, ...]:
    """Return what is wrong beside the versions: with ``CURRENT``, and with the log of what people decided."""
    found: list[StoreError] = []
    try:
        live_version(store)
    except StoreDamaged as error:
        found.append(error)
    return tuple(map(str, (*found, *decisions(store).damage)))


def _info(store: Layout, version: str, known: Decisions, live: bool, thorough: bool) -> VersionInfo:
    manifest: Manifest | None = None
    trouble: StoreError | None = None
    try:
        manifest = read_manifest(store, version)
        if thorough:
            verify_version(store, version)
    except (StoreDamaged, StoreNewer) as error:
        trouble = error
    return VersionInfo(
        version,
        live,
        version in known.abandoned,
        known.chosen_at.get(version, ""),
        known.promoted_from.get(version),
        manifest,
        trouble,
    )


def rollback_target(versions: Sequence[VersionInfo]) -> VersionInfo | None:
    """Return the version to go back to: the last before the live one that was live, is sound and not left.

    Each version tells which one was live when it was made, and the log which one was when it was promoted by
    hand. That is followed first: what lies between the two in time may be what somebody stepped over. Where
    it leads nowhere, because a version is gone or its manifest damaged, it is the one that went live last, of
    those older than the live one; and of all, where nothing says which one is live. None if there is none.

    Parameters
    ----------
    versions : sequence of VersionInfo
        All that are kept, each read thoroughly.
    """
    by_id = {info.id: info for info in versions}
    live = next((info for info in versions if info.live), None)
    for info in _ancestors(live, by_id):
        if info.trouble is None and not info.abandoned:
            return info
    older = [info for info in versions if info.state == "" and (live is None or info.id < live.id)]
    return max(older, key=lambda info: max(info.id, info.chosen_at), default=None)


def _ancestors(live: VersionInfo | None, by_id: Mapping[str, VersionInfo]) -> Iterator[VersionInfo]:
    """Yield the one that was live before `live`, the one before that, and so on; none twice."""
    at, met = live, set[str]()
    while at is not None:
        met.add(at.id)
        at = _before(at, by_id)
        if at is None or at.id in met:
            return
        yield at


def _before(info: VersionInfo, by_id: Mapping[str, VersionInfo]) -> VersionInfo | None:
    parent = None if info.manifest is None else info.manifest.parent
    return by_id.get(info.promoted_from or "") or by_id.get(parent or "")


BaselineVersion = tuple[str, Manifest]
"""Id and manifest of a version. The manifest is what it was; other files of it may be damaged."""


def baseline_version(store: Layout) -> BaselineVersion | None:
    """Return the live version if its manifest can be read, else the one that `rollback` would go to.

    None where no version is kept that can say what it is.

    Raises
    ------
    StoreError
        If the versions cannot be read.
    """
    live = known_live(store)
    if live is not None:
        with suppress(StoreDamaged):
            return live, read_manifest(store, live)
    before = rollback_target(kept_versions(store))
    return None if before is None or before.manifest is None else (before.id, before.manifest)
