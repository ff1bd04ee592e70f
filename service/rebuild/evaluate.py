"""How well a version does: what its head and index say of singers held out, and whether its labels fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence

import numpy as np

from swara.classifier.note_head.evidence import evidence_of_notes
from swara.classifier.note_head.head import NoteHead
from swara.data.arrays import BoolArray
from swara.index import Item
from swara.index.faiss_index import FaissIndex
from swara.index.samples import SampleIndex
from swara.raga.swaras import parse_swara
from swara.service.store.manifest import HITS, Score, Scores

from .labelled_notes import LabelledNote
from .note_pitch import median_cents, swaras_sung

__all__ = ["examine", "hits_among", "labels_in_place"]

_NEIGHBOURS = 5
_LEAST_NOTES = 10
"""A singer with fewer notes is measured apart: one stray note would be a tenth."""

_FEW_NOTES = 3
"""With fewer still, what is out of place may be the one note that is hard to sing."""


def examine(
    head: NoteHead | None, index: SampleIndex, notes: Sequence[LabelledNote], singers: Collection[str]
) -> Scores:
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
    mapping of str to Score
        ``naming accuracy``: the likeliest swara is the right one; ``answered``: the head did not abstain;
        ``precision``: right among the answered; ``retrieval hits``: among the 5 nearest notes of others, of
        any swara, there is one of the right swara.
    """
    if not notes:
        return {}
    scores = {} if head is None else _naming(head, notes)
    hits = _hits(index, notes, lambda item: item.singer not in singers)
    return scores if hits is None else scores | {HITS: _share(hits)}


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


def _naming(head: NoteHead, notes: Sequence[LabelledNote]) -> dict[str, Score]:
    embeddings = np.stack([note.source.embedding for note in notes])
    evidence = evidence_of_notes([note.source.cents for note in notes])
    probabilities = head.probabilities(head.features(embeddings, evidence))
    named = np.array(head.classes)[probabilities.argmax(axis=1)]
    right: BoolArray = named == np.array([note.source.swara for note in notes])
    sure: BoolArray = probabilities.max(axis=1) >= head.threshold
    if head.uses_evidence:
        sure &= evidence.any(axis=1) & head.familiar[evidence.argmax(axis=1)]
    scores = {"naming accuracy": _share(right), "answered": _share(sure)}
    return scores | ({"precision": _share(right[sure])} if sure.any() else {})


def _share(holds: BoolArray) -> Score:
    return Score(float(holds.mean()), holds.size)


def _hits(
    index: SampleIndex, notes: Sequence[LabelledNote], counts: Callable[[Item], bool]
) -> BoolArray | None:
    vectors = np.stack([note.source.embedding for note in notes])
    alike, swaras = [], []
    for swara, engine in sorted(index.engines.items()):
        others = np.array([counts(index.items[place]) for place in engine.ids.tolist()])
        if others.any():
            found, _ = FaissIndex(engine.vectors[others], engine.ids[others]).search(vectors, _NEIGHBOURS)
            alike.append(found)
            swaras += [swara] * _NEIGHBOURS
    if not alike:
        return None
    nearest = np.argsort(-np.concatenate(alike, axis=1), axis=1, kind="stable")[:, :_NEIGHBOURS]
    truth = np.array([note.source.swara for note in notes])
    hits: BoolArray = (np.array(swaras)[nearest] == truth[:, None]).any(axis=1)
    return hits
