"""How well a version does: what its head and index say of singers held out, and whether its labels fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import numpy as np

from swara.classifier.note_head.evidence import evidence_of_notes
from swara.classifier.note_head.head import NoteHead
from swara.data.arrays import BoolArray, FloatArray
from swara.data.recording import Recording
from swara.index.faiss_index import NO_ID
from swara.index.hnsw import recall
from swara.index.phrases import PhraseIndex
from swara.index.samples import SampleIndex, Source
from swara.raga.swaras import parse_swara
from swara.service.store.manifest import HARD, HITS, INDEX_RECALL, Score, Scores

from .labelled_notes import LabelledNote
from .questions import Answers, PhraseQuestion, hard_cents, labelled_swaras
from .targets import median_cents, swaras_sung

__all__ = ["examine", "hits_among", "index_recall", "labels_in_place", "phrases_found", "phrases_kept"]

_NEIGHBOURS = 5
_ASKED = 100
"""Questions to the graph of a swara: comparing all of a million vectors takes 20 ms for each."""

_LEAST_NOTES = 10
"""A singer with fewer notes is measured apart: one stray note would be a tenth."""

_AT_ONCE = 500
"""Stretches of a recording that are held against all others of it: of an hour there are thousands."""

_FEW_NOTES = 3
"""With fewer still, what is out of place may be the one note that is hard to sing."""


def examine(
    head: NoteHead | None, index: SampleIndex, notes: Sequence[LabelledNote], singers: Collection[str]
) -> Answers:
    """Ask a version about notes of singers held out.

    Parameters
    ----------
    head : NoteHead or None
        One that was trained without `singers`.
    index : SampleIndex
        Their notes are passed over.
    notes : sequence of LabelledNote
        With the swara that each is known to be.
    singers : collection of str
        Who is held out.

    Returns
    -------
    mapping of str to float64 array, shape [notes]
        ``naming accuracy``: the likeliest swara is the right one; ``answered``: the head did not abstain;
        ``precision``: right among the answered; the same of the notes made hard; ``retrieval hits``: among
        the 5 nearest notes of others, of any swara, there is one of the right swara.
    """
    if not notes:
        return {}
    answers: dict[str, FloatArray] = {}
    if head is not None:
        asked = {"": [note.source.cents for note in notes], HARD: hard_cents(notes)}
        for which, cents in asked.items():
            answers |= {f"{name}{which}": each for name, each in _naming(head, notes, cents)}
    hits = _hits(index, notes, lambda item: item.singer not in singers)
    return answers if hits is None else answers | {HITS: hits.astype(np.float64)}


def hits_among(
    index: SampleIndex,
    notes: Sequence[LabelledNote],
    singers: Collection[str],
    recordings: Collection[str],
) -> Score | None:
    """Measure ``retrieval hits`` of `examine` with these recordings alone, by id; None if they are nobody's.

    The more a version knows the more notes are near that are of another swara. So two are compared over what
    both of them know.
    """
    if not notes:
        return None
    hits = _hits(index, notes, lambda item: item.singer not in singers and item.recording in recordings)
    return None if hits is None else _share(hits)


def index_recall(index: SampleIndex, notes: Sequence[LabelledNote]) -> Scores:
    """Hold what a graph finds against what comparing all vectors finds, where a swara has a graph.

    Asked are the notes held out, up to 100 of each swara; where there are fewer, some of the index too.

    Returns
    -------
    mapping of str to Score
        ``index recall@10``: of the swara with the least.
    """
    scores = []
    for swara, engine in sorted(index.engines.items()):
        if engine.exact is not engine:
            asked = [note.source.embedding for note in notes if note.item.swara == swara][:_ASKED]
            rows = np.linspace(0, len(engine.ids) - 1, _ASKED - len(asked)).astype(np.intp)
            queries = np.stack([*asked, *engine.vectors[rows]])
            scores.append(Score(recall(engine, queries), len(queries), swara))
    return {INDEX_RECALL: min(scores, key=lambda score: score.share)} if scores else {}


def phrases_found(
    index: PhraseIndex | None,
    questions: Sequence[PhraseQuestion],
    known: Mapping[str, Recording],
    among: Collection[str],
) -> FloatArray:
    """Seek phrases as a user does, and return of which the nearest is right.

    Right is the stretch that the phrase is from, and any with the same swaras in its labels: many singers may
    sing the same.

    Parameters
    ----------
    index : PhraseIndex or None
        Where they are sought; None finds nothing.
    questions : sequence of PhraseQuestion
        What is sought.
    known : mapping of str to Recording
        By id, with their labels.
    among : collection of str
        Ids of the recordings that are answered with, and asked about.

    Returns
    -------
    float64 array, shape [questions]
        1 or 0; NaN for a phrase of another recording.
    """
    right = np.array([0.0 if asked.recording in among else np.nan for asked in questions])
    if index is None:
        return right
    allowed = index.passing("recording", lambda recording: recording in among)
    for number in np.flatnonzero(right == 0.0).tolist():
        asked = questions[number]
        for place in index.ranked(asked.sung.distance, allowed)[0][:1].tolist():
            found = index.phrases[place]
            spans = np.array([[asked.start_s, asked.end_s], [found.start_s, found.end_s]])
            own = found.recording == asked.recording and bool(_much_alike(*spans[:, None]))
            sung = labelled_swaras(known[found.recording], found.start_s, found.end_s)
            right[number] = own or (sung == asked.swaras and bool(sung))
    return right


def phrases_kept(index: PhraseIndex | None, before: PhraseIndex, among: Collection[str]) -> Score | None:
    """Return how many of the phrases that a version had of these recordings another has too; None of none.

    One that shares more than half of the time of both is taken for the same: a tracker that hears a breath
    elsewhere cuts elsewhere.
    """
    had, has = _spans(before, among), _spans(index, among)
    kept = [
        _much_alike(some, has[recording]).any(axis=1) if recording in has else np.zeros(len(some), np.bool_)
        for recording, spans in had.items()
        for some in np.array_split(spans, -(-len(spans) // _AT_ONCE))
    ]
    return _share(np.concatenate(kept)) if kept else None


def labels_in_place(notes: Sequence[LabelledNote]) -> Scores:
    """Measure how many notes are sung nearest to the swara that they are labelled as.

    Returns
    -------
    mapping of str to Score
        ``labels in place``: of all notes; ``labels in place, worst singer``: of the singer with 10 notes or
        more who has the fewest; ``labels in place, worst singer of few notes``: the same with 3 to 9.
    """
    if not notes:
        return {}
    sources = [note.source for note in notes]
    sung = zip(swaras_sung(median_cents(sources)), sources, strict=True)
    fits = np.array([place == parse_swara(source.swara) for place, source in sung])
    by_singer = defaultdict(list)
    for note, fit in zip(notes, fits.tolist(), strict=True):
        by_singer[note.item.singer].append(fit)
    scores = {"labels in place": Score(float(fits.mean()), fits.size)}
    each = [Score(float(np.mean(fit)), len(fit), singer) for singer, fit in sorted(by_singer.items())]
    many = [score for score in each if score.notes >= _LEAST_NOTES]
    few = [score for score in each if _FEW_NOTES <= score.notes < _LEAST_NOTES]
    for name, theirs in (("worst singer", many), ("worst singer of few notes", few)):
        if theirs:
            scores[f"labels in place, {name}"] = min(theirs, key=lambda score: score.share)
    return scores


def _naming(
    head: NoteHead, notes: Sequence[LabelledNote], cents: Sequence[FloatArray]
) -> Iterator[tuple[str, FloatArray]]:
    """Yield what the head makes of notes that were sung at these pitches, by the name of what is measured."""
    embeddings = np.stack([note.source.embedding for note in notes])
    evidence = evidence_of_notes(cents)
    probabilities = head.probabilities(head.features(embeddings, evidence))
    named = np.array(head.classes)[probabilities.argmax(axis=1)]
    right: BoolArray = named == np.array([note.source.swara for note in notes])
    sure: BoolArray = probabilities.max(axis=1) >= head.threshold
    if head.uses_evidence:
        sure &= evidence.any(axis=1) & head.familiar[evidence.argmax(axis=1)]
    yield "naming accuracy", right.astype(np.float64)
    yield "answered", sure.astype(np.float64)
    yield "precision", np.where(sure, right, np.nan)


def _spans(index: PhraseIndex | None, among: Collection[str]) -> dict[str, FloatArray]:
    """Return where the phrases of these recordings lie, by recording: float64 [phrases, 2], in seconds."""
    spans = defaultdict[str, list[tuple[float, float]]](list)
    for each in () if index is None else index.phrases:
        if each.recording in among:
            spans[each.recording].append((each.start_s, each.end_s))
    return {recording: np.array(each) for recording, each in spans.items()}


def _much_alike(spans: FloatArray, others: FloatArray) -> BoolArray:
    """Return which stretches share more than half of the time of both, bool [spans, others]."""
    begins, ends = np.moveaxis(spans[:, None], 2, 0)
    shared = np.minimum(ends, others[:, 1]) - np.maximum(begins, others[:, 0])
    longer = np.maximum(ends - begins, others[:, 1] - others[:, 0])
    alike: BoolArray = shared > 0.5 * longer
    return alike


def _share(holds: BoolArray) -> Score:
    return Score(float(holds.mean()), holds.size)


def _hits(
    index: SampleIndex, notes: Sequence[LabelledNote], counts: Callable[[Source], bool]
) -> BoolArray | None:
    vectors = np.stack([note.source.embedding for note in notes])
    alike, swaras, others = [], [], index.where(counts)
    for swara, engine in sorted(index.engines.items()):
        scores, ids = engine.search(vectors, _NEIGHBOURS, others.among(swara))
        if (ids != NO_ID).any():
            alike.append(scores)
            swaras += [swara] * _NEIGHBOURS
    if not alike:
        return None
    nearest = np.argsort(-np.concatenate(alike, axis=1), axis=1, kind="stable")[:, :_NEIGHBOURS]
    truth = np.array([note.source.swara for note in notes])
    hits: BoolArray = (np.array(swaras)[nearest] == truth[:, None]).any(axis=1)
    return hits
