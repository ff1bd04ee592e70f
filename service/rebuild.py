"""Learn from the recordings known: embed what is new, fit the head, build the index, make them live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from classifier.pitch import PitchTracker
from embedder import Embedder

from .labelled_notes import Listener
from .pack_pitch import pack_pitch
from .rebuild_plan import SEED, Plan, make_plan
from .stages import StageProgress, Stages
from .store import Layout, LiveVersion, open_live, publish, writer_lock
from .store.pitch_cache import tracker_fingerprint
from .version_build import learn, version_builder

__all__ = ["RebuildResult", "ensure_live", "rebuild"]


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """What a rebuild did.

    Parameters
    ----------
    version : str
        Id of the version that is live now.
    promoted : bool
        Whether it was made live by this rebuild.
    nothing_new : bool
        Whether it already held all there is to learn.
    embedder : str
        Name of the embedder that it was made with.
    embedded, from_cache : int
        Recordings that had to be embedded, and that had been before.
    seconds : mapping of str to float
        How long each stage took, in order.
    metrics : mapping
        How well the head does on recordings held out; JSON values.
    warnings : tuple of str
        What the user must know, as sentences without full stop.
    """

    version: str
    promoted: bool
    nothing_new: bool
    embedder: str
    embedded: int
    from_cache: int
    seconds: Mapping[str, float]
    metrics: Mapping[str, Any]
    warnings: tuple[str, ...]


def rebuild(
    store_folder: Path,
    *,
    embedder: Embedder,
    tracker: PitchTracker,
    force: bool = False,
    progress: StageProgress | None = None,
) -> RebuildResult:
    """Make a version of everything known and make it live; the one before answers until then.

    The same recordings, embedder and tracker make the same files, byte for byte.

    Parameters
    ----------
    store_folder : Path
        The store; made if it does not exist.
    embedder : Embedder
    tracker : PitchTracker
        Finds the pitch of the labelled notes.
    force : bool
        Make a version even where nothing is new.
    progress : callable, optional
        Called with the name of a stage and the share of it that is done.

    Raises
    ------
    RecordingsChanged
        If recordings were deleted or changed since they were added.
    StoreBusy
        If another rebuild is at work.
    StoreUnwritable
        If the disk is full, or may not be written.
    SwaraError
        If a list of recordings is damaged, a recording cannot be decoded, a newer swara wrote the store, or
        there is too little to learn from. The live version is then as it was.
    """
    store, stages = Layout(store_folder), Stages(progress)

    def look() -> tuple[Plan, RebuildResult | None]:
        with stages.stage("check"):
            plan = make_plan(store, embedder.spec, tracker)
        return plan, None if force else _up_to_date(plan, stages)

    if (nothing_new := look()[1]) is not None:
        return nothing_new
    with writer_lock(store):
        # In the meantime another writer may have done it, or recordings may have been added.
        plan, nothing_new = look()
        return nothing_new or _carry_out(store, plan, embedder, tracker, stages)


def ensure_live(
    store_folder: Path,
    *,
    embedder: Embedder,
    tracker: PitchTracker,
    progress: StageProgress | None = None,
) -> LiveVersion:
    """Open the live version; where there is none yet, make it first, from the bundled samples at least.

    Parameters and errors are those of `rebuild`, and those of `open_live`.
    """
    live = open_live(Layout(store_folder), embedder.spec)
    while live is None:
        rebuild(store_folder, embedder=embedder, tracker=tracker, progress=progress)
        live = open_live(Layout(store_folder), embedder.spec)
    return live


def _up_to_date(plan: Plan, stages: Stages) -> RebuildResult | None:
    """Return the result of doing nothing, if there is nothing to do."""
    if plan.parent is None or plan.live is None or not plan.is_carried_out_by(plan.live):
        return None
    return RebuildResult(
        version=plan.parent,
        promoted=False,
        nothing_new=True,
        embedder=plan.embedder.name,
        embedded=0,
        from_cache=0,
        seconds=stages.seconds,
        metrics=plan.live.metrics,
        warnings=(),
    )


def _carry_out(
    store: Layout, plan: Plan, embedder: Embedder, tracker: PitchTracker, stages: Stages
) -> RebuildResult:
    listener = Listener(store, embedder, tracker, pack_pitch(tracker_fingerprint(tracker)))
    with stages.stage("listen"):
        heard = [listener.notes_of(recording) for recording in stages.each(plan.recordings)]
    with stages.stage("learn"):
        learned = learn([note for notes in heard for note in notes], seed=SEED)
    with stages.stage("write"):
        build = version_builder(plan, learned)
        version = publish(store, build, parent=plan.parent, made_at=datetime.now(UTC))
    return RebuildResult(
        version=version,
        promoted=True,
        nothing_new=False,
        embedder=embedder.spec.name,
        embedded=listener.embedded,
        from_cache=listener.from_cache,
        seconds=stages.seconds,
        metrics=learned.metrics,
        warnings=(*plan.warnings, *_about_listening(listener), *learned.warnings),
    )


def _about_listening(listener: Listener) -> Iterator[str]:
    if listener.damaged:
        yield f"damaged entries of the cache, found and computed again: {listener.damaged}"
    if listener.unkept:
        yield f"the cache may not be written; results to be computed again next time: {listener.unkept}"
    if listener.unheard:
        yield f"{listener.unheard} labelled notes have no pitch to be found and were left out"
