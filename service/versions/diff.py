"""How two versions differ in what they learned from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from swara.service.errors import NoSuchVersion
from swara.service.store import Layout, verify_version
from swara.service.store.manifest import RELATIVE, Score, scores_from_json
from swara.service.store.versions import training_recordings

from .info import VersionInfo

__all__ = ["Difference", "difference"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What one version saw and the other did not.

    Parameters
    ----------
    before, after : VersionInfo
        The versions compared.
    added, removed, relabelled : mapping of str to str
        Singers by the ids of their recordings.
    corrected : tuple of str
        Ids of the corrections that only one of them learned from.
    """

    before: VersionInfo
    after: VersionInfo
    added: Mapping[str, str]
    removed: Mapping[str, str]
    relabelled: Mapping[str, str]
    corrected: tuple[str, ...] = ()

    def score_before(self, name: str) -> Score | None:
        """Return a score of `before` that can be held against the one of `after`; None where none can.

        Hits in common and phrases are over what a version shares with the one that it was compared with.
        """
        if name not in RELATIVE:
            return self.before.scores.get(name)
        manifest = self.after.manifest
        if manifest is None or manifest.parent != self.before.id:
            return None
        return scores_from_json(manifest.gate["live"] or {}).get(name)


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
        corrected=tuple(sorted(_corrections(before) ^ _corrections(after))),
    )


def _corrections(info: VersionInfo) -> set[str]:
    """Return the ids of the corrections that a version learned from, as far as it named them."""
    metrics = {} if info.manifest is None else info.manifest.metrics
    return {each["id"] for each in metrics.get("corrections", {}).get("used", ())}


def _seen(store: Layout, info: VersionInfo) -> dict[str, tuple[str, str]]:
    """Return what a version learned from: the singer, and all that was known, of each recording by its id."""
    manifest = verify_version(store, info.id)
    recordings = training_recordings(store, info.id, manifest)
    if recordings is None:
        raise NoSuchVersion(f"{info.id} did not note what it learned from: it is of an older swara")
    return {
        each: (fields["singer"], json.dumps(fields, sort_keys=True)) for each, fields in recordings.items()
    }
