"""Pitch tracks, each made once in a run, and the analysis that stands on one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from swara.classifier.notes import PRESETS
from swara.classifier.pitch import Progress, pitch_tracker
from swara.data.arrays import FloatArray
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, MAX_HZ, MIN_HZ, PitchTrack
from swara.data.synth import SynthTake
from swara.data.take import Note
from swara.raga.ragas import Raga
from swara.raga.tonic_names import ParsedTonic
from swara.raga.tuning import JUST, Tuning
from swara.service.take.analyze import Request, analyze
from swara.service.take.report import TakeReport

__all__ = ["ReadyTracker", "Tracks", "best_overlap", "judged_at", "plain_pyin", "true_track"]


@dataclass(frozen=True, slots=True)
class ReadyTracker:
    """A tracker that knows the answer."""

    track_of_all: PitchTrack
    name: str = "ready"
    release: str = "1"

    def track(self, clip: Clip, progress: Progress | None = None) -> PitchTrack:  # noqa: ARG002
        """Return the track it was made with."""
        return self.track_of_all


class Tracks:
    """Tracks clips on several processes, and the same clip only once.

    Parameters
    ----------
    pool : Executor
        Where the tracking happens.
    """

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self._known: dict[str, PitchTrack] = {}

    def own(self, clips: Sequence[Clip]) -> list[PitchTrack]:
        """Return what the pitch head finds in each clip."""
        return self._all(_own, clips)

    def refined(self, clips: Sequence[Clip]) -> list[PitchTrack]:
        """Return what pYIN finds in each clip, refined: the reference."""
        return self._all(_refined, clips)

    def plain(self, clips: Sequence[Clip]) -> list[PitchTrack]:
        """Return what pYIN alone finds in each clip."""
        return self._all(plain_pyin, clips)

    def _all(self, method: Callable[[Clip], PitchTrack], clips: Sequence[Clip]) -> list[PitchTrack]:
        keys = [f"{method.__name__} {clip.rate_hz} {_digest(clip)}" for clip in clips]
        wanted = {key: clip for key, clip in zip(keys, clips, strict=True) if key not in self._known}
        self._known.update(zip(wanted, self._pool.map(method, wanted.values()), strict=True))
        return [self._known[key] for key in keys]


def plain_pyin(clip: Clip) -> PitchTrack:
    """Return librosa's pYIN as it comes: its grid of 10 cents and its voicing, with full confidence."""
    import librosa

    hz, voiced, _ = librosa.pyin(
        clip.samples,
        fmin=MIN_HZ,
        fmax=MAX_HZ,
        sr=clip.rate_hz,
        frame_length=1024,
        hop_length=round(HOP_S * clip.rate_hz),
        resolution=0.1,
        fill_na=None,
    )
    times_s: FloatArray = HOP_S * np.arange(hz.size, dtype=np.float64)
    return PitchTrack(times_s, hz, voiced.astype(np.float64), voiced)


def true_track(take: SynthTake) -> PitchTrack:
    """Return the pitch that a synthesized take was sung at, as if a perfect tracker had found it."""
    frames = 1 + take.clip.samples.size // round(HOP_S * take.clip.rate_hz)
    times_s: FloatArray = HOP_S * np.arange(frames, dtype=np.float64)
    sung_hz: FloatArray = np.interp(times_s, take.contour.times_s, take.contour.f0_hz)
    # Between a voiced and an unvoiced frame the line runs through pitches that nobody sang.
    nearest = np.round(times_s / take.contour.hop_s).astype(np.intp).clip(0, take.contour.f0_hz.size - 1)
    voiced = take.contour.voiced_at(times_s) & (
        np.abs(sung_hz - take.contour.f0_hz[nearest]) < 0.05 * sung_hz
    )
    return PitchTrack(times_s, np.where(voiced, sung_hz, np.nan), voiced.astype(np.float64), voiced)


def judged_at(
    sa_hz: float, clip: Clip, track: PitchTrack, raga: Raga | None, tuning: Tuning = JUST
) -> TakeReport:
    """Analyze a tracked clip as `swara analyze` would, Sa and raga given, student thresholds."""
    request = Request(tuning, PRESETS["student"], ParsedTonic(None, None, sa_hz), raga)
    return analyze(clip, request, ReadyTracker(track), source="benchmark")


def best_overlap(notes: Sequence[Note], start_s: float, end_s: float) -> Note | None:
    """Return the note that shares most time with a stretch; None where none shares any."""
    shared = [(min(end_s, note.end_s) - max(start_s, note.start_s), note) for note in notes]
    longest_s, note = max(shared, key=lambda pair: pair[0], default=(0.0, None))
    return note if longest_s > 0 else None


def _own(clip: Clip) -> PitchTrack:
    return pitch_tracker("head").track(clip)


def _refined(clip: Clip) -> PitchTrack:
    return pitch_tracker("pyin").track(clip)


def _digest(clip: Clip) -> str:
    return hashlib.sha256(clip.samples.tobytes()).hexdigest()
