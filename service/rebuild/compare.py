"""A candidate and the version that it is compared with, asked the same.

Usually the live one. Where that was damaged, what its manifest says of it still holds: otherwise a flipped
bit would let in what was rejected the night before. Where nothing says which one is live, it is the one that
`swara versions rollback` goes to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from swara.classifier.note_head.head import NoteHead, load_note_head
from swara.data.recording import Recording
from swara.index import IndexDamaged
from swara.index.phrase_files import load_phrase_index
from swara.index.phrases import PhraseIndex
from swara.service.errors import EmbedderChanged, StoreDamaged, reading
from swara.service.store import Layout, Manifest, all_versions, open_version, verify_version
from swara.service.store.manifest import (
    HITS_IN_COMMON,
    PHRASES,
    PHRASES_KEPT,
    Score,
    Scores,
    code_version,
    scores_from_json,
)
from swara.service.store.versions import training_recordings

from .corrections import corrections_report
from .evaluate import examine, hits_among, index_recall, labels_in_place, phrases_found, phrases_kept
from .gate import GateDecision, decide, pitch_scores
from .held_out import HeldOut
from .labelled_notes import LabelledNote, NoteExtractor
from .plan import Plan
from .questions import Answers, PhraseQuestion, chance_falls, shares
from .train import Learned

__all__ = ["eval_notes", "evaluate_candidate", "with_corrections"]


_EXAM = 3
"""Number of the way in which versions are asked; a change of the questions raises it."""


@dataclass(frozen=True, slots=True, eq=False)
class Exam:
    """What versions are examined with.

    Parameters
    ----------
    held_out : HeldOut
        Whom the exam head must not know.
    notes : sequence of LabelledNote
        Of them, by the labels that were frozen.
    phrases : sequence of PhraseQuestion
        Of them, as a learner would repeat them.
    """

    held_out: HeldOut
    notes: Sequence[LabelledNote]
    phrases: Sequence[PhraseQuestion] = ()


def eval_notes(
    held_out: HeldOut, heard: Mapping[Recording, Sequence[LabelledNote]], extractor: NoteExtractor
) -> list[LabelledNote]:
    """Return the notes to examine with, by the labels that were frozen."""
    return [
        note
        for recording in held_out.recordings
        for note in (heard[recording] if recording in heard else extractor.notes_of(recording))
    ]


def evaluate_candidate(
    store: Layout,
    plan: Plan,
    learned: Learned,
    notes: Sequence[LabelledNote],
    exam: Exam,
) -> GateDecision:
    """Examine what was learned from `notes`, and the live version, with the same questions, and rule.

    Raises
    ------
    StoreError
        If the versions cannot be read.
    """
    held_out, questions = exam.held_out, exam.notes
    answers = examine(learned.holdout_head, learned.index, questions, held_out.singers)
    scores = {**shares(answers), **labels_in_place(notes), **index_recall(learned.index, questions)}
    asked = _asked(plan, held_out)
    baseline = _find_baseline(store, plan, held_out, questions, asked)
    if in_common := hits_among(learned.index, questions, held_out.singers, baseline.common):
        scores[HITS_IN_COMMON] = in_common
    phrases = _ask_for_phrases(store, plan, learned.phrases, exam.phrases)
    scores |= phrases.scores
    live = (phrases.live or None) if baseline.scores is None else {**baseline.scores, **phrases.live}
    of_notes, of_phrases = ([each.item.recording for each in questions], [q.recording for q in exam.phrases])
    before = baseline.answers or _even(live, answers)
    phrases_before = phrases.answers_before or _even(live, phrases.answers)
    decision = decide(
        scores,
        live,
        held_out.digest,
        same_embedder=baseline.same_embedder,
        chance=chance_falls(before, answers, of_notes)
        | chance_falls(phrases_before, phrases.answers, of_phrases),
    )
    warnings = [*baseline.warnings, *decision.warnings]
    if held_out.relabelled:
        warnings.append(
            "examined by their labels of before, though they have others now:"
            f" {', '.join(held_out.relabelled)};"
            " to examine by the new ones, delete HELD_OUT in the store"
        )
    return replace(decision, warnings=tuple(warnings), asked=asked)


def with_corrections(store: Layout, plan: Plan, learned: Learned, notes: Sequence[LabelledNote]) -> Learned:
    """Return what was learned with what became of the corrected `notes` in its metrics, if there are any."""
    if not notes and not plan.corrections.verdicts:
        return learned
    before = None
    with suppress(EmbedderChanged, StoreDamaged):
        if plan.live is not None and plan.parent is not None:
            before = open_version(store, plan.parent, plan.embedder).head
    report = corrections_report(plan.corrections, notes, before, learned.head, learned.moved_cents)
    return replace(learned, metrics={**learned.metrics, "corrections": report})


def _asked(plan: Plan, held_out: HeldOut) -> str:
    """Return 16 hex digits that differ where the answers of the same files may: who asks, what, and how."""
    made = plan.parameters["making"], plan.parameters["tracker"], plan.embedder.fingerprint
    asked = [held_out.digest, sorted(held_out.singers), _EXAM, code_version(), *made]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Baseline:
    """How the version does that a candidate is compared with.

    Parameters
    ----------
    scores : mapping of str to Score, or None
        None where there is nothing to compare with.
    answers : mapping of str to float64 array, shape [questions]
        What it answered now; empty where it could not be asked.
    common : collection of str
        Ids of the recordings that both learned from.
    same_embedder : bool
        Whether it hears by the embedder of the candidate.
    warnings : tuple of str
        What could not be compared, as sentences without full stop.
    """

    scores: Scores | None = None
    answers: Answers = field(default_factory=dict)
    common: Collection[str] = ()
    same_embedder: bool = True
    warnings: tuple[str, ...] = ()


def _find_baseline(
    store: Layout, plan: Plan, held_out: HeldOut, questions: Sequence[LabelledNote], asked: str
) -> _Baseline:
    """Ask the version to compare with; where it cannot be asked, take what it answered before."""
    if plan.baseline is None:
        nobody = "no version that is kept can say how it does: the new one was compared with none"
        return _Baseline(warnings=(nobody,) if all_versions(store) else ())
    version, manifest = plan.baseline
    kept = scores_from_json(manifest.gate["scores"])
    as_before = manifest.gate.get("asked") == asked
    same = manifest.embedder == plan.embedder
    try:
        if manifest is not plan.live:  # which was found sound just now
            verify_version(store, version)
        seen = training_recordings(store, version, manifest)
        common = {recording.id for recording in plan.recordings} & frozenset(seen or ())
        index = open_version(store, version, plan.embedder).index
        in_common = hits_among(index, questions, held_out.singers, common)
        answers = examine(_holdout_head(store, version, manifest), index, questions, held_out.singers)
        return _Baseline(_with_hits({**pitch_scores(kept), **shares(answers)}, in_common), answers, common)
    except EmbedderChanged:
        same, what = False, "hears by another embedder"
    except StoreDamaged:
        what = "is damaged"
    kept = _with_hits(kept, None)
    if as_before or manifest.gate["held_out"] == held_out.digest:
        return _Baseline(kept or None, same_embedder=same)
    what = f"the version to compare with, {version}, {what} and was never asked the same"
    warnings = (f"{what}: no more than labels and phrases were compared",)
    return _Baseline(pitch_scores(kept) or None, same_embedder=same, warnings=warnings)


@dataclass(frozen=True, slots=True, eq=False)
class _Phrases:
    """What a candidate and the version before it know of phrases, over the recordings that both know."""

    scores: Scores = field(default_factory=dict)
    answers: Answers = field(default_factory=dict)
    live: Scores = field(default_factory=dict)
    answers_before: Answers = field(default_factory=dict)


def _ask_for_phrases(
    store: Layout, plan: Plan, index: PhraseIndex | None, questions: Sequence[PhraseQuestion]
) -> _Phrases:
    """Seek phrases in a new index and in that of the version to compare with, whatever embedder made them."""
    known = {recording.id: recording for recording in plan.recordings}
    before, common = _phrases_before(store, plan)
    common = known.keys() & common if before is not None else known.keys()
    answers = {PHRASES: phrases_found(index, questions, known, common)} if questions else {}
    if before is None:
        return _Phrases(shares(answers), answers)
    answers_before = {PHRASES: phrases_found(before, questions, known, common)} if questions else {}
    scores, live = shares(answers), shares(answers_before)
    if kept := phrases_kept(index, before, common):
        every = Score(1.0, kept.notes)
        scores, live = {**scores, PHRASES_KEPT: kept}, {**live, PHRASES_KEPT: every}
    return _Phrases(scores, answers, live, answers_before)


def _phrases_before(store: Layout, plan: Plan) -> tuple[PhraseIndex | None, Collection[str]]:
    """Return the phrases of the version to compare with, and which recordings it knows."""
    if plan.baseline is None:
        return None, ()
    version, manifest = plan.baseline
    try:
        if manifest is not plan.live:
            verify_version(store, version)
        phrases = load_phrase_index(store.version(version).index)
        return phrases, frozenset(training_recordings(store, version, manifest) or ())
    except (StoreDamaged, IndexDamaged):
        return None, ()


def _even(scores: Scores | None, answers: Answers) -> Answers:
    """Return `scores`, as if each question of `answers` had been answered that well: all that is known."""
    known = {name: score.share for name, score in (scores or {}).items() if name in answers}
    return {name: np.full_like(answers[name], share) for name, share in known.items()}


def _holdout_head(store: Layout, version: str, manifest: Manifest) -> NoteHead | None:
    at = store.version(version).holdout_head
    if at.name not in manifest.files:
        return None
    with reading(at):
        return load_note_head(at)


def _with_hits(scores: Scores, in_common: Score | None) -> Scores:
    """Return scores with the hits over what both know, instead of those that it was once compared by."""
    others = {name: score for name, score in scores.items() if name not in (HITS_IN_COMMON, PHRASES_KEPT)}
    return others if in_common is None else others | {HITS_IN_COMMON: in_common}
