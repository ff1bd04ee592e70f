"""The labelled notes of a user's recordings, as the network hears them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swara.data.audio.decode import load_clip
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import audio_path
from swara.embedder.builtin.embedder import WINDOW_FRAMES
from swara.embedder.builtin.features import (
    FRAME_SAMPLES,
    RATE_HZ,
    STEP_SAMPLES,
    Levels,
    band_powers,
    log_powers,
)

__all__ = ["NoteFeatures", "extract_note_features"]

_LONGEST_FRAMES = 200
"""Of one note: 5 s of it say how a voice sounds as well as 20 do."""


@dataclass(frozen=True, slots=True, eq=False)
class NoteFeatures:
    """A recording of a singer.

    Parameters
    ----------
    id : str
        Of the recording.
    singer : str
        Who sings; all of one name are one singer.
    notes : tuple of float16 arrays, shape [frames, BANDS], frames >= WINDOW_FRAMES
        Natural logarithms of `band_powers`, of each labelled note.
    """

    id: str
    singer: str
    notes: tuple[npt.NDArray[np.float16], ...]


def extract_note_features(
    recordings: Sequence[Recording], progress: Callable[[float], None] | None = None
) -> list[NoteFeatures]:
    """Decode recordings, and return the notes of each that has labels.

    Raises
    ------
    AudioError
        If one of them cannot be decoded.
    """
    heard = []
    for count, recording in enumerate(recordings, 1):
        clip = load_clip(audio_path(recording), rate_hz=RATE_HZ, max_duration_s=None)
        least = (WINDOW_FRAMES - 1) * STEP_SAMPLES + FRAME_SAMPLES
        powers = band_powers(np.pad(clip.samples, (0, max(0, least - clip.samples.size))))
        if notes := tuple(_notes(recording, powers)):
            heard.append(NoteFeatures(recording.id, recording.singer, notes))
        if progress is not None:
            progress(count / len(recordings))
    return heard


def _notes(recording: Recording, powers: Levels) -> Iterator[npt.NDArray[np.float16]]:
    logs = log_powers(powers)
    for label in recording.labels:
        yield logs[_frames(label.start_s, label.end_s, len(logs))]


def _frames(start_s: float, end_s: float, frames: int) -> slice:
    """Return a note's frames, a window's worth at least: a short note is heard with what surrounds it."""
    per_s = RATE_HZ / STEP_SAMPLES
    length = min(max(WINDOW_FRAMES, round((end_s - start_s) * per_s)), _LONGEST_FRAMES)
    first = round((start_s + end_s) / 2 * per_s) - length // 2
    first = max(0, min(first, frames - length))
    return slice(first, first + length)
