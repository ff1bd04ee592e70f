"""An embedder and a tracker that need no network and hardly any time, to be had in any process."""

from __future__ import annotations

import time
from functools import partial

import numpy as np

from swara.classifier.pitch import PitchTracker, Progress
from swara.data.audio.frames import frame_count
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.embedder import Embedder, EmbedderSpec, Embeddings
from swara.service.rebuild.workers import ExtractorFactory


class ToneEmbedder:
    """Sums the samples of each frame up in three figures.

    Parameters
    ----------
    cost : float
        Seconds of the processor's time that it burns for each second of sound.
    """

    def __init__(self, cost: float = 0.0) -> None:
        self.spec = EmbedderSpec("tones", 3, 16_000, 0.1, 0.05, {"seed": 1})
        self._cost = cost

    def embed(self, clip: Clip) -> Embeddings:
        """Embed a clip."""
        until = time.process_time() + self._cost * clip.duration_s
        while time.process_time() < until:
            pass
        frame = round(clip.rate_hz * self.spec.hop_s)
        frames = clip.samples[: clip.samples.size // frame * frame].reshape(-1, frame)
        vectors = np.stack([frames.std(axis=1), frames.max(axis=1), np.ones(len(frames))], axis=1)
        times_s = self.spec.hop_s * (np.arange(len(frames)) + 0.5)
        return Embeddings(vectors.astype(np.float32), times_s, self.spec)


class ToneTracker:
    """Hears the pitch of a plain tone in each frame, from the distance of its zero crossings."""

    name = "tones"
    release = "1"

    def track(self, clip: Clip, progress: Progress | None = None) -> PitchTrack:
        """Track a clip."""
        times_s = HOP_S * np.arange(frame_count(clip))
        rising = np.flatnonzero((clip.samples[:-1] < 0) & (clip.samples[1:] >= 0)) / clip.rate_hz
        hz = np.interp(times_s, rising[1:], 1.0 / np.diff(rising))
        if progress is not None:
            progress(1.0)
        return PitchTrack(times_s, hz, np.ones(times_s.size), np.ones(times_s.size, dtype=np.bool_))


def tone_ears(cost: float = 0.0) -> ExtractorFactory:
    """Return what makes both, in this process or in another."""
    return partial(_make_models, cost)


def _make_models(cost: float) -> tuple[Embedder, PitchTracker]:
    return ToneEmbedder(cost), ToneTracker()
