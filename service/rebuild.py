"""Learn from the recordings known: embed what is new, fit, examine, and make live what has not got worse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from classifier.pitch import PitchTracker
from embedder import Embedder

from .gate import Ruling
from .held_out import frozen_held_out
from .labelled_notes import Listener
from .listening_jobs import Ears, listen_ahead
from .pack_pitch import pack_pitch
from .rebuild_exam import exam_notes, examined, with_corrections
from .rebuild_plan import SEED, Plan, make_plan
from .rebuild_result import RebuildResult
from .rebuild_settled import settled
from .stages import StageProgress, StageReport, Stages
from .store import Layout, LiveVersion, create_version, open_live, publish, writer_lock
from .store.pitch_cache import tracker_fingerprint
from .version_build import Learned, learn, version_builder

__all__ = ["RebuildResult", "ensure_live", "rebuild"]


def rebuild(
    store_folder: Path,
    *,
    embedder: Embedder,
    tracker: PitchTracker,
    force: bool = False,
    jobs: int = 1,
    ears: Ears | None = None,
    progress: StageProgress | None = None,
    report: StageReport | None = None,
) -> RebuildResult:
    """Make a version of everything known; make it live if it does no worse than the one that is.

    The same recordings, embedder and tracker make the same files, byte for byte, whatever `jobs` is. What
    was embedded and tracked is kept: a rebuild that was killed goes on from there.

    Parameters
    ----------
    store_folder : Path
        The store; made if it does not exist.
    embedder : Embedder
    tracker : PitchTracker
        Finds the pitch of the labelled notes.
    force : bool
        Make a version even where nothing is new, or where the same was rejected before.
    jobs : int
        How many processes embed and track, where `ears` are given.
    ears : callable, optional
        Makes the same embedder and tracker in another process.
    report : callable, optional
        Called with each stage that is over.
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
    store, stages = Layout(store_folder), Stages(progress, report)

    def look() -> tuple[Plan, RebuildResult | None]:
        with stages.stage("check"):
            plan = make_plan(store, embedder.spec, tracker)
            return plan, None if force else settled(store, plan, stages.seconds)

    plan, result = look()
    if result is None:
        with writer_lock(store):
            # In the meantime another writer may have done it, or recordings may have been added.
            plan, result = look()
            if result is None:
                stages.over("check", recordings=len(plan.recordings))
                listener = Listener(store, embedder, tracker, pack_pitch(tracker_fingerprint(tracker)))
                return _carry_out(store, plan, listener, stages, jobs if ears else 1, ears)
    stages.over("check", recordings=len(plan.recordings))
    return result


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


def _carry_out(
    store: Layout, plan: Plan, listener: Listener, stages: Stages, jobs: int, ears: Ears | None
) -> RebuildResult:
    with stages.stage("listen"):
        held_out = frozen_held_out(store, plan.recordings)
        if ears is not None and jobs > 1:
            _listen_ahead(store, plan, listener, stages, jobs, ears)
        heard = {recording: listener.notes_of(recording) for recording in stages.each(plan.recordings)}
        notes = [note for each in heard.values() for note in each]
        questions = exam_notes(held_out, heard, listener)
        takes = [listener.notes_of(each.as_recording()) for each in plan.corrections.takes]
        corrections = [note for each in takes for note in each]
    stages.over("listen", embedded=listener.embedded, from_cache=listener.from_cache, notes=len(notes))
    with stages.stage("learn"):
        learned = learn(notes, seed=SEED, held_out=held_out.singers, corrections=corrections)
    stages.over("learn", warnings=list(learned.warnings))
    with stages.stage("evaluate"):
        ruling = examined(store, plan, learned, notes, held_out, questions)
        learned = with_corrections(store, plan, learned, [*corrections, *plan.corrections.among(notes)])
    corrected = learned.metrics.get("corrections")
    stages.over("evaluate", **ruling.to_json(), warnings=list(ruling.warnings), corrections=corrected)
    with stages.stage("write"):
        version = _write(store, plan, learned, ruling)
    stages.over("write", version=version)
    return _result(plan, listener, learned, ruling, version, stages)


def _listen_ahead(
    store: Layout, plan: Plan, listener: Listener, stages: Stages, jobs: int, ears: Ears
) -> None:
    lacking = [recording for recording in plan.recordings if listener.lacks(recording)]
    if len(lacking) > 1:
        listener.credit(listen_ahead(store.folder, lacking, ears, jobs, stages.tell))


def _write(store: Layout, plan: Plan, learned: Learned, ruling: Ruling) -> str:
    build, now = version_builder(plan, learned, ruling), datetime.now(UTC)
    make = publish if ruling.promoted else create_version
    return make(store, build, parent=plan.parent, made_at=now)


def _result(
    plan: Plan, listener: Listener, learned: Learned, ruling: Ruling, version: str, stages: Stages
) -> RebuildResult:
    return RebuildResult(
        version=version if ruling.promoted or plan.parent is None else plan.parent,
        promoted=ruling.promoted,
        nothing_new=False,
        embedder=plan.embedder.name,
        embedded=listener.embedded,
        from_cache=listener.from_cache,
        seconds=stages.seconds,
        metrics=learned.metrics,
        warnings=(*plan.warnings, *_about_listening(listener), *learned.warnings, *ruling.warnings),
        candidate=None if ruling.promoted else version,
        reasons=ruling.reasons,
        gate=ruling.to_json(),
    )


def _about_listening(listener: Listener) -> Iterator[str]:
    if listener.damaged:
        yield f"damaged entries of the cache, found and computed again: {listener.damaged}"
    if listener.unkept:
        yield f"the cache may not be written; results to be computed again next time: {listener.unkept}"
    if listener.unheard:
        yield f"{listener.unheard} labelled notes have no pitch to be found and were left out"
