"""Pitch tracks of recordings, kept by what was tracked and by whom: tracking is what takes the time."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from classifier.pitch import TRACK_RATE_HZ, PitchTracker
from data.atomic_file import write_atomically
from data.pitch_track import HOP_S, MAX_HZ, MIN_HZ, PitchTrack

__all__ = ["PitchCache", "tracker_fingerprint"]


def tracker_fingerprint(tracker: PitchTracker) -> str:
    """Return 16 hex digits that differ between trackers whose answers do."""
    fields = [tracker.name, tracker.release, TRACK_RATE_HZ, HOP_S, MIN_HZ, MAX_HZ]
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()[:16]


@dataclass(slots=True)
class PitchCache:
    """A folder of pitch tracks, ``<tracker fingerprint>/<audio sha256>.npz``.

    Parameters
    ----------
    folder : Path
        Made when the first track is put in.
    damaged : int
        How many entries were found damaged, and removed.
    """

    folder: Path
    damaged: int = field(default=0, init=False)

    def get(self, fingerprint: str, sha256: str) -> PitchTrack | None:
        """Return the track of a recording; None if it is not there, or damaged."""
        path = self._path(fingerprint, sha256)
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return _checked(PitchTrack(**{name: arrays[name] for name in arrays.files}))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile):
            self.damaged += 1
            path.unlink(missing_ok=True)
            return None

    def put(self, fingerprint: str, sha256: str, track: PitchTrack) -> None:
        """Keep the track of a recording.

        Raises
        ------
        OutputError, OSError
            If it cannot be written.
        """
        path = self._path(fingerprint, sha256)
        path.parent.mkdir(parents=True, exist_ok=True)

        def write(part: Path) -> None:
            np.savez(
                part, times_s=track.times_s, hz=track.hz, confidence=track.confidence, voiced=track.voiced
            )

        write_atomically(path, write)

    def _path(self, fingerprint: str, sha256: str) -> Path:
        return self.folder / fingerprint / f"{sha256}.npz"


def _checked(track: PitchTrack) -> PitchTrack:
    if track.hz.dtype != np.float64 or track.voiced.dtype != np.bool_:
        raise ValueError("not a pitch track")
    return track
