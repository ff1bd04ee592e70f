"""Single notes of four instruments, and a linear probe: what a straight line can read from their vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.shares import Share
from swara.data.arrays import FloatArray, IntArray
from swara.data.audio.decode import load_clip
from swara.data.clip import Samples
from swara.data.synth import rms
from swara.data.synth.midi import MidiNote
from swara.data.synth.soundfont import find_soundfont, render_notes

RATE_HZ = 16_000
VELOCITIES = (45, 80, 115)
_HELD_S, _EVERY_S = 1.5, 2.5
_LEVEL = 10.0 ** (-26 / 20)
_QUIET = 10.0 ** (-40 / 20)
_STEP = 320

GRID = tuple(float(c) for c in 10.0 ** np.arange(-4.0, 2.5, 0.5))
"""Inverse penalties that are tried, for every embedder the same."""

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument.

    The folder of its recordings, its program of General MIDI counted from 0, and the MIDI keys, about those
    that the recordings have.
    """

    name: str
    folder: str
    program: int
    lowest: int
    highest: int


INSTRUMENTS = (
    Instrument("clarinet", "BbClarinet", 71, 50, 93),
    Instrument("flute", "flute", 73, 59, 96),
    Instrument("oboe", "oboe", 68, 58, 91),
    Instrument("trumpet", "trumpet", 56, 52, 86),
)


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """Notes of one collection.

    Sounds at `RATE_HZ`, cut to where they sound and brought to -26 dB RMS; place in `INSTRUMENTS` and MIDI
    key (-1 where it was not read), int arrays of shape [notes].
    """

    sounds: Sequence[Samples]
    labels: IntArray
    keys: IntArray

    @classmethod
    def of(cls, notes: Sequence[tuple[Samples, int, int]]) -> Notes:
        """Cut each of (sound, label, key) to where it sounds."""
        sounds, labels, keys = zip(*notes, strict=True)
        return cls([sounding(sound) for sound in sounds], np.array(labels, np.intp), np.array(keys, np.intp))


def iowa_notes(root: Path) -> Notes:
    """Load every recorded note of the four instruments."""
    return Notes.of(
        [
            (load_clip(path, rate_hz=RATE_HZ).samples, label, -1)
            for label, instrument in enumerate(INSTRUMENTS)
            for path in sorted((root / "iowa_notes" / instrument.folder).glob("*.flac"))
        ]
    )


def font_notes(name: str, every: int = 1) -> Notes:
    """Play every so-many-th key of the four instruments, at three velocities.

    Raises
    ------
    MissingPackage
        If fluidsynth or the soundfont is not installed.
    """
    font, found = find_soundfont(name), []
    for label, instrument in enumerate(INSTRUMENTS):
        keys = range(instrument.lowest, instrument.highest + 1, every)
        played = enumerate((key, velocity) for key in keys for velocity in VELOCITIES)
        notes = [
            MidiNote(instrument.program, key, _EVERY_S * place, _HELD_S, velocity)
            for place, (key, velocity) in played
        ]
        samples = render_notes(font, notes, RATE_HZ)
        for note in notes:
            sound = samples[round(note.start_s * RATE_HZ) :][: round(_EVERY_S * RATE_HZ)]
            found.append((sound, label, note.key))
    return Notes.of(found)


def sounding(samples: Samples) -> Samples:
    """Cut a note to where it is within 40 dB of its loudest 20 ms, and bring it to -26 dB RMS.

    Level tells nothing of an instrument, but collections differ in it. Silence stays as it is.
    """
    frames = samples[: samples.size // _STEP * _STEP].reshape(-1, _STEP)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    if not power.any():
        return samples
    loud = np.flatnonzero(power >= _QUIET**2 * power.max())
    cut = samples[loud[0] * _STEP : (loud[-1] + 1) * _STEP]
    return np.asarray(np.float64(_LEVEL / rms(cut)) * cut, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Probed:
    """What a probe made of one collection.

    The inverse penalty chosen, the share of notes named rightly, and notes by what they are and what they
    were taken for, int array of shape [labels, labels].
    """

    inverse_penalty: float
    accuracy: Share
    confusion: IntArray


def probe(
    taught: FloatArray, labels: IntArray, keys: IntArray, asked: Mapping[str, tuple[FloatArray, IntArray]]
) -> dict[str, Probed]:
    """Fit a logistic regression on standardised vectors, and ask it about other collections.

    The penalty is the member of `GRID` with the least log loss on stretches of keys held out of what it is
    taught with; not that with the most right answers, as on one font nearly every penalty gives all of them.

    Parameters
    ----------
    taught : float array, shape [notes, dim]
        Vectors; mean and scale are taken from them too.
    labels, keys : int arrays, shape [notes]
        As in `Notes`.
    asked : mapping of str to (vectors, labels)
        The other collections.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import confusion_matrix, log_loss
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def score(model: Any, vectors: FloatArray, truth: IntArray) -> float:
        return -float(log_loss(truth, model.predict_proba(vectors), labels=model.classes_))

    splits = [(np.flatnonzero(~out), np.flatnonzero(out)) for out in key_folds(keys)]
    line = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    search = GridSearchCV(line, {"logisticregression__C": GRID}, scoring=score, cv=splits).fit(taught, labels)
    found = {}
    for name, (vectors, truth) in asked.items():
        said, chosen = search.predict(vectors), search.best_params_["logisticregression__C"]
        confusion = confusion_matrix(truth, said, labels=search.classes_)
        found[name] = Probed(chosen, Share.of(said == truth), confusion)
    return found


def key_folds(keys: IntArray) -> list[Any]:
    """Return what is held out in each fold, bool arrays of shape [notes]: a stretch of neighbouring keys.

    A font plays several keys from one sample, so keys drawn at random would have their like on both sides.
    """
    edges = np.quantile(keys, np.linspace(0.0, 1.0, FOLDS + 1))
    edges[-1] += 1
    folds = [(keys >= low) & (keys < high) for low, high in pairwise(edges)]
    return [fold for fold in folds if fold.any()]
