"""What a rebuild would learn from, and whether the live version already holds it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from swara.classifier.pitch import PitchTracker
from swara.classifier.pitch.head import tracker_fingerprint
from swara.data.errors import CorpusError
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import corpus_digest, pack_recordings, removed_ids
from swara.embedder import EmbedderSpec
from swara.index.hnsw import index_parameters
from swara.service.errors import StoreDamaged, StoreError, reading
from swara.service.phrases import counted
from swara.service.samples.known import known_samples, verify_recordings
from swara.service.store import Layout, Manifest, verify_version
from swara.service.store.manifest import BUILD_FORMAT, Parameters, code_version
from swara.service.store.versions import training_recordings
from swara.service.versions.info import BaselineVersion, baseline_version, kept_versions, live_version

from .corrections import Corrections, confirmed_corrections

__all__ = ["SEED", "Plan", "check_missing_recordings", "check_store", "make_plan"]

SEED = 20_250_301
"""Of everything random in a rebuild."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a version is to be made from.

    Parameters
    ----------
    recordings : tuple of Recording
        Each found to be what it was when it was added.
        Labels that users corrected are as they should be.
    corrections : Corrections
        What users said was wrong.
    corpus_digest : str
        The digest of the recordings.
    embedder : EmbedderSpec
        What will hear: name, dimension, fingerprint.
    parameters : mapping
        Everything else that decides what comes out.
    parent : str or None
        Id of the live version, as far as it can be told.
    live : Manifest or None
        Its manifest if it is sound.
    baseline : BaselineVersion or None
        The version to compare with; the live one where that can say what it is.
    warnings : tuple of str
        What is wrong with it, as sentences without full stop.
    """

    recordings: tuple[Recording, ...]
    corrections: Corrections
    corpus_digest: str
    embedder: EmbedderSpec
    parameters: Parameters
    parent: str | None
    live: Manifest | None
    baseline: BaselineVersion | None
    warnings: tuple[str, ...]

    def is_carried_out_by(self, manifest: Manifest) -> bool:
        """Tell whether a version with this manifest holds just what the plan would make."""
        return (
            manifest.corpus_digest == self.corpus_digest
            and manifest.embedder == self.embedder
            and set(manifest.made_with.values()) == {self.embedder.fingerprint}
            and manifest.parameters == self.parameters
            and manifest.code_version == code_version()
        )


def check_store(store: Layout, *, init: bool) -> None:
    """See that there is a store, unless it is to be made.

    A path with a slip in it, or a disk that is not mounted, must not end as a store of the bundled voices.

    Raises
    ------
    StoreError
        If nothing of swara is kept there, and `init` does not ask for it; or if one may not look.
    """
    with reading(store.folder):
        there = init or store.is_store
    if not there:
        raise StoreError(
            "there is no store of swara",
            where=str(store.folder),
            fix="Name the right folder with --store or SWARA_STORE, mount its disk, or make one there with:"
            " swara rebuild --init",
        )


def make_plan(
    store: Layout, embedder: EmbedderSpec, tracker: PitchTracker, checked: Collection[Recording] = ()
) -> Plan:
    """Look at the recordings and the live version; nothing is written.

    Parameters
    ----------
    store : Layout
        Where all of it lies.
    embedder, tracker : EmbedderSpec, and PitchTracker
        What will hear.
    checked : collection of Recording
        Whose files were found to be what was added a moment ago, and are not read again.

    Raises
    ------
    CorpusError
        If recordings were deleted or changed since they were added, or the list of them is damaged.
    StoreDamaged
        If the list of corrections is.
    StoreError
        If the live version must not be replaced, or cannot be read.
    """
    known = known_samples(store.corpus)
    just_now = {(each.sha256, each.path) for each in checked}
    verify_recordings([each for each in known if (each.sha256, each.path) not in just_now])
    corrections = confirmed_corrections(store, known)
    # Each once, in an order that does not tell when they were added.
    once = {recording.sha256: recording for recording in known}
    recordings = corrections.applied([once[sha256] for sha256 in sorted(once)])
    parent, live, warnings = _live(store)
    return Plan(
        recordings=recordings,
        corrections=corrections,
        corpus_digest=corpus_digest(recordings),
        embedder=embedder,
        parameters={
            "making": BUILD_FORMAT,
            "seed": SEED,
            "corrections": corrections.digest,
            "index": index_parameters(),
            "tracker": f"{tracker.name} {tracker_fingerprint(tracker)}",
        },
        parent=parent,
        live=live,
        baseline=(parent, live) if parent is not None and live is not None else baseline_version(store),
        warnings=(*warnings, *corrections.warnings),
    )


def _live(store: Layout) -> tuple[str | None, Manifest | None, tuple[str, ...]]:
    """Id and manifest of the live version, and what is wrong with it."""
    parent = None
    try:
        parent = live_version(store)
        live = None if parent is None else verify_version(store, parent)
    except StoreDamaged as error:
        doubt = (
            f"the live version is damaged: {error.where}: {error.what}; to go back: swara versions rollback"
        )
        return parent, None, (doubt,)
    if live is None or live.made_before is None:
        return parent, live, ()
    made, _, _ = live.made_before.partition(";")
    return parent, live, (f"the live version was {made}, so that the same recordings make a new one",)


_MOST_NAMED = 5


def check_missing_recordings(store: Layout, plan: Plan, *, force: bool) -> Iterator[str]:
    """Yield a warning where recordings are lost and are to be done without: with `force`.

    They are lost where ``corpus.jsonl`` was deleted, cut off, or restored from an old copy. What
    `swara samples remove` took out is not, nor is what another release of swara does not bundle any more.

    Raises
    ------
    CorpusError
        Naming some of them, without `force`; or if the list of recordings is damaged.
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
        raise CorpusError(
            what,
            where=str(store.corpus),
            fix="Restore the list from a backup; to go on without them: swara rebuild --force",
        )
    yield f"{what}; done without"


def _seen(store: Layout, plan: Plan) -> Mapping[str, Mapping[str, Any]]:
    """Return what the version learned from that the rebuild starts from; where it cannot say, one before."""
    if plan.baseline is not None:
        with suppress(StoreDamaged):
            return training_recordings(store, *plan.baseline) or {}
    for info in kept_versions(store):
        if info.state == "" and info.manifest is not None:
            return training_recordings(store, info.id, info.manifest) or {}
    return {}
