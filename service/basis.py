"""The version that a rebuild starts from, where the live one can say something, and where it cannot.

A damaged live version must not make the store forget which embedder was chosen, what was learned from, what
was rejected, and what somebody stepped back from.
"""

from __future__ import annotations

from contextlib import suppress

from .errors import StoreDamaged
from .store import Layout, Manifest, stated_manifest
from .version_info import kept_versions, known_live
from .way_back import way_back

__all__ = ["Basis", "basis_of"]

Basis = tuple[str, Manifest]
"""Id and manifest of a version. The manifest is what it was; other files of it may be damaged."""


def basis_of(store: Layout) -> Basis | None:
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
            return live, stated_manifest(store, live)
    before = way_back(kept_versions(store))
    return None if before is None or before.manifest is None else (before.id, before.manifest)
