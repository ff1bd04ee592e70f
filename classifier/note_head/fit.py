"""Training a head, and finding out how good it is, on the same notes without fooling oneself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from swara.classifier import HeadError
from swara.data.arrays import BoolArray, FloatArray
from swara.raga.swaras import parse_swara

from .calibration import abstention_threshold, log_loss, temperature_for
from .examples import NoteExample
from .head import NoteHead, feature_matrix
from .held_out import (
    HeldOutAnswers,
    TrainingSet,
    TrainTestRows,
    answer_held_out,
    familiar_positions,
    split_notes,
)
from .metrics import Answers, HeadMetrics, score
from .regression import Recipe, one_thread, recipes, regress, softmax

__all__ = [
    "LEAST_NOTES",
    "LEAST_RECORDINGS",
    "FittedHead",
    "fit_note_head",
    "pitch_order",
    "rare_swaras",
    "refit_without",
    "too_few",
]


LEAST_NOTES = 5
LEAST_RECORDINGS = 2
"""A swara with fewer, as sung, is left out: there would be nothing to hold out."""


def rare_swaras(examples: Sequence[NoteExample]) -> dict[str, str]:
    """Return the swaras that cannot be learned, lowest first, and why; augmented notes do not count."""
    sung = [example for example in examples if not example.augmented]
    notes = Counter(example.swara for example in sung)
    recordings = defaultdict(set)
    for example in sung:
        recordings[example.swara].add(example.recording)
    reasons = {}
    for swara in sorted({example.swara for example in examples}, key=pitch_order):
        if notes[swara] < LEAST_NOTES:
            reasons[swara] = f"{notes[swara]} of at least {LEAST_NOTES} notes"
        elif len(recordings[swara]) < LEAST_RECORDINGS:
            reasons[swara] = f"all {notes[swara]} notes are from one recording"
    return reasons


def too_few(left_out: dict[str, str]) -> HeadError:
    """Return the error for samples that do not hold two swaras to tell apart."""
    each = "; ".join(f"{swara}: {why}" for swara, why in left_out.items())
    return HeadError(
        f"too few labelled notes to learn two swaras from ({each or 'none at all'})",
        fix=f"Add samples until two swaras have {LEAST_NOTES} notes each, in {LEAST_RECORDINGS} recordings",
    )


def pitch_order(swara: str) -> tuple[int, int]:
    """Return what sorts swaras in roman notation by pitch."""
    svarasthana, octave = parse_swara(swara)
    return octave, svarasthana.index


@dataclass(frozen=True, slots=True, eq=False)
class FittedHead:
    """A head, and how it did on notes held out."""

    head: NoteHead
    metrics: HeadMetrics


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """A recipe, and what it said of the notes held out."""

    recipe: Recipe
    held_out: HeldOutAnswers
    loss: float


def fit_note_head(
    examples: Sequence[NoteExample], *, seed: int, use_embedding: bool = True, use_evidence: bool = True
) -> FittedHead:
    """Train a head.

    Each recipe is tried on singers held out (recordings, where no swara has two singers) and the one with the
    least log loss taken; on the same held-out notes, augmented ones included, the temperature is the one
    with the least log loss, and the threshold the lowest from 0.5 to 0.95 at which 99% of the answers are
    right. The metrics count the notes as sung. The head itself is then trained on everything.

    Parameters
    ----------
    examples : sequence of NoteExample
        As sung, and from `augmented`.
    seed : int
        Decides which singers share a fold, where they are many. The same seed and examples give the same
        head, on any number of threads.
    use_embedding, use_evidence : bool
        What the head may look at.

    Raises
    ------
    HeadError
        If fewer than two swaras have 5 notes as sung, in 2 recordings.
    ValueError
        If neither embedding nor evidence is used, or embeddings differ in length.
    """
    left_out = rare_swaras(examples)
    kept = [example for example in examples if example.swara not in left_out]
    classes = tuple(sorted({example.swara for example in kept}, key=pitch_order))
    if len(classes) < 2:
        raise too_few(left_out)
    training_set = _training_set(kept, classes, use_embedding, use_evidence)
    with one_thread():
        split = split_notes(training_set, seed)
        tried = recipes(use_embedding=use_embedding, use_evidence=use_evidence)
        best = min(_trials(training_set, split, tried), key=lambda trial: trial.loss)
        head = _trained(training_set, classes, best, use_embedding, use_evidence)
    return FittedHead(head, _metrics(training_set, split, best, head, left_out))


def refit_without(
    fitted: FittedHead, examples: Sequence[NoteExample], singers: Collection[str]
) -> NoteHead | None:
    """Train a head as `fitted` was, but on other singers only.

    Recipe, temperature and threshold are those of `fitted`, which knows all singers: four figures, chosen on
    notes held out in turn. The weights have not seen the singers.

    Parameters
    ----------
    fitted : FittedHead
        The head, and the recipe that it was fitted by.
    examples : sequence of NoteExample
        What it was trained on, augmented ones included.
    singers : collection of str
        To be left out.

    Returns
    -------
    NoteHead or None
        None where the others do not sing two swaras.
    """
    head = fitted.head
    kept = [each for each in examples if each.singer not in singers and each.swara in head.classes]
    taught = {example.swara for example in kept}
    classes = tuple(swara for swara in head.classes if swara in taught)
    if len(classes) < 2:
        return None
    training_set = _training_set(kept, classes, head.uses_embedding, head.uses_evidence)
    recipe = Recipe(fitted.metrics.embedding_gain, fitted.metrics.inverse_penalty)
    with one_thread():
        linear = regress(training_set.features, training_set.labels, training_set.embedding_dim, recipe)
    familiar = familiar_positions(training_set.evidence, training_set.labels)
    return replace(head, classes=classes, linear=linear, familiar=familiar)


def _training_set(
    kept: Sequence[NoteExample], classes: tuple[str, ...], use_embedding: bool, use_evidence: bool
) -> TrainingSet:
    embeddings = np.stack([example.embedding for example in kept])
    evidence = np.stack([example.evidence for example in kept])
    return TrainingSet(
        features=feature_matrix(embeddings, evidence, use_embedding=use_embedding, use_evidence=use_evidence),
        embedding_dim=embeddings.shape[1] if use_embedding else 0,
        evidence=evidence,
        labels=np.array([classes.index(example.swara) for example in kept], dtype=np.intp),
        sung=np.array([not example.augmented for example in kept]),
        singers=tuple(example.singer for example in kept),
        recordings=tuple(example.recording for example in kept),
    )


def _trials(training_set: TrainingSet, split: TrainTestRows, tried: Sequence[Recipe]) -> Iterator[_Trial]:
    for recipe, held_out in zip(tried, answer_held_out(training_set, split.folds, tried), strict=True):
        tested = held_out.testable
        loss = log_loss(softmax(held_out.scores[tested]), training_set.labels[tested])
        yield _Trial(recipe, held_out, loss)


def _trained(
    training_set: TrainingSet, classes: tuple[str, ...], best: _Trial, use_embedding: bool, use_evidence: bool
) -> NoteHead:
    tested = best.held_out.testable
    truth = training_set.labels[tested]
    temperature = temperature_for(best.held_out.scores[tested], truth)
    probabilities = softmax(best.held_out.scores[tested] / temperature)
    threshold = abstention_threshold(probabilities.max(axis=1), probabilities.argmax(axis=1) == truth)
    return NoteHead(
        classes=classes,
        linear=regress(training_set.features, training_set.labels, training_set.embedding_dim, best.recipe),
        temperature=temperature,
        threshold=threshold,
        uses_embedding=use_embedding,
        uses_evidence=use_evidence,
        familiar=familiar_positions(training_set.evidence, training_set.labels),
    )


def _metrics(
    training_set: TrainingSet, split: TrainTestRows, best: _Trial, head: NoteHead, left_out: dict[str, str]
) -> HeadMetrics:
    tested = best.held_out.testable & training_set.sung
    probabilities = softmax(best.held_out.scores[tested] / head.temperature)
    answers = Answers(
        truth=training_set.labels[tested],
        probabilities=probabilities,
        answered=_answered(probabilities, best.held_out.familiar[tested], head),
        groups=[split.groups[note] for note in np.flatnonzero(tested)],
    )
    return HeadMetrics(
        split=split.held,
        folds=len(split.folds),
        scores=score(head.classes, answers),
        temperature=head.temperature,
        threshold=head.threshold,
        embedding_gain=best.recipe.embedding_gain,
        inverse_penalty=best.recipe.inverse_penalty,
        examples=training_set.labels.size,
        left_out=left_out,
        warnings=_warnings(training_set, split, head.classes, best.held_out.testable),
    )


def _answered(probabilities: FloatArray, familiar: BoolArray, head: NoteHead) -> BoolArray:
    sure: BoolArray = probabilities.max(axis=1) >= head.threshold
    return sure & familiar if head.uses_evidence else sure


def _warnings(
    training_set: TrainingSet, split: TrainTestRows, classes: tuple[str, ...], testable: BoolArray
) -> tuple[str, ...]:
    warnings = []
    if split.held == "recording":
        few = (
            "there is one singer"
            if len(set(training_set.singers)) == 1
            else "no swara is sung by two singers"
        )
        warnings.append(
            f"tested on other recordings of the same singers, as {few}: a new singer may do worse"
        )
    tested = set(training_set.labels[testable & training_set.sung].tolist())
    untested = [name for place, name in enumerate(classes) if place not in tested]
    if untested:
        warnings.append(f"could not be tested, as only one {split.held} holds them: {', '.join(untested)}")
    return tuple(warnings)
