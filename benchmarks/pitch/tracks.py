"""Tracks that were made before: a tracker need not hear the same sound twice."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import nullcontext
from itertools import repeat
from pathlib import Path

import numpy as np

from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack

from .trackers import TRACKERS, track_by_name


class Tracks:
    """Tracks by tracker, its release and the sha256 of the samples.

    Parameters
    ----------
    pool : Executor, optional
        Where the tracking happens; in this process without.
    folder : Path, optional
        Where tracks are kept from one run to the next; made when something is first kept.
    """

    def __init__(self, pool: Executor | None = None, folder: Path | None = None) -> None:
        self._pool, self._folder = pool, folder
        self._known: dict[str, PitchTrack] = {}

    def of(self, name: str, clips: Sequence[Clip]) -> list[PitchTrack]:
        """Return the track of each clip, in order; what is not known is tracked by the tracker `name`."""
        release = TRACKERS[name].release
        keys = [f"{name}-{release}/{hashlib.sha256(clip.samples.tobytes()).hexdigest()}" for clip in clips]
        unknown = {key: clip for key, clip in zip(keys, clips, strict=True) if not self._find(key)}
        run = map if self._pool is None else self._pool.map
        for key, track in zip(unknown, run(track_by_name, repeat(name), unknown.values()), strict=True):
            self._known[key] = track
            self._keep(key, track)
        return [self._known[key] for key in keys]

    def _find(self, key: str) -> bool:
        path = self._path(key)
        if key not in self._known and path is not None and path.exists():
            with np.load(path) as kept:
                self._known[key] = PitchTrack(**kept)
        return key in self._known

    def _keep(self, key: str, track: PitchTrack) -> None:
        path = self._path(key)
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written beside its place and moved there, so that a run that is cut short leaves no half a track.
        partly = path.with_suffix(".part.npz")
        arrays = {name: getattr(track, name) for name in ("times_s", "hz", "confidence", "voiced")}
        np.savez_compressed(partly, **arrays)
        partly.replace(path)

    def _path(self, key: str) -> Path | None:
        return None if self._folder is None else self._folder / f"{key}.npz"


def workers(count: int) -> ProcessPoolExecutor | nullcontext[None]:
    """Return processes that track, to be used in a ``with``; none for one.

    Spawned, not forked: the libraries of this process have threads by then.
    """
    if count == 1:
        return nullcontext()
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))
