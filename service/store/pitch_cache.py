"""Pitch tracks of recordings, kept by what was tracked and by whom: tracking is what takes the time."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from swara.classifier.pitch import TRACK_RATE_HZ, PitchTracker
from swara.data.pitch_track import HOP_S, MAX_HZ, MIN_HZ, PitchTrack
from swara.data.storage.array_cache import ArrayCacheDir
from swara.data.storage.atomic_file import write_atomically

__all__ = ["PitchCache", "tracker_fingerprint"]

_DAMAGE = (ValueError, TypeError, KeyError, EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What reading an .npz from memory raises when its bytes are not what they were."""


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
        """Return the track of a recording; None if it is not there, cannot be read or is damaged."""
        path = self.entries.path(fingerprint, sha256)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        try:
            return _decoded(content)
        except _DAMAGE:
            self.damaged += 1
            with suppress(OSError):
                path.unlink()
            return None

    def put(self, fingerprint: str, sha256: str, track: PitchTrack) -> None:
        """Keep the track of a recording.

        Raises
        ------
        OutputError, OSError
            If it cannot be written.
        """
        path = self.entries.path(fingerprint, sha256)
        path.parent.mkdir(parents=True, exist_ok=True)

        def write(part: Path) -> None:
            np.savez(
                part, times_s=track.times_s, hz=track.hz, confidence=track.confidence, voiced=track.voiced
            )

        write_atomically(path, write)

    def corrupt_entries(self, fingerprint: str) -> tuple[Path, ...]:
        """Read all that one tracker found; return the entries that are damaged or unreadable. They stay."""
        paths = (self.entries.path(fingerprint, digest) for digest in self.entries.digests(fingerprint))
        return tuple(path for path in paths if not _sound(path))

    @property
    def entries(self) -> ArrayCacheDir:
        """The files."""
        return ArrayCacheDir(self.folder)


def _decoded(content: bytes) -> PitchTrack:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        track = PitchTrack(**{name: arrays[name] for name in arrays.files})
    if track.hz.dtype != np.float64 or track.voiced.dtype != np.bool_:
        raise ValueError("not a pitch track")
    return track


def _sound(path: Path) -> bool:
    try:
        _decoded(path.read_bytes())
    except FileNotFoundError:  # another process removed it in the meantime
        return True
    except _DAMAGE:
        return False
    return True
