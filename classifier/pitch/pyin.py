"""Probabilistic YIN (Mauch & Dixon 2014) as librosa has it, refined to a few cents.

It is what the pitch head is held against, and takes librosa, which only the extra ``reference`` installs.
pYIN decides which frames are sung and in which octave, on a grid of 10 cents; `refine` then measures the
period itself. Long recordings are tracked in overlapping pieces, so that memory stays bounded.
"""

from __future__ import annotations

import importlib.util

import numpy as np

from swara.data.arrays import BoolArray, FloatArray
from swara.data.clip import Clip
from swara.data.errors import MissingPackage
from swara.data.installation import install_command
from swara.data.pitch_track import HOP_S, MAX_HZ, MIN_HZ, PitchTrack

from .refine import refine
from .tracker import TRACK_RATE_HZ, Progress

__all__ = ["PyinTracker"]

_FRAME = 1024
_HOP = round(HOP_S * TRACK_RATE_HZ)
_PIECE_FRAMES = 3000
_OVERLAP_FRAMES = 100
_LEAST_PERIODICITY = 0.4
"""pYIN calls some noise voiced: it repeats with less than 0.25, a voice with more than 0.5."""


class PyinTracker:
    """The pYIN tracker behind the `PitchTracker` seam.

    Raises
    ------
    MissingPackage
        If librosa is not installed.
    """

    name = "pyin"
    release = "1"
    """To be raised when it answers differently."""

    def __init__(self) -> None:
        # Found, not imported: importing librosa takes seconds.
        if importlib.util.find_spec("librosa") is None:
            raise MissingPackage(
                "pYIN takes librosa, which is not installed",
                fix=f"Install it with: {install_command('librosa', extra='reference')}",
            )

    def track(self, clip: Clip, progress: Progress | None = None) -> PitchTrack:
        """Track the whole clip.

        Parameters
        ----------
        clip : Clip
            At `TRACK_RATE_HZ`.
        progress : callable, optional
            Called with the share done after each piece of 30 s.

        Returns
        -------
        PitchTrack
            One frame per 10 ms, the first centred on the first sample. Its confidence is the
            periodicity of the waveform.

        Raises
        ------
        ValueError
            If the clip has another sample rate.
        """
        if clip.rate_hz != TRACK_RATE_HZ:
            raise ValueError(f"expected {TRACK_RATE_HZ} Hz, got {clip.rate_hz} Hz")
        frames = 1 + int(clip.samples.size) // _HOP
        coarse_hz = np.empty(frames)
        sung = np.empty(frames, dtype=np.bool_)
        for start in range(0, frames, _PIECE_FRAMES):
            stop = min(start + _PIECE_FRAMES, frames)
            coarse_hz[start:stop], sung[start:stop] = _piece(clip, start, stop)
            if progress is not None:
                progress(stop / frames)
        times_s = HOP_S * np.arange(frames, dtype=np.float64)
        fine = refine(clip, times_s, coarse_hz)
        confidence = np.clip(fine.periodicity, 0.0, 1.0)
        return PitchTrack(times_s, fine.hz, confidence, sung & (confidence >= _LEAST_PERIODICITY))


def _piece(clip: Clip, start: int, stop: int) -> tuple[FloatArray, BoolArray]:
    """Hz and voicing of frames `start` to `stop`, heard with a second of context on either side."""
    import librosa

    first = max(0, start - _OVERLAP_FRAMES)
    samples = clip.samples[first * _HOP : (stop + _OVERLAP_FRAMES) * _HOP]
    hz, voiced, _ = librosa.pyin(
        samples,
        fmin=MIN_HZ,
        fmax=MAX_HZ,
        sr=clip.rate_hz,
        frame_length=_FRAME,
        hop_length=_HOP,
        resolution=0.1,
        fill_na=None,
    )
    return hz[start - first : stop - first], voiced[start - first : stop - first]
