"""The pitch of the bundled samples, tracked beforehand: on a fresh machine it would take minutes.

``python -m swara.service.samples.bundled_tracks`` writes it again; a test compares it with the tracker.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from swara.classifier.pitch import PitchTracker
from swara.classifier.pitch.head import pitch_tracker, tracker_fingerprint
from swara.data.audio.decode import load_clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.sample_corpus.corpus import audio_path, pack_folder, pack_recordings
from swara.data.storage.disk import write_atomically

__all__ = ["bundled_file", "bundled_tracks", "write_bundled_tracks"]

_FILE = "pitch.npz"


def bundled_file() -> Path:
    """Return where they lie in the package."""
    return pack_folder() / _FILE


def bundled_tracks(fingerprint: str) -> Mapping[str, PitchTrack]:
    """Return the tracks of the bundled samples by their SHA-256; none if another tracker made them.

    Parameters
    ----------
    fingerprint : str
        Of the tracker whose tracks are wanted.
    """
    path = bundled_file()
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as arrays:
        if str(arrays["tracker"]) != fingerprint:
            return {}
        names, frames = arrays["sha256"], arrays["frames"]
        columns = [np.split(arrays[name], np.cumsum(frames)[:-1]) for name in ("hz", "confidence")]
    tracks = (_track(hz, confidence) for hz, confidence in zip(*columns, strict=True))
    return {str(name): track for name, track in zip(names, tracks, strict=True)}


def write_bundled_tracks(tracker: PitchTracker) -> Path:
    """Track all bundled samples, write their tracks beside them and return the file."""
    recordings = pack_recordings()
    tracks = [tracker.track(load_clip(audio_path(recording))) for recording in recordings]
    hz = np.concatenate([np.where(track.voiced, track.hz, np.nan) for track in tracks])
    confidence = np.concatenate([track.confidence for track in tracks])

    def write(part: Path) -> None:
        np.savez_compressed(
            part,
            tracker=tracker_fingerprint(tracker),
            sha256=[recording.sha256 for recording in recordings],
            frames=[len(track) for track in tracks],
            # A thousandth of a cent is not worth the space.
            hz=hz.astype(np.float32),
            confidence=confidence.astype(np.float32),
        )

    path = pack_folder() / _FILE
    write_atomically(path, write)
    return path


def _track(hz: npt.NDArray[np.float32], confidence: npt.NDArray[np.float32]) -> PitchTrack:
    times_s = HOP_S * np.arange(hz.size, dtype=np.float64)
    return PitchTrack(times_s, hz.astype(np.float64), confidence.astype(np.float64), np.isfinite(hz))


if __name__ == "__main__":
    write_bundled_tracks(pitch_tracker("head"))
