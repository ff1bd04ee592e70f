"""What the note head makes of notes that it was not trained on, by what it may look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.pitch.tracks import Tracks
from benchmarks.recordings import calans, labelled_swaras, solfege
from swara.classifier.note_head.augment import augmented
from swara.classifier.note_head.examples import NoteSource
from swara.classifier.note_head.fit import FittedHead, fit_note_head
from swara.classifier.note_head.head import NoteHead
from swara.classifier.note_head.metrics import HeadMetrics
from swara.classifier.notes import find_held_notes
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack
from swara.data.sample_corpus.corpus import audio_path, pack_recordings
from swara.embedder import Embedder, Embeddings, Vectors
from swara.embedder.builtin.embedder import VECTOR_DIM
from swara.embedder.spec import pool
from swara.raga.notation import swara_letter
from swara.raga.swaras import SVARASTHANAS, parse_swara
from swara.raga.tonic_names import tonic_hz

SEED = 1
HELD_OUT_KEYS = ("A-sharp", "B", "C-sharp")
BHUPALI = ("S", "R", "G", "P", "D", "S'")
SWARAS = {swara.letter: swara.index for swara in SVARASTHANAS} | {"S'": 12, "R'": 14, "G'": 16, "P'": 19}
"""Semitones above Sa, equally tempered, of the swaras that are asked of a chromatic scale."""

KEYS = ((9, 2), (10, 2), (11, 2), (0, 3), (1, 3), (2, 3))
"""Pitch class and octave of Sa on A, A#, B, C, C# and D, for a man's voice."""

_C0_MIDI = 12
_ALL = slice(None)


@dataclass(frozen=True, slots=True)
class Feature:
    """What a head may look at.

    Whether the evidence that the pitch gives, and which components of a pooled vector (None for none of
    them).
    """

    title: str
    pitch: bool
    columns: slice | None

    def cut(self, vector: Vectors) -> Vectors:
        """Return the components that are looked at; all of them if none is, as it is not used."""
        return vector if self.columns is None else vector[self.columns]

    @property
    def embedding(self) -> bool:
        """Whether any of the embedding is looked at."""
        return self.columns is not None


FEATURES = (
    Feature("pitch and embedding", True, _ALL),
    Feature("without the envelope", True, slice(VECTOR_DIM)),
    Feature("without the network", True, slice(VECTOR_DIM, None)),
    Feature("pitch alone", True, None),
    Feature("embedding alone", False, _ALL),
)
"""Of swara's own embedder: first what its network says, then the envelope."""


class Outcome(NamedTuple):
    """Notes answered rightly and wrongly, those not answered, and those whose likeliest swara is right."""

    right: int
    wrong: int
    silent: int
    likeliest: int

    @property
    def notes(self) -> int:
        """How many there were."""
        return self.right + self.wrong + self.silent

    def share(self, count: int) -> float:
        """Return a count as a share of all notes."""
        return count / self.notes if self.notes else float("nan")


class HeadScores(NamedTuple):
    """What heads with one feature made of each set of notes.

    `metrics` and the number of classes are of the head that was trained on all bundled samples. It was asked
    about a chromatic scale and about the calans; a head that learned no more than Bhupali's six swaras about
    the scale's and the calans' others (`unknown`); `keys` are bundled samples in keys held out, named by a
    head trained on the others.
    """

    feature: Feature
    metrics: HeadMetrics
    classes: int
    scale: Outcome
    calan: Outcome
    unknown: Outcome
    keys: Outcome


@dataclass(frozen=True, slots=True, eq=False)
class NamedNotes:
    """Notes whose swara is known: the bundled samples and whether their key is held out, a scale, calans."""

    pack: list[tuple[NoteSource, bool]]
    scale: list[NoteSource]
    calan: list[NoteSource]

    def trial(self, feature: Feature) -> HeadScores:
        """Train heads with one feature, and ask them about notes that they were not trained on."""
        fitted = fit([note for note, _ in self.pack], feature)
        scale, calan = (outcome(fitted.head, notes, feature) for notes in (self.scale, self.calan))
        six = fit([note for note, _ in self.pack if note.swara in BHUPALI], feature)
        others = [note for note in (*self.scale, *self.calan) if note.swara not in BHUPALI]
        unknown = outcome(six.head, others, feature)
        taught, asked_keys = ([note for note, out in self.pack if out == side] for side in (False, True))
        keys = outcome(fit(taught, feature).head, asked_keys, feature)
        return HeadScores(feature, fitted.metrics, len(fitted.head.classes), scale, calan, unknown, keys)


def named_notes(root: Path, tracks: Tracks, embedder: Embedder) -> NamedNotes:
    """Load, track and embed every note whose swara is known."""
    return NamedNotes(
        list(_pack_notes(tracks, embedder)),
        list(_solfege_notes(root, tracks, embedder)),
        list(_calan_notes(root, tracks, embedder)),
    )


def fit(sources: list[NoteSource], feature: Feature) -> FittedHead:
    """Train a head on notes, and on the same moved about."""
    cut = [replace(source, embedding=feature.cut(source.embedding)) for source in sources]
    examples = [source.example() for source in cut]
    examples += augmented(cut, np.random.default_rng(SEED))
    return fit_note_head(examples, seed=SEED, use_embedding=feature.embedding, use_evidence=feature.pitch)


def outcome(head: NoteHead, notes: list[NoteSource], feature: Feature) -> Outcome:
    """Ask a head about notes."""
    said = [head.predict(feature.cut(note.embedding), note.example().evidence) for note in notes]
    hits = [prediction.swara == note.swara for prediction, note in zip(said, notes, strict=True)]
    answered = [hit for hit, prediction in zip(hits, said, strict=True) if not prediction.abstained]
    right = sum(answered)
    return Outcome(right, len(answered) - right, len(hits) - len(answered), sum(hits))


def _pack_notes(tracks: Tracks, embedder: Embedder) -> Iterator[tuple[NoteSource, bool]]:
    """Yield every labelled note of the bundled samples, and whether its key is held out."""
    recordings = pack_recordings()
    clips = [load_clip(audio_path(recording)) for recording in recordings]
    for recording, clip, track in zip(recordings, clips, tracks.of("head", clips), strict=True):
        embeddings = embedder.embed(clip)
        held_out = any(f"/{key}/" in recording.path for key in HELD_OUT_KEYS)
        for label in recording.labels:
            stretch_s = (label.start_s, label.end_s)
            note = _source(track, embeddings, recording.tonic_hz, stretch_s, label.swara)
            yield replace(note, singer=recording.singer, recording=recording.id), held_out


def _solfege_notes(root: Path, tracks: Tracks, embedder: Embedder) -> Iterator[NoteSource]:
    """Yield `SWARAS` in six keys, from one man's chromatic scale; what is not found has no pitch."""
    paths = solfege(root)
    sa_midi = {key: key[0] + 12 * key[1] + _C0_MIDI for key in KEYS}
    wanted = sorted({midi + step for midi in sa_midi.values() for step in SWARAS.values()})
    clips = {midi: load_clip(paths[midi]) for midi in wanted}
    tracked = dict(zip(wanted, tracks.of("head", list(clips.values())), strict=True))
    for key, midi in sa_midi.items():
        for swara, step in SWARAS.items():
            clip, track = clips[midi + step], tracked[midi + step]
            yield _source(track, embedder.embed(clip), tonic_hz(*key), _longest_note(clip, track), swara)


def _calan_notes(root: Path, tracks: Tracks, embedder: Embedder) -> Iterator[NoteSource]:
    """Yield the confirmed segments of a professional's calans."""
    performances = calans(root)
    tracked = tracks.of("head", [performance.clip for performance in performances])
    for performance, track in zip(performances, tracked, strict=True):
        embeddings = embedder.embed(performance.clip)
        for label in labelled_swaras(root, performance.name):
            letter = swara_letter(*parse_swara(f"{label.saptak} {label.swara}"))
            yield _source(track, embeddings, performance.sa_hz, (label.start_s, label.end_s), letter)


def _longest_note(clip: Clip, track: PitchTrack) -> tuple[float, float]:
    notes = find_held_notes(clip, track).notes
    longest = max(notes, key=lambda note: note.steady_s, default=None)
    return (0.0, 0.0) if longest is None else (longest.start_s, longest.end_s)


def _source(
    track: PitchTrack, embeddings: Embeddings, sa_hz: float, stretch_s: tuple[float, float], swara: str
) -> NoteSource:
    inside = (track.times_s >= stretch_s[0]) & (track.times_s < stretch_s[1])
    return NoteSource(np.asarray(track.cents(sa_hz)[inside]), pool(embeddings, *stretch_s), swara, "", "")
