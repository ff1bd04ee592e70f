"""Learn from the recordings known: embed what is new, fit, examine, and make live what has not got worse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

from swara.classifier.pitch import PitchTracker
from swara.classifier.pitch.head import pitch_tracker
from swara.data.recording import Recording
from swara.data.storage.remote import shown_url
from swara.embedder import Embedder
from swara.embedder.litert import cores
from swara.index.phrases import PhraseIndex
from swara.service.embedders.choose import Notice, choose_embedder
from swara.service.errors import NoSuchVersion
from swara.service.phrases import counted
from swara.service.stages import StageProgress, StageReport, Stages
from swara.service.store import Layout, LiveVersion, create_version, open_live, publish
from swara.service.store.lock import writer_lock

from .cluster import check_ray, prefetch_on_ray
from .compare import Exam, eval_notes, evaluate_candidate, with_corrections
from .held_out import frozen_held_out
from .labelled_notes import LabelledNote, NoteExtractor
from .plan import SEED, Plan, check_missing_recordings, make_plan
from .questions import phrase_questions
from .result import RebuildResult, find_previous_result
from .train import Learned, draft_manifest, learn, write_files
from .workers import TRACKER, ExtractorFactory, prefetch, usual_extractors

__all__ = ["Engine", "RebuildResult", "ensure_live", "rebuild", "run_rebuild"]

Engine: TypeAlias = Literal["processes", "ray"]
"""Whose processes embed and track: those of this machine, or of a Ray cluster."""


def rebuild(
    store_folder: Path,
    *,
    embedder: Embedder,
    tracker: PitchTracker,
    force: bool = False,
    jobs: int = 1,
    extractors: ExtractorFactory | None = None,
    engine: Engine = "processes",
    cache_url: str | None = None,
    progress: StageProgress | None = None,
    report: StageReport | None = None,
) -> RebuildResult:
    """Make a version of everything known; make it live if it does no worse than the one that is.

    The same recordings, embedder and tracker make the same files, byte for byte, whatever filled the cache:
    one job, several, shares of other machines, a cluster. What was embedded and tracked is kept: a rebuild
    that was killed goes on from there.

    Parameters
    ----------
    store_folder : Path
        Made if it does not exist.
    embedder : Embedder
        Turns sound into vectors where the cache has none.
    tracker : PitchTracker
        Finds the pitch of the labelled notes.
    force : bool
        Make a version even where nothing is new, where the same was rejected before, or where recordings of
        the live version are lost.
    jobs, extractors : int, and callable, optional
        How many processes embed and track, and what makes the same embedder and tracker in each.
    engine : {"processes", "ray"}
        Whose processes: those of this machine, or of the Ray cluster that it can reach.
    cache_url : str, optional
        Where several machines share what they embedded and tracked.
    progress, report : callables, optional
        As `Stages` calls them.

    Raises
    ------
    CorpusError, StoreError
        If recordings are not what was added, or not known any more though nobody removed them, if another
        rebuild is at work, or the disk is full or read-only.
    RemoteError, MissingPackage
        If the shared cache cannot be used.
    SwaraError
        If anything known cannot be read, or is too little. The live version is then as it was.
    """
    stages = Stages(progress, report)
    work = _Rebuild(Layout(store_folder, cache_url), embedder, tracker, stages, jobs, extractors, engine)
    plan, result = work.prepare(force=force)
    if result is None:
        with writer_lock(work.store):
            # In the meantime another writer may have done it, or recordings may have been added.
            plan, result = work.prepare(force=force, known=plan.recordings)
            if result is None:
                return work.execute(plan)
    stages.over("check", recordings=len(plan.recordings))
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Rebuild:
    """A rebuild: where, by whom, and who is told."""

    store: Layout
    embedder: Embedder
    tracker: PitchTracker
    stages: Stages
    jobs: int
    extractors: ExtractorFactory | None
    engine: Engine

    def prepare(self, *, force: bool, known: Sequence[Recording] = ()) -> tuple[Plan, RebuildResult | None]:
        """See what there is to do, and what came of it if it was done before; `known` are checked."""
        with self.stages.stage("check"):
            plan = make_plan(self.store, self.embedder.spec, self.tracker, known)
            result = None if force else find_previous_result(self.store, plan, self.stages.seconds)
            if result is None:
                lost = check_missing_recordings(self.store, plan, force=force)
                plan = replace(plan, warnings=(*plan.warnings, *lost))
            return plan, result

    def execute(self, plan: Plan) -> RebuildResult:
        """Go through the stages; the caller holds the lock."""
        store, stages = self.store, self.stages
        stages.over("check", recordings=len(plan.recordings))
        extractor = NoteExtractor(store, self.embedder, self.tracker)
        with stages.stage("listen"):
            heard = self._extract(plan, extractor)
        stages.over(
            "listen", embedded=extractor.embedded, from_cache=extractor.from_cache, notes=len(heard.notes)
        )
        learned = self._learn(heard)
        with stages.stage("evaluate"):
            decision = evaluate_candidate(store, plan, learned, heard.notes, heard.exam)
            corrected = [*heard.corrections, *plan.corrections.among(heard.notes)]
            learned = with_corrections(store, plan, learned, corrected)
        became, facts = learned.metrics.get("corrections"), decision.to_json()
        # It may go live, which it does once it is written, and not before.
        facts = {"passed": facts.pop("promoted"), **facts}
        stages.over("evaluate", **facts, warnings=list(decision.warnings), corrections=became)
        with stages.stage("write"):
            make = publish if decision.promoted else create_version
            version = make(
                store, draft_manifest(plan, learned, decision), partial(write_files, plan, learned)
            )
        stages.over("write", version=version)
        return RebuildResult(
            version=version if decision.promoted else plan.parent or "",
            promoted=decision.promoted,
            nothing_new=False,
            embedder=plan.embedder.name,
            embedded=extractor.embedded,
            from_cache=extractor.from_cache,
            seconds=stages.seconds,
            metrics=learned.metrics,
            warnings=(
                *plan.warnings,
                *heard.doubts,
                *_about_listening(extractor),
                *learned.warnings,
                *decision.warnings,
            ),
            candidate=None if decision.promoted else version,
            reasons=decision.reasons,
            gate=decision.to_json(),
        )

    def _extract(self, plan: Plan, extractor: NoteExtractor) -> _TrainingData:
        held_out = frozen_held_out(self.store, plan.recordings)
        doubts = self._listen_ahead(plan.recordings, extractor)
        heard, phrases = dict[Recording, list[LabelledNote]](), list[PhraseIndex]()
        for each, cut in extractor.cut_all(self.stages.each(plan.recordings)):
            heard[each] = cut.notes
            phrases.append(cut.phrases)
        # Who is on another Sa now sings other lines: asked on the old one, nobody would find them.
        sa_hz = {each.id: each.tonic_hz for each in plan.recordings}
        as_before = [each for each in held_out.recordings if sa_hz[each.id] == each.tonic_hz]
        takes = [(each, extractor.notes_of(each.as_recording())) for each in plan.corrections.takes]
        asked = eval_notes(held_out, heard, extractor), phrase_questions(as_before, extractor.track_of)
        return _TrainingData(
            Exam(held_out, *asked),
            notes=[note for each in heard.values() for note in each],
            corrections=[note for _, theirs in takes for note in theirs],
            in_tune=[note for each, theirs in takes if each.in_tune for note in theirs],
            doubts=doubts,
            phrases=PhraseIndex.joined(phrases) if phrases else None,
        )

    def _learn(self, heard: _TrainingData) -> Learned:
        with self.stages.stage("learn"):
            learned = learn(
                heard.notes,
                seed=SEED,
                held_out=heard.exam.held_out.singers,
                corrections=heard.corrections,
                in_tune=heard.in_tune,
                phrases=heard.phrases,
            )
        self.stages.over("learn", warnings=list(learned.warnings))
        return learned

    def _listen_ahead(self, recordings: Sequence[Recording], extractor: NoteExtractor) -> tuple[str, ...]:
        """Let all processes there are fill the cache; return what is odd about it."""
        lacking = extractor.lacking(recordings)
        doubts = tuple(_about_others(self.store, extractor, lacking))
        if self.store.cache_url is not None:
            extractor.bring(recordings, besides=lacking)
        if self.extractors is None or len(lacking) < 2 or (self.jobs < 2 and self.engine == "processes"):
            return doubts
        listen = prefetch_on_ray if self.engine == "ray" else prefetch
        ahead = listen(self.store, lacking, self.extractors, self.jobs, self.stages.tell)
        if self.engine == "ray" and self.store.cache_url is not None:
            extractor.bring(lacking)  # one after the other, as they are cut, would take a second for ten
        lost = extractor.lacking(lacking) if self.engine == "ray" and ahead.whole else []
        extractor.add_stats(replace(ahead, embedded=max(0, ahead.embedded - len(lost))))
        if lost:
            doubts += (
                f"{counted(len(lost), 'recording')} that the cluster heard did not come back, and had to be"
                " heard again here: give a --cache-url that all nodes can write",
            )
        return doubts


@dataclass(frozen=True, slots=True, eq=False)
class _TrainingData:
    """What versions are examined with, and the labelled notes: of the samples, of corrected takes.

    Of the last, some are in tune, where the report had said otherwise. And the phrases of the samples;
    `doubts` tell of the cache.
    """

    exam: Exam
    notes: list[LabelledNote]
    corrections: list[LabelledNote]
    in_tune: list[LabelledNote]
    doubts: tuple[str, ...]
    phrases: PhraseIndex | None


def _about_listening(extractor: NoteExtractor) -> Iterator[str]:
    if extractor.damaged:
        yield f"damaged entries of the cache, found and computed again: {extractor.damaged}"
    if extractor.uncached:
        yield f"the cache may not be written; results to be computed again next time: {extractor.uncached}"
    if extractor.unpitched:
        have = "has" if extractor.unpitched == 1 else "have"
        yield f"{counted(extractor.unpitched, 'labelled note')} {have} no pitch to be found; left out"


def _about_others(store: Layout, extractor: NoteExtractor, lacking: Sequence[Recording]) -> Iterator[str]:
    """Yield whose entries a shared cache holds in the place of those that it lacks."""
    if lacking and (others := extractor.others(lacking)):
        yield (
            f"{counted(len(lacking), 'recording')} had to be heard here: of them the cache at"
            f" {shown_url(store.cache_url or '')} holds what other embedders heard"
            f" ({', '.join(sorted(others))}): a share may have been given another --embedder or swara"
        )


def ensure_live(
    store_folder: Path,
    *,
    embedder: Embedder,
    tracker: PitchTracker,
    progress: StageProgress | None = None,
) -> LiveVersion:
    """Open the live version; where there is none yet, make it first, from the bundled samples at least.

    Parameters and errors are those of `rebuild`, and those of `open_live`.

    Raises
    ------
    NoSuchVersion
        If versions are kept, none of them is live, and what would be learned now does worse.
    """
    live = open_live(Layout(store_folder), embedder.spec)
    while live is None:
        result = rebuild(store_folder, embedder=embedder, tracker=tracker, progress=progress)
        live = open_live(Layout(store_folder), embedder.spec)
        if live is None and result.outcome == "rejected":
            raise NoSuchVersion(
                f"no version is live, and what is learned now does worse: {result.reasons[0]}",
                where=str(store_folder),
                fix=f"Run: swara versions rollback, or swara versions promote {result.candidate}",
            )
    return live


def run_rebuild(
    store: Path,
    embedder: str | None,
    *,
    force: bool,
    jobs: int | None,
    progress: StageProgress | None,
    report: StageReport | None,
    notice: Notice | None = None,
    engine: Engine = "processes",
    cache_url: str | None = None,
) -> tuple[tuple[str, ...], RebuildResult]:
    """Rebuild a store with the embedder of that name, or the live one; return warnings, and the result.

    `notice` is told where the embedder's model is converted first, which takes its time.
    Errors are those of `choose_embedder` and of `swara.service.rebuild.rebuild.rebuild`.
    """
    if engine == "ray":
        check_ray()
    choice = choose_embedder(Layout(store), embedder, notice)
    result = rebuild(
        store,
        embedder=choice.embedder,
        tracker=pitch_tracker(TRACKER),
        force=force,
        jobs=jobs or (0 if engine == "ray" else cores()),
        extractors=usual_extractors(choice.embedder),
        engine=engine,
        cache_url=cache_url,
        progress=progress,
        report=report,
    )
    return choice.warnings, result
