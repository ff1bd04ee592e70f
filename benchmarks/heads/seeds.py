"""The splits of the NSynth project on a corpus built as NSynth is: the random one beside the honest."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.page import Check, Section, Table
from swara.classifier.head_scores import score_answers
from swara.classifier.instruments.clip_features import FEATURES
from swara.classifier.instruments.compare import MODELS, classical, features_of
from swara.data.corpora.entry import Entry
from swara.data.synth.midi import MidiNote
from swara.data.synth.soundfont import find_soundfont, render_notes

from .sets import KEPT, kept

VELOCITIES = (25, 50, 75, 100, 127)
"""As NSynth has them."""

FAMILIES = {
    "bass": (32, 33, 38),
    "brass": (56, 57, 60),
    "flute": (72, 73, 75),
    "guitar": (24, 25, 27),
    "keyboard": (0, 4, 6),
    "mallet": (11, 12, 13),
    "organ": (16, 19, 20),
    "reed": (65, 68, 71),
    "string": (40, 41, 42),
    "synth_lead": (80, 81, 84),
    "vocal": (52, 53, 54),
}
"""Three programs of General MIDI for each family of NSynth."""

_KEYS = range(36, 84)
_HELD_S, _EVERY_S, _KEPT_S = 0.7, 1.0, 0.8
_RATE_HZ = 16_000

_METHOD = f"""A corpus as NSynth is built: {len(FAMILIES)} families, three instruments each (programs of
FluidR3), every key from {_KEYS[0]} to {_KEYS[-1]}, velocities {", ".join(map(str, VELOCITIES))}. The
features of the project: means over the clip of {len(FEATURES)} figures. A fifth is held out: in the
random split any fifth of the clips, in the honest one the clips of whole instruments. Grid search inside
what is learned from."""

_READING = """In the random split each clip that is asked about has siblings among those that were
learned, the same instrument at the next key or the next velocity, so that the nearest neighbour nearly
always is one of them. The family is then never recognised; the instrument is, and it carries the family's
name along. Whoever holds out whole instruments asks what a listener would ask, whether a violin never
heard before sounds like a string, and that is the lower figure."""


def measure(root: Path | None) -> list[Section | str]:  # noqa: ARG001
    """Measure three models in both splits, families and notes."""
    rows = _corpus(KEPT / "nsynth")
    features = kept("nsynth-features", rows, lambda: features_of(rows))
    groups = np.array([row.player for row in rows])
    rng = np.random.default_rng(1)
    randomly = rng.random(len(rows)) < 0.2
    # One instrument of the three of each family, so that every family is learned and asked about.
    held = {f"{family} {programs[int(rng.integers(3))]}" for family, programs in FAMILIES.items()}
    apart = np.array([row.player in held for row in rows])
    found, table = dict[tuple[str, str, str], float](), []
    for label in ("family", "note"):
        names = np.array([row.family if label == "family" else str(row.midi) for row in rows])
        for model in MODELS[:-1]:
            cells = []
            for split, out in (("random", randomly), ("honest", apart)):
                alone = groups if split == "honest" else None
                few = (
                    _thinned(out, rng) if label == "note" or model == "LR (L1)" else np.ones(len(rows), bool)
                )
                answers = kept(
                    f"nsynth-{label}-{model}-{split}",
                    rows,
                    lambda few=few, out=out, names=names, alone=alone, model=model: np.array(
                        classical(model, features[few], names[few], _of(alone, few), out[few], 1)[0]
                    ),
                ).tolist()
                scores = score_answers(names[few][out[few]], answers, groups[few][out[few]])
                found[label, model, split] = 100.0 * scores.macro_f1
                low, high = scores.macro_f1_interval
                cells.append(f"{scores.macro_f1:.3f} ({low:.3f} to {high:.3f}), {scores.accuracy:.3f}")
            table.append([f"{label}, {model}", *cells])
    fall = found["family", "RF", "random"] - found["family", "RF", "honest"]
    caption = "Macro F1 with its 95% interval over instruments, and accuracy:"
    tables = [Table(caption, ("", "random split", "honest split"), table)]
    checks = [Check("RF, family: the honest split lower than the random one by", fall, 25.0, "points")]
    return [Section("The splits of the NSynth project", _METHOD, checks, tables, _READING)]


def _of(groups: np.ndarray | None, few: np.ndarray) -> np.ndarray | None:
    return None if groups is None else groups[few]


def _thinned(out: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Keep all that is asked about and a third of what is learned from: for models that take long."""
    return np.asarray(out | (rng.random(out.size) < 1 / 3))


def _corpus(folder: Path) -> list[Entry]:
    """Play the corpus where that was not done, and return its recordings."""
    import soundfile

    font, found = find_soundfont("fluidr3"), []
    for family, programs in FAMILIES.items():
        for program in programs:
            place = folder / f"{family} {program}"
            pairs = [(key, velocity) for key in _KEYS for velocity in VELOCITIES]
            if not place.is_dir():
                notes = [MidiNote(program, k, _EVERY_S * at, _HELD_S, v) for at, (k, v) in enumerate(pairs)]
                samples = render_notes(font, notes, _RATE_HZ)
                half = folder / f".{place.name}"
                half.mkdir(parents=True, exist_ok=True)
                for note in notes:
                    begin = round(note.start_s * _RATE_HZ)
                    sound = samples[begin : begin + round(_KEPT_S * _RATE_HZ)]
                    soundfile.write(half / f"{note.key:03d}-{note.velocity:03d}.flac", sound, _RATE_HZ)
                half.rename(place)
            for key, velocity in pairs:
                path = place / f"{key:03d}-{velocity:03d}.flac"
                found.append(Entry(path, "fluidr3", place.name, "MIT", family=family, midi=key))
    return found
