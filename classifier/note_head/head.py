"""Which swara a note is, with a probability or no answer, and whether that agrees with the pitch.

A head as a file is the arrays of one ``.npz``, without pickle::

    format        1
    classes       the swaras, in roman notation
    mean, scale, weights, bias, temperature, threshold, uses_embedding, uses_evidence, familiar
                  as in NoteHead and its Linear
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from swara.classifier import HeadError
from swara.data.arrays import BoolArray, FloatArray
from swara.data.storage.npz import Arrays, read_arrays, write_arrays
from swara.embedder import Vectors

from .evidence import EVIDENCE_DIM, Evidence
from .regression import Linear, softmax

__all__ = [
    "FORMAT",
    "Agreement",
    "NoteHead",
    "NotePrediction",
    "agreement",
    "feature_matrix",
    "load_note_head",
    "save_note_head",
]

FORMAT = 1
"""Number of the format; a change of the arrays or of their meaning raises it."""

_REBUILD = "Run: swara rebuild"


@dataclass(frozen=True, slots=True)
class NotePrediction:
    """What the head says of one note.

    Parameters
    ----------
    swara, runner_up : str
        The likeliest swara and the next, in roman notation such as ``S'``.
    probability, runner_up_probability : float
        Calibrated, 0 to 1.
    abstained : bool
        Whether this is no answer: the probability is too low, or the pitch is unfamiliar.
    unfamiliar : bool
        Whether the pitch lies where no note lay that the head was trained on, or there is none.
    known : tuple of str
        Every swara that the head can answer with.
    """

    swara: str
    probability: float
    runner_up: str
    runner_up_probability: float
    abstained: bool
    unfamiliar: bool
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class NoteHead:
    """A trained head.

    Parameters
    ----------
    classes : tuple of str
        The swaras it knows, in roman notation; at least two.
    linear : Linear
        Features to one score for each class.
    temperature : float
        Scores are divided by it before they become probabilities.
    threshold : float
        A probability below it is no answer.
    uses_embedding, uses_evidence : bool
        What the features hold: the embedding, then the evidence, or one of them.
    familiar : bool array, shape [EVIDENCE_DIM]
        Where the pitch of the notes lay that it was trained on; of no meaning without the evidence.

    Raises
    ------
    ValueError
        If classes are few or double, numbers are out of range, or arrays do not fit together.
    """

    classes: tuple[str, ...]
    linear: Linear
    temperature: float
    threshold: float
    uses_embedding: bool
    uses_evidence: bool
    familiar: BoolArray

    def __post_init__(self) -> None:
        if len(self.classes) < 2 or len(set(self.classes)) != len(self.classes):
            raise ValueError(f"a head needs two or more different swaras, got {self.classes}")
        if len(self.classes) != self.linear.bias.size:
            raise ValueError(f"{len(self.classes)} swaras for {self.linear.bias.size} scores")
        # Written so that NaN fails it.
        if not (0 < self.temperature < np.inf and 0 <= self.threshold <= 1):
            raise ValueError(f"temperature {self.temperature} or threshold {self.threshold} is out of range")
        if self.familiar.shape != (EVIDENCE_DIM,) or self.familiar.dtype != np.bool_:
            raise ValueError(f"the familiar pitches have shape {self.familiar.shape}")
        if self.embedding_dim < 0 or (self.embedding_dim > 0) != self.uses_embedding:
            raise ValueError(f"{self.linear.mean.size} features do not hold what the head uses")

    @property
    def embedding_dim(self) -> int:
        """Length of the embedding that is expected; 0 if none is used."""
        return self.linear.mean.size - EVIDENCE_DIM * self.uses_evidence

    def features(self, embeddings: Vectors, evidence: Evidence) -> FloatArray:
        """Return what the head looks at, shape [notes, dim].

        Parameters
        ----------
        embeddings : float32 array, shape [notes, embedding_dim]
            Of any length if the head does not use them.
        evidence : float32 array, shape [notes, EVIDENCE_DIM]
            Of `pitch_evidence`, a row for each note.

        Raises
        ------
        ValueError
            If the embeddings have another length, or anything is not finite.
        """
        features = feature_matrix(
            embeddings, evidence, use_embedding=self.uses_embedding, use_evidence=self.uses_evidence
        )
        if features.shape[1] != self.linear.mean.size:
            raise ValueError(f"{features.shape[1]} features for a head of {self.linear.mean.size}")
        if not np.isfinite(features).all():
            raise ValueError("a feature is not a finite number")
        return features

    def probabilities(self, features: FloatArray) -> FloatArray:
        """Return the probability of each class, shape [notes, classes], for what `features` returned."""
        return softmax(self.linear.scores(features) / self.temperature)

    def predict(self, embedding: Vectors, evidence: Evidence) -> NotePrediction:
        """Name one note.

        Parameters
        ----------
        embedding : float32 array, shape [embedding_dim]
            Pooled over the note.
        evidence : float32 array, shape [EVIDENCE_DIM]
            From `pitch_evidence`.

        Raises
        ------
        ValueError
            If the embedding has another length, or anything is not finite.
        """
        (probabilities,) = self.probabilities(self.features(embedding[None], evidence[None]))
        first, second = (int(place) for place in np.argsort(-probabilities, kind="stable")[:2])
        probability = float(probabilities[first])
        unfamiliar = self.uses_evidence and not self._is_familiar(evidence)
        return NotePrediction(
            swara=self.classes[first],
            probability=probability,
            runner_up=self.classes[second],
            runner_up_probability=float(probabilities[second]),
            abstained=unfamiliar or probability < self.threshold,
            unfamiliar=unfamiliar,
            known=self.classes,
        )

    def _is_familiar(self, evidence: Evidence) -> bool:
        """Tell whether the head was trained on notes there; elsewhere its scores are a guess."""
        return bool(evidence.any() and self.familiar[evidence.argmax()])


def feature_matrix(
    embeddings: Vectors, evidence: Evidence, *, use_embedding: bool, use_evidence: bool
) -> FloatArray:
    """Return the features of notes, shape [notes, dim]: embedding, then evidence, as far as each is used."""
    if not (use_embedding or use_evidence):
        raise ValueError("a head needs the embedding, the evidence or both")
    used = [embeddings] * use_embedding + [evidence] * use_evidence
    return np.concatenate([np.asarray(block, dtype=np.float64) for block in used], axis=1)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether the head agrees, and if not, why, as a clause without full stop.

    Parameters
    ----------
    agrees : bool or None
        None where the head is silent: it abstains, or never learned the swara.
    reason : str or None
        None where it agrees.
    """

    agrees: bool | None
    reason: str | None


def agreement(note_letter: str, prediction: NotePrediction) -> Agreement:
    """Compare the swara that a note's pitch shows with what the head says of the note.

    Parameters
    ----------
    note_letter : str
        In roman notation with its octave, such as ``S'``.
    prediction : NotePrediction
        What the head says of the note.
    """
    if note_letter not in prediction.known:
        return Agreement(None, f"the note head has not learned {note_letter}")
    if prediction.unfamiliar:
        return Agreement(None, "the note head has heard no note at this pitch")
    if prediction.abstained:
        return Agreement(None, f"the note head is not sure: {_likeliest(prediction)}")
    if prediction.swara == note_letter:
        return Agreement(True, None)
    return Agreement(False, f"the note head hears {_first(prediction)} where the pitch shows {note_letter}")


def _first(prediction: NotePrediction) -> str:
    return f"{prediction.swara} ({prediction.probability:.0%})"


def _likeliest(prediction: NotePrediction) -> str:
    return f"{_first(prediction)} or {prediction.runner_up} ({prediction.runner_up_probability:.0%})"


def save_note_head(head: NoteHead, path: Path) -> None:
    """Write a head to `path`, whole or not at all; the same head gives the same bytes.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    arrays = {
        "format": np.array(FORMAT),
        "classes": np.array(head.classes),
        "mean": head.linear.mean,
        "scale": head.linear.scale,
        "weights": head.linear.weights,
        "bias": head.linear.bias,
        "temperature": np.array(head.temperature),
        "threshold": np.array(head.threshold),
        "uses_embedding": np.array(head.uses_embedding),
        "uses_evidence": np.array(head.uses_evidence),
        "familiar": head.familiar,
    }
    write_arrays(path, arrays)


def load_note_head(path: Path) -> NoteHead:
    """Read a head.

    Raises
    ------
    HeadError
        If the file is missing, is not what `save_note_head` wrote, or is of a newer format.
    """
    try:
        arrays = read_arrays(path)
        known = int(_of_kind(arrays, "format", "i", 0)) <= FORMAT
        if known:
            return _head(arrays)
    except FileNotFoundError as error:
        raise HeadError("the file is missing", where=str(path), fix=_REBUILD) from error
    except (OSError, ValueError, KeyError) as error:
        raise HeadError(f"this is no note head: {error}", where=str(path), fix=_REBUILD) from error
    from swara.data.installation import newer_advice

    raise HeadError("the note head was written by a newer swara", where=str(path), fix=newer_advice())


def _head(arrays: Arrays) -> NoteHead:
    """Put the arrays together; raises KeyError or ValueError if one is missing or of the wrong kind."""
    return NoteHead(
        classes=tuple(str(name) for name in _of_kind(arrays, "classes", "U", 1)),
        linear=Linear(
            mean=_of_kind(arrays, "mean", "f", 1),
            scale=_of_kind(arrays, "scale", "f", 1),
            weights=_of_kind(arrays, "weights", "f", 2),
            bias=_of_kind(arrays, "bias", "f", 1),
        ),
        temperature=float(_of_kind(arrays, "temperature", "f", 0)),
        threshold=float(_of_kind(arrays, "threshold", "f", 0)),
        uses_embedding=bool(_of_kind(arrays, "uses_embedding", "b", 0)),
        uses_evidence=bool(_of_kind(arrays, "uses_evidence", "b", 0)),
        familiar=_of_kind(arrays, "familiar", "b", 1),
    )


def _of_kind(arrays: Arrays, name: str, kind: str, ndim: int) -> Any:
    array = arrays[name]
    if array.dtype.kind != kind or array.ndim != ndim:
        raise ValueError(f"{name} is {array.dtype} with {array.ndim} dimensions")
    return array
