"""The tuning of the live version: where its professionals sing each swara."""

from __future__ import annotations

from raga.tuning import Tuning

from .errors import NoTargets
from .learned_targets import targets_from_json, tuning_of
from .store import Layout, current_version, sound_manifest
from .store.refusals import damaged, reading

__all__ = ["learned_tuning"]

_FIX = "Run: swara rebuild"


def learned_tuning(store: Layout) -> Tuning:
    """Return the learned tuning of a store; what was not learned lies where just intonation has it.

    Raises
    ------
    NoTargets
        If there is no version yet, or an older swara made it.
    StoreDamaged
        If the live version is damaged.
    """
    version = current_version(store)
    if version is None:
        raise NoTargets("nothing was learned yet", where=str(store.folder), fix=_FIX)
    manifest, at = sound_manifest(store, version), store.version(version).targets
    if at.name not in manifest.files:
        raise NoTargets("the live version has no learned tuning", where=str(store.folder), fix=_FIX)
    with reading(at):
        content = at.read_bytes()
    try:
        return tuning_of(targets_from_json(content))
    except ValueError as error:
        raise damaged(str(error), at) from error
