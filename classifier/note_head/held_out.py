"""What heads say of notes whose singer, or recording, they were not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swara.data.arrays import BoolArray, FloatArray, IntArray

from .evidence import EVIDENCE_DIM, Evidence
from .regression import Recipe, regress

__all__ = [
    "MOST_FOLDS",
    "HeldOutAnswers",
    "TrainTestRows",
    "TrainingSet",
    "answer_held_out",
    "familiar_positions",
    "grouped_folds",
    "split_notes",
]


MOST_FOLDS = 5


def grouped_folds(groups: Sequence[str], rng: np.random.Generator) -> list[IntArray]:
    """Split notes into folds that hold whole groups.

    Parameters
    ----------
    groups : sequence of str
        The group of each note.
    rng : numpy.random.Generator
        Decides which groups share a fold; nothing, where each has its own.

    Returns
    -------
    list of int array
        Places of the notes of each fold; one fold for each group, or `MOST_FOLDS` of about equal size.
    """
    names, sizes = np.unique(np.array(groups), return_counts=True)
    shuffled = rng.permutation(names.size)
    largest_first = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    fold_sizes = np.zeros(min(names.size, MOST_FOLDS), dtype=np.intp)
    fold_of: dict[str, int] = {}
    for place in largest_first:
        lightest = int(fold_sizes.argmin())
        fold_of[str(names[place])] = lightest
        fold_sizes[lightest] += sizes[place]
    folds = np.array([fold_of[group] for group in groups], dtype=np.intp)
    return [np.flatnonzero(folds == fold) for fold in range(fold_sizes.size)]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """Notes ready to learn from.

    Parameters
    ----------
    features : float64 array, shape [notes, dim]
        The embedding's values, then the evidence, as far as each is used.
    embedding_dim : int
        How many of the features are the embedding.
    evidence : float32 array, shape [notes, EVIDENCE_DIM]
        Used or not.
    labels : int array, shape [notes]
        Place of each note's swara among the classes.
    sung : bool array, shape [notes]
        False for augmented notes.
    singers, recordings : tuple of str
        Of each note.
    """

    features: FloatArray
    embedding_dim: int
    evidence: Evidence
    labels: IntArray
    sung: BoolArray
    singers: tuple[str, ...]
    recordings: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TrainTestRows:
    """The folds, what they hold together (``singer`` or ``recording``), and the group of each note."""

    held: str
    groups: tuple[str, ...]
    folds: tuple[IntArray, ...]


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutAnswers:
    """Every note, by the head that was trained without its fold.

    Parameters
    ----------
    scores : float64 array, shape [notes, classes]
        Minus infinity for a swara that only the held-out fold holds.
    familiar : bool array, shape [notes]
        Whether that head had heard notes at this pitch.
    testable : bool array, shape [notes]
        Whether it had heard this swara at all; otherwise it cannot be right.
    """

    scores: FloatArray
    familiar: BoolArray
    testable: BoolArray


def split_notes(training_set: TrainingSet, seed: int) -> TrainTestRows:
    """Hold out singers, or recordings where no swara is sung by two singers."""
    shared = any(
        len({training_set.singers[note] for note in np.flatnonzero(training_set.labels == label)}) > 1
        for label in np.unique(training_set.labels)
    )
    held, groups = ("singer", training_set.singers) if shared else ("recording", training_set.recordings)
    return TrainTestRows(held, groups, tuple(grouped_folds(groups, np.random.default_rng(seed))))


def answer_held_out(
    training_set: TrainingSet, folds: Sequence[IntArray], recipes: Sequence[Recipe]
) -> tuple[HeldOutAnswers, ...]:
    """Train once for each fold, on the others, and score it; by each recipe."""
    count, classes = training_set.labels.size, int(training_set.labels.max()) + 1
    scores = [np.full((count, classes), -np.inf) for _ in recipes]
    familiar, testable = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    for fold in folds:
        rest = np.setdiff1d(np.arange(count), fold)
        labels, features = training_set.labels[rest], training_set.features[rest]
        taught = np.unique(labels)
        if taught.size < 2:
            continue
        moments = features.mean(axis=0), features.std(axis=0)
        for scored, recipe in zip(scores, recipes, strict=True):
            linear = regress(features, labels, training_set.embedding_dim, recipe, moments)
            scored[np.ix_(fold, taught)] = linear.scores(training_set.features[fold])
        testable[fold] = np.isin(training_set.labels[fold], taught)
        known = familiar_positions(training_set.evidence[rest], labels)
        familiar[fold] = known[training_set.evidence[fold].argmax(axis=1)] & training_set.evidence[fold].any(
            axis=1
        )
    return tuple(HeldOutAnswers(scored, familiar, testable) for scored in scores)


def familiar_positions(evidence: Evidence, labels: IntArray) -> BoolArray:
    """Return the one position of each swara where most of its notes lie, bool, shape [EVIDENCE_DIM].

    A Ga sung half-way to komal Ga lies nearest to komal Ga, which is still no place where Ga is to be named.
    """
    familiar = np.zeros(EVIDENCE_DIM, dtype=np.bool_)
    for label in np.unique(labels):
        heard = evidence[(labels == label) & evidence.any(axis=1)]
        if heard.size:
            familiar[np.bincount(heard.argmax(axis=1)).argmax()] = True
    return familiar
