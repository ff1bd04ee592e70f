"""Tracks that were made before, on disk: a tracker need not hear the same sound twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path

import numpy as np

from swara.data.clip import Samples

from .material import Track
from .trackers import TRACKERS, Entry, Tracker

__all__ = ["TrackStore"]

_loaded: dict[str, Tracker] = {}


class TrackStore:
    """Tracks by tracker, its release and the sha256 of the samples.

    Parameters
    ----------
    folder : Path
        Made when something is first kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def tracks(
        self, entry: Entry, sounds: Iterable[Samples], pool: Executor | None = None
    ) -> Iterator[Track]:
        """Yield the track of each sound, in order; what is not known is tracked, in `pool` if given."""
        release = entry.release
        waiting: list[tuple[Path, Track | Samples | Future[Track]]] = []
        for samples in sounds:
            path = self._path(entry.name, release, samples)
            known = _read(path)
            if known is None and pool is not None:
                waiting.append((path, pool.submit(track_by_name, entry.name, samples)))
            else:
                waiting.append((path, known if known is not None else samples))
        for path, state in waiting:
            if isinstance(state, Track):
                yield state
                continue
            track = track_by_name(entry.name, state) if isinstance(state, np.ndarray) else state.result()
            _write(path, track)
            yield track

    def _path(self, name: str, release: str, samples: Samples) -> Path:
        digest = hashlib.sha256(np.ascontiguousarray(samples).tobytes()).hexdigest()
        return self._folder / f"{name}-{release}" / f"{digest}.npz"


def track_by_name(name: str, samples: Samples) -> Track:
    """Track samples with a tracker that this process loads once."""
    if name not in _loaded:
        _loaded[name] = TRACKERS[name].load()
    return _loaded[name].track(samples)


def _read(path: Path) -> Track | None:
    if not path.exists():
        return None
    with np.load(path) as kept:
        return Track(kept["times_s"], kept["hz"], kept["voiced"])


def _write(path: Path, track: Track) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written beside its place and moved there, so that a run that is cut short leaves no half a track.
    partly = path.with_suffix(".part.npz")
    np.savez_compressed(partly, times_s=track.times_s, hz=track.hz, voiced=track.voiced)
    partly.replace(path)
