"""The note of any sample, MIDI 21 to 108: the network that ships beside the pitch head, CREPE, and trunks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from benchmarks.embedders.peers import YAMNET_TFLITE, model_file
from benchmarks.page import Check, Section, Table
from benchmarks.shares import Share
from swara.classifier import pitch, sample_pitch
from swara.classifier.pitch.head import pitch_tracker
from swara.classifier.sample_pitch.note import HIGHEST, LOWEST, note_of
from swara.data.arrays import BoolArray, FloatArray
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.data.corpora.free_notes import free_notes
from swara.data.corpora.labels import PIANO, midi_of
from swara.data.synth.midi import MidiNote
from swara.data.synth.soundfont import find_soundfont, render_notes
from swara.embedder import Embedder
from swara.embedder.crepe.embedder import crepe_embedder
from swara.embedder.crepe.network import activation_hz, crepe_installed
from swara.embedder.registry import embedder_named
from swara.raga.errors import SwaraError

from .sets import kept, note_sets

_TAUGHT, _LEFT_OUT = "fluidr3", "timgm6mb"
_KEYBOARDS, _PLUCKED, _SYNTHESIZERS = (0, 4, 11, 12, 19), (24, 27, 32, 38), (80, 90)
_ORCHESTRA = (40, 42, 43, 48, 52, 56, 60, 64, 65, 66, 67, 68, 71, 72, 73)
_PROGRAMS = (*_KEYBOARDS, *_PLUCKED, *_ORCHESTRA, *_SYNTHESIZERS)
_CHURCH_ORGAN, _NONE = 19, -2
_OURS = "the network that ships"
_RANGES = {"all": (LOWEST, HIGHEST), "MIDI 48 to 95": (48, 95), "MIDI 37 to 83": (37, 83)}
_SLOT_S, _HELD_S = 1.1, 0.95
_HEARD_S = 1.5
_RATE_HZ = 16_000

_METHOD = f"""Each recording or key of a font is one note; right is what comes within half a semitone of its
label. The network that ships (classifier/sample_pitch) has learned from the soundfont FluidR3 and from
tones drawn at random: none of these sets was learned from, and no recording was. Notes of TimGM6mb:
{len(_PROGRAMS)} programs, pianos, mallets, organ, guitars, basses, strings, brass, reeds, flutes, voice and
synthesizers, every key, each as hard as chance says. The church organ is listed apart: whether its 16' pipe
or its 8' pipe is the note is the font's choice.

The pitch head is the tracker of `analyze` (its median over the frames that it is surest of); CREPE tiny is
its peak, likewise. A trunk is frozen, its mean vector over the note is given to a logistic regression over
the notes, taught with the same {len(_PROGRAMS)} programs of FluidR3.
Both are heard for the first {_HEARD_S} s. Intervals are over notes."""

_READING = """The pitch head is at its best from MIDI 37 to 83, where it was made to hear singers, and cannot
answer beyond. CREPE tiny ends at MIDI 95. A trunk that was pretrained to name sounds, as YAMNet and VGGish
were and the built-in one is, has thrown much of the pitch away: no dense head brings it back."""


@dataclass(frozen=True, slots=True, eq=False)
class Note:
    """A note of a set: where it lies or its sound, its MIDI number, and the program of a font."""

    sound: Path | Clip
    midi: int
    program: int = -1

    def clip(self) -> Clip:
        """Return its sound at 16 kHz."""
        return load_clip(self.sound, rate_hz=_RATE_HZ) if isinstance(self.sound, Path) else self.sound


Hear: TypeAlias = Callable[[Clip], float]
"""The MIDI number that is heard, with cents; NaN for none."""


def measure(root: Path | None, every: int = 1) -> list[Section | str]:
    """Measure everything on every `every`th note of each set."""
    sets, said = _sets(root, every)
    peers: dict[str, Hear] = {_OURS: _ours, "the pitch head": _head}
    if crepe_installed():
        peers["CREPE tiny"] = _crepe_hear()
    else:
        said.append("CREPE: the extra `crepe` is not installed")
    found = {
        (peer, name): kept(
            f"notes-{peer}-{name}-{every}",
            notes,
            lambda hear=hear, notes=notes: np.array([hear(n.clip()) for n in notes]),
            *([Path(pitch.__path__[0]), Path(sample_pitch.__path__[0])] if hear in (_ours, _head) else []),
        )
        for peer, hear in peers.items()
        for name, notes in sets.items()
    }
    found |= _trunks(sets, every, said)
    names = list(dict.fromkeys(peer for peer, _ in found))
    columns = [(name, notes, _NONE) for name, notes in sets.items()]
    columns += [(name, notes, _CHURCH_ORGAN) for name, notes, _ in columns if name == "TimGM6mb"]
    titles = [name if organ == _NONE else f"{name} without the church organ" for name, _, organ in columns]
    rows = [
        [peer, *(_share(found[peer, name], notes, without=organ) for name, notes, organ in columns)]
        for peer in names
    ]
    checks = _checks(found, sets)
    font = sets.get("TimGM6mb", [])
    by_range = [
        [f"MIDI {low} to {high}", *(_share(found[peer, "TimGM6mb"], font, low, high) for peer in names)]
        for low, high in ((21, 36), (37, 47), (48, 83), (84, 95), (96, 108))
        if font
    ]
    own = [
        [title, str(sum(note.program != organ for note in notes))]
        + [_share(found[_OURS, name], notes, *ends, organ) for ends in _RANGES.values()]
        for title, (name, notes, organ) in zip(titles, columns, strict=True)
    ]
    tables = [
        Table("Within half a semitone:", ("what answers", *titles), rows, "{:.3f}"),
        Table(f"{_OURS[0].upper()}{_OURS[1:]}, set by set:", ("set", "notes", *_RANGES), own, "{:.3f}"),
        Table("On the soundfont, by range:", ("range", *names), by_range, "{:.3f}"),
    ]
    return [Section("The note of any sample", _METHOD, checks, tables, _READING), *said]


def _sets(root: Path | None, every: int) -> tuple[dict[str, list[Note]], list[str]]:
    sets, said = dict[str, list[Note]](), list[str]()
    if root is not None:
        rows = (row for row in free_notes(root) if row.source != "iowa_notes")
        sets["instrument_notes"] = [Note(row.path, row.midi or 0) for row in rows]
        paths = sorted((root / "iowa_notes").glob("*/*.flac"))
        keys = ((path, re.search(r"\.([A-G]b?\d)\.", path.name)) for path in paths)
        sets["iowa_notes"] = [Note(path, midi_of(key[1]) or 0) for path, key in keys if key]
    else:
        said.append("recorded notes: `SWARA_EVAL_DATA` is not set")
    if recorded := [Note(each.path, each.midi) for each in note_sets() if each.midi is not None]:
        sets["npm sets"] = recorded
    try:
        sets["TimGM6mb"] = _font(_LEFT_OUT, 5)
    except SwaraError as error:
        said.append(f"the soundfont: {error.what}")
    return {name: notes[::every] for name, notes in sets.items()}, said


def _font(name: str, seed: int) -> list[Note]:
    """Play every key of the programs, and return those that sound."""
    notes = list[Note]()
    for program in _PROGRAMS:
        rng = np.random.default_rng((seed, program))
        score = [
            MidiNote(program, key, _SLOT_S * slot, _HELD_S, int(rng.integers(25, 128)))
            for slot, key in enumerate(PIANO)
        ]
        length = round(_SLOT_S * _RATE_HZ)
        played = render_notes(find_soundfont(name), score, _RATE_HZ)[: length * len(score)]
        notes += [
            Note(Clip(sound / np.abs(sound).max(), _RATE_HZ), key, program)
            for key, sound in zip(PIANO, played.reshape(-1, length), strict=True)
            if np.abs(sound).max() > 1e-3
        ]
    return notes


def _ours(clip: Clip) -> float:
    guess = note_of(clip)
    return guess.midi + guess.cents / 100.0


def _head(clip: Clip) -> float:
    track = pitch_tracker("head").track(clip.between(0.0, _HEARD_S))
    sure = track.confidence >= 0.7 * track.confidence.max()
    return _midi(float(np.median(track.hz[sure])))


def _crepe_hear() -> Hear:
    embedder = crepe_embedder()

    def hear(clip: Clip) -> float:
        belief = embedder.outputs(clip.between(0.0, _HEARD_S).samples).scores
        sure = belief.max(axis=1)
        return _midi(float(np.median(activation_hz(belief[sure >= 0.7 * sure.max()]))))

    return hear


def _trunks(sets: Mapping[str, list[Note]], every: int, said: list[str]) -> dict[tuple[str, str], FloatArray]:
    """Teach a logistic regression on each frozen trunk that is there, and let it answer."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    found = dict[tuple[str, str], FloatArray]()
    try:
        taught = _font(_TAUGHT, 1)[:: (every + 1) // 2]
    except SwaraError as error:
        said.append(f"trunks: {error.what}")
        return found
    for name in ("crepe", "yamnet", "vggish", "builtin"):
        try:
            file = model_file(YAMNET_TFLITE)
            embedder = embedder_named(name, file if name == "yamnet" and file.is_file() else None)
        except SwaraError as error:
            said.append(f"{name} as a trunk: {error.what}")
            continue
        learned = kept(f"trunk-{name}-taught", taught, lambda e=embedder: _vectors(e, taught))
        line = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
        line.fit(learned, [note.midi for note in taught])
        for each, notes in sets.items():
            asked = kept(f"trunk-{name}-{each}-{every}", notes, lambda e=embedder, n=notes: _vectors(e, n))
            found[f"{name}, frozen + dense", each] = line.predict(asked).astype(np.float64)
    return found


def _vectors(embedder: Embedder, notes: Sequence[Note]) -> FloatArray:
    return np.stack(
        [
            embedder.embed(note.clip().between(0.0, _HEARD_S)).vectors.mean(axis=0, dtype=np.float64)
            for note in notes
        ]
    )


def _near(found: FloatArray, notes: Sequence[Note]) -> BoolArray:
    return np.asarray(np.abs(found - np.array([note.midi for note in notes])) <= 0.5)


def _share(
    found: FloatArray, notes: Sequence[Note], low: int = 21, high: int = 108, without: int = _NONE
) -> Share:
    inside = np.array([low <= note.midi <= high and note.program != without for note in notes])
    return Share.of(_near(found, notes)[inside].astype(np.float64))


def _checks(found: Mapping[tuple[str, str], FloatArray], sets: Mapping[str, list[Note]]) -> list[Check]:
    checks = list[Check]()
    for name, least in (("instrument_notes", 97.0), ("iowa_notes", 97.0), ("TimGM6mb", 93.0)):
        if name in sets:
            share = _share(found[_OURS, name], sets[name]).value
            checks.append(Check(f"{name}, within half a semitone", 100.0 * share, least))
    if "TimGM6mb" in sets:
        middle = _share(found[_OURS, "TimGM6mb"], sets["TimGM6mb"], 48, 95).value
        checks.append(Check("TimGM6mb, MIDI 48 to 95", 100.0 * middle, 96.0))
    if "instrument_notes" in sets:
        head = _share(found["the pitch head", "instrument_notes"], sets["instrument_notes"], 37, 83).value
        checks.append(Check("the pitch head, MIDI 37 to 83, instrument_notes", 100.0 * head, 96.0))
    return checks


def _midi(hz: float) -> float:
    return 69.0 + 12.0 * float(np.log2(hz / 440.0))
