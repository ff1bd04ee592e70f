"""How two versions differ in what they learned from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import NoSuchVersion
from .store import Layout, sound_manifest
from .store.seen import recordings_seen
from .version_info import VersionInfo

__all__ = ["Difference", "difference"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What one version saw and the other did not, by the ids of recordings and the singers of them."""

    before: VersionInfo
    after: VersionInfo
    added: Mapping[str, str]
    removed: Mapping[str, str]
    relabelled: Mapping[str, str]


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


def _seen(store: Layout, info: VersionInfo) -> dict[str, tuple[str, str]]:
    """Return what a version learned from: the singer, and all that was known, of each recording by its id."""
    manifest = sound_manifest(store, info.id)
    recordings = recordings_seen(store, info.id, manifest)
    if recordings is None:
        raise NoSuchVersion(f"{info.id} did not note what it learned from: it is of an older swara")
    return {
        each: (fields["singer"], json.dumps(fields, sort_keys=True)) for each, fields in recordings.items()
    }
