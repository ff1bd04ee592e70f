"""Which version was live before the one that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .version_info import VersionInfo

__all__ = ["way_back"]


def way_back(versions: Sequence[VersionInfo]) -> VersionInfo | None:
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
        if info.trouble is None and not info.left:
            return info
    older = [info for info in versions if info.state == "" and (live is None or info.id < live.id)]
    return max(older, key=_went_live, default=None)


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
    return by_id.get(info.came_from or "") or by_id.get(parent or "")


def _went_live(info: VersionInfo) -> str:
    return max(info.id, info.chosen_at)
