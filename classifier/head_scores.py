"""How well a head does on recordings that it was not trained on, and how sure those figures are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from swara.data.arrays import BoolArray, FloatArray, IntArray

__all__ = ["HeadScores", "score_answers", "watched_figures"]

_DRAWS = 2000
"""Resamplings behind an interval; the ends then move by about 0.005 from seed to seed."""


@dataclass(frozen=True, slots=True)
class HeadScores:
    """How answers compare with the truth.

    Parameters
    ----------
    labels : tuple of str
        Those that the recordings have, and those that were answered; in order.
    recordings : int
        How many were asked about.
    accuracy, macro_f1 : float
        0 to 1; no answer is a wrong one. F1 is the mean over the labels that the recordings have.
    accuracy_interval, macro_f1_interval : tuple of float, length 2
        95% intervals, from resampling groups with their recordings; of one group, its recordings.
    groups : int
        How many singers or players, or sources, they come from.
    answered : float
        Share that got an answer.
    f1 : mapping of str to float
        By the labels that the recordings have.
    confusion : tuple of tuple of int, shape [labels, labels + 1]
        Rows by the true label, columns by the answer, the last for none.
    """

    labels: tuple[str, ...]
    recordings: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    groups: int
    answered: float
    f1: Mapping[str, float]
    confusion: tuple[tuple[int, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return {
            "recordings": self.recordings,
            "groups": self.groups,
            "accuracy": round(self.accuracy, 4),
            "accuracy_interval": [round(end, 4) for end in self.accuracy_interval],
            "macro_f1": round(self.macro_f1, 4),
            "macro_f1_interval": [round(end, 4) for end in self.macro_f1_interval],
            "answered": round(self.answered, 4),
            "f1": {name: round(figure, 4) for name, figure in self.f1.items()},
            "labels": list(self.labels),
            "confusion": [list(row) for row in self.confusion],
        }


def score_answers(
    truth: Sequence[str], answers: Sequence[str], groups: Sequence[str], *, seed: int = 0
) -> HeadScores:
    """Compare answers with the truth.

    Parameters
    ----------
    truth, answers : sequence of str, of one length
        A label for each recording; an empty answer is none.
    groups : sequence of str
        Who sings or plays each: recordings of one are no independent witnesses.
    seed : int
        Of the resampling.

    Raises
    ------
    ValueError
        If there are none, or lengths differ.
    """
    if not len(truth) == len(answers) == len(groups) > 0:
        raise ValueError(f"{len(answers)} answers and {len(groups)} groups for {len(truth)} recordings")
    labels = tuple(sorted({*truth, *answers} - {""}, key=_by_number))
    place = {name: number for number, name in enumerate((*labels, ""))}
    owners, members = np.unique(np.array(groups, dtype=np.str_), return_inverse=True)
    counts = np.zeros((owners.size, len(labels), len(labels) + 1))
    true, said = (np.array([place[each] for each in names]) for names in (truth, answers))
    np.add.at(counts, (members, true, said), 1)
    whole = counts.sum(axis=0)
    asked = whole.sum(axis=1) > 0
    f1 = _f1(whole[None])[0]
    accuracies, means = _resampled(counts, asked, np.random.default_rng(seed))
    return HeadScores(
        labels,
        len(truth),
        float(np.trace(whole) / whole.sum()),
        _interval(accuracies),
        float(f1[asked].mean()),
        _interval(means),
        owners.size,
        float(1 - whole[:, -1].sum() / whole.sum()),
        {name: float(figure) for name, figure, each in zip(labels, f1, asked, strict=True) if each},
        tuple(tuple(int(number) for number in row) for row in whole),
    )


def watched_figures(truth: Sequence[str] | IntArray, likeliest: Sequence[str] | IntArray) -> dict[str, float]:
    """Return accuracy and macro F1, the mean over the labels of the truth, of what a training watches."""
    from sklearn.metrics import accuracy_score, f1_score

    f1 = f1_score(truth, likeliest, average="macro", labels=np.unique(truth))
    return {"accuracy": float(accuracy_score(truth, likeliest)), "macro_f1": float(f1)}


def _by_number(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (-1, name)


def _f1(confusion: FloatArray) -> FloatArray:
    """Return F1 by label, shape [draws, labels], of confusions, shape [draws, labels, labels + 1]."""
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    said, true = confusion[:, :, :-1].sum(axis=1), confusion.sum(axis=2)
    f1: FloatArray = 2 * hits / np.maximum(said + true, 1)
    return f1


def _resampled(
    counts: FloatArray, asked: BoolArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return accuracy and macro F1 of groups drawn with replacement; of recordings if there is one group."""
    shares = np.full(len(counts), 1 / len(counts))
    accuracies, means = np.empty(_DRAWS), np.empty(_DRAWS)
    for draw in range(_DRAWS):
        if len(counts) > 1:
            drawn = np.tensordot(rng.multinomial(len(counts), shares), counts, axes=1)
        else:
            cells = counts.ravel() / counts.sum()
            drawn = rng.multinomial(int(counts.sum()), cells).reshape(counts.shape[1:]).astype(float)
        there = drawn.sum(axis=1) > 0
        accuracies[draw] = np.trace(drawn) / drawn.sum()
        means[draw] = _f1(drawn[None])[0][there & asked].mean()
    return accuracies, means


def _interval(figures: FloatArray) -> tuple[float, float]:
    low, high = np.quantile(figures, [0.025, 0.975])
    return float(low), float(high)
