"""The version that a candidate is compared with, and how that one does.

Usually the live one. Where that was damaged, what its manifest says of it still holds: otherwise a flipped
bit would let in what was rejected the night before. Where nothing says which one is live, it is the one that
`swara versions rollback` goes to.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from swara.classifier.note_head.files import load_note_head
from swara.classifier.note_head.head import NoteHead
from swara.service.errors import EmbedderChanged, StoreDamaged, reading
from swara.service.store import Layout, Manifest, all_versions, open_version, verify_version
from swara.service.store.history import training_recordings
from swara.service.store.manifest import HITS, HITS_IN_COMMON, Score, Scores, scores_from_json

from .evaluate import examine, hits_among
from .gate import label_scores
from .labelled_notes import LabelledNote
from .plan import Plan

__all__ = ["Baseline", "EvalSet", "find_baseline"]


@dataclass(frozen=True, slots=True)
class EvalSet:
    """What both are asked.

    Parameters
    ----------
    notes : sequence of LabelledNote
    singers : collection of str
        Who sings in them.
    held_out, asked : str
        Digests of the recordings that the notes are of, and of all that the answers of a version hang on
        beside its own files.
    known : collection of str
        Ids of the recordings that the candidate learned from.
    """

    notes: Sequence[LabelledNote]
    singers: Collection[str]
    held_out: str
    asked: str
    known: Collection[str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """How the version does that a candidate is compared with.

    Parameters
    ----------
    scores : mapping of str to Score, or None
        None where there is nothing to compare with.
    common : collection of str
        Ids of the recordings that both learned from.
    same_embedder : bool
        Whether it hears by the embedder of the candidate.
    warnings : tuple of str
        What could not be compared, as sentences without full stop.
    """

    scores: Scores | None = None
    common: Collection[str] = ()
    same_embedder: bool = True
    warnings: tuple[str, ...] = ()


def find_baseline(store: Layout, plan: Plan, questions: EvalSet) -> Baseline:
    """Return what a candidate is compared with.

    Raises
    ------
    StoreError
        If the versions cannot be read.
    """
    if plan.baseline is not None:
        return _asked(store, plan, *plan.baseline, questions)
    nobody = "no version that is kept can say how it does: the new one was compared with none"
    return Baseline(warnings=(nobody,) if all_versions(store) else ())


def _asked(store: Layout, plan: Plan, version: str, manifest: Manifest, questions: EvalSet) -> Baseline:
    """Ask a version, or take what it answered before where that is what it would say."""
    kept = scores_from_json(manifest.gate["scores"])
    as_before = manifest.gate.get("asked") == questions.asked
    same = manifest.embedder == plan.embedder
    try:
        if manifest is not plan.live:  # which was found sound just now
            verify_version(store, version)
        seen = training_recordings(store, version, manifest)
        common = frozenset(questions.known) & frozenset(seen or ())
        if as_before and seen is not None and common == seen.keys():
            return Baseline(_with_hits(kept, kept.get(HITS)), common)
        index = open_version(store, version, plan.embedder).index
        in_common = hits_among(index, questions.notes, questions.singers, common)
        if as_before:
            return Baseline(_with_hits(kept, in_common), common)
        answers = examine(_exam_head(store, version, manifest), index, questions.notes, questions.singers)
        return Baseline(_with_hits({**answers, **label_scores(kept)}, in_common), common)
    except EmbedderChanged:
        same, what = False, "hears by another embedder"
    except StoreDamaged:
        what = "is damaged"
    kept = _with_hits(kept, None)
    if as_before or manifest.gate["held_out"] == questions.held_out:
        return Baseline(kept or None, same_embedder=same)
    warning = f"the version to compare with, {version}, {what} and was never asked the same"
    return Baseline(label_scores(kept) or None, (), same, (f"{warning}: no more than labels were compared",))


def _exam_head(store: Layout, version: str, manifest: Manifest) -> NoteHead | None:
    at = store.version(version).holdout_head
    if at.name not in manifest.files:
        return None
    with reading(at):
        return load_note_head(at)


def _with_hits(scores: Scores, in_common: Score | None) -> Scores:
    """Return scores with the hits over what both know, instead of those that it was once compared by."""
    others = {name: score for name, score in scores.items() if name != HITS_IN_COMMON}
    return others if in_common is None else others | {HITS_IN_COMMON: in_common}
