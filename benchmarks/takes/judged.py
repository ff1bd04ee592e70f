"""Takes as `swara analyze` judges them, with their pitch handed over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.recordings import Performance
from swara.classifier.notes import PRESETS
from swara.classifier.pitch import Progress
from swara.data.arrays import FloatArray
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.synth import SynthTake
from swara.data.take import Note, Verdict
from swara.raga.ragas import Raga
from swara.raga.tonic_names import ParsedTonic
from swara.raga.tuning import JUST, Tuning
from swara.service.take.analyze import Request, analyze
from swara.service.take.summary import GOOD


@dataclass(frozen=True, slots=True)
class ReadyTracker:
    """A tracker that knows the answer."""

    track_of_all: PitchTrack
    name: str = "ready"
    release: str = "1"

    def track(self, clip: Clip, progress: Progress | None = None) -> PitchTrack:  # noqa: ARG002
        """Return the track it was made with."""
        return self.track_of_all


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A performance, its pitch, and its notes as judged at the Sa that is stated for it."""

    performance: Performance
    track: PitchTrack
    notes: tuple[Note, ...]

    @classmethod
    def at_stated_sa(cls, performance: Performance, track: PitchTrack) -> Judged:
        """Judge in just intonation."""
        notes = judged_at(performance.sa_hz, performance.clip, track, performance.raga)
        return cls(performance, track, notes)

    def moved(self, cents: float, tuning: Tuning = JUST) -> tuple[Note, ...]:
        """Judge with Sa taken `cents` too high."""
        sa_hz = self.performance.sa_hz * 2 ** (cents / 1200)
        return judged_at(sa_hz, self.performance.clip, self.track, self.performance.raga, tuning)

    @property
    def coverage(self) -> float:
        """Steady time over voiced time."""
        return sum(note.steady_s for note in self.notes) / (HOP_S * int(self.track.voiced.sum()))


def judged_at(
    sa_hz: float, clip: Clip, track: PitchTrack, raga: Raga | None, tuning: Tuning = JUST
) -> tuple[Note, ...]:
    """Return the notes of a tracked clip, Sa and raga given, by the thresholds for students."""
    request = Request(tuning, PRESETS["student"], ParsedTonic(None, None, sa_hz), raga)
    return analyze(clip, request, ReadyTracker(track), source="benchmark").notes


def in_tune(notes: Sequence[Note]) -> float:
    """Return the share of the steady time that is perfect or in tune."""
    return _share(notes, lambda note: note.verdict in GOOD)


def foreign(notes: Sequence[Note]) -> float:
    """Return the share of the steady time that lies nearest to a swara outside the raga."""
    return _share(notes, lambda note: note.foreign)


def called(notes: Sequence[Note], verdict: Verdict) -> float:
    """Return the share of the steady time with that verdict."""
    return _share(notes, lambda note: note.verdict == verdict)


def _share(notes: Sequence[Note], holds: Callable[[Note], bool]) -> float:
    return sum(note.steady_s for note in notes if holds(note)) / sum(note.steady_s for note in notes)


def best_overlap(notes: Sequence[Note], start_s: float, end_s: float) -> Note | None:
    """Return the note that shares most time with a stretch; None where none shares any."""
    shared = [(min(end_s, note.end_s) - max(start_s, note.start_s), note) for note in notes]
    longest_s, note = max(shared, key=lambda pair: pair[0], default=(0.0, None))
    return note if longest_s > 0 else None


def true_track(take: SynthTake) -> PitchTrack:
    """Return the pitch that a synthesized take was sung at, as if a perfect tracker had found it."""
    contour = take.contour
    frames = 1 + take.clip.samples.size // round(HOP_S * take.clip.rate_hz)
    times_s: FloatArray = HOP_S * np.arange(frames, dtype=np.float64)
    sung_hz: FloatArray = np.interp(times_s, contour.times_s, contour.f0_hz)
    # Between a voiced and an unvoiced frame the line runs through pitches that nobody sang.
    nearest = np.round(times_s / contour.hop_s).astype(np.intp).clip(0, contour.f0_hz.size - 1)
    voiced = contour.voiced_at(times_s) & (np.abs(sung_hz - contour.f0_hz[nearest]) < 0.05 * sung_hz)
    return PitchTrack(times_s, np.where(voiced, sung_hz, np.nan), voiced.astype(np.float64), voiced)
