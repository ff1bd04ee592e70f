"""Recordings of pure tones, a tracker that hears them, and what is noted of a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.recording import Recording, SwaraLabel
from swara.data.storage.disk import sha256_of

RATE_HZ = 16_000


class SineTracker:
    """Hears the frequency of a pure tone in every frame, by the turning of its phase."""

    name = "sine"
    release = "1"
    heard = 0

    def track(self, clip, progress=None):
        self.heard += 1
        spectrum = np.fft.fft(clip.samples)
        spectrum[clip.samples.size // 2 :] = 0
        analytic = 2 * np.fft.ifft(spectrum)
        hz = np.diff(np.unwrap(np.angle(analytic)), append=0.0) * clip.rate_hz / (2 * np.pi)
        centres = np.minimum(np.arange(0, clip.samples.size + 1, 160), clip.samples.size - 2)
        voiced = np.abs(analytic)[centres] > 0.0005
        hz = np.array([np.median(hz[max(0, c - 80) : c + 80]) for c in centres])
        voiced &= (hz > 65) & (hz < 1100)
        if progress is not None:
            progress(1.0)
        return PitchTrack(HOP_S * np.arange(centres.size), np.where(voiced, hz, np.nan), 0.9 * voiced, voiced)


@pytest.fixture
def tracker() -> SineTracker:
    """A tracker that counts how often it is asked."""
    return SineTracker()


@pytest.fixture
def sung() -> Callable[..., Path]:
    """Write pure tones of so many cents above Sa and so many seconds, with rests between."""

    def sing(path: Path, notes: list[tuple[float, float]], sa_hz: float, *, level: float = 0.4) -> Path:
        parts = [np.zeros(1600)]
        for cents, length_s in notes:
            times_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
            edge = np.clip(np.minimum(times_s, times_s[::-1]) / 0.02, 0, 1)
            tone = np.sin(2 * np.pi * sa_hz * 2 ** (cents / 1200) * times_s)
            parts += [level * edge * tone, np.zeros(1600)]
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.concatenate(parts), RATE_HZ, format="WAV", subtype="PCM_16")
        return path

    return sing


@pytest.fixture
def noted() -> Callable[..., Recording]:
    """Return the recording that a file is, with one note where nothing else is said."""

    def note(path: Path, **more) -> Recording:
        fields = {"singer": "Asha", "tonic_hz": 110.0, "raga": None, "licence": "own"} | more
        labels = fields.pop("labels", (SwaraLabel(0.1, 0.4, "S"),))
        return Recording(str(path), fields.pop("sha256", None) or sha256_of(path), labels=labels, **fields)

    return note
