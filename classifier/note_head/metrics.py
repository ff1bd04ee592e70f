"""How well a head does on notes that it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from swara.data.arrays import BoolArray, FloatArray, IntArray

from .calibration import expected_calibration_error

__all__ = ["Answers", "GroupScore", "HeadMetrics", "NamingScores", "score"]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a head said of held-out notes.

    Parameters
    ----------
    truth : int array, shape [notes]
        Place of each note's class.
    probabilities : float64 array, shape [notes, classes]
        Calibrated.
    answered : bool array, shape [notes]
        False where the head abstained.
    groups : sequence of str
        The singer of each note, or its recording.
    """

    truth: IntArray
    probabilities: FloatArray
    answered: BoolArray
    groups: Sequence[str]


@dataclass(frozen=True, slots=True)
class GroupScore:
    """The same for one singer held out, or one recording."""

    notes: int
    accuracy: float
    coverage: float


@dataclass(frozen=True, slots=True)
class NamingScores:
    """Figures on held-out notes, each 0 to 1; None where there are no notes to tell from.

    Parameters
    ----------
    notes : int
        How many were tested.
    accuracy : float or None
        Share whose likeliest swara is the true one, abstained or not.
    coverage : float or None
        Share that was answered.
    precision : float or None
        Share of the answers that are right.
    calibration_error : float or None
        Expected calibration error.
    recall : mapping of str to (float or None)
        Accuracy on the notes of each swara.
    confusion : mapping of str to mapping of str to int
        Notes by their true swara, then by the likeliest one; abstained or not.
    by_group : mapping of str to GroupScore
        By singer held out, or by recording.
    """

    notes: int
    accuracy: float | None
    coverage: float | None
    precision: float | None
    calibration_error: float | None
    recall: Mapping[str, float | None]
    confusion: Mapping[str, Mapping[str, int]]
    by_group: Mapping[str, GroupScore]


@dataclass(frozen=True, slots=True)
class HeadMetrics:
    """How a head was made, and how it did.

    Parameters
    ----------
    split : str
        What was held out together: ``singer`` or ``recording``.
    folds : int
        In how many parts the notes were, each answered by a head that learned from the others.
    scores : NamingScores
        On notes as they were sung, by heads trained without their singer, or recording.
    temperature, threshold, embedding_gain, inverse_penalty : float
        What was chosen on the held-out notes; the gain is 0 where no embedding is used.
    examples : int
        How many the head was trained on, augmented ones included.
    left_out : mapping of str to str
        Swaras with too few examples, and why.
    warnings : tuple of str
        What to know before trusting the figures, as sentences without full stop.
    """

    split: str
    folds: int
    scores: NamingScores
    temperature: float
    threshold: float
    embedding_gain: float
    inverse_penalty: float
    examples: int
    left_out: Mapping[str, str]
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the metrics as JSON values."""
        fields = asdict(self)
        return fields | {"warnings": list(self.warnings)}


def score(classes: Sequence[str], answers: Answers) -> NamingScores:
    """Compare answers with the truth."""
    named = answers.probabilities.argmax(axis=1)
    right = named == answers.truth
    counts = _confusion(answers.truth, named, len(classes))
    return NamingScores(
        notes=right.size,
        accuracy=_share(right),
        coverage=_share(answers.answered),
        precision=_share(right[answers.answered]),
        calibration_error=expected_calibration_error(answers.probabilities.max(axis=1), right)
        if right.size
        else None,
        recall={name: _share(right[answers.truth == place]) for place, name in enumerate(classes)},
        confusion={
            name: dict(zip(classes, row, strict=True))
            for name, row in zip(classes, counts.tolist(), strict=True)
        },
        by_group=_by_group(right, answers),
    )


def _by_group(right: BoolArray, answers: Answers) -> dict[str, GroupScore]:
    groups = np.array(answers.groups, dtype=np.str_)
    return {
        str(group): GroupScore(
            int((groups == group).sum()),
            float(right[groups == group].mean()),
            float(answers.answered[groups == group].mean()),
        )
        for group in np.unique(groups)
    }


def _confusion(truth: IntArray, named: IntArray, classes: int) -> IntArray:
    counts: IntArray = np.bincount(truth * classes + named, minlength=classes**2)
    return counts.reshape(classes, classes)


def _share(holds: BoolArray) -> float | None:
    return float(holds.mean()) if holds.size else None
