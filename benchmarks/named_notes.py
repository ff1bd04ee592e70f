"""Notes whose swara is known, as the note head takes them: the bundled samples, and real singing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swara.classifier.note_head.examples import NoteSource
from swara.classifier.notes import find_held_notes
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.data.corpus.corpus import audio_path, pack_recordings
from swara.data.pitch_track import PitchTrack
from swara.data.recording import Recording
from swara.embedder import Embedder, Embeddings
from swara.embedder.pooling import pool
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara
from swara.raga.tonic_names import tonic_hz

from .recordings import calans, labelled_swaras
from .tracks import Tracks

__all__ = ["PackNote", "calan_notes", "pack_notes", "solfege_notes"]

SWARAS = {"S": 0, "R": 2, "G": 4, "P": 7, "D": 9, "S'": 12}
"""Semitones above Sa, equally tempered, of the swaras that a chromatic scale holds."""

KEYS = {"A": (9, 2), "A#": (10, 2), "B": (11, 2), "C": (0, 3), "C#": (1, 3), "D": (2, 3)}
"""Pitch class and octave of Sa, for a man's voice."""

_C0_MIDI = 12


@dataclass(frozen=True, slots=True, eq=False)
class PackNote:
    """A note of a bundled sample, and the sample."""

    recording: Recording
    source: NoteSource


def pack_notes(tracks: Tracks, embedder: Embedder) -> tuple[PackNote, ...]:
    """Return every labelled note of the bundled samples."""
    recordings = pack_recordings()
    clips = [load_clip(audio_path(recording)) for recording in recordings]
    notes = []
    for recording, clip, track in zip(recordings, clips, tracks.own(clips), strict=True):
        embeddings = embedder.embed(clip)
        for label in recording.labels:
            source = _source(
                track, embeddings, recording.tonic_hz, (label.start_s, label.end_s), label.swara, recording
            )
            notes.append(PackNote(recording, source))
    return tuple(notes)


def solfege_notes(root: Path, tracks: Tracks, embedder: Embedder) -> Iterator[NoteSource]:
    """Yield the swaras of six keys, from one man's chromatic scale; what is not heard has no pitch."""
    paths = {int(path.name[4:7]): path for path in (root / "sung_notes" / "chengu").rglob("note*.wav")}
    midi_of = {key: pitch_class + 12 * octave + _C0_MIDI for key, (pitch_class, octave) in KEYS.items()}
    wanted = sorted({midi_of[key] + step for key in KEYS for step in SWARAS.values()})
    clips = {midi: load_clip(paths[midi]) for midi in wanted}
    heard = dict(zip(wanted, tracks.own(list(clips.values())), strict=True))
    for key, (pitch_class, octave) in KEYS.items():
        for swara, step in SWARAS.items():
            clip, track = clips[midi_of[key] + step], heard[midi_of[key] + step]
            stretch_s = _longest_note(clip, track)
            sa_hz = tonic_hz(pitch_class, octave)
            yield _source(track, embedder.embed(clip), sa_hz, stretch_s, swara)


def calan_notes(root: Path, tracks: Tracks, embedder: Embedder) -> Iterator[NoteSource]:
    """Yield the confirmed segments of a professional's calans."""
    performances = calans(root)
    heard = tracks.own([performance.clip for performance in performances])
    for performance, track in zip(performances, heard, strict=True):
        embeddings = embedder.embed(performance.clip)
        for label in labelled_swaras(root, performance.name):
            letter = swara_letter(*parse_swara(f"{label.saptak} {label.swara}"))
            yield _source(track, embeddings, performance.sa_hz, (label.start_s, label.end_s), letter)


def _longest_note(clip: Clip, track: PitchTrack) -> tuple[float, float]:
    notes = find_held_notes(clip, track).notes
    longest = max(notes, key=lambda note: note.steady_s, default=None)
    return (0.0, 0.0) if longest is None else (longest.start_s, longest.end_s)


def _source(
    track: PitchTrack,
    embeddings: Embeddings,
    sa_hz: float,
    stretch_s: Sequence[float],
    swara: str,
    recording: Recording | None = None,
) -> NoteSource:
    start_s, end_s = stretch_s
    inside = (track.times_s >= start_s) & (track.times_s < end_s)
    singer, name = ("", "") if recording is None else (recording.singer, recording.id)
    vector = pool(embeddings, start_s, end_s)
    return NoteSource(np.asarray(track.cents(sa_hz)[inside]), vector, swara, singer, name)
