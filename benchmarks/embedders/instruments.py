"""Notes of twelve instruments, and a linear probe: what a straight line can read from their vectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.heads.sets import note_sets
from benchmarks.shares import Share
from swara.classifier.instruments.training.fonts import OTHERS, PROGRAMS
from swara.data.arrays import FloatArray, IntArray
from swara.data.audio.decode import load_clip
from swara.data.clip import Samples
from swara.data.corpora.entry import Entry
from swara.data.corpora.free_notes import free_notes
from swara.data.corpora.labels import midi_of
from swara.data.synth import rms
from swara.data.synth.midi import MidiNote
from swara.data.synth.soundfont import find_soundfont, render_notes

RATE_HZ = 16_000
VELOCITIES = (45, 80, 115)
_HELD_S, _EVERY_S = 1.5, 2.5
_LEVEL = 10.0 ** (-26 / 20)
_QUIET = 10.0 ** (-40 / 20)
_STEP = 320
_SILENT = 1e-4

GRID = tuple(float(c) for c in 10.0 ** np.arange(-4.0, 1.5, 0.5))
"""Inverse penalties that are tried, for every embedder the same."""

FOLDS = 5

NAMES = (
    *("bassoon", "cello", "clarinet", "double bass", "flute", "french horn"),
    *("oboe", "saxophone", "trombone", "trumpet", "viola", "violin"),
)
"""What can be answered; saxophones of all sizes are one."""

EVERY = 2
"""Of a soundfont, every second key is played."""


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """Notes of one collection.

    Sounds at `RATE_HZ`, cut to where they sound and brought to -26 dB RMS; place in `NAMES` and MIDI key, int
    arrays of shape [notes].
    """

    sounds: Sequence[Samples]
    labels: IntArray
    keys: IntArray

    @classmethod
    def of(cls, notes: Sequence[tuple[Samples, int, int]]) -> Notes:
        """Cut each of (sound, label, key) to where it sounds."""
        sounds, labels, keys = zip(*notes, strict=True)
        return cls([sounding(sound) for sound in sounds], np.array(labels, np.intp), np.array(keys, np.intp))


def recorded_notes(root: Path) -> Notes:
    """Load what the probe is taught with: ``instrument_notes``, and flute and oboe of ``iowa_notes``."""
    oboe = (
        Entry(path, "iowa_notes", "", "", instrument="oboe", midi=midi_of(path.name.split(".")[-3]))
        for path in sorted((root / "iowa_notes" / "oboe").glob("*.flac"))
    )
    return _loaded([*free_notes(root), *oboe])


def other_notes() -> Notes | None:
    """Load the notes of the npm packages; None where there are none."""
    rows = note_sets()
    return _loaded(rows) if rows else None


def _loaded(rows: Iterable[Entry]) -> Notes:
    named = ((row, _place(row.instrument)) for row in rows)
    return Notes.of(
        [
            (load_clip(row.path, rate_hz=RATE_HZ).samples, place, -1 if row.midi is None else row.midi)
            for row, place in named
            if place is not None
        ]
    )


def _place(instrument: str) -> int | None:
    name = "saxophone" if instrument.endswith("saxophone") else instrument
    return NAMES.index(name) if name in NAMES else None


def font_notes(name: str, every: int = EVERY) -> Notes:
    """Play every so-many-th key of the instruments, at three velocities.

    Raises
    ------
    MissingPackage
        If fluidsynth or the soundfont is not installed.
    """
    font, found = find_soundfont(name), list[tuple[Samples, int, int]]()
    for instrument, program in {**PROGRAMS, **OTHERS}.items():
        place = _place(instrument)
        if place is None:
            continue
        keys = range(program.lowest, program.highest + 1, every)
        played = enumerate((key, velocity) for key in keys for velocity in VELOCITIES)
        notes = [
            MidiNote(program.number, key, _EVERY_S * at, _HELD_S, velocity) for at, (key, velocity) in played
        ]
        samples = render_notes(font, notes, RATE_HZ)
        for note in notes:
            sound = samples[round(note.start_s * RATE_HZ) :][: round(_EVERY_S * RATE_HZ)]
            if np.abs(sound).max() > _SILENT:  # some programs have no sample at some keys
                found.append((sound, place, note.key))
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

    The inverse penalty chosen, the share of notes named rightly, and that of each instrument by its name.
    """

    inverse_penalty: float
    accuracy: Share
    by_name: Mapping[str, float]


def probe(
    taught: FloatArray, labels: IntArray, keys: IntArray, asked: Mapping[str, tuple[FloatArray, IntArray]]
) -> dict[str, Probed]:
    """Fit a logistic regression on standardised vectors, and ask it about other collections.

    Every instrument weighs the same. The penalty is the member of `GRID` with the least log loss on stretches
    of keys held out of what it is taught with.

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
    from sklearn.metrics import log_loss
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def score(model: Any, vectors: FloatArray, truth: IntArray) -> float:
        return -float(log_loss(truth, model.predict_proba(vectors), labels=model.classes_))

    splits = [(np.flatnonzero(~out), np.flatnonzero(out)) for out in key_folds(labels, keys)]
    line = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000, class_weight="balanced"))
    search = GridSearchCV(line, {"logisticregression__C": GRID}, scoring=score, cv=splits).fit(taught, labels)
    found = {}
    for name, (vectors, truth) in asked.items():
        said, chosen = search.predict(vectors), search.best_params_["logisticregression__C"]
        right = said == truth
        by_name = {NAMES[place]: float(right[truth == place].mean()) for place in np.unique(truth)}
        found[name] = Probed(chosen, Share.of(right), by_name)
    return found


def key_folds(labels: IntArray, keys: IntArray) -> list[Any]:
    """Return what is held out in each fold, bool arrays of shape [notes]: neighbouring keys of each label.

    A font plays several keys from one sample, so keys drawn at random would have their like on both sides.
    """
    fold = np.zeros(len(keys), np.intp)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        edges = np.quantile(keys[own], np.linspace(0.0, 1.0, FOLDS + 1)[1:-1])
        fold[own] = np.searchsorted(edges, keys[own], side="right")
    return [fold == number for number in range(FOLDS) if (fold == number).any()]
