"""The head for vocal exercises: the contour finds and judges them; a network listens too where that helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from swara.classifier import HeadError
from swara.classifier.head_files import NETWORK, head_arrays, head_network, read_head
from swara.classifier.pitch import TRACK_RATE_HZ, Progress
from swara.classifier.pitch.head import pitch_tracker
from swara.classifier.window_network import WindowNetwork
from swara.data.arrays import FloatArray
from swara.data.audio.frames import level_db
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack
from swara.data.synth.exercises import KINDS, Kind

from .features import FEATURES, products
from .line import NoteLine, note_line
from .search import Stretch, stretches
from .windows import WINDOW_S, framed

__all__ = ["KIND", "SHIPPED", "ExerciseHead", "ExercisePart", "ExerciseReport", "shipped_exercises"]

KIND = "exercise"
"""What ``head.json`` calls such a head."""

SHIPPED = Path(__file__).parent

_ARRAYS = {"mean", "scale", "pair_scale", "weights", "bias", "threshold", "mix"}
_HEARD_S = 60.0
"""Sound that the network's windows are made of at a time."""

_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class ExercisePart:
    """One exercise, or what lies between two.

    Parameters
    ----------
    kind : {"scale", "arpeggio", "other"}
        What it is.
    probabilities : mapping of str to float
        Of every kind; they add up to 1.
    start_s, end_s : float
        Where it begins and ends, in seconds.
    voiced_s : float
        How much of it is sung or spoken.
    """

    kind: Kind
    probabilities: Mapping[Kind, float]
    start_s: float
    end_s: float
    voiced_s: float


@dataclass(frozen=True, slots=True)
class ExerciseReport:
    """What a recording holds.

    Parameters
    ----------
    kind : {"scale", "arpeggio", "other"} or None
        What most of it is; None where no voice was found.
    probabilities : mapping of str to float
        The parts', each as much as it is voiced; empty without a voice.
    parts : tuple of ExercisePart
        In order, none over another.
    duration_s : float
        Length of the recording.
    """

    kind: Kind | None
    probabilities: Mapping[Kind, float]
    parts: tuple[ExercisePart, ...]
    duration_s: float

    @property
    def exercises(self) -> tuple[ExercisePart, ...]:
        """The parts that are scales and arpeggios."""
        return tuple(part for part in self.parts if part.kind != "other")


class ExerciseHead:
    """A contour regression, and a network that listens to the sound of what it finds.

    Parameters
    ----------
    arrays : mapping of str to array
        ``mean``, ``scale``, ``pair_scale``, ``weights``, ``bias`` of the regression; ``threshold``, the
        evidence that an exercise needs; ``mix``, how much the network's logarithms count beside the
        contour's, 0 for nothing.
    network : bytes or None
        The LiteRT file; may be left out where it counts for nothing.

    Raises
    ------
    HeadError
        If the arrays are not those of such a head.
    """

    def __init__(self, arrays: Mapping[str, Any], network: bytes | None = None) -> None:
        if not set(arrays) >= _ARRAYS or arrays["mean"].shape != (len(FEATURES),):
            raise HeadError("these are not the arrays of a head for exercises", fix="Train it anew")
        self._mean, self._scale = arrays["mean"], arrays["scale"]
        self._pair_scale, self._weights, self._bias = arrays["pair_scale"], arrays["weights"], arrays["bias"]
        self.threshold, self.mix = float(arrays["threshold"]), float(arrays["mix"])
        self.content = network

    @classmethod
    def read(cls, folder: Path) -> ExerciseHead:
        """Read a head from its folder.

        Raises
        ------
        HeadError
            If a file is missing, cut short or changed, or the head tells something else.
        """
        manifest = read_head(folder, KIND)
        if manifest.labels != KINDS:
            raise HeadError(
                f"it tells {', '.join(manifest.labels)}, not {', '.join(KINDS)}", where=str(folder)
            )
        network = head_network(folder) if NETWORK in manifest.files else None
        return cls(head_arrays(folder), network)

    @cached_property
    def network(self) -> WindowNetwork | None:
        """What listens; opened when it is first asked, for where it counts for nothing it is not."""
        return None if self.content is None else WindowNetwork(self.content, "the head for exercises")

    def judge(self, rows: FloatArray) -> FloatArray:
        """Return what the contour says of features [n, FEATURES]: logarithms of probabilities, [n, KINDS]."""
        pairs = products((rows - self._mean) / self._scale) / self._pair_scale
        scores = pairs @ self._weights + self._bias
        return np.asarray(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))

    def listen(self, clip: Clip) -> FloatArray:
        """Return what the network says of a clip at 16 kHz: the mean over its windows, [KINDS].

        Raises
        ------
        HeadError
            If the head has no network, or what it has is none.
        """
        if self.network is None:
            raise HeadError("this head has no network", fix="Train it anew")
        total, count = np.zeros(len(KINDS)), 0
        step = int(_HEARD_S / WINDOW_S) * WINDOW_S
        for begin_s in np.arange(0.0, clip.duration_s, step):
            part = clip.between(float(begin_s), float(begin_s) + step)
            if part.samples.size:
                said = self.network.run(framed(part.samples))
                total, count = total + said.sum(axis=0), count + len(said)
        return np.asarray(total / count)

    def line(self, clip: Clip, track: PitchTrack) -> NoteLine:
        """Return the notes of a clip whose pitch is known."""
        return note_line(track, level_db(clip))

    def exercise(
        self, clip: Clip, *, track: PitchTrack | None = None, progress: Progress | None = None
    ) -> ExerciseReport:
        """Find the exercises in a recording.

        Parameters
        ----------
        clip : Clip
            At `TRACK_RATE_HZ`.
        track : PitchTrack, optional
            Its pitch, where it is known already.
        progress : callable, optional
            Called with the share of the pitch that has been found.

        Raises
        ------
        ValueError
            If the clip has another rate.
        """
        if clip.rate_hz != TRACK_RATE_HZ:
            raise ValueError(f"expected {TRACK_RATE_HZ} Hz, got {clip.rate_hz} Hz")
        known = track or pitch_tracker("head").track(clip, progress)
        found = stretches(self.line(clip, known), self.judge, self.threshold)
        parts = tuple(self._part(clip, stretch) for stretch in found)
        if not parts:
            return ExerciseReport(None, {}, (), clip.duration_s)
        weights = np.array([max(part.voiced_s, _LEAST) for part in parts])
        shares = np.array([[part.probabilities[kind] for kind in KINDS] for part in parts])
        whole = weights @ shares / weights.sum()
        return ExerciseReport(_likeliest(whole), _named(whole), parts, clip.duration_s)

    def _part(self, clip: Clip, stretch: Stretch) -> ExercisePart:
        logs = stretch.log_probabilities
        if self.mix and stretch.found:
            heard = self.listen(clip.between(stretch.start_s - 0.2, stretch.end_s + 0.2))
            logs = logs + self.mix * np.log(np.maximum(heard, _LEAST))
        shares = np.exp(logs - np.logaddexp.reduce(logs))
        return ExercisePart(
            _likeliest(shares), _named(shares), stretch.start_s, stretch.end_s, stretch.voiced_s
        )


def _likeliest(shares: FloatArray) -> Kind:
    return KINDS[int(np.argmax(shares))]


def _named(shares: FloatArray) -> dict[Kind, float]:
    return {kind: float(share) for kind, share in zip(KINDS, shares, strict=True)}


@lru_cache(maxsize=1)
def shipped_exercises() -> ExerciseHead:
    """Return the head that ships, read once."""
    return ExerciseHead.read(SHIPPED)
