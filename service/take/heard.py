"""What a take's sound alone tells, whatever it is judged against: heard once, judged as often as wanted."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np

from swara.classifier.notes import HeldNote, HeldNotes, TouchedNote, find_held_notes
from swara.classifier.pitch import PitchTracker, Progress
from swara.classifier.tonic import SaEvidence
from swara.data.audio.level import Level
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack
from swara.data.storage.npz import Arrays
from swara.embedder import Vectors

from .sound import within_range

__all__ = [
    "HeardTake",
    "Listener",
    "NoteVectors",
    "code_digest",
    "hear",
    "heard_from",
    "hearing_code",
    "to_arrays",
]


@dataclass(frozen=True, slots=True, eq=False)
class NoteVectors:
    """How the notes of a take sound.

    Parameters
    ----------
    vectors : float32 array, shape [notes, dim]
        The embeddings of each held note, pooled.
    fingerprint : str
        Of the embedder that made them.
    """

    vectors: Vectors
    fingerprint: str


@dataclass(frozen=True, slots=True, eq=False)
class HeardTake:
    """All that a report says of a take's sound; threads may share it.

    Parameters
    ----------
    duration_s : float
        Its length.
    track : PitchTrack
        Its pitch, without what lies beyond the range that is heard.
    held : HeldNotes
        The notes in it.
    evidence : SaEvidence
        What it tells of its Sa.
    beyond : tuple of str
        What lies beyond the range, as sentences without full stop.
    warnings : tuple of str
        What is wrong with the recording, as sentences without full stop.
    level : Level or None
        How loud the recording was before it was decoded; None where nobody measured it.
    vectors : NoteVectors or None
        How its notes sound; None where no adviser listened.
    """

    duration_s: float
    track: PitchTrack
    held: HeldNotes
    evidence: SaEvidence
    beyond: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    level: Level | None = None
    vectors: NoteVectors | None = None


class Listener(Protocol):
    """The ear of an adviser: what it must hear of a take before it is asked about it."""

    def hear(self, clip: Clip, notes: Sequence[HeldNote]) -> NoteVectors:
        """Return how each of the notes sounds."""
        ...


def hear(
    clip: Clip,
    tracker: PitchTracker,
    *,
    level: Level | None = None,
    warnings: Sequence[str] = (),
    progress: Progress | None = None,
    listener: Listener | None = None,
) -> HeardTake:
    """Hear a take: all of its analysis that takes time, and nothing that depends on what is asked.

    Parameters
    ----------
    clip : Clip
        At the tracker's sample rate.
    tracker : PitchTracker
        Finds the pitch.
    level : Level, optional
        How loud the recording was before it was decoded.
    warnings : sequence of str
        What is wrong with the recording.
    progress : callable, optional
        Called with the share of the pitch tracking that is done.
    listener : Listener, optional
        The adviser who will be asked about the notes.
    """
    track, beyond = within_range(clip, tracker.track(clip, progress))
    held = find_held_notes(clip, track)
    vectors = None if listener is None else listener.hear(clip, held.notes)
    evidence = SaEvidence.of(clip, held.notes)
    return HeardTake(clip.duration_s, track, held, evidence, beyond, tuple(warnings), level, vectors)


def to_arrays(heard: HeardTake) -> Arrays:
    """Return what is heard as arrays that can be kept; nothing of them is sound."""
    words = {
        "duration_s": heard.duration_s,
        "beyond": heard.beyond,
        "warnings": heard.warnings,
        "level": None if heard.level is None else astuple(heard.level),
        "embedder": None if heard.vectors is None else heard.vectors.fingerprint,
    }
    track, held = heard.track, heard.held
    return {
        **{name: getattr(track, name) for name in _TRACK},
        "sung": held.sung,
        "notes": np.array([astuple(note) for note in held.notes], np.float64).reshape(-1, 7),
        "touched": np.array([astuple(note) for note in held.touched], np.float64).reshape(-1, 3),
        "drone": heard.evidence.drone,
        "vectors": np.zeros((0, 0), np.float32) if heard.vectors is None else heard.vectors.vectors,
        "words": np.frombuffer(json.dumps(words).encode(), np.uint8),
    }


def heard_from(arrays: Arrays) -> HeardTake:
    """Return what `to_arrays` was given, to the last bit."""
    words = json.loads(arrays["words"].tobytes())
    notes = tuple(HeldNote(*row) for row in arrays["notes"].tolist())
    touched = tuple(TouchedNote(*row) for row in arrays["touched"].tolist())
    embedder, level = words["embedder"], words["level"]
    return HeardTake(
        duration_s=words["duration_s"],
        track=PitchTrack(*(arrays[name] for name in _TRACK)),
        held=HeldNotes(notes, arrays["sung"], touched),
        evidence=SaEvidence(arrays["drone"], notes),
        beyond=tuple(words["beyond"]),
        warnings=tuple(words["warnings"]),
        level=None if level is None else Level(*level),
        vectors=None if embedder is None else NoteVectors(arrays["vectors"], embedder),
    )


_TRACK = ("times_s", "hz", "confidence", "voiced")
_CODE = (
    *("data", "data/audio", "classifier/notes", "classifier/pitch", "classifier/tonic", "embedder"),
    *("embedder/builtin", "service/take"),
)
_LIBRARIES = ("av", "soundfile", "soxr", "ai-edge-litert", "numpy")


def hearing_code(tracker: PitchTracker) -> str:
    """Return 16 hex digits that differ wherever the same file may be heard otherwise.

    By another tracker, other code of this package, or other libraries than now.
    """
    fields = (tracker.name, tracker.release, code_digest(_CODE), *_versions(), *sys.version_info[:2])
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()[:16]


@cache
def code_digest(folders: tuple[str, ...]) -> str:
    """Return 64 hex digits that differ wherever the code in folders of the package does, not that below."""
    root, digest = Path(__file__).parents[2], hashlib.sha256()
    for folder in folders:
        for file in sorted((root / folder).glob("*.py")):
            digest.update(file.name.encode() + b"\n" + file.read_bytes())
    return digest.hexdigest()


def _versions() -> Iterator[str]:
    from importlib.metadata import PackageNotFoundError, version

    for library in _LIBRARIES:
        try:
            yield version(library)
        except PackageNotFoundError:
            yield "none"
